"""An older plan's tables without the allocations that are fixed in a book."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from headgate.book import Book
from headgate.planner.allocate import Allocation, by_line
from headgate.planner.fixed import Fixed
from headgate.planner.pegging import drawn_rows
from headgate.planner.placing import merged
from headgate.planner.promise import line_ids, mondays
from headgate.planner.restart import Start
from headgate.planner.world import Pools

ALLOCATED = ["order_id", "line_no", "item_id", "site_id", "ship_on"]
PEGGED = ["order_id", "line_no", "item_id", "site_id", "drawn_on", "stood_in_for", "lead_days"]


def without_fixed(book: Book, pools: Pools, start: Start, fixed: Fixed) -> Start:
    """
    The older plan as it stands beside the fixed allocations: they are taken off its allocations
    and draws, as far as these are the same; what is not the same is left to be retraced or cut.

    pools : those of the whole book, which `fixed` was placed in
    """
    if not len(fixed.log.rows):
        return start
    own = by_line(merged(fixed.log), pools, fixed.broken)
    rest = _less(start.allocations, _allocated(book, own), ALLOCATED)
    return replace(start, allocations=rest.filter(pl.col("quantity") > 0),
                   pegging=_less(start.pegging, _pegged(book, own), PEGGED))


def _allocated(book: Book, own: Allocation) -> pl.DataFrame:
    """The fixed allocations in the columns of `allocations`."""
    order_id, line_no = line_ids(book, own.line)
    return pl.DataFrame({
        "order_id": order_id, "line_no": line_no, "item_id": book.items.names(own.item),
        "site_id": book.sites.names(book.lanes.site[own.lane]),
        "ship_on": mondays(book, own.ship), "quantity": own.quantity})


def _pegged(book: Book, own: Allocation) -> pl.DataFrame:
    """Their draws in the columns of `pegging`."""
    drawn = drawn_rows(book, own)
    order_id, line_no = line_ids(book, drawn["line"].to_numpy().astype(np.int64))
    return pl.DataFrame({
        "order_id": order_id, "line_no": line_no,
        "item_id": book.items.names(drawn["item"].to_numpy()),
        "site_id": book.sites.names(drawn["site"].to_numpy()),
        "drawn_on": mondays(book, drawn["week"].to_numpy()),
        "stood_in_for": book.items.names(drawn["stood"].to_numpy()),
        "lead_days": drawn["days"], "quantity": drawn["pieces"]})


def _less(table: pl.DataFrame, taken: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """A table with the quantities of another taken off, alike rows summed; none is below 0."""
    types = {name: table.schema[name] for name in (*keys, "quantity")}
    both = pl.concat([table.select(list(types)), taken.select(
        pl.col(name).cast(kind) for name, kind in types.items()).with_columns(
            -pl.col("quantity"))])
    return both.group_by(keys, maintain_order=True).agg(
        pl.col("quantity").sum().clip(lower_bound=0))
