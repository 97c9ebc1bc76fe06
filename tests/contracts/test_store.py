"""What every store must do: one suite for SQLite and for PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from headgate.base.issue import IssuesError
from headgate.ledger.events import GENESIS, chain_faults
from headgate.ledger.fold import fold
from headgate.stores import writer
from headgate.stores.address import Address
from headgate.stores.engine import writing
from headgate.stores.rows import AT_ONCE
from headgate.stores.schema import EVENTS
from headgate.stores.store import SqlStore, open_store
from headgate.stores.upgrading import make_store
from headgate.stores.writer import RejectedError
from tests.contracts.ledger_events import DAY, NOW, booked, event, shipped


@pytest.fixture
def store(address: Address) -> Iterator[SqlStore]:
    """An empty store, of each kind in turn."""
    make_store(address)
    with open_store(address) as made:
        yield made


def sequences(store: SqlStore) -> list[int]:
    """The sequences of all events."""
    return [row.sequence for row in store.read()]


def test_what_is_recorded_is_read_again(store: SqlStore):
    """Two lines booked, 4 of 10 shipped: three events, 1 to 3, chained from the beginning, equal to
    what was sent; read by another process the same."""
    sent = [booked("SO-1"), booked("SO-2", 5), shipped("SO-1", 4, "s1")]
    answers = store.append(sent, NOW)
    assert [answer.sequence for answer in answers] == [1, 2, 3]
    with open_store(store.address) as other:
        rows = list(other.read())
    assert [row.event for row in rows] == sent
    assert rows[0].previous_hash == GENESIS
    assert not list(chain_faults(rows))
    assert {row.recorded_at for row in rows} == {NOW}
    assert [row.sequence for row in store.read(after=1, until=2)] == [2]
    assert store.state().lines.get("SO-1/1").open_quantity == 6


def test_the_same_key_answers_the_same(store: SqlStore):
    """Sent again, by somebody else and later, with the same content: nothing changes, and the
    answer names the first. With other content the key is refused."""
    store.append([booked("SO-1"), booked("SO-2")], NOW)
    (again,) = store.append([replace(booked("SO-2"), actor="bob")], NOW + timedelta(hours=1))
    assert (again.sequence, again.repeated, again.rejection) == (2, True, None)
    (other,) = store.append([booked("SO-2", 11)], NOW)
    assert other.sequence is None and other.rejection.code == "key_reused"
    assert sequences(store) == [1, 2]


def test_a_key_given_twice_in_one_batch_counts_once(store: SqlStore):
    """The second one of a batch is a repetition of the first, and a third with other content is
    refused, so nothing of the batch is kept."""
    first, second = store.append([booked("SO-1"), booked("SO-1")], NOW)
    assert (first.sequence, second.sequence, second.repeated) == (1, 1, True)
    answers = store.append([booked("SO-2"), booked("SO-3", unique="book SO-2/1")], NOW)
    assert [answer.sequence for answer in answers] == [None, None]
    assert answers[1].rejection.code == "key_reused"
    assert sequences(store) == [1]


def test_a_key_is_known_however_long_the_batch_is(store: SqlStore, monkeypatch):
    """Written in parts of two: the fifth event has the key of the first, and repeats it; with
    other content it is refused."""
    monkeypatch.setattr(writer, "CHUNK", 2)
    batch = [booked(f"SO-{number}") for number in range(4)]
    answers = store.append([*batch, booked("SO-0")], NOW)
    assert [answer.sequence for answer in answers] == [1, 2, 3, 4, 1]
    assert answers[4].repeated
    more = [booked(f"SO-{number}") for number in range(4, 8)]
    answers = store.append([*more, booked("SO-4", 11)], NOW, atomic=False)
    assert answers[4].rejection is not None and answers[4].rejection.code == "key_reused"
    assert sequences(store) == list(range(1, 9))


def test_a_batch_is_kept_whole_or_not_at_all(store: SqlStore):
    """12 of 10 pieces cannot ship: neither is the booking before it kept, nor the one after it.
    Without `atomic` only the shipment is left out."""
    batch = [booked("SO-1"), shipped("SO-1", 12, "s1"), booked("SO-2")]
    answers = store.append(batch, NOW)
    assert [answer.sequence for answer in answers] == [None, None, None]
    assert [answer.rejection and answer.rejection.code for answer in answers] == [
        None, "more_than_open", None]
    assert sequences(store) == []
    answers = store.append(batch, NOW, atomic=False)
    assert [answer.sequence for answer in answers] == [1, None, 2]
    assert sequences(store) == [1, 2]


def test_a_rejected_event_may_come_again(store: SqlStore):
    """It left no trace: when there are pieces for it, the same key is taken."""
    store.append([booked("SO-1", 5)], NOW)
    assert store.append([shipped("SO-1", 8, "s1")], NOW)[0].rejection.code == "more_than_open"
    store.append([event("order_amended", "SO-1/1", {"quantity": 8}, "more")], NOW)
    assert store.append([shipped("SO-1", 8, "s1")], NOW)[0].sequence == 3


def test_everything_in_a_writer_is_one_transaction(store: SqlStore):
    """Events and other rows of one block are kept together; a rejection takes all of it back, and
    names event, key and code."""
    with (pytest.raises(RejectedError, match="nothing was done") as refused,
          store.writer(NOW) as made):
        made.append([booked("SO-1")])
        made.require([shipped("SO-1", 11, "s1"), shipped("SO-9", 1, "s2")], "nothing was done")
    assert [issue.code for issue in refused.value.issues] == [
        "ledger.more_than_open", "ledger.unknown_key"]
    assert sequences(store) == []
    with store.writer(NOW) as made:
        made.append([booked("SO-1")])
        made.require([shipped("SO-1", 10, "s1")], "nothing was done")
    assert sequences(store) == [1, 2]


def test_two_stores_see_each_other(store: SqlStore):
    """Two processes write in turn; each judges by what the other wrote: 6 and 4 of 10 pieces ship,
    the eleventh does not."""
    with open_store(store.address) as other:
        store.append([booked("SO-1")], NOW)
        assert other.append([shipped("SO-1", 6, "a")], NOW)[0].sequence == 2
        assert store.append([shipped("SO-1", 4, "b")], NOW)[0].sequence == 3
        assert other.append([shipped("SO-1", 1, "c")], NOW)[0].rejection.code == "more_than_open"
        assert store.append([shipped("SO-1", 6, "a")], NOW)[0].repeated


def test_time_never_falls(store: SqlStore):
    """A clock that goes back nine minutes, and one of another zone: what is recorded later has no
    earlier time, and all times are in UTC."""
    store.append([booked("SO-1")], NOW)
    store.append([booked("SO-2")], NOW - timedelta(minutes=9))
    store.append([booked("SO-3")], datetime(2026, 2, 2, 11, 0,
                                            tzinfo=timezone(timedelta(hours=1))))
    assert [row.recorded_at for row in store.read()] == [
        NOW, NOW, datetime(2026, 2, 2, 10, 0, tzinfo=UTC)]
    with pytest.raises(ValueError, match="zone"):
        store.append([booked("SO-4")], datetime(2026, 2, 2))


def test_state_as_of_two_times(store: SqlStore):
    """Booked on Monday, 4 shipped effective on Wednesday but recorded on Friday: on Thursday
    nobody knew; on Friday it is known what was so on Tuesday and on Thursday."""
    store.append([booked("SO-1")], NOW)
    ship = replace(shipped("SO-1", 4, "s1"), effective_on=DAY + timedelta(days=2))
    store.append([ship], NOW + timedelta(days=4))

    def open_pieces(effective: int | None, recorded: int | None) -> int:
        line = store.state(
            None if effective is None else DAY + timedelta(days=effective),
            None if recorded is None else NOW + timedelta(days=recorded)).lines.get("SO-1/1")
        assert line is not None
        return int(line.open_quantity)

    assert open_pieces(None, None) == 6
    assert open_pieces(3, 3) == 10
    assert open_pieces(3, 4) == 6
    assert open_pieces(1, 4) == 10
    assert store.state(recorded_at=NOW - timedelta(days=1)).sequence == 0


def test_a_state_is_the_callers_own(store: SqlStore):
    """Whatever is done with it, the store judges by what was recorded."""
    store.append([booked("SO-1")], NOW)
    state = store.state()
    line = state.lines.get("SO-1/1")
    assert line is not None
    line.quantity = 1000
    assert store.append([shipped("SO-1", 11, "s1")], NOW)[0].rejection.code == "more_than_open"


def test_many_events_at_once(store: SqlStore):
    """More than one statement looks up or reads: 2 * 500 + 1 lines are recorded in their order, and
    sent again all of them are known."""
    sent = [booked(f"SO-{number}") for number in range(2 * AT_ONCE + 1)]
    shares = []
    answers = store.append(sent, NOW, progress=lambda _step, share: shares.append(share))
    assert [answer.sequence for answer in answers] == list(range(1, len(sent) + 1))
    assert shares[-1] == 1.0
    again = store.append(sent, NOW)
    assert all(answer.repeated for answer in again)
    assert fold(store.read()).sequence == len(sent)


def test_every_letter_is_kept(store: SqlStore):
    """Umlauts, emoji, quotes, backslashes, tabs and line breaks in reasons and data come back as
    they went in, and the chain holds."""
    text = "Größe 🚚 \"quoted\" back\\slash\ttab\nline 'x' \u2028 \x7f"
    sent = replace(event("row_set", "restrictions:1", {"reason": text, "region": "日本"}, "r1"),
                   reason=text, actor="Ana Óscar")
    assert store.append([sent], NOW)[0].sequence == 1
    (row,) = store.read()
    assert row.event == sent
    assert not list(chain_faults([row]))


def test_what_no_database_keeps_is_refused(store: SqlStore):
    """A NUL and half a surrogate pair: rejected as malformed on both databases, not an error."""
    store.append([booked("SO-2")], NOW)
    for text in ("a\x00b", "\ud800"):
        for wrong in (replace(booked("SO-1"), reason=text), replace(booked("SO-1"), actor=text),
                      replace(booked("SO-1"), idempotency_key=text),
                      replace(booked("SO-1"), key=text)):
            (answer,) = store.append([wrong], NOW)
            assert answer.rejection is not None and answer.rejection.code == "malformed"
    assert sequences(store) == [1]


def test_a_broken_event_is_named(store: SqlStore):
    """The data of event 2 are no JSON any more: reading says which event it is, and what to do."""
    store.append([booked("SO-1"), booked("SO-2")], NOW)
    with writing(store.engine, store.shown) as connection:
        connection.execute(EVENTS.update().where(EVENTS.c.sequence == 2).values(data="{"))
    with pytest.raises(IssuesError) as broken:
        list(store.read())
    assert broken.value.issues[0].code == "ledger.chain.unreadable"
    assert broken.value.issues[0].row == 2


def test_events_are_numbered_by_the_store_alone(store: SqlStore):
    """A row that somebody adds by hand under a taken sequence or key is refused by the database."""
    store.append([booked("SO-1")], NOW)
    with writing(store.engine, store.shown) as connection:
        row = dict(connection.execute(sa.select(EVENTS)).mappings().one())
    for change in ({"idempotency_key": "other"}, {"sequence": 2}):
        with (pytest.raises(IssuesError), writing(store.engine, store.shown) as connection):
            connection.execute(EVENTS.insert().values({**row, **change}))
