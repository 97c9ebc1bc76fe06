"""Keep an older plan's allocations in a plan under construction, as supply and hours allow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from headgate.planner.draft import LARGEST, Draft
from headgate.planner.kernels.heal import heal
from headgate.planner.kernels.kept import NEVER, PROMISED, Old, put_fitting, put_in, take_lines
from headgate.planner.kernels.rank import Log
from headgate.planner.kernels.repair import better, insert
from headgate.planner.restart import Retraced

Longs = NDArray[np.int64]


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
        self._grow()

    def _grow(self) -> None:
        """Make the working memory as long as the log."""
        length = len(self.draft.held.log.rows)
        alive = np.zeros(length, dtype=np.int8)
        alive[:len(self.old.alive)] = self.old.alive[:length]
        self.old = self.old._replace(alive=alive)
        self.found = np.zeros((length, 4), dtype=np.int64)
        self._out = np.zeros(length, dtype=np.int64)
        self._cause = np.zeros((length, 3), dtype=np.int64)

    @property
    def out(self) -> Longs:
        """(rows,) rows of the log that were taken out, in that order."""
        return self._out[:self.count[0]].copy()

    @property
    def cause(self) -> Longs:
        """(rows, 3) what made each give up: kind, pool or hour row, week."""
        return self._cause[:self.count[0]].copy()

    def put_in(self, log: Log) -> None:
        """Hold every allocation of a log, though pools and hours may be overdrawn."""
        draft = self.draft
        draft.reserve(2 * len(log.rows) + 2 * LARGEST * draft.room_rows,
                      2 * len(log.pieces) + 2 * LARGEST * draft.room_draws)
        self._grow()
        draft.value_cents += put_in(
            draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.exchange.market,
            draft.cost, draft.held, draft.room, self.old, log)

    def heal(self) -> None:
        """Take out, of what draws more than there is, what loses least; first to give up goes."""
        draft = self.draft
        draft.forget_bounds()
        heal(draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.exchange.market,
             draft.cost, draft.held, draft.room, self.old, self.found, self._out, self._cause,
             self.count)

    def take_out(self, lines: Longs) -> Longs:
        """Take all allocations of lines out; their rows of the log."""
        draft = self.draft
        rows, count = np.zeros(len(self.found), dtype=np.int64), np.zeros(1, dtype=np.int64)
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
        self._through(len(order), lambda place: insert(
            draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.exchange.market,
            draft.cost, draft.held, draft.room, self.old, order, place, phase, discount,
            draft.room_rows, draft.room_draws))

    def better(self, order: Longs, discount: float) -> None:
        """Serve lines anew where that is better, see `headgate.planner.kernels.repair.better`."""
        draft = self.draft
        draft.forget_bounds()
        self._through(len(order), lambda place: better(
            draft.exchange.trees, draft.world, draft.scratch, draft.lines, draft.exchange.market,
            draft.cost, draft.held, draft.room, self.old, order, place, discount,
            draft.room.removed, draft.room_rows, draft.room_draws))

    def _through(self, count: int, work: Callable[[int], int]) -> None:
        """Call a kernel until it is through; drops what is gone where the log may run full."""
        place = 0
        while place < count:
            place = work(place)
            if place < count:
                self.draft.make_room()
                self.old.alive[:] = 0
                self.old.alive[:self.draft.held.log.size[0]] = 1
                self._grow()
                self.count[0] = 0


def take_over(draft: Draft, start: Retraced) -> None:
    """
    Take an older plan over that promised nothing to anybody: draw by draw where that is possible,
    from other sources where not.
    """
    lines = len(draft.held.head)
    terms = np.zeros((lines, 3), dtype=np.int64)
    terms[:, PROMISED] = NEVER
    keeper = Keeper(draft, terms, np.zeros((lines, 2)), np.zeros(0))
    keeper.put_in(start.log)
    keeper.heal()
    keeper.put_fitting(keeper.out)
    gone = draft.held.log.rows[keeper.out]
    draft.count_value()
    draft.provide(np.concatenate([gone, start.rest]), False)
