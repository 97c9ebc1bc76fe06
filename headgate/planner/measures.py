"""The figures of a plan: service, value, backlog."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import fiscal_year, friday_of_bucket
from headgate.base.money import scale_cents
from headgate.book import NO_LIMIT, Book
from headgate.planner.allocate import Allocation, draw_weeks
from headgate.planner.policy import Policy
from headgate.planner.promise import LATE, ON_TIME, SHIPPED, STATUSES, Promises

Longs = NDArray[np.int64]


def late_cost_cents(book: Book, policy: Policy) -> Longs:
    """(lines,) what one piece costs for each week late: penalty plus late_rate x price."""
    return book.lines.penalty_cents + scale_cents(book.lines.price_cents,
                                                  policy.late_rate_millionths)


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
    dollars = {"open": _dot(lines.open, price), "promised": _dot(promises.pieces, price),
               "on_time": _dot(promises.on_time_pieces, price)}
    full = counts["on_time"] + counts["late"]
    on_time = status[is_open] == ON_TIME
    kept = is_open & (lines.promised > -NO_LIMIT)
    held = kept & (promises.pieces == lines.open) & (promises.last <= lines.promised)
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
        "value": _value(book, policy, allocation, promises),
        "backlog_cents": _backlog(book, allocation, promises),
    }


def share(part: int, whole: int) -> float | None:
    """A share of 0 to 1 with six decimals; None of nothing."""
    return None if whole == 0 else round(part / whole, 6)


def _dot(pieces: Longs, cents: Longs) -> int:
    """Sum of pieces times cents, exact even beyond 64 bits."""
    if len(pieces) == 0:
        return 0
    if float(np.abs(pieces.astype(np.float64)) @ np.abs(cents.astype(np.float64))) < 2.0**62:
        return int(pieces @ cents)
    return int(pieces.astype(object) @ cents.astype(object))


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


def _value(book: Book, policy: Policy, allocation: Allocation,
           promises: Promises) -> dict[str, int]:
    lines, lanes = book.lines, book.lanes
    cost = late_cost_cents(book, policy)
    profit = (lines.price_cents[allocation.line] - book.unit_cost_cents[allocation.item]
              - lanes.cost_cents[allocation.lane])
    late_weeks = np.maximum(0, promises.arrival - lines.requested[allocation.line]).astype(np.int64)
    delivered = _dot(allocation.quantity, profit) - _extra_cost(book, allocation)
    late = _dot(allocation.quantity * late_weeks, cost[allocation.line])
    undelivered = 0
    if policy.undelivered == "late_cost":
        longest = np.zeros(len(book.regions), dtype=np.int64)
        counts = np.diff(book.lanes.ptr)
        np.maximum.at(longest, np.repeat(np.arange(len(counts)), counts), lanes.weeks)
        last = np.where(lines.latest < NO_LIMIT, lines.latest,
                        book.horizon - 1 + longest[lines.region])
        weeks = np.maximum(0, last - lines.requested).astype(np.int64)
        undelivered = _dot((lines.open - promises.pieces) * weeks, cost)
    return {"value_cents": delivered - late - undelivered, "delivered_cents": delivered,
            "late_cents": late, "undelivered_cents": undelivered}


def _extra_cost(book: Book, allocation: Allocation) -> int:
    """Extra cost of every substitute drawn: the row that holds in its week."""
    forest = book.forest
    drawn, called = allocation.pools.item[allocation.pool], forest.item[allocation.node]
    stood = np.flatnonzero(drawn != called)
    draws = pl.DataFrame({
        "called": called[stood], "drawn": drawn[stood],
        "week": draw_weeks(book, allocation)[stood], "pieces": allocation.pieces[stood]})
    item = np.repeat(np.arange(len(book.items), dtype=np.int32), np.diff(forest.sub_ptr))
    rows = pl.DataFrame({
        "called": item, "drawn": forest.sub_item, "first": forest.sub_from,
        "last": forest.sub_to, "cents": forest.sub_cost_cents})
    paid = (draws.group_by("called", "drawn", "week").agg(pl.col("pieces").sum())
            .join(rows, on=["called", "drawn"])
            .filter(pl.col("week").is_between("first", "last"))
            .select((pl.col("pieces").cast(pl.Int128) * pl.col("cents")).sum()))
    return int(paid.item())


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

    total = _dot(pieces, price)
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
        found[label] = found.get(label, 0) + _dot(allocation.quantity[hit], price[hit])
    return found
