"""Trades of promises after a repair: they earn more, and move more only for much."""

from __future__ import annotations

import tempfile
import tomllib
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate import session
from headgate.planner.repair import WORTH_MOVING, Repairer

WORK = {"objective": "value", "work": 8}


@cache
def old() -> tuple[dict[str, pl.DataFrame], dict[str, Any], hg.Plan]:
    """A demo of 600 lines as tables and settings, and its plan."""
    with tempfile.TemporaryDirectory() as folder:
        session.write_demo(Path(folder) / "book", 600, 3)
        frames = {file.stem: pl.read_csv(file, infer_schema=False)
                  for file in sorted((Path(folder) / "book").glob("*.csv"))}
        options = tomllib.loads((Path(folder) / "book" / "headgate.toml").read_text("utf-8"))
    return frames, options, hg.plan(hg.read_book(frames, options), WORK)


def slipped(seed: int, turned: bool = False) -> hg.Book:
    """The same book with 30 receipts four weeks later; turned, in the opposite order of rows."""
    frames = dict(old()[0])
    supply = frames["supply"].with_row_index("row")
    rows = supply.filter(pl.col("status") != "stock")["row"].to_list()
    late = pl.col("row").is_in(Random(seed).sample(rows, 30))
    day = pl.col("available_on").str.to_date()
    frames["supply"] = supply.with_columns(available_on=pl.when(late).then(
        day + timedelta(weeks=4)).otherwise(day).cast(pl.String)).drop("row")
    if turned:
        frames |= {name: frames[name].reverse() for name in ("orders", "supply", "bom")}
    return hg.read_book(frames, old()[1])


def earned(plan: hg.Plan) -> tuple[int, int]:
    """Weighted value of a re-plan, and how many promises it moved."""
    return (plan.summary["value"]["value_cents"],
            plan.summary["replan"]["promises"]["moved"])


@pytest.mark.parametrize("seed", range(3))
def test_trades_earn_more_and_move_more_only_for_much(seed: int, monkeypatch: pytest.MonkeyPatch):
    """With trades a repair is worth at least as much as without, and more by WORTH_MOVING of what a
    promise of the older plan is worth for each that it moves beside; it is proven, and from turned
    tables the same to the digit."""
    book = slipped(seed)
    traded = hg.replan(book, old()[2], WORK)
    again = hg.replan(slipped(seed, turned=True), old()[2], WORK)
    assert hg.check(book, traded).issues == ()
    assert traded.allocations.equals(again.allocations)
    assert traded.moves.equals(again.moves)
    monkeypatch.setattr(Repairer, "_trading", lambda *_: None)
    plain = hg.replan(book, old()[2], WORK)
    gained, moved = (one - other for one, other in zip(earned(traded), earned(plain), strict=True))
    older = old()[2]
    worth = older.summary["value"]["value_cents"] / older.promises["promised_on"].count()
    assert gained >= max(0, moved) * WORTH_MOVING * worth


def test_no_promise_moves_beside_where_nothing_is_worth_it(monkeypatch: pytest.MonkeyPatch):
    """Where a promise that moves beside must bring more than the plan earned, none does."""
    monkeypatch.setattr("headgate.planner.repair.WORTH_MOVING", 600.0)
    traded = [earned(hg.replan(slipped(seed), old()[2], WORK))[1] for seed in range(4)]
    monkeypatch.setattr(Repairer, "_trading", lambda *_: None)
    plain = [earned(hg.replan(slipped(seed), old()[2], WORK))[1] for seed in range(4)]
    assert all(one <= other for one, other in zip(traded, plain, strict=True))


def test_some_repairs_are_worth_more_by_trades(monkeypatch: pytest.MonkeyPatch):
    """Of four sets of slips at least one is worth more with trades than without."""
    with_trades = [earned(hg.replan(slipped(seed), old()[2], WORK))[0] for seed in range(4)]
    monkeypatch.setattr(Repairer, "_trading", lambda *_: None)
    without = [earned(hg.replan(slipped(seed), old()[2], WORK))[0] for seed in range(4)]
    assert sum(with_trades) > sum(without)
