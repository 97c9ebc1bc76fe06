"""How kernels are compiled: two decorators, chosen so that a cold start stays short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from numba import njit

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


def kernel(function: Function) -> Function:
    """A compiled function that Python calls; it lets other threads run meanwhile."""
    compiled: Function = njit(**KERNEL)(function)
    return compiled


def inner(function: Function) -> Function:
    """A compiled function that only kernels call."""
    compiled: Function = njit(**INNER)(function)
    return compiled
