"""What was recognised in a foreign currency: rounded to the cent by all who tell of it alike."""

from __future__ import annotations

import polars as pl

from headgate.session.backlog import backlog
from headgate.session.recognising import recognised
from tests.stories.lived import Lived, line, support


def test_a_foreign_service_ties_when_one_of_its_pieces_comes_back():
    """Two servers at 1,360.00 euros that may be cancelled, with a year of support of each for
    nothing more: by standalone prices 720.00 of 2,720.00 are support. A euro is 1.10 dollars. Both
    were delivered on 10 February, and one came back on 20 May, after 99 days: floor(360.00 x 99 /
    365) = 97.64 euros or 107.40 dollars. By 30 June it has been 141 days. What began together is
    rounded together: of both it were floor(720.00 x 141 / 365) = 278.13 euros or 305.94 dollars, of
    one floor(360.00 x 141 / 365) = 139.06 or 152.97, so that the other one has 152.97, though its
    own 139.07 euros are 152.98. Of its 396.00 it owes 243.03, whichever way RPO is worked out."""
    lived = Lived([line("A", 1, 2, "1360.00", recognise_on="deliver", cancellable="yes",
                        currency="EUR")], [support("A", 9, "0.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2026-02-10", quantity=2)
    lived.record("order_delivered", "A/1", "2026-02-10", quantity=2)
    lived.record("order_returned", "A/1", "2026-05-20", quantity=1, stage="delivered")
    read, known = lived.book("2026-07-01"), lived.journals("2026-07-01")
    made = recognised(read, known.progress, known.left, past=known.past)
    walk = dict(made.walk.select("step", "cents").iter_rows())
    assert made.ties_hold, made.ties.filter(pl.col("holds") != "yes")
    assert (walk["services"], walk["rpo"]) == (-(107_40 + 152_97), 243_03)
    other = backlog(read, movements=known.movements, progress=known.progress, past=known.past)
    assert other.figures["ties_hold"], other.ties.filter(pl.col("holds") != "yes")
    assert other.figures["rpo_cents"] == 243_03


def test_a_rate_that_comes_later_moves_no_split():
    """A server and a box are sold for 1,500.00 euros. Alone the server costs 1,000.00 dollars, and
    the box 600.00 euros, 660.00 dollars at the 1.10 of the day of booking: of the price the server,
    which left in March, has 1,500 x 1,000 / 1,660 = 903.61 euros, 993.97 dollars. In May a euro is
    1.30. The proportion stays that of the inception (ASC 606-10-32-43), and so does the quarter
    that is over; what is open, 596.39 euros, is 775.31 dollars now."""
    lived = Lived([line("A", 1, 1, "1000.00", currency="EUR"),
                   line("A", 2, 1, "500.00", currency="EUR", item_id="box")])
    lived.record("row_set", "items:box", "2026-02-02", item_id="box", kind="component",
                 unit_cost_cents=10_00, standalone_price_cents=600_00, currency="EUR")
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.record("row_set", "rates:EUR/2026-05-01", "2026-05-01", currency="EUR", on="2026-05-01",
                 rate_micro=1_300_000)
    for on, open_cents in (("2026-04-10", 656_03), ("2026-07-10", 775_31)):
        read, known = lived.book(on), lived.journals(on)
        made = recognised(read, known.progress, known.left, past=known.past)
        assert made.ties_hold, made.ties.filter(pl.col("holds") != "yes")
        assert made.made.entries.select("quarter", "revenue_cents").rows() == [
            ("FY26 Q1", 993_97)]
        assert made.figures["rpo_cents"] == open_cents
        assert made.figures["notes"] == []


def test_a_rate_that_comes_after_a_closing_moves_no_quarter():
    """A server at 1,000.00 euros left in March, at 1.10: 1,100.00 dollars, at a cost of 10.00
    euros, 11.00 dollars. After the closing it is set down that a euro had been 1.20 since 1 March:
    the first quarter keeps its 1,100.00. A server that leaves in April is worth 1,200.00, and costs
    12.00."""
    lived = Lived([line("A", 1, 2, "1000.00", currency="EUR")])
    lived.record("row_set", "items:server", "2026-02-02", item_id="server", kind="server",
                 unit_cost_cents=10_00, currency="EUR", standalone_price_cents=1000_00)
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.close("FY26 Q1", "2026-01-01", "2026-03-31")
    lived.record("row_set", "rates:EUR/2026-03-01", "2026-03-01", currency="EUR", on="2026-03-01",
                 rate_micro=1_200_000)
    lived.record("order_shipped", "A/1", "2026-04-10", quantity=1)
    read, known = lived.book("2026-07-10"), lived.journals("2026-07-10")
    made = recognised(read, known.progress, known.left, past=known.past)
    assert made.ties_hold, made.ties.filter(pl.col("holds") != "yes")
    assert made.made.entries.select("quarter", "revenue_cents", "standard_cents").rows() == [
        ("FY26 Q1", 1100_00, 11_00), ("FY26 Q2", 1200_00, 12_00)]
