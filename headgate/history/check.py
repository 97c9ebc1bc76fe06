"""The check of a history: every fault in one pass, or typed quarters without faults."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

import polars as pl

from headgate.base.calendar import FiscalYear, fiscal_year
from headgate.base.issue import Issue, IssuesError
from headgate.history.record import BUYER, CENTS_OF_CELL, History, Stretch, stretch_of
from headgate.tables.columns import read_sheet
from headgate.tables.findings import Findings, Sheet
from headgate.tables.history_schema import HISTORY, MAX_USD_M
from headgate.tables.raw import RawBook, RawTable

CONSEQUENCE = "no history was worked out"

AMOUNTS = {
    "ai_orders_usd_m": "orders_cents", "ai_shipments_usd_m": "shipments_cents",
    "ai_revenue_usd_m": "revenue_cents", "ai_backlog_end_usd_m": "backlog_cents",
    "segment_revenue_usd_m": "segment_revenue_cents",
    "guidance_next_quarter_ai_shipments_usd_m": "guidance_cents",
}
"""Columns of the file in millions, and the same in cents inside."""
MARGINS = {"gross_margin_pct": "gross_margin_bp", "operating_margin_pct": "operating_margin_bp"}
"""Columns of the file in percent, and the same in hundredths of a percent inside."""


def check_history(raw: RawTable, issues: Iterable[Issue] = ()) -> History:
    """
    A history without faults, typed.

    issues             : faults that reading the file found
    raises IssuesError : the file has at least one fault; carries all of them
    """
    findings = Findings(list(issues))
    sheet = read_sheet(HISTORY, RawBook({HISTORY.name: raw}, {}), findings)
    stretches = _stretches(sheet, findings)
    _check_twice(sheet, stretches, findings)
    _check_amounts(sheet, findings)
    _check_calendars(sheet, stretches, findings)
    _check_order(sheet, stretches, findings)
    if findings.stops:
        raise IssuesError(sorted(findings.issues, key=lambda issue: (
            issue.severity != "error", issue.row or 0)), CONSEQUENCE)
    return _typed(sheet, [stretch for stretch in stretches if stretch is not None],
                  tuple(findings.issues))


def _stretches(sheet: Sheet, findings: Findings) -> list[Stretch | None]:
    """The quarter or year of each row; None where it cannot be read, which is reported."""
    found: list[Stretch | None] = []
    faulty = []
    for row, text in enumerate(sheet["fiscal_quarter"]):
        try:
            found.append(None if text is None else stretch_of(text))
        except ValueError:
            found.append(None)
            faulty.append(row)
    findings.rows(sheet, "fiscal_quarter", "form", _rows(faulty), "must be a quarter such as "
                  '"Q4 FY26", or a year such as "FY26 total"')
    return found


def _check_twice(sheet: Sheet, stretches: list[Stretch | None], findings: Findings) -> None:
    """Reports a quarter of a company that stands twice, however it is written."""
    first: dict[tuple[str, Stretch], int] = {}
    for row, (company, stretch) in enumerate(zip(sheet["company"], stretches, strict=True)):
        if company is None or stretch is None:
            continue
        before = first.setdefault((company, stretch), row)
        if before != row:
            findings.rows(sheet, "fiscal_quarter", "duplicate", _rows([row]),
                          f"stands in row {sheet.line_of(before)} already; a quarter of a company "
                          "once")


def _check_amounts(sheet: Sheet, findings: Findings) -> None:
    """Reports amounts that are not in millions."""
    for name in AMOUNTS:
        findings.rows(sheet, name, "range", (sheet[name] > MAX_USD_M * 100).arg_true(),
                      f"must be millions of dollars, at most {MAX_USD_M:,}")


def _check_calendars(sheet: Sheet, stretches: list[Stretch | None], findings: Findings) -> None:
    """Reports rules that are none, two rules of one company, and days on which nothing ends."""
    rules: dict[str, FiscalYear | None] = {}
    first: dict[str, tuple[str, int]] = {}
    for row, (company, text, stretch, ends_on) in enumerate(zip(
            sheet["company"], sheet["fiscal_year_end"], stretches, sheet["period_end"],
            strict=True)):
        if text is None:
            continue
        if text not in rules:
            rules[text] = _rule(text)
        rule = rules[text]
        if rule is None:
            findings.rows(sheet, "fiscal_year_end", "rule", _rows([row]),
                          'must be "12-31", "FRI nearest 01-31" or "SUN last 01"')
            continue
        if company is not None:
            before, line = first.setdefault(company, (text, sheet.line_of(row)))
            if before != text:
                findings.rows(sheet, "fiscal_year_end", "mixed", _rows([row]),
                              f'must be "{before}" as in row {line}: a company has one calendar')
        if stretch is not None and ends_on is not None:
            _check_end(sheet, row, rule, stretch, ends_on, findings)


def _rule(text: str) -> FiscalYear | None:
    try:
        return fiscal_year(text)
    except ValueError:
        return None


def _check_end(sheet: Sheet, row: int, rule: FiscalYear, stretch: Stretch, ends_on: date,
               findings: Findings) -> None:
    """Reports a last day that the company's calendar does not have for that quarter or year."""
    ends = rule.quarter_ends(stretch.year)
    wanted = ends[(stretch.quarter or 4) - 1]
    if ends_on != wanted:
        findings.rows(sheet, "period_end", "calendar", _rows([row]),
                      f"must be {wanted}, on which {stretch.name} ends by {rule.rule}; correct one "
                      "of the three")


def _check_order(sheet: Sheet, stretches: list[Stretch | None], findings: Findings) -> None:
    """Reports a later quarter of a company that does not end later."""
    ends: dict[str, list[tuple[int, date, int]]] = {}
    for row, (company, stretch, ends_on) in enumerate(zip(
            sheet["company"], stretches, sheet["period_end"], strict=True)):
        if company is not None and stretch is not None and stretch.quarter and ends_on is not None:
            ends.setdefault(company, []).append((stretch.place, ends_on, row))
    for found in ends.values():
        found.sort()
        for (place, day, _), (later, ends_on, row) in pairwise(found):
            if later > place and ends_on <= day:
                findings.rows(sheet, "period_end", "order", _rows([row]),
                              f"must be after {day}, on which an earlier quarter ends")


def _rows(rows: list[int]) -> pl.Series:
    return pl.Series(rows, dtype=pl.UInt32)


def _typed(sheet: Sheet, stretches: list[Stretch], warnings: tuple[Issue, ...]) -> History:
    """The rows by what they are: quarters, years, and quarters of buyers."""
    frame = sheet.frame.select(
        "company",
        pl.Series("fiscal_quarter", [stretch.name for stretch in stretches], dtype=pl.String),
        pl.Series("place", [stretch.place for stretch in stretches], dtype=pl.Int64),
        pl.col("period_end").alias("ends_on"),
        *((pl.col(f"{name}_cents") * CENTS_OF_CELL).alias(cents)
          for name, cents in AMOUNTS.items()),
        *(pl.col(f"{name}_cents").alias(inside) for name, inside in MARGINS.items()),
        "guidance_of", "revenue_is", "fiscal_year_end", "quality", "source_url", "note")
    order = {name: k for k, name in enumerate(frame["company"].unique(maintain_order=True))}
    frame = frame.with_columns(
        is_year=pl.Series([stretch.quarter == 0 for stretch in stretches], dtype=pl.Boolean),
        first=pl.col("company").replace_strict(order, return_dtype=pl.Int64),
    ).sort("first", "place", maintain_order=True).drop("first")
    buyer = pl.col("company").str.to_lowercase().str.ends_with(BUYER)
    quarters, years, obligations = (frame.filter(condition).drop("is_year") for condition in (
        ~pl.col("is_year") & ~buyer, pl.col("is_year"), ~pl.col("is_year") & buyer))
    return History(quarters, years, obligations, sheet.file, warnings)
