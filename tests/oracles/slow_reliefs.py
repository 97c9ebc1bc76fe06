"""
What a line gets from a published plan after a change, by the slow planner.

The world is put together from the plan's tables alone (pegging and allocations), the change is
made to the rows of the book, and the line is planned alone behind all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from headgate.session import Plan

from .slow_book import ANYBODY, MILLION, Line, Quota, SlowBook, SupplyRow, weeks_of
from .slow_limits import cap_used, counted_by_time, groups
from .slow_planner import Allocation, hold, plan_line, plan_set
from .slow_world import Draw, Sent, Use, World
from .slow_worth import SlowWorth

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SlowChange:
    """One part of a relief, in ids and days of the book: the fields of `hg.ReliefPart`."""

    kind: str
    quota: str | None
    item: str | None
    site: str | None
    resource: str | None
    week: int
    quantity: int
    from_item: str | None
    from_site: str | None
    reference: str | None
    order: Key | None
    reserved: bool = False


@dataclass(frozen=True, slots=True)
class Shipment:
    """Pieces of an item shipped for a line in a week, as the table of allocations says."""

    line: Line
    item: str
    site: str
    ship: int
    pieces: int


class SlowTables:
    """A published plan as lists of draws and uses of each line."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.book = SlowBook(plan.book.tables)
        self.line = {line.key: line for line in self.book.lines}
        pool = {(row.item, row.site, row.reference): row.pool
                for rows in self.book.supply.values() for row in rows}
        self.shipments = [
            Shipment(self.line[row["order_id"], row["line_no"]], row["item_id"], row["site_id"],
                     self.book.bucket(row["ship_on"]), row["quantity"])
            for row in plan.allocations.iter_rows(named=True)]
        sent = {(one.line.key, one.item, one.site, one.ship) for one in self.shipments}
        self.draws = []
        for row in plan.pegging.iter_rows(named=True):
            line = self.line[row["order_id"], row["line_no"]]
            week = self.book.bucket(row["drawn_on"])
            item, site, days = row["item_id"], row["site_id"], row["lead_days"]
            # A draw without lead days of an item that is sent from there is of the sold piece.
            sold = days == 0 and (line.key, item, site, week) in sent
            self.draws.append(Draw(line, item, site, week, row["quantity"],
                                   row["stood_in_for"] or "", days,
                                   pool[item, site, row["reference"]], week + weeks_of(days), sold))
        self.uses = self._uses()
        self._held: set[Key] | None = None

    def _uses(self) -> list[Use]:
        """Hours of all steps: of the needs of one week's shipments those not drawn were made."""
        drawn: dict[tuple[Key, str, str, int, int], int] = {}
        for draw in self.draws:
            key = (draw.line.key, draw.stood_in_for or draw.item, draw.site, draw.bucket,
                   draw.lead_days)
            drawn[key] = drawn.get(key, 0) + draw.pieces
        sent: dict[tuple[Key, str, int], list[Shipment]] = {}
        for one in self.shipments:
            sent.setdefault((one.line.key, one.site, one.ship), []).append(one)
        uses = []
        for (key, site, ship), together in sent.items():
            needs: dict[tuple[int, str], int] = {}
            for one in together:
                needs[0, one.item] = needs.get((0, one.item), 0) + one.pieces
            done: set[tuple[int, str]] = set()
            while left := sorted(set(needs) - done, key=lambda need: self._depth(need[1])):
                days, item = left[-1]
                done.add((days, item))
                made = needs[days, item] - drawn.get(
                    (key, item, site, ship - weeks_of(days), days), 0)
                uses += self._make(needs, self.line[key], site, ship, days, item, made)
        return uses

    def _depth(self, item: str) -> int:
        """Levels below an item: what stands higher is looked at first."""
        rows = self.book.bom.get(item, [])
        return 1 + max((self._depth(row.component) for row in rows), default=0)

    def _make(self, needs: dict[tuple[int, str], int], line: Line, site: str, ship: int,
              days: int, item: str, made: int) -> list[Use]:
        if made <= 0 or item not in self.book.bom:
            return []
        steps, uses = self.book.steps.get(item, []), []
        for number, step in enumerate(steps):
            later = sum(after.lead_days for after in steps[number + 1:])
            uses.append(Use(line, step.resource, site, ship - weeks_of(days + later),
                            made * step.micro))
        below = days + self.book.lead_days(item)
        for row in self.book.holding(item, ship - weeks_of(below)):
            need = (below, row.component)
            needs[need] = needs.get(need, 0) + made * row.quantity
        return uses

    def without(self, keys: set[Key], book: SlowBook | None = None) -> World:
        """What all lines but some leave of a book, quotas counted in where it has any."""
        world = World(book or self.book)
        world.quotas = bool(world.book.quotas)
        world.sent = [Sent(one.line, one.item, one.ship, one.pieces) for one in self.shipments
                      if one.line.key not in keys]
        draws = [draw for draw in self.draws if draw.line.key not in keys]
        for draw in counted_by_time(world.book, [], draws).draws if world.quotas else draws:
            world.draw(draw)
        for use in self.uses:
            if use.line.key not in keys:
                world.use(use)
        return world

    def planned(self, key: Key, changes: list[SlowChange]) -> tuple[list[Allocation], World]:
        """
        What a line gets alone, or with its ship set, after the changes, and the world behind it.
        """
        rows, after = self.given(key, changes)
        return [row for row in rows if row.line.key == key], after

    def given(self, key: Key, changes: list[SlowChange]) -> tuple[list[Allocation], World]:
        """The same with what the other lines of its ship set get."""
        book = SlowBook(self.plan.book.tables)
        for change in changes:
            self._change(book, change)
        unit = self.book.mates(self.line[key])
        world = self.without({*(line.key for line in unit),
                              *(change.order for change in changes if change.order)}, book)
        for change in changes:
            if change.kind in ("transfer", "substitute"):
                assert world.drawable(change.from_item or "", change.from_site or "", ANYBODY,
                                      change.week) >= 0
        if self.line[key].ship_set is None:
            return plan_line(world, self.line[key])
        return plan_set(world, unit)

    def weighed(self, key: Key, served: tuple[list[Allocation], World] | None) -> int:
        """
        What a line, with its ship set, brings in weighted value.

        served : what `given` gave it; None as the plan has it
        """
        worth = SlowWorth(self.book)
        lanes = {(lane.site, lane.region): lane for lane in self.book.lanes}
        rest = {line.key: line.pieces for line in self.book.mates(self.line[key])}
        rows: list[Allocation] | list[Shipment] = self.shipments
        draws = self.draws
        if served is not None:
            rows, draws = served[0], served[1].all_draws()
        cents = 0
        for row in rows:
            if row.line.key in rest:
                rest[row.line.key] -= row.pieces
                lane = lanes[row.site, row.line.region]
                cents += row.pieces * worth.delivered(row.line, row.item, lane, row.ship)
        for draw in draws:
            if draw.line.key in rest and draw.stood_in_for:
                choices = self.book.choices(draw.stood_in_for, draw.bucket)
                cents -= draw.pieces * next(sub.extra_cents for sub in choices
                                            if sub.item == draw.item)
        return cents - sum(pieces * worth.lost(self.line[name]) for name, pieces in rest.items())

    def held(self, key: Key) -> bool:
        """
        Whether a pin or a frozen promise holds a line, or another of its ship set: some of its
        pieces are placed by it, or it is due after the requested week.
        """
        if self._held is None:
            fixed, _ = hold(self.book, World(self.book, quotas=True))
            self._held = {row.line.key for rows in fixed for row in rows}
            lanes = {(lane.site, lane.region): lane for lane in self.book.lanes}
            for pin in self.book.pins:
                days = lanes[pin.site, pin.line.region].transit_days
                if pin.ship + weeks_of(days) > pin.line.requested:
                    self._held.add(pin.line.key)
            self._held |= {line.key for line in self.book.lines if line.frozen and line.pieces
                           and line.promised is not None and line.promised > line.requested}
        return any(line.key in self._held for line in self.book.mates(self.line[key]))

    def _change(self, book: SlowBook, change: SlowChange) -> None:
        """Change the rows of a book as a relief says."""
        if change.kind == "hours":
            hour = (change.resource or "", change.site or "", change.week)
            there = book.hours.get(hour, 0)
            if there is not None:
                book.hours[hour] = there + change.quantity * MILLION
        elif change.kind == "quota":
            book.quotas = [quota if quota.quota_id != change.quota else
                           _less_kept(quota, change.quantity) if change.reserved else
                           replace(quota, cap=(quota.cap or 0) + change.quantity)
                           for quota in book.quotas]
        elif change.kind not in ("displaced", "unfrozen"):
            item, site, pool = change.item or "", change.site or "", ANYBODY
            if change.kind == "pulled_in":
                pool = self._shortened(book, change)
            book.supply.setdefault((item, site, pool), []).append(SupplyRow(
                item, site, change.week, change.quantity, pool, date.max, "of the relief"))
            if change.kind in ("transfer", "substitute"):
                lost = (change.from_item or "", change.from_site or "", ANYBODY)
                book.supply.setdefault(lost, []).append(SupplyRow(
                    lost[0], lost[1], change.week, -change.quantity, ANYBODY, date.max, "given"))

    def _shortened(self, book: SlowBook, change: SlowChange) -> str:
        """Take the pieces that come sooner out of their row; the pool of that row."""
        for (item, site, pool), rows in book.supply.items():
            for place, row in enumerate(rows):
                if (item, site, row.reference) == (change.item, change.site, change.reference) and (
                        row.pieces >= change.quantity and row.start > change.week):
                    rows[place] = replace(row, pieces=row.pieces - change.quantity)
                    return pool
        # A receipt behind the planned weeks is no row of the slow book.
        match = [row for row in self.plan.book.tables.frames["supply"].iter_rows(named=True)
                 if (row["item_id"], row["site_id"]) == (change.item, change.site)
                 and book.bucket(row["available_on"]) >= book.horizon - 1]
        assert any(row["quantity"] >= change.quantity for row in match)
        return next((row["reserved_for"] or ANYBODY for row in match
                     if row["reference"] == change.reference), ANYBODY)


def _less_kept(quota: Quota, pieces: int) -> Quota:
    assert quota.kept is not None and 0 < pieces <= quota.kept
    return replace(quota, kept=quota.kept - pieces)


def quotas_hold(world: World) -> bool:
    """Whether all that is sent and drawn keeps to every cap and reservation, counted anew."""
    book = world.book
    done = counted_by_time(book, world.sent, world.all_draws())
    if any(quota.cap is not None and cap_used(done, quota) > quota.cap for quota in book.quotas):
        return False
    for items, members in groups(book).items():
        names = {quota.quota_id for quota in members}
        for week in range(book.horizon):
            there = sum(row.pieces for (item, _, _), rows in book.supply.items() if item in items
                        for row in rows if row.start <= week)
            kept = sum(quota.kept or 0 for quota in members if quota.is_active(week))
            counted = sum(draw.pieces - sum(pieces for name, pieces in draw.own if name in names)
                          for draw in done.draws if draw.item in items and draw.bucket <= week)
            if counted > max(0, there - kept):
                return False
    return True
