"""The reason of every line that is not on time, and what binds it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event

import numpy as np
from numpy.typing import NDArray

from headgate.book import NO_LIMIT, Book
from headgate.explain.binding import find_bindings
from headgate.explain.kernels import (
    HORIZON,
    LEAD_TIME,
    NO_LANE,
    OUTBID,
    PART,
    REASON_CODES,
    RESTRICTION,
    WINDOW,
)
from headgate.planner.allocate import Allocation, balance_after, look_ahead
from headgate.planner.kernels.layout import UNLIMITED, World
from headgate.planner.kernels.rank import SENT, Lines, place_lines
from headgate.planner.permits import Permits
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
NOTHING_REMEMBERED = np.zeros((0, 0, 0), dtype=np.int32)
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


def explain(book: Book, allocation: Allocation, used: Longs, chosen: Ints,
            progress: Callable[[str, float], None] | None = None,
            threads: int = THREADS) -> Reasons:
    """
    Reason and binding of each chosen line, by the rules of docs/explanation/planning-rules.md.

    used     : (hour rows, weeks) the plan's own, as `headgate.planner.usage.hours_used` gives it
    chosen   : (n,) indexes of lines that are late, short or unplanned
    progress : called with "explain" and the share done
    threads  : how many share the lines out

    Lines are shared out to threads; each line's answer depends on nothing but the plan.
    """
    return Ground.of(book, allocation, used).explain(chosen, progress, threads)


@dataclass(frozen=True, slots=True)
class Ground:
    """
    What lines are explained on, read by all threads: the book, the plan, and the clean worlds.

    empty, ample, left : the book without a plan, with all supply one could wish for, and with
                         what the plan leaves
    """

    book: Book
    allocation: Allocation
    lines: Lines
    order: Ints
    empty: World
    ample: World
    left: World
    balance: Longs

    @classmethod
    def of(cls, book: Book, allocation: Allocation, used: Longs) -> Ground:
        """Of a plan; `used` (hour rows, weeks) as `headgate.planner.usage.hours_used` gives it."""
        pools = allocation.pools
        balance = balance_after(book, allocation)
        there = book.hours.micro
        left = np.where(there >= UNLIMITED, there, there - used)
        return cls(book, allocation, lines_of(book, pools.permits), id_order(book),
                   empty_world(book, pools), ample_world(book, pools),
                   world_of(book, pools, look_ahead(balance), left), balance)

    def asked_by(self, book: Book, permits: Permits) -> Ground:
        """
        The same for other lines, of which the plan serves none: those of `book`.

        permits : those of the plan with the claims of these lines
        """
        nothing = np.zeros(len(book.lines) + 1, dtype=np.int64)
        plan = Allocation(self.allocation.log, nothing, self.allocation.pools, nothing[:-1])
        return replace(self, book=book, allocation=plan, lines=lines_of(book, permits))

    def explain(self, chosen: Ints, progress: Callable[[str, float], None] | None = None,
                threads: int = THREADS) -> Reasons:
        """Reason and binding of each chosen line, as `headgate.explain.reasons.explain`."""
        out = np.zeros((len(chosen), 10), dtype=np.int64)
        starts = range(0, len(chosen), CHUNK)
        threads = max(1, min(threads, len(starts)))
        stop = Event()
        if threads == 1:
            # A quote of one line would wait longer for a thread than for its answer.
            self.run(chosen, out, list(starts), stop, progress)
            return Reasons(chosen, *(np.ascontiguousarray(out[:, k]) for k in range(10)))
        with ThreadPoolExecutor(threads) as pool:
            jobs = [pool.submit(self.run, chosen, out, list(starts)[k::threads], stop,
                                progress if k == 0 else None) for k in range(threads)]
            try:
                for job in jobs:
                    job.result()
            except BaseException:
                # Ctrl-C reaches this thread only; the others end after the chunk they are at.
                stop.set()
                raise
        return Reasons(chosen, *(np.ascontiguousarray(out[:, k]) for k in range(10)))

    def lanes_of(self, chosen: Ints) -> tuple[NDArray[np.bool_], Longs]:
        """Whether a lane leads from an allowed site, and the last arrival of all such lanes."""
        lanes, lines = self.book.lanes, self.book.lines
        region = np.repeat(np.arange(len(self.book.regions)), np.diff(lanes.ptr))
        # The last column stands for "any site".
        weeks = np.full((len(self.book.regions), len(self.book.sites) + 1), -1, dtype=np.int64)
        weeks[region, lanes.site] = lanes.weeks
        weeks[:, -1] = weeks.max(axis=1)
        longest = weeks[lines.region[chosen], lines.site[chosen]]
        return longest >= 0, self.book.horizon - 1 + longest

    def item_there(self, chosen: Ints) -> NDArray[np.bool_]:
        """Whether the line's item, or one that it accepts, may be sent to it."""
        lines, banned = self.book.lines, self.book.bans.banned
        own = np.asarray(banned[lines.ban[chosen], lines.item[chosen]] == 0)
        first, end = lines.accept_ptr[chosen], lines.accept_ptr[chosen + 1]
        for row in np.flatnonzero(~own & (end > first)).tolist():
            ban = lines.ban[chosen[row]]
            own[row] = bool((banned[ban, lines.accept[first[row]:end[row]]] == 0).any())
        return own

    def run(self, chosen: Ints, out: Longs, starts: list[int], stop: Event,
            progress: Callable[[str, float], None] | None) -> None:
        """Explain the chunks that begin at `starts`, with working memory of this thread's own."""
        desk = Desk(self)
        for count, start in enumerate(starts, start=1):
            if stop.is_set():
                return
            asked, answer = chosen[start:start + CHUNK], out[start:start + CHUNK]
            answer[:, 0], ends = desk.reasons(asked)
            on_empty = answer[:, 0] == PART
            for which, rows in ((self.empty, on_empty), (self.left, ~on_empty)):
                part = np.ascontiguousarray(answer[rows])
                desk.bind(which, asked[rows], ends[rows], part)
                answer[rows] = part
            if progress is not None:
                progress("explain", count / len(starts))


class Desk:
    """The working memory of one thread: a copy of each world, a scratch, a log."""

    def __init__(self, shared: Ground) -> None:
        book = shared.book
        self.shared, self.book = shared, book
        self.trees = trees_of(book)
        self.scratch = scratch_of(book, shared.allocation.pools)
        self.room = room_for_line(book, shared.allocation.pools)
        self.log = log_of(*self.room)
        self.worlds = {id(world): world._replace(free=world.free.copy(), hours=world.hours.copy())
                       for world in (shared.empty, shared.ample, shared.left)}
        self.bound_rows = np.zeros((3, 7), dtype=np.int64)

    def alone(self, clean: World, chosen: Ints, windows: Longs) -> tuple[Longs, Longs]:
        """Pieces and last arrival of each line alone in a world; windows (chosen, 3)."""
        out = np.zeros((len(chosen), 2), dtype=np.int64)
        if len(chosen):
            place_lines(self.trees, self.worlds[id(clean)], clean, self.scratch,
                        self.shared.lines, chosen, windows, 0, self.log, NOTHING_REMEMBERED,
                        *self.room, True, out)
        return out[:, 0], out[:, 1]

    def reasons(self, chosen: Ints) -> tuple[Longs, Longs]:
        """The first reason that is true of each line, PART for `capacity` too; and its `S`."""
        shared, lines = self.shared, self.book.lines
        wanted, asked, ban = lines.open[chosen], lines.requested[chosen], lines.ban[chosen]
        own = np.stack([lines.earliest[chosen], lines.latest[chosen], ban], axis=1).astype(np.int64)
        code = np.zeros(len(chosen), dtype=np.int64)
        pieces, last = self.alone(shared.ample, chosen, own)
        ends = np.where(pieces > 0, last, asked)
        in_time = (pieces == wanted) & (last <= asked)
        lane_there, last_option = shared.lanes_of(chosen)
        code[(ban > 0) & lane_there & ~shared.item_there(chosen)] = RESTRICTION
        rows = np.flatnonzero((code == 0) & (ban > 0) & ~in_time)
        free = own[rows] * np.array([1, 1, 0])
        pieces, last = self.alone(shared.ample, chosen[rows], free)
        code[rows[(pieces == wanted[rows]) & (last <= asked[rows])]] = RESTRICTION
        code[(code == 0) & ~lane_there] = NO_LANE
        rows = np.flatnonzero((code == 0) & ~in_time)
        whenever = own[rows]
        whenever[:, 0], whenever[:, 1] = 0, NO_LIMIT
        pieces, last = self.alone(shared.ample, chosen[rows], whenever)
        whole = pieces == wanted[rows]
        code[rows] = np.select(
            [whole & (last > asked[rows]), whole & (own[rows, 0] <= last_option[rows])],
            [LEAD_TIME, WINDOW], HORIZON)
        rows = np.flatnonzero(code == 0)
        pieces, last = self.alone(shared.empty, chosen[rows], own[rows])
        code[rows] = np.where((pieces == wanted[rows]) & (last <= asked[rows]), OUTBID, PART)
        return code, ends.astype(np.int64)

    def bind(self, clean: World, chosen: Ints, ends: Longs, out: Longs) -> None:
        """Write what binds each line in a world behind its reason in `out`."""
        shared = self.shared
        if len(chosen):
            find_bindings(self.trees, self.worlds[id(clean)], clean, shared.balance, self.scratch,
                          shared.lines, shared.order, shared.allocation.log, shared.allocation.ptr,
                          chosen, ends, self.worlds[id(shared.empty)], self._elsewhere(chosen),
                          clean is shared.left, self.bound_rows, out)

    def _elsewhere(self, chosen: Ints) -> Longs:
        """
        (chosen, 2) item and lane of the first shipment, alone on the empty book, of the lines that
        the plan gives nothing of what they ask for first; -1 else.
        """
        book, plan = self.book, self.shared.allocation
        found = np.full((len(chosen), 2), -1, dtype=np.int64)
        own = book.lines.item[chosen]
        served = np.zeros(len(chosen), dtype=np.bool_)
        for place in np.flatnonzero(plan.ptr[chosen + 1] > plan.ptr[chosen]).tolist():
            rows = plan.log.rows[plan.ptr[chosen[place]]:plan.ptr[chosen[place] + 1], SENT]
            served[place] = bool((rows == own[place]).any())
        asked = np.flatnonzero(~served)
        windows = np.stack([book.lines.earliest[chosen[asked]], np.full(len(asked), NO_LIMIT),
                            book.lines.ban[chosen[asked]]], axis=1).astype(np.int64)
        out = np.zeros((len(asked), 4), dtype=np.int64)
        if len(asked):
            self.log.size[:] = 0
            place_lines(self.trees, self.worlds[id(self.shared.empty)], self.shared.empty,
                        self.scratch, self.shared.lines, chosen[asked], windows, 0, self.log,
                        NOTHING_REMEMBERED, *self.room, True, out)
        found[asked] = out[:, 2:]
        return found


def id_order(book: Book) -> Ints:
    """(items + resources,) place of each id among all; an item before a resource of its name."""
    names = [(name, 0) for name in book.items.ids] + [(name, 1) for name in book.resources.ids]
    place = np.empty(len(names), dtype=np.int32)
    for position, k in enumerate(sorted(range(len(names)), key=names.__getitem__)):
        place[k] = position
    return place
