"""
What would be drawn if every line shipped whole for its requested week, and what of it is missing.

Lines are shipped in rank order from the open book: leaves and hours without limit, stock of what
is built as it is. Weeks before bucket 0 count in bucket 0.
"""

from __future__ import annotations

from typing import Any

from .slow_book import ANYBODY, Lane, Line, SlowBook, weeks_of
from .slow_planner import Need, SlowPlan
from .slow_world import Draw, World

MICRO = 1_000_000
Place = tuple[str, str, str]
"""Kind (part or resource), id, site."""


class Wanted:
    """Pieces and millionths of hours wanted, by place and bucket."""

    def __init__(self, plan: SlowPlan) -> None:
        self.book = plan.book
        self.world = World(plan.book, open_book=True)
        self.amounts: dict[tuple[Place, int], int] = {}
        for line in plan.book.lines:
            lane = planned_lane(plan, line)
            if line.pieces and lane is not None:
                ship = line.requested - weeks_of(lane.transit_days)
                if ship < plan.book.horizon:
                    self._ship(line, lane.site, max(0, ship))

    def _ship(self, line: Line, site: str, ship: int) -> None:
        waiting = [Need(line.item, 0, line.pieces)]
        while waiting:
            need = waiting.pop(0)
            bucket = max(0, ship - weeks_of(need.lead_days))
            rest = need.pieces
            for pool in (line.customer, ANYBODY):
                taken = min(rest, self.world.drawable(need.item, site, pool, bucket))
                if taken:
                    self.world.draw(Draw(line, need.item, site, bucket, taken, "",
                                         need.lead_days, pool))
                    self._add("part", need.item, site, bucket, taken)
                    rest -= taken
            lead_days = need.lead_days + self.book.lead_days(need.item)
            rows = self.book.holding(need.item, max(0, ship - weeks_of(lead_days)))
            if rest and rows:
                self._make(need, rest, site, ship)
                waiting += [Need(row.component, lead_days, rest * row.quantity) for row in rows]

    def _make(self, need: Need, pieces: int, site: str, ship: int) -> None:
        steps = self.book.steps.get(need.item, [])
        for number, step in enumerate(steps):
            days = need.lead_days + sum(later.lead_days for later in steps[number + 1:])
            self._add("resource", step.resource, site, max(0, ship - weeks_of(days)),
                      pieces * step.micro)

    def _add(self, kind: str, name: str, site: str, bucket: int, amount: int) -> None:
        key = ((kind, name, site), bucket)
        self.amounts[key] = self.amounts.get(key, 0) + amount


def planned_lane(plan: SlowPlan, line: Line) -> Lane | None:
    """The lane of a line's first allocation, else its nearest one; None when there is none."""
    lanes = plan.book.lanes_of(line)
    made = plan.allocations[line.rank]
    if made:
        by_site = {lane.site: lane for lane in lanes}
        first = min(made, key=lambda row: (row.arrive, by_site[row.site].nearness))
        return by_site[first.site]
    return lanes[0] if lanes else None


def shortage_rows(plan: SlowPlan) -> list[tuple[Any, ...]]:
    """Rows of `shortages`."""
    wanted = Wanted(plan).amounts
    rows: list[tuple[Any, ...]] = []
    for place in sorted({key[0] for key in wanted}):
        weeks = _weeks_of_place(plan, place, [wanted.get((place, bucket), 0)
                                              for bucket in range(plan.book.horizon)])
        if any(row[-1] for row in weeks):
            # The last cell is a price; under `rank` there are none.
            rows += [(*place, plan.book.monday_of(bucket), *row, None)
                     for bucket, row in enumerate(weeks)]
    return rows


def _weeks_of_place(plan: SlowPlan, place: Place,
                    wanted: list[int]) -> list[tuple[float | None, float, float, float]]:
    """There, used, wanted and missing of each week."""
    kind, name, site = place
    weeks: list[tuple[float | None, float, float, float]] = []
    for bucket, asked in enumerate(wanted):
        if kind == "resource":
            there = plan.book.hours.get((name, site, bucket), 0)
            used = sum(use.micro for use in plan.world.uses.get((name, site, bucket), []))
            missing = 0 if there is None else max(0, asked - there)
            weeks.append((None if there is None else there / MICRO, used / MICRO, asked / MICRO,
                          missing / MICRO))
        else:
            pieces = [sum(row.pieces for row in _all_rows(plan.book, name, site)
                          if row.start == week) for week in range(bucket + 1)]
            used = sum(draw.pieces for draw in plan.world.all_draws()
                       if (draw.item, draw.site, draw.bucket) == (name, site, bucket))
            missing = max(0, sum(wanted[:bucket + 1]) - sum(pieces))
            weeks.append((float(pieces[-1]), float(used), float(asked), float(missing)))
    return weeks


def _all_rows(book: SlowBook, item: str, site: str) -> list[Any]:
    return [row for (name, place, _), rows in book.supply.items() if (name, place) == (item, site)
            for row in rows]
