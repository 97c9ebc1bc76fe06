"""
Permits: what quotas still allow to be sent or drawn, as supply that shipments draw on.

A cap is a pool of permits, one for each piece that it allows. A reservation splits the permits of
its items' supply into those of its own scope and those that anybody may take. So quotas bind,
have prices and are part of the bound exactly as parts do. The rules are those of "Quotas" in
docs/explanation/planning-rules.md.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import NO_LIMIT, Book
from headgate.planner.kernels.layout import ALIKE, TOLLED

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Scope = tuple[str | None, str | None, str | None]
"""Segment, region and customer of an order line or a request."""

_Rows = list[tuple[int, ...]]
SCOPE = ("segment", "region", "customer_id")
CAP, COMMON, RESERVED = "cap", "common", "reserved"


@dataclass(frozen=True, slots=True)
class Quota:
    """
    One row of `quotas`, in buckets.

    place : its row; items : indexes in rising order; scope : as in the row, None any
    first, last : weeks whose Monday lies in the period; the last may lie behind the planned ones
    cap, reserved : pieces, -1 none
    """

    place: int
    quota_id: str
    items: tuple[int, ...]
    by_item: bool
    scope: Scope
    first: int
    last: int
    cap: int
    reserved: int

    @property
    def breadth(self) -> tuple[int, bool, str]:
        """Sorts the most specific first: most of the scope named, an item before a family."""
        return (-sum(part is not None for part in self.scope), not self.by_item, self.quota_id)


@dataclass(frozen=True, slots=True)
class Permits:
    """
    Permits of a book, and which of them each claim needs.

    claim    : (lines,) the claim of each line; 0 has nothing reserved and matches no quota
    slot     : (claims,) the customer's slot of each claim
    claims, quoted, toll_ptr, tolls : see `headgate.planner.kernels.layout.World`; pools of
               permits are numbered behind those of supply
    supplied : (permits, weeks) permits that there are by each week
    last     : (permits,) the last week in which one can be drawn, -1 never
    kind, name : (permits,) CAP, COMMON or RESERVED, and the quota's id, or ids with + between
    common_of : (permits,) of what is RESERVED the place of what it leaves to everybody, else -1
    members   : (permits,) ids of the quotas behind each
    items     : (permits,) what each is for, indexes in rising order
    keeps     : (permits, weeks) 1 where a reservation keeps its pieces from everybody, else 0
    unclipped : (permits, weeks) `supplied` of what is left to everybody before the smallest from
                each week on is taken: below 0 where more is reserved than comes
    most_tolls : the most permits that one piece can ask for
    """

    claim: Ints
    slot: Ints
    claims: Longs
    quoted: Longs
    toll_ptr: Longs
    tolls: Longs
    supplied: Longs
    last: Longs
    kind: tuple[str, ...]
    name: tuple[str, ...]
    common_of: tuple[int, ...]
    members: tuple[tuple[str, ...], ...]
    items: tuple[tuple[int, ...], ...]
    keeps: Longs
    unclipped: Longs
    known: dict[tuple[int, tuple[int, ...]], int] = field(repr=False)

    def __len__(self) -> int:
        return len(self.kind)

    def title(self, place: int) -> str:
        """What a permit is called in the table `prices`."""
        kind, name = self.kind[place], self.name[place]
        return name if kind == CAP else f"{kind}:{name}"

    @property
    def most_tolls(self) -> int:
        """The most permits that one piece can ask for, those taken instead included."""
        return 2 * int(np.diff(self.toll_ptr, axis=1).max(initial=0))


def quotas_of(book: Book) -> list[Quota]:
    """The book's quotas that can bind: they have a cap or a reservation, and planned weeks."""
    frame, items = book.tables.frames["quotas"], book.items
    family = book.tables.frames["items"].select("item_id", "family")
    found = []
    for place, row in enumerate(frame.iter_rows(named=True)):
        first, last = _weeks(book, row["from_on"], row["to_on"])
        empty = row["max_quantity"] is None and row["reserved_quantity"] is None
        if empty or last < first or first >= book.horizon:
            continue
        if row["item_id"] is not None:
            names = [items.index(row["item_id"])]
        else:
            names = items.indexes(family.filter(pl.col("family") == row["family"])[
                "item_id"]).tolist()
        found.append(Quota(
            place, row["quota_id"], tuple(sorted(names)), row["item_id"] is not None,
            (row["segment"], row["region"], row["customer_id"]), first, last,
            -1 if row["max_quantity"] is None else row["max_quantity"],
            -1 if row["reserved_quantity"] is None else row["reserved_quantity"]))
    return sorted(found, key=lambda quota: quota.quota_id)


def _weeks(book: Book, first: date, last: date) -> tuple[int, int]:
    """The first and last bucket whose Monday lies in a period, cut at the planned weeks."""
    begin, end = (first - book.first_monday).days, (last - book.first_monday).days
    return max(0, -(-begin // 7)), end // 7


def permits_of(book: Book, pool_item: Ints, supplied: Longs, release_weeks: int,
               asked: Iterable[tuple[int, Scope]] = ()) -> Permits:
    """
    The permits of a book.

    pool_item     : (pools,) of supply; supplied : (pools, weeks)
    release_weeks : see the policy
    asked         : customer's slot and scope of further claims, such as requests
    """
    quotas = quotas_of(book)
    return _permits(book, quotas, *_claims(book, quotas, asked), pool_item, supplied,
                    release_weeks)


def lifted(book: Book, permits: Permits, quota_ids: Container[str], pool_item: Ints,
           supplied: Longs, release_weeks: int) -> Permits:
    """The permits without some quotas, for the same claims."""
    kept = [quota for quota in quotas_of(book) if quota.quota_id not in quota_ids]
    return _permits(book, kept, permits.known, permits.claim, pool_item, supplied, release_weeks)


def _permits(book: Book, quotas: list[Quota], known: dict[tuple[int, tuple[int, ...]], int],
             line_claim: Ints, pool_item: Ints, supplied: Longs, release_weeks: int) -> Permits:
    named = sorted({item for quota in quotas for item in quota.items})
    quoted = np.full(len(book.items) if named else 0, -1, dtype=np.int64)
    quoted[named] = np.arange(len(named))
    store = _Store(len(pool_item), book.horizon)
    caps = {quota.place: store.add(
        CAP, [quota], np.full(book.horizon, quota.cap, dtype=np.int64),
        min(quota.last, book.horizon - 1)) for quota in quotas if quota.cap >= 0}
    groups = _groups(quotas, pool_item, supplied, release_weeks, store)
    by_place = {quota.place: quota for quota in quotas}
    lists: tuple[list[_Rows], ...] = ([], [], [])
    claims = np.zeros((len(known), 2), dtype=np.int64)
    for (slot, places), claim in sorted(known.items(), key=lambda pair: pair[1]):
        matched = [by_place[place] for place in places if place in by_place]
        claims[claim, ALIKE] = not slot
        for item in named:
            kept: _Rows = [_toll_of(group, item, matched, release_weeks) for group in groups
                    if item in group.items]
            capped: _Rows = [(-1, 0, -1, caps[quota.place], quota.first, quota.last)
                      for quota in matched if quota.cap >= 0 and item in quota.items]
            for what, rows in enumerate((capped, kept + capped, kept)):
                lists[what].append(rows)
            claims[claim, ALIKE] &= all(row[0] < 0 for row in kept)
            claims[claim, TOLLED] |= bool(kept or capped)
    ptr, tolls = _packed(lists, len(known) * len(named))
    return Permits(line_claim, np.array([slot for slot, _ in known], dtype=np.int32), claims,
                   quoted, ptr, tolls, store.array(store.supplied),
                   np.array(store.last, dtype=np.int64), tuple(store.kind), tuple(store.name),
                   _common_of(groups, store), tuple(store.members), tuple(store.items),
                   store.array(store.keeps), store.array(store.unclipped), known)


class _Store:
    """Permits as they are numbered, behind the pools of supply."""

    def __init__(self, pools: int, weeks: int) -> None:
        self.pools, self.weeks = pools, weeks
        self.supplied: list[Longs] = []
        self.unclipped: list[Longs] = []
        self.keeps: list[Longs] = []
        self.items: list[tuple[int, ...]] = []
        self.kind: list[str] = []
        self.name: list[str] = []
        self.last: list[int] = []
        self.members: list[tuple[str, ...]] = []

    def add(self, kind: str, quotas: list[Quota], supplied: Longs, last: int,
            keeps: Longs | None = None, unclipped: Longs | None = None) -> int:
        """The pool number of new permits of some quotas, which are for the same items."""
        members = tuple(quota.quota_id for quota in quotas)
        self.supplied.append(supplied)
        self.unclipped.append(supplied if unclipped is None else unclipped)
        self.keeps.append(np.zeros_like(supplied) if keeps is None else keeps)
        self.items.append(quotas[0].items)
        self.kind.append(kind)
        self.name.append("+".join(members))
        self.members.append(members)
        self.last.append(last)
        return self.pools + len(self.kind) - 1

    def array(self, rows: list[Longs]) -> Longs:
        """(permits, weeks) one of the lists as one array."""
        return np.array(rows, dtype=np.int64).reshape(len(self.kind), self.weeks)


@dataclass(frozen=True, slots=True)
class _Group:
    """Reservations of the same items: the permits of each by its quota's row, and the others'."""

    items: frozenset[int]
    common: int
    own: dict[int, int]


def _groups(quotas: list[Quota], pool_item: Ints, supplied: Longs, release_weeks: int,
            store: _Store) -> list[_Group]:
    """Permits of all reservations, and of what they leave to everybody."""
    sets: dict[tuple[int, ...], list[Quota]] = {}
    for quota in quotas:
        if quota.reserved >= 0:
            sets.setdefault(quota.items, []).append(quota)
    groups = []
    weeks = np.arange(supplied.shape[1])
    for items, members in sorted(sets.items()):
        there = supplied[np.isin(pool_item, items)].sum(axis=0)
        own = {}
        for quota in members:
            last = quota.last - release_weeks
            keeps = ((weeks >= quota.first) & (weeks <= last)).astype(np.int64)
            there = there - quota.reserved * keeps
            kept = np.where((weeks >= quota.first) & (quota.first <= last), quota.reserved, 0)
            own[quota.place] = store.add(
                RESERVED, [quota], kept.astype(np.int64),
                min(last, len(weeks) - 1) if quota.first <= last else -1, keeps)
        ahead = np.minimum.accumulate(np.maximum(0, there)[::-1])[::-1].astype(np.int64)
        common = store.add(COMMON, members, ahead, len(weeks) - 1, unclipped=there)
        groups.append(_Group(frozenset(items), common, own))
    return groups


def _common_of(groups: list[_Group], store: _Store) -> tuple[int, ...]:
    """The place of the permits that go with each reservation's."""
    found = [-1] * len(store.kind)
    for group in groups:
        for own in group.own.values():
            found[own - store.pools] = group.common - store.pools
    return tuple(found)


def _toll_of(group: _Group, item: int, matched: list[Quota], release_weeks: int,
             ) -> tuple[int, ...]:
    """Which permits of a group a piece of an item asks for, from whoever matches some quotas."""
    mine = min((quota for quota in matched if quota.reserved >= 0 and item in quota.items),
               key=lambda quota: quota.breadth, default=None)
    if mine is None or mine.place not in group.own:
        return (-1, 0, -1, group.common, 0, NO_LIMIT)
    return (group.own[mine.place], mine.first, mine.last - release_weeks, group.common, 0,
            NO_LIMIT)


def _claims(book: Book, quotas: list[Quota], asked: Iterable[tuple[int, Scope]],
            ) -> tuple[dict[tuple[int, tuple[int, ...]], int], Ints]:
    """Claims by slot and matched quotas, claim 0 first; and the claim of each line."""
    lines = book.lines
    known: dict[tuple[int, tuple[int, ...]], int] = {(0, ()): 0}
    matches = Matches(quotas)
    asked = list(asked)
    if not quotas:
        for slot in np.unique(np.concatenate([lines.slot, [slot for slot, _ in asked]])).tolist():
            known.setdefault((int(slot), ()), len(known))
        place = np.zeros(max(slot for slot, _ in known) + 1, dtype=np.int32)
        for (slot, _), claim in known.items():
            place[slot] = claim
        return known, place[lines.slot]
    orders = book.tables.frames["orders"].select(SCOPE)[pl.Series(lines.source_row)]
    keyed = orders.with_columns(*(
        pl.when(pl.col(name).is_in(sorted(named))).then(pl.col(name))
        for name, named in zip(SCOPE, matches.named, strict=True)),
        slot=pl.Series(lines.slot)).with_row_index("line")
    groups = (keyed.group_by(*SCOPE, "slot").agg(pl.col("line"))
              .sort(*SCOPE, "slot", nulls_last=False))
    claim_of = np.zeros(len(lines), dtype=np.int32)
    for *scope, slot, members in groups.iter_rows():
        key = (slot, matches.of((scope[0], scope[1], scope[2])))
        claim_of[np.array(members, dtype=np.int64)] = known.setdefault(key, len(known))
    for slot, wanted in asked:
        known.setdefault((slot, matches.of(wanted)), len(known))
    return known, claim_of


class Matches:
    """
    Which quotas hold for a scope, remembered.

    named : what the quotas name of each part of a scope; other names make no difference
    """

    def __init__(self, quotas: list[Quota]) -> None:
        self.places = [quota.place for quota in quotas]
        self.own: dict[Scope, list[int]] = {}
        for number, quota in enumerate(quotas):
            self.own.setdefault(quota.scope, []).append(number)
        self.named = [{name for name in part if name is not None}
                      for part in zip(*self.own, strict=True)] or [set(), set(), set()]
        self.known: dict[Scope, tuple[int, ...]] = {}

    def of(self, scope: Scope) -> tuple[int, ...]:
        """The rows of the quotas that match, in the order of their ids."""
        if scope not in self.known:
            # A quota that holds names each part of the scope, or leaves it open.
            one, two, three = scope
            wide = {(a, b, c) for a in (one, None) for b in (two, None) for c in (three, None)}
            self.known[scope] = tuple(self.places[number] for number in sorted(
                number for own in wide for number in self.own.get(own, ())))
        return self.known[scope]


def _packed(lists: tuple[list[_Rows], ...], cells: int) -> tuple[Longs, Longs]:
    """The tolls of all cells behind one another, and where those of each begin."""
    ptr = np.zeros((3, cells + 1), dtype=np.int64)
    rows: _Rows = []
    for what, by_cell in enumerate(lists):
        for cell, tolls in enumerate(by_cell):
            ptr[what, cell] = len(rows)
            rows += tolls
        ptr[what, cells] = len(rows)
    return ptr, np.array(rows, dtype=np.int64).reshape(-1, 6)
