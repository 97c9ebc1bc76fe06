"""The notes of a demo book: what it is, what it was calibrated to, what is made up."""

from __future__ import annotations

from headgate.demo.backlog import BACKLOG_DOLLARS, BACKLOG_LINES, CUSTOMERS
from headgate.demo.calibration import GPUS_ASKED_FOR, Calibration, facts, number_words

_HEAD = """\
# A synthetic backlog

**Nothing in this book is real.** No order, customer, supplier, price or date in it belongs to any
company. A generator made it (`headgate demo --lines {lines} --seed {seed}`) to look like the
backlog of a large, unnamed maker of AI servers in early February 2026: few giant orders for
liquid-cooled racks, thousands of small ones for servers, several GPU generations at once, and not
enough GPUs, memory and test hours for all of them.

## What it was calibrated to
Totals and ratios follow public figures, mostly of Dell Technologies, whose AI backlog is the best
documented. Sources differ in quality and sometimes disagree; each line says how good its source
is. `reached` is what this very book holds.

"""

_TAIL = """
## What is made up, without a source
- Who buys: the shares of the five segments and of the regions, the sizes of single orders, the
  spread of requested dates, priorities, penalties, lots, windows and currencies.
- Costs of everything but GPUs, and GPU prices of the B300, MI355X and RTX PRO 6000 classes. A
  memory module costs more than three times what it did in 2023. Rates of exchange are round
  figures. What hardware and services cost when sold alone, and what services cost their maker.
- The five sites, what each of them builds, lanes, freight, transit days, hours, holidays, lead
  days, and who supplies what. The engineering changes of 6 April and 1 June 2026.
- Quantities and dates of supply. Only two sums follow figures: what GPUs come in the quarter and
  in the year. Which products are short in which weeks is a choice, so that a plan has to choose.
- The restrictions stand for export control and missing certificates; they copy no rule in force.

## How it grows
The default book has {default_lines:,} lines, {customers:,} customers and ${dollars} billion. Other
sizes keep prices, the mix of products and the pieces on a line: backlog, customers, supply and
hours all grow in proportion to the lines. Small books are coarse: in a book of 100 lines one order
of racks is a third of the dollars, and some targets hold from 1,000 or 10,000 lines on.

## How hard it is
Strict ranking promises about half of the lines and of the dollars by the requested week; about one
dollar in six finds no GPU within the year unless forecast receipts count. Lines that ship complete
and lines with penalties, lots, windows, restrictions, reserved receipts, substitutes, accepted
successors, stock at every level and two engineering changes are all there. Quotas, ship sets and
frozen lines are not.
"""


def notes_of(calibration: tuple[Calibration, ...], lines: int, seed: int) -> str:
    """The notes as Markdown."""
    statements = [f"- {fact.figure}: {fact.quality}, {fact.date}, <{fact.source_url}>"
                  for fact in facts().values() if fact.value is None]
    return (_HEAD.format(lines=lines, seed=seed) + calibration_table(calibration)
            + "\nStatements without a figure that shaped it:\n\n" + "\n".join(statements) + "\n"
            + _TAIL.format(default_lines=BACKLOG_LINES, customers=CUSTOMERS,
                           dollars=BACKLOG_DOLLARS // 10**9))


def calibration_table(calibration: tuple[Calibration, ...]) -> str:
    """Every figure with target, what was reached, and where it comes from, as Markdown."""
    rows = [f"| {row.figure}{_note(row)} | {row.unit} | {row.target} | "
            f"{number_words(row.reached)} | {row.quality} | "
            f"{' '.join(f'<{url}>' for url in row.source.split(' ; ') if url)} |\n"
            for row in calibration]
    return ("| figure | unit | target | reached | quality of the source | source |\n"
            "|---|---|---|---|---|---|\n" + "".join(rows))


def headline_of(calibration: tuple[Calibration, ...], lines: int) -> str:
    """What the book is, in a few sentences for a terminal."""
    reached = {row.figure: row.reached for row in calibration}
    return (f"A synthetic backlog: nothing in it is real. {lines:,} order lines of "
            f"{number_words(reached['customers with open orders'])} customers at an unnamed maker "
            f"of AI servers in February 2026, worth ${reached['order backlog'] / 1000:,.1f} "
            "billion. Totals, prices and lead times follow public figures, most of them about Dell "
            f"Technologies; {number_words(reached[GPUS_ASKED_FOR])} GPUs are asked for, for each "
            "one committed. README.md in the book's folder names every figure, its source and the "
            "source's quality, and what is made up.")


def _note(row: Calibration) -> str:
    late = f"; holds from {row.from_lines:,} lines on" if row.from_lines > 100 else ""
    return f" ({row.note}{late})" if row.note else f" ({late[2:]})" if late else ""
