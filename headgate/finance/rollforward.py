"""The order backlog period by period: from opening to closing, to the cent, at every level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import fiscal_year
from headgate.base.issue import Issue, IssuesError
from headgate.base.periods import (
    WRITTEN,
    Period,
    PeriodKind,
    period_named,
    period_of,
    periods,
)
from headgate.finance.exchange import Exchange, day_number
from headgate.finance.levels import LEVELS, TOTAL, Cut, columns_of, told
from headgate.finance.valuation import entries_of
from headgate.tables.backlog_schema import ADJUSTMENTS, MEASURES, ROLL_FORWARD

Longs = NDArray[np.int64]

STEPS: dict[str, int] = {"booked": 1, "amended": 1, "fx": 1, "cancelled": -1, "shipped": -1,
                         "returned": 1, "prior_period": 1}
"""What leads from opening to closing, and the sign with which it counts."""
BILLED = ("shipped", "returned")
"""The kinds that count as shipments, net; all others but `fx` count as bookings, net."""
YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Span:
    """
    The periods that are told, in order, and the last day that is.

    until : the day up to which is told, which lies in the last period
    """

    periods: tuple[Period, ...]
    until: date

    @property
    def ends(self) -> Longs:
        """The day before the first period, then the last days of all; days since 1970-01-01."""
        days = [day_number(self.periods[0].starts_on) - 1]
        days += [day_number(min(period.ends_on, self.until)) for period in self.periods]
        return np.array(days, dtype=np.int64)

    @property
    def under_way(self) -> date | None:
        """The first day of the period that is not over on the last day; None where all are."""
        last = self.periods[-1]
        return last.starts_on if last.ends_on > self.until else None

    def frame(self) -> pl.DataFrame:
        """The periods as `place` (1, 2, ...), period, starts_on, ends_on and days."""
        return pl.DataFrame([
            (place, period.name, period.starts_on, min(period.ends_on, self.until))
            for place, period in enumerate(self.periods, start=1)],
            schema={"place": pl.Int64, "period": pl.String, "starts_on": pl.Date,
                    "ends_on": pl.Date}, orient="row")


def span_of(rule: str, kind: PeriodKind, first_day: date, until: date) -> Span:
    """
    The periods of a kind from the one of a first day to the one of a last day.

    rule : `fiscal_year_end` of the book
    raises IssuesError : the first day comes after the last
    """
    if first_day > until:
        raise IssuesError([Issue(
            "backlog.from.after", "error", "--from", f"must not be after {until}, the day up to "
            "which the backlog is told", None, "from", str(first_day))],
            "no backlog was worked out")
    year = fiscal_year(rule)
    return Span(periods(year, kind, period_of(year, kind, first_day).starts_on, until), until)


def day_named(rule: str, text: str, last: bool) -> date:
    """
    The day that a text names: itself, or the first or last day of a period.

    rule : `fiscal_year_end` of the book
    raises IssuesError : it is neither a date nor the name of a period

    >>> day_named("FRI nearest 01-31", "FY26 Q4", last=True)
    datetime.date(2026, 1, 30)
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        pass
    try:
        period = period_named(fiscal_year(rule), text)
    except ValueError:
        option = "to" if last else "from"
        raise IssuesError([Issue(
            f"backlog.{option}.day", "error", f"--{option}", "is neither a date (2026-02-02) nor a "
            f"period; {WRITTEN}", None, option, text)], "no backlog was worked out") from None
    return period.ends_on if last else period.starts_on


@dataclass(frozen=True, slots=True)
class RollForward:
    """
    The order backlog over some periods. Amounts are cents of the book's currency.

    span        : the periods
    rows        : the table `roll_forward`
    measures    : the table `measures`: book-to-bill, turns, days
    adjustments : the table `adjustments`: what prior-period adjustments are made of
    """

    span: Span
    rows: pl.DataFrame
    measures: pl.DataFrame
    adjustments: pl.DataFrame

    @property
    def closing_cents(self) -> int:
        """The order backlog at the end of the last period, all lines together."""
        return int(self.rows.filter(pl.col("by") == "total")["closing_cents"][-1])


def roll_forward(movements: pl.DataFrame, exchange: Exchange, items: pl.DataFrame, span: Span,
                 cuts: Sequence[Cut] = (TOTAL,)) -> RollForward:
    """
    Opening, what moved it, and closing of every period, by every cut.

    movements : the columns of `headgate.finance.movements.MOVEMENTS`, counted on `posted_on`
    items     : `item_id` and `family`
    cuts      : the total is always among them
    A row that has no backlog and no movement in a period is left out.
    raises IssuesError : the movements cannot be used; amounts leave 64 bits
    source : derived here; docs/explanation/backlog.md has the formulas
    """
    entries = entries_of(movements, exchange, span.ends)
    if any("family" in cut for cut in cuts):
        family = items.select("item_id", "family").unique("item_id")
        entries = entries.join(family, on="item_id", how="left", maintain_order="left")
    columns = _stepped(entries)
    frame, count = span.frame(), len(span.periods)
    parts, measured = [], []
    for cut in dict.fromkeys((TOTAL, *cuts)):
        rows = _chained(_sums(columns, cut, count), columns_of(cut), count).join(
            frame, on="place", maintain_order="left")
        parts.append(told(rows, cut).select(ROLL_FORWARD.names).cast(ROLL_FORWARD.types))
        measured.append(told(_measured(rows, span.under_way), cut).select(
            MEASURES.names).cast(MEASURES.types))
    return RollForward(span, pl.concat(parts), pl.concat(measured),
                       _adjustments(entries, frame))


def _stepped(entries: pl.DataFrame) -> pl.DataFrame:
    """The columns of levels, `place`, `step`, and what the entry counts in it."""
    prior = pl.col("prior_period").is_not_null()
    billed = pl.col("kind").is_in(BILLED)
    step = pl.when(prior & billed).then(pl.lit("prior_shipped")).when(prior).then(
        pl.lit("prior_booked")).otherwise("kind")
    levels = [name for name in entries.columns
              if name in {column for level in LEVELS.values() for column in level}]
    return entries.select(*levels, "place", "quantity", "cents", step=step)


def _sums(entries: pl.DataFrame, cut: Cut, count: int) -> pl.DataFrame:
    """
    Sums of each step by the columns of a cut and the period; the net of all, and pieces.

    The total has a row for every period, whatever moved in it.
    """
    columns = columns_of(cut)
    found = entries.group_by([*columns, "place", "step"]).agg(pl.col("cents", "quantity").sum())
    steps = [name for name in STEPS if name != "prior_period"] + ["prior_booked", "prior_shipped"]
    sums = found.group_by([*columns, "place"]).agg(
        *(pl.col("cents").filter(pl.col("step") == step).sum().alias(step) for step in steps),
        pl.col("cents").sum().alias("net"), pl.col("quantity").sum().alias("pieces"))
    if cut:
        return sums
    every = pl.DataFrame({"place": range(count + 1)}, schema={"place": pl.Int64})
    return every.join(sums, on="place", how="left").with_columns(
        pl.exclude("place").fill_null(0))


def _chained(sums: pl.DataFrame, columns: list[str], count: int) -> pl.DataFrame:
    """
    A row for each group and period 1 .. count with opening and closing.

    A period without a movement has a row while there is a backlog.
    """
    rows = sums.sort([*columns, "place"], nulls_last=True)
    place, net, pieces = (rows[name].to_numpy() for name in ("place", "net", "pieces"))
    new = rows.select(pl.any_horizontal(
        [pl.col(name).ne_missing(pl.col(name).shift(1)) for name in columns])).to_series(
        ).to_numpy().copy() if columns else np.zeros(len(rows), dtype=np.bool_)
    new[:1] = True
    starts = np.flatnonzero(new)
    group = np.cumsum(new) - 1
    closing, closing_pieces = (_running(values, starts, group) for values in (net, pieces))
    # The row of a movement stands for the periods up to the next movement of its group.
    until = np.append(place[1:], count + 1)
    until[np.append(starts[1:], len(rows)) - 1] = count + 1
    times = np.where((closing != 0) | (closing_pieces != 0), until - place, 1)
    source = np.repeat(np.arange(len(rows)), times)
    step = np.arange(len(source)) - np.repeat(np.cumsum(times) - times, times)
    made = rows[pl.Series(source)].with_columns(
        pl.when(pl.Series(step == 0)).then(pl.exclude(*columns, "place")).otherwise(0),
        place=pl.Series(place[source] + step, dtype=pl.Int64),
        closing_cents=pl.Series(closing[source], dtype=pl.Int64),
        closing_quantity=pl.Series(closing_pieces[source], dtype=pl.Int64))
    return made.filter(pl.col("place") > 0).with_columns(
        opening_cents=pl.col("closing_cents") - pl.col("net"),
        opening_quantity=pl.col("closing_quantity") - pl.col("pieces"),
        prior_period_cents=pl.col("prior_booked") + pl.col("prior_shipped"),
        **{f"{name}_cents": STEPS[name] * pl.col(name) for name in STEPS
           if name != "prior_period"})


def _running(values: Longs, starts: Longs, group: Longs) -> Longs:
    """Sums of the values of a group up to each row and with it."""
    sums = np.cumsum(values)
    before = (sums - values)[starts]
    return np.asarray(sums - before[group], dtype=np.int64)


def _measured(rows: pl.DataFrame, under_way: date | None) -> pl.DataFrame:
    """
    What the table `measures` tells of the rows of one cut.

    under_way : see `Span.under_way`. Such a period has neither turns nor days: a few days are no
                pace, least of all one for a year
    """
    booked = (pl.col("booked_cents") + pl.col("amended_cents") - pl.col("cancelled_cents")
              + pl.col("prior_booked"))
    shipped = pl.col("shipped_cents") - pl.col("returned_cents") - pl.col("prior_shipped")
    days = (pl.col("ends_on") - pl.col("starts_on")).dt.total_days() + 1
    frame = rows.with_columns(
        net_booked_cents=booked, net_shipped_cents=shipped, day_count=days,
        average_cents=(pl.col("opening_cents") + pl.col("closing_cents")) // 2)
    sent, kept = pl.col("net_shipped_cents"), pl.col("average_cents")
    over = pl.lit(True) if under_way is None else pl.col("starts_on") != under_way
    return frame.with_columns(
        book_to_bill=pl.when(sent > 0).then(pl.col("net_booked_cents") / sent),
        turns=pl.when(over & (kept > 0)).then(sent / kept * YEAR_DAYS / pl.col("day_count")),
        days=pl.when(over & (sent > 0)).then(kept / sent * pl.col("day_count")))


def _adjustments(entries: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """The table `adjustments`: prior-period adjustments by period, closed period and kind."""
    found = entries.filter(pl.col("prior_period").is_not_null() & (pl.col("place") > 0)).group_by(
        "place", "prior_period", "kind").agg(
        pl.len().cast(pl.Int64).alias("movements"), pl.col("quantity").sum(),
        pl.col("cents").sum().alias("amount_cents"))
    return found.join(frame, on="place").sort("starts_on", "prior_period", "kind").select(
        ADJUSTMENTS.names).cast(ADJUSTMENTS.types)


def first_day_of(movements: pl.DataFrame, otherwise: date) -> date:
    """The day of the first movement; another day where there is none."""
    found = movements["posted_on"].min()
    return found if isinstance(found, date) else otherwise
