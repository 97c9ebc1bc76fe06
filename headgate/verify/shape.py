"""The shape of a plan's tables: columns, types, blanks, known ids, dates, ranges, row order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.plan_schema import PLAN_TABLES, PlanColumn, PlanTable
from headgate.verify.facts import Book, days_of, places, weeks_of, whole
from headgate.verify.market import PART, RESOURCE
from headgate.verify.prices import code_prices
from headgate.verify.quotas import Quotas
from headgate.verify.rules import Findings, cell, same
from headgate.verify.supply import Supply

Longs = NDArray[np.int64]

MAX_CELL = 10**15
"""Largest piece count of one cell: a million supply rows of the largest quantity."""
LOWEST = {"quantity": 1, "line_no": 1, "place": 1}
"""Whole numbers of a row that is only there if they are at least so large; all others from 0."""
LOWEST_PRICE = {"prices": 1}
"""A price of 0 is said by having no row among the prices; elsewhere it is a figure."""
WEEK_COLUMNS = {"allocations": ("ship_on",), "consumption": ("drawn_on",),
                "pegging": ("drawn_on",), "shortages": ("week",), "prices": ("week",),
                "reliefs": ("week",)}
"""Columns that name one of the planned weeks by its Monday; all other dates are recomputed."""


@dataclass(frozen=True, slots=True)
class Coded:
    """
    The plan's tables with ids as numbers and weeks as buckets; a blank id is -1.

    allocations : line, item, site, ship, arrive_day, quantity
    consumption : item, site, drawn, quantity, stood, lead_days
    pegging     : line, item, site, drawn, reference, quantity, stood, lead_days
    promises    : line
    shortages   : kind (0 part, 2 resource), id, site, week
    prices      : kind (1 quota), id, site, customer, week, price
    reliefs     : place, kind, id, site, week, quantity
    """

    allocations: dict[str, Longs]
    consumption: dict[str, Longs]
    pegging: dict[str, Longs]
    promises: dict[str, Longs]
    shortages: dict[str, Longs]
    prices: dict[str, Longs]
    reliefs: dict[str, Longs]


def check_shape(frames: Mapping[str, pl.DataFrame], book: Book, supply: Supply, quotas: Quotas,
                findings: Findings) -> Coded | None:
    """The coded tables; None when a table is not shaped as declared (and nothing can be proven)."""
    present = [table for table in PLAN_TABLES if _has_columns(frames, table, findings)]
    if len(present) < len(PLAN_TABLES):
        return None
    for table in PLAN_TABLES:
        _check_cells(frames[table.name], table, findings)
    if findings:
        return None
    coded = _code(frames, book, supply, quotas)
    for table in PLAN_TABLES:
        _check_weeks(frames[table.name], table.name, book, findings)
        _check_known(frames[table.name], table.name, getattr(coded, table.name), findings)
    for name in ("consumption", "pegging"):
        _check_lead_days(name, getattr(coded, name), book, findings)
    if findings:
        return None
    for table in PLAN_TABLES:
        _check_order(getattr(coded, table.name), table, findings)
    return None if findings else coded


def _has_columns(frames: Mapping[str, pl.DataFrame], table: PlanTable,
                 findings: Findings) -> bool:
    """Whether a table is there with the declared columns and types."""
    if table.name not in frames:
        findings.add("check.table.missing", table.name, "must be part of every plan")
        return False
    frame = frames[table.name]
    if tuple(frame.columns) != table.names:
        findings.add("check.table.column", table.name,
                     f"must be the columns {', '.join(table.names)}, in this order",
                     value=", ".join(frame.columns))
        return False
    fits = True
    for name, kind in table.types.items():
        if frame.schema[name] != kind:
            fits = False
            findings.add("check.table.type", table.name, f"must be of type {kind}", column=name,
                         value=frame.schema[name])
    return fits


def _check_cells(frame: pl.DataFrame, table: PlanTable, findings: Findings) -> None:
    """Blanks only where they mean something, and numbers in their ranges."""
    for column in table.columns:
        cells = frame[column.name]
        if not column.blank:
            findings.add_rows("check.table.blank", table.name, column.name,
                              cells.is_null().arg_true().to_numpy(), cell(cells),
                              same(f"must not be blank: {column.meaning}"))
        if column.kind == "text":
            findings.add_rows("check.table.blank", table.name, column.name,
                              (cells == "").arg_true().to_numpy(), same('""'),
                              same("must be blank or a text of at least one character"))
        _check_range(cells, column, table.name, findings)


def _check_range(cells: pl.Series, column: PlanColumn, table: str, findings: Findings) -> None:
    if column.kind == "whole":
        low = LOWEST_PRICE.get(table, 0) if column.name == "price_cents" else LOWEST.get(
            column.name, 0)
        outside = (cells < low) | (cells > MAX_CELL)
        expected = f"must be a whole number from {low} to {MAX_CELL}"
    elif column.kind == "hours":
        outside = ~(cells.is_finite() & (cells >= 0))
        expected = "must be a number of at least 0"
    else:
        return
    findings.add_rows("check.table.range", table, column.name,
                      outside.fill_null(False).arg_true().to_numpy(), cell(cells),
                      same(expected))


def _code(frames: Mapping[str, pl.DataFrame], book: Book, supply: Supply,
          quotas: Quotas) -> Coded:
    ids, calendar = book.ids, book.calendar

    def line(frame: pl.DataFrame) -> Longs:
        return book.lines.find(places(frame["order_id"], book.lines.orders),
                               whole(frame["line_no"]))

    def week(column: pl.Series) -> Longs:
        return calendar.bucket(days_of(column, 0))

    def common(frame: pl.DataFrame, day: str) -> dict[str, Longs]:
        return {"item": places(frame["item_id"], ids.items),
                "site": places(frame["site_id"], ids.sites),
                "ship" if day == "ship_on" else "drawn": week(frame[day]),
                "quantity": whole(frame["quantity"])}

    def draw(frame: pl.DataFrame) -> dict[str, Longs]:
        return {**common(frame, "drawn_on"), "stood": places(frame["stood_in_for"], ids.items),
                "lead_days": whole(frame["lead_days"])}

    def scarce(frame: pl.DataFrame) -> dict[str, Longs]:
        part = (frame["kind"] == "part").to_numpy()
        resource = (frame["kind"] == "resource").to_numpy()
        return {"kind": np.where(part, PART, np.where(resource, RESOURCE, -1)),
                "id": np.where(part, places(frame["id"], ids.items),
                               places(frame["id"], ids.resources)),
                "site": places(frame["site_id"], ids.sites), "week": week(frame["week"])}

    allocations, pegging, reliefs = (
        frames[name] for name in ("allocations", "pegging", "reliefs"))
    return Coded(
        allocations={"line": line(allocations), **common(allocations, "ship_on"),
                     "arrive_day": days_of(allocations["arrive_on"], 0)},
        consumption=draw(frames["consumption"]),
        pegging={"line": line(pegging), **draw(pegging),
                 "reference": places(pegging["reference"], supply.references)},
        promises={"line": line(frames["promises"])},
        shortages=scarce(frames["shortages"]),
        prices=code_prices(frames["prices"], book, quotas),
        reliefs={"place": whole(reliefs["place"]), **scarce(reliefs),
                 "quantity": whole(reliefs["quantity"])})


def _check_weeks(frame: pl.DataFrame, table: str, book: Book, findings: Findings) -> None:
    """Weeks are named by their Mondays and lie within the horizon."""
    calendar = book.calendar
    last = calendar.day(calendar.horizon - 1)
    for name in WEEK_COLUMNS.get(table, ()):
        days = days_of(frame[name], 0)
        bucket = calendar.bucket(days)
        wrong = ((days - calendar.monday) % 7 != 0) | (bucket < 0) | (bucket >= calendar.horizon)
        findings.add_rows("check.table.date", table, name, np.flatnonzero(wrong),
                          cell(frame[name]),
                          same(f"must be a Monday from {calendar.day(0)} to {last}"))


def _check_lead_days(table: str, codes: Mapping[str, Longs], book: Book,
                     findings: Findings) -> None:
    """A draw and its lead days lead to a shipment within the planned weeks."""
    days, horizon = codes["lead_days"], book.calendar.horizon
    beyond = codes["drawn"] + weeks_of(days) >= horizon
    findings.add_rows("check.table.lead_time", table, "lead_days", np.flatnonzero(beyond),
                      lambda row: days[row],
                      same(f"must lead to a shipment in the {horizon} planned weeks"))


KNOWN = {"line": ("order_id", "order lines"), "item": ("item_id", "items"),
         "site": ("site_id", "sites"), "stood": ("stood_in_for", "items"),
         "reference": ("reference", "references of supply"),
         "id": ("id", "items, resources or quotas"),
         "kind": ("kind", "words for what is named"),
         "customer": ("reserved_for", "customers")}


def _check_known(frame: pl.DataFrame, table: str, codes: Mapping[str, Longs],
                 findings: Findings) -> None:
    """Every id stands in the book; a blank was looked at before."""
    for name, (column, what) in KNOWN.items():
        if name not in codes:
            continue
        unknown = (codes[name] < 0) & frame[column].is_not_null().to_numpy()
        findings.add_rows("check.table.unknown", table, column, np.flatnonzero(unknown),
                          _line_of(frame) if name == "line" else cell(frame[column]),
                          same(f"must be one of the book's {what}"))


def _line_of(frame: pl.DataFrame) -> Callable[[int], str]:
    return lambda row: f"{frame['order_id'][row]}/{frame['line_no'][row]}"


KEYS = {"order_id": "line", "item_id": "item", "site_id": "site", "ship_on": "ship",
        "drawn_on": "drawn", "stood_in_for": "stood", "reserved_for": "customer"}
"""Key columns under their coded names; `line` stands for order_id and line_no together."""


def _check_order(codes: Mapping[str, Longs], table: PlanTable, findings: Findings) -> None:
    keys = [codes[KEYS.get(name, name)] for name in table.key if name != "line_no"]
    falling, equal = out_of_order(keys)
    by = ", ".join(table.key)
    findings.add_rows("check.table.order", table.name, None, falling,
                      lambda _: None, same(f"must stand in the order of {by}"))
    findings.add_rows("check.table.duplicate", table.name, None, equal,
                      lambda _: None, same(f"must not repeat the key ({by}) of the row above"))


def out_of_order(keys: list[Longs]) -> tuple[Longs, Longs]:
    """
    The rows that belong before the row above, and the rows that repeat the key of the row above.

    keys : columns of equal length, the first is compared first
    """
    if len(keys[0]) < 2:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty
    falls = np.zeros(len(keys[0]) - 1, dtype=np.bool_)
    equal = np.ones(len(keys[0]) - 1, dtype=np.bool_)
    for key in keys:
        falls |= equal & (key[1:] < key[:-1])
        equal &= key[1:] == key[:-1]
    return np.flatnonzero(falls) + 1, np.flatnonzero(equal) + 1
