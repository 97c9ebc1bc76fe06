"""`headgate revenue`: what a plan becomes in revenue, cost and margin."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from headgate.cli.options import (
    Book,
    ExcelPack,
    Json,
    PlanName,
    Quiet,
    TableFormat,
    existing,
    writable_pack,
)
from headgate.cli.sources import source
from headgate.cli.voice import WrongUse, speaking


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
    book: Book, plan: PlanName,
    by: Annotated[By, typer.Option(
        "--by", help="What the table of margins tells apart.")] = By.segment,
    compare: Annotated[str | None, typer.Option(
        "--compare", metavar="OTHER_PLAN", show_default=False,
        help="Another plan: a bridge leads from its revenue and margin to this one's.")] = None,
    compare_book: Annotated[Path | None, typer.Option(
        "--compare-book", metavar="BOOK", show_default=False,
        help="The book of the other plan, where it is another one; a store knows it.")] = None,
    stated_prices: Annotated[bool, typer.Option(
        "--stated-prices", help="Let stated prices stand for standalone prices that are "
        "missing.")] = False,
    billings: Annotated[Path | None, typer.Option(
        "--billings", metavar="FILE.csv", show_default=False,
        help="What was invoiced and paid so far: order_id or contract_id, on, amount, currency. "
        "Deferred revenue follows from it. Default in a store: what its ledger says.")] = None,
    lines: Annotated[int, typer.Option(
        "--lines", min=0, metavar="N",
        help="How many rows of a long table are shown, at most.")] = 10,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="DIR", show_default=False,
        help="Write every table into this folder; an older statement is replaced.")] = None,
    table_format: Annotated[TableFormat, typer.Option(
        "--format", help="How these tables are written.")] = TableFormat.csv,
    excel: ExcelPack = None,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Tell what a plan becomes: revenue, cost and margin by fiscal quarter, and at whose risk.

    Revenue follows each line's rule (recognise_on), services run over their term, and the price
    of a contract is split by standalone prices (ASC 606). Costs are those of the very supply rows
    that the plan pegs. Every table sums to the cent.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        folder = place.plan(plan)
        other_folder = None if compare is None else place.plan(compare)
        if compare is None and compare_book is not None:
            raise WrongUse("--compare-book is the book of a plan that --compare names")
        if compare_book is not None:
            existing(compare_book, "book")
        if billings is not None:
            existing(billings, "file")
        if out is not None:
            from headgate.files.statement_folder import REVENUE_STATEMENT

            REVENUE_STATEMENT.refuse(out)
        writable_pack(excel)
        from headgate import session
        from headgate.cli.statements import statement_tables

        with voice.progress("working out the revenue"):
            read = place.book_of(plan)
            other = (session.read_book(compare_book) if compare_book is not None else
                     place.book_of(compare) if compare is not None else None)
            known = None if place.storage is None else place.storage.journals(plan, read)
            billed = billings if known is None or billings is not None else known.billings
            made = session.revenue(read, folder, other_folder, other, stated_prices, billed,
                                   None if known is None else known.progress)
            if out is not None:
                session.write_revenue(made, out, table_format.value)
            if excel is not None:
                session.write_pack(made, excel)
        document = {"ok": True, "out": None if out is None else str(out),
                    "excel": None if excel is None else str(excel), **made.as_dict(lines)}
        kept = [] if excel is None else [f"\nthe Excel pack is in {excel}"]
        voice.answer(document, *statement_tables(made, by.value, lines, compare, out), *kept)
