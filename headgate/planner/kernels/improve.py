"""Improve a plan: take a few lines that share a part out, put them back in another order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel
from headgate.planner.kernels.fill import O_SHIP, fill_line, options_of
from headgate.planner.kernels.held import (
    Held,
    note_value,
    refresh,
    shift,
    shift_balance,
)
from headgate.planner.kernels.layout import (
    TOLLED,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.price import (
    DEAR,
    Market,
)
from headgate.planner.kernels.rank import (
    COMPLETE,
    LANE,
    LANE_SITE,
    LINE,
    OPEN,
    PIECES,
    SET,
    SHIP,
    Lines,
)
from headgate.planner.kernels.sets import fill_set, head_of

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.int8]


DISCOUNTS = (0.0, 0.5, 0.9)
"""Shares of the prices that options are weighed with: the less, the sooner a line ships."""


WILD, WILD_TURNS = 100.0, 8
"""One turn in so many has so many times the noise: lines return in nearly any order."""


class Places(NamedTuple):
    """
    Where to look for a better plan.

    chance : (lines,) running total of how likely a turn begins with a line
    lines, group_ptr : lines of each group, which want the same part, by ship week
    place, group_of  : (lines,) a line's place in `lines`, and its group
    """

    chance: Floats
    lines: Longs
    group_ptr: Longs
    place: Longs
    group_of: Longs


class Room(NamedTuple):
    """
    Working memory of the search.

    most : (2, items, sites, weeks) remembered bounds, for all sources and for those not too dear
    worth, options : of one line, see `fill_line`
    failed : (0, 0, 0), what is not remembered, see `headgate.planner.kernels.fill`
    chosen, key : (most lines of one turn,), removed : (most allocations of one turn,)
    touched : (3, pools) marks, list, and its length
    by_arrival : (arrivals + 1, 2), see `headgate.planner.kernels.sets.fill_set`
    """

    most: Ints
    worth: Floats
    options: Longs
    failed: Floats
    chosen: Longs
    removed: Longs
    key: Floats
    touched: Longs
    by_arrival: Floats


@inner
def random_below(state: Longs, count: Int) -> Int:
    """A whole number from 0 to count - 1 (Knuth's 64-bit linear congruence, high bits)."""
    state[0] = state[0] * np.int64(6364136223846793005) + np.int64(1442695040888963407)
    return ((state[0] >> 33) & np.int64(0x7FFFFFFF)) % count


@inner
def _insert(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
            cost: Floats, held: Held, room: Room, line: Int, discount: float) -> float:
    """Give a line, or the ship set that it stands for, what is best; the value that it earns."""
    start = held.log.size[0]
    most, ship_set = room.most[world.picky[0]], lines.rows[line, SET]
    if ship_set >= 0:
        fill_set(trees, world, scratch, lines, market, cost, held.log, most, ship_set, held.left,
                 discount, -DEAR, room.worth, room.options, room.failed, room.by_arrival)
    else:
        held.left[line] -= fill_line(trees, world, scratch, lines, market, cost, held.log, most,
                                     line, held.left[line], discount, DEAR, -DEAR, room.worth,
                                     room.options, room.failed)
    total = 0.0
    for row in range(start, held.log.size[0]):
        line = held.log.rows[row, LINE]
        held.behind[row] = held.head[line]
        held.head[line] = row
        total += note_value(trees, market, cost, held, row)
        shift_balance(trees, held, row, 1)
    return total


@kernel
def find_regrets(lines: Lines, market: Market, cost: Floats, held: Held, most: Ints, first: Int,
                 end: Int, worth: Floats, options: Longs, regret: Floats, week: Longs) -> None:
    """
    Write what each of the lines `first` to `end` falls short of its best option at the prices,
    and when it ships.

    most   : (items, sites, weeks) bounds of which none is remembered
    worth, options : working memory, see `headgate.planner.kernels.fill.options_of`
    regret : (lines,) cents, at least 0
    week   : (lines,) the ship week of its newest allocation; of its best option if it has none
    """
    for line in range(first, end):
        regret[line], week[line] = 0.0, 0
        if lines.rows[line, OPEN] == 0:
            continue
        count = options_of(market, cost, lines, most, line, 1.0, worth, options)
        best = 0.0
        for option in range(count):
            if worth[option] > best:
                best = worth[option]
                week[line] = options[option, O_SHIP]
        short = best * lines.rows[line, OPEN]
        row = held.head[line]
        if row >= 0:
            week[line] = held.log.rows[row, SHIP]
        while row >= 0:
            short -= held.earned[row] - held.log.rows[row, PIECES] * held.price[row]
            row = held.behind[row]
        regret[line] = max(0.0, short)


@inner
def choose(lines: Lines, held: Held, places: Places, count: Int, state: Longs, room: Room,
            marked: Bytes) -> Int:
    """
    Pick a line that falls short of its best, and lines that ship at about the same time.

    returns : how many; those that are served are served from one site
    """
    seed = head_of(lines, _draw_line(places.chance, state))
    first, end = places.group_ptr[places.group_of[seed]], places.group_ptr[
        places.group_of[seed] + 1]
    span = min(end - first, 6 * count)
    start = max(first, min(end - span, places.place[seed] - random_below(state, span)))
    room.chosen[0] = seed
    marked[seed] = 1
    picked, site = 1, np.int64(-1)
    if held.head[seed] >= 0:
        site = lines.lanes[held.log.rows[held.head[seed], LANE], LANE_SITE]
    for _ in range(4 * count):
        if picked == count:
            break
        line = head_of(lines, places.lines[start + random_below(state, span)])
        if marked[line]:
            continue
        row = held.head[line]
        near = row < 0 or held.left[line] > 0
        while row >= 0 and not near:
            there = lines.lanes[held.log.rows[row, LANE], LANE_SITE]
            if site < 0:
                site = there
            near = there == site
            row = held.behind[row]
        if near:
            marked[line] = 1
            room.chosen[picked] = line
            picked += 1
    return picked


@inner
def weigh_chosen(lines: Lines, market: Market, cost: Floats, room: Room, count: Int, noise: float,
                 state: Longs) -> None:
    """Note in `room.key` what each chosen line can bring for the cost of its item, and chance."""
    for place in range(count):
        line = room.chosen[place]
        options = options_of(market, cost, lines, room.most[0], line, 1.0, room.worth,
                             room.options)
        best = -1e300
        for option in range(options):
            best = max(best, room.worth[option])
        luck = float(random_below(state, 2**20) - random_below(state, 2**20)) / 2**20
        room.key[place] = best / market.heat[line] + noise * luck


@inner
def next_chosen(room: Room, count: Int) -> Int:
    """The chosen line with the largest key, which it loses."""
    top = 0
    for place in range(count):
        if room.key[place] > room.key[top]:
            top = place
    room.key[top] = -2e300
    return room.chosen[top]


@inner
def _draw_line(chance: Floats, state: Longs) -> Int:
    """A line by its share of the running total `chance`."""
    luck = (float(random_below(state, 2**30)) + 0.5) / 2**30 * chance[len(chance) - 1]
    low, high = 0, len(chance) - 1
    while low < high:
        middle = (low + high) // 2
        if chance[middle] <= luck:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def _take_out(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
              state: Longs, line: Int, removed: Int) -> tuple[Int, float]:
    """Take out a line, or all lines of the ship set that it stands for; see `_take_line`."""
    ship_set = lines.rows[line, SET]
    if ship_set < 0:
        return _take_line(trees, world, scratch, lines, held, room, state, line, removed)
    count, old = np.int64(0), 0.0
    for mate in range(lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]):
        row = held.head[lines.mates[mate]]
        while row >= 0:
            count += 1
            row = held.behind[row]
    if removed + count <= len(room.removed):
        for mate in range(lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]):
            removed, earned = _take_line(trees, world, scratch, lines, held, room, state,
                                         lines.mates[mate], removed)
            old += earned
    return removed, old


@inner
def _take_line(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
               state: Longs, line: Int, removed: Int) -> tuple[Int, float]:
    """
    Take allocations of a line out: all of a complete or short one, about half of a long one.

    removed : how many are listed in `room.removed` already
    returns : how many are listed now, and what the new ones earned
    """
    count = 0
    row = held.head[line]
    while row >= 0:
        count += 1
        row = held.behind[row]
    if removed + count > len(room.removed):
        return removed, 0.0
    some = count > 2 and lines.rows[line, COMPLETE] == 0 and random_below(state, 4) > 0
    row = held.head[line]
    kept: Int = np.int64(-1)
    old: Real = 0.0
    while row >= 0:
        behind = held.behind[row]
        if some and random_below(state, 2) == 0:
            held.behind[row] = kept
            kept = row
        else:
            shift(trees, world, scratch, lines, held, room.touched, row, -1)
            held.left[line] += held.log.rows[row, PIECES]
            old += held.earned[row]
            room.removed[removed] = row
            removed += 1
        row = behind
    held.head[line] = kept
    return removed, old


@inner
def forget_bounds(world: World, lines: Lines, held: Held, room: Room, rows: Int,
                   removed: Int) -> None:
    """Forget the remembered bounds of sites that the turn's allocations give something back to."""
    if world.claims[0, TOLLED]:
        # Permits are the same for all sites.
        room.most[:, :, :, :] = 2**31 - 1
        return
    for place in range(removed + held.log.size[0] - rows):
        row = room.removed[place] if place < removed else rows + place - removed
        site = lines.lanes[held.log.rows[row, LANE], LANE_SITE]
        fresh = True
        for before in range(place):
            other = room.removed[before] if before < removed else rows + before - removed
            if lines.lanes[held.log.rows[other, LANE], LANE_SITE] == site:
                fresh = False
                break
        if fresh:
            for mode in range(room.most.shape[0]):
                for item in range(room.most.shape[1]):
                    for week in range(room.most.shape[3]):
                        room.most[mode, item, site, week] = 2**31 - 1


@inner
def _put_back(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
              rows: Int, removed: Int) -> None:
    """Undo a turn: the allocations since `rows` go, those in `room.removed` return."""
    for row in range(rows, held.log.size[0]):
        line = held.log.rows[row, LINE]
        shift(trees, world, scratch, lines, held, room.touched, row, -1)
        held.left[line] += held.log.rows[row, PIECES]
    for row in range(held.log.size[0] - 1, rows - 1, -1):
        held.head[held.log.rows[row, LINE]] = held.behind[row]
    for place in range(removed):
        row = room.removed[place]
        line = held.log.rows[row, LINE]
        shift(trees, world, scratch, lines, held, room.touched, row, 1)
        held.left[line] -= held.log.rows[row, PIECES]
        held.behind[row] = held.head[line]
        held.head[line] = row
    refresh(world, held, room.touched)


@kernel
def improve(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
            cost: Floats, held: Held, room: Room, places: Places,
            marked: Bytes, state: Longs, rest: Longs, largest: Int, noise: float, room_rows: Int,
            room_draws: Int) -> float:
    """
    The value gained in `rest[0]` turns, or until the log may run full; the plan stays feasible.

    marked   : (lines,) zeros; state : (1,) the random state
    largest  : the most lines that are taken out at once
    noise    : of the order of lines, in temperatures, that is times the cost of the item
    rest     : (1,) turns to go, lowered
    room_rows, room_draws : the most allocations and draws that one turn can make
    """
    gained = 0.0
    room.most[:, :, :, :] = 2**31 - 1
    while rest[0] > 0:
        if held.log.size[0] + room_rows > len(held.log.rows) or (
                held.log.size[1] + room_draws > len(held.log.pieces)):
            break
        rest[0] -= 1
        count = 2 + random_below(state, largest - 1)
        count = choose(lines, held, places, count, state, room, marked)
        rows, draws = held.log.size[0], held.log.size[1]
        old, removed = 0.0, np.int64(0)
        for place in range(count):
            removed, lost = _take_out(trees, world, scratch, lines, held, room, state,
                                      room.chosen[place], removed)
            old += lost
        refresh(world, held, room.touched)
        forget_bounds(world, lines, held, room, rows, removed)
        world.picky[0] = 1 if random_below(state, 4) > 0 else 0
        wild = noise * WILD if random_below(state, WILD_TURNS) == 0 else noise
        discount = DISCOUNTS[random_below(state, len(DISCOUNTS))]
        weigh_chosen(lines, market, cost, room, count, wild, state)
        new = 0.0
        for _ in range(count):
            line = next_chosen(room, count)
            marked[line] = 0
            new += _insert(trees, world, scratch, lines, market, cost, held, room, line,
                           discount)
        if new >= old:
            gained += new - old
        else:
            forget_bounds(world, lines, held, room, rows, removed)
            _put_back(trees, world, scratch, lines, held, room, rows, removed)
            held.log.size[0], held.log.size[1] = rows, draws
    return gained
