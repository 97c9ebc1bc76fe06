"""Movements of the order backlog: what they must say, and those that a book tells."""

from __future__ import annotations

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.finance.exchange import Exchange
from headgate.tables.frames import Tables

MOVEMENTS: dict[str, type[pl.DataType]] = {
    "sequence": pl.Int64, "order_id": pl.String, "line_no": pl.Int64, "customer_id": pl.String,
    "segment": pl.String, "region": pl.String, "item_id": pl.String, "site_id": pl.String,
    "contract_id": pl.String, "cancellable": pl.Boolean, "currency": pl.String, "kind": pl.String,
    "effective_on": pl.Date, "posted_on": pl.Date, "prior_period": pl.String,
    "quantity": pl.Int64, "amount_cents": pl.Int64}
"""
The columns of movements, as `headgate.ledger.movements.movements` gives them: one row for each
change of the open pieces, or of their value, of one order line.

quantity, amount_cents : the change, signed; cents of the line's own currency (blank: the book's)
prior_period           : the closed period that it was effective in, posted later; mostly null
A line that changes its region, item, ... has two rows: less under the old one, more under the new.
Further columns are not looked at.
"""
KINDS = ("booked", "amended", "cancelled", "shipped", "returned")


def refuse_movements(movements: pl.DataFrame, exchange: Exchange) -> None:
    """Raises IssuesError where columns are missing, or kinds or currencies are not known."""
    issues = [Issue("movements.column.missing", "error", "movements", "is missing", None, name)
              for name in MOVEMENTS if name not in movements.columns]
    if not issues:
        for column, known, expected in (
                ("kind", KINDS, f"must be one of {', '.join(KINDS)}"),
                ("currency", exchange.names, "must have a rate in the table rates")):
            other = movements[column].drop_nulls().unique()
            issues += [Issue(f"movements.{column}.unknown", "error", "movements", expected, None,
                             column, value) for value in sorted(set(other) - set(known))]
    if issues:
        raise IssuesError(issues, "no backlog was worked out")


def movements_of_book(tables: Tables) -> pl.DataFrame:
    """
    The movements that a book tells: each line booked on `booked_on`, what is shipped at `as_of`.

    A book says neither when pieces were shipped nor what has left it since. A line that is booked
    after as_of is in the book all the same, and so counts as booked on that day.
    returns : the columns of MOVEMENTS, in the order of posting
    """
    as_of = tables.settings.as_of
    line = pl.struct("order_id", "line_no")
    orders = tables.frames["orders"].select(
        "order_id", "line_no", "customer_id", "segment", "region", "item_id", "site_id",
        "cancellable", pl.col("currency").fill_null(tables.settings.currency), "quantity",
        "shipped_quantity", "unit_price_cents", contract_id=pl.coalesce("contract_id", "order_id"),
        on=pl.min_horizontal("booked_on", pl.lit(as_of)))
    rows = pl.concat([
        orders.with_columns(kind=pl.lit("booked")),
        orders.filter(pl.col("shipped_quantity") > 0).with_columns(
            kind=pl.lit("shipped"), on=pl.lit(as_of), quantity=-pl.col("shipped_quantity"))])
    return rows.sort("on", "kind", line).select(
        sequence=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        **{name: pl.col(name) for name in (
            "order_id", "line_no", "customer_id", "segment", "region", "item_id", "site_id",
            "contract_id", "cancellable", "currency", "kind")},
        effective_on="on", posted_on="on", prior_period=pl.lit(None, pl.String),
        quantity="quantity", amount_cents=pl.col("quantity") * pl.col("unit_price_cents"))
