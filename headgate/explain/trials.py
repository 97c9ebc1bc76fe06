"""Plan lines alone on what the plan leaves, after changes to it: many trials in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headgate.explain.allowance import Limits
from headgate.explain.reasons import NOTHING_REMEMBERED, Desk
from headgate.explain.relief_kernels import (
    AFTER,
    GIVEN,
    LAST,
    LEAST,
    LOG_END,
    ORDER,
    PIECES,
    WORK,
    try_changes,
)
from headgate.explain.relief_ways import Change
from headgate.planner.kernels.rank import Log
from headgate.planner.placing import copied, strip_permits
from headgate.planner.world import log_of

Longs = NDArray[np.int64]

LOG_LINES = 200
"""Lines for which the log of the trials has room at once."""


@dataclass(frozen=True, slots=True)
class Trial:
    """
    A line, what is changed for it, the last arrival that counts; what is varied, and behind.

    giver : the line whose draws are given back, if the one planned is another way to ask for it
    """

    line: int
    changes: Sequence[Change]
    goal: int
    varied: int = -1
    behind: int = -1
    giver: int = -1


class Trials:
    """The trials of one thread."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self.desk, self.ground, self.limits = desk, desk.shared, limits
        self.world = desk.worlds[id(desk.shared.left)]
        rows, draws = desk.room
        # A trial may place two lines, the second behind the first.
        self.room = 2 * rows, 2 * draws
        self.log = log_of(max(LOG_LINES, self.room[0]), max(50 * LOG_LINES, self.room[1]))

    def outcome(self, trials: Sequence[Trial], keep: bool = False) -> tuple[Longs, list[Log]]:
        """
        What came out of each trial, (trials, 6); with `keep` the log that each one is in, with
        draws of supply only.
        """
        flat: list[tuple[int, ...]] = []
        rows: list[tuple[int, ...]] = []
        for trial in trials:
            first, varied = len(flat), -1
            for place, change in enumerate(trial.changes):
                if place == trial.varied:
                    varied = len(flat)
                if change.of in (PIECES, WORK, ORDER):
                    flat.append(change.packed)
            if self.limits.allowance is not None:
                flat += self.limits.allowance.rows(self._givers(trial), trial.changes)
            rows.append((trial.line, first, len(flat), trial.goal, varied, trial.behind))
        changes = np.array(flat, dtype=np.int64).reshape(-1, 7)
        packed = np.array(rows, dtype=np.int64).reshape(-1, AFTER + 1)
        out = np.zeros((len(trials), LOG_END + 1), dtype=np.int64)
        logs: list[Log] = []
        done, plan = 0, self.ground.allocation
        while done < len(trials):
            self.log.size[:] = 0
            upto = try_changes(self.desk.trees, self.world, self.ground.left, self.ground.balance,
                               self.desk.scratch, self.ground.lines, plan.log, plan.ptr, changes,
                               packed, done, self.log, NOTHING_REMEMBERED, *self.room, keep, out)
            if keep:
                logs += [strip_permits(copied(self.log))] * (upto - done)
            done = upto
        return out, logs

    def _givers(self, trial: Trial) -> tuple[int, ...]:
        """The lines whose draws a trial gives back."""
        own = self.limits.unit(trial.line if trial.giver < 0 else trial.giver)
        return own if trial.behind < 0 else (*own, trial.behind)

    def least(self, trials: Sequence[Trial]) -> Longs:
        """
        (trials, 2) how little of each trial's varied change does, and the last arrival with that.

        All of it does. What reservations leave is no simple sum of what is added, so such changes
        are halved from here, all trials at once.
        """
        allowance = self.limits.allowance
        again = [place for place, trial in enumerate(trials) if allowance is not None
                 and allowance.counts_again(trial.changes[trial.varied])]
        asked = list(trials)
        for place in again:
            asked[place] = replace(trials[place], varied=-1)
        out, _ = self.outcome(asked)
        found = out[:, [LEAST, LAST]].copy()
        low = dict.fromkeys(again, -1)
        for place in again:
            found[place, 0] = trials[place].changes[trials[place].varied].quantity
        while halved := [place for place in again if found[place, 0] - low[place] > 1]:
            middle = [int(low[place] + found[place, 0]) // 2 for place in halved]
            out, _ = self.outcome([_with(trials[place], pieces) for place, pieces in zip(
                halved, middle, strict=True)])
            for place, pieces, row in zip(halved, middle, out, strict=True):
                if row[GIVEN] == self.ground.book.lines.open[trials[place].line]:
                    found[place] = pieces, row[LAST]
                else:
                    low[place] = pieces
        return found


def _with(trial: Trial, quantity: int) -> Trial:
    """A trial with so much of its varied change."""
    changes = list(trial.changes)
    changes[trial.varied] = replace(changes[trial.varied], quantity=quantity)
    return replace(trial, changes=changes, varied=-1)
