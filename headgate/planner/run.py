"""Plan a book under its policy: allocations, and for `value` the certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from headgate.book import Book
from headgate.planner.allocate import Allocation, Progress, allocate, by_line
from headgate.planner.certificate import Certificate
from headgate.planner.fixed import Fixed, fix, rest_of
from headgate.planner.kernels.rank import Log
from headgate.planner.measures import worth_of_log
from headgate.planner.older import Older
from headgate.planner.placing import joined, merged
from headgate.planner.policy import Policy
from headgate.planner.reservations import settle_reservations
from headgate.planner.unfixed import without_fixed
from headgate.planner.value import search
from headgate.planner.world import Pools, pools_of
from headgate.tables.plan_schema import RELIEFS


@dataclass(frozen=True, slots=True)
class Run:
    """
    What planning gave.

    certificate : the bound and its prices; None under `rank`, which proves none
    reliefs     : the `reliefs` table, empty under `rank`
    work        : units of work done; 0 under `rank`
    """

    allocation: Allocation
    reliefs: pl.DataFrame
    certificate: Certificate | None
    work: int


def run(book: Book, policy: Policy, progress: Progress | None = None,
        stop: Callable[[], bool] | None = None, threads: int | None = None,
        older: Older | None = None) -> Run:
    """
    Allocations of every line under a policy, reserved pieces settled as pegging will show them.

    stop    : asked now and then under `value`; true ends the search with the best plan so far
    threads : at most so many work at a time; the plan is the same with any number
    older   : an older plan, read against the book, that `value` begins from
    """
    pools = pools_of(book, policy)
    fixed = fix(book, pools)
    rest, left = rest_of(book, pools, fixed)
    if policy.objective == "rank":
        allocation = settled(book, pools, fixed, allocate(rest, left, progress))
        return Run(allocation, pl.DataFrame(schema=RELIEFS.types), None, 0)
    earned = worth_of_log(book, policy, by_line(fixed.log, pools, fixed.broken))
    if older is not None:
        older = without_fixed(book, pools, older, fixed)
    found = search(rest, policy, progress, stop, threads, older, left, earned)
    return Run(settled(book, pools, fixed, found.log), found.reliefs, found.certificate,
               found.work)


def settled(book: Book, pools: Pools, fixed: Fixed, log: Log) -> Allocation:
    """
    A whole plan by line, reserved pieces settled.

    log : what was planned beside the fixed allocations, permits among its draws
    """
    whole = merged(joined([fixed.log, log])) if len(fixed.log.rows) else log
    return settle_reservations(book, by_line(whole, pools, fixed.broken))
