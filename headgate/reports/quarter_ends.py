"""Panels about what sits at the end of a quarter, and which lines are the risk."""

from __future__ import annotations

import polars as pl

from headgate.base.money import short_money
from headgate.finance.statement import RevenueStatement
from headgate.reports.finance_figures import COST, LOSS, Column, two_part_columns
from headgate.reports.markup import Panel, chart_text, grid_of
from headgate.reports.numbers import count_of, day, exact_money, part_of, percent

END_LEGEND = (("cost", "Before"), ("loss", "In the last two weeks of the quarter"))


def quarter_end_panels(made: RevenueStatement) -> list[Panel]:
    """How much of each quarter sits in its last two weeks, and the lines that are the risk."""
    if not made.at_risk:
        return [Panel("quarter-ends", "No hardware is recognised in the last two weeks of a "
                      "quarter", "")]
    return [_ends(made), _lines(made)]


def _ends(made: RevenueStatement) -> Panel:
    currency = made.revenue.currency
    bars, cells = [], []
    for row in made.at_risk:
        share = part_of(row.revenue_cents, row.of_cents)
        words = f"{short_money(row.revenue_cents, currency)}<br>{percent(share, 1)}"
        hover = (f"{chart_text(row.quarter)}<br>Last two weeks: "
                 f"<b>{exact_money(row.revenue_cents, currency)}</b>, {percent(share, 1)}<br>"
                 f"All hardware: {exact_money(row.of_cents, currency)}")
        bars.append(Column(row.quarter, row.of_cents - row.revenue_cents, row.revenue_cents, words,
                           percent(share, 1), hover))
        cells.append((row.quarter, exact_money(row.of_cents, currency),
                      exact_money(row.revenue_cents, currency), percent(share, 1),
                      f"{row.lines:,}", f"{row.most:,}"))
    first = made.at_risk[0]
    return Panel(
        "quarter-ends", f"{short_money(first.revenue_cents, currency)} of {first.quarter} sits in "
        f"its last two weeks, {percent(part_of(first.revenue_cents, first.of_cents), 1)} of its "
        "hardware",
        f"Hardware revenue by fiscal quarter in {currency}; above each column what sits in the "
        "last two weeks, and its share. A slip of two weeks moves it into the next quarter",
        two_part_columns(bars, (COST, LOSS), ("Before", "Last two weeks"), currency),
        grid_of(f"Hardware revenue at the ends of quarters, {currency}", (
            "Fiscal quarter", "Hardware", "Last two weeks", "Share", "Lines",
            "Lines with four fifths"), cells, range(1, 6)), END_LEGEND)


def _lines(made: RevenueStatement) -> Panel:
    """The fewest lines that hold four fifths of what sits at the end of each quarter."""
    currency = made.revenue.currency
    first = made.at_risk[0]
    most = {row.quarter: row.most for row in made.at_risk}
    total = {row.quarter: row.revenue_cents for row in made.at_risk}
    frame = made.quarter_end.filter(pl.col("place") <= pl.col("quarter").replace_strict(
        most, return_dtype=pl.Int64))
    rows = [(f"{row['order_id']} / {row['line_no']}", row["quarter"],
             exact_money(row["revenue_cents"], currency),
             percent(part_of(row["upto_cents"], total[row["quarter"]])), row["customer_id"],
             f"{row['quantity']:,} × {row['item_id']}", row["reference"] or "–",
             day(row["available_on"]) or "–",
             "–" if row["slack_weeks"] is None else f"{row['slack_weeks']:,}",
             day(row["recognised_on"])) for row in frame.iter_rows(named=True)]
    held = int(frame.filter(pl.col("quarter") == first.quarter)["revenue_cents"].sum())
    tight = frame.filter((pl.col("quarter") == first.quarter) & (pl.col("slack_weeks") == 0)).height
    lines = count_of(first.most, "line")
    finding = (f"{lines} {'is' if first.most == 1 else 'are'} the risk of {first.quarter}: "
               f"{short_money(held, currency)}, "
               f"{percent(part_of(held, first.revenue_cents))} of what sits at its end")
    finding += f"; {tight:,} without a week to spare" if tight else ""
    return Panel(
        "at-risk", finding, "The fewest lines that hold four fifths of each quarter's last two "
        "weeks, with the supply that each waits for. Slack: the weeks by which that supply can "
        "slip before the line does", None,
        grid_of("Lines at the ends of quarters", (
            "Order / line", "Quarter", "Revenue", "Up to here", "Customer", "What", "Waits for",
            "Due", "Slack, weeks", "Recognised"), rows, (2, 3, 8)), wide=True)
