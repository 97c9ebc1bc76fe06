"""Scenarios planned side by side: what a change costs, in arithmetic that can be followed."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.book import build_book
from tests.stories.book_builder import book, week


def story(**policy: Any) -> hg.Book:
    """
    Eight GPUs on hand and eight in week 2; two servers of four each for two customers.

    A server sells for 100 and costs 10. acme wants 2 in week 1, bolt 2 in week 3: both on time.
    """
    made = book(orders=[("server", 2, 1, {"customer_id": "acme"}),
                        ("server", 2, 3, {"customer_id": "bolt", "segment": "neocloud"})],
                supply=[("gpu", 8, 0, {"reference": "LOT"}), ("gpu", 8, 2, {"reference": "PO"})],
                bom=[("server", "gpu", 4)], late_rate="0.01", **policy)
    return build_book(made.tables())


def change(name: str, **fields: Any) -> dict[str, Any]:
    """A scenario of one change."""
    return {"name": name, "change": [fields]}


SLIP = change("slip", kind="supply_slip", reference="PO", weeks=4)
LOST = change("lost", kind="supply_cut", reference="PO", percent=100)
RUSH = change("rush", kind="order_add", order_id="RUSH", customer_id="zeta", segment="neocloud",
              region="AMER", item_id="server", quantity=1, unit_price=100, priority=1,
              requested_on=week(1, 4))


@pytest.mark.parametrize("objective", ["rank", "value"])
def test_a_slip_costs_the_weeks_that_it_makes_late(objective):
    """PO comes in week 6 instead of 2; bolt's 2 servers, wanted in week 3, are 3 weeks late. Each
    costs 1% of 100 a week: 2 x 3 x 1.00 = 6.00 less. Promised for week 2 before, their 200.00
    move by 28 days; acme's stay."""
    found = hg.scenario(story(objective=objective), [SLIP])
    assert found.beside.names == ("base", "slip")
    assert found.beside.value("money", "base", "value") == 4 * 9000
    assert found.beside.difference("money", "slip", "value") == -600
    assert found.beside.difference("money", "slip", "late_cost") == 600
    assert found.beside.value("service", "slip", "line", "on_time") == 0.5
    assert found.beside.difference("lines", "slip", "late") == 1
    assert found.beside.difference("segments", "slip", "neocloud", "weighted_cents") == -600
    later = found.beside.promises.filter(plan="slip", change="later").row(0, named=True)
    assert (later["lines"], later["dollars_cents"], later["days"]) == (1, 20000, 28.0)
    assert found.beside.promises.filter(plan="slip", change="same")["lines"].item() == 1


def test_each_stack_is_a_column_and_makes_its_scenarios_in_order():
    """Without PO, 8 GPUs make 2 servers. With the rush order they are fewer than the 5 that are
    wanted: rank gives the rush order 1, acme 1 of 2, bolt none."""
    found = hg.scenario(story(objective="rank"), [LOST, [LOST, RUSH]])
    assert found.beside.names == ("base", "lost", "lost + rush")
    assert [found.beside.value("lines", name, "unplanned") for name in found.beside.names] == [
        0, 1, 1]
    assert found.beside.value("lines", "lost + rush", "short") == 1
    changes = found.beside.promises.filter(plan="lost + rush")
    assert dict(zip(changes["change"], changes["lines"], strict=True)) | {
        "lost": 1, "fewer_pieces": 1, "new": 1, "gone": 0, "same": 0} == dict(
        zip(changes["change"], changes["lines"], strict=True))
    assert found.plan("lost").book.digest != found.base.book.digest
    with pytest.raises(KeyError, match="none of"):
        found.plan("slipp")


def test_days_are_weighed_by_dollars():
    """acme's 2 servers at 100.00 are 7 days late, bolt's 2 at 300.00 are 21: (200 x 7 + 600 x 21) /
    800 = 17.5 days."""
    made = book(orders=[("a", 2, 1), ("b", 2, 1, {"unit_price": 300})],
                supply=[("a", 2, 1, {"reference": "A"}), ("b", 2, 1, {"reference": "B"})],
                objective="rank")
    both = {"name": "both", "change": [
        {"kind": "supply_slip", "reference": "A", "weeks": 1},
        {"kind": "supply_slip", "reference": "B", "weeks": 3}]}
    found = hg.scenario(build_book(made.tables()), [both])
    later = found.beside.promises.filter(plan="both", change="later").row(0, named=True)
    assert (later["lines"], later["dollars_cents"], later["days"]) == (2, 80000, 17.5)


@pytest.mark.parametrize("free", [False, True])
def test_what_changes_nothing_moves_nothing(free):
    """A receipt slips four weeks and is pulled in by four: every column is planned from the same
    plan by the same steps, so not a promise and not a cent differs."""
    idle = change("idle", kind="supply_slip", reference="PO", weeks=4)
    idle["change"].append({"kind": "supply_slip", "reference": "PO", "weeks": -4})
    found = hg.scenario(story(objective="value"), [idle], free=free)
    assert found.beside.difference("money", "idle", "weighted_value") == 0
    moved = found.beside.promises.filter(plan="idle").filter(pl.col("change") != "same")
    assert moved["lines"].sum() == 0


def test_the_best_possible_changes_within_what_is_proven():
    """The true optimum of the slip is 6.00 below that of the base; the bounds must hold it."""
    found = hg.scenario(story(objective="value"), [SLIP], free=True)
    row = found.beside.gaps.filter(plan="slip").row(0, named=True)
    assert row["least_cents"] <= -600 <= row["most_cents"]
    base = found.beside.gaps.filter(plan="base").row(0, named=True)
    assert base["least_cents"] is None and base["bound_cents"] >= 4 * 9000


def test_options_hold_for_all_and_a_scenario_for_itself():
    """The caller asks for rank; one scenario says value. Both columns know their policy."""
    value = change("by value", kind="policy", set={"objective": "value"})
    found = hg.scenario(story(), [SLIP, value], policy="rank")
    assert [found.plan(name).summary["policy"]["objective"] for name in found.beside.names] == [
        "rank", "rank", "value"]


def test_no_scenario_is_a_mistake_of_the_caller():
    """There is nothing to hold the book against."""
    with pytest.raises(ValueError, match="at least one"):
        hg.scenario(story(), [])
