"""A basket: what can be promised of several items together, with the arithmetic in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

import headgate as hg
from headgate.quoting.desk import Desk
from headgate.session import Plan
from tests.stories.book_builder import book, week
from tests.stories.plans import planned

BOMS = [("server", "gpu", 1), ("rack", "gpu", 2)]


def wish(item: str, pieces: int, by: int | None = None, **more: object) -> hg.Request:
    """So many of an item to AMER, wanted by the Friday of a week."""
    return hg.Request(item, pieces, "AMER", requested_on=None if by is None else week(by, 4),
                      **more)  # type: ignore[arg-type]


def asked(plan: Plan, *wishes: hg.Request, **more: object) -> hg.Basket:
    return hg.quote_basket(plan.book, plan, wishes, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def gpus() -> Plan:
    """Three GPUs now and four in week 3; the plan takes one. A server takes one, a rack two."""
    return planned(book([("server", 1, 0)], [("gpu", 3, 0), ("gpu", 4, 3)], BOMS))


def test_each_takes_from_what_those_before_it_leave(gpus):
    """Two GPUs are free now. A server takes one, and the rack after it has one too few until week
    3; alone it would come at once, so the server before it is what binds. Asked the other way
    round, the server is the one that waits."""
    basket = asked(gpus, wish("server", 1), wish("rack", 1))
    assert [one.promised_on for one in basket.quotes] == [week(0, 4), week(3, 4)]
    assert basket.promised_on == week(3, 4)
    assert (basket.binds, basket.reason, basket.binding_id) == (1, "basket", "gpu")
    assert "all of it is there by" in basket.text()
    assert "What binds is rack. The items before it in the basket take what it lacks" in (
        basket.text())
    turned = asked(gpus, wish("rack", 1), wish("server", 1))
    assert [one.promised_on for one in turned.quotes] == [week(0, 4), week(3, 4)]
    # Each alone, as `quote` answers, has its GPUs at once.
    alone = hg.quote(gpus.book, gpus, [wish("server", 1), wish("rack", 1)])
    assert {one.promised_on for one in alone} == {week(0, 4)}


def test_complete_is_the_first_week_that_all_can_come_in(gpus):
    """A server and a rack take three GPUs, which are there in week 3: everything comes then, the
    server too. By week 2 it cannot, though the server alone could come."""
    basket = asked(gpus, wish("server", 1), wish("rack", 1), complete=True)
    assert {part.promised_on for one in basket.quotes for part in one.shipments} == {week(3, 4)}
    assert (basket.promised_on, basket.binds, basket.reason) == (week(3, 4), 1, "basket")
    assert f"all of it arrives in the week of {week(3, 4)}" in basket.text()
    never = asked(gpus, wish("server", 1, latest_on=week(2, 4)),
                  wish("rack", 1, latest_on=week(2, 4)), complete=True)
    assert (never.promised_on, never.binds, never.reason) == (None, 1, "basket")
    assert "not all of it can be promised in one week" in never.text()


def test_all_in_time_binds_nothing(gpus):
    """Wanted by week 4, both are there by then and nothing binds. Two racks and four servers are
    eight GPUs, of which six are free: of the servers only two can be had."""
    basket = asked(gpus, wish("server", 1, 4), wish("rack", 1, 4))
    assert (basket.binds, basket.reason) == (None, None)
    short = asked(gpus, wish("rack", 2), wish("server", 4))
    assert [one.quantity for one in short.quotes] == [2, 2]
    assert (short.promised_on, short.binds, short.reason) == (None, 1, "basket")
    assert short.as_dict()["binds"] == "server"


def test_an_item_that_is_late_by_itself_says_its_own_reason(gpus):
    """Five servers need five GPUs, and two are free until week 3: nobody before them is to blame,
    but that the GPUs come late."""
    basket = asked(gpus, wish("server", 5))
    assert (basket.promised_on, basket.binds, basket.reason) == (week(3, 4), 0, "part")


def test_lines_give_way_to_a_basket_once():
    """A line of two servers has both GPUs of week 1, at 100 dollars; four more come in week 3. A
    server and a rack at 300 and 600 need three GPUs of week 1: the server takes one from the line,
    the rack needs two and only one is left to be given. Together they are three of two, so the rack
    comes in week 3, and one server of the line does, two weeks late at 1% a week: 2 dollars."""
    plan = planned(book([("server", 2, 1, {"unit_price": 100})], [("gpu", 2, 1), ("gpu", 4, 3)],
                        BOMS, late_rate=0.01, replan={"fence_weeks": 0, "move_later": 0}))
    basket = asked(plan, wish("server", 1, 1, unit_price=Decimal(300)),
                   wish("rack", 1, 1, unit_price=Decimal(600)), mode="ptp")
    assert [one.promised_on for one in basket.quotes] == [week(1, 4), week(3, 4)]
    assert [(one.order_id, one.new_promised_on, one.lost_cents)
            for one in basket.giving.displaced] == [("SO-1", week(3, 4), 200)]
    # Two weeks sooner at 1% of 300 a week.
    assert basket.gained_cents == 600 and basket.quotes[0].gained_cents == 600
    assert "1 order line would give way and lose 2.00 of value; the basket gains 6.00 by it" in (
        basket.text())
    assert (basket.binds, basket.binding_id) == (1, "gpu")


def test_who_gave_way_to_an_item_has_what_he_got_then():
    """The line gives its GPU of week 1 to the server and takes one of the two of week 3. What is
    left for the second server is the other one of week 3, and the third finds nothing before that
    of week 6: nobody is promised what the line was given instead."""
    plan = planned(book([("server", 1, 1, {"unit_price": 100})],
                        [("gpu", 1, 1), ("gpu", 2, 3), ("gpu", 1, 6)], BOMS, late_rate=0.01,
                        replan={"fence_weeks": 0, "move_later": 0}))
    dear, cheap = Decimal(300), Decimal(10)
    basket = asked(plan, wish("server", 1, 1, unit_price=dear),
                   wish("server", 1, 1, unit_price=cheap), wish("server", 1, 1, unit_price=cheap),
                   mode="ptp")
    assert [one.promised_on for one in basket.quotes] == [week(1, 4), week(3, 4), week(6, 4)]
    assert [(one.order_id, one.days) for one in basket.giving.displaced] == [("SO-1", 14)]


def test_nobody_gives_way_where_draws_of_pins_cost_all_that_is_gained(
        monkeypatch: pytest.MonkeyPatch):
    """The server gains 6 dollars by the GPU that the line gives it. If the draws of its pins cost
    that much, nothing is gained: it is answered as if nobody could give way and comes in week
    3."""
    plan = planned(book([("server", 1, 1, {"unit_price": 100})], [("gpu", 1, 1), ("gpu", 2, 3)],
                        BOMS, late_rate=0.01, replan={"fence_weeks": 0, "move_later": 0}))
    together = Desk.together

    def dearer(desk, found, taken):
        """The same with draws that cost what is gained."""
        drawn, giving = together(desk, found, taken)
        return [one._replace(worth_cents=one.worth_cents - one.quote.gained_cents,
                             quote=replace(one.quote, gained_cents=0)) for one in drawn], giving

    monkeypatch.setattr(Desk, "together", dearer)
    basket = asked(plan, wish("server", 1, 1, unit_price=Decimal(300)), mode="ptp")
    assert basket.promised_on == week(3, 4) and not basket.giving.displaced
    assert basket.gained_cents == 0


@pytest.mark.parametrize(("price", "pays"), [(150, True), (60, False)])
def test_a_complete_basket_pays_together(price: int, pays: bool):
    """A server and a rack want the three GPUs of week 1, which a line of three servers at 100 has;
    in week 3 there are three more. Together they gain two weeks at 1% of three times the price: 9
    dollars at 150 and 3.60 at 60. The line loses 3 x 2 x 1 = 6 dollars. The server alone would gain
    3 at 150, and take one GPU for which the line loses 2."""
    plan = planned(book([("server", 3, 1, {"unit_price": 100})], [("gpu", 3, 1), ("gpu", 3, 3)],
                        BOMS, late_rate=0.01, replan={"fence_weeks": 0, "move_later": 0}))
    basket = asked(plan, wish("server", 1, 1, unit_price=Decimal(price)),
                   wish("rack", 1, 1, unit_price=Decimal(2 * price)), mode="ptp", complete=True)
    assert basket.promised_on == (week(1, 4) if pays else week(3, 4))
    assert basket.gained_cents == (6 * price if pays else 0)
    assert basket.giving.lost_cents == (600 if pays else 0)
    assert {one.mode for one in basket.quotes} == {"ptp"}
    assert len(basket.pins("NEW")) == 2


def test_what_keeps_a_basket_from_a_week_earlier():
    """A line of three servers at 100 dollars has the GPUs of week 1; one more comes in week 2 and
    three in week 3. A server and a rack wanted by week 1 at 60 and 120 need three of them: they
    would gain 3.60 by those of week 1, for which the line would lose 6. They come in week 3, for
    which nobody need give way: the rack lacks GPUs in week 2, and the server waits for it."""
    plan = planned(book([("server", 3, 1, {"unit_price": 100})],
                        [("gpu", 3, 1), ("gpu", 1, 2), ("gpu", 3, 3)], BOMS, late_rate=0.01,
                        replan={"fence_weeks": 0, "move_later": 0}))
    wishes = [wish("server", 1, 1, unit_price=Decimal(60)),
              wish("rack", 1, 1, unit_price=Decimal(120))]
    for mode in ("ctp", "ptp"):
        basket = asked(plan, *wishes, mode=mode, complete=True)
        assert basket.promised_on == week(3, 4) and basket.giving.displaced == ()
        assert basket.binds == 1
        server, rack = basket.quotes
        assert (server.reason, rack.reason) == ("basket", basket.reason)
        assert "It comes in one week with the other items" in server.text()


def test_giving_way_a_week_earlier_may_cost_too_much():
    """A line of three servers has the GPUs of week 1, one of three, dear, those of week 2; three
    more come in week 6. A server and a rack wanted by week 1 at 150 and 300 dollars gain 4.50 a
    week. Those of week 1 are of a line at 9,000 dollars that loses 90 each and week; those of week
    2 of one at 100, which loses 1 each and week: the basket comes in week 2, and a week earlier
    lines would lose more than it gains."""
    plan = planned(book([("server", 3, 1, {"unit_price": 9000}),
                         ("server", 3, 2, {"unit_price": 100, "earliest_on": 2})],
                        [("gpu", 3, 1), ("gpu", 3, 2), ("gpu", 3, 6)], BOMS, late_rate=0.01,
                        replan={"fence_weeks": 0, "move_later": 0}))
    basket = asked(plan, wish("server", 1, 1, unit_price=Decimal(150)),
                   wish("rack", 1, 1, unit_price=Decimal(300)), mode="ptp", complete=True)
    assert basket.promised_on == week(2, 4)
    assert [one.order_id for one in basket.giving.displaced] == ["SO-2"]
    assert (basket.binds, basket.reason) == (None, "cost")
    assert "A week earlier, lines would have to lose more than it gains." in basket.text()
    # Four weeks sooner than week 6, shared by what each is worth.
    assert [one.gained_cents for one in basket.quotes] == [600, 1200]


def test_what_a_basket_cannot_be(gpus):
    """A basket holds something, in a mode that there is; every fault of it is told at once."""
    with pytest.raises(ValueError, match='must be "atp", "ctp" or "ptp"'):
        asked(gpus, wish("server", 1), mode="pull")
    with pytest.raises(ValueError, match="must have a request"):
        asked(gpus)
    with pytest.raises(hg.IssuesError) as raised:
        asked(gpus, wish("servr", 1), wish("rack", 0))
    assert [(issue.row, issue.column) for issue in raised.value.issues] == [
        (1, "item_id"), (2, "quantity")]
