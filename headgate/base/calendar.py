"""Weeks as bucket numbers, and fiscal quarters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
EPOCH_MONDAY = date(1970, 1, 5)
"""The first Monday of the Unix epoch; day numbers count from 1970-01-01, four days before it."""


def monday_of(day: date) -> date:
    """
    The Monday of a day's week.

    >>> monday_of(date(2026, 2, 1))
    datetime.date(2026, 1, 26)
    """
    return day - timedelta(days=day.weekday())


def bucket_of(day: date, as_of: date) -> int:
    """
    The week a day lies in, counted from the Monday of `as_of`'s week; negative before it.

    >>> bucket_of(date(2026, 2, 9), date(2026, 2, 4))
    1
    """
    return (monday_of(day) - monday_of(as_of)).days // 7


def first_bucket_from(day: date, as_of: date) -> int:
    """
    The first week that starts on or after a day: supply dated on a Tuesday is usable next week.

    >>> first_bucket_from(date(2026, 2, 10), date(2026, 2, 2))
    2
    """
    return -((monday_of(as_of) - day).days // 7)


def monday_of_bucket(bucket: int, as_of: date) -> date:
    """The Monday by which a week is named."""
    return monday_of(as_of) + timedelta(weeks=bucket)


def friday_of_bucket(bucket: int, as_of: date) -> date:
    """The Friday of a week: the only date that a customer is shown."""
    return monday_of(as_of) + timedelta(weeks=bucket, days=4)


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """
    When a fiscal year ends.

    rule : "MM-DD" (that day), "WEEKDAY nearest MM-DD" (52/53 weeks, Dell: "FRI nearest 01-31"),
           or "WEEKDAY last MM" (52/53 weeks, NVIDIA: "SUN last 01")
    """

    rule: str
    weekday: int | None
    month: int
    day: int

    def end_of(self, year: int) -> date:
        """The last day of the fiscal year that ends in or next to calendar year `year`."""
        if self.weekday is None:
            return _month_day(year, self.month, self.day)
        if self.day == 0:
            last = _month_day(year, self.month, 31)
            return last - timedelta(days=(last.weekday() - self.weekday) % 7)
        anchor = _month_day(year, self.month, self.day)
        ahead = (self.weekday - anchor.weekday()) % 7
        return anchor + timedelta(days=ahead if ahead <= 3 else ahead - 7)

    def quarter_ends(self, year: int) -> tuple[date, date, date, date]:
        """
        Last days of the four quarters of the fiscal year that ends next to `year`.

        A 53-week year has its extra week in the last quarter, as Dell and NVIDIA both count.
        """
        end = self.end_of(year)
        if self.weekday is None:
            ends = []
            for back in (9, 6, 3):
                month = self.month - back
                ends.append(_month_day(year + (month - 1) // 12, (month - 1) % 12 + 1, 31)
                            if self.day >= 28 else
                            _month_day(year + (month - 1) // 12, (month - 1) % 12 + 1, self.day))
            return (ends[0], ends[1], ends[2], end)
        before = self.end_of(year - 1)
        weeks = timedelta(weeks=13)
        return (before + weeks, before + 2 * weeks, before + 3 * weeks, end)

    def quarter_of(self, day: date) -> tuple[int, int]:
        """
        Fiscal year and quarter (1 to 4) that a day lies in; the year is named by where it ends.

        >>> fiscal_year("FRI nearest 01-31").quarter_of(date(2026, 1, 30))
        (2026, 4)
        """
        for year in (day.year - 1, day.year, day.year + 1, day.year + 2):
            if self.end_of(year - 1) < day <= self.end_of(year):
                for quarter, end in enumerate(self.quarter_ends(year), start=1):
                    if day <= end:
                        return year, quarter
        raise ValueError(f"no fiscal year of rule {self.rule!r} holds {day}")

    def label(self, day: date) -> str:
        """
        The quarter's name as reports print it.

        >>> fiscal_year("FRI nearest 01-31").label(date(2026, 2, 2))
        'FY27 Q1'
        """
        year, quarter = self.quarter_of(day)
        return f"FY{year % 100:02d} Q{quarter}"


def fiscal_year(rule: str) -> FiscalYear:
    """
    A fiscal year rule from its text.

    raises ValueError : the text is none of the three forms, or names an impossible day
    """
    words = rule.strip()
    fixed = re.fullmatch(r"(\d\d)-(\d\d)", words)
    near = re.fullmatch(r"([A-Z]{3}) nearest (\d\d)-(\d\d)", words)
    last = re.fullmatch(r"([A-Z]{3}) last (\d\d)", words)
    match = fixed or near or last
    if match is None:
        raise ValueError(f"{rule!r} is not a fiscal year end")
    groups = match.groups()
    weekday = None if fixed else WEEKDAYS.index(groups[0]) if groups[0] in WEEKDAYS else -1
    month = int(groups[0] if fixed else groups[1])
    day = int(groups[1]) if fixed else int(groups[2]) if near else 0
    if weekday == -1 or not 1 <= month <= 12 or (not last and not 1 <= day <= _DAYS[month]):
        raise ValueError(f"{rule!r} names a day that does not exist")
    return FiscalYear(words, weekday, month, day)


_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _month_day(year: int, month: int, day: int) -> date:
    """The day of a month, or the month's last day where the month is shorter."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), following - timedelta(days=1))
