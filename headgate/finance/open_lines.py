"""What is open of every order line on the day of the book, and when it is promised."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import monday_of
from headgate.book import Book
from headgate.finance.exchange import EPOCH, Exchange, day_number
from headgate.finance.shares import before_each, between
from headgate.finance.under_way import FRIDAY
from headgate.planner.allocate import Allocation

Longs = NDArray[np.int64]


def open_lines(book: Book, exchange: Exchange) -> pl.DataFrame:
    """
    The order lines with open pieces, by order_id and line_no.

    returns : `line` (number in `Book.lines`), the columns of all levels, contract_id, booked_on,
              requested_on, promised_on, cancellable, `open_quantity`, `open_cents`: open pieces at
              their price in cents of the book's currency, rounded half to even once for each line
    """
    orders = book.tables.frames["orders"][pl.Series(book.lines.source_row)]
    quantity = book.lines.open
    cents = exchange.convert(
        quantity * orders["unit_price_cents"].to_numpy(), exchange.indexes(orders["currency"]),
        np.full(len(quantity), day_number(book.settings.as_of)))
    family = book.tables.frames["items"].select("item_id", "family")
    return orders.select(
        "order_id", "line_no", "customer_id", "segment", "region", "item_id", "site_id",
        "booked_on", "requested_on", "promised_on", "cancellable",
        contract_id=pl.coalesce("contract_id", "order_id"),
        open_quantity=pl.Series(quantity), open_cents=pl.Series(cents)).with_row_index(
        "line").with_columns(pl.col("line").cast(pl.Int64)).filter(
        pl.col("open_quantity") > 0).join(family, on="item_id", how="left", maintain_order="left")


def tranches_of(book: Book, lines: pl.DataFrame, allocation: Allocation | None) -> pl.DataFrame:
    """
    The open pieces of every line by when they ship and arrive.

    lines      : as `open_lines` gives them
    allocation : a plan; None: the promises in the book, all open pieces of a line on `promised_on`
    returns    : the columns of the lines, `quantity`, `cents`, `ship_on` (a plan's alone) and
                 `due_on`: Fridays of the weeks of shipping and arrival, not before as_of; null for
                 pieces without a date. The cents of a line's rows sum to what is open of it
    """
    if allocation is None:
        return lines.with_columns(quantity="open_quantity", cents="open_cents",
                                  ship_on=pl.lit(None, pl.Date), due_on="promised_on")
    now, monday = day_number(book.settings.as_of), day_number(book.first_monday)
    arrive = allocation.ship + book.lanes.weeks[allocation.lane]
    planned = pl.DataFrame({
        "line": allocation.line.astype(np.int64), "quantity": allocation.quantity,
        "ship": np.maximum(now, monday + 7 * allocation.ship + FRIDAY),
        "due": np.maximum(now, monday + 7 * arrive + FRIDAY)}).group_by(
        "line", "ship", "due").agg(pl.col("quantity").sum())
    sent = planned.group_by("line").agg(pl.col("quantity").sum().alias("sent"))
    left = lines.select("line", "open_quantity").join(sent, on="line", how="left").select(
        "line", quantity=pl.col("open_quantity") - pl.col("sent").fill_null(0)).filter(
        pl.col("quantity") > 0)
    rows = pl.concat([planned, left], how="diagonal").sort("line", "due", "ship", nulls_last=True)
    rows = rows.join(lines, on="line", maintain_order="left")
    quantity = rows["quantity"].to_numpy()
    first = before_each(quantity, rows["line"].to_numpy())
    cents = between(rows["open_cents"].to_numpy(), first, first + quantity,
                    rows["open_quantity"].to_numpy())
    return rows.with_columns(cents=pl.Series(cents, dtype=pl.Int64),
                             ship_on=_day("ship"), due_on=_day("due")).drop("ship", "due")


def _day(name: str) -> pl.Expr:
    """Days since 1970-01-01 as dates."""
    return pl.col(name).cast(pl.Int32).cast(pl.Date)


def bucket_of_day(name: str, as_of: date) -> pl.Expr:
    """The week of a date, counted from that of as_of; below 0 before it."""
    monday = (monday_of(as_of) - EPOCH).days
    return (pl.col(name).to_physical().cast(pl.Int64) - monday).floordiv(7)
