"""Stories of ship sets under `rank`: all lines whole in one week, or none."""

from __future__ import annotations

from tests.stories.book_builder import book
from tests.stories.plans import arrivals, drawn, planned, promise

SET = {"ship_set": "S"}
NOW = {"earliest_on": 0}


def test_the_lines_of_a_set_arrive_together():
    """Boxes are there now, cables in week 2: both arrive in week 2, though the box could today."""
    made = planned(book([("box", 1, 1, SET), ("cable", 1, 1, SET)], [("box", 1, 0),
                                                                     ("cable", 1, 2)]))
    assert arrivals(made, "SO-1") == arrivals(made, "SO-2") == [(2, 1)]


def test_a_set_that_lacks_one_line_gets_nothing():
    """The cable never comes in full: 1 of 2. The box stays, too, and goes to the next line."""
    made = planned(book([("box", 1, 0, SET), ("cable", 2, 0, SET), ("box", 1, 0)],
                        [("box", 1, 0), ("cable", 1, 0)]))
    assert [arrivals(made, f"SO-{k}") for k in (1, 2, 3)] == [[], [], [(0, 1)]]
    assert drawn(made) == [("box", "austin", 0, 1)]


def test_a_set_takes_its_turn_with_its_best_line():
    """The cable of the set is first in rank, its box last. The set is served before the box of
    priority 2, which gets what is left: 3 - 2 = 1."""
    made = planned(book([("cable", 1, 0, {**SET, "priority": 1}), ("box", 2, 0, {"priority": 2}),
                         ("box", 2, 0, {**SET, "priority": 3})], [("box", 3, 0), ("cable", 1, 0)]))
    assert [arrivals(made, f"SO-{k}") for k in (1, 2, 3)] == [[(0, 1)], [(0, 1)], [(0, 2)]]


def test_lines_of_a_set_share_what_is_there():
    """Two boxes and three boxes in one set: 4 are there now, 1 more comes in week 3."""
    made = planned(book([("box", 2, 1, SET), ("box", 3, 1, SET)], [("box", 4, 0), ("box", 1, 3)]))
    assert arrivals(made, "SO-1") == [(3, 2)]
    assert arrivals(made, "SO-2") == [(3, 3)]


def test_only_weeks_that_all_windows_allow_are_tried():
    """The box may come from week 3 on, the cable up to week 4: week 3. Up to week 2, no week is
    left, though both could come alone."""
    for latest, expected in ((4, [(3, 1)]), (2, [])):
        made = planned(book([("box", 1, 3, {**SET, "earliest_on": 3}),
                             ("cable", 1, 2, {**SET, "latest_on": latest})],
                            [("box", 1, 0), ("cable", 1, 0)]))
        assert arrivals(made, "SO-1") == arrivals(made, "SO-2") == expected


def test_each_line_of_a_set_travels_its_own_way_to_the_same_week():
    """Box to AMER 0 days, cable to EMEA 14 days: both arrive in week 2, the cable leaves now."""
    made = planned(book([("box", 1, 1, SET), ("cable", 1, 1, {**SET, "region": "EMEA"})],
                        [("box", 1, 0), ("cable", 1, 0)],
                        lanes=[("austin", "AMER", 0), ("austin", "EMEA", 14)]))
    assert arrivals(made, "SO-1") == arrivals(made, "SO-2") == [(2, 1)]
    assert made.allocations["ship_on"].to_list()[1].isoformat() == "2026-02-02"


def test_a_set_of_one_arrives_whole():
    """3 now and 1 in week 2: nothing leaves before week 2."""
    made = planned(book([("box", 4, 0, SET)], [("box", 3, 0), ("box", 1, 2)]))
    assert arrivals(made, "SO-1") == [(2, 4)]


def test_a_shipped_line_of_a_set_is_not_waited_for():
    """The cable has left long ago, and no more cables come. The box arrives today."""
    made = planned(book([("box", 1, 0, SET), ("cable", 2, 0, {**SET, "shipped_quantity": 2})],
                        [("box", 1, 0)]))
    assert arrivals(made, "SO-1") == [(0, 1)]


def test_the_pieces_of_a_line_of_a_set_may_come_from_two_sites():
    """2 boxes in Austin and 2 in Lodz, a cable in Lodz."""
    made = planned(book([("box", 4, 0, SET), ("cable", 1, 0, SET)],
                        [("box", 2, 0), ("box", 2, 0, {"site_id": "lodz"}),
                         ("cable", 1, 0, {"site_id": "lodz"})],
                        lanes=[("austin", "AMER"), ("lodz", "AMER")]))
    assert arrivals(made, "SO-1") == [(0, 4)]
    assert made.allocations.height == 3


def test_a_set_takes_hours_for_all_its_lines_in_one_week():
    """6 hours a week. The box takes 4, the other box 4: no week has 8, and the set gets none."""
    story = {"bom": [("box", "chip"), ("crate", "chip")], "capacity": [("line", 6)],
             "routing": [("box", "line", 4), ("crate", "line", 4)]}
    made = planned(book([("box", 1, 1, SET), ("crate", 1, 1, SET)], [("chip", 2, 0)], **story))
    assert arrivals(made, "SO-1") == arrivals(made, "SO-2") == []
    apart = planned(book([("box", 1, 1, NOW), ("crate", 1, 1, NOW)], [("chip", 2, 0)], **story))
    assert arrivals(apart, "SO-1") + arrivals(apart, "SO-2") == [(0, 1), (1, 1)]


def test_a_line_that_waits_for_its_mate_is_told_so():
    """The box could arrive today; it waits for the cable, which is there in week 2. What binds is
    what binds the cable: the part, asked for in week 1. The cable's own reason is its part."""
    made = planned(book([("box", 1, 1, SET), ("cable", 1, 1, SET)],
                        [("box", 1, 0), ("cable", 1, 2)]))
    row = promise(made, "SO-1")
    assert (row["status"], row["reason"]) == ("late", "ship_set")
    assert (row["binding_kind"], row["binding_id"], row["binding_site_id"]) == (
        "part", "cable", "austin")
    assert promise(made, "SO-2")["reason"] == "part"


def test_a_set_whose_pieces_others_hold_is_outbid():
    """Alone the set would be on time; the cable went to a line before it."""
    made = planned(book([("cable", 1, 0, {"priority": 1}), ("box", 1, 0, SET),
                         ("cable", 1, 0, SET)], [("box", 1, 0), ("cable", 1, 0)]))
    assert promise(made, "SO-2")["reason"] == "outbid"
