"""Properties of pegging the other way, on random books of every shape."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings

import headgate as hg
from headgate.session import Plan
from tests.properties.strategies import RawParts, books

PEG = ["order_id", "line_no", "item_id", "site_id", "reference", "drawn_on"]


def answers(plan: Plan) -> dict[str, hg.WhereUsed]:
    """The answer for every item that has supply and does not share its name with a row."""
    names = set(plan.book.items.ids) - set(plan.book.supply.reference)
    return {name: plan.where_used(name) for name in sorted(names)}


@given(books())
@settings(max_examples=60, deadline=None)
def test_all_supply_rows_together_are_all_draws(parts: RawParts):
    """Over all items, the pieces that supply rows are used for are the pieces drawn in the plan's
    consumption, item by item; and of each row: used + free (or not counted) = its quantity."""
    plan = hg.plan(hg.read_book(*parts))
    drawn = dict(plan.consumption.group_by("item_id").agg(pl.col("quantity").sum()).iter_rows())
    found = answers(plan)
    assert {name: answer.used_quantity for name, answer in found.items()
            if answer.used_quantity} == drawn
    for answer in found.values():
        assert answer.quantity == (answer.used_quantity + answer.free_quantity
                                   + answer.uncounted_quantity)
        assert answer.draws["quantity"].sum() == answer.used_quantity
        rows = dict(answer.draws.group_by("supply_no").agg(pl.col("quantity").sum()).iter_rows())
        assert {number: used for number, used in
                answer.supply.select("supply_no", "used_quantity").iter_rows() if used} == rows


@given(books())
@settings(max_examples=60, deadline=None)
def test_each_row_and_line_agrees_with_the_pegging_table(parts: RawParts):
    """Asked item by item or reference by reference, the same draws come out as stand in the table
    `pegging` of a plan that pegs everything; a plan that pegs scarce items only answers alike."""
    book = hg.read_book(*parts)
    plan = hg.plan(book, pegging="all")
    pegged = plan.pegging.group_by(PEG).agg(pl.col("quantity").sum()).sort(PEG)
    scarce = hg.plan(book, pegging="scarce")
    by_item = [plan.where_used(name) for name in answers(plan)]
    references = book.supply.reference.unique().sort()
    by_reference = [plan.where_used(name) for name in references]
    for told in (by_item, by_reference):
        draws = [answer.draws.select("order_id", "line_no", pl.col("drawn_item_id").alias(
            "item_id"), *PEG[3:], "quantity") for answer in told]
        together = pl.concat(draws) if draws else pegged.clear()
        assert together.group_by(PEG).agg(pl.col("quantity").sum()).sort(PEG).equals(pegged)
    for name, answer in zip(references, by_reference, strict=True):
        assert scarce.where_used(name).as_dict() == answer.as_dict()


@given(books())
@settings(max_examples=60, deadline=None)
def test_dollars_count_each_line_and_each_shipment_once(parts: RawParts):
    """The dollars of an item are those of the allocations that draw it, told here from the log of
    the plan and not from pegging; no line has more of them than its open value."""
    plan = hg.plan(hg.read_book(*parts))
    allocation, lines = plan.allocation, plan.book.lines
    for name, answer in answers(plan).items():
        mine = allocation.pools.item[allocation.pool] == plan.book.items.index(name)
        shipments = np.unique(allocation.owner[mine])
        line = allocation.line[shipments]
        price = lines.price_cents
        assert answer.promised_cents == int((allocation.quantity[shipments] * price[line]).sum())
        assert answer.line_count == len(np.unique(line))
        assert answer.open_cents == int((lines.open * price)[np.unique(line)].sum())
        assert answer.promised_cents <= answer.open_cents
        assert sum(answer.by_quarter.values()) == answer.promised_cents
        assert (answer.draws["promised_cents"] <= answer.draws["open_cents"]).all()
