"""The backlog of a book: from opening to closing, how old it is, what binds, what it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from headgate.base.issue import Issue, IssuesError

if TYPE_CHECKING:
    from headgate.base.periods import PeriodKind
    from headgate.book import Book
    from headgate.finance.assumptions import Assumptions
    from headgate.finance.backlog import Backlog
    from headgate.finance.past import Past
    from headgate.session.backlog_answer import BacklogAnswer
    from headgate.session.journals import Beside, Journals
    from headgate.session.planning import Plan

Day = date | str | None


def backlog(book: Book, plan: Plan | str | Path | None = None, *,
            by: Sequence[str] = ("segment",), period: PeriodKind = "quarter", first: Day = None,
            until: Day = None, top: int = 10,
            assumptions: Mapping[str, Any] | str | Path | None = None,
            billings: pl.DataFrame | str | Path | None = None,
            bill_and_hold: pl.DataFrame | str | Path | None = None, stated_prices: bool = False,
            movements: pl.DataFrame | None = None,
            progress: pl.DataFrame | None = None, past: Past | None = None,
            rates: pl.DataFrame | None = None) -> BacklogAnswer:
    """
    The order backlog of a book: roll-forward, ages, conversion, RPO and deferred revenue.

    plan          : a plan, or its folder: when the backlog ships, and late penalties
    by            : what is told apart beside the total: line, customer, segment, region, item,
                    family, site, or several of these with commas between them
    period        : week, month, quarter or year of the roll-forward
    first, until  : days, or names of periods; default: the first movement, and as_of of the book
    top           : customers with a row of their own
    assumptions   : about cancellations: a TOML file, or what one holds. None: nothing is assumed
    billings      : what was invoiced and paid so far: a .csv file, or a frame with the columns of
                    `headgate.finance.billed.BILLINGS`
    bill_and_hold : what is billed and held: a .csv file, or a frame with the columns of
                    `headgate.finance.bill_and_hold.HELD`
    stated_prices : prices as stated stand for standalone prices that are missing
    movements     : of a ledger, with the columns of `headgate.finance.movements.MOVEMENTS`. None:
                    those of the book: each line booked on booked_on, what is shipped at as_of
    progress      : of a ledger, with the columns of `headgate.tables.progress_schema.PROGRESS`
    past          : of a ledger, the lines and services that have left the book
    rates         : of a ledger, with which periods were closed: the columns of the table rates.
                    None: the roll-forward is valued with those of the book
    raises IssuesError : what was given cannot be used; every fault of a file
    """
    from headgate.finance.backlog import Asked, Told, backlog_of
    from headgate.finance.levels import cuts_of
    from headgate.finance.movements import movements_of_book
    from headgate.finance.rollforward import first_day_of, span_of
    from headgate.session.backlog_answer import BacklogAnswer
    from headgate.session.planning import Plan, open_plan

    told = Told(movements_of_book(book.tables) if movements is None else movements,
                movements is None, progress, billings_given(book, billings),
                held_given(bill_and_hold), past, rates)
    opened = plan if isinstance(plan, Plan) or plan is None else open_plan(book, plan)
    rule, as_of = book.settings.fiscal_year_end, book.settings.as_of
    last = _until(rule, until, as_of)
    start = first_day_of(told.movements, as_of) if first is None else _day(rule, first, False)
    asked = Asked(span_of(rule, period, min(start, last) if first is None else start, last),
                  cuts_of(by), top, _assumed(book, assumptions), stated_prices)
    made = backlog_of(book, told, asked, None if opened is None else opened.allocation)
    return BacklogAnswer(made.roll_forward, made.parts, made.figures)


def write_backlog_pack(made: Backlog, file: str | Path) -> Path:
    """
    Write a backlog as an Excel pack, whole or not at all; its path.

    raises IssuesError : the name does not end in .xlsx, or something else than an older pack is
                         there
    """
    from headgate.files.pack_file import refuse_other_workbook, write_pack_file
    from headgate.reports.backlog_pack import backlog_pack_bytes

    refuse_other_workbook(Path(file))
    return write_pack_file(Path(file), backlog_pack_bytes(made))


def backlog_or_issues(plan: Plan, stated_prices: bool, recorded: Journals | None = None,
                      beside: Beside | None = None) -> Backlog | tuple[Issue, ...]:
    """
    The backlog of a plan's book; or what is missing, for a report that goes on without.

    raises IssuesError : what was given beside book and ledger does not fit
    """
    from headgate.session.journals import Beside, report_issues

    given = beside or Beside()
    try:
        if recorded is None:
            return backlog(plan.book, plan, stated_prices=stated_prices, billings=given.billings,
                           bill_and_hold=given.held)
        return backlog(plan.book, plan, stated_prices=stated_prices,
                       billings=recorded.billings if given.billings is None else given.billings,
                       bill_and_hold=given.held, movements=recorded.movements,
                       progress=recorded.progress, past=recorded.past, rates=recorded.rates)
    except IssuesError as error:
        return report_issues(error, beside)


def _day(rule: str, day: date | str, last: bool) -> date:
    from headgate.finance.rollforward import day_named

    return day if isinstance(day, date) else day_named(rule, day, last)


def _until(rule: str, until: Day, as_of: date) -> date:
    """The day up to which is told: as_of where the period that is named ends after it."""
    if until is None:
        return as_of
    last = _day(rule, until, True)
    begins = last if isinstance(until, date) else _day(rule, until, False)
    if begins > as_of:
        raise IssuesError([Issue(
            "backlog.to.after", "error", "--to", f"must not lie after {as_of}, the day of the book",
            None, "to", str(until))], "no backlog was worked out")
    return min(last, as_of)


def _assumed(book: Book, given: Mapping[str, Any] | str | Path | None) -> Assumptions:
    from headgate.files.backlog_files import read_assumptions_file
    from headgate.finance.assumptions import NOTHING_ASSUMED, assumptions_of

    if given is None:
        return NOTHING_ASSUMED
    named = "assumptions" if isinstance(given, Mapping) else str(given)
    raw = given if isinstance(given, Mapping) else read_assumptions_file(Path(given))
    segments = book.tables.frames["orders"]["segment"].unique().sort().to_list()
    return assumptions_of(raw, named, segments)


def billings_given(book: Book, given: pl.DataFrame | str | Path | None) -> pl.DataFrame | None:
    """
    Billings as somebody gives them: a frame, or the name of a file.

    raises IssuesError : every fault of a file
    """
    from headgate.files.billings_file import read_billings

    if given is None or isinstance(given, pl.DataFrame):
        return given
    return read_billings(Path(given), book.tables)


def held_given(given: pl.DataFrame | str | Path | None) -> pl.DataFrame | None:
    """
    A record of what is billed and held, as somebody gives it: a frame, or the name of a file.

    raises IssuesError : every fault of a file
    """
    from headgate.files.backlog_files import read_held

    return given if given is None or isinstance(given, pl.DataFrame) else read_held(Path(given))


def write_backlog(made: Backlog, folder: str | Path, format: str = "csv") -> Path:
    """
    Write the tables of a backlog as a folder, whole or not at all; its path.

    format : "csv" or "parquet"
    raises IssuesError : something else than an older one is there
    """
    from headgate.files.statement_folder import BACKLOG_STATEMENT

    return BACKLOG_STATEMENT.write(Path(folder), made.tables(), made.figures, format)
