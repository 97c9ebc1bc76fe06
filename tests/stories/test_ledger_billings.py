"""Billings of order lines that have left the book: what they earned is taken off."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from headgate.ledger.fold import State
from headgate.ledger.journals import billings, earned_elsewhere
from tests.stories.ledger_desk import LedgerDesk, desk_with_line

DAY = date(2026, 2, 28)


def left_over(desk: LedgerDesk, *in_book: tuple[str, int]) -> int:
    """What is billed and not earned by lines that are gone, in cents."""
    orders = pl.DataFrame(list(in_book), orient="row",
                          schema={"order_id": pl.String, "line_no": pl.Int64})
    found = billings(desk.rows).vstack(earned_elsewhere(desk.state, orders, DAY))
    return int(found["amount_cents"].sum())


def test_a_line_that_is_done_leaves_nothing_deferred():
    """64 pieces at 1.00 are shipped and invoiced with 64.00, and the line leaves the book: nothing
    is left. With 70.00 invoiced, 6.00 is owed back. Of a line in the book nothing is taken off, as
    whoever reads the book does that."""
    desk = desk_with_line()
    desk.must("order_shipped", "SO-4711/1", "2026-01-12", quantity=64)
    desk.must("order_invoiced", "SO-4711/1", "2026-01-12", amount_cents=6400)
    desk.must("order_closed", "SO-4711/1", "2026-01-20")
    assert left_over(desk) == 0
    desk.must("order_invoiced", "SO-4711/1", "2026-01-21", amount_cents=600)
    assert left_over(desk) == 600
    assert left_over(desk, ("SO-4711", 1)) == 7000


@pytest.mark.parametrize(("rule", "earned"), [("ship", 60), ("deliver", 50), ("accept", 40)])
def test_only_pieces_that_came_far_enough_are_earned(rule: str, earned: int):
    """60 pieces shipped, 50 delivered, 40 accepted, 4 cancelled: by rule 60, 50 or 40 are earned of
    64.00 invoiced."""
    desk = desk_with_line(recognise_on=rule)
    for kind, pieces in (("shipped", 60), ("delivered", 50), ("accepted", 40), ("cancelled", 4)):
        desk.must(f"order_{kind}", "SO-4711/1", "2026-01-12", quantity=pieces)
    desk.must("order_invoiced", "SO-4711/1", "2026-01-12", amount_cents=6400)
    desk.must("order_closed", "SO-4711/1", "2026-01-20")
    assert left_over(desk) == 6400 - earned * 100


SERVICE = {"order_id": "SO-4711", "line_no": 2, "item_id": "support", "amount_cents": 36_000,
           "starts": "1", "term_months": 12}


def told(desk: LedgerDesk, *columns: str) -> list[tuple[object, ...]]:
    """Some columns of the billings of a desk."""
    return billings(desk.rows).select(columns).rows()


def test_a_currency_that_is_left_out_is_that_of_the_order():
    """The order is in euros, of contract K1. An invoice, a deposit on the contract and one on an
    order of it that say no currency are in euros; the invoice of its support, whose price is in the
    book's currency, is in that. The order is in dollars later: what was recorded stays in euros."""
    desk = desk_with_line(currency="EUR", contract_id="K1")
    desk.must("service_booked", "SO-4711/2", "2026-01-05", **SERVICE)
    desk.must("order_invoiced", "SO-4711/1", "2026-01-12", amount_cents=6400)
    desk.must("deposit_received", "K1", "2026-01-12", amount_cents=900)
    desk.must("deposit_received", "K1", "2026-01-12", amount_cents=100, order_id="SO-4711")
    desk.must("order_invoiced", "SO-4711/2", "2026-01-12", amount_cents=36_000)
    desk.must("order_amended", "SO-4711/1", "2026-01-13", currency="USD")
    assert told(desk, "amount_cents", "currency") == [
        (6400, "EUR"), (900, "EUR"), (100, "EUR"), (36_000, None)]


def test_a_service_is_invoiced_in_the_currency_of_the_book():
    """Support has a price in dollars, the book's currency, on an order in euros: an invoice of it
    in euros is another amount, and refused; one in dollars is the same as one that says none."""
    desk = desk_with_line(currency="EUR")
    desk.must("service_booked", "SO-4711/2", "2026-01-05", **SERVICE)
    sent = ("order_invoiced", "SO-4711/2", "2026-01-12")
    assert desk.send(*sent, amount_cents=9, currency="EUR") == "currency_other"
    desk.must(*sent, amount_cents=9, currency="USD")
    desk.must(*sent, amount_cents=9)


def test_a_deposit_may_name_its_currency_once_or_never():
    """500 received without a currency, in a book and an order in dollars; 200 of them are paid back
    in dollars, which is the same. From then on euros are another currency."""
    desk = desk_with_line()
    desk.must("deposit_received", "SO-4711", "2026-01-12", amount_cents=50_000)
    desk.must("deposit_refunded", "SO-4711", "2026-01-12", amount_cents=20_000, currency="USD")
    desk.must("deposit_refunded", "SO-4711", "2026-01-12", amount_cents=10_000)
    assert desk.send("deposit_refunded", "SO-4711", "2026-01-12", amount_cents=1,
                     currency="EUR") == "currency_other"


def test_the_contract_of_an_invoice_is_that_of_its_line_at_the_end():
    """Invoiced under K1, amended to K2 by hand, overridden to K3: the row has the line, and K3,
    also of the support that goes with the line; of a deposit the contract is its key."""
    desk = desk_with_line(contract_id="K1")
    desk.must("service_booked", "SO-4711/2", "2026-01-05", **SERVICE)
    for key in ("SO-4711/1", "SO-4711/2"):
        desk.must("order_invoiced", key, "2026-01-12", amount_cents=6400)
    desk.must("deposit_received", "K1", "2026-01-12", amount_cents=100)
    assert {row[2] for row in told(desk, "order_id", "line_no", "contract_id")} == {"K1"}
    desk.must("order_amended", "SO-4711/1", "2026-01-13", contract_id="K2")
    desk.must("override", "SO-4711/1", "2026-01-14", table="orders", column="contract_id",
              old="K2", new="K3")
    assert told(desk, "order_id", "line_no", "contract_id", "kind") == [
        ("SO-4711", 1, "K3", "invoiced"), ("SO-4711", 2, "K3", "invoiced"),
        (None, None, "K1", "deposit_received")]


def test_a_deposit_says_whether_the_customer_may_have_it_back():
    """500 that the customer would lose, corrected to 400: +500 - 500 + 400, all of them not
    refundable. A deposit that says nothing is refundable; of an invoice there is nothing to say."""
    desk = desk_with_line()
    first = desk.must("deposit_received", "SO-4711", "2026-01-12", amount_cents=500,
                      refundable=False)
    desk.must("deposit_received", "SO-4711", "2026-01-12", amount_cents=70)
    desk.must("order_invoiced", "SO-4711/1", "2026-01-12", amount_cents=9)
    desk.must("correction", "SO-4711", "2026-01-12", corrects=first,
              data={"amount_cents": 400, "refundable": False})
    assert told(desk, "amount_cents", "refundable") == [
        (500, False), (70, True), (9, None), (-500, False), (400, False)]


def test_no_more_is_set_off_than_was_invoiced():
    """100.00 are paid on contract K1 and nothing is invoiced: to set off 100.00 would make the
    liability go away, and is refused. 30.00 are invoiced for the line and 20.00 for its support:
    50.00 can be set off, in two parts, and not a cent more. Of a deposit of 100.00 too much is told
    before too little invoiced: 100.01 is `more_than_deposited`."""
    desk = desk_with_line(contract_id="K1")
    desk.must("service_booked", "SO-4711/2", "2026-01-05", **SERVICE)
    desk.must("deposit_received", "K1", "2026-01-12", amount_cents=10_000)
    credit = ("deposit_credited", "K1", "2026-01-12")
    assert desk.send(*credit, amount_cents=10_000) == "more_than_invoiced"
    assert desk.send(*credit, amount_cents=10_001) == "more_than_deposited"
    desk.must("order_invoiced", "SO-4711/1", "2026-01-12", amount_cents=3000)
    desk.must("order_invoiced", "SO-4711/2", "2026-01-12", amount_cents=2000)
    desk.must(*credit, amount_cents=4000)
    assert desk.send(*credit, amount_cents=1001) == "more_than_invoiced"
    desk.must(*credit, amount_cents=1000)


def test_what_counts_as_invoiced_follows_the_contract_of_the_line():
    """30.00 are invoiced for a line of K1, which goes to K2: nothing of K1 is invoiced any more. It
    comes back by an override, and 30.00 can be set off; also by a state that was restored."""
    desk = desk_with_line(contract_id="K1")
    desk.must("deposit_received", "K1", "2026-01-12", amount_cents=3000)
    desk.must("order_invoiced", "SO-4711/1", "2026-01-12", amount_cents=3000)
    desk.must("order_amended", "SO-4711/1", "2026-01-13", contract_id="K2")
    credit = ("deposit_credited", "K1", "2026-01-13")
    assert desk.send(*credit, amount_cents=1) == "more_than_invoiced"
    desk.must("override", "SO-4711/1", "2026-01-14", table="orders", column="contract_id",
              old="K2", new="K1")
    desk.state = State.restore(desk.state.frames())
    desk.must(*credit, amount_cents=3000)


def test_where_a_contract_has_two_currencies_a_deposit_names_one():
    """K1 has a line in dollars and one in euros. A deposit that names none could be either, and is
    refused, unless it names the order; yen are neither."""
    desk = desk_with_line(contract_id="K1")
    desk.book(key="SO-2/1", contract_id="K1", currency="EUR")
    paid = ("deposit_received", "K1", "2026-01-12")
    assert desk.send(*paid, amount_cents=100) == "currency_other"
    assert desk.send(*paid, amount_cents=100, currency="JPY") == "currency_other"
    desk.must(*paid, amount_cents=100, order_id="SO-2")
    assert told(desk, "currency") == [("EUR",)]
