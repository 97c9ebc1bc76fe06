"""
Contracts that changed after they were booked, and what each was on an earlier day.

A state says what contracts are now. Finance tells a quarter that is over by the contracts as they
stood at its end, so that it must know what they were then, of those alone that changed since. Of a
day that was closed they are what was known when it was: what was recorded of it afterwards belongs
to the day on which it is posted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from headgate.ledger.accounts import Entry, replayed
from headgate.ledger.book_tables import frame_of_rows
from headgate.ledger.item_history import ItemHistory
from headgate.ledger.lines import Line
from headgate.ledger.progress import progress_of
from headgate.ledger.services import Service
from headgate.tables.schema import BY_NAME, ORDERS, SERVICE_LINES


class Change(NamedTuple):
    """
    What changed of a contract: some `words` of the line, service or item `of`.

    on        : the day on which it is posted
    effective : the day on which it counts, and `period` what had been closed, where it was
                recorded after that; None: it was not
    """

    on: date
    words: tuple[str, ...]
    of: str
    effective: date | None = None
    period: str | None = None

    @property
    def late(self) -> bool:
        """Whether it was recorded after its day was closed."""
        return self.effective is not None

    @property
    def told(self) -> str:
        """The change as a note says it, such as `price of SO-4711/1 on 2026-04-01`."""
        what = f"{' and '.join(self.words)} of {self.of} on {self.effective or self.on}"
        return what if self.period is None else (
            f"{what}, recorded after {self.period} was closed")


class Known(NamedTuple):
    """
    An entry as it was known from one recorded event on, and until another corrected it.

    since, until : their sequences; until None: it is known so today
    """

    entry: Entry
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Modified:
    """
    Orders and contracts that belong together, and that changed after they were booked.

    orders   : their order_ids; names : these, and every contract that a line of them was ever of
    changes  : in the order of days; since : the day of the first booking
    begun    : the first day on which anything of them may have been recognised; None: none was
    lines, services : every entry of each, by key, also as it was before it was corrected
    """

    orders: frozenset[str]
    names: frozenset[str]
    since: date
    begun: date | None
    changes: tuple[Change, ...]
    lines: Mapping[str, list[Known]]
    services: Mapping[str, list[Known]]


@dataclass(frozen=True, slots=True)
class Modifications:
    """
    The contracts that changed, and the items as they were.

    openings : sequences of the events that ship what had left before a line was imported
    later    : what counts by the day that is asked for, and is posted after it
    """

    modified: tuple[Modified, ...]
    items: ItemHistory
    openings: frozenset[int]
    later: tuple[Change, ...] = ()

    def tables(self, modified: Iterable[Modified], day: date
               ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """
        Order lines, service lines and items as they stood at the end of a day, typed as tables.

        Order lines have their `delivered` and `accepted` pieces and whether they are `closed`,
        services whether they are `closed` or `cancelled`. A line that was cancelled as a whole has
        a quantity of 0.
        """
        orders, services = [], []
        limit = self.items.closings.of(day)
        for one in modified:
            for entries in one.lines.values():
                line, terms, _ = replayed(Line, _known(entries, day, limit))
                if line is not None:
                    orders.append({**terms, "quantity": line.quantity, "delivered": line.delivered,
                                   "unit_price_cents": line.price, "closed": line.closed,
                                   "shipped_quantity": line.shipped, "accepted": line.accepted})
            for entries in one.services.values():
                service, terms, _ = replayed(Service, _known(entries, day, limit))
                if service is not None:
                    services.append({**terms, "closed": service.closed,
                                     "cancelled": service.cancelled})
        return (_frame(ORDERS, orders, {"delivered": pl.Int64, "accepted": pl.Int64,
                                        "closed": pl.Boolean}),
                _frame(SERVICE_LINES, services, {"closed": pl.Boolean, "cancelled": pl.Boolean}),
                _frame(BY_NAME["items"], self.items.told(day).rows(), {}))

    def progress(self, modified: Iterable[Modified], day: date) -> pl.DataFrame:
        """The steps that pieces and services of contracts had taken by a day, with the columns of
        `headgate.tables.progress_schema.PROGRESS`."""
        limit = self.items.closings.of(day)
        return progress_of({key: _known(entries, day, limit) for one in modified
                            for key, entries in (*one.lines.items(), *one.services.items())},
                           self.openings)


def _known(entries: Iterable[Known], day: date, limit: int | None) -> list[Entry]:
    """The entries of a day as they were known by an event; None: as they are today."""
    return [one.entry for one in entries if one.entry.effective_on <= day and (
        one.until is None if limit is None else
        one.since <= limit and (one.until is None or one.until > limit))]


def _frame(table: Any, rows: list[dict[str, Any]], more: Mapping[str, Any]) -> pl.DataFrame:
    own = frame_of_rows(table, [{**row, "extra": None} for row in rows])
    return own.with_columns(pl.Series(name, [row[name] for row in rows], dtype=kind)
                            for name, kind in more.items())
