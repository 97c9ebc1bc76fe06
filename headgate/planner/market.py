"""The book as a market: what is sold, from where and to whom, for the search of prices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.book import NO_LIMIT, Book
from headgate.planner.kernels.gaps import find_gaps
from headgate.planner.kernels.layout import UNLIMITED, Trees, World
from headgate.planner.kernels.price import (
    DEAR,
    GOOD_BAN,
    GOOD_ITEM,
    GOOD_SITE,
    GOOD_SLOT,
    Market,
    Tables,
)
from headgate.planner.terms import Terms
from headgate.planner.world import Pools, largest_tree

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    A market with its supply.

    market, trees : what the kernels take
    supply     : (pools, weeks) pieces that have become usable by each week
    hours      : (hour rows, weeks) hours there, as float64 hours; inf without limit
    last_draw  : (pools,) the last week in which a piece can be drawn, -1 none
    floor_cents : what is lost if nothing at all is delivered, at most 0
    arrivals : arrival buckets; nodes : needs of the largest tree
    """

    market: Market
    trees: Trees
    supply: Floats
    hours: Floats
    last_draw: Longs
    floor_cents: int
    arrivals: int
    nodes: int

    def tables(self) -> Tables:
        """Fresh working tables."""
        weeks = self.supply.shape[1]
        queries = len(self.market.queries)
        sources = (len(self.market.sources), weeks)
        return Tables(np.zeros(sources), np.zeros(sources),
                      np.zeros((len(self.market.source_of), weeks)),
                      np.zeros((len(self.market.source_of), weeks)),
                      np.zeros((queries, self.arrivals)), np.zeros((queries, self.arrivals)),
                      np.zeros((len(self.market.goods), weeks)), np.zeros((self.nodes, weeks)),
                      np.zeros_like(self.supply), np.zeros_like(self.hours))


def exchange_of(book: Book, terms: Terms, pools: Pools, world: World, trees: Trees) -> Exchange:
    """The market of a book: every rule that moves value; lots and complete lines aside."""
    hours = np.where(book.hours.micro >= UNLIMITED, np.inf, book.hours.micro / 1e6)
    queries, line, query, item = _choices(book, terms)
    goods, offers, offer_cost, query_rows = _offers(book, queries)
    source_of, sources, source_item, ways, way_cost = _sources(book, goods, world)
    gaps = np.zeros((len(source_of), book.horizon), dtype=np.int8)
    find_gaps(trees, goods, book.hours.row.astype(np.int64), gaps)
    cost = np.maximum(book.unit_cost_cents, 1).astype(np.float64)
    lines = book.lines
    ptr = np.searchsorted(line, np.arange(len(lines) + 1))
    gain = (terms.gain(book, line, item) + terms.lost[line]).astype(np.float64)
    table = np.stack([lines.open, lines.requested, np.maximum(0, lines.earliest), lines.latest,
                      ptr[:-1], ptr[1:], terms.on_ship], axis=1).astype(np.int64)
    transit = np.where(terms.on_ship[line] == 1, _transit_weeks(book, queries)[query], 0)
    reach = terms.bonus_until[line] + transit[:, None]
    market = Market(goods, source_of, gaps, sources, cost[source_item], ways, way_cost,
                    query_rows, offers, offer_cost, table, query, item, gain,
                    terms.late.astype(np.float64),
                    terms.bonus.astype(np.float64), terms.bonus_until, reach,
                    cost[lines.item], cost, book.hours.row.astype(np.int64),
                    book.forest.sub_cost_cents.astype(np.float64),
                    pools.item.astype(np.int64))
    arrivals = book.horizon + int(book.lanes.weeks.max(initial=0))
    floor = -int((lines.open.astype(object) * terms.lost.astype(object)).sum()) if len(lines) else 0
    return Exchange(market, trees, pools.supplied.astype(np.float64), hours,
                    _last_draws(book, market, len(pools.item)), floor, arrivals, largest_tree(book))


def _transit_weeks(book: Book, queries: Longs) -> Longs:
    """(queries,) weeks of the lane from the pinned site, 0 where no site is pinned."""
    weeks = np.zeros((len(book.regions), len(book.sites) + 1), dtype=np.int64)
    region = np.repeat(np.arange(len(book.regions)), np.diff(book.lanes.ptr))
    weeks[region, book.lanes.site] = book.lanes.weeks
    weeks[:, -1] = 0
    return weeks[queries[:, 2], queries[:, 3]]


def _choices(book: Book, terms: Terms) -> tuple[Longs, Longs, Longs, Longs]:
    """
    Distinct questions (ban class, item, region, pinned site, customer's slot), and each line's
    choices of them. A line whose bonus depends on the week of shipping asks for each site.

    returns : (queries, 5); line, query and item of each choice, by line
    """
    lines, bans = book.lines, book.bans.banned
    accepted = np.diff(lines.accept_ptr)
    line = np.concatenate([np.arange(len(lines)), np.repeat(np.arange(len(lines)), accepted)])
    item = np.concatenate([lines.item, lines.accept]).astype(np.int64)
    turn = np.concatenate([np.zeros(len(lines), dtype=np.int64),
                           1 + np.arange(len(lines.accept))])
    lanes = np.diff(book.lanes.ptr)
    allowed = ((bans[lines.ban[line], item] == 0) & (lanes[lines.region[line]] > 0)
               & (lines.open[line] > 0))
    line, item, turn = line[allowed], item[allowed], turn[allowed]
    order = np.lexsort((turn, line))
    line, item = line[order], item[order]
    by_site = ((terms.bonus[line] > 0).any(axis=1) & (terms.on_ship[line] == 1)
               & (lines.site[line] < 0))
    copies = np.where(by_site, lanes[lines.region[line]], 1)
    turn = np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
    line, item, by_site = (np.repeat(part, copies) for part in (line, item, by_site))
    lane = np.where(by_site, book.lanes.ptr[lines.region[line]] + turn, 0)
    site = lines.site[line].astype(np.int64)
    if by_site.any():
        site[by_site] = book.lanes.site[lane[by_site]]
    columns = (lines.ban[line], item, lines.region[line], site + 1, lines.slot[line])
    key = np.zeros(len(line), dtype=np.int64)
    widths = []
    for column in columns:
        widths.append(int(column.max(initial=0)) + 1)
        key = key * widths[-1] + column
    distinct, query = _numbered(key, math.prod(widths))
    parts = []
    for width in reversed(widths):
        distinct, part = np.divmod(distinct, width)
        parts.append(part)
    queries = np.stack(parts[::-1], axis=1)
    queries[:, 3] -= 1
    return queries, line, query, item


def _numbered(key: Longs, span: int) -> tuple[Longs, Longs]:
    """The distinct keys from 0 to `span` - 1, rising, and the place of each key among them."""
    if span > 4 * len(key) + 1000:
        distinct, place = np.unique(key, return_inverse=True)
        return distinct, place.ravel().astype(np.int64)
    distinct = np.flatnonzero(np.bincount(key, minlength=span))
    place_of = np.zeros(span, dtype=np.int64)
    place_of[distinct] = np.arange(len(distinct))
    return distinct, place_of[key]


def _offers(book: Book, queries: Longs) -> tuple[Longs, Longs, Floats, Longs]:
    """Goods (item, site, ban class, slot), and the lanes by which each query can be served."""
    lanes = book.lanes
    goods: dict[tuple[int, int, int, int], int] = {}
    offers: list[tuple[int, int, int]] = []
    cost: list[float] = []
    rows = []
    for ban, item, region, pinned, slot in queries.tolist():
        first = len(offers)
        for lane in range(lanes.ptr[region], lanes.ptr[region + 1]):
            site = int(lanes.site[lane])
            if pinned in (-1, site):
                good = goods.setdefault((item, site, ban, slot), len(goods))
                offers.append((good, int(lanes.weeks[lane]), lane))
                cost.append(float(lanes.cost_cents[lane]))
        rows.append((first, len(offers)))
    size = book.forest.root_end - book.forest.root_start
    at, table = 0, []
    for item, site, ban, slot in goods:
        table.append((item, site, ban, slot, at))
        at += int(size[item])
    return (np.array(table, dtype=np.int64).reshape(-1, 5),
            np.array(offers, dtype=np.int64).reshape(-1, 3), np.array(cost),
            np.array(rows, dtype=np.int64).reshape(-1, 2))


def _needs(book: Book, goods: Longs) -> tuple[Longs, Longs]:
    """Good and node of each need of all goods, good by good, in the order of the tree."""
    first = book.forest.root_start[goods[:, GOOD_ITEM]].astype(np.int64)
    counts = book.forest.root_end[goods[:, GOOD_ITEM]] - first
    good = np.repeat(np.arange(len(goods)), counts)
    turn = np.arange(len(good)) - np.repeat(np.cumsum(counts) - counts, counts)
    return good, first[good] + turn


def _sources(book: Book, goods: Longs, world: World,
             ) -> tuple[Longs, Longs, Longs, Longs, Floats]:
    """
    Where a piece for each need of each good can be drawn from; equal needs share a source.

    returns : source of each need; first and last way of each source, and its item; ways and
              their extra cost
    """
    forest, bans = book.forest, book.bans.banned
    good, node = _needs(book, goods)
    sold = node == forest.root_start[goods[good, GOOD_ITEM]]
    takes = (forest.has_bom[node] == 0) & ~sold
    key = np.stack([forest.item[node].astype(np.int64), goods[good, GOOD_SITE],
                    goods[good, GOOD_BAN], goods[good, GOOD_SLOT], takes.astype(np.int64)], axis=1)
    distinct, source_of = np.unique(key, axis=0, return_inverse=True)
    pool_of_reserved = dict(world.reserved.tolist())
    items, sites = len(book.items), len(book.sites)
    rows: list[tuple[int, int]] = []
    ways: list[tuple[int, int, int, int]] = []
    cost: list[float] = []
    for item, site, ban, slot, with_substitutes in distinct.tolist():
        start = len(ways)
        drawn = [(item, 0, -NO_LIMIT, NO_LIMIT, -1)]
        if with_substitutes:
            for row in range(forest.sub_ptr[item], forest.sub_ptr[item + 1]):
                drawn.append((int(forest.sub_item[row]), int(forest.sub_cost_cents[row]),
                              int(forest.sub_from[row]), int(forest.sub_to[row]), row))
        for other, extra, hold_from, hold_to, row in drawn:
            own = pool_of_reserved.get((slot * items + other) * sites + site, -1) if slot else -1
            for pool in (own, int(world.pool_of[other, site])):
                if pool >= 0 and not bans[ban, other]:
                    ways.append((pool, hold_from, hold_to, row))
                    cost.append(float(extra))
        rows.append((start, len(ways)))
    return (source_of.ravel().astype(np.int64), np.array(rows, dtype=np.int64).reshape(-1, 2),
            distinct[:, 0], np.array(ways, dtype=np.int64).reshape(-1, 4), np.array(cost))


def _last_draws(book: Book, market: Market, pools: int) -> Longs:
    """(pools,) the last week of any draw: the last ship week less the shortest lead to it."""
    _, node = _needs(book, market.goods)
    soonest = np.full(len(market.sources), book.horizon, dtype=np.int64)
    np.minimum.at(soonest, market.source_of, book.forest.offset[node])
    last = np.full(pools, -1, dtype=np.int64)
    ways = np.repeat(np.arange(len(market.sources)), np.diff(market.sources, axis=1).ravel())
    np.maximum.at(last, market.ways[:, 0], book.horizon - 1 - soonest[ways])
    return last


def useful_steps(supply: Floats, last_draw: Longs) -> NDArray[np.bool_]:
    """
    (pools, weeks) where a step of the price can be worth anything.

    A step before a week without receipts is never better than one in that week, and one after
    the last draw never better than one at it.
    """
    week = np.arange(supply.shape[1])
    rises = np.zeros(supply.shape, dtype=np.bool_)
    rises[:, :-1] = supply[:, 1:] > supply[:, :-1]
    last = week[None, :] == last_draw[:, None]
    return np.asarray((supply > 0) & (week[None, :] <= last_draw[:, None]) & (rises | last))


def prices_of(supply: Floats, steps: Floats) -> Floats:
    """(pools, weeks) price of a draw: the sum of the steps from its week on; DEAR before supply."""
    price = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
    return np.where(supply <= 0, DEAR, price)
