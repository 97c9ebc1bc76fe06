"""Everything that is told of a plan's revenue, together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from headgate.finance.bridge import bridge
from headgate.finance.deferred import deferred
from headgate.finance.plain import plain
from headgate.finance.quarter_end import AtRisk, at_risk, quarter_end
from headgate.finance.recognised_walk import SoFar
from headgate.finance.revenue import Revenue
from headgate.finance.systems import systems

SCOPE = ("Not in it: leases (ASC 842), contracts by consumption and subscriptions other than "
         "service lines; bill-and-hold, unless a record states all four criteria "
         "(ASC 606-10-55-83; --bill-and-hold).")
"""What a revenue leaves out, said wherever it is shown."""


@dataclass(frozen=True, slots=True)
class RevenueStatement:
    """
    The revenue of a plan and what follows from it. Amounts are cents of the book's currency.

    revenue     : entries, sums and reconciliation
    quarter_end : the table of that name: what sits in the last two weeks of a quarter
    at_risk     : the same, a row for each quarter
    systems     : the table of that name: racks and GPU servers beside CPU servers
    bridge      : from another plan to this one; None when none was given
    before      : what the other plan recognises by quarter: a row for each quarter of either plan
                  with its revenue, cost and margin; None when none was given
    deferred    : deferred revenue by contract and quarter; None without billings
    so_far      : what was recognised before, of a ledger; None where none says
    held        : the table `bill_and_hold`; None where no record of it was given
    """

    revenue: Revenue
    quarter_end: pl.DataFrame
    at_risk: tuple[AtRisk, ...]
    systems: pl.DataFrame
    bridge: pl.DataFrame | None = None
    before: pl.DataFrame | None = None
    deferred: pl.DataFrame | None = None
    so_far: SoFar | None = None
    held: pl.DataFrame | None = None

    @property
    def totals(self) -> dict[str, int]:
        """Revenue, cost and margin of everything that the plan recognises, in cents."""
        return self.revenue.totals

    @property
    def entries(self) -> pl.DataFrame:
        """The table `revenue`: a row for each shipment, and each service line and quarter."""
        return self.revenue.entries

    @property
    def reconciliation(self) -> pl.DataFrame:
        """The table `reconciliation`: from the plan's value to the margin."""
        return self.revenue.reconciliation

    @property
    def price_walk(self) -> pl.DataFrame:
        """The table `price_walk`: from the price of all contracts to the revenue."""
        return self.revenue.price_walk

    def by(self, *dimensions: str) -> pl.DataFrame:
        """
        Revenue, cost and margin by line, customer, segment, product, family, region or quarter.

        dimensions : one or several of these
        returns    : their columns, `quantity` (hardware pieces), revenue_cents, cost_cents,
                     margin_cents; rows in the order of the former, quarters in time
        raises ValueError : another dimension
        """
        return self.revenue.by(*dimensions)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by its name, as `headgate revenue --out` writes them."""
        found = {"revenue": self.entries, "margins": self.revenue.margins(),
                 "reconciliation": self.reconciliation, "price_walk": self.price_walk,
                 "quarter_end": self.quarter_end, "systems": self.systems}
        found |= {} if self.bridge is None else {"bridge": self.bridge}
        found |= {} if self.deferred is None else {"deferred": self.deferred}
        found |= {} if self.held is None else {"bill_and_hold": self.held}
        return found | ({} if self.so_far is None else self.so_far.tables())

    def figures(self) -> dict[str, Any]:
        """The sums and what they are of, as plain values."""
        settings = self.revenue.facts.book.settings
        return {"book_name": settings.name, "as_of": settings.as_of.isoformat(),
                "currency": self.revenue.currency,
                "fiscal_year_end": self.revenue.fiscal_year_end, **self.totals,
                "walk_holds": self.revenue.walk_holds, "scope": SCOPE}

    def as_dict(self, lines: int | None = None) -> dict[str, Any]:
        """
        The statement as plain values, for JSON: the figures, then each table but `revenue` and
        `recognised`.

        lines : at most so many rows of each quarter in `quarter_end`; None all
        """
        shown = {name: frame for name, frame in self.tables().items()
                 if name not in ("revenue", "recognised")}
        if lines is not None:
            shown["quarter_end"] = shown["quarter_end"].filter(pl.col("place") <= lines)
        return {**self.figures(), "at_risk": [
            {"quarter": row.quarter, "revenue_cents": row.revenue_cents, "of_cents": row.of_cents,
             "lines": row.lines, "most": row.most} for row in self.at_risk],
            **{name: plain(frame) for name, frame in shown.items()}}


def statement_of(revenue: Revenue, before: Revenue | None = None,
                 billings: pl.DataFrame | None = None,
                 told: SoFar | None = None, with_held: bool = False) -> RevenueStatement:
    """
    Everything that is told of a revenue.

    before   : the revenue of another plan, for the bridge from there
    billings : the columns of `headgate.finance.billed.BILLINGS`
    told     : what was recognised before
    with_held : whether a record of what is billed and held was given
    raises IssuesError : the two plans' money cannot be compared; columns of billings are missing
    """
    ends = quarter_end(revenue)
    return RevenueStatement(
        revenue, ends, tuple(at_risk(revenue, ends)), systems(revenue),
        None if before is None else bridge(before, revenue),
        None if before is None else _by_quarter(before, revenue),
        None if billings is None else deferred(revenue, billings), told,
        revenue.facts.held if with_held else None)


def _by_quarter(before: Revenue, now: Revenue) -> pl.DataFrame:
    """What a plan recognises in each quarter of its own or of another plan, in time."""
    days = {period.starts_on: period.name for period in (*before.quarters, *now.quarters)}
    names = pl.DataFrame({"quarter": [days[day] for day in sorted(days)]},
                         schema={"quarter": pl.String})
    sums = before.by("quarter").drop("quantity")
    return names.join(sums, on="quarter", how="left", maintain_order="left").fill_null(0)
