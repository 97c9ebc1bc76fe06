"""The rules that a plan is held against, each with its code and meaning, and what broke them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue

Longs = NDArray[np.int64]

MOST_SHOWN = 20
"""How many violations of one rule are listed; the last one carries the count of the rest."""

RULES: dict[str, str] = {
    "check.table.missing": "a table of the plan is missing",
    "check.table.column": "a table has other columns than declared, or in another order",
    "check.table.type": "a column has another type than declared",
    "check.table.blank": "a cell is blank that must not be, or an empty text stands for a blank",
    "check.table.unknown": "an order line, item, site or supply reference is not in the book",
    "check.table.date": "a date is no Monday, or outside the planned weeks",
    "check.table.lead_time": "a piece is drawn for a ship week after the planned weeks",
    "check.table.range": "a number is outside the range that the column may have",
    "check.table.order": "rows do not stand in the order of the table's key",
    "check.table.duplicate": "two rows share a key",
    "check.allocations.item": "an item is sent that the line did not order and does not accept",
    "check.allocations.site": "a line is served from another site than the one it is bound to",
    "check.allocations.lane": "no lane leads from the site to the line's region",
    "check.allocations.arrival": "the arrival week is not the ship week plus the transit weeks",
    "check.allocations.window": "a shipment arrives before the earliest or after the latest week",
    "check.allocations.restriction": "an item is sent that a restriction forbids",
    "check.allocations.lot": "a shipment is not a multiple of the lot size",
    "check.allocations.quantity": "a line is sent more than is open",
    "check.allocations.complete": "a ship_complete line, or one of a ship set, arrives in parts or "
                                  "in several weeks",
    "check.allocations.ship_set": "a ship set arrives in part or in several weeks",
    "check.held.allocation": "a pin or a frozen promise that fits is not in the plan",
    "check.held.draws": "what is held draws other pieces than the rules give it",
    "check.quotas.cap": "more pieces are sent, or drawn for what is sent, than a quota lets",
    "check.quotas.reserved": "others draw what a quota reserves",
    "check.explosion.draws": "the draws of a shipment do not cover its needs exactly",
    "check.explosion.make": "an item is made in a week in which it cannot be made",
    "check.explosion.unneeded": "pieces are drawn that no shipment needs",
    "check.explosion.substitute": "a substitute is drawn that is not listed or does not hold",
    "check.explosion.restriction": "a piece is drawn that a restriction forbids for the line",
    "check.explosion.hours": "a resource is used for more hours than it has",
    "check.explosion.supply": "more pieces are drawn than are there by then",
    "check.consumption.missing": "a row is missing that the draws call for",
    "check.consumption.extra": "a row stands there that no draw calls for",
    "check.consumption.value": "a figure differs from the sum of the draws",
    "check.pegging.missing": "a row is missing that FIFO calls for",
    "check.pegging.extra": "a row stands there that FIFO does not give",
    "check.pegging.value": "a figure differs from FIFO",
    "check.promises.missing": "an order line has no row",
    "check.promises.value": "a figure of a promise differs from the allocations",
    "check.promises.reason": "a reason, or what binds, differs from planning the line alone",
    "check.promises.text": "the text is not the wording of the row's reason",
    "check.shortages.missing": "a row of a short part or resource is missing",
    "check.shortages.extra": "a row stands there of what is not short",
    "check.shortages.value": "a figure differs from the recomputed one",
    "check.prices.policy": "prices stand in a plan of a policy that has none",
    "check.prices.pool": "a price is of pieces, or for a customer, that the book does not have",
    "check.prices.hours": "a price is of hours without limit, or of a week without hours",
    "check.prices.quota": "a price is of a quota that the book does not have, or of one site or "
                          "customer only",
    "check.prices.falling": "the prices of the same pieces do not fall from week to week",
    "check.reliefs.policy": "reliefs stand in a plan of a policy that has none",
    "check.reliefs.place": "the places do not count up from 1 without a gap",
    "check.reliefs.order": "a relief measured to gain more stands below one that gains less",
    "check.reliefs.price": "a relief's price is not what the plan's prices say of it",
    "check.reliefs.predicted": "what a relief should add is not its quantity times its price",
    "check.reliefs.measured": "a relief is said to have gained more than the prices allow",
    "check.moves.promise": "a move states another promise than the plan's own",
    "check.moves.value": "a figure of a move differs from the one that follows from its dates",
    "check.moves.text": "the text is not the wording of the move's reason",
    "check.certificate.bound": "the certified bound is not what the book and the prices prove",
    "check.certificate.below": "the plan is worth more than its bound says is possible",
    "check.certificate.gap": "the gap is not what lies between the plan's value and its bound",
    "check.summary.key": "an entry of the summary is missing or unknown",
    "check.summary.value": "a figure of the summary differs from the recomputed one",
    "check.summary.policy": "the policy cannot be read",
    "check.summary.digest": "a digest differs from the content that it names",
    "check.book.other": "the plan is of another book; nothing else of it was checked",
    "check.book.size": "figures are too large to be proven with 64-bit whole numbers",
}
"""Every code that `check` reports, with what it means; the reference page is made from it."""


def cell(column: pl.Series) -> Callable[[int], str]:
    """What stands in a row of a column, as text; a blank says so."""
    return lambda row: "blank" if column[row] is None else str(column[row])


def same(text: str) -> Callable[[int], str]:
    """The same text for every row."""
    return lambda _: text


@dataclass(slots=True)
class Findings:
    """
    The violations found so far, at most `MOST_SHOWN` of each code and table.

    found  : in the order of finding
    counts : how many there were of each (code, table, column)
    """

    found: list[Issue] = field(default_factory=list)
    counts: dict[tuple[str, str, str | None], int] = field(default_factory=dict)

    def add(self, code: str, table: str, expected: str, row: int | None = None,
            column: str | None = None, value: object = None) -> None:
        """
        Note one violation.

        row : index of the data row, counted from 0; the issue names the editor's line
        """
        key = (code, table, column)
        self.counts[key] = self.counts.get(key, 0) + 1
        if self.counts[key] <= MOST_SHOWN:
            self.found.append(Issue(code, "error", table, expected,
                                    None if row is None else row + 2, column,
                                    None if value is None else str(value)))

    def add_rows(self, code: str, table: str, column: str | None, rows: NDArray[np.integer],
                 value: Callable[[int], object], expected: Callable[[int], str],
                 numbered: bool = True) -> None:
        """
        Note one violation for each row.

        rows            : indexes of the violating rows
        value, expected : what is found and must be there, asked only for the rows that are listed
        numbered        : whether the rows are rows of the table
        """
        for row in rows[:MOST_SHOWN].tolist():
            self.add(code, table, expected(row), row if numbered else None, column,
                     value(row))
        if len(rows) > MOST_SHOWN:
            self.counts[code, table, column] += len(rows) - MOST_SHOWN

    def issues(self) -> tuple[Issue, ...]:
        """The violations, the last one listed of each rule with the count of all behind it."""
        left = dict.fromkeys(self.counts, 0)
        out: list[Issue] = []
        for issue in self.found:
            key = (issue.code, issue.file, issue.column)
            left[key] += 1
            total = self.counts[key]
            more = total - MOST_SHOWN if left[key] == MOST_SHOWN else 0
            out.append(Issue(issue.code, issue.severity, issue.file, issue.expected, issue.row,
                             issue.column, issue.value, 1 + more))
        return tuple(out)

    def __bool__(self) -> bool:
        return bool(self.found)
