"""Do the two halves of a work side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def both(threads: ThreadPoolExecutor, count: int,
         work: Callable[[int, int, int], Result]) -> list[Result]:
    """
    The first half of `count` things here and the second in a thread: `work(half, first, end)` of
    each, with 0 and 1 for the half; what they return.

    The halves do not depend on the number of threads, so that the result does not either. Must not
    be called from a thread of the pool, which may have only that one.
    """
    middle = count // 2
    other = threads.submit(work, 1, middle, count)
    return [work(0, 0, middle), other.result()]
