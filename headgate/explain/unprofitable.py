"""
Lines that a `value` plan leaves since delivering them costs more than it brings.

The rules are those of `unprofitable` in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.explain.allowance import Limits
from headgate.explain.kernels import OUTBID, UNPROFITABLE
from headgate.explain.line_worth import Weighed
from headgate.explain.reasons import Desk, Ground, Reasons
from headgate.explain.relief_kernels import GIVEN, LOG_END, LOG_FIRST
from headgate.explain.trials import Trial, Trials
from headgate.planner.policy import Policy
from headgate.planner.terms import Terms, terms_of

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

NOTHING_SENT = -(2**60)
"""The gain of a line to which nothing may be sent."""


@dataclass(frozen=True, slots=True)
class Loss:
    """
    What serving a line of what the plan leaves would cost, in cents of weighted value.

    cents : how much less it brings so than as planned; 0 or more
    extra_cents : how much more of it goes into substitutes that cost extra
    """

    cents: int
    extra_cents: int


def mark_unprofitable(policy: Policy, ground: Ground, reasons: Reasons) -> Reasons:
    """
    The same reasons, `unprofitable` where `outbid` lines bring nothing even with free supply, or
    less when served of what the plan leaves than as planned.
    """
    if policy.objective != "value":
        return reasons
    book, rows = ground.book, np.flatnonzero(reasons.code == OUTBID)
    if len(rows) == 0:
        return reasons
    never = _best_worth(book, terms_of(book, policy), reasons.line[rows]) <= 0
    rest = rows[~never]
    losses = _losses(policy, ground, reasons.line[rest])
    lost = np.concatenate([rows[never], rest[[line in losses for line in
                                              reasons.line[rest].tolist()]]])
    code, kind, lane = reasons.code.copy(), reasons.kind.copy(), reasons.lane.copy()
    code[lost], kind[lost], lane[lost] = UNPROFITABLE, 0, -1
    return replace(reasons, code=code, kind=kind, lane=lane)


def _losses(policy: Policy, ground: Ground, chosen: Ints) -> dict[int, Loss]:
    """The lines that what the plan leaves would serve by the requested week, but at a loss."""
    limits = Limits.of(ground, policy)
    asked = chosen[~limits.fixed[chosen]]
    trials = Trials(Desk(limits.ground), limits)
    return losses(trials, Weighed(ground.book, policy, ground.allocation), asked,
                  ground.book.lines.requested[asked])


def losses(trials: Trials, weighed: Weighed, chosen: Ints, goals: NDArray[np.integer],
           ) -> dict[int, Loss]:
    """
    Of lines that nothing holds those that what the plan leaves would serve by a goal, but at a
    loss.

    chosen, goals : (n,) lines, and the last arrival buckets that count
    """
    found: dict[int, Loss] = {}
    asked = [Trial(line, (), goal) for line, goal in zip(
        chosen.tolist(), goals.tolist(), strict=True)]
    out, _ = trials.outcome(asked)
    whole = out[:, GIVEN] == weighed.book.lines.open[chosen]
    served = [trial for trial, good in zip(asked, whole, strict=True) if good]
    out, logs = trials.outcome(served, keep=True)
    for trial, row, log in zip(served, out, logs, strict=True):
        unit = trials.limits.unit(trial.line)
        now, extra_now = weighed.planned(unit)
        then, extra_then = weighed.of(unit, log, int(row[LOG_FIRST]), int(row[LOG_END]))
        if then <= now:
            found[trial.line] = Loss(now - then, max(0, extra_then - extra_now))
    return found


def _best_worth(book: Book, terms: Terms, line: Ints) -> Longs:
    """
    What a piece of each line is worth at best, in cents, if parts and hours cost nothing; 0 if no
    option is worth more.

    Late cost only rises from week to week and a bonus only ends, so the first week of each lane is
    its best.
    """
    lines, lanes = book.lines, book.lanes
    gain = _best_gain(book, terms, line) + terms.lost[line]
    best = np.zeros(len(line), dtype=np.int64)
    counts = np.diff(lanes.ptr)[lines.region[line]]
    for place in range(int(counts.max(initial=0))):
        rows = np.flatnonzero(counts > place)
        own = line[rows]
        lane = lanes.ptr[lines.region[own]] + place
        weeks = lanes.weeks[lane]
        arrival = np.maximum(np.maximum(0, lines.earliest[own]), weeks)
        ship = arrival - weeks
        allowed = ((ship < book.horizon) & (arrival <= lines.latest[own])
                   & ((lines.site[own] < 0) | (lines.site[own] == lanes.site[lane])))
        when = np.where(terms.on_ship[own] == 1, ship, arrival)
        bonus = np.where(when[:, None] <= terms.bonus_until[own], terms.bonus[own], 0).sum(axis=1)
        late = terms.late[own] * np.maximum(0, arrival - lines.requested[own])
        worth = gain[rows] + bonus - late - lanes.cost_cents[lane]
        best[rows] = np.where(allowed, np.maximum(best[rows], worth), best[rows])
    return best


def _best_gain(book: Book, terms: Terms, line: Ints) -> Longs:
    """Weighted price less standard cost of the best item that may be sent to each line."""
    lines = book.lines
    counts = np.diff(lines.accept_ptr)[line]
    turn = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    accepted = lines.accept[np.repeat(lines.accept_ptr[:-1][line], counts) + turn]
    place = np.concatenate([np.arange(len(line)), np.repeat(np.arange(len(line)), counts)])
    item = np.concatenate([lines.item[line], accepted]).astype(np.int64)
    sent = book.bans.banned[lines.ban[line[place]], item] == 0
    best = np.full(len(line), NOTHING_SENT, dtype=np.int64)
    np.maximum.at(best, place[sent], terms.gain(book, line[place[sent]], item[sent]))
    return best
