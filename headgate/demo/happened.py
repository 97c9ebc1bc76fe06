"""
What happened at the demo maker: two fiscal quarters of events that end in the demo book.

The open lines of the book are booked on their days, changed now and then, and shipped in part.
Other orders came and left before, so that the backlog rolls forward about as Dell's did; some were
cancelled. Nothing in it is real.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl

from headgate.demo.backlog import BACKLOG_LINES
from headgate.demo.draws import Stream, streams
from headgate.demo.products import AS_OF
from headgate.ledger.events import Event

Row = Mapping[str, Any]

BEGINS = date(2025, 8, 2)
"""First day of FY26 Q3, on which the ledger was opened with what was booked before."""
QUARTERS: tuple[tuple[str, date, date, date], ...] = (
    ("FY26 Q3", date(2025, 8, 2), date(2025, 10, 31), date(2025, 11, 7)),
    ("FY26 Q4", date(2025, 11, 1), date(2026, 1, 30), date(2026, 2, 1)))
"""Each closed quarter: its name, first and last day, and the day on which it was closed."""


@dataclass(frozen=True, slots=True)
class Wave:
    """
    Orders that came and went within some days.

    dollars  : their worth in a book of the default size
    booked, left : first and last day of booking, and of shipment or cancellation
    cancelled : whether the customer cancelled them
    """

    dollars: int
    booked: tuple[date, date]
    left: tuple[date, date]
    cancelled: bool = False


_EARLIER = (date(2025, 2, 3), date(2025, 7, 31))
_Q3, _Q4 = (date(2025, 8, 4), date(2025, 10, 30)), (date(2025, 11, 3), date(2026, 1, 29))
WAVES: tuple[Wave, ...] = (
    Wave(5_000_000_000, _EARLIER, _Q3), Wave(2_900_000_000, _EARLIER, _Q4),
    Wave(600_000_000, (date(2025, 8, 4), date(2025, 9, 19)), (date(2025, 9, 22), _Q3[1])),
    Wave(2_200_000_000, _Q3, _Q4),
    Wave(4_400_000_000, (date(2025, 11, 3), date(2025, 12, 19)), (date(2025, 12, 22), _Q4[1])),
    Wave(700_000_000, _Q3, _Q4, cancelled=True))
"""
With what is open of them in the book, orders and shipments of the two quarters come near to what
Dell published for its FY26: 12.3 and 34.1 billion ordered, 5.6 and 9.5 billion shipped.
"""
LARGEST_SHARE = 12
"""No order of a wave is worth more than one in so many of its dollars."""
AMENDED, LARGE_DEPOSIT_CENTS = 60, 2_000_000_000
"""Lines of which quantity or price was another one first, per mille; orders with a deposit."""
RETURNED_ONE_IN, LATE_NEWS, LAST_RETURNED = 200, 6, date(2025, 12, 1)
"""One order in so many sends a piece back that goes again; shipments told after the closing."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that were recorded together."""

    recorded_at: datetime
    events: tuple[Event, ...]


@dataclass
class _Story:
    """Events as they come to mind, and those that were told too late."""

    draw: Stream
    events: list[Event] = field(default_factory=list)
    late: list[Event] = field(default_factory=list)

    def tell(self, kind: str, key: str, on: date, **data: Any) -> Event:
        """One more event about an order."""
        event = Event(kind, key, on, data, "order desk" if kind[:6] != "order_" or kind in (
            "order_booked", "order_amended", "order_cancelled") else "shipping")
        self.events.append(event)
        return event

    def day(self, first: date, last: date) -> date:
        """A working day between two days, or the last of them."""
        span = max(0, (last - first).days)
        day = first + timedelta(days=int(self.draw.whole(1, 0, span)[0]))
        return max(first, day - timedelta(days=max(0, day.weekday() - 4)))


def demo_batches(orders: pl.DataFrame, base: Sequence[Event], seed: int) -> Iterator[Batch]:
    """
    The events of the demo's ledger in the order in which they were recorded.

    orders : the checked table of the demo book
    base   : what importing the book records on its first day; order lines get their own days here
    seed   : another seed is another story that ends in the same book
    """
    draw = streams(seed, ("lines", "waves"))
    story = _Story(draw["lines"])
    opening: list[Event] = []
    booked: dict[str, Event] = {}
    for event in base:
        if event.kind == "order_booked":
            booked[event.key] = event
        elif event.kind != "order_shipped":
            opening.append(replace(event, effective_on=BEGINS, actor="import"))
    for row in orders.iter_rows(named=True):
        _open_line(story, row, booked[f"{row['order_id']}/{row['line_no']}"].data)
    story.draw = draw["waves"]
    number = 0
    for wave in WAVES:
        for like in _lines_worth(orders, wave, story.draw):
            number += 1
            _past_line(story, wave, number, like, booked[
                f"{like['order_id']}/{like['line_no']}"].data)
    services = [event for event in opening if event.kind == "service_booked"]
    opening = [event for event in opening if event.kind != "service_booked"]
    days = {event.key.partition("/")[0]: event.effective_on for event in reversed(story.events)
            if event.kind == "order_booked"}
    story.events += [replace(event, effective_on=days[event.key.partition("/")[0]])
                     for event in services]
    yield from _batches(opening, story)


def _open_line(story: _Story, row: Row, data: Row) -> None:
    """A line of the book: booked, perhaps changed, and what has left of it."""
    key, booked_on, lot = f"{row['order_id']}/{row['line_no']}", row["booked_on"], row["lot_size"]
    first: dict[str, Any] = dict(data)
    change: dict[str, Any] = {}
    kind, up, size = (int(part) for part in story.draw.whole(3, 0, 999))
    if kind < AMENDED:
        if kind % 2:
            more = lot * (1 + size % 4)
            fewer = row["quantity"] - more
            first["quantity"] = fewer if up % 3 == 0 and fewer >= lot else row["quantity"] + more
            change["quantity"] = row["quantity"]
        else:
            part = row["unit_price_cents"] * (5 + size % 20) // 1000 // 100 * 100
            first["unit_price_cents"] = row["unit_price_cents"] + (part if up % 3 else -part)
            change["unit_price_cents"] = row["unit_price_cents"]
    story.tell("order_booked", key, booked_on, **first)
    last = min(booked_on + timedelta(days=6), AS_OF - timedelta(days=4))
    if change:
        story.tell("order_amended", key, story.day(booked_on, max(booked_on, last)), **change)
    left = row["shipped_quantity"]
    if row["contract_id"] is None and row["line_no"] == 1 and (
            row["quantity"] * row["unit_price_cents"] >= LARGE_DEPOSIT_CENTS) and up % 4 == 0:
        sold_in = {} if row["currency"] is None else {"currency": row["currency"]}
        story.tell("deposit_received", row["order_id"], max(booked_on, last), amount_cents=row[
            "quantity"] * row["unit_price_cents"] // 1000 * 100, **sold_in)
    parts = [left] if left < 8 * lot or left == row["quantity"] else [
        left // (2 * lot) * lot, left - left // (2 * lot) * lot]
    on = max(booked_on, last)
    for pieces in (part for part in parts if part):
        on = story.day(on, AS_OF - timedelta(days=3))
        _ship(story, row, key, pieces, on)


def _past_line(story: _Story, wave: Wave, number: int, row: Row, data: Row) -> None:
    """An order that is not in the book any more."""
    booked_on = story.day(*wave.booked)
    left_on = story.day(max(wave.left[0], booked_on + timedelta(days=14)), wave.left[1])
    order_id = f"SO-{number:06d}"
    key, pieces = f"{order_id}/1", row["quantity"]
    blank = {name: None for name in ("earliest_on", "latest_on", "ship_set", "contract_id",
                                     "site_id") if name in data}
    kept = {name: value for name, value in data.items() if name not in blank}
    story.tell("order_booked", key, booked_on, **{
        **kept, "order_id": order_id, "line_no": 1, "booked_on": booked_on.isoformat(),
        "requested_on": (left_on + timedelta(days=7)).isoformat(),
        "promised_on": (left_on + timedelta(days=4 - left_on.weekday())).isoformat()})
    if wave.cancelled:
        kept_pieces = row["lot_size"] if number % 5 == 0 and pieces > row["lot_size"] else 0
        story.tell("order_cancelled", key, left_on, quantity=pieces - kept_pieces)
        if kept_pieces:
            _leave(story, row, key, kept_pieces, left_on)
        return
    if number % RETURNED_ONE_IN == 7 and left_on < LAST_RETURNED:
        came = _ship(story, row, key, pieces, left_on)
        back = came + timedelta(days=2)
        story.tell("order_returned", key, back, quantity=1,
                   stage="accepted" if row["recognise_on"] == "accept" else "delivered")
        _leave(story, row, key, 1, back + timedelta(days=7), invoiced=True)
    else:
        _leave(story, row, key, pieces, left_on)


def _leave(story: _Story, row: Row, key: str, pieces: int, on: date,
           invoiced: bool = False) -> None:
    """All that is open of a line leaves; the line leaves the book once nothing more is due."""
    done = _ship(story, row, key, pieces, on, invoiced)
    if done < AS_OF:
        story.tell("order_closed", key, done)


def _ship(story: _Story, row: Row, key: str, pieces: int, on: date,
          invoiced: bool = False) -> date:
    """
    Pieces leave, are invoiced, arrive and are accepted, as far as that lies before the book.

    returns : the day on which nothing more is due of them
    """
    story.tell("order_shipped", key, on, quantity=pieces)
    if not invoiced:
        story.tell("order_invoiced", key, on, amount_cents=pieces * row["unit_price_cents"])
    arrived = on + timedelta(days=3 + int(story.draw.whole(1, 0, 8)[0]))
    accepted = arrived + timedelta(days=row["acceptance_days"] or 0)
    if arrived < AS_OF:
        story.tell("order_delivered", key, arrived, quantity=pieces)
    if row["recognise_on"] != "accept":
        return arrived
    if accepted < AS_OF:
        story.tell("order_accepted", key, accepted, quantity=pieces)
    return accepted


def _lines_worth(orders: pl.DataFrame, wave: Wave, draw: Stream) -> Iterator[Row]:
    """Lines such as those of the book that are worth a wave's dollars together."""
    cents = wave.dollars * 100 * orders.height // BACKLOG_LINES
    places, upto = draw.order(orders.height).tolist(), 0
    while upto < cents:
        before = upto
        for place in places:
            row = orders.row(place, named=True)
            worth = row["quantity"] * row["unit_price_cents"]
            if worth <= max(cents // LARGEST_SHARE, 1) and row["currency"] in (None, "USD") and (
                    upto + worth <= cents):
                upto += worth
                yield row
        if upto == before:
            return


def _batches(opening: list[Event], story: _Story) -> Iterator[Batch]:
    """All events by the day on which they were recorded, each with a key of its own."""
    numbered = 0

    def keyed(events: Sequence[Event]) -> tuple[Event, ...]:
        nonlocal numbered
        out = []
        for event in events:
            numbered += 1
            out.append(replace(event, idempotency_key=f"demo-{numbered}"))
        return tuple(out)

    last_week = QUARTERS[-1][2] - timedelta(days=3)
    told_late = [event for event in story.events if event.kind == "order_shipped"
                 and last_week <= event.effective_on <= QUARTERS[-1][2]][:LATE_NEWS]
    late_lines = {event.key for event in told_late}
    late = [event for event in story.events if event.key in late_lines
            and event.effective_on >= last_week and event.kind != "order_booked"]
    chosen = {id(event) for event in late}
    by_day: dict[date, list[Event]] = {}
    for event in story.events:
        if id(event) not in chosen:
            by_day.setdefault(_told_on(event.effective_on), []).append(event)
    closings = {closed_on: (name, first, last) for name, first, last, closed_on in QUARTERS}
    yield Batch(_at(BEGINS, 6), keyed(opening))
    for day in sorted({*by_day, *closings}):
        events = sorted(by_day.get(day, []), key=lambda event: event.effective_on)
        if events:
            yield Batch(_at(day, 18), keyed(events))
        if day in closings:
            name, first, last = closings[day]
            yield Batch(_at(day, 20), keyed([Event("period_closed", name, day, {
                "name": name, "starts_on": first.isoformat(), "ends_on": last.isoformat()},
                "controller", f"{name} is reported")]))
    if late:
        yield Batch(_at(AS_OF, 20), keyed([replace(
            event, reason="told by the carrier after the quarter was closed") for event in late]))


def _told_on(day: date) -> date:
    """The Friday on which a week's events are recorded; of what was before, the ledger's start."""
    if day <= BEGINS:
        return BEGINS
    return min(AS_OF, day + timedelta(days=(4 - day.weekday()) % 7))


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)
