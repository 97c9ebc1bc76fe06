"""The book as a market: what is sold, from where and to whom, for the search of prices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.book import NO_LIMIT, Book
from headgate.planner.kernels.gaps import find_gaps
from headgate.planner.kernels.layout import (
    COMMON,
    DRAWN_PIECE,
    OWN_POOL,
    SENT_PIECE,
    STOCK_PIECE,
    TOLLED,
    UNLIMITED,
    Trees,
    World,
)
from headgate.planner.kernels.price import (
    DEAR,
    GOOD_AT,
    GOOD_BAN,
    GOOD_CLAIM,
    GOOD_ITEM,
    GOOD_SITE,
    Market,
    Tables,
)
from headgate.planner.terms import Terms
from headgate.planner.world import Pools, largest_tree, ship_sets

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
    floor_cents : what the plan is worth if nothing at all is delivered beside what is held
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
                      np.zeros((len(self.market.goods), weeks)),
                      np.zeros((queries, self.arrivals)), np.zeros((queries, self.arrivals)),
                      np.zeros((len(self.market.goods), weeks)), np.zeros((self.nodes, weeks)),
                      np.zeros_like(self.supply), np.zeros_like(self.hours))

    def costs(self, tables: Tables) -> Floats:
        """(needs of all goods, weeks) `Tables.cost`, permits of what is sent included."""
        cost = tables.cost.copy()
        cost[self.market.goods[:, GOOD_AT]] += tables.toll
        return np.minimum(cost, DEAR)


def exchange_of(book: Book, terms: Terms, pools: Pools, world: World, trees: Trees,
                held_cents: int = 0) -> Exchange:
    """
    The market of a book: every rule that moves value; lots and complete lines aside.

    held_cents : what allocations earn that were placed before
    """
    hours = np.where(book.hours.micro >= UNLIMITED, np.inf, book.hours.micro / 1e6)
    queries, line, query, item = _choices(book, terms, pools.permits.claim)
    goods, offers, offer_cost, query_rows = _offers(book, queries)
    source_of, sources, source_item, ways, way_cost, asked = _sources(book, goods, world)
    good_ptr, sent = _sent_permits(goods, world)
    way_ptr, permits = _behind(asked, len(sent))
    gaps = np.zeros((len(source_of), book.horizon), dtype=np.int8)
    find_gaps(trees, goods, book.hours.row.astype(np.int64), gaps)
    cost = np.maximum(book.unit_cost_cents, 1).astype(np.float64)
    lines = book.lines
    ship_set, set_ptr, mates = ship_sets(book)
    ptr = np.searchsorted(line, np.arange(len(lines) + 1))
    gain = (terms.gain(book, line, item) + terms.lost[line]).astype(np.float64)
    table = np.stack([lines.open, lines.requested, np.maximum(0, lines.earliest), lines.latest,
                      ptr[:-1], ptr[1:], terms.on_ship, ship_set], axis=1).astype(np.int64)
    transit = np.where(terms.on_ship[line] == 1, _transit_weeks(book, queries)[query], 0)
    reach = terms.bonus_until[line] + transit[:, None]
    market = Market(goods, source_of, gaps, sources, cost[source_item], ways, way_cost,
                    way_ptr, good_ptr, np.concatenate([sent, permits]), query_rows, offers,
                    offer_cost, table, query, item, gain, terms.late.astype(np.float64),
                    terms.bonus.astype(np.float64), terms.bonus_until, reach,
                    cost[lines.item], cost, set_ptr, mates, book.hours.row.astype(np.int64),
                    book.forest.sub_cost_cents.astype(np.float64),
                    np.concatenate([pools.item, _items_of_permits(pools)]).astype(np.int64))
    arrivals = book.horizon + int(book.lanes.weeks.max(initial=0))
    lost = int((lines.open.astype(object) * terms.lost.astype(object)).sum()) if len(lines) else 0
    last = np.concatenate([_last_draws(book, market, len(pools)), pools.permits.last])
    return Exchange(market, trees, pools.everything().astype(np.float64), hours, last,
                    held_cents - lost, arrivals, largest_tree(book))


def _transit_weeks(book: Book, queries: Longs) -> Longs:
    """(queries,) weeks of the lane from the pinned site, 0 where no site is pinned."""
    weeks = np.zeros((len(book.regions), len(book.sites) + 1), dtype=np.int64)
    region = np.repeat(np.arange(len(book.regions)), np.diff(book.lanes.ptr))
    weeks[region, book.lanes.site] = book.lanes.weeks
    weeks[:, -1] = 0
    return weeks[queries[:, 2], queries[:, 3]]


def _choices(book: Book, terms: Terms, claim: NDArray[np.int32],
             ) -> tuple[Longs, Longs, Longs, Longs]:
    """
    Distinct questions (ban class, item, region, pinned site, claim), and each line's
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
    columns = (lines.ban[line], item, lines.region[line], site + 1, claim[line])
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
    """Goods (item, site, ban class, claim), and the lanes by which each query can be served."""
    lanes = book.lanes
    goods: dict[tuple[int, int, int, int], int] = {}
    offers: list[tuple[int, int, int]] = []
    cost: list[float] = []
    rows = []
    for ban, item, region, pinned, claim in queries.tolist():
        first = len(offers)
        for lane in range(lanes.ptr[region], lanes.ptr[region + 1]):
            site = int(lanes.site[lane])
            if pinned in (-1, site):
                good = goods.setdefault((item, site, ban, claim), len(goods))
                offers.append((good, int(lanes.weeks[lane]), lane))
                cost.append(float(lanes.cost_cents[lane]))
        rows.append((first, len(offers)))
    size = book.forest.root_end - book.forest.root_start
    at, table = 0, []
    for item, site, ban, claim in goods:
        table.append((item, site, ban, claim, at))
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
             ) -> tuple[Longs, Longs, Longs, Longs, Floats, list[list[tuple[int, int, int]]]]:
    """
    Where a piece for each need of each good can be drawn from; equal needs share a source.

    returns : source of each need; first and last way of each source, and its item; ways and
              their extra cost, and the permits that each asks for
    """
    forest, bans = book.forest, book.bans.banned
    good, node = _needs(book, goods)
    sold = node == forest.root_start[goods[good, GOOD_ITEM]]
    takes = (forest.has_bom[node] == 0) & ~sold
    claim = goods[good, GOOD_CLAIM]
    # Caps count weeks of shipment: where they may ask for permits, needs of other leads differ.
    capped = (world.claims[claim, TOLLED] == 1) & (len(world.tolls) > 0)
    lead = np.where(capped, forest.offset[node], 0)
    key = np.stack([forest.item[node].astype(np.int64), goods[good, GOOD_SITE],
                    goods[good, GOOD_BAN], claim, takes.astype(np.int64),
                    sold.astype(np.int64) * capped, lead], axis=1)
    distinct, source_of = np.unique(key, axis=0, return_inverse=True)
    pool_of_reserved = dict(world.reserved.tolist())
    items, sites = len(book.items), len(book.sites)
    rows: list[tuple[int, int]] = []
    ways: list[tuple[int, int, int, int]] = []
    cost: list[float] = []
    asked: list[list[tuple[int, int, int]]] = []
    for item, site, ban, claim, with_substitutes, is_sold, weeks in distinct.tolist():
        start = len(ways)
        drawn = [(item, 0, -NO_LIMIT, NO_LIMIT, -1)]
        if with_substitutes:
            for row in range(forest.sub_ptr[item], forest.sub_ptr[item + 1]):
                drawn.append((int(forest.sub_item[row]), int(forest.sub_cost_cents[row]),
                              int(forest.sub_from[row]), int(forest.sub_to[row]), row))
        for other, extra, hold_from, hold_to, row in drawn:
            own = pool_of_reserved.get((claim * items + other) * sites + site, -1) if claim else -1
            what = STOCK_PIECE if is_sold else DRAWN_PIECE
            tolls = tolls_of(world, int(what), claim, other)
            for pool in (own, int(world.pool_of[other, site])):
                if pool >= 0 and not bans[ban, other]:
                    for permits, first, last in _ways_to_pay(tolls, weeks):
                        ways.append((pool, max(hold_from, first), min(hold_to, last), row))
                        cost.append(float(extra))
                        asked.append(permits)
        rows.append((start, len(ways)))
    return (source_of.ravel().astype(np.int64), np.array(rows, dtype=np.int64).reshape(-1, 2),
            distinct[:, 0], np.array(ways, dtype=np.int64).reshape(-1, 4), np.array(cost), asked)


def tolls_of(world: World, what: int, claim: int, item: int) -> list[list[int]]:
    """Rows of `World.tolls` that a piece of an item asks a claim for."""
    if not len(world.quoted) or world.quoted[item] < 0:
        return []
    row = claim * ((world.toll_ptr.shape[1] - 1) // len(world.claims)) + world.quoted[item]
    return list(world.tolls[world.toll_ptr[what, row]:world.toll_ptr[what, row + 1]].tolist())


def _ways_to_pay(tolls: list[list[int]], weeks: int,
                 ) -> list[tuple[list[tuple[int, int, int]], int, int]]:
    """
    Each way to come by the permits of a piece drawn `weeks` before its shipment.

    returns : permits with the weeks of drawing that need them, and the weeks in which this way is
              open
    """
    found: list[tuple[list[tuple[int, int, int]], int, int]] = [([], -NO_LIMIT, NO_LIMIT)]
    for own, own_from, own_to, common, ship_from, ship_to in tolls:
        first, last = ship_from - weeks, ship_to - weeks
        with_common = [([*permits, (common, first, last)], begin, end)
                       for permits, begin, end in found]
        with_own = [] if own < 0 else [
            ([*permits, (own, first, last)], max(begin, own_from), min(end, own_to))
            for permits, begin, end in found]
        found = with_own + with_common
    return found


def _sent_permits(goods: Longs, world: World) -> tuple[Longs, Longs]:
    """Where each good's permits begin, and pool, first and last ship week of each."""
    asked = [[(common, first, last) for _, _, _, common, first, last in tolls_of(
        world, int(SENT_PIECE), claim, item)]
        for item, claim in goods[:, [GOOD_ITEM, GOOD_CLAIM]].tolist()]
    return _behind(asked, 0)


def _behind(asked: list[list[tuple[int, int, int]]], start: int) -> tuple[Longs, Longs]:
    """Rows of lists behind one another, and where each list begins, counted from `start`."""
    ptr = np.cumsum([start, *(len(rows) for rows in asked)]).astype(np.int64)
    return ptr, np.array([row for rows in asked for row in rows], dtype=np.int64).reshape(-1, 3)


def _items_of_permits(pools: Pools) -> Longs:
    """(permits,) an item that each permit is asked for, by whose cost its price is scaled."""
    permits = pools.permits
    found = np.zeros(len(permits), dtype=np.int64)
    named = np.flatnonzero(permits.quoted >= 0)
    cells = permits.toll_ptr.shape[1] - 1
    for what in range(len(permits.toll_ptr)):
        for cell in range(cells):
            rows = permits.tolls[permits.toll_ptr[what, cell]:permits.toll_ptr[what, cell + 1]]
            for column in (OWN_POOL, COMMON):
                wanted = rows[:, column]
                found[wanted[wanted >= 0] - len(pools)] = named[cell % len(named)]
    return found


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
