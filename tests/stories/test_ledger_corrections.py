"""Corrections, and what becomes of a closed period."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from headgate.ledger.audit import audit
from headgate.ledger.journals import billings
from headgate.ledger.movements import movements
from headgate.ledger.progress import progress
from tests.stories.ledger_desk import LINE, LedgerDesk, desk_with_line

JANUARY = {"name": "2026-01", "starts_on": "2026-01-01", "ends_on": "2026-01-31"}


def told(desk: LedgerDesk, *names: str) -> list[tuple[Any, ...]]:
    """Columns of the movements, days as text."""
    return [tuple(str(value) if isinstance(value, date) else value for value in row)
            for row in movements(desk.rows).select(names).iter_rows()]


def close_january(desk: LedgerDesk) -> None:
    desk.must("period_closed", "2026-01", "2026-01-31", **JANUARY)


def test_a_booking_that_never_was_is_voided():
    """64 booked by mistake on 5 January: the void takes them off on that very day. The line can
    then be booked rightly, with 46, and there is one line of 46."""
    desk = desk_with_line()
    desk.must("correction", LINE, "2026-01-05", corrects=1, void=True)
    assert not desk.line().listed
    assert told(desk, "sequence", "kind", "effective_on", "quantity") == [
        (1, "booked", "2026-01-05", 64), (2, "booked", "2026-01-05", -64)]
    desk.book(46, on="2026-01-07")
    assert desk.open() == (46, 4600)
    assert told(desk, "sequence", "effective_on", "quantity")[-1] == (3, "2026-01-07", 46)


def test_a_booking_with_a_wrong_quantity_is_replaced():
    """46 were typed as 64. The correction says all of the booking as it should have been; in an
    open period -64 and +46 stand on the booking's own day, and 46 are open since."""
    desk = desk_with_line()
    right = {**desk.rows[0].event.data, "quantity": 46}
    desk.must("correction", LINE, "2026-01-05", corrects=1, data=right)
    assert desk.open() == (46, 4600)
    assert told(desk, "sequence", "posted_on", "quantity", "open_quantity") == [
        (1, "2026-01-05", 64, 64), (2, "2026-01-05", -64, 0), (2, "2026-01-05", 46, 46)]


def test_a_correction_for_a_closed_period_is_posted_after_it():
    """The same, but January is closed in between: its closing backlog was 64.00 and stays so. The
    correction is effective on 5 January, posted on 1 February, and February closes with 46.00."""
    desk = desk_with_line()
    close_january(desk)
    right = {**desk.rows[0].event.data, "quantity": 46}
    desk.must("correction", LINE, "2026-01-05", corrects=1, data=right)
    assert told(desk, "sequence", "effective_on", "posted_on", "prior_period", "quantity") == [
        (1, "2026-01-05", "2026-01-05", None, 64), (3, "2026-01-05", "2026-02-01", "2026-01", -64),
        (3, "2026-01-05", "2026-02-01", "2026-01", 46)]
    assert (desk.rows[-1].posted_on, desk.rows[-1].prior_period) == (date(2026, 2, 1), "2026-01")


def test_a_late_shipment_is_a_prior_period_adjustment():
    """20 pieces left on 30 January and became known in February, after the close: they are
    effective on the 30th and posted on 1 February."""
    desk = desk_with_line()
    close_january(desk)
    desk.must("order_shipped", LINE, "2026-01-30", quantity=20)
    assert told(desk, "kind", "effective_on", "posted_on", "prior_period", "amount_cents")[1:] == [
        ("shipped", "2026-01-30", "2026-02-01", "2026-01", -2000)]


def test_a_shipment_that_was_known_late_also_changes_what_a_price_change_did():
    """64 at 1.00, and 0.90 from 19 January: -6.40. Then it is known that 24 had left on the 12th,
    at 1.00: -24.00. The price change concerned 40 pieces only, so +2.40 are given back on the
    19th: 64.00 - 24.00 - 6.40 + 2.40 = 36.00, which is 40 at 0.90."""
    desk = desk_with_line()
    desk.must("order_amended", LINE, "2026-01-19", unit_price_cents=90)
    desk.must("order_shipped", LINE, "2026-01-12", quantity=24)
    assert told(desk, "sequence", "kind", "effective_on", "quantity", "amount_cents") == [
        (1, "booked", "2026-01-05", 64, 6400), (2, "amended", "2026-01-19", 0, -640),
        (3, "shipped", "2026-01-12", -24, -2400), (3, "amended", "2026-01-19", 0, 240)]
    assert desk.open() == (40, 3600)


def test_another_region_is_left_with_what_is_open():
    """40 of 64 are open in EMEA when the order moves to APJ with a price of 1.10: EMEA loses 40
    pieces and 40.00, APJ wins 40 and 44.00. The booking stays one of EMEA."""
    desk = desk_with_line()
    desk.must("order_shipped", LINE, "2026-01-12", quantity=24)
    desk.must("order_amended", LINE, "2026-01-13", region="APJ", unit_price_cents=110)
    assert told(desk, "kind", "region", "quantity", "amount_cents", "open_quantity") == [
        ("booked", "EMEA", 64, 6400, 64), ("shipped", "EMEA", -24, -2400, 40),
        ("amended", "EMEA", -40, -4000, 0), ("amended", "APJ", 40, 4400, 40)]


def test_a_correction_must_leave_everything_else_possible():
    """40 of 64 are shipped. The booking cannot have been one of 30, nor none at all, nor one of
    February; nor can the shipment have been one of 65."""
    desk = desk_with_line()
    shipped = desk.must("order_shipped", LINE, "2026-01-12", quantity=40)
    booking = dict(desk.rows[0].event.data)
    for data in ({"data": {**booking, "quantity": 30}}, {"void": True}):
        assert desk.send("correction", LINE, "2026-01-05", corrects=1, **data) == \
            "correction_breaks"
    assert desk.send("correction", LINE, "2026-02-05", corrects=1, data=booking) == \
        "correction_breaks"
    assert desk.send("correction", LINE, "2026-01-12", corrects=shipped,
                     data={"quantity": 65}) == "correction_breaks"
    desk.must("correction", LINE, "2026-01-12", corrects=shipped, data={"quantity": 30})
    assert desk.open() == (34, 3400)


def test_what_can_be_corrected_and_how():
    """Only an event that is there, about this key; with void or data, not both; a void on the day
    of what it voids; never a period or a row, of which a new event says what holds."""
    desk = desk_with_line()
    close_january(desk)
    desk.must("row_set", "lanes:austin/EMEA", "2026-02-02", site_id="austin", region="EMEA",
              transit_days=3)
    send = desk.send
    assert send("correction", LINE, "2026-01-05", corrects=2, void=True) == "corrects_unknown"
    assert send("correction", "SO-9/1", "2026-01-05", corrects=1, void=True) == "corrects_unknown"
    assert send("correction", LINE, "2026-01-05", corrects=1) == "malformed"
    assert send("correction", LINE, "2026-01-05", corrects=1, void=True, data={}) == "malformed"
    assert send("correction", LINE, "2026-01-06", corrects=1, void=True) == "correction_day"
    assert send("correction", LINE, "2026-01-05", corrects=1, data={"quantity": 1}) == "malformed"
    assert send("correction", "lanes:austin/EMEA", "2026-02-02", corrects=3, void=True) == \
        "not_correctable"
    assert send("correction", "2026-01", "2026-01-31", corrects=2, void=True) == "not_correctable"


def test_a_correction_can_be_corrected_again_by_the_first_sequence():
    """24 shipped, corrected to 20, then to 22: each names event 2, and the last one counts."""
    desk = desk_with_line()
    desk.must("order_shipped", LINE, "2026-01-12", quantity=24)
    desk.must("correction", LINE, "2026-01-12", corrects=2, data={"quantity": 20})
    assert desk.send("correction", LINE, "2026-01-12", corrects=3, void=True) == \
        "corrects_unknown"
    desk.must("correction", LINE, "2026-01-14", corrects=2, data={"quantity": 22})
    assert desk.open() == (42, 4200)
    assert told(desk, "effective_on", "quantity")[1:] == [
        ("2026-01-12", -24), ("2026-01-12", 24), ("2026-01-12", -20), ("2026-01-12", 20),
        ("2026-01-14", -22)]
    assert progress(desk.rows).select("effective_on", "quantity").rows() == [
        (date(2026, 1, 14), 22)]


def test_a_period_is_closed_once_and_without_a_gap():
    """After January nothing in it is closed again, and March not before February. A quarter may
    follow whose first months are closed: it closes the days that are not."""
    desk = desk_with_line()
    close_january(desk)
    send = desk.send
    assert send("period_closed", "2026-01", "2026-02-01", **JANUARY) == "period_closed"
    assert send("period_closed", "2026-03", "2026-03-31", name="2026-03", starts_on="2026-03-01",
                ends_on="2026-03-31") == "period_gap"
    assert send("period_closed", "2026-02", "2026-02-27", name="2026-02", starts_on="2026-02-01",
                ends_on="2026-02-28") == "malformed"
    assert send("period_closed", "other", "2026-02-28", name="2026-02", starts_on="2026-02-01",
                ends_on="2026-02-28") == "malformed"
    desk.start = datetime(2026, 4, 1, tzinfo=UTC)
    desk.must("period_closed", "FY26 Q1", "2026-03-31", name="FY26 Q1", starts_on="2026-01-01",
              ends_on="2026-03-31")
    desk.must("order_shipped", LINE, "2026-01-30", quantity=1)
    desk.must("order_shipped", LINE, "2026-02-02", quantity=1)
    assert [(str(row.posted_on), row.prior_period) for row in desk.rows[-2:]] == [
        ("2026-04-01", "2026-01"), ("2026-04-01", "FY26 Q1")]


def test_a_period_is_closed_when_it_is_over():
    """It is the morning of 31 January. Neither ten years to come nor February are over, and nothing
    is closed on a day that has come nowhere. At three in the afternoon, UTC, January is closed in
    Auckland, where it is the first of February."""
    desk = desk_with_line()
    send, year = desk.send, {"name": "FY36", "starts_on": "2026-01-01", "ends_on": "2036-01-31"}
    desk.start = datetime(2026, 1, 31, 7, tzinfo=UTC)
    assert send("period_closed", "FY36", "2036-02-04", **year) == "not_over"
    assert send("period_closed", "2026-01", "2026-02-02", **JANUARY) == "not_over"
    assert send("period_closed", "2026-02", "2026-02-28", name="2026-02", starts_on="2026-01-01",
                ends_on="2026-02-28") == "not_over"
    desk.start = datetime(2026, 1, 31, 11, tzinfo=UTC)
    assert send("period_closed", "2026-01", "2026-02-01", **JANUARY) == "recorded"


def test_an_asserted_balance_is_true_or_refused_and_later_events_may_break_it():
    """On 31 January 40 of EMEA are open, 40.00; 39.99 is refused with both figures. A shipment
    that becomes known afterwards makes it 36.00: the audit says so, until the assertion is
    voided."""
    desk = desk_with_line()
    desk.book(7, 1000, key="SO-5/1", region="APJ")
    desk.must("order_shipped", LINE, "2026-01-12", quantity=24)
    asserted = {"measure": "order_backlog", "on": "2026-01-31", "scope": {"region": "EMEA"}}
    wrong = desk.event("balance_asserted", "EMEA", "2026-01-31", **asserted, amount_cents=3999)
    rejection = desk.state.judge(wrong)
    assert rejection is not None and rejection.code == "assertion_fails"
    assert "39.99 asserted, the ledger says 40.00" in rejection.text
    number = desk.must("balance_asserted", "EMEA", "2026-01-31", **asserted, amount_cents=4000)
    desk.must("balance_asserted", "all", "2026-01-31", measure="order_backlog", on="2026-01-31",
              amount_cents=11000)
    assert list(audit(desk.rows)) == []
    desk.must("order_shipped", LINE, "2026-02-02", quantity=1)
    assert list(audit(desk.rows)) == []
    desk.must("order_shipped", LINE, "2026-01-30", quantity=4)
    assert [(issue.code, issue.row, issue.value) for issue in audit(desk.rows)] == [
        ("ledger.assertion.broken", 4, "40.00"), ("ledger.assertion.broken", 5, "110.00")]
    desk.must("correction", "EMEA", "2026-01-31", corrects=number, void=True)
    assert [issue.row for issue in audit(desk.rows)] == [5]


def test_a_deposit_that_is_set_off_counts_once():
    """100.00 are paid in advance, 1,000.00 invoiced in full, the deposit set off: billed are
    100.00 + 1,000.00 - 100.00 = 1,000.00. A refund of more than is left is refused."""
    desk = desk_with_line(contract_id="C-7")
    desk.must("deposit_received", "C-7", "2026-01-06", amount_cents=10000)
    assert desk.send("deposit_credited", "C-8", "2026-01-06", amount_cents=1) == \
        "more_than_deposited"
    desk.must("order_invoiced", LINE, "2026-01-20", amount_cents=100000)
    desk.must("deposit_credited", "C-7", "2026-01-20", amount_cents=8000)
    assert desk.send("deposit_refunded", "C-7", "2026-01-21", amount_cents=2001) == \
        "more_than_deposited"
    desk.must("deposit_credited", "C-7", "2026-01-21", amount_cents=2000)
    assert desk.send("deposit_received", "C-7", "2026-01-21", amount_cents=5,
                     currency="EUR") == "currency_other"
    frame = billings(desk.rows)
    assert frame["amount_cents"].to_list() == [10000, 100000, -8000, -2000]
    assert frame["contract_id"].to_list() == ["C-7"] * 4


def test_a_corrected_invoice_is_reversed_and_given_anew_after_the_close():
    """900.00 were invoiced in January as 1,000.00, and January is closed. January keeps its
    1,000.00; on 1 February -1,000.00 and +900.00 are posted."""
    desk = desk_with_line()
    number = desk.must("order_invoiced", LINE, "2026-01-20", amount_cents=100000)
    close_january(desk)
    desk.must("correction", LINE, "2026-01-20", corrects=number, data={"amount_cents": 90000})
    frame = billings(desk.rows).select("posted_on", "amount_cents")
    assert frame.rows() == [(date(2026, 1, 20), 100000), (date(2026, 2, 1), -100000),
                            (date(2026, 2, 1), 90000)]
    assert desk.line().invoiced == 90000
