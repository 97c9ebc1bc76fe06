"""The `rank` policy: each line in its turn takes the earliest arrival that is left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.layout import (
    DRAWN,
    DRAWS,
    ENOUGH,
    JOURNAL,
    NODE,
    POOL,
    START,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.sources import claim_in_use
from headgate.planner.kernels.walk import bound, provide, restore, undo

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]


(SOLD, OPEN, REQUESTED, EARLIEST, LATEST, LOT, COMPLETE, SITE, REGION, CLAIM, BAN, ACCEPT,
 ACCEPT_END, KNOWN, SET) = range(15)
"""
Columns of `Lines.rows`; the words are those of `headgate.book.Lines`. CLAIM is the line's claim,
KNOWN whether what is remembered of claim 0 bounds it, too, and SET its ship set, -1 none.
"""
LANE_SITE, LANE_WEEKS = 0, 1
"""Columns of `Lines.lanes`."""
LINE, SENT, LANE, SHIP, PIECES = range(5)
"""Columns of `Log.rows`: line, item sent, lane, ship bucket, pieces."""


class Lines(NamedTuple):
    """
    Order lines and lanes, packed.

    rows (lines, 15), accept (accepted items,), lanes (lanes, 2), lane_ptr (regions + 1,)
    banned (classes, items) 1 for what must not be sent or drawn
    set_ptr (ship sets + 1,), mates : the lines of each ship set in rank order
    """

    rows: Longs
    accept: Longs
    lanes: Longs
    lane_ptr: Longs
    banned: Bytes
    set_ptr: Longs
    mates: Longs


class Window(NamedTuple):
    """What one question about a line may use: arrival buckets, and a row of `banned`."""

    earliest: Int
    latest: Int
    ban: Int


class Log(NamedTuple):
    """
    Allocations and their draws, in the order in which they were made.

    rows (allocations, 5), first_draw (allocations + 1,), sources (draws, 2) int32 node and pool,
    pieces (draws,), size [allocations, draws]
    """

    rows: Longs
    first_draw: Longs
    sources: Ints
    pieces: Longs
    size: Longs


@inner
def last_arrival(lines: Lines, line: Int, weeks: Int) -> Int:
    """The last bucket in which a line's longest lane can deliver."""
    longest = 0
    region = lines.rows[line, REGION]
    for lane in range(lines.lane_ptr[region], lines.lane_ptr[region + 1]):
        longest = max(longest, lines.lanes[lane, LANE_WEEKS])
    return weeks - 1 + longest


@inner
def choice_of(lines: Lines, line: Int, choice: Int) -> Int:
    """A choice of item: the line's own before the first accepted one."""
    if choice < lines.rows[line, ACCEPT]:
        return lines.rows[line, SOLD]
    return lines.accept[choice]


@inner
def keep(scratch: Scratch, log: Log, line: Int, item: Int, lane: Int, ship: Int, quantity: Int,
         draws: Int) -> None:
    """Note an allocation with the draws made since `draws`."""
    place = log.size[0]
    log.rows[place, LINE], log.rows[place, SENT], log.rows[place, LANE] = line, item, lane
    log.rows[place, SHIP], log.rows[place, PIECES] = ship, quantity
    row = log.size[1]
    for draw in range(draws, scratch.size[DRAWS]):
        log.sources[row, 0] = scratch.draws[draw, NODE]
        log.sources[row, 1] = scratch.draws[draw, POOL]
        log.pieces[row] = scratch.draws[draw, DRAWN]
        row += 1
    log.size[0] = place + 1
    log.size[1] = row
    log.first_draw[place + 1] = row


@inner
def _arrive(trees: Trees, world: World, scratch: Scratch, lines: Lines, window: Window, log: Log,
            most: Ints, line: Int, arrival: Int, wanted: Int, claim: Int) -> Int:
    """
    Allocate at most `wanted` pieces to one arrival bucket; what was allocated.

    most : (items, sites, weeks) remembered bounds, which only fall while nothing is given back;
           shape (0, 0, 0) remembers nothing
    """
    weeks = world.free.shape[1]
    rest = wanted
    banned = lines.banned[window.ban]
    region, pinned = lines.rows[line, REGION], lines.rows[line, SITE]
    remember = most.shape[0] > 0 and lines.rows[line, KNOWN] == 1
    for choice in range(lines.rows[line, ACCEPT] - 1, lines.rows[line, ACCEPT_END]):
        item = choice_of(lines, line, choice)
        if banned[item]:
            continue
        for lane in range(lines.lane_ptr[region], lines.lane_ptr[region + 1]):
            site = lines.lanes[lane, LANE_SITE]
            ship = arrival - lines.lanes[lane, LANE_WEEKS]
            if ship < 0 or ship >= weeks or (pinned >= 0 and pinned != site):
                continue
            if remember and most[item, site, ship] < lines.rows[line, LOT]:
                continue
            draws = scratch.size[DRAWS]
            pieces, least = provide(trees, world, scratch, item, site, ship, rest,
                                    lines.rows[line, LOT], banned, claim)
            if remember and claim == 0 and window.ban == 0:
                most[item, site, ship] = min(least - pieces, 2**31 - 1)
            if pieces > 0:
                keep(scratch, log, line, item, lane, ship, pieces, draws)
                rest -= pieces
                if rest == 0:
                    return wanted
    return wanted - rest


@inner
def _may_arrive_whole(trees: Trees, world: World, scratch: Scratch, lines: Lines, window: Window,
                      most: Ints, line: Int, arrival: Int, claim: Int) -> bool:
    """False when the sum of the bounds already rules a whole arrival in this bucket out."""
    weeks = world.free.shape[1]
    remembered = 0
    banned = lines.banned[window.ban]
    region, pinned = lines.rows[line, REGION], lines.rows[line, SITE]
    remember = most.shape[0] > 0 and lines.rows[line, KNOWN] == 1
    wanted = lines.rows[line, OPEN]
    for fresh in range(2):
        # The remembered bounds add up first; then one after the other is made anew, until the sum
        # falls below what is wanted. Most arrivals of a scarce item end at the first.
        total = 0 if fresh == 0 else remembered
        for choice in range(lines.rows[line, ACCEPT] - 1, lines.rows[line, ACCEPT_END]):
            item = choice_of(lines, line, choice)
            if banned[item]:
                continue
            for lane in range(lines.lane_ptr[region], lines.lane_ptr[region + 1]):
                site = lines.lanes[lane, LANE_SITE]
                ship = arrival - lines.lanes[lane, LANE_WEEKS]
                if ship < 0 or ship >= weeks or (pinned >= 0 and pinned != site):
                    continue
                if fresh == 0 and remember:
                    total = min(total + most[item, site, ship], ENOUGH)
                elif not (remember and most[item, site, ship] < lines.rows[line, LOT]):
                    least = bound(trees, world, scratch, item, site, ship, banned, claim)
                    if remember:
                        total -= most[item, site, ship]
                        if claim == 0 and window.ban == 0:
                            most[item, site, ship] = min(least, 2**31 - 1)
                    total = min(total + least, ENOUGH)
                    if remember and total < wanted:
                        return False
        if total < wanted:
            return False
        if not remember:
            return True
        remembered = total
    return True


@inner
def place(trees: Trees, world: World, scratch: Scratch, lines: Lines, window: Window, log: Log,
          most: Ints, line: Int) -> Int:
    """
    Give one line the earliest arrival from `world` by the rank rules; the pieces given.

    The journal and the list of draws start empty; the allocations are in `log`.
    """
    weeks = world.free.shape[1]
    rest = lines.rows[line, OPEN]
    claim = claim_in_use(world, lines.rows[line, CLAIM])
    last = min(window.latest, last_arrival(lines, line, weeks))
    for arrival in range(max(0, window.earliest), last + 1):
        scratch.size[JOURNAL] = 0
        scratch.size[DRAWS] = 0
        if not lines.rows[line, COMPLETE]:
            rest -= _arrive(trees, world, scratch, lines, window, log, most, line, arrival, rest,
                            claim)
        elif _may_arrive_whole(trees, world, scratch, lines, window, most, line, arrival, claim):
            allocations, draws = log.size[0], log.size[1]
            given = _arrive(trees, world, scratch, lines, window, log, most[:0], line, arrival,
                            rest, claim)
            if given == rest:
                rest = 0
            else:
                undo(world, scratch, START, START)
                log.size[0], log.size[1] = allocations, draws
        if rest == 0:
            break
    return lines.rows[line, OPEN] - rest


@inner
def place_set(trees: Trees, world: World, scratch: Scratch, lines: Lines, ship_set: Int,
              earliest: Int, latest: Int, log: Log, most: Ints) -> None:
    """
    Give a ship set the earliest bucket from `earliest` to `latest` in which every line of it can
    arrive whole; its lines take in rank order, each from its own window if that is narrower.
    """
    weeks = world.free.shape[1]
    first, end = lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]
    for mate in range(first, end):
        latest = min(latest, last_arrival(lines, lines.mates[mate], weeks))
    for arrival in range(max(0, earliest), latest + 1):
        scratch.size[JOURNAL], scratch.size[DRAWS] = 0, 0
        allocations, draws = log.size[0], log.size[1]
        whole = True
        for mate in range(first, end):
            line = lines.mates[mate]
            window = Window(arrival, arrival, lines.rows[line, BAN])
            claim = claim_in_use(world, lines.rows[line, CLAIM])
            rest = lines.rows[line, OPEN]
            whole = (_may_arrive_whole(trees, world, scratch, lines, window, most[:0], line,
                                       arrival, claim)
                     and _arrive(trees, world, scratch, lines, window, log, most[:0], line,
                                 arrival, rest, claim) == rest)
            if not whole:
                break
        if whole:
            break
        undo(world, scratch, START, START)
        log.size[0], log.size[1] = allocations, draws


@inner
def window_of_set(lines: Lines, ship_set: Int) -> tuple[Int, Int]:
    """The arrival buckets that all lines of a ship set allow."""
    earliest: Int = np.int64(0)
    latest: Int = ENOUGH
    for mate in range(lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]):
        earliest = max(earliest, lines.rows[lines.mates[mate], EARLIEST])
        latest = min(latest, lines.rows[lines.mates[mate], LATEST])
    return earliest, latest


@kernel
def place_lines(trees: Trees, world: World, clean: World, scratch: Scratch, lines: Lines,
                order: Ints, windows: Longs, first: Int, log: Log, most: Ints, room: Int,
                room_draws: Int, alone: bool, out: Longs) -> Int:
    """
    Place lines in an order from place `first` on until the log may run full; of a ship set its
    best line stands for all.

    One kernel serves the plan and the explanations, as each is compiled with all that it calls.

    windows          : (lines of the order, 3) first and last arrival bucket and row of `banned`;
                       (0, 3) means the lines' own
    room, room_draws : the most allocations and draws that one line can make
    alone            : every line finds the world as `clean` has it; `out` (lines of the order, 2)
                       takes its pieces and its last arrival bucket, -1 none, and the log nothing;
                       of four columns the others take item and lane of its first shipment, -1 none
    returns          : the place in `order` of the next line; len(order) when all are placed
    """
    for turn in range(first, len(order)):
        if log.size[0] + room > len(log.rows) or log.size[1] + room_draws > len(log.pieces):
            return turn
        line = np.int64(order[turn])
        window = Window(lines.rows[line, EARLIEST], lines.rows[line, LATEST],
                        lines.rows[line, BAN])
        if len(windows) > 0:
            window = Window(windows[turn, 0], windows[turn, 1], windows[turn, 2])
        pieces = np.int64(0)
        ship_set = lines.rows[line, SET]
        if ship_set >= 0:
            earliest, latest = window_of_set(lines, ship_set)
            if len(windows) > 0:
                earliest, latest = windows[turn, 0], windows[turn, 1]
            place_set(trees, world, scratch, lines, ship_set, earliest, latest, log, most)
        elif lines.rows[line, OPEN] > 0:
            pieces = place(trees, world, scratch, lines, window, log, most, line)
        if alone:
            last = np.int64(-1)
            for row in range(log.size[0]):
                last = max(last, log.rows[row, SHIP]
                           + lines.lanes[log.rows[row, LANE], LANE_WEEKS])
            out[turn, 0], out[turn, 1] = pieces, last
            if out.shape[1] > 2:
                none = log.size[0] == 0
                out[turn, 2] = -1 if none else log.rows[0, SENT]
                out[turn, 3] = -1 if none else log.rows[0, LANE]
            log.size[0], log.size[1] = 0, 0
            restore(world, clean, scratch)
    return len(order)
