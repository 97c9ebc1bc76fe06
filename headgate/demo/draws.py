"""
Seeded draws that come out the same on every machine.

Only `Generator.random` is used, which is the bit generator's own 53 bits: numpy promises the bits
of PCG64 for good, but not the streams of its distributions. Everything after it is whole-number
arithmetic, because the last digit of `exp` or of a long sum differs between processors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

QUANTILES = 4096
"""A log-normal size is one of so many quantiles; the largest lies 3.7 deviations out."""
MASS_QUANTILES = 64
PLACE_BITS = 23


class Stream:
    """One independent stream of draws."""

    def __init__(self, seeds: SeedSequence) -> None:
        self._generator = Generator(PCG64(seeds))

    def whole(self, count: int, low: int, high: int) -> Longs:
        """Whole numbers from `low` to `high`, both included, all equally likely."""
        return low + (self._generator.random(count) * (high - low + 1)).astype(np.int64)

    def order(self, count: int) -> Longs:
        """
        The numbers 0 .. count-1 in a random order, count below 2^23.

        Forty random bits with the number below them are sorted: all keys differ, so that the
        fastest sort gives what a stable one would.
        """
        keys = (self._generator.random(count) * 2**40).astype(np.int64) << PLACE_BITS
        return np.asarray(np.sort(keys | np.arange(count)) & (2**PLACE_BITS - 1))

    def deal(self, count: int, weights: Sequence[int]) -> Longs:
        """
        A label 0 .. len(weights)-1 for each of `count` places, in shares as exact as can be.

        Labels are dealt like cards and not drawn, so that a book of 100 lines has its share of
        each kind and not only on average.

        >>> np.bincount(Stream(SeedSequence(1)).deal(10, [5, 3, 2])).tolist()
        [5, 3, 2]
        """
        total = sum(weights)
        place = (2 * self.order(count) + 1) * total // (2 * max(1, count))
        return np.searchsorted(np.cumsum(weights), place, side="right").astype(np.int64)

    def deal_by_mass(self, mass: Longs, weights: Sequence[int]) -> Longs:
        """
        Labels as `deal` gives them, in shares of the mass of the places and not of their number.

        mass : (places,) int64 >= 0, such as the dollars of each order; a place that is heavy for
               its label's share makes the share as inexact as it is heavy

        >>> labels = Stream(SeedSequence(1)).deal_by_mass(np.full(10, 500), [7, 3])
        >>> np.bincount(labels).tolist()
        [7, 3]
        """
        turn = self.order(len(mass))
        # Thousandths of a percent are fine enough, and keep the products inside 64 bits.
        scaled = mass[turn] * 100_000 // max(1, int(mass.max(initial=1)))
        middle = np.cumsum(scaled) - scaled // 2
        whole = max(1, int(scaled.sum()))
        limits = np.array([whole * part // sum(weights) for part in np.cumsum(weights).tolist()])
        labels = np.zeros(len(mass), dtype=np.int64)
        labels[turn] = np.minimum(np.searchsorted(limits, middle, side="right"), len(weights) - 1)
        return labels

    def flag(self, count: int, per_mille: int) -> Flags:
        """True in `per_mille` thousandths of the places, dealt as by `deal`."""
        return np.asarray(self.deal(count, [1000 - per_mille, per_mille]) == 1)

    def sizes_by_mass(self, mass: Longs, spread_hundredths: int) -> Longs:
        """Log-normal sizes as by `sizes`, dealt so that the mass, not the number, is spread."""
        step = QUANTILES // MASS_QUANTILES
        label = self.deal_by_mass(mass, [1] * MASS_QUANTILES)
        return _log_normal(spread_hundredths)[label * step + step // 2]

    def sizes(self, count: int, spread_hundredths: int) -> Longs:
        """
        Log-normal sizes in thousandths of their median.

        spread_hundredths : standard deviation of the natural logarithm, in hundredths
        """
        table = _log_normal(spread_hundredths)
        return table[(self._generator.random(count) * QUANTILES).astype(np.int64)]


@lru_cache(maxsize=16)
def _log_normal(spread_hundredths: int) -> Longs:
    """Quantiles of a log-normal size with median 1000, rounded to whole numbers."""
    normal = NormalDist()
    return np.array([round(1000 * math.exp(spread_hundredths / 100
                                           * normal.inv_cdf((k + 0.5) / QUANTILES)))
                     for k in range(QUANTILES)], dtype=np.int64)


def streams(seed: int, names: Sequence[str]) -> dict[str, Stream]:
    """One independent stream for each name; a name added at the end leaves the others alone."""
    children = SeedSequence(seed).spawn(len(names))
    return {name: Stream(child) for name, child in zip(names, children, strict=True)}


def split(total: int, weights: Sequence[int]) -> list[int]:
    """
    A whole number in whole parts in proportion to weights; the parts sum to it exactly.

    >>> split(10, [1, 1, 1])
    [3, 3, 4]
    """
    whole, upto, parts = sum(weights), 0, [0]
    for weight in weights:
        upto += weight
        parts.append(total * upto // whole if whole else 0)
    return [later - sooner for sooner, later in pairwise(parts)]
