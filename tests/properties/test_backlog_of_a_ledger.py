"""The backlog of a ledger: what its movements roll forward to is what its state says is open."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers

import headgate as hg
from headgate.finance.known_later import known_later
from headgate.finance.levels import cuts_of
from headgate.finance.rollforward import STEPS, roll_forward, span_of
from headgate.ledger.fold import State, fold
from headgate.ledger.importing import events_of
from headgate.ledger.journals import billings
from headgate.ledger.movements import movements
from headgate.ledger.progress import progress
from tests.oracles.money_books import SHAPES, money_book
from tests.properties.ledger_streams import FIRST, run, streams
from tests.stories.movement_rows import exchange

ITEMS = pl.DataFrame({"item_id": ["xe-b300"], "family": ["XE"]})
LAST = FIRST + timedelta(days=400)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@settings(max_examples=60)
@given(streams)
def test_a_roll_forward_of_any_stream_ends_with_the_state(steps):
    """Bookings, amendments, partial shipments, returns, late events, closed periods, corrections
    and overrides, in any order that is allowed: the movements roll forward to what is open of each
    line, told by week and by year; every step sums over lines and regions to that of the total."""
    ledger = run(steps)
    frame = movements(ledger.rows)
    for kind in ("week", "year"):
        made = roll_forward(frame, exchange(), ITEMS, span_of("12-31", kind, FIRST, LAST),
                            cuts_of(["line", "region", "customer,region"]))
        last = made.rows.filter(pl.col("ends_on") == LAST)
        found = {(row["order_id"], row["line_no"]): (row["closing_quantity"], row["closing_cents"])
                 for row in last.filter(pl.col("by") == "line").to_dicts()}
        lines = {tuple(key.split("/")): line for key, line in ledger.state.lines}
        assert {(order, str(line)): both for (order, line), both in found.items() if both[0]} == {
            key: (line.open_quantity, line.open_cents) for key, line in lines.items()
            if line.alive and line.open_quantity}
        for column in ("opening_cents", "closing_cents", *(f"{step}_cents" for step in STEPS)):
            sums = made.rows.group_by("by", "starts_on").agg(pl.col(column).sum())
            spread = sums.filter(pl.col(column) != 0).group_by("starts_on").agg(
                pl.col(column).n_unique().alias("values"), pl.len())
            assert spread.filter((pl.col("values") != 1) | (pl.col("len") != 4)).is_empty(), column
        assert made.closing_cents == int(
            frame.filter(pl.col("posted_on") <= LAST)["amount_cents"].sum())


@settings(max_examples=60)
@given(streams, integers(0, 45))
def test_what_became_known_later_leads_to_the_state_of_the_day(steps, day):
    """Any stream with late events, corrections and closed periods, on any day: of each line and
    region the closing of the roll-forward, which was reported, and what became known later are
    together what the state says of the day now."""
    ledger, until = run(steps), FIRST + timedelta(days=day)
    frame, cuts = movements(ledger.rows), cuts_of(["line", "region"])
    made = roll_forward(frame, exchange(), ITEMS, span_of("12-31", "month", FIRST, until), cuts)
    later = known_later(frame, exchange(), ITEMS, until, cuts)
    state = fold(ledger.rows, until)
    lines = [line for _, line in state.lines if line.alive and line.open_cents]
    for level, name in (("line", "order_id"), ("region", "region")):
        known: Counter[str] = Counter()
        for rows, column in ((made.rows.filter(pl.col("ends_on") == until), "closing_cents"),
                             (later, "amount_cents")):
            for row in rows.filter(pl.col("by") == level).iter_rows(named=True):
                known[row[name]] += row[column]
        says: Counter[str] = Counter()
        for line in lines:
            says[state.lines.terms[name][line.row]] += line.open_cents
        assert {key: cents for key, cents in known.items() if cents} == dict(says)
    total = int(later.filter(pl.col("by") == "total")["amount_cents"].sum())
    assert made.closing_cents + total == sum(line.open_cents for line in lines)


@pytest.mark.parametrize("seed", range(6))
def test_a_book_that_was_imported_has_the_backlog_of_the_book(seed: int):
    """The same book twice: by itself, and through a ledger that it was imported into. The
    roll-forward is the same to the cell, and so is every other number: of the pieces that the book
    calls shipped the ledger knows no more than that they were."""
    frames, settings_ = money_book(seed, SHAPES[seed])
    book = hg.read_book(frames, settings_)
    state, rows = State(), []
    for event in events_of(book.tables, state, book.settings.as_of, "ann"):
        assert state.judge(event, NOW) is None
        rows.append(state.next_recorded(event, NOW))
        state.apply(rows[-1])
    by = ["segment", "item,site", "line"]
    alone = hg.backlog(book, by=by, period="month")
    ledger = hg.backlog(book, by=by, period="month", movements=movements(rows))
    for name, frame in alone.tables().items():
        assert frame.equals(ledger.tables()[name]), name
    told = hg.backlog(book, movements=movements(rows), progress=progress(rows),
                      billings=billings(rows))
    assert told.figures["ties_hold"]
    assert told.figures["order_backlog_cents"] == alone.figures["order_backlog_cents"]
    # Pieces of lines that wait for delivery or acceptance are RPO, once it is known that they do.
    walk = dict(told.rpo_walk.select("step", "cents").iter_rows())
    assert walk["in_transit"] >= 0 and walk["acceptance"] >= 0
