"""A quote desk: the supply and hours that a plan leaves, and what can be promised from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of, friday_of_bucket, monday_of_bucket
from headgate.book import Book, Lines, with_roots
from headgate.explain.reasons import NOTHING_REMEMBERED, Ground
from headgate.planner.allocate import Allocation, look_ahead
from headgate.planner.kernels.layout import FIRST_BITS, MAKE
from headgate.planner.kernels.rank import LINE, SENT, Log, place_lines
from headgate.planner.kernels.rank import Lines as Packed
from headgate.planner.permits import Scope
from headgate.planner.placing import NO_ROWS_OF_2, NO_ROWS_OF_3, copied
from headgate.planner.policy import Policy
from headgate.planner.quota_use import permits_asked, permits_left, permits_taken
from headgate.planner.reach import Stock, chosen_rows
from headgate.planner.usage import hours_used
from headgate.planner.world import (
    lines_of,
    log_of,
    pools_of,
    room_for_line,
    scratch_of,
    trees_of,
    world_of,
)
from headgate.quoting.answers import (
    MODES,
    NOBODY,
    NOTHING_TAKEN,
    Alternative,
    Giving,
    Quote,
    Shipment,
    Taken,
)
from headgate.quoting.asking import Asking
from headgate.quoting.displacing import Displacer, Offer
from headgate.quoting.pinned import as_pinned
from headgate.quoting.quota_reasons import QuotaReasons
from headgate.quoting.reasons import QuoteReasons, is_late
from headgate.quoting.requests import Request, check_requests, past_days, price_cents
from headgate.quoting.taking import displaced_by, giving_of, taken_by

Longs = NDArray[np.int64]


class Beside(NamedTuple):
    """
    What can be promised to one of several that are promised together.

    worth_cents : what its promise brings by the policy
    giving      : who gives way to it and to those that are promised beside it
    """

    quote: Quote
    worth_cents: int = 0
    giving: Giving = NOBODY


class Desk:
    """
    What a plan leaves, ready for questions; a quote reserves nothing.

    What it promises never makes a promise of the plan infeasible: a draw in a week is at most the
    smallest balance from that week on (look-ahead available-to-promise).

    record      : the promises of record, which moving is counted from; None: those of the orders,
                  else the plan's
    fingerprint : sha256 of the book and of every draw of the plan: the same for the same plan only
    """

    def __init__(self, book: Book, policy: Policy, allocation: Allocation,
                 record: pl.DataFrame | None = None) -> None:
        self.policy, self.record = policy, record
        self.asking = Asking(book)
        self.asked: dict[tuple[int, Scope], None] = {}
        self.fingerprint = _fingerprint(book, policy, allocation)
        self._set(book, allocation)

    def _set(self, book: Book, allocation: Allocation) -> None:
        self.book, self.allocation = book, allocation
        self.planned = Ground.of(book, allocation, hours_used(book, allocation))
        self.counted = permits_asked(book, allocation)
        self.displacer: Displacer | None = None
        self.trees, self.scratch = trees_of(book), scratch_of(book, allocation.pools)
        self._leave(NOTHING_TAKEN)

    def _leave(self, taken: Taken) -> None:
        """
        Worlds with what the plan and others leave.

        All is worked out anew from what the plan leaves, so that whatever is given back leaves no
        trace, and the order in which it was taken does not count.
        """
        book, planned, self.taken = self.book, self.planned, taken
        left = Stock(planned.balance, planned.left.hours).without(self._stock_of(taken))
        ample = planned.left._replace(free=look_ahead(left.balance), hours=left.hours)
        self.ground = replace(planned, left=ample, balance=left.balance)
        self.reasons = QuoteReasons(self.ground, self.asking, QuotaReasons(
            book, self.policy, self.allocation, self.asking, taken))
        world = world_of(book, self.allocation.pools,
                         np.concatenate([ample.free, self._permits_left(taken)]), left.hours)
        stocked = np.zeros((len(book.items), len(book.sites), book.horizon), dtype=np.int16)
        stocked[book.forest.item[book.forest.has_bom == 1]] = 1 << (FIRST_BITS + MAKE)
        only_stock = world._replace(taste=stocked, picky=np.ones(1, dtype=np.int64))
        self.worlds = {"ctp": world, "atp": only_stock}
        self.spare = {mode: world._replace(free=world.free.copy(), hours=world.hours.copy())
                      for mode, world in self.worlds.items()}

    def _stock_of(self, taken: Taken) -> Stock:
        """Pieces taken of each pool up to each week, and hours."""
        book, planned = self.book, self.planned
        pieces, hours = np.zeros_like(planned.balance), np.zeros_like(planned.left.hours)
        rows = {} if not taken.draws else self._pool_rows()
        for draw in taken.draws:
            row = rows[draw.item_id, draw.site_id, draw.reserved_for]
            pieces[row, bucket_of(draw.drawn_on, book.settings.as_of):] += draw.quantity
        for work in taken.work:
            row = book.hours.row[book.resources.index(work.resource_id),
                                 book.sites.index(work.site_id)]
            hours[row, bucket_of(work.worked_on, book.settings.as_of)] += work.hours_micro
        return Stock(pieces, hours)

    def _permits_left(self, taken: Taken) -> Longs:
        """(permits, weeks) what the plan and others leave of quotas."""
        return permits_left(self.allocation, self.counted + self._permits_asked(taken))

    def _permits_asked(self, taken: Taken) -> Longs:
        """(permits, weeks) what others count on quotas in each week."""
        permits, counted = self.allocation.pools.permits, np.zeros_like(self.counted)
        place = {permits.title(k): k for k in range(len(permits))}
        for one in taken.counted:
            week = bucket_of(one.counted_on, self.book.settings.as_of)
            counted[place[one.permit], week] += one.quantity
        return counted

    def _pool_rows(self) -> dict[tuple[str, str, str | None], int]:
        """Rows of `World.free` by item, site, and the customer whom it is kept for."""
        book, pools = self.book, self.allocation.pools
        owners = (None, *book.reserving.ids)
        return {(book.items.ids[item], book.sites.ids[site], owners[slot]): row
                for row, (item, site, slot) in enumerate(zip(
                    pools.item.tolist(), pools.site.tolist(), pools.slot.tolist(), strict=True))}

    def _grow(self, requests: Sequence[Request]) -> None:
        """Trees of needs for items that nobody has ordered yet, and claims that nobody has."""
        book = self.book
        asked = {book.items.index(name) for request in requests
                 for name in (request.item_id, *request.accepts)}
        roots = set(np.flatnonzero(book.forest.root_end > book.forest.root_start).tolist())
        fresh = {self.asking.who(request): None for request in requests}
        self.asked |= fresh
        known = self.allocation.pools.permits.known
        if asked <= roots and all(self.asking.key(who) in known for who in fresh):
            return
        larger = with_roots(book, sorted(roots | asked))
        old, pools = self.allocation.pools, pools_of(larger, self.policy, self.asked)
        log = self.allocation.log
        moved = larger.forest.root_start.astype(np.int64) - book.forest.root_start
        sources = log.sources.copy()
        sources[:, 0] += moved[np.repeat(log.rows[:, SENT], np.diff(log.first_draw))]
        sources[:, 1] = pools.find(old.item, old.site, old.slot)[log.sources[:, 1]]
        self._set(larger, replace(self.allocation, log=log._replace(sources=sources), pools=pools))

    def quote(self, requests: Sequence[Request], mode: str = "ctp", alternatives: bool = True,
              taken: Taken = NOTHING_TAKEN, week: int | None = None) -> list[Quote]:
        """
        What can be promised to each, as if nobody else had asked.

        mode         : "atp", "ctp" or "ptp", see `headgate.quoting.answers.MODES`
        alternatives : whether each answer says what else there is
        taken        : what others hold of what the plan leaves
        week         : the only week, counted from that of `as_of`, in which pieces may arrive
        raises IssuesError : something asked for is unknown to the book or impossible;
                             ValueError : another mode
        """
        if mode not in MODES:
            raise ValueError(f'mode = {mode!r}: must be "atp", "ctp" or "ptp"')
        self._prepare(requests, taken)
        own = self.asking.lines(requests, week)
        packed = self._packed(own, requests)
        free = "atp" if mode == "atp" else "ctp"
        found = self._place(packed, free)
        displaced: dict[int, dict[str, object]] = {}
        for place, log in enumerate(found if mode == "ptp" else []):
            if is_late(self.book, own, place, log):
                offer = self._offer(requests[place], packed, place, log, taken)
                if offer is not None:
                    found[place], displaced[place] = offer.log, {
                        "displaced": displaced_by(self.book, offer),
                        "gained_cents": offer.gained_cents}
        late = {place: log for place, log in enumerate(found)
                if is_late(self.book, own, place, log)}
        reasons = self.reasons.of(own, requests, late, free)
        others = [self._alternatives(request, free) if alternatives else ()
                  for request in requests]
        return [self._answer(request, mode, log, packed[0],
                             reasons.get(place, {}) | displaced.get(place, {}), others[place])
                for place, (request, log) in enumerate(zip(requests, found, strict=True))]

    def quote_beside(self, request: Request, taken: Taken, giving: Giving = NOBODY,
                     week: int | None = None, may_displace: bool = True) -> Beside:
        """
        What can be promised under "ptp" to a request that others are promised beside.

        taken  : what others hold and those beside it are promised, though lines must give way
        giving : who gives way to these
        week   : the only week in which pieces may arrive; what giving way costs is not looked at
                 then, which is left to whoever asks
        may_displace : whether further lines may give way to it
        raises IssuesError : something asked for is unknown to the book or impossible
        """
        self._prepare([request], Taken.together([taken, giving.change]))
        own = self.asking.lines([request], week)
        packed = self._packed(own, [request])
        log, offer = self._place(packed, "ctp")[0], None
        late, told = is_late(self.book, own, 0, log), dict[str, object]()
        if late and may_displace:
            offer = self._offer(request, packed, 0, log, taken, giving, week)
        if offer is not None:
            log, told = offer.log, {"gained_cents": offer.gained_cents}
            giving = self._giving(offer)
            late = is_late(self.book, own, 0, log)
        if late:
            told |= self.reasons.of(own, [request], {0: log}, "ctp").get(0, {})
        worth = self._worth_cents(request, log)
        return Beside(self._answer(request, "ptp", log, packed[0], told, ()), worth, giving)

    def together(self, found: Sequence[Beside], taken: Taken) -> tuple[list[Beside], Giving] | None:
        """
        Who gives way to several promises, to all of them together, and the promises with the draws
        that they get then: those of a re-plan that has their pins, where pins can hold them. None
        when it cannot be had.

        taken : what others hold
        """
        displacer, stock = self._displacer(), self._beside_plan(taken)
        quotes = [one.quote for one in found]
        pinned = as_pinned(self.book, self.allocation.pools, self.asking, quotes,
                           [one.without(stock) for one in displacer.reaches])
        offer = None if pinned is None else displacer.displace(pinned, stock)
        if pinned is not None and offer is not None:
            own = [chosen_rows(pinned, np.flatnonzero(pinned.rows[:, LINE] == place))
                   for place in range(len(found))]
            return list(map(self._drawing, found, own)), self._giving(offer)
        stock = self._beside_plan(Taken.together([taken, *quotes]))
        offer = displacer.displace(log_of(0, 0), stock)
        return None if offer is None else (list(found), self._giving(offer))

    def _drawing(self, one: Beside, log: Log) -> Beside:
        """The same promise with other draws."""
        worth = self._worth_cents(one.quote.request, log)
        taken = taken_by(self.book, self.allocation.pools, self._displacer().draft.lines, log)
        return one._replace(worth_cents=worth, quote=replace(
            one.quote, draws=taken.draws, work=taken.work, counted=taken.counted,
            gained_cents=one.quote.gained_cents + worth - one.worth_cents))

    def _worth_cents(self, request: Request, log: Log) -> int:
        """What a promise brings by the policy."""
        asked = int(self.asking.lines([request]).requested[0])
        return self._displacer().worth_cents(request, asked, log)

    def _giving(self, offer: Offer) -> Giving:
        """Who gives way to an offer."""
        return giving_of(self.book, self.allocation.pools, self._displacer().draft.lines, offer)

    def _displacer(self) -> Displacer:
        """The plan as one that can give up lines, made when it is first asked for."""
        if self.displacer is None:
            self.displacer = Displacer(self.book, self.policy, self.allocation, self.record)
        return self.displacer

    def _offer(self, request: Request, packed: tuple[Packed, int, int], place: int, log: Log,
               taken: Taken, giving: Giving = NOBODY, week: int | None = None) -> Offer | None:
        """What could be promised if lines gave way."""
        lines, room, room_draws = packed
        alone, stock = lines._replace(rows=lines.rows[place:place + 1]), self._beside_plan(taken)
        if week is not None:
            return self._displacer().offer_in(alone, (room, room_draws), week, stock)
        return self._displacer().offer(request, alone, (room, room_draws), log, stock,
                                       giving.cost_cents)

    def _beside_plan(self, taken: Taken) -> Stock:
        """What others take of pools and permits up to each week, and of hours, beside the plan."""
        stock = self._stock_of(taken)
        kept = permits_taken(self.allocation.pools.permits, self._permits_asked(taken))
        return Stock(np.concatenate([stock.balance, kept]), stock.hours)

    def dates(self, requests: Sequence[Request], mode: str = "ctp",
              taken: Taken = NOTHING_TAKEN) -> Longs:
        """(requests, 2) pieces that can be promised to each, and their last arrival bucket, -1."""
        self._prepare(requests, taken)
        return self._ask(requests, mode)

    def _prepare(self, requests: Sequence[Request], taken: Taken) -> None:
        """Worlds for these requests; raises IssuesError with every fault of every request."""
        check_requests(requests, self.book)
        self._grow(requests)
        if taken is not self.taken:
            self._leave(taken)

    def _ask(self, requests: Sequence[Request], mode: str) -> Longs:
        """Pieces and last arrival of each request alone."""
        out = np.zeros((len(requests), 2), dtype=np.int64)
        packed, room, room_draws = self._packed(self.asking.lines(requests), requests)
        place_lines(self.trees, self.spare[mode], self.worlds[mode], self.scratch, packed,
                    np.arange(len(requests), dtype=np.int32), NO_ROWS_OF_3, 0,
                    log_of(room, room_draws), NOTHING_REMEMBERED, room, room_draws, True, out)
        return out

    def _place(self, lines: tuple[Packed, int, int], mode: str) -> list[Log]:
        """The allocations of each line alone, permits among their draws."""
        packed, room, room_draws = lines
        log, world, clean = log_of(room, room_draws), self.spare[mode], self.worlds[mode]
        found = []
        for place in range(len(packed.rows)):
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

    def _packed(self, lines: Lines, requests: Sequence[Request]) -> tuple[Packed, int, int]:
        """Requests as the kernels take them, and the most allocations and draws of one."""
        pools = self.allocation.pools
        book = self.asking.book_of(self.book, lines)
        return (lines_of(book, self.asking.permits(pools.permits, requests)),
                *room_for_line(book, pools))

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
        out = self._ask([other for _, _, other in asked], mode)
        as_of = book.settings.as_of
        return tuple(Alternative(kind, name, pieces,
                                 friday_of_bucket(last, as_of) if pieces else None, mode)
                     for (kind, name, _), (pieces, last) in zip(asked, out.tolist(), strict=True))

    def _answer(self, request: Request, mode: str, log: Log, lines: Packed,
                reason: dict[str, object], others: tuple[Alternative, ...]) -> Quote:
        book, pools = self.book, self.allocation.pools
        as_of, names = book.settings.as_of, book.items.ids
        rows = log.rows[:log.size[0]]
        shipments = []
        for _, item, lane, ship, pieces in rows.tolist():
            arrival = ship + int(book.lanes.weeks[lane])
            shipments.append(Shipment(
                names[item], book.sites.ids[book.lanes.site[lane]], monday_of_bucket(ship, as_of),
                monday_of_bucket(arrival, as_of), friday_of_bucket(arrival, as_of), pieces))
        given = sum(part.quantity for part in shipments)
        whole, taken = given == request.quantity, taken_by(book, pools, lines, log)
        return Quote(request, mode, given,
                     max(part.promised_on for part in shipments) if whole else None,
                     tuple(shipments), taken.draws, others,
                     warnings=past_days(request, as_of) + self.asking.strangers(request),
                     price_cents=price_cents(request, book) if mode == "ptp" else None,
                     work=taken.work, counted=taken.counted,
                     **reason)  # type: ignore[arg-type]


def _fingerprint(book: Book, policy: Policy, allocation: Allocation) -> str:
    """What tells one plan from another, whether it was written or not."""
    found = hashlib.sha256(book.digest.encode())
    found.update(json.dumps(policy.as_dict(), sort_keys=True, default=str).encode())
    log = allocation.log
    for part in (log.rows, log.first_draw, log.sources, log.pieces):
        found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()
