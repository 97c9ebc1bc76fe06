"""Supply of a book against that of a ledger, row by row: supply has no key of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from headgate.ledger.book_rows import Writer, rows_of
from headgate.ledger.book_tables import supply_frame
from headgate.ledger.events import Event, data_text
from headgate.ledger.importing_lines import amended_columns
from headgate.ledger.parts import Parts
from headgate.tables.schema import SUPPLY

Data = dict[str, Any]
LIKENESS: tuple[tuple[str, ...], ...] = (
    ("reference", "item_id", "site_id", "status", "reserved_for"),
    ("reference", "item_id", "site_id"), ("reference", "item_id"),
    ("item_id", "site_id", "available_on", "status", "reserved_for", "supplier"),
    ("item_id", "site_id", "available_on"))
"""
What makes a row of the book the successor of one of the ledger, the strongest likeness first.

One by reference needs a reference.
"""


def supply_events(supply: pl.DataFrame, state: Parts, writer: Writer) -> Iterator[Event]:
    """
    The events that make a state hold the supply of a book.

    Rows that are there as they are, are found first. Of the others, the one that is most alike
    (see LIKENESS) is moved, cut or amended; what is left of the ledger is cut as a whole, and what
    is left of the book is committed.
    """
    wanted = list(rows_of(SUPPLY, supply))
    keys = _Keys(state)
    if not state.supplies.rows:
        yield from _committed(wanted, keys, writer)
        return
    frame = supply_frame(state)
    there = list(zip(frame["key"], frame["received"],
                     rows_of(SUPPLY, frame.drop("key", "received")), strict=True))
    wanted, there = _without_equal(wanted, there)
    pairs: list[tuple[tuple[str, bool, Data], Data]] = []
    for names in LIKENESS:
        pairs += _matched(wanted, there, names)
    for (key, received, before), data in pairs:
        yield from _changed(state, keys, key, received, before, data, writer)
    for key, received, before in there:
        yield _cut(state, key, received, before["quantity"], writer)
    yield from _committed(wanted, keys, writer)


def _without_equal(wanted: list[Data], there: list[tuple[str, bool, Data]]
                   ) -> tuple[list[Data], list[tuple[str, bool, Data]]]:
    """Both sides without the rows that stand on both."""
    same: dict[str, int] = {}
    for data in wanted:
        text = data_text(data)
        same[text] = same.get(text, 0) + 1
    left = []
    for key, received, data in there:
        text = data_text(data)
        if same.get(text, 0):
            same[text] -= 1
        else:
            left.append((key, received, data))
    fresh = []
    for data in reversed(wanted):
        text = data_text(data)
        if same[text]:
            same[text] -= 1
            fresh.append(data)
    return fresh[::-1], left


def _matched(wanted: list[Data], there: list[tuple[str, bool, Data]], names: tuple[str, ...]
             ) -> list[tuple[tuple[str, bool, Data], Data]]:
    """Pairs that are alike in some columns; they are taken out of both lists."""
    places: dict[tuple[Any, ...], list[int]] = {}
    for place, (_, received, data) in enumerate(there):
        # What was received only changes in quantity; all else is another row.
        if names[0] in data and (not received or names is LIKENESS[0]):
            places.setdefault(tuple(data.get(name) for name in names), []).append(place)
    pairs, taken, left = [], set(), []
    for data in wanted:
        found = places.get(tuple(data.get(name) for name in names)) if names[0] in data else None
        if not found:
            left.append(data)
            continue
        place = found.pop(0)
        taken.add(place)
        pairs.append((there[place], data))
    wanted[:] = left
    there[:] = [row for place, row in enumerate(there) if place not in taken]
    return pairs


def _changed(state: Parts, keys: _Keys, key: str, received: bool, before: Data, data: Data,
             writer: Writer) -> Iterator[Event]:
    """What makes one row of supply as the book has it."""
    register = state.supplies
    supply = register.get(key)
    assert supply is not None
    last = register.last(key)
    fewer = before["quantity"] - data["quantity"]
    if received:
        if fewer > 0 and {**before, "quantity": data["quantity"]} == data:
            yield _cut(state, key, True, fewer, writer)
            return
        yield _cut(state, key, True, before["quantity"], writer)
        yield from _committed([data], keys, writer)
        return
    amended = amended_columns(SUPPLY, register, supply, data)
    if set(amended) == {"available_on"}:
        yield writer.event("supply_moved", key, amended, last)
    elif set(amended) == {"quantity"} and fewer > 0:
        yield _cut(state, key, False, fewer, writer)
    else:
        yield writer.event("supply_amended", key, amended, last)


def _cut(state: Parts, key: str, received: bool, pieces: int, writer: Writer) -> Event:
    data = {"quantity": pieces, "received": True} if received else {"quantity": pieces}
    return writer.event("supply_cut", key, data, state.supplies.last(key))


def _committed(rows: list[Data], keys: _Keys, writer: Writer) -> Iterator[Event]:
    """Rows that are new."""
    for data in rows:
        name = data.get("reference") or (
            f"{data['item_id']}@{data['site_id']}@{data['available_on']}")
        yield writer.event("supply_committed", keys.free(name), data)


class _Keys:
    """Keys for new supply: each one that nothing else has or had."""

    def __init__(self, state: Parts) -> None:
        self._taken = state.supplies.rows
        self._used: set[str] = set()
        self._numbers: dict[str, int] = {}

    def free(self, name: str) -> str:
        """The name itself, or with the first number that is free."""
        key, number = name, self._numbers.get(name, 1)
        while key in self._taken or key in self._used:
            number += 1
            key = f"{name}#{number}"
        self._numbers[name] = number
        self._used.add(key)
        return key
