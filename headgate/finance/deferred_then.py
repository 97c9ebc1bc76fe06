"""Deferred revenue at the end of quarters that are over: billed by then, and not earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from headgate.base.periods import Period
from headgate.finance.as_reported import Then
from headgate.finance.billed import billed, unearned
from headgate.finance.contracted import Contracted
from headgate.finance.exchange import day_number
from headgate.finance.past import KEY
from headgate.tables.revenue_schema import BY_QUARTER


def deferred_at_ends(contracts: Contracted, earned: pl.DataFrame, billings: pl.DataFrame,
                     quarters: Sequence[Period], then: Sequence[Then] = ()) -> dict[str, int]:
    """
    Deferred revenue at the end of each quarter, of the one under way on the day of the book.

    In each contract and currency billed or paid by then less what was recognised by then, see
    `headgate.finance.billed.unearned`. Contracts are those of today, but that what changed after a
    quarter counts there as it was.

    earned   : as `headgate.finance.recognised.Recognised` has it
    billings : the columns of `headgate.finance.billed.BILLINGS`
    then     : contracts that changed later, by quarter
    returns  : cents of the book's currency by the name of the quarter
    raises IssuesError : columns of the billings are missing, or a currency has no rate
    """
    rows = billed(contracts.book, contracts.obligations, contracts.told_at, billings)
    other = {one.period: one for one in then}
    found = {}
    for period in quarters:
        end = min(period.ends_on, contracts.book.settings.as_of)
        changed, cents = pl.lit(False), 0
        if period in other:
            one = other[period]
            changed = pl.col("contract_id").is_in(pl.Series(sorted(one.names)).implode())
            # An invoice of a line that was cancelled belongs to the contract that it was of then.
            known = billings if "line_no" not in billings.columns else billings.join(
                one.lines.rename({"contract_id": "its"}), on=KEY, how="left",
                maintain_order="left").with_columns(
                contract_id=pl.coalesce("its", "contract_id")).drop("its")
            own = billed(one.contracts.book, one.contracts.obligations, one.contracts.told_at,
                         known)
            cents = _left(own.filter(changed), one.made.earned, one.contracts, end)
        found[period.name] = cents + _left(rows.filter(~changed), earned.filter(~changed),
                                           contracts, end)
    return found


def _left(rows: pl.DataFrame, earned: pl.DataFrame, contracts: Contracted, end: date) -> int:
    """What is billed or paid by a day and not earned."""
    gone = earned.filter(pl.col("day") <= day_number(end)).group_by(
        "contract_id", "currency").agg(pl.col("cents").sum())
    return int(unearned(rows.filter(pl.col("posted_on") <= end), gone,
                        contracts.told_at)["cents"].sum())


def with_deferred(by_quarter: pl.DataFrame, then: Mapping[str, int]) -> pl.DataFrame:
    """
    The table `by_quarter` with deferred revenue at the end of each quarter.

    then    : as `deferred_at_ends` gives it, the quarters in their order
    returns : a quarter at whose end some is deferred has a row, though nothing was recognised in it
    """
    recognised = (pl.col("by") == "all") & (pl.col("status") == "recognised")
    known = set(by_quarter.filter(recognised)["quarter"])
    blank = [name for name, cents in then.items() if cents and name not in known]
    nothing = {name: 0 for name, kind in BY_QUARTER.types.items() if kind == pl.Int64}
    rows = pl.DataFrame([{**nothing, "by": "all", "quarter": name, "status": "recognised"}
                         for name in blank], schema=BY_QUARTER.types)
    order = {name: place for place, name in enumerate(then)}
    # What is planned of the quarter under way stands behind what was recognised in it.
    place = pl.col("quarter").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    whole = pl.concat([by_quarter.filter(pl.col("by") == "all"), rows]).sort(
        pl.when(pl.col("quarter").is_null()).then(-1).otherwise(place),
        pl.col("status") == "planned", maintain_order=True)
    return pl.concat([whole, by_quarter.filter(pl.col("by") != "all")]).with_columns(
        deferred_cents=pl.when(recognised).then(
            pl.col("quarter").replace_strict(then, return_dtype=pl.Int64, default=None)))
