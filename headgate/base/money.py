"""Money as integer cents: reading, rounding and showing it."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

MAX_CENTS = 10**15
"""Largest amount that one cell may hold, in cents: ten trillion, far above any order line."""


def cents_of_text(text: str) -> int:
    """
    Cents of a decimal amount with at most two decimals.

    raises ValueError : not a plain decimal number, or finer than a cent

    >>> cents_of_text("41200.5")
    4120050
    """
    try:
        amount = Decimal(text)
    except ArithmeticError as error:
        raise ValueError(f"{text!r} is not a decimal amount") from error
    if not amount.is_finite() or amount * 100 != (amount * 100).to_integral_value():
        raise ValueError(f"{text!r} is not an amount in whole cents")
    return int(amount * 100)


def text_of_cents(cents: int) -> str:
    """
    An amount in cents as a plain decimal, always with two decimals.

    >>> text_of_cents(-5)
    '-0.05'
    """
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def scale_cents(cents: NDArray[np.int64], rate_millionths: int) -> NDArray[np.int64]:
    """
    Each amount times a rate, rounded half to even to the cent, without floating point.

    cents           : any shape, int64, at most MAX_CENTS in size
    rate_millionths : the rate in millionths (0.002 is 2000), at most 1,000,000 in size
    returns         : same shape, int64 cents

    >>> scale_cents(np.array([150, 250]), 10_000).tolist()
    [2, 2]
    """
    whole, rest = np.divmod(cents, 1_000_000)
    part = rest * rate_millionths
    rounded, left = np.divmod(part, 1_000_000)
    up = (left > 500_000) | ((left == 500_000) & ((rounded + whole * rate_millionths) % 2 == 1))
    return np.asarray(whole * rate_millionths + rounded + up, dtype=np.int64)


def exact_dot(pieces: NDArray[np.int64], cents: NDArray[np.int64]) -> int:
    """
    Sum of pieces times cents, exact even beyond 64 bits.

    >>> exact_dot(np.array([2**40]), np.array([2**40])) == 2**80
    True
    """
    if len(pieces) == 0:
        return 0
    # Not `@`: the threads that it starts for floats take longer than the sum of a few thousand.
    if float(np.abs(pieces.astype(np.float64) * cents.astype(np.float64)).sum()) < 2.0**62:
        return int(pieces @ cents)
    return int(pieces.astype(object) @ cents.astype(object))


def short_money(cents: int, currency: str = "USD") -> str:
    """
    An amount for a headline: three significant digits and a unit.

    >>> short_money(4_312_345_678_900)
    '$43.1B'
    """
    sign = "-" if cents < 0 else ""
    mark = {"USD": "$", "EUR": "€", "GBP": "£"}.get(currency, f"{currency} ")
    amount = abs(cents) / 100
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if amount >= size * 0.9995:
            scaled = amount / size
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{sign}{mark}{scaled:.{digits}f}{unit}"
    return f"{sign}{mark}{amount:.2f}"
