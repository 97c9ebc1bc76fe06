"""The small book that the tests of report and workbook plan: two servers, two sites, one gap."""

from __future__ import annotations

from dataclasses import replace

from headgate.book import build_book
from headgate.session import Plan, plan
from tests.stories.book_builder import book

TAG, FORMULA = '<script>alert("x")</script>', '=HYPERLINK("a")'
"""Ids that a page or a workbook must show as the texts they are."""


def report_plan() -> Plan:
    """
    A plan with a line of every status.

    A server takes 8 GPUs and 4 memory modules and one hour of test. Austin has 16 GPUs on hand
    and 16 more in week 4, and 40 modules on hand; Lodz has nothing. SO-1 wants 2 servers in week
    1: on time. SO-2 wants 2 in week 1 and waits for week 4: late. FORMULA wants 3 racks of which 1
    lies there: short. 007 wants the next rack, which never comes: unplanned. SO-5 is shipped.
    """
    story = book(
        orders=[("server", 2, 1, {"unit_price": 400_000, "segment": "hyperscaler"}),
                ("server", 2, 1, {"unit_price": 350_000.5, "promised_on": 2,
                                  "customer_id": TAG, "priority": 4}),
                ("rack", 3, 2, {"unit_price": 3_000_000, "region": "EMEA", "order_id": FORMULA,
                                "segment": "neocloud"}),
                ("rack", 1, 3, {"unit_price": 3_100_000, "order_id": "007"}),
                ("server", 1, 0, {"unit_price": 400_000, "shipped_quantity": 1})],
        supply=[("gpu", 16, 0), ("gpu", 16, 4), ("dimm", 40, 0), ("rack", 1, 0)],
        bom=[("server", "gpu", 8), ("server", "dimm", 4)],
        routing=[("server", "test", 1, 7)],
        capacity=[("test", 40), ("test", 0, {"site_id": "lodz"})],
        lanes=[{}, {"region": "EMEA", "transit_days": 9, "cost_per_unit": 1800},
               {"site_id": "lodz", "region": "EMEA", "transit_days": 3}],
        items=[("gpu", 40_000), ("dimm", 1_500.25), ("server", 330_000), ("rack", 2_500_000)])
    tables = story.tables()
    settings = replace(tables.settings, name="A <small> book", fiscal_year_end="FRI nearest 01-31")
    return plan(build_book(replace(tables, settings=settings)))
