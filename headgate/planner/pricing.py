"""Prices of a repair: those of the older plan, and others where much has changed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from headgate.planner.draft import Draft
from headgate.planner.dual import Descent, Dual, Prices, no_prices
from headgate.planner.kernels.price import DEAR
from headgate.planner.market import Exchange

LARGE_CHANGE = 0.001
"""
Prices are looked for when what is no longer there was worth more than this share of what all
earned.
"""
WARM, COLD = ((0.0003, 40),), ((0.0001, 50), (0.00003, 30))
"""So warm, and in so many steps: before lines are placed, and then for the bound alone."""
REMEMBERED = 16
"""So many steps the descent remembers."""


class Pricing:
    """
    What a repair pays for supply, permits and hours.

    prices : those that lines are placed by
    """

    def __init__(self, exchange: Exchange, prices: Prices, threads: ThreadPoolExecutor) -> None:
        self.dual, self.prices = Dual(exchange, threads), prices
        self.descent: Descent | None = None

    def give(self, draft: Draft) -> None:
        """Let a draft weigh options at these prices."""
        price = self.dual.quote(self.prices, 0.0)
        draft.take_prices(self.dual.tables, price)

    def give_cost(self, draft: Draft) -> None:
        """Let a draft know what options cost at these prices, and choose sources without them."""
        self.dual.quote(self.prices, 0.0)
        draft.cost = draft.exchange.costs(self.dual.tables)

    def give_none(self, draft: Draft) -> None:
        """Let a draft weigh options as where nothing is scarce."""
        none = self.dual.quote(no_prices(draft.exchange), 0.0)
        draft.take_prices(self.dual.tables, none)
        draft.world.taste[:] = 0

    def look_again(self, draft: Draft, earned_cents: float) -> None:
        """
        Look for prices of what there is now, where much of what the older plan draws is gone, and
        let a draft weigh options at them.

        draft : holds the older plan, with more drawn than there is, at these prices
        """
        missing = np.maximum(0, -draft.held.balance)
        dollars = missing * np.where(draft.price < DEAR, draft.price, 0.0)
        if dollars.max(axis=1, initial=0.0).sum() <= LARGE_CHANGE * earned_cents:
            return
        self.prices = self._descended(WARM)
        self.give(draft)

    def bounding(self) -> Prices:
        """Prices that prove a lower bound; lines are still placed by the others."""
        return self._descended(COLD if self.descent else (*WARM, *COLD))

    def _descended(self, schedule: Sequence[tuple[float, int]]) -> Prices:
        """Prices from those that there are; temperatures and steps."""
        if self.descent is None:
            self.descent = Descent(self.dual, self.prices, REMEMBERED)
        for tau, steps in schedule:
            self.descent.cool(tau, steps)
        return self.descent.prices
