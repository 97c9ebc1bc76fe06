"""The state that follows from the events of a ledger, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from headgate.ledger import corrections
from headgate.ledger.accounts import Entry
from headgate.ledger.closing import ClosedPeriod
from headgate.ledger.events import Event, Recorded, recorded_of
from headgate.ledger.fields import day_of, is_id, is_text, moment_of
from headgate.ledger.kinds import KINDS, fault_of
from headgate.ledger.parts import (
    COMMITTED,
    EXPIRED,
    HELD,
    RELEASED,
    Assertion,
    LedgerHold,
    Parts,
    Published,
    Row,
)
from headgate.ledger.register import Register
from headgate.ledger.rejections import Rejection, first_of, refused
from headgate.ledger.rules import RULES
from headgate.tables.settings import FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    import polars as pl

_HOLD_STATUS = {"hold_committed": COMMITTED, "hold_released": RELEASED, "hold_expired": EXPIRED}


class State(Parts):
    """
    What is so after some events: order lines, services, supply, deposits, promises, holds, rows.

    A state takes every event that `judge` does not refuse, through `apply`, and is changed by it.
    What counts is the order of days, and of sequence on one day: an event that comes late changes
    what is known of earlier days, and whatever follows from that.
    """

    __slots__ = ()

    def judge(self, event: Event, at: datetime | None = None) -> Rejection | None:
        """
        Why an event cannot be recorded now; None when it can. Changes nothing.

        at : the time, by which holds expire; without it none is refused for being late
        """
        kind = KINDS.get(event.kind)
        if kind is None:
            return refused("unknown_kind", event.kind)
        wrong = _wrong_envelope(event)
        if wrong is not None:
            return refused("malformed", wrong)
        fault = fault_of(event.kind, event.key, event.data)
        if fault is not None and fault[0] == "malformed":
            return refused(*fault)
        found = RULES[event.kind](self, event, at)
        return found if fault is None else first_of(found, refused(*fault))

    def next_recorded(self, event: Event, now: datetime, text: str | None = None) -> Recorded:
        """
        An event as the next one to be recorded; it was judged, and is not applied yet.

        now  : the time, with a zone; one before the last event's counts as that
        text : `headgate.ledger.events.data_text` of the event, where it is known already
        """
        before = self.last_recorded_at
        moment = now if before is None or now > before else before
        return recorded_of(event, self.sequence + 1, moment, self.closed, self.last_hash, text)

    def apply(self, recorded: Recorded) -> None:
        """Take the next event, which was judged."""
        event = recorded.event
        if event.kind == "correction":
            self._correct(recorded)
        elif self.limit is not None and event.effective_on > self.limit:
            self.later[recorded.sequence] = recorded
        else:
            self._take(recorded.sequence, event, recorded.recorded_at)
        self.sequence = recorded.sequence
        self.last_hash = recorded.hash
        self.last_recorded_at = recorded.recorded_at

    def _take(self, sequence: int, event: Event, recorded_at: datetime) -> None:
        subject = KINDS[event.kind].subject
        if subject == "line":
            self._account(self.lines, sequence, event)
        elif subject == "supply":
            self._account(self.supplies, sequence, event)
        elif subject == "service":
            self._account(self.services, sequence, event)
        elif subject == "deposit":
            self._account(self.deposits, sequence, event)
        elif subject == "promise":
            self._account(self.promises, sequence, event)
        elif subject == "invoice":
            line = self.lines.get(event.key)
            self._account(self.services if line is None or not line.alive else self.lines,
                          sequence, event)
        elif subject == "row":
            self._set_row(sequence, event, event.data if event.kind == "row_set" else None)
        elif subject == "override":
            self._override(sequence, event)
        elif subject == "hold":
            self._hold(sequence, event, recorded_at)
        elif subject == "period":
            data = event.data
            self.closed.close(ClosedPeriod(data["name"], day_of(data["starts_on"]),
                                           day_of(data["ends_on"])))
        elif subject == "plan":
            self.published.append(Published(sequence, event.effective_on, event.actor,
                                            event.reason, event.data))
        else:
            self.assertions.append(Assertion(sequence, event.key, event.effective_on, event.data))

    def _account(self, register: Register[Any], sequence: int, event: Event) -> None:
        entry = Entry(sequence, event.effective_on, event.kind, event.data)
        account = register.get(event.key)
        if account is None:
            register.open(event.key, entry)
        elif (account.alive and event.effective_on >= account.last_on
              and sequence > self.sequence):
            # Only the newest event is the last one of its day. One that a correction brings inside
            # the limit was recorded before others of that day, and counts before them.
            register.take(account, entry)
        else:
            register.put(event.key, entry)

    def _set_row(self, sequence: int, event: Event, data: Mapping[str, object] | None) -> None:
        key, on = event.key, event.effective_on
        row = self.rows.get(key)
        if row is None:
            self.rows[key] = Row(sequence, on, data)
            return
        row.sequence = sequence
        if on >= row.set_on:
            row.set_on, row.data = on, data

    def _override(self, sequence: int, event: Event) -> None:
        table = event.data["table"]
        registers: dict[str, Register[Any]] = {
            "orders": self.lines, "supply": self.supplies, "service_lines": self.services}
        if table in registers:
            self._account(registers[table], sequence, event)
            return
        row = {**(self.row(event.key) or {}), event.data["column"]: event.data["new"]}
        self._set_row(sequence, event, row)

    def _hold(self, sequence: int, event: Event, recorded_at: datetime) -> None:
        data = event.data
        if event.kind == "hold_placed":
            self.marks[data["plan"]] = sequence
            self.holds[event.key] = LedgerHold(
                event.key, HELD, data["plan"], moment_of(data["until"]), data["hold"], sequence,
                event.effective_on, recorded_at)
        else:
            self.holds[event.key] = replace(
                self.holds[event.key], status=_HOLD_STATUS[event.kind], changed_at=recorded_at)

    def _correct(self, recorded: Recorded) -> None:
        """Let a correction take its effect, inside the limit or beyond it."""
        event, corrects = recorded.event, recorded.event.data["corrects"]
        void = bool(event.data.get("void"))
        beyond = self.limit is not None and event.effective_on > self.limit
        original = self.later.get(corrects)
        found = corrections.find(self, event.key, corrects)
        if original is None:
            if found is None:
                return
            register, entry = found
            if beyond and not void:
                self.later[corrects] = _moved(recorded, entry)
                event = replace(event, data={"corrects": corrects, "void": True})
            corrections.correct(self, event, entry, register)
        elif void:
            # It did not count, and its content may come back with another correction.
            return
        elif beyond:
            self.later[corrects] = _moved(recorded, original)
        else:
            del self.later[corrects]
            if found is not None:
                corrections.correct(self, event, found.entry, found.register)
                return
            self._take(corrects, replace(event, kind=original.event.kind,
                                         data=event.data["data"]), original.recorded_at)

    def frames(self) -> dict[str, pl.DataFrame]:
        """The state as typed tables, see `headgate.ledger.snapshots.frames_of`."""
        from headgate.ledger.snapshots import frames_of

        return frames_of(self)

    @classmethod
    def restore(cls, frames: Mapping[str, pl.DataFrame]) -> State:
        """
        The state of tables that `frames` gave, equal to that one; it takes the next event.

        raises IssuesError : tables are missing, or are those of a state as of a day
        """
        from headgate.ledger.snapshots import restore

        state = cls()
        restore(frames, state)
        return state

    def __eq__(self, other: object) -> bool:
        """Whether two states have the same content, to the last counter."""
        if not isinstance(other, State):
            return NotImplemented
        mine, theirs = self.frames(), other.frames()
        return all(mine[name].equals(theirs[name]) for name in mine)

    __hash__ = None  # type: ignore[assignment]

    def due(self, at: datetime) -> list[str]:
        """Holds whose time has passed and that nobody committed, released or expired."""
        return [key for key, hold in self.holds.items() if hold.status == HELD
                and hold.until <= at]


def _moved(recorded: Recorded, before: Entry | Recorded) -> Recorded:
    """What a correction moved beyond the limit, as the event that it is now."""
    kind = before.kind if isinstance(before, Entry) else before.event.kind
    return replace(recorded, sequence=before.sequence, event=replace(
        recorded.event, kind=kind, data=recorded.event.data["data"]))


def _wrong_envelope(event: Event) -> str | None:
    """What is wrong with an event apart from its kind and its data; None when nothing is."""
    key = event.key
    if not (is_text(key) and 0 < len(key) <= 1000):
        return f"key = {key!r} must be a text of 1 to 1,000 letters"
    if type(event.effective_on) is not date:
        return f"effective_on = {event.effective_on!r} must be a day"
    if not (FIRST_DAY <= event.effective_on <= LAST_DAY):
        return f"effective_on = {event.effective_on} must be from {FIRST_DAY} to {LAST_DAY}"
    if not is_id(event.actor):
        return f"actor = {event.actor!r} must name who asks, in 1 to 200 letters"
    if not is_id(event.idempotency_key):
        return (f"idempotency_key = {event.idempotency_key!r} must be given, in 1 to 200 letters, "
                "another one for each event")
    if not is_text(event.reason):
        return f"reason = {event.reason!r} must be a text"
    return None


def fold(rows: Iterable[Recorded], effective_on: date | None = None,
         recorded_at: datetime | None = None) -> State:
    """
    The state that follows from events in the order of their sequence.

    effective_on : what counts on later days is left out; None: nothing is
    recorded_at  : what was recorded later is left out, with a zone; None: nothing is
    """
    state = State(effective_on)
    for row in rows:
        if recorded_at is not None and row.recorded_at > recorded_at:
            break
        state.apply(row)
    return state
