"""From opening to closing, one step at a time, with the arithmetic in words."""

from __future__ import annotations

from datetime import date

import pytest

from headgate.base.issue import IssuesError
from headgate.finance.exchange import exchange_of
from headgate.finance.levels import cuts_of
from headgate.finance.movements import movements_of_book
from headgate.finance.rollforward import first_day_of, roll_forward, span_of
from tests.stories.book_builder import AS_OF, book
from tests.stories.movement_rows import ITEMS, exchange, moves, rolled, steps

JAN, FEB, MAR, APR = date(2026, 1, 15), date(2026, 2, 15), date(2026, 3, 15), date(2026, 4, 15)


def test_from_opening_to_closing():
    """Booked ten at 100 in January: 1000. In February two more at 100 (+200), three cancelled
    (-300), four shipped (-400), one of them back to be shipped again (+100): 1000 + 200 - 300 -
    400 + 100 = 600."""
    made = rolled(moves(("booked", JAN, 10, 100), ("amended", FEB, 2, 100),
                        ("cancelled", FEB, -3, 100), ("shipped", FEB, -4, 100),
                        ("returned", FEB, 1, 100)), "month", JAN, date(2026, 2, 28))
    assert steps(made, "2026-01") == {"booked": 1000_00, "closing": 1000_00}
    assert steps(made, "2026-02") == {
        "opening": 1000_00, "amended": 200_00, "cancelled": 300_00, "shipped": 400_00,
        "returned": 100_00, "closing": 600_00}
    row = made.rows.row(1, named=True)
    assert (row["opening_quantity"], row["closing_quantity"]) == (10, 6)


def test_a_price_change_midway_counts_on_what_is_open():
    """Ten at 100, four shipped at that price; then the six that are open cost 90: 6 x -10 = -60.
    They ship at 90: 540. 1000 - 400 - 60 - 540 = 0."""
    made = rolled(moves(("booked", JAN, 10, 100), ("shipped", JAN, -4, 100),
                        ("amended", FEB, 0, 0, {"amount_cents": -60_00}),
                        ("shipped", MAR, -6, 90)), "month", JAN, date(2026, 3, 31))
    assert steps(made, "2026-02") == {"opening": 600_00, "amended": -60_00, "closing": 540_00}
    assert steps(made, "2026-03") == {"opening": 540_00, "shipped": 540_00}


def test_other_rates_move_what_is_open_and_nothing_else():
    """Ten at 100 euros booked at 1.10: 1100. On 1 February the euro rises to 1.20: 1000 x 1.20 -
    1000 x 1.10 = 100 of FX. On the 15th six ship at 1.20: 720; 480 are left. On 1 March it falls
    to 1.05: 400 x 1.05 - 400 x 1.20 = -60. 1100 + 100 - 720 - 60 = 420 = 400 x 1.05."""
    rates = exchange(EUR={JAN: "1.10", date(2026, 2, 1): "1.20", date(2026, 3, 1): "1.05"})
    euro = {"currency": "EUR"}
    rows = moves(("booked", JAN, 10, 100, euro), ("shipped", FEB, -6, 100, euro))
    made = rolled(rows, "month", JAN, date(2026, 3, 31), rates=rates)
    assert steps(made, "2026-01") == {"booked": 1100_00, "closing": 1100_00}
    assert steps(made, "2026-02") == {"opening": 1100_00, "fx": 100_00, "shipped": 720_00,
                                      "closing": 480_00}
    assert steps(made, "2026-03") == {"opening": 480_00, "fx": -60_00, "closing": 420_00}
    quarter = rolled(rows, "quarter", JAN, date(2026, 3, 31), rates=rates)
    assert steps(quarter, "FY26 Q1") == {"booked": 1100_00, "fx": 40_00, "shipped": 720_00,
                                         "closing": 420_00}


def test_a_rate_holds_from_the_morning_of_its_day():
    """The rate falls from 2 to 1 on the day of the shipment: 100 x 1 - 100 x 2 = -100 of FX in
    the morning, then 100 ship at 1. Nothing is left."""
    rates = exchange(EUR={JAN: "2", FEB: "1"})
    made = rolled(moves(("booked", JAN, 1, 100, {"currency": "EUR"}),
                        ("shipped", FEB, -1, 100, {"currency": "EUR"})), "month", JAN,
                  date(2026, 2, 28), rates=rates)
    assert steps(made, "2026-02") == {"opening": 200_00, "fx": -100_00, "shipped": 100_00}


def test_halves_of_a_cent_go_to_the_even_one_and_leave_nothing_behind():
    """Three pieces of one cent at 0.5: open 3 is 1.5, so 2; after one has shipped 2 is 1, after
    two 1 is 0.5, so 0; after three 0. The shipments count 1, 1 and 0: 2 - 1 - 1 - 0 = 0."""
    cent = {"currency": "JPY", "amount_cents": -1}
    made = rolled(moves(("booked", JAN, 3, 0, {"currency": "JPY", "amount_cents": 3}),
                        ("shipped", JAN, -1, 0, cent), ("shipped", FEB, -1, 0, cent),
                        ("shipped", MAR, -1, 0, cent)), "month", JAN, date(2026, 3, 31),
                  rates=exchange(JPY={JAN: "0.5"}))
    assert steps(made, "2026-01") == {"booked": 2, "shipped": 1, "closing": 1}
    assert steps(made, "2026-02") == {"opening": 1, "shipped": 1}
    assert steps(made, "2026-03") == {}


def test_what_comes_late_for_a_closed_month_has_its_own_column():
    """January is closed when its booking of 300 is found in February: it posts on 1 February and
    is no booking of February. By quarter it is a booking like any other: both days are in Q1."""
    late = {"effective_on": JAN, "posted_on": date(2026, 2, 1), "prior_period": "2026-01"}
    rows = moves(("booked", JAN, 10, 100), ("booked", FEB, 3, 100, {**late, "line_no": 2}),
                 ("booked", FEB, 1, 100, {"line_no": 3}))
    made = rolled(rows, "month", JAN, date(2026, 2, 28))
    assert steps(made, "2026-02") == {"opening": 1000_00, "booked": 100_00,
                                      "prior_period": 300_00, "closing": 1400_00}
    assert made.adjustments.select("period", "prior_period", "kind", "movements", "quantity",
                                   "amount_cents").rows() == [
        ("2026-02", "2026-01", "booked", 1, 3, 300_00)]
    quarter = rolled(rows, "quarter", JAN, date(2026, 2, 28))
    assert steps(quarter, "FY26 Q1") == {"booked": 1400_00, "closing": 1400_00}
    assert quarter.adjustments.is_empty()


def test_a_line_that_changes_its_region_leaves_one_and_enters_the_other():
    """Ten at 100 for AMER are amended to EMEA: -1000 there, +1000 here, 0 in the total."""
    made = rolled(moves(("booked", JAN, 10, 100), ("amended", FEB, -10, 100),
                        ("amended", FEB, 10, 100, {"region": "EMEA"})), "month", JAN,
                  date(2026, 2, 28), "region")
    assert steps(made, "2026-02", "region", region="AMER") == {
        "opening": 1000_00, "amended": -1000_00}
    assert steps(made, "2026-02", "region", region="EMEA") == {
        "amended": 1000_00, "closing": 1000_00}
    assert steps(made, "2026-02") == {"opening": 1000_00, "closing": 1000_00}


def test_book_to_bill_turns_and_days():
    """Open at first 1000; in the 31 days of March 600 are booked, 100 cancelled, 300 shipped, 50
    come back: net 500 booked, 250 shipped, book-to-bill 2. Closing 1000 + 500 - 250 = 1250, on
    average 1125: 250 / 1125 x 365 / 31 = 2.62 turns a year, and 1125 / 250 x 31 = 139.5 days."""
    made = rolled(moves(("booked", FEB, 10, 100), ("booked", MAR, 6, 100),
                        ("cancelled", MAR, -1, 100), ("shipped", MAR, -3, 100),
                        ("returned", MAR, 0, 0, {"amount_cents": 50_00})), "month", MAR,
                  date(2026, 3, 31))
    row = made.measures.row(0, named=True)
    assert (row["net_booked_cents"], row["net_shipped_cents"], row["average_cents"]) == (
        500_00, 250_00, 1125_00)
    assert row["book_to_bill"] == 2
    assert row["turns"] == pytest.approx(2.6165, abs=1e-4)
    assert row["days"] == 139.5


def test_a_period_under_way_has_neither_turns_nor_days():
    """On 30 March 600 are booked and 300 shipped of it. Book-to-bill is that to date, 2; turns and
    days are blank, for what the rest of the month brings is not known. On the last they are there,
    and so are those of February, in which nothing left."""
    made = (moves(("booked", FEB, 10, 100), ("booked", MAR, 6, 100), ("shipped", MAR, -3, 100)),
            "month", date(2026, 2, 1))
    for until, known in ((date(2026, 3, 30), False), (date(2026, 3, 31), True)):
        february, march = rolled(*made, until).measures.to_dicts()
        assert february["turns"] == 0 and march["book_to_bill"] == 2
        assert [march[name] is not None for name in ("turns", "days")] == [known, known]


def test_the_last_period_ends_where_it_is_told_to():
    """Told up to 20 February: what ships on the 28th is not in it, nor in the next period."""
    rows = moves(("booked", JAN, 10, 100), ("shipped", date(2026, 2, 28), -4, 100))
    made = rolled(rows, "month", JAN, date(2026, 2, 20))
    assert made.rows["ends_on"].to_list() == [date(2026, 1, 31), date(2026, 2, 20)]
    assert made.closing_cents == 1000_00


def test_periods_without_a_movement_stand_in_the_total():
    """Nothing happens in February; the total has it all the same, and a book without a movement
    has every period with 0."""
    made = rolled(moves(("booked", JAN, 1, 100), ("shipped", MAR, -1, 100)), "month", JAN, APR)
    assert made.rows["closing_cents"].to_list() == [100_00, 100_00, 0, 0]
    none = rolled(moves(), "month", JAN, APR, "customer")
    assert none.rows["closing_cents"].to_list() == [0, 0, 0, 0]


def test_the_movements_of_a_book():
    """A book says what is booked when, and what is shipped up to as_of: ten at 100, four of them
    shipped, and one for 50 euros at 1.2 that is booked, by mistake or not, after as_of."""
    tables = book([("server", 10, 1, {"shipped_quantity": 4, "booked_on": date(2025, 12, 1)}),
                   ("server", 1, 1, {"unit_price": 50, "currency": "EUR", "booked_on": APR})],
                  [("server", 10, 1)], rates=[("EUR", "1.2")]).tables()
    rows = movements_of_book(tables)
    assert first_day_of(rows, AS_OF) == date(2025, 12, 1)
    made = roll_forward(rows, exchange_of(tables), ITEMS, span_of(
        "12-31", "month", date(2025, 12, 1), AS_OF), cuts_of(["line"]))
    assert steps(made, "2026-02") == {"opening": 1000_00, "booked": 60_00, "shipped": 400_00,
                                      "closing": 660_00}
    assert steps(made, "2026-02", "line", order_id="SO-2") == {
        "booked": 60_00, "closing": 60_00}


def test_what_cannot_be_used_is_named_at_once():
    """Two columns are missing: two faults. A kind and a currency that nobody knows: two more. A
    level that there is not is named with what comes near; no period ends before it begins."""
    rows = moves(("booked", JAN, 1, 100))
    with pytest.raises(IssuesError) as fault:
        rolled(rows.drop("kind", "posted_on"), "month", JAN, FEB)
    assert {issue.column for issue in fault.value.issues} == {"kind", "posted_on"}
    with pytest.raises(IssuesError) as fault:
        rolled(moves(("booked", JAN, 1, 1, {"currency": "CHF"}), ("sold", JAN, 1, 1)), "month",
               JAN, FEB)
    assert {issue.value for issue in fault.value.issues} == {"CHF", "sold"}
    with pytest.raises(IssuesError, match='did you mean "segment"'):
        cuts_of(["segmnet"])
    with pytest.raises(IssuesError, match=r"backlog\.from\.after"):
        rolled(rows, "month", FEB, JAN)


def test_amounts_beyond_all_reason_are_refused():
    """Fifty lines of ten trillion each leave the 64 bits that cents have: refused, not wrapped."""
    huge = {"amount_cents": 10**17}
    with pytest.raises(IssuesError, match=r"backlog\.amount\.total"):
        rolled(moves(*[("booked", JAN, 1, 1, {**huge, "line_no": k}) for k in range(50)]),
               "month", JAN, FEB)
    with pytest.raises(IssuesError, match=r"backlog\.amount\.total"):
        rolled(moves(("booked", JAN, 1, 1, {**huge, "currency": "EUR"})), "month", JAN, FEB,
               rates=exchange(EUR={JAN: "1000"}))
    assert rolled(moves(("booked", JAN, 1, 1, {"currency": "EUR"})), "month", JAN, FEB,
                  rates=exchange(EUR={JAN: "1000"})).closing_cents == 1000_00
