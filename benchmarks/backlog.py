"""
Measure the roll-forward of the backlog: movements of a made-up ledger by period and level.

A third of the lines is in three foreign currencies whose rates change every month. Each figure is
the median of three; a plain Python roll-forward of a few movements, valued one by one, stands
beside. python benchmarks/backlog.py --movements 100000 1000000
"""

from __future__ import annotations

import argparse
import resource
import statistics
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from time import perf_counter, process_time
from typing import Any

RUNS, FEW = 3, 100_000
FIRST = date(2024, 2, 1)
RULE = "FRI nearest 01-31"
ASKED: tuple[tuple[str, str], ...] = (
    ("quarter", "customer"), ("month", "segment,region"), ("week", "customer"),
    ("quarter", "line"))


def ledger_of(count: int) -> tuple[Any, Any, Any]:
    """Movements, rates and items: each line booked, then in part shipped, then shipped or
    cancelled."""
    import numpy as np
    import polars as pl

    from headgate.finance.exchange import Exchange, day_number

    dice = np.random.default_rng(1)
    lines = count // 3
    line, step = np.repeat(np.arange(lines), 3), np.tile([0, 1, 2], lines)
    days = day_number(FIRST) + (dice.integers(0, 400, lines)[:, None] + np.cumsum(
        dice.integers(20, 150, (lines, 3)), axis=1)).ravel()
    pieces = dice.integers(2, 64, lines)[line]
    change = np.where(step == 0, pieces, np.where(step == 1, -(pieces // 2),
                                                  pieces // 2 - pieces))
    price = dice.integers(10_000_00, 400_000_00, lines)[line]
    kind = np.where(step == 0, "booked", np.where((step == 2) & (line % 5 == 0), "cancelled",
                                                  "shipped"))
    place = dice.integers(0, 9, lines)[line]
    customer = dice.integers(0, 2_000, lines)[line]
    on = pl.Series(days).cast(pl.Int32).cast(pl.Date)
    frame = pl.DataFrame({"line": line, "customer": customer, "posted_on": on}).select(
        order_id=pl.format("SO-{}", pl.col("line") // 3), line_no=pl.col("line") % 3 + 1,
        customer_id=pl.format("cust-{}", "customer"),
        segment=pl.format("segment-{}", pl.col("customer") % 5),
        region=pl.format("region-{}", pl.col("line") % 3),
        item_id=pl.format("item-{}", pl.col("line") % 40), site_id=pl.lit(None, pl.String),
        contract_id=pl.format("SO-{}", pl.col("line") // 3), cancellable=pl.lit(True),
        currency=pl.Series([None] * 6 + ["EUR", "GBP", "JPY"], dtype=pl.String).gather(place),
        kind=pl.Series(kind), effective_on="posted_on", posted_on="posted_on",
        prior_period=pl.lit(None, pl.String), quantity=pl.Series(change),
        amount_cents=pl.Series(change * price))
    months = day_number(FIRST) - 10 + 30 * np.arange(24)
    rates = Exchange(("USD", "EUR", "GBP", "JPY"), np.array([0, 0, 24, 48, 72]),
                     np.tile(months, 3), dice.integers(900_000, 1_300_000, 72))
    items = pl.DataFrame({"item_id": [f"item-{n}" for n in range(40)],
                          "family": [f"family-{n % 7}" for n in range(40)]})
    return frame.sort("posted_on", maintain_order=True).with_columns(
        sequence=pl.int_range(pl.len(), dtype=pl.Int64)), rates, items


def median_of(work: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of a few runs, and median processor seconds, which other work leaves alone."""
    seconds, busy = [], []
    for _ in range(RUNS):
        started, before = perf_counter(), process_time()
        work()
        seconds.append(perf_counter() - started)
        busy.append(process_time() - before)
    return statistics.median(seconds), statistics.median(busy)


def plain(rows: list[dict[str, Any]], rates: Any, ends: list[int]) -> dict[tuple[str, int], int]:
    """Closing by customer and period, one movement and one period end after another."""
    from bisect import bisect_right

    from headgate.finance.exchange import day_number

    def worth(cents: int, currency: str | None, day: int) -> int:
        if currency is None:
            return cents
        number = rates.names.index(currency)
        first, end = int(rates.ptr[number]), int(rates.ptr[number + 1])
        held = max(first, bisect_right(rates.day, day, first, end) - 1)
        return round(cents * int(rates.micro[held]) / 1_000_000)

    closing: dict[tuple[str, int], int] = defaultdict(int)
    open_cents: dict[tuple[str, int], int] = defaultdict(int)
    told = {}
    place = 0
    for end in ends:
        while place < len(rows) and day_number(rows[place]["posted_on"]) <= end:
            row = rows[place]
            open_cents[row["order_id"], row["line_no"]] += row["amount_cents"]
            told[row["order_id"], row["line_no"]] = row
            place += 1
        for key, cents in open_cents.items():
            if cents:
                closing[told[key]["customer_id"], end] += worth(cents, told[key]["currency"], end)
    return closing


def measured(count: int) -> list[str]:
    """The rows of the table for one number of movements."""
    from headgate.finance.levels import cuts_of
    from headgate.finance.rollforward import first_day_of, roll_forward, span_of

    movements, rates, items = ledger_of(count)
    last = movements["posted_on"].max()
    rows = []
    for period, by in ASKED:
        span = span_of(RULE, period, first_day_of(movements, FIRST), last)
        cuts = cuts_of([by])
        seconds, busy = median_of(lambda span=span, cuts=cuts: roll_forward(
            movements, rates, items, span, cuts))
        made = roll_forward(movements, rates, items, span, cuts).rows.height
        rows.append(f"| {count:,} | {period}, {by} | {seconds:.2f} | {busy:.2f} "
                    f"| {made:,} |")
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--movements", type=int, nargs="+", default=[100_000, 1_000_000])
    arguments = parser.parse_args()
    print("| movements | by | s | processor s | rows |\n|---:|---|---:|---:|---:|")
    for count in arguments.movements:
        print("\n".join(measured(count)), flush=True)
    from headgate.finance.levels import cuts_of
    from headgate.finance.rollforward import first_day_of, roll_forward, span_of

    few, rates, items = ledger_of(FEW)
    span = span_of(RULE, "quarter", first_day_of(few, FIRST), few["posted_on"].max())
    _, fast = median_of(lambda: roll_forward(few, rates, items, span, cuts_of(["customer"])))
    dicts, ends = few.to_dicts(), span.ends.tolist()
    _, slow = median_of(lambda: plain(dicts, rates, ends))
    print(f"\nPlain Python, closings alone, {FEW:,} movements: {slow:.2f} processor s; headgate, "
          f"every step: {fast:.2f}, a ratio of {slow / fast:.0f}. Peak "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB.")


if __name__ == "__main__":
    main()
