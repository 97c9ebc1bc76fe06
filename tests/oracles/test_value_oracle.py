"""
Plans by value against the exact referee, on random small books of every shape.

HiGHS solves the same books by a formulation of its own. Whatever the engine does, its plan must
not be worth more than the best there is, nor its bound prove less; and on the average it must
come near the best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.oracle import linear_program, mixed_program
from headgate.session import Plan
from tests.oracles.random_books import SHAPES, random_book

BOOKS_OF_A_SHAPE = 14
"""16 shapes make 224 books."""
SECONDS = 2.0
"""After so long the referee says the best it found, and what no plan can be worth more than."""
MOST_LACKING = {"all_complete": 0.08, "huge_quantities": 0.07, "no_bom": 0.045}
OTHERS_LACK = 0.009
"""
The share of the best that plans of a shape may lack on the average. Most of it is owed to lots and
complete lines, which prices do not see.
"""
BY_QUARTER_END = [{"by": "2026-02-27", "share": "0.04"}]


@dataclass(frozen=True, slots=True)
class Case:
    """One book: the plan's value and bound, the best there is and the linear value, in cents."""

    seed: int
    shape: str
    plan: int
    bound: int
    mixed: float
    most: float
    linear: float

    @property
    def slip(self) -> float:
        """What the solver's tolerances may be off, in cents."""
        return 1 + 1e-7 * abs(self.linear)

    @property
    def loss(self) -> float:
        """The share of the best that the plan lacks, from 0 to 1; a cent of nothing is none."""
        lacks = self.mixed - self.plan
        return min(1.0, lacks / max(abs(self.mixed), 1.0)) if lacks > self.slip else 0.0

    @property
    def over(self) -> float:
        """The share of the linear value by which the bound is above it."""
        return (self.bound - self.linear) / max(abs(self.linear), 50_000.0)

    def __str__(self) -> str:
        return (f"random_book({self.seed}, {self.shape!r}): plan {self.plan:,} of "
                f"{self.mixed:,.0f}, lacks {100 * self.loss:.1f}%; bound {self.bound:,} of "
                f"linear {self.linear:,.0f}")


def case(seed: int, shape: str) -> Case:
    """One book, planned by value until the search stalls, and judged by the referee."""
    book = hg.read_book(*random_book(seed, shape))
    settings: dict[str, Any] = {"objective": "value"}
    if seed % 2:
        settings["bonus"] = BY_QUARTER_END
    orders = book.tables.frames["orders"]
    if seed % 3 == 2 and orders.height:
        settings["weights"] = {"segment": {orders["segment"][0]: "2.5"},
                               "priority": {str(orders["priority"][0]): "0.75"}}
    made: Plan = hg.plan(book, settings)
    linear = linear_program(book.tables, made.summary["policy"])
    mixed = mixed_program(book.tables, made.summary["policy"], SECONDS)
    return Case(seed, shape, made.summary["value"]["weighted_cents"],
                made.summary["certificate"]["bound_cents"], mixed.value_cents, mixed.bound_cents,
                linear.value_cents)


@pytest.mark.parametrize("shape", SHAPES)
def test_plan_best_and_bound_are_in_order_and_near(shape: str) -> None:
    """Fourteen books, every third with weights and every other with a bonus. No plan is worth more
    than the best, and no bound proves less than the linear program, whose value is the lowest that
    any prices can prove: the search for prices comes within half a per cent of it, or within 250
    cents where a book is worth next to nothing. On the average of the shape a plan lacks no more
    of the best than MOST_LACKING says; one that lacks more than all of it counts in full."""
    of = [case(seed, shape) for seed in range(BOOKS_OF_A_SHAPE)]
    for one in of:
        assert one.plan <= one.most + one.slip, one
        assert one.mixed <= one.linear + one.slip, one
        assert one.linear <= one.bound + one.slip, one
    worst = "\n".join(["", *map(str, sorted(of, key=lambda one: -one.loss)[:5])])
    assert sum(one.loss for one in of) / len(of) <= MOST_LACKING.get(shape, OTHERS_LACK), worst
    loose = [str(one) for one in of if one.over > 0.005]
    assert not loose, "\n".join(["", *loose])


def test_on_the_average_of_all_books_a_plan_lacks_at_most_two_per_cent() -> None:
    """By what each shape may lack, which the test above holds it to: 16 shapes of 14 books are 224
    books, and the average of the shapes' limits is at most 2%."""
    assert len(SHAPES) * BOOKS_OF_A_SHAPE >= 200
    assert set(MOST_LACKING) <= set(SHAPES)
    assert sum(MOST_LACKING.get(shape, OTHERS_LACK) for shape in SHAPES) / len(SHAPES) <= 0.02


# What more weight does.


def share_of(made: Plan, segment: str, weight: int) -> int:
    """What a plan brings a segment before freight: margins less lateness, unweighted, in cents."""
    book = made.book
    orders = book.tables.frames["orders"].filter(pl.col("segment") == segment)
    lanes = book.tables.frames["lanes"].select("site_id", "region", "cost_per_unit_cents")
    freight = (made.allocations.join(orders.select("order_id", "line_no", "region"),
                                     on=["order_id", "line_no"])
               .join(lanes, on=["site_id", "region"]))
    paid = int((freight["quantity"] * freight["cost_per_unit_cents"]).sum())
    earned: int = made.summary["segments"][segment]["weighted_cents"]
    share, rest = divmod(earned + paid, weight)
    assert rest == 0
    return share


def left_open(made: Plan) -> int:
    """Cents between a plan and its bound."""
    bound: int = made.summary["certificate"]["bound_cents"]
    value: int = made.summary["value"]["weighted_cents"]
    return bound - value


WEIGHTS = (1, 2, 5)


@pytest.mark.parametrize("shape", ["mixed", "no_bom", "stocked_levels", "scarce_hours"])
def test_more_weight_never_lowers_what_a_segment_gets(shape: str) -> None:
    """Of a plan let A be what a segment brings before freight and B all the rest, so that it is
    worth w A + B at the segment's weight w. Let plan 1 be made at w1 and plan 2 at w2 > w1, their
    bounds G1 and G2 above them. Then w1 A1 + B1 + G1 >= w1 A2 + B2, as a bound holds for every
    plan, and w2 A2 + B2 + G2 >= w2 A1 + B1. Added up, (w2 - w1) (A2 - A1) >= -(G1 + G2): the
    segment gets no less, but for what the bounds leave open; where they leave nothing, no less.
    Weights are whole, so that nothing is rounded."""
    proven = 0
    for seed in range(8):
        book = hg.read_book(*random_book(seed, shape))
        segments = book.tables.frames["orders"]["segment"].unique().sort().to_list()
        plans = [hg.plan(book, {"objective": "value", "late_rate": "0.01", "work": 30,
                                "weights": {"segment": {segments[0]: weight}}})
                 for weight in WEIGHTS]
        if segments[0] not in plans[0].summary["segments"]:
            continue
        shares = [share_of(made, segments[0], weight)
                  for made, weight in zip(plans, WEIGHTS, strict=True)]
        for first, second in ((0, 1), (1, 2), (0, 2)):
            slack = left_open(plans[first]) + left_open(plans[second])
            more = (WEIGHTS[second] - WEIGHTS[first]) * (shares[second] - shares[first])
            assert more >= -slack, f"random_book({seed}, {shape!r}): {shares}"
            proven += slack <= abs(shares[second]) // 100
    assert proven >= 6


@pytest.mark.parametrize("shape", ["mixed", "restricted", "many_substitutes"])
def test_the_best_plan_is_worth_more_and_more_by_a_segments_weight(shape: str) -> None:
    """Where what is not delivered costs nothing, the best value V(w) at a segment's weight w is the
    largest of the straight lines w A + B of all plans. In the best of them A is not below 0: a
    piece that brings less is left out. So V never falls, and it bends upwards only, as for the
    weights 1, 2, 3: V(3) - V(2) >= A at 2 >= V(2) - V(1), the segment's share growing with it.
    The engine's bound is never below V."""
    for seed in range(8):
        book = hg.read_book(*random_book(seed, shape))
        segments = book.tables.frames["orders"]["segment"].unique().sort().to_list()
        best = []
        for weight in (1, 2, 3):
            policy = {"late_rate": "0.01", "undelivered": "zero",
                      "weights": {"segment": {segments[0]: weight}}}
            best.append(linear_program(book.tables, policy).value_cents)
            made = hg.plan(book, {"objective": "value", "work": 20, **policy})
            assert made.summary["certificate"]["bound_cents"] >= best[-1] - 1 - 1e-7 * best[-1]
        slip = 1 + 1e-7 * best[-1]
        assert best[0] <= best[1] + slip and best[1] <= best[2] + slip
        assert best[2] - best[1] >= best[1] - best[0] - 3 * slip, f"random_book({seed}, {shape!r})"
