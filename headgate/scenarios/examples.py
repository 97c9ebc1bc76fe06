"""Scenarios to start from, made for a book: they name what that very book holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from headgate.base.money import text_of_cents
from headgate.scenarios.draft import Draft, monday, status_of
from headgate.tables.frames import Tables

KEY = ("order_id", "line_no")


@dataclass(frozen=True, slots=True)
class Example:
    """A scenario as its file would hold it; `stem` is the file's name without its ending."""

    stem: str
    name: str
    description: str
    changes: tuple[Mapping[str, Any], ...]


def examples_of(tables: Tables) -> list[Example]:
    """Example scenarios for a book; those for which the book has nothing are left out."""
    draft = Draft(dict(tables.frames), tables.settings)
    makers: tuple[Callable[[Draft], Example | None], ...] = (
        _slip, _closed, _overtime, _rush, _cancelled, _generation)
    return [example for maker in makers if (example := maker(draft)) is not None]


def _slip(draft: Draft) -> Example | None:
    """The receipt that is worth most slips."""
    last = monday(draft.as_of) + timedelta(weeks=draft.settings.horizon_weeks - 1)
    costs = draft.frames["items"].select("item_id", cost="unit_cost_cents")
    rows = (draft.frames["supply"].filter(status_of(draft) == "committed",
                                          pl.col("available_on").is_between(draft.as_of, last))
            .join(costs, on="item_id")
            .sort(pl.col("quantity").cast(pl.Int128) * pl.col("cost"), "available_on", "item_id",
                  "site_id", "reference", descending=[True, False, False, False, False]))
    if rows.is_empty():
        return None
    row = rows.row(0, named=True)
    day = row["available_on"].isoformat()
    which = ({"reference": row["reference"]} if row["reference"] is not None else
             {"item_id": row["item_id"], "site_id": row["site_id"], "from_on": day, "to_on": day})
    return Example("po-slips", "PO slips four weeks",
                   f"The costliest receipt to come, {row['quantity']:,} of {row['item_id']} due at "
                   f"{row['site_id']} on {day}, comes four weeks later.",
                   ({"kind": "supply_slip", **which, "weeks": 4},))


def _busiest(draft: Draft) -> str | None:
    """The site with the most weeks of hours."""
    hours = draft.frames["capacity"].filter(pl.col("hours_micro") > 0)
    sites = hours.group_by("site_id").len().sort("len", "site_id", descending=[True, False])
    return str(sites["site_id"][0]) if sites.height else None


def _closed(draft: Draft) -> Example | None:
    site, weeks = _busiest(draft), draft.settings.horizon_weeks
    if site is None:
        return None
    day = monday(draft.as_of) + timedelta(weeks=min(4, weeks - 1))
    return Example("site-closes", f"{site[:30]} closes two weeks",
                   f"No hours at {site} for two weeks from {day}; what is due there waits.",
                   ({"kind": "site_closes", "site_id": site, "from_on": day.isoformat(),
                     "weeks": 2},))


def _overtime(draft: Draft) -> Example | None:
    site = _busiest(draft)
    if site is None:
        return None
    return Example("overtime", "Overtime", f"A fifth more hours at {site} in every week.",
                   ({"kind": "hours", "site_id": site, "percent": 20},))


def _open_lines(draft: Draft) -> pl.DataFrame:
    """Order lines with open pieces, those worth most first."""
    pieces = pl.col("quantity") - pl.col("shipped_quantity")
    return (draft.frames["orders"].with_columns(open=pieces).filter(pl.col("open") > 0)
            .sort(pl.col("open").cast(pl.Int128) * pl.col("unit_price_cents"), *KEY,
                  descending=[True, False, False]))


def _rush(draft: Draft) -> Example | None:
    """The largest line once more, in a hurry."""
    lines = _open_lines(draft)
    if lines.is_empty():
        return None
    row = lines.row(0, named=True)
    day = monday(draft.as_of) + timedelta(weeks=min(8, draft.settings.horizon_weeks - 1), days=4)
    cells = {name: row[name] for name in ("customer_id", "segment", "region", "item_id")}
    if row["currency"] is not None:
        cells["currency"] = row["currency"]
    return Example("rush-order", "Rush order", f"{row['customer_id']} wants as much again of "
                   f"{row['item_id']} as in its largest line, by {day} and before all others.",
                   ({"kind": "order_add", "order_id": "RUSH-1", **cells, "quantity": row["open"],
                     "unit_price": text_of_cents(row["unit_price_cents"]),
                     "requested_on": day.isoformat(), "priority": 1},))


def _cancelled(draft: Draft) -> Example | None:
    lines = _open_lines(draft)
    if lines["order_id"].n_unique() < 2:
        return None
    order = str(lines["order_id"][0])
    return Example("order-cancelled", "Largest order cancelled",
                   f"What is open of {order} is cancelled.",
                   ({"kind": "order_cancel", "order_id": order},))


def _generation(draft: Draft) -> Example | None:
    """The costliest part that is built in gets a successor."""
    parts = (draft.frames["bom"].filter(pl.col("effective_to").is_null()).select("component_id")
             .unique().join(draft.frames["items"].filter(pl.col("kind") == "component"),
                            left_on="component_id", right_on="item_id")
             .sort("unit_cost_cents", "component_id", descending=[True, False]))
    if parts.is_empty():
        return None
    old, cents = parts.row(0, named=True)["component_id"], int(parts["unit_cost_cents"][0])
    day = monday(draft.as_of) + timedelta(weeks=draft.settings.horizon_weeks // 2)
    return Example("next-generation", "Next generation",
                   f"A successor that costs a tenth more takes the place of {old} from {day} on; "
                   "what is left of the old one may be used up.",
                   ({"kind": "generation", "old_item_id": old, "new_item_id": f"{old[:190]}-next",
                     "from_on": day.isoformat(), "unit_cost": text_of_cents(cents * 11 // 10),
                     "use_up": True},))
