"""A commit that becomes an order line: whether it is what was held, and keeps the date told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from headgate.base.calendar import monday_of
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


def missed_in_plan(holds: Mapping[str, Hold], became: Mapping[str, str], orders: pl.DataFrame,
                   allocations: pl.DataFrame, as_of: date) -> dict[str, str]:
    """
    What a plan lacks of commits that became order lines of its book, as a clause for each.

    Left out is a commit of which the line has all by the date that was told, beside what others
    for it were told before; whose line is another than was held; and one whose date's week was
    over when the plan was made.

    holds, became : by id, and the ORDER/LINE of each
    orders, allocations : of the book and the plan
    """
    found, needed = {}, dict[str, int]()
    for hold_id, hold in sorted(holds.items(), key=lambda one: (one[1].promised_on, one[0])):
        line = became[hold_id]
        if hold.promised_on < monday_of(as_of) or unlike_in_book(hold, line, orders):
            continue
        order_id, _, line_no = line.rpartition("/")
        own = (pl.col("order_id") == order_id) & (pl.col("line_no").cast(pl.String) == line_no)
        needed[line] = needed.get(line, 0) + hold.request.quantity
        wanted = min(needed[line], int(orders.filter(own)["quantity"].sum()))
        given = allocations.filter(own & (pl.col("arrive_on") <= monday_of(hold.promised_on)))
        there = int(given["quantity"].sum()) + int(orders.filter(own)["shipped_quantity"].sum())
        if there < wanted:
            found[hold_id] = f"{line} gets {there:,} of {wanted:,} by {hold.promised_on}"
    return found


def promised_as_held(orders: pl.DataFrame, held: Mapping[str, date]) -> pl.DataFrame:
    """
    Orders whose lines have the date that was held for them, where they have no promise.

    held : the date of each line that a commit became, by ORDER/LINE
    """
    told = pl.concat_str("order_id", pl.lit("/"), "line_no").replace_strict(
        dict(held), default=None, return_dtype=pl.Date)
    return orders.with_columns(promised_on=pl.coalesce("promised_on", told))
