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
    GOOD_BAN,
    GOOD_CLAIM,
    GOOD_ITEM,
    GOOD_SITE,
    WAY_SUB,
    Market,
    Tables,
    price_of_way,
)

Floats = NDArray[np.float64]
Shorts = NDArray[np.int16]

TIE = 0.001
"""Sources are as cheap as each other up to this share of what makes one far too dear."""


@kernel
def find_taste(trees: Trees, market: Market, tables: Tables, prices: Floats, slack: float,
               taste: Shorts) -> None:
    """
    Note which source of each need is cheapest and which cost far more, at a sharp dual's prices.

    slack : how much is far more, as a share of the item's cost
    taste : (items, sites, weeks), zeros; see `World.taste`
    """
    # What is sold to anybody comes last, and overwrites what restricted customers, and those with
    # reserved pieces, see.
    for anybody in range(2):
        for good in range(len(market.goods)):
            free = market.goods[good, GOOD_CLAIM] == 0 and market.goods[good, GOOD_BAN] == 0
            if free == (anybody == 1):
                _taste_good(trees, market, tables, prices, good, slack, taste)


@inner
def _taste_good(trees: Trees, market: Market, tables: Tables, prices: Floats, good: Int,
                slack: float, taste: Shorts) -> None:
    """Note the sources of every need of one good."""
    item, site = market.goods[good, GOOD_ITEM], market.goods[good, GOOD_SITE]
    at, first = market.goods[good, GOOD_AT], trees.items[item, ROOT]
    for node in range(first, trees.items[item, ROOT_END]):
        part, offset = trees.nodes[node, ITEM], trees.nodes[node, OFFSET]
        source = market.source_of[at + node - first]
        more = slack * market.source_heat[source]
        for when in range(prices.shape[1] - offset):
            stock = tables.stock[source, when]
            if not trees.nodes[node, HAS_BOM]:
                if node > first:
                    taste[part, site, when] = _taste_ways(trees, market, prices, part, when, source,
                                                          stock, more)
                continue
            made, seen = tables.made[at + node - first, when + offset], np.int64(OWN)
            if stock < DEAR and made < DEAR:
                if stock > made + TIE * more:
                    seen = np.int64(MAKE)
                if stock > made + more:
                    seen |= 1 << (FIRST_BITS + OWN)
                elif made > stock + more:
                    seen |= 1 << (FIRST_BITS + MAKE)
            taste[part, site, when] = seen


@inner
def _taste_ways(trees: Trees, market: Market, prices: Floats, part: Int, when: Int, source: Int,
                best: float, more: float) -> Int:
    """
    What prices say of the sources of a part that is not made, as `World.taste` counts them.

    Of sources that cost about the same the first is taken: own pieces before substitutes. A source
    of which reserved pieces and those for anybody can be drawn is dear only when both are.
    """
    seen, cheap, found = np.int64(0), np.int64(0), False
    for way in range(market.sources[source, 0], market.sources[source, 1]):
        row = market.ways[way, WAY_SUB]
        kind = OWN if row < 0 else FIRST_SUB + row - trees.items[part, SUB]
        if kind >= MOST_SOURCES:
            continue
        price = price_of_way(market, prices, way, when)
        if price > best + more:
            seen |= 1 << (FIRST_BITS + kind)
        else:
            cheap |= 1 << (FIRST_BITS + kind)
        if price <= best + TIE * more and not found:
            seen, found = seen | kind, True
    return seen & ~cheap
