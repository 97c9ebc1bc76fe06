"""A plan under construction: filled at prices, then improved a few lines at a time."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.kernels.fill import best_worth, fill, replay
from headgate.planner.kernels.held import Held, adopt, compact, drop_losses, reprice
from headgate.planner.kernels.improve import Places, Room, find_regrets, improve
from headgate.planner.kernels.price import Tables
from headgate.planner.kernels.rank import LANE, LINE, SENT, SHIP, Log
from headgate.planner.kernels.taste import find_taste
from headgate.planner.market import Exchange
from headgate.planner.world import (
    Pools,
    empty_world,
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
ROUND = (0.9, 0.01, 0.0)
LAST = ((0.98, 0.02, -0.01), (0.98, np.inf, -np.inf))
"""
How a round of filling gives lines their options, and the passes after the last one: the share of
the prices that counts (less than all, so that of two weeks that prices make equal the earlier one
is taken), how far below its best a line may go, and how far below zero at these prices; the last
two in temperatures, that is times the cost of the item.
"""
LARGEST = 30
"""The most lines that one turn takes out."""
NOISE = 0.1
"""Noise of the order in which they return, in temperatures."""


class Draft:
    """
    A plan that is feasible at every moment.

    value_cents : its value in cents, as float64, above what delivering nothing loses
    """

    def __init__(self, book: Book, exchange: Exchange, pools: Pools, seed: int) -> None:
        lines = len(book.lines)
        self.exchange = exchange
        self.room_rows, self.room_draws = room_for_line(book)
        rows = 3 * lines + max(20_000, 2 * self.room_rows)
        draws = 30 * lines + max(200_000, 2 * self.room_draws)
        cells = (len(book.items), len(book.sites), book.horizon)
        taste = np.zeros(cells, dtype=np.int16)
        self.world = empty_world(book, pools)._replace(taste=taste)
        self.scratch, self.lines = scratch_of(book, pools), lines_of(book)
        self.held = Held(log_of(rows, draws), np.full(lines, -1, dtype=np.int64),
                         np.full(rows, -1, dtype=np.int64), book.lines.open.copy(),
                         pools.supplied.copy(), np.zeros(rows), np.zeros(rows))
        options = options_of_line(book)
        self.room = Room(np.full((2, *cells), UNKNOWN, dtype=np.int32), np.zeros(options),
                         np.zeros((options, 4), dtype=np.int64),
                         np.zeros(LARGEST + 1, dtype=np.int64),
                         np.zeros((LARGEST + 1) * self.room_rows, dtype=np.int64),
                         np.zeros(LARGEST + 1), np.zeros((3, len(pools.item) + 1), dtype=np.int64))
        self.state = np.array([seed * 2_862_933_555_777_941_757 % 2**62 + 1], dtype=np.int64)
        self.marked = np.zeros(lines, dtype=np.int8)
        self.cost = np.zeros((0, book.horizon))
        self.groups = np.zeros(lines, dtype=np.int64)
        self.value_cents = 0.0

    def take_prices(self, tables: Tables, price: Floats) -> None:
        """Weigh options at other prices: `tables` of a sharp dual, price of each pool and week."""
        market = self.exchange.market
        self.cost = tables.cost.copy()
        self.world.taste[:] = 0
        find_taste(self.exchange.trees, market, tables, price, TOO_DEAR, self.world.taste)
        reprice(self.exchange.trees, market, self.cost, self.held)
        self.groups = _groups(self.exchange, price)

    def fill(self, share: float) -> None:
        """
        Give lines what they are worth, those first that bring most for what they take.

        share : of the dollars that wait; 1 is the last round, after which all may take the rest
        """
        heat, left = self.exchange.market.heat, self.held.left
        waiting = np.flatnonzero(left > 0)
        worth = np.zeros(len(waiting))
        most, room = self.room.most[0], self.room
        most[:] = UNKNOWN
        best_worth(self.lines, self.exchange.market, self.cost, most, waiting, left, room.worth,
                   room.options, worth)
        order = waiting[np.argsort(-worth / heat[waiting], kind="stable")]
        dollars = np.cumsum(left[order] * heat[order])
        if len(order) and share < 1.0:
            order = order[:int(np.searchsorted(dollars, share * dollars[-1])) + 1]
        self.world.picky[0] = 1
        for discount, slack, floor in (ROUND, *(LAST if share == 1.0 else ())):
            if slack == np.inf:
                self.world.picky[0] = 0
                most[:] = UNKNOWN
            self._fill(order, discount, slack * heat, floor * heat)
        if share == 1.0:
            self._drop_losses()

    def _fill(self, order: Longs, discount: float, slack: Floats, floor: Floats) -> None:
        self._log(len(order), lambda place: fill(
            self.exchange.trees, self.world, self.scratch, self.lines, self.exchange.market,
            self.cost, order, place, self.held.left, discount, slack, floor, self.held.log,
            self.room.most[0], self.room.worth, self.room.options, self.room_rows,
            self.room_draws))

    def _log(self, count: int, log_from: Callable[[int], int]) -> None:
        """Take in what a kernel logs of so many places; it stops where the log may run full."""
        place = 0
        while place < count:
            first = int(self.held.log.size[0])
            place = log_from(place)
            self.value_cents += adopt(self.exchange.trees, self.exchange.market, self.cost,
                                      self.held, first)
            if place < count:
                self._make_room()

    def _drop_losses(self) -> None:
        self.value_cents += drop_losses(self.exchange.trees, self.world, self.scratch, self.lines,
                                        self.held, self.room.touched)

    def replay(self, rows: Longs) -> None:
        """Take over an older plan's allocations, (allocations, 5) as `rows_of_start` gives them."""
        self.world.picky[0] = 0
        self._log(len(rows), lambda place: replay(
            self.exchange.trees, self.world, self.scratch, self.lines, self.held.left, rows,
            place, self.held.log, self.room_draws))
        self._drop_losses()

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

    def improve(self, turns: int, among: NDArray[np.bool_] | None = None) -> None:
        """
        So many turns of taking a few lines out and putting them back.

        among : (lines,) where turns begin; None everywhere
        """
        market, room = self.exchange.market, self.room
        lines = len(self.held.head)
        if not (self.held.left > 0).any() and not (self.held.head >= 0).any():
            return
        regret, week = np.zeros(lines), np.zeros(lines, dtype=np.int64)
        find_regrets(self.lines, market, self.cost, self.held, room, regret, week)
        order = np.lexsort((week, self.groups))
        group_ptr = np.searchsorted(self.groups[order],
                                    np.arange(self.groups.max(initial=0) + 2)).astype(np.int64)
        place = np.empty(lines, dtype=np.int64)
        place[order] = np.arange(lines)
        regret += 0.02 * regret.mean() + 1.0
        if among is not None:
            if not among.any():
                return
            regret[~among] = 0.0
        chance = np.cumsum(regret)
        places = Places(chance, order, group_ptr, place, self.groups)
        rest = np.array([turns], dtype=np.int64)
        while True:
            self.value_cents += improve(
                self.exchange.trees, self.world, self.scratch, self.lines, market,
                self.cost, self.held, room, places, self.marked,
                self.state, rest, LARGEST, NOISE, LARGEST * self.room_rows,
                LARGEST * self.room_draws)
            if rest[0] == 0:
                break
            self._make_room()
        self._drop_losses()

    def _make_room(self) -> None:
        """Drop what is no longer held; a log that stays nearly full is made longer."""
        log = self.held.log
        compact(self.held, np.zeros(len(log.rows), dtype=np.int8))
        rows, draws = len(log.rows), len(log.pieces)
        if log.size[0] + 2 * LARGEST * self.room_rows > rows * 3 // 4:
            rows = 2 * rows + 2 * LARGEST * self.room_rows
        if log.size[1] + 2 * LARGEST * self.room_draws > draws * 3 // 4:
            draws = 2 * draws + 2 * LARGEST * self.room_draws
        if rows == len(log.rows) and draws == len(log.pieces):
            return
        longer = Log(_longer(log.rows, rows), _longer(log.first_draw, rows + 1),
                     _longer(log.sources, draws), _longer(log.pieces, draws), log.size)
        self.held = self.held._replace(
            log=longer, behind=_longer(self.held.behind, rows),
            earned=_longer(self.held.earned, rows), price=_longer(self.held.price, rows))

    def log(self) -> Log:
        """What is held, as a log without gaps in which no two allocations say the same."""
        compact(self.held, np.zeros(len(self.held.log.rows), dtype=np.int8))
        rows, draws = int(self.held.log.size[0]), int(self.held.log.size[1])
        log = self.held.log
        return _merged(Log(log.rows[:rows], log.first_draw[:rows + 1], log.sources[:draws],
                           log.pieces[:draws], log.size))


def _longer(array: NDArray[Any], length: int) -> NDArray[Any]:
    """A copy with room for more rows."""
    longer = np.zeros((length, *array.shape[1:]), dtype=array.dtype)
    longer[:len(array)] = array
    return longer


def _merged(log: Log) -> Log:
    """
    One allocation for each line, item, lane and week, with all draws of those that were joined.

    In the order of line, week, lane and item, so that nothing tells how the plan came about.
    """
    rows = log.rows
    order = np.lexsort((rows[:, SENT], rows[:, LANE], rows[:, SHIP], rows[:, LINE]))
    key = rows[order][:, [LINE, SENT, LANE, SHIP]]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (key[1:] != key[:-1]).any(axis=1)
    into = np.cumsum(fresh) - 1
    counts = np.diff(log.first_draw)[order]
    before = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    draws = np.repeat(log.first_draw[:-1][order] - before[:-1], counts) + np.arange(before[-1])
    joined = rows[order[fresh]].copy()
    joined[:, -1] = 0
    np.add.at(joined[:, -1], into, rows[order, -1])
    owner = np.repeat(into, counts)
    place = np.lexsort((log.sources[draws, 1], log.sources[draws, 0], owner))
    owner, draws = owner[place], draws[place]
    sources = log.sources[draws]
    new = np.ones(len(draws), dtype=bool)
    new[1:] = (owner[1:] != owner[:-1]) | (sources[1:] != sources[:-1]).any(axis=1)
    pieces = np.zeros(int(new.sum()), dtype=np.int64)
    np.add.at(pieces, np.cumsum(new) - 1, log.pieces[draws])
    first = np.searchsorted(owner[new], np.arange(len(joined) + 1)).astype(np.int64)
    return Log(joined, first, sources[new], pieces,
               np.array([len(joined), len(pieces)], dtype=np.int64))


def _groups(exchange: Exchange, price: Floats) -> Longs:
    """
    (lines,) a number for the part whose supply is worth most of those that a line needs.

    Lines of which no part has a price compete for hours at most, and form one group.
    """
    market, trees = exchange.market, exchange.trees
    received = np.diff(exchange.supply, axis=1, prepend=0.0)
    dollars = np.zeros(len(trees.items))
    np.add.at(dollars, market.pool_item, (received * np.where(received > 0, price, 0.0)).sum(1))
    choice = np.minimum(market.lines[:, 4], len(market.choice_item) - 1)
    item = market.choice_item[choice] if len(market.choice_item) else np.zeros(
        len(market.lines), dtype=np.int64)
    sold = np.unique(item)
    part = np.zeros(len(trees.items), dtype=np.int64)
    for one in sold.tolist():
        needs = trees.nodes[trees.items[one, 0]:trees.items[one, 1], 0]
        if dollars[needs].max(initial=0.0) > 0.0:
            part[one] = 1 + needs[np.argmax(dollars[needs])]
    return np.unique(part[item], return_inverse=True)[1].ravel().astype(np.int64)
