"""A ledger that lasts: events in SQLite or PostgreSQL, appended in one order for all."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic

import sqlalchemy as sa

from headgate.base.issue import Issue, IssuesError
from headgate.ledger.events import Event, Recorded, in_utc, moment_text
from headgate.ledger.fold import State
from headgate.ledger.store import Answer, Store
from headgate.stores.address import Address, address_of
from headgate.stores.engine import engine_of, reading, writing
from headgate.stores.faults import fault
from headgate.stores.rows import events_between, events_where
from headgate.stores.schema import EVENTS
from headgate.stores.snapshots import (
    FolderSnapshots,
    Manifest,
    Snapshots,
    TableSnapshots,
    digest_of,
    files_of,
    frames_of,
)
from headgate.stores.upgrading import require_head
from headgate.stores.writer import (
    GivenUpError,
    Head,
    Progress,
    Writer,
    has_event,
    head_of,
    uncollected,
)


def open_store(address: str | Path | Address) -> SqlStore:
    """
    The store at an address: a path of an SQLite file, or `postgresql://...`.

    raises IssuesError : there is none, it cannot be opened, or it is of another version
    """
    found = address if isinstance(address, Address) else address_of(address)
    if found is None:
        raise fault("store.missing", str(address), "is no store; name a file that ends in .db, "
                    "or postgresql://...", consequence="nothing was read")
    engine = engine_of(found)
    try:
        require_head(engine, found)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine, found)


class SqlStore:
    """
    A `headgate.ledger.store.Store` in a database.

    One object may be used by several threads; every process opens its own.
    """

    def __init__(self, engine: sa.Engine, address: Address) -> None:
        self.engine, self.address = engine, address
        self.shown = address.shown
        self.snapshots: Snapshots = (
            TableSnapshots(engine, self.shown) if address.path is None else
            FolderSnapshots(address.path.with_name(f"{address.path.name}.snapshots")))
        self._lock = threading.RLock()
        self._state: State | None = None
        self._asked: datetime | None = None
        self._since = monotonic()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def __enter__(self) -> SqlStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def head(self) -> Head:
        """The last event."""
        with reading(self.engine, self.shown) as connection:
            return head_of(connection, self.shown)

    def last_recorded_at(self) -> datetime | None:
        """When the last event was recorded; None without events."""
        with reading(self.engine, self.shown) as connection:
            found = connection.execute(sa.select(EVENTS.c.recorded_at).order_by(
                EVENTS.c.sequence.desc()).limit(1)).scalar()
        return None if found is None else datetime.fromisoformat(found)

    def append(self, events: Sequence[Event], now: datetime, *, atomic: bool = True,
               progress: Progress | None = None) -> list[Answer]:
        """
        Record events in one transaction; an answer for each, in their order.

        now      : the time, with a zone
        atomic   : when one is rejected, none is recorded: the answers say of the rejected ones why
                   not, and of the others neither a sequence nor a rejection
        progress : told of the share of the events that was written
        raises IssuesError : the store cannot be written, or others wrote all the time
        """
        with self.writer(now) as writer:
            answers = writer.append(events, progress)
            if atomic and any(answer.rejection for answer in answers):
                answers = [answer if answer.rejection or answer.repeated else Answer(None)
                           for answer in answers]
                writer.give_up()
        return answers

    @contextmanager
    def writer(self, now: datetime) -> Iterator[Writer]:
        """
        One transaction: everything that is appended and written in the block, or nothing.

        now : the time, with a zone; it may have been looked at when the store was opened
        raises IssuesError : the store cannot be written, others wrote all the time, or the clock
                             is far behind the last event
        """
        in_utc(now)
        with self._lock:
            age = self._age(now)
            # Folding from the start takes long; others may write meanwhile.
            state = self.state() if self._state is None else self._state
            self._state = None
            written: Writer | None = None
            try:
                with writing(self.engine, self.shown) as connection:
                    if not has_event(connection, Head(state.sequence, state.last_hash)):
                        # The database was brought back from a copy beneath this process.
                        state = self._folded(connection, head_of(connection, self.shown).sequence)
                    made = Writer(connection, state, now, self.shown, age)
                    written = made
                    yield made
                    made.finish()
                written.applied = 0
            except GivenUpError:
                pass
            finally:
                # A state that knows events which were not kept would judge wrongly from now on.
                if written is not None and not written.applied:
                    self._state = state

    def _age(self, now: datetime) -> timedelta:
        """How long ago somebody may have looked at the clock: a time given again is an old one."""
        if now != self._asked and self._asked is not None:
            self._since = monotonic()
        self._asked = now
        return timedelta(seconds=monotonic() - self._since)

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        """
        The events after a sequence, up to and with another, in their order.

        raises IssuesError : an event is not what was written
        """
        with reading(self.engine, self.shown) as connection:
            last = head_of(connection, self.shown).sequence
            until = last if until is None else min(until, last)
            yield from events_between(connection, after, until, self.shown)

    def state(self, effective_on: date | None = None,
              recorded_at: datetime | None = None) -> State:
        """
        The state at (effective_on <=, recorded_at <=); the newest without either.

        It is the caller's own. The newest snapshot that fits is the start, so that only the
        events after it are read.

        raises IssuesError : an event is not what was written
        """
        with reading(self.engine, self.shown) as connection:
            until = head_of(connection, self.shown).sequence
            if recorded_at is not None:
                until = _last_recorded(connection, recorded_at, until)
            return self._folded(connection, until, effective_on)

    def _folded(self, connection: sa.Connection, until: int,
                effective_on: date | None = None) -> State:
        """The state after a sequence, from the newest snapshot that fits."""
        with uncollected():
            state = self._start(connection, until, effective_on)
            for recorded in events_between(connection, state.sequence, until, self.shown):
                state.apply(recorded)
        return state

    def later_than(self, day: date) -> int:
        """How many events count only after a day."""
        with reading(self.engine, self.shown) as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(EVENTS).where(
                EVENTS.c.effective_on > day)).scalar() or 0)

    def find(self, key: str | None = None, kind: str | None = None,
             since: datetime | None = None) -> Iterator[Recorded]:
        """
        The events about a key, of a kind, and recorded at a time or later, in their order.

        raises IssuesError : an event is not what was written
        """
        wanted = [column == value for column, value in (
            (EVENTS.c.key, key), (EVENTS.c.kind, kind)) if value is not None]
        if since is not None:
            wanted.append(EVENTS.c.recorded_at >= moment_text(since))
        with reading(self.engine, self.shown) as connection:
            yield from events_where(connection, wanted, self.shown)

    def _start(self, connection: sa.Connection, until: int, effective_on: date | None) -> State:
        """The state of the newest snapshot that fits; an empty one when none does."""
        for sequence in self.snapshots.sequences():
            if sequence > until:
                continue
            try:
                manifest, files = self.snapshots.read(sequence)
                if not _fits(connection, manifest, effective_on):
                    continue
                state = State.restore(frames_of(manifest, files))
                # Nothing in the snapshot counts later, so it is that of the day, too.
                state.limit = effective_on
                return state
            except (ValueError, IssuesError):
                # A snapshot only saves time: a broken one is passed by, and `verify` names it.
                continue
        return State(effective_on)

    def snapshot(self) -> int:
        """Keep the newest state, so that the next one is quicker; the sequence that it is of."""
        with self._lock:
            # What a writer of this process has in memory is the newest state, if nobody else wrote.
            known, head = self._state, self.head()
            state = known if known is not None and (
                known.sequence, known.last_hash) == (head.sequence, head.hash) else self.state()
            return self._kept(state)

    def _kept(self, state: State) -> int:
        if state.sequence and not self._is_kept(state.sequence, state.last_hash):
            with reading(self.engine, self.shown) as connection:
                latest = connection.execute(sa.select(sa.func.max(EVENTS.c.effective_on)).where(
                    EVENTS.c.sequence <= state.sequence)).scalar()
            files = files_of(state.frames())
            self.snapshots.keep(Manifest(state.sequence, state.last_hash, latest, {
                name: digest_of(content) for name, content in files.items()}), files)
        return state.sequence

    def _is_kept(self, sequence: int, hash_: str) -> bool:
        """Whether there is a whole snapshot of a sequence, of this version and this ledger."""
        if sequence not in self.snapshots.sequences():
            return False
        try:
            manifest, files = self.snapshots.read(sequence)
            frames_of(manifest, files)
        except (ValueError, IssuesError):
            return False
        return manifest.hash == hash_

    def verify(self, progress: Progress | None = None) -> list[Issue]:
        """Every fault of the chain of hashes, of the events, of balances and of snapshots."""
        from headgate.stores.verifying import verify_store

        return verify_store(self, progress)


def as_store(store: SqlStore) -> Store:
    """The store as the ledger's own protocol knows it, which mypy holds it to."""
    return store


def _last_recorded(connection: sa.Connection, moment: datetime, last: int) -> int:
    """The last sequence that was recorded at a time or before; 0 when none was."""
    wanted, low, high = moment_text(moment), 0, last
    while low < high:
        middle = (low + high + 1) // 2
        at = connection.execute(sa.select(EVENTS.c.recorded_at).where(
            EVENTS.c.sequence == middle)).scalar()
        low, high = (middle, high) if at is not None and at <= wanted else (low, middle - 1)
    return low


def _fits(connection: sa.Connection, manifest: Manifest, effective_on: date | None) -> bool:
    """Whether a snapshot is of this ledger, and of nothing that counts only after a day."""
    if effective_on is not None and (manifest.effective_on or date.min) > effective_on:
        return False
    hash_ = connection.execute(sa.select(EVENTS.c.hash).where(
        EVENTS.c.sequence == manifest.sequence)).scalar()
    return hash_ == manifest.hash

