"""The certified bound in whole cents, so that nothing is ever rounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.layout import (
    CHILD,
    CHILD_END,
    HAS_BOM,
    HOLD_FROM,
    HOLD_TO,
    MICRO,
    OFFSET,
    QUANTITY,
    RESOURCE,
    ROOT,
    ROOT_END,
    STEP,
    STEP_END,
    STEP_OFFSET,
    Trees,
)
from headgate.planner.kernels.price import (
    GOOD_AT,
    GOOD_ITEM,
    GOOD_SITE,
    L_ASKED,
    L_CHOICE,
    L_CHOICE_END,
    L_EARLY,
    L_LATE,
    L_ON_SHIP,
    L_OPEN,
    L_SET,
    OFFER,
    OFFER_END,
    OFFER_GOOD,
    OFFER_WEEKS,
    PERMIT,
    PERMIT_FROM,
    PERMIT_TO,
    WAY_FROM,
    WAY_POOL,
    WAY_TO,
    Market,
    bonus_of,
)

Longs = NDArray[np.int64]

NEVER = 2**60
"""The price of what cannot be had; sums stop there."""
MILLION = 1_000_000


@inner
def _plus(price: Int, more: Int) -> Int:
    return min(NEVER, price + more)


@inner
def _times(price: Int, quantity: Int) -> Int:
    return NEVER if price > NEVER // quantity else price * quantity


@inner
def _hours_cost(micro: Int, price: Int) -> Int:
    """Cents of so many millionths of an hour at a price per hour, rounded down."""
    if micro // MILLION > 0 and price > NEVER // (micro // MILLION):
        return NEVER
    return micro // MILLION * price + micro % MILLION * price // MILLION


@kernel
def cost_goods(trees: Trees, market: Market, prices: Longs, hour_prices: Longs, stock: Longs,
               cost: Longs) -> None:
    """
    Fill `cost` with what a piece of every need of every good costs, in whole cents.

    prices      : (pools, weeks) cents a piece, NEVER where none is there yet
    hour_prices : (hour rows, weeks) cents an hour, NEVER where there are none
    stock, cost : (sources, weeks), (needs of all goods, weeks), written
    """
    weeks: Int = prices.shape[1]
    for source in range(len(market.sources)):
        for week in range(weeks):
            best = NEVER
            for way in range(market.sources[source, 0], market.sources[source, 1]):
                if market.ways[way, WAY_FROM] <= week <= market.ways[way, WAY_TO]:
                    price = _plus(prices[market.ways[way, WAY_POOL], week],
                                  np.int64(market.way_cost[way]))
                    for row in range(market.way_ptr[way], market.way_ptr[way + 1]):
                        if market.permits[row, PERMIT_FROM] <= week <= (
                                market.permits[row, PERMIT_TO]):
                            price = _plus(price, prices[market.permits[row, PERMIT], week])
                    best = min(best, price)
            stock[source, week] = best
    for good in range(len(market.goods)):
        item, site = market.goods[good, GOOD_ITEM], market.goods[good, GOOD_SITE]
        at, first = market.goods[good, GOOD_AT], trees.items[item, ROOT]
        for node in range(trees.items[item, ROOT_END] - 1, first - 1, -1):
            row = at + node - first
            for bucket in range(weeks):
                when = bucket - trees.nodes[node, OFFSET]
                price = NEVER
                if when >= 0:
                    price = stock[market.source_of[row], when]
                    if trees.nodes[node, HAS_BOM]:
                        price = min(price, _cost_of_making(trees, market, hour_prices, cost, node,
                                                           row - node, site, bucket))
                cost[row, bucket] = price
        for row in range(market.good_ptr[good], market.good_ptr[good + 1]):
            for bucket in range(max(0, market.permits[row, PERMIT_FROM]),
                                min(weeks - 1, market.permits[row, PERMIT_TO]) + 1):
                cost[at, bucket] = _plus(cost[at, bucket],
                                         prices[market.permits[row, PERMIT], bucket])


@inner
def _cost_of_making(trees: Trees, market: Market, hour_prices: Longs, cost: Longs, node: Int,
                    shift: Int, site: Int, bucket: Int) -> Int:
    total = np.int64(0)
    holds = False
    for place in range(trees.nodes[node, CHILD], trees.nodes[node, CHILD_END]):
        child = trees.children[place]
        when = bucket - trees.nodes[child, OFFSET]
        if when < 0:
            return NEVER
        if trees.nodes[child, HOLD_FROM] <= when <= trees.nodes[child, HOLD_TO]:
            holds = True
            total = _plus(total, _times(cost[child + shift, bucket],
                                        trees.nodes[child, QUANTITY]))
    if not holds:
        return NEVER
    for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
        if trees.steps[step, MICRO] > 0:
            hours = market.hours_row[trees.steps[step, RESOURCE], site]
            when = bucket - trees.steps[step, STEP_OFFSET]
            if hours < 0 or when < 0 or hour_prices[hours, when] >= NEVER:
                return NEVER
            total = _plus(total, _hours_cost(trees.steps[step, MICRO], hour_prices[hours, when]))
    return total


@kernel
def surplus_of_lines(market: Market, cost: Longs, quote: Longs, lowest: Longs,
                     total: Longs) -> None:
    """
    Add the best worth of the options of every line without a ship set, times its open pieces, to
    `total`.

    quote, lowest : (queries, arrivals), (queries,), written
    total : (2,) the sum is total[0] * 2^40 + total[1]
    """
    weeks, arrivals = cost.shape[1], quote.shape[1]
    for query in range(len(market.queries)):
        lowest[query] = NEVER
        for arrival in range(arrivals):
            cheapest: Int = NEVER
            for offer in range(market.queries[query, OFFER], market.queries[query, OFFER_END]):
                cheapest = min(cheapest, _cost_of_offer(market, cost, offer, arrival, weeks))
            quote[query, arrival] = cheapest
            lowest[query] = min(lowest[query], cheapest)
    for line in range(len(market.lines)):
        if market.lines[line, L_SET] >= 0:
            continue
        best: Int = np.int64(0)
        if market.bonus.shape[1] == 0:
            best = _best_of_line(market, quote, lowest, line)
        else:
            for arrival in range(market.lines[line, L_EARLY],
                                 min(market.lines[line, L_LATE], arrivals - 1) + 1):
                best = max(best, worth_in(market, cost, quote, line, arrival))
        add_product(total, best, market.lines[line, L_OPEN])


@inner
def _best_of_line(market: Market, quote: Longs, lowest: Longs, line: Int) -> Int:
    """The most that `worth_in` gives in any bucket, at least 0, where there are no bonuses."""
    best: Int = np.int64(0)
    rate, asked = np.int64(market.late_cost[line]), market.lines[line, L_ASKED]
    first = market.lines[line, L_EARLY]
    end = min(market.lines[line, L_LATE], quote.shape[1] - 1) + 1
    for choice in range(market.lines[line, L_CHOICE], market.lines[line, L_CHOICE_END]):
        query, gain = market.choice_query[choice], np.int64(market.choice_gain[choice])
        for arrival in range(first, end):
            worth = gain - rate * max(np.int64(0), arrival - asked)
            # Lateness only grows: once the lowest price is no better than `best`, nothing is.
            if worth - lowest[query] <= best:
                break
            if quote[query, arrival] < NEVER:
                best = max(best, worth - quote[query, arrival])
    return best


@inner
def worth_in(market: Market, cost: Longs, quote: Longs, line: Int, arrival: Int) -> Int:
    """The most cents that a piece of a line brings in an arrival bucket, -NEVER where none can."""
    weeks = cost.shape[1]
    best: Int = -NEVER
    if not market.lines[line, L_EARLY] <= arrival <= market.lines[line, L_LATE]:
        return best
    late = np.int64(market.late_cost[line]) * max(
        np.int64(0), arrival - market.lines[line, L_ASKED])
    for choice in range(market.lines[line, L_CHOICE], market.lines[line, L_CHOICE_END]):
        query = market.choice_query[choice]
        worth = np.int64(market.choice_gain[choice]) - late
        if market.bonus.shape[1] > 0 and market.lines[line, L_ON_SHIP]:
            for offer in range(market.queries[query, OFFER], market.queries[query, OFFER_END]):
                price = _cost_of_offer(market, cost, offer, arrival, weeks)
                if price < NEVER:
                    best = max(best, worth - price + np.int64(bonus_of(
                        market, line, arrival - market.offers[offer, OFFER_WEEKS])))
        elif quote[query, arrival] < NEVER:
            best = max(best, worth - quote[query, arrival]
                       + np.int64(bonus_of(market, line, arrival)))
    return best


@inner
def add_product(total: Longs, cents: Int, pieces: Int) -> None:
    """
    Add cents times pieces to a sum of [0] * 2^40 + [1].

    Pieces stay below 2^31 and cents within 2^60 of 0: no product leaves 62 bits.
    """
    high, low = cents >> 30, cents & (2**30 - 1)
    total[0] += (high * pieces) >> 10
    total[1] += (((high * pieces) & 1023) << 30) + low * pieces
    total[0] += total[1] >> 40
    total[1] &= 2**40 - 1


@inner
def _cost_of_offer(market: Market, cost: Longs, offer: Int, arrival: Int, weeks: Int) -> Int:
    ship = arrival - market.offers[offer, OFFER_WEEKS]
    if ship < 0 or ship >= weeks:
        return NEVER
    return _plus(cost[market.goods[market.offers[offer, OFFER_GOOD], GOOD_AT], ship],
                 np.int64(market.offer_cost[offer]))
