"""A rate that comes late: a closed quarter keeps its closing, and the open one has the change."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from headgate.finance.exchange import exchange_at
from headgate.finance.known_later import known_later
from headgate.finance.rollforward import RollForward, roll_forward, span_of
from headgate.ledger.balances import broken_assertions
from headgate.ledger.movements import movements
from headgate.ledger.posted_rates import posted_rates
from tests.stories.ledger_desk import LedgerDesk

ITEMS = pl.DataFrame({"item_id": ["xe-b300"], "family": ["XE"]})
FIRST, CLOSED, LAST = date(2025, 12, 1), date(2026, 1, 31), date(2026, 3, 31)


def rate(desk: LedgerDesk, on: str, micro: int, told: str, kind: str = "row_set") -> None:
    """A rate of euros, told on a day."""
    data: dict[str, Any] = {"currency": "EUR", "on": on, "rate_micro": micro}
    desk.must(kind, f"rates:EUR/{on}", told, **(data if kind == "row_set" else {}))


def euros() -> LedgerDesk:
    """Ten pieces at 100 euros, booked in January at 1.10, and January is closed."""
    desk = LedgerDesk()
    desk.must("row_set", "settings:", "2025-12-01", name="S", as_of="2026-03-31",
              horizon_weeks=26, fiscal_year_end="12-31", currency="USD")
    rate(desk, "2025-11-01", 1_100_000, "2025-12-01")
    desk.book(10, 10_000, "2026-01-10", currency="EUR")
    for name, starts, ends in (("FY26 12", "2025-12-01", "2025-12-31"),
                               ("FY26 01", "2026-01-01", "2026-01-31")):
        desk.must("period_closed", name, "2026-02-02", name=name, starts_on=starts, ends_on=ends)
    return desk


def known(desk: LedgerDesk) -> pl.DataFrame:
    """The rates as the state has them."""
    rows = [desk.state.row(key) for key in desk.state.rows if key.startswith("rates:")]
    return pl.DataFrame([(row["currency"], date.fromisoformat(row["on"]), row["rate_micro"])
                         for row in rows if row], orient="row",
                        schema={"currency": pl.String, "on": pl.Date, "rate_micro": pl.Int64})


def rolled(desk: LedgerDesk) -> list[tuple[Any, ...]]:
    """Opening, booked, fx and closing of each month up to March."""
    made: RollForward = roll_forward(
        movements(desk.rows), exchange_at("USD", posted_rates(desk.rows, LAST)), ITEMS,
        span_of("12-31", "month", FIRST, LAST))
    return made.rows.select("opening_cents", "booked_cents", "fx_cents", "closing_cents").rows()


def test_a_late_rate_changes_no_closed_month():
    """1,000 euros are 1,100 at the end of January, closed. Then a rate of 1.20 of 20 January is
    told: January stays 1,100, and the 100 are fx of February. With the rates as they are known
    now January would close with 1,200, which nobody reported."""
    desk = euros()
    before = rolled(desk)
    assert before[1] == (0, 110_000, 0, 110_000)
    rate(desk, "2026-01-20", 1_200_000, "2026-02-03")
    assert rolled(desk) == [before[0], before[1], (110_000, 0, 10_000, 120_000),
                            (120_000, 0, 0, 120_000)]


def test_an_older_late_rate_does_not_outlive_a_newer_one():
    """A rate of 15 February was there, 1.30. The late one of 20 January counts from 1 February, the
    first open day, to the 14th. A rate that is removed leaves the one before from then on: 1.10 as
    of 1 February, and nothing in January moves."""
    desk = euros()
    rate(desk, "2026-02-15", 1_300_000, "2026-02-03")
    rate(desk, "2026-01-20", 1_200_000, "2026-02-04")
    assert posted_rates(desk.rows, LAST).rows() == [
        ("EUR", date(2025, 11, 1), 1_100_000), ("EUR", date(2026, 2, 1), 1_200_000),
        ("EUR", date(2026, 2, 15), 1_300_000)]
    rate(desk, "2026-01-20", 0, "2026-02-05", "row_removed")
    assert posted_rates(desk.rows, LAST).rows() == [
        ("EUR", date(2025, 11, 1), 1_100_000), ("EUR", date(2026, 2, 15), 1_300_000)]


def test_as_long_as_nothing_is_closed_all_rates_are_those_of_the_book():
    """Three rates, one of which replaces another: what was posted is what is known."""
    desk = LedgerDesk()
    for on, micro in (("2026-01-01", 1_100_000), ("2026-01-20", 1_200_000),
                      ("2026-01-01", 1_050_000)):
        rate(desk, on, micro, "2026-02-01")
    assert posted_rates(desk.rows, LAST).rows() == sorted(known(desk).rows())
    assert posted_rates(desk.rows, date(2026, 1, 31)).is_empty()


def test_what_the_late_rate_makes_of_the_closed_day_became_known_later():
    """Told as of 31 January, the backlog known now is 1,200 at the late rate; reported were 1,100.
    Between them stands 100, of the kind fx, of the line's region and in total."""
    desk = euros()
    rate(desk, "2026-01-20", 1_200_000, "2026-02-03")
    posted = exchange_at("USD", posted_rates(desk.rows, LAST))
    later = known_later(movements(desk.rows), exchange_at("USD", known(desk)), ITEMS, CLOSED,
                        ((), ("region",)), posted)
    assert later.select("by", "kind", "prior_period", "quantity", "amount_cents").rows() == [
        ("total", "fx", None, 0, 10_000), ("region", "fx", None, 0, 10_000)]


@pytest.mark.parametrize("late", [
    (), (("2026-01-20", 1_200_000, "row_set"),), (("2026-03-10", 1_300_000, "row_set"),),
    (("2025-10-01", 1_400_000, "row_set"),), (("2025-11-01", 1_250_000, "row_set"),),
    (("2026-01-20", 1_200_000, "row_set"), ("2026-01-20", 0, "row_removed"))])
def test_an_asserted_balance_is_at_the_rate_that_is_posted(late):
    """January is closed, and rates of it come, change or go afterwards, or one of March comes. The
    balance of each open month's end is what the roll-forward closes with, to the cent, and is
    asserted; a cent more is refused. What was asserted of January before it was closed stays."""
    desk = LedgerDesk()
    desk.must("row_set", "settings:", "2025-12-01", name="S", as_of="2026-03-31",
              horizon_weeks=26, fiscal_year_end="12-31", currency="USD")
    desk.start = datetime(2026, 4, 2, tzinfo=UTC)
    rate(desk, "2025-11-01", 1_100_000, "2025-12-01")
    desk.book(10, 10_000, "2026-01-10", currency="EUR")

    def asserted(on: str, cents: int) -> str:
        return desk.send("balance_asserted", f"{on} {cents}", on, measure="order_backlog", on=on,
                         amount_cents=cents)

    assert asserted("2026-01-31", 110_000) == "recorded"
    desk.must("period_closed", "P1", "2026-02-02", name="P1", starts_on="2025-12-01",
              ends_on="2026-01-31")
    for on, micro, kind in late:
        rate(desk, on, micro, "2026-02-03", kind)
    _, january, february, march = rolled(desk)
    assert january[-1] == 110_000
    assert asserted("2026-02-28", february[-1]) == asserted("2026-03-31", march[-1]) == "recorded"
    assert asserted("2026-02-28", february[-1] + 1) == "assertion_fails"
    assert list(broken_assertions(desk.state)) == []
