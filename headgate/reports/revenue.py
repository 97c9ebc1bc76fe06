"""Panels about what a plan becomes in revenue and margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from headgate.base.issue import Issue
from headgate.base.money import short_money
from headgate.finance.statement import RevenueStatement
from headgate.reports.backlog import LONGEST_NAME, TOP_BARS
from headgate.reports.finance_figures import Row, margin_bars, margin_columns, margin_words
from headgate.reports.finance_words import FIRST_QUARTERS
from headgate.reports.markup import Panel, grid_of
from headgate.reports.numbers import count_of, exact_money, part_of, percent, shortened
from headgate.reports.quarter_ends import quarter_end_panels
from headgate.reports.recognised import recognised_panels
from headgate.reports.systems import system_panels
from headgate.reports.walks import bridge_panel, deferred_panel, walk_panels

MARGIN_LEGEND = (("cost", "Cost"), ("margin", "Margin"))
LOSS_LEGEND = (*MARGIN_LEGEND, ("loss", "Loss"))
SUM_HEADS = ("Revenue", "Cost", "Margin", "Margin, share")
SUMS = ("revenue_cents", "cost_cents", "margin_cents")
LATER = "Later"


def revenue_panels(made: RevenueStatement) -> list[Panel]:
    """
    Every panel of the section `Revenue and margin`; what was recognised first, where it is known.
    """
    before = [] if made.so_far is None else recognised_panels(made.so_far)
    if made.entries.is_empty():
        return [*before, Panel("revenue-none", "The plan recognises no revenue",
                      "None of its shipments and services falls into a quarter from the day of the "
                      "plan on.", wide=True)]
    bridge, deferred = bridge_panel(made), deferred_panel(made)
    return [*before, _quarters(made), _by(made, "segment"), _by(made, "product"),
            *quarter_end_panels(made), *walk_panels(made), *system_panels(made),
            *([] if bridge is None else [bridge]), *([] if deferred is None else [deferred])]


def missing_panels(issues: Sequence[Issue], key: str = "revenue-missing",
                   what: str = "revenue") -> list[Panel]:
    """What stands in the place of a section when its numbers cannot be worked out."""
    rows = [(issue.file, "" if issue.row is None else f"{issue.row:,}", issue.column or "",
             issue.value or "", issue.expected) for issue in issues]
    prices = all(issue.code == "items.standalone_price.needed" for issue in issues)
    finding = (f"No {what} yet: the standalone price of {count_of(len(issues), 'item')} is missing"
               if prices else f"No {what} yet: {count_of(len(issues), 'fault')} in the way")
    remedy = ("Contracts that sell several things share their price by standalone prices. Give "
              "standalone_price in items and plan again; or let stated prices stand for them: "
              "headgate report BOOK PLAN --stated-prices" if prices else
              "Mend what the table names and plan again.")
    return [Panel(key, finding, remedy, None, grid_of(
        "What is missing", ("Table", "Row", "Column", "Found", "What to do"), rows, (1,)),
        wide=True)]


def _quarters(made: RevenueStatement) -> Panel:
    """Revenue by fiscal quarter; the late quarters, of services mostly, stand together."""
    currency = made.revenue.currency
    names = [period.name for period in made.revenue.quarters]
    shown = dict.fromkeys(names[:FIRST_QUARTERS])
    service = pl.col("revenue_cents").filter(pl.col("kind") == "service").sum()
    frame = made.entries.lazy().group_by("quarter").agg(
        pl.col(SUMS).sum(), pl.col("penalty_cents").sum(), service_cents=service).collect()
    found = {row["quarter"]: row for row in frame.iter_rows(named=True)}
    every = [{**found[name], "name": name} for name in names if name in found]
    bars = [row for row in every if row["name"] in shown]
    rest = [row for row in every if row["name"] not in shown]
    if rest:
        bars.append(_together(rest, LATER))
    most = max(every, key=lambda row: row["revenue_cents"])
    total = made.totals
    whole = margin_words(total, currency, " of revenue at ")
    finding = (f"{most['name']} brings most, {short_money(most['revenue_cents'], currency)}; in "
               f"all {whole} margin" if len(every) > 1 else
               f"{whole} margin, all in {most['name']}")
    cells = [_quarter_cells(row, currency) for row in [*every, _together(every, "All")]]
    last = f"; later: all quarters after {bars[-2]['name']}" if rest else ""
    return Panel("revenue-quarters", finding, f"Revenue by fiscal quarter in {currency}, split "
                 f"into cost and margin; each column ends in its revenue and margin{last}",
                 margin_columns(bars, currency),
                 grid_of(f"Revenue by fiscal quarter, {currency}", (
                     "Fiscal quarter", "Hardware", "Services", *SUM_HEADS, "Late penalties"),
                     cells, range(1, 8)), _legend(every))


def _quarter_cells(row: Row, currency: str) -> tuple[str, ...]:
    hardware = row["revenue_cents"] - row["service_cents"]
    return (str(row["name"]), exact_money(hardware, currency),
            exact_money(row["service_cents"], currency), *sum_cells(row, currency),
            exact_money(row["penalty_cents"], currency))


def _together(rows: Sequence[Row], name: str) -> dict[str, Any]:
    """Several rows as one."""
    numbers = [key for key, value in rows[0].items() if isinstance(value, int)]
    return {"name": name, **{key: sum(row[key] for row in rows) for key in numbers}}


def sum_cells(row: Row, currency: str) -> tuple[str, ...]:
    """Revenue, cost, margin and its share of the revenue, exact."""
    return (*(exact_money(row[name], currency) for name in SUMS),
            percent(part_of(row["margin_cents"], row["revenue_cents"]), 1))


def _legend(rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    return LOSS_LEGEND if any(row["margin_cents"] < 0 for row in rows) else MARGIN_LEGEND


def _by(made: RevenueStatement, noun: str) -> Panel:
    """Revenue and margin by one thing, the largest first."""
    currency = made.revenue.currency
    frame = made.by(noun).sort("revenue_cents", descending=True, maintain_order=True)
    rows = [{**row, "name": row[frame.columns[0]] or f"No {noun}"}
            for row in frame.iter_rows(named=True)]
    bars: list[Any] = rows
    if len(rows) > TOP_BARS:
        rest = rows[TOP_BARS - 1:]
        bars = [*rows[:TOP_BARS - 1], _together(rest, f"{len(rest):,} other {noun}s")]
    cells = [(str(row["name"]), f"{row['quantity']:,}", *sum_cells(row, currency)) for row in rows]
    return Panel(f"margin-{noun}", _finding(rows, made.totals["revenue_cents"], noun, currency),
                 f"Revenue by {noun} in {currency}, split into cost and margin; each bar ends in "
                 "its revenue and margin", margin_bars(bars, currency),
                 grid_of(f"Revenue and margin by {noun}, {currency}",
                         (noun.capitalize(), "Pieces", *SUM_HEADS), cells, range(1, 6)),
                 _legend(rows))


def _finding(rows: Sequence[Row], total: int, noun: str, currency: str) -> str:
    """Who brings most, and who earns least of those who bring more than a hundredth."""
    first = rows[0]
    lead = (f"{shortened(str(first['name']), LONGEST_NAME)} brings "
            f"{percent(part_of(first['revenue_cents'], total))} of the revenue, at "
            f"{percent(part_of(first['margin_cents'], first['revenue_cents']), 1)} margin")
    counted = [row for row in rows if row["revenue_cents"] * 100 >= max(total, 1)]
    if len(counted) < 2:
        return lead
    least = min(counted, key=lambda row: row["margin_cents"] / row["revenue_cents"])
    if least is first:
        return f"{lead}, the least of {count_of(len(counted), noun)}"
    share = percent(part_of(least["margin_cents"], least["revenue_cents"]), 1)
    return f"{lead}; {shortened(str(least['name']), LONGEST_NAME)} earns least, {share}"
