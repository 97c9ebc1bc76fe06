"""Plans inside a store: the files of their folders by name, and which of them were published."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from headgate.base.issue import IssuesError, near_miss
from headgate.ledger.events import moment_text
from headgate.stores.faults import fault
from headgate.stores.schema import PLAN_FILES, PLANS

LATEST = "latest"
"""Names the plan that was put last."""
PLAN, BOOK = "plan/", "book/"
"""Where the files of a plan's folder, and of the book that was planned, are in `plan_files`."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """
    A plan in a store.

    number    : counts plans in the order in which they were put
    digest    : of its `summary.json`
    sequence  : the last event of the book that was planned
    published : its place among the publications; None for a draft
    held      : the holds whose boards its book was made without, as JSON
    """

    name: str
    number: int
    digest: str
    sequence: int
    kept_at: str
    published: int | None
    held: str = "[]"

    @property
    def held_ids(self) -> list[str]:
        """The holds whose boards its book was made without."""
        return [str(hold_id) for hold_id in json.loads(self.held)]


def refuse_name(connection: sa.Connection, name: str, shown: str) -> None:
    """
    See that a plan may be put under a name.

    raises IssuesError : it can be no name, or is that of a published plan, which is not replaced
    """
    if name == LATEST or not _NAME.fullmatch(name):
        raise fault("store.plan.name", shown, "must be a name of letters, digits, dots, dashes and "
                    f'underscores, and not "{LATEST}"; such as week-06', name)
    older = _plan(connection, PLANS.c.name == name)
    if older is not None and older.published is not None:
        raise fault("store.plan.published", shown, "holds promises of record, and is not replaced; "
                    "give the plan another name", name)


def put_plan(connection: sa.Connection, name: str, digest: str, sequence: int, now: datetime,
             files: Mapping[str, bytes], shown: str,
             held: Sequence[str] = ()) -> StoredPlan:
    """
    Put the files of a plan under a name, in place of an older draft of this name.

    files : by their path, under `plan/` and `book/`
    held  : the holds whose boards the book was made without
    raises IssuesError : as `refuse_name`
    """
    refuse_name(connection, name, shown)
    for table in (PLANS, PLAN_FILES):
        connection.execute(table.delete().where(table.c.name == name))
    last = connection.execute(sa.select(sa.func.max(PLANS.c.number))).scalar()
    made = StoredPlan(name, (last or 0) + 1, digest, sequence, moment_text(now), None,
                      json.dumps(list(held)))
    connection.execute(PLANS.insert().values(
        name=name, number=made.number, digest=digest, sequence=sequence, kept_at=made.kept_at,
        held=made.held))
    add_files(connection, name, files)
    return made


def add_files(connection: sa.Connection, name: str, files: Mapping[str, bytes]) -> None:
    """Add files to a plan."""
    if files:
        connection.execute(PLAN_FILES.insert(), [
            {"name": name, "path": path, "content": content} for path, content in files.items()])


def mark_published(connection: sa.Connection, name: str, place: int) -> None:
    """Make a plan the one that was published last."""
    connection.execute(PLANS.update().where(PLANS.c.name == name).values(published=place))


def plans_of(connection: sa.Connection) -> list[StoredPlan]:
    """Every plan, the last one first."""
    return [StoredPlan(*row) for row in connection.execute(
        sa.select(*PLANS.columns).order_by(PLANS.c.number.desc()))]


def find_plan(connection: sa.Connection, name: str, shown: str) -> StoredPlan:
    """
    The plan of a name, or the latest one.

    raises IssuesError : there is none; names what is nearly called so
    """
    found = plans_of(connection)
    if name == LATEST and found:
        return found[0]
    for one in found:
        if one.name == name:
            return one
    raise _unknown(name, [one.name for one in found], shown)


def _unknown(name: str, names: list[str], shown: str) -> IssuesError:
    there = f"; there are {', '.join(names[:5])}" if names else "; there is none yet"
    return fault("store.plan.unknown", shown, "is no plan of this store" + (
        near_miss(name, names) or there), name, "nothing was read")


def published_last(connection: sa.Connection) -> StoredPlan | None:
    """The plan that was published last; None when none was."""
    return _plan(connection, PLANS.c.published.is_not(None))


def _plan(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> StoredPlan | None:
    row = connection.execute(sa.select(*PLANS.columns).where(condition).order_by(
        PLANS.c.published.desc(), PLANS.c.number.desc())).first()
    return None if row is None else StoredPlan(*row)


def files_of_plan(connection: sa.Connection, name: str, under: str = "") -> dict[str, bytes]:
    """The files of a plan, or those under `plan/` or `book/`, by their path below that."""
    table = PLAN_FILES
    return {str(path).removeprefix(under): bytes(content) for path, content in connection.execute(
        sa.select(table.c.path, table.c.content).where(table.c.name == name))
        if str(path).startswith(under)}
