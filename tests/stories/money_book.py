"""The small book whose revenue the tests of the report and of the Excel pack tell."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from headgate.session import Plan
from tests.stories.book_builder import Story, book, week
from tests.stories.movement_rows import moves
from tests.stories.plans import planned
from tests.stories.report_book import FORMULA, TAG

SUPPORT = {"order_id": "SO-1", "line_no": 2, "item_id": "support", "amount": "200.00",
           "starts": "1", "term_months": 36}


def money_story(support_alone: str | None = "25.00") -> Story:
    """
    Every kind of revenue, in dollars of a fiscal year whose first quarter ends in week 12.

    SO-1: ten GPU servers at 100 with 200 of support over three years; the servers' standard cost is
    60, but their GPUs cost 45 instead of 40. Alone a server costs 95 and its support 25, so that
    hardware gets 950 and support 250. SO-2 and SO-3: four CPU servers at 70 that cost 80, a loss,
    for customers named 007 and 7. SO-4: a rack at 4000 for a customer whose name is a script, in
    the last week of the quarter, and late. SO-5: two racks at 4100, of which one comes in week 14
    and one never. SO-6: one CPU server for a customer whose name is a formula. CPU servers may be
    cancelled, the others may not: 1000 + 4000 + 8200 = 13200 are firm.

    support_alone : what the support of a server costs alone; None leaves it out
    """
    story = book(
        orders=[("server", 10, 1, {"cancellable": "no"}),
                ("plain", 2, 1, {"unit_price": 70, "segment": "public", "customer_id": "007"}),
                ("plain", 2, 2, {"unit_price": 70, "segment": "public", "customer_id": "7"}),
                ("rack", 1, 11, {"unit_price": 4000, "segment": "cloud", "customer_id": TAG,
                                 "cancellable": "no", "late_penalty_per_unit_week": 10}),
                ("rack", 2, 14, {"unit_price": 4100, "segment": "Cloud", "region": "EMEA",
                                 "cancellable": "no", "customer_id": "ACME"}),
                ("plain", 1, 1, {"unit_price": "70.05", "segment": "public",
                                 "customer_id": FORMULA})],
        supply=[("gpu", 10, 0, {"unit_cost": 45, "reference": "PO-1"}), ("plain", 5, 0),
                ("rack", 1, 12, {"reference": "PO-2"}), ("rack", 1, 14, {"reference": "PO-3"})],
        bom=[("server", "gpu", 1)], horizon=20,
        lanes=[{}, {"region": "EMEA", "cost_per_unit": 3}],
        items=[("server", 60, "server", {"standalone_price": "95.00", "family": "AI"}),
               ("gpu", 40, "component", {"family": "GPU-X"}),
               ("plain", 80, "server"), ("rack", 3500, "rack"),
               ("support", 1, "service", {"standalone_price": support_alone})])
    story.frames["service_lines"] = pl.DataFrame([SUPPORT]).cast(pl.String)
    return Story(story.frames, {**story.settings, "fiscal_year_end": "FRI nearest 01-31",
                                "name": "A <small> book"})


def money_plan(support_alone: str | None = "25.00") -> Plan:
    """The plan of the story."""
    return planned(money_story(support_alone))


def money_billings() -> pl.DataFrame:
    """A deposit of 5000 for the racks of SO-5, of which one is delivered: 900 are left unearned."""
    row: dict[str, Any] = {"order_id": "SO-5", "contract_id": None, "posted_on": week(-3),
                           "amount_cents": 5000_00, "currency": None}
    return pl.DataFrame([row], schema={"order_id": pl.String, "contract_id": pl.String,
                                       "posted_on": pl.Date, "amount_cents": pl.Int64,
                                       "currency": pl.String})


def money_movements() -> pl.DataFrame:
    """
    How the story's backlog came to be, as a ledger would tell it.

    In FY26 Q3 twelve servers are booked for 1200 and one is cancelled: 1100. In Q4 two ship and one
    comes back, and all other lines are booked: 140 + 140 + 4000 + 8200 + 70.05 = 12550.05, so that
    13550.05 are open. FY27 Q1 has begun, and nothing has moved.
    """
    autumn, winter, booked = date(2025, 9, 1), date(2025, 12, 1), week(-6)
    lines = (("SO-2", "007", "public", "plain", 2, 14000),
             ("SO-3", "7", "public", "plain", 2, 14000),
             ("SO-4", TAG, "cloud", "rack", 1, 400000),
             ("SO-5", "ACME", "Cloud", "rack", 2, 820000),
             ("SO-6", FORMULA, "public", "plain", 1, 7005))
    return moves(
        ("booked", autumn, 12, 100), ("cancelled", date(2025, 10, 10), -1, 100),
        ("shipped", winter, -2, 100), ("returned", date(2025, 12, 15), 1, 100),
        *(("booked", booked, pieces, 0, {
            "order_id": order, "customer_id": customer, "segment": segment, "item_id": item,
            "amount_cents": cents, "contract_id": order})
          for order, customer, segment, item, pieces, cents in lines))
