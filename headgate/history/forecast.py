"""One quarter ahead: two simple methods beside naive and the company's own guidance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from headgate.history.roll_forward import outflow_of

WINDOW = 4
"""A method looks at so many of the newest rates: a year."""
FEWEST_RATES = 2
"""Fewer rates make no forecast: the middle of one is that one."""
METHODS = ("conversion", "growth", "naive", "guidance")
"""In the order in which they are told; naive and guidance are what the two are measured by."""


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What a company published for one quarter, in cents; None where it did not.

    guidance, guidance_of : what it guided for the quarter after this one, and of which measure
    """

    name: str
    shipments: int | None
    revenue: int | None
    backlog: int | None
    guidance: int | None
    guidance_of: str

    @property
    def measure(self) -> str | None:
        """What its outflow is: shipments, or revenue where shipments are not published."""
        return outflow_of({"shipments_cents": self.shipments, "revenue_cents": self.revenue})[1]

    def of(self, measure: str) -> int | None:
        """Its figure by one measure."""
        return self.shipments if measure == "shipments" else self.revenue


@dataclass(frozen=True, slots=True)
class Past:
    """
    What was known before a quarter began: the quarters by place, and the place of the one to come.

    figures : no quarter at or after `place` counts, whether it is there or not
    """

    figures: Mapping[int, Figures]
    place: int

    @property
    def last(self) -> Figures | None:
        """The quarter just before, if it was published."""
        return self.figures.get(self.place - 1)

    def conversions(self) -> list[Fraction]:
        """Outflow over opening backlog, of each earlier quarter that has both, in time."""
        found = []
        for place in sorted(self.figures):
            mine, before = self.figures[place], self.figures.get(place - 1)
            if place < self.place and before is not None and before.backlog and mine.measure:
                found.append(Fraction(mine.of(mine.measure) or 0, before.backlog))
        return found

    def growths(self) -> list[Fraction]:
        """A quarter's figure over the one before by the same measure, shipments first, in time."""
        found = []
        for place in sorted(self.figures):
            mine, before = self.figures[place], self.figures.get(place - 1)
            if place >= self.place or before is None:
                continue
            for measure in ("shipments", "revenue"):
                now, then = mine.of(measure), before.of(measure)
                if now is not None and then:
                    found.append(Fraction(now, then))
                    break
        return found

    def forecast(self, method: str, measure: str) -> int | None:
        """
        The coming quarter in cents by one method; None where it lacks a figure.

        conversion : closing backlog x median of the last four conversions
        growth     : the quarter before x median of the last four growths
        naive      : the quarter before
        guidance   : what the company guided for it, if by the same measure
        source     : derived here; a median of four, as one odd quarter must not carry the day
        raises ValueError : no such method

        measure : shipments or revenue; never one for the other
        """
        last = self.last
        if last is None:
            return None
        if method == "guidance":
            return last.guidance if last.guidance_of == measure else None
        if method == "conversion":
            return _times(last.backlog, self.conversions())
        if method == "growth":
            return _times(last.of(measure), self.growths())
        if method == "naive":
            return last.of(measure)
        raise ValueError(f"{method!r} is no method: it is one of {', '.join(METHODS)}")


def figures_of(quarters: pl.DataFrame) -> dict[int, Figures]:
    """The quarters of one company by place, from `History.quarters`."""
    def told(row: Mapping[str, Any]) -> Figures:
        return Figures(row["fiscal_quarter"], row["shipments_cents"], row["revenue_cents"],
                       row["backlog_cents"], row["guidance_cents"], row["guidance_of"])

    return {row["place"]: told(row) for row in quarters.iter_rows(named=True)}


def median(rates: Sequence[Fraction]) -> Fraction:
    """
    The middle one, or the mean of the two in the middle.

    >>> median([Fraction(1, 2), Fraction(1, 4), Fraction(3, 4), Fraction(1)])
    Fraction(5, 8)
    """
    ordered = sorted(rates)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def _times(base: int | None, rates: Sequence[Fraction]) -> int | None:
    """A base times the median of the newest rates, to the cent; half to even."""
    if base is None or len(rates) < FEWEST_RATES:
        return None
    return round(base * median(rates[-WINDOW:]))
