"""A value plan that begins from an older one."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

import headgate as hg
from headgate.demo import demo_book

WORK = {"objective": "value", "work": 30}
LITTLE = {"objective": "value", "work": 1}


@pytest.fixture(scope="module")
def first() -> tuple[hg.Book, hg.Plan]:
    made = demo_book(200, 3)
    book = hg.read_book(made.frames, made.settings)
    return book, hg.plan(book, WORK)


def test_the_same_book_keeps_what_was_found(first: tuple[hg.Book, hg.Plan]):
    """The older plan is taken over draw by draw, so that one unit of work from it has its value and
    its bound; from nothing, one unit gives a bound far above."""
    book, plan = first
    again, fresh = hg.plan(book, LITTLE, start=plan), hg.plan(book, LITTLE)
    assert hg.check(book, again).issues == ()
    value = plan.summary["value"]["weighted_cents"]
    assert again.summary["value"]["weighted_cents"] >= value
    bound = plan.summary["certificate"]["bound_cents"]
    assert again.summary["certificate"]["bound_cents"] == bound
    assert fresh.summary["certificate"]["bound_cents"] > bound


def test_a_changed_book_is_planned_from_the_old_plan(first: tuple[hg.Book, hg.Plan]):
    """Every committed purchase slips two weeks, an order is gone, and another has become larger:
    the plan that begins from the old one is feasible and certified for the new book."""
    book, plan = first
    made = demo_book(200, 3)
    frames = dict(made.frames)
    later = pl.col("available_on") + timedelta(weeks=2)
    frames["supply"] = frames["supply"].with_columns(
        available_on=pl.when(pl.col("available_on") > date(2026, 2, 2)).then(later)
        .otherwise(pl.col("available_on")))
    orders = frames["orders"]
    gone = orders["order_id"][0]
    frames["orders"] = orders.filter(pl.col("order_id") != gone).with_columns(
        quantity=pl.col("quantity") + 8 * pl.col("lot_size").fill_null(1))
    frames["service_lines"] = frames["service_lines"].filter(pl.col("order_id") != gone)
    changed = hg.read_book(frames, made.settings)
    again = hg.plan(changed, {"objective": "value", "work": 8}, start=plan)
    assert hg.check(changed, again).issues == ()
    value, bound = (again.summary["value"]["weighted_cents"],
                    again.summary["certificate"]["bound_cents"])
    assert value <= bound
    assert gone not in again.allocations["order_id"]
    assert changed.digest != book.digest
