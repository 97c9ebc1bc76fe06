"""Actions of plans of random books can be carried out, and do what they claim."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import headgate as hg
from headgate.book import FORECAST
from headgate.explain.line_worth import Worths
from headgate.explain.reasons import Ground
from headgate.explain.repair import Repair
from headgate.planner.promise import promise
from headgate.planner.usage import hours_used
from tests.properties.strategies import RawParts, books

POLICIES = st.sampled_from([{"objective": "rank"}, {"objective": "value", "work": 25}])


@given(books(), POLICIES)
@settings(max_examples=40)
def test_all_that_is_postponed_can_come_later_together(parts: RawParts, policy: dict[str, object]):
    """Every receipt that could come later comes as late as said, all at once. Counted from the
    tables alone, no week draws more of an item at a site than has come by then."""
    plan = hg.plan(hg.read_book(*parts), policy)
    table = hg.actions(plan.book, plan).filter(pl.col("action") == "postpone")
    book = plan.book
    later: dict[tuple[str, str, str, date, int], list[date | None]] = {}
    for row in table.iter_rows(named=True):
        later.setdefault((row["item_id"], row["site_id"], row["reference"], row["was_on"],
                          row["quantity"]), []).append(row["then_on"])
    supply, moved = book.supply, 0
    there: dict[tuple[str, str], np.ndarray] = {}
    for place in range(len(supply.item)):
        item, site = book.items.ids[supply.item[place]], book.sites.ids[supply.site[place]]
        start = int(supply.start[place])
        day = date.fromordinal(book.first_monday.toordinal() + 7 * start)
        slips = later.get((item, site, supply.reference[place], day, int(supply.quantity[place])))
        if slips:
            then_on, moved = slips.pop(), moved + 1
            start = book.horizon if then_on is None else (then_on - book.first_monday).days // 7
        row = there.setdefault((item, site), np.zeros(book.horizon, dtype=np.int64))
        if supply.status[place] != FORECAST or plan.policy.use_forecast:
            row[start:] += int(supply.quantity[place])
    assert moved == table.height
    for (item, site), rows in plan.consumption.group_by("item_id", "site_id"):
        drawn = np.zeros(book.horizon, dtype=np.int64)
        for day, pieces in rows.select("drawn_on", "quantity").iter_rows():
            drawn[(day - book.first_monday).days // 7:] += pieces
        assert (drawn <= there[item, site]).all()


@given(books(), POLICIES)
@settings(max_examples=40)
def test_a_repair_never_takes_what_is_not_there(parts: RawParts, policy: dict[str, object]):
    """All lines that wait are planned again, one after another, with a tenth more of everything.
    What is left of pieces and hours stays at 0 or above, each gain is above 0, and the same
    question has the same answer again."""
    plan = hg.plan(hg.read_book(*parts), policy)
    book, promises = plan.book, promise(plan.book, plan.allocation)
    ground = Ground.of(book, plan.allocation, hours_used(book, plan.allocation))
    repair = Repair(ground, Worths(book, plan.policy, plan.allocation))
    lines = promises.not_on_time().tolist()
    more = ground.balance + plan.allocation.pools.supplied // 10
    gains = repair.gains(lines, more)
    assert set(gains) <= set(lines) and all(cents > 0 for cents in gains.values())
    assert (repair.ground.balance >= 0).all()
    assert (repair.ground.left.hours >= 0).all()
    assert repair.gains(lines, more) == gains
