"""
Revenue, cost and margin once more, slowly: plain Python, day by day and piece by piece.

It reads the checked tables and the plan's own tables, and shares no code with
`headgate.finance`. The cost of what is made is found by following the bill of material down from
each shipment, with the value added of every level, and not from standard cost and variances.
"""

from __future__ import annotations

import calendar
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

from headgate.base.calendar import fiscal_year
from headgate.tables.frames import Tables
from headgate.tables.plan_schema import PlanFrames
from tests.oracles.slow_book import SlowBook

Key = tuple[str, int]
Cells = dict[str, Any]


class SlowRevenue:
    """
    `hardware` by (order, line, day of recognition, ship week's Monday, site) and `services` by
    (order, line, quarter): price, penalty, excess and cost in cents.

    held : open pieces that were recognised before the plan; sent first, they bring nothing
    """

    def __init__(self, tables: Tables, plan: PlanFrames,
                 held: dict[Key, int] | None = None) -> None:
        self.book, self.held = SlowBook(tables), held or {}
        self.settings = tables.settings
        self.year = fiscal_year(tables.settings.fiscal_year_end)
        self.plan = {name: frame.to_dicts() for name, frame in plan.frames.items()}
        self.orders = {(row["order_id"], row["line_no"]): row
                       for row in tables.frames["orders"].to_dicts()}
        self.services = {(row["order_id"], row["line_no"]): row
                         for row in tables.frames["service_lines"].to_dicts()}
        self.items = {row["item_id"]: row for row in tables.frames["items"].to_dicts()}
        self.rates = sorted(tables.frames["rates"].to_dicts(), key=lambda row: row["on"])
        self.paid = _paid(tables)
        self.shipments = self._shipments()
        self.shares = self._split()
        self.hardware = self._hardware()
        self.before = 0
        self.service_rows = self._services()

    # Money.

    def at(self, cents: int, currency: str, day: date) -> int:
        """An amount in the book's currency at the rate of a day, rounded half to even."""
        if currency == self.settings.currency:
            return cents
        known = [row for row in self.rates if row["currency"] == currency]
        held = [row for row in known if row["on"] <= day] or known[:1]
        return round(Fraction(cents * held[-1]["rate_micro"], 1_000_000))

    def currency_of(self, row: Cells) -> str:
        return row["currency"] or self.settings.currency

    # Contracts.

    def line_of(self, key: Key) -> tuple[Key, bool]:
        """The order line of a service, and whether the service starts with it."""
        row = self.services[key]
        if "-" in row["starts"]:
            return min(line for line in self.orders if line[0] == row["order_id"]), False
        return (row["order_id"], int(row["starts"])), True

    def pieces_of(self, kind: str, key: Key) -> int:
        if kind == "hardware":
            return int(self.orders[key]["quantity"])
        line, hung = self.line_of(key)
        return int(self.orders[line]["quantity"]) if hung else 1

    def _split(self) -> dict[tuple[str, Key], dict[str, int]]:
        """What each obligation gets in each currency."""
        contracts: dict[str, list[tuple[Key, str]]] = {}
        for key, row in self.orders.items():
            contracts.setdefault(row["contract_id"] or row["order_id"], []).append(
                (key, "hardware"))
        for key in self.services:
            row = self.orders[self.line_of(key)[0]]
            contracts.setdefault(row["contract_id"] or row["order_id"], []).append(
                (key, "service"))
        shares: dict[tuple[str, Key], dict[str, int]] = {}
        for members in contracts.values():
            stated, weights = [], []
            booked = min(self.orders[key]["booked_on"] for key, kind in members
                         if kind == "hardware")
            for key, kind in sorted(members):
                if kind == "hardware":
                    row = self.orders[key]
                    price = row["quantity"] * row["unit_price_cents"]
                    stated.append((self.currency_of(row), price))
                else:
                    row = self.services[key]
                    stated.append((self.settings.currency, row["amount_cents"]))
                item = self.items[row["item_id"]]
                alone = self.at(item["standalone_price_cents"], self.currency_of(item), booked)
                weights.append(alone * self.pieces_of(kind, key))
            prices: Counter[str] = Counter()
            for currency, cents in stated:
                prices[currency] += cents
            for place, (key, kind) in enumerate(sorted(members)):
                if len(members) == 1:
                    shares[kind, key] = {stated[0][0]: stated[0][1]}
                    continue
                upto, below, whole = sum(weights[:place + 1]), sum(weights[:place]), sum(weights)
                shares[kind, key] = {
                    currency: price * upto // whole - price * below // whole
                    for currency, price in prices.items()}
        return shares

    def part(self, kind: str, key: Key, first: int, last: int) -> dict[str, int]:
        """What some pieces of an obligation get in each currency."""
        whole = self.pieces_of(kind, key)
        return {currency: cents * last // whole - cents * first // whole
                for currency, cents in self.shares[kind, key].items()}

    # Shipments.

    def _shipments(self) -> dict[tuple[Key, date, date, str], int]:
        """Pieces by line, ship week, arrival week and site."""
        found: Counter[tuple[Key, date, date, str]] = Counter()
        for row in self.plan["allocations"]:
            key = (row["order_id"], row["line_no"])
            found[key, row["ship_on"], row["arrive_on"], row["site_id"]] += row["quantity"]
        return dict(found)

    def delivered_on(self, arrive: date) -> date:
        return max(arrive + timedelta(days=4), self.settings.as_of)

    def due(self, key: Key, ship: date, arrive: date) -> date:
        row = self.orders[key]
        if row["recognise_on"] == "ship":
            return max(ship + timedelta(days=4), self.settings.as_of)
        wait = (row["acceptance_days"] or 0) if row["recognise_on"] == "accept" else 0
        return self.delivered_on(arrive) + timedelta(days=wait)

    def _hardware(self) -> dict[tuple[Key, date, date, str], dict[str, int]]:
        found = {}
        shipped = {key: row["shipped_quantity"] for key, row in self.orders.items()}
        waiting = Counter(self.held)
        for key, due, ship, site, arrive in sorted(
                (key, self.due(key, ship, arrive), ship, site, arrive)
                for key, ship, arrive, site in self.shipments):
            pieces = self.shipments[key, ship, arrive, site]
            gone = min(pieces, waiting[key])
            waiting[key] -= gone
            parts = self.part("hardware", key, shipped[key] + gone, shipped[key] + pieces)
            shipped[key] += pieces
            whole = self._built(key, ship, site) + pieces * self._lane(key, site)
            cost, pieces = whole - whole * gone // pieces, pieces - gone
            if not pieces:
                continue
            price = sum(self.at(cents, currency, due) for currency, cents in parts.items())
            row = self.orders[key]
            asked = row["requested_on"] - timedelta(days=row["requested_on"].weekday())
            weeks = max(0, (arrive - asked).days // 7)
            owed = self.at(weeks * pieces * row["late_penalty_per_unit_week_cents"],
                           self.currency_of(row), due)
            excess = max(0, owed - price)
            found[key, due, ship, site] = {
                "quantity": pieces, "price_cents": price, "penalty_cents": min(price, owed),
                "excess_cents": excess,
                "cost_cents": cost + excess}
        return found

    def _lane(self, key: Key, site: str) -> int:
        """Freight of a piece."""
        return next(lane.cents for lane in self.book.lanes
                    if (lane.site, lane.region) == (site, self.orders[key]["region"]))

    # Cost.

    def _built(self, key: Key, ship: date, site: str) -> int:
        """What the supply rows drawn and the value added of what was made cost."""
        drawn: dict[tuple[str, int], int] = {}
        cost = 0
        for row in self.plan["pegging"]:
            leaves = row["drawn_on"] + timedelta(days=7 * ceil(row["lead_days"] / 7))
            if (row["order_id"], row["line_no"], row["site_id"], leaves) == (*key, site, ship):
                called = (row["stood_in_for"] or row["item_id"], row["lead_days"])
                drawn[called] = drawn.get(called, 0) + row["quantity"]
                cost += row["quantity"] * self.paid.get(
                    (row["item_id"], site, row["reference"]), self.book.unit_cents[row["item_id"]])
        need: Counter[tuple[str, int]] = Counter()
        for row in self.plan["allocations"]:
            if (row["order_id"], row["line_no"], row["site_id"], row["ship_on"]) == (
                    *key, site, ship):
                need[row["item_id"], 0] += row["quantity"]
        for item in self._parents_first():
            for (name, days), pieces in list(need.items()):
                made = pieces - drawn.get((name, days), 0) if name == item else 0
                if made:
                    below = days + self.book.lead_days(item)
                    week = self.book.bucket(ship) - ceil(below / 7)
                    added = self.book.unit_cents[item]
                    for part in self.book.holding(item, week):
                        need[part.component, below] += made * part.quantity
                        added -= part.quantity * self.book.unit_cents[part.component]
                    cost += made * added
        return cost

    def _parents_first(self) -> list[str]:
        """Items that can be made, none before one that it goes into."""
        order: list[str] = []

        def visit(item: str) -> None:
            for row in self.book.bom.get(item, []):
                if row.component not in order:
                    visit(row.component)
            if item not in order:
                order.append(item)

        for item in self.book.bom:
            visit(item)
        return [item for item in reversed(order) if item in self.book.bom]

    # Services.

    def _services(self) -> dict[tuple[Key, str], dict[str, int]]:
        found: dict[tuple[Key, str], dict[str, int]] = {}
        for key, row in self.services.items():
            line, hung = self.line_of(key)
            begins: dict[date, int] = {}
            if hung:
                for (sold, _, arrive, _), pieces in self.shipments.items():
                    if sold == line:
                        day = self.delivered_on(arrive)
                        begins[day] = begins.get(day, 0) + pieces
                first = self.orders[line]["shipped_quantity"]
            else:
                begins, first = {date.fromisoformat(row["starts"]): 1}, 0
            for day in sorted(begins):
                last = first + begins[day]
                self._term(found, key, day, row["term_months"], first, last)
                first = last
        return found

    def _term(self, found: dict[tuple[Key, str], dict[str, int]], key: Key, start: date,
              months: int, first: int, last: int) -> None:
        """Spread what some pieces get over the days of their term, day by day."""
        end = _months_later(start, months)
        term = (end - start).days
        cost = (last - first) * self.book.unit_cents[self.services[key]["item_id"]]
        amounts = {("price", currency): cents for currency, cents in self.part(
            "service", key, first, last).items()}
        amounts["cost", self.settings.currency] = cost
        for (name, currency), cents in amounts.items():
            stretches: dict[tuple[Any, ...], list[int]] = {}
            for place in range(term):
                day = start + timedelta(days=place)
                rates = tuple(row["on"] <= day for row in self.rates)
                label = None if day < self.settings.as_of else self.year.label(day)
                whole = stretches.setdefault((label, rates), [cents * place // term, 0])
                whole[1] = cents * (place + 1) // term
            for (label, rates), (before, upto) in stretches.items():
                day = max([row["on"] for row, held in zip(self.rates, rates, strict=True) if held],
                          default=start)
                if label is not None:
                    row = found.setdefault((key, label), {"price": 0, "cost": 0})
                    row[name] += self.at(upto, currency, day) - self.at(before, currency, day)


def _months_later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _paid(tables: Tables) -> dict[tuple[str, str, str], int]:
    """What a piece of each named supply row costs, of rows with a cost of their own."""
    rows = tables.frames["supply"].to_dicts()
    as_of = tables.settings.as_of
    counts: Counter[tuple[str, str, date]] = Counter()
    found = {}
    for row in sorted((row for row in rows if row["reference"] is None), key=lambda row: (
            -row["quantity"], row["reserved_for"] or "", row["status"] or (
                "on_hand" if row["available_on"] <= as_of else "committed"),
            -1 if row["unit_cost_cents"] is None else row["unit_cost_cents"],
            row["supplier"] or "")):
        same = (row["item_id"], row["site_id"], row["available_on"])
        counts[same] += 1
        row["reference"] = f"{same[0]}@{same[1]}@{same[2].isoformat()}#{counts[same]}"
    for row in rows:
        if row["unit_cost_cents"] is not None:
            found[row["item_id"], row["site_id"], row["reference"]] = row["unit_cost_cents"]
    return found
