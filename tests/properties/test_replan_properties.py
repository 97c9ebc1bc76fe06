"""Re-plans of random books that change at random: proven, still where nothing changed, in class."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

import headgate as hg
from headgate.base.issue import IssuesError
from headgate.planner.allocate import by_line
from headgate.planner.kernels.retrace import Drawn
from headgate.planner.older import Older, Start
from headgate.planner.pegging import drawn_rows
from headgate.planner.placing import merged
from headgate.planner.repair import Repairer
from headgate.planner.replan_policy import CLASSES
from headgate.planner.restart import retrace_older
from headgate.planner.usage import hours_used
from tests.oracles.random_books import random_book
from tests.properties.strategies import RawParts, books

SEEDS = st.integers(0, 2**31)
OBJECTIVES = st.sampled_from(["rank", "value"])


def by(objective: str) -> dict[str, Any]:
    """An objective with little work."""
    return {"objective": objective} | ({"work": 12} if objective == "value" else {})


def changed(parts: RawParts, seed: int, turned: bool = False) -> hg.Book | None:
    """
    The book after supply slipped, came early, shrank or grew, and orders left; None if faulty.

    turned : with the rows of its tables in the opposite order
    """
    dice = Random(seed)
    frames = dict(parts[0])
    supply = frames.get("supply")

    def later(day: str) -> str:
        moved = date.fromisoformat(day) + timedelta(days=7 * dice.choice([0, 0, 0, 1, 3, -2]))
        return moved.isoformat()

    if supply is not None:
        frames["supply"] = supply.with_columns(
            available_on=pl.Series([later(day) for day in supply["available_on"]],
                                   dtype=pl.String),
            quantity=pl.Series([str(max(1, int(pieces) + dice.choice([0, 0, -2, 3])))
                                for pieces in supply["quantity"]], dtype=pl.String))
    stays = [dice.random() < 0.9 for _ in range(frames["orders"].height)]
    frames["orders"] = frames["orders"].filter(pl.Series(stays, dtype=pl.Boolean))
    if turned:
        # The rows of `routing` are steps, whose order is theirs.
        frames = {name: frame if name == "routing" else frame.reverse()
                  for name, frame in frames.items()}
    try:
        return hg.read_book(frames, parts[1])
    except IssuesError:
        return None


@given(books(), SEEDS, OBJECTIVES)
@settings(max_examples=60, deadline=None)
def test_every_repair_is_proven_and_keeps_the_classes(parts: RawParts, seed: int, objective: str):
    """Whatever changed, the repaired plan is feasible and its moves agree with its promises; who
    may never be worse and is, is an exception; who may never be better is not; and a repair of the
    repaired plan moves nothing."""
    book, new = hg.read_book(*parts), changed(parts, seed)
    if new is None or not len(new.lines):
        return
    dice = Random(seed)
    segments = new.tables.frames["orders"]["segment"].drop_nulls().unique().sort().to_list()
    rules = [{"class": dice.choice(CLASSES), "segment": name} for name in segments]
    own = {**by(objective), "replan": {"class": dice.choice(CLASSES), "rule": rules,
                                       "fence_weeks": dice.choice([0, 2])}}
    made = hg.replan(new, hg.plan(book, by(objective)), own)
    assert hg.check(new, made).issues == ()
    moves = made.moves
    worse = (moves["days"] > 0).fill_null(False) | (moves["new_quantity"] < moves["old_quantity"])
    held = moves["class"].is_in(["win", "gain"])
    assert moves.filter(worse & held)["exception"].null_count() == 0
    filled = moves.filter(pl.col("class") == "fill",
                          pl.col("new_quantity") >= pl.col("old_quantity"))
    assert not (filled["days"] < 0).any()
    again = hg.replan(new, made, own)
    assert again.moves.filter(pl.col("reason") != "kept").is_empty()


@given(books(), OBJECTIVES)
@example(random_book(38829, "many_substitutes"), "rank")
@settings(max_examples=60, deadline=None)
def test_a_repair_of_nothing_gives_the_very_draws(parts: RawParts, objective: str):
    """The machinery itself, run on the book that the plan was made of: its draws are put back from
    the tables, nothing is overdrawn, and nothing is taken out. Every draw is as it was."""
    book = hg.read_book(*parts)
    plan = hg.plan(book, by(objective))
    start = Start.of(plan.frames)
    with ThreadPoolExecutor(2) as threads:
        repairer = Repairer(book, plan.policy, start, threads)
        assert len(repairer.retraced.rest) == 0
        repairer.keeper.put_in(repairer.retraced.log)
        repairer.keeper.heal()
    assert len(repairer.keeper.out) == 0
    assert np.array_equal(merged(repairer.retraced.log).rows, merged(plan.allocation.log).rows)
    mine = by_line(repairer.retraced.log, plan.allocation.pools, plan.allocation.broken)
    keys = ["line", "item", "site", "week", "stood", "days"]
    found, own = (drawn_rows(book, allocation).group_by(keys).agg(pl.col("pieces").sum()).sort(keys)
                  for allocation in (mine, plan.allocation))
    assert found.equals(own)
    assert np.array_equal(hours_used(book, mine), hours_used(book, plan.allocation))


@given(books(), SEEDS)
@settings(max_examples=15, deadline=None)
def test_published_draws_are_found_in_any_order(parts: RawParts, seed: int):
    """A book may number its lines, items and sites in another order than the older plan: the draws
    of each allocation are found all the same."""
    book = hg.read_book(*parts)
    plan = hg.plan(book, by("rank"))
    older = Older.of(book, Start.of(plan.frames))
    turned = np.random.default_rng(seed).permutation(len(older.drawn.line))
    other = replace(older, drawn=Drawn(*(column[turned] for column in older.drawn)))
    for one, two in zip(retrace_older(book, plan.allocation.pools, older).log,
                        retrace_older(book, plan.allocation.pools, other).log, strict=True):
        assert np.array_equal(one, two)


@given(books(), SEEDS)
@settings(max_examples=15, deadline=None)
def test_any_order_of_rows_gives_the_same_repair(parts: RawParts, seed: int):
    """The rows of the changed book turned round: the same plan, the same moves."""
    new, turned = changed(parts, seed), changed(parts, seed, turned=True)
    if new is None or turned is None:
        return
    old = hg.plan(hg.read_book(*parts), by("value"))
    made, other = hg.replan(new, old), hg.replan(turned, old)
    assert made.moves.equals(other.moves)
    assert made.pegging.equals(other.pegging) and made.allocations.equals(other.allocations)
