"""The Excel pack of a backlog: its formulas are calculated again, and its checks can fail."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

import headgate as hg
from headgate import session
from headgate.cli import exits
from headgate.finance.backlog import OF_A_BOOK
from headgate.reports import pack_backlog, pack_firm
from headgate.reports.backlog_pack import backlog_pack_bytes
from tests.oracles.slow_sheet import Sheets, differing, opened, rows
from tests.stories.money_book import money_billings, money_movements, money_plan

SHEETS = ["Summary", "Checks", "Roll-forward", "Ageing", "Conversion", "Customers", "Cancellation",
          "Reconciliation", "RPO by quarter", "Obligations"]


@cache
def backlog() -> hg.BacklogAnswer:
    """Of the story's book and plan, with the movements of a ledger and a deposit."""
    plan = money_plan()
    return hg.backlog(plan.book, plan, movements=money_movements(), billings=money_billings())


@cache
def content() -> bytes:
    return backlog_pack_bytes(backlog())


@cache
def demo_book() -> hg.Book:
    with tempfile.TemporaryDirectory() as folder:
        session.write_demo(Path(folder) / "book", 60, 4)
        return session.read_book(Path(folder) / "book")


def ties(data: bytes) -> bool:
    """Whether every formula comes to what is stored with it, and the top cell to TRUE."""
    assert differing(data) == []
    return Sheets(opened(data)).value("Checks", 3, 2) is True


# ------------------------------------------------------------------ formulas

def test_every_formula_comes_to_the_value_that_is_stored():
    """A spreadsheet of our own calculates all of them; every check reads TRUE."""
    assert ties(content())
    assert opened(content()).sheetnames == SHEETS
    checks = list(opened(content(), values=True)["Checks"].iter_rows(min_row=6,
                                                                     values_only=True))
    assert len(checks) == 38 and all(row[4] is True for row in checks)
    summary = opened(content(), values=True)["Summary"]
    assert summary["B7"].value == "all 38 checks hold"


@pytest.mark.parametrize("asked", [
    {"by": ()}, {"by": ["line"], "period": "week"}, {"by": ["segment,region"], "period": "month"},
    {"by": ["family"], "until": "2025-12-31"}])
def test_any_level_and_period_ties(asked):
    """A demo of 60 lines of which a book alone tells: foreign money, services, no plan. Months are
    named 2026-01, which a spreadsheet would take for a day: they are found by their numbers."""
    made = hg.backlog(demo_book(), **asked)
    assert ties(backlog_pack_bytes(made))
    assert "RPO by quarter" not in opened(backlog_pack_bytes(made)).sheetnames


@pytest.mark.parametrize(("sheet", "column", "broken"), [
    ("Roll-forward", "shipped", ["Opening + booked", "Every row of the roll-forward"]),
    ("Roll-forward", "closing", ["Closing by segment", "Every row of the roll-forward"]),
    ("Ageing", "amount", ["Ages since the booking"]),
    ("Conversion", "Promised", ["Promised by quarter"]),
    ("Conversion", "Shipped", ["Shipped by quarter"]),
    ("Customers", "Backlog", ["Backlog of all customers"]),
    ("Cancellation", "Order backlog", ["Backlog before cancellations", "Adjusted backlog"]),
    ("Obligations", "cancellable", ["Firm backlog = as headgate", "Firm backlog = sum"]),
    ("Obligations", "rpo", ["RPO = sum of the obligations", "RPO by quarter = sum"])])
def test_a_changed_number_breaks_its_checks(sheet: str, column: str, broken: list[str]):
    """One cent more in one cell of the data: the checks over it read FALSE, and the top cell."""
    sheets = Sheets(opened(content()))
    head = next(row for (row, place), value in sorted(sheets.cells[sheet].items())
                if place == 1 and value in ("name", "order_id", "Fiscal quarter", "Place",
                                             "Segment"))
    place = next(place for (row, place), value in sheets.cells[sheet].items()
                 if row == head and value == column)
    sheets.set(sheet, head + 1, place, sheets.cells[sheet][head + 1, place] + 0.01)
    failed = [str(sheets.value("Checks", row, 1)) for row in range(6, 44)
              if sheets.value("Checks", row, 5) is False]
    assert sheets.value("Checks", 3, 2) is False
    for words in broken:
        assert any(name.startswith(words) for name in failed), failed


# ------------------------------------------------------------------ numbers

def test_the_roll_forward_goes_from_quarter_to_quarter():
    """FY26 Q3: 1200 booked, 100 cancelled. Q4 opens with 1100, books 12550.05, ships 200 of which
    100 come back: 13550.05, and 125.5 booked for each dollar shipped."""
    found = {row["Period"]: row for row in rows(content(), "Roll-forward", "Period")}
    assert [found[name]["FY26 Q4"] for name in (
        "Opening", "+ Booked", "- Cancelled", "- Shipped", "+ Returned", "Closing",
        "Pieces open")] == [1100, 12550.05, 0, 200, 100, 13550.05, 18]
    sheet = opened(content())["Roll-forward"]
    assert sheet["D6"].value == "=C14"
    assert sheet["C14"].value == "=C6+C7+C8+C9-C10-C11+C12+C13"
    assert sheet["C7"].value == "=SUMIFS(rolled_booked,rolled_place,C$5)"
    ratios = {row[1].value: row[3].value for row in opened(content(), values=True)[
        "Roll-forward"].iter_rows()}
    assert ratios["Book-to-bill"] == pytest.approx(125.5005)
    assert ratios["Days"] == 91 and ratios["Net shipped"] == 100


def test_a_book_alone_has_no_book_to_bill():
    """Its shipments have no day: the ratio would mislead, and the first sheet says so."""
    plan = money_plan()
    made = backlog_pack_bytes(hg.backlog(plan.book, plan))
    words = {cell.value for row in opened(made)["Roll-forward"].iter_rows() for cell in row}
    assert "Book-to-bill" not in words and "Closing" in words
    assert OF_A_BOOK in {row[0].value for row in opened(made)["Summary"].iter_rows()}


def test_segments_sum_to_the_whole():
    """`cloud` and `Cloud` are two: 4000 and 8200; with 1000 and 350.05 they are 13550.05."""
    sheet = opened(content(), values=True)["Roll-forward"]
    found = {row[1]: row[4] for row in sheet.iter_rows(values_only=True)
             if row[1] in ("Cloud", "cloud", "enterprise", "public", "All")}
    assert found == {"Cloud": 8200, "cloud": 4000, "enterprise": 1000, "public": 350.05,
                     "All": 13550.05}


def test_cancellations_are_taken_off_as_they_are_assumed(tmp_path):
    """Half of what may be ordered twice is, and 1% of every line is cancelled in a week: the sheet
    takes both off, tells both, and comes to what headgate tells."""
    assumed = tmp_path / "assumed.toml"
    assumed.write_text("[double_orders]\nshare = 0.5\n[[cancellation.hazard]]\nweekly = 0.01\n"
                       "firm = true\n")
    plan = money_plan()
    made = hg.backlog(plan.book, plan, assumptions=assumed)
    data = backlog_pack_bytes(made)
    assert ties(data)
    sheet = opened(data, values=True)["Cancellation"]
    told = {row[0]: row[1:5] for row in sheet.iter_rows(values_only=True)}
    backlog_, double, cancelled, adjusted = told["All"]
    assert adjusted == pytest.approx(backlog_ - double - cancelled) and cancelled > 0
    assert round(adjusted * 100) == made.figures["adjusted_cents"]
    assert told["Share of what may be ordered twice that is"][0] == 0.5
    assert told[0.01][0] == "every segment"


def test_conversion_and_customers_are_told():
    """Promised and shipped by quarter, and the customers in turn, each sum to 13550.05."""
    sheet = opened(content(), values=True)["Conversion"]
    found = {row[0]: row for row in sheet.iter_rows(values_only=True)}
    assert (found["All"][4], found["All"][7]) == (13550.05, 13550.05)
    sheet = opened(content(), values=True)["Customers"]
    names = [row for row in sheet.iter_rows(min_row=5, values_only=True) if row[0]]
    assert names[-1][7] == 13550.05 and names[-1][8] == 1
    assert [row[5] for row in names] == sorted((row[5] for row in names), reverse=True)


def test_ages_are_told_by_segment():
    """All was booked 42 days ago and nothing is due."""
    found = rows(content(), "Ageing", "Days since it was booked")
    assert found[1] == {"No.": 2, "Days since it was booked": "31 to 60", "Lines": 6, "Pieces": 18,
                        "Backlog": 13550.05, "Share": 1, "Cloud": 8200, "cloud": 4000,
                        "enterprise": 1000, "public": 350.05}
    assert sum(row["Backlog"] for row in found[:7]) == 13550.05
    late = rows(content(), "Ageing", "Days past the requested date")
    assert late[0]["Backlog"] == 13550.05


def test_the_reconciliation_sums_lines_and_steps():
    """13550.05 less 350.05 is 13200; less 50, plus 250, less 10: 13390; and so on to 5000."""
    found = {row["Step"]: row for row in rows(content(), "Reconciliation", "Step")}
    assert [found[name]["Amount"] for name in (
        "Order backlog", "May be cancelled", "Firm backlog", "RPO",
        "RPO with the one-year expedient", "These contracts back", "Deferred revenue")] == [
        13550.05, -350.05, 13200, 13390, 1200, 12190, 5000]
    assert found["RPO"]["Paragraph"] == "ASC 606-10-50-13(a)"
    sheet = opened(content())["Reconciliation"]
    formulas = {row[0].value: row[1].value for row in sheet.iter_rows(min_row=5)}
    assert formulas["Services"] == "=SUM(obligations_services)"
    assert formulas["Firm backlog"] == "=SUM(B5:B6)" and formulas["RPO"] == "=SUM(B7:B14)"
    assert formulas["These contracts back"] == "=-B16"


def test_without_billings_and_plan_some_steps_are_blank():
    """Deferred revenue and late penalties are not known: no number stands there, and none is 0."""
    made = backlog_pack_bytes(hg.backlog(money_plan().book))
    found = {row["Step"]: row["Amount"] for row in rows(made, "Reconciliation", "Step")}
    assert found["Deferred revenue"] is None and found["Late penalties"] is None
    assert found["RPO"] == 13400 and ties(made)


# ------------------------------------------------------------------ limits and files

def test_what_is_left_out_is_said_and_still_summed(monkeypatch):
    """Three customers alone, and few rows of each table: the rest is summed, and all still ties."""
    monkeypatch.setattr(pack_backlog, "MOST_NAMES", 3)
    for module in (pack_backlog, pack_firm):
        monkeypatch.setattr(module, "MOST_ROWS", 12)
    made = backlog_pack_bytes(hg.backlog(demo_book(), by=["customer"]), 20)
    assert ties(made)
    words = [str(row[0].value) for row in opened(made)["Summary"].iter_rows()]
    for start in ("Roll-forward: ", "Ageing: ", "Obligations: ", "By customer: "):
        assert any(word.startswith(start) for word in words), start
    assert any(cell.value == "all others" for cell in opened(made)["Obligations"]["A"])


def test_the_same_backlog_gives_the_same_bytes():
    """Twice written: the same content, whatever the clock says."""
    assert backlog_pack_bytes(backlog()) == content()


def test_the_command_and_python_write_the_same_pack(run, tmp_path):
    """`--excel` of the sample book; an older pack is replaced, another workbook is not."""
    session.write_sample(tmp_path / "book")
    read = session.read_book(tmp_path / "book")
    session.plan(read).write(tmp_path / "plan")
    file = tmp_path / "pack.xlsx"
    call = ["backlog", tmp_path / "book", tmp_path / "plan", "--excel"]
    said = run(*call, file)
    assert said.code == exits.FINE and f"the Excel pack is in {file}" in " ".join(
        said.out.split())
    assert run(*call, file, "--json").json["excel"] == str(file)
    answer = hg.backlog(read, tmp_path / "plan")
    assert answer.excel(tmp_path / "other.xlsx").read_bytes() == file.read_bytes()
    assert answer.write(tmp_path / "tables") == tmp_path / "tables"
    shutil.copy(tmp_path / "plan" / "plan.xlsx", tmp_path / "mine.xlsx")
    refused = run(*call, tmp_path / "mine.xlsx")
    assert refused.code == exits.WRONG_USE and "plan.report.occupied" in refused.err
