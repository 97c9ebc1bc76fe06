"""Settle which draws used reserved pieces, by the same FIFO that pegging publishes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.peg import reserved_pieces
from headgate.planner.kernels.rank import Log
from headgate.planner.numbering import order_of

Longs = NDArray[np.int64]


def settle_reservations(book: Book, allocation: Allocation) -> Allocation:
    """
    The same allocation with each draw in the pool that the published pegging gives it.

    While lines are placed, a better-ranked line may take the reserved pieces that FIFO later
    gives to an earlier draw of the same customer; readers of a plan only see the FIFO.
    """
    pools, log = allocation.pools, allocation.log
    # What is received for each customer: of the book's rows, or what others leave of them.
    reserved_pool = np.flatnonzero(pools.slot > 0)
    received = np.diff(pools.supplied[reserved_pool], axis=1, prepend=0)
    place, start = np.nonzero(received)
    pool = reserved_pool[place]
    receipts = np.stack([_key(book, _pair(book, pools.item[pool], pools.site[pool]),
                              pools.slot[pool]), start, received[place, start]])
    owners = np.flatnonzero(book.lines.slot[allocation.line] > 0)
    counts = np.diff(log.first_draw)[owners]
    before = np.concatenate([[0], np.cumsum(counts)])
    draws = np.repeat(log.first_draw[owners] - before[:-1], counts) + np.arange(before[-1])
    line, ship = (np.repeat(part[owners], counts) for part in (allocation.line, allocation.ship))
    pair = _pair(book, pools.item[allocation.pool[draws]], pools.site[allocation.pool[draws]])
    key = _key(book, pair, book.lines.slot[line])
    kept = np.isin(key, receipts[0])
    if not kept.any():
        return allocation
    touched, line, key = draws[kept], line[kept], key[kept]
    week = ship[kept] - book.forest.offset[allocation.node[touched]]
    reserved = _reserved_of(book, allocation, touched, line, key, week.astype(np.int32), receipts)
    return _split(book, allocation, touched, line, reserved)


def _pair(book: Book, item: NDArray[np.int32], site: NDArray[np.int32]) -> Longs:
    return item.astype(np.int64) * len(book.sites) + site


def _key(book: Book, pair: Longs, slot: NDArray[np.int32]) -> Longs:
    return pair * (len(book.reserving) + 1) + slot


def _reserved_of(book: Book, allocation: Allocation, touched: Longs, line: Longs, key: Longs,
                 week: NDArray[np.int32], receipts: Longs) -> Longs:
    """(touched draws,) pieces of each that receipts (key, week, pieces) serve."""
    place = book.lines.place_by_rank
    node = allocation.node[touched]
    called, drawn = book.forest.item[node], allocation.pools.item[allocation.pool[touched]]
    stood = np.where(called == drawn, 0, called + 1)
    order = order_of([(part, int(part.max(initial=0)) + 1) for part in (
        key, week, place[line], stood, book.forest.days[node])])
    row_key, start, quantity = receipts[:, np.argsort(receipts[0], kind="stable")]
    sorted_key = key[order]
    keys = np.unique(sorted_key)
    draw_ptr = np.searchsorted(sorted_key, np.concatenate([keys, [2**62]]))
    first = np.searchsorted(row_key, keys)
    last = np.searchsorted(row_key, keys, "right")
    found = np.zeros(len(order), dtype=np.int64)
    reserved_pieces(draw_ptr, week[order], allocation.pieces[touched][order], first,
                    last, start.astype(np.int32), quantity.copy(), found)
    reserved = np.zeros(len(touched), dtype=np.int64)
    reserved[order] = found
    return reserved


def _twice(rows: NDArray[Any], which: Longs) -> NDArray[Any]:
    """Rows, those at some rising places twice, one behind the other."""
    found = np.empty((len(rows) + len(which), *rows.shape[1:]), dtype=rows.dtype)
    begin = 0
    for twin, place in enumerate(which.tolist()):
        found[begin + twin:place + twin + 1] = rows[begin:place + 1]
        begin = place
    found[begin + len(which):] = rows[begin:]
    return found


def _split(book: Book, allocation: Allocation, touched: Longs, line: Longs,
           reserved: Longs) -> Allocation:
    """Draws with their reserved and their other pieces as rows of their own."""
    log, pools = allocation.log, allocation.pools
    anybody = np.full((len(book.items), len(book.sites)), -1, dtype=np.int32)
    free = np.flatnonzero(pools.slot == 0)
    anybody[pools.item[free], pools.site[free]] = free
    key = _key(book, _pair(book, pools.item, pools.site), pools.slot)
    item, site = pools.item[allocation.pool[touched]], pools.site[allocation.pool[touched]]
    wanted = _key(book, _pair(book, item, site), book.lines.slot[line])
    order = np.argsort(key)
    own = order[np.searchsorted(key, wanted, sorter=order)]
    rest = allocation.pieces[touched] - reserved
    both = (rest > 0) & (reserved > 0)
    split = touched[both]
    sources, pieces = _twice(log.sources, split), _twice(log.pieces, split)
    first = touched + np.searchsorted(split, touched)
    # Of an older plan's draws more may be left than is reserved where there is nothing for anybody.
    others = np.where(anybody[item, site] < 0, own, anybody[item, site])
    sources[first, 1] = np.where(rest > 0, others, own)
    pieces[first] = np.where(rest > 0, rest, reserved)
    sources[first[both] + 1, 1], pieces[first[both] + 1] = own[both], reserved[both]
    size = np.array([len(log.rows), len(pieces)], dtype=np.int64)
    starts = log.first_draw + np.searchsorted(split, log.first_draw)
    settled = Log(log.rows, starts.astype(np.int64), sources, pieces, size)
    return Allocation(settled, allocation.ptr, pools, allocation.broken)
