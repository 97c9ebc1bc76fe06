"""A quote that displaces lines, entered with its pins: the re-plan does what the quote said."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import headgate as hg
from headgate.demo import demo_book
from headgate.quoting.answers import Displaced
from headgate.quoting.basket import quote_basket
from tests.oracles.limited_books import LIMITS, limited_book
from tests.properties.test_displacing_properties import OPEN, request_of
from tests.properties.test_limited_replans import book_of, by

Parts = tuple[dict[str, pl.DataFrame], dict[str, Any]]


def entered(parts: Parts, quotes: list[hg.Quote], beside: bool = False) -> hg.Book:
    """The book with the requests as lines of order NEW, and their pins; beside it LATER/1."""
    frames, given_settings = parts
    orders, made = frames["orders"], []
    for line, quote in enumerate(quotes, start=1):
        asked = quote.request
        made.append({
            "order_id": "NEW", "line_no": str(line), "customer_id": asked.customer_id,
            "segment": asked.segment or "enterprise", "region": asked.region,
            "item_id": asked.item_id, "quantity": str(asked.quantity),
            "unit_price": str(asked.unit_price), "booked_on": "2026-01-05",
            "ship_complete": "yes" if asked.complete else None,
            "requested_on": str(asked.requested_on)})
    later = made[0] | {"order_id": "LATER", "quantity": "1", "requested_on": "2026-12-07"}
    rows = pl.DataFrame([{name: one.get(name) for name in orders.columns}
                         for one in ([*made, later] if beside else made)],
                        schema=dict.fromkeys(orders.columns, pl.String))
    pins = pl.DataFrame([row for line, quote in enumerate(quotes, start=1)
                         for row in quote.pins("NEW", line)]).cast(pl.String)
    old = frames.get("pins")
    if old is not None and old.height:
        pins = pl.concat([old.cast(dict.fromkeys(old.columns, pl.String)), pins], how="diagonal")
    return hg.read_book({**frames, "pins": pins, "orders": pl.concat(
        [orders.cast(dict.fromkeys(orders.columns, pl.String)), rows], how="diagonal")},
        given_settings)


def come_by(plan: hg.Plan, quote: hg.Quote, line_no: int = 1) -> int:
    """Pieces of a line of NEW that come by the date quoted."""
    mine = plan.allocations.filter((pl.col("order_id") == "NEW") & (pl.col("line_no") == line_no)
                                   & (pl.col("arrive_on") <= quote.promised_on))
    return int(mine["quantity"].sum())


def others(plan: hg.Plan) -> pl.DataFrame:
    """The moves of a re-plan but for those of NEW, and exceptions where nothing moved."""
    return plan.moves.filter((pl.col("order_id") != "NEW") & (pl.col("reason") != "kept"))


def assert_kept(again: hg.Plan, quotes: Sequence[hg.Quote], named: Sequence[Displaced]) -> None:
    """
    What was quoted comes by its dates, and nobody is worse off who was not named. Where the pins
    could not be placed beside promises, what does not come by its date is said to be broken.
    """
    broken = dict(again.promises.filter(pl.col("order_id") == "NEW").select(
        "line_no", "broken_quantity").iter_rows())
    beside = again.summary["replan"].get("pins") == "beside"
    for line, quote in enumerate(quotes, start=1):
        come = come_by(again, quote, line)
        assert come == quote.quantity if beside else come + broken[line] >= quote.quantity
    worse = others(again).filter((pl.col("days") > 0).fill_null(False)
                                 | (pl.col("new_quantity") < pl.col("old_quantity")))
    assert not beside or set(worse.select("order_id", "line_no").rows()) <= {
        (one.order_id, one.line_no) for one in named}


def small_demo() -> tuple[Parts, hg.Book, hg.Plan]:
    """A demo book of 80 lines: its tables and settings, the book, and its plan by value."""
    demo = demo_book(80, 3)
    parts = (demo.frames, demo.settings)
    book = hg.read_book(*parts)
    return parts, book, hg.plan(book, {"work": 60})


def gained_cents(plan: hg.Plan, again: hg.Plan) -> int:
    """What a re-plan is worth more than the plan before it, by the weights of the policy."""
    return int(again.summary["value"]["weighted_cents"] - plan.summary["value"]["weighted_cents"])


def test_a_replan_does_what_the_quote_said():
    """A demo book of 80 lines, its plan by value, and requests that pay three times what somebody
    pays. Each of the first 4 that displace lines is entered with its pins and planned again: it is
    proven, all comes on the date quoted, only lines move that were named, to the dates that were
    named, the policy charges no more than was quoted, and the plan gains at least what the request
    gains beyond what these lose, but for a dollar. The same orders and one more, planned again from
    that, move nobody: what the pins draw stands as the lines do."""
    parts, book, plan = small_demo()
    desk, told = plan.desk(), 0
    for seed in range(80):
        row = book.tables.frames["orders"].row(7 * seed % 80, named=True)
        if row["requested_on"].isoformat() < "2026-03-02" or told == 4:
            continue
        quote = desk.quote([hg.Request(
            row["item_id"], 1 + seed % 5, row["region"], requested_on=row["requested_on"],
            segment=row["segment"], customer_id=row["customer_id"],
            unit_price=Decimal(row["unit_price_cents"] * 3) / 100)], "ptp", False)[0]
        if not quote.displaced:
            continue
        told += 1
        new = entered(parts, [quote])
        again = hg.replan(new, plan)
        assert hg.check(new, again).issues == ()
        assert come_by(again, quote) == quote.quantity
        quoted = {(one.order_id, one.line_no): (one.new_promised_on, one.new_quantity)
                  for one in quote.displaced
                  if one.days != 0 or one.new_quantity != one.quantity}
        moves = others(again)
        assert {((one, two), (day, pieces)) for one, two, day, pieces in moves.select(
            "order_id", "line_no", "new_promised_on", "new_quantity").iter_rows()} <= set(
                quoted.items())
        assert moves["cost_cents"].sum() <= quote.moved_cents
        assert gained_cents(plan, again) >= quote.gained_cents - quote.lost_cents - 100
        larger = entered(parts, [quote], beside=True)
        assert others(hg.replan(larger, again)).filter(pl.col("order_id") != "LATER").is_empty()
    assert told == 4


@pytest.mark.parametrize("complete", [False, True])
def test_a_replan_does_what_a_basket_said(complete: bool):
    """The same for baskets of two items that somebody orders: what is promised to both comes when
    it was said, only lines move that were named, to the dates that were named, the policy charges
    no more than was told, and the plan gains what was told, but for a dollar."""
    parts, book, plan = small_demo()
    desk, told = plan.desk(), 0
    for seed in range(80):
        rows = [book.tables.frames["orders"].row((7 * seed + more) % 80, named=True)
                for more in (0, 31)]
        day = max(row["requested_on"] for row in rows)
        if day.isoformat() < "2026-03-02" or told == 4:
            continue
        basket = quote_basket(desk, [hg.Request(
            row["item_id"], 1 + seed % 3, rows[0]["region"], requested_on=day,
            segment=row["segment"], customer_id=row["customer_id"], complete=complete,
            unit_price=Decimal(row["unit_price_cents"] * 3) / 100) for row in rows],
            "ptp", complete)
        if not basket.giving.displaced or basket.promised_on is None:
            continue
        told += 1
        again = hg.replan(entered(parts, list(basket.quotes)), plan)
        assert hg.check(again.book, again).issues == ()
        assert [come_by(again, one, line) for line, one in enumerate(basket.quotes, start=1)] == [
            one.quantity for one in basket.quotes]
        quoted = {((one.order_id, one.line_no), (one.new_promised_on, one.new_quantity))
                  for one in basket.giving.displaced}
        moves = others(again)
        moved = {((one, two), (day, pieces)) for one, two, day, pieces in moves.select(
            "order_id", "line_no", "new_promised_on", "new_quantity").iter_rows()}
        assert moved <= quoted
        assert moves["cost_cents"].sum() <= basket.giving.moved_cents
        net = basket.gained_cents - basket.giving.lost_cents
        assert gained_cents(plan, again) >= net - 100
    assert told == 4


@given(st.integers(0, 2**31), st.sampled_from(LIMITS), st.sampled_from(["rank", "value"]))
@settings(max_examples=20, deadline=None)
def test_a_replan_under_limits_keeps_to_the_quote(seed: int, family: str, objective: str):
    """Quotas, ship sets, pins and frozen lines, and somebody who pays a great deal. Entered and
    planned again, the plan is proven; and where the pins could be placed beside promises, all comes
    by the date that was quoted, and no promise moves later or loses pieces that the quote did not
    name; where not, what misses its date is broken."""
    parts = limited_book(seed, family)
    book = book_of(parts)
    if book is None or not len(book.lines):
        return
    plan = hg.plan(book, by(objective) | OPEN)
    quote = plan.desk().quote([request_of(book, seed)], "ptp", False)[0]
    if not quote.displaced:
        return
    again = hg.replan(entered(parts, [quote]), plan, OPEN)
    assert hg.check(again.book, again).issues == ()
    assert_kept(again, [quote], quote.displaced)


@example(6, "everything", False)  # What the first item counts on a quota, and from when.
@example(146, "reservations", True)  # A quota bound in a week before the plan begins.
@example(466, "frozen", False)  # A frozen line and others share what is kept for their customer.
@given(st.integers(0, 2**31), st.sampled_from(LIMITS), st.booleans())
@settings(max_examples=15, deadline=None)
def test_a_basket_under_limits_can_be_kept(seed: int, family: str, complete: bool):
    """Two requests of somebody who pays a great deal, under the same limits: entered with their
    pins and planned again, the plan is proven; and where the pins could be placed beside promises,
    both come by their dates, and no promise moves later or loses pieces that was not named."""
    parts = limited_book(seed, family)
    book = book_of(parts)
    if book is None or not len(book.lines):
        return
    plan = hg.plan(book, by("rank") | OPEN)
    basket = quote_basket(plan.desk(), [request_of(book, seed), request_of(book, seed + 1)], "ptp",
                          complete)
    if not basket.giving.displaced or basket.promised_on is None:
        return
    again = hg.replan(entered(parts, list(basket.quotes)), plan, OPEN)
    assert hg.check(again.book, again).issues == ()
    assert_kept(again, basket.quotes, basket.giving.displaced)
