"""
Properties of holds on random books: whatever several clients do, in whatever order, nothing is
promised twice. What the plan draws and uses is counted by the slow planner of the oracles.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, NamedTuple

import polars as pl
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import headgate as hg
from headgate.quoting.desk import Desk
from tests.oracles.random_books import SHAPES, random_book
from tests.oracles.slow_book import ANYBODY, SlowBook
from tests.oracles.slow_pegging import pegs_of
from tests.oracles.slow_planner import slow_plan
from tests.properties.test_quotes import requests_of

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
Cell = tuple[str, str, str, int]
"""Item, site, whom it is kept for, week; or resource, site, "", week."""


class Ground(NamedTuple):
    """A planned book: its desk, and what the slow planner says that the plan draws and uses."""

    book: hg.Book
    desk: Desk
    slow: SlowBook
    drawn: Counter[Cell]
    used: Counter[Cell]


@cache
def ground_of(seed: int, shape: str) -> Ground:
    """A random book planned by rank, by the planner and by the slow one."""
    book = hg.read_book(*random_book(seed, shape))
    plan = slow_plan(book.tables)
    drawn, used = Counter[Cell](), Counter[Cell]()
    for peg in pegs_of(plan):
        drawn[peg.draw.item, peg.draw.site, peg.row.pool, peg.draw.bucket] += peg.pieces
    for use in plan.world.all_uses():
        used[use.resource, use.site, "", use.bucket] += use.micro
    return Ground(book, hg.plan(book, "rank").desk(), plan.book, drawn, used)


def week_of(ground: Ground, day: date) -> int:
    """The bucket of a Monday."""
    return (day - ground.book.first_monday).days // 7


def check_supply(ground: Ground, holds: Iterable[hg.Hold]) -> None:
    """Plan, holds and commits together: cumulative draws stay within cumulative supply, of every
    pool in every week, and hours within hours."""
    drawn, used = Counter(ground.drawn), Counter(ground.used)
    for hold in holds:
        assert sum(part.quantity for part in hold.shipments) == hold.request.quantity
        for draw in hold.draws:
            drawn[draw.item_id, draw.site_id, draw.reserved_for or ANYBODY,
                  week_of(ground, draw.drawn_on)] += draw.quantity
        for work in hold.work:
            used[work.resource_id, work.site_id, "",
                 week_of(ground, work.worked_on)] += work.hours_micro
    for pool in {cell[:3] for cell in drawn}:
        rows = ground.slow.supply.get(pool, [])
        for week in range(ground.book.horizon):
            there = sum(row.pieces for row in rows if row.start <= week)
            taken = sum(pieces for cell, pieces in drawn.items()
                        if cell[:3] == pool and cell[3] <= week)
            assert taken <= there, (pool, week)
    assert all(0 <= cell[3] < ground.book.horizon for cell in (*drawn, *used))
    for (resource, site, _, week), micro in used.items():
        there = ground.slow.hours.get((resource, site, week), 0)
        assert there is None or micro <= there, (resource, site, week)


class Clients(RuleBasedStateMachine):
    """Clients who quote, hold, commit, release, retry and let time pass, on one plan."""

    @initialize(seed=st.integers(0, 2), shape=st.sampled_from(SHAPES), dice=st.integers(0, 2))
    def begin(self, seed: int, shape: str, dice: int) -> None:
        self.ground = ground_of(seed, shape)
        self.asked = requests_of(self.ground.book, Random(dice), 6)
        self.holds = hg.Holds(self.ground.desk.fingerprint)
        self.now, self.turn = START, 0
        self.quotes: list[hg.Quote] = []
        self.done: list[tuple[Any, ...]] = []

    def act(self, *operation: Any) -> hg.HoldAnswer:
        """An operation under a key of its own, kept for replays and retries."""
        self.turn += 1
        made = (*operation, self.now, f"key {self.turn}")
        before = self.holds
        self.holds, answer = apply(before, self.ground.desk, made)
        self.done.append(made)
        assert len(self.holds.answers) == len(before.answers) + 1
        return answer

    @rule(hours=st.integers(0, 2))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 5), mode=st.sampled_from(("ctp", "ctp", "atp")))
    def quote(self, which: int, mode: str) -> None:
        request = self.asked[which % len(self.asked)]
        found = self.holds.quote(self.ground.desk, request, self.now, mode, False)
        assert found == self.holds.quote(self.ground.desk, [request], self.now, mode, False)
        self.quotes += found

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 5), hours=st.integers(0, 3),
          mode=st.sampled_from(("ctp", "ctp", "atp")))
    def hold_a_request(self, which: int, hours: int, mode: str) -> None:
        request = self.asked[which % len(self.asked)]
        offered = self.holds.quote(self.ground.desk, request, self.now, mode, False)[0]
        answer = self.act("hold", request, self.now + hours * HOUR, mode)
        if hours <= 0:
            assert answer.code == "until_past"
        elif offered.promised_on is None:
            assert answer.code == "not_enough"
        else:
            hold = self.holds.holds[str(answer.hold_id)]
            assert (hold.shipments, hold.draws, hold.work) == (
                offered.shipments, offered.draws, offered.work)

    @precondition(lambda self: self.quotes)
    @rule(which=st.integers(0, 50), hours=st.integers(1, 40))
    def hold_a_quote(self, which: int, hours: int) -> None:
        quoted = self.quotes[which % len(self.quotes)]
        now = self.holds.quote(self.ground.desk, quoted.request, self.now, quoted.mode, False)[0]
        answer = self.act("hold", quoted, self.now + hours * HOUR, quoted.mode)
        if now.promised_on is None:
            assert answer.code == "not_enough"
        elif quoted.promised_on is not None and now.promised_on > quoted.promised_on:
            assert answer.code == "later"
        else:
            assert self.holds.holds[str(answer.hold_id)].promised_on == now.promised_on

    @rule(which=st.integers(1, 4))
    def commit(self, which: int) -> None:
        self.end("commit", f"hold-{which}")

    @rule(which=st.integers(1, 4))
    def release(self, which: int) -> None:
        self.end("release", f"hold-{which}")

    def end(self, operation: str, hold_id: str) -> None:
        """Commit or release: done when it is held and its time has not come, else refused."""
        before = self.holds.holds.get(hold_id)
        answer = self.act(operation, hold_id)
        after = self.holds.holds.get(hold_id)
        if before is None:
            assert answer.code == "unknown_hold"
        elif before.status == "held" and before.until > self.now:
            assert answer.done and after is not None
            assert after.status == {"commit": "committed", "release": "released"}[operation]
        else:
            assert not answer.done and after is not None
            assert after.status == answer.code == (
                "expired" if before.status == "held" else before.status)

    @precondition(lambda self: self.done)
    @rule(which=st.integers(0, 50), other=st.integers(0, 50))
    def retry(self, which: int, other: int) -> None:
        """The same again changes nothing; another operation under the key is refused."""
        made, wrong = self.done[which % len(self.done)], self.done[other % len(self.done)]
        again, answer = apply(self.holds, self.ground.desk, (*made[:-2], self.now, made[-1]))
        assert again is self.holds
        assert answer == self.holds.answers[made[-1]][1]
        if meaning(wrong) != meaning(made):
            again, answer = apply(self.holds, self.ground.desk, (*wrong[:-2], self.now, made[-1]))
            assert again is self.holds
            assert answer.code == "key_reused"

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        if hasattr(self, "holds"):
            check_supply(self.ground, [hold for hold in self.holds.holds.values()
                                       if hold.status in ("held", "committed")])

    def teardown(self) -> None:
        """Replayed, the operations give the same state; plain and back, it is equal; with all given
        back, the free supply is the plan's own again."""
        if not hasattr(self, "holds"):
            return
        desk, replayed = self.ground.desk, hg.Holds(self.ground.desk.fingerprint)
        for made in self.done:
            replayed, _ = apply(replayed, desk, made)
        assert replayed == self.holds
        assert hg.read_holds(json.loads(json.dumps(hg.plain_holds(self.holds)))) == self.holds
        for number, hold in enumerate(list(self.holds.holds.values())):
            if hold.status == "held":
                self.holds, _ = self.holds.release(hold.hold_id, self.now, f"end {number}")
        if not any(hold.keeps for hold in self.holds.holds.values()):
            assert self.holds.quote(desk, self.asked, self.now) == desk.quote(self.asked)


def apply(holds: hg.Holds, desk: Desk, made: tuple[Any, ...]) -> tuple[hg.Holds, hg.HoldAnswer]:
    """An operation as it was noted: name, what it is given, time, key."""
    name, *given, now, key = made
    if name == "hold":
        asked, until, mode = given
        return holds.hold(desk, asked, until, now, key, mode)
    if name == "commit":
        return holds.commit(desk, given[0], now, key)
    return holds.release(given[0], now, key)


def meaning(made: tuple[Any, ...]) -> tuple[Any, ...]:
    """What an operation asks for: to hold a quote without a date is to hold its request."""
    name, *given = made[:-2]
    if name != "hold" or isinstance(given[0], hg.Request):
        return name, *given, None
    quoted, until, mode = given
    return name, quoted.request, until, mode, quoted.promised_on


TestClients = Clients.TestCase
TestClients.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def with_orders(frames: dict[str, pl.DataFrame], holds: Iterable[hg.Hold],
                ) -> dict[str, pl.DataFrame]:
    """The book with holds as its last orders by rank, in the order in which they were made."""
    rows = []
    for place, hold in enumerate(holds):
        request = hold.request
        rows.append(dict.fromkeys(frames["orders"].columns) | {
            "order_id": f"~{place:03}", "line_no": "1", "customer_id": request.customer_id,
            "segment": request.segment, "region": request.region, "item_id": request.item_id,
            "quantity": str(request.quantity), "unit_price": "1",
            "booked_on": str(request.requested_on), "requested_on": str(request.requested_on),
            "priority": str(900_000 + place), "lot_size": str(request.lot_size),
            "latest_on": None if request.latest_on is None else str(request.latest_on),
            "ship_complete": "yes" if request.complete else "no", "site_id": request.site_id,
            "accepts": ";".join(request.accepts) or None})
    extra = [pl.DataFrame([row], schema=dict.fromkeys(row, pl.String)) for row in rows]
    return frames | {"orders": pl.concat([frames["orders"], *extra], how="diagonal")}


@pytest.mark.parametrize("shape", SHAPES)
def test_holds_are_what_the_last_orders_would_get(shape: str):
    """By rank an order takes only what all orders before it leave, and so does a hold. The slow
    planner plans the book with what is held as its last orders, one after the other: each must get
    the shipments, the draws and the hours of its hold. A released one leaves no trace."""
    for seed in range(3):
        frames, options = random_book(seed, shape)
        book = hg.read_book(frames, options)
        desk = hg.plan(book, "rank").desk()
        holds, dice = hg.Holds(desk.fingerprint), Random(f"{seed}/{shape}")
        for turn, request in enumerate(requests_of(book, dice, 10)):
            holds, answer = holds.hold(desk, request, START + HOUR, START, f"hold {turn}")
            if answer.done and dice.random() < 0.3:
                holds, _ = holds.release(str(answer.hold_id), START, f"release {turn}")
        kept = [hold for hold in holds.holds.values() if hold.keeps]
        options = {**options, "policy": {**options.get("policy", {}), "objective": "rank"}}
        slow = slow_plan(hg.read_book(with_orders(frames, kept), options).tables)
        first = book.first_monday

        def monday(week: int, first: date = first) -> date:
            return first + timedelta(weeks=week)

        for place, hold in enumerate(kept):
            name = f"~{place:03}"
            line = next(line for line in slow.book.lines if line.order_id == name)
            assert sorted((part.item_id, part.site_id, part.ship_on, part.quantity)
                          for part in hold.shipments) == sorted(
                (row.item, row.site, monday(row.ship), row.pieces)
                for row in slow.allocations[line.rank])
            drawn, used = Counter[Cell](), Counter[Cell]()
            for draw in slow.world.all_draws():
                if draw.line is line:
                    drawn[draw.item, draw.site, draw.pool, draw.bucket] += draw.pieces
            for use in slow.world.all_uses():
                if use.line is line:
                    used[use.resource, use.site, "", use.bucket] += use.micro
            assert {(part.item_id, part.site_id, part.reserved_for or ANYBODY, part.drawn_on):
                    part.quantity for part in hold.draws} == {
                (*cell[:3], monday(cell[3])): pieces for cell, pieces in drawn.items()}
            assert {(part.resource_id, part.site_id, "", part.worked_on): part.hours_micro
                    for part in hold.work} == {
                (*cell[:3], monday(cell[3])): micro for cell, micro in used.items() if micro}
