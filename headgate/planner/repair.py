"""Repair an older plan on a book that has changed: keep what can be kept, move what must move."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import Allocation, by_line
from headgate.planner.certificate import Certificate, certify
from headgate.planner.confirmed import Confirmed
from headgate.planner.draft import Draft
from headgate.planner.dual import Dual, Prices
from headgate.planner.keeping import Keeper
from headgate.planner.kernels.fill import best_worth
from headgate.planner.kernels.rank import LINE
from headgate.planner.kernels.repair import KEEP, MOVE
from headgate.planner.market import exchange_of
from headgate.planner.policy import Policy
from headgate.planner.replan_policy import LOSE
from headgate.planner.reservations import settle_reservations
from headgate.planner.restart import Retraced, Start, prices_of_start, retrace_start
from headgate.planner.terms import terms_of
from headgate.planner.world import empty_world, pools_of, trees_of

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DISCOUNT = 0.9
"""The share of the prices that counts when a line takes another date."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """
    A repaired plan.

    allocation  : by line, reserved pieces settled
    certificate : the bound that the older plan's prices prove for this book; None under `rank`
    ejected     : (rows, 4) line, and what made it give up: kind, pool or hour row, week
    """

    allocation: Allocation
    certificate: Certificate | None
    ejected: Longs


class Repairer:
    """
    An older plan on a book, ready to be repaired.

    book, policy : what is planned now
    start        : the older plan's tables
    confirmed    : what it confirmed to each line
    """

    def __init__(self, book: Book, policy: Policy, start: Start, confirmed: Confirmed,
                 threads: ThreadPoolExecutor) -> None:
        self.book, self.policy, self.confirmed, self.start = book, policy, confirmed, start
        self.pools = pools_of(book, policy)
        self.exchange = exchange_of(book, terms_of(book, policy), self.pools,
                                    empty_world(book, self.pools), trees_of(book))
        self.draft = Draft(book, self.exchange, self.pools, policy.seed, threads)
        self.prices = (prices_of_start(book, self.pools, start) if policy.objective == "value" else
                       Prices(np.zeros_like(self.exchange.supply),
                              np.zeros_like(self.exchange.hours)))
        dual = Dual(self.exchange, threads)
        price = dual.quote(self.prices, 0.0)
        if policy.objective == "value":
            self.draft.take_prices(dual.tables, price)
        else:
            self.draft.cost = dual.tables.cost.copy()
        self.price = price
        self.retraced: Retraced = retrace_start(book, policy, self.pools, start)
        terms, money = confirmed.terms()
        standing = np.zeros(0)
        if policy.objective == "rank":
            standing = np.empty(len(book.lines))
            standing[book.lines.rank] = np.arange(len(book.lines))
        self.keeper = Keeper(self.draft, terms, money, standing)

    def repair(self, shortages: pl.DataFrame | None = None) -> Repaired:
        """The plan, repaired."""
        keeper, held, had = self.keeper, self.draft.held, self.confirmed
        keeper.put_in(self.retraced.log)
        held = self.draft.held
        losers = np.flatnonzero((had.group == LOSE) & (held.head >= 0))
        lost = keeper.take_out(losers)
        keeper.heal()
        gone, cause = keeper.out, keeper.cause
        ejected = np.concatenate([held.log.rows[gone, LINE][:, None], cause], axis=1)
        keeper.put_fitting(self._by_right(gone))
        waiting = held.left > 0
        broken = waiting & had.known & (had.group != LOSE) & (
            held.left > np.maximum(0, had.open - had.pieces))
        self._insert(np.flatnonzero(broken), KEEP)
        self._insert(np.flatnonzero(broken), MOVE)
        self._insert(np.flatnonzero(waiting & ~had.known), MOVE)
        keeper.put_fitting(self._by_right(lost))
        self._insert(np.flatnonzero((held.left > 0) & (had.group == LOSE)), MOVE)
        return Repaired(self._settled(), self._certificate(), ejected)

    def _by_right(self, rows: Longs) -> Longs:
        """Rows in the order in which they may return: by class, then what earns most for a piece"""
        log = self.draft.held.log
        line = log.rows[rows, LINE]
        worth = self.draft.held.earned[rows] / np.maximum(1, log.rows[rows, -1])
        return rows[np.lexsort((rows, line, -worth / self.exchange.market.heat[line],
                                self.confirmed.group[line]))]

    def _insert(self, lines: Longs, phase: int) -> None:
        """Give lines what they wait for, the classes one after the other, best worth first."""
        if not len(lines):
            return
        draft, market = self.draft, self.exchange.market
        worth = np.zeros(len(lines))
        draft.forget_bounds()
        best_worth(draft.lines, market, draft.cost, draft.room.most[0], lines,
                   draft.room.worth, draft.room.options, worth)
        order = lines[np.lexsort((lines, -worth / market.heat[lines],
                                  self.confirmed.group[lines]))]
        self.keeper.insert(order, phase, 0.0 if phase == KEEP else DISCOUNT)

    def _settled(self) -> Allocation:
        allocation = by_line(self.draft.log(), len(self.book.lines), self.pools)
        return settle_reservations(self.book, self.policy, allocation)

    def _certificate(self) -> Certificate | None:
        if self.policy.objective != "value":
            return None
        return certify(self.book, self.exchange, self.pools, self.prices)
