"""Requests as order lines of a book, with the restrictions, reserves and quotas of who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of
from headgate.base.issue import Issue, near_miss
from headgate.book import NO_LIMIT, Book, Lines
from headgate.catalog.restrictions import Bans, banned_for
from headgate.planner.permits import Matches, Permits, Scope, quotas_of
from headgate.quoting.requests import Request

Longs = NDArray[np.int64]

SOON = 2
"""No piece arrives more than so many weeks before the requested one, as for orders."""


class Asking:
    """What a book knows of whoever asks; what was found out once is remembered."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.bans: dict[Scope, int] = {}
        self.banned = [np.zeros(len(book.items), dtype=np.int8)]
        self.matches = Matches(quotas_of(book))
        self.names: dict[str, frozenset[str]] = {}
        self.told: dict[tuple[str, str], Issue] = {}

    def book_of(self, book: Book, lines: Lines) -> Book:
        """A book with requests as its only lines."""
        return replace(book, lines=lines, bans=Bans(lines.ban, np.array(self.banned)))

    def who(self, request: Request) -> tuple[int, Scope]:
        """The customer's slot, and the scope that quotas and restrictions are matched with."""
        known, name = self.book.reserving, request.customer_id
        slot = known.index(name) + 1 if name is not None and name in known else 0
        return slot, (request.segment, request.region, request.customer_id)

    def key(self, who: tuple[int, Scope]) -> tuple[int, tuple[int, ...]]:
        """How `Permits.known` names the claim."""
        return who[0], self.matches.of(who[1])

    def strangers(self, request: Request) -> tuple[Issue, ...]:
        """A warning for the segment and the customer of a request, if the book has no such one."""
        found = []
        for column, name in (("segment", request.segment), ("customer_id", request.customer_id)):
            if name is None or name in self._known(column):
                continue
            if (column, name) not in self.told:
                self.told[column, name] = Issue(
                    f"quote.{column}.nobody", "warning", "quote", "no order, quota or restriction "
                    "of the book has it, so only what holds for everybody holds here"
                    f"{near_miss(name, sorted(self._known(column)))}", None, column, name)
            found.append(self.told[column, name])
        return tuple(found)

    def _known(self, column: str) -> frozenset[str]:
        """The segments or customers that any row of the book names."""
        if column not in self.names:
            frames = self.book.tables.frames
            named = [frames[table][column] for table in ("orders", "quotas", "restrictions")]
            if column == "customer_id":
                named.append(frames["supply"]["reserved_for"])
            self.names[column] = frozenset(name for cells in named
                                           for name in cells.drop_nulls().unique().to_list())
        return self.names[column]

    def permits(self, permits: Permits, requests: Sequence[Request]) -> Permits:
        """A plan's permits with the claims of requests, which it must know."""
        claims = [permits.known[self.key(self.who(request))] for request in requests]
        return replace(permits, claim=np.array(claims, dtype=np.int32))

    def lines(self, requests: Sequence[Request], week: int | None = None) -> Lines:
        """
        Requests as lines of a book.

        week : the only one in which their pieces may arrive; None: as each of them says
        """
        book = self.book
        as_of, count = book.settings.as_of, len(requests)

        def longs(values: Sequence[int]) -> Longs:
            return np.array(values, dtype=np.int64)

        def ints(values: Sequence[int]) -> NDArray[np.int32]:
            return np.array(values, dtype=np.int32)

        # Whoever names no day is late only when not all can be had in the planned weeks.
        whenever = book.horizon + int(book.lanes.weeks.max(initial=0))
        requested = ints([whenever if request.requested_on is None else
                          bucket_of(request.requested_on, as_of) for request in requests])
        earliest = np.where([request.requested_on is None for request in requests], 0,
                            requested - SOON).astype(np.int32)
        latest = ints([NO_LIMIT if request.latest_on is None else
                       bucket_of(request.latest_on, as_of) for request in requests])
        if week is not None:
            requested = earliest = latest = ints([week] * count)
        accepts = [book.items.index(name) for request in requests for name in request.accepts]
        return Lines(
            item=ints([book.items.index(request.item_id) for request in requests]),
            open=longs([request.quantity for request in requests]),
            price_cents=longs([0] * count), penalty_cents=longs([0] * count),
            requested=requested, earliest=earliest,
            latest=latest,
            promised=ints([-NO_LIMIT] * count),
            ship_set=ints([-1] * count), frozen=np.zeros(count, dtype=np.int8),
            lot=longs([request.lot_size for request in requests]),
            complete=np.array([request.complete for request in requests], dtype=np.int8),
            site=ints([-1 if request.site_id is None else book.sites.index(request.site_id)
                       for request in requests]),
            region=ints([book.regions.index(request.region) for request in requests]),
            slot=ints([self.who(request)[0] for request in requests]),
            ban=ints([self._ban(request) for request in requests]),
            accept_ptr=np.cumsum([0, *(len(request.accepts) for request in requests)],
                                 dtype=np.int32),
            accept=ints(accepts), rank=np.arange(count, dtype=np.int32),
            source_row=ints([-1] * count))

    def _ban(self, request: Request) -> int:
        """The row of `banned` for whom a request is."""
        key = self.who(request)[1]
        if key not in self.bans:
            frames = self.book.tables.frames
            self.bans[key] = len(self.banned)
            self.banned.append(banned_for(frames["restrictions"], frames["items"], self.book.items,
                                          request.segment, request.region, request.customer_id))
        return self.bans[key]
