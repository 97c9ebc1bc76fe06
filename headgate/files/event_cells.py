"""The fields of an event's data from texts: cells of a table, or options of a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from headgate.base.issue import Issue, near_miss
from headgate.base.money import cents_of_text
from headgate.ledger.fields import Field
from headgate.ledger.kinds import KINDS
from headgate.ledger.rows import ROW_TABLES, fields_of_row
from headgate.tables.schema import MICRO, UNLIMITED_MICRO


@dataclass(frozen=True, slots=True)
class Cells:
    """
    The data of an event that was given as texts.

    data          : what could be read, by the name of its field
    names         : of all fields that were given, what they were called there
    issues_before : how many issues there were before these
    """

    data: Mapping[str, Any]
    names: Mapping[str, str]
    issues_before: int


def typed_data(kind: str, key: str, cells: Mapping[str, str], file: str, number: int | None,
               issues: list[Issue]) -> Cells:
    """
    The data of an event from texts, each read as its field asks; what is wrong is added to issues.

    cells : by the name of the field inside, or that of its column outside; `data` is JSON
    """
    known = {name: field for field in _fields(kind, key) for name in names_of(field)}
    data: dict[str, Any] = {}
    names: dict[str, str] = {}
    made = Cells(data, names, len(issues))
    for name, cell in cells.items():
        field = known.get(name)
        if field is None:
            if kind in KINDS:
                issues.append(Issue("record.field.unknown", "error", file, f"is no field of {kind}"
                                    + near_miss(name, list(known)), number, name))
            continue
        if field.name in names:
            issues.append(Issue("record.field.doubled", "error", file, "says the same as "
                                f"{names[field.name]}; give one of the two", number, name, cell))
            continue
        names[field.name] = name
        try:
            data[field.name] = value_of(field, cell, name == field.name)
        except (ValueError, InvalidOperation, RecursionError):
            issues.append(Issue("record.field.type", "error", file, "must be "
                                f"{_asked(field, name)}", number, name, cell[:60]))
    return made


def _fields(kind: str, key: str) -> tuple[Field, ...]:
    """The fields that the data of an event may have."""
    if kind == "row_set":
        table = key.partition(":")[0]
        return fields_of_row(table) if table in ROW_TABLES else ()
    return KINDS[kind].fields if kind in KINDS else ()


def shown_name(kind: str, key: str, name: str) -> str:
    """What a field is called in a table: without its unit, where it has one."""
    return next((names_of(field)[-1] for field in _fields(kind, key) if field.name == name), name)


@cache
def known_names() -> frozenset[str]:
    """Everything that a column of a table of events may be called beside an event's own parts."""
    fields = [field for kind in KINDS.values() for field in kind.fields]
    fields += [field for table in ROW_TABLES for field in fields_of_row(table)]
    return frozenset(name for field in fields for name in names_of(field))


def names_of(field: Field) -> tuple[str, ...]:
    """What a field may be called in a table: its name inside, and that without its unit."""
    for ending in ("_cents", "_micro"):
        if field.name.endswith(ending):
            return field.name, field.name.removesuffix(ending)
    return (field.name,)


def _asked(field: Field, name: str) -> str:
    if name == field.name and field.kind in ("cents", "micro", "whole"):
        return "a whole number"
    words = {"cents": "an amount with at most two decimals, such as 98000.50",
             "micro": "a number",
             "whole": "a whole number", "flag": "yes or no", "object": "a JSON object",
             "any": "a JSON value"}
    return words.get(field.kind, f"a {field.kind}")


def value_of(field: Field, text: str, inside: bool) -> Any:
    """
    What a text says of a field; the ledger tells whether it may.

    inside : amounts and hours stand in cents and millionths, as an event has them
    raises ValueError, InvalidOperation : the text cannot be read as the field's kind
    """
    kind = field.kind
    if kind == "whole" or (inside and kind in ("cents", "micro")):
        return int(text)
    if kind == "cents":
        return cents_of_text(text)
    if kind == "micro":
        scaled = UNLIMITED_MICRO if text == "inf" else Decimal(text) * MICRO
        if scaled != int(scaled):
            raise ValueError(text)
        return int(scaled)
    if kind == "flag":
        return {"yes": True, "true": True, "no": False, "false": False}[_flag(text)]
    if kind == "ids":
        return [part.strip() for part in text.split(";") if part.strip()]
    return json.loads(text) if kind in ("object", "any") else text


def _flag(text: str) -> str:
    low = text.lower()
    if low not in ("yes", "no", "true", "false"):
        raise ValueError(text)
    return low
