"""Give lines dates beside promises that stay: those that lost theirs, new ones, better ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel
from headgate.planner.kernels.held import Held, refresh
from headgate.planner.kernels.improve import Room
from headgate.planner.kernels.kept import (
    EARLIEST_KEPT,
    PROMISED,
    Old,
    forget_row,
    give,
    give_up,
    last_held,
    move_cents,
    put_back,
    take_out,
)
from headgate.planner.kernels.layout import Scratch, Trees, World
from headgate.planner.kernels.price import L_ASKED, L_LATE, Market
from headgate.planner.kernels.rank import PIECES, Lines

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

KEEP, MOVE = 0, 1
"""Phases of inserting: arrive by the promised bucket; or whenever the line allows."""
BETTER, WHOLE = 0, 1
"""Aims of serving anew: worth more and not later; or all pieces by the requested bucket."""


@kernel
def insert(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
           cost: Floats, held: Held, room: Room, old: Old, order: Longs, first: Int, phase: Int,
           discount: float, room_rows: Int, room_draws: Int) -> Int:
    """
    Give lines in an order what they wait for, from place `first` on until the log may run full.

    phase    : KEEP gives what arrives by the promised bucket, nothing to lines without one
    discount : the share of the prices that counts
    returns  : the place of the next line
    """
    for turn in range(first, len(order)):
        if held.log.size[0] + room_rows > len(held.log.rows) or (
                held.log.size[1] + room_draws > len(held.log.pieces)):
            return turn
        line = order[turn]
        last = market.lines[line, L_LATE]
        if phase == KEEP:
            last = min(last, old.terms[line, PROMISED])
        if held.left[line] > 0 and last >= 0:
            give(trees, world, scratch, lines, market, cost, held, room, old, line,
                 held.left[line], max(np.int64(0), old.terms[line, EARLIEST_KEPT]), last, discount)
    return len(order)


@inner
def _worth_held(lines: Lines, held: Held, old: Old, line: Int) -> Real:
    """What a line's allocations earn, moving counted, in cents."""
    total: Real = 0.0
    pieces, row = np.int64(0), held.head[line]
    while row >= 0:
        total += held.earned[row]
        pieces += held.log.rows[row, PIECES]
        row = held.behind[row]
    return total - pieces * move_cents(old, line, last_held(lines, held, line))


@kernel
def better(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
           cost: Floats, held: Held, room: Room, old: Old, order: Longs, first: Int, aim: Int,
           discount: float, removed: Longs, room_rows: Int, room_draws: Int) -> Int:
    """
    Serve lines anew where that is better, moving counted; leave the others exactly as they are.

    aim     : BETTER asks for more value, with no fewer pieces and no later last arrival; WHOLE for
              all pieces by the requested bucket
    removed : (most allocations of one line,) working memory
    returns : the place in `order` of the next line, where the log may run full
    """
    for turn in range(first, len(order)):
        if held.log.size[0] + room_rows > len(held.log.rows) or (
                held.log.size[1] + room_draws > len(held.log.pieces)):
            return turn
        line = order[turn]
        before, left = _worth_held(lines, held, old, line), held.left[line]
        last = last_held(lines, held, line)
        if aim == WHOLE:
            last = min(market.lines[line, L_LATE], market.lines[line, L_ASKED])
        count, row = np.int64(0), held.head[line]
        while row >= 0:
            behind = held.behind[row]
            take_out(trees, world, scratch, lines, held, room, old, row)
            forget_row(lines, held, room, row)
            removed[count] = row
            count += 1
            row = behind
        refresh(world, held, room.touched)
        start = held.log.size[0]
        give(trees, world, scratch, lines, market, cost, held, room, old, line,
             held.left[line], max(np.int64(0), old.terms[line, EARLIEST_KEPT]), last, discount)
        if aim == WHOLE and held.left[line] == 0:
            continue
        if aim == BETTER and held.left[line] <= left and (
                _worth_held(lines, held, old, line) > before + 0.5):
            continue
        for row in range(start, held.log.size[0]):
            forget_row(lines, held, room, row)
        give_up(trees, world, scratch, lines, held, room, old, start)
        for place in range(count - 1, -1, -1):
            put_back(trees, world, scratch, lines, held, room, old, removed[place])
        refresh(world, held, room.touched)
    return len(order)
