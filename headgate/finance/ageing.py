"""How long order lines have been open, and how long they are past their dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from headgate.finance.levels import Cut, by_cuts
from headgate.tables.backlog_schema import AGEING

BASES: dict[str, str] = {
    "booked": "days since it was booked", "requested": "days past the requested date",
    "promised": "days past the promise of the book"}
"""What is aged, and how it is called."""
LAST_DAYS: dict[str, tuple[int, ...]] = {
    "booked": (30, 60, 90, 180, 365), "requested": (0, 7, 30, 60, 90, 180),
    "promised": (0, 7, 30, 60, 90, 180)}
"""The last day of each age but the oldest; 0 days past a date is not past it."""


def ageing(lines: pl.DataFrame, as_of: date, cuts: Sequence[Cut]) -> pl.DataFrame:
    """
    The table `ageing`: the open lines by age, by every cut.

    lines : as `headgate.finance.open_lines.open_lines` gives them
    Each basis sums to the order backlog. Lines without a promise are an age of their own.
    """
    parts = []
    for basis, lasts in LAST_DAYS.items():
        days = (pl.lit(as_of) - pl.col(f"{basis}_on")).dt.total_days()
        aged = lines.with_columns(days=days)
        place = np.searchsorted(lasts, aged["days"].fill_null(0).to_numpy())
        blank = aged["days"].is_null().to_numpy()
        at = pl.Series("place", np.where(blank, len(lasts) + 1, place) + 1, dtype=pl.Int64)
        parts.append(by_cuts(aged.with_columns(at), cuts, (
            pl.len().cast(pl.Int64).alias("lines"),
            pl.col("open_quantity").sum().alias("quantity"),
            pl.col("open_cents").sum().alias("amount_cents")), ("place",)).with_columns(
            basis=pl.lit(basis), **_bounds(basis, lasts)))
    order = {name: k for k, name in enumerate(BASES)}
    found = pl.concat(parts).with_columns(rank=pl.col("basis").replace_strict(
        order, return_dtype=pl.Int64))
    return found.sort("rank", maintain_order=True).select(AGEING.names).cast(AGEING.types)


def _bounds(basis: str, lasts: Sequence[int]) -> dict[str, pl.Expr]:
    """The name, first and last day of each age."""
    names, firsts, ends = [], [], []
    for place in range(len(lasts) + 2):
        first = None if place in (0, len(lasts) + 1) else lasts[place - 1] + 1
        last = lasts[place] if place < len(lasts) else None
        if basis == "booked" and place == 0:
            first = 0
        names.append(age_name(basis, place))
        firsts.append(first)
        ends.append(last)
    at = pl.col("place") - 1
    return {"age": pl.lit(pl.Series(names, dtype=pl.String)).gather(at),
            "from_days": pl.lit(pl.Series(firsts, dtype=pl.Int64)).gather(at),
            "to_days": pl.lit(pl.Series(ends, dtype=pl.Int64)).gather(at)}


def age_name(basis: str, place: int) -> str:
    """
    What an age is called; places count from 0.

    >>> [age_name("requested", place) for place in (0, 1, 6, 7)]
    ['not due', '1 to 7', 'over 180', 'no date']
    """
    lasts = LAST_DAYS[basis]
    if place > len(lasts):
        return "no date"
    if place == len(lasts):
        return f"over {lasts[-1]}"
    if place == 0:
        return "not due" if basis != "booked" else f"0 to {lasts[0]}"
    return f"{lasts[place - 1] + 1} to {lasts[place]}"


def past_due(as_of: date, name: str) -> pl.Expr:
    """What is open of lines whose `requested_on` or `promised_on` lies before as_of, in cents."""
    return pl.when(pl.col(name) < as_of).then("open_cents").otherwise(0).sum()
