"""A book in one Excel workbook, as people keep it: real dates, numbers as text, formulas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from headgate.base.issue import Issue, IssuesError
from headgate.files.book_reader import read_raw
from headgate.tables.check import check_tables
from headgate.tables.frames import Tables
from tests.stories.tables_book import FILES, load

Sheets = dict[str, list[list[Any]]]


def sheets() -> Sheets:
    """The faultless book as cells: numbers are numbers, dates are dates."""
    def cell(text: str) -> Any:
        for kind in (int, float, date.fromisoformat):
            try:
                return kind(text)  # type: ignore[operator]
            except ValueError:
                continue
        return text or None

    book = {name.removesuffix(".csv"): [[cell(part) for part in line.split(",")]
                                        for line in text.splitlines()]
            for name, text in FILES.items() if name.endswith(".csv")}
    # Excel has no infinity; people write the word.
    book["capacity"] = [["inf" if part == float("inf") else part for part in row]
                        for row in book["capacity"]]
    book["settings"] = [["key", "value"], ["as_of", date(2026, 2, 2)], ["horizon_weeks", 2]]
    return book


def save(path: Path, book: Sheets) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in book.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def read(path: Path) -> Tables:
    return check_tables(read_raw(path))


def the_issue(path: Path) -> Issue:
    with pytest.raises(IssuesError) as caught:
        read(path)
    assert len(caught.value.issues) == 1, str(caught.value)
    return caught.value.issues[0]


def test_the_workbook_is_the_same_book_as_the_folder(tmp_path: Path):
    """Eight as 8.0, dates as dates: same content, same digest as the CSV files."""
    path = save(tmp_path / "backlog.xlsx", sheets())
    tables = read(path)
    assert tables.issues == ()
    assert tables.digest == load(tmp_path).digest
    assert tables.settings.name == "backlog"
    assert read(tmp_path).digest == tables.digest, "a folder with one workbook is that workbook"


def change(name: str, row: int, place: int, value: Any) -> Callable[[Sheets], None]:
    def apply(book: Sheets) -> None:
        book[name][row][place] = value
    return apply


@pytest.mark.parametrize("apply", [
    change("orders", 1, 6, "8"), change("orders", 1, 6, " 8 "), change("orders", 1, 6, 8.0),
    change("orders", 1, 7, "150.00"), change("orders", 1, 7, 150.00000000000003),
    change("orders", 1, 9, "2026-02-06"), change("orders", 1, 9, datetime(2026, 2, 6)),
    change("orders", 1, 1, "1"),
    lambda book: book["orders"].insert(0, [None] * 3),
    lambda book: book["orders"].append([None, "  ", None]),
    lambda book: book["orders"][0].append(None),
    lambda book: book.__setitem__(" Orders", book.pop("orders")),
    lambda book: book.__setitem__("Notes", [["call Ann"]]),
], ids=["number as text", "padded", "float", "money as text", "float noise", "date as text",
        "date and time", "line as text", "blank rows above", "blank rows below",
        "a trace of a column", "sheet name", "another sheet"])
def test_habits_of_spreadsheets_are_understood(apply: Callable[[Sheets], None], tmp_path: Path):
    """Each is how people keep such tables; none changes the content."""
    book = sheets()
    apply(book)
    tables = read(save(tmp_path / "book.xlsx", book))
    assert tables.issues == ()
    assert tables.digest == load(tmp_path).digest


@pytest.mark.parametrize(("apply", "code", "row", "value"), [
    (change("orders", 2, 6, 2.5), "orders.quantity.fraction", 3, "2.5"),
    (change("orders", 2, 6, date(2026, 3, 9)), "orders.quantity.type", 3, "2026-03-09 00:00:00"),
    (change("orders", 2, 6, "1,200"), "orders.quantity.separator", 3, "1,200"),
    (change("orders", 2, 6, 1e18), "orders.quantity.range", 3, "1000000000000000000"),
    (change("orders", 2, 7, 1000.005), "orders.unit_price.decimals", 3, "1000.005"),
    (change("orders", 2, 9, 46059), "orders.requested_on.date", 3, "46059"),
    (change("orders", 2, 9, datetime(2026, 2, 13, 9, 30)), "orders.requested_on.date", 3,
     "2026-02-13 09:30:00"),
    (change("orders", 2, 5, "rak"), "orders.item_id.unknown", 3, "rak"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_faults_are_found_where_the_sheet_shows_them(
        apply: Callable[[Sheets], None], code: str, row: int, value: str, tmp_path: Path):
    """The row is the one at the sheet's left edge, the file says workbook and sheet."""
    book = sheets()
    apply(book)
    path = save(tmp_path / "book.xlsx", book)
    with pytest.raises(IssuesError) as caught:
        read(path)
    issue = caught.value.issues[0]
    assert (issue.code, issue.row, issue.value) == (code, row, value)
    assert issue.file == "book.xlsx!orders"


def test_rows_are_numbered_below_blank_rows_too(tmp_path: Path):
    """Two blank rows above the header and one below it: the second order is in row 6."""
    book = sheets()
    book["orders"][2][6] = -4
    book["orders"].insert(1, [None])
    book["orders"][:0] = [[None], [None]]
    assert the_issue(save(tmp_path / "book.xlsx", book)).row == 6


def test_an_excel_error_in_an_optional_cell_is_not_taken_for_blank(tmp_path: Path):
    """latest_on = #REF! would read as "no limit"."""
    book = sheets()
    for row, cell in zip(book["orders"], ["latest_on", None, "#REF!", None], strict=True):
        row.append(cell)
    issue = the_issue(save(tmp_path / "book.xlsx", book))
    assert (issue.code, issue.row, issue.column) == ("orders.cell.excel_error", 3, "column K")


def test_settings_may_stand_in_a_file_beside_the_workbook(tmp_path: Path):
    """Without the sheet: book.toml, else headgate.toml; with neither it is said once."""
    book = sheets()
    del book["settings"]
    path = save(tmp_path / "book.xlsx", book)
    assert the_issue(path).code == "settings.file.missing"
    (tmp_path / "headgate.toml").write_text(FILES["headgate.toml"])
    assert read(path).settings.horizon_weeks == 2
    (tmp_path / "book.toml").write_text("as_of = 2026-02-02\nhorizon_weeks = 1\n")
    assert read(path).settings.horizon_weeks == 1
    save(path, sheets())
    assert the_issue(path).code == "settings.file.duplicate"


def test_settings_in_the_sheet_have_their_types(tmp_path: Path):
    """A number, a rule, a switch and a setting of the policy."""
    book = sheets()
    book["settings"] += [["fiscal_year_end", "FRI nearest 01-31"], ["currency", "EUR"],
                         ["policy.late_rate", 0.002], ["policy.use_forecast", True],
                         ["policy.objective", "rank"], [None, "a note"]]
    settings = read(save(tmp_path / "book.xlsx", book)).settings
    assert (settings.fiscal_year_end, settings.currency) == ("FRI nearest 01-31", "EUR")
    assert settings.policy == {"late_rate": 0.002, "use_forecast": True, "objective": "rank"}


def test_missing_and_misspelt_sheets(tmp_path: Path):
    """No sheet "lanes" but one "lane"; "bom" is there and empty."""
    book = sheets()
    book["lane"] = book.pop("lanes")
    book["bom"] = []
    with pytest.raises(IssuesError) as caught:
        read(save(tmp_path / "book.xlsx", book))
    told = {issue.code: issue.file for issue in caught.value.issues}
    assert told == {"lanes.file.missing": "book.xlsx!lanes",
                    "lanes.file.misspelt": "book.xlsx!lane", "bom.file.empty": "book.xlsx!bom"}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no more", b"order_id,line_no\n"],
                         ids=["empty", "a broken archive", "CSV"])
def test_what_is_no_workbook(content: bytes, tmp_path: Path):
    """One issue for the file, none for every sheet that it lacks."""
    (tmp_path / "book.xlsx").write_bytes(content)
    assert the_issue(tmp_path / "book.xlsx").code == "book.path.kind"


def test_two_sheets_of_one_table(tmp_path: Path):
    """"orders" and "Orders " are the same table to a reader."""
    book = sheets()
    book["Orders "] = book["orders"]
    assert the_issue(save(tmp_path / "book.xlsx", book)).code == "orders.file.duplicate"
