"""The life of an order line in the ledger, event by event, and what is refused of it."""

from __future__ import annotations

from datetime import date

from headgate.ledger.fold import fold
from tests.stories.ledger_desk import LINE, LedgerDesk, desk_with_line


def test_a_line_is_booked_shipped_in_two_parts_delivered_and_accepted():
    """64 pieces at 1.00. 24 leave: 40 are open, 40.00. 20 of them arrive and 12 are accepted; 40
    leave: nothing is open, 64 are shipped."""
    desk = desk_with_line()
    desk.must("order_shipped", LINE, "2026-01-12", quantity=24, site_id="austin")
    assert desk.open() == (40, 4000)
    desk.must("order_delivered", LINE, "2026-01-20", quantity=20)
    desk.must("order_accepted", LINE, "2026-01-27", quantity=12)
    desk.must("order_shipped", LINE, "2026-01-28", quantity=40)
    line = desk.line()
    assert (line.shipped, line.delivered, line.accepted) == (64, 20, 12)
    assert desk.open() == (0, 0)


def test_an_amendment_of_quantity_and_price_counts_for_what_is_open():
    """64 at 1.00, 24 shipped. Amended to 48 at 0.90: 48 - 24 = 24 are open, 21.60."""
    desk = desk_with_line()
    desk.must("order_shipped", LINE, "2026-01-12", quantity=24)
    desk.must("order_amended", LINE, "2026-01-13", quantity=48, unit_price_cents=90)
    assert desk.open() == (24, 2160)
    assert desk.send("order_amended", LINE, "2026-01-14", quantity=23) == "below_shipped"
    assert desk.send("order_amended", LINE, "2026-01-14") == "malformed"


def test_a_part_is_cancelled_and_then_all():
    """64 pieces, 16 cancelled: 48 open. 50 more cannot be cancelled, 48 can; the line then leaves
    the book, since nothing of it is ordered any more."""
    desk = desk_with_line()
    desk.must("order_cancelled", LINE, "2026-01-12", quantity=16)
    assert desk.open() == (48, 4800)
    assert desk.send("order_cancelled", LINE, "2026-01-12", quantity=50) == "more_than_open"
    desk.must("order_cancelled", LINE, "2026-01-12", quantity=48)
    assert not desk.line().listed


def test_what_comes_back_is_backlog_again():
    """64 shipped, 10 of them delivered, 4 accepted. 3 of those under way come back (54 are), then
    2 delivered ones (6 are not accepted), then one accepted: 6 open, 58 shipped, 7 delivered, 3
    accepted."""
    desk = desk_with_line()
    desk.must("order_shipped", LINE, "2026-01-12", quantity=64)
    desk.must("order_delivered", LINE, "2026-01-20", quantity=10)
    desk.must("order_accepted", LINE, "2026-01-27", quantity=4)
    desk.must("order_returned", LINE, "2026-01-28", quantity=3)
    desk.must("order_returned", LINE, "2026-01-28", quantity=2, stage="delivered")
    desk.must("order_returned", LINE, "2026-01-28", quantity=1, stage="accepted")
    line = desk.line()
    assert desk.open() == (6, 600)
    assert (line.shipped, line.delivered, line.accepted) == (58, 7, 3)
    assert desk.send("order_returned", LINE, "2026-01-29", quantity=52) == "more_than_shipped"
    assert desk.send("order_returned", LINE, "2026-01-29", quantity=5,
                     stage="delivered") == "more_than_delivered"
    assert desk.send("order_returned", LINE, "2026-01-29", quantity=4,
                     stage="accepted") == "more_than_accepted"


def test_no_step_takes_more_than_the_one_before_left():
    """Of 64 pieces 65 cannot be shipped; of 10 shipped 11 not delivered; of 5 delivered 6 not
    accepted."""
    desk = desk_with_line()
    assert desk.send("order_shipped", LINE, "2026-01-12", quantity=65) == "more_than_open"
    desk.must("order_shipped", LINE, "2026-01-12", quantity=10)
    assert desk.send("order_delivered", LINE, "2026-01-12", quantity=11) == "more_than_shipped"
    desk.must("order_delivered", LINE, "2026-01-12", quantity=5)
    assert desk.send("order_accepted", LINE, "2026-01-12", quantity=6) == "more_than_delivered"


def test_a_line_is_booked_once_and_nothing_comes_before_it():
    """The same line is there already; another one was never booked; and on the day before its
    booking nothing can be shipped of it."""
    desk = desk_with_line()
    event = dict(desk.rows[0].event.data)
    assert desk.send("order_booked", LINE, "2026-01-06", **event) == "already_there"
    assert desk.send("order_shipped", "SO-9/1", "2026-01-06", quantity=1) == "unknown_key"
    assert desk.send("order_shipped", LINE, "2026-01-04", quantity=1) == \
        "effective_before_booking"


def test_a_late_event_is_put_into_its_place():
    """64 at 1.00 on 5 January, 0.90 from 19 January on. On the 26th it becomes known that 24 had
    left on the 12th: on the 12th 40.00 are open, since the 19th 36.00, as if it had been known."""
    desk = desk_with_line()
    desk.must("order_amended", LINE, "2026-01-19", unit_price_cents=90)
    desk.must("order_shipped", LINE, "2026-01-12", quantity=24)
    assert desk.open() == (40, 3600)

    def on(day: str) -> int:
        state = fold(desk.rows, desk.event("", "", day).effective_on)
        line = state.lines.get(LINE)
        return 0 if line is None else line.open_cents

    assert [on(day) for day in ("2026-01-04", "2026-01-11", "2026-01-12", "2026-01-19")] == [
        0, 6400, 4000, 3600]


def test_a_late_event_that_would_undo_a_later_one_is_refused():
    """64 pieces, 60 shipped on the 19th. Cancelling 10 as of the 12th would leave 54 for those
    60: refused, although on the 12th all 64 were open."""
    desk = desk_with_line()
    desk.must("order_shipped", LINE, "2026-01-19", quantity=60)
    assert desk.send("order_cancelled", LINE, "2026-01-12", quantity=10) == "breaks_later"
    assert desk.send("order_cancelled", LINE, "2026-01-12", quantity=65) == "more_than_open"
    assert desk.send("order_cancelled", LINE, "2026-01-12", quantity=4) == "recorded"


def test_a_line_that_is_complete_leaves_the_book_until_something_comes_back():
    """64 shipped: it is closed and not listed. One piece comes back: one open, listed again."""
    desk = desk_with_line()
    assert desk.send("order_closed", LINE, "2026-01-12") == "wrong_status"
    desk.must("order_shipped", LINE, "2026-01-12", quantity=64)
    desk.must("order_closed", LINE, "2026-01-13")
    assert not desk.line().listed
    assert desk.send("order_closed", LINE, "2026-01-13") == "wrong_status"
    desk.must("order_returned", LINE, "2026-01-14", quantity=1)
    assert desk.line().listed and desk.open() == (1, 100)


def test_a_line_of_which_pieces_have_left_keeps_its_currency():
    """64 pieces at 1.00 euro may be sold in dollars instead, as long as none has left. Then they
    may not, by an amendment or an override; the same currency is none that changes. That the order
    was in dollars from the beginning is a correction of its booking."""
    desk = desk_with_line(currency="EUR")
    desk.must("order_amended", LINE, "2026-01-09", currency="USD")
    desk.must("order_amended", LINE, "2026-01-10", currency="EUR")
    desk.must("order_shipped", LINE, "2026-01-12", quantity=1)
    assert desk.send("order_amended", LINE, "2026-01-13", currency="USD") == "currency_other"
    assert desk.send("order_amended", LINE, "2026-01-13", currency=None) == "currency_other"
    assert desk.send("override", LINE, "2026-01-13", table="orders", column="currency", old="EUR",
                     new="USD") == "currency_other"
    desk.must("order_amended", LINE, "2026-01-13", currency="EUR", unit_price_cents=90)
    booking = {**desk.rows[0].event.data, "currency": "USD"}
    desk.must("correction", LINE, "2026-01-05", corrects=1, data=booking)


def test_an_invoice_is_in_the_currency_of_the_order():
    """An order in euros is invoiced in euros, by name or by leaving it out, not in dollars. A
    credit note takes off no more than was invoiced: 50.00 of 30.00 are too many."""
    desk = desk_with_line(currency="EUR")
    desk.must("order_invoiced", LINE, "2026-01-12", amount_cents=2000)
    desk.must("order_invoiced", LINE, "2026-01-12", amount_cents=1000, currency="EUR")
    assert desk.send("order_invoiced", LINE, "2026-01-12", amount_cents=1, currency="USD") == \
        "currency_other"
    assert desk.send("order_invoiced", LINE, "2026-01-12", amount_cents=-5000) == \
        "more_than_invoiced"
    assert desk.send("order_invoiced", LINE, "2026-01-12", amount_cents=0) == "amount_range"
    desk.must("order_invoiced", LINE, "2026-01-12", amount_cents=-500)
    assert desk.line().invoiced == 2500
    assert desk.send("order_invoiced", "SO-9/1", "2026-01-12", amount_cents=1) == "unknown_key"


def test_an_override_says_what_stood_there():
    """A planner makes priority 3 a 1, and must have seen the 3. Another one who still sees 3 is
    refused: 1 stands there now. The price of the open pieces may be overridden, too."""
    desk = desk_with_line()
    desk.must("override", LINE, "2026-01-12", table="orders", column="priority", old=3, new=1)
    assert desk.state.lines.value(desk.line(), "priority") == 1
    assert desk.send("override", LINE, "2026-01-12", table="orders", column="priority", old=3,
                     new=2) == "old_value_other"
    assert desk.send("override", LINE, "2026-01-12", table="orders", column="priority", old=1,
                     new=0) == "malformed"
    assert desk.send("override", LINE, "2026-01-12", table="orders", column="order_id",
                     old="SO-4711", new="SO-1") == "malformed"
    desk.must("override", LINE, "2026-01-12", table="orders", column="unit_price_cents", old=100,
              new=90)
    assert desk.open() == (64, 5760)


def test_a_late_override_says_what_stood_there_on_its_day():
    """Priority 3; from the 20th on it is 1. On the 12th 3 stood there: an override of that day says
    so, and then 2 stands there from the 12th to the 19th. What stands there now does not count."""
    desk = desk_with_line(priority=3)
    desk.must("order_amended", LINE, "2026-01-20", priority=1)
    late = {"table": "orders", "column": "priority", "new": 2}
    assert desk.send("override", LINE, "2026-01-12", old=1, **late) == "old_value_other"
    desk.must("override", LINE, "2026-01-12", old=3, **late)
    assert desk.state.lines.term(0, "priority") == 1
    assert fold(desk.rows, date(2026, 1, 19)).lines.term(0, "priority") == 2
    assert desk.send("override", LINE, "2026-01-15", table="orders", column="quantity", old=60,
                     new=50) == "old_value_other"
    desk.must("override", LINE, "2026-01-15", table="orders", column="quantity", old=64, new=50)
    assert desk.open() == (50, 5_000)



def test_amounts_that_no_ledger_can_hold_are_refused():
    """A line may be worth 10 trillion at most: 1,000,000 pieces at 10,000,000.01 are more. A
    price above that is refused alone, and a faulty key is said first."""
    desk = LedgerDesk()
    data = {"order_id": "SO-4711", "line_no": 1, "customer_id": "c", "segment": "s",
            "region": "EMEA", "item_id": "x", "quantity": 1_000_000, "booked_on": "2026-01-05",
            "requested_on": "2026-03-20"}
    assert desk.send("order_booked", LINE, "2026-01-05", **data,
                     unit_price_cents=1_000_000_001) == "amount_range"
    assert desk.send("order_booked", LINE, "2026-01-05", **data,
                     unit_price_cents=10**15 + 1) == "amount_range"
    assert desk.send("order_booked", "SO-4711/2", "2026-01-05", **data,
                     unit_price_cents=10**15 + 1) == "malformed"
    desk.must("order_booked", LINE, "2026-01-05", **data, unit_price_cents=1_000_000_000)
    assert desk.send("order_amended", LINE, "2026-01-05",
                     unit_price_cents=1_000_000_001) == "amount_range"
