"""What is left of billings in foreign currencies, at the rates at which they came."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from headgate.finance.billed import carried
from headgate.finance.exchange import Exchange, day_number

FIRST = date(2026, 1, 1)
ROWS = st.lists(st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["USD", "EUR"]),
                          st.integers(0, 40), st.integers(-90_000, 120_000)), max_size=25)
RATES = st.lists(st.integers(200_000, 3_000_000), min_size=4, max_size=4)


@given(ROWS, RATES)
def test_what_is_left_is_worth_between_the_lowest_and_the_highest_rate(rows, rates):
    """Ten days of each rate. Whatever is billed, credited and paid back, in whatever order: what is
    left is never below 0, and worth between the lowest and the highest rate times it, but for the
    half cent of each row; in the book's own currency it is worth itself."""
    exchange = Exchange(("USD", "EUR"), np.array([0, 0, 4]), np.array(
        [day_number(FIRST) + 10 * k for k in range(4)]), np.array(rates))
    frame = pl.DataFrame(
        [(contract, currency, FIRST + timedelta(days=day), cents)
         for contract, currency, day, cents in sorted(rows, key=lambda row: row[2])],
        schema={"contract_id": pl.String, "currency": pl.String, "posted_on": pl.Date,
                "amount_cents": pl.Int64}, orient="row")
    found = {row[:2]: row[2:] for row in carried(frame, exchange).iter_rows()}
    for key in {row[:2] for row in rows}:
        own = frame.filter((pl.col("contract_id") == key[0]) & (pl.col("currency") == key[1]))
        net = int(own["amount_cents"].sum())
        assert (key in found) == (net > 0)
        if net <= 0:
            continue
        left, worth, of = found[key]
        assert left == net
        told, slack = worth * left // of, own.height + 1
        low, high = (1_000_000,) * 2 if key[1] == "USD" else (min(rates), max(rates))
        assert told >= 0 and low * left // 1_000_000 - slack <= told
        assert told <= high * left // 1_000_000 + slack
        if key[1] == "USD":
            assert told == left
