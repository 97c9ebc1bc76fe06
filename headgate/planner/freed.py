"""Whom a change may help: parts of which there is more than before, and who needs them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.confirmed import Confirmed
from headgate.planner.kernels.layout import COMMON, OWN_POOL
from headgate.planner.older import Older, buckets_of_days
from headgate.planner.reliefs import lines_needing
from headgate.planner.world import Pools

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]


def freed_pools(book: Book, pools: Pools, older: Older,
                had: Confirmed) -> tuple[Bools, Bools]:
    """
    (pools,) of which more has come by some week than the older plan's `shortages` say had come, and
    on which lines drew that are gone or have become smaller. Less in the first week, in which stock
    counts, has shipped and makes up for nothing.
    """
    places = np.full((len(book.items), len(book.sites)), -1, dtype=np.int64)
    free = np.flatnonzero(pools.slot == 0)
    places[pools.item[free], pools.site[free]] = free
    found = np.zeros(len(pools.item), dtype=np.bool_)
    drawn = older.drawn
    smaller = np.append(book.lines.open < had.open, True)
    gone = smaller[drawn.line] & (drawn.item >= 0) & (drawn.site >= 0)
    left = places[drawn.item[gone], drawn.site[gone]]
    found[left[left >= 0]] = True
    short = older.start.shortages
    item, site = short.id.within(book.items), short.site.within(book.sites)
    week = buckets_of_days(book, short.day)
    known = (item >= 0) & (site >= 0) & (week >= 0) & (week < book.horizon)
    known[known] &= places[item[known], site[known]] >= 0
    known[known] &= np.isfinite(short.there[known])
    pool, week = places[item[known], site[known]], week[known]
    # What is kept for customers counts as theirs and everybody's, as in the table.
    receipts = np.zeros(pools.supplied.shape)
    np.add.at(receipts, places[pools.item, pools.site], np.diff(pools.supplied, axis=1, prepend=0))
    fresh = np.zeros(pools.supplied.shape)
    fresh[pool, week] = receipts[pool, week] - short.there[known]
    fresh[:, 0] = np.maximum(0.0, fresh[:, 0])
    more = np.cumsum(fresh, axis=1).max(axis=1, initial=0) > 0
    return np.asarray(more, dtype=np.bool_), found


def lines_asking_for(pools: Pools, permits: Longs) -> Bools:
    """(lines,) whether what a line is sent can count on one of some permits, by their places."""
    own = pools.permits
    named = (own.toll_ptr.shape[1] - 1) // max(1, len(own.claims))
    chosen = np.isin(own.tolls[:, [OWN_POOL, COMMON]], permits + len(pools)).any(axis=1)
    before = np.concatenate([[0], np.cumsum(chosen)])
    ends = own.toll_ptr[:, np.arange(len(own.claims) + 1) * named]
    counts = (before[ends[:, 1:]] - before[ends[:, :-1]]).sum(axis=0)
    return np.asarray(counts[own.claim] > 0, dtype=np.bool_)


def lines_drawing(book: Book, pools: Pools, chosen: Bools) -> Bools:
    """(lines,) whether what a line may be sent needs an item of a chosen pool, or may draw it."""
    forest = book.forest
    items = np.zeros(len(book.items), dtype=np.bool_)
    items[pools.item[chosen]] = True
    called = np.repeat(np.arange(len(book.items)), np.diff(forest.sub_ptr))
    stands_in = items.copy()
    stands_in[called[items[forest.sub_item]]] = True
    return lines_needing(book, stands_in[forest.item])
