"""A stack of scenarios made on a book's tables: the changed tables, checked again in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError, errors_of
from headgate.scenarios.draft import Draft, RefusedError, unknown_ids
from headgate.scenarios.generation import generation
from headgate.scenarios.order_changes import (
    cost,
    order_add,
    order_cancel,
    order_change,
    price,
    quota,
    quota_remove,
)
from headgate.scenarios.place_changes import hours, lane, lane_close, site_closes
from headgate.scenarios.scenario import Change, Scenario, issue_at
from headgate.scenarios.supply_changes import (
    supply_add,
    supply_cut,
    supply_grow,
    supply_slip,
    transfer,
)
from headgate.tables.check import check_tables
from headgate.tables.findings import listed
from headgate.tables.frames import Tables
from headgate.tables.raw import RawBook, RawTable
from headgate.tables.restored import public_frame, settings_of
from headgate.tables.schema import BY_NAME

CONSEQUENCE = "nothing was planned"


@dataclass(frozen=True, slots=True)
class Changed:
    """
    A book's tables after a stack of scenarios.

    done     : what each change did, in words, in their order
    warnings : of the changes, and those of the changed book that the book itself has not
    """

    tables: Tables
    done: tuple[str, ...]
    warnings: tuple[Issue, ...]


def policy(draft: Draft, change: Change) -> str:
    """Settings of the policy change; what was done, in words."""
    given: Mapping[str, Any] = change.values["set"]
    draft.settings = replace(draft.settings, policy=_merged(draft.settings.policy, given))
    return f"policy: other {', '.join(map(str, given))}"


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Settings over settings; inner tables, such as weights, are merged alike."""
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        merged[name] = (_merged(before if isinstance(before, Mapping) else {}, value)
                        if isinstance(value, Mapping) else value)
    return merged


MAKERS: dict[str, Callable[[Draft, Change], str]] = {
    "supply_slip": supply_slip, "supply_cut": supply_cut, "supply_grow": supply_grow,
    "supply_add": supply_add, "transfer": transfer, "site_closes": site_closes, "hours": hours,
    "lane": lane, "lane_close": lane_close, "order_add": order_add, "order_change": order_change,
    "order_cancel": order_cancel, "price": price, "cost": cost, "quota": quota,
    "quota_remove": quota_remove, "policy": policy, "generation": generation,
}
"""What makes each kind of change."""


def apply_scenarios(tables: Tables, stack: Sequence[Scenario]) -> Changed:
    """
    A book's tables after every change of a stack, in order.

    The changed tables obey every rule of a book, and have the digest that the same edit in the
    files would give.

    raises IssuesError : changes that cannot be made, all at once; or what they would break
    """
    draft = Draft(dict(tables.frames), tables.settings)
    issues: list[Issue] = []
    done = []
    for scenario in stack:
        for change in scenario.changes:
            made, found = _made(draft, change)
            issues += found
            done += made
    if errors_of(issues):
        raise IssuesError(errors_of(issues), CONSEQUENCE)
    checked = _checked(draft, stack)
    known = {_mark(issue) for issue in tables.issues}
    fresh = [_told(issue, draft, stack) for issue in checked.issues if _mark(issue) not in known]
    return Changed(checked, tuple(done), (*issues, *fresh))


def _made(draft: Draft, change: Change) -> tuple[list[str], list[Issue]]:
    """Make one change in the draft, or say why not; what was done, and its faults or warning."""
    unknown = unknown_ids(draft, change)
    if unknown:
        return [], unknown
    frames, settings = dict(draft.frames), draft.settings
    try:
        words = MAKERS[change.kind.name](draft, change)
    except RefusedError as refused:
        draft.frames, draft.settings = frames, settings
        return [], [refused.issue]
    idle = settings == draft.settings and all(
        frame is draft.frames[name] or frame.equals(draft.frames[name])
        for name, frame in frames.items())
    if idle:
        return [words], [change.issue("scenario.change.idle", "leaves the book as it was",
                                      value=change.kind.name)]
    return [words], _unsent_cost(draft, change, frames["items"])


def _unsent_cost(draft: Draft, change: Change, before: pl.DataFrame) -> list[Issue]:
    """A warning where a change makes only parts dearer or cheaper, of which no value tells."""
    items = draft.frames["items"].select("item_id", "unit_cost_cents")
    if change.kind.name == "cost":
        known = before.select("item_id", was="unit_cost_cents")
        other = items.join(known, on="item_id").filter(
            pl.col("unit_cost_cents") != pl.col("was"))["item_id"].to_list()
    elif change.kind.name == "generation":
        other = [str(change.values[name]) for name in ("old_item_id", "new_item_id")]
        if items.filter(pl.col("item_id").is_in(other))["unit_cost_cents"].n_unique() < 2:
            return []
    else:
        return []
    orders = draft.frames["orders"]
    sold = {*orders["item_id"].to_list(),
            *orders["accepts"].drop_nulls().explode(empty_as_null=False).to_list()}
    if not other or sold & set(other):
        return []
    return [change.issue(
        "scenario.cost.unsent", "no item that is sold has this cost, and the value of a plan "
        "counts the standard cost of what is sent, so that it does not tell what this costs; "
        "change the cost of the sold items that hold it in the same file, too",
        value=listed(other[:3]) + ("" if len(other) <= 3 else ", ..."))]


def _checked(draft: Draft, stack: Sequence[Scenario]) -> Tables:
    """The changed tables after the whole check of a book."""
    raw = RawBook({name: RawTable(public_frame(name, frame), name)
                   for name, frame in draft.frames.items()}, settings_of(draft.settings),
                  (), draft.settings.name, frozenset(), "settings", "{table}")
    try:
        return check_tables(raw)
    except IssuesError as error:
        raise IssuesError([_told(issue, draft, stack) for issue in errors_of(error.issues)],
                          CONSEQUENCE) from None


def _mark(issue: Issue) -> tuple[object, ...]:
    """What makes a warning the same before and after a change; rows and counts may differ."""
    return issue.code, issue.column, issue.value


def _told(issue: Issue, draft: Draft, stack: Sequence[Scenario]) -> Issue:
    """
    A fault of the changed book as one of the scenarios.

    A row number would mean a file that nobody has, so the row is named by its key.
    """
    file = f"the book after {' and '.join(dict.fromkeys(one.file for one in stack))}"
    table = BY_NAME.get(issue.file)
    expected = f"{issue.expected} (in {issue.file})"
    if table is not None and issue.row is not None and table.key:
        fields = [table.column(name).field for name in table.key]
        row = draft.frames[table.name].row(issue.row - RawTable(pl.DataFrame(), "").first_row,
                                           named=True)
        named = "/".join(str(row[field]) for field in fields if row[field] is not None)
        expected = f"{issue.expected} (row {named} of {issue.file})"
    return replace(issue, file=file, row=None, expected=expected)


def column_names(stacks: Sequence[Sequence[Scenario]]) -> list[str]:
    """
    The name of each stack: those of its scenarios with + between them.

    raises IssuesError : two stacks would have one name, or one that of the base
    """
    names = [" + ".join(scenario.name for scenario in stack) for stack in stacks]
    twice = [issue_at("scenario.name.duplicate", stack[-1].file, "is the name of another column; "
                      "give each scenario a name of its own", "name", name)
             for place, (name, stack) in enumerate(zip(names, stacks, strict=True))
             if name.casefold() in {BASE, *(other.casefold() for other in names[:place])}]
    if twice:
        raise IssuesError(twice, CONSEQUENCE)
    return names


BASE = "base"
"""The name of the plan of the book as it is."""
