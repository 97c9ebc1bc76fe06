"""A book from disk: a folder of CSV or Parquet files with `headgate.toml`, or an Excel workbook."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headgate.base.issue import Issue
from headgate.files.csv_table import read_csv_table
from headgate.files.parquet_table import read_parquet_table
from headgate.files.workbook import read_workbook
from headgate.tables.codes import issue_of
from headgate.tables.near import nearest
from headgate.tables.raw import RawBook, RawTable
from headgate.tables.schema import BY_NAME, TABLES

SETTINGS_FILE = "headgate.toml"
WORKBOOKS = (".xlsx", ".xlsm")
_READERS = {".csv": read_csv_table, ".parquet": read_parquet_table}
ALL_BROKEN = frozenset({*BY_NAME, "settings"})
"""What is reported as broken where nothing could be read, so that no table is called missing."""


def read_raw(path: Path) -> RawBook:
    """
    A book as it stands on disk, unchecked, with every fault of reading.

    path : the folder, its `headgate.toml`, or a workbook; a folder that holds one workbook and no
           table file is read as that workbook. Raises nothing for a faulty book.
    """
    path = path.parent if path.name == SETTINGS_FILE else path
    try:
        if path.is_dir():
            return _read_folder(path)
        if not path.exists():
            return _nothing(path, issue_of("book.path.missing", str(path), "does not exist"))
        if path.suffix.lower() in WORKBOOKS:
            return _read_workbook(path)
    except OSError as error:
        return _nothing(path, issue_of("book.path.kind", str(path),
                                       f"cannot be opened: {error.strerror}"))
    return _nothing(path, issue_of("book.path.kind", str(path), "must be the folder of a book, or "
                                   "an .xlsx workbook"))


def _nothing(path: Path, issue: Issue) -> RawBook:
    return RawBook({}, {}, (issue,), path.stem, ALL_BROKEN)


def _read_folder(folder: Path) -> RawBook:
    files = sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "~$")))
    found: dict[str, list[Path]] = {}
    others = []
    for file in files:
        name, ending = file.stem.lower(), file.suffix.lower()
        if name in BY_NAME and ending in _READERS:
            found.setdefault(name, []).append(file)
        elif ending in _READERS or not ending:
            others.append(file)
    workbooks = [file for file in files if file.suffix.lower() in WORKBOOKS]
    if not found and len(workbooks) == 1:
        return _read_workbook(workbooks[0])
    tables: dict[str, RawTable] = {}
    issues: list[Issue] = []
    broken = set()
    for schema in TABLES:
        paths = found.get(schema.name, [])
        if len(paths) > 1:
            issues.append(issue_of(f"{schema.name}.file.duplicate", paths[0].name,
                                   f"is there again as {paths[1].name}; keep one"))
        for path in paths[:1]:
            table, faults = _READERS[path.suffix.lower()](path, schema)
            issues += faults
            if table is None:
                broken.add(schema.name)
            else:
                tables[schema.name] = table
    for file in others:
        near = nearest(file.stem.lower(), [name for name in BY_NAME if name not in found])
        if near is not None:
            issues.append(issue_of(f"{near}.file.misspelt", file.name,
                                   f'is no table; did you mean "{near}.csv"?'))
    settings, faults, readable = _read_settings(folder / SETTINGS_FILE)
    if not readable:
        broken.add("settings")
    return RawBook(tables, settings, (*issues, *faults), _name_of(folder), frozenset(broken))


def _name_of(path: Path) -> str:
    """The book's name if the settings give none: that of its folder or workbook."""
    name = path.resolve().name if path.is_dir() else path.stem
    return name if name.isprintable() and 0 < len(name) <= 200 else "book"


def _read_workbook(path: Path) -> RawBook:
    settings: Mapping[str, Any] | None
    tables, settings, issues, broken = read_workbook(path)
    beside = [file for file in (path.with_suffix(".toml"), path.parent / SETTINGS_FILE)
              if file.exists()]
    source = f"{path.name}!settings"
    if "settings" not in broken and settings is None:
        source = beside[0].name if beside else f"{path.name}!settings"
        settings, faults, readable = _read_settings(
            beside[0] if beside else path.parent / SETTINGS_FILE)
        issues += faults
        if not readable:
            broken.add("settings")
    elif beside and beside[0].stem == path.stem:
        issues.append(issue_of("settings.file.duplicate", beside[0].name,
                               f"stands beside the sheet settings of {path.name}; keep one"))
    return RawBook(tables, settings or {}, tuple(issues), _name_of(path), frozenset(broken),
                   source, f"{path.name}!{{table}}")


def _read_settings(path: Path) -> tuple[Mapping[str, Any], list[Issue], bool]:
    """The settings as parsed, the faults of reading, and whether they could be read."""
    if not path.exists():
        return {}, [issue_of("settings.file.missing", path.name, "is missing; it needs at least a "
                             "line such as: as_of = 2026-02-02")], False
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig")), [], True
    except OSError as error:
        fault = issue_of("settings.file.unreadable", path.name,
                         f"cannot be opened: {error.strerror}")
    except UnicodeDecodeError:
        fault = issue_of("settings.file.unreadable", path.name, "is not UTF-8; save it as UTF-8")
    except (ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        told = re.sub(r"\s*\(at .*\)$", "", str(error)) or "too deeply nested"
        fault = issue_of("settings.file.toml", path.name, f"is not valid TOML: {told}",
                         row=int(line.group(1)) if line else None)
    return {}, [fault], False
