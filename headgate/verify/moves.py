"""The moves of a re-plan: each agrees with the promises, and the figures with the moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.wording import MOVE_REASONS, classes_before, move_text
from headgate.tables.plan_schema import MOVES, PlanFrames
from headgate.verify.facts import Book, places, whole
from headgate.verify.rules import Findings, cell, same
from headgate.verify.shape import out_of_order

Longs = NDArray[np.int64]
TABLE = "moves"
CLASSES = ("win", "gain", "redistribute", "fill", "lose")
MODES = ("repair", "full")
ENTRIES = ("mode", "from", "settings", "promises", "exceptions", "share_moved", "days_by_dollar",
           "moved_cents", "cost_cents", "reasons", "first_promises_kept")
"""Entries of a summary's `replan`; beside them `pins` where these stand beside promises."""
BESIDE = "beside"


def pins_beside(summary: Mapping[str, Any]) -> bool:
    """Whether a summary says that its pins stand beside the promises of an older plan."""
    stated = summary.get("replan")
    return isinstance(stated, Mapping) and stated.get("pins") == BESIDE


def check_moves(plan: PlanFrames, book: Book, findings: Findings) -> None:
    """
    Hold the table `moves` against the promises, and the summary's `replan` against the table.

    What the older plan promised stands in the older plan only, and is taken as stated.
    """
    frame = plan.frames.get(TABLE)
    if frame is None:
        return
    if dict(frame.schema) != dict(MOVES.types) or tuple(frame.columns) != MOVES.names:
        findings.add("check.table.column", TABLE,
                     f"must be the columns {', '.join(MOVES.names)} with their types")
        return
    for column in MOVES.columns:
        if not column.blank:
            findings.add_rows("check.table.blank", TABLE, column.name,
                              frame[column.name].is_null().arg_true().to_numpy(),
                              same("blank"), same(f"must not be blank: {column.meaning}"))
    line = book.lines.find(places(frame["order_id"], book.lines.orders), whole(frame["line_no"]))
    findings.add_rows("check.table.unknown", TABLE, "order_id", np.flatnonzero(line < 0),
                      cell(frame["order_id"]), same("must be one of the book's order lines"))
    falling, equal = out_of_order([line])
    for code, rows in (("check.table.order", falling), ("check.table.duplicate", equal)):
        findings.add_rows(code, TABLE, None, rows, same(""),
                          same("must stand once, in the order of order_id and line_no"))
    if findings:
        return
    _check_rows(frame, plan.frames, line, book, findings)
    _check_figures(plan.summary, frame, findings)


def _there_on(frame: pl.DataFrame, frames: Mapping[str, pl.DataFrame], line: Longs) -> pl.Series:
    """
    The Friday of each move: of the piece that completes those that had a date, counted one shipment
    after another; where none had, or fewer come, the line's promise.
    """
    own = frames["promises"][line]
    arriving: dict[tuple[str, int], list[tuple[date, int]]] = {}
    mine = frames["allocations"].join(frame, on=["order_id", "line_no"], how="semi")
    for order_id, line_no, day, pieces in mine.select(
            "order_id", "line_no", "arrive_on", "quantity").iter_rows():
        arriving.setdefault((order_id, line_no), []).append((day, pieces))
    found: list[date | None] = own["promised_on"].to_list()
    for row, (order_id, line_no, before, had) in enumerate(frame.select(
            "order_id", "line_no", "old_promised_on", "old_quantity").iter_rows()):
        left = had if before is not None and had > 0 else None
        for day, pieces in sorted(arriving.get((order_id, line_no), [])):
            if left is not None and left > 0:
                left -= pieces
                if left <= 0:
                    found[row] = day + timedelta(days=4)
    return pl.Series(found, dtype=pl.Date)


def _check_rows(frame: pl.DataFrame, frames: Mapping[str, pl.DataFrame], line: Longs, book: Book,
                findings: Findings) -> None:
    for name, due in (("new_promised_on", _there_on(frame, frames, line)),
                      ("new_quantity", frames["promises"][line]["promised_quantity"])):
        findings.add_rows("check.moves.promise", TABLE, name,
                          frame[name].ne_missing(due).arg_true().to_numpy(), cell(frame[name]),
                          same("must be what the plan's promises and allocations say"))
    whole_still = frame["new_quantity"] >= frame["old_quantity"]
    days = pl.select(pl.when(whole_still).then(
        (frame["new_promised_on"] - frame["old_promised_on"]).dt.total_days())).to_series()
    cents = pl.Series(whole(frame["moved_quantity"]) * book.lines.price[line])
    for name, due in (("days", days), ("moved_cents", cents)):
        findings.add_rows("check.moves.value", TABLE, name,
                          frame[name].ne_missing(due).arg_true().to_numpy(), cell(frame[name]),
                          same("must follow from the dates, pieces and prices of the row"))
    for name in ("old_quantity", "new_quantity", "moved_quantity", "cost_cents"):
        findings.add_rows("check.table.range", TABLE, name,
                          (frame[name] < 0).arg_true().to_numpy(), cell(frame[name]),
                          same("must be at least 0"))
    words: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("class", CLASSES), ("exception", CLASSES[:2]), ("reason", tuple(MOVE_REASONS)))
    for name, known in words:
        strange = frame[name].is_not_null() & ~frame[name].is_in(known).fill_null(False)
        findings.add_rows("check.moves.value", TABLE, name, strange.arg_true().to_numpy(),
                          cell(frame[name]), same(f"must be one of {', '.join(known)}"))
    pinned = frame["reason"] == "pin"
    placed = frame["reason"].is_in(["part", "resource"]) | (
        pinned & frame["binding_site_id"].is_not_null())
    named = placed | pinned | (frame["reason"] == "quota")
    for name, due in (("binding_id", named), ("binding_site_id", placed), ("binding_on", named)):
        findings.add_rows("check.moves.value", TABLE, name,
                          (frame[name].is_not_null() != due).arg_true().to_numpy(),
                          cell(frame[name]), same("must be there when something ran short, and "
                                                  "only then"))
    if findings:
        return
    told = frame.with_columns(worse=(pl.col("days") > 0).fill_null(False)
                              | (pl.col("new_quantity") < pl.col("old_quantity")))
    rows = told.select("reason", "binding_id", "binding_site_id", "binding_on", "days", "class",
                       "worse").iter_rows()
    moved = frame.filter(pl.col("reason") != "kept")["class"].unique().to_list()
    texts = pl.Series([move_text(reason, name, site, week, days,
                                 classes_before(group, moved) if worse else ())
                       for reason, name, site, week, days, group, worse in rows], dtype=pl.String)
    findings.add_rows("check.moves.text", TABLE, "text",
                      frame["text"].ne_missing(texts).arg_true().to_numpy(), cell(frame["text"]),
                      same("must be the wording of the row's reason"))


def _check_figures(summary: Mapping[str, Any], frame: pl.DataFrame, findings: Findings) -> None:
    stated = summary.get("replan")
    if not isinstance(stated, Mapping) or set(stated) - {"pins"} != set(ENTRIES) or (
            stated.get("pins", BESIDE) != BESIDE):
        findings.add("check.summary.key", "summary", f"must be {', '.join(ENTRIES)}",
                     column="replan")
        return
    lost = (frame["new_quantity"] < frame["old_quantity"]) & (
        frame["old_promised_on"].is_not_null())
    later = (frame["days"] > 0).fill_null(False) & ~lost
    earlier = (frame["days"] < 0).fill_null(False) & ~lost
    moved = int((later | earlier | lost).sum())
    counts = stated["promises"] if isinstance(stated["promises"], Mapping) else {}
    before = counts.get("before")
    reasons = frame.group_by("reason").len().sort("reason")
    due = {"moved": moved, "later": int(later.sum()), "earlier": int(earlier.sum()),
           "lost": int(lost.sum()),
           "withdrawn": int((lost & (frame["new_quantity"] == 0)).sum())}
    wrong: dict[str, object] = {
        name: figure for name, figure in due.items() if counts.get(name) != figure}
    if type(before) is not int or before < moved or counts.get("kept") != before - moved:
        wrong["kept"] = "before less moved"
    gone = counts.get("gone")
    if type(gone) is not int or gone < 0:
        wrong["gone"] = "a count"
    for name, figure in wrong.items():
        findings.add("check.summary.value", "summary", f"must be {figure}, counted in the moves",
                     column=f"replan.promises.{name}", value=counts.get(name))
    share = round(moved / before, 6) if type(before) is int and before else None
    sums = {"exceptions": int(frame["exception"].is_not_null().sum()), "share_moved": share,
            "moved_cents": int(frame["moved_cents"].sum()),
            "cost_cents": int(frame["cost_cents"].sum()),
            "reasons": dict(zip(reasons["reason"].to_list(), reasons["len"].to_list(),
                                strict=True)),
            "first_promises_kept": summary["otif"]["promised"]}
    for name, expected in sums.items():
        if stated[name] != expected:
            findings.add("check.summary.value", "summary", f"must be {expected}, recomputed from "
                         "the moves", column=f"replan.{name}", value=stated[name])
    if stated["mode"] not in MODES:
        findings.add("check.summary.value", "summary", f"must be one of {', '.join(MODES)}",
                     column="replan.mode", value=stated["mode"])
