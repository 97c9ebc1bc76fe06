"""`headgate where-used`, `report` and `compare`: what plans say to people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headgate.cli.options import (
    BillAndHold,
    Book,
    CompareBook,
    ComparePlan,
    Json,
    PlanName,
    Quiet,
    RevenueBillings,
    existing,
    see_compared,
)
from headgate.cli.sources import compared, source
from headgate.cli.voice import WrongUse, speaking


def where_used(
    book: Book, plan: PlanName,
    supply: Annotated[str, typer.Argument(
        metavar="SUPPLY", show_default=False,
        help="The reference of supply, such as PO-4711; or an item, or ITEM@SITE.")],
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Tell which order lines, promises and dollars hang on a row of supply."""
    with speaking(as_json, quiet) as voice, source(book) as place:
        folder = place.plan(plan)
        from headgate import session
        from headgate.cli import tracing
        from headgate.explain.where_used import UnknownSupplyError

        with voice.progress("asking where it is used"):
            try:
                answer = session.where_used(place.book_of(plan), folder, supply)
            except UnknownSupplyError as unknown:
                raise WrongUse(str(unknown.args[0])) from None
        voice.answer({"ok": True, **answer.as_dict()}, *tracing.where_used_tables(answer))


def report(
    book: Book, plan: PlanName,
    out: Annotated[Path, typer.Option(
        "--out", "-o", metavar="FILE.html", show_default=False,
        help="Where the report goes; an older one is replaced.")],
    stated_prices: Annotated[bool, typer.Option(
        "--stated-prices", help="Let stated prices stand for standalone prices that the revenue "
        "needs and the book lacks.")] = False,
    compare: ComparePlan = None, compare_book: CompareBook = None,
    billings: RevenueBillings = None, bill_and_hold: BillAndHold = None,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Write the report: one HTML file that opens offline."""
    with speaking(as_json, quiet) as voice, source(book) as place:
        folder = place.plan(plan)
        if out.is_dir():
            raise WrongUse(f"{out} is a folder; name the file to write, such as {out}/report.html")
        if out.suffix.lower() not in (".html", ".htm"):
            raise WrongUse(f"{out} does not end in .html; a report is an HTML page")
        see_compared(compare, compare_book)
        for file, kind in ((compare_book, "book"), (billings, "file"), (bill_and_hold, "file")):
            if file is not None:
                existing(file, kind)
        from headgate import session

        with voice.progress("drawing the report"):
            other, its_book = compared(place, compare, compare_book)
            read = place.book_of(plan)
            recorded = None if place.storage is None else place.storage.journals(plan, read)
            session.write_report(read, folder, out, stated_prices, recorded, other, its_book,
                                 billings, bill_and_hold)
        voice.answer({"ok": True, "report": str(out)}, f"the report is in {out}")


def compare(
    plan_a: Annotated[str, typer.Argument(
        metavar="PLAN_A", show_default=False,
        help="A plan: a folder that `headgate plan` wrote; its name, where --book is a store.")],
    plan_b: Annotated[str, typer.Argument(
        metavar="PLAN_B", show_default=False, help="The plan to hold against it.")],
    book: Annotated[str | None, typer.Option(
        "--book", metavar="BOOK", show_default=False,
        help="The book of either plan, or the store of both: names customers and segments, and "
             "weighs lines in dollars.")] = None,
    lines: Annotated[int, typer.Option(
        "--lines", min=0, metavar="N", help="How many order lines are named, at most.")] = 20,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Tell what two plans differ in: money, service, and who gains and who loses.

    Differences are B - A. Ends with 0 whether the plans differ or not.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        folder_a, folder_b = place.plan(plan_a), place.plan(plan_b)
        from headgate import session
        from headgate.cli import comparing

        with voice.progress("comparing the plans"):
            found = session.compare(folder_a, folder_b,
                                    None if book is None else place.book_of(plan_a))
        voice.answer({"ok": True, "plan_a": plan_a, "plan_b": plan_b,
                      **found.as_dict(lines)},
                     *comparing.comparison_tables(found, plan_a, plan_b, lines))
