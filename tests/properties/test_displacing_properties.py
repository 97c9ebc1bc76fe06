"""Promises that displace lines: whoever gives way, what is promised then can be kept as a whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import headgate as hg
from headgate.demo import demo_book
from headgate.demo.book import DemoBook
from headgate.planner.kernels.layout import UNLIMITED
from headgate.planner.kernels.rank import LINE, Log
from headgate.planner.placing import joined, strip_permits
from headgate.planner.quota_use import with_permits
from headgate.planner.usage import hours_of_log
from headgate.quoting.answers import NOTHING_TAKEN
from headgate.quoting.basket import quote_basket
from headgate.quoting.displacing import Offer
from headgate.quoting.requests import Request
from tests.oracles.limited_books import LIMITS, limited_book
from tests.properties.test_limited_replans import book_of, by

OPEN = {"replan": {"fence_weeks": 0}}


def request_of(book: hg.Book, seed: int) -> Request:
    """A request like one of the book's orders, from somebody who pays a great deal."""
    orders = book.tables.frames["orders"]
    row = orders.row(seed % orders.height, named=True)
    return Request(row["item_id"], 1 + seed % 7, row["region"],
                   requested_on=max(row["requested_on"], date(2026, 1, 1)), segment=row["segment"],
                   customer_id=row["customer_id"], complete=seed % 3 == 0, unit_price=90_000)


def offered(desk: hg.Desk, request: Request) -> Offer | None:
    """What the desk finds when lines may give way, before it is put into words."""
    desk.quote([request], "ctp", False)
    packed = desk._packed(desk.asking.lines([request]), [request])
    return desk._offer(request, packed, 0, desk._place(packed, "ctp")[0],
                       NOTHING_TAKEN)


def kept_of(log: Log, lines: np.ndarray) -> Log:
    """A log without the allocations of some lines."""
    rows = np.flatnonzero(~np.isin(log.rows[:, LINE], lines))
    counts = np.diff(log.first_draw)[rows]
    draws = np.concatenate([np.arange(log.first_draw[row], log.first_draw[row + 1])
                            for row in rows] or [np.zeros(0, dtype=np.int64)])
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Log(log.rows[rows], first, log.sources[draws], log.pieces[draws],
               np.array([len(rows), len(draws)], dtype=np.int64))


@given(st.integers(0, 2**31), st.sampled_from(LIMITS), st.sampled_from(["rank", "value"]))
@example(35153056, "frozen", "rank")
@settings(max_examples=80, deadline=None)
def test_what_is_promised_then_can_be_kept(seed: int, family: str, objective: str):
    """The plan with the displaced lines as the offer has them, and the request: no piece, no permit
    of a quota and no hour is used twice, the sets move together, nobody who is held gives way, the
    request gains more than is lost, and the desk is as it was."""
    book = book_of(limited_book(seed, family))
    assume(book is not None and len(book.lines) > 0)
    desk = hg.plan(book, by(objective) | OPEN).desk()
    request = request_of(book, seed)
    found = offered(desk, request)
    first = desk.quote([request], "ptp", False)
    assert first == desk.quote([request], "ptp", False)
    if found is None:
        return
    book, pools = desk.book, desk.allocation.pools
    whole = joined([kept_of(with_permits(book, pools, desk.allocation.log), found.lines),
                    found.changed, found.log])
    left = pools.everything().copy()
    for row in range(len(whole.rows)):
        for draw in range(whole.first_draw[row], whole.first_draw[row + 1]):
            node, pool = (int(part) for part in whole.sources[draw])
            week = whole.rows[row, 3] - book.forest.offset[node if node >= 0 else -1 - node]
            left[pool, week:] -= whole.pieces[draw]
    assert left.min(initial=0) >= 0
    used = hours_of_log(book, pools.permits, strip_permits(whole))
    assert ((book.hours.micro >= UNLIMITED) | (used <= book.hours.micro)).all()
    assert not (book.lines.frozen[found.lines] == 1).any()
    moved = found.lines[(found.before != found.after).any(axis=1)]
    for ship_set in set(book.lines.ship_set[moved].tolist()) - {-1}:
        mates = np.flatnonzero((book.lines.ship_set == ship_set) & (book.lines.open > 0))
        assert set(mates) <= set(found.lines)
        assert len(set(found.after[np.isin(found.lines, mates), 0].tolist())) == 1
    own = book.lines.open[found.lines]
    assert (found.after[:, 1] <= own).all()
    quote = first[0]
    assert quote.quantity == request.quantity and len(quote.displaced) == len(found.lines)


def test_pins_of_a_quote_bring_what_was_quoted():
    """A demo book, its plan by value, and 30 requests that pay three times as much. Each one
    that displaces lines is entered as an order with its pins, and the plan is repaired: what ships
    in one week comes whole, of what ships in several at most two pieces are broken, as the draws of
    the pins are chosen anew."""
    demo = demo_book(80, 3)
    book = hg.read_book(demo.frames, demo.settings)
    plan = hg.plan(book, {"work": 60})
    desk, told = plan.desk(), []
    for seed in range(30):
        row = book.tables.frames["orders"].row(7 * seed % 80, named=True)
        wanted = max(row["requested_on"], date(2026, 3, 2))
        told.append(desk.quote([Request(
            row["item_id"], 1 + seed % 9, row["region"], requested_on=wanted,
            unit_price=Decimal(row["unit_price_cents"] * 3) / 100)], "ptp", False)[0])
    offers = [quote for quote in told if quote.displaced][:5]
    assert len(offers) == 5
    for quote in offers:
        weeks = {part.ship_on for part in quote.shipments}
        assert _entered(demo, plan, quote) >= quote.quantity - (0 if len(weeks) == 1 else 2), quote


def _entered(demo: DemoBook, plan: hg.Plan, quote: hg.Quote) -> int:
    """Pieces that come by the date quoted when the quote is entered as an order and planned."""
    asked, orders = quote.request, demo.frames["orders"]
    cells = {"order_id": "NEW", "line_no": "1", "customer_id": "somebody", "segment": "enterprise",
             "region": asked.region, "item_id": asked.item_id, "quantity": str(asked.quantity),
             "unit_price": str(asked.unit_price), "booked_on": "2026-02-02",
             "requested_on": str(asked.requested_on)}
    row = pl.DataFrame({name: [cells.get(name)] for name in orders.columns},
                       schema=dict.fromkeys(orders.columns, pl.String))
    frames = {**demo.frames, "orders": pl.concat([orders.cast(dict(row.schema)), row]),
              "pins": pl.DataFrame(quote.pins("NEW", 1))}
    again = hg.replan(hg.read_book(frames, demo.settings), plan)
    mine = again.allocations.filter((pl.col("order_id") == "NEW")
                                    & (pl.col("arrive_on") <= quote.promised_on))
    return int(mine["quantity"].sum())


def test_a_basket_gains_more_than_all_of_it_costs():
    """Baskets of three items of the demo book at 1.2 times what somebody pays, whoever displaces
    lines: what all of it gains is what its items gain, and more than the lines lose and moving
    their promises costs, counted together. What pays for an item alone may not pay beside what the
    next ones take."""
    demo = demo_book(150, 2)
    book = hg.read_book(demo.frames, demo.settings)
    desk, told = hg.plan(book, {"work": 40}).desk(), 0
    for seed in range(60):
        rows = [book.tables.frames["orders"].row((11 * seed + more) % 150, named=True)
                for more in (0, 31, 77)]
        day = max(row["requested_on"] for row in rows)
        basket = quote_basket(desk, [hg.Request(
            row["item_id"], 1 + seed % 4, rows[0]["region"], requested_on=day,
            segment=row["segment"], customer_id=row["customer_id"],
            unit_price=Decimal(row["unit_price_cents"] * 6) / 500) for row in rows], "ptp",
            bool(seed % 2))
        if not basket.giving.displaced:
            continue
        told += 1
        assert basket.gained_cents > basket.giving.cost_cents
        assert basket.gained_cents == sum(one.gained_cents for one in basket.quotes)
        assert "net." in basket.text() and "-" not in basket.text().split("net.")[0][-14:]
    assert told > 5
