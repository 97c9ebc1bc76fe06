"""Where a store is: what a user writes for it, and what may be shown of that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ENDINGS = (".db", ".sqlite", ".sqlite3")
"""How the file of a store is called."""
HEADER = b"SQLite format 3\x00"
"""What an SQLite file begins with, whatever it is called."""
_POSTGRESQL = re.compile(r"(?:postgresql|postgres)(?:\+psycopg)?://")
_PASSWORD = re.compile(r"(?<=://)([^:/@]*):[^@/]*@|(?<=[?&]password=)[^&]*")


@dataclass(frozen=True, slots=True)
class Address:
    """
    The place of a store.

    path  : the file of an SQLite store; None for PostgreSQL
    url   : what the database driver is given
    shown : the same as the user wrote it, without a password
    """

    kind: Literal["sqlite", "postgresql"]
    path: Path | None
    url: str
    shown: str


def address_of(text: str | Path) -> Address | None:
    """
    The place of a store that a text names; None when it names something else, such as a folder.

    A store is `postgresql://...`, `sqlite:///PATH`, a path that ends in .db, .sqlite or .sqlite3
    and is no folder, or an SQLite file of any name.

    >>> address_of("postgresql://ana:secret@db.example/headgate").shown
    'postgresql://ana:***@db.example/headgate'
    >>> address_of("ledger/store.db").path.name
    'store.db'
    >>> address_of("my-book") is None
    True
    """
    written = str(text)
    found = _POSTGRESQL.match(written)
    if found is not None:
        return Address("postgresql", None, f"postgresql+psycopg://{written[found.end():]}",
                       shown(written))
    if written.startswith("sqlite:///"):
        path = Path(written.removeprefix("sqlite:///"))
    else:
        path = Path(written)
        if path.is_dir() or not (path.suffix.lower() in ENDINGS or _is_sqlite(path)):
            return None
    return Address("sqlite", path, f"sqlite:///{path}", written)


def shown(text: str) -> str:
    """
    An address as messages may show it.

    >>> shown("postgresql:///headgate?host=db&password=secret&user=ana")
    'postgresql:///headgate?host=db&password=***&user=ana'
    """
    return _PASSWORD.sub(lambda found: "***" if found[1] is None else f"{found[1]}:***@", text)


def _is_sqlite(path: Path) -> bool:
    """Whether a file is one of SQLite's; nothing, a pipe or a device is none."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            return stream.read(len(HEADER)) == HEADER
    except OSError:
        return False
