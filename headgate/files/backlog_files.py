"""What people write down for a backlog: CSV and TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.files.csv_rows import csv_rows
from headgate.finance.bill_and_hold import CRITERIA, HELD

COLUMNS = ("order_id", "line_no", "quantity", "on", *CRITERIA)
"""The columns of a bill-and-hold file; a criterion that is left out, or blank, is a no."""
CONSEQUENCE = "nothing was worked out"


def read_assumptions_file(path: Path) -> Mapping[str, Any]:
    """
    What a TOML file of assumptions holds.

    raises IssuesError : the file cannot be read
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise IssuesError([Issue(
            "assumptions.file.unreadable", "error", str(path), "must be a TOML file in UTF-8",
            value=str(error).splitlines()[0][:200])], CONSEQUENCE) from None


def read_held(path: Path) -> pl.DataFrame:
    """
    A record of what is billed and held, with the columns of `headgate.finance.bill_and_hold.HELD`
    with `row`, the line of the file at which each begins, and `file`.

    raises IssuesError : every fault of the file
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise IssuesError([Issue(
            "bill_and_hold.file.unreadable", "error", str(path), "must be a CSV file with the "
            f"columns {', '.join(COLUMNS)}", value=str(error)[:200])], CONSEQUENCE) from None
    table = csv_rows(content, COLUMNS, str(path), "bill_and_hold", CONSEQUENCE)
    wrong = table.header_faults(COLUMNS[:4], CRITERIA)
    if wrong:
        raise IssuesError(wrong, CONSEQUENCE)
    issues: list[Issue] = []
    rows = [(number, *_row(path, number, {name: given.get(name) for name in COLUMNS}, issues))
            for number, given in table.each(issues)]
    if issues:
        raise IssuesError(issues, CONSEQUENCE)
    return pl.DataFrame(rows, schema={"row": pl.Int64, **HELD}, orient="row").with_columns(
        file=pl.lit(str(path)))


def _row(path: Path, number: int, row: Mapping[str, str | None],
         issues: list[Issue]) -> tuple[Any, ...]:
    """One row of the file; what is wrong with it is added to the issues."""

    def fault(column: str, expected: str) -> None:
        rule = "range" if row[column] else "blank"
        issues.append(Issue(f"bill_and_hold.{column}.{rule}", "error", str(path), expected, number,
                            column, row[column]))

    def whole(column: str) -> int | None:
        text = row[column] or ""
        if text.isascii() and text.isdigit() and 0 < int(text) <= 10**9:
            return int(text)
        fault(column, "must be a whole number from 1 to 1,000,000,000")
        return None

    if not row["order_id"]:
        fault("order_id", "must be given")
    day = None
    try:
        day = date.fromisoformat(row["on"] or "")
    except ValueError:
        fault("on", "must be a date as YYYY-MM-DD")
    flags = []
    for name in CRITERIA:
        word = (row[name] or "no").strip().casefold()
        flags.append(word == "yes")
        if word not in ("yes", "no"):
            fault(name, "must be yes or no")
    return row["order_id"], whole("line_no"), whole("quantity"), day, *flags
