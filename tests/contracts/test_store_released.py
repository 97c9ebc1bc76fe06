"""Stores of every released version are brought up to this one, on SQLite and PostgreSQL."""

from __future__ import annotations

import base64
import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from headgate.base.issue import IssuesError
from headgate.files.publications import read_publication
from headgate.session.storing import Storage
from headgate.stores import upgrading
from headgate.stores.address import Address, address_of
from headgate.stores.engine import engine_of, reading, writing
from headgate.stores.schema import HEAD, VERSION_TABLE
from headgate.stores.upgrading import make_at, require_head, upgrade_store

FOLDER = Path(__file__).parent / "released"
RELEASED = sorted(FOLDER.glob("*.json"))
NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)


def put(address: Address, content: dict[str, Any]) -> None:
    """A store of a released version, as it was left."""
    engine = engine_of(address)
    make_at(engine, address, content["revision"])
    tables = sa.MetaData()
    tables.reflect(engine)
    with writing(engine, address.shown) as connection:
        for name, rows in content["tables"].items():
            connection.execute(tables.tables[name].delete())
            if rows:
                connection.execute(tables.tables[name].insert(), [
                    {column: cell_of(cell, tables.tables[name].c[column].type)
                     for column, cell in row.items()} for row in rows])
    engine.dispose()


def cell_of(cell: Any, kind: object) -> Any:
    """A cell as a database takes it."""
    if isinstance(cell, dict):
        return base64.b64decode(cell["base64"])
    return date.fromisoformat(cell) if isinstance(kind, sa.Date) and cell else cell


def test_the_newest_version_is_among_them():
    """What this version writes was kept for the ones to come: `python -m tools.released`."""
    assert HEAD in [file.stem for file in RELEASED]


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.stem)
def test_a_released_store_is_brought_up(address: Address, file: Path):
    """A ledger with a book, a plan and a hold: refused while it is older, brought up when asked,
    then proven; its publication is read, the hold is still held, and the next event is taken."""
    content = json.loads(file.read_text(encoding="utf-8"))
    put(address, content)
    engine = engine_of(address)
    if content["revision"] != HEAD:
        with pytest.raises(IssuesError, match="--upgrade"):
            require_head(engine, address)
    assert upgrade_store(address) == (content["revision"], HEAD)
    require_head(engine, address)
    engine.dispose()
    with Storage(address, NOON) as storage:
        assert storage.store.verify() == []
        assert storage.store.head().sequence == len(content["tables"]["events"])
        kept = storage.holds()
        assert kept is not None and list(kept.keeping()) == ["hold-1"]
        published = read_publication(storage.plan("week-06"))
        assert published is not None and published.by == "ana"
        assert storage.release("hold-1", "over").done
        assert storage.store.verify() == []


STEP = '''"""A step of a version to come."""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{revision}", "{before}"


def upgrade() -> None:
    op.create_table("notes", sa.Column("text", sa.Text, nullable=False))
    op.add_column("plans", sa.Column("note", sa.Text, server_default="none"))
    op.execute("UPDATE plans SET note = name")
    {then}
'''


@pytest.fixture
def to_come(tmp_path, monkeypatch):
    """`to_come("pass")`: this version has one revision more, whose last statement is that."""
    def make(then: str) -> str:
        folder = Path(shutil.copytree(upgrading.MIGRATIONS, tmp_path / f"migrations {then}"))
        revision = f"{int(HEAD) + 1:04d}"
        (folder / "versions" / f"{revision}_to_come.py").write_text(
            STEP.format(revision=revision, before=HEAD, then=then))
        monkeypatch.setattr(upgrading, "MIGRATIONS", folder)
        monkeypatch.setattr(upgrading, "HEAD", revision)
        return revision

    return make


def test_a_step_is_run_on_what_is_there(address: Address, to_come, monkeypatch):
    """The next version adds a table, and a column that it fills. A store of the version released
    last is refused until it is upgraded; then every row of it is there, the column is filled, and
    whoever began to upgrade at the same moment has nothing left to do."""
    content = json.loads((FOLDER / f"{HEAD}.json").read_text(encoding="utf-8"))
    put(address, content)
    revision = to_come("pass")
    engine = engine_of(address)
    with pytest.raises(IssuesError, match="--upgrade"):
        require_head(engine, address)
    assert upgrade_store(address) == (HEAD, revision)
    require_head(engine, address)
    monkeypatch.setattr(upgrading, "revision_of", lambda *_: HEAD)
    assert upgrade_store(address) == (HEAD, revision)
    tables = sa.MetaData()
    tables.reflect(engine)
    with reading(engine, address.shown) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM notes").scalar() == 0
        assert connection.exec_driver_sql("SELECT name, note FROM plans").fetchall() == [
            ("week-06", "week-06")]
        for name, rows in content["tables"].items():
            table = tables.tables[name]
            found = connection.execute(sa.select(table)).mappings().all()
            wanted = [{column: cell_of(cell, table.c[column].type)
                       for column, cell in row.items()} for row in rows]
            assert sorted(map(str, ({column: row[column] for column in wanted[0]}
                                    for row in found))) == sorted(map(str, wanted))
    engine.dispose()


def test_a_step_that_fails_leaves_the_store_as_it_was(address: Address, to_come):
    """The step breaks off at its last statement: neither the table nor the column is there, and
    this version opens the store as if nothing had been tried."""
    put(address, json.loads((FOLDER / f"{HEAD}.json").read_text(encoding="utf-8")))
    to_come('op.execute("UPDATE nothing SET a = 1")')
    with pytest.raises(IssuesError, match="nothing"):
        upgrade_store(address)
    engine = engine_of(address)
    with reading(engine, address.shown) as connection:
        looked = sa.inspect(connection)
        assert not looked.has_table("notes")
        assert "note" not in [column["name"] for column in looked.get_columns("plans")]
        assert connection.exec_driver_sql(
            f"SELECT version_num FROM {VERSION_TABLE}").scalar() == HEAD
    engine.dispose()


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.stem)
def test_a_released_revision_is_not_edited(tmp_path, file: Path):
    """The revisions up to a released one still make the tables that it had."""
    content = json.loads(file.read_text(encoding="utf-8"))
    address = address_of(tmp_path / "store.db")
    assert address is not None
    engine = engine_of(address)
    make_at(engine, address, content["revision"])
    with reading(engine, address.shown) as connection:
        made = [sql for (sql,) in connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")]
    engine.dispose()
    assert [sql.split() for sql in made] == [sql.split() for sql in content["made"]]
