"""Whatever bytes a file holds: a good book or a list of issues, never anything else."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.base.issue import IssuesError, describe, errors_of
from headgate.base.money import text_of_cents
from headgate.files.book_reader import read_raw
from headgate.files.csv_records import Quotes, quotes_of, scan
from headgate.files.csv_table import read_csv_table
from headgate.files.csv_text import CsvText, csv_text
from headgate.tables.cells import Cells
from headgate.tables.check import check_tables, raw_of_frames
from headgate.tables.findings import Findings, Sheet
from headgate.tables.numbers import millionths, money, whole_numbers
from headgate.tables.sample import sample_book
from headgate.tables.schema import BY_NAME, TABLES
from tests.stories.tables_book import FILES, write

TRICKY = [b'"', b'""', b",", b";", b"\t", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xfe\xff",
          b"\xef\xbb\xbf", b"PK\x03\x04", b"-", b".", b"e9", b"nan", b"inf", b"9" * 40, b" ",
          "\u2028".encode(), b"2026-02-30", b"#", b"=", b"[", b"\\", b"''"]
"""Pieces that mean something to a reader of text."""

Spoil = tuple[str, int, int, bytes]


def spoilt(content: bytes, edits: list[Spoil]) -> bytes:
    """The content with pieces cut out, swapped and inserted; places are counted modulo length."""
    for kind, first, second, piece in edits:
        low, high = sorted((first % (len(content) + 1), second % (len(content) + 1)))
        if kind == "cut":
            content = content[:low] + content[min(high, low + 40):]
        elif kind == "end":
            content = content[:low]
        elif kind == "swap":
            width = min(8, high - low)
            content = (content[:low] + content[high:high + width] + content[low + width:high]
                       + content[low:low + width] + content[high + width:])
        else:
            content = content[:low] + piece + content[low:]
    return content


EDITS = st.lists(st.tuples(
    st.sampled_from(["cut", "end", "swap", "insert", "insert"]), st.integers(0, 5000),
    st.integers(0, 5000), st.one_of(st.sampled_from(TRICKY), st.binary(min_size=1, max_size=6))),
    min_size=1, max_size=4)


def loads_or_says_why(path: Path) -> None:
    """The book loads, or its faults are a list that prints; anything else fails the test."""
    try:
        tables = check_tables(read_raw(path))
    except IssuesError as error:
        assert errors_of(error.issues)
        assert all("\n" not in issue.text() for issue in error.issues)
        assert len(error.issues) < 700
        describe(error.issues)
    else:
        assert len(tables.digest) == 64
        assert not errors_of(tables.issues)
        assert set(tables.frames) == {table.name for table in TABLES}


@settings(max_examples=150)
@given(st.sampled_from(sorted(FILES)), EDITS)
def test_a_spoilt_text_file_loads_or_says_why(name: str, edits: list[Spoil]):
    """Random bytes cut, swapped and inserted in one file of a good book."""
    with tempfile.TemporaryDirectory() as folder:
        loads_or_says_why(write(Path(folder) / "book", {name: spoilt(FILES[name].encode(),
                                                                     edits)}))


def parquet_bytes() -> bytes:
    stream = io.BytesIO()
    pl.read_csv(FILES["orders.csv"].encode(), try_parse_dates=True).write_parquet(stream)
    return stream.getvalue()


def workbook_bytes() -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, text in FILES.items():
        sheet = workbook.create_sheet(name.split(".")[0])
        for line in text.splitlines():
            sheet.append(line.split(","))
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


PARQUET, WORKBOOK = parquet_bytes(), workbook_bytes()


@settings(max_examples=50)
@given(EDITS)
def test_a_spoilt_parquet_file_loads_or_says_why(edits: list[Spoil]):
    """Broken pages and footers make the reader itself panic at times; nobody sees that."""
    with tempfile.TemporaryDirectory() as folder:
        loads_or_says_why(write(Path(folder) / "book", {
            "orders.csv": None, "orders.parquet": spoilt(PARQUET, edits)}))


@settings(max_examples=40)
@given(EDITS)
def test_a_spoilt_workbook_loads_or_says_why(edits: list[Spoil]):
    """A workbook is a zip archive of XML; any of it may be broken."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        path.write_bytes(spoilt(WORKBOOK, edits))
        loads_or_says_why(path)


def dressed(content: bytes, style: str) -> bytes:
    """The same table with another separator, other line ends or quotes everywhere."""
    if style == "quoted":
        return b"\n".join(b",".join(b'"' + cell + b'"' for cell in line.split(b","))
                          for line in content.splitlines())
    old, new = {"semicolons": (b",", b";"), "CRLF": (b"\n", b"\r\n"), "plain": (b",", b","),
                "open end": (b"x", b"x")}[style]
    content = content.replace(old, new)
    return content.rstrip() if style == "open end" else content


@settings(max_examples=150)
@given(st.sampled_from([name for name in sorted(FILES) if name.endswith(".csv")]),
       st.sampled_from(["plain", "semicolons", "CRLF", "quoted", "open end"]), EDITS)
def test_a_table_that_is_read_is_read_as_another_parser_reads_it(name: str, style: str,
                                                                 edits: list[Spoil]):
    """Spoilt files are refused or understood, never misread: Python's own parser gives the same
    cells. Lines with a lone carriage return are left out, as the two disagree on what that is."""
    content = spoilt(dressed(FILES[name].encode(), style), edits)
    if b"\r" in content.replace(b"\r\n", b""):
        return
    table = BY_NAME[name.removesuffix(".csv")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        raw, issues = read_csv_table(path, table)
    if raw is None or errors_of(issues):
        assert errors_of(issues)
        return
    text = csv_text(content, table.names)
    assert isinstance(text, CsvText)
    parsed = csv.reader(io.StringIO(text.data.decode(), newline=""), delimiter=text.separator)

    def filled(rows: Iterable[Iterable[str | None]]) -> list[list[str]]:
        cells = [[cell or "" for cell in row] for row in rows]
        return [row for row in cells if any(cell.strip() for cell in row)]

    assert filled(raw.frame.rows()) == filled(list(parsed)[1:])


CELL = st.one_of(
    st.sampled_from(["", " ", "-1", "0", "1", "2.5", "1e3", "nan", "inf", "yes", "2026-02-30",
                     "2026-02-02", "xe-b300", "austin", "EMEA", "9" * 25, "1,5", ";", "a;b", "\n"]),
    st.text(max_size=8))


@settings(max_examples=80)
@given(st.data())
def test_any_cell_of_any_column_may_hold_anything(data: st.DataObject):
    """The sample book with up to three cells of a random column replaced by any text."""
    frames, toml = sample_book()
    table = data.draw(st.sampled_from(TABLES))
    column = data.draw(st.sampled_from(table.columns))
    frame = frames[table.name]
    cells = frame[column.name].to_list()
    for place in data.draw(st.lists(st.integers(0, len(cells) - 1), min_size=1, max_size=3)):
        cells[place] = data.draw(CELL)
    frames[table.name] = frame.with_columns(pl.Series(column.name, cells, dtype=pl.String))
    try:
        check_tables(raw_of_frames(frames, toml))
    except IssuesError as error:
        assert errors_of(error.issues)


def cells_of(table: str, column: str, words: list[str]) -> tuple[Cells, pl.Series, Findings]:
    """A column of texts under conversion."""
    findings = Findings()
    raw = pl.Series(words, dtype=pl.String)
    sheet = Sheet(BY_NAME[table], f"{table}.csv", pl.DataFrame())
    return Cells(sheet, BY_NAME[table].column(column), raw, findings), raw, findings


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=30))
def test_every_amount_of_cents_is_read_to_the_cent(cents: list[int]):
    """Whatever the amount up to ten trillion, text and cents are the same number."""
    cells, raw, findings = cells_of("orders", "unit_price", [text_of_cents(c) for c in cents])
    assert money(cells, raw).to_list() == cents
    assert not findings.issues


@given(st.lists(st.decimals(0, 10**9, places=9), min_size=1, max_size=20))
def test_hours_are_the_nearest_millionth(hours: list[Decimal]):
    """Rounded half to even from the decimal text, whatever a double would make of it."""
    cells, raw, findings = cells_of("capacity", "hours", [f"{h:f}" for h in hours])
    assert millionths(cells, raw).to_list() == [round(h * 10**6) for h in hours]
    assert not findings.issues


@given(st.lists(st.integers(-10**18, 10**18), min_size=1, max_size=20),
       st.sampled_from(["", ".0", ".00", ".0000"]), st.sampled_from(["", " ", "\t"]))
def test_whole_numbers_are_read_whole(numbers: list[int], zeros: str, blank: str):
    """With or without zeros behind a point and blanks around, but never as thousands."""
    words = [f"{blank}{number}{zeros}{blank}" for number in numbers]
    cells, raw, findings = cells_of("orders", "quantity", words)
    assert whole_numbers(cells, raw).to_list() == numbers
    assert not findings.issues


@given(st.lists(st.lists(st.text('ab,;"\n \r', max_size=4), min_size=2, max_size=4), min_size=1,
                max_size=6))
def test_records_are_counted_as_a_csv_parser_counts_them(rows: list[list[str]]):
    """Cells of quotes, separators and line breaks: an independent parser finds as many records,
    cells and lines."""
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    text = stream.getvalue()
    records = scan(text.encode(), ",")
    assert quotes_of(text.encode(), ",") == Quotes(None, None)
    assert records.cells.tolist() == [len(row) for row in rows]
    starts = [1]
    for row in rows:
        starts.append(starts[-1] + 1 + sum(cell.count("\n") for cell in row))
    assert records.lines.tolist() == starts[:-1]
