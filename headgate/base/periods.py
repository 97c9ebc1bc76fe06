"""Reporting periods with a name: weeks, months, fiscal quarters and fiscal years."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from headgate.base.calendar import FiscalYear, monday_of

PeriodKind = Literal["week", "month", "quarter", "year"]
PERIOD_KINDS: tuple[PeriodKind, ...] = get_args(PeriodKind)

WRITTEN = ('write a fiscal quarter such as "FY26 Q4", a fiscal year such as "FY26", '
           'a month such as "2026-01" or a week such as "2026-W05"')
"""How a period is written: the remedy of every message about a period that cannot be read."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """
    A stretch of days that reports give one column.

    kind    : "week", "month", "quarter" or "year"
    name    : `2026-W05`, `2026-01`, `FY26 Q4` or `FY26`; `period_named` reads it back
    ends_on : the last day, itself inside
    """

    starts_on: date
    ends_on: date
    kind: PeriodKind
    name: str

    @property
    def day_count(self) -> int:
        """How many days the period has, first and last included."""
        return (self.ends_on - self.starts_on).days + 1

    def __contains__(self, day: date) -> bool:
        """Whether a day lies in the period."""
        return self.starts_on <= day <= self.ends_on


def period_of(fiscal_year: FiscalYear, kind: PeriodKind, day: date) -> Period:
    """
    The period of one kind that a day lies in.

    Weeks are ISO weeks, Monday to Sunday, named by ISO year and week. Months are calendar months,
    in a 52/53-week year, too: published quarter ends say nothing of how a company cuts its
    quarters into 4, 4 and 5 weeks, so nothing is made up here. There, months and weeks do not end
    with the quarter, and their sums are not those of quarters.

    raises ValueError : no such kind

    >>> from headgate.base.calendar import fiscal_year
    >>> period_of(fiscal_year("FRI nearest 01-31"), "quarter", date(2026, 2, 2)).name
    'FY27 Q1'
    """
    if kind == "week":
        monday = monday_of(day)
        iso = monday.isocalendar()
        return Period(monday, monday + timedelta(days=6), kind, f"{iso.year}-W{iso.week:02d}")
    if kind == "month":
        return _month(day.year, day.month)
    if kind == "quarter":
        return _quarter(fiscal_year, *fiscal_year.quarter_of(day))
    if kind == "year":
        return _year(fiscal_year, fiscal_year.quarter_of(day)[0])
    raise ValueError(f"{kind!r} is not a kind of period: it is one of {', '.join(PERIOD_KINDS)}")


def periods(fiscal_year: FiscalYear, kind: PeriodKind, first_day: date,
            last_day: date) -> tuple[Period, ...]:
    """
    The periods of one kind, in order, that hold at least one day from `first_day` to `last_day`.

    They are whole periods: the first may begin before `first_day`, the last end after `last_day`.
    They follow one another without a gap, and none is empty unless `last_day` is before
    `first_day`.

    raises ValueError : no such kind

    >>> from headgate.base.calendar import fiscal_year
    >>> [p.name for p in periods(fiscal_year("12-31"), "quarter", date(2025, 12, 31),
    ...                          date(2026, 4, 1))]
    ['FY25 Q4', 'FY26 Q1', 'FY26 Q2']
    """
    out: list[Period] = []
    day = first_day
    while day <= last_day:
        out.append(period_of(fiscal_year, kind, day))
        day = out[-1].ends_on + timedelta(days=1)
    return tuple(out)


def period_named(fiscal_year: FiscalYear, text: str) -> Period:
    """
    The period that a text names.

    Accepts the names that periods have ("FY26 Q4", "FY26", "2026-01", "2026-W05"), in small
    letters, too, the quarter first ("Q4 FY26") and the year in full ("FY2026"). A year of two
    digits is one of 2000 to 2099.

    raises ValueError : the text is none of these, or names a quarter, month or week that does not
                        exist; the message says what to write instead

    >>> from headgate.base.calendar import fiscal_year
    >>> period_named(fiscal_year("FRI nearest 01-31"), "FY26 Q4").ends_on
    datetime.date(2026, 1, 30)
    """
    words = " ".join(text.upper().split())
    if match := re.fullmatch(r"(?:Q(\d) )?FY(\d{4}|\d{2})(?: Q(\d))?", words):
        before, year_text, after = match.groups()
        year = _full_year(year_text)
        if year and not (before and after):
            quarter = before or after
            if quarter is None:
                return _year(fiscal_year, year)
            if quarter not in "1234":
                raise ValueError(f'"{text}": a year has the quarters Q1 to Q4; {WRITTEN}')
            return _quarter(fiscal_year, year, int(quarter))
    if match := re.fullmatch(r"(\d{4})-(W?)(\d{2})", words):
        year, number = _full_year(match[1]), int(match[3])
        if year and match[2]:
            try:
                monday = date.fromisocalendar(year, number, 1)
            except ValueError:
                raise ValueError(f'"{text}": {year} has no week {number}; {WRITTEN}') from None
            return period_of(fiscal_year, "week", monday)
        if year:
            if not 1 <= number <= 12:
                raise ValueError(f'"{text}": a year has the months 01 to 12; {WRITTEN}')
            return _month(year, number)
    raise ValueError(f'"{text}" names no period; {WRITTEN}')


def _full_year(digits: str) -> int:
    """The year of two or four digits; 0 for one whose neighbours no calendar here can count."""
    year = int(digits) + (2000 if len(digits) == 2 else 0)
    return year if 1900 <= year <= 2999 else 0


def _month(year: int, month: int) -> Period:
    following = date(year + month // 12, month % 12 + 1, 1)
    return Period(date(year, month, 1), following - timedelta(days=1), "month",
                  f"{year}-{month:02d}")


def _quarter(fiscal_year: FiscalYear, year: int, quarter: int) -> Period:
    ends = (fiscal_year.end_of(year - 1), *fiscal_year.quarter_ends(year))
    return Period(ends[quarter - 1] + timedelta(days=1), ends[quarter], "quarter",
                  f"{year_name(year)} Q{quarter}")


def _year(fiscal_year: FiscalYear, year: int) -> Period:
    return Period(fiscal_year.end_of(year - 1) + timedelta(days=1), fiscal_year.end_of(year),
                  "year", year_name(year))


def year_name(year: int) -> str:
    """
    A fiscal year's name as reports print it; in full where two digits would mean another year.

    >>> year_name(2026), year_name(1999)
    ('FY26', 'FY1999')
    """
    return f"FY{year % 100:02d}" if 2000 <= year <= 2099 else f"FY{year}"
