"""Holds as plain values for JSON, and the holds of such values again, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from headgate.base.issue import Issue, IssuesError
from headgate.promising.holds import Hold, HoldAnswer, Holds

T = TypeVar("T")


def plain_holds(holds: Holds) -> dict[str, Any]:
    """
    Holds as dictionaries, lists, texts and whole numbers; days and times as ISO text.

    >>> plain_holds(Holds("a plan"))
    {'plan': 'a plan', 'clock': None, 'holds': [], 'answers': []}
    """
    return {"plan": holds.plan, "clock": _plain(holds.clock),
            "holds": [_plain(hold) for hold in holds.holds.values()],
            "answers": [{"key": key, "operation": operation, **_plain(answer)}
                        for key, (operation, answer) in holds.answers.items()]}


def read_holds(plain: Mapping[str, Any]) -> Holds:
    """
    The holds that `plain_holds` made plain: equal to them.

    raises IssuesError : something is missing, or is not what must stand there
    """
    try:
        holds = [_read(Hold, cells) for cells in plain["holds"]]
        answers = {str(cells["key"]): (str(cells["operation"]), _read(HoldAnswer, cells))
                   for cells in plain["answers"]}
        return Holds(_read(str, plain["plan"]), {hold.hold_id: hold for hold in holds}, answers,
                     _read(datetime | None, plain["clock"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(error) from error


def plain_hold(hold: Hold) -> dict[str, Any]:
    """One hold as `plain_holds` has it."""
    made: dict[str, Any] = _plain(hold)
    return made


def read_hold(plain: Mapping[str, Any]) -> Hold:
    """
    The hold that `plain_hold` made plain.

    raises IssuesError : something is missing, or is not what must stand there
    """
    return _read_whole(Hold, plain)


def plain_answer(operation: str, answer: HoldAnswer) -> dict[str, Any]:
    """An operation and what it came to, as plain values."""
    return {"operation": operation, **_plain(answer)}


def read_answer(plain: Mapping[str, Any]) -> tuple[str, HoldAnswer]:
    """
    The operation and the answer that `plain_answer` made plain.

    raises IssuesError : something is missing, or is not what must stand there
    """
    answer = _read_whole(HoldAnswer, plain)
    return str(plain.get("operation")), answer


def _read_whole(kind: type[T], plain: Mapping[str, Any]) -> T:
    try:
        made: T = _read(kind, plain)
        return made
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> IssuesError:
    """
    What cannot be read, in words.

    >>> print(_unreadable(KeyError("holds")).issues[0].text())
    holds  is missing; give what `plain_holds` gave  [hold.state.unreadable]
    """
    if isinstance(error, KeyError):
        issue = Issue("hold.state.unreadable", "error", "holds", "is missing; give what "
                      "`plain_holds` gave", column=str(error.args[0]))
    else:
        issue = Issue("hold.state.unreadable", "error", "holds",
                      f"cannot be read: {error}; give what `plain_holds` gave")
    return IssuesError([issue], "nothing was read")


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    return value


def _read(kind: Any, value: Any) -> Any:
    """A value of a kind from its plain form; raises TypeError or ValueError where it is none."""
    if isinstance(kind, UnionType):
        if value is None:
            return None
        kind = next(part for part in get_args(kind) if part is not type(None))
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], part) for part in value)
    if is_dataclass(kind):
        types = get_type_hints(kind)
        return kind(**{name: _read(part, value[name])  # type: ignore[operator]
                       for name, part in types.items()})
    if kind is Decimal:
        # A price may be given as a float, too, which JSON has as a number.
        return Decimal(value) if isinstance(value, str) else float(value)
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
