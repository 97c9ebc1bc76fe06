"""How far a promise may reach into a plan: what nobody has, what lines have that may give way."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import look_ahead
from headgate.planner.confirmed import Confirmed
from headgate.planner.fixed import held_lines
from headgate.planner.kernels.kept import NEVER
from headgate.planner.kernels.layout import UNLIMITED, World
from headgate.planner.kernels.rank import LINE, SHIP, Log
from headgate.planner.placing import strip_permits
from headgate.planner.policy import Policy
from headgate.planner.replan_policy import WIN
from headgate.planner.usage import hours_of_log
from headgate.planner.world import Pools

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Stock(NamedTuple):
    """Balance of pools and permits, and hours, both by week."""

    balance: Longs
    hours: Longs

    def without(self, other: Stock) -> Stock:
        """The same less another; hours without limit stay."""
        return Stock(self.balance - other.balance, np.where(
            self.hours >= UNLIMITED, self.hours, self.hours - other.hours))

    def beside(self, other: Stock) -> Stock:
        """The same and another; hours without limit stay."""
        return self.without(Stock(-other.balance, -other.hours))

    @property
    def suffices(self) -> bool:
        """Whether nothing is drawn, and no hour used, that is not there."""
        return bool(self.balance.min(initial=0) >= 0 and self.hours.min(initial=0) >= 0)

    def limits(self, world: World) -> World:
        """A world in which there is this, to draw from."""
        return world._replace(free=look_ahead(self.balance), hours=self.hours.copy())


def drawn_by(book: Book, pools: Pools, log: Log) -> Stock:
    """
    What allocations draw, summed up to each week, and the hours that they use.

    log : permits among the draws
    """
    return Stock(drawn_up_to(book, log, pools.everything().shape),
                 hours_of_log(book, pools.permits, strip_permits(log)))


def drawn_up_to(book: Book, log: Log, shape: tuple[int, ...]) -> Longs:
    """
    What allocations draw of pools and permits up to each week.

    shape : (pools and permits, weeks)
    """
    drawn = np.zeros(shape, dtype=np.int64)
    node = log.sources[:, 0].astype(np.int64)
    node = np.where(node < 0, -1 - node, node)
    week = np.repeat(log.rows[:, SHIP], np.diff(log.first_draw)) - book.forest.offset[node]
    np.add.at(drawn, (log.sources[:, 1], week), log.pieces)
    return np.cumsum(drawn, axis=1)


def chosen_rows(log: Log, rows: Longs) -> Log:
    """Some allocations of a log with their draws."""
    counts = log.first_draw[rows + 1] - log.first_draw[rows]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    draws = np.repeat(log.first_draw[rows] - first[:-1], counts) + np.arange(first[-1])
    return Log(log.rows[rows], first, log.sources[draws], log.pieces[draws],
               np.array([len(rows), first[-1]], dtype=np.int64))


def protected_lines(book: Book, policy: Policy, had: Confirmed,
                    of_units: Callable[[np.ufunc, Longs], Longs]) -> Bools:
    """
    (lines,) lines that no request displaces: frozen or pinned, of class `win`, or promised or
    planned within the fence, each with its ship set.

    of_units : folds a figure over ship sets
    """
    found = held_lines(book) | (had.group == WIN) | had.frozen
    found |= (had.planned != NEVER) & (had.planned < policy.replan.fence_weeks)
    return np.asarray(of_units(np.maximum, found.astype(np.int64)) > 0)


def reaches(book: Book, policy: Policy, pools: Pools, log: Log, protected: Bools, had: Confirmed,
            of_units: Callable[[np.ufunc, Longs], Longs], left: Stock) -> tuple[Stock, ...]:
    """
    What a promise may be made from, nearest at hand first: what nobody has; that, and what lines
    have whose promises are not near; that, and what the other lines have that may give way.

    log  : allocations that stand, permits among the draws
    left : what these leave
    """
    near = (had.promised != NEVER) & (had.promised < policy.replan.near_weeks)
    near = np.asarray(of_units(np.maximum, near.astype(np.int64)) > 0)
    found = [left]
    for may in (~protected & ~near, ~protected & near):
        given = drawn_by(book, pools, chosen_rows(log, np.flatnonzero(may[log.rows[:, LINE]])))
        found.append(found[-1].beside(given))
    return tuple(found)
