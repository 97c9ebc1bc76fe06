"""
The next plan beside holds, on random books: with what is held left out of its book, plan and holds
together never draw more than there is. What the plan draws is counted by the slow planner.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

import headgate as hg
from headgate.book import build_book
from headgate.promising.reserving import without_held
from headgate.tables.check import check_tables
from headgate.tables.raw import raw_of_frames
from headgate.tables.restored import public_frame, settings_of
from tests.oracles.slow_pegging import pegs_of
from tests.oracles.slow_planner import slow_plan
from tests.properties.test_holds import HOUR, START, Ground, check_supply, ground_of, requests_of
from tests.stories.book_builder import book, week
from tests.stories.plans import planned


def held_on(ground: Ground, dice: int) -> list[hg.Hold]:
    """What clients hold of what a plan leaves, one after another."""
    holds = hg.Holds(ground.desk.fingerprint)
    for number, request in enumerate(requests_of(ground.book, Random(dice), 6)):
        holds, _ = holds.hold(ground.desk, request, START + HOUR, START, f"key {number}")
    return [hold for hold in holds.holds.values() if hold.keeps]


def reduced(tables: hg.Book, holds: list[hg.Hold]) -> tuple[hg.Book, set[str]]:
    """The book without what is held, checked anew; and what it has not enough for."""
    frames, broken = without_held(tables.tables, holds)
    raw = raw_of_frames({name: public_frame(name, frame) for name, frame in frames.items()},
                        settings_of(tables.tables.settings))
    return build_book(check_tables(raw)), broken


@settings(max_examples=40)
@given(st.integers(0, 40), st.sampled_from(("mixed", "stocked_levels", "scarce_hours", "deep",
                                            "one_part", "many_substitutes")), st.integers(0, 3))
def test_plan_and_holds_fit_together(seed: int, shape: str, dice: int):
    """What was held on the first plan is there, so no hold is broken; the second plan, of the book
    without it, and the holds draw and work no more than the whole book has, in any week."""
    ground = ground_of(seed, shape)
    holds = held_on(ground, dice)
    less, broken = reduced(ground.book, holds)
    assert broken == set()
    slow = slow_plan(less.tables)
    drawn, used = Counter(), Counter()
    for peg in pegs_of(slow):
        drawn[peg.draw.item, peg.draw.site, peg.row.pool, peg.draw.bucket] += peg.pieces
    for use in slow.world.all_uses():
        used[use.resource, use.site, "", use.bucket] += use.micro
    check_supply(ground._replace(drawn=drawn, used=used), holds)


def hold_of(ground: hg.Plan, pieces: int, complete: bool = False) -> list[hg.Hold]:
    """A hold of some servers on what a plan leaves."""
    desk = ground.desk()
    holds, answer = hg.Holds(desk.fingerprint).hold(
        desk, hg.Request("server", pieces, "AMER", complete=complete), START + HOUR, START, "Q-1")
    assert answer.done
    return list(holds.holds.values())


def test_pieces_go_from_the_latest_supply_in_time():
    """Four GPUs now and four in week 2; a hold of five in one week draws all of them in week 2: the
    four of week 2 and one of those that are there now. Three stay, from now on."""
    plan = planned(book(supply=[("gpu", 4, 0), ("gpu", 4, 2)], bom=[("server", "gpu", 1)]))
    holds = hold_of(plan, 5, complete=True)
    frames, broken = without_held(plan.book.tables, holds)
    assert broken == set()
    assert frames["supply"].select("available_on", "quantity").rows() == [(week(0), 3)]


def test_what_is_there_no_more_is_told():
    """A hold of five draws four now and one in week 2. The four of week 2 slip to week 6: it has
    four of its five, so it is broken, and the next plan leaves alone what there is."""
    plan = planned(book(supply=[("gpu", 4, 0), ("gpu", 4, 2)], bom=[("server", "gpu", 1)]))
    holds = hold_of(plan, 5)
    later = planned(book(supply=[("gpu", 4, 0), ("gpu", 4, 6)], bom=[("server", "gpu", 1)]))
    frames, broken = without_held(later.book.tables, holds)
    assert broken == {"hold-1"}
    assert frames["supply"].select("available_on", "quantity").rows() == [(week(6), 4)]


def test_weeks_that_are_over_are_drawn_now():
    """A hold draws two GPUs in week 0; planned again three weeks later, they are still to be kept:
    they go from what is there then, and its hours, which were worked, from nothing."""
    story = {"supply": [("gpu", 4, 0)], "bom": [("server", "gpu", 1)],
             "routing": [("server", "burn-in", 2)], "capacity": [("burn-in", 10)]}
    plan = planned(book(**story))
    holds = hold_of(plan, 2)
    assert holds[0].work
    moved = book(**story)
    later = moved._replace(settings={**moved.settings, "as_of": week(0) + timedelta(weeks=3)})
    tables = later.tables()
    frames, broken = without_held(tables, holds)
    assert broken == set()
    assert frames["supply"]["quantity"].to_list() == [2]
    assert frames["capacity"].equals(tables.frames["capacity"])
    frames, _ = without_held(plan.book.tables, holds)
    assert frames["capacity"]["hours_micro"].to_list()[0] == 6_000_000


def test_caps_count_what_is_held():
    """A cap of six pieces in the first four weeks; a hold counts two on it: four are left for the
    next plan. What ended keeps nothing."""
    plan = planned(book(supply=[("gpu", 9, 0)], bom=[("server", "gpu", 1)],
                        quotas=[("server", 0, 3, {"max_quantity": 6})]))
    holds = hold_of(plan, 2)
    frames, _ = without_held(plan.book.tables, holds)
    assert frames["quotas"]["max_quantity"].to_list() == [4]
    frames, _ = without_held(plan.book.tables, [replace(holds[0], status="released")])
    assert frames["quotas"].equals(plan.book.tables.frames["quotas"])
