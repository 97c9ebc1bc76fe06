"""A scenario: its name, and the changes that it makes, read and checked but not yet made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.base.issue import Issue
from headgate.scenarios.kinds import Kind
from headgate.tables.codes import Rule, rule_of, shown_text

CODES: dict[str, Rule] = {
    "scenario.file.missing": Rule("error", "there is no file at the path",
                                  "Give the TOML file of a scenario."),
    "scenario.file.unreadable": Rule("error", "the file cannot be read, or is not UTF-8",
                                     "Check the permissions; save it as UTF-8."),
    "scenario.file.toml": Rule("error", "the file is not valid TOML", "Correct the line named."),
    "scenario.key.unknown": Rule("error", "the file says something that no scenario has",
                                 "Correct the word, or delete it."),
    "scenario.name.missing": Rule("error", "the scenario has no name",
                                  'Write name = "PO slips four weeks".'),
    "scenario.name.duplicate": Rule("error", "two columns of one comparison would have one name",
                                    "Give each scenario a name of its own."),
    "scenario.change.missing": Rule("error", "the scenario changes nothing",
                                    "Add a [[change]] with its kind."),
    "scenario.change.type": Rule("error", "a change is not a table",
                                 "Write [[change]] on a line of its own."),
    "scenario.kind.unknown": Rule("error", "there is no such kind of change",
                                  "Use one of the kinds; the reference lists them."),
    "scenario.field.unknown": Rule("error", "the kind has no such field",
                                   "Correct the field, or delete it."),
    "scenario.field.missing": Rule("error", "a field must be given", "Add it."),
    "scenario.field.one_of": Rule("error", "not exactly one of several fields is given",
                                  "Give one of them."),
    "scenario.field.type": Rule("error", "a value is not of the field's kind",
                                "Write what the field asks for."),
    "scenario.id.unknown": Rule("error", "an id that the book does not have",
                                "Correct the id; what is near is named."),
    "scenario.match.nothing": Rule("error", "no row of the book is meant by all fields together",
                                   "Loosen or correct the fields that select."),
    "scenario.match.exists": Rule("error", "what is to be added is there already",
                                  "Give it another id, or change what is there."),
    "scenario.match.short": Rule("error", "fewer pieces are there than the change takes",
                                 "Take fewer, or later."),
    "scenario.change.faulty": Rule("error", "the change would make a book that breaks a rule",
                                   "Correct the change."),
    "scenario.cost.unsent": Rule("warning", "only parts have the other cost, and the value of a "
                                 "plan counts the standard cost of the items sent",
                                 "Change the cost of the items that are sold, too."),
    "scenario.change.idle": Rule("warning", "a change leaves the book as it was",
                                 "Nothing, or correct the change."),
}
"""Every code of a scenario's own; other rules of a field are those of a book's column."""


@dataclass(frozen=True, slots=True)
class Change:
    """
    One change of a scenario.

    values : the fields that are given, typed as the tables of a book are
    place  : number of the change in its file, 1 for the first
    row    : the line of the file on which it begins; None where that is not known
    """

    kind: Kind
    values: Mapping[str, Any]
    file: str
    place: int
    row: int | None = None

    def issue(self, code: str, expected: str, field: str | None = None,
              value: object | None = None) -> Issue:
        """A fault or warning of this change, or of one of its fields."""
        where = f"change[{self.place}]" + (f".{field}" if field else "")
        return issue_at(code, self.file, expected, where, value, self.row)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Named changes, to be made one after another; file is what the user calls its source."""

    name: str
    description: str
    changes: tuple[Change, ...]
    file: str


def issue_at(code: str, file: str, expected: str, place: str | None = None,
             value: object | None = None, row: int | None = None) -> Issue:
    """An issue with the severity that its code declares; KeyError when no code is declared."""
    rule = CODES[code] if code in CODES else rule_of(code)
    return Issue(code, rule.severity, file, expected, row, place,
                 None if value is None else shown_text(str(value)))
