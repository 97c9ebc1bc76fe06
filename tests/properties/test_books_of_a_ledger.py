"""Whatever leaves, comes back or ends in a ledger, it holds a book on every day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.base.issue import IssuesError
from headgate.ledger.book_tables import book_tables
from headgate.ledger.entry import Entry
from headgate.ledger.events import Event
from headgate.ledger.fold import fold
from headgate.ledger.importing import MISSING, events_of
from headgate.ledger.rejections import Rejection
from headgate.tables.check import check_tables
from headgate.tables.raw import raw_of_frames
from tests.properties.ledger_streams import FIRST, Ledger

LINES = ("SO-1/1", "SO-1/2", "SO-2/1")
LOTS = {"SO-1/2": 2}
SERVICES = ("SO-1/8", "SO-1/9", "SO-2/9")
STARTS = ("1", "2", None, "2026-02-01")
OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("settings:", {"name": "Backlog", "as_of": FIRST.isoformat(), "horizon_weeks": 20,
                   "fiscal_year_end": "12-31", "currency": "USD", "policy": {}}),
    ("items:box", {"item_id": "box", "kind": "component", "unit_cost_cents": 100}),
    ("items:support", {"item_id": "support", "kind": "service", "unit_cost_cents": 1}),
    ("sites:austin", {"site_id": "austin"}),
    ("lanes:austin/EMEA", {"site_id": "austin", "region": "EMEA", "transit_days": 3}),
    *((f"pins:SO-1/1/{week}/austin", {"order_id": "SO-1", "line_no": 1, "site_id": "austin",
                                      "ship_on": week, "quantity": 4, "reason": "asked"})
      for week in ("2026-02-02", "2026-02-09")))

Steps = list[tuple[str, int, int, int, int]]
steps = st.lists(st.tuples(
    st.sampled_from(("cancel", "cancel", "ship", "close", "amend", "override", "return", "serve",
                     "serve", "start", "again", "hang", "end", "void", "replace", "replace",
                     "import")),
    st.integers(0, 2), st.integers(0, 12), st.integers(1, 8), st.integers(0, 30)),
    min_size=3, max_size=25)


class Shop(Ledger):
    """A ledger asked as a store asks it, with a book of three orders from its first day on."""

    def __init__(self) -> None:
        super().__init__()
        for key, data in OTHERS[:5]:
            self.must("row_set", key, data)
        self.must("supply_committed", "PO-1", {
            "item_id": "box", "site_id": "austin", "available_on": "2026-01-05", "quantity": 50})
        for key in (*LINES, "SO-3/1"):
            order_id, line_no = key.split("/")
            self.must("order_booked", key, {
                "order_id": order_id, "line_no": int(line_no), "customer_id": "c",
                "segment": "neocloud", "region": "EMEA", "item_id": "box", "quantity": 8,
                "unit_price_cents": 500, "booked_on": FIRST.isoformat(),
                "requested_on": "2026-03-02", "lot_size": LOTS.get(key, 1)})
        for key, data in OTHERS[5:]:
            self.must("row_set", key, data)

    def must(self, kind: str, key: str, data: dict[str, Any]) -> None:
        wrong = self.send(kind, key, FIRST, data)
        assert wrong is None, wrong

    def send(self, kind: str, key: str, on: date, data: dict[str, Any] | None = None
             ) -> Rejection | None:
        event = Event(kind, key, on, data or {}, "test", "", "key")
        wrong = None if self.state.judge(event) else Entry(self.state).wrong(event)
        return wrong or super().send(kind, key, on, data)


def act(shop: Shop, what: str, place: int, day: int, count: int, more: int) -> None:
    """Send the event, or the events, of one step."""
    on, line, service = FIRST + timedelta(days=day), LINES[place], SERVICES[place]
    if what in ("cancel", "ship", "return"):
        kind = {"cancel": "order_cancelled", "ship": "order_shipped", "return": "order_returned"}
        there = shop.state.lines.get(line)
        whole = there.open_quantity if there is not None and more % 2 else count
        shop.send(kind[what], line, on, {"quantity": max(1, whole)})
    elif what == "close":
        shop.send("order_closed", line, on)
    elif what == "amend":
        shop.send("order_amended", line, on, {"quantity": _in_lots(line, count)})
    elif what == "override":
        there = shop.state.lines.get(line)
        assert there is not None
        shop.send("override", line, on, {"table": "orders", "column": "quantity",
                                         "old": there.quantity,
                                         "new": _in_lots(line, count)})
    elif what == "serve":
        # Services are sold early for the most part, while there are lines to hang on.
        on, (order_id, line_no) = FIRST + timedelta(days=day // 4), service.split("/")
        shop.send("service_booked", service, on, {
            "order_id": order_id, "line_no": int(line_no), "item_id": "support",
            "amount_cents": 900, "starts": STARTS[more % 4], "term_months": 12})
    elif what == "start":
        shop.send("service_started", service, on)
    elif what == "again":
        shop.send("service_amended", service, on, {"term_months": 12 + count})
    elif what == "hang":
        shop.send("service_amended", service, on, {"starts": STARTS[more % 4]})
    elif what == "end":
        shop.send("service_cancelled" if more % 2 else "service_closed", service, on)
    elif what == "import":
        bring(shop, on, count, more)
    else:
        correct(shop, what, on, count, more)


def _in_lots(line: str, count: int) -> int:
    """Pieces that somebody orders: whole lots. What is shipped or cancelled need not be whole."""
    return count * LOTS.get(line, 1)


def correct(shop: Shop, what: str, on: date, count: int, more: int) -> None:
    about = [row for row in shop.rows if row.event.kind.startswith(("order", "service", "over"))]
    row = about[-1 - more % len(about)]
    event, data = row.event, dict(row.event.data)
    if what == "void":
        shop.send("correction", event.key, event.effective_on,
                  {"corrects": row.sequence, "void": True})
        return
    if event.kind == "override":
        data["new"] = _in_lots(event.key, count)
    elif event.kind in ("order_booked", "order_amended") and "quantity" in data:
        # What was pinned of a booking, all 8 pieces of the first line, was booked.
        data["quantity"] = max(8 if event.kind == "order_booked" else 1,
                               _in_lots(event.key, count))
    elif "quantity" in data:
        data["quantity"] = count
    elif "starts" in data:
        data["starts"] = STARTS[count % 4]
    shop.send("correction", event.key, on, {"corrects": row.sequence, "data": data})


def bring(shop: Shop, on: date, count: int, more: int) -> None:
    """Import the book as it stands without one of its lines and services."""
    raw = book_tables(shop.state)
    tables = dict(raw.tables)
    frames = {name: table.frame for name, table in tables.items()}
    name = "orders" if count % 2 else "service_lines"
    gone = more % max(1, frames[name].height)
    frames[name] = frames[name].with_row_index("row").filter(
        pl.col("row") != gone).drop("row")
    try:
        book = check_tables(raw_of_frames(frames, raw.settings))
        events = events_of(book, shop.state, on, "t", MISSING[more % 4])
    except IssuesError:
        return
    rows, refused = len(shop.rows), len(shop.refused)
    for event in events:
        if shop.send(event.kind, event.key, event.effective_on, dict(event.data)) is not None:
            # All of an import is recorded, or nothing.
            del shop.rows[rows:], shop.refused[refused:]
            shop.state = fold(shop.rows)
            return


@given(steps)
@settings(max_examples=25)
def test_every_day_of_a_ledger_is_a_book(taken: Steps):
    """Terms go together as they are stated: whole lots are ordered, and as many as were pinned.
    (What a ledger takes beyond that is in tests/stories/test_ledger_takes.py.)

    Lines are shipped, cancelled, amended, closed and come back, services hang on them, end and
    hang on others, late and corrected, and books are imported in between. As of any day on which
    something happened, and as it stands now, the check finds no fault in the book of the ledger;
    and that book, imported again, says nothing but the day of its settings: what follows from
    what is recorded is not recorded."""
    shop = Shop()
    for step in taken:
        act(shop, *step)
    for day in sorted({row.event.effective_on for row in shop.rows}):
        state = fold(shop.rows, day)
        book = check_tables(book_tables(state, day))
        assert [event.key for event in events_of(book, state, day, "t")
                if event.key != "settings:"] == []
    assert events_of(check_tables(book_tables(shop.state)), shop.state, FIRST, "t") == []
