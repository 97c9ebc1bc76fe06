"""Order lines and services of a book, against those of a ledger: what has to be recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd
from typing import Any, NamedTuple

import polars as pl

from headgate.base.issue import Issue
from headgate.ledger.accounts import Account
from headgate.ledger.book_rows import Writer, extra_text, rows_of
from headgate.ledger.events import Event
from headgate.ledger.fields import day_of
from headgate.ledger.left_pieces import lot_left
from headgate.ledger.lines import Line
from headgate.ledger.parts import Parts
from headgate.ledger.register import Register
from headgate.ledger.rows import line_key
from headgate.ledger.services import Service
from headgate.ledger.snapshots import register_frame
from headgate.tables.schema import ORDERS, SERVICE_LINES, Table

KEYS = ["order_id", "line_no"]


class Given(NamedTuple):
    """
    What an import has to record of one table.

    there  : what is new, or stands otherwise in the book
    leaves : what is not in the book any more
    faults : rows of which the book must say more
    """

    there: Iterator[Event]
    leaves: Iterator[Event]
    faults: list[Issue]



def line_events(orders: pl.DataFrame, state: Parts, writer: Writer, missing: str) -> Given:
    """The events that make a state hold the order lines of a book, and what stands against it."""
    register = state.lines
    if not register.rows:
        return Given(_booked(orders, register, writer), iter(()), [])
    current = register_frame(register, "lines", (
        *Line.TERMS, "quantity", "price", "shipped", "closed", "alive")).rename(
        {"price": "unit_price_cents", "shipped": "shipped_quantity"})
    new, changed, gone = compared(ORDERS, orders, current, ~pl.col("closed")
                                  & (pl.col("quantity") > 0))
    open_again = gone.filter(pl.col("quantity") > pl.col("shipped_quantity"))
    faults = _missing(open_again, "orders") if missing == "error" else []

    def leaves() -> Iterator[Event]:
        for key in gone["key"] if missing != "keep" else ():
            yield from _left_out(register, key, missing, writer)

    def there() -> Iterator[Event]:
        yield from _booked(new, register, writer)
        for data in rows_of(ORDERS, changed, ORDERS_KEPT):
            yield from _changed(state, data, writer)

    return Given(there(), leaves(), faults)


ORDERS_KEPT = tuple(column.field for column in ORDERS.columns)


def compared(table: Table, wanted: pl.DataFrame, current: pl.DataFrame, listed: pl.Expr
             ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """
    Rows that are new, rows that differ, and rows of the ledger that the book does not have.

    current : key, the columns of the table, `alive`, and what `listed` needs
    listed  : whether a row of the ledger stands in its book
    """
    fields = [column.field for column in table.columns if column.field not in KEYS]
    alive = current.filter(pl.col("alive"))
    ours = alive.select("key", *KEYS, *(pl.col(name).alias(f"was {name}") for name in fields),
                        pl.col("extra").alias("was extra"), listed=listed)
    theirs = wanted.with_columns(extra_text(table, wanted).alias("is extra"))
    both = theirs.join(ours, on=KEYS, how="inner", maintain_order="left")
    differs = pl.any_horizontal(
        ~pl.col("listed"), pl.col("is extra").ne_missing(pl.col("was extra")),
        *(pl.col(name).ne_missing(pl.col(f"was {name}")) for name in fields))
    changed = both.filter(differs).select(wanted.columns)
    new = wanted.join(ours, on=KEYS, how="anti", maintain_order="left")
    gone = alive.filter(listed).join(wanted, on=KEYS, how="anti", maintain_order="left")
    return new, changed, gone


def _missing(gone: pl.DataFrame, table: str) -> list[Issue]:
    if gone.is_empty():
        return []
    return [Issue(f"import.{table}.missing", "error", table, "is open in the ledger and not in the "
                  "book; say what became of such lines with --missing cancelled, shipped or keep",
                  None, "order_id", gone["key"][0], gone.height)]


def _booked(orders: pl.DataFrame, register: Register[Line], writer: Writer) -> Iterator[Event]:
    """Lines that are new, with what the book calls shipped."""
    for data in rows_of(ORDERS, orders, tuple(KEYS)):
        shipped = data.pop("shipped_quantity", 0)
        key = line_key(data["order_id"], data["line_no"])
        last = register.last(key)
        on = min(day_of(data["booked_on"]), writer.on)
        lot_size = data.get("lot_size", 1)
        odd = shipped and data["quantity"] % lot_size
        if odd:
            # Until the day of the import the line has all its pieces, which the lot must divide.
            data["lot_size"] = gcd(data["quantity"], lot_size)
        yield writer.event("order_booked", key, data, last, on)
        if odd:
            yield writer.event("order_amended", key, {"lot_size": lot_size}, last)
        if shipped:
            yield writer.event("order_shipped", key, {"quantity": shipped}, last)


def _changed(state: Parts, data: dict[str, Any], writer: Writer) -> Iterator[Event]:
    """What makes a line that is there as the book has it."""
    register = state.lines
    key = line_key(data["order_id"], data["line_no"])
    line = register.get(key)
    assert line is not None
    last = register.last(key)
    shipped = data.pop("shipped_quantity", 0)
    lot_size = register.value(line, "lot_size")
    if data["lot_size"] == lot_left(state, line, lot_size, data["quantity"] - shipped, shipped):
        # What follows from the lot that is recorded is not recorded in its place.
        data["lot_size"] = lot_size
    fewer = line.shipped - shipped
    for stage, there in (("transit", line.shipped - line.delivered),
                         ("delivered", line.delivered - line.accepted),
                         ("accepted", line.accepted)):
        back = min(fewer, there)
        if back > 0:
            fewer -= back
            yield writer.event("order_returned", key, {"quantity": back, "stage": stage}, last)
    amended = amended_columns(ORDERS, register, line, data, ("shipped_quantity",))
    if not line.listed and not amended and shipped <= line.shipped:
        amended = {"quantity": data["quantity"]}
    if amended:
        yield writer.event("order_amended", key, amended, last)
    if shipped > line.shipped:
        yield writer.event("order_shipped", key, {"quantity": shipped - line.shipped}, last)


def amended_columns(table: Table, register: Register[Any], account: Account,
                    data: dict[str, Any], without: Sequence[str] = ()) -> dict[str, Any]:
    """The columns of a row that are not what an account has, with the values that they get."""
    defaults = register.make.DEFAULTS
    amended: dict[str, Any] = {}
    for name in (*(column.field for column in table.columns), "extra"):
        if name in without or name in KEYS:
            continue
        wanted, stands = data.get(name, defaults[name]), register.value(account, name)
        if name in _EMPTY:
            wanted, stands = wanted or _EMPTY[name], stands or _EMPTY[name]
        if wanted != stands:
            amended[name] = wanted
    return amended


_EMPTY: dict[str, Any] = {"accepts": [], "extra": {}}
"""Columns in which nothing is written as something empty."""


def _left_out(register: Register[Line], key: str, missing: str, writer: Writer
              ) -> Iterator[Event]:
    """What becomes of a line that the book does not have."""
    line = register.get(key)
    assert line is not None
    last = register.last(key)
    if line.open_quantity:
        kind = "order_cancelled" if missing == "cancelled" else "order_shipped"
        yield writer.event(kind, key, {"quantity": line.open_quantity}, last)
    if line.shipped or missing != "cancelled":
        yield writer.event("order_closed", key, {}, last)


def service_events(services: pl.DataFrame, state: Parts, writer: Writer, missing: str) -> Given:
    """The events that make a state hold the service lines of a book, and what is against it."""
    register = state.services
    current = register_frame(register, "services", (*Service.TERMS, "cancelled", "closed",
                                                    "alive"))
    new, changed, gone = compared(SERVICE_LINES, services, current,
                                  ~pl.col("cancelled") & ~pl.col("closed"))
    if missing == "error":
        # A service whose order has nothing open any more leaves the book with it.
        waiting = {line_id for key, line in state.lines
                   if line.alive and line.open_quantity
                   for line_id in (key.rpartition("/")[0],)} if gone.height else set()
        stays = gone["order_id"].is_in(list(waiting))
        faults = _missing(gone.filter(stays), "service_lines")
    else:
        faults = []

    def leaves() -> Iterator[Event]:
        kind = "service_cancelled" if missing == "cancelled" else "service_closed"
        for key in gone["key"] if missing != "keep" else ():
            yield writer.event(kind, key, {}, register.last(key))

    def there() -> Iterator[Event]:
        for data in rows_of(SERVICE_LINES, new, tuple(KEYS)):
            key = line_key(data["order_id"], data["line_no"])
            yield writer.event("service_booked", key, data, register.last(key))
        for data in rows_of(SERVICE_LINES, changed, tuple(KEYS)):
            key = line_key(data["order_id"], data["line_no"])
            service = register.get(key)
            assert service is not None
            amended = amended_columns(SERVICE_LINES, register, service, data) or {
                "term_months": data["term_months"]}
            yield writer.event("service_amended", key, amended, register.last(key))

    return Given(there(), leaves(), faults)
