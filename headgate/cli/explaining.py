"""`headgate why`: why lines wait, and what would help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from headgate.cli.options import Book, Json, PlanName, Quiet
from headgate.cli.sources import source
from headgate.cli.voice import WrongUse, speaking

if TYPE_CHECKING:
    import polars as pl

    from headgate.book import Book as Loaded

SHOWN = 20
"""Lines that a terminal shows; --out and --json have all."""


class Audience(StrEnum):
    """For whom an answer is."""

    planner = "planner"
    customer = "customer"


def why(
    book: Book, plan: PlanName,
    line: Annotated[str | None, typer.Argument(
        metavar="ORDER/LINE", show_default=False,
        help="The order line, such as SO-4711/1.")] = None,
    every: Annotated[bool, typer.Option(
        "--all", help="Every line that is not on time, in one table.")] = False,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="FILE.csv", show_default=False,
        help="Where the table of --all goes, .csv or .parquet; an older one is replaced.")] = None,
    audience: Annotated[Audience, typer.Option(
        "--audience", help="customer: a text to send, which names no other customer or order and "
                           "no money.")] = Audience.planner,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Tell why a line is late, what it lacks, who holds that, and what would help.

    What would help was planned with, the rest of the plan held. With --all, for every line that is
    not on time.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        folder = place.plan(plan)
        if (line is None) != every:
            raise WrongUse("give one ORDER/LINE, or --all" if line is None else
                           f"{line} and --all exclude each other")
        if every and audience is Audience.customer:
            raise WrongUse("--audience customer is for one ORDER/LINE; --all is for planners")
        if out is not None and not every:
            raise WrongUse("--out is for the table of --all; use --json for one line")
        from headgate import session
        from headgate.cli import showing
        from headgate.explain.why import UnknownLineError

        if every:
            with voice.progress("asking why") as progress:
                read = place.book_of(plan)
                table = session.why_all(read, folder, out, progress)
            voice.answer({"ok": True, "out": None if out is None else str(out),
                          "lines": table.to_dicts()}, *_all(table, out, read))
            return
        with voice.progress("asking why"):
            try:
                read = place.book_of(plan)
                if audience is Audience.customer:
                    told = session.tell_customer(read, folder, str(line))
                    voice.answer({"ok": True, **told.as_dict()}, Text(told.text()))
                    return
                answer = session.why(read, folder, str(line))
            except UnknownLineError as unknown:
                raise WrongUse(str(unknown.args[0])) from None
        voice.answer(answer.as_dict(), *showing.reasons(answer))


def _all(table: pl.DataFrame, out: Path | None, book: Loaded) -> list[RenderableType]:
    """Many lines: how many can be helped and how, and those with the most open dollars."""
    import polars as pl

    from headgate.base.money import short_money
    from headgate.cli.dearest import dearest_first
    from headgate.cli.showing import counted, grid

    kinds = table.group_by("relief", "relief_kind").len().sort(
        ["len", "relief", "relief_kind"], descending=[True, False, False], nulls_last=True)
    by_state = dict(table.group_by("relief").len().iter_rows())
    shown: list[RenderableType] = [
        f"{counted(table.height, 'line')} not on time: something would help "
        f"{by_state.get('found', 0):,}, nothing can help {by_state.get('none_exists', 0):,}, "
        f"nothing was found for {by_state.get('none_found', 0):,}, "
        f"and to serve {by_state.get('at_a_loss', 0):,} would cost more than it brings"]
    if table.height:
        shown.append(grid("What would help", ("relief", "lines"), [
            (row["relief_kind"] or row["relief"].replace("_", " "), f"{row['len']:,}")
            for row in kinds.head(SHOWN).iter_rows(named=True)]))
        shown.append(grid(
            "Lines, the most open dollars first",
            ("line", "open", "promised", "with relief", "relief", "what", "where", "by"),
            [(line, short_money(row["cents"], book.settings.currency), *rest) for row in
             dearest_first(table, pl.col("open_quantity"), book).head(SHOWN).iter_rows(named=True)
             for line, *rest in [_line(row)]], left=8))
    if table.height > SHOWN:
        shown.append(f"and {table.height - SHOWN:,} more; --out and --json have all")
    if out is not None:
        shown.append(f"the table is in {out}")
    return shown


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    what = row["displaced"] or (f"{row['relief_quantity']:,} {row['relief_id']}"
                                if row["relief_id"] else "")
    return (f"{row['order_id']}/{row['line_no']}", str(row["promised_on"] or "no date"),
            str(row["relieved_on"] or ""), row["relief_kind"] or row["relief"].replace("_", " "),
            what, row["relief_site_id"] or "", str(row["relief_by"] or ""))
