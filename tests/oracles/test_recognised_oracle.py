"""What was recognised against a slow recomputation, on random small books and steps of pieces."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any

import polars as pl

from headgate.book import Book, build_book
from headgate.finance.contracted import contracted
from headgate.finance.recognised import Left, recognised_of
from headgate.finance.recognised_walk import so_far
from headgate.finance.remaining import remaining
from headgate.session import Plan
from headgate.tables.frames import Tables
from headgate.tables.progress_schema import NEEDED, PROGRESS
from tests.oracles.money_books import SHAPES
from tests.oracles.slow_pieces import some_held
from tests.oracles.slow_recognised import SlowRecognised
from tests.oracles.slow_revenue import SlowRevenue
from tests.oracles.test_rpo_oracle import records, some_book

BOOKS_OF_A_SHAPE = 2
SCHEMA = {name: PROGRESS[name] for name in NEEDED}


def nothing_left(book: Book) -> Left:
    """Nothing has left the book."""
    none = book.tables.frames["orders"].clear().with_columns(
        delivered=pl.lit(0, pl.Int64), accepted=pl.lit(0, pl.Int64))
    return Left(none, book.tables.frames["service_lines"].clear())


def steps_of(plan: Plan, dice: Random) -> pl.DataFrame:
    """
    Steps that a ledger would take: no piece is delivered before it is shipped.

    Of some of the shipped pieces nobody tells. Pieces come back from every stage and go again; on
    the last day as many are shipped as the book says.
    """
    rows: list[tuple[Any, ...]] = []
    for order in plan.book.tables.frames["orders"].to_dicts():
        told = dice.randint(0, order["shipped_quantity"])
        room = order["quantity"] - order["shipped_quantity"] + told
        there = {"transit": 0, "delivered": 0, "accepted": 0}

        def take(step: str, day: date, count: int, stage: str | None = None,
                 key: tuple[Any, ...] = (order["order_id"], order["line_no"])) -> None:
            if count:
                rows.append((*key, step, day, count, stage))

        for back in sorted((dice.randint(1, 40) for _ in range(dice.randint(0, 9))), reverse=True):
            day = plan.book.settings.as_of - timedelta(days=back)
            what = dice.choice(["shipped", "shipped", "delivered", "delivered", "accepted",
                                "returned"])
            stage = dice.choice([*there])
            source = {"delivered": "transit", "accepted": "delivered"}.get(what, stage)
            count = dice.randint(0, room - sum(there.values()) if what == "shipped" else
                                 there[source])
            if what == "shipped":
                there["transit"] += count
            else:
                there[source] -= count
                if what != "returned":
                    there[what] += count
            take(what, day, count, stage if what == "returned" else None)
        for stage, held in list(there.items()):
            count = min(held, max(0, sum(there.values()) - told))
            there[stage] -= count
            take("returned", plan.book.settings.as_of, count, stage)
        take("shipped", plan.book.settings.as_of, told - sum(there.values()))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def test_every_row_is_that_of_the_slow_route_and_leads_to_rpo():
    """Pieces shipped, delivered, accepted and returned in parts, some of which nobody tells; money
    of others, contracts split, services from dates and with their lines: every row to the cent.
    What was sold, less what was recognised and what binds nobody, is RPO."""
    seen: Counter[str] = Counter()
    for seed, shape in product(range(BOOKS_OF_A_SHAPE), SHAPES):
        plan, dice = some_book(seed, shape)
        progress = steps_of(plan, dice)
        slow = SlowRecognised(SlowRevenue(plan.book.tables, plan.frames), progress.to_dicts())
        rows = compared(plan, progress, slow)
        held = {key: some_held(row, progress.to_dicts(), plan.book.settings.as_of, dice)
                for key, row in slow.slow.orders.items()}
        seen += Counter(row["rule"] if row["quantity"] > 0 else "held, and back"
                        for row in compared(plan, progress, SlowRecognised(
                            slow.slow, progress.to_dicts(), held), held)
                        if row["rule"] == "bill_and_hold")
        for row in rows:
            seen[f"{row['kind']} {row['rule']}"] += 1
            seen["late"] += row["penalty_cents"] > 0
            seen["back"] += row["quantity"] < 0
            seen["before"] += row["recognised_on"] is None
    for name in ("bill_and_hold", "held, and back", "hardware ship", "hardware deliver",
                 "hardware accept", "service term", "late", "back", "before"):
        assert seen[name] > 2, (name, seen)


def compared(plan: Plan, progress: pl.DataFrame, slow: SlowRecognised,
             held: dict[tuple[str, int], list[tuple[date, int]]] | None = None
             ) -> list[dict[str, Any]]:
    """The rows of the table, which are those of the slow route and of which everything ties."""
    record = None if held is None else records(held, plan.book.settings.as_of)
    contracts = contracted(plan.book, False, progress, record)
    made = recognised_of(contracts, progress, nothing_left(plan.book))
    rows = made.entries.with_columns(at_once=pl.Series(made.as_of_cents)).to_dicts()
    found = {(row["order_id"], row["line_no"],
              "held" if row["rule"] == "bill_and_hold" else row["kind"], row["recognised_on"]): {
        "pieces": row["quantity"], "price": row["price_cents"],
        "penalty": row["penalty_cents"], "at_once": row["at_once"],
        "cost": row["standard_cents"]} for row in rows}
    assert len(found) == len(rows)
    assert {key: dict(row) for key, row in slow.rows.items()} == found
    told = so_far(contracts, progress, nothing_left(plan.book))
    assert told.ties_hold, told.ties
    return rows


def test_what_is_recognised_by_day_is_what_rpo_loses():
    """Orders in one currency that bind. For each day the book as it stood then: what RPO of the
    order lines lost since the day before is what was recognised on it, or gained what came back."""
    days_seen = 0
    for seed, shape in product(range(1), SHAPES):
        plan, dice = some_book(seed, shape)
        tables = plan.book.tables
        bound = tables.frames["orders"].with_columns(
            cancellable=pl.lit(False), currency=pl.lit(None, pl.String))
        progress = steps_of(plan, dice)
        as_of = tables.settings.as_of
        rpo: list[int] = []
        for back in range(41, -1, -1):
            until = as_of - timedelta(days=back)
            known = progress.filter(pl.col("effective_on") <= until)
            book = build_book(with_orders(tables, shipped_by(bound, progress, known)))
            rows = remaining(contracted(book, False, known), pl.Series([], dtype=pl.String))
            rpo.append(rows.filter(pl.col("kind") == "hardware")["rpo_cents"].sum())
        book = build_book(with_orders(tables, bound))
        entries = recognised_of(contracted(book, False, progress), progress,
                                nothing_left(book)).entries.filter(pl.col("kind") == "hardware")
        for place, back in enumerate(range(40, -1, -1), start=1):
            day = as_of - timedelta(days=back)
            told = entries.filter(pl.col("recognised_on") == day)["price_cents"].sum()
            assert rpo[place - 1] - rpo[place] == told, (seed, shape, day)
            days_seen += told != 0
    assert days_seen > 20


def with_orders(tables: Tables, orders: pl.DataFrame) -> Tables:
    """The same tables with other orders."""
    return replace(tables, frames={**tables.frames, "orders": orders})


def shipped_by(orders: pl.DataFrame, progress: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The orders as they stood when only some of the steps had been taken."""
    sign = pl.when(pl.col("step") == "shipped").then("quantity").when(
        pl.col("step") == "returned").then(-pl.col("quantity")).otherwise(0)
    keys = ["order_id", "line_no"]
    net = [frame.group_by(keys).agg(sign.sum().alias("net")) for frame in (progress, known)]
    both = orders.join(net[0], on=keys, how="left", maintain_order="left").join(
        net[1], on=keys, how="left", maintain_order="left", suffix="_known")
    return both.with_columns(shipped_quantity=pl.col("shipped_quantity") - pl.col(
        "net").fill_null(0) + pl.col("net_known").fill_null(0)).select(orders.columns)
