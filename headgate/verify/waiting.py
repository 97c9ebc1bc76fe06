"""Which limit keeps a line late that alone would be on time: what is held, a quota, or its set."""

from __future__ import annotations

from functools import cached_property

import polars as pl

from headgate.verify.allocations import Shipments
from headgate.verify.alone import Alone, Questions
from headgate.verify.facts import ALWAYS, Book
from headgate.verify.held import Held, sets_of
from headgate.verify.limits import counter_of
from headgate.verify.placing import Place, Placer, asking
from headgate.verify.quotas import NONE, Count, Counter, Quotas
from headgate.verify.supply import Supply
from headgate.verify.walk import Trees, World


class Limits:
    """
    The limits of a plan, as they stand in the way of one line at a time.

    empty : plans lines alone on the empty book
    draws : of the whole plan, as `Counter` takes them
    """

    def __init__(self, book: Book, trees: Trees, supply: Supply, held: Held, quotas: Quotas,
                 shipments: Shipments, draws: pl.DataFrame, empty: Alone) -> None:
        self.book, self.trees, self.supply, self.held = book, trees, supply, held
        self.quotas, self.shipments, self.draws = quotas, shipments, draws
        self.empty, self.questions = empty, Questions(book, supply)
        self.mates = sets_of(book)
        self.placer = Placer(empty.world, trees, empty.banned_rows, empty.horizon)
        self._lifted: dict[int, tuple[Counter, Count]] = {}

    @cached_property
    def after_held(self) -> Alone:
        """Plans lines alone on what is held leaves, whatever quotas say."""
        world = World(self.supply, self.held.balance.tolist(), self.held.hours.tolist())
        return Alone(world, self.trees, self.empty.banned_rows, self.empty.horizon)

    def is_held_late(self, line: int) -> bool:
        """Whether it is not on time alone on what is held leaves, its own held pieces kept."""
        if not self.held.by_line:
            return False
        asked, question = int(self.book.lines.requested[line]), self.questions.of(line)
        own = self.held.by_line.get(line)
        if own is not None and any(row.arrive > asked for row in own.shipments):
            return True
        rest = question.pieces - int(self.held.placed[line])
        if rest == 0:
            return False
        answer = self.after_held.answer(asking(question, rest))
        return not answer.on_time(rest, asked)

    def lifted_for(self, line: int) -> int:
        """
        How many quotas, one after another by id, must be lifted for the line to be on time alone
        with what all other lines leave of the others; 0 when none need be.
        """
        quotas = self.quotas.quotas
        mine = set(self.quotas.matching[int(self.quotas.kind[line])])
        for count in range(len(quotas) + 1):
            # To lift the cap of others changes nothing for the line.
            changed = count == 0 or count - 1 in mine or quotas[count - 1].kept != NONE
            if changed and self._on_time(line, count):
                return count
        return len(quotas)

    def _on_time(self, line: int, lifted: int) -> bool:
        if lifted not in self._lifted:
            counter = counter_of(self.quotas.without(lifted), self.shipments, self.draws)
            self._lifted[lifted] = counter, counter.count()
        counter, total = self._lifted[lifted]
        if not counter.quotas:
            return True
        left = counter.left(total.less(counter.count(line)))
        question = self.questions.of(line)
        made = self.placer.line(Place({}, left), question, int(counter.quotas.kind[line]),
                                int(self.book.lines.requested[line]))
        return made.pieces == question.pieces

    def waits_for_set(self, line: int) -> bool:
        """Whether its set, alone on the empty book, is not on time for the line."""
        mates = self.mates.get(int(self.book.lines.ship_set[line]), [line])
        if len(mates) == 1:
            return False
        asked = [(self.questions.of(mate), 0) for mate in mates]
        made, _ = self.placer.together(Place({}, None), asked)
        arrived = [row.arrive for row in made[0].shipments]
        return not arrived or max(arrived) > int(self.book.lines.requested[line])

    def latest_mate(self, line: int) -> int:
        """The other line of its set that alone comes last, of several the best-ranked."""
        def last(mate: int) -> int:
            answer = self.empty.answer(self.questions.of(mate))
            return answer.last if answer.pieces else ALWAYS

        mates = self.mates[int(self.book.lines.ship_set[line])]
        return max((mate for mate in mates if mate != line), key=last)
