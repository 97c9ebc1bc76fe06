"""What sits in the last two weeks of a quarter, and slips over its end when it slips at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.exchange import day_number
from headgate.finance.revenue import Revenue
from headgate.tables.revenue_schema import QUARTER_END

LAST_DAYS = 14
"""The last two weeks of a quarter: its last day and the thirteen before it."""
MOST_OF_IT = (4, 5)
"""The lines that are the risk: the fewest that hold this share of the value, four fifths."""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """
    What sits at the end of one quarter.

    revenue_cents : hardware revenue of the last two weeks
    of_cents      : all hardware revenue of the quarter
    lines         : order lines with revenue in these weeks
    most          : the fewest of them that hold four fifths of it
    """

    quarter: str
    revenue_cents: int
    of_cents: int
    lines: int
    most: int


def quarter_end(revenue: Revenue) -> pl.DataFrame:
    """
    The table `quarter_end`: the order lines with revenue in the last two weeks of a quarter.

    Each with the pegged supply row that has the least time to spare: if it slips by more weeks
    than that, so does the line.
    """
    facts = revenue.facts
    book, shipments, hardware = facts.book, facts.shipments, facts.hardware
    ends = np.array([day_number(period.ends_on) for period in revenue.quarters], dtype=np.int64)
    if len(ends) == 0:
        return pl.DataFrame(schema=QUARTER_END.types)
    quarter = np.searchsorted(ends, shipments.due)
    late = np.flatnonzero((ends[quarter] - shipments.due < LAST_DAYS) & (shipments.pieces > 0))
    frame = pl.DataFrame({
        "shipment": late, "line": shipments.line[late], "place_of": quarter[late],
        "quantity": shipments.pieces[late], "due": shipments.due[late],
        "revenue_cents": (hardware.price - hardware.penalty)[late]})
    frame = frame.join(_tightest(revenue, late), on="shipment", how="left")
    orders = book.tables.frames["orders"].with_row_index("source").select(
        "source", "order_id", "line_no", "customer_id", "item_id")
    by_line = frame.sort("place_of", "line", "slack_weeks", "shipment", nulls_last=True).group_by(
        "place_of", "line", maintain_order=True).agg(
        pl.col("quantity", "revenue_cents").sum(), pl.col("due").max(),
        pl.col("reference", "available_on", "slack_weeks").first())
    source = pl.Series(book.lines.source_row[by_line["line"].to_numpy()], dtype=pl.UInt32)
    placed = by_line.with_columns(source=source).join(orders, on="source").sort(
        "place_of", "revenue_cents", "line", descending=[False, True, False])
    names = [period.name for period in revenue.quarters]
    last = pl.Series([period.ends_on for period in revenue.quarters], dtype=pl.Date)
    at = placed["place_of"]
    return placed.with_columns(
        quarter=pl.Series(names, dtype=pl.String).gather(at), ends_on=last.gather(at),
        place=pl.int_range(1, pl.len() + 1).over("place_of"),
        recognised_on=pl.col("due").cast(pl.Int32).cast(pl.Date),
        days_left=pl.Series(ends[at.to_numpy()] - placed["due"].to_numpy(), dtype=pl.Int64),
        upto_cents=pl.col("revenue_cents").cum_sum().over("place_of"),
    ).select(QUARTER_END.names).cast(QUARTER_END.types)


def _tightest(revenue: Revenue, late: NDArray[np.int64]) -> pl.DataFrame:
    """Of each of the shipments the pegged row with the least weeks to spare."""
    facts = revenue.facts
    book, met = facts.book, facts.costs.met
    met = met.filter(pl.col("shipment").is_in(pl.Series(late).implode()))
    row = met["row"].to_numpy()
    supply = book.tables.frames["supply"]["available_on"].gather(
        pl.Series(book.supply.source_row[row]))
    slack = met["week"].to_numpy().astype(np.int64) - book.supply.start[row]
    return met.with_columns(
        slack_weeks=pl.Series(slack, dtype=pl.Int64), available_on=supply,
        reference=book.supply.reference.gather(pl.Series(row))).sort(
        "shipment", "slack_weeks", "available_on", "reference", "item",
        descending=[False, False, True, False, False]).group_by(
        "shipment", maintain_order=True).agg(
        pl.col("reference", "available_on", "slack_weeks").first())


def at_risk(revenue: Revenue, lines: pl.DataFrame) -> list[AtRisk]:
    """
    What sits at the end of each quarter that has anything there, in time.

    lines : the table `quarter_end`
    """
    whole = dict(revenue.entries.filter(pl.col("kind") == "hardware").group_by("quarter").agg(
        pl.col("revenue_cents").sum()).iter_rows())
    found = []
    part, of = MOST_OF_IT
    for (name,), rows in lines.group_by("quarter", maintain_order=True):
        total = int(rows["revenue_cents"].sum())
        most = int((rows["upto_cents"] * of < total * part).sum()) + 1
        found.append(AtRisk(str(name), total, int(whole.get(name, 0)), rows.height,
                            min(most, rows.height)))
    return found
