"""Stories of what is held: frozen promises and pins are placed before all others, under `rank`."""

from __future__ import annotations

from tests.stories.book_builder import book
from tests.stories.plans import arrivals, planned, promise, week_of

FIRST, LAST = {"priority": 1}, {"priority": 9}
TWO_SITES = [("austin", "AMER", 0), ("lodz", "AMER", 0, 5)]


def frozen(week: int) -> dict[str, object]:
    """A promise to keep, of the last line in rank."""
    return {**LAST, "frozen": "yes", "promised_on": week}


# Frozen lines.


def test_a_frozen_line_is_served_before_a_better_ranked_one():
    """4 pieces for two lines of 4: the frozen one keeps its promise, though it is last in rank."""
    made = planned(book([("part", 4, 1, FIRST), ("part", 4, 1, frozen(1))], [("part", 4, 0)]))
    assert arrivals(made, "SO-2") == [(1, 4)]
    assert arrivals(made, "SO-1") == []
    assert promise(made, "SO-2")["broken_quantity"] == 0


def test_a_frozen_line_arrives_in_its_week_and_no_sooner():
    """It could arrive in week 0, the week that it was asked for; promised is week 3."""
    made = planned(book([("part", 4, 0, frozen(3))], [("part", 4, 0)]))
    assert arrivals(made, "SO-1") == [(3, 4)]


def test_the_window_does_not_bind_a_promise():
    """No arrival after week 1, says the order; the promise is week 2 and is kept."""
    made = planned(book([("part", 4, 1, {**frozen(2), "latest_on": 1})], [("part", 4, 0)]))
    assert arrivals(made, "SO-1") == [(2, 4)]


def test_what_does_not_fit_of_a_promise_is_broken_and_planned_like_any_other():
    """8 are promised for week 1, 5 are there by then: 3 are broken. 2 more come in week 2, one
    in week 4; they go to the better-ranked line first, which takes 2 in week 2."""
    made = planned(book([("part", 2, 2, FIRST), ("part", 8, 1, frozen(1))],
                        [("part", 5, 0), ("part", 2, 2), ("part", 1, 4)]))
    assert arrivals(made, "SO-2") == [(1, 5), (4, 1)]
    assert arrivals(made, "SO-1") == [(2, 2)]
    assert promise(made, "SO-2")["broken_quantity"] == 3
    assert promise(made, "SO-1")["broken_quantity"] == 0


def test_a_promise_of_a_past_week_is_broken():
    """Promised for the week before as_of: all 4 are broken, and arrive as soon as they may."""
    made = planned(book([("part", 4, 0, frozen(-1))], [("part", 4, 0)]))
    assert arrivals(made, "SO-1") == [(0, 4)]
    assert promise(made, "SO-1")["broken_quantity"] == 4


def test_a_complete_line_keeps_its_promise_whole_or_not_at_all():
    """8 complete, promised for week 1 with 5 there: all 8 are broken, and the 5 go to the line of
    priority 1. In week 3 eight are there again."""
    made = planned(book([("part", 5, 1, FIRST), ("part", 8, 1, {**frozen(1),
                                                               "ship_complete": "yes"})],
                        [("part", 5, 0), ("part", 8, 3)]))
    assert arrivals(made, "SO-1") == [(0, 5)]
    assert arrivals(made, "SO-2") == [(3, 8)]
    assert promise(made, "SO-2")["broken_quantity"] == 8


def test_a_frozen_set_keeps_its_promise_whole_or_not_at_all():
    """Box and cable are promised for week 1. With the cable there it is kept before the better
    line's box; with the cable coming in week 2 both pieces are broken, the better line gets the
    one box, and the set nothing."""
    for cable, expected in ((0, [[], [(1, 1)], [(1, 1)]]), (2, [[(0, 1)], [], []])):
        made = planned(book([("box", 1, 0, FIRST), ("box", 1, 1, {**frozen(1), "ship_set": "S"}),
                             ("cable", 1, 1, {**frozen(1), "ship_set": "S"})],
                            [("box", 1, 0), ("cable", 1, cable)]))
        assert [arrivals(made, f"SO-{k}") for k in (1, 2, 3)] == expected
        assert promise(made, "SO-2")["broken_quantity"] == (cable == 2)
        assert promise(made, "SO-3")["broken_quantity"] == (cable == 2)


def test_a_frozen_line_counts_on_quotas():
    """4 promised under a cap of 3: 1 is broken, and no later week has a permit for it."""
    made = planned(book([("part", 4, 1, frozen(1))], [("part", 4, 0)],
                        quotas=[("part", 0, 7, {"max_quantity": 3})]))
    assert arrivals(made, "SO-1") == [(1, 3)]
    assert promise(made, "SO-1")["broken_quantity"] == 1


# Pins.


def test_a_pin_is_placed_before_a_better_ranked_line():
    """4 pieces; 3 are pinned for the last line in week 2, the first in rank gets the other one."""
    made = planned(book([("part", 4, 1, FIRST), ("part", 3, 1, LAST)], [("part", 4, 0)],
                        pins=[("SO-2", 2, 3)]))
    assert arrivals(made, "SO-2") == [(2, 3)]
    assert arrivals(made, "SO-1") == [(0, 1)]


def test_a_pin_ships_from_its_site():
    """Lodz costs more, and the planner wants it so. The other 2 go from Austin."""
    made = planned(book([("part", 6, 0)], [("part", 6, 0), ("part", 6, 0, {"site_id": "lodz"})],
                        lanes=TWO_SITES, pins=[("SO-1", 0, 4, {"site_id": "lodz"})]))
    assert made.allocations.select("site_id", "quantity").rows() == [("austin", 2), ("lodz", 4)]


def test_a_pin_without_a_quantity_holds_all_that_is_open():
    """6 ordered, 2 shipped: 4 are held. Any day of the week names it."""
    made = planned(book([("part", 6, 0, {"shipped_quantity": 2})], [("part", 4, 0)],
                        pins=[{"order_id": "SO-1", "ship_on": "2026-02-19"}]))
    assert arrivals(made, "SO-1") == [(2, 4)]


def test_pins_are_placed_before_frozen_lines():
    """4 pieces, promised to one line and pinned for another: the pin holds, the promise breaks."""
    made = planned(book([("part", 4, 1, {**frozen(1), **FIRST}), ("part", 4, 1, LAST)],
                        [("part", 4, 0)], pins=[("SO-2", 1, 4)]))
    assert arrivals(made, "SO-2") == [(1, 4)]
    assert promise(made, "SO-1")["broken_quantity"] == 4


def test_pins_are_placed_in_rank_order():
    """Two pins of 3 on 4 pieces: the better-ranked line's holds, of the other 1 piece does."""
    made = planned(book([("part", 3, 1, LAST), ("part", 3, 1, FIRST)], [("part", 4, 0)],
                        pins=[("SO-1", 0, 3), ("SO-2", 1, 3)]))
    assert arrivals(made, "SO-2") == [(1, 3)]
    assert arrivals(made, "SO-1") == [(0, 1)]
    assert promise(made, "SO-1")["broken_quantity"] == 2


def test_a_pin_joins_what_the_line_gets_there_besides():
    """2 of 5 are pinned for week 0 from Austin, and the other 3 can go there as well: one row."""
    made = planned(book([("part", 5, 0)], [("part", 5, 0)], pins=[("SO-1", 0, 2)]))
    assert made.allocations.select("ship_on", "quantity").rows() == [
        (made.allocations["ship_on"][0], 5)]
    assert arrivals(made, "SO-1") == [(0, 5)]


def test_a_pin_holds_the_lines_own_item_only():
    """The line accepts the other kind; a pin of 4 finds 3 of its own. Then the rest may be of the
    other kind, in the weeks that the window allows: in week 0."""
    made = planned(book([("part", 4, 0, {"accepts": "other"})], [("part", 3, 0), ("other", 9, 0)],
                        pins=[("SO-1", 1, 4)]))
    assert [(row[2], week_of(row[4]), row[6]) for row in made.allocations.rows()] == [
        ("other", 0, 1), ("part", 1, 3)]
    assert promise(made, "SO-1")["broken_quantity"] == 1


def test_a_pin_does_not_lift_a_restriction():
    """The part must not go to AMER: the pin is broken, and the line gets nothing."""
    made = planned(book([("part", 2, 0)], [("part", 2, 0)], pins=[("SO-1", 0, 2)],
                        restrictions=[("part", {"region": "AMER"})]))
    assert arrivals(made, "SO-1") == []
    assert promise(made, "SO-1")["broken_quantity"] == 2


def test_a_pin_is_placed_in_lots():
    """A pin of 4 in lots of 2 with 3 there: one lot of 2; the other 2 wait for week 3."""
    made = planned(book([("part", 4, 0, {"lot_size": 2})], [("part", 3, 0), ("part", 1, 3)],
                        pins=[("SO-1", 0, 4)]))
    assert arrivals(made, "SO-1") == [(0, 2), (3, 2)]
    assert promise(made, "SO-1")["broken_quantity"] == 2


def test_a_pin_beyond_the_planned_weeks_is_broken():
    """Pinned for week 9 of 8: the line is planned like any other."""
    made = planned(book([("part", 2, 0)], [("part", 2, 0)], pins=[("SO-1", 9, 2)]))
    assert arrivals(made, "SO-1") == [(0, 2)]
    assert promise(made, "SO-1")["broken_quantity"] == 2


def test_the_window_does_not_bind_a_pin():
    """Not before week 4, says the order; pinned for week 1."""
    made = planned(book([("part", 2, 4, {"earliest_on": 4})], [("part", 2, 0)],
                        pins=[("SO-1", 1, 2)]))
    assert arrivals(made, "SO-1") == [(1, 2)]


def test_pins_of_a_complete_line_hold_all_or_nothing():
    """5 from Austin and 3 from Lodz, where 2 are: all 8 are broken, and the line waits for the
    third in week 2."""
    made = planned(book([("part", 8, 0, {"ship_complete": "yes"})],
                        [("part", 5, 0), ("part", 2, 0, {"site_id": "lodz"}),
                         ("part", 1, 2, {"site_id": "lodz"})], lanes=TWO_SITES,
                        pins=[("SO-1", 0, 5), ("SO-1", 0, 3, {"site_id": "lodz"})]))
    assert arrivals(made, "SO-1") == [(2, 8)]
    assert promise(made, "SO-1")["broken_quantity"] == 8


def test_pins_of_a_ship_set_hold_all_or_nothing():
    """Box and cable are pinned for week 1. The cable comes in week 2: both pins are broken, and the
    set arrives in week 2."""
    for cable, expected, broken in ((1, [(1, 1)], 0), (2, [(2, 1)], 1)):
        made = planned(book([("box", 1, 0, {"ship_set": "S"}), ("cable", 1, 0, {"ship_set": "S"})],
                            [("box", 1, 0), ("cable", 1, cable)],
                            pins=[("SO-1", 1), ("SO-2", 1)]))
        assert arrivals(made, "SO-1") == arrivals(made, "SO-2") == expected
        assert promise(made, "SO-1")["broken_quantity"] == broken


def test_a_frozen_line_whose_pin_breaks_still_has_its_promise():
    """4 are pinned from Lodz, where 1 is, and promised for the same week: 3 come from Austin."""
    made = planned(book([("part", 4, 1, frozen(1))],
                        [("part", 3, 0), ("part", 1, 0, {"site_id": "lodz"})], lanes=TWO_SITES,
                        pins=[("SO-1", 1, 4, {"site_id": "lodz"})]))
    assert arrivals(made, "SO-1") == [(1, 4)]


# Why a line waits.


def test_a_line_whose_pieces_are_held_for_others_is_told_so():
    """4 pieces are pinned for the last line. Alone the first would be on time; on what the pin
    leaves it is not."""
    made = planned(book([("part", 4, 1, FIRST), ("part", 4, 1, LAST)], [("part", 4, 0)],
                        pins=[("SO-2", 1, 4)]))
    row = promise(made, "SO-1")
    assert (row["status"], row["reason"]) == ("unplanned", "frozen")
    assert (row["binding_kind"], row["binding_id"]) == ("part", "part")


def test_a_line_that_its_own_promise_keeps_late_is_told_so():
    """Asked for in week 0 and promised for week 3: the promise holds it there."""
    made = planned(book([("part", 4, 0, frozen(3))], [("part", 4, 0)]))
    row = promise(made, "SO-1")
    assert (row["status"], row["reason"]) == ("late", "frozen")


def test_a_line_that_loses_to_a_better_one_beside_a_pin_is_outbid():
    """2 are pinned for others, 4 are left: enough for the line of 4, were there not another one."""
    made = planned(book([("part", 2, 1, LAST), ("part", 4, 1, FIRST), ("part", 4, 1)],
                        [("part", 6, 0)], pins=[("SO-1", 1, 2)]))
    assert promise(made, "SO-3")["reason"] == "outbid"
