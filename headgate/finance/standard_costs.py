"""What a piece cost at standard in each quarter: one that is over keeps the cost of its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.contracted import Contracted
from headgate.finance.exchange import EPOCH
from headgate.ledger.item_history import ItemHistory

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StandardCosts:
    """
    Standard cost of one piece by quarter and item, in cents of the book's currency.

    names : (items,) those asked for; unit, known : (quarters, items) whether anybody knows it
    """

    names: pl.Series
    unit: Longs
    known: NDArray[np.bool_]

    def of(self, names: pl.Series) -> NDArray[np.intp]:
        """The place of each of some items among `names`."""
        return np.asarray(self.names.search_sorted(names), dtype=np.intp)


def standard_costs(contracts: Contracted, names: pl.Series, ends: Sequence[int],
                   items: ItemHistory | None) -> StandardCosts:
    """
    The standard cost of items in the quarters that end on some days, and in the one after them.

    A quarter that was over on the day of the book has the cost that counted at its end, as it was
    known when it was closed, at the rate of that day; one that is not has that of the book.

    names : item_ids; ends : days since 1970-01-01, in order
    items : what was set of items; None: all quarters have the cost of the book
    """
    book = contracts.book
    asked = names.drop_nulls().unique().sort()
    there = asked.is_in(list(book.items.ids))
    now = np.zeros(len(asked), dtype=np.int64)
    now[there.to_numpy()] = book.unit_cost_cents[book.items.indexes(asked.filter(there))]
    unit = np.tile(now, (len(ends) + 1, 1))
    known = np.tile(there.to_numpy(), (len(ends) + 1, 1))
    if items is not None:
        _put_history(contracts, asked, ends, items, unit, known)
    return StandardCosts(asked, unit, known)


def _put_history(contracts: Contracted, asked: pl.Series, ends: Sequence[int],
                 items: ItemHistory, unit: Longs, known: NDArray[np.bool_]) -> None:
    """Put what items cost at the ends of quarters that are over, and what they did that left."""
    over = {day: place for place, day in enumerate(ends) if day < contracts.as_of}
    days = [EPOCH + timedelta(days=day) for day in (*over, contracts.as_of)]
    exchange = contracts.told_at
    rows = items.costs(days).filter(
        pl.col("item_id").is_in(asked.implode()),
        pl.col("currency").is_null() | pl.col("currency").is_in(exchange.names))
    day = rows["on"].to_physical().cast(pl.Int64).to_numpy()
    cents = exchange.convert(rows["unit_cost_cents"].fill_null(0).to_numpy(),
                             exchange.indexes(rows["currency"]), day)
    item = np.asarray(asked.search_sorted(rows["item_id"]), dtype=np.intp)
    for number, place in over.items():
        own = day == number
        unit[place, item[own]], known[place, item[own]] = cents[own], True
    # An item that has left the tables costs what it did last.
    own = (day == contracts.as_of) & ~known[-1, item]
    for place in range(len(over), len(ends) + 1):
        unit[place, item[own]], known[place, item[own]] = cents[own], True
