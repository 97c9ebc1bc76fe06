"""
Measure reading, planning, explaining and writing the demo book at several sizes.

Each size runs in a process of its own, so that its peak memory is its own; the plan is made
three times and the median counts. A plain Python planner, the one that the tests use as an oracle,
stands beside the smallest size, so that speed is a ratio and not only a number of this machine.

    python benchmarks/bench.py --lines 10000 100000 1000000
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

PLAIN_LINES = 300
ROUNDS = 3


def one_size(folder: Path, out: Path) -> dict[str, Any]:
    """Figures of one book, measured in this process."""
    from headgate import session
    from headgate.explain.tables import explain_plan
    from headgate.planner.allocate import allocate
    from headgate.planner.policy import read_policy
    from headgate.planner.reservations import settle_reservations

    session.warm()
    started = perf_counter()
    book = session.read_book(folder)
    load = perf_counter() - started
    load_mb = _peak_mb()
    policy = read_policy({**book.settings.policy, "objective": "rank"})
    seconds = []
    for _ in range(ROUNDS if len(book.lines) <= 100_000 else 1):
        started = perf_counter()
        allocation = settle_reservations(book, policy, allocate(book, policy))
        seconds.append(perf_counter() - started)
    started = perf_counter()
    explain_plan(book, policy, allocation, None)
    explain = perf_counter() - started
    plan = session.plan(book, "rank")
    started = perf_counter()
    plan.write(out)
    write = perf_counter() - started
    return {"lines": len(book.lines), "load": load, "load_mb": load_mb,
            "plan": statistics.median(seconds), "explain": explain, "write": write,
            "on_time": plan.summary["service"]["line"]["on_time"]}


def whole_run(folder: Path, out: Path) -> dict[str, Any]:
    """Seconds and peak memory of `headgate plan`, as a user runs it, kernels compiled before."""
    started = perf_counter()
    subprocess.run([sys.executable, "-m", "headgate", "plan", str(folder), "--out", str(out),
                    "--quiet"], check=True)
    total = perf_counter() - started
    summary = json.loads((out / "summary.json").read_text())
    return {"total": total, "peak_mb": summary["peak_memory_mb"],
            "inside": summary["seconds"]}


def plain(folder: Path) -> dict[str, float]:
    """Seconds of the plain Python planner and of the product on the same small book."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from headgate import session
    from headgate.planner.allocate import allocate
    from headgate.planner.policy import read_policy
    from tests.oracles.slow_planner import slow_plan

    session.warm()
    book = session.read_book(folder)
    policy = read_policy({"objective": "rank"})
    started = perf_counter()
    allocate(book, policy)
    fast = perf_counter() - started
    started = perf_counter()
    slow_plan(book.tables)
    return {"fast": fast, "slow": perf_counter() - started}


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _fresh(mode: str, *paths: Path) -> dict[str, Any]:
    """Run one measurement in a new process and read its figures."""
    done = subprocess.run([sys.executable, __file__, "--mode", mode, *map(str, paths)],
                          check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def machine() -> str:
    """The machine and the versions that the figures are of."""
    import numba
    import numpy
    import polars

    import headgate

    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().split("\n")
                if line.startswith("model name")), platform.processor())
    return (f"{cpu}, {len(_cpus())} cores; headgate {headgate.__version__}, Python "
            f"{platform.python_version()}, numpy {numpy.__version__}, numba {numba.__version__}, "
            f"polars {polars.__version__}")


def _cpus() -> set[int]:
    import os

    return os.sched_getaffinity(0)


def main() -> None:
    """Print the table of all sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=["table", "size", "plain"], default="table")
    parser.add_argument("paths", nargs="*", type=Path)
    chosen = parser.parse_args()
    if chosen.mode == "size":
        print(json.dumps(one_size(*chosen.paths)))
    elif chosen.mode == "plain":
        print(json.dumps(plain(*chosen.paths)))
    else:
        table(chosen.lines, chosen.seed)


def table(sizes: list[int], seed: int) -> None:
    """Measure every size and print a row for each."""
    from headgate import session

    print(machine())
    print()
    print("| lines | load and check s | MB | rank s | explain s | write s | "
          "`headgate plan` s | its peak MB | on-time lines |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        session.warm()
        for lines in sizes:
            session.write_demo(work / f"book{lines}", lines, seed)
            figures = _fresh("size", work / f"book{lines}", work / "plan")
            whole = whole_run(work / f"book{lines}", work / "plan")
            print(f"| {lines:,} | {figures['load']:.2f} | {figures['load_mb']:,} "
                  f"| {figures['plan']:.3f} | {figures['explain']:.2f} | {figures['write']:.2f} "
                  f"| {whole['total']:.2f} | {whole['peak_mb']:,} | {figures['on_time']:.1%} |",
                  flush=True)
        session.write_demo(work / "small", PLAIN_LINES, seed)
        beside = _fresh("plain", work / "small")
    print()
    print(f"Plain Python planner on {PLAIN_LINES} lines: {beside['slow']:.2f} s, headgate "
          f"{beside['fast'] * 1000:.1f} ms, a ratio of {beside['slow'] / beside['fast']:,.0f}.")


if __name__ == "__main__":
    main()
