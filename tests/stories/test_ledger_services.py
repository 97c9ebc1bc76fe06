"""Services and the lines that they hang on: what ends first, and what is refused."""

from __future__ import annotations

import pytest

from headgate.ledger.book_tables import typed_frames
from headgate.ledger.entry import Entry
from tests.stories.ledger_desk import LedgerDesk

SERVER, BOX, SUPPORT = "SO-1/1", "SO-1/2", "SO-1/9"


def desk_with_support(starts: str = "1") -> LedgerDesk:
    """Ten servers and four boxes of one order, and support that starts with the servers."""
    desk = LedgerDesk()
    desk.book(10, 10_000, key=SERVER)
    desk.book(4, 500, key=BOX)
    desk.must("service_booked", SUPPORT, "2026-01-05", order_id="SO-1", line_no=9,
              item_id="support", amount_cents=36_000, term_months=36,
              starts=starts)
    return desk


def cancelled(desk: LedgerDesk, key: str, pieces: int, on: str = "2026-01-20") -> str:
    """What became of the cancellation of some pieces."""
    return desk.send("order_cancelled", key, on, quantity=pieces)


def test_the_last_pieces_are_not_cancelled_while_a_service_hangs_on_them():
    """Four of ten servers are cancelled: the support of the others goes on. The other six cannot
    be cancelled before the support, which would start with nothing and stay in the obligations;
    the boxes can. Cancelled with the support, the order is out of the book."""
    desk = desk_with_support()
    assert cancelled(desk, SERVER, 4) == "recorded"
    assert cancelled(desk, SERVER, 6) == "service_hangs"
    rejection = desk.state.judge(desk.event("order_cancelled", SERVER, "2026-01-20", quantity=6))
    assert rejection is not None and SUPPORT in rejection.text
    assert "service_cancelled" in rejection.text
    assert cancelled(desk, BOX, 4) == "recorded"
    desk.must("service_cancelled", SUPPORT, "2026-01-20")
    assert cancelled(desk, SERVER, 6) == "recorded"
    assert not any(line.listed for _, line in desk.state.lines)
    assert not any(service.listed for _, service in desk.state.services)


def test_a_service_that_starts_on_a_day_hangs_on_its_order():
    """Support from 1 February on is of the whole order: servers may go as long as boxes stay."""
    desk = desk_with_support("2026-02-01")
    assert cancelled(desk, SERVER, 10) == "recorded"
    assert cancelled(desk, BOX, 4) == "service_hangs"
    desk.must("service_cancelled", SUPPORT, "2026-01-20")
    assert cancelled(desk, BOX, 4) == "recorded"


def test_the_service_ends_no_later_than_the_line():
    """The support was cancelled on the 20th. A cancellation of the servers as of the 12th would
    leave eight days on which support hangs on nothing."""
    desk = desk_with_support()
    desk.must("service_cancelled", SUPPORT, "2026-01-20")
    assert cancelled(desk, SERVER, 10, on="2026-01-12") == "service_hangs"
    assert cancelled(desk, SERVER, 10) == "recorded"


def test_a_shipped_line_is_closed_when_its_service_is_over():
    """All servers left and arrived. While their support runs the line stays in the book; the
    support closed, it may be closed, too."""
    desk = desk_with_support()
    desk.must("order_shipped", SERVER, "2026-01-12", quantity=10)
    assert desk.send("order_closed", SERVER, "2026-01-20") == "service_hangs"
    desk.must("service_closed", SUPPORT, "2026-01-20")
    assert desk.send("order_closed", SERVER, "2026-01-20") == "recorded"


def test_a_correction_does_not_take_the_line_either():
    """The booking of the servers is void, or their cancellation of four was one of ten: refused
    while support hangs on them, and taken afterwards."""
    desk = desk_with_support()
    assert cancelled(desk, SERVER, 4) == "recorded"
    ten = {"corrects": desk.state.sequence, "data": {"quantity": 10}}
    assert desk.send("correction", SERVER, "2026-01-20", **ten) == "service_hangs"
    desk.must("correction", SERVER, "2026-01-20", corrects=desk.state.sequence, void=True)
    assert desk.send("correction", SERVER, "2026-01-05", corrects=1, void=True) == "service_hangs"
    desk.must("correction", SUPPORT, "2026-01-05", corrects=3, void=True)
    desk.must("correction", SERVER, "2026-01-05", corrects=1, void=True)


def test_a_late_amendment_does_not_take_the_line():
    """Six of ten servers were cancelled on the 20th. Six instead of ten as of the 12th would leave
    none on the 20th, while support goes on; eight leave two."""
    desk = desk_with_support()
    assert cancelled(desk, SERVER, 6) == "recorded"
    assert desk.send("order_amended", SERVER, "2026-01-12", quantity=6) == "service_hangs"
    ten = {"table": "orders", "column": "quantity", "old": 10}
    assert desk.send("override", SERVER, "2026-01-12", **ten, new=6) == "service_hangs"
    assert desk.send("override", SERVER, "2026-01-12", **ten, new=8) == "recorded"


def test_an_ended_service_does_not_come_back_without_its_line():
    """Support was cancelled, then the servers. The void of its cancellation would bring support
    back without servers; once their cancellation is void, it may be."""
    desk = desk_with_support()
    ended = desk.must("service_cancelled", SUPPORT, "2026-01-20")
    assert cancelled(desk, SERVER, 10) == "recorded"
    void = {"corrects": ended, "void": True}
    assert desk.send("correction", SUPPORT, "2026-01-20", **void) == "service_without_line"
    desk.must("correction", SERVER, "2026-01-20", corrects=desk.state.sequence, void=True)
    desk.must("correction", SUPPORT, "2026-01-20", **void)


@pytest.mark.parametrize(("key", "starts", "on", "code"), [
    ("SO-1/8", "2", "2026-01-05", None), ("SO-1/8", "3", "2026-01-05", "service_without_line"),
    ("SO-1/8", None, "2026-01-05", None), ("SO-1/8", "soon", "2026-01-05", "service_without_line"),
    ("SO-1/8", "1", "2026-01-04", "service_without_line"),
    ("SO-2/8", "2026-02-01", "2026-01-05", "service_without_line")])
def test_a_new_service_has_a_line_to_hang_on(key, starts, on, code):
    """SO-1 has lines 1 and 2 from the 5th on, and SO-2 none."""
    desk, (order_id, line_no) = desk_with_support(), key.split("/")
    found = Entry(desk.state).wrong(desk.event(
        "service_booked", key, on, order_id=order_id, line_no=int(line_no), item_id="support",
        amount_cents=1, term_months=1, starts=starts))
    assert (None if found is None else found.code) == code


def test_a_service_is_amended_to_a_line_that_is_there():
    """The boxes are gone: support cannot hang on them, by an amendment or an override."""
    desk = desk_with_support()
    assert cancelled(desk, BOX, 4) == "recorded"
    entry = Entry(desk.state)
    moved = entry.wrong(desk.event("service_amended", SUPPORT, "2026-01-20", starts="2"))
    assert moved is not None and moved.code == "service_without_line"
    over = entry.wrong(desk.event("override", SUPPORT, "2026-01-20", table="service_lines",
                                  column="starts", old="1", new="2"))
    assert over is not None and over.code == "service_without_line"
    assert entry.wrong(desk.event("service_amended", SUPPORT, "2026-01-20", starts=None)) is None
    # What it costs has nothing to do with its line.
    assert entry.wrong(desk.event("service_amended", SUPPORT, "2026-01-20", amount_cents=5)) is None


def test_what_left_uses_up_pins_and_breaks_lots():
    """Eight boxes in lots of four, four pinned to each of two weeks. Three leave: five are open, in
    lots of one, and the first week has one pinned box left. The next one leaves: four are open, in
    lots of four, all of them pinned to the second week. When all have left no pin is."""
    desk = LedgerDesk()
    desk.book(8, key=BOX, lot_size=4)
    for week in ("2026-02-02", "2026-02-09"):
        desk.must("row_set", f"pins:SO-1/2/{week}/austin", "2026-01-05", order_id="SO-1",
                  line_no=2, ship_on=week, site_id="austin", quantity=4, reason="asked")

    def pinned() -> tuple[list[int], list[int]]:
        frames = typed_frames(desk.state)
        return frames["orders"]["lot_size"].to_list(), frames["pins"]["quantity"].to_list()

    assert pinned() == ([4], [4, 4])
    desk.must("order_shipped", BOX, "2026-01-12", quantity=3)
    assert pinned() == ([1], [1, 4])
    desk.must("order_shipped", BOX, "2026-01-13", quantity=1)
    assert pinned() == ([4], [4])
    desk.must("order_shipped", BOX, "2026-01-14", quantity=4)
    assert pinned() == ([4], [])
