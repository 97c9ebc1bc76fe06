"""Billings of order lines that have left the book: what they earned is taken off."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

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
