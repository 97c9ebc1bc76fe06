"""Lots and pins of lines of which pieces have left: what the book of a ledger says of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import NamedTuple

import polars as pl

from headgate.ledger.accounts import amendment_of, in_order
from headgate.ledger.lines import Line
from headgate.ledger.parts import Parts
from headgate.ledger.rows import line_key, row_key


def lot_left(state: Parts, line: Line, lot_size: int, open_quantity: int,
             shipped_quantity: int) -> int:
    """
    The largest lot that divides the open pieces of a line of which pieces were shipped or
    cancelled; else the lot as it is, so that the check of the book names one that does not fit.

    source : derived here; docs/explanation/ledger.md, A book in, a book out
    """
    odd = open_quantity > 0 and open_quantity % lot_size
    if odd and (shipped_quantity or _cancelled(state, line)):
        return gcd(open_quantity, lot_size)
    return lot_size


def _cancelled(state: Parts, line: Line) -> bool:
    return any(entry.kind == "order_cancelled" and entry.data is not None
               for entry in state.lines.entries(line))


def with_lots(orders: pl.DataFrame, state: Parts) -> pl.DataFrame:
    """The orders of a state with the lots that are left of theirs."""
    still = orders["quantity"] - orders["shipped_quantity"]
    odd = ((still > 0) & (still % orders["lot_size"] != 0)).arg_true().to_list()
    if not odd:
        return orders
    lots = orders["lot_size"].to_list()
    columns = orders.select("order_id", "line_no", "shipped_quantity")
    for place in odd:
        order_id, line_no, shipped = columns.row(place)
        line = state.lines.get(line_key(order_id, line_no))
        if line is not None:
            lots[place] = lot_left(state, line, lots[place], int(still[place]), shipped)
    return orders.with_columns(pl.Series("lot_size", lots, dtype=orders.schema["lot_size"]))


class Ordered(NamedTuple):
    """Pieces of a line that are ordered, those shipped included, and those shipped."""

    quantity: int
    shipped: int


def pins_left(pins: pl.DataFrame, orders: pl.DataFrame, state: Parts) -> pl.DataFrame:
    """
    The pins of a state, as far as pieces of their lines are still open by a table of orders.

    What was shipped used up the pins of the first weeks, what was cancelled or amended away those
    of the last. Pins of more than the line ever had stay as they are, as do those of a line that
    nobody booked: the check of the book names them.

    pins   : as they were recorded, columns of the table `pins`
    orders : those of the state, or those that it gets by an import
    """
    if pins.is_empty():
        return pins
    line = ["order_id", "line_no"]
    there = pins.join(orders.select(*line, "shipped_quantity", ordered="quantity"), on=line,
                      how="left", maintain_order="left")
    by_line: dict[str, list[int]] = {}
    for place, (order_id, line_no) in enumerate(pins.select(line).iter_rows()):
        by_line.setdefault(line_key(order_id, line_no), []).append(place)
    ordered, shipped = there["ordered"].to_list(), there["shipped_quantity"].to_list()
    pieces: list[int | None] = pins["quantity"].to_list()
    weeks, sequences = pins["ship_on"].to_list(), _sequences(pins, state)
    later = {recorded.event.key for recorded in state.later.values()}
    for key, places in by_line.items():
        if ordered[places[0]] is None:
            if key in state.lines.rows or key in later:
                pieces = _with(pieces, places, [0] * len(places))
            continue
        has = Ordered(ordered[places[0]], shipped[places[0]])
        in_weeks = sorted(places, key=weeks.__getitem__)
        left = _weeks_left([pieces[place] for place in in_weeks], has, state, key,
                           min(sequences[place] for place in places))
        pieces = _with(pieces, in_weeks, left)
    return pins.with_columns(pl.Series("quantity", pieces, dtype=pins.schema["quantity"])).filter(
        pl.col("quantity").ne_missing(0))


def _with(values: list[int | None], places: Sequence[int], others: Sequence[int | None]
          ) -> list[int | None]:
    for place, other in zip(places, others, strict=True):
        values[place] = other
    return values


def _sequences(pins: pl.DataFrame, state: Parts) -> list[int]:
    """The sequence of the event that set each pin."""
    keys = (row_key("pins", {**row, "ship_on": row["ship_on"].isoformat()})
            for row in pins.iter_rows(named=True))
    return [state.rows[key].sequence for key in keys]


def _weeks_left(pieces: Sequence[int | None], has: Ordered, state: Parts, key: str, since: int
                ) -> list[int | None]:
    """What is left of the pins of a line, which are given in the order of their weeks."""
    still = has.quantity - has.shipped
    if still <= 0:
        return [0] * len(pieces)
    held = [still if each is None else each for each in pieces]
    over = sum(held) - still
    line = state.lines.get(key)
    if over <= 0 or line is None:
        return list(pieces)
    most, shipped = _history(state, line, since)
    if sum(held) > max(most, has.quantity):
        return list(pieces)
    first = max(0, min(over, shipped + has.shipped - line.shipped))
    left = list(held)
    for places, gone in ((range(len(held)), first), (range(len(held))[::-1], over - first)):
        for place in places:
            taken = min(gone, left[place])
            left[place] -= taken
            gone -= taken
    return [before if now == had else now
            for before, had, now in zip(pieces, held, left, strict=True)]


def _history(state: Parts, line: Line, since: int) -> tuple[int, int]:
    """The most pieces that a line ever had, and those shipped after the event of a sequence."""
    most = pieces = shipped = 0
    for sequence, _, kind, data in in_order(state.lines.entries(line)):
        assert data is not None
        if kind == "order_cancelled":
            pieces -= data["quantity"]
        else:
            amended = data if kind == "order_booked" else amendment_of(kind, data) or {}
            pieces = amended.get("quantity", pieces)
        most = max(most, pieces)
        if sequence > since and kind in ("order_shipped", "order_returned"):
            shipped += data["quantity"] if kind == "order_shipped" else -data["quantity"]
    return most, shipped
