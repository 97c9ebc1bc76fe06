"""`headgate demo` and `headgate warm`: a whole run on a synthetic backlog, and a warm start."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from headgate.base.issue import describe
from headgate.cli import exits
from headgate.cli.options import Json, Lines, Quiet, Seed, writable_demo, writable_plan
from headgate.cli.voice import speaking


def demo(
    lines: Lines = 10_000, seed: Seed = 1,
    out: Annotated[Path, typer.Option(
        "--out", "-o", metavar="DIR",
        help="Where book, plan, ledger and report go; an older demo is replaced.")] = Path("demo"),
    book_only: Annotated[bool, typer.Option(
        "--book-only", help="Write the book and stop: no plan, no ledger, no report."
    )] = False,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Plan, check and report a synthetic backlog; show what came out.

    A ledger tells how the backlog came to be: two closed quarters and an open one. All of it is
    calibrated to public facts about AI servers and is nobody's: every customer, order and price is
    made up.
    """
    book_folder, plan_folder, page = out / "book", out / "plan", out / "report.html"
    about, ledger = out / "about-the-book.md", out / "ledger.db"
    with speaking(as_json, quiet) as voice:
        writable_demo(out)
        writable_plan(plan_folder)
        from headgate import session
        from headgate.cli import showing
        from headgate.cli.backlog_tables import roll_forward_tables

        with voice.progress("writing the book"):
            notes = session.write_demo(book_folder, lines, seed)
            about.write_text(notes, encoding="utf-8", newline="\n")
        told = (showing.opening(notes), f"What it follows and what is made up: {about}")
        if book_only:
            voice.answer({"ok": True, "book": str(book_folder), "notes": str(about)}, *told,
                         f"\nthe book is in {book_folder}; next: headgate plan {book_folder} "
                         f"--out {plan_folder}")
            return
        with voice.progress("reading the book") as progress:
            book = session.read_book(book_folder)
            plan = session.plan(book, progress=progress)
            progress("writing the plan", 1.0)
            plan.write(plan_folder)
        with voice.progress("proving the plan"):
            proof = session.check(book, plan_folder)
        if proof.issues:
            voice.answer({"ok": False, "issues": [issue.as_dict() for issue in proof.issues]},
                         describe(proof.issues, "the plan is refused"))
            raise typer.Exit(exits.SAYS_NO)
        with voice.progress("writing the ledger") as progress:
            session.write_demo_ledger(ledger, book.tables, seed, progress)
            told_of, recorded = session.demo_recorded(ledger, plan)
            rolled = session.demo_backlog(recorded, told_of)
        with voice.progress("drawing the report"):
            revenue = session.revenue(told_of.book, told_of, billings=recorded.billings,
                                      progress=recorded.progress, left=recorded.left,
                                      past=recorded.past)
            session.write_page(plan.report(backlog=rolled, revenue=revenue), page)
        voice.answer({"ok": True, "book": str(book_folder), "plan": str(plan_folder),
                      "ledger": str(ledger), "report": str(page), "notes": str(about),
                      "summary": plan.summary, "figures": dict(proof.figures)},
                     *told, *showing.summary_tables(plan.summary),
                     *showing.highlight_tables(plan), *roll_forward_tables(rolled),
                     *showing.proof(proof.figures),
                     *showing.next_steps(plan, book_folder, plan_folder, page),
                     f"  headgate backlog {ledger}     (two closed quarters and an open one)")


def warm(as_json: Json = False, quiet: Quiet = False) -> None:
    """
    Compile the kernels ahead of the first plan, re-plan and quote.

    Once after installing is enough.
    """
    with speaking(as_json, quiet) as voice:
        started = perf_counter()
        with voice.progress("compiling the kernels") as progress:
            from headgate import session

            session.warm(progress)
        seconds = round(perf_counter() - started, 1)
        voice.answer({"ok": True, "seconds": seconds}, f"the kernels are ready, after {seconds} s")
