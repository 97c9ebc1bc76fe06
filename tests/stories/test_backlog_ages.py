"""How old the backlog is, when it converts, on whom it hangs, and what may be cancelled."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from headgate.base.issue import IssuesError
from headgate.finance.assumptions import Assumptions, Hazard, assumptions_of
from tests.stories.backlog_told import DELL, rows_of, told
from tests.stories.book_builder import AS_OF, Story, book, week
from tests.stories.plans import planned


def days(count: int) -> date:
    """So many days after as_of, before it if below 0."""
    return AS_OF + timedelta(days=count)


def test_ages_begin_and_end_with_their_days():
    """Booked 30, 31 and 400 days ago: `0 to 30`, `31 to 60`, `over 365`. Requested today, which is
    not past due; one day and 200 days ago, which is."""
    made = told(book([("server", 1, 0, {"booked_on": days(-30), "requested_on": AS_OF}),
                      ("server", 2, 0, {"booked_on": days(-31), "requested_on": days(-1)}),
                      ("server", 4, 0, {"booked_on": days(-400), "requested_on": days(-200)})],
                     [("server", 9, 1)]))
    ages = made.parts["ageing"]
    assert rows_of(ages.filter(basis="booked"), "age", "from_days", "to_days", "lines",
                   "amount_cents") == [
        ("0 to 30", 0, 30, 1, 100_00), ("31 to 60", 31, 60, 1, 200_00),
        ("over 365", 366, None, 1, 400_00)]
    assert rows_of(ages.filter(basis="requested"), "age", "from_days", "to_days",
                   "quantity") == [
        ("not due", None, 0, 1), ("1 to 7", 1, 7, 2), ("over 180", 181, None, 4)]
    assert rows_of(ages.filter(basis="promised"), "age", "amount_cents") == [("no date", 700_00)]
    assert made.figures["past_requested_cents"] == 600_00


def test_past_due_by_segment():
    """Two segments; one line of each is a day past its promise or its request."""
    made = told(book([("server", 1, 3, {"promised_on": days(-1), "segment": "cloud"}),
                      ("server", 2, 0, {"requested_on": days(-1)}), ("server", 4, 3)],
                     [("server", 9, 1)]), by=("segment",))
    assert rows_of(made.parts["standing"], "segment", "backlog_cents", "past_requested_cents",
                   "past_promised_cents", by="segment") == [
        ("cloud", 100_00, 0, 100_00), ("enterprise", 600_00, 200_00, 0)]


def late_and_short() -> Story:
    """Ten servers at 99.99 are wanted in week 11. Four are there then, three in week 12; transit
    takes a week. The quarter ends with week 12. Three have no supply."""
    return book([("server", 10, 11, {"unit_price": "99.99"})], [("server", 4, 10),
                                                               ("server", 3, 12)],
                lanes=[("austin", "AMER", 7)], horizon=20)


def test_a_backlog_converts_by_the_quarter_of_its_promise_and_of_its_shipment():
    """Four ship in week 10 and arrive in week 11: Q1 both. Three ship in week 12, still in Q1,
    and arrive in week 13, in Q2. Three have no date. 4, 7 and 10 x 99.99 make 399.96, then 299.97,
    then 299.97; what ships in Q1 is 699.93."""
    story = late_and_short()
    plan = planned(Story(story.frames, {**story.settings, "fiscal_year_end": DELL}))
    made = told(story, plan)
    assert rows_of(made.parts["conversion"], "status", "quarter", "promised_quantity",
                   "promised_cents", "shipped_quantity", "shipped_cents") == [
        ("promised", "FY27 Q1", 4, 399_96, 7, 699_93), ("promised", "FY27 Q2", 3, 299_97, 0, 0),
        ("unpromised", None, 3, 299_97, 3, 299_97)]
    assert made.figures["unpromised_cents"] == 299_97


def test_coverage_is_told_in_weeks_of_planned_shipments():
    """The plan ships seven of ten in the next 13 weeks: 699.93 / 13 = 53.84 a week. The backlog of
    999.90 lasts 999.90 / 53.84 = 18.57 weeks at that pace."""
    story = late_and_short()
    made = told(story, planned(Story(story.frames, {**story.settings, "fiscal_year_end": DELL})))
    assert made.figures["coverage_weeks"] == pytest.approx(999.90 / (699.93 / 13))
    assert told(late_and_short()).figures["coverage_weeks"] is None


def test_without_a_plan_the_promises_of_the_book_tell_when():
    """Promised for week 14, which is in Q2; for a day that has passed; and not at all."""
    made = told(book([("server", 1, 3, {"promised_on": 14}),
                      ("server", 2, 3, {"promised_on": days(-3)}), ("server", 4, 3)],
                     [("server", 9, 1)]))
    assert rows_of(made.parts["conversion"], "status", "quarter", "promised_cents",
                   "shipped_cents") == [
        ("overdue", None, 200_00, None), ("promised", "FY27 Q2", 100_00, None),
        ("unpromised", None, 400_00, None)]


def test_concentration_of_customers():
    """Backlogs of 500, 300, 100 and 100: shares of 50, 30, 10 and 10 percent. The two largest hold
    80 percent; the index is 2500 + 900 + 100 + 100 = 3600."""
    made = told(book([("server", pieces, 3, {"customer_id": name}) for name, pieces in (
        ("a", 3), ("b", 5), ("c", 1), ("d", 1))], [("server", 9, 1)]), top=2)
    assert rows_of(made.parts["concentration"], "place", "customer_id", "customers",
                   "amount_cents", "share", "upto_share", by=None) == [
        (1, "b", 1, 500_00, 0.5, 0.5), (2, "a", 1, 300_00, 0.3, 0.8),
        (3, None, 2, 200_00, 0.2, 1.0)]
    assert made.figures["herfindahl"] == 3600


def test_a_backlog_that_has_all_shipped_is_empty_and_not_a_fault():
    """Nothing is open: every number is 0, and what is a share of nothing is not told."""
    made = told(book([("server", 2, 1, {"shipped_quantity": 2})], [("server", 1, 1)]))
    assert made.figures["order_backlog_cents"] == 0 and made.figures["herfindahl"] is None
    assert made.figures["ties_hold"]
    assert made.parts["conversion"].is_empty() and made.parts["concentration"].is_empty()


# ------------------------------------------------------------------ cancellations

def test_nothing_is_cancelled_unless_somebody_says_so():
    """Without a file of assumptions the hazard is 0: the adjusted backlog is the backlog."""
    made = told(book([("server", 10, 1)], [("server", 1, 1)]))
    assert made.figures["nothing_assumed"]
    assert made.figures["adjusted_cents"] == made.figures["order_backlog_cents"] == 1000_00


def test_a_hazard_by_lateness_and_segment():
    """Wanted in week 2, promised for week 5: exposed in weeks 0 to 4, of which 0, 1 and 2 are not
    late, 3 and 4 are by one and two weeks. At 1% a week on time and 10% late, 0.99^3 x 0.9^2 =
    0.78594219 is left of 1,000,000.00: 785,942.19. The cloud has no hazard; what may not be
    cancelled has none either."""
    assumed = Assumptions((Hazard(100_000, "enterprise", late_from=1),
                           Hazard(10_000, "enterprise")))
    large = {"unit_price": 100_000, "promised_on": 5}
    made = told(book([("server", 10, 2, large), ("server", 10, 2, {**large, "segment": "cloud"}),
                      ("server", 10, 2, {**large, "cancellable": "no", "customer_id": "firm"})],
                     [("server", 1, 1)]), by=("segment",), assumed=assumed)
    assert rows_of(made.parts["cancellation"], "segment", "expected_cents", "adjusted_cents",
                   by="segment") == [
        ("cloud", 0, 1_000_000_00), ("enterprise", 214_057_81, 1_785_942_19)]


def test_what_has_no_date_is_exposed_for_as_long_as_is_assumed():
    """10% a week for two weeks: 0.9 x 0.9 = 0.81 of 1000 are left."""
    made = told(book([("server", 10, 2)], [("server", 1, 1)]),
                assumed=Assumptions((Hazard(100_000),), unpromised_weeks=2))
    assert made.figures["adjusted_cents"] == 810_00


def test_what_may_be_ordered_twice_is_flagged_and_cut_only_if_so_assumed():
    """Acme wants servers in week 3 on three orders: 500, 300 and 100; a fourth is for week 4, a
    fifth for another customer. All but the largest, 400, may be the same demand. If half of that
    is assumed to be, 200 are gone."""
    orders = [("server", 5, 3), ("server", 3, 3, {"requested_on": week(3, 0)}), ("server", 1, 3),
              ("server", 9, 4), ("server", 9, 3, {"customer_id": "bolt"})]
    made = told(book(orders, [("server", 9, 1)]))
    assert rows_of(made.parts["double_orders"], "customer_id", "item_id", "requested_week",
                   "orders", "lines", "amount_cents", "excess_cents", "order_lines", by=None) == [
        ("acme", "server", week(3), 3, 3, 900_00, 400_00, "SO-1/1;SO-2/1;SO-3/1")]
    assert made.figures["adjusted_cents"] == 2700_00
    cut = told(book(orders, [("server", 9, 1)]), assumed=Assumptions(double_micro=500_000))
    assert (cut.figures["double_cents"], cut.figures["adjusted_cents"]) == (200_00, 2500_00)


def test_assumptions_are_read_and_every_fault_is_named():
    """A file says 0.4% a week for neoclouds that are late by up to 12 weeks, and half of the
    double orders. Six slips are six faults at once."""
    read = assumptions_of({"cancellation": {"unpromised_weeks": 8, "hazard": [
        {"weekly": 0.004, "segment": "neocloud", "late_weeks_from": 1, "late_weeks_to": 12}]},
        "double_orders": {"share": 0.5}}, "a.toml", ["neocloud"])
    assert read == Assumptions((Hazard(4_000, "neocloud", 1, 12),), 8, 500_000)
    assert read.as_dict()["cancellation"]["hazard"][0]["weekly"] == "0.004"
    assert read.weekly_micro("neocloud", False, 12) == 4_000
    assert read.weekly_micro("neocloud", True, 12) == read.weekly_micro("cloud", False, 12) == 0
    with pytest.raises(IssuesError) as fault:
        assumptions_of({"cancelation": {}, "cancellation": {"unpromised_weeks": -1, "hazard": [
            {"weekly": 1.5, "segment": "neoclowd", "firm": "no"},
            {"late_weeks_from": 3, "late_weeks_to": 2, "weekly": 0.1}]}}, "a.toml", ["neocloud"])
    found = [issue.column for issue in fault.value.issues]
    assert sorted(found) == sorted([
        "cancelation", "cancellation.unpromised_weeks", "cancellation.hazard.weekly",
        "cancellation.hazard.segment", "cancellation.hazard.firm",
        "cancellation.hazard.late_weeks_to"])
    assert 'did you mean "neocloud"' in str(fault.value)
