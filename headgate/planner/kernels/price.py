"""
The smoothed dual: what prices of supply and hours cost every line, and who would draw what.

Every choice is a soft one at temperature `tau`: a line's choice of item and week, a week's of
the lane, a need's of stock, making or a substitute. The smoothed dual is never below the exact
one, and its gradient is supply less expected draws. See docs/explanation/certificate.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel
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
from headgate.planner.kernels.sums import FAR, fading, largest, logarithm, sum_of

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.int8]

DEAR = 1e18
"""The price of what cannot be had."""

GOOD_ITEM, GOOD_SITE, GOOD_BAN, GOOD_CLAIM, GOOD_AT = range(5)
"""
Columns of `Market.goods`: item, site, row of `banned`, claim, first row of `Tables.cost`.
"""
WAY_POOL, WAY_FROM, WAY_TO, WAY_SUB = range(4)
"""
Columns of `Market.ways`: a pool, the first and last week in which it may be drawn, and the row of
`Trees.subs`, -1 the item itself.
"""
PERMIT, PERMIT_FROM, PERMIT_TO = range(3)
"""Columns of `Market.permits`."""
OFFER, OFFER_END = 0, 1
"""Columns of `Market.queries`: its lanes in `Market.offers`."""
OFFER_GOOD, OFFER_WEEKS, OFFER_LANE = range(3)
"""Columns of `Market.offers`."""
L_OPEN, L_ASKED, L_EARLY, L_LATE, L_CHOICE, L_CHOICE_END, L_ON_SHIP, L_SET = range(8)
"""Columns of `Market.lines`."""


class Market(NamedTuple):
    """
    What is sold, from where, to whom; money in cents as float64, weights included.

    goods (goods, 5), source_of (needs of all goods,) the source of each need
    gaps (needs of all goods, weeks) 1 where a piece for a need can't be made, whatever it costs
    sources (sources, 2) first and last row of `ways`, source_heat (sources,)
    ways (rows, 4), way_cost (rows,) extra cost
    way_ptr (ways + 1,), good_ptr (goods + 1,) and permits (rows, 3) : the pools of permits that a
    piece drawn by a way, or sent of a good, asks for, and the first and last week in which it does,
    of the draw or of the shipment
    queries (queries, 2), offers (offers, 3), offer_cost (offers,)
    lines (lines, 8), choice_query, choice_item, choice_gain (choices,), late_cost (lines,)
    bonus, bonus_until (lines, bonuses) : cents, and the last bucket in which shipping or arriving
    earns them; bonus_reach (choices, bonuses) : the last arrival bucket that does
    heat (lines,), item_heat (items,) : the size of a temperature of 1, the cost of the item
    set_ptr (ship sets + 1,), mates : the lines of each ship set
    hours_row (resources, sites), sub_cost (substitute rows,), pool_item (pools,)
    """

    goods: Longs
    source_of: Longs
    gaps: Bytes
    sources: Longs
    source_heat: Floats
    ways: Longs
    way_cost: Floats
    way_ptr: Longs
    good_ptr: Longs
    permits: Longs
    queries: Longs
    offers: Longs
    offer_cost: Floats
    lines: Longs
    choice_query: Longs
    choice_item: Longs
    choice_gain: Floats
    late_cost: Floats
    bonus: Floats
    bonus_until: Longs
    bonus_reach: Longs
    heat: Floats
    item_heat: Floats
    set_ptr: Longs
    mates: Longs
    hours_row: Longs
    sub_cost: Floats
    pool_item: Longs


class Tables(NamedTuple):
    """
    Working tables of one evaluation.

    stock, called (sources, weeks) : price of a piece, and expected pieces
    cost, made (needs of all goods, weeks) : price by any way, and of making
    toll (goods, weeks) : price of the permits that a piece sent asks for
    quote, wanted (queries, arrivals), sent (goods, weeks)
    need (needs of the largest tree, weeks), drawn (pools, weeks), worked (hour rows, weeks)
    """

    stock: Floats
    called: Floats
    cost: Floats
    made: Floats
    toll: Floats
    quote: Floats
    wanted: Floats
    sent: Floats
    need: Floats
    drawn: Floats
    worked: Floats


@inner
def weight_of(price: float, best: float, heat: float) -> float:
    """The weight of a choice against the best: exp of its distance in temperatures."""
    if price >= DEAR:
        return 0.0
    if heat == 0.0:
        return 1.0 if price <= best else 0.0
    return float(fading((best - price) / heat))


@inner
def price_of_way(market: Market, prices: Floats, way: Int, week: Int) -> Real:
    """What a piece costs by one way in a week; DEAR when it cannot be drawn."""
    if not market.ways[way, WAY_FROM] <= week <= market.ways[way, WAY_TO]:
        return DEAR
    price = prices[market.ways[way, WAY_POOL], week] + market.way_cost[way]
    for row in range(market.way_ptr[way], market.way_ptr[way + 1]):
        if market.permits[row, PERMIT_FROM] <= week <= market.permits[row, PERMIT_TO]:
            price += prices[market.permits[row, PERMIT], week]
    return min(price, DEAR)


@inner
def _price_sources(market: Market, prices: Floats, tables: Tables, tau: float) -> None:
    """Fill `stock`: the soft price of drawing a piece, from any pool that may stand for it."""
    weeks = prices.shape[1]
    for source in range(len(market.sources)):
        first, end = market.sources[source, 0], market.sources[source, 1]
        heat = tau * market.source_heat[source]
        for week in range(weeks):
            best = DEAR
            for way in range(first, end):
                best = min(best, price_of_way(market, prices, way, week))
            if end - first > 1 and best < DEAR and heat > 0.0:
                total = 0.0
                for way in range(first, end):
                    total += weight_of(price_of_way(market, prices, way, week), best, heat)
                best -= heat * logarithm(total)
            tables.stock[source, week] = best


@inner
def _price_making(trees: Trees, market: Market, hour_prices: Floats, tables: Tables, node: Int,
                  first: Int, at: Int, site: Int) -> None:
    """Fill the node's row of `cost` with the price of making a piece, DEAR when it cannot be."""
    weeks = tables.cost.shape[1]
    row = at + node - first
    for bucket in range(weeks):
        tables.cost[row, bucket] = 0.0
    for place in range(trees.nodes[node, CHILD], trees.nodes[node, CHILD_END]):
        child = trees.children[place]
        offset, quantity = trees.nodes[child, OFFSET], float(trees.nodes[child, QUANTITY])
        low = max(offset, offset + trees.nodes[child, HOLD_FROM])
        high = min(weeks - 1, offset + trees.nodes[child, HOLD_TO])
        if trees.nodes[child, HAS_BOM]:
            for bucket in range(low, high + 1):
                tables.cost[row, bucket] += quantity * tables.cost[at + child - first, bucket]
        else:
            source = market.source_of[at + child - first]
            for bucket in range(low, high + 1):
                tables.cost[row, bucket] += quantity * tables.stock[source, bucket - offset]
    for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
        micro, offset = float(trees.steps[step, MICRO]), trees.steps[step, STEP_OFFSET]
        hours = market.hours_row[trees.steps[step, RESOURCE], site]
        if micro > 0.0 and hours >= 0:
            for bucket in range(offset, weeks):
                tables.cost[row, bucket] += micro * hour_prices[hours, bucket - offset]
    for bucket in range(weeks):
        if market.gaps[row, bucket] or tables.cost[row, bucket] > DEAR:
            tables.cost[row, bucket] = DEAR


@kernel
def quote_all(trees: Trees, market: Market, prices: Floats, hour_prices: Floats, tables: Tables,
              tau: float) -> None:
    """
    Fill `cost` of every good and `quote` of every query: what a piece costs at these prices.

    prices      : (pools, weeks) cents a piece, DEAR where none is there yet
    hour_prices : (hour rows, weeks) cents a millionth of an hour, DEAR where there are none
    """
    weeks = prices.shape[1]
    _price_sources(market, prices, tables, tau)
    for good in range(len(market.goods)):
        item, site = market.goods[good, GOOD_ITEM], market.goods[good, GOOD_SITE]
        at, first = market.goods[good, GOOD_AT], trees.items[item, ROOT]
        for node in range(trees.items[item, ROOT_END] - 1, first - 1, -1):
            row, offset = at + node - first, trees.nodes[node, OFFSET]
            source = market.source_of[row]
            if not trees.nodes[node, HAS_BOM]:
                if node == first:
                    for bucket in range(weeks):
                        tables.cost[row, bucket] = tables.stock[source, bucket]
                continue
            _price_making(trees, market, hour_prices, tables, node, first, at, site)
            for bucket in range(weeks):
                tables.made[row, bucket] = tables.cost[row, bucket]
            if market.sources[source, 0] == market.sources[source, 1]:
                continue
            heat = tau * market.source_heat[source]
            for bucket in range(offset, weeks):
                make, stock = tables.cost[row, bucket], tables.stock[source, bucket - offset]
                best = min(make, stock)
                if abs(make - stock) < FAR * heat and best < DEAR:
                    best -= heat * logarithm(1.0 + weight_of(max(make, stock), best, heat))
                tables.cost[row, bucket] = best
        for bucket in range(weeks):
            tables.toll[good, bucket] = 0.0
        for row in range(market.good_ptr[good], market.good_ptr[good + 1]):
            for bucket in range(max(0, market.permits[row, PERMIT_FROM]),
                                min(weeks - 1, market.permits[row, PERMIT_TO]) + 1):
                tables.toll[good, bucket] = min(
                    DEAR, tables.toll[good, bucket] + prices[market.permits[row, PERMIT], bucket])
    _quote_arrivals(market, tables, tau)


@inner
def _quote_arrivals(market: Market, tables: Tables, tau: float) -> None:
    weeks = tables.cost.shape[1]
    for query in range(len(market.queries)):
        first, end = market.queries[query, OFFER], market.queries[query, OFFER_END]
        item = market.goods[market.offers[first, OFFER_GOOD], GOOD_ITEM] if end > first else 0
        heat = tau * market.item_heat[item]
        for arrival in range(tables.quote.shape[1]):
            best = DEAR
            for offer in range(first, end):
                best = min(best, price_of_offer(market, tables, offer, arrival, weeks))
            if best < DEAR and heat > 0.0 and end - first > 1:
                total = 0.0
                for offer in range(first, end):
                    total += weight_of(price_of_offer(market, tables, offer, arrival, weeks), best,
                                       heat)
                best -= heat * logarithm(total)
            tables.quote[query, arrival] = best


@inner
def price_of_offer(market: Market, tables: Tables, offer: Int, arrival: Int, weeks: Int) -> Real:
    """What a piece costs by one lane in an arrival bucket."""
    ship = arrival - market.offers[offer, OFFER_WEEKS]
    if ship < 0 or ship >= weeks:
        return DEAR
    good = market.offers[offer, OFFER_GOOD]
    return min(DEAR, tables.cost[market.goods[good, GOOD_AT], ship] + tables.toll[good, ship]
               + market.offer_cost[offer])


@inner
def bonus_of(market: Market, line: Int, when: Int) -> Real:
    """What a piece earns beside when shipping, or arriving, in a bucket recognises its revenue."""
    earned = 0.0
    for place in range(market.bonus.shape[1]):
        if when <= market.bonus_until[line, place]:
            earned += market.bonus[line, place]
    return earned


@inner
def _values_of(market: Market, quote: Floats, line: Int, late: Int, values: Floats) -> Int:
    """Write the worth of every option of a line at the quotes; how many there are."""
    count = 0
    asked, cost = market.lines[line, L_ASKED], market.late_cost[line]
    early = market.lines[line, L_EARLY]
    for choice in range(market.lines[line, L_CHOICE], market.lines[line, L_CHOICE_END]):
        row, gain = market.choice_query[choice], market.choice_gain[choice]
        for arrival in range(early, late + 1):
            values[count + arrival - early] = (
                gain - quote[row, arrival] - cost * max(0.0, float(arrival - asked)))
        for place in range(market.bonus.shape[1]):
            reach = min(late, market.bonus_reach[choice, place])
            for arrival in range(early, reach + 1):
                values[count + arrival - early] += market.bonus[line, place]
        count += max(0, late + 1 - early)
    return count


@kernel
def ask_lines(market: Market, quote: Floats, first: Int, end: Int, tau: float, wanted: Floats,
              values: Floats) -> float:
    """
    The soft surplus of lines `first` to `end` without ship sets, summed; adds their expected pieces
    to `wanted`.

    values : (choices x arrivals of one line,) working memory
    """
    total = 0.0
    arrivals = quote.shape[1]
    for line in range(first, end):
        if market.lines[line, L_SET] >= 0:
            continue
        early, late = market.lines[line, L_EARLY], min(market.lines[line, L_LATE], arrivals - 1)
        count = _values_of(market, quote, line, late, values)
        best = largest(values, count)
        pieces = float(market.lines[line, L_OPEN])
        heat = tau * market.heat[line]
        if heat == 0.0:
            total += pieces * best
            continue
        scale = 1.0 / heat
        least = best - FAR * heat
        low, high = 0, count
        while low < high and values[low] <= least:
            low += 1
        while high > low and values[high - 1] <= least:
            high -= 1
        for place in range(low, high):
            values[place] = fading((values[place] - best) * scale)
        weight = fading(-best * scale) + sum_of(values, low, high)
        total += pieces * (best + heat * logarithm(weight))
        share = pieces / weight
        count = 0
        for choice in range(market.lines[line, L_CHOICE], market.lines[line, L_CHOICE_END]):
            row = market.choice_query[choice]
            for arrival in range(max(early, early + low - count),
                                 min(late + 1, early + high - count)):
                wanted[row, arrival] += share * values[count + arrival - early]
            count += max(0, late + 1 - early)
    return total
