"""
The program of a book as a sparse matrix.

columns : pieces of each option (in lots where lots are whole); pieces drawn for each need from
          each pool, own or substitute; pieces made for each need; what a pool carries on from one
          draw bucket to the next; where lines ship complete, whether one arrives in a bucket;
          pieces of each reservation that its own lines take in a week
rows    : a line delivers at most its open pieces; a need is met; a pool's draws are there; hours
          of a resource, site and week reach; all pieces of a complete line arrive in its bucket,
          and all lines of a ship set in one; caps and reservations hold
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from headgate.oracle.facts import Facts, Pool
from headgate.oracle.needs import Need, Needs, Week
from headgate.oracle.options import Options, select
from headgate.oracle.permits import add_quotas

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Reals = NDArray[np.float64]

FREE = np.inf


@dataclass(frozen=True, slots=True)
class Program:
    """
    The most of `cost @ x + constant` with row_low <= A x <= row_high and 0 <= x <= high.

    start, index, value : A by columns (CSC)
    whole    : whether a column must be a whole number
    constant : the cents of a plan that delivers nothing beside what is held
    pool_rows, hour_rows : the row of each pool and draw bucket, and of each limited hours
    """

    cost: Reals
    high: Reals
    whole: NDArray[np.bool_]
    row_low: Reals
    row_high: Reals
    start: Ints
    index: Ints
    value: Reals
    constant: int
    pool_rows: dict[tuple[Pool, int], int]
    hour_rows: dict[Week, int]


def build_program(facts: Facts, needs: Needs, options: Options, whole: bool) -> Program:
    """
    The mixed program of a book, or its linear one.

    whole : whole pieces and lots, and complete lines; else everything may be split
    """
    complete = np.array([line.complete for line in facts.lines], dtype=np.bool_)
    bound = complete[options.line] if whole else np.zeros(len(options.line), dtype=np.bool_)
    # What brings nothing even if its needs are free is never delivered, unless a line that must
    # arrive whole has to take it along.
    options = select(options, bound | (options.worth > 0))
    builder = Builder(facts, whole)
    lines = builder.add_rows(np.zeros(len(facts.lines)) - FREE,
                             np.array([line.open for line in facts.lines], dtype=np.float64))
    lot = np.array([line.lot if whole else 1 for line in facts.lines], dtype=np.float64)
    lot = lot[options.line]
    columns = builder.add_columns(
        options.worth * lot, np.array([line.open for line in facts.lines])[options.line] / lot
        if len(options.line) else lot, whole)
    rows = builder.add_needs(needs)
    builder.fill(columns, lines[options.line], lot)
    builder.fill(columns, rows[options.need], -lot)
    if whole and complete.any():
        builder.add_complete(options, columns, lot, complete)
    add_quotas(builder, facts, options, columns, lot)
    return builder.finish(facts.held_cents
                          - sum(line.open * line.lost for line in facts.lines))


@dataclass(slots=True)
class Builder:
    """Collects rows, columns and entries."""

    facts: Facts
    whole: bool
    rows: int = 0
    columns: int = 0
    low: list[Reals] = field(default_factory=list)
    high: list[Reals] = field(default_factory=list)
    cost: list[Reals] = field(default_factory=list)
    upper: list[Reals] = field(default_factory=list)
    is_whole: list[NDArray[np.bool_]] = field(default_factory=list)
    entries: list[tuple[Longs, Longs, Reals]] = field(default_factory=list)
    pool_rows: dict[tuple[Pool, int], int] = field(default_factory=dict)
    hour_rows: dict[Week, int] = field(default_factory=dict)
    draws: list[tuple[int, Need, Pool, int]] = field(default_factory=list)

    def add_rows(self, low: Reals, high: Reals) -> Longs:
        """The numbers of new rows."""
        self.low.append(low)
        self.high.append(high)
        self.rows += len(low)
        return np.arange(self.rows - len(low), self.rows)

    def add_columns(self, cost: Reals, upper: Reals, whole: bool) -> Longs:
        """The numbers of new columns."""
        self.cost.append(cost)
        self.upper.append(upper)
        self.is_whole.append(np.full(len(cost), whole))
        self.columns += len(cost)
        return np.arange(self.columns - len(cost), self.columns)

    def fill(self, column: Longs, row: Longs, value: Reals) -> None:
        """Set entries."""
        self.entries.append((column, row, value))

    def add_needs(self, needs: Needs) -> Longs:
        """All ways to meet the needs; returns the row of each need."""
        count, possible = len(needs.needs), needs.possible()
        rows = self.add_rows(np.zeros(count), np.full(count, FREE))
        draws = [(place, pool, bucket, extra) for place, need in enumerate(needs.needs)
                 for pool, bucket, extra in need.draws]
        columns = self.add_columns(-np.array([extra for *_, extra in draws], dtype=np.float64),
                                   np.full(len(draws), FREE), self.whole)
        self.fill(columns, rows[np.array([place for place, *_ in draws], dtype=np.int64)],
                  np.ones(len(draws)))
        self._add_pools([(pool, bucket) for _, pool, bucket, _ in draws], columns)
        self.draws = [(column, needs.needs[place], pool, bucket)
                      for column, (place, pool, bucket, _)
                      in zip(columns.tolist(), draws, strict=True)]
        makes = [(place, need, need.parts) for place, need in enumerate(needs.needs)
                 if need.parts is not None and all(possible[part] for part, _ in need.parts)]
        made = self.add_columns(np.zeros(len(makes)), np.full(len(makes), FREE), self.whole)
        self.fill(made, rows[np.array([place for place, *_ in makes], dtype=np.int64)],
                  np.ones(len(makes)))
        self.fill_listed([(column, int(rows[part]), -float(pieces)) for column, (*_, parts)
                           in zip(made.tolist(), makes, strict=True) for part, pieces in parts])
        self._add_hours([need for _, need, _ in makes], made)
        return rows

    def fill_listed(self, entries: list[tuple[int, int, float]]) -> None:
        """Set entries given as (column, row, value)."""
        if entries:
            column, row, value = zip(*entries, strict=True)
            self.fill(np.array(column), np.array(row), np.array(value))

    def _add_pools(self, drawn: list[tuple[Pool, int]], columns: Longs) -> None:
        """What each pool has in its draw buckets: a bucket's draws and what it carries on are at
        most what was carried on to it and came since."""
        distinct = sorted(set(drawn))
        there = np.zeros(len(distinct))
        carried: list[tuple[int, int]] = []
        since = 0
        for row, (pool, bucket) in enumerate(distinct):
            if row == 0 or distinct[row - 1][0] != pool:
                since = 0
            else:
                carried.append((row - 1, row))
            there[row] = self.facts.pools[pool][since:bucket + 1].sum()
            since = bucket + 1
        rows = self.add_rows(np.full(len(distinct), -FREE), there)
        self.pool_rows = dict(zip(distinct, rows.tolist(), strict=True))
        self.fill(columns, np.array([self.pool_rows[key] for key in drawn], dtype=np.int64),
                  np.ones(len(drawn)))
        stays = self.add_columns(np.zeros(len(carried)), np.full(len(carried), FREE), False)
        for end, value in ((0, 1.0), (1, -1.0)):
            self.fill(stays, rows[np.array([pair[end] for pair in carried], dtype=np.int64)],
                      np.full(len(carried), value))

    def _add_hours(self, makes: list[Need], made: Longs) -> None:
        weeks: dict[Week, int] = {}
        entries = [(column, weeks.setdefault(week, len(weeks)), hours)
                   for column, need in zip(made.tolist(), makes, strict=True)
                   for week, hours in need.hours]
        limits = np.array([self.facts.hours[week] or 0 for week in weeks], dtype=np.float64)
        rows = self.add_rows(np.full(len(weeks), -FREE), limits / 1_000_000)
        self.hour_rows = dict(zip(weeks, rows.tolist(), strict=True))
        self.fill_listed([(column, int(rows[week]), hours) for column, week, hours in entries])

    def add_complete(self, options: Options, columns: Longs, lot: Reals,
                     complete: NDArray[np.bool_]) -> None:
        """All open pieces of a complete line arrive in the one bucket that it takes, or none."""
        bound = np.flatnonzero(complete[options.line])
        pairs, pair = np.unique(np.stack([options.line[bound], options.arrive[bound]]), axis=1,
                                return_inverse=True)
        count = pairs.shape[1]
        takes = self.add_columns(np.zeros(count), np.ones(count), True)
        pieces = np.array([self.facts.lines[line].open for line in pairs[0].tolist()],
                          dtype=np.float64)
        arrives = self.add_rows(np.zeros(count), np.zeros(count))
        self.fill(columns[bound], arrives[pair.reshape(-1)], lot[bound])
        self.fill(takes, arrives, -pieces)
        lines, line = np.unique(pairs[0], return_inverse=True)
        once = self.add_rows(np.full(len(lines), -FREE), np.ones(len(lines)))
        self.fill(takes, once[line.reshape(-1)], np.ones(count))
        self._join_sets({(line, bucket): take for line, bucket, take in zip(
            *pairs.tolist(), takes.tolist(), strict=True)})

    def _join_sets(self, takes: dict[tuple[int, int], int]) -> None:
        """A line of a ship set takes a bucket if and only if each other line of it does."""
        sets: dict[str, list[int]] = {}
        for place, line in enumerate(self.facts.lines):
            if line.ship_set is not None:
                sets.setdefault(line.ship_set, []).append(place)
        for mates in sets.values():
            for bucket in {bucket for place, bucket in takes if place in mates}:
                for one, other in pairwise(mates):
                    row = int(self.add_rows(np.zeros(1), np.zeros(1))[0])
                    self.fill_listed([(takes[place, bucket], row, sign) for place, sign in
                                       ((one, 1.0), (other, -1.0)) if (place, bucket) in takes])

    def finish(self, constant: int) -> Program:
        """The program by columns; entries of the same place are added."""
        column, row, value = (np.concatenate(parts) for parts in zip(*self.entries, strict=True))
        key, back = np.unique(column * max(1, self.rows) + row, return_inverse=True)
        total = np.bincount(back, weights=value, minlength=len(key))
        count = np.bincount(key // max(1, self.rows), minlength=self.columns)
        start = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
        return Program(np.concatenate(self.cost), np.concatenate(self.upper),
                       np.concatenate(self.is_whole), np.concatenate(self.low),
                       np.concatenate(self.high), start,
                       (key % max(1, self.rows)).astype(np.int32), total.astype(np.float64),
                       constant, self.pool_rows, self.hour_rows)
