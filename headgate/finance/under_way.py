"""Pieces that had left before the plan: which are recognised, and when the others will be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError
from headgate.book import Book
from headgate.finance.exchange import day_number
from headgate.finance.shares import PIECES, holding, stretches_of

Longs = NDArray[np.int64]
FRIDAY = 4
PROGRESS: tuple[str, ...] = ("order_id", "line_no", "step", "effective_on", "quantity", "stage")
"""
The columns of progress, as `headgate.ledger.movements.progress` gives them: `step` is shipped,
returned, delivered or accepted; `stage` says of a return how far the pieces had come. Further
columns and steps are not looked at.
"""
STAGES = ("transit", "delivered", "accepted")


@dataclass(frozen=True, slots=True)
class Before:
    """
    The pieces shipped before the plan.

    recognised : (lines,) pieces whose revenue counts as recognised by as_of; they come first
    unknown    : (lines,) pieces of which nobody says when they were delivered
    line, pieces, due, delivered : (stretches,) pieces with a known or expected delivery, by line;
                 days since 1970-01-01; due is the day of recognition
    pending    : (stretches,) whether they are still to be recognised
    """

    recognised: Longs
    unknown: Longs
    line: Longs
    pieces: Longs
    due: Longs
    delivered: Longs
    pending: NDArray[np.bool_]


def before_of(book: Book, progress: pl.DataFrame | None = None) -> Before:
    """
    What is known of the pieces shipped before the plan.

    Without progress a book says only how many they are: all of them count as recognised, and when
    their services began is not known. With it a line's pieces are counted off first in, first
    out: the k-th piece shipped is the k-th delivered and the k-th accepted. A piece under way is
    expected on the Friday of the week of its shipment and the longest transit to its region; one
    that awaits acceptance is accepted `acceptance_days` after delivery; neither before as_of.

    progress : the columns PROGRESS; steps after as_of are not looked at
    raises IssuesError : columns of the progress are missing
    """
    orders = book.tables.frames["orders"][pl.Series(book.lines.source_row)]
    gone = (orders["quantity"].to_numpy() - book.lines.open).astype(np.int64)
    none = np.zeros(0, dtype=np.int64)
    if progress is None:
        return Before(gone, gone, none, none, none, none, none.astype(np.bool_))
    steps = _steps(book, orders, progress)
    shipped, delivered = steps["shipped"], steps["delivered"]
    known = np.minimum(gone, shipped.totals)
    rule = orders["recognise_on"].to_numpy()
    passed = np.where(rule == "ship", known, np.where(
        rule == "deliver", delivered.totals, steps["accepted"].totals))
    # Pieces of which the progress knows nothing were there before it: they come first.
    unknown = gone - known
    passed = np.minimum(passed, known)
    line = np.arange(len(gone))
    ends = np.concatenate([steps[name].line * PIECES + steps[name].last
                           for name in ("shipped", "delivered")])
    line, first, last = stretches_of(np.concatenate([
        ends, line * PIECES, line * PIECES + known, line * PIECES + passed]))
    inside = first < known[line]
    line, first, last = line[inside], first[inside], last[inside]
    there = delivered.day_of(line, first)
    arrive = np.where(there >= 0, there, _expected(book, line, shipped.day_of(line, first)))
    wait = np.where(rule == "accept", orders["acceptance_days"].fill_null(0).to_numpy(), 0)
    now = day_number(book.settings.as_of)
    return Before(unknown + passed, unknown, line, last - first,
                  np.maximum(now, arrive + wait[line]), arrive, first >= passed[line])


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


@dataclass(frozen=True, slots=True)
class _Step:
    """The pieces of each line that took a step, in the order in which they did."""

    totals: Longs
    line: Longs
    first: Longs
    last: Longs
    day: Longs

    def day_of(self, line: Longs, piece: Longs) -> Longs:
        """The day on which each piece took the step; -1 for one that has not."""
        cell = holding(self.line, self.first, self.last, line, piece)
        if len(self.day) == 0:
            return cell
        return np.asarray(np.where(cell < 0, -1, self.day[np.maximum(cell, 0)]), dtype=np.int64)


def _steps(book: Book, orders: pl.DataFrame, progress: pl.DataFrame) -> dict[str, _Step]:
    """Shipped, delivered and accepted pieces; what came back is taken off the last of them."""
    missing = [name for name in PROGRESS if name not in progress.columns]
    if missing:
        raise IssuesError([Issue("progress.column.missing", "error", "progress", "is missing",
                                 None, name) for name in missing], "no revenue was worked out")
    lines = orders.select("order_id", "line_no").with_row_index("line")
    rows = progress.select(PROGRESS).filter(
        pl.col("effective_on") <= book.settings.as_of).join(
        lines, on=["order_id", "line_no"]).with_columns(pl.col("line").cast(pl.Int64))
    returned = rows.filter(pl.col("step") == "returned")
    found = {}
    for place, name in enumerate(("shipped", "delivered", "accepted")):
        own = rows.filter(pl.col("step") == name).group_by("line", "effective_on").agg(
            pl.col("quantity").sum()).sort("line", "effective_on")
        back = returned.filter(pl.col("stage").fill_null(STAGES[0]).is_in(STAGES[place:]))
        totals = np.zeros(orders.height, dtype=np.int64)
        for frame, sign in ((own, 1), (back, -1)):
            np.add.at(totals, frame["line"].to_numpy(), sign * frame["quantity"].to_numpy())
        totals = np.maximum(totals, 0)
        # What a correction took away on a day of its own shortens the whole, and has no day.
        own = own.filter(pl.col("quantity") > 0)
        line = own["line"].to_numpy()
        last = own.select(pl.col("quantity").cum_sum().over("line")).to_series().to_numpy()
        first = last - own["quantity"].to_numpy()
        kept = first < totals[line]
        found[name] = _Step(totals, line[kept], first[kept],
                            np.minimum(last, totals[line])[kept],
                            own["effective_on"].to_physical().cast(pl.Int64).to_numpy()[kept])
    return found
