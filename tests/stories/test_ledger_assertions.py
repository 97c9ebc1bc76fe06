"""Asserted balances: in the book's currency, before a period is closed, and loud when broken."""

from __future__ import annotations

from headgate.ledger.balances import broken_assertions
from tests.stories.ledger_desk import LedgerDesk, desk_with_line

JANUARY = {"name": "2026-01", "starts_on": "2026-01-01", "ends_on": "2026-01-31"}


def asserted(desk: LedgerDesk, cents: int, on: str = "2026-01-31", **more: object) -> str:
    """What became of the assertion that the order backlog of a day is so many cents."""
    return desk.send("balance_asserted", f"backlog {on}", on, measure="order_backlog", on=on,
                     amount_cents=cents, **more)


def with_rates(desk: LedgerDesk) -> None:
    """Euros at 1.10 from 1 January and at 1.20 from 31 January; the book is in dollars."""
    desk.must("row_set", "settings:", "2026-01-01", name="b", as_of="2026-02-02",
              horizon_weeks=26, fiscal_year_end="12-31", currency="USD")
    for on, micro in (("2026-01-01", 1_100_000), ("2026-01-31", 1_200_000)):
        desk.must("row_set", f"rates:EUR/{on}", "2026-01-01", currency="EUR", on=on,
                  rate_micro=micro)


def test_foreign_lines_count_at_the_rate_of_the_day():
    """64 pieces at 1.00 dollars and 10 at 3.00 euros: 64.00 + 30.00 x 1.20 = 100.00 dollars on the
    31st, 64.00 + 30.00 x 1.10 = 97.00 on the 20th; of euro lines alone 30.00 euros."""
    desk = desk_with_line()
    with_rates(desk)
    desk.book(10, 300, key="SO-1/1", currency="EUR")
    assert asserted(desk, 10_000) == "recorded"
    assert asserted(desk, 9_700, on="2026-01-20") == "recorded"
    assert asserted(desk, 3_000, currency="EUR") == "recorded"
    assert asserted(desk, 9_999) == "assertion_fails"


def test_a_line_without_a_rate_cannot_be_asserted():
    """Nobody says what a pound is worth."""
    desk = desk_with_line(currency="GBP")
    with_rates(desk)
    assert asserted(desk, 6_400) == "assertion_fails"
    assert asserted(desk, 6_400, currency="GBP") == "recorded"


def test_a_period_is_not_closed_over_a_balance_that_changed():
    """64.00 asserted for the 31st; then 4 pieces shipped on the 30th become known: 60.00. January
    cannot be closed until the balance is voided and asserted anew."""
    desk = desk_with_line()
    assert asserted(desk, 6_400) == "recorded"
    number = desk.state.sequence
    desk.must("order_shipped", "SO-4711/1", "2026-01-30", quantity=4)
    assert [issue.row for issue in broken_assertions(desk.state)] == [number]
    assert desk.send("period_closed", "2026-01", "2026-02-02", **JANUARY) == "assertion_fails"
    desk.must("correction", "backlog 2026-01-31", "2026-01-31", corrects=number, void=True)
    assert asserted(desk, 6_000) == "recorded"
    assert desk.send("period_closed", "2026-01", "2026-02-02", **JANUARY) == "recorded"


def test_a_day_to_come_has_no_balance_yet():
    """On 2 February the 64.00 of that day may be asserted, and those of the third may not: nobody
    knows what will have shipped by then."""
    desk = desk_with_line()
    assert asserted(desk, 6_400, on="2026-02-02") == "recorded"
    assert asserted(desk, 6_400, on="2026-02-03") == "not_over"


def test_an_order_without_a_contract_is_a_contract_of_its_own():
    """SO-1 belongs to contract C-7, 10 pieces at 3.00; SO-4711 to none, 64 at 1.00, and stands
    under its own id, as its deposits do."""
    desk = desk_with_line()
    desk.book(10, 300, key="SO-1/1", contract_id="C-7")
    assert asserted(desk, 3_000, scope={"contract_id": "C-7"}) == "recorded"
    assert asserted(desk, 6_400, scope={"contract_id": "SO-4711"}) == "recorded"
    assert asserted(desk, 6_400, on="2026-01-30", scope={"contract_id": None}) == "recorded"
    assert asserted(desk, 0, on="2026-01-29", scope={"contract_id": "SO-1"}) == "recorded"


def test_late_news_do_not_break_what_was_reported():
    """64.00 asserted, January closed. Four pieces shipped on the 30th are told afterwards: they are
    posted on 1 February, and the balance of January stands. A balance of January cannot be
    asserted any more; that of February begins with 60.00."""
    desk = desk_with_line()
    assert asserted(desk, 6_400) == "recorded"
    desk.must("period_closed", "2026-01", "2026-02-02", **JANUARY)
    desk.must("order_shipped", "SO-4711/1", "2026-01-30", quantity=4)
    assert str(desk.rows[-1].posted_on) == "2026-02-01"
    assert list(broken_assertions(desk.state)) == []
    assert asserted(desk, 6_400) == "period_closed"
    assert asserted(desk, 6_000, on="2026-02-01") == "recorded"
