"""Dates from text and from times of day, none of them guessed."""

from __future__ import annotations

import polars as pl

from headgate.tables.cells import Cells, erase, put, trimmed
from headgate.tables.settings import FIRST_DAY, LAST_DAY

_PLAIN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MIDNIGHT = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]00:00(:00(\.0+)?)?(Z|\+00:00)?$"
_WANTED = "must be a date as YYYY-MM-DD, such as 2026-03-09"


def dates(cells: Cells, text: pl.Series) -> pl.Series:
    """Days from text as Date; midnight of a day, as spreadsheets write it, is that day."""
    plain = text.str.contains(_PLAIN)
    rest = (~plain).arg_true()
    values = _parsed(text.set(~plain, None) if len(rest) else text)
    cells.fault("date", (plain & values.is_null()).arg_true(), _no_such_day)
    if len(rest):
        bare = trimmed(text.gather(rest)).str.replace(_MIDNIGHT, "${1}")
        good = bare.str.contains(_PLAIN)
        fixed = _parsed(bare.set(~good, None))
        values = put(values, rest, fixed)
        cells.fault("date", rest.filter(bare.is_not_null() & fixed.is_null()), _wording)
    return _within(cells, values)


def days_of_times(cells: Cells, times: pl.Series) -> pl.Series:
    """Days from a column of dates or of points in time, which must be midnights."""
    if times.dtype == pl.Date:
        return _within(cells, times)
    if not isinstance(times.dtype, pl.Datetime):
        cells.fault_whole("type", "must hold dates")
        return pl.Series([None], dtype=pl.Date).new_from_index(0, len(times))
    daytime = (times.dt.time().cast(pl.Int64) != 0).arg_true()
    cells.fault("date", daytime, f"has a time of day; {_WANTED}")
    return _within(cells, erase(times.dt.date(), daytime))


def _parsed(text: pl.Series) -> pl.Series:
    return text.str.to_date("%Y-%m-%d", strict=False)


def _within(cells: Cells, values: pl.Series) -> pl.Series:
    if values.null_count() == len(values):
        return values
    outside = ((values < FIRST_DAY) | (values > LAST_DAY)).arg_true()
    cells.fault("range", outside, f"must be a date from {FIRST_DAY} to {LAST_DAY}")
    return erase(values, outside)


def _no_such_day(_word: str) -> str:
    return "is no day of the calendar"


def _wording(word: str) -> str:
    """What to do, by what the cell looks like."""
    bare = word.strip()
    if bare.isdigit() and len(bare) == 5:
        return f"{_WANTED}; it looks like a spreadsheet's day number: format the cell as a date"
    if len(bare) > 10 and bare[:4].isdigit() and bare[4:5] == "-":
        return f"{_WANTED}, without a time of day"
    return _WANTED
