"""Lines placed one after another by the rank rules, and logs of what was placed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.kernels.layout import World
from headgate.planner.kernels.merge import merge
from headgate.planner.kernels.rank import LANE, LINE, SENT, SHIP, Lines, Log, place_lines
from headgate.planner.numbering import order_of
from headgate.planner.world import Pools, log_of, room_for_line, scratch_of, trees_of

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

NO_ROWS_OF_2, NO_ROWS_OF_3 = (np.zeros((0, width), dtype=np.int64) for width in (2, 3))
CHUNK_ALLOCATIONS = 200_000
CHUNK_DRAWS = 2_000_000
STEPS_OF_PROGRESS = 50


def place_all(book: Book, pools: Pools, world: World, lines: Lines, turns: Ints, windows: Longs,
              progress: Callable[[float], None] | None = None) -> Log:
    """
    Give lines, in an order, what is left in a world, which is drawn from; permits among the draws.

    turns    : (n,) rows of `lines`; of a ship set only the one that stands for it
    windows  : (n, 3) first and last arrival bucket and row of `banned`; (0, 3) the lines' own
    progress : called with the share done, now and then
    """
    trees, scratch = trees_of(book), scratch_of(book, pools)
    room, room_draws = room_for_line(book, pools)
    log = log_of(max(min(CHUNK_ALLOCATIONS, 20 * len(turns)), 2 * room),
                 max(min(CHUNK_DRAWS, 200 * len(turns)), 2 * room_draws))
    most = np.full((len(book.items), len(book.sites), book.horizon), 2**31 - 1, dtype=np.int32)
    step = max(1, len(turns) // STEPS_OF_PROGRESS)
    parts: list[Log] = []
    turn = 0
    while turn < len(turns):
        upto = min(len(turns), turn + step)
        turn = place_lines(trees, world, world, scratch, lines, turns[:upto], windows, turn,
                           log, most, room, room_draws, False, NO_ROWS_OF_2)
        if turn < upto:
            parts.append(copied(log))
            log.size[:] = 0
        if progress is not None:
            progress(turn / len(turns))
    parts.append(copied(log))
    return joined(parts)


def copied(log: Log) -> Log:
    """What a log holds so far, in arrays of its own."""
    rows, draws = int(log.size[0]), int(log.size[1])
    return Log(log.rows[:rows].copy(), log.first_draw[:rows + 1].copy(),
               log.sources[:draws].copy(), log.pieces[:draws].copy(), log.size.copy())


def joined(parts: list[Log]) -> Log:
    """Logs behind one another."""
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0, *(int(part.size[1]) for part in parts)])
    first = np.concatenate([part.first_draw[:-1] + start
                            for part, start in zip(parts, before[:-1], strict=True)]
                           + [before[-1:]])
    rows = np.concatenate([part.rows for part in parts])
    return Log(rows, first, np.concatenate([part.sources for part in parts]),
               np.concatenate([part.pieces for part in parts]),
               np.array([len(rows), before[-1]], dtype=np.int64))


def strip_permits(log: Log) -> Log:
    """The same log with draws of supply only."""
    real = log.sources[:, 0] >= 0
    if real.all():
        return log
    before = np.concatenate([[0], np.cumsum(real)]).astype(np.int64)
    return Log(log.rows, before[log.first_draw], log.sources[real], log.pieces[real],
               np.array([len(log.rows), before[-1]], dtype=np.int64))


def merged(log: Log) -> Log:
    """
    One allocation for each line, item, lane and week, with all draws of those that were joined.

    In the order of line, week, lane and item, so that nothing tells how the plan came about.
    """
    order = order_of([(log.rows[:, column], int(log.rows[:, column].max(initial=0)) + 1)
                      for column in (LINE, SHIP, LANE, SENT)])
    whole = log_of(len(log.rows), len(log.pieces))
    merge(log, order, whole)
    rows, draws = whole.size.tolist()
    return Log(whole.rows[:rows], whole.first_draw[:rows + 1], whole.sources[:draws],
               whole.pieces[:draws], whole.size)
