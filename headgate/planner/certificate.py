"""The certificate of a plan: prices in whole cents, and the bound that they prove."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.money import exact_dot
from headgate.book import Book
from headgate.planner.dual import Prices
from headgate.planner.kernels.certify import NEVER, cost_goods, surplus_of_lines
from headgate.planner.kernels.layout import UNLIMITED
from headgate.planner.kernels.price_sets import surplus_of_sets
from headgate.planner.market import Exchange, useful_steps
from headgate.planner.promise import mondays
from headgate.planner.world import Pools
from headgate.tables.plan_schema import PRICES

Longs = NDArray[np.int64]

HIGHEST_CENTS = 10**15
"""No price is higher: ten trillion dollars a piece."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    A bound over all plans that the rules allow, and the prices that prove it.

    level       : (pools and permits, weeks) cents for a piece that is there by the week, never
                  rising
    hours       : (hour rows, weeks) cents for an hour
    bound_cents : no plan's weighted value is higher
    """

    level: Longs
    hours: Longs
    bound_cents: int


def certify(book: Book, exchange: Exchange, pools: Pools, prices: Prices) -> Certificate:
    """
    The bound that prices prove, by weak duality, in whole numbers.

    source : derived in docs/explanation/certificate.md
    """
    steps = np.where(useful_steps(exchange.supply, exchange.last_draw), prices.steps, 0.0)
    level = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
    level = np.rint(np.clip(level, 0, HIGHEST_CENTS)).astype(np.int64)
    limited = (book.hours.micro < UNLIMITED) & (book.hours.micro > 0)
    hours = np.rint(np.clip(prices.hours, 0, HIGHEST_CENTS / 1000)).astype(np.int64)
    hours = np.where(limited, hours, 0)
    return Certificate(level, hours, bound_of(book, exchange, pools, level, hours))


def bound_of(book: Book, exchange: Exchange, pools: Pools, level: Longs, hours: Longs) -> int:
    """The bound in cents at prices `level` (pools, weeks) and `hours` (hour rows, weeks)."""
    market = exchange.market
    weeks = level.shape[1]
    stock = np.zeros((len(market.sources), weeks), dtype=np.int64)
    cost = np.zeros((len(market.source_of), weeks), dtype=np.int64)
    there = pools.everything()
    price = np.where(there > 0, level, NEVER)
    hour_price = np.where(book.hours.micro > 0, hours, NEVER)
    cost_goods(exchange.trees, market, price, hour_price, stock, cost)
    quote = np.zeros((len(market.queries), exchange.arrivals), dtype=np.int64)
    surplus = np.zeros(2, dtype=np.int64)
    lowest = np.zeros(len(market.queries), dtype=np.int64)
    surplus_of_lines(market, cost, quote, lowest, surplus)
    surplus_of_sets(market, cost, quote, np.zeros((exchange.arrivals, 2), dtype=np.int64), surplus)
    received = np.diff(there, axis=1, prepend=0)
    limited = (book.hours.micro < UNLIMITED) & (hours > 0)
    worked = [-(-micro * cents // 1_000_000) for micro, cents in zip(
        book.hours.micro[limited].tolist(), hours[limited].tolist(), strict=True)]
    lines: int = (int(surplus[0]) << 40) + int(surplus[1])
    paid: int = exact_dot(received.ravel(), level.ravel()) + sum(worked)
    return paid + lines + exchange.floor_cents


def gap_of(bound_cents: int | None, value_cents: int) -> float | None:
    """
    How much of the bound a plan may have missed, rounded up to six decimals; None if undefined.

    >>> gap_of(1_000_000, 985_000)
    0.015
    """
    if bound_cents is None or bound_cents <= 0:
        return None
    return -(-(bound_cents - value_cents) * 10**6 // bound_cents) / 10**6


def price_frame(book: Book, pools: Pools, certificate: Certificate | None) -> pl.DataFrame:
    """The `prices` table: a row where a price ends; without a certificate, none."""
    if certificate is None:
        return pl.DataFrame(schema=PRICES.types)
    level = certificate.level[:len(pools)]
    later = np.concatenate([level[:, 1:], np.zeros((len(level), 1), dtype=np.int64)], axis=1)
    pool, week = np.nonzero((level > later) & (pools.supplied > 0))
    slot = pools.slot[pool]
    parts = pl.DataFrame({
        "kind": pl.Series(["part"] * len(pool), dtype=pl.String),
        "id": book.items.names(pools.item[pool]), "site_id": book.sites.names(pools.site[pool]),
        "reserved_for": book.reserving.names(np.where(slot > 0, slot - 1, -1)),
        "week": mondays(book, week), "price_cents": level[pool, week]})
    row, week = np.nonzero(certificate.hours)
    resource, site = (part[np.argsort(book.hours.row[book.hours.row >= 0], kind="stable")]
                      for part in np.nonzero(book.hours.row >= 0))
    hours = pl.DataFrame({
        "kind": pl.Series(["resource"] * len(row), dtype=pl.String),
        "id": book.resources.names(resource[row]), "site_id": book.sites.names(site[row]),
        "reserved_for": pl.Series([None] * len(row), dtype=pl.String),
        "week": mondays(book, week), "price_cents": certificate.hours[row, week]})
    tables = [parts, hours, _permit_prices(book, pools, certificate)]
    return pl.concat([table.cast(PRICES.types) for table in tables]).sort(
        PRICES.key, nulls_last=False)


def _permit_prices(book: Book, pools: Pools, certificate: Certificate) -> pl.DataFrame:
    """The rows of `prices` for quotas."""
    permits, level = pools.permits, certificate.level[len(pools):]
    later = np.concatenate([level[:, 1:], np.zeros((len(level), 1), dtype=np.int64)], axis=1)
    place, week = np.nonzero((level > later) & (permits.supplied > 0))
    count = len(place)
    return pl.DataFrame({
        "kind": pl.Series(["quota"] * count, dtype=pl.String),
        "id": pl.Series([permits.title(k) for k in place.tolist()], dtype=pl.String),
        "site_id": pl.Series([None] * count, dtype=pl.String),
        "reserved_for": pl.Series([None] * count, dtype=pl.String),
        "week": mondays(book, week), "price_cents": level[place, week]})
