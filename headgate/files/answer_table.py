"""Answers about a plan as one table: CSV or Parquet, by the ending of the file's name."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import polars as pl

from headgate.base.issue import Issue, IssuesError

ENDINGS = (".csv", ".parquet")


def refuse_other_file(path: Path, columns: tuple[str, ...]) -> None:
    """
    See that a table may be written there, before it is worked out.

    raises IssuesError : the name ends in neither of ENDINGS, or another table or file is there
    """
    if path.suffix.lower() not in ENDINGS:
        raise IssuesError([Issue("plan.report.format", "error", str(path), "must end in .csv or "
                                 ".parquet")], "nothing was written")
    if path.is_dir() or (path.exists() and _columns_of(path) != list(columns)):
        raise IssuesError([Issue("plan.report.occupied", "error", str(path), "holds something "
                                 "else, which is not replaced; name another file")],
                          "nothing was written")


def write_answer_table(path: Path, table: pl.DataFrame) -> Path:
    """
    Write a table in one move, over an older one with the same columns; its path.

    raises IssuesError : as `refuse_other_file`
    """
    refuse_other_file(path, tuple(table.columns))
    content = io.BytesIO()
    if path.suffix.lower() == ".csv":
        table.write_csv(content)
    else:
        table.write_parquet(content, compression="zstd", compression_level=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    work = Path(name)
    try:
        with open(handle, "wb") as stream:
            stream.write(content.getvalue())
        work.chmod(0o644)
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)
    return path


def _columns_of(path: Path) -> list[str]:
    """The columns of a table that is there; none where the file is no table."""
    try:
        with path.open("rb") as stream:
            if path.suffix.lower() == ".csv":
                return stream.readline().decode("utf-8").rstrip("\r\n").split(",")
            return list(pl.read_parquet_schema(stream))
    except (UnicodeDecodeError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return []
