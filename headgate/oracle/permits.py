"""Rows and columns of quotas in the program of a book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headgate.oracle.facts import Facts, Pool
from headgate.oracle.needs import Need
from headgate.oracle.options import Options

if TYPE_CHECKING:
    from headgate.oracle.matrix import Builder

Longs = NDArray[np.int64]


def add_quotas(builder: Builder, facts: Facts, options: Options, columns: Longs,
               lot: NDArray[np.float64]) -> None:
    """
    Caps count what is sent, and what is drawn below it, in shipments of their weeks. Of the pieces
    of a reservation's items, those drawn up to any week and not taken from a reservation of the
    line's own are at most what is left to everybody by then.
    """
    _add_caps(builder, facts, options, columns, lot)
    for items, common in facts.quotas.common.items():
        drawn = [(column, need, pool, bucket) for column, need, pool, bucket in builder.draws
                 if pool[0] in items]
        _add_group(builder, facts, items, common, drawn)


def _add_caps(builder: Builder, facts: Facts, options: Options, columns: Longs,
              lot: NDArray[np.float64]) -> None:
    rows = {name: int(builder.add_rows(np.full(1, -np.inf), np.full(1, float(quota.cap)))[0])
            for name, quota in facts.quotas.rows.items() if quota.cap is not None}
    entries: list[tuple[int, int, float]] = []
    sent = zip(columns.tolist(), options.line.tolist(), options.item.tolist(),
               options.ship.tolist(), lot.tolist(), strict=True)
    for column, place, number, ship, pieces in sent:
        line = facts.lines[place]
        item = list(line.gain)[number]
        entries += [(column, rows[name], pieces)
                    for name in facts.quotas.caps(line.claim, item, ship)]
    for column, need, pool, _ in builder.draws:
        if not need.sold and need.scope.ship >= 0:
            entries += [(column, rows[name], 1.0) for name in facts.quotas.caps(
                need.scope.claim, pool[0], need.scope.ship)]
    builder.fill_listed(entries)


def _add_group(builder: Builder, facts: Facts, items: frozenset[str], common: Longs,
               drawn: list[tuple[int, Need, Pool, int]]) -> None:
    """The reservations of the same items."""
    own: dict[tuple[str, int], list[int]] = {}
    for column, need, pool, bucket in drawn:
        quota = facts.quotas.own(need.scope.claim, pool[0])
        if quota is not None and quota.items == items and quota.first <= bucket <= quota.until:
            own.setdefault((quota.name, bucket), []).append(column)
    kept = builder.add_columns(np.zeros(len(own)), np.full(len(own), np.inf), False).tolist()
    entries: list[tuple[int, int, float]] = []
    for name in {name for name, _ in own}:
        most = facts.quotas.rows[name].kept
        row = int(builder.add_rows(np.full(1, -np.inf), np.full(1, float(most or 0)))[0])
        entries += [(column, row, 1.0) for (other, _), column in zip(own, kept, strict=True)
                    if other == name]
    for (_, columns), column in zip(own.items(), kept, strict=True):
        row = int(builder.add_rows(np.full(1, -np.inf), np.zeros(1))[0])
        entries += [(column, row, 1.0), *((draw, row, -1.0) for draw in columns)]
    for week, pieces in enumerate(common.tolist()):
        row = int(builder.add_rows(np.full(1, -np.inf), np.full(1, float(pieces)))[0])
        entries += [(column, row, 1.0) for column, _, _, bucket in drawn if bucket <= week]
        entries += [(column, row, -1.0) for (_, bucket), column in zip(own, kept, strict=True)
                    if bucket <= week]
    builder.fill_listed(entries)
