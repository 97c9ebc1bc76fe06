"""An Excel workbook as tables of texts: one sheet for each table, and a sheet `settings`."""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from headgate.base.issue import Issue
from headgate.files.csv_table import header_names
from headgate.tables.codes import issue_of
from headgate.tables.near import nearest
from headgate.tables.raw import RawTable
from headgate.tables.schema import BY_NAME

SETTINGS_SHEET = "settings"
MOST_ERRORS = 20


def read_workbook(path: Path) -> tuple[dict[str, RawTable], dict[str, Any] | None, list[Issue],
                                       set[str]]:
    """
    The tables, the settings (None without such a sheet), every fault, and the unreadable tables.

    Cells come as texts, the way a CSV file would hold them: a date as 2026-03-09 00:00:00, eight
    as 8, and whatever was typed as text unchanged.
    """
    import fastexcel

    try:
        book = fastexcel.read_excel(path.read_bytes())
        sheets = list(book.sheet_names)
    except BaseException as error:
        _raise_unless_broken(error)
        found = (str(error).splitlines() or [""])[0]
        return {}, None, [issue_of("book.path.kind", path.name, "must be a whole .xlsx workbook "
                                   "without a password", value=found)], set(BY_NAME) | {"settings"}
    tables: dict[str, RawTable] = {}
    settings: dict[str, Any] | None = None
    issues: list[Issue] = []
    broken: set[str] = set()
    for sheet in sheets:
        name = sheet.strip().lower()
        if name not in BY_NAME and name != SETTINGS_SHEET:
            continue
        file = f"{path.name}!{sheet}"
        if name in tables:
            issues.append(issue_of(f"{name}.file.duplicate", file, "is the second sheet of this "
                                   "name; keep one"))
            continue
        try:
            frame = pl.DataFrame(book.load_sheet(sheet, header_row=None, skip_rows=0,
                                                 dtypes="string"))
        except BaseException as error:
            _raise_unless_broken(error)
            broken.add(name)
            issues.append(issue_of(f"{name}.file.unreadable", file, "cannot be read as a sheet",
                                   value=(str(error).splitlines() or [""])[0]))
            continue
        if name == SETTINGS_SHEET:
            settings = _settings(frame)
            continue
        table, faults = _table(frame, name, file)
        issues += faults
        if table is None:
            broken.add(name)
        else:
            tables[name] = table
    issues += _misspelt(path.name, sheets, {*tables, *broken})
    issues += _cell_errors(path, {s: s.strip().lower() for s in sheets}, tables)
    return tables, settings, issues, broken


def _raise_unless_broken(error: BaseException) -> None:
    """
    Passes on what is not the workbook's fault, such as Ctrl-C.

    The reader has exceptions of its own for each kind of broken workbook, and its panics are no
    `Exception` at all; only their name tells them.
    """
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error


def _table(frame: pl.DataFrame, name: str, file: str) -> tuple[RawTable | None, list[Issue]]:
    """A sheet whose first row that is not blank is the header."""
    height = frame.height
    filled = frame.select(pl.any_horizontal(
        pl.all().is_not_null() & (pl.all().str.strip_chars() != "")).arg_true()
    ).to_series() if frame.width else pl.Series([], dtype=pl.UInt32)
    if filled.is_empty():
        return None, [issue_of(f"{name}.file.empty", file, "is empty: it must have a header row "
                               "with the names of its columns")]
    top = int(filled[0])
    header = tuple((cell or "").strip() for cell in frame.row(top))
    body = frame.slice(top + 1)
    # A column without name or cells is only a trace of what was deleted from the sheet.
    kept = [place for place, cell in enumerate(header)
            if cell or body.to_series(place).null_count() < height - top - 1]
    names, issues = header_names(tuple(header[place] for place in kept), BY_NAME[name], file,
                                 top + 1)
    body = body.select(pl.nth(kept))
    body.columns = names
    return RawTable(body, file, top + 2), issues


def _settings(frame: pl.DataFrame) -> dict[str, Any]:
    """
    Settings from rows of key and value; `policy.late_rate` is a key of `[policy]`.

    A value is read as TOML would read it, so that 52 is a number and 2026-02-02 a date; what is no
    TOML is a text.
    """
    found: dict[str, Any] = {}
    for row in frame.iter_rows():
        key, value = [(cell or "").strip() for cell in (*row, "", "")][:2]
        if not key or not value or key.lower() in ("key", "setting"):
            continue
        *path, last = key.split(".")
        place: dict[str, Any] = found
        for step in path:
            deeper = place.setdefault(step, {})
            if not isinstance(deeper, dict):
                deeper = place[step] = {}
            place = deeper
        place[last] = value_of(value)
    return found


def value_of(text: str) -> Any:
    """
    A setting's value from a cell's text.

    >>> value_of("0.002"), value_of("TRUE"), value_of("FRI nearest 01-31")
    (0.002, True, 'FRI nearest 01-31')
    """
    word = text.lower() if text.lower() in ("true", "false") else text
    word = re.sub(r"[T ]00:00:00$", "", word)
    try:
        parsed: Mapping[str, Any] = tomllib.loads(f"value = {word}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return parsed["value"] if list(parsed) == ["value"] else text


def _misspelt(file: str, sheets: list[str], there: set[str]) -> list[Issue]:
    """Sheets that are no tables and nearly have the name of one that is not there."""
    issues = []
    for sheet in sheets:
        name = sheet.strip().lower()
        near = nearest(name, sorted(set(BY_NAME) - there))
        if name not in BY_NAME and name != SETTINGS_SHEET and near is not None:
            issues.append(issue_of(f"{near}.file.misspelt", f"{file}!{sheet}",
                                   f'is no table; did you mean "{near}"?'))
    return issues


def _cell_errors(path: Path, sheets: Mapping[str, str],
                 tables: Mapping[str, RawTable]) -> list[Issue]:
    """
    Cells with an Excel error such as #N/A, which the reader would give as blank.

    A blank cell can have a meaning, so these are looked for in the file itself.
    """
    issues: list[Issue] = []
    try:
        with zipfile.ZipFile(path) as archive:
            for sheet, part in _sheet_parts(archive).items():
                table = tables.get(sheets.get(sheet, ""))
                text = archive.read(part) if table is not None else b""
                if table is not None and b't="e"' in text:
                    issues += _errors_of(text, table, sheets[sheet])
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, NotImplementedError,
            RuntimeError):
        # A workbook that was read a moment ago without faults is not refused for its wrapping.
        return issues
    return issues


def _errors_of(text: bytes, table: RawTable, name: str) -> list[Issue]:
    found = re.findall(rb'<c r="([A-Z]+)([0-9]+)"[^>]*t="e"[^>]*>'
                       rb'(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>([^<]*)', text)
    issues = [issue_of(f"{name}.cell.excel_error", table.file, "is an error; repair the formula, "
                       "or clear the cell", row=int(row), column=f"column {letters.decode()}",
                       value=word.decode("utf-8", "replace"))
              for letters, row, word in found[:MOST_ERRORS]]
    if len(found) > MOST_ERRORS:
        _, row, word = found[MOST_ERRORS]
        issues.append(issue_of(f"{name}.cell.excel_error", table.file, "is an error", row=int(row),
                               value=word.decode("utf-8", "replace"),
                               count=len(found) - MOST_ERRORS))
    return issues


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each sheet, by the sheet's name."""
    import html

    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for tag in re.findall(r"<Relationship [^>]*>", links):
        marks = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        targets[marks.get("Id", "")] = marks.get("Target", "").lstrip("/").removeprefix("xl/")
    parts = {}
    for tag in re.findall(r"<sheet [^>]*>", book):
        marks = dict(re.findall(r'([\w:]+)="([^"]*)"', tag))
        target = targets.get(marks.get("r:id", ""))
        if target:
            parts[html.unescape(marks.get("name", ""))] = f"xl/{target}"
    return parts
