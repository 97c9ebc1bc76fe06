"""Supply rows as the rules read them, and the pools of pieces that they fill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.frames import Tables
from headgate.verify.facts import Book, days_of, places, sorted_ids, whole

Longs = NDArray[np.int64]
ANYBODY = -1
"""The customer of a pool that nobody reserved."""


@dataclass(frozen=True, slots=True)
class Supply:
    """
    Supply rows that can be drawn, and their pools; a pool is (item, site, customer).

    references : all references of the book, sorted by UTF-8 bytes
    pool, start, quantity, reference : (rows,) in FIFO order, pool by pool
    pool_item, pool_site, pool_customer : (pools,) sorted; the customer is ANYBODY (-1) or reserves
    there      : (pools, weeks) pieces whose start is not later
    pool_of    : (item, site, customer) -> pool
    reserved   : items of which any row, drawn or not, is reserved for a customer
    """

    references: list[str]
    pool: Longs
    start: Longs
    quantity: Longs
    reference: Longs
    pool_item: Longs
    pool_site: Longs
    pool_customer: Longs
    there: Longs
    pool_of: dict[tuple[int, int, int], int]
    reserved: Longs

    def find(self, item: Longs, site: Longs, customer: Longs) -> Longs:
        """The pool of each (item, site, customer); -1 where there is none."""
        if len(self.pool_item) == 0 or len(item) == 0:
            return np.full(len(item), -1, dtype=np.int64)
        sites = int(max(self.pool_site.max(), site.max(), 0)) + 1
        customers = int(max(self.pool_customer.max(), customer.max(), 0)) + 2
        keys = (self.pool_item * sites + self.pool_site) * customers + self.pool_customer + 1
        asked = (item * sites + site) * customers + customer + 1
        found = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        return np.where((keys[found] == asked) & (item >= 0) & (site >= 0), found, -1)


def read_supply(tables: Tables, book: Book) -> Supply:
    """The supply of a book under the plan's policy."""
    frame = _named(tables.frames["supply"], tables)
    references = sorted_ids(frame["reference"])
    calendar = book.calendar
    day = days_of(frame["available_on"], 0)
    status = frame["status"]
    later = np.maximum(0, calendar.first(day))
    start = np.where((status == "on_hand").to_numpy(), 0,
                     np.where(day < calendar.as_of, 1, later))
    exists = (status != "forecast").to_numpy() | book.policy.use_forecast
    kept = exists & (start < calendar.horizon)
    item = places(frame["item_id"], book.ids.items)[kept]
    site = places(frame["site_id"], book.ids.sites)[kept]
    customer = places(frame["reserved_for"], book.ids.customers)[kept]
    quantity, start, day = whole(frame["quantity"])[kept], start[kept], day[kept]
    reference = places(frame["reference"], references)[kept]
    order = np.lexsort((reference, day, start, customer, site, item))
    rows = np.stack([item, site, customer], axis=1)[order].reshape(-1, 3)
    pools, pool = np.unique(rows, axis=0, return_inverse=True)
    pool = pool.reshape(-1)
    there = np.zeros((len(pools), calendar.horizon), dtype=np.int64)
    np.add.at(there, (pool, start[order]), quantity[order])
    return Supply(
        references=references, pool=pool, start=start[order], quantity=quantity[order],
        reference=reference[order], pool_item=pools[:, 0], pool_site=pools[:, 1],
        pool_customer=pools[:, 2], there=np.cumsum(there, axis=1),
        pool_of={(a, b, c): k for k, (a, b, c) in enumerate(pools.tolist())},
        reserved=places(frame["item_id"], book.ids.items)[
            frame["reserved_for"].is_not_null().to_numpy()])


def _named(frame: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """The supply rows with every status and every reference filled in."""
    as_of = tables.settings.as_of
    frame = frame.with_columns(
        status=pl.col("status").fill_null(
            pl.when(pl.col("available_on") <= as_of).then(pl.lit("on_hand"))
            .otherwise(pl.lit("committed"))))
    unnamed = frame.filter(pl.col("reference").is_null()).sort(
        "item_id", "site_id", "available_on", "quantity", "reserved_for", "status",
        "unit_cost_cents", "supplier", nulls_last=False,
        descending=[False, False, False, True, False, False, False, False])
    number = pl.int_range(1, pl.len() + 1).over("item_id", "site_id", "available_on")
    unnamed = unnamed.with_columns(
        reference=pl.format("{}@{}@{}#{}", "item_id", "site_id",
                            pl.col("available_on").dt.to_string("%Y-%m-%d"), number))
    return pl.concat([frame.filter(pl.col("reference").is_not_null()), unnamed])
