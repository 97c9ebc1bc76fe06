"""
The product's `rank` plan against the slow planner's, on hundreds of random small books.

The two share the tables of the checked book and the wording of reasons, and no code that plans,
pegs, counts or explains. Every cell of the tables must agree, and every figure of the summary
that does not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.tables.plan_schema import PLAN_TABLES
from tests.oracles.limited_books import LIMITS, limited_book
from tests.oracles.random_books import SHAPES, random_book
from tests.oracles.slow_figures import (
    allocation_rows,
    consumption_rows,
    pegging_rows,
    promise_rows,
    summary,
)
from tests.oracles.slow_planner import SlowPlan, slow_plan
from tests.oracles.slow_shortages import shortage_rows

BOOKS_OF_A_SHAPE = 20
BOOKS_OF_A_FAMILY = 40
SLOW_ROWS: dict[str, Callable[[SlowPlan], list[tuple[Any, ...]]]] = {
    "allocations": allocation_rows, "promises": promise_rows, "consumption": consumption_rows,
    "pegging": pegging_rows, "shortages": shortage_rows,
    "prices": lambda plan: [], "reliefs": lambda plan: []}
"""Rows of each table; `rank` proves no prices, so it has none of them and no reliefs."""


def weighed(frames: Mapping[str, pl.DataFrame], settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with weights of the first line and two bonuses, which rank counts only."""
    lines = frames["orders"]
    first = lines.row(0, named=True) if lines.height else {}
    names = {"segment": first.get("segment"), "customer": first.get("customer_id")}
    weights = {kind: {name: weight} for (kind, name), weight in zip(
        names.items(), ("1.25", "0.333"), strict=True) if name is not None}
    bonus = [{"by": "2026-02-20", "share": "0.02"}, {"by": "2026-03-13", "share": "0.005"}]
    return {**settings, "policy": {**settings["policy"], "weights": weights, "bonus": bonus}}


def rows_of(frame: pl.DataFrame, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Rows of a plan's table."""
    assert tuple(frame.columns) == names
    return frame.rows()


def first_difference(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> str:
    """The first rows that differ, for the message of a failing test."""
    for number, pair in enumerate(zip(found, expected, strict=False)):
        if pair[0] != pair[1]:
            return f"row {number}: the product says {pair[0]}, the slow planner {pair[1]}"
    longer = found[len(expected):] or expected[len(found):]
    return f"{len(found)} rows and {len(expected)}; the first one more is {longer[:1]}"


@pytest.mark.parametrize("shape", SHAPES)
def test_product_and_slow_planner_agree(shape: str) -> None:
    """Twenty books of one shape: all tables row by row, all figures of the summary. Every other
    book has weights and bonuses."""
    for seed in range(BOOKS_OF_A_SHAPE):
        frames, settings = random_book(seed, shape)
        compare(frames, weighed(frames, settings) if seed % 2 else settings,
                f"random_book({seed}, {shape!r})")


@pytest.mark.parametrize("family", LIMITS)
def test_product_and_slow_planner_agree_under_limits(family: str) -> None:
    """Forty books with caps, reservations, ship sets, frozen lines or pins, or all of them."""
    for seed in range(BOOKS_OF_A_FAMILY):
        compare(*limited_book(seed, family), f"limited_book({seed}, {family!r})")


def compare(frames: dict[str, pl.DataFrame], settings: dict[str, Any], name: str) -> None:
    """Both plans of a book, cell by cell."""
    book = hg.read_book(frames, settings)
    plan = hg.plan(book)
    slow = slow_plan(book.tables)
    for table in PLAN_TABLES:
        found = rows_of(plan.frames.frames[table.name], table.names)
        expected = SLOW_ROWS[table.name](slow)
        assert found == expected, f"{name}, {table.name}, {first_difference(found, expected)}"
    figures = summary(slow)
    assert {key: plan.summary[key] for key in figures} == figures, f"{name}, summary"
