"""
How many pieces a site can provide, and drawing what they need.

This is the one place that decides feasibility; every policy and every explanation calls it. The
words (need, walk order) are those of docs/explanation/planning-rules.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner
from headgate.planner.kernels.layout import (
    CHILD,
    CHILD_END,
    COMMON,
    DIRTY_FREE,
    DIRTY_HOURS,
    DRAWN,
    DRAWN_PIECE,
    DRAWS,
    ENOUGH,
    FIRST_BITS,
    FIRST_SUB,
    FREE,
    FREE_COUNT,
    HAS_BOM,
    HOLD_FROM,
    HOLD_TO,
    HOURS,
    HOURS_COUNT,
    ITEM,
    JOURNAL,
    KIND,
    MADE,
    MAKE,
    MARK_FREE,
    MARK_HOURS,
    MICRO,
    MOST,
    NEED,
    NODE,
    OFFSET,
    OWN,
    OWN_POOL,
    POOL,
    QUANTITY,
    RESOURCE,
    ROOT,
    ROOT_END,
    ROW,
    SENT_PIECE,
    SHIP_FROM,
    SHIP_TO,
    SHORT,
    STEP,
    STEP_END,
    STEP_OFFSET,
    STOCK_PIECE,
    SUB,
    SUB_END,
    SUB_ITEM,
    UNLIMITED,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.sources import (
    kept_for,
    on_offer,
    own_permits,
    permitted,
    reserved_pool,
    takes,
    takes_sub,
    taste_of,
)

Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]


@inner
def bound(trees: Trees, world: World, scratch: Scratch, root: Int, site: Int, bucket: Int,
          banned: Bytes, claim: Int) -> Int:
    """
    At least as many pieces as the site can provide in a bucket: needs that share a part count it
    each. Exact where no part occurs twice.

    banned : (items,) 1 for what must not be drawn
    """
    first = trees.items[root, ROOT]
    for node in range(trees.items[root, ROOT_END] - 1, first - 1, -1):
        when = bucket - trees.nodes[node, OFFSET]
        if when < 0:
            scratch.work[MOST, node - first] = 0
            continue
        item = trees.nodes[node, ITEM]
        taste = taste_of(world, item, site, when)
        what = DRAWN_PIECE if node > first else STOCK_PIECE
        pieces = 0
        if not banned[item] and takes(taste, OWN):
            pieces = on_offer(world, item, site, claim, when)
        elif not banned[item]:
            pieces = kept_for(world, item, site, claim, when)
        if pieces > 0:
            pieces = min(pieces, permitted(world, what, claim, item, bucket, when))
        if trees.nodes[node, HAS_BOM]:
            if takes(taste, MAKE):
                pieces += _bound_of_making(trees, world, scratch, node, first, site, bucket)
        elif node > first:
            for row in range(trees.items[item, SUB], trees.items[item, SUB_END]):
                if takes_sub(trees, item, row, when, banned, taste):
                    other = trees.subs[row, SUB_ITEM]
                    pieces = min(ENOUGH, pieces + min(
                        on_offer(world, other, site, claim, when),
                        permitted(world, what, claim, other, bucket, when)))
        scratch.work[MOST, node - first] = min(pieces, ENOUGH)
    return min(int(scratch.work[MOST, 0]),
               permitted(world, SENT_PIECE, claim, root, bucket, bucket))


@inner
def _bound_of_making(trees: Trees, world: World, scratch: Scratch, node: Int, first: Int,
                     site: Int, bucket: Int) -> Int:
    pieces = ENOUGH
    holds = False
    for place in range(trees.nodes[node, CHILD], trees.nodes[node, CHILD_END]):
        child = trees.children[place]
        when = bucket - trees.nodes[child, OFFSET]
        if when < 0:
            return 0
        if trees.nodes[child, HOLD_FROM] <= when <= trees.nodes[child, HOLD_TO]:
            holds = True
            pieces = min(pieces, scratch.work[MOST, child - first] // trees.nodes[child, QUANTITY])
            if pieces == 0:
                return 0
    if not holds:
        return 0
    for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
        micro = trees.steps[step, MICRO]
        if micro > 0:
            row = world.hours_row[trees.steps[step, RESOURCE], site]
            when = bucket - trees.steps[step, STEP_OFFSET]
            if row < 0 or when < 0:
                return 0
            there = world.hours[row, when]
            if there != UNLIMITED:
                pieces = min(pieces, there // micro)
    return pieces


@inner
def save(scratch: Scratch, kind: Int, row: Int, values: Longs) -> None:
    """Note a row in the journal before it is overwritten, and mark it as touched."""
    place = scratch.size[JOURNAL]
    scratch.journal[place, ROW] = row
    scratch.journal[place, KIND] = kind
    for week in range(len(values)):
        scratch.saved[place, week] = values[week]
    scratch.size[JOURNAL] = place + 1
    mark, listed, count = ((MARK_FREE, DIRTY_FREE, FREE_COUNT) if kind == FREE else
                           (MARK_HOURS, DIRTY_HOURS, HOURS_COUNT))
    if not scratch.dirty[mark, row]:
        scratch.dirty[mark, row] = 1
        scratch.dirty[listed, scratch.size[count]] = row
        scratch.size[count] += 1


@inner
def undo(world: World, scratch: Scratch, journal: Int, draws: Int) -> None:
    """Put back every row that was overwritten since the journal had `journal` entries."""
    for place in range(scratch.size[JOURNAL] - 1, journal - 1, -1):
        row = scratch.journal[place, ROW]
        if scratch.journal[place, KIND] == FREE:
            for week in range(world.free.shape[1]):
                world.free[row, week] = scratch.saved[place, week]
        else:
            for week in range(world.hours.shape[1]):
                world.hours[row, week] = scratch.saved[place, week]
    scratch.size[JOURNAL] = journal
    scratch.size[DRAWS] = draws


@inner
def restore(world: World, clean: World, scratch: Scratch) -> None:
    """Bring every touched row of a world back to its clean twin's, and forget the touching."""
    for place in range(scratch.size[FREE_COUNT]):
        row = scratch.dirty[DIRTY_FREE, place]
        for week in range(world.free.shape[1]):
            world.free[row, week] = clean.free[row, week]
        scratch.dirty[MARK_FREE, row] = 0
    for place in range(scratch.size[HOURS_COUNT]):
        row = scratch.dirty[DIRTY_HOURS, place]
        for week in range(world.hours.shape[1]):
            world.hours[row, week] = clean.hours[row, week]
        scratch.dirty[MARK_HOURS, row] = 0
    for entry in range(4):
        scratch.size[entry] = 0


@inner
def take(row: Longs, bucket: Int, pieces: Int) -> None:
    """Draw from a row of `free` and keep it the smallest balance from each bucket on."""
    for week in range(bucket, len(row)):
        row[week] -= pieces
    least = row[bucket]
    week = bucket - 1
    while week >= 0 and row[week] > least:
        row[week] = least
        week -= 1


@inner
def _draw(world: World, scratch: Scratch, node: Int, pool: Int, bucket: Int, wanted: Int) -> Int:
    """Draw at most `wanted` pieces from a pool, or of a permit; what was drawn."""
    if pool < 0:
        return 0
    pieces = min(wanted, world.free[pool, bucket])
    if pieces <= 0:
        return 0
    save(scratch, FREE, pool, world.free[pool])
    take(world.free[pool], bucket, pieces)
    place = scratch.size[DRAWS]
    scratch.draws[place, NODE] = node
    scratch.draws[place, POOL] = pool
    scratch.draws[place, DRAWN] = pieces
    scratch.size[DRAWS] = place + 1
    return int(pieces)


@inner
def _pay(world: World, scratch: Scratch, what: Int, claim: Int, item: Int, node: Int, ship: Int,
         when: Int, pieces: Int) -> None:
    """Take the permits of pieces that `permitted` allows, those of the claim's own first."""
    place = world.quoted[item] if len(world.quoted) > 0 else np.int64(-1)
    if place < 0 or pieces == 0:
        return
    row = claim * (world.toll_ptr.shape[1] - 1) // len(world.claims) + place
    for toll in range(world.toll_ptr[what, row], world.toll_ptr[what, row + 1]):
        if world.tolls[toll, SHIP_FROM] <= ship <= world.tolls[toll, SHIP_TO]:
            own = min(pieces, own_permits(world, toll, when))
            if own > 0:
                _draw(world, scratch, -1 - node, world.tolls[toll, OWN_POOL], when, own)
            _draw(world, scratch, -1 - node, world.tolls[toll, COMMON], when, pieces - own)


@inner
def _draw_item(world: World, scratch: Scratch, what: Int, node: Int, item: Int, site: Int,
               claim: Int, ship: Int, when: Int, wanted: Int, kept: bool) -> Int:
    """
    Draw an item as far as quotas allow, a customer's reserved pieces before those for anybody.

    kept : whether reserved pieces only are drawn; returns what was drawn
    """
    wanted = min(wanted, permitted(world, what, claim, item, ship, when))
    pieces = 0
    if claim > 0:
        pieces = _draw(world, scratch, node, reserved_pool(world, claim, item, site), when,
                       wanted)
    if pieces < wanted and not kept:
        pieces += _draw(world, scratch, node, world.pool_of[item, site], when, wanted - pieces)
    _pay(world, scratch, what, claim, item, node, ship, when, pieces)
    return pieces


STRICT, SOFT, EARLY = np.int64(0), np.int64(1), np.int64(2)
"""Modes of a walk: fail at a short need; note it and go on; count weeks before 0 as 0."""


@inner
def walk(trees: Trees, world: World, scratch: Scratch, root: Int, site: Int, bucket: Int,
         pieces: Int, banned: Bytes, claim: Int, mode: Int) -> bool:
    """
    Draw what `pieces` of a sold item need, in walk order; False when a need falls short.

    STRICT leaves a failed walk's draws in place for `undo`. SOFT and EARLY never fail: `short`
    holds what each leaf lacked and `made` what each node made; they draw no hours. EARLY is for
    the open book, whose leaves never end: it does not draw them.
    """
    first, end = trees.items[root, ROOT], trees.items[root, ROOT_END]
    for place in range(end - first):
        scratch.work[NEED, place] = 0
        scratch.work[SHORT, place] = 0
        scratch.work[MADE, place] = 0
    scratch.work[NEED, 0] = pieces
    if mode == STRICT:
        if permitted(world, SENT_PIECE, claim, root, bucket, bucket) < pieces:
            return False
        _pay(world, scratch, SENT_PIECE, claim, root, first, bucket, bucket, pieces)
    for node in range(first, end):
        rest = scratch.work[NEED, node - first]
        if rest == 0:
            continue
        item = trees.nodes[node, ITEM]
        when = bucket - trees.nodes[node, OFFSET]
        if when < 0 and mode == EARLY:
            when = 0
        if mode == EARLY and not trees.nodes[node, HAS_BOM]:
            continue
        what = DRAWN_PIECE if node > first else STOCK_PIECE
        taste = taste_of(world, item, site, when)
        favourite = taste & ((1 << FIRST_BITS) - 1)
        if taste != OWN and claim > 0 and when >= 0 and not banned[item]:
            # Prices are those that everybody pays; what is reserved for a customer comes first.
            rest -= _draw_item(world, scratch, what, node, item, site, claim, bucket, when, rest,
                               True)
        if favourite >= FIRST_SUB and node > first and not trees.nodes[node, HAS_BOM]:
            row = trees.items[item, SUB] + favourite - FIRST_SUB
            if takes_sub(trees, item, row, when, banned, taste):
                rest -= _draw_item(world, scratch, what, node, trees.subs[row, SUB_ITEM], site,
                                   claim, bucket, when, rest, False)
        if when >= 0 and not banned[item] and takes(taste, OWN):
            stock = rest
            if favourite == MAKE and trees.nodes[node, HAS_BOM]:
                stock -= min(rest, _bound_of_making(trees, world, scratch, node, first, site,
                                                    bucket))
            rest -= _draw_item(world, scratch, what, node, item, site, claim, bucket, when, stock,
                               False)
        if rest > 0 and not trees.nodes[node, HAS_BOM]:
            for row in range(trees.items[item, SUB], trees.items[item, SUB_END]):
                if rest > 0 and node > first and when >= 0 and takes_sub(
                        trees, item, row, when, banned, taste):
                    rest -= _draw_item(world, scratch, what, node, trees.subs[row, SUB_ITEM],
                                       site, claim, bucket, when, rest, False)
            if rest > 0:
                if mode == STRICT:
                    return False
                scratch.work[SHORT, node - first] = rest
        elif rest > 0:
            if not takes(taste, MAKE) or not _make(trees, world, scratch, node, first, site,
                                                   bucket, rest, mode):
                if mode == STRICT:
                    return False
            else:
                scratch.work[MADE, node - first] = rest
    return True


@inner
def _make(trees: Trees, world: World, scratch: Scratch, node: Int, first: Int, site: Int,
          bucket: Int, pieces: Int, mode: Int) -> bool:
    """Pass the needs of making on to the children and, if STRICT, use the hours."""
    holds = False
    for place in range(trees.nodes[node, CHILD], trees.nodes[node, CHILD_END]):
        child = trees.children[place]
        when = bucket - trees.nodes[child, OFFSET]
        if mode == STRICT and when < 0:
            return False
        if mode == EARLY and when < 0:
            when = 0
        if trees.nodes[child, HOLD_FROM] <= when <= trees.nodes[child, HOLD_TO]:
            holds = True
            scratch.work[NEED, child - first] += pieces * trees.nodes[child, QUANTITY]
    if mode != STRICT or not holds:
        return holds
    for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
        micro = trees.steps[step, MICRO]
        if micro > 0:
            row = world.hours_row[trees.steps[step, RESOURCE], site]
            when = bucket - trees.steps[step, STEP_OFFSET]
            if row < 0 or when < 0:
                return False
            there = world.hours[row, when]
            if there != UNLIMITED:
                if there // micro < pieces:
                    return False
                save(scratch, HOURS, row, world.hours[row])
                world.hours[row, when] = there - pieces * micro
    return True


@inner
def provide(trees: Trees, world: World, scratch: Scratch, root: Int, site: Int, bucket: Int,
            wanted: Int, lot: Int, banned: Bytes, claim: Int) -> tuple[Int, Int]:
    """
    Draw for as many pieces as the site can provide, at most `wanted`, in multiples of `lot`.

    returns : pieces provided; the bound that was found, good for later questions too
    """
    most = bound(trees, world, scratch, root, site, bucket, banned, claim)
    pieces = min(wanted, most) // lot * lot
    if pieces <= 0:
        return 0, most
    journal, draws = scratch.size[JOURNAL], scratch.size[DRAWS]
    if walk(trees, world, scratch, root, site, bucket, pieces, banned, claim, STRICT):
        return pieces, most
    undo(world, scratch, journal, draws)
    low, high = 0, pieces // lot
    while high - low > 1:
        middle = (low + high) // 2
        if walk(trees, world, scratch, root, site, bucket, middle * lot, banned, claim, STRICT):
            low = middle
        else:
            high = middle
        undo(world, scratch, journal, draws)
    if low > 0:
        walk(trees, world, scratch, root, site, bucket, low * lot, banned, claim, STRICT)
    return low * lot, most
