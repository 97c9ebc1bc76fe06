"""
Measure quoting: opening a stored plan, one quote, and many at once.

The requests are drawn like the demo's order lines; every figure is the median of five, the kernels
compiled before. python benchmarks/quotes.py --lines 10000 1000000
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

MANY, RUNS, PROFITABLE = 10_000, 5, 200


def requests_of(book: Any, count: int) -> list[Any]:
    """Requests like the book's orders."""
    import headgate as hg

    dice, orders = Random(1), book.tables.frames["orders"]
    rows = [orders.row(dice.randrange(orders.height), named=True) for _ in range(count)]
    return [hg.Request(row["item_id"], dice.randint(1, 8), row["region"],
                       requested_on=book.settings.as_of + timedelta(days=dice.randrange(7, 250)),
                       segment=row["segment"], customer_id=row["customer_id"],
                       complete=dice.random() < 0.3) for row in rows]


def median_of(work: Callable[[], object]) -> float:
    """Median seconds of a few runs, after one that is not counted."""
    work()
    seconds = []
    for _ in range(RUNS):
        started = perf_counter()
        work()
        seconds.append(perf_counter() - started)
    return statistics.median(seconds)


def measured(lines: int, work: Path) -> str:
    """A row of the table for one size."""
    from headgate import session

    session.write_demo(work / f"book{lines}", lines, 1)
    book = session.read_book(work / f"book{lines}")
    session.plan(book, {"objective": "rank"}).write(work / f"plan{lines}", excel=False)
    opened = median_of(lambda: session.open_plan(book, work / f"plan{lines}").desk())
    desk = session.open_plan(book, work / f"plan{lines}").desk()
    many = requests_of(book, MANY)
    one = median_of(lambda: desk.quote(many[:1]))
    kernel = median_of(lambda: desk.dates(many))
    file = median_of(lambda: desk.quote(many, alternatives=False))
    return (f"| {lines:,} | {opened:.2f} | {kernel / MANY * 1e6:.0f} | {one * 1e3:.2f} "
            f"| {file:.2f} | {displacing_ms(desk, many[:PROFITABLE])} |")


def displacing_ms(desk: Any, requests: list[Any]) -> str:
    """Median and 90% milliseconds of a quote that may displace lines, the first not counted."""
    desk.quote(requests, "ptp", False)
    taken = []
    for request in requests:
        started = perf_counter()
        desk.quote([request], "ptp", False)
        taken.append(1e3 * (perf_counter() - started))
    taken.sort()
    return f"{statistics.median(taken):.1f} | {taken[int(0.9 * len(taken))]:.1f}"


def main() -> None:
    """Print the table of all sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[10_000, 1_000_000])
    chosen = parser.parse_args()
    from headgate import session

    session.warm()
    print("| lines | open a stored plan s | one of many, microseconds | one quote ms | "
          f"{MANY:,} quotes s | ptp ms, median | ptp ms, 90% |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for lines in chosen.lines:
            print(measured(lines, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
