"""Is it text, and which? The bytes of a CSV file before anything is parsed."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

SEPARATORS = ",;\t|"
OPEN_END = ("is the last cell, and no line end follows: the file may be cut off here; see that the "
            "cell is whole, and end the row with a line end")
"""What is said of the last cell of a file whose last row does not end."""
_BOMS = ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"),
         (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"))
_MAGIC = ((b"PK\x03\x04", "an Excel workbook or a zip archive"), (b"PAR1", "a Parquet file"),
          (b"\x1f\x8b", "a gzip archive"), (b"%PDF", "a PDF document"),
          (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"))


class Fault(NamedTuple):
    """Why bytes cannot be read as a table: the rule's name, what is said, where, what was found."""

    rule: str
    expected: str
    row: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class CsvText:
    """
    UTF-8 text that starts with its header.

    data       : from the header's first byte on, without a byte-order mark
    header_row : editor line number of the header's first line
    first_row  : that of the first line after the header
    separator  : one of SEPARATORS
    header     : the cells of the header, trimmed
    """

    data: bytes
    header_row: int
    first_row: int
    separator: str
    header: tuple[str, ...]

    @property
    def ends_open(self) -> bool:
        """Whether the last line has no line end, as where a file was cut inside a cell."""
        return not self.data.endswith((b"\n", b"\r"))


def csv_text(data: bytes, known: Collection[str]) -> CsvText | Fault:
    """
    The text of a file and the shape of its header, or why it has none.

    known : the columns that it may have, by which its separator is told
    """
    fault = _not_text(data)
    if fault is not None:
        return fault
    data = data.removeprefix(codecs.BOM_UTF8)
    start, line = 0, 1
    while (end := data.find(b"\n", start)) >= 0 and not data[start:end].strip():
        start, line = end + 1, line + 1
    data = data[start:] if start else data
    if b"\n" not in data and b"\r" in data:
        # Line ends of old Macintosh programs.
        data = data.replace(b"\r", b"\n")
    header = _header_text(data)
    if not header.strip():
        return Fault("empty", "is empty: it must have a header line with the names of its columns")
    separator = _separator(header, set(known))
    names = _cells(header.rstrip("\r\n"), separator)
    return CsvText(data, line, line + header.rstrip("\n").count("\n") + 1, separator, names)


def _not_text(data: bytes) -> Fault | None:
    """Why bytes are no UTF-8 text; None when they are."""
    for mark, what in _MAGIC:
        if data.startswith(mark):
            return Fault("unreadable", f"is {what}, not CSV; save the table as CSV UTF-8")
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Fault("encoding", f"is {name}; save it as UTF-8 (Excel: CSV UTF-8)")
    nothing = data.find(b"\0")
    if nothing >= 0:
        if data[:400].count(b"\0") * 3 >= len(data[:400]):
            return Fault("encoding", "seems to be UTF-16; save it as UTF-8 (Excel: CSV UTF-8)")
        return Fault("binary", "holds a zero byte, so it is no text; export the table again",
                     data.count(b"\n", 0, nothing) + 1)
    if data.isascii():
        return None
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return Fault("encoding", "is not UTF-8 here; save it as UTF-8 (Excel: CSV UTF-8)",
                     data.count(b"\n", 0, error.start) + 1, _around(data, error.start))
    return None


def _around(data: bytes, place: int) -> str:
    """The few letters of a line around a byte that is no UTF-8, read as Latin-1."""
    before = data[max(0, place - 12):place].rsplit(b"\n", 1)[-1]
    after = data[place:place + 12].split(b"\n", 1)[0]
    return (before + after).decode("latin-1").strip()


def _header_text(data: bytes) -> str:
    """The header with its line end; a line break inside quotes does not end it."""
    end, quotes = 0, 0
    while True:
        following = data.find(b"\n", end)
        stop = len(data) if following < 0 else following + 1
        quotes += data.count(b'"', end, stop)
        if following < 0 or quotes % 2 == 0 or stop > 1_000_000:
            return data[:stop].decode(errors="replace")
        end = stop


def _separator(header: str, known: set[str]) -> str:
    """The separator under which most cells of the header are known columns."""
    def score(separator: str) -> tuple[int, int]:
        return len(known & set(_cells(header, separator))), header.count(separator)

    return max(SEPARATORS, key=score)


def _cells(line: str, separator: str) -> tuple[str, ...]:
    try:
        rows = list(csv.reader([line], delimiter=separator))
    except csv.Error:
        rows = [line.split(separator)]
    return tuple(cell.strip() for cell in (rows[0] if rows else []))
