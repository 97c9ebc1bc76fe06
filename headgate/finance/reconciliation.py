"""From the value of a plan to its margin, and from the price of contracts to its revenue."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from headgate.base.money import exact_dot
from headgate.book import Book
from headgate.finance.contracts import Allocated, Obligations
from headgate.finance.exchange import Exchange
from headgate.finance.recognition import Elsewhere, Hardware, Service
from headgate.finance.services import Starts
from headgate.finance.shipments import Costs, Shipments
from headgate.tables.revenue_schema import PRICE_WALK, RECONCILIATION

STEPS: dict[str, str] = {
    "price": "price of the delivered pieces, as stated, at the rates of as_of",
    "split": "what the split of contract prices by standalone prices moves to hardware from "
             "services, from or to pieces that are not in the plan; and rounding",
    "exchange": "rates of the days of recognition instead of those of as_of; and rounding",
    "late_penalty": "contractual late penalties of planned lateness",
    "late_rate": "late_rate: no contract asks for it, so that it is no revenue",
    "not_delivered": "the late cost of what the plan does not deliver",
    "standard_cost": "standard cost of the items sent",
    "purchase_price": "purchase price variance: the very supply rows pegged, less standard cost",
    "substitution": "substitutes: extra_cost in the plan; the standard cost of what was drawn "
                    "less that of what was called for in the margin",
    "lane": "freight",
    "bill_and_hold": "price less cost of the pieces that bill-and-hold has recognised before the "
                     "plan, which sends them",
    "under_way": "pieces that had left before the plan and are recognised later, at standard cost",
    "services": "services over their term: revenue less standard cost",
    "total": "value of the plan; margin",
}
"""The rows of the reconciliation, in order."""
WALK: dict[str, str] = {
    "contracts": "transaction price of every contract in the book, at the rates of as_of",
    "rounding": "the cents by which foreign amounts round otherwise in parts",
    "shipped": "pieces shipped before as_of and recognised by then",
    "bill_and_hold": "pieces billed and held by all four criteria: recognised before as_of",
    "begun": "services of pieces shipped before as_of: nothing says when they began",
    "elapsed": "days of services before as_of",
    "cancelled": "what cancelled services did not perform: no part of any contract any more",
    "undated": "pieces that the plan does not deliver",
    "undated_services": "services of such pieces",
    "exchange": "rates of the days of recognition instead of those of as_of",
    "late_penalty": "late penalties of planned lateness",
    "revenue": "revenue of the plan",
}
"""The rows of the walk from price to revenue, in order."""


def reconcile(book: Book, value: Mapping[str, int], shipments: Shipments, hardware: Hardware,
              service: Service, costs: Costs, kept: Costs) -> pl.DataFrame:
    """
    The table `reconciliation`: the plan's value and the margin beside each other, step by step.

    value       : the figures `value` of the plan's summary
    costs, kept : of everything that the plan sends, and without what bill-and-hold has recognised
    Every column sums to its last row: to `value_cents`, to the margin, to their difference.
    """
    lines = book.lines
    sent = shipments.planned
    line, pieces = shipments.line[sent], shipments.pieces[sent]
    price = exact_dot(pieces, lines.price_cents[line])
    weeks, of_week = shipments.late_weeks[sent], lines.penalty_cents[line]
    penalty = exact_dot(pieces * weeks, of_week)
    # A piece that the customer has bought and asked to be held is late to nobody.
    spared = exact_dot(hardware.held[sent] * weeks, of_week)
    held = int(hardware.held_price.sum())
    standard, lane = int(costs.standard[sent].sum()), int(costs.lane.sum())
    # The plan's own sum of extra costs is what its delivered value lacks of the rest.
    extra = price - standard - lane - value["delivered_cents"]
    brought = hardware.price - hardware.penalty - hardware.excess
    owed = int((hardware.penalty + hardware.excess)[sent].sum())
    at_once = int(hardware.price_as_of[sent].sum())
    then = int(hardware.price[sent].sum())
    cents = {
        "price": (price, price), "split": (0, at_once + held - price),
        "exchange": (0, then - at_once - (owed - penalty + spared)),
        "late_penalty": (-penalty, -penalty),
        "late_rate": (penalty - value["late_cents"], 0),
        "not_delivered": (-value["undelivered_cents"], 0),
        "standard_cost": (-standard, -standard),
        "purchase_price": (0, -int(costs.variance.sum())),
        "substitution": (-extra, -int(costs.substitution.sum())),
        "lane": (-lane, -lane),
        "bill_and_hold": (0, int((costs.full - kept.full).sum()) - held + spared),
        "under_way": (0, int((brought - costs.standard)[~sent].sum())),
        "services": (0, int(service.price.sum() - service.cost.sum())),
    }
    cents["total"] = (sum(a for a, _ in cents.values()), sum(b for _, b in cents.values()))
    return pl.DataFrame([(step, a, b, b - a, STEPS[step]) for step, (a, b) in cents.items()],
                        schema=RECONCILIATION.types, orient="row")


def price_walk(contracts_cents: int, elsewhere: Elsewhere, shipments: Shipments,
               hardware: Hardware, service: Service) -> pl.DataFrame:
    """
    The table `price_walk`: what of the transaction prices becomes the revenue of the plan.

    contracts_cents : the price of all contracts as they state it, see `price_of`
    The last row is the sum of those before it. What is told of the price in parts comes to it but
    for the rounding of foreign amounts, which has a row of its own: without any it is 0.
    """
    at_once = int(hardware.price_as_of.sum() + service.price_as_of.sum())
    then = int(hardware.price.sum() + service.price.sum())
    outside = {"shipped": elsewhere.shipped, "bill_and_hold": elsewhere.held,
               "begun": elsewhere.begun,
               "elapsed": elsewhere.elapsed, "cancelled": elsewhere.cancelled,
               "undated": elsewhere.undated,
               "undated_services": elsewhere.undated_services}
    cents = {"contracts": contracts_cents,
             "rounding": at_once + sum(outside.values()) - contracts_cents,
             **{step: -amount for step, amount in outside.items()},
             "exchange": then - at_once, "late_penalty": -int(np.sum(hardware.penalty))}
    cents["revenue"] = sum(cents.values())
    return pl.DataFrame([(step, amount, WALK[step]) for step, amount in cents.items()],
                        schema=PRICE_WALK.types, orient="row")


def price_of(obligations: Obligations, exchange: Exchange, as_of: int) -> int:
    """The price of all contracts as they state it, each currency converted as a whole."""
    stated = np.zeros(len(exchange.names), dtype=np.int64)
    np.add.at(stated, obligations.currency, obligations.stated_cents)
    return int(exchange.convert(stated, np.arange(len(stated)), np.full(len(stated), as_of)).sum())


def beyond_rounding(walk: pl.DataFrame, obligations: Obligations, allocated: Allocated,
                    shipments: Shipments, starts: Starts, held: bool = False) -> int:
    """
    By how many cents the row `rounding` of `price_walk` is more than rounding can make; 0 if right.

    Every part of a price in a foreign currency is rounded once: what is recognised before and what
    is not in the plan of each obligation, and each shipment and start of a service; and, where
    there are any, the pieces of each line that bill-and-hold has recognised.

    held : whether there are
    """
    foreign = allocated.obligation[allocated.currency > 0]
    parts = np.bincount(foreign, minlength=len(obligations))
    most = int((3 if held else 2) * parts.sum() + parts[shipments.line].sum()
               + 2 * parts[starts.service].sum())
    most += int((parts > 0).any())
    gap = walk.filter(pl.col("step") == "rounding")["cents"].item()
    return max(abs(int(gap)) - most, 0)
