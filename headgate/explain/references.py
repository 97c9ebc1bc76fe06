"""
Compiled helpers of the explanations: item, lane and week of a line's reference shipment.

The rules are those of "What binds" in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.explain.kernels import first_item, nearest_lane, planned_lane
from headgate.planner.kernels.compiled import Int, inner
from headgate.planner.kernels.layout import (
    DRAWS,
    HAS_BOM,
    ITEM,
    JOURNAL,
    MADE,
    MICRO,
    NEED,
    OFFSET,
    RESOURCE,
    ROOT,
    ROOT_END,
    START,
    STEP,
    STEP_END,
    SUB,
    SUB_END,
    SUB_FROM,
    SUB_ITEM,
    SUB_TO,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.rank import (
    ACCEPT,
    ACCEPT_END,
    BAN,
    CLAIM,
    LANE_SITE,
    LANE_WEEKS,
    LATEST,
    OPEN,
    REGION,
    REQUESTED,
    SITE,
    Lines,
    Log,
    choice_of,
)
from headgate.planner.kernels.sources import on_offer
from headgate.planner.kernels.walk import SOFT, undo, walk

Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]


@inner
def reference_of(trees: Trees, empty: World, scratch: Scratch, lines: Lines, plan: Log,
                 first: Int, end: Int, line: Int, last: Int, alone: Longs) -> tuple[int, int, int]:
    """
    Item, lane and ship bucket of the reference shipment of a line that has some item and lane.

    plan, first, end : the plan's log and the line's rows in it
    last  : the `S` of the rules
    alone : item and lane of its first shipment alone on the empty book, -1 none
    """
    arrive = min(max(lines.rows[line, REQUESTED], last), lines.rows[line, LATEST])
    item = first_item(lines, line, lines.rows[line, BAN])
    lane = planned_lane(lines, item, plan, first, end)
    if lane < 0 and alone[1] >= 0:
        item, lane = int(alone[0]), int(alone[1])
    if lane < 0:
        found, lane = _least_hopeless(trees, empty, scratch, lines, line, arrive)
        item = found if lane >= 0 else item
    if lane < 0:
        lane = nearest_lane(lines, line)
    ship = min(empty.free.shape[1] - 1, arrive - lines.lanes[lane, LANE_WEEKS])
    return item, lane, int(ship)


@inner
def _least_hopeless(trees: Trees, empty: World, scratch: Scratch, lines: Lines, line: Int,
                    arrive: Int) -> tuple[int, int]:
    """The item and lane of which the fewest needs are hopeless; -1 where none arrives by then."""
    banned, region = lines.banned[lines.rows[line, BAN]], lines.rows[line, REGION]
    weeks = empty.free.shape[1]
    best, best_item, best_lane = 2**40, -1, -1
    for choice in range(lines.rows[line, ACCEPT] - 1, lines.rows[line, ACCEPT_END]):
        item = choice_of(lines, line, choice)
        if banned[item]:
            continue
        for lane in range(lines.lane_ptr[region], lines.lane_ptr[region + 1]):
            site = lines.lanes[lane, LANE_SITE]
            ship = min(weeks - 1, arrive - lines.lanes[lane, LANE_WEEKS])
            if ship < 0 or (lines.rows[line, SITE] >= 0 and lines.rows[line, SITE] != site):
                continue
            count = _hopeless(trees, empty, scratch, lines, line, item, site, ship)
            if count < best:
                best, best_item, best_lane = count, item, lane
    return best_item, best_lane


@inner
def _hopeless(trees: Trees, empty: World, scratch: Scratch, lines: Lines, line: Int, item: Int,
              site: Int, ship: Int) -> Int:
    """How many needs of a shipment of all open pieces a site can meet in no week."""
    banned, claim = lines.banned[lines.rows[line, BAN]], lines.rows[line, CLAIM]
    scratch.size[JOURNAL], scratch.size[DRAWS] = 0, 0
    walk(trees, empty, scratch, item, site, ship, lines.rows[line, OPEN], banned, claim, SOFT)
    undo(empty, scratch, START, START)
    start, end = trees.items[item, ROOT], trees.items[item, ROOT_END]
    count = 0
    for node in range(start, end):
        if trees.nodes[node, HAS_BOM]:
            for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
                if scratch.work[MADE, node - start] > 0 and trees.steps[step, MICRO] > 0 and (
                        not _any_hours(empty, empty.hours_row[trees.steps[step, RESOURCE], site])):
                    count += 1
        elif scratch.work[NEED, node - start] > 0 and not _any_piece(
                trees, empty, trees.nodes[node, ITEM], site, claim, banned,
                ship - trees.nodes[node, OFFSET], node > start):
            count += 1
    return count


@inner
def _any_hours(empty: World, row: Int) -> bool:
    """Whether an hour row has hours in any week."""
    if row >= 0:
        for week in range(empty.hours.shape[1]):
            if empty.hours[row, week] > 0:
                return True
    return False


@inner
def _any_piece(trees: Trees, empty: World, item: Int, site: Int, claim: Int, banned: Bytes,
               when: Int, replaceable: bool) -> bool:
    """Whether a piece of an item, or of a substitute that holds then, is there in any week."""
    last = empty.free.shape[1] - 1
    if not banned[item] and on_offer(empty, item, site, claim, last) > 0:
        return True
    for row in range(trees.items[item, SUB], trees.items[item, SUB_END]):
        other = trees.subs[row, SUB_ITEM]
        if replaceable and not banned[other] and (
                trees.subs[row, SUB_FROM] <= when <= trees.subs[row, SUB_TO]) and (
                on_offer(empty, other, site, claim, last) > 0):
            return True
    return False
