"""What is wrong with a command's paths is told before a book is read, by every command alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate import session
from headgate.cli import exits


@pytest.fixture(scope="module")
def faulty(tmp_path_factory) -> Path:
    """The sample book with an order line of no piece."""
    folder = tmp_path_factory.mktemp("faulty") / "book"
    session.write_sample(folder)
    orders = folder / "orders.csv"
    header, *rows = orders.read_text(encoding="utf-8").splitlines()
    at = header.split(",").index("quantity")
    cells = rows[0].split(",")
    rows[0] = ",".join([*cells[:at], "-4", *cells[at + 1:]])
    orders.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("words", [
    ("check",), ("why", "SO-4711/1"), ("actions",), ("backlog",), ("revenue",), ("publish",),
    ("report", "--out", "r.html"), ("where-used", "PO-4711-10"),
    ("quote", "--item", "xe-b300", "--quantity", "1", "--region", "AMER")],
    ids=lambda words: words[0])
def test_a_plan_that_is_not_there_is_told_before_the_faults_of_the_book(run, faulty, words):
    """Nobody waits for a book to be read to hear of a slip in a path, and a script that sees one
    fault sees the same one whatever it asks."""
    command, *rest = words
    said = run(command, faulty, "xp", *rest)
    assert said.code == exits.WRONG_USE
    assert "there is no plan at xp" in said.err and "quantity" not in said.err


@pytest.mark.parametrize("words", [("revenue",), ("report", "--out", "r.html")],
                         ids=lambda words: words[0])
def test_another_plan_that_is_not_there_is_told_before_them_too(run, faulty, tmp_path, words):
    """The plan exists, the one that it is to be compared with does not."""
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "summary.json").write_text("{}", encoding="utf-8")
    command, *rest = words
    said = run(command, faulty, tmp_path / "plan", *rest, "--compare", "xp")
    assert said.code == exits.WRONG_USE
    assert "there is no plan at xp" in said.err and "quantity" not in said.err
