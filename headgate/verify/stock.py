"""Draws are of allowed pieces, consumption is their sum, and hours stay within what is there."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.schema import MICRO, UNLIMITED_MICRO
from headgate.verify.compare import compare_quantities
from headgate.verify.explosion import line_name
from headgate.verify.facts import Book
from headgate.verify.rules import Findings
from headgate.verify.structure import Structure

Longs = NDArray[np.int64]
DRAW_KEY = ("item", "site", "drawn", "stood", "lead_days")


def pegged_items(pegging: str, book: Book, structure: Structure, short_items: Longs,
                 reserved_items: Longs) -> NDArray[np.bool_]:
    """
    Which items the plan pegs: all, or under `scarce` those whose draws do not follow from needs.

    short_items    : parts with rows in `shortages`
    reserved_items : items with supply that is reserved for a customer
    returns        : (items,)
    """
    if pegging == "all":
        return np.ones(len(book.ids.items), dtype=np.bool_)
    pegged = book.made.copy()
    for items in (short_items, reserved_items, structure.substitutes["item"].to_numpy(),
                  structure.substitutes["substitute"].to_numpy()):
        pegged[items] = True
    return pegged


def check_draws(draws: dict[str, Longs], book: Book, structure: Structure,
                findings: Findings) -> None:
    """Substitutes are listed and hold in the week of the draw; no piece is restricted."""
    ids, calendar, line, item = book.ids, book.calendar, draws["line"], draws["item"]
    stood, drawn = draws["stood"], draws["drawn"]
    bad = (stood >= 0) & ~_is_listed(stood, item, drawn, structure)
    findings.add_rows(
        "check.explosion.substitute", "pegging", "stood_in_for", np.flatnonzero(bad),
        lambda k: f"{ids.items[item[k]]} for {ids.items[stood[k]]}",
        lambda k: f"must be listed in substitutes and hold in the week of "
        f"{calendar.day(int(drawn[k]))}; drawn for {line_name(int(line[k]), book)}",
        numbered=False)
    forbidden = book.banned[book.lines.banned[line], item]
    findings.add_rows(
        "check.explosion.restriction", "pegging", "item_id", np.flatnonzero(forbidden),
        lambda k: ids.items[item[k]],
        lambda k: f"must not be drawn for {line_name(int(line[k]), book)}: a restriction matches",
        numbered=False)


def _is_listed(stood: Longs, item: Longs, drawn: Longs,
               structure: Structure) -> NDArray[np.bool_]:
    """Whether a row of substitutes allows each draw in its week; True where none stood in."""
    listed = np.ones(len(stood), dtype=np.bool_)
    at = np.flatnonzero(stood >= 0)
    rows = pl.DataFrame({"at": at, "item": stood[at], "substitute": item[at],
                         "drawn": drawn[at]})
    holding = rows.join(structure.substitutes, on=["item", "substitute"], how="inner").filter(
        pl.col("drawn").is_between(pl.col("hold_from"), pl.col("hold_to")))
    listed[at] = False
    listed[holding["at"].to_numpy()] = True
    return listed


def sums_of(draws: dict[str, Longs]) -> dict[str, Longs]:
    """The consumption table that the draws call for, coded and in the order of its key."""
    frame = pl.DataFrame({name: draws[name] for name in (*DRAW_KEY, "quantity")})
    summed = frame.group_by(DRAW_KEY).agg(pl.col("quantity").sum()).sort(DRAW_KEY)
    return {name: summed[name].to_numpy() for name in summed.columns}


def check_consumption(expected: dict[str, Longs], consumption: dict[str, Longs], book: Book,
                      findings: Findings) -> None:
    """The consumption table is the sum of the draws over the lines."""
    ids = book.ids
    compare_quantities(
        "consumption", expected, consumption, DRAW_KEY,
        lambda row: f"{ids.items[row['item']]} at {ids.sites[row['site']]} in the week of "
        f"{book.calendar.day(row['drawn'])}, {row['lead_days']} days before the shipment"
        + (f", for {ids.items[row['stood']]}" if row["stood"] >= 0 else ""),
        "the draws of all lines", findings)


def hours_used(hours: pl.DataFrame, book: Book) -> Longs:
    """Hours used of each (resource, site, week), in millionths."""
    used = np.zeros_like(book.hours)
    np.add.at(used, (hours["resource"].to_numpy(), hours["site"].to_numpy(),
                     hours["drawn"].to_numpy()), hours["micro"].to_numpy())
    return used


def check_hours(used: Longs, book: Book, findings: Findings) -> None:
    """No resource is used for more hours than it has."""
    over = np.argwhere((used > book.hours) & (book.hours != UNLIMITED_MICRO))
    ids = book.ids
    findings.add_rows(
        "check.explosion.hours", "allocations", None, np.arange(len(over)),
        lambda k: f"{ids.resources[over[k][0]]} at {ids.sites[over[k][1]]} in the week of "
        f"{book.calendar.day(int(over[k][2]))}",
        lambda k: f"must use at most {book.hours[tuple(over[k])] / MICRO} hours; the shipments "
        f"need {used[tuple(over[k])] / MICRO}", numbered=False)
