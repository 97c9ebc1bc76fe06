"""An older plan's tables as numbers: opened once, then read against any book that came after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.catalog.indexes import IdMap
from headgate.planner.kernels.retrace import Drawn
from headgate.planner.numbering import KEY, lines_of_keys
from headgate.tables.plan_schema import PlanFrames

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NO_DAY = np.iinfo(np.int32).min
"""In place of a day that is blank."""


class Promised(NamedTuple):
    """
    Rows of `promises`, each array (rows,).

    line : number of the line; open : open pieces; waits : 1 if it was late or short of pieces
    day  : the last promised day as days since 1970-01-01, NO_DAY none
    """

    line: Longs
    open: Longs
    waits: Longs
    day: Longs


class Allocated(NamedTuple):
    """
    Rows of `allocations`, each array (rows,): numbers of line, item and site, ship week, pieces.

    ship : Monday as days since 1970-01-01, or bucket of a book, below 0 before its first week
    """

    line: Longs
    item: Longs
    site: Longs
    ship: Longs
    pieces: Longs


class Named(NamedTuple):
    """
    A column of ids.

    ids : each that stands in it, once; row : (rows,) its row in `ids`, -1 none
    """

    ids: tuple[str, ...]
    row: Longs

    @classmethod
    def of(cls, table: pl.DataFrame, name: str) -> Named:
        """The ids of a column of a table."""
        ids = _ids(table[name])
        rows = table.select(_place(name, ids).fill_null(-1)).to_series()
        return cls(tuple(ids), rows.to_numpy())

    def within(self, known: IdMap) -> Longs:
        """(rows,) the index of each id, -1 for none and for one that is not in the map."""
        return known.places(self.ids)[self.row]


class Priced(NamedTuple):
    """
    Rows of `prices`, each array (rows,).

    part, quota : whether it is the price of a part, and of a quota; else of hours
    id, site, reserved_for : as in the table; day : its week's Monday as days since 1970-01-01
    cents : the price of one piece or hour
    """

    part: Bools
    quota: Bools
    id: Named
    site: Named
    reserved_for: Named
    day: Longs
    cents: Floats

    @classmethod
    def of(cls, table: pl.DataFrame) -> Priced:
        """The prices of a plan."""
        return cls((table["kind"] == "part").to_numpy(), (table["kind"] == "quota").to_numpy(),
                   Named.of(table, "id"), Named.of(table, "site_id"),
                   Named.of(table, "reserved_for"), days_of(table["week"]),
                   table["price_cents"].to_numpy().astype(np.float64))


class Short(NamedTuple):
    """
    Rows of `shortages` of parts, each array (rows,).

    id, site : as in the table; day : its week's Monday as days since 1970-01-01
    there    : pieces that came in the week, infinite where that is not said
    """

    id: Named
    site: Named
    day: Longs
    there: Floats

    @classmethod
    def of(cls, table: pl.DataFrame) -> Short:
        """The shortages of a plan."""
        table = table.filter(pl.col("kind") == "part")
        return cls(Named.of(table, "id"), Named.of(table, "site_id"), days_of(table["week"]),
                   table["there"].cast(pl.Float64).fill_null(np.inf).to_numpy())


@dataclass(frozen=True, slots=True)
class Start:
    """
    An older plan, opened: numbers are places in its own `lines`, `items` and `sites`.

    lines        : order_id and line_no of each, once
    items, sites : (n,) ids
    gap          : that plan's gap, None unknown
    pegged       : (n,) items that draws name
    all_pegged   : whether the pegging is of all items; else what it leaves out has no other source
    """

    lines: pl.DataFrame
    items: tuple[str, ...]
    sites: tuple[str, ...]
    promised: Promised
    allocated: Allocated
    drawn: Drawn
    prices: Priced
    shortages: Short
    pegged: Longs
    all_pegged: bool
    gap: float | None = None

    @classmethod
    def of(cls, plan: PlanFrames) -> Start:
        """A plan's tables, opened."""
        frames = plan.frames
        promises, allocations, pegging = (
            frames[name] for name in ("promises", "allocations", "pegging"))
        lines = pl.concat([frame.select(KEY) for frame in (promises, allocations, pegging)]).unique(
            maintain_order=True)
        items = _ids(allocations["item_id"], pegging["item_id"], pegging["stood_in_for"])
        sites = _ids(allocations["site_id"], pegging["site_id"])
        item, site = _place("item_id", items), _place("site_id", sites)
        stood = pl.coalesce(_place("stood_in_for", items), item)
        waits = pl.col("status").is_in(["late", "short", "unplanned"])
        promised = _numbered(lines, promises, "open_quantity", waits, _day("promised_on"))
        allocated = _numbered(lines, allocations, item, site, _day("ship_on"), "quantity")
        drawn = _numbered(lines, pegging, item, site, stood.alias("stood"), _day("drawn_on"),
                          "lead_days", "quantity")
        draws = Drawn(*_longs(_summed(drawn)))
        return cls(
            lines, tuple(items), tuple(sites), Promised(*_longs(promised)),
            Allocated(*_longs(allocated)), draws, Priced.of(frames["prices"]),
            Short.of(frames["shortages"]), np.unique(np.concatenate([draws.item, draws.stood])),
            plan.summary.get("pegging") == "all",
            dict(plan.summary.get("certificate") or {}).get("gap"))


@dataclass(frozen=True, slots=True)
class Older:
    """
    An older plan in the numbers of a book: -1 where the book has no such line, item or site.

    rows      : (lines of the book,) row of `promised`, -1 for a line that is new
    published : (items,) 1 where every draw of an item is among `drawn`
    """

    start: Start
    rows: Longs
    promised: Promised
    allocated: Allocated
    drawn: Drawn
    published: NDArray[np.int8]

    @classmethod
    def of(cls, book: Book, start: Start) -> Older:
        """An older plan, read against a book."""
        line = lines_of_keys(book, start.lines)
        item, site = book.items.places(start.items), book.sites.places(start.sites)
        promised, allocated, drawn = start.promised, start.allocated, start.drawn
        promised = promised._replace(line=line[promised.line])
        rows = np.full(len(book.lines) + 1, -1, dtype=np.int64)
        rows[promised.line] = np.arange(len(promised.line))
        published = np.full(len(book.items) + 1, int(start.all_pegged), dtype=np.int8)
        published[item[start.pegged]] = 1
        return cls(start, rows[:-1], promised,
                   allocated._replace(line=line[allocated.line], item=item[allocated.item],
                                      site=site[allocated.site],
                                      ship=buckets_of_days(book, allocated.ship)),
                   drawn._replace(line=line[drawn.line], item=item[drawn.item],
                                  site=site[drawn.site], stood=item[drawn.stood],
                                  week=buckets_of_days(book, drawn.week)), published[:-1])


def days_of(column: pl.Series) -> Longs:
    """Dates as days since 1970-01-01, NO_DAY of a blank one."""
    days = column.to_physical()
    if days.null_count():
        days = days.fill_null(NO_DAY)
    return days.to_numpy().astype(np.int64)


def buckets_of_days(book: Book, days: Longs) -> Longs:
    """The bucket of each day since 1970-01-01; it may lie before bucket 0."""
    first = int(np.datetime64(book.first_monday, "D").astype(np.int64))
    return np.asarray((days - first) // 7, dtype=np.int64)


def _ids(*columns: pl.Series) -> pl.Series:
    """What stands in some columns, each once and sorted."""
    return pl.concat([column.cast(pl.String) for column in columns]).drop_nulls().unique().sort()


def _place(name: str, ids: pl.Series) -> pl.Expr:
    """The place of a column's ids among sorted ones."""
    return pl.col(name).cast(pl.String).cast(pl.Enum(ids)).to_physical().cast(pl.Int64)


def _day(name: str) -> pl.Expr:
    """The same of a column of a table."""
    return pl.col(name).cast(pl.Date).to_physical().cast(pl.Int64).fill_null(NO_DAY)


def _numbered(lines: pl.DataFrame, table: pl.DataFrame, *columns: str | pl.Expr) -> pl.DataFrame:
    """The number of each row's line, and some columns."""
    return table.join(lines.with_row_index("line"), on=KEY, how="left",
                      maintain_order="left").select("line", *columns)


def _summed(drawn: pl.DataFrame) -> pl.DataFrame:
    """Draws that say the same but for their supply rows as one, those of an allocation together."""
    ship = pl.col("drawn_on") + (pl.col("lead_days") + 6) // 7 * 7
    keys = [name for name in drawn.columns if name != "quantity"]
    return drawn.group_by(keys).agg(pl.col("quantity").sum()).sort(
        "line", "site_id", ship, "stood", "item_id", "lead_days")


def _longs(table: pl.DataFrame) -> list[Longs]:
    """The columns of a table, whole numbers or truth values."""
    return [column.cast(pl.Int64).to_numpy() for column in table.get_columns()]
