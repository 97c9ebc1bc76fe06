"""The entries of a revenue as rows of a workbook: the data that every sum of the pack is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from headgate.finance.quarter_end import LAST_DAYS
from headgate.finance.revenue import DIMENSIONS
from headgate.finance.statement import RevenueStatement
from headgate.finance.systems import CLASSES, class_of_items, contents_of
from headgate.reports.finance_words import CLASS_WORDS
from headgate.tables.revenue_schema import ENTRIES

MOST_ENTRIES = 100_000
"""Most entries that have a row of their own; a sheet of more opens too slowly to be of use."""
MOST_NAMES = 25
"""Most customers, products, ... that margins are told of one by one."""
OTHERS, NOBODY = "all others", "(none)"
SHOWN = ("order_id", "line_no", "kind", "sent", "class", "contract_id", "customer_id", "segment",
         "region", "item_id", "family", "quarter", "recognised_on", "last_weeks", "site_id",
         "quantity", "price_cents", "penalty_cents", "revenue_cents", "standard_cents",
         "variance_cents", "substitution_cents", "lane_cents", "excess_cents", "cost_cents",
         "margin_cents")
"""The columns, in order; after them the number of each name that margins are told by."""
MEASURES = ("quantity", *(name for name in SHOWN if name.endswith("_cents")))
MEANINGS = {
    "sent": "plan: sent by the plan; before: had left before it; empty: a service",
    "class": "rack, GPU server, CPU server or other, of hardware",
    "last_weeks": "1: hardware recognised in the last two weeks of its quarter; else 0",
    **{f"{name}_no": f"the {name}'s number in the sheet Margins; 0: one of all others"
       for name in DIMENSIONS}}
"""What the columns mean that only the workbook has."""


@dataclass(frozen=True, slots=True)
class EntryRows:
    """
    The entries as the workbook holds them.

    frame   : SHOWN, then `segment_no` and the like of every dimension
    names   : of each dimension the names in the order of their numbers, from 1 on; the largest
    others  : of each dimension how many names stand together under number 0
    total   : entries of the statement
    lines   : order and service lines without a row of their own
    """

    frame: pl.DataFrame
    names: dict[str, list[str]]
    others: dict[str, int]
    total: int
    lines: int

    def sums(self, by: str, where: pl.Expr | None = None) -> dict[object, dict[str, int]]:
        """Sums of the measures by the values of a column, of the rows where something holds."""
        rows = self.frame.lazy() if where is None else self.frame.lazy().filter(where)
        found = rows.group_by(by).agg(pl.col(MEASURES).sum()).collect()
        return {row[by]: row for row in found.iter_rows(named=True)}


def entry_rows(made: RevenueStatement, most: int = MOST_ENTRIES) -> EntryRows:
    """
    The entries of a statement, numbered by the names that margins are told of.

    Names become numbers, since a spreadsheet takes `*`, `<` and `=` in a name for more than
    letters, holds 007 and 7 for the same, and knows no capitals when it compares.
    most : beyond so many entries those of the lines with the least revenue stand together, a row
           for each quarter and whatever else the sums of the workbook tell apart
    """
    frame = _extended(made)
    names, others = {}, {}
    for dimension, column in DIMENSIONS.items():
        ranked = frame.group_by(column).agg(pl.col("revenue_cents").sum()).sort(
            "revenue_cents", column, descending=[True, False], nulls_last=True)
        all_names = ranked[column].fill_null(NOBODY).to_list()
        # One name alone needs no "all others" in its place.
        shown = all_names if len(all_names) <= MOST_NAMES + 1 else all_names[:MOST_NAMES]
        names[dimension], others[dimension] = shown, len(all_names) - len(shown)
        number = pl.col(column).fill_null(NOBODY).replace_strict(
            shown, range(1, len(shown) + 1), default=0, return_dtype=pl.Int64)
        frame = frame.with_columns(number.alias(f"{dimension}_no"))
    columns = [*SHOWN, *(f"{name}_no" for name in DIMENSIONS)]
    frame = frame.select(columns)
    if frame.height <= most:
        return EntryRows(frame, names, others, frame.height, 0)
    shown_rows, rest, lines = _cut(frame, most, [period.name for period in made.revenue.quarters])
    return EntryRows(pl.concat([shown_rows, rest.select(columns)]), names, others, frame.height,
                     lines)


def _extended(made: RevenueStatement) -> pl.DataFrame:
    """The entries with how a piece was sent, its class, and whether it sits at a quarter's end."""
    book = made.revenue.facts.book
    kinds = class_of_items(book, contents_of(book)["gpu"])
    words = [CLASS_WORDS[CLASSES[kind]] for kind in kinds.tolist()]
    hardware = pl.col("kind") == "hardware"
    opens = {period.name: period.ends_on - timedelta(days=LAST_DAYS - 1)
             for period in made.revenue.quarters}
    first = pl.col("quarter").replace_strict(opens, default=None, return_dtype=pl.Date)
    return made.entries.with_columns(
        **{"class": pl.when(hardware).then(pl.col("item_id").replace_strict(
            list(book.items.ids), words, default=None, return_dtype=pl.String))},
        sent=pl.when(hardware).then(pl.when(pl.col("ship_on").is_null()).then(pl.lit("before"))
                                    .otherwise(pl.lit("plan"))),
        last_weeks=(hardware & (pl.col("recognised_on") >= first)).cast(pl.Int64))


def _cut(frame: pl.DataFrame, most: int,
         quarters: list[str]) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """The entries of the lines with most revenue; the rest in few rows; the lines of the rest."""
    line = ["order_id", "line_no"]
    ranked = frame.group_by(line).agg(pl.len().alias("rows"), pl.col("revenue_cents").sum()).sort(
        "revenue_cents", *line, descending=[True, False, False])
    kept = ranked.filter(pl.col("rows").cum_sum() <= most).select(line)
    shown = frame.join(kept, on=line, how="semi", maintain_order="left")
    rest = frame.join(kept, on=line, how="anti")
    apart = ["quarter", "kind", "sent", "class", "last_weeks",
             *(f"{name}_no" for name in DIMENSIONS)]
    together = rest.group_by(apart).agg(pl.col(MEASURES).sum())
    named = {column: pl.when(pl.col(f"{name}_no") == 0).then(pl.lit(OTHERS)).otherwise(
        pl.col(f"_{column}")) for name, column in DIMENSIONS.items()}
    first = rest.group_by(apart).agg(pl.col(column).first().alias(f"_{column}")
                                     for column in DIMENSIONS.values())
    row = together.join(first, on=apart, nulls_equal=True).with_columns(
        order_id=pl.lit(OTHERS), line_no=pl.lit(None, pl.Int64),
        contract_id=pl.lit(None, pl.String), recognised_on=pl.lit(None, pl.Date),
        site_id=pl.lit(None, pl.String), **named)
    place = pl.col("quarter").replace_strict(quarters, range(len(quarters)), return_dtype=pl.Int64)
    return (shown, row.sort(place, *apart[1:], nulls_last=True), ranked.height - kept.height)


def entry_meanings() -> dict[str, str]:
    """What each column of the sheet means."""
    meanings = {}
    for column in ENTRIES.columns:
        meaning = column.meaning.replace(", in cents", "").replace(" in cents", "")
        meanings[column.name] = meaning + (f"; empty: {column.blank}" if column.blank else "")
    return {**meanings, **MEANINGS}
