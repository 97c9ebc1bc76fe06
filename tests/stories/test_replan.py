"""Re-planning: what a change moves, what it must leave alone, and who gives up first."""

from __future__ import annotations

from typing import Any

import pytest

import headgate as hg
from headgate.book import build_book
from headgate.session import Plan
from tests.stories.book_builder import Row, Story, book
from tests.stories.plans import arrivals, planned, promise

OPEN_FENCE = {"fence_weeks": 0, "near_weeks": 0}
"""Moving costs the same in every week, and nothing is frozen."""


def replanned(story: Story, old: Plan, **replan: Any) -> Plan:
    """A story re-planned from an older plan by the older plan's objective; proven."""
    loaded = build_book(story.tables())
    made = hg.replan(loaded, old, {"replan": {**OPEN_FENCE, **replan}})
    assert hg.check(loaded, made).issues == ()
    return made


def moves(made: Plan) -> list[tuple[str, int | None, str]]:
    """Order, days and reason of each move."""
    return made.moves.select("order_id", "days", "reason").rows()


@pytest.mark.parametrize("objective", ["rank", "value"])
@pytest.mark.parametrize(("before", "after", "group", "week", "exception", "reason"), [
    (1, 3, "win", 3, "win", "part"), (1, 3, "gain", 3, "gain", "part"),
    (1, 3, "redistribute", 3, None, "part"), (1, 3, "fill", 3, None, "part"),
    (1, 3, "lose", 3, None, "class"),
    (3, 1, "win", 1, None, "freed"), (3, 1, "gain", 1, None, "freed"),
    (3, 1, "redistribute", 1, None, "freed"), (3, 1, "fill", 3, None, None),
    (3, 1, "lose", 3, None, None),
    (3, 3, "win", 3, "win", "kept"), (3, 3, "gain", 3, None, None),
    (3, 3, "fill", 3, None, None), (3, 3, "lose", 3, None, None),
])
def test_the_classes_one_line(objective: str, before: int, after: int, group: str, week: int,
                              exception: str | None, reason: str | None):
    """Four servers are wanted for week 1, and the four GPUs come in week `before`, then `after`.
    Later GPUs move everybody, and win and gain say that they were not held to. Earlier ones
    pull in whoever may gain: by two weeks, which saves two weeks of lateness (0.2 dollars a week)
    and costs two weeks of moving (0.05 dollars a week). Fill stays, and lose keeps what it had."""
    def story(on: int, spare: int) -> Story:
        return book([("server", 4, 1)], [("gpu", 4, on), ("cpu", spare, 0)], [("server", "gpu", 1)],
                    objective=objective)

    # A spare part more changes the book where the GPUs do not.
    made = replanned(story(after, 2), planned(story(before, 1)), **{"class": group})
    assert arrivals(made, "SO-1") == [(week, 4)]
    rows = made.moves.filter(made.moves["order_id"] == "SO-1")
    assert rows["exception"].to_list() == ([] if reason is None else [exception])
    assert rows["reason"].to_list() == ([] if reason is None else [reason])


@pytest.mark.parametrize("kept", [0, 5])
@pytest.mark.parametrize(("supply", "found"), [
    ([(8, 3), (4, 1)], [(1, 4), (3, 4)]), ([(8, 1)], [(1, 8)]), ([(8, 3), (4, 4)], [(3, 8)])])
def test_more_of_a_part_serves_who_is_late(kept: int, supply: list[tuple[int, int]],
                                           found: list[tuple[int, int]]):
    """Eight GPUs are wanted at once and come in week 3. Then four more are bought for week 1, and
    four come then; or the eight come in week 1 already, and so do all. A purchase for week 4 serves
    nobody better. Five that are kept for somebody else change nothing."""
    def story(*rows: tuple[int, int]) -> Story:
        return book([("gpu", 8, 0)], [*(("gpu", pieces, on) for pieces, on in rows), *[
            ("gpu", kept, 0, {"reserved_for": "other"})] * bool(kept)], objective="value")

    assert arrivals(replanned(story(*supply), planned(story((8, 3)))), "SO-1") == found


@pytest.mark.parametrize("objective", ["rank", "value"])
@pytest.mark.parametrize(("group", "winner", "other", "reason"), [
    ("win", 3, 1, None), ("gain", 3, 1, None), ("redistribute", 1, 3, "winner"),
    ("fill", 1, 3, "winner"), ("lose", 1, 3, "class")])
def test_the_classes_two_lines(objective: str, group: str, winner: int, other: int,
                               reason: str | None):
    """Two lines want four GPUs each for week 1; four come in week 1, four in week 3. The first one
    had week 1. Now the second is of class win: it takes week 1 from a line that may lose it, and
    not from one that may only gain, when it stays where it was and is told as an exception."""
    story = book([("gpu", 4, 1, {"priority": 1}), ("gpu", 4, 1, {"segment": "gov"})],
                 [("gpu", 4, 1), ("gpu", 4, 3)])
    old = planned(story)
    assert arrivals(old, "SO-1") == [(1, 4)] and arrivals(old, "SO-2") == [(3, 4)]
    loaded = build_book(story.tables())
    made = hg.replan(loaded, old, {"objective": objective, "replan": {
        **OPEN_FENCE, "class": group, "rule": [{"class": "win", "segment": "gov"}]}})
    assert hg.check(loaded, made).issues == ()
    assert arrivals(made, "SO-2") == [(winner, 4)] and arrivals(made, "SO-1") == [(other, 4)]
    rows = made.moves.rows_by_key("order_id", named=True)
    assert ("SO-1" in rows) == (reason is not None)
    assert reason is None or rows["SO-1"][0]["reason"] == reason
    assert (rows["SO-2"][0]["exception"] == "win") == (winner == 3)


def test_the_first_rule_that_fits_gives_the_class():
    """A rule for the region stands before one for the item: SO-1 in AMER fills, SO-2 wins."""
    story = book([("gpu", 1, 1), ("gpu", 1, 1, {"region": "EMEA"})], [("gpu", 2, 3)],
                 lanes=[(), ("austin", "EMEA")])
    rules = [{"class": "fill", "region": "AMER"}, {"class": "win", "item": "gpu"}]
    made = replanned(story, planned(story), rule=rules)
    assert made.moves.select("order_id", "class", "exception").rows() == [("SO-2", "win", "win")]


def slipped(on: int, orders: list[Row], more: list[Row] = [], **policy: Any) -> Story:  # noqa: B006
    """Orders of GPUs of which two come in week 0 and two in week `on`."""
    return book(orders, [("gpu", 2, 0), ("gpu", 2, on), *more], objective="value", **policy)


def test_the_line_that_loses_least_gives_up():
    """Two lines had two GPUs each in week 1. Two GPUs slip to week 4: three weeks late cost 3 x 100
    dollars of penalty a piece of SO-1 and nothing of SO-2, which moves, though SO-1 ranks last."""
    orders: list[Row] = [("gpu", 2, 1, {"late_penalty_per_unit_week": 100, "priority": 9}),
                         ("gpu", 2, 1)]
    made = replanned(slipped(4, orders), planned(slipped(1, orders)))
    assert moves(made) == [("SO-2", 21, "part")]
    row = made.moves.row(0, named=True)
    # Two pieces at 100 dollars; 2% a week for three weeks is 6 dollars a piece.
    assert (row["moved_quantity"], row["moved_cents"], row["cost_cents"]) == (2, 20_000, 1_200)
    assert row["text"] == "A part ran short (gpu at austin, in the week of 2026-02-09)."
    assert made.summary["replan"]["share_moved"] == 0.5


def test_a_frozen_promise_gives_up_last():
    """The same, but SO-1, which would lose more, is promised for week 4 and SO-2 for week 1, inside
    a fence of two weeks: two GPUs of week 0 are lost, and SO-1 gives its own up."""
    orders: list[Row] = [("gpu", 2, 4, {"late_penalty_per_unit_week": 100, "earliest_on": 4}),
                         ("gpu", 2, 1, {"earliest_on": 1})]
    old = planned(book(orders, [("gpu", 4, 0)], objective="value"))
    less = book(orders, [("gpu", 2, 0), ("gpu", 2, 6)], objective="value")
    assert [row[0] for row in moves(replanned(less, old, fence_weeks=2))] == ["SO-1"]
    assert [row[0] for row in moves(replanned(less, old))] == ["SO-2"]


def test_a_substitute_keeps_the_date():
    """The GPU slips from week 1 to week 4, but two old ones lie there: both servers keep week 1,
    and nothing has moved."""
    def story(on: int) -> Story:
        return book([("server", 2, 1)], [("gpu", 2, on), ("old", 2, 0)], [("server", "gpu", 1)],
                    [("gpu", "old", 1, {"extra_cost": 1})], objective="value")

    old, made = planned(story(1)), replanned(story(4), planned(story(1)))
    assert arrivals(made, "SO-1") == [(1, 2)] and moves(made) == []
    assert "old" in made.consumption["item_id"] and "old" not in old.consumption["item_id"]


def test_another_site_keeps_the_date():
    """Austin's GPUs slip to week 4; Lodz has two, a dollar of freight away: week 1 is kept."""
    def story(on: int) -> Story:
        return book([("gpu", 2, 1)], [("gpu", 2, on), ("gpu", 2, 0, {"site_id": "lodz"})],
                    lanes=[(), ("lodz", "AMER", 0, 1)], objective="value")

    made = replanned(story(4), planned(story(1)))
    assert moves(made) == [] and made.allocations["site_id"].to_list() == ["lodz"]


def test_what_a_cancelled_order_leaves_serves_who_waits():
    """SO-1 had the two GPUs of week 1 and SO-2 those of week 4, three weeks late. SO-1 is
    cancelled: SO-2 is pulled in, and SO-3, of which nothing has changed, stays."""
    orders: list[Row] = [("gpu", 2, 1, {"priority": 1}),
                         ("gpu", 2, 1, {"late_penalty_per_unit_week": 1}), ("cpu", 1, 1)]
    supply: list[Row] = [("gpu", 2, 1), ("gpu", 2, 4), ("cpu", 1, 1)]
    before = book(orders, supply)
    without = book(orders, supply)
    table = without.frames["orders"]
    without.frames["orders"] = table.filter(table["order_id"] != "SO-1")
    made = replanned(without, planned(before))
    assert moves(made) == [("SO-2", -21, "freed")]
    assert arrivals(made, "SO-2") == [(1, 2)]
    told = made.summary["replan"]["promises"]
    assert (told["before"], told["kept"], told["earlier"], told["gone"]) == (2, 1, 1, 1)


def test_a_promise_that_is_placed_anew_may_come_earlier():
    """SO-1's two GPUs come to Austin in week 3, two weeks after the requested one. They slip to
    week 5; Brno has two, but hours to test servers in week 2 alone. Austin's ran short, SO-1 is 7
    days earlier all the same, and its row says both."""
    def story(week: int) -> Story:
        brno = {"site_id": "brno"}
        return book([("server", 2, 1)], [("gpu", 2, week)] + [("gpu", 2, 0, brno)] * (week > 3),
                    [("server", "gpu", 1)], routing=[("server", "test", 1)],
                    capacity=[("test", 10), ("test", 10, {"week": 2, **brno})],
                    lanes=[(), ("brno",)])

    made = replanned(story(5), planned(story(3)))
    assert moves(made) == [("SO-1", -7, "part")]
    assert made.moves["text"][0] == ("A part ran short (gpu at austin, in the week of 2026-02-23). "
                                     "Placed anew, it can come earlier.")


def test_a_new_order_takes_what_is_left():
    """SO-2 comes in, is worth ten times as much and wants week 1: promises stand, it gets week
    4."""
    supply: list[Row] = [("gpu", 2, 1), ("gpu", 2, 4)]
    old = planned(book([("gpu", 2, 1)], supply, objective="value"))
    made = replanned(book([("gpu", 2, 1), ("gpu", 2, 1, {"unit_price": 1000})], supply,
                          objective="value"), old)
    assert moves(made) == [] and arrivals(made, "SO-2") == [(4, 2)]


def test_an_order_that_grows_keeps_its_date_as_far_as_it_can():
    """Two of four pieces more: two keep week 1, one more comes in it, and the last in week 4. What
    was promised is there as promised, so nothing moved."""
    supply: list[Row] = [("gpu", 3, 1), ("gpu", 2, 4)]
    old = planned(book([("gpu", 2, 1)], supply, objective="value"))
    made = replanned(book([("gpu", 4, 1)], supply, objective="value"), old)
    assert arrivals(made, "SO-1") == [(1, 3), (4, 1)] and moves(made) == []


def test_a_complete_line_moves_whole():
    """Three pieces in one week or none; one of three GPUs slips to week 4, and so does the line."""
    def story(on: int) -> Story:
        return book([("gpu", 3, 1, {"ship_complete": "yes"})], [("gpu", 2, 1), ("gpu", 1, on)],
                    objective="value")

    made = replanned(story(4), planned(story(1)))
    assert arrivals(made, "SO-1") == [(4, 3)] and moves(made) == [("SO-1", 21, "part")]


def test_hours_that_go_move_what_was_built_in_them():
    """Two lines want a server each for week 1, both built in week 1, an hour each. One of its two
    hours goes: SO-2, whose lateness costs nothing beside, is built in week 2, and the resource is
    named."""
    def story(hours: int) -> Story:
        return book([("server", 1, 1, {"earliest_on": 1, "late_penalty_per_unit_week": 50}),
                     ("server", 1, 1, {"earliest_on": 1})], [("gpu", 2, 0)], [("server", "gpu", 1)],
                    routing=[("server", "line", 1)],
                    capacity=[*(("line", 2, {"week": bucket}) for bucket in (0, 2, 3, 4, 5, 6, 7)),
                              ("line", hours, {"week": 1})], objective="value")

    made = replanned(story(1), planned(story(2)))
    assert moves(made) == [("SO-2", 7, "resource")]
    assert made.moves.select("binding_id", "binding_site_id").row(0) == ("line", "austin")


def test_the_same_book_moves_nothing():
    """A line is late though a GPU lies idle that could serve it better: the very plan is kept."""
    story = slipped(3, [("gpu", 2, 1), ("gpu", 2, 1)])
    old = planned(story)
    made = hg.replan(build_book(story.tables()), old)
    for name, frame in old.frames.frames.items():
        assert made.frames.frames[name].equals(frame), name
    assert moves(made) == [] and made.summary["replan"]["promises"]["kept"] == 2


def test_a_promise_of_last_week_that_did_not_ship_is_late_now():
    """The book is a week older, and the two GPUs promised for week 0 have not shipped: they ship in
    the new week 0, seven days later, since the allocation's week has passed."""
    from datetime import timedelta

    story = book([("gpu", 2, 0)], [("gpu", 2, 0)], objective="value")
    old = planned(story)
    story.settings["as_of"] += timedelta(days=7)
    made = replanned(story, old)
    assert moves(made) == [("SO-1", 7, "rules")]
    assert promise(made, "SO-1")["status"] == "late"


def test_a_search_tells_what_it_moved():
    """Planned anew, the valuable new order takes week 1 from the old one, which is told."""
    supply: list[Row] = [("gpu", 2, 1), ("gpu", 2, 4)]
    old = planned(book([("gpu", 2, 1)], supply, objective="value"))
    new = build_book(book([("gpu", 2, 1), ("gpu", 2, 1, {
        "unit_price": 1000, "late_penalty_per_unit_week": 50})], supply,
        objective="value").tables())
    made = hg.replan(new, old, full=True)
    assert hg.check(new, made).issues == ()
    assert moves(made) == [("SO-1", 21, "search")]
    assert made.summary["replan"]["mode"] == "full"


def test_what_comes_beside_a_promise_takes_nothing_away():
    """SO-1 wants two GPUs for week 1, of which one comes, in week 2. Then a second one is bought
    for week 4: the first is there as promised, so nothing is later, and the line gained a piece.
    Do the two come in weeks 1 and 2 instead, the one that was promised is 7 days earlier."""
    def story(*weeks: int) -> Story:
        return book([("gpu", 2, 1)], [("gpu", 1, on) for on in weeks])

    old = planned(story(2))
    for weeks, days, counts in (((2, 4), 0, (1, 0, 0, 0)), ((1, 2), -7, (0, 0, 1, 0))):
        made = replanned(story(*weeks), old)
        row = made.moves.row(0, named=True)
        assert (row["days"], row["old_quantity"], row["new_quantity"]) == (days, 1, 2)
        told = made.summary["replan"]["promises"]
        assert tuple(told[name] for name in ("kept", "later", "earlier", "lost")) == counts
        assert told["gained"] == 1


def test_a_promise_with_fewer_pieces_is_that_alone():
    """Of SO-1's two GPUs one is gone and the other slips from week 1 to week 3; SO-2's CPU is gone.
    One has fewer pieces, though what is left is later, and one is withdrawn; none is later."""
    orders: list[Row] = [("gpu", 2, 1), ("cpu", 1, 1)]
    made = replanned(book(orders, [("gpu", 1, 3), ("cpu", 1, 1, {"site_id": "brno"})]),
                     planned(book(orders, [("gpu", 2, 1), ("cpu", 1, 1)])))
    told = made.summary["replan"]["promises"]
    assert {name: told[name] for name in ("kept", "later", "earlier", "lost", "withdrawn")} == {
        "kept": 0, "later": 0, "earlier": 0, "lost": 2, "withdrawn": 1}


def test_who_had_nothing_gives_nothing_up():
    """SO-1 is of class lose, and had no date, as its GPUs come after the planned weeks. They come
    in week 1: it has them since they came, and not because its class gives up first."""
    def story(week: int) -> Story:
        return book([("gpu", 2, 1)], [("gpu", 2, week)])

    made = replanned(story(1), planned(story(20)), **{"class": "lose"})
    assert made.moves.select("order_id", "old_quantity", "new_quantity", "reason").rows() == [
        ("SO-1", 0, 2, "freed")]


def test_who_comes_behind_another_class_is_told_so():
    """SO-1 has the GPUs of week 1, SO-2 those of week 4. The first slip to week 2, in which SO-2,
    of class win, was asked for: it takes them, and SO-1 comes in week 4. The part that slipped
    explains one week, and its row says that a line of class win came before it. Without classes
    it says nothing of them."""
    def story(week: int) -> Story:
        return book([("gpu", 2, 1, {"priority": 1}), ("gpu", 2, 2, {"segment": "gov"})],
                    [("gpu", 2, week), ("gpu", 2, 4)])

    made = replanned(story(2), planned(story(1)), **{
        "class": "redistribute", "rule": [{"class": "win", "segment": "gov"}]})
    rows = made.moves.rows_by_key("order_id", named=True, unique=True)
    assert (rows["SO-1"]["days"], rows["SO-1"]["reason"]) == (21, "part")
    assert rows["SO-1"]["text"].endswith("Placed anew, it came behind lines of class win.")
    made = replanned(story(2), planned(story(1)))
    assert moves(made) == [("SO-1", 7, "part")]
    assert "class" not in made.moves["text"][0]
