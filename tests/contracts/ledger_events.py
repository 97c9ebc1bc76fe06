"""Events that tests of stores record, and times at which they do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from headgate.ledger.events import Event

DAY = date(2026, 2, 2)
NOW = datetime(2026, 2, 2, 9, 30, tzinfo=UTC)


def event(kind: str, key: str, data: dict[str, Any], unique: str, on: date = DAY,
          actor: str = "ana", reason: str = "") -> Event:
    """An event with an idempotency key of its own."""
    return Event(kind, key, on, data, actor, reason, unique)


def booked(order: str, quantity: int = 10, price: int = 41_500_000, line: int = 1,
           unique: str | None = None) -> Event:
    """An order line was booked."""
    return event("order_booked", f"{order}/{line}", {
        "order_id": order, "line_no": line, "customer_id": "cust-001", "segment": "enterprise",
        "region": "EMEA", "item_id": "xe-b300", "quantity": quantity,
        "unit_price_cents": price, "booked_on": "2026-02-02", "requested_on": "2026-03-20"},
        unique or f"book {order}/{line}")


def shipped(order: str, quantity: int, unique: str, line: int = 1) -> Event:
    """Pieces of a line left."""
    return event("order_shipped", f"{order}/{line}", {"quantity": quantity}, unique)
