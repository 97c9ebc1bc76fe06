"""A small book to start from: the examples of the schema, and what they need to be a book."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from headgate.tables.schema import BY_NAME, TABLES

AS_OF = date(2026, 2, 2)
WEEKS = 26


def sample_book() -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """
    Frames of every table, all columns as texts, and the settings; the check finds no error in it.

    The first row of each table shows the schema's examples. Every column has a value somewhere.
    """
    rows = {
        "items": _items(),
        "bom": [_shown("bom"), _row(parent_id="xe-b300", component_id="dimm-64-a", quantity=32)],
        "substitutes": [_shown("substitutes")],
        "sites": [_shown("sites")],
        "supply": _supply(),
        "capacity": [_shown("capacity", starts_on=AS_OF + timedelta(weeks=week))
                     for week in range(WEEKS)],
        "routing": [_shown("routing")],
        "lanes": [_shown("lanes"), _row(site_id="austin", region="AMER", transit_days=4)],
        "orders": [
            _shown("orders"),
            _row(order_id="SO-4712", line_no=1, customer_id="cust-002", segment="neocloud",
                 region="AMER", item_id="xe-b300", quantity=8, unit_price="362000.00",
                 booked_on="2025-12-08", requested_on="2026-03-27", currency="EUR")],
        "pins": [_shown("pins"), _shown(
            "pins", order_id="SO-4712", ship_on="2026-03-23", quantity=None)],
        "quotas": [_shown("quotas", family=None),
                   _shown("quotas", quota_id="Q-EMEA-8GPU", item_id=None)],
        "restrictions": [_shown("restrictions", item_id="xe-h200", family=None),
                         _shown("restrictions", item_id=None, family="XE-H200")],
        "service_lines": [_shown("service_lines")],
        "rates": [_shown("rates")],
    }
    frames = {table.name: pl.DataFrame(
        {name: [row.get(name) for row in rows[table.name]] for name in table.names},
        schema=dict.fromkeys(table.names, pl.String)) for table in TABLES}
    settings = {"name": "Sample", "as_of": AS_OF, "horizon_weeks": WEEKS,
                "fiscal_year_end": "FRI nearest 01-31", "currency": "USD",
                "policy": {"objective": "value"}}
    return frames, settings


def _shown(table: str, **changes: Any) -> dict[str, str | None]:
    """A row of the schema's examples with some cells changed."""
    examples = {column.name: column.example for column in BY_NAME[table].columns}
    return {**examples, **_row(**changes)}


def _row(**cells: Any) -> dict[str, str | None]:
    """A row as texts; cells that are not named are blank."""
    return {name: None if value is None else str(value) for name, value in cells.items()}


def _items() -> list[dict[str, str | None]]:
    return [
        _shown("items", term_months=None),
        _row(item_id="xe-b200", kind="server", unit_cost="268000.00", family="XE-8GPU"),
        _row(item_id="xe-h200", kind="server", unit_cost="214000.00", family="XE-H200"),
        _row(item_id="gpu-b300", kind="component", unit_cost="33000.00"),
        _row(item_id="dimm-64-a", kind="component", unit_cost="410.00"),
        _row(item_id="dimm-64-b", kind="component", unit_cost="445.00"),
        _row(item_id="support-3y", kind="service", unit_cost="0", standalone_price="1500.00",
             term_months=36),
    ]


def _supply() -> list[dict[str, str | None]]:
    def there(item: str, quantity: int) -> dict[str, str | None]:
        return _row(item_id=item, site_id="austin", available_on="2026-01-30", quantity=quantity,
                    status="on_hand")

    return [_shown("supply"), there("gpu-b300", 320), there("dimm-64-a", 1600),
            there("dimm-64-b", 800), there("xe-b200", 2), there("xe-h200", 2)]
