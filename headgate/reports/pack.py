"""
An Excel workbook whose sums are formulas and whose checks are cells.

Every formula carries the value that headgate worked out, so that a viewer that does not calculate
shows it; a program that does must come to the same. Numbers that were typed in are blue, formulas
black, as is the custom. Rows are written from top to bottom and leave memory as they go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from headgate.base.wording import PACK_MARK
from headgate.reports.workbook import FIRST_EXCEL_YEAR, LONGEST_TEXT

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Kind = Literal["amount", "share", "whole", "number", "date", "text", "truth"]
NUMBER_FORMATS: dict[Kind, str] = {
    "amount": "#,##0.00;[Red]-#,##0.00", "share": "0.0%;[Red]-0.0%", "whole": "#,##0",
    "number": "#,##0.00",
    "date": "yyyy-mm-dd", "text": "@", "truth": "General"}
SUMMARY, CHECKS = "Summary", "Checks"
HOLDS = f"{CHECKS}!$B$3"
"""The one cell that is TRUE when every check holds."""
FIRST_CHECK = 5
BLUE = "#1F4E9E"


@dataclass(frozen=True, slots=True)
class Amount:
    """Cents that were worked out, as a cell with a decimal amount."""

    cents: int


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, 0 to 1; None leaves the cell empty."""

    share: float | None


@dataclass(frozen=True, slots=True)
class Formula:
    """
    A cell that is calculated.

    text  : without the leading equals sign
    value : what it comes to, of an amount in cents
    """

    text: str
    value: int | float | str | bool | None
    kind: Kind = "amount"

    @property
    def shown(self) -> int | float | str | bool:
        """The value as the cell holds it."""
        if self.value is None:
            return ""
        return self.value / 100 if self.kind == "amount" and not isinstance(
            self.value, str) else self.value


Value = str | int | date | Amount | Share | Formula | None


@dataclass(frozen=True, slots=True)
class Check:
    """
    Something that must hold: that two amounts are the same, or that a truth is one.

    left, right : the amounts; `right` is None for a truth
    """

    words: str
    left: Formula | Amount
    right: Formula | Amount | None

    @property
    def holds(self) -> bool:
        """Whether it holds, by the values that the cells carry."""
        left, right = (side.cents if isinstance(side, Amount) else side and side.value
                       for side in (self.left, self.right))
        return bool(left) if self.right is None else left == right


@dataclass
class Page:
    """One sheet while it is written: `next` is the row that comes next, counted from 0."""

    name: str
    sheet: Worksheet
    styles: Callable[[Kind, str], Format]
    next: int = 0

    def title(self, words: str, note: str = "") -> None:
        """The first rows: what the sheet is, and how to read it."""
        self.sheet.hide_gridlines(2)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_row(0, 24)
        self.sheet.write_string(0, 0, words[:LONGEST_TEXT], self.styles("text", "title"))
        if note:
            self.sheet.write_string(1, 0, note[:LONGEST_TEXT], self.styles("text", "note"))
        self.next = 3

    def widths(self, *widths: int) -> None:
        """The widths of the columns, in letters; the last holds for all that follow."""
        for column, width in enumerate(widths):
            last = 200 if column == len(widths) - 1 else column
            self.sheet.set_column(column, last, width)

    def heads(self, words: Sequence[str], left: Collection[int] = (0,)) -> int:
        """
        A row of headings; the row's number.

        left : the columns that hold texts; the others stand flush right, as their numbers do
        """
        for column, word in enumerate(words):
            self.sheet.write_string(self.next, column, word, self.styles(
                "text", "head" if column in left else "number head"))
        self.next += 1
        return self.next - 1

    def row(self, cells: Sequence[Value], role: str = "") -> int:
        """
        A row of cells; the row's number.

        role : "total" sets it off
        """
        for column, cell in enumerate(cells):
            self._write(column, cell, role)
        self.next += 1
        return self.next - 1

    def _write(self, column: int, cell: Value, role: str) -> None:
        sheet, row = self.sheet, self.next
        if cell is None:
            if role:
                sheet.write_blank(row, column, None, self.styles("text", role))
        elif isinstance(cell, Formula):
            sheet.write_formula(row, column, f"={cell.text}",
                                self.styles(cell.kind, role or "formula"), cell.shown)
        elif isinstance(cell, Amount):
            sheet.write_number(row, column, cell.cents / 100, self.styles("amount", role))
        elif isinstance(cell, Share):
            if cell.share is not None:
                sheet.write_number(row, column, cell.share, self.styles("share", role))
        elif isinstance(cell, date):
            self._write_day(column, cell)
        elif isinstance(cell, str):
            sheet.write_string(row, column, cell[:LONGEST_TEXT],
                               self.styles("text", role or "words"))
        else:
            sheet.write_number(row, column, cell, self.styles("whole", role))

    def _write_day(self, column: int, day: date) -> None:
        if day.year >= FIRST_EXCEL_YEAR:
            self.sheet.write_datetime(self.next, column, day, self.styles("date", ""))
        else:
            self.sheet.write_string(self.next, column, day.isoformat(),
                                    self.styles("text", "words"))

    def skip(self, rows: int = 1) -> None:
        """Leave rows empty."""
        self.next += rows

    def cell(self, row: int, column: int) -> str:
        """A cell by its name with its sheet, as other sheets call it."""
        return f"{quoted(self.name)}!{fixed(row, column)}"

    def span(self, first: int, column: int, last: int, last_column: int | None = None) -> str:
        """A range by its name with its sheet."""
        end = fixed(last, column if last_column is None else last_column)
        return f"{quoted(self.name)}!{fixed(first, column)}:{end}"


@dataclass
class Pack:
    """
    A workbook in the making.

    pages  : by their names, in the order of the tabs
    checks : everything that must hold, for the sheet of that name
    """

    target: BytesIO
    workbook: Any
    pages: dict[str, Page]
    checks: list[Check] = field(default_factory=list)
    _formats: dict[tuple[str, str], Format] = field(default_factory=dict)

    @classmethod
    def begin(cls, names: Sequence[str], title: str, as_of: date) -> Pack:
        """A workbook with empty sheets of these names; `as_of` is all that it knows of time."""
        import xlsxwriter

        target = BytesIO()
        workbook = xlsxwriter.Workbook(target, {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False})
        workbook.set_properties({"title": title, "keywords": PACK_MARK,
                                 "created": datetime.combine(as_of, time())})
        pack = cls(target, workbook, {})
        for name in names:
            pack.pages[name] = Page(name, workbook.add_worksheet(name), pack.style)
        return pack

    def style(self, kind: Kind, role: str) -> Format:
        """The format of a kind of cell in a role: made once, when it is first asked for."""
        if (kind, role) not in self._formats:
            head = {"bold": True, "bg_color": "#0B2B45", "font_color": "#FFFFFF"}
            looks: dict[str, dict[str, Any]] = {
                "": {"font_color": BLUE}, "formula": {}, "words": {"indent": 1},
                "total": {"bold": True, "top": 1, **({"indent": 1} if kind == "text" else {})},
                "head": {**head, "indent": 1}, "number head": {**head, "align": "right"},
                "title": {"bold": True, "font_size": 15}, "note": {"font_color": "#55636F"},
                "big": {"bold": True, "font_size": 13, "border": 1}}
            self._formats[kind, role] = self.workbook.add_format({
                "font_name": "Calibri", "font_size": 10.5, "valign": "top",
                "num_format": NUMBER_FORMATS[kind], **looks[role]})
        return self._formats[kind, role]

    def name(self, name: str, refers_to: str) -> None:
        """Give a cell or a range a name that formulas of all sheets know."""
        self.workbook.define_name(name, f"={refers_to}")

    def same(self, words: str, left: Formula | Amount, right: Formula | Amount) -> None:
        """A check that two amounts are the same to the cent."""
        self.checks.append(Check(words, left, right))

    def true(self, words: str, cells: str, holds: bool = True) -> None:
        """
        A check that cells are all TRUE.

        cells : a range by its name, or several with commas between them
        holds : whether they are, by their values
        """
        self.checks.append(Check(words, Formula(f"AND({cells})", holds, "truth"), None))

    def table(self, page: Page, frame: pl.DataFrame, meanings: Mapping[str, str],
              names: str = "", more: tuple[str, Callable[[int], Formula]] | None = None,
              ) -> tuple[int, int]:
        """
        Rows of a frame below their headings, with a filter; first and last row with data.

        Amounts in cents become decimal amounts, and lose `_cents` in their heading.
        meanings : what each column means, shown as a note of its heading
        names    : with `entries`, the column `quarter` is known as `entries_quarter`
        more     : the heading of one more column, and its formula in each row
        """
        heads = [name.removesuffix("_cents") for name in frame.columns]
        top = page.heads([*heads, *([] if more is None else [more[0]])], [
            column for column, kind in enumerate(frame.dtypes) if kind == pl.String])
        for column, name in enumerate(frame.columns):
            if name in meanings:
                page.sheet.write_comment(top, column, meanings[name],
                                         {"author": "headgate", "x_scale": 1.6})
        writers = [_writer(page, column, frame[name], name)
                   for column, name in enumerate(frame.columns)]
        for number, row in enumerate(frame.iter_rows(), start=top + 1):
            for write, value in zip(writers, row, strict=True):
                if value is not None:
                    write(number, value)
            if more is not None:
                made = more[1](number)
                page.sheet.write_formula(number, frame.width, f"={made.text}",
                                         self.style(made.kind, "formula"), made.shown)
        page.next = top + 1 + frame.height
        # A range of no rows cannot be named; one empty row sums to nothing.
        last = top + max(frame.height, 1)
        page.sheet.autofilter(top, 0, last, frame.width - 1)
        if names:
            for column, head in enumerate(heads):
                self.name(f"{names}_{head}", page.span(top + 1, column, last))
        return top + 1, last

    def finish(self) -> bytes:
        """The workbook's content; the same calls give the same bytes."""
        self.workbook.close()
        return self.target.getvalue()


def _writer(page: Page, column: int, series: pl.Series, name: str) -> Callable[[int, Any], Any]:
    """Writes one cell of a column into a row."""
    sheet = page.sheet
    if series.dtype == pl.String:
        style = page.styles("text", "words")
        return lambda row, text: sheet.write_string(row, column, text[:LONGEST_TEXT], style)
    if series.dtype == pl.Date:
        style, words = page.styles("date", ""), page.styles("text", "words")
        return lambda row, day: (
            sheet.write_datetime(row, column, day, style) if day.year >= FIRST_EXCEL_YEAR
            else sheet.write_string(row, column, day.isoformat(), words))
    if name.endswith("_cents"):
        style = page.styles("amount", "")
        return lambda row, cents: sheet.write_number(row, column, cents / 100, style)
    style = page.styles("whole" if series.dtype.is_integer() else "share", "")
    return lambda row, number: sheet.write_number(row, column, number, style)


def cut_rows(frame: pl.DataFrame, whose: Sequence[str], most: int, apart: Sequence[str],
             label: str) -> tuple[pl.DataFrame, int]:
    """
    A table of at most so many rows and what is left out as few: the rows, and how many were cut.

    whose : the columns that tell whose row it is; all rows of one are kept or none, the first ones
    apart : what the rest keeps apart; its numbers are summed, and `label` stands for its texts
    """
    if frame.height <= most:
        return frame, 0
    sizes = frame.group_by(whose, maintain_order=True).len()
    kept = sizes.filter(pl.col("len").cum_sum() <= most).select(whose)
    shown = frame.join(kept, on=whose, how="semi", maintain_order="left", nulls_equal=True)
    rest = frame.join(kept, on=whose, how="anti", maintain_order="left", nulls_equal=True)
    numbers = [name for name, kind in frame.schema.items()
               if name not in apart and name.endswith(("_cents", "quantity", "lines"))]
    together = rest.group_by(apart, maintain_order=True).agg(pl.col(numbers).sum())
    empty = {name: pl.lit(label if kind == pl.String and name in whose else None, kind)
             for name, kind in frame.schema.items() if name not in together.columns}
    return (pl.concat([shown, together.with_columns(**empty).select(frame.columns)]),
            rest.height)


def quoted(name: str) -> str:
    """
    The name of a sheet as formulas write it.

    >>> quoted("Entries"), quoted("Price walk")
    ('Entries', "'Price walk'")
    """
    return name if name.isalnum() else f"'{name}'"


def letters(column: int) -> str:
    """
    The letters of a column, counted from 0.

    >>> letters(0), letters(25), letters(26)
    ('A', 'Z', 'AA')
    """
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def cell(row: int, column: int) -> str:
    """
    A cell by its name, on its own sheet, rows and columns counted from 0.

    >>> cell(4, 2)
    'C5'
    """
    return f"{letters(column)}{row + 1}"


def fixed(row: int, column: int) -> str:
    """
    The same, kept when it is copied.

    >>> fixed(4, 2)
    '$C$5'
    """
    return f"${letters(column)}${row + 1}"
