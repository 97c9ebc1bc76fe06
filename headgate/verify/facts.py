"""
What the checker knows of a book: ids as numbers, days as weeks, money in one currency.

Read straight from the checked tables, by the words of docs/explanation/planning-rules.md; nothing
here comes from the planner's own reading of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.frames import Tables
from headgate.verify.policy import EPOCH, Policy

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]

ALWAYS = 2**40
"""A bucket or day beyond all others: what a blank end of a period or a blank limit becomes."""
MILLION = 1_000_000
SAFE = 2.0**62
"""Sums above it could leave 64-bit whole numbers."""
RECOGNISE_ON = ("ship", "deliver", "accept")


def weeks_of(days: Longs) -> Longs:
    """Days as whole weeks, rounded up."""
    return -(-days // 7)


def days_of(column: pl.Series, blank: int) -> Longs:
    """A Date column as days since 1970-01-01, a blank as the number given."""
    return column.cast(pl.Int32).cast(pl.Int64).fill_null(blank).to_numpy()


def whole(column: pl.Series, blank: int = 0) -> Longs:
    """A whole-number or flag column as int64, a blank as the number given."""
    return column.cast(pl.Int64).fill_null(blank).to_numpy()


def places(column: pl.Series, ids: list[str]) -> Longs:
    """The place of each text in a sorted list of ids; -1 for a blank and for an unknown text."""
    if not ids or column.len() == 0:
        return np.full(column.len(), -1, dtype=np.int64)
    physical = column.cast(pl.Enum(ids), strict=False).to_physical()
    return physical.cast(pl.Int64).fill_null(-1).to_numpy()


def sorted_ids(*columns: pl.Series) -> list[str]:
    """All texts of the columns, each once, by their UTF-8 bytes."""
    if not columns:
        return []
    together = pl.concat([column.cast(pl.String) for column in columns])
    return together.drop_nulls().unique().sort().to_list()


def times_micro(amount: int, micro: int) -> int:
    """
    An amount times a number of millionths, rounded half to even.

    >>> times_micro(250, 10_000)
    2
    """
    quotient, rest = divmod(amount * micro, MILLION)
    return quotient + (rest > MILLION // 2 or (rest == MILLION // 2 and quotient % 2 == 1))


def times_each(amounts: Longs, micro: int) -> Longs:
    """`times_micro` of each amount."""
    distinct, back = np.unique(amounts, return_inverse=True)
    scaled = [times_micro(amount, micro) for amount in distinct.tolist()]
    return np.array(scaled, dtype=np.int64)[back] if scaled else amounts


def exact_sum(*factors: Longs) -> int:
    """The sum over rows of the product of the columns, exact however large it is."""
    if len(factors[0]) == 0:
        return 0
    size = np.abs(factors[0]).astype(np.float64)
    for factor in factors[1:]:
        size = size * np.abs(factor)
    if float(size.sum()) < SAFE:
        product = factors[0]
        for factor in factors[1:]:
            product = product * factor
        return int(product.sum())
    return sum(math.prod(row) for row in zip(*(f.tolist() for f in factors), strict=True))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weeks counted from the Monday of `as_of`'s week; days as numbers since 1970-01-01."""

    monday: int
    as_of: int
    horizon: int

    def bucket(self, days: Longs) -> Longs:
        """The bucket each day lies in."""
        return (days - self.monday) // 7

    def first(self, days: Longs) -> Longs:
        """The first bucket whose Monday is on or after each day."""
        return -((self.monday - days) // 7)

    def day(self, bucket: int, weekday: int = 0) -> date:
        """The Monday of a bucket, or a later day of its week."""
        return EPOCH + timedelta(days=self.monday + 7 * bucket + weekday)


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of a book by kind, each list sorted by UTF-8 bytes; an id's number is its place."""

    items: list[str]
    sites: list[str]
    regions: list[str]
    resources: list[str]
    customers: list[str]


@dataclass(frozen=True, slots=True)
class Lines:
    """
    Order lines sorted by (order_id, line_no); each array is (lines,).

    open, lot        : pieces
    price, late      : cents of one piece, and of one piece and week late
    requested, earliest, latest, promised : buckets; latest ALWAYS and promised -ALWAYS when blank
    requested_day    : days since 1970-01-01
    complete         : all open pieces arrive in one week, by themselves or with their ship set
    ship_set         : number of the line's ship set, -1 none
    frozen           : the promise is kept
    site             : the only site, -1 any
    recognise        : place in RECOGNISE_ON
    acceptance       : days from arrival to acceptance
    banned           : row of `Book.banned`
    accepts          : for each line what it accepts besides its item, in its order, each once
    rank             : the line's place in rank order
    by_rank          : lines in rank order
    key_order, key_line : the line's order as its place in `orders`, and its line number
    """

    orders: list[str]
    key_order: Longs
    key_line: Longs
    item: Longs
    open: Longs
    lot: Longs
    price: Longs
    late: Longs
    requested: Longs
    requested_day: Longs
    earliest: Longs
    latest: Longs
    promised: Longs
    complete: Bools
    ship_set: Longs
    frozen: Bools
    site: Longs
    region: Longs
    customer: Longs
    segment: list[str]
    priority: Longs
    recognise: Longs
    acceptance: Longs
    banned: Longs
    accepts: list[tuple[int, ...]]
    rank: Longs
    by_rank: Longs

    def __len__(self) -> int:
        return len(self.item)

    def find(self, order: Longs, line_no: Longs) -> Longs:
        """The line of each (place of the order, line number); -1 where there is none."""
        if len(self) == 0 or len(order) == 0:
            return np.full(len(order), -1, dtype=np.int64)
        keys = self.key_order * 2**31 + self.key_line
        asked = np.where((order < 0) | (line_no < 0) | (line_no >= 2**31), -1,
                         order * 2**31 + line_no)
        found = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        return np.where(keys[found] == asked, found, -1)


@dataclass(frozen=True, slots=True)
class Book:
    """
    One book as the checker sees it.

    unit_cost : (items,) cents. made : (items,) whether the item has BOM rows
    weeks, days, freight : (sites, regions) transit weeks and days, -1 without a lane; cents
    hours     : (resources, sites, weeks) millionths; UNLIMITED_MICRO without limit
    has_hours : (resources, sites) whether the pair has any capacity row
    banned    : (kinds of lines, items) whether a restriction forbids the item
    pins      : (pins, 4) line, site, ship bucket and pieces, in the order in which they are placed
    """

    calendar: Calendar
    policy: Policy
    ids: Ids
    lines: Lines
    unit_cost: Longs
    made: Bools
    weeks: Longs
    days: Longs
    freight: Longs
    hours: Longs
    has_hours: Bools
    banned: Bools
    pins: Longs


class Rates:
    """Exchange rates as of one day: the last one on or before it."""

    def __init__(self, table: pl.DataFrame, currency: str, as_of: date) -> None:
        known = table.filter(pl.col("on") <= as_of).sort("on")
        self.micro: dict[str, int] = dict(known.select("currency", "rate_micro").iter_rows())
        self.micro[currency] = MILLION
        self.own = currency

    def convert(self, cents: Longs, currency: pl.Series) -> Longs:
        """Each amount in the book's currency; a blank currency is the book's."""
        names = currency.cast(pl.String).fill_null(self.own)
        out = cents.copy()
        for name in names.unique().sort().to_list():
            if self.micro[name] != MILLION:
                here = (names == name).to_numpy()
                out[here] = times_each(cents[here], self.micro[name])
        return out


def read_book(tables: Tables, policy: Policy) -> Book:
    """The book of a plan, read under the plan's policy."""
    frames, settings = tables.frames, tables.settings
    as_of = (settings.as_of - EPOCH).days
    calendar = Calendar(as_of - settings.as_of.weekday(), as_of, settings.horizon_weeks)
    items, sites = frames["items"], frames["sites"]
    orders, lanes, capacity = frames["orders"], frames["lanes"], frames["capacity"]
    ids = Ids(sorted_ids(items["item_id"]), sorted_ids(sites["site_id"]),
              sorted_ids(orders["region"], lanes["region"]),
              sorted_ids(capacity["resource_id"], frames["routing"]["resource_id"]),
              sorted_ids(orders["customer_id"], frames["supply"]["reserved_for"]))
    rates = Rates(frames["rates"], settings.currency, settings.as_of)
    unit_cost = np.zeros(len(ids.items), dtype=np.int64)
    unit_cost[places(items["item_id"], ids.items)] = rates.convert(
        whole(items["unit_cost_cents"]), items["currency"])
    made = np.zeros(len(ids.items), dtype=np.bool_)
    made[places(frames["bom"]["parent_id"], ids.items)] = True
    kind_of_line, banned = _banned(orders, items, frames["restrictions"], ids)
    weeks, days, freight = _lanes(lanes, ids)
    hours, has_hours = _hours(capacity, ids, calendar)
    lines = _lines(orders, ids, calendar, rates, policy, kind_of_line)
    return Book(calendar, policy, ids, lines, unit_cost, made, weeks, days, freight, hours,
                has_hours, banned, _pins(frames["pins"], lines, ids, calendar))


def _pins(pins: pl.DataFrame, lines: Lines, ids: Ids, calendar: Calendar) -> Longs:
    """By rank of the line, ship week and site; a blank quantity is all that is open."""
    line = lines.find(places(pins["order_id"], lines.orders), whole(pins["line_no"]))
    site, ship = places(pins["site_id"], ids.sites), calendar.bucket(days_of(pins["ship_on"], 0))
    pieces = np.where(pins["quantity"].is_null().to_numpy(), lines.open[line],
                      whole(pins["quantity"]))
    return np.stack([line, site, ship, pieces], axis=1)[np.lexsort((site, ship, lines.rank[line]))]


def _lanes(lanes: pl.DataFrame, ids: Ids) -> tuple[Longs, Longs, Longs]:
    shape = (len(ids.sites), len(ids.regions))
    weeks, days = np.full(shape, -1, dtype=np.int64), np.full(shape, -1, dtype=np.int64)
    freight = np.zeros(shape, dtype=np.int64)
    here = (places(lanes["site_id"], ids.sites), places(lanes["region"], ids.regions))
    days[here] = whole(lanes["transit_days"])
    weeks[here] = weeks_of(whole(lanes["transit_days"]))
    freight[here] = whole(lanes["cost_per_unit_cents"])
    return weeks, days, freight


def _hours(capacity: pl.DataFrame, ids: Ids, calendar: Calendar) -> tuple[Longs, Bools]:
    shape = (len(ids.resources), len(ids.sites), calendar.horizon)
    hours, there = np.zeros(shape, dtype=np.int64), np.zeros(shape[:2], dtype=np.bool_)
    resource = places(capacity["resource_id"], ids.resources)
    site = places(capacity["site_id"], ids.sites)
    bucket = calendar.bucket(days_of(capacity["starts_on"], 0))
    there[resource, site] = True
    inside = (bucket >= 0) & (bucket < calendar.horizon)
    hours[resource[inside], site[inside], bucket[inside]] = whole(capacity["hours_micro"])[inside]
    return hours, there


def _banned(orders: pl.DataFrame, items: pl.DataFrame, restrictions: pl.DataFrame,
            ids: Ids) -> tuple[Longs, Bools]:
    """The kind of each order row by the restrictions that match it, and what each kind forbids."""
    scope = ("segment", "region", "customer_id")
    combined = orders.select(scope).with_row_index("row")
    distinct = combined.group_by(scope).agg(pl.col("row")).sort(pl.col("row").list.min())
    rows = restrictions.select("item_id", "family", *scope).to_dicts()
    place = {name: k for k, name in enumerate(ids.items)}
    family_of: dict[str, set[int]] = {}
    for item, family in items.select("item_id", "family").iter_rows():
        if family is not None:
            family_of.setdefault(family, set()).add(place[item])
    hits = [family_of.get(row["family"], set())
            | ({place[row["item_id"]]} if row["item_id"] is not None else set()) for row in rows]
    kinds: dict[tuple[int, ...], int] = {(): 0}
    of_row = np.zeros(orders.height, dtype=np.int64)
    for segment, region, customer, members in distinct.iter_rows():
        matching = tuple(k for k, row in enumerate(rows)
                         if row["segment"] in (None, segment) and row["region"] in (None, region)
                         and row["customer_id"] in (None, customer))
        if matching:
            of_row[members] = kinds.setdefault(matching, len(kinds))
    banned = np.zeros((len(kinds), len(ids.items)), dtype=np.bool_)
    for matching, kind in kinds.items():
        for k in matching:
            banned[kind, list(hits[k])] = True
    return of_row, banned


def _lines(orders: pl.DataFrame, ids: Ids, calendar: Calendar, rates: Rates, policy: Policy,
           kind_of_line: Longs) -> Lines:
    names = sorted_ids(orders["order_id"])
    key_order, key_line = places(orders["order_id"], names), whole(orders["line_no"])
    order = np.lexsort((key_line, key_order))
    frame = orders[order]
    price = rates.convert(whole(frame["unit_price_cents"]), frame["currency"])
    penalty = rates.convert(whole(frame["late_penalty_per_unit_week_cents"]), frame["currency"])
    requested_day = days_of(frame["requested_on"], 0)
    requested = calendar.bucket(requested_day)
    earliest_day = days_of(frame["earliest_on"], ALWAYS)
    latest_day, promised_day = days_of(frame["latest_on"], 0), days_of(frame["promised_on"], 0)
    by_rank = np.lexsort((np.arange(frame.height), days_of(frame["booked_on"], 0), requested_day,
                          whole(frame["priority"])))
    rank = np.empty(frame.height, dtype=np.int64)
    rank[by_rank] = np.arange(frame.height)
    place = {name: k for k, name in enumerate(ids.items)}
    items = places(frame["item_id"], ids.items)
    ship_set = places(frame["ship_set"], sorted_ids(frame["ship_set"]))
    return Lines(
        orders=names, key_order=key_order[order], key_line=key_line[order], item=items,
        open=whole(frame["quantity"]) - whole(frame["shipped_quantity"]),
        lot=whole(frame["lot_size"], 1), price=price,
        late=penalty + times_each(price, policy.late_rate_micro), requested=requested,
        requested_day=requested_day,
        earliest=np.where(frame["earliest_on"].is_null().to_numpy(), requested - 2,
                          calendar.bucket(earliest_day)),
        latest=np.where(frame["latest_on"].is_null().to_numpy(), ALWAYS,
                        calendar.bucket(latest_day)),
        promised=np.where(frame["promised_on"].is_null().to_numpy(), -ALWAYS,
                          calendar.bucket(promised_day)),
        complete=whole(frame["ship_complete"]).astype(np.bool_) | (ship_set >= 0),
        ship_set=ship_set, frozen=whole(frame["frozen"]).astype(np.bool_),
        site=places(frame["site_id"], ids.sites), region=places(frame["region"], ids.regions),
        customer=places(frame["customer_id"], ids.customers),
        segment=frame["segment"].to_list(), priority=whole(frame["priority"]),
        recognise=places(frame["recognise_on"], list(RECOGNISE_ON)),
        acceptance=whole(frame["acceptance_days"]), banned=kind_of_line[order],
        accepts=[_accepted(names, own, place)
                 for names, own in zip(frame["accepts"].to_list(), items.tolist(), strict=True)],
        rank=rank, by_rank=by_rank)


def _accepted(names: Iterable[str] | None, own: int, place: Mapping[str, int]) -> tuple[int, ...]:
    """What a line accepts besides its own item; a second naming of an item adds nothing."""
    if not names:
        return ()
    return tuple(dict.fromkeys(place[name] for name in names if place[name] != own))

