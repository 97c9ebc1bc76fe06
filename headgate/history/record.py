"""Published quarters, typed: quarters, years and the obligations of buyers are never mixed."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from headgate.base.issue import Issue
from headgate.base.periods import year_name

BUYER = "(buyer)"
"""How the name of a company ends that buys servers and owes their hours to its customers."""
CENTS_OF_CELL = 1_000_000
"""A cell in millions of dollars is read in hundredths, and a hundredth of a million is 10,000
dollars: a million cents."""

FIRST_YEAR, LAST_YEAR = 1901, 2999
"""Years whose neighbours every calendar here can count."""

_QUARTER = re.compile(r"(?:Q([1-4]) )?(FY ?)?(\d{4}|\d{2})(?:/(\d{2}))?(?: Q([1-4]))?( TOTAL)?")


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    The fiscal quarter, or with `quarter` 0 the fiscal year, that a row of history is of.

    year : the one in which the fiscal year ends
    """

    year: int
    quarter: int

    @property
    def name(self) -> str:
        """
        As reports print it.

        >>> Stretch(2026, 4).name, Stretch(2026, 0).name
        ('FY26 Q4', 'FY26')
        """
        return year_name(self.year) + (f" Q{self.quarter}" if self.quarter else "")

    @property
    def place(self) -> int:
        """Quarters since year 0: those of one company that follow one another differ by 1."""
        return self.year * 4 + self.quarter - 1


def stretch_of(text: str) -> Stretch:
    """
    The quarter or year that a row of history names.

    raises ValueError : it names neither

    >>> stretch_of("Q3 FY25/26"), stretch_of("FY26 total").quarter
    (Stretch(year=2026, quarter=3), 0)
    """
    match = _QUARTER.fullmatch(" ".join(text.upper().split()))
    if match:
        before, fiscal, first, second, after, total = match.groups()
        year = int(first) + (2000 if len(first) == 2 else 0)
        two = second is None or int(second) == (year + 1) % 100
        short = fiscal is None and len(first) == 2
        quarter = before or after
        known = FIRST_YEAR <= year < LAST_YEAR
        if known and two and not short and bool(quarter) != bool(total) and not (before and after):
            return Stretch(year + (second is not None), int(quarter or 0))
    raise ValueError(f'"{text}" names neither a quarter nor a year')


@dataclass(frozen=True, slots=True)
class History:
    """
    What companies published, in the order of the file, quarters in time.

    quarters    : `company`, `fiscal_quarter` (as "FY26 Q4"), `place` (those that follow one
                  another differ by 1), `ends_on`, the amounts in cents, margins in hundredths of
                  a percent, guidance, and `quality`, `source_url`, `note`; nulls where nothing
                  was published
    years       : the same for fiscal years; `fiscal_quarter` is "FY26"
    obligations : the same for the quarters of buyers, whose backlog is remaining obligations
    file        : where all this was read from, as people know it
    issues      : warnings of reading it, such as a column that is nearly called like one that is
                  used
    """

    quarters: pl.DataFrame
    years: pl.DataFrame
    obligations: pl.DataFrame
    file: str
    issues: tuple[Issue, ...] = ()

    @property
    def companies(self) -> tuple[str, ...]:
        """All of them, those with quarters first."""
        named = [name for frame in (self.quarters, self.years, self.obligations)
                 for name in frame["company"].unique(maintain_order=True)]
        return tuple(dict.fromkeys(named))

    def of(self, company: str) -> History:
        """The same, of one company alone."""
        quarters, years, obligations = (frame.filter(pl.col("company") == company) for frame in (
            self.quarters, self.years, self.obligations))
        return History(quarters, years, obligations, self.file, self.issues)
