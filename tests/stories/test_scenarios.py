"""What each kind of change does to a book, on a book small enough to see through."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.base.issue import IssuesError
from headgate.files.scenario_files import read_stacks
from headgate.scenarios.kinds import BY_KIND, KINDS
from headgate.scenarios.reading import read_scenario
from headgate.scenarios.stack import apply_scenarios
from headgate.tables.schema import MICRO, UNLIMITED_MICRO
from tests.stories.scenario_book import after, rows, scenario, small_book, week


def gpus(changed) -> list[tuple]:
    """Pieces and days of each row of GPUs, by site and reference."""
    return sorted((row[1], row[2], row[3], row[4]) for row in rows(
        changed.tables, "supply", "item_id", "site_id", "reference", "quantity", "available_on")
        if row[0] == "gpu")


# ------------------------------------------------------------------ supply

def test_a_supplier_slips():
    """Supplier n sends LOT-1, which is there, PO-1 in week 2 and PO-2 in week 4. Three weeks later
    they come in 5 and 7; what is there, and what m sends, stays."""
    changed = after("supply_slip", supplier="n", weeks=3)
    assert gpus(changed) == [("austin", "LOT-1", 10, week(0)), ("austin", "PO-1", 6, week(5)),
                             ("austin", "PO-2", 4, week(7)), ("lodz", "PO-3", 4, week(4))]
    assert changed.done == ("2 receipts with 10 pieces: 3 weeks later",)


def test_a_receipt_is_pulled_in_and_never_becomes_stock():
    """PO-2, due in week 4, comes three weeks earlier: in week 1. Six weeks earlier would be the
    past; it comes on the day after as_of instead, and so is still a receipt."""
    assert ("austin", "PO-2", 4, week(1)) in gpus(after("supply_slip", reference="PO-2", weeks=-3))
    changed = after("supply_slip", reference="PO-2", weeks=-6)
    assert ("austin", "PO-2", 4, week(0, 1)) in gpus(changed)


def test_a_cut_is_exact_over_the_rows_of_an_item_at_a_site():
    """Half of 10 + 6 + 4 at austin is 10: 5 + 3 + 2. A quarter of them is 5: of the first 10 floor
    2.5, of 16 floor 4, of 20 floor 5, so 2 + 2 + 1."""
    half = after("supply_cut", item_id="gpu", site_id="austin", percent=50)
    assert [row[2] for row in gpus(half)] == [5, 3, 2, 4]
    quarter = after("supply_cut", item_id="gpu", site_id="austin", percent="25")
    assert [row[2] for row in gpus(quarter)] == [8, 4, 3, 4]


def test_pieces_are_cut_from_what_comes_last():
    """Seven GPUs fewer at austin: PO-2 in week 4 loses all its 4 and goes, PO-1 loses 3 of 6."""
    changed = after("supply_cut", item_id="gpu", site_id="austin", quantity=7)
    assert gpus(changed) == [("austin", "LOT-1", 10, week(0)), ("austin", "PO-1", 3, week(2)),
                             ("lodz", "PO-3", 4, week(4))]


def test_supply_grows_by_a_share_or_by_pieces():
    """Ten percent of 20 at austin is 2: floor(1.0), floor(1.6), floor(2.0), so 1 + 0 + 1; of 4 at
    lodz nothing. Five pieces go to what comes first."""
    grown = after("supply_grow", item_id="gpu", percent=10)
    assert [row[2] for row in gpus(grown)] == [11, 6, 5, 4]
    assert [row[2] for row in gpus(after("supply_grow", supplier="n", quantity=5))] == [15, 6, 4, 4]


def test_supply_arrives_that_the_book_has_not():
    """Eight GPUs in week 1 at lodz: one row more, with what a blank cell means in the rest."""
    changed = after("supply_add", item_id="gpu", site_id="lodz", available_on=week(1), quantity=8)
    assert ("lodz", None, 8, week(1)) in [row[1:] for row in rows(
        changed.tables, "supply", "item_id", "site_id", "reference", "quantity", "available_on")]


def test_pieces_move_to_another_site():
    """Twelve GPUs leave austin in week 2, when 10 + 6 are there: all of LOT-1 and 2 of PO-1. Ten
    days later, on the Thursday of week 3, they are at lodz with reference and cost."""
    changed = after("transfer", item_id="gpu", from_site_id="austin", to_site_id="lodz",
                    quantity=12, on=week(2), days=10)
    assert gpus(changed) == [("austin", "PO-1", 4, week(2)), ("austin", "PO-2", 4, week(4)),
                             ("lodz", "LOT-1", 10, week(3, 3)), ("lodz", "PO-1", 2, week(3, 3)),
                             ("lodz", "PO-3", 4, week(4))]
    costs = rows(changed.tables, "supply", "reference", "site_id", "unit_cost_cents")
    assert ("PO-1", "lodz", 950) in costs
    assert changed.done == (
        f"12 pieces of gpu from austin to lodz, to be used from {week(3, 3)} on",)


def test_no_more_leaves_than_is_there():
    """By week 1 austin has 10; 11 cannot leave, and the fault says how many can. What is reserved
    for a customer stays with the site, too."""
    with pytest.raises(IssuesError, match="10 pieces that are there by 2026-02-09"):
        after("transfer", item_id="gpu", from_site_id="austin", to_site_id="lodz", quantity=11,
              on=week(1))
    kept = small_book(supply=[("gpu", 10, 0, {"reserved_for": "acme"}), ("gpu", 1, 0),
                              ("disk", 9, 0), ("gpu", 1, 0, {"site_id": "lodz"})]).tables()
    with pytest.raises(IssuesError, match="more than the 1 piece"):
        after("transfer", kept, item_id="gpu", from_site_id="austin", to_site_id="lodz",
              quantity=2, on=week(0))


# ------------------------------------------------------------------ places

def test_a_site_closes_for_two_weeks():
    """Closed in weeks 2 and 3: no hours in them at austin, all 40 in the others; PO-1, due in week
    2, can be used from week 4 on. lodz works on."""
    changed = after("site_closes", site_id="austin", from_on=week(2, 2), weeks=2)
    hours = {(row[0], row[1]): row[2] // MICRO for row in rows(
        changed.tables, "capacity", "site_id", "starts_on", "hours_micro")}
    assert [hours["austin", week(k)] for k in range(6)] == [40, 40, 0, 0, 40, 40]
    assert hours["lodz", week(2)] == 10
    assert ("austin", "PO-1", 6, week(4)) in gpus(changed)


def test_hours_are_set_added_and_scaled():
    """From week 1 to week 2: 40 become 60, or 40 + 8, or 40 less 25 percent, or not fewer than
    none; hours without limit stay so unless they are set."""
    def of(**fields):
        changed = after("hours", site_id="austin", from_on=week(1), to_on=week(2, 4), **fields)
        return [row[1] // MICRO for row in rows(changed.tables, "capacity", "site_id",
                                                "hours_micro") if row[0] == "austin"][:4]

    assert of(hours="60") == [40, 60, 60, 40]
    assert of(add_hours=8) == [40, 48, 48, 40]
    assert of(percent=-25) == [40, 30, 30, 40]
    assert of(add_hours=-99) == [40, 0, 0, 40]
    endless = small_book(capacity=[("test", "inf"), ("test", 1, {"site_id": "lodz"})]).tables()
    changed = after("hours", endless, resource_id="test", percent=50)
    assert rows(changed.tables, "capacity", "hours_micro")[0] == (UNLIMITED_MICRO,)


def test_hours_come_to_weeks_that_have_none():
    """lodz has hours in week 0 only; 10 more in weeks 0 and 1 make 15 and 10. A resource that is
    named with a site where it never stood begins to work there."""
    short = small_book(capacity=[("test", 40), ("test", 5, {"site_id": "lodz", "week": 0})])
    changed = after("hours", short.tables(), site_id="lodz", add_hours=10, to_on=week(1))
    assert [row[1:] for row in rows(changed.tables, "capacity", "site_id", "starts_on",
                                    "hours_micro") if row[0] == "lodz"] == [
        (week(0), 15 * MICRO), (week(1), 10 * MICRO)]


def test_lanes_change_open_and_close():
    """austin to AMER takes 5 days instead of 3 and costs as before; austin to EMEA is new and
    costs nothing; lodz to AMER is closed, to EMEA is not."""
    changed = after("lane", site_id="austin", region="AMER", transit_days=5)
    lanes = ("site_id", "region", "transit_days", "cost_per_unit_cents")
    assert rows(changed.tables, "lanes", *lanes)[0] == ("austin", "AMER", 5, 2000)
    changed = after("lane", site_id="austin", region="EMEA", transit_days=9)
    assert rows(changed.tables, "lanes", *lanes)[-1] == ("austin", "EMEA", 9, 0)
    changed = after("lane_close", site_id="lodz", region="AMER")
    assert [row[:2] for row in rows(changed.tables, "lanes", *lanes)] == [
        ("austin", "AMER"), ("lodz", "EMEA")]
    with pytest.raises(IssuesError, match="there is no lane from austin to EMEA yet"):
        after("lane", site_id="austin", region="EMEA", cost_per_unit="1")


# ------------------------------------------------------------------ orders and money

def test_an_order_arrives():
    """A rush order of 5 servers: line 1, booked on as_of, whatever else a blank cell means."""
    changed = after("order_add", order_id="RUSH", customer_id="acme", segment="neocloud",
                    region="AMER", item_id="server", quantity=5, unit_price="120.50",
                    requested_on=week(4, 4), priority=1)
    assert changed.tables.frames["orders"].filter(order_id="RUSH").select(
        "line_no", "booked_on", "quantity", "unit_price_cents", "priority", "lot_size",
        "cancellable").row(0) == (1, week(0), 5, 12050, 1, 1, True)
    with pytest.raises(IssuesError, match="SO-1/1  is an order line of the book already"):
        after("order_add", order_id="SO-1", customer_id="acme", segment="s", region="AMER",
              item_id="server", quantity=5, unit_price=1, requested_on=week(4))


def test_an_order_grows_and_changes():
    """SO-1 asks for 4 + 6 servers and for Friday of week 5; both lines of SO-2 become urgent."""
    changed = after("order_change", order_id="SO-1", add_quantity=6, requested_on=week(5, 4))
    columns = ("order_id", "quantity", "requested_on")
    assert rows(changed.tables, "orders", *columns)[0] == ("SO-1", 10, week(5, 4))
    changed = after("order_change", order_id="SO-2", priority=1)
    assert [row[0] for row in rows(changed.tables, "orders", "priority")] == [3, 1, 1]
    changed = after("order_change", order_id="SO-2", line_no=2, accepts=["gpu"])
    assert rows(changed.tables, "orders", "accepts")[2][0] == ["gpu"]


def test_an_order_is_cancelled():
    """SO-2: of line 1 one of three has shipped, so it ends with that one; line 2 goes, and so
    does its service. A pin goes with its line. What is open afterwards is SO-1 alone."""
    story = small_book(items=[("server", 50, "server"), ("care", 0, "service")])
    story.frames["service_lines"] = story.frames["orders"].head(2).select(
        "order_id", line_no=pl_text(["7", "8"]), item_id=pl_text(["care", "care"]),
        amount=pl_text(["5", "5"]), starts=pl_text(["1", "1"]), term_months=pl_text(["12", "12"]))
    changed = after("order_cancel", story.tables(), customer_id="bolt")
    assert rows(changed.tables, "orders", "order_id", "line_no", "quantity") == [
        ("SO-1", 1, 4), ("SO-2", 1, 1)]
    assert rows(changed.tables, "service_lines", "order_id") == [("SO-1",), ("SO-2",)]
    story.frames["pins"] = story.frames["orders"].head(2).select(
        "order_id", "line_no", site_id=pl_text(["austin"] * 2), reason=pl_text(["truck"] * 2),
        ship_on=pl_text([str(week(2))] * 2))
    changed = after("order_cancel", story.tables(), order_id="SO-1")
    assert rows(changed.tables, "pins", "order_id") == [("SO-2",)]
    assert rows(changed.tables, "service_lines", "order_id") == [("SO-2",)]
    assert changed.done == ("cancelled: 4 pieces of 1 line",)


def pl_text(cells):
    """A column of texts."""
    import polars as pl

    return pl.Series(cells, dtype=pl.String)


def test_prices_and_costs_change():
    """100.00 less 7.5 percent is 92.50 for neoclouds; a server's cost of 50.00 becomes 60.00."""
    changed = after("price", segment="neocloud", percent="-7.5")
    assert [row[0] for row in rows(changed.tables, "orders", "unit_price_cents")] == [
        10000, 9250, 9250]
    changed = after("price", order_id="SO-2", line_no=2, unit_price="80")
    assert rows(changed.tables, "orders", "unit_price_cents")[2] == (8000,)
    changed = after("cost", item_id="server", percent=20)
    assert ("server", 6000) in rows(changed.tables, "items", "item_id", "unit_cost_cents")


def test_a_quota_is_added_changed_and_lifted():
    """A cap of 3 GPUs for EMEA, then of 5, then none: each change meets what the last one left."""
    cap = {"kind": "quota", "quota_id": "Q", "item_id": "gpu", "region": "AMER",
           "from_on": week(0), "to_on": week(4), "max_quantity": 3}
    tables = small_book().tables()
    made = apply_scenarios(tables, [scenario(cap)]).tables
    assert rows(made, "quotas", "quota_id", "max_quantity") == [("Q", 3)]
    more = scenario(cap, {"kind": "quota", "quota_id": "Q", "max_quantity": 5})
    assert rows(apply_scenarios(tables, [more]).tables, "quotas", "region", "max_quantity") == [
        ("AMER", 5)]
    gone = apply_scenarios(tables, [more, scenario({"kind": "quota_remove", "quota_id": "Q"})])
    assert gone.tables.digest == tables.digest
    with pytest.raises(IssuesError, match="there is no quota Q yet"):
        after("quota", quota_id="Q", max_quantity=3)


def test_the_policy_changes_in_what_is_named():
    """The story's policy is rank; a weight of neoclouds is added, and the objective changes."""
    changed = after("policy", set={"objective": "value", "weights": {"segment": {"neocloud": 2}}})
    assert changed.tables.settings.policy == {"objective": "value",
                                              "weights": {"segment": {"neocloud": 2}}}
    assert changed.tables.digest == small_book().tables().digest


def test_a_generation_takes_the_place_of_another():
    """From week 3 on a server takes two of the next GPU: the old row ends on the Sunday of week 2,
    the new one begins on its Monday. PO-2 and PO-3 of week 4 become receipts of it, at its own
    cost; PO-1 of week 2 stays. With use_up the old one stands in for the new one."""
    changed = after("generation", old_item_id="gpu", new_item_id="gpu-next", from_on=week(3),
                    unit_cost="15", use_up=True)
    assert sorted(rows(changed.tables, "bom", "component_id", "quantity", "effective_from",
                       "effective_to"), key=str) == [
        ("disk", 1, None, None), ("gpu", 2, None, week(2, 6)),
        ("gpu-next", 2, week(3), None)]
    assert rows(changed.tables, "supply", "reference", "item_id", "unit_cost_cents")[:4] == [
        ("LOT-1", "gpu", None), ("PO-1", "gpu", 950), ("PO-2", "gpu-next", None),
        ("PO-3", "gpu-next", None)]
    assert ("gpu-next", 1500) in rows(changed.tables, "items", "item_id", "unit_cost_cents")
    assert rows(changed.tables, "substitutes", "item_id", "substitute_id", "preference",
                "effective_from") == [("gpu-next", "gpu", 1, week(3))]


def test_later_receipts_of_the_old_generation_are_cut_or_kept():
    """The new GPU is not in the book: it needs a cost, and is a component as the old one is."""
    for way, left in (("cut", 3), ("keep", 5)):
        changed = after("generation", old_item_id="gpu", new_item_id="gpu-r", from_on=week(3),
                        unit_cost="15", supply=way)
        assert changed.tables.frames["supply"].height == left
        assert ("gpu-r", "component") in rows(changed.tables, "items", "item_id", "kind")
    with pytest.raises(IssuesError, match="gpu-r is not in items"):
        after("generation", old_item_id="gpu", new_item_id="gpu-r", from_on=week(3))


# ------------------------------------------------------------------ stacks and faults

def test_a_stack_is_made_in_order():
    """PO-2 slips two weeks, then two more: four. A change sees what those before it made: the
    order that arrives in the first scenario grows in the second."""
    twice = [scenario({"kind": "supply_slip", "reference": "PO-2", "weeks": 2})] * 2
    assert ("austin", "PO-2", 4, week(8)) in gpus(apply_scenarios(small_book().tables(), twice))
    rush = {"order_id": "RUSH", "customer_id": "c", "segment": "s", "region": "AMER",
            "item_id": "server", "quantity": 5, "unit_price": 1, "requested_on": week(4)}
    changed = apply_scenarios(small_book().tables(), [
        scenario({"kind": "order_add", **rush}),
        scenario({"kind": "order_change", "order_id": "RUSH", "add_quantity": 2})])
    assert changed.tables.frames["orders"].filter(order_id="RUSH")["quantity"].item() == 7


def test_all_faults_are_told_at_once_with_their_places():
    """An order that is not there, a site that is nearly there, a purchase order that is on hand and
    cannot slip: three faults of one file, each with its place, and nothing is changed."""
    wrong = scenario({"kind": "order_cancel", "order_id": "SO-9"},
                     {"kind": "site_closes", "site_id": "austn", "from_on": week(1), "weeks": 1},
                     {"kind": "supply_slip", "reference": "LOT-1", "weeks": 1})
    with pytest.raises(IssuesError) as caught:
        apply_scenarios(small_book().tables(), [wrong])
    told = [(issue.column, issue.code) for issue in caught.value.issues]
    assert told == [("change[1].order_id", "scenario.id.unknown"),
                    ("change[2].site_id", "scenario.id.unknown"),
                    ("change[3]", "scenario.match.nothing")]
    assert 'did you mean "austin"?' in caught.value.issues[1].expected
    assert caught.value.consequence == "nothing was planned"


def test_a_change_that_breaks_a_rule_of_the_book_is_refused():
    """SO-2/1 has shipped one piece, so it cannot shrink to none; the fault names the row by its
    key, since a row number would be that of a file that nobody has."""
    with pytest.raises(IssuesError) as caught:
        after("order_change", order_id="SO-2", line_no=1, add_quantity=-3)
    [fault] = caught.value.issues
    assert fault.code == "orders.quantity.range" and fault.row is None
    assert fault.file == "the book after what-if.toml"
    assert "(row SO-2/1 of orders)" in fault.expected


def test_what_changes_nothing_is_warned_of():
    """Hours of 40 set to 40: the change is made, and said to leave the book as it was. A warning
    of the book that was there before is not told again; one that is new is."""
    changed = after("hours", site_id="austin", hours=40)
    assert [issue.code for issue in changed.warnings] == ["scenario.change.idle"]
    changed = after("price", order_id="SO-1", unit_price="1")
    assert [issue.code for issue in changed.warnings] == ["orders.unit_price.below_cost"]


@pytest.mark.parametrize(("raw", "code", "place"), [
    ({"change": [{"kind": "quota_remove", "quota_id": "Q"}]}, "scenario.name.missing", "name"),
    ({"name": 7, "change": [{"kind": "quota_remove", "quota_id": "Q"}]}, "scenario.field.type",
     "name"),
    ({"name": "a"}, "scenario.change.missing", "change"),
    ({"name": "a", "change": ["x"]}, "scenario.change.type", "change[1]"),
    ({"name": "a", "changes": [], "change": [{"kind": "quota_remove", "quota_id": "Q"}]},
     "scenario.key.unknown", "changes"),
    ({"name": "a", "change": [{"quota_id": "Q"}]}, "scenario.field.missing", "change[1].kind"),
    ({"name": "a", "change": [{"kind": "suply_slip", "weeks": 1}]}, "scenario.kind.unknown",
     "change[1].kind"),
    ({"name": "a", "change": [{"kind": "supply_slip", "item_id": "gpu"}]},
     "scenario.field.missing", "change[1].weeks"),
    ({"name": "a", "change": [{"kind": "supply_slip", "weeks": 1}]}, "scenario.field.missing",
     "change[1]"),
    ({"name": "a", "change": [{"kind": "supply_slip", "item_id": "g", "week": 2, "weeks": 1}]},
     "scenario.field.unknown", "change[1].week"),
    ({"name": "a", "change": [{"kind": "supply_slip", "item_id": "g", "weeks": "1.5"}]},
     "scenario.weeks.fraction", "change[1].weeks"),
    ({"name": "a", "change": [{"kind": "supply_slip", "item_id": "g", "weeks": 521}]},
     "scenario.weeks.range", "change[1].weeks"),
    ({"name": "a", "change": [{"kind": "supply_slip", "item_id": "g", "weeks": True}]},
     "scenario.field.type", "change[1].weeks"),
    ({"name": "a", "change": [{"kind": "supply_slip", "item_id": "", "weeks": 1}]},
     "scenario.field.missing", "change[1].item_id"),
    ({"name": "a", "change": [{"kind": "supply_slip", "item_id": ["g"], "weeks": 1}]},
     "scenario.field.type", "change[1].item_id"),
    ({"name": "a", "change": [{"kind": "supply_cut", "item_id": "g", "percent": 5,
                               "quantity": 3}]}, "scenario.field.one_of", "change[1]"),
    ({"name": "a", "change": [{"kind": "site_closes", "site_id": "s", "from_on": "2026-02-30",
                               "weeks": 1}]}, "scenario.from_on.date", "change[1].from_on"),
    ({"name": "a", "change": [{"kind": "policy", "set": 5}]}, "scenario.field.type",
     "change[1].set"),
    ({"name": "a", "change": [{"kind": "price", "order_id": "S", "unit_price": "1,5"}]},
     "scenario.unit_price.separator", "change[1].unit_price"),
])
def test_a_fault_of_the_file_is_told_with_place_and_remedy(raw, code, place):
    """What a file must not say: one fault, where it stands, and nothing read."""
    made, faults = read_scenario(raw, "a.toml")
    assert made is None
    assert [(issue.code, issue.column) for issue in faults] == [(code, place)]
    assert faults[0].severity == "error" and faults[0].expected


def test_a_misspelt_word_is_answered_with_the_right_one():
    """Kinds, fields and keys alike."""
    _, faults = read_scenario({"name": "a", "descripton": "b", "change": [
        {"kind": "supply_slipp"}, {"kind": "supply_slip", "item_id": "g", "weeks": 1,
                                   "site": "austin"}]}, "a.toml")
    assert [issue.expected.split("did you mean ")[-1] for issue in faults] == [
        '"description"?', '"supply_slip"?', '"site_id"?']


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_the_example_of_every_kind_can_be_read(kind):
    """What the reference shows is a change that a file may hold."""
    scenario({"kind": kind, **BY_KIND[kind].example})


def test_a_dearer_part_alone_is_warned_of():
    """A server is sold at its own standard cost of 50; that of the GPU in it, 10, made 12% dearer,
    is in no value. The warning says so and what to do; of the server's own cost nothing is said.
    A generation of GPUs at 14 for those at 10 is warned of alike."""
    dearer = after("cost", item_id="gpu", percent=12)
    [warned] = dearer.warnings
    assert (warned.code, warned.value) == ("scenario.cost.unsent", "gpu")
    assert "change the cost of the sold items that hold it" in warned.expected
    assert not after("cost", item_id="server", percent=12).warnings
    swapped = after("generation", old_item_id="gpu", new_item_id="gpu-next",
                    from_on="2026-02-16")
    assert "scenario.cost.unsent" in [issue.code for issue in swapped.warnings]


def test_faults_of_a_file_come_in_the_order_of_its_rows(tmp_path: Path):
    """A word at the top that no scenario has is told with its row and what to do, before the fault
    of the change below it; 120 percent is a fault of its own beside a quantity too much. Where only
    the top is at fault, what the changes would be warned of is told, too."""
    file = tmp_path / "a.toml"
    file.write_text('name = "a"\ncolour = 1\n[[change]]\nkind = "supply_cut"\nitem_id = "gpu"\n'
                    "percent = 120\nquantity = 5\n")
    with pytest.raises(IssuesError) as caught:
        read_stacks([[file]], small_book().tables())
    assert [(issue.code, issue.row, issue.column) for issue in caught.value.issues] == [
        ("scenario.key.unknown", 2, "colour"),
        ("scenario.percent.range", 3, "change[1].percent"),
        ("scenario.field.one_of", 3, "change[1]")]
    assert "take it out" in caught.value.issues[0].expected
    file.write_text('[[change]]\nkind = "supply_slip"\nitem_id = "gpu"\nweeks = 0\n')
    with pytest.raises(IssuesError) as caught:
        read_stacks([[file]], small_book().tables())
    assert {issue.code for issue in caught.value.issues} == {
        "scenario.name.missing", "scenario.change.idle"}
