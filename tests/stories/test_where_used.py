"""Stories of pegging the other way: what hangs on a row of supply, in pieces and dollars."""

from __future__ import annotations

import pytest

import headgate as hg
from headgate.book import build_book
from headgate.explain.where_used import UnknownSupplyError
from headgate.session import Plan
from tests.stories.book_builder import Story, book, week
from tests.stories.plans import planned


def who(plan: Plan, supply: str) -> list[tuple[str, str, int, int]]:
    """Each draw: supply row, order, week (its bucket's number), pieces."""
    found = plan.where_used(supply).draws
    return [(row["reference"], row["order_id"], (row["drawn_on"] - week(0)).days // 7,
             row["quantity"]) for row in found.iter_rows(named=True)]


def two_orders() -> Story:
    """One server for SO-1, two for SO-2, of 8 GPUs and $100 each; 16 GPUs now and 16 in week 2."""
    return book([("server", 1, 1, {"priority": 1}), ("server", 2, 1, {"segment": "neocloud"})],
                [("gpu", 16, 0, {"reference": "po-1"}), ("gpu", 16, 2, {"reference": "po-2"})],
                [("server", "gpu", 8)])


def test_lines_pieces_and_dollars_of_one_supply_row():
    """SO-1 stands first: 8 of po-1 in week 0. SO-2 takes the other 8 for its first server; its
    second one waits for po-2. On po-1 hang 16 pieces, both lines, open $100 + $200, and two
    shipments of one server, $100 + $100. On po-2 hang 8 pieces, the second server, $100."""
    plan = planned(two_orders())
    first, second = plan.where_used("po-1"), plan.where_used("po-2")
    assert who(plan, "po-1") == [("po-1", "SO-1", 0, 8), ("po-1", "SO-2", 0, 8)]
    assert (first.quantity, first.used_quantity, first.free_quantity) == (16, 16, 0)
    assert (first.line_count, first.order_count) == (2, 2)
    assert (first.open_cents, first.promised_cents) == (30_000, 20_000)
    assert who(plan, "po-2") == [("po-2", "SO-2", 2, 8)]
    assert (second.used_quantity, second.free_quantity) == (8, 8)
    assert (second.open_cents, second.promised_cents) == (20_000, 10_000)
    row = second.draws.row(0, named=True)
    assert (row["customer_id"], row["segment"], row["item_id"]) == ("acme", "neocloud", "server")
    assert (row["status"], row["promised_on"], row["rank"]) == ("late", week(2, 4), 2)
    assert second.text() == (
        "po-2: 1 supply row with 16 pieces. 8 used, 8 free. 1 line of 1 order uses it: shipments "
        "worth $100.00 need it, of $200.00 open on that line.")


def test_all_rows_of_an_item_count_a_line_once():
    """SO-2 draws from po-1 and from po-2. Of the item hang $100 + $200 open, not $500, and the
    three servers are three shipments worth $300."""
    plan = planned(two_orders())
    answer = plan.where_used("gpu")
    assert answer.kind == "item"
    assert [row[:2] for row in who(plan, "gpu")] == [("po-1", "SO-1"), ("po-1", "SO-2"),
                                                     ("po-2", "SO-2")]
    assert (answer.line_count, answer.open_cents, answer.promised_cents) == (2, 30_000, 30_000)
    assert (answer.quantity, answer.used_quantity, answer.free_quantity) == (32, 24, 8)
    assert answer.supply["used_quantity"].to_list() == [16, 8]


def test_a_shipment_that_draws_in_two_weeks_counts_once():
    """A server is one GPU and a tray of 4. A week of building for the server and one for the tray:
    the tray's GPUs are drawn two weeks before the shipment, the other one week before. Two draws,
    5 pieces, one shipment: $100, not $200."""
    plan = planned(book([("server", 1, 3)], [("gpu", 6, 0, {"reference": "po-1"})],
                        [("server", "gpu"), ("server", "tray"), ("tray", "gpu", 4)],
                        routing=[("server", "cell", 1, 7), ("tray", "cell", 1, 7)],
                        capacity=[("cell", 40)]))
    answer = plan.where_used("po-1")
    [(_, _, early, many), (_, _, later, one)] = who(plan, "po-1")
    assert (later - early, many, one) == (1, 4, 1)
    assert answer.draws["promised_cents"].to_list() == [10_000, 10_000]
    assert (answer.open_cents, answer.promised_cents, answer.line_count) == (10_000, 10_000, 1)


def test_a_reference_on_several_rows_shows_them_all():
    """po-9 brings 4 GPUs and 6 NICs. The one order takes 4 and 4: 8 used, 2 free, and the line
    counts once."""
    plan = planned(book([("server", 4, 1)], [("gpu", 4, 0, {"reference": "po-9"}),
                                             ("nic", 6, 0, {"reference": "po-9"})],
                        [("server", "gpu"), ("server", "nic")]))
    answer = plan.where_used("po-9")
    assert answer.supply.select("supply_no", "item_id", "used_quantity", "free_quantity").rows() \
        == [(1, "gpu", 4, 0), (2, "nic", 4, 2)]
    assert (answer.line_count, answer.promised_cents) == (1, 40_000)
    assert "stands on 2 rows of 2 pairs of item and site" in answer.text()


def test_supply_that_nobody_uses_is_free():
    """GPUs serve the order; nobody has ordered what needs the 7 NICs."""
    plan = planned(book([("gpu", 1, 1)], [("gpu", 1, 0), ("nic", 7, 0, {"reference": "po-7"})]))
    answer = plan.where_used("po-7")
    assert answer.draws.is_empty() and answer.by_quarter == {}
    assert (answer.used_quantity, answer.free_quantity, answer.order_count) == (0, 7, 0)
    assert answer.text() == ("po-7: 1 supply row with 7 pieces. 0 used, 7 free. No line of the "
                             "plan uses it.")


@pytest.mark.parametrize("use_forecast", [False, True])
def test_forecast_rows_count_only_where_the_policy_uses_them(use_forecast: bool):
    """Two GPUs are forecast. Left out they are neither used nor free; let in, one of them serves
    the order and one is free."""
    story = book([("gpu", 1, 1)], [("gpu", 2, 1, {"reference": "fc-1", "status": "forecast"})],
                 use_forecast=use_forecast)
    answer = planned(story).where_used("fc-1")
    assert (answer.used_quantity, answer.free_quantity, answer.uncounted_quantity) == (
        (1, 1, 0) if use_forecast else (0, 0, 2))
    assert answer.supply["uncounted"].to_list() == [None if use_forecast else "forecast"]
    told = "2 pieces are forecast supply, which the policy does not use"
    assert (told in answer.text()) is not use_forecast


def test_supply_after_the_planned_weeks_is_not_free():
    """Eight weeks are planned, 0 to 7, and the GPU comes in week 9."""
    answer = planned(book([("gpu", 1, 1)], [("gpu", 1, 9)])).where_used("gpu")
    assert (answer.free_quantity, answer.uncounted_quantity) == (0, 1)
    assert "1 piece is usable only after the planned weeks." in answer.text()


def test_each_accepted_item_is_a_shipment_of_its_own():
    """SO-1 asks for two servers `a` and takes `b` instead. There is one board for each and two
    GPUs from two orders, so an `a` and a `b` ship in one week: the pegging meets both draws of a
    GPU as one, but on each purchase order hangs one shipment of $100, and on both together $200."""
    plan = planned(book([("a", 2, 1, {"accepts": "b"})],
                        [("gpu", 1, 0, {"reference": "po-1"}), ("gpu", 1, 0, {"reference": "po-2"}),
                         ("board-a", 1, 0), ("board-b", 1, 0)],
                        [("a", "gpu"), ("a", "board-a"), ("b", "gpu"), ("b", "board-b")]))
    assert plan.allocations["item_id"].to_list() == ["a", "b"]
    assert [plan.where_used(name).promised_cents for name in ("po-1", "po-2", "gpu")] == [
        10_000, 10_000, 20_000]


def test_reserved_supply_serves_its_customer_first():
    """Both customers ask for one GPU. beta's own row serves beta, the row for anybody acme."""
    plan = planned(book([("gpu", 1, 1), ("gpu", 1, 1, {"customer_id": "beta"})],
                        [("gpu", 1, 0, {"reference": "a-row"}),
                         ("gpu", 1, 0, {"reference": "b-row", "reserved_for": "beta"})]))
    assert [row[1] for row in who(plan, "a-row")] == ["SO-1"]
    assert [row[1] for row in who(plan, "b-row")] == ["SO-2"]
    assert plan.where_used("b-row").supply["reserved_for"].to_list() == ["beta"]


def test_an_item_at_one_site():
    """Each site serves its order with its one GPU; asked for at reno, only reno's row answers."""
    plan = planned(book([("gpu", 1, 1, {"site_id": "austin"}), ("gpu", 1, 1, {"site_id": "reno"})],
                        [("gpu", 1, 0), ("gpu", 1, 0, {"site_id": "reno"})],
                        lanes=[(), ("reno",)]))
    answer = plan.where_used("gpu@reno")
    assert answer.draws.select("site_id", "order_id").rows() == [("reno", "SO-2")]
    assert (answer.supply.height, answer.quantity) == (1, 1)
    assert plan.where_used("gpu").line_count == 2


def test_dollars_by_fiscal_quarter_of_arrival():
    """The year ends with December. One GPU arrives in February, the other, wanted in week 11 and
    not more than two weeks before, on Friday 10 April: $100 in each of the first two quarters."""
    plan = planned(book([("gpu", 1, 1), ("gpu", 1, 11)], [("gpu", 2, 0)], horizon=12))
    assert plan.where_used("gpu").by_quarter == {"FY26 Q1": 10_000, "FY26 Q2": 10_000}


def test_scarce_pegging_changes_nothing():
    """A plan stored with the pegging of scarce items only leaves plenty of cables out of its
    table; the answer is worked out from the allocation, so it knows them."""
    story = build_book(book([("cable", 3, 1)], [("cable", 9, 0, {"reference": "po-1"})]).tables())
    every, scarce = (hg.plan(story, pegging=kind) for kind in ("all", "scarce"))
    assert scarce.pegging.is_empty() and not every.pegging.is_empty()
    assert scarce.where_used("po-1").as_dict() == every.where_used("po-1").as_dict()
    assert scarce.where_used("po-1").used_quantity == 3


def test_a_reference_goes_before_an_item_of_its_name():
    """A row of NICs is called "gpu": the row is meant, and the answer says that there is an item,
    too."""
    plan = planned(book([("gpu", 1, 1)], [("gpu", 1, 0), ("nic", 3, 0, {"reference": "gpu"})]))
    answer = plan.where_used("gpu")
    assert (answer.kind, answer.quantity) == ("reference", 3)
    assert "gpu is also an item; gpu@SITE asks" in answer.text()
    assert plan.where_used("gpu@austin").kind == "item"


def test_an_item_without_supply_is_no_error():
    """Servers are made, never bought: no supply row brings one."""
    answer = planned(two_orders()).where_used("server")
    assert answer.supply.is_empty() and answer.draws.is_empty()
    assert answer.text() == ("server: no row of the supply table brings it, so no line can draw "
                             "it.")


@pytest.mark.parametrize(("asked", "told"), [
    ("po-11", 'no supply row, item or ITEM@SITE "po-11" in this book; did you mean "po-1"?'),
    ("GPU", 'did you mean "gpu"?'), ("gpu@autin", 'no site "autin" in this book; did you mean '
                                                  '"austin"?'),
    ("gqu@austin", 'no item "gqu" in this book'), ("p", 'did you mean "po-1"?'),
    ("", 'ITEM@SITE "" in this book'), ("@", 'ITEM@SITE "@" in this book'),
])
def test_an_unknown_name_is_answered_with_a_near_one(asked: str, told: str):
    """A slip of the finger, another case, a site that is not there, the beginning of a name."""
    with pytest.raises(UnknownSupplyError) as refused:
        planned(two_orders()).where_used(asked)
    assert told in str(refused.value.args[0])
