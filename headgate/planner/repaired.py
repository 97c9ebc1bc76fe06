"""What a repair gives: the plan, its bound, and why each promise moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.planner.allocate import Allocation
from headgate.planner.certificate import Certificate

Longs = NDArray[np.int64]

UNMOVED = 0
(BY_PART, BY_RESOURCE, BY_RULES, BY_ORDER, BY_WINNER, BY_CLASS, BY_FREED, BY_HELD,
 BY_PIN) = range(1, 10)
"""Why a promise moved; the first two are `POOL_CAUSE` and `HOURS_CAUSE`."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """
    A repaired plan.

    allocation  : by line, reserved pieces settled
    certificate : the bound that the older plan's prices, or somewhat better ones, prove for this
                  book; None under `rank`
    beside      : whether pins are placed beside promises, see `headgate.planner.pinning`
    reason      : (lines,) why each would have moved: UNMOVED and on
    cause       : (lines, 3) of what ran short BY_PART or BY_RESOURCE, its pool, permit or hour row,
                  and the week; of BY_PIN that which the pinned pieces took
    """

    allocation: Allocation
    certificate: Certificate | None
    reason: Longs
    cause: Longs
    beside: bool = False
