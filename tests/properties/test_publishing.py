"""Properties of promises of record, on random books of every shape, by an independent count."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.promising.record import CHANGES, MOVES, Publication, publication_of
from headgate.session import Plan
from headgate.tables.plan_schema import PlanFrames
from tests.oracles.random_books import SHAPES, random_book

Rows = dict[tuple[str, int], dict[str, Any]]


def published(plan: Plan, name: str, before: Publication | None = None) -> Publication:
    """The publication of a plan, as if its folder's digest were its name."""
    frames = PlanFrames(plan.frames.frames, {**plan.summary, "digest": name})
    return publication_of(plan.book.tables.frames["orders"], frames,
                          date(2026, 3, 2 if before is None else 9), before)


def by_line(frame: Any) -> Rows:
    """Rows by their order line."""
    return {(row["order_id"], row["line_no"]): row for row in frame.iter_rows(named=True)}


def change_of(order: dict[str, Any], promise: dict[str, Any], arrivals: list[tuple[date, int]],
              before: dict[str, Any] | None) -> str | None:
    """What became of a line's promise, counted piece by piece."""
    if before is None:
        stood, due = order["promised_on"], promise["open_quantity"]
    else:
        stood = before["promised_on"]
        due = min(before["quantity"] + before["shipped_quantity"],
                  order["quantity"]) - order["shipped_quantity"]
    if stood is None:
        return "new" if arrivals else None
    if due <= 0:
        return "shipped"
    coming = sorted(day for day, pieces in arrivals for _ in range(pieces))
    if not coming:
        return "withdrawn"
    if len(coming) < due:
        return "fewer"
    promised_week = stood - timedelta(days=stood.weekday())
    return ("later" if coming[due - 1] > promised_week else
            "earlier" if coming[due - 1] < promised_week else "kept")


def a_week_later(frames: dict[str, pl.DataFrame], dice: Random) -> dict[str, pl.DataFrame]:
    """The book with a part of what was open shipped, and supply that slips and shrinks."""
    orders = frames["orders"].to_dicts()
    for row in orders:
        lot, done = int(row.get("lot_size") or 1), int(row.get("shipped_quantity") or 0)
        lots = (int(row["quantity"]) - done) // lot
        row["shipped_quantity"] = str(done + lot * dice.randrange(1 + lots))
    supply = frames["supply"].to_dicts() if "supply" in frames else []
    for row in supply:
        row["quantity"] = str(max(1, int(row["quantity"]) - dice.choice([0, 0, 1, 3])))
        slip = timedelta(weeks=dice.choice([0, 0, 1, 3]))
        row["available_on"] = str(date.fromisoformat(row["available_on"]) + slip)
        if slip:
            row["status"] = "committed"
    return frames | {name: pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
                     for name, rows in (("orders", orders), ("supply", supply)) if rows}


def test_what_becomes_of_every_promise():
    """A plan by rank is published, then the plan of a week later. Of every line, the change is what
    counting its pieces one by one gives, the first promise is the first one ever, and the figures
    are the counts of the changes. Every change occurs."""
    met: set[str | None] = set()
    for seed, shape in ((seed, shape) for shape in SHAPES for seed in range(4)):
        frames, options = random_book(seed, shape)
        before = published(hg.plan(hg.read_book(frames, options), "rank"), "first")
        plan = hg.plan(hg.read_book(a_week_later(frames, Random(f"{seed}/{shape}")), options),
                       "rank")
        after = published(plan, "second", before)
        given, old, new, moved = (by_line(table) for table in (
            plan.book.tables.frames["orders"], before.promises, after.promises, after.moved))
        arrivals: dict[tuple[str, int], list[tuple[date, int]]] = {}
        for row in plan.allocations.iter_rows(named=True):
            arrivals.setdefault((row["order_id"], row["line_no"]), []).append(
                (row["arrive_on"], row["quantity"]))
        counts: dict[str | None, int] = {}
        for key, promise in by_line(plan.promises).items():
            change = change_of(given[key], promise, arrivals.get(key, []), old.get(key))
            counts[change] = counts.get(change, 0) + 1
            assert (moved[key]["change"] if key in moved else None) == (
                change if change in MOVES else None)
            if key in old:
                assert new[key]["first_promised_on"] == old[key]["first_promised_on"]
        assert {name: after.figures[name] for name in CHANGES} == {
            name: counts.get(name, 0) for name in CHANGES}
        met |= set(counts)
    assert met == {None, *CHANGES}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_plan_moves_nothing(shape: str):
    """Published, then published again after itself: every promise is kept, none is new, and each
    stands since its first day."""
    for seed in range(4):
        plan = hg.plan(hg.read_book(*random_book(seed, shape)), "rank")
        before = published(plan, "first")
        after = published(plan, "again", before)
        assert after.moved.is_empty()
        assert after.promises.equals(before.promises)
        assert after.figures["new"] == after.figures["gone"] == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_a_replan_and_its_publication_count_alike(shape: str):
    """A plan is published; later, with shipments and slips, it is re-planned, and the re-plan is
    published. Of the promises that are not shipped whole both say how many are kept, later,
    earlier, with fewer pieces and withdrawn, and which by how many days."""
    for seed in range(4):
        frames, options = random_book(seed, shape)
        before = published(hg.plan(hg.read_book(frames, options), "rank"), "first")
        later = hg.read_book(a_week_later(frames, Random(f"{seed}/{shape}")), options)
        plan = hg.replan(later, hg.plan(hg.read_book(frames, options), "rank"), record=before)
        after = published(plan, "second", before)
        told = plan.summary["replan"]["promises"]
        assert {name: after.figures[name] for name in MOVES} == {
            "earlier": told["earlier"], "later": told["later"],
            "fewer": told["lost"] - told["withdrawn"], "withdrawn": told["withdrawn"]}
        assert after.figures["kept"] == told["kept"]
        mine = plan.moves.filter(pl.col("days") != 0).select("order_id", "line_no", "days")
        dated = after.moved.filter(pl.col("days").is_not_null()).select(mine.columns)
        assert dated.join(mine, on=dated.columns, how="anti").is_empty()
