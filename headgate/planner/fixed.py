"""
What is placed before all others: the pins of planners, then the frozen promises.

Both policies begin with the same fixed allocations and plan what these leave. The rules are those
of "Held allocations" in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import NO_LIMIT, Book, Hours
from headgate.planner.allocate import look_ahead
from headgate.planner.kernels.layout import UNLIMITED, World
from headgate.planner.kernels.rank import (
    ACCEPT,
    ACCEPT_END,
    BAN,
    LANE,
    LINE,
    OPEN,
    PIECES,
    SET,
    SHIP,
    SITE,
    Lines,
    Log,
)
from headgate.planner.placing import joined, place_all, strip_permits
from headgate.planner.usage import hours_of_log
from headgate.planner.world import Pools, limited_world, lines_of, log_of, turns_of

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fixed:
    """
    The fixed allocations.

    log    : in the order in which they were placed, permits among the draws
    placed : (lines,) pieces; broken : (lines,) pieces that are held and did not fit
    pinned : so many of the first allocations are placed by pins
    """

    log: Log
    placed: Longs
    broken: Longs
    pinned: int = 0


def fix(book: Book, pools: Pools) -> Fixed:
    """Place all pins in rank order, then all frozen lines in rank order, as far as they fit."""
    lines = book.lines
    placed, held = np.zeros(len(lines), dtype=np.int64), np.zeros(len(lines), dtype=np.int64)
    pins = pins_of(book)
    frozen = frozen_promises(book)
    if not len(pins) and not frozen.any():
        return Fixed(log_of(0, 0), placed, held)
    world = limited_world(book, pools)
    whole = lines_of(book, pools.permits, sets=True)
    logs = [place_pins(book, pools, world, whole, pins)]
    np.add.at(held, pins[:, 0], pins[:, 3])
    np.add.at(placed, logs[0].rows[:, LINE], logs[0].rows[:, PIECES])
    logs.append(place_frozen(book, pools, world, whole, placed))
    np.add.at(placed, logs[1].rows[:, LINE], logs[1].rows[:, PIECES])
    held[frozen] = lines.open[frozen]
    return Fixed(joined(logs), placed, held - np.minimum(held, placed), len(logs[0].rows))


def frozen_promises(book: Book) -> NDArray[np.bool_]:
    """(lines,) open lines that are frozen, with a promise."""
    lines = book.lines
    return np.asarray((lines.frozen == 1) & (lines.promised > -NO_LIMIT) & (lines.open > 0))


def place_frozen(book: Book, pools: Pools, world: World, whole: Lines, placed: Longs) -> Log:
    """
    Place frozen lines in rank order in the weeks of their promises, in what a world has left.

    placed : (lines,) pieces of them that pins hold
    """
    rows = whole.rows.copy()
    rows[:, OPEN] -= placed
    turns = turns_of(book, frozen_promises(book) & (rows[:, OPEN] > 0))
    promised = book.lines.promised[turns].astype(np.int64)
    windows = np.stack([promised, promised, book.lines.ban[turns]], axis=1).astype(np.int64)
    return place_all(book, pools, world, whole._replace(rows=rows), turns, windows)


def held_lines(book: Book) -> NDArray[np.bool_]:
    """(lines,) whether a line has a pin or a frozen promise."""
    held: NDArray[np.bool_] = np.asarray(book.lines.frozen == 1)
    pins = book.tables.frames["pins"]
    if len(pins):
        pinned = _numbered(book).join(pins, on=["order_id", "line_no"], how="semi")
        held[pinned["line"].to_numpy()] = True
    return held


def holding(book: Book, pools: Pools) -> tuple[NDArray[np.bool_], dict[int, tuple[int, int]]]:
    """
    What pins and frozen promises hold: some pieces are placed by them, or would be after the
    requested week. One that is broken whole, and in time, holds nothing.

    returns : (lines,) whether a line is held; site and ship bucket of its first pin that holds
    """
    lines, pins, fixed = book.lines, pins_of(book), fix(book, pools)
    promised = frozen_promises(book)
    held = (fixed.placed > 0) | (promised & (lines.promised > lines.requested))
    rows = fixed.log.rows
    placed = set(zip(rows[:, LINE].tolist(), book.lanes.site[rows[:, LANE]].tolist(),
                     rows[:, SHIP].tolist(), strict=True))
    arrival = pins[:, 2] + _lane_weeks(book, lines.region[pins[:, 0]], pins[:, 1])
    late = arrival > lines.requested[pins[:, 0]]
    first: dict[int, tuple[int, int]] = {}
    for (line, site, ship, _), is_late in zip(pins.tolist(), late.tolist(), strict=True):
        if is_late or (line, site, ship) in placed:
            held[line] = True
            first.setdefault(line, (site, ship))
    return held, first


def _numbered(book: Book) -> pl.DataFrame:
    """order_id, line_no and `line`, the number that the book gives each line."""
    return book.tables.frames["orders"].select("order_id", "line_no")[
        pl.Series(book.lines.source_row)].with_row_index("line")


def pins_of(book: Book) -> Longs:
    """(pins, 4) line, site, ship week and pieces of each pin, by rank of the line, week, site."""
    frame, lines = book.tables.frames["pins"], book.lines
    if frame.is_empty():
        return np.zeros((0, 4), dtype=np.int64)
    orders = _numbered(book)
    place = lines.place_by_rank
    found = frame.join(orders, on=["order_id", "line_no"], how="left")
    line = found["line"].to_numpy().astype(np.int64)
    days = (found["ship_on"] - book.first_monday).dt.total_days().to_numpy()
    pieces = found["quantity"].fill_null(0).to_numpy().astype(np.int64)
    pieces = np.where(found["quantity"].is_null().to_numpy(), lines.open[line], pieces)
    rows = np.stack([line, book.sites.indexes(found["site_id"]).astype(np.int64),
                     np.floor_divide(days, 7), pieces], axis=1).astype(np.int64)
    return rows[np.lexsort((rows[:, 1], rows[:, 2], place[line]))]


def place_pins(book: Book, pools: Pools, world: World, whole: Lines, pins: Longs) -> Log:
    """
    Place pins one after another; those of a complete line or a ship set all or none.

    Each pin is a line of its own to the kernel: its pieces of the line's item, from its site.
    """
    line = pins[:, 0]
    rows = whole.rows[line]
    rows[:, OPEN], rows[:, SITE] = pins[:, 3], pins[:, 1]
    rows[:, ACCEPT], rows[:, ACCEPT_END] = 0, 0
    ship_set = whole.rows[line, SET]
    unit = np.where(ship_set >= 0, len(whole.rows) + ship_set, line)
    together = (ship_set >= 0) | (book.lines.complete[line] == 1)
    names = np.unique(unit[together])
    rows[:, SET] = np.where(together, np.searchsorted(names, unit), -1)
    members = np.flatnonzero(together)
    members = members[np.argsort(rows[members, SET], kind="stable")]
    ptr = np.searchsorted(rows[members, SET], np.arange(len(names) + 1)).astype(np.int64)
    pinned = whole._replace(rows=rows, set_ptr=ptr, mates=members.astype(np.int64))
    first = np.ones(len(pins), dtype=bool)
    first[members] = False
    first[members[ptr[:-1]]] = True
    turns = np.flatnonzero(first).astype(np.int32)
    lane = _lane_weeks(book, book.lines.region[line[turns]], pins[turns, 1])
    windows = np.stack([pins[turns, 2] + lane, pins[turns, 2] + lane, rows[turns, BAN]],
                       axis=1).astype(np.int64)
    log = place_all(book, pools, world, pinned, turns, windows)
    log.rows[:, LINE] = line[log.rows[:, LINE]]
    return log


def _lane_weeks(book: Book, region: Ints, site: Longs) -> Longs:
    """Weeks of the quickest lane from each site to each region."""
    weeks = np.full((len(book.regions), len(book.sites)), NO_LIMIT, dtype=np.int64)
    of_lane = np.repeat(np.arange(len(book.regions)), np.diff(book.lanes.ptr))
    np.minimum.at(weeks, (of_lane, book.lanes.site), book.lanes.weeks)
    return weeks[region, site]


def rest_of(book: Book, pools: Pools, fixed: Fixed) -> tuple[Book, Pools]:
    """The book and its pools without what is fixed: open pieces, supply, permits and hours."""
    if not len(fixed.log.rows):
        return book, pools
    left = left_by(book, pools.everything(), fixed.log)
    used = hours_of_log(book, pools.permits, strip_permits(fixed.log))
    there = book.hours.micro
    rest = replace(
        book, lines=replace(book.lines, open=book.lines.open - fixed.placed),
        hours=Hours(book.hours.row, np.where(there >= UNLIMITED, there, there - used)))
    permits = replace(pools.permits, supplied=left[len(pools):])
    return rest, replace(pools, supplied=left[:len(pools)], permits=permits)


def left_by(book: Book, there: Longs, log: Log) -> Longs:
    """
    (pools and permits, weeks) what draws leave, the smallest balance from each week on.

    there : (pools and permits, weeks) what there is by each week
    """
    node = np.where(log.sources[:, 0] < 0, -1 - log.sources[:, 0], log.sources[:, 0])
    week = np.repeat(log.rows[:, 3], np.diff(log.first_draw)) - book.forest.offset[node]
    drawn = np.zeros_like(there)
    np.add.at(drawn, (log.sources[:, 1], week), log.pieces)
    balance = there - np.cumsum(drawn, axis=1)
    return look_ahead(balance)
