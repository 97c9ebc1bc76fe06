"""What the pools of a need offer, and which of its sources are used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner
from headgate.planner.kernels.layout import (
    COMMON,
    ENOUGH,
    FIRST_BITS,
    FIRST_SUB,
    MOST_SOURCES,
    OWN_FROM,
    OWN_POOL,
    OWN_TO,
    SHIP_FROM,
    SHIP_TO,
    SUB,
    SUB_FROM,
    SUB_ITEM,
    SUB_TO,
    TOLLED,
    Trees,
    World,
)

Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]


@inner
def reserved_pool(world: World, claim: Int, item: Int, site: Int) -> Int:
    """The pool of an item at a site that is reserved for a claim; -1 none."""
    sites = world.pool_of.shape[1]
    key = (np.int64(claim) * world.pool_of.shape[0] + item) * sites + site
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
def claim_in_use(world: World, claim: Int) -> Int:
    """
    A claim while anything reserved for it is left, or permits are asked of it, else 0.

    The last week's balance is the largest, so one look at it tells. Most customers' reserves are
    soon used up, and what is remembered of the pools for anybody then holds for them, too.
    """
    if claim == 0 or world.claims[claim, TOLLED]:
        return claim
    span = np.int64(world.pool_of.shape[0]) * world.pool_of.shape[1]
    last = world.free.shape[1] - 1
    low, high = 0, len(world.reserved)
    while low < high:
        middle = (low + high) // 2
        if world.reserved[middle, 0] < claim * span:
            low = middle + 1
        else:
            high = middle
    while low < len(world.reserved) and world.reserved[low, 0] < (claim + 1) * span:
        if world.free[world.reserved[low, 1], last] > 0:
            return claim
        low += 1
    return 0


@inner
def kept_for(world: World, item: Int, site: Int, claim: Int, bucket: Int) -> Int:
    """Pieces of an item that are reserved for a customer and can be drawn in a bucket."""
    pool = reserved_pool(world, claim, item, site) if claim > 0 else np.int64(-1)
    return world.free[pool, bucket] if pool >= 0 else np.int64(0)


@inner
def on_offer(world: World, item: Int, site: Int, claim: Int, bucket: Int) -> Int:
    """Pieces of an item that a customer can draw in a bucket, reserved ones included."""
    pieces: Int = 0
    pool = world.pool_of[item, site]
    if pool >= 0:
        pieces += world.free[pool, bucket]
    return pieces + kept_for(world, item, site, claim, bucket)


@inner
def permitted(world: World, what: Int, claim: Int, item: Int, ship: Int, when: Int) -> Int:
    """
    Pieces that quotas still allow a claim to send or draw, ENOUGH where none names the item.

    what : SENT_PIECE, DRAWN_PIECE or STOCK_PIECE; ship, when : weeks of shipment and draw
    """
    least: Int = ENOUGH
    place = world.quoted[item] if len(world.quoted) > 0 else np.int64(-1)
    if place < 0:
        return least
    row = claim * (world.toll_ptr.shape[1] - 1) // len(world.claims) + place
    for toll in range(world.toll_ptr[what, row], world.toll_ptr[what, row + 1]):
        if world.tolls[toll, SHIP_FROM] <= ship <= world.tolls[toll, SHIP_TO]:
            there: Int = own_permits(world, toll, when)
            common = world.tolls[toll, COMMON]
            if common >= 0:
                there += max(0, world.free[common, when])
            least = min(least, there)
    return least


@inner
def own_permits(world: World, toll: Int, when: Int) -> Int:
    """Permits of a reservation of the claim's own that hold for a draw in a week."""
    own = world.tolls[toll, OWN_POOL]
    if own >= 0 and world.tolls[toll, OWN_FROM] <= when <= world.tolls[toll, OWN_TO]:
        return max(np.int64(0), world.free[own, when])
    return np.int64(0)


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
