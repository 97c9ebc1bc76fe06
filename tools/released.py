"""
Writes what a store of this version looks like: `python -m tools.released`, with each release.

The file `tests/contracts/released/REVISION.json` holds the tables of a small ledger, row by row,
and the statements that made them. Tests put the rows into a store of that revision, on every
database, and bring it up to the newest one.
"""

from __future__ import annotations

import base64
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from headgate.files.book_writer import write_book
from headgate.quoting.requests import Request
from headgate.session.ledger import close_period, event_of_options, import_book, record
from headgate.session.planning import plan
from headgate.session.storing import Storage
from headgate.stores.address import address_of
from headgate.stores.engine import engine_of, reading
from headgate.stores.schema import HEAD, METADATA
from headgate.stores.upgrading import make_store
from headgate.tables.sample import sample_book

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "contracts" / "released"
NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)


def fill(storage: Storage, folder: Path) -> None:
    """A book, an event of its own, a closed period, a published plan and a hold on it."""
    frames, settings = sample_book()
    write_book(frames, settings, folder / "book", "csv")
    import_book(storage, folder / "book", actor="ana")
    day = NOON.date()
    record(storage, [event_of_options("order_cancelled", "SO-4712/1", {"quantity": "1"}, "c-1",
                                      day, "ana", "customer asked")])
    close_period(storage, "2026-01", day, "ana")
    book = storage.book()
    plan(book).write(storage.target("week-06"), "parquet", excel=False)
    storage.keep("week-06", book)
    storage.publish("week-06", day, by="ana")
    storage.hold(Request("xe-b300", 1, "EMEA"), NOON.replace(day=4), "Q-1", actor="ana")


def content_of(engine: sa.Engine) -> dict[str, Any]:
    """The tables of a store, and the statements that make them in SQLite."""
    with reading(engine, "the store") as connection:
        made = [str(sql) for (sql,) in connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")]
        tables = {table.name: [plain_row(row) for row in connection.execute(
            sa.select(table)).mappings()] for table in METADATA.sorted_tables}
    return {"revision": HEAD, "made": made, "tables": tables}


def plain_row(row: Any) -> dict[str, Any]:
    """A row as JSON has it: bytes in base 64, days as ISO text."""
    return {name: {"base64": base64.b64encode(cell).decode()} if isinstance(cell, bytes) else
            cell if cell is None or isinstance(cell, int | str) else cell.isoformat()
            for name, cell in row.items()}


def main() -> None:
    """Write the file of this version."""
    with tempfile.TemporaryDirectory() as work:
        address = address_of(Path(work) / "store.db")
        assert address is not None
        make_store(address)
        with Storage(address, NOON) as storage:
            fill(storage, Path(work))
        engine = engine_of(address)
        content = content_of(engine)
        engine.dispose()
    file = FOLDER / f"{HEAD}.json"
    FOLDER.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8", newline="\n")
    print(file.relative_to(FOLDER.parents[2]))


if __name__ == "__main__":
    main()
