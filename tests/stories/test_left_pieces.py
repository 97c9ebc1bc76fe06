"""Pieces leave a line that was sold in lots or pinned: its book follows, the record stays."""

from __future__ import annotations

from datetime import date

import pytest

from headgate.base.issue import IssuesError
from headgate.ledger.book_tables import book_tables
from headgate.ledger.fold import fold
from headgate.ledger.importing import events_of
from headgate.tables.check import check_tables
from headgate.tables.frames import Tables
from tests.stories.lived import Lived, line

WEEKS = ("2026-02-09", "2026-04-06")
DAY = date(2026, 2, 20)


def pinned(first: int | None, last: int, quantity: int = 10) -> Lived:
    """Servers on order, so many of them pinned to week 1 and to week 9."""
    lived = Lived([line("A", 1, quantity, "100.00")])
    site_id = lived.story.frames["supply"]["site_id"][0]
    for week, pieces in zip(WEEKS, (first, last), strict=True):
        if pieces:
            lived.record("row_set", f"pins:A/1/{week}/{site_id}", "2026-02-02", order_id="A",
                         line_no=1, site_id=site_id, ship_on=week, reason="asked",
                         quantity=pieces)
    return lived


def book(lived: Lived) -> Tables:
    return check_tables(book_tables(lived.live, DAY))


def lots(lived: Lived) -> list[int]:
    return [int(each) for each in book(lived).frames["orders"]["lot_size"]]


def pins(lived: Lived) -> list[tuple[str, int | None]]:
    return [(f"{week}", pieces) for week, pieces in book(lived).frames["pins"].select(
        "ship_on", "quantity").iter_rows()]


def faults(lived: Lived) -> list[str]:
    with pytest.raises(IssuesError) as raised:
        book(lived)
    return [issue.code for issue in raised.value.issues if issue.severity == "error"]


def said(lived: Lived, tables: Tables) -> list[str]:
    """Kinds of the events of an import, but for the day of the settings."""
    return [event.kind for event in events_of(tables, lived.live, DAY, "ann")
            if event.key != "settings:"]


@pytest.mark.parametrize("kind", ["order_shipped", "order_cancelled"])
def test_lots_hold_again_once_what_is_open_is_whole(kind: str):
    """Of 12 in lots of 4, 3 leave: 9 are open, in lots of 1. That very book says nothing when it
    is imported. One piece more leaves, and the 8 are in lots of 4, as was sold."""
    lived = Lived([line("A", 1, 12, "100.00", lot_size=4)])
    lived.record(kind, "A/1", "2026-02-03", quantity=3)
    assert lots(lived) == [1]
    assert said(lived, book(lived)) == []
    lived.record(kind, "A/1", "2026-02-04", quantity=1)
    assert lots(lived) == [4]


def test_a_lot_that_somebody_changed_is_recorded():
    """9 of 12 in lots of 4 are open, in lots of 1. A book with lots of 3 amends the lot. One that
    still has lots of 1 when 8 are open, which would be 2 lots of 4, amends it, too: the book of
    the ledger is then the one that was imported."""
    lived = Lived([line("A", 1, 12, "100.00", lot_size=4)])
    lived.record("order_shipped", "A/1", "2026-02-03", quantity=3)
    other = Lived([line("A", 1, 12, "100.00", lot_size=3, shipped_quantity=3)])
    assert said(lived, book(other)) == ["order_amended"]
    later = Lived([line("A", 1, 12, "100.00", lot_size=1, shipped_quantity=4)])
    assert said(lived, book(later)) == ["order_amended", "order_shipped"]
    for event in events_of(book(later), lived.live, DAY, "ann"):
        lived.take(event, lived.rows[-1].recorded_at)
    assert book(lived).digest == book(later).digest


def test_a_lot_that_never_fitted_is_named():
    """12 in lots of 4 are amended to 11, and nothing has left: the lot, or the quantity, is a
    mistake, and the check says so. Amended with it, the lot fits."""
    lived = Lived([line("A", 1, 12, "100.00", lot_size=4)])
    lived.record("order_amended", "A/1", "2026-02-03", quantity=11)
    assert faults(lived) == ["orders.lot_size.multiple"]
    lived.record("order_amended", "A/1", "2026-02-03", lot_size=11)
    assert lots(lived) == [11]


def test_a_line_that_came_partly_shipped_is_a_book_before():
    """A book has 10 pieces in lots of 7, 3 of them shipped. Booked on 5 January, the ten were in
    lots of 1 until the day of the import, 2 February."""
    lived = Lived([line("A", 1, 10, "100.00", lot_size=7, shipped_quantity=3)])
    assert lots(lived) == [7]
    assert said(lived, book(lived)) == []
    before = fold(lived.rows, date(2026, 1, 31)).lines
    assert (before.at(0).open_quantity, before.terms["lot_size"]) == (10, [1])


def test_what_ships_uses_up_the_first_week_and_what_shrinks_the_last():
    """5 pieces are pinned to week 1, and 5 to week 9. 5 ship: week 9 stays. Of ten 5 are amended
    away or cancelled instead: week 1 stays. 3 ship and 2 are cancelled: 2 and 3 stay."""
    lived = pinned(5, 5)
    lived.record("order_shipped", "A/1", "2026-02-03", quantity=5)
    assert pins(lived) == [(WEEKS[1], 5)]
    assert said(lived, book(lived)) == []
    lived.record("order_returned", "A/1", "2026-02-04", quantity=5)
    assert pins(lived) == [(WEEKS[0], 5), (WEEKS[1], 5)]
    for kind in ("order_amended", "order_cancelled"):
        lived = pinned(5, 5)
        lived.record(kind, "A/1", "2026-02-03", quantity=5)
        assert pins(lived) == [(WEEKS[0], 5)]
        assert said(lived, book(lived)) == []
    lived = pinned(5, 5)
    lived.record("order_shipped", "A/1", "2026-02-03", quantity=3)
    lived.record("order_cancelled", "A/1", "2026-02-04", quantity=2)
    assert pins(lived) == [(WEEKS[0], 2), (WEEKS[1], 3)]


def test_what_left_before_a_pin_was_set_used_up_nothing_of_it():
    """Of 15 pieces 5 had shipped when 5 and 5 were pinned. 5 are amended away: week 1 stays."""
    lived = pinned(None, 0, 15)
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=5)
    for row in pinned(5, 5).rows[-2:]:
        lived.record("row_set", row.event.key, "2026-02-02", **row.event.data)
    lived.record("order_amended", "A/1", "2026-02-03", quantity=10)
    assert pins(lived) == [(WEEKS[0], 5)]


def test_pins_of_more_than_was_ever_ordered_are_named():
    """8 and 8 are pinned of 10, which nobody ever ordered: the check names the pin."""
    assert set(faults(pinned(8, 8))) == {"pins.quantity.over"}


def test_pins_that_somebody_changed_are_recorded():
    """5 and 5 are pinned, and 3 have shipped: 2 and 5 are left. A book with 2 and 4 sets both; the
    ledger's book is then that one."""
    lived = pinned(5, 5)
    lived.record("order_shipped", "A/1", "2026-02-03", quantity=3)
    other = pinned(2, 4)
    other.record("order_shipped", "A/1", "2026-02-03", quantity=3)
    assert said(lived, book(other)) == ["row_set", "row_set"]
    for event in events_of(book(other), lived.live, DAY, "ann"):
        lived.take(event, lived.rows[-1].recorded_at)
    assert book(lived).digest == book(other).digest
