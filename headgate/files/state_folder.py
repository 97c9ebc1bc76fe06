"""A folder of tables that headgate worked out, and a mark by which it is known again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.files.plan_folder import new_folder

MARK = "tables.txt"
"""The file that marks a folder as one of tables; it lists them."""
ENDINGS = ("csv", "parquet")


def refuse_folder(folder: Path) -> None:
    """Raises IssuesError unless nothing is there, or older tables and nothing else."""
    if not folder.exists():
        return
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else [folder.name]
    known = set()
    if MARK in names:
        known = {MARK, *(folder / MARK).read_text(encoding="utf-8").split()}
    others = sorted(set(names) - known)
    if others:
        raise IssuesError([Issue(
            "plan.folder.occupied", "error", str(folder), "is no table that headgate wrote there, "
            "and is not replaced; name a folder that does not exist yet", value=others[0],
            count=len(others))], "nothing was written")


def write_tables(folder: Path, tables: Mapping[str, pl.DataFrame], format: str = "csv") -> Path:
    """
    Write tables as a folder in one move, over older ones; its path.

    format : "csv" or "parquet"
    raises IssuesError : something else is there; ValueError : another format
    """
    if format not in ENDINGS:
        raise ValueError(f'format = {format!r}: must be "csv" or "parquet"')
    refuse_folder(folder)
    with new_folder(folder) as work:
        for name, frame in tables.items():
            path = work / f"{name}.{format}"
            if format == "csv":
                _flat(frame).write_csv(path)
            else:
                frame.write_parquet(path, compression="zstd", compression_level=1)
        listed = "".join(f"{name}.{format}\n" for name in tables)
        (work / MARK).write_text(listed, encoding="utf-8", newline="\n")
    return folder


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists as texts with `;` between their parts, which is how a book writes them."""
    return frame.with_columns(pl.col(name).list.join(";") for name, kind in frame.schema.items()
                              if kind == pl.List(pl.String))
