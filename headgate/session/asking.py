"""Ask a plan: is it right, why does a line wait, what hangs on a supply, what can be promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from headgate.base.issue import IssuesError
from headgate.book import Book
from headgate.files import plan_folder
from headgate.files.publications import read_publication
from headgate.session.planning import Plan, Progress, open_plan
from headgate.tables.plan_schema import PlanFrames

if TYPE_CHECKING:
    from headgate.explain.compare import Comparison
    from headgate.explain.customer import CustomerAnswer
    from headgate.explain.where_used import WhereUsed
    from headgate.explain.why import Why
    from headgate.quoting.answers import Quote
    from headgate.quoting.basket import Basket
    from headgate.quoting.requests import Request
    from headgate.session.journals import Journals
    from headgate.verify import CheckResult


def check(book: Book, plan: Plan | str | Path, sample: int | None = None) -> CheckResult:
    """
    Prove a plan: feasible, its tables agree, every figure recomputes.

    plan    : a plan, or the folder of one; a folder's file digests are proved, too, with those
              of its publication
    sample  : recompute the reasons of so many late lines only; None all
    returns : the violations, none when the plan is proven, and counts of what was proved
    """
    from headgate.verify import check_digests, check_plan

    if isinstance(plan, Plan):
        return check_plan(book.tables, plan.frames, sample)
    folder = Path(plan)
    try:
        frames = plan_folder.read_plan_folder(folder, proved=False)
        faults = check_digests(frames.summary, plan_folder.file_digests(folder))
        read_publication(folder)
    except IssuesError as error:
        from headgate.verify import CheckResult

        return CheckResult(error.issues, {})
    result = check_plan(book.tables, frames, sample)
    return replace(result, issues=(*faults, *result.issues))


def why(book: Book, plan: Plan | str | Path, line: str) -> Why:
    """
    Why an order line, named ORDER/LINE, is not on time.

    raises UnknownLineError : no such order line; IssuesError : the plan cannot be read
    """
    return _opened(book, plan).why(*_order_line(book, line))


def tell_customer(book: Book, plan: Plan | str | Path, line: str) -> CustomerAnswer:
    """
    What the customer of an order line, named ORDER/LINE, can be told.

    raises UnknownLineError : no such order line; IssuesError : the plan cannot be read
    """
    return _opened(book, plan).tell_customer(*_order_line(book, line))


def _order_line(book: Book, line: str) -> tuple[str, int]:
    """An order and its line from ORDER/LINE; raises UnknownLineError when it is none."""
    from headgate.explain.why import UnknownLineError

    order_id, slash, number = line.rpartition("/")
    if not slash or not number.isdecimal():
        lines = book.tables.frames["orders"].filter(pl.col("order_id") == line)["line_no"]
        hint = f"; did you mean {line}/{lines.sort()[0]}?" if len(lines) else ", such as SO-4711/1"
        raise UnknownLineError(f'"{line}" is not ORDER/LINE{hint}')
    return order_id, int(number)


def _opened(book: Book, plan: Plan | str | Path) -> Plan:
    """A plan, read from its folder if need be."""
    return plan if isinstance(plan, Plan) else open_plan(book, plan)


def why_all(book: Book, plan: Plan | str | Path, out: str | Path | None = None,
            progress: Progress | None = None) -> pl.DataFrame:
    """
    Why each line waits that is not on time, and what would help, planned with: one row each.

    out      : a .csv or .parquet file for the table, written whole or not at all
    progress : called with "relieve" and the share done
    returns  : the columns of the table `why`, see the plan format
    raises IssuesError : the plan cannot be read, or something else is in the file's place
    """
    from headgate.files.answer_table import refuse_other_file, write_answer_table
    from headgate.tables.why_schema import WHY

    if out is not None:
        refuse_other_file(Path(out), WHY.names)
    table = _opened(book, plan).why_all(progress)
    if out is not None:
        write_answer_table(Path(out), table)
    return table


def actions(book: Book, plan: Plan | str | Path, earlier: Plan | str | Path | None = None,
            out: str | Path | None = None, progress: Progress | None = None) -> pl.DataFrame:
    """
    What to do about a plan: expedite, transfer, postpone, use up, call; each with its effect.

    earlier  : an older plan whose promises count as given; None: those of the book
    out      : a .csv or .parquet file for the table, written whole or not at all
    progress : called with "relieve" and the share done
    returns  : the columns of the table `actions`, see the plan format
    raises IssuesError : a plan cannot be read, or something else is in the file's place
    """
    from headgate.explain.actions import find_actions
    from headgate.files.answer_table import refuse_other_file, write_answer_table
    from headgate.tables.actions_schema import ACTIONS

    if out is not None:
        refuse_other_file(Path(out), ACTIONS.names)
    older = None if earlier is None else _unchanged(earlier).frames["promises"]
    opened = _opened(book, plan)
    table = find_actions(book, opened.policy, opened.allocation, opened.frames, older, progress)
    if out is not None:
        write_answer_table(Path(out), table)
    return table


def where_used(book: Book, plan: Plan | str | Path, supply: str) -> WhereUsed:
    """
    Which order lines, promises and dollars hang on a supply: a reference, ITEM or ITEM@SITE.

    raises UnknownSupplyError : nothing has this name; IssuesError : the plan cannot be read
    """
    return _opened(book, plan).where_used(supply)


def quote(book: Book, plan: Plan | str | Path, requests: Request | Sequence[Request],
          mode: str = "ctp", alternatives: bool = True) -> list[Quote]:
    """
    What a plan can still promise, to each request as if nobody else had asked; reserves nothing.

    mode         : "ctp" what can be built from parts and hours that no line of the plan uses;
                   "atp" what is uncommitted of the finished item itself; "ptp" what lines have,
                   too, that lose less than the request gains
    alternatives : whether each answer says what else there is
    raises IssuesError : the plan cannot be read, or something asked for is unknown or impossible;
                         ValueError : another mode
    """
    from headgate.quoting.requests import Request

    asked = [requests] if isinstance(requests, Request) else list(requests)
    return _opened(book, plan).desk().quote(asked, mode, alternatives)


def quote_basket(book: Book, plan: Plan | str | Path, requests: Sequence[Request],
                 mode: str = "ctp", complete: bool = False) -> Basket:
    """
    What a plan can still promise of several requests together, each from what those before leave.

    mode     : as for `quote`; under "ptp" lines give way to all of it together
    complete : all of it arrives in one week, the first in which it can, or none
    raises IssuesError : the plan cannot be read, or something asked for is unknown or impossible;
                         ValueError : another mode, or no request
    """
    from headgate.quoting.basket import quote_basket as ask

    return ask(_opened(book, plan).desk(), requests, mode, complete)


def write_report(book: Book, plan: Plan | str | Path, file: str | Path,
                 stated_prices: bool = False, recorded: Journals | None = None,
                 compare: Plan | str | Path | None = None, compare_book: Book | None = None,
                 billings: pl.DataFrame | str | Path | None = None,
                 bill_and_hold: pl.DataFrame | str | Path | None = None) -> Path:
    """
    Write the report of a plan as one HTML file, whole or not at all; its path.

    stated_prices : prices as stated stand for standalone prices that the revenue needs and lacks
    recorded      : what a ledger has recorded; None tells what the book knows
    compare, compare_book, billings, bill_and_hold : as for `headgate.session.revenue`
    raises IssuesError : a plan is of another book, what is given has faults, or a file that is no
                         report is in the way
    """
    from headgate.session.backlog import billings_given, held_given
    from headgate.session.journals import Beside

    given = (compare, compare_book, billings_given(book, billings), held_given(bill_and_hold))
    beside = None if all(part is None for part in given) else Beside(*given)
    return write_page(_opened(book, plan).report(
        stated_prices, recorded=recorded, beside=beside), file)


def write_page(page: str, file: str | Path) -> Path:
    """
    Write a page that stands alone, whole or not at all; its path.

    raises IssuesError : a file that is no report is there; it is not replaced
    """
    plan_folder.write_report_file(Path(file), page)
    return Path(file)


def compare(a: Plan | str | Path, b: Plan | str | Path, book: Book | None = None) -> Comparison:
    """
    What two plans differ in: settings, money, service, segments, quarters, and named lines.

    a, b : plans, or the folders of plans, of one book or of two
    book : for customers, segments and dollars of lines, the book of either plan; a plan that is
           not a folder brings its own
    raises IssuesError : a folder holds no plan, or its files are not the ones that were written;
                         the book is neither plan's
    """
    from headgate.explain.compare import compare_plans

    if book is None:
        book = next((side.book for side in (a, b) if isinstance(side, Plan)), None)
    return compare_plans(_unchanged(a), _unchanged(b), book)


def _unchanged(plan: Plan | str | Path) -> PlanFrames:
    """The tables of a plan; raises IssuesError when its folder is not as it was written."""
    if isinstance(plan, Plan):
        return plan.frames
    folder = Path(plan)
    try:
        return plan_folder.read_plan_folder(folder)
    except IssuesError as error:
        # Two folders have files of the same names, so each fault says whose it is.
        raise IssuesError([replace(issue, file=f"{issue.file} of {folder}")
                           for issue in error.issues], "nothing was compared") from None
