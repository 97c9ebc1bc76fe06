"""Panels about the open dollars: who ordered them, what, and when they are promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from headgate.base.money import short_money
from headgate.book import Book
from headgate.reports.figures import quarter_columns, stacked_bars
from headgate.reports.markup import Panel, grid_of
from headgate.reports.numbers import (
    amount,
    below_best,
    count_of,
    counts_by_weight,
    exact_money,
    part_of,
    percent,
    shortened,
)
from headgate.reports.order_lines import DOLLARS, UNDATED, breakdown, by_quarter
from headgate.tables.plan_schema import PlanFrames

TOP_BARS = 9
"""Most bars of one chart; the rest stand together as one bar, and in the table one by one."""
FEWER_BARS = 4
LONGEST_NAME = 40
"""Most letters of an id in a title; the table under the chart has all of it."""
DOLLAR_LEGEND = (("on-time", "Arrives by the requested week"), ("late", "Arrives later"),
                 ("undated", "No date in this plan yet"))
DOLLAR_HEADS = ("Total", "On time", "Late", "No date yet", "On time, share")

Row = Mapping[str, Any]


def backlog_panels(lines: pl.DataFrame, book: Book, plan: PlanFrames) -> list[Panel]:
    """Open dollars by segment, region, item, and fiscal quarter of the promise."""
    currency = str(plan.summary["currency"])
    segments = breakdown(lines, "segment").to_dicts()
    regions = breakdown(lines, "region").to_dicts()
    items = breakdown(lines, "item_id").to_dicts()
    quarters = by_quarter(lines, book, plan).to_dicts()
    regions_panel = _bars("by-region", _largest(regions, "region", currency), regions, "region",
                          currency)
    # The shorter of two neighbours shows its table, so that its box does not stand half empty.
    if len(regions) + FEWER_BARS <= min(len(items), TOP_BARS):
        regions_panel = replace(regions_panel, open=True)
    return [
        _bars("by-segment", _largest(segments, "segment", currency), segments, "segment",
              currency),
        _quarters(quarters, currency),
        regions_panel,
        _bars("by-item", _largest(items, "item", currency), items, "item", currency),
    ]


def _bars(key: str, finding: str, rows: Sequence[Row], noun: str, currency: str) -> Panel:
    shown = _with_rest(rows, noun)
    note = f"Open backlog by {noun} in {currency}; each bar ends in its total and share on time"
    caption = f"Open backlog by {noun}, {currency}"
    heads = (noun.capitalize(), "Lines", "Pieces", *DOLLAR_HEADS)
    cells = [(str(row["name"]), amount(row["lines"]), amount(row["pieces"]),
              *_dollar_cells(row, currency)) for row in rows]
    figure = stacked_bars(shown, currency) if rows else None
    return Panel(key, finding, note if rows else "", figure,
                 grid_of(caption, heads, cells, range(1, 8)) if rows else None,
                 DOLLAR_LEGEND if rows else ())


def _with_rest(rows: Sequence[Row], noun: str) -> list[Row]:
    """The largest rows; what does not fit becomes one row of its own."""
    shown = _shown_alone(rows)
    rest = rows[len(shown):]
    if not rest:
        return list(rows)
    together: dict[str, Any] = {name: sum(row[name] for row in rest)
                                for name in ("total_cents", *DOLLARS)}
    together["name"] = f"{len(rest):,} other {noun}s"
    return [*shown, together]


def _shown_alone(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that have a bar of their own."""
    return rows if len(rows) <= TOP_BARS else rows[:TOP_BARS - 1]


def _largest(rows: Sequence[Row], noun: str, currency: str) -> str:
    """The finding of a breakdown: who holds most, and who of those shown is least on time."""
    if not rows:
        return f"Nothing is open in any {noun}"
    total = sum(row["total_cents"] for row in rows)
    first = rows[0]
    lead = (f"{shortened(str(first['name']), LONGEST_NAME)} {'is' if noun == 'item' else 'holds'} "
            f"{percent(part_of(first['total_cents'], total))} of the backlog, "
            f"{short_money(first['total_cents'], currency)}")
    shown = [row for row in _shown_alone(rows) if row["total_cents"]]
    if len(shown) < 2:
        return lead
    worst = min(shown, key=lambda row: (row["on_time_cents"] / row["total_cents"], row["name"]))
    least = f"least on time{f' of the {len(shown)} largest' if len(shown) < len(rows) else ''}"
    share = percent(part_of(worst["on_time_cents"], worst["total_cents"]))
    if worst is first:
        return f"{lead}, and is the {least}: {share}"
    return f"{lead}; {shortened(str(worst['name']), LONGEST_NAME)} is the {least}: {share}"


def _quarters(rows: Sequence[Row], currency: str) -> Panel:
    dated = [row for row in rows if row["name"] != UNDATED]
    undated = sum(row["undated_cents"] for row in rows)
    if not rows:
        return Panel("by-quarter", "Nothing is open in any quarter", "")
    if dated:
        most = max(dated, key=lambda row: row["total_cents"])
        finding = (f"{most['name']} is promised most, "
                   f"{short_money(most['total_cents'], currency)}")
        finding += (f"; {short_money(undated, currency)} has no date yet" if undated
                    else "; all of it has a date")
    else:
        finding = f"No quarter is promised anything: {short_money(undated, currency)} has no date"
    shown = [{**row, "name": _quarter_name(row)} for row in rows]
    cells = [(str(row["name"]), amount(row["pieces"]), *_dollar_cells(row, currency))
             for row in shown]
    caption = f"Open backlog by fiscal quarter of the promised arrival, {currency}"
    return Panel("by-quarter", finding,
                 f"Open backlog by fiscal quarter of the promised arrival, in {currency}",
                 quarter_columns(shown, currency),
                 grid_of(caption, ("Fiscal quarter", "Pieces", *DOLLAR_HEADS), cells,
                         range(1, 7)), DOLLAR_LEGEND)


def _quarter_name(row: Row) -> str:
    return "No date yet" if row["name"] == UNDATED else str(row["name"])


def _dollar_cells(row: Row, currency: str) -> tuple[str, ...]:
    return (exact_money(row["total_cents"], currency),
            *(exact_money(row[name], currency) for name in DOLLARS),
            percent(part_of(row["on_time_cents"], row["total_cents"]), 1))


def headline_cards(lines: pl.DataFrame, summary: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """
    The figures at the top: (title, short figure, exact figure, sentence) of each card.

    All come from the summary; only the split of the undated dollars into short and unplanned
    lines, which the summary does not hold, comes from the lines.
    """
    currency = str(summary["currency"])
    dollars, counts, service = (summary["dollars_cents"], summary["lines"], summary["service"])
    late = dollars["promised"] - dollars["on_time"]
    undated = dollars["open"] - dollars["promised"]
    short = int(lines.filter(pl.col("status") == "short")["undated_cents"].sum())
    value = summary["value"]
    return [
        _money_card("Open backlog", summary["backlog_cents"]["total"], currency,
                    f"{count_of(counts['open'], 'open line')} in "
                    f"{count_of(summary['orders']['open'], 'order')}, "
                    f"{count_of(summary['units']['open'], 'piece')}"),
        ("On time, by amount", percent(service["dollar"]["on_time"], 1),
         exact_money(dollars["on_time"], currency),
         f"{short_money(dollars['on_time'], currency)} arrives by its requested week"),
        ("On time, by line", percent(service["line"]["on_time"], 1),
         count_of(counts["on_time"], "line"),
         f"{counts['on_time']:,} of {count_of(counts['open'], 'line')} arrive whole in time"),
        _money_card("Late", late, currency,
                    f"Promised after the requested week; {count_of(counts['late'], 'line')} late"),
        _money_card("No date yet", undated, currency,
                    f"{short_money(short, currency)} in {count_of(counts['short'], 'short line')},"
                    f" {short_money(undated - short, currency)} in "
                    f"{counts['unplanned']:,} unplanned"),
        ("OTIF", percent(summary["otif"]["requested"], 1),
         f"{percent(summary['otif']['requested'], 4)} requested, "
         f"{percent(summary['otif']['promised'], 4)} promised", _promised_otif(summary)),
        _money_card("Value of the plan", value["value_cents"], currency,
                    f"{short_money(value['delivered_cents'], currency)} earned, less "
                    f"{short_money(value['late_cents'], currency)} for lateness and "
                    f"{short_money(value['undelivered_cents'], currency)} for what is not "
                    "delivered"),
    ]


def proof_cards(summary: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """
    What a value plan is proven to be, as cards like those of the headline; else none.

    The last figure tells a share where there is one, else the money.
    """
    currency, certificate = str(summary["currency"]), summary["certificate"]
    bound, value = certificate["bound_cents"], summary["value"]["weighted_cents"]
    if bound is None:
        return []
    weighs = counts_by_weight(summary["policy"])
    below = below_best(value, bound, certificate["gap"], currency)
    figure = below.removesuffix(" below the best possible")
    short = max(0, bound - value)
    return [
        _money_card("Weighted value", value, currency,
                    "Value with the weights and bonuses of the policy" if weighs else
                    "The same as the value: this policy sets no weight and no bonus"),
        _money_card("Bound", bound, currency, "No plan under these rules is worth more, by proof"),
        ("Distance to the best", figure[0].upper() + figure[1:],
         f"{exact_money(short, currency)} below the bound",
         f"This plan is {below} under these rules, by proof"),
    ]


def _money_card(title: str, cents: int, currency: str, sentence: str) -> tuple[str, ...]:
    return title, short_money(cents, currency), exact_money(cents, currency), sentence


def _promised_otif(summary: Mapping[str, Any]) -> str:
    share = summary["otif"]["promised"]
    if share is None:
        return "Against the requested dates; no open line carries an earlier promise"
    return f"Against the requested dates; {percent(share, 1)} against those promised before"
