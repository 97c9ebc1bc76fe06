"""`headgate publish`: make the dates of a plan promises of record."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headgate.base.issue import describe
from headgate.cli import exits
from headgate.cli.options import Book, Json, PlanName, Quiet, day_given
from headgate.cli.sources import Source, source
from headgate.cli.voice import WrongUse, speaking

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headgate.book import Book as Loaded
    from headgate.promising.record import Publication

SHOWN = 20
"""Moved promises that a terminal shows; the table and --json have all."""


def publish(
    book: Book, plan: PlanName,
    on: Annotated[datetime | None, typer.Option(
        "--on", parser=day_given, metavar="DAY", show_default=False,
        help="The day of publishing. Default: today.")] = None,
    by: Annotated[str | None, typer.Option(
        "--by", metavar="NAME", show_default=False, help="Who publishes, for the record.")] = None,
    reason: Annotated[str | None, typer.Option(
        "--reason", metavar="TEXT", show_default=False, help="Why, for the record.")] = None,
    after: Annotated[str | None, typer.Option(
        "--after", metavar="PLAN", show_default=False,
        help="The plan that was published before. Default: the last one beside the plan, of a "
             "book of the same name; a store knows it.")] = None,
    first: Annotated[bool, typer.Option(
        "--first", help="Follow no plan that was published before.")] = False,
    sample: Annotated[int | None, typer.Option(
        "--sample", min=0, metavar="N", show_default=False,
        help="Check the reasons of so many late lines only. Default: all.")] = None,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Publish a plan: check it, then make its dates the promises of record.

    Until then a plan is a draft. The folder gets `published/` with the promises and what they move;
    the plan's own files stay as they are. A store gets an event for each promise. Ends with 1 when
    the check refuses the plan. A plan that is published already stays as it was published.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        folder = place.plan(plan)
        before = None if after is None else _followed(place, after, first)
        from headgate import session

        with voice.progress("proving the plan"):
            done = session.read_publication(folder)
            day = date.today() if on is None else on.date()
            follows = session.FIRST if first else before
            try:
                made = session.publish(
                    place.book_of(plan), folder, day, follows, by, reason, sample
                ) if place.storage is None else place.storage.publish(
                    plan, day, first, by, reason, sample)
            except session.PlanRefusedError as refused:
                voice.answer({"ok": False, "issues": [issue.as_dict() for issue in refused.issues]},
                             describe(refused.issues, refused.consequence))
                raise typer.Exit(exits.SAYS_NO) from None
        if on is None and done is None:
            voice.remark(f"published on {day}, today by the clock, a plan as of {made.as_of}; "
                         "--on DAY says another day")
        moved = [] if done is not None else made.moved.to_dicts()
        loaded = place.book_of(plan) if moved else None
        voice.answer({"ok": True, "already": done is not None, "publication": made.as_dict(),
                      "moved": moved},
                     *_shown(made, plan, done is not None, place.storage is not None, loaded))


def _followed(place: Source, after: str, first: bool) -> Path:
    """The folder of the plan that --after names."""
    if first:
        raise WrongUse("--after and --first exclude each other")
    if place.storage is not None:
        raise WrongUse("a store knows which plan was published last; leave out --after")
    return place.plan(after)


def _shown(made: Publication, plan: str, already: bool, stored: bool,
           book: Loaded | None) -> list[RenderableType]:
    """
    What was published, and which promises moved.

    book : that was planned, where any promise moved
    """
    from headgate.cli.showing import counted
    from headgate.promising.record import MOVES

    named = "" if made.by is None else f" by {made.by}"
    if already:
        return [f"{plan} was published on {made.published_on}{named}; nothing was changed"]
    figures = made.figures
    shown: list[RenderableType] = [
        f"published on {made.published_on}{named}: {counted(figures['promised'], 'promise')} of "
        f"record, {figures['new']:,} of them new; they are in "
        + ("the store" if stored else f"{plan}/published")]
    if made.after is not None:
        shown.append(f"it is publication {made.number} and follows plan {made.after[:12]}")
    before = sum(figures[name] for name in ("kept", *MOVES, "shipped", "gone"))
    if before:
        shown.append(
            f"promised before: {figures['kept']:,} kept, {figures['earlier']:,} earlier, "
            f"{figures['later']:,} later, {figures['fewer']:,} with fewer pieces, "
            f"{figures['withdrawn']:,} withdrawn, {figures['shipped']:,} shipped whole, "
            f"{figures['gone']:,} gone with their orders; of {figures['first_promises']:,} first "
            f"promises {figures['first_promises_kept']:,} are kept")
    if book is not None:
        shown += _moved(made, book, "the answer of --json" if stored else
                        f"{plan}/published/moved_promises.csv")
    return shown


def _moved(made: Publication, book: Loaded, where: str) -> list[RenderableType]:
    """The promises that are not kept, the most dollars first; and where all that move are."""
    import polars as pl

    from headgate.base.money import short_money
    from headgate.cli.dearest import dearest_first
    from headgate.cli.showing import grid

    rows = dearest_first(made.moved.filter(pl.col("change") != "earlier"), pl.col("quantity"),
                         book).head(SHOWN)
    shown: list[RenderableType] = []
    if rows.height:
        shown.append(grid(
            "Promises that are not kept, the most dollars first",
            ("line", "change", "promised", "now", "days", "pieces", "of them still", "dollars"),
            [(f"{row['order_id']}/{row['line_no']}", row["change"],
              str(row["was_promised_on"]), str(row["promised_on"] or "no date"),
              "" if row["days"] is None else f"{row['days']:+,}", f"{row['quantity']:,}",
              f"{row['still_promised']:,}", short_money(row["cents"], book.settings.currency))
             for row in rows.iter_rows(named=True)], left=4))
    if made.moved.height > rows.height:
        shown.append(f"all {made.moved.height:,} that move, earlier ones too, are in {where}")
    return shown
