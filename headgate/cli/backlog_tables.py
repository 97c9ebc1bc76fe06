"""What people see of a backlog: short tables for the terminal, periods side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from headgate.base.money import short_money
from headgate.cli.held_tables import held_tables
from headgate.cli.showing import counted, grid, share
from headgate.finance.ageing import BASES, LAST_DAYS, age_name
from headgate.finance.conversion import STATUSES
from headgate.finance.levels import columns_of
from headgate.finance.rollforward import STEPS
from headgate.finance.rpo import WALK
from headgate.reports.finance_words import RPO_WORDS, UNDATED

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headgate.finance.backlog import Backlog

MOST_PERIODS = 6
"""Periods that stand side by side, the last ones; a terminal of 100 columns holds no more."""
MOST_QUARTERS = 6
"""Quarters of RPO with a row of their own; later ones, of services mostly, stand together."""
STEP_WORDS = {"booked": "+ booked", "amended": "± amended", "fx": "± FX",
              "cancelled": "- cancelled", "shipped": "- shipped", "returned": "+ returned",
              "prior_period": "± prior periods"}
ALWAYS = ("booked", "shipped")


class Shown:
    """The tables of one backlog, in its currency."""

    def __init__(self, made: Backlog) -> None:
        self.made = made
        self.currency = made.currency
        most = max((abs(row["closing_cents"]) for row in made.roll_forward.rows.filter(
            pl.col("by") == "total").iter_rows(named=True)), default=0)
        self.unit, self.decimals, self.noun = next(
            (unit, decimals, noun) for unit, decimals, noun in (
                (10**8, 1, "millions"), (10**5, 1, "thousands"), (100, 2, ""))
            if most >= unit * 1000 or not noun)

    def money(self, cents: int | None) -> str:
        """An amount in few digits."""
        return "" if cents is None else short_money(cents, self.currency) if cents else "0"

    def scaled(self, cents: int) -> str:
        """An amount in the unit that the whole roll-forward has; below 0 in parentheses."""
        if cents == 0:
            return "-"
        text = f"{abs(cents) / self.unit:,.{self.decimals}f}"
        return f"({text})" if cents < 0 else text

    @property
    def of_unit(self) -> str:
        """The unit in words: `USD millions`."""
        return f"{self.currency} {self.noun}".strip()

    def rolled(self) -> list[RenderableType]:
        """From opening to closing, a column for each period, and what is measured of each."""
        rows = self.made.roll_forward.rows.filter(pl.col("by") == "total").to_dicts()
        measured = self.made.roll_forward.measures.filter(pl.col("by") == "total").to_dicts()
        shown, figures = rows[-MOST_PERIODS:], measured[-MOST_PERIODS:]
        table = [("opening", *(self.scaled(row["opening_cents"]) for row in shown))]
        table += [(words, *(self.scaled(STEPS[step] * row[f"{step}_cents"]) for row in shown))
                  for step, words in STEP_WORDS.items()
                  if step in ALWAYS or any(row[f"{step}_cents"] for row in shown)]
        table += [("closing", *(self.scaled(row["closing_cents"]) for row in shown)),
                  ("pieces open", *(f"{row['closing_quantity']:,}" for row in shown)),
                  *self._later(len(shown))]
        # A book alone does not know when it shipped, so that a ratio to shipments would mislead.
        if not self.made.figures["of_book"]:
            table += [("book-to-bill", *(_number(row["book_to_bill"], 2) for row in figures)),
                      ("turns a year", *(_number(row["turns"], 2) for row in figures)),
                      ("days of backlog", *(_number(row["days"], 0) for row in figures))]
        last = self.made.roll_forward.span
        cut = "" if last.until == last.periods[-1].ends_on else f" (the last up to {last.until})"
        told: list[RenderableType] = [grid(f"Order backlog, {self.of_unit}{cut}", (
            "", *(row["period"] for row in shown)), table)]
        if len(rows) > len(shown):
            told.append(f"and {counted(len(rows) - len(shown), 'earlier period')}; --to ends "
                        "earlier, --json and --out have them all")
        return told

    def _later(self, count: int) -> list[tuple[str, ...]]:
        """From the closing that was reported to what is known now; nothing where they agree."""
        later = self.made.later_cents
        if later is None:
            return []
        before = ("",) * (count - 1)
        return [("± known later", *before, self.scaled(later)), ("known now", *before, self.scaled(
            self.made.roll_forward.closing_cents + later))]

    def cut(self, name: str, most: int) -> list[RenderableType]:
        """One cut: the last period, and the numbers of the day."""
        period = self.made.roll_forward.span.periods[-1].name
        rows = self.made.roll_forward.rows.filter(
            (pl.col("by") == name) & (pl.col("period") == period)).sort(
            "closing_cents", descending=True, maintain_order=True)
        columns = columns_of(tuple(name.split(",")))
        whole = self.made.roll_forward.closing_cents
        # Shipped is what it is in the table of all: what left, whatever came back of it.
        back = bool((rows["returned_cents"] != 0).any())
        table = [(called(row, columns), self.scaled(row["opening_cents"]),
                  self.scaled(row["booked_cents"]), self.scaled(
                      row["amended_cents"] + row["fx_cents"] + row["prior_period_cents"]),
                  self.scaled(-row["cancelled_cents"]),
                  self.scaled(-row["shipped_cents"]),
                  *((self.scaled(row["returned_cents"]),) if back else ()),
                  self.scaled(row["closing_cents"]),
                  share(row["closing_cents"] / whole if whole else None))
                 for row in rows.head(most).iter_rows(named=True)]
        told: list[RenderableType] = [grid(f"By {name}, {period}, {self.of_unit}", (
            name, "opening", "booked", "changed", "cancelled", "shipped",
            *(("returned",) if back else ()), "closing", "share"), table)]
        told += _more(rows.height - most)
        return [*told, *self.standing(name, columns, most)]

    def standing(self, name: str, columns: list[str], most: int) -> list[RenderableType]:
        """The numbers of the day by one cut, the largest backlog first."""
        rows = self.made.parts["standing"].filter(pl.col("by") == name).sort(
            "backlog_cents", descending=True, maintain_order=True)
        table = [(called(row, columns), f"{row['lines']:,}", self.money(row["backlog_cents"]),
                  self.money(row["firm_cents"]), self.money(row["rpo_cents"]),
                  self.money(row["past_requested_cents"]), self.money(row["unpromised_cents"]),
                  _number(row["coverage_weeks"], 1)) for row in rows.head(most).iter_rows(
                      named=True)]
        return [grid(f"By {name} on {self.made.figures['as_of']}", (
            name, "lines", "backlog", "firm", "RPO", "past due", "no date", "weeks covered"),
            table), *_more(rows.height - most)]

    def ages(self) -> list[RenderableType]:
        """How old the backlog is, and how late."""
        ages = self.made.parts["ageing"].filter(pl.col("by") == "total")
        whole = int(self.made.figures["order_backlog_cents"])
        told: list[RenderableType] = []
        for basis, words in BASES.items():
            own = {row["place"]: row for row in ages.filter(pl.col("basis") == basis).iter_rows(
                named=True)}
            # A book without any promise has nothing to be late by.
            if basis == "promised" and not set(own) - {len(LAST_DAYS[basis]) + 2}:
                continue
            rows = [(age_name(basis, place - 1), f"{own[place]['lines']:,}",
                     f"{own[place]['quantity']:,}", self.money(own[place]["amount_cents"]),
                     share(own[place]["amount_cents"] / whole if whole else None))
                    for place in sorted(own)]
            told.append(grid(words[0].upper() + words[1:], (
                "days", "lines", "pieces", "backlog", "share"), rows))
        return told

    def conversion(self) -> RenderableType:
        """When the backlog is promised and ships."""
        frame = self.made.parts["conversion"].filter(pl.col("by") == "total")
        whole = int(self.made.figures["order_backlog_cents"])
        rows = [(row["quarter"] or STATUSES[row["status"]], f"{row['promised_quantity']:,}",
                 self.money(row["promised_cents"]),
                 share(row["promised_cents"] / whole if whole else None),
                 *((self.money(row["shipped_cents"]),) if self.made.figures["with_plan"] else ()))
                for row in frame.iter_rows(named=True)]
        ships = ("leaves the backlog",) if self.made.figures["with_plan"] else ()
        source = "by the plan" if self.made.figures["with_plan"] else "by the promises in the book"
        return grid(f"When it is promised, {source}", (
            "quarter", "pieces", "promised", "share", *ships), rows)

    def customers(self) -> list[RenderableType]:
        """On whom the backlog hangs."""
        rows = [(row["customer_id"] or f"{row['customers']:,} others", f"{row['lines']:,}",
                 self.money(row["amount_cents"]), share(row["share"]), share(row["upto_share"]))
                for row in self.made.parts["concentration"].iter_rows(named=True)]
        told: list[RenderableType] = [grid("On whom it hangs", (
            "customer", "lines", "backlog", "share", "together"), rows)]
        index = self.made.figures["herfindahl"]
        if index is not None:
            told.append(f"Herfindahl-Hirschman index {index:,.0f} of 10,000")
        return told

    def walk(self) -> RenderableType:
        """From order backlog to firm backlog, RPO and deferred revenue."""
        cents = dict(self.made.rpo_walk.select("step", "cents").iter_rows())
        rows = [(f"{'' if step.kind == 'number' else '  '}{RPO_WORDS[step.name]}",
                 "" if step.rule.startswith("no rule") else step.rule.removeprefix("ASC "),
                 self.scaled(cents[step.name]))
                for step in WALK if cents[step.name] or (
                    step.kind == "number" and cents[step.name] is not None)]
        return grid(f"From order backlog to RPO and deferred revenue, {self.of_unit}", (
            "", "ASC", "amount"), rows, left=2)

    def schedule(self) -> list[RenderableType]:
        """When RPO becomes revenue; nothing without a plan."""
        frame = self.made.parts["rpo_schedule"]
        shown = frame.filter(pl.col("quarter").is_not_null())
        first, later = shown.head(MOST_QUARTERS), shown.slice(MOST_QUARTERS)
        rows: list[tuple[str, ...]] = [
            (row["quarter"], self.money(row["hardware_cents"]), self.money(row["services_cents"]),
             self.money(row["rpo_cents"]), share(row["upto_share"]))
            for row in first.iter_rows(named=True)]
        if later.height:
            rows.append((f"after {first['quarter'][-1]}", *(
                self.money(int(later[name].sum()))
                for name in ("hardware_cents", "services_cents", "rpo_cents")),
                share(later["upto_share"][-1])))
        rows += [(UNDATED[row["kind"]].lower(), *(
            "" if row[name] is None else self.money(row[name])
            for name in ("hardware_cents", "services_cents", "rpo_cents")),
                  share(row["upto_share"]))
                 for row in frame.filter(pl.col("quarter").is_null()).iter_rows(named=True)
                 if row["rpo_cents"]]
        return [grid("When RPO becomes revenue, by the plan", (
            "quarter", "hardware", "services", "RPO", "together"), rows)] if rows else []

    def cancelled(self) -> list[RenderableType]:
        """What may be ordered twice, and what is assumed to be cancelled."""
        figures, twice = self.made.figures, self.made.parts["double_orders"]
        told: list[RenderableType] = []
        if twice.height:
            across = twice.filter(pl.col("orders") > 1).height
            told.append(
                f"\nPerhaps ordered twice: {counted(twice.height, 'case')} of one customer, item "
                f"and requested week on several lines, {across:,} of them on several orders; "
                f"{self.money(int(twice['excess_cents'].sum()))} beside the largest line of each.")
        if figures["nothing_assumed"]:
            told.append("\nCancellations: nothing is assumed; --assumptions says what is.")
        else:
            told.append(
                f"\nUnder the assumptions given {self.money(figures['double_cents'])} is ordered "
                f"twice and {self.money(figures['expected_cents'])} is cancelled before it ships: "
                f"{self.money(figures['adjusted_cents'])} of "
                f"{self.money(figures['order_backlog_cents'])} is left.")
        return told


def backlog_tables(made: Backlog, most: int, out: Path | None) -> list[RenderableType]:
    """
    A backlog for the terminal.

    most : rows of a long table
    """
    shown = Shown(made)
    told: list[RenderableType] = shown.rolled()
    for name in made.roll_forward.rows["by"].unique(maintain_order=True):
        if name != "total":
            told += shown.cut(name, most)
    told += [*shown.ages(), shown.conversion(), *shown.customers(), shown.walk(),
             *held_tables(made.parts["bill_and_hold"], made.currency, most),
             *shown.schedule(), *shown.cancelled()]
    broken = made.ties.filter(pl.col("holds") != "yes")
    told.append(f"\nAll {made.ties.height} checks tie to the cent." if broken.is_empty() else
                "\nDOES NOT TIE: " + "; ".join(
                    f"{row['check']}: {row['one_cents']:,} and {row['other_cents']:,} cents"
                    for row in broken.iter_rows(named=True)))
    told += [f"\n{note}" for note in made.figures["notes"]]
    if out is not None:
        told.append(f"\nthe tables are in {out}")
    return told


def roll_forward_tables(made: Backlog) -> list[RenderableType]:
    """The roll-forward of the whole backlog alone."""
    return Shown(made).rolled()


def called(row: Mapping[str, Any], columns: list[str]) -> str:
    """
    What a row is called: its values, a line as order/line.

    >>> called({"order_id": "SO-1", "line_no": 2, "segment": None}, ["order_id", "line_no"])
    'SO-1/2'
    """
    words = [str(row[name]) if row[name] is not None else "(none)" for name in columns
             if name not in ("order_id", "line_no")]
    line = [f"{row['order_id']}/{row['line_no']}"] if "order_id" in columns else []
    return ", ".join([*line, *words])


def _number(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:,.{decimals}f}"


def _more(count: int) -> list[RenderableType]:
    return [f"and {count:,} more; --lines N shows more of them"] if count > 0 else []
