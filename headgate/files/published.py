"""The published figures that headgate carries with it, and files of the same form."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from headgate.base.issue import IssuesError
from headgate.files.csv_table import read_csv_table
from headgate.history.check import CONSEQUENCE, check_history
from headgate.history.record import History
from headgate.tables.columns import read_sheet
from headgate.tables.findings import Findings
from headgate.tables.history_schema import HISTORY, LEAD_TIMES, MARKET
from headgate.tables.raw import RawBook, RawTable
from headgate.tables.schema import Table

FOLDER = Path(__file__).resolve().parent / "data"
"""Where the package keeps them, beside a page on how they were collected."""
HISTORY_FILE = "ai_backlog_history.csv"


def read_history(data: Any = None) -> History:
    """
    A history: what headgate carries with it, or one's own.

    data : None, a .csv file, or a frame with `__arrow_c_stream__`; columns as `HISTORY` declares
    raises IssuesError : every fault of it
    """
    if data is None:
        return _carried_history()
    if isinstance(data, Path):
        raw, issues = read_csv_table(data, HISTORY)
        if raw is None:
            raise IssuesError(issues, CONSEQUENCE)
        return check_history(raw, issues)
    return check_history(RawTable(pl.DataFrame(data), "history"))


def read_market() -> pl.DataFrame:
    """The rows of `MARKET` that headgate carries with it, numbers in millionths."""
    return _carried(MARKET, "market.csv")


def read_lead_times() -> pl.DataFrame:
    """The rows of `LEAD_TIMES` that headgate carries with it."""
    return _carried(LEAD_TIMES, "lead_times.csv")


@cache
def _carried_history() -> History:
    raw, issues = read_csv_table(FOLDER / HISTORY_FILE, HISTORY)
    if raw is None:
        raise IssuesError(issues, CONSEQUENCE)
    return check_history(raw, issues)


@cache
def _carried(table: Table, file: str) -> pl.DataFrame:
    """
    A table of the package, checked like anybody's.

    raises IssuesError : the package was changed by hand
    """
    raw, issues = read_csv_table(FOLDER / file, table)
    findings = Findings(list(issues))
    if raw is not None:
        sheet = read_sheet(table, RawBook({table.name: raw}, {}), findings)
    if raw is None or findings.stops:
        raise IssuesError(findings.issues, "the market cannot be told")
    return sheet.frame
