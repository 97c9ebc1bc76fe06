"""What people see of goods that are billed and held: whether they count as revenue, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from headgate.base.money import short_money
from headgate.cli.showing import grid
from headgate.finance.bill_and_hold import CRITERIA

if TYPE_CHECKING:
    from rich.console import RenderableType


def held_tables(told: pl.DataFrame | None, currency: str, most: int) -> list[RenderableType]:
    """
    What is billed and held, for the terminal; nothing where there is none, notes say why.

    told : the table `bill_and_hold`
    most : rows that are shown
    """
    if told is None or told.is_empty():
        return []
    rows = [(f"{row['order_id']}/{row['line_no']}", row["held_on"].isoformat(),
             f"{row['quantity']:,}", short_money(row["amount_cents"], currency),
             *("-" if row[name] is None else f"{row[name]:,}"
               for name in ("shipped_since", "cancelled_since")),
             row["recognised"], (row["missing"] or "").replace(";", ", "))
            for row in told.head(most).iter_rows(named=True)]
    shown: list[RenderableType] = [grid("Billed and held", (
        "line", "since", "pieces", "price", "shipped since", "cancelled since",
        "recognised", "missing"), rows)]
    if told.height > most:
        shown.append(f"and {told.height - most:,} more; --lines N shows more of them")
    refused = {name for missing in told.filter(pl.col("recognised") == "no")["missing"]
               for name in missing.split(";")}
    lacking = [name for name in CRITERIA if name in refused]
    if lacking:
        shown.append("Not recognised is what lacks a criterion of ASC 606-10-55-83: " + "; ".join(
            f"{name} ({CRITERIA[name]})" for name in lacking) + ".")
    return shown
