"""Any book becomes events and comes out again; any other book after it, too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.ledger.book_tables import book_tables
from headgate.ledger.events import Event
from headgate.ledger.fold import State
from headgate.ledger.importing import Missing, events_of
from headgate.tables.check import check_tables, raw_of_frames
from headgate.tables.frames import Tables
from tests.properties.strategies import RawParts, books, limited_books

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EXAMPLES = settings(max_examples=15)


def checked(parts: RawParts) -> Tables:
    frames, headgate = parts
    return check_tables(raw_of_frames(frames, headgate))


def record(state: State, events: Iterable[Event]) -> None:
    """Record events that nothing may be said against."""
    keys = set()
    for event in events:
        assert state.judge(event, NOW) is None
        state.apply(state.next_recorded(event, NOW))
        assert event.idempotency_key not in keys
        keys.add(event.idempotency_key)


@given(st.one_of(books(), limited_books()))
@EXAMPLES
def test_a_book_comes_out_of_the_ledger_as_it_went_in(parts: RawParts):
    """A book becomes events, and the state of these is a book with the same digest: not a cell is
    other. Imported once more it has nothing new to say, after a snapshot neither."""
    tables = checked(parts)
    state = State()
    record(state, events_of(tables, None, tables.settings.as_of, "test"))
    assert check_tables(book_tables(state)).digest == tables.digest
    assert events_of(tables, state, tables.settings.as_of, "test") == []
    again = State.restore(state.frames())
    assert again == state
    assert events_of(tables, again, tables.settings.as_of, "test") == []


@given(books(), books(), st.sampled_from(["cancelled", "shipped"]))
@EXAMPLES
def test_a_second_book_becomes_exactly_the_differences(
        first: RawParts, second: RawParts, missing: Missing):
    """Whatever book follows another one, the events between them lead from the one to the other,
    and the events back lead back: the digests are those of the books themselves."""
    one, two = checked(first), checked(second)
    on = max(one.settings.as_of, two.settings.as_of)
    state = State()
    for tables in (one, two, one):
        record(state, events_of(tables, state, on, "test", missing))
        assert check_tables(book_tables(state)).digest == tables.digest
        assert events_of(tables, state, on, "test", missing) == []


@given(books(), st.integers(0, 10_000))
@EXAMPLES
def test_an_import_that_broke_off_is_run_again(parts: RawParts, cut: int):
    """Of an import only the first events were recorded when the power failed. Run again it says
    the rest, and nothing that was recorded; then the state is the book."""
    tables = checked(parts)
    on = tables.settings.as_of
    events = events_of(tables, None, on, "test")
    done = events[:cut % len(events)]
    state = State()
    record(state, done)
    rest = events_of(tables, state, on, "test")
    assert sorted((event.kind, event.key) for event in rest) == sorted(
        (event.kind, event.key) for event in events[len(done):])
    assert not {event.idempotency_key for event in rest} & {
        event.idempotency_key for event in done}
    record(state, rest)
    assert check_tables(book_tables(state)).digest == tables.digest


def test_the_day_of_the_plan_may_be_another():
    """The settings say 2026-02-02; asked for 2026-03-02 the same book is one of that day."""
    state = State()
    record(state, [Event("row_set", "settings:", date(2026, 2, 2), {
        "name": "Backlog", "as_of": "2026-02-02"}, "test", "", "key-1")])
    assert book_tables(state).settings["as_of"] == "2026-02-02"
    assert book_tables(state, date(2026, 3, 2)).settings["as_of"] == date(2026, 3, 2)
