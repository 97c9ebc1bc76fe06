"""Lines that are late by limits: what is held for others, quotas, and the rest of a ship set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.explain.kernels import FROZEN, OUTBID, QUOTA, SHIP_SET
from headgate.explain.reasons import Desk, Ground, Reasons
from headgate.explain.unprofitable import mark_unprofitable
from headgate.planner.allocate import Allocation
from headgate.planner.fixed import Fixed, fix, left_by
from headgate.planner.kernels.layout import COMMON, ENOUGH, UNLIMITED
from headgate.planner.kernels.rank import LINE, OPEN, SHIP
from headgate.planner.permits import lifted, quotas_of
from headgate.planner.placing import strip_permits
from headgate.planner.policy import Policy
from headgate.planner.quota_use import permits_asked, permits_left
from headgate.planner.usage import hours_of_log
from headgate.planner.world import Pools, lines_of, world_of

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER = 2**40
QUOTA_BINDS = 3
"""`Reasons.kind` where a quota binds; the index is its row in `quotas`."""


def reasons_of(ground: Ground, policy: Policy, chosen: Ints,
               progress: Callable[[str, float], None] | None = None) -> Reasons:
    """
    Reason and binding of chosen lines that are late, short or unplanned, limits and policy counted
    in.
    """
    book = ground.book
    limited = mark_limited(book, policy, ground.allocation, ground,
                           ground.explain(chosen, progress))
    return mark_unprofitable(policy, ground, limited)


def mark_limited(book: Book, policy: Policy, allocation: Allocation, ground: Ground,
                 reasons: Reasons) -> Reasons:
    """The same reasons, those of `outbid` lines that a limit keeps late named by the limit."""
    frames = book.tables.frames
    held = len(frames["pins"]) > 0 or bool(book.lines.frozen.any())
    sets = bool((book.lines.ship_set >= 0).any())
    code = reasons.code.copy()
    if held:
        rows = np.flatnonzero(code == OUTBID)
        code[rows[~_in_time_beside_held(book, allocation, ground, reasons.line[rows])]] = FROZEN
    marked = replace(reasons, code=code)
    if len(frames["quotas"]):
        marked = _by_quotas(policy, ground, marked)
    return _by_sets(book, allocation, ground, marked) if sets else marked


def _in_time(book: Book, line: Ints, pieces: Longs, last: Longs) -> Bools:
    """Whether all open pieces are there by the requested week."""
    lines = book.lines
    return np.asarray((pieces == lines.open[line]) & (last <= lines.requested[line]))


def _own_windows(book: Book, line: Ints) -> Longs:
    lines = book.lines
    return np.stack([lines.earliest[line], lines.latest[line], lines.ban[line]],
                    axis=1).astype(np.int64)


def _in_time_beside_held(book: Book, allocation: Allocation, ground: Ground,
                         line: Ints) -> Bools:
    """Whether each line is on time alone beside what is held, its own pieces held included."""
    pools = allocation.pools
    fixed: Fixed = fix(book, pools)
    log = strip_permits(fixed.log)
    used = hours_of_log(book, pools.permits, log)
    there = book.hours.micro
    world = world_of(book, pools, left_by(book, pools.supplied, log),
                     np.where(there >= UNLIMITED, there, there - used))
    rows = ground.lines.rows.copy()
    rows[:, OPEN] -= fixed.placed
    desk = Desk(replace(ground, lines=ground.lines._replace(rows=rows), left=world))
    pieces, last = desk.alone(world, line, _own_windows(book, line))
    arrival = np.full(len(book.lines), -1, dtype=np.int64)
    np.maximum.at(arrival, log.rows[:, LINE],
                  log.rows[:, SHIP] + book.lanes.weeks[log.rows[:, 2]])
    return _in_time(book, line, pieces + fixed.placed[line], np.maximum(last, arrival[line]))


class _Lifting:
    """
    Lines planned alone on the book's supply with the permits that other lines leave, the first so
    many quotas by id left out.
    """

    def __init__(self, policy: Policy, ground: Ground, without: frozenset[str]) -> None:
        self.book = book = ground.book
        allocation = ground.allocation
        pools = allocation.pools
        self.pools: Pools = replace(pools, permits=lifted(
            book, pools.permits, without, pools.item, pools.supplied, policy.release_weeks))
        self.plan = replace(allocation, pools=self.pools)
        self.asked = permits_asked(book, self.plan)
        left = permits_left(self.plan, self.asked)
        world = world_of(book, self.pools, np.concatenate([self.pools.supplied, left]),
                         book.hours.micro)
        self.world = world
        lines = lines_of(book, self.pools.permits)
        self.desk = Desk(replace(ground, allocation=self.plan, lines=lines, left=world))
        self.most: dict[int, Longs] = {}

    def in_time(self, line: Ints) -> Bools:
        """Whether each line is on time."""
        windows = _own_windows(self.book, line)
        pieces, last = self.desk.alone(self.world, line, windows)
        good = _in_time(self.book, line, pieces, last)
        served = np.diff(self.plan.ptr)[line] > 0
        for place in np.flatnonzero(~good & served).tolist():
            good[place] = self._alone(line[place:place + 1], windows[place:place + 1])
        return good

    def scarce(self, line: int) -> set[str]:
        """The quotas of which less is left, or kept for it, than a line might need."""
        permits, lines = self.pools.permits, self.book.lines
        named = (permits.toll_ptr.shape[1] - 1) // len(permits.claims)
        items = np.flatnonzero(permits.quoted >= 0)
        accepted = lines.accept[lines.accept_ptr[line]:lines.accept_ptr[line + 1]]
        need = np.zeros(len(items), dtype=np.int64)
        for root in (lines.item[line], *accepted):
            need = np.maximum(need, self._most_of(int(root))[items])
        need = np.minimum(need * lines.open[line], ENOUGH)
        found: set[int] = set()
        wanted: dict[int, int] = {}
        for what in range(len(permits.toll_ptr)):
            for place in range(named):
                cell = int(permits.claim[line]) * named + place
                first, end = permits.toll_ptr[what, cell:cell + 2]
                for own, _, _, common, _, _ in permits.tolls[first:end].tolist():
                    wanted[common] = wanted.get(common, 0) + int(need[place])
                    found.update({own} if own >= 0 else ())
        free, behind = self.world.free, len(self.pools)
        found.update(pool for pool, pieces in wanted.items() if free[pool].min() < pieces)
        return {name for pool in found for name in permits.members[pool - behind]}

    def _most_of(self, root: int) -> Longs:
        """(items,) the most pieces of each that one piece of a sold item draws, or is."""
        if root not in self.most:
            most = np.zeros(len(self.book.items), dtype=np.int64)
            items, pieces = self.book.forest.drawn_below(root)
            most[items] = pieces
            most[root] += 1
            self.most[root] = most
        return self.most[root]

    def _alone(self, line: Ints, window: Longs) -> bool:
        """Whether one line is, with the permits that its own allocations take given back."""
        rows = int(self.plan.ptr[line[0]]), int(self.plan.ptr[line[0] + 1])
        asked = self.asked - permits_asked(self.book, self.plan, rows)
        behind = len(self.pools)
        kept = self.world.free[behind:].copy()
        mine = self.desk.worlds[id(self.world)]
        self.world.free[behind:] = permits_left(self.plan, asked)
        mine.free[behind:] = self.world.free[behind:]
        pieces, last = self.desk.alone(self.world, line, window)
        self.world.free[behind:], mine.free[behind:] = kept, kept
        return bool(_in_time(self.book, line, pieces, last)[0])


def _by_quotas(policy: Policy, ground: Ground, reasons: Reasons) -> Reasons:
    """Name the lines that the permits others leave keep late, and the quota that binds."""
    book = ground.book
    code, kind, index, site, bucket = (part.copy() for part in (
        reasons.code, reasons.kind, reasons.index, reasons.site, reasons.bucket))
    rows = np.flatnonzero(code == OUTBID)
    if not len(rows):
        return reasons
    limits = _Lifting(policy, ground, frozenset())
    waiting = rows[~limits.in_time(reasons.line[rows])]
    code[waiting] = QUOTA
    # A shipment that would leave before the plan begins counts in none of its weeks.
    bound = (reasons.lane[waiting] >= 0) & (reasons.ship[waiting] >= 0)
    kind[waiting], index[waiting] = np.where(bound, QUOTA_BINDS, 0), -1
    site[waiting], bucket[waiting] = -1, reasons.ship[waiting]
    without: list[str] = []
    concerned = {row: limits.scarce(int(reasons.line[row])) for row in waiting.tolist()}
    for quota in quotas_of(book):
        without.append(quota.quota_id)
        # Where a quota leaves a line more than it can use, all is as it was without its lifting.
        asked = np.array([row for row in waiting.tolist()
                          if quota.quota_id in concerned[row]], dtype=np.int64)
        if not len(asked):
            continue
        free = asked[_Lifting(policy, ground, frozenset(without)).in_time(reasons.line[asked])]
        index[free] = quota.place
        waiting = np.setdiff1d(waiting, free)
    return replace(reasons, code=code, kind=kind, index=index, site=site, bucket=bucket)


def quotas_of_claims(pools: Pools) -> list[set[str]]:
    """The quotas that can keep each claim back: caps that match, and every reservation."""
    permits = pools.permits
    named = (permits.toll_ptr.shape[1] - 1) // len(permits.claims)
    found = []
    for claim in range(len(permits.claims)):
        spans = permits.toll_ptr[:, [claim * named, (claim + 1) * named]].tolist()
        pooled = {pool for first, end in spans
                  for pool in permits.tolls[first:end, COMMON].tolist()}
        found.append({name for pool in pooled for name in permits.members[pool - len(pools)]})
    return found


def _by_sets(book: Book, allocation: Allocation, ground: Ground, reasons: Reasons) -> Reasons:
    """Name the lines whose ship set cannot be on time, and what binds the mate that is last."""
    rows = np.flatnonzero((reasons.code == OUTBID) & (book.lines.ship_set[reasons.line] >= 0))
    if not len(rows):
        return reasons
    permits = allocation.pools.permits
    together = lines_of(book, permits, sets=True)
    desk = Desk(replace(ground, lines=together))
    line = reasons.line[rows]
    windows = np.zeros((0, 3), dtype=np.int64)
    _, last = desk.alone(ground.empty, line, windows)
    late = rows[(last < 0) | (last > book.lines.requested[line])]
    alone = Desk(ground)
    found = {name: getattr(reasons, name).copy() for name in
             ("code", "kind", "index", "site", "bucket", "first", "wanted", "lacking")}
    found["code"][late] = SHIP_SET
    for row in late.tolist():
        mate = _last_mate(book, alone, ground, int(reasons.line[row]))
        bound = np.zeros((1, 10), dtype=np.int64)
        chosen = np.array([mate], dtype=np.int32)
        if ground.lanes_of(chosen)[0][0] and ground.item_there(chosen)[0]:
            ends = alone.reasons(chosen)[1]
            alone.bind(ground.empty, chosen, ends, bound)
        for place, name in enumerate(("kind", "index", "site", "bucket", "first", "wanted",
                                      "lacking"), start=1):
            found[name][row] = bound[0, place]
    return replace(reasons, **found)


def _last_mate(book: Book, alone: Desk, ground: Ground, line: int) -> int:
    """The line of the same set that alone comes last; of several the best-ranked."""
    mates = _mates(book, line)
    mates = mates[mates != line]
    return int(mates[np.argmax(_ends(book, alone, ground, mates))])


def last_of_set(ground: Ground, line: int) -> tuple[int, int]:
    """
    The line of a line's ship set that alone on the empty book comes last, the line itself where
    none comes later; and its arrival bucket, -1 if it never comes.
    """
    book = ground.book
    mates = _mates(book, line)
    ends = _ends(book, Desk(ground), ground, mates)
    last = line if ends[mates == line].item() == ends.max() else int(mates[np.argmax(ends)])
    end = int(ends.max())
    return last, -1 if end == NEVER else end


def _mates(book: Book, line: int) -> Ints:
    """The open lines of a line's ship set in rank order, itself among them."""
    lines, rank = book.lines, book.lines.rank
    mates: Ints = rank[(lines.ship_set[rank] == lines.ship_set[line])
                       & (lines.open[rank] > 0)].astype(np.int32)
    return mates


def _ends(book: Book, alone: Desk, ground: Ground, mates: Ints) -> Longs:
    """The last arrival of each line alone on the empty book, NEVER where there is none."""
    pieces, last = alone.alone(ground.empty, mates, _own_windows(book, mates))
    return np.where(pieces > 0, last, NEVER)
