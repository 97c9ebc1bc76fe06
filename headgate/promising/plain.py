"""Holds as plain values for JSON, and the holds of such values again, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from headgate.base.issue import Issue, IssuesError
from headgate.promising.holds import Hold, HoldAnswer, Holds


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
        raise IssuesError([Issue("hold.state.unreadable", "error", "holds", "must be what "
                                 "`plain_holds` gave", value=f"{type(error).__name__}: {error}")],
                          "nothing was read") from error


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, date):
        return value.isoformat()
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
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
