"""The demo's ledger: every event is taken, the quarters roll forward, and it ends in the book."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

import polars as pl
import pytest

from headgate.demo import demo_book
from headgate.demo.happened import QUARTERS, Batch, demo_batches
from headgate.ledger.book_tables import book_tables
from headgate.ledger.events import Recorded
from headgate.ledger.fold import State
from headgate.ledger.importing import events_of
from headgate.tables.check import check_tables
from headgate.tables.frames import Tables
from headgate.tables.raw import raw_of_frames

SIZES = [(100, 1), (1000, 1), (1000, 2)]


@cache
def told(lines: int, seed: int) -> tuple[Tables, list[Batch], list[Recorded], State]:
    """A demo book, the batches of its ledger, and what a state makes of them."""
    made = demo_book(lines, seed)
    tables = check_tables(raw_of_frames(made.frames, made.settings))
    base = events_of(tables, None, tables.settings.as_of, "import")
    batches = list(demo_batches(tables.frames["orders"], base, seed))
    state, recorded = State(), []
    for batch in batches:
        for event in batch.events:
            assert state.judge(event, batch.recorded_at) is None, event
            recorded.append(state.next_recorded(event, batch.recorded_at))
            state.apply(recorded[-1])
    return tables, batches, recorded, state


@pytest.mark.parametrize(("lines", "seed"), SIZES)
def test_it_ends_in_the_demo_book(lines: int, seed: int):
    """Every row of the book is there again as it is; beside it only order lines that have left in
    whole and are under way, or wait to be accepted. Every other table is the book's."""
    tables, _, _, state = told(lines, seed)
    held = check_tables(book_tables(state))
    key = ["order_id", "line_no"]
    orders = held.frames["orders"]
    book = tables.frames["orders"].sort(key)
    assert orders.join(book, on=key, how="semi").sort(key).select(book.columns).equals(book)
    rest = orders.join(book, on=key, how="anti")
    assert (rest["quantity"] == rest["shipped_quantity"]).all()
    for name, frame in tables.frames.items():
        if name != "orders":
            assert held.frames[name].height == frame.height, name
    assert held.settings == tables.settings


@pytest.mark.parametrize(("lines", "seed"), SIZES)
def test_two_quarters_are_closed_and_late_news_fall_into_the_open_one(lines: int, seed: int):
    """FY26 Q3 and Q4 are closed. What the carrier told afterwards about the last days of January is
    posted on 2026-01-31, the first day of the open quarter."""
    _, _, recorded, state = told(lines, seed)
    assert [row.event.key for row in recorded if row.event.kind == "period_closed"] == [
        name for name, *_ in QUARTERS]
    late = [row for row in recorded if row.prior_period is not None]
    assert late and {row.prior_period for row in late} == {"FY26 Q4"}
    assert {row.posted_on for row in late} == {date(2026, 1, 31)}
    assert state.closed.last_on == date(2026, 1, 30)


def test_the_quarters_come_near_to_what_dell_published():
    """Per 10,000 lines: ordered 12.3 and 34.1 billion, shipped 5.6 and 9.5; a tenth more or less.
    Orders in other currencies are counted at the rates of the book."""
    tables, _, recorded, _ = told(1000, 1)
    rates = {None: 1.0, "USD": 1.0, "EUR": 1.15, "GBP": 1.315, "JPY": 0.0065}
    price: dict[str, float] = {}
    sums: dict[tuple[str, str], float] = {}
    for row in recorded:
        event = row.event
        quarter = next((name for name, first, last, _ in QUARTERS
                        if first <= row.posted_on <= last), None)
        if event.kind == "order_booked":
            price[event.key] = event.data["unit_price_cents"] * rates[event.data.get("currency")]
        if quarter and event.kind in ("order_booked", "order_shipped"):
            place = (quarter, event.kind)
            sums[place] = sums.get(place, 0.0) + event.data["quantity"] * price[event.key] / 1e10
    published = {("FY26 Q3", "order_booked"): 12.3, ("FY26 Q4", "order_booked"): 34.1,
                 ("FY26 Q3", "order_shipped"): 5.6, ("FY26 Q4", "order_shipped"): 9.5}
    assert sums == pytest.approx(published, rel=0.2)
    assert tables.settings.fiscal_year_end == "FRI nearest 01-31"


def test_the_same_seed_tells_the_same_story():
    """Every hash is the same when the events are made again."""
    tables, _, recorded, _ = told(100, 1)
    base = events_of(tables, None, tables.settings.as_of, "import")
    again = [event for batch in demo_batches(tables.frames["orders"], base, 1)
             for event in batch.events]
    assert again == [row.event for row in recorded]
    assert recorded[-1].recorded_at == datetime(2026, 2, 2, 20, tzinfo=UTC)
    assert pl.Series([row.hash for row in recorded]).n_unique() == len(recorded)
