"""A basket: several items asked for together, and the first week in which all of it is there."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from headgate.base.calendar import bucket_of, friday_of_bucket
from headgate.base.wording import reason_text
from headgate.quoting.answers import (
    BASKET,
    MODES,
    NO_DAY,
    NOBODY,
    NOTHING_TAKEN,
    STOCK,
    UNDATED,
    Giving,
    Quote,
    Taken,
)
from headgate.quoting.asking import SOON
from headgate.quoting.desk import Beside, Desk
from headgate.quoting.displacing import MOST_DATES
from headgate.quoting.requests import Request, last_arrival, price_cents

COST = "cost"
"""The reason of a basket for which lines could give way a week earlier, and lose more than it
gains."""


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
                  the items before it take, under "atp" `stock`, and under "ptp" `cost`, without an
                  item, where giving way would cost more than it gains
    giving      : under "ptp" the lines that would give way to all of it
    gained_cents : what its items gain by that, beyond what they would get in mode "ctp"
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
    giving: Giving = NOBODY
    gained_cents: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the quotes; dates as ISO text."""
        plain = {name: getattr(self, name) for name in self.__slots__
                 if name not in ("quotes", "giving")}
        for name in ("promised_on", "binding_on"):
            plain[name] = None if plain[name] is None else plain[name].isoformat()
        asked = None if self.binds is None else self.quotes[self.binds].request.item_id
        return plain | {"binds": asked, "binds_request": self.binds,
                        "displaced": [one.as_dict() for one in self.giving.displaced],
                        "lost_cents": self.giving.lost_cents,
                        "moved_cents": self.giving.moved_cents}

    def pins(self, order_id: str) -> list[dict[str, Any]]:
        """
        Rows of the table `pins` for an order of which each item that can be had is a line, numbered
        from 1 as asked: see `headgate.quoting.answers.Quote.pins`.

        raises ValueError : an accepted item is sent, which no pin can hold
        """
        return [row for line, one in enumerate(self.quotes, start=1)
                for row in one.pins(order_id, line)]

    def text(self) -> str:
        """The answer for the basket as a whole, in prose."""
        return " ".join([self._date_text(), *self._giving_sentences()])

    def _date_text(self) -> str:
        """When all of it is there, and what binds that."""
        name = None if self.binds is None else self.quotes[self.binds].request.item_id
        if self.promised_on is None and name is None:
            return "The basket: for all of it lines would lose more than it gains."
        if self.promised_on is None:
            one_week = " in one week" if self.complete else ""
            return f"The basket: not all of it can be promised{one_week}; what binds is " \
                   f"{name}.{self._reason_text()}"
        said = f"The basket: all of it arrives in the week of {self.promised_on}." \
            if self.complete else f"The basket: all of it is there by {self.promised_on}."
        if self.reason == COST:
            return f"{said} A week earlier, lines would have to lose more than it gains."
        if name is None:
            return said
        return f"{said} What binds is {name}.{self._reason_text()}"

    def _giving_sentences(self) -> list[str]:
        """Who gives way, and at which prices, unless the answers of the items tell these."""
        told = self.giving.sentences(self.gained_cents, "basket",
                                     self.quotes[0].request.customer_id)
        if told and self.promised_on is None:
            told.append("They give way for what can be promised; --complete asks for all of it or "
                        "nothing.")
        if told and all(one.request.requested_on is None for one in self.quotes):
            told.append(NO_DAY)
        for one in self.quotes if told else ():
            if one.reason is None:
                told += [f"{one.request.item_id}: {said[0].lower()}{said[1:]}"
                         for said in one.price_sentences()]
        return told

    def _reason_text(self) -> str:
        """Why the item binds, as a sentence after a blank; empty where its own answer has it."""
        one = None if self.binds is None else self.quotes[self.binds]
        told = one is not None and (one.promised_on is None or (
            self.complete and one.reason is not None))
        if self.reason is None or (told and self.reason != BASKET):
            return ""
        if self.reason == STOCK:
            return (" No more of the finished item itself is uncommitted a week earlier; "
                    "--mode ctp tells what can be built.")
        clause = UNDATED.get(self.reason) if one and one.request.requested_on is None else None
        if self.reason == BASKET:
            clause = "the items before it in the basket take what it lacks"
        return " " + reason_text(self.reason, self.binding_kind, self.binding_id,
                                 self.binding_site_id, self.binding_on, clause)


class _Paid(NamedTuple):
    """
    Answers to which lines give way where that pays.

    each   : as they were found, item after item
    drawn  : the same with the draws that they get together
    giving : who gives way to all of them; gained_cents : what they gain by that
    """

    each: list[Beside]
    drawn: list[Beside]
    giving: Giving
    gained_cents: int


class _Turns:
    """
    Items asked one after the other, each beside those before it.

    last : the last week, counted from that of `as_of`, in which anything can arrive
    """

    def __init__(self, desk: Desk, mode: str, taken: Taken) -> None:
        self.desk, self.mode, self.taken = desk, mode, taken
        self.last = desk.book.horizon + int(desk.book.lanes.weeks.max(initial=0)) - 1

    def one(self, request: Request, before: Sequence[Beside] = (), week: int | None = None,
            spared: bool = False) -> Beside:
        """
        The answer to one.

        week : the only one in which it may arrive, if one is given; spared : nobody gives way to it
        """
        taken = self.beside(before)
        if self.mode == "ptp":
            giving = before[-1].giving if before else NOBODY
            return self.desk.quote_beside(request, taken, giving, week, may_displace=not spared)
        return Beside(self.desk.quote([request], self.mode, False, taken, week)[0])

    def all(self, requests: Sequence[Request], week: int | None = None,
            spared: Container[int] = ()) -> list[Beside]:
        """The answer to each; spared : places of those to which nobody gives way."""
        found: list[Beside] = []
        for place, request in enumerate(requests):
            found.append(self.one(request, found, week, place in spared))
        return found

    def paying(self, requests: Sequence[Request]) -> _Paid:
        """
        The answer to each, and who gives way to all of them together: lines where that pays.

        What pays for one item may not pay beside what the next ones take: then nobody gives way to
        the item that gains least by it, until it does.
        """
        spared: set[int] = set()
        while True:
            each = self.all(requests, spared=spared)
            drawn, giving = self.giving(each)
            gained = sum(one.quote.gained_cents for one in drawn)
            if not giving.displaced or gained > giving.cost_cents:
                return _Paid(each, drawn, giving, gained)
            gains = {place: drawn[place].quote.gained_cents for place, one in enumerate(each)
                     if one.quote.gained_cents}
            spared.add(min(gains, key=lambda place: (gains[place], -place)))

    def giving(self, found: list[Beside]) -> tuple[list[Beside], Giving]:
        """
        The answers with the draws that a re-plan gives them that pins them all, and who gives way
        to all of them together then.
        """
        last = found[-1].giving
        if not last.displaced:
            return found, last
        return self.desk.together(found, self.taken) or (found, last)

    def undisturbed(self, request: Request, before: Sequence[Beside] = ()) -> Quote:
        """The answer to one to which nobody gives way any more."""
        change = before[-1].giving.change if before else NOTHING_TAKEN
        taken = Taken.together([self.beside(before), change])
        return self.desk.quote([request], "atp" if self.mode == "atp" else "ctp", False, taken)[0]

    def beside(self, before: Sequence[Beside]) -> Taken:
        """What others and these take together."""
        return Taken.together([self.taken, *(one.quote for one in before)])

    def bucket(self, day: date) -> int:
        """The week of a day, counted from that of `as_of`."""
        return bucket_of(day, self.desk.book.settings.as_of)

    def friday(self, week: int) -> date:
        """The Friday of a week."""
        return friday_of_bucket(week, self.desk.book.settings.as_of)


def quote_basket(desk: Desk, requests: Sequence[Request], mode: str = "ctp",
                 complete: bool = False, taken: Taken = NOTHING_TAKEN) -> Basket:
    """
    What can be promised of several requests together; it reserves nothing.

    Each is answered in the order given, from what the plan, others and those before it leave; under
    "ptp" lines give way to an item where it gains more than that costs beyond what giving way to
    those before it costs, and with `complete` where the basket gains more than all of it costs.

    mode     : "atp", "ctp" or "ptp", see `headgate.quoting.answers.MODES`
    complete : all of it arrives in one week, the first in which it can, or none
    taken    : what others hold of what the plan leaves
    raises IssuesError : something asked for is unknown to the book or impossible;
                         ValueError : another mode, or nothing is asked for
    """
    if mode not in MODES:
        raise ValueError(f'mode = {mode!r}: must be "atp", "ctp" or "ptp"')
    if not requests:
        raise ValueError("a basket must have a request")
    if complete:
        requests = [replace(request, complete=True) for request in requests]
    turns = _Turns(desk, mode, taken)
    free = turns if mode != "ptp" else _Turns(desk, "ctp", taken)
    # Every fault of every request is told at once, and every tree of needs is made once.
    alone = desk.dates(requests, free.mode, taken).tolist()
    if not complete:
        return _as_it_comes(turns, turns.paying(requests))
    short = any(pieces < request.quantity
                for (pieces, _), request in zip(alone, requests, strict=True))
    made = _in_part(free, free.all(requests), True) if short else _in_one_week(
        free, requests, max(last for _, last in alone))
    return made if mode != "ptp" else _with_way_given(turns, requests, made)


def _as_it_comes(turns: _Turns, paid: _Paid) -> Basket:
    """All of it is there when the item that comes last is."""
    quotes = tuple(one.quote for one in paid.drawn)
    giving, gained = paid.giving, paid.gained_cents
    dates = [one.promised_on for one in quotes if one.promised_on is not None]
    if len(dates) < len(quotes):
        return replace(_in_part(turns, paid.drawn, False), giving=giving, gained_cents=gained)
    last = max(dates)
    made = Basket(quotes, turns.mode, False, last, giving=giving, gained_cents=gained)
    week = turns.bucket(last)
    if _in_time(turns, quotes, week) or week <= 0:
        return made
    place = dates.index(last)
    earlier = replace(quotes[place].request, requested_on=turns.friday(week - 1))
    # A limit that the week before meets only by being sooner would be the request's own fault.
    if earlier.latest_on is not None and earlier.requested_on is not None:
        earlier = replace(earlier, latest_on=max(earlier.latest_on, earlier.requested_on))
    # Who gives way to the items before is known by their draws as they were found.
    late, free = turns.undisturbed(earlier, paid.each[:place]), turns.undisturbed(earlier)
    return _bound(made, place, late, free.promised_on is not None and free.promised_on < last)


def _in_one_week(turns: _Turns, requests: Sequence[Request], first: int) -> Basket:
    """The first week in which all can arrive; first : before it, some item cannot come at all."""
    end = turns.last + 1
    for request in requests:
        if request.latest_on is not None:
            end = min(end, turns.bucket(request.latest_on) + 1)
    for week in range(first, end):
        found = tuple(one.quote for one in turns.all(requests, week))
        if all(one.promised_on is not None for one in found):
            made = Basket(found, turns.mode, True, turns.friday(week))
            if _in_time(turns, found, week) or week <= 0:
                return made
            return _late_together(turns, _failing(turns, made, week - 1))
    none = Basket(tuple(one.quote for one in turns.all(requests)), turns.mode, True, None)
    return _failing(turns, none, max(first, end - 1))


def _with_way_given(turns: _Turns, requests: Sequence[Request], free: Basket) -> Basket:
    """
    A basket that comes in one week, if lines give way to it.

    free : what can be had undisturbed
    """
    book = turns.desk.book
    last = min(last_arrival(request, book) for request in requests)
    if free.promised_on is not None:
        last = turns.bucket(free.promised_on) - 1
    undisturbed = turns.all(requests, last + 1) if free.promised_on else []
    floor = [one.worth_cents for one in undisturbed] or [0] * len(requests)
    last = min([last, *(turns.bucket(one.latest_on) for one in requests
                        if one.latest_on is not None)])
    asked = [turns.bucket(one.requested_on) for one in requests if one.requested_on is not None]
    due = max(0, min(asked), max(asked) - SOON) if asked else last
    before: list[Beside] = []
    for week in range(due, min(last, due + MOST_DATES - 1) + 1):
        found = turns.all(requests, week)
        whole = all(one.quote.promised_on is not None for one in found)
        found, giving = turns.giving(found) if whole else (found, NOBODY)
        gains = [one.worth_cents - less for one, less in zip(found, floor, strict=True)]
        quotes = tuple(replace(one.quote, gained_cents=gain)
                       for one, gain in zip(found, gains, strict=True))
        if giving.displaced and sum(gains) > giving.cost_cents:
            made = Basket(quotes, turns.mode, True, turns.friday(week), giving=giving,
                          gained_cents=sum(gains))
            return _late_together(turns, _earlier_failing(made, before))
        before = found
    quotes = tuple(replace(one, mode=turns.mode, price_cents=price_cents(one.request, book))
                   for one in free.quotes)
    return replace(free, quotes=quotes, mode=turns.mode)


def _earlier_failing(made: Basket, before: Sequence[Beside]) -> Basket:
    """What binds a basket to which lines give way. before : its items in the week before."""
    for place, one in enumerate(before):
        if one.quote.promised_on is None:
            return _bound(made, place, one.quote, False)
    return replace(made, reason=COST) if before else made


def _late_together(turns: _Turns, made: Basket) -> Basket:
    """A basket that comes in one week, with why items come after the day asked for."""
    if made.promised_on is None:
        return made
    week, quotes = turns.bucket(made.promised_on), list(made.quotes)
    for place, one in enumerate(quotes):
        asked = one.request.requested_on
        if one.reason is not None or asked is None or week <= max(0, turns.bucket(asked)):
            continue
        quotes[place] = replace(one, reason=BASKET) if place != made.binds else replace(
            one, reason=made.reason, binding_kind=made.binding_kind, binding_id=made.binding_id,
            binding_site_id=made.binding_site_id, binding_on=made.binding_on)
    return replace(made, quotes=tuple(quotes))


def _failing(turns: _Turns, made: Basket, week: int) -> Basket:
    """What of a basket cannot arrive in a week, and why."""
    found: list[Beside] = []
    for place, one in enumerate(made.quotes):
        found.append(turns.one(one.request, found, week))
        if found[-1].quote.promised_on is None:
            free = turns.one(one.request, week=week).quote
            return _bound(made, place, found[-1].quote, free.promised_on is not None)
    return made


def _in_part(turns: _Turns, each: Sequence[Beside], complete: bool) -> Basket:
    """Not all can be had: the first item that cannot says why in its own answer."""
    quotes = tuple(one.quote for one in each)
    place = next((place for place, one in enumerate(quotes) if one.promised_on is None), 0)
    made = Basket(quotes, turns.mode, complete, None)
    free = turns.undisturbed(quotes[place].request)
    return _bound(made, place, quotes[place], free.promised_on is not None)


def _in_time(turns: _Turns, quotes: Sequence[Quote], week: int) -> bool:
    """Whether every item was wanted by a day, and the week is not after any of them."""
    return all(one.request.requested_on is not None
               and week <= turns.bucket(one.request.requested_on) for one in quotes)


def _bound(made: Basket, place: int, late: Quote, by_basket: bool) -> Basket:
    """A basket with what binds it."""
    return replace(made, binds=place, reason=BASKET if by_basket else late.reason,
                   binding_kind=late.binding_kind, binding_id=late.binding_id,
                   binding_site_id=late.binding_site_id, binding_on=late.binding_on)
