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

from .slow_book import ANYBODY, MILLION, Lane, Line, SlowBook, weeks_of
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
        self.known: dict[object, Cost] = {}

    def total(self) -> int:
        """Everything that is there, and the surplus of the lines, less what they lose anyhow."""
        book = self.book
        total = sum(row.pieces * self.piece(item, site, pool, row.start)
                    for (item, site, pool), rows in book.supply.items() for row in rows)
        for (resource, site, bucket), micro in book.hours.items():
            if micro is not None and 0 <= bucket < book.horizon:
                total += ceil(Decimal(micro * self.hour(resource, site, bucket)) / MILLION)
        for line in book.lines:
            total += line.pieces * (max(0, self.surplus(line)) - self.worth.lost(line))
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

    def drawn(self, line: Line, item: str, site: str, bucket: int) -> Cost:
        """The cheapest piece of an item that the line may draw in a week."""
        if bucket < 0 or self.book.restricted(line, item):
            return inf
        found: list[Cost] = [inf]
        for pool in (ANYBODY, line.customer):
            rows = self.book.supply.get((item, site, pool), [])
            if any(row.start <= bucket for row in rows):
                found.append(self.piece(item, site, pool, bucket))
        return min(found)

    def cost(self, line: Line, item: str, days: int, site: str, ship: int, sold: bool) -> Cost:
        """The least that a need costs: drawn, made or replaced."""
        kind = (line.segment, line.region, line.customer)
        key = (kind, item, days, site, ship, sold)
        if key not in self.known:
            bucket = ship - weeks_of(days)
            found = self.drawn(line, item, site, bucket)
            if item in self.book.bom:
                found = min(found, self.made(line, item, days, site, ship))
            elif not sold and bucket >= 0:
                for sub in self.book.choices(item, bucket):
                    found = min(found, self.drawn(line, sub.item, site, bucket) + sub.extra_cents)
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
            if step.micro and there == 0:
                return inf
            if there is not None:
                price = self.hour(step.resource, site, week)
                total += floor(Decimal(step.micro * price) / MILLION)
        return total

    # What a line makes of it.

    def surplus(self, line: Line) -> Cost:
        """The best worth over all options, delivered rather than lost."""
        best: Cost = -inf
        for item in dict.fromkeys((line.item, *line.accepts)):
            if self.book.restricted(line, item):
                continue
            for lane in self.book.lanes_of(line):
                for ship in range(self.book.horizon):
                    best = max(best, self.worth.lost(line) + self.option(line, item, lane, ship))
        return best

    def option(self, line: Line, item: str, lane: Lane, ship: int) -> Cost:
        """What a piece brings by an option; minus infinity where it is none."""
        arrive = ship + weeks_of(lane.transit_days)
        if arrive < max(0, line.earliest) or (line.latest is not None and arrive > line.latest):
            return -inf
        return (self.worth.delivered(line, item, lane, ship)
                - self.cost(line, item, 0, lane.site, ship, True))
