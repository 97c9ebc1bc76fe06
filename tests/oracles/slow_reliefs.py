"""
What a line gets from a published plan after a change, by the slow planner.

The world is put together from the plan's tables alone (pegging and allocations), the change is
made to the rows of the book, and the line is planned alone behind all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from headgate.session import Plan

from .slow_book import ANYBODY, MILLION, Line, SlowBook, SupplyRow, weeks_of
from .slow_planner import Allocation, Draw, Use, World, plan_line

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SlowChange:
    """One part of a relief, in ids and days of the book: the fields of `hg.ReliefPart`."""

    kind: str
    item: str | None
    site: str | None
    resource: str | None
    week: int
    quantity: int
    from_item: str | None
    from_site: str | None
    reference: str | None
    order: Key | None


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
        self.draws = [
            Draw(self.line[row["order_id"], row["line_no"]], row["item_id"], row["site_id"],
                 self.book.bucket(row["drawn_on"]), row["quantity"], row["stood_in_for"] or "",
                 row["lead_days"], pool[row["item_id"], row["site_id"], row["reference"]])
            for row in plan.pegging.iter_rows(named=True)]
        self.shipments = [
            Shipment(self.line[row["order_id"], row["line_no"]], row["item_id"], row["site_id"],
                     self.book.bucket(row["ship_on"]), row["quantity"])
            for row in plan.allocations.iter_rows(named=True)]
        self.uses = self._uses()

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
        """What all lines but some leave of a book."""
        world = World(book or self.book)
        for draw in self.draws:
            if draw.line.key not in keys:
                world.draw(draw)
        for use in self.uses:
            if use.line.key not in keys:
                world.use(use)
        return world

    def planned(self, key: Key, changes: list[SlowChange]) -> tuple[list[Allocation], World]:
        """What a line gets alone after the changes, and the world behind it."""
        book = SlowBook(self.plan.book.tables)
        for change in changes:
            self._change(book, change)
        world = self.without({key, *(change.order for change in changes if change.order)}, book)
        for change in changes:
            if change.kind in ("transfer", "substitute"):
                item, site = change.from_item or "", change.from_site or ""
                assert world.drawable(item, site, ANYBODY, change.week) >= change.quantity
                world.draw(Draw(self.line[key], item, site, change.week, change.quantity, "", 0,
                                ANYBODY))
        return plan_line(world, self.line[key])

    def _change(self, book: SlowBook, change: SlowChange) -> None:
        """Change the rows of a book as a relief says."""
        if change.kind == "hours":
            hour = (change.resource or "", change.site or "", change.week)
            there = book.hours.get(hour, 0)
            if there is not None:
                book.hours[hour] = there + change.quantity * MILLION
        elif change.kind != "displaced":
            item, site, pool = change.item or "", change.site or "", ANYBODY
            if change.kind == "pulled_in":
                pool = self._shortened(book, change)
            book.supply.setdefault((item, site, pool), []).append(SupplyRow(
                item, site, change.week, change.quantity, pool, date.max, "of the relief"))

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
