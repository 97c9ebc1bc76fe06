"""The book as the kernels take it: trees, lines, and worlds of supply and hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headgate.book import FORECAST, Book
from headgate.planner.kernels.layout import (
    ALIKE,
    TOLLED,
    UNLIMITED,
    Scratch,
    Trees,
    World,
)
from headgate.planner.kernels.rank import Lines, Log
from headgate.planner.permits import Permits, Scope, permits_of
from headgate.planner.policy import Policy

Longs = NDArray[np.int64]

NO_TASTE = np.zeros((0, 0, 0), dtype=np.int16)
"""Every need takes its own stock first."""
AMPLE = 2**55
"""Pieces of a leaf in the open book: more than any checked book asks for."""


@dataclass(frozen=True, slots=True)
class Pools:
    """
    Where pieces can be drawn from: (pools,) item, site and the customer's slot (0 anybody), sorted
    by slot, item and site.

    supplied : (pools, weeks) int64 pieces that have become usable by each week
    permits  : what quotas allow, numbered behind the pools
    """

    item: NDArray[np.int32]
    site: NDArray[np.int32]
    slot: NDArray[np.int32]
    supplied: Longs
    permits: Permits

    def __len__(self) -> int:
        return len(self.item)

    def find(self, item: ArrayLike, site: ArrayLike, slot: ArrayLike) -> Longs:
        """The pool of each item, site and slot, all of one shape; -1 where there is none."""
        wanted = [np.asarray(part, dtype=np.int64) for part in (slot, item, site)]
        if not len(self):
            return np.full(wanted[0].shape, -1, dtype=np.int64)
        known = [part.astype(np.int64) for part in (self.slot, self.item, self.site)]
        items, sites = int(known[1].max()) + 1, int(known[2].max()) + 1
        keys, asked = ((part[0] * items + part[1]) * sites + part[2] for part in (known, wanted))
        place = np.minimum(np.searchsorted(keys, asked), len(self) - 1)
        # Keys are made for these pools: another item's may be the same, so that all three count.
        same = [part[place] == other for part, other in zip(known, wanted, strict=True)]
        return np.where(np.logical_and.reduce(same), place, -1)

    def everything(self) -> Longs:
        """(pools and permits, weeks) pieces, then permits, that there are by each week."""
        return np.concatenate([self.supplied, self.permits.supplied])


def trees_of(book: Book) -> Trees:
    """The book's forest as a kernel takes it."""
    forest = book.forest
    items = _columns(forest.root_start, forest.root_end, forest.sub_ptr[:-1], forest.sub_ptr[1:])
    nodes = _columns(forest.item, forest.quantity, forest.hold_from, forest.hold_to, forest.days,
                     forest.offset, forest.has_bom, forest.child_ptr[:-1], forest.child_ptr[1:],
                     forest.step_ptr[:-1], forest.step_ptr[1:])
    return Trees(items, nodes, forest.child.astype(np.int64),
                 _columns(forest.step_resource, forest.step_micro, forest.step_offset),
                 _columns(forest.sub_item, forest.sub_from, forest.sub_to))


def lines_of(book: Book, permits: Permits, sets: bool = False) -> Lines:
    """
    The book's lines and lanes as a kernel takes them.

    sets : whether lines of a ship set are planned together, or each alone as explanations do
    """
    lines, lanes = book.lines, book.lanes
    ship_set, ptr, mates = ship_sets(book) if sets else no_sets(book)
    complete = lines.complete | (lines.ship_set >= 0)
    rows = _columns(lines.item, lines.open, lines.requested, lines.earliest, lines.latest,
                    lines.lot, complete, lines.site, lines.region, permits.claim, lines.ban,
                    lines.accept_ptr[:-1], lines.accept_ptr[1:],
                    permits.claims[permits.claim, ALIKE], ship_set)
    return Lines(rows, lines.accept.astype(np.int64), _columns(lanes.site, lanes.weeks),
                 lanes.ptr.astype(np.int64), book.bans.banned, ptr, mates)


def no_sets(book: Book) -> tuple[Longs, Longs, Longs]:
    """Every line by itself, as `ship_sets` would say it."""
    return (np.full(len(book.lines), -1, dtype=np.int64), np.zeros(1, dtype=np.int64),
            np.zeros(0, dtype=np.int64))


def ship_sets(book: Book) -> tuple[Longs, Longs, Longs]:
    """
    Ship sets of lines with open pieces, numbered in the order of their best lines.

    returns : (lines,) set of each line, -1 none; (sets + 1,) and the lines of each in rank order
    """
    lines = book.lines
    if not (lines.ship_set >= 0).any():
        return no_sets(book)
    members = lines.rank[(lines.ship_set[lines.rank] >= 0) & (lines.open[lines.rank] > 0)]
    names, first = np.unique(lines.ship_set[members], return_index=True)
    number = np.empty(len(names), dtype=np.int64)
    number[np.argsort(first)] = np.arange(len(names))
    of_member = number[np.searchsorted(names, lines.ship_set[members])]
    found = np.full(len(lines), -1, dtype=np.int64)
    found[members] = of_member
    ptr = np.concatenate([[0], np.cumsum(np.bincount(of_member, minlength=len(names)))])
    return (found, ptr.astype(np.int64),
            members[np.argsort(of_member, kind="stable")].astype(np.int64))


def turns_of(book: Book, chosen: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
    """
    Lines in rank order, of a ship set only the best, which stands for all.

    chosen : (lines,) those that have a turn; None all
    """
    ship_set, ptr, mates = ship_sets(book)
    stands = ship_set < 0
    stands[mates[ptr[:-1]]] = True
    if chosen is not None:
        stands &= chosen
    return np.asarray(book.lines.rank[stands[book.lines.rank]], dtype=np.int32)


def largest_set(book: Book) -> int:
    """The most open lines of one ship set, at least 1."""
    return max(1, int(np.diff(ship_sets(book)[1]).max(initial=1)))


def _columns(*columns: NDArray[np.integer]) -> Longs:
    """Columns side by side as one int64 array, in the order in which the kernels number them."""
    packed = np.empty((len(columns[0]), len(columns)), dtype=np.int64)
    for place, column in enumerate(columns):
        packed[:, place] = column
    return packed


def usable_supply(book: Book, policy: Policy) -> NDArray[np.bool_]:
    """(supply rows,) whether a row can be drawn from at all under the policy."""
    supply = book.supply
    counted = (supply.status != FORECAST) | np.bool_(policy.use_forecast)
    return np.asarray((supply.start < book.horizon) & counted, dtype=np.bool_)


def pools_of(book: Book, policy: Policy, asked: Iterable[tuple[int, Scope]] = ()) -> Pools:
    """
    One pool for each item and site with supply for anybody, one for each customer's reserved
    rows, and one for each leaf that a tree needs at each site, stocked or not.

    asked : customer's slot and scope of whoever is no line of the book
    """
    supply, forest = book.supply, book.forest
    usable = usable_supply(book, policy)
    items, sites = len(book.items), len(book.sites)
    key = (supply.slot.astype(np.int64) * items + supply.item) * sites + supply.site
    leaves = np.unique(np.concatenate([forest.item[forest.has_bom == 0],
                                       forest.sub_item])).astype(np.int64)
    every = (leaves[:, None] * sites + np.arange(sites)[None, :]).ravel()
    keys = np.unique(np.concatenate([key[usable], every]))
    received = np.zeros((len(keys), book.horizon), dtype=np.int64)
    np.add.at(received, (np.searchsorted(keys, key[usable]), supply.start[usable]),
              supply.quantity[usable])
    place = keys // max(1, sites)
    item = (place % max(1, items)).astype(np.int32)
    slot = (place // max(1, items)).astype(np.int32)
    supplied = np.cumsum(received, axis=1)
    return Pools(item, (keys % max(1, sites)).astype(np.int32), slot, supplied,
                 permits_of(book, item, supplied, policy.release_weeks, asked))


def world_of(book: Book, pools: Pools, supplied: Longs, hours: Longs) -> World:
    """
    A world with its own copy of the pieces and hours.

    supplied : (pools, weeks) for a world without quotas, (pools and permits, weeks) for one with
    """
    items, sites = len(book.items), len(book.sites)
    pool_of = np.full((items, sites), -1, dtype=np.int64)
    anybody = pools.slot == 0
    pool_of[pools.item[anybody], pools.site[anybody]] = np.flatnonzero(anybody)
    reserved = np.flatnonzero(~anybody)
    permits = pools.permits
    claim, pool = np.nonzero((permits.slot[:, None] == pools.slot[None, reserved])
                             & (permits.slot[:, None] > 0))
    pool = reserved[pool]
    key = (claim * items + pools.item[pool]) * sites + pools.site[pool]
    rows = _columns(key, pool)
    claims, quoted, ptr = permits.claims, permits.quoted, permits.toll_ptr
    if len(supplied) == len(pools):
        claims = claims.copy()
        claims[:, TOLLED], quoted = 0, quoted[:0]
    return World(supplied.copy(), hours.copy(), pool_of, book.hours.row.astype(np.int64),
                 rows[np.argsort(key, kind="stable")], NO_TASTE, np.zeros(1, dtype=np.int64),
                 claims, quoted, ptr, permits.tolls)


def empty_world(book: Book, pools: Pools) -> World:
    """The empty book without quotas: all supply and hours, nothing drawn."""
    return world_of(book, pools, pools.supplied, book.hours.micro)


def limited_world(book: Book, pools: Pools) -> World:
    """The empty book with all that limits it: what is planned in."""
    return world_of(book, pools, pools.everything(), book.hours.micro)


def ample_world(book: Book, pools: Pools) -> World:
    """The open book: leaves and hours without limit, stock of items with BOM rows as it is."""
    made = np.zeros(len(book.items), dtype=bool)
    made[book.forest.item[book.forest.has_bom == 1]] = True
    leaf = ~made[pools.item] & (pools.slot == 0)
    supplied = np.where(leaf[:, None], AMPLE, pools.supplied)
    world = world_of(book, pools, supplied, np.full_like(book.hours.micro, UNLIMITED))
    if (book.hours.row < 0).any():
        rows = np.where(book.hours.row < 0, len(book.hours.micro), book.hours.row)
        spare = np.full((len(book.hours.micro) + 1, book.horizon), UNLIMITED, dtype=np.int64)
        return world._replace(hours=spare, hours_row=rows.astype(np.int64))
    return world


def largest_tree(book: Book) -> int:
    """The most needs of one sold item, at least 1."""
    return max(1, int((book.forest.root_end - book.forest.root_start).max(initial=1)))


def draws_of_tree(book: Book) -> int:
    """The most draws and hour entries that one walk can make: two pools for each choice."""
    forest = book.forest
    choices = 2 + 2 * np.diff(forest.sub_ptr)
    steps = np.diff(forest.step_ptr)
    total = np.concatenate([[0], np.cumsum(choices[forest.item] + steps)])
    return max(1, int((total[forest.root_end] - total[forest.root_start]).max(initial=1)))


def options_of_arrival(book: Book) -> int:
    """The most options (item, site) that one line has in one arrival bucket."""
    accepted = int(np.diff(book.lines.accept_ptr).max(initial=0))
    lanes = int(np.diff(book.lanes.ptr).max(initial=0))
    return max(1, (1 + accepted) * lanes)


def options_of_line(book: Book) -> int:
    """The most options (item, site, week) that one line has."""
    return options_of_arrival(book) * book.horizon


def scratch_of(book: Book, pools: Pools) -> Scratch:
    """Working memory for one thread."""
    nodes, rows = largest_tree(book), len(pools) + len(pools.permits)
    journal = (draws_of_tree(book) * options_of_arrival(book) * largest_set(book)
               * (1 + pools.permits.most_tolls) + 2)
    rows = max(rows, len(book.hours.micro) + 1) + 1

    def longs(*shape: int) -> Longs:
        return np.zeros(shape, dtype=np.int64)

    return Scratch(longs(4, nodes), longs(journal, book.horizon), longs(journal, 2),
                   longs(journal, 3), longs(4, rows), longs(4))


def room_for_line(book: Book, pools: Pools) -> tuple[int, int]:
    """The most allocations, and draws with permits, that one line, or one ship set, can make."""
    lines = book.lines
    pieces = int((lines.open // np.maximum(lines.lot, 1)).max(initial=1))
    options = options_of_arrival(book)
    arrivals = book.horizon + int(book.lanes.weeks.max(initial=0))
    allocations = max(1, min(pieces, options * arrivals), options * largest_set(book))
    draws = draws_of_tree(book) * (1 + pools.permits.most_tolls)
    return allocations + options, (allocations + options) * draws


def log_of(allocations: int, draws: int) -> Log:
    """An empty log with room for so many allocations and draws; only what `size` counts is set."""
    return Log(np.empty((allocations, 5), dtype=np.int64),
               np.zeros(allocations + 1, dtype=np.int64), np.empty((draws, 2), dtype=np.int32),
               np.empty(draws, dtype=np.int64), np.zeros(2, dtype=np.int64))
