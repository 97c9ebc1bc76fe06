"""What a plan becomes in revenue, cost and margin."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.book import Book
from headgate.finance.as_reported import then_of
from headgate.finance.bill_and_hold import fitting
from headgate.finance.contracted import contracted
from headgate.finance.past import Past, with_past
from headgate.finance.recognised import Left
from headgate.finance.recognised_walk import SoFar, so_far
from headgate.finance.revenue import Revenue, revenue_of
from headgate.finance.rollforward import day_named
from headgate.finance.statement import RevenueStatement, statement_of
from headgate.session.backlog import billings_given, held_given
from headgate.session.journals import Beside, Journals, report_issues
from headgate.session.planning import Plan, open_plan

Day = date | str | None


@dataclass(frozen=True, slots=True)
class RevenueAnswer(RevenueStatement):
    """The revenue of a plan and what follows from it, to be asked, kept and handed on."""

    def write(self, folder: str | Path, format: str = "csv") -> Path:
        """
        Write every table as a folder, whole or not at all; its path.

        format : "csv" or "parquet"
        raises IssuesError : something else than an older statement is there
        """
        return write_revenue(self, folder, format)

    def excel(self, file: str | Path) -> Path:
        """
        Write the Excel pack, whole or not at all; its path.

        Its sums are formulas over the sheet Entries, and its checks are cells that read TRUE.
        raises IssuesError : the name does not end in .xlsx, or something else than an older pack is
                             there
        """
        return write_pack(self, file)


def revenue(book: Book, plan: Plan | str | Path, compare: Plan | str | Path | None = None,
            compare_book: Book | None = None, stated_prices: bool = False,
            billings: pl.DataFrame | str | Path | None = None,
            progress: pl.DataFrame | None = None, left: Left | None = None,
            first: Day = None, past: Past | None = None,
            bill_and_hold: pl.DataFrame | str | Path | None = None) -> RevenueAnswer:
    """
    Revenue, cost and margin of a plan by fiscal quarter, and what they hang on.

    compare       : another plan, or its folder: the bridge leads from it to this one
    compare_book  : its book, where it is another one
    stated_prices : prices as stated stand for standalone prices that are missing
    billings      : what was invoiced and paid so far, for deferred revenue: a .csv file, or a frame
                    with the columns of `headgate.finance.billed.BILLINGS`
    progress      : what was shipped, delivered and accepted before, with the columns of
                    `headgate.tables.progress_schema.PROGRESS`: what is under way or awaits
                    acceptance is recognised later. None: all pieces shipped before count as
                    recognised
    left          : with progress, what was sold and has left the book: then what was recognised
                    before is told, too. None: it is not
    first         : of what was recognised before, the first day or period that is told
    past          : lines and services that have left the book
    bill_and_hold : what is billed and held: a .csv file, or a frame with the columns of
                    `headgate.finance.bill_and_hold.HELD`. With all four criteria it was recognised
                    before the plan, which sends it; without, it is recognised by its line's rule.
                    Beside `compare_book` it counts as far as that book can know it
    raises IssuesError : a standalone price is missing that the split of a contract needs; a plan
                         cannot be read or is of another book; the billings or the record of what is
                         held have faults
    """
    billings, held = billings_given(book, billings), held_given(bill_and_hold)
    now = _revenue_of(book, plan, stated_prices, progress, past, held)
    before = None
    if compare is not None:
        other = _opened(compare_book or book, compare)
        # The record was written for the book of the plan; what the other cannot know is left out.
        fit = None if held is None else fitting(other.book, progress, held)
        before = _revenue_of(other.book, other, stated_prices, progress, past, fit)
    told = None
    if left is not None and progress is not None:
        told = so_far(contracted(now.facts.book, stated_prices, progress, held, past), progress,
                      left, billings, now, _first_day(book, first), past,
                      then_of(book, past, held, stated_prices=stated_prices))
    made = statement_of(now, before, billings, told, held is not None)
    return RevenueAnswer(*(getattr(made, part.name) for part in fields(made)))


@dataclass(frozen=True, slots=True)
class RecognisedAnswer(SoFar):
    """What was recognised by the day of a book, without any plan, to be asked and kept."""

    def write(self, folder: str | Path, format: str = "csv") -> Path:
        """
        Write every table as a folder, whole or not at all; its path.

        format : "csv" or "parquet"
        raises IssuesError : something else than an older statement is there
        """
        from headgate.files.statement_folder import REVENUE_STATEMENT

        return REVENUE_STATEMENT.write(Path(folder), self.tables(), self.figures, format)

    def excel(self, file: str | Path) -> Path:
        """
        Write an Excel pack of it, whole or not at all; its path.

        raises IssuesError : the name does not end in .xlsx, or something else than an older pack is
                             there
        """
        from headgate.files.pack_file import refuse_other_workbook, write_pack_file
        from headgate.reports.pack_recognised import recognised_pack_bytes

        refuse_other_workbook(Path(file))
        return write_pack_file(Path(file), recognised_pack_bytes(self))


def recognised(book: Book, progress: pl.DataFrame, left: Left, *, stated_prices: bool = False,
               billings: pl.DataFrame | None = None, first: Day = None,
               past: Past | None = None,
               bill_and_hold: pl.DataFrame | str | Path | None = None) -> RecognisedAnswer:
    """
    What was recognised by the day of a book, of a ledger; no plan is asked.

    progress, left, first, past, stated_prices, bill_and_hold : as for `revenue`
    billings      : deferred revenue, and which contracts have a deposit that is not refundable
    raises IssuesError : a standalone price is missing that the split of a contract needs
    """
    held = held_given(bill_and_hold)
    contracts = contracted(with_past(book, past), stated_prices, progress, held, past)
    made = so_far(contracts, progress, left, billings, None, _first_day(book, first), past,
                  then_of(book, past, held, stated_prices=stated_prices))
    return RecognisedAnswer(*(getattr(made, part.name) for part in fields(made)))


def _first_day(book: Book, first: Day) -> date | None:
    return (first if first is None or isinstance(first, date) else
            day_named(book.settings.fiscal_year_end, first, False))


def write_pack(made: RevenueStatement, file: str | Path) -> Path:
    """
    Write a statement as an Excel pack, whole or not at all; its path.

    raises IssuesError : the name does not end in .xlsx, or something else than an older pack is
                         there
    """
    from headgate.files.pack_file import refuse_other_workbook, write_pack_file
    from headgate.reports.finance_pack import pack_bytes

    refuse_other_workbook(Path(file))
    return write_pack_file(Path(file), pack_bytes(made))


def revenue_or_issues(plan: Plan, stated_prices: bool, recorded: Journals | None = None,
                      beside: Beside | None = None) -> RevenueStatement | tuple[Issue, ...]:
    """
    What a plan becomes; or what is missing to work it out, for a report that goes on without.

    raises IssuesError : what was given beside book and ledger does not fit
    """
    given = beside or Beside()
    try:
        if recorded is None:
            return revenue(plan.book, plan, given.compare, given.compare_book, stated_prices,
                           given.billings, bill_and_hold=given.held)
        return revenue(plan.book, plan, given.compare, given.compare_book, stated_prices,
                       recorded.billings if given.billings is None else given.billings,
                       recorded.progress, recorded.left, past=recorded.past,
                       bill_and_hold=given.held)
    except IssuesError as error:
        return report_issues(error, beside)


def _revenue_of(book: Book, plan: Plan | str | Path, stated_prices: bool,
                progress: pl.DataFrame | None, past: Past | None,
                held: pl.DataFrame | None = None) -> Revenue:
    opened = _opened(book, plan)
    return revenue_of(opened.book, opened.policy, opened.allocation, opened.summary["value"],
                      stated_prices, progress, past, held)


def _opened(book: Book, plan: Plan | str | Path) -> Plan:
    return plan if isinstance(plan, Plan) else open_plan(book, plan)


def write_revenue(made: RevenueStatement, folder: str | Path, format: str = "csv") -> Path:
    """
    Write the tables of a statement as a folder, whole or not at all; its path.

    format : "csv" or "parquet"
    raises IssuesError : something else than an older statement is there
    """
    from headgate.files.statement_folder import REVENUE_STATEMENT

    return REVENUE_STATEMENT.write(Path(folder), made.tables(), made.figures(), format)
