"""
Compiled loops of the explanations: a line planned alone, and what binds its reference shipment.

The rules are those of "Why a line is not on time" in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.book import NO_LIMIT
from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.layout import (
    DIRTY_FREE,
    DIRTY_HOURS,
    FREE_COUNT,
    HOURS_COUNT,
    MARK_FREE,
    MARK_HOURS,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.rank import (
    ACCEPT,
    ACCEPT_END,
    BAN,
    EARLIEST,
    LANE,
    LANE_SITE,
    LANE_WEEKS,
    LATEST,
    OPEN,
    REGION,
    REQUESTED,
    SENT,
    SHIP,
    SITE,
    SOLD,
    Lines,
    Log,
    Window,
    last_arrival,
    place,
)

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]

ANY_ITEM = np.int64(-1)
REASON_CODES = ("", "restriction", "lane", "lead_time", "window", "horizon", "part", "capacity",
                "outbid")
RESTRICTION, NO_LANE, LEAD_TIME, WINDOW, HORIZON, PART, CAPACITY, OUTBID = range(1, 9)


EMPTY, OPEN_BOOK, LEFT = np.int64(0), np.int64(1), np.int64(2)
"""The worlds that a line is asked about: the empty book, the open book, what the plan leaves."""


AS_ASKED, FREELY, WHENEVER, FROM_BOOK = range(4)
"""What a line alone is asked: on the open book as ordered, without restrictions, without a window;
and on the empty book."""


class Worlds(NamedTuple):
    """
    The three worlds one behind the other, and clean copies from which touched rows come back.

    free, clean_free (3, pools, weeks); hours, clean_hours (3, rows, weeks); hours_row (3,
    resources, sites); pool_of, reserved as in `World`
    balance : (pools, weeks) of the plan, not yet the smallest from each week on
    """

    free: Longs
    hours: Longs
    clean_free: Longs
    clean_hours: Longs
    hours_row: Longs
    pool_of: Longs
    reserved: Longs
    balance: Longs


@inner
def world_at(worlds: Worlds, which: Int) -> World:
    """One of the worlds, sharing its arrays."""
    return World(worlds.free[which], worlds.hours[which], worlds.pool_of,
                 worlds.hours_row[which], worlds.reserved)


@inner
def restore(worlds: Worlds, which: Int, scratch: Scratch) -> None:
    """Bring every touched row of a world back to its clean copy."""
    for place_ in range(scratch.size[FREE_COUNT]):
        row = scratch.dirty[DIRTY_FREE, place_]
        for week in range(worlds.free.shape[2]):
            worlds.free[which, row, week] = worlds.clean_free[which, row, week]
        scratch.dirty[MARK_FREE, row] = 0
    for place_ in range(scratch.size[HOURS_COUNT]):
        row = scratch.dirty[DIRTY_HOURS, place_]
        for week in range(worlds.hours.shape[2]):
            worlds.hours[which, row, week] = worlds.clean_hours[which, row, week]
        scratch.dirty[MARK_HOURS, row] = 0
    for place_ in range(4):
        scratch.size[place_] = 0


@inner
def alone(trees: Trees, worlds: Worlds, which: Int, scratch: Scratch, lines: Lines,
          window: Window, log: Log, most: Ints, line: Int) -> tuple[Int, Int]:
    """Pieces that a line gets when it is alone in a world, and its last arrival bucket."""
    log.size[0], log.size[1] = 0, 0
    pieces = place(trees, world_at(worlds, which), scratch, lines, window, log, most, line)
    last = -1
    for row in range(log.size[0]):
        last = max(last, log.rows[row, SHIP] + lines.lanes[log.rows[row, LANE], LANE_WEEKS])
    restore(worlds, which, scratch)
    return pieces, last


@inner
def has_option(lines: Lines, line: Int, ban: Int) -> tuple[bool, bool]:
    """Whether a lane leads from an allowed site, and whether an item may be sent at all."""
    region = lines.rows[line, REGION]
    lane_there = False
    for lane in range(lines.lane_ptr[region], lines.lane_ptr[region + 1]):
        if lines.rows[line, SITE] < 0 or lines.rows[line, SITE] == lines.lanes[lane, LANE_SITE]:
            lane_there = True
    return lane_there, first_item(lines, line, ban) >= 0


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
def reason_of(trees: Trees, worlds: Worlds, scratch: Scratch, lines: Lines, log: Log, most: Ints,
              line: Int) -> tuple[Int, Int]:
    """
    The first reason that is true of a line that is not on time, and `S` of the rules.

    PART stands for `part` and `capacity` alike; what binds tells them apart.
    """
    early, late, ban = lines.rows[line, EARLIEST], lines.rows[line, LATEST], lines.rows[line, BAN]
    asked, wanted = lines.rows[line, REQUESTED], lines.rows[line, OPEN]
    lane_there, item_there = has_option(lines, line, ban)
    ends, question = asked, AS_ASKED
    # One call in a loop instead of four calls: each of them would be compiled with all it calls.
    while True:
        window = Window(0 if question == WHENEVER else early,
                        NO_LIMIT if question == WHENEVER else late,
                        0 if question == FREELY else ban)
        pieces, last = alone(trees, worlds, EMPTY if question == FROM_BOOK else OPEN_BOOK, scratch,
                             lines, window, log, most, line)
        on_time = pieces == wanted and last <= asked
        if question == AS_ASKED:
            ends = last if pieces > 0 else asked
            if ban != 0 and lane_there and not item_there:
                return RESTRICTION, ends
            if ban != 0 and not on_time:
                question = FREELY
                continue
        elif question == FREELY and on_time:
            return RESTRICTION, ends
        if not lane_there:
            return NO_LANE, ends
        if question == FROM_BOOK:
            return (OUTBID if on_time else PART), ends
        if question == WHENEVER:
            if pieces == wanted and last > asked:
                return LEAD_TIME, ends
            if pieces == wanted and early <= _last_of_options(lines, line, worlds.free.shape[2]):
                return WINDOW, ends
            return HORIZON, ends
        question = FROM_BOOK if question == AS_ASKED and on_time else WHENEVER


@inner
def _last_of_options(lines: Lines, line: Int, weeks: Int) -> Int:
    region = lines.rows[line, REGION]
    if lines.rows[line, SITE] < 0:
        return last_arrival(lines, line, weeks)
    for lane in range(lines.lane_ptr[region], lines.lane_ptr[region + 1]):
        if lines.lanes[lane, LANE_SITE] == lines.rows[line, SITE]:
            return int(weeks - 1 + lines.lanes[lane, LANE_WEEKS])
    return weeks - 1


@inner
def reference_lane(lines: Lines, line: Int, item: Int, plan: Log, first: Int, end: Int) -> Int:
    """
    The lane of the line's first allocation of an item (-1: of any item), else its first lane.

    plan, first, end : the plan's log and the line's rows in it
    """
    best, best_arrival = -1, 0
    for row in range(first, end):
        if item >= 0 and plan.rows[row, SENT] != item:
            continue
        arrival = plan.rows[row, SHIP] + lines.lanes[plan.rows[row, LANE], LANE_WEEKS]
        if best < 0 or arrival < best_arrival or (
                arrival == best_arrival and plan.rows[row, LANE] < best):
            best, best_arrival = plan.rows[row, LANE], arrival
    if best >= 0:
        return int(best)
    region = lines.rows[line, REGION]
    for lane in range(lines.lane_ptr[region], lines.lane_ptr[region + 1]):
        if lines.rows[line, SITE] < 0 or lines.rows[line, SITE] == lines.lanes[lane, LANE_SITE]:
            return int(lane)
    return -1


@kernel
def find_reasons(trees: Trees, worlds: Worlds, scratch: Scratch, lines: Lines, log: Log,
                 most: Ints, chosen: Ints, out: Longs) -> None:
    """
    The reason of each chosen line, PART for `part` and `capacity` alike, and `S` of the rules.

    log : working memory. out : (chosen, 11) int64, columns 0 and 10 are written
    """
    for place_ in range(len(chosen)):
        reason, ends = reason_of(trees, worlds, scratch, lines, log, most,
                                 np.int64(chosen[place_]))
        out[place_, 0], out[place_, 10] = reason, ends
