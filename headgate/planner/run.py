"""Plan a book under its policy: allocations, and for `value` the certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from headgate.book import Book
from headgate.planner.allocate import Allocation, Progress, allocate, by_line
from headgate.planner.certificate import Certificate
from headgate.planner.policy import Policy
from headgate.planner.reservations import settle_reservations
from headgate.planner.restart import Start
from headgate.planner.value import search
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
        start: Start | None = None) -> Run:
    """
    Allocations of every line under a policy, reserved pieces settled as pegging will show them.

    stop    : asked now and then under `value`; true ends the search with the best plan so far
    threads : at most so many work at a time; the plan is the same with any number
    start   : an older plan that `value` begins from
    """
    if policy.objective == "rank":
        allocation = settle_reservations(book, policy, allocate(book, policy, progress))
        return Run(allocation, pl.DataFrame(schema=RELIEFS.types), None, 0)
    found = search(book, policy, progress, stop, threads, start)
    allocation = by_line(found.log, len(book.lines), found.pools)
    return Run(settle_reservations(book, policy, allocation), found.reliefs, found.certificate,
               found.work)
