"""The Excel pack of a statement: its formulas are calculated again, and its checks can fail."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

import headgate as hg
from headgate import session
from headgate.base.issue import IssuesError
from headgate.cli import exits
from headgate.finance.revenue import DIMENSIONS
from headgate.reports import pack_entries, pack_walks
from headgate.reports.finance_pack import pack_bytes
from headgate.reports.pack_margins import MARGINS, REVENUE
from tests.oracles.slow_sheet import Sheets, differing, opened, rows
from tests.stories.book_builder import book
from tests.stories.money_book import money_billings, money_plan
from tests.stories.plans import planned
from tests.stories.report_book import FORMULA, TAG

SHEETS = ["Summary", "Checks", "Revenue by quarter x segment", "Margins", "Reconciliation",
          "Price walk", "Quarter end", "Systems", "Deferred", "Bridge", "Entries"]


@cache
def statement() -> hg.RevenueAnswer:
    """Of the story's plan, against one of a book with another price of support; with a deposit."""
    plan, other = money_plan(), money_plan("20.00")
    return hg.revenue(plan.book, plan, other, other.book, billings=money_billings())


@cache
def content(most: int = 100_000) -> bytes:
    return pack_bytes(statement(), most)


@cache
def demo() -> hg.RevenueAnswer:
    """Of a demo of 40 lines: foreign money, substitutes, freight, penalties, services."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        session.write_demo(Path(folder) / "book", 40, 4)
        read = session.read_book(Path(folder) / "book")
    return hg.revenue(read, session.plan(read, {"work": 10}), session.plan(read, "rank"))


# ------------------------------------------------------------------ formulas

@pytest.mark.parametrize("data", [
    pytest.param(content, id="story"), pytest.param(lambda: content(6), id="cut"),
    pytest.param(lambda: pack_bytes(demo()), id="demo")])
def test_every_formula_comes_to_the_value_that_is_stored(data):
    """A spreadsheet of our own calculates all of them; a viewer that does not shows the same."""
    made = data()
    assert differing(made) == []
    sheets = Sheets(opened(made))
    assert len(sheets.formulas()) > 500
    assert sheets.value("Checks", 3, 2) is True


def test_the_top_cell_reads_true_and_so_does_every_check():
    """One cell to look at, which holds when all do; each check shows both its sides."""
    book_of_checks = opened(content(), values=True)["Checks"]
    found = list(book_of_checks.iter_rows(min_row=6, values_only=True))
    assert book_of_checks["B3"].value is True
    assert len(found) == 22 and all(row[4] is True for row in found)
    assert found[0][1:4] == (9640.05, 9640.05, 0)
    summary = opened(content(), values=True)["Summary"]
    assert (summary["A7"].value, summary["B7"].value) == ("Checks", "all 22 checks hold")


def test_sums_are_formulas_over_the_entries():
    """No amount of these sheets is typed in; blue numbers stand only where headgate worked them
    out: steps of the walks, contents of systems, the other plan."""
    sheets = opened(content())
    assert sheets.sheetnames == SHEETS
    typed = {sheet.title: [cell.coordinate for row in sheet.iter_rows() for cell in row
                           if isinstance(cell.value, float)] for sheet in sheets}
    for name in ("Summary", REVENUE, MARGINS):
        assert typed[name] == []
    assert sheets[REVENUE]["C5"].value == (
        "=SUMIFS(entries_revenue,entries_quarter,C$4,entries_segment_no,$A5)")
    assert sheets["Reconciliation"]["C12"].value == "=-SUM(entries_variance)"


@pytest.mark.parametrize(("column", "broken"), [
    ("revenue", ["Revenue of the entries = as headgate tells it", "Revenue = price - late"]),
    ("variance", ["Cost = standard cost", "The walk from the plan's value ends"]),
    ("penalty", ["Revenue = price - late penalties", "The walk from the contracts' price"])])
def test_a_changed_entry_breaks_its_checks(column: str, broken: list[str]):
    """One cent more in one cell of the entries: the checks over it read FALSE, and so does the cell
    at the top."""
    sheets = Sheets(opened(content()))
    heads = [sheets.cells["Entries"][4, place] for place in range(1, 32)]
    place = heads.index(column) + 1
    sheets.set("Entries", 5, place, sheets.cells["Entries"][5, place] + 0.01)
    assert sheets.value("Checks", 3, 2) is False
    failed = [sheets.value("Checks", row, 1) for row in range(6, 27)
              if sheets.value("Checks", row, 5) is False]
    for words in broken:
        assert any(name.startswith(words) for name in failed), failed
    assert sheets.value("Summary", 7, 2).startswith("DOES NOT TIE: a check fails")


def test_a_moved_entry_breaks_no_total_but_its_quarter():
    """The rack of SO-4 is said to be of the second quarter, and not of the first: all totals are as
    they were, and the quarters are not those of the lines at their ends."""
    sheets = Sheets(opened(content()))
    at = next(row for (row, column), value in sheets.cells["Entries"].items()
              if column == 1 and value == "SO-4")
    sheets.set("Entries", at, 12, "FY27 Q2")
    failed = [sheets.value("Checks", row, 1) for row in range(6, 27)
              if sheets.value("Checks", row, 5) is False]
    assert "The lines at the end of each quarter = the entries of its last two weeks" in failed
    assert "Revenue of the entries = as headgate tells it" not in failed


# ------------------------------------------------------------------ numbers

def test_quarters_and_segments_are_those_of_the_statement():
    """`cloud` and `Cloud` are two segments, which a spreadsheet's own comparison takes for one:
    3990 in the first quarter, 4100 in the second."""
    found = rows(content(), REVENUE, "Revenue")
    own = {(row["segment"], row["quarter"]): row["revenue_cents"] / 100
           for row in statement().by("segment", "quarter").iter_rows(named=True)}
    for row in found[:4]:
        for quarter in (period.name for period in statement().revenue.quarters):
            assert row[quarter] == own.get((row["Revenue"], quarter), 0)
    assert {row["Revenue"]: row["All quarters"] for row in found[:5]} == {
        "Cloud": 4100, "cloud": 3990, "enterprise": 1200, "public": 350.05, "All segments": 9640.05}


def test_names_that_mislead_a_spreadsheet_have_their_own_sums():
    """007 and 7 are one number to SUMIFS, acme and ACME one text, and a name that begins with =
    is a comparison: each has its own revenue all the same."""
    found = {row["Customer"]: row["Revenue"] for row in rows(content(), MARGINS, "Customer")}
    own = dict(statement().by("customer").select("customer_id", "revenue_cents").iter_rows())
    assert {name: found[name] for name in ("007", "7", "acme", "ACME", TAG, FORMULA)} == {
        name: own[name] / 100 for name in own}
    assert (found["007"], found["7"], found[FORMULA]) == (140, 140, 70.05)


def test_a_chosen_quarter_is_followed_by_every_margin():
    """In the second quarter: a rack for 4100 and 20.76 of support."""
    sheets = Sheets(opened(content()))
    sheets.set(MARGINS, 4, 3, "FY27 Q2")
    at = next(row for (row, column), value in sorted(sheets.cells[MARGINS].items())
              if column == 2 and value == "All")
    assert [sheets.value(MARGINS, at, column) for column in (3, 4, 5)] == [
        1, 4120.76, pytest.approx(3503.83)]
    assert sheets.value("Checks", 3, 2) is True
    choices = opened(content())[MARGINS].data_validations.dataValidation
    assert [(choice.sqref.__str__(), choice.formula1) for choice in choices] == [
        ("C4", "quarters_and_all")]


def test_texts_dates_and_headings_are_what_they_seem():
    """Ids are texts, days are days, every heading of the data says what it means."""
    sheet = opened(content())["Entries"]
    assert sheet.freeze_panes == "C5" and sheet.auto_filter.ref.startswith("A4:")
    found = {row["order_id"]: row for row in rows(content(), "Entries", "order_id")}
    assert found["SO-4"]["recognised_on"] == datetime(2026, 5, 1)
    assert (found["SO-4"]["last_weeks"], found["SO-5"]["last_weeks"]) == (1, 0)
    assert found["SO-6"]["customer_id"] == FORMULA
    assert all(cell.comment is not None for cell in sheet[4])


def test_systems_deferred_and_bridge_are_there():
    """Two racks of 8090; a deposit of 5000 of which the second quarter releases 4100; and 41.30
    less for the servers than in the other plan, as much more for their support."""
    systems = {row["Class"]: row for row in rows(content(), "Systems", "Class")}
    assert (systems["rack"]["Pieces"], systems["rack"]["Revenue of a piece"]) == (2, 4045)
    assert systems["GPU server"]["All else"] == pytest.approx(1 / 3, abs=1e-6)
    second = rows(content(), "Deferred", "Currency")[1]
    assert (second["Opening"], second["Released"], second["Closing"]) == (5000, 4100, 900)
    bridge = rows(content(), "Bridge", "Revenue")
    assert (bridge[-1]["Price"], bridge[-1]["Services"]) == (-41.3, pytest.approx(41.3))


# ------------------------------------------------------------------ limits

def test_what_is_left_out_is_said_and_still_summed():
    """Of 19 entries at most 6 may stand alone: the racks and the servers, whose lines bring most.
    Support comes next and has thirteen entries, so it stands together with the CPU servers: a row
    for each quarter of support, and one for each of three customers, who have margins of their
    own."""
    made = content(6)
    found = rows(made, "Entries", "order_id")
    alone = [row for row in found if row["order_id"] != "all others"]
    assert [row["order_id"] for row in alone] == ["SO-1", "SO-4", "SO-5"]
    rest = [row for row in found if row["order_id"] == "all others"]
    assert len(rest) == 16 and sum(row["revenue"] for row in rest) == pytest.approx(600.05)
    words = [row[0] for row in opened(made, values=True)["Summary"].iter_rows(values_only=True)]
    assert any(str(word).startswith("Entries: 4 lines with the least revenue") for word in words)


def test_many_names_share_a_row(monkeypatch):
    """Two customers at most: the largest two alone, four together; sums are as they were."""
    monkeypatch.setattr(pack_entries, "MOST_NAMES", 2)
    made = pack_bytes(statement(), 3)
    found = rows(made, MARGINS, "Customer")
    assert [row["Customer"] for row in found[:4]] == ["ACME", TAG, "all others (4)", "All"]
    assert found[2]["Revenue"] == pytest.approx(1550.05)
    assert differing(made) == [] and Sheets(opened(made)).value("Checks", 3, 2) is True


def test_long_tables_are_cut_and_tie(monkeypatch):
    """Room for four rows in each: the rest of a bridge and of deferred revenue is summed."""
    monkeypatch.setattr(pack_walks, "MOST_ROWS", 4)
    made = pack_bytes(demo())
    assert differing(made) == [] and Sheets(opened(made)).value("Checks", 3, 2) is True
    words = [str(row[0]) for row in opened(made, values=True)["Summary"].iter_rows(
        values_only=True)]
    assert any(word.startswith("Bridge: ") and "all others" in word for word in words)
    many = pack_bytes(statement())
    assert differing(many) == []


def test_an_empty_statement_has_a_pack_too():
    """Nothing open, nothing planned: zeros that tie."""
    plan = planned(book([], [("server", 1, 0)]))
    made = pack_bytes(hg.revenue(plan.book, plan))
    assert differing(made) == []
    assert opened(made, values=True)["Checks"]["B3"].value is True


def test_the_same_statement_gives_the_same_bytes():
    """Twice written: the same content, whatever the clock says."""
    assert pack_bytes(statement()) == content()


# ------------------------------------------------------------------ files

def test_the_command_and_python_write_the_same_pack(run, tmp_path):
    """`--excel` of the sample book; an older pack is replaced, another workbook is not."""
    session.write_sample(tmp_path / "book")
    read = session.read_book(tmp_path / "book")
    session.plan(read).write(tmp_path / "plan")
    file = tmp_path / "pack.xlsx"
    call = ["revenue", tmp_path / "book", tmp_path / "plan", "--excel"]
    said = run(*call, file)
    assert said.code == exits.FINE and f"the Excel pack is in {file}" in " ".join(
        said.out.split())
    assert run(*call, file, "--json").json["excel"] == str(file)
    answer = hg.revenue(read, tmp_path / "plan")
    assert answer.excel(tmp_path / "other.xlsx").read_bytes() == file.read_bytes()
    assert answer.write(tmp_path / "tables") == tmp_path / "tables"
    refused = run(*call, tmp_path / "plan" / "plan.xlsx")
    assert refused.code == exits.WRONG_USE and "plan.report.occupied" in refused.err
    refused = run(*call, tmp_path / "pack.csv")
    assert refused.code == exits.WRONG_USE and "must end in .xlsx" in refused.err
    (tmp_path / "mine.xlsx").write_text("mine")
    with pytest.raises(IssuesError, match="holds something else"):
        answer.excel(tmp_path / "mine.xlsx")
    assert (tmp_path / "mine.xlsx").read_text() == "mine"


def test_every_dimension_of_a_statement_has_its_number():
    """A dimension that revenue can be told by stands in the sheet of margins, too."""
    heads = [cell.value for cell in opened(content())["Entries"][4]]
    assert {f"{name}_no" for name in DIMENSIONS} <= set(heads)
    blocks = {row[1].value for row in opened(content())[MARGINS].iter_rows()}
    assert {name.capitalize() for name in DIMENSIONS} <= blocks
