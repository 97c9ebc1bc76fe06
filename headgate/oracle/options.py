"""Where and when each line can go, and what a piece of it is worth there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.oracle.facts import Facts, Line
from headgate.oracle.needs import Needs

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Options:
    """
    One option for each (line, item sent, site, ship bucket) that is allowed; (options,) each.

    worth  : cents that a piece brings more than being lost, its needs not paid for
    need   : its need
    arrive : arrival bucket
    ship   : ship bucket
    item   : place of the item among the line's `gain`
    """

    line: Longs
    worth: NDArray[np.float64]
    need: Longs
    arrive: Longs
    ship: Longs
    item: Longs


def read_options(facts: Facts, needs: Needs) -> Options:
    """
    All options of a book whose needs can be met.

    needs : takes up the needs of the options
    """
    columns: list[tuple[Longs, NDArray[np.float64], Longs, Longs, Longs, Longs]] = []
    roots: dict[tuple[str, str, frozenset[str], str, frozenset[str]], Longs] = {}
    for place, line in enumerate(facts.lines):
        for site, weeks, freight in facts.lanes.get(line.region, ()):
            if line.site not in (None, site):
                continue
            ship = np.arange(max(0, line.first - weeks),
                             min(facts.horizon - 1, line.last - weeks) + 1)
            worth = _by_week(line, ship, ship + weeks) - freight
            for number, (item, gain) in enumerate(line.gain.items()):
                key = (item, site, line.banned, line.customer, line.claim)
                if key not in roots:
                    roots[key] = needs.roots(*key)
                columns.append((np.full(len(ship), place), (worth + gain).astype(np.float64),
                                roots[key][ship], ship + weeks, ship,
                                np.full(len(ship), number)))
    if not columns:
        none = np.zeros(0, dtype=np.int64)
        return Options(none, np.zeros(0), none, none, none, none)
    found = Options(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))
    return select(found, needs.possible()[found.need])


def select(options: Options, kept: NDArray[np.bool_]) -> Options:
    """Some of the options, in the same order."""
    return Options(options.line[kept], options.worth[kept], options.need[kept],
                   options.arrive[kept], options.ship[kept], options.item[kept])


def _by_week(line: Line, ship: Longs, arrive: Longs) -> Longs:
    """What a piece brings by its weeks: no loss, lateness and bonuses."""
    worth: Longs = line.lost - line.late * np.maximum(0, arrive - line.requested)
    when = ship if line.by_ship else arrive
    for until, cents in line.bonuses:
        worth += np.where(when <= until, cents, 0)
    return worth
