"""The table `bill_and_hold`: what is billed and held of a book, and whether it is revenue."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.bill_and_hold import CRITERIA
from headgate.finance.contracted import Contracted
from headgate.finance.shares import before_each, summed
from headgate.tables.backlog_schema import BILL_AND_HOLD

Longs = NDArray[np.int64]
NO_ROW = "The record of what is billed and held has no row of this day or before."
"""Said where a record was given and the table is empty all the same."""


def held_pieces(contracts: Contracted) -> pl.DataFrame:
    """
    The table `bill_and_hold`: what is billed and held, and whether it counts as revenue.

    A line that is invoiced and not shipped stays in order backlog and in RPO, whoever paid, unless
    all four criteria are met and control has passed (ASC 606-10-55-81 to 55-84). What counts is
    told for good, also when it has shipped; lines that no table describes any more are left out.
    """
    if contracts.held is None:
        return pl.DataFrame(schema=BILL_AND_HOLD.types)
    ids = contracts.obligations.line_ids.with_columns(line=pl.int_range(pl.len(), dtype=pl.Int64))
    rows = contracts.held.rows.join(
        ids, on=["order_id", "line_no"], maintain_order="left").sort(
        "line", "counts", "held_on", "row", descending=[False, True, False, False])
    no = pl.concat_str([pl.when(~pl.col(name)).then(pl.lit(name)) for name in CRITERIA],
                       separator=";", ignore_nulls=True)
    return rows.with_columns(
        amount_cents=pl.Series(_amounts(contracts, rows), dtype=pl.Int64),
        missing=pl.when(~pl.col("counts")).then(no),
        recognised=pl.when("counts").then(pl.lit("yes")).otherwise(pl.lit("no"))).sort(
        "order_id", "line_no", "held_on", "row").with_columns(
        place=pl.int_range(1, pl.len() + 1).over("order_id", "line_no")).select(
        BILL_AND_HOLD.names).cast(BILL_AND_HOLD.types)


def _amounts(contracts: Contracted, rows: pl.DataFrame) -> Longs:
    """
    (rows,) what the pieces of each have of the price of their contract, at the rates of as_of.

    Those that count are the last of what is recognised; of the others nobody says which they are:
    they are told as the first that are open. Parts of a line are its pieces, or what these cost
    where they have several prices.
    """
    obligations, before = contracts.obligations, contracts.before
    line, pieces = rows["line"].to_numpy(), rows["quantity"].to_numpy()
    counts, whole = rows["counts"].to_numpy(), obligations.pieces[line]
    orders = contracts.book.tables.frames["orders"][pl.Series(contracts.book.lines.source_row)]
    now = orders["unit_price_cents"].to_numpy()[line]
    priced = np.isin(line, before.prices.line)
    each = np.where(priced, np.where(rows["price_cents"].is_null().to_numpy() | ~counts, now,
                                     rows["price_cents"].fill_null(0).to_numpy()), 1)
    parts = pieces * each

    def worth(piece: Longs) -> Longs:
        return before.prices.worth(line, piece)

    done = summed(line[counts], parts[counts], obligations.lines)
    base = np.where(counts, np.maximum(0, worth(before.recognised[line]) - done[line]),
                    worth(contracts.shipped[line] + before.held[line]))
    # Rows of a line stand together, those that count before the others.
    first = base + before_each(parts, line * 2 + ~counts)
    end = worth(whole)
    first = np.maximum(0, np.minimum(first, end - parts))
    place, currency, cents = contracts.allocated.of_parts(
        line, first, np.minimum(first + parts, end), end)
    there = contracts.exchange.convert(cents, currency, np.full(len(cents), contracts.as_of))
    return summed(place, there, len(line))
