"""`headgate validate` and `headgate schema`: what a book must hold, and whether one does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from headgate.base.issue import Issue, IssuesError, describe
from headgate.cli.options import AsOf, Book, Json, Quiet, day_of
from headgate.cli.sources import source
from headgate.cli.voice import code_of, speaking


def validate(book: Book, as_of: AsOf = None, as_json: Json = False,
             quiet: Quiet = False) -> None:
    """
    Check a book: every fault and every warning, in one pass.

    Ends with 0 when the book can be planned, warnings or not, and with 3 when it cannot.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        from headgate import session
        from headgate.cli import showing

        warnings: Sequence[Issue] = ()
        try:
            with voice.progress("reading the book"):
                read = place.book(day_of(as_of))
            tables = read.tables
            warnings = tables.issues
            session.check_policy(read)
        except IssuesError as error:
            # The faults are what was asked for, so they are an answer and not a complaint.
            issues = (*error.issues, *warnings)
            voice.answer({"ok": False, "issues": [issue.as_dict() for issue in issues]},
                         describe(issues, "the book cannot be planned"))
            raise typer.Exit(code_of(error)) from None
        rows = {name: frame.height for name, frame in tables.frames.items()}
        filled = ", ".join(f"{name} {count:,}" for name, count in rows.items() if count)
        warned = sum(issue.count for issue in tables.issues)
        headline = f"{tables.settings.name}: fine" + (
            f", with {showing.counted(warned, 'warning')}" if warned else "")
        voice.answer(
            {"ok": True, "book_name": tables.settings.name, "book_digest": tables.digest,
             "as_of": tables.settings.as_of, "rows": rows,
             "issues": [issue.as_dict() for issue in tables.issues]},
            "\n".join(part for part in (
                describe(tables.issues), headline, f"rows: {filled}", f"digest: {tables.digest}",
            ) if part))


def schema(
    sample: Annotated[Path | None, typer.Option(
        "--sample", metavar="DIR", show_default=False,
        help="Write a small book to start from into this new folder.")] = None,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Show every table and column of a book, or write a sample."""
    from headgate.cli import showing
    from headgate.tables.schema import TABLES

    with speaking(as_json, quiet) as voice:
        if sample is None:
            voice.answer(showing.schema_document(TABLES), *showing.schema_tables(TABLES))
            return
        from headgate import session

        session.write_sample(sample)
        voice.answer({"ok": True, "book": str(sample)},
                     f"a sample book is in {sample}; next: headgate validate {sample}")
