"""What the report of a ledger says was recognised: its numbers, its charts, its words."""

from __future__ import annotations

import re
from html import unescape

import plotly.graph_objects as go
import polars as pl

import headgate as hg
from headgate.finance.recognised_walk import SoFar
from headgate.reports.recognised import recognised_panels
from headgate.session.recognising import RevenueAnswer, recognised, revenue
from tests.stories.lived import Lived, line


def lived() -> Lived:
    """Ten servers at 100.00, standard cost 10.00, invoiced in January; three shipped in January and
    two in April; FY26 Q1 is over."""
    told = Lived([line("A", 1, 10, "100.00", requested_on=1)])
    told.record("order_invoiced", "A/1", "2026-01-05", amount_cents=1000_00)
    told.record("order_shipped", "A/1", "2026-01-10", quantity=3)
    told.record("order_shipped", "A/1", "2026-04-10", quantity=2)
    return told


def so_far(ledger: Lived, on: str = "2026-04-20") -> SoFar:
    known = ledger.journals(on)
    return recognised(ledger.book(on), known.progress, known.left, past=known.past,
                      billings=known.billings)


def of_a_plan() -> tuple[hg.Plan, RevenueAnswer]:
    """The same with a plan of its book on 2 February, which sends one more."""
    ledger = lived()
    read, known = ledger.book(), ledger.journals()
    plan = hg.plan(read)
    return plan, revenue(read, plan, billings=known.billings, progress=known.progress,
                         left=known.left, past=known.past)


def test_the_quarters_and_the_walk_have_the_numbers_of_the_ledger():
    """FY26 Q1 has 300.00 at 90% margin and leaves 700.00 deferred; 200.00 of FY26 Q2 so far. Of
    1,000.00 sold 500.00 is recognised, and 500.00 is RPO."""
    quarters, walk = recognised_panels(so_far(lived()))
    assert quarters.finding == ("FY26 Q1 closed with $300.00 of revenue at 90.0% margin; $200.00 "
                                "of FY26 Q2 is recognised so far")
    assert quarters.grid is not None and walk.grid is not None
    assert quarters.grid.rows == (
        ("FY26 Q1", "$300.00", "$300.00", "$0.00", "$0.00", "$30.00", "$270.00", "90.0%",
         "$700.00"),
        ("FY26 Q2, so far", "$200.00", "$200.00", "$0.00", "$0.00", "$20.00", "$180.00", "90.0%",
         "$500.00"))
    assert walk.finding == ("Of $1.00k sold, $500.00 is recognised and $500.00 is RPO before late "
                            "penalties")
    assert walk.note.endswith("checks tie to the cent.")
    for panel in (quarters, walk):
        go.Figure(panel.figure)


def test_with_a_plan_the_quarter_under_way_has_both_parts():
    """On 2 February: 300.00 so far, one more planned for 100.00, 400.00 together; the part of the
    report begins with it."""
    plan, made = of_a_plan()
    page = unescape(plan.report(revenue=made))
    for words in ("FY26 Q1, so far", "FY26 Q1, planned", "FY26 Q1, together", "$400.00",
                  "What was recognised, and what the plan becomes"):
        assert words in page, words
    assert re.search(r'id="recognised".*id="recognised-walk".*id="revenue-quarters"', page,
                     re.DOTALL)
    assert 'id="recognised"' not in plan.report()


def test_what_has_no_cost_is_drawn_without_a_margin():
    """Nobody knows what the pieces cost: hardware and services instead, and no share."""
    made = so_far(lived())
    blank = made.by_quarter.with_columns(pl.lit(None, pl.Int64).alias(name) for name in (
        "standard_cents", "standard_margin_cents"))
    quarters, _ = recognised_panels(SoFar(made.made, blank, made.walk, made.ties, made.figures))
    assert "margin" not in quarters.finding and "nobody knows the cost" in quarters.note
    assert quarters.legend == (("cost", "Services"), ("margin", "Hardware"))
    assert quarters.grid is not None and quarters.grid.rows[0][5:8] == ("", "", "")
    go.Figure(quarters.figure)


def test_what_does_not_tie_is_said_first_in_its_note():
    """A check that does not hold is named in the walk."""
    made = so_far(lived())
    broken = made.ties.with_columns(holds=pl.when(pl.int_range(pl.len()) == 0).then(
        pl.lit("no")).otherwise("holds"))
    walk = recognised_panels(SoFar(made.made, made.by_quarter, made.walk, broken,
                                   made.figures))[1]
    assert "DOES NOT TIE: sold less recognised, and RPO" in walk.note


def test_a_ledger_that_recognised_nothing_has_no_such_panel():
    """Nothing was shipped."""
    assert recognised_panels(so_far(Lived([line("A", 1, 10, "100.00")]))) == []
