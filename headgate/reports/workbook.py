"""
The plan as one Excel workbook for people.

Every text is written as text: an id 007 keeps its zeros, and what starts with `=` is no formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import TYPE_CHECKING, Any

import polars as pl

from headgate.book import Book
from headgate.reports.numbers import STATUS_WORDS, policy_words
from headgate.reports.order_lines import UNDATED, breakdown, by_quarter, order_lines
from headgate.reports.order_table import top_lines
from headgate.tables.plan_schema import PLAN_BY_NAME, REPLAN_TABLES, PlanFrames

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

ROWS_A_LINE = 2
"""Sheets of which a line can have many rows hold at most so many for each line of the first."""
LONGEST_TEXT = 32_767
"""Most characters that Excel keeps in a cell."""
FIRST_EXCEL_YEAR = 1900
"""Excel knows no earlier dates; one is written as text."""
WIDEST, MEASURED_ROWS = 60, 300
LEVELS = {"line": "Lines", "unit": "Pieces", "order": "Orders", "dollar": "Amount"}
STATUS_COLOURS = {"on_time": ("#E3F0F8", "#00456D"), "late": ("#FDF1D8", "#5E4200"),
                  "short": ("#FAE6E1", "#7A2713"), "unplanned": ("#E7EBEE", "#3D4852")}
ORDER_COLUMNS = {
    "customer_id": "who ordered", "segment": "the order's segment", "region": "where it goes",
    "item_id": "what was ordered", "requested_on": "the day the customer wants it",
    "open_amount": "open pieces times the price, in the book's currency"}
"""Columns of the order that stand in the sheet Promises beside the plan's own."""
_TABLES = {**PLAN_BY_NAME, **{table.name: table for table in REPLAN_TABLES}}


@dataclass(frozen=True, slots=True)
class Styles:
    """The formats of a workbook: one of each kind of cell."""

    head: Format
    title: Format
    words: Format
    by_type: Mapping[type[pl.DataType], Format]
    money: Format
    share: Format


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows, what each column means, and how many rows of the plan there are."""

    name: str
    frame: pl.DataFrame
    meanings: Mapping[str, str]
    total: int
    rest: str


def workbook_bytes(book: Book, plan: PlanFrames, top: int = 5000) -> bytes:
    """
    The content of an .xlsx file; the same plan gives the same bytes.

    top : most lines, those with the most open dollars; the first sheet says what is left out
    """
    import xlsxwriter

    tables = book.tables
    lines = order_lines(book, plan)
    sheets = _sheets(lines, plan, top)
    target = BytesIO()
    workbook = xlsxwriter.Workbook(target, {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False, "nan_inf_to_errors": True})
    workbook.set_properties({
        "title": f"Plan of {plan.summary['book_name']}", "comments": "Draft of a delivery plan",
        "created": datetime.combine(tables.settings.as_of, time())})
    styles = _styles(workbook)
    summary = workbook.add_worksheet("Summary")
    quarters = by_quarter(lines, book, plan)
    _write_summary(summary, styles, plan.summary, sheets,
                   [("segment", breakdown(lines, "segment")),
                    ("region", breakdown(lines, "region")),
                    ("item", breakdown(lines, "item_id").head(top)), ("quarter", quarters)])
    for sheet in sheets:
        _write_sheet(workbook.add_worksheet(sheet.name), workbook, styles, sheet)
    workbook.close()
    return target.getvalue()


def _sheets(lines: pl.DataFrame, plan: PlanFrames, top: int) -> list[Sheet]:
    shown = top_lines(lines, top)
    most = top * ROWS_A_LINE
    rank = shown.select("order_id", "line_no").with_row_index("place")
    largest = "rows of the lines with the largest open amounts"
    promises = shown.with_columns(open_amount=pl.col("open_cents") / 100).select(
        "order_id", "line_no", *ORDER_COLUMNS,
        *PLAN_BY_NAME["promises"].names[2:])
    sheets = [Sheet("Promises", promises, {**_meanings("promises"), **ORDER_COLUMNS},
                    plan.frames["promises"].height, "open lines with the largest open amounts")]
    for name in ("allocations", "pegging"):
        table = plan.frames[name]
        # A join of millions of rows takes a gigabyte; the few orders shown are picked first.
        of_shown = table.filter(pl.col("order_id").is_in(rank["order_id"].unique().implode()))
        rows = (of_shown.join(rank, on=["order_id", "line_no"])
                .sort("place", *PLAN_BY_NAME[name].key[2:]).drop("place").head(most))
        sheets.append(Sheet(name.capitalize(), rows, _meanings(name), table.height, largest))
    consumption = plan.frames["consumption"]
    moves = plan.frames.get("moves")
    if moves is not None and moves.height:
        first = moves.sort("moved_cents", "order_id", "line_no", descending=[True, False, False])
        sheets.insert(1, Sheet("Moves", _in_amounts(first.head(most)), _meanings("moves"),
                               moves.height, "those with the largest amounts moved"))
    sheets.insert(-1, Sheet("Consumption", consumption.head(most), _meanings("consumption"),
                           consumption.height, "the first rows in the order of the table"))
    shortages = plan.frames["shortages"]
    missing = shortages.filter(pl.col("missing") > 0)
    sheets.append(Sheet("Shortages", _in_amounts(missing.head(most)), _meanings("shortages"),
                        shortages.height, "weeks in which something is missing"))
    for name in ("reliefs", "prices"):
        table = plan.frames[name]
        sheets.append(Sheet(name.capitalize(), _in_amounts(table.head(most)), _meanings(name),
                            table.height, "the first rows in the order of the table"))
    return sheets


def _in_amounts(table: pl.DataFrame) -> pl.DataFrame:
    """A table with amounts in the book's currency in place of cents, which people misread."""
    return table.with_columns(pl.col("^.*_cents$") / 100).rename(_amount_name)


def _amount_name(column: str) -> str:
    return column.removesuffix("_cents")


def _meanings(table: str) -> dict[str, str]:
    meanings = {}
    for column in _TABLES[table].columns:
        meaning = column.meaning
        if column.name.endswith("_cents"):
            meaning = f"{meaning.replace(', in cents', '')}; in the book's currency"
        meanings[_amount_name(column.name)] = meaning + (f"; blank: {column.blank}"
                                                         if column.blank else "")
    return meanings


def _styles(workbook: Workbook) -> Styles:
    def made(**settings: Any) -> Format:
        return workbook.add_format({"font_name": "Calibri", "font_size": 10.5, "valign": "top",
                                    **settings})

    return Styles(
        head=made(bold=True, bg_color="#0B2B45", font_color="#FFFFFF", border=0),
        title=made(bold=True, font_size=15), words=made(text_wrap=True),
        by_type={pl.String: made(num_format="@"), pl.Int64: made(num_format="#,##0"),
                 pl.Float64: made(num_format="#,##0.00"), pl.Date: made(num_format="yyyy-mm-dd")},
        money=made(num_format="#,##0.00"), share=made(num_format="0.0%"))


def _write_sheet(sheet: Worksheet, workbook: Workbook, styles: Styles, content: Sheet) -> None:
    frame = content.frame
    for column, name in enumerate(frame.columns):
        sheet.write_string(0, column, name, styles.head)
        sheet.write_comment(0, column, content.meanings[name],
                            {"author": "headgate", "x_scale": 1.6})
        series = frame[name]
        style = styles.by_type[type(series.dtype)]
        sheet.set_column(column, column, _width(name, series), style)
        _write_column(sheet, column, series, style)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(frame.height, 1), frame.width - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    if "status" in frame.columns:
        place = frame.columns.index("status")
        for status, (ground, ink) in STATUS_COLOURS.items():
            sheet.conditional_format(1, place, max(frame.height, 1), place, {
                "type": "cell", "criteria": "==", "value": f'"{status}"',
                "format": workbook.add_format({"bg_color": ground, "font_color": ink})})
    if "missing" in frame.columns:
        place = frame.columns.index("missing")
        sheet.conditional_format(1, place, max(frame.height, 1), place, {
            "type": "data_bar", "bar_color": "#F7BC66", "bar_solid": True})


def _write_column(sheet: Worksheet, column: int, series: pl.Series, style: Format) -> None:
    """The cells of a column below its head; a null leaves its cell empty."""
    if series.dtype == pl.String:
        for row, text in enumerate(series, start=1):
            if text is not None:
                sheet.write_string(row, column, text[:LONGEST_TEXT], style)
    elif series.dtype == pl.Date:
        for row, day in enumerate(series, start=1):
            if day is not None and day.year >= FIRST_EXCEL_YEAR:
                sheet.write_datetime(row, column, day, style)
            elif day is not None:
                sheet.write_string(row, column, day.isoformat(), style)
    else:
        for row, number in enumerate(series, start=1):
            if number is not None:
                sheet.write_number(row, column, number, style)


def _width(name: str, series: pl.Series) -> int:
    """Characters that a column needs, by its head and its first rows."""
    if series.dtype == pl.String:
        longest = series.head(MEASURED_ROWS).str.len_chars().max()
        return min(WIDEST, max(len(name) + 4, int(longest) + 2 if isinstance(longest, int) else 0))
    return max(len(name) + 4, 12)


def _write_summary(sheet: Worksheet, styles: Styles, summary: Mapping[str, Any],
                   sheets: Sequence[Sheet],
                   breakdowns: Sequence[tuple[str, pl.DataFrame]]) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 6, 20)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, f"Plan of {summary['book_name']}"[:LONGEST_TEXT], styles.title)
    row = _write_facts(sheet, styles, summary, 2)
    row = _write_figures(sheet, styles, summary, row + 1)
    row = _write_contents(sheet, styles, sheets, row + 1)
    for noun, frame in breakdowns:
        row = _write_breakdown(sheet, styles, noun, frame, row + 1)
    sheet.freeze_panes(1, 0)


def _write_facts(sheet: Worksheet, styles: Styles, summary: Mapping[str, Any], row: int) -> int:
    facts = (("Draft", "every date here is a draft; only publishing a plan makes promises"),
             ("As of", date.fromisoformat(str(summary["as_of"]))),
             ("Horizon, weeks", int(summary["horizon_weeks"])),
             ("Policy", policy_words(summary["policy"])),
             ("Money in", str(summary["currency"])),
             ("Fiscal year ends", str(summary["fiscal_year_end"])),
             ("headgate", str(summary["version"])), ("Book digest", str(summary["book_digest"])))
    for name, value in facts:
        sheet.write_string(row, 0, name)
        if isinstance(value, date):
            sheet.write_datetime(row, 1, value, styles.by_type[pl.Date])
        elif isinstance(value, int):
            sheet.write_number(row, 1, value, styles.by_type[pl.Int64])
        else:
            sheet.write_string(row, 1, value)
        row += 1
    return row


def _write_figures(sheet: Worksheet, styles: Styles, summary: Mapping[str, Any], row: int) -> int:
    """The figures of the summary, each with its kind of number; blank where there is none."""
    dollars, value, service = (summary["dollars_cents"], summary["value"], summary["service"])
    counts = [(f"Lines, {STATUS_WORDS.get(name, name).lower()}", number)
              for name, number in summary["lines"].items()]
    counts += [(f"Pieces, {name.replace('_', ' ')}", number)
               for name, number in summary["units"].items()]
    money = [("Open backlog", summary["backlog_cents"]["total"]),
             ("Promised", dollars["promised"]), ("On time", dollars["on_time"]),
             ("Late", dollars["promised"] - dollars["on_time"]),
             ("No date yet", dollars["open"] - dollars["promised"]),
             *((f"Plan: {name.removesuffix('_cents').replace('_', ' ')}", cents)
               for name, cents in value.items()),
             ("No plan is worth more, weighted", summary["certificate"]["bound_cents"])]
    shares = [(f"{LEVELS[level]} {name.replace('_', ' ')}", share)
              for level, group in service.items() for name, share in group.items()]
    shares += [(f"OTIF, {name} date", share) for name, share in summary["otif"].items()]
    # A share of the bound says something only of a plan that is worth something.
    shares += [("Below the best possible, at most", summary["certificate"]["gap"]
                if value["weighted_cents"] >= 0 else None)]
    blocks = ((counts, styles.by_type[pl.Int64], 1), (money, styles.money, 100),
              (shares, styles.share, 1))
    _write_heads(sheet, styles, row, ("Figure", "Value"))
    for block, style, divisor in blocks:
        for name, number in block:
            row += 1
            sheet.write_string(row, 0, name)
            if number is not None:
                sheet.write_number(row, 1, number / divisor, style)
    return row + 1


def _write_contents(sheet: Worksheet, styles: Styles, sheets: Sequence[Sheet], row: int) -> int:
    """What each sheet holds, and what it leaves to the plan's tables."""
    _write_heads(sheet, styles, row, ("Sheet", "Rows here", "Rows in the plan", "Which"))
    for content in sheets:
        row += 1
        cut = content.frame.height < content.total
        sheet.write_string(row, 0, content.name)
        sheet.write_number(row, 1, content.frame.height, styles.by_type[pl.Int64])
        sheet.write_number(row, 2, content.total, styles.by_type[pl.Int64])
        sheet.write_string(row, 3, f"{content.rest}; the plan's tables hold all" if cut
                           else "all rows of the plan")
    return row + 1


def _write_breakdown(sheet: Worksheet, styles: Styles, noun: str, frame: pl.DataFrame,
                     row: int) -> int:
    _write_heads(sheet, styles, row, (f"Open backlog by {noun}", "Pieces", "Total", "On time",
                                      "Late", "No date yet"))
    columns = ("name", "pieces", "total_cents", "on_time_cents", "late_cents", "undated_cents")
    for name, pieces, *cents in frame.select(columns).iter_rows():
        row += 1
        label = "No date yet" if noun == "quarter" and name == UNDATED else str(name)
        sheet.write_string(row, 0, label, styles.by_type[pl.String])
        sheet.write_number(row, 1, pieces, styles.by_type[pl.Int64])
        for place, number in enumerate(cents, start=2):
            sheet.write_number(row, place, number / 100, styles.money)
    return row + 1


def _write_heads(sheet: Worksheet, styles: Styles, row: int, heads: Sequence[str]) -> None:
    for column, head in enumerate(heads):
        sheet.write_string(row, column, head, styles.head)
