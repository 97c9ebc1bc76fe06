"""A book as events: all of it the first time, exactly the differences afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, get_args

import polars as pl

from headgate.base.issue import IssuesError
from headgate.ledger.book_rows import Writer, rows_of
from headgate.ledger.book_tables import frame_of_rows
from headgate.ledger.events import Event, data_text
from headgate.ledger.fold import State
from headgate.ledger.importing_lines import Given, line_events, service_events
from headgate.ledger.importing_supply import supply_events
from headgate.ledger.left_pieces import pins_left
from headgate.ledger.rows import NUMBERED, ROW_TABLES, SETTINGS, line_key, row_key
from headgate.tables.frames import Settings, Tables
from headgate.tables.schema import BY_NAME

Missing = Literal["error", "cancelled", "shipped", "keep"]
MISSING: tuple[Missing, ...] = get_args(Missing)
"""What becomes of lines that are open in the ledger and not in the book."""


def events_of(tables: Tables, state: State | None, on: date, actor: str,
              missing: Missing = "error", reason: str = "") -> list[Event]:
    """
    The events that make a state hold a book; none when it holds that already.

    See `differences`, which gives them one by one.
    """
    return list(differences(tables, state, on, actor, missing, reason))


def differences(tables: Tables, state: State | None, on: date, actor: str,
                missing: Missing = "error", reason: str = "") -> Iterator[Event]:
    """
    The events that lead from a state to a book, in the order in which they can be recorded.

    A new order line counts from the day on which it was booked, or from `on` when that comes
    first; pieces that the book calls shipped, and everything else, count from `on`. Lines that
    are not in the book and have nothing open are closed; supply and rows of other tables that are
    not in it are cut and removed.

    state   : what the ledger holds; None: nothing
    missing : what becomes of lines that are open in the ledger and not in the book: "error",
              "cancelled", "shipped" (both also take them out of the book), or "keep" (they stay)
    raises IssuesError : lines are missing, and `missing` is "error";
           ValueError  : `missing` is none of MISSING
    """
    if missing not in MISSING:
        raise ValueError(f"missing = {missing!r}: must be one of {', '.join(MISSING)}")
    state = State() if state is None else state
    writer = Writer(on, actor, reason or f"import of {tables.settings.name}")
    lines = line_events(tables.frames["orders"], state, writer, missing)
    services = service_events(tables.frames["service_lines"], state, writer, missing)
    faults = [*lines.faults, *services.faults]
    if faults:
        raise IssuesError(faults, "nothing was recorded")
    return _all(tables, state, writer, lines, services)


def _all(tables: Tables, state: State, writer: Writer, lines: Given,
         services: Given) -> Iterator[Event]:
    settings = settings_data(tables.settings)
    if settings != state.settings:
        yield writer.event("row_set", f"{SETTINGS}:", settings, _last(state, f"{SETTINGS}:"))
    there = _keys_by_table(state)
    for table in ROW_TABLES:
        if table not in (SETTINGS, "pins"):
            yield from _row_events(table, tables, state, writer, there)
    yield from supply_events(tables.frames["supply"], state, writer)
    # A service hangs on a line that is there, and a line does not leave before what hangs on it.
    yield from services.leaves
    yield from lines.there
    yield from services.there
    yield from lines.leaves
    yield from _row_events("pins", tables, state, writer, there)


def settings_data(settings: Settings) -> dict[str, Any]:
    """The settings of a book as the data of a `row_set` event; days as ISO text."""
    return {"name": settings.name, "as_of": settings.as_of.isoformat(),
            "horizon_weeks": settings.horizon_weeks, "fiscal_year_end": settings.fiscal_year_end,
            "currency": settings.currency, "policy": _plain(settings.policy)}


def _plain(value: Any) -> Any:
    """A setting as JSON has it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value


def _last(state: State, key: str) -> int:
    row = state.rows.get(key)
    return 0 if row is None else row.sequence


def _keys_by_table(state: State) -> dict[str, list[str]]:
    """The keys of the rows that are there, table by table."""
    found: dict[str, list[str]] = {table: [] for table in ROW_TABLES}
    for key, row in state.rows.items():
        if row.data is not None:
            found[key.partition(":")[0]].append(key)
    return found


def _row_events(table: str, tables: Tables, state: State, writer: Writer,
                there: Mapping[str, list[str]]) -> Iterator[Event]:
    """What makes a state hold the rows of one table."""
    rows = list(rows_of(BY_NAME[table], tables.frames[table]))
    wanted = _kept_numbers(rows, state, there[table]) if table == "restrictions" else \
        _with_keys(table, rows)
    if table == "pins":
        wanted = _pins_recorded(wanted, tables.frames["orders"], state, there[table])
    for key in there[table]:
        if key not in wanted:
            yield writer.event("row_removed", key, {}, _last(state, key))
    for key, data in wanted.items():
        if state.row(key) != data:
            yield writer.event("row_set", key, data, _last(state, key))


def _pins_recorded(wanted: dict[str, dict[str, Any]], orders: pl.DataFrame, state: State,
                   there: list[str]) -> dict[str, dict[str, Any]]:
    """
    Pins of a book, with those that are recorded wherever the book has just what is left of them.

    wanted : the pins of the book
    orders : its orders, which the state gets before
    """
    recorded = {key: dict(state.row(key) or {}) for key in there}
    frame = frame_of_rows(BY_NAME["pins"], list(recorded.values()))
    left = _by_line(_with_keys("pins", list(rows_of(
        BY_NAME["pins"], pins_left(frame, orders, state)))))
    asked = _by_line(wanted)
    for line, rows in _by_line(recorded).items():
        if asked.get(line, {}) == left.get(line, {}):
            asked[line] = rows
    return {key: data for rows in asked.values() for key, data in rows.items()}


def _by_line(pins: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    lines: dict[str, dict[str, dict[str, Any]]] = {}
    for key, data in pins.items():
        lines.setdefault(line_key(data["order_id"], data["line_no"]), {})[key] = data
    return lines


def _with_keys(table: str, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    numbers: Counter[Any] = Counter()
    wanted = {}
    for data in rows:
        number = 1
        if table in NUMBERED:
            numbers[data["item_id"]] += 1
            number = numbers[data["item_id"]]
        wanted[row_key(table, data, number)] = data
    return wanted


def _kept_numbers(rows: list[dict[str, Any]], state: State, there: list[str]
                  ) -> dict[str, dict[str, Any]]:
    """
    Restrictions by number: one that is there already keeps its own, a new one takes a free one.

    By their place in the file, a row more at its top would change the number of all others.
    """
    numbers: dict[str, list[str]] = {}
    for key in there:
        numbers.setdefault(data_text(state.row(key) or {}), []).append(key)
    kept: dict[str, dict[str, Any]] = {}
    fresh = []
    for data in rows:
        same = numbers.get(data_text(data))
        if same:
            kept[same.pop(0)] = data
        else:
            fresh.append(data)
    number = 0
    for data in fresh:
        number += 1
        while row_key("restrictions", data, number) in kept:
            number += 1
        kept[row_key("restrictions", data, number)] = data
    return kept
