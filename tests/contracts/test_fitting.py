"""Tables of the terminal: columns share the room, and no word and no number is broken."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from headgate.cli import exits
from headgate.cli.showing import grid

ROWS = [("FY27 Q1", "together, before the ledger", "$1,234.56", "2,297,500"),
        ("FY27 Q2", "planned", "-$9.99", "8")]
HEADINGS = ("quarter", "what is told", "late penalties", "pieces")


def drawn(width: int) -> list[str]:
    """The lines of the table in a terminal of so many columns, without its title."""
    out = StringIO()
    Console(file=out, width=width).print(grid("Title", HEADINGS, ROWS, left=2), crop=False)
    return out.getvalue().splitlines()[2:]


@pytest.mark.parametrize("width", range(20, 81))
def test_no_word_and_no_number_is_broken_at_any_width(width):
    """Every word of headings and cells stands in one piece. The widest words are `quarter`,
    `together,`, `penalties` and `2,297,500`: 7 + 9 + 9 + 9 = 34, with a blank between 37. From
    there on the table is as narrow as the terminal."""
    lines = drawn(width)
    words = {word for row in (HEADINGS, *ROWS) for cell in row for word in cell.split()}
    assert words <= {word for line in lines for word in line.split()}
    assert max(map(len, lines)) <= max(width, 37)


def test_a_table_that_fits_has_a_line_for_each_row():
    """With room for all nothing is folded, and three blanks stand between columns."""
    lines = drawn(100)
    assert len(lines) == 4
    assert lines[3].startswith("FY27 Q2   planned   ")


def test_the_data_of_an_event_are_cut_and_folded_at_blanks(run, store):
    """A kind, a key and an amount are read in one piece, however narrow the terminal."""
    said = run("record", store, "--kind", "order_invoiced", "--key", "SO-4711/1", "--set",
               "amount=3320000.00", "--on", "2026-02-03")
    assert said.code == exits.FINE, said.err
    words = run("events", store, "--lines", 1).out.split()
    assert {"order_invoiced", "SO-4711/1", '{"amount_cents":', "332000000}"} <= set(words)
