"""Many who want the last boards at once: exactly those that are there are given away."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from headgate.base.issue import IssuesError
from headgate.files.book_writer import write_book
from headgate.quoting.requests import Request
from headgate.session import store_publishing
from headgate.session.ledger import event_of_options, import_book, record
from headgate.session.planning import plan
from headgate.session.storing import Storage
from headgate.stores.address import Address
from headgate.stores.upgrading import make_store
from tests.contracts.test_store_restored import brought_back, copied
from tests.stories.book_builder import AS_OF, book, week

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, EACH = 4, 25
NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)


@pytest.fixture
def boards(address: Address, tmp_path) -> Address:
    """A store with fifteen boards on hand, an order for five of them, and a published plan."""
    story = book([("board", 5, 0)], [("board", 15, 0)], items=[("board", 10, "server")])
    write_book(story.frames, story.settings, tmp_path / "book", "csv")
    make_store(address)
    with Storage(address, NOON) as storage:
        import_book(storage, tmp_path / "book", actor="ana")
        read = storage.book()
        plan(read).write(storage.target("week-06"), excel=False)
        storage.keep("week-06", read)
        storage.publish("week-06", AS_OF, by="ana")
    return address


def test_a_hundred_holds_on_the_last_ten_boards(boards: Address, place: str):
    """Ten boards are left. Four processes ask for one board 25 times each, all at once: exactly ten
    of the hundred get one, ninety are told that there is none, and the ledger knows of ten."""
    running = [subprocess.Popen(
        [sys.executable, "-m", "tests.contracts.store_workers", "hold", place, str(EACH)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)]
    for process in running:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers: Counter[str] = Counter()
    for process in running:
        out, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        answers.update(json.loads(out))
    assert answers == {"held": 10, "not_enough": PROCESSES * EACH - 10}
    with Storage(boards, datetime.now(UTC)) as storage:
        kept = storage.holds()
        assert kept is not None
        assert sum(hold.request.quantity for hold in kept.keeping().values()) == 10
        placed = list(storage.store.find(kind="hold_placed"))
        assert len({row.event.key for row in placed}) == len(placed) == 10
        (quote,) = storage.quote("week-06", [Request("board", 1, "AMER")], "atp", False)
        assert quote.quantity == 0
        assert storage.store.verify() == []


def test_what_expires_is_there_again(boards: Address):
    """Ten boards are held until one o'clock. At half past twelve there is none, at two there are
    ten: the next hold of ten is made, and the first one is recorded as expired before it."""
    ten = Request("board", 10, "AMER")
    for hour, minute, code in ((12, 0, "held"), (12, 30, "not_enough"), (14, 0, "held")):
        now = NOON.replace(hour=hour, minute=minute)
        with Storage(boards, now) as storage:
            until = now.replace(hour=hour + 1, minute=0)
            assert storage.hold(ten, until, f"at {now}", "atp").code == code
            recorded = [row.event.kind for row in storage.store.read()]
            assert storage.store.verify() == []
    assert recorded[-3:] == ["hold_placed", "hold_expired", "hold_placed"]


def test_holds_of_a_copy_that_came_back(boards: Address):
    """Nine boards are held after the copy; it comes back, and nobody holds any: the program that
    held them holds ten, as hold 1, and answers for what the store has."""
    with Storage(boards, NOON) as storage:
        copy = copied(storage.store)
        until = NOON.replace(hour=20)
        assert storage.hold(Request("board", 9, "AMER"), until, "Q-1", "atp").code == "held"
        brought_back(storage.store, copy)
        assert storage.hold(Request("board", 10, "AMER"), until, "Q-2", "atp").code == "held"
        kept = storage.holds()
        assert kept is not None
        assert [hold.request.quantity for hold in kept.keeping().values()] == [10]
        assert storage.store.verify() == []


def test_a_hold_takes_its_boards_over_to_the_next_plan(boards: Address):
    """Four boards are held. The next plan is made of eleven; published, six can be promised.
    Released, they stay out until a plan is made with them, and ten can be promised then."""
    with Storage(boards, NOON) as storage:
        storage.hold(Request("board", 4, "AMER"), NOON.replace(hour=20), "Q-1", "atp")
    for name, released, free in (("second", False, 6), ("third", True, 10)):
        with Storage(boards, NOON.replace(hour=13 + released)) as storage:
            if released:
                assert storage.release("hold-1", "gone").done
                assert promised(storage, "second") == 6
            read = storage.book()
            assert read.tables.frames["supply"]["quantity"].sum() == 5 + free
            plan(read).write(storage.target(name), excel=False)
            storage.keep(name, read)
            storage.publish(name, AS_OF, by="ana")
            assert promised(storage, name) == free
            assert storage.store.verify() == []


def promised(storage: Storage, name: str) -> int:
    """Boards that can be promised to one more customer."""
    (quote,) = storage.quote(name, [Request("board", 100, "AMER")], "atp", False)
    return quote.quantity


def test_a_published_promise_is_of_record(boards: Address):
    """The order's five boards were promised for the first Friday, without one before; it is the
    promise of the next book, and of no other line."""
    with Storage(boards, NOON) as storage:
        orders = storage.book().tables.frames["orders"]
        assert orders["promised_on"].to_list() == [week(0, 4)]
        (made,) = storage.store.find(kind="promise_made")
        assert made.event.data["quantity"] == 5
        assert made.event.effective_on == AS_OF == date(2026, 2, 2)


def test_what_was_cancelled_meanwhile_is_promised_nothing(boards: Address):
    """A second order is planned for, and cancelled before the plan is published: no promise of it
    is recorded, and the plan is published all the same."""
    with Storage(boards, NOON) as storage:
        record(storage, [event_of_options("order_booked", "SO-2/1", {
            "order_id": "SO-2", "line_no": "1", "customer_id": "acme", "segment": "enterprise",
            "region": "AMER", "item_id": "board", "quantity": "3", "unit_price": "100",
            "booked_on": "2026-02-02", "requested_on": "2026-02-06"}, "b", AS_OF, "ana", "")])
        read = storage.book()
        plan(read).write(storage.target("second"), excel=False)
        storage.keep("second", read)
        record(storage, [event_of_options("order_cancelled", "SO-2/1", {"quantity": "3"}, "c",
                                          AS_OF, "ana", "")])
        made = storage.publish("second", AS_OF)
        assert made.figures["promised"] == 2
        assert [row.event.key for row in storage.store.find(kind="promise_made")] == ["SO-1/1"]
        assert storage.store.verify() == []


def test_a_publication_is_whole_or_not_at_all(boards: Address, monkeypatch):
    """Writing its files fails: no promise was recorded, the plan is a draft, and what was held is
    on the plan before."""
    with Storage(boards, NOON) as storage:
        before = storage.store.head()
        read = storage.book()
        plan(read).write(storage.target("second"), excel=False)
        storage.keep("second", read)

        def broken(*_: object) -> dict[str, bytes]:
            raise OSError("the disk is full")

        monkeypatch.setattr(store_publishing, "publication_files", broken)
        with pytest.raises(OSError, match="full"):
            storage.publish("second", AS_OF)
        assert storage.store.head() == before
        assert storage.find("second").published is None
        kept = storage.holds()
        assert kept is not None and kept.name == "week-06"
        monkeypatch.undo()
        storage.publish("second", AS_OF)
        with pytest.raises(IssuesError, match="not replaced"):
            storage.target("second")
