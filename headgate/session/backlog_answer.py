"""The backlog of a book as callers get it: with its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headgate.finance.backlog import Backlog
from headgate.session.backlog import write_backlog, write_backlog_pack


@dataclass(frozen=True, slots=True)
class BacklogAnswer(Backlog):
    """The backlog of a book and what follows from it, to be asked, kept and handed on."""

    def write(self, folder: str | Path, format: str = "csv") -> Path:
        """
        Write every table as a folder, whole or not at all; its path.

        format : "csv" or "parquet"
        raises IssuesError : something else than an older one is there
        """
        return write_backlog(self, folder, format)

    def excel(self, file: str | Path) -> Path:
        """
        Write the Excel pack, whole or not at all; its path.

        Opening and what moved it come to the closing as formulas, and its checks are cells that
        read TRUE. What is told apart is the first level of `by`.
        raises IssuesError : the name does not end in .xlsx, or something else than an older pack is
                             there
        """
        return write_backlog_pack(self, file)
