"""Quotas and what they allow, as the exact referee reads them from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of, first_bucket_from
from headgate.tables.frames import Tables

Longs = NDArray[np.int64]
Scope = tuple[str, str, str]
"""Segment, region and customer of an order line."""


@dataclass(frozen=True, slots=True)
class Quota:
    """
    One row: items, scope (None any), buckets of its period that are planned, the last bucket in
    which it keeps pieces, and the pieces that it allows and keeps, None without.
    """

    name: str
    items: frozenset[str]
    by_item: bool
    scope: tuple[str | None, ...]
    first: int
    last: int
    until: int
    cap: int | None
    kept: int | None

    def matches(self, scope: Scope) -> bool:
        """Whether it holds for a line of a scope."""
        return all(own in (None, other) for own, other in zip(self.scope, scope, strict=True))


@dataclass(frozen=True, slots=True)
class Quotas:
    """
    All quotas with a planned week, by their ids.

    common : of each set of reserved items, what all reservations of them leave by week
    """

    rows: Mapping[str, Quota]
    common: Mapping[frozenset[str], Longs]

    def claim(self, scope: Scope) -> frozenset[str]:
        """The quotas that hold for lines of a scope."""
        return frozenset(name for name, quota in self.rows.items() if quota.matches(scope))

    def caps(self, claim: frozenset[str], item: str, ship: int) -> list[str]:
        """The caps that count a piece of an item in a shipment of a bucket."""
        return [name for name in sorted(claim) if self.rows[name].cap is not None
                and item in self.rows[name].items
                and self.rows[name].first <= ship <= self.rows[name].last]

    def own(self, claim: frozenset[str], item: str) -> Quota | None:
        """The most specific reservation of an item: most of the scope, an item, the id."""
        mine = [self.rows[name] for name in claim
                if self.rows[name].kept is not None and item in self.rows[name].items]
        return min(mine, key=lambda quota: (
            -sum(part is not None for part in quota.scope), not quota.by_item, quota.name),
            default=None)


def read_quotas(tables: Tables, pools: Mapping[Any, Longs], release_weeks: int) -> Quotas:
    """
    The quotas of a checked book.

    pools : (item, site, owner) -> pieces that start in each bucket
    """
    as_of, horizon = tables.settings.as_of, tables.settings.horizon_weeks
    family = tables.frames["items"].select("item_id", "family")
    rows: dict[str, Quota] = {}
    for row in tables.frames["quotas"].sort("quota_id").iter_rows(named=True):
        first, end = first_bucket_from(row["from_on"], as_of), bucket_of(row["to_on"], as_of)
        if max(0, first) > min(end, horizon - 1):
            continue
        named = [row["item_id"]] if row["item_id"] is not None else family.filter(
            pl.col("family") == row["family"])["item_id"].to_list()
        rows[row["quota_id"]] = Quota(
            row["quota_id"], frozenset(named), row["item_id"] is not None,
            (row["segment"], row["region"], row["customer_id"]), first, end, end - release_weeks,
            row["max_quantity"], row["reserved_quantity"])
    common: dict[frozenset[str], Longs] = {}
    weeks = np.arange(horizon)
    for items in {quota.items for quota in rows.values() if quota.kept is not None}:
        there = np.zeros(horizon, dtype=np.int64)
        for (item, _, _), pieces in pools.items():
            if item in items:
                there += np.cumsum(pieces)
        for quota in rows.values():
            if quota.kept is not None and quota.items == items:
                there -= np.where((weeks >= quota.first) & (weeks <= quota.until), quota.kept, 0)
        common[items] = np.maximum(0, there)
    return Quotas(rows, common)
