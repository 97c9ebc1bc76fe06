"""A commit that becomes an order line: whether it is what was held, and keeps the date told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from headgate.base.calendar import monday_of
from headgate.promising.holds import Hold
from headgate.quoting.answers import shipped_from


def unlike(hold: Hold, line: str, terms: Mapping[str, Any], pieces: int) -> str:
    """
    How an order line differs from what is held, as a clause; empty where it fits.

    An item that the request or the line accepts instead is its item, too; a segment or customer
    that the request did not name is not looked at.

    line   : ORDER/LINE
    terms  : its columns under their names inside; pieces : those that are open
    """
    asked = hold.request
    wanted = {str(terms["item_id"]), *(terms.get("accepts") or ())}
    found = []
    if not {asked.item_id, *asked.accepts} & wanted:
        found.append(f"its item is {terms['item_id']}, not {asked.item_id}")
    for column, name in (("region", asked.region), ("segment", asked.segment),
                         ("customer_id", asked.customer_id)):
        there = terms.get(column)
        if name is not None and there != name:
            found.append(f"its {column.removesuffix('_id')} is {there or 'not said'}, not {name}")
    if pieces < asked.quantity:
        found.append(f"{pieces:,} of its pieces are open, and {asked.quantity:,} are held")
    return f"{line}: {'; '.join(found)}" if found else ""


def unlike_in_book(hold: Hold, line: str, orders: pl.DataFrame) -> str:
    """The same of a line in the orders of a book; empty, too, where it is not in it."""
    rows = orders.filter(_of(line)).to_dicts()
    return unlike(hold, line, rows[0],
                  rows[0]["quantity"] - rows[0]["shipped_quantity"]) if rows else ""


def _of(line: str) -> pl.Expr:
    """Rows of an order line, ORDER/LINE."""
    order_id, _, line_no = line.rpartition("/")
    return (pl.col("order_id") == order_id) & (pl.col("line_no").cast(pl.String) == line_no)


def missed_in_plan(holds: Mapping[str, Hold], became: Mapping[str, str], orders: pl.DataFrame,
                   allocations: pl.DataFrame, as_of: date) -> dict[str, str]:
    """
    What a plan lacks of commits that became order lines of its book, as a clause for each.

    Left out is a commit of which the line has all by the date that was told, or a later promise of
    its own, beside what others for it were told before; whose line is another than was held; and
    one whose date's week was over when the plan was made.

    holds, became : by id, and the ORDER/LINE of each
    orders, allocations : of the book and the plan
    """
    found, needed = {}, dict[str, int]()
    for hold_id, hold in sorted(holds.items(), key=lambda one: (one[1].promised_on, one[0])):
        line = became[hold_id]
        if hold.promised_on < monday_of(as_of) or unlike_in_book(hold, line, orders):
            continue
        needed[line] = needed.get(line, 0) + hold.request.quantity
        row, = orders.filter(_of(line)).iter_rows(named=True)
        wanted = min(needed[line], row["quantity"])
        due = max(hold.promised_on, row["promised_on"] or hold.promised_on)
        given = allocations.filter(_of(line) & (pl.col("arrive_on") <= monday_of(due)))
        there = int(given["quantity"].sum()) + row["shipped_quantity"]
        if there < wanted:
            found[hold_id] = f"{line} gets {there:,} of {wanted:,} by {due}"
    return found


def promised_as_held(orders: pl.DataFrame, held: Mapping[str, date]) -> pl.DataFrame:
    """
    Orders whose lines have the date that was held for them, where they have no promise.

    held : the date of each line that a commit became, by ORDER/LINE
    """
    told = pl.concat_str("order_id", pl.lit("/"), "line_no").replace_strict(
        dict(held), default=None, return_dtype=pl.Date)
    return orders.with_columns(promised_on=pl.coalesce("promised_on", told))


def pinned_as_held(frames: Mapping[str, pl.DataFrame], holds: Mapping[str, Hold],
                   became: Mapping[str, str], as_of: date) -> pl.DataFrame:
    """
    The table `pins` of a book, with the shipments of commits that became its order lines.

    Left out is what no pin can hold: an accepted item, a week that is over, a line that is frozen,
    in a ship set or pinned already, or whose own promise, earliest day, site, lot or wish for one
    arrival is another.

    frames : the checked tables; holds, became : by id, and the ORDER/LINE of each
    """
    pins, first = frames["pins"], monday_of(as_of)
    lanes = {(site, region): -(-days // 7) for site, region, days in frames["lanes"].select(
        "site_id", "region", "transit_days").iter_rows()}
    taken = set(pins.select("order_id", "line_no").iter_rows())
    rows = {(row["order_id"], row["line_no"]): row
            for row in frames["orders"].iter_rows(named=True)}
    found: dict[tuple[str, int], list[str]] = {}
    for hold_id, hold in holds.items():
        order_id, _, line_no = became[hold_id].rpartition("/")
        line = order_id, int(line_no)
        if line not in taken and all(one.item_id == rows[line]["item_id"]
                                     and one.ship_on >= first for one in hold.shipments):
            found.setdefault(line, []).append(hold_id)
    made = [{"order_id": line[0], "line_no": line[1], "site_id": site, "ship_on": ship,
             "quantity": pieces, "reason": f"committed by {', '.join(names)}"}
            for line, names in found.items()
            for held in [shipped_from(one for name in names for one in holds[name].shipments)]
            if _holds(rows[line], held, lanes)
            for (site, ship), pieces in sorted(held.items())]
    return pl.concat([pins, pl.DataFrame(made, schema=pins.schema)]) if made else pins


def _holds(row: Mapping[str, Any], held: Mapping[tuple[str, date], int],
           lanes: Mapping[tuple[str, str], int]) -> bool:
    """
    Whether pins can hold pieces for an order line.

    held : pieces by site and ship day; lanes : weeks on the way by site and region
    """
    ways = {(site, row["region"]) for site, _ in held}
    if row["frozen"] or row["ship_set"] is not None or not ways <= lanes.keys():
        return False
    pieces, still = sum(held.values()), row["quantity"] - row["shipped_quantity"]
    arrivals = {monday_of(ship) + timedelta(weeks=lanes[site, row["region"]])
                for site, ship in held}
    whole = not row["ship_complete"] or (pieces == still and len(arrivals) == 1)
    own, earliest = row["promised_on"], row["earliest_on"]
    timely = (own is None or monday_of(own) == max(arrivals)) and (
        earliest is None or monday_of(earliest) <= min(arrivals))
    here = row["site_id"] is None or ways == {(row["site_id"], row["region"])}
    return (whole and timely and here and pieces <= still
            and all(count % row["lot_size"] == 0 for count in held.values()))
