"""A plan that can be changed: allocations held by line, taken out and put back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel
from headgate.planner.kernels.explode import add_hours
from headgate.planner.kernels.fill import earned_by, offer_of
from headgate.planner.kernels.layout import (
    OFFSET,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.price import (
    GOOD_AT,
    OFFER_GOOD,
    Market,
)
from headgate.planner.kernels.rank import (
    COMPLETE,
    LINE,
    PIECES,
    SET,
    SHIP,
    Lines,
    Log,
)

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.int8]


class Held(NamedTuple):
    """
    A plan that can be changed.

    log      : allocations as they were made; those of a line hang together by `head` and `behind`
    head     : (lines,) newest allocation of each line, -1 none
    behind   : (allocations,) the allocation before it of the same line, -1 none
    left     : (lines,) open pieces without an allocation
    balance  : (pools and permits, weeks) pieces supplied and not drawn up to each week
    earned   : (allocations,) value in cents, above what an undelivered piece loses
    price    : (allocations,) what the prices ask for one piece of each, in cents
    """

    log: Log
    head: Longs
    behind: Longs
    left: Longs
    balance: Longs
    earned: Floats
    price: Floats


@inner
def note_price(market: Market, cost: Floats, held: Held, row: Int) -> None:
    """Note what the prices ask for a piece of an allocation."""
    offer = offer_of(market, held.log, row)
    held.price[row] = cost[market.goods[market.offers[offer, OFFER_GOOD], GOOD_AT],
                           held.log.rows[row, SHIP]]


@inner
def note_value(trees: Trees, market: Market, cost: Floats, held: Held, row: Int) -> Real:
    """Note what an allocation earns, and what the prices ask for a piece of it; what it earns."""
    held.earned[row] = earned_by(trees, market, held.log, row)
    note_price(market, cost, held, row)
    return held.earned[row]


@kernel
def note_values(trees: Trees, market: Market, cost: Floats, held: Held, first: Int) -> float:
    """Note the values of the allocations of the log from row `first` on; their sum."""
    total = 0.0
    for row in range(first, held.log.size[0]):
        total += note_value(trees, market, cost, held, row)
    return total


@kernel
def adopt(trees: Trees, market: Market, cost: Floats, held: Held,
          first: Int) -> float:
    """Take in what was allocated since row `first` of the log; the value that it earns."""
    total = 0.0
    for row in range(first, held.log.size[0]):
        line = held.log.rows[row, LINE]
        held.behind[row] = held.head[line]
        held.head[line] = row
        total += note_value(trees, market, cost, held, row)
        shift_balance(trees, held, row, 1)
    return total


@kernel
def reprice(market: Market, cost: Floats, held: Held, first: Int, end: Int) -> None:
    """Note what other prices ask for the allocations that lines `first` to `end` hold."""
    for line in range(first, end):
        row = held.head[line]
        while row >= 0:
            note_price(market, cost, held, row)
            row = held.behind[row]


@kernel
def compact(held: Held, live: Bytes) -> None:
    """
    Drop what is no longer held from the log, in place.

    live : (allocations,) zeros
    """
    for line in range(len(held.head)):
        row = held.head[line]
        while row >= 0:
            live[row] = 1
            row = held.behind[row]
        held.head[line] = -1
    rows, draws = np.int64(0), np.int64(0)
    for row in range(held.log.size[0]):
        if not live[row]:
            continue
        first, end = held.log.first_draw[row], held.log.first_draw[row + 1]
        for column in range(held.log.rows.shape[1]):
            held.log.rows[rows, column] = held.log.rows[row, column]
        held.earned[rows], held.price[rows] = held.earned[row], held.price[row]
        held.log.first_draw[rows] = draws
        for draw in range(first, end):
            held.log.sources[draws, 0] = held.log.sources[draw, 0]
            held.log.sources[draws, 1] = held.log.sources[draw, 1]
            held.log.pieces[draws] = held.log.pieces[draw]
            draws += 1
        line = held.log.rows[rows, LINE]
        held.behind[rows] = held.head[line]
        held.head[line] = rows
        rows += 1
    held.log.first_draw[rows] = draws
    held.log.size[0], held.log.size[1] = rows, draws


@inner
def week_of_draw(trees: Trees, log: Log, row: Int, draw: Int) -> Int:
    """The bucket of a draw of an allocation; one of a permit is that of the need it goes with."""
    node = np.int64(log.sources[draw, 0])
    return log.rows[row, SHIP] - trees.nodes[-1 - node if node < 0 else node, OFFSET]


@inner
def draw_at_once(world: World, held: Held, drawn: Longs) -> None:
    """Draw the pieces of each pool and week in `balance`, and bring `free` in line with it."""
    last = drawn.shape[1] - 1
    for pool in range(len(drawn)):
        total: Int = np.int64(0)
        for week in range(last + 1):
            total += drawn[pool, week]
            held.balance[pool, week] -= total
        if total == 0:
            continue
        least = held.balance[pool, last]
        for week in range(last, -1, -1):
            least = min(least, held.balance[pool, week])
            world.free[pool, week] = least


@inner
def shift_balance(trees: Trees, held: Held, row: Int, sign: Int) -> None:
    """Draw (1) or give back (-1) an allocation's pieces in `balance`."""
    for draw in range(held.log.first_draw[row], held.log.first_draw[row + 1]):
        pool, pieces = held.log.sources[draw, 1], sign * held.log.pieces[draw]
        for week in range(week_of_draw(trees, held.log, row, draw), held.balance.shape[1]):
            held.balance[pool, week] -= pieces


@inner
def shift(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, touched: Longs,
           row: Int, sign: Int) -> None:
    """Draw (1) or give back (-1) an allocation's pieces and hours, and mark its pools."""
    shift_balance(trees, held, row, sign)
    for draw in range(held.log.first_draw[row], held.log.first_draw[row + 1]):
        pool = held.log.sources[draw, 1]
        if not touched[0, pool]:
            touched[0, pool] = 1
            touched[1, touched[2, 0]] = pool
            touched[2, 0] += 1
    add_hours(trees, lines, held.log, world.hours_row, scratch.work, row, -sign, world.hours)


@inner
def refresh(world: World, held: Held, touched: Longs) -> None:
    """Bring `free` of the marked pools in line with `balance`, and forget the marks."""
    last = held.balance.shape[1] - 1
    for place in range(touched[2, 0]):
        pool = touched[1, place]
        touched[0, pool] = 0
        least = held.balance[pool, last]
        for week in range(last, -1, -1):
            least = min(least, held.balance[pool, week])
            world.free[pool, week] = least
    touched[2, 0] = 0


@kernel
def drop_losses(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held,
                touched: Longs) -> float:
    """
    Take out what costs more than it brings, complete lines that are not, and ship sets that are
    not or cost more than they bring; the value gained.
    """
    gained = 0.0
    for line in range(len(held.head)):
        ship_set = lines.rows[line, SET]
        if ship_set < 0:
            complete = lines.rows[line, COMPLETE] == 1
            bad = complete and (held.left[line] > 0 or _earned_by_line(held, line) < 0.0)
            gained += _drop(trees, world, scratch, lines, held, touched, line, bad, complete)
        elif line == lines.mates[lines.set_ptr[ship_set]]:
            bad, earned = False, 0.0
            for mate in range(lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]):
                bad |= held.left[lines.mates[mate]] > 0
                earned += _earned_by_line(held, lines.mates[mate])
            for mate in range(lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]):
                gained += _drop(trees, world, scratch, lines, held, touched, lines.mates[mate],
                                bad or earned < 0.0, True)
    refresh(world, held, touched)
    return gained


@inner
def _earned_by_line(held: Held, line: Int) -> Real:
    row: Int = held.head[line]
    earned: Real = 0.0
    while row >= 0:
        earned += held.earned[row]
        row = held.behind[row]
    return earned


@inner
def _drop(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, touched: Longs,
          line: Int, everything: bool, complete: bool) -> Real:
    """Take out all allocations of a line, or of one that need not be complete the losing ones."""
    gained: Real = 0.0
    row: Int = held.head[line]
    kept: Int = np.int64(-1)
    while row >= 0:
        behind = held.behind[row]
        if everything or (not complete and held.earned[row] < 0.0):
            shift(trees, world, scratch, lines, held, touched, row, -1)
            held.left[line] += held.log.rows[row, PIECES]
            gained -= held.earned[row]
        else:
            held.behind[row] = kept
            kept = row
        row = behind
    held.head[line] = kept
    return gained
