"""The table `bill_and_hold`: what is billed and held of a book, and whether it is revenue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.periods import Period
from headgate.finance.bill_and_hold import CRITERIA
from headgate.finance.contracted import Contracted
from headgate.finance.shares import before_each, summed
from headgate.finance.steps import taken_of
from headgate.tables.backlog_schema import BILL_AND_HOLD

Longs = NDArray[np.int64]
DAYS = 2**24
"""More than any day: a line and a day of it make one number."""
EMPTY = "The record of what is billed and held has no row of this day or before."
"""Said where a record was given that has no row to look at."""
GONE = ("The record of what is billed and held has no row whose order line stands in a table "
        "still: these lines were cancelled, or their item has left the book.")
"""Said where it has rows, and there is nothing to tell of any of them."""
CANCELLED = ("{} of the {} pieces of {} that row {} of the record holds since {} were cancelled, "
             "the last of them on {}: what was recognised of them is taken off in the quarter of "
             "the cancellation, and stays where it was before.")
"""Said of a row some of whose pieces were cancelled."""


class HeldThen(Protocol):
    """Contracts as they stood at the end of a quarter, as `headgate.finance.as_reported.Then`."""

    @property
    def period(self) -> Period:
        """The quarter."""

    @property
    def contracts(self) -> Contracted:
        """These contracts, with the record up to then."""


def notes_of_record(contracts: Contracted, told: pl.DataFrame) -> list[str]:
    """
    What must be known of a record: that the table is empty, and why; what of a row was cancelled.

    told : the table `bill_and_hold`
    """
    if contracts.held is None:
        return []
    empty = [] if told.height else [EMPTY if contracts.held.rows.is_empty() else GONE]
    rows = contracts.held.rows.filter(pl.col("cancelled_since") > 0)
    return [*empty, *(CANCELLED.format(
        f"{row['cancelled_since']:,}", f"{row['quantity']:,}",
        f"{row['order_id']}/{row['line_no']}", row["row"], row["held_on"], row["cancelled_on"])
        for row in rows.iter_rows(named=True))]


def held_pieces(contracts: Contracted, then: Sequence[HeldThen] = ()) -> pl.DataFrame:
    """
    The table `bill_and_hold`: what is billed and held, and whether it counts as revenue.

    A line that is invoiced and not shipped stays in order backlog and in RPO, whoever paid, unless
    all four criteria are met and control has passed (ASC 606-10-55-81 to 55-84). What counts is
    told for good, also when it has shipped or was cancelled; lines that no table describes any more
    are left out.

    then : contracts that changed, as they stood at the ends of quarters; what was held in one of
           these has the amount that was recognised then
    """
    if contracts.held is None:
        return pl.DataFrame(schema=BILL_AND_HOLD.types)
    amounts = dict(_told(contracts, contracts.as_of).iter_rows())
    held_on = dict(contracts.held.rows.filter("counts").select("row", "held_on").iter_rows())
    for one in then:
        amounts |= {row: cents for row, cents in _told(one.contracts, contracts.as_of).iter_rows()
                    if row in held_on and one.period.starts_on <= held_on[row]}
    no = pl.concat_str([pl.when(~pl.col(name)).then(pl.lit(name)) for name in CRITERIA],
                       separator=";", ignore_nulls=True)
    cents = pl.DataFrame(list(amounts.items()), schema={
        "row": pl.Int64, "amount_cents": pl.Int64}, orient="row")
    return contracts.held.rows.join(cents, on="row").with_columns(
        missing=pl.when(~pl.col("counts")).then(no),
        recognised=pl.when("counts").then(pl.lit("yes")).otherwise(pl.lit("no"))).sort(
        "order_id", "line_no", "held_on", "row").with_columns(
        place=pl.int_range(1, pl.len() + 1).over("order_id", "line_no")).select(
        BILL_AND_HOLD.names).cast(BILL_AND_HOLD.types)


def _told(contracts: Contracted, at: int) -> pl.DataFrame:
    """`row` and `amount_cents` of the rows of a record whose lines are known, at rates of a day."""
    assert contracts.held is not None, "rows are those of a record"
    ids = contracts.obligations.line_ids.with_columns(line=pl.int_range(pl.len(), dtype=pl.Int64))
    rows = contracts.held.rows.join(
        ids, on=["order_id", "line_no"], maintain_order="left").sort(
        "line", "counts", "held_on", "row", descending=[False, True, False, False])
    return rows.select("row", amount_cents=pl.Series(_amounts(contracts, rows, at),
                                                     dtype=pl.Int64))


def _amounts(contracts: Contracted, rows: pl.DataFrame, at: int) -> Longs:
    """
    (rows,) what the pieces of each have of the price of their contract, at the rates of a day.

    Those that count have what was recognised of them on their day, whatever became of them since;
    of the others nobody says which they are: they are told as the first that are open. Parts of a
    line are its pieces, or what these cost where they have several prices.
    """
    obligations, before = contracts.obligations, contracts.before
    # Rows of a line stand together, those that count before the others.
    counting = rows.filter("counts")
    line = rows.filter(~pl.col("counts"))["line"].to_numpy()
    now = _orders(contracts)["unit_price_cents"].to_numpy()[line]
    parts = rows.filter(~pl.col("counts"))["quantity"].to_numpy() * np.where(
        np.isin(line, before.prices.line), now, 1)
    end = before.prices.worth(line, obligations.pieces[line])
    first = before.prices.worth(line, (contracts.shipped + before.held)[line]) + before_each(
        parts, line)
    first = np.maximum(0, np.minimum(first, end - parts))
    found = np.zeros(rows.height, dtype=np.int64)
    counts = rows["counts"].to_numpy()
    found[counts] = _worth(contracts, at, counting["line"].to_numpy(), *_recognised(
        contracts, counting))
    found[~counts] = _worth(contracts, at, line, first, np.minimum(parts, end - first), end)
    return found


def _recognised(contracts: Contracted, rows: pl.DataFrame) -> tuple[Longs, Longs, Longs]:
    """Of rows that count the parts of their lines before each, its own, and all that there are."""
    assert contracts.held is not None, "rows are those of a record"
    lines, place = np.unique(rows["line"].to_numpy(), return_inverse=True)
    orders = _orders(contracts)[pl.Series(lines)]
    taken = taken_of(orders, contracts.held.steps, contracts.book.settings.as_of,
                     contracts.shipped[lines])
    stated = contracts.obligations.stated_cents[lines]
    priced = taken.priced(stated)
    now = orders["unit_price_cents"].to_numpy()[place]
    each = np.where(priced[place], np.where(
        rows["price_cents"].is_null().to_numpy(), now, rows["price_cents"].fill_null(0)), 1)
    parts = rows["quantity"].to_numpy() * each
    day = rows["held_on"].to_physical().cast(pl.Int64).to_numpy()
    # What is held on a day comes after all else that was recognised by then: the last cell before.
    there = place * DAYS + day
    cell = np.searchsorted((taken.line * DAYS + taken.day) * 2 + taken.held, there * 2 + 1)
    upto = np.where(priced[taken.line], taken.upto, taken.last)
    of_line = np.concatenate([[-1], taken.line])[cell] == place
    first = np.where(of_line, np.concatenate([[0], upto])[cell], 0) + before_each(parts, there)
    return first, parts, np.where(priced, stated, contracts.obligations.pieces[lines])[place]


def _worth(contracts: Contracted, at: int, line: Longs, first: Longs, parts: Longs,
           whole: Longs) -> Longs:
    """(rows,) what so many parts of lines after others have, at the rates of a day."""
    place, currency, cents = contracts.allocated.of_parts(line, first, first + parts, whole)
    there = contracts.exchange.convert(cents, currency, np.full(len(cents), at))
    return summed(place, there, len(line))


def _orders(contracts: Contracted) -> pl.DataFrame:
    """The orders of the book, in the order of its lines."""
    return contracts.book.tables.frames["orders"][pl.Series(contracts.book.lines.source_row)]
