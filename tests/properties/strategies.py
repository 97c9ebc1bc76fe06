"""Hypothesis strategies: random small books."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.oracles.limited_books import LIMITS, limited_book
from tests.oracles.random_books import SHAPES, random_book

RawParts = tuple[dict[str, pl.DataFrame], dict[str, Any]]


def books(*shapes: str) -> st.SearchStrategy[RawParts]:
    """
    Frames and settings of random books, in the public format.

    shapes : names from SHAPES to draw from; none: all of them

    A failing example shrinks to a small seed, which `random_book(seed, shape)` makes again.
    """
    return st.builds(random_book, st.integers(0, 100_000), st.sampled_from(shapes or SHAPES))


def limited_books(*families: str) -> st.SearchStrategy[RawParts]:
    """
    Frames and settings of random books with caps, reservations, ship sets, frozen lines or pins.

    families : names from LIMITS to draw from; none: all of them
    """
    return st.builds(limited_book, st.integers(0, 100_000), st.sampled_from(families or LIMITS))
