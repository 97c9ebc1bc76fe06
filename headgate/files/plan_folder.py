"""A plan on disk: its tables, their digest, a workbook for people, and the planner's own copy."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError
from headgate.tables.plan_schema import PLAN_TABLES, REPLAN_TABLES, PlanFrames, PlanTable

TableFormat = Literal["csv", "parquet"]
ARRAYS = "plan.npz"
SUMMARY = "summary.json"
WORKBOOK = "plan.xlsx"
PUBLISHED = "published"
"""The folder inside a plan's folder that publishing makes."""
REPORT_MARK = b"<!doctype html>"
"""What a report begins with."""
Summarise = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def write_plan_folder(folder: Path, plan: PlanFrames, arrays: Mapping[str, NDArray[Any]],
                      table_format: TableFormat, workbook: bytes | None,
                      finish: Summarise) -> dict[str, Any]:
    """
    Write a plan in one move: readers see the old folder or the whole new one, never a part.

    arrays  : the planner's own copy, which `why` and quotes read back
    finish  : given the summary with its `tables` entry, returns the summary to store
    returns : the summary as stored
    raises IssuesError : something else than an older plan lies there; nothing is written
    """
    refuse_occupied(folder)
    with new_folder(folder) as work:
        tables = {}
        for table in (*PLAN_TABLES, *REPLAN_TABLES):
            if table in REPLAN_TABLES and table.name not in plan.frames:
                continue
            path = work / f"{table.name}.{table_format}"
            _write_table(plan.frames[table.name], path)
            tables[table.name] = {"rows": plan.frames[table.name].height,
                                  "sha256": file_digest(path)}
        fields: dict[str, Any] = dict(arrays)
        np.savez(work / ARRAYS, **fields)
        tables["plan"] = {"rows": len(next(iter(arrays.values()))),
                          "sha256": file_digest(work / ARRAYS)}
        if workbook is not None:
            (work / WORKBOOK).write_bytes(workbook)
            tables["workbook"] = {"rows": plan.frames["promises"].height,
                                  "sha256": file_digest(work / WORKBOOK)}
        summary = dict(finish({**plan.summary, "tables": tables}))
        (work / SUMMARY).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


def refuse_occupied(folder: Path) -> None:
    """
    Raises IssuesError unless a plan may be written there: nothing is there, or an older draft and
    nothing else. What headgate did not write, headgate does not replace, nor what was promised.
    """
    if not folder.exists():
        return
    if (folder / PUBLISHED).exists():
        raise IssuesError([Issue(
            "plan.folder.published", "error", str(folder), "holds promises of record, and is not "
            "replaced; name another folder", value=PUBLISHED)], "nothing was written")
    known = {f"{table.name}.{ending}" for table in (*PLAN_TABLES, *REPLAN_TABLES)
             for ending in ("csv", "parquet")}
    known |= {ARRAYS, SUMMARY, WORKBOOK}
    others = (sorted(entry.name for entry in folder.iterdir() if entry.name not in known)
              if folder.is_dir() else [folder.name])
    if others:
        raise IssuesError([Issue(
            "plan.folder.occupied", "error", str(folder), "is no file of a plan, and is not "
            "replaced; name a folder that does not exist yet", value=others[0],
            count=len(others))], "nothing was written")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """
    A temporary sibling that takes the folder's place when the block ends well, and goes if not.

    A folder that was there before is replaced whole, or stays whole. Between the two renames there
    is an instant without a folder; whatever interrupts that instant brings the old one back.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
    aside = work.with_suffix(".old.tmp")
    try:
        work.chmod(0o755)
        yield work
        if folder.exists():
            folder.rename(aside)
        work.rename(folder)
    finally:
        if aside.exists() and not folder.exists():
            aside.rename(folder)
        for left in (work, aside):
            if left.exists():
                shutil.rmtree(left)


def write_report_file(path: Path, page: str) -> None:
    """
    Write a report in one move: readers see the old page or the whole new one.

    raises IssuesError : a file that is no report is there; it is not replaced
    """
    if path.exists() and REPORT_MARK not in path.read_bytes()[:1000]:
        raise IssuesError([Issue("plan.report.occupied", "error", str(path), "is no report, and is "
                                 "not replaced; name another file")], "nothing was written")
    write_text(path, page)


def write_table_file(path: Path, table: pl.DataFrame) -> None:
    """
    Write a CSV table in one move, over an older one with the same columns.

    raises IssuesError : a file with something else is there; it is not replaced
    """
    text = table.write_csv()
    header = text.partition("\n")[0]
    if path.exists() and not path.read_bytes().startswith(header.encode()):
        raise IssuesError([Issue("quote.file.occupied", "error", str(path), "is no table of "
                                 "quotes, and is not replaced; name another file")],
                          "nothing was written")
    write_text(path, text)


def write_text(path: Path, text: str) -> None:
    """Write a text file in one move: readers see the old one or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    work = Path(name)
    try:
        with open(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        work.chmod(0o644)
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)


def summary_digest(summary: Mapping[str, Any]) -> str:
    """The sha256 of a summary's canonical JSON: sorted keys, no spaces, without its `digest`."""
    body = {name: value for name, value in summary.items() if name != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _write_table(frame: pl.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path, compression="zstd", compression_level=1)


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_digests(folder: Path) -> dict[str, str]:
    """The sha256 of each table file of a plan folder, by table name."""
    found = {table.name: file_digest(_table_path(folder, table)) for table in _tables(folder, {})}
    for name, file in (("plan", ARRAYS), ("workbook", WORKBOOK)):
        if (folder / file).exists():
            found[name] = file_digest(folder / file)
    return found


def _tables(folder: Path, summary: Mapping[str, Any]) -> tuple[PlanTable, ...]:
    """The tables of a plan folder: those of every plan, and those of a re-plan that are named."""
    return (*PLAN_TABLES, *(table for table in REPLAN_TABLES if _stated(summary, table.name) or any(
        (folder / f"{table.name}.{ending}").exists() for ending in ("csv", "parquet"))))


def _stated(summary: Mapping[str, Any], name: str) -> str | None:
    """The sha256 that a summary gives for a file; None when it gives none."""
    entries = summary.get("tables")
    entry = entries.get(name) if isinstance(entries, Mapping) else None
    return str(entry["sha256"]) if isinstance(entry, Mapping) and "sha256" in entry else None


def _changed(file: str, found: str) -> Issue:
    """A file that is not as it was written."""
    return Issue("plan.file.changed", "error", file, "must be the file that `headgate plan` wrote; "
                 "bring it back from a copy, or plan again", value=found)


def _table_path(folder: Path, table: PlanTable) -> Path:
    """The file of a table; raises IssuesError when there is none, or one in each format."""
    found = [path for ending in ("csv", "parquet")
             if (path := folder / f"{table.name}.{ending}").exists()]
    if len(found) != 1:
        expected = ("is missing; write the plan again" if not found else
                    "stands here twice, as csv and as parquet; remove one")
        raise IssuesError([Issue("plan.file.missing" if not found else "plan.file.twice", "error",
                                 str(folder), expected, value=f"{table.name}.csv or .parquet")],
                          "nothing was read")
    return found[0]


def read_summary(folder: Path) -> dict[str, Any]:
    """
    The summary of a plan folder.

    raises IssuesError : it is missing, or not the JSON object that `headgate plan` writes
    """
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(f"cannot be opened: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        # Where the parser stopped says nothing: nobody mends such a file by hand.
        raise _unreadable("is cut off or damaged, and no JSON any more") from error
    if not isinstance(summary, dict):
        raise _unreadable("is not the JSON object that it was")
    return summary


def _unreadable(found: str) -> IssuesError:
    """A summary that cannot be read, and what to do about it."""
    return IssuesError([Issue("plan.summary.unreadable", "error", SUMMARY, f"{found}; bring it "
                              "back from a copy, or plan again")], "nothing was read")


def read_plan_folder(folder: Path, proved: bool = True) -> PlanFrames:
    """
    The tables of a plan folder.

    proved : refuse what is not as it was written, by the digests in `summary.json`; the check
             proves them itself, to tell them among all other faults
    raises IssuesError : a file is missing or broken, or not the one that was written, or a cell is
                         not of its column's type; all faults at once
    """
    issues: list[Issue] = []
    frames: dict[str, pl.DataFrame] = {}
    summary = read_summary(folder)
    if proved and summary.get("digest") != summary_digest(summary):
        issues.append(_changed(SUMMARY, "its digest is not that of its content"))
    for table in _tables(folder, summary):
        try:
            path = _table_path(folder, table)
            if proved and file_digest(path) != _stated(summary, table.name):
                issues.append(_changed(path.name, f"its sha256 is not the one in {SUMMARY}"))
                continue
            raw = (pl.read_csv(path, infer_schema=False) if path.suffix == ".csv"
                   else pl.read_parquet(path))
        except IssuesError as error:
            issues += error.issues
            continue
        except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
            issues.append(Issue("plan.table.unreadable", "error", path.name,
                                "must be the file that `headgate plan` wrote; plan again",
                                value=str(error).splitlines()[0][:200]))
            continue
        frames[table.name] = _typed(raw, table, path.name, issues)
    if issues:
        raise IssuesError(issues, "nothing was read")
    return PlanFrames(frames, summary)


def _typed(raw: pl.DataFrame, table: PlanTable, file: str, issues: list[Issue]) -> pl.DataFrame:
    wrong = [name for name in table.names if name not in raw.columns]
    issues.extend(Issue("plan.table.column", "error", file, "is missing; plan again",
                        column=name) for name in wrong)
    issues.extend(Issue("plan.table.column", "error", file, "is not a column of this table",
                        column=name) for name in raw.columns if name not in table.names)
    columns = []
    for name, kind in table.types.items():
        if name in wrong:
            continue
        column = raw[name]
        if column.dtype not in (kind, pl.String, pl.Null):
            # A cast would drop what a cell holds beyond its type, half a piece or an hour of a day.
            issues.append(Issue("plan.table.type", "error", file, f"must be {kind}", None, name,
                                str(column.dtype)))
            continue
        typed = (column.str.to_date("%Y-%m-%d", strict=False)
                 if kind == pl.Date and column.dtype == pl.String
                 else column.cast(kind, strict=False))
        if typed.null_count() > column.null_count():
            bad = (typed.is_null() & column.is_not_null()).arg_true()
            issues.extend(Issue("plan.table.type", "error", file, f"must be {kind}",
                                int(row) + 2, name, str(column[int(row)])) for row in bad[:20])
        columns.append(typed)
    return pl.DataFrame(columns)


def read_arrays(folder: Path, summary: Mapping[str, Any],
                names: Collection[str]) -> dict[str, NDArray[Any]]:
    """
    The planner's own copy of a plan: exactly the arrays of these names.

    raises IssuesError : it is missing, or not the one this plan was written with
    """
    path = folder / ARRAYS
    try:
        if not path.exists():
            raise ValueError("the file is missing")
        stated = summary["tables"]["plan"]["sha256"]
        if file_digest(path) != stated:
            raise ValueError("its sha256 is not the one in summary.json")
        with np.load(path, allow_pickle=False) as stored:
            if set(stored.files) != set(names):
                raise ValueError("it holds other arrays: another version of headgate wrote it")
            return {name: stored[name] for name in names}
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise IssuesError([Issue("plan.arrays.unreadable", "error", ARRAYS,
                                 "must be the file that `headgate plan` wrote; plan again",
                                 value=str(error)[:200])], "nothing was read") from error
