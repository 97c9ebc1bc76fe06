"""Closed quarters of ledgers that grow, price changes, cancellations and goods held in them."""

from __future__ import annotations

from collections import Counter
from datetime import date

import polars as pl
import pytest

from headgate.finance.recognised_walk import SoFar
from headgate.session.backlog import backlog
from headgate.session.recognising import recognised
from tests.oracles.growing import Growing

SEEDS = range(4)
COLUMNS = ("quantity", "hardware_cents", "services_cents", "penalty_cents", "revenue_cents",
           "standard_cents", "deferred_cents")
Rows = dict[str, tuple[int, ...]]


def asked(grown: Growing, day: date) -> SoFar:
    """What was recognised by the evening of a day; it ties, and to the backlog of that day."""
    read, known, log = grown.lived.book(day), grown.lived.journals(day), grown.record()
    made = recognised(read, known.progress, known.left, past=known.past, billings=known.billings,
                      bill_and_hold=log)
    assert made.ties_hold, (day, made.ties.filter(pl.col("holds") != "yes").rows())
    other = backlog(read, movements=known.movements, progress=known.progress, past=known.past,
                    billings=known.billings, bill_and_hold=log)
    assert other.figures["ties_hold"], (day, other.ties.filter(pl.col("holds") != "yes").rows())
    assert made.figures["rpo_cents"] == other.figures["rpo_cents"], day
    assert made.held is not None and made.held.equals(other.parts["bill_and_hold"]), day
    return made


def closed(made: SoFar, day: date) -> Rows:
    """The quarters that were over before a day, as told in all."""
    rows = {quarter: tuple(cents or 0 for cents in row) for quarter, *row in made.by_quarter.filter(
        pl.col("by") == "all", pl.col("quarter").is_not_null()).select(
        "quarter", *COLUMNS).iter_rows()}
    return {period.name: rows.get(period.name, (0,) * len(COLUMNS))
            for period in made.made.quarters if period.ends_on < day}


def unnoted(made: SoFar) -> set[tuple[str, str]]:
    """Quarters and contracts of catch-ups that no note names."""
    caught = made.made.entries.filter(pl.col("rule") == "catch_up").select(
        "quarter", "contract_id").unique().rows()
    return {(quarter, contract) for quarter, contract in caught
            if not any(note.startswith(f"{quarter}, contract {contract}: ")
                       and "since changes of it" in note and " on 202" in note
                       for note in made.figures["notes"])}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_closed_quarter_says_what_it_said(seed: int):
    """Three orders and more, in contracts of several lines and services, some in euros; prices,
    quantities, contracts, rules, standalone prices and services that change, cancellations,
    returns, late deliveries, items that leave the tables, and a record of goods held to which rows
    are added alone. Whenever somebody asks, nothing is refused, all of it ties, and every quarter
    that was over when it was told first says the same, to the cent: pieces, revenue, penalties,
    cost and deferred revenue. What changed contracts say of it otherwise is noted with quarter and
    contract, and so are held pieces that were cancelled."""
    grown = Growing(seed, foreign=seed % 3 == 2, asks=0.15)
    told: Rows = {}
    for day in grown.grow():
        made = asked(grown, day)
        now = closed(made, day)
        moved = {quarter: (row, now.get(quarter, (0,) * len(COLUMNS)))
                 for quarter, row in told.items() if now.get(quarter, (0,) * len(COLUMNS)) != row}
        assert not moved, (day, moved, made.figures["notes"])
        assert not unnoted(made), day
        told = now | told
        assert made.held is not None
        lost = made.held.filter(pl.col("cancelled_since") > 0)
        for order, number in lost.select("order_id", "line_no").iter_rows():
            assert any(f"pieces of {order}/{number} that row " in note
                       for note in made.figures["notes"]), day
    assert any(any(row) for row in told.values())


@pytest.mark.parametrize("seed", (0, 2, 3))
def test_a_closed_quarter_says_what_it_said_whatever_comes_late(seed: int):
    """The same, but some of the events are recorded up to 40 days late, some of them after their
    quarter was closed, and some are corrected long after. A quarter says what it said when it was
    closed, to the cent. What came late stands in the quarter in which it is posted, with a note."""
    grown, told, late = Growing(f"late/{seed}", seed % 3 == 2, 0.2, late=0.4), Rows(), 0
    for day in grown.grow():
        made = asked(grown, day)
        assert not unnoted(made), day
        late += sum("recorded after" in note for note in made.figures["notes"])
        now = closed(made, grown.first_open)
        moved = {quarter: (row, now[quarter]) for quarter, row in told.items()
                 if now[quarter] != row}
        assert not moved, (day, moved, made.figures["notes"])
        told = now
    assert late and len(told) > 1


def test_the_ledgers_have_everything_in_them():
    """Over all seeds each kind of event is recorded, and pieces that are held ship, and are
    cancelled."""
    seen: Counter[str] = Counter()
    for seed in range(30):
        grown = Growing(seed, foreign=seed % 3 == 2)
        for _ in grown.grow():
            pass
        seen += grown.seen
    assert len(seen) == 22 and min(seen.values()) >= 2, seen
