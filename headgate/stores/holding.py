"""Holds and commits that last: on the plan published last, one operation at a time for all."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from headgate.base.issue import IssuesError
from headgate.ledger.events import GENESIS, Event, moment_text
from headgate.promising.becoming import unlike
from headgate.promising.holds import COMMITTED, EXPIRED, HELD, RELEASED, Hold, HoldAnswer, Holds
from headgate.promising.plain import plain_answer, plain_hold, read_answer, read_hold
from headgate.stores.engine import reading
from headgate.stores.faults import fault
from headgate.stores.schema import DESK, HOLD_ANSWERS, HOLDS
from headgate.stores.writer import Head, has_event, head_of

if TYPE_CHECKING:
    from headgate.ledger.fold import State
    from headgate.quoting.answers import Quote
    from headgate.quoting.desk import Desk
    from headgate.quoting.requests import Request
    from headgate.stores.store import SqlStore
    from headgate.stores.writer import Writer

KINDS = {HELD: "hold_placed", COMMITTED: "hold_committed", RELEASED: "hold_released",
         EXPIRED: "hold_expired"}
"""The event by which a hold gets a status."""
NOTHING_YET = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Kept:
    """
    The holds of a store.

    name     : the plan that they are on, the one published last
    orders   : order lines that committed holds became, by hold
    reserved : holds with what they keep, where the book of the plan was made without that: of what
               the plan leaves they take nothing
    version  : counts operations
    head     : the last event of the ledger when they were read
    """

    name: str
    holds: Holds
    orders: Mapping[str, str] = field(default_factory=dict)
    reserved: Mapping[str, Hold] = field(default_factory=dict)
    version: int = 0
    head: Head = NOTHING_YET

    def keeping(self) -> dict[str, Hold]:
        """Every hold and commit that keeps something, with what that is."""
        return {hold_id: self.reserved.get(hold_id, hold)
                for hold_id, hold in self.holds.holds.items() if hold.keeps}

    def becoming(self, lines: Collection[str]) -> dict[str, Hold]:
        """Commits that became an order line which no published plan has served yet, of some."""
        # What a published plan served already may have shipped or changed since.
        return {hold_id: hold for hold_id, hold in self.keeping().items()
                if hold.draws and self.orders.get(hold_id) in lines}


@dataclass(frozen=True, slots=True)
class _Fingerprint:
    """All of a desk that a commit looks at."""

    fingerprint: str


class HoldDesk:
    """
    Holds and commits of a store; each operation is one transaction.

    What is held is worked out inside the transaction, from what all others hold at that moment, so
    that two people never hold the same board.
    """

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self._known: Kept | None = None

    def current(self) -> Kept | None:
        """What is held now; None while no plan is published."""
        with reading(self.store.engine, self.store.shown) as connection:
            self._known = read_kept(connection, self._known)
            return self._known

    def hold(self, desk: Desk, asked: Request | Quote, until: datetime, now: datetime, key: str,
             mode: str = "ctp", actor: str = "headgate", reason: str = "") -> HoldAnswer:
        """
        Keep what a request or a quote needs: see `headgate.promising.holds.Holds.hold`.

        raises IssuesError : no plan is published; what is asked for is unknown or impossible
        """
        return self._operate(now, actor, reason,
                             lambda holds, at, _: holds.hold(desk, asked, until, at, key, mode))

    def commit(self, hold_id: str, now: datetime, key: str, order_line: str | None = None,
               actor: str = "headgate", reason: str = "") -> HoldAnswer:
        """
        Keep for good what a hold keeps: see `headgate.promising.holds.Holds.commit`.

        order_line : ORDER/LINE that it becomes; once a plan with this line is published, the line
                     has the boards and the commit keeps nothing any more. Where the ledger has it,
                     it must be what is held
        """
        return self._operate(
            now, actor, reason,
            lambda holds, at, state: holds.commit(
                _Fingerprint(holds.plan), hold_id, at, key,
                _unlike(holds.holds.get(hold_id), order_line, state)),
            {hold_id: order_line} if order_line else {})

    def release(self, hold_id: str, now: datetime, key: str, actor: str = "headgate",
                reason: str = "") -> HoldAnswer:
        """Give back what a hold keeps: see `headgate.promising.holds.Holds.release`."""
        return self._operate(now, actor, reason,
                             lambda holds, at, _: holds.release(hold_id, at, key, reason))

    def _operate(self, now: datetime, actor: str, reason: str,
                 act: Callable[[Holds, datetime, State], tuple[Holds, HoldAnswer]],
                 orders: Mapping[str, str] | None = None) -> HoldAnswer:
        with self.store.writer(now) as writer:
            before = read_kept(writer.connection, self._known)
            if before is None:
                raise unpublished(self.store.shown)
            after, answer = act(before.holds, writer.now, writer.state)
            if after is before.holds:
                # The key was answered before: nothing is to be written.
                return answer
            done = {hold: line for hold, line in (orders or {}).items() if answer.done}
            kept = replace(before, holds=after, orders={**before.orders, **done})
            events = events_of(before.holds, after, writer.now, actor, reason, done)
            writer.require(events, "nothing was held")
            kept = write_kept(writer, before, kept)
        self._known = kept
        return answer


def _unlike(hold: Hold | None, order_line: str | None, state: State) -> str:
    """How an order line that the ledger has differs from what is held; empty for any other."""
    line = None if order_line is None else state.lines.get(order_line)
    if hold is None or order_line is None or line is None:
        return ""
    told = (unlike(hold, order_line, state.lines.terms_of(line), line.open_quantity)
            if line.listed else f"{order_line}: it is cancelled or closed")
    return told and (f"{told}. Name the order line that {hold.hold_id} becomes (--order), which "
                     "need not be booked yet, or correct the line.")


def unpublished(shown: str) -> IssuesError:
    """The fault of a hold while no plan is published."""
    return fault("store.hold.plan", shown, "has no published plan yet, and a hold is a promise; "
                 f"run: headgate publish {shown} PLAN", consequence="nothing was held")


def events_of(before: Holds, after: Holds, now: datetime, actor: str, reason: str,
              orders: Mapping[str, str] | None = None) -> list[Event]:
    """
    The events that lead from one state of the holds to another.

    orders : the order lines that holds become which are committed now
    """
    events = []
    for hold_id, hold in after.holds.items():
        former = before.holds.get(hold_id)
        if former is not None and former.status == hold.status:
            continue
        data: dict[str, Any] = {} if hold.status != HELD else {
            "plan": after.plan, "until": moment_text(hold.until), "hold": plain_hold(hold)}
        if hold.status == COMMITTED and orders and hold_id in orders:
            data["order_line"] = orders[hold_id]
        expired = hold.status == EXPIRED
        events.append(Event(KINDS[hold.status], hold_id, now.date(), data,
                            actor, "" if expired else reason, f"hold:{hold_id}:{hold.status}"))
    # What has expired makes room for what is held next.
    return sorted(events, key=lambda event: event.kind != KINDS[EXPIRED])


def read_kept(connection: sa.Connection, known: Kept | None = None) -> Kept | None:
    """
    The holds of a store; None while no plan is published.

    known : an earlier state of them: only what changed since is read, unless the database was
            brought back from a copy meanwhile
    """
    head = head_of(connection, "the store")
    row = connection.execute(sa.select(DESK.c.plan, DESK.c.name, DESK.c.clock,
                                       DESK.c.version)).first()
    if row is None:
        return None
    plan, name, clock, version = row
    if known is not None and (known.version > version or not has_event(connection, known.head)):
        known = None
    if known is not None and known.version == version:
        return known
    since = -1 if known is None else known.version
    holds: dict[str, Hold] = {} if known is None else dict(known.holds.holds)
    orders = {} if known is None else dict(known.orders)
    reserved = {} if known is None else dict(known.reserved)
    for hold_id, line, outside, content in connection.execute(
            sa.select(HOLDS.c.hold_id, HOLDS.c.order_line, HOLDS.c.reserved, HOLDS.c.content)
            .where(HOLDS.c.version > since).order_by(HOLDS.c.number)):
        holds[hold_id] = read_hold(json.loads(content))
        if line is not None:
            orders[hold_id] = line
        if outside is not None:
            reserved[hold_id] = read_hold(json.loads(outside))
    answers = {} if known is None else dict(known.holds.answers)
    for key, content in connection.execute(
            sa.select(HOLD_ANSWERS.c.key, HOLD_ANSWERS.c.content)
            .where(HOLD_ANSWERS.c.version > since).order_by(HOLD_ANSWERS.c.number)):
        answers[key] = read_answer(json.loads(content))
    at = None if clock is None else datetime.fromisoformat(clock)
    return Kept(name, Holds(plan, holds, answers, at), orders, reserved, version, head)


def write_kept(writer: Writer, before: Kept | None, after: Kept) -> Kept:
    """Write what changed from one state of the holds to another; the later one as stored."""
    version = 1 if before is None else before.version + 1
    connection, holds = writer.connection, after.holds
    former: Mapping[str, Hold] = {} if before is None else before.holds.holds
    for number, (hold_id, hold) in enumerate(holds.holds.items(), start=1):
        line, outside = after.orders.get(hold_id), after.reserved.get(hold_id)
        if before is not None and (former.get(hold_id), before.orders.get(hold_id),
                                   before.reserved.get(hold_id)) == (hold, line, outside):
            continue
        connection.execute(HOLDS.delete().where(HOLDS.c.number == number))
        connection.execute(HOLDS.insert().values(
            number=number, hold_id=hold_id, status=hold.status, order_line=line,
            reserved=None if outside is None else json.dumps(plain_hold(outside)),
            content=json.dumps(plain_hold(hold)), version=version))
    known = 0 if before is None else len(before.holds.answers)
    for number, (key, (operation, answer)) in enumerate(
            list(holds.answers.items())[known:], start=known + 1):
        connection.execute(HOLD_ANSWERS.insert().values(
            number=number, key=key, content=json.dumps(plain_answer(operation, answer)),
            version=version))
    connection.execute(DESK.delete())
    connection.execute(DESK.insert().values(
        id=1, plan=holds.plan, name=after.name, version=version,
        clock=None if holds.clock is None else moment_text(holds.clock)))
    return replace(after, version=version)


def is_hold(plain: Mapping[str, Any]) -> bool:
    """Whether what an event says of a hold is one, as `headgate.promising.plain` writes it."""
    try:
        read_hold(plain)
    except (IssuesError, AttributeError):
        return False
    return True
