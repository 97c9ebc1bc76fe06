"""Plan lines alone on what the plan leaves, after changes to it: many trials in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.explain.reasons import NOTHING_REMEMBERED, Desk
from headgate.explain.relief_kernels import AFTER, LOG_END, try_changes
from headgate.explain.relief_ways import Change
from headgate.planner.kernels.rank import Log
from headgate.planner.placing import copied
from headgate.planner.world import log_of

Longs = NDArray[np.int64]

LOG_LINES = 200
"""Lines for which the log of the trials has room at once."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A line, what is changed for it, the last arrival that counts; what is varied, and behind."""

    line: int
    changes: Sequence[Change]
    goal: int
    varied: int = -1
    behind: int = -1


class Trials:
    """The trials of one thread."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.ground = desk, desk.shared
        self.world = desk.worlds[id(desk.shared.left)]
        rows, draws = desk.room
        # A trial may place two lines, the second behind the first.
        self.room = 2 * rows, 2 * draws
        self.log = log_of(max(LOG_LINES, self.room[0]), max(50 * LOG_LINES, self.room[1]))

    def outcome(self, trials: Sequence[Trial], keep: bool = False) -> tuple[Longs, list[Log]]:
        """What came out of each trial, (trials, 6); with `keep` the log that each one is in."""
        flat = [change.packed for trial in trials for change in trial.changes]
        changes = np.array(flat, dtype=np.int64).reshape(-1, 7)
        ends = np.cumsum([0, *(len(trial.changes) for trial in trials)])
        packed = np.array([(trial.line, ends[k], ends[k + 1], trial.goal,
                            -1 if trial.varied < 0 else ends[k] + trial.varied, trial.behind)
                           for k, trial in enumerate(trials)],
                          dtype=np.int64).reshape(-1, AFTER + 1)
        out = np.zeros((len(trials), LOG_END + 1), dtype=np.int64)
        logs: list[Log] = []
        done, plan = 0, self.ground.allocation
        while done < len(trials):
            self.log.size[:] = 0
            upto = try_changes(self.desk.trees, self.world, self.ground.left, self.ground.balance,
                               self.desk.scratch, self.ground.lines, plan.log, plan.ptr, changes,
                               packed, done, self.log, NOTHING_REMEMBERED, *self.room, keep, out)
            if keep:
                logs += [copied(self.log)] * (upto - done)
            done = upto
        return out, logs
