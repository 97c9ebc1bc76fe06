"""Contracts whose lines leave the book one after another: what was recognised stays recognised."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

import headgate as hg
from headgate.book import build_book
from headgate.finance.past import Past, with_past
from headgate.finance.revenue import revenue_of
from headgate.ledger.book_tables import book_tables
from headgate.session.backlog import backlog
from headgate.session.journals import journals_of
from headgate.session.recognising import revenue
from headgate.tables.check import check_tables
from tests.stories.book_builder import book as story
from tests.stories.lived import Lived, line, support


def test_a_service_that_leaves_the_book_takes_its_revenue_along():
    """A server at 1,000.00 and a year of support at 360.00, both invoiced, shipped and performed:
    nothing is deferred. Service and line are closed and leave the book: still nothing is."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("Z", 1, 1, "1.00")],
                  [support("A", 2, "360.00", "2026-02-02", 12)])
    lived.record("order_invoiced", "A/1", "2026-02-02", amount_cents=1000_00)
    lived.record("order_invoiced", "A/2", "2026-02-02", amount_cents=360_00)
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    assert lived.walk("2027-03-01").get("deferred_revenue", 0) == 0
    lived.record("service_closed", "A/2", "2027-02-02")
    lived.record("order_closed", "A/1", "2027-02-02")
    walk = lived.walk("2027-03-01")
    assert (walk["rpo"], walk.get("deferred_revenue", 0)) == (1_00, 0)


def test_a_service_that_is_closed_in_its_term_goes_on():
    """The extract names the support no more after half its year: 181 of 365 days are earned, so
    360.00 - 178.52 are still to be performed, though the book has no row of it."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("Z", 1, 1, "1.00")],
                  [support("A", 2, "360.00", "2026-02-02", 12)])
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    lived.record("service_closed", "A/2", "2026-08-02")
    assert lived.walk("2026-08-02")["services"] == 360_00 - 360_00 * 181 // 365
    assert lived.book("2026-08-02").tables.frames["service_lines"].is_empty()


def test_a_service_that_is_cancelled_keeps_what_it_earned():
    """A year of support at 360.00, invoiced, is cancelled after 181 of 365 days: 178.52 were
    earned, nothing more is to be performed, and 181.48 are billed beyond that: owed back. A
    year later it is the same."""
    lived = Lived([line("A", 1, 1, "1000.00")], [support("A", 2, "360.00", "2026-02-02", 12)])
    lived.record("order_invoiced", "A/2", "2026-02-02", amount_cents=360_00)
    lived.record("service_cancelled", "A/2", "2026-08-02")
    for day in ("2026-08-02", "2027-08-02"):
        walk = lived.walk(day)
        assert (walk["rpo"], walk["deferred_revenue"]) == (1000_00, 360_00 - 178_52)
        assert "services" not in walk


@pytest.mark.parametrize(("starts", "sent", "performed", "cancelled"), [
    ("1", 0, 0, 344_12), ("1", 3, 0, 344_12), ("2026-02-10", 3, 2_17, 35_70)])
def test_a_plan_beside_a_cancelled_service_leads_from_its_price_to_revenue(
        starts, sent, performed, cancelled):
    """Twelve servers at 100.00, 1,000.00 alone; support at 100.00, cancelled on 3 March. Of each
    server, 360.00 alone: 344.12 of the 1,300.00, and no server was delivered. Of the order as a
    whole: 37.87, of which 21 of the 365 days from 10 February were performed. What was not is no
    part of the contract: it has a row of its own, and is no RPO without a date."""
    lived = Lived([line("A", 1, 12, "100.00")], [support("A", 9, "100.00", starts, 12)])
    if sent:
        lived.record("order_shipped", "A/1", "2026-02-05", quantity=sent)
    lived.record("service_cancelled", "A/9", "2026-03-03")
    read, known = lived.book("2026-03-20"), lived.journals("2026-03-20")
    plan = hg.plan(read)
    made = revenue(read, plan, progress=known.progress, left=known.left, past=known.past).revenue
    walk = dict(made.price_walk.select("step", "cents").rows())
    assert made.walk_holds and walk["rounding"] == 0
    assert (walk["elapsed"], walk["cancelled"]) == (-performed, -cancelled)
    told = backlog(read, plan, movements=known.movements, progress=known.progress, past=known.past)
    assert told.figures["ties_hold"]


def test_a_closed_line_that_awaits_delivery_or_acceptance_stays_rpo():
    """Ten servers at 100.00 and another at 5.00. The ten are shipped, delivered and invoiced, and
    await acceptance: RPO is 1,005.00, and 1,000.00 are deferred. The next extract lacks the line.
    RPO is the same, nothing is beyond it; once they are accepted, RPO is 5.00."""
    ten = line("A", 1, 10, "100.00", recognise_on="accept", acceptance_days=30)
    lived = Lived([ten, line("B", 1, 1, "5.00")])
    lived.record("order_invoiced", "A/1", "2026-02-02", amount_cents=1000_00)
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=10)
    lived.record("order_delivered", "A/1", "2026-02-02", quantity=10)
    before = lived.walk()
    assert (before["rpo"], before["acceptance"], before["deferred_revenue"]) == (
        1005_00, 1000_00, 1000_00)
    lived.load([line("B", 1, 1, "5.00")])
    assert lived.walk() == before
    assert lived.book().tables.frames["orders"].height == 1
    lived.record("order_accepted", "A/1", "2026-03-02", quantity=10)
    walk = lived.walk("2026-03-02")
    assert (walk["rpo"], walk.get("deferred_revenue", 0)) == (5_00, 0)


def test_a_closed_line_keeps_its_part_of_the_contract():
    """Server 1,000.00 (alone 1,000.00), box 500.00 (alone 500.00) and support 900.00 (alone 360.00)
    in one order: 2,400.00 in proportion to 1,860.00, so the support gets 464.51 and the server
    1,290.32. The server is shipped and invoiced with the support: 1,900.00 - 1,290.32 = 609.68
    are deferred. It is closed and leaves the book: nothing changes."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("A", 3, 1, "500.00", item_id="box")],
                  [support("A", 2, "900.00", "2026-02-02", 36)])
    lived.record("order_invoiced", "A/1", "2026-02-02", amount_cents=1000_00)
    lived.record("order_invoiced", "A/2", "2026-02-02", amount_cents=900_00)
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    before = lived.walk()
    assert (before["services"], before["deferred_revenue"]) == (464_51, 609_68)
    lived.record("order_closed", "A/1", "2026-02-02")
    assert lived.walk() == before
    names = lived.told().parts["obligations"].select("line_no", "kind").rows()
    assert names == [(2, "service"), (3, "hardware")]


def test_a_plan_of_the_shorter_book_serves_the_contract():
    """The server of the same order is closed. A plan of the book that is left sends the box: its
    quarter has the box's part of the contract, 645.17 of the 2,400.00, and not its 500.00, and
    revenue says the same."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("A", 3, 1, "500.00", item_id="box")],
                  [support("A", 2, "900.00", "2026-02-02", 36)])
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    lived.record("order_closed", "A/1", "2026-02-02")
    read, known = lived.book(), lived.journals()
    plan = hg.plan(read)
    made = backlog(read, plan, movements=known.movements, progress=known.progress,
                   past=known.past)
    box = 2400_00 - 2400_00 * 1360 // 1860
    assert made.figures["ties_hold"]
    assert made.parts["rpo_schedule"]["hardware_cents"].sum() == box == 645_17
    wide = revenue_of(read, plan.policy, plan.allocation, plan.summary["value"],
                      progress=known.progress, past=known.past)
    hardware = wide.entries.filter(wide.entries["kind"] == "hardware")
    assert hardware.select("line_no", "revenue_cents").rows() == [(3, box)]


def test_a_closed_line_of_an_item_that_nobody_orders_any_more_changes_no_cost():
    """Two servers at 1,000.00, each made of a GPU that costs 30.00, and a closed line of anvils. In
    the book with that line the anvil's tree comes before the server's; each server still costs
    its 50.00 at standard and 5.00 more for the dear GPU, and nothing stands in for anything."""
    tables = story([("server", 2, 1), ("anvil", 1, 1)],
                   [("gpu", 2, 0, {"unit_cost": "35.00"}), ("anvil", 1, 0)],
                   [("server", "gpu")], items=[("server", 50), ("gpu", 30)]).tables()
    orders = tables.frames["orders"]
    gone = orders.filter(pl.col("item_id") == "anvil").with_columns(shipped_quantity="quantity")
    read = build_book(replace(tables, frames={**tables.frames, "orders": orders.filter(
        pl.col("item_id") == "server")}))
    plan = hg.plan(read)
    made = revenue_of(read, plan.policy, plan.allocation, plan.summary["value"],
                      past=Past(gone, tables.frames["service_lines"]))
    costs = made.entries.filter(pl.col("item_id") == "server").select(
        "standard_cents", "variance_cents", "substitution_cents")
    assert costs.rows() == [(100_00, 10_00, 0)]


def test_figures_of_an_event_do_not_change_with_what_came_later():
    """As of 2 February and of the events up to the invoice the deferred revenue of a server is
    1,000.00. That it was shipped and closed on the same day is recorded later: what the plan of
    the earlier events says stays."""
    lived = Lived([line("A", 1, 1, "1000.00")])
    last = lived.record("order_invoiced", "A/1", "2026-02-02", amount_cents=1000_00)
    read = lived.book()
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    lived.record("order_closed", "A/1", "2026-02-02")
    known = lived.journals(date(2026, 2, 2), last)
    assert known.past.empty
    made = backlog(read, movements=known.movements, progress=known.progress,
                   billings=known.billings, past=known.past)
    walk = dict(made.rpo_walk.select("step", "cents").iter_rows())
    assert walk["deferred_revenue"] == walk["rpo"] == 1000_00


def test_the_planners_book_does_not_know_what_has_left():
    """Closed lines are for finance alone: the book is the one without them, to its digest."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("B", 1, 1, "5.00")])
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    lived.record("order_closed", "A/1", "2026-02-02")
    short = Lived([line("B", 1, 1, "5.00")])
    assert [check_tables(book_tables(one.live)).digest for one in (lived, short)] == [
        lived.book().digest] * 2


def test_the_book_with_its_past_is_made_once():
    """Backlog, revenue and report ask for the same book with what has left it, and get the same
    one. Of another book it is another: what has left it is looked up anew."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("Z", 1, 1, "1.00")])
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    lived.record("order_closed", "A/1", "2026-02-02")
    read, earlier = lived.book(), lived.book(until=lived.rows[-1].sequence - 1)
    past = journals_of(lived, None, read).past  # type: ignore[arg-type]
    wide = with_past(read, past)
    assert with_past(read, past) is wide and len(wide.lines) == 2
    # In the book of before the closing the line still stands.
    assert len(with_past(earlier, past).lines) == 2
    assert with_past(earlier, past).tables.frames["orders"]["closed"].to_list() == [False, False]
