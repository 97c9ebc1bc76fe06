"""A book to disk: CSV or Parquet files with `headgate.toml`, or an Excel workbook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from headgate.base.issue import IssuesError
from headgate.files.book_reader import SETTINGS_FILE
from headgate.files.plan_folder import new_folder
from headgate.tables.codes import issue_of
from headgate.tables.schema import BY_NAME, TABLES, Column

BookFormat = Literal["csv", "parquet", "xlsx"]
WORKBOOK = "book.xlsx"
NOTES = "README.md"
SHEET_ROWS = 1_048_576
"""Rows of an Excel sheet, the header's included."""
_NUMBERS = ("quantity", "days", "rank", "money", "hours", "ratio")


def write_book(frames: Mapping[str, pl.DataFrame], settings: Mapping[str, Any], folder: Path,
               book_format: BookFormat, notes: str | None = None) -> None:
    """
    Write a book in one move: readers see the old folder or the whole new one, never a part.

    frames   : tables by name with the public columns, typed or as texts
    settings : what `headgate.toml` holds, `policy` inside
    folder   : new, empty, or an older book, which is replaced whole
    notes    : what the book is, in words; becomes README.md in the folder

    raises IssuesError : the folder holds other files, or a table is too long for Excel
    """
    tables = {table.name: frames[table.name] for table in TABLES if table.name in frames}
    _refuse(tables, folder, book_format)
    with new_folder(folder) as work:
        if notes is not None:
            (work / NOTES).write_text(notes, encoding="utf-8", newline="\n")
        if book_format == "xlsx":
            _write_workbook(tables, settings, work / WORKBOOK)
            return
        for name, frame in tables.items():
            path = work / f"{name}.{book_format}"
            if book_format == "csv":
                _public(frame).write_csv(path, float_scientific=False)
            else:
                _public(frame).write_parquet(path, compression="zstd", compression_level=1)
        (work / SETTINGS_FILE).write_text(toml_of(settings), encoding="utf-8", newline="\n")


def _refuse(tables: Mapping[str, pl.DataFrame], folder: Path, book_format: BookFormat) -> None:
    """Raises before anything is written; what is not a book's is never replaced."""
    known = {f"{name}.{ending}" for name in BY_NAME for ending in ("csv", "parquet")}
    known |= {SETTINGS_FILE, WORKBOOK, NOTES}
    if folder.exists():
        others = ([entry.name for entry in folder.iterdir() if entry.name not in known]
                  if folder.is_dir() else [folder.name])
        if others:
            raise IssuesError([issue_of(
                "book.folder.occupied", str(folder), "holds files that are no book's; choose a new "
                "or an empty folder", value=sorted(others)[0])], "nothing was written")
    long = [name for name, frame in tables.items() if frame.height >= SHEET_ROWS]
    if book_format == "xlsx" and long:
        raise IssuesError([issue_of(
            "book.format.rows", name, f"has more rows than the {SHEET_ROWS:,} of an Excel sheet; "
            "write csv or parquet", value=f"{tables[name].height:,}") for name in long],
            "nothing was written")


def _public(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as its file has it: yes and no, ids with `;` between them, days without a time."""
    changed = []
    for column in frame.get_columns():
        if column.dtype == pl.Boolean:
            changed.append(pl.select(pl.when(column).then(pl.lit("yes")).when(~column)
                                     .then(pl.lit("no")).alias(column.name)).to_series())
        elif isinstance(column.dtype, pl.List):
            changed.append(column.cast(pl.List(pl.String)).list.join(";"))
        elif isinstance(column.dtype, pl.Datetime):
            changed.append(column.dt.date())
    return frame.with_columns(changed)


def toml_of(settings: Mapping[str, Any]) -> str:
    """
    Settings as TOML, plain keys first, then each table under its own heading.

    >>> print(toml_of({"as_of": date(2026, 2, 2), "policy": {"late_rate": "0.002"}}), end="")
    as_of = 2026-02-02
    <BLANKLINE>
    [policy]
    late_rate = "0.002"
    """
    return "\n".join(_toml_lines(settings, "")).lstrip("\n") + "\n"


def _toml_lines(settings: Mapping[str, Any], heading: str) -> list[str]:
    lines = _inner_lines({key: value for key, value in settings.items()
                          if not isinstance(value, Mapping)})
    if heading and (lines or not settings):
        lines = ["", f"[{heading}]", *lines]
    for key, value in settings.items():
        if isinstance(value, Mapping):
            name = f"{heading}.{_toml_key(key)}" if heading else _toml_key(key)
            lines += _toml_lines(value, name)
    return lines


def _inner_lines(settings: Mapping[str, Any]) -> list[str]:
    """Keys with their values, in a line each; a table among them is written into the line."""
    return [f"{_toml_key(key)} = {_toml_value(value)}" for key, value in settings.items()
            if value is not None]


def _toml_key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "a").replace("-", "a").isalnum()
    return key if bare else _toml_text(key)


def _toml_text(text: str) -> str:
    # JSON's escapes are TOML's, but for the one control character that JSON lets stand.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml_value(part) for part in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(_inner_lines(value))}}}"
    return _toml_text(str(value))


def _write_workbook(tables: Mapping[str, pl.DataFrame], settings: Mapping[str, Any],
                    path: Path) -> None:
    """One sheet for each table with numbers as numbers and dates as dates, and the settings."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("settings")
        sheet.set_column(0, 1, 24)
        sheet.write_row(0, 0, ["key", "value"], bold)
        for row, (key, value) in enumerate(_flat(settings), start=1):
            sheet.write_string(row, 0, key)
            _write_cell(sheet, row, 1, value, day)
        for name, frame in tables.items():
            sheet = book.add_worksheet(name)
            sheet.set_column(0, frame.width - 1, 16)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, frame.columns, bold)
            kinds = {column.name: column for column in BY_NAME[name].columns}
            readable = _public(frame).select(
                _for_sheet(column, kinds.get(column.name)) for column in frame.get_columns())
            for row, cells in enumerate(readable.iter_rows(), start=1):
                for place, cell in enumerate(cells):
                    if cell is not None:
                        _write_cell(sheet, row, place, cell, day)


def _for_sheet(column: pl.Series, declared: Column | None) -> pl.Expr:
    """A column of texts as numbers or dates where it is declared so and all of it can be."""
    name = pl.col(column.name)
    if column.dtype != pl.String or declared is None:
        return name
    if declared.kind in _NUMBERS:
        numbers = column.cast(pl.Float64, strict=False)
        # A spreadsheet keeps fifteen digits; a longer number is safer as text.
        safe = (numbers.null_count() == column.null_count()
                and bool(numbers.is_finite().all()) and (column.str.len_bytes().max() or 0) <= 15)  # type: ignore[operator]
        return name.cast(pl.Float64) if safe else name
    if declared.kind == "date":
        days = column.str.to_date("%Y-%m-%d", strict=False)
        return pl.lit(days) if days.null_count() == column.null_count() else name
    return name


def _write_cell(sheet: Any, row: int, place: int, value: Any, day: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, datetime(value.year, value.month, value.day), day)
    elif isinstance(value, int | float) and abs(value) < 1e15:
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, _toml_value(value) if isinstance(value, list) else
                           str(value))


def _flat(settings: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Settings as (key, value), those of an inner table as `policy.late_rate`."""
    found: list[tuple[str, Any]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{before}{key}.")
        elif value is not None:
            found.append((f"{before}{key}", value))
    return found
