"""A quote: what can be promised, when, from where, and what else there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from headgate.base.issue import Issue
from headgate.base.wording import reason_text
from headgate.quoting.requests import Request

MODES = {"atp": "what is uncommitted of the finished item itself",
         "ctp": "what can be built from parts and hours that no line of the plan uses",
         "ptp": "what can be built from parts and hours that no line of the plan uses, or that "
                "lines have which lose less than the request gains"}

STOCK = "stock"
"""The reason that only "atp" has: building might do, but so much of the item is not there."""
BASKET = "basket"
"""The reason of an item of a basket that waits for others, or for what those before it take."""
NO_DAY = ("No day was asked for, so they give way only for what cannot be had otherwise, as late "
          "as the plan goes; --by asks for a day.")
"""What is said where lines give way to whoever is in no haste."""
UNDATED = {
    "window": "no piece can arrive by its latest day",
    "horizon": "the planned weeks end before it can arrive",
    "lead_time": "the planned weeks end before it can arrive",
    "part": "what comes in the planned weeks is too little",
    "capacity": "the hours of the planned weeks are too few",
    "frozen": "pins and frozen promises hold what it lacks",
    "quota": "a quota leaves it too few pieces",
    "outbid": "other orders hold what it lacks",
}
"""What a reason means where no day was asked for, so that nothing can be on time or late."""
LATER = UNDATED | {"part": "the supply comes too late", "capacity": "the hours are too few"}
"""What it means where lead time rules out the day asked for, and it the days after that."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """Pieces that leave a site in a week; `promised_on` is the Friday of the arrival week."""

    item_id: str
    site_id: str
    ship_on: date
    arrive_on: date
    promised_on: date
    quantity: int


@dataclass(frozen=True, slots=True)
class Draw:
    """Pieces drawn in a week; `reserved_for` is the customer whom they were kept for."""

    item_id: str
    site_id: str
    drawn_on: date
    reserved_for: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Work:
    """Hours of a resource in a week, in millionths; hours without limit are counted, too."""

    resource_id: str
    site_id: str
    worked_on: date
    hours_micro: int


@dataclass(frozen=True, slots=True)
class Counted:
    """
    Pieces that count on a quota in a week: of a cap that of the shipment, of a reservation that of
    the draw. permit is named as in the table `prices`.
    """

    permit: str
    counted_on: date
    quantity: int


class Takes(Protocol):
    """Whatever takes pieces, hours and permits from what a plan leaves: a quote, or a hold."""

    @property
    def draws(self) -> tuple[Draw, ...]:
        """Pieces."""

    @property
    def work(self) -> tuple[Work, ...]:
        """Hours."""

    @property
    def counted(self) -> tuple[Counted, ...]:
        """Permits of quotas."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Pieces, hours and permits of quotas that are taken from what a plan leaves."""

    draws: tuple[Draw, ...] = ()
    work: tuple[Work, ...] = ()
    counted: tuple[Counted, ...] = ()

    @classmethod
    def together(cls, parts: Iterable[Takes]) -> Taken:
        """What several quotes, holds and the like take together."""
        found = list(parts)
        return cls(tuple(draw for one in found for draw in one.draws),
                   tuple(work for one in found for work in one.work),
                   tuple(part for one in found for part in one.counted))


NOTHING_TAKEN = Taken()


@dataclass(frozen=True, slots=True)
class Alternative:
    """
    What else could be said to the customer.

    mode        : "ctp" or "atp": under "ptp", too, nobody gives way for it
    kind        : "complete" all in one week; "partial" as it comes; "by_date" what arrives by the
                  requested week; "site" all from one site; "item" all of an accepted item
    name        : the site or item of the last two
    quantity    : pieces
    promised_on : Friday of the week in which the last of them arrives; None: nothing
    """

    kind: str
    name: str | None
    quantity: int
    promised_on: date | None
    mode: str = "ctp"


@dataclass(frozen=True, slots=True)
class Displaced:
    """
    An order line that would give way.

    quantity      : pieces that had a date; promised_on : the Friday by which all of them arrived
    new_quantity  : pieces that have one after
    new_promised_on : the Friday by which as many arrive then, or the last of those that are left;
                    None: it has no date any more
    days          : from the old date to the new one; None when fewer pieces have one
    lost_cents    : what it loses of its value, late cost included
    moved_cents   : what `[policy.replan]` charges for moving its promise, as a re-plan does; no
                    part of its value
    later_quantity : pieces that arrive later than they did, or not any more; the date may stay, as
                    that of the last piece
    """

    order_id: str
    line_no: int
    customer_id: str | None
    quantity: int
    promised_on: date
    new_quantity: int
    new_promised_on: date | None
    days: int | None
    lost_cents: int
    moved_cents: int = 0
    later_quantity: int = 0

    @property
    def by(self) -> str:
        """
        What it loses by, in a word or two.

        A line may keep its dates and its pieces, or come earlier, and lose all the same, as what it
        is made from or its freight costs more; and one may gain, by what is given back in the end.
        """
        if self.new_promised_on is None:
            return "no date"
        if self.new_quantity < self.quantity:
            return "fewer pieces"
        if self.days and self.days > 0:
            return "later"
        if self.later_quantity:
            return f"{self.later_quantity:,} later"
        if self.lost_cents > 0:
            return "dearer supply"
        return "earlier" if self.days else "other supply"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; dates as ISO text."""
        return plain_part(self) | {"by": self.by}


@dataclass(frozen=True, slots=True)
class Giving:
    """
    The order lines that would give way to all that is asked for together.

    displaced : those lines, those first that lose most
    change    : what they would take then, less what they take
    """

    displaced: tuple[Displaced, ...] = ()
    change: Taken = NOTHING_TAKEN

    @property
    def lost_cents(self) -> int:
        """What they lose together."""
        return sum(one.lost_cents for one in self.displaced)

    @property
    def moved_cents(self) -> int:
        """What the policy charges for moving their promises, together."""
        return sum(one.moved_cents for one in self.displaced)

    @property
    def cost_cents(self) -> int:
        """What they lose, and what the policy charges for moving them."""
        return self.lost_cents + self.moved_cents

    def sentences(self, gained_cents: int, who: str = "request",
                  customer: str | None = None) -> list[str]:
        """
        What that costs and brings; none where nobody gives way.

        who : that gains by it; customer : for whom it is asked
        """
        if not self.displaced:
            return []
        count, lost = len(self.displaced), self.lost_cents
        said = [f"{count:,} order line{'s' if count > 1 else ''} would give way and "
                f"lose {lost / 100:,.2f} of value; the {who} gains {gained_cents / 100:,.2f} by "
                f"it, {(gained_cents - lost) / 100:,.2f} net."]
        own = sum(one.customer_id == customer for one in self.displaced) if customer else 0
        if own:
            said.append(f"Of these lines {own:,} {'is' if own == 1 else 'are'} of {customer}, who "
                        "asks.")
        if self.moved_cents:
            said.append(f"The policy charges {self.moved_cents / 100:,.2f} for moving promises, "
                        "which is less than that.")
        return said


NOBODY = Giving()


@dataclass(frozen=True, slots=True)
class Quote:
    """
    The answer to a request.

    promised_on : Friday of the week in which all that was asked for has arrived; None: not all
    draws, work, counted : the pieces and hours that it would take, and what counts on quotas
    displaced   : under "ptp" the lines that would give way, those first that lose most
    gained_cents : what the request gains by that, beyond what it would get in mode "ctp"; 0 where
                  nobody gives way. Who gives way to an item of a basket is told with the basket,
                  and what it draws dearer or cheaper then counts, though nobody may give way to it
    reason, binding_* : why the requested week cannot be met, or without one not all be had, as in
                  the `promises` table, under "atp" `stock`, and `basket` for an item that waits for
                  others of a complete basket; None when it is met. `lead_time`
                  only where all can be had as soon as that allows: else what binds the date that is
                  promised, or that there is none
    price_cents : the unit price that counted under "ptp", that of the request or else the lowest of
                  the item's open lines; None in other modes
    earliest_on : the Friday by which lead time and transit end, where they rule the requested week
                  out and something else binds the date; None else
    warnings    : days of the request that are over, and the segment or customer that the book does
                  not know
    """

    request: Request
    mode: str
    quantity: int
    promised_on: date | None
    shipments: tuple[Shipment, ...]
    draws: tuple[Draw, ...]
    alternatives: tuple[Alternative, ...]
    reason: str | None = None
    binding_kind: str | None = None
    binding_id: str | None = None
    binding_site_id: str | None = None
    binding_on: date | None = None
    work: tuple[Work, ...] = ()
    counted: tuple[Counted, ...] = ()
    displaced: tuple[Displaced, ...] = ()
    gained_cents: int = 0
    warnings: tuple[Issue, ...] = ()
    earliest_on: date | None = None
    price_cents: int | None = None

    @property
    def lost_cents(self) -> int:
        """What the displaced lines lose together."""
        return Giving(self.displaced).lost_cents

    @property
    def moved_cents(self) -> int:
        """What the policy charges for moving their promises, together."""
        return Giving(self.displaced).moved_cents

    def pins(self, order_id: str, line_no: int) -> list[dict[str, Any]]:
        """
        Rows of the table `pins` that hold what was quoted for an order line made of it: with them a
        re-plan places the line before all others, and who was to give way does.

        raises ValueError : an accepted item is sent, which no pin can hold
        """
        if any(part.item_id != self.request.item_id for part in self.shipments):
            raise ValueError("an accepted item is sent, which no pin can hold; quote that item")
        return [{"order_id": order_id, "line_no": line_no, "site_id": site_id, "ship_on": ship_on,
                 "quantity": pieces, "reason": f"quoted by {self.mode}"}
                for (site_id, ship_on), pieces in sorted(
                    shipped_from(self.shipments).items(), key=lambda one: (one[0][1], one[0][0]))]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; dates as ISO text."""
        plain: dict[str, Any] = {"request": self.request.as_dict()}
        for name in self.__slots__[1:]:
            value = getattr(self, name)
            plain[name] = [plain_part(part) for part in value] if isinstance(value, tuple) else (
                value.isoformat() if isinstance(value, date) else value)
        return plain | {"displaced": [one.as_dict() for one in self.displaced]}

    def text(self) -> str:
        """The answer in prose."""
        asked = self.request
        name = f"{asked.quantity:,} x {asked.item_id} to {asked.region}"
        if not self.quantity:
            said = f"{name}: nothing can be promised"
        elif self.promised_on is None:
            said = f"{name}: only {self.quantity:,} can be promised, the last by " \
                   f"{max(part.promised_on for part in self.shipments)}"
        else:
            said = f"{name}: all by {self.promised_on}"
        sentences = [f"{said} ({self.mode}: {MODES[self.mode]})."]
        sentences += Giving(self.displaced).sentences(self.gained_cents,
                                                      customer=asked.customer_id)
        if self.displaced and self.request.requested_on is None:
            sentences.append(NO_DAY)
        if self.displaced or self.reason is not None:
            sentences.extend(self.price_sentences())
        if self.reason is not None:
            sentences.append(self._reason_text())
        return " ".join(sentences)

    def _reason_text(self) -> str:
        """The reason as one sentence."""
        if self.reason == BASKET:
            return "It comes in one week with the other items of the basket."
        if self.reason == STOCK:
            return ("No more of the finished item itself is uncommitted"
                    f"{'' if self.request.requested_on is None else ' in time'}; --mode ctp tells "
                    f"what can be built.{self._never_possible()}")
        undated = self.request.requested_on is None
        words = UNDATED if undated else LATER if self.earliest_on is not None else {}
        told = reason_text(str(self.reason), self.binding_kind, self.binding_id,
                           self.binding_site_id, self.binding_on, words.get(str(self.reason)))
        return told + self._never_possible()

    def price_sentences(self) -> list[str]:
        """At which price lines were asked to give way, where the request has none of its own."""
        if self.price_cents is None or self.request.unit_price is not None:
            return []
        if not self.price_cents:
            return ["No price is given and no open line has one, so nobody gives way; --price sets "
                    "one."]
        return [f"It counts at a unit price of {self.price_cents / 100:,.2f}, the lowest of the "
                "item's open lines, as none is given; --price sets another."]

    def _never_possible(self) -> str:
        """That the requested week was out of reach for a reason of its own."""
        if self.earliest_on is None:
            return ""
        return (" The week asked for was out of reach anyhow: even alone and with all parts there, "
                f"lead time and transit end by {self.earliest_on} at the earliest.")


def shipped_from(shipments: Iterable[Shipment]) -> dict[tuple[str, date], int]:
    """Pieces of shipments by site and ship week, as pins hold them."""
    held: dict[tuple[str, date], int] = {}
    for part in shipments:
        key = part.site_id, part.ship_on
        held[key] = held.get(key, 0) + part.quantity
    return held


def plain_part(part: Any) -> dict[str, Any]:
    """The fields of a part of an answer; dates as ISO text."""
    return {name: value.isoformat() if isinstance(value := getattr(part, name), date) else value
            for name in part.__slots__}
