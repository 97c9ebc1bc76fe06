"""Events of what happens, recorded for days to come: taken, and told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from headgate.base.issue import Issue
from headgate.ledger.events import Event, in_utc

HAPPENED = frozenset((
    "order_shipped", "order_delivered", "order_accepted", "order_returned", "order_invoiced",
    "deposit_received", "deposit_refunded", "deposit_credited", "service_started",
    "supply_received"))
"""Kinds of events that nobody knows before their day."""
ANYWHERE = timedelta(hours=14)
"""Clocks are up to so far ahead of UTC."""


def is_to_come(event: Event, now: datetime) -> bool:
    """Whether an event tells of a shipment, an invoice or the like on a day to come."""
    return event.kind in HAPPENED and event.effective_on > (in_utc(now) + ANYWHERE).date()


def to_come(events: Iterable[Event], now: datetime, file: str,
            lines: Sequence[int | None] = ()) -> list[Issue]:
    """
    Warnings of shipments, invoices and the like whose day has come nowhere yet, one for each kind.

    They are recorded all the same, and count from their day on. Each names the first one, by its
    line, or its place among the events, and how many there are.

    now   : the time, with a zone
    file  : where they come from, as messages show it
    lines : of each, its line there; none: it has no lines
    """
    first: dict[str, tuple[int | None, Event]] = {}
    counts: dict[str, int] = {}
    for place, event in enumerate(events):
        if is_to_come(event, now):
            first.setdefault(event.kind, (lines[place] if lines else place + 1, event))
            counts[event.kind] = counts.get(event.kind, 0) + 1
    return [Issue("ledger.effective.to_come", "warning", file, f"is a day to come, on which "
                  f"{kind} {event.key} counts; if that is a slip, correct the event", place,
                  "effective_on", event.effective_on.isoformat(), counts[kind])
            for kind, (place, event) in first.items()]
