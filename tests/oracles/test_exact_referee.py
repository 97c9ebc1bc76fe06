"""
The exact referee held to tiny books worked out by hand, and the rank plans of random ones to it.

A piece costs 10 dollars and sells for 100 unless a story says otherwise, so it brings 9,000 cents;
nothing costs anything for being late unless a story says so. Weeks are 0 to 7.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

import headgate as hg
from headgate.oracle import Optimum, linear_prices, linear_program, mixed_program
from headgate.oracle.policy import read_policy
from headgate.tables.frames import Tables
from headgate.tables.schema import MICRO, UNLIMITED_MICRO
from headgate.verify import bound_of
from tests.oracles.random_books import SHAPES, random_book
from tests.stories.book_builder import SITE, Story, book, week

BOOKS_OF_A_SHAPE = 6
FREE_LATENESS = {"late_rate": "0"}


WHOLE_POLICY: dict[str, Any] = {
    "objective": "value", "late_rate": "0", "undelivered": "late_cost", "use_forecast": False,
    "weights": {"segment": {}, "customer": {}, "priority": {}}, "bonus": [], "release_weeks": 0,
    "gap": None,
    "time_limit": None, "work": None, "seed": 0}


def values(told: Story, **policy: Any) -> tuple[float, float]:
    """The mixed and the linear value of a story, to a thousandth of a cent."""
    tables, settings = told.tables(), {**FREE_LATENESS, **policy}
    found = mixed_program(tables, settings), linear_program(tables, settings)
    assert [optimum.status for optimum in found] == ["optimal", "optimal"]
    return round(found[0].value_cents, 3), round(found[1].value_cents, 3)


def both(told: Story, **policy: Any) -> float:
    """The value of a story in which splitting pieces gains nothing."""
    mixed, linear = values(told, **policy)
    assert mixed == linear
    return mixed


def must(bucket: int) -> dict[str, Any]:
    """An order that must arrive in one week."""
    return {"earliest_on": bucket, "latest_on": bucket}


# Supply.


def test_what_is_there_goes_to_who_pays_most() -> None:
    """Two GPUs are there; one order pays 100 for each of 2, one pays 130 for 1. The best is
    12,000 + 9,000; nothing at all is worth 0."""
    orders = [("gpu", 2, 1), ("gpu", 1, 1, {"unit_price": 130})]
    assert both(book(orders, [("gpu", 2, 0)])) == 21_000
    assert both(book(orders, [("gpu", 2, 1, {"status": "forecast"})])) == 0
    assert both(book(orders, [("gpu", 2, 1, {"status": "forecast"})]), use_forecast=True) == 21_000


def test_a_book_without_orders_or_options_is_worth_nothing() -> None:
    """Nobody wants anything; or who does has nothing open."""
    assert both(book(supply=[("gpu", 3)])) == 0
    assert both(book([("gpu", 1, 1, {"shipped_quantity": 1})], [("gpu", 3)])) == 0


def test_nothing_is_drawn_before_it_is_there_nor_twice() -> None:
    """One GPU is there in week 0 and two come in week 3. Three orders of one must arrive in week
    0, 2 and 4: the one in week 0 or that in week 2 gets the first, so two of three are served.
    A GPU left over in week 0 is still there in week 4: with a fourth order of that week three."""
    supply = [("gpu", 1, 0), ("gpu", 1, 3)]
    orders = [("gpu", 1, bucket, must(bucket)) for bucket in (0, 2, 4)]
    assert both(book(orders, supply)) == 18_000
    late = [("gpu", 1, 4, must(4))] * 2
    assert both(book(late, supply)) == 18_000


def test_reserved_pieces_serve_their_customer_only() -> None:
    """Bolt's GPU cannot go to acme's 2, who get the other one: 9,000. With Bolt ordering one for
    80 as well, 7,000 + 9,000: each its own."""
    supply = [("gpu", 1, 0), ("gpu", 1, 0, {"reserved_for": "bolt"})]
    assert both(book([("gpu", 2, 1)], supply)) == 9_000
    bolt = ("gpu", 1, 1, {"customer_id": "bolt", "unit_price": 80})
    assert both(book([("gpu", 2, 1), bolt], supply)) == 16_000


# What a piece needs.


def test_stock_or_make_whichever_is_left() -> None:
    """One finished server and 5 GPUs, 2 for each server: 1 + 2 of the 4 ordered, and the fifth
    GPU makes half a one where pieces may be split: 27,000 and 31,500."""
    told = book([("server", 4, 1)], [("gpu", 5), ("server", 1)], [("server", "gpu", 2)])
    assert values(told) == (27_000, 31_500)


def test_a_substitute_costs_its_extra_while_its_row_holds() -> None:
    """Of two servers one takes the only GPU, the other an older one at 5 dollars extra:
    9,000 + 8,500. In week 3 the row has ended: 9,000."""
    def told(wanted: int) -> Story:
        return book([("server", 2, wanted, must(wanted))], [("gpu", 1), ("old", 1)],
                    [("server", "gpu")],
                    [("gpu", "old", 1, {"extra_cost": 5, "effective_to": 1})])
    assert both(told(1)) == 17_500
    assert both(told(3)) == 9_000


def test_no_substitute_for_the_sold_piece_nor_for_whom_it_is_banned() -> None:
    """The GPU itself is sold: the older one cannot stand in. In a server it can, but not for a
    bank; the bank's server gets the GPU and the other one's order the older: 18,000. Two bank
    orders: 9,000."""
    assert both(book([("gpu", 2, 1)], [("gpu", 1), ("old", 1)],
                     substitutes=[("gpu", "old")])) == 9_000
    bank = ("server", 1, 1, {"segment": "bank"})
    for orders, due in (([bank, ("server", 1, 1)], 18_000), ([bank, bank], 9_000)):
        told = book(orders, [("gpu", 1), ("old", 1)], [("server", "gpu")], [("gpu", "old")],
                    restrictions=[("old", {"segment": "bank"})])
        assert both(told) == due


def test_what_is_banned_is_the_piece_not_the_making() -> None:
    """Servers may not be drawn for anybody: but who is not sold one directly gets it made. The
    rack takes a server; one stands in stock, and a GPU for another: one rack, 9,000. Ordered
    themselves, servers cannot go at all."""
    supply, bom = [("gpu", 1), ("server", 1)], [("rack", "server"), ("server", "gpu")]
    assert both(book([("rack", 2, 1)], supply, bom, restrictions=[("server",)])) == 9_000
    assert both(book([("server", 2, 1)], supply, bom, restrictions=[("server",)])) == 0


def test_days_add_up_along_the_tree() -> None:
    """A rack takes 4 days and its server 4 more: the GPU must be there 8 days, so 2 weeks before.
    One that comes in week 1 makes a rack for week 3, none for week 2."""
    def told(wanted: int) -> Story:
        return book([("rack", 1, wanted, must(wanted))], [("gpu", 1, 1)],
                    [("rack", "server"), ("server", "gpu")],
                    routing=[("rack", "line", 0, 4), ("server", "line", 0, 4)],
                    capacity=[("line", 1)])
    assert both(told(3)) == 9_000
    assert both(told(2)) == 0


def test_bom_rows_hold_by_the_week_of_the_draw() -> None:
    """Up to week 1 a server takes one GPU of the old kind, from week 2 on two of the new; there
    are 5 of each. Five wanted in week 1: 5; in week 2: 2, or 2.5 if split."""
    def told(wanted: int) -> Story:
        return book([("server", 5, wanted, must(wanted))], [("old", 5), ("new", 5)],
                    [("server", "old", 1, {"effective_to": week(1, 6)}),
                     ("server", "new", 2, {"effective_from": 2})])
    assert both(told(1)) == 45_000
    assert values(told(2)) == (18_000, 22_500)


def test_hours_of_a_week_are_a_limit_and_inf_is_none() -> None:
    """4 of the 10 hours of a week for each server: 2 of 5 in week 1, 2.5 if split. Without limit
    all 5, with 0 hours or none none."""
    def told(hours: object, at: int = 1) -> Story:
        return book([("server", 5, 1, must(1))], [("gpu", 9)], [("server", "gpu")],
                    routing=[("server", "cell", 4)], capacity=[("cell", hours, {"week": at})])
    assert values(told(10)) == (18_000, 22_500)
    assert both(told("inf")) == 45_000
    assert both(told(0)) == 0
    assert both(told(10, 2)) == 0


def test_a_step_uses_the_hours_of_its_own_week() -> None:
    """Assembly, then 7 days of burn-in: for a server of week 3 assembly ends in week 2, burn-in
    in week 3. Assembly has hours in week 2 only: that server can be made, one of week 2 not."""
    def told(wanted: int) -> Story:
        return book([("server", 1, wanted, must(wanted))], [("gpu", 1)], [("server", "gpu")],
                    routing=[("server", "assembly", 1), ("server", "burn-in", 1, 7)],
                    capacity=[("assembly", 1, {"week": 2}), ("burn-in", 1)])
    assert both(told(3)) == 9_000
    assert both(told(2)) == 0


# Where and when.


def test_freight_sites_and_accepted_items() -> None:
    """From austin a piece costs 20 of freight, from reno 50: 7,000 and 4,000. The third takes the
    mi300 instead, which costs 30 and not 10: from austin 100 - 30 - 20, 5,000. Bound to reno the
    order gets the one there."""
    def told(**more: Any) -> Story:
        return book([("gpu", 3, 1, {"accepts": "mi300", **more})],
                    [("gpu", 1), ("gpu", 1, 0, {"site_id": "reno"}), ("mi300", 1)],
                    lanes=[(SITE, "AMER", 0, 20), ("reno", "AMER", 0, 50)],
                    items=[("mi300", 30)])
    assert both(told()) == 16_000
    assert both(told(site_id="reno")) == 4_000


def test_windows_count_from_the_arrival() -> None:
    """The GPU comes in week 2 and travels 8 days, 2 weeks: it arrives in week 4. Without a first
    day an order of week 7 takes nothing before week 5, but the GPU can wait."""
    def told(wanted: int, **more: Any) -> Story:
        return book([("gpu", 1, wanted, more)], [("gpu", 1, 2)], lanes=[(SITE, "AMER", 8)])
    assert both(told(1, latest_on=3)) == 0
    assert both(told(1, latest_on=4)) == 9_000
    assert both(told(7)) == 9_000
    assert both(told(30)) == 0


# Lateness, weights, bonuses.


def test_late_and_undelivered_pieces_cost() -> None:
    """At 1 % each week costs 100 cents. Two are wanted in week 1, one comes in week 3: 9,000 -
    200. The other one never comes and counts late to week 7: 600 cents; under `zero` nothing."""
    told = book([("gpu", 2, 1)], [("gpu", 1, 3)])
    assert both(told, late_rate="0.01") == 8_800 - 600
    assert both(told, late_rate="0.01", undelivered="zero") == 8_800


def test_what_brings_less_than_its_lateness_stays() -> None:
    """A piece sold for 10 below cost is only delivered where not delivering it costs more: wanted
    in week 1 at 2 dollars a week it would lose 12 dollars to week 7, delivering loses 10."""
    told = book([("gpu", 1, 1, {"unit_price": 0, "late_penalty_per_unit_week": 2})], [("gpu", 1)])
    assert both(told) == -1_000
    assert both(told, undelivered="zero") == 0


def test_weights_count_in_gain_and_lateness_but_not_in_freight() -> None:
    """Weights 1.5 of the segment and 2 of the priority make 3: 3 x 9,000 - freight of 2,000 - 3 x
    100 cents for the one week late. Against an order of 250 dollars, 24,000 - 2,000 - 100 in the
    same week, the one GPU still goes to the weighted one: 24,700 is more than 21,900, though the
    other 250 are then lost, 5 more weeks or 1,500 for 250 each week late."""
    first = ("gpu", 1, 1, {"priority": 1, "late_penalty_per_unit_week": 1})
    weights = {"segment": {"enterprise": "1.5"}, "priority": {"1": 2}}
    lanes = [(SITE, "AMER", 0, 20)]
    told = book([first], [("gpu", 1, 2)], lanes=lanes)
    assert both(told, weights=weights) == 27_000 - 2_000 - 300
    other = ("gpu", 1, 1, {"unit_price": 250, "segment": "bank"})
    told = book([first, other], [("gpu", 1, 2)], lanes=lanes)
    assert both(told, weights=weights) == 24_700
    # The other one served instead loses the first for 6 weeks: 3 x 100 x 6.
    assert both(told) == 22_000 - 600


def test_weights_are_rounded_half_to_even_once() -> None:
    """0.5 x 9,001 cents are 4,500.5, rounded 4,500; 0.5 x 9,003 are 4,501.5, rounded 4,502."""
    for price, due in (("100.01", 4_500), ("100.03", 4_502)):
        told = book([("gpu", 1, 1, {"unit_price": price})], [("gpu", 1)])
        assert both(told, weights={"customer": {"acme": 0.5}}) == due


@pytest.mark.parametrize(("cells", "earned"), [
    ({}, 500), ({"recognise_on": "deliver"}, 0),
    ({"recognise_on": "accept", "acceptance_days": 7}, 0)])
def test_a_bonus_is_earned_by_the_day_of_the_revenue(cells: dict[str, Any], earned: int) -> None:
    """The quarter ends on Friday of week 3; 5 % of 100 dollars are 500 cents. The GPU ships in
    week 3 and arrives in week 4: in time when shipping counts, else not."""
    told = book([("gpu", 1, 4, {**must(4), **cells})], [("gpu", 1, 3)],
                lanes=[(SITE, "AMER", 7)])
    assert both(told, bonus=[{"by": week(3, 4).isoformat(), "share": "0.05"}]) == 9_000 + earned
    assert both(told, bonus=[{"by": week(3, 3), "share": "0.05"}]) == 9_000


def test_acceptance_days_come_after_the_arrival() -> None:
    """Arriving on Friday of week 2 and accepted 7 days later the revenue counts on Friday of week
    3, the quarter's last day: 500 cents; with 8 days it does not. Two bonuses add."""
    by = week(3, 4).isoformat()
    for days, due in ((7, 9_000 + 500 + 200), (8, 9_000 + 200)):
        told = book([("gpu", 1, 2, {**must(2), "recognise_on": "accept",
                                    "acceptance_days": days})], [("gpu", 1, 0)])
        assert both(told, bonus=[{"by": by, "share": "0.05"},
                                 {"by": week(9), "share": "0.02"}]) == due


# Lots and complete lines: what the linear program leaves out.


def test_lots_are_whole_at_each_site_and_week() -> None:
    """Lots of 3 and 5 GPUs: one lot, 27,000, or 45,000 if split. With 2 of them at another site
    and 3 here still one; with 3 here and 3 there two."""
    orders = [("gpu", 6, 1, {"lot_size": 3})]
    lanes = [(SITE, "AMER"), ("reno", "AMER")]
    lanes = [(*lane, 0, 0) for lane in lanes]
    assert values(book(orders, [("gpu", 5)])) == (27_000, 45_000)
    for there, mixed in ((2, 27_000), (3, 54_000)):
        supply = [("gpu", 3), ("gpu", there, 0, {"site_id": "reno"})]
        assert values(book(orders, supply, lanes=lanes)) == (mixed, 9_000 * (3 + there))


def test_a_complete_line_that_fits_nowhere_takes_nothing() -> None:
    """Four must arrive together by week 2; three are there by then: nothing, or 27,000 if they
    need not. By week 3 a fourth has come: 36,000."""
    for latest, due in ((2, (0, 27_000)), (3, (36_000, 36_000))):
        told = book([("gpu", 4, 1, {"ship_complete": "yes", "latest_on": latest})],
                    [("gpu", 3), ("gpu", 1, 3)])
        assert values(told) == due


def test_a_complete_line_may_come_from_several_sites_in_one_week() -> None:
    """Two are here, two at reno 7 days away: shipped a week earlier from there all arrive
    together in week 1: 36,000."""
    told = book([("gpu", 4, 1, {"ship_complete": "yes", **must(1)})],
                [("gpu", 2), ("gpu", 2, 0, {"site_id": "reno"})],
                lanes=[(SITE, "AMER", 0, 0), ("reno", "AMER", 7, 0)])
    assert both(told) == 36_000


def test_a_complete_line_takes_a_bad_piece_along() -> None:
    """One GPU is here, the other at reno, from where freight is 150 dollars: -6,000. Together
    they bring 3,000; one that may come alone brings 9,000."""
    lanes = [(SITE, "AMER", 0, 0), ("reno", "AMER", 0, 150)]
    supply = [("gpu", 1), ("gpu", 1, 0, {"site_id": "reno"})]
    told = book([("gpu", 2, 1, {"ship_complete": "yes"})], supply, lanes=lanes)
    assert values(told) == (3_000, 9_000)
    assert both(book([("gpu", 2, 1)], supply, lanes=lanes)) == 9_000


# Prices.


def test_the_prices_of_the_linear_program_prove_its_value() -> None:
    """One GPU is there, one comes in week 4. Of three orders two bring 9,000 and 8,000 and can
    wait, the third brings 7,000 by week 2 only. Serving the first two is best, 17,000. Whatever
    the prices are, from 7,000 to 8,000 each, the bound that they prove is those 17,000."""
    orders = [("gpu", 1, 1), ("gpu", 1, 1, {"unit_price": 90}),
              ("gpu", 1, 1, {"unit_price": 80, "latest_on": 2})]
    told = book(orders, [("gpu", 1, 0), ("gpu", 1, 4)])
    assert both(told) == 17_000
    prices = linear_prices(told.tables(), WHOLE_POLICY)
    assert bound_of(told.tables(), WHOLE_POLICY, prices) == 17_000
    assert prices["price_cents"].to_list() == sorted(prices["price_cents"], reverse=True)


def rounding(tables: Tables) -> float:
    """Most cents that prices in whole cents add: up to one for each piece and hour that is there,
    each week's hours, and each step of what is delivered."""
    orders, hours = tables.frames["orders"], tables.frames["capacity"]["hours_micro"]
    limited = hours.filter(hours < UNLIMITED_MICRO)
    open_ = int((orders["quantity"] - orders["shipped_quantity"]).sum())
    return (int(tables.frames["supply"]["quantity"].sum()) + int(limited.sum()) / MICRO
            + len(limited) + 100 * open_ + 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_certified_bound_is_lower_than_the_linear_program(shape: str) -> None:
    """The checker's bound at the referee's prices is the linear value, but for the rounding of
    prices; without prices it is no lower."""
    for seed in range(100, 100 + BOOKS_OF_A_SHAPE):
        frames, settings = random_book(seed, shape)
        tables = hg.read_book(frames, settings).tables
        policy = {**WHOLE_POLICY, "late_rate": "0.0135", "use_forecast": seed % 2 == 0}
        linear, prices = linear_program(tables, policy), linear_prices(tables, policy)
        bound = bound_of(tables, policy, prices)
        name = f"random_book({seed}, {shape!r})"
        assert linear.value_cents <= bound + close(linear), name
        assert bound <= linear.value_cents + rounding(tables), name
        assert linear.value_cents <= bound_of(tables, policy, prices.clear()) + close(linear), name


# Around it.


def test_a_faulty_policy_is_refused() -> None:
    """A word that is none and a number that is none."""
    for policy in ({"undelivered": "never"}, {"late_rate": "much"}, {"late_rate": -1}):
        with pytest.raises(ValueError, match="must be"):
            read_policy(policy)


def test_without_highs_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is not there: the message says what to install."""
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(ImportError, match=r'pip install "headgate\[oracle\]"'):
        linear_program(book([("gpu", 1, 1)], [("gpu", 1)]).tables(), {})


def test_a_time_limit_leaves_a_value_and_a_bound() -> None:
    """Stopped before it began, the program knows the plan that delivers nothing, or better."""
    told = book([("gpu", 4, 1)], [("gpu", 3)])
    found = mixed_program(told.tables(), FREE_LATENESS, 1e-9)
    assert 0 <= found.value_cents <= 27_000 <= found.bound_cents


def close(optimum: Optimum) -> float:
    """What the solver's tolerances may be off, in cents."""
    return 1 + 1e-7 * abs(optimum.value_cents)


@pytest.mark.parametrize("shape", SHAPES)
def test_rank_plan_mixed_and_linear_are_in_order(shape: str) -> None:
    """No rank plan is worth more than the mixed program, and that no more than the linear one;
    every other book with weights and a bonus."""
    for seed in range(BOOKS_OF_A_SHAPE):
        frames, settings = random_book(seed, shape)
        planned = hg.read_book(frames, settings)
        weights = {name: {str(planned.tables.frames["orders"][column][0]): weight}
                   for name, column, weight in (("segment", "segment", 2.5),
                                                ("priority", "priority", 0.75))
                   if frames["orders"].height}
        more = {"weights": weights, "bonus": [{"by": "2026-03-06", "share": 0.04}]}
        summary = hg.plan(planned, {"objective": "rank", **(more if seed % 2 else {})}).summary
        linear = linear_program(planned.tables, summary["policy"])
        mixed = mixed_program(planned.tables, summary["policy"], 20)
        name = f"random_book({seed}, {shape!r})"
        assert linear.status == "optimal", name
        assert summary["value"]["weighted_cents"] <= mixed.bound_cents + close(linear), name
        assert mixed.value_cents <= linear.value_cents + close(linear), name
