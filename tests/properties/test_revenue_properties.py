"""What holds of the revenue of every book: parts sum to wholes, and no order of rows matters."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headgate as hg
from headgate.finance.contracts import obligations_of, split_prices
from headgate.finance.deferred import deferred
from headgate.finance.exchange import exchange_of
from headgate.finance.revenue import revenue_of
from headgate.finance.shares import between, part_of
from headgate.finance.statement import statement_of
from tests.oracles.money_books import SHAPES, money_book

SEEDS = range(12)
LARGE = 10**17


@given(amount=st.integers(-LARGE, LARGE), whole=st.integers(1, LARGE), data=st.data())
def test_parts_of_an_amount_sum_to_it_exactly(amount, whole, data):
    """Whatever the cuts, the stretches of a whole get the whole amount, each within a cent of its
    share, however large the numbers are."""
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, whole), max_size=5))), whole]
    first, last = np.array(cuts[:-1]), np.array(cuts[1:])
    parts = between(np.full(len(first), amount), first, last, np.full(len(first), whole))
    assert int(parts.sum()) == amount
    for part, low, high in zip(parts.tolist(), cuts[:-1], cuts[1:], strict=True):
        assert abs(part * whole - amount * (high - low)) < whole
    assert part_of(np.array([amount]), np.array([whole]), np.array([whole])).tolist() == [amount]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_parts_of_a_contract_sum_to_its_price(seed):
    """In every contract and currency: what the obligations get is what the contract states."""
    book = hg.read_book(*money_book(seed, SHAPES[seed % len(SHAPES)]))
    exchange = exchange_of(book.tables)
    obligations = obligations_of(book, exchange)
    allocated = split_prices(book, obligations, exchange)
    got = pl.DataFrame({"contract": obligations.contract[allocated.obligation],
                        "currency": allocated.currency, "cents": allocated.cents})
    stated = pl.DataFrame({"contract": obligations.contract, "currency": obligations.currency,
                           "cents": obligations.stated_cents})
    sums = [frame.group_by("contract", "currency").agg(pl.col("cents").sum())
            .filter(pl.col("cents") != 0).sort("contract", "currency") for frame in (got, stated)]
    assert sums[0].equals(sums[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_of_rows_gives_the_same_statement(seed):
    """Every table shuffled, the steps of a routing apart: the same cell in every table."""
    frames, settings = money_book(seed, SHAPES[seed % len(SHAPES)])
    dice = random.Random(seed)
    shuffled = {name: frame if name == "routing" else frame[dice.sample(
        range(frame.height), frame.height)] for name, frame in frames.items()}
    billings = pl.DataFrame({"order_id": ["SO-1", "SO-2", "gone"], "contract_id": [None] * 3,
                             "on": [settings["as_of"]] * 3, "amount_cents": [50_000] * 3,
                             "currency": ["EUR", None, None]},
                            schema_overrides={"contract_id": pl.String})
    told = []
    for one in (frames, shuffled):
        plan = hg.plan(hg.read_book(one, settings))
        made = revenue_of(plan.book, plan.policy, plan.allocation, plan.summary["value"])
        told.append(statement_of(made, made, billings).tables())
    for name, frame in told[0].items():
        assert frame.equals(told[1][name]), name


@pytest.mark.parametrize("seed", SEEDS)
def test_deferred_revenue_rolls_forward(seed):
    """Opening less released is closing, which opens the next quarter; no more is released than is
    recognised, nothing falls below 0, and billings change no revenue."""
    frames, settings = money_book(seed, SHAPES[seed % len(SHAPES)])
    settings["currency"] = "USD"
    plan = hg.plan(hg.read_book(frames, settings))
    made = revenue_of(plan.book, plan.policy, plan.allocation, plan.summary["value"])
    orders = plan.book.tables.frames["orders"]
    billings = orders.select(
        "order_id", "contract_id", on=pl.lit(settings["as_of"]), currency="currency",
        amount_cents=pl.col("unit_price_cents") * pl.col("quantity") // 2)
    rows = deferred(made, billings)
    assert (rows["opening_cents"] - rows["released_cents"] == rows["closing_cents"]).all()
    assert rows["released_cents"].min() is None or rows["released_cents"].min() >= 0
    assert rows["closing_cents"].min() is None or rows["closing_cents"].min() >= 0
    for _, own in rows.group_by("contract_id", "currency", maintain_order=True):
        assert own["closing_cents"][:-1].equals(own["opening_cents"][1:].rename("closing_cents"))
        assert (own["unearned_cents"] <= own["closing_cents"]).all()
