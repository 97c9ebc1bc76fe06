"""
How kernels are compiled: two decorators, chosen so that a start stays short.

numba is loaded when the first kernel is called. A command that calls none, such as one that reads a
plan for its backlog, does without, which is a good part of its time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import update_wrapper
from threading import Lock
from typing import Any, TypeAlias, TypeVar, cast

Int: TypeAlias = Any
"""
A whole number. Inside a kernel it is 64 bits wide and numba checks it; for mypy it stays open,
since a cell of an int64 array and a Python int are two types that no kernel keeps apart.
"""
Real: TypeAlias = Any
"""A float64, open for mypy for the same reason."""
Function = TypeVar("Function", bound=Callable[..., Any])

KERNEL: dict[str, Any] = {"cache": True, "nogil": True, "no_cfunc_wrapper": True,
                          "error_model": "numpy", "_nrt": False}
"""
No kernel divides by zero, and Python's check of it would cost compile time. No kernel allocates:
without numba's memory runtime the arrays of a call are not counted up and down, which took more
time than the calls.
"""
INNER: dict[str, Any] = KERNEL | {"no_cpython_wrapper": True, "cache": False}
"""
Without the wrapper for Python, which for these wide arguments costs more than the function, and
without a file of its own: the kernels' files hold all they call.
"""


class Waiting:
    """A kernel that was not called yet; the first call of any one makes all of them ready."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.function, self.options = function, options
        self.ready: Callable[..., Any] | None = None
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        """What the compiled function returns."""
        if self.ready is None:
            _make_ready()
        return cast(Callable[..., Any], self.ready)(*arguments)


_KNOWN: list[Waiting] = []
"""The kernels of modules that were imported since the last were made ready."""
_ONE_AT_A_TIME = Lock()


def _make_ready() -> None:
    """
    Hand every kernel that waits to numba, and put it in its place in all that kernels call.

    A compiled function finds what it calls in the names of its module, and takes no function there
    that waits. Whoever else has one keeps it, and calls through it.
    """
    from numba import njit

    with _ONE_AT_A_TIME:
        made = {id(one): njit(**one.options)(one.function) for one in _KNOWN}
        for one in _KNOWN:
            names = vars(sys.modules[one.function.__module__])
            names |= {name: made.get(id(value), value.ready) for name, value in names.items()
                      if isinstance(value, Waiting)}
        for one in _KNOWN:
            one.ready = made[id(one)]
        _KNOWN.clear()


def kernel(function: Function) -> Function:
    """A compiled function that Python calls; it lets other threads run meanwhile."""
    return _waiting(function, KERNEL)


def inner(function: Function) -> Function:
    """A compiled function that only kernels call."""
    return _waiting(function, INNER)


def _waiting(function: Function, options: dict[str, Any]) -> Function:
    made = Waiting(function, options)
    _KNOWN.append(made)
    return cast(Function, made)
