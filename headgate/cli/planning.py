"""`headgate plan` and `headgate check`: make a plan, and prove that one is right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from headgate.base.issue import describe
from headgate.cli import exits
from headgate.cli.options import (
    AsOf,
    Book,
    Gap,
    Json,
    Pegging,
    PlanName,
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
from headgate.cli.stopping import Stop, stopped_by_ctrl_c
from headgate.cli.voice import Progress, speaking

if TYPE_CHECKING:
    from headgate import session
    from headgate.book import Book as Loaded


def plan(
    book: Book,
    out: Annotated[str, typer.Option(
        "--out", "-o", metavar="DIR", show_default=False,
        help="Where the plan goes: a new folder, or an older plan to replace; in a store a name.")],
    policy: Annotated[Policy | None, typer.Option(
        "--policy", show_default=False,
        help="How lines compete. Default: what the book's [policy] says, else value.")] = None,
    start: Annotated[str | None, typer.Option(
        "--start", metavar="PLAN", show_default=False,
        help="An older plan that the search begins from, which takes a fraction of the time.")
    ] = None,
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
    Plan a book: who gets what and when, and why lines wait.

    Ctrl-C ends the search of the value policy and keeps the plan found so far; a second Ctrl-C
    ends the program. Ends with 1 when lines are open and not a single piece can be promised; the
    plan is written all the same, for its reasons.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        target = place.target(out)
        begun = None if start is None else place.plan(start)
        settings = policy_settings(policy, gap, time_limit, work, seed)
        from headgate.cli import showing
        from headgate.explain.quota_table import used_up

        with voice.progress("reading the book") as progress:
            loaded = place.book(day_of(as_of))
            made, stopped = _made(loaded, settings, pegging, progress, begun)
            progress("writing the plan", 1.0)
            made.write(target, format=table_format.value if table_format else None,
                       excel=not no_excel)
            place.keep(out, loaded)
        voice.warn(loaded.tables.issues)
        voice.remark(left_out_words(place, loaded))
        used = used_up(made.quota_use())
        nothing = made.summary["lines"]["open"] and not made.summary["units"]["promised"]
        voice.answer({"ok": not nothing, "stopped": stopped, "plan": out,
                      "summary": made.summary, "quotas_used_up": used["quota_id"].to_list(),
                      "broken_quantity": int(made.promises["broken_quantity"].sum()),
                      "issues": [issue.as_dict() for issue in loaded.tables.issues]},
                     *showing.summary_tables(made.summary),
                     *showing.limit_words(made.promises, used),
                     *showing.relief_tables(made.reliefs, made.summary["currency"]),
                     f"\nthe plan is {where_kept(place, out)}; next: headgate check "
                     f"{place.shown} {out}",
                     "it is a draft until you promise its dates: headgate publish "
                     f"{place.shown} {out}")
        if stopped:
            voice.remark(_again(place.shown, out, settings, made.summary["work"], start))
        if nothing:
            voice.remark("not a single piece can be promised: promises tell why, line by line")
            raise typer.Exit(exits.SAYS_NO)


def _made(book: Loaded, settings: dict[str, object], pegging: Pegging | None,
          progress: Progress, start: Path | None) -> tuple[session.Plan, bool]:
    """The plan, and whether Ctrl-C ended its search."""
    from headgate import session

    coverage: Literal["all", "scarce"] | None = pegging.value if pegging else None
    if {**book.settings.policy, **settings}.get("objective", "value") != "value":
        # What does not search cannot be ended early: Ctrl-C ends the program.
        return session.plan(book, settings, coverage, progress), False
    with stopped_by_ctrl_c() as stop:
        made = session.plan(book, settings, coverage, _telling(progress, stop), stop,
                            start)
    return made, stop.asked


def _telling(progress: Progress, stop: Stop) -> Progress:
    """The progress, which says so once the search was asked to end."""
    def tell(step: str, share: float) -> None:
        progress(f"stopping (Ctrl-C again: at once), {step}" if stop.asked else step, share)

    return tell


def _again(book: str, out: str, settings: dict[str, object], work: int,
           start: str | None) -> str:
    """The command that makes a stopped plan a second time, in words."""
    if work == 0:
        return "stopped before the search began; this is the plan that it starts from"
    kept = {name: settings[name] for name in ("objective", "gap", "seed") if name in settings}
    words = {"objective": "policy"}
    options = "".join(f" --{words.get(name, name)} {value}" for name, value in kept.items())
    options += "" if start is None else f" --start {start}"
    return (f"stopped; headgate plan {book} --out {out}{options} --work {work} makes this very "
            "plan again")


def check(book: Book, plan: PlanName, as_json: Json = False, quiet: Quiet = False) -> None:
    """
    Prove a plan: feasible, consistent, every figure recomputed.

    Nothing of the planner is used for it. Ends with 1 when anything does not hold.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        folder = place.plan(plan)
        from headgate import session
        from headgate.cli import showing

        with voice.progress("proving the plan"):
            result = session.check(place.book_of(plan), folder)
        if result.issues:
            voice.answer({"ok": False, "issues": [issue.as_dict() for issue in result.issues]},
                         describe(result.issues, "the plan is refused"))
            raise typer.Exit(exits.SAYS_NO)
        voice.answer({"ok": True, "issues": [], "figures": dict(result.figures)},
                     *showing.proof(result.figures))
