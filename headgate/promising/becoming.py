"""Whether an order line is what a hold was made for, so that a commit may become it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from headgate.promising.holds import Hold


def unlike(hold: Hold, line: str, terms: Mapping[str, Any], pieces: int) -> str:
    """
    How an order line differs from what is held, as a clause; empty where it fits.

    An item that the request or the line accepts instead is its item, too; a segment or customer
    that the request did not name is not looked at.

    line   : ORDER/LINE
    terms  : its columns under their names inside; pieces : those that are open
    """
    asked = hold.request
    wanted = {str(terms["item_id"]), *(terms.get("accepts") or ())}
    found = []
    if not {asked.item_id, *asked.accepts} & wanted:
        found.append(f"its item is {terms['item_id']}, not {asked.item_id}")
    for column, name in (("region", asked.region), ("segment", asked.segment),
                         ("customer_id", asked.customer_id)):
        there = terms.get(column)
        if name is not None and there != name:
            found.append(f"its {column.removesuffix('_id')} is {there or 'not said'}, not {name}")
    if pieces < asked.quantity:
        found.append(f"{pieces:,} of its pieces are open, and {asked.quantity:,} are held")
    return f"{line}: {'; '.join(found)}" if found else ""


def unlike_in_book(hold: Hold, line: str, orders: pl.DataFrame) -> str:
    """The same of a line in the orders of a book; empty, too, where it is not in it."""
    order_id, _, line_no = line.rpartition("/")
    rows = orders.filter((pl.col("order_id") == order_id)
                         & (pl.col("line_no").cast(pl.String) == line_no)).to_dicts()
    return unlike(hold, line, rows[0],
                  rows[0]["quantity"] - rows[0]["shipped_quantity"]) if rows else ""
