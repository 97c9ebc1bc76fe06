"""A plan does not depend on the kind of processor, or on how kernels are compiled for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

PLAN = """
from headgate.demo import demo_book
import headgate as hg

made = demo_book(300, 7)
plan = hg.plan(hg.read_book(made.frames, made.settings), {"objective": "value", "work": 20})
figures = plan.summary["certificate"]["bound_cents"], plan.summary["value"]["weighted_cents"]
print(*figures, plan.allocations.hash_rows().sum())
"""


def test_the_plainest_processor_makes_the_same_plan(tmp_path: Path):
    """One process takes the kernels from their cache and uses all that this processor offers; the
    other compiles them anew for the plainest of its family, with numpy, its BLAS and the C library
    told to do without vector instructions and fused products: the same bound, value and
    allocations, to the digit. A sum in the order of a library, or one that the compiler may
    reorder, fails here, and so does an exp whose last digit is the library's."""
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    plain = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_CPU_NAME": "generic",
             "NUMBA_CPU_FEATURES": "", "NPY_DISABLE_CPU_FEATURES": " ".join(found),
             "OPENBLAS_CORETYPE": "Nehalem",
             "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"}
    answers = [subprocess.run([sys.executable, "-c", PLAN], env=os.environ | more, check=True,
                              stdout=subprocess.PIPE, text=True).stdout for more in ({}, plain)]
    assert answers[0] == answers[1]
    assert len(answers[0].split()) == 3
