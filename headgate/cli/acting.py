"""`headgate actions`: what to do about a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from headgate.cli.options import Book, Json, PlanName, Quiet
from headgate.cli.sources import source
from headgate.cli.voice import speaking

if TYPE_CHECKING:
    import polars as pl

SHOWN = 10
"""Actions of one kind that a terminal shows; --out and --json have all."""
TITLES = {"expedite": "Expedite", "transfer": "Move between sites",
          "postpone": "Could come later at no cost", "use_up": "Lies unused",
          "call": "Call about a promise that does not hold"}


def actions(
    book: Book, plan: PlanName,
    earlier: Annotated[str | None, typer.Option(
        "--from", metavar="OLD_PLAN", show_default=False,
        help="An older plan, whose promises count as given. Default: the book's promised_on."
    )] = None,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="FILE.csv", show_default=False,
        help="Where the table goes, .csv or .parquet; an older one is replaced.")] = None,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Tell what to do about a plan: what to expedite, move, postpone, use up, and whom to call.

    What is expedited or moved was tried out: the lines that wait were planned again with it.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        folder = place.plan(plan)
        older = None if earlier is None else place.plan(earlier)
        from headgate import session

        with voice.progress("asking what to do") as progress:
            table = session.actions(place.book_of(plan), folder, older, out, progress)
        voice.answer({"ok": True, "out": None if out is None else str(out),
                      "actions": table.to_dicts()}, *_shown(table, out))


def _shown(table: pl.DataFrame, out: Path | None) -> list[RenderableType]:
    """The actions by kind, in words."""
    from headgate.cli.showing import grid
    from headgate.explain.actions import TRIED

    shown: list[RenderableType] = []
    for action, title in TITLES.items():
        texts = [row["text"] for row in table.iter_rows(named=True) if row["action"] == action]
        if texts:
            more = f", {len(texts):,} in all" if len(texts) > SHOWN else ""
            shown.append(grid(f"{title}{more}", ("what",), [(text,) for text in texts[:SHOWN]],
                              left=1))
    if any(row in ("expedite", "transfer") for row in table["action"]):
        shown.append(f"\nto expedite and to move, the {TRIED} that most waiting dollars ask for "
                     "were tried")
    if not shown:
        shown.append("there is nothing to do about this plan")
    if out is not None:
        shown.append(f"the table is in {out}")
    return shown
