"""A table for the terminal whose columns share the room, and break no word and no number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

LONGEST_WORD = 40
"""Letters of a word that a column must hold in one piece; a longer id or path may be broken."""
GAPS = (3, 2, 1)
"""Blanks between columns, the widest that leave every column its need."""


@dataclass(frozen=True, slots=True)
class FittedTable:
    """
    Headings and rows of text, to be drawn as wide as the terminal allows.

    Words fold at blanks; numbers do not fold at all, as a part of one would be misread. Where not
    even that leaves room the table is wider than the terminal.

    left : how many columns, from the first on, hold words
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, in the width that is given."""
        columns = [[heading, *(row[place] for row in self.rows)]
                   for place, heading in enumerate(self.headings)]
        whole = [max(map(_width, cells)) for cells in columns]
        needs = [max(_need(cells[0]), *map(_need if place < self.left else _width, cells[1:]), 1)
                 for place, cells in enumerate(columns)]
        between = len(columns) - 1
        gap = next((gap for gap in GAPS if sum(needs) + gap * between <= options.max_width),
                   GAPS[-1])
        widths = shared(whole, needs, options.max_width - gap * between)
        # Of the blanks between two columns one is drawn by the box.
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim",
                      padding=(0, gap // 2, 0, gap // 3), width=sum(widths) + gap * between)
        for place, (heading, width) in enumerate(zip(self.headings, widths, strict=True)):
            table.add_column(Text(heading), justify="left" if place < self.left else "right",
                             width=width, overflow="fold")
        for row in self.rows:
            # Text keeps square brackets in ids from being read as markup.
            table.add_row(*map(Text, row))
        yield table


def shared(whole: Sequence[int], needs: Sequence[int], room: int) -> list[int]:
    """
    Widths of columns that share some room: the widest give way first, none below its need.

    >>> shared([9, 30, 20], [9, 8, 5], 40)
    [9, 15, 16]
    >>> shared([9, 30], [9, 8], 10)
    [9, 8]
    """
    widths = list(whole)
    while sum(widths) > room:
        loose = [place for place, width in enumerate(widths) if width > needs[place]]
        if not loose:
            break
        widths[max(loose, key=lambda place: widths[place])] -= 1
    return widths


def _width(cell: str) -> int:
    """Columns of a terminal that a cell takes, of several lines the widest."""
    return max(map(cell_len, cell.splitlines()), default=0)


def _need(cell: str) -> int:
    """Columns of a terminal that the longest word of a cell takes."""
    return max((min(cell_len(word), LONGEST_WORD) for word in cell.split()), default=0)
