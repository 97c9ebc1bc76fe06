"""Give lines dates beside promises that stay: those that lost theirs, new ones, better ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel
from headgate.planner.kernels.held import Held, refresh
from headgate.planner.kernels.improve import Room
from headgate.planner.kernels.kept import (
    EARLIEST_KEPT,
    NEVER,
    PROMISED,
    Old,
    arrival_of,
    forget_row,
    give,
    give_up,
    move_cents,
    put_back,
    take_out,
)
from headgate.planner.kernels.layout import Scratch, Trees, World
from headgate.planner.kernels.price import L_LATE, Market
from headgate.planner.kernels.rank import PIECES, Lines

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

KEEP, MOVE = 0, 1
"""Phases: arrive by the promised bucket; or whenever the line allows."""


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
    total = 0.0
    row = held.head[line]
    while row >= 0:
        total += held.earned[row] - held.log.rows[row, PIECES] * move_cents(
            old, line, arrival_of(lines, held.log, row))
        row = held.behind[row]
    return total


@inner
def _last_held(lines: Lines, held: Held, line: Int) -> Int:
    """The last arrival bucket of a line, NEVER when it has none."""
    last = np.int64(NEVER)
    row = held.head[line]
    while row >= 0:
        last = max(last, arrival_of(lines, held.log, row))
        row = held.behind[row]
    return last


@kernel
def better(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
           cost: Floats, held: Held, room: Room, old: Old, order: Longs, first: Int,
           discount: float, removed: Longs, room_rows: Int, room_draws: Int) -> Int:
    """
    Serve lines anew where what was freed serves them better, moving counted; else leave them.

    No line gets fewer pieces or a later last arrival than it has. Stops where the log may run
    full, at the place that is returned.

    removed : (most allocations of one line,) working memory
    """
    for turn in range(first, len(order)):
        if held.log.size[0] + room_rows > len(held.log.rows) or (
                held.log.size[1] + room_draws > len(held.log.pieces)):
            return turn
        line = order[turn]
        before, left = _worth_held(lines, held, old, line), held.left[line]
        last = _last_held(lines, held, line)
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
        if held.left[line] <= left and _worth_held(lines, held, old, line) > before + 0.5:
            continue
        for row in range(start, held.log.size[0]):
            forget_row(lines, held, room, row)
        give_up(trees, world, scratch, lines, held, room, old, start)
        for place in range(count - 1, -1, -1):
            put_back(trees, world, scratch, lines, held, room, old, removed[place])
        refresh(world, held, room.touched)
    return len(order)
