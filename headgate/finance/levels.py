"""What backlog is told by: levels, and cuts that cross them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headgate.base.issue import Issue, IssuesError, near_miss
from headgate.tables.backlog_schema import LEVEL_COLUMNS

LEVELS: dict[str, tuple[str, ...]] = {
    "line": ("order_id", "line_no"), "customer": ("customer_id",), "segment": ("segment",),
    "region": ("region",), "item": ("item_id",), "family": ("family",), "site": ("site_id",)}
"""What backlog can be told by, and the columns of each."""
Cut = tuple[str, ...]
"""Levels that are told apart together; none of them is the total."""
TOTAL: Cut = ()


def cuts_of(texts: Sequence[str]) -> tuple[Cut, ...]:
    """
    The total, then each cut that is named: levels with commas between them.

    raises IssuesError : a level that there is not, each with what may have been meant

    >>> cuts_of(["segment", "segment,region", "segment"])
    ((), ('segment',), ('segment', 'region'))
    """
    cuts, issues = [TOTAL], []
    for text in texts:
        names = tuple(name.strip() for name in text.split(",") if name.strip())
        for name in names:
            if name not in (*LEVELS, "total"):
                issues.append(Issue(
                    "backlog.by.unknown", "error", "--by", f"must be among {', '.join(LEVELS)} or "
                    f"total{near_miss(name, [*LEVELS])}", None, "by", name))
        cuts.append(tuple(dict.fromkeys(name for name in names if name != "total")))
    if issues:
        raise IssuesError(issues, "no backlog was worked out")
    return tuple(dict.fromkeys(cuts))


def name_of(cut: Cut) -> str:
    """What a cut is called in the column `by`."""
    return ",".join(cut) or "total"


def columns_of(cut: Cut) -> list[str]:
    """The columns that a cut tells apart."""
    return [column for level in cut for column in LEVELS[level]]


def told(frame: pl.DataFrame, cut: Cut) -> pl.DataFrame:
    """The rows of one cut with `by` and all columns of levels, those that it leaves out blank."""
    there = columns_of(cut)
    blank = {"text": pl.String, "whole": pl.Int64}
    return frame.with_columns(
        pl.lit(name_of(cut)).alias("by"),
        *(pl.lit(None, blank[column.kind]).alias(column.name) for column in LEVEL_COLUMNS
          if column.name not in there))


def by_cuts(frame: pl.DataFrame, cuts: Sequence[Cut], sums: Sequence[pl.Expr],
            within: Sequence[str] = ()) -> pl.DataFrame:
    """
    Sums of the rows of every cut, in the order of its columns.

    sums   : what is worked out of the rows of one group
    within : columns that are told apart beside those of each cut
    """
    parts = []
    for cut in cuts:
        keys = [*columns_of(cut), *within]
        found = (frame.group_by(keys).agg(*sums).sort(keys, nulls_last=True) if keys else
                 frame.select(*sums))
        parts.append(told(found, cut))
    return pl.concat(parts, how="diagonal")
