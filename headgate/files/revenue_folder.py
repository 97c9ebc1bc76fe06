"""A statement of revenue on disk: its tables, and its sums in `revenue.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.files.plan_folder import new_folder
from headgate.tables.revenue_schema import REVENUE_TABLES

FIGURES = "revenue.json"
"""The file that marks a folder as a statement of revenue."""


def refuse_statement(folder: Path) -> None:
    """Raises IssuesError unless nothing is there, or an older statement and nothing else."""
    if not folder.exists():
        return
    known = {FIGURES} | {f"{table.name}.{ending}" for table in REVENUE_TABLES
                         for ending in ("csv", "parquet")}
    entries = [entry.name for entry in folder.iterdir()] if folder.is_dir() else [folder.name]
    others = sorted(set(entries) - known)
    if others or (entries and FIGURES not in entries):
        raise IssuesError([Issue(
            "plan.folder.occupied", "error", str(folder), "is nothing that a statement of revenue "
            "wrote, and is not replaced; name a folder that does not exist yet",
            value=(others or sorted(entries))[0])], "nothing was written")


def write_revenue_folder(folder: Path, tables: Mapping[str, pl.DataFrame],
                         figures: Mapping[str, Any], format: str) -> Path:
    """
    Write a statement in one move: readers see the old folder or the whole new one; its path.

    raises IssuesError : something else is there; nothing is written
    """
    refuse_statement(folder)
    with new_folder(folder) as work:
        for name, frame in tables.items():
            if format == "parquet":
                frame.write_parquet(work / f"{name}.parquet", compression="zstd",
                                    compression_level=1)
            else:
                frame.write_csv(work / f"{name}.csv")
        (work / FIGURES).write_text(json.dumps(dict(figures), indent=2) + "\n", encoding="utf-8")
    return folder
