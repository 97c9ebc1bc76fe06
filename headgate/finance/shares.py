"""Whole cents in parts that sum to them exactly, however large the numbers are."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError

Longs = NDArray[np.int64]
SAFE = 2.0**62
PIECES = 2**31
"""More than the pieces of any order line: a line and a piece of it make one number."""


def part_of(amount: Longs, part: Longs, whole: Longs) -> Longs:
    """
    Each amount times `part / whole`, rounded down to the cent; 0 where the whole is 0.

    amount, part, whole : (n,) int64, each at most 10^18 in size; whole 0 or more
    source              : derived here

    >>> part_of(np.array([1000, 7]), np.array([1, 1]), np.array([3, 0])).tolist()
    [333, 0]
    """
    divisor = np.where(whole == 0, 1, whole)
    there = np.where(whole == 0, 0, amount)
    if float(np.max(np.abs(there.astype(np.float64) * part), initial=0.0)) < SAFE:
        return np.asarray(there * part // divisor, dtype=np.int64)
    wide = pl.DataFrame({"amount": there, "part": part, "whole": divisor}).cast(pl.Int128)
    scaled = wide.select((pl.col("amount") * pl.col("part")) // pl.col("whole"))
    return scaled.to_series().cast(pl.Int64).to_numpy()


def between(amount: Longs, first: Longs, last: Longs, whole: Longs) -> Longs:
    """
    The cents of an amount that fall on the parts from `first` to `last` of a whole.

    Cumulative rounding: what has fallen on all parts up to one is rounded down to the cent, and
    each stretch gets the difference. Stretches that cover the whole sum to the amount exactly.

    >>> whole = np.array([3, 3, 3])
    >>> between(np.full(3, 1000), np.array([0, 1, 2]), np.array([1, 2, 3]), whole).tolist()
    [333, 333, 334]
    """
    return part_of(amount, last, whole) - part_of(amount, first, whole)


def before_each(values: Longs, group: NDArray[np.integer]) -> Longs:
    """
    The sum of the values of the same group that stand before each.

    group : (n,) rows of a group stand together

    >>> before_each(np.array([2, 3, 4]), np.array([0, 0, 1])).tolist()
    [0, 2, 0]
    """
    if len(values) == 0:
        return np.zeros(0, dtype=np.int64)
    sums = np.cumsum(values) - values
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    counts = np.diff(np.append(starts, len(values)))
    return np.asarray(sums - np.repeat(sums[starts], counts), dtype=np.int64)


def summed(place: NDArray[np.integer], cents: Longs, count: int) -> Longs:
    """
    The sum of the cents at each place 0 .. count-1, in whole numbers.

    raises IssuesError : a sum may leave 64 bits

    >>> summed(np.array([1, 1]), np.array([2, 3]), 3).tolist()
    [0, 5, 0]
    """
    if float(np.abs(cents.astype(np.float64)).sum()) >= SAFE:
        raise IssuesError([Issue(
            "revenue.amount.total", "error", "orders", "are more than 46,000,000,000,000,000 in "
            "all; are the costs in supply and the BOM quantities right?",
            value="the amounts of all lines together")], "nothing was worked out")
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, place, cents)
    return found


def stretches_of(points: Longs) -> tuple[Longs, Longs, Longs]:
    """
    The stretches of pieces between cuts: line, first and last, by line.

    points : line x PIECES + piece of every cut, in any order, some of them twice

    >>> [x.tolist() for x in stretches_of(np.array([5, 0, 5, PIECES, PIECES + 2]))]
    [[0, 1], [0, 0], [5, 2]]
    """
    cuts = np.sort(points)
    cuts = cuts[np.diff(cuts, prepend=-1) != 0]
    line, piece = cuts // PIECES, cuts % PIECES
    same = np.flatnonzero(line[1:] == line[:-1])
    return line[same], piece[same], piece[same + 1]


def holding(cell_line: Longs, cell_first: Longs, cell_last: Longs, line: Longs,
            piece: Longs) -> Longs:
    """
    The cell that holds each piece of a line, pieces counted from 0; -1 none.

    cell_line, cell_first, cell_last : (cells,) by line, then piece; a cell holds from first to
                                       before last
    """
    if len(cell_line) == 0:
        return np.full(len(line), -1, dtype=np.int64)
    found = np.searchsorted(cell_line * PIECES + cell_last, line * PIECES + piece, "right")
    found = np.minimum(found, len(cell_line) - 1)
    inside = (cell_line[found] == line) & (cell_first[found] <= piece) & (piece < cell_last[found])
    return np.where(inside, found, -1)
