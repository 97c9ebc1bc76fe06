"""Follow a plan's allocations down their trees: what was not drawn was made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.layout import (
    CHILD,
    CHILD_END,
    HAS_BOM,
    HOLD_FROM,
    HOLD_TO,
    MADE,
    MICRO,
    NEED,
    OFFSET,
    QUANTITY,
    RESOURCE,
    ROOT,
    ROOT_END,
    STEP,
    STEP_END,
    STEP_OFFSET,
    UNLIMITED,
    Trees,
)
from headgate.planner.kernels.rank import LANE, LANE_SITE, PIECES, SENT, SHIP, Lines, Log

Longs = NDArray[np.int64]


@kernel
def made_by(trees: Trees, work: Longs, plan: Log, row: Int) -> None:
    """Fill NEED and MADE of `work` (`Scratch.work`) for one allocation of a plan's log."""
    first, end = trees.items[plan.rows[row, SENT], ROOT], trees.items[plan.rows[row, SENT],
                                                                      ROOT_END]
    for place in range(end - first):
        work[NEED, place] = 0
        work[MADE, place] = 0
    work[NEED, 0] = plan.rows[row, PIECES]
    for draw in range(plan.first_draw[row], plan.first_draw[row + 1]):
        if plan.sources[draw, 0] >= 0:
            work[MADE, plan.sources[draw, 0] - first] -= plan.pieces[draw]
    for node in range(first, end):
        work[MADE, node - first] += work[NEED, node - first]
        made = work[MADE, node - first]
        if made > 0:
            for place in range(trees.nodes[node, CHILD], trees.nodes[node, CHILD_END]):
                child = trees.children[place]
                when = plan.rows[row, SHIP] - trees.nodes[child, OFFSET]
                if trees.nodes[child, HOLD_FROM] <= when <= trees.nodes[child, HOLD_TO]:
                    work[NEED, child - first] += made * trees.nodes[child, QUANTITY]


@inner
def add_hours(trees: Trees, lines: Lines, plan: Log, hours_row: Longs, work: Longs, row: Int,
              sign: Int, hours: Longs) -> None:
    """
    Add `sign` times the hours of one allocation to `hours`, (hour rows, weeks) millionths of an
    hour; hours without limit stay as they are.
    """
    made_by(trees, work, plan, row)
    site, ship = lines.lanes[plan.rows[row, LANE], LANE_SITE], plan.rows[row, SHIP]
    first = trees.items[plan.rows[row, SENT], ROOT]
    for node in range(first, trees.items[plan.rows[row, SENT], ROOT_END]):
        made = work[MADE, node - first]
        if made > 0 and trees.nodes[node, HAS_BOM]:
            for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
                hour_row = hours_row[trees.steps[step, RESOURCE], site]
                week = ship - trees.steps[step, STEP_OFFSET]
                if hour_row >= 0 and hours[hour_row, week] != UNLIMITED:
                    hours[hour_row, week] += sign * made * trees.steps[step, MICRO]


@kernel
def use_hours(trees: Trees, lines: Lines, plan: Log, hours_row: Longs, work: Longs,
              used: Longs) -> None:
    """
    Add the hours of every allocation to `used`, (hour rows, weeks) millionths of an hour.

    hours_row : (resources, sites) row of `used`
    """
    for row in range(len(plan.rows)):
        add_hours(trees, lines, plan, hours_row, work, row, 1, used)
