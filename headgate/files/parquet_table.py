"""A Parquet file as a table with the types it was written with."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from headgate.base.issue import Issue
from headgate.tables.codes import issue_of
from headgate.tables.raw import RawTable
from headgate.tables.schema import Table


def read_parquet_table(path: Path, table: Table) -> tuple[RawTable | None, list[Issue]]:
    """
    The table, None when it cannot be read, and every fault found.

    Rows are numbered as in the CSV file of the same table: the first is row 2.
    """
    try:
        # Read by handle: a path would be taken for a pattern where it holds * or [.
        with path.open("rb") as stream:
            frame = pl.read_parquet(stream)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        found = (str(error).splitlines() or [""])[0]
        return None, [issue_of(f"{table.name}.file.unreadable", path.name,
                               "must be a whole Parquet file; write it again", value=found)]
    return RawTable(frame, path.name), []
