"""A plan under construction: filled at prices, then improved a few lines at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.halves import both
from headgate.planner.kernels.fill import best_worth, replay
from headgate.planner.kernels.held import Held, adopt, compact, drop_losses, reprice
from headgate.planner.kernels.improve import Places, Room, find_regrets, improve
from headgate.planner.kernels.price import L_CHOICE, Tables
from headgate.planner.kernels.rank import SET, Log
from headgate.planner.kernels.sets import fill
from headgate.planner.kernels.taste import find_taste
from headgate.planner.market import Exchange
from headgate.planner.placing import merged
from headgate.planner.world import (
    Pools,
    limited_world,
    lines_of,
    log_of,
    options_of_line,
    room_for_line,
    scratch_of,
)

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

UNKNOWN = 2**31 - 1
"""A remembered bound that bounds nothing."""
TOO_DEAR = 0.25
"""A source that costs so much more than the cheapest one, as a share of the item's cost, waits."""
PASSES = ((0.98, 0.02, -0.01), (0.98, np.inf, -np.inf))
"""
How the passes of filling give lines their options: the share of the prices that counts (less than
all, so that of two weeks that prices make equal the earlier one is taken), how far below its best
a line may go, and how far below zero at these prices; the last two in temperatures, that is times
the cost of the item.
"""
LARGEST = 30
"""The most lines that one turn takes out."""
NOISE = 0.1
"""Noise of the order in which they return, in temperatures."""


class Draft:
    """
    A plan that is feasible at every moment.

    price       : (pools and permits, weeks) cents a piece by which options are weighed
    value_cents : its value in cents, as float64, above what delivering nothing loses
    """

    def __init__(self, book: Book, exchange: Exchange, pools: Pools, seed: int,
                 threads: ThreadPoolExecutor) -> None:
        lines = len(book.lines)
        self.exchange, self.threads = exchange, threads
        self.room_rows, self.room_draws = room_for_line(book, pools)
        rows = 3 * lines + max(20_000, 2 * self.room_rows)
        draws = 30 * lines + max(200_000, 2 * self.room_draws)
        cells = (len(book.items), len(book.sites), book.horizon)
        taste = np.zeros(cells, dtype=np.int16)
        self.world = limited_world(book, pools)._replace(taste=taste)
        self.lines = lines_of(book, pools.permits, sets=True)
        self.scratch = scratch_of(book, pools)
        self.held = Held(log_of(rows, draws), np.full(lines, -1, dtype=np.int64),
                         np.full(rows, -1, dtype=np.int64), book.lines.open.copy(),
                         pools.everything(), np.zeros(rows), np.zeros(rows))
        options = options_of_line(book)
        self.room = Room(np.full((2, *cells), UNKNOWN, dtype=np.int32), np.zeros(options),
                         np.zeros((options, 4), dtype=np.int64), np.zeros((0, 0, 0)),
                         np.zeros(LARGEST + 1, dtype=np.int64),
                         np.zeros((LARGEST + 1) * self.room_rows, dtype=np.int64),
                         np.zeros(LARGEST + 1),
                         np.zeros((3, len(self.world.free) + 1), dtype=np.int64),
                         np.zeros((exchange.arrivals + 1, 2)))
        self.state = np.array([seed * 2_862_933_555_777_941_757 % 2**62 + 1], dtype=np.int64)
        self.marked = np.zeros(lines, dtype=np.int8)
        self.cost = np.zeros((0, book.horizon))
        self.price = np.zeros_like(exchange.supply)
        self.value_cents = 0.0

    def take_prices(self, tables: Tables, price: Floats) -> None:
        """Weigh options at other prices: `tables` of a sharp dual, price of each pool and week."""
        market = self.exchange.market
        self.cost = self.exchange.costs(tables)
        self.world.taste[:] = 0
        find_taste(self.exchange.trees, market, tables, price, TOO_DEAR, self.world.taste)
        if self.held.log.size[0]:
            both(self.threads, len(self.held.head), lambda half, first, end: reprice(
                market, self.cost, self.held, first, end))
        self.price = price

    def fill(self) -> None:
        """Give lines what is worth most to them, those first that bring most for what they take."""
        heat = self.exchange.market.heat
        order, failed = self.order(), np.full(self.room.most[0].shape, -np.inf)
        for discount, slack, floor in PASSES:
            self.world.picky[0] = 1 if slack < np.inf else 0
            if not self.world.picky[0]:
                self.room.most[0][:] = UNKNOWN
            self._fill(order, discount, slack * heat, floor * heat, failed)
        self.drop_losses()

    def fill_sets(self) -> None:
        """Give ship sets their best weeks, before other lines leave them none in common."""
        heat = self.exchange.market.heat
        order = self.order()
        discount, _, floor = PASSES[0]
        self._fill(order[self.lines.rows[order, SET] >= 0], discount, heat, floor * heat,
                   self.room.failed)
        self.drop_losses()

    def order(self) -> Longs:
        """Lines that wait, those first that bring most for what they take; forgets bounds."""
        market, room, left = self.exchange.market, self.room, self.held.left
        room.most[0][:] = UNKNOWN
        waiting = np.flatnonzero(left > 0)
        worth = np.zeros(len(waiting))

        def ask(half: int, first: int, end: int) -> None:
            """The best option of half of the lines."""
            best_worth(self.lines, market, self.cost, room.most[0], waiting[first:end],
                       np.zeros_like(room.worth), np.zeros_like(room.options), worth[first:end])

        both(self.threads, len(waiting), ask)
        return waiting[np.argsort(-worth / market.heat[waiting], kind="stable")]

    def _fill(self, order: Longs, discount: float, slack: Floats, floor: Floats,
              failed: Floats) -> None:
        self._log(len(order), lambda place: fill(
            self.exchange.trees, self.world, self.scratch, self.lines, self.exchange.market,
            self.cost, order, place, self.held.left, discount, slack, floor, self.held.log,
            self.room.most[0], self.room.worth, self.room.options, failed, self.room.by_arrival,
            self.room_rows, self.room_draws))

    def _log(self, count: int, log_from: Callable[[int], int]) -> None:
        """Take in what a kernel logs of so many places; it stops where the log may run full."""
        place = 0
        while place < count:
            first = int(self.held.log.size[0])
            place = log_from(place)
            self.value_cents += adopt(self.exchange.trees, self.exchange.market, self.cost,
                                      self.held, first)
            if place < count:
                self.make_room()

    def drop_losses(self) -> None:
        """Take out what costs more than it brings."""
        self.value_cents += drop_losses(self.exchange.trees, self.world, self.scratch, self.lines,
                                        self.held, self.room.touched)

    def provide(self, rows: Longs, picky: bool) -> None:
        """
        Provide given allocations as far as they can be.

        rows  : (allocations, 5) in the columns of `headgate.planner.kernels.rank.Log.rows`, each
                allowed
        picky : whether sources that cost far too much are left to others
        """
        self.world.picky[0] = int(picky)
        self._log(len(rows), lambda place: replay(
            self.exchange.trees, self.world, self.scratch, self.lines, self.held.left, rows,
            place, self.held.log, self.room.most[0], self.room_draws))

    def copy(self) -> Draft:
        """A plan of its own that starts from here."""
        other = copy(self)
        other.world = self.world._replace(free=self.world.free.copy(),
                                          hours=self.world.hours.copy())
        held, log = self.held, self.held.log
        other.held = Held(
            Log(log.rows.copy(), log.first_draw.copy(), log.sources.copy(), log.pieces.copy(),
                log.size.copy()),
            held.head.copy(), held.behind.copy(), held.left.copy(), held.balance.copy(),
            held.earned.copy(), held.price.copy())
        other.state = self.state.copy()
        return other

    def receive(self, pool: int, week: int, pieces: int) -> None:
        """More pieces in a pool from a week on."""
        self.held.balance[pool, week:] += pieces
        self.world.free[pool] = np.minimum.accumulate(self.held.balance[pool, ::-1])[::-1]

    def extend_hours(self, row: int, week: int, hours: int) -> None:
        """More hours in a week."""
        self.world.hours[row, week] += hours * 1_000_000

    def aim(self, among: NDArray[np.bool_] | None = None) -> Places | None:
        """
        Where turns of improving begin, by what lines fall short of their best at the prices.

        among   : (lines,) where turns may begin; None everywhere
        returns : None where there is nothing to improve
        """
        lines = len(self.held.head)
        if not ((self.held.left > 0) | (self.held.head >= 0)).any() or (
                among is not None and not among.any()):
            return None
        regret, week = self.regrets(self.cost, self.held)
        groups = _groups(self.exchange, self.price)
        order = np.lexsort((week, groups))
        group_ptr = np.searchsorted(groups[order],
                                    np.arange(groups.max(initial=0) + 2)).astype(np.int64)
        place = np.empty(lines, dtype=np.int64)
        place[order] = np.arange(lines)
        regret += 0.02 * regret.mean() + 1.0
        if among is not None:
            regret[~among] = 0.0
        return Places(np.cumsum(regret), order, group_ptr, place, groups)

    def regrets(self, cost: Floats, held: Held) -> tuple[Floats, Longs]:
        """
        (lines,) what lines fall short of their best options at some prices, in cents, and when they
        ship, see `headgate.planner.kernels.improve.find_regrets`.
        """
        lines, room = len(held.head), self.room
        regret, week = np.zeros(lines), np.zeros(lines, dtype=np.int64)
        room.most[0][:] = UNKNOWN

        def ask(half: int, first: int, end: int) -> None:
            """The regrets of half of the lines."""
            find_regrets(self.lines, self.exchange.market, cost, held, room.most[0], first, end,
                         np.zeros_like(room.worth), np.zeros_like(room.options), regret, week)

        both(self.threads, lines, ask)
        return regret, week

    def improve(self, turns: int, places: Places | None) -> None:
        """So many turns of taking a few lines out and putting them back, from where `aim` says."""
        rest = np.array([turns], dtype=np.int64)
        while places is not None:
            self.value_cents += improve(
                self.exchange.trees, self.world, self.scratch, self.lines, self.exchange.market,
                self.cost, self.held, self.room, places, self.marked,
                self.state, rest, LARGEST, NOISE, LARGEST * self.room_rows,
                LARGEST * self.room_draws)
            if rest[0] == 0:
                self.drop_losses()
                break
            self.make_room()

    def make_room(self) -> None:
        """Drop what is no longer held; a log that stays nearly full is made longer."""
        log = self.held.log
        compact(self.held, np.zeros(len(log.rows), dtype=np.int8))
        rows, draws = len(log.rows), len(log.pieces)
        if log.size[0] + 2 * LARGEST * self.room_rows > rows * 3 // 4:
            rows = 2 * rows + 2 * LARGEST * self.room_rows
        if log.size[1] + 2 * LARGEST * self.room_draws > draws * 3 // 4:
            draws = 2 * draws + 2 * LARGEST * self.room_draws
        self._lengthen(rows, draws)

    def reserve(self, rows: int, draws: int) -> None:
        """Make the log long enough for so many more allocations and draws."""
        log = self.held.log
        self._lengthen(max(len(log.rows), int(log.size[0]) + rows),
                       max(len(log.pieces), int(log.size[1]) + draws))

    def append(self, log: Log) -> int:
        """Put a log behind what is in the own one, which must have room; the first new row."""
        own = self.held.log
        row, draw = own.size.tolist()
        rows, draws = row + len(log.rows), draw + len(log.pieces)
        own.rows[row:rows], own.first_draw[row:rows + 1] = log.rows, log.first_draw + draw
        own.sources[draw:draws], own.pieces[draw:draws] = log.sources, log.pieces
        own.size[:] = rows, draws
        return int(row)

    def _lengthen(self, rows: int, draws: int) -> None:
        log = self.held.log
        if rows == len(log.rows) and draws == len(log.pieces):
            return
        used, drawn = log.size.tolist()
        whole = Log(longer(log.rows[:used], rows), longer(log.first_draw[:used + 1], rows + 1),
                    longer(log.sources[:drawn], draws), longer(log.pieces[:drawn], draws), log.size)
        self.held = self.held._replace(
            log=whole, behind=longer(self.held.behind[:used], rows),
            earned=longer(self.held.earned[:used], rows),
            price=longer(self.held.price[:used], rows))

    def count_value(self) -> None:
        """Add up anew what is held."""
        held = self.held
        compact(held, np.zeros(len(held.log.rows), dtype=np.int8))
        self.value_cents = float(held.earned[:held.log.size[0]].sum())

    def forget_bounds(self) -> None:
        """Forget what is remembered of sites: something was given back."""
        self.room.most[:] = UNKNOWN

    def log(self) -> Log:
        """What is held, as a log without gaps in which no two allocations say the same."""
        compact(self.held, np.zeros(len(self.held.log.rows), dtype=np.int8))
        rows, draws = int(self.held.log.size[0]), int(self.held.log.size[1])
        log = self.held.log
        return merged(Log(log.rows[:rows], log.first_draw[:rows + 1], log.sources[:draws],
                           log.pieces[:draws], log.size))


def longer(array: NDArray[Any], length: int) -> NDArray[Any]:
    """A copy with room for more rows, which are not set."""
    longer = np.empty((length, *array.shape[1:]), dtype=array.dtype)
    longer[:len(array)] = array
    return longer


def _groups(exchange: Exchange, price: Floats) -> Longs:
    """
    (lines,) a number for the part whose supply is worth most of those that a line needs.

    Lines of which no part has a price compete for hours at most, and form one group.
    """
    market, trees = exchange.market, exchange.trees
    received = np.diff(exchange.supply, axis=1, prepend=0.0)
    dollars = np.zeros(len(trees.items))
    np.add.at(dollars, market.pool_item, (received * np.where(received > 0, price, 0.0)).sum(1))
    part = np.zeros(len(trees.items), dtype=np.int64)
    for one in np.unique(market.choice_item).tolist():
        needs = trees.nodes[trees.items[one, 0]:trees.items[one, 1], 0]
        if dollars[needs].max(initial=0.0) > 0.0:
            part[one] = 1 + needs[np.argmax(dollars[needs])]
    group = np.unique(part, return_inverse=True)[1].ravel().astype(np.int64)
    if not len(market.choice_item):
        return np.zeros(len(market.lines), dtype=np.int64)
    return group[market.choice_item[np.minimum(market.lines[:, L_CHOICE],
                                               len(market.choice_item) - 1)]]
