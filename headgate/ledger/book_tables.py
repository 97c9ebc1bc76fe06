"""The book that a state holds: the tables that are planned, as the book was imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from headgate.ledger.accounts import defaults_of
from headgate.ledger.left_pieces import pins_left, with_lots
from headgate.ledger.parts import Parts
from headgate.ledger.rows import ROW_TABLES, SETTINGS
from headgate.ledger.snapshots import register_frame
from headgate.tables.convert import TYPES
from headgate.tables.raw import RawBook, raw_of_frames
from headgate.tables.restored import public_frame
from headgate.tables.schema import BY_NAME, ORDERS, SERVICE_LINES, SUPPLY, Table


def book_tables(state: Parts, as_of: date | None = None) -> RawBook:
    """
    The book of a state as if it stood in files, for `headgate.tables.check.check_tables`.

    A book that was imported comes out again with the digest that it had. Lines that are closed, or
    cancelled as a whole, are not in it, nor are pins of pieces that have left. A line of which odd
    pieces are left has the largest lot that divides them (`headgate.ledger.left_pieces`).

    as_of : the day of the plan; None: that of the settings
    """
    settings = dict(state.settings)
    if as_of is not None:
        settings["as_of"] = as_of
    frames = {name: public_frame(name, frame) for name, frame in typed_frames(state).items()}
    return raw_of_frames(frames, settings, str(settings.get("name", "ledger")))


def typed_frames(state: Parts) -> dict[str, pl.DataFrame]:
    """
    The tables of the book of a state under their names inside, as `Tables.frames` has them.

    Unknown columns follow the others; days in them are text.
    """
    frames = {"orders": orders_frame(state), "service_lines": services_frame(state),
              "supply": supply_frame(state).drop("key", "received")}
    by_table: dict[str, list[tuple[str, Mapping[str, Any]]]] = {
        name: [] for name in ROW_TABLES}
    for key, row in state.rows.items():
        fields = row.fields()
        if fields is not None:
            by_table[key.partition(":")[0]].append((key, fields))
    # The steps of an item are one after another by their number, whenever each was set.
    by_table["routing"].sort(key=lambda row: int(row[0].rpartition("/")[2]))
    for name, rows in by_table.items():
        if name != SETTINGS:
            frames[name] = frame_of_rows(BY_NAME[name], [fields for _, fields in rows])
    frames["orders"] = with_lots(frames["orders"], state)
    frames["pins"] = pins_left(frames["pins"], frames["orders"], state)
    return frames


def frame_of_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of events' data as a typed table; what a row leaves out has its default."""
    defaults = defaults_of(table)
    columns = []
    for column in table.columns:
        default, field = defaults[column.field], column.field
        columns.append(_typed(field, [row.get(field, default) for row in rows],
                              TYPES[column.kind]))
    extras = [row.get("extra") for row in rows]
    return pl.DataFrame([*columns, *extra_columns(extras, {c.field for c in table.columns})])


def _typed(name: str, values: list[Any], kind: Any) -> pl.Series:
    if kind == pl.Date:
        return pl.Series(name, values, dtype=pl.String).str.to_date("%Y-%m-%d")
    return pl.Series(name, values, dtype=kind)


def extra_columns(extras: Sequence[Any], taken: set[str]) -> list[pl.Series]:
    """The columns that headgate does not know, from what each row has of them."""
    names = dict.fromkeys(name for extra in extras if extra for name in extra
                          if name not in taken)
    columns = []
    for name in names:
        values = [None if not extra else extra.get(name) for extra in extras]
        if len({type(value) for value in values} - {type(None)}) > 1:
            values = [None if value is None else str(value) for value in values]
        columns.append(pl.Series(name, values))
    return columns


def orders_frame(state: Parts, gone: bool = False) -> pl.DataFrame:
    """The table `orders` of the book of a state, typed; or the lines that were closed since."""
    frame = register_frame(state.lines, "lines", (
        *state.lines.make.TERMS, "quantity", "price", "shipped", "closed", "alive"))
    listed = frame["alive"] & (frame["closed"] == gone) & (frame["quantity"] > 0)
    return _with_extras(frame.rename({"price": "unit_price_cents", "shipped": "shipped_quantity"}),
                        ORDERS, state.lines.terms["extra"], listed)


def services_frame(state: Parts, gone: bool = False) -> pl.DataFrame:
    """The table `service_lines` of the book of a state, typed; or those closed or cancelled."""
    frame = register_frame(state.services, "services", (
        *state.services.make.TERMS, "cancelled", "closed", "alive"))
    listed = frame["alive"] & ((frame["closed"] | frame["cancelled"]) == gone)
    return _with_extras(frame, SERVICE_LINES, state.services.terms["extra"], listed)


def left_frames(state: Parts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """
    The order lines and service lines that were sold and have left the book, typed as its tables.

    These are the closed ones: what was cancelled as a whole was not sold. Order lines have their
    `delivered` and `accepted` pieces, too; columns that headgate does not know are left out.
    """
    lines = register_frame(state.lines, "lines", (
        *state.lines.make.TERMS, "quantity", "price", "shipped", "delivered", "accepted", "closed",
        "alive"))
    services = register_frame(state.services, "services", (
        *state.services.make.TERMS, "cancelled", "closed", "alive"))
    return (lines.rename({"price": "unit_price_cents", "shipped": "shipped_quantity"}).filter(
        pl.col("alive") & pl.col("closed") & (pl.col("quantity") > 0)).select(
            *(column.field for column in ORDERS.columns), "delivered", "accepted"),
        services.filter(pl.col("alive") & pl.col("closed") & ~pl.col("cancelled")).select(
            column.field for column in SERVICE_LINES.columns))


def _with_extras(frame: pl.DataFrame, table: Table, extras: list[Any], listed: pl.Series,
                 more: Sequence[str] = ()) -> pl.DataFrame:
    fields = [column.field for column in table.columns]
    known = frame.select(*more, *fields)
    if any(extra for extra in extras):
        known = known.with_columns(extra_columns(extras, {*more, *fields}))
    return known.filter(listed)


def supply_frame(state: Parts) -> pl.DataFrame:
    """
    The table `supply` of the book of a state, typed, with the columns key and received before.

    key, received : of which supply the row is, and whether it is what of that was received
    """
    frame = register_frame(state.supplies, "supplies", (
        *state.supplies.make.TERMS, "quantity", "received", "received_on", "alive"))
    table = _with_extras(frame.with_columns(stock="received"), SUPPLY,
                         state.supplies.terms["extra"], frame["alive"],
                         ("key", "stock", "received_on"))
    coming = table.filter(pl.col("quantity") > 0).with_columns(received=pl.lit(False))
    there = table.filter(pl.col("stock") > 0).with_columns(
        received=pl.lit(True), quantity="stock", available_on="received_on",
        status=pl.lit("on_hand"))
    rows = pl.concat([coming, there]).drop("stock", "received_on")
    return rows.select("key", "received", pl.all().exclude("key", "received"))
