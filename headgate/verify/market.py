"""The prices of a plan as arrays, and what making or drawing a piece costs at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.schema import MICRO, UNLIMITED_MICRO
from headgate.verify.facts import Book
from headgate.verify.quotas import Quotas
from headgate.verify.structure import Structure
from headgate.verify.supply import ANYBODY, Supply
from headgate.verify.tolls import INF, Tolls, permit_names

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]

PART, QUOTA, RESOURCE = 0, 1, 2
"""In the order of their words in a table."""
MOST_KEPT = 20_000_000
"""Costs that are kept at once, counting each site and week."""


@dataclass(frozen=True, slots=True)
class Prices:
    """
    Cents by week; 0 where the plan states none.

    piece : (pools, weeks) of a piece that is there by then; it never rises along the weeks
    hour  : (resources, sites, weeks); 0 where hours are without limit, or none
    permit : (permits, weeks) of a piece that a quota allows, in the order of `permit_names`
    """

    piece: Longs
    hour: Longs
    permit: Longs


def read_prices(codes: Mapping[str, Longs], book: Book, supply: Supply, quotas: Quotas) -> Prices:
    """
    The prices of a plan, week by week.

    codes : kind (0 part, 1 quota, 2 resource), id, site, customer, week, price of 0 to 10^15; a
            row of what the book does not have is passed over
    A piece is worth the highest price of its pool from a week on: rows that do not fall would
    otherwise prove too little.
    """
    kind, week, price = codes["kind"], codes["week"], codes["price"]
    inside = ((codes["id"] >= 0) & ((codes["site"] >= 0) | (kind == QUOTA))
              & (codes["customer"] >= ANYBODY) & (week >= 0) & (week < book.calendar.horizon))
    piece = np.zeros((len(supply.pool_item), book.calendar.horizon), dtype=np.int64)
    part = np.flatnonzero(inside & (kind == PART))
    pool = supply.find(codes["id"][part], codes["site"][part], codes["customer"][part])
    known = pool >= 0
    np.maximum.at(piece, (pool[known], week[part[known]]), price[part[known]])
    names = permit_names(quotas)
    place = np.array([names.index(name) for name in sorted(names)], dtype=np.int64)
    permit = np.zeros((len(names), book.calendar.horizon), dtype=np.int64)
    allowed = np.flatnonzero(inside & (kind == QUOTA))
    np.maximum.at(permit, (place[codes["id"][allowed]], week[allowed]), price[allowed])
    piece, permit = (np.maximum.accumulate(level[:, ::-1], axis=1)[:, ::-1]
                     for level in (piece, permit))
    hour = np.zeros_like(book.hours)
    row = np.flatnonzero(inside & (kind == RESOURCE))
    np.maximum.at(hour, (codes["id"][row], codes["site"][row], week[row]), price[row])
    hour[~is_counted(book.hours)] = 0
    return Prices(np.ascontiguousarray(piece), hour, np.ascontiguousarray(permit))


def worth_of_more(codes: Mapping[str, Longs], prices: Prices, book: Book,
                  supply: Supply) -> pl.Series:
    """
    What one more is worth at most, in cents: a piece for anybody by a week, or an hour in it.

    codes   : kind (0 part, 2 resource), id, site, week; all known
    returns : whole numbers; blank where the prices prove nothing, as of such pieces none has come
              by then, or of the hours in that week there are none, or any number
    """
    part = codes["kind"] == PART
    cents = np.zeros(len(part), dtype=np.int64)
    proven = np.zeros(len(part), dtype=np.bool_)
    item, site, week = (codes[name][part] for name in ("id", "site", "week"))
    pool = supply.find(item, site, np.full(len(item), ANYBODY, dtype=np.int64))
    if len(supply.pool_item):
        cents[part] = prices.piece[pool, week]
        proven[part] = (pool >= 0) & (supply.there[pool, week] > 0)
    hour = tuple(codes[name][~part] for name in ("id", "site", "week"))
    cents[~part] = prices.hour[hour]
    proven[~part] = is_counted(book.hours[hour])
    return pl.select(pl.when(pl.Series(proven)).then(pl.Series(cents))).to_series()


def is_counted(micro: Longs) -> Bools:
    """Whether hours have a price: they are limited, and there are some."""
    return (micro > 0) & (micro < UNLIMITED_MICRO)


def shifted(values: Longs, offset: int) -> Longs:
    """Values by ship bucket of what lies so many buckets before; INF before bucket 0."""
    if offset == 0:
        return values
    out = np.full_like(values, INF)
    if offset < values.shape[1]:
        out[:, offset:] = values[:, :-offset]
    return out


def times(values: Longs, factor: int) -> Longs:
    """Values of 0 to INF times a whole number, at most INF."""
    return np.where(values > INF // factor, INF, values * factor)


def plus(left: Longs, right: Longs) -> Longs:
    """The sum of values of 0 to INF, at most INF."""
    total: Longs = np.minimum(left + right, INF)
    return total


@dataclass(slots=True)
class Costs:
    """
    What one piece costs at the prices, by site and ship bucket.

    Lines differ in what they must not be given, in what is reserved for them and in the quotas
    that count them (their claim). All of it only matters as far as an item's own tree is
    concerned, so most lines share most costs.
    """

    book: Book
    supply: Supply
    structure: Structure
    prices: Prices
    tolls: Tolls
    bom: dict[int, list[tuple[int, int, int, int]]] = field(default_factory=dict)
    steps: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    substitutes: dict[int, list[tuple[int, int, int, int]]] = field(default_factory=dict)
    reach: list[set[int]] = field(default_factory=list)
    reserving: dict[int, set[int]] = field(default_factory=dict)
    kept: dict[tuple[int, int, bool, bytes, int, int], Longs] = field(default_factory=dict)
    scopes: dict[tuple[int, int, int, int], tuple[bytes, int, int]] = field(default_factory=dict)
    offers: dict[tuple[int, int], Longs] = field(default_factory=dict)
    trees: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for parent, *row in self.structure.bom.iter_rows():
            self.bom.setdefault(parent, []).append(tuple(row))
        for item, *step in self.structure.steps.iter_rows():
            self.steps.setdefault(item, []).append(tuple(step))
        for item, *row in self.structure.substitutes.iter_rows():
            self.substitutes.setdefault(item, []).append(tuple(row))
        for item, customer in zip(self.supply.pool_item.tolist(),
                                  self.supply.pool_customer.tolist(), strict=True):
            if customer != ANYBODY:
                self.reserving.setdefault(item, set()).add(customer)
        self.reach = [set() for _ in self.structure.level]
        for item in np.argsort(-self.structure.level, kind="stable").tolist():
            self.reach[item] = {item}.union(
                *(self.reach[row[0]] for row in self.bom.get(item, ())),
                (row[0] for row in self.substitutes.get(item, ())))

    def scope(self, item: int, kind: int, customer: int, claim: int) -> tuple[bytes, int, int]:
        """
        What tells lines apart in an item's tree: the banned items of it, as bits, the customer and
        the claim.

        kind : row of `Book.banned`; claim : number in `Quotas.kind`
        """
        key = (item, kind, customer, claim)
        if key not in self.scopes:
            tree = sorted(self.reach[item])
            own = any(customer in self.reserving.get(other, ()) for other in tree)
            self.scopes[key] = (np.packbits(self.book.banned[kind, tree]).tobytes(),
                                customer if own else ANYBODY,
                                claim if self.tolls.items & self.reach[item] else -1)
        return self.scopes[key]

    def of(self, item: int, kind: int, customer: int, claim: int) -> Longs:
        """(sites, weeks) the least that a piece of an item costs that is shipped in the week."""
        cost = self._of(item, kind, customer, claim)
        return plus(cost, self.tolls.sent(claim, item)) if item in self.tolls.items else cost

    def _of(self, item: int, kind: int, customer: int, claim: int) -> Longs:
        """The same before what quotas cost that count what is sent."""
        key = (item, 0, True, *self.scope(item, kind, customer, claim))
        if key in self.kept:
            return self.kept[key]
        if len(self.kept) * self.book.weeks.shape[0] * self.book.calendar.horizon > MOST_KEPT:
            self.kept.clear()
        if item not in self.trees:
            self.trees[item] = self._tree(item)
        for node, days in reversed(self.trees[item]):
            self._cost(node, days, (node, days) == (item, 0), kind, customer, claim)
        return self._cost(item, 0, True, kind, customer, claim)

    def _tree(self, item: int) -> list[tuple[int, int]]:
        """Each (item, lead days) of a tree once, parents before their components."""
        waiting: dict[int, dict[tuple[int, int], None]] = {
            int(self.structure.level[item]): {(item, 0): None}}
        nodes: list[tuple[int, int]] = []
        while waiting:
            here = list(waiting.pop(min(waiting)))
            nodes += here
            for node, days in here:
                for component, *_ in self.bom.get(node, ()):
                    level = int(self.structure.level[component])
                    below = (component, days + int(self.structure.lead[node]))
                    waiting.setdefault(level, {})[below] = None
        return nodes

    def _cost(self, item: int, days: int, sold: bool, kind: int, customer: int,
              claim: int) -> Longs:
        """The least that a need costs, kept; components of it are found among what is kept."""
        key = (item, days, sold, *self.scope(item, kind, customer, claim))
        if key in self.kept:
            return self.kept[key]
        offset = (days + 6) // 7
        cost = self._drawn(item, kind, customer, claim, offset, sold)
        if item in self.bom:
            cost = np.minimum(cost, self._made(item, days, kind, customer, claim))
        elif not sold:
            week = np.arange(cost.shape[1]) - offset
            for other, start, end, extra in self.substitutes.get(item, ()):
                holds = (start <= week) & (week <= end)
                offer = plus(self._drawn(other, kind, customer, claim, offset, False),
                             np.array(extra, dtype=np.int64))
                cost = np.where(holds, np.minimum(cost, offer), cost)
        self.kept[key] = cost
        return cost

    def _drawn(self, item: int, kind: int, customer: int, claim: int, offset: int,
               sold: bool) -> Longs:
        """
        (sites, weeks) what a piece costs by ship bucket that is drawn so many buckets before, with
        its permits; a sold piece from stock counts on caps as sent, and so not here.
        """
        offer = self._offer(item, kind, customer)
        if item not in self.tolls.items:
            return shifted(offer, offset)
        cost = shifted(plus(offer, self.tolls.drawn(claim, item)), offset)
        return cost if sold else plus(cost, self.tolls.sent(claim, item))

    def _offer(self, item: int, kind: int, customer: int) -> Longs:
        """(sites, weeks) the lowest price of a piece that may be drawn in the week."""
        shape = self.book.weeks.shape[0], self.book.calendar.horizon
        if self.book.banned[kind, item]:
            return np.full(shape, INF, dtype=np.int64)
        owner = customer if customer in self.reserving.get(item, ()) else ANYBODY
        if (item, owner) not in self.offers:
            offer = np.full(shape, INF, dtype=np.int64)
            for site in range(shape[0]):
                for who in {owner, ANYBODY}:
                    pool = self.supply.pool_of.get((item, site, who))
                    if pool is not None:
                        price = np.where(self.supply.there[pool] > 0, self.prices.piece[pool], INF)
                        offer[site] = np.minimum(offer[site], price)
            self.offers[item, owner] = offer
        return self.offers[item, owner]

    def _made(self, item: int, days: int, kind: int, customer: int, claim: int) -> Longs:
        """(sites, weeks) what making a piece costs: its components and its hours."""
        parts_days = days + int(self.structure.lead[item])
        week = np.arange(self.book.calendar.horizon) - (parts_days + 6) // 7
        total = np.zeros((self.book.weeks.shape[0], len(week)), dtype=np.int64)
        can = np.zeros(len(week), dtype=np.bool_)
        for component, pieces, start, end in self.bom[item]:
            holds = (week >= 0) & (start <= week) & (week <= end)
            can |= holds
            cost = self._cost(component, parts_days, False, kind, customer, claim)
            total = np.where(holds, plus(total, times(cost, pieces)), total)
        for resource, micro, later in self.steps.get(item, ()):
            if micro:
                total = plus(total, shifted(self._hours(resource, micro), (days + later + 6) // 7))
        return np.where(can, total, INF)

    def _hours(self, resource: int, micro: int) -> Longs:
        """(sites, weeks) what so many millionths of an hour cost, rounded down."""
        whole, rest = np.divmod(self.prices.hour[resource], MICRO)
        cost = plus(times(whole, micro), rest * micro // MICRO)
        return np.where(self.book.hours[resource] > 0, cost, INF)
