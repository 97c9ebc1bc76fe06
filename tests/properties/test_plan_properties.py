"""Properties of every plan, on random books of every shape."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import headgate as hg
from headgate.book import Book
from headgate.explain.load import resource_load
from headgate.explain.reasons import Reasons, explain
from headgate.planner.promise import promise
from headgate.planner.usage import hours_used
from headgate.session import Plan
from headgate.tables.plan_schema import PLAN_TABLES
from tests.properties.strategies import RawParts, books


def planned(parts: RawParts) -> Plan:
    """The plan of a random book."""
    return hg.plan(hg.read_book(*parts))


def tables_of(plan: Plan) -> list[list[tuple[object, ...]]]:
    """All rows of all tables."""
    return [plan.frames.frames[table.name].rows() for table in PLAN_TABLES]


@given(books())
@settings(max_examples=60)
def test_never_more_than_supply(parts: RawParts):
    """Up to every Monday the pieces drawn of an item at a site are at most the pieces that have
    become usable, counted here straight from the tables."""
    plan = planned(parts)
    book = plan.book
    supply = book.supply
    for item, site in set(plan.consumption.select("item_id", "site_id").iter_rows()):
        mine = (supply.item == book.items.index(item)) & (supply.site == book.sites.index(site))
        drawn = plan.consumption.filter((pl.col("item_id") == item) & (pl.col("site_id") == site))
        for week in range(book.horizon):
            by_then = drawn.filter(
                pl.col("drawn_on") <= book.first_monday + pl.duration(weeks=week))
            there = int(supply.quantity[mine & (supply.start <= week)].sum())
            assert by_then["quantity"].sum() <= there


@given(books())
@settings(max_examples=40)
def test_never_more_than_the_hours_there(parts: RawParts):
    """The hours of every step of every allocation are followed through the plan's tables, piece by
    piece, apart from the planner; in no week does a resource give more than it has."""
    plan = planned(parts)
    load = resource_load(plan.book, plan.frames)
    limited = load.filter(pl.col("there").is_not_null())
    assert (limited["used"] <= limited["there"] + 1e-9).all()


@given(books(), st.integers(2, 5))
@settings(max_examples=20)
def test_one_thread_or_many_give_the_same_reasons(parts: RawParts, threads: int):
    """Late lines are shared out to threads in chunks of two: every field of every answer is the
    one that a single thread gives."""
    plan = planned(parts)
    late = promise(plan.book, plan.allocation).not_on_time()
    with patch("headgate.explain.reasons.CHUNK", 2):
        used = hours_used(plan.book, plan.allocation)
        alone = explain(plan.book, plan.allocation, used, late, threads=1)
        shared = explain(plan.book, plan.allocation, used, late, threads=threads)
    for field in fields(Reasons):
        assert getattr(alone, field.name).tolist() == getattr(shared, field.name).tolist()


@given(books())
@settings(max_examples=60)
def test_pegging_adds_up_to_the_draws_and_to_no_more_than_the_rows(parts: RawParts):
    """Every draw is pegged whole, and no supply row serves more pieces than it has."""
    plan = planned(parts)
    assert plan.pegging["quantity"].sum() == plan.consumption["quantity"].sum()
    used: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in plan.pegging.iter_rows(named=True):
        used[row["item_id"], row["site_id"], row["reference"]] += row["quantity"]
    supply = plan.book.supply
    there: dict[tuple[str, str, str], int] = defaultdict(int)
    for item, site, name, pieces in zip(supply.item, supply.site, supply.reference,
                                        supply.quantity.tolist(), strict=True):
        there[plan.book.items.ids[item], plan.book.sites.ids[site], name] += pieces
    assert all(pieces <= there[key] for key, pieces in used.items())


@given(books(), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_any_order_of_rows_gives_the_same_plan(parts: RawParts, shuffle: int):
    """The rows of every table are shuffled, except routing, whose order is the order of the steps:
    digest, all tables and all figures stay the same."""
    frames, options = parts
    generator = np.random.default_rng(shuffle)
    mixed = {name: frame if name == "routing" else frame[generator.permutation(frame.height)]
             for name, frame in frames.items()}
    first, second = (hg.plan(hg.read_book(given, options)) for given in (frames, mixed))
    assert first.book.digest == second.book.digest
    assert tables_of(first) == tables_of(second)
    of_the_run = ("seconds", "peak_memory_mb")
    assert {name: figure for name, figure in first.summary.items() if name not in of_the_run} == {
        name: figure for name, figure in second.summary.items() if name not in of_the_run}


@given(books(), st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_threads_and_the_order_of_rows_do_not_change_what_would_help(parts: RawParts, shuffle: int):
    """Shuffled rows and lines shared out to threads, two at a time, give the same table of all
    lines that are not on time, to the letter."""
    frames, options = parts
    generator = np.random.default_rng(shuffle)
    mixed = {name: frame if name == "routing" else frame[generator.permutation(frame.height)]
             for name, frame in frames.items()}
    first = planned(parts).why_all()
    with patch("headgate.explain.relief.CHUNK", 2):
        assert planned((mixed, options)).why_all().equals(first)


def first_ranked(book: Book) -> int:
    """The best-ranked line that has something open; -1 when there is none."""
    still_open = [line for line in book.lines.rank if book.lines.open[line] > 0]
    return int(still_open[0]) if still_open else -1


@given(books(), st.integers(0, 50), st.integers(1, 40))
@settings(max_examples=80)
def test_more_supply_never_makes_the_first_ranked_line_later(parts: RawParts, row: int, more: int):
    """Any supply row grows: the line that is served first gets no fewer pieces, and what it gets
    of them is nowhere later: by each week at least as many have arrived."""
    frames, options = parts
    supply = frames.get("supply")
    assume(supply is not None and supply.height > 0)
    assert supply is not None
    pieces = supply["quantity"].cast(pl.Int64).to_list()
    pieces[row % len(pieces)] += more
    grown = {**frames, "supply": supply.with_columns(
        quantity=pl.Series(pieces).cast(supply["quantity"].dtype))}
    arrived = []
    for given_frames in (frames, grown):
        plan = hg.plan(hg.read_book(given_frames, options))
        line = first_ranked(plan.book)
        assume(line >= 0)
        mine = plan.allocation.line == line
        week = plan.allocation.ship[mine] + plan.book.lanes.weeks[plan.allocation.lane[mine]]
        arrived.append(np.bincount(week, weights=plan.allocation.quantity[mine],
                                   minlength=60).cumsum())
    assert (arrived[1] >= arrived[0]).all()


@given(books(), st.sampled_from(["csv", "parquet"]))
@settings(max_examples=25)
def test_written_and_read_back_a_plan_is_itself(parts: RawParts, table_format: str):
    """Plan, write, read, check: the same tables come back and the proof holds; `why` of the plan
    that was read back says what `why` of the plan in memory says."""
    from headgate.session import open_plan

    plan = planned(parts)
    with TemporaryDirectory() as folder:
        plan.write(Path(folder) / "plan", format=table_format, excel=False)
        again = open_plan(plan.book, Path(folder) / "plan")
        assert tables_of(again) == tables_of(plan)
        result = hg.check(plan.book, Path(folder) / "plan")
        assert result.issues == ()
        for order_id, line_no in plan.promises.select("order_id", "line_no").rows()[:3]:
            assert again.why(order_id, line_no).as_dict() == plan.why(order_id, line_no).as_dict()
