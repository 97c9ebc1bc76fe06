"""Re-plans of books with limits: proven, in their quotas, sets whole, what is held still held."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import headgate as hg
from headgate.base.issue import IssuesError
from headgate.planner.older import Start
from headgate.planner.repair import Repairer
from tests.oracles.limited_books import LIMITS, limited_book

Parts = tuple[dict[str, pl.DataFrame], dict[str, Any]]
SEEDS = st.integers(0, 2**31)
FAMILIES = st.sampled_from(LIMITS)
OBJECTIVES = st.sampled_from(["rank", "value"])


def by(objective: str) -> dict[str, Any]:
    """An objective with little work."""
    return {"objective": objective} | ({"work": 8} if objective == "value" else {})


def changed(parts: Parts, seed: int) -> hg.Book | None:
    """
    The book after supply slipped or was cut, caps and reservations changed, orders left, came or
    grew, and lines were frozen or let go; None if that is faulty.
    """
    dice = Random(f"{seed}/changed")
    frames = dict(parts[0])

    def later(day: str) -> str:
        moved = date.fromisoformat(day) + timedelta(days=7 * dice.choice([0, 0, 0, 1, 2, -1]))
        return moved.isoformat()

    def pieces(column: pl.Series, least: int) -> pl.Series:
        return pl.Series(column.name, [
            None if cell is None else str(max(least, int(cell) + dice.choice([0, 0, 0, -2, -1, 2])))
            for cell in column], dtype=pl.String)

    if "supply" in frames:
        supply = frames["supply"]
        frames["supply"] = supply.with_columns(
            pl.Series("available_on", [later(day) for day in supply["available_on"]],
                      dtype=pl.String), pieces(supply["quantity"], 1))
    if "quotas" in frames:
        quotas = frames["quotas"]
        frames["quotas"] = quotas.with_columns(pieces(quotas["max_quantity"], 0),
                                               pieces(quotas["reserved_quantity"], 0))
    orders = frames["orders"]
    stays = pl.Series([dice.random() < 0.85 for _ in range(orders.height)], dtype=pl.Boolean)
    held = frames.get("pins")
    if held is not None:
        keys = held.select("order_id", "line_no").rows()
        stays |= pl.Series([key in keys for key in orders.select("order_id", "line_no").rows()],
                           dtype=pl.Boolean)
    came = orders.sample(1, seed=seed % 1000).with_columns(
        order_id=pl.lit("NEW-1"), frozen=pl.lit(None, pl.String), ship_set=pl.lit(None, pl.String))
    frames["orders"] = pl.concat([orders.filter(stays), came])
    try:
        return hg.read_book(frames, parts[1])
    except IssuesError:
        return None


def book_of(parts: Parts) -> hg.Book | None:
    """The book of some tables; None when they are faulty."""
    try:
        return hg.read_book(*parts)
    except IssuesError:
        return None


@given(SEEDS, FAMILIES, OBJECTIVES)
@settings(max_examples=60, deadline=None)
def test_every_repair_under_limits_is_proven(seed: int, family: str, objective: str):
    """Whatever changed, the repaired plan keeps every quota, sends every ship set as one, and holds
    what is pinned or frozen as a plan made anew would; and repaired again it moves nothing."""
    parts = limited_book(seed, family)
    book, new = book_of(parts), changed(parts, seed)
    if book is None or new is None:
        return
    made = hg.replan(new, hg.plan(book, by(objective)))
    assert hg.check(new, made).issues == ()
    again = hg.replan(new, made)
    assert again.moves.filter(pl.col("reason") != "kept").is_empty()


@given(SEEDS, FAMILIES, st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_search_from_an_older_plan_is_proven(seed: int, family: str, replanned: bool):
    """A search under limits that begins from the older plan, as a re-plan or as a plan with a
    start, is proven as any other."""
    parts = limited_book(seed, family)
    book, new = book_of(parts), changed(parts, seed)
    if book is None or new is None:
        return
    old = hg.plan(book, by("value"))
    made = hg.replan(new, old, full=True) if replanned else hg.plan(new, by("value"), start=old)
    assert hg.check(new, made).issues == ()


@given(SEEDS, FAMILIES, OBJECTIVES)
@settings(max_examples=60, deadline=None)
def test_an_unchanged_book_is_put_back_draw_by_draw(seed: int, family: str, objective: str):
    """The machinery itself, run on the book that the plan was made of: beside what is fixed every
    allocation is found in the tables, no supply, hours or permits are overdrawn, and nothing is
    taken out."""
    book = book_of(limited_book(seed, family))
    if book is None:
        return
    plan = hg.plan(book, by(objective))
    start = Start.of(plan.frames)
    with ThreadPoolExecutor(2) as threads:
        repairer = Repairer(book, plan.policy, start, threads)
        assert len(repairer.retraced.rest) == 0
        repairer.keeper.put_in(repairer.retraced.log)
        held = repairer.draft.held
        assert held.balance.min(initial=0) >= 0
        repairer.keeper.heal()
        repaired = Repairer(book, plan.policy, start, threads).repair()
    assert len(repairer.keeper.out) == 0
    given = repairer.book.lines.open - held.left + repairer.fixed.placed
    pieces = np.bincount(plan.allocation.line, plan.allocation.quantity, len(book.lines))
    assert np.array_equal(given, pieces.astype(np.int64))
    was, now = plan.allocation, repaired.allocation
    dated = np.bincount(now.line, now.quantity, len(book.lines)) > 0
    assert (dated | (pieces == 0)).all() and was.pools.item.shape == now.pools.item.shape
