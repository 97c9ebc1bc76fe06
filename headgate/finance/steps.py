"""The steps that pieces took towards revenue, as they took them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.pieces import NEVER, Pieces
from headgate.finance.shares import before_each
from headgate.finance.under_way import steps_taken

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Taken:
    """
    What became and ceased to be recognised, day by day; (cells,) by line, then day.

    line         : row of the line
    day          : since 1970-01-01; -1 of pieces of which nobody says when they left
    first, last  : pieces of the line that were recognised before the day, and with it
    before, upto : cents of these pieces, at the prices at which they left
    unknown      : (lines,) pieces of which, as they are known now, nobody says when they arrived
    moved        : (lines,) whether pieces ever left at another price than that of today
    """

    line: Longs
    day: Longs
    first: Longs
    last: Longs
    before: Longs
    upto: Longs
    unknown: Longs
    moved: NDArray[np.bool_]


def taken_of(lines: pl.DataFrame, progress: pl.DataFrame, until: date, gone: Longs) -> Taken:
    """
    What of each line became recognised on each day, less what ceased to be.

    The pieces are followed step by step, and at the end of every day those are counted that are
    recognised: what came back is taken off on the day on which it did.

    lines    : order_id, line_no, recognise_on and unit_price_cents
    progress : the columns of `headgate.tables.progress_schema.PROGRESS`; steps after `until` do not
               count
    gone     : (lines,) pieces that have left, be it known when or not
    raises IssuesError : columns of the progress are missing
    """
    rule, now = lines["recognise_on"].to_list(), lines["unit_price_cents"].to_list()
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    known, opened = np.zeros(len(gone), dtype=np.int64), np.zeros(len(gone), dtype=np.int64)
    moved = np.zeros(len(gone), dtype=np.bool_)
    for line, steps in groupby(steps_taken(lines, progress, until).iter_rows(),
                               key=itemgetter(0)):
        pieces, before = Pieces(), (0, 0)
        days = [(day, list(own)) for day, own in groupby(steps, key=_day)]
        for number, (day, own) in enumerate(days, start=1):
            for _, *step in own:
                pieces.take(*step)
                moved[line] |= step[-1] not in (None, now[line])
            if number == len(days):
                pieces.cut(int(gone[line]))
            there = [(one.pieces, now[line] if one.price is None else one.price)
                     for one in pieces.gone if one.recognised(rule[line])]
            upto = (sum(count for count, _ in there), sum(count * price for count, price in there))
            held = cells.get((line, day), (0, 0))
            cells[line, day] = held[0] + upto[0] - before[0], held[1] + upto[1] - before[1]
            before = upto
        known[line] = sum(one.pieces for one in pieces.gone)
        opened[line] = sum(one.pieces for one in pieces.gone if one.opening)
    # Pieces of which the progress knows nothing were recognised before all others.
    for line in np.flatnonzero(gone > known).tolist():
        count = int(gone[line] - known[line])
        held = cells.get((line, NEVER), (0, 0))
        cells[line, NEVER] = held[0] + count, held[1] + count * now[line]
    rows = np.array([(*place, *cells[place]) for place in sorted(cells) if any(cells[place])],
                    dtype=np.int64).reshape(-1, 4)
    of_line, days_of, counts, cents = rows.T
    first, paid = before_each(counts, of_line), before_each(cents, of_line)
    return Taken(of_line, days_of, first, first + counts, paid, paid + cents,
                 gone - known + opened, moved)


def _day(step: tuple[Any, ...]) -> int:
    """The day of a step; of an opening nobody knows it."""
    return NEVER if step[1] == "opening" else int(step[3])


@dataclass(frozen=True, slots=True)
class Delivered:
    """
    When the pieces of lines were delivered, first in, first out; (cells,) by line, then piece.

    line        : row of the line
    first, last : pieces of the line before these, and with them; those of which nobody says when
                  they left come before all
    day         : of their delivery, since 1970-01-01
    """

    line: Longs
    first: Longs
    last: Longs
    day: Longs

    @classmethod
    def of(cls, lines: pl.DataFrame, progress: pl.DataFrame, until: date,
           unknown: Longs) -> Delivered:
        """The deliveries of lines up to a day; what came back was delivered all the same."""
        rows = steps_taken(lines, progress, until).filter(
            pl.col("step") == "delivered").group_by("line", "day").agg(
            pl.col("quantity").sum()).filter(pl.col("quantity") > 0).sort("line", "day")
        line, count = rows["line"].to_numpy(), rows["quantity"].to_numpy()
        last = rows.select(pl.col("quantity").cum_sum().over("line")).to_series().to_numpy()
        last = last + unknown[line]
        return cls(line, last - count, last, rows["day"].to_numpy())

    def late_weeks(self, requested: Longs, monday: int) -> Longs:
        """
        (cells,) weeks from the requested week to that of the delivery, 0 or more.

        requested : (lines,) requested day of each line; monday : any Monday, as a day
        """
        weeks = (self.day - monday) // 7 - (requested[self.line] - monday) // 7
        return np.asarray(np.maximum(0, weeks), dtype=np.int64)

    def cents_of(self, each: Longs, line: Longs, first: Longs, last: Longs) -> Longs:
        """
        What stretches of pieces have of an amount that each delivered piece has.

        each : (cells,) cents of each piece; line, first, last : (stretches,); a stretch whose last
               comes before its first takes back
        """
        return self._upto(each, line, last) - self._upto(each, line, first)

    def _upto(self, each: Longs, line: Longs, piece: Longs) -> Longs:
        """What the first pieces of lines have together."""
        sums = np.concatenate([[0], np.cumsum(each * (self.last - self.first))])
        # Keys of line and piece in one number: the first cell of the line, and of the piece in it.
        width = np.int64(2**31)
        begin = np.searchsorted(self.line, line)
        cell = np.searchsorted(self.line * width + self.last, line * width + piece)
        cell = np.maximum(cell, begin)
        inside = np.zeros(len(line), dtype=np.int64)
        held = cell < len(self.line)
        held[held] = self.line[cell[held]] == line[held]
        at = cell[held]
        inside[held] = np.maximum(0, piece[held] - self.first[at]) * each[at]
        return np.asarray(sums[cell] - sums[begin] + inside, dtype=np.int64)
