"""Outlooks by the plainest route: lists of quarters, one forecast at a time, all by hand."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

Quarter = Mapping[str, object]
"""shipments, revenue, backlog: cents or None; guidance, guidance_of."""


def outflow(quarter: Quarter | None) -> tuple[object, str] | None:
    """What left the backlog, and as what."""
    if quarter is None:
        return None
    if quarter["shipments"] is not None:
        return quarter["shipments"], "shipments"
    if quarter["revenue"] is not None:
        return quarter["revenue"], "revenue"
    return None


def forecast(before: Sequence[Quarter | None], method: str, measure: str) -> int | None:
    """
    The quarter after a list of quarters, in which None stands for one that is missing.

    Nothing is known of the quarter itself: it is not in the list.
    """
    if not before or before[-1] is None:
        return None
    last = before[-1]
    if method == "naive":
        return last[measure]
    if method == "guidance":
        return last["guidance"] if last["guidance_of"] == measure else None
    rates = []
    for one, two in pairwise(before):
        if one is None or two is None:
            continue
        if method == "conversion" and one["backlog"] and outflow(two):
            rates.append(Fraction(outflow(two)[0], one["backlog"]))
        if method == "growth":
            if two["shipments"] is not None and one["shipments"]:
                rates.append(Fraction(two["shipments"], one["shipments"]))
            elif two["revenue"] is not None and one["revenue"]:
                rates.append(Fraction(two["revenue"], one["revenue"]))
    base = last["backlog"] if method == "conversion" else last[measure]
    if base is None or len(rates) < 2:
        return None
    return round(base * statistics.median(rates[-4:]))


def back_test(quarters: Sequence[Quarter | None], method: str) -> list[tuple[int, int, int]]:
    """Place in the list, forecast and actual, of every quarter that can be foreseen."""
    found = []
    for place, quarter in enumerate(quarters):
        mine = outflow(quarter)
        if mine is None or mine[0] == 0:
            continue
        seen = forecast(quarters[:place], method, mine[1])
        if seen is not None:
            found.append((place, seen, mine[0]))
    return found


def interval(seen: int, trials: Sequence[tuple[int, int, int]]) -> tuple[int, int, Fraction] | None:
    """Low, high and share: drop as many ratios from both ends as four fifths allow, but one."""
    ratios = sorted(Fraction(actual, foreseen) for _, foreseen, actual in trials if foreseen)
    n = len(ratios)
    if n < 4:
        return None
    dropped = 0
    while Fraction(n + 1 - 2 * (dropped + 2), n + 1) >= Fraction(4, 5):
        dropped += 1
    kept = ratios[dropped:n - dropped]
    return (round(seen * kept[0]), round(seen * kept[-1]),
            Fraction(n + 1 - 2 * (dropped + 1), n + 1))
