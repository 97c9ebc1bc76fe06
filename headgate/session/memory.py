"""How much memory this process has held."""

from __future__ import annotations

import sys


def peak_memory_mb() -> int:
    """The most memory that this process has held, in MB; 1 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 1
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return max(1, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit)
