"""
What all charts have in common: the room around them, their axes, and the words at their bars.

They are plain dictionaries: the page hands them to plotly's script as they are, and the Python
classes of plotly, which cost a second, are needed only by the test that validates them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from headgate.reports.markup import chart_text
from headgate.reports.numbers import axis_money

INK, MUTED, RULE = "#1B2733", "#55636F", "#E4E9EE"
FONT = ("system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', "
        "sans-serif")
ROW_PIXELS = 34
MOST_NARROW_COLUMNS = 7
PIXELS_A_LETTER = 7.2
"""Width of a letter of a chart's text in the widest of the system fonts."""


def bar_ends(cents: Sequence[int], words: Sequence[str], narrow: Sequence[str]) -> dict[str, Any]:
    """Words behind the end of each bar; `meta` holds the shorter ones for a narrow screen."""
    return {"type": "scatter", "mode": "text", "x": [number / 100 for number in cents],
            "y": list(range(len(cents))), "textposition": "middle right", "hoverinfo": "skip",
            "cliponaxis": False, "text": [f" {chart_text(text)}" for text in words],
            "meta": {"narrow": [f" {chart_text(text)}" for text in narrow]}}


def bar_layout(names: Sequence[str], most_cents: int, currency: str,
               ends: tuple[Sequence[str], Sequence[str]]) -> dict[str, Any]:
    """
    Room for horizontal bars whose longest ends beside its own words.

    The room at the right is counted in pixels, not as a share of the axis, so that no width of
    the screen cuts the words off. `meta` tells the page's script what to change when it is narrow.
    """
    right, narrow_right = (12 + round(PIXELS_A_LETTER * max(map(len, texts), default=0))
                           for texts in ends)
    layout = chart_layout(len(names) * ROW_PIXELS + 44)
    layout["margin"]["r"] = right
    layout["meta"] = {"narrow_right": narrow_right, "every_second": True}
    layout["xaxis"] = {**money_axis(most_cents, currency), "range": [0, max(most_cents, 1) / 100]}
    layout["yaxis"] = {**names_axis(list(range(len(names))), names), "autorange": "reversed"}
    return layout


def money_ticks(most_cents: int, count: int = 4) -> list[int]:
    """
    Round amounts from zero up to about the most, in cents.

    >>> money_ticks(950)
    [0, 200, 400, 600, 800]
    """
    if most_cents <= 0:
        return [0]
    rough = most_cents / count
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * lead for lead in (1, 2, 2.5, 5, 10) if size * lead >= rough * 0.8)
    return [round(step * k) for k in range(math.floor(most_cents / step) + 1)]


def signed_axis(low_cents: int, high_cents: int, currency: str) -> dict[str, Any]:
    """
    An axis of amounts on both sides of zero, which has a line of its own.

    low_cents, high_cents : the ends of what is drawn, the former at most 0
    """
    ticks = money_ticks(max(high_cents, -low_cents))
    shown = [-tick for tick in reversed(ticks[1:]) if -tick >= low_cents] + [
        tick for tick in ticks if tick <= high_cents]
    return {**plain_axis(), "tickangle": 0, "zeroline": True, "zerolinecolor": MUTED,
            "range": [low_cents / 100, max(high_cents, 1) / 100],
            "tickvals": [tick / 100 for tick in shown],
            "ticktext": [axis_money(tick, currency) if tick else "0" for tick in shown]}


def chart_layout(height: int) -> dict[str, Any]:
    """The ground of a chart: its height in pixels, its margins and its fonts."""
    return {"height": height, "margin": {"l": 8, "r": 8, "t": 8, "b": 30},
            "font": {"family": FONT, "size": 12, "color": INK}, "showlegend": False,
            "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "dragmode": False,
            "hoverlabel": {"bgcolor": "#FFFFFF", "bordercolor": "#C3CCD5", "align": "left",
                           "font": {"family": FONT, "size": 12, "color": INK}}}


def plain_axis() -> dict[str, Any]:
    """An axis of numbers that nobody can drag or zoom."""
    return {"fixedrange": True, "gridcolor": RULE, "zeroline": False,
            "tickfont": {"color": MUTED, "size": 11}}


def money_axis(most_cents: int, currency: str) -> dict[str, Any]:
    """An axis of amounts from zero on, with few round ticks."""
    ticks = money_ticks(most_cents)
    return {**plain_axis(), "tickangle": 0, "tickvals": [tick / 100 for tick in ticks],
            "ticktext": [axis_money(tick, currency) if tick else "0" for tick in ticks]}


def names_axis(places: Sequence[int], names: Sequence[str]) -> dict[str, Any]:
    """An axis of names, one at each place."""
    return {"tickvals": list(places), "ticktext": [f"{name} " for name in names],
            "automargin": True, "fixedrange": True, "showgrid": False, "zeroline": False}
