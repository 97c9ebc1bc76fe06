"""The pieces of order lines that have left, one event after another: what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from headgate.tables.progress_schema import ORDERED

STAGES = ("transit", "delivered", "accepted")
NEVER = -1
HOLD = "held"
"""The step of pieces that are billed and held with all criteria; no ledger, a record says it."""
Stretches = tuple[tuple[int, int], ...]
"""First days, and the days after the last, of stretches on which pieces were served."""
Trips = tuple[tuple[int, int, int], ...]
"""
What pieces did before they came back, one trip after another: the days on which they left, arrived
and came back; -1 of openings, of which nobody says when they left, and of what never arrived.
"""


@dataclass(slots=True)
class Tranche:
    """
    Pieces of a line to which the same has happened; days since 1970-01-01.

    shipped   : the day on which they left; -1 of openings, of which nobody says more
    price     : cents for one piece as they left; None: that of today
    delivered : the day of delivery, -1 none
    opening   : they had left before anybody took down more of the line
    trips     : where they had been before they came back to be shipped again
    held      : the day since which they were billed and held, and recognised; -1 none
    """

    pieces: int
    shipped: int
    price: int | None
    delivered: int = NEVER
    accepted: bool = False
    opening: bool = False
    trips: Trips = ()
    held: int = NEVER

    def recognised(self, rule: str) -> bool:
        """Whether the revenue of the pieces counts as recognised, by the rule of their line."""
        return (self.opening or self.held >= 0 or rule == "ship"
                or (rule == "deliver" and self.delivered >= 0)
                or (rule == "accept" and self.accepted))


@dataclass(slots=True)
class Pieces:
    """
    The pieces of one line that have left, in the order in which they did, and those that came back.

    A step takes the first pieces that can take it: the k-th shipped is the k-th delivered and the
    k-th accepted. What comes back are the last pieces of its stage; they are the first to leave
    again, but for what is billed and held: those were recognised before they leave, so that they
    do not count once more when they do.

    What is cancelled are the last of the pieces that have not left: those that are held go last.

    gone    : pieces that have left; back : pieces that came back and have not left again
    waiting : pieces that are billed and held and have not left, in the order in which they will
    ever_held : whether any ever were
    """

    gone: list[Tranche] = field(default_factory=list)
    back: list[Tranche] = field(default_factory=list)
    waiting: list[Tranche] = field(default_factory=list)
    ever_held: bool = False

    def hold(self, pieces: int, day: int, price: int | None) -> None:
        """Pieces that have not left are billed and held from a day on: the first of them."""
        self.ever_held = True
        again, self.back = _split(self.back, pieces)
        self.waiting += [replace(one, held=day, price=price) for one in again]
        left = pieces - sum(one.pieces for one in again)
        if left:
            self.waiting.append(Tranche(left, NEVER, price, held=day))

    def order(self, pieces: int) -> None:
        """So many pieces are ordered from now on; what is held beyond them is held no more."""
        still = pieces - sum(one.pieces for one in self.gone)
        if sum(one.pieces for one in self.waiting) > still:
            self.waiting, _ = _split(self.waiting, max(0, still))

    def ship(self, pieces: int, day: int, price: int | None, opening: bool = False) -> None:
        """Pieces leave, those first that are held, at their own price; then what had come back."""
        held: list[Tranche] = []
        # What had left before anybody took down more of the line was never among the held.
        if not opening:
            held, self.waiting = _split(self.waiting, pieces)
        self.gone += [replace(one, shipped=day) for one in held]
        left = pieces - sum(one.pieces for one in held)
        again, self.back = _split(self.back, left)
        self.gone += [replace(one, shipped=day, price=price) for one in again]
        left -= sum(one.pieces for one in again)
        if left:
            self.gone.append(Tranche(left, NEVER if opening else day, price, opening=opening))

    def deliver(self, pieces: int, day: int) -> None:
        """Pieces arrive; beyond those under way, openings did so on this day after all."""
        left = self._mark(pieces, lambda one: one.delivered < 0 and not one.opening,
                          delivered=day)
        self._mark(left, lambda one: one.opening, delivered=day, shipped=day, opening=False)

    def accept(self, pieces: int, day: int) -> None:
        """Pieces are accepted; those of which no delivery is known were delivered, too."""
        left = self._mark(pieces, lambda one: one.delivered >= 0 and not one.accepted,
                          accepted=True)
        self._mark(left, lambda one: one.delivered < 0 and not one.opening, accepted=True)

    def take_back(self, pieces: int, day: int, stage: str) -> None:
        """The last pieces of a stage come back, to be shipped again; of any where too few are."""
        came: list[Tranche] = []
        for anyone in (False, True):
            stays: list[Tranche] = []
            for one in reversed(self.gone):
                count = min(pieces, one.pieces) if anyone or _stage(one) == stage else 0
                pieces -= count
                if count:
                    trips = (*one.trips, (one.shipped, one.delivered, day))
                    came.append(Tranche(count, NEVER, None, trips=trips))
                if count < one.pieces:
                    stays.append(_some(one, one.pieces - count))
            self.gone = stays[::-1]
        self.back += came[::-1]

    def _mark(self, pieces: int, can: Callable[[Tranche], bool], **news: Any) -> int:
        """Give the first pieces that can take a step its news; how many pieces are missing."""
        if not pieces:
            return 0
        found: list[Tranche] = []
        for one in self.gone:
            count = min(pieces, one.pieces) if can(one) else 0
            pieces -= count
            if count:
                found.append(replace(one, pieces=count, **news))
            if count < one.pieces:
                found.append(_some(one, one.pieces - count))
        self.gone = found
        return pieces

    def take(self, step: str, pieces: int, day: int, stage: str | None, price: int | None) -> None:
        """Take a step of pieces; of services, which are in the same journal, none is looked at."""
        if step == HOLD:
            self.hold(pieces, day, price)
        elif step == ORDERED:
            self.order(pieces)
        elif step in ("shipped", "opening"):
            self.ship(pieces, day, price, step == "opening")
        elif step == "delivered":
            self.deliver(pieces, day)
        elif step == "accepted":
            self.accept(pieces, day)
        elif step == "returned":
            self.take_back(pieces, day, stage or STAGES[0])

    def cut(self, pieces: int) -> None:
        """Keep so many pieces that have left, the first; more is not known to have left at all."""
        self.gone, _ = _split(self.gone, pieces)


def served_on(trips: Trips, started: int) -> Stretches:
    """
    On which days pieces were served on trips from which they came back.

    That begins with their arrival. Where a service is known to have started on some day, it begins
    then for all that had left by then, arrived or not; what had come back by then was not served.

    started : the day on which the term of a service began; -1: nothing was recorded of it
    """
    found = []
    for left, arrived, back in trips:
        since = started if left <= started and started >= 0 else arrived
        if 0 <= since < back:
            found.append((since, back))
    return tuple(found)


def _split(tranches: Iterable[Tranche], pieces: int) -> tuple[list[Tranche], list[Tranche]]:
    """The first pieces of some tranches, and the others."""
    first: list[Tranche] = []
    rest: list[Tranche] = []
    for one in tranches:
        count = min(pieces, one.pieces)
        pieces -= count
        if count:
            first.append(_some(one, count))
        if count < one.pieces:
            rest.append(_some(one, one.pieces - count))
    return first, rest


def _some(one: Tranche, pieces: int) -> Tranche:
    """So many pieces of a tranche; all of them are the tranche itself, which nobody changes."""
    return one if pieces == one.pieces else replace(one, pieces=pieces)


def _stage(one: Tranche) -> str:
    """How far pieces have come."""
    return STAGES[2 if one.accepted else 1 if one.delivered >= 0 else 0]
