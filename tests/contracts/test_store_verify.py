"""What `verify` proves of a store, on both databases: no change of what was recorded stays hid."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from headgate.base.issue import Issue
from headgate.stores.address import Address, address_of
from headgate.stores.engine import writing
from headgate.stores.schema import EVENTS, HEAD_ROW, SNAPSHOT_TABLES
from headgate.stores.store import SqlStore, open_store
from headgate.stores.upgrading import make_store
from tests.contracts.ledger_events import DAY, NOW, booked, event, shipped


def fill(store: SqlStore) -> None:
    """Ten events: five lines, each with 4 of 10 pieces shipped; the first quarter is closed."""
    for number in range(5):
        store.append([booked(f"SO-{number}"), shipped(f"SO-{number}", 4, f"ship {number}")],
                     NOW + timedelta(minutes=number))


@pytest.fixture
def store(address: Address) -> Iterator[SqlStore]:
    """A store with ten events, of each kind in turn."""
    make_store(address)
    with open_store(address) as made:
        fill(made)
        yield made


def change(store: SqlStore, sequence: int, **values: object) -> None:
    """Change an event behind the ledger's back."""
    with writing(store.engine, store.shown) as connection:
        connection.execute(EVENTS.update().where(EVENTS.c.sequence == sequence).values(values))


def found(store: SqlStore) -> dict[str, int | None]:
    """The faults of a store: code and sequence; the first of each code."""
    issues = store.verify()
    return {issue.code: issue.row for issue in reversed(issues)}


def test_a_sound_store_is_proven(store: SqlStore):
    """Ten events, a snapshot after them, three more, a closed period with a late event: no fault,
    and every event is looked at."""
    store.snapshot()
    store.append([
        event("period_closed", "2026-01", {"name": "2026-01", "starts_on": "2026-01-01",
                                           "ends_on": "2026-01-31"}, "c1"),
        booked("SO-9")], NOW + timedelta(days=1))
    shares: list[float] = []
    assert store.verify(lambda _step, share: shares.append(share)) == []
    assert shares[-1] == 1.0


@pytest.mark.parametrize(("column", "value"), [
    ("kind", "order_cancelled"), ("key", "SO-1/1"), ("effective_on", DAY + timedelta(days=1)),
    ("posted_on", DAY + timedelta(days=1)), ("prior_period", "FY26 Q4"),
    ("recorded_at", "2026-02-02T09:32:00.000001+00:00"), ("actor", "bob"), ("reason", "why"),
    ("idempotency_key", "other"), ("data", '{"quantity":5}'), ("data", '{"quantity": 4}'),
    ("data", "[4]"), ("data", "{"), ("previous_hash", "0" * 64), ("hash", "0" * 64),
    ("recorded_at", "never")])
def test_no_cell_can_be_changed(store: SqlStore, column: str, value: object):
    """Event 6 ships 4 pieces of SO-2. Whatever is changed in it, even a blank in its JSON: the
    fault names event 6, or the event after it that no longer follows."""
    change(store, 6, **{column: value})
    issues = store.verify()
    assert issues and issues[0].row in (6, 7)
    assert 6 in {issue.row for issue in issues}


def test_no_event_can_be_taken_out_or_added(store: SqlStore):
    """Event 4 is missing; then the last one is, whose chain is whole without it; then somebody
    writes one more behind the ledger's back."""
    with writing(store.engine, store.shown) as connection:
        rows = [dict(row) for row in connection.execute(sa.select(EVENTS)).mappings()]
        connection.execute(EVENTS.delete().where(EVENTS.c.sequence == 4))
    assert found(store)["ledger.chain.gap"] == 5
    with writing(store.engine, store.shown) as connection:
        connection.execute(EVENTS.insert().values(rows[3]))
        connection.execute(EVENTS.delete().where(EVENTS.c.sequence == 10))
    assert found(store) == {"ledger.chain.end": 9}
    with writing(store.engine, store.shown) as connection:
        connection.execute(EVENTS.insert().values(rows[9]))
        connection.execute(HEAD_ROW.update().values(sequence=9, hash=rows[8]["hash"]))
    assert found(store) == {"ledger.chain.end": 10}


def test_a_whole_chain_that_could_not_be_is_found(store: SqlStore):
    """Somebody writes an eleventh event whose hash is right and which ships 7 of 6 open pieces:
    the chain holds, the ledger does not."""
    with writing(store.engine, store.shown) as connection:
        state = store.state()
        forged = state.next_recorded(shipped("SO-1", 7, "forged"), NOW + timedelta(hours=1))
        from headgate.stores.rows import insert_rows, row_of

        insert_rows(connection, [row_of(forged)])
        connection.execute(HEAD_ROW.update().values(sequence=11, hash=forged.hash))
    assert found(store) == {"ledger.event.more_than_open": 11}


def test_an_asserted_balance_is_held_to(store: SqlStore):
    """30 pieces are open at 415,000.00: 12,450,000.00, asserted. A shipment of that day becomes
    known: the balance is another one by now, and `verify` says so."""
    store.append([event("balance_asserted", "backlog", {
        "measure": "order_backlog", "on": str(DAY), "amount_cents": 30 * 41_500_000}, "b1")], NOW)
    assert store.verify() == []
    store.append([shipped("SO-1", 1, "late")], NOW + timedelta(days=1))
    (issue,) = store.verify()
    assert issue.code == "ledger.assertion.broken" and "12035000.00" in issue.expected


def test_a_snapshot_is_proven_too(store: SqlStore):
    """4 pieces shipped of SO-0 become 5 in the snapshot: the fault names the snapshot, and a state
    that begins with it is still right once it is removed."""
    store.snapshot()
    assert store.verify() == []
    manifest, files = store.snapshots.read(10)
    from headgate.stores.snapshots import Manifest, digest_of, files_of, frames_of

    frames = frames_of(manifest, files)
    frames["lines"] = frames["lines"].with_columns(
        shipped=pl.when(pl.col("key") == "SO-0/1").then(5).otherwise("shipped"))
    forged = files_of(frames)
    store.snapshots.keep(Manifest(10, manifest.hash, manifest.effective_on, {
        name: digest_of(content) for name, content in forged.items()}), forged)
    (issue,) = store.verify()
    assert issue.code == "store.snapshot" and issue.value == "snapshot 10"


def test_a_broken_snapshot_only_costs_time(store: SqlStore):
    """Bytes of it are lost: the state is folded from the events, the same; `verify` names it."""
    store.snapshot()
    before = store.state()
    if store.address.path is None:
        with writing(store.engine, store.shown) as connection:
            connection.execute(SNAPSHOT_TABLES.update().values(content=b"PAR1"))
    else:
        for file in Path(f"{store.address.path}.snapshots").rglob("*.parquet"):
            file.write_bytes(b"PAR1")
    assert store.state() == before
    assert found(store) == {"store.snapshot": None}


def test_a_state_from_a_snapshot_is_the_same(store: SqlStore):
    """Ten events in the snapshot and two after it: the state is that of all twelve from the
    beginning; as of a day before the snapshot's last event it is folded without it."""
    folded = store.state()
    assert store.snapshot() == 10
    assert store.snapshots.sequences() == [10]
    assert store.state() == folded
    assert store.append([shipped("SO-1", 1, "more")], NOW)[0].sequence == 11
    tomorrow = booked("SO-7")
    store.append([event("order_booked", tomorrow.key, dict(tomorrow.data), "later",
                        on=DAY + timedelta(days=1))], NOW)
    assert store.state().lines.get("SO-1/1").open_quantity == 5
    assert store.state(DAY).lines.get("SO-7/1") is None
    assert store.snapshot() == 12
    assert store.state(DAY).lines.get("SO-7/1") is None
    assert store.state().lines.get("SO-7/1").open_quantity == 10
    assert store.snapshot() == 12
    assert store.snapshots.sequences() == [12, 10]


def test_a_snapshot_of_another_ledger_is_passed_by(store: SqlStore, tmp_path, request):
    """A file brought back from a copy with one more or one other event: the snapshot beside it is
    of a ledger that there is not."""
    store.snapshot()
    other = address_of(tmp_path / "other.db") if store.address.path else address_of(
        request.getfixturevalue("postgresql").database())
    assert other is not None
    make_store(other)
    with open_store(other) as second:
        second.append([booked(f"OTHER-{number}") for number in range(10)], NOW)
        manifest, files = store.snapshots.read(10)
        second.snapshots.keep(manifest, files)
        assert second.state().lines.get("OTHER-3/1").open_quantity == 10
        assert [issue.code for issue in second.verify()] == ["store.snapshot"]


def flip(file: Path, text: bytes) -> None:
    """Change one bit of the file where a text stands."""
    content = bytearray(file.read_bytes())
    place = content.index(text) + len(text) // 2
    content[place] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("text", [b'"quantity":4', b"ship 3", b"order_shipped"])
def test_a_changed_byte_of_the_file_is_found(tmp_path, text: bytes):
    """One bit of the SQLite file changes inside an event: the fault names a sequence."""
    address = address_of(tmp_path / "store.db")
    assert address is not None and address.path is not None
    make_store(address)
    with open_store(address) as store:
        fill(store)
    flip(address.path, text)
    with open_store(address) as store:
        issues = store.verify()
    assert issues and any(issue.row is not None for issue in issues)


def test_bytes_that_are_no_text_are_found(tmp_path):
    """A byte becomes one that no UTF-8 text has: the one event is named, all others are read."""
    address = address_of(tmp_path / "store.db")
    assert address is not None and address.path is not None
    make_store(address)
    with open_store(address) as store:
        fill(store)
    content = address.path.read_bytes()
    hurt = content.replace(b'{"quantity":4}', b'{"quantity\xff:4}', 1)
    assert hurt != content
    address.path.write_bytes(hurt)
    with open_store(address) as store:
        codes = {issue.code for issue in store.verify()}
    assert "ledger.chain.unreadable" in codes


def test_a_page_of_the_file_that_is_lost_is_no_trace(tmp_path):
    """Four thousand zeros in the middle of the file: faults, and no error that nobody catches."""
    address = address_of(tmp_path / "store.db")
    assert address is not None and address.path is not None
    make_store(address)
    with open_store(address) as store:
        fill(store)
        for number in range(10, 60):
            store.append([booked(f"SO-{number}")], NOW + timedelta(hours=1))
    whole = address.path.read_bytes()
    for place in range(4096, len(whole), 8192):
        copy = tmp_path / "copy.db"
        shutil.copy(address.path, copy)
        content = bytearray(whole)
        content[place:place + 4096] = bytes(4096)
        copy.write_bytes(content)
        broken = address_of(copy)
        assert broken is not None
        from headgate.base.issue import IssuesError

        try:
            with open_store(broken) as store:
                assert store.verify(), place
        except IssuesError as error:
            assert error.issues[0].code.startswith("store."), place


def test_a_store_is_proven_while_others_write(store: SqlStore):
    """Somebody appends and keeps snapshots all the time: no proof takes that for a fault."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def write() -> None:
        try:
            with open_store(store.address) as other:
                number = 100
                while not stop.is_set():
                    other.append([booked(f"SO-{number}")], NOW + timedelta(days=1))
                    other.snapshot()
                    number += 1
        except BaseException as error:
            failed.append(error)

    first, proofs, found = store.head().sequence, 0, list[Issue]()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        while proofs < 5 or (store.head().sequence < first + 3 and proofs < 500 and not failed):
            found += store.verify()
            proofs += 1
    finally:
        stop.set()
        writer.join()
    assert found == [] and failed == []
    assert store.head().sequence >= first + 3
