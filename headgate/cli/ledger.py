"""`headgate init`, `import`, `close`, `verify`, `snapshot`: the life of a ledger."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from headgate.base.issue import describe
from headgate.cli import exits
from headgate.cli.options import By, Json, On, Quiet, Reason, StoreName, actor_of, day_of, existing
from headgate.cli.sources import named_store, opened
from headgate.cli.voice import WrongUse, speaking


class MissingLines(StrEnum):
    """What becomes of lines that are open in the ledger and not in the book."""

    error = "error"
    cancelled = "cancelled"
    shipped = "shipped"
    keep = "keep"


def init(
    store: StoreName,
    upgrade: Annotated[bool, typer.Option(
        "--upgrade", help="Bring a store that an older headgate wrote to this version.")] = False,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Make an empty ledger: a file that ends in .db, or a database of PostgreSQL.

    A ledger that is there already stays as it is.
    """
    with speaking(as_json, quiet) as voice:
        address = named_store(store)
        from headgate.session.ledger import prepared

        made, before = prepared(address, upgrade)
        told = ("made" if made else "is there already" if before is None else
                f"was brought up from schema {before}")
        more = f"; next: headgate import {address.shown} BOOK" if made else ""
        voice.answer({"ok": True, "store": address.shown, "made": made, "upgraded_from": before},
                     f"{address.shown} {'is ' if made else ''}{told}{more}")


def import_(
    store: StoreName,
    book: Annotated[str, typer.Argument(
        metavar="BOOK", show_default=False,
        help="The book: a folder of tables (CSV or Parquet), or one .xlsx workbook.")],
    missing: Annotated[MissingLines, typer.Option(
        "--missing", help="What became of lines that are open in the ledger and not in the book: "
        "error refuses them, keep leaves them open.")] = MissingLines.error,
    on: On = None, by: By = None, reason: Reason = "",
    dry_run: Annotated[bool, typer.Option(
        "--dry-run", help="Tell what would be recorded, and record nothing.")] = False,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Import a book into a ledger: all of it the first time, exactly the differences afterwards.

    Changes count on the book's as_of, or on --on. The same book twice records nothing.
    """
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        path = existing_book(book)
        from headgate.cli.showing import counted, grid
        from headgate.session.ledger import import_book

        with voice.progress("importing the book") as progress:
            made = import_book(storage, path, missing.value, day_of(on),
                               actor_of(by), reason, dry_run, progress)
        voice.warn(made.issues)
        verb = "would be recorded" if dry_run else "recorded"
        headline = (f"{counted(made.events, 'event')} {verb}" if made.events else
                    "the ledger holds this book already; nothing was recorded")
        voice.answer(
            {"ok": True, "dry_run": dry_run, "events": made.events, "first": made.first,
             "last": made.last, "counts": dict(made.counts), "book_digest": made.digest,
             "issues": [issue.as_dict() for issue in made.issues]}, headline,
            *([grid("Events", ("kind", "how many"), [
                (kind, f"{count:,}") for kind, count in sorted(made.counts.items())])]
              if made.events else []),
            *([f"next: headgate plan {storage.shown} --out NAME"]
              if made.events and not dry_run else []))


def existing_book(book: str) -> str:
    """The path of a book; raises WrongUse where nothing is, or where a store is named."""
    from pathlib import Path

    from headgate.stores.address import address_of

    if address_of(book) is not None:
        raise WrongUse(f"{book} is a store; name the store first, then the book: headgate import "
                       "STORE BOOK")
    existing(Path(book), "book")
    return book


def close(
    store: StoreName,
    period: Annotated[str, typer.Argument(
        metavar="PERIOD", show_default=False,
        help='The period: "FY26 Q4", FY26, 2026-01 or 2026-W05.')],
    on: On = None, by: By = None, reason: Reason = "",
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Close a period: nothing is posted any more on its days, or on days before.

    The chain of events is proven first, and a changed event stops it.

    What comes later for them is posted on the first open day, as a prior-period adjustment.
    """
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        from headgate.session.ledger import close_period

        day = date.today() if on is None else on.date()
        with voice.progress("proving events") as progress:
            closed, answer = close_period(storage, period, day, actor_of(by), reason, progress)
        done = "was closed before" if answer.repeated else "is closed"
        voice.answer({"ok": True, "period": closed.name, "starts_on": closed.starts_on,
                      "ends_on": closed.ends_on, "sequence": answer.sequence,
                      "repeated": answer.repeated},
                     f"{closed.name} {done}, up to {closed.ends_on}: event {answer.sequence}")


def verify(store: StoreName, as_json: Json = False, quiet: Quiet = False) -> None:
    """
    Prove a ledger: every event, its chain, what follows from it, balances, snapshots, holds.

    Ends with 1 when anything does not hold; faults name the event by its sequence.
    """
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        with voice.progress("proving events") as progress:
            issues = storage.store.verify(progress)
            head = None if issues else storage.store.head()
        if issues or head is None:
            voice.answer({"ok": False, "issues": [issue.as_dict() for issue in issues]},
                         describe(issues, "the ledger is refused"))
            raise typer.Exit(exits.SAYS_NO)
        voice.answer({"ok": True, "issues": [], "sequence": head.sequence, "hash": head.hash},
                     f"proven: {head.sequence:,} events, the last one with hash {head.hash}")


def snapshot(
    store: StoreName,
    out: Annotated[str | None, typer.Option(
        "--out", "-o", metavar="DIR", show_default=False,
        help="Write the tables as Parquet into this folder, too, for analytics.")] = None,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Keep the newest state as Parquet, so that the next command need not read every event.

    Beside an SQLite file it is a folder; in PostgreSQL a table.
    """
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        from headgate.session.ledger import state_tables, write_state

        with voice.progress("folding the events"):
            sequence = storage.store.snapshot()
            if out is not None:
                write_state(state_tables(storage.store.state()), out, "parquet")
        voice.answer({"ok": True, "sequence": sequence, "out": out},
                     f"kept the state after event {sequence:,}"
                     + ("" if out is None else f"; its tables are in {out}"))

