"""When the order backlog is promised and ships, by fiscal quarter, and how many weeks it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from headgate.book import Book
from headgate.finance.exchange import day_number
from headgate.finance.levels import Cut, by_cuts
from headgate.finance.quarters import Quarters, quarters_until
from headgate.tables.backlog_schema import CONVERSION, LEVEL_COLUMNS

RUN_WEEKS = 13
"""Planned shipments of so many weeks, a quarter, make the average that coverage is told in."""
STATUSES: dict[str, str] = {
    "overdue": "promised for a day that has passed", "promised": "promised",
    "unpromised": "without a date"}


def conversion(book: Book, tranches: pl.DataFrame, cuts: Sequence[Cut]) -> pl.DataFrame:
    """
    The table `conversion`: the order backlog by the quarter of the promise, and of shipping.

    tranches : as `headgate.finance.open_lines.tranches_of` gives them
    Both columns sum to the order backlog, pieces without a date in a row of their own; the second
    is there with a plan alone.
    """
    settings = book.settings
    last = pl.concat([tranches["due_on"], tranches["ship_on"]]).max()
    quarters = quarters_until(settings.fiscal_year_end, settings.as_of, day_number(
        last if isinstance(last, date) else settings.as_of))
    planned = tranches["ship_on"].is_not_null().any()
    parts = [_by_quarter(tranches, quarters, name, cuts, prefix) for name, prefix in (
        ("due_on", "promised"), *([("ship_on", "shipped")] if planned else []))]
    keys = ["by", *(column.name for column in LEVEL_COLUMNS), "status", "quarter"]
    found = parts[0]
    if planned:
        found = found.join(parts[1], on=keys, how="full", nulls_equal=True, coalesce=True)
        found = found.with_columns(pl.col("^(promised|shipped)_.*$").fill_null(0))
    cut_place = {name: k for k, name in enumerate(dict.fromkeys(parts[0]["by"]))}
    names = pl.Series(quarters.names, dtype=pl.String)
    ends = pl.Series([period.ends_on for period in quarters.periods], dtype=pl.Date)
    found = found.sort(pl.col("by").replace_strict(cut_place, return_dtype=pl.Int64), *keys[1:],
                       nulls_last=True)
    found = found.with_columns(ends_on=ends.gather(found["quarter"]),
                               quarter=names.gather(found["quarter"]))
    missing = [pl.lit(None, pl.Int64).alias(name) for name in CONVERSION.names
               if name not in found.columns]
    return found.with_columns(missing).select(CONVERSION.names).cast(CONVERSION.types)


def _by_quarter(tranches: pl.DataFrame, quarters: Quarters, name: str, cuts: Sequence[Cut],
                prefix: str) -> pl.DataFrame:
    """Pieces and cents by status and number of the quarter of one date."""
    day = tranches[name].to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    place = quarters.place(np.maximum(day, quarters.as_of))
    dated = pl.Series(day >= 0)
    overdue = dated & pl.Series(day < quarters.as_of)
    rows = tranches.with_columns(
        status=pl.when(overdue).then(pl.lit("overdue")).when(dated).then(
            pl.lit("promised")).otherwise(pl.lit("unpromised")),
        quarter=pl.when(dated & ~overdue).then(pl.Series(place, dtype=pl.Int64)))
    return by_cuts(rows, cuts, (pl.col("quantity").sum().alias(f"{prefix}_quantity"),
                                pl.col("cents").sum().alias(f"{prefix}_cents")),
                   ("status", "quarter"))


def run_weeks(book: Book) -> int:
    """The weeks whose planned shipments make the average that coverage is told in."""
    return min(RUN_WEEKS, book.horizon)


def planned_soon(book: Book) -> pl.Expr:
    """Cents of planned shipments in the weeks of `run_weeks`; 0 without a plan."""
    end = day_number(book.first_monday) + 7 * run_weeks(book)
    near = pl.col("ship_on").to_physical() < end
    return pl.when(near).then("cents").otherwise(0).sum()
