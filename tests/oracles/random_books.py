"""
Random small books of every shape, made from a seed.

A book is a dictionary of frames as they would stand in files (every column a text, blank cells
null) and the settings of `headgate.toml`. Supply and hours are scarce on purpose: about half of
the lines of the mixed shape end late, short or unplanned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl

from headgate.tables.schema import BY_NAME, TABLES

SHAPES = ("mixed", "one_part", "one_site", "all_complete", "huge_quantities", "equal_lines",
          "negative_margins", "zero_supply", "no_bom", "stocked_levels", "many_substitutes",
          "restricted", "scarce_hours", "deep", "past_due", "no_orders")
"""Names of the shapes: `mixed` draws from all that a book may hold, the others lean one way."""

Cells = dict[str, Any]
MOST = 10**8
"""Most pieces of a supply row and hours of a week: below what the schema lets in."""


@dataclass(frozen=True, slots=True)
class Lean:
    """
    How a book of one shape leans.

    sites, depth, orders             : the most of them; leaves : the fewest and the most
    plenty, hours                    : supply and hours as a share of what is asked for
    scale, parts, leads              : factors of the pieces ordered, components of one parent and
                                       lead days of a step, of which one is picked
    periods, stocked, substitutes, restrictions, routed, complete, past_due : chances of each
    margin                           : prices as a share of the standard cost
    alike                            : all order lines are the same but for their numbers
    """

    sites: int = 3
    depth: int = 3
    leaves: tuple[int, int] = (1, 5)
    orders: int = 12
    plenty: tuple[float, float] = (0.5, 2.5)
    scale: tuple[int, ...] = (1, 1, 1, 10)
    parts: tuple[int, ...] = (1, 1, 2, 2, 3)
    periods: float = 0.2
    stocked: float = 0.3
    substitutes: float = 0.5
    restrictions: float = 0.3
    routed: float = 0.6
    leads: tuple[int, ...] = (0, 0, 0, 1, 1, 2, 3, 7)
    hours: tuple[float, float] = (0.5, 3.0)
    complete: float = 0.2
    margin: tuple[float, float] = (0.9, 1.6)
    past_due: float = 0.1
    alike: bool = False


LEANS: dict[str, Lean] = {
    "one_part": Lean(sites=1, depth=1, leaves=(1, 1), substitutes=0, routed=0.2),
    "one_site": Lean(sites=1),
    "all_complete": Lean(complete=1.0),
    "huge_quantities": Lean(scale=(1_000, 100_000)),
    "equal_lines": Lean(alike=True),
    "negative_margins": Lean(margin=(0.3, 0.9)),
    "zero_supply": Lean(plenty=(0.0, 0.0), stocked=0.0),
    "no_bom": Lean(depth=0),
    "stocked_levels": Lean(stocked=0.9),
    "many_substitutes": Lean(substitutes=2.0, plenty=(0.3, 1.2), parts=(2, 3, 3), periods=0.3,
                             restrictions=0.1, sites=2, depth=2, leaves=(3, 5), routed=0.3),
    "restricted": Lean(restrictions=1.0),
    "scarce_hours": Lean(routed=1.0, hours=(0.05, 0.5), plenty=(2.0, 4.0)),
    "deep": Lean(orders=8, parts=(2, 3), leaves=(2, 3), substitutes=1.0, restrictions=0.1, sites=2,
                 routed=0.9, leads=(0, 1, 1, 2), hours=(2.0, 5.0), stocked=0.1, periods=0.1),
    "past_due": Lean(past_due=0.9),
    "no_orders": Lean(orders=0),
}


def random_book(seed: int, shape: str | None = None) -> tuple[dict[str, pl.DataFrame], Cells]:
    """
    One book: its frames by table name (an absent optional table is left out) and its settings.

    shape : one of SHAPES, `mixed` when None; the same seed and shape give the same book
    """
    name = shape or "mixed"
    return _Maker(Random(f"{seed}/{name}"), LEANS.get(name, Lean())).book()


@dataclass(slots=True)
class _Maker:
    """Makes one book, table after table; later tables look at the rows of earlier ones."""

    dice: Random
    lean: Lean
    rows: dict[str, list[Cells]] = field(default_factory=lambda: {t.name: [] for t in TABLES})
    as_of: date = date(2026, 2, 2)
    horizon: int = 6
    sites: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    levels: list[list[str]] = field(default_factory=list)
    wanted: dict[str, int] = field(default_factory=dict)

    def book(self) -> tuple[dict[str, pl.DataFrame], Cells]:
        """All tables and the settings."""
        dice = self.dice
        self.as_of = date(2026, 1, 26) + timedelta(days=dice.randrange(14))
        self.horizon = dice.randint(3, 10)
        self.sites = dice.sample(["austin", "Brno", "penang", "Åbo"], dice.randint(
            1, self.lean.sites))
        self.regions = dice.sample(["AMER", "EMEA", "apac"], dice.randint(1, 3))
        self._places()
        self._items()
        self._structure()
        self._orders()
        self._wanted()
        self._supply()
        self._hours()
        self._substitutes()
        self._restrictions()
        self._rates()
        return self._frames(), self._settings()

    # Small dice.

    def _chance(self, share: float) -> bool:
        return self.dice.random() < share

    def _maybe(self, share: float, value: Any) -> Any:
        return value if self._chance(share) else None

    def _day(self, week: int) -> date:
        """Some day of a week, its Monday as often as all others together."""
        monday = self.as_of - timedelta(days=self.as_of.weekday())
        return monday + timedelta(days=7 * week + self._pick(0, 0, 0, 0, 1, 3, 4, 6))

    def _pick(self, *values: Any) -> Any:
        return self.dice.choice(values)

    def _some_money(self, low: int, high: int) -> str:
        return f"{self.dice.randint(low * 100, high * 100) / 100:.2f}"

    def _size(self, most: int) -> int:
        return self.dice.randint(1, most) * self.dice.choice(self.lean.scale)

    # Tables.

    def _places(self) -> None:
        for site in self.sites:
            self.rows["sites"].append({"site_id": site, "name": self._maybe(0.5, site.upper())})
            for region in self.regions:
                if self._chance(0.8):
                    self._lane(site, region)
        for region in self.regions:
            if region not in {row["region"] for row in self.rows["lanes"]}:
                self._lane(self.dice.choice(self.sites), region)

    def _lane(self, site: str, region: str) -> None:
        self.rows["lanes"].append({
            "site_id": site, "region": region, "transit_days": self._pick(0, 0, 0, 1, 5, 7, 8, 14),
            "cost_per_unit": self._maybe(0.7, self._some_money(0, 40))})

    def _items(self) -> None:
        deepest = self.lean.depth
        depth = self._pick(deepest, self.dice.randint(min(1, deepest), deepest))
        count = self.dice.randint(*self.lean.leaves)
        self.levels = [[f"part-{letter}" for letter in "abcdefg"[:count]]]
        names = {1: "tray", 2: "server", 3: "rack"}
        for level in range(1, depth + 1):
            self.levels.append([f"{names[level]}-{number}"
                                for number in range(1, self._pick(1, 1, 2) + 1)])
        kinds = ("component", "other", "server", "rack")
        for level, items in enumerate(self.levels):
            for item in items:
                self.rows["items"].append({
                    "item_id": item, "kind": kinds[level],
                    "unit_cost": self._some_money(1 + 20 * level, 30 + 100 * level),
                    "family": self._maybe(0.7, self._pick("F1", "F2")),
                    "currency": self._maybe(0.15, self._pick("EUR", "USD"))})

    def _structure(self) -> None:
        dice = self.dice
        for level, items in enumerate(self.levels[1:], start=1):
            below = [item for lower in self.levels[:level] for item in lower]
            for parent in items:
                count = min(len(below), self.dice.choice(self.lean.parts))
                parts = dice.sample(below, count)
                if not set(parts) & set(self.levels[level - 1]):
                    parts[0] = dice.choice(self.levels[level - 1])
                for part in parts:
                    self._bom_rows(parent, part)
                for _ in range(self._pick(0, 1, 1, 2, 3) if self._chance(self.lean.routed) else 0):
                    self.rows["routing"].append({
                        "item_id": parent, "resource_id": self._pick("assembly", "Burn-in"),
                        "hours_per_unit": self._pick("0", "0.5", "1", "2.25", "0.333333",
                                                     "0.0000015", "12"),
                        "lead_days": self.dice.choice(self.lean.leads)})

    def _bom_rows(self, parent: str, part: str) -> None:
        """One row, or periods that follow each other, sometimes with a gap between them."""
        row = {"parent_id": parent, "component_id": part, "quantity": self._pick(1, 1, 2, 3, 8)}
        if not self._chance(self.lean.periods):
            self.rows["bom"].append(row)
            return
        change = self._day(self.dice.randint(-1, self.horizon - 1))
        if self._chance(0.6):
            self.rows["bom"].append({**row, "effective_to": change})
        if self._chance(0.6) or not self.rows["bom"] or self.rows["bom"][-1]["parent_id"] != parent:
            start = change + timedelta(days=self._pick(1, 1, 8))
            self.rows["bom"].append({**row, "quantity": self._pick(1, 2, 4),
                                     "effective_from": start,
                                     "effective_to": self._maybe(
                                         0.3, start + timedelta(days=self._pick(0, 7, 20)))})

    def _orders(self) -> None:
        if not self.lean.orders:
            return
        sold = [item for items in self.levels[-2:] for item in items]
        customers = ["acme", "Bolt", "cargo"][:self.dice.randint(1, 3)]
        twin = self._order(1, 1, sold, customers)
        number, line_no = 1, 0
        for _ in range(self.dice.randint(1, self.lean.orders)):
            line_no += 1
            if self._chance(0.6):
                number, line_no = number + 1, 1
            row = self._order(number, line_no, sold, customers)
            if self.lean.alike:
                row = {**twin, "order_id": row["order_id"], "line_no": line_no}
            self.rows["orders"].append(row)

    def _order(self, number: int, line_no: int, sold: list[str], customers: list[str]) -> Cells:
        dice = self.dice
        item, customer = dice.choice(sold), dice.choice(customers)
        lot = self._pick(1, 1, 1, 2, 3)
        pieces = lot * self._size(6)
        shipped = self._pick(0, 0, 0, 0, lot, 5)
        if self._chance(0.04):
            pieces, shipped = 0, lot
        week = (dice.randint(-4, 0) if self._chance(self.lean.past_due)
                else dice.randint(1, self.horizon))
        earliest_on = self._maybe(0.2, self._day(week + self._pick(-4, -3, 0, 1)))
        latest_on = self._maybe(0.2, self._day(week + self._pick(-1, 0, 2, 2, 3, 5)))
        if earliest_on and latest_on:
            latest_on = max(earliest_on, latest_on)
        unit_cost = next(float(row["unit_cost"]) for row in self.rows["items"]
                         if row["item_id"] == item)
        others = [other for other in sold if other != item]
        segment = {"acme": "hyperscaler", "Bolt": "neocloud", "cargo": "enterprise"}[customer]
        return {
            "order_id": f"SO-{number}", "line_no": line_no, "customer_id": customer,
            "segment": segment, "region": dice.choice(self.regions), "item_id": item,
            "quantity": pieces + shipped, "shipped_quantity": self._maybe(0.9, shipped) or (
                shipped or None),
            "unit_price": self._pick("2.50", "12.50", *[
                f"{unit_cost * dice.uniform(*self.lean.margin):.2f}"] * 8),
            "booked_on": self.as_of - timedelta(days=dice.randint(40, 60)),
            "requested_on": self._day(week),
            "earliest_on": earliest_on, "latest_on": latest_on,
            "priority": self._pick(None, None, 1, 2, 3),
            "ship_complete": "yes" if self._chance(self.lean.complete) else self._pick(None, "no"),
            "lot_size": None if lot == 1 else lot,
            "late_penalty_per_unit_week": self._maybe(0.4, self._some_money(0, 9)),
            "accepts": self._maybe(0.3, ";".join(dice.sample(others, min(len(others), 2))))
            or None,
            "promised_on": self._maybe(0.3, self._day(week + self._pick(0, 1, 2))),
            "currency": self._maybe(0.15, self._pick("EUR", "USD")),
            "site_id": self._maybe(0.25, dice.choice(self.sites))}

    def _wanted(self) -> None:
        """Pieces of every item that all lines together would ask for, were nothing in stock."""
        self.wanted = {item: 0 for items in self.levels for item in items}
        for row in self.rows["orders"]:
            self.wanted[row["item_id"]] += row["quantity"] - (row["shipped_quantity"] or 0)
        for items in reversed(self.levels):
            for item in items:
                for row in self.rows["bom"]:
                    if row["parent_id"] == item:
                        self.wanted[row["component_id"]] += self.wanted[item] * row["quantity"]

    def _supply(self) -> None:
        made = {row["parent_id"] for row in self.rows["bom"]}
        sold = {row["item_id"] for row in self.rows["orders"]}
        for item, wanted in self.wanted.items():
            plenty = self.dice.uniform(*self.lean.plenty)
            if item in made:
                plenty *= self._maybe(self.lean.stocked, 0.5) or 0
            rows = self.dice.randint(len(self.sites), 5) if plenty else 0
            for number in range(rows):
                self._supply_row(item, self.sites[number % len(self.sites)],
                                 max(1, round(wanted * plenty / rows)))
            if item not in made and item in sold and not rows:
                self._supply_row(item, self.sites[0], 1)
        for row in self.dice.sample(self.rows["supply"], len(self.rows["supply"]) // 8):
            again = self.dice.choice(self.rows["supply"])
            self.rows["supply"].append({
                **row, "reference": None, "reserved_for": again["reserved_for"],
                "supplier": again["supplier"], "unit_cost": again["unit_cost"]})

    def _supply_row(self, item: str, site: str, about: int) -> None:
        week = self._pick(-3, -1, 0, 0, 0, 0, 1, 1, 2, self.horizon // 2, self.horizon - 1,
                          self.horizon + 2)
        status = self._pick(None, None, None, "on_hand", "committed", "committed", "forecast")
        customers = sorted({row["customer_id"] for row in self.rows["orders"]})
        number = len(self.rows["supply"])
        self.rows["supply"].append({
            "item_id": item, "site_id": site, "available_on": self._day(week),
            "quantity": min(MOST, max(1, round(about * self.dice.uniform(0.3, 1.7)))),
            "reference": self._maybe(0.4, f"PO-{number * 7 % 10}-{number}"),
            "supplier": self._maybe(0.2, "foundry"),
            "unit_cost": self._maybe(0.2, self._some_money(1, 30)), "status": status,
            "reserved_for": self._maybe(0.2, self._pick(*customers) if customers else None)})

    def _hours(self) -> None:
        for resource in sorted({row["resource_id"] for row in self.rows["routing"]}):
            asked = sum(self.wanted[row["item_id"]] * float(row["hours_per_unit"])
                        for row in self.rows["routing"] if row["resource_id"] == resource)
            for site in self.sites:
                share = self.dice.uniform(*self.lean.hours) / self.horizon
                weeks = [week for week in range(self.horizon) if self._chance(0.85)] or [0]
                for week in weeks:
                    hours = self._pick("inf", "0", *[f"{min(MOST, asked * share):.3f}"] * 6)
                    monday = self.as_of - timedelta(days=self.as_of.weekday())
                    self.rows["capacity"].append({
                        "resource_id": resource, "site_id": site, "hours": hours,
                        "starts_on": monday + timedelta(weeks=week)})

    def _substitutes(self) -> None:
        parts = self.levels[0]
        for item in parts:
            for sub in parts:
                if sub != item and self._chance(1.5 * self.lean.substitutes / len(parts)):
                    start = self._day(self.dice.randint(-3, self.horizon - 1))
                    self.rows["substitutes"].append({
                        "item_id": item, "substitute_id": sub, "preference": self._pick(1, 1, 2),
                        "effective_from": self._maybe(self.lean.periods, start),
                        "effective_to": self._maybe(self.lean.periods, start + timedelta(days=30)),
                        "extra_cost": self._maybe(0.5, self._some_money(0, 5))})

    def _restrictions(self) -> None:
        if not self._chance(self.lean.restrictions) or not self.rows["orders"]:
            return
        items = [row["item_id"] for row in self.rows["items"]]
        families = sorted({row["family"] for row in self.rows["items"] if row["family"]})
        for _ in range(self._pick(1, 1, 2)):
            order = self.dice.choice(self.rows["orders"])
            scope = {name: self._maybe(0.6, order[name])
                     for name in ("segment", "region", "customer_id")}
            what = ({"family": self._pick(*families)} if families and self._chance(0.3)
                    else {"item_id": self._pick(*items)})
            self.rows["restrictions"].append({**what, **scope, "reason": "export control"})

    def _rates(self) -> None:
        for weeks, rate in ((-8, "1.05"), (-1, "1.173333"), (2, "9")):
            self.rows["rates"].append({"currency": "EUR", "rate": rate,
                                       "on": self.as_of + timedelta(weeks=weeks)})

    # The whole.

    def _frames(self) -> dict[str, pl.DataFrame]:
        frames = {}
        for name, rows in self.rows.items():
            table = BY_NAME[name]
            if not rows and not table.required:
                continue
            shuffled = rows if name == "routing" else self.dice.sample(rows, len(rows))
            columns = {column.name: [_text(row.get(column.name)) for row in shuffled]
                       for column in table.columns}
            frames[name] = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
        return frames

    def _settings(self) -> Cells:
        policy: Cells = {"objective": "rank"}
        if self._chance(0.3):
            policy["use_forecast"] = True
        if self._chance(0.2):
            policy["undelivered"] = "zero"
        if self._chance(0.3):
            policy["late_rate"] = 0.0135
        return {"name": "random book", "as_of": self.as_of, "horizon_weeks": self.horizon,
                "fiscal_year_end": self._pick("FRI nearest 01-31", "SUN last 01", "12-31"),
                "currency": "USD", "policy": policy}


def _text(value: Any) -> str | None:
    """A cell as it stands in a file."""
    return None if value is None else str(value)
