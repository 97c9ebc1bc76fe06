"""How much of the order backlog hangs on few customers."""

from __future__ import annotations

import polars as pl

from headgate.tables.backlog_schema import CONCENTRATION


def concentration(lines: pl.DataFrame, top: int) -> pl.DataFrame:
    """
    The table `concentration`: the customers with the largest backlog, and all others together.

    lines : as `headgate.finance.open_lines.open_lines` gives them
    top   : how many customers have a row of their own
    """
    sums = lines.group_by("customer_id").agg(
        pl.len().cast(pl.Int64).alias("lines"), pl.col("open_quantity").sum().alias("quantity"),
        pl.col("open_cents").sum().alias("amount_cents")).sort(
        "amount_cents", "customer_id", descending=[True, False]).with_row_index("row")
    whole = int(sums["amount_cents"].sum())
    rest = sums.filter(pl.col("row") >= top).select(
        pl.col("lines", "quantity", "amount_cents").sum(), customers=pl.len().cast(pl.Int64))
    own = sums.filter(pl.col("row") < top).with_columns(
        customers=pl.lit(1, pl.Int64)).drop("row")
    rows = pl.concat([own, rest.filter(pl.col("customers") > 0)], how="diagonal").with_columns(
        place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        upto_cents=pl.col("amount_cents").cum_sum())
    # A column by a number is taken times its reciprocal by polars, which is off in the last digit.
    return rows.with_columns(**{
        name: pl.Series(rows[cents].to_numpy() / whole if whole else [None] * rows.height,
                        dtype=pl.Float64)
        for name, cents in (("share", "amount_cents"), ("upto_share", "upto_cents"))}).select(
        CONCENTRATION.names).cast(CONCENTRATION.types)


def herfindahl(lines: pl.DataFrame) -> float | None:
    """
    The Herfindahl-Hirschman index of the customers' shares in percent; None without a backlog.

    10,000 is one customer alone, 10,000 / n are n customers alike.
    source : the sum of squared shares, as the US merger guidelines (2023, 2.1) define it

    >>> herfindahl(pl.DataFrame({"customer_id": ["a", "b"], "open_cents": [50, 50]}))
    5000.0
    """
    sums = lines.group_by("customer_id").agg(pl.col("open_cents").sum())["open_cents"]
    whole = int(sums.sum())
    if whole <= 0:
        return None
    # Integers of any size: squares of cents leave 64 bits, and an order of rows must not matter.
    return round(sum(int(cents) ** 2 for cents in sums) * 10**8 / whole**2) / 10**4
