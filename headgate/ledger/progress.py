"""What came of the pieces of order lines, and of services, step by step: finance reads it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from headgate.ledger.events import Event, Recorded
from headgate.tables.progress_schema import ORDERED, PRICED, PROGRESS

STEPS: dict[str, str] = {
    "order_shipped": "shipped", "order_returned": "returned", "order_delivered": "delivered",
    "order_accepted": "accepted", "service_started": "started", "service_cancelled": "ended",
    "service_amended": "amended"}
"""Which event is which step, of those in `headgate.tables.progress_schema`."""
PRICE = "unit_price_cents"
TERMS: frozenset[str] = frozenset(("order_booked", "order_amended", "override", "order_cancelled"))
"""Events that may change the price of a line, or how many pieces of it are ordered."""
_SHIPPED = ("shipped", "opening")


class _Terms(NamedTuple):
    """What an event says of the price and the pieces of a line; None: nothing."""

    on: date
    price: int | None
    quantity: int | None
    less: int
    posted_on: date


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


def is_opening(event: Event, booked: str) -> bool:
    """
    Whether an event ships what a new line of an import calls shipped: when that was, and whether
    the pieces were delivered, nobody said. An import writes it right after the line itself.

    booked : the key of the line that the event before booked, blank if it booked none
    """
    return (event.kind == "order_shipped" and event.key == booked
            and event.idempotency_key.startswith("import:"))


class Progress:
    """Collects progress, one recorded event after another."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[str, str, date, int, str | None, date]] = {}
        self._steps: dict[int, str] = {}
        self._terms: dict[str, dict[int, _Terms]] = {}
        self._kinds: dict[int, str] = {}
        self._booked = ""

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        event, sequence = recorded.event, recorded.sequence
        kind, key, data = event.kind, event.key, event.data
        booked, self._booked = self._booked, key if kind == "order_booked" else ""
        if kind in STEPS:
            self._steps[sequence] = "opening" if is_opening(event, booked) else STEPS[kind]
            self._put(sequence, key, recorded, data)
        elif kind == "correction":
            corrects = data["corrects"]
            self._rows.pop(corrects, None)
            self._terms.get(key, {}).pop(corrects, None)
            if not data.get("void"):
                if corrects in self._steps:
                    self._put(corrects, key, recorded, data["data"])
                elif corrects in self._kinds:
                    self._sell(corrects, key, recorded, data["data"])
        elif kind in TERMS:
            self._kinds[sequence] = kind
            self._sell(sequence, key, recorded, data)

    def _put(self, sequence: int, key: str, recorded: Recorded, data: Any) -> None:
        step = self._steps[sequence]
        stage = data.get("stage", "transit") if step == "returned" else None
        self._rows[sequence] = (step, key, recorded.event.effective_on, data.get("quantity", 0),
                                stage, recorded.posted_on)

    def _sell(self, sequence: int, key: str, recorded: Recorded, data: Any) -> None:
        """Keep the price and the pieces that an event gives a line, if it does."""
        if self._kinds[sequence] == "order_cancelled":
            price, quantity, less = None, None, data["quantity"]
        else:
            named = data if "column" not in data else {data["column"]: data["new"]}
            price, quantity, less = named.get(PRICE), named.get("quantity"), 0
        if less or not (price is None and quantity is None):
            self._terms.setdefault(key, {})[sequence] = _Terms(
                recorded.event.effective_on, price, quantity, less, recorded.posted_on)

    def frame(self) -> pl.DataFrame:
        """The progress so far, with the columns PROGRESS."""
        prices: dict[str, tuple[list[tuple[date, int]], list[int]]] = {}
        found = []
        for sequence in sorted(self._rows):
            step, key, on, quantity, stage, posted = self._rows[sequence]
            price = None
            if step in _SHIPPED:
                if key not in prices:
                    own = sorted((one.on, number, one.price)
                                 for number, one in self._terms[key].items()
                                 if one.price is not None)
                    prices[key] = [one[:2] for one in own], [one[2] for one in own]
                days, values = prices[key]
                price = values[max(0, bisect_right(days, (on, sequence)) - 1)]
            found.append((sequence, *_line(key), step, on, quantity, stage, price, posted))
        for key, terms in self._terms.items():
            if len(terms) > 1:
                found += _told(key, terms)
        return pl.DataFrame(sorted(found), schema=PROGRESS, orient="row")


def _told(key: str, terms: dict[int, _Terms]) -> list[tuple[Any, ...]]:
    """The rows PRICED of a line of several prices, and ORDERED of one whose pieces changed."""
    found: list[tuple[Any, ...]] = []
    own = sorted(terms.items(), key=lambda one: (one[1].on, one[0]))
    if sum(one.price is not None for _, one in own) > 1:
        found += [(sequence, *_line(key), PRICED, one.on, 0, None, one.price, one.posted_on)
                  for sequence, one in own if one.price is not None]
    if sum(bool(one.less) or one.quantity is not None for _, one in own) > 1:
        quantity = 0
        for sequence, one in own:
            if one.less or one.quantity is not None:
                quantity = quantity - one.less if one.quantity is None else one.quantity
                found.append((sequence, *_line(key), ORDERED, one.on, quantity, None, None,
                              one.posted_on))
    return found


def _line(key: str) -> tuple[str, int]:
    """The order and the number of a line or service."""
    order_id, _, line_no = key.rpartition("/")
    return order_id, int(line_no)
