"""The tables under change, how rows are selected in them, and why a change is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from headgate.base.issue import Issue, near_miss
from headgate.scenarios.scenario import Change
from headgate.tables.convert import TYPES, filled_column
from headgate.tables.frames import Settings
from headgate.tables.schema import BY_NAME


class RefusedError(Exception):
    """A change that cannot be made; carries why."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(issue.text())


@dataclass(slots=True)
class Draft:
    """A book's typed tables, of which each change replaces some; frames are never edited."""

    frames: dict[str, pl.DataFrame]
    settings: Settings

    @property
    def as_of(self) -> date:
        """The day the plan is made for."""
        return self.settings.as_of

    def put(self, table: str, mask: pl.Series, **columns: pl.Series | pl.Expr) -> None:
        """Give the rows of a mask new cells; a series holds one cell for each of those rows."""
        frame = self.frames[table]
        rows = mask.arg_true()
        fresh = []
        for name, cells in columns.items():
            values = cells if isinstance(cells, pl.Series) else frame.filter(mask).select(
                cells.alias(name)).to_series()
            old = frame.get_column(name)
            fresh.append(_scattered(old, rows, values.cast(old.dtype)))
        self.frames[table] = frame.with_columns(fresh)

    def drop(self, table: str, mask: pl.Series) -> None:
        """Take the rows of a mask out."""
        self.frames[table] = self.frames[table].filter(~mask)

    def add(self, table: str, cells: Sequence[dict[str, Any]]) -> None:
        """
        Add rows at the end of a table.

        cells : typed values by `Column.field`; what a row leaves out is what a blank cell means
        """
        frame = self.frames[table]
        columns = []
        for column in BY_NAME[table].columns:
            blank = filled_column(column, 1)[0]
            columns.append(pl.Series(column.field, [row.get(column.field, blank) for row in cells],
                                     dtype=TYPES[column.kind]))
        rows = pl.DataFrame(columns)
        extra = [pl.Series(name, [None] * len(cells), dtype=frame.schema[name])
                 for name in frame.columns if name not in rows.columns]
        self.frames[table] = pl.concat([frame, rows.with_columns(extra).select(frame.columns)])


def _scattered(old: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    if isinstance(old.dtype, pl.List):
        # Lists cannot be scattered; such a column is put together anew.
        cells = old.to_list()
        for row, value in zip(rows, values.to_list(), strict=True):
            cells[row] = value
        return pl.Series(old.name, cells, dtype=old.dtype)
    return old.clone().scatter(rows, values)


def fields_of(table: str, change: Change, without: Sequence[str] = ()) -> dict[str, Any]:
    """The given fields of a change that are columns of a table, by `Column.field`."""
    return {column.field: change.values[column.name] for column in BY_NAME[table].columns
            if column.name in change.values and column.name not in without}


def selected(draft: Draft, change: Change, table: str, names: Sequence[str]) -> pl.Series:
    """
    A mask of the rows that the given fields of a change select, all of them together.

    names : the fields that select, of which at least one is given: columns of the table, `family`
            of the row's item, and from_on and to_on for the day on which supply is available
    raises RefusedError : there is no such row
    """
    mask = draft.frames[table].select(pl.all_horizontal(
        _condition(draft, name, change.values[name]) for name in names
        if name in change.values).fill_null(False).alias("mask")).to_series()
    if not bool(mask.any()):
        raise nothing(change, table, names)
    return mask


def _condition(draft: Draft, name: str, value: Any) -> pl.Expr:
    if name == "family":
        items = draft.frames["items"].filter(pl.col("family") == value)["item_id"]
        return pl.col("item_id").is_in(items.implode())
    if name == "from_on":
        return pl.col("available_on").ge(value)
    if name == "to_on":
        return pl.col("available_on").le(value)
    return (status_of(draft) if name == "status" else pl.col(name)).eq(value)


def nothing(change: Change, table: str, names: Sequence[str]) -> RefusedError:
    """Why a change that no row answers to is refused."""
    given = [f"{name} = {change.values[name]}" for name in names if name in change.values]
    return RefusedError(change.issue(
        "scenario.match.nothing", f"no row of {table} has "
        f"{'both ' if len(given) == 2 else 'all of ' if len(given) > 2 else ''}"
        f"{' and '.join(given)}; loosen or correct it", None, change.kind.name))


def status_of(draft: Draft) -> pl.Expr:
    """The status of supply rows, a blank one as the book reads it."""
    return pl.col("status").fill_null(
        pl.when(pl.col("available_on") <= draft.as_of).then(pl.lit("on_hand"))
        .otherwise(pl.lit("committed")))


def unknown_ids(draft: Draft, change: Change) -> list[Issue]:
    """A fault for each id of a change that the book does not have."""
    issues = []
    for field in change.kind.fields:
        if not field.known or field.name not in change.values:
            continue
        value = change.values[field.name]
        names = pl.concat([draft.frames[table].get_column(column) for table, column in field.known]
                          ).drop_nulls().unique()
        if not bool((names == value).any()):
            tables = " or ".join(dict.fromkeys(table for table, _ in field.known))
            issues.append(change.issue("scenario.id.unknown", f"is not in {tables}"
                                       + near_miss(value, names.sort().to_list()), field.name,
                                       value))
    return issues


def unknown_in(draft: Draft, changes: Sequence[Change]) -> list[Issue]:
    """
    A fault for each id of changes, not all of which could be read, that the book does not have.

    What one of them may bring into the book is not told.
    """
    brought = {str(value) for change in changes for name, value in change.values.items()
               if name not in {field.name for field in change.kind.fields if field.known}}
    return [issue for change in changes for issue in unknown_ids(draft, change)
            if issue.value not in brought]


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def scaled(amounts: pl.Series, hundredths: int) -> pl.Series:
    """
    Amounts changed by a percentage, given in hundredths of a percent, rounded half to even.

    >>> scaled(pl.Series([1001, 1003]), 5000).to_list()
    [1502, 1504]
    """
    factor = 10_000 + hundredths
    values = []
    for amount in amounts:
        whole, rest = divmod(amount * factor, 10_000)
        values.append(whole + (rest > 5000 or (rest == 5000 and whole % 2 == 1)))
    return pl.Series(amounts.name, values, dtype=pl.Int64)


def counted(number: int, noun: str) -> str:
    """A count with its noun, such as `1,200 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
