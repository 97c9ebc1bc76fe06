"""An older plan that is kept: its promises, what moving them costs, and taking its rows out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel
from headgate.planner.kernels.explode import add_hours
from headgate.planner.kernels.fill import O_ARRIVAL, give_options, leave_failed, options_of
from headgate.planner.kernels.held import (
    Held,
    draw_at_once,
    note_value,
    refresh,
    shift,
    shift_balance,
    week_of_draw,
)
from headgate.planner.kernels.improve import Room
from headgate.planner.kernels.layout import (
    HAS_BOM,
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
from headgate.planner.kernels.price import DEAR, Market
from headgate.planner.kernels.rank import (
    COMPLETE,
    LANE,
    LANE_SITE,
    LANE_WEEKS,
    LINE,
    OPEN,
    PIECES,
    SENT,
    SET,
    SHIP,
    Lines,
    Log,
)
from headgate.planner.kernels.sets import (
    fill_arrivals,
    head_of,
    mate_at,
    mates_of,
    worth_of_set,
)

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.int8]

NEVER = -(2**40)
"""The promised bucket of a line that has no promise."""
PROMISED, TIER, EARLIEST_KEPT = range(3)
"""Columns of `Old.terms`."""
UNTOUCHABLE = 100
"""So much later than others do protected lines give up, and they keep their sources: not while
there is anybody else."""
LATER, EARLIER = 0, 1
"""Columns of `Old.money`."""


class Old(NamedTuple):
    """
    What lines were promised, and what moving it costs.

    terms : (lines, 3) the last arrival bucket that was promised, NEVER none; the order in which
            lines give up, lowest first; the first arrival bucket that is allowed
    money : (lines, 2) cents for a piece that is promised one week later, and one earlier
    standing : (lines,) place in rank order, where the worst-ranked gives up first; (0,) where
            the one that loses least does
    alive : (allocations,) 1 for what is held, in the order of `Held.log`
    """

    terms: Longs
    money: Floats
    standing: Floats
    alive: Bytes


@inner
def move_cents(old: Old, line: Int, arrival: Int) -> Real:
    """What it costs to promise a piece of a line for a bucket, in cents."""
    promised = old.terms[line, PROMISED]
    if promised == NEVER or arrival in (NEVER, promised):
        return 0.0
    if arrival > promised:
        return old.money[line, LATER] * (arrival - promised)
    return old.money[line, EARLIER] * (promised - arrival)


@inner
def arrival_of(lines: Lines, log: Log, row: Int) -> Int:
    """The arrival bucket of an allocation."""
    return log.rows[row, SHIP] + lines.lanes[log.rows[row, LANE], LANE_WEEKS]


@inner
def last_held(lines: Lines, held: Held, line: Int) -> Int:
    """The last arrival bucket of a line, NEVER when it has none."""
    last = np.int64(NEVER)
    row = held.head[line]
    while row >= 0:
        last = max(last, arrival_of(lines, held.log, row))
        row = held.behind[row]
    return last


@inner
def take_out(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
             old: Old, row: Int) -> None:
    """Take an allocation out; `refresh` makes what it gave back available."""
    line = held.log.rows[row, LINE]
    before, at = np.int64(-1), held.head[line]
    while at != row:
        before, at = at, held.behind[at]
    if before < 0:
        held.head[line] = held.behind[row]
    else:
        held.behind[before] = held.behind[row]
    shift(trees, world, scratch, lines, held, room.touched, row, -1)
    held.left[line] += held.log.rows[row, PIECES]
    old.alive[row] = 0


@inner
def put_back(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
             old: Old, row: Int) -> None:
    """Put an allocation back that was taken out, with the same draws, whatever is left of them."""
    line = held.log.rows[row, LINE]
    shift(trees, world, scratch, lines, held, room.touched, row, 1)
    held.left[line] -= held.log.rows[row, PIECES]
    held.behind[row] = held.head[line]
    held.head[line] = row
    old.alive[row] = 1


@inner
def forget_site(room: Room, site: Int) -> None:
    """Forget the remembered bounds of a site to which something was given back."""
    for mode in range(room.most.shape[0]):
        for item in range(room.most.shape[1]):
            for week in range(room.most.shape[3]):
                room.most[mode, item, site, week] = 2**31 - 1


@inner
def forget_row(lines: Lines, held: Held, room: Room, row: Int) -> None:
    """Forget the bounds of the site from which an allocation ships."""
    forget_site(room, lines.lanes[held.log.rows[row, LANE], LANE_SITE])


@inner
def overdrawn(trees: Trees, world: World, lines: Lines, held: Held, row: Int) -> bool:
    """Whether an allocation that is held draws more pieces or hours than there are."""
    for draw in range(held.log.first_draw[row], held.log.first_draw[row + 1]):
        pool = held.log.sources[draw, 1]
        for week in range(held.balance.shape[1]):
            if held.balance[pool, week] < 0:
                return True
    site, ship = lines.lanes[held.log.rows[row, LANE], LANE_SITE], held.log.rows[row, SHIP]
    item = held.log.rows[row, SENT]
    for node in range(trees.items[item, ROOT], trees.items[item, ROOT_END]):
        if trees.nodes[node, HAS_BOM]:
            for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
                hour_row = world.hours_row[trees.steps[step, RESOURCE], site]
                week = ship - trees.steps[step, STEP_OFFSET]
                if hour_row >= 0 and week >= 0 and world.hours[hour_row, week] < 0:
                    return True
    return False


@inner
def give(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market, cost: Floats,
         held: Held, room: Room, old: Old, line: Int, wanted: Int, first: Int, last: Int,
         discount: float) -> Real:
    """
    Give a line pieces that arrive from bucket `first` to `last`, the best first, moving counted.

    discount : the share of the prices that counts
    returns  : the value earned; how many pieces were given shows in `held.left`
    """
    count = options_of(market, cost, lines, room.most[0], line, discount, room.worth, room.options)
    promised = old.terms[line, PROMISED]
    # The last arrival is the promise: while it stands, no earlier piece moves it.
    stands = last_held(lines, held, line) == promised
    for place in range(count):
        arrival = room.options[place, O_ARRIVAL]
        if first <= arrival <= last:
            if stands and arrival < promised:
                continue
            room.worth[place] -= move_cents(old, line, arrival)
        else:
            room.worth[place] = -DEAR
    leave_failed(lines, market, room.failed, line, count, room.worth, room.options)
    start = held.log.size[0]
    held.left[line] -= give_options(trees, world, scratch, lines, market, held.log, room.most[0],
                                    line, wanted, DEAR, -DEAR, count, room.worth, room.options,
                                    room.failed)
    return _hold(trees, market, cost, held, old, start)


@inner
def _hold(trees: Trees, market: Market, cost: Floats, held: Held, old: Old, start: Int) -> Real:
    """Hold what was given since row `start` of the log; the value that it earns."""
    total = 0.0
    for row in range(start, held.log.size[0]):
        line = held.log.rows[row, LINE]
        held.behind[row] = held.head[line]
        held.head[line] = row
        old.alive[row] = 1
        total += note_value(trees, market, cost, held, row)
        shift_balance(trees, held, row, 1)
    return total


@inner
def give_unit(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
              cost: Floats, held: Held, room: Room, old: Old, line: Int, first: Int, last: Int,
              discount: float) -> None:
    """The same, all that a line lacks; all lines of a ship set get one arrival or none."""
    ship_set = lines.rows[line, SET]
    if ship_set < 0:
        give(trees, world, scratch, lines, market, cost, held, room, old, line, held.left[line],
             first, last, discount)
        return
    worth = room.by_arrival
    worth_of_set(lines, market, cost, room.most[0], ship_set, discount, room.worth, room.options,
                 worth)
    for arrival in range(len(worth)):
        if not first <= arrival <= last:
            worth[arrival, 0] = -DEAR
        elif worth[arrival, 0] > -DEAR / 2.0:
            for place in range(mates_of(lines, line)):
                mate = mate_at(lines, line, place)
                worth[arrival, 0] -= lines.rows[mate, OPEN] * move_cents(old, mate, arrival)
    start = held.log.size[0]
    fill_arrivals(trees, world, scratch, lines, market, cost, held.log, room.most[0], ship_set,
                  held.left, discount, -DEAR / 4.0, room.worth, room.options, room.failed, worth)
    _hold(trees, market, cost, held, old, start)


@inner
def give_up(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
            old: Old, start: Int) -> None:
    """Take out what was given since row `start` of the log, and forget it."""
    draws = held.log.first_draw[start]
    for row in range(held.log.size[0] - 1, start - 1, -1):
        take_out(trees, world, scratch, lines, held, room, old, row)
    refresh(world, held, room.touched)
    held.log.size[0], held.log.size[1] = start, draws


@kernel
def draw_rows(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, old: Old,
              first: Int, drawn: Longs) -> None:
    """
    Hold the allocations of the log from row `first` on, whether or not there is enough for them.
    What is overdrawn shows as a balance or hours below 0; what they earn is not noted.

    drawn : zeros of the shape of `Held.balance`; written, pieces drawn in each week
    """
    for row in range(first, held.log.size[0]):
        for draw in range(held.log.first_draw[row], held.log.first_draw[row + 1]):
            drawn[held.log.sources[draw, 1], week_of_draw(trees, held.log, row, draw)] += (
                held.log.pieces[draw])
        line = held.log.rows[row, LINE]
        held.left[line] -= held.log.rows[row, PIECES]
        held.behind[row] = held.head[line]
        held.head[line] = row
        old.alive[row] = 1
        add_hours(trees, lines, held.log, world.hours_row, scratch.work, row, -1, world.hours)
    draw_at_once(world, held, drawn)


@kernel
def take_lines(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
               old: Old, chosen: Longs, out: Longs, count: Longs) -> None:
    """Take all allocations of chosen lines out; `out` takes the rows, from place `count[0]` on."""
    for place in range(len(chosen)):
        row = held.head[chosen[place]]
        while row >= 0:
            behind = held.behind[row]
            take_out(trees, world, scratch, lines, held, room, old, row)
            out[count[0]] = row
            count[0] += 1
            row = behind
    refresh(world, held, room.touched)


@kernel
def take_halves(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held,
                room: Room, old: Old) -> None:
    """Take complete lines and ship sets out that are not whole, or not in one arrival bucket."""
    for line in range(len(held.head)):
        if lines.rows[line, COMPLETE] == 0 or head_of(lines, line) != line:
            continue
        whole, arrival = True, np.int64(NEVER)
        for place in range(mates_of(lines, line)):
            mate = mate_at(lines, line, place)
            whole = whole and held.left[mate] == 0
            row = held.head[mate]
            while row >= 0:
                if arrival == NEVER:
                    arrival = arrival_of(lines, held.log, row)
                whole = whole and arrival_of(lines, held.log, row) == arrival
                row = held.behind[row]
        for place in range(0 if whole else mates_of(lines, line)):
            row = held.head[mate_at(lines, line, place)]
            while row >= 0:
                behind = held.behind[row]
                take_out(trees, world, scratch, lines, held, room, old, row)
                row = behind
    refresh(world, held, room.touched)


@kernel
def put_rows(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
             old: Old, rows: Longs) -> None:
    """Put allocations back that were taken out, though pools and hours may be overdrawn."""
    for row in rows:
        put_back(trees, world, scratch, lines, held, room, old, row)
    refresh(world, held, room.touched)


@kernel
def put_fitting(trees: Trees, world: World, scratch: Scratch, lines: Lines, held: Held, room: Room,
                old: Old, out: Longs) -> None:
    """
    Put allocations back that were taken out, with the same draws, as far as there is enough.

    out : rows in the order of their right; those of a complete line, or of a ship set, stand
          together, and return together
    """
    place = 0
    while place < len(out):
        line = held.log.rows[out[place], LINE]
        end = place + 1
        complete = lines.rows[line, COMPLETE] == 1
        while complete and end < len(out) and (
                head_of(lines, held.log.rows[out[end], LINE]) == head_of(lines, line)):
            end += 1
        pieces: Int = np.int64(0)
        left: Int = np.int64(0)
        for row in out[place:end]:
            pieces += held.log.rows[row, PIECES]
        for mate in range(mates_of(lines, line)):
            left += held.left[mate_at(lines, line, mate)]
        fits = pieces == left or (pieces < left and not complete)
        if fits:
            for row in out[place:end]:
                put_back(trees, world, scratch, lines, held, room, old, row)
            for row in out[place:end]:
                fits = fits and not overdrawn(trees, world, lines, held, row)
            if not fits:
                for row in out[place:end]:
                    take_out(trees, world, scratch, lines, held, room, old, row)
        place = end
    refresh(world, held, room.touched)
