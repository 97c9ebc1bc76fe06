"""Sums, exp and log with steps of their own stay by those of the library."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.planner.kernels import sums


def plain(name: str) -> Callable[..., Any]:
    """What is written of a kernel, not compiled."""
    found = getattr(sums, name)
    return getattr(found, "py_func", None) or found.function


@given(st.floats(-sums.FAR, 0.0, exclude_min=True))
def test_fading_is_at_most_four_parts_in_ten_thousand_above_exp(y: float):
    """Between -FAR and 0 the weight of a choice is exp of y, or a little more."""
    weight, exact = plain("fading")(y), math.exp(y)
    assert exact * (1.0 - 1e-12) <= weight <= exact * 1.0004


@pytest.mark.parametrize("y", [-sums.FAR, -15.0, -1e18, -math.inf])
def test_what_is_far_carries_no_weight(y: float):
    """From -FAR down it is nothing at all, and at 0 it is 1."""
    assert plain("fading")(y) == 0.0
    assert plain("fading")(0.0) == 1.0


@given(st.floats(1e-300, 1e300))
def test_the_logarithm_is_that_of_the_library(x: float):
    """Within 1e-13, or as near as the size of the answer has digits."""
    assert plain("logarithm")(x) == pytest.approx(math.log(x), rel=1e-15, abs=1e-13)


@given(st.lists(st.tuples(st.integers(-10**6, 10**6), st.integers(-10**6, 10**6)), max_size=40))
def test_a_dot_product_of_whole_numbers_is_exact(pairs: list[tuple[int, int]]):
    """Of any length, also one that is no multiple of four: the sum of all products."""
    left, right = np.array(pairs, dtype=np.float64).reshape(-1, 2).T.copy()
    assert plain("dot")(left, right) == sum(a * b for a, b in pairs)
