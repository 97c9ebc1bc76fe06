"""Balance assertions: what somebody says the backlog is on a day, held against the movements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from headgate.base.issue import Issue
from headgate.base.money import text_of_cents
from headgate.finance.exchange import Exchange, day_number
from headgate.finance.movements import MOVEMENTS, refuse_movements
from headgate.finance.valuation import POSITION

MEASURES = ("order_backlog", "firm_backlog", "open_quantity")
"""What can be asserted: amounts in cents of the book's currency, or pieces."""
SCOPE = ("order_id", "line_no", "customer_id", "segment", "region", "item_id", "family", "site_id",
         "contract_id", "currency")
"""The columns that a scope may name."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """
    "The closing order backlog on this day, in this scope, is this amount."

    measure : one of MEASURES
    amount  : cents of the book's currency; of open_quantity pieces
    scope   : a value for some columns of SCOPE; empty is everything
    name    : how it is called where it fails; blank: what it says
    """

    measure: str
    on: date
    amount: int
    scope: Mapping[str, object] = field(default_factory=dict)
    name: str = ""

    def text(self, amount: int | None = None) -> str:
        """
        The assertion in words, with another amount if one is given.

        >>> Assertion("order_backlog", date(2026, 1, 30), 4300, {"segment": "ai"}).text()
        'closing order backlog on 2026-01-30 for segment = ai is 43.00'
        """
        shown = self.amount if amount is None else amount
        told = f"{shown:,}" if self.measure == "open_quantity" else text_of_cents(shown)
        scope = ", ".join(f"{column} = {value}" for column, value in sorted(self.scope.items()))
        return (f"closing {self.measure.replace('_', ' ')} on {self.on}"
                f"{f' for {scope}' if scope else ''} is {told}")


def closing(movements: pl.DataFrame, exchange: Exchange, items: pl.DataFrame, measure: str,
            on: date, scope: Mapping[str, object]) -> int:
    """
    The closing balance on a day: every position's open cents at that day's rate, summed.

    movements : the columns of `headgate.finance.movements.MOVEMENTS`; what is posted later is
                left out
    items     : `item_id` and `family`
    raises IssuesError : the movements cannot be used
    raises ValueError  : a measure or a column that there is not
    """
    if measure not in MEASURES:
        raise ValueError(f"{measure!r} is none of {', '.join(MEASURES)}")
    if unknown := sorted(set(scope) - set(SCOPE)):
        raise ValueError(f"{', '.join(unknown)}: a scope may name {', '.join(SCOPE)}")
    refuse_movements(movements, exchange)
    rows = movements.select(MOVEMENTS.keys()).filter(pl.col("posted_on") <= on).join(
        items.select("item_id", "family").unique("item_id"), on="item_id", how="left").with_columns(
        pl.col("currency").fill_null(exchange.names[0]))
    held = rows
    for name, value in scope.items():
        held = held.filter(pl.col(name).cast(pl.String).eq_missing(
            pl.lit(None if value is None else str(value), pl.String)))
    if measure == "firm_backlog":
        held = held.filter(~pl.col("cancellable").fill_null(False))
    sums = held.group_by(*POSITION, "cancellable").agg(pl.col("quantity", "amount_cents").sum())
    if measure == "open_quantity":
        return int(sums["quantity"].sum())
    cents = exchange.convert(sums["amount_cents"].to_numpy(), exchange.indexes(sums["currency"]),
                             np.full(len(sums), day_number(on)))
    return int(cents.sum())


def check_balance(movements: pl.DataFrame, exchange: Exchange, items: pl.DataFrame,
                  assertion: Assertion) -> Issue | None:
    """
    What is wrong with an assertion: the balance there is, and the difference; None if it holds.

    raises IssuesError : the movements cannot be used
    """
    where = assertion.name or assertion.text()
    unknown = sorted(set(assertion.scope) - set(SCOPE))
    if assertion.measure not in MEASURES or unknown:
        word, known = ("measure", MEASURES) if not unknown else ("scope", SCOPE)
        return Issue(f"balance.{word}.unknown", "error", "ledger",
                     f"must be among {', '.join(known)}", None, word,
                     ", ".join(unknown) or assertion.measure)
    found = closing(movements, exchange, items, assertion.measure, assertion.on, assertion.scope)
    if found == assertion.amount:
        return None
    pieces = assertion.measure == "open_quantity"
    balance, gap = (f"{value:,}" if pieces else text_of_cents(value)
                    for value in (found, found - assertion.amount))
    return Issue("balance.amount.differs", "error", "ledger",
                 f"is asserted, and the movements come to {balance}: a difference of {gap}",
                 value=where)
