"""Ledgers that lived with goods billed and held: an accountant's numbers, and closed quarters."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from headgate.finance.bill_and_hold import CRITERIA, HELD
from headgate.finance.contracted import contracted
from headgate.finance.past import with_past
from headgate.finance.recognised import HELD_RULE, Left
from headgate.finance.recognised_walk import SoFar
from headgate.ledger.book_tables import left_frames
from headgate.ledger.fold import fold
from headgate.session.backlog import backlog
from headgate.session.recognising import recognised
from tests.oracles.slow_accountant import Accountant, Key
from tests.oracles.test_lived_oracle import LINES, STANDALONE, begun, some_event
from tests.stories.book_builder import AS_OF
from tests.stories.lived import LATER_ON, Lived

EVENTS = 45
SEEDS = range(6)
FIRSTS = (date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1))
"""The days after the ends of quarters: services are recognised up to the day before."""
NEVER_HERE = {"correction", "order_cancelled"}
"""Kinds that say that what was held was never there, or is not sold any more."""
RESPLIT = {"order_amended", "override", "service_amended", "service_started"}
"""Kinds that move what had been recognised, and of which the notes tell."""
Holdings = list[tuple[date, Key, int]]


def live(lived: Lived, dice: random.Random, without: set[str]) -> tuple[Holdings, Counter[str]]:
    """Send random events day by day, and hold some pieces in the morning; what is held, and how
    often pieces left that were."""
    day, held, seen = AS_OF + timedelta(days=1), Holdings(), Counter[str]()
    waiting: Counter[str] = Counter()
    for number in range(EVENTS * 6):
        if dice.random() < 0.4:
            day += timedelta(days=dice.randint(1, 9))
            key = dice.choice(LINES)
            line = lived.live.lines.get(key)
            free = line.quantity - line.shipped - waiting[key]
            if free > 0 and dice.random() < 0.6:
                pieces = dice.randint(1, free)
                waiting[key] += pieces
                held.append((day, (key[0], int(key[2:])), pieces))
        event = some_event(lived, dice, day, f"r{number}")
        if event is None or event.kind in without or (
                event.kind == "order_amended" and "quantity" in event.data):
            continue
        if lived.live.judge(event, LATER_ON) is None:
            lived.take(event, LATER_ON)
            seen[event.kind] += 1
            if event.kind == "order_shipped":
                left = min(waiting[event.key], event.data["quantity"])
                waiting[event.key] -= left
                seen["held and shipped"] += left
        if len(lived.rows) > EVENTS + 20:
            break
    seen["held"] = len(held)
    return held, seen


def record(held: Holdings) -> pl.DataFrame:
    """The record of it, with a row among them that lacks a criterion and counts nothing."""
    rows = [(*key, pieces, day, *(True for _ in CRITERIA)) for day, key, pieces in held]
    rows += [(*key, pieces, day, *(name != "ready" for name in CRITERIA))
             for day, key, pieces in held[:1]]
    return pl.DataFrame(rows, schema=HELD, orient="row")


def so_far(lived: Lived, day: date, held: Holdings) -> SoFar:
    """What was recognised by a day, of which everything ties.

    It does, too, if nothing that has left the book is counted among its contracts."""
    known = lived.journals(day)
    made = recognised(lived.book(day), known.progress, known.left, billings=known.billings,
                      past=known.past, bill_and_hold=record(held))
    assert made.ties_hold, (day, made.ties.filter(pl.col("holds") != "yes"))
    apart = recognised(lived.book(day), known.progress, Left(*left_frames(fold(lived.rows, day))),
                       bill_and_hold=record(held))
    assert apart.ties_hold, (day, apart.ties.filter(pl.col("holds") != "yes"))
    assert_told_alike(made)
    return made


def assert_told_alike(made: SoFar) -> None:
    """The table of the record has of each line and day what was recognised as held, to the cent;
    but of a day on which some of it came back, for that is net there."""
    assert made.held is not None
    keys = ["order_id", "line_no", "recognised_on"]
    rows = made.held.filter(pl.col("recognised") == "yes").group_by(
        "order_id", "line_no", recognised_on="held_on").agg(
        pl.col("quantity", "amount_cents").sum())
    both = rows.join(made.made.entries.filter(pl.col("rule") == HELD_RULE), on=[*keys, "quantity"])
    assert both.height or rows.is_empty()
    other = both.filter(pl.col("amount_cents") != pl.col("price_cents"))
    assert other.is_empty(), other.select(*keys, "quantity", "amount_cents", "price_cents").rows()


def told(lived: Lived, day: date, held: Holdings) -> dict[str, dict[str, int]]:
    """RPO, recognised and deferred revenue by contract, as finance says; RPO in both its ways."""
    known, read = lived.journals(day), lived.book(day)
    log = record(held)
    made = backlog(read, movements=known.movements, progress=known.progress,
                   billings=known.billings, past=known.past, bill_and_hold=log)
    assert made.figures["ties_hold"], made.ties.filter(pl.col("holds") != "yes")
    assert so_far(lived, day, held).figures["rpo_cents"] == made.figures["rpo_cents"]
    earned = contracted(with_past(read, known.past), False, known.progress, log).earned()
    rpo = made.parts["obligations"].group_by("contract_id").agg(pl.col("rpo_cents").sum())
    walk = dict(made.rpo_walk.select("step", "cents").iter_rows())
    return {"rpo": {name: cents for name, cents in rpo.iter_rows() if cents},
            "recognised": {name: cents for name, cents in earned.select(
                "contract_id", "cents").iter_rows() if cents},
            "deferred": {"": walk["deferred_revenue"] or 0}}


def counted(lived: Lived, day: date, held: Holdings) -> dict[str, dict[str, int]]:
    """The same, as the accountant says."""
    slow = Accountant(lived.rows, day, STANDALONE, held)
    return {"rpo": {name: cents for name, cents in slow.rpo.items() if cents},
            "recognised": {name: cents for name, cents in slow.recognised.items() if cents},
            "deferred": {"": sum(slow.deferred.values())}}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_held_and_ships_is_that_of_an_accountant(seed: int):
    """Random events about seven lines in four contracts, whose pieces are held, ship, arrive, are
    accepted and come back, and whose prices change: RPO, recognised and deferred revenue of every
    contract are the accountant's, who follows every piece, to the cent; and all of it ties."""
    dice = random.Random(f"held/{seed}")
    lived = begun(dice)
    held, seen = live(lived, dice, NEVER_HERE)
    assert seen["held"] > 3 and seen["held and shipped"] > 3
    last = lived.rows[-1].event.effective_on
    for day in (AS_OF + timedelta(days=dice.randint(5, 60)), last, last + timedelta(days=200)):
        assert told(lived, day, held) == counted(lived, day, held), day
@pytest.mark.parametrize("seed", SEEDS)
def test_a_closed_quarter_is_told_as_it_was(seed: int):
    """The same lives without what splits a price anew. Revenue, standard cost and deferred revenue
    of each quarter, as told when it was over, are those that are told on every later day."""
    dice = random.Random(f"held/closed/{seed}")
    lived = begun(dice)
    held, _ = live(lived, dice, NEVER_HERE | RESPLIT)
    last = max(lived.rows[-1].event.effective_on, FIRSTS[0])
    closed: dict[str, tuple[Any, ...]] = {}
    for day in (*(first for first in FIRSTS if first <= last), last + timedelta(days=90)):
        made = so_far(lived, day, held)
        rows = {name: tuple(cents or 0 for cents in row) for name, *row in made.by_quarter.filter(
            pl.col("by") == "all").select("quarter", "hardware_cents", "services_cents",
                                          "standard_cents", "deferred_cents").iter_rows()}
        assert {name: rows.get(name, (0, 0, 0, 0)) for name in closed} == closed, day
        closed |= {period.name: rows.get(period.name, (0, 0, 0, 0))
                   for period in made.made.quarters if period.ends_on < day}
    assert len(closed) > 1 and any(row != (0, 0, 0, 0) for row in closed.values())
