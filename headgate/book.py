"""
The book as numbers: frozen columnar arrays and the maps between ids and indexes.

It is the planner's only input. Dates have become buckets, money cents of the book's currency.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import monday_of
from headgate.base.issue import IssuesError
from headgate.base.money import MAX_CENTS
from headgate.catalog.explosion import (
    Forest,
    bom_rows,
    hours_of_trees,
    lay_out,
    routing_steps,
    substitute_rows,
)
from headgate.catalog.indexes import IdMap
from headgate.catalog.restrictions import Bans, bans_of
from headgate.tables.codes import issue_of
from headgate.tables.frames import Settings, Tables
from headgate.tables.schema import UNLIMITED_MICRO

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

NO_LIMIT = 2**30
"""The last bucket of a line without `latest_on`."""
ON_HAND, COMMITTED, FORECAST = 0, 1, 2
MOST_HOURS = 10**12
"""Most hours that all open pieces may need; in millionths, sums of them stay inside 63 bits."""


@dataclass(frozen=True, slots=True)
class Lines:
    """
    Order lines in the order of (order_id, line_no); every array is (lines,).

    open            : pieces ordered and not shipped
    price_cents, penalty_cents : for one piece, and for one piece and week late
    requested, earliest, latest, promised : buckets; latest NO_LIMIT, promised -NO_LIMIT if blank
    ship_set        : ship set, -1 none. frozen: 1 keeps its promise
    site            : the only site, -1 any. region: index
    slot            : customer's number among those with reserved supply, 0 none
    ban             : row of `Bans.banned`
    accept_ptr, accept : (lines + 1,), accepted items in the customer's order
    rank            : line indexes in rank order (priority, requested_on, booked_on, id, line_no)
    source_row      : the line's row in `Tables.frames["orders"]`
    """

    item: Ints
    open: Longs
    price_cents: Longs
    penalty_cents: Longs
    requested: Ints
    earliest: Ints
    latest: Ints
    promised: Ints
    lot: Longs
    complete: NDArray[np.int8]
    ship_set: Ints
    frozen: NDArray[np.int8]
    site: Ints
    region: Ints
    slot: Ints
    ban: Ints
    accept_ptr: Ints
    accept: Ints
    rank: Ints
    source_row: Ints

    def __len__(self) -> int:
        return len(self.item)

    @property
    def place_by_rank(self) -> Longs:
        """(lines,) how many lines come before each in rank order."""
        place = np.empty(len(self), dtype=np.int64)
        place[self.rank] = np.arange(len(self))
        return place


@dataclass(frozen=True, slots=True)
class Supply:
    """
    Supply rows in pegging order (item, site, start, available_on, reference); (rows,) each.

    start  : first bucket in which a piece can be drawn
    status : ON_HAND, COMMITTED or FORECAST
    slot   : number of the only customer who may draw, 0 anybody
    reference : (rows,) String, blanks filled with item@site@date#n
    source_row : the row in `Tables.frames["supply"]`
    """

    item: Ints
    site: Ints
    start: Ints
    quantity: Longs
    status: NDArray[np.int8]
    slot: Ints
    reference: pl.Series
    source_row: Ints


@dataclass(frozen=True, slots=True)
class Lanes:
    """
    Lanes of each region in the order of (transit_days, cost, site_id).

    ptr : (regions + 1,); site, weeks (transit in whole weeks), cost_cents : (lanes,)
    """

    ptr: Ints
    site: Ints
    weeks: Ints
    cost_cents: Longs


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours there: `row` (resources, sites) is a row of `micro` (rows, weeks), -1 none."""

    row: Ints
    micro: Longs


@dataclass(frozen=True, slots=True)
class Book:
    """
    One frozen planning problem.

    unit_cost_cents : (items,) standard cost, in the book's currency
    first_monday    : the Monday of bucket 0
    load_seconds    : what reading and checking took, for a run's summary; no part of the problem
    """

    tables: Tables
    items: IdMap
    sites: IdMap
    regions: IdMap
    resources: IdMap
    reserving: IdMap
    lines: Lines
    supply: Supply
    lanes: Lanes
    hours: Hours
    forest: Forest
    bans: Bans
    unit_cost_cents: Longs
    first_monday: date
    load_seconds: float = 0.0

    @property
    def settings(self) -> Settings:
        """What `headgate.toml` says."""
        return self.tables.settings

    @property
    def horizon(self) -> int:
        """Number of ship buckets."""
        return self.tables.settings.horizon_weeks

    @property
    def digest(self) -> str:
        """The book's fingerprint, which a plan carries."""
        return self.tables.digest


def build_book(tables: Tables) -> Book:
    """
    The book of checked tables.

    raises IssuesError : a tree of needs, or the hours of all lines, are too large to plan with
    """
    frames, settings = tables.frames, tables.settings
    items = IdMap.of(frames["items"]["item_id"])
    sites = IdMap.of(frames["sites"]["site_id"])
    regions = IdMap.of(pl.concat([frames["lanes"]["region"], frames["orders"]["region"]]).unique())
    resources = IdMap.of(pl.concat([frames["capacity"]["resource_id"],
                                    frames["routing"]["resource_id"]]).unique())
    reserving = IdMap.of(frames["supply"]["reserved_for"].unique())
    rates = _rates(tables)
    lanes = _lanes(frames["lanes"], sites, regions)
    bans = bans_of(frames["restrictions"], frames["orders"], frames["items"], items)
    lines = _lines(tables, items, sites, regions, reserving, rates, bans)
    roots = np.unique(np.concatenate([lines.item, lines.accept])).tolist()
    forest = _forest(tables, items, resources, roots)
    _refuse_overflow(lines, forest)
    costs = frames["items"].select("item_id", "unit_cost_cents", "currency")
    unit_cost = np.zeros(len(items), dtype=np.int64)
    unit_cost[items.indexes(costs["item_id"])] = _converted(costs, "unit_cost_cents", rates,
                                                            settings.currency)
    return Book(tables, items, sites, regions, resources, reserving, lines,
                _supply(tables, items, sites, reserving), lanes,
                _hours(tables, resources, sites), forest, bans, unit_cost,
                monday_of(settings.as_of))


def with_roots(book: Book, roots: list[int]) -> Book:
    """
    The book with trees of needs for other items than are ordered.

    roots : item indexes in rising order
    raises IssuesError : a tree of needs is too large to plan with
    """
    return replace(book, forest=_forest(book.tables, book.items, book.resources, roots))


def _forest(tables: Tables, items: IdMap, resources: IdMap, roots: list[int]) -> Forest:
    """The trees of needs of some items, given by rising index."""
    frames, as_of = tables.frames, tables.settings.as_of
    return lay_out(roots, items, bom_rows(frames["bom"], items, as_of),
                   routing_steps(frames["routing"], items, resources),
                   substitute_rows(frames["substitutes"], items, as_of))


def _refuse_overflow(lines: Lines, forest: Forest) -> None:
    """Raises when sums of hours, in millionths, could leave 62 bits."""
    hours = hours_of_trees(forest)
    total = float(lines.open @ hours[lines.item])
    accepted = np.repeat(lines.open, np.diff(lines.accept_ptr))
    total += float(accepted @ hours[lines.accept])
    if total > MOST_HOURS:
        raise IssuesError([issue_of(
            "routing.hours_per_unit.total", "routing", "makes all open pieces together need more "
            f"than {MOST_HOURS:,} hours; are hours, BOM quantities and orders right?",
            column="hours_per_unit", value=f"{total:.3g} hours in all")])


def _rates(tables: Tables) -> dict[str, int]:
    """Millionths of the book's currency for one unit of each: the last rate up to `as_of`."""
    known = (tables.frames["rates"].filter(pl.col("on") <= tables.settings.as_of)
             .sort("currency", "on").group_by("currency", maintain_order=True).last())
    return dict(zip(known["currency"], known["rate_micro"], strict=True))


def _converted(frame: pl.DataFrame, column: str, rates: dict[str, int], own: str) -> Longs:
    """A money column in cents of the book's currency, rounded half to even once per cell."""
    cents = frame[column].fill_null(0).to_numpy().astype(np.int64)
    currency = frame["currency"]
    foreign = (currency.is_not_null() & (currency != own)).to_numpy()
    for name in currency.filter(pl.Series(foreign)).unique().sort():
        rows = foreign & (currency == name).fill_null(False).to_numpy()
        rate = rates[name]
        values = [_half_even(int(value) * rate) for value in cents[rows]]
        cents[rows] = np.clip(values, -MAX_CENTS * 1000, MAX_CENTS * 1000)
    return cents


def _half_even(millionths: int) -> int:
    whole, rest = divmod(millionths, 1_000_000)
    return whole + (rest > 500_000 or (rest == 500_000 and whole % 2 == 1))


def _buckets(days: pl.Series, monday: date) -> NDArray[np.int64]:
    """The bucket of each date; a null counts as the Monday itself and is the caller's to mask."""
    numbers = days.to_physical().fill_null(_day_number(monday)).to_numpy().astype(np.int64)
    return np.asarray(np.floor_divide(numbers - _day_number(monday), 7), dtype=np.int64)


def _day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _lines(tables: Tables, items: IdMap, sites: IdMap, regions: IdMap, reserving: IdMap,
           rates: dict[str, int], bans: Bans) -> Lines:
    orders, settings = tables.frames["orders"], tables.settings
    monday = monday_of(settings.as_of)
    place = orders.select(pl.arg_sort_by("order_id", "line_no")).to_series()
    source = place.to_numpy().astype(np.int32)
    frame = orders if bool((np.diff(source) == 1).all()) else orders[source]
    requested = _buckets(frame["requested_on"], monday)
    earliest = np.where(frame["earliest_on"].is_null().to_numpy(), requested - 2,
                        _buckets(frame["earliest_on"], monday))
    latest = np.where(frame["latest_on"].is_null().to_numpy(), NO_LIMIT,
                      _buckets(frame["latest_on"], monday))
    promised = np.where(frame["promised_on"].is_null().to_numpy(), -NO_LIMIT,
                        _buckets(frame["promised_on"], monday))
    accepts = frame["accepts"]
    counts = accepts.list.len().fill_null(0).to_numpy()
    ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    slot = reserving.indexes(frame["customer_id"]) + 1
    rank = frame.select(pl.arg_sort_by(
        "priority", "requested_on", "booked_on", pl.int_range(pl.len()))).to_series()
    return Lines(
        item=items.indexes(frame["item_id"]),
        open=(frame["quantity"] - frame["shipped_quantity"]).to_numpy().astype(np.int64),
        price_cents=_converted(frame, "unit_price_cents", rates, settings.currency),
        penalty_cents=_converted(frame, "late_penalty_per_unit_week_cents", rates,
                                 settings.currency),
        requested=requested.astype(np.int32), earliest=earliest.astype(np.int32),
        latest=latest.astype(np.int32), promised=promised.astype(np.int32),
        lot=frame["lot_size"].to_numpy().astype(np.int64),
        complete=frame["ship_complete"].to_numpy().astype(np.int8),
        ship_set=(frame["ship_set"].rank("dense").cast(pl.Int32) - 1).fill_null(-1).to_numpy(),
        frozen=frame["frozen"].to_numpy().astype(np.int8),
        site=sites.indexes(frame["site_id"]), region=regions.indexes(frame["region"]),
        slot=slot.astype(np.int32), ban=bans.line_class[source].astype(np.int32),
        accept_ptr=ptr,
        accept=items.indexes(accepts.filter(accepts.list.len() > 0).explode(empty_as_null=False)
                             if ptr[-1] else pl.Series([], dtype=pl.String)),
        rank=rank.to_numpy().astype(np.int32), source_row=source)


def _lanes(table: pl.DataFrame, sites: IdMap, regions: IdMap) -> Lanes:
    place = table.select(pl.arg_sort_by("region", "transit_days", "cost_per_unit_cents",
                                        "site_id")).to_series()
    frame = table[place]
    region = regions.indexes(frame["region"])
    counts = np.bincount(region, minlength=len(regions)) if len(region) else np.zeros(len(regions))
    days = frame["transit_days"].to_numpy()
    return Lanes(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
                 sites.indexes(frame["site_id"]), (-(-days // 7)).astype(np.int32),
                 frame["cost_per_unit_cents"].to_numpy().astype(np.int64))


def _supply(tables: Tables, items: IdMap, sites: IdMap, reserving: IdMap) -> Supply:
    as_of = tables.settings.as_of
    monday = _day_number(monday_of(as_of))
    table = tables.frames["supply"].with_columns(
        status=pl.col("status").fill_null(
            pl.when(pl.col("available_on") <= as_of).then(pl.lit("on_hand"))
            .otherwise(pl.lit("committed"))))
    day = table["available_on"].to_physical().to_numpy().astype(np.int64)
    overdue = (table["available_on"] < as_of).to_numpy()
    on_hand = (table["status"] == "on_hand").to_numpy()
    later = np.maximum(0, -np.floor_divide(monday - day, 7))
    start = np.where(on_hand, 0, np.where(overdue, 1, later))
    table = table.with_columns(start=pl.Series(start), reference=_references(table))
    # Rows alike in everything else are told apart by what they cost, so that any order of rows
    # gives the same cost to the same line.
    place = table.select(pl.arg_sort_by("item_id", "site_id", "start", "available_on",
                                        "reference", "reserved_for", "quantity",
                                        "unit_cost_cents")).to_series()
    frame = table[place]
    item = items.indexes(frame["item_id"])
    codes = frame["status"].replace_strict(
        {"on_hand": ON_HAND, "committed": COMMITTED, "forecast": FORECAST}, return_dtype=pl.Int8)
    return Supply(item, sites.indexes(frame["site_id"]),
                  frame["start"].to_numpy().astype(np.int32),
                  frame["quantity"].to_numpy().astype(np.int64), codes.to_numpy(),
                  (reserving.indexes(frame["reserved_for"]) + 1).astype(np.int32),
                  frame["reference"], place.to_numpy().astype(np.int32))


def _references(table: pl.DataFrame) -> pl.Series:
    """Each row's reference; a blank one becomes item@site@date#n, whatever the order of rows."""
    same = ["item_id", "site_id", "available_on"]
    blank = (table.with_row_index("row").filter(pl.col("reference").is_null())
             .sort(*same, "quantity", "reserved_for", "status", "unit_cost_cents", "supplier",
                   descending=[False, False, False, True, *[False] * 4]))
    named = blank.select("row", name=pl.format(
        "{}@{}@{}#{}", "item_id", "site_id", pl.col("available_on").dt.strftime("%Y-%m-%d"),
        pl.int_range(1, pl.len() + 1).over(same)))
    joined = (table.with_row_index("row").join(named, on="row", how="left")
              .sort("row").select(pl.coalesce("reference", "name")))
    return joined.to_series()


def _hours(tables: Tables, resources: IdMap, sites: IdMap) -> Hours:
    capacity = tables.frames["capacity"]
    weeks = tables.settings.horizon_weeks
    resource, site = resources.indexes(capacity["resource_id"]), sites.indexes(capacity["site_id"])
    bucket = _buckets(capacity["starts_on"], monday_of(tables.settings.as_of))
    pairs = np.unique(resource.astype(np.int64) * len(sites) + site)
    row = np.full((len(resources), len(sites)), -1, dtype=np.int32)
    row[pairs // max(1, len(sites)), pairs % max(1, len(sites))] = np.arange(len(pairs))
    micro = np.zeros((len(pairs), weeks), dtype=np.int64)
    inside = (bucket >= 0) & (bucket < weeks)
    micro[row[resource, site][inside], bucket[inside]] = np.minimum(
        capacity["hours_micro"].to_numpy()[inside], UNLIMITED_MICRO)
    return Hours(row, micro)
