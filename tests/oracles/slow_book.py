"""
A checked book as plain Python values, for the slow planner.

Everything is looked up in lists and dictionaries; weeks are counted with `datetime` here and not
with the product's calendar, so that a fault there shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from headgate.tables.frames import Tables
from headgate.tables.schema import UNLIMITED_MICRO

ANYBODY = ""
"""The pool of supply that is reserved for nobody; any other pool is a customer_id."""
MILLION = 1_000_000
Cells = dict[str, Any]


def weeks_of(days: int) -> int:
    """Days rounded up to whole weeks."""
    return (days + 6) // 7


@dataclass(frozen=True, slots=True)
class Line:
    """
    One order line; buckets may be negative, `latest` None is without limit.

    complete : it arrives whole, by itself or with its ship set
    """

    rank: int
    order_id: str
    line_no: int
    customer: str
    segment: str
    region: str
    item: str
    pieces: int
    price_cents: int
    late_cents: int
    requested_on: date
    requested: int
    earliest: int
    latest: int | None
    promised: int | None
    complete: bool
    lot: int
    accepts: tuple[str, ...]
    site: str | None
    ship_set: str | None = None
    frozen: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """What the plan's tables call the line."""
        return self.order_id, self.line_no


@dataclass(frozen=True, slots=True)
class SupplyRow:
    """One row of supply; `pool` is the customer it is reserved for, or ANYBODY."""

    item: str
    site: str
    start: int
    pieces: int
    pool: str
    available_on: date
    reference: str


@dataclass(frozen=True, slots=True)
class BomRow:
    """One component of a parent."""

    component: str
    quantity: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Substitute:
    """One substitute of a component."""

    item: str
    preference: int
    first: date
    last: date
    extra_cents: int


@dataclass(frozen=True, slots=True)
class Step:
    """One routing step."""

    resource: str
    micro: int
    lead_days: int


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane."""

    site: str
    region: str
    transit_days: int
    cents: int

    @property
    def nearness(self) -> tuple[int, int, str]:
        """The order in which a line tries the sites."""
        return self.transit_days, self.cents, self.site


@dataclass(frozen=True, slots=True)
class Quota:
    """
    One row of quotas; a blank scope is None.

    first, last : buckets whose Monday lies in the period; from `released` on nothing is kept
    """

    quota_id: str
    items: frozenset[str]
    by_item: bool
    segment: str | None
    region: str | None
    customer: str | None
    first: int
    last: int
    released: int
    cap: int | None
    kept: int | None

    def matches(self, line: Line) -> bool:
        """Whether it holds for a line."""
        return (self.segment in (None, line.segment) and self.region in (None, line.region)
                and self.customer in (None, line.customer))

    def is_active(self, bucket: int) -> bool:
        """Whether its pieces are kept in a week."""
        return self.first <= bucket < min(self.released, self.last + 1)

    @property
    def breadth(self) -> tuple[int, bool, bytes]:
        """The more of the scope it names, the sooner it counts; then an item before a family."""
        named = sum(part is not None for part in (self.segment, self.region, self.customer))
        return -named, not self.by_item, self.quota_id.encode()


@dataclass(frozen=True, slots=True)
class Pin:
    """One pin; `pieces` are all that is open where the row names none."""

    line: Line
    site: str
    ship: int
    pieces: int


class SlowBook:
    """The facts of a book; every question of the rules about the book has one method here."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.monday = tables.settings.as_of - timedelta(days=tables.settings.as_of.weekday())
        self.horizon = tables.settings.horizon_weeks
        self.policy = dict(tables.settings.policy)
        rows = {name: frame.to_dicts() for name, frame in tables.frames.items()}
        self.rates = rows["rates"]
        self.family = {row["item_id"]: row["family"] for row in rows["items"]}
        self.unit_cents = {row["item_id"]: self.money(row["unit_cost_cents"], row["currency"])
                           for row in rows["items"]}
        self.bom: dict[str, list[BomRow]] = {}
        for row in rows["bom"]:
            self.bom.setdefault(row["parent_id"], []).append(BomRow(
                row["component_id"], row["quantity"], row["effective_from"] or date.min,
                row["effective_to"] or date.max))
        for components in self.bom.values():
            components.sort(key=lambda part: (part.component, part.first))
        self.substitutes: dict[str, list[Substitute]] = {}
        for row in rows["substitutes"]:
            self.substitutes.setdefault(row["item_id"], []).append(Substitute(
                row["substitute_id"], row["preference"], row["effective_from"] or date.min,
                row["effective_to"] or date.max, row["extra_cost_cents"]))
        for choices in self.substitutes.values():
            choices.sort(key=lambda sub: (sub.preference, sub.item, sub.first))
        self.steps: dict[str, list[Step]] = {}
        for row in rows["routing"]:
            self.steps.setdefault(row["item_id"], []).append(
                Step(row["resource_id"], row["hours_per_unit_micro"], row["lead_days"]))
        self.hours: dict[tuple[str, str, int], int | None] = {}
        for row in rows["capacity"]:
            micro = row["hours_micro"]
            self.hours[row["resource_id"], row["site_id"], self.bucket(row["starts_on"])] = (
                None if micro == UNLIMITED_MICRO else micro)
        self.lanes = [Lane(row["site_id"], row["region"], row["transit_days"],
                           row["cost_per_unit_cents"]) for row in rows["lanes"]]
        self.restrictions = rows["restrictions"]
        self.supply: dict[tuple[str, str, str], list[SupplyRow]] = {}
        for supply_row in self._supply_rows(rows["supply"]):
            self.supply.setdefault((supply_row.item, supply_row.site, supply_row.pool),
                                   []).append(supply_row)
        self.lines = self._ranked_lines(rows["orders"])
        self.quotas = self._quotas(rows["quotas"])
        self.pins = self._pins(rows["pins"])

    # Weeks.

    def bucket(self, day: date) -> int:
        """The week a day lies in."""
        return (day - self.monday).days // 7

    def monday_of(self, bucket: int) -> date:
        """The Monday that names a week."""
        return self.monday + timedelta(days=7 * bucket)

    def friday_of(self, bucket: int) -> date:
        """The Friday of a week."""
        return self.monday + timedelta(days=7 * bucket + 4)

    # Money.

    def money(self, cents: int, currency: str | None) -> int:
        """An amount in the book's cents, at the last rate on or before `as_of`."""
        settings = self.tables.settings
        if currency is None or currency == settings.currency:
            return cents
        known = [row for row in self.rates
                 if row["currency"] == currency and row["on"] <= settings.as_of]
        rate = max(known, key=lambda row: row["on"])["rate_micro"]
        return _rounded(Decimal(cents * rate) / MILLION)

    def late_cents(self, penalty: int, price: int) -> int:
        """What one piece costs for each week that it is late."""
        rate = Decimal(str(self.policy.get("late_rate", "0.002")))
        return penalty + _rounded(rate * price)

    # The structure of what is sold.

    def holding(self, item: str, bucket: int) -> list[BomRow]:
        """The BOM rows of an item that hold in a week."""
        day = self.monday_of(bucket)
        return [row for row in self.bom.get(item, []) if row.first <= day <= row.last]

    def choices(self, item: str, bucket: int) -> list[Substitute]:
        """The substitutes of an item that hold in a week, the preferred one first, each once."""
        day = self.monday_of(bucket)
        found: dict[str, Substitute] = {}
        for sub in self.substitutes.get(item, []):
            if sub.first <= day <= sub.last:
                found.setdefault(sub.item, sub)
        return list(found.values())

    def lead_days(self, item: str) -> int:
        """The days of all steps of an item."""
        return sum(step.lead_days for step in self.steps.get(item, []))

    # Where a line may go.

    def restricted(self, line: Line, item: str) -> bool:
        """Whether some restriction matches the line and the item."""
        return any(row["segment"] in (None, line.segment)
                   and row["region"] in (None, line.region)
                   and row["customer_id"] in (None, line.customer)
                   and (row["item_id"] == item
                        or (row["family"] is not None and row["family"] == self.family[item]))
                   for row in self.restrictions)

    def lanes_of(self, line: Line) -> list[Lane]:
        """The lanes that a line may take, nearest first."""
        return sorted((lane for lane in self.lanes if lane.region == line.region
                       and line.site in (None, lane.site)), key=lambda lane: lane.nearness)

    def last_bucket_of_penalty(self, line: Line) -> int:
        """The week up to which an undelivered piece counts as late."""
        if line.latest is not None:
            return line.latest
        days = [lane.transit_days for lane in self.lanes if lane.region == line.region]
        return self.horizon - 1 + weeks_of(max(days, default=0))

    def mates(self, line: Line) -> list[Line]:
        """The open lines of a line's ship set in rank order; itself when it is in none."""
        if line.ship_set is None:
            return [line]
        return [other for other in self.lines
                if other.ship_set == line.ship_set and other.pieces]

    # Reading the frames.

    def _quotas(self, rows: list[Cells]) -> list[Quota]:
        made = []
        for row in rows:
            first, last = self.bucket(row["from_on"] + timedelta(days=6)), self.bucket(row["to_on"])
            items = frozenset(item for item, family in self.family.items()
                              if item == row["item_id"]
                              or (family is not None and family == row["family"]))
            if max(0, first) <= min(last, self.horizon - 1):
                made.append(Quota(
                    row["quota_id"], items, row["item_id"] is not None, row["segment"],
                    row["region"], row["customer_id"], first, last,
                    last + 1 - self.policy.get("release_weeks", 0), row["max_quantity"],
                    row["reserved_quantity"]))
        return sorted(made, key=lambda quota: quota.quota_id.encode())

    def _pins(self, rows: list[Cells]) -> list[Pin]:
        """The pins in the order in which they are placed."""
        lines = {line.key: line for line in self.lines}
        made = []
        for row in rows:
            line = lines[row["order_id"], row["line_no"]]
            pieces = line.pieces if row["quantity"] is None else row["quantity"]
            made.append(Pin(line, row["site_id"], self.bucket(row["ship_on"]), pieces))
        return sorted(made, key=lambda pin: (pin.line.rank, pin.ship, pin.site.encode()))

    def _supply_rows(self, rows: list[Cells]) -> list[SupplyRow]:
        as_of = self.tables.settings.as_of
        counts: dict[object, int] = {}
        made = []
        for row in rows:
            row["status"] = row["status"] or (
                "on_hand" if row["available_on"] <= as_of else "committed")
        for row in sorted(rows, key=_alike):
            day, reference = row["available_on"], row["reference"]
            if reference is None:
                same = (row["item_id"], row["site_id"], day)
                counts[same] = counts.get(same, 0) + 1
                reference = f"{same[0]}@{same[1]}@{day.isoformat()}#{counts[same]}"
            status = row["status"]
            if status == "forecast" and not self.policy.get("use_forecast", False):
                continue
            start = 0
            if status != "on_hand":
                start = max(0, self.bucket(day + timedelta(days=6))) if day >= as_of else 1
            if start < self.horizon:
                made.append(SupplyRow(row["item_id"], row["site_id"], start, row["quantity"],
                                      row["reserved_for"] or ANYBODY, day, reference))
        return made

    def _ranked_lines(self, rows: list[Cells]) -> list[Line]:
        order = sorted(rows, key=lambda row: (
            row["priority"], row["requested_on"], row["booked_on"],
            row["order_id"].encode(), row["line_no"]))
        return [self._line(rank, row) for rank, row in enumerate(order)]

    def _line(self, rank: int, row: Cells) -> Line:
        def week(name: str) -> int | None:
            return None if row[name] is None else self.bucket(row[name])

        requested, earliest = self.bucket(row["requested_on"]), week("earliest_on")
        price = self.money(row["unit_price_cents"], row["currency"])
        penalty = self.money(row["late_penalty_per_unit_week_cents"], row["currency"])
        return Line(
            rank=rank, order_id=row["order_id"], line_no=row["line_no"],
            customer=row["customer_id"], segment=row["segment"], region=row["region"],
            item=row["item_id"], pieces=row["quantity"] - row["shipped_quantity"],
            price_cents=price, late_cents=self.late_cents(penalty, price),
            requested_on=row["requested_on"], requested=requested,
            earliest=requested - 2 if earliest is None else earliest,
            latest=week("latest_on"), promised=week("promised_on"),
            complete=row["ship_complete"] or row["ship_set"] is not None,
            ship_set=row["ship_set"], frozen=row["frozen"], lot=row["lot_size"],
            accepts=tuple(row["accepts"]), site=row["site_id"])


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def _alike(row: Cells) -> tuple[object, ...]:
    """The order in which supply rows without a reference are numbered."""
    cost = row["unit_cost_cents"]
    return (-row["quantity"], row["reserved_for"] or "", row["status"],
            -1 if cost is None else cost, row["supplier"] or "")
