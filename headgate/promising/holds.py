"""
Holds and commits: what is kept of a plan's free supply for somebody, until when, and for good.

Every operation is a pure function of a frozen state: it returns another state and an answer, and
reads no clock. A store that keeps the states one after another makes them durable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Protocol

from headgate.base.calendar import monday_of
from headgate.base.issue import Issue, IssuesError, near_miss
from headgate.quoting.answers import Counted, Draw, Quote, Shipment, Taken, Work
from headgate.quoting.basket import Basket, quote_basket
from headgate.quoting.desk import Desk
from headgate.quoting.requests import Request

REFUSALS: dict[str, str] = {
    "key_reused": "the key was given before, for another operation",
    "unknown_hold": "there is no hold of this id",
    "expired": "the hold has expired, and what it kept was given back",
    "committed": "the hold is committed, which is for good",
    "released": "the hold was released, and what it kept was given back",
    "stale_plan": "the holds are on another plan than the one that is asked",
    "other_order": "the order line is another one than what is held",
    "until_past": "the hold would expire at once",
    "not_enough": "not all that was asked for can be promised",
    "later": "all can be promised, but later than was quoted",
}
"""
Why an operation is refused, with what it means. Where several are true, the first one is given.
"""

HELD, COMMITTED, RELEASED, EXPIRED = "held", "committed", "released", "expired"


class Fingerprinted(Protocol):
    """A desk, or whatever else knows the fingerprint of one."""

    @property
    def fingerprint(self) -> str:
        """sha256 of a book and of every draw of a plan."""


@dataclass(frozen=True, slots=True)
class Hold:
    """
    Pieces and hours kept for a request.

    status      : held, committed, released or expired; only the first two keep anything
    promised_on : Friday of the week in which all pieces have arrived
    draws, work : exactly what is kept: pieces by item, site, week and whom they are reserved for;
                  hours by resource, site and week
    held_at     : when it was made; until : from then on it is expired, unless it was committed
    changed_at  : when it got its status
    """

    hold_id: str
    status: str
    request: Request
    mode: str
    promised_on: date
    shipments: tuple[Shipment, ...]
    draws: tuple[Draw, ...]
    work: tuple[Work, ...]
    counted: tuple[Counted, ...]
    held_at: datetime
    until: datetime
    changed_at: datetime

    @property
    def keeps(self) -> bool:
        """Whether it takes its pieces and hours from what others are offered."""
        return self.status in (HELD, COMMITTED)


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """
    What an operation came to.

    code    : held, committed or released when it was done; else one of REFUSALS
    hold_id : the hold; None when none was made
    text    : the same in words
    """

    code: str
    hold_id: str | None
    text: str
    done: bool


@dataclass(frozen=True, slots=True)
class Holds:
    """
    Everything that is, or was, held on a plan: `Holds(desk.fingerprint)` holds nothing yet.

    plan    : `fingerprint` of the desk of the plan
    holds   : by id, in the order in which they were made
    answers : by key, the operation and what it came to
    clock   : the latest time that an operation gave; an earlier one counts as this one, so what
              has expired stays so

    Each operation has a key. The same key for the same operation changes nothing and answers the
    same, a refusal too, so that whoever got no answer may ask again. `headgate.promising.plain`
    makes plain values for JSON of a state, and the state of plain values again.
    """

    plan: str
    holds: Mapping[str, Hold] = field(default_factory=dict)
    answers: Mapping[str, tuple[str, HoldAnswer]] = field(default_factory=dict)
    clock: datetime | None = None

    def hold(self, desk: Desk, asked: Request | Quote, until: datetime, now: datetime, key: str,
             mode: str = "ctp") -> tuple[Holds, HoldAnswer]:
        """
        Keep what all of a request needs, until it expires: the state after it, and the answer.

        asked : a request; or a quote, which is promised at its mode again, by its date or before
        until : when it expires; now : the time; both with a time zone
        mode  : for a request, "ctp" or "atp", see `headgate.quoting.answers.MODES`
        raises IssuesError : what is asked for is unknown to the book or impossible;
               ValueError  : a time without a zone, no key, or another mode
        """
        quoted = asked if isinstance(asked, Quote) else None
        request, mode = (asked, mode) if isinstance(asked, Request) else (asked.request, asked.mode)
        by = None if quoted is None else quoted.promised_on
        operation = _operation("hold", request=request.as_dict(), mode=mode, by=str(by),
                               until=_zoned(until).isoformat())
        known = self._known(key, operation)
        if known is not None:
            return self, known
        state = self.expire(now)
        at = state._at(now)
        if desk.fingerprint != state.plan:
            return state._refused(key, operation, "stale_plan", None)
        if until <= at:
            return state._refused(key, operation, "until_past", None,
                                  f"until = {_shown(until)} is not after "
                                  f"{_shown(at.astimezone(until.tzinfo))}, the time of asking; "
                                  "give a later time (--until).")
        if mode == "ptp":
            raise ValueError('mode = "ptp": a hold displaces no order line; enter the order '
                             'with the pins of its quote and re-plan, or hold what "ctp" promises')
        quote = desk.quote([request], mode, False, state.taken())[0]
        promised_on, told = quote.promised_on, " ".join([*_doubts(quote), quote.text()])
        if promised_on is None:
            # Only what was quoted was on offer before.
            return state._refused(key, operation, "not_enough", None, told if by is None else
                                  f"It was when it was quoted. {told}")
        if by is not None and promised_on > by:
            return state._refused(key, operation, "later", None, f"It was quoted by {by}. {told}")
        hold_id = f"hold-{len(state.holds) + 1}"
        made = Hold(hold_id, HELD, request, mode, promised_on, quote.shipments, quote.draws,
                    quote.work, quote.counted, at, until, at)
        return state._done(key, operation, made, " ".join([
            f"{hold_id}: {_later(quote)}{quote.text()} Held until {until:%Y-%m-%d %H:%M %Z}.",
            *_doubts(quote)]))

    def commit(self, desk: Fingerprinted, hold_id: str, now: datetime, key: str,
               unlike: str = "") -> tuple[Holds, HoldAnswer]:
        """
        Keep for good what a hold keeps: the state after it, and the answer.

        desk   : of the plan that is committed to; only its fingerprint is looked at
        unlike : how the order line that it is to become is another one, as a sentence; refused then
        raises ValueError : a time without a zone, or no key
        """
        operation = _operation("commit", hold_id=hold_id)
        known = self._known(key, operation)
        if known is not None:
            return self, known
        state = self.expire(now)
        refusal = state._over(hold_id) or (
            "stale_plan" if desk.fingerprint != state.plan else None)
        if refusal is not None:
            return state._refused(key, operation, refusal, hold_id, state._past(hold_id))
        if unlike:
            # The line is no part of the operation: with another one its key may be used again.
            return self, HoldAnswer("other_order", hold_id,
                                    f"{_sentence('other_order')}. {unlike}", False)
        return state._done(key, operation, replace(
            state.holds[hold_id], status=COMMITTED, changed_at=state._at(now)),
            f"{hold_id} is committed")

    def release(self, hold_id: str, now: datetime, key: str,
                reason: str = "") -> tuple[Holds, HoldAnswer]:
        """
        Give back what a hold keeps: the state after it, and the answer.

        reason : why; without one nothing is given back of what is committed
        raises ValueError : a time without a zone, or no key
        """
        operation = _operation("release", hold_id=hold_id)
        known = self._known(key, operation)
        if known is not None:
            return self, known
        state = self.expire(now)
        refusal = state._over(hold_id)
        if refusal == COMMITTED and reason.strip():
            refusal = None
        if refusal is not None:
            return state._refused(key, operation, refusal, hold_id, state._past(hold_id))
        return state._done(key, operation, replace(
            state.holds[hold_id], status=RELEASED, changed_at=state._at(now)),
            f"{hold_id} is released")

    def expire(self, now: datetime) -> Holds:
        """The state at a time: what was held until then, or earlier, is given back."""
        at = self._at(now)
        over = {hold_id: replace(hold, status=EXPIRED, changed_at=hold.until)
                for hold_id, hold in self.holds.items()
                if hold.status == HELD and hold.until <= at}
        return replace(self, holds={**self.holds, **over} if over else self.holds, clock=at)

    def quote(self, desk: Desk, requests: Request | Sequence[Request], now: datetime,
              mode: str = "ctp", alternatives: bool = True) -> list[Quote]:
        """
        What can be promised of what the plan and these holds leave; it reserves nothing.

        raises IssuesError : the holds are on another plan, or as `headgate.quoting.desk.Desk.quote`
        """
        self._on(desk)
        asked = [requests] if isinstance(requests, Request) else list(requests)
        return desk.quote(asked, mode, alternatives, self.expire(now).taken())

    def quote_basket(self, desk: Desk, requests: Sequence[Request], now: datetime,
                     mode: str = "ctp", complete: bool = False) -> Basket:
        """
        What can be promised of several requests together; it reserves nothing.

        raises IssuesError : the holds are on another plan, or as
                             `headgate.quoting.basket.quote_basket`
        """
        self._on(desk)
        return quote_basket(desk, requests, mode, complete, self.expire(now).taken())

    def _on(self, desk: Desk) -> None:
        """Raises IssuesError where a desk is of another plan."""
        if desk.fingerprint != self.plan:
            raise IssuesError([Issue("hold.stale_plan", "error", "holds", "must be on the plan "
                                     "that is asked", value=REFUSALS["stale_plan"])],
                              "nothing was quoted")

    def taken(self) -> Taken:
        """The pieces and hours that holds and commits keep, as of the last operation."""
        return Taken.together(hold for hold in self.holds.values() if hold.keeps)

    def _at(self, now: datetime) -> datetime:
        """The time that counts: no operation goes back behind an earlier one."""
        return _zoned(now) if self.clock is None else max(_zoned(now), self.clock)

    def _known(self, key: str, operation: str) -> HoldAnswer | None:
        """What a key was answered before; None for a new key."""
        if not key.strip():
            raise ValueError("an operation must have a key")
        if key not in self.answers:
            return None
        before, answer = self.answers[key]
        return answer if before == operation else HoldAnswer(
            "key_reused", answer.hold_id, _sentence("key_reused"), False)

    def _over(self, hold_id: str) -> str | None:
        """Why nothing can be done with a hold any more; None when it is held."""
        if hold_id not in self.holds:
            return "unknown_hold"
        status = self.holds[hold_id].status
        return None if status == HELD else status

    def _past(self, hold_id: str) -> str:
        """What became of a hold that cannot be had, as a sentence with what is left to do."""
        if hold_id not in self.holds:
            held = [name for name, hold in self.holds.items() if hold.status == HELD]
            return (f'hold_id = "{hold_id}"{near_miss(hold_id, held)}; name one of those that '
                    "`headgate hold STORE` shows.")
        hold = self.holds[hold_id]
        if hold.status == HELD:
            return f"Ask the plan that {hold_id} is on, or hold anew on the one that is asked."
        then = (" was held until" if hold.status == EXPIRED else
                f" has been {hold.status} since")
        left = ("; a commit in error is released with a reason (--reason)"
                if hold.status == COMMITTED else "; hold anew what is still wanted")
        return f"{hold_id}{then} {_shown(hold.changed_at)}{left}."

    def _refused(self, key: str, operation: str, code: str, hold_id: str | None,
                 more: str = "") -> tuple[Holds, HoldAnswer]:
        text = f"{_sentence(code)}. {more}" if more else _sentence(code)
        answer = HoldAnswer(code, hold_id, text, False)
        return replace(self, answers={**self.answers, key: (operation, answer)}), answer

    def _done(self, key: str, operation: str, hold: Hold, text: str) -> tuple[Holds, HoldAnswer]:
        answer = HoldAnswer(hold.status, hold.hold_id, text, True)
        return replace(self, holds={**self.holds, hold.hold_id: hold},
                       answers={**self.answers, key: (operation, answer)}), answer


def _sentence(code: str) -> str:
    """What a refusal means, as it begins an answer."""
    return REFUSALS[code][0].upper() + REFUSALS[code][1:]


def _later(quote: Quote) -> str:
    """A sentence that says first that what is held comes later than it was wanted, if it does."""
    asked, told = quote.request.requested_on, quote.promised_on
    if asked is None or told is None or monday_of(told) <= monday_of(asked):
        return ""
    weeks = (monday_of(told) - monday_of(asked)).days // 7
    return (f"LATER THAN ASKED: it is held for {told}, {weeks:,} week{'' if weeks == 1 else 's'} "
            f"after the week of {asked}. ")


def _doubts(quote: Quote) -> list[str]:
    """The warnings of a quote as sentences: days that are over, names that the book has not."""
    return [f"{issue.column} = {issue.value} {issue.expected}"
            + ("" if issue.expected.endswith("?") else ".") for issue in quote.warnings]


def _shown(moment: datetime) -> str:
    """
    A time with its zone, to the second.

    >>> from datetime import UTC
    >>> _shown(datetime(2026, 11, 30, 7, 16, 27, 629690, UTC))
    '2026-11-30 07:16:27 UTC'
    """
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"


def _operation(name: str, **given: Any) -> str:
    """An operation as one text, by which a key is known to ask for the same again."""
    return json.dumps({"operation": name, **given}, sort_keys=True)


def _zoned(moment: datetime) -> datetime:
    """The time itself; raises ValueError when it has no zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} must have a time zone, such as datetime.UTC")
    return moment
