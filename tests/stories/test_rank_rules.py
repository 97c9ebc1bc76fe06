"""Stories of the rank policy: sites, lanes, windows, lots, substitutes, rights and limits."""

from __future__ import annotations

import pytest

from headgate.base.issue import IssuesError
from tests.stories.book_builder import book
from tests.stories.plans import arrivals, drawn, planned, promise, week_of

TWO_SITES = [("austin", "AMER", 14), ("lodz", "AMER", 3)]


def test_ties_go_to_the_shorter_transit():
    """Lodz is 3 days away and Austin 14: one week against two. Both could deliver in week 2; Lodz,
    the shorter way, ships it in week 1."""
    made = planned(book([("part", 1, 4)], [("part", 1, 0), ("part", 1, 0, {"site_id": "lodz"})],
                        lanes=TWO_SITES))
    row = made.allocations.row(0, named=True)
    assert (row["site_id"], week_of(row["ship_on"]), week_of(row["arrive_on"])) == ("lodz", 1, 2)


def test_equal_transit_goes_to_the_cheaper_lane():
    """Both lanes take 3 days; Lodz costs 5 and Austin 9 a piece."""
    made = planned(book([("part", 1, 1)], [("part", 1, 0), ("part", 1, 0, {"site_id": "lodz"})],
                        lanes=[("austin", "AMER", 3, 9), ("lodz", "AMER", 3, 5)]))
    assert made.allocations["site_id"].to_list() == ["lodz"]


def test_parts_do_not_move_between_sites():
    """The GPU is in Austin, the board in Lodz: no site can build the server."""
    made = planned(book([("server", 1, 1)], [("gpu", 1, 0), ("board", 1, 0, {"site_id": "lodz"})],
                        [("server", "gpu"), ("server", "board")], lanes=TWO_SITES))
    assert arrivals(made, "SO-1") == []


def test_a_complete_line_may_be_put_together_from_two_sites():
    """Eight pieces complete; 5 in Austin and 3 in Lodz, both a week away: all arrive in week 1."""
    made = planned(book([("part", 8, 2, {"ship_complete": "yes"})],
                        [("part", 5, 0), ("part", 3, 0, {"site_id": "lodz"})],
                        lanes=[("austin", "AMER", 7), ("lodz", "AMER", 3)]))
    assert arrivals(made, "SO-1") == [(1, 8)]
    assert made.allocations.height == 2


def test_a_pinned_site_is_the_only_site():
    """The line must ship from Austin, where the part comes in week 3; Lodz has it today."""
    made = planned(book([("part", 1, 2, {"site_id": "austin"})],
                        [("part", 1, 3), ("part", 1, 0, {"site_id": "lodz"})],
                        lanes=[("austin", "AMER", 0), ("lodz", "AMER", 0)]))
    assert arrivals(made, "SO-1") == [(3, 1)]
    assert promise(made, "SO-1")["binding_site_id"] == "austin"


def test_without_a_lane_nothing_can_arrive():
    """The order goes to EMEA; its only allowed site ships to AMER alone."""
    made = planned(book([("part", 1, 1, {"region": "EMEA", "site_id": "austin"})], [("part", 1, 0)],
                        lanes=[("austin", "AMER", 0), ("lodz", "EMEA", 0)]))
    assert promise(made, "SO-1")["reason"] == "lane"


def test_a_unit_arrives_at_most_two_weeks_before_it_is_asked_for():
    """Asked for in week 5 with parts on hand: the window opens in week 5 - 2 = 3."""
    assert arrivals(planned(book([("part", 1, 5)], [("part", 1, 0)])), "SO-1") == [(3, 1)]


def test_earliest_and_latest_bound_the_window():
    """Parts come one a week from week 0. Not before week 2 and not after week 3 leaves two weeks,
    in which the pieces of weeks 0 to 3 could all arrive: 3 in week 2 and 1 in week 3; the fifth
    piece comes too late."""
    made = planned(book([("part", 5, 2, {"earliest_on": 2, "latest_on": 3})],
                        [("part", 1, k) for k in range(5)]))
    assert arrivals(made, "SO-1") == [(2, 3), (3, 1)]
    assert promise(made, "SO-1")["status"] == "short"


def test_each_allocation_is_a_multiple_of_the_lot():
    """Lots of 4; 6 parts now and 6 in week 2. Now goes 4 (not 6), in week 2 the other 2 + 6 = 8
    make two lots, of which the order of 8 needs one."""
    made = planned(book([("part", 8, 2, {"lot_size": 4})], [("part", 6, 0), ("part", 6, 2)]))
    assert arrivals(made, "SO-1") == [(0, 4), (2, 4)]


def test_an_open_quantity_that_is_no_multiple_of_the_lot_is_refused():
    """Ten open pieces in lots of 4: the last two could never ship, so the book has a fault."""
    story = book([("part", 10, 2, {"lot_size": 4})], [("part", 10, 0)])
    with pytest.raises(IssuesError) as refused:
        story.tables()
    assert [issue.code for issue in refused.value.issues] == ["orders.lot_size.multiple"]


def test_a_tree_that_explodes_is_refused():
    """Each of 3 levels takes 1,000 of the next: 10^9 pieces in one sold piece, above 2^24."""
    story = book([("a", 1, 1)], [("d", 1, 0)], [("a", "b", 1000), ("b", "c", 1000),
                                               ("c", "d", 1000)])
    with pytest.raises(IssuesError) as refused:
        planned(story)
    assert [issue.code for issue in refused.value.issues] == ["bom.quantity.tree"]


def test_hours_beyond_counting_are_refused():
    """A million hours for each of 10 million pieces are 10^13 hours, above 10^12."""
    story = book([("server", 10**7, 1)], [("gpu", 1, 0)], [("server", "gpu")],
                 routing=[("server", "test", 10**6, 0)], capacity=[("test", 1)],
                 items=[("server", 0)])
    with pytest.raises(IssuesError) as refused:
        planned(story)
    assert [issue.code for issue in refused.value.issues] == ["routing.hours_per_unit.total"]


def test_substitutes_come_after_the_item_by_preference():
    """Ten DIMMs wanted. Of the item itself there are 4, of the second choice 5, of the first
    choice 3: 4 + 3 + 3."""
    made = planned(book([("server", 10, 1)], [("dimm", 4, 0), ("dimm-b", 5, 0), ("dimm-c", 3, 0)],
                        [("server", "dimm")],
                        substitutes=[("dimm", "dimm-b", 2), ("dimm", "dimm-c", 1)]))
    assert drawn(made) == [("dimm", "austin", 0, 4), ("dimm-b", "austin", 0, 3),
                           ("dimm-c", "austin", 0, 3)]
    stood = made.consumption.filter(made.consumption["stood_in_for"].is_not_null())
    assert stood["stood_in_for"].unique().to_list() == ["dimm"]


def test_substitutes_do_not_chain():
    """B may stand in for A and C for B. Only C is there, and C is not listed for A."""
    made = planned(book([("server", 1, 1)], [("c", 1, 0)], [("server", "a")],
                        substitutes=[("a", "b"), ("b", "c")]))
    assert arrivals(made, "SO-1") == []


def test_a_leaf_with_one_source_is_served_before_one_that_can_choose():
    """The server takes one A and one B, and A may stand in for B. Three A and one B make two
    servers: the needs for A take 2, those for B take the 1 B and then the third A."""
    made = planned(book([("server", 2, 1)], [("a", 3, 0), ("b", 1, 0)],
                        [("server", "a"), ("server", "b")], substitutes=[("b", "a")]))
    assert arrivals(made, "SO-1") == [(0, 2)]
    assert drawn(made) == [("a", "austin", 0, 3), ("b", "austin", 0, 1)]


def test_an_accepted_item_is_sent_when_it_arrives_earlier():
    """XE9 comes in week 3, the accepted XE8 is on hand: one XE8 now. Sent at the order's price with
    XE8's cost: 100 - 40 = 60."""
    made = planned(book([("xe9", 1, 1, {"accepts": "xe8"})], [("xe9", 1, 3), ("xe8", 1, 0)],
                        items=[("xe8", 40), ("xe9", 70)]))
    assert made.allocations["item_id"].to_list() == ["xe8"]
    assert made.summary["value"]["value_cents"] == 6000


def test_in_the_same_week_the_ordered_item_goes_first():
    """Both are on hand: the ordered one is sent, even from the farther site of the same week."""
    made = planned(book([("xe9", 1, 2, {"accepts": "xe8"})],
                        [("xe9", 1, 0), ("xe8", 1, 0, {"site_id": "lodz"})],
                        lanes=[("austin", "AMER", 7), ("lodz", "AMER", 3)]))
    assert made.allocations["item_id"].to_list() == ["xe9"]


def test_reserved_supply_serves_its_customer_alone():
    """Four pieces are reserved for umbrella. Acme, ranked first, gets the 2 free ones only;
    umbrella gets its 4."""
    made = planned(book([("part", 5, 1, {"priority": 1}),
                         ("part", 4, 1, {"customer_id": "umbrella"})],
                        [("part", 2, 0), ("part", 4, 0, {"reserved_for": "umbrella"})]))
    assert arrivals(made, "SO-1") == [(0, 2)]
    assert arrivals(made, "SO-2") == [(0, 4)]


def test_reserved_pieces_are_used_before_free_ones():
    """Umbrella stands first and wants 3: its own 2, then 1 of the 3 free ones, so that 2 are left
    for acme."""
    made = planned(book([("part", 3, 1, {"customer_id": "umbrella", "priority": 1}),
                         ("part", 3, 1)],
                        [("part", 3, 0), ("part", 2, 0, {"reserved_for": "umbrella"})]))
    assert arrivals(made, "SO-2") == [(0, 2)]


def test_a_restriction_attaches_to_the_piece_and_not_to_the_name():
    """GPU X must not go to the region APJ. The server for APJ holds one: it cannot be sent, though
    the server's own name is restricted nowhere."""
    made = planned(book([("server", 1, 1, {"region": "APJ"}), ("server", 1, 1)],
                        [("gpu-x", 2, 0)], [("server", "gpu-x")],
                        lanes=[("austin", "AMER", 0), ("austin", "APJ", 0)],
                        restrictions=[("gpu-x", {"region": "APJ"})]))
    assert arrivals(made, "SO-1") == []
    assert arrivals(made, "SO-2") == [(0, 1)]
    assert promise(made, "SO-1")["reason"] == "restriction"


def test_a_substitute_avoids_a_restriction():
    """GPU Y stands in for X and is free to go: the server for APJ is built with Y."""
    made = planned(book([("server", 1, 1, {"region": "APJ"})], [("gpu-x", 2, 0), ("gpu-y", 1, 0)],
                        [("server", "gpu-x")], substitutes=[("gpu-x", "gpu-y")],
                        lanes=[("austin", "APJ", 0)],
                        restrictions=[("gpu-x", {"region": "APJ"})]))
    assert drawn(made) == [("gpu-y", "austin", 0, 1)]


def test_a_past_request_counts_its_weeks_of_lateness():
    """Asked for two weeks before as_of and delivered in week 1: 1 - (-2) = 3 weeks late. At a
    penalty of 5 and 0.2% of 100 a week: value 100 - 10 - 3 x 5.20 = 74.40."""
    made = planned(book([("part", 1, -2, {"late_penalty_per_unit_week": 5})], [("part", 1, 1)]))
    assert promise(made, "SO-1")["late_days"] == 21
    assert made.summary["value"]["value_cents"] == 7440


def test_what_is_not_delivered_is_charged_up_to_the_last_week():
    """Horizon 8, a lane of 7 days: the last arrival is in week 7 + 1 = 8. Asked for in week 2 and
    never delivered: 6 weeks of 0.2% of 100 is 1.20. Under "zero" it costs nothing."""
    story = {"orders": [("part", 1, 2)], "supply": [("other", 1, 0)],
             "items": [("part", 10, "other")], "bom": [("part", "none")],
             "lanes": [("austin", "AMER", 7)]}
    assert planned(book(**story)).summary["value"]["value_cents"] == -120
    zero = planned(book(**story, undelivered="zero"))
    assert zero.summary["value"]["value_cents"] == 0


def test_shipped_pieces_are_not_planned_again():
    """Ten ordered, 7 shipped: 3 are open; a line wholly shipped is `shipped`."""
    made = planned(book([("part", 10, 1, {"shipped_quantity": 7}),
                         ("part", 4, 1, {"shipped_quantity": 4})], [("part", 9, 0)]))
    assert arrivals(made, "SO-1") == [(0, 3)]
    assert promise(made, "SO-2")["status"] == "shipped"


def test_pegging_is_first_in_first_out():
    """PO-1 brings 3 in week 0, PO-2 brings 3 in week 1. The better-ranked line draws 2 in week 1
    (its window), the other 3 in week 0. By date of the draw: PO-1 serves the week-0 draw whole, and
    the week-1 draw gets PO-2's."""
    made = planned(book([("part", 2, 3, {"priority": 1, "earliest_on": 1}), ("part", 3, 0)],
                        [("part", 3, 0, {"reference": "PO-1"}),
                         ("part", 3, 1, {"reference": "PO-2"})]))
    pegs = made.pegging.select("order_id", "reference", "quantity").rows()
    assert pegs == [("SO-1", "PO-2", 2), ("SO-2", "PO-1", 3)]


def test_foreign_money_is_converted_once():
    """Price 100 EUR at 1.175 is 117.50; cost 10 USD: value 107.50."""
    made = planned(book([("part", 1, 1, {"currency": "EUR"})], [("part", 1, 0)],
                        rates=[("EUR", "1.175")]))
    assert made.summary["value"]["value_cents"] == 10750


def test_a_book_without_orders_gives_an_empty_plan():
    """No order lines: every table is empty and every share is none."""
    story = book([("part", 1, 1)], [("part", 1, 0)])
    made = planned(story._replace(frames=story.frames | {"orders": story.frames["orders"].clear()}))
    assert made.allocations.height == 0
    assert made.promises.height == 0
    assert made.summary["service"]["line"]["on_time"] is None
