"""
Changes of a book made by hand on the texts of its files: rows as dictionaries, one after another.

Nothing of `headgate.scenarios` is used, so that both must read the meaning of a kind alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import polars as pl

from headgate.tables.schema import BY_NAME

Row = dict[str, Any]
Cells = dict[str, Any]
KEYS = {"reference", "item_id", "family", "site_id", "supplier", "status", "from_on", "to_on",
        "resource_id", "order_id", "line_no", "customer_id", "segment", "region", "quota_id"}


def edited(frames: dict[str, pl.DataFrame], settings: dict[str, Any], kind: str,
           change: Cells) -> dict[str, pl.DataFrame]:
    """The frames of a book, every column a text, after one change; new frames."""
    book = {name: frame.to_dicts() for name, frame in frames.items()}
    for table in BY_NAME:
        book.setdefault(table, [])
    EDITS[kind](book, settings["as_of"], int(settings["horizon_weeks"]), change)
    return {name: _frame(name, rows) for name, rows in book.items()
            if rows or name in frames}


def _frame(table: str, rows: list[Row]) -> pl.DataFrame:
    names = list(dict.fromkeys([*BY_NAME[table].names, *(name for row in rows for name in row)]))
    return pl.DataFrame({name: [_text(row.get(name)) for row in rows] for name in names},
                        schema=dict.fromkeys(names, pl.String))


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    return ";".join(cell) if isinstance(cell, list) else str(cell)


def _day(text: Any) -> date:
    return date.fromisoformat(str(text)[:10])


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _status(row: Row, as_of: date) -> str:
    return row.get("status") or ("on_hand" if _day(row["available_on"]) <= as_of else "committed")


def _meant(book: dict[str, list[Row]], row: Row, change: Cells, as_of: date,
           names: Iterable[str]) -> bool:
    families = {item["item_id"]: item.get("family") for item in book["items"]}
    for name in names:
        if name not in change:
            continue
        value = change[name]
        if name == "family":
            good = families.get(row.get("item_id")) == value
        elif name == "status":
            good = _status(row, as_of) == value
        elif name == "from_on":
            good = _day(row["available_on"]) >= _day(value)
        elif name == "to_on":
            good = _day(row["available_on"]) <= _day(value)
        else:
            good = row.get(name) is not None and str(row[name]) == str(value)
        if not good:
            return False
    return True


def _rows(book: dict[str, list[Row]], table: str, change: Cells, as_of: date) -> list[Row]:
    names = {"supply": ("reference", "item_id", "family", "site_id", "supplier", "status",
                        "from_on", "to_on"),
             "orders": ("order_id", "line_no", "item_id", "family", "customer_id", "segment",
                        "region"), "items": ("item_id", "family"),
             "lanes": ("site_id", "region")}[table]
    return [row for row in book[table] if _meant(book, row, change, as_of, names)]


def _early(rows: list[Row]) -> list[Row]:
    """Supply rows in the order in which they give: by day, then by every cell, blanks first."""
    def key(row: Row) -> tuple[Any, ...]:
        words = [(row.get(name) is not None, row.get(name) or "") for name in
                 ("reference", "reserved_for")]
        cost = row.get("unit_cost")
        return (_day(row["available_on"]), row["item_id"], row["site_id"], *words,
                int(row["quantity"]), (cost is not None, Decimal(cost or 0)),
                *[(row.get(name) is not None, row.get(name) or "")
                  for name in ("supplier", "status")])

    return sorted(rows, key=key)


def supply_slip(book, as_of, horizon, change):
    for row in _rows(book, "supply", change, as_of):
        if _status(row, as_of) == "on_hand":
            continue
        day = _day(row["available_on"])
        moved = day + timedelta(weeks=change["weeks"])
        if change["weeks"] < 0:
            moved = min(day, max(moved, as_of + timedelta(days=1)))
        row["available_on"] = moved


def _by_share(rows: list[Row], share: Decimal) -> list[tuple[Row, int]]:
    """Rounded down over what came before of the same item at the same site."""
    parts, so_far = [], {}
    for row in _early(rows):
        key = (row["item_id"], row["site_id"])
        before = so_far.get(key, 0)
        so_far[key] = before + int(row["quantity"])
        parts.append((row, int(so_far[key] * share / 100) - int(before * share / 100)))
    return parts


def supply_cut(book, as_of, horizon, change):
    rows = _rows(book, "supply", change, as_of)
    if "percent" in change:
        parts = _by_share(rows, Decimal(str(change["percent"])))
    else:
        left, parts = change["quantity"], []
        for row in reversed(_early(rows)):
            part = min(left, int(row["quantity"]))
            left -= part
            parts.append((row, part))
    for row, part in parts:
        row["quantity"] = int(row["quantity"]) - part
    book["supply"] = [row for row in book["supply"] if int(row["quantity"])]


def supply_grow(book, as_of, horizon, change):
    rows = _rows(book, "supply", change, as_of)
    parts = (_by_share(rows, Decimal(str(change["percent"]))) if "percent" in change
             else [(_early(rows)[0], change["quantity"])])
    for row, part in parts:
        row["quantity"] = int(row["quantity"]) + part


def supply_add(book, as_of, horizon, change):
    book["supply"].append(dict(change))


def transfer(book, as_of, horizon, change):
    day = _day(change["on"])
    arrives = day + timedelta(days=change.get("days", 0))
    left = change["quantity"]
    fresh = []
    for row in _early(book["supply"]):
        if (row["item_id"] != change["item_id"] or row["site_id"] != change["from_site_id"]
                or row.get("reserved_for") or _status(row, as_of) == "forecast"
                or (_day(row["available_on"]) > day and _status(row, as_of) != "on_hand")):
            continue
        part = min(left, int(row["quantity"]))
        left -= part
        row["quantity"] = int(row["quantity"]) - part
        if part:
            fresh.append({**row, "site_id": change["to_site_id"], "available_on": arrives,
                          "quantity": part,
                          "status": "on_hand" if arrives <= as_of else "committed"})
    assert left == 0
    book["supply"] = [row for row in book["supply"] if int(row["quantity"])] + fresh


def site_closes(book, as_of, horizon, change):
    first = _monday(_day(change["from_on"]))
    after = first + timedelta(weeks=change["weeks"])
    for row in book["capacity"]:
        if row["site_id"] == change["site_id"] and first <= _day(row["starts_on"]) < after:
            row["hours"] = "0"
    for row in book["supply"]:
        if (row["site_id"] == change["site_id"] and first <= _day(row["available_on"]) < after
                and _status(row, as_of) != "on_hand"):
            row["available_on"] = after


def hours(book, as_of, horizon, change):
    start = _monday(as_of)
    first = _monday(_day(change["from_on"])) if "from_on" in change else start
    last = (_monday(_day(change["to_on"])) if "to_on" in change
            else start + timedelta(weeks=horizon - 1))
    chosen = [row for row in book["capacity"]
              if _meant(book, row, change, as_of, ("resource_id", "site_id"))]
    if "percent" not in change:
        pairs = {(row["resource_id"], row["site_id"]) for row in chosen}
        there = {(row["resource_id"], row["site_id"], _day(row["starts_on"])) for row in chosen}
        for resource, site in sorted(pairs):
            for week in range(horizon):
                day = start + timedelta(weeks=week)
                if first <= day <= last and (resource, site, day) not in there:
                    row = {"resource_id": resource, "site_id": site, "starts_on": day,
                           "hours": "0"}
                    book["capacity"].append(row)
                    chosen.append(row)
    for row in chosen:
        if not first <= _day(row["starts_on"]) <= last:
            continue
        if "hours" in change:
            row["hours"] = change["hours"]
        elif row["hours"] != "inf":
            old = Decimal(row["hours"]).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
            if "percent" in change:
                new = old * (100 + Decimal(str(change["percent"]))) / 100
                row["hours"] = format(new.quantize(Decimal("0.000001"), ROUND_HALF_EVEN), "f")
            else:
                row["hours"] = format(max(Decimal(0), old + change["add_hours"]), "f")


def lane(book, as_of, horizon, change):
    for row in book["lanes"]:
        if row["site_id"] == change["site_id"] and row["region"] == change["region"]:
            row.update(change)
            return
    book["lanes"].append(dict(change))


def lane_close(book, as_of, horizon, change):
    gone = _rows(book, "lanes", change, as_of)
    book["lanes"] = [row for row in book["lanes"] if row not in gone]


def order_add(book, as_of, horizon, change):
    book["orders"].append({"line_no": 1, "booked_on": as_of, **change})


def order_change(book, as_of, horizon, change):
    for row in book["orders"]:
        if _meant(book, row, change, as_of, ("order_id", "line_no")):
            for name, value in change.items():
                if name == "add_quantity":
                    row["quantity"] = int(row["quantity"]) + value
                else:
                    row[name] = value


def order_cancel(book, as_of, horizon, change):
    kept, gone = [], set()
    chosen = _rows(book, "orders", change, as_of)
    for row in book["orders"]:
        if any(row is one for one in chosen):
            shipped = int(row.get("shipped_quantity") or 0)
            if not shipped:
                gone.add((row["order_id"], str(row["line_no"])))
                continue
            row["quantity"] = shipped
        kept.append(row)
    book["orders"] = kept
    book["pins"] = [row for row in book["pins"] if not any(
        (row["order_id"], str(row["line_no"])) == (one["order_id"], str(one["line_no"]))
        for one in chosen)]
    orders = {row["order_id"] for row in kept}
    book["service_lines"] = [row for row in book["service_lines"] if row["order_id"] in orders
                             and (row["order_id"], row["starts"]) not in gone]


def _money(row: Row, name: str, change: Cells) -> None:
    if name in change:
        row[name] = change[name]
        return
    new = Decimal(row[name]) * (100 + Decimal(str(change["percent"]))) / 100
    row[name] = format(new.quantize(Decimal("0.01"), ROUND_HALF_EVEN), "f")


def price(book, as_of, horizon, change):
    for row in _rows(book, "orders", change, as_of):
        _money(row, "unit_price", change)


def cost(book, as_of, horizon, change):
    for row in _rows(book, "items", change, as_of):
        _money(row, "unit_cost", change)


def quota(book, as_of, horizon, change):
    for row in book["quotas"]:
        if row["quota_id"] == change["quota_id"]:
            row.update(change)
            return
    book["quotas"].append(dict(change))


def quota_remove(book, as_of, horizon, change):
    book["quotas"] = [row for row in book["quotas"] if row["quota_id"] != change["quota_id"]]


def generation(book, as_of, horizon, change):
    old, new, day = change["old_item_id"], change["new_item_id"], _day(change["from_on"])
    like = next(row for row in book["items"] if row["item_id"] == old)
    there = [row for row in book["items"] if row["item_id"] == new]
    if not there:
        book["items"].append({"item_id": new, **{name: like.get(name) for name in (
            "kind", "family", "currency", "term_months")}, "unit_cost": change["unit_cost"]})
    elif "unit_cost" in change:
        there[0]["unit_cost"] = change["unit_cost"]
    for row in list(book["bom"]):
        begin, end = row.get("effective_from"), row.get("effective_to")
        if row["component_id"] != old or (end and _day(end) < day):
            continue
        if begin and _day(begin) >= day:
            row["component_id"] = new
            continue
        book["bom"].append({**row, "component_id": new, "effective_from": day})
        row["effective_to"] = day - timedelta(days=1)
    kept = []
    for row in book["supply"]:
        if (row["item_id"] == old and _day(row["available_on"]) >= day
                and _status(row, as_of) != "on_hand"):
            way = change.get("supply", "move")
            if way == "cut":
                continue
            if way == "move":
                row["item_id"], row["unit_cost"] = new, None
        kept.append(row)
    book["supply"] = kept
    if change.get("use_up"):
        last = max((int(row["preference"]) for row in book["substitutes"]
                    if row["item_id"] == new), default=0)
        book["substitutes"].append({"item_id": new, "substitute_id": old, "effective_from": day,
                                    "preference": last + 1})


Edit = Callable[[dict[str, list[Row]], date, int, Cells], None]
EDITS: dict[str, Edit] = {
    "supply_slip": supply_slip, "supply_cut": supply_cut, "supply_grow": supply_grow,
    "supply_add": supply_add, "transfer": transfer, "site_closes": site_closes, "hours": hours,
    "lane": lane, "lane_close": lane_close, "order_add": order_add, "order_change": order_change,
    "order_cancel": order_cancel, "price": price, "cost": cost, "quota": quota,
    "quota_remove": quota_remove, "generation": generation,
}
