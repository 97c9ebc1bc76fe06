"""
Measure re-planning: one purchase order that slips four weeks, and many changes at once.

Each of a number of random receipts slips alone; the repair is timed after book and plan are loaded,
the kernels compiled before. The last rows are of the demo with quotas and ship sets put on it.
python benchmarks/replan.py --lines 10000
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import polars as pl

WEEKS, CHANGES = 4, 200
QUOTAS, SETS = 200, 500


Source = tuple[dict[str, pl.DataFrame], dict[str, Any]]
"""A book's tables, every cell a text, and its settings."""


def source_of(folder: Path) -> Source:
    """The files of a folder, unchecked."""
    frames = {file.stem: pl.read_csv(file, infer_schema=False) for file in folder.glob("*.csv")}
    return frames, tomllib.loads((folder / "headgate.toml").read_text(encoding="utf-8"))


def book_of(source: Source, frames: dict[str, pl.DataFrame]) -> Any:
    """The book with some other tables."""
    import headgate as hg

    return hg.read_book({**source[0], **frames}, source[1])


def slipped(source: Source, rows: Sequence[int]) -> Any:
    """The book with some receipts four weeks later."""
    supply = source[0]["supply"]
    chosen = set(rows)
    days = [str(date.fromisoformat(day) + timedelta(weeks=WEEKS)) if row in chosen else day
            for row, day in enumerate(supply["available_on"].to_list())]
    return book_of(source, {"supply": supply.with_columns(available_on=pl.Series(days))})


def limited(source: Source) -> Source:
    """The tables with caps of items for segments, and with ship sets of two or three lines."""
    dice, orders, book = Random(7), source[0]["orders"], book_of(source, {})
    last = book.first_monday + timedelta(weeks=book.horizon - 1)
    pairs = orders.group_by("item_id", "segment", "region").agg(
        pieces=pl.col("quantity").cast(pl.Int64).sum()).drop_nulls().sort(
            "item_id", "segment", "region").rows(named=True)
    quotas = [{"quota_id": f"Q-{number}", "item_id": row["item_id"], "segment": row["segment"],
               "region": row["region"], "from_on": str(book.first_monday), "to_on": str(last),
               "max_quantity": str(int(row["pieces"] * dice.uniform(0.5, 1.2)))}
              for number, row in enumerate(dice.choices(pairs, k=QUOTAS))]
    by_customer: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(orders.select("customer_id", "region").rows()):
        by_customer.setdefault(key, []).append(row)
    names: list[str | None] = [None] * orders.height
    groups = [rows for rows in by_customer.values() if len(rows) > 1]
    for number in range(SETS):
        for row in dice.sample(dice.choice(groups), 2):
            if names[row] is None:
                names[row] = f"SET-{number}"
    return {**source[0], "quotas": pl.DataFrame(quotas), "orders": orders.with_columns(
        ship_set=pl.Series(names, dtype=pl.String))}, source[1]


def measured(title: str, source: Source, changed: Sequence[Sequence[int]], objective: str) -> str:
    """A row of the table: repairs of a plan after each of some changes."""
    import headgate as hg
    from headgate.planner.older import Start
    from headgate.planner.repair import Repairer

    plan = hg.plan(book_of(source, {}), {"objective": objective})
    start = Start.of(plan.frames)
    seconds, moved, growth = [], [], []
    for rows in changed:
        new = slipped(source, rows)
        with ThreadPoolExecutor(2) as threads:
            started = perf_counter()
            Repairer(new, plan.policy, start, threads).repair()
            seconds.append(perf_counter() - started)
        made = hg.replan(new, plan)
        figures = made.frames.summary
        moved.append(figures["replan"]["share_moved"] or 0.0)
        old, now = (dict(part.get("certificate") or {}).get("gap")
                    for part in (plan.frames.summary, figures))
        growth.append(100 * (now - old) if None not in (old, now) else 0.0)
    seconds.sort()
    return (f"| {title} | {objective} | {len(changed)} | {1e3 * statistics.median(seconds):.0f} "
            f"| {1e3 * seconds[int(0.9 * (len(seconds) - 1))]:.0f} "
            f"| {100 * statistics.median(moved):.2f}% | {100 * max(moved):.2f}% "
            f"| {max(growth):.2f} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=CHANGES)
    chosen = parser.parse_args()
    from headgate import session

    session.warm()
    print("| book and change | policy | repairs | median ms | 90% ms | moved, median | moved, most "
          "| gap grows by at most, points |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        session.write_demo(Path(folder), chosen.lines, 1)
        plain = source_of(Path(folder))
        as_of = str(book_of(plain, {}).settings.as_of)
        for name, source in (("demo", plain), (f"demo, {QUOTAS} quotas, {SETS} ship sets",
                                               limited(plain))):
            on_order = source[0]["supply"].with_row_index().filter(
                pl.col("available_on") > as_of)["index"].to_list()
            chosen_rows = Random(3).sample(on_order, min(chosen.changes, len(on_order)))
            for objective in ("rank", "value"):
                print(measured(f"{name}: one slips", source, [[row] for row in chosen_rows],
                               objective), flush=True)
                print(measured(f"{name}: {len(chosen_rows)} slip at once", source, [chosen_rows],
                               objective), flush=True)


if __name__ == "__main__":
    main()
