"""Pieces that had left before the plan: which are recognised, and when the others will be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError
from headgate.book import Book
from headgate.finance.exchange import day_number
from headgate.finance.pieces import HOLD, Pieces, Tranche, Trips
from headgate.finance.shares import PIECES
from headgate.tables.progress_schema import NEEDED, ORDERED, STEPS_OF_PIECES

Longs = NDArray[np.int64]
FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Prices:
    """
    The pieces of lines of which not all have the price of today; (cells,) by line, then piece.

    line, first, last : order line, and the pieces before the cell and with it
    upto              : cents of the line before the cell, in its currency
    price             : of one piece
    """

    line: Longs
    first: Longs
    last: Longs
    upto: Longs
    price: Longs

    def worth(self, line: Longs, piece: Longs) -> Longs:
        """Cents of the first pieces of lines; of lines that are not here the pieces themselves."""
        if len(self.line) == 0:
            return piece
        cell = np.searchsorted(self.line * PIECES + self.first, line * PIECES + piece, "right") - 1
        cell = np.maximum(cell, 0)
        found = self.upto[cell] + (piece - self.first[cell]) * self.price[cell]
        return np.where(self.line[cell] == line, found, piece)

    def stated(self, cents: Longs) -> Longs:
        """(order lines,) the price of each line, where it is not quantity times today's price."""
        last = np.flatnonzero(np.diff(self.line, append=-1) != 0)
        found = cents.copy()
        found[self.line[last]] = self.upto[last] + self.price[last] * (
            self.last[last] - self.first[last])
        return found


@dataclass(frozen=True, slots=True)
class Before:
    """
    The pieces shipped before the plan.

    recognised : (lines,) pieces whose revenue counts as recognised by as_of; they come first
    held       : (lines,) those of them that are billed and held and have not left, the last ones
    unknown    : (lines,) pieces of which nobody says when they were delivered
    line, pieces, due, delivered : (stretches,) pieces with a known or expected delivery, by line;
                 days since 1970-01-01; due is the day of recognition
    shipped    : (stretches,) the day on which they left
    pending    : (stretches,) whether they are still to be recognised
    been       : (stretches,) number in `trips` of where they had been before they came back; 0
                 they never did
    trips      : see `headgate.finance.pieces.Trips`
    waiting    : of lines the pieces that came back and have not left again, with that number
    prices     : of pieces that left at another price than that of today
    """

    recognised: Longs
    held: Longs
    unknown: Longs
    line: Longs
    pieces: Longs
    due: Longs
    delivered: Longs
    shipped: Longs
    pending: NDArray[np.bool_]
    been: Longs
    trips: tuple[Trips, ...]
    waiting: Mapping[int, list[tuple[int, int]]]
    prices: Prices


def before_of(book: Book, progress: pl.DataFrame | None = None) -> Before:
    """
    What is known of the pieces shipped before the plan.

    Without progress a book says only how many they are: all of them count as recognised, and when
    their services began is not known. With it a line's pieces are followed from step to step, see
    `headgate.finance.pieces.Pieces`. A piece under way is expected on the Friday of the week of
    its shipment and the longest transit to its region; one that awaits acceptance is accepted
    `acceptance_days` after delivery; neither before as_of.

    progress : the columns of `headgate.tables.progress_schema.PROGRESS`, and steps of what is held
               as `headgate.finance.bill_and_hold.Held` has them; steps after as_of are not looked
               at
    raises IssuesError : columns of the progress are missing
    """
    orders = book.tables.frames["orders"][pl.Series(book.lines.source_row)]
    gone = (orders["quantity"].to_numpy() - book.lines.open).astype(np.int64)
    told = _Told(orders, gone)
    if progress is not None:
        for number, of_line in _followed(book, orders, progress).items():
            told.take(number, of_line)
    known = np.zeros(len(gone), dtype=np.int64)
    opened, passed = known.copy(), known.copy()
    cells = np.array(told.cells, dtype=np.int64).reshape(-1, 7).T
    line, pieces, shipped, there, recognised, opening, been = cells
    trips, place = told.in_order()
    been = place[been]
    waiting = {number: [(count, int(place[past])) for count, past in back]
               for number, back in told.waiting.items()}
    np.add.at(known, line, pieces)
    np.add.at(opened, line, np.where(opening == 1, pieces, 0))
    np.add.at(passed, line, np.where(recognised == 1, pieces, 0))
    # Pieces of which the progress knows nothing were there before it: they come first.
    unknown = gone - known
    own = opening == 0
    line, pieces, shipped, there, recognised, been = (
        part[own] for part in (line, pieces, shipped, there, recognised, been))
    arrive = np.where(there >= 0, there, _expected(book, line, shipped))
    wait = np.where((orders["recognise_on"] == "accept").to_numpy(),
                    orders["acceptance_days"].fill_null(0).to_numpy(), 0)
    now = day_number(book.settings.as_of)
    return Before(unknown + passed + told.held, told.held, unknown + opened, line, pieces,
                  np.maximum(now, arrive + wait[line]), arrive, shipped, recognised == 0, been,
                  trips, waiting, told.prices())


class _Told:
    """
    Collects what is told of the pieces of lines, by line.

    cells : of what has left: line, pieces, shipped, delivered, recognised, opening, been
    held  : (lines,) pieces that are billed and held and have not left
    """

    def __init__(self, orders: pl.DataFrame, gone: Longs) -> None:
        self.gone, self.rule = gone, orders["recognise_on"].to_list()
        self.whole = orders["quantity"].to_list()
        self.price = orders["unit_price_cents"].to_list()
        self.cells: list[tuple[int, ...]] = []
        self.held = np.zeros(len(gone), dtype=np.int64)
        self.trips: dict[Trips, int] = {(): 0}
        self.waiting: dict[int, list[tuple[int, int]]] = {}
        self.steps: list[tuple[int, int, int, int, int]] = []

    def take(self, line: int, pieces: Pieces) -> None:
        """Take the pieces of a line: recognised ones first, of these last what has not left."""
        rule, gone = self.rule[line], int(self.gone[line])
        pieces.cut(gone)
        done = [one for one in pieces.gone if one.recognised(rule)]
        away = [one for one in pieces.gone if not one.recognised(rule)]
        tranches = [*done, *pieces.waiting, *away]
        self.held[line] = sum(one.pieces for one in pieces.waiting)
        for one in (*done, *away):
            self.cells.append((
                line, one.pieces, one.shipped, one.delivered, int(one.recognised(rule)),
                int(one.opening), self.trips.setdefault(one.trips, len(self.trips))))
        back = [(one.pieces, self.trips.setdefault(one.trips, len(self.trips)))
                for one in (*pieces.waiting, *pieces.back)]
        if any(number for _, number in back):
            self.waiting[line] = back
        now = self.price[line]
        if any(one.price not in (None, now) for one in tranches):
            self._priced(line, tranches)

    def _priced(self, line: int, tranches: list[Tranche]) -> None:
        """Cells of prices: what is not told of first, then the tranches, then what is open."""
        now, gone = self.price[line], int(self.gone[line] + self.held[line])
        before = gone - sum(one.pieces for one in tranches)
        runs = [(before, now), *((one.pieces, now if one.price is None else one.price)
                                 for one in tranches), (self.whole[line] - gone, now)]
        first = upto = 0
        if not any(count * price for count, price in runs):
            return
        for count, price in runs:
            if count:
                self.steps.append((line, first, first + count, upto, price))
            first, upto = first + count, upto + count * price

    def in_order(self) -> tuple[tuple[Trips, ...], Longs]:
        """The trips, in the order of days; the place there of each by its number."""
        found = tuple(sorted(self.trips))
        places = {past: place for place, past in enumerate(found)}
        return found, np.array([places[past] for past in self.trips], dtype=np.int64)

    def prices(self) -> Prices:
        """The cells of all lines."""
        return Prices(*np.array(self.steps, dtype=np.int64).reshape(-1, 5).T)


def _followed(book: Book, orders: pl.DataFrame, progress: pl.DataFrame) -> dict[int, Pieces]:
    """The pieces of each line of which the progress tells, in the order of lines."""
    found: dict[int, Pieces] = {}
    for line, *step in steps_taken(orders, progress, book.settings.as_of).iter_rows():
        of_line = found.get(line)
        if of_line is None:
            of_line = found[line] = Pieces()
        of_line.take(*step)
    return found


def steps_taken(orders: pl.DataFrame, progress: pl.DataFrame, until: date) -> pl.DataFrame:
    """
    The steps that pieces took up to a day, by line and then in the order in which they count.

    What is billed and held since a day is so before anything else happens on it.

    orders  : order_id and line_no
    returns : `line`, the row of the line there; `step`, `quantity`, `day` since 1970-01-01,
              `stage` and `price_cents`, as `Pieces.take` takes them
    raises IssuesError : columns of the progress are missing
    """
    refuse_progress(progress)
    lines = orders.select("order_id", "line_no").with_row_index("line")
    rows = progress.filter(pl.col("step").is_in([*STEPS_OF_PIECES, HOLD, ORDERED]),
                           pl.col("effective_on") <= until)
    for name in ("price_cents", "sequence"):
        if name not in rows.columns:
            rows = rows.with_columns(pl.lit(None, pl.Int64).alias(name))
    rows = rows.with_row_index("row").join(lines, on=["order_id", "line_no"]).sort(
        "line", "effective_on", pl.col("step") != HOLD, "sequence", "row")
    return rows.select(
        pl.col("line").cast(pl.Int64), "step", "quantity",
        pl.col("effective_on").to_physical().cast(pl.Int64).alias("day"), "stage", "price_cents")


def refuse_progress(progress: pl.DataFrame) -> None:
    """Raises IssuesError where columns of the progress are missing."""
    missing = [name for name in NEEDED if name not in progress.columns]
    if missing:
        raise IssuesError([Issue("progress.column.missing", "error", "progress", "is missing",
                                 None, name) for name in missing], "no revenue was worked out")


def _expected(book: Book, line: Longs, shipped: Longs) -> Longs:
    """The day on which pieces under way are expected."""
    lanes = book.lanes
    longest = np.zeros(len(book.regions), dtype=np.int64)
    counts = np.diff(lanes.ptr)
    np.maximum.at(longest, np.repeat(np.arange(len(counts)), counts), lanes.weeks)
    monday = day_number(book.first_monday)
    week = (shipped - monday) // 7 + longest[book.lines.region[line]]
    friday = monday + 7 * week + FRIDAY
    return np.asarray(np.maximum(friday, day_number(book.settings.as_of)), dtype=np.int64)
