"""What people see of the market: figures side by side, and how far they are apart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from headgate.cli.showing import grid, share
from headgate.history.market import SCOPE, MarketAnswer

if TYPE_CHECKING:
    from rich.console import RenderableType

TOPIC_WORDS = {
    "tam": "market size", "share": "shares", "capex": "capital expenditure",
    "sovereign": "sovereign programmes", "supply": "packaging", "backlog": "backlogs told apart",
    "dell": "Dell", "price": "rental prices", "lead-times": "lead times",
}
FEWEST_ENTITIES = 3
"""A metric of so many entities gets a table with a column for each period."""


def market_tables(answer: MarketAnswer, in_full: bool, sources: bool,
                  out: Path | None) -> list[RenderableType]:
    """
    The market for the terminal.

    in_full : one topic with each of its figures; else what is told more than once
    sources : whether each row is shown with its source
    """
    tables = _in_full(answer) if in_full else _overview(answer)
    if sources:
        tables += _sources(answer)
    tables.append(f"\n{SCOPE}")
    if out is not None:
        tables.append(f"\nthe tables are in {out}")
    return tables


def _overview(answer: MarketAnswer) -> list[RenderableType]:
    """The topics, and everything that is told more than once."""
    rows = [(topic, TOPIC_WORDS[topic], str(own.height), str(answer.spreads.filter(
        (pl.col("topic") == topic) & (pl.col("spread") > 0)).height))
        for topic in TOPIC_WORDS
        if not (own := answer.figures.filter(pl.col("topic") == topic)).is_empty()]
    rows.append(("lead-times", TOPIC_WORDS["lead-times"], str(answer.lead_times.height), "-"))
    return [grid("What is told: headgate market TOPIC shows it in full", (
        "topic", "", "figures", "told differently"), rows, left=2),
        *_spreads(answer.spreads), *_lead_time_spreads(answer.lead_time_spreads)]


def _in_full(answer: MarketAnswer) -> list[RenderableType]:
    """Every figure of a topic, over time where that makes a table, and its spreads."""
    shown: list[RenderableType] = []
    for metric in answer.figures["metric"].unique(maintain_order=True):
        shown += _over_time(answer.figures.filter(pl.col("metric") == metric), metric)
    if not answer.figures.is_empty():
        shown.append(grid("Each figure", (
            "metric", "of", "period", "value", "unit", "basis", "told", "quality"), [
            (row["metric"], row["entity"], row["period"], row["value"], row["unit"], row["basis"],
             row["told_on"] or "", row["quality"])
            for row in answer.figures.iter_rows(named=True)], left=8))
    shown += _spreads(answer.spreads)
    if not answer.lead_times.is_empty():
        shown += _lead_times(answer)
    return shown


def _over_time(figures: pl.DataFrame, metric: str) -> list[RenderableType]:
    """One metric with a row for each entity and a column for each period of the calendar."""
    periods = sorted({period for period in figures["period"] if _time_of(period)}, key=_time_of)
    if len(periods) < 2 or figures["entity"].n_unique() < FEWEST_ENTITIES:
        return []
    rows = []
    for entity in figures["entity"].unique(maintain_order=True):
        own = figures.filter(pl.col("entity") == entity)
        cells = [" | ".join(own.filter(pl.col("period") == period)["value"]) for period in periods]
        if any(cells):
            rows.append((entity, *cells))
    return [grid(f"{metric}, {figures['unit'][0]}: tellings side by side", ("", *periods), rows)]


def _time_of(period: str) -> tuple[int, int]:
    """
    Where a period of the calendar stands in time; nothing for any other.

    >>> _time_of("Q4 2025"), _time_of("2025"), _time_of("FY26 Q1")
    ((2025, 4), (2025, 5), ())
    """
    match = re.fullmatch(r"(?:Q([1-4]) )?(\d{4})", period)
    return () if match is None else (int(match[2]), int(match[1] or 5))  # type: ignore[return-value]


def _spreads(spreads: pl.DataFrame) -> list[RenderableType]:
    """What is told more than once, the widest apart first."""
    rows = [(row["metric"], row["entity"], row["period"], row["values"], row["unit"],
             share(row["spread"]))
            for row in spreads.sort("spread", descending=True, maintain_order=True).iter_rows(
                named=True)]
    return [grid("Told more than once: how far the highest is above the lowest", (
        "metric", "of", "period", "told (when)", "unit", "apart"), rows, left=5)] if rows else []


def _lead_time_spreads(spreads: pl.DataFrame) -> list[RenderableType]:
    rows = [(row["subject"], str(row["year"]), str(row["rows"]), str(row["shortest"]),
             str(row["longest"])) for row in spreads.iter_rows(named=True)]
    return [grid("Lead times in weeks, as told in a year", (
        "of", "year", "told", "shortest", "longest"), rows)] if rows else []


def _lead_times(answer: MarketAnswer) -> list[RenderableType]:
    """Everything told of lead times and what made them, in time."""
    return [grid("Lead times and what made them", ("told", "of", "weeks", "event", "what"), [
        (row["told_on"], row["item"], _weeks(row["weeks_low"], row["weeks_high"]),
         row["event_type"], row["statement"] or "")
        for row in answer.lead_times.iter_rows(named=True)], left=5),
        *_lead_time_spreads(answer.lead_time_spreads)]


def _weeks(low: int | None, high: int | None) -> str:
    """
    A span of weeks.

    >>> _weeks(8, 12), _weeks(39, 39), _weeks(13, None)
    ('8-12', '39', '13+')
    """
    if low is None:
        return ""
    return f"{low}+" if high is None else str(low) if low == high else f"{low}-{high}"


def _sources(answer: MarketAnswer) -> list[RenderableType]:
    """Where each row is told, how good that is, and its note."""
    lines: list[RenderableType] = []
    for row in answer.figures.iter_rows(named=True):
        note = f"\n  {row['note']}" if row["note"] else ""
        lines.append(f"\n{row['metric']}, {row['entity']}, {row['period']}: {row['value']} "
                     f"{row['unit']}  [{row['quality']}]\n  {row['source_url']}{note}")
    for row in answer.lead_times.iter_rows(named=True):
        note = f"\n  {row['note']}" if row["note"] else ""
        lines.append(f"\n{row['told_on']}, {row['item']}, {row['event_type']}  [{row['quality']}]\n"
                     f"  {row['source_url']}{note}")
    return lines
