"""Services and the lines that they hang on: what ends first, and what is refused."""

from __future__ import annotations

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
