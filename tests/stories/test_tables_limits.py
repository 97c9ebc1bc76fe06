"""What frozen lines, ship sets, pins and reservations must obey: each rule broken once."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.tables.codes import rule_of
from tests.stories.tables_book import FILES, Case, Content, issues_of, with_column

PIN = "order_id,line_no,site_id,ship_on,quantity,reason"
QUOTA = "quota_id,from_on,to_on,item_id,family,max_quantity,reserved_quantity"
LANES = FILES["lanes.csv"] + "lodz,AMER,9\n"
"""From Lodz to AMER it takes 9 days, two weeks; from Austin 2 days, one week."""


def pins(*rows: str) -> dict[str, Content]:
    """The table of pins."""
    return {"pins.csv": "\n".join([PIN, *rows]) + "\n"}


def orders(columns: str, *cells: str) -> dict[str, Content]:
    """Orders with further columns; rows beyond the cells are blank in them."""
    blank = "," * columns.count(",")
    padded = [*cells, *[blank] * (3 - len(cells))]
    return {"orders.csv": with_column("orders.csv", columns, *padded)}


CASES = [
    Case("frozen without a promise", orders("frozen,promised_on", "no,", "yes,"),
         "orders.frozen.promised", 3, "frozen", "yes", "promised_on"),
    Case("half of a ship set is frozen",
         orders("ship_set,frozen,promised_on", "A,yes,2026-02-06", "A,,2026-02-06", ",,"),
         "orders.ship_set.frozen", 2, "ship_set", "A", "all its open lines"),
    Case("a ship set frozen for two weeks",
         orders("ship_set,frozen,promised_on", ",,", "A,yes,2026-02-06", "A,yes,2026-02-13"),
         "orders.ship_set.frozen", 3, "ship_set", "A", "one week"),
    Case("a pin of no order", pins("SO-7,1,austin,2026-02-02,,held"), "pins.order_id.unknown", 2,
         "order_id", "SO-7", "not in orders.csv"),
    Case("a pin of no line", pins("SO-1,3,austin,2026-02-02,,held"), "pins.line_no.unknown", 2,
         "line_no", "3", "no line of this order"),
    Case("a pin of a shipped line", {**pins("SO-1,1,austin,2026-02-02,,held"),
                                     **orders("shipped_quantity", "8")},
         "pins.line_no.shipped", 2, "line_no", "1"),
    Case("a pin from where no lane leads to EMEA", pins("SO-2,1,austin,2026-02-02,2,held"),
         "pins.site_id.lane", 2, "site_id", "austin", "lanes.csv"),
    Case("a pin from another site than the line's only one",
         {**pins("SO-1,1,lodz,2026-02-02,2,held"), "lanes.csv": LANES,
          **orders("site_id", "austin")}, "pins.site_id.other", 2, "site_id", "lodz"),
    Case("a pin beyond the two planned weeks", pins("SO-1,1,austin,2026-02-16,2,held"),
         "pins.ship_on.outside", 2, "ship_on", "2026-02-16"),
    Case("a pin before them", pins("SO-1,1,austin,2026-02-01,2,held"),
         "pins.ship_on.outside", 2, "ship_on", "2026-02-01"),
    Case("6 and 3 pinned of 8", pins("SO-1,1,austin,2026-02-02,6,held",
                                     "SO-1,1,austin,2026-02-09,3,held"),
         "pins.quantity.over", 2, "quantity", "9", "8 are open"),
    Case("all and one more", pins("SO-1,1,austin,2026-02-02,1,held",
                                  "SO-1,1,austin,2026-02-09,,held"),
         "pins.quantity.over", 2, "quantity", "9", "8 are open"),
    Case("3 pinned in lots of 2", {**pins("SO-1,1,austin,2026-02-02,3,held"),
                                   **orders("lot_size", "2")},
         "pins.quantity.lot", 2, "quantity", "3"),
    Case("5 of 8 pinned that arrive whole", {**pins("SO-1,1,austin,2026-02-02,5,held"),
                                             **orders("ship_complete", "yes")},
         "pins.quantity.complete", 2, "quantity", "5"),
    Case("5 of 8 pinned of a ship set", {**pins("SO-1,1,austin,2026-02-02,5,held"),
                                         **orders("ship_set", "A")},
         "pins.quantity.complete", 2, "quantity", "5"),
    Case("pins of one week that arrive in two",
         {**pins("SO-1,1,austin,2026-02-02,5,held", "SO-1,1,lodz,2026-02-02,3,held"),
          "lanes.csv": LANES, **orders("ship_complete", "yes")},
         "pins.ship_on.complete", 2, "ship_on", "2026-02-02"),
    Case("one line of a ship set pinned", {**pins("SO-1,2,austin,2026-02-02,,held"),
                                           **orders("ship_set", "A", "A")},
         "pins.order_id.ship_set", 2, "order_id", "SO-1"),
    Case("a ship set pinned for two weeks",
         {**pins("SO-1,1,austin,2026-02-09,,held", "SO-1,2,austin,2026-02-02,,held"),
          **orders("ship_set", "A", "A")}, "pins.order_id.ship_set", 2, "order_id", "SO-1"),
    Case("a reservation of racks, which are never bought",
         {"quotas.csv": f"{QUOTA}\nQ,2026-02-02,2026-03-01,rack,,,5\n"},
         "quotas.reserved_quantity.unsupplied", 2, "reserved_quantity", "5"),
    Case("a reservation of a family that is never bought",
         {"quotas.csv": f"{QUOTA}\nQ,2026-02-02,2026-03-01,,F1,,5\n"},
         "quotas.reserved_quantity.unsupplied", 2, "reserved_quantity", "5"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.story)
def test_one_limit_is_broken_and_one_thing_is_said(case: Case, tmp_path: Path):
    """The faultless book with one limit that cannot hold: where, what, what to do."""
    (issue,) = issues_of(tmp_path, case.changes)
    assert (issue.code, issue.row) == (case.code, case.row)
    assert issue.severity == rule_of(case.code).severity
    assert case.column == issue.column
    assert case.value == issue.value
    assert case.words in issue.expected


FINE: list[tuple[str, dict[str, Content]]] = [
    ("a pin of some pieces, a pin of the others",
     pins("SO-1,1,austin,2026-02-02,6,held", "SO-1,1,austin,2026-02-09,2,held")),
    ("a pin of all that is open in lots of 4, its quantity left blank",
     {**pins("SO-1,1,austin,2026-02-04,,held"), **orders("lot_size", "4")}),
    ("5 from Austin in week 1 and 3 from Lodz in week 0 arrive in week 2 together",
     {**pins("SO-1,1,austin,2026-02-09,5,held", "SO-1,1,lodz,2026-02-02,3,held"),
      "lanes.csv": LANES, **orders("ship_complete", "yes")}),
    ("a ship set pinned whole, the shipped line of it left out",
     {**pins("SO-1,1,austin,2026-02-06,,held"),
      **orders("ship_set,shipped_quantity", "A,0", "A,2")}),
    ("a ship set frozen on two days of one week",
     orders("ship_set,frozen,promised_on", "A,yes,2026-02-06", "A,yes,2026-02-04")),
    ("a shipped line that is still marked frozen", orders("frozen,shipped_quantity", "yes,8")),
    ("a set in which lots differ", orders("ship_set,lot_size", "A,4", "A,2")),
    ("a reservation of the GPU and a cap of racks",
     {"quotas.csv": f"{QUOTA}\nQ,2026-02-02,2026-03-01,gpu,,,5\n"
                    "C,2026-02-02,2026-03-01,rack,,0,\n"}),
]


@pytest.mark.parametrize(("story", "changes"), FINE, ids=[story for story, _ in FINE])
def test_limits_that_can_hold_are_taken(story: str, changes: dict[str, Content], tmp_path: Path):
    """Nothing is said of them."""
    assert not issues_of(tmp_path, changes), story


def test_a_broken_order_is_not_reported_again_at_its_pin(tmp_path: Path):
    """9 of 8 are shipped: one fault of the order, and none of the pin."""
    changes = {**pins("SO-1,1,austin,2026-02-02,,held"), **orders("shipped_quantity", "9")}
    assert [issue.code for issue in issues_of(tmp_path, changes)] == [
        "orders.shipped_quantity.over"]


def test_a_book_without_orders_has_none_that_is_pinned(tmp_path: Path):
    """A header and no orders may be planned, which says that nothing waits; a pin or a service of
    an order is then of one that the book has not, and is named, beside the empty table."""
    changes = {**pins("SO-1,1,austin,2026-02-02,,held"),
               "service_lines.csv": "order_id,line_no,item_id,amount,term_months\n"
                                    "SO-1,2,support,96.00,12\n",
               "orders.csv": FILES["orders.csv"].splitlines()[0] + "\n"}
    told = {issue.code: issue for issue in issues_of(tmp_path, changes)}
    assert {"orders.file.no_rows", "pins.order_id.unknown",
            "service_lines.order_id.unknown"} <= set(told)
    pin = told["pins.order_id.unknown"]
    assert (pin.severity, pin.row, pin.value) == ("error", 2, "SO-1")
