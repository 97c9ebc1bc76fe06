"""What came of the pieces of order lines, and of services, step by step: finance reads it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from headgate.ledger.events import Recorded
from headgate.tables.progress_schema import PRICED, PROGRESS

STEPS: dict[str, str] = {
    "order_shipped": "shipped", "order_returned": "returned", "order_delivered": "delivered",
    "order_accepted": "accepted", "service_started": "started", "service_cancelled": "ended",
    "service_amended": "amended"}
"""Which event is which step, of those in `headgate.tables.progress_schema`."""
PRICE = "unit_price_cents"
_SHIPPED = ("shipped", "opening")


def progress(rows: Iterable[Recorded]) -> pl.DataFrame:
    """
    The steps that the pieces of order lines and services took, as the ledger knows them now.

    Columns as PROGRESS, in the order of sequence. A corrected event is given as it was corrected,
    and a voided one not at all.
    """
    journal = Progress()
    for row in rows:
        journal.take(row)
    return journal.frame()


class Progress:
    """
    Collects progress, one recorded event after another.

    An import writes what a new line calls shipped right after the line itself. When that was, and
    whether the pieces were delivered, nobody said: it is an opening.
    """

    def __init__(self) -> None:
        self._rows: dict[int, tuple[str, str, date, int, str | None, date]] = {}
        self._steps: dict[int, str] = {}
        self._prices: dict[str, dict[int, tuple[date, int, date]]] = {}
        self._booked = ""

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        event, sequence = recorded.event, recorded.sequence
        kind, key, data = event.kind, event.key, event.data
        booked, self._booked = self._booked, key if kind == "order_booked" else ""
        if kind in STEPS:
            opening = (kind == "order_shipped" and booked == key
                       and event.idempotency_key.startswith("import:"))
            self._steps[sequence] = "opening" if opening else STEPS[kind]
            self._put(sequence, key, recorded, data)
        elif kind == "correction":
            corrects = data["corrects"]
            self._rows.pop(corrects, None)
            self._prices.get(key, {}).pop(corrects, None)
            if not data.get("void"):
                if corrects in self._steps:
                    self._put(corrects, key, recorded, data["data"])
                else:
                    self._price(corrects, key, recorded, data["data"])
        elif kind in ("order_booked", "order_amended", "override"):
            self._price(sequence, key, recorded, data)

    def _put(self, sequence: int, key: str, recorded: Recorded, data: Any) -> None:
        step = self._steps[sequence]
        stage = data.get("stage", "transit") if step == "returned" else None
        self._rows[sequence] = (step, key, recorded.event.effective_on, data.get("quantity", 0),
                                stage, recorded.posted_on)

    def _price(self, sequence: int, key: str, recorded: Recorded, data: Any) -> None:
        """Keep the price that an event gives a line, if it does."""
        price = data["new"] if data.get("column") == PRICE else data.get(PRICE)
        if price is not None:
            self._prices.setdefault(key, {})[sequence] = (
                recorded.event.effective_on, price, recorded.posted_on)

    def frame(self) -> pl.DataFrame:
        """The progress so far, with the columns PROGRESS."""
        ordered: dict[str, tuple[list[tuple[date, int]], list[int]]] = {}
        found = []
        for sequence in sorted(self._rows):
            step, key, on, quantity, stage, posted = self._rows[sequence]
            price = None
            if step in _SHIPPED:
                if key not in ordered:
                    own = sorted((day, number, price) for number, (day, price, _)
                                 in self._prices[key].items())
                    ordered[key] = [one[:2] for one in own], [one[2] for one in own]
                days, prices = ordered[key]
                price = prices[max(0, bisect_right(days, (on, sequence)) - 1)]
            found.append((sequence, *_line(key), step, on, quantity, stage, price, posted))
        found += [(sequence, *_line(key), PRICED, on, 0, None, price, posted)
                  for key, own in self._prices.items() if len(own) > 1
                  for sequence, (on, price, posted) in own.items()]
        return pl.DataFrame(sorted(found), schema=PROGRESS, orient="row")


def _line(key: str) -> tuple[str, int]:
    """The order and the number of a line or service."""
    order_id, _, line_no = key.rpartition("/")
    return order_id, int(line_no)
