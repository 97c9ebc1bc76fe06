"""Keys that stand twice, and ids that their own table does not list."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from headgate.base.issue import near_miss
from headgate.tables.findings import Findings, Sheet, listed
from headgate.tables.schema import BY_NAME, Column

Sheets = Mapping[str, Sheet]


def check_keys(sheets: Sheets, findings: Findings) -> None:
    """Reports every row whose key stands in an earlier row already."""
    for sheet in sheets.values():
        if sheet.table.key and not sheet.frame.is_empty():
            _check_key(sheet, findings)


def _check_key(sheet: Sheet, findings: Findings) -> None:
    """
    One table's key.

    Sorting and looking at neighbours costs a third of hashing the key; which rows are meant is
    worked out only when there are any.
    """
    key = sheet.table.key
    fields = [sheet.table.column(name).field for name in key]
    needed = [field for name, field in zip(key, fields, strict=True)
              if sheet.table.column(name).required]
    frame = sheet.frame.select(fields)
    if any(frame[field].null_count() for field in needed):
        frame = frame.with_row_index("row").drop_nulls(needed)
    order = frame.select(pl.arg_sort_by(*fields)).to_series()
    ordered = frame.select(pl.col(fields).gather(order))
    alike = ordered.select(pl.all_horizontal(
        pl.col(field).eq_missing(pl.col(field).shift(1)) for field in fields)).to_series()[1:]
    if not bool(alike.any()):
        return
    if "row" not in frame.columns:
        frame = frame.with_row_index("row")
    _report_twice(sheet, frame, fields, findings)


def _report_twice(sheet: Sheet, frame: pl.DataFrame, fields: list[str],
                  findings: Findings) -> None:
    """Reports the rows of a key that stood before; `frame` has the key and the row numbers."""
    key = sheet.table.key
    text = pl.concat_str([pl.col(field).cast(pl.String).fill_null("") for field in fields],
                         separator=" / ")
    twice = (frame.with_columns(first=pl.col("row").min().over(fields))
             .filter(pl.col("row") > pl.col("first")).sort("row").with_columns(text=text))
    first_of = dict(zip(twice["text"], twice["first"], strict=True))
    shown = pl.Series([None], dtype=pl.String).new_from_index(0, sheet.frame.height)
    findings.rows(sheet, key[0], "duplicate", twice["row"], lambda value: (
        f"stands in row {sheet.line_of(first_of[value])} already; each {listed(key)} once"),
        shown.scatter(twice["row"], twice["text"]))


def check_references(sheets: Sheets, findings: Findings) -> None:
    """Reports every id that refers to another table and is not there."""
    for sheet in sheets.values():
        for column in sheet.table.columns:
            if column.refers is not None and not sheet.frame.is_empty():
                _check_reference(sheet, column, sheets[column.refers], findings)


def _check_reference(sheet: Sheet, column: Column, target: Sheet, findings: Findings) -> None:
    name = BY_NAME[target.name].key[0]
    if not target.proves(name):
        return
    known = target[name].drop_nulls().unique()
    names = known.sort().to_list()

    def say(value: str) -> str:
        return f"not in {target.file}{near_miss(value, names)}"

    values = sheet[column.name]
    if column.kind != "ids":
        rows = (~values.is_in(known.implode())).arg_true()
        findings.rows(sheet, column.name, "unknown", rows, say)
        return
    pairs = (pl.DataFrame({"row": pl.Series(range(len(values)), dtype=pl.UInt32)
                           .filter(values.list.len() > 0),
                           "id": values.filter(values.list.len() > 0)})
             .explode("id", empty_as_null=False).filter(~pl.col("id").is_in(known.implode())))
    if pairs.is_empty():
        return
    firsts = pairs.group_by("row").agg(pl.col("id").first()).sort("row")
    shown = pl.Series([None], dtype=pl.String).new_from_index(0, len(values)).scatter(
        firsts["row"], firsts["id"])
    findings.rows(sheet, column.name, "unknown", firsts["row"], say, shown)
