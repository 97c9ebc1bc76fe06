"""Requests that quotas keep late: whether one does, and which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of
from headgate.book import Book, Lines
from headgate.explain.limiting import quotas_of_claims
from headgate.explain.reasons import NOTHING_REMEMBERED
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.layout import World
from headgate.planner.kernels.rank import place_lines
from headgate.planner.permits import Permits, lifted, quotas_of
from headgate.planner.placing import NO_ROWS_OF_3
from headgate.planner.policy import Policy
from headgate.planner.quota_use import permits_asked, permits_left
from headgate.planner.world import (
    Pools,
    lines_of,
    log_of,
    room_for_line,
    scratch_of,
    trees_of,
    world_of,
)
from headgate.quoting.answers import Taken
from headgate.quoting.asking import Asking
from headgate.quoting.requests import Request

Longs = NDArray[np.int64]

MOST_WORLDS = 64
"""Worlds with quotas lifted that are remembered."""


class QuotaReasons:
    """
    Which quota keeps a request late, by the rules of `quota` in docs/explanation/planning-rules.md:
    on the book's whole supply, with the permits that the plan and others leave, it is not on time;
    the quotas are lifted one after another by id, and the one binds with which it is.
    """

    def __init__(self, book: Book, policy: Policy, allocation: Allocation, asking: Asking,
                 taken: Taken) -> None:
        self.book, self.policy, self.allocation = book, policy, allocation
        self.asking, self.taken = asking, taken
        self.known: dict[tuple[str, ...], tuple[Pools, World]] = {}
        self.scratch = scratch_of(book, allocation.pools)

    def binding(self, lines: Lines, requests: Sequence[Request], place: int) -> str | None:
        """
        The quota that keeps one of some requests late, None if none does. Alone on the book without
        quotas it is in time.

        lines : the requests as lines of a book; whether one is in time goes by theirs
        """
        if self._in_time(lines, requests, place, ()):
            return None
        without: list[str] = []
        claim = self.asking.permits(self.allocation.pools.permits, requests).claim[place]
        mine = quotas_of_claims(self.allocation.pools)[claim]
        for quota in quotas_of(self.book):
            without.append(quota.quota_id)
            if quota.quota_id in mine and self._in_time(
                    lines, requests, place, tuple(without)):
                return quota.quota_id
        raise AssertionError("without quotas a request that is outbid is in time")

    def _in_time(self, lines: Lines, requests: Sequence[Request], place: int,
                 without: tuple[str, ...]) -> bool:
        """Whether all of a request arrives in time with some quotas lifted."""
        if without not in self.known:
            if len(self.known) >= MOST_WORLDS:
                self.known.clear()
            self.known[without] = self._lift(without)
        pools, world = self.known[without]
        book = self.asking.book_of(self.book, lines)
        packed = lines_of(book, self.asking.permits(pools.permits, requests))
        room, out = room_for_line(book, pools), np.zeros((1, 2), np.int64)
        own = world._replace(free=world.free.copy(), hours=world.hours.copy())
        place_lines(trees_of(book), own, world, self.scratch, packed,
                    np.array([place], dtype=np.int32), NO_ROWS_OF_3, 0, log_of(*room),
                    NOTHING_REMEMBERED, *room, True, out)
        return bool(out[0, 0] == lines.open[place] and out[0, 1] <= max(0, lines.requested[place]))

    def _lift(self, without: tuple[str, ...]) -> tuple[Pools, World]:
        """The book's supply with the permits that are left when some quotas are lifted."""
        book, whole = self.book, self.allocation.pools
        permits = lifted(book, whole.permits, without, whole.item, whole.supplied,
                         self.policy.release_weeks)
        plan = replace(self.allocation, pools=replace(whole, permits=permits))
        counted = permits_asked(book, plan)
        now = {title: place for place, title in _titles(permits, ())}
        kept = {whole.permits.title(place): now[title]
                for place, title in _titles(whole.permits, without) if title in now}
        for one in self.taken.counted:
            if one.permit in kept:
                week = bucket_of(one.counted_on, book.settings.as_of)
                counted[kept[one.permit], week] += one.quantity
        left = np.concatenate([whole.supplied, permits_left(plan, counted)])
        return plan.pools, world_of(book, plan.pools, left, book.hours.micro)


def _titles(permits: Permits, without: tuple[str, ...],
            ) -> Iterable[tuple[int, tuple[str, tuple[str, ...]]]]:
    """Place of each permit, its kind and the quotas behind it but for those that are lifted."""
    for place, (kind, names) in enumerate(zip(permits.kind, permits.members, strict=True)):
        kept = tuple(name for name in names if name not in without)
        if kept:
            yield place, (kind, kept)
