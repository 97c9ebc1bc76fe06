"""What a search leaves over: served to whoever gains by it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.draft import Draft
from headgate.planner.keeping import Keeper, no_promises
from headgate.planner.kernels.price import DEAR
from headgate.planner.kernels.repair import BETTER, MOVE

Floats = NDArray[np.float64]

MOST_PASSES = 3
"""So often all are asked at most: what one gives back may serve another."""
LEAST_CENTS = 0.5
"""Less is no gain."""


def use_leftover(draft: Draft) -> None:
    """
    Give lines that wait, or come late, what the plan leaves and they gain by, until nobody does.

    A search asks of each line what pays at prices, which say what others would give for the same
    parts. What is left at its end they did not take: so here a line takes what brings most to
    itself, those first that may gain most.
    """
    draft.count_value()
    keeper = Keeper(draft, *no_promises(len(draft.held.head)), np.zeros(0))
    keeper.old.alive[:draft.held.log.size[0]] = 1
    picky, draft.world.picky[0] = int(draft.world.picky[0]), 0
    for _ in range(MOST_PASSES):
        before, gain = _earned(keeper), _possible_gain(draft)
        order = np.argsort(-gain, kind="stable")
        order = order[gain[order] > LEAST_CENTS]
        keeper.insert(keeper.units(order[draft.held.left[order] > 0]), MOVE, 0.0)
        keeper.better(keeper.units(order[draft.held.head[order] >= 0]), BETTER, 0.0)
        if _earned(keeper) <= before + LEAST_CENTS:
            break
    draft.world.picky[0] = picky
    draft.count_value()


def _earned(keeper: Keeper) -> float:
    """What all allocations earn, in cents."""
    return float(keeper.draft.held.earned[np.flatnonzero(keeper.old.alive)].sum())


def _possible_gain(draft: Draft) -> Floats:
    """(lines,) cents that each falls short of what it would earn if nobody else wanted a part."""
    free = np.where(draft.cost < DEAR, 0.0, DEAR)
    return draft.regrets(free, draft.held._replace(price=np.zeros_like(draft.held.price)))[0]
