"""In which buckets a piece for a need cannot be made, whatever prices say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel
from headgate.planner.kernels.layout import (
    CHILD,
    CHILD_END,
    HAS_BOM,
    HOLD_FROM,
    HOLD_TO,
    MICRO,
    OFFSET,
    RESOURCE,
    ROOT,
    ROOT_END,
    STEP,
    STEP_END,
    STEP_OFFSET,
    Trees,
)
from headgate.planner.kernels.price import GOOD_AT, GOOD_ITEM, GOOD_SITE

Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]


@inner
def _can_make(trees: Trees, hours_row: Longs, node: Int, site: Int, bucket: Int) -> bool:
    """Whether some component's period holds and every step has hours and begins in time."""
    holds = False
    for place in range(trees.nodes[node, CHILD], trees.nodes[node, CHILD_END]):
        child = trees.children[place]
        when = bucket - trees.nodes[child, OFFSET]
        if when < 0:
            continue
        holds |= trees.nodes[child, HOLD_FROM] <= when <= trees.nodes[child, HOLD_TO]
    for step in range(trees.nodes[node, STEP], trees.nodes[node, STEP_END]):
        if trees.steps[step, MICRO] > 0 and (
                hours_row[trees.steps[step, RESOURCE], site] < 0
                or bucket < trees.steps[step, STEP_OFFSET]):
            return False
    return holds


@kernel
def find_gaps(trees: Trees, goods: Longs, hours_row: Longs, gaps: Bytes) -> None:
    """
    Mark the buckets in which needs cannot be made.

    gaps : (needs of all goods, weeks) zeros; see `headgate.planner.kernels.price.Market`
    """
    for good in range(len(goods)):
        item, site, at = goods[good, GOOD_ITEM], goods[good, GOOD_SITE], goods[good, GOOD_AT]
        first = trees.items[item, ROOT]
        for node in range(first, trees.items[item, ROOT_END]):
            if trees.nodes[node, HAS_BOM]:
                for bucket in range(gaps.shape[1]):
                    if not _can_make(trees, hours_row, node, site, bucket):
                        gaps[at + node - first, bucket] = 1
