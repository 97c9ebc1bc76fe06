"""
The lines of the demo backlog as numbers: who orders what, how much, for when, at which price.

Orders are drawn segment by segment; then the pieces are scaled until each segment holds its share
of the dollars, so that prices stay what they are and the sizes of orders give way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headgate.demo.draws import Flags, Longs, Stream, split
from headgate.demo.products import AS_OF, ASSEMBLY_BY_ID, SOLD, gpus_in, standard_cost
from headgate.demo.segments import SEGMENTS, Segment
from headgate.demo.typed import day_number, working_days

BACKLOG_DOLLARS = 43_000_000_000
BACKLOG_LINES = 10_000
CUSTOMERS = 4_000
"""The book of the default size; all three grow in proportion to the lines."""

NOW = day_number(AS_OF)
LAST_WEEK_WANTED = 41
MOST_LOTS = 100_000
"""No line is larger; it keeps the sums of the scaling inside 64 bits."""
QUARTERS: tuple[tuple[int, int, int], ...] = ((0, 91, 690), (91, 182, 220), (182, 273, 65),
                                              (273, 364, 25))
"""Days before `as_of` and share of the backlog's dollars booked then, from the newest quarter."""
IS_RACK = np.array([ASSEMBLY_BY_ID[item].kind == "rack" for item in SOLD])
COST_CENTS = np.array([standard_cost(item) * 100 for item in SOLD], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Backlog:
    """
    The order lines, (lines,) each, in the order of order and line number.

    order, customer, segment, region : numbers; `region` of `REGIONS`, `segment` of `SEGMENTS`
    item     : number of `SOLD`
    lot      : lot size
    pieces   : open pieces, a multiple of the lot; 0 for a line that has left in full
    shipped  : pieces that have left, a multiple of the lot
    price_cents : US cents for one piece, whole dollars
    booked, requested : day numbers
    priority : 1 to 4
    """

    order: Longs
    line_no: Longs
    customer: Longs
    segment: Longs
    region: Longs
    item: Longs
    lot: Longs
    pieces: Longs
    shipped: Longs
    price_cents: Longs
    booked: Longs
    requested: Longs
    priority: Longs

    def __len__(self) -> int:
        return len(self.item)


@dataclass(frozen=True, slots=True)
class _Part:
    """The lines of one segment; orders and customers are numbered from 0 within it."""

    order: Longs
    line_no: Longs
    customer: Longs
    region: Longs
    item: Longs
    lot: Longs
    pieces: Longs
    price_cents: Longs
    lag_weeks: Longs
    priority: Longs


def draw_backlog(lines: int, draw: Stream) -> Backlog:
    """The backlog of so many lines; see `SEGMENTS` for what it is made of."""
    counts = split(lines, [segment.lines for segment in SEGMENTS])
    people = split(max(1, lines * CUSTOMERS // BACKLOG_LINES),
                   [segment.customers for segment in SEGMENTS])
    dollars = BACKLOG_DOLLARS * lines // BACKLOG_LINES
    shares = [segment.dollars if count else 0
              for segment, count in zip(SEGMENTS, counts, strict=True)]
    parts = [_draw_segment(segment, count, max(1, customers), cents, draw)
             for segment, count, customers, cents
             in zip(SEGMENTS, counts, people, split(dollars * 100, shares), strict=True) if count]
    labels = [number for number, count in enumerate(counts) if count]
    return _dated(parts, labels, draw)


def _draw_segment(segment: Segment, lines: int, customers: int, cents: int,
                  draw: Stream) -> _Part:
    """The lines of one segment, worth about so many cents."""
    per_order = draw.deal(lines, segment.order_lines) + 1
    orders = int(np.searchsorted(np.cumsum(per_order), lines)) + 1
    order = np.repeat(np.arange(orders), per_order[:orders])[:lines]
    first = np.concatenate([[0], np.cumsum(per_order[:orders - 1])])
    line_no = np.arange(lines) - first[order] + 1
    size = draw.sizes(orders, segment.spread)
    item = _draw_items(segment, order, size, draw)
    lot = _draw_lots(segment, item, draw)
    region = draw.deal_by_mass(size, segment.regions) if segment.schedule \
        else draw.deal(orders, segment.regions)
    price = _draw_prices(segment, order, size, item, draw)
    jitter = draw.whole(lines, 650, 1350)
    base = size[order] * jitter // 1000 * _pieces_per_size(segment)[item]
    return _Part(order, line_no, _draw_customers(orders, customers, draw)[order], region[order],
                 item, lot, scaled_pieces(base, lot, price, cents), price,
                 _draw_lags(segment, order, line_no, size, draw),
                 draw.deal(orders, segment.priorities)[order] + 1)


def _draw_customers(orders: int, customers: int, draw: Stream) -> Longs:
    """Who places each order: everybody at least one, and the first ones many more."""
    again = draw.whole(orders, 0, 999)
    customer = again * again // 1000 * customers // 1000
    everybody = min(orders, customers)
    customer[draw.order(orders)[:everybody]] = np.arange(everybody)
    return customer


def _draw_items(segment: Segment, order: Longs, size: Longs, draw: Stream) -> Longs:
    """What each line sells: one platform for a whole schedule, else line by line."""
    if not segment.schedule:
        return draw.deal(len(order), segment.item_weights)
    mass = np.bincount(order, minlength=len(size)) * size
    return draw.deal_by_mass(mass, segment.item_weights)[order]


def _pieces_per_size(segment: Segment) -> Longs:
    """
    Pieces of each sold item in an order of median size, in thousandths.

    Schedules are sized in GPUs, 72 to a rack; other customers buy single racks, a few GPU
    servers, or some more of the small ones.
    """
    if segment.schedule:
        return np.array([72_000 // max(8, gpus_in(item)) for item in SOLD], dtype=np.int64)
    return np.array([400 if rack else 2500 if item == "r-cpu" else 1400 if item[:2] == "xp"
                     else 1000 for item, rack in zip(SOLD, IS_RACK.tolist(), strict=True)],
                    dtype=np.int64)


def _draw_lots(segment: Segment, item: Longs, draw: Stream) -> Longs:
    """Lot sizes: rows of four or eight racks, racks of four servers; mostly single pieces."""
    racks = np.array([1, 2, 4, 8])[draw.deal(len(item), (70, 12, 14, 4))]
    servers = np.array([1, 2, 4])[draw.deal(len(item), (95, 3, 2))]
    return np.where(IS_RACK[item], racks if segment.schedule else 1, servers).astype(np.int64)


def _draw_prices(segment: Segment, order: Longs, size: Longs, item: Longs,
                 draw: Stream) -> Longs:
    """
    Price of one piece in US cents, whole dollars: standard cost and a margin.

    The larger half of the orders gets the lower half of the margins. A few lines are sold below
    cost, as fixed quotes are when memory becomes dearer.
    """
    low, high = np.where(IS_RACK[item], np.array(segment.rack_margin)[:, None],
                         np.array(segment.server_margin)[:, None])
    bargain = np.argsort(np.argsort(-size, kind="stable"), kind="stable") * 1000 // len(size)
    margin = low + (high - low) * (bargain[order] + draw.whole(len(item), 0, 1000)) // 2000
    below = draw.flag(len(item), 3) & ~IS_RACK[item]
    margin = np.where(below, -draw.whole(len(item), 40, 500), margin)
    return np.asarray(COST_CENTS[item] * 10_000 // (10_000 - margin) // 100 * 100)


def scaled_pieces(base: Longs, lot: Longs, price_cents: Longs, cents: int) -> Longs:
    """
    Pieces in proportion to `base`, whole lots and at least one, worth about `cents` together.

    The scale is found by halving, in whole numbers. Lots are powers of two, so that shifts do
    for the divisions, which are slow.
    """
    shift = 30 + np.searchsorted(np.array([1, 2, 4, 8]), lot)

    def pieces(scale: int) -> Longs:
        return np.asarray(np.clip((base * scale) >> shift, 1, MOST_LOTS) * lot)

    # Bases stay below 2^30 and scales below 2^33, so that their product fits into 64 bits; the
    # sum is in whole dollars, because in cents that of a million giant lines would not.
    dollars = price_cents // 100
    low, high = 0, 2**33
    while high - low > 1:
        middle = (low + high) // 2
        if int((pieces(middle) * dollars).sum()) <= cents // 100:
            low = middle
        else:
            high = middle
    return pieces(low)


def _draw_lags(segment: Segment, order: Longs, line_no: Longs, size: Longs,
               draw: Stream) -> Longs:
    """
    Weeks from booking to the requested week; a schedule's lines follow each other.

    The weeks are spread over the mass of the orders: the few giants would else decide alone when
    a book is wanted, and every seed would be another story.
    """
    mass = np.bincount(order, minlength=len(size)) * size
    lag = draw.sizes_by_mass(mass, 45) * segment.lag_weeks // 1000
    apart = draw.whole(len(size), 2, 4) if segment.schedule else draw.whole(len(size), 0, 3)
    return (lag[order] + apart[order] * (line_no - 1)).astype(np.int64)


def _dated(parts: list[_Part], labels: list[int], draw: Stream) -> Backlog:
    """All segments together, dated, and numbered by the day of booking as order numbers are."""
    lines = [len(part.order) for part in parts]
    order_base = np.cumsum([0, *(int(part.order[-1]) + 1 for part in parts)])
    customer_base = np.cumsum([0, *(int(part.customer.max()) + 1 for part in parts)])
    order = np.concatenate([p.order + b for p, b in zip(parts, order_base, strict=False)])
    customer = np.concatenate([p.customer + b for p, b in zip(parts, customer_base, strict=False)])
    segment = np.repeat(np.array(labels, dtype=np.int64), lines)
    pieces = np.concatenate([part.pieces for part in parts])
    price = np.concatenate([part.price_cents for part in parts])
    booked = _draw_bookings(order, pieces * price, draw)
    requested = _draw_requests(booked[order], np.concatenate([p.lag_weeks for p in parts]), draw)
    number = np.empty(len(booked), dtype=np.int64)
    number[np.argsort(booked, kind="stable")] = np.arange(len(booked))
    line_no = np.concatenate([part.line_no for part in parts])
    turn = np.lexsort((line_no, number[order]))
    region, item, lot, priority = (
        np.concatenate([getattr(part, name) for part in parts])[turn]
        for name in ("region", "item", "lot", "priority"))
    scheduled = np.array([segment.schedule for segment in SEGMENTS])[segment[turn]]
    pieces, shipped = _draw_shipped(pieces[turn], lot, scheduled, draw)
    return Backlog(number[order][turn], line_no[turn], customer[turn], segment[turn], region, item,
                   lot, pieces, shipped, price[turn], booked[order][turn], requested[turn],
                   priority)


def _draw_bookings(order: Longs, cents: Longs, draw: Stream) -> Longs:
    """Day of booking of each order; the quarters hold their shares of the backlog's dollars."""
    worth = np.zeros(int(order.max()) + 1, dtype=np.int64)
    np.add.at(worth, order, cents // 100)
    quarter = draw.deal_by_mass(worth, [share for _, _, share in QUARTERS])
    newest = np.array([near for near, _, _ in QUARTERS])[quarter] + 3
    day = NOW - newest - draw.whole(len(worth), 0, 87)
    return working_days(day)


def _draw_requests(booked: Longs, lag_weeks: Longs, draw: Stream) -> Longs:
    """
    Day each line is wanted.

    What should have come by now is mostly settled with the customer anew: a backlog is what has
    not left, so old orders are wanted soon, some of them since last month.
    """
    monday = booked // 7 * 7 + 4
    day = monday - 7 * (monday > booked) + 7 * lag_weeks
    soon = NOW - 21 + 7 * draw.whole(len(day), 0, 19)
    day = np.where(day < NOW, soon, day)
    week = (day - NOW) // 7
    over = week > LAST_WEEK_WANTED
    day = np.where(over, day - 7 * (week - LAST_WEEK_WANTED + week % 13), day)
    return day + draw.whole(len(day), 0, 4)


def _draw_shipped(pieces: Longs, lot: Longs, scheduled: Flags,
                  draw: Stream) -> tuple[Longs, Longs]:
    """
    Open and shipped pieces: of the larger lines one in eight has left in part, a few small ones
    in full.

    What has left comes on top of the open pieces, which carry the backlog's dollars.
    """
    part = draw.flag(len(pieces), 130) & (pieces > lot)
    shipped = np.where(part, pieces // lot * draw.whole(len(pieces), 100, 900) // 1000 * lot, 0)
    gone = draw.flag(len(pieces), 4) & ~scheduled
    return np.where(gone, 0, pieces), np.where(gone, pieces, shipped)


def open_pieces(backlog: Backlog) -> Longs:
    """Open pieces of each sold item."""
    counts = np.zeros(len(SOLD), dtype=np.int64)
    np.add.at(counts, backlog.item, backlog.pieces)
    return counts
