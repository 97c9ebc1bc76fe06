"""What was recognised, at standard cost: by day as its revenue, and blank where nobody knows it."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from headgate.session.recognising import RecognisedAnswer, recognised
from tests.stories.lived import Lived, line, support


def told(lived: Lived, on: str) -> RecognisedAnswer:
    """What was recognised by a day."""
    known = lived.journals(on)
    return recognised(lived.book(on), known.progress, known.left, past=known.past)


def margins(made: RecognisedAnswer) -> dict[str, tuple[int, int | None, int | None]]:
    """Revenue, standard cost and margin in cents by quarter."""
    rows = made.by_quarter.filter(pl.col("by") == "all").select(
        "quarter", "revenue_cents", "standard_cents", "standard_margin_cents").rows()
    return {quarter: (revenue, cost, margin) for quarter, revenue, cost, margin in rows}


def test_cost_follows_its_revenue_and_goes_back_with_it():
    """Servers at 100.00 have a standard cost of 10.00. Three shipped in March cost 30.00; one comes
    back in April and takes its 10.00 along; what was told of the first quarter stays."""
    lived = Lived([line("A", 1, 5, "100.00")])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=3)
    lived.record("order_returned", "A/1", "2026-04-07", quantity=1)
    made = told(lived, "2026-05-01")
    assert made.ties_hold
    assert margins(made) == {
        "FY26 Q1": (300_00, 30_00, 270_00), "FY26 Q2": (-100_00, -10_00, -90_00)}


def test_a_service_costs_its_standard_over_its_term():
    """Two servers (alone 1,000.00 each) with a year of support (alone 360.00, standard cost 1.00)
    of each, for 2,000.00 and 720.00, delivered on 1 January 2027. Of its 2.00 the 90 days to 31
    March have floor(2.00 x 90 / 365) = 0.49, as of its price 720.00 x 90 / 365 = 177.53."""
    lived = Lived([line("A", 1, 2, "1000.00")], [support("A", 2, "720.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2027-01-01", quantity=2)
    lived.record("order_delivered", "A/1", "2027-01-01", quantity=2)
    rows = told(lived, "2027-04-01").made.entries.filter(pl.col("kind") == "service")
    assert rows.select("quantity", "price_cents", "standard_cents").rows() == [(2, 177_53, 49)]


def test_a_piece_that_comes_back_moves_no_cent_of_a_closed_quarter():
    """Two servers with three months of support (92 days) were delivered on 1 March: of its 2.00 the
    31 days of March have floor(2.00 x 31 / 92) = 0.67. In April one comes back, so that the terms
    of the two go on by themselves: floor(1.00 x 31 / 92) = 0.33 of each would be 0.66. What began
    together is rounded together, and the first quarter stays. By the end of the second the one
    that came back has had 45 days, floor(1.00 x 45 / 92) = 0.48, and the other its whole 1.00:
    0.81 more than 0.67, with the 10.00 of the server back."""
    lived = Lived([line("A", 1, 2, "1000.00")], [support("A", 2, "720.00", "1", 3)])
    lived.record("order_shipped", "A/1", "2026-03-01", quantity=2)
    lived.record("order_delivered", "A/1", "2026-03-01", quantity=2)
    before = margins(told(lived, "2026-04-02"))["FY26 Q1"]
    assert before[1] == 20_67
    lived.record("order_returned", "A/1", "2026-04-15", quantity=1, stage="delivered")
    after = margins(told(lived, "2026-07-20"))
    assert after["FY26 Q1"] == before
    assert after["FY26 Q2"][1] == -10_00 + 81


def test_what_no_table_has_any_more_has_no_cost_and_no_margin():
    """A line of an item that nobody lists any more brought 100.00. It cost something, but nobody
    knows what: cost and margin of its quarter are blank, not nothing and all of it."""
    lived = Lived([line("A", 1, 1, "100.00"), line("B", 1, 1, "50.00")])
    for order in "AB":
        lived.record("order_shipped", f"{order}/1", "2026-03-10", quantity=1)
    lived.record("order_closed", "A/1", "2026-03-11")
    known, read = lived.journals("2026-03-31"), lived.book("2026-03-31")
    left = replace(known.left, orders=known.past.orders.select(
        name for name in known.left.orders.columns if name in known.past.orders.columns)
        .with_columns(item_id=pl.lit("old"), delivered=pl.lit(0, pl.Int64),
                      accepted=pl.lit(0, pl.Int64)).select(known.left.orders.columns))
    made = recognised(read, known.progress, left)
    rows = made.made.entries.select("order_id", "standard_cents", "standard_margin_cents").rows()
    assert rows == [("A", None, None), ("B", 10_00, 40_00)]
    assert margins(made) == {"FY26 Q1": (150_00, None, None)}


def test_deferred_at_the_end_of_each_quarter_is_what_was_billed_and_not_earned():
    """Ten servers at 100.00 are invoiced in February for 1,000.00. Three leave in March, two in
    May: 700.00 are deferred at the end of March, 500.00 at that of June."""
    lived = Lived([line("A", 1, 10, "100.00")])
    lived.record("order_invoiced", "A/1", "2026-02-10", amount_cents=1000_00)
    for day, pieces in (("2026-03-10", 3), ("2026-05-12", 2)):
        lived.record("order_shipped", "A/1", day, quantity=pieces)
    on = "2026-06-30"
    known = lived.journals(on)
    made = recognised(lived.book(on), known.progress, known.left, past=known.past,
                      billings=known.billings)
    assert made.ties_hold
    assert "deferred" in made.ties["check"][-1]
    assert made.by_quarter.filter(pl.col("by") == "all").select("quarter", "deferred_cents").rows(
    ) == [("FY26 Q1", 700_00), ("FY26 Q2", 500_00)]
    assert made.by_quarter.filter(pl.col("by") == "segment")["deferred_cents"].null_count() == 2


def test_a_quarter_without_revenue_tells_what_is_deferred_at_its_end():
    """1,000.00 are invoiced in February, and 3 of the 10 servers leave in August: 1,000.00 are
    deferred at the end of the first two quarters, 700.00 at that of the third, and still on 30
    November, in the fourth, in which nothing was recognised either."""
    lived = Lived([line("A", 1, 10, "100.00")])
    lived.record("order_invoiced", "A/1", "2026-02-10", amount_cents=1000_00)
    lived.record("order_shipped", "A/1", "2026-08-10", quantity=3)
    known = lived.journals("2026-11-30")
    made = recognised(lived.book("2026-11-30"), known.progress, known.left, past=known.past,
                      billings=known.billings)
    rows = made.by_quarter.filter(pl.col("by") == "all").select(
        "quarter", "revenue_cents", "deferred_cents").rows()
    assert rows == [("FY26 Q1", 0, 1000_00), ("FY26 Q2", 0, 1000_00),
                    ("FY26 Q3", 300_00, 700_00), ("FY26 Q4", 0, 700_00)]
    assert made.ties_hold


def test_a_new_standard_cost_is_of_the_quarters_to_come():
    """Servers cost 10.00 in March, when one leaves at 100.00, and 12.00 from 1 April on, when
    another does. The first quarter keeps its margin of 90.00, and the second has 88.00. A support
    of 12 months costs 1.00 at first and 3.00 from April on: delivered on 10 March, the 22 days of
    that month have floor(1.00 x 22 / 365) = 0.06 and the 91 of the second quarter
    floor(3.00 x 113 / 365) - floor(3.00 x 22 / 365) = 0.92 - 0.18 = 0.74."""
    lived = Lived([line("A", 1, 2, "100.00"), line("B", 1, 1, "100.00")],
                  [support("B", 2, "36.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.record("order_shipped", "B/1", "2026-03-10", quantity=1)
    lived.record("order_delivered", "B/1", "2026-03-10", quantity=1)
    for name, kind, cost in (("server", "server", 12_00), ("support", "service", 3_00)):
        lived.record("row_set", f"items:{name}", "2026-04-01", item_id=name, kind=kind,
                     unit_cost_cents=cost, standalone_price_cents={
                         "server": 1000_00, "support": 360_00}[name])
    lived.record("order_shipped", "A/1", "2026-04-10", quantity=1)
    made = told(lived, "2026-07-20")
    assert made.ties_hold
    rows = made.made.entries.filter(pl.col("quarter").is_in(["FY26 Q1", "FY26 Q2"])).select(
        "order_id", "kind", "quarter", "standard_cents").rows()
    assert rows == [("A", "hardware", "FY26 Q1", 10_00), ("A", "hardware", "FY26 Q2", 12_00),
                    ("B", "hardware", "FY26 Q1", 10_00), ("B", "service", "FY26 Q1", 6),
                    ("B", "service", "FY26 Q2", 74)]


def test_a_standard_cost_that_comes_after_a_closing_moves_no_margin():
    """After the first quarter was closed somebody sets down that servers had cost 12.00 since 1
    March. It keeps its 10.00; in the second they cost 12.00."""
    lived = Lived([line("A", 1, 2, "100.00")])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.close("FY26 Q1", "2026-01-01", "2026-03-31")
    lived.record("row_set", "items:server", "2026-03-01", item_id="server", kind="server",
                 unit_cost_cents=12_00, standalone_price_cents=1000_00)
    lived.record("order_shipped", "A/1", "2026-04-10", quantity=1)
    assert margins(told(lived, "2026-07-20")) == {
        "FY26 Q1": (100_00, 10_00, 90_00), "FY26 Q2": (100_00, 12_00, 88_00)}
