"""What people see of a row of supply: its places, the lines that draw from it, the quarters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from headgate.base.money import short_money
from headgate.cli.showing import grid

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headgate.explain.where_used import WhereUsed

MOST_ROWS = 20
"""Rows of a terminal's table; the JSON answer has them all."""
UNCOUNTED_WORDS = {"forecast": "not used", "horizon": "too late"}


def where_used_tables(answer: WhereUsed) -> list[RenderableType]:
    """What hangs on a supply: in prose, by supply row, by order line, by quarter of arrival."""
    shown: list[RenderableType] = [Text(answer.text())]
    if answer.supply.height:
        shown += _supply_rows(answer)
    if answer.draws.height:
        shown += _draws(answer)
        shown.append(grid(
            "Shipments that need it, by quarter of arrival", ("quarter", "value"),
            [(name, short_money(cents, answer.currency))
             for name, cents in answer.by_quarter.items()]))
    return shown


def _supply_rows(answer: WhereUsed) -> list[RenderableType]:
    rows = [(f"{row['supply_no']:,}", row["reference"], row["item_id"], row["site_id"],
             row["status"].replace("_", " ")
             + (f" for {row['reserved_for']}" if row["reserved_for"] else ""),
             str(row["usable_on"]), f"{row['quantity']:,}", f"{row['used_quantity']:,}",
             UNCOUNTED_WORDS.get(row["uncounted"] or "", f"{row['free_quantity']:,}"))
            for row in answer.supply.head(MOST_ROWS).iter_rows(named=True)]
    return [grid("Supply", ("no.", "reference", "item", "site", "status", "usable from", "pieces",
                            "used", "free"), rows, left=5), *_rest(answer.supply.height)]


def _draws(answer: WhereUsed) -> list[RenderableType]:
    # With one row of supply its number says nothing. Segment and open value, which only the JSON
    # answer has, would fold the ids of lines at a hundred columns.
    several = answer.supply.height > 1
    rows = [(f"{row['order_id']}/{row['line_no']}", row["item_id"], row["customer_id"],
             row["status"].replace("_", " "), *((f"{row['supply_no']:,}",) if several else ()),
             str(row["drawn_on"]), f"{row['quantity']:,}", str(row["promised_on"]),
             short_money(row["promised_cents"], answer.currency))
            for row in answer.draws.head(MOST_ROWS).iter_rows(named=True)]
    headings = ("line", "what", "customer", "status", *(("no.",) if several else ()), "drawn in",
                "pieces", "promised", "ships")
    return [grid("Who draws from it, and what the shipments that need it are worth", headings,
                 rows, left=4), *_rest(answer.draws.height)]


def _rest(height: int) -> list[RenderableType]:
    """How many rows are not shown."""
    more = height - MOST_ROWS
    return [f"and {more:,} more; --json lists them all"] if more > 0 else []
