"""
Plans by value under limits against the exact referee, which knows quotas and ship sets as rows of
its program and is told what is held by the slow planner.
"""

from __future__ import annotations

from collections import Counter

import pytest

import headgate as hg
from headgate.oracle import linear_program, mixed_program
from headgate.oracle.held import Held
from tests.oracles.limited_books import LIMITS, limited_book
from tests.oracles.slow_figures import extra_cents
from tests.oracles.slow_limits import groups
from tests.oracles.slow_planner import SlowPlan, slow_plan
from tests.oracles.slow_worth import SlowWorth

BOOKS = 12
SECONDS = 2.0


def held_of(plan: SlowPlan) -> Held:
    """What the slow planner places before all others, as the referee takes it."""
    book, world = plan.book, plan.held
    worth, draws = SlowWorth(book), world.all_draws()
    lanes = {(lane.site, lane.region): lane for lane in book.lanes}
    value = sum(row.pieces * worth.delivered(row.line, row.item, lanes[row.site, row.line.region],
                                             row.ship) for rows in plan.fixed for row in rows)
    placed, pools, hours, caps, own = Counter(), Counter(), Counter(), Counter(), Counter()
    common: Counter[tuple[frozenset[str], int]] = Counter()
    for line in book.lines:
        placed[line.key] += sum(row.pieces for row in plan.fixed[line.rank])
    for use in world.all_uses():
        hours[use.resource, use.site, use.bucket] += use.micro
    for row in [*world.sent, *(draw for draw in draws if not draw.is_sold)]:
        for quota in book.quotas:
            if (quota.cap is not None and quota.matches(row.line) and row.item in quota.items
                    and quota.first <= row.ship <= quota.last):
                caps[quota.quota_id] += row.pieces
    for draw in draws:
        pools[(draw.item, draw.site, draw.pool), draw.bucket] += draw.pieces
        for name, pieces in draw.own:
            own[name] += pieces
        for items, members in groups(book).items():
            if draw.item in items:
                names = {quota.quota_id for quota in members}
                common[items, draw.bucket] += draw.pieces - sum(
                    pieces for name, pieces in draw.own if name in names)
    return Held(placed, pools, hours, caps, own, common, value - extra_cents(
        SlowPlan(book, plan.fixed, world, plan.fixed, world, plan.broken)))


@pytest.mark.parametrize("family", LIMITS)
def test_plan_best_and_bound_are_in_order(family: str) -> None:
    """No plan is worth more than the best there is, and no bound proves less; where nothing must
    arrive together no bound proves less than the linear program, the lowest that prices can. On
    the average of a family a plan lacks at most 8% of the best, each book at most all of it."""
    lacks = []
    for seed in range(BOOKS):
        book = hg.read_book(*limited_book(seed, family))
        policy = {**book.settings.policy, "objective": "value"}
        made, held = hg.plan(book, policy), held_of(slow_plan(book.tables))
        value = made.summary["value"]["weighted_cents"]
        bound = made.summary["certificate"]["bound_cents"]
        linear = linear_program(book.tables, policy, held=held).value_cents
        mixed = mixed_program(book.tables, policy, SECONDS, held)
        slip = 1 + 1e-7 * abs(linear)
        told = (f"limited_book({seed}, {family!r}): plan {value:,} of {mixed.value_cents:,.0f} to "
                f"{mixed.bound_cents:,.0f}; bound {bound:,} of linear {linear:,.0f}")
        assert value <= mixed.bound_cents + slip, told
        assert mixed.value_cents <= linear + slip, told
        assert mixed.value_cents <= bound + slip, told
        if family not in ("ship_sets", "everything"):
            assert linear <= bound + slip, told
            assert bound - linear <= 0.005 * max(abs(linear), 50_000), told
        lacks.append(min(1.0, max(0.0, mixed.value_cents - value - slip)
                         / max(abs(mixed.value_cents), 1.0)))
    assert sum(lacks) / len(lacks) <= 0.08, lacks
