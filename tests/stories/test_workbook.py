"""The Excel workbook, read back by another library."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from headgate.reports.workbook import workbook_bytes
from headgate.tables.plan_schema import PLAN_BY_NAME
from tests.stories.report_book import FORMULA, TAG, report_plan

pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported")
"""openpyxl does not read data bars, which is no matter here."""


@cache
def content(top: int = 5000) -> bytes:
    made = report_plan()
    return workbook_bytes(made.book, made.frames, top)


def read(top: int = 5000) -> Any:
    return openpyxl.load_workbook(BytesIO(content(top)))


def rows(sheet: Any) -> list[dict[str, Any]]:
    heads, *body = sheet.iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in body]


def test_sheets_stand_in_order_with_filters_and_a_head_that_stays() -> None:
    book = read()
    assert book.sheetnames == ["Summary", "Promises", "Allocations", "Consumption", "Pegging",
                               "Shortages", "Reliefs", "Prices"]
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "C2"
        assert sheet.auto_filter.ref.startswith("A1:")


def test_every_head_of_a_column_says_what_it_means() -> None:
    sheet = read()["Promises"]
    notes = {cell.value: cell.comment.text for cell in sheet[1]}
    assert notes["open_quantity"] == PLAN_BY_NAME["promises"].columns[2].meaning
    assert set(PLAN_BY_NAME["promises"].names) <= set(notes)


def test_ids_are_texts_whatever_they_look_like() -> None:
    """007 keeps its zeros, =HYPERLINK("a") is no formula, a script is a name like any other."""
    book = read()
    lines = rows(book["Promises"])
    assert [line["order_id"] for line in lines] == [FORMULA, "007", "SO-1", "SO-2"]
    assert lines[3]["customer_id"] == TAG
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows()
               for cell in row)


def test_dates_are_dates_and_amounts_are_numbers() -> None:
    """SO-2: 2 servers of 350,000.50 are 700,001.00; promised for Friday 2026-03-13."""
    line = rows(read()["Promises"])[3]
    assert line["promised_on"] == datetime(2026, 3, 13)
    assert line["open_amount"] == 700_001.0
    assert (line["status"], line["late_days"]) == ("late", 28)
    assert rows(read()["Promises"])[1]["promised_on"] is None


def test_summary_says_what_was_left_out() -> None:
    """Of 5 lines the 2 largest are asked for; they hold 1 of the 3 allocations."""
    text = {row[0]: row[1:] for row in read(2)["Summary"].iter_rows(values_only=True)}
    assert text["Promises"][:3] == (2, 5, "open lines with the largest open amounts; the plan's "
                                          "tables hold all")
    assert text["Allocations"][:2] == (1, 3)
    assert text["Open backlog"][0] == 13_600_001.0
    assert text["OTIF, requested date"][0] == 0.25


def test_the_same_plan_gives_the_same_bytes() -> None:
    made = report_plan()
    assert workbook_bytes(made.book, made.frames) == content()
