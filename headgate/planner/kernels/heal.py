"""Heal what is overdrawn: find other sources for the same date, else take out what loses least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel
from headgate.planner.kernels.explode import made_by
from headgate.planner.kernels.held import Held, refresh
from headgate.planner.kernels.improve import Room
from headgate.planner.kernels.kept import (
    TIER,
    UNTOUCHABLE,
    Old,
    arrival_of,
    forget_row,
    give,
    give_up,
    move_cents,
    put_back,
    take_out,
)
from headgate.planner.kernels.layout import (
    HAS_BOM,
    MADE,
    MICRO,
    OFFSET,
    RESOURCE,
    ROOT,
    ROOT_END,
    STEP,
    STEP_END,
    STEP_OFFSET,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.price import (
    L_ASKED,
    L_LATE,
    L_ON_SHIP,
    Market,
    bonus_of,
)
from headgate.planner.kernels.rank import (
    COMPLETE,
    LANE,
    LANE_SITE,
    LINE,
    OPEN,
    PIECES,
    SENT,
    SET,
    SHIP,
    Lines,
)
from headgate.planner.kernels.sets import mate_at, mates_of

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

C_ROW, C_WEEK, C_USE, C_TRIED = range(4)
"""Columns of the candidates: allocation, first week of use, pieces or hours used, tried."""
POOL_CAUSE, HOURS_CAUSE = 1, 2
"""What made an allocation give up."""


@inner
def _loss(world: World, lines: Lines, market: Market, held: Held, old: Old, row: Int,
          weeks: Int) -> Real:
    """What is lost when an allocation arrives so many weeks later, or not at all, in cents."""
    line = held.log.rows[row, LINE]
    arrival, ship = arrival_of(lines, held.log, row), held.log.rows[row, SHIP]
    pieces = held.log.rows[row, PIECES]
    if lines.rows[line, COMPLETE] == 1:
        pieces = lines.rows[line, OPEN]
    if ship + weeks >= world.free.shape[1] or arrival + weeks > market.lines[line, L_LATE]:
        end = world.free.shape[1]
        return held.earned[row] + pieces * move_cents(old, line, max(arrival, end))
    asked = market.lines[line, L_ASKED]
    late = max(0, arrival + weeks - asked) - max(0, arrival - asked)
    when = ship if market.lines[line, L_ON_SHIP] else arrival
    moved = move_cents(old, line, arrival + weeks) - move_cents(old, line, arrival)
    return pieces * (market.late_cost[line] * late + max(0.0, moved)
                     + bonus_of(market, line, when) - bonus_of(market, line, when + weeks))


@inner
def _loss_of_unit(world: World, lines: Lines, market: Market, held: Held, old: Old, row: Int,
                  weeks: Int) -> Real:
    """The same of an allocation with those of its ship set, which give up together."""
    line, total = held.log.rows[row, LINE], 0.0
    if mates_of(lines, line) == 1:
        return _loss(world, lines, market, held, old, row, weeks)
    for place in range(mates_of(lines, line)):
        head = held.head[mate_at(lines, line, place)]
        if head >= 0:
            total += _loss(world, lines, market, held, old, head, weeks)
    return total


@inner
def _pick(world: World, lines: Lines, market: Market, held: Held, old: Old, found: Longs,
          count: Int, week: Int, until: Int, short: Int, untried: bool) -> Int:
    """
    The candidate that gives up first: by class and fence, then by what each of its pieces loses.

    week, until : the shortage and the week in which it ends
    short       : the most that is short in it: what a candidate uses beyond it counts for nothing
    untried     : only those not yet asked for other sources; -1 when there is none
    """
    best, best_tier, best_loss = np.int64(-1), np.int64(0), 0.0
    for place in range(count):
        row = found[place, C_ROW]
        if not old.alive[row] or found[place, C_WEEK] > week or (
                untried and found[place, C_TRIED]):
            continue
        line = held.log.rows[row, LINE]
        tier = old.terms[line, TIER]
        if best >= 0 and tier > best_tier:
            continue
        if len(old.standing) > 0:
            loss = -old.standing[line]
        else:
            loss = _loss_of_unit(world, lines, market, held, old, row,
                                 until - found[place, C_WEEK]) / min(
                                     short, found[place, C_USE])
        if best < 0 or tier < best_tier or loss < best_loss or (
                loss == best_loss and found[place, C_USE] > found[best, C_USE]):
            best, best_tier, best_loss = np.int64(place), tier, loss
    return best


@inner
def _has_room(scratch: Scratch, held: Held) -> bool:
    """Whether the log can take what one line is given."""
    return bool(held.log.size[0] + len(scratch.draws) <= len(held.log.rows) and (
        held.log.size[1] + len(scratch.draws) <= len(held.log.pieces)))


@inner
def _swap(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market, cost: Floats,
          held: Held, room: Room, old: Old, row: Int, loss: Real) -> bool:
    """Keep an allocation's date from other sources, if that costs less than giving it up."""
    line, arrival = held.log.rows[row, LINE], arrival_of(lines, held.log, row)
    take_out(trees, world, scratch, lines, held, room, old, row)
    refresh(world, held, room.touched)
    forget_row(lines, held, room, row)
    start, left = held.log.size[0], held.left[line]
    if not _has_room(scratch, held):
        put_back(trees, world, scratch, lines, held, room, old, row)
        refresh(world, held, room.touched)
        return False
    earned = give(trees, world, scratch, lines, market, cost, held, room, old, line,
                  held.log.rows[row, PIECES], arrival, arrival, 0.0)
    if left - held.left[line] == held.log.rows[row, PIECES] and (
            earned >= held.earned[row] - loss):
        return True
    give_up(trees, world, scratch, lines, held, room, old, start)
    put_back(trees, world, scratch, lines, held, room, old, row)
    refresh(world, held, room.touched)
    return False


@inner
def _eject(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
           old: Old, row: Int, out: Longs, cause: Longs, count: Longs, kind: Int, what: Int,
           week: Int) -> None:
    """
    Take an allocation out, with the others of a complete line or a ship set, and note what made it
    give up.
    """
    line = held.log.rows[row, LINE]
    for place in range(mates_of(lines, line)):
        at = held.head[mate_at(lines, line, place)]
        while at >= 0:
            behind = held.behind[at]
            if at == row or lines.rows[line, COMPLETE] == 1:
                take_out(trees, world, scratch, lines, held, room, old, at)
                forget_row(lines, held, room, at)
                out[count[0]] = at
                cause[count[0], 0], cause[count[0], 1], cause[count[0], 2] = kind, what, week
                count[0] += 1
            at = behind
    refresh(world, held, room.touched)


@inner
def _keep_rest(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
               cost: Floats, held: Held, room: Room, old: Old, row: Int) -> None:
    """Of an allocation that was taken out for a lesser shortage, keep what its date has left."""
    line, arrival = held.log.rows[row, LINE], arrival_of(lines, held.log, row)
    if lines.rows[line, COMPLETE] == 1 or lines.rows[line, SET] >= 0 or (
            not _has_room(scratch, held)):
        return
    give(trees, world, scratch, lines, market, cost, held, room, old, line,
         held.log.rows[row, PIECES], arrival, arrival, 0.0)


@inner
def _relieve(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
             cost: Floats, held: Held, room: Room, old: Old, found: Longs, candidates: Int,
             week: Int, until: Int, short: Int, swaps: Int, out: Longs, cause: Longs, count: Longs,
             kind: Int, what: Int) -> Int:
    """
    One step against a shortage: another source for one candidate, or one that is taken out.

    short   : the most pieces, or hours, that are short from `week` until `until`
    returns : swaps that may still be tried; -1 when there is no candidate
    """
    swap = np.int64(-1)
    if swaps > 0:
        swap = _pick(world, lines, market, held, old, found, candidates, week, until, short, True)
    if swap >= 0 and old.terms[held.log.rows[found[swap, C_ROW], LINE], TIER] < UNTOUCHABLE:
        found[swap, C_TRIED] = 1
        row = found[swap, C_ROW]
        loss = _loss(world, lines, market, held, old, row, until - found[swap, C_WEEK])
        _swap(trees, world, scratch, lines, market, cost, held, room, old, row, loss)
        return swaps - 1
    best = _pick(world, lines, market, held, old, found, candidates, week, until, short, False)
    if best < 0:
        return np.int64(-1)
    row = found[best, C_ROW]
    _eject(trees, world, scratch, lines, held, room, old, row, out, cause, count, kind, what, week)
    if found[best, C_USE] > short:
        _keep_rest(trees, world, scratch, lines, market, cost, held, room, old, row)
    return swaps


@inner
def _drawing(trees: Trees, held: Held, old: Old, pool: Int, found: Longs) -> Int:
    """List the allocations that draw on a pool; how many."""
    count = np.int64(0)
    for row in range(held.log.size[0]):
        if not old.alive[row]:
            continue
        pieces, first = np.int64(0), np.int64(2**40)
        for draw in range(held.log.first_draw[row], held.log.first_draw[row + 1]):
            if held.log.sources[draw, 1] == pool:
                pieces += held.log.pieces[draw]
                node = np.int64(held.log.sources[draw, 0])
                node = -1 - node if node < 0 else node
                first = min(first, held.log.rows[row, SHIP] - trees.nodes[node, OFFSET])
        if pieces > 0:
            found[count, C_ROW], found[count, C_WEEK] = row, first
            found[count, C_USE], found[count, C_TRIED] = pieces, 0
            count += 1
    return count


@inner
def _working(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, old: Old,
             hour_row: Int, week: Int, found: Longs) -> Int:
    """List the allocations that use the hours of a week; how many."""
    count = np.int64(0)
    for row in range(held.log.size[0]):
        if not old.alive[row]:
            continue
        item, ship = held.log.rows[row, SENT], held.log.rows[row, SHIP]
        site = lines.lanes[held.log.rows[row, LANE], LANE_SITE]
        first, known, micro = trees.items[item, ROOT], False, np.int64(0)
        for node in range(first, trees.items[item, ROOT_END]):
            if not trees.nodes[node, HAS_BOM]:
                continue
            for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
                if ship - trees.steps[step, STEP_OFFSET] == week and (
                        world.hours_row[trees.steps[step, RESOURCE], site] == hour_row):
                    if not known:
                        made_by(trees, scratch.work, held.log, row)
                        known = True
                    micro += scratch.work[MADE, node - first] * trees.steps[step, MICRO]
        if micro > 0:
            found[count, C_ROW], found[count, C_WEEK] = row, week
            found[count, C_USE], found[count, C_TRIED] = micro, 0
            count += 1
    return count


@kernel
def heal(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market, cost: Floats,
         held: Held, room: Room, old: Old, most_swaps: Int, found: Longs, out: Longs,
         cause: Longs, count: Longs) -> None:
    """
    Take out allocations until no pool and no hours are overdrawn.

    most_swaps : so many candidates for each shortage are asked whether other sources keep their
            date
    found : (allocations, 4) working memory
    out   : takes the rows taken out, from place `count[0]` on
    cause : (allocations, 3) takes for each POOL_CAUSE or HOURS_CAUSE, the pool or hour row, and
            the week of the shortage
    """
    weeks = world.free.shape[1]
    for row in range(len(world.hours)):
        for when in range(weeks):
            candidates, swaps = np.int64(-1), np.int64(most_swaps)
            while world.hours[row, when] < 0 and swaps >= 0:
                if candidates < 0:
                    candidates = _working(trees, world, scratch, lines, held, old, row, when, found)
                swaps = _relieve(trees, world, scratch, lines, market, cost, held, room, old, found,
                                 candidates, when, when + 1, -world.hours[row, when], swaps, out,
                                 cause, count, HOURS_CAUSE, row)
    for pool in range(len(held.balance)):
        candidates, swaps = np.int64(-1), np.int64(most_swaps)
        week = np.int64(0)
        while week < weeks and swaps >= 0:
            if held.balance[pool, week] >= 0:
                week += 1
                continue
            until: Int = week + 1
            short: Int = -held.balance[pool, week]
            while until < weeks and held.balance[pool, until] < 0:
                short = max(short, -held.balance[pool, until])
                until += 1
            if candidates < 0:
                candidates = _drawing(trees, held, old, pool, found)
            swaps = _relieve(trees, world, scratch, lines, market, cost, held, room, old, found,
                             candidates, week, until, short, swaps, out, cause, count, POOL_CAUSE,
                             pool)
