"""The panel about lead times: how many weeks customers are told to wait."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from headgate.reports.figures import ranges
from headgate.reports.markup import Panel, grid_of
from headgate.reports.numbers import amount, count_of

TOP_PRODUCTS = 10
TENTHS = (1, 5, 9)


def lead_time_panel(lines: pl.DataFrame, as_of: date) -> Panel:
    """
    Weeks from booking to promise, and from `as_of` to promise, by product.

    A percentile is the smallest lead time that at least that share of the lines keep, so that it
    is one that some line really has; each line counts once. The products with the most open
    dollars stand first.
    """
    dated = lines.filter(pl.col("promised_on").is_not_null())
    if dated.is_empty():
        return Panel("lead-times", "No line has a promise, so there is no lead time to show", "")
    counted = dated.with_columns(
        booked=(pl.col("promised_on") - pl.col("booked_on")).dt.total_days() / 7,
        ahead=(pl.col("promised_on") - pl.lit(as_of)).dt.total_days() / 7)
    rows = (counted.group_by(name="item_id").agg(
        *_percentiles("booked"), *_percentiles("ahead"), lines=pl.len(),
        cents=pl.col("open_cents").sum()).sort("cents", "name", descending=[True, False])
        .to_dicts())
    overall = counted.select(*_percentiles("booked")).row(0)
    finding = (f"Half of the promised lines arrive within {overall[1]:.0f} weeks of booking, nine "
               f"in ten within {overall[2]:.0f}")
    shown = [{"name": row["name"], "booked": _three(row, "booked"), "ahead": _three(row, "ahead")}
             for row in rows]
    cells = [(row["name"], amount(row["lines"]), *(f"{weeks:.1f}" for weeks in (
        *_three(row, "booked"), *_three(row, "ahead")))) for row in rows]
    heads = ("Product", "Lines", *(f"P{place} from booking" for place in (10, 50, 90)),
             *(f"P{place} from {as_of}" for place in (10, 50, 90)))
    rest = "" if len(rows) <= TOP_PRODUCTS else \
        f"; the {TOP_PRODUCTS} products with the largest backlog of {len(rows):,}"
    note = ("Weeks to the promised date: line from P10 to P90, dot at P50, over "
            f"{count_of(dated.height, 'line')} with a promise{rest}")
    return Panel("lead-times", finding, note, ranges(_rounded(shown[:TOP_PRODUCTS]), as_of),
                 grid_of("Weeks to the promised date by product", heads, cells, range(1, 8)),
                 (("booked", "From booking"), ("ahead", f"From {as_of.isoformat()}")))


def _percentiles(column: str) -> tuple[pl.Expr, ...]:
    """The nearest-rank percentiles of a column, in whole tenths so that no rounding shifts one."""
    place = pl.col(column).sort()
    return tuple(place.get((pl.len().cast(pl.Int64) * tenths + 9) // 10 - 1)
                 .alias(f"{column}_{tenths}") for tenths in TENTHS)


def _three(row: dict[str, Any], column: str) -> tuple[float, ...]:
    return tuple(row[f"{column}_{tenths}"] for tenths in TENTHS)


def _rounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": row["name"], "booked": tuple(round(x, 1) for x in row["booked"]),
             "ahead": tuple(round(x, 1) for x in row["ahead"])} for row in rows]
