"""`headgate plan` and `headgate check`: make a plan, and prove that one is right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headgate.base.issue import describe
from headgate.cli import exits
from headgate.cli.options import (
    Book,
    Json,
    Pegging,
    PlanFolder,
    Policy,
    Quiet,
    TableFormat,
    existing,
    existing_plan,
    writable_plan,
)
from headgate.cli.voice import speaking


def plan(
    book: Book,
    out: Annotated[Path, typer.Option(
        "--out", "-o", metavar="DIR", show_default=False,
        help="Where the plan goes: a new folder, or an older plan to replace.")],
    policy: Annotated[Policy | None, typer.Option(
        "--policy", show_default=False,
        help="How lines compete. Default: what the book's [policy] says, else rank.")] = None,
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

    Ends with 1 when lines are open and not a single piece can be promised; the plan is written
    all the same, for its reasons.
    """
    with speaking(as_json, quiet) as voice:
        existing(book, "book")
        writable_plan(out)
        from headgate import session
        from headgate.cli import showing

        with voice.progress("reading the book") as progress:
            loaded = session.read_book(book)
            made = session.plan(loaded, policy=policy.value if policy else None,
                                pegging=pegging.value if pegging else None, progress=progress)
            progress("writing the plan", 1.0)
            made.write(out, format=table_format.value if table_format else None, excel=not no_excel)
        voice.warn(loaded.tables.issues)
        nothing = made.summary["lines"]["open"] and not made.summary["units"]["promised"]
        voice.answer({"ok": not nothing, "plan": str(out), "summary": made.summary,
                      "issues": [issue.as_dict() for issue in loaded.tables.issues]},
                     *showing.summary_tables(made.summary),
                     f"\nthe plan is in {out}; next: headgate check {book} {out}")
        if nothing:
            voice.remark("not a single piece can be promised: promises tell why, line by line")
            raise typer.Exit(exits.SAYS_NO)


def check(book: Book, plan: PlanFolder, as_json: Json = False, quiet: Quiet = False) -> None:
    """
    Prove a plan: feasible, consistent, every figure recomputed.

    Nothing of the planner is used for it. Ends with 1 when anything does not hold.
    """
    with speaking(as_json, quiet) as voice:
        existing(book, "book")
        existing_plan(plan)
        from headgate import session
        from headgate.cli import showing

        with voice.progress("proving the plan"):
            result = session.check(session.read_book(book), plan)
        if result.issues:
            voice.answer({"ok": False, "issues": [issue.as_dict() for issue in result.issues]},
                         describe(result.issues, "the plan is refused"))
            raise typer.Exit(exits.SAYS_NO)
        voice.answer({"ok": True, "issues": [], "figures": dict(result.figures)},
                     *showing.proof(result.figures))
