"""A table from how it was read to typed columns: header, blank rows, then every cell."""

from __future__ import annotations

import polars as pl

from headgate.tables.convert import converted, empty_column, filled_column
from headgate.tables.findings import Findings, Sheet
from headgate.tables.near import nearest
from headgate.tables.raw import RawBook, RawTable
from headgate.tables.schema import Table


def read_sheet(table: Table, book: RawBook, findings: Findings) -> Sheet:
    """The table under check; one that the book lacks is empty, and reported if it must be there."""
    raw = book.tables.get(table.name)
    file = book.file_pattern.format(table=table.name) if raw is None else raw.file
    if raw is None:
        broken = table.name in book.broken
        if table.required and not broken:
            findings.add(f"{table.name}.file.missing", file,
                         f"is missing; it must hold: {table.meaning[0].lower()}{table.meaning[1:]}")
        return _nothing(table, file, present=False, whole=not broken)
    if not set(table.names) & set(raw.frame.columns):
        findings.add(f"{table.name}.header.missing", file, "has none of its columns; the first "
                     f"row must name them: {', '.join(table.names[:3])}, ...",
                     row=raw.first_row - 1)
        return _nothing(table, file, present=True, whole=False)
    sheet = _without_blank_rows(table, raw)
    frame = sheet.frame
    columns, missing = [], set()
    extra = [name for name in frame.columns if name not in table.names]
    for column in table.columns:
        if column.name in frame.columns:
            columns.append(converted(frame.get_column(column.name), column, sheet, findings))
            continue
        near = nearest(column.name, extra)
        if column.required:
            missing.add(column.name)
            findings.add(f"{table.name}.{column.name}.missing", file, "is a required column"
                         f" and is missing: {column.meaning}"
                         + (f'; is it the column "{near}"?' if near else ""), column=column.name)
            columns.append(empty_column(column, frame.height))
            continue
        if near is not None:
            findings.add(f"{table.name}.{column.name}.misspelt", file, f"{_unused(table)}; did "
                         f'you mean "{column.name}"?', column=near)
        columns.append(filled_column(column, frame.height))
    kept = _extra_columns(frame, extra, sheet, findings)
    if table.required and frame.is_empty():
        _say_empty(sheet, findings)
    return Sheet(table, file, pl.DataFrame(columns), kept, sheet.first_row, sheet.lines, True,
                 sheet.whole, frozenset(missing))


def _unused(table: Table) -> str:
    """What comes of a column with nearly the right name."""
    if table.name in ("quotas", "restrictions"):
        return "is not used, and without it each row would count for everybody"
    return "is kept but not used"


def _nothing(table: Table, file: str, present: bool, whole: bool) -> Sheet:
    """A table without rows."""
    frame = pl.DataFrame([empty_column(column, 0) for column in table.columns])
    return Sheet(table, file, frame, present=present, whole=whole)


def _say_empty(sheet: Sheet, findings: Findings) -> None:
    """A book without orders can be planned, which says that nothing waits; others cannot."""
    if sheet.name == "orders":
        findings.add("orders.file.no_rows", sheet.file, "has no rows, so there is nothing to plan")
    else:
        findings.add(f"{sheet.name}.file.empty", sheet.file, "must have at least one row")


def _without_blank_rows(table: Table, raw: RawTable) -> Sheet:
    """
    The table without rows in which every cell is blank, which spreadsheets leave at the end.

    The rows that stay keep their line numbers.
    """
    frame, lines = raw.frame, raw.lines
    key = next((column.name for column in table.columns
                if column.required and column.name in frame.columns), None)
    if key is not None and bool(_is_blank(frame[key]).any()):
        blank = frame.select(pl.all_horizontal(
            _is_blank(column) for column in frame.get_columns())).to_series()
        if bool(blank.any()):
            if lines is None:
                lines = pl.Series(range(raw.first_row, raw.first_row + frame.height))
            frame, lines = frame.filter(~blank), lines.filter(~blank)
    return Sheet(table, raw.file, frame, (), raw.first_row, lines, True, raw.whole)


def _is_blank(column: pl.Series) -> pl.Series:
    if column.dtype == pl.String:
        return column.is_null() | column.str.contains(r"^\s*$")
    return column.is_null()


def _extra_columns(frame: pl.DataFrame, names: list[str], sheet: Sheet,
                   findings: Findings) -> tuple[pl.Series, ...]:
    """The unknown columns; one with a name that is used inside could not be told from ours."""
    inside = {column.field for column in sheet.table.columns}
    for name in names:
        if name in inside:
            findings.add(f"{sheet.name}.header.reserved", sheet.file,
                         "is a name that headgate uses inside; rename the column", column=name)
    return tuple(frame.get_column(name) for name in names if name not in inside)
