"""What a change would add to a plan: lines that wait are planned again with it, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headgate.book import NO_LIMIT
from headgate.explain.allowance import Limits
from headgate.explain.line_worth import Worths
from headgate.explain.reasons import Desk, Ground
from headgate.explain.relief_kernels import GIVEN, LOG_FIRST, LOG_SECOND
from headgate.explain.trials import Trial, Trials
from headgate.planner.allocate import look_ahead
from headgate.planner.kernels.explode import use_hours
from headgate.planner.kernels.layout import UNLIMITED
from headgate.planner.kernels.rank import SHIP, Log
from headgate.planner.world import largest_tree

Longs = NDArray[np.int64]


class Repair:
    """
    Lines that wait, planned again one after another on what is left; all others are held.

    What a line gets is kept where it is worth more than what it has; the next finds what is left
    then. So the gain is that of a plan that could be carried out, and never more than could be had.
    """

    def __init__(self, ground: Ground, worths: Worths) -> None:
        self.worths = worths
        left = ground.left._replace(free=ground.left.free.copy(), hours=ground.left.hours.copy())
        self.clean = ground
        self.ground = replace(ground, left=left, balance=ground.balance.copy())
        self.trials = Trials(Desk(self.ground), Limits.none(self.ground))

    def gains(self, lines: Sequence[int], balance: Longs) -> dict[int, int]:
        """
        What each line that gains anything gains, in cents, planned in their order on a balance.

        balance : (pools, weeks) pieces supplied and not drawn up to each week
        """
        self.ground.balance[:] = balance
        self.ground.left.free[:] = look_ahead(balance)
        self.ground.left.hours[:] = self.clean.left.hours
        self._show()
        gains: dict[int, int] = {}
        for line in lines:
            out, logs = self.trials.outcome([Trial(line, (), NO_LIMIT)], keep=True)
            before = self.worths.planned(line)
            first, end = int(out[0, LOG_FIRST]), int(out[0, LOG_SECOND])
            after = self.worths.of(line, logs[0], first, end)
            if after.cents <= before.cents or out[0, GIVEN] < before.pieces:
                continue
            plan = self.ground.allocation
            self._move(plan.log, int(plan.ptr[line]), int(plan.ptr[line + 1]), 1)
            self._move(logs[0], first, end, -1)
            self._show()
            gains[line] = after.cents - before.cents
        return gains

    def _show(self) -> None:
        """Bring the world of the trials to what is left."""
        self.trials.world.free[:] = self.ground.left.free
        self.trials.world.hours[:] = self.ground.left.hours

    def _move(self, log: Log, first: int, end: int, sign: int) -> None:
        """Give what some rows of a log use back to what is left (sign 1), or take it (-1)."""
        ground, book = self.ground, self.ground.book
        draws = slice(int(log.first_draw[first]), int(log.first_draw[end]))
        part = Log(log.rows[first:end], log.first_draw[first:end + 1], log.sources, log.pieces,
                   log.size)
        owner = np.repeat(np.arange(first, end), np.diff(part.first_draw))
        weeks = log.rows[owner, SHIP] - book.forest.offset[log.sources[draws, 0]]
        for pool, week, pieces in zip(log.sources[draws, 1], weeks, log.pieces[draws],
                                      strict=True):
            ground.balance[pool, week:] += sign * pieces
        pools = np.unique(log.sources[draws, 1])
        ground.left.free[pools] = look_ahead(ground.balance[pools])
        used = np.zeros_like(book.hours.micro)
        use_hours(self.trials.desk.trees, ground.lines, part, book.hours.row.astype(np.int64),
                  np.zeros((4, largest_tree(book)), dtype=np.int64), used)
        limited = ground.left.hours < UNLIMITED
        ground.left.hours[limited] += sign * used[limited]
