"""What came of the pieces of order lines, and of services, step by step: finance reads it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from headgate.ledger.accounts import Entry
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
COUNTED: frozenset[str] = frozenset(STEPS) | TERMS
"""Events that count here."""
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


def progress_of(entries: Mapping[str, Iterable[Entry]], openings: Container[int]) -> pl.DataFrame:
    """
    The same of the histories of some lines and services, in the order of sequence.

    entries  : by key, all that count
    openings : sequences of the events that ship what had left before a line was imported
    """
    journal = Progress()
    for key, own in entries.items():
        for entry in own:
            if entry.data is not None and entry.kind in COUNTED:
                journal.count(key, entry, entry.effective_on, entry.sequence in openings)
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
        self._terms: dict[str, dict[int, _Terms]] = {}
        self._kinds: dict[int, str] = {}
        self._openings: set[int] = set()
        self._booked = ""

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        event, sequence, posted = recorded.event, recorded.sequence, recorded.posted_on
        kind, key, data = event.kind, event.key, event.data
        booked, self._booked = self._booked, key if kind == "order_booked" else ""
        if kind == "correction":
            corrects = data["corrects"]
            self._rows.pop(corrects, None)
            self._terms.get(key, {}).pop(corrects, None)
            if not data.get("void") and corrects in self._kinds:
                self._put(key, Entry(corrects, event.effective_on, self._kinds[corrects],
                                     data["data"]), posted)
        elif kind in COUNTED and (kind != "override" or data["table"] == "orders"):
            self.count(key, Entry(sequence, event.effective_on, kind, data), posted,
                       is_opening(event, booked))

    def count(self, key: str, entry: Entry, posted: date, opening: bool) -> None:
        """Take an event of a kind of COUNTED about a line or service."""
        self._kinds[entry.sequence] = entry.kind
        if opening:
            self._openings.add(entry.sequence)
        self._put(key, entry, posted)

    def _put(self, key: str, entry: Entry, posted: date) -> None:
        sequence, on, kind, data = entry
        assert data is not None, "what is void is not put"
        if kind not in STEPS:
            self._sell(key, entry, posted)
            return
        step = "opening" if sequence in self._openings else STEPS[kind]
        stage = data.get("stage", "transit") if step == "returned" else None
        self._rows[sequence] = (step, key, on, data.get("quantity", 0), stage, posted)

    def _sell(self, key: str, entry: Entry, posted: date) -> None:
        """Keep the price and the pieces that an event gives a line, if it does."""
        sequence, on, kind, data = entry
        assert data is not None, "what is void is not put"
        if kind == "order_cancelled":
            price, quantity, less = None, None, data["quantity"]
        else:
            named = data if "column" not in data else {data["column"]: data["new"]}
            price, quantity, less = named.get(PRICE), named.get("quantity"), 0
        if less or not (price is None and quantity is None):
            self._terms.setdefault(key, {})[sequence] = _Terms(on, price, quantity, less, posted)

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
