"""A small book in a ledger in memory, and what its finance says after further events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from headgate.book import Book, build_book
from headgate.finance.backlog import Backlog
from headgate.ledger.book_tables import book_tables
from headgate.ledger.events import Event, Recorded
from headgate.ledger.fold import State, fold
from headgate.ledger.importing import events_of
from headgate.session.backlog import backlog
from headgate.session.journals import Journals, journals_of
from headgate.tables.check import check_tables
from tests.stories.book_builder import AS_OF, Story, book

NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
LATER_ON = datetime(2026, 2, 3, 9, tzinfo=UTC)
AFTER_ALL = datetime(2027, 12, 31, tzinfo=UTC)
Rows = list[Mapping[str, Any]]


class Lived:
    """
    A ledger that began with a book of servers and boxes, and what was recorded since.

    It offers what finance reads of a store: `read` and `state`. Servers cost 1,000.00 standing
    alone, boxes 500.00, a support of any line 360.00. Where a line is in euros, one is 1.10.
    """

    def __init__(self, orders: Rows, services: Rows = [], now: datetime = NOW) -> None:  # noqa: B006
        self.story = story_of(orders, services)
        self.rows: list[Recorded] = []
        self.live = State()
        for event in events_of(self.story.tables(), self.live, AS_OF, "ann"):
            self.take(event, now)

    def record(self, kind: str, key: str, on: str | date, /, **data: Any) -> int:
        """Record an event that is not refused; its sequence."""
        day = on if isinstance(on, date) else date.fromisoformat(on)
        number = len(self.rows)
        self.take(Event(kind, key, day, data, "ann", "", f"key-{number}"), LATER_ON)
        return self.live.sequence

    def close(self, name: str, starts_on: str, ends_on: str) -> None:
        """Close a period, whenever that is."""
        self.take(Event("period_closed", name, date.fromisoformat(ends_on), {
            "name": name, "starts_on": starts_on, "ends_on": ends_on}, "ann", "", name), AFTER_ALL)

    def load(self, orders: Rows, services: Rows = [], on: date = AS_OF) -> None:  # noqa: B006
        """Import the book anew; what is not in it any more has left it."""
        for event in events_of(story_of(orders, services).tables(), self.live, on, "ann"):
            self.take(event, LATER_ON)

    def take(self, event: Event, now: datetime) -> None:
        """Record an event that is not refused."""
        rejection = self.live.judge(event, now)
        assert rejection is None, (event, rejection)
        self.rows.append(self.live.next_recorded(event, now + timedelta(seconds=len(self.rows))))
        self.live.apply(self.rows[-1])

    # What finance reads of a store.

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        return iter(self.rows[after:until])

    def state(self, effective_on: date | None = None,
              recorded_at: datetime | None = None) -> State:
        return fold(self.rows, effective_on, recorded_at)

    # What is told of a day.

    def book(self, on: str | date = AS_OF, until: int | None = None) -> Book:
        """The planner's book of a day, as known after an event."""
        day = on if isinstance(on, date) else date.fromisoformat(on)
        return build_book(check_tables(book_tables(fold(self.rows[:until], day), day)))

    def journals(self, on: str | date = AS_OF, until: int | None = None) -> Journals:
        """What is recorded for finance."""
        return journals_of(self, until, self.book(on, until))  # type: ignore[arg-type]

    def told(self, on: str | date = AS_OF, until: int | None = None) -> Backlog:
        """The backlog of a day."""
        known = self.journals(on, until)
        return backlog(self.book(on, until), movements=known.movements, progress=known.progress,
                       billings=known.billings, past=known.past)

    def walk(self, on: str | date = AS_OF, until: int | None = None) -> dict[str, int]:
        """The rows of the walk to RPO and deferred revenue that are not 0 or blank."""
        made = self.told(on, until)
        assert made.figures["ties_hold"], made.ties.filter(pl.col("holds") != "yes")
        return {step: cents for step, cents in made.rpo_walk.select("step", "cents").iter_rows()
                if cents}


def story_of(orders: Rows, services: Rows = []) -> Story:  # noqa: B006
    """A book of order lines and service lines, as `line` and `support` give them."""
    story = book(orders, [("server", 1, 1), ("box", 1, 1)], items=[
        ("server", 10, "server", {"standalone_price": "1000.00"}),
        ("box", 10, "component", {"standalone_price": "500.00"}),
        ("support", 1, "service", {"standalone_price": "360.00"})], horizon=26, rates=[
            ("EUR", "1.10")] if any(row.get("currency") == "EUR" for row in orders) else [])
    if services:
        story.frames["service_lines"] = pl.DataFrame(services).cast(pl.String)
    return Story(story.frames, {**story.settings, "fiscal_year_end": "12-31"})


def line(order: str, number: int, quantity: int, price: str, **more: Any) -> dict[str, Any]:
    """A row of `orders`."""
    return {"order_id": order, "line_no": number, "item_id": "server", "quantity": quantity,
            "unit_price": price, "requested_on": 10, "cancellable": "no", **more}


def support(order: str, number: int, amount: str, starts: str, months: int) -> dict[str, Any]:
    """A row of `service_lines`."""
    return {"order_id": order, "line_no": number, "item_id": "support", "amount": amount,
            "starts": starts, "term_months": months}
