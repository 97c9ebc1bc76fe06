"""Deposits that are set off against invoices, and what becomes of them when these go away."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.ledger.entry import Entry
from tests.stories.ledger_desk import LedgerDesk

LINE, SUPPORT = "SO-1/1", "SO-1/9"


def sent(desk: LedgerDesk, kind: str, key: str, **data: Any) -> str:
    """What a store says to an event of 20 January: "recorded", or the code of its refusal."""
    event = desk.event(kind, key, "2026-01-20", **data)
    found = desk.state.judge(event) or Entry(desk.state).wrong(event)
    return desk.send(kind, key, "2026-01-20", **data) if found is None else found.code


def desk_of_a_deposit(contract: str | None = "K1") -> tuple[LedgerDesk, int, int]:
    """100.00 paid, 1,000.00 invoiced, 100.00 set off; the sequences of invoice and setting off."""
    desk = LedgerDesk()
    desk.book(10, 10_000, key=LINE, contract_id=contract)
    key = contract or "SO-1"
    desk.must("deposit_received", key, "2026-01-20", amount_cents=10_000)
    invoice = desk.must("order_invoiced", LINE, "2026-01-20", amount_cents=100_000)
    return desk, invoice, desk.must("deposit_credited", key, "2026-01-20", amount_cents=10_000)


def left(desk: LedgerDesk, key: str = "K1") -> int:
    """What is left of a deposit, in cents."""
    deposit = desk.state.deposits.get(key)
    assert deposit is not None
    return deposit.left


def test_the_deposit_is_freed_before_the_invoice_is_void():
    """The invoice was wrong. Void, it would leave 100.00 set off against nothing. The event that
    set them off is named; void itself, it frees the 100.00, and the invoice may go."""
    desk, invoice, credit = desk_of_a_deposit()
    void = {"corrects": invoice, "void": True}
    assert sent(desk, "correction", LINE, **void) == "set_off"
    wrong = Entry(desk.state).wrong(desk.event("correction", LINE, "2026-01-20", **void))
    assert wrong is not None and f"event {credit}" in wrong.text and "100.00 of K1" in wrong.text
    assert sent(desk, "correction", "K1", corrects=credit, void=True) == "recorded"
    assert left(desk) == 10_000
    assert sent(desk, "correction", LINE, **void) == "recorded"
    assert sent(desk, "deposit_credited", "K1", amount_cents=1) == "more_than_invoiced"
    assert sent(desk, "deposit_refunded", "K1", amount_cents=10_000) == "recorded"


@pytest.mark.parametrize("contract", ["K1", None])
@pytest.mark.parametrize(("cents", "code"), [(-90_000, "recorded"), (-90_001, "set_off")])
def test_a_credit_note_leaves_what_is_set_off(contract: str | None, cents: int, code: str):
    """Of 1,000.00 as much may be credited as leaves the 100.00 that are set off."""
    desk, _, _ = desk_of_a_deposit(contract)
    assert sent(desk, "order_invoiced", LINE, amount_cents=cents) == code


@pytest.mark.parametrize(("cents", "code"), [(10_000, "recorded"), (9_999, "set_off"),
                                             (200_000, "recorded")])
def test_a_corrected_invoice_covers_what_is_set_off(cents: int, code: str):
    """The invoice was one of 100.00 or of 2,000.00: taken. One of 99.99 is refused."""
    desk, invoice, _ = desk_of_a_deposit()
    assert sent(desk, "correction", LINE, corrects=invoice, data={"amount_cents": cents}) == code
    assert sent(desk, "correction", "K1", corrects=invoice, data={
        "amount_cents": cents}) == "corrects_unknown"


def test_no_more_is_set_off_by_a_correction_either():
    """1,000.00 are invoiced and 2,000.00 were paid by then: 100.00 set off become 1,000.00, and not
    a cent more."""
    desk, _, credit = desk_of_a_deposit()
    desk.must("deposit_received", "K1", "2026-01-19", amount_cents=190_000)
    more = {"corrects": credit, "data": {"amount_cents": 100_001}}
    assert sent(desk, "correction", "K1", **more) == "more_than_invoiced"
    assert sent(desk, "correction", "K1", corrects=credit, data={
        "amount_cents": 100_000}) == "recorded"
    assert left(desk) == 100_000


def test_a_line_takes_its_invoice_along_only_if_nothing_is_set_off_against_it():
    """The line belongs under K2. Its invoice would go there, too, and K1's deposit be set off
    against nothing; the same contract once more changes nothing, nor does the price."""
    desk, _, credit = desk_of_a_deposit()
    assert sent(desk, "order_amended", LINE, contract_id="K2") == "set_off"
    assert sent(desk, "override", LINE, table="orders", column="contract_id", old="K1",
                new="K2") == "set_off"
    assert sent(desk, "order_amended", LINE, contract_id="K1", unit_price_cents=1) == "recorded"
    assert sent(desk, "correction", "K1", corrects=credit, void=True) == "recorded"
    assert sent(desk, "order_amended", LINE, contract_id="K2") == "recorded"


def test_the_invoice_of_a_service_covers_a_deposit_too():
    """50.00 of support are invoiced beside the hardware: once they are credited, the 100.00 of
    hardware that stay cover the deposit exactly; nothing of them may go."""
    desk, invoice, _ = desk_of_a_deposit()
    desk.must("service_booked", SUPPORT, "2026-01-20", order_id="SO-1", line_no=9, starts="1",
              item_id="support", amount_cents=5_000, term_months=12)
    desk.must("order_invoiced", SUPPORT, "2026-01-20", amount_cents=5_000)
    assert sent(desk, "correction", LINE, corrects=invoice,
                data={"amount_cents": 5_000}) == "recorded"
    assert sent(desk, "order_invoiced", SUPPORT, amount_cents=-1) == "set_off"


def first(desk: LedgerDesk, key: str = LINE) -> tuple[int, dict[str, Any]]:
    """The sequence and the data of the booking of a line."""
    line = desk.state.lines.get(key)
    assert line is not None
    entry = desk.state.lines.entries(line)[0]
    assert entry.data is not None
    return entry.sequence, dict(entry.data)


def test_a_corrected_booking_moves_no_invoice_away():
    """The line was never sold under K1, says a correction of its booking, or never in dollars: its
    invoice would leave K1 either way. A correction of the price leaves it where it is."""
    desk, _, credit = desk_of_a_deposit()
    sequence, data = first(desk)
    for more, code in (({"contract_id": "K2"}, "set_off"), ({"currency": "EUR"}, "set_off"),
                       ({"unit_price_cents": 9_000}, "recorded")):
        assert sent(desk, "correction", LINE, corrects=sequence, data={**data, **more}) == code
    assert sent(desk, "correction", "K1", corrects=credit, void=True) == "recorded"
    assert sent(desk, "correction", LINE, corrects=sequence,
                data={**data, "contract_id": "K2"}) == "recorded"


@pytest.mark.parametrize("more", [{"void": True}, {"data": {"contract_id": "K3"}},
                                  {"data": {"unit_price_cents": 1}}])
def test_the_amendment_that_brought_the_invoice_stays(more: dict[str, Any]):
    """Sold under K2, the line was amended into K1, where its invoice covers the deposit. Without
    that amendment, or with one elsewhere, it would not."""
    desk = LedgerDesk()
    desk.book(10, 10_000, key=LINE, contract_id="K2")
    moved = desk.must("order_amended", LINE, "2026-01-20", contract_id="K1")
    desk.must("deposit_received", "K1", "2026-01-20", amount_cents=10_000)
    desk.must("order_invoiced", LINE, "2026-01-20", amount_cents=100_000)
    desk.must("deposit_credited", "K1", "2026-01-20", amount_cents=10_000)
    assert sent(desk, "correction", LINE, corrects=moved, **more) == "set_off"
    assert sent(desk, "correction", LINE, corrects=moved, data={
        "contract_id": "K1", "unit_price_cents": 1}) == "recorded"


def test_a_line_takes_the_invoices_of_its_services_along():
    """500.00 of support are invoiced, the hardware is not. The only line of the order moves to K2,
    and the support with it; beside a second line under K1 it stays there, and the first may go."""
    desk = LedgerDesk()
    desk.book(10, 10_000, key=LINE, contract_id="K1")
    desk.must("service_booked", SUPPORT, "2026-01-20", order_id="SO-1", line_no=9, starts="1",
              item_id="support", amount_cents=50_000, term_months=12)
    desk.must("deposit_received", "K1", "2026-01-20", amount_cents=10_000)
    desk.must("order_invoiced", SUPPORT, "2026-01-20", amount_cents=50_000)
    desk.must("deposit_credited", "K1", "2026-01-20", amount_cents=10_000)
    assert sent(desk, "order_amended", LINE, contract_id="K2") == "set_off"
    desk.book(10, 10_000, key="SO-1/2", contract_id="K1")
    assert sent(desk, "order_amended", LINE, contract_id="K2") == "recorded"


def test_an_invoice_in_another_currency_covers_nothing():
    """Amended to euros, what was invoiced would be euros, and 100.00 dollars set off against
    nothing; dollars said in words are the same dollars."""
    desk, _, credit = desk_of_a_deposit()
    assert sent(desk, "order_amended", LINE, currency="EUR") == "set_off"
    assert sent(desk, "override", LINE, table="orders", column="currency", old=None,
                new="EUR") == "set_off"
    assert sent(desk, "order_amended", LINE, currency="USD") == "recorded"
    assert sent(desk, "correction", "K1", corrects=credit, void=True) == "recorded"
    assert sent(desk, "order_amended", LINE, currency="EUR") == "recorded"
