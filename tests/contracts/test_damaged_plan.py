"""A plan folder that is not as it was written: no command answers from it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from headgate import session
from headgate.cli import exits


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with the sample book, its plan and a re-plan of it; nobody writes in it."""
    folder = tmp_path_factory.mktemp("made")
    session.write_sample(folder / "book")
    book = session.read_book(folder / "book")
    session.plan(book).write(folder / "plan", excel=False)
    session.replan(book, folder / "plan").write(folder / "again", excel=False)
    return folder


@pytest.fixture
def plan(made, tmp_path) -> Path:
    """The plan, of one's own."""
    return Path(shutil.copytree(made / "plan", tmp_path / "plan"))


READERS = {
    "why": ("why", "BOOK", "PLAN", "SO-1/1"),
    "why of all lines": ("why", "BOOK", "PLAN", "--all"),
    "quote": ("quote", "BOOK", "PLAN", "--item", "any", "--quantity", "1", "--region", "any"),
    "where-used": ("where-used", "BOOK", "PLAN", "any"),
    "actions": ("actions", "BOOK", "PLAN"),
    "actions since": ("actions", "BOOK", "WHOLE", "--from", "PLAN"),
    "revenue": ("revenue", "BOOK", "PLAN"),
    "report": ("report", "BOOK", "PLAN", "--out", "page.html"),
    "replan": ("replan", "BOOK", "--from", "PLAN", "--out", "new"),
    "plan from a start": ("plan", "BOOK", "--start", "PLAN", "--out", "new"),
    "compare": ("compare", "WHOLE", "PLAN"),
}


@pytest.mark.parametrize("command", ["check", "why"])
def test_a_summary_that_was_cut_off_is_told_to_be_so(run, made, plan, command):
    """In the middle of a text: what a parser calls an unterminated string is a damaged file, which
    a copy brings back. In the middle of nothing it is the same."""
    summary = plan / "summary.json"
    whole = summary.read_text(encoding="utf-8")
    for cut in (whole.index('"book_digest"') + 3, 0):
        summary.write_text(whole[:cut], encoding="utf-8")
        said = run(command, made / "book", plan, *(["SO-1/1"] if command == "why" else []))
        assert said.code == (exits.SAYS_NO if command == "check" else exits.FAULTY_BOOK)
        told = said.out + said.err
        assert "is cut off or damaged" in told
        assert "bring it back from a copy, or plan again" in told
        assert "Unterminated" not in told and "Expecting" not in told


@pytest.mark.parametrize("reader", READERS)
def test_half_a_table_is_refused_by_every_reader(run, made, plan, tmp_path, monkeypatch,
                                                  reader: str):
    """A copy broke off in the middle of allocations.csv: exit 3, the file and the remedy named,
    nothing answered and nothing written."""
    table = plan / "allocations.csv"
    rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(rows) > 2
    table.write_text("".join(rows[:len(rows) // 2]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    places = {"BOOK": made / "book", "PLAN": plan, "WHOLE": made / "plan"}
    said = run(*(places.get(word, word) for word in READERS[reader]))
    assert said.code == exits.FAULTY_BOOK, said
    assert said.out == "" and "allocations.csv" in said.err
    assert "[plan.file.changed]" in said.err and "plan again" in said.err
    assert not (tmp_path / "page.html").exists() and not (tmp_path / "new").exists()


def test_every_file_that_differs_is_named_at_once(run, made, plan):
    """Two tables with a blank line more, and a figure of the summary that is one higher."""
    for name in ("promises.csv", "pegging.csv"):
        with (plan / name).open("a", encoding="utf-8") as stream:
            stream.write("\n")
    summary = json.loads((plan / "summary.json").read_text(encoding="utf-8"))
    summary["units"]["promised"] += 1
    (plan / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    said = run("where-used", made / "book", plan, "any", "--json")
    assert said.code == exits.FAULTY_BOOK
    assert {issue["file"] for issue in said.json["issues"]} == {
        "summary.json", "promises.csv", "pegging.csv"}


def test_a_table_of_moves_that_is_gone_is_missed(run, made, tmp_path):
    """Plans have no moves and re-plans do: of a re-plan the table must be there."""
    again = Path(shutil.copytree(made / "again", tmp_path / "again"))
    (again / "moves.csv").unlink()
    said = run("where-used", made / "book", again, "any")
    assert said.code == exits.FAULTY_BOOK and "moves.csv or .parquet" in said.err


def test_what_is_not_read_may_be_changed(run, made, plan):
    """The workbook is for people, who may write in it: no command reads it back."""
    (plan / "plan.xlsx").write_bytes(b"a note")
    assert "[plan.file" not in run("where-used", made / "book", plan, "any").err
