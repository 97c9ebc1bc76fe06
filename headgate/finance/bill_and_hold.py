"""Bill-and-hold: goods that are sold and not shipped count as revenue only by four criteria."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError
from headgate.finance.contracted import Contracted
from headgate.finance.shares import before_each
from headgate.tables.backlog_schema import BILL_AND_HOLD

Longs = NDArray[np.int64]

CRITERIA: dict[str, str] = {
    "substantive_reason": "the reason is substantive, such as the customer's own request",
    "identified": "the goods are identified separately as the customer's",
    "ready": "they are ready for physical transfer now",
    "not_redirectable": "they can neither be used nor be sent to anybody else"}
"""The criteria of ASC 606-10-55-83, (a) to (d); a record says yes or no to each."""
HELD: dict[str, type[pl.DataType]] = {
    "order_id": pl.String, "line_no": pl.Int64, "quantity": pl.Int64, "held_on": pl.Date,
    **dict.fromkeys(CRITERIA, pl.Boolean)}
"""The columns of a record: so many open pieces of an order line are billed and held."""
CONSEQUENCE = "nothing was worked out"
"""What a fault of the record comes to."""


@dataclass(frozen=True, slots=True)
class Held:
    """
    What is billed and held of a book.

    table  : the table `bill_and_hold`
    pieces : (order lines,) pieces that are not shipped and count as revenue all the same: the first
             open ones of their line
    """

    table: pl.DataFrame
    pieces: Longs

    def stretches(self, contracts: Contracted) -> tuple[Longs, Longs, Longs, Longs]:
        """
        What counts as revenue, by line and day: line, day, pieces of the line before and with it.

        Days since 1970-01-01; (stretches,) each.
        """
        ids = contracts.obligations.line_ids.with_row_index("line")
        rows = self.table.filter(pl.col("recognised") == "yes").join(
            ids, on=["order_id", "line_no"]).group_by(
            pl.col("line").cast(pl.Int64), day=pl.col("held_on").to_physical().cast(pl.Int64)).agg(
            pl.col("quantity").sum()).sort("line", "day")
        line, quantity = rows["line"].to_numpy(), rows["quantity"].to_numpy()
        first = contracts.shipped[line] + before_each(quantity, line)
        return line, rows["day"].to_numpy(), first, first + quantity


def held_of(contracts: Contracted, record: pl.DataFrame | None) -> Held:
    """
    What a record says is billed and held, held against the four criteria.

    record : as for `bill_and_hold`
    raises IssuesError : as `bill_and_hold`
    """
    table = bill_and_hold(contracts, record)
    return Held(table, _pieces(contracts, table))


def bill_and_hold(contracts: Contracted, record: pl.DataFrame | None) -> pl.DataFrame:
    """
    The table `bill_and_hold`: what is billed and held, and whether it counts as revenue.

    record : the columns of HELD; a blank criterion is a no; rows after as_of are not looked at.
             `row` may say which line of a file each is

    A line that is invoiced and not shipped stays in order backlog and in RPO, whoever paid, unless
    all four criteria are met and control has passed (ASC 606-10-55-81 to 55-84).
    raises IssuesError : columns are missing; an order line is not known, has fewer open pieces, or
                         was booked later
    """
    if record is None:
        return pl.DataFrame(schema=BILL_AND_HOLD.types)
    book, as_of = contracts.book, contracts.book.settings.as_of
    missing = [name for name in HELD if name not in record.columns]
    if missing:
        raise IssuesError([Issue("bill_and_hold.column.missing", "error", "bill_and_hold",
                                 "is missing", None, name) for name in missing],
                          CONSEQUENCE)
    lines = contracts.obligations.line_ids.with_columns(
        line=pl.int_range(pl.len(), dtype=pl.Int64), open=pl.Series(book.lines.open),
        booked_on=book.tables.frames["orders"]["booked_on"].gather(
            pl.Series(book.lines.source_row)))
    if "row" not in record.columns:
        record = record.with_columns(row=pl.int_range(2, pl.len() + 2))
    rows = record.select("row", *HELD).filter(pl.col("held_on") <= as_of).join(
        lines, on=["order_id", "line_no"], how="left", maintain_order="left").with_columns(
        pl.col(*CRITERIA).fill_null(False),
        upto=pl.col("quantity").cum_sum().over("order_id", "line_no"))
    issues = _faults(rows)
    if issues:
        raise IssuesError(issues, CONSEQUENCE)
    return _told(contracts, rows)


def _faults(rows: pl.DataFrame) -> list[Issue]:
    """What is wrong with rows of a record beside the lines of the book."""
    issues = []
    for row in rows.filter(pl.col("line").is_null() | (pl.col("quantity") < 1) | (
            pl.col("upto") > pl.col("open")) | (pl.col("held_on") < pl.col("booked_on"))).iter_rows(
                named=True):
        name, number = f"{row['order_id']}/{row['line_no']}", row["row"]
        if row["line"] is None:
            issues.append(Issue("bill_and_hold.line.unknown", "error", "bill_and_hold",
                                "is no order line of the book", number, "order_id", name))
            continue
        if row["held_on"] < row["booked_on"]:
            issues.append(Issue("bill_and_hold.held_on.early", "error", "bill_and_hold",
                                f"lies before {name} was booked, on {row['booked_on']}; correct "
                                "the day", number, "held_on", f"{row['held_on']}"))
        if row["quantity"] < 1 or row["upto"] > row["open"]:
            issues.append(Issue("bill_and_hold.quantity.range", "error", "bill_and_hold",
                                "must be 1 or more, and all rows of the line no more than its "
                                f"{row['open']:,} open pieces", number, "quantity",
                                f"{row['quantity']}"))
    return issues


def _told(contracts: Contracted, rows: pl.DataFrame) -> pl.DataFrame:
    """The table of rows that hold; pieces that count come first among the open ones of a line."""
    rows = rows.with_columns(counts=pl.all_horizontal(CRITERIA.keys())).sort(
        "line", "counts", "held_on", "row", descending=[False, True, False, False])
    line, quantity = rows["line"].to_numpy(), rows["quantity"].to_numpy()
    upto = rows.select(pl.col("quantity").cum_sum().over("line")).to_series().to_numpy()
    first = contracts.shipped[line] + upto
    cents = contracts.value(line, first - quantity, first)
    rows = rows.with_columns(shipped_since=_shipped_since(contracts, rows))
    no = pl.concat_str([pl.when(~pl.col(name)).then(pl.lit(name)) for name in CRITERIA],
                       separator=";", ignore_nulls=True)
    return rows.with_columns(
        amount_cents=pl.Series(cents, dtype=pl.Int64), missing=pl.when(~pl.col("counts")).then(no),
        recognised=pl.when("counts").then(pl.lit("yes")).otherwise(pl.lit("no"))).sort(
        "order_id", "line_no", "held_on", "row").with_columns(
        place=pl.int_range(1, pl.len() + 1).over("order_id", "line_no")).select(
        BILL_AND_HOLD.names).cast(BILL_AND_HOLD.types)


def _shipped_since(contracts: Contracted, rows: pl.DataFrame) -> pl.Series:
    """(rows,) pieces of each row's line that have shipped since; null where nobody says."""
    if contracts.progress is None:
        return pl.Series([None] * rows.height, dtype=pl.Int64)
    sent = contracts.progress.filter(
        (pl.col("step") == "shipped") & (pl.col("effective_on") <= contracts.book.settings.as_of))
    return rows.select("order_id", "line_no", "held_on").with_row_index("place").join(
        sent.select("order_id", "line_no", "effective_on", pieces="quantity"),
        on=["order_id", "line_no"], how="left").group_by("place").agg(
        pl.col("pieces").filter(pl.col("effective_on") >= pl.col("held_on")).sum()).sort(
        "place")["pieces"]


def _pieces(contracts: Contracted, told: pl.DataFrame) -> Longs:
    """(order lines,) pieces that are not shipped and count as revenue all the same."""
    held = told.filter(pl.col("recognised") == "yes").group_by("order_id", "line_no").agg(
        pl.col("quantity").sum())
    found = contracts.obligations.line_ids.join(
        held, on=["order_id", "line_no"], how="left", maintain_order="left")
    return found["quantity"].fill_null(0).to_numpy().astype(np.int64)

