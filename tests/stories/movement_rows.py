"""Movements from terse rows, for stories about the backlog."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from headgate.finance.exchange import Exchange, day_number
from headgate.finance.levels import cuts_of
from headgate.finance.movements import MOVEMENTS
from headgate.finance.rollforward import RollForward, roll_forward, span_of

ITEMS = pl.DataFrame({"item_id": ["server"], "family": ["XE"]})
STEPS = ("opening", "booked", "amended", "fx", "cancelled", "shipped", "returned", "prior_period",
         "closing")


def moves(*rows: Sequence[Any]) -> pl.DataFrame:
    """
    Movements from (kind, day, pieces, price in dollars) and, if wanted, a dictionary of cells.

    One line, SO-1/1 of acme, a US dollar line of servers for AMER, unless the cells say else.
    """
    made = []
    for number, row in enumerate(rows, start=1):
        kind, day, pieces, price = row[:4]
        made.append({"sequence": number, "order_id": "SO-1", "line_no": 1, "customer_id": "acme",
                     "segment": "enterprise", "region": "AMER", "item_id": "server",
                     "site_id": None, "contract_id": "C-1", "cancellable": False,
                     "currency": None, "kind": kind, "effective_on": day, "posted_on": day,
                     "prior_period": None, "quantity": pieces, "amount_cents": pieces * price * 100,
                     **(row[4] if len(row) > 4 else {})})
    return pl.DataFrame(made, schema=MOVEMENTS)


def exchange(**rates: dict[date, str]) -> Exchange:
    """Rates to the US dollar: `EUR={date(2026, 1, 1): "1.10"}`."""
    names = sorted(rates)
    rows = [(day, round(float(rate) * 1_000_000)) for name in names
            for day, rate in sorted(rates[name].items())]
    return Exchange(("USD", *names),
                    np.cumsum([0, 0, *(len(rates[name]) for name in names)]).astype(np.int64),
                    np.array([day_number(day) for day, _ in rows], dtype=np.int64),
                    np.array([micro for _, micro in rows], dtype=np.int64))


def rolled(movements: pl.DataFrame, kind: str, first: date, until: date, *by: str,
           rates: Exchange | None = None, rule: str = "12-31") -> RollForward:
    """The roll-forward of a story in years that end with December, unless said otherwise."""
    return roll_forward(movements, rates or exchange(), ITEMS, span_of(rule, kind, first, until),
                        cuts_of(by))


def steps(made: RollForward, period: str, by: str = "total", **names: str) -> dict[str, int]:
    """What is not 0 in one row of the roll-forward, in whole cents."""
    rows = made.rows.filter(pl.col("by") == by, pl.col("period") == period,
                            *(pl.col(name) == value for name, value in names.items()))
    row = rows.row(0, named=True)
    return {step: row[f"{step}_cents"] for step in STEPS if row[f"{step}_cents"]}
