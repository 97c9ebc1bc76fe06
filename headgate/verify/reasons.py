"""Why a line is not on time: the line planned alone, and what binds its reference shipment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.schema import UNLIMITED_MICRO
from headgate.verify.allocations import Shipments, first_of_line
from headgate.verify.alone import Alone, Answer, Question, Questions
from headgate.verify.explosion import line_name
from headgate.verify.facts import ALWAYS, Book
from headgate.verify.given import Given
from headgate.verify.held import Held
from headgate.verify.losing import Losing
from headgate.verify.quotas import Quotas
from headgate.verify.supply import Supply
from headgate.verify.waiting import Limits
from headgate.verify.walk import Need, Option, Trees, Walk, World

Longs = NDArray[np.int64]
PART, RESOURCE, QUOTA = "part", "resource", "quota"


@dataclass(frozen=True, slots=True)
class Binding:
    """
    What binds: a part or resource (its number), the site, the bucket in which it is needed.

    name : of a quota, which binds at no site (-1)
    """

    kind: str
    index: int
    site: int
    bucket: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason of one line."""

    word: str
    binding: Binding | None

    def cells(self, book: Book) -> tuple[str, str | None, str | None, str | None, date | None]:
        """The reason as the columns of `promises` show it."""
        if self.binding is None:
            return self.word, None, None, None, None
        bound = self.binding
        if bound.kind == QUOTA:
            return self.word, QUOTA, bound.name, None, book.calendar.day(bound.bucket)
        names = book.ids.items if bound.kind == PART else book.ids.resources
        return (self.word, bound.kind, names[bound.index], book.ids.sites[bound.site],
                book.calendar.day(bound.bucket))


def chosen_lines(late: Longs, sample: int | None, book: Book) -> Longs:
    """The lines whose reasons are recomputed: all, or so many, picked by a hash of their ids."""
    if sample is None or len(late) <= sample:
        return late
    hashed = [(hashlib.blake2b(line_name(line, book).encode(), digest_size=8).digest(), line)
              for line in late.tolist()]
    return np.array(sorted(line for _, line in sorted(hashed)[:max(0, sample)]), dtype=np.int64)


class Reasoner:
    """
    Recomputes the reasons of lines: each is planned alone by the rank rules, whatever the policy.

    unprofitable : lines that cost more than they bring even when pieces and hours are free
    losing       : which lines would be served at a loss; None under a policy that asks for no value
    """

    def __init__(self, book: Book, trees: Trees, supply: Supply, shipments: Shipments,
                 left: World, given: Given, unprofitable: frozenset[int], losing: Losing | None,
                 held: Held, quotas: Quotas, draws: pl.DataFrame) -> None:
        self.book, self.trees, self.shipments = book, trees, shipments
        self.questions = Questions(book, supply)
        self.unprofitable, self.losing = unprofitable, losing
        self.left, self.given = left, given
        horizon, hours = book.calendar.horizon, book.hours.tolist()
        there = supply.there.tolist()
        self.banned = book.banned.tolist()
        self.empty = Alone(World(supply, there, hours), trees, self.banned, horizon)
        self.open = Alone(World(supply, there, hours, endless=True), trees, self.banned, horizon)
        self.limits = Limits(book, trees, supply, held, quotas, shipments, draws, self.empty)
        self._own = self._first_by_item()

    def _first_by_item(self) -> dict[tuple[int, int], int]:
        """The site of the first allocation of each (line, item)."""
        ships = self.shipments
        order = first_of_line(ships.line, ships.arrive, ships.site, self.book)
        sites: dict[tuple[int, int], int] = {}
        for line, item, site in zip(ships.line[order].tolist(), ships.item[order].tolist(),
                                    ships.site[order].tolist(), strict=True):
            sites.setdefault((line, item), site)
        return sites

    def reason(self, line: int) -> Reason:
        """The first reason that is true of the line, and what binds."""
        question = self.questions.of(line)
        answer = self.open.answer(question)
        word = self._word(line, question, answer)
        if word in ("restriction", "lane", "horizon", "unprofitable"):
            return Reason(word, None)
        if word == "quota":
            return Reason(word, self._binding_quota(line, question, answer))
        if word == "ship_set":
            return Reason(word, self._binding_mate(self.limits.latest_mate(line)))
        alone = word == "alone"
        binding = self._binding(line, question, answer, alone, word in ("lead_time", "window"))
        if alone:
            by_hours = binding is not None and binding.kind == RESOURCE
            word = "capacity" if by_hours else "part"
        return Reason(word, binding)

    def _word(self, line: int, question: Question, answer: Answer) -> str:
        """The reason, `alone` standing for part and capacity."""
        asked, pieces = int(self.book.lines.requested[line]), question.pieces
        banned = self.banned[question.banned]
        on_time = answer.on_time(pieces, asked)
        if question.banned != 0:
            if question.lanes and all(banned[item] for item in question.items):
                return "restriction"
            lifted = _changed(question, banned=0)
            if not on_time and self.open.answer(lifted).on_time(pieces, asked):
                return "restriction"
        if not question.lanes:
            return "lane"
        if not on_time:
            free = self.open.answer(_changed(question, first=0, last=ALWAYS))
            if free.pieces == pieces and free.last > asked:
                return "lead_time"
            latest = self.book.calendar.horizon - 1 + max(weeks for _, weeks in question.lanes)
            if free.pieces == pieces and int(self.book.lines.earliest[line]) <= latest:
                return "window"
            return "horizon"
        by_then = _changed(question, last=min(question.last, asked))
        if not self.empty.answer(by_then).on_time(pieces, asked):
            return "alone"
        if self.limits.is_held_late(line):
            return "frozen"
        if self.limits.lifted_for(line):
            return "quota"
        if self.limits.waits_for_set(line):
            return "ship_set"
        if line in self.unprofitable or (
                self.losing is not None and self.losing.at_a_loss(line)):
            return "unprofitable"
        return "outbid"

    def _binding_quota(self, line: int, question: Question, answer: Answer) -> Binding | None:
        """The last of the quotas that must be lifted, in the week of the reference shipment."""
        quota = self.limits.quotas.quotas[self.limits.lifted_for(line) - 1]
        ship = self._reference(line, question, answer)[2]
        return None if ship < 0 else Binding(QUOTA, -1, -1, ship, quota.name)

    def _binding_mate(self, line: int) -> Binding | None:
        """What binds a line alone on the empty book; nothing if it can go nowhere."""
        question = self.questions.of(line)
        banned = self.banned[question.banned]
        if not question.lanes or all(banned[item] for item in question.items):
            return None
        return self._binding(line, question, self.open.answer(question), True, False)

    def _reference(self, line: int, question: Question, answer: Answer) -> tuple[int, int, int]:
        """Item, site and ship bucket of the reference shipment; below 0 there is none."""
        banned = self.banned[question.banned]
        items = [item for item in question.items if not banned[item]]
        asked = int(self.book.lines.requested[line])
        arrive = min(max(asked, answer.last if answer.pieces else asked), question.last)
        ships = {site: min(self.book.calendar.horizon - 1, arrive - weeks)
                 for site, weeks in question.lanes}
        own = self._own.get((line, items[0]))
        if own is not None:
            return items[0], own, ships[own]
        there = self.empty.first_shipment(_changed(question, last=ALWAYS))
        if there is not None:
            return (*there, ships[there[1]])
        options = [(item, site) for item in items for site, _ in question.lanes if ships[site] >= 0]
        item, site = min(options, default=(items[0], question.lanes[0][0]),
                         key=lambda one: self._hopeless(question, one[0], one[1], ships[one[1]]))
        return item, site, ships[site]

    def _hopeless(self, question: Question, item: int, site: int, ship: int) -> int:
        """How many needs of a shipment of all open pieces a site can meet in no week."""
        banned, hours = self.banned[question.banned], self.empty.world.hours
        before = Walk(self.empty.world, site, question.customer, banned)
        walk, option = before.copy(), self.trees.option(item, ship)
        walk.run(option, question.pieces, go_on=True)
        last, count = self.book.calendar.horizon - 1, 0
        for k, need in enumerate(option.needs):
            if need.has_bom:
                count += sum(walk.made[k] * micro > 0 and not any(hours[resource][site])
                             for resource, micro, _, _ in need.steps)
            elif walk.needed[k] and not any(before.offer(other, last)
                                            for other in (need.item, *need.substitutes)):
                count += 1
        return count

    def _binding(self, line: int, question: Question, answer: Answer, alone: bool,
                 always: bool) -> Binding | None:
        """What binds the reference shipment; `always` names the longest leaf if nothing does."""
        item, site, ship = self._reference(line, question, answer)
        if ship < 0:
            return None
        banned, transit = self.banned[question.banned], dict(question.lanes)[site]
        spread = max(0, ship - max(0, question.first - transit))
        world = self.empty.world if alone else self.left
        before = Walk(world, site, question.customer, banned)
        if not alone:
            self.given.back(line, before)
        walk = before.copy()
        option = self.trees.option(item, ship)
        walk.run(option, question.pieces, go_on=True)
        return _Candidates(self.book, self.trees, before, walk, option, spread,
                           question.complete).latest(always)


def _changed(question: Question, banned: int | None = None, first: int | None = None,
             last: int | None = None) -> Question:
    """The question with other restrictions or another window."""
    return Question(question.items, question.lanes,
                    question.banned if banned is None else banned, question.customer,
                    question.first if first is None else first,
                    question.last if last is None else last,
                    question.pieces, question.lot, question.complete)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """
    What may bind a reference shipment.

    before : what is there before the walk; walk : the walk itself
    spread : weeks that the shipment could leave earlier
    """

    book: Book
    trees: Trees
    before: Walk
    walk: Walk
    option: Option
    spread: int
    complete: bool

    def latest(self, always: bool) -> Binding | None:
        """The candidate that binds; else, if asked for, the leaf with the longest lead time."""
        ids, site = self.book.ids, self.before.site
        found: list[tuple[int, str, str, int, int]] = []
        leaves: list[tuple[int, str, int, int]] = []
        for k, need in enumerate(self.option.needs):
            wanted = self.walk.needed[k]
            if wanted and not need.has_bom:
                name = ids.items[need.item]
                leaves.append((-need.days, name, need.bucket, need.item))
                if self.walk.found[k] < wanted:
                    first = self._first_week(need, wanted)
                    found.append((-(first + need.offset), name, PART, need.bucket, need.item))
        found += self._steps(self.spread)
        # Hours of earlier weeks help nobody whose parts were not there then.
        found = found or self._steps(0)
        if found:
            _, _, kind, bucket, index = min(found)
            return Binding(kind, index, site, bucket)
        if not always or not leaves:
            return None
        _, _, bucket, item = min(leaves)
        return Binding(PART, item, site, bucket)

    def _steps(self, spread: int) -> list[tuple[int, str, str, int, int]]:
        """Steps that find their hours after their own week, counted from `spread` weeks before."""
        found = []
        for k, need in enumerate(self.option.needs):
            for resource, micro, bucket, offset in need.steps:
                hours = self.walk.made[k] * micro
                first = self._first_free_week(resource, hours, bucket, spread)
                if hours and first > bucket:
                    found.append((-(first + offset), self.book.ids.resources[resource], RESOURCE,
                                  bucket, resource))
        return found

    def _first_week(self, need: Need, wanted: int) -> int:
        """The first bucket in which the item and its substitutes offer the pieces."""
        horizon = self.book.calendar.horizon
        for week in range(max(0, need.bucket), horizon):
            offered = self.before.offer(need.item, week)
            for other in self._substitutes(need, week):
                offered += self.before.offer(other, week)
            if offered >= wanted:
                return week
        return horizon

    def _substitutes(self, need: Need, week: int) -> tuple[int, ...]:
        """Substitutes that hold in another week; the sold piece itself has none."""
        if need is self.option.needs[0]:
            return ()
        return self.trees.choices(need.item, week)

    def _first_free_week(self, resource: int, hours: int, bucket: int, spread: int) -> int:
        """The first bucket by which a step has its hours."""
        saved, horizon = 0, self.book.calendar.horizon
        for week in range(max(0, bucket - spread), horizon):
            free = self.before.free(resource, week)
            if free >= UNLIMITED_MICRO:
                return week
            saved = free if self.complete else saved + free
            if saved >= hours:
                return week
        return horizon
