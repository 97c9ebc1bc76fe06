"""Proof of a store: the chain of its events, what follows from them, and what was kept beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa

from headgate.base.issue import Issue, IssuesError
from headgate.ledger.balances import broken_assertions
from headgate.ledger.events import GENESIS, Recorded, chain_faults, data_text
from headgate.ledger.fold import State
from headgate.stores.engine import reading, reading_one_moment
from headgate.stores.faults import DAMAGED
from headgate.stores.holding import is_hold, read_kept
from headgate.stores.plans import plans_of
from headgate.stores.rows import PAGE, Row, raw_rows, recorded_of_row, unreadable
from headgate.stores.schema import EVENTS
from headgate.stores.snapshots import OtherVersionError, frames_of
from headgate.stores.store import SqlStore
from headgate.stores.writer import head_of

if TYPE_CHECKING:
    from headgate.stores.snapshots import Snapshots

Progress = Callable[[str, float], None]
MOST = 100
"""Faults after which no more are looked for: a store with so many is to be brought back whole."""


def verify_store(store: SqlStore, progress: Progress | None = None) -> list[Issue]:
    """
    Every fault of a store, in the order of its events.

    Each event has the content that was recorded, follows the one before, was possible when it was
    recorded, and is posted where it must be; the last one is the one that the store says; balances
    that were asserted still are so; snapshots and holds are what the events make of them. Raises
    nothing for a broken store.
    """
    proof = _Proof(store, progress)
    try:
        with reading(store.engine, store.shown) as connection:
            proof.look_at_file(connection)
            proof.follow(connection)
        # Others may have written meanwhile: what stands beside the events is held against them as
        # of one moment.
        with reading_one_moment(store.engine, store.shown) as connection:
            proof.follow(connection)
            proof.look_at_end(connection)
            if not proof.issues:
                proof.issues += broken_assertions(proof.state, store.shown)
                proof.look_at_holds(connection)
                proof.look_at_plans(connection)
    except IssuesError as error:
        proof.issues += error.issues
    return proof.issues[:MOST]


class _Proof:
    """A walk along the events with what follows from them so far."""

    def __init__(self, store: SqlStore, progress: Progress | None) -> None:
        self.store, self.progress, self.shown = store, progress, store.shown
        self.issues: list[Issue] = []
        self.state = State()
        self.last: Recorded | None = None
        self.snapshots: Snapshots = store.snapshots
        self.due: list[int] = []

    def fault(self, code: str, expected: str, sequence: int | None, value: object) -> None:
        """Add a fault."""
        self.issues.append(Issue(code, "error", self.shown, expected, sequence, None, str(value)))

    def look_at_file(self, connection: sa.Connection) -> None:
        """What the database itself says of a broken file or a broken index."""
        if connection.dialect.name != "sqlite":
            return
        for (told,) in connection.exec_driver_sql("PRAGMA integrity_check(20)").fetchall():
            if told != "ok":
                self.fault("store.damaged", DAMAGED, None, told)

    def follow(self, connection: sa.Connection) -> None:
        """Look at every event that was not looked at yet, and at every snapshot on the way."""
        self.due = self.snapshots.sequences()
        until = head_of(connection, self.shown).sequence
        after = 0 if self.last is None else self.last.sequence
        part: list[Row] = []
        for row in raw_rows(connection, after, until, self.issues.append, self.shown):
            part.append(row)
            if len(part) == PAGE or row[0] in self.due:
                self._take(part, max(until, 1))
                part = []
            if len(self.issues) >= MOST:
                return
        self._take(part, max(until, 1))

    def look_at_end(self, connection: sa.Connection) -> None:
        """The last event is the one that the store says, and no snapshot is of a later one."""
        head = head_of(connection, self.shown)
        there = connection.execute(sa.select(sa.func.max(EVENTS.c.sequence))).scalar() or 0
        last = (0, GENESIS) if self.last is None else (self.last.sequence, self.last.hash)
        if not self.issues and (last != (head.sequence, head.hash) or there != head.sequence):
            self.fault("ledger.chain.end", f"must be the last event, {head.sequence}: events are "
                       "missing at the end, or were added by another program", there, there)
        for sequence in sorted(self.due):
            if not self.issues and sequence > head.sequence:
                self.fault("store.snapshot", "is of an event that there is not; remove it",
                           None, f"snapshot {sequence}")

    def _take(self, rows: Sequence[Row], whole: int) -> None:
        """Look at some events that follow one another."""
        found = [recorded for row in rows if (recorded := self._read(row)) is not None]
        overlap = found if self.last is None else [self.last, *found]
        after, before = (0, GENESIS) if self.last is None else (
            self.last.sequence - 1, self.last.previous_hash)
        self.issues += chain_faults(overlap, after, before, self.shown)
        for recorded in found:
            # After a fault nobody knows what was so, and what follows would be blamed for it.
            if self.issues:
                break
            self._judge(recorded)
        self.last = found[-1] if found else self.last
        if self.last is not None:
            if not self.issues:
                self._compare(self.last)
            if self.progress is not None:
                self.progress("proving events", min(1.0, self.last.sequence / whole))

    def _read(self, row: Row) -> Recorded | None:
        try:
            recorded = recorded_of_row(row)
            if data_text(recorded.event.data) != row[10]:
                raise ValueError("data is not the text that was written")
        except (ValueError, TypeError) as error:
            self.issues.append(unreadable(row[0], str(error), self.shown))
            return None
        return recorded

    def _judge(self, recorded: Recorded) -> None:
        rejection = self.state.judge(recorded.event, recorded.recorded_at)
        if rejection is not None:
            self.fault(f"ledger.event.{rejection.code}", "must not have been recorded: "
                       f"{rejection.text}", recorded.sequence,
                       f"{recorded.event.kind} {recorded.event.key}")
            return
        posting = self.state.closed.posting(recorded.event.effective_on)
        if posting != (recorded.posted_on, recorded.prior_period):
            self.fault("ledger.event.posted", "is not posted on its day, or after the last closed "
                       "period", recorded.sequence, recorded.posted_on)
        self.state.apply(recorded)

    def _compare(self, last: Recorded) -> None:
        """Hold a snapshot of the event just taken against what follows from the events."""
        if last.sequence not in self.due:
            return
        name = f"snapshot {last.sequence}"
        try:
            manifest, files = self.snapshots.read(last.sequence)
            frames = frames_of(manifest, files)
        except OtherVersionError:
            # Nobody begins with it, and the next snapshot takes its place.
            return
        except (ValueError, pl.exceptions.PolarsError) as error:
            if last.sequence not in self.snapshots.sequences():
                # A newer one has taken its place meanwhile.
                return
            self.fault("store.snapshot", f"cannot be read; remove it: {error}", None, name)
            return
        if manifest.hash != last.hash or not _equal(frames, self.state.frames()):
            self.fault("store.snapshot", "is not what follows from the events; remove it", None,
                       name)

    def look_at_holds(self, connection: sa.Connection) -> None:
        """Holds stand as their events say."""
        kept = read_kept(connection)
        stored = {} if kept is None else {
            hold_id: hold.status for hold_id, hold in kept.holds.holds.items()}
        # An event that was recorded by hand and tells of no hold keeps nothing anywhere.
        recorded = {key: hold.status for key, hold in self.state.holds.items()
                    if key in stored or is_hold(hold.hold)}
        for hold_id in sorted({*stored, *recorded}):
            if stored.get(hold_id) != recorded.get(hold_id):
                said = recorded.get(hold_id, "absent")
                self.fault("store.hold.status", f"must be {said}, as its events say; "
                           "bring the store back from a copy, or "
                           "record an export of its events into an empty one", None,
                           f"{hold_id}: {stored.get(hold_id, 'absent')}")

    def look_at_plans(self, connection: sa.Connection) -> None:
        """Published plans are those that events tell of."""
        told = {one.data["plan_digest"] for one in self.state.published}
        for plan in plans_of(connection):
            if plan.published is not None and plan.digest not in told:
                self.fault("store.plan.event", "is marked as published, which no event tells",
                           None, plan.name)


class ChainProof(_Proof):
    """
    Proof of the chain of a store's events alone, for what cannot be taken back.

    Each event has the content that was recorded and follows the one before, and the last one is
    that which the store says. It takes about half of what `verify_store` does, and most of it is
    done before others have to wait.
    """

    def __init__(self, store: SqlStore, progress: Progress | None) -> None:
        super().__init__(store, progress)
        with reading(store.engine, store.shown) as connection:
            self.follow(connection)

    def finish(self, connection: sa.Connection, consequence: str) -> None:
        """
        Prove what came since, inside a transaction.

        raises IssuesError : the chain is broken; names the events
        """
        if not self.issues:
            self.follow(connection)
            self.due = []
            self.look_at_end(connection)
        if self.issues:
            raise IssuesError([replace(issue, expected=f"{issue.expected}; bring the store back "
                                       f"from a copy: headgate verify {self.shown} tells all")
                               for issue in self.issues[:MOST]], consequence)

    def _judge(self, recorded: Recorded) -> None:
        """What was possible is not asked here."""

    def _compare(self, last: Recorded) -> None:
        """Snapshots are not looked at here."""


def _equal(one: Mapping[str, pl.DataFrame], other: Mapping[str, pl.DataFrame]) -> bool:
    """Whether two states have the same tables."""
    return one.keys() == other.keys() and all(
        one[name].schema == other[name].schema and one[name].equals(other[name]) for name in one)
