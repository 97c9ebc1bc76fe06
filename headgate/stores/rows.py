"""Recorded events as rows of a database, and such rows as events again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from headgate.base.issue import Issue, IssuesError
from headgate.ledger.events import Event, Recorded, data_text, moment_text
from headgate.stores.schema import EVENTS

NAMES: tuple[str, ...] = tuple(column.name for column in EVENTS.columns)
COLUMNS = ", ".join(NAMES)
PAGE = 10_000
"""Events that one statement reads: each is over before a writer gets impatient."""
AT_ONCE = 500
"""Keys that one statement looks up; every database takes so many parameters."""

Row = Sequence[Any]


def row_of(recorded: Recorded, text: str | None = None) -> tuple[Any, ...]:
    """
    An event as a row of the table `events`; days as ISO text, which both databases take.

    text : `data_text` of the event, where it is known already
    """
    event = recorded.event
    return (recorded.sequence, event.kind, event.key, event.effective_on.isoformat(),
            recorded.posted_on.isoformat(), recorded.prior_period,
            moment_text(recorded.recorded_at), event.actor, event.reason, event.idempotency_key,
            data_text(event.data) if text is None else text, recorded.previous_hash,
            recorded.hash)


def recorded_of_row(row: Row) -> Recorded:
    """
    A row of the table `events` as the event that it holds.

    raises ValueError : a cell is not what was written there
    """
    (sequence, kind, key, effective_on, posted_on, prior_period, recorded_at, actor, reason,
     idempotency_key, text, previous_hash, hash_) = row
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError("data is no JSON object")
    event = Event(kind, key, _day(effective_on), data, actor, reason, idempotency_key)
    return Recorded(sequence, event, datetime.fromisoformat(recorded_at), _day(posted_on),
                    prior_period, previous_hash, hash_)


def _day(value: str | date) -> date:
    """A day, which SQLite gives as text and PostgreSQL as a date."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def insert_rows(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """
    Add events to the table, many at once.

    raises sqlalchemy.exc.DBAPIError : the database refuses them
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        statement = f"COPY events ({COLUMNS}) FROM STDIN"
        try:
            cursor: Any = connection.connection.cursor()
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except connection.dialect.loaded_dbapi.Error as error:
            # The driver is used past SQLAlchemy, so that its errors come bare.
            raise sa.exc.DBAPIError(statement, None, error) from error
        return
    marks = ", ".join("?" * len(NAMES))
    connection.exec_driver_sql(f"INSERT INTO events ({COLUMNS}) VALUES ({marks})",
                               [tuple(row) for row in rows])


def pages(connection: sa.Connection, after: int, until: int) -> Iterator[Sequence[Row]]:
    """The rows after a sequence, up to and with another, in their order, page by page."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    # A range and no limit: no planner can take it for a sort of the whole table.
    statement = (f"SELECT {COLUMNS} FROM events WHERE sequence > {mark} AND sequence <= {mark} "
                 "ORDER BY sequence")
    for start in range(after, until, PAGE):
        yield connection.exec_driver_sql(statement, (start, min(start + PAGE, until))).fetchall()


def events_between(connection: sa.Connection, after: int, until: int,
                   shown: str) -> Iterator[Recorded]:
    """
    The events after a sequence, up to and with another, in their order.

    raises IssuesError : an event is not what was written; `headgate verify` names every one
    """
    for rows in pages(connection, after, until):
        for row in rows:
            yield _recorded(row, shown)


def events_where(connection: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]],
                 shown: str) -> Iterator[Recorded]:
    """
    The events that fulfil conditions, in their order.

    raises IssuesError : an event is not what was written
    """
    after = 0
    while True:
        rows = connection.execute(sa.select(*EVENTS.columns).where(
            EVENTS.c.sequence > after, *conditions).order_by(EVENTS.c.sequence).limit(PAGE)).all()
        for row in rows:
            yield _recorded(row, shown)
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


def _recorded(row: Row, shown: str) -> Recorded:
    try:
        return recorded_of_row(row)
    except (ValueError, TypeError) as error:
        raise IssuesError([unreadable(row[0], str(error), shown)], "nothing was read") from None


def unreadable(sequence: object, told: str, shown: str) -> Issue:
    """The fault of an event that cannot be read."""
    number = sequence if isinstance(sequence, int) else None
    return Issue("ledger.chain.unreadable", "error", shown, "is not what was recorded; bring the "
                 "store back from a copy", number, "sequence", f"{sequence}: {told}"[:200])


def raw_rows(connection: sa.Connection, after: int, until: int,
             found: Callable[[Issue], None], shown: str) -> Iterator[Row]:
    """
    Rows as `pages` gives them, but one after another and past those that cannot be read.

    found : told of each row that holds bytes which are no text, or which the database refuses
    """
    try:
        for rows in pages(connection, after, until):
            yield from rows
            after = min(after + PAGE, until)
        return
    except (sa.exc.DBAPIError, UnicodeDecodeError):
        if connection.dialect.name != "sqlite":
            raise
    # One broken text spoils a whole page: from here on every row is asked for alone.
    raw: Any = connection.connection.dbapi_connection
    raw.text_factory = bytes
    for (sequence,) in raw.execute("SELECT sequence FROM events WHERE sequence > ? "
                                   "AND sequence <= ? ORDER BY sequence", (after, until)):
        try:
            row = raw.execute(f"SELECT {COLUMNS} FROM events WHERE sequence = ?",
                              (sequence,)).fetchone()
            yield [cell.decode() if isinstance(cell, bytes) else cell for cell in row]
        except (UnicodeDecodeError, sqlite3.Error, TypeError) as error:
            found(unreadable(sequence, str(error), shown))


def known_keys(connection: sa.Connection,
               keys: Iterable[str]) -> dict[str, tuple[int, Event, str]]:
    """
    What is recorded under idempotency keys: sequence, event and its data's text, by key.

    The keys may be many; those under which nothing is recorded are left out.
    """
    found: dict[str, tuple[int, Event, str]] = {}
    asked = list(keys)
    columns = [EVENTS.c[name] for name in ("idempotency_key", "sequence", "kind", "key",
                                           "effective_on", "data")]
    for start in range(0, len(asked), AT_ONCE):
        part = asked[start:start + AT_ONCE]
        for key, sequence, kind, about, day, text in connection.execute(
                sa.select(*columns).where(EVENTS.c.idempotency_key.in_(part))):
            found[key] = (sequence, Event(kind, about, day, json.loads(text), ""), text)
    return found
