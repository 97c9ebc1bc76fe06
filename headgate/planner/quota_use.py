"""What a plan takes of its permits, and what it leaves: counted from the allocations alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import Allocation, look_ahead
from headgate.planner.kernels.layout import (
    COMMON,
    DRAWN_PIECE,
    OWN_FROM,
    OWN_POOL,
    OWN_TO,
    SENT_PIECE,
    SHIP_FROM,
    SHIP_TO,
    STOCK_PIECE,
)
from headgate.planner.kernels.rank import LINE, SENT, SHIP, Log
from headgate.planner.permits import CAP, RESERVED, Permits
from headgate.planner.world import Pools

Longs = NDArray[np.int64]


def permits_asked(book: Book, allocation: Allocation,
                  rows: tuple[int, int] | None = None) -> Longs:
    """
    (permits, weeks) pieces that count on each permit: of a cap by ship week, of a reservation and
    of what it leaves to everybody by draw week, whichever of the two they are taken from.

    rows : first allocation to count and the end of them, by their place in the log; None all
    """
    asked = np.zeros_like(allocation.pools.permits.supplied)
    for _, place, week, pieces in _counted(book, allocation, rows):
        np.add.at(asked, (place, week), pieces)
    return asked


def lines_asking(book: Book, allocation: Allocation, quota_id: str) -> tuple[Longs, Longs, Longs]:
    """
    Lines whose allocations count on a quota, or share what its reservation leaves to everybody.

    returns : (n,) lines in rising order, pieces of each, and the first week in which they count
    """
    permits = allocation.pools.permits
    of_quota = np.array([quota_id in names for names in permits.members], dtype=bool)
    if RESERVED in {kind for kind, mine in zip(permits.kind, of_quota, strict=True) if mine}:
        of_quota &= np.array([kind != RESERVED for kind in permits.kind])
    found = []
    for row, place, week, pieces in _counted(book, allocation, None):
        mine = of_quota[place]
        found.append(np.stack([allocation.line[row[mine]], pieces[mine], week[mine]]))
    line, amount, when = np.concatenate(found, axis=1) if found else np.zeros((3, 0), np.int64)
    names, group = np.unique(line, return_inverse=True)
    total = np.zeros(len(names), dtype=np.int64)
    first = np.full(len(names), book.horizon, dtype=np.int64)
    np.add.at(total, group, amount)
    np.minimum.at(first, group, when)
    return names, total, first


def _counted(book: Book, allocation: Allocation, rows: tuple[int, int] | None,
             ) -> Iterator[tuple[Longs, Longs, Longs, Longs]]:
    """Allocation, permit, week and pieces of whatever counts on a permit, in a few parts."""
    pools, log = allocation.pools, allocation.log
    if not len(pools.permits):
        return
    begin, end = (0, len(log.rows)) if rows is None else rows
    chosen = np.arange(begin, end)
    draws = slice(int(log.first_draw[begin]), int(log.first_draw[end]))
    owner = np.repeat(chosen, np.diff(log.first_draw[begin:end + 1]))
    node = allocation.node[draws]
    root = book.forest.root_start[allocation.item[owner]] == node
    weeks = allocation.ship[owner] - book.forest.offset[node]
    drawn, drawn_pieces = pools.item[allocation.pool[draws]], allocation.pieces[draws]
    for what, places, item, when, pieces in (
            (SENT_PIECE, chosen, allocation.item[chosen], allocation.ship[chosen],
             allocation.quantity[chosen]),
            (STOCK_PIECE, owner[root], drawn[root], weeks[root], drawn_pieces[root]),
            (DRAWN_PIECE, owner[~root], drawn[~root], weeks[~root], drawn_pieces[~root])):
        yield from _count(allocation, int(what), places, item, when, pieces)


def _count(allocation: Allocation, what: int, rows: Longs, item: NDArray[np.integer],
           when: NDArray[np.integer], pieces: Longs,
           ) -> Iterator[tuple[Longs, Longs, Longs, Longs]]:
    """The same for pieces of one kind."""
    behind = len(allocation.pools)
    each, rule = _rules(allocation.pools, what, allocation.log.rows[rows], item)
    week, amount = when[each].astype(np.int64), pieces[each]
    yield rows[each], rule[:, COMMON] - behind, week, amount
    own = (rule[:, OWN_POOL] >= 0) & (rule[:, OWN_FROM] <= week) & (week <= rule[:, OWN_TO])
    yield rows[each[own]], rule[own, OWN_POOL] - behind, week[own], amount[own]


def _rules(pools: Pools, what: int, rows: Longs, item: NDArray[np.integer]) -> tuple[Longs, Longs]:
    """
    What is asked for pieces of an item that go with some allocations.

    rows    : (n, 5) the allocation of each, in the columns of a log
    returns : (rules,) the place in `rows` of each, and its row of `headgate.planner.permits` tolls
    """
    permits = pools.permits
    named = (permits.toll_ptr.shape[1] - 1) // max(1, len(permits.claims))
    place = permits.quoted[item]
    cell = permits.claim[rows[:, LINE]] * named + place
    cell = np.where(place >= 0, cell, 0)
    first = permits.toll_ptr[what, cell]
    counts = np.where(place >= 0, permits.toll_ptr[what, cell + 1] - first, 0)
    each = np.repeat(np.arange(len(rows)), counts)
    toll = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(len(each))
    rule, ship = permits.tolls[toll], rows[each, SHIP]
    holds = (rule[:, SHIP_FROM] <= ship) & (ship <= rule[:, SHIP_TO])
    return each[holds], rule[holds]


def with_permits(book: Book, pools: Pools, log: Log) -> Log:
    """
    A log with the draws of permits that go with its draws of supply, whether or not these suffice.

    log : allocations with draws of supply only

    Caps are drawn on for every piece that counts; of a reservation of their own lines take in the
    order of the weeks as long as it lasts, and the rest of what is left to everybody: if any order
    does not overdraw the permits, this one does not.
    """
    if not len(pools.permits):
        return log
    root, forest = book.forest.root_start[log.rows[:, SENT]], book.forest
    owner = np.repeat(np.arange(len(log.rows)), np.diff(log.first_draw))
    node, whole = log.sources[:, 0].astype(np.int64), np.arange(len(log.rows))
    stock = root[owner] == node
    week = log.rows[owner, SHIP] - forest.offset[node]
    drawn = pools.item[log.sources[:, 1]]
    found = []
    for what, row, item, served, when, pieces in (
            (SENT_PIECE, whole, log.rows[:, SENT], root, log.rows[:, SHIP], log.rows[:, -1]),
            (STOCK_PIECE, owner[stock], drawn[stock], node[stock], week[stock],
             log.pieces[stock]),
            (DRAWN_PIECE, owner[~stock], drawn[~stock], node[~stock], week[~stock],
             log.pieces[~stock])):
        each, rule = _rules(pools, int(what), log.rows[row], item)
        holds = (rule[:, OWN_FROM] <= when[each]) & (when[each] <= rule[:, OWN_TO])
        found.append(np.stack([row[each], -1 - served[each], when[each], pieces[each],
                               np.where(holds, rule[:, OWN_POOL], -1), rule[:, COMMON]]))
    row, node, week, pieces, own, common = np.concatenate(found, axis=1).astype(np.int64)
    taken = _taken_of_own(book, pools, log.rows[row, LINE], week, pieces, own)
    rest = pieces - taken
    return _with_draws(log, np.concatenate([row[taken > 0], row[rest > 0]]), np.concatenate([
        np.stack([node, own], axis=1)[taken > 0], np.stack([node, common], axis=1)[rest > 0]]),
        np.concatenate([taken[taken > 0], rest[rest > 0]]))


def _taken_of_own(book: Book, pools: Pools, line: Longs, week: Longs, pieces: Longs,
                  own: Longs) -> Longs:
    """Pieces of each draw that the reservation `own` (-1 none) serves, by week, then by rank."""
    place = book.lines.place_by_rank
    taken = np.zeros(len(own), dtype=np.int64)
    order = np.flatnonzero(own >= 0)
    order = order[np.lexsort((place[line[order]], week[order], own[order]))]
    if not len(order):
        return taken
    names, first = np.unique(own[order], return_index=True)
    before = np.cumsum(pieces[order]) - pieces[order]
    group = np.searchsorted(names, own[order])
    before -= before[first][group]
    there = pools.permits.supplied[names - len(pools)].max(axis=1)[group]
    taken[order] = np.clip(there - before, 0, pieces[order])
    return taken


def _with_draws(log: Log, row: Longs, sources: Longs, pieces: Longs) -> Log:
    """A log with more draws of its allocations, each behind those that it has."""
    owner = np.concatenate([np.repeat(np.arange(len(log.rows)), np.diff(log.first_draw)), row])
    order = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[order], np.arange(len(log.rows) + 1)).astype(np.int64)
    return Log(log.rows, first,
               np.concatenate([log.sources, sources.astype(np.int32)])[order],
               np.concatenate([log.pieces, pieces])[order],
               np.array([len(log.rows), len(owner)], dtype=np.int64))


def permits_counted(book: Book, allocation: Allocation) -> tuple[Longs, Longs, Longs, Longs]:
    """
    Line, permit, week and pieces of all that counts on a permit, as `permits_asked` adds it up.
    """
    parts = [np.stack([allocation.line[row], place, week, pieces])
             for row, place, week, pieces in _counted(book, allocation, None)]
    line, place, week, pieces = (np.concatenate(parts, axis=1) if parts
                                 else np.zeros((4, 0), dtype=np.int64))
    return line, place, week, pieces


def permits_left(allocation: Allocation, asked: Longs) -> Longs:
    """
    (permits, weeks) permits that a plan leaves, the smallest balance from each week on.

    asked : as `permits_asked` gives it
    """
    return look_ahead(permits_balance(allocation, asked))


def permits_balance(allocation: Allocation, asked: Longs) -> Longs:
    """
    (permits, weeks) permits that a plan leaves, not yet the smallest from each week on.

    asked : as `permits_asked` gives it

    """
    permits, kind = allocation.pools.permits, np.array(allocation.pools.permits.kind, dtype=object)
    left = permits.supplied - permits_taken(permits, asked)
    lasting = np.flatnonzero((kind == RESERVED) | (kind == CAP))
    left[lasting] = np.where(permits.supplied[lasting] > 0, left[lasting, -1:], 0)
    return left


def permits_taken(permits: Permits, asked: Longs) -> Longs:
    """
    (permits, weeks) permits that are taken up to each week.

    asked : as `permits_asked` gives it

    Pieces count on the reservation of their own first, as long as it lasts.
    """
    taken = np.cumsum(asked, axis=1)
    own = np.flatnonzero(np.array(permits.kind, dtype=object) == RESERVED)
    most = permits.supplied[own].max(axis=1, initial=0)
    taken[own] = np.minimum(taken[own], most[:, None])
    np.subtract.at(taken, np.array(permits.common_of, dtype=np.int64)[own], taken[own])
    return taken
