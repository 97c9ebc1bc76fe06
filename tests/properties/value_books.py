"""Policies and prices at random for the properties of the `value` policy."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate import read_book
from headgate.book import Book
from headgate.planner.dual import Prices
from headgate.planner.kernels.layout import UNLIMITED
from headgate.planner.market import Exchange, exchange_of
from headgate.planner.policy import Policy
from headgate.planner.promise import mondays
from headgate.planner.terms import terms_of
from headgate.planner.world import Pools, empty_world, pools_of, trees_of
from headgate.tables.plan_schema import PRICES
from tests.properties.strategies import RawParts

Longs = NDArray[np.int64]
Cells = dict[str, Any]

WEIGHED = {"segment": "segment", "customer": "customer_id", "priority": "priority"}


def some_book(parts: RawParts, seed: int) -> Book:
    """A random book whose lines recognise revenue on shipping, on delivery or on acceptance."""
    dice = Random(seed)
    frames, settings = parts
    height = frames["orders"].height
    cells = [dice.choice([("ship", None), ("deliver", None), ("accept", None), ("accept", "5"),
                          (None, None)]) for _ in range(height)]
    orders = frames["orders"].with_columns(
        recognise_on=pl.Series([when for when, _ in cells], dtype=pl.String),
        acceptance_days=pl.Series([days for _, days in cells], dtype=pl.String))
    return read_book({**frames, "orders": orders}, settings)


def some_policy(book: Book, seed: int, **fixed: Any) -> Cells:
    """
    Settings that change what a plan is worth, made from a seed: rates, what is not delivered,
    forecasts, weights of names that the book has, and up to two bonuses.

    fixed : settings that are not left to chance
    """
    dice = Random(seed)
    orders = book.tables.frames["orders"]
    weights: dict[str, Cells] = {}
    for kind, column in WEIGHED.items():
        names = orders[column].drop_nulls().unique().sort().to_list()
        if names and dice.random() < 0.4:
            weights[kind] = {str(dice.choice(names)): dice.choice(["0.125", "0.333", "2.5", "40"])}
    bonus = [{"by": book.first_monday + timedelta(days=dice.randrange(0, 77)),
              "share": dice.choice(["0.02", "0.1", "0.75"])}
             for _ in range(dice.choice([0, 1, 2]))]
    return {"objective": "value", "late_rate": dice.choice(["0", "0.002", "0.002", "0.05"]),
            "undelivered": dice.choice(["late_cost", "late_cost", "zero"]),
            "use_forecast": dice.random() < 0.3, "weights": weights, "bonus": bonus,
            "release_weeks": 0, "seed": dice.randrange(5), **fixed}


def market_of(book: Book, policy: Policy) -> tuple[Pools, Exchange]:
    """The pools of a book and its market, as the search for prices sees them."""
    pools = pools_of(book, policy)
    return pools, exchange_of(book, terms_of(book, policy), pools, empty_world(book, pools),
                              trees_of(book))


def some_cents(book: Book, exchange: Exchange, seed: int) -> tuple[Longs, Longs]:
    """
    Whole prices at random, none of them negative: of each pool and week what a row states, of
    each hour row and week where hours are limited; in any order along the weeks, many of them 0.
    """
    dice = np.random.default_rng(seed)
    scale = dice.choice([0.0, 0.1, 0.5, 1.0, 1.0, 10.0])
    size = scale * exchange.market.item_heat[exchange.market.pool_item][:, None]
    parts = dice.random(exchange.supply.shape) * size * (dice.random(exchange.supply.shape) < 0.4)
    line = np.median(exchange.market.heat) if len(exchange.market.heat) else 1.0
    hours = dice.random(exchange.hours.shape) * scale * line * (
        dice.random(exchange.hours.shape) < 0.6)
    limited = (book.hours.micro < UNLIMITED) & (book.hours.micro > 0)
    return np.rint(parts).astype(np.int64), np.where(limited, np.rint(hours), 0).astype(np.int64)


def rows_of_prices(book: Book, pools: Pools, parts: Longs, hours: Longs) -> pl.DataFrame:
    """The table `prices` with a row for every price above 0."""
    pool, week = np.nonzero(parts)
    slot = pools.slot[pool]
    ids, sites = book.items.names(pools.item[pool]), book.sites.names(pools.site[pool])
    owner = book.reserving.names(np.where(slot > 0, slot - 1, -1))
    rows = [("part", *cells) for cells in zip(ids, sites, owner, mondays(book, week),
                                              parts[pool, week].tolist(), strict=True)]
    for resource, site in zip(*np.nonzero(book.hours.row >= 0), strict=True):
        cents = hours[book.hours.row[resource, site]]
        rows += [("resource", book.resources.ids[resource], book.sites.ids[site], None, day, price)
                 for day, price in zip(mondays(book, np.arange(len(cents))), cents.tolist(),
                                       strict=True) if price]
    return pl.DataFrame(rows, schema=PRICES.types, orient="row")


def some_prices(exchange: Exchange, seed: int) -> Prices:
    """Prices as the search for them holds them, of the size of what the items cost."""
    dice = np.random.default_rng(seed)
    steps = dice.random(exchange.supply.shape) * exchange.market.item_heat[
        exchange.market.pool_item][:, None] * (dice.random(exchange.supply.shape) < 0.4)
    line = np.median(exchange.market.heat) if len(exchange.market.heat) else 1.0
    hours = 0.2 * line * dice.random(exchange.hours.shape)
    return Prices(steps, np.where(np.isfinite(exchange.hours), hours, 0.0))
