"""Promises of record: what a published plan promises, and what that makes of promises before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.tables.plan_schema import PlanFrames
from headgate.tables.record_schema import MOVED, RECORD

KEY = ("order_id", "line_no")
CHANGES = ("new", "kept", "earlier", "later", "fewer", "withdrawn", "shipped")
MOVES = ("earlier", "later", "fewer", "withdrawn")


@dataclass(frozen=True, slots=True, eq=False)
class Publication:
    """
    A plan that was published: its promises are of record.

    plan_digest  : of the plan's `summary.json`
    number       : 1 for the first of a row of publications
    after        : `plan_digest` of the publication before; None for the first
    published_on : the day of publishing; by, reason : as whoever published gave them
    figures      : counts of lines, as `headgate.tables.record_schema.PUBLICATION_KEYS` says
    promises     : the table `promises_of_record`
    moved        : the table `moved_promises`
    """

    plan_digest: str
    number: int
    after: str | None
    book_name: str
    book_digest: str
    as_of: date
    published_on: date
    by: str | None
    reason: str | None
    figures: Mapping[str, int]
    promises: pl.DataFrame
    moved: pl.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the tables; dates as ISO text."""
        plain = {name: getattr(self, name) for name in self.__slots__
                 if name not in ("promises", "moved", "figures")}
        for name in ("as_of", "published_on"):
            plain[name] = plain[name].isoformat()
        return plain | {"figures": dict(self.figures)}


def publication_of(orders: pl.DataFrame, plan: PlanFrames, on: date,
                   before: Publication | None = None, by: str | None = None,
                   reason: str | None = None) -> Publication:
    """
    What publishing a plan promises.

    orders  : the checked table of the book that was planned
    plan    : a written plan, with the digest in its summary
    on      : the day of publishing
    before  : the publication that this one follows; without one the orders' own `promised_on`
              are the promises before
    raises IssuesError : `on` lies before the day of the publication that this one follows
    """
    summary = plan.summary
    as_of = date.fromisoformat(str(summary["as_of"]))
    if before is not None and on < before.published_on:
        raise IssuesError([Issue(
            "publish.on.before", "error", "publish", "must not be before the publication that it "
            f"follows, {before.published_on}", None, "on", str(on))], "nothing was published")
    lines = _lines(orders, plan, None if before is None else before.promises)
    counts = dict(lines.group_by("change").len().iter_rows())
    open_again = lines.filter((pl.col("open_quantity") > 0) & pl.col("had_first").is_not_null())
    kept = open_again.filter((pl.col("promised_quantity") == pl.col("open_quantity"))
                             & (_week("promised_on") <= _week("had_first")))
    figures = {
        "promised": lines.filter(pl.col("promised_quantity") > 0).height,
        **{change: int(counts.get(change, 0)) for change in CHANGES},
        "gone": 0 if before is None else before.promises.join(
            lines, on=list(KEY), how="anti").height,
        "first_promises": open_again.height, "first_promises_kept": kept.height}
    return Publication(
        str(summary["digest"]), 1 if before is None else before.number + 1,
        None if before is None else before.plan_digest, str(summary["book_name"]),
        str(summary["book_digest"]), as_of, on, by, reason, figures, _record(lines, on),
        _moved(lines))


def _week(column: str) -> pl.Expr:
    """The Monday of a date: a week is as exact as a plan gets."""
    return pl.col(column).dt.truncate("1w")


def _lines(orders: pl.DataFrame, plan: PlanFrames, before: pl.DataFrame | None) -> pl.DataFrame:
    """
    One row for each order line: what the plan promises, what was promised, and what became of it.

    stood  : the promise before, the last publication's, else the order's; null for none
    due    : pieces of that promise that are not shipped yet
    due_on : Friday of the week in which all of them are there now, null when not all come
    change : one of CHANGES, or null for a line without a promise before and now
    """
    keys = list(KEY)
    if before is None:
        before = pl.DataFrame(schema=RECORD.types)
    earlier = before.select(*KEY, was_on="promised_on", was_quantity="quantity",
                            was_shipped="shipped_quantity", was_first="first_promised_on",
                            was_published="published_on", recorded=pl.lit(True))
    given = orders.select(*KEY, "shipped_quantity", ordered="quantity", given="promised_on")
    lines = (plan.frames["promises"]
             .select(*KEY, "open_quantity", "promised_quantity", "promised_on")
             .join(given, on=keys, how="left", maintain_order="left")
             .join(earlier, on=keys, how="left", maintain_order="left")
             .with_columns(pl.col("recorded").fill_null(False)))
    promised_before = pl.min_horizontal(pl.col("was_quantity") + pl.col("was_shipped"), "ordered")
    lines = lines.with_columns(
        stood=pl.when("recorded").then("was_on").otherwise("given"),
        had_first=pl.coalesce("was_first", "given"),
        due=pl.when("recorded").then(
            (promised_before - pl.col("shipped_quantity")).clip(lower_bound=0))
        .otherwise("open_quantity").fill_null(0))
    return lines.join(_due_on(plan.frames["allocations"], lines), on=keys, how="left",
                      maintain_order="left").with_columns(change=_change())


def _due_on(allocations: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The Friday of the week in which all pieces due of a line are there; lines where all come."""
    keys = list(KEY)
    return (allocations.join(lines.select(*KEY, "due"), on=keys, how="inner")
            .sort(*KEY, "arrive_on")
            .with_columns(there=pl.col("quantity").cum_sum().over(keys))
            .filter((pl.col("there") >= pl.col("due")) & (pl.col("due") > 0))
            .group_by(keys).agg(due_on=pl.col("arrive_on").min().dt.offset_by("4d")))


def _change() -> pl.Expr:
    week, stood = _week("due_on"), _week("stood")
    return (pl.when(pl.col("stood").is_null())
            .then(pl.when(pl.col("promised_quantity") > 0).then(pl.lit("new")))
            .when(pl.col("due") == 0).then(pl.lit("shipped"))
            .when(pl.col("promised_quantity") == 0).then(pl.lit("withdrawn"))
            .when(pl.col("promised_quantity") < pl.col("due")).then(pl.lit("fewer"))
            .when(week > stood).then(pl.lit("later"))
            .when(week < stood).then(pl.lit("earlier"))
            .otherwise(pl.lit("kept")))


def _record(lines: pl.DataFrame, on: date) -> pl.DataFrame:
    """The table `promises_of_record`."""
    # What is shipped whole is promised no more, and its last promise stays for the record.
    shipped = pl.col("open_quantity") == 0
    now = pl.when(shipped).then("stood").otherwise("promised_on")
    repeated = (pl.col("recorded") & now.eq_missing(pl.col("was_on"))
                & (pl.col("was_quantity") + pl.col("was_shipped")
                   == pl.col("promised_quantity") + pl.col("shipped_quantity")))
    return (lines.filter((pl.col("promised_quantity") > 0) | pl.col("had_first").is_not_null())
            .select(*KEY, promised_on=now, quantity="promised_quantity",
                    shipped_quantity="shipped_quantity",
                    first_promised_on=pl.coalesce("had_first", "promised_on"),
                    published_on=pl.when(repeated).then("was_published").otherwise(pl.lit(on)))
            .select(RECORD.names).cast(RECORD.types).sort(KEY))


def _moved(lines: pl.DataFrame) -> pl.DataFrame:
    """The table `moved_promises`."""
    return (lines.filter(pl.col("change").is_in(MOVES))
            .select(*KEY, "change", quantity="due",
                    still_promised=pl.min_horizontal("promised_quantity", "due"),
                    was_promised_on="stood", promised_on=pl.coalesce("due_on", "promised_on"),
                    days=(pl.col("due_on") - pl.col("stood")).dt.total_days())
            .select(MOVED.names).cast(MOVED.types).sort(KEY))
