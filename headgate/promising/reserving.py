"""A book without what holds and commits keep, so that the next plan leaves it alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from headgate.base.calendar import bucket_of, first_bucket_from, monday_of
from headgate.promising.holds import Hold
from headgate.tables.frames import Tables
from headgate.tables.schema import UNLIMITED_MICRO

Pool = tuple[str, str, str]


def without_held(tables: Tables, holds: Iterable[Hold]) -> tuple[dict[str, pl.DataFrame], set[str]]:
    """
    The tables of a book less what holds keep; and the holds that it has not enough for.

    Pieces go from the supply that comes last and still in time, so that others keep what comes
    early; hours go from their week, and pieces from the caps of quotas that they count on. What was
    to be drawn or worked in weeks that are over is drawn now, and worked already.

    tables  : checked, typed
    returns : all tables under their names inside
    """
    keeping = [hold for hold in holds if hold.keeps]
    frames = dict(tables.frames)
    if not keeping:
        return frames, set()
    frames["supply"], broken = _supply(tables, keeping)
    frames["capacity"] = _capacity(frames["capacity"], tables.settings.as_of, keeping)
    counted: dict[str, int] = {}
    for hold in keeping:
        for one in hold.counted:
            counted[one.permit] = counted.get(one.permit, 0) + one.quantity
    frames["quotas"] = _less(frames["quotas"], "quota_id", "max_quantity", counted)
    return frames, broken


def _supply(tables: Tables, holds: list[Hold]) -> tuple[pl.DataFrame, set[str]]:
    supply, as_of = tables.frames["supply"], tables.settings.as_of
    forecast = bool(tables.settings.policy.get("use_forecast", False))
    rows: dict[Pool, list[tuple[int, int]]] = {}
    for place, row in enumerate(supply.iter_rows(named=True)):
        bucket = _usable(row, as_of, forecast)
        if bucket is not None:
            pool = (row["item_id"], row["site_id"], row["reserved_for"] or "")
            rows.setdefault(pool, []).append((bucket, place))
    left = supply["quantity"].to_list()
    broken: set[str] = set()
    # Whoever draws earliest may use the fewest rows, and so chooses first.
    draws = sorted(((max(0, bucket_of(draw.drawn_on, as_of)), hold.hold_id, draw)
                    for hold in holds for draw in hold.draws), key=lambda one: one[:2])
    for week, hold_id, draw in draws:
        wanted = draw.quantity
        pool = (draw.item_id, draw.site_id, draw.reserved_for or "")
        for bucket, place in sorted(rows.get(pool, []), reverse=True):
            if bucket <= week and wanted:
                taken = min(wanted, left[place])
                left[place] -= taken
                wanted -= taken
        if wanted:
            broken.add(hold_id)
    kept = supply.with_columns(quantity=pl.Series(left, dtype=pl.Int64))
    return kept.filter(pl.col("quantity") > 0), broken


def _usable(row: dict[str, Any], as_of: date, forecast: bool) -> int | None:
    """The first week in which a row of supply can be drawn; None for one that does not count."""
    status, day = row["status"], row["available_on"]
    if status is None:
        status = "on_hand" if day <= as_of else "committed"
    if status == "forecast" and not forecast:
        return None
    if status == "on_hand":
        return 0
    return 1 if day < as_of else max(0, first_bucket_from(day, as_of))


def _capacity(capacity: pl.DataFrame, as_of: date, holds: list[Hold]) -> pl.DataFrame:
    """The hours of each week less those that holds use."""
    hours: dict[tuple[str, str, date], int] = {}
    for hold in holds:
        for work in hold.work:
            if work.worked_on >= monday_of(as_of):
                key = (work.resource_id, work.site_id, work.worked_on)
                hours[key] = hours.get(key, 0) + work.hours_micro
    if not hours:
        return capacity
    used = pl.DataFrame(
        [(*key, micro) for key, micro in hours.items()], orient="row",
        schema={"resource_id": pl.String, "site_id": pl.String, "starts_on": pl.Date,
                "used_micro": pl.Int64})
    less = (pl.col("hours_micro") - pl.col("used_micro").fill_null(0)).clip(lower_bound=0)
    return (capacity.join(used, on=["resource_id", "site_id", "starts_on"], how="left",
                          maintain_order="left")
            .with_columns(hours_micro=pl.when(pl.col("hours_micro") == UNLIMITED_MICRO)
                          .then("hours_micro").otherwise(less)).drop("used_micro"))


def _less(frame: pl.DataFrame, key: str, column: str, taken: dict[str, int]) -> pl.DataFrame:
    """A table in which a column is less by what was taken of each key, and never below 0."""
    by_key = pl.col(key).replace_strict(taken, default=0, return_dtype=pl.Int64)
    return frame if not taken else frame.with_columns(
        (pl.col(column) - by_key).clip(lower_bound=0).alias(column))
