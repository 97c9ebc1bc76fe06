"""Items as they were: what each cost, and for how much it was sold alone, from which day on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from headgate.ledger.closings import Closings
from headgate.ledger.events import Event, Recorded

STANDALONE = "standalone_price_cents"
COST = "unit_cost_cents"
PRICES: dict[str, Any] = {
    "item_id": pl.String, "on": pl.Date, STANDALONE: pl.Int64, "currency": pl.String}
"""The columns of `ItemHistory.prices`."""
COSTS: dict[str, Any] = {"item_id": pl.String, "on": pl.Date, COST: pl.Int64,
                         "currency": pl.String}
"""The columns of `ItemHistory.costs`."""
EVER = date(1970, 1, 1)


class ItemStep(NamedTuple):
    """An item from a day on, as an event set it; `data` None: it left the tables."""

    on: date
    sequence: int
    data: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ItemHistory:
    """
    What was set of each item, and which events closed days.

    steps : by item_id, in the order of days, then of sequence; the last is the item of today
    """

    steps: Mapping[str, Sequence[ItemStep]]
    closings: Closings

    def filled(self) -> ItemHistory:
        """
        The same; a standalone price that is missing is the first that was given later: without it
        nothing could be told.
        """
        return ItemHistory({name: _filled(steps) for name, steps in self.steps.items()},
                           self.closings)

    def told(self, day: date) -> ItemHistory:
        """
        What counted by a day, as it was known when that was closed.

        What was sold before its item came into the tables was of the first that did.
        """
        return ItemHistory({name: self._counting(steps, day) or steps[:1]
                            for name, steps in self.steps.items()}, self.closings)

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the table `items`."""
        return [dict(steps[-1].data) for steps in self.steps.values() if steps[-1].data is not None]

    def prices(self) -> pl.DataFrame:
        """
        Standalone prices by the day from which they count: the columns PRICES, by item and day.

        Of one day the last counts, and before the first day it is that of the first.
        """
        found = []
        for name, steps in self.steps.items():
            days = {step.on: step.data for step in steps if step.data is not None}
            found += [(name, on if place else EVER, data.get(STANDALONE), data.get("currency"))
                      for place, (on, data) in enumerate(days.items())]
        return pl.DataFrame(found, schema=PRICES, orient="row").sort("item_id", "on")

    def costs(self, ends: Sequence[date]) -> pl.DataFrame:
        """
        Standard costs of items that changed, or that may be in another currency, at the ends of
        quarters, as they were known when these were closed: the columns COSTS, `on` one of `ends`.
        """
        found = []
        for name, steps in self.steps.items():
            there = [step for step in steps if step.data is not None]
            if len(steps) == 1 and there and not (there[0].data or {}).get("currency"):
                continue
            for day in ends if there else ():
                data = (self._counting(there, day) or there[:1])[-1].data or {}
                found.append((name, day, data.get(COST, 0), data.get("currency")))
        return pl.DataFrame(found, schema=COSTS, orient="row")

    def _counting(self, steps: Sequence[ItemStep], day: date) -> Sequence[ItemStep]:
        """Those of some steps that counted by a day and were known when that was closed."""
        limit = self.closings.of(day)
        return [step for step in steps
                if step.on <= day and (limit is None or step.sequence <= limit)]


class Items:
    """Collects what is set of items, one recorded event after another."""

    def __init__(self) -> None:
        self._steps: dict[str, list[ItemStep]] = {}

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        event = recorded.event
        if not event.key.startswith("items:"):
            return
        name = event.key.partition(":")[2]
        self._steps.setdefault(name, []).append(ItemStep(
            event.effective_on, recorded.sequence, self._data(name, event)))

    def sold_otherwise(self, event: Event) -> bool:
        """Whether an event, which is still to be taken, gives an item another standalone price."""
        name = event.key.partition(":")[2]
        before, after = self._last(name), self._data(name, event) or {}
        return any(before.get(column) != after.get(column) for column in (STANDALONE, "currency"))

    def _last(self, name: str) -> Mapping[str, Any]:
        steps = self._steps.get(name)
        return (steps[-1].data if steps else None) or {}

    def _data(self, name: str, event: Event) -> Mapping[str, Any] | None:
        """The row of an item as an event makes it; None: it has none any more."""
        if event.kind == "override":
            return {**self._last(name), event.data["column"]: event.data["new"]}
        return None if event.kind == "row_removed" else event.data

    def history(self, closings: Closings, day: date) -> ItemHistory:
        """Everything that counts by a day."""
        found = {name: sorted((step for step in steps if step.on <= day),
                              key=lambda step: step[:2]) for name, steps in self._steps.items()}
        return ItemHistory({name: steps for name, steps in found.items() if steps}, closings)


def _filled(steps: Sequence[ItemStep]) -> list[ItemStep]:
    price, found = None, []
    for on, sequence, data in reversed(steps):
        if data is not None:
            price = data.get(STANDALONE) if data.get(STANDALONE) is not None else price
            data = {**data, STANDALONE: price}
        found.append(ItemStep(on, sequence, data))
    return found[::-1]
