"""What is asked of an event when it is recorded, beyond that it can have happened."""

from __future__ import annotations

import pytest

from headgate.ledger.entry import Entry
from tests.stories.ledger_desk import LedgerDesk


@pytest.mark.parametrize(("name", "ends_on", "code"), [
    ("2026-01", "2026-01-30", "period_other"), ("2026-01", "2026-01-31", None),
    ("to the move", "2026-01-30", None)])
def test_a_period_of_the_calendar_has_its_days(name, ends_on, code):
    """January has 31 days, whoever closes it by hand; a name of one's own may have any days."""
    desk = LedgerDesk()
    event = desk.event("period_closed", name, "2026-02-02", name=name, starts_on="2026-01-01",
                       ends_on=ends_on)
    assert Entry(desk.state).wrong(event) is None, "no calendar is known yet"
    desk.must("row_set", "settings:", "2026-01-01", name="book", as_of="2026-01-05",
              horizon_weeks=26, fiscal_year_end="12-31", currency="USD")
    found = Entry(desk.state).wrong(event)
    assert (None if found is None else found.code) == code


def code_of(desk: LedgerDesk, kind: str, key: str, **data: object) -> str | None:
    """Why an event is not recorded on 20 January."""
    found = Entry(desk.state).wrong(desk.event(kind, key, "2026-01-20", **data))
    if found is not None or not kind.startswith("deposit"):
        return None if found is None else found.code
    answer = desk.send(kind, key, "2026-01-20", **data)
    return None if answer == "recorded" else answer


def sold() -> LedgerDesk:
    """SO-1 in euros without a contract, SO-2 in dollars and SO-3 in euros under the contract K1."""
    desk = LedgerDesk()
    desk.book(key="SO-1/1", currency="EUR")
    desk.book(key="SO-2/1", contract_id="K1")
    desk.book(key="SO-3/1", contract_id="K1", currency="EUR", region="APAC")
    desk.must("order_amended", "SO-3/1", "2026-01-06", region="EMEA")
    return desk


@pytest.mark.parametrize(("key", "more", "code"), [
    ("K1", {}, "currency_other"), ("K1", {"currency": "EUR", "order_id": "SO-3"}, None),
    ("SO-1", {"currency": "EUR"}, None), ("SO-1", {}, None),
    ("SO-1", {"currency": "USD"}, "currency_other"), ("K1", {"currency": "JPY"}, "currency_other"),
    ("SO-2", {}, "unknown_key"), ("K1", {"order_id": "SO-1"}, "unknown_key"),
    ("K2", {}, "unknown_key"), ("K2", {"before_order": True}, "malformed"),
    ("K2", {"before_order": True, "currency": "EUR"}, None)])
def test_a_deposit_is_for_something_sold(key, more, code):
    """By contract, by order without one, in a currency of it, which is said where there are two:
    everything else is refused, and money that comes before the order says so."""
    assert code_of(sold(), "deposit_received", key, amount_cents=100, **more) == code


def test_what_was_paid_is_paid_back_whatever_became_of_the_order():
    """200.00 came before the order and are paid back though nothing was booked; of a contract that
    nobody paid for nothing is."""
    desk = sold()
    desk.must("deposit_received", "K2", "2026-01-10", amount_cents=20000, currency="EUR",
              before_order=True)
    assert code_of(desk, "deposit_refunded", "K2", amount_cents=100, currency="EUR") is None
    assert code_of(desk, "deposit_refunded", "K9", amount_cents=100) == "unknown_key"


def test_a_file_may_book_an_order_and_its_deposit():
    """What was recorded a moment ago is known: first the order, then what was paid for it; a line
    that moves to another contract takes its name along."""
    desk = sold()
    entry = Entry(desk.state)
    paid = desk.event("deposit_received", "SO-9", "2026-01-20", amount_cents=100)
    assert entry.wrong(paid) is not None
    desk.book(key="SO-9/1")
    assert entry.wrong(paid) is None
    desk.must("order_amended", "SO-9/1", "2026-01-21", contract_id="K9")
    assert "K9" in str(entry.wrong(paid))


@pytest.mark.parametrize(("scope", "code"), [
    ({"segment": "enterprise"}, None), ({"region": "APAC"}, None),
    ({"segment": "entt"}, "unknown_key"),
    ({"family": "rack"}, "unknown_key"), ({"contract_id": "K1", "region": "emea"}, "unknown_key")])
def test_a_balance_is_of_lines_that_there_are(scope, code):
    """Nothing is open of a segment that no line ever had: true of every misspelling."""
    found = code_of(sold(), "balance_asserted", "none", measure="order_backlog", on="2026-01-20",
                    amount_cents=0, scope=scope)
    assert found == code
