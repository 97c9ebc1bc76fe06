"""One row for each order line: the order, its promise, and where its dollars stand."""

from __future__ import annotations

import polars as pl

from headgate.base.calendar import fiscal_year, friday_of_bucket
from headgate.book import Book
from headgate.tables.plan_schema import PlanFrames

DOLLARS = ("on_time_cents", "late_cents", "undated_cents")
"""The three parts of a line's open dollars; they add up to `open_cents`."""
UNDATED = "unplanned"
"""The name under which the summary keeps the dollars that have no quarter yet."""

SLICE_ROWS = 200_000


def order_lines(book: Book, plan: PlanFrames) -> pl.DataFrame:
    """
    Every line of the plan's promises with its order and its dollars, in the book's currency.

    returns : the columns of `promises`; customer_id, segment, region, item_id, booked_on,
              requested_on; price_cents; open_cents = on_time_cents (pieces that arrive by the
              requested week) + late_cents (pieces that arrive later) + undated_cents (pieces
              that the plan does not deliver)
    """
    names = ("order_id", "line_no", "customer_id", "segment", "region", "item_id", "booked_on",
             "requested_on")
    orders = book.tables.frames["orders"].select(names)
    row = book.lines.source_row
    facts = (orders if bool((row == range(len(row))).all()) else orders[row]).with_columns(
        price_cents=pl.Series(book.lines.price_cents))
    lines = _with_in_time(_beside(plan.frames["promises"], facts), plan)
    return lines.with_columns(
        open_cents=pl.col("open_quantity") * pl.col("price_cents"),
        on_time_cents=pl.col("in_time") * pl.col("price_cents"),
        late_cents=(pl.col("promised_quantity") - pl.col("in_time")) * pl.col("price_cents"),
        undated_cents=(pl.col("open_quantity") - pl.col("promised_quantity"))
        * pl.col("price_cents"))


def _beside(promises: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Promises with their orders' facts: in one order, unless somebody changed the plan."""
    key = ["order_id", "line_no"]
    if promises.select(key).equals(facts.select(key)):
        return promises.hstack(facts.drop(key))
    return promises.join(facts, on=key, how="left", maintain_order="left")


def _with_in_time(lines: pl.DataFrame, plan: PlanFrames) -> pl.DataFrame:
    """
    Lines with `in_time`: pieces that arrive by the week of their requested date.

    First and last arrival tell it of most lines; the allocations are asked of the others only,
    because joining a million of them takes half a gigabyte.
    """
    key = ["order_id", "line_no"]
    asked = pl.col("requested_on").dt.truncate("1w")
    split = lines.filter((pl.col("first_arrive_on") <= asked) & (pl.col("last_arrive_on") > asked))
    allocations = plan.frames["allocations"]
    some = (allocations.filter(pl.col("order_id").is_in(split["order_id"].unique().implode()))
            .join(split.select(*key, asked.alias("asked")), on=key)
            .filter(pl.col("arrive_on") <= pl.col("asked"))
            .group_by(key).agg(in_time=pl.col("quantity").sum()))
    return (lines.join(some, on=key, how="left", maintain_order="left")
            .with_columns(in_time=pl.when(pl.col("last_arrive_on") <= asked)
                          .then("promised_quantity").otherwise(pl.col("in_time").fill_null(0))))


def breakdown(lines: pl.DataFrame, column: str) -> pl.DataFrame:
    """
    Open dollars by the values of a column, the most first.

    returns : name, lines, pieces, total_cents, and DOLLARS
    """
    return (lines.filter(pl.col("open_quantity") > 0).group_by(name=pl.col(column))
            .agg(pl.len().alias("lines"), pl.col("open_quantity").sum().alias("pieces"),
                 pl.col("open_cents").sum().alias("total_cents"), *_sums())
            .sort("total_cents", "name", descending=[True, False]))


def _by_week(allocations: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Pieces and dollars of some allocations by the week in which they arrive."""
    of_these = facts.filter(pl.col("order_id").is_in(allocations["order_id"].unique().implode()))
    return (allocations.join(of_these, on=["order_id", "line_no"])
            .with_columns(cents=pl.col("quantity") * pl.col("price_cents"),
                          in_time=pl.col("arrive_on") <= pl.col("requested_on").dt.truncate("1w"))
            .group_by("arrive_on").agg(
                pieces=pl.col("quantity").sum(), total_cents=pl.col("cents").sum(),
                on_time_cents=pl.col("cents").filter("in_time").sum(),
                late_cents=pl.col("cents").filter(~pl.col("in_time")).sum(),
                undated_cents=pl.lit(0, pl.Int64)))


def by_quarter(lines: pl.DataFrame, book: Book, plan: PlanFrames) -> pl.DataFrame:
    """
    Open dollars by the fiscal quarter in which they arrive, in time order; then the undated ones.

    returns : name (the fiscal label, or UNDATED), pieces, total_cents, and DOLLARS
    """
    facts = lines.select("order_id", "line_no", "price_cents", "requested_on")
    # Slice by slice: one join of a million allocations would take half a gigabyte.
    parts = [_by_week(rows, facts) for rows in plan.frames["allocations"].iter_slices(SLICE_ROWS)]
    weeks = (pl.concat([*parts, _by_week(plan.frames["allocations"].clear(), facts)])
             .group_by("arrive_on").agg(pl.col("pieces", "total_cents", *DOLLARS).sum())
             .sort("arrive_on"))
    year = fiscal_year(book.settings.fiscal_year_end)
    labels = [year.label(friday_of_bucket(0, monday)) for monday in weeks["arrive_on"]]
    dated = (weeks.with_columns(name=pl.Series(labels, dtype=pl.String))
             .group_by("name", maintain_order=True)
             .agg(pl.col("pieces").sum(), pl.col("total_cents").sum(), *_sums()))
    undated = lines.select(
        name=pl.lit(UNDATED), pieces=(pl.col("open_quantity") - pl.col("promised_quantity")).sum(),
        total_cents=pl.col("undated_cents").sum(), on_time_cents=pl.lit(0, pl.Int64),
        late_cents=pl.lit(0, pl.Int64), undated_cents=pl.col("undated_cents").sum())
    return pl.concat([dated, undated.filter(pl.col("total_cents") > 0)])


def _sums() -> tuple[pl.Expr, ...]:
    return tuple(pl.col(name).sum() for name in DOLLARS)
