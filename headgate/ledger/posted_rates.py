"""The exchange rates with which periods were closed, and those of the days since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from headgate.ledger.events import Recorded
from headgate.ledger.fields import day_of

POSTED_RATES: dict[str, Any] = {"currency": pl.String, "on": pl.Date, "rate_micro": pl.Int64}
"""The columns of `posted_rates`: as the table rates has them."""
_KINDS = ("row_set", "row_removed", "override")
Steps = dict[str, list[tuple[date, int]]]


def posted_rates(rows: Iterable[Recorded], day: date) -> pl.DataFrame:
    """
    Rates by the day from which they count in what was reported: the columns POSTED_RATES.

    A closed day keeps the rate that was known when it was closed. A rate that comes later, changes
    or goes away counts from the first open day, as what is recorded late is posted there.

    day : what is effective later is left out
    """
    journal = PostedRates(day)
    for row in rows:
        journal.take(row)
    return journal.frame()


class PostedRates:
    """Collects rates, one recorded event after another."""

    def __init__(self, day: date) -> None:
        self._day = day
        self._known: dict[str, tuple[date, Mapping[str, Any] | None]] = {}
        self._kept: Steps = {}
        self._closed: date | None = None

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        event, data = recorded.event, recorded.event.data
        if event.kind == "period_closed":
            self._close(day_of(data["ends_on"]))
        elif event.key.startswith("rates:") and event.effective_on <= self._day:
            set_on, before = self._known.get(event.key, (date.min, None))
            if event.kind == "override":
                data = {**(before or {}), data["column"]: data["new"]}
            if event.kind in _KINDS and event.effective_on >= set_on:
                self._known[event.key] = (event.effective_on,
                                          None if event.kind == "row_removed" else data)

    def _steps(self) -> Steps:
        """The rates known now, by currency and day."""
        found: Steps = {}
        for _, data in self._known.values():
            if data is not None:
                found.setdefault(data["currency"], []).append(
                    (day_of(data["on"]), data["rate_micro"]))
        return {currency: sorted(steps) for currency, steps in found.items()}

    def _open(self) -> Steps:
        """What is known now of the days after the last closed one."""
        if self._closed is None:
            return self._steps()
        first = self._closed + timedelta(days=1)
        return {currency: [(first, _rate(steps, first)),
                           *((on, rate) for on, rate in steps if on > first)]
                for currency, steps in self._steps().items()}

    def _close(self, ends_on: date) -> None:
        for currency, steps in self._open().items():
            kept = [(on, rate) for on, rate in steps if on <= ends_on]
            # Days before the first rate have the first, also when an earlier one comes later.
            self._kept.setdefault(currency, []).extend(kept or [(ends_on, steps[0][1])])
        self._closed = ends_on

    def frame(self) -> pl.DataFrame:
        """The rates so far, by currency and day; each day on which another one counts."""
        rows = []
        opened = self._open()
        for currency in sorted({*self._kept, *opened}):
            last = None
            for on, rate in (*self._kept.get(currency, ()), *opened.get(currency, ())):
                if rate != last:
                    rows.append((currency, on, rate))
                last = rate
        return pl.DataFrame(rows, schema=POSTED_RATES, orient="row")


def _rate(steps: list[tuple[date, int]], day: date) -> int:
    """The last rate on or before a day, or the first."""
    return next((rate for on, rate in reversed(steps) if on <= day), steps[0][1])
