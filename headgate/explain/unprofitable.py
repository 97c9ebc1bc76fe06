"""Lines that a `value` plan leaves since delivering them costs more than it brings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headgate.book import Book
from headgate.explain.kernels import OUTBID, UNPROFITABLE
from headgate.explain.reasons import Reasons
from headgate.planner.policy import Policy
from headgate.planner.terms import Terms, terms_of

Longs = NDArray[np.int64]


def mark_unprofitable(book: Book, policy: Policy, reasons: Reasons) -> Reasons:
    """The same reasons, `unprofitable` where `outbid` lines bring nothing even with free supply."""
    if policy.objective != "value":
        return reasons
    rows = np.flatnonzero(reasons.code == OUTBID)
    if len(rows) == 0:
        return reasons
    terms = terms_of(book, policy)
    lines = reasons.line[rows]
    best = np.array([_best_worth(book, terms, int(line)) for line in lines], dtype=np.int64)
    lost = rows[best <= 0]
    code, kind, lane = reasons.code.copy(), reasons.kind.copy(), reasons.lane.copy()
    code[lost], kind[lost], lane[lost] = UNPROFITABLE, 0, -1
    return replace(reasons, code=code, kind=kind, lane=lane)


def _best_worth(book: Book, terms: Terms, line: int) -> int:
    """
    What a piece of a line is worth at best, in cents, if parts and hours cost nothing.

    Late cost only rises from week to week and a bonus only ends, so the first week of each lane is
    its best.
    """
    lines, lanes = book.lines, book.lanes
    items = [int(lines.item[line]),
             *lines.accept[lines.accept_ptr[line]:lines.accept_ptr[line + 1]].tolist()]
    items = [item for item in items if not book.bans.banned[lines.ban[line], item]]
    gain = terms.gain(book, np.full(len(items), line), np.array(items, dtype=np.int64))
    region, site = int(lines.region[line]), int(lines.site[line])
    best = 0
    for lane in range(int(lanes.ptr[region]), int(lanes.ptr[region + 1])):
        weeks = int(lanes.weeks[lane])
        arrival = max(0, int(lines.earliest[line]), weeks)
        ship = arrival - weeks
        if site not in (-1, int(lanes.site[lane])) or ship >= book.horizon or (
                arrival > int(lines.latest[line])) or not items:
            continue
        when = ship if terms.on_ship[line] else arrival
        bonus = int(terms.bonus[line][when <= terms.bonus_until[line]].sum())
        late = int(terms.late[line]) * max(0, arrival - int(lines.requested[line]))
        best = max(best, int(gain.max()) + int(terms.lost[line]) + bonus - late
                   - int(lanes.cost_cents[lane]))
    return best
