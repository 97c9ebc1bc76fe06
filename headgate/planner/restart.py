"""An older plan on a book that may have changed: its prices, and its allocations draw by draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import by_line
from headgate.planner.dual import Prices
from headgate.planner.kernels.rank import LANE, LINE, PIECES, SHIP, Log
from headgate.planner.kernels.retrace import (
    P_CALLED,
    P_DAYS,
    P_ITEM,
    Drawn,
    find_spans,
    pick_known,
    retrace,
)
from headgate.planner.market import useful_steps
from headgate.planner.numbering import order_of
from headgate.planner.older import Allocated, Older, Priced, buckets_of_days
from headgate.planner.quota_use import with_permits
from headgate.planner.reservations import settle_reservations
from headgate.planner.world import (
    Pools,
    draws_of_tree,
    empty_world,
    lines_of,
    log_of,
    scratch_of,
    trees_of,
)

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Retraced:
    """
    An older plan's allocations on a book.

    log  : those that still stand for themselves, with their draws and those of permits, whether or
           not supply, hours and permits suffice for them
    rest : (allocations, 5) those that the book allows but that cannot draw as they did
    """

    log: Log
    rest: Longs


def prices_of_older(book: Book, pools: Pools, prices: Priced, last_draw: Longs) -> Prices:
    """
    The older plan's prices on this book's pools, permits and hours; 0 for what it did not know.

    last_draw : (pools,) see `headgate.planner.market.Exchange`
    """
    steps = np.zeros(pools.everything().shape)
    hours = np.zeros(book.hours.micro.shape)
    week, cents = buckets_of_days(book, prices.day), prices.cents
    inside = (week >= 0) & (week < book.horizon)
    site = prices.site.within(book.sites)
    slot = prices.reserved_for.within(book.reserving) + 1
    known = (prices.reserved_for.row < 0) | (slot > 0)
    pool = pools.find(prices.id.within(book.items), site, slot)
    level = np.zeros_like(steps)
    rows = np.flatnonzero(prices.part & inside & known & (pool >= 0))
    level[pool[rows], week[rows]] = cents[rows]
    permits = pools.permits
    titles = {permits.title(k): len(pools) + k for k in range(len(permits))}
    for row in np.flatnonzero(prices.quota & inside & (prices.id.row >= 0)).tolist():
        name = prices.id.ids[prices.id.row[row]]
        if name in titles:
            level[titles[name], week[row]] = cents[row]
    # A level holds from the end of the row before to its own week: a step is what it falls by.
    level = np.maximum.accumulate(level[:, ::-1], axis=1)[:, ::-1]
    steps[:, :-1] = level[:, :-1] - level[:, 1:]
    steps[:, -1] = level[:, -1]
    resource = prices.id.within(book.resources)
    rows = np.flatnonzero(~prices.part & inside & (site >= 0) & (resource >= 0))
    hour_row = book.hours.row[resource[rows], site[rows]]
    rows, hour_row = rows[hour_row >= 0], hour_row[hour_row >= 0]
    hours[hour_row, week[rows]] = cents[rows]
    return Prices(_before_receipts(steps, pools, last_draw), hours)


def _before_receipts(steps: Floats, pools: Pools, last_draw: Longs) -> Floats:
    """
    Steps of prices moved to the weeks before this book's receipts.

    No pieces come in the weeks between, so a step that is moved on costs the bound nothing, and one
    that is left where nothing is received any more is lost to it.
    """
    useful = useful_steps(pools.everything().astype(np.float64), last_draw)
    weeks = steps.shape[1]
    place = np.where(useful, np.arange(weeks)[None, :], weeks)
    following = np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
    last = np.where(useful, np.arange(weeks)[None, :], 0).max(axis=1, initial=0)
    moved = np.zeros_like(steps)
    pool, week = np.nonzero(steps)
    np.add.at(moved, (pool, np.minimum(following[pool, week], last[pool])), steps[pool, week])
    return moved


def rows_of_older(book: Book, older: Allocated) -> Longs:
    """
    The older plan's allocations that this book still allows, in the columns of a log.

    returns : (allocations, 5) line, item, lane, ship bucket, pieces
    """
    known = np.flatnonzero((older.line >= 0) & (older.item >= 0) & (older.site >= 0))
    line, item, site = older.line[known], older.item[known], older.site[known]
    ship, pieces = older.ship[known], older.pieces[known]
    lines, lanes = book.lines, book.lanes
    lane_of = np.full((len(book.regions), len(book.sites)), -1, dtype=np.int64)
    region = np.repeat(np.arange(len(book.regions)), np.diff(lanes.ptr))
    lane_of[region, lanes.site] = np.arange(len(lanes.site))
    lane = lane_of[lines.region[line], site]
    arrival = ship + lanes.weeks[lane]
    good = ((lane >= 0) & (ship >= 0) & (ship < book.horizon)
            & (arrival >= np.maximum(0, lines.earliest[line])) & (arrival <= lines.latest[line])
            & ((lines.site[line] < 0) | (lines.site[line] == site))
            & (book.bans.banned[lines.ban[line], item] == 0))
    other = np.flatnonzero(good & (item != lines.item[line]))
    good[other] = _accepted(book, line[other], item[other])
    chosen = np.flatnonzero(good)
    return np.stack([part[chosen] for part in (line, item, lane, ship, pieces)], axis=1)


def _accepted(book: Book, line: Longs, item: Longs) -> NDArray[np.bool_]:
    """(n,) whether each line accepts an item, given in pairs, in place of its own."""
    first, end = book.lines.accept_ptr[line], book.lines.accept_ptr[line + 1]
    found = np.zeros(len(line), dtype=np.bool_)
    for turn in range(int((end - first).max(initial=0))):
        there = np.flatnonzero(first + turn < end)
        found[there] |= book.lines.accept[first[there] + turn] == item[there]
    return found


def retrace_older(book: Book, pools: Pools, older: Older) -> Retraced:
    """
    The older plan's allocations with the very draws that it published.

    A line that has fewer open pieces keeps what was to ship last as far as pieces have shipped
    since, and then what was to ship first. Reserved pieces are settled by what there is.
    """
    rows = _within_open(book, rows_of_older(book, older.allocated))
    spans, draws = _published(book, rows, older.drawn)
    log = log_of(len(rows), len(draws) + draws_of_tree(book) * len(rows))
    kept = np.zeros(len(rows), dtype=np.int8)
    retrace(trees_of(book), empty_world(book, pools), scratch_of(book, pools),
            lines_of(book, pools.permits), rows,
            spans, draws, older.published, log, kept)
    count, drawn = int(log.size[0]), int(log.size[1])
    whole = Log(log.rows[:count], log.first_draw[:count + 1], log.sources[:drawn],
                log.pieces[:drawn], log.size)
    plain = by_line(whole, pools, np.zeros_like(book.lines.open))
    settled = settle_reservations(book, plain)
    return Retraced(with_permits(book, pools, settled.log), rows[kept == 0])


def _within_open(book: Book, rows: Longs) -> Longs:
    """Allocations cut to the open pieces of their lines, in the order of line and ship week."""
    rows = rows[order_of([(rows[:, LINE], len(book.lines)), (rows[:, SHIP], book.horizon)])]
    given = np.bincount(rows[:, LINE], rows[:, PIECES], len(book.lines)).astype(np.int64)
    over = np.maximum(0, given - book.lines.open)
    if not over.any():
        return rows
    rows = rows.copy()
    shipped = book.tables.frames["orders"]["shipped_quantity"].gather(
        pl.Series(book.lines.source_row)).to_numpy()
    gone = np.minimum(over, shipped)
    for excess, places in ((gone, range(len(rows))),
                           (over - gone, range(len(rows) - 1, -1, -1))):
        for place in places:
            line = rows[place, LINE]
            if excess[line] > 0:
                lot = book.lines.lot[line]
                cut = min(-(-excess[line] // lot) * lot, rows[place, PIECES])
                rows[place, PIECES] -= cut
                excess[line] -= min(cut, excess[line])
    return rows[rows[:, PIECES] > 0]


def _published(book: Book, rows: Longs, drawn: Drawn) -> tuple[Longs, Longs]:
    """For each allocation the span of its draws, and the draws, as `retrace` takes them."""
    sites, items, count = max(1, len(book.sites)), len(book.items), len(drawn.line)
    key, draws = np.zeros(count, dtype=np.int64), np.zeros((count, 4), dtype=np.int64)
    known = pick_known(drawn, sites, book.horizon, key, draws)
    ordered, known = known >= 0, known if known >= 0 else -1 - known
    key, draws = key[:known], draws[:known]
    if not ordered:
        days = draws[:, P_DAYS]
        order = order_of([(key, len(book.lines) * sites * book.horizon),
                          (draws[:, P_CALLED], items), (draws[:, P_ITEM], items),
                          (days, int(days.max(initial=0)) + 1)])
        key, draws = key[order], draws[order]
    site = book.lanes.site[rows[:, LANE]]
    asked = (rows[:, LINE] * sites + site) * book.horizon + rows[:, SHIP]
    spans = np.zeros((len(rows), 2), dtype=np.int64)
    find_spans(key, asked, spans)
    return spans, draws
