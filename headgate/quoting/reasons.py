"""Why quotes cannot have the day asked for, and what binds the date that they can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from headgate.base.calendar import friday_of_bucket, monday_of_bucket
from headgate.book import Book, Lines
from headgate.explain.kernels import HORIZON, LEAD_TIME, OUTBID, REASON_CODES
from headgate.explain.reasons import Desk, Ground
from headgate.planner.kernels.rank import LANE, PIECES, SHIP, Log
from headgate.quoting.answers import STOCK
from headgate.quoting.asking import Asking
from headgate.quoting.quota_reasons import QuotaReasons
from headgate.quoting.requests import Request

Longs = NDArray[np.int64]


def is_late(book: Book, lines: Lines, place: int, log: Log) -> bool:
    """Whether not all of a request arrives by its week, with the allocations of a log."""
    rows = log.rows[:log.size[0]]
    arrives = rows[:, SHIP] + book.lanes.weeks[rows[:, LANE]]
    return bool(rows[:, PIECES].sum() < lines.open[place]
                or arrives.max(initial=-1) > max(0, lines.requested[place]))


class QuoteReasons:
    """The reasons of requests, on what a plan and others leave."""

    def __init__(self, ground: Ground, asking: Asking, quotas: QuotaReasons) -> None:
        self.book, self.ground, self.asking, self.quotas = ground.book, ground, asking, quotas

    def of(self, lines: Lines, requests: Sequence[Request], late: dict[int, Log],
           mode: str) -> dict[int, dict[str, object]]:
        """
        Why each late one cannot have its week: fields of `Quote`. Where lead time alone rules the
        week out, and what is promised comes later than that explains, what binds its date is told.

        late : the allocations of each
        """
        if not late:
            return {}
        answers = self._bindings(lines, requests, list(late), mode)
        too_soon = [place for place, told in answers.items()
                    if told["reason"] == REASON_CODES[LEAD_TIME]]
        if not too_soon:
            return answers
        requested = lines.requested.copy()
        for place, week in self._soonest(lines, requests, too_soon, mode).items():
            requested[place] = week
        then = replace(lines, requested=requested)
        further = [place for place in too_soon if requested[place] > lines.requested[place]
                   and is_late(self.book, then, place, late[place])]
        for place, told in self._after(then, requests, further, late, mode).items():
            if told["reason"] != REASON_CODES[LEAD_TIME]:
                answers[place] = told | {"earliest_on": friday_of_bucket(
                    int(requested[place]), self.book.settings.as_of)}
        return answers

    def _after(self, lines: Lines, requests: Sequence[Request], places: list[int],
               late: dict[int, Log], mode: str) -> dict[int, dict[str, object]]:
        """
        What binds each from the week on that lead time allows. Where another site is as soon, what
        binds may be needed before the plan begins; then it is told for as many weeks later.
        """
        if not places:
            return {}
        answers = self._bindings(lines, requests, places, mode)
        requested, past = lines.requested.copy(), []
        for place, told in answers.items():
            when = told.get("binding_on")
            if isinstance(when, date) and when < self.book.first_monday:
                requested[place] += (self.book.first_monday - when).days // 7
                past.append(place)
        then = replace(lines, requested=requested)
        past = [place for place in past if is_late(self.book, then, place, late[place])]
        return answers | (self._bindings(then, requests, past, mode) if past else {})

    def _soonest(self, lines: Lines, requests: Sequence[Request], places: list[int],
                 mode: str) -> dict[int, int]:
        """The week by which all of each could arrive with parts and hours, or stock, unlimited."""
        if mode == "atp":
            return {place: int(self._transit(lines, place).min()) for place in places}
        permits = self.asking.permits(self.ground.allocation.pools.permits, requests)
        ground = self.ground.asked_by(self.asking.book_of(self.book, lines), permits)
        windows = np.stack([lines.earliest[places], lines.latest[places], lines.ban[places]],
                           axis=1).astype(np.int64)
        pieces, last = Desk(ground).alone(ground.ample, np.array(places, np.int32), windows)
        return {place: int(week) for place, given, week in zip(places, pieces, last, strict=True)
                if given == lines.open[place]}

    def _bindings(self, lines: Lines, requests: Sequence[Request], late: list[int],
                  mode: str) -> dict[int, dict[str, object]]:
        """What binds each late one, and why: the fields of `Quote`."""
        book = self.book
        permits = self.asking.permits(self.ground.allocation.pools.permits, requests)
        found = self.ground.asked_by(self.asking.book_of(book, lines), permits).explain(
            np.array(late, dtype=np.int32))
        answers: dict[int, dict[str, object]] = {}
        for row, place in enumerate(late):
            kind, site = int(found.kind[row]), int(found.site[row])
            if len(permits) and found.code[row] == OUTBID:
                quota_id = self.quotas.binding(lines, requests, place)
                if quota_id is not None:
                    answers[place] = {"reason": "quota", "binding_kind": "quota",
                                      "binding_id": quota_id, "binding_on": monday_of_bucket(
                                          int(found.ship[row]), book.settings.as_of)}
                    continue
            if mode == "atp" and (found.code[row] > HORIZON or (
                    found.code[row] in (LEAD_TIME, HORIZON) and self._comes_soon(lines, place))):
                answers[place] = {"reason": STOCK}
                continue
            names = book.items if kind == 1 else book.resources
            answers[place] = {"reason": REASON_CODES[found.code[row]]} | ({} if kind == 0 else {
                "binding_kind": "part" if kind == 1 else "resource",
                "binding_id": names.ids[int(found.index[row])],
                "binding_site_id": book.sites.ids[site],
                "binding_on": monday_of_bucket(int(found.bucket[row]), book.settings.as_of)})
        return answers

    def _comes_soon(self, lines: Lines, place: int) -> bool:
        """Whether what stands at some site would arrive by the requested week."""
        weeks = self._transit(lines, place)
        return bool((weeks <= max(0, lines.requested[place])).any())

    def _transit(self, lines: Lines, place: int) -> Longs:
        """Weeks that the lanes take which may bring a request."""
        lanes, region = self.book.lanes, int(lines.region[place])
        own = slice(int(lanes.ptr[region]), int(lanes.ptr[region + 1]))
        may = (lines.site[place] < 0) | (lanes.site[own] == lines.site[place])
        weeks: Longs = lanes.weeks[own][may].astype(np.int64)
        return weeks
