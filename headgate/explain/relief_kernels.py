"""
Compiled loops of the line reliefs: what a line lacks for a week, and what a change would give it.

The rules are those of "Reliefs of a line" in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.explain.binding import lay_open, return_draws, settle
from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.explode import made_by
from headgate.planner.kernels.layout import (
    DRAWN,
    DRAWS,
    FREE,
    HAS_BOM,
    HOURS,
    ITEM,
    JOURNAL,
    MADE,
    MARK_FREE,
    MARK_HOURS,
    MICRO,
    NEED,
    NODE,
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
    ACCEPT,
    ACCEPT_END,
    BAN,
    CLAIM,
    EARLIEST,
    LANE,
    LANE_SITE,
    LANE_WEEKS,
    LATEST,
    LINE,
    OPEN,
    REGION,
    SENT,
    SET,
    SHIP,
    SITE,
    Lines,
    Log,
    Window,
    choice_of,
    place,
    place_set,
    window_of_set,
)
from headgate.planner.kernels.walk import SOFT, restore, save, take, undo, walk

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]

OF, GAIN, LOSS, FROM, UNTIL, QUANTITY, UNIT = range(7)
"""
Columns of a change: what it is of, the row that gains, the pool that loses (-1 none), the weeks
from and up to (not with) which there is more, how much, and of how many each is (hours: 10^6).
"""
PIECES, WORK, ORDER = range(3)
"""What a change is of: pieces of a pool; hours of a row, in week FROM; the draws of line GAIN."""
FOR, FIRST, END, GOAL, VARIED, AFTER = range(6)
"""
Columns of a trial: the line, its changes, the last arrival that counts, the change that is to be
as small as can be (-1 none), and the line that is planned again behind it (-1 none).
"""
GIVEN, LAST, LEAST, LOG_FIRST, LOG_SECOND, LOG_END = range(6)
"""
Columns of what came out: pieces and last arrival of the line, the least of the varied change (-1
when not even all of it helps), and the rows of the log of the line and of the one behind it.
"""
ASKED, OPTION, LACKS, OF_ROW, BY, AMOUNT = range(6)
"""Columns of a lack: place of the line, its option, PIECES or WORK, pool or row, week, how much."""


@inner
def _change(trees: Trees, world: World, balance: Longs, scratch: Scratch, lines: Lines, plan: Log,
            plan_ptr: Longs, line: Int, changes: Longs, first: Int, end: Int) -> bool:
    """
    What the plan leaves, the line's own (of a ship set all lines') and every change added; False
    when one cannot be.
    """
    ship_set, first_mate, end_mate = lines.rows[line, SET], np.int64(0), np.int64(1)
    if ship_set >= 0:
        first_mate, end_mate = lines.set_ptr[ship_set], lines.set_ptr[ship_set + 1]
    for mate in range(first_mate, end_mate):
        own = lines.mates[mate] if ship_set >= 0 else line
        return_draws(trees, world, balance, scratch, lines, plan, plan_ptr[own], plan_ptr[own + 1])
    for row in range(first, end):
        gains, amount = changes[row, GAIN], changes[row, QUANTITY] * changes[row, UNIT]
        if changes[row, OF] == ORDER:
            return_draws(trees, world, balance, scratch, lines, plan, plan_ptr[gains],
                         plan_ptr[gains + 1])
        elif changes[row, OF] == PIECES and amount > 0:
            lay_open(world, balance, scratch, gains)
            for week in range(changes[row, FROM], changes[row, UNTIL]):
                world.free[gains, week] += amount
        elif amount > 0 and world.hours[gains, changes[row, FROM]] != UNLIMITED:
            if not scratch.dirty[MARK_HOURS, gains]:
                scratch.size[JOURNAL] = 0
                save(scratch, HOURS, gains, world.hours[gains])
            world.hours[gains, changes[row, FROM]] += amount
    settle(world, scratch)
    for row in range(first, end):
        loses, when = changes[row, LOSS], changes[row, FROM]
        if loses >= 0 and changes[row, QUANTITY] > 0:
            if world.free[loses, when] < changes[row, QUANTITY]:
                return False
            if not scratch.dirty[MARK_FREE, loses]:
                scratch.size[JOURNAL] = 0
                save(scratch, FREE, loses, world.free[loses])
            take(world.free[loses], when, changes[row, QUANTITY])
    scratch.size[JOURNAL] = 0
    return True


@inner
def _last_of(lines: Lines, log: Log, first: Int, end: Int) -> Int:
    """The last arrival bucket of rows of a log, -1 of none."""
    last = -1
    for row in range(first, end):
        last = max(last, log.rows[row, SHIP] + lines.lanes[log.rows[row, LANE], LANE_WEEKS])
    return last


@inner
def _try(trees: Trees, world: World, clean: World, balance: Longs, scratch: Scratch, lines: Lines,
         plan: Log, plan_ptr: Longs, changes: Longs, trial: Longs, log: Log, most: Ints,
         out: Longs) -> bool:
    """Plan a line, or its ship set, alone after its changes; whether all arrives by the goal."""
    line, behind = trial[FOR], trial[AFTER]
    pieces, ship_set = np.int64(0), lines.rows[line, SET]
    start = log.size[0]
    if _change(trees, world, balance, scratch, lines, plan, plan_ptr, line, changes, trial[FIRST],
               trial[END]):
        if ship_set >= 0:
            earliest, latest = window_of_set(lines, ship_set)
            place_set(trees, world, scratch, lines, ship_set, earliest, min(latest, trial[GOAL]),
                      log, most)
            pieces = lines.rows[line, OPEN] if log.size[0] > start else np.int64(0)
        else:
            window = Window(lines.rows[line, EARLIEST],
                            min(lines.rows[line, LATEST], trial[GOAL]), lines.rows[line, BAN])
            pieces = place(trees, world, scratch, lines, window, log, most, line)
    whole = pieces == lines.rows[line, OPEN]
    out[GIVEN], out[LOG_FIRST], out[LOG_SECOND] = pieces, start, log.size[0]
    out[LAST] = _last_of(lines, log, start, log.size[0])
    if whole and behind >= 0:
        window = Window(lines.rows[behind, EARLIEST], lines.rows[behind, LATEST],
                        lines.rows[behind, BAN])
        place(trees, world, scratch, lines, window, log, most, behind)
    out[LOG_END] = log.size[0]
    restore(world, clean, scratch)
    return bool(whole)


@kernel
def try_changes(trees: Trees, world: World, clean: World, balance: Longs, scratch: Scratch,
                lines: Lines, plan: Log, plan_ptr: Longs, changes: Longs, trials: Longs,
                first: Int, log: Log, most: Ints, room: Int, room_draws: Int, keep: bool,
                out: Longs) -> Int:
    """
    What each trial's line gets, alone on what the plan leaves with the trial's changes.

    clean   : what the plan leaves; `balance` (pools, weeks) its true balance
    changes : (changes, 7); QUANTITY of a varied one is overwritten with the least that does
    trials  : (trials, 6); first: the trial to begin with
    keep    : the allocations stay in `log`, so that the kernel may stop early
    out     : (trials, 6); GIVEN and LAST are those of the least that does
    returns : the next trial; len(trials) when all were tried
    """
    for turn in range(first, len(trials)):
        if log.size[0] + room > len(log.rows) or log.size[1] + room_draws > len(log.pieces):
            return turn
        trial, answer = trials[turn], out[turn]
        rows, draws = log.size[0], log.size[1]
        good = _try(trees, world, clean, balance, scratch, lines, plan, plan_ptr, changes, trial,
                    log, most, answer)
        varied = trial[VARIED]
        answer[LEAST] = -1
        if varied >= 0 and good:
            low, high = -1, changes[varied, QUANTITY]
            given, last = answer[GIVEN], answer[LAST]
            while high - low > 1:
                middle = (low + high) // 2
                changes[varied, QUANTITY] = middle
                log.size[0], log.size[1] = rows, draws
                if _try(trees, world, clean, balance, scratch, lines, plan, plan_ptr, changes,
                        trial, log, most, answer):
                    high, given, last = middle, answer[GIVEN], answer[LAST]
                else:
                    low = middle
            changes[varied, QUANTITY] = high
            answer[GIVEN], answer[LAST], answer[LEAST] = given, last, high
        if not keep:
            log.size[0], log.size[1] = rows, draws
    return len(trials)


@kernel
def find_lacks(trees: Trees, world: World, clean: World, balance: Longs, scratch: Scratch,
               lines: Lines, plan: Log, plan_ptr: Longs, chosen: Ints, goals: Longs, first: Int,
               room: Int, out: Longs, size: Longs) -> Int:
    """
    What each chosen line lacks to arrive whole in its goal's week, by each of its options.

    chosen, goals : (n,) lines and arrival buckets; an option is a choice of item and a lane
    room          : the most rows that one option can need
    out           : (rows, 6) lacks; where no part makes an option possible, pieces of the item
                    sent, as built already; nothing where that does not help, or nothing lacks
    size          : [rows written]
    returns       : the next place of `chosen` when `out` ran full before it, else their number
    """
    weeks = world.free.shape[1]
    for asked in range(first, len(chosen)):
        line, start = np.int64(chosen[asked]), size[0]
        return_draws(trees, world, balance, scratch, lines, plan, plan_ptr[line],
                     plan_ptr[line + 1])
        settle(world, scratch)
        banned = lines.banned[lines.rows[line, BAN]]
        region, option, full = lines.rows[line, REGION], 0, False
        for choice in range(lines.rows[line, ACCEPT] - 1, lines.rows[line, ACCEPT_END]):
            item = choice_of(lines, line, choice)
            for lane in range(lines.lane_ptr[region], lines.lane_ptr[region + 1]):
                option += 1
                site, transit = lines.lanes[lane, LANE_SITE], lines.lanes[lane, LANE_WEEKS]
                ship = min(weeks - 1, goals[asked] - transit)
                if banned[item] or ship < 0 or ship + transit < lines.rows[line, EARLIEST] or (
                        lines.rows[line, SITE] >= 0 and lines.rows[line, SITE] != site):
                    continue
                full = full or size[0] + room > len(out)
                if not full:
                    before = size[0]
                    if not _lacks(trees, world, scratch, lines, line, item, site, ship, banned,
                                  asked, option, out, size):
                        size[0] = before
        restore(world, clean, scratch)
        if full:
            size[0] = start
            return asked
    return len(chosen)


@inner
def _lacks(trees: Trees, world: World, scratch: Scratch, lines: Lines, line: Int, item: Int,
           site: Int, ship: Int, banned: Bytes, asked: Int, option: Int, out: Longs,
           size: Longs) -> bool:
    """Write what one shipment of all open pieces lacks; False when no supply makes it possible."""
    scratch.size[JOURNAL], scratch.size[DRAWS] = 0, 0
    walk(trees, world, scratch, item, site, ship, lines.rows[line, OPEN], banned,
         lines.rows[line, CLAIM], SOFT)
    possible = _all_made(trees, scratch, item, ship)
    built = _drawn(scratch, trees.items[item, ROOT])
    undo(world, scratch, START, START)
    start, end = trees.items[item, ROOT], trees.items[item, ROOT_END]
    first = size[0]
    for node in range(start, end):
        short, when = scratch.work[SHORT, node - start], ship - trees.nodes[node, OFFSET]
        if possible and short > 0 and not trees.nodes[node, HAS_BOM]:
            part = _stocked_part(trees, trees.nodes[node, ITEM], when, banned, node > start)
            if when < 0 or part < 0:
                possible = False
            else:
                _add(out, size, first, asked, option, PIECES, world.pool_of[part, site], when,
                     short)
        made = scratch.work[MADE, node - start]
        if possible and made > 0 and trees.nodes[node, HAS_BOM]:
            for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
                row = world.hours_row[trees.steps[step, RESOURCE], site]
                when = ship - trees.steps[step, STEP_OFFSET]
                if trees.steps[step, MICRO] == 0:
                    continue
                if row < 0 or when < 0 or made > UNLIMITED // trees.steps[step, MICRO]:
                    possible = False
                elif world.hours[row, when] != UNLIMITED:
                    _add(out, size, first, asked, option, WORK, row, when,
                         made * trees.steps[step, MICRO])
    _less_than_there(world, first, out, size)
    if not possible and world.pool_of[item, site] >= 0:
        # No part makes it in this week; a piece that was built already would.
        size[0] = first
        _add(out, size, first, asked, option, PIECES, world.pool_of[item, site], ship,
             lines.rows[line, OPEN] - built)
    return possible or size[0] > first


@inner
def _all_made(trees: Trees, scratch: Scratch, item: Int, ship: Int) -> bool:
    """Whether every need of an item with BOM rows was met from stock or could be made."""
    start, end = trees.items[item, ROOT], trees.items[item, ROOT_END]
    for node in range(start, end):
        need = scratch.work[NEED, node - start]
        if need > 0 and trees.nodes[node, HAS_BOM] and scratch.work[MADE, node - start] == 0 and (
                need > _drawn(scratch, node)):
            return False
    return True


@inner
def _drawn(scratch: Scratch, node: Int) -> Int:
    """Pieces that a walk drew for a need."""
    pieces = 0
    for draw in range(scratch.size[DRAWS]):
        if scratch.draws[draw, NODE] == node:
            pieces += scratch.draws[draw, DRAWN]
    return pieces


@inner
def _stocked_part(trees: Trees, item: Int, when: Int, banned: Bytes, replaceable: bool) -> Int:
    """The item, or if it may not be drawn its first substitute that holds; -1 none."""
    if not banned[item]:
        return int(item)
    for row in range(trees.items[item, SUB], trees.items[item, SUB_END]):
        other = trees.subs[row, SUB_ITEM]
        if replaceable and not banned[other] and (
                trees.subs[row, SUB_FROM] <= when <= trees.subs[row, SUB_TO]):
            return int(other)
    return -1


@inner
def _add(out: Longs, size: Longs, first: Int, asked: Int, option: Int, kind: Int, row: Int,
         week: Int, amount: Int) -> None:
    """Add to the lacks of an option: of a pool by its first week, of hours week by week."""
    for place_ in range(first, size[0]):
        if out[place_, LACKS] == kind and out[place_, OF_ROW] == row and (
                kind == PIECES or out[place_, BY] == week):
            out[place_, BY] = min(out[place_, BY], week)
            out[place_, AMOUNT] = min(out[place_, AMOUNT] + amount, UNLIMITED)
            return
    place_ = size[0]
    out[place_, ASKED], out[place_, OPTION], out[place_, LACKS] = asked, option, kind
    out[place_, OF_ROW], out[place_, BY], out[place_, AMOUNT] = row, week, amount
    size[0] = place_ + 1


@inner
def _less_than_there(world: World, first: Int, out: Longs, size: Longs) -> None:
    """Of hours only what is not there is lacking."""
    kept = first
    for place_ in range(first, size[0]):
        if out[place_, LACKS] == WORK:
            out[place_, AMOUNT] -= world.hours[out[place_, OF_ROW], out[place_, BY]]
        if out[place_, AMOUNT] > 0:
            for column in range(6):
                out[kept, column] = out[place_, column]
            kept += 1
    size[0] = kept


@kernel
def hour_users(trees: Trees, lines: Lines, plan: Log, hours_row: Longs, work: Longs, row: Int,
               week: Int, used: Longs) -> None:
    """Add to `used` (lines,) the millionths of an hour that each line uses of a row in a week."""
    for place_ in range(len(plan.rows)):
        sent, ship = plan.rows[place_, SENT], plan.rows[place_, SHIP]
        site = lines.lanes[plan.rows[place_, LANE], LANE_SITE]
        first, end = trees.items[sent, ROOT], trees.items[sent, ROOT_END]
        followed = False
        for node in range(first, end):
            for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
                if hours_row[trees.steps[step, RESOURCE], site] != row or (
                        ship - trees.steps[step, STEP_OFFSET] != week):
                    continue
                if not followed:
                    made_by(trees, work, plan, place_)
                    followed = True
                made = max(0, work[MADE, node - first])
                used[plan.rows[place_, LINE]] += made * trees.steps[step, MICRO]
