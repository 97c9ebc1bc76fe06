"""`headgate backlog`: where the order backlog came from, how firm it is, what it becomes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headgate.cli import exits
from headgate.cli.options import (
    AsOf,
    BillAndHold,
    Book,
    ExcelPack,
    Json,
    Quiet,
    RecordedBy,
    TableFormat,
    day_of,
    day_or_period_given,
    existing,
    writable_pack,
)
from headgate.cli.sources import Source, book_told, refuse_times, source
from headgate.cli.voice import speaking

if TYPE_CHECKING:
    from headgate.book import Book as OpenBook


class PeriodName(StrEnum):
    """The periods of a roll-forward."""

    week = "week"
    month = "month"
    quarter = "quarter"
    year = "year"


def backlog(
    book: Book,
    plan: Annotated[str | None, typer.Argument(
        metavar="[PLAN]", show_default=False,
        help="The plan that says when the backlog ships: its folder; in a store its name, or "
        "latest. Without it the promises in the book say when.")] = None,
    by: Annotated[list[str] | None, typer.Option(
        "--by", metavar="LEVEL", show_default=False,
        help="What is told apart: line, customer, segment, region, item, family or site; several "
        "with commas between them are crossed; may be given again. Default: segment.")] = None,
    period: Annotated[PeriodName, typer.Option(
        "--period", help="The periods of the roll-forward.")] = PeriodName.quarter,
    first: Annotated[str | None, typer.Option(
        "--from", parser=day_or_period_given, metavar="DAY", show_default=False,
        help="A day, or a period such as \"FY26 Q4\", that the roll-forward begins with. Default: "
        "the first booking.")] = None,
    until: Annotated[str | None, typer.Option(
        "--to", parser=day_or_period_given, metavar="DAY", show_default=False,
        help="A day, or a period, that it ends with. Default: as_of of the book.")] = None,
    top: Annotated[int, typer.Option(
        "--top", min=1, metavar="N", help="Customers with a row of their own.")] = 10,
    assumptions: Annotated[Path | None, typer.Option(
        "--assumptions", metavar="FILE.toml", show_default=False,
        help="What is assumed to be cancelled. Default: nothing is assumed.")] = None,
    billings: Annotated[Path | None, typer.Option(
        "--billings", metavar="FILE.csv", show_default=False,
        help="What was invoiced and paid so far: order_id or contract_id, on, amount, currency, "
        "refundable. Deferred revenue follows from it.")] = None,
    bill_and_hold: BillAndHold = None,
    stated_prices: Annotated[bool, typer.Option(
        "--stated-prices", help="Let stated prices stand for standalone prices that are "
        "missing.")] = False,
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
    Tell where the order backlog came from, how firm it is, and what it becomes.

    Opening + booked + amended + FX - cancelled - shipped + returned = closing, to the cent, by
    period and at every level; ages, conversion, concentration; and from order backlog to firm
    backlog, to RPO (ASC 606-10-50-13) and to deferred revenue, each row with its paragraph.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        refuse_times(place, plan, as_of, recorded_by)
        folder = None if plan is None else place.plan(plan)
        _see_files((assumptions, billings, bill_and_hold), out, excel)
        from headgate import session
        from headgate.cli.backlog_tables import backlog_tables

        with voice.progress("working out the backlog"):
            read = book_told(place, plan, day_of(as_of), recorded_by)
            made = session.backlog(
                read, folder, by=by or ("segment",), period=period.value,
                first=first, until=until, top=top, assumptions=assumptions,
                bill_and_hold=bill_and_hold, stated_prices=stated_prices,
                **_recorded(place, plan, read, billings))
            if out is not None:
                session.write_backlog(made, out, table_format.value)
            if excel is not None:
                session.write_backlog_pack(made, excel)
        document = {"ok": made.figures["ties_hold"], "out": None if out is None else str(out),
                    "excel": None if excel is None else str(excel), **made.as_dict()}
        kept = [] if excel is None else [f"\nthe Excel pack is in {excel}"]
        voice.answer(document, *backlog_tables(made, lines, out), *kept)
        if not made.figures["ties_hold"]:
            raise typer.Exit(exits.SAYS_NO)


def _see_files(read: tuple[Path | None, ...], out: Path | None, excel: Path | None) -> None:
    """See that files are there, and that folder and pack may be written, before anything else."""
    for file in read:
        if file is not None:
            existing(file, "file")
    if out is not None:
        from headgate.files.statement_folder import BACKLOG_STATEMENT

        BACKLOG_STATEMENT.refuse(out)
    writable_pack(excel)


def _recorded(place: Source, plan: str | None, read: OpenBook,
              billings: Path | None) -> dict[str, Any]:
    """What a store has recorded, for `session.backlog`; of a folder the billings given alone."""
    if place.storage is None:
        return {"billings": billings}
    found = place.storage.journals(plan, read, place.storage.sequence)
    return {"billings": found.billings if billings is None else billings,
            "movements": found.movements, "progress": found.progress, "past": found.past,
            "rates": found.rates}
