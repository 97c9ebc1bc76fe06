"""When the pieces of a plan are shipped, delivered and accepted, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.finance.exchange import day_number
from headgate.finance.shares import part_of, summed
from headgate.finance.under_way import FRIDAY, Before
from headgate.planner.allocate import Allocation
from headgate.planner.pegging import drawn_rows, matched_rows
from headgate.planner.policy import Policy

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shipments:
    """
    What leaves one site in one week for one line, by line, day of recognition, ship week and site;
    and pieces that had left before the plan and are recognised later.

    line, site, ship, arrive : (shipments,) indexes and buckets; site -1 of what had left before
    pieces                   : pieces
    due                      : days since 1970-01-01 on which the line's rule recognises revenue
    delivered                : the day of delivery: the Friday of the arrival week
    late_weeks               : weeks after the requested week
    of_allocation            : (allocations,) the shipment that each allocation belongs to
    """

    line: Longs
    site: Longs
    ship: Longs
    arrive: Longs
    pieces: Longs
    due: Longs
    delivered: Longs
    late_weeks: Longs
    of_allocation: Longs

    @property
    def planned(self) -> NDArray[np.bool_]:
        """(shipments,) whether the plan sends them; False for what had left before."""
        return self.site >= 0

    def __len__(self) -> int:
        return len(self.line)


@dataclass(frozen=True, slots=True)
class Costs:
    """
    What each shipment costs, in cents of the book's currency; (shipments,) each.

    standard     : standard cost of the items sent
    parts        : what the supply rows cost that are pegged to it, at all levels
    variance     : these rows less the standard cost of what they hold
    substitution : standard cost of what was drawn less that of what was called for
    lane         : freight
    met          : the pegs: `shipment`, `item`, `row` (of `Book.supply`), `week`, `pieces`
    """

    standard: Longs
    parts: Longs
    variance: Longs
    substitution: Longs
    lane: Longs
    met: pl.DataFrame

    @property
    def full(self) -> Longs:
        """(shipments,) all of it."""
        return self.standard + self.variance + self.substitution + self.lane

    def without(self, held: Longs, pieces: Longs) -> Costs:
        """
        The costs without those of pieces that were recognised before the plan, by their number.

        held, pieces : (shipments,) such pieces, and all; what they have is rounded down to the cent
        """
        if not held.any():
            return self
        return replace(self, **{name: cents - part_of(cents, held, pieces) for name, cents in (
            (part.name, getattr(self, part.name)) for part in fields(self) if part.name != "met")})


def shipments_of(book: Book, allocation: Allocation, before: Before) -> Shipments:
    """
    The shipments of a plan, with the day on which each one's revenue is recognised.

    Pieces that had left before and are not recognised stand among them, with that day.

    That day is the Friday of the ship week (`recognise_on` ship), of the arrival week (deliver),
    or `acceptance_days` after the latter (accept). Nothing is recognised before as_of: in a week
    whose Friday has passed, as_of is the day.
    """
    lines, lanes = book.lines, book.lanes
    monday, now = day_number(book.first_monday), day_number(book.settings.as_of)
    friday, sent = monday + FRIDAY, len(allocation.line)
    line, site, ship = allocation.line, lanes.site[allocation.lane], allocation.ship
    arrive = ship + lanes.weeks[allocation.lane]
    shipped_on = np.maximum(friday + 7 * ship, now)
    delivered = np.maximum(friday + 7 * arrive, now)
    orders = book.tables.frames["orders"][pl.Series(lines.source_row)]
    rule = orders["recognise_on"].to_numpy()
    wait = orders["acceptance_days"].fill_null(0).to_numpy()
    due = np.where(rule[line] == "ship", shipped_on,
                   np.where(rule[line] == "accept", delivered + wait[line], delivered))
    left = before.pending
    line, site, ship = (np.concatenate([own, more]) for own, more in (
        (line, before.line[left]), (site, np.full(left.sum(), -1)),
        (ship, (before.delivered[left] - monday) // 7)))
    due, delivered = (np.concatenate([own, more]) for own, more in (
        (due, before.due[left]), (delivered, before.delivered[left])))
    arrive = np.concatenate([arrive, (before.delivered[left] - monday) // 7])
    quantity = np.concatenate([allocation.quantity, before.pieces[left]])
    order = np.lexsort((site, ship, due, line))
    key = np.stack([line, due, ship, site], axis=1)[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (key[1:] != key[:-1]).any(axis=1)
    number = np.cumsum(new) - 1
    of_row = np.empty(len(order), dtype=np.int64)
    of_row[order] = number
    one = order[new]
    count = len(one)
    return Shipments(
        line=line[one], site=site[one].astype(np.int64), ship=ship[one],
        arrive=arrive[one].astype(np.int64),
        pieces=summed(of_row, quantity, count), due=due[one].astype(np.int64),
        delivered=delivered[one].astype(np.int64),
        late_weeks=np.maximum(0, arrive[one] - lines.requested[line[one]]).astype(np.int64),
        of_allocation=of_row[:sent])


def costs_of(book: Book, policy: Policy, allocation: Allocation, shipments: Shipments) -> Costs:
    """
    The cost of every shipment from the very supply rows that are pegged to it.

    A row of supply without a cost of its own costs the standard. What an item that is made costs
    beyond the standard cost of its components, work above all, is its value added: hours have no
    price. Standard cost is the sum of value added and of the standard cost of everything called
    for, so that standard + variance + substitution is the full cost, whatever was made.

    source : derived here
    """
    count = len(shipments)
    standard = book.unit_cost_cents
    met = _with_shipment(book, shipments, matched_rows(book, policy, drawn_rows(book, allocation)))
    shipment = met["shipment"].to_numpy()
    item, stood = met["item"].to_numpy(), met["stood"].to_numpy()
    pieces, row = met["pieces"].to_numpy(), met["row"].to_numpy()
    own = book.tables.frames["supply"]["unit_cost_cents"].gather(
        pl.Series(book.supply.source_row[row]))
    paid = np.where(own.is_null().to_numpy(), standard[item], own.fill_null(0).to_numpy())
    called = np.where(stood < 0, item, stood)
    # What the pieces that had left before cost is not in the book: standard cost stands for it.
    left = np.where(shipments.planned, 0, shipments.pieces) * standard[
        book.lines.item[shipments.line]]
    return Costs(
        standard=left + summed(shipments.of_allocation,
                               allocation.quantity * standard[allocation.item], count),
        parts=summed(shipment, pieces * paid, count),
        variance=summed(shipment, pieces * (paid - standard[item]), count),
        substitution=summed(shipment, pieces * (standard[item] - standard[called]), count),
        lane=summed(shipments.of_allocation,
                    allocation.quantity * book.lanes.cost_cents[allocation.lane], count),
        met=met.select("shipment", "item", "row", "week", "pieces"))


def _with_shipment(book: Book, shipments: Shipments, met: pl.DataFrame) -> pl.DataFrame:
    """
    The pegs with the shipment that each serves.

    A draw lies whole weeks before the shipment it is for, by its lead days; a line, a site and a
    ship week name one shipment.
    """
    sites, weeks = len(book.sites), book.horizon
    ship = met["week"].to_numpy() - (-met["days"].to_numpy() // 7)
    planned = np.flatnonzero(shipments.planned)
    keys = ((shipments.line * sites + shipments.site) * weeks + shipments.ship)[planned]
    line = met["line"].to_numpy().astype(np.int64)
    asked = (line * sites + met["site"].to_numpy()) * weeks + ship
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], asked)
    return met.with_columns(shipment=pl.Series(
        planned[order[place]] if len(order) else place, dtype=pl.Int64))
