"""
An accountant who reads the events of a ledger one after another, in plain Python.

Every piece is followed by itself, and nothing of `headgate.finance` is used: what is recognised,
what remains (RPO) and what is deferred, of each contract, at the end of a day.
"""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from headgate.ledger.events import Recorded
from tests.oracles.slow_ledger import effective_events

Key = tuple[str, int]
Trip = tuple[date | None, date | None, date]
"""The days on which a piece left (None: before anybody took it down), arrived and came back."""
DEFAULTS = {"recognise_on": "ship", "cancellable": True, "contract_id": None}


@dataclass
class Piece:
    """A piece that has left or is held: when and at which price, and what came of it."""

    price: int
    shipped: date | None
    opening: bool = False
    delivered: date | None = None
    accepted: bool = False
    trips: tuple[Trip, ...] = ()
    held: bool = False

    def done(self, rule: str) -> bool:
        return (self.opening or self.held or rule == "ship"
                or (rule == "deliver" and self.delivered is not None)
                or (rule == "accept" and self.accepted))


@dataclass
class Sold:
    """An order line: its terms, the pieces that have left, those that are held and have not, those
    that came back, and the day on which its openings were taken down."""

    terms: dict[str, Any]
    gone: list[Piece] = field(default_factory=list)
    back: list[Piece] = field(default_factory=list)
    held: list[Piece] = field(default_factory=list)
    opened: date = date.min

    @property
    def quantity(self) -> int:
        return int(self.terms["quantity"])

    @property
    def ordered(self) -> list[Piece]:
        """Recognised pieces first."""
        rule = self.terms["recognise_on"]
        return [one for flag in (True, False) for one in self.gone if one.done(rule) is flag]

    @property
    def known(self) -> list[Piece]:
        """The pieces that have their price for good."""
        return [*self.gone, *self.held]


class Accountant:
    """
    `recognised`, `rpo`, `deferred` in cents by contract at the end of a day.

    standalone : cents of each item standing alone
    held       : days on which pieces came to be held by all criteria, before anything else of the
                 day; of which line, and how many
    shares     : of order lines what of the price of its contract each has, and its own price
    """

    def __init__(self, rows: Sequence[Recorded], day: date, standalone: Mapping[str, int],
                 held: Sequence[tuple[date, Key, int]] = ()) -> None:
        self.day, self.standalone = day, standalone
        self.lines: dict[Key, Sold] = {}
        self.services: dict[Key, dict[str, Any]] = {}
        self.billed: Counter[str] = Counter()
        openings = {row.sequence for before, row in pairwise(rows)
                    if row.event.kind == "order_shipped" and before.event.kind == "order_booked"
                    and before.event.key == row.event.key
                    and row.event.idempotency_key.startswith("import:")}
        invoices: list[tuple[Key, int]] = []
        to_hold = sorted(row for row in held if row[0] <= day)
        for on, sequence, kind, text, data in effective_events(rows):
            if on > day:
                break
            while to_hold and to_hold[0][0] <= on:
                self._hold(*to_hold.pop(0))
            order, _, number = text.rpartition("/")
            if kind.startswith("deposit"):
                self.billed[text] += data["amount_cents"] * (1 if kind.endswith("received") else -1)
            elif kind == "order_invoiced":
                invoices.append(((order, int(number)), data["amount_cents"]))
            elif kind.startswith("service_"):
                self._service(on, kind, (order, int(number)), data)
            elif kind.startswith("order_") or kind == "override":
                self._line(on, kind, (order, int(number)), data, sequence in openings)
        for row in to_hold:
            self._hold(*row)
        for key, cents in invoices:
            self.billed[self._contract(key)] += cents
        self.recognised: Counter[str] = Counter()
        self.rpo: Counter[str] = Counter()
        self.shares: dict[Key, tuple[int, int]] = {}
        self._account()
        self.deferred = {name: cents - self.recognised[name] for name, cents in self.billed.items()
                         if cents > max(0, self.recognised[name])}

    # Events.

    def _line(self, on: date, kind: str, key: Key, data: Mapping[str, Any], opening: bool) -> None:
        if kind == "order_booked":
            self.lines[key] = Sold({**DEFAULTS, **data})
            return
        line = self.lines[key]
        if kind == "order_amended":
            line.terms.update(data)
        elif kind == "override":
            line.terms[data["column"]] = data["new"]
        elif kind == "order_cancelled":
            line.terms["quantity"] -= data["quantity"]
        elif kind != "order_closed":
            for _ in range(data["quantity"]):
                self._piece(line, on, kind, opening)
            if kind == "order_returned":
                self._return(line, on, data["quantity"], data.get("stage", "transit"))

    def _hold(self, on: date, key: Key, count: int) -> None:
        """Pieces that have not left are held from a day on: those that came back before others."""
        line = self.lines[key]
        for _ in range(count):
            trips = line.back.pop(0).trips if line.back else ()
            line.held.append(Piece(line.terms["unit_price_cents"], None, trips=trips, held=True))

    def _piece(self, line: Sold, on: date, kind: str, opening: bool) -> None:
        """One piece takes a step: the first that can."""
        if kind == "order_shipped":
            line.opened = on if opening else line.opened
            if line.held and not opening:
                line.gone.append(line.held.pop(0))
                line.gone[-1].shipped = on
                return
            trips = line.back.pop(0).trips if line.back else ()
            line.gone.append(Piece(line.terms["unit_price_cents"], on, opening, trips=trips))
        elif kind == "order_delivered":
            there = [one for one in line.gone if one.delivered is None and not one.opening]
            if there:
                there[0].delivered = on
            else:
                # Nothing newer is under way: it is a piece of which nobody had said more.
                old = next(one for one in line.gone if one.opening)
                old.opening, old.delivered, old.shipped = False, on, on
        elif kind == "order_accepted":
            next(one for one in line.gone
                 if one.delivered is not None and not one.accepted).accepted = True

    def _return(self, line: Sold, on: date, count: int, stage: str) -> None:
        """The last pieces of a stage come back; where they had been is kept."""
        held = [one for one in line.gone if stage == (
            "accepted" if one.accepted else "transit" if one.delivered is None else "delivered")]
        for one in held[-count:]:
            line.gone = [other for other in line.gone if other is not one]
            one.trips = (*one.trips, (None if one.opening else one.shipped, one.delivered, on))
            line.back.append(one)

    def _service(self, on: date, kind: str, key: Key, data: Mapping[str, Any]) -> None:
        if kind == "service_booked":
            self.services[key] = {**data, "started": None, "ended": None}
        elif kind == "service_amended":
            self.services[key].update({**data, "ended": None})
        elif kind == "service_started":
            self.services[key]["started"] = on
        elif kind == "service_cancelled":
            self.services[key]["ended"] = on

    # Contracts.

    def _hung(self, key: Key) -> Key | None:
        """The order line with which a service starts; None: it starts on a date."""
        starts = self.services[key]["starts"]
        return None if "-" in starts else (key[0], int(starts))

    def _contract(self, key: Key) -> str:
        line = key if key in self.lines else self._hung(key) or min(
            other for other in self.lines if other[0] == key[0])
        return str(self.lines[line].terms["contract_id"] or line[0])

    def _account(self) -> None:
        """Split the price of every contract, and count what of it is earned and what is left."""
        own: dict[str, list[tuple[Key, str, int, int]]] = defaultdict(list)
        for key, line in self.lines.items():
            if line.quantity:
                stated = (sum(one.price for one in line.known) + line.terms["unit_price_cents"]
                          * (line.quantity - len(line.known)))
                own[self._contract(key)].append((
                    key, "line", stated, self.standalone[line.terms["item_id"]] * line.quantity))
        for key, row in self.services.items():
            hung = self._hung(key)
            pieces = self.lines[hung].quantity if hung else 1
            if pieces and any(line.quantity for other, line in self.lines.items()
                              if other[0] == key[0]):
                own[self._contract(key)].append((
                    key, "service", row["amount_cents"],
                    self.standalone[row["item_id"]] * pieces))
        for name, parts in own.items():
            price, whole = sum(part[2] for part in parts), sum(part[3] for part in parts)
            upto = 0
            for key, kind, stated, weight in sorted(parts):
                share = price * (upto + weight) // whole - price * upto // whole
                upto += weight
                if len(parts) == 1:
                    share = stated
                if kind == "line":
                    self.shares[key] = share, stated
                done, left = (self._of_line(key, share, stated) if kind == "line" else
                              self._of_service(key, share))
                self.recognised[name] += done
                self.rpo[name] += left

    def _of_line(self, key: Key, share: int, stated: int) -> tuple[int, int]:
        """What of a line's share is recognised, and what remains."""
        line = self.lines[key]
        rule = line.terms["recognise_on"]
        done = share * sum(one.price for one in line.known if one.done(rule)) // stated
        gone = share * sum(one.price for one in line.known) // stated
        return done, (gone if line.terms["cancellable"] else share) - done

    def _of_service(self, key: Key, share: int) -> tuple[int, int]:
        """What of a service's share is earned, and what remains of it."""
        row, hung = self.services[key], self._hung(key)
        ended = row["ended"]
        until = min(self.day, ended or self.day)
        starts: Counter[Any] = Counter()
        unknown, whole, bound = 0, 1, True
        if hung is None:
            starts[self._group(row["started"] or date.fromisoformat(row["starts"]), ())] = 1
        else:
            line = self.lines[hung]
            whole, bound = line.quantity, not line.terms["cancellable"]
            for one in line.gone:
                begin = one.delivered or self._expected(one)
                if row["started"] and (one.opening or one.shipped <= row["started"]):
                    begin = row["started"]
                elif one.opening:
                    unknown += 1
                    continue
                starts[self._group(begin, _served(one.trips, row["started"]))] += 1
            for one in (*line.held, *line.back):
                served = _served(one.trips, row["started"])
                if served:
                    starts[self._group(date.min, served)] += 1
        first, earned, gone_left, days_begun = unknown, 0, 0, {}
        for (start, begin, served), count in sorted(starts.items(), key=_as_they_went):
            # What began on one day is rounded together, be it that some came back since.
            base = days_begun.setdefault(start, first)
            low, high = (share * piece // whole - share * base // whole
                         for piece in (first, first + count))
            first += count
            months = row["term_months"]
            term = (_months_later(start, months) - start).days
            spans = [*served, *([] if begin == date.min else [(begin, date.max)])]
            days = sum(max(0, (min(last, until) - since).days) for since, last in spans)
            own = high * min(days, term) // term - low * min(days, term) // term
            earned += own
            gone_left += 0 if begin == date.min else high - low - own
        if ended:
            return earned, 0
        left = share - share * unknown // whole - earned
        return earned, left if bound else gone_left

    def _group(self, begin: date, served: tuple[tuple[date, date], ...]) -> tuple[Any, ...]:
        return served[0][0] if served else begin, begin, served

    def _expected(self, piece: Piece) -> date:
        """The Friday of the week in which a piece left, without transit, or the day itself."""
        assert piece.shipped is not None
        friday = piece.shipped + timedelta(days=4 - piece.shipped.weekday())
        return max(self.day, friday)


def _as_they_went(group: tuple[tuple[Any, ...], int]) -> tuple[Any, ...]:
    """Pieces that were away first come first, and of these those that were back first."""
    (_, begin, served), _ = group
    return (*served, (date.max if begin == date.min else begin, date.max))


def _served(trips: tuple[Trip, ...], started: date | None) -> tuple[tuple[date, date], ...]:
    """The days of trips on which a service ran that, if anybody said so, started on a day."""
    found = []
    for left, arrived, back in trips:
        ran = (started if started is not None and (left is None or left <= started) else arrived)
        if ran is not None and (back - ran).days > 0:
            found.append((ran, back))
    return tuple(found)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
