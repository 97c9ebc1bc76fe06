"""
What would bring a line on time: the smallest change found, planned with; or that there is none.

The rules are those of "Reliefs of a line" in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event

import numpy as np
from numpy.typing import NDArray

from headgate.book import NO_LIMIT
from headgate.explain.allowance import Limits
from headgate.explain.line_worth import Weighed
from headgate.explain.reasons import THREADS, Desk, Ground
from headgate.explain.relief_kernels import GIVEN, LAST, LOG_END, LOG_FIRST, LOG_SECOND
from headgate.explain.relief_options import Options
from headgate.explain.relief_ways import HELD, UNFROZEN, Change, Ways
from headgate.explain.trials import Trial, Trials
from headgate.explain.unprofitable import Loss, losses
from headgate.planner.policy import Policy
from headgate.planner.promise import Promises

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Progress = Callable[[str, float], None]

CHUNK = 500
"""Lines that a thread asks for together."""
MOST_PARTS = 12
"""A change of more parts than this is told as it stands: nobody would act on its variants."""
FOUND, NONE_EXISTS, NONE_FOUND = "found", "none_exists", "none_found"
AT_A_LOSS = "at_a_loss"


@dataclass(frozen=True, slots=True)
class Displaced:
    """What the line that gives its parts up gets instead, and how much less it brings."""

    line: int
    pieces: int
    last: int
    cost_cents: int


@dataclass(frozen=True, slots=True)
class Relief:
    """
    Changes that were planned with; `last` is the arrival bucket that came out, of all pieces.

    loss : cents of weighted value that the line brings less so than as planned; None when it
           brings more, or under a policy that does not weigh
    gain : cents that it brings more so; None when it does not, or under such a policy
    """

    changes: tuple[Change, ...]
    last: int
    displaced: Displaced | None = None
    loss: int | None = None
    gain: int | None = None

    @property
    def size(self) -> tuple[int, int, int]:
        """
        What is smaller comes first: fewer parts, and what is bought already. An order displaced
        comes after, and last what would have to be built already.
        """
        built = any(change.built for change in self.changes)
        return (2 if built else 0 if self.displaced is None else 1, len(self.changes),
                max((change.order for change in self.changes), default=0))


@dataclass(frozen=True, slots=True)
class Relieved:
    """
    The answer for one line that is not on time.

    state     : FOUND; NONE_EXISTS, as planning with parts and hours without limit proves;
                NONE_FOUND; or AT_A_LOSS: what the plan leaves would serve it, but the policy not
    reliefs   : the smallest first
    pieces, last : what it could have today, everything else held; last -1 for nothing
    earliest  : the first bucket in which all of it could arrive with parts and hours without
                limit, -1 never
    loss      : AT_A_LOSS: what serving it so would cost
    pin       : site and ship bucket of the first pin that holds it; None without
    """

    line: int
    state: str
    reliefs: tuple[Relief, ...]
    pieces: int
    last: int
    earliest: int
    loss: Loss | None = None
    pin: tuple[int, int] | None = None


def relieve(ground: Ground, policy: Policy, promises: Promises, chosen: Ints,
            progress: Progress | None = None, threads: int = THREADS) -> list[Relieved]:
    """
    What would bring each chosen line on time, the rest of the plan held.

    chosen   : (n,) indexes of lines that are late, short or unplanned
    progress : called with "relieve" and the share done
    threads  : how many share the lines out; each line's answer depends on nothing but the plan
    """
    limits = Limits.of(ground, policy)
    ways = Ways(ground.book, policy, ground.allocation, ground.left, limits.spared,
                None if limits.allowance is None else limits.allowance.counting)
    weighed = Weighed(ground.book, policy, ground.allocation) if (
        policy.objective == "value") else None
    starts = list(range(0, len(chosen), CHUNK))
    threads = max(1, min(threads, len(starts)))
    stop = Event()
    answers: dict[int, list[Relieved]] = {}

    def run(turn: int) -> None:
        search = Search(ground, ways, limits, promises, weighed)
        for count, start in enumerate(starts[turn::threads], start=1):
            if stop.is_set():
                return
            answers[start] = search.answers(chosen[start:start + CHUNK])
            if progress is not None and turn == 0:
                progress("relieve", count / len(starts[turn::threads]))

    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(run, turn) for turn in range(threads)]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            # Ctrl-C reaches this thread only; the others end after the chunk they are at.
            stop.set()
            raise
    return [answer for start in starts for answer in answers[start]]


class Search:
    """The search for reliefs of one thread; `weighed` under the `value` policy only."""

    def __init__(self, ground: Ground, ways: Ways, limits: Limits, promises: Promises,
                 weighed: Weighed | None) -> None:
        self.ground, self.ways, self.limits, self.promises = ground, ways, limits, promises
        self.weighed = weighed
        self.book = ground.book
        self.desk = Desk(ground)
        # What a line lacks is looked for without quotas, and alone; trials are planned with all.
        self.trials = Trials(self.desk if limits.ground is ground else Desk(limits.ground), limits)
        self.options = Options(ground, ways, limits, self.desk)

    def answers(self, chosen: Ints) -> list[Relieved]:
        """The answer for each line."""
        lines, count = self.book.lines, len(chosen)
        pieces, last = self._ample(chosen)
        whole = pieces == lines.open[chosen]
        earliest = np.where(whole, last, -1)
        goals = np.where(whole, np.maximum(lines.requested[chosen], last), -1)
        today, _ = self.trials.outcome([Trial(int(line), (), NO_LIMIT) for line in chosen])
        planned = np.stack([self.promises.pieces[chosen], self.promises.last[chosen]], axis=1)
        helps = whole & ~((planned[:, 0] == lines.open[chosen]) & (planned[:, 1] <= goals))
        ready = helps & (today[:, GIVEN] == lines.open[chosen]) & (today[:, LAST] <= goals)
        asked = ready & ~self.limits.fixed[chosen]
        lost = {} if self.weighed is None else losses(self.trials, self.weighed, chosen[asked],
                                                      goals[asked])
        lacking = np.flatnonzero(helps & ~ready)
        found = dict(zip(lacking.tolist(), self.reliefs(chosen[lacking], goals[lacking],
                                                        earliest[lacking]), strict=True))
        for place in np.flatnonzero(ready).tolist():
            if int(chosen[place]) not in lost:
                changes = (UNFROZEN,) if self.limits.fixed[chosen[place]] else ()
                found[place] = [Relief(changes, int(today[place, LAST]))]
        self._weigh(chosen, found)
        answers = []
        for place in range(count):
            reliefs = tuple(found.get(place, ()))
            held = bool(self.limits.fixed[chosen[place]])
            loss = lost.get(int(chosen[place]))
            state = (FOUND if reliefs else AT_A_LOSS if loss is not None else
                     NONE_FOUND if helps[place] else NONE_EXISTS)
            # Nothing changed, what is held stays as it is planned.
            now = planned[place] if held else today[place, [GIVEN, LAST]]
            answers.append(Relieved(int(chosen[place]), state, reliefs, int(now[0]), int(now[1]),
                                    int(earliest[place]), loss,
                                    self.limits.pins.get(int(chosen[place]))))
        return answers

    def _weigh(self, chosen: Ints, found: dict[int, list[Relief]]) -> None:
        """Note what each line would bring less, or more, with a relief than as planned."""
        if self.weighed is None:
            return
        told = [(place, turn, relief) for place, own in found.items()
                for turn, relief in enumerate(own)]
        out, logs = self.trials.outcome([
            Trial(int(chosen[place]), relief.changes, relief.last,
                  behind=-1 if relief.displaced is None else relief.displaced.line)
            for place, _, relief in told], keep=True)
        for (place, turn, relief), row, log in zip(told, out, logs, strict=True):
            unit = self.limits.unit(int(chosen[place]))
            now, _ = self.weighed.planned(unit)
            then, _ = self.weighed.of(unit, log, int(row[LOG_FIRST]), int(row[LOG_SECOND]))
            found[place][turn] = (replace(relief, loss=now - then) if then <= now else
                                  replace(relief, gain=then - now))

    def _ample(self, chosen: Ints) -> tuple[Longs, Longs]:
        """Pieces and last arrival of each line, or its ship set, alone in the open book."""
        lines = self.book.lines
        own = np.stack([lines.earliest[chosen], lines.latest[chosen], lines.ban[chosen]],
                       axis=1).astype(np.int64)
        pieces, last = self.desk.alone(self.ground.ample, chosen, own)
        rows = np.array([int(line) in self.limits.mates for line in chosen], dtype=bool)
        _, together = self.trials.desk.alone(self.ground.ample, chosen[rows],
                                             np.zeros((0, 3), dtype=np.int64))
        pieces[rows] = np.where(together >= 0, lines.open[chosen[rows]], 0)
        last[rows] = together
        return pieces, last

    def reliefs(self, chosen: Ints, goals: Longs, earliest: Longs) -> list[list[Relief]]:
        """The reliefs of lines that lack something, the smallest first."""
        enough = self.enough(chosen, goals, goals)
        # What is built can change with the week: where the goal's own week has no way, the first
        # week in which all could arrive may have one.
        rest = np.array([relief is None for relief in enough], dtype=bool) & (earliest < goals)
        for place, relief in zip(np.flatnonzero(rest).tolist(), self.enough(
                chosen[rest], goals[rest], earliest[rest]), strict=True):
            enough[place] = relief
        bought = self.least(chosen, goals, enough)
        found = [[relief] if relief is not None else [] for relief in bought]
        self._with_what_there_is(chosen, goals, found)
        self._displacing(chosen, goals, found)
        return [sorted(reliefs, key=lambda relief: relief.size) for reliefs in found]

    def enough(self, chosen: Ints, goals: Longs, weeks: Longs) -> list[Relief | None]:
        """
        All that a line lacks to arrive in a week, of the option that lacks least, for which that is
        enough.
        """
        options = self.options.of(chosen, weeks)
        found: list[Relief | None] = [None] * len(chosen)
        for turn in range(max(map(len, options), default=0)):
            asked = [place for place, own in enumerate(options)
                     if found[place] is None and turn < len(own)]
            out, _ = self.trials.outcome([Trial(int(chosen[place]), options[place][turn],
                                         int(goals[place])) for place in asked])
            for place, row in zip(asked, out, strict=True):
                if row[GIVEN] == self.book.lines.open[chosen[place]]:
                    found[place] = Relief(options[place][turn], int(row[LAST]))
        return found

    def least(self, chosen: Ints, goals: Longs,
              enough: list[Relief | None]) -> list[Relief | None]:
        """The same with every change made as small as does, one after another, dearest first."""
        found = list(enough)
        for turn in range(max((len(relief.changes) for relief in enough if relief), default=0)):
            asked = [(place, relief) for place, relief in enumerate(found)
                     if relief is not None and turn < len(relief.changes)
                     and relief.changes[turn].of != HELD]
            out = self.trials.least([
                Trial(int(chosen[place]), relief.changes, int(goals[place]), turn)
                for place, relief in asked])
            for (place, relief), row in zip(asked, out, strict=True):
                smaller = list(relief.changes)
                smaller[turn] = replace(smaller[turn], quantity=int(row[0]))
                found[place] = Relief(tuple(smaller), int(row[1]))
        return [None if relief is None else
                Relief(tuple(c for c in relief.changes if c.quantity), relief.last)
                for relief in found]

    def _with_what_there_is(self, chosen: Ints, goals: Longs, found: list[list[Relief]]) -> None:
        """Add reliefs in which supply that is bought already takes the place of more of a part."""
        current = {place: own[0] for place, own in enumerate(found)
                   if own and len(own[0].changes) <= MOST_PARTS}
        for turn in range(max((len(one.changes) for one in current.values()), default=0)):
            # Changes before `turn` may have become several; the rest stands at the end, as bought.
            asked, trials = [], []
            for place, relief in current.items():
                bought = found[place][0].changes
                if turn >= len(bought) or bought[turn].kind != "more":
                    continue
                rest = len(bought) - turn - 1
                before = relief.changes[:len(relief.changes) - rest - 1]
                for way in self.ways.instead_of(int(chosen[place]), bought[turn]):
                    changes = (*before, *way, *bought[turn + 1:])
                    asked.append((place, changes, len(bought) == 1))
                    trials.append(Trial(int(chosen[place]), changes, int(goals[place])))
            out, _ = self.trials.outcome(trials)
            taken: set[tuple[int, str]] = set()
            for (place, changes, single), row in zip(asked, out, strict=True):
                kind = changes[0].kind if single else "any"
                if row[GIVEN] < self.book.lines.open[chosen[place]] or (place, kind) in taken:
                    continue
                taken.add((place, kind))
                relief = Relief(changes, int(row[LAST]))
                if single:
                    found[place].append(relief)
                else:
                    current[place] = relief
        for place, relief in current.items():
            if relief is not found[place][0]:
                found[place].append(relief)

    def _displacing(self, chosen: Ints, goals: Longs, found: list[list[Relief]]) -> None:
        """Add to each line's reliefs the order that could be displaced at the least cost."""
        asked, trials = [], []
        for place, own in enumerate(found):
            for change in self.ways.holders(int(chosen[place]), own[0].changes) if own else ():
                asked.append(place)
                held = (UNFROZEN,) if self.limits.fixed[chosen[place]] else ()
                trials.append(Trial(int(chosen[place]), (change, *held), int(goals[place]),
                                    behind=change.gain))
        out, logs = self.trials.outcome(trials, keep=True)
        best: dict[int, Relief] = {}
        for place, trial, row, log in zip(asked, trials, out, logs, strict=True):
            if row[GIVEN] < self.book.lines.open[trial.line]:
                continue
            before, after = self.ways.worth.planned(trial.behind), self.ways.worth.of(
                trial.behind, log, int(row[LOG_SECOND]), int(row[LOG_END]))
            displaced = Displaced(trial.behind, after.pieces, after.last,
                                  before.cents - after.cents)
            relief = Relief(tuple(trial.changes), int(row[LAST]), displaced)
            kept = best.get(place)
            if kept is None or displaced.cost_cents < kept.displaced.cost_cents:  # type: ignore[union-attr]
                best[place] = relief
        for place, relief in best.items():
            found[place].append(relief)
