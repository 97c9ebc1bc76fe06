"""The book as a market: what is sold, from where and to whom, for the search of prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.base.money import exact_dot
from headgate.book import Book
from headgate.planner.kernels.gaps import find_gaps
from headgate.planner.kernels.layout import (
    COMMON,
    OWN_POOL,
    UNLIMITED,
    Trees,
    World,
)
from headgate.planner.kernels.price import (
    DEAR,
    GOOD_AT,
    Market,
    Tables,
)
from headgate.planner.numbering import distinct_rows, runs
from headgate.planner.terms import Terms
from headgate.planner.ways import behind, needs_of, sent_permits, sources_of
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
    source_of, sources, source_item, ways, way_cost, asked = sources_of(book, goods, world)
    good_ptr, sent = sent_permits(goods, world)
    way_ptr, permits = behind(asked, len(ways), len(sent))
    gaps = np.zeros((len(source_of), book.horizon), dtype=np.int8)
    find_gaps(trees, goods, book.hours.row.astype(np.int64), gaps)
    cost = np.maximum(book.unit_cost_cents, 1).astype(np.float64)
    lines = book.lines
    ship_set, set_ptr, mates = ship_sets(book)
    ptr = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(lines)))])
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
    lost = exact_dot(lines.open, terms.lost)
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
    line = np.repeat(np.arange(len(lines)), 1 + accepted)
    own = np.arange(len(lines)) + lines.accept_ptr[:-1]
    other = np.ones(len(line), dtype=np.bool_)
    other[own] = False
    item = np.empty(len(line), dtype=np.int64)
    item[own], item[other] = lines.item, lines.accept
    lanes = np.diff(book.lanes.ptr)
    served = (lanes[lines.region] > 0) & (lines.open > 0)
    allowed = np.flatnonzero((bans[lines.ban[line], item] == 0) & served[line])
    line, item = line[allowed], item[allowed]
    by_site = ((terms.bonus[line] > 0).any(axis=1) & (terms.on_ship[line] == 1)
               & (lines.site[line] < 0))
    site = lines.site[line].astype(np.int64)
    if by_site.any():
        copies = np.where(by_site, lanes[lines.region[line]], 1)
        turn = np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
        line, item, site, by_site = (np.repeat(part, copies)
                                     for part in (line, item, site, by_site))
        lane = book.lanes.ptr[lines.region[line]] + turn
        site[by_site] = book.lanes.site[lane[by_site]]
    columns = (lines.ban[line], item, lines.region[line], site + 1, claim[line])
    queries, query = distinct_rows(columns)
    queries[:, 3] -= 1
    return queries, line, query, item


def _offers(book: Book, queries: Longs) -> tuple[Longs, Longs, Floats, Longs]:
    """Goods (item, site, ban class, claim), and the lanes by which each query can be served."""
    lanes = book.lanes
    ban, item, region, pinned, claim = queries.T
    counts = np.diff(lanes.ptr)[region]
    query = np.repeat(np.arange(len(queries)), counts)
    lane = runs(lanes.ptr[region], counts)
    open_to = (pinned[query] == -1) | (pinned[query] == lanes.site[lane])
    query, lane = query[open_to], lane[open_to]
    wanted = (item[query], lanes.site[lane].astype(np.int64), ban[query], claim[query])
    found, good = distinct_rows(wanted)
    # Goods are numbered in the order in which queries name them first.
    first = np.unique(good, return_index=True)[1]
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    size = (book.forest.root_end - book.forest.root_start)[found[order, 0]].astype(np.int64)
    goods = np.column_stack([found[order], np.cumsum(size) - size])
    offers = np.stack([number[good], lanes.weeks[lane], lane], axis=1).astype(np.int64)
    ends = np.searchsorted(query, np.arange(len(queries)), "right")
    rows = np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1) if len(queries) else (
        np.zeros((0, 2)))
    return (goods.astype(np.int64).reshape(-1, 5), offers.reshape(-1, 3),
            lanes.cost_cents[lane].astype(np.float64), rows.astype(np.int64))


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
    _, node = needs_of(book, market.goods)
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
