"""
The `value` policy: prices first, a plan from the prices, then both made better side by side.

The work is counted in units that do not depend on time or threads: the same number of units makes
the same plan and the same bound to the digit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import polars as pl

from headgate.base.money import short_money
from headgate.book import Book
from headgate.planner.certificate import Certificate, certify
from headgate.planner.dealing import deal_out
from headgate.planner.draft import Draft
from headgate.planner.dual import Descent, Dual, Sampling, no_prices
from headgate.planner.keeping import take_over
from headgate.planner.kernels.rank import Log
from headgate.planner.leftover import use_leftover
from headgate.planner.market import exchange_of
from headgate.planner.older import Older
from headgate.planner.policy import Policy
from headgate.planner.reliefs import relief_frame
from headgate.planner.restart import prices_of_older, retrace_older
from headgate.planner.terms import terms_of
from headgate.planner.world import Pools, limited_world, pools_of, trees_of

Progress = Callable[[str, float], None]
Stop = Callable[[], bool]

THREADS = 2
FIRST_SAMPLE, SECOND_SAMPLE = 4_000, 40_000
"""Lines that stand for the book while the prices are far off, and when they are near."""
WARM = ((0.02, 40), (0.005, 60), (0.002, 60), (0.001, 60))
"""
Temperatures of the search for prices on the first sample, or on the whole of a smaller book, and
the most steps at each.
"""
BRIDGE = ((0.0005, 100), (0.0003, 60))
"""The same on the second sample, or on the whole of a smaller book."""
COLD = (0.0005, 0.0003, 0.0002, 0.0001)
"""
Temperatures on the whole book beside the improvement of the plan, each until it gains nothing. They
begin again warmer than the plan was made at: samples leave the whole book something to gain there.
"""
CHUNK = 20
"""Steps of the search for prices in one unit of work."""
FEWEST_STEPS, STEP_SHARE, FIXED_LINES = 8, 400, 15_000
"""
Steps of the search for prices beside one round of improving the plan: they take less time than
its turns if a step costs as much as so many lines and the book's, and a turn so many lines.
"""
LINES_PER_TURN = 10
FEWEST_TURNS, MOST_TURNS = 100, 20_000
"""A round of improving has a turn for so many lines, within these limits."""
STALL_ROUNDS, STALL_GAP = 12, 0.0005
"""The search has stalled when so many rounds closed the gap by less than this."""


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a search found.

    log     : the plan's allocations by line
    reliefs : the `reliefs` table
    work    : units done
    """

    log: Log
    reliefs: pl.DataFrame
    certificate: Certificate
    work: int


class Search:
    """
    A search that can be stopped after any unit of work.

    pools      : what is left to draw from; None all that the book has
    held_cents : what allocations earn that are placed already
    best       : the lowest bound so far; None before the first
    """

    def __init__(self, book: Book, policy: Policy, threads: ThreadPoolExecutor,
                 start: Older | None = None, pools: Pools | None = None,
                 held_cents: int = 0) -> None:
        self.book, self.policy, self.threads = book, policy, threads
        self.pools = pools = pools_of(book, policy) if pools is None else pools
        self.exchange = exchange_of(book, terms_of(book, policy), pools,
                                    limited_world(book, pools), trees_of(book), held_cents)
        self.prices = no_prices(self.exchange)
        self.dual = Dual(self.exchange, threads)
        self.draft = Draft(book, self.exchange, self.pools, policy.seed, threads)
        self.start = start
        if start is not None:
            self.prices = prices_of_older(book, self.pools, start.start.prices,
                                          self.exchange.last_draw)
        self.descent = Descent(self.dual, self.prices)
        self.tau = 0.0
        self.best: Certificate | None = None
        self.filled = False

    @property
    def value_cents(self) -> float:
        """The plan's value, as float64."""
        return self.draft.value_cents + self.exchange.floor_cents

    @property
    def gap(self) -> float:
        """The share of the bound that may be missing; infinite while there is no plan."""
        if self.best is None or self.best.bound_cents <= 0 or not self.filled:
            return np.inf
        return 1.0 - self.value_cents / self.best.bound_cents

    def units(self) -> Iterator[str]:
        """Do the work; after each unit says what was done."""
        if self.start is None and len(self.exchange.market.choice_item):
            yield from self._warm()
        self.finish()
        yield "filled the plan" if self.start is None else "took over the older plan"
        if not len(self.exchange.market.choice_item):
            return
        descent = self.descent
        lines = len(self.book.lines)
        turns = min(MOST_TURNS, max(FEWEST_TURNS, lines // LINES_PER_TURN))
        steps = max(FEWEST_STEPS, STEP_SHARE * turns // (lines + FIXED_LINES))
        colds = iter(COLD)
        tau: float | None = next(colds)
        missing = [self._missing()]
        while True:
            new_prices = tau is not None
            improving = self.threads.submit(self.draft.improve, turns, self.draft.aim())
            if tau is not None:
                going = descent.advance(tau, steps)
                self.prices = descent.prices
                tau = tau if going else next(colds, None)
                self._certify()
            improving.result()
            if new_prices:
                self._take_prices()
            yield "improved the plan"
            missing.append(self._missing())
            if tau is None and len(missing) > STALL_ROUNDS and (
                    missing[-1 - STALL_ROUNDS] - missing[-1] < STALL_GAP * self._size()):
                return

    def _missing(self) -> float:
        """Cents between plan and bound."""
        return self.best.bound_cents - self.value_cents if self.best is not None else np.inf

    def _size(self) -> float:
        """Cents that the plan is about, at least 1."""
        bound = self.best.bound_cents if self.best is not None else 0
        return max(abs(float(bound)), abs(self.value_cents), 1.0)

    def _warm(self) -> Iterator[str]:
        """Prices from samples that stand for the book, the second larger, or from a small book."""
        lines = len(self.book.lines)
        sampling = Sampling(self.exchange) if lines > 2 * FIRST_SAMPLE else None
        for most, schedule in ((FIRST_SAMPLE, WARM), (SECOND_SAMPLE, BRIDGE)):
            if sampling is not None and lines > 2 * most:
                dual = Dual(self.exchange, self.threads, sampling.sample(most))
                yield from self._cool(Descent(dual, self.prices), schedule)
                self.descent = Descent(self.dual, self.prices)
            else:
                yield from self._cool(self.descent, schedule)

    def _cool(self, descent: Descent, schedule: Sequence[tuple[float, int]]) -> Iterator[str]:
        for tau, steps in schedule:
            self.tau = tau
            for done in range(0, steps, CHUNK):
                going = descent.advance(tau, min(CHUNK, steps - done))
                self.prices = descent.prices
                yield "searched for prices"
                if not going:
                    break

    def finish(self) -> None:
        """Make the plan and its certificate, if they are not there yet."""
        if self.filled:
            return
        self._certify()
        self._take_prices()
        if self.start is not None:
            take_over(self.draft, retrace_older(self.book, self.pools, self.start))
            self.draft.drop_losses()
        elif self.tau > 0.0:
            self.draft.fill_sets()
            self.dual.quote(self.prices, self.tau)
            deal_out(self.draft, self.exchange.costs(self.dual.tables), self.tau)
        self.draft.fill()
        self.filled = True

    def _certify(self) -> None:
        found = certify(self.book, self.exchange, self.pools, self.prices)
        if self.best is None or found.bound_cents < self.best.bound_cents:
            self.best = found

    def _take_prices(self) -> None:
        price = self.dual.quote(self.prices, 0.0)
        self.draft.take_prices(self.dual.tables, price)


def search(book: Book, policy: Policy, progress: Progress | None = None,
           stop: Stop | None = None, threads: int | None = None, start: Older | None = None,
           pools: Pools | None = None, held_cents: int = 0) -> Found:
    """
    The best plan found within the policy's stop conditions, and the bound that certifies it.

    held_cents : what allocations earn that are placed already, part of value and bound
    progress : called after each unit of work with value, bound and gap in words
    stop     : asked after each unit of work; true ends the search with the best plan so far
    threads  : at most so many work at a time; the result is the same with any number
    start    : an older plan to begin from
    """
    started = perf_counter()
    workers = max(1, min(THREADS, threads or os.cpu_count() or 1))
    with ThreadPoolExecutor(workers) as pool:
        run = Search(book, policy, pool, start, pools, held_cents)
        work = 0
        for _ in run.units():
            work += 1
            seconds = perf_counter() - started
            if progress is not None:
                progress(_words(run, book.settings.currency), _share(policy, work, seconds))
            if policy.work is not None:
                if work >= policy.work:
                    break
            elif policy.time_limit_millis is not None and (
                    seconds * 1000 >= policy.time_limit_millis):
                break
            if policy.gap_millionths is not None and run.gap * 10**6 <= policy.gap_millionths:
                break
            if stop is not None and stop():
                break
        run.finish()
        use_leftover(run.draft)
        assert run.best is not None
        reliefs = relief_frame(book, run.pools, run.best, run.draft)
    return Found(run.draft.log(), reliefs, run.best, work)


def _words(run: Search, currency: str) -> str:
    if run.best is None or not run.filled:
        return "searching for prices"
    value = short_money(round(run.value_cents), currency)
    bound = short_money(run.best.bound_cents, currency)
    gap = f", gap {100 * run.gap:.2f}%" if np.isfinite(run.gap) else ""
    return f"value {value} of at most {bound}{gap}"


def _share(policy: Policy, work: int, seconds: float) -> float:
    """How much of the work may be done: of its limit, or of what most books take."""
    if policy.work is not None:
        return min(1.0, work / policy.work)
    if policy.time_limit_millis is not None:
        return min(1.0, 1000 * seconds / policy.time_limit_millis)
    return 1.0 - 1.0 / (1.0 + work / 20)
