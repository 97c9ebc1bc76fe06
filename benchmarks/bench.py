"""
Measure reading, planning, explaining and writing the demo book at several sizes, and how near the
`value` policy comes to its certified bound in how many seconds.

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
LIMITS = {1_000: (0.3, 1.0, 3.0), 10_000: (1.2, 5.0, 10.0), 100_000: (4.0, 12.0, 20.0),
          1_000_000: (6.0, 12.0, 30.0)}
"""Seconds from book to plan and bound after which the gap is read, by lines."""
EXACT_SECONDS = 300


def one_size(folder: Path, out: Path) -> dict[str, Any]:
    """Figures of one book, measured in this process."""
    from headgate import session
    from headgate.explain.tables import explain_plan
    from headgate.planner.policy import read_policy
    from headgate.planner.run import run

    session.warm()
    started = perf_counter()
    book = session.read_book(folder)
    load = perf_counter() - started
    load_mb = _peak_mb()
    policy = read_policy({**book.settings.policy, "objective": "rank"})
    seconds = []
    for _ in range(ROUNDS if len(book.lines) <= 100_000 else 1):
        started = perf_counter()
        made = run(book, policy)
        seconds.append(perf_counter() - started)
    started = perf_counter()
    tables = session.certified_tables(book, made)
    explain_plan(book, policy, made.allocation, tables, None)
    explain = perf_counter() - started
    plan = session.plan(book, "rank")
    started = perf_counter()
    plan.write(out)
    write = perf_counter() - started
    return {"lines": len(book.lines), "load": load, "load_mb": load_mb,
            "plan": statistics.median(seconds), "explain": explain, "write": write,
            "on_time": plan.summary["service"]["line"]["on_time"]}


def value_of(folder: Path, _: Path) -> dict[str, Any]:
    """
    Gaps of the `value` policy at the limits of its size, and what led there.

    The clock runs from the book to a plan and a bound that could be written: the search itself,
    read after each of its units of work.
    """
    from concurrent.futures import ThreadPoolExecutor

    from headgate import session
    from headgate.planner.policy import read_policy
    from headgate.planner.value import THREADS, Search

    session.warm()
    book = session.read_book(folder)
    policy = read_policy({**book.settings.policy, "objective": "value"})
    limits = LIMITS.get(len(book.lines), (5.0,))
    gaps: list[float | None] = [None] * len(limits)
    started, first = perf_counter(), None
    with ThreadPoolExecutor(THREADS) as threads:
        search = Search(book, policy, threads)
        for _unit in search.units():
            spent = perf_counter() - started
            if search.filled and first is None:
                first = spent
            for place, limit in enumerate(limits):
                if search.filled and spent <= limit:
                    gaps[place] = search.gap
            if spent > limits[-1]:
                break
    return {"first": first, "limits": limits, "gaps": gaps, "mb": _peak_mb(),
            "value": search.value_cents / 100}


def again_of(folder: Path, _: Path) -> dict[str, Any]:
    """Seconds until a plan of a book in which a purchase slips is as good as the one before."""
    from concurrent.futures import ThreadPoolExecutor
    from datetime import timedelta

    import polars as pl

    from headgate import session
    from headgate.planner.older import Older, Start
    from headgate.planner.policy import read_policy
    from headgate.planner.value import THREADS, Search

    session.warm()
    book = session.read_book(folder)
    plan = session.plan(book, {"objective": "value", "time_limit": 5})
    raw = {path.stem: pl.read_csv(path, infer_schema=False) for path in folder.glob("*.csv")}
    supply = raw["supply"].with_row_index("row")
    slips = supply.filter(pl.col("status") == "committed").sort(
        pl.col("quantity").cast(pl.Int64), descending=True)["row"][0]
    raw["supply"] = supply.with_columns(available_on=pl.when(pl.col("row") == slips).then(
        (pl.col("available_on").str.to_date() + timedelta(weeks=4)).dt.to_string("%Y-%m-%d"))
        .otherwise(pl.col("available_on"))).drop("row")
    import tomllib

    settings = tomllib.loads((folder / "headgate.toml").read_text())
    changed = session.read_book(raw, settings)
    former = plan.summary["certificate"]["gap"]
    policy = read_policy({**settings["policy"], "objective": "value"})
    started, done, gap = perf_counter(), None, 1.0
    with ThreadPoolExecutor(THREADS) as threads:
        search = Search(changed, policy, threads, Older.of(changed, Start.of(plan.frames)))
        for _unit in search.units():
            gap = search.gap
            if gap <= former + 0.003:
                done = perf_counter() - started
                break
            if perf_counter() - started > 5:
                break
    return {"former": former, "gap": gap, "seconds": done}


def exact(folder: Path, _: Path) -> dict[str, Any]:
    """Seconds and optimum of the linear program by HiGHS, where it ends in time."""
    from headgate import session
    from headgate.oracle import linear_program
    from headgate.planner.policy import read_policy

    book = session.read_book(folder)
    policy = read_policy({**book.settings.policy, "objective": "value"}).as_dict()
    found = linear_program(book.tables, policy, time_limit_seconds=EXACT_SECONDS)
    return {"status": found.status, "value": found.value_cents / 100, "seconds": found.seconds}


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


MODES = {"size": one_size, "value": value_of, "again": again_of, "exact": exact}


def main() -> None:
    """Print the tables of all sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--seeds", type=int, default=5, help="books of each size, for value")
    parser.add_argument("--exact-up-to", type=int, default=10_000,
                        help="lines up to which HiGHS solves the linear program beside")
    parser.add_argument("--mode", choices=["table", "plain", *MODES], default="table")
    parser.add_argument("paths", nargs="*", type=Path)
    chosen = parser.parse_args()
    if chosen.mode == "plain":
        print(json.dumps(plain(*chosen.paths)))
    elif chosen.mode in MODES:
        print(json.dumps(MODES[chosen.mode](*chosen.paths)))
    else:
        from headgate import session

        print(f"{machine()}\n")
        session.warm()
        with tempfile.TemporaryDirectory() as folder:
            rank_table(chosen.lines, Path(folder))
            value_table(chosen.lines, chosen.seeds, chosen.exact_up_to, Path(folder))


def rank_table(sizes: list[int], work: Path) -> None:
    """Loading, the rank policy, explanations and the whole command, a row for each size."""
    from headgate import session

    print("| lines | load and check s | MB | rank s | explain s | write s | "
          "`headgate plan` s | its peak MB | on-time lines |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for lines in sizes:
        session.write_demo(work / f"book{lines}-1", lines, 1)
        figures = _fresh("size", work / f"book{lines}-1", work / "plan")
        whole = whole_run(work / f"book{lines}-1", work / "plan")
        print(f"| {lines:,} | {figures['load']:.2f} | {figures['load_mb']:,} "
              f"| {figures['plan']:.3f} | {figures['explain']:.2f} | {figures['write']:.2f} "
              f"| {whole['total']:.2f} | {whole['peak_mb']:,} | {figures['on_time']:.1%} |",
              flush=True)
    session.write_demo(work / "small", PLAIN_LINES, 1)
    beside = _fresh("plain", work / "small")
    print(f"\nPlain Python planner on {PLAIN_LINES} lines: {beside['slow']:.2f} s, headgate "
          f"{beside['fast'] * 1000:.1f} ms, a ratio of {beside['slow'] / beside['fast']:,.0f}.\n")


def value_table(sizes: list[int], seeds: int, exact_up_to: int, work: Path) -> None:
    """The value policy: medians over the seeds, beside HiGHS where it ends in time."""
    from headgate import session

    print("| lines | seeds | first plan s | gap at limits (median) | MB | LP optimum by HiGHS |")
    print("|---:|---:|---:|---|---:|---|")
    for lines in sizes:
        rows = []
        for seed in range(1, seeds + 1):
            book = work / f"book{lines}-{seed}"
            session.write_demo(book, lines, seed)
            rows.append(_fresh("value", book, work))
        gaps = ", ".join(
            f"{_percent([row['gaps'][place] for row in rows])} in {limit:g} s"
            for place, limit in enumerate(rows[0]["limits"]))
        beside = ""
        if lines <= exact_up_to:
            found = _fresh("exact", work / f"book{lines}-1", work)
            beside = (f"${found['value'] / 1e6:,.1f}M in {found['seconds']:.0f} s (seed 1; the "
                      f"plan's value ${rows[0]['value'] / 1e6:,.1f}M)"
                      if found["status"] == "optimal" else f"not in {EXACT_SECONDS} s")
        print(f"| {lines:,} | {seeds} | {statistics.median(row['first'] for row in rows):.2f} "
              f"| {gaps} | {max(row['mb'] for row in rows):,} | {beside} |", flush=True)
    if 10_000 in sizes:
        again = [_fresh("again", work / f"book10000-{seed}", work)
                 for seed in range(1, seeds + 1)]
        done = [row["seconds"] if row["seconds"] is not None else 99.0 for row in again]
        print(f"\nPlanned again from the old plan after the largest purchase slips four weeks, "
              f"10,000 lines: {statistics.median(done):.2f} s until the gap is within 0.3 points "
              f"of the former one (median of {seeds} seeds).")


def _percent(gaps: list[float | None]) -> str:
    """The median gap; a book without a plan by then counts as worst."""
    middle = statistics.median(1.0 if gap is None else gap for gap in gaps)
    return "no plan" if middle >= 1.0 else f"{middle:.2%}"


if __name__ == "__main__":
    main()
