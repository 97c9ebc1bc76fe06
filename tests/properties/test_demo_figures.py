"""
The demo's report tells what its ledger tells.

The demo plans a book of open lines. Its ledger knows more lines: all of them has left, but some of
it is on its way or waits to be accepted, and is RPO and revenue to come. A report of the book alone
said 28.3 million on its way where the ledger says 85.4. So the plan is told as one of a book that
has these lines, too.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from headgate import session
from headgate.finance.backlog import Backlog
from headgate.finance.statement import RevenueStatement
from headgate.session import Plan

KEY = ["order_id", "line_no"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, tuple[Plan, Backlog, RevenueStatement]]:
    """A demo of 150 lines: as its command tells it, and as a plan of its ledger does."""
    folder = tmp_path_factory.mktemp("demo")
    session.write_demo(folder / "book", 150, 3)
    book = session.read_book(folder / "book")
    plan = session.plan(book, {"objective": "rank"})
    session.write_demo_ledger(folder / "ledger.db", book.tables, 3)
    wider, recorded = session.demo_recorded(folder / "ledger.db", plan)
    return {"demo": (wider, session.demo_backlog(recorded, wider), session.revenue(
        wider.book, wider, billings=recorded.billings, progress=recorded.progress)),
        "store": of_store(folder / "ledger.db"), "alone": (plan, session.demo_backlog(
            recorded, plan), session.revenue(book, plan, progress=recorded.progress))}


def of_store(path: Path) -> tuple[Plan, Backlog, RevenueStatement]:
    """What the ledger itself tells of a plan of its own book."""
    with session.Storage(path, datetime(2026, 3, 1, tzinfo=UTC)) as storage:
        book = storage.book()
        plan = session.plan(book, {"objective": "rank"})
        known = storage.journals(None, book)
        return plan, session.demo_backlog(known, plan), session.revenue(
            book, plan, billings=known.billings, progress=known.progress)


def test_the_report_has_the_rpo_and_the_revenue_of_the_ledger(made):
    """Every step from order backlog to deferred revenue, all that had left before and is recognised
    later, and every total: as the ledger tells it; of the book alone less is on its way."""
    walks = {name: dict(told.rpo_walk.select("step", "cents").iter_rows())
             for name, (_, told, _) in made.items()}
    assert walks["demo"] == walks["store"]
    for step in ("in_transit", "acceptance", "rpo"):
        assert walks["alone"][step] < walks["demo"][step], step
    assert made["demo"][2].totals == made["store"][2].totals
    assert made["demo"][1].figures["ties_hold"]
    before = [told.entries.filter(pl.col("site_id").is_null()).sort(*KEY, "recognised_on").select(
        *KEY, "quantity", "revenue_cents") for _, _, told in (made["demo"], made["store"])]
    assert before[0].equals(before[1])


def test_the_plan_is_the_same_one(made):
    """Each line of the book is sent what the demo's plan sends it; the lines beside it nothing."""
    sent = []
    for name in ("alone", "demo"):
        plan = made[name][0]
        keys = plan.book.tables.frames["orders"][pl.Series(plan.book.lines.source_row)]
        rows = keys[pl.Series(plan.allocation.line)].select(KEY).with_columns(
            quantity=plan.allocation.quantity, ship=plan.allocation.ship,
            lane=plan.allocation.lane, item=plan.allocation.item)
        counts = [plan.allocation.ptr[place + 1] - plan.allocation.ptr[place]
                  for place in range(len(plan.book.lines))]
        assert sum(counts) == rows.height
        sent.append(rows)
    assert sent[0].equals(sent[1])
    assert len(made["demo"][0].book.lines) > len(made["alone"][0].book.lines)
