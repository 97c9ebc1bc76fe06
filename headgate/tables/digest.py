"""The fingerprint of a book: equal content gives equal digests, in any row order or file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from headgate.tables.frames import Settings
from headgate.tables.schema import TABLES, Column, Table

BLANK = -(2**63)
"""Stands for a blank number; no cell may hold it."""
LATER = ("pins",)
"""Tables that came with a later format: empty ones do not count, so older books keep theirs."""


def digest_of(frames: Mapping[str, pl.DataFrame], settings: Settings) -> str:
    """
    sha256 of a book's declared content, in hexadecimal.

    Rows are put into the order of their key first (of all columns where a table has none; the
    steps of one item in `routing` keep theirs). What does not count: unknown columns, the book's
    name, and the policy, which a plan records by itself.

    frames : as in `Tables.frames`
    """
    whole = hashlib.sha256(b"headgate book 1\n")
    whole.update(json.dumps([settings.as_of.isoformat(), settings.horizon_weeks,
                             settings.fiscal_year_end, settings.currency]).encode())
    for table in TABLES:
        frame = frames[table.name]
        if table.name in LATER and frame.is_empty():
            continue
        order = _order(table, frame)
        whole.update(f"\n{table.name} {frame.height}\n".encode())
        for column in table.columns:
            _add_column(whole, column, frame.get_column(column.field), order)
    return whole.hexdigest()


def _order(table: Table, frame: pl.DataFrame) -> pl.Series | None:
    """Row numbers in the order of the table's key; None when the rows stand so already."""
    fields = [table.column(name).field for name in table.key]
    if table.name == "routing":
        order = frame.with_row_index("row").sort("item_id", "row")["row"]
    else:
        order = frame.select(pl.arg_sort_by(
            fields or [column.field for column in table.columns])).to_series()
    return None if bool((order.diff().slice(1) == 1).all()) else order


def _add_column(whole: Any, column: Column, values: pl.Series, order: pl.Series | None) -> None:
    """
    Adds a column's bytes: a number in eight bytes, a text as its length and its letters.

    A column that is the same in every row, such as an optional one that nobody fills, is added
    once with a mark of its own: most columns of a large book are, and time is saved.
    """
    whole.update(f"{column.field}\n".encode())
    if values.dtype == pl.List(pl.String):
        values = values.list.join("\x00")
    if values.dtype != pl.String:
        values = values.to_physical().cast(pl.Int64).fill_null(BLANK)
        if len(values) and values.min() == values.max():
            whole.update(b"all ")
            values, order = values.head(1), None
        numbers = values.to_numpy()
        numbers = numbers if order is None else numbers[order.to_numpy()]
        whole.update(numbers.astype("<i8", copy=False).data)
        return
    if values.null_count() == len(values):
        whole.update(b"blank\n")
        return
    if order is not None:
        values = values.gather(order)
    lengths = values.str.len_bytes().cast(pl.Int64).fill_null(BLANK)
    whole.update(lengths.to_numpy().astype("<i8", copy=False).data)
    whole.update(values.drop_nulls().str.join("").item().encode())
