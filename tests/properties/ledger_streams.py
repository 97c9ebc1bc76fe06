"""Random streams of events about a few order lines, late ones and corrections among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from headgate.ledger.events import Event, Recorded
from headgate.ledger.fold import State
from headgate.ledger.rejections import Rejection

FIRST = date(2026, 1, 5)
START = datetime(2026, 3, 1, tzinfo=UTC)
KEYS = ("SO-1/1", "SO-2/1")
REGIONS = ("AMER", "EMEA")


@dataclass
class Ledger:
    """A ledger in memory: a live state, what was recorded, and what was refused."""

    state: State = field(default_factory=State)
    rows: list[Recorded] = field(default_factory=list)
    refused: list[tuple[Event, Rejection]] = field(default_factory=list)

    def send(self, kind: str, key: str, on: date, data: dict[str, Any] | None = None
             ) -> Rejection | None:
        """Record an event, or say why not; each is sent an hour after the one before."""
        number = len(self.rows) + len(self.refused)
        event = Event(kind, key, on, data or {}, "test", "", f"key-{number}")
        now = START + timedelta(hours=number)
        rejection = self.state.judge(event, now)
        if rejection is not None:
            self.refused.append((event, rejection))
            return rejection
        row = self.state.next_recorded(event, now)
        self.state.apply(row)
        self.rows.append(row)
        return None


def booking(key: str, quantity: int, price: int, region: str, on: date) -> dict[str, Any]:
    """The data of an order that was booked."""
    order_id, line_no = key.split("/")
    return {"order_id": order_id, "line_no": int(line_no), "customer_id": f"cust-{line_no}",
            "segment": "neocloud", "region": region, "item_id": "xe-b300", "quantity": quantity,
            "unit_price_cents": price, "booked_on": on.isoformat(), "requested_on": "2026-06-01"}


_STEPS = st.tuples(
    st.sampled_from(("book", "book", "amend", "move", "cancel", "ship", "ship", "deliver",
                     "deliver", "accept", "return", "return", "invoice", "override", "close",
                     "void", "replace", "replace", "other", "other")),
    st.sampled_from(KEYS), st.integers(0, 40), st.integers(1, 9), st.integers(0, 30))

streams = st.lists(_STEPS, min_size=1, max_size=30)
"""Steps for `run`: what, on which line, on which day, how many, and one more number."""

crowded = st.lists(st.tuples(
    st.sampled_from(("book", "amend", "amend", "move", "ship", "invoice", "replace", "replace",
                     "replace", "void", "other", "other")),
    st.sampled_from(KEYS[:1]), st.sampled_from((0, 8, 9, 10)), st.integers(1, 9),
    st.integers(0, 30)), min_size=3, max_size=20)
"""Steps on so few days that most events share theirs with others, corrections among them."""


def run(steps: list[tuple[str, str, int, int, int]], closing: bool = True) -> Ledger:
    """A ledger after the steps that it took."""
    ledger = Ledger()
    for step in steps:
        take(ledger, *step, closing=closing)
    return ledger


def take(ledger: Ledger, what: str, key: str, day: int, count: int, more: int,
         closing: bool = True) -> None:
    """Send the event of one step, if there is one."""
    # Bookings come first for the most part: before them a line takes nothing.
    on = FIRST + timedelta(days=day // 8 if what == "book" else day)
    region = REGIONS[more % 2]
    if what == "book":
        ledger.send("order_booked", key, on, booking(key, count, 100 + more, region, on))
    elif what == "amend":
        ledger.send("order_amended", key, on, {"quantity": count} if more % 3 == 0 else
                    {"unit_price_cents": 100 + more} if more % 3 == 1 else
                    {"quantity": count, "unit_price_cents": 200 + more})
    elif what == "move":
        ledger.send("order_amended", key, on, {"region": region, "requested_on": "2026-07-01"})
    elif what in ("cancel", "ship", "deliver", "accept"):
        kind = {"cancel": "order_cancelled", "ship": "order_shipped",
                "deliver": "order_delivered", "accept": "order_accepted"}[what]
        ledger.send(kind, key, on, {"quantity": 1 + count % 4})
    elif what == "return":
        stage = ("transit", "delivered", "accepted")[more % 3]
        ledger.send("order_returned", key, on, {"quantity": 1 + count % 2, "stage": stage})
    elif what == "invoice":
        ledger.send("order_invoiced", key, on, {"amount_cents": 100 * count - 300})
    elif what == "override":
        line = ledger.state.lines.get(key)
        if line is not None:
            ledger.send("override", key, on, {
                "table": "orders", "column": "unit_price_cents", "old": line.price,
                "new": 300 + more})
    elif what == "close" and closing:
        ledger.send("period_closed", f"P{day}", on, {
            "name": f"P{day}", "starts_on": FIRST.isoformat(), "ends_on": on.isoformat()})
    elif what == "other":
        _other(ledger, key, on, count, more)
    elif what in ("void", "replace") and ledger.rows:
        _correct(ledger, what, on, count, more)


def _correct(ledger: Ledger, what: str, on: date, count: int, more: int) -> None:
    row = ledger.rows[more % len(ledger.rows)]
    event, data = row.event, dict(row.event.data)
    if what == "void":
        ledger.send("correction", event.key, event.effective_on,
                    {"corrects": row.sequence, "void": True})
        return
    if "quantity" in data:
        data["quantity"] = count
    elif "amount_cents" in data:
        data["amount_cents"] = 100 * count
    ledger.send("correction", event.key, on if more % 2 else event.effective_on,
                {"corrects": row.sequence, "data": data})


def _other(ledger: Ledger, key: str, on: date, count: int, more: int) -> None:
    """An event about something else than what a line has open."""
    number = ledger.state.sequence
    kind, about, data = (
        ("supply_committed", "PO-1", {"item_id": "gpu", "site_id": "austin", "quantity": 8,
                                      "available_on": "2026-04-06"}),
        ("supply_moved", "PO-1", {"available_on": f"2026-05-{count:02d}"}),
        ("supply_amended", "PO-1", {"quantity": count + 4, "supplier": f"s{count % 3}"}),
        ("supply_received", "PO-1", {"quantity": 1 + count % 3}),
        ("supply_cut", "PO-1", {"quantity": 1 + count % 2, "received": count % 3 == 0}),
        ("promise_made", key, {"promised_on": f"2026-06-{count:02d}", "quantity": count}),
        ("promise_moved", key, {"promised_on": f"2026-07-{count:02d}", "quantity": count}),
        ("promise_withdrawn", key, {}),
        ("deposit_received", "C-1", {"amount_cents": 100 * count}),
        ("deposit_refunded", "C-1", {"amount_cents": 30 * count}),
        ("service_booked", "SO-1/9", {"order_id": "SO-1", "line_no": 9, "item_id": "support",
                                      "amount_cents": 900, "starts": "1", "term_months": 12}),
        ("service_started", "SO-1/9", {}),
        ("service_amended", "SO-1/9", {"amount_cents": 100 * count}),
        ("hold_placed", f"hold-{number}", {"plan": "p", "until": "2026-04-01T00:00:00+00:00",
                                           "hold": {"n": count}, "seen": number - count % 2}),
        ("hold_committed", f"hold-{count}", {}),
        ("row_set", "lanes:austin/EMEA", {"site_id": "austin", "region": "EMEA",
                                          "transit_days": count}),
    )[more % 16]
    ledger.send(kind, about, on, data)
