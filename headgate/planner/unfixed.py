"""An older plan without the allocations that are fixed in a book."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import polars as pl

from headgate.book import Book
from headgate.planner.allocate import by_line
from headgate.planner.fixed import Fixed
from headgate.planner.kernels.rank import Log
from headgate.planner.kernels.retrace import Drawn
from headgate.planner.older import Allocated, Older
from headgate.planner.pegging import drawn_rows
from headgate.planner.placing import merged
from headgate.planner.world import Pools

Rows = TypeVar("Rows", Allocated, Drawn)


def without_fixed(book: Book, pools: Pools, older: Older, fixed: Fixed) -> Older:
    """
    The older plan as it stands beside the fixed allocations: they are taken off its allocations
    and draws, as far as these are the same; what is not the same is left to be retraced or cut.

    pools : those of the whole book, which `fixed` was placed in
    """
    if not len(fixed.log.rows):
        return older
    own = by_line(merged(fixed.log), pools, fixed.broken)
    drawn = drawn_rows(book, own)
    line, item, site, week, stood, days, pieces = (
        column.cast(pl.Int64).to_numpy() for column in drawn.get_columns())
    return replace(
        older, allocated=_less(older.allocated, Allocated(
            own.line, own.item, book.lanes.site[own.lane].astype(np.int64), own.ship,
            own.quantity)),
        drawn=_less(older.drawn, Drawn(line, item, site, np.where(stood < 0, item, stood), week,
                                       days, pieces)))


def had_by(book: Book, pools: Pools, older: Older, log: Log) -> bool:
    """
    Whether the older plan had all allocations of a log, with the same draws; of items that it left
    out of its pegging the draws count for nothing.
    """
    own = by_line(merged(log), pools, np.zeros(len(book.lines), dtype=np.int64))
    line, item, site, week, stood, days, pieces = (
        column.cast(pl.Int64).to_numpy() for column in drawn_rows(book, own).get_columns())
    told = np.flatnonzero(older.published[item] == 1)
    drawn = Drawn(line, item, site, np.where(stood < 0, item, stood), week, days, pieces)
    allocated = Allocated(own.line, own.item, book.lanes.site[own.lane].astype(np.int64), own.ship,
                          own.quantity)
    return not len(_less(allocated, older.allocated).pieces) and not len(
        _less(Drawn(*(part[told] for part in drawn)), older.drawn).pieces)


def _less(rows: Rows, taken: Rows) -> Rows:
    """Rows with the pieces of others taken off, alike ones summed; none is left below 1."""
    both = pl.concat([pl.DataFrame(rows._asdict()), pl.DataFrame(taken._asdict()).with_columns(
        -pl.col("pieces"))])
    left = both.group_by(rows._fields[:-1], maintain_order=True).agg(pl.col("pieces").sum())
    left = left.filter(pl.col("pieces") > 0)
    return type(rows)(*(left[name].to_numpy() for name in rows._fields))
