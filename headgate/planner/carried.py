"""A plan of one book as the plan of another that has more order lines, of which nothing is open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from headgate.book import Book
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.rank import LINE


def carried(allocation: Allocation, book: Book, wider: Book) -> Allocation:
    """
    The same allocation, with the line numbers of a wider book.

    wider : a book with the same tables and all lines of the other; what it has beside them is of
            items that are ordered in the other, too, so that the trees of needs are the same
    """
    line = _numbers(book, wider)
    count = len(wider.lines)
    rows = allocation.log.rows.copy()
    rows[:, LINE] = line[rows[:, LINE]]
    broken = np.zeros(count, dtype=allocation.broken.dtype)
    broken[line] = allocation.broken
    # Both books have their lines in the order of their ids, so that the log keeps its order.
    return replace(allocation, log=allocation.log._replace(rows=rows), broken=broken,
                   ptr=np.searchsorted(rows[:, LINE], np.arange(count + 1)).astype(np.int64))


def _numbers(book: Book, wider: Book) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(lines,) the number in the wider book of each line of the other."""
    keys = ["order_id", "line_no"]
    own, others = (one.tables.frames["orders"][pl.Series(one.lines.source_row)].select(keys)
                   for one in (book, wider))
    found = own.join(others.with_row_index("number"), on=keys, how="left", maintain_order="left")
    return np.asarray(found["number"].cast(pl.Int64).to_numpy())
