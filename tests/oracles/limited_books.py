"""
Random small books with limits: caps, reservations, ship sets, frozen lines and pins.

Each is a book of `random_book` to which rows are added by dice of its own, so that the books
without limits stay what they were.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl

from headgate.tables.schema import BY_NAME
from tests.oracles.random_books import random_book

LIMITS = ("caps", "reservations", "quotas", "ship_sets", "frozen", "pins", "everything")
"""Families of limited books: `quotas` are caps and reservations, often both in one row."""
SHAPES_UNDER_LIMITS = ("mixed", "mixed", "mixed", "no_bom", "one_site", "stocked_levels",
                       "many_substitutes", "all_complete", "scarce_hours", "restricted", "past_due")
Cells = dict[str, Any]


def limited_book(seed: int, family: str) -> tuple[dict[str, pl.DataFrame], Cells]:
    """
    One book with limits: its frames by table name, and its settings.

    family : one of LIMITS; the same seed and family give the same book
    """
    dice = Random(f"{seed}/{family}/limits")
    frames, settings = random_book(seed, dice.choice(SHAPES_UNDER_LIMITS))
    maker = _Limiter(dice, settings["as_of"], settings["horizon_weeks"], {
        name: frame.to_dicts() for name, frame in frames.items()})
    if family in ("ship_sets", "everything"):
        maker.add_sets()
    if family in ("frozen", "everything"):
        maker.freeze()
    if family in ("pins", "everything"):
        maker.add_pins()
    if family in ("caps", "reservations", "quotas", "everything"):
        if dice.random() < 0.6:
            maker.add_plenty()
        maker.add_quotas(family)
    policy = {**settings["policy"], "release_weeks": dice.choice([0, 0, 1, 2])}
    return {**frames, **maker.frames()}, {**settings, "policy": policy}


@dataclass(slots=True)
class _Limiter:
    """Adds limits to the rows of a book."""

    dice: Random
    as_of: date
    horizon: int
    rows: dict[str, list[Cells]]
    pins: list[Cells] = field(default_factory=list)
    quotas: list[Cells] = field(default_factory=list)

    def frames(self) -> dict[str, pl.DataFrame]:
        """The tables that were changed or added, every cell a text."""
        changed = {"orders": self.rows["orders"], "supply": self.rows.get("supply", []),
                   "pins": self.pins, "quotas": self.quotas}
        return {name: _texts(name, rows) for name, rows in changed.items()
                if rows or name == "orders"}

    # Small dice.

    def _chance(self, share: float) -> bool:
        return self.dice.random() < share

    def _day(self, week: int) -> date:
        monday = self.as_of - timedelta(days=self.as_of.weekday())
        return monday + timedelta(days=7 * week + self.dice.choice([0, 0, 0, 1, 4, 6]))

    def _week(self, day: str) -> int:
        monday = self.as_of - timedelta(days=self.as_of.weekday())
        return (date.fromisoformat(day) - monday).days // 7

    def _open_orders(self) -> list[Cells]:
        return [row for row in self.rows["orders"] if _open(row)]

    # Limits.

    def add_sets(self) -> None:
        """Sets of one to three open lines; their windows mostly leave a week for all."""
        waiting = self.dice.sample(self._open_orders(), len(self._open_orders()))
        number = 0
        while waiting and number < 3:
            number += 1
            mates = [waiting.pop() for _ in range(min(len(waiting),
                                                      self.dice.choice([1, 2, 2, 2, 3])))]
            week = self._week(mates[0]["requested_on"])
            for mate in mates:
                mate["ship_set"] = f"SET-{number}"
                if self._chance(0.7):
                    mate["requested_on"] = str(self._day(week + self.dice.choice([-1, 0, 0, 1])))
                    mate["earliest_on"] = mate["latest_on"] = None

    def freeze(self) -> None:
        """Some lines keep their promise; a set does as a whole."""
        for row in self._open_orders():
            if row.get("ship_set") is None and self._chance(0.4):
                week = self._week(row["requested_on"])
                self._keep(row, self._day(max(0, week) + self.dice.choice([-1, 0, 0, 0, 1, 2])))
        for mates in self._sets():
            if self._chance(0.4):
                week = max(0, self._week(mates[0]["requested_on"])) + self.dice.choice([0, 0, 1])
                for row in mates:
                    self._keep(row, self._day(week))

    def _keep(self, row: Cells, day: date) -> None:
        row["frozen"], row["promised_on"] = "yes", str(day)

    def _sets(self) -> list[list[Cells]]:
        found: dict[str, list[Cells]] = {}
        for row in self._open_orders():
            if row.get("ship_set") is not None:
                found.setdefault(row["ship_set"], []).append(row)
        return list(found.values())

    def add_pins(self) -> None:
        """Pins of some lines, in lots; of a set or a complete line all pieces for one week."""
        for row in self._open_orders():
            ways = self._ways(row)
            if row.get("ship_set") is not None or not ways or not self._chance(0.4):
                continue
            if row["ship_complete"] == "yes":
                self._pin_whole(row, self.dice.randint(0, self.horizon), ways)
                continue
            lot, left = int(row["lot_size"] or 1), _open(row)
            for _ in range(self.dice.choice([1, 1, 2])):
                pieces = lot * self.dice.randint(0, left // lot)
                left -= pieces
                if pieces:
                    self._pin(row, self.dice.choice(ways)["site_id"],
                              self.dice.randint(-1, self.horizon), pieces)
        for mates in self._sets():
            ways_of = [self._ways(row) for row in mates]
            if all(ways_of) and self._chance(0.4):
                arrive = self.dice.randint(0, self.horizon)
                for row, ways in zip(mates, ways_of, strict=True):
                    self._pin_whole(row, arrive, ways)

    def _ways(self, row: Cells) -> list[Cells]:
        """The lanes that a line may take."""
        return [lane for lane in self.rows["lanes"] if lane["region"] == row["region"]
                and row["site_id"] in (None, lane["site_id"])]

    def _pin_whole(self, row: Cells, arrive: int, ways: list[Cells]) -> None:
        """All open pieces to arrive in one week, from one site or two."""
        lot, left = int(row["lot_size"] or 1), _open(row)
        chosen = self.dice.sample(ways, min(len(ways), self.dice.choice([1, 1, 2])))
        for number, lane in enumerate(chosen):
            last = number == len(chosen) - 1
            pieces = left if last else lot * self.dice.randint(0, left // lot)
            left -= pieces
            if pieces:
                self._pin(row, lane["site_id"], arrive - (int(lane["transit_days"]) + 6) // 7,
                          pieces)

    def _pin(self, row: Cells, site: str, week: int, pieces: int) -> None:
        day = self._day(week)
        key = (row["order_id"], row["line_no"], site, day)
        if key in {(pin["order_id"], pin["line_no"], pin["site_id"], pin["ship_on"])
                   for pin in self.pins}:
            day += timedelta(days=1 if day.weekday() < 6 else -1)
        blank = pieces == _open(row) and self._chance(0.5)
        self.pins.append({"order_id": row["order_id"], "line_no": row["line_no"], "site_id": site,
                          "ship_on": day, "quantity": None if blank else pieces,
                          "reason": "held for the customer"})

    def add_plenty(self) -> None:
        """Four times the supply, so that quotas bind and not the pieces."""
        for row in self.rows.get("supply", ()):
            row["quantity"] = 4 * int(row["quantity"])

    def add_quotas(self, family: str) -> None:
        """A few quotas of items that are sent or drawn, scoped as some order, often overlapping."""
        orders = self._open_orders()
        if not orders:
            return
        families = sorted({row["family"] for row in self.rows["items"] if row["family"]})
        stocked = sorted({row["item_id"] for row in self.rows.get("supply", ())})
        for number in range(self.dice.choice([1, 2, 2, 3, 4])):
            order = self.dice.choice(orders)
            named = self.dice.choice([0, 1, 1, 2])
            columns = self.dice.sample(["segment", "region", "customer_id"], named)
            parts = [row["component_id"] for row in self.rows.get("bom", ())
                     if row["parent_id"] == order["item_id"]]
            caps = family == "caps" or (family != "reservations" and self._chance(0.6))
            what: Cells = {"item_id": self.dice.choice(
                [order["item_id"], *parts] if caps or not stocked else stocked)}
            if families and self._chance(0.35):
                what = {"family": self.dice.choice(families)}
            first = self.dice.randint(-2, self.horizon - 1)
            last = first + self.dice.choice([0, 1, 2, 4, self.horizon])
            keeps = family == "reservations" or not caps or (
                family != "caps" and self._chance(0.4))
            asked, most = sum(map(_open, orders)), 2 * _open(order)
            start = self._day(first)
            self.quotas.append({
                "quota_id": f"Q{self.dice.choice('abc')}{number}", **what,
                "from_on": start, "to_on": max(self._day(last), start),
                **{name: order[name] for name in columns},
                "max_quantity": self.dice.randint(0, most) if caps else None,
                "reserved_quantity": self.dice.randint(1, max(1, asked)) if keeps else None})


def _open(row: Cells) -> int:
    return int(row["quantity"]) - int(row["shipped_quantity"] or 0)


def _texts(name: str, rows: list[Cells]) -> pl.DataFrame:
    """Rows as a frame of texts in the declared columns."""
    columns = {column.name: [None if row.get(column.name) is None else str(row[column.name])
                             for row in rows] for column in BY_NAME[name].columns}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
