"""Deal the pieces of lines out to weeks, lanes and items in the shares of the smoothed dual."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.fill import O_CHOICE, O_OFFER, O_SHIP, options_of
from headgate.planner.kernels.price import OFFER_LANE, Market, weight_of
from headgate.planner.kernels.rank import (
    COMPLETE,
    LANE,
    LINE,
    LOT,
    PIECES,
    SENT,
    SET,
    SHIP,
    Lines,
)

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@inner
def _share_out(worth: Floats, count: Int, heat: float, points: Int, luck: float,
               shares: Longs) -> None:
    """
    Write how many of `points` each option gets, evenly spaced along their running weights.

    The weights are those of the smoothed dual, not delivering among them, so that over many lines
    each option gets what the dual expects of it; but for the lanes of an accepted item of another
    cost, whose temperature there is that of the item sent.

    worth : (options,) replaced by their weights
    """
    best = 0.0
    for place in range(count):
        best = max(best, worth[place])
    total = weight_of(0.0, -best, heat)
    for place in range(count):
        worth[place] = weight_of(-worth[place], -best, heat)
        total += worth[place]
    running, dealt = 0.0, np.int64(0)
    for place in range(count):
        running += worth[place]
        upto = max(dealt, min(points, np.int64(np.ceil(running / total * points - luck))))
        shares[place] = upto - dealt
        dealt = upto


@kernel
def deal(lines: Lines, market: Market, cost: Floats, most: Ints, order: Longs, first: Int,
         left: Longs, tau: float, luck: Floats, worth: Floats, options: Longs, shares: Longs,
         rows: Longs, count: Longs) -> Int:
    """
    Write allocations of lines, from place `first` of an order on until `rows` may run full.

    cost  : (needs of all goods, weeks) of the dual at temperature `tau`
    most  : remembered bounds, see `headgate.planner.kernels.improve.Room`
    luck  : (places of `order`,) from 0 to 1, where a line's pieces begin along its running weights
    rows  : (allocations, 5) in the columns of `Log.rows`; count : (1,) how many are written
    """
    for turn in range(first, len(order)):
        if count[0] + len(worth) > len(rows):
            return turn
        line = order[turn]
        if lines.rows[line, SET] >= 0:
            continue
        found = options_of(market, cost, lines, most, line, 1.0, worth, options)
        lot = left[line] if lines.rows[line, COMPLETE] else lines.rows[line, LOT]
        _share_out(worth, found, tau * market.heat[line], left[line] // lot, luck[turn], shares)
        for place in range(found):
            if shares[place] > 0:
                row = count[0]
                rows[row, LINE] = line
                rows[row, SENT] = market.choice_item[options[place, O_CHOICE]]
                rows[row, LANE] = market.offers[options[place, O_OFFER], OFFER_LANE]
                rows[row, SHIP] = options[place, O_SHIP]
                rows[row, PIECES] = shares[place] * lot
                count[0] = row + 1
    return len(order)
