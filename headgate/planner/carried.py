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
    The same allocation, with the line numbers of a wider book, and its numbers of needs.

    wider : a book with the same tables and all lines of the other. Of an item that only its other
            lines order it has a tree, too, so that the trees behind that one are elsewhere
    """
    line = _numbers(book, wider)
    count = len(wider.lines)
    rows = allocation.log.rows.copy()
    rows[:, LINE] = line[rows[:, LINE]]
    sources = allocation.log.sources.copy()
    sources[:, 0] += (wider.forest.root_start - book.forest.root_start)[
        allocation.item[allocation.owner]]
    broken = np.zeros(count, dtype=allocation.broken.dtype)
    broken[line] = allocation.broken
    # Both books have their lines in the order of their ids, so that the log keeps its order.
    return replace(allocation, log=allocation.log._replace(rows=rows, sources=sources),
                   broken=broken, ptr=np.searchsorted(
                       rows[:, LINE], np.arange(count + 1)).astype(np.int64))


def _numbers(book: Book, wider: Book) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(lines,) the number in the wider book of each line of the other."""
    keys = ["order_id", "line_no"]
    own, others = (one.tables.frames["orders"][pl.Series(one.lines.source_row)].select(keys)
                   for one in (book, wider))
    found = own.join(others.with_row_index("number"), on=keys, how="left", maintain_order="left")
    return np.asarray(found["number"].cast(pl.Int64).to_numpy())
