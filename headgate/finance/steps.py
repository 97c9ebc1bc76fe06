"""The steps that pieces took towards revenue, as they took them."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    What became and ceased to be recognised, day by day; (cells,) by line, then day, and of one day
    what is billed and held after the rest.

    line         : row of the line
    day          : since 1970-01-01; -1 of pieces of which nobody says when they left
    held         : whether the pieces are recognised as billed and held, or were and came back
    first, last  : pieces of the line that were recognised before the cell, and with it
    before, upto : cents of these pieces, at the prices at which they left
    own_first, own_last : pieces of the line of cells that are not held, before the cell and with it
    unknown      : (lines,) pieces of which, as they are known now, nobody says when they arrived
    moved        : (lines,) whether pieces ever left at another price than that of today
    spared       : deliveries of pieces that were held: line, day, pieces; (rows, 3)
    ahead        : (lines,) pieces that are recognised as held, and by the rule of their line are
                   not yet
    """

    line: Longs
    day: Longs
    held: NDArray[np.bool_]
    first: Longs
    last: Longs
    before: Longs
    upto: Longs
    own_first: Longs
    own_last: Longs
    unknown: Longs
    moved: NDArray[np.bool_]
    spared: Longs
    ahead: Longs

    def priced(self, stated: Longs) -> NDArray[np.bool_]:
        """
        (lines,) whether pieces share the price of their line by the cents that they were sold at.

        stated : (lines,) cents of each line; of one that is worth nothing nobody can share these
        """
        return np.asarray(self.moved & (stated > 0))


def taken_of(lines: pl.DataFrame, progress: pl.DataFrame, until: date, gone: Longs) -> Taken:
    """
    What of each line became recognised on each day, less what ceased to be.

    The pieces are followed step by step, and at the end of every day those are counted that are
    recognised: what came back is taken off on the day on which it did. What is billed and held is
    recognised since then, whether it has left or not, and does not become so once more.

    lines    : order_id, line_no, recognise_on and unit_price_cents
    progress : as for `headgate.finance.under_way.before_of`; steps after `until` do not count
    gone     : (lines,) pieces that have left, be it known when or not
    raises IssuesError : columns of the progress are missing
    """
    rule, now = lines["recognise_on"].to_list(), lines["unit_price_cents"].to_list()
    cells: dict[tuple[int, int, int], tuple[int, int]] = {}
    spared: list[tuple[int, int, int]] = []
    known, opened, ahead = np.zeros((3, len(gone)), dtype=np.int64)
    moved = np.zeros(len(gone), dtype=np.bool_)
    for line, steps in groupby(steps_taken(lines, progress, until).iter_rows(),
                               key=itemgetter(0)):
        pieces, before = Pieces(), [(0, 0), (0, 0)]
        days = [(day, list(own)) for day, own in groupby(steps, key=_day)]
        for number, (day, own) in enumerate(days, start=1):
            for _, *step in own:
                arrives = step[0] == "delivered" and pieces.ever_held
                there = _held_there(pieces) if arrives else 0
                pieces.take(*step)
                if arrives:
                    spared.append((line, day, _held_there(pieces) - there))
                moved[line] |= step[-1] not in (None, now[line])
            if number == len(days):
                pieces.cut(int(gone[line]))
            upto = _recognised(pieces, rule[line], now[line])
            for held in (0, 1):
                if upto[held] != before[held]:
                    (count, cents), (less, paid) = upto[held], before[held]
                    found = cells.get((line, day, held), (0, 0))
                    cells[line, day, held] = found[0] + count - less, found[1] + cents - paid
            before = upto
        if pieces.ever_held:
            ahead[line] = sum(
                one.pieces for one in (*pieces.gone, *pieces.waiting)
                if one.held >= 0 and not replace(one, held=NEVER).recognised(rule[line]))
        known[line] = sum(one.pieces for one in pieces.gone)
        opened[line] = sum(one.pieces for one in pieces.gone if one.opening)
    # Pieces of which the progress knows nothing were recognised before all others.
    for line in np.flatnonzero(gone > known).tolist():
        count = int(gone[line] - known[line])
        begun = cells.get((line, NEVER, 0), (0, 0))
        cells[line, NEVER, 0] = begun[0] + count, begun[1] + count * now[line]
    table = np.array([(*place, *cells[place]) for place in sorted(cells) if any(cells[place])],
                     dtype=np.int64).reshape(-1, 5)
    of_line, days_of, as_held, pieces_of, cents_of = table.T
    alone = np.where(as_held == 1, 0, pieces_of)
    first, paid_before, own_first = (before_each(values, of_line)
                                     for values in (pieces_of, cents_of, alone))
    return Taken(of_line, days_of, as_held == 1, first, first + pieces_of, paid_before,
                 paid_before + cents_of, own_first, own_first + alone, gone - known + opened,
                 moved, np.array(spared, dtype=np.int64).reshape(-1, 3), ahead)


def _recognised(pieces: Pieces, rule: str, now: int) -> list[tuple[int, int]]:
    """Recognised pieces of a line and their cents: of others, and of what is held or was."""
    found = [(0, 0), (0, 0)]
    for one in (*pieces.gone, *pieces.waiting):
        if one.recognised(rule):
            count, cents = found[one.held >= 0]
            price = now if one.price is None else one.price
            found[one.held >= 0] = count + one.pieces, cents + one.pieces * price
    return found


def _held_there(pieces: Pieces) -> int:
    """Pieces of a line that were held, and have been delivered."""
    return sum(one.pieces for one in pieces.gone if one.held >= 0 and one.delivered >= 0)


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
    def of(cls, lines: pl.DataFrame, progress: pl.DataFrame, until: date, unknown: Longs,
           spared: Longs | None = None) -> Delivered:
        """
        The deliveries of lines up to a day; what came back was delivered all the same.

        spared : line, day, pieces of deliveries that are left out; (rows, 3). None: none
        """
        rows = steps_taken(lines, progress, until).filter(
            pl.col("step") == "delivered").select("line", "day", "quantity")
        if spared is not None:
            less = pl.DataFrame(spared, schema=["line", "day", "quantity"], orient="row")
            rows = pl.concat([rows, less.with_columns(-pl.col("quantity"))])
        rows = rows.group_by("line", "day").agg(
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
