"""Make a store, bring one of an older version up, and refuse one of a newer."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from headgate.ledger.events import GENESIS
from headgate.stores.address import Address
from headgate.stores.engine import engine_of, reading, wal_is_safe, writing
from headgate.stores.faults import fault
from headgate.stores.schema import HEAD, HEAD_ROW, METADATA, VERSION_TABLE

OLDEST_SERVER = (15,)
MIGRATIONS = Path(__file__).parent / "migrations"


def make_store(address: Address) -> bool:
    """
    Make an empty store at an address; False when one is there already, which stays as it is.

    raises IssuesError : the database holds tables of another program, or cannot be written
    """
    if address.path is not None:
        address.path.parent.mkdir(parents=True, exist_ok=True)
    engine = engine_of(address)
    try:
        if address.path is not None and wal_is_safe():
            with reading(engine, address.shown) as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        return make_at(engine, address, HEAD)
    finally:
        engine.dispose()


def make_at(engine: sa.Engine, address: Address, revision: str) -> bool:
    """
    Make an empty store of a revision, such as one of an older version; False when one is there.

    raises IssuesError : as `make_store`
    """
    with writing(engine, address.shown) as connection:
        _refuse_server(connection, address)
        names = sa.inspect(connection).get_table_names()
        if VERSION_TABLE in names:
            return False
        foreign = sorted(set(names) & set(METADATA.tables))
        if foreign or (names and address.kind == "sqlite"):
            raise fault("store.foreign", address.shown, "is a table of another program; name "
                        "a database, or a schema, that headgate has for itself",
                        (foreign or names)[0])
        _run(connection, None, revision)
        connection.execute(HEAD_ROW.insert().values(id=1, sequence=0, hash=GENESIS))
    return True


def upgrade_store(address: Address) -> tuple[str, str]:
    """
    Bring a store to the schema of this version: the revision before, and the one now.

    raises IssuesError : there is no store, or a newer headgate wrote it
    """
    engine = engine_of(address)
    try:
        before = revision_of(engine, address)
        if before != HEAD:
            with writing(engine, address.shown) as connection:
                # Whoever upgraded in the meantime has left nothing to do.
                _run(connection, _revision(connection), HEAD)
        return before, HEAD
    finally:
        engine.dispose()


def revision_of(engine: sa.Engine, address: Address) -> str:
    """
    The revision of a store's schema.

    raises IssuesError : there is no store, or a newer headgate wrote it
    """
    if address.path is not None and not address.path.exists():
        raise _missing(address)
    with reading(engine, address.shown) as connection:
        found = _revision(connection)
    if found is None:
        raise _missing(address)
    if found > HEAD:
        raise fault("store.newer", address.shown, "was written by a newer headgate; this one "
                    f"knows schema {HEAD}: install the newer one", f"schema {found}")
    return found


def require_head(engine: sa.Engine, address: Address) -> None:
    """
    See that a store has the schema of this version.

    raises IssuesError : there is no store, or one of another version
    """
    found = revision_of(engine, address)
    if found != HEAD:
        raise fault("store.older", address.shown, "was written by an older headgate; run: "
                    f"headgate init {address.shown} --upgrade", f"schema {found}")


def _refuse_server(connection: sa.Connection, address: Address) -> None:
    """Raises IssuesError where a server is too old, or would not keep every letter."""
    if connection.dialect.name != "postgresql":
        return
    found = connection.dialect.server_version_info
    if found is not None and found < OLDEST_SERVER:
        raise fault("store.server", address.shown, "must be PostgreSQL 15 or newer",
                    "PostgreSQL " + ".".join(map(str, found)))
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise fault("store.server", address.shown, "must be a database in UTF-8; make one with "
                    "ENCODING 'UTF8'", str(encoding))


def _missing(address: Address) -> Exception:
    return fault("store.missing", address.shown, "is no store yet; make one: "
                 f"headgate init {address.shown}")


def _revision(connection: sa.Connection) -> str | None:
    """The revision that a database is at; None when it holds no store."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()
    return None if found is None else str(found)


def _run(connection: sa.Connection, before: str | None, last: str) -> None:
    """Run the revisions after one up to another, inside the transaction of a connection."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(MIGRATIONS))
    context = MigrationContext.configure(connection, opts={
        "version_table": VERSION_TABLE, "transactional_ddl": False})
    steps = list(script.iterate_revisions(last, before or "base"))
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
            context.stamp(script, step.revision)

