"""
Pins that an older plan did not have: placed beside what it promised, where lines give way to them.

A plan places pins before all others; a re-plan places a new one as a quote does that displaces
lines. The rules are those of "New pins" in docs/explanation/replanning.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headgate.book import NO_LIMIT, Book
from headgate.planner.certificate import Certificate, certify
from headgate.planner.confirmed import Confirmed
from headgate.planner.dual import Prices
from headgate.planner.fixed import (
    Fixed,
    frozen_promises,
    held_lines,
    pins_of,
    place_frozen,
    place_pins,
)
from headgate.planner.keeping import Keeper
from headgate.planner.kernels.kept import TIER, UNTOUCHABLE
from headgate.planner.kernels.rank import LANE, LINE, PIECES, SENT, SHIP, Log
from headgate.planner.market import exchange_of
from headgate.planner.older import Older
from headgate.planner.placing import joined, merged
from headgate.planner.policy import Policy
from headgate.planner.reach import Stock, chosen_rows, drawn_by, protected_lines, reaches
from headgate.planner.restart import retrace_older
from headgate.planner.terms import terms_of
from headgate.planner.unfixed import had_by
from headgate.planner.world import Pools, limited_world, lines_of, trees_of

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pinned:
    """
    Pins of a book, told apart by whether the older plan had them.

    fixed  : those that it had, with its draws, and the frozen promises
    wanted : (n, 4) line, site, ship week and pieces of the others, by rank
    wide   : the book, its held lines without limits that pins need not keep
    """

    fixed: Fixed
    wanted: Longs
    wide: Book


def pinned_beside(book: Book, pools: Pools, older: Older, fixed: Fixed) -> Pinned | None:
    """
    What of the pins is new; None where all are placed as the rules of a plan place them.

    fixed : pins and frozen promises placed by these rules. They count where the older plan had all
            pins so, where a pin does not fit, a frozen promise would ship otherwise beside others,
            and where frozen lines or ship sets are pinned
    """
    pins, lines = pins_of(book), book.lines
    own = pins[:, 0]
    if not len(pins) or fixed.broken[own].any() or (lines.ship_set[own] >= 0).any() or (
            frozen_promises(book)[own].any()):
        return None
    if had_by(book, pools, older, chosen_rows(fixed.log, np.arange(fixed.pinned))):
        return None
    wide = without_limits(book)
    published = retrace_older(wide, pools, older).log
    kept = _still_there(book, pins, published)
    left = Stock(pools.everything(), book.hours.micro).without(drawn_by(book, pools, kept))
    if not left.suffices:
        return None
    placed = np.bincount(kept.rows[:, LINE], kept.rows[:, PIECES], len(lines)).astype(np.int64)
    whole = lines_of(book, pools.permits, sets=True)
    frozen = place_frozen(book, pools, left.limits(limited_world(book, pools)), whole, placed)
    np.add.at(placed, frozen.rows[:, LINE], frozen.rows[:, PIECES])
    ruled = merged(chosen_rows(fixed.log, np.arange(fixed.pinned, len(fixed.log.rows))))
    if not np.array_equal(merged(frozen).rows, ruled.rows):
        return None
    frozen = _as_published(book, pools, published, frozen, left)
    return Pinned(Fixed(joined([kept, frozen]), placed, fixed.broken, len(kept.rows)),
                  _without(book, pins, kept), wide)


def without_limits(book: Book) -> Book:
    """
    A book whose held lines may arrive in any week, from any site, and none with others: a bound
    over all its plans holds wherever pins and frozen promises stand.
    """
    lines, held = book.lines, held_lines(book)
    sets = np.unique(lines.ship_set[held & (lines.ship_set >= 0)])
    held = held | np.isin(lines.ship_set, sets)

    def freed(values: NDArray[np.int32], value: int) -> NDArray[np.int32]:
        return np.where(held, value, values).astype(values.dtype)

    return replace(book, lines=replace(
        lines, earliest=freed(lines.earliest, 0), latest=freed(lines.latest, NO_LIMIT),
        site=freed(lines.site, -1), ship_set=freed(lines.ship_set, -1)))


def certify_wide(book: Book, wide: Book, policy: Policy, pools: Pools,
                 prices: Prices) -> Certificate:
    """
    What prices prove of a book whose pins stand beside promises, as what they draw is not known.

    wide : the book `without_limits`; what is not delivered costs what it costs in the book
    """
    market = exchange_of(wide, terms_of(book, policy), pools, limited_world(wide, pools),
                         trees_of(wide))
    return certify(wide, market, pools, prices)


def _keys(book: Book, line: Longs, site: NDArray[np.integer], ship: Longs) -> Longs:
    """A number for each line, site and ship week."""
    return (line.astype(np.int64) * max(1, len(book.sites)) + site) * book.horizon + ship


def _still_there(book: Book, pins: Longs, log: Log) -> Log:
    """Allocations of the older plan that pins hold; of a complete line only if they are whole."""
    lines, rows = book.lines, log.rows
    wanted = _keys(book, pins[:, 0], pins[:, 1], pins[:, 2])
    here = (rows[:, SENT] == lines.item[rows[:, LINE]]) & np.isin(
        _keys(book, rows[:, LINE], book.lanes.site[rows[:, LANE]], rows[:, SHIP]), wanted)
    given, held = (np.bincount(line, pieces, len(lines)) for line, pieces in (
        (rows[here, LINE], rows[here, PIECES]), (pins[:, 0], pins[:, 3])))
    here &= ~((lines.complete == 1) & (given < held))[rows[:, LINE]]
    return chosen_rows(log, np.flatnonzero(here))


def _as_published(book: Book, pools: Pools, log: Log, frozen: Log, left: Stock) -> Log:
    """
    Frozen promises with the draws that the older plan published, where it has the same allocations
    and there is enough for them: of pieces kept for a customer others of his may hold the rest.

    log : the older plan's allocations; left : what pins leave
    """
    had = chosen_rows(log, np.flatnonzero(np.isin(log.rows[:, LINE], frozen.rows[:, LINE])))
    rest = left.without(drawn_by(book, pools, had))
    same = np.array_equal(merged(had).rows, merged(frozen).rows)
    return had if same and rest.suffices else frozen


def _without(book: Book, pins: Longs, log: Log) -> Longs:
    """Pins less what allocations give them already."""
    rows, left = log.rows, pins.copy()
    wanted = _keys(book, pins[:, 0], pins[:, 1], pins[:, 2])
    names, pin = np.unique(wanted, return_index=True)
    key = _keys(book, rows[:, LINE], book.lanes.site[rows[:, LANE]], rows[:, SHIP])
    np.subtract.at(left[:, 3], pin[np.searchsorted(names, key)], rows[:, PIECES])
    return left[left[:, 3] > 0]


def make_room(pinned: Pinned, book: Book, pools: Pools, policy: Policy, had: Confirmed,
              keeper: Keeper) -> Fixed | None:
    """
    Place new pins in what a keeper holds, as a quote reaches into a plan, and let lines give way.

    book, pools : the whole book
    returns     : all that is fixed then; None where a pin does not fit, or nobody can give way
    """
    draft, wanted = keeper.draft, pinned.wanted
    held = draft.held
    alive = np.flatnonzero(keeper.old.alive[:held.log.size[0]])
    there = Stock(pools.everything(), book.hours.micro).without(
        drawn_by(book, pools, pinned.fixed.log))
    # What is held takes of later weeks alone was taken off the weeks before, too: what is short is
    # short in its own week, as for a quote.
    later = there.balance - draft.exchange.supply.astype(np.int64)
    held.balance[:] += later
    left = Stock(held.balance.copy(), draft.world.hours.copy())
    protected = protected_lines(book, policy, had, keeper.of_units)
    stocks = reaches(book, policy, pools, chosen_rows(held.log, alive), protected, had,
                     keeper.of_units, left)
    tiers = keeper.old.terms[:, TIER]
    tiers[protected] += UNTOUCHABLE
    log = placed_in(book, pools, wanted, (*stocks, there)) or placed_in(
        book, pools, wanted, (there,))
    if log is None:
        return None
    left = left.without(drawn_by(book, pools, log))
    held.balance[:], draft.world.hours[:] = left.balance, left.hours
    draft.world.free[:] = left.limits(draft.world).free
    np.subtract.at(held.left, log.rows[:, LINE], log.rows[:, PIECES])
    if held.left.min(initial=0) < 0:
        return None
    keeper.make_way()
    tiers[protected] -= UNTOUCHABLE
    if not Stock(draft.held.balance, draft.world.hours).suffices:
        return None
    draft.held.balance[:] -= later
    placed = pinned.fixed.placed.copy()
    np.add.at(placed, log.rows[:, LINE], log.rows[:, PIECES])
    return replace(pinned.fixed, log=joined([pinned.fixed.log, log]), placed=placed)


def placed_in(book: Book, pools: Pools, wanted: Longs, stocks: Sequence[Stock]) -> Log | None:
    """
    All pins out of one stock after the other, each of which has what the former has; None where
    not all can be had.

    wanted : (n, 4) line, site, ship week and pieces of each, by rank
    """
    whole, world = lines_of(book, pools.permits, sets=True), limited_world(book, pools)
    parts: list[Log] = []
    for stock in stocks:
        if not len(wanted):
            break
        left = stock.without(drawn_by(book, pools, joined(parts))) if parts else stock
        parts.append(place_pins(book, pools, left.limits(world), whole, wanted))
        wanted = _without(book, wanted, parts[-1])
    return None if len(wanted) else joined(parts)
