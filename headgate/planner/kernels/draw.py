"""Expected draws: what lines want at soft prices, followed down to supply and hours."""

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
    OFFER,
    OFFER_END,
    OFFER_GOOD,
    OFFER_WEEKS,
    PERMIT,
    PERMIT_FROM,
    PERMIT_TO,
    WAY_POOL,
    Market,
    Tables,
    price_of_offer,
    price_of_way,
    weight_of,
)

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@kernel
def draw_all(trees: Trees, market: Market, prices: Floats, tables: Tables, tau: float) -> None:
    """Follow `wanted` down to expected draws: fills `drawn` and `worked`."""
    weeks = prices.shape[1]
    tables.sent[:, :], tables.called[:, :] = 0.0, 0.0
    tables.drawn[:, :], tables.worked[:, :] = 0.0, 0.0
    for query in range(len(market.queries)):
        first, end = market.queries[query, OFFER], market.queries[query, OFFER_END]
        item = market.goods[market.offers[first, OFFER_GOOD], GOOD_ITEM] if end > first else 0
        heat = tau * market.item_heat[item]
        for arrival in range(tables.quote.shape[1]):
            if tables.wanted[query, arrival] <= 0.0:
                continue
            for offer in range(first, end):
                price = price_of_offer(market, tables, offer, arrival, weeks)
                share = weight_of(price, tables.quote[query, arrival], heat)
                if share > 0.0:
                    ship = arrival - market.offers[offer, OFFER_WEEKS]
                    tables.sent[market.offers[offer, OFFER_GOOD], ship] += (
                        share * tables.wanted[query, arrival])
    for good in range(len(market.goods)):
        _draw_good(trees, market, tables, good, tau)
    _draw_sources(market, prices, tables, tau)


@inner
def _draw_sources(market: Market, prices: Floats, tables: Tables, tau: float) -> None:
    for source in range(len(market.sources)):
        heat = tau * market.source_heat[source]
        for week in range(prices.shape[1]):
            if tables.called[source, week] > 0.0:
                for way in range(market.sources[source, 0], market.sources[source, 1]):
                    share = weight_of(price_of_way(market, prices, way, week),
                                      tables.stock[source, week], heat)
                    drawn = share * tables.called[source, week]
                    tables.drawn[market.ways[way, WAY_POOL], week] += drawn
                    for row in range(market.way_ptr[way], market.way_ptr[way + 1]):
                        if market.permits[row, PERMIT_FROM] <= week <= (
                                market.permits[row, PERMIT_TO]):
                            tables.drawn[market.permits[row, PERMIT], week] += drawn


@inner
def _draw_good(trees: Trees, market: Market, tables: Tables, good: Int, tau: float) -> None:
    """Pass the pieces sent down the tree of needs: adds to `called` and `worked`."""
    weeks = tables.called.shape[1]
    item, site = market.goods[good, GOOD_ITEM], market.goods[good, GOOD_SITE]
    at, first = market.goods[good, GOOD_AT], trees.items[item, ROOT]
    end = trees.items[item, ROOT_END]
    for bucket in range(weeks):
        tables.need[0, bucket] = tables.sent[good, bucket]
    for row in range(market.good_ptr[good], market.good_ptr[good + 1]):
        for bucket in range(max(0, market.permits[row, PERMIT_FROM]),
                            min(weeks - 1, market.permits[row, PERMIT_TO]) + 1):
            tables.drawn[market.permits[row, PERMIT], bucket] += tables.sent[good, bucket]
    for node in range(first + 1, end):
        for bucket in range(weeks):
            tables.need[node - first, bucket] = 0.0
    for node in range(first, end):
        row, offset = node - first, trees.nodes[node, OFFSET]
        source = market.source_of[at + row]
        if not trees.nodes[node, HAS_BOM]:
            for bucket in range(offset, weeks):
                tables.called[source, bucket - offset] += tables.need[row, bucket]
            continue
        if market.sources[source, 0] < market.sources[source, 1]:
            heat = tau * market.source_heat[source]
            for bucket in range(offset, weeks):
                need = tables.need[row, bucket]
                if need > 0.0:
                    share = min(1.0, weight_of(tables.stock[source, bucket - offset],
                                               tables.cost[at + row, bucket], heat))
                    tables.called[source, bucket - offset] += share * need
                    tables.need[row, bucket] = need * (1.0 - share)
        _draw_making(trees, market, tables, node, first, site)


@inner
def _draw_making(trees: Trees, market: Market, tables: Tables, node: Int, first: Int,
                 site: Int) -> None:
    row, weeks = node - first, tables.worked.shape[1]
    for place in range(trees.nodes[node, CHILD], trees.nodes[node, CHILD_END]):
        child = trees.children[place]
        offset, quantity = trees.nodes[child, OFFSET], float(trees.nodes[child, QUANTITY])
        for bucket in range(max(offset, offset + trees.nodes[child, HOLD_FROM]),
                            min(weeks - 1, offset + trees.nodes[child, HOLD_TO]) + 1):
            tables.need[child - first, bucket] += quantity * tables.need[row, bucket]
    for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
        micro, offset = float(trees.steps[step, MICRO]), trees.steps[step, STEP_OFFSET]
        hours = market.hours_row[trees.steps[step, RESOURCE], site]
        if micro > 0.0 and hours >= 0:
            for bucket in range(offset, weeks):
                tables.worked[hours, bucket - offset] += micro * tables.need[row, bucket]
