"""A state as typed tables, and the state of such tables again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.ledger.accounts import Account
from headgate.ledger.closing import ClosedPeriod
from headgate.ledger.events import data_text
from headgate.ledger.parts import Assertion, LedgerHold, Parts, Published, Row
from headgate.ledger.register import BASE, Columns, Register, history_text
from headgate.tables.convert import TYPES
from headgate.tables.schema import ORDERS, SERVICE_LINES, SUPPLY

MOMENT = pl.Datetime("us", "UTC")
JSON_TEXT = ("extra", "original", "history")
"""Columns that hold JSON as text."""

_BASE_TYPES: dict[str, Any] = {
    "sequence": pl.Int64, "opened_on": pl.Date, "last_on": pl.Date, "alive": pl.Boolean,
    "history": pl.String, "original": pl.String}
_OTHER_TYPES: dict[str, Any] = {
    "extra": pl.String, "ordered": pl.Int64, "price": pl.Int64, "shipped": pl.Int64,
    "delivered": pl.Int64, "accepted": pl.Int64, "invoiced": pl.Int64, "closed": pl.Boolean,
    "committed": pl.Int64, "received": pl.Int64, "received_on": pl.Date, "started_on": pl.Date,
    "cancelled": pl.Boolean, "currency": pl.String, "refunded": pl.Int64, "credited": pl.Int64,
    "first_on": pl.Date, "since": pl.Date, "standing": pl.Boolean, "promised_on": pl.Date,
    "shipped_quantity": pl.Int64, "plan_digest": pl.String, "quantity": pl.Int64}
_ISO_COUNTERS = ("first_on",)
"""Counters that hold a day as text."""

_SCHEMAS: dict[str, dict[str, Any]] = {
    "ledger": {"sequence": pl.Int64, "last_hash": pl.String, "last_recorded_at": MOMENT,
               "limit": pl.Date},
    "holds": {"hold_id": pl.String, "status": pl.String, "plan": pl.String, "until": MOMENT,
              "hold": pl.String, "sequence": pl.Int64, "placed_on": pl.Date,
              "changed_at": MOMENT},
    "rows": {"key": pl.String, "sequence": pl.Int64, "set_on": pl.Date, "data": pl.String},
    "periods": {"name": pl.String, "starts_on": pl.Date, "ends_on": pl.Date},
    "published": {"sequence": pl.Int64, "published_on": pl.Date, "actor": pl.String,
                  "reason": pl.String, "data": pl.String},
    "assertions": {"sequence": pl.Int64, "name": pl.String, "effective_on": pl.Date,
                   "data": pl.String, "void": pl.Boolean},
}
_REGISTERS = {"lines": ORDERS, "services": SERVICE_LINES, "supplies": SUPPLY, "deposits": None,
              "promises": None}


def frames_of(state: Parts) -> dict[str, pl.DataFrame]:
    """
    A state as typed tables, which `restore` reads back.

    One for each register (lines, services, supplies, deposits, promises: key, terms, counters,
    history as JSON text), and holds, rows, periods, published, assertions, ledger.
    """
    frames = {name: register_frame(getattr(state, name), name) for name in _REGISTERS}
    rows: dict[str, list[tuple[Any, ...]]] = {
        "ledger": [(state.sequence, state.last_hash, state.last_recorded_at, state.limit)],
        "holds": [(h.hold_id, h.status, h.plan, h.until, data_text(h.hold), h.sequence,
                   h.placed_on, h.changed_at) for h in state.holds.values()],
        "rows": [(key, row.sequence, row.set_on, row.data if row.data is None
                  or isinstance(row.data, str) else data_text(row.data))
                 for key, row in state.rows.items()],
        "periods": [(p.name, p.starts_on, p.ends_on) for p in state.closed.periods],
        "published": [(p.sequence, p.published_on, p.actor, p.reason, data_text(p.data))
                      for p in state.published],
        "assertions": [(a.sequence, a.name, a.effective_on, data_text(a.data), a.void)
                       for a in state.assertions]}
    for name, schema in _SCHEMAS.items():
        frames[name] = pl.DataFrame(rows[name], schema=schema, orient="row")
    return frames


def restore(frames: Mapping[str, pl.DataFrame], state: Parts) -> None:
    """
    Fill an empty state with what `frames_of` gave of another one: the two are equal.

    Accounts stay in their columns until somebody asks for them.

    raises IssuesError : tables are missing, or are those of a state as of a day, which does not
                         know of later events and so cannot be continued
    """
    missing = [name for name in (*_REGISTERS, *_SCHEMAS) if name not in frames]
    if not missing and frames["ledger"]["limit"].item() is not None:
        missing = ["ledger"]
    if missing:
        raise IssuesError([Issue("ledger.snapshot.unreadable", "error", name,
                                 "must be a table of the newest state, as `State.frames` gives it")
                           for name in missing], "no state was restored")
    for name in _REGISTERS:
        _fill(getattr(state, name), frames[name])
    state.sequence, state.last_hash, state.last_recorded_at, _ = frames["ledger"].row(0)
    for hold_id, status, plan, until, hold, sequence, on, at in frames["holds"].iter_rows():
        state.holds[hold_id] = LedgerHold(hold_id, status, plan, until, json.loads(hold), sequence,
                                          on, at)
        state.marks[plan] = max(sequence, state.marks.get(plan, 0))
    state.rows = {key: Row(sequence, on, data)
                  for key, sequence, on, data in frames["rows"].iter_rows()}
    for row in frames["periods"].iter_rows():
        state.closed.close(ClosedPeriod(*row))
    state.published = [Published(sequence, on, actor, reason, json.loads(data))
                       for sequence, on, actor, reason, data in frames["published"].iter_rows()]
    state.assertions = [Assertion(sequence, name, on, json.loads(data), void)
                        for sequence, name, on, data, void in frames["assertions"].iter_rows()]


def types_of(name: str, make: type[Account]) -> dict[str, Any]:
    """The columns of a register's table with their types."""
    table = _REGISTERS[name]
    terms = {} if table is None else {column.field: TYPES[column.kind]
                                      for column in table.columns}
    known = {**_OTHER_TYPES, **terms, **_BASE_TYPES}
    return {"key": pl.String, **{part: known[part] for part in (*make.TERMS, *make.COUNTERS,
                                                               *BASE)}}


def register_frame(register: Register[Any], name: str,
                   parts: Sequence[str] | None = None) -> pl.DataFrame:
    """
    A register as a typed table: key, then terms, counters and what every account has.

    name  : of the register in a state: lines, services, supplies, deposits or promises
    parts : only these columns, beside key
    """
    types = types_of(name, register.make)
    columns: dict[str, pl.Series] = {"key": pl.Series(list(register.rows), dtype=pl.String)}
    woken = [account for account in register.accounts if account is not None]
    terms = register.terms
    for part in types if parts is None else parts:
        if part in register.make.TERMS:
            columns[part] = terms.source[part] if terms.source is not None and part not in terms \
                else _series(part, terms[part], types[part], True)
        elif part != "key":
            columns[part] = _counter(register, part, woken, types[part])
    return pl.DataFrame(columns)


def _counter(register: Register[Any], name: str, woken: list[Any], kind: Any) -> pl.Series:
    """One counter of every account, of those that still rest, too."""
    values = [getattr(account, name) for account in woken]
    if name == "history":
        values = [history_text(history) for history in values]
    fresh = _series(name, values, kind, name in _ISO_COUNTERS)
    source = register.resting.source
    if source is None or len(woken) == len(register.accounts):
        return fresh
    rows = pl.Series([account.row for account in woken], dtype=pl.UInt32)
    # `scatter` changes its series in place; the clone shares memory until then.
    longer = source[name].clone().extend_constant(None, len(register.accounts) - source.height)
    return longer.scatter(rows, fresh)


def _series(name: str, values: list[Any], kind: Any, days_as_text: bool) -> pl.Series:
    if name in JSON_TEXT:
        values = [value if value is None or isinstance(value, str) else data_text(value)
                  for value in values]
    if kind == pl.Date and days_as_text:
        return pl.Series(name, values, dtype=pl.String).str.to_date("%Y-%m-%d")
    return pl.Series(name, values, dtype=kind)


def _fill(register: Register[Any], frame: pl.DataFrame) -> None:
    """Let a register rest in the columns of its table."""
    keys = frame["key"].to_list()
    register.rows = dict(zip(keys, range(len(keys)), strict=True))
    register.accounts = [None] * len(keys)
    register.terms = Columns(register.make.TERMS, frame, lambda column: _values(column, True))
    register.resting = Columns((*BASE, *register.make.COUNTERS), frame, lambda column: _values(
        column, column.name in _ISO_COUNTERS))


def _values(column: pl.Series, days_as_text: bool) -> list[Any]:
    """A column as a state keeps it: days of terms as ISO text, JSON as what it says."""
    if column.dtype == pl.Date and days_as_text:
        return column.cast(pl.String).to_list()
    values: list[Any] = column.to_list()
    if column.dtype == pl.List(pl.String):
        return [value or () for value in values]
    if column.name == "extra" and column.null_count() < len(column):
        return [None if value is None else json.loads(value) for value in values]
    return values

