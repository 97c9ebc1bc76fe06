"""The market as its sources tell it: side by side, with how far they are apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from headgate.history.answer import plain
from headgate.tables.history_results import (
    FIGURES,
    LEAD_TIME_SPREADS,
    LEAD_TIMES_TOLD,
    SPREADS,
)
from headgate.tables.schema import MICRO

LEAD_TIME_TOPIC = "lead-times"
SCOPE = ("Figures as their sources tell them, with quality; sources that disagree stand side by "
         "side and none is preferred.")
"""What every answer says of itself."""
TOLD_AS_LEAD_TIME = ("lead time", "sold out")
"""Events whose weeks are how long an order waits; those of a delay come on top of it."""


@dataclass(frozen=True, slots=True)
class MarketAnswer:
    """
    What is known of the market, as a whole or of one topic.

    figures, spreads, lead_times, lead_time_spreads : the tables of the same name, as the reference
    lists them; numbers are plain ones, in the unit of the row
    """

    figures: pl.DataFrame
    spreads: pl.DataFrame
    lead_times: pl.DataFrame
    lead_time_spreads: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by its name, as `headgate market --out` writes them."""
        return {"figures": self.figures, "spreads": self.spreads, "lead_times": self.lead_times,
                "lead_time_spreads": self.lead_time_spreads}

    def sums(self) -> dict[str, Any]:
        """What the tables are of."""
        return {"rows": self.figures.height + self.lead_times.height,
                "told_differently": self.spreads.filter(pl.col("spread") > 0).height,
                "scope": SCOPE}

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON; dates as text."""
        return {**self.sums(), **{name: plain(frame) for name, frame in self.tables().items()}}


def market_of(figures: pl.DataFrame, lead_times: pl.DataFrame,
              topic: str | None = None) -> MarketAnswer:
    """
    The market, or one topic of it.

    figures    : the columns of the table `market`, typed
    lead_times : the columns of the table `lead_times`, typed
    topic      : one of its topics, or "lead-times"; None all
    """
    told = _figures(figures)
    times = _lead_times(lead_times)
    if topic is not None:
        told = told.filter(pl.col("topic") == topic)
        times = times.filter(topic == LEAD_TIME_TOPIC)
    return MarketAnswer(told, spreads_of(told), times, lead_time_spreads_of(times))


def spreads_of(figures: pl.DataFrame) -> pl.DataFrame:
    """
    The table `spreads`: metric, entity, period and unit that at least two rows tell.

    Only rows with a number count. A row without end ("100+") counts with its low alone, so a spread
    is at least what it says.
    """
    ends = figures.filter(pl.col("low").is_not_null()).with_columns(
        end=pl.coalesce("high", "low"),
        told=pl.when(pl.col("told_on").is_null()).then("value").otherwise(
            pl.concat_str("value", pl.lit(" ("), "told_on", pl.lit(")"))))
    found = ends.group_by("topic", "metric", "entity", "period", "unit", maintain_order=True).agg(
        sources=pl.len().cast(pl.Int64), lowest=pl.col("low").min(), highest=pl.col("end").max(),
        values=pl.col("told").str.join("; "))
    return found.filter(pl.col("sources") > 1).with_columns(
        spread=pl.col("highest") / pl.col("lowest") - 1).select(SPREADS.names).cast(SPREADS.types)


def lead_time_spreads_of(lead_times: pl.DataFrame) -> pl.DataFrame:
    """
    The table `lead_time_spreads`: by subject and year, the shortest and the longest told.

    Only rows that tell how long an order waits count; a delay is what comes on top.
    """
    told = lead_times.filter(
        pl.col("subject").is_not_null() & pl.col("weeks_low").is_not_null()
        & pl.col("event_type").is_in(TOLD_AS_LEAD_TIME)).with_columns(
        year=pl.col("told_from").dt.year().cast(pl.Int64),
        end=pl.coalesce("weeks_high", "weeks_low"))
    found = told.group_by("subject", "year", maintain_order=True).agg(
        rows=pl.len().cast(pl.Int64), shortest=pl.col("weeks_low").min(),
        longest=pl.col("end").max())
    return found.sort("subject", "year").select(
        LEAD_TIME_SPREADS.names).cast(LEAD_TIME_SPREADS.types)


def told_from(text: str) -> date:
    """
    First day of the time in which something was told, for putting rows in order.

    raises ValueError : the text is no day, month, half year, year or span of years

    >>> told_from("2026-H1"), told_from("2024-2025"), told_from("2024-03")
    (datetime.date(2026, 1, 1), datetime.date(2024, 1, 1), datetime.date(2024, 3, 1))
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return date.fromisoformat(text)
    match = re.fullmatch(r"(\d{4})(?:-(?:(\d{2})|H([12])|\d{4}))?", text)
    if match is None:
        raise ValueError(f'"{text}" is no time: write 2026-03-16, 2026-03, 2026-H1 or 2026')
    year, month, half = match.groups()
    return date(int(year), int(month) if month else 7 if half == "2" else 1, 1)


def _figures(market: pl.DataFrame) -> pl.DataFrame:
    """The rows of the market with plain numbers."""
    return market.with_columns(
        low=pl.col("low_micro") / MICRO, high=pl.col("high_micro") / MICRO,
        value=pl.col("value").fill_null("")).select(FIGURES.names).cast(FIGURES.types)


def _lead_times(lead_times: pl.DataFrame) -> pl.DataFrame:
    """The rows of lead times in time."""
    days = [told_from(text) for text in lead_times["date"]]
    return lead_times.with_columns(
        pl.Series("told_from", days, dtype=pl.Date), pl.col("date").alias("told_on"),
    ).sort("told_from", maintain_order=True).select(
        LEAD_TIMES_TOLD.names).cast(LEAD_TIMES_TOLD.types)
