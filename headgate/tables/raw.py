"""A book as it was read, before any check: what the readers of files hand to the checker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from headgate.base.issue import Issue, near_miss
from headgate.tables.codes import issue_of
from headgate.tables.schema import BY_NAME


@dataclass(frozen=True, slots=True)
class RawTable:
    """
    One table as it was read.

    frame     : all columns String as they stand in the file (CSV, Excel), or typed (Parquet, a
                caller's frames)
    file      : the name users know: `orders.csv`, `book.xlsx!orders`
    first_row : editor line number of the first data row
    lines     : editor line number of every row, where they do not simply count up from there
    whole     : False when rows had to be left out; an id that is not found proves nothing then
    """

    frame: pl.DataFrame
    file: str
    first_row: int = 2
    lines: pl.Series | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class RawBook:
    """
    A book as it was read.

    settings      : `headgate.toml` as parsed, `policy` inside
    issues        : faults of reading
    name          : the book's name if the settings give none
    broken        : tables that are there but could not be read, named in `issues`; "settings" too
    settings_file : the name of the settings as users know it
    file_pattern  : how a missing table's file would be called
    """

    tables: Mapping[str, RawTable]
    settings: Mapping[str, Any]
    issues: tuple[Issue, ...] = ()
    name: str = "book"
    broken: frozenset[str] = frozenset()
    settings_file: str = "headgate.toml"
    file_pattern: str = "{table}.csv"


def raw_of_frames(frames: Mapping[str, object], settings: Mapping[str, Any],
                  name: str = "book") -> RawBook:
    """
    A book from a caller's own frames.

    frames   : by table name; anything with `__arrow_c_stream__` (pandas, polars, pyarrow, DuckDB)
    settings : what `headgate.toml` would hold
    """
    tables: dict[str, RawTable] = {}
    issues: list[Issue] = []
    broken: set[str] = set()
    for table, given in frames.items():
        if table not in BY_NAME:
            issues.append(issue_of("book.table.unknown", str(table), "is no table of a book and is "
                                   f"left out{near_miss(str(table), list(BY_NAME))}"))
            continue
        try:
            tables[table] = RawTable(_frame_of(given), table)
        except (Exception, pl.exceptions.PanicException) as error:
            # The frame is foreign code: whatever goes wrong in it is a fault of the input.
            broken.add(table)
            first = (str(error).splitlines() or [type(error).__name__])[0]
            issues.append(issue_of(f"{table}.file.unreadable", table, "must be a data frame: "
                                   "any object with __arrow_c_stream__", value=first))
    return RawBook(tables, dict(settings), tuple(issues), name, frozenset(broken), "settings",
                   "{table}")


def _frame_of(given: object) -> pl.DataFrame:
    """The object's rows as a polars frame, without a copy where the memory can be shared."""
    if isinstance(given, pl.DataFrame):
        return given
    if isinstance(given, pl.LazyFrame):
        return given.collect()
    if not hasattr(given, "__arrow_c_stream__"):
        raise TypeError(f"a {type(given).__name__} is no data frame")
    return pl.DataFrame(given)
