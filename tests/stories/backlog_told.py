"""The backlog of a story's book, told as `headgate backlog` tells it."""

from __future__ import annotations

from typing import Any

import polars as pl

from headgate.book import build_book
from headgate.finance.backlog import Asked, Backlog, Told, backlog_of
from headgate.finance.levels import cuts_of
from headgate.finance.movements import movements_of_book
from headgate.finance.rollforward import first_day_of, span_of
from headgate.session import Plan
from tests.stories.book_builder import AS_OF, Story

DELL = "FRI nearest 01-31"
"""FY27 Q1 ends on Friday 1 May 2026, in week 12."""


def told(story: Story, plan: Plan | None = None, by: tuple[str, ...] = (),
         tables: dict[str, list[dict[str, Any]]] | None = None, progress: Any = None,
         billings: Any = None, held: Any = None, **asked: Any) -> Backlog:
    """The backlog of a story, with further tables, of a plan if one is given."""
    for name, rows in (tables or {}).items():
        story.frames[name] = pl.DataFrame(rows).cast(pl.String)
    settings = {**story.settings, "fiscal_year_end": DELL}
    book = plan.book if plan is not None else build_book(Story(story.frames, settings).tables())
    movements = movements_of_book(book.tables)
    span = span_of(DELL, "quarter", first_day_of(movements, AS_OF), AS_OF)
    return backlog_of(book, Told(movements, True, progress, billings, held),
                      Asked(span, cuts_of(by), **asked),
                      None if plan is None else plan.allocation)


def rows_of(frame: pl.DataFrame, *columns: str, by: str | None = "total") -> list[tuple[Any, ...]]:
    """Some columns of the rows of one cut."""
    own = frame if by is None else frame.filter(pl.col("by") == by)
    return own.select(columns).rows()


def walked(made: Backlog) -> dict[str, int]:
    """The rows of the walk to RPO and deferred revenue that are not 0 or blank."""
    return {step: cents for step, cents in made.rpo_walk.select("step", "cents").iter_rows()
            if cents}
