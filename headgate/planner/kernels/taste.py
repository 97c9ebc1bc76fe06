"""Which source of a need is cheapest at the prices, and which cost far more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.layout import (
    FIRST_BITS,
    FIRST_SUB,
    HAS_BOM,
    ITEM,
    MAKE,
    MOST_SOURCES,
    OFFSET,
    OWN,
    ROOT,
    ROOT_END,
    SUB,
    Trees,
)
from headgate.planner.kernels.price import (
    DEAR,
    GOOD_AT,
    GOOD_ITEM,
    GOOD_SITE,
    WAY_POOL,
    WAY_SUB,
    Market,
    Tables,
)

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Shorts = NDArray[np.int16]


@kernel
def find_taste(trees: Trees, market: Market, tables: Tables, prices: Floats, slack: float,
               taste: Shorts) -> None:
    """
    Note which source of each need is cheapest and which cost far more, at a sharp dual's prices.

    slack : how much is far more, as a share of the item's cost
    taste : (items, sites, weeks), zeros; see `World.taste`
    """
    weeks = prices.shape[1]
    for good in range(len(market.goods)):
        item, site = market.goods[good, GOOD_ITEM], market.goods[good, GOOD_SITE]
        at, first = market.goods[good, GOOD_AT], trees.items[item, ROOT]
        for node in range(first, trees.items[item, ROOT_END]):
            part, offset = trees.nodes[node, ITEM], trees.nodes[node, OFFSET]
            source = market.source_of[at + node - first]
            more = slack * market.source_heat[source]
            for when in range(weeks - offset):
                stock = tables.stock[source, when]
                if not trees.nodes[node, HAS_BOM]:
                    if node > first:
                        _taste_ways(trees, market, prices, part, site, when, source, stock, more,
                                    taste)
                    continue
                made = tables.made[at + node - first, when + offset]
                if stock >= DEAR or made >= DEAR:
                    continue
                if stock > made:
                    taste[part, site, when] = MAKE
                if stock > made + more:
                    taste[part, site, when] |= 1 << (FIRST_BITS + OWN)
                elif made > stock + more:
                    taste[part, site, when] |= 1 << (FIRST_BITS + MAKE)


@inner
def _taste_ways(trees: Trees, market: Market, prices: Floats, part: Int, site: Int, when: Int,
                source: Int, best: float, more: float, taste: Shorts) -> None:
    seen = np.int64(0)
    for way in range(market.sources[source, 0], market.sources[source, 1]):
        row = market.ways[way, WAY_SUB]
        kind = OWN if row < 0 else FIRST_SUB + row - trees.items[part, SUB]
        price = prices[market.ways[way, WAY_POOL], when] + market.way_cost[way]
        if kind >= MOST_SOURCES:
            continue
        if price > best + more:
            seen |= 1 << (FIRST_BITS + kind)
        elif price <= best:
            seen = (seen >> FIRST_BITS << FIRST_BITS) | kind
    taste[part, site, when] = seen
