"""Ctrl-C while a plan is searched for: the first ends the search, the second the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Stop:
    """Whether a long search was asked to end; called, it says so."""

    asked: bool = False

    def __call__(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.asked


@contextmanager
def stopped_by_ctrl_c() -> Iterator[Stop]:
    """
    A `Stop` that the first Ctrl-C inside the block sets; a second one interrupts as ever.

    Signals reach the main thread only: in another one nothing is installed, and nothing is set.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: FrameType | None) -> None:
        # Nothing is said here: a handler that writes may meet a half-written line.
        if not stop.asked:
            stop.asked = True
            return
        if callable(before):
            before(number, frame)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        # A handler that Python did not install cannot be set again, only the default one.
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)
