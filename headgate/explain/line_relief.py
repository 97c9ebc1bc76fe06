"""The reliefs of a line in the book's own ids and dates, and in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from headgate.base.calendar import friday_of_bucket, monday_of_bucket
from headgate.base.money import short_money
from headgate.base.wording import PASSED_OVER
from headgate.book import Book
from headgate.explain.kernels import OUTBID, REASON_CODES
from headgate.explain.relief import AT_A_LOSS, FOUND, NONE_EXISTS, Displaced, Relief, Relieved
from headgate.explain.relief_kernels import ORDER, WORK
from headgate.explain.relief_ways import HELD, KEPT, Change
from headgate.planner.promise import Promises
from headgate.planner.world import Pools


@dataclass(frozen=True, slots=True)
class ReliefPart:
    """
    One part of a relief.

    kind         : more, pulled_in, transfer, substitute, quota, hours, displaced or unfrozen
    item_id, site_id : what there is more of, and where; None for hours and displaced
    quota_id, reserved : the quota that is raised; or, where `reserved` is set, of which so many
                   fewer pieces are reserved
    resource_id  : the resource of hours
    by_on        : Monday of the week by which the pieces are there, or in which the hours are
    quantity     : pieces, or whole hours
    cost_cents   : at standard cost: of more pieces, of a substitute beyond what it stands for, or
                   what a displaced line brings less; None where the book does not know it
    from_item_id, from_site_id : what the pieces of a transfer or substitute are taken from
    reference, due_on : the row of supply that is pulled in, and the Monday from which on it is
                   usable as the book stands; of unfrozen the frozen promise, or, with its site, the
                   day of the line's first pin
    order_id, line_no : the line that is displaced
    built        : whether the pieces would have to be built already, as no part makes them in time
    was_on, then_on : its promise in the plan, and behind the line that is relieved; None: no date
    """

    kind: str
    item_id: str | None = None
    site_id: str | None = None
    resource_id: str | None = None
    by_on: date | None = None
    quantity: int | None = None
    cost_cents: int | None = None
    from_item_id: str | None = None
    from_site_id: str | None = None
    reference: str | None = None
    due_on: date | None = None
    order_id: str | None = None
    line_no: int | None = None
    was_on: date | None = None
    then_on: date | None = None
    built: bool | None = None
    quota_id: str | None = None
    reserved: bool | None = None

    def text(self, currency: str = "USD") -> str:
        """The part as a clause."""
        return _CLAUSES[self.kind](self, currency)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without what does not concern the kind."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__
                if getattr(self, name) is not None}


@dataclass(frozen=True, slots=True)
class LineRelief:
    """
    A change that was planned with, the rest of the plan held.

    parts       : empty when nothing has to change
    promised_on : Friday of the week in which all open pieces arrive with it
    on_time     : whether that is the requested week or before
    loss_cents  : how much less weighted value the line brings so than as planned; None: it brings
                  more, or the policy does not weigh
    gain_cents  : how much more it brings so; None: it does not, or the policy does not weigh
    """

    parts: tuple[ReliefPart, ...]
    promised_on: date
    on_time: bool
    currency: str
    loss_cents: int | None = None
    gain_cents: int | None = None

    @property
    def kind(self) -> str:
        """The kinds of its parts, joined by "+"; "unchanged" when nothing has to change."""
        return "+".join(dict.fromkeys(part.kind for part in self.parts)) or "unchanged"

    @property
    def cost_cents(self) -> int | None:
        """The costs that the book knows, together; None when it knows none."""
        known = [part.cost_cents for part in self.parts if part.cost_cents is not None]
        return sum(known) if known else None

    def text(self) -> str:
        """The relief as a sentence."""
        if not self.parts:
            return self._passed_over()
        clauses = [part.text(self.currency) for part in self.parts]
        joined = ", ".join(clauses[:-1]) + (" and " if len(clauses) > 1 else "") + clauses[-1]
        joined = joined[0].upper() + joined[1:]
        then = f"{joined}: then all of it arrives by {self.promised_on}"
        if self.loss_cents is None:
            return f"{then}."
        less = f"{short_money(self.loss_cents, self.currency)} less" if self.loss_cents else (
            "no more")
        return f"{then}, but brings {less} than it does as planned."

    def _passed_over(self) -> str:
        """
        What is said where nothing has to change: that the line could be served, and why it is not.
        """
        more = "" if self.gain_cents is None else (
            f", and it would bring {short_money(self.gain_cents, self.currency)} more so than as "
            "planned")
        return (f"What the plan leaves is enough for all of it by {self.promised_on}{more}. The "
                "plan passed it over: a search ends before everything is tried, and a re-plan "
                "moves no more than it must. Planned anew, it may be served so.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"kind": self.kind, "promised_on": self.promised_on.isoformat(),
                "on_time": self.on_time, "cost_cents": self.cost_cents,
                "loss_cents": self.loss_cents, "gain_cents": self.gain_cents,
                "parts": [part.as_dict() for part in self.parts], "text": self.text()}


@dataclass(frozen=True, slots=True)
class LineReliefs:
    """
    What would bring a line on time, or earlier where on time is out of reach.

    state     : "found"; "none_exists": planned alone with parts and hours without limit it is no
                earlier than in the plan, or never whole; "none_found"; "at_a_loss": what the plan
                leaves would do, but served so the line brings less than as planned
    reliefs   : the smallest first
    today_quantity, today_on : what the line could have of what the plan leaves, nothing changed,
                and the Friday by which; None: nothing
    earliest_on : Friday of the first week in which all of it could arrive with parts and hours
                without limit; None: never
    ship_set  : the ship set that it arrives with; all dates are those of the whole set
    loss_cents, extra_cents : "at_a_loss" only: how much less weighted value it would bring, and
                how much more would go into substitutes that cost extra
    currency  : of the loss
    """

    state: str
    reliefs: tuple[LineRelief, ...]
    today_quantity: int
    today_on: date | None
    earliest_on: date | None
    ship_set: str | None = None
    loss_cents: int | None = None
    extra_cents: int | None = None
    currency: str = "USD"

    @property
    def relief(self) -> LineRelief | None:
        """The smallest one."""
        return self.reliefs[0] if self.reliefs else None

    def text(self) -> str:
        """The smallest relief, or that there is none, in a sentence or two."""
        together = "" if self.ship_set is None else (
            f" These dates are those of all of ship set {self.ship_set}.")
        return self._sentences() + together

    def _sentences(self) -> str:
        if self.state == FOUND:
            first = self.reliefs[0]
            reach = "" if first.on_time else (
                f"On time is out of reach: with parts and hours without limit {self.earliest_on} "
                "is the earliest. ")
            return reach + first.text()
        if self.state == AT_A_LOSS:
            return self._loss_sentence()
        if self.state != NONE_EXISTS:
            return ("No single change was found that brings it sooner, though with parts and hours "
                    f"without limit it could arrive by {self.earliest_on}.")
        if self.earliest_on is None:
            return ("No supply brings it: even with parts and hours without limit, and no other "
                    "order, it cannot arrive whole.")
        return ("No supply brings it sooner: even with parts and hours without limit, and no other "
                f"order, {self.earliest_on} is the earliest.")

    def _loss_sentence(self) -> str:
        lost, extra = (short_money(cents or 0, self.currency)
                       for cents in (self.loss_cents, self.extra_cents))
        dear = f" (substitutes would cost {extra} extra)" if self.extra_cents else ""
        less = f"{lost} less than" if self.loss_cents else "no more than"
        return (f"What the plan leaves would be enough for all of it by {self.today_on}, but it "
                f"would bring {less} it does as planned{dear}: the policy leaves it.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"state": self.state, "today_quantity": self.today_quantity,
                "today_on": _plain(self.today_on), "earliest_on": _plain(self.earliest_on),
                "loss_cents": self.loss_cents, "extra_cents": self.extra_cents,
                "text": self.text(),
                "ship_set": self.ship_set, "reliefs": [relief.as_dict() for relief in self.reliefs]}


def named_reliefs(book: Book, pools: Pools, promises: Promises, found: Relieved) -> LineReliefs:
    """An answer of `headgate.explain.relief.relieve` in ids and dates."""
    as_of, requested = book.settings.as_of, int(book.lines.requested[found.line])
    return LineReliefs(
        found.state,
        tuple(LineRelief(
            tuple(_named(book, pools, promises, found, change, relief)
                  for change in relief.changes),
            friday_of_bucket(relief.last, as_of), relief.last <= requested,
            book.settings.currency, relief.loss, relief.gain) for relief in found.reliefs),
        found.pieces, _friday(book, found.last), _friday(book, found.earliest),
        book.tables.frames["orders"]["ship_set"][int(book.lines.source_row[found.line])],
        None if found.loss is None else found.loss.cents,
        None if found.loss is None else found.loss.extra_cents, book.settings.currency)


def passed_over(reason: str | None, relief: LineReliefs | None) -> str | None:
    """
    What to say for `outbid` of a line that what the plan leaves would serve in time as it stands:
    nobody holds what it lacks. None for any other line, whose reason has its own words.
    """
    smallest = None if relief is None else relief.relief
    as_it_stands = smallest is not None and not smallest.parts
    return PASSED_OVER if as_it_stands and reason == REASON_CODES[OUTBID] else None


def _named(book: Book, pools: Pools, promises: Promises, found: Relieved, change: Change,
           relief: Relief) -> ReliefPart:
    """One change in ids and dates."""
    by_on = monday_of_bucket(change.start, book.settings.as_of)
    if change.of == ORDER and relief.displaced is not None:
        return _displaced(book, promises, relief.displaced)
    if change.of == HELD:
        return _lifted(book, found)
    if change.permit >= 0:
        return ReliefPart("quota", quantity=change.quantity, reserved=change.of == KEPT,
                          quota_id=pools.permits.name[change.permit])
    if change.of == WORK:
        resource, site = next(zip(*(book.hours.row == change.gain).nonzero(), strict=True))
        return ReliefPart("hours", None, book.sites.ids[site], book.resources.ids[resource], by_on,
                          change.quantity)
    loss, row = change.loss, change.row
    return ReliefPart(
        change.kind, book.items.ids[pools.item[change.gain]],
        book.sites.ids[pools.site[change.gain]], None, by_on, change.quantity,
        change.cost_cents if change.kind in ("more", "substitute") else None,
        None if loss < 0 else book.items.ids[pools.item[loss]],
        None if loss < 0 else book.sites.ids[pools.site[loss]],
        None if row < 0 else book.supply.reference[row],
        None if row < 0 else monday_of_bucket(int(book.supply.start[row]), book.settings.as_of),
        built=change.built if change.kind == "more" else None)


def _lifted(book: Book, found: Relieved) -> ReliefPart:
    """What holds a line: its frozen promise, else its first pin; nothing named where mates are."""
    if found.pin is not None and not book.lines.frozen[found.line]:
        site, ship = found.pin
        return ReliefPart("unfrozen", site_id=book.sites.ids[site],
                          due_on=monday_of_bucket(ship, book.settings.as_of))
    if book.lines.frozen[found.line]:
        return ReliefPart("unfrozen", due_on=_friday(book, int(book.lines.promised[found.line])))
    return ReliefPart("unfrozen")


def _displaced(book: Book, promises: Promises, displaced: Displaced) -> ReliefPart:
    orders = book.tables.frames["orders"]
    row = int(book.lines.source_row[displaced.line])
    return ReliefPart("displaced", quantity=displaced.pieces, cost_cents=displaced.cost_cents,
                      order_id=orders["order_id"][row], line_no=orders["line_no"][row],
                      was_on=_friday(book, int(promises.last[displaced.line])),
                      then_on=_friday(book, displaced.last))


def _friday(book: Book, bucket: int) -> date | None:
    return None if bucket < 0 else friday_of_bucket(bucket, book.settings.as_of)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _more(part: ReliefPart, currency: str) -> str:
    built = "built already and " if part.built else ""
    return (f"{part.quantity:,} more {part.item_id} at {part.site_id}, {built}there by the week of "
            f"{part.by_on} ({short_money(part.cost_cents or 0, currency)} at standard cost)")


def _pulled_in(part: ReliefPart, _currency: str) -> str:
    return (f"{part.quantity:,} {part.item_id} of {part.reference} at {part.site_id}, usable from "
            f"{part.due_on} on, there by the week of {part.by_on} instead")


def _transfer(part: ReliefPart, _currency: str) -> str:
    return (f"{part.quantity:,} {part.item_id} moved from {part.from_site_id} to {part.site_id}, "
            f"there by the week of {part.by_on}")


def _substitute(part: ReliefPart, currency: str) -> str:
    cost = part.cost_cents or 0
    extra = f" ({short_money(cost, currency)} more)" if cost > 0 else ""
    return (f"{part.quantity:,} {part.from_item_id} at {part.site_id} used for {part.item_id} in "
            f"the week of {part.by_on}{extra}")


def _hours(part: ReliefPart, _currency: str) -> str:
    return (f"{part.quantity:,} more {'hour' if part.quantity == 1 else 'hours'} of "
            f"{part.resource_id} at {part.site_id} in the week of {part.by_on}")


def _quota(part: ReliefPart, _currency: str) -> str:
    pieces = f"{part.quantity:,} {'piece' if part.quantity == 1 else 'pieces'}"
    if part.reserved:
        return f"{pieces} fewer reserved by quota {part.quota_id}"
    return f"quota {part.quota_id} raised by {pieces}"


def _unfrozen(part: ReliefPart, _currency: str) -> str:
    if part.due_on is None:
        return "the pins and frozen promises of its ship set lifted"
    if part.site_id is None:
        return f"its promise of {part.due_on}, which is frozen, lifted"
    return f"its pin to ship from {part.site_id} in the week of {part.due_on} lifted"


def _order(part: ReliefPart, currency: str) -> str:
    cost = part.cost_cents or 0
    brings = (f"brings {short_money(cost, currency)} less" if cost > 0 else
              f"brings {short_money(-cost, currency)} more" if cost < 0 else "brings the same")
    then = f"arrives by {part.then_on}" if part.then_on else "has no date any more"
    was = f" instead of {part.was_on}" if part.then_on else f", after {part.was_on}"
    if part.then_on is not None and part.then_on == part.was_on:
        then, was = f"keeps {part.quantity or 0:,} of its pieces for {part.then_on}", ""
    return f"{part.order_id}/{part.line_no} gives its parts up ({then}{was}, and {brings})"


_CLAUSES: dict[str, Callable[[ReliefPart, str], str]] = {
    "more": _more, "pulled_in": _pulled_in, "transfer": _transfer, "substitute": _substitute,
    "hours": _hours, "displaced": _order, "quota": _quota, "unfrozen": _unfrozen}
