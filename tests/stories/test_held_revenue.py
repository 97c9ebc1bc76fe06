"""Goods that are billed and held: revenue on that day by all four criteria, or on none before."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.finance.bill_and_hold import CRITERIA
from headgate.finance.revenue import revenue_of
from headgate.finance.statement import RevenueStatement, statement_of
from headgate.session.recognising import recognised, revenue
from tests.stories.backlog_told import told, walked
from tests.stories.book_builder import AS_OF, Story, book, week
from tests.stories.lived import Lived, line
from tests.stories.test_revenue import by_quarter, priced, steps
from tests.stories.test_rpo import billed, held

FIRM = {"cancellable": "no"}


def of_ten(**order: Any) -> Story:
    """Ten servers at 100, standard cost 60, that bind; three come in week 1, seven in week 14."""
    return book([("server", 10, 1, {**FIRM, **order})], [("server", 3, 1), ("server", 7, 14)],
                horizon=20, items=[("server", 60)])


def stated(story: Story, record: pl.DataFrame | None = None,
           billings: pl.DataFrame | None = None) -> RevenueStatement:
    """The statement of a story's plan with a record of what is billed and held."""
    plan = priced(story)
    return statement_of(revenue_of(
        plan.book, plan.policy, plan.allocation, plan.summary["value"], held=record), None,
        billings, with_held=record is not None)


def test_what_is_held_by_all_criteria_is_no_revenue_of_the_plan():
    """Four of ten were recognised when they were billed and held: 400. The plan sends three in the
    first quarter, all of them such, and seven in the second, the first of them the fourth: six
    are left, 600 less 360. The walk from the price and the one from the plan's value say so."""
    made = stated(of_ten(), held(4))
    assert by_quarter(made) == {"FY27 Q2": 600_00}
    assert made.totals == {"revenue_cents": 600_00, "cost_cents": 360_00, "margin_cents": 240_00}
    assert made.entries["quantity"].to_list() == [6]
    assert steps(made.price_walk, "cents") == {
        "contracts": 1000_00, "bill_and_hold": -400_00, "revenue": 600_00}
    margin = steps(made.reconciliation, "margin_cents")
    assert margin["bill_and_hold"] == -(400_00 - 240_00) and margin["total"] == 240_00
    assert made.tables()["bill_and_hold"]["recognised"].to_list() == ["yes"]


@pytest.mark.parametrize("missing", [*CRITERIA])
def test_three_criteria_are_not_enough(missing: str):
    """One of the four is not met: revenue by quarter is that of a plan without any record, and the
    table names the one."""
    made = stated(of_ten(), held(4, **{missing: False}))
    assert by_quarter(made) == by_quarter(stated(of_ten())) == {
        "FY27 Q1": 300_00, "FY27 Q2": 700_00}
    assert made.tables()["bill_and_hold"].select("recognised", "missing").rows() == [
        ("no", missing)]


@pytest.mark.parametrize("pieces", [1, 4, 10])
def test_revenue_and_rpo_by_quarter_agree_on_what_is_held(pieces: int):
    """A penalty of 2 a piece and week, thirteen weeks late in the second quarter: RPO by quarter,
    which leaves out what is held, is the revenue by quarter, of 1, 4 or all pieces held; and what
    is held is late to nobody."""
    story = of_ten(late_penalty_per_unit_week=2)
    plan = priced(story)
    schedule = told(story, plan, held=held(pieces)).parts["rpo_schedule"].filter(
        pl.col("kind") == "dated").select("quarter", "hardware_cents").rows()
    made = stated(of_ten(late_penalty_per_unit_week=2), held(pieces))
    assert {name: cents for name, cents in schedule if cents} == by_quarter(made)
    late = min(7, 10 - pieces)
    assert made.entries["penalty_cents"].sum() == late * 13 * 2_00


def test_what_is_held_and_not_planned_is_not_undated():
    """Three of ten have supply; four are held with all four criteria. The plan sends three of
    these: no revenue; six have no date, and not seven."""
    story = book([("server", 10, 1, FIRM)], [("server", 3, 1)], horizon=20)
    made = stated(story, held(4))
    assert steps(made.price_walk, "cents") == {
        "contracts": 1000_00, "bill_and_hold": -400_00, "undated": -600_00}


def test_what_was_billed_for_it_is_earned():
    """400 billed for the four that are held: with all criteria nothing is deferred; without one it
    is until the plan ships, three pieces of it in the first quarter."""
    assert stated(of_ten(), held(4), billed(("SO-1", 400))).deferred.is_empty()
    rows = stated(of_ten(), held(4, ready=False), billed(("SO-1", 400))).deferred
    assert rows.select("quarter", "opening_cents", "released_cents").rows() == [
        ("FY27 Q1", 400_00, 300_00), ("FY27 Q2", 100_00, 100_00)]


def record(pieces: int, on: date, ready: bool = True) -> pl.DataFrame:
    """A record of A/1."""
    return held(pieces, ready=ready).with_columns(order_id=pl.lit("A"), held_on=pl.lit(on))


@pytest.mark.parametrize("cancellable", ["no", "yes"])
def test_a_store_recognises_it_on_the_day_since_when_it_is_held(cancellable: str):
    """Ten servers at 100; three were shipped on 10 January, four are billed and held since the
    20th: 300 and 400 of FY26 Q1 up to 2 February. What is left of 1,000, 300, is RPO if the line
    binds, else it may be cancelled; either way that is the RPO of the backlog, and all of it
    ties."""
    lived = Lived([line("A", 1, 10, "100.00", cancellable=cancellable)])
    lived.record("order_shipped", "A/1", "2026-01-10", quantity=3)
    read, known = lived.book(), lived.journals()
    held_since = record(4, date(2026, 1, 20))
    made = recognised(read, known.progress, known.left, past=known.past,
                      bill_and_hold=held_since)
    assert made.ties_hold
    entries = made.made.entries
    assert entries.select("rule", "recognised_on", "quantity", "revenue_cents").rows() == [
        ("ship", date(2026, 1, 10), 3, 300_00), ("bill_and_hold", date(2026, 1, 20), 4, 400_00)]
    walk = steps(made.walk, "cents")
    assert walk["bill_and_hold"] == -400_00
    assert walk.get("rpo", 0) == (300_00 if cancellable == "no" else 0)
    assert walk.get("not_binding", 0) == (0 if cancellable == "no" else -300_00)
    backlog = hg.backlog(read, movements=known.movements, progress=known.progress,
                         past=known.past, bill_and_hold=held_since)
    assert backlog.figures["ties_hold"] and backlog.figures["rpo_cents"] == walk.get("rpo", 0)


def test_a_record_tells_how_many_of_its_pieces_have_shipped():
    """Three of ten were shipped on 10 January, four are held since the 20th, two leave on the 28th:
    two of the four. A book without a ledger does not say when any left: its seven open pieces are
    five, and four of these are held."""
    lived = Lived([line("A", 1, 10, "100.00")])
    lived.record("order_shipped", "A/1", "2026-01-10", quantity=3)
    lived.record("order_shipped", "A/1", "2026-01-28", quantity=2)
    read, known = lived.book(), lived.journals()
    told = [recognised(read, known.progress, known.left, past=known.past,
                       bill_and_hold=record(4, date(2026, 1, 20))).held,
            hg.backlog(read, bill_and_hold=record(4, date(2026, 1, 20))).parts["bill_and_hold"]]
    assert [frame["shipped_since"].to_list() for frame in told if frame is not None] == [
        [2], [None]]


def test_a_plan_of_a_store_tells_it_beside_what_it_sends():
    """Two servers at 100, one of them shipped; the plan sends the other, which is held. With all
    four criteria 200 are recognised and nothing is planned; with three 100 are, and 100 planned."""
    lived = Lived([line("A", 1, 2, "100.00", requested_on=1)])
    lived.record("order_shipped", "A/1", "2026-01-10", quantity=1)
    read, known = lived.book(), lived.journals()
    plan = hg.plan(read)
    for ready, cents in ((True, {"recognised": 200_00}),
                         (False, {"recognised": 100_00, "planned": 100_00})):
        made = revenue(read, plan, progress=known.progress, left=known.left, past=known.past,
                       bill_and_hold=record(1, week(0), ready))
        assert made.so_far is not None and made.so_far.ties_hold
        assert dict(made.so_far.by_quarter.filter(pl.col("by") == "all").select(
            "status", "revenue_cents").iter_rows()) == cents


def test_a_record_of_tomorrow_says_nothing_today():
    """Held from the day after as_of: neither revenue nor backlog looks at it, and both say that the
    record has no row."""
    later = held(4).with_columns(held_on=pl.lit(date.fromordinal(AS_OF.toordinal() + 1)))
    made = stated(of_ten(), later)
    assert made.totals["revenue_cents"] == 1000_00
    assert made.held is not None and made.held.is_empty()
    assert walked(told(of_ten(), held=later))["rpo"] == 1000_00
