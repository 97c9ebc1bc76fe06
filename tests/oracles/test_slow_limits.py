"""
The slow planner under limits, held against sums of its own plans.

What is asserted here is added up anew from the tables of a book and the rows of a plan.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

import headgate as hg
from headgate.book import Book
from tests.oracles.limited_books import LIMITS, limited_book
from tests.oracles.slow_book import SlowBook
from tests.oracles.slow_figures import promise_rows
from tests.oracles.slow_planner import SlowPlan, slow_plan

BOOKS = 25
Cells = dict[str, Any]


def plans(family: str) -> list[tuple[Book, SlowPlan]]:
    """Some books of a family with their slow plans."""
    books = [hg.read_book(*limited_book(seed, family)) for seed in range(BOOKS)]
    return [(book, slow_plan(book.tables)) for book in books]


def matches(row: Cells, line: Any) -> bool:
    """Whether the scope of a quota's row holds for a line."""
    return all(row[name] in (None, own) for name, own in (
        ("segment", line.segment), ("region", line.region), ("customer_id", line.customer)))


def names(book: SlowBook, row: Cells, item: str) -> bool:
    """Whether a quota's row names an item."""
    family = book.family[item]
    return row["item_id"] == item or (family is not None and row["family"] == family)


@pytest.mark.parametrize("family", ["caps", "quotas", "everything"])
def test_no_cap_is_exceeded(family: str) -> None:
    """Sent, and drawn below what is sent, in weeks whose Monday lies in the period."""
    bound = 0
    for book, plan in plans(family):
        for row in book.tables.frames["quotas"].to_dicts():
            if row["max_quantity"] is None:
                continue

            def inside(ship: int, row: Cells = row, plan: SlowPlan = plan) -> bool:
                return bool(row["from_on"] <= plan.book.monday_of(ship) <= row["to_on"])

            sent = sum(made.pieces for rows in plan.allocations for made in rows
                       if inside(made.ship) and matches(row, made.line)
                       and names(plan.book, row, made.item))
            drawn = sum(draw.pieces for draw in plan.world.all_draws()
                        if inside(draw.ship) and matches(row, draw.line) and not draw.is_sold
                        and names(plan.book, row, draw.item))
            assert sent + drawn <= row["max_quantity"]
            bound += sent + drawn == row["max_quantity"] > 0
    assert bound >= (3 if family == "caps" else 1)


@pytest.mark.parametrize("family", ["reservations", "quotas", "everything"])
def test_others_leave_what_is_reserved(family: str) -> None:
    """In every week, of all supply of a reservation's items that has come by then, what lines
    outside of all reservations of the items drew leaves the pieces reserved in it, as far as there
    are any; where several reservations keep the same items, those of all of them together."""
    for book, plan in plans(family):
        rows = [row for row in book.tables.frames["quotas"].to_dicts()
                if row["reserved_quantity"] is not None]
        for row in rows:
            alike = [other for other in rows
                     if items(plan.book, other) == items(plan.book, row)]
            strangers = [draw for draw in plan.world.all_draws() if draw.item in items(
                plan.book, row) and not any(matches(other, draw.line) for other in alike)]
            for week in range(plan.book.horizon):
                kept = sum(other["reserved_quantity"] for other in alike
                           if active(plan.book, other, week))
                there = sum(supply.pieces for (item, _, _), group in plan.book.supply.items()
                            if item in items(plan.book, row) for supply in group
                            if supply.start <= week)
                drawn = sum(draw.pieces for draw in strangers if draw.bucket <= week)
                assert drawn <= max(0, there - kept)


def items(book: SlowBook, row: Cells) -> set[str]:
    """The items of a quota's row."""
    return {item for item in book.family if names(book, row, item)}


def active(book: SlowBook, row: Cells, week: int) -> bool:
    """Whether a reservation keeps its pieces in a week: its period less the weeks of release."""
    released: date = row["to_on"] - timedelta(weeks=int(book.policy.get("release_weeks", 0)))
    return bool(row["from_on"] <= book.monday_of(week) <= released)


@pytest.mark.parametrize("family", ["ship_sets", "everything"])
def test_a_set_arrives_whole_in_one_week_or_not_at_all(family: str) -> None:
    """All open pieces of all its open lines, or none."""
    together = 0
    for _, plan in plans(family):
        for name in {line.ship_set for line in plan.book.lines if line.ship_set is not None}:
            lines = [line for line in plan.book.lines if line.ship_set == name and line.pieces]
            rows = [row for line in lines for row in plan.allocations[line.rank]]
            assert sum(row.pieces for row in rows) in (0, sum(line.pieces for line in lines))
            assert len({row.arrive for row in rows}) <= 1
            together += len(lines) > 1 and len(rows) > 1
    assert together >= 3


@pytest.mark.parametrize("family", ["frozen", "pins", "everything"])
def test_what_is_held_is_there_or_broken(family: str) -> None:
    """The first plan of only the held lines places what is fixed; pieces that are held are fixed or
    broken, and every fixed allocation is part of the plan."""
    kept = broken = 0
    for _, plan in plans(family):
        for line in plan.book.lines:
            fixed = sum(row.pieces for row in plan.fixed[line.rank])
            pinned = sum(pin.pieces for pin in plan.book.pins if pin.line is line)
            held = line.pieces if line.frozen else pinned
            assert max(0, held - fixed) == plan.broken[line.rank]
            there = Counter({(row.item, row.site, row.ship): row.pieces
                             for row in plan.allocations[line.rank]})
            for row in plan.fixed[line.rank]:
                there[row.item, row.site, row.ship] -= row.pieces
            assert not there or min(there.values()) >= 0
            kept, broken = kept + fixed, broken + plan.broken[line.rank]
    assert kept and broken


def test_every_limit_is_a_reason_of_some_line() -> None:
    """The books are scarce enough in permits, mates and what is not held."""
    words = Counter(row[10] for family in LIMITS for _, plan in plans(family)
                    for row in promise_rows(plan))
    assert all(words[word] >= 10 for word in ("quota", "frozen", "ship_set", "outbid")), words
