"""A checked book as frames: what the checker hands to the catalog, the planner and the verifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from headgate.base.issue import Issue


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What `headgate.toml` says.

    as_of           : the day the plan is made for
    horizon_weeks   : number of ship buckets
    fiscal_year_end : rule for `headgate.base.calendar.fiscal_year`
    policy          : the `[policy]` table, checked by `headgate.planner.policy`
    """

    name: str
    as_of: date
    horizon_weeks: int = 52
    fiscal_year_end: str = "12-31"
    currency: str = "USD"
    policy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tables:
    """
    A book without faults.

    frames : every table of the schema by name. Each has every declared column under its
             `Column.field` name and type (below), defaults filled in, then the unknown columns
             as they came. Rows are in file order.
    issues : the warnings
    digest : sha256 of the declared content in hexadecimal, the same for any row order (rows of
             one item in `routing` keep theirs) and any file format

    Types: id, text, choice -> String; flag -> Boolean; quantity, days, rank -> Int64;
    money -> Int64 cents in `<name>_cents`; hours -> Int64 millionths of an hour in `<name>_micro`
    (`inf` -> `schema.UNLIMITED_MICRO`); ratio -> Int64 millionths in `<name>_micro`;
    date -> Date; ids -> List(String), empty when blank. A blank cell without a default is null.
    """

    frames: Mapping[str, pl.DataFrame]
    settings: Settings
    issues: tuple[Issue, ...]
    digest: str
