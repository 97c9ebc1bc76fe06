"""The steps that pieces took towards revenue, as they took them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError
from headgate.finance.pieces import STAGES
from headgate.finance.under_way import PROGRESS

Longs = NDArray[np.int64]
KEY = ["order_id", "line_no"]
RULES: dict[str, str] = {"ship": "shipped", "deliver": "delivered", "accept": "accepted"}
"""The step that recognises a piece, by the rule of its line."""


def signed_steps(lines: pl.DataFrame, progress: pl.DataFrame, until: date) -> pl.DataFrame:
    """
    How many pieces of each line were recognised on each day, less those that came back from it.

    lines    : order_id, line_no and recognise_on
    progress : the columns of `headgate.finance.under_way.PROGRESS`; steps after `until` do not
               count
    returns  : `line`, the row of the line; `day`, since 1970-01-01; `pieces`, not 0; by line, day
    raises IssuesError : columns of the progress are missing
    """
    rows = steps_taken(lines, progress, until)
    stage = pl.col("stage").fill_null(STAGES[0])
    rule = pl.col("recognise_on")
    comes = pl.col("step") == rule.replace_strict(RULES, return_dtype=pl.String)
    # Pieces that came back had taken the steps up to their stage: these are undone.
    undone = (pl.col("step") == "returned") & (
        (rule == "ship") | ((rule == "deliver") & (stage != STAGES[0])) | (stage == STAGES[2]))
    pieces = pl.when(comes).then("quantity").when(undone).then(-pl.col("quantity")).otherwise(0)
    return rows.group_by("line", "day").agg(pieces.sum().alias("pieces")).filter(
        pl.col("pieces") != 0).sort("line", "day")


def steps_taken(lines: pl.DataFrame, progress: pl.DataFrame, until: date) -> pl.DataFrame:
    """The progress of lines up to a day, with `line`, `day` and what else the lines have."""
    missing = [name for name in PROGRESS if name not in progress.columns]
    if missing:
        raise IssuesError([Issue("progress.column.missing", "error", "progress", "is missing",
                                 None, name) for name in missing], "no revenue was worked out")
    numbered = lines.select(*KEY, "recognise_on").with_row_index("line")
    return progress.select(PROGRESS).filter(pl.col("effective_on") <= until).join(
        numbered, on=KEY).with_columns(
        pl.col("line").cast(pl.Int64),
        day=pl.col("effective_on").to_physical().cast(pl.Int64))


@dataclass(frozen=True, slots=True)
class Delivered:
    """
    When the pieces of lines were delivered, first in, first out; (cells,) by line, then piece.

    line        : row of the line
    first, last : pieces of the line before these, and with them; those of which nobody says when
                  they left come before all
    day         : of their delivery, since 1970-01-01
    """

    line: Longs
    first: Longs
    last: Longs
    day: Longs

    @classmethod
    def of(cls, lines: pl.DataFrame, progress: pl.DataFrame, until: date,
           unknown: Longs) -> Delivered:
        """The deliveries of lines up to a day; what came back was delivered all the same."""
        rows = steps_taken(lines, progress, until).filter(
            pl.col("step") == "delivered").group_by("line", "day").agg(
            pl.col("quantity").sum()).filter(pl.col("quantity") > 0).sort("line", "day")
        line, count = rows["line"].to_numpy(), rows["quantity"].to_numpy()
        last = rows.select(pl.col("quantity").cum_sum().over("line")).to_series().to_numpy()
        last = last + unknown[line]
        return cls(line, last - count, last, rows["day"].to_numpy())

    def late_weeks(self, requested: Longs, monday: int) -> Longs:
        """
        (cells,) weeks from the requested week to that of the delivery, 0 or more.

        requested : (lines,) requested day of each line; monday : any Monday, as a day
        """
        weeks = (self.day - monday) // 7 - (requested[self.line] - monday) // 7
        return np.asarray(np.maximum(0, weeks), dtype=np.int64)

    def cents_of(self, each: Longs, line: Longs, first: Longs, last: Longs) -> Longs:
        """
        What stretches of pieces have of an amount that each delivered piece has.

        each : (cells,) cents of each piece; line, first, last : (stretches,); a stretch whose last
               comes before its first takes back
        """
        return self._upto(each, line, last) - self._upto(each, line, first)

    def _upto(self, each: Longs, line: Longs, piece: Longs) -> Longs:
        """What the first pieces of lines have together."""
        sums = np.concatenate([[0], np.cumsum(each * (self.last - self.first))])
        # Keys of line and piece in one number: the first cell of the line, and of the piece in it.
        width = np.int64(2**31)
        begin = np.searchsorted(self.line, line)
        cell = np.searchsorted(self.line * width + self.last, line * width + piece)
        cell = np.maximum(cell, begin)
        inside = np.zeros(len(line), dtype=np.int64)
        held = cell < len(self.line)
        held[held] = self.line[cell[held]] == line[held]
        at = cell[held]
        inside[held] = np.maximum(0, piece[held] - self.first[at]) * each[at]
        return np.asarray(sums[cell] - sums[begin] + inside, dtype=np.int64)
