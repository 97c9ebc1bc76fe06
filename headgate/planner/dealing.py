"""Deal lines out at soft prices: while some are provided, the shares of the next are found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.draft import Draft
from headgate.planner.kernels.deal import deal
from headgate.planner.kernels.price import L_ASKED, L_CHOICE

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

FEWEST, MOST, SHARE = 500, 2_500, 200
"""One in so many lines, within limits, are dealt out before it is asked what there is left."""
GOLDEN = 0.6180339887498949
"""Steps of this length spread any number of points evenly over a circle of length 1."""


def deal_out(draft: Draft, cost: Floats, tau: float) -> None:
    """
    Give lines their options in the shares of the smoothed dual, those first that bring most.

    cost : (needs of all goods, weeks) of the dual at temperature `tau`
    """
    order = draft.order()
    luck = _luck(draft, order)
    chunk = min(MOST, max(FEWEST, len(order) // SHARE))
    rows = np.zeros((0, 5), dtype=np.int64)
    for first in range(0, len(order) + chunk, chunk):
        known = draft.room.most[0].copy()
        providing = draft.threads.submit(draft.provide, rows, True)
        rows = _dealt(draft, cost, tau, known, order[first:first + chunk],
                      luck[first:first + chunk])
        providing.result()
    draft.drop_losses()


def _dealt(draft: Draft, cost: Floats, tau: float, known: Ints, order: Longs,
           luck: Floats) -> Longs:
    """(allocations, 5) of lines in an order, to be asked for; `known` are remembered bounds."""
    options = len(draft.room.worth)
    worth, found = np.zeros(options), np.zeros((options, 4), dtype=np.int64)
    shares, count = np.zeros(options, dtype=np.int64), np.zeros(1, dtype=np.int64)
    rows = np.zeros((3 * len(order) + 2 * options, 5), dtype=np.int64)
    place, full = 0, [rows[:0]]
    while place < len(order):
        place = deal(draft.lines, draft.exchange.market, cost, known, order, place,
                     draft.held.left, tau, luck, worth, found, shares, rows, count)
        full.append(rows[:count[0]].copy())
        count[0] = 0
    return np.concatenate(full)


def _luck(draft: Draft, order: Longs) -> Floats:
    """
    (places of `order`,) numbers from 0 to 1, even over lines that ask for the same about then.

    source : additive recurrence with the golden ratio, a sequence of low discrepancy
    """
    market = draft.exchange.market
    first = np.minimum(market.lines[order, L_CHOICE], len(market.choice_query) - 1)
    places = np.lexsort((market.lines[order, L_ASKED], market.choice_query[first]))
    luck = np.empty(len(order))
    luck[places] = (0.5 + GOLDEN * np.arange(len(order))) % 1.0
    return luck
