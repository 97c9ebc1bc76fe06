"""
The most that any plan of a book can be worth, recomputed from the prices that a plan states.

Whoever pays the prices for all pieces and hours there are, and lets each line pick its best
option at these prices, pays at least what any plan brings: "Certified bound" in
docs/explanation/planning-rules.md. The prices may be anything; bad ones only prove little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.frames import Tables
from headgate.tables.schema import MICRO
from headgate.verify.facts import Book, exact_sum, read_book
from headgate.verify.held import Held, hold, rest_of
from headgate.verify.market import Costs, Prices, is_counted, plus, read_prices
from headgate.verify.policy import read_policy
from headgate.verify.prices import code_prices
from headgate.verify.quotas import Left, Quotas, read_quotas
from headgate.verify.rules import Findings
from headgate.verify.structure import Structure, read_structure
from headgate.verify.supply import Supply, read_supply
from headgate.verify.tolls import INF, Tolls
from headgate.verify.walk import Trees
from headgate.verify.worth import Worth, fits, read_worth, sendable

Longs = NDArray[np.int64]

AT_ONCE = 2_000_000
"""Cells of (lines, arrival weeks) that are looked at together; more would only take memory."""


def bound_of(tables: Tables, policy: Mapping[str, object], prices: pl.DataFrame) -> int:
    """
    The certified bound, in cents, of a checked book under a policy at any prices.

    policy : every setting, as `summary.json` states it
    prices : the columns of the plan's table `prices`, cents of 0 to 10^15 in any order of rows
    raises ValueError : the policy is not whole, or the book's weighted amounts are too large
    """
    findings = Findings()
    known = read_policy(policy, findings)
    if known is None:
        raise ValueError("; ".join(f"{i.column} {i.expected}" for i in findings.issues()))
    book = read_book(tables, known)
    if not fits(book):
        raise ValueError("weighted amounts are too large for 64-bit whole numbers")
    supply, structure = read_supply(tables, book), read_structure(tables, book)
    quotas, worth = read_quotas(tables, book, supply), read_worth(book)
    held = hold(book, supply, Trees(book, structure), quotas)
    stated = read_prices(code_prices(prices, book, quotas), book, supply, quotas)
    rest, left = rest_of(book, supply, held)
    return worth_of_held(held, structure, worth) + certified_bound(
        rest, left, structure, quotas, held.left, stated, worth)


def certified_bound(book: Book, supply: Supply, structure: Structure, quotas: Quotas, left: Left,
                    prices: Prices, worth: Worth) -> int:
    """
    Everything there is at its price, plus what the lines gain at these prices, in cents.

    book, supply, left : what is open and there beside what is held
    """
    lines, tolls = book.lines, Tolls(quotas, left, prices.permit)
    costs = Costs(book, supply, structure, prices, tolls)
    rows = np.flatnonzero((lines.open > 0) & (lines.ship_set < 0))
    best = best_worth(rows, worth, costs, supply, quotas.kind)
    wanted = np.flatnonzero(lines.open > 0)
    return (_all_pieces(supply, prices) + _all_hours(book, prices) + tolls.worth()
            + exact_sum(lines.open[rows], np.maximum(0, best))
            + _of_sets(book, worth, costs, supply, quotas.kind)
            - exact_sum(lines.open[wanted], worth.lost[wanted]))


def worth_of_held(held: Held, structure: Structure, worth: Worth) -> int:
    """What the held shipments bring, the extra cost of their substitutes taken off."""
    book, sent = worth.book, held.shipments()
    line, item, site, ship, pieces = (sent[name].to_numpy() for name in sent.columns)
    region = book.lines.region[line]
    arrive = ship + book.weeks[site, region]
    brings = (worth.gain(line, item) - book.freight[site, region] + worth.bonus_of(
        line, ship, arrive) - worth.late[line] * np.maximum(0, arrive - book.lines.requested[line]))
    stood = held.draws().filter(pl.col("stood") >= 0).join(
        structure.substitutes, left_on=["stood", "item"], right_on=["item", "substitute"]).filter(
        pl.col("drawn").is_between(pl.col("hold_from"), pl.col("hold_to")))
    return exact_sum(pieces, brings) - exact_sum(stood["held"].to_numpy(),
                                                 stood["cents"].to_numpy())


def _of_sets(book: Book, worth: Worth, costs: Costs, supply: Supply, claim: Longs) -> int:
    """What ship sets gain: of each the best bucket in which all its lines can arrive, or 0."""
    lines, total = book.lines, 0
    rows = np.flatnonzero((lines.open > 0) & (lines.ship_set >= 0))
    if len(rows) == 0:
        return 0
    by_bucket = worth_by_bucket(rows, worth, costs, supply, claim)
    for ship_set in np.unique(lines.ship_set[rows]).tolist():
        mine = lines.ship_set[rows] == ship_set
        there = (by_bucket[mine] > -INF // 2).all(axis=0)
        pieces = lines.open[rows[mine]].tolist()
        sums = [sum(count * cents for count, cents in zip(pieces, column, strict=True))
                for column in by_bucket[mine][:, there].T.tolist()]
        total += max(0, *sums) if sums else 0
    return total


def _all_pieces(supply: Supply, prices: Prices) -> int:
    """Every usable piece at the price of its pool in the week in which it comes."""
    return exact_sum(supply.quantity, prices.piece[supply.pool, supply.start])


def _all_hours(book: Book, prices: Prices) -> int:
    """The hours of every resource, site and week at their price, each rounded up."""
    at = is_counted(book.hours) & (prices.hour > 0)
    return sum(-(-micro * price // MICRO) for micro, price in zip(
        book.hours[at].tolist(), prices.hour[at].tolist(), strict=True))


def worth_by_bucket(rows: Longs, worth: Worth, costs: Costs, supply: Supply,
                    claim: Longs) -> Longs:
    """(lines, arrival buckets) what `best_worth` finds of each bucket by itself."""
    weeks = worth.book.calendar.horizon + max(0, int(worth.book.weeks.max(initial=0)))
    return np.stack([best_worth(rows, worth, costs, supply, claim, only=bucket)
                     for bucket in range(weeks)], axis=1)


def best_worth(rows: Longs, worth: Worth, costs: Costs | None, supply: Supply, claim: Longs,
               only: int | None = None) -> Longs:
    """
    The most that a piece of each line brings over all its options, far below 0 without any.

    rows  : the lines; claim : (all lines,) number in `Quotas.kind`
    costs : what pieces and hours cost; None when they are free
    only  : the one arrival bucket that is looked at; None all
    """
    book = worth.book
    line, item = sendable(book, rows)
    allowed = ~book.banned[book.lines.banned[line], item]
    line, item = line[allowed], item[allowed]
    best = np.full(len(book.lines), -2 * INF, dtype=np.int64)
    if len(line) == 0 or book.weeks.size == 0:
        return best[rows]
    groups, group = _groups(line, item, book, supply, claim)
    order = np.argsort(group, kind="stable")
    line, item, group = line[order], item[order], group[order]
    options = _Options(book, worth, costs, groups, only)
    step = max(1, AT_ONCE // options.arrivals)
    for first in range(0, len(line), step):
        part = slice(first, first + step)
        found = options.best(line[part], item[part], group[part])
        np.maximum.at(best, line[part], found)
    return best[rows]


def _groups(line: Longs, item: Longs, book: Book, supply: Supply,
            claim: Longs) -> tuple[Longs, Longs]:
    """
    The distinct questions for a least cost, and the one of each (line, item).

    returns : (groups, 6) item, region, the only site, row of banned, customer who reserves, claim;
              and (line, item) -> group
    """
    lines = book.lines
    reserves = np.zeros(len(book.ids.customers) + 1, dtype=np.bool_)
    reserves[supply.pool_customer] = True
    customer = np.where(reserves[lines.customer[line]], lines.customer[line], -1)
    columns = (item, lines.region[line], lines.site[line] + 1, lines.banned[line], customer + 1,
               claim[line])
    key = np.zeros(len(line), dtype=np.int64)
    for column in columns:
        # Places of what was seen so far, so that the key never grows beyond 64 bits.
        _, key = np.unique(key, return_inverse=True)
        key = key * (int(column.max()) + 1) + column
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    rows = np.stack([item, lines.region[line], lines.site[line], lines.banned[line], customer,
                     claim[line]], axis=1)
    return rows[first], group


@dataclass(slots=True)
class _Options:
    """The options of lines, by group and arrival bucket."""

    book: Book
    worth: Worth
    costs: Costs | None
    groups: Longs
    only: int | None

    @property
    def arrivals(self) -> int:
        """Number of buckets in which something may arrive."""
        return self.book.calendar.horizon + max(0, int(self.book.weeks.max()))

    def best(self, line: Longs, item: Longs, group: Longs) -> Longs:
        """The most that each (line, item) brings; the groups rise."""
        low = int(group[0])
        gain = self.worth.gain(line, item) + self.worth.lost[line]
        least = np.full(len(line), 2 * INF, dtype=np.int64)
        apart = self.worth.by_ship[line] & bool(len(self.worth.bonus))
        for rows, by_transit in ((np.flatnonzero(~apart), False), (np.flatnonzero(apart), True)):
            if len(rows):
                for transit, table in self._tables(low, int(group[-1]) + 1, by_transit):
                    cost = self._least(line[rows], table[group[rows] - low], transit)
                    least[rows] = np.minimum(least[rows], cost)
        return gain - least

    def _tables(self, low: int, end: int, by_transit: bool) -> list[tuple[int, Longs]]:
        """
        The least that freight and a piece cost in each group, by arrival bucket.

        by_transit : a table for each number of transit weeks, so that the ship week is known;
                     else one for all, of transit 0
        """
        tables: dict[int, Longs] = {}
        horizon = self.book.calendar.horizon
        for place, (item, region, pin, kind, customer, claim) in enumerate(
                self.groups[low:end].tolist()):
            cost = None if self.costs is None else self.costs.of(item, kind, customer, claim)
            for site in np.flatnonzero(self.book.weeks[:, region] >= 0).tolist():
                if pin not in (-1, site):
                    continue
                weeks = int(self.book.weeks[site, region])
                kept = weeks if by_transit else 0
                if kept not in tables:
                    tables[kept] = np.full((end - low, self.arrivals), INF, dtype=np.int64)
                here = tables[kept][place, weeks: weeks + horizon]
                freight = self.book.freight[site, region]
                np.minimum(here, freight if cost is None else plus(cost[site], freight), out=here)
        return list(tables.items())

    def _least(self, line: Longs, cost: Longs, transit: int) -> Longs:
        """
        The least that each line's piece costs, lateness and bonuses included.

        cost : (lines, arrivals), a copy that is changed in place
        """
        lines, worth = self.book.lines, self.worth
        week = np.arange(cost.shape[1])
        cost += worth.late[line, None] * np.maximum(0, week - lines.requested[line, None])
        for cents, until in zip(worth.bonus, worth.bonus_until, strict=True):
            # Where revenue counts from shipping, the ship bucket must be in time.
            last = until[line] + np.where(worth.by_ship[line], transit, 0)
            cost -= np.where(week <= last[:, None], cents[line, None], 0)
        outside = (week < lines.earliest[line, None]) | (week > lines.latest[line, None])
        if self.only is not None:
            outside |= week != self.only
        cost[outside] = 2 * INF
        least: Longs = cost.min(axis=1)
        return least
