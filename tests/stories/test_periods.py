"""Fiscal periods: where published quarters end, 53-week years, names and their faults."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.base.calendar import fiscal_year
from headgate.base.periods import (
    PERIOD_KINDS,
    Period,
    period_named,
    period_of,
    periods,
)

DELL = fiscal_year("FRI nearest 01-31")
NVIDIA = fiscal_year("SUN last 01")
RULES = ("FRI nearest 01-31", "SUN last 01", "SAT last 07", "FRI last 08", "06-30", "03-31",
         "12-31", "10-31", "SUN nearest 12-31", "02-15")

PUBLISHED = {
    # Rule: the ends of quarters as the companies published them.
    "FRI nearest 01-31": {"FY24 Q2": "2023-08-04", "FY24 Q3": "2023-11-03",
                          "FY24 Q4": "2024-02-02", "FY25 Q1": "2024-05-03",
                          "FY25 Q2": "2024-08-02", "FY25 Q3": "2024-11-01",
                          "FY25 Q4": "2025-01-31", "FY26 Q1": "2025-05-02",
                          "FY26 Q2": "2025-08-01", "FY26 Q3": "2025-10-31",
                          "FY26 Q4": "2026-01-30"},
    "SUN last 01": {"FY24 Q3": "2023-10-29", "FY24 Q4": "2024-01-28", "FY25 Q1": "2024-04-28",
                    "FY25 Q2": "2024-07-28", "FY25 Q3": "2024-10-27", "FY25 Q4": "2025-01-26",
                    "FY26 Q1": "2025-04-27", "FY26 Q4": "2026-01-25", "FY27 Q1": "2026-04-26"},
    "06-30": {"FY24 Q1": "2023-09-30", "FY24 Q2": "2023-12-31", "FY24 Q3": "2024-03-31",
              "FY24 Q4": "2024-06-30", "FY26 Q3": "2026-03-31"},
    "03-31": {"FY26 Q1": "2025-06-30", "FY26 Q4": "2026-03-31"},
    "12-31": {"FY25 Q1": "2025-03-31", "FY25 Q4": "2025-12-31", "FY26 Q1": "2026-03-31"},
    "SAT last 07": {"FY26 Q1": "2025-10-25", "FY26 Q2": "2026-01-24"},
    "FRI last 08": {"FY25 Q4": "2025-08-29"},
}


@pytest.mark.parametrize(("rule", "name", "end"), [
    (rule, name, end) for rule, ends in PUBLISHED.items() for name, end in ends.items()])
def test_quarters_end_where_companies_published(rule, name, end):
    """Dell, NVIDIA, Super Micro, Lenovo, CoreWeave, Cisco and Penguin, in this order of rules:
    the quarter of that name ends on that day, and that day lies in the quarter of that name."""
    year, day = fiscal_year(rule), date.fromisoformat(end)
    assert period_named(year, name).ends_on == day
    assert period_of(year, "quarter", day).name == name == year.label(day)
    assert period_of(year, "quarter", day + timedelta(days=1)).name != name


def test_a_53_week_year_has_its_extra_week_in_the_last_quarter():
    """Dell's FY23 began on 2022-01-29 and ended on 2023-02-03: 371 days are 53 weeks. Three
    quarters of 13 weeks end on 2022-10-28, which leaves 14 weeks for the fourth. FY24, from
    2023-02-04 to 2024-02-02, is 364 days, 52 weeks, and its second quarter ended, as published,
    26 weeks after FY23: on 2023-08-04."""
    year = period_named(DELL, "FY23")
    assert (year.starts_on, year.ends_on) == (date(2022, 1, 29), date(2023, 2, 3))
    assert year.day_count == 53 * 7
    weeks = [period_named(DELL, f"FY23 Q{quarter}").day_count / 7 for quarter in (1, 2, 3, 4)]
    assert weeks == [13, 13, 13, 14]
    assert period_named(DELL, "FY24").day_count == 52 * 7
    assert period_named(DELL, "FY24 Q2").ends_on == year.ends_on + timedelta(weeks=26)


def test_nvidias_53_week_year():
    """NVIDIA's FY21 ran from 2020-01-27 to 2021-01-31, the last Sunday of January: 371 days, and
    its third quarter ended on 2020-10-25, so the fourth had 14 weeks."""
    assert period_named(NVIDIA, "FY21").day_count == 371
    assert period_named(NVIDIA, "FY21 Q3").ends_on == date(2020, 10, 25)
    assert period_named(NVIDIA, "FY21 Q4").day_count == 98


def test_weeks_and_months_are_those_of_the_calendar():
    """2026-01-30, Dell's year end, is a Friday of ISO week 5, which goes on to Sunday 2026-02-01;
    January ends on the 31st. Neither ends with the quarter: no published figure says how a
    quarter of 13 weeks is cut into months."""
    day = date(2026, 1, 30)
    assert period_of(DELL, "week", day) == Period(date(2026, 1, 26), date(2026, 2, 1), "week",
                                                  "2026-W05")
    assert period_of(DELL, "month", day) == Period(date(2026, 1, 1), date(2026, 1, 31), "month",
                                                   "2026-01")


def test_a_week_over_the_turn_of_the_year_has_its_iso_name():
    """2027-01-01 is a Friday: its week began on Monday 2026-12-28 and is week 53 of 2026."""
    week = period_of(DELL, "week", date(2027, 1, 1))
    assert (week.name, week.starts_on) == ("2026-W53", date(2026, 12, 28))
    assert period_named(DELL, "2026-W53") == week


@pytest.mark.parametrize("text", ["FY26 Q4", "fy26 q4", "Q4 FY26", " FY2026  Q4 "])
def test_a_quarter_may_be_written_in_several_ways(text):
    assert period_named(DELL, text).name == "FY26 Q4"


@pytest.mark.parametrize(("text", "said"), [
    ("FY26 Q5", "quarters Q1 to Q4"), ("Q4 FY26 Q4", "names no period"),
    ("2026-13", "months 01 to 12"), ("2025-W53", "2025 has no week 53"),
    ("2026-W00", "2026 has no week 0"), ("26", "names no period"), ("", "names no period"),
    ("Q4", "names no period"), ("FY0000", "names no period"), ("9999-12", "names no period"),
])
def test_a_name_that_is_none_says_what_to_write(text, said):
    with pytest.raises(ValueError, match="FY26 Q4") as error:
        period_named(DELL, text)
    assert said in str(error.value)
    assert f'"{text}"' in str(error.value)


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match="'day' is not a kind of period"):
        period_of(DELL, "day", date(2026, 1, 1))


days = st.dates(date(1995, 1, 1), date(2094, 12, 31))


@given(rule=st.sampled_from(RULES), kind=st.sampled_from(PERIOD_KINDS), first=days,
       length=st.integers(0, 1200))
def test_periods_cover_every_day_once_and_names_lead_back(rule, kind, first, length):
    """Whatever the rule: the periods from a day to a later one begin at or before the first, end
    at or after the last, each begins on the day after the one before ends, and each is found
    again by its name and by any of its days."""
    year, last = fiscal_year(rule), first + timedelta(days=length)
    found = periods(year, kind, first, last)
    assert first in found[0]
    assert last in found[-1]
    for earlier, later in pairwise(found):
        assert later.starts_on == earlier.ends_on + timedelta(days=1)
    for period in (found[0], found[-1]):
        assert period_named(year, period.name) == period
        assert period_of(year, kind, period.ends_on) == period
        assert period_of(year, kind, period.starts_on) == period


@given(rule=st.sampled_from(RULES), number=st.integers(1996, 2094))
def test_four_quarters_are_the_year(rule, number):
    year = fiscal_year(rule)
    whole = period_named(year, f"FY{number}")
    quarters = [period_named(year, f"FY{number} Q{quarter}") for quarter in (1, 2, 3, 4)]
    assert sum(quarter.day_count for quarter in quarters) == whole.day_count
    assert (quarters[0].starts_on, quarters[3].ends_on) == (whole.starts_on, whole.ends_on)
    assert whole.day_count in ((364, 371) if " " in rule else (365, 366))


def test_no_days_no_periods():
    assert periods(DELL, "month", date(2026, 2, 1), date(2026, 1, 31)) == ()
