"""Every relief of a line does what it claims, by the slow planner and from the plan's tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

import headgate as hg
from headgate.explain.line_relief import LineRelief, ReliefPart, named_reliefs
from headgate.explain.reasons import Ground
from headgate.explain.relief import relieve
from headgate.planner.promise import promise
from headgate.planner.usage import hours_used
from headgate.session import Plan
from tests.oracles.random_books import SHAPES, random_book
from tests.oracles.slow_book import Line
from tests.oracles.slow_planner import Allocation, World, plan_line
from tests.oracles.slow_reliefs import Key, SlowChange, SlowTables

POLICIES = {"rank": {"objective": "rank"}, "value": {"objective": "value", "work": 25}}
SEEDS = {"rank": 20, "value": 8}
FEWEST_LINES = {"rank": 1_000, "value": 300}


def slow_change(slow: SlowTables, part: ReliefPart) -> SlowChange:
    """A part of a relief as the slow planner takes it."""
    order = None if part.order_id is None else (part.order_id, part.line_no or 0)
    week = 0 if part.by_on is None else slow.book.bucket(part.by_on)
    return SlowChange(part.kind, part.item_id, part.site_id, part.resource_id, week,
                      part.quantity or 0, part.from_item_id, part.from_site_id, part.reference,
                      order)


def outcome(line: Line, rows: list[Allocation]) -> int | None:
    """The last arrival of a line whose open pieces all arrive."""
    whole = sum(row.pieces for row in rows) == line.pieces
    return max(row.arrive for row in rows) if whole else None


def check_relief(slow: SlowTables, key: Key, relief: LineRelief, smallest: bool) -> None:
    """The claimed date is the date that comes out, and one piece less of what is bought is late."""
    line = slow.line[key]
    changes = [slow_change(slow, part) for part in relief.parts]
    rows, world = slow.planned(key, changes)
    last = outcome(line, rows)
    assert last is not None
    assert slow.book.friday_of(last) == relief.promised_on
    assert relief.on_time == (last <= line.requested)
    for part in relief.parts:
        if part.kind == "displaced":
            other = slow.line[part.order_id or "", part.line_no or 0]
            after = plan_line(world, other)[0]
            assert sum(row.pieces for row in after) == part.quantity
            then = max((row.arrive for row in after), default=None)
            assert part.then_on == (None if then is None else slow.book.friday_of(then))
    if smallest and len(changes) == 1 and changes[0].kind in ("more", "hours"):
        fewer = replace(changes[0], quantity=changes[0].quantity - 1)
        rows, _ = slow.planned(key, [fewer])
        after = outcome(line, rows)
        assert after is None or after > last or not relief.on_time


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
        assert sum(row.pieces for row in rows) == named.today_quantity
        free = outcome(line, plan_line(World(slow.book, open_book=True), line)[0])
        assert named.earliest_on == (None if free is None else slow.book.friday_of(free))
        planned = plan.promises.row(answer.line, named=True)
        if named.state == "none_exists":
            goal = None if free is None else slow.book.friday_of(max(free, line.requested))
            assert goal is None or (planned["status"] == "late" and planned["promised_on"] <= goal)
        for place, relief in enumerate(named.reliefs):
            check_relief(slow, key, relief, place == 0)
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
