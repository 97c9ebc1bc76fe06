"""Compiled loop of the shortages: what is wanted if every line ships whole when asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.explain.kernels import ANY_ITEM, nearest_lane, planned_lane
from headgate.planner.kernels.compiled import kernel
from headgate.planner.kernels.layout import (
    HAS_BOM,
    ITEM,
    MADE,
    MICRO,
    NEED,
    OFFSET,
    RESOURCE,
    ROOT,
    ROOT_END,
    STEP,
    STEP_END,
    STEP_OFFSET,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.rank import (
    CLAIM,
    LANE_SITE,
    LANE_WEEKS,
    OPEN,
    REQUESTED,
    SOLD,
    Lines,
    Log,
)
from headgate.planner.kernels.walk import EARLY, walk

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]


@kernel
def want_all(trees: Trees, world: World, scratch: Scratch, lines: Lines, rank: Ints, plan: Log,
             plan_ptr: Longs, nothing_banned: Bytes, pieces: Longs, hours: Longs) -> None:
    """
    What is drawn when every line ships whole for its requested week, in rank order.

    world  : leaves without limit; its stock of items with BOM rows is used up
    pieces : (items, sites, weeks) of leaves; hours : (rows, weeks) millionths; both are added to
    """
    weeks = world.free.shape[1]
    for turn in range(len(rank)):
        line = np.int64(rank[turn])
        if lines.rows[line, OPEN] == 0:
            continue
        lane = planned_lane(lines, ANY_ITEM, plan, plan_ptr[line], plan_ptr[line + 1])
        if lane < 0:
            lane = nearest_lane(lines, line)
        if lane < 0:
            continue
        ship = max(0, lines.rows[line, REQUESTED] - lines.lanes[lane, LANE_WEEKS])
        if ship >= weeks:
            continue
        site, item = lines.lanes[lane, LANE_SITE], lines.rows[line, SOLD]
        for entry in range(4):
            scratch.size[entry] = 0
        walk(trees, world, scratch, item, site, ship, lines.rows[line, OPEN], nothing_banned,
             lines.rows[line, CLAIM], EARLY)
        first, end = trees.items[item, ROOT], trees.items[item, ROOT_END]
        for node in range(first, end):
            when = max(0, ship - trees.nodes[node, OFFSET])
            if not trees.nodes[node, HAS_BOM]:
                pieces[trees.nodes[node, ITEM], site, when] += scratch.work[NEED, node - first]
            made = scratch.work[MADE, node - first]
            for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
                row = world.hours_row[trees.steps[step, RESOURCE], site]
                if made > 0 and row >= 0:
                    hours[row, max(0, ship - trees.steps[step, STEP_OFFSET])] += (
                        made * trees.steps[step, MICRO])
