"""What a plan takes of each quota: caps that are used up, reservations that are not."""

from __future__ import annotations

from typing import Any

import polars as pl

from headgate.book import Book
from headgate.planner.allocate import Allocation
from headgate.planner.permits import CAP, RESERVED
from headgate.planner.quota_use import permits_asked

_TYPES: dict[str, pl.DataType] = {
    "quota_id": pl.String(), "kind": pl.String(), "item_id": pl.String(), "family": pl.String(),
    "segment": pl.String(), "region": pl.String(), "customer_id": pl.String(),
    "from_on": pl.Date(), "to_on": pl.Date(), "limit_quantity": pl.Int64(),
    "used_quantity": pl.Int64(), "price_cents": pl.Int64()}
_OF_THE_BOOK = ("quota_id", "item_id", "family", "segment", "region", "customer_id", "from_on",
                "to_on")


def quota_use(book: Book, allocation: Allocation, prices: pl.DataFrame) -> pl.DataFrame:
    """
    What a plan takes of each cap and reservation that can bind in the planned weeks.

    prices  : the plan's table of that name
    returns : a row for each, by quota_id: the columns of `quotas` that say for what and when;
              kind, cap or reserved; limit_quantity and used_quantity, in pieces; price_cents, what
              one piece more of a cap is worth at most, blank for reservations (what is reserved
              for one is kept from another) and for plans without prices
    """
    permits = allocation.pools.permits
    if not len(permits):
        return pl.DataFrame(schema=_TYPES)
    asked = permits_asked(book, allocation).sum(axis=1)
    quotas = book.tables.frames["quotas"]
    facts = {row["quota_id"]: row for row in quotas.select(_OF_THE_BOOK).iter_rows(named=True)}
    caps = prices.filter(pl.col("kind") == "quota").group_by("id").agg(
        pl.col("price_cents").max())
    dearest = dict(caps.iter_rows())
    rows: list[dict[str, Any]] = []
    for place, kind in enumerate(permits.kind):
        if kind not in (CAP, RESERVED):
            continue
        limit = int(permits.supplied[place].max(initial=0))
        # A plan without prices proves none; in one with prices, no row is a price of 0.
        price = dearest.get(permits.name[place], 0) if kind == CAP and len(prices) else None
        rows.append({**facts[permits.name[place]], "kind": kind, "limit_quantity": limit,
                     "used_quantity": min(int(asked[place]), limit), "price_cents": price})
    return pl.DataFrame(rows, schema=_TYPES).sort("quota_id", "kind")


def used_up(use: pl.DataFrame) -> pl.DataFrame:
    """The caps of which nothing is left, as `quota_use` gives them."""
    return use.filter((pl.col("kind") == CAP)
                      & (pl.col("used_quantity") >= pl.col("limit_quantity")))
