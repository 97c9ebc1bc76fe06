"""Compiled helpers of the explanations: the item and the lane of a reference shipment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner
from headgate.planner.kernels.rank import (
    ACCEPT,
    ACCEPT_END,
    LANE,
    LANE_SITE,
    LANE_WEEKS,
    REGION,
    SENT,
    SHIP,
    SITE,
    SOLD,
    Lines,
    Log,
)

Longs = NDArray[np.int64]

ANY_ITEM = np.int64(-1)
REASON_CODES = ("", "restriction", "lane", "lead_time", "window", "horizon", "part", "capacity",
                "frozen", "quota", "ship_set", "unprofitable", "outbid")
(RESTRICTION, NO_LANE, LEAD_TIME, WINDOW, HORIZON, PART, CAPACITY, FROZEN, QUOTA, SHIP_SET,
 UNPROFITABLE, OUTBID) = range(1, 13)


@inner
def first_item(lines: Lines, line: Int, ban: Int) -> Int:
    """The line's own item, or the first accepted one, that may be sent; -1 none."""
    if not lines.banned[ban, lines.rows[line, SOLD]]:
        return int(lines.rows[line, SOLD])
    for place_ in range(lines.rows[line, ACCEPT], lines.rows[line, ACCEPT_END]):
        if not lines.banned[ban, lines.accept[place_]]:
            return int(lines.accept[place_])
    return -1


@inner
def planned_lane(lines: Lines, item: Int, plan: Log, first: Int, end: Int) -> Int:
    """
    The lane of the first allocation of an item (-1: of any item) among rows of a plan's log; -1
    where there is none.
    """
    best, best_arrival = -1, 0
    for row in range(first, end):
        if item >= 0 and plan.rows[row, SENT] != item:
            continue
        arrival = plan.rows[row, SHIP] + lines.lanes[plan.rows[row, LANE], LANE_WEEKS]
        if best < 0 or arrival < best_arrival or (
                arrival == best_arrival and plan.rows[row, LANE] < best):
            best, best_arrival = plan.rows[row, LANE], arrival
    return int(best)


@inner
def nearest_lane(lines: Lines, line: Int) -> Int:
    """The first lane of a line; -1 where none leads to it."""
    region = lines.rows[line, REGION]
    for lane in range(lines.lane_ptr[region], lines.lane_ptr[region + 1]):
        if lines.rows[line, SITE] < 0 or lines.rows[line, SITE] == lines.lanes[lane, LANE_SITE]:
            return int(lane)
    return -1
