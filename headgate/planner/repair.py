"""Repair an older plan on a book that has changed: keep what can be kept, move what must move."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import Allocation, by_line
from headgate.planner.certificate import Certificate, certify
from headgate.planner.confirmed import Confirmed, confirmed_of
from headgate.planner.draft import Draft
from headgate.planner.dual import Prices, no_prices
from headgate.planner.fixed import fix, rest_of
from headgate.planner.freed import freed_pools, lines_asking_for, lines_drawing
from headgate.planner.keeping import Keeper
from headgate.planner.kernels.fill import best_worth
from headgate.planner.kernels.kept import EARLIEST_KEPT, PROMISED
from headgate.planner.kernels.price import DEAR
from headgate.planner.kernels.rank import LINE, PIECES, SET
from headgate.planner.kernels.repair import BETTER, KEEP, MOVE, WHOLE
from headgate.planner.market import exchange_of
from headgate.planner.measures import worth_of_log
from headgate.planner.older import Older, Start
from headgate.planner.pinning import Pinned, certify_wide, make_room, pinned_beside
from headgate.planner.policy import Policy
from headgate.planner.pricing import Pricing
from headgate.planner.repaired import (
    BY_CLASS,
    BY_FREED,
    BY_HELD,
    BY_ORDER,
    BY_PIN,
    BY_RULES,
    BY_WINNER,
    UNMOVED,
    Repaired,
)
from headgate.planner.replan_policy import FILL, GAIN, LOSE, REDISTRIBUTE, WIN
from headgate.planner.restart import Retraced, prices_of_older, retrace_older
from headgate.planner.run import settled
from headgate.planner.terms import terms_of
from headgate.planner.unfixed import without_fixed
from headgate.planner.world import limited_world, pools_of, trees_of

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DISCOUNT = 0.9
"""The share of the prices that counts when a line takes another date."""
MOST_BETTER = 200
"""The most lines that are looked at for a better date, those first that may gain most."""
GAP_GROWTH = 0.002
"""When the gap has grown by more than this, prices that prove a lower bound are looked for."""
LARGE_LOSS, TURNS = 0.0005, 8
"""When lines lost more than this share of what all earned, so many trades are tried for each."""
WORTH_MOVING = 0.1
"""What a trade must restore for each promise that it moves, as a share of a line's earnings."""


class Repairer:
    """
    An older plan on a book, ready to be repaired.

    whole, policy : what is planned now
    start         : the older plan
    record        : the table `promises_of_record`, where any are
    promised      : what it confirmed to each line; `confirmed`, beside what is fixed

    Pins and frozen promises are placed anew before all others, as in every plan; `book`, `pools`
    and the rest are what these leave. Where pins are new, those that the older plan had stand as it
    had them, and the new ones are placed beside its promises; not if `ruled`.
    """

    def __init__(self, whole: Book, policy: Policy, start: Start, threads: ThreadPoolExecutor,
                 record: pl.DataFrame | None = None, ruled: bool = False) -> None:
        # The older plan is read in one thread while the market is made in this one.
        reading = threads.submit(self._read, whole, policy, start, record)
        self.whole, self.policy, self.whole_pools = whole, policy, pools_of(whole, policy)
        self.threads, self.start = threads, start
        self.fixed = fix(whole, self.whole_pools)
        self.pinned = None
        if self.fixed.pinned and not ruled:
            self.pinned = pinned_beside(whole, self.whole_pools, reading.result()[0], self.fixed)
        if self.pinned is not None:
            self.fixed = self.pinned.fixed
        book, self.pools = rest_of(whole, self.whole_pools, self.fixed)
        self.book, self.gave_way = book, np.zeros(len(book.lines), dtype=np.bool_)
        retracing = threads.submit(self._retrace, reading)
        earned = worth_of_log(whole, policy, by_line(self.fixed.log, self.whole_pools,
                                                     self.fixed.broken))
        self.exchange = exchange_of(book, terms_of(book, policy), self.pools,
                                    limited_world(book, self.pools), trees_of(book), earned)
        self.draft = Draft(book, self.exchange, self.pools, policy.seed, threads)
        if policy.objective == "value":
            self.pricing = Pricing(self.exchange, prices_of_older(
                book, self.pools, start.prices, self.exchange.last_draw), threads)
            self.pricing.give(self.draft)
            standing = np.zeros(0)
        else:
            self.pricing = Pricing(self.exchange, no_prices(self.exchange), threads)
            self.pricing.give_cost(self.draft)
            standing = book.lines.place_by_rank.astype(np.float64)
        self.promised = reading.result()[1]
        self.confirmed = self.promised.without(self.fixed.placed, book.lines.open)
        self.keeper = Keeper(self.draft, *self.confirmed.terms(), standing)
        older, self.retraced = retracing.result()
        self.freeing = threads.submit(freed_pools, whole, self.whole_pools, older, self.confirmed)

    @staticmethod
    def _read(book: Book, policy: Policy, start: Start,
              record: pl.DataFrame | None) -> tuple[Older, Confirmed]:
        """The older plan in the numbers of a book, and what it confirmed."""
        older = Older.of(book, start)
        return older, confirmed_of(book, policy.replan, older, record)

    def _retrace(self, reading: Future[tuple[Older, Confirmed]]) -> tuple[Older, Retraced]:
        """The older plan beside what is fixed, and its allocations."""
        older = without_fixed(self.whole, self.whole_pools, reading.result()[0], self.fixed)
        return older, retrace_older(self.book, self.pools, older)

    def repair(self) -> Repaired | None:
        """The plan, repaired; to be asked once. None where pins must be placed as ruled."""
        keeper, had = self.keeper, self.confirmed
        keeper.put_in(self.retraced.log)
        held = self.draft.held
        reason, cause = self._first_reasons()
        earned = self._earned()
        if self.policy.objective == "value":
            self.pricing.look_again(self.draft, float(earned.sum()))
        lost = keeper.take_out(np.flatnonzero((had.group == LOSE) & (held.head >= 0)))
        keeper.heal()
        gone = keeper.out
        self._blame(reason, cause, 0, None)
        keeper.put_fitting(self._by_right(gone))
        if self.pinned is not None and len(self.pinned.wanted) and not self._pin(
                self.pinned, earned, reason, cause):
            return None
        held = self.draft.held
        self._serve_winners(reason, cause)
        waiting = (held.left > 0) & (had.group != LOSE)
        broken = np.flatnonzero(waiting & had.known & self._broken())
        self._insert(broken, KEEP)
        self._insert(broken, MOVE)
        self._insert(np.flatnonzero(waiting & ~had.known & (had.group != WIN)), MOVE)
        keeper.put_fitting(self._by_right(lost))
        self._insert(np.flatnonzero((held.left > 0) & (had.group == LOSE)), MOVE)
        self._use_freed(np.concatenate([gone, lost]), reason)
        return Repaired(*self._finished(earned, reason, cause), reason, cause,
                        self.pinned is not None)

    def _pin(self, pinned: Pinned, earned: Floats, reason: Longs, cause: Longs) -> bool:
        """
        Place new pins, to which lines give way as to a quote; false where that cannot be.

        earned : (lines,) becomes less by what lines lose: no trade is to make up for that
        """
        keeper = self.keeper
        lines = np.unique(pinned.wanted[:, 0])
        own = keeper.take_out(lines)
        first, before = int(keeper.count[0]), self._earned()
        rows, alive = int(self.draft.held.log.size[0]), keeper.old.alive.copy()
        if self.policy.objective == "value":
            # A quote knows no prices of parts: worth is weighed as it does.
            self.pricing.give_none(self.draft)
        fixed = make_room(pinned, self.whole, self.whole_pools, self.policy, self.confirmed, keeper)
        if self.policy.objective == "value":
            self.pricing.give(self.draft)
        if fixed is None:
            return False
        self.fixed = fixed
        reason[lines[self.confirmed.known[lines]]] = BY_HELD
        self._blame(reason, cause, first, BY_PIN)
        # Who gives way to a pin gets the date that a quote named, and no other later on.
        self.gave_way[keeper.changed_since(rows, alive)] = True
        earned -= np.maximum(0.0, before - self._earned())
        keeper.put_fitting(own)
        return True

    def _first_reasons(self) -> tuple[Longs, Longs]:
        """Lines whose order changed, or whose allocations this book does not allow."""
        had, held, lines = self.confirmed, self.draft.held, self.book.lines
        reason = np.full(len(lines), UNMOVED, dtype=np.int64)
        reason[had.known & (had.group == LOSE)] = BY_CLASS
        reason[had.known & (lines.open - held.left < had.pieces)] = BY_RULES
        reason[had.known & (lines.open != had.open)] = BY_ORDER
        reason[had.known & (self.fixed.placed > 0)] = BY_HELD
        return reason, np.zeros((len(lines), 3), dtype=np.int64)

    def _blame(self, reason: Longs, cause: Longs, first: int, code: int | None) -> None:
        """Note for lines taken out since place `first` what made them give up, or one code."""
        rows, why = self.keeper.out[first:], self.keeper.cause[first:]
        line = self.draft.held.log.rows[rows, LINE][::-1]
        fresh = np.isin(reason[line], (UNMOVED, BY_CLASS, BY_HELD))
        reason[line[fresh]] = why[::-1][fresh, 0] if code is None else code
        cause[line[fresh]] = why[::-1][fresh]

    def _broken(self) -> Bools:
        """(lines,) lines that wait for pieces that they had, or that are ordered since."""
        had, held = self.confirmed, self.draft.held
        given = self.book.lines.open - held.left
        # Of the class `win` nothing is written but what was confirmed, or all on its date.
        due = np.where(had.group == WIN, had.pieces, had.pieces + had.added)
        return np.asarray(given < due, dtype=np.bool_)

    def _serve_winners(self, reason: Longs, cause: Longs) -> None:
        """Lines of the class `win` that are not whole on their date displace others to be so."""
        keeper, had, held = self.keeper, self.confirmed, self.draft.held
        lines = self.book.lines
        timely = (held.left == 0) & (keeper.last_arrival() <= lines.requested)
        needing = np.flatnonzero((had.group == WIN) & (lines.open > 0) & ~timely)
        if not len(needing):
            return
        others = keeper.take_out(np.flatnonzero(
            ((had.group == REDISTRIBUTE) | (had.group == FILL)) & ~had.frozen & (held.head >= 0)))
        keeper.better(keeper.units(self._by_worth(needing)), WHOLE, DISCOUNT)
        served = needing[held.left[needing] == 0]
        reason[served[reason[served] == UNMOVED]] = BY_FREED
        keeper.put_rows(others)
        before = int(keeper.count[0])
        keeper.heal()
        self._blame(reason, cause, before, BY_WINNER)
        keeper.put_fitting(self._by_right(keeper.out[before:]))

    def _use_freed(self, taken: Longs, reason: Longs) -> None:
        """Lines that may use what was freed get better dates, where that pays for the move."""
        draft, had, lines = self.draft, self.confirmed, self.book.lines
        held, log = draft.held, draft.held.log
        taken = taken[self.keeper.old.alive[taken] == 0]
        counts = log.first_draw[taken + 1] - log.first_draw[taken]
        draws = np.repeat(log.first_draw[taken], counts) + (
            np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts))
        drawn = np.unique(log.sources[draws, 1])
        supply = len(self.pools)
        more, freed = self.freeing.result()
        freed[drawn[drawn < supply]] = True
        there = held.balance[:supply] > 0
        if self.policy.objective == "value":
            # What was given back is of use where it has a price; what came has none yet.
            price = draft.price[:supply]
            freed &= (there & (price > 0) & (price < DEAR)).any(axis=1)
        freed = (freed | more) & there.any(axis=1)
        needing = lines_drawing(self.book, self.pools, freed) | lines_asking_for(
            self.pools, drawn[drawn >= supply] - supply)
        last = self.keeper.last_arrival()
        late = (held.left == 0) & (last > lines.requested)
        improves = (had.group == GAIN) | (had.group == REDISTRIBUTE)
        hopeful = improves & late & had.known & (needing | ~had.late) & ~self.gave_way
        gain = self.exchange.market.late_cost * lines.open * (last - lines.requested)
        chosen = np.flatnonzero(hopeful)
        chosen = chosen[np.lexsort((chosen, -gain[chosen]))][:MOST_BETTER]
        waits = (held.left > 0) & needing & (improves | (had.group == LOSE))
        if self.policy.objective == "rank":
            chosen = self._by_rank(chosen)
        self.keeper.better(self.keeper.units(chosen), BETTER, DISCOUNT)
        self._insert(np.flatnonzero(waits), MOVE)
        touched = np.concatenate([chosen, np.flatnonzero(waits)])
        reason[touched[reason[touched] == UNMOVED]] = BY_FREED

    def _earned(self) -> Floats:
        """(lines,) what the allocations of each line earn."""
        rows = np.flatnonzero(self.keeper.old.alive)
        held = self.draft.held
        return np.bincount(held.log.rows[rows, LINE], held.earned[rows],
                           len(held.left)).astype(np.float64)

    def _trading(self, before: Floats) -> Callable[[Longs, Longs], None] | None:
        """
        Lines of one class may trade dates where a repair has lost much; hardly more promises move.

        before  : (lines,) what each earned in the older plan
        returns : does it, and notes reasons and causes
        """
        had = self.confirmed
        loss = np.maximum(0.0, before - self._earned())
        free = ((had.group == GAIN) | (had.group == REDISTRIBUTE)) & had.known & ~self.gave_way
        hurt = free & (loss > 0) & (self.draft.lines.rows[:, SET] < 0)
        if loss[hurt].sum() < LARGE_LOSS * before.sum():
            return None
        places = self.draft.aim(hurt)
        if places is None:
            return None
        served = max(1, int(np.count_nonzero(before)))
        worth = WORTH_MOVING * float(before.sum()) / served

        def trade(reason: Longs, cause: Longs) -> None:
            """Take the turns."""
            by = self.keeper.trade(places, free, np.stack([had.planned, had.due], axis=1),
                                   TURNS * int(hurt.sum()), worth)
            changed = np.flatnonzero((by >= 0) & (reason == UNMOVED))
            reason[changed], cause[changed] = reason[by[changed]], cause[by[changed]]

        return trade

    def _by_right(self, rows: Longs) -> Longs:
        """Rows in the order in which they may return: by class, then what earns most."""
        log = self.draft.held.log
        line = log.rows[rows, LINE]
        worth = self.draft.held.earned[rows] / np.maximum(1, log.rows[rows, PIECES])
        worth = -worth / self.exchange.market.heat[line]
        if self.policy.objective == "rank":
            worth = self.keeper.old.standing[line]
        unit, mate = np.unique(self.keeper.heads(line), return_inverse=True)
        best = np.full(len(unit), np.inf)
        np.minimum.at(best, mate, worth)
        return rows[np.lexsort((rows, line, mate, best[mate], self.confirmed.group[line]))]

    def _by_worth(self, lines: Longs) -> Longs:
        """Lines by class, then those first that bring most for the cost of their item."""
        if self.policy.objective == "rank":
            return self._by_rank(lines)
        draft, market = self.draft, self.exchange.market
        worth = np.zeros(len(lines))
        draft.forget_bounds()
        best_worth(draft.lines, market, draft.cost, draft.room.most[0], lines, draft.room.worth,
                   draft.room.options, worth)
        return lines[np.lexsort((lines, -worth / market.heat[lines],
                                 self.confirmed.group[lines]))]

    def _by_rank(self, lines: Longs) -> Longs:
        """Lines by class, then by rank."""
        return lines[np.lexsort((self.keeper.old.standing[lines], self.confirmed.group[lines]))]

    def _insert(self, lines: Longs, phase: int) -> None:
        """Give lines what they wait for, the classes one after the other."""
        if not len(lines):
            return
        if self.policy.objective == "rank":
            self._insert_by_rank(self._by_rank(lines), phase)
        else:
            self.keeper.insert(self.keeper.units(self._by_worth(lines)), phase,
                               0.0 if phase == KEEP else DISCOUNT)

    def _insert_by_rank(self, order: Longs, phase: int) -> None:
        """The same by the rank rules; the promised week is tried before earlier ones."""
        lines, terms, keeper = self.book.lines, self.keeper.old.terms, self.keeper
        order = keeper.units(order)
        first = keeper.of_units(np.maximum, np.maximum(lines.earliest, terms[:, EARLIEST_KEPT]))
        latest = keeper.of_units(np.minimum, lines.latest.astype(np.int64))[order]
        promised = keeper.of_units(np.minimum, terms[:, PROMISED])[order]
        first = first[order]
        spans = [(promised, promised), (first, promised)] if phase == KEEP else [(first, latest)]
        for begin, end in spans:
            windows = np.stack([np.maximum(begin, first), np.minimum(end, latest),
                                lines.ban[order]], axis=1).astype(np.int64)
            keeper.place_by_rank(order, windows)

    def _finished(self, earned: Floats, reason: Longs,
                  cause: Longs) -> tuple[Allocation, Certificate | None]:
        """
        The plan, dates traded where that is of use, and a bound; where much was lost, a better one.

        earned : (lines,) what each earned in the older plan
        """
        trade = None if self.policy.objective == "rank" else self._trading(earned)

        def settle() -> Allocation:
            """Trade, and put the plan in its order."""
            if trade is not None:
                trade(reason, cause)
            return settled(self.whole, self.whole_pools, self.fixed, self.draft.log())

        if self.policy.objective == "rank":
            return settle(), None
        value = float(self._earned().sum()) + self.exchange.floor_cents
        # Trades stand by the prices with which lines were placed: others are looked for beside.
        settling = self.threads.submit(settle)
        found, former = self._certified(self.pricing.prices), self.start.gap
        if former is not None and value < (1.0 - former - GAP_GROWTH) * found.bound_cents:
            found = min(found, self._certified(self.pricing.bounding()),
                        key=lambda one: one.bound_cents)
        return settling.result(), found

    def _certified(self, prices: Prices) -> Certificate:
        """What prices prove; where pins stand beside promises, of plans that need not keep them."""
        if self.pinned is None:
            return certify(self.book, self.exchange, self.pools, prices)
        return certify_wide(self.whole, self.pinned.wide, self.policy, self.whole_pools, prices)
