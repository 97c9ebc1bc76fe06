"""A ledger in memory for stories: what was sent, what was refused, and the state after it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from headgate.ledger.events import Event, Recorded
from headgate.ledger.fold import State
from headgate.ledger.lines import Line

NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
LINE = "SO-4711/1"


class LedgerDesk:
    """Sends events one after another, an hour apart."""

    def __init__(self) -> None:
        self.state = State()
        self.rows: list[Recorded] = []
        self.sent = 0
        self.start = NOW

    @property
    def now(self) -> datetime:
        """The time of the next event."""
        return self.start + timedelta(hours=self.sent)

    def event(self, kind: str, key: str, on: str, /, **data: Any) -> Event:
        return Event(kind, key, date.fromisoformat(on), data, "ann", "", f"key-{self.sent}")

    def send(self, kind: str, key: str, on: str, /, **data: Any) -> str:
        """Record an event: "recorded", or the code of why it is not, which changes nothing."""
        event = self.event(kind, key, on, **data)
        now = self.now
        self.sent += 1
        before = None if self.sent > 60 else self.state.frames()
        rejection = self.state.judge(event, now)
        if rejection is not None:
            assert before is not None and State.restore(before) == self.state
            return rejection.code
        row = self.state.next_recorded(event, now)
        self.state.apply(row)
        self.rows.append(row)
        return "recorded"

    def must(self, kind: str, key: str, on: str, /, **data: Any) -> int:
        """Record an event that is not refused; its sequence."""
        assert self.send(kind, key, on, **data) == "recorded"
        return self.state.sequence

    def book(self, quantity: int = 64, price: int = 100, on: str = "2026-01-05",
             key: str = LINE, **more: Any) -> int:
        """Book an order line of so many pieces at so many cents; its sequence."""
        order_id, _, line_no = key.rpartition("/")
        return self.must("order_booked", key, on, **{
            "order_id": order_id, "line_no": int(line_no), "customer_id": "cust-001",
            "segment": "enterprise", "region": "EMEA", "item_id": "xe-b300",
            "quantity": quantity, "unit_price_cents": price, "booked_on": on,
            "requested_on": "2026-03-20", **more})

    def line(self, key: str = LINE) -> Line:
        line = self.state.lines.get(key)
        assert line is not None
        return line

    def open(self, key: str = LINE) -> tuple[int, int]:
        """Open pieces of a line, and cents."""
        line = self.line(key)
        return line.open_quantity, line.open_cents


def desk_with_line(**booking: Any) -> LedgerDesk:
    """A desk with one order line: 64 pieces at 1.00, booked on 2026-01-05."""
    desk = LedgerDesk()
    desk.book(**booking)
    return desk
