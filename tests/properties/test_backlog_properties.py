"""What holds of the backlog of every book: it ties, and no order of rows matters."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.base.issue import IssuesError
from headgate.finance.levels import LEVELS
from headgate.finance.revenue import revenue_of
from headgate.tables.backlog_schema import BACKLOG_TABLES
from tests.oracles.money_books import SHAPES, money_book

SEEDS = range(8)
BY = [*LEVELS, "segment,region", "customer,item,site"]
ASSUMED = {"cancellation": {"hazard": [{"weekly": 0.013, "late_weeks_from": 1}]},
           "double_orders": {"share": 0.25}}


def backlog(frames: Any, settings: Any, with_plan: bool = True) -> hg.Backlog:
    book = hg.read_book(frames, settings)
    return hg.backlog(book, hg.plan(book) if with_plan else None, by=BY, period="month",
                      assumptions=ASSUMED)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_ties_and_every_table_is_as_declared(seed: int):
    """Each table has the columns and types declared and no key twice; every cut sums to the total
    in every column; all checks hold, with a plan and without."""
    frames, settings = money_book(seed, SHAPES[seed])
    for with_plan in (True, False):
        made = backlog(frames, settings, with_plan)
        assert made.figures["ties_hold"]
        for table in BACKLOG_TABLES:
            frame = made.tables()[table.name]
            assert frame.schema == table.types, table.name
            assert frame.select(table.key).is_duplicated().sum() == 0, table.name
        for name in ("standing", "conversion", "ageing", "cancellation"):
            frame = made.parts[name]
            sums = [column for column in frame.columns if column.endswith(("_cents", "quantity"))]
            totals = frame.group_by("by").agg(pl.col(sums).sum())
            assert totals.select(sums).n_unique() == 1, name


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_of_rows_gives_the_same_backlog(seed: int):
    """Every table shuffled, the steps of a routing apart: the same cell in every table."""
    frames, settings = money_book(seed, SHAPES[seed])
    dice = random.Random(seed)
    shuffled = {name: frame if name == "routing" else frame[dice.sample(
        range(frame.height), frame.height)] for name, frame in frames.items()}
    one, other = backlog(frames, settings), backlog(shuffled, settings)
    for name, frame in one.tables().items():
        assert frame.equals(other.tables()[name]), name
    assert one.figures == other.figures


@pytest.mark.parametrize("seed", SEEDS)
def test_rpo_is_the_price_of_contracts_less_what_is_recognised(seed: int):
    """Where no line may be cancelled and all is in one currency, RPO without a plan is what the
    walk of revenue calls the price of all contracts less what was shipped, begun and elapsed
    before: two routes to one number. By quarter it is the plan's revenue, and without a date what
    that walk calls undated."""
    frames, settings = money_book(seed, SHAPES[seed])
    orders = frames["orders"].drop("currency").with_columns(cancellable=frames["orders"][
        "order_id"].str.replace(".*", "no"))
    items = frames["items"].drop("currency")
    frames = {**frames, "orders": orders, "items": items}
    book = hg.read_book(frames, settings)
    plan = hg.plan(book)
    walk = dict(revenue_of(book, plan.policy, plan.allocation, plan.summary["value"])
                .price_walk.select("step", "cents").iter_rows())
    rpo = hg.backlog(book).figures["rpo_cents"]
    assert rpo == sum(walk[name] for name in ("contracts", "shipped", "begun", "elapsed"))
    planned = hg.backlog(book, plan)
    entries = hg.revenue(book, plan).by("quarter")
    schedule = planned.parts["rpo_schedule"].filter(pl.col("quarter").is_not_null())
    assert dict(schedule.filter(pl.col("rpo_cents") != 0).select(
        "quarter", "rpo_cents").iter_rows()) == dict(entries.filter(
            pl.col("revenue_cents") != 0).select("quarter", "revenue_cents").iter_rows())
    rest = planned.parts["rpo_schedule"]["rpo_cents"][-1]
    assert rest == -walk["undated"] - walk["undated_services"]


def test_a_level_that_there_is_not_stops_it():
    """One slip in several levels is named before anything is worked out."""
    frames, settings = money_book(0, SHAPES[0])
    with pytest.raises(IssuesError, match='did you mean "customer"'):
        hg.backlog(hg.read_book(frames, settings), by=["segment", "custommer"])
