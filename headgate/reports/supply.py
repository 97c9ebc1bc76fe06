"""Panels about what there is: shortages, load of the resources, stock that waits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from headgate.base.money import short_money
from headgate.book import Book
from headgate.explain.load import resource_load
from headgate.explain.stranded import STRANDED_WEEKS, stranded_parts
from headgate.reports.backlog import LONGEST_NAME
from headgate.reports.figures import (
    LOAD_SCALE,
    MISSING_SCALE,
    STOCK,
    gradient,
    heat_map,
    load_scale,
    missing_scale,
    plain_bars,
)
from headgate.reports.markup import Panel, chart_text, grid_of
from headgate.reports.numbers import (
    amount,
    count_of,
    day,
    exact_money,
    part_of,
    percent,
    shortened,
    worth_of_one_more,
)
from headgate.tables.plan_schema import PlanFrames

TOP_PARTS = 18
TOP_RESOURCES = 24
TOP_STRANDED = 10
FULL = 0.995
"""A week counts as full from this share of its hours on: the rest is less than one unit's test."""


def shortage_panel(book: Book, plan: PlanFrames, currency: str) -> Panel:
    """
    Missing pieces of the scarcest parts by week.

    The parts stand in the order of the money that their largest gap is worth at standard cost: a
    thousand missing cables must not hide a hundred missing boards.
    """
    parts = plan.frames["shortages"].filter(pl.col("kind") == "part")
    costs = pl.DataFrame({"id": book.items.ids, "cost": book.unit_cost_cents},
                         schema={"id": pl.String, "cost": pl.Int64})
    ranked = (parts.join(costs, on="id", how="left").group_by("id", "site_id").agg(
        peak=pl.col("missing").max(), peak_week=pl.col("week").sort_by(
            "missing", "week", descending=[True, False]).first(),
        peak_price=pl.col("price_cents").sort_by(
            "missing", "week", descending=[True, False]).first(),
        first_week=pl.col("week").filter(pl.col("missing") > 0).min(),
        cents=(pl.col("missing").max() * pl.col("cost").first()).cast(pl.Int64))
        .sort("cents", "peak", "id", "site_id", descending=[True, True, False, False]))
    if ranked.is_empty():
        return Panel("shortages", "No part is missing in any week", "Every line could ship whole "
                     "for its requested week.", wide=True)
    top = ranked.head(TOP_PARTS).to_dicts()
    first = top[0]
    finding = (f"{shortened(first['id'], LONGEST_NAME)} at "
               f"{shortened(first['site_id'], LONGEST_NAME)} is the costliest gap: "
               f"{count_of(round(first['peak']), 'piece')} short in the week of "
               f"{day(first['peak_week'])}, {short_money(first['cents'], currency)} at cost")
    weeks, cells = _week_cells(parts, top)
    hover = [[_part_hover(row, week, cell, currency)
              for week, cell in zip(weeks, line, strict=True)]
             for row, line in zip(top, cells, strict=True)]
    values = [[math.log10(cell[3]) if cell[3] >= 1 else None for cell in line] for line in cells]
    figure = heat_map([f"{row['id']} · {row['site_id']}" for row in top], weeks, values, hover,
                      missing_scale(max(row["peak"] for row in top)))
    # A plan without prices has no column of them.
    priced = ("One more by then, worth at most",) if parts["price_cents"].count() else ()
    grid = [(row["id"], row["site_id"], day(row["first_week"]), amount(row["peak"]),
             day(row["peak_week"]), exact_money(row["cents"], currency),
             *("" if row["peak_price"] is None else exact_money(row["peak_price"], currency)
               for _ in priced),
             *(amount(cell[3]) if cell[3] else "" for cell in line))
            for row, line in zip(top, cells, strict=True)]
    heads = ("Part", "Site", "First short", "Most missing", "In the week of", "At unit cost",
             *priced, *(day(week) for week in weeks))
    pairs = count_of(ranked.height, "part and site", "parts and sites")
    note = ("Pieces wanted up to each week and not there by then, if every line shipped whole for "
            f"its requested week; {len(top)} of {pairs} that are short, the costliest gap first")
    most = amount(max(row["peak"] for row in top))
    return Panel("shortages", finding, note, figure,
                 grid_of("Missing pieces by part and week", heads, grid,
                         (3, *range(5, len(heads)))),
                 ramp=("1 piece", gradient(MISSING_SCALE),
                       f"{most} missing, on a logarithmic scale"),
                 wide=True, canvas=760)


Cell = tuple[float | None, float, float, float, int | None]
"""There, used, wanted, missing, and the price of one more in cents; None where not proven."""


def _week_cells(parts: pl.DataFrame, top: Sequence[dict[str, Any]]) -> tuple[list[date],
                                                                             list[list[Cell]]]:
    wanted = pl.DataFrame([(row["id"], row["site_id"]) for row in top], orient="row",
                          schema={"id": pl.String, "site_id": pl.String})
    held: dict[tuple[str, str], dict[date, Cell]] = {}
    columns = ("id", "site_id", "week", "there", "used", "wanted", "missing", "price_cents")
    for name, site, week, *cell in parts.join(
            wanted, on=["id", "site_id"]).select(columns).iter_rows():
        held.setdefault((name, site), {})[week] = (*cell,)
    weeks = sorted({week for cells in held.values() for week in cells})
    empty: Cell = (0.0, 0.0, 0.0, 0.0, None)
    return weeks, [[held[row["id"], row["site_id"]].get(week, empty) for week in weeks]
                   for row in top]


def _part_hover(row: dict[str, Any], week: date, cell: Cell, currency: str) -> str:
    there, used, wanted, missing = (amount(number) for number in cell[:4])
    worth = worth_of_one_more(cell[4], currency)
    return (f"{chart_text(row['id'])} at {chart_text(row['site_id'])}, week of {day(week)}<br>"
            f"<b>{missing} missing by then</b><br>{there} arrive, {wanted} wanted, {used} drawn in "
            f"this week{f'<br>One more by then: {chart_text(worth)}' if worth else ''}")


def load_panel(book: Book, plan: PlanFrames) -> Panel:
    """How full each resource is in each week."""
    load = resource_load(book, plan)
    bounded = load.filter(pl.col("there").is_not_null()).with_columns(
        share=pl.when(pl.col("there") > 0).then(pl.col("used") / pl.col("there")))
    ranked = (bounded.group_by("resource_id", "site_id").agg(
        full=(pl.col("share") >= FULL).sum(), weeks=(pl.col("there") > 0).sum(),
        used=pl.col("used").sum(), there=pl.col("there").sum())
        .filter(pl.col("used") > 0)
        .sort("full", pl.col("used") / pl.col("there"), "resource_id", "site_id",
              descending=[True, True, False, False]))
    if ranked.is_empty():
        return Panel("load", "The plan uses no resource whose hours are limited", "", wide=True)
    top = ranked.head(TOP_RESOURCES).to_dicts()
    first = top[0]
    where = (f"{shortened(first['resource_id'], LONGEST_NAME)} at "
             f"{shortened(first['site_id'], LONGEST_NAME)}")
    overall = percent(part_of(first["used"], first["there"]))
    finding = (f"{where} is full in {first['full']} of {count_of(first['weeks'], 'week')}, and "
               f"{overall} full overall" if first["full"] else
               f"No resource is full in any week; {where} is the fullest, {overall} overall")
    cells = {(name, site): frame.sort("week") for (name, site), frame in bounded.group_by(
        "resource_id", "site_id")}
    picked = [cells[row["resource_id"], row["site_id"]] for row in top]
    weeks = picked[0]["week"].to_list()
    hover = [[f"{chart_text(row['resource_id'])} at {chart_text(row['site_id'])}, week of "
              f"{day(week)}<br><b>{percent(share, 1)}</b>: {amount(used)} of {amount(there)} hours"
              for week, share, used, there in frame.select("week", "share", "used", "there")
              .iter_rows()] for row, frame in zip(top, picked, strict=True)]
    figure = heat_map([f"{row['resource_id']} · {row['site_id']}" for row in top], weeks,
                      [frame["share"].to_list() for frame in picked], hover, load_scale())
    grid = [(row["resource_id"], row["site_id"], amount(row["full"]), amount(row["used"]),
             amount(row["there"]), percent(part_of(row["used"], row["there"]), 1),
             *(f"{amount(used)} / {amount(there)}" for used, there in
               frame.select("used", "there").iter_rows()))
            for row, frame in zip(top, picked, strict=True)]
    heads = ("Resource", "Site", "Full weeks", "Hours used", "Hours there", "Share",
             *(day(week) for week in weeks))
    rest = "" if ranked.height == len(top) else f"; the {len(top)} fullest of {ranked.height:,}"
    return Panel("load", finding, f"Share of the hours that the plan uses, by week{rest}", figure,
                 grid_of("Hours used and hours there, by resource and week", heads, grid,
                         range(2, len(heads))),
                 ramp=("no hour used", gradient(LOAD_SCALE), "all hours used"), wide=True,
                 canvas=760)


def stranded_panel(book: Book, plan: PlanFrames, currency: str) -> Panel:
    """Stock that waits, and the part that it waits for."""
    stock = stranded_parts(book, plan)
    weeks = count_of(STRANDED_WEEKS, "week")
    if stock.is_empty():
        return Panel("stranded", f"No stock waits: all of it is drawn within {weeks}", "",
                     wide=True)
    total = int(stock["waiting_cents"].sum())
    by_cause = (stock.filter(pl.col("waits_for_id").is_not_null()).group_by("waits_for_id")
                .agg(pl.col("waiting_cents").sum())
                .sort("waiting_cents", "waits_for_id", descending=[True, False]))
    finding = f"{short_money(total, currency)} of stock waits longer than {weeks}"
    if not by_cause.is_empty():
        cause, cents = by_cause.row(0)
        finding += f", {short_money(cents, currency)} of it for {shortened(cause, LONGEST_NAME)}"
    rows = stock.to_dicts()
    bars = [(f"{row['item_id']} · {row['site_id']}", row["waiting_cents"],
             shortened(_cause(row), 20),
             f"{chart_text(row['item_id'])} at {chart_text(row['site_id'])}<br><b>"
             f"{exact_money(row['waiting_cents'], currency)}</b><br>"
             f"{amount(row['waiting'])} of {amount(row['on_hand'])} pieces wait, "
             f"{amount(row['never_drawn'])} are never drawn") for row in rows[:TOP_STRANDED]]
    cells = [(row["item_id"], row["site_id"], amount(row["on_hand"]), amount(row["drawn_soon"]),
              amount(row["waiting"]), amount(row["never_drawn"]),
              exact_money(row["unit_cost_cents"], currency),
              exact_money(row["waiting_cents"], currency), _cause(row),
              amount(row["waits_for_lines"]), percent(row["waits_for_share"]))
             for row in rows]
    heads = ("Part", "Site", "On hand", f"Drawn within {weeks}", "Waits", "Never drawn",
             "Unit cost", "Waits, at unit cost", "Mostly waits for", "Lines",
             "Share of their amounts")
    note = (f"Stock on hand that no line draws within {weeks}, at standard cost in {currency}, and "
            "what most of the waiting lines that use it, by amount, wait for")
    return Panel("stranded", finding, note, plain_bars(bars, currency, STOCK),
                 grid_of("Stock that waits", heads, cells, (2, 3, 4, 5, 6, 7, 9, 10)))


def _cause(row: dict[str, Any]) -> str:
    if row["waits_for_id"] is None:
        return "no waiting line"
    return f"for {row['waits_for_id']}"
