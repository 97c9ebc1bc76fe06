"""
Whether what a plan leaves would serve a line, but at a loss.

Written from "At a loss" in docs/explanation/planning-rules.md: the line is placed alone on what all
others leave, and what it then brings is held against what it brings as planned.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.verify.allocations import Shipments
from headgate.verify.alone import Questions
from headgate.verify.facts import Book
from headgate.verify.given import Given
from headgate.verify.held import Held, sets_of
from headgate.verify.placing import Draw, Place, Placer, Shipment
from headgate.verify.quotas import Counter
from headgate.verify.structure import Structure
from headgate.verify.supply import Supply
from headgate.verify.walk import Trees, Walk, World
from headgate.verify.worth import Worth

Longs = NDArray[np.int64]


class Losing:
    """
    What single lines of a plan bring as planned, and served of what the plan leaves.

    left    : what all lines leave; given : what each line has of the plan
    counter : what the plan counts on quotas
    draws   : of the plan; line, item, drawn, stood and quantity count here
    """

    def __init__(self, book: Book, trees: Trees, structure: Structure, supply: Supply,
                 shipments: Shipments, left: World, given: Given, held: Held, counter: Counter,
                 worth: Worth, draws: pl.DataFrame) -> None:
        self.book, self.worth, self.shipments, self.given = book, worth, shipments, given
        self.world, self.counter, self.total = left, counter, counter.count()
        self.banned = book.banned.tolist()
        self.placer = Placer(left, trees, self.banned, book.calendar.horizon)
        self.questions, self.mates = Questions(book, supply), sets_of(book)
        self.fixed = held.holding(book)
        self.dearer: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        for item, other, *row in structure.substitutes.select(
                "item", "substitute", "hold_from", "hold_to", "cents").iter_rows():
            self.dearer.setdefault((item, other), []).append(tuple(row))
        self._extra = self._planned_extra(draws)
        self._by_line = np.argsort(shipments.line, kind="stable")

    def at_a_loss(self, line: int) -> bool:
        """Whether it would be served by its requested week, and brought no more so than planned."""
        ship_set = int(self.book.lines.ship_set[line])
        unit = self.mates.get(ship_set, [line])
        if self.fixed.intersection(unit):
            return False
        made = self._served(line, unit, ship_set >= 0)
        if made is None:
            return False
        rows, draws = made
        then = self._brings(unit, rows) - sum(
            self._dearer(draw.stood, draw.item, draw.bucket, draw.pieces) for draw in draws)
        return then <= self._planned(unit)

    def _served(self, line: int, unit: list[int], together: bool,
                ) -> tuple[list[tuple[int, Shipment]], list[Draw]] | None:
        """What the unit of a line is given of what all others leave; None if not in time."""
        asked = int(self.book.lines.requested[line])
        questions = [(self.questions.of(mate), int(self.counter.quotas.kind[mate]))
                     for mate in unit]
        place = self._place(unit)
        if together:
            made, _ = self.placer.together(place, questions)
        else:
            (question, kind), = questions
            made = [self.placer.line(place, question, kind, asked)]
        given = dict(zip(unit, made, strict=True))
        own = given[line]
        if own.pieces < int(self.book.lines.open[line]) or any(
                row.arrive > asked for row in own.shipments):
            return None
        return ([(mate, row) for mate, placed in given.items() for row in placed.shipments],
                [draw for placed in made for draw in placed.draws])

    def _place(self, unit: list[int]) -> Place:
        """Where things stand with all that the unit has given back."""
        walks: dict[int, Walk] = {}
        left = None
        for mate in unit:
            for site in self.given.sites(mate):
                walk = walks.setdefault(site, Walk(self.world, site, -1, self.banned[0]))
                self.given.back(mate, walk)
        if self.counter.quotas:
            rest = self.total
            for mate in unit:
                rest = rest.less(self.counter.count(mate))
            left = self.counter.left(rest)
        return Place(walks, left)

    def _planned(self, unit: list[int]) -> int:
        ships, order = self.shipments, self._by_line
        ends = [np.searchsorted(ships.line, [mate, mate + 1], sorter=order) for mate in unit]
        rows = [(int(ships.line[row]), Shipment(*(int(column[row]) for column in (
            ships.item, ships.site, ships.ship, ships.arrive, ships.quantity))))
            for first, end in ends for row in order[first:end].tolist()]
        return self._brings(unit, rows) - sum(self._extra.get(mate, 0) for mate in unit)

    def _brings(self, unit: list[int], rows: Sequence[tuple[int, Shipment]]) -> int:
        """The weighted value of a unit's shipments, before the extra cost of substitutes."""
        lines, worth = self.book.lines, self.worth
        missing = {mate: int(lines.open[mate]) for mate in unit}
        cents = 0
        for line, row in rows:
            missing[line] -= row.pieces
            late = int(worth.late[line]) * max(0, row.arrive - int(lines.requested[line]))
            freight = int(self.book.freight[row.site, lines.region[line]])
            one = np.array([line])
            piece = int(worth.gain(one, np.array([row.item]))[0]) + int(worth.bonus_of(
                one, np.array([row.ship]), np.array([row.arrive]))[0])
            cents += row.pieces * (piece - freight - late)
        return cents - sum(pieces * int(worth.lost[mate]) for mate, pieces in missing.items())

    def _dearer(self, called: int, drawn: int, bucket: int, pieces: int) -> int:
        """The extra cost of pieces that stood in for another item, if they did."""
        return pieces * sum(cents for start, end, cents in self.dearer.get((called, drawn), ())
                            if start <= bucket <= end)

    def _planned_extra(self, draws: pl.DataFrame) -> dict[int, int]:
        """The extra cost of the substitutes that each line has in the plan."""
        found: dict[int, int] = {}
        stood = draws.filter(pl.col("stood") >= 0).select("line", "stood", "item", "drawn",
                                                          "quantity")
        for line, called, item, bucket, pieces in stood.iter_rows():
            found[line] = found.get(line, 0) + self._dearer(called, item, bucket, pieces)
        return found
