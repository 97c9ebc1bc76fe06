"""What is doubtful in a book and does not stop it: each warning once, and the book still loads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.tables_book import (
    FILES,
    Case,
    check_case,
    issues_of,
    load,
    order,
    orders_with,
    spoilt,
    the_issue,
)

ITEMS, ORDERS, SUPPLY = (FILES[f"{name}.csv"] for name in ("items", "orders", "supply"))
SUPPLY_STATUS = SUPPLY.splitlines()[0] + ",status\n" + "".join(
    f"{line},\n" for line in SUPPLY.splitlines()[1:])
SUPPORT = {"items.csv": ITEMS + "support,service,5,\n"}

CASES = [
    Case("a lane that no order takes", {"lanes.csv": FILES["lanes.csv"] + "austin,APJ,30\n"},
         "lanes.region.unused", 4, "region", "APJ", "no order goes this way"),
    Case("a site that cannot reach the region", orders_with("site_id", "lodz", "austin"),
         "orders.site_id.lane", 2, "site_id", "lodz", "cannot be planned"),
    Case("supply after the last week", {"supply.csv": SUPPLY + "gpu,austin,2026-02-10,5\n"},
         "supply.available_on.beyond", 5, "available_on", "2026-02-10", "2026-02-09"),
    Case("overdue supply", {"supply.csv": SUPPLY_STATUS + "gpu,austin,2026-01-30,5,committed\n"},
         "supply.available_on.overdue", 5, "available_on", "2026-01-30", "overdue"),
    Case("on hand in the future", {"supply.csv": SUPPLY_STATUS
                                   + "gpu,austin,2026-02-03,5,On_Hand\n"},
         "supply.status.future", 5, "status", "on_hand"),
    Case("a week without hours", {"capacity.csv": "".join(
        line + "\n" for line in FILES["capacity.csv"].splitlines()
        if line != "test,lodz,2026-02-09,inf")},
         "capacity.starts_on.gap", 4, "starts_on", "test at lodz",
         "1 weeks without a row, the first 2026-02-09"),
    Case("a price below cost", order("150.00", "99.99"), "orders.unit_price.below_cost", 2,
         "unit_price", "99.99"),
    Case("a component that nothing needs", {"items.csv": ITEMS + "fan,component,1,\n"},
         "items.item_id.unneeded", 7, "item_id", "fan"),
    Case("a component that cannot come", {
        "items.csv": ITEMS + "fan,component,1,\n", "bom.csv": FILES["bom.csv"] + "rack,fan,1\n"},
         "bom.component_id.unsourced", 5, "component_id", "fan"),
    Case("requested before booked", order("2025-12-01,2026-02-06", "2026-02-07,2026-02-06"),
         "orders.requested_on.before_booked", 2, "requested_on", "2026-02-06"),
    Case("routing without BOM", {"routing.csv": FILES["routing.csv"] + "gpu,test,1,0\n"},
         "routing.item_id.no_bom", 3, "item_id", "gpu"),
    Case("supply for nobody", {"supply.csv": SUPPLY.splitlines()[0] + ",reserved_for\n"
                               + "".join(f"{line},{'acne' if 'gpu' in line else ''}\n"
                                         for line in SUPPLY.splitlines()[1:])},
         "supply.reserved_for.unknown", 2, "reserved_for", "acne", 'did you mean "acme"?'),
    Case("a restriction that protects nothing", {
        "restrictions.csv": "item_id,region,reason\ngpu,AMRE,export control\n"},
         "restrictions.region.nobody", 2, "region", "AMRE", 'did you mean "AMER"?'),
    Case("an item accepted twice", orders_with("accepts", "rack;rack"),
         "orders.accepts.repeated", 2, "accepts", "rack;rack"),
    Case("an accepted item that never comes", {
        "items.csv": ITEMS + "box,other,1,\n", **orders_with("accepts", "box;rack")},
         "orders.accepts.unsourced", 2, "accepts", "box;rack"),
    Case("a rate of the own currency", {"rates.csv": "currency,on,rate\nUSD,2026-01-01,1\n"},
         "rates.currency.own", 2, "currency", "USD"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.story)
def test_one_doubt_and_one_warning(case: Case, tmp_path: Path):
    """The faultless book with one doubtful thing gives exactly one warning and loads."""
    check_case(tmp_path, case)
    assert load(tmp_path, case.changes).issues[0].severity == "warning"


def test_warnings_are_short_when_there_are_many(tmp_path: Path):
    """500 lines below cost: three rows, then one warning that counts the other 497."""
    more = "".join(f"SO-{n},1,acme,cloud,AMER,server,1,99,2025-12-01,2026-02-06\n"
                   for n in range(3, 503))
    issues = issues_of(tmp_path, {"orders.csv": ORDERS + more})
    assert [(issue.row, issue.count) for issue in issues] == [(5, 1), (6, 1), (7, 1), (8, 497)]


def test_a_foreign_price_is_compared_in_the_books_currency(tmp_path: Path):
    """A server costs 100 USD. 90 EUR are 99 USD at 1.1 and too little; 91 EUR are 100.10 USD."""
    rates = {"rates.csv": "currency,on,rate\nEUR,2026-01-01,1.1\n"}
    for cents, codes in (("90", ["orders.unit_price.below_cost"]), ("91", [])):
        text = orders_with("currency", "EUR")["orders.csv"]
        changes = {**spoilt("orders.csv", ",8,150.00", f",8,{cents}", str(text)), **rates}
        assert [issue.code for issue in issues_of(tmp_path, changes)] == codes


def test_a_blank_status_follows_the_date(tmp_path: Path):
    """Dated before as_of and blank means on hand: not overdue, no warning."""
    assert not issues_of(tmp_path, {"supply.csv": SUPPLY + "gpu,austin,2025-06-01,5\n"})


def test_repeated_accepted_items_count_once(tmp_path: Path):
    """rack, server (the line's own), rack, gpu: rack and gpu stay, in that order."""
    tables = load(tmp_path, orders_with("accepts", "rack;server;rack;gpu", "", "rack"))
    assert tables.frames["orders"]["accepts"].to_list() == [["rack", "gpu"], [], ["rack"]]


def test_a_misspelt_name_of_an_optional_table(tmp_path: Path):
    """restriction.csv is no table; silence would let export control go unheeded."""
    issue = the_issue(tmp_path, {"restriction.csv": "item_id,reason\ngpu,export control\n"})
    assert (issue.code, issue.file) == ("restrictions.file.misspelt", "restriction.csv")
    assert "restrictions.csv" in issue.expected
