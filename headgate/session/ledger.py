"""Use cases of a ledger: make one, record, close a period, look at a state, take it out again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.files.book_reader import read_raw
from headgate.files.event_files import read_events, write_events
from headgate.ledger.events import Event
from headgate.ledger.fold import State
from headgate.ledger.importing import Missing, differences
from headgate.session.happening import is_to_come, to_come
from headgate.session.import_faults import import_fault
from headgate.session.planning import Progress
from headgate.session.recording import (
    alone,
    close_period,
    event_of_options,
    record,
    record_file,
)
from headgate.session.storing import Storage
from headgate.stores.address import Address, address_of
from headgate.stores.faults import fault
from headgate.stores.store import open_store
from headgate.stores.upgrading import make_store as make_at
from headgate.stores.upgrading import upgrade_store
from headgate.tables.check import check_tables

__all__ = ["Imported", "Summary", "alone", "close_period", "event_of_options", "export_book",
           "export_events", "import_book", "make_store", "prepared", "read_events", "record",
           "record_file", "state_tables", "summary_of", "write_state"]

NOTHING = "nothing was recorded"
SNAPSHOT_FROM = 20_000
"""After an import of so many events a snapshot is kept, so that nobody folds them again."""
HIDDEN = ("history", "original")
"""Columns of a state's tables that are of use to the ledger alone."""


def make_store(address: str | Path | Address) -> bool:
    """
    Make an empty ledger: "store.db", "postgresql://..."; False when one is there already.

    raises IssuesError : it is no address of a store, holds other tables, or cannot be written
    """
    found = address if isinstance(address, Address) else address_of(address)
    if found is None:
        raise fault("store.missing", str(address), "is no address of a store; name a file that "
                    "ends in .db, or postgresql://...")
    return make_at(found)


@dataclass(frozen=True, slots=True)
class Imported:
    """
    What an import recorded.

    digest         : of the book
    issues         : its warnings, and those of `headgate.session.happening.to_come`
    counts         : events by kind
    first, last    : their sequences; both are the last event's when nothing changed
    """

    digest: str
    issues: tuple[Issue, ...]
    counts: Mapping[str, int]
    first: int
    last: int

    @property
    def events(self) -> int:
        """How many events were recorded."""
        return sum(self.counts.values())


def import_book(storage: Storage, source: str | Path, missing: Missing = "error",
                on: date | None = None, actor: str = "headgate", reason: str = "",
                dry_run: bool = False, progress: Progress | None = None) -> Imported:
    """
    Let a ledger hold a book: all of it the first time, exactly the differences afterwards.

    missing : what becomes of lines that are open in the ledger and not in the book
    on      : the day on which the changes count; None: the book's as_of
    dry_run : work out and judge the events, and record none
    raises IssuesError : the book has faults; lines are missing; an event is rejected
    """
    raw = read_raw(Path(source))
    tables = check_tables(raw)
    day = on or tables.settings.as_of
    counts: Counter[str] = Counter()
    doubts: list[Event] = []

    def counted(events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            counts[event.kind] += 1
            if is_to_come(event, storage.now):
                doubts.append(event)
            yield event

    with storage.store.writer(storage.now) as writer:
        first = writer.head.sequence
        # The differences are worked out while the writer's own state takes them.
        state = storage.store.state() if first else None
        rows = sum(frame.height for frame in tables.frames.values())
        answers = writer.append(counted(differences(tables, state, day, actor, missing, reason)),
                                progress, rows)
        if any(answer.rejection for answer in answers):
            # The events are made anew: those of a large book would not fit beside the state.
            again = zip(differences(tables, state, day, actor, missing, reason), answers,
                        strict=True)
            raise IssuesError([import_fault(event, answer.rejection, raw, state, storage.shown)
                               for event, answer in again if answer.rejection][:100], NOTHING)
        last = writer.state.sequence
        if dry_run:
            writer.give_up()
    if not dry_run and last - first >= SNAPSHOT_FROM:
        storage.store.snapshot()
    issues = (*tables.issues, *to_come(doubts, storage.now, storage.shown))
    return Imported(tables.digest, issues, dict(counts), min(first + 1, last), last)


@dataclass(frozen=True, slots=True)
class Summary:
    """
    What a state holds, in few numbers.

    backlog_cents : open value by currency; lines : open lines; pieces : open pieces
    """

    sequence: int
    recorded_at: datetime | None
    closed_on: date | None
    lines: int
    pieces: int
    backlog_cents: Mapping[str, int]
    rows: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"sequence": self.sequence, "closed_on": self.closed_on, "lines": self.lines,
                "recorded_at": self.recorded_at, "pieces": self.pieces,
                "backlog_cents": dict(self.backlog_cents), "rows": dict(self.rows)}


def state_tables(state: State) -> dict[str, pl.DataFrame]:
    """The tables of a state by name, without what only the ledger itself reads."""
    return {name: frame.drop(HIDDEN, strict=False) for name, frame in state.frames().items()
            if name != "ledger"}


def summary_of(state: State, tables: Mapping[str, pl.DataFrame]) -> Summary:
    """The few numbers of a state."""
    lines = tables["lines"].filter(pl.col("alive")).select(
        pieces=pl.col("quantity") - pl.col("shipped"), price="price",
        currency=pl.col("currency").fill_null(state.currency)).filter(pl.col("pieces") > 0)
    cents = lines.group_by("currency").agg(
        cents=(pl.col("pieces") * pl.col("price")).sum()).sort("currency")
    return Summary(state.sequence, state.last_recorded_at, state.last_closed_on, lines.height,
                   int(lines["pieces"].sum()), dict(cents.iter_rows()),
                   {name: frame.height for name, frame in tables.items()})


def write_state(tables: Mapping[str, pl.DataFrame], folder: str | Path,
                format: str = "csv") -> Path:
    """
    Write the tables of a state as a folder, whole or not at all; its path.

    raises IssuesError : something else than older tables of a state is there
    """
    from headgate.files.state_folder import write_tables

    return write_tables(Path(folder), tables, format)


def export_book(storage: Storage, folder: str | Path, as_of: date | None = None,
                format: Literal["csv", "parquet", "xlsx"] = "csv") -> Path:
    """
    Write the book of a ledger as a folder, whole or not at all; its path.

    raises IssuesError : the ledger holds no book; something else than a book is in the folder
    """
    from headgate.files.book_writer import write_book
    from headgate.tables.restored import public_frame, settings_of

    tables = storage.tables(as_of)
    write_book({name: public_frame(name, frame) for name, frame in tables.frames.items()
                if frame.height}, settings_of(tables.settings), Path(folder), format)
    return Path(folder)


def export_events(storage: Storage, file: str | Path) -> int:
    """
    Write every event as JSON lines, which `read_events` reads back; how many there are.

    raises IssuesError : a file with something else is there
    """
    return write_events(Path(file), storage.store.read())


def prepared(address: Address, upgrade: bool) -> tuple[bool, str | None]:
    """
    Make a store, or bring an older one up: whether it is new, and its schema before, if older.

    raises IssuesError : it is older and `upgrade` is not asked for, newer, or cannot be opened
    """
    if make_store(address):
        return True, None
    if not upgrade:
        open_store(address).close()
        return False, None
    before, now = upgrade_store(address)
    return False, None if before == now else before
