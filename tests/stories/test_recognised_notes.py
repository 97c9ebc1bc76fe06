"""What is said beside figures that are not those which were once reported."""

from __future__ import annotations

from headgate.session.recognising import recognised
from tests.stories.lived import Lived, line, support


def notes(lived: Lived, on: str) -> list[str]:
    """The notes of a day."""
    known = lived.journals(on)
    made = recognised(lived.book(on), known.progress, known.left, past=known.past,
                      billings=known.billings)
    assert made.ties_hold
    return list(made.figures["notes"])


def sold() -> Lived:
    """A server at 1,000.00 with a year of support at 100.00 in A; it left in March."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("B", 1, 2, "1000.00")],
                  [support("A", 9, "100.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    assert notes(lived, "2026-04-10") == []
    return lived


def test_a_service_whose_price_changes_moves_what_was_recognised():
    """The support of A becomes 300.00: 1,300.00 are split, and the server had 808.82 of 1,100.00.
    The contract is named."""
    lived = sold()
    lived.record("service_amended", "A/9", "2026-04-01", amount_cents=300_00)
    (note,) = notes(lived, "2026-04-10")
    assert note.startswith("Of contract A the price is split otherwise")


def test_a_line_that_comes_into_a_contract_moves_what_was_recognised():
    """Another server comes into order A in April, at 700.00: all three share the discount."""
    lived = sold()
    lived.load([line("A", 1, 1, "1000.00", shipped_quantity=1),
                line("A", 2, 1, "700.00", booked_on="2026-04-01"),
                line("B", 1, 2, "1000.00")], [support("A", 9, "100.00", "1", 12)])
    (note,) = notes(lived, "2026-04-10")
    assert note.startswith("Of contract A the price is split otherwise")


def test_a_price_of_what_has_not_left_moves_what_was_recognised():
    """Another line of A, two boxes at 400.00 of which none has left, is amended to 300.00 in April:
    200.00 less are split, and the server that left in March had its part of them."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("A", 2, 2, "400.00", item_id="box"),
                   line("B", 1, 2, "1000.00")])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.record("order_amended", "B/1", "2026-04-01", unit_price_cents=900_00)
    assert notes(lived, "2026-04-10") == []
    lived.record("order_amended", "A/2", "2026-04-01", unit_price_cents=300_00)
    (note,) = notes(lived, "2026-04-10")
    assert note.startswith("Of contract A the price is split otherwise")


def test_prices_that_nothing_shares_move_nothing():
    """B sells two servers at what one costs alone, and one has left when a third comes into the
    order at the same price: each is worth its own price, then as before."""
    lived = sold()
    lived.record("order_shipped", "B/1", "2026-03-10", quantity=1)
    lived.load([line("A", 1, 1, "1000.00", shipped_quantity=1),
                line("B", 1, 2, "1000.00", shipped_quantity=1),
                line("B", 2, 1, "1000.00", booked_on="2026-04-01")],
               [support("A", 9, "100.00", "1", 12)])
    assert notes(lived, "2026-04-10") == []


def test_what_came_after_a_closing_is_told():
    """January is closed. That a server left on the 30th becomes known later: its quarter has the
    1,000.00 all the same, the backlog posts them to prior periods, and it is said so."""
    lived = sold()
    lived.record("period_closed", "2026-01", "2026-01-31", name="2026-01", starts_on="2026-01-01",
                 ends_on="2026-01-31")
    assert notes(lived, "2026-04-10") == []
    lived.record("order_shipped", "B/1", "2026-01-30", quantity=1)
    (note,) = notes(lived, "2026-04-10")
    assert note.startswith("Of FY26 Q1, which was closed, 1 step of pieces or services was "
                           "recorded later.")
