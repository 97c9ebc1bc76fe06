"""
Revenue, cost, split and bridge against a slow recomputation, on random small books.

The two share the checked tables and the plan's own tables, and no code that counts money.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.finance.bridge import bridge
from headgate.finance.revenue import Revenue, revenue_of
from headgate.session import Plan
from tests.oracles.money_books import SHAPES, money_book
from tests.oracles.slow_revenue import SlowRevenue
from tests.oracles.test_rpo_oracle import records

BOOKS_OF_A_SHAPE = 12


def revenue(plan: Plan, held: pl.DataFrame | None = None) -> Revenue:
    return revenue_of(plan.book, plan.policy, plan.allocation, plan.summary["value"], held=held)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_amount_is_that_of_the_slow_route(shape: str):
    """Price, penalty and cost of every shipment; price and cost of every service and quarter; and
    all of it sums to the last rows of both walks."""
    seen: Counter[str] = Counter()
    for seed in range(BOOKS_OF_A_SHAPE):
        frames, settings = money_book(seed, shape)
        plan = hg.plan(hg.read_book(frames, settings))
        found = revenue(plan)
        slow = SlowRevenue(plan.book.tables, plan.frames)
        hardware = {
            ((row["order_id"], row["line_no"]), row["recognised_on"], row["ship_on"],
             row["site_id"]): {name: row[name] for name in (
                 "quantity", "price_cents", "penalty_cents", "excess_cents", "cost_cents")}
            for row in found.entries.filter(pl.col("kind") == "hardware").to_dicts()}
        assert hardware == slow.hardware, seed
        services = {((row["order_id"], row["line_no"]), row["quarter"]): {
            "price": row["price_cents"], "cost": row["cost_cents"]}
            for row in found.entries.filter(pl.col("kind") == "service").to_dicts()}
        assert services == slow.service_rows, seed
        ties(found, plan)
        seen.update(shipments=len(hardware), services=len(services),
                    penalties=sum(row["penalty_cents"] > 0 for row in hardware.values()),
                    beyond=sum(row["excess_cents"] > 0 for row in hardware.values()))
    assert min(seen.values()) > 0 and len(seen) == 4, seen


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_billed_and_held_brings_nothing_when_it_is_sent(shape: str):
    """Some open pieces of some lines are held with all four criteria: the first that the plan sends
    bring no revenue, no penalty and no cost; the walk from the price has them by themselves. A cost
    of a shipment of which a part is held is split part by part, and so to a few cents."""
    seen: Counter[str] = Counter()
    for seed in range(BOOKS_OF_A_SHAPE // 2):
        frames, settings = money_book(seed, shape)
        plan = hg.plan(hg.read_book(frames, settings))
        dice = Random(f"{seed}/{shape}/held")
        held = {(row["order_id"], row["line_no"]): dice.randint(
            1, row["quantity"] - row["shipped_quantity"])
            for row in plan.book.tables.frames["orders"].to_dicts()
            if row["quantity"] > row["shipped_quantity"] and dice.random() < 0.4}
        as_of = plan.book.settings.as_of
        found = revenue(plan, records({key: [(as_of, pieces)] for key, pieces in held.items()},
                                      as_of))
        slow = SlowRevenue(plan.book.tables, plan.frames, held)
        rows = {((row["order_id"], row["line_no"]), row["recognised_on"], row["ship_on"],
                 row["site_id"]): row
                for row in found.entries.filter(pl.col("kind") == "hardware").to_dicts()}
        assert rows.keys() == slow.hardware.keys(), seed
        for key, told in slow.hardware.items():
            for name in ("quantity", "price_cents", "penalty_cents", "excess_cents"):
                assert rows[key][name] == told[name], (seed, key, name)
            assert abs(rows[key]["cost_cents"] - told["cost_cents"]) <= 4
        ties(found, plan)
        assert found.walk_holds
        walk = dict(found.price_walk.select("step", "cents").iter_rows())
        assert walk["bill_and_hold"] == -sum(
            slow.at(cents, currency, slow.settings.as_of) for key, pieces in held.items()
            for currency, cents in slow.part(
                "hardware", key, slow.orders[key]["shipped_quantity"],
                slow.orders[key]["shipped_quantity"] + pieces).items())
        seen.update(held=len(held), sent=len(rows))
    assert seen["held"] > 3 and seen["sent"] > 3, seen


def ties(found: Revenue, plan: Plan) -> None:
    """The walks end with the plan's value, the margin and the revenue, and every view sums."""
    rows = {row["step"]: row for row in found.reconciliation.to_dicts()}
    total = rows.pop("total")
    for name in ("plan_cents", "margin_cents", "difference_cents"):
        assert sum(row[name] for row in rows.values()) == total[name]
    assert total["plan_cents"] == plan.summary["value"]["value_cents"]
    assert total["margin_cents"] == found.totals["margin_cents"]
    walk = dict(found.price_walk.select("step", "cents").iter_rows())
    assert walk.pop("revenue") == sum(walk.values()) == found.totals["revenue_cents"]
    for by in ("line", "customer", "segment", "product", "family", "region", "quarter"):
        assert found.by(by).select(*found.totals).sum().row(0, named=True) == found.totals


@pytest.mark.parametrize("seed", range(25))
def test_a_bridge_is_that_of_single_pieces(seed: int):
    """The same effects, counted off piece by piece, from the rank plan to another one."""
    frames, settings = money_book(seed, SHAPES[seed % len(SHAPES)])
    old = revenue(hg.plan(hg.read_book(frames, settings)))
    changed = {**frames, "orders": changed_orders(frames["orders"], seed)}
    policy = {"objective": "value", "work": 10} if seed % 2 else {}
    new = revenue(hg.plan(hg.read_book(changed, settings), policy))
    found = bridge(old, new)
    told = {(row["quarter"], row["effect"], row["item_id"]): (
        row["revenue_cents"], row["cost_cents"]) for row in found.to_dicts()}
    assert told == slow_bridge(old.entries.to_dicts(), new.entries.to_dicts())
    for name in old.totals:
        assert found[name].sum() == new.totals[name] - old.totals[name]
    assert found.filter(pl.col("effect") == "timing").select(*old.totals).sum().row(0) == (0, 0, 0)


def changed_orders(orders: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Every third line has another price; a line is gone where it is the last of its order."""
    if seed % 3 == 0:
        return orders
    price = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("77.77")).otherwise("unit_price")
    return orders.with_columns(unit_price=price)


def slow_bridge(old: list[dict[str, Any]],
                new: list[dict[str, Any]]) -> dict[tuple[str, str, str | None], tuple[int, int]]:
    """The rows of a bridge, from lists of single pieces."""
    sums: Counter[tuple[str, str, str | None, int]] = Counter()

    def add(quarter: str, effect: str, item: str | None, money: tuple[int, int],
            sign: int = 1) -> None:
        for place, cents in enumerate(money):
            sums[quarter, effect, item, place] += sign * cents

    pieces = [pieces_of(rows) for rows in (old, new)]
    item = {key: row[0] for side in pieces for key, row in side.items()}
    average: dict[str, tuple[int, int, int]] = {}
    for side in reversed(pieces):
        totals: dict[str, list[int]] = {}
        for key, (_, units) in side.items():
            own = totals.setdefault(item[key], [0, 0, 0])
            for _, revenue_cents, cost_cents in units:
                own[0], own[1], own[2] = own[0] + 1, own[1] + revenue_cents, own[2] + cost_cents
        average |= {name: (a, b, c) for name, (a, b, c) in totals.items()}
    change: Counter[tuple[str, str]] = Counter()
    for key, name in item.items():
        a, b = (side.get(key, (name, []))[1] for side in pieces)
        for (qa, ra, ca), (qb, rb, cb) in zip(a, b, strict=False):
            add(qb, "price", name, (rb - ra, 0))
            add(qb, "part_cost", name, (0, cb - ca))
            if qa != qb:
                add(qa, "timing", name, (ra, ca), -1)
                add(qb, "timing", name, (ra, ca))
        for units, sign in ((a[len(b):], -1), (b[len(a):], 1)):
            for quarter, revenue_cents, cost_cents in units:
                change[quarter, name] += sign
                add(quarter, "mix", name, (revenue_cents, cost_cents), sign)
    for (quarter, name), count in change.items():
        number, revenue_cents, cost_cents = average[name]
        volume = (revenue_cents * count // number, cost_cents * count // number)
        add(quarter, "volume", name, volume)
        add(quarter, "mix", name, volume, -1)
    for rows, sign in ((old, -1), (new, 1)):
        for row in rows:
            if row["kind"] == "service":
                add(row["quarter"], "services", None, (row["revenue_cents"], row["cost_cents"]),
                    sign)
    keys = {key[:3] for key, cents in sums.items() if cents}
    return {key: (sums[*key, 0], sums[*key, 1]) for key in keys}


def pieces_of(rows: list[dict[str, Any]]) -> dict[tuple[str, int], tuple[
        str, list[tuple[str, int, int]]]]:
    """Of each line its item, and quarter, revenue and cost of each of its pieces, in order."""
    cells: dict[tuple[str, int], dict[str, list[Any]]] = {}
    item = {}
    for row in sorted(rows, key=lambda row: row["recognised_on"]):
        if row["kind"] == "hardware":
            key = (row["order_id"], row["line_no"])
            item[key] = row["item_id"]
            cell = cells.setdefault(key, {}).setdefault(row["quarter"], [0, 0, 0])
            for place, name in enumerate(("quantity", "revenue_cents", "cost_cents")):
                cell[place] += row[name]
    return {key: (item[key], [
        (quarter, r * (k + 1) // n - r * k // n, c * (k + 1) // n - c * k // n)
        for quarter, (n, r, c) in quarters.items() for k in range(n)])
        for key, quarters in cells.items()}
