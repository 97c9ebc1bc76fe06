"""Rows of a CSV file that somebody wrote by hand, each with its line in the file."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from headgate.base.issue import Issue, IssuesError, IssueWarning, near_miss
from headgate.files.csv_records import quotes_of
from headgate.files.csv_table import quote_fault
from headgate.files.csv_text import OPEN_END, CsvText, Fault, csv_text
from headgate.tables.codes import shown_text


@dataclass(frozen=True, slots=True)
class CsvRows:
    """
    A CSV text with a header, read row by row.

    file : as messages name it
    code : what the codes of its faults begin with
    text : the text, its header and where that stands
    """

    file: str
    code: str
    text: CsvText

    @property
    def header(self) -> tuple[str, ...]:
        """The cells of the header, trimmed."""
        return self.text.header

    def header_faults(self, needed: Collection[str],
                      optional: Collection[str] = ()) -> list[Issue]:
        """
        Columns that are missing, names that two columns have, and what only nearly names a column.

        optional : columns that may be there, too; others are left alone, whatever they hold
        """
        header, row = self.header, self.text.header_row
        return [*(Issue(f"{self.code}.column.missing", "error", self.file, "is missing"
                        + near_miss(name, header), row, name)
                  for name in needed if name not in header),
                *(Issue(f"{self.code}.column.doubled", "error", self.file, "is the name of two "
                        "columns; rename or delete one", row, name)
                  for name in dict.fromkeys(header) if name and header.count(name) > 1),
                *(Issue(f"{self.code}.column.unknown", "error", self.file, "is no column of such a "
                        f"file{meant}; rename or delete it", row, name)
                  for name in dict.fromkeys(header) if name not in (*needed, *optional)
                  and (meant := near_miss(name, [one for one in optional if one not in header])))]

    def each(self, issues: list[Issue]) -> Iterator[tuple[int, dict[str, str]]]:
        """
        The line at which each row begins, and its cells by column, trimmed and without blank ones.

        A line break inside quotes is part of a cell, and the rows after it are counted on. Rows
        without any cell are skipped; one with more cells than the header is added to the issues.

        warns IssueWarning : the last row has no line end
        """
        text, header = self.text, self.header
        reader = csv.reader(io.StringIO(text.data.decode(), newline=""), delimiter=text.separator)
        next(reader)
        last: tuple[int, list[str]] | None = None
        while True:
            number = text.header_row + reader.line_num
            cells = next(reader, None)
            if cells is None:
                break
            last = number, cells
            given = {name: cell.strip() for name, cell in zip(header, cells, strict=False)
                     if cell.strip()}
            if len(cells) > len(header) and any(cell.strip() for cell in cells):
                issues.append(Issue(f"{self.code}.row.fields", "error", self.file, f"has "
                                    f"{len(cells)} cells, the header has {len(header)}", number))
            elif given:
                yield number, given
        if last is not None and text.ends_open and last[1]:
            row, cells = last
            warn_open_end(self.code, self.file, row, header[min(len(cells), len(header)) - 1],
                          cells[-1])


def warn_open_end(code: str, file: str, row: int, column: str, value: str) -> None:
    """Warn that nothing ends the last row of a file, whose last cell may have been cut."""
    warnings.warn(IssueWarning(Issue(f"{code}.file.open_end", "warning", file, OPEN_END, row,
                                     column, shown_text(value))), stacklevel=2)


def csv_rows(content: bytes, known: Collection[str], file: str, code: str,
             consequence: str) -> CsvRows:
    """
    The rows of a CSV text in UTF-8; columns are separated as in the tables of a book.

    known : the columns that it may have, by which its separator is told
    raises IssuesError : it is no such text, or its quotes are not closed
    """
    text = csv_text(content, known)
    fault = text if isinstance(text, Fault) else None
    if isinstance(text, CsvText):
        fault = quote_fault(quotes_of(text.data, text.separator), text.header_row - 1)
    if fault is not None or isinstance(text, Fault):
        assert fault is not None
        raise IssuesError([Issue(f"{code}.file.{fault.rule}", "error", file, fault.expected,
                                 fault.row, None, fault.value)], consequence)
    return CsvRows(file, code, text)
