"""
What quotas cost at a plan's prices: each piece pays for the permits that it takes.

A cap is a supply of so many permits from week 0 on. A reservation is a supply of permits for those
it is reserved for while it keeps pieces, and leaves permits to everybody: what has come of its
items and nobody reserves, in the week in which that is least from then on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.verify.facts import exact_sum
from headgate.verify.quotas import NONE, Left, Quotas

Longs = NDArray[np.int64]
INF = 2**60
"""What cannot be had."""


def permit_names(quotas: Quotas) -> list[str]:
    """The names of all permits in the table `prices`: of caps, reservations, and the rest."""
    found = [quota.name for quota in quotas.quotas if quota.cap != NONE]
    found += [f"reserved:{quota.name}" for quota in quotas.quotas if quota.kept != NONE]
    return found + ["common:" + "+".join(quotas.quotas[place].name for place in group.members)
                    for group in quotas.groups]


class Tolls:
    """
    The permits that are left, at their prices.

    left  : of the quotas
    price : (permits, weeks) cents, never rising; permits in the order of `permit_names`
    """

    def __init__(self, quotas: Quotas, left: Left, price: Longs) -> None:
        self.quotas = quotas
        self.items = frozenset(item for quota in quotas.quotas for item in quota.items)
        weeks = np.arange(price.shape[1])
        there = [np.full(len(weeks), left.caps[place]) for place, quota in
                 enumerate(quotas.quotas) if quota.cap != NONE]
        there += [np.where((weeks >= quota.first) & (quota.first <= quota.until), left.own[place],
                           0) for place, quota in enumerate(quotas.quotas) if quota.kept != NONE]
        there += [np.minimum.accumulate(np.maximum(0, row)[::-1])[::-1] for row in left.common]
        self.there = np.array(there, dtype=np.int64).reshape(-1, len(weeks))
        self.priced = price
        self.price: Longs = np.where(self.there > 0, price, INF)
        caps = [place for place, quota in enumerate(quotas.quotas) if quota.cap != NONE]
        kept = [place for place, quota in enumerate(quotas.quotas) if quota.kept != NONE]
        self.cap_row = {place: row for row, place in enumerate(caps)}
        self.own_row = {place: len(caps) + row for row, place in enumerate(kept)}
        self.first_common = len(caps) + len(kept)

    def worth(self) -> int:
        """All permits at the price of the week from which they are there."""
        return exact_sum(np.diff(self.there, axis=1, prepend=0).ravel(), self.priced.ravel())

    def sent(self, claim: int, item: int) -> Longs:
        """(weeks,) what the caps cost a piece that is sent in a week, or drawn for it."""
        total = np.zeros(self.price.shape[1], dtype=np.int64)
        weeks = np.arange(len(total))
        for place in self.quotas.caps(claim, item):
            quota = self.quotas.quotas[place]
            inside = (quota.first <= weeks) & (weeks <= quota.last)
            total += np.where(inside, self.price[self.cap_row[place]], 0)
            np.minimum(total, INF, out=total)
        return total

    def drawn(self, claim: int, item: int) -> Longs:
        """(weeks,) what the reservations cost a piece that is drawn in a week."""
        total = np.zeros(self.price.shape[1], dtype=np.int64)
        weeks = np.arange(len(total))
        for group, own in self.quotas.tolls(claim, item):
            cheapest = self.price[self.first_common + group]
            if own != NONE:
                quota = self.quotas.quotas[own]
                keeps = (quota.first <= weeks) & (weeks <= quota.until)
                cheapest = np.minimum(cheapest, np.where(keeps, self.price[self.own_row[own]],
                                                         INF))
            total = np.minimum(total + cheapest, INF)
        return total
