"""The order backlog less what is assumed to be cancelled, and what may be ordered twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.assumptions import MILLION, Assumptions
from headgate.finance.levels import Cut, by_cuts
from headgate.finance.open_lines import bucket_of_day
from headgate.finance.shares import part_of
from headgate.tables.backlog_schema import CANCELLATION, DOUBLE_ORDERS

Longs = NDArray[np.int64]
WHOLE = 10**12
"""All of it: shares that survive are whole numbers of trillionths."""
SAME = ("customer_id", "item_id", "requested_week")


def cancellation(tranches: pl.DataFrame, as_of: date, assumed: Assumptions,
                 cuts: Sequence[Cut]) -> pl.DataFrame:
    """
    The table `cancellation`: what is left of the order backlog under the assumptions.

    tranches : as `headgate.finance.open_lines.tranches_of` gives them
    Of lines that may be ordered twice all but the largest lose `double_micro`. What is left is
    exposed in each week from that of as_of up to the one before it ships (without a plan: before
    its promise; without a date: `unpromised_weeks`), to the hazard of its segment and of its
    weeks after the requested week. Shares that survive are rounded down to a trillionth week by
    week, amounts down to the cent once.
    source : derived here; docs/explanation/backlog.md has the formula
    """
    extra = _marked(tranches, as_of).filter(pl.col("extra")).select("order_id", "line_no")
    rows = tranches.join(extra.with_columns(extra=pl.lit(True)), on=["order_id", "line_no"],
                         how="left", maintain_order="left").with_columns(
        until=bucket_of_day("ship_on", as_of).fill_null(
            bucket_of_day("due_on", as_of)).fill_null(assumed.unpromised_weeks).clip(0),
        requested=bucket_of_day("requested_on", as_of), firm=~pl.col("cancellable"))
    cents = rows["cents"].to_numpy()
    share = np.where(rows["extra"].fill_null(False).to_numpy(), assumed.double_micro, 0)
    double = part_of(cents, share, np.full(len(cents), MILLION))
    kept = _survival(rows, assumed)
    left = part_of(cents - double, kept, np.full(len(cents), WHOLE))
    told = rows.with_columns(double=pl.Series(double, dtype=pl.Int64),
                             left=pl.Series(left, dtype=pl.Int64))
    found = by_cuts(told, cuts, (
        pl.col("cents").sum().alias("backlog_cents"), pl.col("double").sum().alias("double_cents"),
        pl.col("left").sum().alias("adjusted_cents")))
    return found.with_columns(
        expected_cents=pl.col("backlog_cents") - pl.col("double_cents")
        - pl.col("adjusted_cents")).select(CANCELLATION.names).cast(CANCELLATION.types)


def _survival(rows: pl.DataFrame, assumed: Assumptions) -> Longs:
    """(rows,) trillionths of each that are not cancelled before it ships."""
    keys = ["segment", "firm", "requested", "until"]
    kinds = rows.select(keys).unique(maintain_order=True).with_row_index("kind")
    kept = np.full(len(kinds), WHOLE, dtype=np.int64)
    if not assumed.nothing and len(kinds):
        requested, until = kinds["requested"].to_numpy(), kinds["until"].to_numpy()
        groups = kinds.select("segment", "firm").unique(maintain_order=True).with_row_index("group")
        group = kinds.join(groups, on=["segment", "firm"], maintain_order="left")[
            "group"].to_numpy()
        latest = int(max(0, (until - requested).max()))
        weekly = np.array([[assumed.weekly_micro(segment, firm, late)
                            for late in range(latest + 1)]
                           for _, segment, firm in groups.iter_rows()], dtype=np.int64)
        for week in range(int(until.max())):
            late = np.clip(week - requested, 0, latest)
            lost = np.where(week < until, weekly[group, late], 0)
            kept = kept * (MILLION - lost) // MILLION
    place = rows.join(kinds, on=keys, how="left", maintain_order="left")["kind"].to_numpy()
    return np.asarray(kept[place], dtype=np.int64)


def double_orders(lines: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """
    The table `double_orders`: one customer, item and requested week, two lines or more.

    lines : as `headgate.finance.open_lines.open_lines` gives them
    """
    found = _marked(lines, as_of).group_by(SAME).agg(
        pl.col("order_id").n_unique().cast(pl.Int64).alias("orders"),
        pl.len().cast(pl.Int64).alias("lines"), pl.col("open_quantity").sum().alias("quantity"),
        pl.col("open_cents").sum().alias("amount_cents"),
        pl.col("open_cents").filter(pl.col("extra")).sum().alias("excess_cents"),
        pl.format("{}/{}", pl.col("order_id"), "line_no").sort_by(
            "order_id", "line_no").str.join(";").alias("order_lines"))
    return found.sort(SAME).select(DOUBLE_ORDERS.names).cast(DOUBLE_ORDERS.types)


def _marked(rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Lines that may be ordered twice, a row each; `extra` on all but the largest of a group."""
    monday = bucket_of_day("requested_on", as_of) * 7
    week = (pl.lit(as_of) - pl.duration(days=as_of.weekday()) + pl.duration(days=monday))
    lines = rows.unique(["order_id", "line_no"]).with_columns(requested_week=week.cast(pl.Date))
    several = lines.filter(pl.len().over(SAME) > 1).sort(
        "open_cents", "order_id", "line_no", descending=[True, False, False])
    return several.with_columns(extra=pl.int_range(pl.len()).over(SAME) > 0)
