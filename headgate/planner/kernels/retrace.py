"""Which need each published draw served: an older plan's draws on the trees of a book."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.layout import (
    CHILD,
    CHILD_END,
    DAYS,
    HAS_BOM,
    HOLD_FROM,
    HOLD_TO,
    ITEM,
    MICRO,
    NEED,
    OFFSET,
    QUANTITY,
    RESOURCE,
    ROOT,
    ROOT_END,
    STEP,
    STEP_END,
    STEP_OFFSET,
    SUB,
    SUB_END,
    SUB_FROM,
    SUB_ITEM,
    SUB_TO,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.rank import (
    BAN,
    CLAIM,
    LANE,
    LANE_SITE,
    LINE,
    PIECES,
    SENT,
    SHIP,
    Lines,
    Log,
)
from headgate.planner.kernels.sources import reserved_pool

Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]

P_CALLED, P_ITEM, P_DAYS, P_PIECES = range(4)
"""Columns of the published draws: item called for, item drawn, lead days, pieces."""


class Drawn(NamedTuple):
    """
    Draws that were published, each array (rows,); numbers -1 where a book does not know them.

    line, item, site : numbers
    stood            : item that was called for, `item` itself where nothing stood in for it
    week             : of the draw, a bucket of the book, below 0 before its first week
    days, pieces     : lead days from the draw to shipping, quantity
    """

    line: Longs
    item: Longs
    site: Longs
    stood: Longs
    week: Longs
    days: Longs
    pieces: Longs


@kernel
def pick_known(drawn: Drawn, sites: Int, weeks: Int, key: Longs, draws: Longs) -> int:
    """
    The draws of lines, items, sites and ship weeks that a book knows; their number, or, where they
    do not stand in the order of key, item called for, item drawn and lead days, -1 less it.

    key   : (rows,) written, one number for line, site and ship week, in this order
    draws : (rows, 4) written
    """
    count, ordered = 0, True
    for row in range(len(drawn.line)):
        ship = drawn.week[row] + (drawn.days[row] + 6) // 7
        if min(drawn.line[row], drawn.item[row], drawn.site[row], drawn.stood[row], ship) < 0 or (
                ship >= weeks):
            continue
        key[count] = (drawn.line[row] * sites + drawn.site[row]) * weeks + ship
        draws[count, P_CALLED], draws[count, P_ITEM] = drawn.stood[row], drawn.item[row]
        draws[count, P_DAYS], draws[count, P_PIECES] = drawn.days[row], drawn.pieces[row]
        if count > 0 and ordered:
            ordered = _in_order(key, draws, count)
        count += 1
    return count if ordered else -1 - count


@inner
def _in_order(key: Longs, draws: Longs, row: Int) -> bool:
    """Whether a draw stands in order behind the one before it."""
    if key[row] != key[row - 1]:
        return bool(key[row] > key[row - 1])
    for column in (P_CALLED, P_ITEM, P_DAYS):
        if draws[row, column] != draws[row - 1, column]:
            return bool(draws[row, column] > draws[row - 1, column])
    return True


@kernel
def find_spans(key: Longs, asked: Longs, spans: Longs) -> None:
    """
    Where each number that is asked for begins and ends among sorted ones.

    asked : in any order; quick where each is near the one before it
    spans : (asked, 2) written
    """
    place = np.int64(0)
    for row in range(len(asked)):
        place = _first_from(key, asked[row], place)
        spans[row, 0] = place
        spans[row, 1] = _first_from(key, asked[row] + 1, place)


@inner
def _first_from(key: Longs, least: Int, near: Int) -> Int:
    """The first place of sorted numbers that is not below one, looked for about a place."""
    low, high, step = np.int64(0), np.int64(len(key)), np.int64(1)
    if near > 0 and key[near - 1] >= least:
        high = near - 1
    else:
        low = near
        while low + step < high and key[low + step - 1] < least:
            low += step
            step *= 2
        high = min(high, low + step)
    while low < high:
        middle = (low + high) // 2
        if key[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def _allowed(trees: Trees, banned: Bytes, node: Int, drawn: Int, when: Int) -> bool:
    """Whether an item may be drawn for a need in a week."""
    called = trees.nodes[node, ITEM]
    if banned[drawn]:
        return False
    if drawn == called:
        return True
    for row in range(trees.items[called, SUB], trees.items[called, SUB_END]):
        if trees.subs[row, SUB_ITEM] == drawn and (
                trees.subs[row, SUB_FROM] <= when <= trees.subs[row, SUB_TO]):
            return True
    return False


@inner
def _make(trees: Trees, world: World, scratch: Scratch, node: Int, root: Int, site: Int,
          ship: Int, pieces: Int) -> bool:
    """Pass what is made on to the components; False when it cannot be made in its weeks."""
    holds = False
    for place in range(trees.nodes[node, CHILD], trees.nodes[node, CHILD_END]):
        child = trees.children[place]
        when = ship - trees.nodes[child, OFFSET]
        if when < 0:
            return False
        if trees.nodes[child, HOLD_FROM] <= when <= trees.nodes[child, HOLD_TO]:
            holds = True
            scratch.work[NEED, child - root] += pieces * trees.nodes[child, QUANTITY]
    for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
        if trees.steps[step, MICRO] > 0 and (
                world.hours_row[trees.steps[step, RESOURCE], site] < 0
                or ship < trees.steps[step, STEP_OFFSET]):
            return False
    return holds


@inner
def _note(world: World, log: Log, node: Int, item: Int, site: Int, claim: Int,
          pieces: Int) -> bool:
    """Note a draw, added to the one before if that is alike; False when there is no such pool."""
    pool = world.pool_of[item, site]
    if pool < 0 and claim > 0:
        pool = reserved_pool(world, claim, item, site)
    if pool < 0:
        return False
    draw = log.size[1]
    if draw > log.first_draw[log.size[0]] and log.sources[draw - 1, 0] == node and (
            log.sources[draw - 1, 1] == pool):
        log.pieces[draw - 1] += pieces
        return True
    log.sources[draw, 0], log.sources[draw, 1], log.pieces[draw] = node, pool, pieces
    log.size[1] = draw + 1
    return True


@inner
def _retrace_row(trees: Trees, world: World, scratch: Scratch, lines: Lines, log: Log, row: Longs,
                 draws: Longs, first: Int, end: Int, published: Bytes) -> bool:
    """
    Walk one allocation down its tree and meet its needs as they were met; False when a need is
    left, or one was met by what the book does not allow.
    """
    root, root_end = trees.items[row[SENT], ROOT], trees.items[row[SENT], ROOT_END]
    site, ship = lines.lanes[row[LANE], LANE_SITE], row[SHIP]
    banned, claim = lines.banned[lines.rows[row[LINE], BAN]], lines.rows[row[LINE], CLAIM]
    for place in range(root_end - root):
        scratch.work[NEED, place] = 0
    scratch.work[NEED, 0] = row[PIECES]
    for node in range(root, root_end):
        rest = scratch.work[NEED, node - root]
        when = ship - trees.nodes[node, OFFSET]
        if rest == 0:
            continue
        if when < 0:
            return False
        item = trees.nodes[node, ITEM]
        # Nothing stands in for what is sold or made: such draws are of another allocation.
        leaf = node != root and not trees.nodes[node, HAS_BOM]
        for draw in range(first, end):
            if rest > 0 and draws[draw, P_PIECES] > 0 and draws[draw, P_CALLED] == item and (
                    draws[draw, P_DAYS] == trees.nodes[node, DAYS]) and (
                        leaf or draws[draw, P_ITEM] == item):
                pieces = min(rest, draws[draw, P_PIECES])
                if not _allowed(trees, banned, node, draws[draw, P_ITEM], when) or not _note(
                        world, log, node, draws[draw, P_ITEM], site, claim, pieces):
                    return False
                draws[draw, P_PIECES] -= pieces
                rest -= pieces
        if rest > 0 and trees.nodes[node, HAS_BOM]:
            if not _make(trees, world, scratch, node, root, site, ship, rest):
                return False
        elif rest > 0 and (published[item] or banned[item] or not _note(
                world, log, node, item, site, claim, rest)):
            # What is not published is a leaf without a choice: the allocation alone says its draw.
            return False
    return True


@kernel
def retrace(trees: Trees, world: World, scratch: Scratch, lines: Lines, rows: Longs,
            spans: Longs, draws: Longs, published: Bytes, log: Log, kept: Bytes) -> None:
    """
    The draws of given allocations, from what was published of them, into a log.

    rows      : (allocations, 5) in the columns of `Log.rows`, each allowed
    spans     : (allocations, 2) first row and end in `draws`; allocations of one line, site and
                week share theirs: equal needs are interchangeable, so the first takes the first
    draws     : (draws, 4), used up
    published : (items,) 1 where all draws of an item are in `draws`
    log       : room for all; takes the allocations whose needs are met as they were
    kept      : (allocations,) written, 1 for those
    """
    for row in range(len(rows)):
        before = log.size[1]
        if _retrace_row(trees, world, scratch, lines, log, rows[row], draws, spans[row, 0],
                        spans[row, 1], published):
            place = log.size[0]
            for column in range(rows.shape[1]):
                log.rows[place, column] = rows[row, column]
            log.size[0] = place + 1
            log.first_draw[place + 1] = log.size[1]
            kept[row] = 1
        else:
            log.size[1] = before
