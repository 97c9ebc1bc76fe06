"""Rows of a checked book as the data of events, and the events that say them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from headgate.ledger.accounts import defaults_of
from headgate.ledger.events import Event, data_text
from headgate.ledger.fields import is_text
from headgate.tables.schema import Table


@dataclass(frozen=True, slots=True)
class Writer:
    """
    Makes the events of one import.

    on     : the day on which what changed counts
    reason : what every event says
    """

    on: date
    actor: str
    reason: str

    def event(self, kind: str, key: str, data: Mapping[str, Any], last: int = 0,
              on: date | None = None) -> Event:
        """
        One event.

        Its idempotency key is a digest of what it says and of `last`, the sequence of the last
        event about the same thing. So an import that broke off, or that two people start at once,
        records nothing twice, while the same change at a later time is another event.
        """
        day = self.on if on is None else on
        said = f"{kind}\n{key}\n{day}\n{last}\n{data_text(data)}"
        digest = hashlib.sha256(said.encode()).hexdigest()
        return Event(kind, key, day, data, self.actor, self.reason, f"import:{digest[:32]}")


def rows_of(table: Table, frame: pl.DataFrame, keep: tuple[str, ...] = ()
            ) -> Iterator[dict[str, Any]]:
    """
    The rows of a table of `Tables.frames` as data of events: days as ISO text, no defaults.

    keep : columns that are given even where they have their default
    """
    defaults = defaults_of(table)
    extras = extra_of(table, frame)
    given = [column.field for column in table.columns if column.field in frame.columns]
    names = [name for name in given if name in keep or not _all_default(
        frame[name], defaults[name])]
    plain = frame.select(names).with_columns(pl.col(pl.Date).cast(pl.String))
    blanks = [None if name in keep else defaults[name] for name in names]
    # A list of ids that is empty is the default, which is a tuple among defaults.
    blanks = [[] if blank == () else blank for blank in blanks]
    for place, row in enumerate(plain.iter_rows()):
        data = {name: value for name, value, blank in zip(names, row, blanks, strict=True)
                if value is not None and value != blank}
        if extras is not None and extras[place]:
            data["extra"] = extras[place]
        yield data


def _all_default(values: pl.Series, default: Any) -> bool:
    if isinstance(default, tuple):
        return bool((values.list.len() == 0).all())
    if values.null_count() == len(values):
        return True
    return default is not None and values.null_count() == 0 and bool((values == default).all())


def extra_of(table: Table, frame: pl.DataFrame) -> list[dict[str, Any]] | None:
    """What each row has in columns that headgate does not know; None when there are none."""
    known = {column.field for column in table.columns}
    names = [name for name in frame.columns if name not in known]
    if not names:
        return None
    rows = frame.select(names).iter_rows()
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)
             if value is not None} for row in rows]


def _plain(value: Any) -> Any:
    """A value of an unknown column as JSON has it; a day becomes ISO text."""
    if type(value) in (bool, int) or (type(value) is float and value - value == 0.0):
        return value
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return text if is_text(text) else repr(text)


def extra_text(table: Table, frame: pl.DataFrame) -> pl.Series:
    """The same as a column of JSON texts, null where there is nothing."""
    extras = extra_of(table, frame)
    if extras is None:
        return pl.Series("extra", [None], dtype=pl.String).new_from_index(0, frame.height)
    return pl.Series("extra", [data_text(extra) if extra else None for extra in extras],
                     dtype=pl.String)
