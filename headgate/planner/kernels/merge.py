"""Allocations that say the same as one, with all their draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.rank import LANE, LINE, PIECES, SENT, SHIP, Log

Longs = NDArray[np.int64]


@kernel
def merge(log: Log, order: Longs, whole: Log) -> None:
    """
    One allocation for each line, item, lane and week, its draws in the order of need and pool.

    order : (allocations,) places of the log, those that say the same behind one another
    whole : empty, with room for all of the log
    """
    for row in order:
        last = whole.size[0] - 1
        if last < 0 or not _same(log.rows[row], whole.rows[last]):
            last += 1
            for column in range(log.rows.shape[1]):
                whole.rows[last, column] = log.rows[row, column]
            whole.first_draw[last + 1] = whole.first_draw[last]
            whole.size[0] = last + 1
        else:
            whole.rows[last, PIECES] += log.rows[row, PIECES]
        for draw in range(log.first_draw[row], log.first_draw[row + 1]):
            _draw(whole, last, np.int64(log.sources[draw, 0]), np.int64(log.sources[draw, 1]),
                  log.pieces[draw])
    whole.size[1] = whole.first_draw[whole.size[0]]


@inner
def _same(one: Longs, other: Longs) -> bool:
    """Whether two allocations differ in their pieces alone."""
    return bool(one[LINE] == other[LINE] and one[SHIP] == other[SHIP]
                and one[LANE] == other[LANE] and one[SENT] == other[SENT])


@inner
def _draw(whole: Log, last: Int, node: Int, pool: Int, pieces: Int) -> None:
    """Put a draw at its place among those of the last allocation, or add it to the one there."""
    place = whole.first_draw[last + 1]
    while place > whole.first_draw[last]:
        before = whole.sources[place - 1]
        if before[0] == node and before[1] == pool:
            whole.pieces[place - 1] += pieces
            return
        if before[0] < node or (before[0] == node and before[1] < pool):
            break
        place -= 1
    for moved in range(whole.first_draw[last + 1], place, -1):
        whole.sources[moved, 0] = whole.sources[moved - 1, 0]
        whole.sources[moved, 1] = whole.sources[moved - 1, 1]
        whole.pieces[moved] = whole.pieces[moved - 1]
    whole.sources[place, 0], whole.sources[place, 1] = node, pool
    whole.pieces[place] = pieces
    whole.first_draw[last + 1] += 1
