"""Every allocation is one that the rules allow its line, and no line is sent too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.verify.facts import ALWAYS, Book
from headgate.verify.rules import Findings, cell, same

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
TABLE = "allocations"


@dataclass(frozen=True, slots=True)
class Shipments:
    """
    The allocations with what follows from them, and their sums by line.

    line, item, site, ship, arrive, quantity : (rows,); arrive is ship plus transit
    promised, first, last : (lines,) pieces; first and last arrival, ALWAYS and -ALWAYS if none
    by_requested, by_promised : (lines,) pieces that arrive by that bucket
    first_row : (lines,) the first row by (arrival, transit days, lane cost, site_id), -1 if none
    """

    line: Longs
    item: Longs
    site: Longs
    ship: Longs
    arrive: Longs
    quantity: Longs
    promised: Longs
    first: Longs
    last: Longs
    by_requested: Longs
    by_promised: Longs
    first_row: Longs


def read_shipments(codes: dict[str, Longs], book: Book) -> Shipments:
    """The allocations of a plan and their sums by line."""
    lines = book.lines
    line, site, quantity = codes["line"], codes["site"], codes["quantity"]
    arrive = codes["ship"] + book.weeks[site, lines.region[line]]
    promised = np.zeros(len(lines), dtype=np.int64)
    by_requested, by_promised = promised.copy(), promised.copy()
    np.add.at(promised, line, quantity)
    np.add.at(by_requested, line, np.where(arrive <= lines.requested[line], quantity, 0))
    np.add.at(by_promised, line, np.where(arrive <= lines.promised[line], quantity, 0))
    first = np.full(len(lines), ALWAYS, dtype=np.int64)
    last = np.full(len(lines), -ALWAYS, dtype=np.int64)
    np.minimum.at(first, line, arrive)
    np.maximum.at(last, line, arrive)
    order = first_of_line(line, arrive, site, book)
    first_row = np.full(len(lines), -1, dtype=np.int64)
    first_row[line[order[::-1]]] = order[::-1]
    return Shipments(line, codes["item"], site, codes["ship"], arrive, quantity, promised, first,
                     last, by_requested, by_promised, first_row)


def first_of_line(line: Longs, arrive: Longs, site: Longs, book: Book) -> Longs:
    """Rows by line, then arrival, transit days, lane cost and site_id."""
    region = book.lines.region[line]
    return np.lexsort((site, book.freight[site, region], book.days[site, region], arrive, line))


def check_allocations(frame: pl.DataFrame, codes: dict[str, Longs], shipments: Shipments,
                      held: pl.DataFrame, book: Book, findings: Findings) -> None:
    """
    Hold each allocation, and each line's sum, against the rules for options.

    held : line, item, site, ship, and the pieces held: of those the window does not matter
    """
    _check_options(frame, shipments, book, findings)
    free = shipments.quantity - _held(shipments, held)
    _check_arrivals(frame, codes, shipments, free > 0, book, findings)
    lines, line = book.lines, shipments.line
    lots = shipments.quantity % lines.lot[line] != 0
    _rows(findings, "check.allocations.lot", frame, "quantity", lots,
          lambda row: f"must be a multiple of the lot size {lines.lot[line[row]]}")
    too_much = shipments.promised > lines.open
    first_row = shipments.first_row
    _rows(findings, "check.allocations.quantity", frame, "quantity",
          _at(first_row[too_much], len(line)),
          lambda row: f"must sum to at most {lines.open[line[row]]} open pieces of the line; "
          f"its rows sum to {shipments.promised[line[row]]}")
    broken = lines.complete & (shipments.promised > 0) & (
        (shipments.promised != lines.open) | (shipments.first != shipments.last))
    _rows(findings, "check.allocations.complete", frame, "quantity",
          _at(first_row[broken], len(line)),
          lambda row: f"must be all {lines.open[line[row]]} open pieces in one arrival week, "
          "because the line is ship_complete or in a ship set")


def _check_options(frame: pl.DataFrame, shipments: Shipments, book: Book,
                   findings: Findings) -> None:
    lines, ids = book.lines, book.ids
    line, item, site = shipments.line, shipments.item, shipments.site
    _rows(findings, "check.allocations.item", frame, "item_id",
          ~_is_accepted(shipments, book),
          lambda row: f"must be {ids.items[lines.item[line[row]]]} or one that the line accepts")
    pin = lines.site[line]
    _rows(findings, "check.allocations.site", frame, "site_id", (pin >= 0) & (pin != site),
          lambda row: f"must be {ids.sites[pin[row]]}, the only site of the line")
    _rows(findings, "check.allocations.lane", frame, "site_id",
          book.weeks[site, lines.region[line]] < 0,
          lambda row: f"must have a lane to {ids.regions[lines.region[line[row]]]}")
    _rows(findings, "check.allocations.restriction", frame, "item_id",
          book.banned[lines.banned[line], item],
          same("must not be sent: a restriction matches the line and the item"))


def _held(shipments: Shipments, held: pl.DataFrame) -> Longs:
    """(rows,) pieces of each allocation that are held."""
    if held.is_empty():
        return np.zeros(len(shipments.line), dtype=np.int64)
    rows = pl.DataFrame({"line": shipments.line, "item": shipments.item, "site": shipments.site,
                         "ship": shipments.ship})
    return rows.join(held, on=rows.columns, how="left", maintain_order="left")["held"].fill_null(
        0).to_numpy()


def _check_arrivals(frame: pl.DataFrame, codes: dict[str, Longs], shipments: Shipments,
                    is_free: Bools, book: Book, findings: Findings) -> None:
    lines, calendar, line = book.lines, book.calendar, shipments.line
    has_lane = book.weeks[shipments.site, lines.region[line]] >= 0
    arrive = shipments.arrive
    wrong = has_lane & (codes["arrive_day"] != calendar.monday + 7 * arrive)
    _rows(findings, "check.allocations.arrival", frame, "arrive_on", wrong,
          lambda row: f"must be {calendar.day(int(arrive[row]))}, the ship week plus transit")
    early = arrive < np.maximum(0, lines.earliest[line])
    late = arrive > lines.latest[line]
    outside = has_lane & is_free & (early | late)
    _rows(findings, "check.allocations.window", frame, "arrive_on", outside,
          lambda row: f"must be from {calendar.day(max(0, int(lines.earliest[line[row]])))}"
          + ("" if lines.latest[line[row]] == ALWAYS
             else f" to {calendar.day(int(lines.latest[line[row]]))}")
          + ", the weeks that the line allows")


def _is_accepted(shipments: Shipments, book: Book) -> Bools:
    """Whether each item sent is the line's own or one that it accepts."""
    lines = book.lines
    own: Bools = shipments.item == lines.item[shipments.line]
    others = np.flatnonzero(~own)
    for row in others.tolist():
        own[row] = int(shipments.item[row]) in lines.accepts[int(shipments.line[row])]
    return own


def _at(rows: Longs, count: int) -> Bools:
    marks = np.zeros(count, dtype=np.bool_)
    marks[rows] = True
    return marks


def _rows(findings: Findings, code: str, frame: pl.DataFrame, column: str, wrong: Bools,
          expected: Callable[[int], str]) -> None:
    """Note the violating rows of the allocations, each with the cell it is about."""
    findings.add_rows(code, TABLE, column, np.flatnonzero(wrong), cell(frame[column]), expected)
