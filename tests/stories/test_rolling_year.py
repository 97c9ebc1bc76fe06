"""A year of weekly re-plans: supply slips, orders come, grow, ship and cancel."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl

import headgate as hg
from headgate.book import Book
from headgate.session import Plan

WEEKS, HORIZON = 52, 20
START = date(2026, 2, 2)
ITEMS = pl.DataFrame({"item_id": ["server-a", "server-b", "gpu", "gpu-old"],
                      "kind": ["server", "server", "component", "component"],
                      "unit_cost": ["50", "30", "20", "15"]})
BOM = pl.DataFrame({"parent_id": ["server-a", "server-b"], "component_id": ["gpu", "gpu"],
                    "quantity": ["2", "1"]})
SUBSTITUTES = pl.DataFrame({"item_id": ["gpu"], "substitute_id": ["gpu-old"], "preference": ["1"],
                            "extra_cost": ["2"]})


class Year:
    """A book that lives: what it has, and what becomes of it week by week."""

    def __init__(self, seed: int) -> None:
        self.dice, self.as_of, self.number = Random(seed), START, 0
        self.orders: list[dict[str, Any]] = []
        self.supply: list[dict[str, Any]] = []
        for weeks in range(HORIZON):
            self.buy(weeks)
        for _ in range(30):
            self.sell()

    def buy(self, weeks: int) -> None:
        """Purchases that come in so many weeks."""
        for item, pieces in (("gpu", 7), ("gpu-old", 2)):
            self.number += 1
            self.supply.append({
                "item_id": item, "site_id": "austin", "reference": f"PO-{self.number}",
                "available_on": self.as_of + timedelta(weeks=weeks), "quantity":
                self.dice.randint(pieces // 2, pieces + 2)})

    def sell(self) -> None:
        """An order that is wanted in some weeks."""
        self.number += 1
        self.orders.append({
            "order_id": f"SO-{self.number}", "line_no": 1, "customer_id": "acme",
            "segment": self.dice.choice(["gov", "cloud"]), "region": "AMER",
            "item_id": self.dice.choice(["server-a", "server-b"]),
            "quantity": self.dice.randint(1, 4), "shipped_quantity": 0,
            "unit_price": self.dice.randint(80, 300), "booked_on": self.as_of,
            "requested_on": self.as_of + timedelta(weeks=self.dice.randint(1, 14), days=4),
            "late_penalty_per_unit_week": self.dice.choice([0, 1, 3])})

    def pass_a_week(self, plan: Plan) -> None:
        """What the plan ships this week is gone, with its parts; then the world changes."""
        monday = self.as_of
        sent = plan.allocations.filter(pl.col("ship_on") == monday)
        for order_id, pieces in sent.select("order_id", "quantity").iter_rows():
            for order in self.orders:
                if order["order_id"] == order_id:
                    order["shipped_quantity"] += pieces
        pegs = plan.pegging.filter(pl.col("drawn_on") == monday)
        for reference, pieces in pegs.select("reference", "quantity").iter_rows():
            for row in self.supply:
                if row["reference"] == reference:
                    row["quantity"] -= pieces
        self.supply = [row for row in self.supply if row["quantity"] > 0]
        self.orders = [order for order in self.orders
                       if order["shipped_quantity"] < order["quantity"]]
        self.as_of = monday + timedelta(weeks=1)
        for row in self.supply:
            if row["available_on"] >= self.as_of and self.dice.random() < 0.06:
                row["available_on"] += timedelta(weeks=self.dice.choice([1, 2, 4]))
            elif row["available_on"] < self.as_of:
                row["available_on"] = self.as_of
        self.orders = [order for order in self.orders if order["shipped_quantity"]
                       or self.dice.random() > 0.02]
        for _ in range(self.dice.randint(1, 4)):
            self.sell()
        self.buy(HORIZON - 1)

    def book(self) -> Book:
        """The book as it is this week."""
        def texts(rows: list[dict[str, Any]]) -> pl.DataFrame:
            return pl.DataFrame([{name: str(cell) for name, cell in row.items()} for row in rows])

        return hg.read_book({
            "items": ITEMS, "bom": BOM, "substitutes": SUBSTITUTES,
            "sites": pl.DataFrame({"site_id": ["austin"]}),
            "lanes": pl.DataFrame({"site_id": ["austin"], "region": ["AMER"],
                                   "transit_days": ["3"]}),
            "supply": texts(self.supply), "orders": texts(self.orders)},
            {"name": "year", "as_of": self.as_of, "horizon_weeks": HORIZON,
             "policy": {"objective": "value", "work": 12}})


def moved(old: Plan, new: Plan) -> tuple[int, int]:
    """Promises of the older plan of lines that are still open, and how many have another date."""
    both = old.promises.join(new.promises, on=["order_id", "line_no"], suffix="_new").filter(
        pl.col("promised_on").is_not_null(), pl.col("open_quantity_new") > 0)
    return both.height, both.filter(
        pl.col("promised_on").ne_missing(pl.col("promised_on_new"))).height


def test_a_year_of_repairs_keeps_far_more_promises_than_planning_anew():
    """52 weeks: supply slips, orders come, ship and cancel. Every plan is proven, and every repair
    says of each week what moved. Beside it, each week's book is planned anew: of the promises
    that the repair could have kept, planning anew moves several times as many."""
    year = Year(7)
    plan = hg.plan(year.book())
    promises = repaired = fresh = 0
    for week in range(WEEKS):
        year.pass_a_week(plan)
        book = year.book()
        made, anew = hg.replan(book, plan), hg.plan(book)
        assert hg.check(book, made).issues == (), week
        count, kept = moved(plan, made)
        figures = made.summary["replan"]["promises"]
        assert figures["later"] + figures["earlier"] <= kept + figures["lost"]
        promises, repaired = promises + count, repaired + kept
        fresh += moved(plan, anew)[1]
        plan = made
    assert promises > 500
    assert repaired < 0.1 * promises and 4 * repaired < fresh, (promises, repaired, fresh)
    assert plan.summary["certificate"]["gap"] is not None
