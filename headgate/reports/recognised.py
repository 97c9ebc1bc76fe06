"""Panels about what was recognised: by quarter at standard cost, and up to RPO."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from headgate.base.money import short_money
from headgate.finance.recognised_walk import SoFar
from headgate.reports.finance_figures import (
    COST,
    MARGIN,
    Column,
    Step,
    margin_columns,
    two_part_columns,
    waterfall,
)
from headgate.reports.finance_words import RECOGNISED_WORDS, capital
from headgate.reports.markup import Panel, chart_text, grid_of
from headgate.reports.numbers import count_of, exact_money, part_of, percent
from headgate.reports.walks import WALK_LEGEND

LAST_QUARTERS = 8
"""Quarters with a column of their own, the last ones; the table has all of them."""
BEFORE = "Before the ledger"
MARGIN_LEGEND = (("cost", "Standard cost"), ("margin", "Margin"))
PARTS_LEGEND = (("cost", "Services"), ("margin", "Hardware"))
SO_FAR = ",\u00a0so\u00a0far"
TOO_SMALL = 100_000
"""A step of less than this part of the first has no bar; the table has it."""

Row = Mapping[str, Any]


def recognised_panels(told: SoFar) -> list[Panel]:
    """What was recognised, and how it leads to RPO; nothing where nothing ever was."""
    if told.by_quarter.filter(pl.col("status") == "recognised").is_empty():
        return []
    return [_quarters(told), _walk(told)]


def _quarters(told: SoFar) -> Panel:
    """Each quarter that was, and the one under way up to the day of the book."""
    currency, now = str(told.figures["currency"]), told.made.quarters[-1].name
    rows = told.by_quarter.filter(pl.col("by") == "all").to_dicts()
    was = [row for row in rows if row["status"] == "recognised"]
    shown = [row for row in was if row["quarter"] is not None][-LAST_QUARTERS:]
    planned = [row for row in rows if row["status"] == "planned" and row["quarter"] == now]
    cells = [_cells(row, f"{row['quarter'] or BEFORE}{', so far' if row['quarter'] == now else ''}",
                    currency) for row in was]
    so_far = [row for row in was if row["quarter"] == now]
    if planned:
        cells += [_cells(planned[0], f"{now}, planned", currency),
                  _cells(_together([*so_far, *planned]), f"{now}, together", currency)]
    known = all(row["standard_cents"] is not None for row in shown)
    as_of = told.figures["as_of"]
    return Panel(
        "recognised", _finding(shown, now, currency),
        f"Revenue recognised by fiscal quarter in {currency}, the last one up to {as_of}"
        + ("; cost is standard cost, of a quarter that is over that of its end, for what the "
           "pieces that left really cost, no event says" if known
           else "; of some of it nobody knows the cost any more"),
        _margins(shown, now, currency) if known else _parts(shown, now, currency),
        grid_of(f"Revenue recognised by fiscal quarter, {currency}", (
            "Fiscal quarter", "Revenue", "Hardware", "Services", "Late penalties",
            "Standard cost", "Margin", "Share", "Deferred at end"), cells,
            range(1, 9)), MARGIN_LEGEND if known else PARTS_LEGEND, wide=True, open=True)


def _finding(shown: list[dict[str, Any]], now: str, currency: str) -> str:
    """The last quarter that is over, and the one under way."""
    over = [row for row in shown if row["quarter"] != now]
    so_far = sum(row["revenue_cents"] for row in shown if row["quarter"] == now)
    running = (f"{short_money(so_far, currency) if so_far else 'nothing'} of {now} is recognised "
               "so far")
    if not over:
        return capital(running)
    last = over[-1]
    rate = ("" if last["standard_margin_cents"] is None or last["revenue_cents"] <= 0 else
            f" at {percent(part_of(last['standard_margin_cents'], last['revenue_cents']), 1)} "
            "margin")
    return (f"{last['quarter']} closed with {short_money(last['revenue_cents'], currency)} of "
            f"revenue{rate}; {running}")


def _together(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What was recognised and what is planned, as one row; unknown where one of them is."""
    names = [name for name in rows[0] if name.endswith("_cents") and name != "deferred_cents"]
    return {"deferred_cents": None, **{
        name: None if any(row[name] is None for row in rows) else sum(row[name] for row in rows)
        for name in names}}


def _cells(row: Row, name: str, currency: str) -> tuple[str, ...]:
    def money(column: str) -> str:
        return "" if row[column] is None else exact_money(row[column], currency)

    margin = row["standard_margin_cents"]
    return (name, *(money(column) for column in (
        "revenue_cents", "hardware_cents", "services_cents", "penalty_cents", "standard_cents",
        "standard_margin_cents")),
        "" if margin is None else percent(part_of(margin, row["revenue_cents"]), 1),
        money("deferred_cents"))


def _named(row: Row, now: str) -> str:
    """A quarter at its column, in two lines at most: spaces that do not break keep the second."""
    return str(row["quarter"]) + (SO_FAR if row["quarter"] == now else "")


def _margins(shown: list[dict[str, Any]], now: str, currency: str) -> dict[str, Any]:
    return margin_columns([{
        "name": _named(row, now), "revenue_cents": row["revenue_cents"],
        "cost_cents": row["standard_cents"], "margin_cents": row["standard_margin_cents"]}
        for row in shown], currency)


def _parts(shown: list[dict[str, Any]], now: str, currency: str) -> dict[str, Any]:
    """Hardware above services, where margins are not known."""
    return two_part_columns([Column(
        _named(row, now), row["services_cents"], row["hardware_cents"],
        short_money(row["revenue_cents"], currency), short_money(row["revenue_cents"], currency),
        f"{chart_text(_named(row, now))}<br>Revenue: "
        f"<b>{exact_money(row['revenue_cents'], currency)}</b>") for row in shown],
        (COST, MARGIN), ("Services", "Hardware"), currency)


def _walk(told: SoFar) -> Panel:
    """From everything sold to RPO."""
    currency, rows = str(told.figures["currency"]), told.walk.to_dicts()
    sold, rpo = rows[0]["cents"], rows[-1]["cents"]
    steps = [Step(capital(RECOGNISED_WORDS[row["step"]]), row["cents"],
                  row in (rows[0], rows[-1])) for row in rows
             if row in (rows[0], rows[-1]) or abs(row["cents"]) * TOO_SMALL > abs(sold)]
    recognised = -sum(row["cents"] for row in rows if row["step"] in (
        "before", "hardware", "bill_and_hold", "services", "catch_up"))
    cells = [(capital(RECOGNISED_WORDS[row["step"]]), exact_money(row["cents"], currency),
              capital(row["text"])) for row in rows]
    broken = told.ties.filter(pl.col("holds") != "yes")
    ties = (f"{count_of(told.ties.height, 'check')} tie to the cent" if broken.is_empty() else
            "DOES NOT TIE: " + "; ".join(broken["check"]))
    return Panel(
        "recognised-walk",
        f"Of {short_money(sold, currency)} sold, {short_money(recognised, currency)} is recognised "
        f"and {short_money(rpo, currency)} is RPO before late penalties",
        f"From the price of everything sold to RPO, in {currency}, at the rates of "
        f"{told.figures['as_of']}; {ties}. {' '.join(told.figures['notes'])}".strip(),
        waterfall(steps, currency),
        grid_of(f"From everything sold to RPO, {currency}", ("Step", "Amount", "What it is"),
                cells, (1,)), WALK_LEGEND)
