"""What a ledger takes down and a book does not allow: the check names it, and a later event mends
it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from headgate.base.issue import IssuesError
from tests.stories.lived import Lived, Rows, line

DAY = "2026-02-20"
Data = Mapping[str, Any]
LATER = {"promised_on": "2026-03-06", "frozen": True}
SET: Rows = [line("A", 1, 10, "1.00", ship_set="S"), line("B", 1, 2, "1.00", ship_set="S")]
CASES: list[tuple[str, Rows, Mapping[str, int], tuple[str, Data], tuple[str, Data]]] = [
    ("orders.item_id.unknown", [line("A", 1, 10, "1.00")], {},
     ("A/1", {"item_id": "servr"}), ("A/1", {"item_id": "server"})),
    ("orders.currency.rate", [line("A", 1, 10, "1.00")], {},
     ("A/1", {"currency": "CHF"}), ("A/1", {"currency": "USD"})),
    ("orders.lot_size.multiple", [line("A", 1, 12, "1.00", lot_size=4)], {},
     ("A/1", {"quantity": 11}), ("A/1", {"quantity": 8})),
    ("pins.quantity.lot", [line("A", 1, 10, "1.00")], {"A": 3},
     ("A/1", {"lot_size": 5}), ("A/1", {"lot_size": 1})),
    ("pins.quantity.complete", [line("A", 1, 10, "1.00", ship_complete="yes")], {"A": 10},
     ("A/1", {"quantity": 12}), ("A/1", {"quantity": 9})),
    ("pins.quantity.complete", SET, {"A": 10, "B": 2},
     ("B/1", {"quantity": 4}), ("B/1", {"quantity": 2})),
    ("orders.frozen.promised", [line("A", 1, 10, "1.00")], {},
     ("A/1", {"frozen": True}), ("A/1", LATER)),
    ("orders.ship_set.frozen", SET, {}, ("A/1", LATER), ("B/1", LATER)),
    ("orders.latest_on.before", [line("A", 1, 10, "1.00")], {},
     ("A/1", {"earliest_on": "2026-05-01", "latest_on": "2026-04-01"}),
     ("A/1", {"latest_on": "2026-06-01"}))]


@pytest.mark.parametrize(("code", "orders", "pins", "wrong", "mended"), CASES)
def test_terms_that_do_not_go_together_are_named(code: str, orders: Rows, pins: Mapping[str, int],
                                                 wrong: tuple[str, Data],
                                                 mended: tuple[str, Data]):
    """An amendment makes terms of a line that do not go together, with each other, with its pins,
    or with those of its ship set. The ledger takes it, since the next event may mend it, as it
    does here; in between no book is made, and the check says which fault it is."""
    lived = Lived(orders)
    site_id = lived.story.frames["supply"]["site_id"][0]
    for order_id, pieces in pins.items():
        lived.record("row_set", f"pins:{order_id}/1/2026-03-02/{site_id}", "2026-02-02",
                     order_id=order_id, line_no=1, site_id=site_id, ship_on="2026-03-02",
                     reason="asked", quantity=pieces)
    lived.book(DAY)
    lived.record("order_amended", wrong[0], "2026-02-05", **wrong[1])
    with pytest.raises(IssuesError) as raised:
        lived.book(DAY)
    assert {one.code for one in raised.value.issues if one.severity == "error"} == {code}
    lived.record("order_amended", mended[0], "2026-02-05", **mended[1])
    lived.book(DAY)


def test_pieces_that_come_back_to_a_line_pinned_whole_are_named():
    """Of 10 servers that arrive together 4 had shipped when the other 6 were pinned. 2 come back:
    8 are open, and 6 of them pinned. The pin is set to 8."""
    lived = Lived([line("A", 1, 10, "1.00", ship_complete="yes")])
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=4)
    site_id = lived.story.frames["supply"]["site_id"][0]
    key = f"pins:A/1/2026-03-02/{site_id}"
    pin = {"order_id": "A", "line_no": 1, "site_id": site_id, "ship_on": "2026-03-02",
           "reason": "asked"}
    lived.record("row_set", key, "2026-02-02", **pin, quantity=6)
    lived.book(DAY)
    lived.record("order_returned", "A/1", "2026-02-05", quantity=2)
    with pytest.raises(IssuesError, match=r"pins\.quantity\.complete"):
        lived.book(DAY)
    lived.record("row_set", key, "2026-02-05", **pin, quantity=8)
    lived.book(DAY)
