"""What was committed stays promised once it is an order; and promises that only orders had."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import headgate as hg
from headgate.base.issue import IssuesError
from headgate.book import Book
from headgate.files.book_writer import write_book
from headgate.session.ledger import event_of_options, import_book, record
from headgate.session.planning import plan
from headgate.session.storing import Storage
from headgate.stores.address import Address
from headgate.stores.upgrading import make_store
from tests.stories.book_builder import AS_OF, Story, book, week

NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)
"""When everything here happens; no operation goes back behind it."""


@pytest.fixture
def boards(address: Address, tmp_path: Path) -> Address:
    """Four boards in week 0 and four in week 3, none ordered, and a published plan by rank."""
    return stored(address, tmp_path, book([], [("board", 4, 0), ("board", 4, 3)],
                                          items=[("board", 10, "server")], objective="rank"))


def stored(address: Address, folder: Path, story: Story) -> Address:
    """A store that holds a story, with its plan published."""
    write_book(story.frames, story.settings, folder / "book", "csv")
    make_store(address)
    with Storage(address, NOON) as storage:
        import_book(storage, folder / "book", actor="ana")
        keep(storage, "week-06", plan(storage.book()))
        storage.publish("week-06", AS_OF, by="ana")
    return address


def keep(storage: Storage, name: str, made: hg.Plan) -> None:
    """Put a plan into a store."""
    made.write(storage.target(name), excel=False)
    storage.keep(name, made.book)


def order(storage: Storage, name: str, **terms: str) -> None:
    """Book an order of four boards for week 0."""
    record(storage, [event_of_options("order_booked", f"{name}/1", {
        "order_id": name, "line_no": "1", "customer_id": "acme", "segment": "enterprise",
        "region": "AMER", "item_id": "board", "quantity": "4", "unit_price": "100",
        "booked_on": "2026-02-02", "requested_on": "2026-02-06", **terms}, f"book {name}", AS_OF,
        "ana", "")])


def hold(storage: Storage, number: int = 1, pieces: int = 4) -> None:
    """Boards are held and committed for SO-9/1."""
    assert storage.hold(hg.Request("board", pieces, "AMER"), NOON.replace(hour=20),
                        f"Q-{number}").done
    assert storage.commit(f"hold-{number}", f"C-{number}", "SO-9/1").done


def published(storage: Storage, name: str, read: Book, made: hg.Plan) -> Any:
    """A plan of a book, kept and published."""
    keep(storage, name, made)
    assert made.book is read
    return storage.publish(name, AS_OF, by="ana")


def test_a_commit_is_pinned_for_its_order(boards: Address):
    """SO-9 was committed for week 0, and is the last in rank; SO-8, as large, comes first. A plan
    made anew has SO-9 in week 0 all the same, and SO-8 in week 3. Published, the commit is served
    and keeps nothing; the next plan moves SO-9, as it may move every promise, and tells."""
    with Storage(boards, NOON) as storage:
        hold(storage)
        order(storage, "SO-9", priority="5")
        order(storage, "SO-8")
        read = storage.book()
        frames = read.tables.frames
        assert frames["orders"].sort("order_id")["promised_on"].to_list() == [None, week(0, 4)]
        assert frames["pins"].rows() == [
            ("SO-9", 1, "austin", week(0), 4, "committed by hold-1")]
        made = published(storage, "next", read, plan(read))
        assert (made.figures["kept"], made.figures["new"]) == (1, 1)
        kept = storage.holds()
        assert kept is not None and kept.becoming({"SO-9/1"}) == {}
        read = storage.book()
        assert read.tables.frames["pins"].is_empty()
        assert published(storage, "third", read, plan(read)).figures["later"] == 1
        assert storage.store.verify() == []


@pytest.mark.parametrize("again", [False, True])
def test_a_commit_is_kept_whatever_it_brings(boards: Address, again: bool):
    """SO-9 pays 5 for a board that costs 10, so no plan by value would serve it: what was committed
    is served all the same, by a plan as by a re-plan."""
    with Storage(boards, NOON) as storage:
        hold(storage)
        order(storage, "SO-9", unit_price="5")
        read = storage.book()
        made = (hg.replan(read, storage.plan("week-06"), "value") if again else plan(read, "value"))
        assert published(storage, "next", read, made).figures["kept"] == 1


def test_a_plan_from_before_a_commit_is_not_published(boards: Address):
    """SO-8 and SO-9 are booked; a plan by rank gives SO-9 two boards in week 0. Then two of that
    week are held and committed for SO-9, and two more: the plan is not published, and says
    which commit it would break; made again it keeps them."""
    with Storage(boards, NOON) as storage:
        order(storage, "SO-8", quantity="2")
        order(storage, "SO-9", priority="5")
        keep(storage, "draft", plan(storage.book()))
        for number in (1, 2):
            hold(storage, number, 2)
        with pytest.raises(IssuesError) as refused:
            storage.publish("draft", AS_OF)
        issue, = refused.value.issues
        assert (issue.code, issue.value) == (
            "store.hold.missed", "hold-2: SO-9/1 gets 2 of 4 by 2026-02-06")
        assert "plan again" in issue.text() and "headgate release" in issue.text()
        read = storage.book()
        made = published(storage, "again", read, plan(read))
        assert (made.figures["kept"], made.figures["later"]) == (1, 0)


def test_a_commit_that_cannot_be_kept_is_released_with_a_reason(boards: Address):
    """The same plan is published once the commit is released with a reason."""
    with Storage(boards, NOON) as storage:
        order(storage, "SO-8")
        order(storage, "SO-9", priority="5")
        keep(storage, "draft", plan(storage.book()))
        hold(storage)
        with pytest.raises(IssuesError, match="hold-1: SO-9/1 gets 0 of 4 by 2026-02-06"):
            storage.publish("draft", AS_OF)
        assert storage.release("hold-1", "R-1", reason="the customer agreed to March").done
        storage.publish("draft", AS_OF)
        assert storage.store.verify() == []


def test_another_line_than_was_held_is_no_promise(boards: Address):
    """SO-9 was held with four boards and is booked with two: it is not what was committed, which is
    told when the book is read, and it gets no promise by it."""
    with Storage(boards, NOON) as storage:
        hold(storage)
        order(storage, "SO-9", quantity="2")
        read = storage.book()
        assert read.tables.frames["orders"]["promised_on"].to_list() == [None]
        assert storage.unlike == [
            "hold-1 became SO-9/1: 2 of its pieces are open, and 4 are held"]
        published(storage, "next", read, plan(read))


def test_the_order_has_a_date_of_its_own(boards: Address):
    """The order says week 3 itself, and nothing before: that is its promise, and it is not pinned
    to the week 0 that was committed."""
    with Storage(boards, NOON) as storage:
        hold(storage)
        order(storage, "SO-9", promised_on="2026-02-27", earliest_on="2026-02-23")
        read = storage.book()
        assert read.tables.frames["orders"]["promised_on"].to_list() == [week(3, 4)]
        assert read.tables.frames["pins"].is_empty()
        assert published(storage, "next", read, plan(read)).figures["kept"] == 1


@pytest.mark.parametrize(("terms", "pinned"), [
    ({}, True), ({"lot_size": "4"}, True), ({"ship_complete": "yes"}, True),
    ({"site_id": "austin"}, True), ({"promised_on": "2026-02-04"}, True),
    ({"frozen": "yes", "promised_on": "2026-02-06"}, False), ({"ship_set": "S"}, False),
    ({"quantity": "5", "ship_complete": "yes"}, False), ({"quantity": "6", "lot_size": "3"}, False),
    ({"earliest_on": "2026-02-09"}, False), ({"promised_on": "2026-02-13"}, False)])
def test_what_a_pin_can_hold_is_pinned(boards: Address, terms: dict[str, str], pinned: bool):
    """Four boards were committed for week 0. They are pinned unless the order's own terms, a frozen
    promise or a ship set among them, rule these very pins out; the book is read either way."""
    with Storage(boards, NOON) as storage:
        hold(storage)
        order(storage, "SO-9", **{"earliest_on": "2026-02-02", **terms})
        read = storage.book()
        assert read.tables.frames["pins"].height == pinned
        assert hg.check(read, plan(read)).issues == ()


def test_a_date_that_is_over_stops_nothing(boards: Address):
    """Two weeks later the committed date is over, however the plan is made: it is published, and
    its promise counts as moved."""
    with Storage(boards, NOON) as storage:
        hold(storage)
        order(storage, "SO-9")
        read = storage.book(week(2))
        assert read.tables.frames["pins"].is_empty()
        keep(storage, "late", plan(read))
        made = storage.publish("late", week(2))
        assert made.figures["later"] == 1
        assert made.moved["was_promised_on"].to_list() == [date(2026, 2, 6)]


def test_promises_that_only_orders_had_are_of_record_once(address: Address, tmp_path: Path):
    """Three orders came with dates of their own: one keeps it, one is later, and for the third
    there is no board. The first publication tells the second as later and the third as withdrawn;
    the next ones, as in folders, tell nothing any more, and the first promises stay those of the
    orders."""
    story = book([("board", 2, 0, {"promised_on": 0}), ("board", 2, 0, {"promised_on": 1}),
                  ("board", 2, 0, {"promised_on": 2})], [("board", 2, 0), ("board", 2, 3)],
                 items=[("board", 10, "server")], objective="rank")
    stored(address, tmp_path, story)
    with Storage(address, NOON) as storage:
        first = storage.record()
        assert first is not None
        read = storage.book()
        assert read.tables.frames["orders"]["promised_on"].to_list() == [
            week(0, 4), week(3, 4), None]
        second = published(storage, "again", read, plan(read))
        assert {name: second.figures[name] for name in ("kept", "later", "withdrawn")} == {
            "kept": 2, "later": 0, "withdrawn": 0}
        record_now = storage.record()
        assert record_now is not None
        assert record_now.promises.select("promised_on", "first_promised_on").rows() == [
            (week(0, 4), week(0, 4)), (week(3, 4), week(1, 4)), (None, week(2, 4))]
        assert storage.store.verify() == []
