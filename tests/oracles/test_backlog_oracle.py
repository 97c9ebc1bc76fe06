"""The roll-forward against one that goes day by day: every step, at every level, to the cent."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from headgate.base.periods import PERIOD_KINDS
from headgate.finance.levels import LEVELS, columns_of, name_of
from headgate.finance.rollforward import STEPS, roll_forward, span_of
from tests.oracles.movement_streams import DAYS, ITEMS, START, random_stream
from tests.oracles.slow_backlog import slow_closing, slow_steps

CUTS = [(), *((level,) for level in LEVELS), ("segment", "region"), ("family", "customer", "line")]
SEEDS = range(24)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_step_at_every_level_to_the_cent(seed: int):
    """Random movements of twelve lines in three currencies, told by week, month, quarter or year
    from some day to some other: opening, each step and closing of every row are those of a diary
    that takes one day and one line at a time; and each row's own sum holds."""
    stream = random_stream(seed)
    first = START + timedelta(days=(seed * 37) % 90)
    until = START + timedelta(days=DAYS - (seed * 53) % 100)
    span = span_of("FRI nearest 01-31", PERIOD_KINDS[seed % 4], first, until)
    shuffled = stream.movements.sample(fraction=1, shuffle=True, seed=seed)
    made = roll_forward(shuffled, stream.exchange, ITEMS, span, CUTS)
    bounds = [(period.starts_on, min(period.ends_on, until)) for period in span.periods]
    assert bounds[0][0] <= first and bounds[-1][1] == until
    for cut in CUTS:
        rows = made.rows.filter(pl.col("by") == name_of(cut))
        found = {(tuple(row[column] for column in columns_of(cut)), row["starts_on"], step):
                 row[f"{step}_cents"] * sign
                 for row in rows.to_dicts() for step, sign in STEPS.items()}
        assert {key: cents for key, cents in found.items() if cents} == slow_steps(
            stream, bounds, cut)
        for start, end in bounds:
            own = rows.filter(pl.col("starts_on") == start)
            for column, day in (("opening_cents", start - timedelta(days=1)),
                                ("closing_cents", end)):
                told = {tuple(row[name] for name in columns_of(cut)): row[column]
                        for row in own.to_dicts() if row[column]}
                assert told == slow_closing(stream, day, cut)
    net = pl.sum_horizontal(pl.col(f"{step}_cents") * sign for step, sign in STEPS.items())
    assert made.rows.filter(
        pl.col("opening_cents") + net != pl.col("closing_cents")).is_empty()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_streams_hold_what_they_are_for(seed: int):
    """A stream that has no late posting, no foreign line or no change of region would prove
    little: over all seeds there is enough of each."""
    rows = random_stream(seed).movements
    assert rows["prior_period"].is_not_null().sum() > 0
    assert rows["currency"].is_in(["EUR", "JPY"]).sum() > 0
    assert set(rows["kind"].unique()) >= {"booked", "amended", "shipped"}
    assert rows["posted_on"].max() <= date(2026, 6, 30)
