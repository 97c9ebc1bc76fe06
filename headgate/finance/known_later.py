"""What became known of a day only afterwards: what leads from the reported to the known balance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from headgate.finance.exchange import Exchange, day_number
from headgate.finance.levels import TOTAL, Cut, by_cuts
from headgate.finance.movements import refuse_movements
from headgate.finance.shares import before_each
from headgate.finance.valuation import POSITION, by_position
from headgate.tables.backlog_schema import KNOWN_LATER


def known_later(movements: pl.DataFrame, exchange: Exchange, items: pl.DataFrame, until: date,
                cuts: Sequence[Cut] = (TOTAL,), posted: Exchange | None = None) -> pl.DataFrame:
    """
    The table `known_later`: what is effective by a day and was posted after it.

    That is what came to light of a period once it was closed. The closing of the roll-forward is
    what was reported of the day; with the sum of these rows it is what is known of the day now.
    Amounts are at the rate of the day, so that both sum to the cent: of each line the value of what
    is known now less the value of what was posted.

    movements : the columns of `headgate.finance.movements.MOVEMENTS`
    items     : `item_id` and `family`
    posted    : the rates of the roll-forward, where they are others: rates of the day that came to
                be known later are rows of the kind `fx`. None: the same
    raises IssuesError : the movements cannot be used
    source : derived here; docs/explanation/ledger.md, Closed periods
    """
    refuse_movements(movements, exchange)
    rows = movements.select(
        *POSITION, "kind", "prior_period", "quantity", "amount_cents", "sequence",
        "effective_on", late=pl.col("posted_on") > until).filter(
        pl.col("effective_on") <= until)
    other = None if posted is None else _other_rates(rows.filter(~pl.col("late")), exchange,
                                                     posted, until)
    # Of a line to which nothing was added later there is nothing to tell.
    concerned = rows.filter("late").select(POSITION).unique()
    rows = rows.join(concerned, on=POSITION, how="semi", nulls_equal=True).with_columns(
        day=pl.col("late").cast(pl.Int64))
    rows = by_position(rows.with_columns(number=pl.Series(exchange.indexes(rows["currency"]))))
    amount, number = rows["amount_cents"].to_numpy(), rows["number"].to_numpy().astype(np.int64)
    before = before_each(amount, rows["position"].to_numpy())
    on = np.full(rows.height, day_number(until))
    cents = exchange.convert(before + amount, number, on) - exchange.convert(before, number, on)
    found = rows.with_columns(cents=pl.Series(cents, dtype=pl.Int64)).filter("late")
    if other is not None:
        found = pl.concat([found.select(other.columns), other])
    family = items.select("item_id", "family").unique("item_id")
    found = found.join(family, on="item_id", how="left", maintain_order="left")
    made = by_cuts(found, cuts, (
        pl.len().cast(pl.Int64).alias("movements"), pl.col("quantity").sum(),
        pl.col("cents").sum().alias("amount_cents")), ("prior_period", "kind"))
    return made.select(KNOWN_LATER.names).cast(KNOWN_LATER.types)


def _other_rates(rows: pl.DataFrame, exchange: Exchange, posted: Exchange,
                 until: date) -> pl.DataFrame:
    """What posted lines are worth more at the rates known now than at those they closed with."""
    left = rows.group_by(POSITION, maintain_order=True).agg(pl.col("amount_cents").sum())
    cents, on = left["amount_cents"].to_numpy(), np.full(left.height, day_number(until))
    more = (exchange.convert(cents, exchange.indexes(left["currency"]), on)
            - posted.convert(cents, posted.indexes(left["currency"]), on))
    return left.select(
        *POSITION, kind=pl.lit("fx"), prior_period=pl.lit(None, pl.String),
        quantity=pl.lit(0, pl.Int64), cents=pl.Series(more, dtype=pl.Int64)).filter(
        pl.col("cents") != 0)
