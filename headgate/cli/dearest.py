"""Rows about order lines in the order in which people read them: the most dollars first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from headgate.book import Book


def dearest_first(table: pl.DataFrame, pieces: pl.Expr, book: Book) -> pl.DataFrame:
    """
    A table by what its rows are worth at the lines' unit prices, with a column `cents` of it.

    table  : with order_id and line_no, of lines of the book
    pieces : how many pieces of the line count in a row
    """
    keys = ["order_id", "line_no"]
    orders = book.tables.frames["orders"].select(keys)[pl.Series(book.lines.source_row)]
    prices = orders.with_columns(price=pl.Series(book.lines.price_cents))
    return (table.join(prices, on=keys, how="left", maintain_order="left")
            .with_columns(cents=(pieces.cast(pl.Int128) * pl.col("price").fill_null(0)))
            .drop("price").sort("cents", *keys, descending=[True, False, False]))
