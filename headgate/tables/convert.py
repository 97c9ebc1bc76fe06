"""One column from how it was read to its type, with every faulty cell reported."""

from __future__ import annotations

from typing import Any

import polars as pl

from headgate.base.money import MAX_CENTS, cents_of_text, text_of_cents
from headgate.tables import numbers
from headgate.tables.cells import Cells, erase, put, trimmed
from headgate.tables.dates import dates, days_of_times
from headgate.tables.findings import Findings, Sheet
from headgate.tables.names import choices, flags, ids, item_lists
from headgate.tables.schema import MAX_QUANTITY, MICRO, UNLIMITED_MICRO, Column, Kind

TYPES: dict[Kind, Any] = {
    "id": pl.String, "text": pl.String, "choice": pl.String, "flag": pl.Boolean,
    "quantity": pl.Int64, "days": pl.Int64, "rank": pl.Int64, "money": pl.Int64,
    "hours": pl.Int64, "ratio": pl.Int64, "date": pl.Date, "ids": pl.List(pl.String),
}
"""The type of each kind in `Tables.frames`."""


def empty_column(column: Column, height: int) -> pl.Series:
    """A column of nulls of the right name and type, for one that is not there."""
    return pl.Series(column.field, [None], dtype=TYPES[column.kind]).new_from_index(0, height)


def filled_column(column: Column, height: int) -> pl.Series:
    """What an optional column means that a table leaves out."""
    blank = pl.Series(column.field, [_default(column)], dtype=TYPES[column.kind])
    return blank.new_from_index(0, height)


def converted(raw: pl.Series, column: Column, sheet: Sheet, findings: Findings) -> pl.Series:
    """
    The column under its inner name and type, blanks filled with the default.

    A cell with a fault is null. So is a blank one without default, which is reported where the
    column requires a value.
    """
    cells = Cells(sheet, column, raw, findings)
    values = _typed(cells, raw)
    if values.null_count():
        blank = values.is_null()
        faulty = cells.faulty_rows
        if len(faulty):
            blank = put(blank, faulty, pl.Series([False] * len(faulty)))
        if column.required:
            findings.rows(sheet, column.name, "blank", blank.arg_true(), _blank_wording(column),
                          pl.Series([None], dtype=pl.String).new_from_index(0, len(raw)))
        elif column.default is not None:
            values = values.set(blank, _default(column))
    # The parser leaves a piece for each of its blocks; in one, all that follows is quicker.
    return values.rechunk().alias(column.field)


def _blank_wording(column: Column) -> str:
    return f"must be given, such as {column.example}"


def _default(column: Column) -> Any:
    """What a blank cell means, as a typed value; None when it means no value."""
    if column.kind == "ids":
        return []
    if column.default is None:
        return None
    if column.kind == "flag":
        return column.default == "yes"
    if column.kind == "money":
        return cents_of_text(column.default)
    return column.default if TYPES[column.kind] == pl.String else int(column.default)


def _typed(cells: Cells, raw: pl.Series) -> pl.Series:
    """The values of a column of any type; nulls where blank or faulty."""
    column, kind = cells.column, cells.column.kind
    if raw.dtype in (pl.Categorical, pl.Enum) or raw.dtype == pl.Null:
        raw = raw.cast(pl.String)
    if raw.dtype == pl.Binary:
        raw = _decoded(raw)
    if kind == "ids" and isinstance(raw.dtype, pl.List):
        raw = _joined(raw)
    if raw.dtype.is_nested() or raw.dtype in (pl.Binary, pl.Object):
        cells.fault_whole("type", "must hold single values, one in each row")
        return empty_column(column, len(raw))
    if kind in ("quantity", "days", "rank"):
        return _whole(cells, raw)
    if kind == "money":
        cents = (numbers.money_of_floats(cells, raw) if raw.dtype.is_float() else
                 numbers.money(cells, _as_text(raw)))
        low = None if column.low is None else column.low * 100
        high = MAX_CENTS if column.high is None else column.high * 100
        return numbers.within(cells, cents, low, high, text_of_cents)
    if kind in ("hours", "ratio"):
        return _micro(cells, raw)
    if kind == "date":
        return days_of_times(cells, raw) if raw.dtype.is_temporal() else dates(cells,
                                                                               _as_text(raw))
    if kind == "flag":
        return raw if raw.dtype == pl.Boolean else flags(cells, _as_text(raw))
    if kind == "choice":
        return choices(cells, _as_text(raw))
    if kind == "ids":
        return item_lists(_as_text(raw))
    text = _as_text(raw)
    if kind == "text":
        return trimmed(text)
    if raw.dtype.is_temporal() or raw.dtype == pl.Boolean:
        cells.fault_whole("type", "must hold ids as text; a spreadsheet may have changed them")
        return empty_column(column, len(raw))
    if raw.dtype.is_float():
        endless = (~raw.is_finite()).arg_true()
        cells.fault("finite", endless, "must be an id; use null for a missing one")
        text = erase(text, endless)
    return ids(cells, text)


def _whole(cells: Cells, raw: pl.Series) -> pl.Series:
    low, high = cells.column.low, cells.column.high or MAX_QUANTITY
    if raw.dtype.is_integer():
        values = raw.cast(pl.Int64, strict=False)
        cells.fault("range", (raw.is_not_null() & values.is_null()).arg_true(),
                    f"must be a whole number <= {high:,}")
    elif raw.dtype.is_float():
        values = numbers.whole_of_floats(cells, raw)
    else:
        values = numbers.whole_numbers(cells, _as_text(raw))
    return numbers.within(cells, values, low, high, lambda limit: f"{limit:,}")


def _micro(cells: Cells, raw: pl.Series) -> pl.Series:
    column = cells.column
    values = numbers.millionths(cells, _as_text(raw))
    # A ratio must be above its low end, so the least that it can be is one millionth.
    low = 1 if column.kind == "ratio" else (column.low or 0) * MICRO
    unlimited = (values == UNLIMITED_MICRO).arg_true()
    limited = numbers.within(cells, erase(values, unlimited), low, (column.high or 1) * MICRO,
                             lambda limit: f"{limit / MICRO:,.6f}".rstrip("0").rstrip("."))
    return put(limited, unlimited, values.gather(unlimited))


def _as_text(raw: pl.Series) -> pl.Series:
    """Any column of single values as text, the way a file would hold it."""
    if raw.dtype == pl.String:
        return raw
    if raw.dtype.is_decimal():
        # The type's scale pads with zeros that say nothing: 8.000 here is eight.
        text = raw.cast(pl.String)
        return text.str.replace(r"(\.[0-9]*?)0+$", "${1}").str.replace(r"\.$", "")
    if raw.dtype.is_float():
        whole = raw.is_finite() & (raw == raw.round()) & (raw.abs() < 2.0**53)
        return pl.select(pl.when(whole).then(raw.cast(pl.Int64, strict=False).cast(pl.String))
                         .otherwise(raw.cast(pl.String))).to_series()
    return raw.cast(pl.String)


def _decoded(data: pl.Series) -> pl.Series:
    """Bytes as the text they hold, or unchanged where one of them is no UTF-8."""
    try:
        return data.cast(pl.String)
    except pl.exceptions.PolarsError:
        return data


def _joined(lists: pl.Series) -> pl.Series:
    """Lists of ids as the text that a file would hold."""
    return lists.cast(pl.List(pl.String)).list.join(";", ignore_nulls=True)
