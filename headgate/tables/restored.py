"""A checked book back as it would stand in files, so that a changed one can be checked again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from headgate.tables.frames import Settings
from headgate.tables.schema import BY_NAME, MICRO, UNLIMITED_MICRO, Column


def public_frame(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """
    A table of `Tables.frames` under its public column names, amounts and hours as texts.

    Days, whole numbers, flags and lists of ids stay typed, which the checker takes as they are;
    unknown columns come along. Reading it again gives the very same typed table.

    >>> public_frame("rates", pl.DataFrame({"currency": ["EUR"], "on": [None],
    ...                                     "rate_micro": [1_170_000]}))["rate"].item()
    '1.17'
    """
    columns = BY_NAME[table].columns
    inner = {column.field for column in columns}
    return frame.select(*(_public(column) for column in columns),
                        *(name for name in frame.columns if name not in inner))


def _public(column: Column) -> pl.Expr:
    values = pl.col(column.field)
    if column.kind == "money":
        values = pl.concat_str(pl.when(values < 0).then(pl.lit("-")).otherwise(pl.lit("")),
                               _split(values.abs(), 100, 2))
    elif column.kind in ("hours", "ratio"):
        values = (pl.when(values == UNLIMITED_MICRO).then(pl.lit("inf"))
                  .otherwise(_split(values, MICRO, 6).str.strip_chars_end("0")
                             .str.strip_chars_end(".")))
    return values.alias(column.name)


def _split(values: pl.Expr, unit: int, decimals: int) -> pl.Expr:
    """Whole numbers of the smallest unit as decimal text: 150 of hundredths is 1.50."""
    return pl.concat_str((values // unit).cast(pl.String), pl.lit("."),
                         (values % unit).cast(pl.String).str.zfill(decimals))


def settings_of(settings: Settings) -> dict[str, Any]:
    """What `headgate.toml` holds of a book, `policy` inside."""
    policy: Mapping[str, Any] = settings.policy
    return {"name": settings.name, "as_of": settings.as_of,
            "horizon_weeks": settings.horizon_weeks,
            "fiscal_year_end": settings.fiscal_year_end, "currency": settings.currency,
            "policy": dict(policy)}
