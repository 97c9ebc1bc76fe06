"""Pieces of HTML that are built from values; whatever comes from a book is escaped here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

MAX_TWIN_ROWS = 200
"""Most rows of a table under a chart; the plan's own tables hold the rest."""

CLIPPED = 40
"""A longer text may be cut off by the width of its column, and is shown whole as a tooltip."""

NAME = 18
"""A longer text at the start of a row may fold on a phone; shorter ones, order lines among them,
stand in one line."""

WHOLE_ROWS = 20
"""A table of more rows is scrolled in its box on a desk, too, and says so."""

Figure = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Grid:
    """
    A table for people.

    numeric : positions of the columns that hold numbers, which are set flush right
    rows    : cells as plain text
    more    : rows that exist and are not shown
    fold    : a phone shows each row as a block of named cells, so that none lies beyond its edge
    """

    caption: str
    heads: tuple[str, ...]
    numeric: frozenset[int]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0
    fold: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """
    One box of the page.

    finding : the title, which says what the numbers say
    note    : what is shown and in which unit
    figure  : the chart as plotly data and layout; None for a table alone or for a plain sentence
    grid    : the same numbers as a table; under a chart it can be folded out
    legend  : (colour class, words) of the chart's colours
    ramp    : words at the pale end, CSS gradient, words at the dark end of a colour scale
    wide    : spans the whole page
    open    : the table under the chart is folded out from the start
    canvas  : least width of the chart in pixels; a narrower screen scrolls it in its own box
    """

    key: str
    finding: str
    note: str
    figure: Figure | None = None
    grid: Grid | None = None
    legend: tuple[tuple[str, str], ...] = ()
    ramp: tuple[str, str, str] | None = None
    wide: bool = False
    open: bool = False
    canvas: int = 0


def grid_of(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]],
            numeric: Sequence[int], fold: bool = False) -> Grid:
    """A grid of at most MAX_TWIN_ROWS rows, which knows how many it leaves out."""
    shown = tuple(tuple(row) for row in rows[:MAX_TWIN_ROWS])
    return Grid(caption, tuple(heads), frozenset(numeric), shown, len(rows) - len(shown), fold)


def table_markup(grid: Grid) -> str:
    """A grid as a table in a box of its own, so that a phone scrolls the box and not the page."""
    heads = "".join(f'<th scope="col"{_flush(k, grid)}>{escape(head)}</th>'
                    for k, head in enumerate(grid.heads))
    body = "\n".join("<tr>" + "".join(_cell(k, cell, grid) for k, cell in enumerate(row)) + "</tr>"
                     for row in grid.rows)
    more = f'<p class="note">{grid.more:,} more rows are in the plan\'s tables.</p>' \
        if grid.more else ""
    tall = len(grid.rows) > WHOLE_ROWS
    hint = f" <b>{len(grid.rows):,} rows: scroll for all of them</b>" if tall else ""
    kinds = f'scroll{" tall" if tall else ""}{" fold" if grid.fold else ""}'
    return (f'<div class="{kinds}" tabindex="0" role="region" '
            f'aria-label="{escape(grid.caption)}"><table><caption>{escape(grid.caption)}{hint}'
            f"</caption><thead><tr>{heads}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
            f"{more}")


def _cell(position: int, text: str, grid: Grid) -> str:
    whole = f' title="{escape(text)}"' if len(text) > CLIPPED else ""
    if position == 0:
        kinds = [*(["num"] if 0 in grid.numeric else []), *(["name"] if len(text) > NAME else []),
                 *(["long"] if len(text) > CLIPPED else [])]
        told = f' class="{" ".join(kinds)}"' if kinds else ""
        return f'<th scope="row"{told}{whole}>{escape(text)}</th>'
    head = f' data-head="{escape(grid.heads[position])}"' if grid.fold else ""
    return f"<td{_flush(position, grid)}{head}{whole}>{escape(text)}</td>"


def _flush(position: int, grid: Grid) -> str:
    return ' class="num"' if position in grid.numeric else ""


def panel_markup(panel: Panel) -> str:
    """A panel: finding, note, legend, chart, and the table of the same numbers."""
    parts = [f'<article class="panel{" wide" if panel.wide else ""}" id="{panel.key}">',
             f"<h3>{escape(panel.finding)}</h3>"]
    if panel.note:
        parts.append(f'<p class="note">{escape(panel.note)}</p>')
    if panel.legend:
        keys = "".join(f'<li><span class="swatch {name}"></span>{escape(words)}</li>'
                       for name, words in panel.legend)
        parts.append(f'<ul class="legend" aria-label="Colours">{keys}</ul>')
    if panel.ramp:
        low, gradient, high = panel.ramp
        parts.append(f'<p class="ramp"><span>{escape(low)}</span><span class="shades" '
                     f'style="background:{gradient}"></span><span>{escape(high)}</span></p>')
    if panel.figure is not None:
        height = int(panel.figure["layout"]["height"])
        least = f";min-width:{panel.canvas}px" if panel.canvas else ""
        if panel.canvas:
            parts.append('<p class="swipe">Swipe the chart for later weeks &rarr;</p>')
        parts.append(
            f'<div class="canvas"{_scrolls(panel)}><div class="chart" data-figure="{panel.key}" '
            f'role="img" aria-label="Chart: {escape(panel.finding)}" '
            f'style="height:{height}px{least}"></div></div>')
        if panel.grid is not None:
            parts.append(f"<details{' open' if panel.open else ''}>"
                         f"<summary>The numbers as a table</summary>{table_markup(panel.grid)}"
                         "</details>")
    elif panel.grid is not None:
        parts.append(table_markup(panel.grid))
    parts.append("</article>")
    return "\n".join(parts)


def _scrolls(panel: Panel) -> str:
    if not panel.canvas:
        return ""
    return f' tabindex="0" role="region" aria-label="{escape(panel.finding)}"'


def json_for_script(value: Any) -> str:
    """
    JSON that can stand inside a script element, whatever text it holds.

    >>> json_for_script("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def chart_text(text: str) -> str:
    """A text for a chart, which would else read `<b>` and `&amp;` as its own small HTML."""
    return escape(text, quote=False)
