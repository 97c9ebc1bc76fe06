"""What a quote desk promises from what a plan leaves: small books, with the arithmetic in words."""

from __future__ import annotations

import numpy as np
import pytest

import headgate as hg
from headgate.planner.allocate import look_ahead
from headgate.quoting.requests import read_requests
from headgate.session import Plan
from tests.stories.book_builder import book, week
from tests.stories.plans import planned, week_of


def asked(plan: Plan, item: str, pieces: int, by: int | None = None, mode: str = "ctp",
          **more: object) -> hg.Quote:
    """The quote of one request to AMER, wanted by the Friday of a week."""
    request = hg.Request(item, pieces, "AMER", requested_on=None if by is None else week(by, 4),
                         **more)  # type: ignore[arg-type]
    return hg.quote(plan.book, plan, request, mode)[0]


def shipped(quote: hg.Quote) -> list[tuple[int, int]]:
    """(arrival week, pieces) of each shipment."""
    return [(week_of(part.arrive_on), part.quantity) for part in quote.shipments]


def test_look_ahead_is_the_smallest_balance_from_the_week_on():
    """Supply 6,4,2,4,8,4,4,4 against demand 6,2,3,6,6,1,2,2 leaves balances 0,2,1,-1,1,4,6,8; what
    may still be promised in a week is the smallest of its own and all later ones."""
    supply, demand = [6, 4, 2, 4, 8, 4, 4, 4], [6, 2, 3, 6, 6, 1, 2, 2]
    balance = np.cumsum(np.array([supply]) - np.array([demand]), axis=1)
    assert look_ahead(balance).tolist() == [[-1, -1, -1, -1, 1, 4, 6, 8]]
    assert look_ahead(balance).flags.c_contiguous, "kernels are compiled anew for any other"


def test_a_surplus_on_the_way_does_not_hide_a_later_need():
    """Receipts and draws of +5, -2, +10, -12 leave balances 5, 3, 13, 1: one piece may go in the
    first week, although three would be left until the next receipt."""
    balance = np.cumsum(np.array([[5, -2, 10, -12]]), axis=1)
    assert look_ahead(balance).tolist() == [[1, 1, 1, 1]]


def test_a_promise_leaves_what_the_plan_needs():
    """Five GPUs now and ten in week 2; the plan ships two servers of one GPU in week 1 and twelve
    in week 3. Fifteen less fourteen leaves one: it can be had at once, a second one never."""
    plan = planned(book([("server", 2, 1, {"earliest_on": 1}), ("server", 12, 3,
                                                                {"earliest_on": 3})],
                        [("gpu", 5, 0), ("gpu", 10, 2)], [("server", "gpu", 1)]))
    quote = asked(plan, "server", 2, 0)
    assert shipped(quote) == [(0, 1)]
    assert (quote.quantity, quote.promised_on) == (1, None)
    assert [(part.item_id, part.quantity) for part in quote.draws] == [("gpu", 1)]


def test_parts_and_hours_that_nobody_uses():
    """The plan takes 6 of 8 GPUs, and 3 of 4 hours in weeks 0 and 1. Two GPUs are left, but one
    hour in each of these weeks: one server in week 0, the other in week 1; both in week 2."""
    plan = planned(book([("server", 3, 0), ("server", 3, 1, {"earliest_on": 1})], [("gpu", 8, 0)],
                        [("server", "gpu", 1)], routing=[("server", "test", 1)],
                        capacity=[("test", 4)]))
    assert shipped(asked(plan, "server", 2, 0)) == [(0, 1), (1, 1)]
    assert shipped(asked(plan, "server", 2, 1, complete=True)) == [(2, 2)]


def test_atp_is_the_finished_item_only():
    """Two servers stand in stock, of which the plan ships one; parts for three more lie there. Of
    three that are asked for, `atp` promises one and `ctp` all."""
    plan = planned(book([("server", 1, 0)], [("server", 2, 0), ("gpu", 3, 0)],
                        [("server", "gpu", 1)]))
    stock, built = (asked(plan, "server", 3, 0, mode) for mode in ("atp", "ctp"))
    assert (stock.quantity, stock.promised_on) == (1, None)
    assert (built.quantity, built.promised_on) == (3, week(0, 4))
    assert {(part.item_id, part.quantity) for part in built.draws} == {("server", 1), ("gpu", 2)}


def test_atp_waits_for_the_finished_item():
    """Of the two servers in stock one is free, and GPUs for three more lie there, so that no part
    and no order is to blame for the third: only `atp` itself is, and `ctp` has all. A piece that
    takes two weeks to arrive is late for week 0 by its lane alone."""
    told = book([("server", 1, 0)], [("server", 2, 0), ("gpu", 3, 0)], [("server", "gpu", 1)])
    quote = asked(planned(told), "server", 3, 0, "atp")
    assert (quote.reason, quote.binding_id) == ("stock", None)
    assert "uncommitted in time; --mode ctp tells what can be built" in quote.text()
    assert "order" not in quote.text()
    far = planned(book([("cable", 1, 0)], [("cable", 1, 0), ("server", 2, 0)],
                       [("server", "gpu", 1)], lanes=[("austin", {"transit_days": 14})]))
    assert asked(far, "server", 1, 0, "atp").reason == "lead_time"


def test_without_a_day_nothing_is_called_on_time():
    """The plan has all four GPUs: of a fifth server nothing can be had, whoever asks. Without a day
    no promise could be on time, so the answer only says who holds the GPUs; with one it does. Of
    seven, four come at all, which is too little whoever else ordered."""
    plan = planned(book([("server", 4, 1)], [("gpu", 4, 0)], [("server", "gpu", 1)]))
    quote = asked(plan, "server", 1)
    assert quote.reason == "outbid" and "on time" not in quote.text()
    assert "Other orders hold what it lacks (part gpu at austin" in quote.text()
    assert "Alone it would be on time" in asked(plan, "server", 1, 1).text()
    more = asked(plan, "server", 7)
    assert more.reason == "part"
    assert "What comes in the planned weeks is too little (part gpu" in more.text()


def test_complete_waits_for_the_last_piece():
    """One GPU now and two in week 3: partial shipments are one now and two then, all at once is
    week 3. Each way names the other as what else could be said."""
    plan = planned(book([("cable", 1, 0)], [("cable", 1, 0), ("gpu", 1, 0), ("gpu", 2, 3)],
                        [("server", "gpu", 1)]))
    parts, whole = (asked(plan, "server", 3, 1, complete=complete) for complete in (False, True))
    assert shipped(parts) == [(0, 1), (3, 2)]
    assert shipped(whole) == [(3, 3)]
    assert parts.promised_on == whole.promised_on == week(3, 4)
    found = {(part.kind, part.quantity, part.promised_on) for part in parts.alternatives}
    assert ("complete", 3, week(3, 4)) in found
    assert ("by_date", 1, week(0, 4)) in found
    assert ("partial", 3, week(3, 4)) in {(part.kind, part.quantity, part.promised_on)
                                         for part in whole.alternatives}


def test_the_reason_names_what_binds():
    """All four GPUs are planned for SO-1: one more server would be on time alone, so others hold
    what it lacks, the GPU in its week."""
    plan = planned(book([("server", 4, 1)], [("gpu", 4, 0)], [("server", "gpu", 1)]))
    quote = asked(plan, "server", 1, 1)
    assert (quote.quantity, quote.reason) == (0, "outbid")
    assert (quote.binding_kind, quote.binding_id, quote.binding_site_id) == (
        "part", "gpu", "austin")
    assert "nothing can be promised" in quote.text()


def test_reserved_supply_is_for_its_customer():
    """Two GPUs are kept for bolt: bolt gets a date, anybody else none."""
    plan = planned(book([("cable", 1, 0)],
                        [("cable", 1, 0), ("gpu", 2, 0, {"reserved_for": "bolt"})],
                        [("server", "gpu", 1)]))
    assert asked(plan, "server", 2, 0).quantity == 0
    quote = asked(plan, "server", 2, 0, customer_id="bolt")
    assert quote.quantity == 2
    assert [part.reserved_for for part in quote.draws] == ["bolt"]


def test_restrictions_hold_for_those_who_ask():
    """GPUs must not go to the segment `sovereign`: whoever names it gets nothing, with a reason."""
    plan = planned(book([("cable", 1, 0)], [("cable", 1, 0), ("gpu", 9, 0)],
                        [("server", "gpu", 1)],
                        restrictions=[("gpu", {"segment": "sovereign"})]))
    assert asked(plan, "server", 2, 0, segment="enterprise").quantity == 2
    quote = asked(plan, "server", 2, 0, segment="sovereign")
    assert (quote.quantity, quote.reason) == (0, "restriction")


def test_an_item_that_nobody_has_ordered():
    """The book's only order is for a cable. A server that no line asks for is promised from the GPU
    that lies there; a second one can only be the accepted box, made from the old board."""
    plan = planned(book([("cable", 1, 0)], [("cable", 2, 0), ("gpu", 1, 0), ("old", 1, 0)],
                        [("server", "gpu", 1), ("box", "old", 1)]))
    quote = asked(plan, "server", 2, 0, accepts=("box",))
    assert {(part.item_id, part.quantity) for part in quote.shipments} == {("server", 1),
                                                                          ("box", 1)}
    assert ("item", "box", 1) in {(part.kind, part.name, part.quantity)
                                  for part in quote.alternatives}


def test_sites_are_alternatives():
    """Both sites ship to AMER; only brno has parts. From austin alone nothing can be had."""
    plan = planned(book([("cable", 1, 0)],
                        [("cable", 1, 0), ("gpu", 1, 1, {"site_id": "brno"})],
                        [("server", "gpu", 1)], lanes=[("austin",), ("brno",)]))
    quote = asked(plan, "server", 1)
    assert [part.site_id for part in quote.shipments] == ["brno"]
    assert {(part.name, part.quantity) for part in quote.alternatives if part.kind == "site"} == {
        ("austin", 0), ("brno", 1)}
    assert asked(plan, "server", 1, site_id="austin").quantity == 0


def test_whoever_names_no_day_is_never_late():
    """A GPU comes in week 4: without a wanted day the answer is a date and no reason."""
    plan = planned(book([("cable", 1, 0)], [("cable", 1, 0), ("gpu", 1, 4)],
                        [("server", "gpu", 1)]))
    quote = asked(plan, "server", 1)
    assert (quote.promised_on, quote.reason) == (week(4, 4), None)


def test_what_the_book_does_not_know_is_refused_at_once():
    """An item with a slip, a region without a lane, no pieces: three faults in one answer."""
    plan = planned(book([("server", 1, 0)], [("gpu", 1, 0)], [("server", "gpu", 1)]))
    with pytest.raises(hg.IssuesError) as refused:
        hg.quote(plan.book, plan, hg.Request("serverr", 0, "Mars"))
    codes = {issue.code for issue in refused.value.issues}
    assert codes == {"quote.item_id", "quote.region", "quote.quantity"}
    assert 'did you mean "server"' in str(refused.value)
    with pytest.raises(ValueError, match="mode"):
        hg.quote(plan.book, plan, hg.Request("server", 1, "AMER"), "stp")


def test_a_row_of_a_table_tells_all_its_faults():
    """A day that is none, fewer than no pieces and an item with a slip stand in one row, and a row
    beside it has no region: four faults, by row and column."""
    plan = planned(book([("server", 1, 0)], [("gpu", 1, 0)], [("server", "gpu", 1)]))
    rows = [{"item_id": "serverr", "quantity": "-3", "region": "AMER", "requested_on": "soon"},
            {"item_id": "server", "quantity": "1", "region": "", "requested_on": None}]
    with pytest.raises(hg.IssuesError) as refused:
        read_requests(rows, plan.book, "wishes.csv")
    assert {(issue.row, issue.column, issue.value) for issue in refused.value.issues} == {
        (2, "item_id", "serverr"), (2, "quantity", "-3"), (2, "requested_on", "soon"),
        (3, "region", None)}


def test_a_service_waits_for_no_part():
    """A service has no supply, and a quote of it said that the supply came too late: it is refused,
    with what to do, also as an accepted item."""
    plan = planned(book([("server", 1, 0)], [("gpu", 1, 0)], [("server", "gpu", 1)],
                        items=[("support", 5, "service")]))
    for request in (hg.Request("support", 1, "AMER"),
                    hg.Request("server", 1, "AMER", accepts=("support",))):
        with pytest.raises(hg.IssuesError, match="service_lines"):
            hg.quote(plan.book, plan, request)


def test_the_quota_that_keeps_a_quote_late_is_named():
    """Twenty GPUs, a cap of 6 on AMER's, of which the plan sends 4: of 5 asked for in week 0 two
    can be had. With the cap lifted there are plenty: Q-1 binds, and not the other orders."""
    plan = planned(book([("gpu", 4, 0)], [("gpu", 20, 0)],
                        quotas=[("gpu", 0, 7, {"region": "AMER", "max_quantity": 6})]))
    quote = asked(plan, "gpu", 5, 0)
    assert (quote.quantity, quote.reason) == (2, "quota")
    assert (quote.binding_kind, quote.binding_id, quote.binding_site_id, quote.binding_on) == (
        "quota", "Q-1", None, week(0))
    assert "a quota leaves it too few pieces (quota Q-1, counted in the week of" in quote.text()


def test_a_quote_that_waits_for_pieces_is_not_short_of_a_quota():
    """The same cap, but the plan's 4 are all but one of the GPUs: of 2, which the cap leaves, the
    order holds what is lacking. Of 3 the cap alone forbids one."""
    plan = planned(book([("gpu", 4, 0)], [("gpu", 5, 0)],
                        quotas=[("gpu", 0, 7, {"region": "AMER", "max_quantity": 6})]))
    assert asked(plan, "gpu", 2, 0).reason == "outbid"
    assert asked(plan, "gpu", 3, 0).reason == "quota"


def test_what_binds_the_date_is_told_and_not_what_rules_the_day_out():
    """A server takes two weeks to build, so that none asked for in week 0 can come before week 2.
    One GPU of two is free: one server comes in week 2, and lead time is the reason. The second GPU
    is SO-1's: of two servers the orders hold what is lacking, and that week 0 was out of reach
    anyhow is told beside. Of three GPUs the third comes in week 5, whoever else ordered."""
    told = [("server", "gpu", 1)]
    plan = planned(book([("server", 1, 2)], [("gpu", 2, 0), ("gpu", 1, 5)], told,
                        routing=[("server", "test", 1, 14)], capacity=[("test", "inf")]))
    quote = asked(plan, "server", 1, 0)
    assert (quote.promised_on, quote.reason, quote.earliest_on) == (week(2, 4), "lead_time", None)
    quote = asked(plan, "server", 2, 0)
    assert (quote.promised_on, quote.reason, quote.binding_id) == (week(7, 4), "outbid", "gpu")
    assert quote.earliest_on == week(2, 4) and quote.as_dict()["earliest_on"] == "2026-02-20"
    assert quote.text().endswith(
        "Other orders hold what it lacks (part gpu at austin, needed in the week of 2026-02-02). "
        "The week asked for was out of reach anyhow: even alone and with all parts there, lead "
        "time and transit end by 2026-02-20 at the earliest.")
    quote = asked(plan, "server", 3, 0)
    assert (quote.quantity, quote.reason) == (2, "part")
    assert "The supply comes too late (part gpu" in quote.text()


def test_atp_names_lead_time_only_where_stock_comes_as_soon_as_the_lane():
    """A lane of two weeks, and one free server of two. One comes by the lane's two weeks, which is
    its lead time; of two that are asked for the second is not in stock, whenever."""
    plan = planned(book([("server", 1, 2)], [("server", 2, 0)], [("server", "gpu", 1)],
                        lanes=[("austin", {"transit_days": 14})]))
    assert asked(plan, "server", 1, 0, "atp").reason == "lead_time"
    quote = asked(plan, "server", 2, 0, "atp")
    assert (quote.reason, quote.earliest_on) == ("stock", week(2, 4))
