"""Stories of the reasons: why a line is not on time, what binds it, and who holds that."""

from __future__ import annotations

from typing import Any

from tests.stories.book_builder import Story, book, week
from tests.stories.plans import planned, promise


def told(story: Story, order: str = "SO-1") -> tuple[Any, ...]:
    """Reason, what binds, where, and the week in which it is needed."""
    row = promise(planned(story), order)
    return tuple(row[name] for name in ("reason", "binding_id", "binding_site_id", "binding_on"))


def test_outbid_names_the_part_that_others_hold():
    """Alone SO-2 would be served from the 8 GPUs. SO-1 stands before it and takes them."""
    made = planned(book([("server", 1, 1, {"priority": 1}), ("server", 1, 1)],
                        [("gpu", 8, 0), ("board", 9, 0)],
                        [("server", "gpu", 8), ("server", "board")]))
    row = promise(made, "SO-2")
    assert (row["reason"], row["binding_kind"], row["binding_id"]) == ("outbid", "part", "gpu")
    answer = made.why("SO-2", 1)
    holders = answer.holders.select("order_id", "quantity", "rank").rows()
    assert holders == [("SO-1", 8.0, 1)]
    assert (answer.wanted, answer.lacking, answer.had_on) == (8.0, 8.0, None)


def test_part_when_the_supply_itself_comes_too_late():
    """Nobody else is there. Boards are on hand, GPUs come in week 3 and are needed in week 1."""
    story = book([("server", 1, 1)], [("gpu", 8, 3), ("board", 1, 0)],
                 [("server", "gpu", 8), ("server", "board")])
    assert told(story) == ("part", "gpu", "austin", week(1))
    answer = planned(story).why("SO-1", 1)
    assert answer.had_on == week(3)
    assert answer.arrive_on == week(3, 4)
    assert answer.holders.height == 0


def test_of_several_short_parts_the_latest_binds():
    """GPUs come in week 3, DIMMs in week 4, both asked for in week 1: the DIMMs bind."""
    assert told(book([("server", 1, 1)], [("gpu", 1, 3), ("dimm", 1, 4)],
                     [("server", "gpu"), ("server", "dimm")]))[:2] == ("part", "dimm")


def test_of_equally_late_parts_the_lower_id_binds():
    """GPUs and DIMMs both come in week 3: "dimm" stands before "gpu"."""
    assert told(book([("server", 1, 1)], [("gpu", 1, 3), ("dimm", 1, 3)],
                     [("server", "gpu"), ("server", "dimm")]))[:2] == ("part", "dimm")


def test_the_leaf_binds_and_not_the_assembly_above_it():
    """A rack holds trays, a tray holds GPUs. Trays are short because GPUs are: the GPU is named."""
    assert told(book([("rack", 1, 1)], [("gpu", 8, 4)],
                     [("rack", "tray", 2), ("tray", "gpu", 4)]))[:2] == ("part", "gpu")


def test_capacity_when_the_hours_are_too_few():
    """Five servers at 10 hours of test are 50 hours by week 2; weeks 0 to 2 have 15 each, 45 in
    all. Parts are there: the test binds."""
    story = book([("server", 5, 2)], [("gpu", 5, 0)], [("server", "gpu")],
                 routing=[("server", "test", 10, 0)], capacity=[("test", 15)])
    assert told(story) == ("capacity", "test", "austin", week(2))
    answer = planned(story).why("SO-1", 1)
    assert (answer.wanted, answer.lacking) == (50.0, 5.0)


def test_outbid_by_hours_names_who_uses_them():
    """Twenty hours a week, 10 a server, asked for in week 0: SO-1 takes both places of week 0. SO-2
    alone would be on time."""
    story = book([("server", 2, 0, {"priority": 1}), ("server", 1, 0)], [("gpu", 9, 0)],
                 [("server", "gpu")], routing=[("server", "test", 10, 0)], capacity=[("test", 20)])
    assert told(story, "SO-2") == ("outbid", "test", "austin", week(0))
    holders = planned(story).why("SO-2", 1).holders
    assert holders.select("order_id", "quantity").rows() == [("SO-1", 20.0)]


def test_lead_time_when_even_ample_parts_come_too_late():
    """Ten days of building and 9 of transit: ceil(10/7) = 2 and ceil(9/7) = 2, so nothing arrives
    before week 4 whatever is there; asked for in week 3. The slowest leaf is the GPU."""
    assert told(book([("server", 1, 3)], [("gpu", 1, 0)], [("server", "gpu")],
                     routing=[("server", "test", 1, 10)], capacity=[("test", "inf")],
                     lanes=[("austin", "AMER", 9)]))[:2] == ("lead_time", "gpu")


def test_window_when_the_order_rules_its_own_date_out():
    """The customer asks for week 2 and takes nothing before week 4: late by its own window."""
    assert told(book([("part", 1, 2, {"earliest_on": 4})], [("part", 1, 0)]))[0] == "window"


def test_horizon_when_the_weeks_end_before_it():
    """Eight weeks are planned and the order is for week 20, not before week 18."""
    assert told(book([("part", 1, 20)], [("part", 1, 0)]))[0] == "horizon"


def test_restriction_comes_before_every_other_reason():
    """The part may not go to the region, and is not there either: the restriction is told."""
    assert told(book([("part", 1, 1)], [("part", 1, 5)],
                     restrictions=[("part", {"region": "AMER"})])) == (
        "restriction", None, None, None)


def test_a_restriction_is_named_with_its_scope_and_its_reason():
    """The server has a GPU of a family that must not go to AMER, and acme needs a licence for the
    fan in it; the rule for EMEA does not concern it. Both are told, with the reason of each."""
    answer = planned(book(
        [("server", 1, 1)], [("gpu", 1, 0), ("fan", 1, 0)], [("server", "gpu"), ("server", "fan")],
        items=[("gpu", 10, "component", {"family": "blackwell"})],
        restrictions=[{"family": "blackwell", "region": "AMER", "reason": "export control"},
                      {"item_id": "server", "region": "EMEA", "reason": "not certified"},
                      ("fan", {"customer_id": "acme", "reason": "licence"})],
        lanes=[("austin", "AMER", 0), ("austin", "EMEA", 0)])).why("SO-1", 1)
    assert answer.reason == "restriction"
    assert answer.text().count("By the restrictions: any blackwell, such as gpu, not for region "
                               "AMER (export control); fan, not for customer acme (licence).") == 1
    assert [rule["hit_item_id"] for rule in answer.as_dict()["restrictions"]] == ["gpu", "fan"]


def test_lane_comes_before_lead_time():
    """The pinned site has no lane to EMEA, and the part would be late, too."""
    assert told(book([("part", 1, 1, {"region": "EMEA", "site_id": "austin"})], [("part", 1, 5)],
                     lanes=[("austin", "AMER", 0), ("lodz", "EMEA", 30)]))[0] == "lane"


def test_a_line_does_not_stand_in_its_own_way():
    """SO-1 wants 4; SO-2, before it, holds 2 of the 5 pieces of week 0 until 3 more come in week 2.
    SO-1 gets 3 in week 0 and 1 in week 2. Without its own draws 5 - 2 = 3 are there for its 4:
    one piece is lacking, not four."""
    made = planned(book([("part", 4, 0), ("part", 2, 0, {"priority": 1})],
                        [("part", 5, 0), ("part", 3, 2)]))
    answer = made.why("SO-1", 1)
    assert (answer.reason, answer.wanted, answer.lacking) == ("outbid", 4.0, 1.0)
    assert answer.had_on == week(2)


def test_an_on_time_line_has_no_reason():
    """One part, one order, in its week: no reason, and `why` says when it comes."""
    made = planned(book([("part", 1, 1)], [("part", 1, 0)]))
    assert promise(made, "SO-1")["reason"] is None
    assert made.why("SO-1", 1).text() == (
        "SO-1/1 (1 x part for acme, asked for 2026-02-13, rank 1) is on time: all of it by "
        "2026-02-06.")


def test_holders_of_substitutes_are_named_too():
    """Two servers for SO-1 take the one A and, for the second, its substitute B. SO-2 lacks what
    could be either: SO-1 holds 2 of it, not 1."""
    made = planned(book([("server", 2, 1, {"priority": 1}), ("server", 1, 1)],
                        [("a", 1, 0), ("b", 1, 0)], [("server", "a")], substitutes=[("a", "b")]))
    assert made.why("SO-2", 1).holders.select("order_id", "quantity").rows() == [("SO-1", 2.0)]


def test_what_is_reserved_for_another_is_no_ones_to_lack():
    """Three pieces are reserved for umbrella, who takes them. Acme could not have used them: its
    own supply comes in week 4, and nobody holds it."""
    made = planned(book([("part", 1, 1), ("part", 3, 1, {"customer_id": "umbrella"})],
                        [("part", 3, 0, {"reserved_for": "umbrella"}), ("part", 1, 4)]))
    answer = made.why("SO-1", 1)
    assert (answer.reason, answer.had_on, answer.holders.height) == ("part", week(4), 0)


def test_very_many_options_are_counted_and_not_wrapped_round():
    """Sixteen sites, seventeen items to choose from, one piece complete: the pieces of the open
    book, 2^55 at each option, add up beyond 63 bits. SO-2 is late because SO-1 holds the piece."""
    sites = [f"site-{k:02}" for k in range(16)]
    names = [f"item-{k:02}" for k in range(17)]
    order = {"ship_complete": "yes", "accepts": ";".join(names[1:])}
    made = planned(book([("item-00", 1, 1, {**order, "priority": 1}), ("item-00", 1, 1, order)],
                        [("item-00", 1, 0, {"site_id": "site-00"})],
                        lanes=[(site, "AMER", 0) for site in sites],
                        items=[(name, 10, "other") for name in names],
                        bom=[(name, "chip") for name in names[1:]]))
    assert promise(made, "SO-2")["reason"] == "outbid"


NEAR_AND_FAR = [("lodz", "AMER", 0), ("austin", "AMER", 7)]
"""Lodz is near; from Austin it takes a week."""


def test_a_line_is_explained_where_it_could_be_made():
    """Servers can be made at Austin only: Lodz, which is nearer, never has a chassis. SO-1 takes
    the one GPU of Austin, the other one is at Lodz, where it helps nobody. SO-2 gets nothing: it
    lacks a GPU at Austin, in week 1 for an arrival in week 2, which SO-1 holds; it does not lack
    a chassis at Lodz."""
    story = book([("server", 1, 2, {"priority": 1}), ("server", 1, 2)],
                 [("gpu", 1, 0), ("chassis", 9, 0), ("gpu", 1, 0, {"site_id": "lodz"})],
                 [("server", "gpu"), ("server", "chassis")], lanes=NEAR_AND_FAR)
    assert told(story, "SO-2") == ("outbid", "gpu", "austin", week(1))
    holders = planned(story).why("SO-2", 1).holders
    assert holders.select("order_id", "quantity").rows() == [("SO-1", 1.0)]


def test_what_no_site_can_make_is_explained_where_least_of_it_is_out_of_reach():
    """Eight GPUs are needed. Austin has 5 of them and a chassis, Lodz neither: at Lodz two needs
    can be met in no week, at Austin all could, if there were more: GPUs at Austin bind. Where
    Lodz makes chassis and has no GPU, and Austin has GPUs and no chassis, both lack one, and the
    nearer is told."""
    parts = [("server", "gpu", 8), ("server", "chassis")]
    assert told(book([("server", 1, 2)], [("gpu", 5, 0), ("chassis", 1, 0)], parts,
                     lanes=NEAR_AND_FAR)) == ("part", "gpu", "austin", week(1))
    assert told(book([("server", 1, 2)], [("gpu", 5, 0), ("chassis", 1, 0, {"site_id": "lodz"})],
                     parts, lanes=NEAR_AND_FAR)) == ("part", "gpu", "lodz", week(2))


def test_a_site_without_hours_makes_nothing():
    """A server takes two GPUs. They are at Lodz, but nobody tests there. Austin tests and has one
    GPU: it binds, not the test at Lodz."""
    assert told(book([("server", 1, 2)], [("gpu", 1, 0), ("gpu", 2, 0, {"site_id": "lodz"})],
                     [("server", "gpu", 2)], routing=[("server", "test", 1, 0)],
                     capacity=[("test", 9), ("test", 0, {"site_id": "lodz"})],
                     lanes=NEAR_AND_FAR)) == ("part", "gpu", "austin", week(1))


def test_a_line_is_explained_by_the_item_that_it_could_have_had():
    """SO-2 asks for a b300, of which none come in the planned weeks, and accepts a b200, which SO-1
    holds."""
    assert told(book([("b200", 1, 1, {"priority": 1}), ("b300", 1, 1, {"accepts": "b200"})],
                     [("b200", 1, 0), ("b300", 1, 20)]), "SO-2") == (
        "outbid", "b200", "austin", week(1))


def test_what_a_ship_set_waits_for_is_told_whatever_the_reason():
    """The server takes two weeks to build and is asked for in week 1: late even alone, by lead
    time, in week 2. Its set waits for the fan of SO-2, which comes in week 4; the customer is told
    of other lines, too. For SO-2, asked for in week 1 as well, the part is the reason, and it comes
    last itself. Without a set nothing is said."""
    def asked(**cells: Any) -> Any:
        return planned(book([("server", 1, 1, cells), ("fan", 1, 1, cells)],
                            [("gpu", 1, 0), ("fan", 1, 4)], [("server", "gpu")],
                            routing=[("server", "test", 1, 14)], capacity=[("test", "inf")]))

    made = asked(ship_set="S-1")
    answer = made.why("SO-1", 1)
    assert (answer.reason, answer.ship_set, answer.set_last, answer.set_last_on) == (
        "lead_time", "S-1", "SO-2/1", week(4, 4))
    assert ("It arrives with ship set S-1: each planned alone, SO-2/1 comes last of them, by "
            "2026-03-06.") in answer.text()
    other = made.why("SO-2", 1)
    assert (other.reason, other.set_last) == ("part", "SO-2/1")
    assert "it comes last of them itself" in other.text()
    told = [made.tell_customer(order, 1).awaited for order in ("SO-1", "SO-2")]
    assert told == ["Building and shipping take longer than there was time until the requested "
                    "date. It is delivered together with other lines, which come later.",
                    "It waits for supply of the item itself, which is scarce."]
    alone = asked()
    assert alone.why("SO-1", 1).ship_set is None
    assert "ship set" not in alone.why("SO-1", 1).text()


def test_nobody_holds_what_a_line_does_not_lack():
    """A server takes two weeks to build, from one of ten GPUs that lie there, three of them drawn
    by SO-1. SO-2 wants one in week 1: its lead time ends after that, and it lacks no GPU. No holder
    of GPUs is told, and not that some would keep it from an arrival."""
    story = book([("server", 3, 2, {"priority": 1}), ("server", 1, 1)], [("gpu", 10, 0)],
                 [("server", "gpu")], routing=[("server", "test", 1, 14)],
                 capacity=[("test", "inf")])
    answer = planned(story).why("SO-2", 1)
    assert (answer.reason, answer.binding_id, answer.lacking) == ("lead_time", "gpu", 0)
    assert answer.holders.is_empty() and answer.as_dict()["holders"] == []
    assert "hold" not in answer.text() and "could be had there" not in answer.text()


def test_one_piece_is_one_piece():
    """Of two pieces one is there: "is short: 1 piece by"."""
    assert "is short: 1 piece by " in planned(book([("part", 2, 0)], [("part", 1, 0)])).why(
        "SO-1", 1).text()
