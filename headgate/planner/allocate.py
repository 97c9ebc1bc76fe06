"""Place lines by rank: allocations and what each of them draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.kernels.rank import LANE, LINE, PIECES, SENT, SHIP, Log
from headgate.planner.placing import NO_ROWS_OF_3, place_all, strip_permits
from headgate.planner.world import Pools, limited_world, lines_of, turns_of

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Progress = Callable[[str, float], None]



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


def allocate(book: Book, pools: Pools, progress: Progress | None = None) -> Log:
    """
    Allocations of every line by the `rank` policy, permits among their draws.

    progress : called with "plan" and the share done, now and then
    """
    told = None if progress is None else partial(progress, "plan")
    return place_all(book, pools, limited_world(book, pools),
                     lines_of(book, pools.permits, sets=True), turns_of(book), NO_ROWS_OF_3, told)


def by_line(log: Log, pools: Pools, broken: Longs) -> Allocation:
    """
    The log's allocations in the order of the lines, each with its draws of supply.

    broken : (lines,) see `Allocation`
    """
    log = strip_permits(log)
    line = log.rows[:, LINE]
    ptr = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(broken)))])
    if (line[1:] >= line[:-1]).all():
        return Allocation(log, ptr.astype(np.int64), pools, broken)
    place = np.argsort(line, kind="stable")
    counts = np.diff(log.first_draw)[place]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    draws = np.repeat(log.first_draw[:-1][place] - first[:-1], counts) + np.arange(first[-1])
    in_order = Log(log.rows[place], first, log.sources[draws], log.pieces[draws], log.size)
    return Allocation(in_order, ptr.astype(np.int64), pools, broken)


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
    # In the order of memory, since kernels are compiled anew for arrays that are not.
    return np.ascontiguousarray(np.minimum.accumulate(balance[:, ::-1], axis=1)[:, ::-1])


def draw_weeks(book: Book, allocation: Allocation) -> Ints:
    """(draws,) the bucket of each draw."""
    ship = np.repeat(allocation.ship, np.diff(allocation.log.first_draw))
    return (ship - book.forest.offset[allocation.node]).astype(np.int32)
