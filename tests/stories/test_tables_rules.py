"""What rows of a book must obey together: each rule broken once, in an otherwise faultless book."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.tables_book import (
    FILES,
    Case,
    Content,
    check_case,
    issues_of,
    load,
    order,
    orders_with,
    spoilt,
    the_issue,
    with_column,
)

BOM, ITEMS, ORDERS, ROUTING = (FILES[f"{name}.csv"]
                               for name in ("bom", "items", "orders", "routing"))
RATES = "currency,on,rate\n"
SERVICES = "order_id,line_no,item_id,amount,starts,term_months\n"
SUPPORT = ITEMS + "support,service,5,\n"


def bom_periods(*rows: str) -> dict[str, Content]:
    """The BOM with periods: the rows of rack and dimm as they were, then the given ones."""
    return {"bom.csv": "parent_id,component_id,quantity,effective_from,effective_to\n"
                       "rack,server,4,,\nserver,dimm,16,,\n" + "".join(f"{r}\n" for r in rows)}


def table(name: str, header: str, *rows: str) -> dict[str, Content]:
    return {f"{name}.csv": "\n".join([header, *rows]) + "\n"}


KEYS_AND_IDS = [
    Case("an order line twice", order("SO-1,2", "SO-1,1"), "orders.order_id.duplicate", 3,
         "order_id", "SO-1 / 1", "stands in row 2 already; each order_id and line_no once"),
    Case("an item twice", {"items.csv": ITEMS + "gpu,component,31,\n"}, "items.item_id.duplicate",
         7, "item_id", "gpu", "row 4"),
    Case("a BOM row twice, both from the start", {"bom.csv": BOM + "server,gpu,9\n"},
         "bom.parent_id.duplicate", 5, "parent_id", "server / gpu / ", "row 3"),
    Case("a misspelt item", order("AMER,server", "AMER,servr"), "orders.item_id.unknown", 2,
         "item_id", "servr", 'not in items.csv; did you mean "server"?'),
    Case("an item in capitals", spoilt("bom.csv", "server,gpu", "server,GPU"),
         "bom.component_id.unknown", 3, "component_id", "GPU", 'did you mean "gpu"?'),
    Case("a supply site that is none", spoilt("supply.csv", "gpu,austin", "gpu,houston"),
         "supply.site_id.unknown", 2, "site_id", "houston", "not in sites.csv"),
    Case("a site of an order that is none", orders_with("site_id", "", "lots"),
         "orders.site_id.unknown", 3, "site_id", "lots"),
    Case("a region where no lane leads", {"orders.csv": ORDERS + "SO-3,1,acme,cloud,APJ,server,8,"
                                          "150.00,2025-12-01,2026-02-06\n"},
         "orders.region.unknown", 5, "region", "APJ", "no lane in lanes.csv leads there"),
    Case("an accepted item that is none", orders_with("accepts", "rack; servr;", "server"),
         "orders.accepts.unknown", 2, "accepts", "servr", 'did you mean "server"?'),
    Case("a resource that is none", spoilt("routing.csv", "server,test", "server,tets"),
         "routing.resource_id.unknown", 2, "resource_id", "tets", 'did you mean "test"?'),
    Case("a restricted family that is none",
         table("restrictions", "family,region,reason", "F2,AMER,licence"),
         "restrictions.family.unknown", 2, "family", "F2"),
    Case("a service of an order that is none", {
        "items.csv": SUPPORT, **table("service_lines", SERVICES.strip(),
                                      "SO-9,9,support,100,1,36")},
         "service_lines.order_id.unknown", 2, "order_id", "SO-9"),
]

STRUCTURE = [
    Case("a circle of two", {"bom.csv": BOM + "server,rack,1\n"}, "bom.component_id.cycle", 5,
         "component_id", "rack", "rack > server > rack"),
    Case("an item in itself", {"bom.csv": BOM + "rack,rack,1\n"}, "bom.component_id.cycle", 5,
         "component_id", "rack", "rack > rack"),
    Case("a component that is built", {"bom.csv": BOM + "gpu,dimm,1\n"},
         "bom.parent_id.component", 5, "parent_id", "gpu"),
    Case("two rows hold on one day", bom_periods("server,gpu,8,,2026-03-01",
                                                 "server,gpu,4,2026-03-01,"),
         "bom.effective_from.overlap", 5, "effective_from", "2026-03-01"),
    Case("a row inside an earlier, longer one", bom_periods(
        "server,gpu,8,2026-01-01,2026-12-31", "server,gpu,7,2026-02-01,2026-02-28",
        "server,gpu,6,2027-01-01,"), "bom.effective_from.overlap", 5),
    Case("a period that ends before it starts", bom_periods("server,gpu,8,2026-03-02,2026-03-01"),
         "bom.effective_to.before", 4, "effective_to", "2026-03-01"),
    Case("a substitute for a server", {"substitutes.csv": FILES["substitutes.csv"]
                                       + "server,dimm,1\n"},
         "substitutes.item_id.kind", 3, "item_id", "server", "must be a component"),
    Case("a server as substitute", {"substitutes.csv": FILES["substitutes.csv"]
                                    + "dimm,server,2\n"},
         "substitutes.substitute_id.kind", 3, "substitute_id", "server"),
    Case("an item that stands in for itself", {"substitutes.csv": FILES["substitutes.csv"]
                                               + "gpu,gpu,1\n"},
         "substitutes.substitute_id.itself", 3, "substitute_id", "gpu"),
    Case("sold, and neither built nor bought", {
        "items.csv": ITEMS + "box,other,1,\n", **order("AMER,server", "AMER,box")},
         "orders.item_id.unsourced", 2, "item_id", "box"),
    Case("a site that ships and has no hours of a resource", {
        "capacity.csv": FILES["capacity.csv"].split("test,lodz")[0]},
         "routing.resource_id.capacity", 2, "resource_id", "test", "at lodz"),
]

ROWS = [
    Case("a week that starts on a Tuesday", spoilt("capacity.csv", "test,austin,2026-02-09",
                                                   "test,austin,2026-02-10"),
         "capacity.starts_on.monday", 3, "starts_on", "2026-02-10", "that week's is 2026-02-09"),
    Case("more shipped than ordered", orders_with("shipped_quantity", "9"),
         "orders.shipped_quantity.over", 2, "shipped_quantity", "9"),
    Case("5 open pieces in lots of 2", {"orders.csv": with_column(
        "orders.csv", "shipped_quantity,lot_size", "3,2", ",", ",")},
         "orders.lot_size.multiple", 2, "lot_size", "2"),
    Case("latest before earliest", {"orders.csv": with_column(
        "orders.csv", "earliest_on,latest_on", "2026-02-06,2026-02-05", ",", ",")},
         "orders.latest_on.before", 2, "latest_on", "2026-02-05", "before earliest_on"),
    Case("an order in a currency without rate", orders_with("currency", "EUR"),
         "orders.currency.rate", 2, "currency", "EUR", "no rate in rates.csv"),
    Case("an item in a misspelt currency", {
        "items.csv": "item_id,kind,unit_cost,currency\n" + "".join(
            f"{line.rsplit(',', 1)[0]},{'EURO' if 'gpu' in line else ''}\n"
            for line in ITEMS.splitlines()[1:]), "rates.csv": RATES + "EUR,2026-01-01,1.1\n"},
         "items.currency.rate", 4, "currency", "EURO", 'did you mean "EUR"?'),
    Case("a rate that comes too late", {**orders_with("currency", "EUR"),
                                        "rates.csv": RATES + "EUR,2026-02-03,1.1\n"},
         "orders.currency.rate", 2, "currency", "EUR", "on or before 2026-02-02"),
    Case("a restriction of an item and a family",
         table("restrictions", "item_id,family,reason", "gpu,F1,licence"),
         "restrictions.item_id.scope", 2, "item_id", "gpu", "not both"),
    Case("a restriction of nothing", table("restrictions", "region,reason", "AMER,licence"),
         "restrictions.item_id.scope", 2, "item_id", None, "or else family"),
    Case("a row worth more than ten trillion", order(",8,150.00", ",1000000000,10001"),
         "orders.quantity.value", 2, "quantity", "1000000000", "10,000,000,000,000"),
    Case("supply worth more than ten trillion", {"supply.csv": with_column(
        "supply.csv", "unit_cost", "50000000000")}, "supply.quantity.value", 2, "quantity", "800"),
    Case("a service that is a server", table("service_lines", SERVICES.strip(),
                                             "SO-1,9,server,100,1,36"),
         "service_lines.item_id.kind", 2, "item_id", "server"),
    Case("a service that starts with a line that is none", {
        "items.csv": SUPPORT, **table("service_lines", SERVICES.strip(),
                                      "SO-1,9,support,100,3,36")},
         "service_lines.starts.unknown", 2, "starts", "3"),
]

CASES = [*KEYS_AND_IDS, *STRUCTURE, *ROWS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.story)
def test_one_rule_is_broken_and_one_thing_is_said(case: Case, tmp_path: Path):
    """The faultless book with one rule broken gives exactly one issue: where, what, what to do."""
    check_case(tmp_path, case)


def test_a_book_worth_more_than_sums_can_hold(tmp_path: Path):
    """1,001 lines of 10 trillion each are above 10,000 trillion; each line alone is allowed."""
    lines = "".join(f"SO-{n},1,acme,cloud,AMER,server,1,10000000000000,2025-12-01,2026-02-06\n"
                    for n in range(3, 1004))
    assert the_issue(tmp_path, {"orders.csv": ORDERS + lines}).code == "orders.unit_price.total"
    assert not issues_of(tmp_path, {"orders.csv": ORDERS + lines[:len(lines) // 2 + 1].rsplit(
        "\n", 1)[0] + "\n"})


def test_orders_that_were_cut_off_are_missed_once(tmp_path: Path):
    """Twelve services name orders that are not there, as when orders.csv ends too early: one issue
    counts them and names the first three. Of nine, each is told, as a slip of the pen would be."""
    def services(count: int) -> dict[str, str]:
        return {"items.csv": SUPPORT, "service_lines.csv": SERVICES.strip() + "\n" + "".join(
            f"SO-9{n:02},9,support,100,2026-02-06,36\n" for n in range(count))}

    issue = the_issue(tmp_path / "many", services(12))
    assert (issue.code, issue.row, issue.value) == ("service_lines.order_id.unknown", 2, "SO-900")
    assert "12 rows name 12 orders that are not there (SO-900, SO-901, SO-902, ...)" in (
        issue.expected)
    assert "was orders.csv cut off?" in issue.expected
    assert len(issues_of(tmp_path / "few", services(9))) == 9


def test_a_line_that_is_shipped_needs_no_source(tmp_path: Path):
    """The last "box" left long ago: 8 of 8 are shipped, so nobody must build another."""
    text = with_column("orders.csv", "shipped_quantity", "8").replace("AMER,server", "AMER,box", 1)
    assert not issues_of(tmp_path, {"items.csv": ITEMS + "box,other,1,\n", "orders.csv": text})


def test_a_component_with_a_substitute_has_a_source(tmp_path: Path):
    """No "dimm" is in stock, but "dimm-b" stands in; sold alone it is fine, too."""
    supply = "".join(line + "\n" for line in FILES["supply.csv"].splitlines()
                     if not line.startswith("dimm,"))
    assert not issues_of(tmp_path, {"supply.csv": supply, **spoilt(
        "orders.csv", "AMER,server,8,150.00", "AMER,dimm,8,150.00")})


def test_periods_that_touch_do_not_overlap(tmp_path: Path):
    """8 GPUs until the end of February, 4 from March on: no day has two rows."""
    assert not issues_of(tmp_path, bom_periods("server,gpu,8,,2026-02-28",
                                               "server,gpu,4,2026-03-01,"))


def test_a_long_chain_is_walked_without_recursion(tmp_path: Path):
    """5,000 levels, and the last goes into the first: one circle of 5,001 steps, no traceback."""
    items = "".join(f"part-{n},other,1,\n" for n in range(5000))
    chain = "".join(f"part-{n},part-{(n + 1) % 5000},1\n" for n in range(5000))
    issues = issues_of(tmp_path, {"items.csv": ITEMS + items, "bom.csv": BOM + chain})
    assert [issue.code for issue in issues] == ["bom.component_id.cycle"]


def test_two_circles_are_two_faults(tmp_path: Path):
    """a > b > a and c > c: each is reported once, at the row that closes it."""
    items = "".join(f"{name},other,1,\n" for name in "abc")
    issues = issues_of(tmp_path, {"items.csv": ITEMS + items,
                                  "bom.csv": BOM + "a,b,1\nb,a,1\nc,c,1\n"})
    assert [(issue.row, issue.value) for issue in issues] == [(6, "a"), (7, "c")]


def test_a_site_without_lanes_needs_no_hours(tmp_path: Path):
    """A warehouse in "brno" ships nothing, so its missing test hours are nobody's fault."""
    assert not issues_of(tmp_path, {"sites.csv": FILES["sites.csv"] + "brno\n"})


def test_a_service_may_start_with_a_line_or_on_a_day(tmp_path: Path):
    """Line 2 of SO-1 exists; 2026-05-01 is a day."""
    rows = ("SO-1,9,support,100.00,2,36", "SO-2,9,support,100.00,2026-05-01,12")
    tables = load(tmp_path, {"items.csv": SUPPORT,
                             **table("service_lines", SERVICES.strip(), *rows)})
    assert tables.frames["service_lines"]["starts"].to_list() == ["2", "2026-05-01"]


def test_a_missing_last_capacity_is_an_unknown_resource(tmp_path: Path):
    """Without capacity.csv the routed resource is in no table at all."""
    assert the_issue(tmp_path, {"capacity.csv": None}).code == "routing.resource_id.unknown"
