"""The figures of a plan: service, value, backlog."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import fiscal_year, friday_of_bucket
from headgate.base.money import exact_dot
from headgate.book import NO_LIMIT, Book
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.rank import SHIP, Log
from headgate.planner.numbering import runs
from headgate.planner.policy import Policy
from headgate.planner.promise import LATE, ON_TIME, SHIPPED, STATUSES, Promises, promise
from headgate.planner.terms import (
    Terms,
    late_cost_cents,
    late_weeks_undelivered,
    terms_of,
)
from headgate.planner.world import Pools

Longs = NDArray[np.int64]


def measure(book: Book, policy: Policy, allocation: Allocation,
            promises: Promises) -> dict[str, Any]:
    """Every figure of `summary.json` that follows from the book and the plan."""
    lines, status = book.lines, promises.status
    is_open = status != SHIPPED
    price = lines.price_cents
    counts = {name: int((status == k).sum()) for k, name in enumerate(STATUSES)}
    orders = _orders(book, promises)
    units = {"open": int(lines.open.sum()), "promised": int(promises.pieces.sum()),
             "on_time": int(promises.on_time_pieces.sum())}
    dollars = {"open": exact_dot(lines.open, price), "promised": exact_dot(promises.pieces, price),
               "on_time": exact_dot(promises.on_time_pieces, price)}
    full = counts["on_time"] + counts["late"]
    on_time = status[is_open] == ON_TIME
    kept = is_open & (lines.promised > -NO_LIMIT)
    held = kept & (promises.pieces == lines.open) & (promises.last <= lines.promised)
    extra = extra_cents(book, allocation.pools, allocation.log)
    terms = terms_of(book, policy)
    worth = _worth_cents(book, terms, allocation, promises)
    return {
        "lines": {"total": len(lines), "open": int(is_open.sum()), **counts},
        "orders": orders, "units": units, "dollars_cents": dollars,
        "service": {
            "line": {"on_time": share(counts["on_time"], int(is_open.sum())),
                     "in_full": share(full, int(is_open.sum()))},
            "unit": {"on_time": share(units["on_time"], units["open"]),
                     "in_full": share(units["promised"], units["open"])},
            "order": {"on_time": share(orders["on_time"], orders["open"]),
                      "in_full": share(orders["in_full"], orders["open"])},
            "dollar": {"on_time": share(dollars["on_time"], dollars["open"]),
                       "in_full": share(dollars["promised"], dollars["open"])}},
        "otif": {"requested": share(int(on_time.sum()), int(is_open.sum())),
                 "promised": share(int(held.sum()), int(kept.sum()))},
        "value": _value(book, policy, allocation, promises, extra) | {
            "weighted_cents": exact_dot(allocation.quantity, worth) - extra
            - exact_dot(lines.open - promises.pieces, terms.lost)},
        "segments": _segments(book, terms, worth, allocation, promises),
        "backlog_cents": _backlog(book, allocation, promises),
    }


def worth_of_log(book: Book, policy: Policy, allocation: Allocation) -> int:
    """What allocations earn in weighted cents, what is not delivered left out."""
    if not len(allocation.line):
        return 0
    worth = _worth_cents(book, terms_of(book, policy), allocation, promise(book, allocation))
    return exact_dot(allocation.quantity, worth) - extra_cents(
        book, allocation.pools, allocation.log)


def share(part: int, whole: int) -> float | None:
    """A share of 0 to 1 with six decimals; None of nothing."""
    return None if whole == 0 else round(part / whole, 6)


def _orders(book: Book, promises: Promises) -> dict[str, int]:
    rows = np.flatnonzero(promises.status != SHIPPED)
    order_id = book.tables.frames["orders"]["order_id"].gather(
        pl.Series(book.lines.source_row[rows]))
    status = promises.status[rows]
    whole = pl.DataFrame({"order": order_id, "on_time": pl.Series(status == ON_TIME),
                          "in_full": pl.Series((status == ON_TIME) | (status == LATE))})
    by_order = whole.group_by("order").agg(pl.col("on_time", "in_full").all())
    return {"open": by_order.height, "on_time": int(by_order["on_time"].sum()),
            "in_full": int(by_order["in_full"].sum())}


def _value(book: Book, policy: Policy, allocation: Allocation, promises: Promises,
           extra: int) -> dict[str, int]:
    lines, lanes = book.lines, book.lanes
    cost = late_cost_cents(book, policy)
    profit = (lines.price_cents[allocation.line] - book.unit_cost_cents[allocation.item]
              - lanes.cost_cents[allocation.lane])
    delivered = exact_dot(allocation.quantity, profit) - extra
    late = exact_dot(allocation.quantity * _late_weeks(book, allocation, promises),
                     cost[allocation.line])
    undelivered = 0
    if policy.undelivered == "late_cost":
        undelivered = exact_dot((lines.open - promises.pieces) * late_weeks_undelivered(book), cost)
    return {"value_cents": delivered - late - undelivered, "delivered_cents": delivered,
            "late_cents": late, "undelivered_cents": undelivered}


def _late_weeks(book: Book, allocation: Allocation, promises: Promises) -> Longs:
    """(allocations,) weeks that each arrives after its line's requested week."""
    weeks = promises.arrival - book.lines.requested[allocation.line]
    return np.asarray(np.maximum(0, weeks), dtype=np.int64)


def _worth_cents(book: Book, terms: Terms, allocation: Allocation, promises: Promises) -> Longs:
    """(allocations,) weighted worth of a piece of each, extra costs of substitutes aside."""
    line, lane = allocation.line, allocation.lane
    worth = (terms.gain(book, line, allocation.item) - book.lanes.cost_cents[lane]
             - terms.late[line] * _late_weeks(book, allocation, promises))
    when = np.where(terms.on_ship[line] == 1, allocation.ship, promises.arrival)
    for place in range(terms.bonus.shape[1]):
        worth += np.where(when <= terms.bonus_until[line, place], terms.bonus[line, place], 0)
    return np.asarray(worth, dtype=np.int64)


def _segments(book: Book, terms: Terms, worth: Longs, allocation: Allocation,
              promises: Promises) -> dict[str, dict[str, int]]:
    """Lines, pieces, dollars and weighted value by segment, of segments with an open line."""
    lines = book.lines
    orders = book.tables.frames["orders"]["segment"].gather(pl.Series(lines.source_row))
    names = orders.filter(pl.Series(lines.open > 0)).unique().sort()
    index = orders.cast(pl.Enum(names), strict=False).to_physical().cast(
        pl.Int64).fill_null(-1).to_numpy()
    found = {}
    for place, name in enumerate(names):
        own = (index == place) & (lines.open > 0)
        sent = own[allocation.line]
        status = promises.status[own]
        found[str(name)] = {
            "lines_open": int(own.sum()), "lines_on_time": int((status == ON_TIME).sum()),
            "lines_in_full": int(((status == ON_TIME) | (status == LATE)).sum()),
            "units_open": int(lines.open[own].sum()),
            "units_promised": int(promises.pieces[own].sum()),
            "dollars_open_cents": exact_dot(lines.open[own], lines.price_cents[own]),
            "dollars_promised_cents": exact_dot(promises.pieces[own], lines.price_cents[own]),
            "weighted_cents": exact_dot(allocation.quantity[sent], worth[sent])
            - exact_dot(lines.open[own] - promises.pieces[own], terms.lost[own])}
    return found


def extra_cents(book: Book, pools: Pools, log: Log) -> int:
    """
    Extra cost of every substitute that allocations draw: the row that holds in its week.

    log : of the whole plan or of a few allocations; permits may be among the draws
    """
    forest, node = book.forest, log.sources[:, 0]
    supply = np.flatnonzero(node >= 0)
    draws = supply[forest.item[node[supply]] != pools.item[log.sources[supply, 1]]]
    called, drawn = forest.item[node[draws]], pools.item[log.sources[draws, 1]]
    week = np.repeat(log.rows[:, SHIP], np.diff(log.first_draw))[draws] - forest.offset[node[draws]]
    counts = np.diff(forest.sub_ptr)[called]
    each, row = np.repeat(np.arange(len(draws)), counts), runs(forest.sub_ptr[called], counts)
    holds = ((forest.sub_item[row] == drawn[each]) & (forest.sub_from[row] <= week[each])
             & (week[each] <= forest.sub_to[row]))
    return exact_dot(log.pieces[draws[each[holds]]], forest.sub_cost_cents[row[holds]])


def _backlog(book: Book, allocation: Allocation, promises: Promises) -> dict[str, Any]:
    lines = book.lines
    rows = np.flatnonzero(lines.open > 0)
    orders = book.tables.frames["orders"].select("segment", "region", "item_id")[
        pl.Series(lines.source_row[rows])]
    pieces, price = lines.open[rows], lines.price_cents[rows]
    # Int128: a billion pieces at ten trillion cents each would leave 64 bits.
    amounts = orders.with_columns(cents=pl.Series(pieces).cast(pl.Int128) * pl.Series(price))

    def by(column: str) -> dict[str, int]:
        sums = amounts.group_by(column).agg(pl.col("cents").sum()).sort(column)
        return dict(zip(sums[column], sums["cents"], strict=True))

    total = exact_dot(pieces, price)
    quarters = _by_quarter(book, allocation, promises)
    missing = total - sum(quarters.values())
    if missing or (promises.pieces < lines.open).any():
        quarters["unplanned"] = missing
    return {"total": total, "by_segment": by("segment"), "by_region": by("region"),
            "by_item": by("item_id"), "by_quarter": dict(sorted(quarters.items()))}


def _by_quarter(book: Book, allocation: Allocation, promises: Promises) -> dict[str, int]:
    """Dollars of the promised pieces by the fiscal quarter of their arrival's Friday."""
    year = fiscal_year(book.settings.fiscal_year_end)
    price = book.lines.price_cents[allocation.line]
    found: dict[str, int] = {}
    for bucket in np.unique(promises.arrival):
        hit = promises.arrival == bucket
        label = year.label(friday_of_bucket(int(bucket), book.settings.as_of))
        found[label] = found.get(label, 0) + exact_dot(allocation.quantity[hit], price[hit])
    return found
