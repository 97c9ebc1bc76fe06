"""Keep an older plan's allocations in a plan under construction, as supply and hours allow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from headgate.planner.draft import LARGEST, NOISE, Draft, longer
from headgate.planner.kernels.heal import heal
from headgate.planner.kernels.held import adopt, note_values
from headgate.planner.kernels.improve import Places
from headgate.planner.kernels.kept import (
    NEVER,
    PROMISED,
    Old,
    draw_rows,
    put_fitting,
    put_rows,
    take_halves,
    take_lines,
)
from headgate.planner.kernels.rank import (
    LANE,
    LANE_WEEKS,
    LINE,
    OPEN,
    PIECES,
    SET,
    SHIP,
    Log,
    place_lines,
)
from headgate.planner.kernels.repair import MOVE, better, insert
from headgate.planner.kernels.trade import trade
from headgate.planner.placing import NO_ROWS_OF_2
from headgate.planner.restart import Retraced

Longs = NDArray[np.int64]

MOST_TRADING = 12
"""The most lines that one trade serves anew."""
SWAPS, SWAPS_MAKING_WAY = 50, 20
"""
So many candidates for each shortage are asked whether other sources keep their date: in a repair,
and for one request.
"""


class Keeper:
    """
    Allocations of an older plan in a draft: put in draw by draw, taken out where there is not
    enough for them.

    out, cause : rows taken out since `forget`, and why, see `headgate.planner.kernels.heal.heal`
    """

    def __init__(self, draft: Draft, terms: Longs, money: NDArray[np.float64],
                 standing: NDArray[np.float64]) -> None:
        self.draft = draft
        self.old = Old(terms, money, standing, np.zeros(0, dtype=np.int8))
        self.count = np.zeros(1, dtype=np.int64)
        self._out, self._cause = (np.zeros(0, dtype=np.int64),
                                  np.zeros((0, 3), dtype=np.int64))
        self._grow()

    def _grow(self) -> None:
        """Make the working memory as long as the log."""
        length = len(self.draft.held.log.rows)
        if length > len(self.old.alive):
            alive = longer(self.old.alive, length)
            alive[len(self.old.alive):] = 0
            self.old = self.old._replace(alive=alive)
            self.found = np.empty((length, 4), dtype=np.int64)
            self._out, self._cause = longer(self._out, length), longer(self._cause, length)

    def _reserve(self, rows: int, draws: int) -> None:
        """Make the log longer; rows keep their numbers, which compacting it would change."""
        draft = self.draft
        draft.reserve(rows + LARGEST * draft.room_rows, draws + LARGEST * draft.room_draws)
        self._grow()

    @property
    def out(self) -> Longs:
        """(rows,) rows of the log that were taken out, in that order."""
        return self._out[:self.count[0]].copy()

    @property
    def cause(self) -> Longs:
        """(rows, 3) what made each give up: kind, pool or hour row, week."""
        return self._cause[:self.count[0]].copy()

    def put_in(self, log: Log) -> None:
        """
        Hold every allocation of a log, though pools and hours may be overdrawn; of complete lines
        and ship sets only those that are whole.
        """
        draft = self.draft
        self._reserve(2 * len(log.rows), 2 * len(log.pieces))
        first = draft.append(log)
        noting = draft.threads.submit(
            note_values, draft.exchange.trees, draft.exchange.market, draft.cost, draft.held, first)
        draw_rows(draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.held,
                  self.old, first, np.zeros_like(draft.held.balance))
        draft.value_cents += noting.result()
        take_halves(draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.held,
                    draft.room, self.old)

    def units(self, lines: Longs) -> Longs:
        """Lines in their order, of each ship set its best line at the place of the first."""
        heads = self.heads(lines)
        return heads[np.sort(np.unique(heads, return_index=True)[1])]

    def of_units(self, fold: np.ufunc, values: Longs) -> Longs:
        """(lines,) a figure of each line folded over its ship set."""
        packed, found = self.draft.lines, values.copy()
        if len(packed.mates):
            folded = fold.reduceat(values[packed.mates], packed.set_ptr[:-1])
            found[packed.mates] = np.repeat(folded, np.diff(packed.set_ptr))
        return found

    def heads(self, lines: Longs) -> Longs:
        """For each line the best line of its ship set, or itself."""
        packed = self.draft.lines
        ship_set = packed.rows[lines, SET]
        if not len(packed.mates):
            return lines
        return np.where(ship_set >= 0, packed.mates[packed.set_ptr[np.maximum(0, ship_set)]],
                        lines)

    def heal(self, swaps: int = SWAPS) -> None:
        """
        Take out, of what draws more than there is, what loses least; first to give up goes.

        swaps : so many for each shortage are asked whether other sources keep their date
        """
        draft = self.draft
        draft.forget_bounds()
        heal(draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.exchange.market,
             draft.cost, draft.held, draft.room, self.old, swaps, self.found, self._out,
             self._cause, self.count)

    def changed_since(self, rows: int, alive: NDArray[np.int8]) -> Longs:
        """
        Lines whose allocations have changed since the log had so many rows.

        alive : (rows or more,) which of them were held then
        """
        log, now = self.draft.held.log, self.old.alive
        changed = now[:int(log.size[0])] == 1
        changed[:rows] ^= alive[:rows] == 1
        return np.unique(log.rows[np.flatnonzero(changed), LINE])

    def take_out(self, lines: Longs) -> Longs:
        """Take all allocations of lines, and of their ship sets, out; their rows of the log."""
        draft = self.draft
        lines = np.unique(np.concatenate([lines, draft.lines.mates[np.isin(
            self.heads(draft.lines.mates), self.heads(lines))]]))
        rows, count = np.empty(len(self.found), dtype=np.int64), np.zeros(1, dtype=np.int64)
        take_lines(draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.held,
                   draft.room, self.old, lines, rows, count)
        return rows[:count[0]]

    def put_fitting(self, rows: Longs) -> None:
        """Put rows back that were taken out, in this order, as far as there is enough."""
        draft = self.draft
        draft.forget_bounds()
        put_fitting(draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.held,
                    draft.room, self.old, rows)

    def insert(self, order: Longs, phase: int, discount: float) -> None:
        """Give lines what they wait for, see `headgate.planner.kernels.repair.insert`."""
        draft = self.draft
        draft.forget_bounds()
        # Nothing is given back meanwhile: what substitutes cost in vain holds for later lines.
        room = draft.room._replace(failed=np.full(draft.room.most[0].shape, -np.inf))
        self._through(len(order), lambda place: insert(
            draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.exchange.market,
            draft.cost, draft.held, room, self.old, order, place, phase, discount,
            draft.room_rows, draft.room_draws))

    def put_rows(self, rows: Longs) -> None:
        """Put rows back that were taken out, though pools and hours may be overdrawn."""
        draft = self.draft
        put_rows(draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.held,
                 draft.room, self.old, rows)

    def make_way(self) -> None:
        """
        Let lines give way where more is drawn than there is: other sources for the same date, else
        the best date that is left, or none.

        Whoever loses least is the first, whatever his rank.
        """
        before, standing = int(self.count[0]), self.old.standing
        self.old = self.old._replace(standing=np.zeros(0))
        self.heal(SWAPS_MAKING_WAY)
        gone = self.out[before:]
        self.put_fitting(gone)
        waiting = np.unique(self.draft.held.log.rows[gone, LINE])
        waiting = waiting[self.draft.held.left[waiting] > 0]
        self.insert(self.units(waiting), MOVE, 1.0)
        self.old = self.old._replace(standing=standing)

    def place_by_rank(self, order: Longs, windows: Longs) -> None:
        """
        Give lines the earliest arrivals by the rank rules, on top of what they have.

        windows : (lines of the order, 3) first and last arrival bucket, and row of `banned`
        """
        draft = self.draft
        windows, order = windows[draft.held.left[order] > 0], order[draft.held.left[order] > 0]
        rows = draft.lines.rows.copy()
        rows[:, OPEN] = draft.held.left
        waiting = draft.lines._replace(rows=rows)
        draft.forget_bounds()
        turns = order.astype(np.int32)

        def work(place: int) -> int:
            """Place lines and take in what they were given."""
            first = int(draft.held.log.size[0])
            place = place_lines(
                draft.exchange.trees, draft.world, draft.world, draft.scratch, waiting, turns,
                windows, place, draft.held.log, draft.room.most[0], draft.room_rows,
                draft.room_draws, False, NO_ROWS_OF_2)
            adopt(draft.exchange.trees, draft.exchange.market, draft.cost, draft.held, first)
            size = int(draft.held.log.size[0])
            self.old.alive[first:size] = 1
            log = draft.held.log.rows[first:size]
            np.subtract.at(draft.held.left, log[:, LINE], log[:, PIECES])
            return place

        self._through(len(order), work)

    def last_arrival(self) -> Longs:
        """(lines,) the last arrival bucket of each line, NEVER when it has none."""
        held = self.draft.held
        rows = held.log.rows[np.flatnonzero(self.old.alive)]
        last = np.full(len(held.head), NEVER, dtype=np.int64)
        np.maximum.at(last, rows[:, LINE], rows[:, SHIP]
                      + self.draft.lines.lanes[rows[:, LANE], LANE_WEEKS])
        return last

    def better(self, order: Longs, aim: int, discount: float) -> None:
        """Serve lines anew where that is better, see `headgate.planner.kernels.repair.better`."""
        draft = self.draft
        draft.forget_bounds()
        self._through(len(order), lambda place: better(
            draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.exchange.market,
            draft.cost, draft.held, draft.room, self.old, order, place, aim,
            discount, draft.room.removed, draft.room_rows, draft.room_draws))

    def trade(self, places: Places, may: NDArray[np.bool_], stands: Longs, turns: int,
              worth: float) -> Longs:
        """
        Serve a few lines anew at a time, see `headgate.planner.kernels.trade.trade`.

        places  : where turns begin; may : (lines,) which may be served anew
        worth   : cents that each promise which moves beside must bring
        returns : (lines,) of those whose dates may have changed the one that a turn began with
        """
        draft = self.draft
        by = np.full(len(may), -1, dtype=np.int64)
        draft.forget_bounds()
        rest, state = np.array([turns], dtype=np.int64), draft.state.copy()
        while rest[0] > 0:
            trade(draft.exchange.trees, draft.world, draft.scratch, draft.lines,
                  draft.exchange.market, draft.cost, draft.held, draft.room, self.old, places,
                  may.astype(np.int8), stands, draft.marked, state, rest, MOST_TRADING, NOISE,
                  by, worth, MOST_TRADING * draft.room_rows, MOST_TRADING * draft.room_draws)
            if rest[0] > 0:
                self._reserve(len(self.old.alive), len(draft.held.log.pieces))
        return by

    def _through(self, count: int, work: Callable[[int], int]) -> None:
        """Call a kernel until it is through, with a longer log where it may run full."""
        place = 0
        while place < count:
            place = work(place)
            if place < count:
                self._reserve(len(self.old.alive), len(self.draft.held.log.pieces))


def no_promises(lines: int) -> tuple[Longs, NDArray[np.float64]]:
    """`terms` and `money` of a keeper, of so many lines of which none was promised anything."""
    terms = np.zeros((lines, 3), dtype=np.int64)
    terms[:, PROMISED] = NEVER
    return terms, np.zeros((lines, 2))


def take_over(draft: Draft, start: Retraced) -> None:
    """
    Take an older plan over that promised nothing to anybody: draw by draw where that is possible,
    from other sources where not.
    """
    keeper = Keeper(draft, *no_promises(len(draft.held.head)), np.zeros(0))
    keeper.put_in(start.log)
    keeper.heal()
    keeper.put_fitting(keeper.out)
    gone = draft.held.log.rows[keeper.out]
    draft.count_value()
    draft.provide(np.concatenate([gone, start.rest]), False)
