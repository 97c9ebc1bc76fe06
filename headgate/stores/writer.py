"""One transaction on a store: take over what others wrote, judge, chain, write."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import sqlalchemy as sa

from headgate.base.issue import Issue, IssuesError
from headgate.ledger.entry import Entry
from headgate.ledger.events import Event, content_of, data_text, in_utc
from headgate.ledger.fields import is_id
from headgate.ledger.fold import State
from headgate.ledger.rejections import SHAPE, first_of, refused
from headgate.ledger.store import Answer
from headgate.stores.faults import fault
from headgate.stores.rows import Row, events_between, insert_rows, known_keys, row_of
from headgate.stores.schema import EVENTS, HEAD_ROW

Progress = Callable[[str, float], None]
CHUNK = 20_000
"""Events that are judged before they are written, so that a large import needs little memory."""
CLOCK_BEHIND = timedelta(minutes=10)
"""How far a clock may be behind that of the last event: more than clocks of one office differ."""


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


class GivenUpError(Exception):
    """A transaction is to leave no trace."""


class Writer:
    """What may be done inside one transaction of a store; `connection` is the transaction's."""

    def __init__(self, connection: sa.Connection, state: State, now: datetime,
                 shown: str, age: timedelta = timedelta()) -> None:
        """
        Take over what others wrote.

        now : the time, with a zone; one a little before the last event's counts as that
        age : how long ago somebody may have looked at the clock for it
        raises IssuesError : it is more than CLOCK_BEHIND before the last event, its age added
        """
        self.connection, self.state, self.shown = connection, state, shown
        self.head = head_of(connection, shown)
        self.applied = 0
        for recorded in events_between(connection, state.sequence, self.head.sequence, shown):
            state.apply(recorded)
        self.entry = Entry(state)
        last = state.last_recorded_at
        if last is not None and last - in_utc(now) > CLOCK_BEHIND + age:
            raise fault("store.clock", shown, f"has a last event of {last:%Y-%m-%d %H:%M} UTC, "
                        "and this clock is behind that; set it right. If the event was recorded by "
                        "a clock that ran ahead, bring the store back from a copy, or take its "
                        "events into another one: headgate export --events, headgate record",
                        f"{in_utc(now):%Y-%m-%d %H:%M} UTC")
        self.now = in_utc(now) if last is None else max(in_utc(now), last)

    def append(self, events: Iterable[Event], progress: Progress | None = None,
               expected: int | None = None) -> list[Answer]:
        """
        Judge, chain and write events; an answer for each. What is rejected is left out.

        expected : about how many there are, for the progress, where they come one by one
        """
        with uncollected():
            return self._append(events, progress, expected or 0)

    def _append(self, events: Iterable[Event], progress: Progress | None,
                expected: int) -> list[Answer]:
        answers: list[Answer] = []
        before: set[str] = set()
        coming = iter(events)
        whole = len(events) if isinstance(events, Sized) else expected
        while part := list(islice(coming, CHUNK)):
            # What can be no key is rejected below; a database would not even be asked for it.
            known = known_keys(self.connection, {
                event.idempotency_key for event in part
                if is_id(event.idempotency_key)}) if self.head.sequence else {}
            rows: list[Row] = []
            fresh: dict[str, tuple[int, Event]] = {}
            for event in part:
                unique = event.idempotency_key
                same = known.get(unique) or fresh.get(unique)
                if same is None and unique in before:
                    same = known_keys(self.connection, [unique])[unique]
                answers.append(_repeated(event, same) if same else
                               self._record(event, rows, fresh))
            insert_rows(self.connection, rows)
            # Of those that are written only the keys stay: the events of a large import do not
            # fit into memory beside the state.
            before.update(fresh)
            if progress is not None:
                progress("writing events", min(1.0, len(answers) / max(1, whole)))
        return answers

    def _record(self, event: Event, rows: list[Row],
                fresh: dict[str, tuple[int, Event]]) -> Answer:
        """Judge an event and apply it; its row is added to those to be written."""
        state = self.state
        rejection = state.judge(event, self.now)
        if rejection is None or rejection.code not in SHAPE:
            rejection = first_of(rejection, self.entry.wrong(event))
        if rejection is not None:
            return Answer(None, rejection)
        text = data_text(event.data)
        recorded = state.next_recorded(event, self.now, text)
        self.applied += 1
        state.apply(recorded)
        rows.append(row_of(recorded, text))
        fresh[event.idempotency_key] = (recorded.sequence, event)
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
        raise GivenUpError

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


def has_event(connection: sa.Connection, head: Head) -> bool:
    """Whether a ledger still has this event at its place: not, once a copy was brought back."""
    return head.sequence == 0 or connection.execute(sa.select(EVENTS.c.hash).where(
        EVENTS.c.sequence == head.sequence)).scalar() == head.hash


def _repeated(event: Event, same: tuple[int, Event] | tuple[int, Event, str]) -> Answer:
    """The answer to an event whose idempotency key is known."""
    text = same[2] if len(same) == 3 else None
    if content_of(event) == content_of(same[1], text):
        return Answer(same[0], repeated=True)
    return Answer(None, refused("key_reused", f"{event.idempotency_key} is event {same[0]}"))
