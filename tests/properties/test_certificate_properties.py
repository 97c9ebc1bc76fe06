"""
The certificate on random books of every shape: no prices prove too little, and the smoothed dual
in which the prices are searched is what it says.

The planner and the checker compute the bound each in its own way; whatever the prices are, both
must come to the same cent, and no plan may be worth more.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import headgate as hg
from headgate.book import Book
from headgate.planner.certificate import Certificate, bound_of, price_frame
from headgate.planner.dual import Dual, Prices
from headgate.planner.market import Exchange
from headgate.planner.policy import read_policy
from headgate.planner.run import run
from headgate.verify import bound_of as proven_bound
from tests.properties.strategies import RawParts, books
from tests.properties.value_books import (
    Cells,
    market_of,
    rows_of_prices,
    some_book,
    some_cents,
    some_policy,
    some_prices,
)

Floats = NDArray[np.float64]
THREADS = ThreadPoolExecutor(2)
SEEDS = st.integers(0, 2**32 - 1)
WARM = st.floats(0.05, 0.5)
"""Temperatures at which a choice is soft enough for figures to say something."""


def whole(policy: Cells) -> Cells:
    """A policy as a summary states it."""
    return read_policy(policy).as_dict()


# Weak duality.


@given(books(), SEEDS, st.sampled_from(["rank", "value"]))
@settings(max_examples=60)
def test_no_plan_is_worth_more_than_any_prices_prove(parts: RawParts, seed: int, objective: str):
    """Whoever pays the prices for all there is, and lets every line gain what is best for it,
    pays at least what any plan brings: for a plan by rank or by value, with stocked levels,
    substitutes, accepted items, reservations, lateness, weights and bonuses, and for prices that
    fall, rise or are 0. The table says the same to the checker, which computes on its own, when
    its rows are those of the planner, where a price ends, and when they are all there are."""
    book = some_book(parts, seed)
    plan = hg.plan(book, some_policy(book, seed, objective=objective, work=1 + seed % 9))
    value, policy = plan.summary["value"]["weighted_cents"], plan.summary["policy"]
    pools, exchange = market_of(book, read_policy(policy))
    for turn in range(3):
        cells, hours = some_cents(book, exchange, seed + turn)
        level = np.maximum.accumulate(cells[:, ::-1], axis=1)[:, ::-1]
        bound = bound_of(book, exchange, pools, level, hours)
        assert value <= bound
        rows = rows_of_prices(book, pools, cells, hours)
        assert proven_bound(book.tables, policy, rows) == bound
        rows = price_frame(book, pools, Certificate(level, hours, bound))
        assert proven_bound(book.tables, policy, rows) == bound


@given(books(), SEEDS)
@settings(max_examples=30)
def test_prices_near_the_best_prove_no_less_than_any_plan_is_worth(parts: RawParts, seed: int):
    """The search's own prices prove little more than the plan is worth; each of them up to a
    tenth higher or lower, or dropped, must still not prove less than that plan, nor than the one
    by rank. Here a cost that is counted twice or forgotten shows, which far-off prices hide."""
    book = some_book(parts, seed)
    settings_ = some_policy(book, seed, work=12)
    plans = [hg.plan(book, settings_), hg.plan(book, {**settings_, "objective": "rank"})]
    value = max(plan.summary["value"]["weighted_cents"] for plan in plans)
    policy = read_policy(settings_)
    found = run(book, policy).certificate
    assert found is not None
    assert found.bound_cents == plans[0].summary["certificate"]["bound_cents"]
    pools, exchange = market_of(book, policy)
    dice = np.random.default_rng(seed)
    for _ in range(4):
        shift = dice.uniform(0.9, 1.1, found.level.shape) * (
            dice.random((len(found.level), 1)) < 0.9)
        level = np.rint(found.level * shift).astype(np.int64)
        level = np.maximum.accumulate(level[:, ::-1], axis=1)[:, ::-1]
        hours = np.rint(found.hours * dice.uniform(0.9, 1.1, found.hours.shape)).astype(np.int64)
        bound = bound_of(book, exchange, pools, level, hours)
        assert value <= bound
        assert proven_bound(book.tables, whole(settings_),
                            rows_of_prices(book, pools, level, hours)) == bound


@given(books(), SEEDS, st.sampled_from(["segment", "customer", "priority"]), st.integers(1, 20))
@settings(max_examples=40)
def test_more_weight_never_lowers_the_bound(parts: RawParts, seed: int, kind: str, more: int):
    """Where what is not delivered costs nothing, a line's surplus at any prices is the largest of
    0 and weight x (margin - lateness) - what the piece costs - freight. Costs are never negative:
    if it is above 0, so is margin - lateness, and more weight makes it larger; else it stays 0.
    So what a segment, customer or priority gets in the bound never falls as its weight rises.
    Weights are whole here, so that nothing is rounded."""
    book = hg.read_book(*parts)
    column = {"segment": "segment", "customer": "customer_id", "priority": "priority"}[kind]
    names = book.tables.frames["orders"][column].drop_nulls().unique().sort().cast(str).to_list()
    bounds = []
    for weight in (1, 1 + more, 1 + 2 * more):
        policy = read_policy({"undelivered": "zero", "late_rate": "0.0135",
                              "weights": {kind: dict.fromkeys(names[:1], weight)}})
        pools, exchange = market_of(book, policy)
        cells, hours = some_cents(book, exchange, seed)
        level = np.maximum.accumulate(cells[:, ::-1], axis=1)[:, ::-1]
        bounds.append(bound_of(book, exchange, pools, level, hours))
    assert bounds == sorted(bounds)
    # What the weight multiplies is a straight line wherever the choice stays: the gain grows.
    assert bounds[2] - bounds[1] >= bounds[1] - bounds[0]


# The smoothed dual.


def dual_of(book: Book, seed: int) -> tuple[Exchange, Dual, Cells]:
    """A dual over all lines of a book, under a policy from a seed."""
    policy = some_policy(book, seed)
    _, exchange = market_of(book, read_policy(policy))
    return exchange, Dual(exchange, THREADS), policy


def size_of(exchange: Exchange) -> float:
    """Cents of about all that a dual adds up, to measure rounding against."""
    lines = exchange.market.lines[:, 0] * exchange.market.heat
    return 1.0 + float(lines.sum()) + abs(exchange.floor_cents)


@given(books(), SEEDS)
@settings(max_examples=50)
def test_the_smoothed_dual_is_never_below_the_sharp_one(parts: RawParts, seed: int):
    """Softening a choice adds temperature x log(sum of weights) of at least log(1) = 0 to what a
    line gains, and takes as much off what a need costs: at tau = 0.05 the dual is not below that
    at 0, and the warmer the higher, but for the weights below e^-14, a millionth, that are left
    out. Nearly cold it is the sharp dual."""
    book = some_book(parts, seed)
    exchange, dual, _ = dual_of(book, seed)
    prices, size = some_prices(exchange, seed), size_of(exchange)
    totals = [dual.at(prices, tau)[0] for tau in (0.0, 0.05, 0.15, 0.5)]
    assert totals[0] <= min(totals[1:]) + 1e-12 * max(size, abs(totals[0]))
    assert all(low <= high + 1e-5 * size for low, high in pairwise(totals))
    cold = dual.at(prices, 1e-7)[0]
    assert abs(cold - totals[0]) <= 1e-5 * max(size, abs(totals[0]))


def rises(dual: Dual, prices: Prices, move: Prices, tau: float) -> tuple[float, float, float]:
    """
    How much the dual rises along a move, by its values and by its gradient.

    returns : the two; and the pieces and hours, supplied and asked for, at the move's cents
    """
    def there(share: float) -> Prices:
        return Prices(prices.steps + share * move.steps, prices.hours + share * move.hours)

    points, weights = np.polynomial.legendre.leggauss(8)
    along = size = 0.0
    spans = np.linspace(0.0, 1.0, 7)
    for low, high in pairwise(spans):
        for point, weight in zip(points, weights, strict=True):
            share = (low + high) / 2 + point * (high - low) / 2
            _, steps, hours = dual.at(there(share), tau)
            length = weight * (high - low) / 2
            along += length * float((steps * move.steps).sum() + (hours * move.hours).sum())
            drawn, there_ = dual.supply - steps, np.where(dual.limited, dual.hours, 0.0)
            size += length * float(((dual.supply + drawn) * abs(move.steps)).sum()
                                   + ((2 * there_ - hours) * abs(move.hours)).sum())
    return dual.at(there(1.0), tau)[0] - dual.at(prices, tau)[0], along, size


@given(books(), SEEDS, WARM, st.booleans())
@settings(max_examples=60)
def test_the_gradient_is_what_the_dual_rises_by(parts: RawParts, seed: int, tau: float, one: bool):
    """Prices are moved a little, one alone or all at random: the dual must rise by the integral of
    supply less expected draws along the way. A plain difference quotient would stumble where a
    weight falls below e^-14 and is left out; in the integral such a jump is a few millionths of
    what one line moves."""
    book = some_book(parts, seed)
    exchange, dual, _ = dual_of(book, seed)
    prices = some_prices(exchange, seed)
    dice = np.random.default_rng(seed + 1)
    heat = exchange.market.item_heat[exchange.market.pool_item][:, None]
    steps = dice.uniform(0.1, 0.2, exchange.supply.shape) * tau * heat
    hours = dice.uniform(0.01, 0.02, exchange.hours.shape) * tau * prices.hours.max(initial=0.0)
    # Up or down, but no price below 0; and never so little that a jump would show.
    steps *= np.where(prices.steps > steps, dice.choice([-1.0, 1.0], steps.shape), 1.0)
    hours *= np.where(prices.hours > hours, dice.choice([-1.0, 1.0], hours.shape), 1.0)
    hours[~dual.limited] = 0.0
    if one:
        chosen = dice.integers(max(1, steps.size + hours.size))
        steps.ravel()[np.arange(steps.size) != chosen] = 0.0
        hours.ravel()[np.arange(hours.size) != chosen - steps.size] = 0.0
    move = Prices(steps, hours)
    rise, along, size = rises(dual, prices, move, tau)
    total = max(size_of(exchange), abs(dual.at(prices, tau)[0]))
    assert abs(rise - along) <= 1e-4 * size + 1e-13 * total


# The sharp dual and the bound in whole cents.


def steps_in_a_piece(book: Book) -> Callable[[str], int]:
    """How many routing steps a piece of an item takes at most, those of its parts included."""
    frames = book.tables.frames
    own = dict(frames["routing"].group_by("item_id").len().iter_rows())
    parts: dict[str, list[tuple[str, int]]] = {}
    for parent, part, pieces in frames["bom"].select(
            "parent_id", "component_id", "quantity").iter_rows():
        parts.setdefault(parent, []).append((part, pieces))

    def steps(item: str) -> int:
        return own.get(item, 0) + sum(pieces * steps(part) for part, pieces in parts.get(item, ()))

    return steps


@given(books(), SEEDS)
@settings(max_examples=50)
def test_the_bound_in_whole_cents_is_the_sharp_dual_rounded_outward(parts: RawParts, seed: int):
    """At whole prices the two differ by rounding alone: each step of a piece is rounded down, less
    than a cent for each of the steps that an open piece may take, and each week's hours are
    rounded up. Without hours they are equal, but for 64-bit floating point. Only where shipping
    earns a bonus the dual, which does not ask by which lane, says more than the bound."""
    book = some_book(parts, seed)
    exchange, dual, policy = dual_of(book, seed)
    pools, _ = market_of(book, read_policy(policy))
    cells, hours = some_cents(book, exchange, seed)
    level = np.cumsum(cells[:, ::-1], axis=1)[:, ::-1]
    bound = bound_of(book, exchange, pools, level, hours)
    sharp = dual.at(Prices(cells.astype(np.float64), hours.astype(np.float64)), 0.0)[0]
    sharp += exchange.floor_cents
    steps = steps_in_a_piece(book)
    orders, most = book.tables.frames["orders"], 0
    for item, others, ordered, shipped in orders.select(
            "item_id", "accepts", "quantity", "shipped_quantity").iter_rows():
        most += (ordered - shipped) * max(map(steps, (item, *(others or ()))))
    slip = 1e-12 * max(size_of(exchange), abs(sharp), float((pools.supplied * level).sum()))
    assert bound <= sharp + slip + most + np.count_nonzero(hours)
    if not policy["bonus"]:
        assert sharp - slip <= bound


def test_the_rounding_is_outward_in_both_places():
    """A server takes a third of an hour at 10 cents an hour, 3.33 cents, and a third of an hour is
    there in week 0: the hours count 4 cents and the server pays 3. The sharp dual knows neither:
    it says 9,000 where the bound says 9,001."""
    from tests.stories.book_builder import book as told

    story = told([("server", 1, 0, {"latest_on": 0})], [("gpu", 1)], [("server", "gpu")],
                 routing=[("server", "cell", "0.333333")],
                 capacity=[("cell", "0.333333", {"week": 0})], late_rate="0", objective="value")
    book = hg.read_book(story.frames, story.settings)
    pools, exchange = market_of(book, read_policy(book.settings.policy))
    level, hours = np.zeros_like(pools.supplied), np.zeros_like(book.hours.micro)
    hours[0, 0] = 10
    assert bound_of(book, exchange, pools, level, hours) == 9_001
    sharp, _, _ = Dual(exchange, THREADS).at(
        Prices(level.astype(np.float64), hours.astype(np.float64)), 0.0)
    assert sharp == pytest.approx(9_000, abs=1e-6)
