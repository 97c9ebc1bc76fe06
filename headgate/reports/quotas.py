"""The panel about quotas: what is used of each, and what one piece more would be worth."""

from __future__ import annotations

from typing import Any

import polars as pl

from headgate.reports.backlog import LONGEST_NAME
from headgate.reports.markup import Panel, grid_of
from headgate.reports.numbers import (
    about_money,
    amount,
    count_of,
    day,
    exact_money,
    part_of,
    percent,
    shortened,
)

KINDS = {"cap": "At most", "reserved": "Kept"}


def quota_panel(use: pl.DataFrame, currency: str) -> Panel:
    """Caps and reservations as `headgate.explain.quota_table` counts them, the fullest first."""
    rows = (use.with_columns(
        full=(pl.col("kind") == "cap") & (pl.col("used_quantity") >= pl.col("limit_quantity")),
        share=pl.when(pl.col("limit_quantity") > 0).then(
            pl.col("used_quantity") / pl.col("limit_quantity")).otherwise(1.0))
        .sort("full", pl.col("price_cents").fill_null(0), "share", "quota_id", "kind",
              descending=[True, True, True, False, False]).to_dicts())
    cells = [(row["quota_id"], KINDS[row["kind"]], row["item_id"] or row["family"], _scope(row),
              day(row["from_on"]), day(row["to_on"]), amount(row["limit_quantity"]),
              amount(row["used_quantity"]), percent(part_of(row["used_quantity"],
                                                            row["limit_quantity"])),
              "" if row["price_cents"] is None else exact_money(row["price_cents"], currency))
             for row in rows]
    heads = ("Quota", "Kind", "Item or family", "For", "From", "To", "Pieces", "Used", "Share",
             "One more, worth at most")
    note = ("Pieces sent or drawn in the weeks of each quota: at most so many, or so many kept for "
            "those named. Used of what is kept counts up to what is kept")
    return Panel("quotas", _finding(rows, currency), note, None,
                 grid_of("Quotas, those used up first", heads, cells, (6, 7, 8, 9)), wide=True)


def _finding(rows: list[dict[str, Any]], currency: str) -> str:
    """How many caps are used up, and which of them is worth most to lift."""
    caps = sum(row["kind"] == "cap" for row in rows)
    if not caps:
        return f"{count_of(len(rows), 'reservation keeps', 'reservations keep')} supply for some"
    full = [row for row in rows if row["full"]]
    if not full:
        return f"None of {count_of(caps, 'cap')} is used up"
    said = f"{len(full):,} of {count_of(caps, 'cap')} {'is' if len(full) == 1 else 'are'} used up"
    first = full[0]
    if not first["price_cents"]:
        return said
    return (f"{said}; one piece more of {shortened(first['quota_id'], LONGEST_NAME)} is worth at "
            f"most about {about_money(first['price_cents'], currency)}")


def _scope(row: dict[str, Any]) -> str:
    """Whom a quota holds for, in words."""
    named = [row[name] for name in ("segment", "region", "customer_id") if row[name] is not None]
    return ", ".join(named) or "everybody"
