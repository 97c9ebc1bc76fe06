"""Revenue and margin, one rule at a time, on books small enough to check by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from headgate.base.issue import IssuesError
from headgate.finance.revenue import Revenue, revenue_of
from headgate.finance.statement import RevenueStatement, statement_of
from headgate.session import Plan
from tests.stories.book_builder import Story, book, week
from tests.stories.plans import planned

DELL = "FRI nearest 01-31"
"""FY27 Q1 ends on Friday 1 May 2026, in week 12; weeks 0 to 12 are in it."""


def priced(story: Story, rule: str = DELL, **tables: list[dict[str, Any]]) -> Plan:
    """The plan of a story with further tables, in dollars of one fiscal year."""
    for name, rows in tables.items():
        story.frames[name] = pl.DataFrame(rows).cast(pl.String)
    return planned(Story(story.frames, {**story.settings, "fiscal_year_end": rule}))


def of(plan: Plan, stated_prices: bool = False) -> Revenue:
    return revenue_of(plan.book, plan.policy, plan.allocation, plan.summary["value"],
                      stated_prices)


def by_quarter(made: Revenue | RevenueStatement, what: str = "revenue_cents",
               kind: str | None = None) -> dict[str, int]:
    """Cents by quarter."""
    rows = made.entries if kind is None else made.entries.filter(pl.col("kind") == kind)
    return dict(rows.group_by("quarter").agg(pl.col(what).sum()).sort("quarter").iter_rows())


def steps(frame: pl.DataFrame, column: str) -> dict[str, int]:
    """The rows of a walk that are not 0."""
    return {step: cents for step, cents in frame.select("step", column).iter_rows() if cents}


# ------------------------------------------------------------------ when

@pytest.mark.parametrize(("rule", "days", "quarter", "on"), [
    ("ship", 0, "FY27 Q1", week(12, 4)),
    ("deliver", 0, "FY27 Q2", week(13, 4)),
    ("accept", 14, "FY27 Q2", week(15, 4)),
])
def test_each_rule_has_its_day(rule: str, days: int, quarter: str, on: date):
    """Two servers at 100 leave in week 12 and travel six days. Shipped on Friday 1 May, the last
    day of the quarter; there on Friday 8 May; accepted fourteen days later, on 22 May."""
    story = book([("server", 2, 13, {"recognise_on": rule, "acceptance_days": days})],
                 [("server", 2, 12)], lanes=[("austin", "AMER", 6)], horizon=20)
    made = of(priced(story))
    assert by_quarter(made) == {quarter: 200_00}
    assert made.entries["recognised_on"].to_list() == [on]


def test_a_friday_past_the_end_of_a_quarter_is_in_the_next():
    """The quarter ends on Tuesday 31 March, in the week of 30 March: week 8. What ships in it is
    recognised on Friday 3 April, and so in the next quarter; nothing is pulled forward."""
    story = book([("server", 1, 8), ("server", 1, 7)], [("server", 1, 7), ("server", 1, 8)],
                 horizon=12)
    made = of(priced(story, "12-31"))
    assert by_quarter(made) == {"FY26 Q1": 100_00, "FY26 Q2": 100_00}


def test_nothing_is_recognised_before_as_of():
    """Planned on Saturday 2 May, after the quarter's last Friday: what still ships in that week is
    recognised on the day of the plan, and not in the quarter that is over."""
    story = book([("server", 1, 12)], [("server", 1, 0)], horizon=4)
    story.settings["as_of"] = week(12, 5)
    story.frames["supply"] = story.frames["supply"].with_columns(available_on=pl.lit("2026-01-05"),
                                                                 status=pl.lit("on_hand"))
    made = of(priced(story))
    assert by_quarter(made) == {"FY27 Q2": 100_00}
    assert made.entries["recognised_on"].to_list() == [week(12, 5)]


def test_a_partial_shipment_is_recognised_in_part():
    """Ten pieces at 100, three of them shipped before. Four come in this quarter and three in the
    next: 400 and 300; the 300 of before stand in the walk from the contract's price."""
    story = book([("server", 10, 1, {"shipped_quantity": 3})],
                 [("server", 4, 1), ("server", 3, 14)], horizon=20)
    made = of(priced(story))
    assert by_quarter(made) == {"FY27 Q1": 400_00, "FY27 Q2": 300_00}
    assert steps(made.price_walk, "cents") == {
        "contracts": 1000_00, "shipped": -300_00, "revenue": 700_00}


def test_what_the_plan_does_not_deliver_is_no_revenue():
    """Three of five pieces have supply: 300 of 500; no date, no revenue."""
    made = of(priced(book([("server", 5, 1)], [("server", 3, 0)])))
    assert made.totals["revenue_cents"] == 300_00
    assert steps(made.price_walk, "cents") == {
        "contracts": 500_00, "undated": -200_00, "revenue": 300_00}


def test_a_changed_price_holds_for_what_is_still_to_come():
    """Ten at 100, four shipped; then the price of the rest is cut to 90. The book says 90, and the
    six that come bring 6 x 90 = 540 (ASC 606-10-25-13a: distinct goods, so prospectively)."""
    story = book([("server", 10, 1, {"shipped_quantity": 4, "unit_price": 90})],
                 [("server", 6, 1)])
    assert of(priced(story)).totals["revenue_cents"] == 540_00


def test_what_is_on_its_way_keeps_its_price_though_it_arrives_last():
    """One of two servers left at 100 on a ship of ten weeks; then the price is 90. The other one is
    sent next week and is there first. What comes first brings its own 90, and the one on its
    way 100, whichever the line's first piece was."""
    story = book([("server", 2, 1, {"shipped_quantity": 1, "unit_price": 90, "latest_on": None,
                                    "recognise_on": "deliver"})], [("server", 1, 0)],
                 lanes=[("austin", "AMER", 6), ("pune", "AMER", 70)], horizon=20)
    progress = pl.DataFrame([("SO-1", 1, "shipped", week(-1), 1, None, 100_00)], orient="row",
                            schema=["order_id", "line_no", "step", "effective_on", "quantity",
                                    "stage", "price_cents"])
    plan = priced(story)
    made = revenue_of(plan.book, plan.policy, plan.allocation, plan.summary["value"],
                      progress=progress)
    rows = made.entries.sort("recognised_on").select("site_id", "price_cents").rows()
    assert rows == [("austin", 90_00), (None, 100_00)]


def test_bill_and_hold_is_refused():
    """Finished in week 0 and sent in week 13 when the customer wants it: revenue is that of week
    13, the next quarter, though the piece lay ready for three months. The book has no word for
    bill-and-hold: its four criteria (ASC 606-10-55-83) are not to be had from it."""
    story = book([("server", 1, 13, {"earliest_on": week(13)})], [("server", 1, 0)], horizon=20)
    assert by_quarter(of(priced(story))) == {"FY27 Q2": 100_00}
    asked = book([("server", 1, 13, {"recognise_on": "bill_and_hold"})], [("server", 1, 0)])
    with pytest.raises(IssuesError, match=r"orders\.recognise_on\.choice"):
        asked.tables()


# ------------------------------------------------------------------ services and the split

def with_support(**order: Any) -> Story:
    """Ten servers at 100.00, 950.00 together when sold alone, and support for 36 months."""
    return book([("server", 10, 1, order)], [("server", 10, 1)], horizon=20, items=[
        ("server", 60, "server", {"standalone_price": "95.00"}),
        ("support", 1, "service", {"standalone_price": "25.00"})])


def support(amount: str = "200.00", starts: str = "1", months: int = 36) -> list[dict[str, Any]]:
    return [{"order_id": "SO-1", "line_no": 2, "item_id": "support", "amount": amount,
             "starts": starts, "term_months": months}]


def test_hardware_with_three_years_of_support():
    """Ten servers at 100 and 200 of support make a price of 1200. Alone they cost 10 x 95 = 950
    and 10 x 25 = 250, together 1200 by chance: hardware gets 950, support 250 over three years.
    Support starts on Friday 13 February 2026 and ends on 12 February 2029: 1096 days. Q1 has the
    days up to 1 May, 78 of them: 25000 x 78 / 1096 = 1779.19, rounded down 17.79."""
    made = of(priced(with_support(), service_lines=support()))
    assert by_quarter(made, kind="hardware") == {"FY27 Q1": 950_00}
    services = by_quarter(made, kind="service")
    assert services["FY27 Q1"] == 17_79
    assert sum(services.values()) == 250_00
    assert list(services)[-1] == "FY30 Q1"
    assert made.totals == {"revenue_cents": 1200_00, "cost_cents": 610_00,
                           "margin_cents": 590_00}


def test_a_split_rounds_down_on_the_way_and_ends_with_the_price():
    """A price of 1100 over 950 : 250. Hardware 1100 x 950 / 1200 = 870.8333, that is 870.83; the
    support gets what is left, 229.17."""
    made = of(priced(with_support(), service_lines=support("100.00")))
    assert sum(by_quarter(made, kind="hardware").values()) == 870_83
    assert sum(by_quarter(made, kind="service").values()) == 229_17


def test_support_of_each_piece_starts_with_its_delivery():
    """Five of the ten come in week 1, five in week 14. The support of the first five starts on 13
    February and that of the others on 15 May: 125 each, so that it ends three months later."""
    story = book([("server", 10, 1)], [("server", 5, 1), ("server", 5, 14)], horizon=20, items=[
        ("server", 60, "server", {"standalone_price": "95.00"}),
        ("support", 1, "service", {"standalone_price": "25.00"})])
    made = of(priced(story, service_lines=support(months=12)))
    # 365 days each: 78 days of Q1; 91 and 78 days of Q2, cut on 31 July.
    services = by_quarter(made, kind="service")
    assert services["FY27 Q1"] == 125_00 * 78 // 365
    assert services["FY27 Q2"] == (125_00 * 169 // 365 - 125_00 * 78 // 365) + 125_00 * 78 // 365
    assert sum(services.values()) == 250_00


def test_a_service_on_a_date_counts_from_as_of_on():
    """A year of service from 1 January 2026, sold alone for 365: 32 days lie before 2 February."""
    story = with_support()
    made = of(priced(story, service_lines=support("365.00", "2026-01-01", 12)), True)
    split = 1365_00 - 1365_00 * 950 // 975
    assert sum(by_quarter(made, kind="service").values()) == split - split * 32 // 365
    assert steps(made.price_walk, "cents")["elapsed"] == -(split * 32 // 365)


def test_services_of_pieces_shipped_before_have_no_day():
    """Four of ten servers are delivered already, and with them 4/10 of the support began on a day
    that the book does not hold: it is said, and not guessed."""
    story = with_support(shipped_quantity=4)
    made = of(priced(story, service_lines=support()))
    assert steps(made.price_walk, "cents") == {
        "contracts": 1200_00, "shipped": -380_00, "begun": -100_00, "revenue": 720_00}


def test_a_contract_over_two_orders_is_split_as_one():
    """One contract: two orders of one server at 100 and at 60, alone worth 90 and 90. Each brings
    80, whatever its line says; without contract_id each keeps its own price."""
    items = [("a", 10, "server", {"standalone_price": "90.00"}),
             ("b", 10, "server", {"standalone_price": "90.00"})]

    def lines(contract: str | None) -> dict[str, int]:
        story = book([("a", 1, 1, {"contract_id": contract}),
                      ("b", 1, 1, {"contract_id": contract, "unit_price": 60})],
                     [("a", 1, 0), ("b", 1, 0)], items=items)
        return dict(of(priced(story)).by("product").select("item_id", "revenue_cents").iter_rows())

    assert lines("C-1") == {"a": 80_00, "b": 80_00}
    assert lines(None) == {"a": 100_00, "b": 60_00}


def test_a_missing_standalone_price_is_a_fault_with_its_row_and_remedy():
    """Hardware with support, and no standalone price of the support: its row of items is named.
    With --stated-prices the 200 asked for it count: 1200 x 950 / 1150 = 991.30 is hardware."""
    story = book([("server", 10, 1)], [("server", 10, 1)], items=[
        ("server", 60, "server", {"standalone_price": "95.00"}), ("support", 1, "service")])
    plan = priced(story, service_lines=support())
    with pytest.raises(IssuesError) as refused:
        of(plan)
    issue = refused.value.issues[0]
    assert (issue.code, issue.file, issue.row, issue.column) == (
        "items.standalone_price.needed", "items", 3, "standalone_price")
    assert "contract SO-1" in issue.expected and "--stated-prices" in issue.expected
    assert sum(by_quarter(of(plan, True), kind="hardware").values()) == 1200_00 * 950 // 1150


def test_one_obligation_needs_no_standalone_price():
    """Two orders of one line each, no contract: nothing is split, nothing is asked for."""
    assert of(priced(book([("a", 1, 1), ("a", 1, 1)], [("a", 2, 0)]))).totals[
        "revenue_cents"] == 200_00


# ------------------------------------------------------------------ penalties and currencies

def test_a_late_penalty_reduces_revenue_and_late_rate_does_not():
    """Two servers at 100 come two weeks late; the contract asks 5 for each and week: 20. The
    policy's late_rate of 0.2% counts 0.20 a week in the plan's value, and is no revenue."""
    story = book([("server", 2, 1, {"late_penalty_per_unit_week": 5})], [("server", 2, 3)])
    made = of(priced(story))
    assert made.totals["revenue_cents"] == 180_00
    rows = {row["step"]: row for row in made.reconciliation.to_dicts()}
    assert (rows["late_penalty"]["plan_cents"], rows["late_penalty"]["margin_cents"]) == (
        -20_00, -20_00)
    assert (rows["late_rate"]["plan_cents"], rows["late_rate"]["margin_cents"]) == (-80, 0)
    assert rows["total"]["plan_cents"] == 200_00 - 20_00 - 20_00 - 80


def test_a_penalty_beyond_the_price_is_a_cost():
    """Four weeks late at 40 a week is 160 for a piece of 100: revenue is 0 and never less; 60 more
    is owed and stands among the costs."""
    story = book([("server", 1, 1, {"late_penalty_per_unit_week": 40})], [("server", 1, 5)])
    made = of(priced(story))
    row = made.entries.row(0, named=True)
    assert (row["revenue_cents"], row["penalty_cents"], row["excess_cents"]) == (0, 100_00, 60_00)
    assert row["margin_cents"] == -10_00 - 60_00


def test_foreign_prices_count_at_the_rate_of_their_day():
    """100 euros each: shipped in week 1 at 1.10, in week 6 at 1.2045 from week 5 on: 110.00 and
    120.45. The plan's value knows 1.10 only; 10.45 is the exchange."""
    story = book([("server", 2, 1, {"currency": "EUR"})], [("server", 1, 1), ("server", 1, 6)],
                 rates=[("EUR", "1.10"), ("EUR", "1.2045", {"on": 5})])
    made = of(priced(story))
    assert sorted(made.entries["revenue_cents"]) == [110_00, 120_45]
    assert steps(made.reconciliation, "difference_cents")["exchange"] == 10_45


def test_a_contract_in_two_currencies_is_split_in_each():
    """100 euros of hardware and 100 dollars of support, alone worth 3 : 1. Hardware gets 75 of
    each, support 25 of each: 75 x 1.10 + 75 = 157.50, and 25 x 1.10 + 25 = 52.50."""
    story = book([("server", 1, 1, {"currency": "EUR"})], [("server", 1, 1)],
                 rates=[("EUR", "1.10")], items=[
        ("server", 60, "server", {"standalone_price": "300.00"}),
        ("support", 0, "service", {"standalone_price": "100.00"})])
    made = of(priced(story, service_lines=support("100.00")))
    assert sum(by_quarter(made, kind="hardware").values()) == 157_50
    assert sum(by_quarter(made, kind="service").values()) == 52_50


# ------------------------------------------------------------------ cost

def test_the_cost_is_that_of_the_very_rows():
    """A server of two GPUs: standard 100, a GPU 40, so 20 are value added. The first order draws
    two GPUs at 45, the second one at 45 and one without a price of its own: 110 and 105."""
    story = book([("server", 1, 1), ("server", 1, 1)],
                 [("gpu", 3, 0, {"unit_cost": 45}), ("gpu", 1, 1)], [("server", "gpu", 2)],
                 items=[("server", 100, "server"), ("gpu", 40)])
    made = of(priced(story))
    assert dict(made.by("line").select("order_id", "cost_cents").iter_rows()) == {
        "SO-1": 110_00, "SO-2": 105_00}
    assert made.entries["parts_cents"].to_list() == [90_00, 85_00]


def test_made_and_stocked_pieces_cost_what_they_are():
    """One server is in stock, bought for 130; the other is made of a GPU bought for 50. Standard is
    100 with a GPU of 40, so 60 are value added: 130 and 50 + 60 = 110."""
    story = book([("server", 1, 1), ("server", 1, 1)],
                 [("server", 1, 0, {"unit_cost": 130}), ("gpu", 1, 0, {"unit_cost": 50})],
                 [("server", "gpu")], items=[("server", 100, "server"), ("gpu", 40)])
    made = of(priced(story))
    assert sorted(made.by("line")["cost_cents"]) == [110_00, 130_00]


def test_a_substitute_costs_what_it_cost_and_not_its_extra_cost_beside():
    """The memory called for costs 10, the one drawn instead 13 by standard, and this very row 14.
    The plan counts an extra cost of 2; the margin counts 14: 3 of it substitution, 1 the row."""
    story = book([("server", 1, 1)], [("other", 1, 0, {"unit_cost": 14})], [("server", "memory")],
                 [("memory", "other", 1, {"extra_cost": 2})],
                 items=[("server", 50, "server"), ("memory", 10), ("other", 13)])
    made = of(priced(story))
    row = made.entries.row(0, named=True)
    assert (row["standard_cents"], row["substitution_cents"], row["variance_cents"],
            row["cost_cents"]) == (50_00, 3_00, 1_00, 54_00)
    rows = {row["step"]: row for row in made.reconciliation.to_dicts()}
    assert (rows["substitution"]["plan_cents"], rows["substitution"]["margin_cents"]) == (
        -2_00, -3_00)


def test_value_and_margin_are_reconciled_in_one_table():
    """One server at 100 of standard 50, freight 4, its GPU 6 dearer than standard, a week late at a
    late_rate of 1%: value 100 - 50 - 4 - 1 = 45, margin 100 - 50 - 6 - 4 = 40."""
    story = book([("server", 1, 1)], [("gpu", 1, 2, {"unit_cost": 26})], [("server", "gpu")],
                 items=[("server", 50, "server"), ("gpu", 20)],
                 lanes=[("austin", "AMER", 0, 4)], late_rate=0.01)
    made = of(priced(story))
    assert steps(made.reconciliation, "plan_cents") == {
        "price": 100_00, "late_rate": -1_00, "standard_cost": -50_00, "lane": -4_00,
        "total": 45_00}
    assert steps(made.reconciliation, "difference_cents") == {
        "late_rate": 1_00, "purchase_price": -6_00, "total": -5_00}
    assert made.totals["margin_cents"] == 40_00


def test_rows_of_one_reference_have_their_own_costs():
    """One purchase order, two rows of one day, one piece each at 30 and at 20: whatever their order
    in the file, the first line gets the cheaper one."""
    rows = [("server", 1, 0, {"reference": "PO-1", "unit_cost": cost}) for cost in (30, 20)]
    found = []
    for supply in (rows, rows[::-1]):
        made = of(priced(book([("server", 1, 1), ("server", 1, 1)], supply)))
        found.append(made.by("line")["cost_cents"].to_list())
    assert found == [[20_00, 30_00]] * 2


# ------------------------------------------------------------------ what follows from it

def test_a_bridge_of_a_delay_and_a_dearer_part():
    """Two servers at 100 of standard 60. In the first plan both come in Q1. In the second one comes
    in Q2, at a cost of 65: timing -100 in Q1 and +100 in Q2, part cost 5, nothing else."""
    items = [("server", 60, "server")]
    old = of(priced(book([("server", 2, 1)], [("server", 2, 1)], items=items, horizon=20)))
    new = of(priced(book([("server", 2, 1)],
                         [("server", 1, 1), ("server", 1, 14, {"unit_cost": 65})], items=items,
                         horizon=20)))
    rows = statement_of(new, old).bridge
    assert rows is not None
    assert rows.select("quarter", "effect", "revenue_cents", "cost_cents").rows() == [
        ("FY27 Q1", "timing", -100_00, -60_00), ("FY27 Q2", "part_cost", 0, 5_00),
        ("FY27 Q2", "timing", 100_00, 60_00)]


def test_a_bridge_of_volume_and_mix():
    """The first plan sends one server at 100 and one at 80, 90 on average; the second sends one
    more at 80. Volume is one average piece, 90; mix is what the piece lacks of it, -10."""
    orders = [("server", 1, 1), ("server", 1, 1, {"unit_price": 80}),
              ("server", 1, 1, {"unit_price": 80})]
    old = of(priced(book(orders, [("server", 2, 1)])))
    new = of(priced(book(orders, [("server", 3, 1)])))
    rows = statement_of(new, old).bridge
    assert rows is not None
    assert rows.select("effect", "revenue_cents", "cost_cents").rows() == [
        ("volume", 90_00, 10_00), ("mix", -10_00, 0)]


def test_plans_in_other_currencies_have_no_bridge():
    """Euros against dollars: refused in one line, and not subtracted."""
    story = book([("server", 1, 1)], [("server", 1, 1)])
    other = Story(story.frames, {**story.settings, "currency": "EUR"})
    with pytest.raises(IssuesError, match=r"plan\.currency\.other"):
        statement_of(of(priced(story)), of(priced(other)))


def test_what_sits_in_the_last_two_weeks_of_a_quarter():
    """The quarter ends on Friday 1 May, in week 12. Weeks 11 and 12 are its last two: three lines
    of 500, 300 and 200 sit there, and 800 of 1000 is four fifths: two lines. The largest waits for
    GPUs that come in the very week in which they are drawn; week 10 is not at risk."""
    orders = [("big", 5, 12), ("small", 3, 11), ("small", 2, 12), ("small", 1, 10)]
    story = book(orders, [("gpu", 5, 12, {"reference": "PO-GPU"}), ("small", 1, 10),
                          ("small", 3, 11), ("small", 2, 12)], [("big", "gpu")], horizon=20)
    made = statement_of(of(priced(story)))
    assert [(row.quarter, row.revenue_cents, row.of_cents, row.lines, row.most)
            for row in made.at_risk] == [("FY27 Q1", 1000_00, 1100_00, 3, 2)]
    first = made.quarter_end.row(0, named=True)
    assert (first["order_id"], first["revenue_cents"], first["days_left"]) == ("SO-1", 500_00, 0)
    assert (first["reference"], first["slack_weeks"]) == ("PO-GPU", 0)


def test_a_rack_beside_a_gpu_server_and_a_cpu_server():
    """A rack of two servers of a GPU each. Of the server's standard cost of 100 the GPU is 60, of
    the rack's 250 two GPUs are 120. The CPU server has a drive of 5 in 50, and support."""
    story = book([("rack", 1, 1, {"unit_price": 400}), ("server", 2, 1, {"unit_price": 150}),
                  ("plain", 4, 1, {"unit_price": 70})],
                 [("gpu", 4, 0), ("drive", 4, 0)],
                 [("rack", "server", 2), ("server", "gpu"), ("plain", "drive")],
                 items=[("rack", 250, "rack"), ("server", 100, "server"), ("plain", 50, "server"),
                        ("gpu", 60, "component", {"family": "GPU-X"}),
                        ("drive", 5, "component", {"family": "SSD"}), ("care", 0, "service")])
    services = [{"order_id": "SO-3", "line_no": 2, "item_id": "care", "amount": "40.00",
                 "starts": "1", "term_months": 12}]
    made = statement_of(of(priced(story, service_lines=services), True))
    rows = {row["class"]: row for row in made.systems.to_dicts()}
    assert list(rows) == ["rack", "gpu_server", "cpu_server"]
    assert [row["unit_revenue_cents"] for row in rows.values()] == [400_00, 150_00, 70_00]
    assert [row["gpu_share"] for row in rows.values()] == [0.48, 0.6, 0.0]
    plain = rows["cpu_server"]
    assert (plain["storage_share"], plain["service_attach"], plain["service_cents"]) == (
        0.1, 1.0, 40_00)


def billed(*rows: tuple[str, str, int]) -> pl.DataFrame:
    """Order, day and dollars of invoices and deposits."""
    return pl.DataFrame([(order, None, date.fromisoformat(day), dollars * 100, None)
                         for order, day, dollars in rows], orient="row", schema={
        "order_id": pl.String, "contract_id": pl.String, "posted_on": pl.Date,
        "amount_cents": pl.Int64, "currency": pl.String})


def test_a_deposit_is_deferred_until_the_pieces_come():
    """150 paid for two servers at 100. One comes in Q1 and uses 100 of it, one in Q2 the other
    50."""
    story = book([("server", 2, 1)], [("server", 1, 1), ("server", 1, 14)], horizon=20)
    made = statement_of(of(priced(story)), billings=billed(("SO-1", "2026-01-05", 150)))
    assert made.deferred is not None
    assert made.deferred.drop("contract_id", "currency").rows() == [
        ("FY27 Q1", 150_00, 100_00, 50_00, 0), ("FY27 Q2", 50_00, 50_00, 0, 0)]


def test_a_deposit_of_a_cancelled_order_is_no_revenue():
    """SO-9 was cancelled after a deposit of 80 and is not in the book any more; 30 were paid back.
    The other 50 are owed: a liability in every quarter, and revenue in none."""
    story = book([("server", 1, 1)], [("server", 1, 1)], horizon=20)
    made = statement_of(of(priced(story)), billings=billed(
        ("SO-9", "2026-01-05", 80), ("SO-9", "2026-01-20", -30)))
    assert made.deferred is not None
    assert made.deferred.rows() == [("SO-9", "USD", "FY27 Q1", 50_00, 0, 50_00, 50_00)]
    assert made.totals["revenue_cents"] == 100_00


def test_what_was_shipped_before_has_used_its_deposit():
    """100 were paid, and a piece of 100 was shipped: nothing is deferred. Later payments, after
    as_of, are not there yet."""
    story = book([("server", 2, 1, {"shipped_quantity": 1})], [("server", 1, 1)])
    made = statement_of(of(priced(story)), billings=billed(
        ("SO-1", "2026-01-05", 100), ("SO-1", "2026-02-03", 100)))
    assert made.deferred is not None and made.deferred.is_empty()


def test_an_empty_backlog_has_no_revenue():
    """Nothing open, nothing planned: zeros, and no quarter that needs a name but that of as_of."""
    made = statement_of(of(priced(book([], [("server", 1, 0)]))))
    assert set(made.totals.values()) == {0}
    assert made.quarter_end.is_empty() and made.systems.is_empty()
    assert [row["step"] for row in made.price_walk.to_dicts()][-1] == "revenue"


# ------------------------------------------------------------------ what had left before

def steps_of(*rows: tuple[str, str, int] | tuple[str, str, int, str]) -> pl.DataFrame:
    """Step, day and pieces of line SO-1/1; of a return how far the pieces had come."""
    return pl.DataFrame([("SO-1", 1, row[0], date.fromisoformat(row[1]), row[2],
                          row[3] if len(row) > 3 else None) for row in rows], orient="row",
                        schema={"order_id": pl.String, "line_no": pl.Int64, "step": pl.String,
                                "effective_on": pl.Date, "quantity": pl.Int64,
                                "stage": pl.String})


def with_progress(story: Story, progress: pl.DataFrame, **tables: list[dict[str, Any]]) -> Revenue:
    plan = priced(story, **tables)
    return revenue_of(plan.book, plan.policy, plan.allocation, plan.summary["value"],
                      progress=progress)


def test_pieces_that_await_acceptance_are_recognised_later():
    """Ten sold, six shipped before. Two of them are accepted; two were delivered on 26 January and
    are accepted after 30 days, on 25 February; two left on 29 January, travel six days, are there
    on Friday 6 February, and accepted on 8 March. So 4 x 100 in Q1, at a standard cost of 10."""
    story = book([("server", 10, 1, {"shipped_quantity": 6, "recognise_on": "accept",
                                     "acceptance_days": 30})], lanes=[("austin", "AMER", 6)],
                 supply=[("gpu", 1, 0)], bom=[("server", "gpu")], horizon=1)
    made = with_progress(story, steps_of(
        ("shipped", "2025-12-15", 4), ("delivered", "2025-12-22", 2), ("accepted", "2026-01-20", 2),
        ("delivered", "2026-01-26", 2), ("shipped", "2026-01-29", 2)))
    left = made.entries.filter(pl.col("site_id").is_null())
    assert left.select("recognised_on", "quantity", "revenue_cents", "cost_cents").rows() == [
        (date(2026, 2, 25), 2, 200_00, 20_00), (date(2026, 3, 8), 2, 200_00, 20_00)]
    assert steps(made.price_walk, "cents")["shipped"] == -200_00
    rows = {row["step"]: row["margin_cents"] for row in made.reconciliation.to_dicts()}
    assert rows["under_way"] == 400_00 - 40_00
    assert sum(rows.values()) - rows["total"] == rows["total"] == made.totals["margin_cents"]


def test_what_came_back_is_not_recognised():
    """Three delivered, and one of them came back after delivery for another to be sent: the book
    says two are shipped, and the two are recognised; the third is in the plan."""
    story = book([("server", 3, 1, {"shipped_quantity": 2, "recognise_on": "deliver"})],
                 [("server", 1, 1)])
    made = with_progress(story, steps_of(
        ("shipped", "2026-01-05", 3), ("delivered", "2026-01-09", 3),
        ("returned", "2026-01-20", 1, "delivered")))
    assert made.totals["revenue_cents"] == 100_00
    assert steps(made.price_walk, "cents")["shipped"] == -200_00


def test_services_of_delivered_pieces_run_from_their_delivery():
    """Two of ten servers were delivered on 3 January: 30 days of their support lie before as_of,
    and the rest of its year is still to come; nothing is left without a day."""
    story = with_support(shipped_quantity=2)
    made = with_progress(story, steps_of(("shipped", "2026-01-02", 2),
                                         ("delivered", "2026-01-03", 2)),
                         service_lines=support(months=12))
    walk = steps(made.price_walk, "cents")
    assert "begun" not in walk
    assert walk["elapsed"] == -(50_00 * 30 // 365)
    assert sum(by_quarter(made, kind="service").values()) == 250_00 - 50_00 * 30 // 365


def test_pieces_that_no_step_tells_of_count_as_recognised():
    """Four shipped by the book, and one by the progress, under way: three were before it."""
    story = book([("server", 5, 1, {"shipped_quantity": 4, "recognise_on": "deliver"})],
                 [("server", 1, 1)], lanes=[("austin", "AMER", 6)])
    made = with_progress(story, steps_of(("shipped", "2026-01-29", 1),
                                         ("delivered", "2026-02-20", 1)))
    assert steps(made.price_walk, "cents")["shipped"] == -300_00
    assert made.totals["revenue_cents"] == 200_00
    with pytest.raises(IssuesError, match=r"progress\.column\.missing"):
        with_progress(story, steps_of().drop("stage"))
