"""`headgate replan`: plan a changed book, and tell which promises of an older plan moved."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headgate.base.issue import Issue
from headgate.cli.options import (
    AsOf,
    Book,
    Gap,
    Json,
    Pegging,
    Policy,
    Quiet,
    SearchSeed,
    TableFormat,
    TimeLimit,
    Work,
    day_of,
    policy_settings,
)
from headgate.cli.sources import left_out_words, source, where_kept
from headgate.cli.stopping import stopped_by_ctrl_c
from headgate.cli.voice import WrongUse, speaking

if TYPE_CHECKING:
    import polars as pl
    from rich.console import RenderableType

MUCH = 0.02
"""A gap that grew by more than this is warned of, where classes may be why."""
SHOWN = 20
"""Moves that a terminal shows; the table `moves` and --json have all."""


def replan(
    book: Book,
    former: Annotated[str, typer.Option(
        "--from", metavar="PLAN", show_default=False,
        help="The older plan, whose promises are kept: the folder that `headgate plan` wrote; in "
             "a store its name, or latest.")],
    out: Annotated[str | None, typer.Option(
        "--out", "-o", metavar="DIR", show_default=False,
        help="Where the plan goes: a new folder, or an older plan to replace; in a store a name. "
             "Without it the moves are only told.")] = None,
    record: Annotated[str | None, typer.Option(
        "--record", metavar="PLAN", show_default=False,
        help="The published plan whose promises are of record. Default: the older plan if it is "
             "published, else the last one published beside it. A store keeps its own.")] = None,
    full: Annotated[bool, typer.Option(
        "--full", help="Search the whole book again from the older plan, instead of repairing it."
    )] = False,
    policy: Annotated[Policy | None, typer.Option(
        "--policy", show_default=False,
        help="How lines compete. Default: as in the older plan.")] = None,
    as_of: AsOf = None, gap: Gap = None, time_limit: TimeLimit = None, work: Work = None,
    seed: SearchSeed = None,
    table_format: Annotated[TableFormat | None, typer.Option(
        "--format", show_default=False,
        help="How the tables are written. Default: csv, above 100,000 lines parquet.")] = None,
    pegging: Annotated[Pegging | None, typer.Option(
        "--pegging", show_default=False,
        help="Peg all items, or scarce ones only. Default: all, above 100,000 lines scarce."
    )] = None,
    no_excel: Annotated[bool, typer.Option(
        "--no-excel", help="Leave out the workbook plan.xlsx.")] = False,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Plan a changed book without shaking an older plan, and tell each promise that moved.

    Only what the change made impossible moves, as [policy.replan] prices it. The same book moves
    nothing. Ends with 0 whether promises moved or not.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        older = place.plan(former)
        target = None if out is None else place.target(out)
        if record is not None and place.storage is not None:
            raise WrongUse("--record is for folders; a store keeps the promises of record itself")
        kept = place.record(record)
        searched = [name for name, value in (("--gap", gap), ("--time-limit", time_limit),
                                             ("--work", work)) if value is not None]
        if searched and not full:
            raise WrongUse(f"{searched[0]} steers the search of --full; a repair makes none")
        settings = policy_settings(policy, gap, time_limit, work, seed)
        from headgate import session

        # A repair is over at once and cannot be ended early: there Ctrl-C ends the program.
        stopping = stopped_by_ctrl_c() if full else nullcontext()
        with voice.progress("reading the book") as progress, stopping as stop:
            loaded = place.book(day_of(as_of))
            made = session.replan(loaded, older, settings, full,
                                  pegging.value if pegging else None, progress, stop, kept)
            if out is not None and target is not None:
                progress("writing the plan", 1.0)
                made.write(target, format=table_format.value if table_format else None,
                           excel=not no_excel)
                place.keep(out, loaded)
        warnings = [*loaded.tables.issues, *_held_back(made.summary)]
        voice.warn(warnings)
        voice.remark(left_out_words(place, loaded))
        voice.answer({"ok": True, "plan": out,
                      "summary": made.summary, "moves": made.moves.cast(dict.fromkeys(
                          ("old_promised_on", "new_promised_on", "binding_on"), str)).to_dicts(),
                      "issues": [issue.as_dict() for issue in warnings]},
                     *_told(made.summary, made.moves),
                     "" if out is None else
                     f"the plan is {where_kept(place, out)}; next: headgate check {place.shown} "
                     f"{out}")


def _held_back(summary: dict[str, Any]) -> list[Issue]:
    """A warning where the gap grew much and classes say who is served first, whatever it earns."""
    figures, gap = summary["replan"], summary["certificate"]["gap"]
    settings, before = figures["settings"], figures["from"].get("gap")
    default = settings["class"]
    named = dict.fromkeys((default, *(rule["class"] for rule in settings["rule"])))
    if gap is None or before is None or gap - before <= MUCH or list(named) == ["gain"]:
        return []
    return [Issue("replan.gap.grew", "warning", "replan", "is what the plan may lack of the best "
                  f"possible, which keeps to no class; of the older plan it was {before:.2%}. The "
                  f"classes of [policy.replan] ({', '.join(named)}) say who is served first and "
                  "who gives up, whatever it earns, and hold the plan back; re-plan without them "
                  "to see by how much", None, "gap", f"{gap:.2%}")]


def _gone(count: int) -> str:
    """Promises of lines that are no longer open in the book."""
    return f"; {count:,} more went with lines that were shipped or cancelled" if count else ""


def _told(summary: dict[str, Any], moves: pl.DataFrame) -> list[RenderableType]:
    """What moved, as a planner reads it."""
    import polars as pl

    from headgate.base.money import short_money
    from headgate.cli.showing import counted, grid, share

    figures, currency = summary["replan"], summary["currency"]
    counts = figures["promises"]
    shown: list[RenderableType] = [
        f"{counted(counts['before'], 'promise')} of the older plan: {counts['kept']:,} kept, "
        f"{counts['later']:,} later, {counts['earlier']:,} earlier, "
        f"{counts['lost'] - counts['withdrawn']:,} with fewer pieces, {counts['withdrawn']:,} "
        f"withdrawn; {share(figures['share_moved'])} moved{_gone(counts['gone'])}",
        f"lines that got more pieces: {counts['gained']:,}; exceptions from their class: "
        f"{figures['exceptions']:,}; moved: {short_money(figures['moved_cents'], currency)}, which "
        f"the policy charges with {short_money(figures['cost_cents'], currency)}"]
    gap, before = summary["certificate"]["gap"], figures["from"].get("gap")
    if gap is not None:
        shown.append(f"the plan is at most {gap:.2%} below the best possible, by proof"
                     + ("" if before is None else f"; the older plan was at most {before:.2%}"))
    if moves.is_empty():
        return shown
    first = moves.sort("moved_cents", "order_id", "line_no", descending=[True, False, False])
    shown.append(grid(
        "Moved promises, the most dollars first",
        ("line", "why", "old", "new", "days", "pieces", "moved", "dollars"),
        [(f"{row['order_id']}/{row['line_no']}", row["text"] + (
            " Exception." if row["exception"] else ""), str(row["old_promised_on"] or "none"),
          str(row["new_promised_on"] or "none"),
          "-" if row["days"] is None else f"{row['days']:+d}", _pieces(row),
          f"{row['moved_quantity']:,}", short_money(row["moved_cents"], currency))
         for row in first.head(SHOWN).iter_rows(named=True)], left=2))
    if moves.height > SHOWN:
        shown.append(f"and {moves.height - SHOWN:,} more")
    reasons = moves.filter(pl.col("reason") != "kept").group_by("reason").len().sort("reason")
    shown.append(grid("Why they moved", ("reason", "promises"),
                      [(name, f"{count:,}") for name, count in reasons.iter_rows()]))
    return shown


def _pieces(row: dict[str, Any]) -> str:
    """
    The pieces that had a date and, where these are more or fewer, those that have one now.

    >>> _pieces({"old_quantity": 115, "new_quantity": 114})
    '115 to 114'
    """
    old, new = row["old_quantity"], row["new_quantity"]
    return f"{new:,}" if old == new else f"{old:,} to {new:,}"
