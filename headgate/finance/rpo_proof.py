"""RPO and firm backlog once more, by another route than the walk takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.contracted import Contracted
from headgate.finance.remaining import binding
from headgate.finance.shares import summed

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Proof:
    """
    What the walk must come to, in cents of the book's currency.

    firm, rpo : those numbers
    foreign  : how many amounts in foreign currencies are rounded to the cent on the way to RPO, at
               most: by so many cents two routes may differ, and without any by none
    schedule : the same of RPO by quarter
    """

    firm: int
    rpo: int
    foreign: int
    schedule: int


def rpo_of_prices(contracts: Contracted, kept: pl.Series, penalty: Longs | None) -> int:
    """
    RPO from the prices as contracts state them, in cents of the book's currency.

    kept, penalty : as for `headgate.finance.remaining.remaining`
    Each currency by itself: all stated prices, less what is recognised, less open pieces that bind
    nobody with their services, less services of which nobody says when they began, less what
    services did not perform before they were cancelled. Where the walk adds up what is left of
    each obligation, this takes away from the whole.
    """
    obligations, names = contracts.obligations, contracts.exchange.names
    left = np.zeros(len(names), dtype=np.int64)
    np.add.at(left, obligations.currency, obligations.stated_cents)
    earned = contracts.earned()
    np.subtract.at(left, contracts.exchange.indexes(earned["currency"]), earned["cents"].to_numpy())
    lines, binds = np.arange(obligations.lines), binding(contracts, kept)
    starts, services = contracts.starts, np.arange(obligations.lines, len(obligations))
    hung = obligations.line[services]
    goes_with = (obligations.starts_on[services] < 0) & ~starts.ended
    loose, unsaid = goes_with & ~binds[hung], goes_with & (starts.unknown > 0)
    # Pieces that came back on a line that binds nobody are open: what they earned stays earned,
    # and nothing more of them is owed.
    ended = starts.ended[starts.service - obligations.lines]
    back = starts.away & ~binds[obligations.line[starts.service]] & ~ended
    again = np.flatnonzero(back & starts.new)
    returned = summed(starts.service[again] - obligations.lines,
                      starts.last[again] - starts.first[again], len(services))
    start, done = contracts.services_earned()
    kept_anyway = (back | ended)[start]
    np.add.at(left, done.currency[kept_anyway], done.cents[kept_anyway])
    gone, free = services[starts.ended], lines[~binds]
    whole = obligations.pieces
    for rows, first, last in (
            (free, (contracts.shipped + contracts.before.held)[free], whole[free]),
            (services[loose], (contracts.shipped[hung] + returned)[loose], whole[services[loose]]),
            (starts.service[again], starts.first[again], starts.last[again]),
            (services[unsaid], np.zeros_like(services[unsaid]), starts.unknown[unsaid]),
            (gone, np.zeros_like(gone), whole[gone])):
        _, number, amount = contracts.allocated.of_pieces(rows, first, last, whole[rows])
        np.subtract.at(left, number, amount)
    there = contracts.exchange.convert(left, np.arange(len(names)),
                                       np.full(len(names), contracts.as_of))
    return int(there.sum()) - (0 if penalty is None else int(penalty.sum()))


def foreign_parts(contracts: Contracted) -> Longs:
    """(obligations,) currencies other than the book's in which each has a part of its price."""
    allocated = contracts.allocated
    return np.bincount(allocated.obligation[allocated.currency > 0],
                       minlength=len(contracts.obligations)).astype(np.int64)


def foreign_of_walk(contracts: Contracted) -> int:
    """How many foreign amounts are rounded on the way to RPO, at most."""
    _, done = contracts.services_earned()
    # Of a line: its order backlog, open pieces, those held, those under way; and the whole. Of what
    # a service has earned four sums, see `Performed.at_rates`, each to half a cent.
    return int(5 * foreign_parts(contracts).sum() + 2 * (done.currency > 0).sum())
