"""
Lines placed one after another by the rank rules, in a world that each of them changes.

Everything that limits a plan counts here: supply, hours, lots, restrictions, and the quotas.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from headgate.verify.alone import Question
from headgate.verify.quotas import FREELY, Left
from headgate.verify.walk import Need, Option, Trees, Walk, World


class Draw(NamedTuple):
    """Pieces of a pool drawn for a need; `stood` is the item called for, -1 the item itself."""

    pool: int
    item: int
    site: int
    bucket: int
    stood: int
    days: int
    pieces: int


class Shipment(NamedTuple):
    """Pieces of an item that leave a site in a bucket, and the bucket of their arrival."""

    item: int
    site: int
    ship: int
    arrive: int
    pieces: int


@dataclass(slots=True)
class LimitedWalk(Walk):
    """
    A walk that quotas limit, too, and that notes its draws.

    left : what is left of the quotas; None where they do not count
    kind : the line's claim; ship : the bucket of the shipment
    """

    left: Left | None = None
    kind: int = 0
    ship: int = 0
    draws: list[Draw] = field(default_factory=list)

    def copy(self) -> LimitedWalk:
        """The walk's state, to try from."""
        return LimitedWalk(self.world, self.site, self.customer, self.banned, dict(self.balance),
                           dict(self.offers), dict(self.used),
                           left=None if self.left is None else self.left.copy(), kind=self.kind,
                           draws=self.draws[:])

    def run(self, option: Option, pieces: int, go_on: bool = False,
            keep_all: bool = True) -> bool:
        """Whether the pieces can be shipped; every draw is noted."""
        root = option.needs[0]
        self.ship = root.bucket
        if self.left is not None:
            if self.left.may_send(self.kind, root.item, self.ship) < pieces:
                return False
            self.left.send(self.kind, root.item, self.ship, pieces)
        return Walk.run(self, option, pieces, go_on, keep_all=True)

    def _serve(self, option: Option, k: int, need: Need, keep_all: bool) -> None:
        """Draw a need from stock, and what cannot be made then from substitutes."""
        wanted = self.needed[k]
        found = self._draw(need, need.item, wanted, k == 0)
        if not need.can_make:
            for other in need.substitutes:
                found += self._draw(need, other, wanted - found, False)
        self.found[k] = found

    def _draw(self, need: Need, item: int, wanted: int, sold: bool) -> int:
        """Draw what there is and quotas allow; a sold piece from stock counted as sent."""
        if need.bucket < 0 or self.banned[item]:
            return 0
        wanted = min(wanted, self._allowed(item, need.bucket, sold))
        taken = 0
        for pool in self.world.pools(item, self.site, self.customer):
            pieces = min(wanted - taken,
                         self.offers.get(pool, self.world.offers[pool])[need.bucket])
            if pieces > 0:
                taken += pieces
                self.add(pool, need.bucket, -pieces)
                self.draws.append(Draw(pool, item, self.site, need.bucket,
                                       -1 if item == need.item else need.item, need.days, pieces))
        if self.left is not None and taken:
            self.left.draw(self.kind, item, need.bucket, taken)
            if not sold:
                self.left.send(self.kind, item, self.ship, taken)
        return taken

    def _allowed(self, item: int, bucket: int, sold: bool) -> int:
        if self.left is None:
            return FREELY
        most = self.left.may_draw(self.kind, item, bucket)
        return most if sold else min(most, self.left.may_send(self.kind, item, self.ship))


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where things stand after some lines were placed.

    walks : of each site what was changed there; left : of the quotas, None where they do not count
    """

    walks: dict[int, Walk]
    left: Left | None


@dataclass(frozen=True, slots=True)
class Placed:
    """What one line, or one set, was given."""

    shipments: list[Shipment]
    draws: list[Draw]

    @property
    def pieces(self) -> int:
        """All of it."""
        return sum(row.pieces for row in self.shipments)

    def plus(self, other: Placed) -> Placed:
        """Both together."""
        return Placed(self.shipments + other.shipments, self.draws + other.draws)


NOTHING = Placed([], [])


@dataclass(frozen=True, slots=True)
class Placer:
    """
    Places lines in one world.

    banned : rows of `Book.banned` as lists
    """

    world: World
    trees: Trees
    banned: list[list[bool]]
    horizon: int

    def arrive(self, place: Place, question: Question, kind: int, bucket: int,
               wanted: int) -> tuple[Placed, Place]:
        """What a line takes in one arrival bucket: its own item first, from the nearest site."""
        made = NOTHING
        for item in question.items:
            for site, weeks in question.lanes:
                ship = bucket - weeks
                if 0 <= ship < self.horizon and made.pieces < wanted:
                    given, place = self.provide(place, question, kind, item, site, ship, bucket,
                                                wanted - made.pieces)
                    made = made.plus(given)
        return made, place

    def provide(self, place: Place, question: Question, kind: int, item: int, site: int, ship: int,
                arrive: int, most: int) -> tuple[Placed, Place]:
        """The most lots, at most so many pieces, that a site can ship in a bucket."""
        banned = self.banned[question.banned]
        if banned[item]:
            return NOTHING, place
        before = place.walks.get(site) or Walk(self.world, site, question.customer, banned)
        start = LimitedWalk(self.world, site, question.customer, banned, before.balance,
                            before.offers, before.used, left=place.left, kind=kind)
        option = self.trees.option(item, ship)
        low, high, best = 0, most // question.lot, start
        while low < high:
            # The first try is all of it, which mostly is the answer.
            lots = high if best is start and high == most // question.lot else (low + high + 1) // 2
            walk = start.copy()
            if walk.run(option, lots * question.lot):
                low, best = lots, walk
            else:
                high = lots - 1
        if low == 0:
            return NOTHING, place
        pieces = low * question.lot
        return (Placed([Shipment(item, site, ship, arrive, pieces)], best.draws),
                Place({**place.walks, site: best}, best.left))

    def line(self, place: Place, question: Question, kind: int, last: int) -> Placed:
        """What a line takes by a bucket, if its window allows, from a world that stays as it is."""
        made = NOTHING
        for bucket in range(question.first, min(last, question.last) + 1):
            given, after = self.arrive(place, question, kind, bucket,
                                       question.pieces - made.pieces)
            if question.complete and given.pieces < question.pieces:
                continue
            made, place = made.plus(given), after
            if made.pieces == question.pieces:
                break
        return made

    def together(self, place: Place, lines: list[tuple[Question, int]],
                 only: int | None = None) -> tuple[list[Placed], Place]:
        """
        What the lines of a set take: all their pieces in the first bucket in which all can have
        them, or nothing.

        lines : questions and claims in rank order
        only  : the one bucket that is tried, whatever the windows
        """
        questions = [question for question, _ in lines]
        if only is None:
            ends = [min(question.last, self.horizon - 1 + max(
                (weeks for _, weeks in question.lanes), default=-self.horizon))
                for question in questions]
            tried = range(max(question.first for question in questions), min(ends) + 1)
        else:
            tried = range(only, only + 1)
        for bucket in tried:
            made, after = [], place
            for question, kind in lines:
                given, after = self.arrive(after, question, kind, bucket, question.pieces)
                if given.pieces < question.pieces:
                    break
                made.append(given)
            else:
                return made, after
        return [NOTHING] * len(lines), place


def asking(question: Question, pieces: int) -> Question:
    """The question for other pieces."""
    return replace(question, pieces=pieces)
