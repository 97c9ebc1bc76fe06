"""What people see of revenue that was recognised: by quarter, by one thing, and up to RPO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from headgate.base.money import short_money
from headgate.cli.held_tables import held_tables
from headgate.cli.showing import counted, grid, share
from headgate.finance.revenue import DIMENSIONS
from headgate.reports.finance_words import RECOGNISED_WORDS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headgate.finance.recognised_walk import SoFar

MOST_QUARTERS = 8
SIDE_BY_SIDE = 4
"""Quarters with a row of their own, and with a column; the last ones."""
BEFORE = "before the ledger"
SHOWN = ("hardware_cents", "services_cents", "penalty_cents", "revenue_cents")
COSTS = ("standard_cents", "standard_margin_cents")
AT_STANDARD = ("Cost is standard cost, of a quarter that is over that of its end: what the pieces "
               "that left really cost, no event says.")
"""Said wherever recognised revenue is shown."""


def recognised_tables(told: SoFar, by: str, most: int) -> list[RenderableType]:
    """
    What was recognised, for the terminal.

    by   : what is told apart beside quarters
    most : rows of a long table
    """
    shown: list[RenderableType] = [*_quarters(told), *_by(told, by, most), _walk(told),
                                    *held_tables(told.held, told.figures["currency"], most)]
    broken = told.ties.filter(pl.col("holds") != "yes")
    shown.append(f"\nAll {told.ties.height} checks tie to the cent." if broken.is_empty() else
                 "\nDOES NOT TIE: " + "; ".join(
                     f"{row['check']}: {row['one_cents']:,} and {row['other_cents']:,} cents"
                     for row in broken.iter_rows(named=True)))
    return [*shown, *(f"\n{note}" for note in told.figures["notes"]), f"\n{AT_STANDARD}"]


def _money(told: SoFar, cents: int) -> str:
    return short_money(cents, told.figures["currency"]) if cents else "0"


def _quarters(told: SoFar) -> list[RenderableType]:
    """Each quarter that was, and the one under way in two parts and together."""
    frame = told.by_quarter.filter(pl.col("by") == "all")
    now = told.made.quarters[-1].name
    was = frame.filter(pl.col("status") == "recognised").to_dicts()
    planned = frame.filter((pl.col("status") == "planned") & (pl.col("quarter") == now)).to_dicts()
    rows = [_row(told, row["quarter"] or BEFORE, "so far" if row["quarter"] == now else "", row)
            for row in was[-MOST_QUARTERS:]]
    so_far = [row for row in was if row["quarter"] == now]
    if planned:
        rows.append(_row(told, now, "planned", planned[0]))
        both = {name: summed_or_blank([row[name] for row in (*so_far, *planned)])
                for name in ("quantity", *SHOWN, *COSTS)}
        rows.append(_row(told, now, "together", both))
    shown: list[RenderableType] = [grid("Revenue recognised by fiscal quarter", (
        "quarter", "", "pieces", "hardware", "services", "penalties", "revenue", "std. cost",
        "margin", "rate"), rows, left=2)]
    if len(was) > MOST_QUARTERS:
        shown.append(f"and {counted(len(was) - MOST_QUARTERS, 'earlier quarter')}; --out and "
                     "--json have them all")
    return shown


def _row(told: SoFar, quarter: str, part: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    return (quarter, part, f"{row['quantity']:,}", *(_money(told, row[name]) for name in SHOWN),
            *_margin(told, row))


def _margin(told: SoFar, row: Mapping[str, Any]) -> tuple[str, str, str]:
    """
    Standard cost, margin and its rate; blank where of a part nobody knows the cost.

    What is taken off in all has no rate: 90 less of margin on 100 less of revenue is not 90%.
    """
    cost, margin = (row[name] for name in COSTS)
    if cost is None:
        return "", "", ""
    return (_money(told, cost), _money(told, margin),
            share(margin / row["revenue_cents"] if row["revenue_cents"] > 0 else None))


def summed_or_blank(values: Sequence[int | None]) -> int | None:
    """
    The sum of numbers; None where one of them is not known.

    >>> summed_or_blank([1, 2]), summed_or_blank([1, None])
    (3, None)
    """
    return None if None in values else sum(value or 0 for value in values)


def _by(told: SoFar, by: str, most: int) -> list[RenderableType]:
    """By one thing, the last quarters side by side, those with the most revenue first."""
    if by == "quarter":
        return []
    quarters = [period.name for period in told.made.quarters][-SIDE_BY_SIDE:]
    entries = told.made.entries.filter(pl.col("quarter").is_in(quarters))
    name = (pl.format("{}/{}", "order_id", "line_no") if by == "line" else
            pl.col(DIMENSIONS[by]).fill_null("(none)"))
    sums = entries.group_by(name=name).agg(
        *(pl.col("revenue_cents").filter(pl.col("quarter") == quarter).sum().alias(quarter)
          for quarter in quarters), pl.col("revenue_cents").sum(),
        *(pl.when(pl.col(cost).is_null().any()).then(None).otherwise(pl.col(cost).sum()).alias(
            cost) for cost in COSTS)).sort("revenue_cents", "name", descending=[True, False])
    if sums.is_empty():
        return []
    rows = [(row["name"], *(_money(told, row[quarter]) for quarter in (*quarters, "revenue_cents")),
             *_margin(told, row)[1:])
            for row in sums.head(most).iter_rows(named=True)]
    shown: list[RenderableType] = [grid(f"Recognised by {by}", (
        by, *quarters, "together", "margin", "rate"), rows)]
    if sums.height > most:
        shown.append(f"and {sums.height - most:,} more; --lines N shows more of them")
    return shown


def _walk(told: SoFar) -> RenderableType:
    """From everything sold to RPO."""
    last = told.walk.height - 1
    rows = [(RECOGNISED_WORDS[row["step"]], _money(told, row["cents"]))
            for place, row in enumerate(told.walk.iter_rows(named=True))
            if row["cents"] or place in (0, last)]
    return grid("From everything sold to RPO", ("", "amount"), rows)
