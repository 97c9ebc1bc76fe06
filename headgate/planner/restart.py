"""Begin a search from an older plan: its prices and its allocations, as far as they still hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.dual import Prices
from headgate.planner.world import Pools

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Start:
    """
    An older plan's tables, of this book or of one that has changed since.

    allocations, prices : as `headgate.tables.plan_schema` declares them
    """

    allocations: pl.DataFrame
    prices: pl.DataFrame


def prices_of_start(book: Book, pools: Pools, start: Start) -> Prices:
    """The older plan's prices on this book's pools and hours; 0 for what it did not know."""
    steps = np.zeros(pools.everything().shape)
    hours = np.zeros(book.hours.micro.shape)
    week = _bucket(book, start.prices["week"])
    inside = (week >= 0) & (week < book.horizon)
    site = book.sites.indexes(start.prices["site_id"])
    kind = (start.prices["kind"] == "part").to_numpy()
    cents = start.prices["price_cents"].to_numpy().astype(np.float64)
    slot = book.reserving.indexes(start.prices["reserved_for"]) + 1
    known = start.prices["reserved_for"].is_null().to_numpy() | (slot > 0)
    place = {(int(i), int(s), int(k)): row for row, (i, s, k) in enumerate(
        zip(pools.item, pools.site, pools.slot, strict=True))}
    item = book.items.indexes(start.prices["id"])
    level = np.zeros_like(steps)
    for row in np.flatnonzero(kind & inside & known).tolist():
        pool = place.get((int(item[row]), int(site[row]), int(slot[row])))
        if pool is not None:
            level[pool, week[row]] = cents[row]
    # A level holds from the end of the row before to its own week: a step is what it falls by.
    level = np.maximum.accumulate(level[:, ::-1], axis=1)[:, ::-1]
    steps[:, :-1] = level[:, :-1] - level[:, 1:]
    steps[:, -1] = level[:, -1]
    resource = book.resources.indexes(start.prices["id"])
    for row in np.flatnonzero(~kind & inside & (site >= 0) & (resource >= 0)).tolist():
        hour_row = book.hours.row[resource[row], site[row]]
        if hour_row >= 0:
            hours[hour_row, week[row]] = cents[row]
    return Prices(steps, hours)


def rows_of_start(book: Book, start: Start) -> Longs:
    """
    The older plan's allocations that this book still allows, in the columns of a log.

    returns : (allocations, 5) line, item, lane, ship bucket, pieces
    """
    orders = book.tables.frames["orders"].select("order_id", "line_no")[
        pl.Series(book.lines.source_row)].with_row_index("line")
    table = start.allocations.join(orders, on=["order_id", "line_no"], how="inner",
                                   maintain_order="left")
    line = table["line"].to_numpy().astype(np.int64)
    item = book.items.indexes(table["item_id"]).astype(np.int64)
    site = book.sites.indexes(table["site_id"]).astype(np.int64)
    ship = _bucket(book, table["ship_on"])
    lines, lanes = book.lines, book.lanes
    lane_of = np.full((len(book.regions), len(book.sites)), -1, dtype=np.int64)
    region = np.repeat(np.arange(len(book.regions)), np.diff(lanes.ptr))
    lane_of[region, lanes.site] = np.arange(len(lanes.site))
    lane = np.where(site >= 0, lane_of[lines.region[line], site], -1)
    arrival = ship + lanes.weeks[lane]
    accepted = np.array([i in lines.accept[lines.accept_ptr[k]:lines.accept_ptr[k + 1]]
                         for k, i in zip(line.tolist(), item.tolist(), strict=True)], dtype=bool)
    good = ((item >= 0) & (lane >= 0) & (ship >= 0) & (ship < book.horizon)
            & (arrival >= np.maximum(0, lines.earliest[line])) & (arrival <= lines.latest[line])
            & ((lines.site[line] < 0) | (lines.site[line] == site))
            & ((item == lines.item[line]) | accepted)
            & (book.bans.banned[lines.ban[line], item] == 0))
    rows = np.stack([line, item, lane, ship, table["quantity"].to_numpy()], axis=1)
    return np.ascontiguousarray(rows[good].astype(np.int64))


def _bucket(book: Book, days: pl.Series) -> Longs:
    """The bucket of each Monday."""
    first = np.datetime64(book.first_monday, "D")
    return np.asarray((days.to_numpy().astype("datetime64[D]") - first).astype(np.int64) // 7,
                      dtype=np.int64)
