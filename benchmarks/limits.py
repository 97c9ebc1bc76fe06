"""
Measure planning under limits: the demo book without any, with quotas, with ship sets, with both.

The limits bind moderately: caps are 70 to 130% of what a free plan draws for their scope in their
quarter, reservations keep 10 to 30% of the supply that an item has a month after they begin, a
ship set is lines of one customer and region whose requested dates lie near. Seconds are from the
book to a plan with its reasons and tables, of `rank` the median of three, the kernels compiled
before. python benchmarks/limits.py --lines 10000 --quotas 200 --sets 500
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import polars as pl

CAPS, RESERVED = 0.8, 0.2
"""Shares of the quotas that are caps and reservations."""
QUARTER, MONTH = timedelta(weeks=13), timedelta(weeks=4)
FEWEST = 12
"""A cell of use with fewer pieces makes no cap: 70 and 100% of it are the same."""
NEAR_DAYS, MOST_OF_A_SET = 21, 4
SCOPES = (("segment",), ("region",), ("segment", "region"), ("customer_id",))
QUOTA = ("quota_id", "from_on", "to_on", "item_id", "segment", "region", "customer_id",
         "max_quantity", "reserved_quantity")


def quarter_of(book: Any) -> list[tuple[date, date]]:
    """First and last day of each thirteen planned weeks."""
    first = book.first_monday
    count = -(-book.horizon // 13)
    return [(first + k * QUARTER, first + (k + 1) * QUARTER - timedelta(days=1))
            for k in range(count)]


def use_of(book: Any, plan: Any) -> pl.DataFrame:
    """Pieces that a plan draws of each item for each line, by quarter."""
    orders = book.tables.frames["orders"].select("order_id", "line_no", "customer_id", "segment",
                                                 "region")
    weeks = (pl.col("drawn_on") - book.first_monday).dt.total_days() // 7
    return (plan.pegging.join(orders, on=["order_id", "line_no"])
            .with_columns(quarter=weeks // 13))


def caps(book: Any, use: pl.DataFrame, count: int, dice: Random) -> list[dict[str, Any]]:
    """Caps of what a scope draws of an item in a quarter, a little below and above its use."""
    quarters, cells = quarter_of(book), []
    for scope in SCOPES:
        sums = (use.group_by("item_id", "quarter", *scope).agg(pl.col("quantity").sum())
                .filter(pl.col("quantity") >= FEWEST).sort("item_id", "quarter", *scope))
        cells += sums.to_dicts()
    dice.shuffle(cells)
    found = []
    for number, cell in enumerate(cells[:count]):
        first, last = quarters[cell.pop("quarter")]
        most = round(cell.pop("quantity") * dice.uniform(0.7, 1.3))
        found.append({"quota_id": f"CAP-{number:04}", "from_on": first, "to_on": last,
                      "max_quantity": most, **cell})
    return found


def reservations(book: Any, use: pl.DataFrame, count: int, dice: Random) -> list[dict[str, Any]]:
    """Parts of the most used items' supply, each kept for a segment in half a year."""
    supply = book.tables.frames["supply"]
    segments = use["segment"].unique().sort().to_list()
    items = use.group_by("item_id").agg(pl.col("quantity").sum()).sort(
        "quantity", "item_id", descending=[True, False])["item_id"].to_list()
    quarters = quarter_of(book)
    pairs = [(item, segment) for item in items for segment in segments][:count]
    of_item = {item: sum(item == other for other, _ in pairs) for item, _ in pairs}
    found = []
    for number, (item, segment) in enumerate(pairs):
        start = dice.randrange(max(1, len(quarters) - 1))
        # More than a month's supply would leave nobody else anything for weeks.
        there = supply.filter((pl.col("item_id") == item) & (
            pl.col("available_on") < quarters[start][0] + MONTH))["quantity"].sum()
        kept = round(there * dice.uniform(0.1, 0.3) / of_item[item])
        found.append({"quota_id": f"KEEP-{number:04}", "from_on": quarters[start][0],
                      "to_on": quarters[min(start + 1, len(quarters) - 1)][1], "item_id": item,
                      "segment": segment, "reserved_quantity": kept})
    return found


def ship_sets(orders: pl.DataFrame, count: int, dice: Random) -> dict[tuple[str, str], str]:
    """The set of each chosen line: a few lines of one customer and region with near dates."""
    runs: list[list[tuple[str, str]]] = []
    rows = orders.sort("customer_id", "region", "requested_on", "order_id", "line_no")
    last: tuple[str, str, date] | None = None
    size = 2
    for row in rows.iter_rows(named=True):
        asked = date.fromisoformat(str(row["requested_on"]))
        place = (row["customer_id"], row["region"], asked)
        near = (last is not None and last[:2] == place[:2] and len(runs[-1]) < size
                and (asked - last[2]).days <= NEAR_DAYS)
        if not near:
            runs.append([])
            size, last = dice.randint(2, MOST_OF_A_SET), place
        runs[-1].append((row["order_id"], str(row["line_no"])))
    whole = [run for run in runs if len(run) > 1]
    dice.shuffle(whole)
    return {line: f"SET-{number:04}" for number, run in enumerate(whole[:count]) for line in run}


def limited_book(folder: Path, quotas: list[dict[str, Any]],
                 sets: dict[tuple[str, str], str]) -> None:
    """Write limits into the book of a folder."""
    if quotas:
        pl.DataFrame([{name: row.get(name) for name in QUOTA} for row in quotas],
                     infer_schema_length=None).write_csv(folder / "quotas.csv")
    if sets:
        file = folder / "orders.csv"
        orders = pl.read_csv(file, infer_schema=False)
        names = [sets.get(key) for key in orders.select("order_id", "line_no").iter_rows()]
        orders.with_columns(ship_set=pl.Series(names, dtype=pl.String)).write_csv(file)


def row_of(title: str, folder: Path, seconds: float) -> str:
    """A row of the table: one book by rank and by value, both checked."""
    from headgate import session

    book = session.read_book(folder)
    ranks = []
    for _ in range(3):
        started = perf_counter()
        made = session.plan(book, {"objective": "rank"})
        ranks.append(perf_counter() - started)
    proven = [session.check(book, made).issues]
    by_rank = made.summary
    started = perf_counter()
    made = session.plan(book, {"objective": "value", "time_limit": seconds})
    spent = perf_counter() - started
    started = perf_counter()
    proven.append(session.check(book, made).issues)
    checked = perf_counter() - started
    value, gap = made.summary["value"]["value_cents"] / 1e8, made.summary["certificate"]["gap"]
    full = made.quota_use()
    used = full.filter((pl.col("kind") == "cap")
                       & (pl.col("used_quantity") >= pl.col("limit_quantity"))).height
    on_time = [summary["service"]["line"]["on_time"] for summary in (by_rank, made.summary)]
    return (f"| {title} | {statistics.median(ranks):.2f} | {on_time[0]:.1%} | {spent:.1f} | "
            f"{gap:.2%} | ${value:,.0f}M | {on_time[1]:.1%} | {used} | {checked:.1f} | "
            f"{'both' if not any(proven) else 'NO'} |")


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--lines", type=int, default=10_000)
    asked.add_argument("--quotas", type=int, default=200)
    asked.add_argument("--sets", type=int, default=500)
    asked.add_argument("--seconds", type=float, default=10.0, help="of the value search")
    given = asked.parse_args()
    if given.lines > 100_000:
        asked.error("--lines: at most 100,000, whose orders are a CSV file")
    from headgate import session

    session.warm()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        session.write_demo(work / "free", given.lines, 1)
        book = session.read_book(work / "free")
        use = use_of(book, session.plan(book, {"objective": "value",
                                               "time_limit": given.seconds}, pegging="all"))
        dice = Random(1)
        quotas = caps(book, use, round(given.quotas * CAPS), dice)
        quotas += reservations(book, use, given.quotas - len(quotas), dice)
        sets = ship_sets(pl.read_csv(work / "free" / "orders.csv", infer_schema=False),
                         given.sets, dice)
        print(f"{given.lines:,} lines, {len(quotas)} quotas, {len(set(sets.values()))} ship sets "
              f"of {len(sets)} lines\n")
        print("| limits | rank s | on time | value s | gap | value | on time | caps used up | "
              "check s | proven |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---|")
        for title, some, together in (("none", [], {}), ("quotas", quotas, {}),
                                      ("ship sets", [], sets), ("both", quotas, sets)):
            place = work / title.replace(" ", "-")
            session.write_demo(place, given.lines, 1)
            limited_book(place, some, together)
            print(row_of(title, place, given.seconds), flush=True)


if __name__ == "__main__":
    main()
