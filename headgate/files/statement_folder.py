"""An answer on disk: its tables, and its sums in one JSON file that marks the folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.files.plan_folder import new_folder
from headgate.tables.backlog_schema import BACKLOG_TABLES
from headgate.tables.history_results import HISTORY_TABLES, MARKET_TABLES
from headgate.tables.plan_schema import PlanTable
from headgate.tables.revenue_schema import REVENUE_TABLES


@dataclass(frozen=True, slots=True)
class Statement:
    """
    A kind of answer: the command that writes it, the file that marks its folder, its tables.

    command : such as "headgate revenue"
    """

    command: str
    marker: str
    tables: Sequence[PlanTable]

    def refuse(self, folder: Path) -> None:
        """Raises IssuesError unless nothing is there, or an older one of the kind alone."""
        if not folder.exists():
            return
        known = {self.marker} | {f"{table.name}.{ending}" for table in self.tables
                                 for ending in ("csv", "parquet")}
        entries = [entry.name for entry in folder.iterdir()] if folder.is_dir() else [folder.name]
        others = sorted(set(entries) - known)
        if others or (entries and self.marker not in entries):
            raise IssuesError([Issue(
                "plan.folder.occupied", "error", str(folder), f"is nothing that `{self.command}` "
                "wrote, and is not replaced; name a folder that does not exist yet",
                value=(others or sorted(entries))[0])], "nothing was written")

    def write(self, folder: Path, tables: Mapping[str, pl.DataFrame], figures: Mapping[str, Any],
              format: str) -> Path:
        """
        Write one in one move: readers see the old folder or the whole new one; its path.

        format : "csv" or "parquet"
        raises IssuesError : something else is there; nothing is written
        """
        self.refuse(folder)
        with new_folder(folder) as work:
            for name, frame in tables.items():
                if format == "parquet":
                    frame.write_parquet(work / f"{name}.parquet", compression="zstd",
                                        compression_level=1)
                else:
                    frame.write_csv(work / f"{name}.csv")
            (work / self.marker).write_text(json.dumps(dict(figures), indent=2) + "\n",
                                            encoding="utf-8")
        return folder


REVENUE_STATEMENT = Statement("headgate revenue", "revenue.json", REVENUE_TABLES)
BACKLOG_STATEMENT = Statement("headgate backlog", "backlog.json", BACKLOG_TABLES)
HISTORY_STATEMENT = Statement("headgate history", "history.json", HISTORY_TABLES)
MARKET_STATEMENT = Statement("headgate market", "market.json", MARKET_TABLES)
