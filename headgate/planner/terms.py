"""What a delivered piece of each line is worth under a policy, before supply is priced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import monday_of
from headgate.base.issue import Issue, IssuesError, near_miss
from headgate.base.money import scale_cents
from headgate.book import NO_LIMIT, Book
from headgate.planner.policy import WEIGHED, Policy, policy_parts
from headgate.planner.replan_policy import rule_issues

Longs = NDArray[np.int64]

ONE = 10**9
"""A weight of 1: three weights in thousandths multiplied."""
COLUMNS = {"segment": "segment", "customer": "customer_id", "priority": "priority"}


@dataclass(frozen=True, slots=True)
class Terms:
    """
    Money of one piece of each line, weights included, in whole cents; (lines,) unless said.

    weight      : in 1e-9
    late        : what one week late costs
    lost        : what not delivering costs
    on_ship     : int8, 1 where shipping recognises the revenue, 0 where arriving does
    bonus       : (lines, bonuses) cents for a piece that is recognised in time
    bonus_until : (lines, bonuses) the last bucket, of shipping or arrival, that is in time
    """

    weight: Longs
    late: Longs
    lost: Longs
    on_ship: NDArray[np.int8]
    bonus: Longs
    bonus_until: Longs

    def gain(self, book: Book, line: NDArray[np.integer], item: NDArray[np.integer]) -> Longs:
        """Weighted price less standard cost of the item sent, for lines and items in pairs."""
        profit = book.lines.price_cents[line] - book.unit_cost_cents[item]
        return weighted(profit, self.weight[line])


def late_cost_cents(book: Book, policy: Policy) -> Longs:
    """(lines,) what one piece costs for each week late: penalty plus late_rate x price."""
    return book.lines.penalty_cents + scale_cents(book.lines.price_cents,
                                                  policy.late_rate_millionths)


def late_weeks_undelivered(book: Book) -> Longs:
    """(lines,) weeks that an undelivered piece counts as late: to its last possible arrival."""
    lines, lanes = book.lines, book.lanes
    longest = np.zeros(len(book.regions), dtype=np.int64)
    counts = np.diff(lanes.ptr)
    np.maximum.at(longest, np.repeat(np.arange(len(counts)), counts), lanes.weeks)
    last = np.where(lines.latest < NO_LIMIT, lines.latest,
                    book.horizon - 1 + longest[lines.region])
    return np.maximum(0, last - lines.requested).astype(np.int64)


def terms_of(book: Book, policy: Policy) -> Terms:
    """
    The terms of every line.

    raises IssuesError : the policy weighs a segment, customer or priority that no order has
    """
    check_policy(book, policy)
    weight = _weights(book, policy)
    late = weighted(late_cost_cents(book, policy), weight)
    lost = late * late_weeks_undelivered(book)
    if policy.undelivered == "zero":
        lost = np.zeros_like(late)
    recognised = book.tables.frames["orders"]["recognise_on"].gather(
        pl.Series(book.lines.source_row))
    bonus = np.zeros((len(book.lines), len(policy.bonuses)), dtype=np.int64)
    until = np.zeros_like(bonus)
    monday = monday_of(book.settings.as_of)
    days = _acceptance_days(book) if policy.bonuses else 0
    for place, row in enumerate(policy.bonuses):
        bonus[:, place] = scale_cents(book.lines.price_cents, row.share_millionths)
        until[:, place] = np.floor_divide((row.by - monday).days - 4 - days, 7)
    return Terms(weight, late, lost, (recognised == "ship").to_numpy().astype(np.int8), bonus,
                 until)


def _acceptance_days(book: Book) -> Longs:
    """(lines,) days from delivery to acceptance, 0 for a line that is not recognised by it."""
    orders, rows = book.tables.frames["orders"], pl.Series(book.lines.source_row)
    accepted = (orders["recognise_on"].gather(rows) == "accept").to_numpy()
    days = orders["acceptance_days"].gather(rows).fill_null(0).to_numpy()
    return np.where(accepted, days, 0)


def weighted(cents: Longs, weight: Longs) -> Longs:
    """Amounts times weights in 1e-9, rounded half to even, without floating point."""
    heavy = np.flatnonzero(weight != ONE)
    if len(heavy) == 0:
        return cents
    pairs, back = np.unique(np.stack([cents[heavy], weight[heavy]]), axis=1, return_inverse=True)
    scaled = np.array([_half_even(a * w) for a, w in pairs.T.tolist()], dtype=np.int64)
    out = cents.copy()
    out[heavy] = scaled[back.ravel()]
    return out


def _half_even(amount: int) -> int:
    whole, rest = divmod(amount, ONE)
    return whole + (2 * rest > ONE or (2 * rest == ONE and whole % 2 == 1))


def check_policy(book: Book, policy: Policy) -> None:
    """
    See that a policy fits a book.

    raises IssuesError : weights of names that no order has, bonuses for days before the first
                         planned week, and rules of re-plans with names that the book has not
    """
    issues = policy_faults(book, policy)
    if issues:
        raise IssuesError(issues, "nothing was planned")


def policy_of(book: Book, settings: Mapping[str, Any]) -> Policy:
    """
    The policy that settings make for a book.

    raises IssuesError : all that `read_policy` and `check_policy` refuse, at once
    """
    policy, issues = policy_parts(settings)
    issues += policy_faults(book, policy)
    if issues:
        raise IssuesError(issues, "nothing was planned")
    return policy


def policy_faults(book: Book, policy: Policy) -> list[Issue]:
    """Every name and day of a policy that a book has not."""
    issues = [Issue("policy.bonus.passed", "error", "headgate.toml",
                    f"lies before the first planned week, that of {book.first_monday}, and can be "
                    "earned by nothing; correct the day or take the bonus out", None,
                    f"policy.bonus[{place}].by", row.by.isoformat())
              for place, row in enumerate(policy.bonuses) if row.by < book.first_monday]
    for kind in WEIGHED:
        names = policy.weights[kind]
        if not names:
            continue
        column = book.tables.frames["orders"][COLUMNS[kind]].cast(pl.String)
        known = column.unique().drop_nulls().to_list()
        for name in names:
            if name not in known:
                issues.append(Issue(
                    "policy.weights.unknown", "error", "headgate.toml",
                    f"is the {kind} of no order{near_miss(name, sorted(known))}; correct the name "
                    "or take the weight out", None, f"policy.weights.{kind}", name))
    return issues + rule_issues(book, policy.replan)


def _weights(book: Book, policy: Policy) -> Longs:
    """(lines,) product of the weights of a line's segment, customer and priority, in 1e-9."""
    weight = np.ones(len(book.lines), dtype=np.int64)
    orders, rows = book.tables.frames["orders"], pl.Series(book.lines.source_row)
    for kind in WEIGHED:
        found = np.full(len(book.lines), 1000, dtype=np.int64)
        if policy.weights[kind]:
            column = orders[COLUMNS[kind]].gather(rows).cast(pl.String)
            for name, thousandths in policy.weights[kind].items():
                found[(column == name).fill_null(False).to_numpy()] = thousandths
        weight *= found
    return weight
