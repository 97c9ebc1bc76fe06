"""
Sums, maxima, exp and log with steps of their own: the same on every processor.

Additions, products and roots are the same everywhere; the order of a library's sum, and the last
digit of its exp, are not. The plan would hang on them, as one other digit sends a search elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, Real, inner, kernel

Floats = NDArray[np.float64]

FAR = 14.0
"""Choices so many temperatures worse than the best carry no weight."""
LN_2 = 0.6931471805599453
ONE, FRACTION, HALF_WAY = 0x3FF0000000000000, 0x000FFFFFFFFFFFFF, 1.4142135623730951
"""The bits of 1.0; those of a float64 that hold its fraction; from where on it counts as half."""


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


@inner
def fading(y: Real) -> Real:
    """
    exp of y, for y from -FAR to 0; 0 from -FAR down; at most 4 parts in 10,000 above the exact one.

    By squaring (1 + z + z^2/2 + z^3/6 + z^4/24)^64, z = y / 64: unlike a call of exp, it takes
    four or eight at a time.
    """
    z = max(y * (1.0 / 64.0), -FAR / 64.0)
    power = 1.0 + z * (1.0 + z * (0.5 + z * (1.0 / 6.0 + z * (1.0 / 24.0))))
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    return power * power if z > -FAR / 64.0 else 0.0


@inner
def logarithm(x: Real) -> Real:
    """The natural logarithm of a normal x > 0, within 1e-13: a power of two and a series."""
    bits = np.float64(x).view(np.int64)
    power = (bits >> 52) - 1023
    part = np.int64((bits & FRACTION) | ONE).view(np.float64)
    if part > HALF_WAY:
        part *= 0.5
        power += 1
    z = (part - 1.0) / (part + 1.0)
    w = z * z
    series = 1.0 + w * (1.0 / 3.0 + w * (1.0 / 5.0 + w * (1.0 / 7.0 + w * (1.0 / 9.0 + w * (
        1.0 / 11.0 + w * (1.0 / 13.0 + w * (1.0 / 15.0)))))))
    return float(power) * LN_2 + 2.0 * z * series


@kernel
def dot(left: Floats, right: Floats) -> Real:
    """
    The sum of the products of two columns, four at a time.

    numpy's own goes to a library that adds in an order of its own on every kind of processor.
    """
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = len(left) // 4 * 4
    for place in range(0, whole, 4):
        a += left[place] * right[place]
        b += left[place + 1] * right[place + 1]
        c += left[place + 2] * right[place + 2]
        d += left[place + 3] * right[place + 3]
    for place in range(whole, len(left)):
        a += left[place] * right[place]
    return (a + b) + (c + d)
