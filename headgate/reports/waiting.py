"""Panels about the lines that wait: why, for what, and which of them weigh most."""

from __future__ import annotations

from typing import Any

import polars as pl

from headgate.base.money import short_money
from headgate.reports.backlog import DOLLAR_LEGEND, LONGEST_NAME
from headgate.reports.figures import LATE, plain_bars, stacked_bars
from headgate.reports.markup import Panel, chart_text, grid_of
from headgate.reports.numbers import (
    STATUS_WORDS,
    amount,
    count_of,
    day,
    exact_money,
    part_of,
    percent,
    reason_note,
    shortened,
)

TOP_BINDERS = 12
TOP_LINES = 25
WAITING = ("late", "short", "unplanned")


def waiting_panels(lines: pl.DataFrame, currency: str) -> list[Panel]:
    """Why lines wait, what binds, and the lines with the most dollars that are not on time."""
    waiting = lines.filter(pl.col("status").is_in(WAITING)).with_columns(
        waiting_cents=pl.col("late_cents") + pl.col("undated_cents"))
    if waiting.is_empty():
        return [Panel("reasons", "Every open line is on time", "No line waits for anything.",
                      wide=True)]
    return [_reasons(waiting, currency), _binders(waiting, currency), _biggest(waiting, currency)]


def _reasons(waiting: pl.DataFrame, currency: str) -> Panel:
    rows = (waiting.with_columns(pl.col("reason").fill_null(""))
            .group_by("reason").agg(
                lines=pl.len(), late_lines=(pl.col("status") == "late").sum(),
                short_lines=(pl.col("status") == "short").sum(),
                unplanned_lines=(pl.col("status") == "unplanned").sum(),
                waiting_cents=pl.col("waiting_cents").sum(),
                late_cents=pl.col("late_cents").sum(), undated_cents=pl.col("undated_cents").sum(),
                days=pl.col("late_days").filter(pl.col("late_days") > 0).median())
            .sort("waiting_cents", "reason", descending=[True, False]).to_dicts())
    total = sum(row["waiting_cents"] for row in rows)
    first = rows[0]
    label = reason_note(first["reason"], None, None)
    finding = (f"{percent(part_of(first['waiting_cents'], total))} of the "
               f"{short_money(total, currency)} that is not on time: {label[0].lower()}{label[1:]}")
    cells = [(reason_note(row["reason"], None, None), amount(row["lines"]),
              exact_money(row["waiting_cents"], currency), amount(row["late_lines"]),
              amount(row["short_lines"]), amount(row["unplanned_lines"]),
              "" if row["days"] is None else f"{row['days']:.0f}") for row in rows]
    heads = ("Reason", "Lines", "Not on time", "Late", "Short", "Unplanned",
             "Median days late")
    bars = [{"name": reason_note(row["reason"], None, None), "total_cents": row["waiting_cents"],
             "on_time_cents": 0, "late_cents": row["late_cents"],
             "undated_cents": row["undated_cents"]} for row in rows]
    figure = stacked_bars(bars, currency, [
        f"{short_money(row['waiting_cents'], currency)} · {count_of(row['lines'], 'line')}"
        for row in rows])
    return Panel("reasons", finding, f"Amounts that are not on time by reason, in {currency}",
                 figure, grid_of("Lines that are not on time, by reason", heads, cells,
                                 range(1, 7)), DOLLAR_LEGEND[1:], open=True)


def _binders(waiting: pl.DataFrame, currency: str) -> Panel:
    bound = (waiting.filter(pl.col("binding_id").is_not_null())
             .group_by("binding_kind", "binding_id", "binding_site_id")
             .agg(lines=pl.len(), cents=pl.col("waiting_cents").sum(),
                  pieces=(pl.col("open_quantity")).sum(), first=pl.col("binding_on").min())
             .sort("cents", "binding_id", "binding_site_id",
                   descending=[True, False, False]).to_dicts())
    if not bound:
        return Panel("binders", "No part, resource or quota binds a waiting line", "")
    total = int(waiting["waiting_cents"].sum())
    first = bound[0]
    finding = (f"{shortened(first['binding_id'], LONGEST_NAME)}{_at(first)} holds back "
               f"{short_money(first['cents'], currency)}, "
               f"{percent(part_of(first['cents'], total))} of what is not on time")
    bars = [(" · ".join(filter(None, (row["binding_id"], row["binding_site_id"]))), row["cents"],
             count_of(row["lines"], "line"),
             f"{row['binding_kind']} {chart_text(row['binding_id'])}{chart_text(_at(row))}<br><b>"
             f"{exact_money(row['cents'], currency)}</b> in {count_of(row['lines'], 'line')}")
            for row in bound[:TOP_BINDERS]]
    cells = [(row["binding_id"], row["binding_kind"], row["binding_site_id"] or "",
              amount(row["lines"]), amount(row["pieces"]), exact_money(row["cents"], currency),
              day(row["first"])) for row in bound]
    heads = ("Part, resource or quota", "Kind", "Site", "Lines", "Pieces ordered",
             "Not on time", "First needed")
    return Panel("binders", finding, f"Amounts not on time by the part, resource or quota that "
                 f"binds, in {currency}", plain_bars(bars, currency, LATE),
                 grid_of("What binds the lines that are not on time", heads, cells, (3, 4, 5)))


def _at(row: dict[str, Any]) -> str:
    """Where something binds; a quota binds at all sites, which needs no words."""
    site = row["binding_site_id"]
    return "" if site is None else f" at {shortened(site, LONGEST_NAME)}"


def _biggest(waiting: pl.DataFrame, currency: str) -> Panel:
    rows = waiting.sort("waiting_cents", "order_id", "line_no",
                        descending=[True, False, False]).head(TOP_LINES)
    share = part_of(int(rows["waiting_cents"].sum()), int(waiting["waiting_cents"].sum()))
    cells = [(f"{row['order_id']} / {row['line_no']}", row["customer_id"],
              row["item_id"], amount(row["open_quantity"]),
              exact_money(row["waiting_cents"], currency), day(row["requested_on"]),
              day(row["promised_on"]) or "no date yet",
              "" if row["late_days"] is None else amount(row["late_days"]),
              STATUS_WORDS[row["status"]],
              reason_note(row["reason"], row["binding_id"], row["binding_site_id"]))
             for row in rows.to_dicts()]
    heads = ("Order / line", "Customer", "Item", "Pieces", "Not on time", "Requested",
             "Promised", "Days late", "Status", "Why")
    finding = (f"{count_of(len(cells), 'line')} of {waiting.height:,} that wait hold "
               f"{percent(share)} of what is not on time")
    note = f"The lines with the largest amounts not on time, in {currency}"
    return Panel("biggest", finding, note, None,
                 grid_of("Largest lines that are not on time", heads, cells, (3, 4, 7)), wide=True)
