"""What people see of scenarios: plans as columns, each beside its difference from the base."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.text import Text

from headgate.base.money import short_money
from headgate.cli.comparing import MONEY_WORDS, UNIT_WORDS, moved_lines
from headgate.cli.showing import grid, share
from headgate.reports.numbers import below_best, shortened

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headgate.session import Scenarios

STATUS_WORDS = {"open": "open", "on_time": "on time", "late": "late", "short": "with only a part",
                "unplanned": "with nothing"}
MOVE_WORDS = {"earlier": "earlier", "later": "later", "gained": "a date instead of none",
              "lost": "no date any more", "more_pieces": "more pieces",
              "fewer_pieces": "fewer pieces", "shipped": "nothing left to ship", "same": "same",
              "new": "new lines", "gone": "lines gone"}
"""What may happen to the promise of a line, in words."""
SIDE_BY_SIDE = 3
"""Scenarios beside the base in one table of a terminal; more stand in tables below."""
MOST_LETTERS = 12
"""Letters of a scenario's name over its column; the first table has the whole of it."""


def scenario_tables(made: Scenarios, most: int) -> list[RenderableType]:
    """
    Scenarios for the terminal.

    most : how many moved order lines are named for each
    """
    shown: list[RenderableType] = [_changes(made)]
    names = made.beside.names[1:]
    for first in range(0, len(names), SIDE_BY_SIDE):
        block = _Block(made, names[first:first + SIDE_BY_SIDE])
        shown += [block.money(), *block.proof(), block.service(), block.statuses(),
                  block.segments(), block.quarters(), block.promises()]
    for column in made.columns:
        if column.comparison is not None and most:
            shown += ["", Text(f"{column.name}, against the base", style="bold"),
                      *moved_lines(column.comparison, most, ("base", "then"))]
    return shown


def _changes(made: Scenarios) -> RenderableType:
    """What each scenario does to the book."""
    return grid("What each scenario changes", ("scenario", "change"), [
        (column.name if first else "", words) for column in made.columns
        for first, words in ((place == 0, words) for place, words in enumerate(column.done))],
        left=2)


@dataclass(frozen=True, slots=True)
class _Block:
    """The base and a few scenarios as the columns of one table after another."""

    made: Scenarios
    names: tuple[str, ...]

    @property
    def currency(self) -> str:
        return str(self.made.base.summary["currency"])

    def money(self) -> RenderableType:
        """Money of the plans."""
        keys = [key for key in self.made.beside.keys("money") if any(
            self.made.beside.value("money", name, *key) is not None
            for name in self.made.beside.names)]
        return self._table("Money", "money", keys, [MONEY_WORDS[key[0]] for key in keys],
                           self._cents, self._changed)

    def proof(self) -> list[RenderableType]:
        """How near each plan is to the best one, and how much the best one changes, by proof."""
        told = []
        for name in ("base", *self.names):
            row = self.made.beside.gaps.row(by_predicate=pl.col("plan") == name, named=True)
            if row["bound_cents"] is None:
                continue
            value = self.made.beside.value("money", name, "weighted_value")
            words = f"{name} is {below_best(value, row['bound_cents'], row['gap'], self.currency)}"
            if row["least_cents"] is not None:
                words += (f"; the best possible changes by {self._changed(row['least_cents'])} to "
                          f"{self._changed(row['most_cents'])}")
            told.append(f"{words}, by proof.")
        return ["\n" + "\n".join(told)] if told else []

    def service(self) -> RenderableType:
        """Shares on time and in full."""
        words = {"on_time": "on time", "in_full": "in full"}
        keys = [(unit, figure) for figure in words for unit in UNIT_WORDS]
        return self._table("Service, of what is open (differences in percentage points)", "service",
                           keys, [f"{UNIT_WORDS[unit]} {words[figure]}" for unit, figure in keys],
                           share, _points)

    def statuses(self) -> RenderableType:
        """Lines by status."""
        return self._table("Order lines", "lines", [(status,) for status in STATUS_WORDS],
                           list(STATUS_WORDS.values()), _whole, _more)

    def segments(self) -> RenderableType:
        """Weighted value by segment."""
        keys = [key for key in self.made.beside.keys("segments") if key[1] == "weighted_cents"]
        return self._table("Weighted value by segment", "segments", keys,
                           [key[0] for key in keys], self._cents, self._changed)

    def quarters(self) -> RenderableType:
        """Dollars by quarter of arrival."""
        keys = self.made.beside.keys("quarters")
        return self._table("What the backlog becomes, by quarter of arrival", "quarters", keys,
                           [key[0] for key in keys], self._cents, self._changed)

    def promises(self) -> RenderableType:
        """How many promises move, by how many dollars, and by how many days in the mean."""
        rows = []
        for change, words in MOVE_WORDS.items():
            found = [self.made.beside.promises.row(
                by_predicate=(pl.col("plan") == name) & (pl.col("change") == change), named=True)
                for name in self.names]
            if any(row["lines"] for row in found):
                rows.append((words, *(self._moved(row) for row in found)))
        return grid("Promises against the base: lines, dollars, mean days weighed by dollars",
                    ("", *(shortened(name, 2 * MOST_LETTERS) for name in self.names)), rows)

    def _moved(self, row: Mapping[str, Any]) -> str:
        """Lines of one change of promises, with their dollars and days."""
        dollars = f"  {self._cents(row['dollars_cents'])}" if row["dollars_cents"] else ""
        days = f"  {row['days']:+.1f} d" if row["days"] else ""
        return f"{row['lines']:,}{dollars}{days}"

    def _table(self, title: str, part: str, keys: Sequence[tuple[str, ...]],
               words: Sequence[str], value: Callable[[Any], str],
               change: Callable[[Any], str]) -> RenderableType:
        beside = self.made.beside
        heads = [head for name in self.names
                 for head in (shortened(name, MOST_LETTERS), "- base")]
        rows = []
        for key, word in zip(keys, words, strict=True):
            cells = [value(beside.value(part, "base", *key))]
            for name in self.names:
                cells += [value(beside.value(part, name, *key)),
                          change(beside.difference(part, name, *key))]
            rows.append((word, *cells))
        return grid(title, ("", "base", *heads), rows)

    def _cents(self, cents: int | None) -> str:
        return "-" if cents is None else short_money(cents, self.currency)

    def _changed(self, cents: int | None) -> str:
        if not cents:
            return "" if cents is None else "0"
        return ("+" if cents > 0 else "") + short_money(cents, self.currency)


def _points(difference: float | None) -> str:
    """A difference of two shares, in percentage points."""
    if difference is None:
        return ""
    return f"{difference * 100:+.1f}" if round(difference * 100, 1) else "0"


def _whole(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _more(difference: int | None) -> str:
    return "" if difference is None else f"{difference:+,}" if difference else "0"
