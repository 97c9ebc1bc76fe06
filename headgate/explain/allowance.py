"""
What limits leave to the trials of a relief: permits, whole ship sets, and what is held.

The rules are those of "Reliefs of a line" in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.explain.reasons import Ground
from headgate.explain.relief_kernels import PIECES
from headgate.explain.relief_ways import KEPT, Change
from headgate.planner.allocate import Allocation, look_ahead
from headgate.planner.fixed import held_lines, holding
from headgate.planner.kernels.layout import (
    COMMON,
    DRAWN_PIECE,
    OWN_POOL,
    SENT_PIECE,
    STOCK_PIECE,
)
from headgate.planner.permits import CAP, RESERVED
from headgate.planner.permits import COMMON as COMMON_PERMITS
from headgate.planner.policy import Policy
from headgate.planner.quota_use import permits_balance, permits_counted
from headgate.planner.world import lines_of, ship_sets, world_of

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
Rows = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What trials are planned on.

    ground    : with the permits that the plan leaves, and lines of a ship set together
    allowance : what quotas make of a trial's changes; None without quotas
    fixed     : (lines,) whether a pin or a frozen promise holds the line, or its ship set
    spared    : (lines,) lines that are never displaced: all with one, and all of ship sets
    mates     : (lines,) the lines of each one's ship set; of one without a set itself
    pins      : site and ship bucket of the first pin that holds each line
    """

    ground: Ground
    allowance: Allowance | None
    fixed: Bools
    spared: Bools
    mates: dict[int, tuple[int, ...]]
    pins: dict[int, tuple[int, int]]

    @classmethod
    def of(cls, ground: Ground, policy: Policy) -> Limits:
        """Of a plan; without limits the ground stays what it is."""
        book, allocation = ground.book, ground.allocation
        pools = allocation.pools
        ship_set, ptr, mates = ship_sets(book)
        fixed, pins = holding(book, pools)
        together: dict[int, tuple[int, ...]] = {}
        for number in range(len(ptr) - 1):
            own = tuple(mates[ptr[number]:ptr[number + 1]].tolist())
            together |= dict.fromkeys(own, own)
            fixed[list(own)] = fixed[list(own)].any()
        if together:
            ground = replace(ground, lines=lines_of(book, pools.permits, sets=True))
        allowance = None
        if len(pools.permits):
            allowance = Allowance(book, policy, allocation)
            balance = np.concatenate([ground.balance, allowance.balance])
            left = world_of(book, pools, look_ahead(balance), ground.left.hours)
            ground = replace(ground, left=left, balance=balance)
        spared = fixed | held_lines(book) | (ship_set >= 0)
        return cls(ground, allowance, fixed, spared, together, pins)

    @classmethod
    def none(cls, ground: Ground) -> Limits:
        """No limits at all."""
        nobody = np.zeros(len(ground.book.lines), dtype=np.bool_)
        return cls(ground, None, nobody, nobody, {}, {})

    def free(self, line: int) -> bool:
        """Whether no limit concerns a line: no quota, no ship set, and nothing held."""
        return not self.spared[line] and (self.allowance is None
                                          or not self.allowance.asked_for(line))

    def unit(self, line: int) -> tuple[int, ...]:
        """The lines that are planned with a line: its ship set, or itself."""
        return self.mates.get(line, (line,))


@dataclass(frozen=True, slots=True)
class _Counted:
    """What lines count on permits: place of the permit, week and pieces."""

    place: Longs
    week: Longs
    pieces: Longs


class Allowance:
    """
    Permits in a trial: what its lines give back of them, and what its changes add.

    What the other lines count on is counted anew, their own reservations first, as in `check`:
    so pieces that a line gives back of a reservation help whoever else matches it.

    balance : (permits, weeks) what the plan leaves, not yet the smallest from each week on
    """

    def __init__(self, book: Book, policy: Policy, allocation: Allocation) -> None:
        self.book, self.allocation, self.pools = book, allocation, allocation.pools
        self.permits, self.behind = self.pools.permits, len(self.pools)
        line, place, week, pieces = permits_counted(book, allocation)
        order = np.argsort(line, kind="stable")
        self.ptr = np.searchsorted(line[order], np.arange(len(book.lines) + 1))
        self.counted = _Counted(place[order], week[order], pieces[order])
        self.line = line[order]
        self.asked = np.zeros_like(self.permits.supplied)
        np.add.at(self.asked, (place, week), pieces)
        self.taken = np.cumsum(self.asked, axis=1)
        self.balance = permits_balance(allocation, self.asked)
        self.most = self.permits.supplied.max(axis=1, initial=0)
        # What reservations leave to everybody, by the items that they are for.
        self.groups_of: dict[int, list[int]] = {}
        for common, kind in enumerate(self.permits.kind):
            for item in self.permits.items[common] if kind == COMMON_PERMITS else ():
                self.groups_of.setdefault(item, []).append(common)
        self.known: dict[tuple[int, ...], dict[int, Longs]] = {}
        self.named: dict[tuple[int, int], dict[int, int]] = {}

    def counts_again(self, change: Change) -> bool:
        """Whether a change adds to what reservations leave, which is no simple sum."""
        if change.of == KEPT:
            return True
        return change.kind in ("more", "pulled_in") and int(
            self.pools.item[change.gain]) in self.groups_of

    def rows(self, lines: tuple[int, ...], changes: Sequence[Change]) -> Rows:
        """
        Changes of permits, as the kernels take changes, that go with giving lines' own back and
        with other changes.
        """
        gains = dict(self._given_back(lines))
        more: dict[int, Longs] = {}
        for change in changes:
            if change.of == KEPT:
                common = change.gain - self.behind
                fewer = change.quantity * self.permits.keeps[change.permit]
                more[common] = more[common] + fewer if common in more else fewer
            elif self.counts_again(change):
                for common in self.groups_of[int(self.pools.item[change.gain])]:
                    added = np.zeros(self.book.horizon, dtype=np.int64)
                    added[change.start:change.until] = change.quantity
                    more[common] = more[common] + added if common in more else added
        for common, added in more.items():
            there = look_ahead(np.maximum(0, self.permits.unclipped[common] + added)[None, :])[0]
            gains[common] = gains.get(common, 0) + there - self.permits.supplied[common]
        found: Rows = []
        for place, gain in sorted(gains.items()):
            starts = np.flatnonzero(np.diff(gain, prepend=0))
            for start, until in zip(starts, [*starts, len(gain)][1:], strict=True):
                if gain[start] > 0:
                    found.append((PIECES, self.behind + place, -1, int(start), int(until),
                                  int(gain[start]), 1))
        return found

    def _given_back(self, lines: tuple[int, ...]) -> dict[int, Longs]:
        """How much more the permits leave when some lines count on none."""
        if lines not in self.known:
            self.known[lines] = self._freed(np.concatenate(
                [np.arange(self.ptr[line], self.ptr[line + 1]) for line in lines]))
        return self.known[lines]

    def _freed(self, rows: Longs) -> dict[int, Longs]:
        permits, gains = self.permits, dict[int, Longs]()
        own: dict[int, Longs] = {}
        for row in rows.tolist():
            place = int(self.counted.place[row])
            mine = own.setdefault(place, np.zeros(self.book.horizon, dtype=np.int64))
            mine[self.counted.week[row]:] += self.counted.pieces[row]
        for place, mine in own.items():
            if permits.kind[place] == RESERVED:
                most = self.most[place]
                freed = np.minimum(self.taken[place], most) - np.minimum(
                    self.taken[place] - mine, most)
                gains[place] = np.where(permits.supplied[place] > 0, freed[-1], 0)
                common = permits.common_of[place]
                gains[common] = gains.get(common, 0) - freed
            elif permits.kind[place] == CAP:
                gains[place] = np.where(permits.supplied[place] > 0, mine[-1], 0)
        for place, mine in own.items():
            if permits.kind[place] not in (RESERVED, CAP):
                gains[place] = gains.get(place, 0) + mine
        return gains

    def lifts(self, lines: Iterable[int]) -> tuple[Change, ...]:
        """Every quota that keeps lines back lifted by all that they could ask for."""
        wanted: dict[int, int] = {}
        for line in lines:
            pieces = int(self.book.lines.open[line])
            for place, each in self.asked_for(line).items():
                wanted[place] = wanted.get(place, 0) + pieces * each
        found = []
        for place, count in sorted(wanted.items()):
            pool, kind = self.behind + place, self.permits.kind[place]
            if kind == CAP:
                found.append(Change("quota", PIECES, pool, -1, 0, self.book.horizon, count,
                                    permit=place))
            elif kind != RESERVED:
                found += [Change("quota", KEPT, pool, -1, 0, self.book.horizon,
                                 min(count, int(self.most[own] - self.taken[own][-1])), permit=own)
                          for own, common in enumerate(self.permits.common_of)
                          if common == place and own not in wanted
                          and self.most[own] > self.taken[own][-1]]
        return tuple(found)

    def asked_for(self, line: int) -> dict[int, int]:
        """Permits that a piece of a line could ask for, and how many of each at most."""
        lines = self.book.lines
        accepted = lines.accept[lines.accept_ptr[line]:lines.accept_ptr[line + 1]].tolist()
        found: dict[int, int] = {}
        for item in (int(lines.item[line]), *accepted):
            for place, each in self._of_item(int(self.permits.claim[line]), item).items():
                found[place] = max(found.get(place, 0), each)
        return found

    def _of_item(self, claim: int, root: int) -> dict[int, int]:
        if (claim, root) in self.named:
            return self.named[claim, root]
        found = dict[int, int]()
        self._note(found, claim, root, (SENT_PIECE, STOCK_PIECE), 1)
        for item, pieces in zip(*self.book.forest.drawn_below(root), strict=True):
            self._note(found, claim, int(item), (DRAWN_PIECE,), int(pieces))
        self.named[claim, root] = found
        return found

    def _note(self, found: dict[int, int], claim: int, item: int,
              asking: tuple[np.int64, ...], count: int) -> None:
        """Add the permits that pieces of an item ask for."""
        permits = self.permits
        place = int(permits.quoted[item])
        if place < 0:
            return
        cell = claim * (permits.toll_ptr.shape[1] - 1) // len(permits.claims) + place
        for what in asking:
            first, end = permits.toll_ptr[what, cell], permits.toll_ptr[what, cell + 1]
            for pool in permits.tolls[first:end, [OWN_POOL, COMMON]].ravel().tolist():
                if pool >= 0:
                    found[pool - self.behind] = found.get(pool - self.behind, 0) + count

    def counting(self, pool: int) -> Longs:
        """(lines,) pieces that each line counts on a permit."""
        held = np.zeros(len(self.book.lines), dtype=np.int64)
        rows = self.counted.place == pool - self.behind
        np.add.at(held, self.line[rows], self.counted.pieces[rows])
        return held
