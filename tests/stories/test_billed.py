"""Billings in foreign currencies: what a refund or a credit note leaves, and at which rate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from headgate.base.issue import IssuesError
from headgate.finance.exchange import Exchange
from tests.stories.backlog_told import told, walked
from tests.stories.book_builder import AS_OF, Story, book, week

FIRM = {"cancellable": "no", "recognise_on": "ship"}


def euros(**order: Any) -> Story:
    """Ten servers at 100 euros; a euro is 1.10 until four weeks ago, and 1.20 since."""
    return book([("server", 10, 1, {**FIRM, "currency": "EUR", **order})], [("server", 10, 1)],
                rates=[("EUR", "1.10", {"on": week(-9)}), ("EUR", "1.20", {"on": week(-4)})])


def paid(*rows: tuple[float, int], currency: str | None = "EUR") -> pl.DataFrame:
    """Billings of SO-1 from (amount, weeks before as_of)."""
    return pl.DataFrame({
        "order_id": ["SO-1"] * len(rows), "contract_id": [None] * len(rows),
        "posted_on": [AS_OF - timedelta(weeks=weeks) for _, weeks in rows],
        "amount_cents": [round(amount * 100) for amount, _ in rows],
        "currency": [currency] * len(rows)}, schema_overrides={"contract_id": pl.String})


@pytest.mark.parametrize(("rows", "left"), [
    ([(1000, 8)], 1100_00), ([(1000, 8), (-900, 1)], 110_00),
    ([(1000, 8), (-900, 1), (-95, 0)], 5_50), ([(1000, 8), (-1000, 1)], 0),
    ([(1000, 8), (-900, 1), (100, 1)], 230_00), ([(-40, 8), (1000, 1)], 1152_00)])
def test_what_is_paid_back_leaves_at_the_rate_at_which_it_came(rows: Any, left: int):
    """1,000 euros paid at 1.10 are 1,100. 900 paid back at 1.20 leave 100 euros at 1.10: 110, and
    not 1,100 - 1,080 = 20. 95 more leave 5 euros, 5.50. All paid back leaves nothing. 100 more
    paid at 1.20 are 110 + 120. A credit of 40 euros that was posted before the 1,000 at 1.20 is
    made up for by them: 960 euros, 1,152."""
    assert walked(told(euros(), billings=paid(*rows))).get("deferred_revenue", 0) == left


def test_rows_count_in_the_order_of_posting():
    """Sent in whatever order, 900 euros paid back a week ago leave 110 of 1,100."""
    made = told(euros(), billings=paid((-900, 1), (1000, 8)))
    assert walked(made)["deferred_revenue"] == 110_00


def test_half_of_what_is_left_may_be_earned():
    """1,000 euros at 1.10 and 200 more at 1.20: 1,340 for 1,200. 300 are credited: 900 euros at
    1,340 / 1,200. Four of ten shipped earn 400: 500 euros are left, 558.33."""
    made = told(euros(shipped_quantity=4), billings=paid((1000, 8), (200, 2), (-300, 1)))
    assert walked(made)["deferred_revenue"] == 558_33


def test_money_without_a_rate_is_refused():
    """500 yen in a book in dollars whose table rates knows euros alone: no 500.00 dollars, but an
    error that names the row, the currency and what to do, once for both rows."""
    with pytest.raises(IssuesError) as refused:
        told(euros(), billings=pl.concat([paid((7, 1)), paid((500, 1), (1, 0), currency="JPY")]))
    (issue,) = refused.value.issues
    assert (issue.code, issue.row, issue.column, issue.value, issue.count) == (
        "billings.currency.unknown", 3, "currency", "JPY", 2)
    assert "USD, EUR" in issue.expected and "rates" in issue.expected


def test_no_name_passes_for_the_currency_of_the_book():
    """A blank is the book's; a name that has no rate is no number at all."""
    rates = Exchange(("USD", "EUR"), np.array([0, 0, 1]), np.array([0]), np.array([1_100_000]))
    assert rates.indexes(pl.Series([None, "EUR", "USD"])).tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="no rate of JPY"):
        rates.indexes(pl.Series(["EUR", "JPY"]))


def test_an_invoice_stands_under_the_contract_of_its_line():
    """SO-1/1 is of contract K2 and SO-1/2 of K1; both are shipped, 1,000 each, and invoiced. The
    journal says K1 of the first, as it was when it was invoiced: both are all earned, and nothing
    is deferred."""
    story = book([("server", 10, 1, {**FIRM, "order_id": "SO-1", "line_no": line,
                                     "contract_id": name, "shipped_quantity": 10})
                  for line, name in ((1, "K2"), (2, "K1"))], [("server", 10, 1)])
    invoices = pl.DataFrame({
        "order_id": ["SO-1", "SO-1"], "line_no": [1, 2], "contract_id": ["K1", "K1"],
        "posted_on": [AS_OF] * 2, "amount_cents": [1000_00] * 2, "currency": ["USD", None]})
    assert "deferred_revenue" not in walked(told(story, billings=invoices))
    assert walked(told(story, billings=invoices.drop("line_no")))["deferred_revenue"] == 1000_00


def test_a_deposit_on_an_order_follows_it_into_a_contract():
    """400 were paid on order SO-1 when it was of no contract: the journal keeps them under SO-1.
    It is of K1 now, and all of it is shipped: earned, and not left over under SO-1."""
    story = book([("server", 10, 1, {**FIRM, "contract_id": "K1", "shipped_quantity": 10})],
                 [("server", 10, 1)])
    deposit = paid((400, 2), currency=None).with_columns(
        contract_id=pl.col("order_id"), order_id=pl.lit(None, pl.String))
    assert "deferred_revenue" not in walked(told(story, billings=deposit))


def kinds(*rows: tuple[str, int, bool | None]) -> pl.DataFrame:
    """Billings of SO-1 as a journal gives them, from (kind, dollars, refundable)."""
    signs = {"deposit_received": 1, "deposit_refunded": -1, "deposit_credited": -1}
    return pl.DataFrame([(None, "SO-1", AS_OF, signs[kind] * dollars * 100, None, kind, refundable)
                         for kind, dollars, refundable in rows], orient="row", schema={
        "order_id": pl.String, "contract_id": pl.String, "posted_on": pl.Date,
        "amount_cents": pl.Int64, "currency": pl.String, "kind": pl.String,
        "refundable": pl.Boolean})


@pytest.mark.parametrize(("rows", "binds"), [
    ([("deposit_received", 50, False)], True), ([("deposit_received", 50, True)], False),
    ([("deposit_received", 50, False), ("deposit_refunded", 20, None)], True),
    ([("deposit_received", 50, False), ("deposit_refunded", 50, None)], False),
    ([("deposit_received", 50, False), ("deposit_credited", 50, None)], False),
    ([("deposit_received", 50, False), ("deposit_received", 50, True),
      ("deposit_refunded", 60, None)], True)])
def test_a_deposit_binds_as_long_as_something_of_it_can_be_lost(rows: Any, binds: bool):
    """Ten at 100 may be cancelled, at the price of a deposit of 50 that is not refundable: 1,000 of
    RPO. One that is refundable binds nobody, nor one that was paid back after all, or set off."""
    story = book([("server", 10, 1, {"cancellable": "yes"})], [("server", 10, 1)])
    assert walked(told(story, billings=kinds(*rows))).get("deposit", 0) == (1000_00 if binds else 0)
