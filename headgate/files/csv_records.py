"""Where each record of a CSV text starts and how many cells it has, counted without parsing it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 1024 * 1024
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


@dataclass(frozen=True, slots=True)
class Records:
    """
    The records of a text, the header first; (records,) each.

    cells  : cells of each, an empty line has one
    lines  : line number of each record's first line, the header's is 1
    starts : offset of each record's first byte; one more entry: the length of the text
    """

    cells: NDArray[np.int64]
    lines: NDArray[np.int64]
    starts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Quotes:
    """
    What is wrong with the quotes of a text, as line numbers; None where nothing is.

    stray    : the first quote in the middle of a cell
    unclosed : the last quote, when it opens a cell that never closes
    """

    stray: int | None
    unclosed: int | None


def scan(data: bytes, separator: str) -> Records:
    """
    Every record of a text; a separator or a line break inside quotes does not count.

    Where `quotes_of` finds no fault every quote changes between inside and outside, two inside
    for one included, so counting them is enough.
    """
    text = np.frombuffer(data, dtype=np.uint8)
    ends, cells_before, lines_before = [], [], []
    inside = separators = newlines = 0
    for begin in range(0, len(text), BLOCK):
        block = text[begin:begin + BLOCK]
        at = np.flatnonzero((block == _QUOTE) | (block == _NEWLINE) | (block == ord(separator)))
        if not len(at):
            continue
        kind = block[at]
        # Parity after each mark; for separators and line breaks it is that before them, too.
        state = (np.cumsum(kind == _QUOTE) + inside) & 1
        is_newline = kind == _NEWLINE
        outer = is_newline & (state == 0)
        sep_count = np.cumsum((kind == ord(separator)) & (state == 0)) + separators
        line_count = np.cumsum(is_newline) + newlines
        ends.append(at[outer] + begin)
        cells_before.append(sep_count[outer])
        lines_before.append(line_count[outer])
        inside, separators = int(state[-1]), int(sep_count[-1])
        newlines = int(line_count[-1])
    end, total, line = (np.concatenate(parts) if parts else np.zeros(0, np.int64)
                        for parts in (ends, cells_before, lines_before))
    if not len(end) or int(end[-1]) != len(text) - 1:
        end, total = np.append(end, len(text)), np.append(total, separators)
    return Records(np.diff(total, prepend=0) + 1, np.concatenate([[1], line + 1])[:len(end)],
                   np.concatenate([[0], end + 1]))


def quotes_of(data: bytes, separator: str) -> Quotes:
    """
    Whether every quote starts a cell, ends one, or is one of two that stand for one.

    Quotes open and close in turn. One that opens stands at the start of a cell, or after another
    that closed, as the second of two; one that closes stands at the end of a cell, or before
    another.
    """
    text = np.frombuffer(data, dtype=np.uint8)
    may_precede = _set_of(ord(separator), _NEWLINE, _QUOTE)
    may_follow = _set_of(ord(separator), _NEWLINE, _RETURN, _QUOTE)
    inside, last = 0, 0
    for begin in range(0, len(text), BLOCK):
        at = np.flatnonzero(text[begin:begin + BLOCK] == _QUOTE) + begin
        if not len(at):
            continue
        opening, closing = at[inside::2], at[1 - inside::2]
        opening, closing = opening[opening > 0], closing[closing < len(text) - 1]
        wrong = np.concatenate([opening[~may_precede[text[opening - 1]]],
                                closing[~may_follow[text[closing + 1]]]])
        if len(wrong):
            return Quotes(data.count(b"\n", 0, int(wrong.min())) + 1, None)
        inside, last = (inside + len(at)) & 1, int(at[-1])
    return Quotes(None, data.count(b"\n", 0, last) + 1 if inside else None)


def _set_of(*members: int) -> NDArray[np.bool_]:
    """Byte values as a table to look them up in."""
    table = np.zeros(256, dtype=bool)
    table[list(members)] = True
    return table
