"""`headgate history` and `headgate market`: what is published of backlogs and of the market."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from headgate.cli.options import Json, Quiet, TableFormat, existing
from headgate.cli.voice import WrongUse, speaking

Sources = Annotated[bool, typer.Option(
    "--sources", help="Show where each figure is told, how good that is, and what is to be known "
    "of it.")]
Out = Annotated[Path | None, typer.Option(
    "--out", "-o", metavar="DIR", show_default=False,
    help="Write every table, with its sources, into this folder; an older one is replaced.")]
Format = Annotated[TableFormat, typer.Option(
    "--format", help="How these tables are written.")]


class Topic(StrEnum):
    """What the market may be asked about."""

    tam = "tam"
    share = "share"
    capex = "capex"
    sovereign = "sovereign"
    supply = "supply"
    backlog = "backlog"
    dell = "dell"
    price = "price"
    lead_times = "lead-times"


def history(
    company: Annotated[str | None, typer.Argument(
        metavar="[COMPANY]", show_default=False,
        help="One company, or a part of its name, such as dell; without it all of them.")] = None,
    data: Annotated[Path | None, typer.Option(
        "--data", metavar="FILE.csv", show_default=False,
        help="Your own history instead of the published one: company, fiscal_quarter, period_end, "
        "and what you have of ai_orders_usd_m, ai_shipments_usd_m, ...")] = None,
    sources: Sources = False, out: Out = None, table_format: Format = TableFormat.csv,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Tell how published AI backlogs converted, and what the next quarter may bring.

    Roll-forwards with their residuals, book-to-bill, conversion, turns, coverage and growth by
    fiscal quarter; an outlook for the next one by two simple methods, with the errors that they and
    the naive forecast made one quarter ahead. Shipments and revenue are never mixed; nor are
    quarters, years and the obligations of buyers.
    """
    with speaking(as_json, quiet) as voice:
        if data is not None:
            existing(data, "file")
        if out is not None:
            from headgate.files.statement_folder import HISTORY_STATEMENT

            HISTORY_STATEMENT.refuse(out)
        from headgate import session
        from headgate.cli.published_history import history_tables

        answer = session.read_history(data=data)
        voice.warn(answer.history.issues)
        if company is not None:
            try:
                answer = answer.of(company)
            except ValueError as unknown:
                raise WrongUse(str(unknown)) from None
        if out is not None:
            session.write_history(answer, out, table_format.value)
        document = {"ok": True, "out": None if out is None else str(out), **answer.as_dict()}
        voice.answer(document, *history_tables(answer, sources, out))


def market(
    topic: Annotated[Topic | None, typer.Argument(
        metavar="[TOPIC]", show_default=False,
        help="tam (market size), share, capex, sovereign, supply, backlog, dell, price or "
        "lead-times; without it what is told more than once.")] = None,
    sources: Sources = False, out: Out = None, table_format: Format = TableFormat.csv,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Tell the market as its sources do: size, shares, capital expenditure, lead times.

    Sources that disagree stand side by side, with how far they are apart; none is preferred.
    """
    with speaking(as_json, quiet) as voice:
        if out is not None:
            from headgate.files.statement_folder import MARKET_STATEMENT

            MARKET_STATEMENT.refuse(out)
        from headgate import session
        from headgate.cli.published_market import market_tables

        answer = session.read_market(None if topic is None else topic.value)
        if out is not None:
            session.write_market(answer, out, table_format.value)
        document = {"ok": True, "out": None if out is None else str(out), **answer.as_dict()}
        voice.answer(document, *market_tables(answer, topic is not None, sources, out))
