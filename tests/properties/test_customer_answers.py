"""What a customer is told names nobody else, on random books."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given, settings

import headgate as hg
from tests.properties.strategies import RawParts, books


def names(text: str, name: str) -> bool:
    """Whether a text names something, as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


@given(books("mixed", "restricted", "one_part", "all_complete"))
@settings(max_examples=25)
def test_no_other_customer_no_other_order_and_no_money(parts: RawParts):
    """Every item is described as made for a customer, by a supplier or at a price, and every
    family is named after an order. Whatever is told of a line has none of it: no other customer, no
    other order, no supplier, no purchase order, no money."""
    frames, options = parts
    orders = frames["orders"]
    if orders.is_empty():
        return
    customers = orders["customer_id"].unique().sort().to_list()
    items = frames["items"].with_row_index("row").with_columns(
        description=pl.col("row").map_elements(
            lambda row: [f"as for {customers[row % len(customers)]}", "made by Silicon & Sons",
                         "12.50 USD", f"like {orders['order_id'][0]}"][row % 4],
            return_dtype=pl.String),
        family=pl.when(pl.col("family").is_not_null()).then(
            pl.lit(f"family of {orders['order_id'][-1]}"))).drop("row")
    changed = frames | {"items": items}
    if "supply" in frames:
        changed["supply"] = frames["supply"].with_columns(supplier=pl.lit("Silicon & Sons"))
    if "restrictions" in frames:
        changed["restrictions"] = frames["restrictions"].filter(pl.col("family").is_null())
    plan = hg.plan(hg.read_book(changed, options))
    references = plan.book.supply.reference.to_list()
    rows = plan.book.tables.frames["orders"].select("order_id", "line_no", "customer_id")
    for order_id, line_no, customer in rows.iter_rows():
        answer = plan.tell_customer(order_id, line_no)
        told = f"{answer.text()} {answer.as_dict()}"
        others = [name for name in (*customers, *rows["order_id"].unique())
                  if name not in (order_id, customer)]
        assert not [name for name in (*others, *references, "Silicon") if names(told, name)]
        assert not re.search(r"[$€]|USD|EUR|cents|cost|margin|price", told)
        for option in answer.options:
            assert answer.promised_on is None or option.promised_on < answer.promised_on or (
                sum(one.quantity for one in answer.arrivals) < answer.open_quantity)
