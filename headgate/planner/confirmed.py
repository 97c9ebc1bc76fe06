"""What was promised to each line of a book before a re-plan, and what moving that costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.money import scale_cents
from headgate.book import Book
from headgate.planner.kernels.kept import EARLIEST_KEPT, NEVER, PROMISED, TIER
from headgate.planner.numbering import KEY
from headgate.planner.older import NO_DAY, Allocated, Older, buckets_of_days, days_of
from headgate.planner.replan_policy import CLASSES, FILL, LOSE, ReplanPolicy, groups_of
from headgate.planner.world import ship_sets

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """
    One entry for each line of the book.

    known     : whether the older plan had the line, or it has a promise of record
    promised  : bucket of the promise, NEVER none; may lie before bucket 0
    planned   : last arrival bucket in the older plan, NEVER none
    pieces    : of what is still open, what had a date in the older plan; of a line that it had not,
                what the promise of record is for
    due       : of `pieces`, what is promised: all, but no more than the record says is still due
    added     : pieces that are open now and were not ordered then
    open      : pieces open then, 0 of a line that the older plan had not
    late      : whether it was late or short of pieces then
    group     : class, as its place in CLASSES
    frozen    : whether it is promised within the fence
    later, earlier : cents for a piece that is promised one week later, or earlier
    """

    known: Bools
    promised: Longs
    planned: Longs
    pieces: Longs
    due: Longs
    added: Longs
    open: Longs
    late: Bools
    group: Longs
    frozen: Bools
    later: Floats
    earlier: Floats

    def without(self, placed: Longs, left: Longs) -> Confirmed:
        """
        What of it is to be kept beside allocations that are fixed.

        placed, left : (lines,) pieces that are fixed, and open pieces that are not
        """
        return replace(self, pieces=np.minimum(left, np.maximum(0, self.pieces - placed)),
                       open=self.open - placed)

    def charged(self, lines: Longs, moved: Bools, last: Longs, pieces: Longs, lost: Longs,
                horizon: int) -> Longs:
        """
        (n,) what the policy charges for moved promises: the moved pieces, times the weeks; pieces
        that have no date any more count as moved to the end of the planned weeks, and by one at
        least. What is left of a promise then cannot be early.

        lines : (n,) of the book; moved : (n,) whether their promise moves; last : (n,) the last
                arrival bucket that they have then, NEVER none; pieces : (n,) that move
        lost  : (n,) of the promised pieces those that have no date any more
        """
        later, earlier = (np.rint(rate[lines]).astype(np.int64)
                          for rate in (self.later, self.earlier))
        promised, some = self.promised[lines], lost > 0
        gone, until_end = last == NEVER, np.maximum(1, horizon - promised)
        weeks = np.where(gone, until_end, last - promised)
        weeks = np.where(moved, np.where(some, np.maximum(0, weeks), weeks), 0)
        pieces = np.maximum(pieces, lost)
        rest = np.where(some & ~gone, pieces - lost, pieces)
        ends = np.where(moved, later * until_end * (pieces - rest), 0)
        return np.asarray(ends + np.where(weeks > 0, later, earlier) * np.abs(weeks) * rest,
                          dtype=np.int64)

    def terms(self) -> tuple[Longs, Floats]:
        """`terms` and `money` as `headgate.planner.kernels.kept.Old` takes them."""
        terms = np.zeros((len(self.known), 3), dtype=np.int64)
        terms[:, PROMISED] = self.promised
        terms[:, TIER] = len(CLASSES) * self.frozen + LOSE - self.group
        fill = self.group == FILL
        # A line of this class that had nothing gets nothing: it may begin after all weeks.
        terms[fill, EARLIEST_KEPT] = np.where(self.promised[fill] == NEVER, -NEVER,
                                              self.promised[fill])
        terms[~self.known, EARLIEST_KEPT] = 0
        return terms, np.stack([self.later, self.earlier], axis=1)


def confirmed_of(book: Book, policy: ReplanPolicy, older: Older,
                 record: pl.DataFrame | None = None) -> Confirmed:
    """
    What was promised to the lines of a book, and what the older plan gave them.

    The promise is that of record; of a line that the record has not, the order's `promised_on`;
    without one, the older plan's. Lines that only the older plan has are left out: they were
    shipped or cancelled.

    record : the table `promises_of_record`; None where nothing was published
    """
    lines = book.lines
    old, had = older.rows >= 0, older.promised
    planned = np.where(old, _buckets(book, _at(had.day, older.rows, NO_DAY)), NEVER)
    recorded = _recorded(book, record)
    before = _at(had.open, older.rows, 0)
    pieces = np.where(old, _still_dated(book, before, older.allocated),
                      recorded.pieces * recorded.said)
    return _confirmed(book, policy, recorded, old, planned, pieces, before,
                      np.where(old, np.maximum(0, lines.open - before), 0),
                      _at(had.waits, older.rows, 0) == 1)


def confirmed_by(book: Book, policy: ReplanPolicy, line: Longs, arrival: Longs, pieces: Longs,
                 record: pl.DataFrame | None = None) -> Confirmed:
    """
    What a plan promises to the lines of its own book.

    line, arrival, pieces : of each of its allocations; arrival is a bucket
    record : as for `confirmed_of`
    """
    lines = book.lines
    planned = np.full(len(lines), NEVER, dtype=np.int64)
    np.maximum.at(planned, line, arrival)
    given = np.bincount(line, pieces, len(lines)).astype(np.int64)
    return _confirmed(book, policy, _recorded(book, record), np.ones(len(lines), dtype=np.bool_),
                      planned, given, lines.open, np.zeros(len(lines), dtype=np.int64),
                      (given < lines.open) | (planned > lines.requested))


def _confirmed(book: Book, policy: ReplanPolicy, recorded: _Record, old: Bools, planned: Longs,
               pieces: Longs, before: Longs, added: Longs, late: Bools) -> Confirmed:
    """
    What was confirmed, by the record or else as it was planned.

    old : (lines,) lines that the older plan had; the others as in `Confirmed`
    """
    lines = book.lines
    promised = np.where(recorded.said, recorded.bucket, planned)
    there = promised != NEVER
    near = there & (promised < policy.near_weeks)
    known = old | (recorded.said & (recorded.pieces > 0))
    factor = np.where(near, policy.near_thousandths / 1000.0, 1.0)
    # The lines of a ship set move together: its best line's class counts, and any of their fences.
    heads = _heads(book)
    group = groups_of(book, policy)[heads]
    return Confirmed(
        known, promised, planned, pieces,
        np.where(recorded.written, np.minimum(pieces, recorded.pieces), pieces),
        added, before, late, group,
        _any_mate(heads, there & (promised < policy.fence_weeks)),
        np.multiply(scale_cents(lines.price_cents, policy.later_millionths), factor),
        np.multiply(scale_cents(lines.price_cents, policy.earlier_millionths), factor))


class _Record(NamedTuple):
    """
    What is of record: whether anything is said of a line, and by the record itself; its bucket, and
    pieces still open.
    """

    said: Bools
    written: Bools
    bucket: Longs
    pieces: Longs


def _recorded(book: Book, record: pl.DataFrame | None) -> _Record:
    """The promises of record; a line without one has the order's own date for all that is open."""
    orders, rows = book.tables.frames["orders"], book.lines.source_row
    days = days_of(orders["promised_on"])[rows]
    bucket, pieces = _buckets(book, days), book.lines.open
    own = bucket != NEVER
    if record is None:
        return _Record(own, np.zeros(len(own), dtype=np.bool_), bucket, pieces)
    table = orders.select(*KEY, shipped="shipped_quantity")[pl.Series(rows)]
    of_record = table.join(record.select(
        "order_id", "line_no", recorded_on="promised_on", pieces="quantity",
        then="shipped_quantity"), on=KEY, how="left", maintain_order="left")
    said = of_record["then"].is_not_null().to_numpy()
    left = (pl.col("pieces") + pl.col("then") - pl.col("shipped")).fill_null(0)
    due = np.clip(of_record.select(left).to_series().to_numpy(), 0, book.lines.open)
    written = _buckets(book, days_of(of_record["recorded_on"]))
    return _Record(said | own, said, np.where(said, written, bucket), np.where(said, due, pieces))


def _at(values: NDArray[Any], rows: Longs, blank: int) -> Longs:
    """(rows,) the value at each place, `blank` where that is -1."""
    return np.asarray(np.append(values, blank)[rows], dtype=np.int64)


def _buckets(book: Book, days: Longs) -> Longs:
    """The bucket of each day, NEVER of a blank one; it may lie before bucket 0."""
    return np.where(days == NO_DAY, NEVER, buckets_of_days(book, days))


def _still_dated(book: Book, before: Longs, allocated: Allocated) -> Longs:
    """
    (lines,) pieces still open that had a date: those to ship from now on, and those whose week has
    passed and that were not shipped in it.
    """
    line, pieces, future = allocated.line, allocated.pieces, allocated.ship >= 0
    ahead, past = (np.bincount(line[rows], pieces[rows], len(before)).astype(np.int64)
                   for rows in ((line >= 0) & future, (line >= 0) & ~future))
    missed = np.maximum(0, past - np.maximum(0, before - book.lines.open))
    return np.asarray(np.minimum(book.lines.open, ahead + missed), dtype=np.int64)


def _heads(book: Book) -> Longs:
    """(lines,) the best line of each line's ship set, or the line itself."""
    ship_set, ptr, mates = ship_sets(book)
    found = np.arange(len(book.lines))
    if len(mates):
        found[mates] = mates[ptr[:-1]][ship_set[mates]]
    return found


def _any_mate(heads: Longs, chosen: Bools) -> Bools:
    """(lines,) whether a line or one of its ship set is chosen."""
    found = np.zeros(len(heads), dtype=np.bool_)
    found[heads[chosen]] = True
    return found[heads]
