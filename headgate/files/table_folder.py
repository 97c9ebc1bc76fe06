"""An answer as a folder of tables, with its sums in one JSON file that marks the folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.files.plan_folder import new_folder
from headgate.tables.history_results import HISTORY_TABLES, MARKET_TABLES
from headgate.tables.plan_schema import PlanTable


@dataclass(frozen=True, slots=True)
class FolderKind:
    """
    One kind of such a folder.

    marker : the JSON file by which it is known
    tables : what may be in it
    what   : what wrote it, in words
    """

    marker: str
    tables: tuple[PlanTable, ...]
    what: str


HISTORY_FOLDER = FolderKind("history.json", HISTORY_TABLES, "headgate history")
MARKET_FOLDER = FolderKind("market.json", MARKET_TABLES, "headgate market")


def refuse_other_folder(folder: Path, kind: FolderKind) -> None:
    """Raises IssuesError unless nothing is there, or an older folder of that kind alone."""
    if not folder.exists():
        return
    known = {kind.marker} | {f"{table.name}.{ending}" for table in kind.tables
                             for ending in ("csv", "parquet")}
    entries = [entry.name for entry in folder.iterdir()] if folder.is_dir() else [folder.name]
    others = sorted(set(entries) - known)
    if others or (entries and kind.marker not in entries):
        raise IssuesError([Issue(
            "plan.folder.occupied", "error", str(folder), f"is nothing that `{kind.what}` wrote, "
            "and is not replaced; name a folder that does not exist yet",
            value=(others or sorted(entries))[0])], "nothing was written")


def write_table_folder(folder: Path, kind: FolderKind, tables: Mapping[str, pl.DataFrame],
                       figures: Mapping[str, Any], format: str) -> Path:
    """
    Write an answer in one move: readers see the old folder or the whole new one; its path.

    format : "csv" or "parquet"
    raises IssuesError : something else is there; nothing is written
    """
    refuse_other_folder(folder, kind)
    with new_folder(folder) as work:
        for name, frame in tables.items():
            if format == "parquet":
                frame.write_parquet(work / f"{name}.parquet", compression="zstd",
                                    compression_level=1)
            else:
                frame.write_csv(work / f"{name}.csv")
        (work / kind.marker).write_text(json.dumps(dict(figures), indent=2) + "\n",
                                        encoding="utf-8")
    return folder
