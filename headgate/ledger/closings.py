"""Which event closed each day: what was recorded after that is news to whoever closed it."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta

from headgate.ledger.events import Recorded
from headgate.ledger.fields import day_of


class Closings:
    """Collects the events that closed periods, one recorded event after another."""

    def __init__(self) -> None:
        self._ends: list[date] = []
        self._sequences: list[int] = []
        self._names: list[str] = []

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        if recorded.event.kind == "period_closed":
            self._ends.append(day_of(recorded.event.data["ends_on"]))
            self._sequences.append(recorded.sequence)
            self._names.append(recorded.event.key)

    @property
    def last(self) -> int:
        """The event that closed a period last; 0: none did."""
        return self._sequences[-1] if self._sequences else 0

    def of(self, day: date) -> int | None:
        """The event that closed a day; None: it is open."""
        place = bisect_left(self._ends, day)
        return self._sequences[place] if place < len(self._ends) else None

    def posted(self, on: date, sequence: int) -> tuple[date, str | None]:
        """
        The day on which an event was posted, and what had been closed of its day by then; as
        `headgate.ledger.closing.ClosedPeriods.posting` said when it was recorded.
        """
        last = bisect_left(self._sequences, sequence) - 1
        if last < 0 or on > self._ends[last]:
            return on, None
        return self._ends[last] + timedelta(days=1), self._names[bisect_left(self._ends, on)]

    def after(self, sequence: int) -> str | None:
        """The period that was closed first after an event; None: none was."""
        place = bisect_left(self._sequences, sequence)
        return self._names[place] if place < len(self._names) else None
