"""What ship sets are worth at prices: all lines of a set arrive in one bucket, or none does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.certify import NEVER, add_product, worth_in
from headgate.planner.kernels.compiled import Int, Real, inner, kernel
from headgate.planner.kernels.price import (
    DEAR,
    L_ASKED,
    L_CHOICE,
    L_CHOICE_END,
    L_EARLY,
    L_LATE,
    L_OPEN,
    Market,
)
from headgate.planner.kernels.sums import fading, logarithm

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@kernel
def ask_sets(market: Market, quote: Floats, tau: float, wanted: Floats, values: Floats) -> float:
    """
    The soft surplus of all ship sets, summed; adds their expected pieces to `wanted`.

    Between choices of a line the best is taken; between arrival buckets of a set, and not
    delivering it, the choice is a soft one.

    values : (at least arrivals,) working memory
    """
    total = 0.0
    arrivals = quote.shape[1]
    for ship_set in range(len(market.set_ptr) - 1):
        first, end = market.set_ptr[ship_set], market.set_ptr[ship_set + 1]
        heat, best = 0.0, 0.0
        for mate in range(first, end):
            line = market.mates[mate]
            heat += tau * market.heat[line] * market.lines[line, L_OPEN]
        for arrival in range(arrivals):
            values[arrival] = 0.0
            for mate in range(first, end):
                line = market.mates[mate]
                worth, _ = _best_choice(market, quote, line, arrival)
                values[arrival] += worth * market.lines[line, L_OPEN]
            best = max(best, values[arrival])
        if heat == 0.0:
            total += best
            continue
        weight = fading(-best / heat)
        for arrival in range(arrivals):
            values[arrival] = fading((values[arrival] - best) / heat)
            weight += values[arrival]
        total += best + heat * logarithm(weight)
        for arrival in range(arrivals):
            if values[arrival] > 0.0:
                for mate in range(first, end):
                    line = market.mates[mate]
                    _, query = _best_choice(market, quote, line, arrival)
                    wanted[query, arrival] += (
                        market.lines[line, L_OPEN] * values[arrival] / weight)
    return total


@inner
def _best_choice(market: Market, quote: Floats, line: Int, arrival: Int) -> tuple[Real, Int]:
    """The most that a piece of a line brings in an arrival bucket, and the query that does."""
    best: Real = -DEAR
    query: Int = np.int64(0)
    if not market.lines[line, L_EARLY] <= arrival <= market.lines[line, L_LATE]:
        return best, query
    late = market.late_cost[line] * max(0.0, float(arrival - market.lines[line, L_ASKED]))
    for choice in range(market.lines[line, L_CHOICE], market.lines[line, L_CHOICE_END]):
        row = market.choice_query[choice]
        if quote[row, arrival] >= DEAR:
            continue
        worth = market.choice_gain[choice] - quote[row, arrival] - late
        for place in range(market.bonus.shape[1]):
            if arrival <= market.bonus_reach[choice, place]:
                worth += market.bonus[line, place]
        if worth > best:
            best, query = worth, row
    return best, query


@kernel
def surplus_of_sets(market: Market, cost: Longs, quote: Longs, by_arrival: Longs,
                    total: Longs) -> None:
    """
    Add the best worth of every ship set in one arrival bucket, at least 0, to `total`.

    quote : (queries, arrivals) as `headgate.planner.kernels.certify.surplus_of_lines` fills it
    by_arrival : (arrivals, 2) working memory; sums there and in `total` (2,) are
                 [0] * 2^40 + [1]
    """
    arrivals = quote.shape[1]
    for ship_set in range(len(market.set_ptr) - 1):
        high: Int = np.int64(0)
        low: Int = np.int64(0)
        for arrival in range(arrivals):
            by_arrival[arrival, 0], by_arrival[arrival, 1] = 0, 0
            possible = True
            for mate in range(market.set_ptr[ship_set], market.set_ptr[ship_set + 1]):
                line = market.mates[mate]
                worth = worth_in(market, cost, quote, line, arrival)
                possible = possible and worth > -NEVER
                if possible:
                    add_product(by_arrival[arrival], worth, market.lines[line, L_OPEN])
            if possible and (by_arrival[arrival, 0] > high or (
                    by_arrival[arrival, 0] == high and by_arrival[arrival, 1] > low)):
                high, low = by_arrival[arrival, 0], by_arrival[arrival, 1]
        total[0] += high
        total[1] += low
        total[0] += total[1] >> 40
        total[1] &= 2**40 - 1
