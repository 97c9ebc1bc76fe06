"""Revenue, cost and margin of a plan, by fiscal quarter, down to the order line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError
from headgate.base.periods import Period
from headgate.book import Book
from headgate.finance.contracted import contracted
from headgate.finance.contracts import Allocated, Obligations
from headgate.finance.exchange import Exchange, day_number
from headgate.finance.held_pieces import held_pieces
from headgate.finance.past import Past, with_past
from headgate.finance.quarters import Quarters, quarters_until
from headgate.finance.recognition import (
    Hardware,
    Service,
    elsewhere_of,
    hardware_of,
    last_day_of,
    services_of,
)
from headgate.finance.reconciliation import beyond_rounding, price_of, price_walk, reconcile
from headgate.finance.services import Starts, starts_of
from headgate.finance.shipments import Costs, Shipments, costs_of, shipments_of
from headgate.finance.under_way import Before
from headgate.planner.allocate import Allocation
from headgate.planner.carried import carried
from headgate.planner.policy import Policy
from headgate.planner.promise import dates_or_blank
from headgate.tables.revenue_schema import ENTRIES, MARGINS

Longs = NDArray[np.int64]

DIMENSIONS: dict[str, str] = {
    "customer": "customer_id", "segment": "segment", "product": "item_id", "family": "family",
    "region": "region"}
"""What revenue can be told by, and the column of each."""
SUMS = ("revenue_cents", "cost_cents", "margin_cents")


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What a revenue was worked out from, for whoever asks further; see the classes' own words.

    before    : pieces shipped before the plan
    held      : the table `bill_and_hold`
    shipments : what the plan sends; of their `pieces` those that bill-and-hold has recognised are
                left out, and so is what they cost
    """

    book: Book
    exchange: Exchange
    obligations: Obligations
    allocated: Allocated
    before: Before
    starts: Starts
    quarters: Quarters
    shipments: Shipments
    hardware: Hardware
    service: Service
    costs: Costs
    allocation: Allocation
    held: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Revenue:
    """
    What a plan recognises, when, and what it costs. Amounts are cents of the book's currency.

    currency       : the book's
    fiscal_year_end : the book's rule
    quarters       : the fiscal quarters in which anything is recognised, from that of as_of on
    entries        : the table `revenue`: a row for each shipment, and each service and quarter
    reconciliation : from the plan's value to the margin
    price_walk     : from the price of all contracts to the revenue
    beyond_cents   : by how much its rounding is more than rounding can make; 0 if all is right
    facts          : what it was worked out from
    """

    currency: str
    fiscal_year_end: str
    quarters: tuple[Period, ...]
    entries: pl.DataFrame
    reconciliation: pl.DataFrame
    price_walk: pl.DataFrame
    beyond_cents: int
    facts: Facts

    @property
    def walk_holds(self) -> bool:
        """Whether the parts of the walk come to the price of the contracts."""
        return self.beyond_cents == 0

    @property
    def totals(self) -> dict[str, int]:
        """Revenue, cost and margin of everything that the plan recognises, in cents."""
        return {name: int(self.entries[name].sum()) for name in SUMS}

    def by(self, *dimensions: str) -> pl.DataFrame:
        """
        Revenue, cost and margin by one or several of: line, quarter, and those of DIMENSIONS.

        returns : the columns asked for, `quantity` (hardware pieces) and the sums; rows in the
                  order of the former, quarters in time
        raises ValueError : another dimension
        """
        columns: list[str] = []
        for name in dimensions:
            if name not in ("line", "quarter", *DIMENSIONS):
                raise ValueError(f"{name!r} is none of line, quarter, {', '.join(DIMENSIONS)}")
            columns += (["order_id", "line_no"] if name == "line" else
                        ["quarter"] if name == "quarter" else [DIMENSIONS[name]])
        return _by(self._counted(), columns, self.quarters)

    def _counted(self) -> pl.LazyFrame:
        """The entries, with hardware pieces alone in `quantity`."""
        pieces = pl.when(pl.col("kind") == "hardware").then("quantity").otherwise(0)
        return self.entries.lazy().with_columns(quantity=pieces)

    def margins(self) -> pl.DataFrame:
        """The table `margins`: by quarter, over all and by each of DIMENSIONS."""
        # One pass over all entries; what is left is small enough to be gone over again and again.
        cells = _sums(self._counted(), [*DIMENSIONS.values(), "quarter"])
        parts = [_by(cells, ["quarter"], self.quarters).with_columns(
            by=pl.lit("all"), name=pl.lit(None, pl.String))]
        parts += [_by(cells, [column, "quarter"], self.quarters).rename({column: "name"})
                  .with_columns(by=pl.lit(name)) for name, column in DIMENSIONS.items()]
        return pl.concat([part.select(MARGINS.names) for part in parts])


def revenue_of(book: Book, policy: Policy, allocation: Allocation, value: Mapping[str, int],
               stated_prices: bool = False, progress: pl.DataFrame | None = None,
               past: Past | None = None, held: pl.DataFrame | None = None) -> Revenue:
    """
    The revenue, cost and margin of a plan.

    value         : the figures `value` of the plan's summary
    stated_prices : stated prices stand for standalone prices that are missing
    progress      : what was shipped, delivered and accepted before, with the columns of
                    `headgate.tables.progress_schema.PROGRESS`; None: the book's shipped
                    pieces count as recognised
    past          : lines and services that have left the book
    held          : what is billed and held, with the columns of
                    `headgate.finance.bill_and_hold.HELD`: with all four criteria it is recognised
                    before the plan
    raises IssuesError : a standalone price is missing that the split of a contract needs; columns
                         of the progress are missing; the record does not fit the book
    """
    wide = with_past(book, past)
    if wide is not book:
        book, allocation = wide, carried(allocation, book, wide)
    contracts = contracted(book, stated_prices, progress, held, past)
    exchange, before, obligations, allocated = (
        contracts.exchange, contracts.before, contracts.obligations, contracts.allocated)
    shipments = shipments_of(book, allocation, before)
    starts = starts_of(obligations, shipments, before, contracts.told)
    quarters = quarters_until(book.settings.fiscal_year_end, book.settings.as_of,
                              last_day_of(shipments, starts))
    hardware = hardware_of(book, obligations, allocated, exchange, shipments, before)
    service, elapsed = services_of(book, obligations, allocated, exchange, starts, quarters)
    costs = costs_of(book, policy, allocation, shipments)
    facts = Facts(book, exchange, obligations, allocated, before, starts, quarters,
                  replace(shipments, pieces=shipments.pieces - hardware.held), hardware, service,
                  costs.without(hardware.held, shipments.pieces), allocation,
                  held_pieces(contracts))
    place = np.concatenate([quarters.place(shipments.due), service.quarter])
    used = range(int(place.max(initial=0)) + 1)
    names = pl.Series(quarters.names, dtype=pl.String).gather(pl.Series(place))
    entries = _entries(facts, names)
    elsewhere = elsewhere_of(book, obligations, allocated, exchange, shipments, before, starts,
                             elapsed)
    price = price_of(obligations, exchange, day_number(book.settings.as_of))
    walk = price_walk(price, elsewhere, shipments, hardware, service)
    return Revenue(
        book.settings.currency, book.settings.fiscal_year_end,
        tuple(quarters.periods[k] for k in used), entries,
        reconcile(book, value, shipments, hardware, service, costs, facts.costs), walk,
        beyond_rounding(walk, obligations, allocated, shipments, starts,
                        bool(hardware.held.any())), facts)


def _entries(facts: Facts, quarter: pl.Series) -> pl.DataFrame:
    """The table `revenue`, hardware and services together, in the order of its key."""
    book, obligations, service = facts.book, facts.obligations, facts.service
    shipments, hardware, costs = facts.shipments, facts.hardware, facts.costs
    obligation = np.concatenate([shipments.line, service.service])
    count = len(shipments)
    # Shipments and services stand in order among themselves; numbers merge faster than texts.
    order = np.argsort(obligations.places[obligation], kind="stable")
    obligation, quarter = obligation[order], quarter.gather(pl.Series(order))
    line, there = obligations.line[obligation], order < count

    def both(hardware_cents: NDArray[Any], service_cents: Longs | int = 0) -> NDArray[Any]:
        rest = np.broadcast_to(service_cents, len(order) - count)
        return np.concatenate([hardware_cents, rest])[order]

    orders = book.tables.frames["orders"][pl.Series(book.lines.source_row)].select(
        "customer_id", "segment", "region")
    ids = pl.concat([obligations.line_ids, obligations.service_ids])
    family = pl.Series([None] * len(book.items), dtype=pl.String).to_list()
    for name, of_item in book.tables.frames["items"].select("item_id", "family").iter_rows():
        family[book.items.index(name)] = of_item
    ship, arrive = both(shipments.ship), both(shipments.arrive)
    planned = both(shipments.planned, False)
    sent_from = book.sites.names(np.where(there, both(shipments.site), -1))
    item = obligations.item[obligation]
    frame = ids[pl.Series(obligation)].with_columns(
        kind=pl.when(pl.Series(there)).then(pl.lit("hardware")).otherwise(pl.lit("service")),
        contract_id=obligations.names.gather(pl.Series(obligations.contract[obligation])),
        **{name: orders[name].gather(pl.Series(line)) for name in (
            "customer_id", "segment", "region")},
        item_id=book.items.names(item),
        family=pl.Series(family, dtype=pl.String).gather(pl.Series(item)),
        quarter=quarter,
        recognised_on=pl.Series(both(shipments.due, service.last_day)).cast(pl.Int32).cast(pl.Date),
        site_id=sent_from, ship_on=dates_or_blank(book, ship, planned),
        arrive_on=dates_or_blank(book, arrive, there),
        quantity=both(shipments.pieces, service.pieces),
        price_cents=both(hardware.price, service.price), penalty_cents=both(hardware.penalty),
        standard_cents=both(costs.standard, service.cost), variance_cents=both(costs.variance),
        substitution_cents=both(costs.substitution), lane_cents=both(costs.lane),
        excess_cents=both(hardware.excess),
        parts_cents=pl.when(pl.Series(planned)).then(pl.Series(both(costs.parts))))
    frame = frame.with_columns(
        revenue_cents=pl.col("price_cents") - pl.col("penalty_cents"),
        cost_cents=pl.sum_horizontal("standard_cents", "variance_cents", "substitution_cents",
                                     "lane_cents", "excess_cents"))
    frame = frame.with_columns(margin_cents=pl.col("revenue_cents") - pl.col("cost_cents"))
    # A shipment of which bill-and-hold has recognised every piece brings nothing any more.
    return frame.filter((pl.col("kind") == "service") | (pl.col("quantity") != 0)).select(
        ENTRIES.names)


def _by(rows: pl.DataFrame | pl.LazyFrame, columns: list[str],
        quarters: tuple[Period, ...]) -> pl.DataFrame:
    """Sums of the rows by some columns, in their order; quarters in time."""
    sums = _sums(rows, columns)
    place = {period.name: k for k, period in enumerate(quarters)}
    return sums.sort([pl.col(name).replace_strict(place, return_dtype=pl.Int64)
                      if name == "quarter" else pl.col(name) for name in columns])


def _sums(rows: pl.DataFrame | pl.LazyFrame, columns: list[str]) -> pl.DataFrame:
    """Sums of the rows by some columns, in no order."""
    return rows.lazy().group_by(columns).agg(pl.col("quantity", *SUMS).sum()).collect()


def refuse_other_money(a: Revenue, b: Revenue) -> None:
    """Raises IssuesError where two revenues cannot be held against each other."""
    issues = [Issue(f"plan.{name}.other", "error", "headgate.toml",
                    f"must be the same in both books; the other has {getattr(b, name)}", None,
                    name, str(getattr(a, name)))
              for name in ("currency", "fiscal_year_end") if getattr(a, name) != getattr(b, name)]
    if issues:
        raise IssuesError(issues, "nothing was compared")
