"""
The walk over the needs of one shipment: what is drawn, made and missing.

A plain implementation of "What one sold piece needs" and "What a site can provide" in
docs/explanation/planning-rules.md, for one shipment at a time. The needs of an item shipped in a
certain week are laid out once and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from headgate.tables.schema import UNLIMITED_MICRO
from headgate.verify.facts import Book
from headgate.verify.structure import Structure
from headgate.verify.supply import ANYBODY, Supply


@dataclass(frozen=True, slots=True)
class Node:
    """One need of a sold piece on its path through the BOM; steps as (resource, micro, days)."""

    item: int
    parent: int
    pieces: int
    hold_from: int
    hold_to: int
    days: int
    parts_days: int
    steps: tuple[tuple[int, int, int], ...]


@dataclass(slots=True)
class Need:
    """
    One need of a shipment in a certain week.

    offset     : weeks from the draw to the shipment
    bucket     : of the draw; below 0 nothing can be drawn, and so no shipment succeeds
    can_make   : some BOM row holds in the week in which the components would be drawn
    below      : places of the components' needs, with pieces for one made piece
    steps      : resource, millionths for one made piece, bucket, offset
    substitutes: items that may be drawn instead in this week, the preferred one first
    """

    item: int
    days: int
    offset: int
    bucket: int
    has_bom: bool
    can_make: bool
    below: list[tuple[int, int]] = field(default_factory=list)
    steps: tuple[tuple[int, int, int, int], ...] = ()
    substitutes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """
    The needs of an item shipped in a week, in walk order.

    shared : items that several needs may draw, so that one need's draw must be seen by the next
    """

    needs: tuple[Need, ...]
    shared: frozenset[int]


class Trees:
    """The needs of every item that is sold, laid out when first asked for."""

    def __init__(self, book: Book, structure: Structure) -> None:
        self.made = book.made.tolist()
        self.lead = structure.lead.tolist()
        self.bom: dict[int, list[tuple[int, int, int, int]]] = {}
        for parent, *row in structure.bom.iter_rows():
            self.bom.setdefault(parent, []).append(tuple(row))
        self.steps: dict[int, list[tuple[int, int, int]]] = {}
        for item, *step in structure.steps.iter_rows():
            self.steps.setdefault(item, []).append(tuple(step))
        self.substitutes: dict[int, list[tuple[int, int, int]]] = {}
        for item, *row in structure.substitutes.drop("cents").iter_rows():
            self.substitutes.setdefault(item, []).append(tuple(row))
        self._nodes: dict[int, list[Node]] = {}
        self._options: dict[tuple[int, int], Option] = {}
        self._choices: dict[tuple[int, int], tuple[int, ...]] = {}

    def option(self, item: int, ship: int) -> Option:
        """The needs of an item shipped in a bucket."""
        key = (item, ship)
        if key not in self._options:
            self._options[key] = self._option(item, ship)
        return self._options[key]

    def _walk(self, item: int) -> list[Node]:
        """The nodes of an item's tree in walk order: made items, leaves, leaves with a choice."""
        first = Node(item, -1, 1, 0, 0, 0, self.lead[item], self._steps_of(item, 0))
        nodes, place = [first], 0
        while place < len(nodes):
            above = nodes[place]
            for component, pieces, start, end in self.bom.get(above.item, ()):
                days = above.parts_days
                nodes.append(Node(component, place, pieces, start, end, days,
                                  days + self.lead[component], self._steps_of(component, days)))
            place += 1
        group = [0 if self.made[node.item] else 1 + (node.item in self.substitutes)
                 for node in nodes]
        order = sorted(range(len(nodes)), key=lambda k: (group[k], k))
        seat = {old: new for new, old in enumerate(order)}
        return [Node(n.item, seat.get(n.parent, -1), n.pieces, n.hold_from, n.hold_to, n.days,
                     n.parts_days, n.steps) for n in (nodes[k] for k in order)]

    def _steps_of(self, item: int, days: int) -> tuple[tuple[int, int, int], ...]:
        return tuple((resource, micro, days + later)
                     for resource, micro, later in self.steps.get(item, ()))

    def _option(self, item: int, ship: int) -> Option:
        if item not in self._nodes:
            self._nodes[item] = self._walk(item)
        needs: list[Need] = []
        seat: dict[int, int] = {}
        for k, node in enumerate(self._nodes[item]):
            offset = (node.days + 6) // 7
            bucket = ship - offset
            if node.parent >= 0:
                parent = seat.get(node.parent)
                if (parent is None or not needs[parent].can_make
                        or not node.hold_from <= bucket <= node.hold_to):
                    continue
                needs[parent].below.append((len(needs), node.pieces))
            seat[k] = len(needs)
            parts = ship - (node.parts_days + 6) // 7
            needs.append(Need(
                node.item, node.days, offset, bucket, self.made[node.item],
                any(row[2] <= parts <= row[3] for row in self.bom.get(node.item, ())),
                steps=tuple((resource, micro, ship - (days + 6) // 7, (days + 6) // 7)
                            for resource, micro, days in node.steps),
                substitutes=self.choices(node.item, bucket) if node.parent >= 0 else ()))
        seen: set[int] = set()
        shared: set[int] = set()
        for need in needs:
            for source in {need.item, *need.substitutes}:
                (shared if source in seen else seen).add(source)
        return Option(tuple(needs), frozenset(shared))

    def choices(self, item: int, bucket: int) -> tuple[int, ...]:
        """The substitutes of an item that hold in a bucket, the preferred one first."""
        key = (item, bucket)
        if key not in self._choices:
            self._choices[key] = tuple(dict.fromkeys(
                sub for sub, start, end in self.substitutes.get(item, ())
                if start <= bucket <= end))
        return self._choices[key]


def offers_of(balance: Sequence[int]) -> list[int]:
    """What can be drawn in each bucket: the smallest balance from it on."""
    offers = list(balance)
    for week in range(len(offers) - 2, -1, -1):
        if offers[week] > offers[week + 1]:
            offers[week] = offers[week + 1]
    return offers


class World:
    """
    Pieces and hours that are there.

    balance, offers : pieces of each pool by bucket, and what can be drawn of them
    hours           : millionths by resource, site and bucket
    endless         : leaves and hours come without limit (the open book)
    """

    def __init__(self, supply: Supply, balance: list[list[int]], hours: list[list[list[int]]],
                 endless: bool = False) -> None:
        self.pool_of = supply.pool_of
        self.reserving = {customer for _, _, customer in supply.pool_of} - {ANYBODY}
        self.balance = balance
        self.offers = [offers_of(row) for row in balance]
        self.hours = hours
        self.endless = endless
        self._pools: dict[tuple[int, int, int], list[int]] = {}

    def pools(self, item: int, site: int, customer: int) -> list[int]:
        """The pools that a customer's line may draw an item from, its own first."""
        key = (item, site, customer)
        if key not in self._pools:
            owners = (customer, ANYBODY) if customer in self.reserving else (ANYBODY,)
            found = [self.pool_of.get((item, site, owner)) for owner in owners]
            self._pools[key] = [pool for pool in found if pool is not None]
        return self._pools[key]


@dataclass(slots=True)
class Walk:
    """
    A walk over the needs of a shipment from one site for one customer.

    banned  : (items,) what must not be drawn
    balance, offers, used : what this and earlier walks changed of the world
    needed, found, made   : pieces of each need after `run`
    """

    world: World
    site: int
    customer: int
    banned: Sequence[bool]
    balance: dict[int, list[int]] = field(default_factory=dict)
    offers: dict[int, list[int]] = field(default_factory=dict)
    used: dict[tuple[int, int], int] = field(default_factory=dict)
    needed: list[int] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    made: list[int] = field(default_factory=list)

    def copy(self) -> Walk:
        """The walk's state, to try from; lists of pieces are never changed in place."""
        return Walk(self.world, self.site, self.customer, self.banned, dict(self.balance),
                    dict(self.offers), dict(self.used))

    def offer(self, item: int, bucket: int) -> int:
        """Pieces of an item that can be drawn in a bucket."""
        if self.banned[item]:
            return 0
        return sum(self.offers.get(pool, self.world.offers[pool])[bucket]
                   for pool in self.world.pools(item, self.site, self.customer))

    def take(self, item: int, bucket: int, wanted: int, keep: bool) -> int:
        """Draw what there is of the pieces wanted; `keep` when a later draw must see it."""
        if bucket < 0 or self.banned[item]:
            return 0
        taken = 0
        for pool in self.world.pools(item, self.site, self.customer):
            pieces = min(wanted - taken,
                         self.offers.get(pool, self.world.offers[pool])[bucket])
            if pieces > 0:
                taken += pieces
                if keep:
                    self.add(pool, bucket, -pieces)
        return taken

    def add(self, pool: int, bucket: int, pieces: int) -> None:
        """Change the balance of a pool from a bucket on."""
        before = self.balance.get(pool, self.world.balance[pool])
        after = before[:bucket] + [left + pieces for left in before[bucket:]]
        self.balance[pool], self.offers[pool] = after, offers_of(after)

    def free(self, resource: int, bucket: int) -> int:
        """Hours of a resource that are free in a bucket, in millionths; none before bucket 0."""
        if bucket < 0:
            return 0
        there = self.world.hours[resource][self.site][bucket]
        if there >= UNLIMITED_MICRO:
            return there
        return there - self.used.get((resource, bucket), 0)

    def run(self, option: Option, pieces: int, go_on: bool, keep_all: bool = False) -> bool:
        """
        Whether the pieces can be shipped.

        go_on    : walk on with the rest where something is missing
        keep_all : note every draw, because more shipments of the site follow
        """
        endless = self.world.endless
        self.needed = [0] * len(option.needs)
        self.found, self.made = self.needed[:], self.needed[:]
        self.needed[0] = pieces
        whole = True
        for k, need in enumerate(option.needs):
            wanted = self.needed[k]
            if wanted == 0:
                continue
            if endless and not need.has_bom:
                if need.bucket < 0 or all(self.banned[item]
                                          for item in (need.item, *need.substitutes)):
                    whole = False
                else:
                    self.found[k] = wanted
            else:
                self._serve(option, k, need, keep_all)
                if need.can_make:
                    whole = self._make(k, need, wanted - self.found[k]) and whole
                elif self.found[k] < wanted:
                    whole = False
            if not whole and not go_on:
                return False
        return whole

    def _serve(self, option: Option, k: int, need: Need, keep_all: bool) -> None:
        """Draw a need from stock, and what cannot be made then from substitutes."""
        wanted = self.needed[k]
        found = self.take(need.item, need.bucket, wanted, keep_all or need.item in option.shared)
        if not need.can_make:
            for other in need.substitutes:
                if found == wanted:
                    break
                found += self.take(other, need.bucket, wanted - found,
                                   keep_all or other in option.shared)
        self.found[k] = found

    def _make(self, k: int, need: Need, pieces: int) -> bool:
        """Make pieces: their hours are used and their components needed."""
        if pieces == 0:
            return True
        self.made[k] = pieces
        for place, each in need.below:
            self.needed[place] = pieces * each
        if self.world.endless:
            return True
        enough = True
        for resource, micro, bucket, _ in need.steps:
            hours = pieces * micro
            enough = enough and hours <= self.free(resource, bucket)
            self.used[resource, bucket] = self.used.get((resource, bucket), 0) + hours
        return enough
