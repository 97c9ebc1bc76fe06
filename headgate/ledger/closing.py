"""Closed periods: what may not change any more, and where late events are posted instead."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """A period that was closed; `ends_on` is its last day."""

    name: str
    starts_on: date
    ends_on: date


@dataclass(slots=True)
class ClosedPeriods:
    """
    The periods that are closed, in the order in which they were closed, which is that of days.

    Closing a period closes every day up to its end.
    """

    periods: list[ClosedPeriod] = field(default_factory=list)
    _ends: list[date] = field(default_factory=list)

    @property
    def last_on(self) -> date | None:
        """The last closed day; None while nothing is closed."""
        return self._ends[-1] if self._ends else None

    @property
    def first_open(self) -> date | None:
        """The first day after the last closed one; None while nothing is closed."""
        return self._ends[-1] + timedelta(days=1) if self._ends else None

    def posting(self, day: date) -> tuple[date, str | None]:
        """
        The day on which something effective on a day is posted, and the closed period of its day.

        An open day is its own. A closed one belongs to the first period closed that ends on or
        after it, and what is effective on it is posted on the first open day.

        >>> closed = ClosedPeriods()
        >>> closed.close(ClosedPeriod("FY26 Q4", date(2025, 11, 1), date(2026, 1, 30)))
        >>> closed.posting(date(2026, 1, 12))
        (datetime.date(2026, 1, 31), 'FY26 Q4')
        >>> closed.posting(date(2026, 2, 2))
        (datetime.date(2026, 2, 2), None)
        """
        ends = self._ends
        if not ends or day > ends[-1]:
            return day, None
        return ends[-1] + timedelta(days=1), self.periods[bisect_left(ends, day)].name

    def close(self, period: ClosedPeriod) -> None:
        """Close a period that ends after every one that is closed already."""
        self.periods.append(period)
        self._ends.append(period.ends_on)
