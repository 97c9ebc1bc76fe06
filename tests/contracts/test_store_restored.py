"""A store that others bring back from a copy, and clocks that are wrong, on both databases."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from headgate.base.issue import IssuesError
from headgate.stores import store as stores
from headgate.stores.address import Address
from headgate.stores.engine import reading, writing
from headgate.stores.schema import METADATA
from headgate.stores.store import SqlStore, open_store
from headgate.stores.upgrading import make_store
from tests.contracts.ledger_events import NOW, booked, shipped

Copy = dict[str, list[sa.Row[tuple[object, ...]]]]


@pytest.fixture
def store(address: Address) -> SqlStore:
    """A store with one event, as a process has it that wrote that event."""
    make_store(address)
    made = open_store(address)
    made.append([booked("SO-1")], NOW)
    return made


def copied(store: SqlStore) -> Copy:
    """What `pg_dump` or a copy of the file takes away."""
    with reading(store.engine, store.shown) as connection:
        return {name: list(connection.execute(sa.select(table)))
                for name, table in METADATA.tables.items()}


def brought_back(store: SqlStore, copy: Copy) -> None:
    """The copy in place of what is there, by somebody else."""
    with open_store(store.address) as other, writing(other.engine, other.shown) as connection:
        for name, rows in copy.items():
            connection.execute(METADATA.tables[name].delete())
            if rows:
                connection.execute(METADATA.tables[name].insert(), [
                    dict(row._mapping) for row in rows])


def test_a_process_that_runs_on_sees_that_a_copy_came_back(store: SqlStore):
    """A copy is made after the booking of ten pieces. Two shipments of four follow, the copy comes
    back, and the process that shipped runs on: the ten are open again, six more ship as event 2,
    and four after that. The chain is whole."""
    copy = copied(store)
    store.append([shipped("SO-1", 4, "s1"), shipped("SO-1", 4, "s2")], NOW)
    brought_back(store, copy)
    assert store.append([shipped("SO-1", 6, "s3")], NOW)[0].sequence == 2
    assert store.append([shipped("SO-1", 4, "s4")], NOW)[0].sequence == 3
    assert store.append([shipped("SO-1", 1, "s5")], NOW)[0].rejection.code == "more_than_open"
    assert store.verify() == []


def test_others_wrote_as_many_events_after_the_copy_came_back(store: SqlStore):
    """The copy comes back, and somebody else ships seven as event 2, where this process has its own
    four: it judges by the seven, of which only three are left."""
    copy = copied(store)
    store.append([shipped("SO-1", 4, "s1")], NOW)
    brought_back(store, copy)
    with open_store(store.address) as other:
        other.append([shipped("SO-1", 7, "t1")], NOW)
    assert store.append([shipped("SO-1", 4, "s2")], NOW)[0].rejection.code == "more_than_open"
    assert store.append([shipped("SO-1", 3, "s3")], NOW)[0].sequence == 3
    assert store.verify() == []


def test_an_empty_store_came_back(store: SqlStore):
    """Somebody began anew: the process books its line as event 1."""
    with open_store(store.address) as other, writing(other.engine, "it") as connection:
        connection.execute(METADATA.tables["events"].delete())
        connection.execute(METADATA.tables["ledger_head"].update().values(
            sequence=0, hash="0" * 64))
    assert store.append([booked("SO-1")], NOW)[0].sequence == 1
    assert store.verify() == []


def test_a_snapshot_of_what_came_back_takes_the_place_of_the_other(store: SqlStore):
    """A snapshot is kept of event 2. A copy with one event comes back, another event 2 is written:
    the next snapshot is of that one, and the next state begins with it."""
    copy = copied(store)
    store.append([shipped("SO-1", 4, "s1")], NOW)
    store.snapshot()
    brought_back(store, copy)
    store.append([shipped("SO-1", 7, "t1")], NOW)
    store.snapshot()
    assert store.verify() == []
    line = store.state().lines.get("SO-1/1")
    assert line is not None and line.open_quantity == 3


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_the_file_itself_is_replaced(store: SqlStore, tmp_path):
    """As a user does it: the file of yesterday is copied over that of today."""
    path = store.address.path
    assert path is not None
    shutil.copy(path, tmp_path / "yesterday")
    store.append([shipped("SO-1", 4, "s1")], NOW)
    for file in (path, *path.parent.glob(f"{path.name}-*")):
        Path(file).unlink()
    shutil.copy(tmp_path / "yesterday", path)
    assert store.append([shipped("SO-1", 10, "s2")], NOW)[0].sequence == 2
    assert store.verify() == []


def test_a_clock_that_is_behind_writes_nothing(store: SqlStore):
    """The last event is of 09:30. A clock that says 09:21 is taken for 09:30; one that says 09:19
    is refused, and says what to do; nothing was written, and reading goes on."""
    store.append([shipped("SO-1", 1, "s1")], NOW - timedelta(minutes=9))
    with pytest.raises(IssuesError, match="set it right") as refused:
        store.append([shipped("SO-1", 1, "s2")], NOW - timedelta(minutes=11))
    assert [issue.code for issue in refused.value.issues] == ["store.clock"]
    assert "2026-02-02 09:19 UTC" in str(refused.value)
    assert store.head().sequence == 2
    assert store.append([shipped("SO-1", 1, "s2")], NOW)[0].sequence == 3


def test_a_time_that_was_looked_at_long_ago_is_no_wrong_clock(store: SqlStore, monkeypatch):
    """A program opens the store at nine and writes with that time at eleven; somebody else wrote at
    half past ten. That is no fault of its clock. A program that looks at a wrong clock at eleven
    is refused, however long it has run."""
    start = stores.monotonic()
    with open_store(store.address) as other:
        other.append([booked("SO-2")], NOW)
        store.append([booked("SO-3")], NOW + timedelta(minutes=90))
        monkeypatch.setattr(stores, "monotonic", lambda: start + 7_200)
        assert other.append([booked("SO-4")], NOW)[0].sequence == 4
        with pytest.raises(IssuesError, match="set it right"):
            other.append([booked("SO-5")], NOW + timedelta(minutes=1))
