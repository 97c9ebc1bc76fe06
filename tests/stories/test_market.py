"""The market: spreads, lead times over time, and the order in which things were told."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from headgate.files.published import read_lead_times, read_market
from headgate.history.market import lead_time_spreads_of, market_of, told_from
from headgate.tables.history_schema import TOPICS


@pytest.fixture(scope="module")
def market():
    return market_of(read_market(), read_lead_times())


def spread(market, metric: str, period: str, entity: str = "world") -> dict:
    return market.spreads.filter((pl.col("metric") == metric) & (pl.col("period") == period)
                                 & (pl.col("entity") == entity)).to_dicts()[0]


def test_three_counts_of_one_year(market):
    """Server revenue of 2024 is told as 229, as 235.7, and as 246.2 by what its growth to 444.1
    implies (444.1 / 1.804): the highest is 246.2 / 229 - 1 = 7.5% above the lowest."""
    row = spread(market, "server revenue", "2024")
    assert (row["lowest"], row["highest"], row["sources"]) == (229.0, 246.2, 3)
    assert round(row["spread"], 3) == 0.075
    assert round(444.1 / 1.804, 1) == 246.2


def test_ends_of_ranges_count(market):
    """Meta guided 115 to 135 in January and 125 to 145 in April: from 115 to 145 are 26.1%."""
    row = spread(market, "capex", "2026", "Meta")
    assert (row["lowest"], row["highest"]) == (115.0, 145.0)
    assert row["values"] == "115-135 (2026-01); 125-145 (2026-04)"


def test_a_figure_without_end_counts_with_its_low(market):
    """Growth of at least 28% and of 51%: at least 51 / 28 - 1 = 82% apart."""
    row = spread(market, "AI server shipments growth", "2026")
    assert (row["lowest"], row["highest"]) == (28.0, 51.0)
    assert round(row["spread"], 2) == 0.82


def test_what_one_row_tells_has_no_spread(market):
    """Server revenue of Q1 2026 is told once; euros and gigawatts of France are no two tellings of
    one figure."""
    assert market.spreads.filter(pl.col("period") == "Q1 2026").is_empty()
    assert market.spreads["sources"].min() == 2
    assert market.spreads.filter(pl.col("entity").str.contains("France")).is_empty()


def test_lead_times_come_in_time_and_delays_are_none(market):
    """An order of AI servers waited 36 to 52 weeks in 2023 and 8 to 20 in 2024. The 13 weeks by
    which GB200 was late are no lead time: they came on top."""
    told = market.lead_times["told_from"].to_list()
    assert told == sorted(told)
    rows = {(row["subject"], row["year"]): row for row in market.lead_time_spreads.to_dicts()}
    assert (rows["AI servers", 2023]["shortest"], rows["AI servers", 2023]["longest"]) == (36, 52)
    assert (rows["AI servers", 2024]["shortest"], rows["AI servers", 2024]["longest"]) == (8, 20)
    late = market.lead_times.filter(pl.col("item") == "Blackwell GB200")
    assert late["weeks_low"].to_list() == [13]
    assert lead_time_spreads_of(late).is_empty()
    assert rows["general servers", 2026]["longest"] == 52


def test_a_topic_is_a_part_of_the_whole(market):
    """The topics and lead times together are everything, and none is counted twice."""
    parts = [market_of(read_market(), read_lead_times(), topic) for topic in TOPICS]
    assert pl.concat([part.figures for part in parts]).equals(market.figures)
    assert all(part.lead_times.is_empty() for part in parts)
    times = market_of(read_market(), read_lead_times(), "lead-times")
    assert times.figures.is_empty() and times.lead_times.equals(market.lead_times)
    assert market.sums()["rows"] == market.figures.height + market.lead_times.height


@pytest.mark.parametrize(("text", "day"), [
    ("2026-03-16", date(2026, 3, 16)), ("2026-03", date(2026, 3, 1)), ("2026", date(2026, 1, 1)),
    ("2026-H1", date(2026, 1, 1)), ("2026-H2", date(2026, 7, 1)), ("2024-2025", date(2024, 1, 1))])
def test_the_time_of_telling_begins_on_a_day(text, day):
    assert told_from(text) == day


@pytest.mark.parametrize("text", ["soon", "2026-13", "26", "2026-H3", "2026-02-30"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):
        told_from(text)
