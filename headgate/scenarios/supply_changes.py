"""Changes of supply: receipts that slip, are cut, grow or arrive, and pieces that move."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from headgate.scenarios.draft import (
    Draft,
    RefusedError,
    counted,
    fields_of,
    nothing,
    selected,
    status_of,
)
from headgate.scenarios.kinds import SUPPLY_NAMES
from headgate.scenarios.scenario import Change
from headgate.tables.schema import BY_NAME

FIRST_COME = ("available_on", "reference", "reserved_for", "quantity", "unit_cost_cents",
              "supplier", "status")
"""The order in which rows give or get pieces; rows alike in all of it are alike in everything."""


def supply_slip(draft: Draft, change: Change) -> str:
    """Receipts come later or earlier; what was done, in words."""
    weeks = int(change.values["weeks"])
    mask = selected(draft, change, "supply", SUPPLY_NAMES)
    mask &= draft.frames["supply"].select(status_of(draft) != "on_hand").to_series()
    if not bool(mask.any()):
        raise RefusedError(change.issue(
            "scenario.match.nothing", "all rows that it selects are on hand, and stock does not "
            "slip", None, change.kind.name))
    moved = pl.col("available_on") + timedelta(weeks=weeks)
    if weeks < 0:
        # Pulled in to as_of, a row without a status would become stock that nobody has.
        first = pl.lit(draft.as_of + timedelta(days=1))
        moved = pl.min_horizontal("available_on", pl.max_horizontal(moved, first))
    pieces = int(draft.frames["supply"].filter(mask)["quantity"].sum())
    draft.put("supply", mask, available_on=moved)
    return (f"{counted(int(mask.sum()), 'receipt')} with {counted(pieces, 'piece')}: "
            f"{counted(abs(weeks), 'week')} {'later' if weeks > 0 else 'earlier'}")


def supply_cut(draft: Draft, change: Change) -> str:
    """Pieces of supply do not come; what was done, in words."""
    mask = selected(draft, change, "supply", SUPPLY_NAMES)
    rows = draft.frames["supply"].filter(mask).with_row_index("row").sort(*_order())
    if "percent" in change.values:
        rows = rows.with_columns(part=_shares(int(change.values["percent"])))
    else:
        wanted, there = int(change.values["quantity"]), int(rows["quantity"].sum())
        if wanted > there:
            raise RefusedError(change.issue(
                "scenario.match.short", f"is more than the {counted(there, 'piece')} that the "
                "selected rows have", "quantity", wanted))
        rows = rows.reverse()
        rows = rows.with_columns(part=_taken(wanted))
    left = rows.sort("row").select(pl.col("quantity") - pl.col("part")).to_series()
    total = int(rows["part"].sum())
    draft.put("supply", mask, quantity=left)
    draft.drop("supply", draft.frames["supply"]["quantity"] == 0)
    return (f"{counted(rows.height, 'row')} of supply: {counted(total, 'piece')} fewer of "
            f"{int(rows['quantity'].sum()):,}")


def supply_grow(draft: Draft, change: Change) -> str:
    """More pieces come with the rows that there are; what was done, in words."""
    mask = selected(draft, change, "supply", SUPPLY_NAMES)
    rows = draft.frames["supply"].filter(mask).with_row_index("row").sort(*_order())
    if "percent" in change.values:
        rows = rows.with_columns(part=_shares(int(change.values["percent"])))
    else:
        rows = rows.with_columns(part=pl.when(pl.int_range(pl.len()) == 0)
                                 .then(int(change.values["quantity"])).otherwise(0))
    more = rows.sort("row").select(pl.col("quantity") + pl.col("part")).to_series()
    draft.put("supply", mask, quantity=more)
    return (f"{counted(rows.height, 'row')} of supply: {counted(int(rows['part'].sum()), 'piece')} "
            f"more than {int(rows['quantity'].sum()):,}")


def supply_add(draft: Draft, change: Change) -> str:
    """A row of supply that the book has not; what was done, in words."""
    draft.add("supply", [fields_of("supply", change)])
    return (f"new supply: {counted(change.values['quantity'], 'piece')} of "
            f"{change.values['item_id']} at {change.values['site_id']} on "
            f"{change.values['available_on']}")


def transfer(draft: Draft, change: Change) -> str:
    """Pieces move from one site to another; what was done, in words."""
    values, day = change.values, change.values["on"]
    if day < draft.as_of:
        raise RefusedError(change.issue("scenario.on.before", "must not be before as_of, "
                                        f"{draft.as_of}", "on", day))
    if values["from_site_id"] == values["to_site_id"]:
        raise RefusedError(change.issue("scenario.field.type", "must be another site than "
                                        "from_site_id", "to_site_id", values["to_site_id"]))
    supply = draft.frames["supply"]
    status = status_of(draft)
    mask = supply.select(
        (pl.col("item_id") == values["item_id"]) & (pl.col("site_id") == values["from_site_id"])
        & ((pl.col("available_on") <= day) | (status == "on_hand")) & (status != "forecast")
        & pl.col("reserved_for").is_null()).to_series()
    if not bool(mask.any()):
        raise nothing(change, "supply that is there by then", ("item_id", "from_site_id"))
    rows = supply.filter(mask).with_row_index("row").sort(*_order())
    there = int(rows["quantity"].sum())
    wanted = int(values.get("quantity", there))
    if wanted > there:
        raise RefusedError(change.issue(
            "scenario.match.short", f"is more than the {counted(there, 'piece')} that are there by "
            f"{day} and may leave", "quantity", wanted))
    rows = rows.with_columns(part=_taken(wanted))
    arrives = day + timedelta(days=int(values.get("days", 0)))
    fresh = [{**{column.field: row[column.field] for column in BY_NAME["supply"].columns},
              "site_id": values["to_site_id"], "available_on": arrives, "quantity": row["part"],
              "status": "on_hand" if arrives <= draft.as_of else "committed"}
             for row in rows.filter(pl.col("part") > 0).iter_rows(named=True)]
    draft.put("supply", mask, quantity=rows.sort("row").select(
        pl.col("quantity") - pl.col("part")).to_series())
    draft.drop("supply", draft.frames["supply"]["quantity"] == 0)
    draft.add("supply", fresh)
    return (f"{counted(wanted, 'piece')} of {values['item_id']} from {values['from_site_id']} to "
            f"{values['to_site_id']}, to be used from {arrives} on")


def _order() -> list[pl.Expr]:
    """The order in which rows give or get pieces, whatever the order of the file."""
    return [pl.col("available_on"), pl.col("item_id"), pl.col("site_id"),
            *(pl.col(name) for name in FIRST_COME[1:])]


def _shares(hundredths: int) -> pl.Expr:
    """
    Of each row, in its order, what a percentage of all pieces up to it has grown by.

    So the parts of one item at one site add up to the percentage of their sum, rounded down, and
    rows of a single piece are not all rounded to nothing.
    """
    up_to = pl.col("quantity").cum_sum().over("item_id", "site_id")
    before = up_to - pl.col("quantity")
    return (up_to * hundredths) // 10_000 - (before * hundredths) // 10_000


def _taken(wanted: int) -> pl.Expr:
    """What each row gives so that all together give so many, the first rows first."""
    before = pl.col("quantity").cum_sum() - pl.col("quantity")
    return (wanted - before).clip(0, pl.col("quantity"))
