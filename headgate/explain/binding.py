"""
Compiled loops of the explanations: what binds the reference shipment of a line.

The rules are those of "What binds" in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.explain.kernels import (
    CAPACITY,
    HORIZON,
    LEAD_TIME,
    NO_LANE,
    PART,
    RESTRICTION,
    WINDOW,
)
from headgate.explain.references import reference_of
from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.explode import made_by
from headgate.planner.kernels.layout import (
    DAYS,
    DIRTY_FREE,
    DRAWS,
    FREE,
    FREE_COUNT,
    HAS_BOM,
    HOURS,
    ITEM,
    JOURNAL,
    MADE,
    MARK_FREE,
    MARK_HOURS,
    MICRO,
    NEED,
    OFFSET,
    RESOURCE,
    ROOT,
    ROOT_END,
    SHORT,
    START,
    STEP,
    STEP_END,
    STEP_OFFSET,
    SUB,
    SUB_END,
    SUB_FROM,
    SUB_ITEM,
    SUB_TO,
    UNLIMITED,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.rank import (
    BAN,
    CLAIM,
    COMPLETE,
    EARLIEST,
    LANE,
    LANE_SITE,
    LANE_WEEKS,
    OPEN,
    SENT,
    SHIP,
    Lines,
    Log,
)
from headgate.planner.kernels.sources import on_offer
from headgate.planner.kernels.walk import SOFT, restore, save, undo, walk

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]

BOUND, INDEX, WHERE, BUCKET, FIRST, WANTED, LACKING = range(7)
"""
Fields of what binds, an int64 row: kind 0 nothing, 1 part, 2 resource; index, site and the bucket
of the need; the first bucket in which the full need could be met, the horizon if never; pieces (or
millionths of an hour) of the need, and what was not found.
"""


@inner
def note(row: Longs, kind: Int, index: Int, site: Int, bucket: Int, first: Int, wanted: Int,
         lacking: Int) -> None:
    """Write what binds into a row."""
    row[BOUND], row[INDEX], row[WHERE], row[BUCKET] = kind, index, site, bucket
    row[FIRST], row[WANTED], row[LACKING] = first, wanted, lacking


@inner
def give_back(trees: Trees, left: World, balance: Longs, scratch: Scratch, lines: Lines,
              plan: Log, first: Int, end: Int) -> None:
    """
    Add a line's own draws and hours to what the plan leaves.

    balance : (pools, weeks) of the plan, not yet the smallest from each week on
    """
    return_draws(trees, left, balance, scratch, lines, plan, first, end)
    settle(left, scratch)


@inner
def return_draws(trees: Trees, left: World, balance: Longs, scratch: Scratch, lines: Lines,
                 plan: Log, first: Int, end: Int) -> None:
    """What `give_back` does, but for `settle`, so that more can be added to the same rows."""
    for row in range(first, end):
        for draw in range(plan.first_draw[row], plan.first_draw[row + 1]):
            pool = np.int64(plan.sources[draw, 1])
            lay_open(left, balance, scratch, pool)
            when = max(0, plan.rows[row, SHIP] - trees.nodes[plan.sources[draw, 0], OFFSET])
            for week in range(when, left.free.shape[1]):
                left.free[pool, week] += plan.pieces[draw]
        made_by(trees, scratch.work, plan, row)
        _give_hours_back(trees, left, scratch, lines, plan, row)


@inner
def lay_open(left: World, balance: Longs, scratch: Scratch, pool: Int) -> None:
    """Make a row of what the plan leaves the plan's true balance, until `settle`."""
    if not scratch.dirty[MARK_FREE, pool]:
        scratch.size[JOURNAL] = 0
        save(scratch, FREE, pool, left.free[pool])
        for week in range(left.free.shape[1]):
            left.free[pool, week] = balance[pool, week]


@inner
def settle(left: World, scratch: Scratch) -> None:
    """Make every row that was laid open the smallest balance from each week on."""
    for place_ in range(scratch.size[FREE_COUNT]):
        values = left.free[scratch.dirty[DIRTY_FREE, place_]]
        for week in range(len(values) - 2, -1, -1):
            values[week] = min(values[week], values[week + 1])
    scratch.size[JOURNAL] = 0


@inner
def _give_hours_back(trees: Trees, left: World, scratch: Scratch, lines: Lines, plan: Log,
                     row: Int) -> None:
    sent = plan.rows[row, SENT]
    first, end = trees.items[sent, ROOT], trees.items[sent, ROOT_END]
    site = lines.lanes[plan.rows[row, LANE], LANE_SITE]
    for node in range(first, end):
        made = scratch.work[MADE, node - first]
        if made <= 0 or not trees.nodes[node, HAS_BOM]:
            continue
        for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
            hours = left.hours_row[trees.steps[step, RESOURCE], site]
            when = plan.rows[row, SHIP] - trees.steps[step, STEP_OFFSET]
            if hours >= 0 and trees.steps[step, MICRO] > 0 and left.hours[hours, when] != UNLIMITED:
                if not scratch.dirty[MARK_HOURS, hours]:
                    scratch.size[JOURNAL] = 0
                    save(scratch, HOURS, hours, left.hours[hours])
                left.hours[hours, when] += made * trees.steps[step, MICRO]


@inner
def _binds_more(ship: Int, order: Int, when: Int, best: Longs) -> bool:
    """Whether a candidate binds rather than the best so far: latest, then by id, then earlier."""
    if ship == best[0] and (order < best[1] or (order == best[1] and when < best[2])):
        best[1], best[2] = order, when
        return True
    if ship > best[0]:
        best[0], best[1], best[2] = ship, order, when
        return True
    return False


@inner
def binding(trees: Trees, world: World, scratch: Scratch, lines: Lines, order: Ints, line: Int,
            item: Int, lane: Int, ship: Int, first_ship: Int, found: Longs,
            slowest: Longs, best: Longs) -> None:
    """
    What binds a reference shipment of all open pieces; and the leaf with the longest lead time.

    order          : (items + resources,) place of each id among all, items before resources
    found, slowest : rows to write into; their kind stays 0 when there is none
    best           : (3,) working memory of `_binds_more`
    """
    site, claim = lines.lanes[lane, LANE_SITE], lines.rows[line, CLAIM]
    banned = lines.banned[lines.rows[line, BAN]]
    scratch.size[JOURNAL], scratch.size[DRAWS] = 0, 0
    walk(trees, world, scratch, item, site, ship, lines.rows[line, OPEN], banned, claim, SOFT)
    undo(world, scratch, START, START)
    start, end = trees.items[item, ROOT], trees.items[item, ROOT_END]
    best[0] = -(2**40)
    longest_days, longest_name = -1, 0
    for node in range(start, end):
        need = scratch.work[NEED, node - start]
        part = trees.nodes[node, ITEM]
        when = ship - trees.nodes[node, OFFSET]
        if need > 0 and not trees.nodes[node, HAS_BOM]:
            days = trees.nodes[node, DAYS]
            if days > longest_days or (days == longest_days and order[part] < longest_name):
                longest_days, longest_name = days, order[part]
                note(slowest, 1, part, site, when, max(0, when), need, 0)
            if scratch.work[SHORT, node - start] > 0:
                first = _first_offer(trees, world, part, site, claim, banned, when, need,
                                     node > start)
                if _binds_more(first + trees.nodes[node, OFFSET], order[part], when, best):
                    note(found, 1, part, site, when, first, need, scratch.work[SHORT, node - start])
    _bind_steps(trees, world, scratch, lines, order, line, item, site, ship,
                max(0, ship - first_ship), found, best)
    if found[BOUND] == 0:
        # Hours of earlier weeks help nobody whose parts were not there then.
        _bind_steps(trees, world, scratch, lines, order, line, item, site, ship, np.int64(0),
                    found, best)


@inner
def _bind_steps(trees: Trees, world: World, scratch: Scratch, lines: Lines, order: Ints,
                line: Int, item: Int, site: Int, ship: Int, spread: Int, found: Longs,
                best: Longs) -> None:
    """The steps among the candidates, their hours counted from `spread` weeks before their own."""
    start, end = trees.items[item, ROOT], trees.items[item, ROOT_END]
    complete = lines.rows[line, COMPLETE] != 0
    for node in range(start, end):
        made = scratch.work[MADE, node - start]
        if made <= 0:
            continue
        for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
            name = order[world.pool_of.shape[0] + trees.steps[step, RESOURCE]]
            offset = trees.steps[step, STEP_OFFSET]
            first, hours, lacking = _first_hours(trees, world, step, site, ship - offset, spread,
                                                 made, complete)
            if first > ship - offset and _binds_more(first + offset, name, ship - offset, best):
                note(found, 2, trees.steps[step, RESOURCE], site, ship - offset, first, hours,
                     lacking)


@inner
def _first_offer(trees: Trees, world: World, item: Int, site: Int, claim: Int, banned: Bytes,
                 when: Int, wanted: Int, replaceable: bool) -> Int:
    """The first bucket in which an item and its substitutes offer the pieces wanted."""
    weeks = world.free.shape[1]
    for week in range(max(0, when), weeks):
        pieces = 0 if banned[item] else on_offer(world, item, site, claim, week)
        for row in range(trees.items[item, SUB], trees.items[item, SUB_END]):
            other = trees.subs[row, SUB_ITEM]
            if replaceable and not banned[other] and (
                    trees.subs[row, SUB_FROM] <= week <= trees.subs[row, SUB_TO]):
                pieces += on_offer(world, other, site, claim, week)
        if pieces >= wanted:
            return week
    return weeks


@inner
def _first_hours(trees: Trees, world: World, step: Int, site: Int, when: Int, spread: Int,
                 made: Int, complete: bool) -> tuple[int, int, int]:
    """The first bucket by which a step has its hours; the hours it wants, and what it lacks."""
    weeks = world.hours.shape[1] if world.hours.shape[0] > 0 else world.free.shape[1]
    micro = trees.steps[step, MICRO]
    row = world.hours_row[trees.steps[step, RESOURCE], site]
    wanted = UNLIMITED if micro > 0 and made > UNLIMITED // micro else made * micro
    if micro == 0:
        return when, 0, 0
    there, by_then = 0, 0
    first = weeks
    for week in range(max(0, when - spread), weeks):
        here = world.hours[row, week] if row >= 0 else 0
        there = here if complete or here == UNLIMITED else min(there + here, UNLIMITED)
        if week <= when:
            by_then = max(by_then, there)
        if there >= wanted:
            first = week
            break
    return first, wanted, max(0, wanted - by_then)


@kernel
def find_bindings(trees: Trees, world: World, clean: World, balance: Longs, scratch: Scratch,
                  lines: Lines, order: Ints, plan: Log, plan_ptr: Longs, chosen: Ints,
                  ends: Longs, empty: World, alone: Longs, give: bool, bound_rows: Longs,
                  out: Longs) -> None:
    """
    What binds each chosen line in a world, and `capacity` for `part` where hours bind.

    plan_ptr   : (lines + 1,) rows of the plan's log of each line
    ends       : (chosen,) the `S` of the rules
    empty      : the empty book as it is; alone : (chosen, 2) item and lane of each line's first
                 shipment alone on it, -1 none
    give       : whether the world is what the plan leaves, and each line's own share goes back
    bound_rows : (3, 7) working memory
    out        : (chosen, 10) int64: reason (given, and kept), what binds (BOUND to LACKING), the
                 reference shipment's bucket and its lane (-1 when there is none)
    """
    found, slowest, best = bound_rows[0], bound_rows[1], bound_rows[2]
    for place_ in range(len(chosen)):
        line = np.int64(chosen[place_])
        first, end = plan_ptr[line], plan_ptr[line + 1]
        reason = out[place_, 0]
        note(found, 0, 0, 0, 0, 0, 0, 0)
        note(slowest, 0, 0, 0, 0, 0, 0, 0)
        found[INDEX], found[WHERE] = -1, -1
        lane, ship = -1, -1
        if reason != RESTRICTION and reason != NO_LANE and reason != HORIZON:
            item, lane, ship = reference_of(trees, empty, scratch, lines, plan, first, end, line,
                                            ends[place_], alone[place_])
            first_ship = max(0, max(0, lines.rows[line, EARLIEST])
                             - lines.lanes[lane, LANE_WEEKS])
            if ship >= 0:
                if give:
                    give_back(trees, world, balance, scratch, lines, plan, first, end)
                binding(trees, world, scratch, lines, order, line, item, lane, ship, first_ship,
                        found, slowest, best)
                restore(world, clean, scratch)
        if found[BOUND] == 0 and reason in (LEAD_TIME, WINDOW):
            for column in range(7):
                found[column] = slowest[column]
        if reason == PART and found[BOUND] == 2:
            reason = CAPACITY
        out[place_, 0] = reason
        for column in range(7):
            out[place_, 1 + column] = found[column]
        out[place_, 8], out[place_, 9] = ship, lane
