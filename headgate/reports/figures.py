"""The charts of a plan, as plotly data and layout; what they share is in `axes`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from headgate.base.money import short_money
from headgate.reports.axes import (
    INK,
    MOST_NARROW_COLUMNS,
    MUTED,
    ROW_PIXELS,
    RULE,
    bar_ends,
    bar_layout,
    chart_layout,
    money_axis,
    names_axis,
    plain_axis,
    signed_axis,
)
from headgate.reports.markup import chart_text
from headgate.reports.numbers import (
    amount,
    exact_money,
    part_of,
    percent,
    shortened,
    signed_money,
)

ON_TIME, LATE, UNDATED, STOCK = "#0072B2", "#E69F00", "#AEB6BF", "#56788C"
BOOKED, AHEAD = "#007D5E", "#A5568A"
MEASURED, PREDICTED = "#00546B", "#C5D6DE"
"""Dark beside pale: a pair reads the same in grey and with any colour vision."""
PLAN_COLOURS = ("#56788C", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#7A4FA3")
"""The base first; the swatches of the page's legend have the same, in this order."""
MISSING_SCALE = ((0.0, "#FDEBB8"), (0.25, "#F7BC66"), (0.5, "#E07A4B"), (0.75, "#A83C5C"),
                 (1.0, "#45195A"))
LOAD_SCALE = ((0.0, "#EEF4FA"), (0.5, "#9CC3E2"), (0.8, "#3F86BE"), (0.95, "#125A93"),
              (1.0, "#0A2E52"))
"""Both scales darken steadily, so that they read the same in grey and with any colour vision."""
PARTS_OF_DOLLARS = (("On time", "on_time_cents", ON_TIME, ""), ("Late", "late_cents", LATE, ""),
                    ("No date yet", "undated_cents", UNDATED, "/"))


def stacked_bars(rows: Sequence[Mapping[str, Any]], currency: str,
                 ends: Sequence[str] = ()) -> dict[str, Any]:
    """
    Horizontal bars of dollars, split into on time, late and without a date.

    rows : name, total_cents and the three parts, the bar on top first
    ends : words at the end of each bar; by default its total and its share on time
    """
    names = [chart_text(shortened(str(row["name"]))) for row in rows]
    places = list(range(len(rows)))
    data = [_stack_part(rows, places, part, currency, "h") for part in PARTS_OF_DOLLARS]
    most = max((row["total_cents"] for row in rows), default=0)
    words = ends or [f"{short_money(row['total_cents'], currency)} · "
                     f"{percent(part_of(row['on_time_cents'], row['total_cents']))}"
                     for row in rows]
    narrow = [short_money(row["total_cents"], currency) for row in rows] if ends else words
    data.append(bar_ends([row["total_cents"] for row in rows], words, narrow))
    layout = bar_layout(names, most, currency, (words, narrow))
    layout["barmode"] = "stack"
    return {"data": data, "layout": layout}


def quarter_columns(rows: Sequence[Mapping[str, Any]], currency: str) -> dict[str, Any]:
    """Columns of dollars by the fiscal quarter of their promise."""
    names = ["<br>".join(chart_text(str(row["name"])).rsplit(" ", 1)) for row in rows]
    places = list(range(len(rows)))
    data = [_stack_part(rows, places, part, currency, "v") for part in PARTS_OF_DOLLARS]
    most = max((row["total_cents"] for row in rows), default=0)
    data.append({"type": "scatter", "mode": "text", "x": places, "textposition": "top center",
                 "y": [row["total_cents"] / 100 for row in rows], "hoverinfo": "skip",
                 "text": [short_money(row["total_cents"], currency) for row in rows],
                 "textfont": {"size": 11}, "cliponaxis": False})
    layout = chart_layout(260)
    layout["barmode"] = "stack"
    layout["bargap"] = 0.35
    layout["xaxis"] = {**names_axis(places, names), "tickangle": 0}
    layout["yaxis"] = {**money_axis(most, currency), "range": [0, max(most, 1) / 100 * 1.14],
                       "automargin": True}
    if len(rows) > MOST_NARROW_COLUMNS:
        layout["meta"] = {"every_second": True}
    return {"data": data, "layout": layout}


def _stack_part(rows: Sequence[Mapping[str, Any]], places: Sequence[int],
                part: tuple[str, str, str, str], currency: str, orientation: str) -> dict[str, Any]:
    title, column, colour, pattern = part
    dollars = [row[column] / 100 for row in rows]
    marker: dict[str, Any] = {"color": colour, "line": {"width": 0}}
    if pattern:
        marker["pattern"] = {"shape": pattern, "fgcolor": "#7C8792", "bgcolor": colour, "size": 6,
                             "solidity": 0.3}
    across, along = (dollars, places) if orientation == "h" else (places, dollars)
    return {"type": "bar", "name": title, "orientation": orientation, "x": list(across),
            "y": list(along), "marker": marker, "hovertemplate": "%{hovertext}<extra></extra>",
            "hovertext": [f"{chart_text(str(row['name']))}<br>{title}: "
                          f"<b>{exact_money(row[column], currency)}</b><br>All: "
                          f"{exact_money(row['total_cents'], currency)}" for row in rows]}


def heat_map(names: Sequence[str], weeks: Sequence[date], values: Sequence[Sequence[float | None]],
             hover: Sequence[Sequence[str]], scale: Mapping[str, Any]) -> dict[str, Any]:
    """
    A grid of rows by week.

    values : None leaves a cell empty
    hover  : the exact words of each cell
    scale  : plotly's zmin, zmax and colorscale; the page shows it as a ramp of its own
    """
    places = list(range(len(names)))
    data = [{"type": "heatmap", "x": [week.isoformat() for week in weeks], "y": places,
             "z": [list(row) for row in values], "text": [list(row) for row in hover],
             "hovertemplate": "%{text}<extra></extra>", "hoverongaps": False, "xgap": 1, "ygap": 2,
             "showscale": False, **scale}]
    layout = chart_layout(len(names) * 24 + 52)
    layout["margin"]["b"] = 40
    layout["plot_bgcolor"] = "#F3F5F8"
    layout["xaxis"] = {"type": "date", "tickformat": "%b\n%Y", "dtick": "M1",
                       "fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "outside",
                       "tickcolor": RULE, "tickfont": {"color": MUTED, "size": 11}}
    layout["yaxis"] = {**names_axis(places, [chart_text(shortened(name, 34)) for name in names]),
                       "autorange": "reversed"}
    return {"data": data, "layout": layout}


def missing_scale(most: float) -> dict[str, Any]:
    """Colours for missing pieces by their order of magnitude: cells hold log10 of the pieces."""
    return {"zmin": 0, "zmax": math.log10(max(most, 10)), "colorscale": _stops(MISSING_SCALE)}


def load_scale() -> dict[str, Any]:
    """Colours for the share of the hours that is used."""
    return {"zmin": 0, "zmax": 1, "colorscale": _stops(LOAD_SCALE)}


def _stops(scale: Sequence[tuple[float, str]]) -> list[list[Any]]:
    return [list(stop) for stop in scale]


def gradient(scale: Sequence[tuple[float, str]]) -> str:
    """A colour scale as a CSS gradient."""
    return f"linear-gradient(90deg,{','.join(f'{c} {at * 100:g}%' for at, c in scale)})"


def ranges(rows: Sequence[Mapping[str, Any]], as_of: date) -> dict[str, Any]:
    """
    P10 to P90 as a line and P50 as a dot, two measures for each row.

    rows : name, and booked and ahead as (P10, P50, P90) in weeks
    """
    places = list(range(len(rows)))
    data = []
    for key, title, colour, shift in (("booked", "from booking", BOOKED, -0.16),
                                      ("ahead", f"from {as_of}", AHEAD, 0.16)):
        spots = [place + shift for place in places]
        data.append({
            "type": "scatter", "mode": "lines", "hoverinfo": "skip",
            "line": {"color": colour, "width": 7}, "opacity": 0.35,
            "x": [x for row in rows for x in (row[key][0], row[key][2], None)],
            "y": [y for spot in spots for y in (spot, spot, None)]})
        data.append({
            "type": "scatter", "mode": "markers", "name": title, "y": spots,
            "x": [row[key][1] for row in rows], "marker": {"color": colour, "size": 11},
            "hovertemplate": "%{hovertext}<extra></extra>",
            "hovertext": [f"{chart_text(str(row['name']))}, weeks {title}<br>P10 "
                          f"{amount(row[key][0])} · P50 <b>{amount(row[key][1])}</b> · P90 "
                          f"{amount(row[key][2])}" for row in rows]})
    layout = chart_layout(len(rows) * ROW_PIXELS + 60)
    layout["xaxis"] = {**plain_axis(), "rangemode": "tozero", "ticksuffix": " w", "nticks": 8}
    layout["yaxis"] = {**names_axis(places, [chart_text(shortened(str(row["name"])))
                                              for row in rows]), "autorange": "reversed"}
    return {"data": data, "layout": layout}


def plain_bars(rows: Sequence[tuple[str, int, str, str]], currency: str,
               colour: str) -> dict[str, Any]:
    """
    Horizontal bars of dollars in one colour.

    rows : name, cents, words at the end of the bar after its amount, words under the pointer
    """
    most = max((row[1] for row in rows), default=0)
    words = [f"{short_money(row[1], currency)} · {row[2]}" for row in rows]
    narrow = [short_money(row[1], currency) for row in rows]
    data = [{"type": "bar", "orientation": "h", "x": [row[1] / 100 for row in rows],
             "y": list(range(len(rows))), "marker": {"color": colour},
             "hovertemplate": "%{hovertext}<extra></extra>",
             "hovertext": [row[3] for row in rows]},
            bar_ends([row[1] for row in rows], words, narrow)]
    names = [chart_text(shortened(row[0])) for row in rows]
    return {"data": data, "layout": bar_layout(names, most, currency, (words, narrow))}


def paired_bars(rows: Sequence[tuple[str, int, int, str, str]], titles: tuple[str, str],
                currency: str) -> dict[str, Any]:
    """
    Two horizontal bars of dollars to a row, the first dark and above the second, which is pale.

    rows   : name, cents of the first and of the second bar, words behind the longer of the two
             after the amount of the first, words under the pointer
    titles : what the two bars are
    """
    longer = [max(row[1], row[2]) for row in rows]
    words = [f"{short_money(row[1], currency)} · {row[3]}" for row in rows]
    narrow = [short_money(row[1], currency) for row in rows]
    bars = ((titles[0], [row[1] for row in rows], MEASURED, MEASURED),
            (titles[1], [row[2] for row in rows], PREDICTED, "#7D97A4"))
    data: list[dict[str, Any]] = [
        {"type": "bar", "orientation": "h", "name": title, "x": [number / 100 for number in cents],
         "y": list(range(len(rows))),
         "marker": {"color": colour, "line": {"width": 1, "color": edge}},
         "hovertemplate": "%{hovertext}<extra></extra>", "hovertext": [row[4] for row in rows]}
        for title, cents, colour, edge in bars]
    data.append(bar_ends(longer, words, narrow))
    names = [chart_text(shortened(row[0])) for row in rows]
    layout = bar_layout(names, max(longer, default=0), currency, (words, narrow))
    layout["barmode"], layout["bargap"] = "group", 0.3
    return {"data": data, "layout": layout}


def change_bars(rows: Sequence[tuple[str, int, tuple[int, int] | None, str]],
                currency: str) -> dict[str, Any]:
    """
    Horizontal bars of gains to the right of zero and losses to the left.

    rows : name, cents, the least and the most that the bar might be, drawn as a pale line, and the
           words under the pointer
    """
    lows = [min(0, cents, *(between or ())) for _, cents, between, _ in rows]
    highs = [max(0, cents, *(between or ())) for _, cents, between, _ in rows]
    words = [signed_money(cents, currency) for _, cents, _, _ in rows]
    places = list(range(len(rows)))
    data: list[dict[str, Any]] = [
        {"type": "bar", "orientation": "h", "x": [row[1] / 100 for row in rows], "y": places,
         "marker": {"color": [ON_TIME if row[1] >= 0 else LATE for row in rows]},
         "hovertemplate": "%{hovertext}<extra></extra>", "hovertext": [row[3] for row in rows]},
        {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "opacity": 0.4,
         "line": {"color": INK, "width": 3},
         "x": [x for row in rows for x in (*(cents / 100 for cents in row[2] or ()), None)],
         "y": [y for place, row in zip(places, rows, strict=True)
               for y in (*(place for _ in row[2] or ()), None)]},
        # Words stand right of bar and line; left of zero nothing would hold them apart.
        bar_ends(highs, words, words)]
    names = [chart_text(shortened(row[0])) for row in rows]
    layout = bar_layout(names, max(highs, default=0), currency, (words, words))
    low, high = min(lows, default=0), max(highs, default=0)
    layout["xaxis"] = signed_axis(low, high, currency)
    return {"data": data, "layout": layout}


def plan_columns(names: Sequence[str], plans: Sequence[tuple[str, Sequence[int]]],
                 currency: str) -> dict[str, Any]:
    """Columns of dollars in groups: one group to a name, one column of it to a plan."""
    most = max((cents for _, values in plans for cents in values), default=0)
    low = min((min(cents, 0) for _, values in plans for cents in values), default=0)
    places = list(range(len(names)))
    data = [{"type": "bar", "name": chart_text(plan), "x": places,
             "y": [cents / 100 for cents in values],
             "marker": {"color": PLAN_COLOURS[place % len(PLAN_COLOURS)]},
             "hovertemplate": "%{hovertext}<extra></extra>",
             "hovertext": [f"{chart_text(name)}<br>{chart_text(plan)}: "
                           f"<b>{exact_money(cents, currency)}</b>"
                           for name, cents in zip(names, values, strict=True)]}
            for place, (plan, values) in enumerate(plans)]
    layout = chart_layout(280)
    layout["barmode"], layout["bargap"] = "group", 0.25
    layout["xaxis"] = {**names_axis(places, ["<br>".join(chart_text(name).rsplit(" ", 1))
                                              for name in names]), "tickangle": 0}
    layout["yaxis"] = {**(signed_axis(low, most, currency) if low else money_axis(most, currency)),
                       "range": [low / 100 * 1.05, max(most, 1) / 100 * 1.05], "automargin": True}
    if len(names) > MOST_NARROW_COLUMNS:
        layout["meta"] = {"every_second": True}
    return {"data": data, "layout": layout}
