"""`headgate backlog`: what it answers, keeps and refuses, and by which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import headgate as hg
from headgate import session
from headgate.cli import exits
from headgate.finance.backlog import ALL_RECOGNISED, OF_A_BOOK
from headgate.finance.rpo import WALK
from headgate.tables.backlog_schema import BACKLOG_TABLES


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
    ("--bill-and-hold", "order_id,line_no\n\"SO", ["bill_and_hold.file.unreadable"]),
    ("--billings", "order_id,on,amount,refundable\nSO-1,2026-01-15,1,perhaps\n",
     ["billings.refundable.range"]),
])
def test_faults_of_a_file_are_told_together(run, made, tmp_path, option, text, codes):
    """Every fault with its row, and nothing is worked out."""
    file = tmp_path / "file"
    file.write_text(text)
    said = run("backlog", made / "book", option, file)
    assert said.code == exits.FAULTY_BOOK and said.out == ""
    for code in codes:
        assert f"[{code}]" in said.err


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
