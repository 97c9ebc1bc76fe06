"""
Why a line is not on time, by the slow planner.

Follows "Why a line is not on time" of docs/explanation/planning-rules.md, one clause after another.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from .slow_book import ANYBODY, Lane, Line, SlowBook, weeks_of
from .slow_limits import Counted, counted_by_time
from .slow_pegging import left_by_others
from .slow_planner import (
    LeafNeed,
    SlowPlan,
    StepUse,
    Walk,
    plan_line,
    plan_set,
    status_of,
)
from .slow_world import Sent, World


@dataclass(frozen=True, slots=True)
class Binding:
    """
    The part, resource or quota that binds, where, and the week in which it is needed.

    site : None for a quota, which holds for all sites
    """

    kind: str
    id: str
    site: str | None
    bucket: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a line is not on time."""

    reason: str
    binding: Binding | None


def slow_reason(plan: SlowPlan, line: Line) -> Reason | None:
    """The reason of a line; None for one that is on time or has nothing open."""
    if plan.status(line) in ("on_time", "shipped"):
        return None
    book = plan.book
    word = reason_word(book, line)
    if word == "outbid":
        word = limit_word(plan, line)
    if word == "quota":
        return Reason(word, quota_binding(plan, line))
    if word == "ship_set":
        return Reason(word, mate_binding(plan, line))
    if word in ("restriction", "lane", "horizon"):
        return Reason(word, None)
    alone = word == "part or capacity"
    world = World(book) if alone else left_by_others(plan, line)
    reference = Reference.of(plan, line)
    binding = None if reference is None else reference.binding(world)
    if alone:
        word = "capacity" if binding is not None and binding.kind == "resource" else "part"
    elif binding is None and word in ("lead_time", "window") and reference is not None:
        binding = reference.longest_leaf(world)
    return Reason(word, binding)


def reason_word(book: SlowBook, line: Line) -> str:
    """The first clause of the rules that is true of the line."""
    def arrives(world: World, any_week: bool = False) -> str:
        return status_of(line, plan_line(world, line, any_week)[0])

    open_book = World(book, open_book=True)
    lanes = book.lanes_of(line)
    if lanes and all(book.restricted(line, item) for item in (line.item, *line.accepts)):
        return "restriction"
    if (arrives(World(book, open_book=True, lifted=True)) == "on_time"
            and arrives(open_book) != "on_time"):
        return "restriction"
    if not lanes:
        return "lane"
    if arrives(open_book, any_week=True) == "late":
        return "lead_time"
    if arrives(open_book) != "on_time":
        last_week = book.horizon - 1 + max(weeks_of(lane.transit_days) for lane in lanes)
        if arrives(open_book, any_week=True) == "on_time" and line.earliest <= last_week:
            return "window"
        return "horizon"
    return "outbid" if arrives(World(book)) == "on_time" else "part or capacity"


def limit_word(plan: SlowPlan, line: Line) -> str:
    """The first limit that keeps a line late which alone would be on time; else outbid."""
    fixed = plan.fixed[line.rank]
    held = World(plan.book, draws=plan.held.copy().draws, uses=plan.held.copy().uses)
    rest, _ = plan_line(held, line, taken=sum(row.pieces for row in fixed))
    if status_of(line, fixed + rest) != "on_time":
        return "frozen"
    if not _on_time_with_permits(plan, line, 0):
        return "quota"
    made, _ = plan_set(World(plan.book), plan.book.mates(line))
    if line.ship_set is not None and status_of(
            line, [row for row in made if row.line is line]) != "on_time":
        return "ship_set"
    return "outbid"


def _on_time_with_permits(plan: SlowPlan, line: Line, lifted: int) -> bool:
    """
    Whether a line is on time alone with the permits that all other lines leave.

    lifted : so many quotas, the first by id, do not count
    """
    book = copy(plan.book)
    book.quotas = plan.book.quotas[lifted:]
    sent = [Sent(row.line, row.item, row.ship, row.pieces)
            for rows in plan.allocations for row in rows if row.line is not line]
    draws = [draw for draw in plan.world.all_draws() if draw.line is not line]
    others: Counted = counted_by_time(book, sent, draws)
    world = World(book, quotas=True, others=others)
    return status_of(line, plan_line(world, line)[0]) == "on_time"


def quota_binding(plan: SlowPlan, line: Line) -> Binding | None:
    """The last of the quotas that must be lifted, one after another by id, for it to be on time."""
    lifted = next(count for count in range(1, len(plan.book.quotas) + 1)
                  if _on_time_with_permits(plan, line, count))
    reference = Reference.of(plan, line)
    if reference is None:
        return None
    return Binding("quota", plan.book.quotas[lifted - 1].quota_id, None, reference.ship)


def mate_binding(plan: SlowPlan, line: Line) -> Binding | None:
    """What binds the line of the same set that alone comes last; of several the best-ranked."""
    def last(mate: Line) -> tuple[bool, int]:
        rows, _ = plan_line(World(plan.book), mate)
        return not rows, max((row.arrive for row in rows), default=0)

    mates = [mate for mate in plan.book.mates(line) if mate is not line]
    latest = max(mates, key=last)
    if not plan.book.lanes_of(latest) or all(plan.book.restricted(latest, item)
                                             for item in (latest.item, *latest.accepts)):
        return None
    reference = Reference.of(plan, latest)
    return None if reference is None else reference.binding(World(plan.book))


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference shipment of a line: all open pieces of an item from one site in one week."""

    book: SlowBook
    line: Line
    item: str
    site: str
    ship: int
    first_ship: int

    @staticmethod
    def of(plan: SlowPlan, line: Line) -> Reference | None:
        """The reference shipment; None when it would have to leave before bucket 0."""
        book = plan.book
        alone = plan_line(World(book, open_book=True), line)[0]
        arrive = max([line.requested, *(row.arrive for row in alone)])
        if line.latest is not None:
            arrive = min(arrive, line.latest)
        item, lane = _reference_option(plan, line, arrive)
        transit = weeks_of(lane.transit_days)
        ship = min(arrive - transit, book.horizon - 1)
        if ship < 0:
            return None
        return Reference(book, line, item, lane.site, ship,
                         max(0, max(0, line.earliest) - transit))

    def walk(self, world: World) -> Walk:
        """The reference shipment over what is there, going on where something is missing."""
        return Walk(world.copy(), self.line, self.site, self.ship).run(self.item,
                                                                       self.line.pieces)

    def binding(self, world: World) -> Binding | None:
        """The candidate whose first week, carried on to the shipment, is the latest."""
        walk = self.walk(world)
        found: list[tuple[int, str, str, int]] = []
        for leaf in walk.leaves:
            if leaf.missing:
                first = self._first_week_of_leaf(world, leaf)
                found.append((-(first + weeks_of(leaf.need.lead_days)), leaf.need.item, "part",
                              leaf.bucket))
        found += self._late_steps(world, walk, max(0, self.ship - self.first_ship))
        if not found:
            found = self._late_steps(world, walk, 0)
        if not found:
            return None
        _, name, kind, bucket = min(found)
        return Binding(kind, name, self.site, bucket)

    def _late_steps(self, world: World, walk: Walk,
                    spread: int) -> list[tuple[int, str, str, int]]:
        """Steps whose hours, counted from `spread` weeks before their own, come too late."""
        found = []
        for step in walk.steps:
            first = self._first_week_of_step(world, step, spread)
            if first > step.bucket and step.micro:
                found.append((-(first + weeks_of(step.offset_days)), step.resource, "resource",
                              step.bucket))
        return found

    def longest_leaf(self, world: World) -> Binding | None:
        """The leaf that is needed first; None when no leaf is needed."""
        needs = [(-leaf.need.lead_days, leaf.need.item, leaf.bucket)
                 for leaf in self.walk(world).leaves]
        if not needs:
            return None
        _, name, bucket = min(needs)
        return Binding("part", name, self.site, bucket)

    def _first_week_of_leaf(self, world: World, leaf: LeafNeed) -> int:
        for week in range(max(0, leaf.bucket), self.book.horizon):
            items = [leaf.need.item]
            if not leaf.need.is_sold:
                items += [sub.item for sub in self.book.choices(leaf.need.item, week)]
            there = sum(world.drawable(item, self.site, pool, week)
                        for item in items if not world.forbids(self.line, item)
                        for pool in (self.line.customer, ANYBODY))
            if there >= leaf.need.pieces:
                return week
        return self.book.horizon

    def _first_week_of_step(self, world: World, step: StepUse, spread: int) -> int:
        start = max(0, step.bucket - spread)
        saved = 0
        for week in range(start, self.book.horizon):
            free = world.free_micro(step.resource, self.site, week)
            saved = free if self.line.complete else saved + free
            if saved >= step.micro:
                return week
        return self.book.horizon


def _reference_option(plan: SlowPlan, line: Line, arrive: int) -> tuple[str, Lane]:
    """The item and the lane of the reference shipment, which arrives in a week or before."""
    book = plan.book
    lanes = {lane.site: lane for lane in book.lanes_of(line)}
    items = [item for item in dict.fromkeys((line.item, *line.accepts))
             if not book.restricted(line, item)]
    rows = [row for row in plan.allocations[line.rank] if row.item == items[0]]
    if rows:
        first = min(rows, key=lambda row: (row.arrive, lanes[row.site].nearness))
        return items[0], lanes[first.site]
    rows = plan_line(World(book), replace(line, latest=None))[0]
    if rows:
        return rows[0].item, lanes[rows[0].site]
    options = [(item, lane) for item in items for lane in book.lanes_of(line)
               if arrive >= weeks_of(lane.transit_days)]
    if not options:
        return items[0], book.lanes_of(line)[0]
    return min(options, key=lambda option: _hopeless(
        book, line, option[0], option[1].site,
        min(arrive - weeks_of(option[1].transit_days), book.horizon - 1)))


def _hopeless(book: SlowBook, line: Line, item: str, site: str, ship: int) -> int:
    """How many needs of a shipment of all open pieces a site can meet in no week."""
    empty = World(book)
    walk = Walk(empty.copy(), line, site, ship).run(item, line.pieces)
    count = 0
    for leaf in walk.leaves:
        could = [leaf.need.item]
        if not leaf.need.is_sold:
            could += [sub.item for sub in book.choices(leaf.need.item, leaf.bucket)]
        count += not any(empty.drawable(other, site, pool, week) for other in could
                         if not book.restricted(line, other)
                         for pool in (line.customer, ANYBODY) for week in range(book.horizon))
    for step in walk.steps:
        count += step.micro > 0 and not any(
            empty.free_micro(step.resource, site, week) for week in range(book.horizon))
    return count
