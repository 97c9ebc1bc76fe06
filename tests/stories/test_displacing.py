"""Profitable to promise: who gives way to a request, at what cost, and who never does."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

import headgate as hg
from headgate.book import build_book
from headgate.session import Plan
from tests.stories.book_builder import REGION, Row, Story, book
from tests.stories.plans import arrivals, planned
from tests.stories.test_publishing import published

MONDAY = date(2026, 2, 2)
OPEN = {"replan": {"fence_weeks": 0, "move_later": 0}}
"""Nobody is held by the fence, and moving a promise costs nothing."""


def friday(week: int) -> date:
    """The Friday of a bucket."""
    return MONDAY + timedelta(days=7 * week + 4)


def asked(plan: Plan, item: str, pieces: int, week: int | None, price: object = None,
          mode: str = "ptp", **more: Any) -> hg.Quote:
    """One quote."""
    when = None if week is None else friday(week)
    request = hg.Request(item, pieces, REGION, requested_on=when,
                         unit_price=None if price is None else Decimal(str(price)), **more)
    return plan.desk().quote([request], mode, False)[0]


def parts(*orders: Row, **more: Any) -> Story:
    """4 parts in week 1 and 4 in week 3."""
    return book(orders, [("part", 4, 1), ("part", 4, 3)], **({**OPEN, **more}))


@pytest.mark.parametrize("objective", ["rank", "value"])
def test_a_line_that_loses_less_gives_way(objective: str):
    """The line has the 4 parts of week 1, at 100 dollars. Somebody pays 300 for 4 in week 1: the
    line moves to week 3 and is two weeks late, at 1% a week of its price: 4 x 2 x 1 = 8 dollars.
    The request would be two weeks late else, which costs it 4 x 2 x 3 = 24: it pays."""
    plan = planned(parts(("part", 4, 1, {"unit_price": 100}), objective=objective,
                         late_rate=0.01))
    assert asked(plan, "part", 4, 1, 300, "ctp").promised_on == friday(3)
    quote = asked(plan, "part", 4, 1, 300)
    assert quote.promised_on == friday(1) and quote.reason is None
    assert [(one.order_id, one.promised_on, one.new_promised_on, one.days, one.lost_cents)
            for one in quote.displaced] == [("SO-1", friday(1), friday(3), 14, 800)]
    assert quote.gained_cents == 2400
    assert ("1 order line would give way and lose 8.00 of value; the request gains 24.00 by it, "
            "16.00 net." in quote.text())


@pytest.mark.parametrize("charge, pays", [("0.0015", True), ("0.0024", True), ("0.0026", False)])
def test_moving_promises_is_part_of_what_it_costs(charge: str, pays: bool):
    """The same, and moving a promise costs a share of the price for a piece and a week. The line
    is due in week 1, which is near: three times as much. Of 4 pieces x 2 weeks x 100 dollars x 3 =
    2,400 dollars 0.15% is 3.60, 0.24% is 5.76 and 0.26% is 6.24. The request pays 174 and gains
    4 x 2 x 1.74 = 13.92, which is 5.92 more than the 8 dollars that the line loses."""
    plan = planned(parts(("part", 4, 1, {"unit_price": 100}), late_rate=0.01,
                         replan={"fence_weeks": 0, "move_later": charge}))
    quote = asked(plan, "part", 4, 1, 174)
    assert (quote.promised_on == friday(1)) is pays
    assert [one.moved_cents for one in quote.displaced] == (
        [round(float(charge) * 240_000)] if pays else [])
    assert quote.moved_cents == sum(one.moved_cents for one in quote.displaced)


def test_a_day_that_is_over_counts_with_all_its_weeks():
    """The line has the 4 parts of week 1. Somebody asked for them three weeks before the book's
    first: in week 1 they are four weeks late, in week 3 six, at 3 dollars a piece and week. He
    gains 4 x 2 x 3 = 24 dollars. Where no part comes later he gains the price of 300 less the cost
    of 10 and 4 weeks, of four pieces: 1,112 dollars, as a re-plan counts it."""
    def story(*orders: Row, late: int, **limits: Any) -> Story:
        return book(orders, [("part", 4, 1), ("part", late, 3)], late_rate=0.01, **OPEN, **limits)

    line, new = ("part", 4, 1, {"unit_price": 100}), ("part", 4, -3, {
        "unit_price": 300, "earliest_on": -5})
    for late, gained in ((4, 2400), (1, 111200)):
        plan = planned(story(line, late=late, undelivered="zero"))
        quote = asked(plan, "part", 4, -3, 300, complete=True)
        assert (quote.promised_on, quote.gained_cents) == (friday(1), gained)
        made = hg.replan(build_book(story(line, new, late=late, undelivered="zero",
                                          pins=quote.pins("SO-2", 1)).tables()), plan)
        value = made.summary["value"]["value_cents"] - plan.summary["value"]["value_cents"]
        if late == 1:
            assert value == gained - quote.lost_cents


def test_substitutes_cost_the_request_what_they_cost():
    """A line has the 4 parts of week 1; 4 spares, 2 dollars dearer each, are free then, and 12
    parts come in week 3. Eight servers at 300 dollars would come in week 3, all with parts. In week
    1 they take the spares and the line's parts: 8 x 2 weeks x 3 dollars = 48, less 4 x 2 for the
    spares, are 40 for the 8 dollars that the line loses."""
    plan = planned(book([("part", 4, 1, {"unit_price": 100})],
                        [("part", 4, 1), ("spare", 4, 1), ("part", 12, 3)], [("server", "part", 1)],
                        [("part", "spare", 1, {"extra_cost": 2})], late_rate=0.01, **OPEN))
    quote = asked(plan, "server", 8, 1, 300, complete=True)
    assert quote.promised_on == friday(1)
    assert [(one.order_id, one.lost_cents) for one in quote.displaced] == [("SO-1", 800)]
    assert quote.gained_cents == 4000


def test_who_is_promised_soon_is_spared():
    """Of two boxes that lines have one is drawn in week 2, for a promise that is near, and one in
    week 6. A request for one in week 8 could have either; a third comes in week 20. It takes that
    of the line of week 6, which is dearer by a little, as moving the near one costs three times as
    much."""
    plan = planned(book([("part", 1, 2, {"unit_price": 100}), ("part", 1, 6, {"unit_price": 110})],
                        [("part", 1, 2), ("part", 1, 6), ("part", 1, 20)], late_rate=0.001,
                        horizon=24, replan={"fence_weeks": 0}))
    quote = asked(plan, "part", 1, 8, 9000)
    assert quote.promised_on == friday(8)
    assert [(one.order_id, one.days) for one in quote.displaced] == [("SO-2", 98)]
    assert quote.moved_cents == 2 * 14 * 110


def test_the_pins_of_a_quote_make_it_come_true():
    """Somebody is quoted the 4 parts of week 1, for which the line goes to week 3. The order alone,
    entered and planned again, displaces nobody: it gets week 3 itself. With the pins of the quote
    it gets week 1, and the line moves by the 14 days that were quoted."""
    line = ("part", 4, 1, {"unit_price": 100})
    new = ("part", 4, 1, {"unit_price": 300})
    plan = planned(parts(line, late_rate=0.01))
    quote = asked(plan, "part", 4, 1, 300)
    alone = hg.replan(build_book(parts(line, new, late_rate=0.01).tables()), plan)
    assert arrivals(alone, "SO-1") == [(1, 4)] and arrivals(alone, "SO-2") == [(3, 4)]
    pins = quote.pins("SO-2", 1)
    assert [(row["site_id"], row["ship_on"], row["quantity"]) for row in pins] == [
        ("austin", MONDAY + timedelta(days=7), 4)]
    pinned = hg.replan(build_book(parts(line, new, late_rate=0.01, pins=pins).tables()), plan)
    assert arrivals(pinned, "SO-2") == [(1, 4)] and arrivals(pinned, "SO-1") == [(3, 4)]
    assert pinned.moves.select("order_id", "days").rows()[0] == ("SO-1", quote.displaced[0].days)


def test_a_line_may_keep_its_date_and_have_a_piece_later():
    """A line has a part in week 1 and one in week 4, in which one more comes. Somebody pays 300 for
    one in week 1: the line has both in week 4. No promise moves, as the last piece comes when it
    did; what the line loses, three weeks of one piece at 1 dollar, it loses by a piece that comes
    later, and not by dearer supply."""
    plan = planned(book([("part", 2, 1, {"unit_price": 100})], [("part", 1, 1), ("part", 2, 4)],
                        late_rate=0.01, replan={"fence_weeks": 0}))
    assert arrivals(plan, "SO-1") == [(1, 1), (4, 1)]
    quote = asked(plan, "part", 1, 1, 300)
    assert quote.promised_on == friday(1)
    found, = quote.displaced
    assert (found.promised_on, found.new_promised_on, found.days) == (friday(4), friday(4), 0)
    assert (found.lost_cents, found.moved_cents) == (300, 0)
    assert (found.later_quantity, found.by) == (1, "1 later")
    assert quote.as_dict()["displaced"][0]["by"] == "1 later"


def test_what_is_left_of_a_promise_is_not_early():
    """A line has a part in week 1 and one in week 4, and no more come. Somebody pays 300 for one by
    week 4, and the line loses its second part: the price of 100 less the cost of 10, and 3 dollars
    for the three weeks until the last in which it could arrive. Its first part comes when it did;
    it is not three weeks earlier for it. The piece without a date counts as moved to the end of the
    8 weeks, 4 weeks at a dollar. The re-plan with the pins charges the same, and it and what is
    published then tell of no days."""
    line, new = (("part", count, 1, {"unit_price": price}) for count, price in ((2, 100), (1, 300)))

    def story(*orders: Row, **limits: Any) -> Story:
        return book(orders, [("part", 1, 1), ("part", 1, 4)], late_rate=0.01,
                    replan={"fence_weeks": 0, "move_later": 0.01}, **limits)

    plan = planned(story(line))
    quote = asked(plan, "part", 1, 4, 300)
    found, = quote.displaced
    assert (found.quantity, found.new_quantity, found.by) == (2, 1, "fewer pieces")
    assert (found.promised_on, found.new_promised_on, found.days) == (friday(4), friday(1), None)
    assert (found.lost_cents, found.moved_cents) == (9300, 400)
    book_then = build_book(story(line, new, pins=quote.pins("SO-2", 1)).tables())
    made = hg.replan(book_then, plan)
    moved = made.moves.row(0, named=True)
    assert (moved["order_id"], moved["new_promised_on"], moved["days"], moved["cost_cents"]) == (
        "SO-1", friday(1), None, 400)
    assert moved["text"].startswith("It made way for new pins of another line (part")
    assert hg.check(book_then, made).issues == ()
    after = published(made, published(plan), name="after")
    assert after.moved.select("change", "still_promised", "promised_on", "days").rows() == [
        ("fewer", 1, friday(1), None)]


def test_a_promise_lost_after_the_last_week_is_moved_by_one():
    """Three weeks are planned. The part of week 2 ships then and is there in week 3, after all of
    them: who loses it is charged a week all the same, a dollar."""
    plan = planned(book([("part", 1, 3, {"unit_price": 100})], [("part", 1, 2)], horizon=3,
                        lanes=[("austin", "AMER", 7)],
                        replan={"fence_weeks": 0, "near_weeks": 0, "move_later": 0.01}))
    quote = asked(plan, "part", 1, 3, 300)
    found, = quote.displaced
    assert (found.by, found.moved_cents) == ("no date", 100)


@pytest.mark.parametrize("complete", [False, True])
def test_without_a_day_the_last_week_is_that_of_the_region(complete: bool):
    """Who asks for no day gets what cannot be had otherwise as late as it can arrive. Two weeks are
    on the way to another region, and none to this: its last week is the last planned one, and the
    line of week 6 gives way, not that of week 1. So it is for a basket."""
    plan = planned(book([("part", 1, 1), ("part", 1, 6)], [("part", 1, 1), ("part", 1, 6)],
                        lanes=[("austin", "AMER", 0), ("austin", "EMEA", 14)],
                        replan={"fence_weeks": 0, "near_weeks": 0, "move_later": "0.0001"}))
    asking = [hg.Request("part", 1, REGION, unit_price=Decimal(9000))]
    found = (hg.quote_basket(plan.book, plan, asking, "ptp", complete=True).giving.displaced
             if complete else plan.desk().quote(asking, "ptp", False)[0].displaced)
    assert [(one.order_id, one.by) for one in found] == [("SO-2", "no date")]


def test_who_asks_may_be_who_gives_way():
    """The line that would give way is of the very customer who asks, which the answer says."""
    plan = planned(parts(("part", 4, 1, {"unit_price": 100}), late_rate=0.01))
    assert "Of these lines 1 is of acme, who asks." in asked(
        plan, "part", 4, 1, 300, customer_id="acme").text()
    assert "who asks" not in asked(plan, "part", 4, 1, 300).text()


def test_an_accepted_item_cannot_be_pinned():
    """Only boxes come, which the customer accepts for servers: no pin of the order holds a box."""
    plan = planned(book([("box", 1, 1)], [("box", 4, 1)], [("server", "board", 1)], **OPEN))
    quote = plan.desk().quote([hg.Request("server", 2, REGION, accepts=("box",))])[0]
    assert quote.quantity == 2
    with pytest.raises(ValueError, match="accepted item"):
        quote.pins("SO-2", 1)


def test_what_else_could_be_said_displaces_nobody():
    """The request gets the 4 parts of week 1 from the line. By that day nothing else can be had
    without it, which is said to be what `ctp` finds, as it would contradict the answer else."""
    plan = planned(parts(("part", 4, 1, {"unit_price": 100}), late_rate=0.01))
    request = hg.Request("part", 4, REGION, requested_on=friday(1), unit_price=Decimal(300))
    quote = hg.quote(plan.book, plan, request, "ptp")[0]
    by_date = next(one for one in quote.alternatives if one.kind == "by_date")
    assert quote.promised_on == friday(1)
    assert (by_date.quantity, by_date.mode) == (0, "ctp")
    assert {one["mode"] for one in quote.as_dict()["alternatives"]} == {"ctp"}


def test_nobody_gives_way_to_who_gains_less():
    """The same at 50 dollars a piece: waiting two weeks costs the request 4 dollars, and moving the
    line 8. It gets week 3, as without displacing, and nobody moves."""
    plan = planned(parts(("part", 4, 1, {"unit_price": 100}), late_rate=0.01))
    quote = asked(plan, "part", 4, 1, 50)
    assert quote.promised_on == friday(3) and quote.displaced == ()


def test_without_a_price_the_lowest_of_the_item_counts():
    """Two lines of the part, at 100 and at 60 dollars, are promised for weeks 1 and 3. A request
    without a price counts as 60: worth as much as the cheaper and less than the dearer. Nobody
    gains by giving way."""
    plan = planned(parts(("part", 4, 1, {"unit_price": 100}),
                         ("part", 2, 3, {"unit_price": 60, "earliest_on": 2}), late_rate=0.01))
    assert asked(plan, "part", 4, 1).displaced == ()


@pytest.mark.parametrize("held", ["frozen", "pinned", "fence", "win"])
def test_what_is_held_never_gives_way(held: str):
    """However much is paid, a frozen or a pinned line, one promised within the fence and one of
    class win keep what they have."""
    order: dict[str, Any] = {"unit_price": 10}
    more: dict[str, Any] = {}
    if held == "frozen":
        order |= {"frozen": "yes", "promised_on": 1}
    elif held == "pinned":
        more = {"pins": [("SO-1", 1, 4)]}
    else:
        more = {"replan": {"fence_weeks": 2} if held == "fence" else {
            "fence_weeks": 0, "class": "win"}}
    plan = planned(parts(("part", 4, 1, order), late_rate=0.01, **more))
    quote = asked(plan, "part", 4, 1, 9000)
    assert quote.promised_on == friday(3) and quote.displaced == ()


def test_a_line_may_lose_its_date_when_all_that_comes_is_worth_more_elsewhere():
    """8 parts come in all, for lines of 4 and 4. A request for 4 more at ten times the price takes
    the place of the cheaper line, which has no date any more and loses its whole value: 4 pieces at
    20 dollars, less the 10 that a part costs, are 40; and the 4 x 1% x weeks of being undelivered
    counts, too."""
    plan = planned(parts(("part", 4, 1, {"unit_price": 100}),
                         ("part", 4, 3, {"unit_price": 20, "earliest_on": 2}), late_rate=0.01))
    quote = asked(plan, "part", 4, 3, 200)
    assert quote.promised_on == friday(3)
    assert [(one.order_id, one.new_quantity, one.new_promised_on, one.days)
            for one in quote.displaced] == [("SO-2", 0, None, None)]
    assert quote.displaced[0].lost_cents >= 4000


def test_a_set_gives_way_as_one_and_the_plan_is_as_it_was():
    """Two lines of a ship set have 2 parts each of week 1. A dear request for 2 of week 1 displaces
    the set: both lines go to week 3, though one would do. Asked again, the answer is the same."""
    mate = {"unit_price": 20, "ship_set": "S"}
    plan = planned(parts(("part", 2, 1, mate), ("part", 2, 1, mate), late_rate=0.01))
    desk = plan.desk()
    request = hg.Request("part", 2, REGION, requested_on=friday(1), unit_price=500)
    first, second = (desk.quote([request], "ptp")[0] for _ in range(2))
    assert [(one.order_id, one.days) for one in first.displaced] == [("SO-1", 14), ("SO-2", 14)]
    assert first == second
    assert desk.quote([request], "ctp")[0].promised_on == friday(3)
