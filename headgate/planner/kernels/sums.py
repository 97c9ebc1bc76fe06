"""Sums and maxima in an order of their own, the same however they are compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner

Floats = NDArray[np.float64]


@inner
def largest(values: Floats, count: Int) -> Real:
    """
    The largest of the first values, at least 0.

    Four at a time, by hand: left to the compiler, the order would change with how it compiles.
    """
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = count // 4 * 4
    for place in range(0, whole, 4):
        a = values[place] if values[place] > a else a
        b = values[place + 1] if values[place + 1] > b else b
        c = values[place + 2] if values[place + 2] > c else c
        d = values[place + 3] if values[place + 3] > d else d
    for place in range(whole, count):
        a = values[place] if values[place] > a else a
    return max(a, b, c, d)


@inner
def sum_of(values: Floats, low: Int, high: Int) -> Real:
    """The sum of values `low` to `high`, four at a time."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = low + (high - low) // 4 * 4
    for place in range(low, whole, 4):
        a += values[place]
        b += values[place + 1]
        c += values[place + 2]
        d += values[place + 3]
    for place in range(whole, high):
        a += values[place]
    return (a + b) + (c + d)
