"""Pegging the other way: which order lines, promises and dollars hang on a row of supply."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import fiscal_year, friday_of_bucket
from headgate.base.issue import near_miss
from headgate.base.money import exact_dot, short_money
from headgate.book import COMMITTED, FORECAST, ON_HAND, Book
from headgate.planner.allocate import Allocation
from headgate.planner.pegging import KEYS, drawn_rows, matched_rows
from headgate.planner.policy import Policy
from headgate.planner.promise import STATUSES, Promises, dates_or_blank, mondays, promise
from headgate.planner.world import usable_supply

Longs = NDArray[np.int64]

STATUS_NAMES = {ON_HAND: "on_hand", COMMITTED: "committed", FORECAST: "forecast"}
NEAREST = 2_500
"""Names on either side of a misspelt one that are compared with it."""


@dataclass(frozen=True, slots=True)
class WhereUsed:
    """
    The answer to "what hangs on this supply?".

    asked, kind  : what was asked for, and what it is: "reference", or "item" (all its rows)
    supply       : its rows: supply_no (1 is the first), reference, item_id, site_id, usable_on
                   (Monday), status, reserved_for, quantity, used_quantity, free_quantity,
                   uncounted (why the plan does not count the row: "forecast" that the policy
                   leaves out, or "horizon", usable after the planned weeks; else None)
    draws        : one row for each supply row, order line and week of drawing, FIFO: supply_no,
                   reference, drawn_item_id, site_id, drawn_on (Monday), quantity (pieces drawn),
                   order_id, line_no, customer_id, segment, item_id (sold), rank, status,
                   promised_on, open_cents (all of the line that is open), promised_cents (the
                   shipments of the line that need at least one of the pieces)
    *_quantity   : pieces of all rows together; uncounted ones are neither used nor free
    line_count, order_count : those that draw from it
    open_cents, promised_cents, by_quarter : each line, and each shipment, once however often it
                   draws; by_quarter is promised_cents by fiscal quarter of arrival
    also_item    : whether the reference asked for is the id of an item, too

    Money is in cents of `currency`, the book's.
    """

    asked: str
    kind: Literal["reference", "item"]
    also_item: bool
    currency: str
    quantity: int
    used_quantity: int
    free_quantity: int
    uncounted_quantity: int
    line_count: int
    order_count: int
    open_cents: int
    promised_cents: int
    by_quarter: dict[str, int]
    supply: pl.DataFrame
    draws: pl.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; dates as ISO text, tables as lists of rows."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        for name in ("supply", "draws"):
            frame = plain[name].with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d"))
            plain[name] = frame.to_dicts()
        return plain

    def text(self) -> str:
        """The answer in prose."""
        if self.supply.is_empty():
            return f"{self.asked}: no row of the supply table brings it, so no line can draw it."
        rows = f"{_count(self.supply.height, 'supply row')} with {_count(self.quantity, 'piece')}"
        sentences = [f"{self.asked}: {rows}. {self.used_quantity:,} used, "
                     f"{self.free_quantity:,} free."]
        if self.line_count:
            does = "uses" if self.line_count == 1 else "use"
            sentences.append(
                f"{_count(self.line_count, 'line')} of {_count(self.order_count, 'order')} {does} "
                f"it: shipments worth {short_money(self.promised_cents, self.currency)} need it, "
                f"of {short_money(self.open_cents, self.currency)} open on "
                f"{'that line' if self.line_count == 1 else 'those lines'}.")
        else:
            sentences.append("No line of the plan uses it.")
        return " ".join([*sentences, *self._remarks()])

    def _remarks(self) -> list[str]:
        """What else must be known to read the figures."""
        found = []
        places = self.supply.select("item_id", "site_id").n_unique()
        if self.kind == "reference" and self.supply.height > 1:
            where = "one item and site" if places == 1 else f"{places:,} pairs of item and site"
            found.append(f"The reference stands on {self.supply.height:,} rows of {where}; all of "
                         "them are counted here.")
        for why, words in (
                ("forecast", "forecast supply, which the policy does not use (use_forecast)"),
                ("horizon", "usable only after the planned weeks")):
            pieces = int(self.supply.filter(pl.col("uncounted") == why)["quantity"].sum())
            if pieces:
                found.append(f"{_count(pieces, 'piece')} {'is' if pieces == 1 else 'are'} {words}.")
        if self.also_item:
            found.append(f"{self.asked} is also an item; {self.asked}@SITE asks for its supply at "
                         "a site.")
        return found


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class UnknownSupplyError(LookupError):
    """No supply row, item or ITEM@SITE has this name; the message says what comes near."""


def where_used(book: Book, policy: Policy, allocation: Allocation, supply: str) -> WhereUsed:
    """
    What hangs on the supply of a name in a plan.

    supply : the reference of supply rows, else an item, else ITEM@SITE
    raises UnknownSupplyError : nothing has this name; the message says what comes near
    """
    rows, kind = find_supply(book, supply)
    promises = promise(book, allocation)
    served = _served(book, policy, allocation, rows)
    lines = np.unique(served["line"].to_numpy())
    shipments = np.unique(served["shipment"].to_numpy())
    table = _supply_table(book, policy, rows, served)
    cents = book.lines.price_cents
    open_cents = exact_dot(book.lines.open[lines], cents[lines])
    quarters = _by_quarter(book, allocation, promises, shipments)
    draws = _draw_table(book, allocation, promises, served, rows)
    uncounted = table.filter(pl.col("uncounted").is_not_null())
    return WhereUsed(
        asked=supply, kind=kind, also_item=kind == "reference" and supply in book.items,
        currency=book.settings.currency, quantity=int(table["quantity"].sum()),
        used_quantity=int(table["used_quantity"].sum()),
        free_quantity=int(table["free_quantity"].sum()),
        uncounted_quantity=int(uncounted["quantity"].sum()),
        line_count=len(lines), order_count=draws["order_id"].n_unique(), open_cents=open_cents,
        promised_cents=sum(quarters.values()), by_quarter=quarters, supply=table, draws=draws)


def find_supply(book: Book, supply: str) -> tuple[Longs, Literal["reference", "item"]]:
    """
    The rows of `Book.supply` that a name means, in pegging order, and what the name is.

    supply : the reference of supply rows, else an item, else ITEM@SITE
    raises UnknownSupplyError : nothing has this name; the message says what comes near
    """
    named = np.flatnonzero((book.supply.reference == supply).to_numpy())
    if len(named):
        return named, "reference"
    places: list[tuple[str, str | None]] = [(supply, None)]
    places += [(supply[:at], supply[at + 1:]) for at, letter in enumerate(supply) if letter == "@"]
    # Ids may hold an @ themselves, so every one of them may be the one before the site.
    for item_id, site_id in places:
        if item_id in book.items and (site_id is None or site_id in book.sites):
            hit = book.supply.item == book.items.index(item_id)
            if site_id is not None:
                hit &= book.supply.site == book.sites.index(site_id)
            return np.flatnonzero(hit), "item"
    for item_id, site_id in places:
        if item_id in book.items and site_id is not None:
            hint = near_miss(site_id, book.sites.ids)
            raise UnknownSupplyError(f'no site "{site_id}" in this book{hint}')
        if site_id in book.sites:
            hint = near_miss(item_id, book.items.ids)
            raise UnknownSupplyError(f'no item "{item_id}" in this book{hint}')
    raise UnknownSupplyError(f'no supply row, item or ITEM@SITE "{supply}" in this book'
                             f"{_near_supply(book, supply)}")


def _near_supply(book: Book, supply: str) -> str:
    """A `; did you mean "x"?` for a name that is nearly, or the beginning of, a known one."""
    known = sorted({*book.supply.reference.unique(), *book.items.ids})
    place = bisect_left(known, supply)
    first, last = max(0, place - NEAREST), place + NEAREST
    # Only the first few thousand names are compared letter by letter: the nearest come first.
    hint = near_miss(supply, known[first:last] + known[:first] + known[last:])
    if hint or not supply:
        return hint
    # A purchase order is often named without the number of its line.
    begun = [name for name in known if name.casefold().startswith(supply.casefold())]
    return f'; did you mean "{begun[0]}"?' if begun else ""


def _served(book: Book, policy: Policy, allocation: Allocation, rows: Longs) -> pl.DataFrame:
    """
    The pieces of some supply rows and the shipments that need them, FIFO.

    returns : row, line, week, shipment (an index of allocations), pieces; no two rows share the
              first four

    Pegging meets the draws of one line, place, week and need as one. Where these serve several
    shipments (of accepted items), the first supply row serves the first shipment: along the
    running sums of both, each stretch between two ends is of one row and one shipment.
    """
    items = np.zeros(len(book.items), dtype=np.bool_)
    items[book.supply.item[rows]] = True
    mine = np.flatnonzero(items[allocation.pools.item[allocation.pool]])
    drawn = (drawn_rows(book, allocation, items)
             .with_columns(shipment=pl.Series(allocation.owner[mine])).sort(*KEYS, "shipment"))
    met = matched_rows(book, policy, drawn).sort(*KEYS, "row")
    drawn_ends = np.cumsum(drawn["pieces"].to_numpy())
    met_ends = np.cumsum(met["pieces"].to_numpy())
    ends = np.unique(np.concatenate([drawn_ends, met_ends]))
    shipment = drawn["shipment"].to_numpy()[np.searchsorted(drawn_ends, ends)]
    wanted = np.zeros(len(book.supply.item), dtype=np.bool_)
    wanted[rows] = True
    found = met[np.searchsorted(met_ends, ends)].with_columns(
        shipment=pl.Series(shipment), pieces=pl.Series(np.diff(ends, prepend=0)))
    kept = found.filter(pl.Series(wanted[found["row"].to_numpy()]))
    key = ("row", "line", "week", "shipment")
    return kept.group_by(key).agg(pl.col("pieces").sum()).sort(key)


def _supply_table(book: Book, policy: Policy, rows: Longs, served: pl.DataFrame) -> pl.DataFrame:
    """The columns of `WhereUsed.supply`."""
    supply = book.supply
    used = np.zeros(len(supply.item), dtype=np.int64)
    np.add.at(used, served["row"].to_numpy(), served["pieces"].to_numpy())
    counted = pl.Series(usable_supply(book, policy)[rows])
    beyond = pl.Series(supply.start[rows] >= book.horizon)
    pieces = pl.Series(supply.quantity[rows])
    return pl.DataFrame({
        "supply_no": np.arange(1, len(rows) + 1), "reference": supply.reference.gather(rows),
        "item_id": book.items.names(supply.item[rows]),
        "site_id": book.sites.names(supply.site[rows]),
        "usable_on": mondays(book, supply.start[rows]),
        "status": pl.Series([STATUS_NAMES[int(code)] for code in supply.status[rows]],
                            dtype=pl.String),
        "reserved_for": book.reserving.names(supply.slot[rows] - 1),
        "quantity": pieces, "used_quantity": used[rows],
        "free_quantity": pl.select(pl.when(counted).then(pieces - pl.Series(used[rows]))
                                   .otherwise(0)).to_series(),
        "uncounted": pl.select(pl.when(counted).then(None).when(beyond).then(pl.lit("horizon"))
                               .otherwise(pl.lit("forecast"))).to_series()})


def _draw_table(book: Book, allocation: Allocation, promises: Promises, served: pl.DataFrame,
                rows: Longs) -> pl.DataFrame:
    """The columns of `WhereUsed.draws`, by supply row, week and rank."""
    lines, supply = book.lines, book.supply
    shipment = served["shipment"].to_numpy()
    worth = allocation.quantity[shipment] * lines.price_cents[served["line"].to_numpy()]
    drawn = (served.with_columns(promised_cents=pl.Series(worth, dtype=pl.Int64))
             .group_by("row", "line", "week").agg(pl.col("pieces", "promised_cents").sum()))
    place = lines.place_by_rank + 1
    drawn = drawn.with_columns(
        rank=pl.Series(place[drawn["line"].to_numpy()], dtype=pl.Int64)).sort("row", "week", "rank")
    row, line = drawn["row"].to_numpy(), drawn["line"].to_numpy()
    orders = book.tables.frames["orders"].select(
        "order_id", "line_no", "customer_id", "segment", "item_id")[
            pl.Series(lines.source_row[line])]
    last = promises.last[line]
    return pl.DataFrame({
        "supply_no": np.searchsorted(rows, row) + 1, "reference": supply.reference.gather(row),
        "drawn_item_id": book.items.names(supply.item[row]),
        "site_id": book.sites.names(supply.site[row]),
        "drawn_on": mondays(book, drawn["week"].to_numpy()), "quantity": drawn["pieces"],
        **orders.to_dict(), "rank": drawn["rank"],
        "status": pl.Series(STATUSES).gather(pl.Series(promises.status[line])),
        "promised_on": dates_or_blank(book, last, last >= 0, weekday=4),
        "open_cents": lines.open[line] * lines.price_cents[line],
        "promised_cents": drawn["promised_cents"]})


def _by_quarter(book: Book, allocation: Allocation, promises: Promises,
                shipments: Longs) -> dict[str, int]:
    """Dollars of some shipments by the fiscal quarter of their arrival's Friday, in order."""
    year = fiscal_year(book.settings.fiscal_year_end)
    arrival = promises.arrival[shipments]
    price = book.lines.price_cents[allocation.line[shipments]]
    found: dict[str, int] = {}
    for bucket in np.unique(arrival):
        hit = arrival == bucket
        label = year.label(friday_of_bucket(int(bucket), book.settings.as_of))
        found[label] = (found.get(label, 0)
                        + exact_dot(allocation.quantity[shipments[hit]], price[hit]))
    return found
