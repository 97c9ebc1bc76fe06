"""Do the two halves of a work side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def both(threads: ThreadPoolExecutor, work: Callable[[int], Result]) -> list[Result]:
    """
    Part 0 of a work here and part 1 in a thread; what they return.

    The parts do not depend on the number of threads, so that the result does not either. Must not
    be called from a thread of the pool, which may have only that one.
    """
    other = threads.submit(work, 1)
    return [work(0), other.result()]
