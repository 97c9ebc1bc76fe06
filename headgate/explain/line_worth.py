"""What single lines of a plan bring: "Value of a plan", and its "Weighted value"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from headgate.book import Book
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.rank import LANE, LINE, PIECES, SENT, SHIP, Log
from headgate.planner.policy import Policy
from headgate.planner.terms import late_cost_cents, late_weeks_undelivered, terms_of
from headgate.planner.world import Pools


@dataclass(frozen=True, slots=True)
class LineWorth:
    """Pieces that a line is given, their last arrival bucket (-1 none), and what it brings."""

    pieces: int
    last: int
    cents: int


class Worths:
    """
    What lines bring: price less standard cost, freight, extra cost of substitutes and late cost,
    less the late cost of what is not delivered. Plain cents, without weights and bonuses.
    """

    def __init__(self, book: Book, policy: Policy, allocation: Allocation) -> None:
        self.book, self.allocation = book, allocation
        self.late = late_cost_cents(book, policy)
        weeks = late_weeks_undelivered(book)
        self.lost_weeks = weeks if policy.undelivered == "late_cost" else np.zeros_like(weeks)

    def planned(self, line: int) -> LineWorth:
        """What a line brings as planned."""
        first, end = self.allocation.ptr[line], self.allocation.ptr[line + 1]
        return self.of(line, self.allocation.log, int(first), int(end))

    def of(self, line: int, log: Log, first: int, end: int) -> LineWorth:
        """What a line brings with some rows of a log."""
        book = self.book
        pieces, last, cents = 0, -1, 0
        price, late = int(book.lines.price_cents[line]), int(self.late[line])
        for row in range(first, end):
            lane, ship, count = (int(log.rows[row, column]) for column in (LANE, SHIP, PIECES))
            arrival = ship + int(book.lanes.weeks[lane])
            weeks = max(0, arrival - int(book.lines.requested[line]))
            profit = price - int(book.unit_cost_cents[log.rows[row, SENT]]) - int(
                book.lanes.cost_cents[lane])
            cents += count * (profit - weeks * late) - self._extra(log, row, ship)
            pieces, last = pieces + count, max(last, arrival)
        missing = int(book.lines.open[line]) - pieces
        return LineWorth(pieces, last, cents - missing * late * int(self.lost_weeks[line]))

    def _extra(self, log: Log, row: int, ship: int) -> int:
        return extra_cents(self.book, self.allocation.pools, log, row, ship)


class Weighed:
    """
    The weighted value, in cents, of what lines are given: what the `value` policy goes by.
    """

    def __init__(self, book: Book, policy: Policy, allocation: Allocation) -> None:
        self.book, self.allocation = book, allocation
        self.terms = terms_of(book, policy)
        self.known: dict[tuple[int, ...], tuple[int, int]] = {}
        self.gains: dict[tuple[int, int], int] = {}

    def planned(self, lines: tuple[int, ...]) -> tuple[int, int]:
        """What some lines bring as planned, and the extra cost of substitutes in it."""
        if lines not in self.known:
            cents = extra = 0
            for line in lines:
                first, end = self.allocation.ptr[line], self.allocation.ptr[line + 1]
                worth, more = self.of((line,), self.allocation.log, int(first), int(end))
                cents, extra = cents + worth, extra + more
            self.known[lines] = cents, extra
        return self.known[lines]

    def of(self, lines: Iterable[int], log: Log, first: int, end: int) -> tuple[int, int]:
        """
        What lines bring with some rows of a log, and the extra cost of substitutes in it; rows of
        other lines do not count.
        """
        book, terms = self.book, self.terms
        missing = {line: int(book.lines.open[line]) for line in lines}
        cents = extra = 0
        for row in range(first, end):
            line, lane, ship, count = (int(log.rows[row, column])
                                       for column in (LINE, LANE, SHIP, PIECES))
            if line in missing:
                missing[line] -= count
                cents += count * self._piece(line, int(log.rows[row, SENT]), lane, ship)
                extra += extra_cents(book, self.allocation.pools, log, row, ship)
        lost = sum(pieces * int(terms.lost[line]) for line, pieces in missing.items())
        return cents - extra - lost, extra

    def _piece(self, line: int, item: int, lane: int, ship: int) -> int:
        """What one piece brings, substitutes aside."""
        book, terms = self.book, self.terms
        arrival = ship + int(book.lanes.weeks[lane])
        late = int(terms.late[line]) * max(0, arrival - int(book.lines.requested[line]))
        when = ship if terms.on_ship[line] else arrival
        bonus = int(terms.bonus[line][when <= terms.bonus_until[line]].sum()) if (
            terms.bonus.shape[1]) else 0
        if (line, item) not in self.gains:
            self.gains[line, item] = int(terms.gain(book, np.array([line]), np.array([item]))[0])
        return self.gains[line, item] - int(book.lanes.cost_cents[lane]) - late + bonus


def extra_cents(book: Book, pools: Pools, log: Log, row: int, ship: int) -> int:
    """The extra cost of the substitutes drawn for an allocation of a log."""
    forest, cents = book.forest, 0
    first, end = int(log.first_draw[row]), int(log.first_draw[row + 1])
    nodes, drawn = log.sources[first:end, 0], pools.item[log.sources[first:end, 1]]
    called = forest.item[nodes]
    for place in np.flatnonzero(called != drawn).tolist():
        week = ship - int(forest.offset[nodes[place]])
        for sub in range(forest.sub_ptr[called[place]], forest.sub_ptr[called[place] + 1]):
            if forest.sub_item[sub] == drawn[place] and (
                    forest.sub_from[sub] <= week <= forest.sub_to[sub]):
                cents += int(log.pieces[first + place]) * int(forest.sub_cost_cents[sub])
    return cents
