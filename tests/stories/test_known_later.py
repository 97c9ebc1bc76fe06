"""
What became known of a day after it was closed: what was reported, what is known now, and between.

Ten servers of SO-1 are ordered at 100.00 euros on 5 January, when a euro is 1.10 dollars. From
31 January on it is 1.20. January is closed; then a shipment of 4 on the 30th becomes known, and is
posted on 1 February.

    reported of 31 January     10 x 100.00 EUR x 1.20 = 1,200.00 dollars
    known later               - 4 x 100.00 EUR x 1.20 =  -480.00
    known now of 31 January     6 x 100.00 EUR x 1.20 =   720.00
"""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from headgate.finance.known_later import known_later
from headgate.finance.levels import cuts_of
from tests.stories.movement_rows import ITEMS, exchange, moves, rolled

JANUARY_31, FEBRUARY_1 = date(2026, 1, 31), date(2026, 2, 1)
EURO = {"currency": "EUR"}
LATE = {**EURO, "posted_on": FEBRUARY_1, "prior_period": "2026-01"}
RATES = exchange(EUR={date(2026, 1, 1): "1.10", JANUARY_31: "1.20"})
ROWS = moves(("booked", date(2026, 1, 5), 10, 100, EURO),
             ("shipped", date(2026, 1, 30), -4, 100, LATE))


def later(until: date, *by: str) -> pl.DataFrame:
    return known_later(ROWS, RATES, ITEMS, until, cuts_of(by))


def test_it_leads_from_what_was_reported_to_what_is_known_now():
    """1,200.00 - 480.00 = 720.00, in total and for the customer; each says of which period it is,
    and what it was."""
    made = rolled(ROWS, "month", date(2026, 1, 1), JANUARY_31, rates=RATES)
    found = later(JANUARY_31, "customer")
    assert made.closing_cents == 120_000
    assert found["by"].to_list() == ["total", "customer"]
    assert found["customer_id"].to_list() == [None, "acme"]
    for row in found.iter_rows(named=True):
        assert (row["prior_period"], row["kind"], row["movements"], row["quantity"],
                row["amount_cents"]) == ("2026-01", "shipped", 1, -4, -48_000)


@pytest.mark.parametrize("until", [date(2026, 1, 29), FEBRUARY_1])
def test_of_a_day_before_it_and_of_the_day_of_its_posting_nothing_is_told(until: date):
    """On the 29th it had not happened; by 1 February it is posted: the roll-forward has it."""
    assert later(until).is_empty()
