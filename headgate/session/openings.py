"""What a ledger knows of the pieces that had left before it began."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from headgate.ledger.events import Recorded
from headgate.ledger.journals import Progress

BOOKED, SHIPPED = "order_booked", "order_shipped"


def progress_and_openings(rows: Iterable[Recorded]) -> tuple[pl.DataFrame, list[int]]:
    """
    The progress of pieces, see `headgate.ledger.journals.progress`; and which of it is opening.

    An import writes what a new line calls shipped right after the line itself. When that was, and
    whether the pieces were delivered, nobody said.
    """
    journal, openings = Progress(), []
    before: Recorded | None = None
    for row in rows:
        journal.take(row)
        if (before is not None and row.event.kind == SHIPPED and before.event.kind == BOOKED
                and row.event.key == before.event.key
                and row.event.idempotency_key.startswith("import:")):
            openings.append(row.sequence)
        before = row
    return journal.frame(), openings


def without_openings(progress: pl.DataFrame, openings: list[int]) -> pl.DataFrame:
    """The progress without openings, but for lines of which more steps than shipping are known."""
    keys = ["order_id", "line_no"]
    opening = pl.col("sequence").is_in(openings)
    followed = progress.filter(pl.col("step") != "shipped").select(keys).unique()
    left_out = progress.filter(opening).join(followed, on=keys, how="anti")["sequence"]
    return progress.filter(~pl.col("sequence").is_in(left_out.to_list()))
