"""From order backlog to firm backlog, RPO and deferred revenue, one rule at a time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from headgate.base.issue import IssuesError
from headgate.finance.bill_and_hold import CRITERIA
from headgate.finance.rpo import WALK
from tests.stories.backlog_told import DELL, rows_of, told, walked
from tests.stories.book_builder import AS_OF, Story, book, week
from tests.stories.plans import planned

FIRM = {"cancellable": "no"}


def progress(*rows: tuple[str, int, int]) -> pl.DataFrame:
    """Steps of SO-1/1 from (step, days before as_of, pieces)."""
    return pl.DataFrame([("SO-1", 1, step, AS_OF - timedelta(days=days), pieces, None)
                         for step, days, pieces in rows], orient="row", schema={
        "order_id": pl.String, "line_no": pl.Int64, "step": pl.String, "effective_on": pl.Date,
        "quantity": pl.Int64, "stage": pl.String})


def billed(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Billings from (order, dollars) and, if wanted, currency, day, whether it is refundable."""
    filled = [(*row, *(None, AS_OF, True)[len(row) - 2:]) for row in rows]
    return pl.DataFrame([(order, None, day, cents * 100, currency, refundable)
                         for order, cents, currency, day, refundable in filled], orient="row",
                        schema={"order_id": pl.String, "contract_id": pl.String,
                                "posted_on": pl.Date, "amount_cents": pl.Int64,
                                "currency": pl.String, "refundable": pl.Boolean})


def held(quantity: int, **no: bool) -> pl.DataFrame:
    """A record of SO-1/1 that meets all criteria but those given as False."""
    return pl.DataFrame([("SO-1", 1, quantity, AS_OF, *(no.get(name, True) for name in CRITERIA))],
                        orient="row", schema=["order_id", "line_no", "quantity", "held_on",
                                              *CRITERIA])


def supported(months: int = 36, starts: str = "1", **order: Any) -> tuple[Story, dict[str, Any]]:
    """Ten servers at 100 and 200 of support; alone 95 each and 25 each: 950 and 250 of 1200."""
    story = book([("server", 10, 1, order)], [("server", 10, 1)], horizon=20, items=[
        ("server", 60, "server", {"standalone_price": "95.00"}),
        ("support", 1, "service", {"standalone_price": "25.00"})])
    return story, {"service_lines": [{"order_id": "SO-1", "line_no": 2, "item_id": "support",
                                      "amount": "200.00", "starts": starts,
                                      "term_months": months}]}


# ------------------------------------------------------------------ what binds

def test_lines_that_may_be_cancelled_are_backlog_and_neither_firm_nor_rpo():
    """Ten at 100 may be cancelled without penalty, five may not: order backlog 1500, firm and RPO
    500 (ASC 606-10-25-3: no contract binds for the ten)."""
    made = told(book([("server", 10, 1), ("server", 5, 1, FIRM)], [("server", 15, 1)]))
    assert walked(made) == {"order_backlog": 1500_00, "cancellable": -1000_00,
                            "firm_backlog": 500_00, "rpo": 500_00, "one_year": -500_00}


def test_a_deposit_that_is_not_refundable_makes_a_line_bind():
    """Both lines may be cancelled; the first order has paid 50 that it would lose. Its 1000 are
    RPO: 50 of them are deferred revenue, 950 are not billed. The 40 that the second order paid,
    and may have back, are beyond RPO."""
    story = book([("server", 10, 1), ("server", 5, 1)], [("server", 15, 1)])
    made = told(story, billings=billed(("SO-1", 50, None, AS_OF, False), ("SO-2", 40)))
    assert walked(made) == {
        "order_backlog": 1500_00, "cancellable": -1500_00, "deposit": 1000_00, "rpo": 1000_00,
        "one_year": -1000_00, "expedient_back": 1000_00, "not_billed": -950_00, "beyond": 40_00,
        "deferred_revenue": 90_00}


def test_a_cancellation_after_a_deposit_leaves_what_is_owed_back():
    """An order has paid 300 and is gone from the book: deferred revenue holds the 300, beyond any
    RPO, until they are paid back."""
    made = told(book([("server", 1, 1, FIRM)], [("server", 1, 1)]),
                billings=billed(("SO-gone", 300)))
    assert walked(made)["beyond"] == walked(made)["deferred_revenue"] == 300_00


# ------------------------------------------------------------------ services and the split

def test_services_are_rpo_and_not_backlog():
    """Ten servers and support for 1200 together: 950 and 250 by standalone prices. Backlog is the
    stated 1000; 50 less is allocated to it; the support brings 250. RPO is 1200."""
    story, tables = supported(**FIRM)
    made = told(story, tables=tables)
    assert walked(made) == {"order_backlog": 1000_00, "firm_backlog": 1000_00, "split": -50_00,
                            "services": 250_00, "rpo": 1200_00, "rpo_expedient": 1200_00}
    assert rows_of(made.parts["obligations"], "order_id", "line_no", "kind", "rpo_cents",
                   by=None) == [("SO-1", 1, "hardware", 950_00), ("SO-1", 2, "service", 250_00)]


def test_a_service_goes_with_its_line():
    """The line may be cancelled, and so the support that would start with it. Four servers have
    shipped: their support, 100, binds. With progress it began on the day of delivery, 31 days ago,
    and 31 of its 1096 days are over; without, nobody knows when, and it stands apart."""
    story, tables = supported(shipped_quantity=4)
    made = told(story, tables=tables, progress=progress(("shipped", 40, 4), ("delivered", 31, 4)))
    days = (date(2029, 1, 2) - date(2026, 1, 2)).days
    assert walked(made)["services"] == walked(made)["rpo"] == 100_00 - 100_00 * 31 // days
    alone = told(*supported(shipped_quantity=4)[:1], tables=tables)
    assert "services" not in walked(alone)
    assert alone.figures["unknown_services_cents"] == 100_00


def test_a_service_on_a_date_counts_what_is_left_of_it():
    """A year from 1 January 2026 that has 250 of the price: 32 days of 365 are over."""
    story, tables = supported(12, "2026-01-01", **FIRM)
    # A dated service is one piece: 200 x ... of 1200 over 950 and 25.
    split = 1200_00 - 1200_00 * 950 // 975
    made = told(story, tables=tables)
    assert walked(made)["services"] == split - split * 32 // 365


# ------------------------------------------------------------------ shipped, not recognised

@pytest.mark.parametrize(("rule", "steps", "in_transit", "acceptance"), [
    ("ship", [("shipped", 9, 6)], 0, 0),
    ("deliver", [("shipped", 9, 6), ("delivered", 2, 2)], 400_00, 0),
    ("accept", [("shipped", 9, 6), ("delivered", 2, 4), ("accepted", 1, 1)], 0, 500_00),
])
def test_what_has_left_and_is_not_recognised_is_rpo_and_not_backlog(
        rule: str, steps: list[tuple[str, int, int]], in_transit: int, acceptance: int):
    """Six of ten have shipped. By ship they are recognised. By deliver two are delivered, so that
    four, 400, are on their way. By accept one is accepted, so that five, 500, wait (ASC
    606-10-55-85 to 55-88), those on their way with them. Four are open in each case: 400."""
    story = book([("server", 10, 1, {**FIRM, "shipped_quantity": 6, "recognise_on": rule,
                                     "acceptance_days": 14})], [("server", 4, 1)])
    made = walked(told(story, progress=progress(*steps)))
    assert made["order_backlog"] == 400_00
    assert made.get("in_transit", 0) == in_transit
    assert made.get("acceptance", 0) == acceptance
    assert made["rpo"] == 400_00 + in_transit + acceptance


def test_partial_shipment_leaves_the_backlog_and_the_rpo():
    """Ten at 100, six shipped and recognised: 400 are order backlog, and RPO."""
    made = told(book([("server", 10, 1, {**FIRM, "shipped_quantity": 6})], [("server", 4, 1)]))
    assert walked(made)["order_backlog"] == walked(made)["rpo"] == 400_00


def test_late_penalties_of_the_plan_reduce_rpo():
    """Wanted in week 1, there in week 3: ten servers, two weeks, 5 a week: 100 of the 1000 will
    not be asked for. A line that may be cancelled has no RPO, and no penalty in it."""
    late = {"late_penalty_per_unit_week": 5}
    story = book([("server", 10, 1, {**FIRM, **late}), ("server", 1, 1, late)],
                 [("server", 11, 3)])
    plan = planned(Story(story.frames, {**story.settings, "fiscal_year_end": DELL}))
    made = walked(told(story, plan))
    assert made["late_penalty"] == -100_00
    assert made["rpo"] == 900_00


def test_rpo_becomes_revenue_by_quarter():
    """Ten firm servers at 100: four come in week 1, three in week 14, which is in Q2; three have
    no date. Two of the first four are billed and held, with all criteria: they are recognised, so
    that 200 are left in Q1, then 300 and 300. What may be cancelled has no place here."""
    short = book([("server", 10, 1, FIRM), ("server", 5, 1)],
                 [("server", 4, 1), ("server", 3, 14)], horizon=20)
    plan = planned(Story(short.frames, {**short.settings, "fiscal_year_end": DELL}))
    made = told(short, plan, held=held(2))
    assert rows_of(made.parts["rpo_schedule"], "quarter", "hardware_cents", "rpo_cents",
                   "upto_share", by=None) == [
        ("FY27 Q1", 200_00, 200_00, 0.25), ("FY27 Q2", 300_00, 300_00, 0.625),
        (None, 300_00, 300_00, 1.0)]
    assert told(short).parts["rpo_schedule"].is_empty()


# ------------------------------------------------------------------ bill-and-hold

@pytest.mark.parametrize("missing", [None, *CRITERIA])
def test_bill_and_hold_needs_all_four_criteria(missing: str | None):
    """Four of ten servers are invoiced, finished and not shipped. With all four criteria of
    606-10-55-83 their 400 are recognised: still order backlog, no RPO any more. One that is not
    met, and the line stays in both; the table names it."""
    story = book([("server", 10, 1, FIRM)], [("server", 10, 1)])
    record = held(4) if missing is None else held(4, **{missing: False})
    made = told(story, held=record, billings=billed(("SO-1", 400)))
    walk = walked(made)
    assert walk["order_backlog"] == 1000_00
    counts = missing is None
    assert walk["rpo"] == (600_00 if counts else 1000_00)
    # The 400 that were billed: earned with all four criteria, else a liability.
    assert walk.get("deferred_revenue", 0) == (0 if counts else 400_00)
    assert rows_of(made.parts["bill_and_hold"], "quantity", "amount_cents", "recognised",
                   "missing", by=None) == [(4, 400_00, "yes" if counts else "no", missing)]


def test_an_invoice_alone_moves_neither_backlog_nor_rpo():
    """The whole line is invoiced and nothing shipped: 1000 of backlog and of RPO, and 1000 of
    deferred revenue."""
    story = book([("server", 10, 1, FIRM)], [("server", 10, 1)])
    walk = walked(told(story, billings=billed(("SO-1", 1000))))
    assert walk["order_backlog"] == walk["rpo"] == walk["deferred_revenue"] == 1000_00


def test_a_record_of_bill_and_hold_must_fit_its_line():
    """More pieces than are open, an order that there is not, a day years before the line was
    booked: all named, with their rows."""
    story = book([("server", 3, 1, FIRM)], [("server", 10, 1)])
    other = held(1).with_columns(order_id=pl.lit("SO-9"))
    with pytest.raises(IssuesError) as fault:
        told(story, held=pl.concat([held(4), other]))
    assert [(issue.code, issue.row) for issue in fault.value.issues] == [
        ("bill_and_hold.quantity.range", 2), ("bill_and_hold.line.unknown", 3)]
    with pytest.raises(IssuesError, match=r"bill_and_hold\.held_on\.early"):
        told(story, held=held(1).with_columns(held_on=pl.date(2019, 1, 2)))
    with pytest.raises(IssuesError, match=r"bill_and_hold\.column\.missing"):
        told(story, held=held(1).drop("ready"))


# ------------------------------------------------------------------ the one-year expedient

@pytest.mark.parametrize(("order", "months", "short"), [
    ({"booked_on": week(-6), "requested_on": date(2026, 12, 22)}, None, True),
    ({"booked_on": week(-6), "requested_on": date(2026, 12, 23)}, None, False),
    ({"booked_on": week(-6)}, 10, True), ({"booked_on": week(-6)}, 11, False),
    ({"booked_on": week(-6), "requested_on": date(2026, 12, 15), "recognise_on": "accept",
      "acceptance_days": 14}, None, False),
])
def test_a_contract_of_a_year_or_less_is_out_by_the_expedient(order, months, short):
    """Booked on 22 December 2025. Wanted on 22 December 2026: a year, so it is out; a day later it
    stays, and so it does if its acceptance ends after that day. With support from 13 February on,
    ten months end in December, eleven in January (ASC 606-10-50-14a)."""
    if months is None:
        made = told(book([("server", 1, 1, {**FIRM, **order})], [("server", 1, 1)]))
    else:
        story, tables = supported(months, **FIRM, **order)
        made = told(story, tables=tables)
    walk = walked(made)
    assert walk.get("rpo_expedient", 0) == (0 if short else walk["rpo"])


def test_what_does_not_bind_makes_no_contract_longer():
    """One contract: a firm line for next month, and one that may be cancelled, for 2028. The firm
    one alone is the contract: it lasts less than a year."""
    long = {"requested_on": date(2028, 1, 7), "contract_id": "C-1"}
    made = told(book([("server", 1, 3, {**FIRM, "contract_id": "C-1"}), ("server", 1, 3, long)],
                     [("server", 1, 1)], items=[
        ("server", 10, "server", {"standalone_price": "100.00"})]))
    assert walked(made)["rpo"] == 100_00 and "rpo_expedient" not in walked(made)
    firm = told(book([("server", 1, 3, {**FIRM, "contract_id": "C-1"}),
                      ("server", 1, 3, {**long, **FIRM})], [("server", 1, 1)], items=[
        ("server", 10, "server", {"standalone_price": "100.00"})]))
    assert walked(firm)["rpo_expedient"] == walked(firm)["rpo"] == 200_00


# ------------------------------------------------------------------ deferred revenue, currencies

def test_deferred_revenue_keeps_the_rates_of_its_days():
    """500 euros paid when a euro was 1.10, 500 when it was 1.30: 1000 euros for 1200. 400 are
    earned by shipment of four of ten: 600 euros are deferred, at 1.20 on average 720, whatever the
    rate of today, 1.50 (ASC 830-10-45-18)."""
    story = book([("server", 10, 1, {**FIRM, "currency": "EUR", "shipped_quantity": 4})],
                 [("server", 6, 1)], rates=[
        ("EUR", "1.10", {"on": week(-9)}), ("EUR", "1.30", {"on": week(-5)}),
        ("EUR", "1.50", {"on": week(-1)})])
    made = told(story, billings=billed(("SO-1", 500, "EUR", week(-8)),
                                       ("SO-1", 500, "EUR", week(-4))))
    walk = walked(made)
    assert walk["deferred_revenue"] == 720_00
    assert walk["rpo"] == 900_00
    assert walk["not_billed"] == -180_00


def test_what_is_earned_before_it_is_billed_is_no_deferred_revenue():
    """Six shipped, two of them billed: the rest is a receivable or a contract asset, no liability
    of below 0."""
    made = told(book([("server", 10, 1, {**FIRM, "shipped_quantity": 6})], [("server", 4, 1)]),
                billings=billed(("SO-1", 200)))
    assert "deferred_revenue" not in walked(made)


def test_every_number_is_the_sum_of_what_leads_to_it():
    """The table foots: each of the five numbers is the number before it and the changes between.
    Each row has a paragraph, or says that ASC 606 has none."""
    story, tables = supported(**FIRM, shipped_quantity=4, recognise_on="deliver")
    made = told(story, tables=tables, progress=progress(("shipped", 20, 4), ("delivered", 9, 1)),
                billings=billed(("SO-1", 500), ("SO-7", 30)), held=held(2))
    upto = 0
    for row in made.rpo_walk.to_dicts():
        if row["kind"] == "number" and row["place"] > 1:
            assert row["cents"] == upto, row["step"]
        upto = (upto if row["kind"] == "change" else 0) + (row["cents"] or 0)
    assert [step.kind for step in WALK].count("number") == 5
    assert all("606-10" in step.rule or "no rule" in step.rule for step in WALK)
    assert made.figures["ties_hold"]
