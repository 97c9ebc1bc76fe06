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
    give_unit,
    give_up,
    last_held,
    move_cents,
    put_back,
    take_out,
)
from headgate.planner.kernels.layout import Scratch, Trees, World
from headgate.planner.kernels.price import L_ASKED, L_LATE, Market
from headgate.planner.kernels.rank import PIECES, Lines
from headgate.planner.kernels.sets import head_of, mate_at, mates_of

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

    phase    : KEEP gives what arrives by the promised bucket, nothing to lines without one; of a
               ship set its best line stands for all
    discount : the share of the prices that counts
    returns  : the place of the next line
    """
    for turn in range(first, len(order)):
        if held.log.size[0] + room_rows > len(held.log.rows) or (
                held.log.size[1] + room_draws > len(held.log.pieces)):
            return turn
        line = order[turn]
        if head_of(lines, line) != line or held.left[line] == 0:
            continue
        last = market.lines[line, L_LATE]
        for place in range(mates_of(lines, line)):
            mate = mate_at(lines, line, place)
            last = min(last, market.lines[mate, L_LATE])
            if phase == KEEP:
                last = min(last, old.terms[mate, PROMISED])
        if last >= 0:
            give_unit(trees, world, scratch, lines, market, cost, held, room, old, line,
                      _first_kept(lines, old, line), last, discount)
    return len(order)


@inner
def _first_kept(lines: Lines, old: Old, line: Int) -> Int:
    """The first arrival bucket that a line's class, and those of its ship set, allow."""
    first = np.int64(0)
    for place in range(mates_of(lines, line)):
        first = max(first, old.terms[mate_at(lines, line, place), EARLIEST_KEPT])
    return first


@inner
def _left_of(lines: Lines, held: Held, line: Int) -> Int:
    """Pieces that a line and its ship set wait for."""
    left: Int = np.int64(0)
    for place in range(mates_of(lines, line)):
        left += held.left[mate_at(lines, line, place)]
    return left


@inner
def _worth_of_unit(lines: Lines, held: Held, old: Old, line: Int) -> Real:
    """What the allocations of a line and its ship set earn, moving counted, in cents."""
    total = 0.0
    for place in range(mates_of(lines, line)):
        total += _worth_held(lines, held, old, mate_at(lines, line, place))
    return total


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
        if head_of(lines, line) != line:
            continue
        before, left = _worth_of_unit(lines, held, old, line), _left_of(lines, held, line)
        last = last_held(lines, held, line)
        if aim == WHOLE:
            last = min(market.lines[line, L_LATE], market.lines[line, L_ASKED])
        count = np.int64(0)
        for place in range(mates_of(lines, line)):
            mate = mate_at(lines, line, place)
            if aim == WHOLE:
                last = min(last, market.lines[mate, L_LATE], market.lines[mate, L_ASKED])
            row: Int = held.head[mate]
            while row >= 0:
                behind = held.behind[row]
                take_out(trees, world, scratch, lines, held, room, old, row)
                forget_row(lines, held, room, row)
                removed[count] = row
                count += 1
                row = behind
        refresh(world, held, room.touched)
        start = held.log.size[0]
        give_unit(trees, world, scratch, lines, market, cost, held, room, old, line,
                  _first_kept(lines, old, line), last, discount)
        if aim == WHOLE and _left_of(lines, held, line) == 0:
            continue
        if aim == BETTER and _left_of(lines, held, line) <= left and (
                _worth_of_unit(lines, held, old, line) > before + 0.5):
            continue
        for row in range(start, held.log.size[0]):
            forget_row(lines, held, room, row)
        give_up(trees, world, scratch, lines, held, room, old, start)
        for place in range(count - 1, -1, -1):
            put_back(trees, world, scratch, lines, held, room, old, removed[place])
        refresh(world, held, room.touched)
    return len(order)
