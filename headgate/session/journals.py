"""What finance reads of a store up to an event and to a day, in one pass over the events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from headgate.base.calendar import fiscal_year
from headgate.base.issue import Issue, IssuesError
from headgate.base.periods import periods
from headgate.book import Book
from headgate.finance.past import Past, known_past
from headgate.finance.recognised import Left
from headgate.ledger.book_tables import left_frames, orders_frame, services_frame
from headgate.ledger.changes import Changes
from headgate.ledger.events import Recorded
from headgate.ledger.fold import State, fold
from headgate.ledger.journals import Billings, earned_elsewhere
from headgate.ledger.movements import Movements
from headgate.ledger.posted_rates import PostedRates
from headgate.ledger.progress import Progress
from headgate.ledger.store import Store
from headgate.tables.settings import FIRST_DAY

if TYPE_CHECKING:
    from headgate.session.planning import Plan


@dataclass(frozen=True, slots=True)
class Journals:
    """
    What a ledger has recorded for finance, up to an event and to the day of a book.

    movements : see `finance.movements.MOVEMENTS`; progress : see `tables.progress_schema.PROGRESS`
    billings  : see `finance.billed.BILLINGS`; None where nothing was ever invoiced or paid
    past      : lines and services that have left the book
    left      : of those that were sold the ones of which the tables have not even the item
    rates     : see `ledger.posted_rates`: those with which periods were closed
    """

    movements: pl.DataFrame
    progress: pl.DataFrame
    billings: pl.DataFrame | None
    past: Past
    left: Left
    rates: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Beside:
    """
    What somebody gives for revenue and backlog of a report, beside book and ledger. None: nothing.

    compare      : another plan, or its folder: a bridge leads from there; compare_book : its book
    billings     : what was invoiced and paid, with the columns of `finance.billed.BILLINGS`;
                   it stands for what the ledger says
    held         : what is billed and held, with the columns of `finance.bill_and_hold.HELD`
    """

    compare: Plan | str | Path | None = None
    compare_book: Book | None = None
    billings: pl.DataFrame | None = None
    held: pl.DataFrame | None = None


def report_issues(error: IssuesError, beside: Beside | None) -> tuple[Issue, ...]:
    """
    What stands in a report in the place of what could not be worked out.

    A report goes on without what the book lacks. What somebody gives for it must fit.
    raises IssuesError : something else than standalone prices is at fault, and something was given
    """
    if beside is not None and any(issue.code != "items.standalone_price.needed"
                                  for issue in error.issues):
        raise error
    return error.issues


def journals_of(store: Store, until: int | None, book: Book) -> Journals:
    """
    All that finance reads of a store for a book: up to an event, None the last one.

    What counts by the day of the book counts, though its period was closed and it was posted
    later: it is known of the day, and `finance.known_later` tells it apart.
    """
    from headgate.stores.writer import uncollected

    with uncollected():
        return _journals_of(store, until, book)


def _journals_of(store: Store, until: int | None, book: Book) -> Journals:
    day = book.settings.as_of
    moving, stepping, billing, rating = Movements(), Progress(), Billings(), PostedRates(day)
    changing = Changes()
    for row in store.read(until=until):
        moving.take(row)
        stepping.take(row)
        billing.take(row)
        rating.take(row)
        changing.take(row)
    state = _state(store, until, day)
    rates, items = rating.frame(), changing.items(day)

    def recorded(sequence: int) -> Recorded:
        return next(iter(store.read(sequence - 1, sequence)))

    past = known_past(book, Past(
        orders_frame(state, gone=True), services_frame(state, gone=True), items=items, rates=rates,
        modified=changing.modifications(state, items, day, _ends(book), recorded)))
    movements = moving.frame().filter(pl.col("effective_on") <= day)
    return Journals(movements, stepping.frame(), _billed(billing.frame(), state, book, past), past,
                    _left(state, past), rates)


def _ends(book: Book) -> list[date]:
    """The last days of the quarters that are over."""
    settings = book.settings
    year = fiscal_year(settings.fiscal_year_end)
    return [period.ends_on for period in periods(year, "quarter", FIRST_DAY, settings.as_of)
            if period.ends_on < settings.as_of]


def _left(state: State, past: Past) -> Left:
    """What was sold, has left the book, and is not among the past that finance knows."""
    orders, services = left_frames(state)
    key = ["order_id", "line_no"]
    return Left(orders.join(past.orders.select(key), on=key, how="anti", maintain_order="left"),
                services.join(past.services.select(key), on=key, how="anti",
                              maintain_order="left"))


def _state(store: Store, until: int | None, day: date) -> State:
    """The state of a day as it was known after an event."""
    newest = store.state(day)
    return newest if until is None or newest.sequence <= until else fold(
        store.read(until=until), day)


def _billed(found: pl.DataFrame, state: State, book: Book, past: Past) -> pl.DataFrame | None:
    """
    What was invoiced and paid by the day of a book; None where nothing ever was.

    What lines earned of which the tables have not even the item is taken off, see
    `earned_elsewhere`.
    """
    day = book.settings.as_of
    found = found.filter(pl.col("effective_on") <= day).with_columns(
        posted_on=pl.min_horizontal("posted_on", pl.lit(day)))
    if found.is_empty():
        return None
    known = pl.concat([frame.select("order_id", "line_no")
                       for frame in (book.tables.frames["orders"], past.orders)])
    return found.vstack(earned_elsewhere(state, known, day))
