"""Ship sets at prices: all lines of a set arrive whole in one bucket, or none does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.fill import (
    O_ARRIVAL,
    earned_by,
    fill_line,
    fill_whole,
    options_of,
)
from headgate.planner.kernels.layout import DRAWS, JOURNAL, START, Scratch, Trees, World
from headgate.planner.kernels.price import DEAR, Market
from headgate.planner.kernels.rank import OPEN, SET, Lines, Log
from headgate.planner.kernels.walk import undo

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@inner
def head_of(lines: Lines, line: Int) -> Int:
    """The line that stands for all of a line's ship set: its best; a line without a set itself."""
    ship_set = lines.rows[line, SET]
    return line if ship_set < 0 else lines.mates[lines.set_ptr[ship_set]]


@inner
def mates_of(lines: Lines, line: Int) -> Int:
    """How many lines are planned together with a line, itself counted."""
    ship_set = lines.rows[line, SET]
    return 1 if ship_set < 0 else lines.set_ptr[ship_set + 1] - lines.set_ptr[ship_set]


@inner
def mate_at(lines: Lines, line: Int, place: Int) -> Int:
    """One of the lines that are planned together with a line, in rank order."""
    ship_set = lines.rows[line, SET]
    return line if ship_set < 0 else lines.mates[lines.set_ptr[ship_set] + place]


@inner
def worth_of_set(lines: Lines, market: Market, cost: Floats, most: Ints, ship_set: Int,
                 discount: float, worth: Floats, options: Longs, by_arrival: Floats) -> None:
    """
    Write what a whole set is worth at the prices in each arrival bucket, -DEAR where it can't be.

    by_arrival : (arrivals + 1, 2) written; the second column is working memory
    """
    by_arrival[:, 0] = 0.0
    for mate in range(lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]):
        line = lines.mates[mate]
        by_arrival[:, 1] = -DEAR
        count = options_of(market, cost, lines, most, line, discount, worth, options)
        for place in range(count):
            arrival = options[place, O_ARRIVAL]
            by_arrival[arrival, 1] = max(by_arrival[arrival, 1], worth[place])
        for arrival in range(len(by_arrival)):
            if by_arrival[arrival, 1] <= -DEAR / 2.0 or by_arrival[arrival, 0] <= -DEAR / 2.0:
                by_arrival[arrival, 0] = -DEAR
            else:
                by_arrival[arrival, 0] += by_arrival[arrival, 1] * lines.rows[line, OPEN]


@inner
def fill_set(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
             cost: Floats, log: Log, most: Ints, ship_set: Int, left: Longs, discount: float,
             floor: float, worth: Floats, options: Longs, failed: Floats,
             by_arrival: Floats) -> None:
    """
    Give a ship set the arrival bucket that is worth most, of those that can be had.

    left  : (lines,) open pieces; those of the set's lines become 0, or stay
    floor : buckets in which a piece is worth less than this on average are left
    failed : see `headgate.planner.kernels.fill.fill_line`
    by_arrival : (arrivals + 1, 2) working memory
    """
    pieces = 0
    for mate in range(lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]):
        pieces += left[lines.mates[mate]]
    if pieces == 0:
        return
    worth_of_set(lines, market, cost, most, ship_set, discount, worth, options, by_arrival)
    least = -DEAR / 4.0 if floor < -DEAR / 2.0 else floor * pieces
    fill_arrivals(trees, world, scratch, lines, market, cost, log, most, ship_set, left, discount,
                  least, worth, options, failed, by_arrival)


@inner
def fill_arrivals(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
                  cost: Floats, log: Log, most: Ints, ship_set: Int, left: Longs, discount: float,
                  least: float, worth: Floats, options: Longs, failed: Floats,
                  by_arrival: Floats) -> None:
    """
    Give a ship set the best arrival bucket that can be had, of those worth at least `least`.

    by_arrival : (arrivals + 1, 2) what the whole set is worth in each bucket, used up
    """
    rows, draws = log.size[0], log.size[1]
    for _ in range(len(by_arrival)):
        top = 0
        for arrival in range(len(by_arrival)):
            if by_arrival[arrival, 0] > by_arrival[top, 0]:
                top = arrival
        if by_arrival[top, 0] < least:
            return
        by_arrival[top, 0] = -DEAR
        scratch.size[JOURNAL], scratch.size[DRAWS] = 0, 0
        if _fill_mates(trees, world, scratch, lines, market, cost, log, most, ship_set, left, top,
                       discount, worth, options, failed):
            for mate in range(lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]):
                left[lines.mates[mate]] = 0
            return
        undo(world, scratch, START, START)
        log.size[0], log.size[1] = rows, draws


@inner
def _fill_mates(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
                cost: Floats, log: Log, most: Ints, ship_set: Int, left: Longs, arrival: Int,
                discount: float, worth: Floats, options: Longs, failed: Floats) -> bool:
    """Fill every line of a set in one arrival bucket; whether all found place and it pays."""
    rows = log.size[0]
    for mate in range(lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]):
        line = lines.mates[mate]
        count = options_of(market, cost, lines, most, line, discount, worth, options)
        if fill_whole(trees, world, scratch, lines, market, log, most, line, arrival, left[line],
                      -DEAR / 2.0, count, worth, options, failed) > 0:
            return False
    earned = 0.0
    for row in range(rows, log.size[0]):
        earned += earned_by(trees, market, log, row)
    return earned > 0.0


@kernel
def fill(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
         cost: Floats, order: Longs, first: Int, left: Longs, discount: float,
         slack: Floats, floor: Floats, log: Log, most: Ints, worth: Floats, options: Longs,
         failed: Floats, by_arrival: Floats, room: Int, room_draws: Int) -> Int:
    """
    Fill lines, and ship sets in the turn of their best lines, in an order from place `first` on
    until the log may run full.

    left : (lines,) open pieces, lowered by what is given
    slack, floor : (lines,) in cents, see `fill_line`
    failed : see `headgate.planner.kernels.fill.fill_line`
    by_arrival : see `fill_set`
    """
    for turn in range(first, len(order)):
        if log.size[0] + room > len(log.rows) or log.size[1] + room_draws > len(log.pieces):
            return turn
        line = order[turn]
        ship_set = lines.rows[line, SET]
        if ship_set >= 0:
            if line == head_of(lines, line):
                fill_set(trees, world, scratch, lines, market, cost, log, most, ship_set, left,
                         discount, floor[line], worth, options, failed, by_arrival)
        elif left[line] > 0:
            left[line] -= fill_line(trees, world, scratch, lines, market, cost, log, most, line,
                                    left[line], discount, slack[line], floor[line], worth,
                                    options, failed)
    return len(order)


