"""A period is closed for good: over proven events, on the days of its name, when it is over."""

from __future__ import annotations

import pytest

from headgate import session
from headgate.cli import exits
from headgate.stores.engine import writing
from headgate.stores.schema import EVENTS
from headgate.stores.store import open_store

BY = ("--by", "ana")
LINE = "SO-4711/1"


@pytest.fixture
def store(run, place, tmp_path) -> str:
    """A store that holds the sample book, of whose first line four pieces have left."""
    session.write_sample(tmp_path / "book")
    for words in (("init", place), ("import", place, tmp_path / "book", *BY),
                  ("record", place, "--kind", "order_shipped", "--key", LINE, "--set",
                   "quantity=4", "--on", "2026-01-26", *BY)):
        assert run(*words).code == exits.FINE, words
    return place


def closings(run, store: str) -> int:
    """How many periods the ledger says are closed."""
    return len(run("events", store, "--kind", "period_closed", "--json").json["events"])


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_changed_event_stops_a_closing(run, store, snapshot):
    """Somebody makes four shipped pieces three behind the ledger's back. The closing names the
    event, says what to do and records nothing, also where a snapshot knows the state; with the
    event as it was, the quarter is closed."""
    if snapshot:
        assert run("snapshot", store).code == exits.FINE
    with open_store(store) as opened:
        last = opened.head().sequence

        def say(quantity: int) -> None:
            with writing(opened.engine, opened.shown) as connection:
                connection.execute(EVENTS.update().where(EVENTS.c.sequence == last).values(
                    data=f'{{"quantity":{quantity}}}'))

        say(3)
        said = run("close", store, "FY26 Q4", "--on", "2026-02-02", *BY)
        assert said.code == exits.FAULTY_BOOK, said
        for words in (f"row {last}", "ledger.chain.hash", "nothing was closed",
                      "bring the store back from a copy", "headgate verify"):
            assert words in said.err
        closing = ("record", store, "--kind", "period_closed", "--key", "early", "--on",
                   "2026-02-02", "--set", "name=early", "--set", "starts_on=2025-11-01",
                   "--set", "ends_on=2026-01-30")
        assert "nothing was closed" in run(*closing, *BY).err
        assert closings(run, store) == 0
        say(4)
    assert run("close", store, "FY26 Q4", "--on", "2026-02-02", *BY).code == exits.FINE
    assert closings(run, store) == 1


def test_events_cut_off_at_the_end_stop_a_closing(run, store):
    """The chain itself is whole; the store says that there was one event more."""
    with open_store(store) as opened, writing(opened.engine, opened.shown) as connection:
        last = opened.head().sequence
        connection.execute(EVENTS.delete().where(EVENTS.c.sequence == last))
    said = run("close", store, "FY26 Q4", "--on", "2026-02-02", *BY)
    assert said.code != exits.FINE and "ledger.chain.end" in said.err


def test_a_period_that_is_not_over_says_when_it_is(run, store):
    """FY27 Q1 ends on 2026-05-01: on 2 February it is told to wait until then."""
    said = run("close", store, "FY27 Q1", "--on", "2026-02-02", *BY)
    assert said.code == exits.FAULTY_BOOK
    for words in ("FY27 Q1", "ends on 2026-05-01", "close it on or after that day"):
        assert words in said.err
    assert "missing" not in said.err


@pytest.mark.parametrize(("name", "starts_on", "ends_on", "taken"), [
    ("FY26 Q4", "2025-11-01", "2026-01-29", False), ("FY26 Q4", "2025-11-01", "2026-01-30", True),
    ("2026-01", "2026-01-01", "2026-01-30", False), ("cut-over", "2025-11-01", "2026-01-11", True)])
def test_a_name_of_the_calendar_means_its_days(run, store, name, starts_on, ends_on, taken):
    """By hand a period may have any name, but one that the book's calendar knows has its days."""
    said = run("record", store, "--kind", "period_closed", "--key", name, "--set", f"name={name}",
               "--set", f"starts_on={starts_on}", "--set", f"ends_on={ends_on}", "--on",
               "2026-02-02", *BY)
    assert (said.code == exits.FINE) == taken, said
    assert ("ledger.period_other" in said.err) != taken
    assert run("verify", store).code == exits.FINE
