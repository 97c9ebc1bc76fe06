"""The Excel pack of a backlog: from opening to closing, its ages, what it becomes, what binds."""

from __future__ import annotations

from datetime import date

from headgate.finance.backlog import Backlog
from headgate.reports.finance_words import RPO_WORDS, capital
from headgate.reports.numbers import count_of
from headgate.reports.pack import CHECKS, SUMMARY, Formula, Pack
from headgate.reports.pack_backlog import ROLLED, roll_page, told_of
from headgate.reports.pack_entries import MOST_ENTRIES, MOST_NAMES, OTHERS
from headgate.reports.pack_firm import (
    AGES,
    OBLIGATIONS_SHEET,
    RECONCILED,
    SCHEDULE,
    ages_page,
    obligations_page,
    reconciliation_page,
    schedule_page,
    tie_checks,
)
from headgate.reports.pack_frame import checks_page, ending, opening
from headgate.reports.pack_outlook import (
    CANCELLED,
    CONVERSION,
    CUSTOMERS,
    cancellation_page,
    conversion_page,
    customers_page,
)

CONTENTS = {
    CHECKS: "everything that must tie; its top cell is TRUE when all of it does",
    ROLLED: "from opening to closing, period by period, and its data",
    AGES: "days since the booking, past the requested date and past the promise, and their data",
    CONVERSION: "the backlog by the fiscal quarter of its promise, and of its shipment",
    CUSTOMERS: "the customers with the largest backlog",
    CANCELLED: "what is left by the assumptions about cancellations, and what may be ordered twice",
    RECONCILED: "from order backlog to firm backlog, RPO and deferred revenue, with the paragraphs",
    SCHEDULE: "RPO by the fiscal quarter in which the plan recognises it",
    OBLIGATIONS_SHEET: "the data: each order line and each service line",
}
"""The sheets after the first, and what each holds."""


def backlog_pack_bytes(made: Backlog, most: int = MOST_ENTRIES) -> bytes:
    """
    The content of an .xlsx file; the same backlog gives the same bytes.

    What is told apart is the first level that was asked for.
    most : most order lines and service lines with a row of their own
    """
    scheduled = not made.parts["rpo_schedule"].is_empty()
    names = [SUMMARY, *(name for name in CONTENTS if name != SCHEDULE or scheduled)]
    figures = made.figures
    pack = Pack.begin(names, f"Order backlog of {figures['book_name']}",
                      date.fromisoformat(figures["as_of"]))
    told = told_of(made)
    closing, rolled = roll_page(pack, made, told)
    left_out = {ROLLED: rolled, AGES: ages_page(pack, made, told)}
    conversion_page(pack, made)
    customers_page(pack, made)
    left_out[CANCELLED] = cancellation_page(pack, made, told)
    numbers = reconciliation_page(pack, made)
    if figures["until"] == figures["as_of"]:
        later = made.later_cents
        cents = made.roll_forward.closing_cents + (later or 0)
        news = "" if later is None else " + what became known later"
        pack.same(f"Closing of the roll-forward{news} = order backlog of the reconciliation",
                  Formula(closing, cents), Formula(*numbers["order_backlog"]))
    if scheduled:
        schedule_page(pack, made)
    left_out[OBLIGATIONS_SHEET] = obligations_page(pack, made, most)
    tie_checks(pack, made.ties.to_dicts())
    page = opening(pack, f"Order backlog of {figures['book_name']}", figures)
    page.heads(["Number", "Amount"])
    for step, (place, cents) in numbers.items():
        page.row([capital(RPO_WORDS[step]), Formula(place, cents)])
    words = [f"{name}: {count_of(count, 'row')} together as '{OTHERS}'; headgate backlog --out "
             "writes them all." for name, count in left_out.items() if count]
    if told.others:
        words.append(f"By {told.by}: the {MOST_NAMES} with the largest backlog stand alone, "
                     f"{told.others:,} more together.")
    ending(pack, page, CONTENTS, [*words, *figures["notes"]])
    checks_page(pack)
    return pack.finish()
