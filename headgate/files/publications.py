"""Publications on disk: what a published plan's folder holds beside the plan."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.files import plan_folder
from headgate.promising.record import Publication
from headgate.tables.plan_schema import PlanTable
from headgate.tables.record_schema import MOVED, RECORD, RECORD_TABLES

FILE = "published.json"
_TEXTS = ("plan_digest", "after", "book_name", "book_digest", "by", "reason")


def is_published(folder: Path) -> bool:
    """Whether a plan folder holds a publication, whole or broken."""
    return (folder / plan_folder.PUBLISHED).exists()


def write_publication(folder: Path, made: Publication, version: str) -> None:
    """
    Put a publication beside its plan in one move: it is there whole, or the plan is a draft.

    The plan's own files stay byte for byte what the check proved.

    version : of headgate, for the record
    raises IssuesError : the plan has been published meanwhile
    """
    place = folder / plan_folder.PUBLISHED
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp",
                                 dir=folder.absolute().parent))
    try:
        work.chmod(0o755)
        _write(work, made, version)
        try:
            # A folder never takes the place of one that holds something: of two that publish at
            # the same moment one is told.
            work.rename(place)
        except OSError:
            if not place.exists():
                raise
            raise IssuesError([Issue("publish.plan.published", "error", str(folder), "was just "
                                     "published by somebody else; read what was promised")],
                              "nothing was published") from None
    finally:
        if work.exists():
            shutil.rmtree(work)


def _write(work: Path, made: Publication, version: str) -> None:
    tables = {}
    for table, frame in ((RECORD, made.promises), (MOVED, made.moved)):
        path = work / f"{table.name}.csv"
        frame.write_csv(path)
        tables[table.name] = {"rows": frame.height, "sha256": plan_folder.file_digest(path)}
    content = {"version": version, **made.as_dict(), "tables": tables}
    content["digest"] = plan_folder.summary_digest(content)
    (work / FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_publication(folder: Path) -> Publication | None:
    """
    The publication of a plan folder; None for a draft.

    raises IssuesError : a file of it is missing or is not as it was written, or it is not this
                         plan's
    """
    if not is_published(folder):
        return None
    place = folder / plan_folder.PUBLISHED
    try:
        content = json.loads((place / FILE).read_text(encoding="utf-8"))
        if plan_folder.summary_digest(content) != content["digest"]:
            raise ValueError("its digest is not that of its content")
        tables = {table.name: _table(place, table, content) for table in RECORD_TABLES}
        made = _publication(content, tables)
        stated = plan_folder.read_summary(folder).get("digest")
        if stated != made.plan_digest:
            raise ValueError("it is of another plan than the one beside it")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError,
            pl.exceptions.PolarsError) as error:
        raise IssuesError([Issue(
            "plan.published.unreadable", "error", str(place / FILE), "must be what `headgate "
            "publish` wrote; bring the folder back from a copy",
            value=(str(error).splitlines() or [type(error).__name__])[0][:200])],
            "nothing was read") from error
    return made


def _table(place: Path, table: PlanTable, content: Mapping[str, Any]) -> pl.DataFrame:
    """A table of a publication; raises ValueError when it is not as it was written."""
    path = place / f"{table.name}.csv"
    if plan_folder.file_digest(path) != content["tables"][table.name]["sha256"]:
        raise ValueError(f"{path.name} is not the file that it names")
    return pl.read_csv(path, schema=table.types, try_parse_dates=True)


def _publication(content: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> Publication:
    texts = {name: None if content[name] is None else str(content[name]) for name in _TEXTS}
    return Publication(
        **texts, number=int(content["number"]),  # type: ignore[arg-type]
        as_of=date.fromisoformat(content["as_of"]),
        published_on=date.fromisoformat(content["published_on"]),
        figures={str(name): int(value) for name, value in content["figures"].items()},
        promises=tables[RECORD.name], moved=tables[MOVED.name])


def latest_beside(folder: Path, book_name: str) -> Path | None:
    """
    The plan beside a folder that was published last for a book of this name; None where none was.

    raises IssuesError : several were, none of which follows another; or one cannot be read
    """
    found = {made.plan_digest: (path, made) for path, made in reversed(_beside(folder))
             if made.book_name == book_name}
    followed = {made.after for _, made in found.values()}
    last = sorted(path for digest, (path, _) in found.items() if digest not in followed)
    if len(last) > 1:
        raise IssuesError([Issue(
            "publish.after.several", "error", "publish", "were published, and none follows the "
            "other; say which one counts: with --after to publish, with --record to re-plan",
            None, "after",
            " and ".join(path.name for path in last))], "nothing was published")
    return last[0] if last else None


def follower_beside(folder: Path, before: Publication) -> Path | None:
    """The plan beside a folder that was published after a given publication; None where none."""
    return next((path for path, made in _beside(folder) if made.after == before.plan_digest), None)


def _beside(folder: Path) -> list[tuple[Path, Publication]]:
    """The published plans beside a folder, by name."""
    found = []
    for entry in sorted(folder.absolute().parent.iterdir()):
        made = read_publication(entry) if entry.is_dir() else None
        if made is not None:
            found.append((entry, made))
    return found
