"""
Quotas as the rules read them, and what is left of them after some pieces were sent and drawn.

A cap counts pieces sent, and pieces drawn below the sold item, by the week of shipping. A
reservation keeps pieces of the supply of its items: in each week, what others may have drawn so
far is what has come by then less all that is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.tables.frames import Tables
from headgate.verify.facts import Book, days_of
from headgate.verify.supply import Supply

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
NONE = -1
"""No cap, no reservation."""
FREELY = 2**62
"""More pieces than any book holds: what no quota limits."""
SCOPE = ("segment", "region", "customer_id")


@dataclass(frozen=True, slots=True)
class Quota:
    """
    One row of quotas.

    items       : numbers of the items it names; by_item: one item, not a family
    scope       : how many of segment, region and customer it names
    matches     : (lines,) whether it holds for the line
    first, last : buckets of the horizon whose Monday lies in the period
    until       : the last bucket in which a reservation keeps its pieces
    cap, kept   : pieces, NONE without
    """

    name: str
    items: frozenset[int]
    by_item: bool
    scope: int
    matches: Bools
    first: int
    last: int
    until: int
    cap: int
    kept: int

    @property
    def breadth(self) -> tuple[int, bool, bytes]:
        """The most specific one first: most of the scope, an item before a family, the id."""
        return -self.scope, not self.by_item, self.name.encode()

    def keeps(self, bucket: int) -> bool:
        """Whether it keeps its pieces in a bucket."""
        return self.first <= bucket <= self.until


@dataclass(frozen=True, slots=True)
class Group:
    """Reservations of the same items; `common` (weeks,) is what they leave of all supply."""

    items: frozenset[int]
    members: tuple[int, ...]
    common: Longs


class Quotas:
    """
    The quotas of a book that have a week of the horizon, in the order of their ids.

    kind   : (lines,) number of the line's claim: lines that the same quotas match share it
    groups : reservations by the items that they keep
    """

    def __init__(self, quotas: Sequence[Quota], lines: int, supply: Supply) -> None:
        self.quotas = tuple(quotas)
        self.supply, self.lines = supply, lines
        matched = np.zeros((lines, len(quotas)), dtype=np.bool_)
        for place, quota in enumerate(quotas):
            matched[:, place] = quota.matches
        claims: dict[bytes, int] = {}
        self.kind: Longs = np.array(
            [claims.setdefault(row.tobytes(), len(claims)) for row in np.packbits(matched, axis=1)],
            dtype=np.int64)
        self.matching = [np.flatnonzero(np.unpackbits(
            np.frombuffer(claim, dtype=np.uint8), count=len(quotas))).tolist() for claim in claims]
        self.groups = self._groups()
        self._caps: dict[tuple[int, int], list[int]] = {}
        self._tolls: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def __bool__(self) -> bool:
        return bool(self.quotas)

    def _groups(self) -> list[Group]:
        """What all reservations of the same items leave, never less than nothing."""
        weeks = np.arange(self.supply.there.shape[1])
        found: dict[frozenset[int], list[int]] = {}
        for place, quota in enumerate(self.quotas):
            if quota.kept != NONE:
                found.setdefault(quota.items, []).append(place)
        groups = []
        for items, members in found.items():
            pools = np.isin(self.supply.pool_item, list(items))
            there = self.supply.there[pools].sum(axis=0)
            for place in members:
                quota = self.quotas[place]
                active = (weeks >= quota.first) & (weeks <= quota.until)
                there = there - np.where(active, quota.kept, 0)
            groups.append(Group(items, tuple(members), np.maximum(0, there)))
        return groups

    def without(self, count: int) -> Quotas:
        """The same without the first ones."""
        return Quotas(self.quotas[count:], self.lines, self.supply)

    def caps(self, kind: int, item: int) -> list[int]:
        """The caps that count an item for lines of a claim."""
        if (kind, item) not in self._caps:
            self._caps[kind, item] = [
                place for place in self.matching[kind] if self.quotas[place].cap != NONE
                and item in self.quotas[place].items]
        return self._caps[kind, item]

    def by_claim(self, rows: dict[str, Longs]) -> list[tuple[int, int, Longs]]:
        """The claim, the item and the rows of each pair of them, of rows of lines and items."""
        if not len(rows["item"]):
            return []
        span = int(rows["item"].max()) + 1
        pair = self.kind[rows["line"]] * span + rows["item"]
        order = np.argsort(pair, kind="stable")
        starts = np.flatnonzero(np.diff(pair[order], prepend=-1))
        return [(*divmod(int(pair[hit[0]]), span), hit) for hit in np.split(order, starts[1:])]

    def tolls(self, kind: int, item: int) -> list[tuple[int, int]]:
        """
        For each group that keeps an item: the group, and the claim's own reservation if it is
        there, else NONE. A claim has one own reservation of an item, the most specific.
        """
        if (kind, item) not in self._tolls:
            own = min((place for place in self.matching[kind]
                       if self.quotas[place].kept != NONE and item in self.quotas[place].items),
                      key=lambda place: self.quotas[place].breadth, default=NONE)
            self._tolls[kind, item] = [
                (place, own if own in group.members else NONE)
                for place, group in enumerate(self.groups) if item in group.items]
        return self._tolls[kind, item]


def read_quotas(tables: Tables, book: Book, supply: Supply) -> Quotas:
    """The quotas of a book that limit anything."""
    frame, calendar = tables.frames["quotas"], book.calendar
    orders = tables.frames["orders"].sort("order_id", "line_no")
    first = np.maximum(0, calendar.first(days_of(frame["from_on"], 0)))
    end = calendar.bucket(days_of(frame["to_on"], 0))
    last = np.minimum(calendar.horizon - 1, end)
    until = np.minimum(calendar.horizon - 1, end - book.policy.release_weeks)
    family = dict(tables.frames["items"].select("item_id", "family").iter_rows())
    found = []
    for place, row in enumerate(frame.iter_rows(named=True)):
        cap, kept = row["max_quantity"], row["reserved_quantity"]
        if last[place] < first[place] or (cap is None and kept is None):
            continue
        items = frozenset(number for number, name in enumerate(book.ids.items)
                          if name == row["item_id"]
                          or (row["family"] is not None and family[name] == row["family"]))
        named = [name for name in SCOPE if row[name] is not None]
        matches = np.ones(orders.height, dtype=np.bool_)
        for name in named:
            matches &= (orders[name] == row[name]).fill_null(False).to_numpy()
        found.append(Quota(
            row["quota_id"], items, row["item_id"] is not None, len(named),
            matches, int(first[place]), int(last[place]),
            int(until[place]), NONE if cap is None else cap, NONE if kept is None else kept))
    return Quotas(sorted(found, key=lambda quota: quota.name.encode()), len(book.lines), supply)


@dataclass(slots=True)
class Left:
    """
    What is left of the quotas at some moment of a plan.

    caps, own : pieces of each quota
    common    : of each group by week, what of it was not drawn by then
    """

    quotas: Quotas
    caps: list[int]
    own: list[int]
    common: list[Longs]

    def copy(self) -> Left:
        """The same, to be changed; arrays of weeks are replaced and never changed in place."""
        return Left(self.quotas, self.caps[:], self.own[:], self.common[:])

    def may_send(self, kind: int, item: int, ship: int) -> int:
        """Pieces that the caps let a claim send in a week, or draw for it."""
        quotas = self.quotas.quotas
        return min((self.caps[place] for place in self.quotas.caps(kind, item)
                    if quotas[place].first <= ship <= quotas[place].last), default=FREELY)

    def may_draw(self, kind: int, item: int, bucket: int) -> int:
        """Pieces that the reservations let a claim draw in a week."""
        most = FREELY
        for group, own in self.quotas.tolls(kind, item):
            there = max(0, int(self.common[group][bucket:].min()))
            most = min(most, there + self._own(own, bucket))
        return most

    def _own(self, own: int, bucket: int) -> int:
        return self.own[own] if own != NONE and self.quotas.quotas[own].keeps(bucket) else 0

    def send(self, kind: int, item: int, ship: int, pieces: int) -> None:
        """Count pieces on the caps."""
        quotas = self.quotas.quotas
        for place in self.quotas.caps(kind, item):
            if quotas[place].first <= ship <= quotas[place].last:
                self.caps[place] -= pieces

    def draw(self, kind: int, item: int, bucket: int, pieces: int) -> None:
        """Count pieces on reservations, first on the claim's own."""
        for group, own in self.quotas.tolls(kind, item):
            mine = min(pieces, self._own(own, bucket))
            if mine:
                self.own[own] -= mine
            if pieces > mine:
                after = self.common[group].copy()
                after[bucket:] -= pieces - mine
                self.common[group] = after


@dataclass(frozen=True, slots=True)
class Count:
    """
    What quotas count: caps (quotas,) pieces; own (quotas, weeks) draws that could count on the
    reservation; drawn (groups, weeks) all draws of a group's items.
    """

    caps: Longs
    own: Longs
    drawn: Longs

    def less(self, other: Count) -> Count:
        """What is counted here and not there."""
        return Count(self.caps - other.caps, self.own - other.own, self.drawn - other.drawn)


class Counter:
    """
    The shipments and draws of a plan as quotas count them.

    sent  : line, item, ship, quantity
    drawn : line, item, drawn, ship, quantity, below (pieces of it that are not the sold item)
    """

    def __init__(self, quotas: Quotas, sent: dict[str, Longs], drawn: dict[str, Longs]) -> None:
        self.quotas = quotas
        named = sorted({item for quota in quotas.quotas for item in quota.items})
        self.sent = _of_items(sent, named)
        self.drawn = _of_items(drawn, named)

    def count(self, line: int | None = None) -> Count:
        """All of it, or one line's."""
        quotas, weeks = self.quotas, self.quotas.supply.there.shape[1]
        sent, drawn = self.sent, self.drawn
        if line is not None:
            sent, drawn = _of_line(sent, line), _of_line(drawn, line)
        size = len(quotas.quotas)
        found = Count(np.zeros(size, dtype=np.int64), np.zeros((size, weeks), dtype=np.int64),
                      np.zeros((len(quotas.groups), weeks), dtype=np.int64))
        for rows, name in ((sent, "quantity"), (drawn, "below")):
            for kind, item, hit in quotas.by_claim(rows):
                ship, pieces = rows["ship"][hit], rows[name][hit]
                for place in quotas.caps(kind, item):
                    quota = quotas.quotas[place]
                    found.caps[place] += pieces[(ship >= quota.first) & (ship <= quota.last)].sum()
        for kind, item, hit in quotas.by_claim(drawn):
            week, pieces = drawn["drawn"][hit], drawn["quantity"][hit]
            for group, own in quotas.tolls(kind, item):
                np.add.at(found.drawn[group], week, pieces)
                if own != NONE:
                    quota = quotas.quotas[own]
                    kept = (week >= quota.first) & (week <= quota.until)
                    np.add.at(found.own[own], week[kept], pieces[kept])
        return found

    def left(self, count: Count) -> Left:
        """What is left after a count; whoever draws first counts on its own reservation first."""
        quotas = self.quotas
        cap = np.array([quota.cap for quota in quotas.quotas], dtype=np.int64)
        kept = np.array([quota.kept for quota in quotas.quotas], dtype=np.int64)
        on_own = np.minimum(np.cumsum(count.own, axis=1), np.maximum(kept, 0)[:, None])
        common = [group.common - np.cumsum(count.drawn[place])
                  + on_own[list(group.members)].sum(axis=0)
                  for place, group in enumerate(quotas.groups)]
        return Left(quotas, (cap - count.caps).tolist(),
                    (kept - on_own[:, -1]).tolist() if len(kept) else [], common)


def untouched(quotas: Quotas) -> Left:
    """All that the quotas allow before anything was sent."""
    return Left(quotas, [quota.cap for quota in quotas.quotas],
                [quota.kept for quota in quotas.quotas], [group.common for group in quotas.groups])


def _of_items(rows: dict[str, Longs], items: list[int]) -> dict[str, Longs]:
    """Rows of the items, by line."""
    hit = np.flatnonzero(np.isin(rows["item"], items))
    hit = hit[np.argsort(rows["line"][hit], kind="stable")]
    return {name: column[hit] for name, column in rows.items()}


def _of_line(rows: dict[str, Longs], line: int) -> dict[str, Longs]:
    first, end = np.searchsorted(rows["line"], [line, line + 1])
    return {name: column[first:end] for name, column in rows.items()}
