"""Changes of orders and of money: lines that arrive, change or go, prices, costs and quotas."""

from __future__ import annotations

import polars as pl

from headgate.scenarios.draft import (
    Draft,
    RefusedError,
    counted,
    fields_of,
    scaled,
    selected,
)
from headgate.scenarios.kinds import ORDER_ROWS
from headgate.scenarios.scenario import Change

ROWS = tuple(field.name for field in ORDER_ROWS)
KEY = ("order_id", "line_no")


def order_add(draft: Draft, change: Change) -> str:
    """An order line arrives; what was done, in words."""
    cells = {"line_no": 1, "booked_on": draft.as_of, **fields_of("orders", change)}
    there = draft.frames["orders"].filter(pl.col("order_id") == cells["order_id"],
                                          pl.col("line_no") == cells["line_no"])
    name = f"{cells['order_id']}/{cells['line_no']}"
    if there.height:
        raise RefusedError(change.issue("scenario.match.exists", "is an order line of the book "
                                        "already; give it another order_id or line_no, or use "
                                        "order_change", "order_id", name))
    draft.add("orders", [cells])
    return (f"new order line {name}: {counted(cells['quantity'], 'piece')} of {cells['item_id']} "
            f"for {cells['requested_on']}")


def order_change(draft: Draft, change: Change) -> str:
    """Lines of an order change; what was done, in words."""
    cells = fields_of("orders", change, KEY)
    if "quantity" in cells and "add_quantity" in change.values:
        raise RefusedError(change.issue("scenario.field.one_of", "must not stand beside quantity",
                                        "add_quantity", change.values["add_quantity"]))
    if not cells and "add_quantity" not in change.values:
        raise RefusedError(change.issue("scenario.field.missing", "must say what changes, such as "
                                        "add_quantity or requested_on"))
    mask = selected(draft, change, "orders", KEY)
    rows = int(mask.sum())
    fresh: dict[str, pl.Series] = {}
    for name, value in cells.items():
        dtype = draft.frames["orders"].schema[name]
        fresh[name] = pl.Series(name, [value] * rows, dtype=dtype)
    if "add_quantity" in change.values:
        old = draft.frames["orders"].filter(mask)["quantity"]
        fresh["quantity"] = old + int(change.values["add_quantity"])
    draft.put("orders", mask, **fresh)
    words = ", ".join("quantity" if name == "add_quantity" else name
                      for name in change.values if name not in KEY)
    return f"{counted(rows, 'line')} of {change.values['order_id']}: other {words}"


def order_cancel(draft: Draft, change: Change) -> str:
    """The open pieces of lines are cancelled; what was done, in words."""
    mask = selected(draft, change, "orders", ROWS)
    orders = draft.frames["orders"]
    open_pieces = int(orders.filter(mask).select(
        pl.col("quantity") - pl.col("shipped_quantity")).sum().item())
    gone = mask & (orders["shipped_quantity"] == 0)
    draft.put("orders", mask & ~gone, quantity=pl.col("shipped_quantity"))
    draft.drop("orders", gone)
    _drop_services(draft, orders.filter(gone).select(*KEY))
    _drop_pins(draft, orders.filter(mask).select(*KEY))
    return f"cancelled: {counted(open_pieces, 'piece')} of {counted(int(mask.sum()), 'line')}"


def _drop_services(draft: Draft, taken: pl.DataFrame) -> None:
    """Take out services that start with a line that is gone, and those of orders that are gone."""
    services = draft.frames["service_lines"]
    if services.is_empty():
        return
    started = services.select("order_id", line_no=pl.col("starts").cast(pl.Int64, strict=False))
    pairs = pl.struct("order_id", "line_no")
    with_line = started.select(pairs.is_in(taken.select(pairs).to_series().implode())).to_series()
    left = draft.frames["orders"]["order_id"].unique()
    draft.drop("service_lines", with_line.fill_null(False)
               | ~services["order_id"].is_in(left.implode()))


def _drop_pins(draft: Draft, ended: pl.DataFrame) -> None:
    """Take out pins of lines that have nothing open any more: there is nothing to hold."""
    pins, pairs = draft.frames["pins"], pl.struct(*KEY)
    draft.drop("pins", pins.select(pairs.is_in(ended.select(pairs).to_series().implode())
                                   ).to_series())


def price(draft: Draft, change: Change) -> str:
    """Unit prices of order lines change; what was done, in words."""
    mask = selected(draft, change, "orders", ROWS)
    old = draft.frames["orders"].filter(mask)["unit_price_cents"]
    draft.put("orders", mask, unit_price_cents=_amounts(change, old, "unit_price"))
    return f"other prices of {counted(len(old), 'line')}"


def cost(draft: Draft, change: Change) -> str:
    """Standard costs of items change; what was done, in words."""
    mask = selected(draft, change, "items", ("item_id", "family"))
    old = draft.frames["items"].filter(mask)["unit_cost_cents"]
    draft.put("items", mask, unit_cost_cents=_amounts(change, old, "unit_cost"))
    return f"other standard costs of {counted(len(old), 'item')}"


def _amounts(change: Change, old: pl.Series, name: str) -> pl.Series:
    """What amounts become: one that is given, or all by a percentage."""
    if name in change.values:
        return pl.Series([change.values[name]], dtype=pl.Int64).new_from_index(0, len(old))
    return scaled(old, int(change.values["percent"]))


def quota(draft: Draft, change: Change) -> str:
    """A quota changes, or is added; what was done, in words."""
    cells = fields_of("quotas", change)
    mask = draft.frames["quotas"]["quota_id"] == cells["quota_id"]
    if bool(mask.any()):
        draft.put("quotas", mask, **{name: pl.lit(value) for name, value in cells.items()})
        return f"another quota {cells['quota_id']}"
    for name in ("from_on", "to_on"):
        if name not in cells:
            raise RefusedError(change.issue(
                "scenario.field.missing", f"must be given: there is no quota {cells['quota_id']} "
                "yet", name))
    draft.add("quotas", [cells])
    return f"a new quota {cells['quota_id']}"


def quota_remove(draft: Draft, change: Change) -> str:
    """A quota is lifted; what was done, in words."""
    draft.drop("quotas", draft.frames["quotas"]["quota_id"] == change.values["quota_id"])
    return f"no more quota {change.values['quota_id']}"
