"""A ledger that lasts: events in SQLite or PostgreSQL, appended in one order for all."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from headgate.base.issue import Issue, IssuesError
from headgate.ledger.events import (
    Event,
    Recorded,
    content_of,
    data_text,
    in_utc,
    moment_text,
)
from headgate.ledger.fields import is_id
from headgate.ledger.fold import State
from headgate.ledger.rejections import refused
from headgate.ledger.store import Answer
from headgate.stores.address import Address, address_of
from headgate.stores.engine import engine_of, reading, writing
from headgate.stores.faults import fault
from headgate.stores.rows import (
    Row,
    events_between,
    events_where,
    insert_rows,
    known_keys,
    row_of,
)
from headgate.stores.schema import EVENTS, HEAD_ROW
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

Progress = Callable[[str, float], None]
CHUNK = 20_000
"""Events that are judged before they are written, so that a large import needs little memory."""


@contextmanager
def uncollected() -> Iterator[None]:
    """
    A block that makes many objects and drops few: no rubbish is looked for meanwhile.

    Looking through everything that is kept, again and again, takes a third of the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class RejectedError(IssuesError):
    """Events that the ledger did not take; nothing of the whole was written."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a ledger: its sequence, 0 without events, and its hash."""

    sequence: int
    hash: str


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

        raises IssuesError : the store cannot be written, or others wrote all the time
        """
        in_utc(now)
        with self._lock:
            # Folding from the start takes long; others may write meanwhile.
            state = self.state() if self._state is None else self._state
            self._state = None
            written: Writer | None = None
            try:
                with writing(self.engine, self.shown) as connection:
                    made = Writer(connection, state, now, self.shown)
                    written = made
                    yield made
                    made.finish()
                written.applied = 0
            except _GivenUpError:
                pass
            finally:
                # A state that knows events which were not kept would judge wrongly from now on.
                if written is not None and not written.applied:
                    self._state = state

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
        state = self.state()
        if state.sequence and state.sequence not in self.snapshots.sequences():
            with reading(self.engine, self.shown) as connection:
                latest = connection.execute(sa.select(sa.func.max(EVENTS.c.effective_on)).where(
                    EVENTS.c.sequence <= state.sequence)).scalar()
            files = files_of(state.frames())
            self.snapshots.keep(Manifest(state.sequence, state.last_hash, latest, {
                name: digest_of(content) for name, content in files.items()}), files)
        return state.sequence

    def verify(self, progress: Progress | None = None) -> list[Issue]:
        """Every fault of the chain of hashes, of the events, of balances and of snapshots."""
        from headgate.stores.verifying import verify_store

        return verify_store(self, progress)


class _GivenUpError(Exception):
    """A transaction is to leave no trace."""


class Writer:
    """What may be done inside one transaction of a store; `connection` is the transaction's."""

    def __init__(self, connection: sa.Connection, state: State, now: datetime,
                 shown: str) -> None:
        self.connection, self.state, self.shown = connection, state, shown
        self.head = head_of(connection, shown)
        self.applied = 0
        for recorded in events_between(connection, state.sequence, self.head.sequence, shown):
            state.apply(recorded)
        last = state.last_recorded_at
        self.now = in_utc(now) if last is None else max(in_utc(now), last)

    def append(self, events: Iterable[Event], progress: Progress | None = None,
               expected: int | None = None) -> list[Answer]:
        """
        Judge, chain and write events; an answer for each. What is rejected is left out.

        expected : about how many there are, for the progress, where they come one by one
        """
        answers: list[Answer] = []
        before: dict[str, tuple[int, Event]] = {}
        coming = iter(events)
        whole = len(events) if isinstance(events, Sized) else expected or 0
        while part := list(islice(coming, CHUNK)):
            # What can be no key is rejected below; a database would not even be asked for it.
            known = known_keys(self.connection, {
                event.idempotency_key for event in part
                if is_id(event.idempotency_key)}) if self.head.sequence else {}
            with uncollected():
                rows: list[Row] = []
                for event in part:
                    same = known.get(event.idempotency_key) or before.get(event.idempotency_key)
                    answers.append(_repeated(event, same) if same else
                                   self._record(event, rows, before))
                insert_rows(self.connection, rows)
            if progress is not None:
                progress("writing events", min(1.0, len(answers) / max(1, whole)))
        return answers

    def _record(self, event: Event, rows: list[Row],
                before: dict[str, tuple[int, Event]]) -> Answer:
        """Judge an event and apply it; its row is added to those to be written."""
        state = self.state
        rejection = state.judge(event, self.now)
        if rejection is not None:
            return Answer(None, rejection)
        text = data_text(event.data)
        recorded = state.next_recorded(event, self.now, text)
        self.applied += 1
        state.apply(recorded)
        rows.append(row_of(recorded, text))
        before[event.idempotency_key] = (recorded.sequence, event)
        return Answer(recorded.sequence)

    def require(self, events: Sequence[Event], consequence: str) -> list[Answer]:
        """
        Record events, all of them.

        raises RejectedError : one or several were rejected; nothing of the transaction is kept
        """
        answers = self.append(events)
        issues = [Issue(f"ledger.{answer.rejection.code}", "error", self.shown,
                        answer.rejection.text, column=event.kind, value=event.key)
                  for event, answer in zip(events, answers, strict=True) if answer.rejection]
        if issues:
            raise RejectedError(issues, consequence)
        return answers

    def give_up(self) -> None:
        """End the transaction without a trace."""
        raise _GivenUpError

    def finish(self) -> None:
        """Say in the store which event is the last one now."""
        if self.applied:
            self.connection.execute(HEAD_ROW.update().where(HEAD_ROW.c.id == 1).values(
                sequence=self.state.sequence, hash=self.state.last_hash))


def head_of(connection: sa.Connection, shown: str) -> Head:
    """The last event that a store knows of."""
    row = connection.execute(sa.select(HEAD_ROW.c.sequence, HEAD_ROW.c.hash)).first()
    if row is None:
        raise fault("store.unreadable", shown, "must name its last event in the table "
                    "ledger_head; bring it back from a copy", consequence="nothing was read")
    return Head(int(row[0]), str(row[1]))


def _repeated(event: Event, same: tuple[int, Event] | tuple[int, Event, str]) -> Answer:
    """The answer to an event whose idempotency key is known."""
    text = same[2] if len(same) == 3 else None
    if content_of(event) == content_of(same[1], text):
        return Answer(same[0], repeated=True)
    return Answer(None, refused("key_reused", f"{event.idempotency_key} is event {same[0]}"))


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

