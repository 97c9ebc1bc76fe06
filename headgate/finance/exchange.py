"""Amounts in foreign currencies, in the book's currency, at the rate of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.frames import Tables

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
EPOCH = date(1970, 1, 1)
MILLION = 1_000_000


def day_number(day: date) -> int:
    """Days since 1970-01-01, as polars counts them."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    Rates of every currency that has one.

    names       : currencies; the first is the book's
    ptr         : (currencies + 1,) rows of each currency
    day, micro  : (rows,) first day on which a rate holds, and the rate in millionths
    """

    names: tuple[str, ...]
    ptr: Longs
    day: Longs
    micro: Longs

    def indexes(self, names: pl.Series) -> Ints:
        """
        The number of each currency; a blank is the book's own.

        raises ValueError : one has no rate. Whoever reads money from outside says so before
        """
        known = pl.Series(self.names, dtype=pl.String)
        places = names.cast(pl.String).cast(pl.Enum(known), strict=False).to_physical()
        other = names.filter(places.is_null() & names.is_not_null())
        if len(other):
            raise ValueError(f"there is no rate of {other[0]}")
        return places.cast(pl.Int32).fill_null(0).to_numpy().astype(np.int32)

    def convert(self, cents: Longs, currency: NDArray[np.integer], day: Longs) -> Longs:
        """
        Each amount at the last rate on or before its day, rounded half to even to the cent.

        cents, currency, day : (n,) amounts, numbers of currencies, days since 1970-01-01
        A day before the first rate takes the first.
        """
        out = cents.copy()
        for number in range(1, len(self.names)):
            rows = np.flatnonzero(currency == number)
            if len(rows):
                first, end = self.ptr[number], self.ptr[number + 1]
                held = np.searchsorted(self.day[first:end], day[rows], side="right") - 1
                out[rows] = times_rates(cents[rows], self.micro[first + np.maximum(held, 0)])
        return out

    def changes(self, first_day: int) -> Longs:
        """The days after a first one on which any rate changes, in order."""
        return np.unique(self.day[self.day > first_day])


def exchange_of(tables: Tables) -> Exchange:
    """The rates of a checked book."""
    return exchange_at(tables.settings.currency, tables.frames["rates"])


def exchange_at(own: str, rates: pl.DataFrame) -> Exchange:
    """
    An exchange of given rates.

    own   : the book's currency
    rates : currency, on, rate_micro; a rate of each currency and day
    """
    rates = (rates.filter(pl.col("currency") != own).sort("currency", "on")
             .select("currency", "rate_micro", day=pl.col("on").to_physical().cast(pl.Int64)))
    names = rates["currency"].unique().sort().to_list()
    place = rates["currency"].cast(pl.Enum(names)).to_physical().to_numpy()
    counts = np.bincount(place, minlength=len(names)) if names else np.zeros(0, dtype=np.int64)
    return Exchange((own, *names), np.concatenate([[0, 0], np.cumsum(counts)]).astype(np.int64),
                    rates["day"].to_numpy(), rates["rate_micro"].to_numpy())


def exchange_told(now: Exchange, rates: pl.DataFrame | None) -> Exchange:
    """
    The rates with which days were told, of the currencies of an exchange and with its numbers.

    rates : as for `exchange_at`; a currency that they lack has its rates of now. None: all have
    """
    if rates is None:
        return now
    own, *names = now.names
    told = exchange_at(own, rates)
    parts = []
    for number, name in enumerate(names, start=1):
        source, place = (told, told.names.index(name)) if name in told.names else (now, number)
        there = slice(source.ptr[place], source.ptr[place + 1])
        parts.append((source.day[there], source.micro[there]))
    none = np.zeros(0, dtype=np.int64)
    ends = np.cumsum([len(day) for day, _ in parts], dtype=np.int64)
    return Exchange(now.names, np.concatenate([[0, 0], ends]).astype(np.int64),
                    np.concatenate([none, *(day for day, _ in parts)]),
                    np.concatenate([none, *(micro for _, micro in parts)]))


def times_rates(cents: Longs, micro: Longs) -> Longs:
    """
    Each amount times its rate in millionths, rounded half to even to the cent.

    >>> times_rates(np.array([250, 150]), np.array([10_000, 10_000])).tolist()
    [2, 2]
    """
    whole, rest = np.divmod(cents, MILLION)
    rounded, left = np.divmod(rest * micro, MILLION)
    odd = (rounded + whole * micro) % 2 == 1
    up = (left > MILLION // 2) | ((left == MILLION // 2) & odd)
    return np.asarray(whole * micro + rounded + up, dtype=np.int64)
