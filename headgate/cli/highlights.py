"""What is worth knowing first of a plan, as plain rows: for the terminal after `headgate demo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from headgate.reports.order_lines import breakdown, order_lines

if TYPE_CHECKING:
    from headgate.session import Plan

WAITING = ("late", "short", "unplanned")


@dataclass(frozen=True, slots=True)
class Highlights:
    """
    The first things to know of a plan.

    segments  : name, lines, pieces, total_cents, on_time_cents, late_cents, undated_cents, the
                most dollars first
    shortages : kind, id, site_id, missing (the most in one week), week (of the most), cents (at
                standard cost; None for a resource), the costliest part first, then resources
    late      : lines that wait, each for another reason where there are several, the most dollars
                first: the columns of `reports.order_lines`, and waiting_cents
    """

    segments: list[dict[str, Any]]
    shortages: list[dict[str, Any]]
    late: list[dict[str, Any]]


def highlights_of(plan: Plan, shortages: int = 5, late: int = 3) -> Highlights:
    """The highlights of a plan, at most so many of each."""
    lines = order_lines(plan.book, plan.frames)
    return Highlights(breakdown(lines, "segment").to_dicts(), _worst(plan, shortages),
                      _waiting(lines, late))


def _worst(plan: Plan, most: int) -> list[dict[str, Any]]:
    """Of each part and resource that is short, the week in which most of it is missing."""
    items = plan.book.tables.frames["items"]
    costs = items.select(id=pl.col("item_id"), kind=pl.lit("part"),
                         cost=pl.col("unit_cost_cents"))
    return (plan.shortages
            .group_by("kind", "id", "site_id")
            .agg(missing=pl.col("missing").max(),
                 week=pl.col("week").sort_by("missing", "week", descending=[True, False]).first())
            .join(costs, on=["kind", "id"], how="left")
            .with_columns(cents=(pl.col("missing") * pl.col("cost")).cast(pl.Int64))
            .sort("cents", "missing", "id", "site_id", descending=[True, True, False, False],
                  nulls_last=True)
            .drop("cost").head(most).to_dicts())


def _waiting(lines: pl.DataFrame, most: int) -> list[dict[str, Any]]:
    """The line with the most dollars that wait of each reason, then the next ones of any."""
    return (lines.filter(pl.col("status").is_in(WAITING))
            .with_columns(waiting_cents=pl.col("late_cents") + pl.col("undated_cents"))
            .sort("waiting_cents", "order_id", "line_no", descending=[True, False, False])
            .with_columns(turn=pl.int_range(pl.len()).over("reason"))
            .sort("turn", maintain_order=True)
            .head(most).sort("waiting_cents", descending=True, maintain_order=True).to_dicts())
