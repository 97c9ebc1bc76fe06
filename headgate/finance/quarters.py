"""Fiscal quarters as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from headgate.base.calendar import fiscal_year
from headgate.base.periods import Period, period_of, periods
from headgate.finance.exchange import EPOCH, day_number

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Quarters:
    """
    Fiscal quarters that follow each other.

    as_of   : the day of the plan, which lies in the first quarter, in days since 1970-01-01
    periods : the quarters in order; ends : (quarters,) last day of each since 1970-01-01
    """

    as_of: int
    periods: tuple[Period, ...]
    ends: Longs

    @property
    def names(self) -> list[str]:
        """What reports call them: `FY27 Q1`."""
        return [period.name for period in self.periods]

    def place(self, days: Longs) -> Longs:
        """The quarter of each day, which lies in one of them; its last day counts to it."""
        return np.searchsorted(self.ends, days).astype(np.int64)


def quarters_until(rule: str, as_of: date, last_day: int) -> Quarters:
    """
    The fiscal quarters from that of as_of to that of a last day, given as days since 1970-01-01.

    rule : `fiscal_year_end` of the book
    """
    year = fiscal_year(rule)
    start = period_of(year, "quarter", as_of).starts_on
    end = max(as_of, EPOCH + timedelta(days=last_day))
    found = periods(year, "quarter", start, end)
    return Quarters(day_number(as_of), found, np.array(
        [day_number(period.ends_on) for period in found], dtype=np.int64))
