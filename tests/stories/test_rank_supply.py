"""Stories of the rank policy: supply, weeks, stock or make, lead times, hours."""

from __future__ import annotations

from tests.stories.book_builder import book, week
from tests.stories.plans import arrivals, drawn, planned, promise

EIGHT_GPUS = [("server", "gpu", 8)]


def test_the_better_ranked_line_is_served_first():
    """Ten GPUs, two orders for one 8-GPU server each, both asked for in week 1. The second has
    priority 1: it gets 8, and 10 - 8 = 2 are too few for the first."""
    made = planned(book([("server", 1, 1), ("server", 1, 1, {"priority": 1})],
                        [("gpu", 10, 0)], EIGHT_GPUS))
    assert arrivals(made, "SO-2") == [(0, 1)]
    assert arrivals(made, "SO-1") == []
    assert promise(made, "SO-1")["status"] == "unplanned"


def test_among_equal_priorities_the_requested_then_the_booked_date_decides():
    """One part. SO-1 asks for week 2; SO-2 and SO-3 for week 1, and SO-3 was booked a week before
    SO-2. So SO-3 gets it."""
    made = planned(book([("part", 1, 2), ("part", 1, 1), ("part", 1, 1, {"booked_on": -7})],
                        [("part", 1, 0)]))
    assert [arrivals(made, order) for order in ("SO-1", "SO-2", "SO-3")] == [[], [], [(0, 1)]]


def test_small_order_overtakes_without_delaying_the_big_one():
    """Six GPUs arrive in week 1, six in week 3. The big order needs 8 together, so week 3.
    Four of week 1's six stay free: 6 + 6 - 8 = 4. The small one takes 4 of them, not 5."""
    made = planned(book([("gpu", 8, 1, {"ship_complete": "yes"}), ("gpu", 5, 2)],
                        [("gpu", 6, 1), ("gpu", 6, 3)]))
    assert arrivals(made, "SO-1") == [(3, 8)]
    assert arrivals(made, "SO-2") == [(1, 4)]
    assert promise(made, "SO-2")["status"] == "short"


def test_a_line_without_ship_complete_takes_what_there_is():
    """The same six and six: 6 arrive in week 1 and the last 2 of 8 in week 3, so it is late."""
    made = planned(book([("gpu", 8, 1)], [("gpu", 6, 1), ("gpu", 6, 3)]))
    assert arrivals(made, "SO-1") == [(1, 6), (3, 2)]
    assert promise(made, "SO-1")["status"] == "late"
    assert promise(made, "SO-1")["promised_on"] == week(3, 4)
    assert promise(made, "SO-1")["late_days"] == 14


def test_supply_dated_on_a_tuesday_can_be_used_the_week_after():
    """A row of Tuesday of week 1 counts from the Monday of week 2 on; one of Monday, at once."""
    late = planned(book([("part", 1, 3)], [("part", 1, week(1, 1).isoformat())]))
    prompt = planned(book([("part", 1, 3)], [("part", 1, week(1, 0).isoformat())]))
    assert arrivals(late, "SO-1") == [(2, 1)]
    assert arrivals(prompt, "SO-1") == [(1, 1)]


def test_overdue_supply_is_usable_from_next_week():
    """A committed row dated three weeks before as_of has not come: it counts from week 1. The same
    row without a status is on hand, and counts at once."""
    overdue = planned(book([("part", 1, 1)], [("part", 1, -3, {"status": "committed"})]))
    on_hand = planned(book([("part", 1, 1)], [("part", 1, -3)]))
    assert arrivals(overdue, "SO-1") == [(1, 1)]
    assert arrivals(on_hand, "SO-1") == [(0, 1)]


def test_forecast_supply_counts_only_when_the_policy_says_so():
    """Four pieces are forecast for week 1: not one is promised, unless use_forecast is true."""
    supply = [("part", 4, 1, {"status": "forecast"})]
    assert arrivals(planned(book([("part", 4, 1)], supply)), "SO-1") == []
    with_it = planned(book([("part", 4, 1)], supply, use_forecast=True))
    assert arrivals(with_it, "SO-1") == [(1, 4)]


def test_stock_is_taken_before_anything_is_made():
    """Three servers wanted; two stand in stock and there are GPUs for two more. Two come from
    stock and one is made from 8 GPUs."""
    made = planned(book([("server", 3, 1)], [("server", 2, 0), ("gpu", 16, 0)], EIGHT_GPUS))
    assert drawn(made) == [("gpu", "austin", 0, 8), ("server", "austin", 0, 2)]


def test_stock_inside_the_tree_is_used_too():
    """A rack takes 2 trays, a tray 4 GPUs. One tray is in stock: of the 2 trays one is drawn and
    one is made from 4 GPUs."""
    made = planned(book([("rack", 1, 1)], [("tray", 1, 0), ("gpu", 4, 0)],
                        [("rack", "tray", 2), ("tray", "gpu", 4)]))
    assert drawn(made) == [("gpu", "austin", 0, 4), ("tray", "austin", 0, 1)]


def test_lead_days_add_up_and_are_rounded_once():
    """Server: test takes 4 days; its board: assembly takes 3. Down to the GPU that is 4 + 3 = 7
    days, one week, not ceil(4/7) + ceil(3/7) = 2. GPUs of week 1 ship as a server in week 2."""
    made = planned(book([("server", 1, 2)], [("gpu", 1, 1)],
                        [("server", "board"), ("board", "gpu")],
                        routing=[("server", "test", 1, 4), ("board", "line", 1, 3)],
                        capacity=[("test", "inf"), ("line", "inf")]))
    assert arrivals(made, "SO-1") == [(2, 1)]
    assert drawn(made) == [("gpu", "austin", 1, 1)]


def test_eight_lead_days_are_two_weeks():
    """One more day, 4 + 4 = 8, is ceil(8/7) = 2 weeks: the same GPU ships in week 3."""
    made = planned(book([("server", 1, 3)], [("gpu", 1, 1)],
                        [("server", "board"), ("board", "gpu")],
                        routing=[("server", "test", 1, 4), ("board", "line", 1, 4)],
                        capacity=[("test", "inf"), ("line", "inf")]))
    assert arrivals(made, "SO-1") == [(3, 1)]


def test_nothing_is_drawn_before_the_plan_begins():
    """Eight lead days and GPUs on hand: the draw is two weeks before the shipment, so the first
    shipment is in week 2 whatever was asked for."""
    made = planned(book([("server", 1, 0)], [("gpu", 1, 0)], [("server", "gpu")],
                        routing=[("server", "test", 1, 8)], capacity=[("test", "inf")]))
    assert arrivals(made, "SO-1") == [(2, 1)]
    assert promise(made, "SO-1")["reason"] == "lead_time"


def test_hours_of_a_week_are_the_limit_of_that_week():
    """Each server takes 10 hours of test and a week has 25: two a week, 5 servers need three."""
    made = planned(book([("server", 5, 2)], [("gpu", 5, 0)], [("server", "gpu")],
                        routing=[("server", "test", 10, 0)], capacity=[("test", 25)]))
    assert arrivals(made, "SO-1") == [(0, 2), (1, 2), (2, 1)]


def test_a_step_uses_the_hours_of_the_week_in_which_it_ends():
    """Burn-in is followed by a test of 7 days, so it ends a week before the shipment. Burn-in hours
    exist in week 1 alone: the server ships in week 2."""
    made = planned(book([("server", 1, 4)], [("gpu", 1, 0)], [("server", "gpu")],
                        routing=[("server", "burn-in", 5, 0), ("server", "test", 1, 7)],
                        capacity=[("burn-in", 5, {"week": 1}), ("test", "inf")]))
    assert arrivals(made, "SO-1") == [(2, 1)]


def test_bom_rows_hold_by_the_monday_of_the_draw():
    """From Wednesday of week 1 on the server takes chip B instead of A. The Monday of week 1 still
    lies in A's time, that of week 2 in B's. With B alone on hand the first server is of week 2."""
    change = week(1, 2)
    made = planned(book([("server", 1, 2)], [("chip-b", 1, 0)],
                        [("server", "chip-a", 1, {"effective_to": change.isoformat()}),
                         ("server", "chip-b", 1, {"effective_from": change.isoformat()})]))
    assert arrivals(made, "SO-1") == [(2, 1)]
    assert drawn(made) == [("chip-b", "austin", 2, 1)]
