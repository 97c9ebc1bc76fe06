"""
A small spreadsheet: it reads a workbook by openpyxl and calculates its formulas again.

It knows the few functions that the packs use. A criterion that a spreadsheet would take for more
than a text (`<5`, `a*`, `007`) is refused, so that a formula that leans on one fails.
"""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from typing import Any

import openpyxl

TOKEN = re.compile(r"""\s*(?:
    (?P<number>\d+\.?\d*)
  | (?P<text>"(?:[^"]|"")*")
  | (?P<ref>(?:'(?:[^']|'')+'!|[A-Za-z][\w.]*!)?
      \$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)(?![\w(])
  | (?P<call>[A-Z]+)\(
  | (?P<name>[A-Za-z_]\w*)
  | (?P<sign><>|<=|>=|[-+*/&=<>(),])
)""", re.VERBOSE)
REF = re.compile(r"(?:(?P<sheet>'.+'|[^'!]+)!)?\$?(?P<c>[A-Z]+)\$?(?P<r>\d+)"
                 r"(?::\$?(?P<c2>[A-Z]+)\$?(?P<r2>\d+))?$")
PLAIN = re.compile(r"(?![=<>])[^*?~]+$")
DIVIDED = "#DIV/0!"
LEVELS = (("=", "<>", "<", ">", "<=", ">="), ("&",), ("+", "-"), ("*", "/"))


def column_of(letters: str) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


class Sheets:
    """A workbook whose formulas are calculated when they are asked for."""

    def __init__(self, workbook: Any) -> None:
        self.book = workbook
        self.cells = {sheet.title: {(cell.row, cell.column): cell.value for row in sheet.iter_rows()
                                    for cell in row if cell.value is not None}
                      for sheet in workbook}
        self.names = {name: found.attr_text for name, found in workbook.defined_names.items()}
        self.known: dict[tuple[str, int, int], Any] = {}
        self.ranges: dict[tuple[str, int, int, int, int], list[Any]] = {}

    def set(self, sheet: str, row: int, column: int, value: Any) -> None:
        """Type a value into a cell; everything is calculated again."""
        self.cells[sheet][row, column] = value
        self.known.clear()
        self.ranges.clear()

    def formulas(self) -> list[tuple[str, int, int]]:
        """Sheet, row and column of every formula."""
        return [(sheet, row, column) for sheet, cells in self.cells.items()
                for (row, column), value in cells.items()
                if isinstance(value, str) and value.startswith("=")
                and self.book[sheet].cell(row, column).data_type == "f"]

    def value(self, sheet: str, row: int, column: int) -> Any:
        """What a cell comes to; None for an empty one."""
        key = (sheet, row, column)
        if key not in self.known:
            held = self.cells[sheet].get((row, column))
            if isinstance(held, str) and held.startswith("=") \
                    and self.book[sheet].cell(row, column).data_type == "f":
                self.known[key] = Parser(self, sheet, held[1:]).whole()
            else:
                self.known[key] = held
        return self.known[key]

    def range(self, sheet: str, text: str) -> list[Any]:
        """The values of a cell or a range, row by row."""
        found = REF.match(text)
        assert found, text
        home = (found["sheet"] or sheet).strip("'")
        left, top = column_of(found["c"]), int(found["r"])
        right = column_of(found["c2"]) if found["c2"] else left
        bottom = int(found["r2"]) if found["r2"] else top
        key = (home, top, left, bottom, right)
        if key not in self.ranges:
            self.ranges[key] = [self.value(home, row, column) for row in range(top, bottom + 1)
                                for column in range(left, right + 1)]
        return self.ranges[key]


class Parser:
    """One formula, from left to right."""

    def __init__(self, sheets: Sheets, sheet: str, text: str) -> None:
        self.sheets, self.sheet, self.text, self.at = sheets, sheet, text, 0
        self.kind, self.token = "", ""
        self.step()

    def step(self) -> None:
        """Read the next token."""
        if self.at >= len(self.text):
            self.kind, self.token = "end", ""
            return
        found = TOKEN.match(self.text, self.at)
        assert found, self.text[self.at:]
        self.at = found.end()
        self.kind = found.lastgroup or ""
        self.token = found[self.kind]

    def whole(self) -> Any:
        """The value of the whole formula."""
        value = one(self.level(0))
        assert self.kind == "end", self.text[self.at:]
        return value

    def level(self, depth: int) -> Any:
        """An expression of operators that bind at least so tightly."""
        if depth == len(LEVELS):
            return self.single()
        left = self.level(depth + 1)
        while self.kind == "sign" and self.token in LEVELS[depth]:
            sign = self.token
            self.step()
            left = operate(sign, one(left), one(self.level(depth + 1)))
        return left

    def single(self) -> Any:
        """A number, a text, a range, a call, or something in parentheses."""
        kind, token = self.kind, self.token
        self.step()
        if kind == "number":
            return float(token)
        if kind == "text":
            return token[1:-1].replace('""', '"')
        if kind == "ref":
            return self.sheets.range(self.sheet, token)
        if kind == "name":
            return {"TRUE": True, "FALSE": False}[token] if token in ("TRUE", "FALSE") \
                else self.sheets.range(self.sheet, self.sheets.names[token])
        if kind == "call":
            return self.call(token)
        if token == "-":
            return -number(one(self.single()))
        assert token == "(", token
        value = self.level(0)
        self.expect(")")
        return value

    def expect(self, sign: str) -> None:
        """Step over a sign that must stand here."""
        assert self.token == sign, (sign, self.token, self.text)
        self.step()

    def call(self, name: str) -> Any:
        """A function of its arguments."""
        arguments = []
        while self.token != ")" or self.kind != "sign":
            arguments.append(self.level(0))
            if self.token == ",":
                self.step()
        self.expect(")")
        return FUNCTIONS[name](*arguments)


def one(value: Any) -> Any:
    """The value of a cell that stands as a range of one."""
    if isinstance(value, list):
        assert len(value) == 1, "a range where one value is meant"
        return value[0]
    return value


def number(value: Any) -> float:
    """A value as a number; an empty cell counts 0."""
    assert value is None or isinstance(value, int | float), value
    return float(value or 0)


def operate(sign: str, a: Any, b: Any) -> Any:
    """Two values and an operator."""
    if sign in ("=", "<>"):
        same = a.casefold() == b.casefold() if isinstance(a, str) and isinstance(b, str) else (
            (a or 0) == (b or 0) if not isinstance(a, str) and not isinstance(b, str) else False)
        return same == (sign == "=")
    if sign == "&":
        return f"{a}{b}"
    if DIVIDED in (a, b):
        return DIVIDED
    a, b = number(a), number(b)
    if sign == "/" and b == 0:
        return DIVIDED
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b,
            "<": lambda: a < b, ">": lambda: a > b, "<=": lambda: a <= b,
            ">=": lambda: a >= b}[sign]()


def numbers(values: Any) -> list[float]:
    """The numbers among the values of a range; texts and empty cells count nothing."""
    held = values if isinstance(values, list) else [values]
    return [float(value) for value in held
            if isinstance(value, int | float) and not isinstance(value, bool)]


def meets(value: Any, wanted: Any) -> bool:
    """Whether a cell meets a criterion."""
    wanted = one(wanted)
    if isinstance(wanted, str):
        if wanted == "*":
            return isinstance(value, str) and value != ""
        assert PLAIN.match(wanted) and not re.fullmatch(r"[-+]?[\d.,]+%?", wanted), (
            f"a spreadsheet takes {wanted!r} for more than a text")
        return isinstance(value, str) and value.casefold() == wanted.casefold()
    assert isinstance(wanted, int | float) and not isinstance(wanted, bool)
    # A date is a number to a spreadsheet; the packs never look for one.
    assert not isinstance(value, datetime)
    return isinstance(value, int | float) and value == wanted


def sumifs(sums: Any, *criteria: Any) -> float:
    """SUMIFS: the sum of what meets every criterion."""
    pairs = list(zip(criteria[::2], criteria[1::2], strict=True))
    assert all(len(column) == len(sums) for column, _ in pairs)
    chosen = range(len(sums))
    for column, wanted in pairs:
        chosen = [k for k in chosen if meets(column[k], wanted)]
    return sum(numbers([sums[k] for k in chosen]))


FUNCTIONS: dict[str, Any] = {
    "SUM": lambda *parts: sum(sum(numbers(part)) for part in parts),
    "SUMIFS": sumifs,
    "COUNT": lambda *parts: sum(len(numbers(part)) for part in parts),
    "AND": lambda *parts: all(bool(value) for part in parts
                              for value in (part if isinstance(part, list) else [part])
                              if value is not None and not isinstance(value, str)),
    # Excel rounds halves away from zero.
    "ROUND": lambda value, digits: (1 if one(value) >= 0 else -1) * int(
        abs(number(one(value))) * 10**int(digits) + 0.5 + 1e-9) / 10**int(digits),
    "ABS": lambda value: abs(number(one(value))),
    "IF": lambda test, yes, no: one(yes) if one(test) else one(no),
}


def opened(data: bytes, values: bool = False) -> Any:
    """A workbook with its formulas, or with the values that are stored with them."""
    return openpyxl.load_workbook(BytesIO(data), data_only=values)


def rows(data: bytes, sheet: str, first: str) -> list[dict[str, Any]]:
    """The rows of a table, by its headings, of which the first is named; down to an empty row."""
    found: list[dict[str, Any]] = []
    heads: tuple[Any, ...] = ()
    for row in opened(data, values=True)[sheet].iter_rows(values_only=True):
        if heads and row[0] is None and row[1] is None:
            break
        if heads:
            found.append(dict(zip(heads, row, strict=True)))
        elif first in row[:2]:
            heads = row
    return found


def differing(data: bytes) -> list[tuple[Any, ...]]:
    """The formulas that come to another value than the one that is stored with them."""
    sheets, stored = Sheets(opened(data)), opened(data, values=True)
    found = []
    for sheet, row, column in sheets.formulas():
        value, held = sheets.value(sheet, row, column), stored[sheet].cell(row, column).value
        if isinstance(value, float) and not isinstance(held, bool | str) and held is not None:
            same = abs(value - held) < 0.0001 * max(1.0, abs(value) * 1e-8)
        else:
            same = value == ("" if held is None else held)
        if not same:
            found.append((sheet, row, column, sheets.cells[sheet][row, column], value, held))
    return found
