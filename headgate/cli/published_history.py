"""What people see of a published history: short tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from headgate.base.money import short_money
from headgate.cli.showing import grid, share
from headgate.history.answer import SCOPE, HistoryAnswer

if TYPE_CHECKING:
    from rich.console import RenderableType

METHOD_WORDS = {"conversion": "conversion", "growth": "growth", "naive": "naive: as before",
                "guidance": "own guidance"}


def history_tables(answer: HistoryAnswer, sources: bool, out: Path | None) -> list[RenderableType]:
    """
    A history for the terminal: one company in full, several with their last quarter.

    sources : whether each row is shown with its source
    """
    tables = _company(answer) if len(answer.companies) == 1 else _overview(answer)
    if sources:
        tables += source_lines(answer.quarters, "fiscal_quarter")
        tables += source_lines(answer.years, "fiscal_year")
        tables += source_lines(answer.obligations, "fiscal_quarter")
    tables.append(f"\n{SCOPE}")
    if out is not None:
        tables.append(f"\nthe tables are in {out}")
    return tables


def source_lines(rows: pl.DataFrame, named: str) -> list[RenderableType]:
    """Where each row is told, how good that is, and its note."""
    lines: list[RenderableType] = []
    for row in rows.iter_rows(named=True):
        if row["source_url"] is None and row["note"] is None:
            continue
        note = f"\n  {row['note']}" if row["note"] else ""
        lines.append(f"\n{row['company']} {row[named]}  [{row['quality']}]\n  "
                     f"{row['source_url'] or 'no source'}{note}")
    return lines


def money(cents: int | None) -> str:
    """An amount in few digits, a dash where none is published."""
    return "-" if cents is None else short_money(cents)


def number(value: float | None, digits: int = 2) -> str:
    """A ratio, a dash where there is none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def change(value: float | None) -> str:
    """
    Growth with its sign.

    >>> change(0.312), change(None)
    ('+31%', '-')
    """
    return "-" if value is None else f"{value:+,.0%}"


def _overview(answer: HistoryAnswer) -> list[RenderableType]:
    """The last quarter of each company, its outlook, years, and what buyers owe."""
    rows = []
    ratios = _by_quarter(answer.ratios)
    for company, own in _each(answer.quarters):
        last = own.row(-1, named=True)
        ratio = ratios[company, last["fiscal_quarter"]]
        rows.append((company, last["fiscal_quarter"], money(last["orders_cents"]),
                     money(last["shipments_cents"]), money(last["revenue_cents"]),
                     money(last["backlog_cents"]), number(ratio["book_to_bill"]),
                     share(ratio["conversion"])))
    shown: list[RenderableType] = [grid("Last published quarter", (
        "company", "quarter", "orders", "shipped", "revenue", "backlog", "book-to-bill",
        "conversion"), rows)] if rows else []
    shown += _chosen(answer)
    shown += _obligations(answer)
    shown += _years(answer)
    shown.append("\nOne company in full, with what must be known of its outlook: "
                 "headgate history COMPANY")
    return shown


def _company(answer: HistoryAnswer) -> list[RenderableType]:
    """All that is told of one company."""
    company = answer.companies[0]
    shown: list[RenderableType] = []
    if not answer.quarters.is_empty():
        shown += [*_roll_forward(company, answer.quarters), *_beyond_rounding(answer.quarters),
                  *_other_revenue(answer.quarters), *_ratios(answer), *_margins(answer.quarters)]
    shown += _obligations(answer)
    shown += _years(answer)
    shown += _outlook(answer)
    shown += [f"\n- {note}" if place == 0 else f"- {note}"
              for place, note in enumerate(answer.notes["note"])]
    return shown


def _roll_forward(company: str, quarters: pl.DataFrame) -> list[RenderableType]:
    """Opening, orders, shipments, closing and residual; revenue beside."""
    rolled = "" if quarters["backlog_cents"].is_null().all() else ", rolled forward"
    return _filled(f"{company}: what was published{rolled}", (
        "quarter", "ended", "opening", "orders", "shipped", "closing", "residual", "revenue"), [
        (row["fiscal_quarter"], str(row["ends_on"]), money(row["opening_cents"]),
         money(row["orders_cents"]), money(row["shipments_cents"]), money(row["backlog_cents"]),
         _residual(row["residual_cents"]), money(row["revenue_cents"]))
        for row in quarters.iter_rows(named=True)])


def _other_revenue(quarters: pl.DataFrame) -> list[RenderableType]:
    """What revenue counts, where that is more than AI servers."""
    told = quarters.filter(pl.col("revenue_cents").is_not_null())["revenue_is"].unique(
        maintain_order=True)
    other = [words for words in told if words != "AI servers"]
    return [f"Revenue here is: {', '.join(other)}."] if other else []


def _residual(cents: int | None) -> str:
    return "-" if cents is None else "0" if cents == 0 else short_money(cents)


def _beyond_rounding(quarters: pl.DataFrame) -> list[RenderableType]:
    """Whether rounding explains the residuals, and which it does not."""
    checked = quarters.filter(pl.col("residual_cents").is_not_null())
    if checked.is_empty():
        return []
    beyond = checked.filter(pl.col("residual_cents").abs() > pl.col("rounding_cents"))
    stand_in = checked.filter(pl.col("outflow_is") == "revenue")["fiscal_quarter"].to_list()
    said = "The residual is opening + orders - shipped - closing"
    if stand_in:
        said += f", with revenue where nothing shipped is told ({', '.join(stand_in)})"
    if beyond.is_empty():
        return [f"{said}; rounding of the published figures explains each of them."]
    told = ", ".join(f"{row['fiscal_quarter']} ({money(row['residual_cents'])})"
                     for row in beyond.iter_rows(named=True))
    return [f"{said}; rounding does not explain {told}."]


def _ratios(answer: HistoryAnswer) -> list[RenderableType]:
    """Ratios, then growth, of each quarter that has any."""
    ratios, growth = [], []
    for row in answer.ratios.iter_rows(named=True):
        ratios.append((row["fiscal_quarter"], number(row["book_to_bill"]),
                       share(row["conversion"]), number(row["turns"]),
                       number(row["coverage_weeks"], 0)))
        growth.append((row["fiscal_quarter"], *(
            change(row[f"{name}_{step}"]) for name in ("orders", "shipments", "revenue", "backlog")
            for step in ("qoq", "yoy"))))
    return [*_filled("Ratios: orders over shipped, shipped over opening, turns a year, closing in "
                     "weeks of it", ("quarter", "book-to-bill", "conversion", "turns", "weeks"),
                     ratios),
            *_filled("Growth over the quarter before, and over that of a year before", (
                "quarter", "orders", "in a year", "shipped", "in a year", "revenue", "in a year",
                "backlog", "in a year"),
                growth)]


def _filled(title: str, headings: Sequence[str],
            rows: Iterable[Sequence[str]]) -> list[RenderableType]:
    """A table of the rows and columns that say anything; nothing where none does."""
    kept = [row for row in rows if any(cell != "-" for cell in row[1:])]
    columns = [k for k in range(len(headings)) if any(row[k] != "-" for row in kept)]
    return [grid(title, [headings[k] for k in columns],
                 [[row[k] for k in columns] for row in kept])] if kept else []


def _margins(quarters: pl.DataFrame) -> list[RenderableType]:
    """Segment, margins and guidance of each quarter that has any."""
    rows = []
    for row in quarters.iter_rows(named=True):
        rows.append((row["fiscal_quarter"], money(row["segment_revenue_cents"]),
                     _percent(row["gross_margin_bp"]), _percent(row["operating_margin_bp"]),
                     _guided(row)))
    return _filled("Segment, margins, and what was guided for the next quarter", (
        "quarter", "segment", "gross margin", "operating", "guided"), rows)


def _guided(row: Mapping[str, Any]) -> str:
    cents = row["guidance_cents"]
    return "-" if cents is None else f"{money(cents)} of {row['guidance_of']}"


def _percent(hundredths: int | None) -> str:
    return "-" if hundredths is None else f"{hundredths / 100:.1f}%"


def _years(answer: HistoryAnswer) -> list[RenderableType]:
    """Fiscal years, which are no quarters."""
    rows = [(row["company"], row["fiscal_year"], money(row["orders_cents"]),
             money(row["shipments_cents"]), money(row["backlog_cents"]),
             money(row["segment_revenue_cents"]), _guided(row))
            for row in answer.years.iter_rows(named=True)]
    return _filled("Fiscal years, as published, and what was then guided for the next one", (
        "company", "year", "orders", "shipped", "closing", "segment", "guided"), rows)


def _obligations(answer: HistoryAnswer) -> list[RenderableType]:
    """What buyers owe to their customers, which is no order backlog."""
    rows = [(row["company"], row["fiscal_quarter"], money(row["revenue_cents"]),
             money(row["obligations_cents"]), change(row["obligations_qoq"]))
            for row in answer.obligations.iter_rows(named=True)]
    return [grid("Remaining obligations of buyers to their own customers: no orders of servers", (
        "company", "quarter", "revenue", "obligations", "q/q"), rows)] if rows else []


def _outlook(answer: HistoryAnswer) -> list[RenderableType]:
    """Each method's next quarter and its errors, and the back-test behind them."""
    if answer.outlook.is_empty():
        return []
    rows = list(answer.outlook.iter_rows(named=True))
    first = rows[0]
    shown: list[RenderableType] = [grid(
        f"Outlook for {first['fiscal_quarter']}, {first['measure']}; tried one ahead in n "
        "quarters, with mean error beside naive's", (
            "by", "outlook", "from", "to", "holds", "n", "error", "naive", "nearer"), [
            (METHOD_WORDS[row["method"]] + (" *" if row["chosen"] == "yes" else ""),
             money(row["forecast_cents"]), money(row["low_cents"]), money(row["high_cents"]),
             share(row["interval_share"]), str(row["tested"]), share(row["mean_error"]),
             share(row["naive_error"]), str(row["nearer"]) if row["beats_naive"] else "-")
            for row in rows if row["forecast_cents"] is not None or row["tested"]])]
    chosen = next(row for row in rows if row["chosen"] == "yes")
    shown.append(f"* least error of those that beat naive, else naive. {_held(chosen)}")
    return [*shown, *_backtest(answer.backtest)]


def _held(row: Mapping[str, Any]) -> str:
    """What became of the intervals made beforehand."""
    if not row["interval_tested"]:
        return "No interval could be tried out yet."
    return (f"Intervals made beforehand held {row['interval_held']} of {row['interval_tested']} "
            "quarters.")


def _backtest(trials: pl.DataFrame) -> list[RenderableType]:
    """What each method had foreseen of each quarter, beside what came."""
    if trials.is_empty():
        return []
    methods = [name for name in METHOD_WORDS if name in set(trials["method"])]
    rows = []
    for quarter in trials.sort("fiscal_quarter")["fiscal_quarter"].unique(maintain_order=True):
        own = {row["method"]: row for row in trials.filter(
            pl.col("fiscal_quarter") == quarter).iter_rows(named=True)}
        actual = next(iter(own.values()))
        rows.append((quarter, money(actual["actual_cents"]), *(
            f"{money(own[name]['forecast_cents'])} {change(own[name]['error'])}"
            if name in own else "-" for name in methods)))
    return [grid("Back-test: foreseen from the quarters before, and by how much of what came it "
                 "missed", ("quarter", "came", *methods), rows)]


def _chosen(answer: HistoryAnswer) -> list[RenderableType]:
    """The outlook of each company by the method that is used for it."""
    rows = [(row["company"], row["fiscal_quarter"], row["method"],
             money(row["forecast_cents"]), money(row["low_cents"]), money(row["high_cents"]),
             share(row["interval_share"]), str(row["tested"]), share(row["mean_error"]),
             share(row["naive_error"])) for row in answer.outlook.filter(
                 pl.col("chosen") == "yes").iter_rows(named=True)]
    return [grid("Next quarter; tried one ahead in n quarters, with mean error beside naive's", (
        "company", "quarter", "by", "outlook", "from", "to", "holds", "n", "error", "naive"),
        rows)] if rows else []


def _by_quarter(frame: pl.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["company"], row["fiscal_quarter"]): row for row in frame.iter_rows(named=True)}


def _each(frame: pl.DataFrame) -> Iterable[tuple[str, pl.DataFrame]]:
    """The rows of each company, in the order of the file."""
    for name in frame["company"].unique(maintain_order=True):
        yield name, frame.filter(pl.col("company") == name)
