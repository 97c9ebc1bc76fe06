"""One column on its way from text to its type: what is blank, what is faulty, what is said."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from headgate.tables.findings import Findings, Sheet, Wording
from headgate.tables.schema import Column


@dataclass(slots=True)
class Cells:
    """
    One column under conversion.

    raw    : the column as it was read
    faulty : rows with a reported fault; they become null and are not blank
    """

    sheet: Sheet
    column: Column
    raw: pl.Series
    findings: Findings
    faulty: list[pl.Series] = field(default_factory=list)

    def fault(self, rule: str, rows: pl.Series, expected: Wording) -> None:
        """Report rows as faulty, with the text that stands in the file."""
        if rows.is_empty():
            return
        rows = rows.sort()
        self.findings.rows(self.sheet, self.column.name, rule, rows, expected, self.raw)
        self.faulty.append(rows)

    def doubt(self, rule: str, rows: pl.Series, expected: Wording) -> None:
        """Report rows that are read all the same."""
        self.findings.rows(self.sheet, self.column.name, rule, rows, expected, self.raw)

    def fault_whole(self, rule: str, expected: str) -> pl.Series:
        """Report the column as a whole; returns its rows, all of them faulty."""
        self.findings.add(f"{self.sheet.name}.{self.column.name}.{rule}", self.sheet.file, expected,
                          column=self.column.name, value=f"a column of {self.raw.dtype}")
        rows = pl.Series(range(len(self.raw)), dtype=pl.UInt32)
        self.faulty.append(rows)
        return rows

    @property
    def faulty_rows(self) -> pl.Series:
        """All rows reported as faulty."""
        return pl.concat(self.faulty) if self.faulty else pl.Series([], dtype=pl.UInt32)


def trimmed(text: pl.Series) -> pl.Series:
    """Text without blanks at its ends; a cell of blanks alone becomes null."""
    bare = text.str.strip_chars()
    return bare.set(bare == "", None) if bool((bare == "").any()) else bare


def put(values: pl.Series, rows: pl.Series, new: pl.Series) -> pl.Series:
    """The values with new ones in some rows."""
    # `scatter` changes its series in place; the clone shares memory until then.
    return values.clone().scatter(rows, new) if len(rows) else values


def erase(values: pl.Series, rows: pl.Series) -> pl.Series:
    """The values with nulls in some rows."""
    return put(values, rows, pl.Series([None] * len(rows), dtype=values.dtype))
