"""What every Excel pack has: a first sheet that says what is in it, and a sheet of checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from headgate.reports.pack import (
    CHECKS,
    FIRST_CHECK,
    HOLDS,
    SUMMARY,
    Amount,
    Check,
    Formula,
    Pack,
    Page,
    cell,
)


def opening(pack: Pack, title: str, figures: Mapping[str, Any]) -> Page:
    """The first sheet with its title, what the book is, and whether everything ties."""
    page = pack.pages[SUMMARY]
    page.title(title, "Blue: numbers as headgate worked them out. Black: formulas over them")
    page.widths(30, 18)
    for name, value in (
            ("As of", date.fromisoformat(figures["as_of"])), ("Money in", figures["currency"]),
            ("Fiscal year ends", figures["fiscal_year_end"])):
        page.row([name, value])
    told, broken = f"all {len(pack.checks)} checks hold", (
        f"DOES NOT TIE: a check fails; see the sheet {CHECKS}")
    page.row(["Checks", Formula(f'IF({HOLDS},"{told}","{broken}")',
                                told if all(check.holds for check in pack.checks) else broken,
                                "text")])
    page.skip()
    return page


def ending(pack: Pack, page: Page, contents: Mapping[str, str], words: Sequence[str]) -> None:
    """What each sheet holds, and what is said below it."""
    page.skip()
    page.heads(["Sheet", "What it holds"], (0, 1))
    for name in pack.pages:
        if name != SUMMARY:
            page.row([name, contents[name]])
    page.skip()
    for sentence in words:
        page.row([sentence])


def checks_page(pack: Pack) -> None:
    """Every check with both its sides; the cell at the top is TRUE when all of them are."""
    page = pack.pages[CHECKS]
    page.title("Checks", "TRUE in the cell below: everything in this workbook ties, to the cent")
    page.widths(92, 22, 22, 14, 12)
    page.next = 2
    last = FIRST_CHECK + len(pack.checks) - 1
    holds = all(check.holds for check in pack.checks)
    page.sheet.write_string(2, 0, "Everything ties", pack.style("text", "big"))
    page.sheet.write_formula(2, 1, f"=AND({cell(FIRST_CHECK, 4)}:{cell(last, 4)})",
                             pack.style("truth", "big"), holds)
    page.next = FIRST_CHECK - 1
    page.heads(["What must hold", "This", "That", "Difference", "Holds"])
    for check in pack.checks:
        page.row(_check_cells(check, page.next + 1))
    _colour_truths(pack, page, [(2, 1, 2, 1), (FIRST_CHECK, 4, last, 4)])


def _check_cells(check: Check, at: int) -> Sequence[Any]:
    if check.right is None:
        return [check.words, None, None, None, check.left]
    left, right = (side.cents if isinstance(side, Amount) else side.value
                   for side in (check.left, check.right))
    assert isinstance(left, int) and isinstance(right, int)
    return [check.words, check.left, check.right,
            Formula(f"ROUND(B{at}-C{at},2)", left - right),
            Formula(f"D{at}=0", check.holds, "truth")]


def _colour_truths(pack: Pack, page: Page, spans: Sequence[tuple[int, int, int, int]]) -> None:
    """TRUE on pale blue, FALSE on orange: the words say it, the colours help."""
    for value, ground, ink in (("TRUE", "#E3F0F8", "#00456D"), ("FALSE", "#E69F00", "#000000")):
        look = pack.workbook.add_format({"bg_color": ground, "font_color": ink, "bold": True})
        for span in spans:
            page.sheet.conditional_format(*span, {"type": "cell", "criteria": "==",
                                                  "value": value, "format": look})
