"""
Stories of the `value` policy: what it gives whom, where `rank` does otherwise, and why.

A piece costs 10 dollars and sells for 100 unless a story says otherwise, so it brings 9,000 cents;
nothing costs anything for being late unless a story says so. Weeks are 0 to 7. Every plan by
value is proven by the checker, and proven to be the best: its bound is its value, but for a
thousandth where prices do not meet it to the cent.
"""

from __future__ import annotations

from typing import Any

import pytest

import headgate as hg
from headgate.session import Plan
from tests.stories.book_builder import SITE, Story, book, week
from tests.stories.plans import arrivals, drawn, promise

BOOKED_FIRST = {"priority": 1}
"""What makes an order the first by rank."""


def by_value(told: Story, **policy: Any) -> Plan:
    """The story planned by value; proven, and proven to be the best."""
    read = hg.read_book(told.frames, told.settings)
    made = hg.plan(read, {"objective": "value", "late_rate": "0", **policy})
    assert hg.check(read, made).issues == ()
    value, bound = weighted(made), made.summary["certificate"]["bound_cents"]
    assert value <= bound <= value + max(5, abs(value) // 1000)
    return made


def by_rank(told: Story, **policy: Any) -> Plan:
    """The story planned by rank."""
    return hg.plan(hg.read_book(told.frames, told.settings),
                   {"objective": "rank", "late_rate": "0", **policy})


def value(made: Plan) -> int:
    """What a plan is worth, in cents."""
    cents: int = made.summary["value"]["value_cents"]
    return cents


def weighted(made: Plan) -> int:
    """The same with the weights of the policy and its bonuses."""
    cents: int = made.summary["value"]["weighted_cents"]
    return cents


# Who is served.


def test_the_first_in_line_takes_what_the_second_would_pay_for():
    """Eight GPUs. The order that stands first pays 12 for each of its 8: 8 x (12 - 10) = 16
    dollars. The second pays 100 for each of its 8: 8 x 90 = 720. By rank the first gets all;
    by value the second."""
    told = book([("gpu", 8, 1, {**BOOKED_FIRST, "unit_price": 12}), ("gpu", 8, 1)], [("gpu", 8)])
    rank, best = by_rank(told), by_value(told)
    assert (value(rank), arrivals(rank, "SO-1")) == (1_600, [(0, 8)])
    assert (value(best), arrivals(best, "SO-1"), arrivals(best, "SO-2")) == (72_000, [], [(0, 8)])


def test_strict_rank_loses_money_and_value_does_not():
    """The first order pays 5 for what costs 10: rank delivers its 8 pieces and loses 40 dollars,
    though nothing makes it. The second order, which would bring 720, gets none, and pays 2 a
    piece for each of the 6 weeks from week 1 to the last one, 7, in which it is not served:
    8 x 12 = 96. By rank -40 - 96; by value 720 and nothing is late."""
    told = book([("gpu", 8, 1, {**BOOKED_FIRST, "unit_price": 5}),
                 ("gpu", 8, 1, {"late_penalty_per_unit_week": 2})], [("gpu", 8)])
    rank, best = by_rank(told), by_value(told)
    assert value(rank) == -4_000 - 9_600
    assert value(best) == 72_000
    assert promise(best, "SO-1")["status"] == "unplanned"


def test_one_part_for_two_small_orders_rather_than_a_big_one():
    """The rack of the first order takes 4 GPUs and brings 300 - 10 = 290; each of two servers
    takes 2 and brings 190. There are 4 GPUs: 290 by rank, 2 x 190 = 380 by value."""
    told = book([("rack", 1, 1, {**BOOKED_FIRST, "unit_price": 300}),
                 ("server", 2, 1, {"unit_price": 200})], [("gpu", 4)],
                [("rack", "gpu", 4), ("server", "gpu", 2)])
    rank, best = by_rank(told), by_value(told)
    assert (value(rank), value(best)) == (29_000, 38_000)
    assert arrivals(best, "SO-2") == [(0, 2)]


def test_scarce_hours_go_where_an_hour_brings_most():
    """Ten test hours in the one week that counts. A rack takes 10 and brings 290; a server takes
    4 and brings 190: two servers in 8 hours bring 380. The GPUs are plenty. An hour is worth
    19,000 / 4 = 4,750 cents as long as servers could be split, and a third server would have half
    its hours: the bound is 47,500, and 38,000 is the best in whole pieces."""
    only = {"earliest_on": 1, "latest_on": 1}
    told = book([("rack", 1, 1, {**BOOKED_FIRST, **only, "unit_price": 300}),
                 ("server", 3, 1, {**only, "unit_price": 200})], [("gpu", 99)],
                [("rack", "gpu"), ("server", "gpu")],
                routing=[("rack", "test", 10), ("server", "test", 4)],
                capacity=[("test", 10, {"week": 1})])
    read = hg.read_book(told.frames, told.settings)
    best = hg.plan(read, {"objective": "value", "late_rate": "0"})
    assert hg.check(read, best).issues == ()
    assert value(by_rank(told)) == 29_000
    assert (value(best), arrivals(best, "SO-2")) == (38_000, [(1, 2)])
    assert best.summary["certificate"]["bound_cents"] == pytest.approx(47_500, rel=0.001)
    assert best.summary["certificate"]["gap"] == pytest.approx(0.2, abs=0.001)


def test_who_can_wait_waits():
    """One GPU now, one in week 3. The first order takes whatever comes first, by rank the one of
    now, but would as gladly have that of week 3, as nothing is late before week 4. The second must
    have its GPU by week 1: only by value both are served."""
    told = book([("gpu", 1, 4, {**BOOKED_FIRST, "earliest_on": 0}),
                 ("gpu", 1, 1, {"latest_on": 1})], [("gpu", 1, 0), ("gpu", 1, 3)])
    rank, best = by_rank(told), by_value(told)
    assert (value(rank), arrivals(rank, "SO-2")) == (9_000, [])
    assert (value(best), arrivals(best, "SO-1")) == (18_000, [(3, 1)])


def test_a_line_that_waits_without_need_is_not_left_behind():
    """Nobody else wants the GPU: by value, too, the order gets it, as soon as its window opens."""
    best = by_value(book([("gpu", 1, 2)], [("gpu", 1, 0)]))
    assert arrivals(best, "SO-1") == [(0, 1)]


# Weights, bonuses, what is not delivered.


@pytest.mark.parametrize("weights", [
    {"customer": {"umbrella": "2"}}, {"segment": {"bank": 2}}, {"priority": {"2": "2.0"}},
    {"customer": {"umbrella": "0.5"}, "segment": {"bank": "4"}}])
def test_a_weight_serves_a_customer_first(weights: dict[str, Any]):
    """One GPU. Acme pays 130, umbrella 100: 12,000 cents against 9,000, so acme. Where umbrella,
    its segment or its priority weighs 2 (or 0.5 x 4), a dollar of it counts double: 18,000 against
    12,000. Umbrella is served, the plan is worth 9,000, and 18,000 by its weights."""
    told = book([("gpu", 1, 1, {"unit_price": 130}),
                 ("gpu", 1, 1, {"customer_id": "umbrella", "segment": "bank", "priority": 2})],
                [("gpu", 1)])
    plain, best = by_value(told), by_value(told, weights=weights)
    assert (value(plain), arrivals(plain, "SO-2")) == (12_000, [])
    assert (value(best), weighted(best), arrivals(best, "SO-2")) == (9_000, 18_000, [(0, 1)])


def test_a_weight_makes_lateness_count_more():
    """Both orders pay 100 and 1 a week late; one GPU comes in week 1, one in week 3. Someone gets
    his two weeks late, for 200 cents. By weight 1.5 that is not the bank: 13,500 + 9,000 - 200, and
    not 13,500 - 300 + 9,000. Without weights 18,000 - 200 either way, and by rank acme is first."""
    late = {"late_penalty_per_unit_week": 1}
    told = book([("gpu", 1, 1, {**BOOKED_FIRST, **late}),
                 ("gpu", 1, 1, {**late, "segment": "bank"})], [("gpu", 1, 1), ("gpu", 1, 3)])
    best = by_value(told, weights={"segment": {"bank": "1.5"}})
    assert (value(best), weighted(best)) == (17_800, 22_300)
    assert arrivals(best, "SO-2") == [(1, 1)]
    assert arrivals(by_rank(told), "SO-1") == [(1, 1)]


def test_a_bonus_brings_revenue_into_the_quarter():
    """One GPU, ready in week 1; the quarter ends on Friday of week 1. It would go to EMEA for 103
    dollars and arrive in week 2, or to AMER for 100 the same week. Revenue counts on delivery.
    9,300 against 9,000; with 5% for what is recognised in the quarter 9,300 against 9,500. On
    Thursday the quarter would have ended too early: EMEA."""
    delivered = {"recognise_on": "deliver"}
    told = book([("gpu", 1, 2, {**delivered, "region": "EMEA", "unit_price": 103}),
                 ("gpu", 1, 2, delivered)], [("gpu", 1, 1)],
                lanes=[(SITE, "AMER", 0), (SITE, "EMEA", 7)])
    for day, due, order in ((4, 9_500, "SO-2"), (3, 9_300, "SO-1")):
        bonus = [{"by": week(1, day), "share": "0.05"}]
        best = by_value(told, bonus=bonus)
        assert weighted(best) == due
        assert promise(best, order)["status"] == "on_time"
    assert weighted(by_value(told)) == 9_300


def test_what_is_not_delivered_costs_or_does_not():
    """The order pays nothing for what costs 10 dollars, and takes 2 off for each week late. Not
    delivered it is late from week 1 to the last week, 7: 12 dollars lost, so deliver and lose 10.
    Where undelivered pieces cost nothing, stay out of it: 0. It is then `unprofitable`, and no
    part binds."""
    told = book([("gpu", 1, 1, {"unit_price": 0, "late_penalty_per_unit_week": 2})], [("gpu", 1)])
    best = by_value(told)
    assert (value(best), arrivals(best, "SO-1")) == (-1_000, [(0, 1)])
    zero = by_value(told, undelivered="zero")
    assert (value(zero), arrivals(zero, "SO-1")) == (0, [])
    told_why = promise(zero, "SO-1")
    assert (told_why["reason"], told_why["binding_id"]) == ("unprofitable", None)


def test_unprofitable_is_not_outbid():
    """One GPU. The first order pays 9 for what costs 10: even free parts would lose 1 dollar, it
    is `unprofitable`. The second pays 20, the third 100: there is one GPU, the second is
    `outbid`. By rank the first gets it, and nobody is unprofitable."""
    told = book([("gpu", 1, 1, {**BOOKED_FIRST, "unit_price": 9}),
                 ("gpu", 1, 1, {"unit_price": 20}), ("gpu", 1, 1)], [("gpu", 1)])
    best = by_value(told)
    assert value(best) == 9_000
    assert [promise(best, f"SO-{n}")["reason"] for n in (1, 2, 3)] == [
        "unprofitable", "outbid", None]
    assert [promise(by_rank(told), f"SO-{n}")["reason"] for n in (1, 2, 3)] == [
        None, "outbid", "outbid"]


# From where, of what.


@pytest.mark.parametrize(("extra", "due", "when", "part"), [
    (5, 8_600, 3, "gpu"), (3, 8_700, 0, "old")])
def test_a_substitute_or_the_wait(extra: int, due: int, when: int, part: str):
    """The GPU comes in week 3, an older one lies there. Wanted in week 1 at 2 dollars a week,
    waiting costs 4. At 5 dollars extra for the older one: wait, 9,000 - 400. At 3: take it,
    9,000 - 300. Rank takes it at any cost, as it arrives sooner."""
    told = book([("server", 1, 1, {"late_penalty_per_unit_week": 2})],
                [("gpu", 1, 3), ("old", 1, 0)], [("server", "gpu")],
                [("gpu", "old", 1, {"extra_cost": extra})])
    best = by_value(told)
    assert (value(best), arrivals(best, "SO-1")) == (due, [(when, 1)])
    assert drawn(best) == [(part, SITE, when, 1)]
    assert value(by_rank(told)) == 9_000 - 100 * extra


def test_the_scarce_part_is_left_to_who_has_no_choice():
    """A server takes a GPU of either kind, at no extra cost; who orders the new one itself takes no
    other. One of each. Rank gives the server the new one, which is its own; by value it takes the
    older one and both are served."""
    told = book([("server", 1, 1, BOOKED_FIRST), ("new", 1, 1)], [("new", 1), ("old", 1)],
                [("server", "new")], [("new", "old")])
    rank, best = by_rank(told), by_value(told)
    assert (value(rank), value(best)) == (9_000, 18_000)
    assert drawn(best) == [("new", SITE, 0, 1), ("old", SITE, 0, 1)]


def test_a_server_is_made_where_another_needs_the_one_in_stock():
    """One finished server lies there, GPUs for another do, too; making takes a week. The first
    order wants its server in week 2, the second must have one in week 0, in which none can be
    made. Rank sends the first the finished one, soonest: one is served. By value the first one's
    is made: both are, 18,000."""
    told = book([("server", 1, 2, BOOKED_FIRST), ("server", 1, 0, {"latest_on": 0})],
                [("server", 1), ("gpu", 9)], [("server", "gpu")],
                routing=[("server", "line", 0, 7)], capacity=[("line", 1)])
    rank, best = by_rank(told), by_value(told)
    assert (value(rank), value(best)) == (9_000, 18_000)
    assert arrivals(best, "SO-2") == [(0, 1)]
    assert drawn(best) == [("gpu", SITE, 0, 1), ("server", SITE, 0, 1)]


def test_stock_is_drawn_though_it_could_be_made_where_parts_are_dear():
    """Finished racks and a GPU on its own: one rack lies there, and one GPU, of which a rack could
    be made, or which could be sold for 95. Both orders can be served only if the rack is the one
    in stock: 9,000 + 8,500."""
    told = book([("rack", 1, 1), ("gpu", 1, 1, {"unit_price": 95})], [("rack", 1), ("gpu", 1)],
                [("rack", "gpu")])
    best = by_value(told)
    assert value(best) == 17_500
    assert drawn(best) == [("gpu", SITE, 0, 1), ("rack", SITE, 0, 1)]


def test_freight_is_worth_a_week():
    """From austin it takes no time and 50 dollars, from reno a week and 5. A week late costs 2.
    Rank takes the sooner way, 9,000 - 5,000; by value reno, 9,000 - 500 - 200."""
    told = book([("gpu", 1, 0, {"late_penalty_per_unit_week": 2})],
                [("gpu", 1), ("gpu", 1, 0, {"site_id": "reno"})],
                lanes=[(SITE, "AMER", 0, 50), ("reno", "AMER", 7, 5)])
    assert (value(by_rank(told)), value(by_value(told))) == (4_000, 8_300)


def test_the_cheaper_of_two_accepted_items_is_sent():
    """The order pays 100 and takes an xe8 for its xe9: costs of 40 and 70, both there. Rank sends
    what was ordered, 3,000; by value the xe8, 6,000. Where a second order wants an xe8 and nothing
    else, for 95, the two are worth 5,500 + 3,000, and the first gets its xe9."""
    first = ("xe9", 1, 1, {**BOOKED_FIRST, "accepts": "xe8"})
    items = [("xe8", 40), ("xe9", 70)]
    supply = [("xe8", 1), ("xe9", 1)]
    alone = book([first], supply, items=items)
    assert (value(by_rank(alone)), value(by_value(alone))) == (3_000, 6_000)
    best = by_value(book([first, ("xe8", 1, 1, {"unit_price": 95})], supply, items=items))
    assert value(best) == 8_500
    assert drawn(best) == [("xe8", SITE, 0, 1), ("xe9", SITE, 0, 1)]


def test_a_customers_own_pieces_leave_the_others_to_others():
    """Two GPUs are umbrella's, two anybody's. Umbrella pays 100 for 2, acme 60 for 2: each has two
    to take, 2 x 9,000 + 2 x 5,000."""
    told = book([("gpu", 2, 1, {"customer_id": "umbrella"}), ("gpu", 2, 1, {"unit_price": 60})],
                [("gpu", 2), ("gpu", 2, 0, {"reserved_for": "umbrella"})])
    best = by_value(told)
    assert value(best) == 28_000
    assert promise(best, "SO-2")["status"] == "on_time"


# All together, or none.


@pytest.mark.parametrize(("single", "due", "complete"), [(115, 36_000, True), (135, 37_500, False)])
def test_a_complete_order_against_three_single_ones(single: int, due: int, complete: bool):
    """Four GPUs. An order of 4 that must come together brings 4 x 90 = 360 dollars. Three of 1 for
    115 bring 315: the four go together. For 135 they bring 375: the three get theirs, and the
    fourth GPU stays, as no complete order can be made of it. Both are the best in whole orders;
    prices, which do not know of complete orders, prove a little less."""
    told = book([("gpu", 4, 1, {"ship_complete": "yes"}),
                 *[("gpu", 1, 1, {"unit_price": single})] * 3], [("gpu", 4)])
    read = hg.read_book(told.frames, told.settings)
    best = hg.plan(read, {"objective": "value", "late_rate": "0"})
    assert hg.check(read, best).issues == ()
    assert value(best) == due
    assert arrivals(best, "SO-1") == ([(0, 4)] if complete else [])
    # Split, the dearer ones and the rest of the complete order would share the four.
    split = 3 * 100 * (single - 10) + 9_000
    assert best.summary["certificate"]["bound_cents"] == pytest.approx(split, rel=0.001)


def test_a_complete_order_waits_for_its_last_piece():
    """Three GPUs now, three in week 2; 2 dollars a week for a piece late. The complete order of 4,
    wanted in week 1, arrives whole in week 2: 4 x (90 - 2). The two of the others, wanted in week
    1, are served of the first three: 2 x 90. In all 352 + 180."""
    late = {"late_penalty_per_unit_week": 2}
    told = book([("gpu", 4, 1, {"ship_complete": "yes", **late}), ("gpu", 2, 1, late)],
                [("gpu", 3, 0), ("gpu", 3, 2)])
    read = hg.read_book(told.frames, told.settings)
    best = hg.plan(read, {"objective": "value", "late_rate": "0"})
    assert hg.check(read, best).issues == ()
    assert value(best) == 53_200
    assert (arrivals(best, "SO-1"), promise(best, "SO-2")["status"]) == ([(2, 4)], "on_time")


def test_lots_are_whole_and_the_rest_goes_elsewhere():
    """Five GPUs; lots of 3 for 100, or single ones for 50. One lot and 2 single ones: 27,000 +
    8,000. A second lot would lack a piece."""
    told = book([("gpu", 6, 1, {"lot_size": 3}), ("gpu", 9, 1, {"unit_price": 50})], [("gpu", 5)])
    read = hg.read_book(told.frames, told.settings)
    best = hg.plan(read, {"objective": "value", "late_rate": "0"})
    assert hg.check(read, best).issues == ()
    assert value(best) == 35_000
    assert [arrivals(best, order) for order in ("SO-1", "SO-2")] == [[(0, 3)], [(0, 2)]]
