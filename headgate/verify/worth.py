"""
What delivering a piece of a line is worth under the policy's weights and bonuses.

Written from "Weighted value" in docs/explanation/planning-rules.md: weights are exact decimals,
each amount is rounded half to even once, and everything after that is whole cents.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from math import gcd

import numpy as np
from numpy.typing import NDArray

from headgate.verify.facts import ALWAYS, Book, times_each

Longs = NDArray[np.int64]

NANO = 10**9
"""A weight is a product of three numbers of thousandths."""
LARGEST = 2.0**58
"""Amounts of one piece stay below it, so that sums of a few of them stay inside 64 bits."""
SAFE = 2**62
FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Worth:
    """
    Amounts of each line, in cents of one piece.

    weight      : (lines,) in thousandths of millionths
    late, lost  : (lines,) weighted, for each week late; for never being delivered
    bonus       : (bonuses, lines) what a piece earns when its revenue is recognised in time
    bonus_until : (bonuses, lines) the last ship bucket (`by_ship`) or arrival bucket that does
    by_ship     : (lines,) whether revenue is recognised when shipped
    """

    book: Book
    weight: Longs
    late: Longs
    lost: Longs
    bonus: Longs
    bonus_until: Longs
    by_ship: NDArray[np.bool_]

    def gain(self, line: Longs, item: Longs) -> Longs:
        """Weighted price less standard cost of the item sent, for each (line, item)."""
        margin = self.book.lines.price[line] - self.book.unit_cost[item]
        return weighed(margin, self.weight[line])

    def bonus_of(self, line: Longs, ship: Longs, arrive: Longs) -> Longs:
        """What a piece of each shipment earns in bonuses."""
        when = np.where(self.by_ship[line], ship, arrive)
        earned = np.zeros(len(line), dtype=np.int64)
        for cents, until in zip(self.bonus, self.bonus_until, strict=True):
            earned += np.where(when <= until[line], cents[line], 0)
        return earned


def read_worth(book: Book) -> Worth:
    """The amounts of all lines; the book must have `fits`."""
    lines, policy, calendar = book.lines, book.policy, book.calendar
    weight = weights_of(book)
    late = weighed(lines.late, weight)
    lost = late * lost_weeks(book) if policy.undelivered_costs else np.zeros_like(late)
    shape = (len(policy.bonuses), len(lines))
    bonus, until = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for k, row in enumerate(policy.bonuses):
        bonus[k] = times_each(lines.price, row.share_micro)
        accepted = np.where(lines.recognise == 2, lines.acceptance, 0)
        until[k] = (row.by - calendar.monday - FRIDAY - accepted) // 7
    return Worth(book, weight, late, lost, bonus, until, lines.recognise == 0)


def weights_of(book: Book) -> Longs:
    """The weight of each line: of its segment, times its customer's, times its priority's."""
    lines, weights = book.lines, book.policy.weights
    segment = np.array([weights["segment"].get(name, 1000) for name in lines.segment],
                       dtype=np.int64)
    # The place -1, of a line without customer, is the last of the list.
    customer = np.array([*(weights["customer"].get(name, 1000) for name in book.ids.customers),
                         1000], dtype=np.int64)[lines.customer]
    classes, at = np.unique(lines.priority, return_inverse=True)
    priority = np.array([weights["priority"].get(str(name), 1000) for name in classes.tolist()],
                        dtype=np.int64)[at]
    weight: Longs = segment * customer * priority
    return weight


def weighed(cents: Longs, weight: Longs) -> Longs:
    """Each amount times its weight, rounded half to even to the cent."""
    if len(cents) == 0 or bool((weight == NANO).all()):
        return cents
    out = np.empty_like(cents)
    order = np.argsort(weight, kind="stable")
    starts = np.flatnonzero(np.diff(weight[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        nano = int(weight[rows[0]])
        common = gcd(nano, NANO)
        out[rows] = _scaled(cents[rows], nano // common, NANO // common)
    return out


def _scaled(cents: Longs, times: int, over: int) -> Longs:
    """Each amount times a fraction, rounded half to even."""
    if int(np.abs(cents).max()) * times < SAFE:
        quotient, rest = np.divmod(cents * times, over)
        up = (2 * rest > over) | ((2 * rest == over) & (quotient % 2 == 1))
        return np.asarray(quotient + up, dtype=np.int64)
    found = []
    for amount in cents.tolist():
        whole, left = divmod(amount * times, over)
        found.append(whole + (2 * left > over or (2 * left == over and whole % 2 == 1)))
    return np.array(found, dtype=np.int64)


def last_arrivals(book: Book) -> Longs:
    """The last bucket that each line could be served in: its latest one, else the horizon's."""
    longest = np.maximum(0, book.weeks.max(axis=0, initial=0))
    end = book.calendar.horizon - 1 + longest[book.lines.region]
    return np.where(book.lines.latest < ALWAYS, book.lines.latest, end)


def lost_weeks(book: Book) -> Longs:
    """The weeks late that a piece counts for which is not delivered."""
    weeks: Longs = np.maximum(0, last_arrivals(book) - book.lines.requested)
    return weeks


def sendable(book: Book, rows: Longs) -> tuple[Longs, Longs]:
    """Each (line, item) of the lines: the item ordered and those accepted, in their order."""
    lines = book.lines
    others = [lines.accepts[row] for row in rows.tolist()]
    count = np.fromiter((len(items) for items in others), dtype=np.int64, count=len(others))
    line = np.concatenate([rows, np.repeat(rows, count)])
    item = np.concatenate([lines.item[rows], np.fromiter(
        chain.from_iterable(others), dtype=np.int64, count=int(count.sum()))])
    order = np.argsort(line, kind="stable")
    return line[order], item[order]


def fits(book: Book) -> bool:
    """Whether the weighted amounts of one piece of any line stay inside 64-bit whole numbers."""
    lines = book.lines
    if len(lines) == 0:
        return True
    line, item = sendable(book, np.arange(len(lines)))
    cost = lines.price.astype(np.float64)
    np.maximum.at(cost, line, lines.price[line] + book.unit_cost[item].astype(np.float64))
    weight = weights_of(book) / NANO
    longest = book.calendar.horizon + book.weeks.max(initial=0)
    weeks = np.maximum(0, np.maximum(last_arrivals(book), longest) - lines.requested)
    size = weight * (cost + lines.late * weeks.astype(np.float64)) + lines.price * float(
        len(book.policy.bonuses)) + book.freight.max(initial=0)
    return float(size.max()) < LARGEST
