"""
What a customer can be told of an order line: dates, what is awaited, what they could change.

It names no other customer, no other order, no supplier, no part number and no money.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from headgate.base.calendar import friday_of_bucket
from headgate.book import Book
from headgate.explain.allowance import Limits
from headgate.explain.customer_options import CustomerOption, customer_options
from headgate.explain.kernels import REASON_CODES
from headgate.explain.limiting import last_of_set, reasons_of
from headgate.explain.reasons import Ground
from headgate.planner.allocate import Allocation
from headgate.planner.policy import Policy
from headgate.planner.promise import STATUSES, promise
from headgate.planner.usage import hours_used

MOST_SHIPMENTS = 6
"""Above so many weeks of arrival only the first and the last are told."""
KINDS = {"component": "a component", "server": "a server", "rack": "a rack",
         "service": "a service", "other": "a part"}
AWAITED = {
    "restriction": "What was ordered must not be delivered under the rules that apply to it.",
    "lane": "We have no way to ship to this region from the site that the order names.",
    "lead_time": "Building and shipping take longer than there was time until the requested date.",
    "window": "The dates that the order allows rule the requested week out.",
    "horizon": "Its date lies beyond the weeks that are planned so far.",
    "unprofitable": "It is not in the plan at present.",
    "frozen": "What could make it sooner is promised already.",
    "quota": "It waits for its share of what is scarce.",
    "ship_set": "It is delivered together with other lines, which come later.",
}
"""What is told of a reason that waits for no part."""
NOT_SOONER = "An earlier date is not in the plan at present."
NOTHING_MISSING = "Nothing that it needs is missing: all of it could be there by {}, once it is " \
                  "planned anew."
"""What is told where the plan passed over what it leaves itself, and that would be in time."""
COULD_BE_THERE = "All of it could be there by {}, once it is planned anew."
"""The same where that would be sooner, but not in time."""
NOT_THE_REST = "The rest of it is not in the plan at present."


@dataclass(frozen=True, slots=True)
class Arrival:
    """Pieces that arrive together, by the Friday of their week."""

    promised_on: date
    quantity: int


@dataclass(frozen=True, slots=True)
class CustomerAnswer:
    """
    What can be sent to a customer about an order line.

    item     : how the item ordered is called
    arrivals : what is promised, by week
    awaited  : what it waits for, a sentence; None when it is on time
    options  : what would bring it sooner and is the customer's to decide, planned with
    """

    order_id: str
    line_no: int
    item: str
    status: str
    open_quantity: int
    requested_on: date
    promised_on: date | None
    arrivals: tuple[Arrival, ...]
    awaited: str | None
    options: tuple[CustomerOption, ...]

    def text(self) -> str:
        """The answer in prose."""
        head = (f"Order {self.order_id}, line {self.line_no}: {self.open_quantity:,} x "
                f"{self.item}, requested for {self.requested_on}.")
        sentences = [head, self._promise()]
        if self.awaited:
            sentences.append(self.awaited)
        if self.options:
            choices = "; ".join(option.text() for option in self.options)
            sentences.append(f"What could be sooner, if it suits you: {choices}.")
        return " ".join(sentences)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; dates as ISO text."""
        return {
            "order_id": self.order_id, "line_no": self.line_no, "item": self.item,
            "status": self.status, "open_quantity": self.open_quantity,
            "requested_on": self.requested_on.isoformat(),
            "promised_on": None if self.promised_on is None else self.promised_on.isoformat(),
            "arrivals": [{"promised_on": one.promised_on.isoformat(), "quantity": one.quantity}
                         for one in self.arrivals],
            "awaited": self.awaited, "options": [option.as_dict() for option in self.options],
            "text": self.text()}

    def _promise(self) -> str:
        if self.status == "shipped":
            return "Everything has been shipped."
        if not self.arrivals:
            return "We cannot promise a date yet."
        promised = sum(one.quantity for one in self.arrivals)
        if len(self.arrivals) == 1 and promised == self.open_quantity:
            return f"All of it is promised for {self.promised_on}."
        shown = self.arrivals if len(self.arrivals) <= MOST_SHIPMENTS else (
            self.arrivals[0], Arrival(self.arrivals[-1].promised_on,
                                      promised - self.arrivals[0].quantity))
        dates = ", ".join(f"{one.quantity:,} by {one.promised_on}" for one in shown)
        rest = self.open_quantity - promised
        more = f"; {rest:,} of it {'has' if rest == 1 else 'have'} no date yet" if rest else ""
        return f"We promise {dates}{more}."


def tell_customer(book: Book, policy: Policy, allocation: Allocation, line: int) -> CustomerAnswer:
    """What the customer of a line can be told."""
    promises = promise(book, allocation)
    status = STATUSES[promises.status[line]]
    row = book.tables.frames["orders"].row(int(book.lines.source_row[line]), named=True)
    plain = _Plain(book, row["customer_id"], row["order_id"])
    as_of, last = book.settings.as_of, int(promises.last[line])
    awaited: str | None = None
    options: tuple[CustomerOption, ...] = ()
    if status not in ("on_time", "shipped"):
        ground = Ground.of(book, allocation, hours_used(book, allocation))
        awaited = _awaited(ground, policy, line, plain)
        if last >= 0 and awaited == AWAITED["unprofitable"]:
            awaited = NOT_SOONER if status == "late" else NOT_THE_REST
        if (row["ship_set"] is not None and awaited != AWAITED["ship_set"]
                and last_of_set(ground, line)[0] != line):
            awaited = f"{awaited} {AWAITED['ship_set']}"
        sooner = customer_options(ground, policy, Limits.of(ground, policy), line, last,
                                  int(promises.pieces[line]), plain.item)
        options, free = sooner.options, sooner.as_it_is
        if free is not None:
            when = friday_of_bucket(free, as_of)
            awaited = (NOTHING_MISSING.format(when) if free <= book.lines.requested[line] else
                       f"{awaited} {COULD_BE_THERE.format(when)}")
    first, end = int(allocation.ptr[line]), int(allocation.ptr[line + 1])
    pieces: dict[int, int] = {}
    for place in range(first, end):
        bucket = int(promises.arrival[place])
        pieces[bucket] = pieces.get(bucket, 0) + int(allocation.quantity[place])
    return CustomerAnswer(
        row["order_id"], row["line_no"], plain.item(row["item_id"]), status,
        int(book.lines.open[line]), row["requested_on"],
        friday_of_bucket(last, as_of) if last >= 0 else None,
        tuple(Arrival(friday_of_bucket(bucket, as_of), pieces[bucket])
              for bucket in sorted(pieces)), awaited, options)


def _awaited(ground: Ground, policy: Policy, line: int, plain: _Plain) -> str:
    """What a line waits for, without naming who else waits or has it."""
    book, found = ground.book, reasons_of(ground, policy, np.array([line], dtype=np.int32))
    reason, kind = REASON_CODES[found.code[0]], int(found.kind[0])
    if reason in AWAITED:
        return AWAITED[reason]
    if kind == 2:
        return "It waits for its turn in production."
    if kind == 1:
        part = int(found.index[0])
        if part == int(book.lines.item[line]):
            return "It waits for supply of the item itself, which is scarce."
        return f"It waits for {plain.part(book.items.ids[part])}, which is scarce."
    return "It waits for supply."


class _Plain:
    """Names of items in words that tell a customer nothing about others."""

    def __init__(self, book: Book, customer_id: str, order_id: str) -> None:
        frames = book.tables.frames
        self.rows = {row["item_id"]: row for row in frames["items"].select(
            "item_id", "description", "family", "kind").iter_rows(named=True)}
        orders = frames["orders"]
        names = (*orders["customer_id"].unique().drop_nulls().to_list(),
                 *orders["order_id"].unique().to_list(),
                 *frames["supply"]["supplier"].unique().drop_nulls().to_list(),
                 *frames["supply"]["reference"].unique().drop_nulls().to_list())
        self.secret = {_words(name) for name in names if name not in (customer_id, order_id)}
        self.longest = max((len(name) for name in self.secret), default=0)

    def item(self, item_id: str) -> str:
        """How an item that is sold is called: its id, and its description if that is harmless."""
        described = self.rows[item_id]["description"]
        return f"{item_id} ({described})" if described and self._harmless(described) else item_id

    def part(self, item_id: str) -> str:
        """How a part is called: by its description, else its family, else its kind."""
        row = self.rows[item_id]
        for name in (row["description"], row["family"]):
            if name and item_id.casefold() not in name.casefold() and self._harmless(name):
                return str(name)
        return KINDS.get(row["kind"], "a part")

    def _harmless(self, text: str) -> bool:
        """Whether a text names no other customer, order, supplier or purchase order, nor money."""
        if re.search(r"[$€£¥]|\b(usd|eur|gbp|jpy|cny)\b", text, re.IGNORECASE):
            return False
        words = _words(text)
        starts = [0, *(found.end() for found in re.finditer(" ", words))]
        ends = [*(found.start() for found in re.finditer(" ", words)), len(words)]
        return not any(words[start:end] in self.secret for start in starts for end in ends
                       if 0 < end - start <= self.longest)


def _words(text: str) -> str:
    """A text in small letters, its words with one blank between them."""
    return " ".join(re.findall(r"\w+", text.casefold()))
