"""The charts of money over time and of walks from one number to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.base.money import short_money
from headgate.reports.axes import (
    INK,
    MOST_NARROW_COLUMNS,
    MUTED,
    ROW_PIXELS,
    bar_ends,
    bar_layout,
    chart_layout,
    money_axis,
    names_axis,
    plain_axis,
    signed_axis,
)
from headgate.reports.markup import chart_text
from headgate.reports.numbers import exact_money, part_of, percent, shortened, signed_money

COST, MARGIN, LOSS = "#C5D6DE", "#0072B2", "#E69F00"
TOTAL, GAIN = "#56788C", "#0072B2"
"""Pale, dark and warm: they differ in lightness, so that they read in grey and by any eye."""
PART_COLOURS = (("#0B2B45", "#FFFFFF"), ("#0072B2", "#FFFFFF"), ("#56B4E9", INK),
                ("#E69F00", INK), ("#DDE3E8", INK))
"""Colour and ink of each part of a whole; the page's swatches have the same, in this order."""
WIDEST_NAME = 20
"""Letters after which a name beside a bar goes on in a second line."""
LEAST_WRITTEN = 0.07
"""A smaller part of a bar has no room for its own number."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """
    One bar of a waterfall.

    cents : what the walk changes by here; of a total where it stands
    total : drawn from zero
    """

    name: str
    cents: int
    total: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column in two parts.

    words, narrow : what stands above it, and on a narrow screen
    hover         : what stands under the pointer
    """

    name: str
    first_cents: int
    second_cents: int
    words: str
    narrow: str
    hover: str


def margin_words(row: Row, currency: str, between: str = " · ") -> str:
    """Revenue in short, and its margin as a share."""
    return (f"{short_money(row['revenue_cents'], currency)}{between}"
            f"{percent(part_of(row['margin_cents'], row['revenue_cents']), 1)}")


def _margin_hover(row: Row, currency: str) -> str:
    return (f"{chart_text(str(row['name']))}<br>Revenue: "
            f"<b>{exact_money(row['revenue_cents'], currency)}</b><br>Cost: "
            f"{exact_money(row['cost_cents'], currency)}<br>Margin: "
            f"{exact_money(row['margin_cents'], currency)}, "
            f"{percent(part_of(row['margin_cents'], row['revenue_cents']), 1)}")


def _margin_parts(rows: Sequence[Row], currency: str, orientation: str) -> list[dict[str, Any]]:
    """
    Cost and margin, which together are as long as the revenue; a loss stands beyond zero.

    With a loss the cost is longer than the revenue: what the revenue does not cover is the loss.
    """
    places = list(range(len(rows)))
    parts = (
        ("Cost", COST, [min(row["cost_cents"], row["revenue_cents"]) for row in rows]),
        ("Margin", MARGIN, [max(row["margin_cents"], 0) for row in rows]),
        ("Loss", LOSS, [min(row["margin_cents"], 0) for row in rows]))
    hover = [_margin_hover(row, currency) for row in rows]
    data = []
    for name, colour, cents in parts:
        along = [number / 100 for number in cents]
        x, y = (along, places) if orientation == "h" else (places, along)
        data.append({"type": "bar", "name": name, "orientation": orientation, "x": list(x),
                     "y": list(y), "marker": {"color": colour, "line": {"width": 0}},
                     "hovertemplate": "%{hovertext}<extra></extra>", "hovertext": hover})
    return data


def margin_columns(rows: Sequence[Row], currency: str) -> dict[str, Any]:
    """
    Columns of revenue by quarter, split into cost and margin.

    rows : name, revenue_cents, cost_cents, margin_cents, in time
    """
    data = _margin_parts(rows, currency, "v")
    words = [margin_words(row, currency, "<br>") for row in rows]
    layout = _columns_layout([str(row["name"]) for row in rows])
    layout["barmode"] = "relative"
    rates = [percent(part_of(row["margin_cents"], row["revenue_cents"]), 1) for row in rows]
    data.append(_column_ends([row["revenue_cents"] for row in rows], words, rates))
    most = max((row["revenue_cents"] for row in rows), default=0)
    low = min((min(row["margin_cents"], 0) for row in rows), default=0)
    layout["yaxis"] = {**(signed_axis(low, most, currency) if low else money_axis(most, currency)),
                       "range": [low / 100 * 1.1, max(most, 1) / 100 * 1.22], "automargin": True}
    return {"data": data, "layout": layout}


def margin_bars(rows: Sequence[Row], currency: str) -> dict[str, Any]:
    """Horizontal bars of revenue, split like the columns; each ends in its revenue and margin."""
    words = [margin_words(row, currency) for row in rows]
    most = max((row["revenue_cents"] for row in rows), default=0)
    low = min((min(row["margin_cents"], 0) for row in rows), default=0)
    data = _margin_parts(rows, currency, "h")
    data.append(bar_ends([max(row["revenue_cents"], 0) for row in rows], words, words))
    layout = bar_layout([chart_text(shortened(str(row["name"]))) for row in rows], most, currency,
                        (words, words))
    layout["barmode"] = "relative"
    if low:
        layout["xaxis"] |= signed_axis(low, most, currency)
    return {"data": data, "layout": layout}


def waterfall(steps: Sequence[Step], currency: str) -> dict[str, Any]:
    """
    A walk from one amount to another, from top to bottom.

    It lies on its side, since a phone has room for names beside bars and not below them. Totals
    begin at zero; a step begins where the one above ends, and a line joins the two.
    """
    level, spans, levels = 0, [], []
    for step in steps:
        start = 0 if step.total else level
        level = start + step.cents
        spans.append((start, level))
        levels.append(level)
    words = [short_money(step.cents, currency) if step.total else signed_money(step.cents, currency)
             for step in steps]
    colours = [TOTAL if step.total else GAIN if step.cents >= 0 else LOSS for step in steps]
    places = list(range(len(steps)))
    data: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "hoverinfo": "skip",
         "line": {"color": MUTED, "width": 1, "dash": "dot"},
         "x": [x for at in levels[:-1] for x in (at / 100, at / 100, None)],
         "y": [y for place in places[:-1] for y in (place, place + 1, None)]},
        {"type": "bar", "orientation": "h", "y": places, "base": [a / 100 for a, _ in spans],
         "x": [(b - a) / 100 for a, b in spans], "marker": {"color": colours},
         "hovertemplate": "%{hovertext}<extra></extra>",
         "hovertext": [f"{chart_text(step.name)}: <b>{exact_money(step.cents, currency)}</b>"
                       for step in steps]},
        bar_ends([max(span) for span in spans], words, words)]
    low, high = min((0, *levels)), max((0, *levels))
    layout = bar_layout([two_lines(step.name) for step in steps], high, currency, (words, words))
    layout["height"] = len(steps) * ROW_PIXELS + 44
    layout["bargap"] = 0.3
    layout["xaxis"] |= signed_axis(low, high, currency)
    return {"data": data, "layout": layout}


def two_lines(name: str) -> str:
    """
    A name beside a bar; a long one is folded at the space nearest to its middle.

    >>> two_lines("late cost of what is not sent"), two_lines("freight")
    ('late cost of what<br>is not sent', 'freight')
    """
    if len(name) <= WIDEST_NAME or " " not in name:
        return chart_text(shortened(name))
    spaces = [place for place, letter in enumerate(name) if letter == " "]
    # Of two spaces as near, the later one: the first line may be the longer one.
    fold = min(spaces, key=lambda place: (abs(place - len(name) / 2), -place))
    return "<br>".join(chart_text(shortened(part)) for part in (name[:fold], name[fold + 1:]))


def share_bars(rows: Sequence[tuple[str, Sequence[float], str]],
               parts: Sequence[str]) -> dict[str, Any]:
    """
    Horizontal bars of a whole, each split into its parts.

    rows  : name, the share of each part, 0 to 1, and words at the end of the bar
    parts : what the parts are, as many as there are shares, at most five
    """
    places = list(range(len(rows)))
    data: list[dict[str, Any]] = []
    for place, part in enumerate(parts):
        colour, ink = PART_COLOURS[place]
        shares = [row[1][place] for row in rows]
        data.append({
            "type": "bar", "orientation": "h", "name": part, "x": shares, "y": places,
            "marker": {"color": colour, "line": {"width": 0}}, "textposition": "inside",
            "insidetextanchor": "middle", "textangle": 0, "constraintext": "none",
            "textfont": {"color": ink, "size": 11},
            "text": [percent(share) if share >= LEAST_WRITTEN else "" for share in shares],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "hovertext": [f"{chart_text(row[0])}<br>{chart_text(part)}: <b>"
                          f"{percent(share, 1)}</b>" for row, share in zip(rows, shares,
                                                                          strict=True)]})
    ends = [row[2] for row in rows]
    layout = bar_layout([chart_text(shortened(row[0])) for row in rows], 100, "", (ends, ends))
    data.append(bar_ends([100] * len(rows), ends, ends))
    layout["barmode"], layout["bargap"] = "stack", 0.35
    layout["xaxis"] = {**plain_axis(), "range": [0, 1], "tickvals": [0, 0.25, 0.5, 0.75, 1],
                       "ticktext": ["0", "25%", "50%", "75%", "100%"]}
    return {"data": data, "layout": layout}


def two_part_columns(rows: Sequence[Column], colours: tuple[str, str], titles: tuple[str, str],
                     currency: str) -> dict[str, Any]:
    """Columns of dollars in two parts, the first at the foot; colours and titles are theirs."""
    places = list(range(len(rows)))
    parts = ([row.first_cents for row in rows], [row.second_cents for row in rows])
    data: list[dict[str, Any]] = [
        {"type": "bar", "name": title, "x": places, "y": [number / 100 for number in cents],
         "marker": {"color": colour, "line": {"width": 0}},
         "hovertemplate": "%{hovertext}<extra></extra>", "hovertext": [row.hover for row in rows]}
        for title, colour, cents in zip(titles, colours, parts, strict=True)]
    totals = [row.first_cents + row.second_cents for row in rows]
    data.append(_column_ends(totals, [row.words for row in rows], [row.narrow for row in rows]))
    layout = _columns_layout([row.name for row in rows])
    layout["barmode"] = "stack"
    most = max(totals, default=0)
    layout["yaxis"] = {**money_axis(most, currency), "automargin": True,
                       "range": [0, max(most, 1) / 100 * 1.22]}
    return {"data": data, "layout": layout}


def _column_ends(cents: Sequence[int], words: Sequence[str],
                 narrow: Sequence[str]) -> dict[str, Any]:
    """Words above the columns, which may have two lines; `meta` has the shorter ones."""
    return {"type": "scatter", "mode": "text", "x": list(range(len(cents))),
            "y": [number / 100 for number in cents], "textposition": "top center",
            "hoverinfo": "skip", "text": list(words), "textfont": {"size": 11},
            "cliponaxis": False, "meta": {"narrow": list(narrow)}}


def _columns_layout(names: Sequence[str]) -> dict[str, Any]:
    """Room for columns of quarters, whose names stand in two lines below them."""
    layout = chart_layout(290)
    layout["bargap"] = 0.3
    layout["margin"]["b"] = 40
    layout["xaxis"] = {**names_axis(list(range(len(names))), [
        "<br>".join(chart_text(name).rsplit(" ", 1)) for name in names]), "tickangle": 0}
    if len(names) > MOST_NARROW_COLUMNS:
        layout["meta"] = {"every_second": True}
    return layout
