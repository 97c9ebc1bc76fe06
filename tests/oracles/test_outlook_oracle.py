"""Outlooks agree with a slow, plain route on random and on published histories."""

from __future__ import annotations

import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.files.published import read_history
from headgate.history.forecast import METHODS, Figures, figures_of, median
from headgate.history.outlook import interval_of, outlook_of, trials_of
from tests.oracles.slow_outlook import back_test, forecast, interval, outflow

amounts = st.one_of(st.none(), st.integers(0, 400).map(lambda tenths: tenths * 10**10))
quarters = st.one_of(st.none(), st.fixed_dictionaries({
    "shipments": amounts, "revenue": amounts, "backlog": amounts, "guidance": amounts,
    "guidance_of": st.sampled_from(["shipments", "revenue"])}))


def typed(found) -> dict[int, Figures]:
    """The same quarters as the program has them; those that are missing are not there."""
    return {place: Figures(f"Q{place}", row["shipments"], row["revenue"], row["backlog"],
                           row["guidance"], row["guidance_of"])
            for place, row in enumerate(found) if row is not None}


def agree(found) -> None:
    """Every forecast, interval and the coming quarter, by both routes."""
    figures = typed(found)
    for method in METHODS:
        mine = trials_of(figures, method)
        slow = back_test(found, method)
        assert [(trial.place, trial.forecast, trial.actual) for trial in mine] == slow
    outlook = outlook_of(figures)
    last = max(figures) if figures else None
    if last is None or outflow(found[last]) is None:
        assert outlook is None
        return
    known = found[:last + 1]
    for seen in outlook.foreseen:
        wanted = forecast(known, seen.method, outlook.measure)
        assert seen.forecast == wanted
        slow = back_test(known, seen.method)
        told = None if wanted is None else interval(wanted, slow)
        got = seen.interval
        assert (None if got is None else (got.low, got.high, got.share)) == told
        score = seen.score
        assert score.tested == len(slow)
        if slow:
            assert score.mean_error_cents == round(statistics.mean(
                Fraction(abs(foreseen - actual)) for _, foreseen, actual in slow))
            assert score.mean_error == pytest.approx(statistics.mean(
                abs(foreseen - actual) / actual for _, foreseen, actual in slow))
        naive = {place: (foreseen, actual) for place, foreseen, actual in back_test(known, "naive")}
        assert score.nearer == sum(
            abs(foreseen - actual) < abs(naive[place][0] - actual)
            for place, foreseen, actual in slow if place in naive)


@given(st.lists(quarters, max_size=14))
def test_random_histories_have_one_outlook(found):
    """Whatever is published and whatever is missing: both routes foresee the same, to the cent."""
    agree(found)


@pytest.mark.parametrize("company", read_history().companies)
def test_published_histories_have_one_outlook(company):
    """The same for each company of the package."""
    figures = figures_of(read_history().of(company).quarters)
    if not figures:
        return
    first = min(figures)
    found = [None] * (max(figures) - first + 1)
    for place, mine in figures.items():
        found[place - first] = {"shipments": mine.shipments, "revenue": mine.revenue,
                                "backlog": mine.backlog, "guidance": mine.guidance,
                                "guidance_of": mine.guidance_of}
    agree(found)


@given(st.lists(st.fractions(0, 10), min_size=1, max_size=9))
def test_the_median_is_that_of_the_library(rates):
    assert median(rates) == statistics.median(rates)


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=4, max_size=40),
       st.integers(1, 10**6))
def test_intervals_hold_the_share_they_promise(pairs, seen):
    """If the next ratio may have any rank among n + 1, the interval holds at least 4/5 of them once
    n is 9, and (n - 1) / (n + 1) before: the count of ranks between the two ends says so."""
    from headgate.history.outlook import Trial

    trials = [Trial(k, "", "shipments", "naive", foreseen, actual)
              for k, (foreseen, actual) in enumerate(pairs)]
    got = interval_of(seen, trials)
    n = len(pairs)
    wanted = Fraction(n - 1, n + 1) if n < 9 else Fraction(4, 5)
    assert got is not None and got.share >= wanted
    assert got.low <= got.high
    ratios = sorted(Fraction(actual, foreseen) for foreseen, actual in pairs)
    inside = sum(got.low <= round(seen * ratio) <= got.high for ratio in ratios)
    assert inside >= got.share * (n + 1) - 1
