"""What would be drawn if every line shipped whole for its requested week, and what lacks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.schema import MICRO, UNLIMITED_MICRO
from headgate.verify.allocations import Shipments
from headgate.verify.explosion import bucket_at, make
from headgate.verify.facts import Book
from headgate.verify.market import PART, RESOURCE, Prices, worth_of_more
from headgate.verify.rules import Findings, cell, same
from headgate.verify.structure import Structure
from headgate.verify.supply import ANYBODY, Supply
from headgate.verify.walk import offers_of

Longs = NDArray[np.int64]
TABLE = "shortages"
VALUES = ("there", "used", "wanted", "missing", "price_cents")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pieces (items, sites, weeks) and millionths of hours (resources, sites, weeks) wanted."""

    pieces: Longs
    hours: Longs


def planned_sites(shipments: Shipments, book: Book) -> Longs:
    """The site of each line's first allocation, else the nearest that may serve it; -1 none."""
    lines = book.lines
    sites, regions = book.weeks.shape
    nearest = np.full(regions, -1, dtype=np.int64)
    for region in range(regions):
        rows = sorted((int(book.days[site, region]), int(book.freight[site, region]), site)
                      for site in range(sites) if book.weeks[site, region] >= 0)
        nearest[region] = rows[0][2] if rows else -1
    pinned = np.where(book.weeks[lines.site, lines.region] >= 0, lines.site, -1)
    site = np.where(lines.site >= 0, pinned, nearest[lines.region])
    given = shipments.first_row >= 0
    site[given] = shipments.site[shipments.first_row[given]]
    return site


def wanted_of(shipments: Shipments, book: Book, structure: Structure, supply: Supply) -> Wanted:
    """What all lines together want, as if leaves and hours came without limit."""
    lines, horizon = book.lines, book.calendar.horizon
    site = planned_sites(shipments, book)
    ship = np.maximum(0, lines.requested - book.weeks[site, lines.region])
    wants = (site >= 0) & (ship < horizon) & (lines.open > 0)
    stock = _Stock(book, structure, supply)
    for line in lines.by_rank[wants[lines.by_rank]].tolist():
        stock.serve(line, int(site[line]), int(ship[line]))
    top = pl.DataFrame({"site": site[wants], "ship": ship[wants], "item": lines.item[wants],
                        "pieces": lines.open[wants]})
    return _explode(top, stock.frame(), book, structure)


class _Stock:
    """Stock of made items, used up by the lines in rank order."""

    def __init__(self, book: Book, structure: Structure, supply: Supply) -> None:
        self.book = book
        self.lead = structure.lead.tolist()
        self.pool_of = {key: pool for key, pool in supply.pool_of.items() if book.made[key[0]]}
        self.balance = {pool: supply.there[pool].tolist() for pool in self.pool_of.values()}
        self.offers = {pool: offers_of(row) for pool, row in self.balance.items()}
        self.bom: dict[int, list[tuple[int, int, int, int]]] = {}
        for parent, *row in structure.bom.iter_rows():
            self.bom.setdefault(parent, []).append(tuple(row))
        self.stocked = {(item, site) for item, site, _ in self.pool_of}
        self._below: dict[int, frozenset[int]] = {}
        self._of_tree: dict[tuple[int, int], bool] = {}
        self.taken: dict[tuple[int, int, int, int], int] = {}

    def below(self, item: int) -> frozenset[int]:
        """An item and all made items that it may be built from."""
        if item not in self._below:
            parts = [self.below(row[0]) for row in self.bom.get(item, ()) if self.book.made[row[0]]]
            self._below[item] = frozenset({item}).union(*parts)
        return self._below[item]

    def serve(self, line: int, site: int, ship: int) -> None:
        """Take what a line's shipment finds in stock of made items."""
        item = int(self.book.lines.item[line])
        tree = (item, site)
        if tree not in self._of_tree:
            self._of_tree[tree] = any((part, site) in self.stocked for part in self.below(item))
        if not self._of_tree[tree] or not self.book.made[item]:
            return
        customer = int(self.book.lines.customer[line])
        waiting = [(item, 0, int(self.book.lines.open[line]))]
        for part, days, pieces in waiting:
            rest = pieces - self._take(part, site, customer, ship, days, pieces)
            if rest == 0:
                continue
            parts_days = days + self.lead[part]
            week = max(0, ship - (parts_days + 6) // 7)
            # The list grows while it is walked: breadth first, as the rules walk it.
            waiting.extend((component, parts_days, rest * each)
                           for component, each, start, end in self.bom[part]
                           if self.book.made[component] and start <= week <= end)

    def _take(self, item: int, site: int, customer: int, ship: int, days: int,
              wanted: int) -> int:
        taken = 0
        week = max(0, ship - (days + 6) // 7)
        for owner in (customer, ANYBODY):
            pool = self.pool_of.get((item, site, owner))
            if pool is None:
                continue
            pieces = min(wanted - taken, self.offers[pool][week])
            if pieces > 0:
                row = self.balance[pool]
                self.balance[pool] = row[:week] + [left - pieces for left in row[week:]]
                self.offers[pool] = offers_of(self.balance[pool])
                taken += pieces
        if taken:
            key = (site, ship, item, days)
            self.taken[key] = self.taken.get(key, 0) + taken
        return taken

    def frame(self) -> pl.DataFrame:
        """Pieces taken, by site, ship week, item and lead days."""
        keys = np.array(list(self.taken), dtype=np.int64).reshape(-1, 4)
        return pl.DataFrame({"site": keys[:, 0], "ship": keys[:, 1], "item": keys[:, 2],
                             "lead_days": keys[:, 3],
                             "own": np.array(list(self.taken.values()), dtype=np.int64)})


def _explode(top: pl.DataFrame, stock: pl.DataFrame, book: Book, structure: Structure) -> Wanted:
    """All needs of the shipments wanted, level by level; what cannot be made wants nothing."""
    pieces = np.zeros((len(book.ids.items), len(book.ids.sites), book.calendar.horizon),
                      dtype=np.int64)
    hours = np.zeros_like(book.hours)
    key = ["site", "ship", "item", "lead_days"]
    waiting = top.with_columns(lead_days=pl.lit(0, dtype=pl.Int64))
    for level in range(int(structure.level.max(initial=0)) + 1):
        at = structure.level[waiting["item"].to_numpy()] == level
        needs = waiting.filter(pl.Series(at, dtype=pl.Boolean)).group_by(key).agg(
            pl.col("pieces").sum())
        waiting = waiting.filter(pl.Series(~at, dtype=pl.Boolean))
        has_bom = pl.Series(book.made[needs["item"].to_numpy()], dtype=pl.Boolean)
        needs = needs.join(stock, on=key, how="left", maintain_order="left").with_columns(
            own=pl.when(has_bom).then(pl.col("own").fill_null(0)).otherwise("pieces"))
        drawn = needs.with_columns(
            week=pl.max_horizontal(0, bucket_at(pl.col("ship"), pl.col("lead_days"))))
        np.add.at(pieces, tuple(drawn[name].to_numpy() for name in ("item", "site", "week")),
                  drawn["own"].to_numpy())
        made = needs.with_columns(made=pl.col("pieces") - pl.col("own")).filter(
            pl.col("made") > 0)
        if made.height == 0:
            continue
        below = make(made.select(*key, "made"), structure, clamp=True)
        np.add.at(hours, (below.hours["resource"].to_numpy(), below.hours["site"].to_numpy(),
                          np.maximum(0, below.hours["drawn"].to_numpy())),
                  below.hours["micro"].to_numpy())
        waiting = pl.concat([waiting, below.needs.select(waiting.columns)])
    return Wanted(pieces, hours)


def expected_rows(wanted: Wanted, drawn: Longs, used: Longs, book: Book, supply: Supply,
                  prices: Prices | None) -> pl.DataFrame:
    """
    The shortages table, coded and in the order of its key.

    drawn  : (items, sites, weeks) pieces that the plan draws
    used   : (resources, sites, weeks) millionths of hours that it uses
    prices : the plan's; None under a policy without them
    """
    there = np.zeros_like(wanted.pieces)
    np.add.at(there, (supply.pool_item, supply.pool_site),
              np.diff(supply.there, axis=1, prepend=0))
    lacking = np.maximum(0, np.cumsum(wanted.pieces, axis=2) - np.cumsum(there, axis=2))
    parts = _rows(PART, lacking, {"there": there, "used": drawn, "wanted": wanted.pieces}, 1)
    endless = book.hours == UNLIMITED_MICRO
    lacking = np.where(endless | ~book.has_hours[:, :, None], 0,
                       np.maximum(0, wanted.hours - book.hours))
    resources = _rows(RESOURCE, lacking, {"there": book.hours, "used": used,
                                          "wanted": wanted.hours}, MICRO)
    blank = pl.col("there") >= UNLIMITED_MICRO / MICRO
    resources = resources.with_columns(
        there=pl.when(blank).then(None).otherwise("there"))
    rows = pl.concat([parts, resources])
    cents = pl.Series([None], dtype=pl.Int64).new_from_index(0, rows.height)
    if prices is not None:
        codes = {name: rows[name].to_numpy() for name in ("kind", "id", "site", "week")}
        cents = worth_of_more(codes, prices, book, supply)
    return rows.with_columns(price_cents=cents)


def _rows(kind: int, lacking: Longs, values: dict[str, Longs], unit: int) -> pl.DataFrame:
    """All weeks of each (id, site) that lacks something in some week."""
    index, site = np.nonzero(lacking.any(axis=2))
    weeks = lacking.shape[2]
    columns = {"kind": np.full(len(index) * weeks, kind, dtype=np.int64),
               "id": np.repeat(index, weeks), "site": np.repeat(site, weeks),
               "week": np.tile(np.arange(weeks), len(index))}
    for name, value in (*values.items(), ("missing", lacking)):
        columns[name] = value[index, site].reshape(-1) / unit
    return pl.DataFrame(columns)


def check_shortages(frame: pl.DataFrame, codes: dict[str, Longs], expected: pl.DataFrame,
                    book: Book, findings: Findings) -> None:
    """Hold the shortages table against the recomputed one."""
    keys = ("kind", "id", "site", "week")
    actual = pl.DataFrame({name: codes[name] for name in keys}).with_row_index("row")
    actual = actual.with_columns(frame.select(VALUES))
    due = expected.rename({name: f"due_{name}" for name in VALUES}).with_columns(
        due=pl.lit(True))
    both = actual.join(due, on=keys, how="left", maintain_order="left")
    extra = both["due"].is_null()
    findings.add_rows("check.shortages.extra", TABLE, "id", extra.arg_true().to_numpy(),
                      cell(frame["id"]),
                      same("must not be here: nothing of it is missing in any week"))
    for name in VALUES:
        had, must = both[name], both[f"due_{name}"]
        wrong = ~extra & ((had.is_null() != must.is_null())
                          | ((had - must).abs() > _tolerance(must)).fill_null(False))
        findings.add_rows(
            "check.shortages.value", TABLE, name, wrong.arg_true().to_numpy(),
            cell(had), _recomputed(must))
    missing = expected.join(actual, on=keys, how="anti", maintain_order="left").to_dicts()
    names = {PART: book.ids.items, RESOURCE: book.ids.resources}
    findings.add_rows(
        "check.shortages.missing", TABLE, None, np.arange(len(missing)),
        lambda k: f"{names[missing[k]['kind']][missing[k]['id']]} at "
        f"{book.ids.sites[missing[k]['site']]} in the week of "
        f"{book.calendar.day(missing[k]['week'])}",
        same("must have a row: in some week more is wanted than is there"), numbered=False)


def _recomputed(due: pl.Series) -> Callable[[int], str]:
    """What must stand in each row of a column."""
    shown = cell(due)
    return lambda row: f"must be {shown(row)}, recomputed from the book, draws and prices"


def _tolerance(due: pl.Series) -> pl.Series:
    """Half a millionth, or what a 64-bit float cannot tell apart; nothing for whole numbers."""
    if due.dtype == pl.Int64:
        return pl.Series([0]).new_from_index(0, len(due))
    return pl.select(pl.max_horizontal(pl.lit(0.5 / MICRO), due.abs() * 1e-15)).to_series()
