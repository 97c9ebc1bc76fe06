"""Trade dates among promises of one class: a few lines that share a part, served anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel
from headgate.planner.kernels.held import Held, refresh
from headgate.planner.kernels.improve import (
    DISCOUNTS,
    Places,
    Room,
    choose,
    forget_bounds,
    next_chosen,
    random_below,
    weigh_chosen,
)
from headgate.planner.kernels.kept import (
    NEVER,
    PROMISED,
    TIER,
    Old,
    give_unit,
    give_up,
    last_held,
    move_cents,
    put_back,
    take_out,
)
from headgate.planner.kernels.layout import Scratch, Trees, World
from headgate.planner.kernels.price import L_LATE, Market
from headgate.planner.kernels.rank import OPEN, SET, Lines

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.int8]

PLANNED, DUE = range(2)
"""Columns of `stands`."""


@inner
def _is_moved(lines: Lines, held: Held, old: Old, stands: Longs, line: Int) -> bool:
    """Whether a line that had a date has another now, or one for fewer pieces."""
    if stands[line, DUE] == 0 or old.terms[line, PROMISED] == NEVER:
        return False
    last = last_held(lines, held, line)
    return lines.rows[line, OPEN] - held.left[line] < stands[line, DUE] or (
        last not in (old.terms[line, PROMISED], stands[line, PLANNED]))


@inner
def _earned(held: Held, line: Int) -> Real:
    """What a line's allocations earn, in cents."""
    total: Real = 0.0
    row: Int = held.head[line]
    while row >= 0:
        total += held.earned[row]
        row = held.behind[row]
    return total


@inner
def _charge(lines: Lines, held: Held, old: Old, stands: Longs, line: Int, weeks: Int) -> Real:
    """What moving a line's promise costs; pieces without a date count as moved past all weeks."""
    given = lines.rows[line, OPEN] - held.left[line]
    lost = max(np.int64(0), stands[line, DUE] - given)
    return given * move_cents(old, line, last_held(lines, held, line)) + (
        lost * move_cents(old, line, weeks))


@inner
def _take(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
          old: Old, line: Int, removed: Int) -> Int:
    """Take a line's allocations out, listed in `room.removed` from place `removed` on; its end."""
    row = held.head[line]
    while row >= 0:
        behind = held.behind[row]
        take_out(trees, world, scratch, lines, held, room, old, row)
        room.removed[removed] = row
        removed += 1
        row = behind
    return removed


@inner
def _serve(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
           cost: Floats, held: Held, room: Room, old: Old, state: Longs, count: Int,
           noise: float) -> None:
    """Give the chosen lines dates as a search does: about in the order of what they can bring."""
    weigh_chosen(lines, market, cost, room, count, noise, state)
    discount = DISCOUNTS[random_below(state, len(DISCOUNTS))]
    for _ in range(count):
        line = next_chosen(room, count)
        if held.left[line] > 0:
            give_unit(trees, world, scratch, lines, market, cost, held, room, old, line, 0,
                      market.lines[line, L_LATE], discount)


@kernel
def trade(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market, cost: Floats,
          held: Held, room: Room, old: Old, places: Places, may: Bytes, stands: Longs,
          marked: Bytes, state: Longs, rest: Longs, largest: Int, noise: float, by: Longs,
          worth: float, room_rows: Int, room_draws: Int) -> None:
    """
    `rest[0]` turns that each serve a few lines anew, or until the log may run full; undone is what
    does not earn more, with moving counted and without, and what moves more promises for less than
    `worth` cents each.

    may    : (lines,) 1 for those that may be served anew, none of them in a ship set
    stands : (lines, 2) the last arrival bucket in the older plan, and pieces that had a date
    marked : (lines,) zeros; state : (1,) the random state
    noise  : of the order of lines, in temperatures, that is times the cost of the item
    by     : (lines,) takes for each line whose date changes the one that the turn began with
    """
    while rest[0] > 0:
        if held.log.size[0] + room_rows > len(held.log.rows) or (
                held.log.size[1] + room_draws > len(held.log.pieces)):
            break
        rest[0] -= 1
        picked = choose(lines, held, places, 2 + random_below(state, largest - 1), state, room,
                        marked)
        seed, count = room.chosen[0], np.int64(0)
        for place in range(picked):
            line = room.chosen[place]
            marked[line] = 0
            if may[line] and lines.rows[line, SET] < 0 and (
                    old.terms[line, TIER] == old.terms[seed, TIER]):
                room.chosen[count] = line
                count += 1
        earned, charged, weeks = 0.0, 0.0, world.free.shape[1]
        moved, removed, start = np.int64(0), np.int64(0), held.log.size[0]
        for place in range(count):
            line = room.chosen[place]
            earned -= _earned(held, line)
            charged -= _charge(lines, held, old, stands, line, weeks)
            moved += np.int64(_is_moved(lines, held, old, stands, line))
        for place in range(count):
            removed = _take(trees, world, scratch, lines, held, room, old, room.chosen[place],
                            removed)
        refresh(world, held, room.touched)
        forget_bounds(world, lines, held, room, start, removed)
        _serve(trees, world, scratch, lines, market, cost, held, room, old, state, count, noise)
        for place in range(count):
            line = room.chosen[place]
            earned += _earned(held, line)
            charged += _charge(lines, held, old, stands, line, weeks)
            moved -= np.int64(_is_moved(lines, held, old, stands, line))
        if earned > 0.5 and earned >= charged and earned >= -moved * worth:
            for place in range(count):
                by[room.chosen[place]] = seed
            continue
        forget_bounds(world, lines, held, room, start, removed)
        give_up(trees, world, scratch, lines, held, room, old, start)
        for place in range(removed - 1, -1, -1):
            put_back(trees, world, scratch, lines, held, room, old, room.removed[place])
        refresh(world, held, room.touched)
