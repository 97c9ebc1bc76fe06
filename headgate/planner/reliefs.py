"""What would help most: more of a part or of hours, each tried out on the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.certificate import Certificate
from headgate.planner.draft import Draft
from headgate.planner.promise import mondays
from headgate.planner.world import Pools
from headgate.tables.plan_schema import RELIEFS

Longs = NDArray[np.int64]

SHOWN = 10
TRIED = 20
"""Reliefs that promise most are tried out; those that gain most are shown."""
BATCH_SHARE = 0.02
"""A batch is so much of all supply of its pool, rounded up to whole products."""
HOURS_SHARE = 0.1
"""A batch of hours is so much of the hours of its week, at least one."""
NEAR_TOP = 0.98
"""The week shown is the last in which the price is still so near to its highest."""
TURNS = 400
"""Turns of improving the plan with a relief, and as many without for comparison."""
MOST_LINES = 200_000
"""Above so many lines a plan is not copied for every relief; none is tried out."""


@dataclass(frozen=True, slots=True)
class Relief:
    """
    More of something: pool or hour row `row` (kind 0, 1) from or in `week`; whole pieces or hours.
    """

    kind: int
    row: int
    week: int
    quantity: int
    price_cents: int

    @property
    def predicted_cents(self) -> int:
        """What it adds at most."""
        return self.quantity * self.price_cents


def relief_frame(book: Book, pools: Pools, certificate: Certificate, draft: Draft) -> pl.DataFrame:
    """The `reliefs` table: those that gained most when the plan was repaired with them."""
    if len(book.lines) > MOST_LINES:
        return pl.DataFrame(schema=RELIEFS.types)
    candidates = sorted(_parts(book, pools, certificate) + _hours(book, certificate),
                        key=lambda relief: (-relief.predicted_cents, relief.kind, relief.row))
    found = []
    for relief in candidates[:TRIED]:
        lines = _lines_using(book, pools, relief)
        with_it, without = draft.copy(), draft.copy()
        if relief.kind == 0:
            with_it.receive(relief.row, relief.week, relief.quantity)
        else:
            with_it.extend_hours(relief.row, relief.week, relief.quantity)
        for plan in (with_it, without):
            plan.fill()
            plan.improve(min(TURNS, 20 + 2 * len(book.lines)), plan.aim(lines))
        gain = round(with_it.value_cents - without.value_cents)
        if gain > 0:
            found.append((gain, relief))
    found.sort(key=lambda pair: (-pair[0], pair[1].kind, pair[1].row))
    return _frame(book, pools, found[:SHOWN])


def _parts(book: Book, pools: Pools, certificate: Certificate) -> list[Relief]:
    """The best week of each pool that anybody may draw, and a useful batch of it."""
    reliefs = []
    # The most pieces of each item that one sold piece needs at one place.
    largest = np.ones(len(book.items), dtype=np.int64)
    np.maximum.at(largest, book.forest.item, book.forest.pieces)
    levels = certificate.level[:len(pools)]
    there = (pools.slot == 0) & (levels.max(axis=1, initial=0) > 0)
    for pool in np.flatnonzero(there).tolist():
        level = np.where(pools.supplied[pool] > 0, levels[pool], 0)
        if level.max() == 0:
            continue
        week = int(np.flatnonzero(level >= NEAR_TOP * level.max())[-1])
        unit = int(largest[pools.item[pool]])
        batch = -(-max(1, round(BATCH_SHARE * int(pools.supplied[pool, -1]))) // unit) * unit
        reliefs.append(Relief(0, pool, week, batch, int(level[week])))
    return reliefs


def _hours(book: Book, certificate: Certificate) -> list[Relief]:
    """The dearest week of each resource at each site."""
    reliefs = []
    for row in np.flatnonzero(certificate.hours.max(axis=1, initial=0) > 0).tolist():
        week = int(np.argmax(certificate.hours[row]))
        hours = int(book.hours.micro[row, week]) // 1_000_000
        reliefs.append(Relief(1, row, week, max(1, round(HOURS_SHARE * hours)),
                              int(certificate.hours[row, week])))
    return reliefs


def _lines_using(book: Book, pools: Pools, relief: Relief) -> NDArray[np.bool_]:
    """(lines,) whether what is sold may need the part or the resource."""
    forest = book.forest
    if relief.kind == 0:
        item = pools.item[relief.row]
        wanted = forest.item == item
        called = np.repeat(np.arange(len(book.items)), np.diff(forest.sub_ptr))[
            forest.sub_item == item]
        wanted |= np.isin(forest.item, called)
    else:
        resource = np.nonzero(book.hours.row == relief.row)[0][0]
        steps = np.repeat(np.arange(len(forest.item)), np.diff(forest.step_ptr))
        wanted = np.zeros(len(forest.item), dtype=np.bool_)
        wanted[steps[forest.step_resource == resource]] = True
    return lines_needing(book, wanted)


def lines_needing(book: Book, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """
    (lines,) whether an item that a line may be sent has one of the wanted needs.

    wanted : (nodes,) of the book's forest
    """
    forest = book.forest
    counts = np.concatenate([[0], np.cumsum(wanted)])
    uses = counts[forest.root_end] > counts[forest.root_start]
    lines = uses[book.lines.item]
    owner = np.repeat(np.arange(len(book.lines)), np.diff(book.lines.accept_ptr))
    lines[owner[uses[book.lines.accept]]] = True
    return np.asarray(lines, dtype=np.bool_)


def _frame(book: Book, pools: Pools, found: list[tuple[int, Relief]]) -> pl.DataFrame:
    rows = []
    for place, (gain, relief) in enumerate(found, start=1):
        if relief.kind == 0:
            kind, name = "part", book.items.ids[pools.item[relief.row]]
            site = int(pools.site[relief.row])
        else:
            resource, site_of = np.nonzero(book.hours.row == relief.row)
            kind, name, site = "resource", book.resources.ids[int(resource[0])], int(site_of[0])
        rows.append((place, kind, name, book.sites.ids[site],
                     mondays(book, np.array([relief.week]))[0], relief.quantity,
                     relief.price_cents, relief.predicted_cents, gain))
    return pl.DataFrame(rows, schema=RELIEFS.types, orient="row")

