"""The check of a book: every fault and every doubt in one pass, or typed tables without faults."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.tables.bom_rules import check_structure
from headgate.tables.columns import read_sheet
from headgate.tables.digest import digest_of
from headgate.tables.findings import Findings, Sheet
from headgate.tables.frames import Settings, Tables
from headgate.tables.limit_rules import check_limits
from headgate.tables.raw import RawBook, RawTable, raw_of_frames
from headgate.tables.references import check_keys, check_references
from headgate.tables.rules import Checked, check_rules, rates_of
from headgate.tables.schema import TABLES
from headgate.tables.settings import check_settings
from headgate.tables.warnings import check_doubts

__all__ = ["RawBook", "RawTable", "check_tables", "raw_of_frames"]


def check_tables(raw: RawBook) -> Tables:
    """
    A book without faults, typed, with its warnings and its digest.

    raises IssuesError : the book has at least one error; carries all errors and warnings, those
                         of reading included
    """
    findings = Findings(list(raw.issues))
    settings, dated = _settings(raw, findings)
    sheets = {table.name: read_sheet(table, raw, findings) for table in TABLES}
    book = Checked(sheets, settings, findings, rates_of(sheets["rates"], settings.as_of),
                   dated)
    check_keys(sheets, findings)
    check_references(sheets, findings)
    check_rules(book)
    check_limits(book)
    check_structure(book)
    check_doubts(book)
    issues = _in_order(findings.issues, sheets.values(), raw.settings_file)
    if findings.stops:
        raise IssuesError(issues)
    frames = {name: _finished(sheet) for name, sheet in sheets.items()}
    return Tables(frames, settings, tuple(issues), digest_of(frames, settings))


def _settings(raw: RawBook, findings: Findings) -> tuple[Settings, bool]:
    """
    The settings, and whether the weeks of the plan are known.

    Where the settings could not be read at all, that was reported and nothing is added.
    """
    mine = Findings()
    settings = check_settings(raw.settings, raw.settings_file, raw.name, mine)
    if "settings" not in raw.broken:
        findings.issues += mine.issues
    return settings, not any(issue.column in ("as_of", "horizon_weeks") for issue in mine.issues)


def _finished(sheet: Sheet) -> pl.DataFrame:
    """The table as the catalog gets it: declared columns, then the unknown ones."""
    frame = sheet.frame
    if sheet.name == "orders":
        frame = frame.with_columns(accepts=_without_repetitions(frame))
    return frame.with_columns(sheet.extra) if sheet.extra else frame


def _without_repetitions(orders: pl.DataFrame) -> pl.Series:
    """The accepted items of each line, in their order, each once and without the line's own."""
    accepts = pl.col("accepts")
    pairs = orders.lazy().select("accepts", "item_id").with_row_index("row")
    doubled = pairs.filter((accepts.list.len() > 0) & (
        (accepts.list.n_unique() < accepts.list.len()) | accepts.list.contains(pl.col("item_id"))))
    if doubled.select(pl.len()).collect().item() == 0:
        return orders["accepts"]
    once = (doubled.explode("accepts", empty_as_null=False).filter(accepts != pl.col("item_id"))
            .unique(["row", "accepts"], keep="first", maintain_order=True)
            .group_by("row").agg(pl.col("accepts").alias("once")))
    rows = doubled.select("row").join(once, on="row", how="left").with_columns(
        pl.col("once").fill_null([]))
    return (pairs.join(rows, on="row", how="left", maintain_order="left")
            .select(pl.coalesce("once", "accepts").alias("accepts")).collect().to_series())


def _in_order(issues: Iterable[Issue], sheets: Iterable[Sheet], settings_file: str) -> list[Issue]:
    """Issues file by file as a book is read, errors before warnings, then by row."""
    files = {settings_file: 0}
    for place, sheet in enumerate(sheets, start=1):
        files.setdefault(sheet.file, place)
    return sorted(issues, key=lambda issue: (
        files.get(issue.file, len(files)), issue.file, issue.severity != "error",
        issue.row or 0, issue.column or "", issue.code))
