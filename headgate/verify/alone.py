"""One line planned alone by the rank rules, in a world where no other line takes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from headgate.verify.facts import ALWAYS, Book
from headgate.verify.supply import Supply
from headgate.verify.walk import Trees, Walk, World


@dataclass(frozen=True, slots=True)
class Question:
    """
    All that the plan of a line alone depends on; lines that ask the same get one answer.

    items    : the item ordered, then the accepted ones
    lanes    : (site, transit weeks) of the allowed sites, nearest first
    banned   : row of `Book.banned`
    customer : a customer with reserved supply, else -1
    first, last : arrival buckets from and to which it may be served
    """

    items: tuple[int, ...]
    lanes: tuple[tuple[int, int], ...]
    banned: int
    customer: int
    first: int
    last: int
    pieces: int
    lot: int
    complete: bool


class Questions:
    """What each line of a book asks to be planned."""

    def __init__(self, book: Book, supply: Supply) -> None:
        self.book = book
        self.reserving = set(supply.pool_customer.tolist())
        self._lanes: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}

    def lanes(self, line: int) -> tuple[tuple[int, int], ...]:
        """Site and transit weeks of the sites that may serve a line, nearest first."""
        book = self.book
        region, pin = int(book.lines.region[line]), int(book.lines.site[line])
        if (region, pin) not in self._lanes:
            rows = sorted((int(book.days[site, region]), int(book.freight[site, region]), site)
                          for site in np.flatnonzero(book.weeks[:, region] >= 0).tolist()
                          if pin in (-1, site))
            self._lanes[region, pin] = tuple((site, int(book.weeks[site, region]))
                                             for _, _, site in rows)
        return self._lanes[region, pin]

    def of(self, line: int) -> Question:
        """The line as it asks to be planned alone."""
        lines = self.book.lines
        customer = int(lines.customer[line])
        return Question(
            items=(int(lines.item[line]), *lines.accepts[line]), lanes=self.lanes(line),
            banned=int(lines.banned[line]),
            customer=customer if customer in self.reserving else -1,
            first=max(0, int(lines.earliest[line])), last=int(lines.latest[line]),
            pieces=int(lines.open[line]), lot=int(lines.lot[line]),
            complete=bool(lines.complete[line]))


@dataclass(frozen=True, slots=True)
class Answer:
    """Pieces that arrive, and their last arrival bucket (-ALWAYS when none do)."""

    pieces: int
    last: int

    def on_time(self, wanted: int, by: int) -> bool:
        """Whether all pieces wanted arrive by a bucket."""
        return self.pieces == wanted and self.last <= by


@dataclass(slots=True)
class _Reach:
    """The most that an untouched site can provide: at least `low`, less than `high`."""

    low: int = 0
    high: int = 2 * ALWAYS


@dataclass(slots=True)
class Alone:
    """
    Plans lines alone in one world.

    banned_rows : rows of `Book.banned` as lists
    """

    world: World
    trees: Trees
    banned_rows: list[list[bool]]
    horizon: int
    answers: dict[Question, Answer] = field(default_factory=dict)
    reaches: dict[tuple[int, int, int, int, int], _Reach] = field(default_factory=dict)
    makeable: dict[tuple[int, int, int], bool] = field(default_factory=dict)
    firsts: dict[Question, tuple[int, int] | None] = field(default_factory=dict)

    def answer(self, question: Question) -> Answer:
        """The plan of a line alone."""
        if question not in self.answers:
            self.answers[question] = self._plan(question)
        return self.answers[question]

    def first_shipment(self, question: Question) -> tuple[int, int] | None:
        """Item and site of the first shipment of a line alone; None when it gets nothing."""
        if question not in self.firsts:
            self.firsts[question] = self._first_shipment(question)
        return self.firsts[question]

    def _first_shipment(self, question: Question) -> tuple[int, int] | None:
        items = self._sendable(question)
        for arrive in self._arrivals(question) if items else ():
            whole = question.pieces if question.complete else 1
            if self._arrive_in(question, items, arrive, question.pieces, {}) < whole:
                continue
            for item in items:
                for site, weeks in question.lanes:
                    if 0 <= arrive - weeks < self.horizon and self._provide(
                            question, item, site, arrive - weeks, question.pieces, {}):
                        return item, site
        return None

    def _sendable(self, question: Question) -> list[int]:
        banned = self.banned_rows[question.banned]
        return [item for item in question.items if not banned[item]]

    def _arrivals(self, question: Question) -> range:
        """The arrival buckets in which a line may be served."""
        if not question.lanes:
            return range(0)
        end = self.horizon - 1 + max(weeks for _, weeks in question.lanes)
        start = max(question.first, min(weeks for _, weeks in question.lanes))
        return range(start, min(end, question.last) + 1)

    def _plan(self, question: Question) -> Answer:
        """Arrival buckets in rising order, until all pieces are there."""
        items = self._sendable(question)
        if not items:
            return Answer(0, -ALWAYS)
        there, last = 0, -ALWAYS
        sites: dict[int, Walk] = {}
        for arrive in self._arrivals(question):
            if question.complete:
                sites = {}
            got = self._arrive_in(question, items, arrive, question.pieces - there, sites)
            if got == 0 or (question.complete and got < question.pieces):
                continue
            there, last = there + got, arrive
            if there == question.pieces:
                break
        return Answer(there, last)

    def _arrive_in(self, question: Question, items: Sequence[int], arrive: int, wanted: int,
                   sites: dict[int, Walk]) -> int:
        """Pieces that can arrive in one bucket; what they draw is noted in `sites`."""
        got = 0
        for item in items:
            for site, weeks in question.lanes:
                ship = arrive - weeks
                if 0 <= ship < self.horizon and got < wanted:
                    got += self._provide(question, item, site, ship, wanted - got, sites)
        return got

    def _provide(self, question: Question, item: int, site: int, ship: int, wanted: int,
                 sites: dict[int, Walk]) -> int:
        """The most lots that a site can ship; they are taken from it when more may follow."""
        before = sites.get(site)
        most = wanted // question.lot * question.lot
        if before is None:
            pieces = self._most_of_untouched(question, item, site, ship, most)
        else:
            pieces = self._most(before, item, ship, 0, most + 1, most)
        pieces = pieces // question.lot * question.lot
        if pieces and pieces < question.pieces:
            after = before.copy() if before is not None else self._walk(question, site)
            after.run(self.trees.option(item, ship), pieces, go_on=False, keep_all=True)
            sites[site] = after
        return pieces

    def _walk(self, question: Question, site: int) -> Walk:
        return Walk(self.world, site, question.customer, self.banned_rows[question.banned])

    def _most_of_untouched(self, question: Question, item: int, site: int, ship: int,
                           wanted: int) -> int:
        """The most pieces, at most those wanted, of a site from which nothing was taken."""
        if wanted == 0:
            return 0
        key = (item, site, ship, question.banned, question.customer)
        reach = self.reaches.get(key)
        if reach is None:
            reach = self.reaches[key] = self._first_reach(question, item, ship)
        if wanted <= reach.low:
            return wanted
        if reach.high - reach.low > 1:
            walk = self._walk(question, site)
            found = self._most(walk, item, ship, reach.low, min(reach.high, wanted + 1), wanted)
            if found < wanted:
                reach.low, reach.high = found, found + 1
            else:
                reach.low = found
        return min(reach.low, wanted)

    def _first_reach(self, question: Question, item: int, ship: int) -> _Reach:
        """In the open book: everything if the item can be made of leaves, else what is stocked."""
        if not self.world.endless:
            return _Reach()
        key = (item, ship, question.banned)
        if key not in self.makeable:
            bare = Walk(self.world, -1, -1, self.banned_rows[question.banned])
            self.makeable[key] = bare.run(self.trees.option(item, ship), 1, go_on=False)
        return _Reach(low=2 * ALWAYS - 1) if self.makeable[key] else _Reach()

    def _most(self, before: Walk, item: int, ship: int, low: int, high: int, first: int) -> int:
        """
        The most pieces below `high` of which the walk succeeds, by halving.

        low   : so many are known to succeed
        first : tried first, because it mostly is the answer
        """
        option = self.trees.option(item, ship)
        trial = first if low < first < high else (low + high) // 2
        while high - low > 1:
            if before.copy().run(option, trial, go_on=False):
                low = trial
            else:
                high = trial
            trial = (low + high) // 2
        return low
