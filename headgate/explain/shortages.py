"""The `shortages` table: parts and resources of which more is wanted than there is."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.explain.wanting import want_all
from headgate.planner.allocate import Allocation, draw_weeks
from headgate.planner.kernels.layout import UNLIMITED
from headgate.planner.promise import mondays
from headgate.planner.world import ample_world, lines_of, scratch_of, trees_of
from headgate.tables.plan_schema import SHORTAGES
from headgate.tables.schema import MICRO

Longs = NDArray[np.int64]


def shortages(book: Book, allocation: Allocation, used: Longs,
              prices: pl.DataFrame | None) -> pl.DataFrame:
    """
    The table as `plan_schema.SHORTAGES` declares it.

    used   : (hour rows, weeks) the plan's own, as `headgate.planner.usage.hours_used` gives it
    prices : the plan's table of that name; None where the policy gives no prices

    A pair (item or resource, site) has rows, one for each week, when something is missing in any.
    """
    pieces, hours = _wanted(book, allocation)
    frames = [_parts(book, allocation, pieces), _resources(book, used, hours)]
    table = pl.concat(frames).sort(list(SHORTAGES.key))
    return _priced(book, allocation, table, prices).select(SHORTAGES.names)


def _priced(book: Book, allocation: Allocation, table: pl.DataFrame,
            prices: pl.DataFrame | None) -> pl.DataFrame:
    """The table with what one more is worth at most; blank where nothing proves a price."""
    if prices is None:
        return table.with_columns(price_cents=pl.lit(None, dtype=pl.Int64))
    pair = ["kind", "id", "site_id"]
    open_prices = prices.filter(pl.col("reserved_for").is_null()).drop("reserved_for")
    parts = table.filter(pl.col("kind") == "part").sort("week").join_asof(
        open_prices.filter(pl.col("kind") == "part").sort("week"), on="week", by=pair,
        strategy="forward", check_sortedness=False)
    hours = table.filter(pl.col("kind") == "resource").join(
        open_prices, on=[*pair, "week"], how="left")
    pools = allocation.pools
    anybody = np.flatnonzero((pools.slot == 0) & (pools.supplied[:, -1] > 0))
    first = pl.DataFrame({
        "kind": pl.Series(["part"] * len(anybody), dtype=pl.String),
        "id": book.items.names(pools.item[anybody]),
        "site_id": book.sites.names(pools.site[anybody]),
        "first": mondays(book, (pools.supplied[anybody] > 0).argmax(axis=1))})
    proven = (pl.col("kind") == "resource") & (pl.col("there") > 0) | (
        pl.col("week") >= pl.col("first"))
    return (pl.concat([parts, hours.select(parts.columns)])
            .join(first, on=pair, how="left")
            .with_columns(price_cents=pl.when(proven).then(pl.col("price_cents").fill_null(0)))
            .sort(list(SHORTAGES.key)))


def _wanted(book: Book, allocation: Allocation) -> tuple[Longs, Longs]:
    world = ample_world(book, allocation.pools)
    pieces = np.zeros((len(book.items), len(book.sites), book.horizon), dtype=np.int64)
    hours = np.zeros_like(world.hours)
    nothing_banned = np.zeros(len(book.items), dtype=np.int8)
    want_all(trees_of(book), world, scratch_of(book, allocation.pools),
             lines_of(book, allocation.pools.permits), book.lines.rank, allocation.log,
             allocation.ptr, nothing_banned, pieces, hours)
    return pieces, hours


def _parts(book: Book, allocation: Allocation, wanted: Longs) -> pl.DataFrame:
    pools = allocation.pools
    received = np.diff(pools.supplied, axis=1, prepend=0)
    there, used = np.zeros_like(wanted), np.zeros_like(wanted)
    np.add.at(there, (pools.item, pools.site), received)
    pool, week = allocation.pool, draw_weeks(book, allocation)
    np.add.at(used, (pools.item[pool], pools.site[pool], week), allocation.pieces)
    missing = np.maximum(0, np.cumsum(wanted, axis=2) - np.cumsum(there, axis=2))
    item, site = np.nonzero(missing.any(axis=2))
    figures = (there[item, site], used[item, site], wanted[item, site], missing[item, site])
    return _frame(book, "part", book.items.names(item), site,
                  [figure.astype(np.float64) for figure in figures])


def _resources(book: Book, plan_hours: Longs, wanted: Longs) -> pl.DataFrame:
    resource, site = np.nonzero(book.hours.row >= 0)
    row = book.hours.row[resource, site]
    there, used = book.hours.micro[row], plan_hours[row]
    wanted = wanted[row]
    endless = there >= UNLIMITED
    missing = np.where(endless, 0, np.maximum(0, wanted - there))
    short = np.flatnonzero(missing.any(axis=1))
    shown = np.where(endless, np.nan, there / MICRO)[short]
    figures = [shown, used[short] / MICRO, wanted[short] / MICRO, missing[short] / MICRO]
    frame = _frame(book, "resource", book.resources.names(resource[short]), site[short], figures)
    return frame.with_columns(pl.col("there").fill_nan(None))


def _frame(book: Book, kind: str, names: pl.Series, site: NDArray[np.integer],
           figures: list[NDArray[np.float64]]) -> pl.DataFrame:
    """Rows pair by pair, week by week; each figure is (pairs, weeks)."""
    weeks, pairs = book.horizon, len(site)
    mondays = np.datetime64(book.first_monday, "D") + 7 * np.arange(weeks)
    places = pl.Series(np.repeat(np.arange(pairs), weeks))
    columns = dict(zip(("there", "used", "wanted", "missing"),
                       (figure.reshape(-1) for figure in figures), strict=True))
    return pl.DataFrame({
        "kind": pl.Series([kind], dtype=pl.String).new_from_index(0, pairs * weeks),
        "id": names.gather(places), "site_id": book.sites.names(site).gather(places),
        "week": pl.Series(np.tile(mondays, pairs)).cast(pl.Date), **columns})
