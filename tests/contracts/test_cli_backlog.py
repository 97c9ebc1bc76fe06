"""`headgate backlog`: what it answers, keeps and refuses, and by which exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

import headgate as hg
from headgate import session
from headgate.cli import exits
from headgate.finance import backlog
from headgate.finance.backlog import ALL_RECOGNISED, LATER_NEWS, OF_A_BOOK
from headgate.finance.rpo import WALK
from headgate.tables.backlog_schema import BACKLOG_TABLES
from tests.oracles.slow_sheet import Sheets, differing, opened


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a small book and its plan, and a demo of 60 lines; nobody writes in it."""
    folder = tmp_path_factory.mktemp("made")
    session.write_sample(folder / "book")
    session.plan(session.read_book(folder / "book")).write(folder / "plan")
    session.write_demo(folder / "demo", 60, 4)
    session.plan(session.read_book(folder / "demo"), {"work": 20}).write(folder / "demo-plan")
    return folder


def test_the_answer_is_the_same_in_words_as_json_and_in_python(run, made):
    """The five numbers of the terminal, of the document and of Python; each says what a book
    cannot know."""
    told = hg.backlog(hg.read_book(made / "demo"), made / "demo-plan")
    said = run("backlog", made / "demo", made / "demo-plan")
    assert said.code == exits.FINE and said.err == ""
    words = " ".join(said.out.split())
    for title in ("Order backlog, USD", "By segment", "Days since it was booked",
                  "When it is promised, by the plan", "On whom it hangs", "From order backlog to",
                  "checks tie to the cent", "nothing is assumed", OF_A_BOOK, ALL_RECOGNISED):
        assert title in words
    document = run("backlog", made / "demo", made / "demo-plan", "--json").json
    assert {name: document[name] for name in told.figures} == told.figures
    assert [row["step"] for row in document["rpo_walk"]] == [step.name for step in WALK]
    for by in ("total", "segment"):
        assert document["order_backlog_cents"] == sum(
            row["closing_cents"] for row in document["roll_forward"]
            if row["by"] == by and row["period"] == "FY27 Q1")
    assert document["ties_hold"] and "obligations" not in document


def test_it_works_without_a_plan(run, made):
    """The promises of the book say when; what needs a plan is not told."""
    said = run("backlog", made / "demo")
    assert said.code == exits.FINE
    assert "by the promises in the book" in said.out and "late penalties" not in said.out


@pytest.mark.parametrize("period", ["week", "month", "quarter", "year"])
def test_periods_and_levels_as_asked_for(run, made, period):
    """Two levels crossed and one alone, by any period: a table each, and of long ones no more rows
    than wanted; no line is wider than a hundred columns."""
    said = run("backlog", made / "demo", made / "demo-plan", "--by", "family,region", "--by",
               "line", "--period", period, "--lines", 2)
    assert said.code == exits.FINE
    assert "By family,region" in said.out and "By line" in said.out
    rows = said.out.split("By line on")[1].split("\n\n")[0].splitlines()[3:]
    assert sum(not row.startswith("and ") for row in rows) <= 2
    told = (OF_A_BOOK, ALL_RECOGNISED)
    assert max(len(line) for line in said.out.splitlines()
               if line not in told and "Perhaps ordered twice" not in line) <= 100


def test_from_and_to_take_days_and_periods(run, made):
    """From FY26 Q4 to the end of January: one quarter that opens with what was booked before, and
    whose closing is what a roll-forward of all time has there. A period that has begun ends with
    the book."""
    call = ["backlog", made / "demo", "--by", "total", "--json"]
    whole = run(*call).json["roll_forward"]
    one = run(*call, "--from", "FY26 Q4", "--to", "2026-01-30").json["roll_forward"]
    assert [row["period"] for row in one] == ["FY26 Q4"]
    assert one[0] == next(row for row in whole if row["period"] == "FY26 Q4")
    assert run(*call, "--to", "FY27 Q1").json["until"] == "2026-02-02"


def test_the_tables_are_kept_and_an_older_statement_is_replaced(run, made, tmp_path):
    """Every table in the columns declared, as CSV and as Parquet; anything else is not replaced."""
    out = tmp_path / "new" / "backlog"
    call = ["backlog", made / "demo", made / "demo-plan", "--out", out]
    for ending in ("csv", "parquet"):
        assert run(*call, "--format", ending).code == exits.FINE
        for table in BACKLOG_TABLES:
            file = out / f"{table.name}.{ending}"
            found = pl.read_csv(file) if ending == "csv" else pl.read_parquet(file)
            assert tuple(found.columns) == table.names, table.name
            keys = found.select(table.key)
            assert keys.n_unique() == keys.height, table.name
        assert len(list(out.iterdir())) == len(BACKLOG_TABLES) + 1
    figures = json.loads((out / "backlog.json").read_text(encoding="utf-8"))
    table = pl.read_parquet(out / "obligations.parquet")
    assert figures["rpo_cents"] == table["rpo_cents"].sum()
    other = run("backlog", made / "demo", "--out", made / "demo-plan")
    assert other.code == exits.WRONG_USE and "plan.folder.occupied" in other.err


def test_assumptions_billings_and_bill_and_hold_are_read(run, made, tmp_path):
    """A hazard of 1% a week leaves less; a deposit of a thousand is deferred revenue; a record
    without all four criteria changes nothing, and with them RPO."""
    files = {"a.toml": '[[cancellation.hazard]]\nweekly = 0.01\nfirm = true\n',
             "b.csv": "order_id,on,amount,refundable\nSO-4711,2026-01-15,1000.00,no\n",
             "h.csv": "order_id,line_no,quantity,on,substantive_reason,identified,ready\n"
                      "SO-4711,1,1,2026-02-01,yes,yes,YES\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    call = ["backlog", made / "book", made / "plan", "--assumptions", tmp_path / "a.toml",
            "--billings", tmp_path / "b.csv", "--bill-and-hold", tmp_path / "h.csv"]
    document = run(*call, "--json").json
    assert 0 < document["adjusted_cents"] < document["order_backlog_cents"]
    assert document["assumptions"]["cancellation"]["hazard"][0]["weekly"] == "0.01"
    assert document["deferred_revenue_cents"] == 100_000
    assert document["bill_and_hold"][0]["missing"] == "not_redirectable"
    (tmp_path / "h.csv").write_text(files["h.csv"].replace("ready\n", "ready,not_redirectable\n")
                                    .replace("YES\n", "YES,yes\n"))
    counted = run(*call, "--json").json
    assert counted["rpo_cents"] < document["rpo_cents"]
    assert "Under the assumptions given" in run(*call).out


@pytest.mark.parametrize(("option", "text", "codes"), [
    ("--assumptions", "[cancellation\n", ["assumptions.file.unreadable"]),
    ("--assumptions", "[cancellation]\nunpromised_weeks = 1000\nhazzard = 1\n",
     ["assumptions.cancellation.unpromised_weeks", "assumptions.cancellation.hazzard"]),
    ("--bill-and-hold", "order_id,line_no\nSO-1,1\n", ["bill_and_hold.column.missing"]),
    ("--bill-and-hold", "order_id,line_no,quantity,on,ready\n,x,0,2026,maybe\n",
     ["bill_and_hold.order_id.blank", "bill_and_hold.line_no.range",
      "bill_and_hold.quantity.range", "bill_and_hold.on.range", "bill_and_hold.ready.range"]),
    ("--bill-and-hold", "order_id,line_no,quantity,on\nSO-9,1,1,2026-01-01\n",
     ["bill_and_hold.line.unknown"]),
    ("--bill-and-hold", "order_id,line_no,quantity,on,redy,note\nSO-1,1,1,2026-01-01,yes,x\n",
     ["bill_and_hold.column.unknown"]),
    ("--bill-and-hold", "order_id,line_no\n\"SO", ["bill_and_hold.file.cut"]),
    ("--billings", "order_id,on,amount,refundable\nSO-1,2026-01-15,1,perhaps\n",
     ["billings.refundable.range"]),
    ("--billings", "order_id,on,amount,currency\nSO-1,2026-01-15,1,\nSO-1,2026-01-15,1,JPY\n",
     ["billings.currency.unknown"]),
])
def test_faults_of_a_file_are_told_together(run, made, tmp_path, option, text, codes):
    """Every fault with its row, and nothing is worked out."""
    file = tmp_path / "file"
    file.write_text(text)
    said = run("backlog", made / "book", option, file)
    assert said.code == exits.FAULTY_BOOK and said.out == ""
    for code in codes:
        assert f"[{code}]" in said.err


def test_what_does_not_fit_the_book_is_told_of_the_file_as_it_is_written(run, made, tmp_path):
    """Held before the order was booked: the answer names the file, its line and its column `on`."""
    file = tmp_path / "held.csv"
    file.write_text("order_id,line_no,quantity,on\n\nSO-4711,1,1,2001-01-01\n")
    said = run("backlog", made / "book", "--bill-and-hold", file)
    assert said.code == exits.FAULTY_BOOK and str(file) in said.err
    assert "row 3  on = 2001-01-01" in said.err


@pytest.mark.parametrize(("words", "code"), [
    (["--by", "colour"], exits.FAULTY_BOOK), (["--period", "day"], exits.WRONG_USE),
    (["--from", "yesterday"], exits.FAULTY_BOOK), (["--to", "FY28"], exits.FAULTY_BOOK),
    (["--from", "2026-02-01", "--to", "2026-01-01"], exits.FAULTY_BOOK),
    (["--top", "0"], exits.WRONG_USE), (["--assumptions", "nowhere.toml"], exits.WRONG_USE),
    (["--billings", "nowhere.csv"], exits.WRONG_USE), (["nowhere"], exits.WRONG_USE)])
def test_what_does_not_fit_is_refused(run, made, words, code):
    """A line or a few, the exit code, and no trace."""
    said = run("backlog", made / "book", *words)
    assert said.code == code and said.out == "" and "Traceback" not in said.err


# ------------------------------------------------------------------ a store, and what was known

@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """The ledger of a demo of 100 lines: FY26 Q4 is closed on 1 February, and six shipments of its
    last days are told on the 2nd. Nobody writes in it."""
    folder = tmp_path_factory.mktemp("store")
    session.write_demo(folder / "book", 100, 1)
    session.write_demo_ledger(folder / "ledger.db", session.read_book(folder / "book").tables, 1)
    return folder / "ledger.db"


LAST_DAY = ("--as-of", "2026-01-30", "--from", "FY26 Q4")


def test_the_last_day_of_a_closed_quarter_ties_after_late_news(run, store, tmp_path):
    """What was reported closes the roll-forward; with what became known later it is the order
    backlog that the walk begins with, to the cent, in words, as JSON and in the Excel pack."""
    said = run("backlog", store, *LAST_DAY, "--excel", tmp_path / "pack.xlsx")
    assert said.code == exits.FINE
    assert "± known later" in said.out and "known now" in said.out and "DOES NOT" not in said.out
    assert LATER_NEWS in " ".join(said.out.split())
    document = run("backlog", store, *LAST_DAY, "--json").json
    closing = next(row["closing_cents"] for row in document["roll_forward"]
                   if row["by"] == "total")
    assert document["ok"] and document["ties_hold"] and document["known_later_cents"] != 0
    assert closing + document["known_later_cents"] == document["order_backlog_cents"]
    pack = (tmp_path / "pack.xlsx").read_bytes()
    assert differing(pack) == [] and Sheets(opened(pack)).value("Checks", 3, 2) is True


def test_the_quarter_end_as_it_was_reported_is_printed_again(run, store):
    """Before the news came nothing was known later: the closing is the order backlog, and fewer
    pieces were on their way than is known now. A plan and a folder have no such time."""
    then = run("backlog", store, *LAST_DAY, "--recorded-by", "2026-02-02T12:00", "--json").json
    now = run("backlog", store, *LAST_DAY, "--json").json
    closings = {row["closing_cents"] for told in (then, now) for row in told["roll_forward"]
                if row["by"] == "total"}
    assert closings == {then["order_backlog_cents"]}
    assert then["known_later"] == [] and then["order_backlog_cents"] != now["order_backlog_cents"]
    walks = [{row["step"]: row["cents"] for row in told["rpo_walk"]} for told in (then, now)]
    assert walks[0]["in_transit"] < walks[1]["in_transit"]
    assert run("backlog", store, "--recorded-by", "2020-01-01").code == exits.WRONG_USE
    for call in ((store.parent / "book",), (store, "latest")):
        assert run("backlog", *call, "--recorded-by", "2026-02-02").code == exits.WRONG_USE


def test_shipped_is_one_number_in_every_table(run, store, tmp_path):
    """A piece leaves on 31 January and comes back on 2 February: shipped and returned of all lines
    are the columns' sums by region, as shown, to a tenth of a million for each row."""
    own = shutil.copy(store, tmp_path / "own.db")
    orders = session.read_book(store.parent / "book").tables.frames["orders"]
    line = orders.filter((pl.col("quantity") - pl.col("shipped_quantity") >= 8)
                         & (pl.col("lot_size").is_in([1, 2, 4, 8]))).row(0, named=True)
    for kind, day in (("order_shipped", "2026-01-31"), ("order_returned", "2026-02-02")):
        assert run("record", own, "--kind", kind, "--key", f"{line['order_id']}/{line['line_no']}",
                   "--on", day, "--set", "quantity=8").code == exits.FINE
    said = run("backlog", own, "--from", "FY27 Q1", "--by", "region", "--lines", 20).out
    whole = {words[1]: amounts([words[-1]])[0] for words in map(str.split, said.split("By region")[
        0].splitlines()) if words[:1] in (["-"], ["+"])}
    heads, _, *rows = said.split("By region, FY27 Q1")[1].split("\n\n")[0].splitlines()[1:]
    assert {"shipped", "returned"} < whole.keys() & {*heads.split()} and whole["returned"] > 0
    for name in ("shipped", "returned"):
        place = heads.split().index(name)
        shown = [row.split()[place] for row in rows]
        assert abs(sum(amounts(shown)) - whole[name]) <= 0.1 * len(rows), name


def amounts(texts: list[str]) -> list[float]:
    """What amounts say: in parentheses below 0, a dash for 0."""
    return [0.0 if text == "-" else float(text.strip("()").replace(",", "")) * (
        -1 if text.startswith("(") else 1) for text in texts]


def test_numbers_that_do_not_tie_end_with_no(run, store, monkeypatch, tmp_path):
    """If late news were lost, the closing would not be the order backlog: the answer says so, and
    so does its exit code, its JSON and the first sheet of its pack."""
    lost = backlog.known_later
    monkeypatch.setattr(backlog, "known_later", lambda *told: lost(*told).clear())
    said = run("backlog", store, *LAST_DAY, "--excel", tmp_path / "pack.xlsx")
    assert said.code == exits.SAYS_NO and "DOES NOT TIE: closing of the roll-forward" in said.out
    assert run("backlog", store, *LAST_DAY, "--json").json["ok"] is False
    summary = opened((tmp_path / "pack.xlsx").read_bytes(), values=True)["Summary"]
    assert summary["B7"].value.startswith("DOES NOT TIE")
