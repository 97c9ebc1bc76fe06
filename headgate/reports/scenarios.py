"""The report of scenarios: plans of a book and of changed ones side by side, as one HTML page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import polars as pl

from headgate.base.money import short_money
from headgate.explain.beside import Beside
from headgate.explain.compare import Comparison
from headgate.reports.backlog import DOLLAR_LEGEND
from headgate.reports.figures import (
    PLAN_COLOURS,
    change_bars,
    plan_columns,
    stacked_bars,
)
from headgate.reports.markup import Grid, Panel, chart_text, grid_of
from headgate.reports.numbers import (
    below_best,
    count_of,
    day,
    exact_money,
    gap_share,
    percent,
    shortened,
    signed_money,
)
from headgate.reports.order_lines import UNDATED
from headgate.reports.page import (
    MARK,
    document,
    figures_of,
    navigation,
    section_markup,
)

MOST_LINES = 50
"""Most named lines of one scenario; the answer as JSON has them all."""
MONEY = {"value": "Value", "weighted_value": "Weighted value", "delivered": "Delivered",
         "late_cost": "Late cost", "undelivered_cost": "Undelivered cost",
         "promised_dollars": "Promised dollars", "bound": "No plan exceeds"}
UNITS = {"line": "Lines", "unit": "Pieces", "order": "Orders", "dollar": "Dollars"}
FIGURES = {"on_time": "on time", "in_full": "in full"}
STATUSES = {"open": "Open lines", "on_time": "Lines on time", "late": "Lines late",
            "short": "Lines with only a part", "unplanned": "Lines with nothing"}
MOVES = {"earlier": "Promised earlier", "later": "Promised later",
         "gained": "A date instead of none", "lost": "No date any more",
         "more_pieces": "More pieces", "fewer_pieces": "Fewer pieces",
         "shipped": "Nothing left to ship", "same": "Same promise", "new": "New lines",
         "gone": "Lines gone"}
CHANGES = {"earlier": "Earlier", "later": "Later", "gained": "A date now", "lost": "No date now",
           "more_pieces": "More pieces", "fewer_pieces": "Fewer pieces"}


@dataclass(frozen=True, slots=True)
class Told:
    """
    One column as the page tells of it.

    descriptions : of its scenarios; done : what each change did
    comparison   : against the base; None for the base itself
    """

    name: str
    descriptions: tuple[str, ...]
    done: tuple[str, ...]
    comparison: Comparison | None
    summary: Mapping[str, Any]


def scenarios_html(base: Mapping[str, Any], beside: Beside, columns: Sequence[Told]) -> str:
    """
    The whole page as one HTML text.

    base    : the summary of the base's plan
    columns : the base first, as many as `beside` has names
    """
    currency = str(base["currency"])
    table = _Tables(beside, currency)
    sections: list[tuple[str, str, str, Sequence[Panel]]] = [
        ("overview", "Side by side", "The book as it is, and what each scenario makes of it.",
         [_value_panel(beside, currency), table.overview()]),
        ("backlog", "Backlog", "What the open orders become in each plan.",
         [_standing_panel(columns, currency), _quarter_panel(beside, table, currency)]),
        ("service", "Service and segments", "Who is served in time, and whose value changes.",
         [table.service(), table.segments()]),
        ("promises", "Promises moved", "Against the plan of the book as it is.",
         [table.promises()])]
    sections += [(f"scenario-{place}", column.name, " ".join(filter(None, column.descriptions)),
                  _scenario_panels(place, column, currency))
                 for place, column in enumerate(columns) if column.comparison is not None]
    links = [(key, shortened(title)) for key, title, *_ in sections]
    body = "\n".join([_header(base, len(columns) - 1), navigation(links), '<main id="main">',
                      *(section_markup(section) for section in sections), "</main>",
                      _footer(base)])
    return document(f"{base['book_name']} · scenarios as of {base['as_of']}", body,
                    {"figures": figures_of(sections)})


def _value_panel(beside: Beside, currency: str) -> Panel:
    """By how much each scenario changes the weighted value, and the best that can be had."""
    rows = []
    for name in beside.names[1:]:
        cents = beside.difference("money", name, "weighted_value")
        row = beside.gaps.row(by_predicate=pl.col("plan") == name, named=True)
        between = None if row["least_cents"] is None else (row["least_cents"], row["most_cents"])
        words = f"{chart_text(name)}<br>Plan: <b>{exact_money(cents, currency)}</b>"
        if between is not None:
            words += (f"<br>Best possible: {exact_money(between[0], currency)} to "
                      f"{exact_money(between[1], currency)}")
        rows.append((name, cents, between, words))
    best = max(rows, key=lambda row: row[1])
    worst = min(rows, key=lambda row: row[1])
    finding = f"{best[0]}: {_told(best[1], currency)}"
    if len(rows) > 1 and best[1] != worst[1]:
        finding = f"{finding}; {worst[0]}: {_told(worst[1], currency)}"
    known = any(row[2] is not None for row in rows)
    note = f"Weighted value against the base, in {currency}" + (
        "; the line is how far the best possible plan changes at least and at most, by proof"
        if known else "")
    cells = [(name, exact_money(cents, currency),
              *((exact_money(between[0], currency), exact_money(between[1], currency))
                if between else ("–", "–"))) for name, cents, between, _ in rows]
    return Panel("value-change", finding, note, change_bars(rows, currency),
                 grid_of(f"Weighted value against the base, {currency}",
                         ("Scenario", "Plan", "Best possible, least", "Most"), cells, (1, 2, 3)),
                 wide=True)


def _told(cents: int, currency: str) -> str:
    """What a scenario does to the value, in words."""
    if not cents:
        return "worth as much as the base"
    return f"{short_money(abs(cents), currency)} {'above' if cents > 0 else 'below'} the base"


@dataclass(frozen=True, slots=True)
class _Tables:
    """The figures as tables with a column to each plan."""

    beside: Beside
    currency: str

    def _rows(self, part: str, keys: Sequence[tuple[str, ...]], words: Sequence[str],
              value: Callable[[Any], str], change: Callable[[Any], str]) -> list[tuple[str, ...]]:
        """A row to each key: its words, the base's figure, then each plan's with its difference."""
        rows = []
        for key, word in zip(keys, words, strict=True):
            cells = [word, value(self.beside.value(part, self.beside.names[0], *key))]
            for name in self.beside.names[1:]:
                text, moved = (value(self.beside.value(part, name, *key)),
                               self.beside.difference(part, name, *key))
                words = change(moved) if moved else ""
                # A difference that rounds to nothing says nothing.
                cells.append(f"{text} ({words})" if words.strip("+-0.") else text)
            rows.append(tuple(cells))
        return rows

    def _grid(self, caption: str, rows: Sequence[tuple[str, ...]]) -> Grid:
        names = self.beside.names
        return grid_of(caption, ("", *names), rows, range(1, len(names) + 1))

    def money(self, cents: int | None) -> str:
        """An amount in short; a dash for none."""
        return "–" if cents is None else short_money(cents, self.currency)

    def signed(self, cents: int) -> str:
        """A difference of amounts."""
        return signed_money(cents, self.currency)

    def overview(self) -> Panel:
        """Value, certificate, service, promised dollars and lines."""
        names = self.beside.names
        alike = all(self.beside.value("money", name, "value")
                    == self.beside.value("money", name, "weighted_value") for name in names)
        figures = [figure for figure in MONEY if (figure != "weighted_value" or not alike)
                   and self.beside.value("money", names[0], figure) is not None]
        rows = self._rows("money", [(figure,) for figure in figures],
                          [MONEY[figure] for figure in figures], self.money, self.signed)
        gaps = [self.beside.gaps.row(by_predicate=pl.col("plan") == name, named=True)
                for name in names]
        if any(gap["gap"] is not None for gap in gaps):
            rows.append(("Below the best possible, at most", *(
                "–" if gap["gap"] is None else gap_share(gap["gap"]) for gap in gaps)))
        rows += self._rows("service", [("dollar", "on_time"), ("line", "on_time")],
                           ["Dollars on time", "Lines on time, share"], _share, _points)
        rows += self._rows("lines", [(status,) for status in STATUSES], list(STATUSES.values()),
                           lambda number: f"{number:,}", lambda number: f"{number:+,}")
        base = names[0]
        row = gaps[0]
        note = "In brackets: less the base."
        if row["bound_cents"] is not None:
            near = below_best(self.beside.value("money", base, "weighted_value"),
                              row["bound_cents"], row["gap"], self.currency)
            note = f"{note} The plan of the base is {near}, by proof."
        count = len(names) - 1
        return Panel("side-by-side", f"{count_of(count, 'scenario')} beside the base", note, None,
                     self._grid(f"Plans side by side, money in {self.currency}", rows), wide=True)

    def service(self) -> Panel:
        """Shares on time and in full, by line, piece, order and dollar."""
        keys = [(unit, figure) for figure in FIGURES for unit in UNITS]
        rows = self._rows("service", keys, [f"{UNITS[unit]} {FIGURES[figure]}"
                                            for unit, figure in keys], _share, _points)
        moved = {name: self.beside.difference("service", name, "line", "on_time") or 0.0
                 for name in self.beside.names[1:]}
        name = max(moved, key=lambda one: abs(moved[one]))
        finding = (f"{name}: {_points(moved[name])} points of the lines on time" if moved[name]
                   else "The share of the lines on time is the same in all plans")
        return Panel("service-table", finding, "Shares of what is open; in brackets: percentage "
                     "points less the base", None, self._grid("Service", rows), wide=True)

    def segments(self) -> Panel:
        """Weighted value and lines on time of each segment."""
        keys = [key for key in self.beside.keys("segments")
                if key[1] in ("weighted_cents", "lines_on_time")]
        rows = []
        for key in keys:
            money = key[1] == "weighted_cents"
            rows += self._rows(
                "segments", [key], [f"{key[0]}: {'value' if money else 'lines on time'}"],
                self.money if money else lambda number: f"{number:,}",
                self.signed if money else lambda number: f"{number:+,}")
        moves = [(self.beside.difference("segments", name, *key) or 0, key[0], name)
                 for key in keys if key[1] == "weighted_cents" for name in self.beside.names[1:]]
        cents, segment, name = max(moves, key=lambda move: abs(move[0]), default=(0, "", ""))
        finding = (f"{segment} moves most: {self.signed(cents)} in {name}" if cents
                   else "No segment's value changes")
        return Panel("segment-table", finding, f"Weighted value in {self.currency} and lines on "
                     "time; in brackets: less the base", None, self._grid("By segment", rows),
                     wide=True)

    def quarters(self) -> Grid:
        """Dollars of the backlog by quarter of arrival."""
        keys = self.beside.keys("quarters")
        return self._grid(f"Backlog by quarter of arrival, {self.currency}", self._rows(
            "quarters", keys, [_quarter(key[0]) for key in keys], self.money, self.signed))

    def promises(self) -> Panel:
        """How many promises move, by how many dollars and days."""
        names = self.beside.names[1:]
        found = {(row["plan"], row["change"]): row
                 for row in self.beside.promises.iter_rows(named=True)}
        rows = []
        for change, words in MOVES.items():
            if any(found[name, change]["lines"] for name in names):
                rows.append((words, *(_moved(found[name, change], self.currency)
                                      for name in names)))
        later = {name: found[name, "later"]["lines"] + found[name, "lost"]["lines"]
                 for name in names}
        name = max(later, key=lambda one: later[one])
        finding = (f"{name}: {count_of(later[name], 'line')} later or without a date" if later[name]
                   else "No promise becomes later")
        return Panel("promise-table", finding, "Lines, their dollars, and the mean of their days "
                     "weighed by dollars", None,
                     grid_of("Promises against the base", ("", *names), rows,
                             range(1, len(names) + 1)), wide=True)


def _quarter(name: str) -> str:
    """A quarter as a chart of the report calls it, or what has no date in any."""
    return "No date yet" if name == UNDATED else name


def _moved(row: Mapping[str, Any], currency: str) -> str:
    """Lines, dollars and days of one change of promises."""
    if not row["lines"]:
        return "0"
    money = f" · {short_money(row['dollars_cents'], currency)}" if row["dollars_cents"] else ""
    days = f" · {row['days']:+.1f} days" if row["days"] else ""
    return f"{row['lines']:,}{money}{days}"


def _share(share: float | None) -> str:
    return percent(share, 1)


def _points(difference: float) -> str:
    return f"{difference * 100:+.1f}"


def _standing_panel(columns: Sequence[Told], currency: str) -> Panel:
    """Open dollars of each plan: on time, late, without a date."""
    rows = []
    for column in columns:
        dollars = column.summary["dollars_cents"]
        rows.append({"name": column.name, "total_cents": dollars["open"],
                     "on_time_cents": dollars["on_time"],
                     "late_cents": dollars["promised"] - dollars["on_time"],
                     "undated_cents": dollars["open"] - dollars["promised"]})
    shares = {row["name"]: (row["on_time_cents"] / row["total_cents"] if row["total_cents"]
                            else 0.0) for row in rows}
    base, *others = [row["name"] for row in rows]
    name = max(others, key=lambda one: abs(shares[one] - shares[base]))
    told = [percent(shares[one], 1) for one in (name, base)]
    finding = (f"{name}: {told[0]} of the open dollars on time, against {told[1]} in the base"
               if told[0] != told[1] else f"{told[1]} of the open dollars on time in every plan")
    cells = [(row["name"], *(exact_money(row[part], currency) for part in (
        "total_cents", "on_time_cents", "late_cents", "undated_cents")),
        percent(shares[row["name"]], 1)) for row in rows]
    return Panel("standing", finding,
                 f"Open backlog in {currency}; each bar ends in its total and share on time",
                 stacked_bars(rows, currency),
                 grid_of(f"Open backlog by plan, {currency}",
                         ("Plan", "Total", "On time", "Late", "No date", "On time, share"), cells,
                         range(1, 6)), DOLLAR_LEGEND, open=True)


def _quarter_panel(beside: Beside, table: _Tables, currency: str) -> Panel:
    """What the backlog becomes by quarter, in the plans that there is a colour for."""
    keys = beside.keys("quarters")
    shown = beside.names[:len(PLAN_COLOURS)]
    plans = [(name, [beside.value("quarters", name, *key) for key in keys]) for name in shown]
    changes = [(beside.difference("quarters", name, *key) or 0, key[0], name)
               for key in keys for name in beside.names[1:]]
    cents, quarter, name = max(changes, key=lambda change: abs(change[0]), default=(0, "", ""))
    finding = (f"{_quarter(quarter)} moves most: {signed_money(cents, currency)} in {name}" if cents
               else "Every quarter stays as it is")
    more = "; the table has all plans" if len(shown) < len(beside.names) else ""
    note = f"Open backlog by fiscal quarter of arrival, {currency}{more}"
    return Panel("quarters", finding, note,
                 plan_columns([_quarter(key[0]) for key in keys], plans, currency),
                 table.quarters(),
                 tuple((f"plan-{place}", shortened(name)) for place, name in enumerate(shown)))


def _scenario_panels(place: int, column: Told, currency: str) -> list[Panel]:
    """What one scenario changes, and the lines whose promises matter most."""
    assert column.comparison is not None
    count = count_of(len(column.done), "change")
    done = Panel(f"changes-{place}", f"{count} of the book", "", None,
                 grid_of("Changes, in their order", ("#", "What changes"),
                         [(str(number), words) for number, words in enumerate(column.done, 1)],
                         ()), wide=True)
    lines = column.comparison.lines.filter(pl.col("change") != "shipped")
    if lines.is_empty():
        return [done, Panel(f"moved-{place}", "No promise of the book's lines moves", "",
                            wide=True)]
    rows = [(f"{row['order_id']} / {row['line_no']}", CHANGES[row["change"]],
             day(row["promised_on_a"]) or "–", day(row["promised_on_b"]) or "–",
             "" if row["days"] is None else f"{row['days']:+,}", f"{row['pieces_b']:,}",
             "" if row["dollars_cents"] is None else exact_money(row["dollars_cents"], currency),
             row["customer_id"] or "", row["segment"] or "")
            for row in lines.head(MOST_LINES).iter_rows(named=True)]
    first = lines.row(0, named=True)
    title = (f"{first['order_id']} / {first['line_no']} matters most: "
             f"{CHANGES[first['change']].lower()}")
    shown = grid_of("Order lines, by dollars x days", (
        "Order / line", "Promise", "Base", "Then", "Days", "Pieces", "Dollars", "Customer",
        "Segment"), rows, (4, 5, 6))
    more = lines.height - len(rows)
    note = f"{count_of(lines.height, 'promise')} of lines that both plans have" + (
        f", the {MOST_LINES} that matter most are shown" if more else "")
    return [done, Panel(f"moved-{place}", title, note, None, shown, wide=True)]


def _header(summary: Mapping[str, Any], count: int) -> str:
    facts = [("As of", str(summary["as_of"])), ("Scenarios", f"{count:,}"),
             ("Horizon", count_of(int(summary["horizon_weeks"]), "week")),
             ("Money in", str(summary["currency"])), ("headgate", str(summary["version"]))]
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
                    for name, value in facts)
    return (f'<a class="skip" href="#main">Skip to the report</a>\n<header class="top">'
            f'<div class="inner"><div class="brand">{MARK}<span>headgate</span></div>'
            f'<div class="title"><p class="eyebrow">Scenarios</p>'
            f'<h1>{escape(str(summary["book_name"]))}</h1></div><dl class="facts">{cells}</dl>'
            "</div></header>")


def _footer(summary: Mapping[str, Any]) -> str:
    return (f'<footer><div class="inner"><p>headgate {escape(str(summary["version"]))} · '
            f"{escape(str(summary['book_name']))} · as of {summary['as_of']} · what if, not a "
            f'promise</p><p class="mono">book {escape(str(summary["book_digest"]))}</p></div>'
            "</footer>")
