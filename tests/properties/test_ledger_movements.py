"""The roll-forward of every ledger ties to the cent, at every level and on every day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings

from headgate.ledger.fold import State, fold
from headgate.ledger.movements import MOVEMENTS, movements
from headgate.ledger.progress import progress
from tests.oracles.slow_ledger import effective_events, open_of, slow_lines
from tests.properties.ledger_streams import FIRST, Ledger, booking, run, streams

Steps = list[tuple[str, str, int, int, int]]
DAYS = [FIRST + timedelta(days=day) for day in range(0, 44, 4)]
LEVELS = (("order_id", "line_no"), ("region",), ("customer_id", "region"), ())


def totals(rows: list[tuple[tuple[Any, ...], int, int]]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Sums of pieces and cents by group; groups with nothing in them are left out."""
    sums: dict[tuple[Any, ...], tuple[int, int]] = {}
    for group, pieces, cents in rows:
        before = sums.get(group, (0, 0))
        sums[group] = before[0] + pieces, before[1] + cents
    return {group: both for group, both in sums.items() if both != (0, 0)}


def moved(frame: pl.DataFrame, level: tuple[str, ...]) -> dict[tuple[Any, ...], tuple[int, int]]:
    return totals([(tuple(row[name] for name in level), row["quantity"], row["amount_cents"])
                   for row in frame.iter_rows(named=True)])


def standing(lines: dict[str, dict[str, Any]], level: tuple[str, ...]
             ) -> dict[tuple[Any, ...], tuple[int, int]]:
    return totals([(tuple(line[name] for name in level), *open_of(line))
                   for line in lines.values()])


@given(streams)
def test_movements_up_to_a_day_are_the_backlog_of_that_day(steps: Steps):
    """Opening + booked +/- amended - cancelled - shipped + returned = closing: what moved up to a
    day, added up by line, by region, by customer and in all, is what a plain list of the events
    says is open that day. A region that is left is left to the cent."""
    rows = run(steps).rows
    frame = movements(rows)
    assert dict(frame.schema) == MOVEMENTS
    for on in DAYS:
        lines = slow_lines(rows, on)
        upto = frame.filter(pl.col("effective_on") <= on)
        for level in LEVELS:
            assert moved(upto, level) == standing(lines, level)


@given(streams)
def test_what_was_known_at_any_time_can_be_told_again(steps: Steps):
    """Movements recorded up to a time are those of the ledger as it was then: what came later is
    added and changes none of them."""
    rows = run(steps).rows
    frame = movements(rows)
    for count in range(0, len(rows), 5):
        known = frame.filter(pl.col("sequence") <= count)
        assert known.equals(movements(rows[:count]))
        assert moved(known, ("region",)) == standing(
            slow_lines(rows[:count], date(2099, 1, 1)), ("region",))


@given(streams)
def test_a_closed_period_keeps_its_balance(steps: Steps):
    """When a period is closed, what was posted up to its end is its closing balance. Events that
    come for it afterwards, and corrections of it, are posted after it: the balance stays."""
    rows = run(steps).rows
    frame = movements(rows)
    for row in rows:
        if row.event.kind == "period_closed":
            posted = frame.filter(pl.col("posted_on") <= date.fromisoformat(
                row.event.data["ends_on"]))
            assert moved(posted, ("order_id", "region")) == moved(
                posted.filter(pl.col("sequence") <= row.sequence), ("order_id", "region"))
    late = frame.filter(pl.col("prior_period").is_not_null())
    assert late.filter(pl.col("posted_on") <= pl.col("effective_on")).is_empty()
    assert frame.filter(pl.col("prior_period").is_null() & (
        pl.col("posted_on") != pl.col("effective_on"))).is_empty()


@given(streams)
def test_movements_go_on_from_a_snapshot(steps: Steps):
    """The second half of a ledger's events, taken after a snapshot of the first, gives the rows
    that the whole gives for them: amounts, postings and attributes."""
    rows = run(steps).rows
    half = len(rows) // 2
    state = State.restore(fold(rows[:half]).frames())
    whole = movements(rows)
    assert movements(rows[half:], state).equals(whole.filter(pl.col("sequence") > half))
    assert state == fold(rows)


@given(streams)
def test_the_last_row_of_a_line_says_what_is_open(steps: Steps):
    """Each row says what is open of its line after it. After the last event of a line that is not
    effective before any other, that is what the line has now."""
    ledger = run(steps)
    frame = movements(ledger.rows)
    for key, line in ledger.state.lines:
        own = frame.filter(pl.concat_str("order_id", "line_no", separator="/") == key)
        if line.alive and own.height and own["effective_on"][-1] >= line.last_on:
            assert own.row(-1)[-2:] == (line.open_quantity, line.open_cents)


@given(streams)
@settings(max_examples=50)
def test_progress_is_what_counts_of_the_events(steps: Steps):
    """Pieces that were shipped, returned, delivered and accepted, and what came of services, as
    corrected, and no others; what was shipped, at the price that its line had then. Of a line that
    had several prices each is told, and of one whose pieces changed how many are ordered. Each is
    posted where the event was, or the last one that corrects it."""
    rows = run(steps).rows
    posted = {}
    for row in rows:
        posted[row.event.data["corrects"] if row.event.kind == "correction"
               else row.sequence] = row.posted_on
    steps_of = {"order_shipped": "shipped", "order_returned": "returned",
                "order_delivered": "delivered", "order_accepted": "accepted",
                "service_started": "started", "service_amended": "amended"}
    slow, price, prices, pieces = [], {}, {}, {}
    for on, sequence, kind, key, data in effective_events(rows):
        if kind in ("order_booked", "order_amended", "override"):
            price[key] = data.get("unit_price_cents", data.get("new", price.get(key)))
            if "unit_price_cents" in data or "new" in data:
                prices.setdefault(key, []).append((
                    sequence, *key.split("/"), "priced", on, 0, None, price[key],
                    posted[sequence]))
        given = {data["column"]: data["new"]} if "column" in data else data
        if kind in ("order_booked", "order_amended", "override", "order_cancelled") and (
                "quantity" in given):
            own = pieces.setdefault(key, [])
            count = given["quantity"]
            if kind == "order_cancelled":
                count = own[-1][5] - count
            own.append((sequence, *key.split("/"), "ordered", on, count, None, None,
                        posted[sequence]))
        if kind in steps_of:
            slow.append((sequence, *key.split("/"), steps_of[kind], on, data.get("quantity", 0),
                         data.get("stage"), price[key] if kind == "order_shipped" else None,
                         posted[sequence]))
    slow += [row for told in (prices, pieces) for own in told.values() if len(own) > 1
             for row in own]
    assert [(row[0], row[1], str(row[2]), *row[3:])
            for row in progress(rows).iter_rows()] == sorted(slow)


def test_cents_never_drift():
    """20,000 lines of one piece at 0.01 are 200.00, and not a cent more or less, whether they are
    added as they come or from behind; as binary fractions their sum would be another one."""
    ledger = Ledger()
    for number in range(20_000):
        key = f"SO-{number}/1"
        ledger.send("order_booked", key, FIRST, booking(key, 1, 1, "EMEA", FIRST))
    frame = movements(ledger.rows)
    assert frame["amount_cents"].sum() == frame["amount_cents"].reverse().sum() == 20_000
    assert sum([0.01] * 20_000) != 200.0
