"""A quote desk: the supply and hours that a plan leaves, and what can be promised from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of, friday_of_bucket, monday_of_bucket
from headgate.book import NO_LIMIT, Book, Lines, with_roots
from headgate.catalog.restrictions import Bans, banned_for
from headgate.explain.kernels import REASON_CODES
from headgate.explain.reasons import NOTHING_REMEMBERED, Ground
from headgate.planner.allocate import NO_ROWS_OF_2, NO_ROWS_OF_3, Allocation, copied
from headgate.planner.kernels.layout import FIRST_BITS, MAKE
from headgate.planner.kernels.rank import LANE, PIECES, SENT, SHIP, Log, place_lines
from headgate.planner.kernels.rank import Lines as Packed
from headgate.planner.policy import Policy
from headgate.planner.usage import hours_used
from headgate.planner.world import (
    lines_of,
    log_of,
    pools_of,
    room_for_line,
    scratch_of,
    trees_of,
)
from headgate.quoting.answers import Alternative, Draw, Quote, Shipment
from headgate.quoting.requests import Request, check_requests

Longs = NDArray[np.int64]

SOON = 2
"""No piece arrives more than so many weeks before the requested one, as for orders."""


class Desk:
    """
    What a plan leaves, ready for questions; a quote reserves nothing.

    What it promises never makes a promise of the plan infeasible: a draw in a week is at most the
    smallest balance from that week on (look-ahead available-to-promise).
    """

    def __init__(self, book: Book, policy: Policy, allocation: Allocation) -> None:
        self.policy = policy
        self.bans: dict[tuple[str | None, str, str | None], int] = {}
        self.banned = [np.zeros(len(book.items), dtype=np.int8)]
        self._set(book, allocation)

    def _set(self, book: Book, allocation: Allocation) -> None:
        self.book, self.allocation = book, allocation
        self.ground = Ground.of(book, allocation, hours_used(book, allocation))
        made = self.ground.left
        stocked = np.zeros((len(book.items), len(book.sites), book.horizon), dtype=np.int16)
        stocked[book.forest.item[book.forest.has_bom == 1]] = 1 << (FIRST_BITS + MAKE)
        only_stock = made._replace(taste=stocked, picky=np.ones(1, dtype=np.int64))
        self.worlds = {"ctp": made, "atp": only_stock}
        self.spare = {mode: world._replace(free=world.free.copy(), hours=world.hours.copy())
                      for mode, world in self.worlds.items()}
        self.trees, self.scratch = trees_of(book), scratch_of(book, allocation.pools)

    def _grow(self, requests: Sequence[Request]) -> None:
        """Trees of needs for items that nobody has ordered yet."""
        book = self.book
        asked = {book.items.index(name) for request in requests
                 for name in (request.item_id, *request.accepts)}
        roots = set(np.flatnonzero(book.forest.root_end > book.forest.root_start).tolist())
        if asked <= roots:
            return
        larger = with_roots(book, sorted(roots | asked))
        old, pools = self.allocation.pools, pools_of(larger, self.policy)
        sites = max(1, len(book.sites))
        keys, mine = ((part.slot.astype(np.int64) * len(book.items) + part.item) * sites + part.site
                      for part in (pools, old))
        log = self.allocation.log
        moved = larger.forest.root_start.astype(np.int64) - book.forest.root_start
        sources = log.sources.copy()
        sources[:, 0] += moved[np.repeat(log.rows[:, SENT], np.diff(log.first_draw))]
        sources[:, 1] = np.searchsorted(keys, mine)[log.sources[:, 1]]
        self._set(larger, replace(self.allocation, log=log._replace(sources=sources), pools=pools))

    def quote(self, requests: Sequence[Request], mode: str = "ctp",
              alternatives: bool = True) -> list[Quote]:
        """
        What can be promised to each, as if nobody else had asked.

        mode         : "atp" or "ctp", see `headgate.quoting.answers.MODES`
        alternatives : whether each answer says what else there is
        raises IssuesError : something asked for is unknown to the book or impossible;
                             ValueError : another mode
        """
        if mode not in self.worlds:
            raise ValueError(f'mode = {mode!r}: must be "atp" or "ctp"')
        check_requests(requests, self.book)
        self._grow(requests)
        own = self._lines(requests)
        found = self._place(own, mode)
        late = [place for place, log in enumerate(found) if self._late(own, place, log)]
        reasons = self._reasons(own, late)
        others = [self._alternatives(request, mode) if alternatives else ()
                  for request in requests]
        return [self._answer(request, mode, log, reasons.get(place, {}), others[place])
                for place, (request, log) in enumerate(zip(requests, found, strict=True))]

    def dates(self, requests: Sequence[Request], mode: str = "ctp") -> Longs:
        """(requests, 2) pieces that can be promised to each, and their last arrival bucket, -1."""
        check_requests(requests, self.book)
        self._grow(requests)
        return self._ask(self._lines(requests), mode)

    def _ask(self, lines: Lines, mode: str) -> Longs:
        """Pieces and last arrival of each line alone."""
        out = np.zeros((len(lines), 2), dtype=np.int64)
        packed, room, room_draws = self._packed(lines)
        place_lines(self.trees, self.spare[mode], self.worlds[mode], self.scratch, packed,
                    np.arange(len(lines), dtype=np.int32), NO_ROWS_OF_3, 0,
                    log_of(room, room_draws), NOTHING_REMEMBERED, room, room_draws, True, out)
        return out

    def _place(self, lines: Lines, mode: str) -> list[Log]:
        """The allocations of each line alone."""
        packed, room, room_draws = self._packed(lines)
        log, world, clean = log_of(room, room_draws), self.spare[mode], self.worlds[mode]
        found = []
        for place in range(len(lines)):
            place_lines(self.trees, world, world, self.scratch, packed,
                        np.array([place], dtype=np.int32), NO_ROWS_OF_3, 0, log,
                        NOTHING_REMEMBERED, room, room_draws, False, NO_ROWS_OF_2)
            found.append(copied(log))
            if log.size[0]:
                np.copyto(world.free, clean.free)
                np.copyto(world.hours, clean.hours)
            log.size[:] = 0
        self.scratch.dirty[:], self.scratch.size[:] = 0, 0
        return found

    def _asking(self, lines: Lines) -> Book:
        """The book with requests as its only lines."""
        return replace(self.book, lines=lines, bans=Bans(lines.ban, np.array(self.banned)))

    def _packed(self, lines: Lines) -> tuple[Packed, int, int]:
        """Lines as the kernels take them, and the most allocations and draws of one."""
        book = self._asking(lines)
        return lines_of(book), *room_for_line(book)

    def _lines(self, requests: Sequence[Request]) -> Lines:
        """Requests as lines of a book."""
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
        accepts = [book.items.index(name) for request in requests for name in request.accepts]
        slots = dict(zip(book.reserving.ids, range(1, len(book.reserving) + 1), strict=True))
        return Lines(
            item=ints([book.items.index(request.item_id) for request in requests]),
            open=longs([request.quantity for request in requests]),
            price_cents=longs([0] * count), penalty_cents=longs([0] * count),
            requested=requested, earliest=earliest,
            latest=ints([NO_LIMIT if request.latest_on is None else
                         bucket_of(request.latest_on, as_of) for request in requests]),
            promised=ints([-NO_LIMIT] * count),
            lot=longs([request.lot_size for request in requests]),
            complete=np.array([request.complete for request in requests], dtype=np.int8),
            site=ints([-1 if request.site_id is None else book.sites.index(request.site_id)
                       for request in requests]),
            region=ints([book.regions.index(request.region) for request in requests]),
            slot=ints([slots.get(request.customer_id or "", 0) for request in requests]),
            ban=ints([self._ban(request) for request in requests]),
            accept_ptr=np.cumsum([0, *(len(request.accepts) for request in requests)],
                                 dtype=np.int32),
            accept=ints(accepts), rank=np.arange(count, dtype=np.int32),
            source_row=ints([-1] * count))

    def _ban(self, request: Request) -> int:
        """The row of `banned` for whom a request is."""
        key = (request.segment, request.region, request.customer_id)
        if key not in self.bans:
            frames = self.book.tables.frames
            self.bans[key] = len(self.banned)
            self.banned.append(banned_for(frames["restrictions"], frames["items"], self.book.items,
                                          *key))
        return self.bans[key]

    def _late(self, lines: Lines, place: int, log: Log) -> bool:
        """Whether not all arrives by the requested week."""
        rows = log.rows[:log.size[0]]
        arrives = rows[:, SHIP] + self.book.lanes.weeks[rows[:, LANE]]
        return bool(rows[:, PIECES].sum() < lines.open[place]
                    or arrives.max(initial=-1) > max(0, lines.requested[place]))

    def _reasons(self, lines: Lines, late: list[int]) -> dict[int, dict[str, object]]:
        """Why each late one cannot have its week: fields of `Quote`."""
        if not late:
            return {}
        book = self.book
        found = self.ground.asked_by(self._asking(lines)).explain(np.array(late, dtype=np.int32))
        answers: dict[int, dict[str, object]] = {}
        for row, place in enumerate(late):
            kind, site = int(found.kind[row]), int(found.site[row])
            names = book.items if kind == 1 else book.resources
            answers[place] = {"reason": REASON_CODES[found.code[row]]} | ({} if kind == 0 else {
                "binding_kind": "part" if kind == 1 else "resource",
                "binding_id": names.ids[int(found.index[row])],
                "binding_site_id": book.sites.ids[site],
                "binding_on": monday_of_bucket(int(found.bucket[row]), book.settings.as_of)})
        return answers

    def _alternatives(self, request: Request, mode: str) -> tuple[Alternative, ...]:
        """What else could be said: other ways to ask, each planned alone."""
        book = self.book
        asked: list[tuple[str, str | None, Request]] = [
            ("partial" if request.complete else "complete", None,
             replace(request, complete=not request.complete))]
        if request.requested_on is not None:
            by_date = request.requested_on if request.latest_on is None else min(
                request.requested_on, request.latest_on)
            asked.append(("by_date", None, replace(request, complete=False, latest_on=by_date)))
        region = book.regions.index(request.region)
        lanes = book.lanes.site[book.lanes.ptr[region]:book.lanes.ptr[region + 1]]
        if request.site_id is None and len(lanes) > 1:
            asked += [("site", book.sites.ids[site], replace(request, site_id=book.sites.ids[site]))
                      for site in sorted(set(lanes.tolist()))]
        asked += [("item", name, replace(request, item_id=name, accepts=()))
                  for name in request.accepts]
        out = self._ask(self._lines([other for _, _, other in asked]), mode)
        as_of = book.settings.as_of
        return tuple(Alternative(kind, name, pieces,
                                 friday_of_bucket(last, as_of) if pieces else None)
                     for (kind, name, _), (pieces, last) in zip(asked, out.tolist(), strict=True))

    def _answer(self, request: Request, mode: str, log: Log, reason: dict[str, object],
                others: tuple[Alternative, ...]) -> Quote:
        book = self.book
        as_of, names = book.settings.as_of, book.items.ids
        rows = log.rows[:log.size[0]]
        shipments = []
        for _, item, lane, ship, pieces in rows.tolist():
            arrival = ship + int(book.lanes.weeks[lane])
            shipments.append(Shipment(
                names[item], book.sites.ids[book.lanes.site[lane]], monday_of_bucket(ship, as_of),
                monday_of_bucket(arrival, as_of), friday_of_bucket(arrival, as_of), pieces))
        given = sum(part.quantity for part in shipments)
        whole = given == request.quantity
        return Quote(request, mode, given,
                     max(part.promised_on for part in shipments) if whole else None,
                     tuple(shipments), self._draws(log), others,
                     **reason)  # type: ignore[arg-type]

    def _draws(self, log: Log) -> tuple[Draw, ...]:
        """What a promise draws, by item, site, week and whom it was kept for."""
        book, pools = self.book, self.allocation.pools
        drawn: dict[tuple[str, str, int, str], int] = {}
        for row in range(int(log.size[0])):
            for draw in range(int(log.first_draw[row]), int(log.first_draw[row + 1])):
                node, pool = log.sources[draw].tolist()
                slot = int(pools.slot[pool])
                key = (book.items.ids[pools.item[pool]], book.sites.ids[pools.site[pool]],
                       int(log.rows[row, SHIP] - book.forest.offset[node]),
                       book.reserving.ids[slot - 1] if slot else "")
                drawn[key] = drawn.get(key, 0) + int(log.pieces[draw])
        as_of = book.settings.as_of
        return tuple(Draw(item, site, monday_of_bucket(week, as_of), owner or None, pieces)
                     for (item, site, week, owner), pieces in sorted(drawn.items()))
