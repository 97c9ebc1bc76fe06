"""What lines lack for a week, by each of their options: the changes that a relief begins from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headgate.explain.allowance import Limits
from headgate.explain.reasons import Desk, Ground
from headgate.explain.relief_kernels import (
    AMOUNT,
    ASKED,
    BY,
    LACKS,
    OF_ROW,
    OPTION,
    PIECES,
    find_lacks,
)
from headgate.explain.relief_ways import UNFROZEN, Change, Ways, hours_more, pieces_more
from headgate.planner.kernels.layout import UNLIMITED
from headgate.planner.world import largest_tree

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bundle = tuple[Change, ...]

MOST_OPTIONS = 8
"""Items and sites that are tried for a line, those that lack least first."""


class Options:
    """What lines lack, for one thread."""

    def __init__(self, ground: Ground, ways: Ways, limits: Limits, desk: Desk) -> None:
        self.book, self.ground, self.ways, self.limits = ground.book, ground, ways, limits
        self.desk = desk
        steps = int(np.diff(self.book.forest.step_ptr).max(initial=0))
        self.lack_room = (1 + steps) * largest_tree(self.book)
        self.bare: Desk | None = None

    def of(self, chosen: Ints, weeks: Longs) -> list[list[Bundle]]:
        """
        What each line lacks to arrive in a week by each of its options, in the order to try them;
        what quotas and its own pins forbid lifted.
        """
        single = np.array([int(line) not in self.limits.mates for line in chosen], dtype=bool)
        found: list[list[Bundle]] = [[] for _ in chosen]
        for places, options in (
                (np.flatnonzero(single), self._lacks(self.desk, chosen[single], weeks[single])),
                (np.flatnonzero(~single), self._of_sets(chosen[~single], weeks[~single]))):
            for place, own in zip(places.tolist(), options, strict=True):
                found[place] = self._lifted(int(chosen[place]), own[:MOST_OPTIONS])
        return found

    def _lifted(self, line: int, options: list[Bundle]) -> list[Bundle]:
        """The options, alone and with the quotas lifted that keep the line back."""
        allowance, held = self.limits.allowance, (UNFROZEN,) if self.limits.fixed[line] else ()
        lifts = () if allowance is None else allowance.lifts(self.limits.unit(line))
        if lifts:
            options = [lifts, *(way for one in options for way in (one, one + lifts))]
        return [one + held for one in options]

    def _of_sets(self, chosen: Ints, weeks: Longs) -> list[list[Bundle]]:
        """
        What the whole ship set of each line needs if nothing is left: the first option of all its
        lines, then the second, and so on. How much of that is lacking, the trials show.
        """
        if not len(chosen):
            return []
        units = [self.limits.unit(int(line)) for line in chosen]
        flat = np.array([mate for unit in units for mate in unit], dtype=np.int32)
        asked = np.repeat(weeks, [len(unit) for unit in units])
        if self.bare is None:
            self.bare = Desk(self._bare_ground())
        needs = iter(self._lacks(self.bare, flat, asked))
        found = []
        for unit in units:
            of_mates = [next(needs) for _ in unit]
            most = max(map(len, of_mates)) if all(of_mates) else 0
            found.append([self._together([own[min(turn, len(own) - 1)] for own in of_mates])
                          for turn in range(min(most, MOST_OPTIONS))])
        return found

    def _bare_ground(self) -> Ground:
        """A world with nothing in it but hours without limit."""
        left, book = self.ground.left, self.book
        bare = left._replace(free=np.zeros_like(left.free),
                             hours=np.where(left.hours == UNLIMITED, UNLIMITED, 0))
        nothing = np.zeros(len(book.lines) + 1, dtype=np.int64)
        return replace(self.ground, left=bare, balance=bare.free,
                       allocation=replace(self.ground.allocation, ptr=nothing))

    def _together(self, bundles: list[Bundle]) -> Bundle:
        """The changes of several lines as one: of a pool by the first week, hours week by week."""
        found: dict[tuple[int, ...], Change] = {}
        for change in (change for bundle in bundles for change in bundle):
            key = (change.of, change.gain) if change.of == PIECES else (
                change.of, change.gain, change.start)
            there = found.get(key)
            found[key] = change if there is None else replace(
                there, quantity=there.quantity + change.quantity,
                start=min(there.start, change.start))
        return _dearest_first(list(found.values()))

    def _lacks(self, desk: Desk, chosen: Ints, weeks: Longs) -> list[list[Bundle]]:
        """What each line lacks by each of its options, those that lack least first."""
        ground = desk.shared
        found: list[list[Bundle]] = [[] for _ in chosen]
        out = np.zeros((max(4_096, self.lack_room), 6), dtype=np.int64)
        size, first = np.zeros(1, dtype=np.int64), 0
        while first < len(chosen):
            size[0] = 0
            done = find_lacks(desk.trees, desk.worlds[id(ground.left)], ground.left,
                              ground.balance, desk.scratch, ground.lines, ground.allocation.log,
                              ground.allocation.ptr, chosen, weeks, first, self.lack_room, out,
                              size)
            if done == first:
                out = np.zeros((2 * len(out), 6), dtype=np.int64)
                continue
            first = done
            rows = out[:size[0]]
            for option in np.split(rows, np.flatnonzero(
                    np.any(np.diff(rows[:, [ASKED, OPTION]], axis=0) != 0, axis=1)) + 1):
                if len(option):
                    found[int(option[0, ASKED])].append(self._bundle(option))
        for options in found:
            options.sort(key=lambda option: (len(option), sum(c.cost_cents for c in option)))
        return found

    def _bundle(self, rows: Longs) -> Bundle:
        """All that an option lacks as changes, the dearest first."""
        return _dearest_first([
            pieces_more(self.book, self.ways.pools, int(row[OF_ROW]), int(row[BY]),
                        int(row[AMOUNT]))
            if row[LACKS] == PIECES else
            hours_more(int(row[OF_ROW]), int(row[BY]), int(row[AMOUNT])) for row in rows])


def _dearest_first(changes: list[Change]) -> Bundle:
    return tuple(sorted(changes, key=lambda c: (-c.cost_cents, c.of, c.gain, c.start)))
