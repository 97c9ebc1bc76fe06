"""What is held before all others, given as rows: the referee plans what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from headgate.oracle.quotas import Quotas

Longs = NDArray[np.int64]
Pool = tuple[str, str, str]
Week = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Held:
    """
    Pins and frozen promises as they are placed.

    placed : pieces of each (order_id, line_no)
    draws  : pieces of each (pool, draw bucket); hours : millionths of each (resource, site, bucket)
    caps, own : pieces that count on each quota's cap, on its reservation
    common : of each set of reserved items, pieces that count on no reservation by draw bucket
    value_cents : what all of it brings, weighted
    """

    placed: Mapping[tuple[str, int], int] = field(default_factory=dict)
    draws: Mapping[tuple[Pool, int], int] = field(default_factory=dict)
    hours: Mapping[Week, int] = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)
    own: Mapping[str, int] = field(default_factory=dict)
    common: Mapping[tuple[frozenset[str], int], int] = field(default_factory=dict)
    value_cents: int = 0

    def pools(self, pools: Mapping[Pool, Longs]) -> dict[Pool, Longs]:
        """Pieces that start in each bucket without what is held; what it needs later stays."""
        left = {pool: np.cumsum(pieces) for pool, pieces in pools.items()}
        for (pool, bucket), pieces in self.draws.items():
            left[pool][bucket:] -= pieces
        found = {pool: np.diff(np.minimum.accumulate(rest[::-1])[::-1], prepend=0)
                 for pool, rest in left.items()}
        return {pool: pieces for pool, pieces in found.items() if pieces.any()}

    def hours_left(self, hours: Mapping[Week, int | None]) -> dict[Week, int | None]:
        """Hours without what is held."""
        return {week: None if micro is None else micro - self.hours.get(week, 0)
                for week, micro in hours.items()}

    def quotas(self, quotas: Quotas) -> Quotas:
        """Quotas without what is held."""
        rows = {name: replace(
            quota, cap=None if quota.cap is None else quota.cap - self.caps.get(name, 0),
            kept=None if quota.kept is None else quota.kept - self.own.get(name, 0))
            for name, quota in quotas.rows.items()}
        common = {items: there.copy() for items, there in quotas.common.items()}
        for (items, bucket), pieces in self.common.items():
            common[items][bucket:] -= pieces
        return Quotas(rows, common)


NOTHING = Held()
