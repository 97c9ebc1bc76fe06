"""Order backlog, RPO and deferred revenue against a slow recomputation, on random small books."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.base.calendar import fiscal_year
from headgate.finance.assumptions import Assumptions, Hazard
from headgate.finance.backlog import Asked, Backlog, Told, backlog_of
from headgate.finance.bill_and_hold import CRITERIA
from headgate.finance.levels import cuts_of
from headgate.finance.movements import movements_of_book
from headgate.finance.rollforward import first_day_of, span_of
from headgate.session import Plan
from tests.oracles.money_books import SHAPES, money_book
from tests.oracles.slow_pieces import some_held
from tests.oracles.slow_revenue import SlowRevenue
from tests.oracles.slow_rpo import SlowRpo
from tests.properties.test_revenue_properties import some_steps

BOOKS_OF_A_SHAPE = 5
COLUMNS = ("backlog", "cancellable", "deposit", "split", "bill_and_hold", "in_transit",
           "acceptance", "services", "late_penalty", "rpo", "one_year", "unknown")
ASSUMED = Assumptions((Hazard(30_000, None, 2, 5), Hazard(1_777, "neocloud", firm=True),
                       Hazard(501)), 9, 333_333)


def some_book(seed: int, shape: str) -> tuple[Plan, random.Random]:
    """A book with money in it, some of whose lines may be cancelled, and its plan."""
    frames, settings = money_book(seed, shape)
    dice = random.Random(f"{seed}/{shape}/rpo")
    frames["orders"] = frames["orders"].with_columns(cancellable=pl.Series(
        [dice.choice(["yes", "no", "no"]) for _ in range(frames["orders"].height)]))
    if frames["service_lines"].height:
        frames["service_lines"] = frames["service_lines"].with_columns(term_months=pl.Series(
            [dice.choice(["1", "2", "9", "36"]) for _ in range(frames["service_lines"].height)]))
    return hg.plan(hg.read_book(frames, settings)), dice


def told(plan: Plan, with_plan: bool, **beside: Any) -> Backlog:
    """The backlog of the plan's book, by every level and some crossed."""
    settings = plan.book.settings
    movements = movements_of_book(plan.book.tables)
    span = span_of(settings.fiscal_year_end, "month",
                   first_day_of(movements, settings.as_of), settings.as_of)
    return backlog_of(plan.book, Told(movements, True, **beside),
                      Asked(span, cuts_of(["segment", "item,region", "line"]), 3, ASSUMED),
                      plan.allocation if with_plan else None)


def compare(made: Backlog, slow: SlowRpo) -> Counter[str]:
    """Every step of every obligation, and how many of each are not 0."""
    found = {(row["order_id"], row["line_no"], row["kind"]):
             {name: row[f"{name}_cents"] for name in COLUMNS if row[f"{name}_cents"]}
             for row in made.parts["obligations"].to_dicts()}
    expected = {key: {name: row[name] for name in COLUMNS if row[name]}
                for key, row in slow.rows.items()}
    assert found == expected
    assert made.figures["ties_hold"], made.ties.filter(pl.col("holds") == "no")
    return Counter(name for row in found.values() for name in row)


def test_every_step_to_rpo_is_that_of_the_slow_route():
    """With the plan and without a ledger; then with steps of a ledger, billings, deposits that are
    not refundable, and goods that are billed and held: every row, to the cent."""
    seen: Counter[str] = Counter()
    for seed, shape in product(range(BOOKS_OF_A_SHAPE), SHAPES):
        plan, dice = some_book(seed, shape)
        slow = SlowRevenue(plan.book.tables, plan.frames)
        made = told(plan, True)
        seen += compare(made, SlowRpo(slow, None, {}, set(), True))
        as_of = plan.book.settings.as_of
        progress = [dict(zip(("order_id", "line_no", "step", "effective_on", "quantity", "stage"),
                             row, strict=True))
                    for order in slow.orders.values() for row in some_steps(order, as_of, dice)]
        held = {key: some_held(row, progress, as_of, dice) for key, row in slow.orders.items()}
        billings = some_billings(slow, as_of, dice)
        kept = {name for name in billings.filter(~pl.col("refundable"))["contract_id"] if name}
        made = told(plan, False, progress=pl.DataFrame(progress, schema={
            "order_id": pl.String, "line_no": pl.Int64, "step": pl.String,
            "effective_on": pl.Date, "quantity": pl.Int64, "stage": pl.String}),
            billings=billings, held=records(held, as_of))
        slow_rpo = SlowRpo(slow, progress, held, kept, False)
        seen += compare(made, slow_rpo)
        deferred = slow_rpo.deferred(billings)
        walk = {row["step"]: row["cents"] for row in made.rpo_walk.to_dicts()}
        assert walk["deferred_revenue"] == sum(deferred.values())
        rpo: Counter[str] = Counter()
        for row in made.parts["obligations"].to_dicts():
            rpo[row["contract_id"]] += row["rpo_cents"]
        assert walk["beyond"] == sum(max(0, cents - rpo[name])
                                     for name, cents in deferred.items())
        assert walk["rpo"] + walk["not_billed"] + walk["beyond"] == walk["deferred_revenue"]
        seen += Counter({"deferred": len(deferred)})
    assert not [name for name in (*COLUMNS, "deferred") if seen[name] < 5], seen


def some_billings(slow: SlowRevenue, as_of: date, dice: random.Random) -> pl.DataFrame:
    """Invoices and deposits of contracts, some of them later, some of no order in the book."""
    rows = [(None if dice.random() < 0.5 else key[0],
             row["contract_id"] or row["order_id"], as_of - timedelta(days=dice.randint(-9, 200)),
             dice.randint(-20_000, 900_000), dice.choice([None, "USD", "EUR"]),
             dice.random() < 0.8)
            for key, row in slow.orders.items() if dice.random() < 0.7]
    # What comes of a contract and currency goes back in parts, and some of it comes again.
    rows += [(order, name, as_of - timedelta(days=dice.randint(0, 90)),
              -cents * dice.randint(-30, 60) // 100, currency, True)
             for order, name, _, cents, currency, _ in rows for _ in range(dice.randint(0, 3))]
    rows = [(order, name, day, cents, currency, refundable or cents <= 0 or day > as_of)
            for order, name, day, cents, currency, refundable in rows]
    return pl.DataFrame([*rows, ("gone", None, as_of, 77_777, None, True)], schema={
        "order_id": pl.String, "contract_id": pl.String, "posted_on": pl.Date,
        "amount_cents": pl.Int64, "currency": pl.String, "refundable": pl.Boolean}, orient="row")


def records(held: dict[tuple[str, int], list[tuple[date, int]]], as_of: date) -> pl.DataFrame:
    """The pieces held with all four criteria, and one more record of tomorrow."""
    rows = [(*key, pieces, day, True, True, True, True) for key, own in held.items()
            for day, pieces in own]
    rows.append(("later", 1, 1, as_of + timedelta(days=1), True, True, True, True))
    return pl.DataFrame(rows, schema={
        "order_id": pl.String, "line_no": pl.Int64, "quantity": pl.Int64, "held_on": pl.Date,
        **dict.fromkeys(CRITERIA, pl.Boolean)}, orient="row")


@pytest.mark.parametrize("shape", SHAPES)
def test_conversion_and_cancellations_are_those_of_the_slow_route(shape: str):
    """Piece by piece from the plan's own table: the quarter of each promise and shipment, and what
    the hazards of each week leave, in whole trillionths and cents."""
    for seed in range(BOOKS_OF_A_SHAPE):
        plan, _ = some_book(seed, shape)
        slow = SlowRevenue(plan.book.tables, plan.frames)
        year, as_of = fiscal_year(slow.settings.fiscal_year_end), slow.settings.as_of
        made = told(plan, True)
        monday = as_of - timedelta(days=as_of.weekday())
        sent: dict[tuple[str, int], Counter[tuple[date, date]]] = defaultdict(Counter)
        for (key, ship, arrive, _), pieces in slow.shipments.items():
            sent[key][max(as_of, arrive + timedelta(days=4)),
                      max(as_of, ship + timedelta(days=4))] += pieces
        extra = twice(slow)
        promised, shipped, left, double = Counter[Any](), Counter[Any](), 0, 0
        for key, row in slow.orders.items():
            pieces = row["quantity"] - row["shipped_quantity"]
            worth = slow.at(pieces * row["unit_price_cents"], slow.currency_of(row), as_of)
            stretches = [(*days, count) for days, count in sorted(sent[key].items())]
            stretches.append((None, None, pieces - sum(count for *_, count in stretches)))
            first = 0
            for due, ship, count in stretches:
                if not count:
                    continue
                cents = worth * (first + count) // pieces - worth * first // pieces
                first += count
                promised[due and year.label(due)] += cents
                shipped[ship and year.label(ship)] += cents
                weeks = 9 if ship is None else (ship - monday).days // 7
                cut = cents * 333_333 // 1_000_000 if key in extra else 0
                share = 10**12
                for week in range(weeks):
                    late = max(0, week - (row["requested_on"] - monday).days // 7)
                    share = share * (10**6 - weekly(row, late)) // 10**6
                double += cut
                left += (cents - cut) * share // 10**12
        rows = made.parts["conversion"].filter(pl.col("by") == "total").to_dicts()
        assert {row["quarter"]: row["promised_cents"] for row in rows
                if row["promised_cents"]} == {k: v for k, v in promised.items() if v}
        if plan.allocations.height:
            assert {row["quarter"]: row["shipped_cents"] for row in rows
                    if row["shipped_cents"]} == {k: v for k, v in shipped.items() if v}
        assert (made.figures["double_cents"], made.figures["adjusted_cents"]) == (double, left)


def weekly(row: dict[str, Any], late: int) -> int:
    """The hazard of ASSUMED, written out."""
    if 2 <= late <= 5 and row["cancellable"]:
        return 30_000
    if row["segment"] == "neocloud":
        return 1_777
    return 501 if row["cancellable"] else 0


def twice(slow: SlowRevenue) -> set[tuple[str, int]]:
    """Open lines of one customer, item and week, without the largest of each."""
    groups: dict[Any, list[tuple[int, tuple[str, int]]]] = defaultdict(list)
    for key, row in slow.orders.items():
        pieces = row["quantity"] - row["shipped_quantity"]
        if pieces:
            day = row["requested_on"]
            worth = slow.at(pieces * row["unit_price_cents"], slow.currency_of(row),
                            slow.settings.as_of)
            groups[row["customer_id"], row["item_id"],
                   day - timedelta(days=day.weekday())].append((-worth, key))
    return {key for own in groups.values() for _, key in sorted(own)[1:]}
