"""Where the needs of sold goods can be drawn from, and the permits that are asked for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.book import NO_LIMIT, Book
from headgate.planner.kernels.layout import DRAWN_PIECE, SENT_PIECE, STOCK_PIECE, TOLLED, World
from headgate.planner.kernels.price import GOOD_BAN, GOOD_CLAIM, GOOD_ITEM, GOOD_SITE
from headgate.planner.numbering import distinct_rows, runs

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Asked = dict[int, list[tuple[int, int, int]]]
"""Permits, with the first and last week in which each is asked for, by place in a table."""


def needs_of(book: Book, goods: Longs) -> tuple[Longs, Longs]:
    """Good and node of each need of all goods, good by good, in the order of the tree."""
    first = book.forest.root_start[goods[:, GOOD_ITEM]].astype(np.int64)
    counts = book.forest.root_end[goods[:, GOOD_ITEM]] - first
    good = np.repeat(np.arange(len(goods)), counts)
    turn = np.arange(len(good)) - np.repeat(np.cumsum(counts) - counts, counts)
    return good, first[good] + turn


def sources_of(book: Book, goods: Longs, world: World,
             ) -> tuple[Longs, Longs, Longs, Longs, Floats, Asked]:
    """
    Where a piece for each need of each good can be drawn from; equal needs share a source.

    returns : source of each need; first and last way of each source, and its item; ways and
              their extra cost, and the permits that some ask for, by their place
    """
    forest, bans = book.forest, book.bans.banned
    good, node = needs_of(book, goods)
    sold = node == forest.root_start[goods[good, GOOD_ITEM]]
    takes = (forest.has_bom[node] == 0) & ~sold
    claim = goods[good, GOOD_CLAIM]
    # Caps count weeks of shipment: where they may ask for permits, needs of other leads differ.
    capped = (world.claims[claim, TOLLED] == 1) & (len(world.tolls) > 0)
    lead = np.where(capped, forest.offset[node], 0)
    distinct, source_of = distinct_rows((
        forest.item[node], goods[good, GOOD_SITE], goods[good, GOOD_BAN], claim,
        takes.astype(np.int64), sold.astype(np.int64) * capped, lead))
    item, substitutes = distinct[:, 0], np.diff(forest.sub_ptr)
    counts = 1 + np.where(distinct[:, 4] == 1, substitutes[item], 0)
    source = np.repeat(np.arange(len(distinct)), counts)
    row = runs(forest.sub_ptr[item].astype(np.int64) - 1, counts)
    own = np.concatenate([[True], source[1:] != source[:-1]])[:len(source)]
    row[own] = -1
    stood = ~own
    drawn, extra = item[source], np.zeros(len(source))
    drawn[stood], extra[stood] = forest.sub_item[row[stood]], forest.sub_cost_cents[row[stood]]
    hold = np.tile(np.array([-NO_LIMIT, NO_LIMIT], dtype=np.int64), (len(source), 1))
    hold[stood, 0], hold[stood, 1] = forest.sub_from[row[stood]], forest.sub_to[row[stood]]
    # Reserved pieces first, then those for anybody.
    pool = np.stack([_reserved(book, world, distinct[source, 3], drawn, distinct[source, 1]),
                     world.pool_of[drawn, distinct[source, 1]]], axis=1)
    place, kind = np.nonzero((pool >= 0) & (bans[distinct[source, 2], drawn] == 0)[:, None])
    ways = np.column_stack([pool[place, kind], hold[place], row[place]]).astype(np.int64)
    each, ways, asked = _paid(world, distinct[source[place]], drawn[place], ways)
    ends = np.searchsorted(source[place[each]], np.arange(len(distinct)), "right")
    spans = np.stack([np.concatenate([[0], ends]).astype(np.int64)[:-1], ends], axis=1)
    return (source_of, spans.astype(np.int64), item, ways, extra[place[each]], asked)


def _reserved(book: Book, world: World, claim: Longs, item: Longs, site: Longs) -> Longs:
    """The pool reserved for each claim, of an item at a site; -1 where there is none."""
    if not len(world.reserved):
        return np.full(len(item), -1, dtype=np.int64)
    key = (claim * len(book.items) + item) * len(book.sites) + site
    place = np.minimum(np.searchsorted(world.reserved[:, 0], key), len(world.reserved) - 1)
    own = (claim > 0) & (world.reserved[place, 0] == key)
    return np.where(own, world.reserved[place, 1], -1)


def _paid(world: World, source: Longs, drawn: Longs, ways: Longs) -> tuple[Longs, Longs, Asked]:
    """
    Ways as often as there are ways to come by the permits that they ask for.

    source  : (ways, 7) the source of each, as `sources_of` tells them apart
    returns : the way that each was, the ways, and the permits that some ask for
    """
    quoted = np.flatnonzero(world.quoted[drawn] >= 0) if len(world.quoted) else drawn[:0]
    times, paid = np.ones(len(ways), dtype=np.int64), {}
    for way in quoted.tolist():
        what = STOCK_PIECE if source[way, 5] else DRAWN_PIECE
        paid[way] = _ways_to_pay(tolls_of(world, int(what), int(source[way, 3]), int(drawn[way])),
                                 int(source[way, 6]))
        times[way] = len(paid[way])
    each, before = np.repeat(np.arange(len(ways)), times), np.cumsum(times) - times
    ways, asked = ways[each], {}
    for way, found in paid.items():
        for place, (permits, first, last) in enumerate(found, int(before[way])):
            ways[place, 1], ways[place, 2] = max(ways[place, 1], first), min(ways[place, 2], last)
            asked[place] = permits
    return each, ways, asked


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


def sent_permits(goods: Longs, world: World) -> tuple[Longs, Longs]:
    """Where each good's permits begin, and pool, first and last ship week of each."""
    asked = {}
    quoted = np.flatnonzero(world.quoted[goods[:, GOOD_ITEM]] >= 0) if len(world.quoted) else ()
    for good in quoted:
        tolls = tolls_of(world, int(SENT_PIECE), int(goods[good, GOOD_CLAIM]),
                         int(goods[good, GOOD_ITEM]))
        asked[int(good)] = [(common, first, last) for _, _, _, common, first, last in tolls]
    return behind(asked, len(goods), 0)


def behind(asked: Asked, count: int, start: int) -> tuple[Longs, Longs]:
    """
    Rows of lists behind one another, and where each list begins, counted from `start`.

    asked : of `count` lists those that have rows, by their place, rising
    """
    counts = np.zeros(count + 1, dtype=np.int64)
    for place, rows in asked.items():
        counts[place + 1] = len(rows)
    counts[0] = start
    return np.cumsum(counts), np.array(
        [row for rows in asked.values() for row in rows], dtype=np.int64).reshape(-1, 3)
