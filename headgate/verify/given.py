"""What each line of a plan was given, so that it can be given back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.verify.explosion import Explosion
from headgate.verify.pegging import Pegs
from headgate.verify.walk import Walk

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Given:
    """
    Pieces and hours of lines.

    pieces : (pool, bucket, pieces) by line and site
    hours  : (resource, bucket, micro) by line and site
    """

    pieces: dict[int, dict[int, list[tuple[int, int, int]]]] = field(default_factory=dict)
    hours: dict[int, dict[int, list[tuple[int, int, int]]]] = field(default_factory=dict)

    def sites(self, line: int) -> set[int]:
        """The sites at which a line was given anything."""
        return set(self.pieces.get(line, ())) | set(self.hours.get(line, ()))

    def back(self, line: int, walk: Walk) -> None:
        """Give back what a line has at the site of a walk, as if it had none."""
        for pool, bucket, pieces in self.pieces.get(line, {}).get(walk.site, ()):
            walk.add(pool, bucket, pieces)
        for resource, bucket, micro in self.hours.get(line, {}).get(walk.site, ()):
            walk.used[resource, bucket] = walk.used.get((resource, bucket), 0) - micro


def given_to(chosen: Longs, exploded: Explosion, pegs: Pegs) -> Given:
    """The pieces by pool and the hours of some lines of a plan."""
    given = Given()
    line, site, week = (exploded.draws[name].to_numpy() for name in ("line", "site", "drawn"))
    at = np.flatnonzero(np.isin(line[pegs.draw], chosen))
    draw = pegs.draw[at]
    for key_line, key_site, pool, bucket, pieces in zip(
            line[draw].tolist(), site[draw].tolist(), pegs.pool[at].tolist(),
            week[draw].tolist(), pegs.pieces[at].tolist(), strict=True):
        given.pieces.setdefault(key_line, {}).setdefault(key_site, []).append(
            (pool, bucket, pieces))
    rows = exploded.hours.filter(pl.col("line").is_in(pl.Series(chosen).implode()))
    for key_line, key_site, resource, bucket, micro in rows.select(
            "line", "site", "resource", "drawn", "micro").iter_rows():
        given.hours.setdefault(key_line, {}).setdefault(key_site, []).append(
            (resource, bucket, micro))
    return given
