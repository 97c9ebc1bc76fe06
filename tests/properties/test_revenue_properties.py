"""What holds of the revenue of every book: parts sum to wholes, and no order of rows matters."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

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
from tests.oracles.slow_pieces import pieces_of

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
                             "posted_on": [settings["as_of"]] * 3, "amount_cents": [50_000] * 3,
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
        "order_id", "contract_id", posted_on=pl.lit(settings["as_of"]), currency="currency",
        amount_cents=pl.col("unit_price_cents") * pl.col("quantity") // 2)
    rows = deferred(made, billings)
    assert (rows["opening_cents"] - rows["released_cents"] == rows["closing_cents"]).all()
    assert rows["released_cents"].min() is None or rows["released_cents"].min() >= 0
    assert rows["closing_cents"].min() is None or rows["closing_cents"].min() >= 0
    for _, own in rows.group_by("contract_id", "currency", maintain_order=True):
        assert own["closing_cents"][:-1].equals(own["opening_cents"][1:].rename("closing_cents"))
        assert (own["unearned_cents"] <= own["closing_cents"]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_had_left_is_recognised_piece_by_piece(seed):
    """Random steps of the pieces shipped before, against lists of single pieces: the same pieces
    are still to come on the same days, and both walks end where they must."""
    frames, settings = money_book(seed, SHAPES[seed % len(SHAPES)])
    book = hg.read_book(frames, settings)
    dice = random.Random(seed)
    progress = pl.DataFrame([row for order in book.tables.frames["orders"].to_dicts()
                             for row in some_steps(order, book.settings.as_of, dice)],
                            orient="row", schema={
        "order_id": pl.String, "line_no": pl.Int64, "step": pl.String, "effective_on": pl.Date,
        "quantity": pl.Int64, "stage": pl.String})
    plan = hg.plan(book)
    made = revenue_of(book, plan.policy, plan.allocation, plan.summary["value"], progress=progress)
    left = made.entries.filter((pl.col("kind") == "hardware") & pl.col("site_id").is_null())
    found = Counter({(row["order_id"], row["line_no"], row["recognised_on"]): row["quantity"]
                     for row in left.to_dicts()})
    assert found == still_to_come(book.tables, progress)
    walk = dict(made.price_walk.select("step", "cents").iter_rows())
    assert walk.pop("revenue") == sum(walk.values()) == made.totals["revenue_cents"]
    rows = {row["step"]: row["margin_cents"] for row in made.reconciliation.to_dicts()}
    assert rows.pop("total") == sum(rows.values()) == made.totals["margin_cents"]


def some_steps(order: dict[str, Any], as_of: date, dice: random.Random) -> list[tuple[Any, ...]]:
    """Steps of the pieces of a line, day after day: some are shipped, delivered, accepted, some
    come back; in the end no more are gone than the book says."""
    rows: list[tuple[Any, ...]] = []
    there = {"transit": 0, "delivered": 0, "accepted": 0}
    left = dice.randint(0, order["shipped_quantity"])
    for day in sorted(as_of - timedelta(days=dice.randint(-3, 40)) for _ in range(7)):
        step = dice.choice(["shipped", "shipped", "delivered", "delivered", "accepted", "returned"])
        stage = dice.choice(list(there)) if step == "returned" else None
        source = {"delivered": "transit", "accepted": "delivered"}.get(step, stage)
        most = left if source is None else there[source]
        if not most:
            continue
        pieces = dice.randint(1, most)
        left += {"shipped": -pieces, "returned": pieces}.get(step, 0)
        if source is not None:
            there[source] -= pieces
        target = {"shipped": "transit", "delivered": "delivered", "accepted": "accepted"}.get(step)
        if target is not None:
            there[target] += pieces
        rows.append((order["order_id"], order["line_no"], step, day, pieces, stage))
    return rows


def still_to_come(tables: Any, progress: pl.DataFrame) -> Counter[tuple[str, int, date]]:
    """Pieces shipped before and not recognised, by line and day of recognition, one by one."""
    as_of = tables.settings.as_of
    longest: dict[str, int] = {}
    for lane in tables.frames["lanes"].to_dicts():
        weeks = -(-lane["transit_days"] // 7)
        longest[lane["region"]] = max(longest.get(lane["region"], 0), weeks)
    found: Counter[tuple[str, int, date]] = Counter()
    for order in tables.frames["orders"].to_dicts():
        key = (order["order_id"], order["line_no"])
        rule = order["recognise_on"]
        told, _ = pieces_of(order, progress.to_dicts(), as_of)
        for one in told[:order["shipped_quantity"]]:
            if rule == "ship" or one[{"deliver": "delivered"}.get(rule, "accepted")] is not None:
                continue
            left = one["shipped"]
            monday = left - timedelta(days=left.weekday())
            there = one["delivered"] or max(
                as_of, monday + timedelta(days=7 * longest[order["region"]] + 4))
            wait = (order["acceptance_days"] or 0) if rule == "accept" else 0
            found[*key, max(as_of, there + timedelta(days=wait))] += 1
    return found
