"""
Small books from terse rows, for tests that tell a story.

Weeks are counted from Monday 2026-02-02, bucket 0. What a row leaves out is filled with the
simplest value: one site (austin), one region (AMER), one customer (acme), no transit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import polars as pl

from headgate.tables.check import RawBook, RawTable, check_tables
from headgate.tables.frames import Tables
from headgate.tables.schema import BY_NAME, TABLES

AS_OF = date(2026, 2, 2)
SITE, REGION, CUSTOMER, SEGMENT = "austin", "AMER", "acme", "enterprise"

Row = Sequence[Any] | Mapping[str, Any]
"""A row: values in the order that `book` names, then, if wanted, a dictionary of further cells."""


class Story(NamedTuple):
    """Frames of a book in the public format (every column a text) and its settings."""

    frames: dict[str, pl.DataFrame]
    settings: dict[str, Any]

    def raw(self) -> RawBook:
        """The book as the reader of a folder of CSV files would hand it over."""
        tables = {name: RawTable(frame, f"{name}.csv", 2) for name, frame in self.frames.items()}
        return RawBook(tables, self.settings, ())

    def tables(self) -> Tables:
        """The checked book; raises IssuesError when the story breaks a rule."""
        return check_tables(self.raw())


def week(bucket: int, weekday: int = 0) -> date:
    """A day of a bucket; weekday 0 is Monday, 4 Friday."""
    return AS_OF + timedelta(days=7 * bucket + weekday)


def book(orders: Sequence[Row] = (), supply: Sequence[Row] = (), bom: Sequence[Row] = (),
         substitutes: Sequence[Row] = (), routing: Sequence[Row] = (),
         capacity: Sequence[Row] = (), lanes: Sequence[Row] = ((),),
         restrictions: Sequence[Row] = (), items: Sequence[Row] = (), rates: Sequence[Row] = (),
         quotas: Sequence[Row] = (), pins: Sequence[Row] = (), horizon: int = 8,
         **policy: Any) -> Story:
    """
    A book from rows of values in this order, whatever else a row needs in a last dictionary:

    orders       : item_id, pieces, requested week (the Friday is asked for); SO-1/1, SO-2/1, ...
    supply       : item_id, pieces, week (its Monday; 0 or before is on hand)
    bom          : parent_id, component_id, quantity (1)
    substitutes  : item_id, substitute_id, preference (1)
    routing      : item_id, resource_id, hours_per_unit, lead_days (0)
    capacity     : resource_id, hours of each week; with `week` in the dictionary of that one only
    lanes        : site_id, region, transit_days, cost_per_unit
    restrictions : item_id
    items        : item_id, unit_cost (10), kind; items that other rows name need no row here
    rates        : currency, rate
    quotas       : item_id, from_on (0), to_on (the last week); Q-1, Q-2, ...
    pins         : order_id (line 1), ship_on, quantity

    A number in a date column is a week and means its Monday, in `latest_on` and `promised_on` its
    Friday. Keywords beyond these are settings of the policy.

    >>> book([("server", 8, 1)], [("gpu", 6, 0)], [("server", "gpu", 8)]).frames["orders"].height
    1
    """
    rows = {
        "bom": [_row(row, ("parent_id", "component_id", "quantity"), quantity=1) for row in bom],
        "substitutes": [_row(row, ("item_id", "substitute_id", "preference"), preference=1)
                        for row in substitutes],
        "supply": [_row(row, ("item_id", "quantity", "available_on"), site_id=SITE,
                        available_on=0) for row in supply],
        "routing": [_row(row, ("item_id", "resource_id", "hours_per_unit", "lead_days"),
                         hours_per_unit=0, lead_days=0) for row in routing],
        "capacity": [cells for row in capacity for cells in _capacity(row, horizon)],
        "lanes": [_row(row, ("site_id", "region", "transit_days", "cost_per_unit"), site_id=SITE,
                       region=REGION, transit_days=0) for row in lanes],
        "orders": [_order(row, number) for number, row in enumerate(orders, start=1)],
        "restrictions": [_row(row, ("item_id",), reason="export control")
                         for row in restrictions],
        "rates": [_row(row, ("currency", "rate"), on=-1) for row in rates],
        "quotas": [_row(row, ("item_id", "from_on", "to_on"), quota_id=f"Q-{number}", from_on=0,
                        to_on=horizon - 1) for number, row in enumerate(quotas, start=1)],
        "pins": [_row(row, ("order_id", "ship_on", "quantity"), line_no=1, site_id=SITE,
                      reason="held") for row in pins],
    }
    rows["items"] = _items(items, rows)
    rows["sites"] = [{"site_id": site} for site in sorted(
        {row["site_id"] for name in ("lanes", "supply", "capacity", "orders")
         for row in rows[name] if row.get("site_id") is not None})]
    settings = {"name": "a story", "as_of": AS_OF, "horizon_weeks": horizon,
                "policy": {"objective": "rank", **policy}}
    return Story({table.name: _frame(table.name, rows[table.name]) for table in TABLES
                  if rows.get(table.name) or table.required}, settings)


def _row(row: Row, names: Sequence[str], **defaults: Any) -> dict[str, Any]:
    """A row's cells by name: defaults, then values in order, then its last dictionary."""
    if isinstance(row, Mapping):
        return {**defaults, **row}
    values = list(row)
    further = values.pop() if values and isinstance(values[-1], Mapping) else {}
    return {**defaults, **dict(zip(names, values, strict=False)), **further}


def _order(row: Row, number: int) -> dict[str, Any]:
    cells = _row(row, ("item_id", "quantity", "requested_on"), order_id=f"SO-{number}", line_no=1,
                 customer_id=CUSTOMER, segment=SEGMENT, region=REGION, unit_price=100,
                 booked_on=-6, requested_on=0)
    for name in ("requested_on", "latest_on", "promised_on"):
        if isinstance(cells.get(name), int):
            cells[name] = week(cells[name], 4)
    return cells


def _capacity(row: Row, horizon: int) -> list[dict[str, Any]]:
    """A resource's hours in one week, or alike in every week."""
    cells = _row(row, ("resource_id", "hours"), site_id=SITE)
    only = cells.pop("week", None)
    return [{**cells, "starts_on": bucket}
            for bucket in (range(horizon) if only is None else [only])]


def _items(given: Sequence[Row], rows: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """A row for every item that is named anywhere: a server when it has a BOM, else a component."""
    parents = {row["parent_id"] for row in rows["bom"]}
    named: dict[str, dict[str, Any]] = {row[column]: {} for table, columns in (
        ("bom", ("parent_id", "component_id")), ("supply", ("item_id",)),
        ("orders", ("item_id",)), ("substitutes", ("item_id", "substitute_id")))
        for row in rows[table] for column in columns}
    for row in given:
        cells = _row(row, ("item_id", "unit_cost", "kind"))
        named[cells["item_id"]] = cells
    return [{"item_id": item, "unit_cost": 10,
             "kind": "server" if item in parents else "component", **cells}
            for item, cells in sorted(named.items())]


def _frame(name: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as a frame of texts; columns that no row fills are left out unless required."""
    columns = [column for column in BY_NAME[name].columns
               if column.required or any(row.get(column.name) is not None for row in rows)]
    return pl.DataFrame({column.name: [_text(row.get(column.name), column.kind) for row in rows]
                         for column in columns},
                        schema={column.name: pl.String for column in columns})


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if kind == "date" and isinstance(value, int):
        return week(value).isoformat()
    return str(value)
