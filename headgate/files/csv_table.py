"""A CSV file as a table of texts, or what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue
from headgate.files.csv_records import Quotes, Records, quotes_of, scan
from headgate.files.csv_text import OPEN_END, CsvText, Fault, csv_text
from headgate.tables.codes import issue_of
from headgate.tables.raw import RawTable
from headgate.tables.schema import Table

SHOWN_ROWS = 20
"""Rows with too many or too few cells that are named one by one; the others are counted."""


def read_csv_table(path: Path, table: Table) -> tuple[RawTable | None, list[Issue]]:
    """
    The table with all columns String, None when it cannot be read, and every fault found.

    Rows with too many or too few cells are reported and left out, so that the others can still be
    checked.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        return None, [issue_of(f"{table.name}.file.unreadable", path.name,
                               f"cannot be opened: {error.strerror}")]
    text = csv_text(data, table.names)
    del data
    if isinstance(text, Fault):
        return None, [_issue(table, path.name, text)]
    names, issues = header_names(text.header, table, path.name, text.header_row)
    if b'"' in text.data:
        fault = quote_fault(quotes_of(text.data, text.separator), text.header_row - 1)
        if fault is not None:
            return None, [*issues, _issue(table, path.name, fault)]
    frame = _even(text)
    if frame is not None and frame.width == len(names):
        frame.columns = names
        return _told(RawTable(frame, path.name, text.first_row), text, table, issues)
    return _read_uneven(text, names, table, path.name, issues)


def _issue(table: Table, file: str, fault: Fault) -> Issue:
    return issue_of(f"{table.name}.file.{fault.rule}", file, fault.expected, row=fault.row,
                    value=fault.value)


def quote_fault(quotes: Quotes, above: int) -> Fault | None:
    """What is wrong with a text's quotes; `above` is the number of lines over its header."""
    if quotes.stray is not None:
        return Fault("quotes", 'has a quote in the middle of a cell; write the cell as "5"" disk"',
                     quotes.stray + above)
    if quotes.unclosed is not None:
        return Fault("cut", "has a quote that is never closed; the file was cut off, or a quote is "
                     "missing", quotes.unclosed + above)
    return None


def header_names(header: tuple[str, ...], table: Table, file: str,
                 row: int) -> tuple[list[str], list[Issue]]:
    """
    The columns' names, all different, and the faults of the header.

    Of two columns of one name the first keeps it. A column without a name is called by its place.
    """
    names: list[str] = []
    issues = []
    for place, given in enumerate(header, start=1):
        name = given or f"column {place}"
        if name in names:
            issues.append(issue_of(f"{table.name}.header.duplicate", file,
                                   f"is the name of column {names.index(name) + 1} too; rename "
                                   "or delete one", row=row, value=name))
            while name in names:
                name = f"{name} (column {place})"
        names.append(name)
    return names, issues


def _even(text: CsvText) -> pl.DataFrame | None:
    """
    The cells of a text in which every line is a row with as many cells as the header, else None.

    The parser refuses rows with too many cells, so if the separators between cells are as many as
    they must be, no row has too few either: counting them costs a fraction of looking at each row.
    Only in a last line that does not end does the parser let a separator too many pass, so that
    line is counted by itself.
    """
    data, separator, wanted = text.data, text.separator.encode(), len(text.header) - 1
    quoted, ends = b'"' in data, data.endswith(b"\n")
    if not ends and (quoted or data.count(separator, data.rfind(b"\n") + 1) != wanted):
        return None
    lines, between = data.count(b"\n") + (not ends), data.count(separator)
    if not quoted:
        return _parsed(text) if between == wanted * lines else None
    frame = _parsed(text, quoted=True)
    if frame is None or frame.height + 1 != lines:
        return None
    inside = frame.select(pl.all().str.count_matches(text.separator, literal=True).sum())
    in_header = sum(name.count(text.separator) for name in text.header)
    return frame if between == wanted * lines + sum(inside.row(0)) + in_header else None


def _parsed(text: CsvText, quoted: bool = False, uneven: bool = False) -> pl.DataFrame | None:
    """
    The cells as polars reads them; None when it refuses the text.

    uneven : rows may have cells beyond the header's, which are dropped; all were counted already
    """
    try:
        return pl.read_csv(text.data, separator=text.separator, quote_char='"' if quoted else None,
                           infer_schema=False, truncate_ragged_lines=uneven)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _read_uneven(text: CsvText, names: list[str], table: Table, file: str,
                 issues: list[Issue]) -> tuple[RawTable | None, list[Issue]]:
    """A text with line breaks in cells, blank lines or rows of a wrong length, row by row."""
    records = scan(text.data, text.separator)
    lines = records.lines + text.header_row - 1
    wrong = _wrong_records(records, len(names), text)
    issues += _field_issues(records, lines, wrong, len(names), text, table, file)
    frame = _parsed(text, quoted=True, uneven=True)
    if frame is None or frame.width != len(names) or frame.height != len(records.cells) - 1:
        return None, [*issues, _issue(table, file, Fault(
            "unreadable", "cannot be read as CSV; export the table again"))]
    frame.columns = names
    numbers = pl.Series(lines[1:])
    if len(wrong):
        keep = np.ones(frame.height, dtype=bool)
        keep[wrong - 1] = False
        frame, numbers = frame.filter(pl.Series(keep)), numbers.filter(pl.Series(keep))
    raw = RawTable(frame, file, text.first_row, numbers, not len(wrong))
    if len(wrong) and wrong[-1] == len(records.cells) - 1:
        # Of a last row with too few cells was told already that it was cut.
        return raw, issues
    return _told(raw, text, table, issues)


def _told(raw: RawTable, text: CsvText, table: Table,
          issues: list[Issue]) -> tuple[RawTable, list[Issue]]:
    """A table with what is told of its end: a last row that does not end may have been cut."""
    height = raw.frame.height
    if not text.ends_open or not height:
        return raw, issues
    row = raw.first_row + height - 1 if raw.lines is None else int(raw.lines[-1])
    return raw, [*issues, issue_of(f"{table.name}.file.open_end", raw.file, OPEN_END, row=row,
                                   column=raw.frame.columns[-1],
                                   value=raw.frame[-1, -1] or "")]


def _wrong_records(records: Records, width: int, text: CsvText) -> NDArray[np.int64]:
    """Numbers of the records whose cells are not as many as the header's; blank lines are fine."""
    wrong = np.flatnonzero(records.cells != width)
    nothing = b" \t\r\n" + text.separator.encode()
    filled = [bool(text.data[records.starts[number]:records.starts[number + 1]].strip(nothing))
              for number in wrong]
    return np.compress(filled, wrong)


def _field_issues(records: Records, lines: NDArray[np.int64],
                  wrong: NDArray[np.int64], width: int, text: CsvText,
                  table: Table, file: str) -> list[Issue]:
    issues = []
    last = len(records.cells) - 1
    ends_open = not text.data.endswith(b"\n")
    for number in wrong[:SHOWN_ROWS]:
        cells = int(records.cells[number])
        if number == last and ends_open and cells < width:
            issues.append(issue_of(
                f"{table.name}.file.cut", file, "is the last row and ends early; the file was cut "
                "off", row=int(lines[number]), value=f"{cells} cells of {width}"))
            continue
        issues.append(issue_of(
            f"{table.name}.row.fields", file, f"must have {width} cells like the header; put a "
            "cell that holds the separator in quotes", row=int(lines[number]),
            value=f"{cells} cells"))
    if len(wrong) > SHOWN_ROWS:
        number = wrong[SHOWN_ROWS]
        issues.append(issue_of(f"{table.name}.row.fields", file, f"must have {width} cells like "
                               "the header", row=int(lines[number]),
                               value=f"{int(records.cells[number])} cells",
                               count=len(wrong) - SHOWN_ROWS))
    return issues
