"""Snapshots: states of a ledger as Parquet, so that a state need not be folded from the start."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import sqlalchemy as sa

from headgate.stores.engine import reading, writing
from headgate.stores.schema import SNAPSHOT_TABLES, SNAPSHOTS

KEPT = 2
"""Snapshots that are kept; older ones go when a new one was written."""
MANIFEST = "manifest.json"


def version() -> str:
    """The version of headgate: what a snapshot's tables mean may change with it."""
    # By name, since the package itself stands above all rooms, for it names what they offer.
    return str(import_module("headgate").__version__)


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    What a snapshot is of.

    sequence, hash : the last event in it
    effective_on   : the latest day on which any of its events counts; None without events
    digests        : sha256 of each table's Parquet file, by name
    """

    sequence: int
    hash: str
    effective_on: date | None
    digests: Mapping[str, str]

    def text(self) -> str:
        """The manifest as JSON."""
        latest = None if self.effective_on is None else self.effective_on.isoformat()
        return json.dumps({"version": version(), "sequence": self.sequence, "hash": self.hash,
                           "effective_on": latest, "tables": dict(self.digests)}, indent=2) + "\n"


class OtherVersionError(ValueError):
    """Another version of headgate kept the snapshot: its tables may mean something else."""


def read_manifest(text: str) -> Manifest:
    """
    The manifest that `Manifest.text` wrote.

    raises ValueError : it is something else; OtherVersionError : another headgate wrote it
    """
    try:
        content: dict[str, Any] = json.loads(text)
        if content["version"] != version():
            raise OtherVersionError(f"headgate {content['version']} wrote it")
        latest = content["effective_on"]
        return Manifest(int(content["sequence"]), str(content["hash"]),
                        None if latest is None else date.fromisoformat(latest),
                        {str(name): str(digest) for name, digest in content["tables"].items()})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the manifest is broken: {error}") from None


class Snapshots(Protocol):
    """Where the snapshots of a store are."""

    def sequences(self) -> list[int]:
        """The sequences that there are snapshots of, the newest first."""

    def read(self, sequence: int) -> tuple[Manifest, dict[str, bytes]]:
        """
        A snapshot: what it is of, and its files.

        raises ValueError : it is broken, or of another version of headgate
        """

    def keep(self, manifest: Manifest, files: Mapping[str, bytes]) -> None:
        """Write a snapshot, whole or not at all, and remove all but the newest."""


class FolderSnapshots:
    """
    Snapshots as folders of Parquet files beside the file of an SQLite store.

    Any program that reads Parquet can read them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def sequences(self) -> list[int]:
        """The sequences that there are snapshots of, the newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((int(entry.name) for entry in self.folder.iterdir()
                       if entry.name.isdecimal()), reverse=True)

    def read(self, sequence: int) -> tuple[Manifest, dict[str, bytes]]:
        """A snapshot: what it is of, and its files. Raises ValueError when it is broken."""
        place = self.folder / f"{sequence:012d}"
        try:
            manifest = read_manifest((place / MANIFEST).read_text(encoding="utf-8"))
            return manifest, {name: (place / f"{name}.parquet").read_bytes()
                              for name in manifest.digests}
        except OSError as error:
            raise ValueError(f"{place}: {error.strerror}") from None

    def keep(self, manifest: Manifest, files: Mapping[str, bytes]) -> None:
        """Write a snapshot, whole or not at all, and remove all but the newest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self.folder / f"{manifest.sequence:012d}"
        work = Path(tempfile.mkdtemp(prefix=".new.", suffix=".tmp", dir=self.folder))
        try:
            work.chmod(0o755)
            for name, content in files.items():
                (work / f"{name}.parquet").write_bytes(content)
            (work / MANIFEST).write_text(manifest.text(), encoding="utf-8", newline="\n")
            # A broken one, or one of another version, makes room.
            shutil.rmtree(place, ignore_errors=True)
            try:
                work.rename(place)
            except OSError:
                # One that somebody wrote in the same moment is as good.
                if not place.exists():
                    raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
        for sequence in self.sequences()[KEPT:]:
            shutil.rmtree(self.folder / f"{sequence:012d}", ignore_errors=True)


class TableSnapshots:
    """Snapshots in tables of the database, so that a whole team has them."""

    def __init__(self, engine: sa.Engine, shown: str) -> None:
        self.engine, self.shown = engine, shown

    def sequences(self) -> list[int]:
        """The sequences that there are snapshots of, the newest first."""
        with reading(self.engine, self.shown) as connection:
            return [int(row[0]) for row in connection.execute(
                sa.select(SNAPSHOTS.c.sequence).order_by(SNAPSHOTS.c.sequence.desc()))]

    def read(self, sequence: int) -> tuple[Manifest, dict[str, bytes]]:
        """A snapshot: what it is of, and its files. Raises ValueError when it is broken."""
        table = SNAPSHOT_TABLES
        with reading(self.engine, self.shown) as connection:
            text = connection.execute(sa.select(SNAPSHOTS.c.manifest).where(
                SNAPSHOTS.c.sequence == sequence)).scalar()
            files = {str(name): bytes(content) for name, content in connection.execute(
                sa.select(table.c.name, table.c.content).where(table.c.sequence == sequence))}
        if text is None:
            raise ValueError("the snapshot was removed")
        return read_manifest(text), files

    def keep(self, manifest: Manifest, files: Mapping[str, bytes]) -> None:
        """Write a snapshot, whole or not at all, and remove all but the newest."""
        with writing(self.engine, self.shown) as connection:
            old = [int(row[0]) for row in connection.execute(sa.select(SNAPSHOTS.c.sequence))
                   if row[0] != manifest.sequence]
            gone = [*sorted(old, reverse=True)[KEPT - 1:], manifest.sequence]
            for table in (SNAPSHOTS, SNAPSHOT_TABLES):
                connection.execute(table.delete().where(table.c.sequence.in_(gone)))
            connection.execute(SNAPSHOTS.insert().values(
                sequence=manifest.sequence, manifest=manifest.text()))
            for name, content in files.items():
                connection.execute(SNAPSHOT_TABLES.insert().values(
                    sequence=manifest.sequence, name=name, content=content))


def files_of(frames: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """Frames as the bytes of Parquet files."""
    files = {}
    for name, frame in frames.items():
        stream = io.BytesIO()
        frame.write_parquet(stream, compression="zstd", compression_level=1)
        files[name] = stream.getvalue()
    return files


def frames_of(manifest: Manifest, files: Mapping[str, bytes]) -> dict[str, pl.DataFrame]:
    """
    The frames of Parquet files.

    raises ValueError : a file is missing or is not the one that was written
    """
    frames = {}
    for name, digest in manifest.digests.items():
        content = files.get(name)
        if content is None or digest_of(content) != digest:
            raise ValueError(f"{name}.parquet is not the file that was written")
        frames[name] = pl.read_parquet(io.BytesIO(content))
    return frames


def digest_of(content: bytes) -> str:
    """sha256 of a file's bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
