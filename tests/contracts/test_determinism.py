"""A plan does not depend on whether its kernels were just compiled or came from their cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PLAN = """
from headgate.demo import demo_book
import headgate as hg

made = demo_book(300, 7)
plan = hg.plan(hg.read_book(made.frames, made.settings), {"objective": "value", "work": 20})
figures = plan.summary["certificate"]["bound_cents"], plan.summary["value"]["weighted_cents"]
print(*figures, plan.allocations.hash_rows().sum())
"""


def test_fresh_kernels_and_cached_ones_make_the_same_plan(tmp_path: Path):
    """The first process compiles everything into an empty cache, the second one reads it: the
    same bound, value and allocations, to the digit. A sum that the compiler may reorder
    fails here."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    answers = [subprocess.run([sys.executable, "-c", PLAN], env=environment, check=True,
                              stdout=subprocess.PIPE, text=True).stdout for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(answers[0].split()) == 3
