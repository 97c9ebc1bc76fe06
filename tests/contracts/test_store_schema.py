"""The schema of a store, on SQLite and PostgreSQL: made, upgraded, and refused where it must be."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from headgate.base.issue import IssuesError
from headgate.stores import engine as engines
from headgate.stores import upgrading
from headgate.stores.address import Address, address_of
from headgate.stores.engine import engine_of, reading, writing
from headgate.stores.faults import FAULTS
from headgate.stores.schema import HEAD, METADATA, VERSION_TABLE
from headgate.stores.upgrading import MIGRATIONS, make_store, require_head, upgrade_store


def code_of(error: IssuesError) -> str:
    """The code of the one fault of an error; it is one that the reference explains."""
    (issue,) = error.issues
    assert issue.code in FAULTS
    return issue.code


def test_a_store_is_made_once(address: Address):
    """The first time it is made, the second time it is there and stays as it is."""
    assert make_store(address)
    assert not make_store(address)
    assert upgrade_store(address) == (HEAD, HEAD)
    engine = engine_of(address)
    require_head(engine, address)
    engine.dispose()


def test_migrations_make_what_the_code_reads(address: Address):
    """All revisions one after another give the very tables that `schema` declares."""
    make_store(address)
    engine = engine_of(address)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={
            "version_table": VERSION_TABLE, "compare_type": address.kind == "postgresql"})
        # Indexes stand in the migrations alone: no code names them.
        found = [change for change in compare_metadata(context, METADATA)
                 if change[0] != "remove_index"]
    engine.dispose()
    assert found == []


def test_the_last_revision_is_the_one_of_the_code():
    """A revision that is added without a new HEAD would never run."""
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [HEAD]
    assert [step.revision for step in script.walk_revisions()] == sorted(
        (step.revision for step in script.walk_revisions()), reverse=True)


def test_a_newer_store_is_refused(address: Address):
    """Revision 9999 is of a headgate to come: nothing is read or written, and the message says
    what to install."""
    make_store(address)
    engine = engine_of(address)
    with writing(engine, address.shown) as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    for use in (lambda: require_head(engine, address), lambda: upgrade_store(address)):
        with pytest.raises(IssuesError, match="newer headgate") as refused:
            use()
        assert code_of(refused.value) == "store.newer"
    engine.dispose()


def test_an_older_store_is_upgraded_only_when_asked(address: Address):
    """Revision 0000 came before the first: opening refuses it and names the command."""
    make_store(address)
    engine = engine_of(address)
    with writing(engine, address.shown) as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0000'")
    with pytest.raises(IssuesError, match="--upgrade") as refused:
        require_head(engine, address)
    assert code_of(refused.value) == "store.older"
    engine.dispose()


def test_a_database_of_another_program_is_left_alone(address: Address):
    """A table `events` that headgate did not make: nothing is added beside it."""
    engine = engine_of(address)
    with writing(engine, address.shown) as connection:
        connection.exec_driver_sql("CREATE TABLE events (id INTEGER)")
    with pytest.raises(IssuesError) as refused:
        make_store(address)
    assert code_of(refused.value) == "store.foreign"
    with reading(engine, address.shown) as connection:
        assert sa.inspect(connection).get_table_names() == ["events"]
    engine.dispose()


def test_an_empty_database_is_no_store(address: Address):
    """Nothing was made yet: the message says how to make it, and makes no file."""
    with pytest.raises(IssuesError, match="headgate init") as refused:
        upgrade_store(address)
    assert code_of(refused.value) == "store.missing"
    assert address.path is None or not address.path.exists()


def test_a_broken_file_is_no_trace(tmp_path):
    """A text file with the ending of a store is refused with one line."""
    file = tmp_path / "store.db"
    file.write_text("not a database, though it is called one " * 50)
    found = address_of(file)
    assert found is not None
    with pytest.raises(IssuesError) as refused:
        upgrade_store(found)
    assert code_of(refused.value) == "store.unreadable"


@pytest.mark.needs("postgresql")
def test_a_server_that_is_not_there_is_no_trace(tmp_path):
    """Nobody listens on this socket: one line says so, and the password is not in it."""
    found = address_of(f"postgresql://ana:secret@/nothing?host={tmp_path}")
    assert found is not None
    with pytest.raises(IssuesError) as refused:
        upgrade_store(found)
    assert code_of(refused.value) == "store.unreadable"
    assert "secret" not in str(refused.value)


@pytest.mark.needs("postgresql")
def test_a_database_that_cannot_keep_every_letter_is_refused(postgresql):
    """Latin-1 has no Japanese: refused before anything is made, with what to do."""
    found = address_of(postgresql.database("LATIN1"))
    assert found is not None
    with pytest.raises(IssuesError, match="UTF8") as refused:
        make_store(found)
    assert code_of(refused.value) == "store.server"


@pytest.mark.needs("postgresql")
def test_an_old_server_is_refused(postgresql, monkeypatch):
    """A server of 15 where 99 would be needed: refused, and its version is named."""
    found = address_of(postgresql.database())
    assert found is not None
    monkeypatch.setattr(upgrading, "OLDEST_SERVER", (99,))
    with pytest.raises(IssuesError, match="PostgreSQL 1") as refused:
        make_store(found)
    assert code_of(refused.value) == "store.server"


def test_two_writers_take_turns(address: Address, monkeypatch):
    """While one writes, the other waits; after its patience it gives up and says so."""
    make_store(address)
    first = engine_of(address)
    monkeypatch.setattr(engines, "WAIT_SECONDS", 0.2 if address.kind == "sqlite" else 1)
    second = engine_of(address)
    with writing(first, address.shown):
        with (pytest.raises(IssuesError, match="by others") as refused,
              writing(second, address.shown)):
            pass
        assert code_of(refused.value) == "store.busy"
    with writing(second, address.shown):
        pass
    first.dispose()
    second.dispose()


def test_addresses():
    """What is a store and what is a folder of tables; and passwords are never shown."""
    assert address_of("my-book") is None and address_of("plan.xlsx") is None
    found = address_of("sqlite:////data/ledger")
    assert found is not None and str(found.path) == "/data/ledger"
    for text in ("postgres://u:p%40ss@h:5432/d", "postgresql+psycopg://u:p%40ss@h/d"):
        found = address_of(text)
        assert found is not None and found.url.startswith("postgresql+psycopg://u:p%40ss@h")
        assert "p%40ss" not in found.shown
