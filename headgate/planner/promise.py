"""What each line is promised, from its allocations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import Allocation
from headgate.tables.plan_schema import ALLOCATIONS

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

STATUSES = ("on_time", "late", "short", "unplanned", "shipped")
ON_TIME, LATE, SHORT, UNPLANNED, SHIPPED = range(5)


@dataclass(frozen=True, slots=True)
class Promises:
    """
    One entry for each line of the book.

    pieces, on_time_pieces : promised; arriving by the requested bucket
    first, last            : first and last arrival bucket, -1 when nothing is promised
    status                 : index into STATUSES
    arrival                : (allocations,) arrival bucket of each row of the log
    broken                 : pieces of pins and frozen promises that did not fit
    """

    pieces: Longs
    on_time_pieces: Longs
    first: Ints
    last: Ints
    status: NDArray[np.int8]
    arrival: Ints
    broken: Longs

    def not_on_time(self) -> Ints:
        """Indexes of the lines that are late, short or unplanned."""
        late = (self.status == LATE) | (self.status == SHORT) | (self.status == UNPLANNED)
        return np.flatnonzero(late).astype(np.int32)


def promise(book: Book, allocation: Allocation) -> Promises:
    """Promised pieces, arrivals and status of every line."""
    lines = book.lines
    count = len(lines)
    arrival = (allocation.ship + book.lanes.weeks[allocation.lane]).astype(np.int32)
    pieces = np.zeros(count, dtype=np.int64)
    in_time = np.zeros(count, dtype=np.int64)
    np.add.at(pieces, allocation.line, allocation.quantity)
    timely = arrival <= lines.requested[allocation.line]
    np.add.at(in_time, allocation.line[timely], allocation.quantity[timely])
    first = np.full(count, 2**30, dtype=np.int32)
    last = np.full(count, -1, dtype=np.int32)
    np.minimum.at(first, allocation.line, arrival)
    np.maximum.at(last, allocation.line, arrival)
    first[last < 0] = -1
    status = np.select(
        [lines.open == 0, pieces == 0, pieces < lines.open, last > lines.requested],
        [SHIPPED, UNPLANNED, SHORT, LATE], ON_TIME).astype(np.int8)
    return Promises(pieces, in_time, first, last, status, arrival, allocation.broken)


def allocation_frame(book: Book, allocation: Allocation, promises: Promises) -> pl.DataFrame:
    """The `allocations` table."""
    site = book.lanes.site[allocation.lane]
    place = np.lexsort((allocation.item, site, allocation.ship, allocation.line))
    order_id, line_no = line_ids(book, allocation.line[place])
    return pl.DataFrame({
        "order_id": order_id, "line_no": line_no,
        "item_id": book.items.names(allocation.item[place]),
        "site_id": book.sites.names(site[place]), "ship_on": mondays(book, allocation.ship[place]),
        "arrive_on": mondays(book, promises.arrival[place]),
        "quantity": allocation.quantity[place]}, schema=ALLOCATIONS.types)


def line_ids(book: Book, line: NDArray[np.integer]) -> tuple[pl.Series, pl.Series]:
    """order_id and line_no of each line index."""
    orders = book.tables.frames["orders"]
    rows = pl.Series(book.lines.source_row[line])
    return orders["order_id"].gather(rows), orders["line_no"].gather(rows)


def mondays(book: Book, bucket: NDArray[np.integer]) -> pl.Series:
    """The Monday of each bucket, as Date."""
    days = np.datetime64(book.first_monday, "D") + 7 * np.asarray(bucket, dtype=np.int64)
    return pl.Series(days).cast(pl.Date)


def dates_or_blank(book: Book, bucket: NDArray[np.integer], there: NDArray[np.bool_],
                   weekday: int = 0) -> pl.Series:
    """The day of each bucket's week where `there`, else null."""
    days = mondays(book, np.where(there, bucket, 0)).dt.offset_by(f"{weekday}d")
    return pl.select(pl.when(pl.Series(there)).then(days)).to_series()
