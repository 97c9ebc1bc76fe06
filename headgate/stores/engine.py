"""Connections to a store: each write is one transaction, and only one writes at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from headgate.base.issue import IssuesError
from headgate.stores.address import Address
from headgate.stores.faults import DAMAGED, fault

WAIT_SECONDS = 60
"""How long a writer waits for the others before it gives up."""
SAFE_WAL = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 may damage a file when its write-ahead log is reset."""
LOCK = 0x68656164
"""Number of the lock that writers of a PostgreSQL database wait for: "head" in ASCII."""


def engine_of(address: Address) -> sa.Engine:
    """
    An engine for the store at an address; it connects when it is first used.

    raises IssuesError : the driver of PostgreSQL is not installed, or the URL is none
    """
    if address.kind == "postgresql":
        try:
            return sa.create_engine(address.url, pool_size=2, pool_pre_ping=True,
                                    connect_args={"connect_timeout": 10})
        except ModuleNotFoundError:
            raise fault("store.driver", address.shown, "needs a package that is not installed; "
                        'run: pip install "headgate[postgres]"', "psycopg") from None
        except (sa.exc.ArgumentError, ValueError) as error:
            raise fault("store.unreadable", address.shown, "must be a URL such as "
                        "postgresql://user@host/database", str(error)) from None
    # A connection of its own for each use: nothing is shared between threads or forks, and
    # opening the file takes a fraction of what the disk takes to keep a transaction.
    engine = sa.create_engine(address.url, poolclass=NullPool,
                              connect_args={"timeout": WAIT_SECONDS, "isolation_level": None})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    cursor = connection.cursor()
    wal = cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    if wal and not wal_is_safe():
        wal = cursor.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "wal"
        if wal:
            raise fault("store.wal", "the store", "is in write-ahead mode, which SQLite "
                        f"{sqlite3.sqlite_version} would damage; close every other program that "
                        "has it open", "journal_mode = wal")
    # With a rollback journal only EXTRA keeps the deletion of the journal, by which a transaction
    # counts as done, through a loss of power.
    cursor.execute(f"PRAGMA synchronous = {'FULL' if wal else 'EXTRA'}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -65536")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # Whoever reads before it writes must hold the lock from the start, or two writers that both
    # have read could neither go on. A reader's statements stand alone, unless it wants one moment.
    begin = {"writes": "BEGIN IMMEDIATE", "one moment": "BEGIN"}.get(
        connection.get_execution_options().get("purpose", ""))
    if begin is not None:
        connection.exec_driver_sql(begin)


def wal_is_safe() -> bool:
    """Whether this machine's SQLite may write ahead; older ones keep a rollback journal."""
    return sqlite3.sqlite_version_info >= SAFE_WAL


@contextmanager
def writing(engine: sa.Engine, shown: str) -> Iterator[sa.Connection]:
    """
    One transaction that sees everything written before, and in which nobody else writes.

    It is kept when the block ends well, and leaves no trace when it does not.

    shown : the address for messages
    raises IssuesError : others wrote for `WAIT_SECONDS`; the store cannot be opened or written
    """
    options: dict[str, Any] = {"purpose": "writes"}
    if engine.dialect.name == "postgresql":
        # Whatever the server's default is: a snapshot for the whole transaction would be older than
        # the lock, and would not show what the writer before has written.
        options["isolation_level"] = "READ COMMITTED"
    with (_told(shown, "nothing was written"),
          engine.connect().execution_options(**options) as connection,
          connection.begin()):
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
            # An answer is given only for what is on disk, however the server is set up.
            connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        yield connection


@contextmanager
def reading(engine: sa.Engine, shown: str) -> Iterator[sa.Connection]:
    """
    A connection that only reads, in short transactions: a long one would keep writers waiting.

    raises IssuesError : the store cannot be opened or read
    """
    with _told(shown), engine.connect().execution_options(
            isolation_level="AUTOCOMMIT") as connection:
        yield connection


@contextmanager
def reading_one_moment(engine: sa.Engine, shown: str) -> Iterator[sa.Connection]:
    """
    A connection whose reads all see the same moment; they must be few and short.

    raises IssuesError : the store cannot be opened or read
    """
    options: dict[str, Any] = {"purpose": "one moment"}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    with (_told(shown, "nothing was written"),
          engine.connect().execution_options(**options) as connection,
          connection.begin()):
        yield connection


@contextmanager
def _told(shown: str, consequence: str = "nothing was read") -> Iterator[None]:
    """What a database refuses, as a fault of the store."""
    try:
        yield
    except IssuesError:
        raise
    except sa.exc.DBAPIError as error:
        told = " ".join(str(error.orig).split())[:200]
        if "locked" in told or "lock timeout" in told:
            raise fault("store.busy", shown, f"was being written by others for {WAIT_SECONDS} "
                        "seconds; try again", told, consequence) from None
        if "not a database" in told:
            raise fault("store.unreadable", shown, "is no store, but a file of another sort; name "
                        "the file that headgate init made, or postgresql://...", told,
                        consequence) from error
        # The low byte is the kind of fault; the others say in which part of SQLite it was found.
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xff == sqlite3.SQLITE_CORRUPT:
            raise fault("store.damaged", shown, DAMAGED, told, consequence) from error
        raise fault("store.unreadable", shown, "must be a store that can be opened and written; "
                    "check address, permissions and server", told, consequence) from error
