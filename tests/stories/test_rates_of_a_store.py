"""A store's roll-forward after a late exchange rate, from the import of a book to the table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from headgate.files.book_writer import write_book
from headgate.ledger.events import Event
from headgate.session.backlog import backlog
from headgate.session.ledger import import_book, record
from headgate.session.storing import Storage
from headgate.stores.address import address_of
from headgate.stores.upgrading import make_store
from tests.stories.book_builder import AS_OF, book
from tests.stories.test_openings import NOON


def test_a_closed_month_of_a_store_keeps_its_closing(tmp_path: Path):
    """Ten servers at 100 euros are booked on 10 January at 1.10: January closes with 1,100. A rate
    of 1.20 of 20 January is set on 2 February: January stays, February has 100 of fx and ends with
    the 1,200 that the lines of the book are worth. Every check ties."""
    story = book([("board", 10, 0, {"currency": "EUR", "booked_on": "2026-01-10"})],
                 [("board", 10, 0)], items=[("board", 10, "server")],
                 rates=[("EUR", "1.10", {"on": date(2025, 11, 1)})])
    write_book(story.frames, story.settings, tmp_path / "book", "csv")
    address = address_of(tmp_path / "store.db")
    assert address is not None
    make_store(address)
    closed = {"name": "2026-01", "starts_on": "2026-01-01", "ends_on": "2026-01-31"}
    late = {"currency": "EUR", "on": "2026-01-20", "rate_micro": 1_200_000}
    with Storage(address, NOON) as storage:
        import_book(storage, tmp_path / "book", actor="ana")
        record(storage, [Event("period_closed", "2026-01", AS_OF, closed, "ana", "", "close")])
        found = []
        for events in ([], [Event("row_set", "rates:EUR/2026-01-20", AS_OF, late, "ana", "", "r")]):
            if events:
                record(storage, events)
            read = storage.book(AS_OF)
            told = storage.journals(None, read)
            made = backlog(read, movements=told.movements, rates=told.rates, period="month",
                           by=("region", "line"))
            assert made.figures["ties_hold"]
            found.append(made.roll_forward.rows.filter(by="total").select(
                "opening_cents", "booked_cents", "fx_cents", "closing_cents").rows())
    assert found == [[(0, 110_000, 0, 110_000), (110_000, 0, 0, 110_000)],
                     [(0, 110_000, 0, 110_000), (110_000, 0, 10_000, 120_000)]]
