"""A CSV file that was cut inside its last cell still reads as a table: its open end is told."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import headgate as hg
from headgate import session
from headgate.base.issue import IssueWarning
from headgate.cli import exits
from tests.contracts.said import Said

CUT = "may be cut off here"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Path]:
    """The sample book and its plan by rank."""
    folder = tmp_path_factory.mktemp("open")
    session.write_sample(folder / "book")
    session.plan(session.read_book(folder / "book"), "rank").write(folder / "plan", excel=False)
    return folder / "book", folder / "plan"


def told(said: Said) -> list[tuple[str, int, str, str]]:
    """Code, row, column and value of each warning of a document."""
    return [(issue["code"], issue["row"], issue["column"], issue["value"])
            for issue in said.json["issues"]]


def test_billings_that_end_in_a_cell_are_taken_with_a_warning(run, made, tmp_path):
    """1000.00 loses three letters and is 1000, which is an amount, too: row 3, amount. With its
    line end nothing is said; a blank line after it changes nothing."""
    file = tmp_path / "b.csv"
    text = "order_id,on,amount\nSO-4711,2026-01-15,1.00\nSO-4711,2026-01-16,1000.00\n"
    file.write_text(text[:-4])
    call = ("backlog", *made, "--billings", file)
    said = run(*call)
    assert said.code == exits.FINE
    assert f"1 warning in {file}" in said.err and CUT in said.err
    assert told(run(*call, "--json")) == [("billings.file.open_end", 3, "amount", "1000")]
    for whole in (text, text + "\n", text.replace("\n", "\r\n")):
        file.write_text(whole, newline="")
        assert CUT not in run(*call).err


def test_what_is_billed_and_held_is_told_to_end_open(run, made, tmp_path):
    """A yes that lost its end is a fault; `no` after the cut of `no,yes` is none, and is told."""
    file = tmp_path / "h.csv"
    file.write_text("order_id,line_no,quantity,on,substantive_reason,identified,ready\n"
                    "SO-4711,1,1,2026-02-01,yes,no")
    said = run("backlog", *made, "--bill-and-hold", file)
    assert said.code == exits.FINE
    assert "row 2  identified = no" in said.err and CUT in said.err


def test_events_of_a_table_that_ends_open_are_recorded_with_a_warning(run, store, tmp_path):
    """12 pieces that became 1: `--dry-run` says so before anything is recorded."""
    file = tmp_path / "e.csv"
    file.write_text("kind,key,idempotency_key,quantity\norder_shipped,SO-4711/1,D-1,1")
    said = run("record", store, file, "--on", "2026-02-03", "--dry-run", "--json")
    assert said.code == exits.FINE
    assert told(said) == [("record.file.open_end", 2, "quantity", "1")]


def test_requests_and_histories_that_end_open_are_told(run, made, tmp_path):
    """A request for 2 pieces may have been for 20. A history's last cell is that of its row 3."""
    asked = tmp_path / "asked.csv"
    with (made[0] / "orders.csv").open(newline="") as stream:
        order = next(csv.DictReader(stream))
    asked.write_text(f"item_id,region,quantity\n{order['item_id']},{order['region']},2")
    said = run("quote", *made, "--file", asked)
    assert said.code == exits.FINE
    assert "row 2  quantity = 2" in said.err and CUT in said.err
    with pytest.warns(IssueWarning, match="quantity = 2"):
        session.read_requests(asked, hg.read_book(made[0]))
    history = tmp_path / "history.csv"
    carried = Path(session.__file__).parents[1] / "files" / "data" / "ai_backlog_history.csv"
    history.write_bytes(carried.read_bytes().rstrip(b"\r\n"))
    assert CUT in run("history", "--data", history).err


def test_every_table_that_headgate_writes_ends_its_last_row(run, made, tmp_path):
    """The sample, its plan, a backlog, a revenue statement, actions and quotes."""
    assert run("backlog", *made, "--out", tmp_path / "backlog").code == exits.FINE
    assert run("revenue", *made, "--out", tmp_path / "revenue").code == exits.FINE
    assert run("actions", *made, "--out", tmp_path / "actions.csv").code == exits.FINE
    files = [file for folder in (*made, tmp_path) for file in folder.rglob("*.csv")]
    assert len(files) > 30
    assert [file for file in files if not file.read_bytes().endswith(b"\n")] == []
