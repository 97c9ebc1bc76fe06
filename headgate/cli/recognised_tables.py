"""What people see of revenue that was recognised: by quarter, by one thing, and up to RPO."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from headgate.base.money import short_money
from headgate.cli.held_tables import held_tables
from headgate.cli.showing import counted, grid
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
NO_COST = ("What was recognised has no cost here: what the pieces that left really cost, no event "
           "says, and a standard cost of today would be a guess.")
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
    return [*shown, f"\n{NO_COST}"]


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
        both = {name: sum(row[name] for row in (*so_far, *planned))
                for name in ("quantity", *SHOWN)}
        rows.append(_row(told, now, "together", both))
    shown: list[RenderableType] = [grid("Revenue recognised by fiscal quarter", (
        "quarter", "", "pieces", "hardware", "services", "late penalties", "revenue"), rows,
        left=2)]
    if len(was) > MOST_QUARTERS:
        shown.append(f"and {counted(len(was) - MOST_QUARTERS, 'earlier quarter')}; --out and "
                     "--json have them all")
    return shown


def _row(told: SoFar, quarter: str, part: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    return (quarter, part, f"{row['quantity']:,}", *(_money(told, row[name]) for name in SHOWN))


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
          for quarter in quarters), pl.col("revenue_cents").sum().alias("all")).sort(
        "all", "name", descending=[True, False])
    if sums.is_empty():
        return []
    rows = [(row["name"], *(_money(told, row[quarter]) for quarter in (*quarters, "all")))
            for row in sums.head(most).iter_rows(named=True)]
    shown: list[RenderableType] = [grid(f"Recognised by {by}", (by, *quarters, "together"), rows)]
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
