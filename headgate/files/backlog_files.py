"""What people write down for a backlog: CSV and TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.finance.bill_and_hold import CRITERIA, HELD

COLUMNS = ("order_id", "line_no", "quantity", "on", *CRITERIA)
"""The columns of a bill-and-hold file; a criterion that is left out, or blank, is a no."""
CONSEQUENCE = "no backlog was worked out"


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
    A record of what is billed and held, with the columns of `headgate.finance.bill_and_hold.HELD`.

    raises IssuesError : every fault of the file
    """
    try:
        raw = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise IssuesError([Issue(
            "bill_and_hold.file.unreadable", "error", str(path), "must be a CSV file in UTF-8 "
            f"with the columns {', '.join(COLUMNS)}", value=str(error).splitlines()[0][:200])],
            CONSEQUENCE) from None
    missing = [name for name in COLUMNS[:4] if name not in raw.columns]
    if missing:
        raise IssuesError([Issue("bill_and_hold.column.missing", "error", str(path), "is missing",
                                 None, name) for name in missing], CONSEQUENCE)
    raw = raw.with_columns(pl.lit(None, pl.String).alias(name) for name in CRITERIA
                           if name not in raw.columns)
    issues: list[Issue] = []
    rows = [_row(path, number, dict(zip(COLUMNS, row, strict=True)), issues)
            for number, row in enumerate(raw.select(COLUMNS).iter_rows(), start=2)]
    if issues:
        raise IssuesError(issues, CONSEQUENCE)
    return pl.DataFrame(rows, schema=HELD, orient="row")


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
