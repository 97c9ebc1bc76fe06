"""Published history and market as tables, declared as data; one's own files have the same form."""

from __future__ import annotations

from headgate.tables.schema import Column, Table

MAX_USD_M = 10_000_000
"""The largest amount of a cell, in millions of dollars: ten trillion, as in a book."""
OWN = "own"
"""What a blank `quality` means: the figures are one's own, and nobody else's page tells them."""


def _usd_m(name: str, meaning: str, example: str) -> Column:
    return Column(name, "money", meaning, example, unit="USD millions", low=0)


def _percent(name: str, meaning: str, example: str) -> Column:
    return Column(name, "money", meaning, example, unit="percent")


def _text(name: str, meaning: str, example: str) -> Column:
    return Column(name, "text", meaning, example)


_SOURCE = _text("source_url", "where it is told", "https://example.com/q4-results")
_NOTE = _text("note", "what else is to be known of the row", "the guide is of AI revenue")

HISTORY = Table(
    "history", "What a company published for a fiscal quarter or year; each figure may be blank.",
    ("company", "fiscal_quarter"), (
        Column("company", "id", "the company; a name that ends in `(buyer)` is one that buys "
               "servers and sells their hours: its backlog is remaining obligations to its own "
               "customers and is kept apart; `(supplier)` makes no difference", "Dell Technologies",
               required=True),
        Column("fiscal_quarter", "id", "`Q4 FY26` or `FY26 Q4`; the year may be in full, of two "
               "years (`FY25/26`) or of the calendar (`Q1 2026`); `FY26 total` is a year, which is "
               "never added to quarters", "Q4 FY26", required=True),
        Column("period_end", "date", "its last day", "2026-01-30", required=True),
        _usd_m("ai_orders_usd_m", "AI orders booked in it", "34100"),
        _usd_m("ai_shipments_usd_m", "AI servers shipped in it, which is not yet revenue", "9500"),
        _usd_m("ai_revenue_usd_m", "revenue recognised in it, of what `revenue_is` says", "9000"),
        _usd_m("ai_backlog_end_usd_m", "AI orders not yet shipped at its end", "43000"),
        _usd_m("segment_revenue_usd_m", "revenue of the segment that AI servers are sold in",
               "19600"),
        _percent("gross_margin_pct", "gross margin of the company, in percent", "20.2"),
        _percent("operating_margin_pct", "operating margin of the segment, in percent",
                 "14.8"),
        _usd_m("guidance_next_quarter_ai_shipments_usd_m", "what the company guided for the "
               "quarter after it, or, in the row of a year, for the year after it", "13000"),
        Column("guidance_of", "choice", "what the guidance is of", "revenue", default="shipments",
               choices=("shipments", "revenue")),
        Column("revenue_is", "text", "what `ai_revenue_usd_m` counts, in words", "AI servers",
               default="AI servers"),
        _text("fiscal_year_end", "the company's calendar, as in a book: `12-31`, `FRI nearest "
              "01-31`, `SUN last 01`; each `period_end` is then checked", "FRI nearest 01-31"),
        Column("quality", "text", "how good the source is: primary, secondary, derived or low, "
               "and why", "primary (press release)", default=OWN),
        _SOURCE, _NOTE,
    ), required=True)

TOPICS = ("tam", "share", "capex", "sovereign", "supply", "backlog", "dell", "price")
"""What the rows of `market` are about, in the order in which they are told."""

MARKET = Table(
    "market", "One figure of the market as one source tells it; sources that disagree have a row "
    "each.", (), (
        Column("topic", "choice", "what it is about", "tam", required=True, choices=TOPICS),
        Column("metric", "id", "what is measured; rows of one metric, entity, period and unit "
               "stand side by side", "server revenue", required=True),
        Column("entity", "id", "of whom", "world", required=True),
        Column("period", "id", "of when: calendar years and quarters, fiscal ones as `FY26 Q4`",
               "2025", required=True),
        Column("low", "ratio", "the least that the source says", "444.1", high=10**9),
        Column("high", "ratio", "the most that it says; blank beside a `low`: no end", "444.1",
               high=10**9),
        Column("unit", "id", "of both", "USD bn", required=True),
        Column("basis", "choice", "whether it is known, estimated, foreseen, promised or worked "
               "out", "actual", required=True,
               choices=("actual", "estimate", "forecast", "guidance", "derived")),
        _text("value", "the figure as it is told", "444.1"),
        _text("told_on", "when it was told, where that matters: forecasts age", "2025-10"),
        Column("source_url", "text", "where it is told", "https://example.com/market",
               required=True),
        Column("quality", "text", "how good the source is", "secondary (IDC)", required=True),
        _NOTE,
    ), required=True)

LEAD_TIMES = Table(
    "lead_times", "Lead times over time, and what made them: shortages, delays, transitions.", (), (
        Column("date", "id", "when it was told, as exact as it is known: 2026-03-16, 2026-03, "
               "2026-H1, 2026", "2024-04-11", required=True),
        Column("item", "id", "of what", "Dell H100 servers", required=True),
        _text("subject", "rows of one subject can be compared: AI servers, GPUs, memory, CoWoS",
              "AI servers"),
        Column("weeks_low", "quantity", "the shortest, in weeks", "8", unit="weeks", low=0,
               high=1000),
        Column("weeks_high", "quantity", "the longest, in weeks", "12", unit="weeks", low=0,
               high=1000),
        Column("event_type", "id", "lead time, sold out, delay, push-out, cancellation, supply, "
               "capacity, transition, ...", "lead time", required=True),
        _text("statement", "what is told, in few words", "8-12 weeks as CoWoS output grew"),
        Column("source_url", "text", "where it is told", "https://example.com/lead-times",
               required=True),
        Column("quality", "text", "how good the source is", "secondary", required=True),
        _NOTE,
    ), required=True)

PUBLISHED: tuple[Table, ...] = (HISTORY, MARKET, LEAD_TIMES)
"""The tables that headgate carries with it, each row with its source and quality."""
