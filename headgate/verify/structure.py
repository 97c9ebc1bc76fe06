"""What is built from what: BOM rows, steps and substitutes with periods as buckets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.tables.frames import Tables
from headgate.verify.facts import ALWAYS, Book, days_of, places, whole

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Structure:
    """
    The structure of all items; ids are numbers, periods first and last buckets.

    bom         : parent, component, pieces, hold_from, hold_to; in walk order for each parent
    steps       : item, resource, micro (for one piece), later (lead days of the later steps)
    substitutes : item, substitute, hold_from, hold_to, cents; the preferred one first
    lead        : (items,) lead days of all steps of an item with BOM rows, else 0
    level       : (items,) longest way down from an item that is in no other; parents come first
    """

    bom: pl.DataFrame
    steps: pl.DataFrame
    substitutes: pl.DataFrame
    lead: Longs
    level: Longs


def read_structure(tables: Tables, book: Book) -> Structure:
    """The structure of a book's items."""
    bom = _bom(tables.frames["bom"], book)
    steps, lead = _steps(tables.frames["routing"], book)
    return Structure(bom, steps, _substitutes(tables.frames["substitutes"], book), lead,
                     _levels(bom, len(book.ids.items)))


def _period(frame: pl.DataFrame, book: Book) -> dict[str, Longs]:
    """First and last bucket whose Monday lies in a row's period."""
    calendar = book.calendar
    start, end = frame["effective_from"], frame["effective_to"]
    first = np.where(start.is_null().to_numpy(), -ALWAYS, calendar.first(days_of(start, 0)))
    last = np.where(end.is_null().to_numpy(), ALWAYS, calendar.bucket(days_of(end, 0)))
    return {"hold_from": first, "hold_to": last}


def _bom(frame: pl.DataFrame, book: Book) -> pl.DataFrame:
    return pl.DataFrame({
        "parent": places(frame["parent_id"], book.ids.items),
        "component": places(frame["component_id"], book.ids.items),
        "pieces": whole(frame["quantity"]), **_period(frame, book),
        "day": days_of(frame["effective_from"], -ALWAYS)},
    ).sort("parent", "component", "day").drop("day")


def _steps(frame: pl.DataFrame, book: Book) -> tuple[pl.DataFrame, Longs]:
    """Steps of the items that can be made; what is bought has no use for a routing."""
    steps = pl.DataFrame({"item": places(frame["item_id"], book.ids.items),
                          "resource": places(frame["resource_id"], book.ids.resources),
                          "micro": whole(frame["hours_per_unit_micro"]),
                          "days": whole(frame["lead_days"])})
    steps = steps.filter(pl.Series(book.made[steps["item"].to_numpy()], dtype=pl.Boolean))
    lead = np.zeros(len(book.ids.items), dtype=np.int64)
    np.add.at(lead, steps["item"].to_numpy(), steps["days"].to_numpy())
    so_far = pl.col("days").cum_sum().over("item")
    total = pl.col("days").sum().over("item")
    return steps.select("item", "resource", "micro", later=total - so_far), lead


def _substitutes(frame: pl.DataFrame, book: Book) -> pl.DataFrame:
    return pl.DataFrame({
        "item": places(frame["item_id"], book.ids.items),
        "substitute": places(frame["substitute_id"], book.ids.items),
        "preference": whole(frame["preference"]), **_period(frame, book),
        "cents": whole(frame["extra_cost_cents"])},
    ).sort("item", "preference", "substitute", "hold_from").drop("preference")


def _levels(bom: pl.DataFrame, items: int) -> Longs:
    """The level of each item: one below its lowest parent, whatever the periods."""
    level = np.zeros(items, dtype=np.int64)
    parent, component = bom["parent"].to_numpy(), bom["component"].to_numpy()
    for _ in range(items):
        deeper = level.copy()
        np.maximum.at(deeper, component, level[parent] + 1)
        if np.array_equal(deeper, level):
            break
        level = deeper
    return level
