"""Make a plan from prices: each line takes the options that are worth most at those prices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel
from headgate.planner.kernels.layout import (
    DRAWS,
    ENOUGH,
    ITEM,
    JOURNAL,
    OFFSET,
    START,
    SUB,
    SUB_END,
    SUB_FROM,
    SUB_ITEM,
    SUB_TO,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.price import (
    DEAR,
    GOOD_AT,
    GOOD_SITE,
    L_ASKED,
    L_CHOICE,
    L_CHOICE_END,
    L_EARLY,
    L_LATE,
    L_ON_SHIP,
    OFFER,
    OFFER_END,
    OFFER_GOOD,
    OFFER_LANE,
    OFFER_WEEKS,
    Market,
    bonus_of,
)
from headgate.planner.kernels.rank import (
    BAN,
    CLAIM,
    COMPLETE,
    KNOWN,
    LANE,
    LANE_SITE,
    LINE,
    LOT,
    PIECES,
    SENT,
    SET,
    SHIP,
    Lines,
    Log,
    keep,
)
from headgate.planner.kernels.walk import bound, provide, undo

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

O_CHOICE, O_OFFER, O_ARRIVAL, O_SHIP = range(4)
"""Columns of an option."""


@inner
def options_of(market: Market, cost: Floats, lines: Lines, most: Ints, line: Int, discount: float,
               worth: Floats, options: Longs) -> Int:
    """
    Every option of a line that is not known to be exhausted, and what it is worth at the prices.

    One that brings nothing is left out, unless the line must be complete: then the rest may pay.

    discount : the share of the prices that counts
    worth, options : written; returns how many
    """
    count = 0
    weeks = cost.shape[1]
    asked, late_cost = market.lines[line, L_ASKED], market.late_cost[line]
    remember = lines.rows[line, KNOWN] == 1
    lot = lines.rows[line, LOT]
    for choice in range(market.lines[line, L_CHOICE], market.lines[line, L_CHOICE_END]):
        query, item = market.choice_query[choice], market.choice_item[choice]
        for offer in range(market.queries[query, OFFER], market.queries[query, OFFER_END]):
            good, transit = market.offers[offer, OFFER_GOOD], market.offers[offer, OFFER_WEEKS]
            at, site = market.goods[good, GOOD_AT], market.goods[good, GOOD_SITE]
            gain = market.choice_gain[choice] - market.offer_cost[offer]
            first = max(0, market.lines[line, L_EARLY] - transit)
            last = min(weeks - 1, market.lines[line, L_LATE] - transit)
            for ship in range(first, last + 1):
                if remember and most[item, site, ship] < lot:
                    continue
                price = cost[at, ship]
                if price >= DEAR:
                    continue
                arrival = ship + transit
                when = ship if market.lines[line, L_ON_SHIP] else arrival
                value = (gain - late_cost * max(0, arrival - asked)
                         + bonus_of(market, line, when))
                if value <= 0.0 and not lines.rows[line, COMPLETE]:
                    continue
                worth[count] = value - discount * price
                options[count, O_CHOICE] = choice
                options[count, O_OFFER] = offer
                options[count, O_ARRIVAL] = arrival
                options[count, O_SHIP] = ship
                count += 1
    return count


@inner
def worth_of(market: Market, line: Int, choice: Int, offer: Int, arrival: Int) -> Real:
    """What a piece brings by an option before any price, freight and lateness taken off."""
    ship = arrival - market.offers[offer, OFFER_WEEKS]
    when = ship if market.lines[line, L_ON_SHIP] else arrival
    return (market.choice_gain[choice] - market.offer_cost[offer] - market.late_cost[line] * max(
        0, arrival - market.lines[line, L_ASKED]) + bonus_of(market, line, when))


@inner
def offer_of(market: Market, log: Log, row: Int) -> Int:
    """The offer by which an allocation goes."""
    line = log.rows[row, LINE]
    for choice in range(market.lines[line, L_CHOICE], market.lines[line, L_CHOICE_END]):
        if market.choice_item[choice] == log.rows[row, SENT]:
            query = market.choice_query[choice]
            for offer in range(market.queries[query, OFFER], market.queries[query, OFFER_END]):
                if market.offers[offer, OFFER_LANE] == log.rows[row, LANE]:
                    return offer
    return np.int64(-1)


@inner
def earned_by(trees: Trees, market: Market, log: Log, row: Int) -> Real:
    """What an allocation earns: worth of its pieces less the extra cost of substitutes."""
    line, ship = log.rows[row, LINE], log.rows[row, SHIP]
    offer = offer_of(market, log, row)
    arrival = ship + market.offers[offer, OFFER_WEEKS]
    worth = 0.0
    for choice in range(market.lines[line, L_CHOICE], market.lines[line, L_CHOICE_END]):
        if market.choice_item[choice] == log.rows[row, SENT]:
            worth = worth_of(market, line, choice, offer, arrival)
            break
    total = worth * log.rows[row, PIECES]
    for draw in range(log.first_draw[row], log.first_draw[row + 1]):
        node = log.sources[draw, 0]
        if node < 0:
            continue
        called, drawn = trees.nodes[node, ITEM], market.pool_item[log.sources[draw, 1]]
        if called != drawn:
            when = ship - trees.nodes[node, OFFSET]
            for sub in range(trees.items[called, SUB], trees.items[called, SUB_END]):
                if trees.subs[sub, SUB_ITEM] == drawn and (
                        trees.subs[sub, SUB_FROM] <= when <= trees.subs[sub, SUB_TO]):
                    total -= market.sub_cost[sub] * log.pieces[draw]
                    break
    return total


@inner
def _take_option(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
                 log: Log, most: Ints, line: Int, choice: Int, offer: Int, arrival: Int,
                 wanted: Int, failed: Floats) -> Int:
    """
    Provide at most `wanted` pieces by one option and note them; what was provided.

    Where dear substitutes make many pieces cost more than they bring, half as many are tried.

    failed : (items, sites, weeks) what substitutes cost for each of the fewest pieces that were
             tried in vain there, noted; shape (0, 0, 0) notes nothing
    """
    item = market.choice_item[choice]
    site = market.goods[market.offers[offer, OFFER_GOOD], GOOD_SITE]
    ship = arrival - market.offers[offer, OFFER_WEEKS]
    claim, ban, lot = lines.rows[line, CLAIM], lines.rows[line, BAN], lines.rows[line, LOT]
    complete = lines.rows[line, COMPLETE] == 1
    remember = claim == 0 and ban == 0 and not complete
    journal, draws = scratch.size[JOURNAL], scratch.size[DRAWS]
    rows, kept = log.size[0], log.size[1]
    pieces: Int = np.int64(0)
    least: Int = np.int64(0)
    cost = 0.0
    asked = wanted
    while asked >= lot:
        pieces, most_there = provide(trees, world, scratch, item, site, ship, asked, lot,
                                     lines.banned[ban], claim)
        if asked == wanted:
            least = most_there
        if pieces == 0:
            break
        keep(scratch, log, line, item, market.offers[offer, OFFER_LANE], ship, pieces, draws)
        earned = earned_by(trees, market, log, rows)
        if complete or earned > 0.0:
            break
        undo(world, scratch, journal, draws)
        log.size[0], log.size[1] = rows, kept
        cost = worth_of(market, line, choice, offer, arrival) - earned / pieces
        asked, pieces = pieces // 2, np.int64(0)
    if remember:
        most[item, site, ship] = min(least - pieces, 2**31 - 1)
        if failed.shape[0] > 0 and pieces == 0 and asked < wanted:
            failed[item, site, ship] = max(cost, failed[item, site, ship])
    return pieces


@inner
def leave_failed(lines: Lines, market: Market, failed: Floats, line: Int, count: Int,
                 worth: Floats, options: Longs) -> None:
    """Take out the options at which a piece brings no more than its substitutes cost before."""
    if failed.shape[0] == 0 or lines.rows[line, CLAIM] > 0:
        return
    for place in range(count):
        choice, offer = options[place, O_CHOICE], options[place, O_OFFER]
        site = market.goods[market.offers[offer, OFFER_GOOD], GOOD_SITE]
        cost = failed[market.choice_item[choice], site, options[place, O_SHIP]]
        if cost > -DEAR and worth_of(market, line, choice, offer,
                                     options[place, O_ARRIVAL]) <= cost:
            worth[place] = -DEAR


@inner
def fill_line(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
              cost: Floats, log: Log, most: Ints, line: Int, wanted: Int, discount: float,
              slack: float, floor: float, worth: Floats, options: Longs, failed: Floats) -> Int:
    """Give a line all that pays, as `give_options` does; the pieces given."""
    count = options_of(market, cost, lines, most, line, discount, worth, options)
    leave_failed(lines, market, failed, line, count, worth, options)
    return give_options(trees, world, scratch, lines, market, log, most, line, wanted, slack,
                        floor, count, worth, options, failed)


@inner
def give_options(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
                 log: Log, most: Ints, line: Int, wanted: Int, slack: float, floor: float,
                 count: Int, worth: Floats, options: Longs, failed: Floats) -> Int:
    """
    Give a line its options in the order of their worth; the pieces given.

    slack, floor : options worth less than the best one minus slack, or less than floor, are left
    """
    best = -DEAR
    for place in range(count):
        best = max(best, worth[place])
    floor = max(floor, -DEAR / 2.0)
    least = max(best - slack, floor)
    rest = wanted
    for _ in range(len(options)):
        top = -1
        for place in range(count):
            if worth[place] >= least and (top < 0 or worth[place] > worth[top]):
                top = place
        if top < 0:
            break
        scratch.size[JOURNAL], scratch.size[DRAWS] = 0, 0
        if not lines.rows[line, COMPLETE]:
            worth[top] = -DEAR
            rest -= _take_option(trees, world, scratch, lines, market, log, most, line,
                                 options[top, O_CHOICE], options[top, O_OFFER],
                                 options[top, O_ARRIVAL], rest, failed)
        else:
            rest -= _fill_arrival(trees, world, scratch, lines, market, log, most, line,
                                  options[top, O_ARRIVAL], rest, floor, count, worth, options,
                                  failed)
        if rest == 0:
            break
    return wanted - rest


@inner
def _may_fill_arrival(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
                      most: Ints, line: Int, arrival: Int, wanted: Int, floor: float, count: Int,
                      worth: Floats, options: Longs) -> bool:
    """False when the sum of the bounds rules a whole arrival in this bucket out."""
    claim, ban = lines.rows[line, CLAIM], lines.rows[line, BAN]
    # The remembered bounds add up first; then one after the other is made anew.
    for fresh in range(0 if lines.rows[line, KNOWN] else 1, 2):
        total = np.int64(0)
        for place in range(count):
            if options[place, O_ARRIVAL] != arrival or worth[place] <= floor - 1e-9:
                continue
            item = market.choice_item[options[place, O_CHOICE]]
            site = market.goods[market.offers[options[place, O_OFFER], OFFER_GOOD], GOOD_SITE]
            ship = options[place, O_SHIP]
            if fresh == 0:
                total += most[item, site, ship]
                continue
            least = bound(trees, world, scratch, item, site, ship, lines.banned[ban], claim)
            if claim == 0 and ban == 0:
                most[item, site, ship] = min(least, 2**31 - 1)
            total += least
            if total >= wanted:
                return True
        if total < wanted:
            return False
    return False


@inner
def fill_whole(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
               log: Log, most: Ints, line: Int, arrival: Int, wanted: Int, floor: float,
               count: Int, worth: Floats, options: Longs, failed: Floats) -> Int:
    """Fill a line in one arrival bucket, best option first; the pieces that found no place."""
    rest = wanted
    may = _may_fill_arrival(trees, world, scratch, lines, market, most, line, arrival, wanted,
                            floor, count, worth, options)
    while may and rest > 0:
        top = -1
        for place in range(count):
            if options[place, O_ARRIVAL] == arrival and worth[place] > floor - 1e-9 and (
                    top < 0 or worth[place] > worth[top]):
                top = place
        if top < 0:
            break
        worth[top] = -DEAR
        rest -= _take_option(trees, world, scratch, lines, market, log, most, line,
                             options[top, O_CHOICE], options[top, O_OFFER], arrival, rest,
                             failed)
    return rest


@inner
def _fill_arrival(trees: Trees, world: World, scratch: Scratch, lines: Lines, market: Market,
                  log: Log, most: Ints, line: Int, arrival: Int, wanted: Int, floor: float,
                  count: Int, worth: Floats, options: Longs, failed: Floats) -> Int:
    """All pieces in one arrival bucket, or none; the bucket's options are used up."""
    rows, draws = log.size[0], log.size[1]
    rest = fill_whole(trees, world, scratch, lines, market, log, most, line, arrival, wanted,
                      floor, count, worth, options, failed)
    for place in range(count):
        if options[place, O_ARRIVAL] == arrival:
            worth[place] = -DEAR
    if rest == 0:
        earned = 0.0
        for row in range(rows, log.size[0]):
            earned += earned_by(trees, market, log, row)
        if earned > 0.0:
            return wanted
    undo(world, scratch, START, START)
    log.size[0], log.size[1] = rows, draws
    return 0


@kernel
def replay(trees: Trees, world: World, scratch: Scratch, lines: Lines, left: Longs, rows: Longs,
           first: Int, log: Log, most: Ints, room_draws: Int) -> Int:
    """
    Provide given allocations as far as they can be, until the log may run full; one of a complete
    line whole or not at all.

    rows : (allocations, 5) in the columns of `Log.rows`, each allowed; the next row is returned
    most : remembered bounds, see `headgate.planner.kernels.improve.Room`
    """
    for row in range(first, len(rows)):
        if log.size[0] + 1 > len(log.rows) or log.size[1] + room_draws > len(log.pieces):
            return row
        line, lane = rows[row, LINE], rows[row, LANE]
        wanted = min(left[line], rows[row, PIECES])
        item, site, ship = rows[row, SENT], lines.lanes[lane, LANE_SITE], rows[row, SHIP]
        claim, ban, lot = lines.rows[line, CLAIM], lines.rows[line, BAN], lines.rows[line, LOT]
        complete = lines.rows[line, COMPLETE] == 1
        known = most[item, site, ship] if lines.rows[line, KNOWN] else ENOUGH
        if wanted <= 0 or known < (wanted if complete else lot) or lines.rows[line, SET] >= 0:
            continue
        scratch.size[JOURNAL], scratch.size[DRAWS] = 0, 0
        pieces, least = provide(trees, world, scratch, item, site, ship, wanted, lot,
                                lines.banned[ban], claim)
        if pieces > 0 and pieces < wanted and complete:
            undo(world, scratch, START, START)
            pieces = 0
        if claim == 0 and ban == 0:
            most[item, site, ship] = min(least - pieces, 2**31 - 1)
        if pieces > 0:
            keep(scratch, log, line, item, lane, ship, pieces, 0)
            left[line] -= pieces
    return len(rows)


@kernel
def best_worth(lines: Lines, market: Market, cost: Floats, most: Ints, chosen: Longs,
               worth: Floats, options: Longs, out: Floats) -> None:
    """The worth of the best option of each chosen line at the prices, -DEAR when it has none."""
    for place in range(len(chosen)):
        line = chosen[place]
        out[place] = -DEAR
        count = options_of(market, cost, lines, most, line, 1.0, worth, options)
        for option in range(count):
            out[place] = max(out[place], worth[option])


