"""The reason of every line that is not on time, and what binds it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.explain.binding import find_bindings
from headgate.explain.kernels import REASON_CODES, Worlds, find_reasons
from headgate.planner.allocate import Allocation, balance_after
from headgate.planner.kernels.layout import UNLIMITED, World
from headgate.planner.kernels.rank import Lines
from headgate.planner.usage import hours_used
from headgate.planner.world import (
    ample_world,
    empty_world,
    lines_of,
    log_of,
    room_for_line,
    scratch_of,
    trees_of,
    world_of,
)

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

THREADS = 2
CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Reasons:
    """
    Why lines are not on time; one entry for each chosen line.

    line         : (n,) line indexes
    code         : (n,) index into REASON_CODES
    kind         : (n,) 0 nothing, 1 part, 2 resource; index: item or resource; site
    bucket       : (n,) week in which the reference shipment needs it, may be negative
    first        : (n,) first week in which the whole need could be met; the horizon if never
    wanted, lacking : (n,) pieces, or millionths of an hour
    ship, lane   : (n,) the reference shipment's bucket and lane; lane -1 when there is none
    """

    line: Ints
    code: Longs
    kind: Longs
    index: Longs
    site: Longs
    bucket: Longs
    first: Longs
    wanted: Longs
    lacking: Longs
    ship: Longs
    lane: Longs

    def names(self) -> list[str]:
        """The reason codes as text."""
        return [REASON_CODES[code] for code in self.code]


def explain(book: Book, allocation: Allocation, chosen: Ints,
            progress: Callable[[str, float], None] | None = None,
            threads: int = THREADS) -> Reasons:
    """
    Reason and binding of each chosen line, by the rules of docs/explanation/planning-rules.md.

    chosen   : (n,) indexes of lines that are late, short or unplanned
    progress : called with "explain" and the share done
    threads  : how many share the lines out

    Lines are shared out to threads; each line's answer depends on nothing but the plan.
    """
    out = np.zeros((len(chosen), 11), dtype=np.int64)
    shared = _Shared.of(book, allocation)
    starts = range(0, len(chosen), CHUNK)
    threads = max(1, min(threads, len(starts)))
    stop = Event()
    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(shared.run, chosen, out, list(starts)[k::threads], stop,
                            progress if k == 0 else None) for k in range(threads)]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            # Ctrl-C reaches this thread only; the others end after the chunk they are at.
            stop.set()
            raise
    return Reasons(chosen, *(np.ascontiguousarray(out[:, k]) for k in range(10)))


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all threads read: the book, the plan, and the clean worlds."""

    book: Book
    allocation: Allocation
    lines: Lines
    order: Ints
    worlds: Worlds

    @classmethod
    def of(cls, book: Book, allocation: Allocation) -> _Shared:
        pools = allocation.pools
        balance = balance_after(book, allocation)
        least = np.minimum.accumulate(balance[:, ::-1], axis=1)[:, ::-1]
        used = hours_used(book, allocation)
        there = book.hours.micro
        left = np.where(there >= UNLIMITED, there, there - used)
        worlds = _stacked((empty_world(book, pools), ample_world(book, pools),
                           world_of(book, pools, least, left)), balance)
        return cls(book, allocation, lines_of(book), id_order(book), worlds)

    def run(self, chosen: Ints, out: Longs, starts: list[int], stop: Event,
            progress: Callable[[str, float], None] | None) -> None:
        """Explain the chunks that begin at `starts`, with working memory of this thread's own."""
        book, allocation = self.book, self.allocation
        worlds = self.worlds._replace(free=self.worlds.clean_free.copy(),
                                      hours=self.worlds.clean_hours.copy())
        scratch = scratch_of(book, allocation.pools)
        log = log_of(*room_for_line(book))
        most = np.zeros((0, 0, 0), dtype=np.int32)
        trees = trees_of(book)
        bound_rows = np.zeros((3, 7), dtype=np.int64)
        for count, start in enumerate(starts, start=1):
            if stop.is_set():
                return
            asked, answer = chosen[start:start + CHUNK], out[start:start + CHUNK]
            find_reasons(trees, worlds, scratch, self.lines, log, most, asked, answer)
            find_bindings(trees, worlds, scratch, self.lines, self.order, allocation.log,
                          allocation.ptr, asked, bound_rows, answer)
            if progress is not None:
                progress("explain", count / len(starts))


def _stacked(worlds: tuple[World, World, World], balance: Longs) -> Worlds:
    """Three worlds one behind the other; shorter hours get rows that nothing points to."""
    rows = max(len(world.hours) for world in worlds)
    hours = np.zeros((3, rows, balance.shape[1]), dtype=np.int64)
    for which, world in enumerate(worlds):
        hours[which, :len(world.hours)] = world.hours
    free = np.stack([world.free for world in worlds])
    return Worlds(free, hours, free, hours, np.stack([world.hours_row for world in worlds]),
                  worlds[0].pool_of, worlds[0].reserved, balance)


def id_order(book: Book) -> Ints:
    """(items + resources,) place of each id among all; an item before a resource of its name."""
    names = [(name, 0) for name in book.items.ids] + [(name, 1) for name in book.resources.ids]
    place = np.empty(len(names), dtype=np.int32)
    for position, k in enumerate(sorted(range(len(names)), key=names.__getitem__)):
        place[k] = position
    return place
