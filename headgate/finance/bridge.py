"""From one plan to another: what their revenue, cost and margin differ in, effect by effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.revenue import Revenue, refuse_other_money
from headgate.finance.shares import PIECES, between, holding, part_of, stretches_of
from headgate.tables.revenue_schema import BRIDGE

Longs = NDArray[np.int64]

EFFECTS: dict[str, str] = {
    "volume": "pieces that only one plan delivers, at their product's average in the first plan",
    "mix": "what such pieces bring beyond that average",
    "price": "pieces that both deliver: another revenue for each",
    "part_cost": "pieces that both deliver: another cost for each",
    "timing": "pieces that both deliver, in another quarter",
    "services": "services over their term",
}
"""The effects of a bridge, in order."""
Stretches = tuple[Longs, Longs, Longs, Longs, Longs]


@dataclass(frozen=True, slots=True)
class Cells:
    """
    What a plan recognises of each line in each quarter; (cells,), by line, then quarter.

    first, last   : pieces of the line recognised before the cell, and with it
    revenue, cost : in cents
    """

    line: Longs
    quarter: Longs
    first: Longs
    last: Longs
    revenue: Longs
    cost: Longs

    def holding(self, line: Longs, piece: Longs) -> Longs:
        """The cell that holds each piece of a line, pieces counted from 0; -1 none."""
        return holding(self.line, self.first, self.last, line, piece)

    def cents_of(self, cell: Longs, first: Longs, last: Longs) -> tuple[Longs, Longs]:
        """Revenue and cost of pieces of a cell, by cumulative rounding; 0 where there is none."""
        at = np.maximum(cell, 0)
        pieces = self.last[at] - self.first[at]
        low, high = first - self.first[at], last - self.first[at]
        return (np.where(cell < 0, 0, between(self.revenue[at], low, high, pieces)),
                np.where(cell < 0, 0, between(self.cost[at], low, high, pieces)))


def bridge(before: Revenue, now: Revenue) -> pl.DataFrame:
    """
    The table `bridge`: what `now` differs from `before` in.

    The pieces of a line are counted off in the order of recognition; the first piece of one plan
    answers to the first of the other, and so on. The rows of a quarter sum to its difference in
    revenue, cost and margin, to the cent, and those of timing to zero over all quarters.

    raises IssuesError : the books have different currencies or fiscal years
    source : derived here; docs/explanation/revenue.md has the formulas
    """
    refuse_other_money(before, now)
    quarters = {period.starts_on: period.name for period in (*before.quarters, *now.quarters)}
    names = [quarters[day] for day in sorted(quarters)]
    lines = pl.concat([_lines(now), _lines(before)]).unique(
        ["order_id", "line_no"], keep="first", maintain_order=True).sort(
        "order_id", "line_no").with_row_index("line")
    items = lines["item_id"].unique().sort()
    item = lines["item_id"].cast(pl.Enum(items)).to_physical().cast(pl.Int64).to_numpy()
    a, b = _cells(before, lines, names), _cells(now, lines, names)
    stretches = _stretches(a, b)
    rows = pl.concat([_matched(a, b, item, stretches), _unmatched(a, b, item, stretches)])
    told = rows.with_columns(item_id=items.gather(rows["item"]))
    whole = pl.concat([told.select("quarter", "effect", "item_id", "revenue_cents", "cost_cents"),
                       _services(before, names, -1), _services(now, names, 1)])
    place = list(EFFECTS)
    summed = whole.group_by("quarter", "effect", "item_id").agg(
        pl.col("revenue_cents", "cost_cents").sum()).filter(
        (pl.col("revenue_cents") != 0) | (pl.col("cost_cents") != 0)).sort(
        "quarter", pl.col("effect").replace_strict(place, range(len(place))), "item_id")
    return summed.with_columns(
        quarter=pl.Series(names, dtype=pl.String).gather(summed["quarter"]),
        margin_cents=pl.col("revenue_cents") - pl.col("cost_cents")).select(
        BRIDGE.names).cast(BRIDGE.types)


def _lines(revenue: Revenue) -> pl.DataFrame:
    hardware = revenue.entries.filter(pl.col("kind") == "hardware")
    return hardware.select("order_id", "line_no", "item_id").unique(maintain_order=True)


def _cells(revenue: Revenue, lines: pl.DataFrame, names: list[str]) -> Cells:
    """The hardware of a plan by line and quarter; lines without pieces have no cell."""
    place = pl.col("quarter").replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    hardware = revenue.entries.filter(pl.col("kind") == "hardware").with_columns(quarter=place)
    sums = (hardware.group_by("order_id", "line_no", "quarter")
            .agg(pl.col("quantity", "revenue_cents", "cost_cents").sum())
            .join(lines.select("order_id", "line_no", "line"), on=["order_id", "line_no"])
            .sort("line", "quarter")
            .with_columns(last=pl.col("quantity").cum_sum().over("line")))
    last, pieces = sums["last"].to_numpy(), sums["quantity"].to_numpy()
    return Cells(sums["line"].to_numpy().astype(np.int64), sums["quarter"].to_numpy(),
                 last - pieces, last, sums["revenue_cents"].to_numpy(),
                 sums["cost_cents"].to_numpy())


def _stretches(a: Cells, b: Cells) -> Stretches:
    """Stretches of pieces cut where a cell of either plan ends: line, first, last, cells."""
    line, first, last = stretches_of(np.concatenate([
        cells.line * PIECES + end for cells in (a, b) for end in (cells.first, cells.last)]))
    return line, first, last, a.holding(line, first), b.holding(line, first)


def _matched(a: Cells, b: Cells, item: Longs, stretches: Stretches) -> pl.DataFrame:
    """Price, part cost and timing of the pieces that both plans deliver."""
    line, first, last, in_a, in_b = stretches
    both = (in_a >= 0) & (in_b >= 0)
    line, first, last, in_a, in_b = (x[both] for x in (line, first, last, in_a, in_b))
    revenue_a, cost_a = a.cents_of(in_a, first, last)
    revenue_b, cost_b = b.cents_of(in_b, first, last)
    old, new = a.quarter[in_a], b.quarter[in_b]
    moved = old != new
    nothing = np.zeros(len(line), dtype=np.int64)
    return pl.concat([
        _rows("price", new, item[line], revenue_b - revenue_a, nothing),
        _rows("part_cost", new, item[line], nothing, cost_b - cost_a),
        _rows("timing", old[moved], item[line[moved]], -revenue_a[moved], -cost_a[moved]),
        _rows("timing", new[moved], item[line[moved]], revenue_a[moved], cost_a[moved])])


def _unmatched(a: Cells, b: Cells, item: Longs, stretches: Stretches) -> pl.DataFrame:
    """Volume and mix of the pieces that one plan alone delivers."""
    line, first, last, in_a, in_b = stretches
    gained, lost = (in_a < 0) & (in_b >= 0), (in_a >= 0) & (in_b < 0)
    parts = []
    for cells, chosen, cell, sign in ((b, gained, in_b, 1), (a, lost, in_a, -1)):
        revenue, cost = cells.cents_of(cell[chosen], first[chosen], last[chosen])
        pieces = sign * (last - first)[chosen]
        parts.append(_rows("", cells.quarter[cell[chosen]], item[line[chosen]], sign * revenue,
                           sign * cost).with_columns(pieces=pl.Series(pieces)))
    whole = pl.concat(parts).group_by("quarter", "item").agg(
        pl.col("pieces", "revenue_cents", "cost_cents").sum())
    average = _averages(a, b, item)
    rows = whole.join(average, on="item", how="left").sort("quarter", "item")
    pieces, of = rows["pieces"].to_numpy(), rows["of_pieces"].to_numpy()
    revenue = part_of(rows["of_revenue"].to_numpy(), pieces, of)
    cost = part_of(rows["of_cost"].to_numpy(), pieces, of)
    quarter, what = rows["quarter"].to_numpy(), rows["item"].to_numpy()
    return pl.concat([
        _rows("volume", quarter, what, revenue, cost),
        _rows("mix", quarter, what, rows["revenue_cents"].to_numpy() - revenue,
              rows["cost_cents"].to_numpy() - cost)])


def _averages(a: Cells, b: Cells, item: Longs) -> pl.DataFrame:
    """Pieces, revenue and cost of each product in the first plan; in the second if it has none."""
    sums = [pl.DataFrame({
        "item": item[cells.line], "of_pieces": cells.last - cells.first,
        "of_revenue": cells.revenue, "of_cost": cells.cost}).group_by("item").agg(pl.all().sum())
        for cells in (a, b)]
    return pl.concat(sums).unique("item", keep="first", maintain_order=True)


def _rows(effect: str, quarter: Longs, item: Longs, revenue: Longs, cost: Longs) -> pl.DataFrame:
    return pl.DataFrame({"quarter": quarter, "item": item, "revenue_cents": revenue,
                         "cost_cents": cost}, schema=dict.fromkeys(
        ("quarter", "item", "revenue_cents", "cost_cents"), pl.Int64)).with_columns(
        effect=pl.lit(effect))


def _services(revenue: Revenue, names: list[str], sign: int) -> pl.DataFrame:
    """What the services of a plan bring by quarter, times a sign."""
    place = pl.col("quarter").replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    sums = revenue.entries.lazy().filter(pl.col("kind") == "service").group_by("quarter").agg(
        pl.col("revenue_cents", "cost_cents").sum()).collect()
    return sums.select(
        quarter=place, effect=pl.lit("services"), item_id=pl.lit(None, pl.String),
        revenue_cents=sign * pl.col("revenue_cents"), cost_cents=sign * pl.col("cost_cents"))
