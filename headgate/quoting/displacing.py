"""Profitable to promise: what a request may take from lines that lose less than it gains."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.money import scale_cents
from headgate.book import Book
from headgate.explain.reasons import NOTHING_REMEMBERED
from headgate.planner.allocate import Allocation, look_ahead
from headgate.planner.confirmed import confirmed_by
from headgate.planner.draft import Draft
from headgate.planner.dual import Dual, no_prices
from headgate.planner.keeping import Keeper
from headgate.planner.kernels.explode import use_hours
from headgate.planner.kernels.kept import NEVER, TIER, UNTOUCHABLE
from headgate.planner.kernels.rank import (
    BAN,
    EARLIEST,
    LANE,
    LANE_WEEKS,
    LATEST,
    LINE,
    OPEN,
    PIECES,
    REQUESTED,
    SENT,
    SHIP,
    Lines,
    Log,
    place_lines,
)
from headgate.planner.market import exchange_of
from headgate.planner.measures import extra_cents
from headgate.planner.placing import NO_ROWS_OF_2, copied, joined, merged, strip_permits
from headgate.planner.policy import Policy
from headgate.planner.quota_use import with_permits
from headgate.planner.reach import (
    Stock,
    chosen_rows,
    drawn_up_to,
    protected_lines,
    reaches,
)
from headgate.planner.terms import terms_of, weighted
from headgate.planner.world import largest_tree, limited_world, log_of, trees_of
from headgate.quoting.requests import Request, last_arrival, price_cents

Longs = NDArray[np.int64]

MOST_DATES = 6
"""So many weeks from the requested one on are tried."""


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A promise that displaces lines.

    log        : its allocations, permits among the draws
    lines      : (n,) lines of the book whose allocations change
    before, after : (n, 2) bucket and pieces of each: by `before` all of them had arrived, by
                 `after` as many, or the last of those that are left, NEVER none
    behind     : (n,) pieces that arrive later than before, or not any more
    lost_cents : (n,) what each loses of its value
    moved_cents : (n,) what the policy charges for moving its promise
    gained_cents : what the request gains by it
    unchanged  : all allocations that these lines have in the plan
    changed    : all that they have then
    """

    log: Log
    lines: Longs
    before: Longs
    after: Longs
    behind: Longs
    lost_cents: Longs
    moved_cents: Longs
    unchanged: Log
    changed: Log
    gained_cents: int = 0

    @property
    def cost_cents(self) -> int:
        """What the lines lose, and what the policy charges for moving their promises."""
        return int(self.lost_cents.sum() + self.moved_cents.sum())


class Displacer:
    """
    A plan that can give up lines for a request, and is as it was after each question.

    Protected are lines that are frozen or pinned, of class `win`, or promised within the fence of
    `[policy.replan]`, each with its ship set.
    """

    def __init__(self, book: Book, policy: Policy, allocation: Allocation,
                 record: pl.DataFrame | None = None) -> None:
        self.book, self.policy, self.pools = book, policy, allocation.pools
        pools = self.pools
        exchange = exchange_of(book, terms_of(book, policy), pools, limited_world(book, pools),
                               trees_of(book))
        arrival = allocation.ship + book.lanes.weeks[allocation.lane]
        self.had = had = confirmed_by(book, policy.replan, allocation.line, arrival,
                                      allocation.quantity, record)
        terms, money = had.terms()
        log = with_permits(book, pools, strip_permits(allocation.log))
        with ThreadPoolExecutor(1) as threads:
            self.draft = draft = Draft(book, exchange, pools, policy.seed, threads)
            dual = Dual(exchange, threads)
            dual.quote(no_prices(exchange), 0.0)
            draft.cost = exchange.costs(dual.tables)
            self.keeper = keeper = Keeper(draft, terms, money, np.zeros(0))
            protected = protected_lines(book, policy, had, keeper.of_units)
            terms[protected, TIER] += UNTOUCHABLE
            keeper.put_in(log)
        self.size = draft.held.log.size.copy()
        self.whole = Stock(draft.held.balance.copy(), draft.world.hours.copy())
        self.reaches = reaches(book, policy, pools, log, protected, had, keeper.of_units,
                               self.whole)
        held = draft.held
        self.saved = (held.head.copy(), held.behind.copy(), held.left.copy(),
                      keeper.old.alive.copy())

    def offer(self, request: Request, packed: Lines, room: tuple[int, int], undisturbed: Log,
              taken: Stock, spent_cents: int = 0) -> Offer | None:
        """
        The earliest promise, from the requested week on, by which the request gains more than the
        lines lose that it displaces, and than moving their promises costs by the policy; None when
        there is none before what it gets undisturbed.

        packed      : the request alone
        room        : the most allocations and draws that it can make
        undisturbed : what it gets without displacing anybody
        taken       : what others hold, and what those before it in a basket are promised
        spent_cents : what giving way to those before it costs
        """
        rows = packed.rows[0]
        asked, last = int(rows[REQUESTED]), last_arrival(request, self.book)
        due, last = min(max(0, asked), last), int(min(rows[LATEST], last))
        had = undisturbed.rows
        arrives = had[:, SHIP] + packed.lanes[had[:, LANE], LANE_WEEKS]
        if had[:, PIECES].sum() == rows[OPEN]:
            last = min(last, int(arrives.max(initial=0)) - 1)
        floor = self.worth_cents(request, asked, undisturbed)
        if request.requested_on is None:
            due = last
        for week in range(due, min(last, due + MOST_DATES - 1) + 1):
            log = self._placed(packed, room, week, taken)
            if log is None:
                continue
            gain = self.worth_cents(request, asked, log) - floor
            found = self.displace(log, taken) if gain > 0 else None
            if found is not None and gain > found.cost_cents - spent_cents:
                return replace(found, gained_cents=gain)
        return None

    def offer_in(self, packed: Lines, room: tuple[int, int], week: int,
                 taken: Stock) -> Offer | None:
        """A promise by a week whatever it costs; None when none can be had. As for `offer`."""
        log = self._placed(packed, room, week, taken)
        return None if log is None else self.displace(log, taken)

    def worth_cents(self, request: Request, asked: int, log: Log) -> int:
        """
        What a promise brings by the policy, in cents: price less cost, freight, lateness and the
        extra cost of substitutes.

        asked : the bucket for which it is wanted, which may be over
        """
        book, rows = self.book, log.rows
        price = price_cents(request, book)
        cents = price - book.unit_cost_cents[rows[:, SENT]]
        weights = self.policy.weights
        weight = (weights["segment"].get(request.segment or "", 1000)
                  * weights["customer"].get(request.customer_id or "", 1000) * 1000)
        late = scale_cents(np.array([price]), self.policy.late_rate_millionths)
        weeks = np.maximum(0, rows[:, SHIP] + book.lanes.weeks[rows[:, LANE]] - asked)
        share = np.full(max(1, len(rows)), weight, dtype=np.int64)
        earned = (weighted(cents.astype(np.int64), share[:len(rows)])
                  - weeks * weighted(late, share[:1])[0] - book.lanes.cost_cents[rows[:, LANE]])
        paid = extra_cents(book, self.pools, log)
        return int((rows[:, PIECES].astype(object) * earned).sum()) - paid if len(rows) else 0

    def _placed(self, packed: Lines, room: tuple[int, int], week: int, taken: Stock) -> Log | None:
        """
        All pieces by a week: first what nobody needs, the rest as late as can be of what lines
        have that are not protected, those whose promises are near last; None when not all can be
        had.
        """
        rows = packed.rows[0]
        first, ban = int(max(0, rows[EARLIEST])), int(rows[BAN])
        parts: list[Log] = []
        left, rest = rows[OPEN], packed._replace(rows=packed.rows.copy())
        for place, stock in enumerate(self.reaches):
            stock = stock.without(taken)
            for begin in ((week, first) if place else (first,)):
                if not left:
                    break
                rest.rows[0, OPEN] = left
                there = stock.without(self._used(joined(parts))) if parts else stock
                found = self._place(rest, room, there, (begin, week, ban))
                left -= found.rows[:, PIECES].sum()
                parts.append(found)
        return None if left else merged(joined(parts))

    def _place(self, packed: Lines, room: tuple[int, int], stock: Stock,
               window: tuple[int, int, int]) -> Log:
        """What the request gets of a stock by the rank rules within a window."""
        draft, log = self.draft, log_of(*room)
        world = stock.limits(draft.world)
        place_lines(draft.exchange.trees, world, world, draft.scratch, packed,
                    np.zeros(1, dtype=np.int32), np.array([window], dtype=np.int64), 0, log,
                    NOTHING_REMEMBERED, *room, False, NO_ROWS_OF_2)
        draft.scratch.dirty[:], draft.scratch.size[:] = 0, 0
        return copied(log)

    def _used(self, log: Log) -> Stock:
        """What allocations draw, summed up to each week, and the hours that they use."""
        draft, book = self.draft, self.book
        hours = np.zeros_like(self.whole.hours)
        use_hours(draft.exchange.trees, draft.lines, strip_permits(log), draft.world.hours_row,
                  np.zeros((4, largest_tree(book)), dtype=np.int64), hours)
        return Stock(drawn_up_to(book, log, self.whole.balance.shape), hours)

    def displace(self, log: Log, taken: Stock) -> Offer | None:
        """
        Who gives way to allocations and to what others take beyond what the plan leaves, and what
        they get instead; the plan is as it was then. None when that cannot be had.
        """
        draft, keeper, held = self.draft, self.keeper, self.draft.held
        there = self.whole.without(taken).without(self._used(log))
        self._restore(there)
        keeper.count[0] = 0
        keeper.make_way()
        held = draft.held
        healed = Stock(held.balance, draft.world.hours).suffices
        found = self._read(log) if healed else None
        self._restore(self.whole)
        return found

    def _restore(self, stock: Stock) -> None:
        """Hold the plan as it is, with what may be another stock."""
        draft, held = self.draft, self.draft.held
        head, behind, left, alive = self.saved
        held.head[:], held.left[:] = head, left
        held.behind[:len(behind)], self.keeper.old.alive[:len(alive)] = behind, alive
        held.log.size[:] = self.size
        held.balance[:] = stock.balance
        draft.world.free[:] = look_ahead(stock.balance)
        draft.world.hours[:] = stock.hours

    def _read(self, log: Log) -> Offer:
        """Compare what is held now with the plan."""
        held, alive = self.draft.held, self.keeper.old.alive
        first, count, was = int(self.size[0]), int(held.log.size[0]), self.saved[3]
        gone = np.flatnonzero((was[:first] == 1) & (alive[:first] == 0))
        fresh = first + np.flatnonzero(alive[first:count] == 1)
        rows = held.log.rows
        lines = np.unique(rows[np.concatenate([gone, fresh]), LINE])
        old = np.flatnonzero((was[:first] == 1) & np.isin(rows[:first, LINE], lines))
        new = np.concatenate([old[alive[old] == 1], fresh])
        lost = np.zeros(len(self.book.lines))
        np.add.at(lost, rows[gone, LINE], held.earned[gone])
        np.subtract.at(lost, rows[fresh, LINE], held.earned[fresh])
        had, has = self._weekly(lines, old), self._weekly(lines, new)
        count = had.sum(axis=1)
        before, after = (np.stack([_there_by(weekly, count), weekly.sum(axis=1)], axis=1)
                         for weekly in (had, has))
        behind = (had - has).cumsum(axis=1).max(axis=1, initial=0)
        return Offer(log, lines, before, after, behind, np.rint(lost[lines]).astype(np.int64),
                     self._charged(lines, had, has), chosen_rows(held.log, old),
                     chosen_rows(held.log, new))

    def _weekly(self, lines: Longs, rows: Longs) -> Longs:
        """(lines, weeks) pieces of some lines that arrive in each week, by rows of the log."""
        log, packed = self.draft.held.log.rows[rows], self.draft.lines
        found = np.zeros((len(lines), self.draft.exchange.arrivals + 1), dtype=np.int64)
        arrival = log[:, SHIP] + packed.lanes[log[:, LANE], LANE_WEEKS]
        np.add.at(found, (np.searchsorted(lines, log[:, LINE]), arrival), log[:, PIECES])
        return found

    def _charged(self, lines: Longs, had: Longs, has: Longs) -> Longs:
        """
        (lines,) what the policy charges for moved promises, as a re-plan does.

        had, has : (lines, weeks) pieces that arrive before and after
        """
        promised, due = self.had.promised[lines], self.had.due[lines]
        lost = np.maximum(0, due - has.sum(axis=1))
        last = _there_by(has, due)
        stays = (last == _there_by(had, due)) & (lost == 0)
        less, more = (np.maximum(0, change).sum(axis=1) for change in (had - has, has - had))
        return self.had.charged(lines, (promised != NEVER) & (due > 0) & ~stays, last,
                                np.maximum(less, more), lost, self.book.horizon)


def _there_by(weekly: Longs, pieces: Longs) -> Longs:
    """
    (lines,) the bucket by which so many pieces of each line have arrived, or the last that come;
    NEVER where none do.

    weekly : (lines, weeks) pieces that arrive in each week

    >>> _there_by(np.array([[0, 2, 0, 3], [4, 0, 0, 0]]), np.array([2, 5])).tolist()
    [1, 0]
    """
    there = weekly.cumsum(axis=1)
    wanted = np.minimum(pieces, there[:, -1])
    return np.where(wanted > 0, (there >= wanted[:, None]).argmax(axis=1), NEVER)
