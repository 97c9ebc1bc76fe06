"""Rows of the tables that the ledger keeps as they are: their keys and their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.ledger.fields import Field, field_of
from headgate.tables.schema import BY_NAME

SETTINGS = "settings"
OWN_EVENTS = ("orders", "supply", "service_lines")
"""Tables whose rows have events of their own."""
ROW_TABLES: tuple[str, ...] = (*(name for name in BY_NAME if name not in OWN_EVENTS), SETTINGS)
"""Tables whose rows are set and removed as wholes, and the settings."""
NUMBERED = ("routing", "restrictions")
"""Tables without a key: a row's number stands in its key."""

_SETTINGS_FIELDS = (
    Field("name", "text", "what reports call the book"),
    Field("as_of", "date", "the day the plan is made for", required=True),
    Field("horizon_weeks", "whole", "number of weeks in which something can ship", low=1, high=520),
    Field("fiscal_year_end", "text", "the last day of the fiscal year"),
    Field("currency", "id", "the currency of every amount without one"),
    Field("policy", "object", "the table of policy settings"),
)


def fields_of_row(table: str) -> tuple[Field, ...]:
    """The fields of a `row_set` event of a table: its columns, and what headgate does not know."""
    if table == SETTINGS:
        return _SETTINGS_FIELDS
    return (*(field_of(column) for column in BY_NAME[table].columns),
            Field("extra", "object", "columns that headgate does not know, kept as they came"))


def line_key(order_id: str, line_no: int) -> str:
    """
    The key of an order line or a service line.

    >>> line_key("SO-4711", 1)
    'SO-4711/1'
    """
    return f"{order_id}/{line_no}"


def row_key(table: str, data: Mapping[str, Any], number: int = 1) -> str:
    """
    The key of a row of one of ROW_TABLES, from the values of the table's key.

    number : of a row of a table without a key, counted from 1; in routing within its item

    >>> row_key("bom", {"parent_id": "xe-b300", "component_id": "gpu-b300", "quantity": 8})
    'bom:xe-b300/gpu-b300/'
    >>> row_key("routing", {"item_id": "xe-b300"}, 2)
    'routing:xe-b300/2'
    """
    if table == SETTINGS:
        return f"{SETTINGS}:"
    if table in NUMBERED:
        parts = [data["item_id"], number] if table == "routing" else [number]
    else:
        parts = [data.get(BY_NAME[table].column(name).field) for name in BY_NAME[table].key]
    return f"{table}:" + "/".join(_escaped(part) for part in parts)


def _escaped(part: object) -> str:
    """One part of a key, in which no slash can be taken for the one between parts."""
    return "" if part is None else str(part).replace("%", "%25").replace("/", "%2F")
