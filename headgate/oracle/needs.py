"""
What one piece needs, as a graph of needs that all lines share.

A need is met from stock, by making it or by a substitute, and all of that depends on its day only:
7 x ship bucket - lead days. Its draw bucket is that day's week, its components are needed the lead
days earlier. So needs of the same item, site and day are one need, whatever is sold at the top;
leaves only ask for the week. They stay apart where lines differ in what may be drawn for them: by
the restricted items of the item's own tree, by the customer if something in it is reserved, and by
the quotas that name something in it; where one of these is a cap, by the week of shipping, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.oracle.facts import ANYBODY, Facts, Pool

Longs = NDArray[np.int64]

Week = tuple[str, str, int]
"""Resource, site and bucket."""


class Scope(NamedTuple):
    """
    What sets lines apart below an item: what is banned there, who reserves something, which quotas
    name something, and for caps the ship bucket (-1 without).
    """

    banned: frozenset[str]
    customer: str
    claim: frozenset[str]
    ship: int


class Key(NamedTuple):
    """A need: `sold` is the piece itself; no substitute stands in, and caps count it as sent."""

    item: str
    site: str
    day: int
    scope: Scope
    sold: bool


@dataclass(slots=True)
class Need:
    """
    How a need can be met.

    draws : pool, bucket, extra cents of a piece
    scope, sold : as in its key
    parts : needs and pieces of each for making one; None where it cannot be made
    hours : limited hours of making one, in hours
    """

    draws: list[tuple[Pool, int, int]]
    parts: list[tuple[int, int]] | None
    hours: list[tuple[Week, float]]
    scope: Scope
    sold: bool


@dataclass(slots=True)
class Needs:
    """All needs of a book's options; `needs` grows as they are asked for."""

    facts: Facts
    needs: list[Need] = field(default_factory=list)
    places: dict[Key, int] = field(default_factory=dict)
    reach: dict[str, frozenset[str]] = field(default_factory=dict)
    reserving: dict[str, set[str]] = field(default_factory=dict)
    there: dict[Pool, int] = field(default_factory=dict)
    scopes: dict[tuple[str, Scope], Scope] = field(default_factory=dict)
    waiting: list[Key] = field(default_factory=list)

    def __post_init__(self) -> None:
        for pool, pieces in self.facts.pools.items():
            self.there[pool] = int(np.flatnonzero(pieces)[0])
            if pool[2] != ANYBODY:
                self.reserving.setdefault(pool[0], set()).add(pool[2])

    def roots(self, item: str, site: str, banned: frozenset[str], customer: str,
              claim: frozenset[str]) -> Longs:
        """(horizon,) the need of a piece shipped in each bucket."""
        found = [self._place(item, site, 7 * ship, self._scope(
            item, Scope(banned, customer, claim, ship)), True)
            for ship in range(self.facts.horizon)]
        while self.waiting:
            key = self.waiting.pop()
            self.needs[self.places[key]] = self._explode(key)
        return np.array(found, dtype=np.int64)

    def possible(self) -> NDArray[np.bool_]:
        """(needs,) whether each can be met at all, were there enough of everything."""
        state: list[bool | None] = [None] * len(self.needs)
        for top in range(len(self.needs)):
            stack = [top]
            while stack:
                place = stack[-1]
                need = self.needs[place]
                unknown = [part for part, _ in need.parts or () if state[part] is None]
                if state[place] is None and not unknown:
                    state[place] = bool(need.draws) or (need.parts is not None and all(
                        state[part] for part, _ in need.parts))
                if state[place] is None:
                    stack += unknown
                else:
                    stack.pop()
        return np.array(state, dtype=np.bool_)

    def _place(self, item: str, site: str, day: int, scope: Scope, sold: bool) -> int:
        leaf = item not in self.facts.bom
        key = Key(item, site, 7 * (day // 7) if leaf else day, scope,
                  sold and (leaf or scope.ship >= 0))
        if key not in self.places:
            self.places[key] = len(self.needs)
            self.needs.append(Need([], None, [], key.scope, key.sold))
            self.waiting.append(key)
        return self.places[key]

    def _scope(self, item: str, scope: Scope) -> Scope:
        """The part of a scope that matters below an item."""
        if (item, scope) not in self.scopes:
            tree = self._reach(item)
            own = any(scope.customer in self.reserving.get(other, ()) for other in tree)
            rows = self.facts.quotas.rows
            claim = frozenset(name for name in scope.claim if rows[name].items & tree)
            capped = any(rows[name].cap is not None for name in claim)
            self.scopes[item, scope] = Scope(scope.banned & tree,
                                             scope.customer if own else ANYBODY, claim,
                                             scope.ship if capped else -1)
        return self.scopes[item, scope]

    def _reach(self, item: str) -> frozenset[str]:
        """The item, all that goes into it, and their substitutes."""
        if item not in self.reach:
            seen: set[str] = set()
            waiting = [item]
            while waiting:
                here = waiting.pop()
                if here not in seen:
                    seen.add(here)
                    waiting += [row.item for row in self.facts.bom.get(here, ())]
            seen.update(row.item for here in tuple(seen)
                        for row in self.facts.substitutes.get(here, ()))
            self.reach[item] = frozenset(seen)
        return self.reach[item]

    def _explode(self, key: Key) -> Need:
        facts = self.facts
        need = Need(self._stock(key, key.item, 0), None, [], key.scope, key.sold)
        if key.item in facts.bom:
            need.parts = self._parts(key)
            if need.parts is not None and not self._use_hours(key, need):
                need.parts, need.hours = None, []
        elif not key.sold:
            for row in facts.substitutes.get(key.item, ()):
                if row.holds(key.day // 7):
                    need.draws += self._stock(key, row.item, row.amount)
        return need

    def _stock(self, key: Key, item: str, extra: int) -> list[tuple[Pool, int, int]]:
        """The pools of an item from which a piece may be drawn for the need."""
        bucket, scope = key.day // 7, key.scope
        pools = [(item, key.site, owner) for owner in dict.fromkeys((ANYBODY, scope.customer))]
        return [] if item in scope.banned else [
            (pool, bucket, extra) for pool in pools
            if pool in self.there and self.there[pool] <= bucket]

    def _parts(self, key: Key) -> list[tuple[int, int]] | None:
        day = key.day - self.facts.lead_days.get(key.item, 0)
        rows = [row for row in self.facts.bom[key.item] if day >= 0 and row.holds(day // 7)]
        return [(self._place(row.item, key.site, day, self._scope(row.item, key.scope), False),
                 row.amount) for row in rows] or None

    def _use_hours(self, key: Key, need: Need) -> bool:
        """Note the limited hours of making a piece; False where a week has none."""
        for step in self.facts.steps.get(key.item, ()):
            if step.micro:
                week = (step.resource, key.site, (key.day - step.later_days) // 7)
                there = self.facts.hours.get(week, 0)
                if there == 0:
                    return False
                if there is not None:
                    need.hours.append((week, step.micro / 1_000_000))
        return True
