"""A basket: several items asked for together, and the first week in which all of it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from headgate.base.calendar import bucket_of, friday_of_bucket
from headgate.base.wording import reason_text
from headgate.quoting.answers import NOTHING_TAKEN, STOCK, Quote, Taken
from headgate.quoting.desk import Desk
from headgate.quoting.requests import Request

BASKET = "basket"
"""The reason of an item that would come sooner if those before it in the basket were not there."""


@dataclass(frozen=True, slots=True)
class Basket:
    """
    The answer to several requests that are one wish.

    quotes      : the answer to each, in the order asked, from what those before it leave
    complete    : whether all of it arrives in one week, or none
    promised_on : Friday of the first week in which all of it is there; None: not all can be had
    binds       : place in `quotes` of the item that keeps it from coming a week earlier, or at
                  all; None: it comes by the days asked, or at once
    reason, binding_* : why that item does, as in the `promises` table; `basket` where it is what
                  the items before it take, and under "atp" `stock`
    """

    quotes: tuple[Quote, ...]
    mode: str
    complete: bool
    promised_on: date | None
    binds: int | None = None
    reason: str | None = None
    binding_kind: str | None = None
    binding_id: str | None = None
    binding_site_id: str | None = None
    binding_on: date | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the quotes; dates as ISO text."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "quotes"}
        for name in ("promised_on", "binding_on"):
            plain[name] = None if plain[name] is None else plain[name].isoformat()
        asked = None if self.binds is None else self.quotes[self.binds].request.item_id
        return plain | {"binds": asked, "binds_request": self.binds}

    def text(self) -> str:
        """The answer for the basket as a whole, in prose."""
        name = None if self.binds is None else self.quotes[self.binds].request.item_id
        if self.promised_on is None:
            one_week = " in one week" if self.complete else ""
            return f"The basket: not all of it can be promised{one_week}; what binds is " \
                   f"{name}.{self._reason_text()}"
        said = f"The basket: all of it arrives in the week of {self.promised_on}." \
            if self.complete else f"The basket: all of it is there by {self.promised_on}."
        if name is None:
            return said
        return f"{said} What binds is {name}.{self._reason_text()}"

    def _reason_text(self) -> str:
        """Why the item binds, as a sentence after a blank; empty where its own answer has it."""
        told = self.binds is not None and self.quotes[self.binds].promised_on is None
        if self.reason is None or (told and self.reason != BASKET):
            return ""
        if self.reason == STOCK:
            return (" No more of the finished item itself is uncommitted a week earlier; "
                    "--mode ctp tells what can be built.")
        clause = "the items before it in the basket take what it lacks"
        return " " + reason_text(self.reason, self.binding_kind, self.binding_id,
                                 self.binding_site_id, self.binding_on,
                                 clause if self.reason == BASKET else None)


def quote_basket(desk: Desk, requests: Sequence[Request], mode: str = "ctp",
                 complete: bool = False, taken: Taken = NOTHING_TAKEN) -> Basket:
    """
    What can be promised of several requests together; it reserves nothing.

    Each is answered in the order given, from what the plan, others and those before it leave.

    mode     : "ctp" or "atp", see `headgate.quoting.answers.MODES`
    complete : all of it arrives in one week, the first in which it can, or none
    taken    : what others hold of what the plan leaves
    raises IssuesError : something asked for is unknown to the book or impossible;
                         ValueError : another mode, or nothing is asked for
    """
    if mode not in ("ctp", "atp"):
        raise ValueError(f'mode = {mode!r}: a basket displaces no order line; it must be "ctp" or '
                         '"atp"')
    if not requests:
        raise ValueError("a basket must have a request")
    if complete:
        requests = [replace(request, complete=True) for request in requests]
    # Every fault of every request is told at once, and every tree of needs is made once.
    alone = desk.dates(requests, mode, taken).tolist()
    each = _in_turn(desk, requests, mode, taken)
    if not complete:
        return _as_it_comes(desk, each, mode, taken)
    if any(pieces < request.quantity
           for (pieces, _), request in zip(alone, requests, strict=True)):
        return _in_part(desk, each, mode, True, taken)
    return _in_one_week(desk, each, mode, taken, max(last for _, last in alone))


def _in_turn(desk: Desk, requests: Sequence[Request], mode: str, taken: Taken,
             week: int | None = None) -> list[Quote]:
    """The answer to each from what those before it leave, arriving in a week if one is given."""
    found: list[Quote] = []
    for request in requests:
        found += desk.quote([request], mode, False, _beside(taken, found), week)
    return found


def _beside(taken: Taken, quotes: Sequence[Quote]) -> Taken:
    """What others and these quotes take together."""
    return Taken.together([taken, *quotes])


def _as_it_comes(desk: Desk, each: Sequence[Quote], mode: str, taken: Taken) -> Basket:
    """All of it is there when the item that comes last is."""
    dates = [one.promised_on for one in each if one.promised_on is not None]
    if len(dates) < len(each):
        return _in_part(desk, each, mode, False, taken)
    last = max(dates)
    made = Basket(tuple(each), mode, False, last)
    week = bucket_of(last, desk.book.settings.as_of)
    if _in_time(desk, each, week) or week <= 0:
        return made
    place = dates.index(last)
    earlier = replace(each[place].request,
                      requested_on=friday_of_bucket(week - 1, desk.book.settings.as_of))
    # A limit that the week before meets only by being sooner would be the request's own fault.
    if earlier.latest_on is not None and earlier.requested_on is not None:
        earlier = replace(earlier, latest_on=max(earlier.latest_on, earlier.requested_on))
    late = desk.quote([earlier], mode, False, _beside(taken, each[:place]))[0]
    free = desk.quote([earlier], mode, False, taken)[0]
    return _bound(made, place, late, free.promised_on is not None and free.promised_on < last)


def _in_one_week(desk: Desk, each: Sequence[Quote], mode: str, taken: Taken,
                 first: int) -> Basket:
    """The first week in which all can arrive; first : before it, some item cannot come at all."""
    as_of = desk.book.settings.as_of
    requests = [one.request for one in each]
    end = desk.book.horizon + int(desk.book.lanes.weeks.max(initial=0))
    for request in requests:
        if request.latest_on is not None:
            end = min(end, bucket_of(request.latest_on, as_of) + 1)
    for week in range(first, end):
        found = _in_turn(desk, requests, mode, taken, week)
        if all(one.promised_on is not None for one in found):
            made = Basket(tuple(found), mode, True, friday_of_bucket(week, as_of))
            if _in_time(desk, found, week) or week <= 0:
                return made
            return _failing(desk, made, week - 1, taken)
    none = Basket(tuple(each), mode, True, None)
    return _failing(desk, none, max(first, end - 1), taken)


def _failing(desk: Desk, made: Basket, week: int, taken: Taken) -> Basket:
    """What of a basket cannot arrive in a week, and why."""
    requests = [one.request for one in made.quotes]
    for place, late in enumerate(_in_turn(desk, requests, made.mode, taken, week)):
        if late.promised_on is None:
            free = desk.quote([requests[place]], made.mode, False, taken, week)[0]
            return _bound(made, place, late, free.promised_on is not None)
    return made


def _in_part(desk: Desk, each: Sequence[Quote], mode: str, complete: bool,
             taken: Taken) -> Basket:
    """Not all can be had: the first item that cannot says why in its own answer."""
    place = next((place for place, one in enumerate(each) if one.promised_on is None), 0)
    made = Basket(tuple(each), mode, complete, None)
    free = desk.quote([each[place].request], mode, False, taken)[0]
    return _bound(made, place, each[place], free.promised_on is not None)


def _in_time(desk: Desk, quotes: Sequence[Quote], week: int) -> bool:
    """Whether every item was wanted by a day, and the week is not after any of them."""
    as_of = desk.book.settings.as_of
    return all(one.request.requested_on is not None
               and week <= bucket_of(one.request.requested_on, as_of) for one in quotes)


def _bound(made: Basket, place: int, late: Quote, by_basket: bool) -> Basket:
    """A basket with what binds it."""
    return replace(made, binds=place, reason=BASKET if by_basket else late.reason,
                   binding_kind=late.binding_kind, binding_id=late.binding_id,
                   binding_site_id=late.binding_site_id, binding_on=late.binding_on)
