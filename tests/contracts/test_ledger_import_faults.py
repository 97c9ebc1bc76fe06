"""A book that cannot be imported: at which row of the book it fails, and what to do."""

from __future__ import annotations

import pytest

from headgate import session
from headgate.cli import exits

LINE = "SO-4711/1"


@pytest.fixture
def book(tmp_path):
    """The sample book, of 2026-02-02."""
    session.write_sample(tmp_path / "book")
    return tmp_path / "book"


@pytest.fixture
def store(run, tmp_path, book) -> str:
    """A store that holds it."""
    place = str(tmp_path / "store.db")
    assert run("init", place).code == exits.FINE
    assert run("import", place, book, "--by", "ana").code == exits.FINE
    return place


def test_a_shipment_after_the_day_of_the_book_is_named(run, store, book):
    """A piece leaves on the tenth and is recorded; on the eleventh somebody imports the book of the
    second, in which it is still there. On the second there is nothing to come back: the order line,
    its row, the shipment and its day are named, and what to do. With the day it can be done."""
    assert run("record", store, "--kind", "order_shipped", "--key", LINE, "--set", "quantity=1",
               "--on", "2026-02-10").code == exits.FINE
    said = run("import", store, book, "--json")
    assert said.code == exits.FAULTY_BOOK
    issue, = said.json["issues"]
    assert (issue["file"], issue["row"], issue["column"], issue["value"], issue["code"]) == (
        "orders.csv", 2, "order_returned", LINE, "ledger.more_than_shipped")
    for words in ("as of 2026-02-02", "order_shipped on 2026-02-10 (event ",
                  "import a book of 2026-02-10 or later", "--on 2026-02-10"):
        assert words in issue["expected"], issue["expected"]
    assert run("import", store, book, "--on", "2026-02-10").code == exits.FINE
    assert run("verify", store).code == exits.FINE
