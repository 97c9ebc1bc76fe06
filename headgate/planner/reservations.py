"""Settle which draws used reserved pieces, by the same FIFO that pegging publishes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import Allocation, draw_weeks
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
    line = np.repeat(allocation.line[owners], counts)
    pair = _pair(book, pools.item[allocation.pool[draws]], pools.site[allocation.pool[draws]])
    key = _key(book, pair, book.lines.slot[line])
    kept = np.isin(key, receipts[0])
    if not kept.any():
        return allocation
    touched, line, key = draws[kept], line[kept], key[kept]
    reserved = _reserved_of(book, allocation, touched, line, key, receipts)
    return _split(book, allocation, touched, line, reserved)


def _pair(book: Book, item: NDArray[np.int32], site: NDArray[np.int32]) -> Longs:
    return item.astype(np.int64) * len(book.sites) + site


def _key(book: Book, pair: Longs, slot: NDArray[np.int32]) -> Longs:
    return pair * (len(book.reserving) + 1) + slot


def _reserved_of(book: Book, allocation: Allocation, touched: Longs, line: Longs, key: Longs,
                 receipts: Longs) -> Longs:
    """(touched draws,) pieces of each that receipts (key, week, pieces) serve."""
    place = book.lines.place_by_rank
    node = allocation.node[touched]
    called, drawn = book.forest.item[node], allocation.pools.item[allocation.pool[touched]]
    week = draw_weeks(book, allocation)[touched]
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
    times = np.ones(len(allocation.pieces), dtype=np.int64)
    times[touched[both]] = 2
    starts = np.concatenate([[0], np.cumsum(times)])
    sources, pieces = np.repeat(log.sources, times, axis=0), np.repeat(log.pieces, times)
    first = starts[touched]
    # Of an older plan's draws more may be left than is reserved where there is nothing for anybody.
    others = np.where(anybody[item, site] < 0, own, anybody[item, site])
    sources[first, 1] = np.where(rest > 0, others, own)
    pieces[first] = np.where(rest > 0, rest, reserved)
    sources[first[both] + 1, 1], pieces[first[both] + 1] = own[both], reserved[both]
    size = np.array([len(log.rows), len(pieces)], dtype=np.int64)
    settled = Log(log.rows, starts[log.first_draw], sources, pieces, size)
    return Allocation(settled, allocation.ptr, pools, allocation.broken)
