"""Place lines by rank: allocations and what each of them draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.kernels.rank import LANE, LINE, PIECES, SENT, SHIP, Log, place_lines
from headgate.planner.policy import Policy
from headgate.planner.world import (
    Pools,
    empty_world,
    lines_of,
    log_of,
    pools_of,
    room_for_line,
    scratch_of,
    trees_of,
)

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Progress = Callable[[str, float], None]

NO_ROWS_OF_2, NO_ROWS_OF_3 = (np.zeros((0, width), dtype=np.int64) for width in (2, 3))
CHUNK_ALLOCATIONS = 200_000
CHUNK_DRAWS = 2_000_000
STEPS_OF_PROGRESS = 50


@dataclass(frozen=True, slots=True)
class Allocation:
    """
    A plan in numbers, before dates and words.

    log    : allocations sorted by line, then arrival, as `headgate.planner.kernels.rank.Log`
    ptr    : (lines + 1,) int64 rows of the log of each line
    pools  : what the draws' pool numbers mean
    broken : (lines,) pieces of pins and frozen promises that did not fit

    line, item, lane, ship, quantity : (allocations,) views of the log
    node, pool, pieces, owner        : (draws,) views of the log, and the allocation of each draw
    """

    log: Log
    ptr: Longs
    pools: Pools
    broken: Longs

    @property
    def line(self) -> Longs:
        """(allocations,) line index."""
        return self.log.rows[:, LINE]

    @property
    def item(self) -> Longs:
        """(allocations,) index of the item sent."""
        return self.log.rows[:, SENT]

    @property
    def lane(self) -> Longs:
        """(allocations,) lane index."""
        return self.log.rows[:, LANE]

    @property
    def ship(self) -> Longs:
        """(allocations,) ship bucket."""
        return self.log.rows[:, SHIP]

    @property
    def quantity(self) -> Longs:
        """(allocations,) pieces."""
        return self.log.rows[:, PIECES]

    @property
    def node(self) -> Ints:
        """(draws,) the node that each draw serves."""
        return self.log.sources[:, 0]

    @property
    def pool(self) -> Ints:
        """(draws,) the pool that each draw is from."""
        return self.log.sources[:, 1]

    @property
    def pieces(self) -> Longs:
        """(draws,) pieces drawn."""
        return self.log.pieces

    @property
    def owner(self) -> Longs:
        """(draws,) the allocation that each draw serves."""
        return np.repeat(np.arange(len(self.log.rows)), np.diff(self.log.first_draw))


def allocate(book: Book, policy: Policy, progress: Progress | None = None) -> Allocation:
    """
    Allocations of every line by the `rank` policy.

    progress : called with "plan" and the share done, now and then
    """
    pools = pools_of(book, policy)
    world, scratch = empty_world(book, pools), scratch_of(book, pools)
    trees, lines = trees_of(book), lines_of(book)
    room, room_draws = room_for_line(book)
    log = log_of(max(CHUNK_ALLOCATIONS, 2 * room), max(CHUNK_DRAWS, 2 * room_draws))
    most = np.full((len(book.items), len(book.sites), book.horizon), 2**31 - 1, dtype=np.int32)
    rank = book.lines.rank
    step = max(1, len(rank) // STEPS_OF_PROGRESS)
    parts: list[Log] = []
    turn = 0
    while turn < len(rank):
        upto = min(len(rank), turn + step)
        turn = place_lines(trees, world, world, scratch, lines, rank[:upto], NO_ROWS_OF_3, turn,
                           log, most, room, room_draws, False, NO_ROWS_OF_2)
        if turn < upto:
            parts.append(copied(log))
            log.size[:] = 0
        if progress is not None:
            progress("plan", turn / len(rank))
    parts.append(copied(log))
    return by_line(_joined(parts), len(book.lines), pools)


def copied(log: Log) -> Log:
    """What a log holds so far, in arrays of its own."""
    rows, draws = int(log.size[0]), int(log.size[1])
    return Log(log.rows[:rows].copy(), log.first_draw[:rows + 1].copy(),
               log.sources[:draws].copy(), log.pieces[:draws].copy(), log.size.copy())


def _joined(parts: list[Log]) -> Log:
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


def by_line(log: Log, line_count: int, pools: Pools) -> Allocation:
    """The log with its allocations in the order of the lines, each with its draws."""
    line = log.rows[:, LINE]
    place = np.argsort(line, kind="stable")
    counts = np.diff(log.first_draw)[place]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    draws = np.repeat(log.first_draw[:-1][place] - first[:-1], counts) + np.arange(first[-1])
    ptr = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=line_count))])
    in_order = Log(log.rows[place], first, log.sources[draws], log.pieces[draws], log.size)
    return Allocation(in_order, ptr.astype(np.int64), pools,
                      np.zeros(line_count, dtype=np.int64))


def balance_after(book: Book, allocation: Allocation) -> Longs:
    """(pools, weeks) pieces supplied and not drawn up to each week: the plan's true balance."""
    drawn = np.zeros_like(allocation.pools.supplied)
    np.add.at(drawn, (allocation.pool, draw_weeks(book, allocation)), allocation.pieces)
    return allocation.pools.supplied - np.cumsum(drawn, axis=1)


def look_ahead(balance: Longs) -> Longs:
    """
    (pools, weeks) look-ahead available-to-promise: the smallest balance from each week on.

    Whoever draws no more than this in a week breaks no draw that is planned later; below 0 where
    more is promised than comes.
    """
    return np.minimum.accumulate(balance[:, ::-1], axis=1)[:, ::-1]


def draw_weeks(book: Book, allocation: Allocation) -> Ints:
    """(draws,) the bucket of each draw."""
    ship = np.repeat(allocation.ship, np.diff(allocation.log.first_draw))
    return (ship - book.forest.offset[allocation.node]).astype(np.int32)
