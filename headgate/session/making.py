"""Make what a newcomer starts from: the demo book and its ledger, and the sample."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl

from headgate.base.issue import IssuesError
from headgate.book import build_book
from headgate.explain.tables import PEG_ALL_UP_TO
from headgate.finance.backlog import Backlog
from headgate.session.journals import Journals
from headgate.session.planning import Plan, Progress
from headgate.tables.frames import Tables


def write_demo(folder: str | Path, lines: int = 10_000, seed: int = 1) -> str:
    """Write the demo book as a folder; what it is and what it was calibrated to, in words."""
    from headgate.demo import demo_book
    from headgate.files.book_writer import write_book

    made = demo_book(lines, seed)
    write_book(made.frames, made.settings, Path(folder),
               "parquet" if lines > PEG_ALL_UP_TO else "csv", notes=made.notes)
    return made.notes


def write_demo_ledger(path: str | Path, tables: Tables, seed: int = 1,
                      progress: Progress | None = None) -> int:
    """
    Write the demo's ledger over an older one: two closed quarters and an open one; how many events.

    They end in the demo book, see `headgate.demo.happened`. The file is put into its place when it
    is whole.

    path   : an SQLite file; tables, seed : of the demo book
    raises IssuesError : the file cannot be written
    """
    from headgate.demo.happened import demo_batches
    from headgate.ledger.importing import events_of
    from headgate.stores.address import Address
    from headgate.stores.store import open_store
    from headgate.stores.upgrading import make_store

    place = Path(path)
    work = place.with_name(f".{place.name}.new.db")
    work.unlink(missing_ok=True)
    address = Address("sqlite", work, f"sqlite:///{work}", str(work))
    make_store(address)
    base = events_of(tables, None, tables.settings.as_of, "import")
    batches = list(demo_batches(tables.frames["orders"], base, seed))
    total = sum(len(batch.events) for batch in batches)
    with open_store(address) as store:
        for batch in batches:
            store.append(batch.events, batch.recorded_at)
            if progress is not None:
                progress("writing the ledger", store.head().sequence / total)
    shutil.rmtree(place.with_name(f"{place.name}.snapshots"), ignore_errors=True)
    work.replace(place)
    return total


def demo_recorded(path: str | Path, plan: Plan) -> tuple[Plan, Journals]:
    """
    The plan of the demo book as one of its ledger's book, and what the ledger recorded for finance.

    The ledger knows lines that the book has not: all of them has left, and some of it is on its way
    or waits to be accepted. Nothing is open of them, so that the plan is the same; but they are RPO
    and revenue, which are told of this plan as the ledger's own would tell them.
    """
    from headgate.ledger.book_tables import book_tables
    from headgate.planner.carried import carried
    from headgate.session.journals import journals_of
    from headgate.stores.store import open_store
    from headgate.tables.check import check_tables

    key = ["order_id", "line_no"]
    tables = plan.book.tables
    with open_store(Path(path)) as store:
        held = check_tables(book_tables(store.state(), tables.settings.as_of)).frames["orders"]
        own = tables.frames["orders"]
        left = held.join(own, on=key, how="anti", maintain_order="left").select(own.columns)
        book = build_book(replace(tables, frames={
            **tables.frames, "orders": pl.concat([own, left])}))
        moved = replace(plan, book=book, allocation=carried(plan.allocation, plan.book, book))
        return moved, journals_of(store, None, book)


def demo_backlog(recorded: Journals, plan: Plan) -> Backlog:
    """The order backlog of the demo's ledger, from its first quarter on; see `demo_recorded`."""
    from headgate.demo.happened import BEGINS
    from headgate.session.backlog import backlog

    return backlog(plan.book, plan, first=BEGINS, movements=recorded.movements,
                   progress=recorded.progress, billings=recorded.billings, past=recorded.past,
                   rates=recorded.rates)


def write_sample(folder: str | Path) -> Path:
    """
    Write a small book that shows every table and column into a new folder; its path.

    raises IssuesError : the folder holds something already
    """
    from headgate.files.book_writer import write_book
    from headgate.tables.codes import issue_of
    from headgate.tables.sample import sample_book

    if Path(folder).exists() and (not Path(folder).is_dir() or any(Path(folder).iterdir())):
        raise IssuesError([issue_of("book.folder.occupied", str(folder), "holds files already, "
                                    "which are not replaced; name a new folder")],
                          "nothing was written")
    frames, settings = sample_book()
    write_book(frames, settings, Path(folder), "csv")
    return Path(folder)
