"""
The certified bound of a book at given prices, computed plainly.

Plain whole numbers and one recursion over dictionaries, an option after the other; nothing is
shared with the planner or the checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from math import ceil, floor, inf
from typing import Any

import polars as pl

from headgate.tables.frames import Tables

from .slow_book import ANYBODY, MILLION, Lane, Line, Quota, SlowBook, weeks_of
from .slow_figures import extra_cents
from .slow_limits import cap_used, common_left, groups, own_reservation
from .slow_planner import SlowPlan, hold
from .slow_world import World
from .slow_worth import SlowWorth

Cost = int | float
"""Cents, or infinity for what cannot be had."""


def slow_bound(tables: Tables, policy: Mapping[str, Any], prices: pl.DataFrame) -> int:
    """The bound in cents; prices of a pool fall along the weeks."""
    settings = replace(tables.settings, policy=policy)
    return _Bound(replace(tables, settings=settings), prices).total()


class _Bound:
    """The pieces and hours at their prices, and what each line makes of them."""

    def __init__(self, tables: Tables, prices: pl.DataFrame) -> None:
        self.book = SlowBook(tables)
        self.rows = prices.to_dicts()
        self.worth = SlowWorth(self.book)
        self.fixed, self.left = hold(self.book, World(self.book, quotas=True))
        self.known: dict[object, Cost] = {}

    def total(self) -> int:
        """Everything that is there, and the surplus of the lines, less what they lose anyhow."""
        book = self.book
        total = self.held() + self.permits()
        for item, site, pool in book.supply:
            there = [self.left.drawable(item, site, pool, bucket)
                     for bucket in range(book.horizon)]
            total += sum((now - before) * self.piece(item, site, pool, bucket) for bucket, (
                before, now) in enumerate(zip([0, *there], there, strict=False)))
        for (resource, site, bucket), micro in book.hours.items():
            if micro is not None and 0 <= bucket < book.horizon:
                micro = self.left.free_micro(resource, site, bucket)
                total += ceil(Decimal(micro * self.hour(resource, site, bucket)) / MILLION)
        for line in book.lines:
            total -= self.open(line) * self.worth.lost(line)
            if line.ship_set is None:
                total += self.open(line) * max(0, self.surplus(line))
            elif self.open(line) and line is book.mates(line)[0]:
                total += max(0, self.surplus_of_set(book.mates(line)))
        return total

    # What is held, and what it leaves.

    def open(self, line: Line) -> int:
        """Pieces that are not held."""
        return line.pieces - sum(row.pieces for row in self.fixed[line.rank])

    def held(self) -> int:
        """What the held shipments bring."""
        lanes = {(lane.site, lane.region): lane for lane in self.book.lanes}
        plan = SlowPlan(self.book, self.fixed, self.left, self.fixed, self.left, [])
        return sum(row.pieces * self.worth.delivered(
            row.line, row.item, lanes[row.site, row.line.region], row.ship)
            for rows in self.fixed for row in rows) - extra_cents(plan)

    # What quotas still allow, and cost.

    def permit(self, name: str, bucket: int) -> int:
        """The price of a permit, that of the first row which is not before the week."""
        rows = [(row["week"], row["price_cents"]) for row in self.rows
                if (row["kind"], row["id"]) == ("quota", name)
                and row["week"] >= self.book.monday_of(bucket)]
        return min(rows)[1] if rows else 0

    def permits(self) -> int:
        """All permits at their prices."""
        book, total = self.book, 0
        for quota in book.quotas:
            if quota.cap is not None:
                total += self.cap_left(quota) * self.permit(quota.quota_id, 0)
            if quota.kept is not None and any(map(quota.is_active, range(book.horizon))):
                total += self.own_left(quota) * self.permit(f"reserved:{quota.quota_id}",
                                                            max(0, quota.first))
        for items in groups(book):
            left = [common_left(self.left.counted(), items, bucket)
                    for bucket in range(book.horizon)]
            total += sum((now - before) * self.permit(self.common(items), bucket) for bucket, (
                before, now) in enumerate(zip([0, *left], left, strict=False)))
        return total

    def common(self, items: frozenset[str]) -> str:
        """What the permits that reservations of some items leave are called."""
        return "common:" + "+".join(quota.quota_id for quota in groups(self.book)[items])

    def cap_left(self, quota: Quota) -> int:
        """Pieces that a cap still allows."""
        return (quota.cap or 0) - cap_used(self.left.counted(), quota)

    def own_left(self, quota: Quota) -> int:
        """Pieces that a reservation still keeps."""
        return (quota.kept or 0) - sum(pieces for draw in self.left.all_draws()
                                       for name, pieces in draw.own if name == quota.quota_id)

    def capped(self, line: Line, item: str, ship: int) -> Cost:
        """What caps cost a piece that is sent, or drawn for it."""
        total: Cost = 0
        for quota in self.book.quotas:
            if (quota.cap is not None and quota.matches(line) and item in quota.items
                    and quota.first <= ship <= quota.last):
                total += self.permit(quota.quota_id, ship) if self.cap_left(quota) else inf
        return total

    def reserved(self, line: Line, item: str, bucket: int) -> Cost:
        """What reservations cost a piece that is drawn."""
        total: Cost = 0
        for items, members in groups(self.book).items():
            if item in items:
                ways: list[Cost] = [inf]
                if common_left(self.left.counted(), items, bucket):
                    ways.append(self.permit(self.common(items), bucket))
                own = own_reservation(self.book, line, item)
                if own in members and own is not None and own.is_active(bucket) and (
                        self.own_left(own)):
                    ways.append(self.permit(f"reserved:{own.quota_id}", bucket))
                total += min(ways)
        return total

    # Prices.

    def piece(self, item: str, site: str, pool: str, bucket: int) -> int:
        """The price of the pool's first row that is not before the week."""
        rows = [(row["week"], row["price_cents"]) for row in self.rows
                if (row["kind"], row["id"], row["site_id"], row["reserved_for"] or ANYBODY)
                == ("part", item, site, pool) and row["week"] >= self.book.monday_of(bucket)]
        return min(rows)[1] if rows else 0

    def hour(self, resource: str, site: str, bucket: int) -> int:
        """The price of an hour in a week."""
        return sum(row["price_cents"] for row in self.rows
                   if (row["kind"], row["id"], row["site_id"], row["week"])
                   == ("resource", resource, site, self.book.monday_of(bucket)))

    # What a piece costs.

    def drawn(self, line: Line, item: str, site: str, bucket: int, ship: int,
              sold: bool) -> Cost:
        """The cheapest piece of an item that the line may draw in a week, with its permits."""
        if bucket < 0 or self.book.restricted(line, item):
            return inf
        found: list[Cost] = [inf]
        for pool in (ANYBODY, line.customer):
            if self.left.drawable(item, site, pool, bucket):
                found.append(self.piece(item, site, pool, bucket))
        if not self.book.quotas:
            return min(found)
        return min(found) + self.reserved(line, item, bucket) + (
            0 if sold else self.capped(line, item, ship))

    def cost(self, line: Line, item: str, days: int, site: str, ship: int, sold: bool) -> Cost:
        """The least that a need costs: drawn, made or replaced."""
        kind = (line.segment, line.region, line.customer)
        key = (kind, item, days, site, ship, sold)
        if key not in self.known:
            bucket = ship - weeks_of(days)
            found = self.drawn(line, item, site, bucket, ship, sold)
            if item in self.book.bom:
                found = min(found, self.made(line, item, days, site, ship))
            elif not sold and bucket >= 0:
                for sub in self.book.choices(item, bucket):
                    found = min(found, self.drawn(line, sub.item, site, bucket, ship, False)
                                + sub.extra_cents)
            self.known[key] = found
        return self.known[key]

    def made(self, line: Line, item: str, days: int, site: str, ship: int) -> Cost:
        """Components and hours of one piece."""
        book = self.book
        below = days + book.lead_days(item)
        bucket = ship - weeks_of(below)
        rows = book.holding(item, bucket) if bucket >= 0 else []
        if not rows:
            return inf
        total: Cost = sum(row.quantity * self.cost(line, row.component, below, site, ship, False)
                          for row in rows)
        later = book.lead_days(item)
        for step in book.steps.get(item, []):
            later -= step.lead_days
            week = ship - weeks_of(days + later)
            there = book.hours.get((step.resource, site, week), 0) if week >= 0 else 0
            if there:
                there = self.left.free_micro(step.resource, site, week)
            if step.micro and there == 0:
                return inf
            if there is not None:
                price = self.hour(step.resource, site, week)
                total += floor(Decimal(step.micro * price) / MILLION)
        return total

    # What a line makes of it.

    def surplus_of_set(self, lines: list[Line]) -> Cost:
        """The most that all open pieces of a set bring in one week."""
        last = self.book.horizon + max(weeks_of(lane.transit_days) for lane in self.book.lanes)
        return max(sum(line.pieces * self.surplus(line, week) for line in lines)
                   for week in range(last))

    def surplus(self, line: Line, only: int | None = None) -> Cost:
        """The best worth over all options, or of one arrival week, delivered rather than lost."""
        best: Cost = -inf
        for item in dict.fromkeys((line.item, *line.accepts)):
            if self.book.restricted(line, item):
                continue
            for lane in self.book.lanes_of(line):
                for ship in range(self.book.horizon):
                    if only not in (None, ship + weeks_of(lane.transit_days)):
                        continue
                    best = max(best, self.worth.lost(line) + self.option(line, item, lane, ship))
        return best

    def option(self, line: Line, item: str, lane: Lane, ship: int) -> Cost:
        """What a piece brings by an option; minus infinity where it is none."""
        arrive = ship + weeks_of(lane.transit_days)
        if arrive < max(0, line.earliest) or (line.latest is not None and arrive > line.latest):
            return -inf
        return (self.worth.delivered(line, item, lane, ship)
                - self.cost(line, item, 0, lane.site, ship, True)
                - self.capped(line, item, ship))
