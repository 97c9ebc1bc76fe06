"""Requests that quotas keep late: whether one does, and which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of
from headgate.book import Book
from headgate.explain.limiting import quotas_of_claims
from headgate.explain.reasons import NOTHING_REMEMBERED
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.layout import World
from headgate.planner.kernels.rank import place_lines
from headgate.planner.permits import Matches, Permits, Scope, quotas_of
from headgate.planner.placing import NO_ROWS_OF_3
from headgate.planner.policy import Policy
from headgate.planner.quota_use import permits_asked, permits_left
from headgate.planner.world import (
    Pools,
    lines_of,
    log_of,
    pools_of,
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


@dataclass(frozen=True, slots=True)
class _Lifted:
    """The book's supply with the permits that are left when some quotas are lifted."""

    pools: Pools
    matches: Matches
    world: World


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
        self.known: dict[tuple[str, ...], _Lifted] = {}
        self.scratch = scratch_of(book, allocation.pools)

    def binding(self, requests: Sequence[Request], place: int,
                asked: Iterable[tuple[int, Scope]]) -> str | None:
        """
        The quota that keeps one of some requests late, None if none does. Alone on the book without
        quotas it is in time.

        asked : slot and scope of all that was ever asked
        """
        asked = list(asked)
        if self._in_time(requests, place, (), asked):
            return None
        lifted: list[str] = []
        claim = self.asking.permits(self.allocation.pools.permits, requests).claim[place]
        mine = quotas_of_claims(self.allocation.pools)[claim]
        for quota in quotas_of(self.book):
            lifted.append(quota.quota_id)
            if quota.quota_id in mine and self._in_time(requests, place, tuple(lifted), asked):
                return quota.quota_id
        raise AssertionError("without quotas a request that is outbid is in time")

    def _in_time(self, requests: Sequence[Request], place: int, lifted: tuple[str, ...],
                 asked: list[tuple[int, Scope]]) -> bool:
        """Whether all of a request arrives in time with some quotas lifted."""
        keys = [(slot, scope) for slot, scope in map(self.asking.who, requests)]
        there = self.known.get(lifted)
        if there is None or any((slot, there.matches.of(scope)) not in there.pools.permits.known
                                for slot, scope in keys):
            if len(self.known) >= MOST_WORLDS:
                self.known.clear()
            there = self.known[lifted] = self._lift(lifted, asked)
        permits = there.pools.permits
        claims = [permits.known[slot, there.matches.of(scope)] for slot, scope in keys]
        lines = self.asking.lines(requests)
        book = self.asking.book_of(self.book, lines)
        packed = lines_of(book, replace(permits, claim=np.array(claims, dtype=np.int32)))
        room, world, out = room_for_line(book, there.pools), there.world, np.zeros((1, 2), np.int64)
        own = world._replace(free=world.free.copy(), hours=world.hours.copy())
        place_lines(trees_of(book), own, world, self.scratch, packed,
                    np.array([place], dtype=np.int32), NO_ROWS_OF_3, 0, log_of(*room),
                    NOTHING_REMEMBERED, *room, True, out)
        return bool(out[0, 0] == lines.open[place] and out[0, 1] <= max(0, lines.requested[place]))

    def _lift(self, lifted: tuple[str, ...], asked: list[tuple[int, Scope]]) -> _Lifted:
        book = self.book
        quotas = book.tables.frames["quotas"]
        frames = {**book.tables.frames, "quotas": quotas.filter(
            ~pl.col("quota_id").is_in(list(lifted)))}
        lighter = replace(book, tables=replace(book.tables, frames=frames))
        pools = pools_of(lighter, self.policy, asked)
        plan = replace(self.allocation, pools=pools)
        counted = permits_asked(book, plan)
        before = {title: place for place, title in _titles(self.allocation.pools.permits, lifted)}
        now = {title: place for place, title in _titles(pools.permits, ())}
        names = {self.allocation.pools.permits.title(place): title
                 for title, place in before.items()}
        for one in self.taken.counted:
            place = now.get(names.get(one.permit, ("", ())))
            if place is not None:
                counted[place, bucket_of(one.counted_on, book.settings.as_of)] += one.quantity
        left = np.concatenate([pools.supplied, permits_left(plan, counted)])
        return _Lifted(pools, Matches(quotas_of(lighter)),
                       world_of(book, pools, left, book.hours.micro))


def _titles(permits: Permits, lifted: tuple[str, ...],
            ) -> Iterable[tuple[int, tuple[str, tuple[str, ...]]]]:
    """Place of each permit, its kind and the quotas behind it but for lifted ones."""
    for place, (kind, names) in enumerate(zip(permits.kind, permits.members, strict=True)):
        kept = tuple(name for name in names if name not in lifted)
        if kept:
            yield place, (kind, kept)
