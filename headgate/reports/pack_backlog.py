"""The sheet of a backlog from opening to closing, with its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from headgate.finance.backlog import Backlog
from headgate.finance.levels import columns_of
from headgate.finance.rollforward import STEPS, YEAR_DAYS
from headgate.reports.finance_words import ROLL_WORDS, capital
from headgate.reports.pack import Amount, Formula, Pack, Page, cell, cut_rows, letters
from headgate.reports.pack_entries import MOST_NAMES, OTHERS
from headgate.reports.pack_walks import MOST_ROWS, meanings_of
from headgate.tables.backlog_schema import ROLL_FORWARD

ROLLED = "Roll-forward"
FIRST = 2
"""The column of the first period, and of the first name."""
ALL = "all lines"
NUMBERED = {"name": "what the row tells apart", "no": "its number above; 0: one of all others",
            "place": "number of the period"}
"""What the columns mean that only the workbook has."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    What the sheets tell apart: the first cut that was asked for, else nothing.

    by     : the cut's name, `total` where nothing is told apart
    names  : the names with most backlog, in the order of their numbers, from 1 on
    others : how many names stand together under number 0
    number : the columns of the cut, and `no`
    """

    by: str
    names: tuple[str, ...]
    others: int
    number: pl.DataFrame

    @property
    def numbered(self) -> list[tuple[int, str]]:
        """The numbers and their names; 0 stands for all others, if there are any."""
        found = list(enumerate(self.names, start=1))
        return [*found, (0, f"{OTHERS} ({self.others:,})")] if self.others else found

    def of(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """The rows of the cut with `name` and `no` before the columns that are asked for."""
        own = frame.filter(pl.col("by") == self.by)
        if self.by == "total":
            return own.select(pl.lit(ALL).alias("name"), pl.lit(1, pl.Int64).alias("no"), *columns)
        keys = columns_of(tuple(self.by.split(",")))
        joined = own.join(self.number, on=keys, how="left", nulls_equal=True,
                          maintain_order="left")
        return joined.select("name", pl.col("no").fill_null(0), *columns)


def told_of(made: Backlog) -> Told:
    """What the sheets of a backlog tell apart, the largest names first."""
    rows = made.roll_forward.rows
    by = next((name for name in rows["by"].unique(maintain_order=True) if name != "total"),
              "total")
    if by == "total":
        return Told(by, (ALL,), 0, pl.DataFrame())
    keys = columns_of(tuple(by.split(",")))
    parts = [frame.filter(pl.col("by") == by).select(
        *keys, size=pl.col(column)) for frame, column in (
        (rows, "closing_cents"), (made.parts["ageing"], "amount_cents"))]
    ranked = pl.concat(parts).group_by(keys).agg(pl.col("size").max()).sort(
        "size", *keys, descending=[True, *(False for _ in keys)], nulls_last=True)
    shown = ranked.height if ranked.height <= MOST_NAMES + 1 else MOST_NAMES
    name = pl.concat_str([pl.col(key).cast(pl.String).fill_null("(none)") for key in keys],
                         separator=" / ")
    number = pl.int_range(1, pl.len() + 1)
    named = ranked.select(*keys, name=name, no=pl.when(number <= shown).then(number).otherwise(
        0).cast(pl.Int64))
    return Told(by, tuple(named["name"].head(shown)), ranked.height - shown, named)


# ------------------------------------------------------------------ roll-forward

def roll_page(pack: Pack, made: Backlog, told: Told) -> tuple[str, int]:
    """
    From opening to closing; the cell of the last closing, and how many rows were left out.

    What became known of the day later is added to the closing.
    """
    page = pack.pages[ROLLED]
    page.title("The order backlog from opening to closing",
               f"Amounts in {made.currency}; opening and what moved it come to the closing, in "
               "every period and in every row of the data below")
    page.widths(6, 36, 18)
    page.sheet.freeze_panes(0, FIRST)
    periods = made.roll_forward.span.frame()
    count = periods.height
    page.heads(["", "Period", *periods["period"]], (1,))
    numbers = page.row([None, "No.", *range(1, count + 1)])
    frame = told.of(made.roll_forward.rows, [
        "period", "starts_on", *(f"{name}_cents" for name in ("opening", *STEPS, "closing")),
        "closing_quantity"]).join(periods.select("period", "place"), on="period",
                                  maintain_order="left")
    sums = _sums(frame, "place", ["closing_quantity", *(
        f"{name}_cents" for name in ("opening", *STEPS, "closing"))])
    opening = page.next
    closing = _steps(page, sums, count, numbers)
    totals = made.roll_forward.rows.filter(pl.col("by") == "total")
    by_period = dict(totals.select("period", "closing_cents").iter_rows())
    same = _as_told(page, [by_period.get(name, 0) for name in periods["period"]], closing, count)
    pack.true("Opening + booked + amended + FX - cancelled - shipped + returned + prior periods = "
              "closing as headgate tells it, in every period",
              page.span(same, FIRST, same, FIRST + count - 1))
    known = _known_now(page, made, closing, FIRST + count - 1)
    if not made.figures["of_book"]:
        _ratios(pack, page, made, (opening, closing), count)
    page.skip()
    _closings(pack, page, told, frame, (numbers, closing), count)
    shown, cut = cut_rows(frame, ["name"], MOST_ROWS, ["no", "period", "starts_on", "place"],
                          OTHERS)
    _rolled_table(pack, page, shown)
    return page.cell(known, FIRST + count - 1), cut


def _known_now(page: Page, made: Backlog, closing: int, column: int) -> int:
    """
    The row of what is known now of the last day; that of the closing where nothing came later.

    column : of the last period
    """
    later = made.later_cents
    if later is None:
        return closing
    blank = [None] * (column - FIRST)
    news = page.row([None, "+ Known later", *blank, Amount(later)])
    return page.row([None, "Known now", *blank, Formula(
        f"{cell(closing, column)}+{cell(news, column)}",
        made.roll_forward.closing_cents + later)], "total")


def _sums(frame: pl.DataFrame, by: str, columns: Sequence[str]) -> dict[int, dict[str, int]]:
    found = frame.group_by(by).agg(pl.col(columns).sum())
    return {row[by]: row for row in found.iter_rows(named=True)}


def _steps(page: Page, sums: dict[int, dict[str, int]], count: int, numbers: int) -> int:
    """The rows from opening to closing, a column for each period; the row of the closing."""
    places = range(1, count + 1)

    def found(column: str) -> list[Formula]:
        name = column.removesuffix("_cents")
        return [Formula(f"SUMIFS(rolled_{name},rolled_place,{letters(place + 1)}${numbers + 1})",
                        sums.get(place, {}).get(column, 0),
                        "amount" if column.endswith("_cents") else "whole") for place in places]

    first = page.next
    closing = first + 1 + len(STEPS)
    openings = found("opening_cents")
    # A quarter opens with what the one before it closed with, and not with a number of its own.
    page.row([None, "Opening", openings[0], *(Formula(
        cell(closing, place), sums.get(place, {}).get("opening_cents", 0))
        for place in places[1:])])
    for step, sign in STEPS.items():
        page.row([None, f"{'+' if sign > 0 else '-'} {capital(ROLL_WORDS[step])}",
                  *found(f"{step}_cents")])
    signs = list(STEPS.values())
    page.row([None, "Closing", *(Formula("".join(
        [f"{letters(place + 1)}{first + 1}", *(
            f"{'+' if sign > 0 else '-'}{letters(place + 1)}{first + 2 + row}"
            for row, sign in enumerate(signs))]),
        sums.get(place, {}).get("closing_cents", 0)) for place in places)], "total")
    page.row([None, "Pieces open", *found("closing_quantity")])
    return closing


def _as_told(page: Page, cents: Sequence[int], closing: int, count: int) -> int:
    """The closing as headgate tells it, and whether it is the same; the latter's row."""
    told = page.row([None, "Closing as headgate tells it", *map(Amount, cents)])
    return page.row([None, "The same", *(Formula(
        f"ROUND({cell(closing, column)}-{cell(told, column)},2)=0", True, "truth")
        for column in range(FIRST, FIRST + count))])


def _ratios(pack: Pack, page: Page, made: Backlog, rows: tuple[int, int], count: int) -> None:
    """Book-to-bill, turns and days of the backlog, period by period."""
    opening, closing = rows
    frame = made.roll_forward.span.frame().join(made.roll_forward.measures.filter(
        pl.col("by") == "total").drop("starts_on", "ends_on"), on="period", how="left",
        maintain_order="left")
    booked, shipped, days = page.next + 1, page.next + 2, page.next + 3
    total = made.roll_forward.rows.filter(pl.col("by") == "total").select(
        "period", both=pl.col("opening_cents") + pl.col("closing_cents"))
    own = frame.join(total, on="period", how="left", maintain_order="left").with_columns(
        pl.col("net_booked_cents", "net_shipped_cents", "both").fill_null(0),
        count=(pl.col("ends_on") - pl.col("starts_on")).dt.total_days() + 1)
    # The tables round the average down to the cent; a formula does not.
    sent, kept = pl.col("net_shipped_cents"), pl.col("both") / 2
    under_way = made.roll_forward.span.under_way
    over = pl.lit(True) if under_way is None else pl.col("starts_on") != under_way
    own = own.with_columns(
        over=over, turns=pl.when(kept > 0).then(sent / kept * YEAR_DAYS / pl.col("count")),
        days=pl.when(sent > 0).then(kept / sent * pl.col("count")))
    page.skip()
    page.row([None, "Net booked", *map(Amount, own["net_booked_cents"])])
    page.row([None, "Net shipped", *map(Amount, own["net_shipped_cents"])])
    page.row([None, "Days", *own["count"]])
    columns = [letters(column) for column in range(FIRST, FIRST + count)]
    net = [f"{letter}{shipped + 1}" for letter in columns]
    average = [f"(({letter}{opening + 1}+{letter}{closing + 1})/2)" for letter in columns]
    page.row([None, "Book-to-bill", *(Formula(
        f'IF({a}<=0,"",{letter}{booked + 1}/{a})', value, "number")
        for letter, a, value in zip(columns, net, own["book_to_bill"], strict=True))])
    # A period that is under way has no pace yet: its cells stay empty.
    page.row([None, "Turns a year", *(Formula(
        f'IF({b}<=0,"",{a}/{b}*{YEAR_DAYS}/{letter}{days + 1})', value, "number") if ended else None
        for letter, a, b, value, ended in zip(
            columns, net, average, own["turns"], own["over"], strict=True))])
    page.row([None, "Days of backlog", *(Formula(
        f'IF({a}<=0,"",{b}/{a}*{letter}{days + 1})', value, "number") if ended else None
        for letter, a, b, value, ended in zip(
            columns, net, average, own["days"], own["over"], strict=True))])
    fx = opening + 1 + list(STEPS).index("fx")
    same = page.row([None, "Net booked - shipped + FX = closing - opening", *(Formula(
        f"ROUND({letter}{booked + 1}-{a}+{letter}{fx + 1}-{letter}{closing + 1}"
        f"+{letter}{opening + 1},2)=0", True, "truth")
        for letter, a in zip(columns, net, strict=True))])
    pack.true("Net bookings less net shipments, and FX, lead from opening to closing, in every "
              "period", page.span(same, FIRST, same, FIRST + count - 1))


def _closings(pack: Pack, page: Page, told: Told, frame: pl.DataFrame, rows: tuple[int, int],
              count: int) -> None:
    """The closing of every name and period, and whether they sum to that of all."""
    if told.by == "total":
        return
    numbers, closing = rows
    places = range(1, count + 1)
    values = {(row["no"], row["place"]): row["closing_cents"] for row in frame.group_by(
        "no", "place").agg(pl.col("closing_cents").sum()).iter_rows(named=True)}
    top = 1 + page.heads(["No.", f"Closing by {told.by}", *("" for _ in places)], (1,))
    for number, name in told.numbered:
        at = page.next + 1
        page.row([number, name, *(Formula(
            f"SUMIFS(rolled_closing,rolled_place,{letters(place + 1)}${numbers + 1},"
            f"rolled_no,$A{at})", values.get((number, place), 0)) for place in places)])
    last = page.next
    total = page.row([None, "All", *(Formula(
        f"SUM({letters(place + 1)}{top + 1}:{letters(place + 1)}{last})" if told.numbered else "0",
        sum(values.get((number, place), 0) for number, _ in told.numbered))
        for place in places)], "total")
    same = page.row([None, "The same as above", *(Formula(
        f"ROUND({cell(total, place + 1)}-{cell(closing, place + 1)},2)=0", True, "truth")
        for place in places)])
    pack.true(f"Closing by {told.by} = closing of all, in every period",
              page.span(same, FIRST, same, FIRST + count - 1))
    page.skip()


def _rolled_table(pack: Pack, page: Page, shown: pl.DataFrame) -> None:
    """The data of the roll-forward, each row with whether it leads from opening to closing."""
    at = {name: letters(column) for column, name in enumerate(shown.columns)}
    signs = "".join(f"{'+' if sign > 0 else '-'}{at[f'{step}_cents']}{{row}}"
                    for step, sign in STEPS.items())
    formula = f"ROUND({at['opening_cents']}{{row}}{signs}-{at['closing_cents']}{{row}},2)=0"
    top, last = pack.table(page, shown, {**meanings_of(ROLL_FORWARD), **NUMBERED}, "rolled", (
        "ties", lambda row: Formula(formula.format(row=row + 1), True, "truth")))
    if shown.height:
        pack.true("Every row of the roll-forward leads from its opening to its closing",
                  page.span(top, shown.width, last))
