"""Columns of a book as typed polars series: exact money, dates, ids."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Longs = NDArray[np.int64]
EPOCH = date(1970, 1, 1)
MONEY = pl.Decimal(18, 2)


def flat_money(cents: pl.Series) -> pl.Series:
    """Whole cents as exact decimals with two places; nulls stay null."""
    return (cents.cast(pl.Decimal(18, 0)) * Decimal("0.01")).cast(MONEY)


def day_number(day: date) -> int:
    """Days since 1970-01-01, as polars counts them."""
    return (day - EPOCH).days


def dates(numbers: Longs, there: NDArray[np.bool_] | None = None) -> pl.Series:
    """Day numbers as dates; null where `there` is False."""
    column = pl.Series(numbers.astype(np.int32)).cast(pl.Date)
    return column if there is None else blank_unless(column, there)


def blank_unless(column: pl.Series, there: NDArray[np.bool_]) -> pl.Series:
    """The column with nulls where `there` is False."""
    return column.set(pl.Series(~there), None)


def words(labels: Longs, names: list[str] | tuple[str, ...]) -> pl.Series:
    """The name of each label 0 .. len(names)-1 as text."""
    return pl.Series(names, dtype=pl.String).gather(pl.Series(labels))


def yes_no(flags: NDArray[np.bool_]) -> pl.Series:
    """`yes` and `no`, as they stand in a file."""
    return words(flags.astype(np.int64), ("no", "yes"))


def numbered(prefix: str, numbers: Longs, digits: int) -> pl.Series:
    """Ids such as `SO-0004711`; filled with zeros, so that their text order is their number's."""
    text = pl.Series(numbers).cast(pl.String).str.zfill(digits)
    return pl.select(pl.concat_str(pl.lit(prefix), text)).to_series()


def working_days(numbers: Longs) -> Longs:
    """Each day, or the Friday before it when it is a Saturday or a Sunday."""
    weekday = (numbers + 3) % 7
    return numbers - np.maximum(0, weekday - 4)
