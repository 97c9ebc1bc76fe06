"""The tables of a plan and its figures, from an allocation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from headgate.base.wording import reason_text
from headgate.book import Book
from headgate.explain.reasons import Reasons, explain
from headgate.explain.shortages import shortages
from headgate.explain.unprofitable import mark_unprofitable
from headgate.planner.allocate import Allocation
from headgate.planner.measures import measure
from headgate.planner.pegging import consumed_rows, drawn_rows, pegged_rows
from headgate.planner.policy import Policy
from headgate.planner.promise import (
    STATUSES,
    Promises,
    allocation_frame,
    dates_or_blank,
    line_ids,
    mondays,
    promise,
)
from headgate.planner.usage import hours_used
from headgate.tables.plan_schema import CONSUMPTION, PEGGING, PROMISES

Coverage = Literal["all", "scarce"]
PEG_ALL_UP_TO = 100_000
"""Above so many lines pegging covers scarce items unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class Explained:
    """
    A plan with its tables.

    frames  : allocations, promises, consumption, pegging, shortages, prices
    figures : what `headgate.planner.measures.measure` gives
    """

    frames: dict[str, pl.DataFrame]
    figures: dict[str, Any]
    promises: Promises
    reasons: Reasons
    coverage: Coverage


def explain_plan(book: Book, policy: Policy, allocation: Allocation,
                 certified: Mapping[str, pl.DataFrame], coverage: Coverage | None,
                 progress: Callable[[str, float], None] | None = None) -> Explained:
    """Every table and figure of a plan; `certified` holds the tables `prices` and `reliefs`."""
    coverage = coverage or ("all" if len(book.lines) <= PEG_ALL_UP_TO else "scarce")
    promises = promise(book, allocation)
    used = hours_used(book, allocation)
    reasons = mark_unprofitable(book, policy, explain(book, allocation, used,
                                                      promises.not_on_time(), progress))
    short = shortages(book, allocation, used,
                      certified["prices"] if policy.objective == "value" else None)
    if progress is not None:
        progress("peg", 0.0)
    frames = {
        "allocations": allocation_frame(book, allocation, promises),
        "promises": _promise_frame(book, promises, reasons),
        "consumption": _consumption_frame(book, allocation),
        "pegging": _pegging_frame(book, policy, allocation, coverage, short),
        "shortages": short, **certified,
    }
    if progress is not None:
        progress("peg", 1.0)
    return Explained(frames, measure(book, policy, allocation, promises), promises, reasons,
                     coverage)


def scarce_items(book: Book, short: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """
    (items,) what "scarce" pegging covers: short parts, items with BOM rows, items that have or
    are a substitute, and items with a reserved row. The rest follows from the allocations.
    """
    chosen = np.zeros(len(book.items), dtype=bool)
    frames = book.tables.frames
    names = [short.filter(pl.col("kind") == "part")["id"], frames["bom"]["parent_id"],
             frames["substitutes"]["item_id"], frames["substitutes"]["substitute_id"],
             frames["supply"].filter(pl.col("reserved_for").is_not_null())["item_id"]]
    for column in names:
        chosen[book.items.indexes(column.unique())] = True
    return chosen


def _promise_frame(book: Book, promises: Promises, reasons: Reasons) -> pl.DataFrame:
    lines = np.arange(len(book.lines), dtype=np.int32)
    order_id, line_no = line_ids(book, lines)
    there = promises.last >= 0
    promised_on = dates_or_blank(book, promises.last, there, weekday=4)
    requested = book.tables.frames["orders"]["requested_on"].gather(
        pl.Series(book.lines.source_row))
    in_week = pl.Series(promises.last <= book.lines.requested)
    late_days = pl.select(
        pl.when(in_week & pl.Series(there)).then(0)
        .otherwise((promised_on - requested).dt.total_days())).to_series()
    status = pl.Series(STATUSES).gather(pl.Series(promises.status))
    frame = pl.DataFrame({
        "order_id": order_id, "line_no": line_no, "open_quantity": book.lines.open,
        "promised_quantity": promises.pieces,
        "first_arrive_on": dates_or_blank(book, promises.first, there),
        "last_arrive_on": dates_or_blank(book, promises.last, there),
        "promised_on": promised_on, "broken_quantity": promises.broken, "status": status,
        "late_days": late_days})
    words = _reason_columns(book, reasons)
    return (frame.with_row_index("line").with_columns(pl.col("line").cast(pl.Int32))
            .join(words, on="line", how="left", maintain_order="left")
            .select(PROMISES.names).cast(PROMISES.types))


def _reason_columns(book: Book, reasons: Reasons) -> pl.DataFrame:
    names = reasons.names()
    part, bound = reasons.kind == 1, reasons.kind > 0
    kinds = pl.Series(["", "part", "resource"]).gather(pl.Series(reasons.kind))
    item = book.items.names(np.where(part, reasons.index, -1))
    resource = book.resources.names(np.where(bound & ~part, reasons.index, -1))
    site = book.sites.names(np.where(bound, reasons.site, -1))
    frame = pl.DataFrame({
        "line": reasons.line, "reason": pl.Series(names, dtype=pl.String),
        "binding_kind": kinds, "binding_id": pl.select(pl.coalesce(item, resource)).to_series(),
        "binding_site_id": site, "binding_on": dates_or_blank(book, reasons.bucket, bound)})
    frame = frame.with_columns(binding_kind=pl.when(pl.Series(bound)).then("binding_kind"))
    distinct = frame.drop("line").unique()
    texts = [reason_text(*row) for row in distinct.iter_rows()]
    return frame.join(distinct.with_columns(text=pl.Series(texts, dtype=pl.String)),
                      on=distinct.columns, how="left", nulls_equal=True, maintain_order="left")


def _consumption_frame(book: Book, allocation: Allocation) -> pl.DataFrame:
    rows = consumed_rows(drawn_rows(book, allocation))
    return pl.DataFrame({
        "item_id": book.items.names(rows["item"].to_numpy()),
        "site_id": book.sites.names(rows["site"].to_numpy()),
        "drawn_on": mondays(book, rows["week"].to_numpy()), "quantity": rows["pieces"],
        "stood_in_for": book.items.names(rows["stood"].to_numpy()),
        "lead_days": rows["days"]}).select(CONSUMPTION.names).cast(CONSUMPTION.types)


def _pegging_frame(book: Book, policy: Policy, allocation: Allocation, coverage: Coverage,
                   short: pl.DataFrame) -> pl.DataFrame:
    items = None if coverage == "all" else scarce_items(book, short)
    rows = pegged_rows(book, policy, drawn_rows(book, allocation, items))
    order_id, line_no = line_ids(book, rows["line"].to_numpy())
    return pl.DataFrame({
        "order_id": order_id, "line_no": line_no,
        "item_id": book.items.names(rows["item"].to_numpy()),
        "site_id": book.sites.names(rows["site"].to_numpy()),
        "drawn_on": mondays(book, rows["week"].to_numpy()),
        "reference": book.supply.reference.gather(rows["row"]), "quantity": rows["pieces"],
        "stood_in_for": book.items.names(rows["stood"].to_numpy()),
        "lead_days": rows["days"]}).select(PEGGING.names).cast(PEGGING.types)
