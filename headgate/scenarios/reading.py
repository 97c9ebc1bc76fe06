"""A scenario from the content of its file, with every fault of it in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

import polars as pl

from headgate.base.issue import Issue, near_miss
from headgate.scenarios.kinds import BY_KIND, Field, Kind
from headgate.scenarios.scenario import Change, Scenario, issue_at
from headgate.tables.convert import converted
from headgate.tables.findings import Findings, Sheet, listed
from headgate.tables.schema import Table

KEYS: dict[str, str] = {
    "name": "what the scenario is called: a text of 1 to 60 letters, the heading of its column",
    "description": "what it supposes and why, in words; may be left out",
    "change": "the changes, each under its own `[[change]]`, made in their order",
}
"""What the top of a scenario file may hold."""
MOST_LETTERS = 60
NO_ROWS: Mapping[str, int] = MappingProxyType({})


def read_scenario(raw: Mapping[str, Any], file: str,
                  rows: Sequence[int] = ()) -> tuple[Scenario | None, list[Issue]]:
    """
    A scenario, or None, and what is wrong with it.

    raw  : the file as parsed; a number may be a number or its text
    file : what the user calls the file
    rows : the line on which each change begins, as far as known
    """
    made, issues = read_parts(raw, file, rows)
    return (None if issues else made), issues


def read_parts(raw: Mapping[str, Any], file: str, rows: Sequence[int] = (),
               keys: Mapping[str, int] = NO_ROWS) -> tuple[Scenario, list[Issue]]:
    """
    What of a scenario can be read, and what is wrong with it, in the order of rows.

    raw, file, rows : as in `read_scenario`
    keys            : the line on which each key of the top stands, as far as known

    With faults it is not to be made, but its ids can be looked up. A change of no kind has one
    without fields.
    """
    issues = [issue_at("scenario.key.unknown", file, "is nothing that a scenario says; "
                       f"{_instead(str(key))}", str(key), raw[key], keys.get(key))
              for key in raw if key not in KEYS]
    name = _words(raw, "name", file, issues, keys)
    description = _words(raw, "description", file, issues, keys)
    given = raw.get("change", [])
    if not isinstance(given, list | tuple) or not given:
        issues.append(issue_at("scenario.change.missing", file, "must be given at least once: "
                               "[[change]] on a line of its own, then kind = ...", "change"))
        given = []
    changes = []
    for place, cells in enumerate(given, start=1):
        row = rows[place - 1] if len(rows) == len(given) else None
        if not isinstance(cells, Mapping):
            issues.append(issue_at("scenario.change.type", file, "must be a table: [[change]] on a "
                                   "line of its own", f"change[{place}]", cells, row))
            continue
        change, faults = _change(cells, file, place, row)
        issues += faults
        changes.append(change)
    issues.sort(key=lambda issue: issue.row or 0)
    return Scenario(name, description, tuple(changes), file), issues


def _instead(key: str) -> str:
    """What to do about a key of the top that no scenario has."""
    near = near_miss(key, list(KEYS)).removeprefix("; ")
    return near or (f"take it out, or put it under its [[change]]: the top has {listed([*KEYS])}")


def _words(raw: Mapping[str, Any], key: str, file: str, issues: list[Issue],
           keys: Mapping[str, int]) -> str:
    """The name, which must be given and fit a heading, or the description."""
    given = raw.get(key)
    if given is None:
        if key == "name":
            issues.append(issue_at("scenario.name.missing", file, "must be given, such as "
                                   'name = "PO slips four weeks"', "name"))
        return ""
    short = key != "name" or (isinstance(given, str) and given.isprintable()
                              and 0 < len(given.strip()) <= MOST_LETTERS)
    if not isinstance(given, str) or not short:
        issues.append(issue_at("scenario.field.type", file, f"must be {KEYS[key].split(': ')[-1]}",
                               key, given, keys.get(key)))
        return ""
    return given.strip()


def _change(cells: Mapping[str, Any], file: str, place: int,
            row: int | None) -> tuple[Change, list[Issue]]:
    """One change, as far as it can be read, and its faults."""
    kind = BY_KIND.get(str(cells.get("kind")))
    if kind is None:
        named = cells.get("kind")
        code = "scenario.field.missing" if named is None else "scenario.kind.unknown"
        return Change(Kind("", "", (), {}), cells, file, place, row), [issue_at(
            code, file, f"must be {listed([*BY_KIND])}".replace(" and ", " or ")
            + ("" if named is None else near_miss(str(named), list(BY_KIND))),
            f"change[{place}].kind", named, row)]
    bare = Change(kind, {}, file, place, row)
    issues = [bare.issue("scenario.field.unknown", f"is no field of {kind.name}"
                         + _meant(str(name), kind), str(name), cells[name])
              for name in cells if name != "kind" and name not in kind.names]
    values: dict[str, Any] = {}
    for field in kind.fields:
        if field.name not in cells:
            if field.column.required:
                issues.append(bare.issue("scenario.field.missing", "must be given, such as "
                                         f"{field.name} = {field.column.example}", field.name))
            continue
        value, faults = _value(field, cells[field.name], bare)
        issues += faults
        if not faults:
            values[field.name] = value
    issues += _groups(kind, cells, bare)
    return Change(kind, values, file, place, row), issues


def _meant(name: str, kind: Kind) -> str:
    """Which field a misspelt one was meant to be, or else all that there are."""
    # People say site for site_id.
    begun = [field for field in kind.names if field.startswith(f"{name}_")]
    return (f'; did you mean "{begun[0]}"?' if begun else near_miss(name, kind.names)
            or f"; it has {listed(kind.names)}")


def _groups(kind: Kind, cells: Mapping[str, Any], bare: Change) -> list[Issue]:
    """Faults of fields of which one, or some, must be given."""
    issues = []
    for group in kind.one_of:
        given = [name for name in group if name in cells]
        if len(given) != 1:
            issues.append(bare.issue(
                "scenario.field.one_of", f"must have exactly one of {listed(group)}",
                value=listed(given) if given else None))
    for group in kind.some_of:
        if not any(name in cells for name in group):
            issues.append(bare.issue("scenario.field.missing",
                                     f"must have at least one of {listed(group)}"))
    return issues


def _value(field: Field, given: Any, bare: Change) -> tuple[Any, list[Issue]]:
    """A field's value, typed as in the tables of a book, and what is wrong with it."""
    if field.inner:
        if isinstance(given, Mapping) and given:
            return given, []
        return None, [bare.issue("scenario.field.type", f"must be {field.column.meaning}",
                                 field.name, given)]
    text = _text(field, given)
    if text is None:
        words = {"date": "a date, such as 2026-03-09", "flag": "true or false",
                 "ids": "a list of ids"}.get(field.column.kind, "one value, without a list or "
                                             f"table, such as {field.column.example}")
        return None, [bare.issue("scenario.field.type", f"must be {words}", field.name, given)]
    findings = Findings()
    column = field.column
    table = Table("scenario", "", (), (column,))
    raw = pl.Series(column.name, [text], dtype=pl.String)
    sheet = Sheet(table, bare.file, pl.DataFrame())
    # A blank text is no value: a change cannot clear a cell.
    value = converted(raw, column, sheet, findings)[0]
    faults = [bare.issue(issue.code, issue.expected, field.name, issue.value)
              for issue in findings.issues if issue.severity == "error"]
    if value is None and not faults:
        faults = [bare.issue("scenario.field.missing", f"must not be blank, but such as "
                             f"{column.example}", field.name)]
    return (value.to_list() if isinstance(value, pl.Series) else value), faults


def _text(field: Field, given: Any) -> str | None:
    """A TOML value as the text that a file of the book would hold; None for a wrong type."""
    kind = field.column.kind
    if isinstance(given, bool):
        return ("yes" if given else "no") if kind == "flag" else None
    if isinstance(given, date):
        return given.isoformat() if kind == "date" else None
    if isinstance(given, list | tuple):
        return ";".join(map(str, given)) if kind == "ids" and all(
            isinstance(part, str) for part in given) else None
    return str(given) if isinstance(given, str | int | float) else None
