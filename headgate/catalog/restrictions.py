"""Which items must not be sent to, or drawn for, which lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.catalog.indexes import IdMap


@dataclass(frozen=True, slots=True)
class Bans:
    """
    Restrictions by class of line.

    line_class : (order rows,) row of `banned`, in file order of the orders
    banned     : (classes, items) 1 where the item must not be sent or drawn; row 0 bans nothing
    """

    line_class: NDArray[np.int32]
    banned: NDArray[np.int8]


def bans_of(restrictions: pl.DataFrame, orders: pl.DataFrame, catalog: pl.DataFrame,
            items: IdMap) -> Bans:
    """
    The classes of lines that share the same restrictions.

    Restrictions of one scope (segment, region, customer) count once, however many items they name.
    """
    if restrictions.height == 0:
        return Bans(np.zeros(orders.height, dtype=np.int32),
                    np.zeros((1, len(items)), dtype=np.int8))
    # Distinct (segment, region, customer) are few: the scopes are tried on them, not on the lines.
    scope_columns = ("segment", "region", "customer_id")
    keyed = orders.lazy().select(scope_columns).with_row_index("row")
    groups = (keyed.group_by(scope_columns).agg(pl.col("row")).collect()
              .sort(scope_columns, nulls_last=False))
    line_class = np.zeros(groups.height, dtype=np.int64)
    rows = [np.zeros(len(items), dtype=np.int8)]
    scopes: dict[tuple[str | None, ...], NDArray[np.int8]] = {}
    for row in restrictions.iter_rows(named=True):
        scope: tuple[str | None, ...] = (row["segment"], row["region"], row["customer_id"])
        _forbid(scopes.setdefault(scope, np.zeros(len(items), dtype=np.int8)), row, catalog, items)
    for parts, mask in sorted(scopes.items(), key=lambda pair: tuple(x or "" for x in pair[0])):
        hit = np.ones(groups.height, dtype=bool)
        for column, value in zip(scope_columns, parts, strict=True):
            if value is not None:
                hit &= (groups[column] == value).fill_null(False).to_numpy()
        for old in np.unique(line_class[hit]):
            line_class[hit & (line_class == old)] = len(rows)
            rows.append(rows[old] | mask)
    spread = np.zeros(orders.height, dtype=np.int32)
    members = groups["row"]
    spread[members.explode(empty_as_null=False).to_numpy() if groups.height else []] = np.repeat(
        line_class, members.list.len().to_numpy())
    return Bans(spread, np.array(rows, dtype=np.int8))


def banned_for(restrictions: pl.DataFrame, catalog: pl.DataFrame, items: IdMap,
               segment: str | None, region: str, customer_id: str | None) -> NDArray[np.int8]:
    """
    (items,) 1 for what must not be sent to, or drawn for, somebody who is no line of the book.

    A restriction of a segment or customer does not hold for somebody of whom it is not known.
    """
    mask = np.zeros(len(items), dtype=np.int8)
    known = {"segment": segment, "region": region, "customer_id": customer_id}
    for row in restrictions.iter_rows(named=True):
        if all(row[column] in (None, known[column]) for column in known):
            _forbid(mask, row, catalog, items)
    return mask


def _forbid(mask: NDArray[np.int8], row: dict[str, Any], catalog: pl.DataFrame,
            items: IdMap) -> None:
    """Mark what a restriction names, an item or all of a family."""
    if row["item_id"] is not None:
        mask[items.index(row["item_id"])] = 1
    else:
        named = catalog.filter(pl.col("family") == row["family"])["item_id"]
        mask[items.indexes(named)] = 1
