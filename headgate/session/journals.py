"""What finance reads of a store: movements, progress and billings up to an event, or to a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from headgate.book import Book
from headgate.finance.recognised import Left
from headgate.ledger.book_tables import left_frames
from headgate.ledger.fold import State, fold
from headgate.ledger.journals import billings, earned_elsewhere
from headgate.ledger.movements import movements
from headgate.ledger.parts import Parts
from headgate.ledger.progress import progress
from headgate.ledger.store import Store


@dataclass(frozen=True, slots=True)
class Journals:
    """
    What a ledger has recorded for finance, up to an event and to the day of a book.

    movements : see `finance.movements.MOVEMENTS`; progress : see `finance.under_way.PROGRESS`
    billings  : see `finance.billed.BILLINGS`; None where nothing was ever invoiced or paid
    left      : what was sold and has left the book
    """

    movements: pl.DataFrame
    progress: pl.DataFrame
    billings: pl.DataFrame | None
    left: Left


def journals_of(store: Store, until: int | None, book: Book) -> Journals:
    """All that finance reads of a store for a book: up to an event, None the last one."""
    state = state_of(store, until, book.settings.as_of)
    return Journals(movements_of(store, until, book.settings.as_of), progress_of(store, until),
                    billings_of(store, until, book, state), Left(*left_frames(state)))


def state_of(store: Store, until: int | None, day: date) -> State:
    """The state of a day as it was known after an event; None the last one."""
    state = store.state(day)
    if until is None or state.sequence <= until:
        return state
    return fold(store.read(until=until), day)


def movements_of(store: Store, until: int | None, day: date) -> pl.DataFrame:
    """
    What changed the backlog up to a day, and up to an event: see `finance.movements`.

    What is effective by the day and posted later is among it: `finance.known_later` tells it apart.
    """
    return movements(store.read(until=until)).filter(pl.col("effective_on") <= day)


def progress_of(store: Store, until: int | None) -> pl.DataFrame:
    """
    What was shipped, delivered and accepted up to an event: see `finance.under_way`.

    Pieces that had shipped before their line came into the ledger are openings: they count as
    recognised, as in a folder, unless it was recorded that they were delivered.
    """
    return progress(store.read(until=until))


def billings_of(store: Store, until: int | None, book: Book,
                state: Parts) -> pl.DataFrame | None:
    """
    What was invoiced and paid by the day of a book, up to an event; None where nothing ever was.

    What counts by that day counts, though its period was closed and it was posted later, as the
    pieces do that were recognised: both are what is known of the day. What lines earned that have
    left the book is taken off, see `earned_elsewhere`.

    state : of the day of the book, after the event
    """
    day = book.settings.as_of
    found = billings(store.read(until=until)).filter(pl.col("effective_on") <= day).with_columns(
        posted_on=pl.when(pl.col("posted_on") > day).then("effective_on").otherwise("posted_on"))
    if found.is_empty():
        return None
    return found.vstack(earned_elsewhere(state, book.tables.frames["orders"], day))
