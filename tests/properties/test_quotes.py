"""Properties of quotes, on random books of every shape."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

import numpy as np
import polars as pl
import pytest

import headgate as hg
from headgate.planner.allocate import balance_after
from headgate.session import Plan
from tests.oracles.limited_books import limited_book
from tests.oracles.random_books import SHAPES, random_book

RANK, VALUE = {"objective": "rank"}, {"objective": "value", "work": 25}


def requests_of(book: hg.Book, dice: Random, count: int) -> list[hg.Request]:
    """Requests like the book's orders, of items that are ordered and of others."""
    orders = book.tables.frames["orders"]
    frames = book.tables.frames
    lanes = frames["lanes"]["region"].unique().sort().to_list()
    sources = pl.concat([frames["bom"]["parent_id"], frames["supply"]["item_id"]])
    sold = sorted({*sources, *orders["item_id"]})
    made = []
    for _ in range(count if orders.height and lanes else 0):
        row = orders.row(dice.randrange(orders.height), named=True)
        lot = dice.choice([1, 1, 1, 2, 3])
        by = book.settings.as_of + timedelta(days=dice.randrange(-7, 7 * book.horizon))
        made.append(hg.Request(
            dice.choice([row["item_id"], row["item_id"], dice.choice(sold)]),
            lot * dice.choice([1, 2, 5, 20]), dice.choice(lanes), requested_on=by,
            latest_on=dice.choice([None, by + timedelta(weeks=dice.randrange(4))]),
            segment=row["segment"], customer_id=row["customer_id"],
            complete=dice.random() < 0.4, lot_size=lot,
            accepts=tuple(dice.sample(sold, dice.choice([0, 0, 1]))),
            site_id=dice.choice([None, None, None, *book.sites.ids])))
    return [one for one in made if one.item_id not in one.accepts]


def planned_last(frames: dict[str, pl.DataFrame], settings: dict[str, object],
                 request: hg.Request) -> Plan:
    """The book planned by rank with the request as its last order."""
    orders = frames["orders"]
    cells = dict.fromkeys(orders.columns)
    cells |= {"order_id": "~last", "line_no": "1", "customer_id": request.customer_id,
              "segment": request.segment, "region": request.region, "item_id": request.item_id,
              "quantity": str(request.quantity), "unit_price": "1",
              "booked_on": str(request.requested_on), "priority": "1000000",
              "requested_on": str(request.requested_on),
              "latest_on": None if request.latest_on is None else str(request.latest_on),
              "ship_complete": "yes" if request.complete else "no",
              "lot_size": str(request.lot_size), "site_id": request.site_id,
              "accepts": ";".join(request.accepts) or None}
    row = pl.DataFrame([cells], schema=dict.fromkeys(cells, pl.String))
    longer = pl.concat([orders, row], how="diagonal")
    return hg.plan(hg.read_book(frames | {"orders": longer}, settings), RANK)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_quote_is_what_the_last_order_would_get(shape: str):
    """By rank the last order takes only what all others leave. So planning the book again with the
    request as the order behind all others must give the shipments that were quoted, and leave
    every other promise as it was."""
    for seed in range(6):
        frames, options = random_book(seed, shape)
        book = hg.read_book(frames, options)
        plan = hg.plan(book, RANK)
        requests = requests_of(book, Random(f"{seed}/{shape}"), 4)
        for request, quote in zip(requests, plan.desk().quote(requests), strict=True):
            again = planned_last(frames, options, request)
            mine = again.allocations.filter(pl.col("order_id") == "~last")
            expected = sorted(mine.select("item_id", "site_id", "ship_on", "arrive_on",
                                          "quantity").rows())
            assert sorted((part.item_id, part.site_id, part.ship_on, part.arrive_on,
                           part.quantity) for part in quote.shipments) == expected
            others = again.allocations.filter(pl.col("order_id") != "~last")
            assert others.drop("rank", strict=False).equals(
                plan.allocations.drop("rank", strict=False))


@pytest.mark.parametrize("policy", [RANK, VALUE], ids=["rank", "value"])
def test_no_quote_breaks_a_promise(policy: dict[str, object]):
    """Whatever is quoted, the pieces that it draws leave every later balance of the plan at 0 or
    above, in both modes; `atp` draws nothing but the items that are sent."""
    for seed, shape in enumerate(SHAPES):
        book = hg.read_book(*random_book(seed, shape))
        plan = hg.plan(book, policy)
        pools = plan.allocation.pools
        balance = balance_after(book, plan.allocation)
        row_of = {(int(item), int(site), int(slot)): row for row, (item, site, slot) in enumerate(
            zip(pools.item, pools.site, pools.slot, strict=True))}
        desk = plan.desk()
        for mode in ("ctp", "atp"):
            for quote in desk.quote(requests_of(book, Random(seed), 5), mode):
                after = balance.copy()
                for draw in quote.draws:
                    slot = (0 if draw.reserved_for is None
                            else book.reserving.index(draw.reserved_for) + 1)
                    row = row_of.get((book.items.index(draw.item_id),
                                      book.sites.index(draw.site_id), slot))
                    if row is not None:
                        after[row, (draw.drawn_on - book.first_monday).days // 7:] -= draw.quantity
                assert (np.minimum(after, balance) >= np.minimum(balance, 0)).all()
                if mode == "atp":
                    assert {draw.item_id for draw in quote.draws} <= {
                        part.item_id for part in quote.shipments}


def test_a_desk_answers_the_same_twice():
    """A quote reserves nothing: asked again, alone or among others, the answer is the same."""
    book = hg.read_book(*random_book(3, "mixed"))
    desk = hg.plan(book, RANK).desk()
    requests = requests_of(book, Random(1), 12)
    first = [quote.as_dict() for quote in desk.quote(requests)]
    assert [quote.as_dict() for quote in desk.quote(requests)] == first
    assert [desk.quote([one])[0].as_dict() for one in requests] == first
    dates = desk.dates(requests)
    assert dates[:, 0].tolist() == [quote["quantity"] for quote in first]


def test_a_quote_is_late_for_the_reason_of_an_order_like_it():
    """Whoever asks for what an order asks for that quotas or others leave nothing is told the same
    reason, and the same quota: both are beside all other orders of the plan."""
    found: Counter[str] = Counter()
    for family in ("caps", "reservations", "quotas"):
        for seed in range(25):
            plan = hg.plan(hg.read_book(*limited_book(seed, family)), RANK)
            orders = plan.book.tables.frames["orders"]
            rows = plan.promises.join(orders, on=["order_id", "line_no"]).filter(
                (pl.col("status") == "unplanned") & pl.col("earliest_on").is_null()
                & (pl.col("latest_on") >= pl.col("requested_on")).fill_null(value=True)
                & pl.col("reason").is_in(["quota", "outbid"]))
            for row in rows.iter_rows(named=True):
                request = hg.Request(
                    row["item_id"], row["open_quantity"], row["region"],
                    requested_on=row["requested_on"], latest_on=row["latest_on"],
                    segment=row["segment"], customer_id=row["customer_id"],
                    complete=row["ship_complete"], lot_size=row["lot_size"],
                    accepts=tuple(row["accepts"]), site_id=row["site_id"])
                quote = hg.quote(plan.book, plan, request)[0]
                assert quote.reason == row["reason"], (family, seed, row["order_id"])
                if quote.reason == "quota":
                    assert quote.binding_id == row["binding_id"], (family, seed, row["order_id"])
                found[quote.reason] += 1
    assert found["quota"] >= 10 and found["outbid"] >= 3, found
