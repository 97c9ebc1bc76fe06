"""Hours that a plan uses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.explode import use_hours
from headgate.planner.kernels.rank import Log
from headgate.planner.permits import Permits
from headgate.planner.world import largest_tree, lines_of, trees_of


def hours_used(book: Book, allocation: Allocation) -> NDArray[np.int64]:
    """(hour rows, weeks) millionths of an hour that the plan's steps use, `inf` weeks included."""
    return hours_of_log(book, allocation.pools.permits, allocation.log)


def hours_of_log(book: Book, permits: Permits, log: Log) -> NDArray[np.int64]:
    """The same of any log that holds draws of supply only."""
    used = np.zeros_like(book.hours.micro)
    use_hours(trees_of(book), lines_of(book, permits), log, book.hours.row.astype(np.int64),
              np.zeros((4, largest_tree(book)), dtype=np.int64), used)
    return used
