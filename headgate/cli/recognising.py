"""`headgate revenue`: what a plan becomes in revenue, cost and margin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headgate.cli import exits
from headgate.cli.options import (
    AsOf,
    BillAndHold,
    Book,
    CompareBook,
    ComparePlan,
    ExcelPack,
    Json,
    Quiet,
    RecordedBy,
    RevenueBillings,
    TableFormat,
    day_of,
    day_or_period_given,
    existing,
    see_compared,
    writable_pack,
)
from headgate.cli.sources import Source, book_told, compared, refuse_times, source
from headgate.cli.voice import Voice, WrongUse, speaking

if TYPE_CHECKING:
    from headgate.session.recognising import RevenueAnswer

class By(StrEnum):
    """What a table of margins may be told by."""

    line = "line"
    customer = "customer"
    segment = "segment"
    product = "product"
    family = "family"
    region = "region"
    quarter = "quarter"


def revenue(
    book: Book,
    plan: Annotated[str | None, typer.Argument(
        metavar="[PLAN]", show_default=False,
        help="The plan: the folder that `headgate plan` wrote; in a store its name, or latest. "
        "Without it a store tells what was recognised so far.")] = None,
    by: Annotated[By, typer.Option(
        "--by", help="What the table of margins tells apart.")] = By.segment,
    compare: ComparePlan = None, compare_book: CompareBook = None,
    stated_prices: Annotated[bool, typer.Option(
        "--stated-prices", help="Let stated prices stand for standalone prices that are "
        "missing.")] = False,
    billings: RevenueBillings = None, bill_and_hold: BillAndHold = None,
    first: Annotated[str | None, typer.Option(
        "--from", parser=day_or_period_given, metavar="DAY", show_default=False,
        help="In a store: a day, or a period such as \"FY26 Q4\", with whose fiscal quarter what "
        "was recognised begins. Default: the first.")] = None,
    lines: Annotated[int, typer.Option(
        "--lines", min=0, metavar="N",
        help="How many rows of a long table are shown, at most.")] = 10,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="DIR", show_default=False,
        help="Write every table into this folder; an older statement is replaced.")] = None,
    table_format: Annotated[TableFormat, typer.Option(
        "--format", help="How these tables are written.")] = TableFormat.csv,
    excel: ExcelPack = None, as_of: AsOf = None, recorded_by: RecordedBy = None,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Tell what a plan becomes: revenue, cost and margin by fiscal quarter, and at whose risk.

    Of a store also what was recognised before, by the steps that pieces took, up to RPO.

    Revenue follows each line's rule (recognise_on), services run over their term, and the price
    of a contract is split by standalone prices (ASC 606). Costs are those of the very supply rows
    that the plan pegs. Every table sums to the cent.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        refuse_times(place, plan, as_of, recorded_by)
        _refuse(place, plan, compare, compare_book, first)
        given = Given(billings, bill_and_hold, stated_prices, first)
        for file, kind in ((compare_book, "book"), (billings, "file"), (bill_and_hold, "file")):
            if file is not None:
                existing(file, kind)
        if out is not None:
            from headgate.files.statement_folder import REVENUE_STATEMENT

            REVENUE_STATEMENT.refuse(out)
        writable_pack(excel)
        from headgate import session
        from headgate.cli.recognised_tables import recognised_tables
        from headgate.cli.statements import statement_tables

        if plan is None:
            _so_far(voice, place, (as_of, recorded_by), given, (by.value, lines),
                    (out, table_format.value, excel))
            return
        with voice.progress("working out the revenue"):
            made = _of_plan(place, plan, (compare, compare_book), given)
            if out is not None:
                session.write_revenue(made, out, table_format.value)
            if excel is not None:
                session.write_pack(made, excel)
        fine = made.so_far is None or made.so_far.ties_hold
        document = {"ok": fine, "out": None if out is None else str(out),
                    "excel": None if excel is None else str(excel), **made.as_dict(lines)}
        kept = [] if excel is None else [f"\nthe Excel pack is in {excel}"]
        before = [] if made.so_far is None else recognised_tables(made.so_far, by.value, lines)
        voice.answer(document, *before, *statement_tables(made, by.value, lines, compare, out),
                     *kept)
        if not fine:
            raise typer.Exit(exits.SAYS_NO)


@dataclass(frozen=True, slots=True)
class Given:
    """What was said beside the book: files, whether stated prices stand in, the first period."""

    billings: Path | None
    bill_and_hold: Path | None
    stated_prices: bool
    first: str | None


def _of_plan(place: Source, plan: str, other: tuple[str | None, Path | None],
             given: Given) -> RevenueAnswer:
    """
    The revenue of a plan, with what a store knows beside it.

    other : the plan that it is compared with, and the book of that where it is another one
    """
    from headgate import session

    own = place.plan(plan)
    folder, before = compared(place, *other)
    read = place.book_of(plan)
    if place.storage is None:
        return session.revenue(read, own, folder, before, given.stated_prices,
                               given.billings, first=given.first,
                               bill_and_hold=given.bill_and_hold)
    known = place.storage.journals(plan, read)
    return session.revenue(read, own, folder, before, given.stated_prices,
                           known.billings if given.billings is None else given.billings,
                           known.progress, known.left, given.first, known.past,
                           given.bill_and_hold)


def _refuse(place: Source, plan: str | None, compare: str | None, compare_book: Path | None,
            first: str | None) -> None:
    """Raises WrongUse for options that do not fit together."""
    see_compared(compare, compare_book)
    if plan is None and compare is not None:
        raise WrongUse("--compare is for a plan; name the plan that it is compared with")
    if place.storage is None and plan is None:
        raise WrongUse("a folder does not say what was recognised when; name a plan, or a store")
    if place.storage is None and first is not None:
        raise WrongUse("--from is for what was recognised, which a store tells")


def _so_far(voice: Voice, place: Source, times: tuple[datetime | None, datetime | None],
            given: Given, shown: tuple[str, int],
            kept: tuple[Path | None, str, Path | None]) -> None:
    """What was recognised of a store, without a plan."""
    from headgate import session
    from headgate.cli.recognised_tables import recognised_tables
    from headgate.files.billings_file import read_billings

    (as_of, recorded_by), (by, lines), (out, table_format, excel) = times, shown, kept
    assert place.storage is not None
    with voice.progress("working out the revenue"):
        read = book_told(place, None, day_of(as_of), recorded_by)
        known = place.storage.journals(None, read, place.storage.sequence)
        made = session.recognised(
            read, known.progress, known.left, stated_prices=given.stated_prices,
            first=given.first, past=known.past, bill_and_hold=given.bill_and_hold,
            billings=known.billings if given.billings is None else read_billings(
                given.billings, read.tables))
        if out is not None:
            made.write(out, table_format)
        if excel is not None:
            made.excel(excel)
    document = {"ok": made.ties_hold, "out": None if out is None else str(out),
                "excel": None if excel is None else str(excel), **made.as_dict()}
    words = [*([] if out is None else [f"\nthe tables are in {out}"]),
             *([] if excel is None else [f"\nthe Excel pack is in {excel}"])]
    voice.answer(document, *recognised_tables(made, by, lines), *words)
    if not made.ties_hold:
        raise typer.Exit(exits.SAYS_NO)
