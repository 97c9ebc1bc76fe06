"""Plan a book from an older plan: a repair that moves as little as it can, or a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from headgate.book import Book
from headgate.planner.allocate import Allocation
from headgate.planner.confirmed import Confirmed, confirmed_of
from headgate.planner.older import Older, Start
from headgate.planner.policy import Policy
from headgate.planner.promise import allocation_frame, promise
from headgate.planner.repair import Repairer
from headgate.planner.repaired import BY_PART, BY_RESOURCE, Repaired
from headgate.planner.run import Run, run
from headgate.planner.world import Pools
from headgate.replanning.moves import Why, change_of, move_frame, moved_pieces, stability
from headgate.tables.plan_schema import RELIEFS, PlanFrames

THREADS = 2
BESIDE = {"pins": "beside"}
"""Among the figures of a re-plan whose pins stand beside promises, and not before all others."""
REASON_NAMES = ("rules", "part", "resource", "rules", "order", "winner", "class", "freed", "held",
                "pin")
"""Reasons of a repair in the order of their numbers; a line that nothing touched has no other."""


@dataclass(frozen=True, slots=True)
class Replanned:
    """
    A re-plan.

    made    : allocations, certificate and reliefs
    moves   : the `moves` table
    figures : what `headgate.replanning.moves.stability` gives
    """

    made: Run
    moves: pl.DataFrame
    figures: dict[str, Any]


def repair(book: Book, policy: Policy, old: PlanFrames,
           record: pl.DataFrame | None = None) -> Replanned:
    """
    The older plan, repaired: only what the change made impossible moves, or what it serves better.

    old    : the older plan's tables, of this book or of one that has changed since
    record : the table `promises_of_record`, where any are
    """
    start = Start.of(old)
    with ThreadPoolExecutor(THREADS) as threads:
        repairer = Repairer(book, policy, start, threads, record)
        found = repairer.repair()
        if found is None:
            repairer = Repairer(book, policy, start, threads, record, ruled=True)
            found = repairer.repair()
    assert found is not None, "pins that are placed as ruled need nobody to give way"
    # Trying reliefs out takes a hundred times as long as the repair; a search does it.
    made = Run(found.allocation, pl.DataFrame(schema=RELIEFS.types), found.certificate, 0)
    told = _reported(book, repairer.promised, old, made, _why(book, repairer.pools, found))
    return replace(told, figures=told.figures | BESIDE) if found.beside else told


def search(book: Book, policy: Policy, old: PlanFrames, record: pl.DataFrame | None = None,
           progress: Callable[[str, float], None] | None = None,
           stop: Callable[[], bool] | None = None) -> Replanned:
    """The book planned anew under `value` from the older plan, or by rank; what moved is told."""
    older = Older.of(book, Start.of(old))
    had = confirmed_of(book, policy.replan, older, record)
    made = run(book, policy, progress, stop, older=older)
    changed = had.known & (book.lines.open != had.open)
    blank = pl.Series([None] * len(changed), dtype=pl.String)
    reason = pl.Series(np.where(changed, "order", "search"), dtype=pl.String)
    return _reported(book, had, old, made, Why(reason, blank, blank,
                                               np.zeros(len(changed), dtype=np.int64)))


def stands(book: Book, policy: Policy, old: PlanFrames, allocation: Allocation,
           record: pl.DataFrame | None = None) -> Replanned:
    """The older plan as it is, on the very book and by the policy that it was made for."""
    had = confirmed_of(book, policy.replan, Older.of(book, Start.of(old)), record)
    blank = pl.Series([None] * len(book.lines), dtype=pl.String)
    why = Why(pl.Series(["kept"] * len(book.lines), dtype=pl.String), blank, blank,
              np.zeros(len(book.lines), dtype=np.int64))
    told = _reported(book, had, old, Run(allocation, old.frames["reliefs"], None, 0), why)
    former = old.summary.get("replan")
    beside = isinstance(former, Mapping) and former.get("pins") == BESIDE["pins"]
    return replace(told, figures=told.figures | BESIDE) if beside else told


def _reported(book: Book, had: Confirmed, old: PlanFrames, made: Run, why: Why) -> Replanned:
    promises = promise(book, made.allocation)
    new = allocation_frame(book, made.allocation, promises)
    change = change_of(book, had, promises, old.frames["allocations"], new)
    pieces = moved_pieces(book, old.frames["allocations"], new)
    moves = move_frame(book, had, change, promises, pieces, why)
    return Replanned(made, moves, stability(
        book, had, change, moves, old.frames["promises"]))


def _why(book: Book, pools: Pools, found: Repaired) -> Why:
    """The reasons of a repair in words; of a shortage, what ran short."""
    kind, what = found.cause[:, 0], found.cause[:, 1]
    short, hours = kind == BY_PART, kind == BY_RESOURCE
    part, quota = short & (what < len(pools)), short & (what >= len(pools))
    resource, place = _hour_rows(book)
    item = np.where(part, pools.item[np.where(part, what, 0)], -1) if len(pools.item) else (
        np.full(len(what), -1))
    site = np.where(part, pools.site[np.where(part, what, 0)], -1) if len(pools.item) else item
    if len(resource):
        site = np.where(hours, place[np.where(hours, what, 0)], site)
        resource = np.where(hours, resource[np.where(hours, what, 0)], -1)
    else:
        resource = np.full(len(what), -1, dtype=np.int64)
    permit = pl.Series(np.where(quota, what - len(pools), 0))
    titles = pl.Series(pools.permits.name or ("",), dtype=pl.String).gather(permit)
    names = pl.select(pl.coalesce(
        pl.when(pl.Series(quota)).then(titles), book.items.names(item),
        book.resources.names(resource)))
    by_quota = pl.Series(quota & (found.reason == BY_PART))
    reason = pl.select(pl.when(by_quota).then(pl.lit("quota")).otherwise(
        pl.Series(REASON_NAMES).gather(pl.Series(found.reason)))).to_series()
    return Why(reason, names.to_series(), book.sites.names(site), found.cause[:, 2])


def _hour_rows(book: Book) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Resource and site of each row of the book's hours."""
    resource, site = np.nonzero(book.hours.row >= 0)
    order = np.argsort(book.hours.row[resource, site], kind="stable")
    return resource[order], site[order]
