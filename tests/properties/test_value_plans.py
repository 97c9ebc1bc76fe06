"""
Plans of the `value` policy on random books of every shape: the checker proves them, and nothing
but book, policy, seed and work decides what they are.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headgate as hg
from headgate.book import Book
from headgate.demo import demo_book
from headgate.planner.policy import read_policy
from headgate.planner.run import Run, run
from headgate.session import Plan
from tests.oracles.limited_books import limited_book
from tests.oracles.random_books import SHAPES, random_book
from tests.properties.strategies import RawParts, books
from tests.properties.value_books import Cells, some_book, some_policy

BOOKS_OF_A_SHAPE = 14
SEEDS = st.integers(0, 2**32 - 1)
OF_THE_RUN = ("seconds", "peak_memory_mb", "policy")
"""What a summary says of the run and not of the plan."""


def digits(made: Run) -> list[Any]:
    """All that a run decides, to the last digit."""
    log, proof = made.allocation.log, made.certificate
    assert proof is not None
    return [made.work, proof.bound_cents, proof.level.tolist(), proof.hours.tolist(),
            log.rows.tolist(), log.first_draw.tolist(), log.sources.tolist(), log.pieces.tolist(),
            made.allocation.line.tolist(), made.reliefs.rows()]


def content(plan: Plan) -> dict[str, Any]:
    """Tables and figures of a plan, without what differs from run to run."""
    return {**{name: frame.rows() for name, frame in plan.frames.frames.items()},
            **{name: figure for name, figure in plan.summary.items() if name not in OF_THE_RUN}}


# Proven.


@pytest.mark.parametrize("family", ["caps", "reservations", "quotas", "ship_sets"])
def test_nobody_is_passed_over(family: str):
    """Twenty books under limits of each kind, planned by value with little work, so that much is
    left over: no line waits, or is late, that what the plan leaves would serve in time with gain.
    Pins are left out: pieces kept for a customer may be settled otherwise beside what is fixed."""
    waiting = 0
    for seed in range(20):
        frames, chosen = limited_book(seed, family)
        plan = hg.plan(hg.read_book(frames, chosen), {"objective": "value", "work": 6})
        told = plan.why_all()
        assert told.filter(pl.col("relief_kind") == "unchanged").is_empty(), seed
        waiting += told.height
    assert waiting > 20


def test_what_a_search_leaves_is_used():
    """A demo book of 300 lines and five units of work: the search alone passes over dozens of
    lines that come late. With what it leaves served one at most is left, which the best option
    first does not serve, and the plan is worth more."""
    demo = demo_book(300, 2)
    book = hg.read_book(demo.frames, demo.settings)
    with patch("headgate.planner.value.use_leftover"):
        before = hg.plan(book, {"work": 5})
    after = hg.plan(book, {"work": 5})
    passed_over = [plan.why_all().filter(pl.col("relief_kind") == "unchanged").height
                   for plan in (before, after)]
    assert passed_over[0] > 50 and passed_over[1] <= 1
    worth = [plan.summary["value"]["weighted_cents"] for plan in (before, after)]
    assert worth[1] > worth[0]
    assert hg.check(book, after).issues == ()


@pytest.mark.parametrize("shape", SHAPES)
def test_every_plan_by_value_is_proven(shape: str):
    """Fourteen books of each shape, under policies of every kind, with a little work or more: the
    checker, which shares nothing with the planner, finds every table, figure, price and the bound
    as it must be; and no plan is worth more than its bound, nor less than one that delivers
    nothing."""
    for seed in range(BOOKS_OF_A_SHAPE):
        book = some_book(random_book(seed, shape), seed)
        plan = hg.plan(book, some_policy(book, seed, work=(6, 16, 45)[seed % 3]))
        name = f"random_book({seed}, {shape!r})"
        assert hg.check(book, plan).issues == (), name
        value, bound = plan.summary["value"], plan.summary["certificate"]["bound_cents"]
        assert value["weighted_cents"] <= bound, name
        assert value["weighted_cents"] >= -nothing_delivered(book, plan), name


def nothing_delivered(book: Book, plan: Plan) -> int:
    """The weighted cents that are lost when nothing at all is delivered."""
    from headgate.planner.terms import terms_of

    return int((book.lines.open * terms_of(book, plan.policy).lost).sum())


@given(books(), SEEDS, st.integers(0, 3))
@settings(max_examples=25)
def test_stopped_at_any_moment_a_plan_is_whole_and_proven(parts: RawParts, seed: int, units: int):
    """The user presses Ctrl-C after the first, second, third or fourth unit of work: the plan is
    the one that exactly so much work makes, and the checker proves it."""
    book = some_book(parts, seed)
    policy = some_policy(book, seed)
    asked: list[int] = []

    def stop() -> bool:
        asked.append(0)
        return len(asked) > units

    stopped = hg.plan(book, policy, stop=stop)
    assert stopped.summary["work"] == len(asked) <= units + 1
    assert hg.check(book, stopped).issues == ()
    repeated = hg.plan(book, {**policy, "work": max(1, stopped.summary["work"])})
    assert content(repeated) == content(stopped)


def test_a_plan_by_value_is_the_same_when_read_back():
    """Written, read and checked from its folder: the tables that came back are those that went."""
    book = hg.read_book(*random_book(3, "stocked_levels"))
    plan = hg.plan(book, {"objective": "value", "work": 20})
    with TemporaryDirectory() as folder:
        plan.write(Path(folder) / "plan", excel=False)
        assert hg.check(book, Path(folder) / "plan").issues == ()


# The same digits.


@given(books(), SEEDS)
@settings(max_examples=20)
def test_one_thread_or_two_make_the_same_plan(parts: RawParts, seed: int):
    """Prices, bound, allocations and draws are equal to the last digit, and so is a second run."""
    book = some_book(parts, seed)
    policy = read_policy(some_policy(book, seed, work=1 + seed % 50))
    first = digits(run(book, policy, threads=1))
    assert digits(run(book, policy, threads=2)) == first
    assert digits(run(book, policy, threads=2)) == first


def test_threads_do_not_matter_where_lines_are_many():
    """The demo's 300 lines, with prices searched on samples of 60 and 100 first: the search for
    prices, the dealing out and the improvement run side by side, or one after the other."""
    made = demo_book(300, 3)
    book = hg.read_book(made.frames, made.settings)
    policy = read_policy({"objective": "value", "work": 40})
    with (patch("headgate.planner.value.FIRST_SAMPLE", 60),
          patch("headgate.planner.value.SECOND_SAMPLE", 100),
          patch("headgate.planner.dealing.FEWEST", 40)):
        first, second = (digits(run(book, policy, threads=count)) for count in (1, 2))
    assert first == second


@given(books(), SEEDS)
@settings(max_examples=25)
def test_any_order_of_rows_gives_the_same_plan_by_value(parts: RawParts, seed: int):
    """The rows of every table are shuffled, except routing, whose order is that of the steps: all
    tables, prices and figures stay the same."""
    frames, options = parts
    dice = np.random.default_rng(seed)
    mixed = {name: frame if name == "routing" else frame[dice.permutation(frame.height)]
             for name, frame in frames.items()}
    first, second = (hg.read_book(given, options) for given in (frames, mixed))
    policy = some_policy(first, seed, work=1 + seed % 45)
    assert content(hg.plan(first, policy)) == content(hg.plan(second, policy))


@pytest.mark.parametrize("limit", [{"time_limit": "0.05"}, {"time_limit": "0.2"}, {"gap": "0.05"}])
def test_the_work_of_a_limited_run_repeats_it(limit: Cells):
    """However the clock ran, the summary says how much work it left time for; a run of so much
    work makes the same plan, the same prices and the same bound."""
    for seed, shape in ((0, "many_substitutes"), (4, "mixed"), (2, "huge_quantities")):
        book = hg.read_book(*random_book(seed, shape))
        limited = hg.plan(book, {"objective": "value", **limit})
        again = hg.plan(book, {"objective": "value", "work": limited.summary["work"]})
        assert content(again) == content(limited)


def test_another_seed_is_another_search():
    """The seed is not decoration: of twelve lines that are all alike it decides which are served.
    Four seeds make more than one plan, though all start from the same prices and bound."""
    book = hg.read_book(*random_book(11, "equal_lines"))
    runs = [run(book, read_policy({"objective": "value", "work": 45, "seed": seed}))
            for seed in range(4)]
    assert len({str(made.allocation.log.rows.tolist()) for made in runs}) > 1
    assert len({made.certificate.bound_cents for made in runs if made.certificate}) == 1


# When to stop.


@pytest.mark.parametrize(("seed", "shape"), [(0, "many_substitutes"), (4, "mixed")])
def test_a_gap_that_is_good_enough_ends_the_search(seed: int, shape: str):
    """Five per cent is good enough: less work than until nothing moves, and what is left open is
    no more than those five per cent."""
    book = hg.read_book(*random_book(seed, shape))
    rough = hg.plan(book, {"objective": "value", "gap": "0.05"})
    full = hg.plan(book, {"objective": "value"})
    assert rough.summary["work"] < full.summary["work"]
    assert full.summary["certificate"]["gap"] <= rough.summary["certificate"]["gap"] <= 0.05


@pytest.mark.parametrize("shape", ["no_orders", "zero_supply", "negative_margins", "one_part"])
def test_a_search_without_a_limit_ends(shape: str):
    """Books in which little or nothing can be gained, so that there is no share of a bound left to
    close: the search ends by itself within 300 units of work, and the plan is proven."""
    for seed in range(6):
        book = hg.read_book(*random_book(seed, shape))
        ticks: list[int] = []

        def stop(ticks: list[int] = ticks) -> bool:
            ticks.append(0)
            return len(ticks) > 300

        plan = hg.plan(book, {"objective": "value"}, stop=stop)
        assert len(ticks) <= 300, f"random_book({seed}, {shape!r})"
        assert hg.check(book, plan).issues == ()
