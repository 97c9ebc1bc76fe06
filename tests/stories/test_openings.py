"""Pieces that had shipped before their line came into a ledger: what their revenue is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from headgate.files.book_writer import write_book
from headgate.session.journals import Journals
from headgate.session.ledger import event_of_options, import_book, record
from headgate.session.planning import plan
from headgate.session.recognising import revenue
from headgate.session.storing import Storage
from headgate.stores.address import address_of
from headgate.stores.upgrading import make_store
from tests.stories.book_builder import AS_OF, book

NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)


def ledger_of(folder: Path, recognise_on: str) -> Storage:
    """A ledger with one line of ten boards at 100.00, of which four had shipped."""
    story = book([("board", 10, 0, {"shipped_quantity": 4, "recognise_on": recognise_on})],
                 [("board", 6, 0)], items=[("board", 10, "server")])
    write_book(story.frames, story.settings, folder / "book", "csv")
    address = address_of(folder / "store.db")
    assert address is not None
    make_store(address)
    storage = Storage(address, NOON)
    import_book(storage, folder / "book", actor="ana")
    return storage


def recorded(storage: Storage, name: str) -> Journals:
    """What the ledger has recorded for finance up to a plan."""
    return storage.journals(name, storage.book_of(name))


def planned(storage: Storage, name: str, as_of: date = AS_OF) -> int:
    """Plan the ledger's book, and the cents of revenue that the plan brings from its day on."""
    read = storage.book(as_of)
    plan(read).write(storage.target(name), excel=False)
    storage.keep(name, read)
    known = recorded(storage, name)
    made = revenue(storage.book_of(name), storage.plan(name), progress=known.progress)
    return made.revenue.totals["revenue_cents"]


def test_openings_count_as_recognised(tmp_path):
    """Four of ten boards were shipped when the ledger began, nobody knows when: they count as
    recognised, whatever the rule, and the plan brings six times 100.00 as from a folder."""
    for rule in ("ship", "deliver"):
        (tmp_path / rule).mkdir()
        with ledger_of(tmp_path / rule, rule) as storage:
            assert planned(storage, "first") == 60_000
            assert recorded(storage, "first").billings is None


def test_what_ships_in_the_ledger_is_under_way(tmp_path):
    """Two more ship on Monday and are recognised on delivery: of ten boards four are past, two are
    under way, four are to be shipped, so six times 100.00 are still to come."""
    with ledger_of(tmp_path, "deliver") as storage:
        record(storage, [event_of_options("order_shipped", "SO-1/1", {"quantity": "2"},
                                          "s", AS_OF, "ana", "")])
        assert planned(storage, "second") == 60_000


def test_openings_that_are_delivered_later_count_then(tmp_path):
    """The four of the opening are delivered on Monday, says the ledger: their shipment is no
    secret any more, and nothing counts twice."""
    with ledger_of(tmp_path, "deliver") as storage:
        record(storage, [event_of_options("order_delivered", "SO-1/1", {"quantity": "4"},
                                          "d", AS_OF, "ana", "")])
        assert planned(storage, "third") == 60_000
        assert recorded(storage, "third").progress["step"].to_list() == ["opening", "delivered"]


def test_movements_of_a_stored_ledger(tmp_path):
    """Ten boards booked at 100.00, four shipped before, two more now: 1,000.00 - 400.00 - 200.00
    are open; as it was known before that, 600.00."""
    with ledger_of(tmp_path, "ship") as storage:
        storage.now = NOON + timedelta(hours=1)
        record(storage, [event_of_options("order_shipped", "SO-1/1", {"quantity": "2"},
                                          "s", AS_OF, "ana", "")])
        assert storage.movements()["amount_cents"].to_list() == [100_000, -40_000, -20_000]
        assert storage.movements(NOON)["amount_cents"].sum() == 60_000
