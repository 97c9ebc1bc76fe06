"""The changes that a relief is made of, and what could be done instead of buying more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headgate.book import FORECAST, Book
from headgate.explain.line_worth import Worths
from headgate.explain.relief_kernels import ORDER, PIECES, WORK, hour_users
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.layout import World
from headgate.planner.policy import Policy
from headgate.planner.world import Pools, largest_tree, lines_of, trees_of
from headgate.tables.schema import MICRO

Longs = NDArray[np.int64]

KINDS = ("unfrozen", "pulled_in", "transfer", "substitute", "quota", "more", "hours", "displaced")
"""Kinds of a change, those of what is there or bought already first."""
KEPT, HELD = 3, 4
"""
What else a change is of, beside what the kernels change: what a reservation keeps, and the pins and
frozen promise of the line itself.
"""
ROWS_TRIED, ROWS_TOGETHER = 3, 3
"""Receipts of a part that are tried alone, and the most that are pulled in together."""
PLACES_TRIED = 2
"""Sites, and items, from which pieces are taken in turn."""
HOLDERS_TRIED, HOLDERS_KEPT = 3, 20
"""
Orders that are tried out as the one that is displaced, the smallest in dollars first; and how many
are remembered of those that hold about as much.
"""


@dataclass(frozen=True, slots=True)
class Change:
    """
    One part of a relief.

    kind     : one of KINDS
    of       : PIECES of pool or permit `gain`, WORK of hour row `gain`, or the ORDER line `gain`;
               fewer pieces KEPT by a reservation, so that permit `gain` has more; what is HELD
    loss     : the pool that the pieces are taken from in week `start`, -1 none
    start, until : first week with more, and the first without more again
    quantity : pieces, or whole hours
    row      : the row of supply that is pulled in, -1 none
    cost_cents : standard cost of the pieces, or what they cost beyond those that they stand for
    built    : the pieces would have to be built already, as no part makes them in time
    permit   : of a quota its place among the permits, -1 none
    """

    kind: str
    of: int
    gain: int
    loss: int
    start: int
    until: int
    quantity: int
    unit_cost_cents: int = 0
    row: int = -1
    built: bool = False
    permit: int = -1

    @property
    def packed(self) -> tuple[int, ...]:
        """A row of changes as `try_changes` takes it."""
        unit = MICRO if self.of == WORK else 1
        return self.of, self.gain, self.loss, self.start, self.until, self.quantity, unit

    @property
    def cost_cents(self) -> int:
        """Quantity times the cost of one."""
        return self.quantity * self.unit_cost_cents

    @property
    def order(self) -> int:
        """Place of the kind among KINDS."""
        return KINDS.index(self.kind)


def pieces_more(book: Book, pools: Pools, pool: int, week: int, quantity: int) -> Change:
    """More pieces of a pool, there by a week."""
    item, forest = int(pools.item[pool]), book.forest
    root = int(forest.root_start[item])
    built = root < int(forest.root_end[item]) and bool(forest.has_bom[root])
    return Change("more", PIECES, pool, -1, week, book.horizon, quantity,
                  int(book.unit_cost_cents[item]), built=built)


UNFROZEN = Change("unfrozen", HELD, -1, -1, 0, 0, 1)
"""A line's own pins and frozen promise lifted."""


def hours_more(row: int, week: int, micro: int) -> Change:
    """More hours in a week, rounded up to whole ones."""
    return Change("hours", WORK, row, -1, week, week + 1, -(-micro // MICRO))


class Ways:
    """What could be done instead of buying more of a part: read by all threads."""

    def __init__(self, book: Book, policy: Policy, allocation: Allocation, left: World,
                 spared: NDArray[np.bool_], counting: Callable[[int], Longs] | None) -> None:
        self.book, self.left, self.pools = book, left, allocation.pools
        self.allocation = allocation
        self.trees, self.packed = trees_of(book), lines_of(book, self.pools.permits)
        self.held: dict[tuple[int, int, int], tuple[Longs, Longs]] = {}
        self.worth = Worths(book, policy, allocation)
        self._rows_by_place(policy)
        self._families()
        self.spared, self.counting = spared, counting

    def _rows_by_place(self, policy: Policy) -> None:
        """Rows of supply by item and site, in the order of their start."""
        supply, sites = self.book.supply, max(1, len(self.book.sites))
        counts = (supply.status != FORECAST) | np.bool_(policy.use_forecast)
        place = supply.item.astype(np.int64) * sites + supply.site
        order = np.lexsort((np.arange(len(place)), supply.start, place))
        self.supply_rows = order[counts[order]]
        self.supply_place = place[self.supply_rows]

    def _families(self) -> None:
        """The leaves that might stand in for each other: of one family, or listed for a time."""
        book, forest = self.book, self.book.forest
        items = book.tables.frames["items"].select("item_id", "family", "kind").drop_nulls("family")
        made = set(book.tables.frames["bom"]["parent_id"].unique())
        self.family: dict[int, tuple[str, str]] = {}
        self.members: dict[tuple[str, str], list[int]] = {}
        for name, family, kind in items.sort("item_id").iter_rows():
            if name not in made:
                index = book.items.index(name)
                self.family[index] = (family, kind)
                self.members.setdefault((family, kind), []).append(index)
        self.subs = [[(int(forest.sub_item[row]), int(forest.sub_from[row]),
                       int(forest.sub_to[row]))
                      for row in range(forest.sub_ptr[item], forest.sub_ptr[item + 1])]
                     for item in range(len(book.items))]

    def instead_of(self, line: int, change: Change) -> list[tuple[Change, ...]]:
        """Ways to have the pieces of a change without buying them, in the order to try them."""
        return [*self._pulled_in(line, change), *self._transferred(change),
                *self._substituted(line, change)]

    def _pulled_in(self, line: int, change: Change) -> list[tuple[Change, ...]]:
        """Receipts of the same part at the same site that come later: one, or the next few."""
        supply, pools = self.book.supply, self.pools
        item, site = int(pools.item[change.gain]), int(pools.site[change.gain])
        place = item * max(1, len(self.book.sites)) + site
        first, end = np.searchsorted(self.supply_place, [place, place + 1])
        rows = self.supply_rows[first:end]
        slot = self.book.lines.slot[line]
        rows = rows[(supply.start[rows] > change.start)
                    & ((supply.slot[rows] == 0) | (supply.slot[rows] == slot))]
        found: list[tuple[Change, ...]] = [
            (self._row_pulled_in(change, int(row), change.quantity),)
            for row in rows[supply.quantity[rows] >= change.quantity][:ROWS_TRIED]]
        missing, together = change.quantity, []
        for row in rows[:ROWS_TOGETHER].tolist():
            pieces = min(missing, int(supply.quantity[row]))
            together.append(self._row_pulled_in(change, row, pieces))
            missing -= pieces
            if missing == 0:
                break
        if missing == 0 and len(together) > 1:
            found.append(tuple(together))
        return [way for way in found if all(part.gain >= 0 for part in way)]

    def _row_pulled_in(self, change: Change, row: int, pieces: int) -> Change:
        supply = self.book.supply
        pool = int(self.pools.find(supply.item[row], supply.site[row], supply.slot[row]))
        until = min(int(supply.start[row]), self.book.horizon)
        return replace(change, kind="pulled_in", gain=pool, until=until, quantity=pieces,
                       unit_cost_cents=0, row=row, built=False)

    def _transferred(self, change: Change) -> list[tuple[Change, ...]]:
        """The same part from a site at which the plan leaves enough of it."""
        item, site = int(self.pools.item[change.gain]), int(self.pools.site[change.gain])
        pools = self.left.pool_of[item]
        there = [(-int(self.left.free[pool, change.start]), int(pool)) for place, pool in
                 enumerate(pools.tolist()) if pool >= 0 and place != site
                 and self.left.free[pool, change.start] >= change.quantity]
        return [(replace(change, kind="transfer", loss=pool, unit_cost_cents=0,
                         built=False),)
                for _, pool in sorted(there)[:PLACES_TRIED]]

    def _substituted(self, line: int, change: Change) -> list[tuple[Change, ...]]:
        """Another part of its family, or one listed for another time, that the plan leaves."""
        item, site = int(self.pools.item[change.gain]), int(self.pools.site[change.gain])
        banned = self.book.bans.banned[self.book.lines.ban[line]]
        holding = {sub for sub, first, last in self.subs[item] if first <= change.start <= last}
        others = {sub for sub, _, _ in self.subs[item]}
        others.update(self.members.get(self.family.get(item, ("", "")), ()))
        found = []
        cost = self.book.unit_cost_cents
        for other in others - holding - {item}:
            pool = int(self.left.pool_of[other, site])
            # What stands in would count on quotas of its own.
            if pool >= 0 and not banned[other] and not self._in_quotas(item, other) and (
                    self.left.free[pool, change.start] >= change.quantity):
                found.append((int(cost[other] - cost[item]), other, pool))
        return [(replace(change, kind="substitute", loss=pool, unit_cost_cents=more,
                         built=False),)
                for more, _, pool in sorted(found)[:PLACES_TRIED]]

    def _in_quotas(self, *items: int) -> bool:
        quoted = self.pools.permits.quoted
        return len(quoted) > 0 and any(quoted[item] >= 0 for item in items)

    def holders(self, line: int, changes: Sequence[Change]) -> list[Change]:
        """
        Other lines that hold at least as much as the change for most pieces, or hours, asks for;
        where quotas alone keep the line back, that count as much on one.

        Lines that keep their place whatever happens (frozen, pinned, in a ship set) are none.
        """
        lacking = [change for change in changes if change.kind in ("more", "hours")] or [
            change for change in changes if change.kind == "quota"]
        if not lacking:
            return []
        most = max(lacking,
                   key=lambda change: (change.of != WORK, change.quantity, -change.gain))
        key = (most.of, most.gain, most.start)
        if key not in self.held:
            self.held[key] = self._held(*key)
        lines, held = self.held[key]
        asked = most.quantity * (MICRO if most.of == WORK else 1)
        return [Change("displaced", ORDER, int(other), -1, 0, 0, 1)
                for other in lines[(held >= asked) & (lines != line)][:HOLDERS_TRIED]]

    def _held(self, of: int, row: int, week: int) -> tuple[Longs, Longs]:
        """
        Lines, the smallest in dollars first, and what each holds: pieces of a pool drawn up to a
        week, hours of a row in a week, or pieces that count on a permit. Of lines that hold about
        as much only some are kept.
        """
        if self.counting is not None and of in (PIECES, KEPT) and row >= len(self.pools):
            held = self.counting(row)
        else:
            held = self._drawn(row, week) if of == PIECES else self._worked(row, week)
        held[self.spared] = 0
        lines = np.flatnonzero(held)
        dollars = self.book.lines.open[lines].astype(float) * self.book.lines.price_cents[lines]
        about = np.frexp(held[lines].astype(float))[1]
        order = np.lexsort((lines, dollars, about))
        first = np.searchsorted(about[order], about[order])
        kept = order[np.arange(len(order)) - first < HOLDERS_KEPT]
        kept = kept[np.lexsort((lines[kept], dollars[kept]))]
        return lines[kept], held[lines[kept]]

    def _drawn(self, pool: int, week: int) -> Longs:
        """(lines,) pieces that the plan draws from a pool up to a week."""
        plan, held = self.allocation, np.zeros(len(self.book.lines), dtype=np.int64)
        draws = np.flatnonzero(plan.pool == pool)
        owner = np.searchsorted(plan.log.first_draw, draws, side="right") - 1
        in_time = plan.ship[owner] - self.book.forest.offset[plan.node[draws]] <= week
        np.add.at(held, plan.line[owner[in_time]], plan.pieces[draws[in_time]])
        return held

    def _worked(self, row: int, week: int) -> Longs:
        """(lines,) millionths of an hour that the plan uses of an hour row in a week."""
        used = np.zeros(len(self.book.lines), dtype=np.int64)
        hour_users(self.trees, self.packed, self.allocation.log,
                   self.book.hours.row.astype(np.int64),
                   np.zeros((4, largest_tree(self.book)), dtype=np.int64), row, week, used)
        return used
