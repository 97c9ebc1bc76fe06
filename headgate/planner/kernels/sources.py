"""What the pools of a need offer, and which of its sources are used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner
from headgate.planner.kernels.layout import (
    FIRST_BITS,
    FIRST_SUB,
    MOST_SOURCES,
    SUB,
    SUB_FROM,
    SUB_ITEM,
    SUB_TO,
    Trees,
    World,
)

Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]


@inner
def reserved_pool(world: World, slot: Int, item: Int, site: Int) -> Int:
    """The pool of an item at a site that only customer `slot` may draw; -1 none."""
    sites = world.pool_of.shape[1]
    key = (np.int64(slot) * world.pool_of.shape[0] + item) * sites + site
    low, high = 0, len(world.reserved)
    while low < high:
        middle = (low + high) // 2
        if world.reserved[middle, 0] < key:
            low = middle + 1
        else:
            high = middle
    if low < len(world.reserved) and world.reserved[low, 0] == key:
        return int(world.reserved[low, 1])
    return -1


@inner
def slot_in_use(world: World, slot: Int) -> Int:
    """
    A customer's slot while anything reserved for that customer is left, else 0.

    The last week's balance is the largest, so one look at it tells. Most customers' reserves are
    soon used up, and what is remembered of the pools for anybody then holds for them, too.
    """
    if slot == 0:
        return 0
    span = np.int64(world.pool_of.shape[0]) * world.pool_of.shape[1]
    last = world.free.shape[1] - 1
    low, high = 0, len(world.reserved)
    while low < high:
        middle = (low + high) // 2
        if world.reserved[middle, 0] < slot * span:
            low = middle + 1
        else:
            high = middle
    while low < len(world.reserved) and world.reserved[low, 0] < (slot + 1) * span:
        if world.free[world.reserved[low, 1], last] > 0:
            return slot
        low += 1
    return 0


@inner
def kept_for(world: World, item: Int, site: Int, slot: Int, bucket: Int) -> Int:
    """Pieces of an item that are reserved for a customer and can be drawn in a bucket."""
    pool = reserved_pool(world, slot, item, site) if slot > 0 else np.int64(-1)
    return world.free[pool, bucket] if pool >= 0 else np.int64(0)


@inner
def on_offer(world: World, item: Int, site: Int, slot: Int, bucket: Int) -> Int:
    """Pieces of an item that a customer can draw in a bucket, reserved ones included."""
    pieces: Int = 0
    pool = world.pool_of[item, site]
    if pool >= 0:
        pieces += world.free[pool, bucket]
    return pieces + kept_for(world, item, site, slot, bucket)


@inner
def taste_of(world: World, item: Int, site: Int, when: Int) -> Int:
    """What prices say of a need's sources, see `World.taste`; nothing is marked if not picky."""
    if world.taste.shape[0] == 0 or when < 0:
        return np.int64(0)
    taste = np.int64(world.taste[item, site, when])
    return taste if world.picky[0] else taste & ((1 << FIRST_BITS) - 1)


@inner
def takes(taste: Int, source: Int) -> bool:
    """False for a source that costs far too much."""
    return source >= MOST_SOURCES or not (taste >> (FIRST_BITS + source)) & 1


@inner
def takes_sub(trees: Trees, item: Int, row: Int, when: Int, banned: Bytes, taste: Int) -> bool:
    """Whether a substitute may stand in for an item in a week."""
    return takes(taste, row - trees.items[item, SUB] + FIRST_SUB) and (
        not banned[trees.subs[row, SUB_ITEM]]) and (
        trees.subs[row, SUB_FROM] <= when <= trees.subs[row, SUB_TO])
