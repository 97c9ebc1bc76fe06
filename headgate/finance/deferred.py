"""Deferred revenue: what is billed or paid and not recognised, and how a plan releases it."""

from __future__ import annotations

import numpy as np
import polars as pl

from headgate.finance.billed import billed
from headgate.finance.contracts import by_contract
from headgate.finance.exchange import day_number
from headgate.finance.revenue import Revenue
from headgate.finance.services import amounts_of, over_term, term_edges
from headgate.tables.revenue_schema import DEFERRED


def deferred(revenue: Revenue, billings: pl.DataFrame) -> pl.DataFrame:
    """
    The table `deferred`: each contract's deferred revenue by quarter, if nothing more is billed.

    What was billed or paid up to as_of, less what was recognised of the contract by then, opens
    the first quarter; planned revenue releases it, earliest first. What no planned revenue will
    ever use, as after a cancellation, stays: it is owed back or open, and no revenue.

    billings : the columns of `headgate.finance.billed.BILLINGS`
    Amounts are in the currency billed: a deposit is not revalued (ASC 830-10-45-18).
    raises IssuesError : columns of the billings are missing, or a currency has no rate
    source : ASC 606-10-45-2; late penalties are credited to the customer and release nothing
    """
    opening = _opening(revenue, billings)
    if opening.is_empty():
        return pl.DataFrame(schema=DEFERRED.types)
    earned = _earned(revenue)
    names = [period.name for period in revenue.quarters] or [revenue.facts.quarters.names[0]]
    grid = opening.join(pl.DataFrame({"place": range(len(names))}, schema={"place": pl.Int64}),
                        how="cross")
    rows = grid.join(earned.filter(pl.col("place") >= 0), on=["contract_id", "currency", "place"],
                     how="left").sort("contract_id", "currency", "place").with_columns(
        upto=pl.col("cents").fill_null(0).cum_sum().over("contract_id", "currency"))
    left = (pl.col("billed") - pl.col("upto")).clip(lower_bound=0)
    over = ("contract_id", "currency")
    rows = rows.with_columns(closing_cents=left).with_columns(
        opening_cents=pl.col("closing_cents").shift(1).over(over).fill_null(pl.col("billed")),
        unearned_cents=pl.col("closing_cents").last().over(over))
    return rows.filter(pl.col("opening_cents") > 0).with_columns(
        released_cents=pl.col("opening_cents") - pl.col("closing_cents"),
        quarter=pl.Series(names, dtype=pl.String).gather(
            rows.filter(pl.col("opening_cents") > 0)["place"])).select(
        DEFERRED.names).cast(DEFERRED.types)


def _opening(revenue: Revenue, billings: pl.DataFrame) -> pl.DataFrame:
    """Contract, currency and what is billed beyond what was recognised; only where it is more."""
    facts = revenue.facts
    sums = billed(facts.book, facts.obligations, facts.exchange, billings).group_by(
        "contract_id", "currency").agg(billed=pl.col("amount_cents").sum())
    before = _earned(revenue).filter(pl.col("place") < 0).select("contract_id", "currency",
                                                                 before="cents")
    return sums.join(before, on=["contract_id", "currency"], how="left").select(
        "contract_id", "currency",
        billed=pl.col("billed") - pl.col("before").fill_null(0)).filter(pl.col("billed") > 0)


def _earned(revenue: Revenue) -> pl.DataFrame:
    """Contract, currency, place of the quarter (-1 before as_of) and cents recognised in it."""
    facts = revenue.facts
    obligations, allocated, shipments = facts.obligations, facts.allocated, facts.shipments
    first = facts.hardware.first
    whole = obligations.pieces[shipments.line]
    place, currency, cents = allocated.of_pieces(shipments.line, first, first + shipments.pieces,
                                                 whole)
    parts = [(shipments.line[place], currency, cents, facts.quarters.place(shipments.due[place]))]
    lines = np.arange(obligations.lines)
    place, currency, cents = allocated.of_pieces(
        lines, np.zeros_like(lines), facts.before.recognised,
        obligations.pieces[:obligations.lines])
    parts.append((place, currency, cents, np.full(len(place), -1)))
    now = day_number(facts.book.settings.as_of)
    days = over_term(facts.starts, amounts_of(facts.starts, obligations, allocated),
                     term_edges(facts.starts, facts.quarters.ends, facts.exchange, now))
    parts.append((days.service, days.currency, days.cents, np.where(
        days.last_day < now, -1, facts.quarters.place(days.last_day))))
    return pl.concat(by_contract(obligations, facts.exchange, obligation, currency, cents,
                                 place=place) for obligation, currency, cents, place in parts
                     ).group_by("contract_id", "currency", "place").agg(pl.col("cents").sum())
