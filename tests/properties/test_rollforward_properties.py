"""What holds of the roll-forward of every stream of movements, at every level and date."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.base.periods import PERIOD_KINDS
from headgate.finance.exchange import Exchange, day_number, times_rates
from headgate.finance.levels import LEVELS, columns_of, name_of
from headgate.finance.rollforward import STEPS, roll_forward, span_of
from tests.oracles.movement_streams import DAYS, ITEMS, START, random_stream

SIGNED = {"opening_cents": 1, "closing_cents": 1, **{f"{k}_cents": v for k, v in STEPS.items()}}


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(PERIOD_KINDS),
       first=st.integers(0, DAYS), days=st.integers(0, DAYS),
       cuts=st.lists(st.lists(st.sampled_from(list(LEVELS)), unique=True).map(tuple), max_size=3))
def test_the_identity_at_every_level_and_date(seed, kind, first, days, cuts):
    """Opening and all steps make closing; closing opens the next period; each cut sums to the
    total in every column; the periods of one kind and those of another meet in the same amounts."""
    stream = random_stream(seed, 5)
    first_day = START + timedelta(days=first)
    span = span_of("SUN last 01", kind, first_day, first_day + timedelta(days=days))
    made = roll_forward(stream.movements, stream.exchange, ITEMS, span, cuts)
    rows = made.rows
    net = pl.sum_horizontal(pl.col(f"{step}_cents") * sign for step, sign in STEPS.items())
    assert rows.filter(pl.col("opening_cents") + net != pl.col("closing_cents")).is_empty()
    total = rows.filter(pl.col("by") == "total")
    assert total["period"].to_list() == [period.name for period in span.periods]
    for cut in dict.fromkeys(cuts):
        own = rows.filter(pl.col("by") == name_of(cut))
        sums = own.group_by("starts_on").agg(pl.col(*SIGNED, "closing_quantity").sum())
        both = total.select("starts_on").join(sums, on="starts_on", how="left").fill_null(0)
        assert both.sort("starts_on").equals(total.select(both.columns))
        keys = columns_of(cut)
        for _, chain in own.group_by(keys, maintain_order=True) if keys else ():
            for before, after in zip(chain.to_dicts(), chain.to_dicts()[1:], strict=False):
                if before["ends_on"] + timedelta(days=1) == after["starts_on"]:
                    assert before["closing_cents"] == after["opening_cents"]
                else:
                    assert before["closing_cents"] == after["opening_cents"] == 0
    whole = roll_forward(stream.movements, stream.exchange, ITEMS, span_of(
        "SUN last 01", "year", first_day, span.until))
    assert whole.closing_cents == made.closing_cents


@pytest.mark.parametrize(("currency", "count", "each"), [
    (None, 1_000_000, 1), ("EUR", 100_000, 1), ("JPY", 100_000, 0), ("GBP", 100_000, 2)])
def test_lines_of_a_cent_never_drift(currency: str | None, count: int, each: int):
    """A million lines of 0.01 each, booked over a hundred days, are 10,000.00 dollars. Of a
    hundred thousand in other currencies each rounds by itself, so that the total is so many times
    one of them: at 1.4 a cent is 1.4, so 1; at 0.5 the even 0; at 1.5 the even 2. A third ship."""
    days = day_number(START) + np.arange(count) % 100
    row = np.arange(count)
    one = pl.Series([currency], dtype=pl.String)
    base = pl.DataFrame({"row": row, "day": days}).select(
        sequence="row", order_id=pl.format("SO-{}", pl.col("row") // 1000),
        line_no=pl.col("row") % 1000 + 1, customer_id=pl.lit("acme"), segment=pl.lit("cloud"),
        region=pl.lit("AMER"), item_id=pl.lit("server"), site_id=pl.lit(None, pl.String),
        contract_id=pl.lit(None, pl.String), cancellable=pl.lit(True),
        currency=pl.lit(one).first(), kind=pl.lit("booked"),
        effective_on=pl.col("day").cast(pl.Int32).cast(pl.Date),
        posted_on=pl.col("day").cast(pl.Int32).cast(pl.Date), prior_period=pl.lit(None, pl.String),
        quantity=pl.lit(1, pl.Int64), amount_cents=pl.lit(1, pl.Int64))
    sent = base.filter(pl.col("sequence") % 3 == 0).with_columns(
        pl.lit("shipped").alias("kind"), -pl.col("quantity", "amount_cents"),
        pl.col("posted_on") + pl.duration(days=30), pl.col("sequence") + count)
    rates = Exchange(("USD", "EUR", "GBP", "JPY"), np.array([0, 0, 1, 2, 3]),
                     np.full(3, day_number(START)), np.array([1_400_000, 1_500_000, 500_000]))
    span = span_of("12-31", "month", START, date(2026, 3, 31))
    made = roll_forward(pl.concat([base, sent]), rates, ITEMS, span)
    shipped = len(range(0, count, 3))
    assert made.rows["booked_cents"].sum() == count * each
    assert made.rows["shipped_cents"].sum() == shipped * each
    assert made.closing_cents == (count - shipped) * each
    assert made.rows["fx_cents"].sum() == 0


def test_ten_million_cents_sum_to_a_hundred_thousand_dollars():
    """The same in the arithmetic alone, ten times as many: 10^7 x 0.01 = 100,000.00 at a rate of
    1, and 0 at half a cent each, because a cent rounds before it is summed."""
    cents = np.ones(10**6, dtype=np.int64)
    at = {rate: sum(int(times_rates(cents, np.full(10**6, rate)).sum()) for _ in range(10))
          for rate in (1_000_000, 500_000)}
    assert at == {1_000_000: 100_000_00, 500_000: 0}
