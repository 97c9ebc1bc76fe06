"""Rows of a table as the lines of a book, and rows in the order of several columns."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book

Longs = NDArray[np.int64]

KEY = ("order_id", "line_no")


def line_numbers(book: Book, table: pl.DataFrame) -> Longs:
    """
    (rows,) the line that each row of a table is of; -1 where the book has no such line.

    table : with order_id and line_no, none of them null; quick where a line's rows stand together
    """
    begins = table.select(pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).shift()) for name in KEY)).to_series().to_numpy()
    first = np.flatnonzero(begins)
    line = lines_of_keys(book, table.select(KEY)[pl.Series(first)])
    return np.asarray(np.repeat(line, np.diff(first, append=table.height)), dtype=np.int64)


def lines_of_keys(book: Book, keys: pl.DataFrame) -> Longs:
    """The line of each row, as `line_numbers` gives it, of a table whose lines stand apart."""
    orders, rows = book.tables.frames["orders"].select(KEY), book.lines.source_row
    if not np.array_equal(rows, np.arange(orders.height)):
        orders = orders[pl.Series(rows)]
    if orders.equals(keys.select(KEY)):
        return np.arange(orders.height, dtype=np.int64)
    found = keys.select(KEY).join(orders.with_row_index("line"), on=KEY, how="left",
                                  maintain_order="left")["line"].cast(pl.Int64)
    return np.asarray((found.fill_null(-1) if found.null_count() else found).to_numpy(),
                      dtype=np.int64)


def packed(columns: Sequence[tuple[NDArray[np.integer], int]]) -> Longs | None:
    """
    One whole number for each row, in the order of its columns; None where 63 bits do not hold it.

    columns : most important first, none negative, each with a number that its values stay below
    """
    if math.prod(max(1, below) for _, below in columns) >= 2**63:
        return None
    key = np.zeros(len(columns[0][0]), dtype=np.int64)
    for values, below in columns:
        key *= max(1, below)
        key += values
    return key


def order_of(columns: Sequence[tuple[NDArray[np.integer], int]]) -> Longs:
    """
    The order that sorts rows by several columns, those alike as they were.

    columns : as `packed` takes them; rows that are sorted already take a tenth of the time
    """
    key = packed(columns)
    if key is None:
        return np.asarray(np.lexsort([values for values, _ in reversed(columns)]), dtype=np.int64)
    return np.asarray(np.argsort(key, kind="stable"), dtype=np.int64)


def runs(starts: NDArray[np.integer], counts: NDArray[np.integer]) -> Longs:
    """The numbers from each start on, so many of each, behind one another."""
    before = np.cumsum(counts) - counts
    return np.asarray(np.repeat(starts - before, counts) + np.arange(counts.sum()),
                      dtype=np.int64)


def distinct_rows(columns: Sequence[NDArray[np.integer]]) -> tuple[Longs, Longs]:
    """The distinct rows of some columns, none negative, in order; the place of each row in them."""
    widths = [int(column.max(initial=0)) + 1 for column in columns]
    key = packed(list(zip(columns, widths, strict=True)))
    if key is None:
        rows, row = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        return rows.astype(np.int64), row.ravel().astype(np.int64)
    distinct, place = _numbered(key, math.prod(widths))
    parts = []
    for width in reversed(widths):
        distinct, part = np.divmod(distinct, width)
        parts.append(part)
    return np.stack(parts[::-1], axis=1), place


def _numbered(key: Longs, span: int) -> tuple[Longs, Longs]:
    """The distinct keys from 0 to `span` - 1, rising, and the place of each key among them."""
    if span > 4 * len(key) + 1000:
        distinct, place = np.unique(key, return_inverse=True)
        return distinct, place.ravel().astype(np.int64)
    distinct = np.flatnonzero(np.bincount(key, minlength=span))
    place_of = np.zeros(span, dtype=np.int64)
    place_of[distinct] = np.arange(len(distinct))
    return distinct, place_of[key]
