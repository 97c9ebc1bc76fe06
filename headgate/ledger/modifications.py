"""
Contracts that changed after they were booked, and what each was on an earlier day.

A state says what contracts are now. Finance tells a quarter that is over by the contracts as they
stood at its end, so that it must know what they were then, of those alone that changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from headgate.ledger.accounts import Entry, replayed
from headgate.ledger.book_tables import frame_of_rows
from headgate.ledger.lines import Line
from headgate.ledger.services import Service
from headgate.tables.schema import BY_NAME, ORDERS, SERVICE_LINES

STANDALONE = "standalone_price_cents"


class Change(NamedTuple):
    """What changed of a contract, on which day: some `words` of the line, service or item `of`."""

    on: date
    words: tuple[str, ...]
    of: str

    @property
    def what(self) -> str:
        """The change as a note says it, such as `quantity and price of SO-4711/1`."""
        return f"{' and '.join(self.words)} of {self.of}"


class Late(NamedTuple):
    """What was recorded after the period of its day was closed, with the key of line or service."""

    key: str
    period: str
    change: Change


@dataclass(frozen=True, slots=True)
class Modified:
    """
    Orders and contracts that belong together, and that changed after they were booked.

    orders   : their order_ids; names : these, and every contract that a line of them was ever of
    changes  : in the order of days; since : the day of the first booking
    lines, services : every entry of each, by key
    """

    orders: frozenset[str]
    names: frozenset[str]
    since: date
    changes: tuple[Change, ...]
    lines: Mapping[str, list[Entry]]
    services: Mapping[str, list[Entry]]


@dataclass(frozen=True, slots=True)
class Modifications:
    """
    The contracts that changed, and the items as they were.

    items : what was set of each, by its key: day, sequence, its columns (None: it was removed)
    late  : what was recorded of a closed period
    """

    modified: tuple[Modified, ...]
    items: Mapping[str, list[tuple[date, int, Mapping[str, Any] | None]]]
    late: tuple[Late, ...] = ()

    def tables(self, modified: Iterable[Modified], day: date
               ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """
        Order lines, service lines and items as they stood at the end of a day, typed as tables.

        Order lines have their `delivered` and `accepted` pieces and whether they are `closed`,
        services whether they are `closed` or `cancelled`. A line that was cancelled as a whole has
        a quantity of 0.
        """
        orders, services = [], []
        for one in modified:
            for entries in one.lines.values():
                line, terms, _ = replayed(Line, _until(entries, day))
                if line is not None:
                    orders.append({**terms, "quantity": line.quantity, "delivered": line.delivered,
                                   "unit_price_cents": line.price, "closed": line.closed,
                                   "shipped_quantity": line.shipped, "accepted": line.accepted})
            for entries in one.services.values():
                service, terms, _ = replayed(Service, _until(entries, day))
                if service is not None:
                    services.append({**terms, "closed": service.closed,
                                     "cancelled": service.cancelled})
        items = [item for history in self.items.values()
                 if (item := _item(sorted(history, key=lambda one: one[:2]), day)) is not None]
        return (_frame(ORDERS, orders, {"delivered": pl.Int64, "accepted": pl.Int64,
                                        "closed": pl.Boolean}),
                _frame(SERVICE_LINES, services, {"closed": pl.Boolean, "cancelled": pl.Boolean}),
                _frame(BY_NAME["items"], items, {}))


def _item(history: list[tuple[date, int, Mapping[str, Any] | None]],
          day: date) -> dict[str, Any] | None:
    """
    An item as it was on a day; None: it had left the tables.

    What was sold before its item came into the tables was of the first that did, and a standalone
    price that was missing is the first that was given: without it nothing could be told.
    """
    place = max((place for place, one in enumerate(history) if one[0] <= day), default=0)
    data = history[place][2]
    if data is None:
        return None
    price = next((later[STANDALONE] for _, _, later in history[place:]
                  if later is not None and later.get(STANDALONE) is not None), None)
    return {**data, STANDALONE: price}


def _until(entries: Iterable[Entry], day: date) -> list[Entry]:
    return [entry for entry in entries if entry.effective_on <= day]


def _frame(table: Any, rows: list[dict[str, Any]], more: Mapping[str, Any]) -> pl.DataFrame:
    own = frame_of_rows(table, [{**row, "extra": None} for row in rows])
    return own.with_columns(pl.Series(name, [row[name] for row in rows], dtype=kind)
                            for name, kind in more.items())
