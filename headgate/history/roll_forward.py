"""Roll-forwards of published quarters with their residuals, and the ratios that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from headgate.base.calendar import fiscal_year
from headgate.base.periods import period_of
from headgate.history.record import History
from headgate.tables.history_results import OBLIGATIONS, QUARTERS, RATIOS, YEARS

Row = dict[str, Any]

UNITS_CENTS = (10**10, 10**9, 10**8, 10**7, 10**6)
"""What published figures are rounded to: 100, 10, 1, 0.1 or 0.01 million dollars."""
QUARTER_WEEKS = 13.0
"""Weeks of a quarter of which neither the one before nor a calendar is known."""


def quarters_of(history: History) -> pl.DataFrame:
    """
    The table `quarters`: what was published, with opening backlog, outflow and residual.

    The opening backlog is the closing backlog of the quarter just before, if that was published.
    """
    rows = []
    for row, before, _ in _neighbours(history.quarters):
        opening = before.get("backlog_cents")
        outflow, outflow_is = outflow_of(row)
        four = (opening, row["orders_cents"], outflow, row["backlog_cents"])
        rows.append({**row, "opening_cents": opening, "outflow_cents": outflow,
                     "outflow_is": outflow_is, "residual_cents": residual(*four),
                     "rounding_cents": rounding(*four)})
    return _table(rows, QUARTERS)


def ratios_of(history: History) -> pl.DataFrame:
    """The table `ratios`: book-to-bill, conversion, turns, coverage and growth of each quarter."""
    rows = []
    for row, before, year_before in _neighbours(history.quarters):
        opening, closing = before.get("backlog_cents"), row["backlog_cents"]
        outflow, _ = outflow_of(row)
        both = None if opening is None or closing is None else opening + closing
        weeks = weeks_of(row, before)
        ratios: Row = {
            "book_to_bill": over(row["orders_cents"], outflow),
            "conversion": over(outflow, opening),
            # Twice the outflow over the sum is the outflow over the mean; four quarters a year.
            "turns": over(None if outflow is None else 8 * outflow, both),
            "coverage_weeks": None if not outflow or closing is None else closing / outflow * weeks,
        }
        for step, other in (("qoq", before), ("yoy", year_before)):
            ratios |= {f"{name}_{step}": growth(row[f"{name}_cents"], other.get(f"{name}_cents"))
                       for name in ("orders", "shipments", "revenue", "backlog")}
        rows.append({**row, **ratios})
    return _table(rows, RATIOS)


def years_of(history: History) -> pl.DataFrame:
    """The table `years`: fiscal years as they were published."""
    return _table([{**row, "fiscal_year": row["fiscal_quarter"]}
                   for row in history.years.iter_rows(named=True)], YEARS)


def obligations_of(history: History) -> pl.DataFrame:
    """The table `obligations`: what buyers owe to their own customers, quarter by quarter."""
    rows = []
    for row, before, _ in _neighbours(history.obligations):
        rows.append({**row, "obligations_cents": row["backlog_cents"],
                     "obligations_qoq": growth(row["backlog_cents"], before.get("backlog_cents"))})
    return _table(rows, OBLIGATIONS)


def outflow_of(row: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """
    What left the backlog in a quarter, and as what: shipments, else revenue.

    Shipments are not revenue. Revenue stands in only where nothing else was published, and says so.
    """
    for name in ("shipments", "revenue"):
        if row[f"{name}_cents"] is not None:
            return int(row[f"{name}_cents"]), name
    return None, None


def residual(opening: int | None, orders: int | None, outflow: int | None,
             closing: int | None) -> int | None:
    """
    What a published roll-forward lacks: opening + orders - outflow - closing, in cents.

    Above 0: the closing backlog is smaller than the other three say. None: one is not published.

    >>> residual(3800, 3200, 3100, 3800)
    100
    """
    if opening is None or orders is None or outflow is None or closing is None:
        return None
    return opening + orders - outflow - closing


def rounding(*cents: int | None) -> int | None:
    """
    The most that a residual may be by rounding alone: half of the last place, for each figure.

    All are taken as rounded to the largest of UNITS_CENTS that divides each of them: a company
    tells its figures to one place. Four in tenths of a billion: 4 x 0.05 = 0.2 billion.

    >>> rounding(38 * 10**10, 32 * 10**10, 31 * 10**10, 38 * 10**10) == 2 * 10**10
    True
    """
    known = [amount for amount in cents if amount is not None]
    if len(known) < len(cents):
        return None
    place = next((unit for unit in UNITS_CENTS if not any(amount % unit for amount in known)), 0)
    return len(known) * place // 2


def over(part: int | None, whole: int | None) -> float | None:
    """A ratio; None where one of the two is not published, or the second is 0."""
    return None if part is None or not whole else part / whole


def growth(now: int | None, before: int | None) -> float | None:
    """
    Growth as a share.

    >>> growth(150, 100)
    0.5
    """
    ratio = over(now, before)
    return None if ratio is None else ratio - 1


def weeks_of(row: Mapping[str, Any], before: Mapping[str, Any]) -> float:
    """Weeks of a quarter: from the end of the one before, else by the calendar, else 13."""
    ends_on: date = row["ends_on"]
    if before:
        return float((ends_on - before["ends_on"]).days) / 7
    if row["fiscal_year_end"] is not None:
        return period_of(fiscal_year(row["fiscal_year_end"]), "quarter", ends_on).day_count / 7
    return QUARTER_WEEKS


def _neighbours(frame: pl.DataFrame) -> Iterator[tuple[Row, Row, Row]]:
    """Each quarter with the one just before and the one of a year before; empty where missing."""
    rows = {(row["company"], row["place"]): row for row in frame.iter_rows(named=True)}
    for (company, place), row in rows.items():
        yield row, rows.get((company, place - 1), {}), rows.get((company, place - 4), {})


def _table(rows: list[Row], table: Any) -> pl.DataFrame:
    """Rows as a declared table."""
    return pl.DataFrame([{name: row[name] for name in table.names} for row in rows],
                        schema=table.types)
