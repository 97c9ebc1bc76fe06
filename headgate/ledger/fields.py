"""The fields of an event's data, declared as data, and the check of each value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from headgate.base.money import MAX_CENTS
from headgate.tables.schema import MAX_QUANTITY, MICRO, UNLIMITED_MICRO, Column

FieldKind = Literal["id", "text", "choice", "flag", "whole", "cents", "micro", "date", "moment",
                    "ids", "object", "any"]

FIELD_WORDS: dict[FieldKind, str] = {
    "id": "a text of 1 to 200 characters without line breaks",
    "text": "any text",
    "choice": "one of the listed words",
    "flag": "true or false",
    "whole": "a whole number",
    "cents": "a whole number of cents",
    "micro": "a whole number of millionths",
    "date": "a day as YYYY-MM-DD",
    "moment": "a time as ISO text with its zone",
    "ids": "a list of ids",
    "object": "a JSON object",
    "any": "any JSON value",
}
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
"""What no id holds; half a surrogate pair is no letter, and no database takes it."""
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")

Check = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Field:
    """
    One field of an event's data.

    required  : it must be there
    blank     : it may be null, which means "no value"
    low, high : the range of a number, in the unit of the field itself (cents, millionths)
    """

    name: str
    kind: FieldKind
    meaning: str
    example: str = ""
    required: bool = False
    blank: bool = False
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()


_KIND_OF: dict[str, FieldKind] = {
    "id": "id", "text": "text", "choice": "choice", "flag": "flag", "quantity": "whole",
    "days": "whole", "rank": "whole", "money": "cents", "hours": "micro", "ratio": "micro",
    "date": "date", "ids": "ids"}


def field_of(column: Column, required: bool | None = None) -> Field:
    """
    A column of a book as a field: the same name inside, kind and range.

    required : as the column says, unless given
    """
    low, high = column.low, column.high
    kind = _KIND_OF[column.kind]
    if kind == "cents":
        low, high = None if low is None else low * 100, MAX_CENTS
    elif kind == "micro":
        low, high = 1 if column.kind == "ratio" else (low or 0) * MICRO, (high or 1) * MICRO
    elif kind == "whole":
        high = high or MAX_QUANTITY
    return Field(column.field, kind, column.meaning, column.example,
                 column.required if required is None else required,
                 not column.required and column.default is None, low, high, column.choices)


@lru_cache(maxsize=1 << 16)
def day_of(text: str) -> date:
    """
    The day of an ISO text, which few distinct texts are: the answer is remembered.

    raises ValueError : it is no day written as YYYY-MM-DD

    >>> day_of("2026-02-02")
    datetime.date(2026, 2, 2)
    """
    day = date.fromisoformat(text)
    # Python reads 20260202 and 2026-W06-1 as well, which would sort and compare otherwise.
    if len(text) != 10 or text[4] != "-" or text[5] == "W":
        raise ValueError(f"{text!r} is not written as YYYY-MM-DD")
    return day


def moment_of(text: str) -> datetime:
    """The time of an ISO text; raises ValueError where it is none, or has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment


def is_id(value: object) -> bool:
    """Whether a value can be an id: a text of 1 to 200 letters without control characters."""
    return (type(value) is str and 0 < len(value) <= 200
            and (value.isprintable() or not _CONTROL.search(value))
            and not (value[0] == " " or value[-1] == " "))


def is_text(value: object) -> bool:
    """Whether a value is a text that every database keeps as it is."""
    return type(value) is str and (value.isprintable() or not _NOT_TEXT.search(value))


def check_of(field: Field) -> Check:
    """What must stand there instead of a value, in words; None for a value that may."""
    check = _checks(field)
    if not field.blank:
        return check
    return lambda value: None if value is None else check(value)


def _checks(field: Field) -> Check:
    kind = field.kind
    told = f"must be {FIELD_WORDS[kind]}"
    if kind == "id":
        return lambda value: None if is_id(value) else told
    if kind == "text":
        return lambda value: None if is_text(value) else told
    if kind == "flag":
        return lambda value: None if value is True or value is False else told
    if kind == "choice":
        words = frozenset(field.choices)
        told = f"must be {', '.join(field.choices)}"
        return lambda value: None if type(value) is str and value in words else told
    if kind in ("whole", "cents", "micro"):
        return _within(field, told)
    if kind == "date":
        return lambda value: None if type(value) is str and _reads(day_of, value) else told
    if kind == "moment":
        return lambda value: None if type(value) is str and _reads(moment_of, value) else told
    if kind == "ids":
        return lambda value: None if type(value) in (list, tuple) and all(
            map(is_id, value)) else told
    if kind == "object":
        return lambda value: None if isinstance(value, Mapping) and is_plain(value) else told
    return lambda value: None if is_plain(value) else told


def _within(field: Field, told: str) -> Check:
    low = -MAX_CENTS if field.low is None else field.low
    high = MAX_CENTS if field.high is None else field.high
    between = f"{told} from {low:,} to {high:,}"
    if field.kind == "micro" and low == 0:
        return lambda value: None if type(value) is int and (
            low <= value <= high or value == UNLIMITED_MICRO) else between
    return lambda value: None if type(value) is int and low <= value <= high else between


def _reads(reader: Callable[[str], object], text: str) -> bool:
    try:
        reader(text)
    except ValueError:
        return False
    return True


def is_plain(value: object) -> bool:
    """Whether a value is plain JSON: it is read back as it was written."""
    if value is None or value is True or value is False or type(value) is int:
        return True
    if type(value) is str:
        return is_text(value)
    if type(value) is float:
        return value - value == 0.0
    if isinstance(value, Mapping):
        return all(is_text(name) and is_plain(part) for name, part in value.items())
    return type(value) in (list, tuple) and all(map(is_plain, value))  # type: ignore[call-overload]
