"""Panels about promises: those that a re-plan moved, and held ones that were broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from headgate.base.money import short_money
from headgate.reports.markup import Panel, grid_of
from headgate.reports.numbers import amount, count_of, day, exact_money, percent
from headgate.tables.plan_schema import PlanFrames

KEY = ["order_id", "line_no"]
WHY = {"part": "a part ran short", "resource": "hours ran short",
       "quota": "a quota leaves less", "pin": "made way for new pins of another line",
       "held": "a pin or frozen promise holds a part of it",
       "rules": "it is not possible any more", "order": "the order is new or changed",
       "winner": "made way for a line of class win", "class": "of class lose, gave up first",
       "freed": "supply was freed that serves it better", "search": "the whole book was searched",
       "kept": "nothing moved; its class could not be held to"}
"""The reasons of moves, as they stand in a table of reasons."""


def move_panels(lines: pl.DataFrame, plan: PlanFrames, currency: str) -> list[Panel]:
    """The promises that a re-plan moved, the most dollars first, and why they moved."""
    figures = plan.summary["replan"]
    moves = plan.frames["moves"]
    counts = figures["promises"]
    finding = (f"{moved_words(counts)}; {percent(figures['share_moved'], 1)} of "
               f"{count_of(counts['before'], 'promise')} of the plan before moved"
               + (f"; {counts['gone']:,} more went with their lines" if counts["gone"] else ""))
    if moves.is_empty():
        return [Panel("moved", finding, "Every promise of the plan before stands.", wide=True)]
    note = (f"The policy charges {short_money(figures['cost_cents'], currency)} for moving "
            f"{short_money(figures['moved_cents'], currency)}; "
            f"{count_of(figures['exceptions'], 'exception')}, where a line's class could not be "
            f"held to. What moved is the pieces moved at the line's price. Amounts in {currency}")
    orders = moves.join(lines.select(*KEY, "customer_id", "item_id"), on=KEY, how="left",
                        maintain_order="left")
    rows = orders.sort("moved_cents", *KEY, descending=[True, False, False]).to_dicts()
    cells = [(f"{row['order_id']} / {row['line_no']}", row["customer_id"], row["item_id"],
              day(row["old_promised_on"]) or "no date", day(row["new_promised_on"]) or "no date",
              "" if row["days"] is None else f"{row['days']:+,}" if row["days"] else "0",
              amount(row["new_quantity"]) if row["new_quantity"] == row["old_quantity"] else
              f"{amount(row['old_quantity'])} to {amount(row['new_quantity'])}",
              amount(row["moved_quantity"]), exact_money(row["moved_cents"], currency),
              row["class"] + (", exception" if row["exception"] else ""), row["text"])
             for row in rows]
    heads = ("Order / line", "Customer", "Item", "Promised before", "Promised now", "Days",
             "Pieces", "Pieces moved", "Moved", "Class", "Why")
    return [Panel("moved", finding, note, None,
                  grid_of("Moved promises, the most dollars first", heads, cells, (5, 6, 7, 8),
                          fold=True),
                  wide=True), _reasons(moves, currency)]


def moved_words(counts: Mapping[str, int]) -> str:
    """
    What became of the older plan's promises, in a few words.

    >>> moved_words({"later": 1, "earlier": 7, "lost": 3, "withdrawn": 2})
    '1 later, 7 earlier, 1 with fewer pieces, 2 withdrawn'
    """
    gone = counts.get("withdrawn", 0)
    return (f"{counts['later']:,} later, {counts['earlier']:,} earlier, "
            f"{counts['lost'] - gone:,} with fewer pieces, {gone:,} withdrawn")


def _reasons(moves: pl.DataFrame, currency: str) -> Panel:
    """How many lines and dollars moved for each reason."""
    rows = moves.group_by("reason").agg(
        lines=pl.len(), later=(pl.col("days") > 0).sum(), earlier=(pl.col("days") < 0).sum(),
        cents=pl.col("moved_cents").sum()).sort("cents", "reason", descending=[True, False])
    cells = [(WHY[reason].capitalize(), amount(count), amount(later), amount(earlier),
              exact_money(cents, currency)) for reason, count, later, earlier, cents
             in rows.iter_rows()]
    first = rows.row(0, named=True)
    return Panel("move-reasons", f"Most dollars moved because: {WHY[first['reason']]}", "", None,
                 grid_of("Moved promises by reason", ("Why", "Lines", "Later", "Earlier", "Moved"),
                         cells, (1, 2, 3, 4)), wide=True)


def broken_panel(lines: pl.DataFrame, currency: str) -> Panel | None:
    """What of pins and frozen promises did not fit; None where all of it did."""
    broken = lines.filter(pl.col("broken_quantity") > 0).with_columns(
        broken_cents=pl.col("broken_quantity") * pl.col("price_cents"))
    if broken.is_empty():
        return None
    rows: list[dict[str, Any]] = broken.sort("broken_cents", *KEY,
                                             descending=[True, False, False]).to_dicts()
    pieces = int(broken["broken_quantity"].sum())
    cells = [(f"{row['order_id']} / {row['line_no']}", row["customer_id"], row["item_id"],
              amount(row["broken_quantity"]), exact_money(row["broken_cents"], currency),
              day(row["promised_on"]) or "no date", amount(row["promised_quantity"]),
              row["text"] or "") for row in rows]
    heads = ("Order / line", "Customer", "Item", "Pieces broken", "Broken", "Promised now",
             "Pieces promised", "Why")
    return Panel("broken", f"{count_of(len(rows), 'held line is', 'held lines are')} broken: "
                 f"{count_of(pieces, 'piece')} could not be placed as held",
                 "What pins and frozen promises hold and did not fit was planned like all others. "
                 f"Amounts in {currency}", None,
                 grid_of("Held promises that are broken", heads, cells, (3, 4, 6)), wide=True)
