"""The table under check, and the list of what was found in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import polars as pl

from headgate.base.issue import Issue, Severity, errors_of
from headgate.base.money import text_of_cents
from headgate.tables.codes import issue_of, rule_of
from headgate.tables.schema import Table

SHOWN_ROWS: dict[Severity, int] = {"error": 20, "warning": 3}
"""Rows that are reported one by one; what is beyond them is counted."""

Wording = str | Callable[[str], str]
"""What was expected, or a function that says it of the value found."""


@dataclass(slots=True)
class Sheet:
    """
    One table under check.

    frame   : the declared columns, typed; null where a cell is blank without a default or faulty
    extra   : the unknown columns as they came
    present : False when the book has no such table
    whole   : False when rows could not be read, or the table is there but not readable
    missing : required columns that are not there
    """

    table: Table
    file: str
    frame: pl.DataFrame
    extra: tuple[pl.Series, ...] = ()
    first_row: int = 2
    lines: pl.Series | None = None
    present: bool = True
    whole: bool = True
    missing: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> pl.Series:
        return self.frame.get_column(self.table.column(name).field)

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    def proves(self, column: str) -> bool:
        """
        Whether an id that is not found in that column is certainly unknown.

        It is not where rows, the column or the whole table could not be read, which is reported
        as such; nor where a required table is empty, as otherwise every id would be reported. Only
        orders may be empty: nothing is reported of that, so what refers to one is.
        """
        return self.whole and column not in self.missing and not (
            self.table.required and self.frame.is_empty()
            and not (self.name == "orders" and self.present))

    def line_of(self, row: int) -> int:
        """The editor's line number of a row."""
        return self.first_row + row if self.lines is None else int(self.lines[row])

    def where(self, condition: pl.Expr) -> pl.Series:
        """Rows in which a condition is true; blank and faulty cells make it neither."""
        return self.frame.select(pl.arg_where(condition)).to_series()


@dataclass(slots=True)
class Findings:
    """What was found so far, in the order it was found."""

    issues: list[Issue] = field(default_factory=list)

    @property
    def stops(self) -> bool:
        """Whether there is an error among them."""
        return bool(errors_of(self.issues))

    def sound(self, *tables: str) -> bool:
        """Whether no error was found in any of the tables so far."""
        return not {issue.code.split(".")[0] for issue in errors_of(self.issues)} & set(tables)

    def add(self, code: str, file: str, expected: str, *, row: int | None = None,
            column: str | None = None, value: str | None = None, count: int = 1) -> None:
        """One issue."""
        self.issues.append(issue_of(code, file, expected, row=row, column=column, value=value,
                                    count=count))

    def rows(self, sheet: Sheet, column: str, rule: str, rows: pl.Series, expected: Wording,
             values: pl.Series | None = None) -> None:
        """
        One issue for each of the first faulty rows, then one that counts the others.

        Of the others each unknown id is reported once, so that the hundredth is seen too.

        rows   : row numbers, rising
        values : the column to show, as long as the table; the sheet's own when None
        """
        if rows.is_empty():
            return
        code = f"{sheet.name}.{column}.{rule}"
        shown = sheet[column] if values is None else values
        limit = SHOWN_ROWS[rule_of(code).severity]
        groups = [(row, 1) for row in rows.head(limit)]
        if len(rows) > limit:
            groups += _others(rows.slice(limit), shown if rule == "unknown" else None, limit)
        cents = values is None and sheet.table.column(column).kind == "money"
        say = expected if isinstance(expected, str) else cache(expected)
        for row, count in groups:
            text = cell_text(shown[row], cents)
            told = say if isinstance(say, str) else say(text or "")
            self.add(code, sheet.file, told, row=sheet.line_of(row), column=column, value=text,
                     count=count)


def _others(rows: pl.Series, values: pl.Series | None, limit: int) -> list[tuple[int, int]]:
    """Rows beyond the limit as (first row, count): by value where that helps, the rest as one."""
    if values is None:
        return [(int(rows[0]), len(rows))]
    groups = (pl.DataFrame({"row": rows, "value": values.gather(rows)})
              .group_by("value").agg(pl.col("row").min(), pl.len().alias("count")).sort("row"))
    found = list(zip(groups["row"], groups["count"], strict=True))
    rest = found[limit:]
    return found[:limit] + ([(rest[0][0], sum(count for _, count in rest))] if rest else [])


def cell_text(value: object, cents: bool = False) -> str | None:
    """A typed cell as the user wrote it; None for a blank one."""
    if value is None:
        return None
    if isinstance(value, pl.Series | list):
        return ";".join(str(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text_of_cents(int(str(value))) if cents else str(value)


def listed(words: Sequence[str]) -> str:
    """
    Words as people list them.

    >>> listed(["item_id", "family", "region"])
    'item_id, family and region'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
