"""Every relief of a line does what it claims, by the slow planner and from the plan's tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

import headgate as hg
from headgate.explain.line_relief import LineRelief, LineReliefs, ReliefPart, named_reliefs
from headgate.explain.reasons import Ground
from headgate.explain.relief import relieve
from headgate.planner.promise import promise
from headgate.planner.usage import hours_used
from headgate.session import Plan
from tests.oracles.limited_books import LIMITS, limited_book
from tests.oracles.random_books import SHAPES, random_book
from tests.oracles.slow_book import Line, weeks_of
from tests.oracles.slow_planner import Allocation, World, plan_line, plan_set
from tests.oracles.slow_reliefs import Key, SlowChange, SlowTables, quotas_hold
from tests.oracles.slow_worth import SlowWorth

POLICIES = {"rank": {"objective": "rank"}, "value": {"objective": "value", "work": 25}}
SEEDS = {"rank": 20, "value": 8}
FEWEST_LINES = {"rank": 1_000, "value": 300}
SEEDS_UNDER_LIMITS = {"rank": 16, "value": 6}
FEWEST_UNDER_LIMITS = {"rank": 300, "value": 100}


def slow_change(slow: SlowTables, part: ReliefPart) -> SlowChange:
    """A part of a relief as the slow planner takes it."""
    order = None if part.order_id is None else (part.order_id, part.line_no or 0)
    week = 0 if part.by_on is None else slow.book.bucket(part.by_on)
    return SlowChange(part.kind, part.quota_id, part.item_id, part.site_id, part.resource_id, week,
                      part.quantity or 0, part.from_item_id, part.from_site_id, part.reference,
                      order, part.reserved or False)


def outcome(line: Line, rows: list[Allocation]) -> int | None:
    """The last arrival of a line whose open pieces all arrive."""
    whole = sum(row.pieces for row in rows) == line.pieces
    return max(row.arrive for row in rows) if whole else None


def freely(slow: SlowTables, line: Line) -> list[Allocation]:
    """What a line, with its ship set, takes alone of the open book."""
    world = World(slow.book, open_book=True)
    if line.ship_set is None:
        return plan_line(world, line)[0]
    return [row for row in plan_set(world, slow.book.mates(line))[0] if row.line is line]


def check_relief(slow: SlowTables, key: Key, relief: LineRelief, smallest: bool,
                 weighs: bool) -> None:
    """
    The claimed date is the date that comes out, within all quotas and with nothing moved that is
    held, and one piece less of what is bought is late; what the line brings less so than as
    planned is told.
    """
    line = slow.line[key]
    changes = [slow_change(slow, part) for part in relief.parts]
    served = slow.given(key, changes)
    last, world = outcome(line, [row for row in served[0] if row.line is line]), served[1]
    assert last is not None
    loss = slow.weighed(key, None) - slow.weighed(key, served) if weighs else -1
    assert relief.loss_cents == (loss if loss >= 0 else None)
    assert relief.gain_cents == (-loss if weighs and loss < 0 else None)
    assert slow.book.friday_of(last) == relief.promised_on
    assert relief.on_time == (last <= line.requested)
    assert quotas_hold(world)
    assert slow.held(key) == ("unfrozen" in {part.kind for part in relief.parts})
    for part in relief.parts:
        if part.kind == "displaced":
            other = slow.line[part.order_id or "", part.line_no or 0]
            assert not other.frozen and other.ship_set is None
            assert all(pin.line is not other for pin in slow.book.pins)
            after, behind = plan_line(world, other)
            assert quotas_hold(behind)
            assert sum(row.pieces for row in after) == part.quantity
            then = max((row.arrive for row in after), default=None)
            assert part.then_on == (None if then is None else slow.book.friday_of(then))
    changes = [change for change in changes if change.kind != "unfrozen"]
    if smallest and len(changes) == 1 and changes[0].kind in ("more", "hours", "quota"):
        fewer = replace(changes[0], quantity=changes[0].quantity - 1)
        rows, _ = slow.planned(key, [fewer] if fewer.quantity else [])
        after = outcome(line, rows)
        assert after is None or after > last or not relief.on_time


def is_worth_nothing(slow: SlowTables, line: Line) -> bool:
    """Whether no option of a line is worth more than 0, even with free parts and hours."""
    book, worth = slow.book, SlowWorth(slow.book)
    last = book.horizon + 99 if line.latest is None else line.latest
    return all(
        worth.delivered(line, item, lane, ship) + worth.lost(line) <= 0
        for item in (line.item, *line.accepts) if not book.restricted(line, item)
        for lane in book.lanes_of(line) for ship in range(book.horizon)
        if max(0, line.earliest) <= ship + weeks_of(lane.transit_days) <= last)


def check_loss(plan: Plan, slow: SlowTables, key: Key, named: LineReliefs,
               free: int | None) -> None:
    """
    What the plan leaves is a relief where it brings more than is planned; else the loss is told,
    and if it were in time the line is unprofitable, as is one that is worth nothing at all.
    """
    if plan.policy.objective != "value":
        assert named.state != "at_a_loss"
        return
    line, reason = slow.line[key], plan.promises.filter(
        order_id=key[0], line_no=key[1])["reason"].item()
    served = slow.given(key, [])
    last = outcome(line, [row for row in served[0] if row.line is line])
    loss = slow.weighed(key, None) - slow.weighed(key, served)
    losing = last is not None and loss >= 0 and not slow.held(key)
    if named.state == "at_a_loss":
        assert losing and last is not None and free is not None
        assert last <= max(line.requested, free) and named.loss_cents == loss
    elif named.relief is not None and named.relief.kind == "unchanged":
        assert not losing
    if reason == "outbid":
        assert not (losing and last is not None and last <= line.requested)
        assert not is_worth_nothing(slow, line)
    if reason == "unprofitable":
        assert is_worth_nothing(slow, line) or (
            losing and last is not None and last <= line.requested)


def check_lines(plan: Plan) -> tuple[int, int]:
    """Checks the answer of every line that is not on time; counts of lines and of reliefs."""
    book, promises = plan.book, promise(plan.book, plan.allocation)
    slow, late = SlowTables(plan), promises.not_on_time()
    ground = Ground.of(book, plan.allocation, hours_used(book, plan.allocation))
    found = relieve(ground, plan.policy, promises, late)
    keys = plan.promises.select("order_id", "line_no").rows()
    count = 0
    for answer in found:
        key = keys[answer.line]
        line = slow.line[key]
        named = named_reliefs(book, plan.allocation.pools, promises, answer)
        rows, _ = slow.planned(key, [])
        planned = plan.promises.row(answer.line, named=True)
        assert named.today_quantity == (planned["promised_quantity"] if slow.held(key) else
                                        sum(row.pieces for row in rows))
        free = outcome(line, freely(slow, line))
        check_loss(plan, slow, key, named, free)
        assert named.earliest_on == (None if free is None else slow.book.friday_of(free))
        if named.state == "none_exists":
            goal = None if free is None else slow.book.friday_of(max(free, line.requested))
            assert goal is None or (planned["status"] == "late" and planned["promised_on"] <= goal)
        for place, relief in enumerate(named.reliefs):
            check_relief(slow, key, relief, place == 0, plan.policy.objective == "value")
            assert planned["status"] != "late" or relief.promised_on < planned["promised_on"]
            count += 1
    return len(found), count


@pytest.mark.parametrize("policy", POLICIES)
def test_every_relief_gets_the_date_that_it_claims(policy: str):
    """More than a thousand late lines of random books of all shapes. The world that all other lines
    leave is put together from the published tables, the change is made in it, and the slow planner
    plans the line alone: all pieces arrive by the claimed date, and a displaced line gets what was
    said. One piece, or one hour, less does not do. Where no relief is said to exist, the line alone
    with parts and hours without limit is no earlier than in the plan."""
    lines = reliefs = 0
    for shape in SHAPES:
        for seed in range(SEEDS[policy]):
            some = check_lines(hg.plan(hg.read_book(*random_book(seed, shape)), POLICIES[policy]))
            lines, reliefs = lines + some[0], reliefs + some[1]
    assert lines >= FEWEST_LINES[policy] and reliefs > lines // 2


@pytest.mark.parametrize("policy", POLICIES)
def test_every_relief_under_limits_breaks_none(policy: str):
    """The same for late lines of books with quotas, ship sets, frozen lines and pins. The line is
    planned by the slow planner with what all other lines leave of caps and reservations, counted
    anew with the quotas as the relief changes them; a ship set as a whole. Nothing exceeds a quota
    afterwards, and what is held stays, unless the relief says that it is the line's own."""
    lines = reliefs = 0
    for family in LIMITS:
        for seed in range(SEEDS_UNDER_LIMITS[policy]):
            some = check_lines(hg.plan(hg.read_book(*limited_book(seed, family)),
                                       POLICIES[policy]))
            lines, reliefs = lines + some[0], reliefs + some[1]
    assert lines >= FEWEST_UNDER_LIMITS[policy] and reliefs > lines // 2
