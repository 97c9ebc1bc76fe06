"""The outlook of a next quarter: methods, errors, intervals and what is said of them."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from headgate.files.published import read_history
from headgate.history.answer import answer_of, company_named
from headgate.history.outlook import Trial, interval_of, kept

BILLION = 10**11
HEADER = ("company,fiscal_quarter,period_end,ai_shipments_usd_m,ai_revenue_usd_m,"
          "ai_backlog_end_usd_m,guidance_next_quarter_ai_shipments_usd_m,guidance_of")
ENDS = ("2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30",
        "2026-09-30", "2026-12-31")


def own(tmp_path: Path, *rows: str):
    """What is told of a company with a quarter to a row, from `ai_shipments_usd_m` on."""
    file = tmp_path / "own.csv"
    lines = [f"Acme,Q{k % 4 + 1} {2025 + k // 4},{ENDS[k]},{row}" for k, row in enumerate(rows)]
    file.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return answer_of(read_history(file))


def outlook(answer, company: str, method: str) -> dict:
    """One row of the outlook."""
    return answer.outlook.filter((pl.col("company") == company)
                                 & (pl.col("method") == method)).to_dicts()[0]


def notes(answer, company: str) -> str:
    """All notes of a company."""
    return "\n".join(answer.notes.filter(pl.col("company") == company)["note"])


@pytest.fixture(scope="module")
def carried():
    return answer_of(read_history())


def test_conversion_by_hand(tmp_path):
    """Backlogs of 100, 200, 80 and then 160; of the first three 50, 60 and 40 million left in the
    quarter after: 1/2, 3/10 and 1/2. The middle one is 1/2, so of 160 come 80. One quarter earlier
    the two rates 1/2 and 3/10 had the middle 2/5: of 80 it foresaw 32, and 40 came: 8 too little, a
    fifth. Naive foresaw the 60 of before, 20 too much, a half."""
    answer = own(tmp_path, ",,100,,", "50,,200,,", "60,,80,,", "40,,160,,")
    row = outlook(answer, "Acme", "conversion")
    million = 10**8
    assert row["fiscal_quarter"] == "FY26 Q1" and row["measure"] == "shipments"
    assert row["forecast_cents"] == 80 * million
    assert (row["tested"], row["mean_error_cents"], row["mean_error"]) == (1, 8 * million, 0.2)
    assert (row["naive_error_cents"], row["naive_error"]) == (20 * million, 0.5)
    assert (row["nearer"], row["beats_naive"], row["chosen"]) == (1, "yes", "yes")
    assert row["low_cents"] is None and "and to give an interval" in notes(answer, "Acme")


def test_growth_by_hand(tmp_path):
    """Revenue of 100, 110, 132, 145.2 million grew by 1.1, 1.2 and 1.1: the middle is 1.1, so
    159.72 come next. Tried on the fourth it had 1.1 and 1.2, 1.15 in the middle: 151.8 for the
    145.2 that came, 6.6 too much; naive was 13.2 too low. There is no backlog to convert."""
    answer = own(tmp_path, ",100,,,", ",110,,,", ",132,,,", ",145.2,,,")
    row = outlook(answer, "Acme", "growth")
    million = 10**8
    assert row["forecast_cents"] == 15972 * million // 100
    assert row["mean_error_cents"] == 66 * million // 10
    assert row["naive_error_cents"] == 132 * million // 10
    assert outlook(answer, "Acme", "conversion")["forecast_cents"] is None
    assert "no backlog is published" in notes(answer, "Acme")


def test_only_the_last_four_rates_count(tmp_path):
    """Growth of 10 in the first step and of 1 in the four that follow: the first is forgotten, so
    100 are foreseen again."""
    answer = own(tmp_path, "10,,,,", "100,,,,", "100,,,,", "100,,,,", "100,,,,", "100,,,,")
    assert outlook(answer, "Acme", "growth")["forecast_cents"] == 100 * 10**8


def test_a_forecast_knows_nothing_of_what_it_foresees(carried):
    """The back-test of a quarter is what the outlook said one quarter before: cut Dell's history
    after each quarter, and the outlook of the rest is the row of the back-test."""
    history = carried.history.of("Dell Technologies")
    tested = {(row["fiscal_quarter"], row["method"], row["measure"]): row["forecast_cents"]
              for row in carried.backtest.to_dicts() if row["company"] == "Dell Technologies"}
    places = history.quarters["place"].to_list()
    compared = 0
    for last in places[:-1]:
        cut = answer_of(type(history)(history.quarters.filter(pl.col("place") <= last),
                                      history.years, history.obligations, history.file))
        for row in cut.outlook.to_dicts():
            key = row["fiscal_quarter"], row["method"], row["measure"]
            if key in tested:
                assert row["forecast_cents"] == tested[key], key
                compared += 1
    # Nine naive forecasts, seven of each method and two of the company; FY27 Q1 is of revenue.
    assert compared == 9 + 7 + 7 + 2


def test_dells_conversion_beats_naive_and_stretches_beyond_what_it_saw(carried):
    """Dell's last four conversions are 8.2 of 14.4, 5.6 of 11.7, 9.5 of 18.4 and 16.1 of 43.0:
    0.5694, 0.4786, 0.5163, 0.3744, in the middle (0.4786 + 0.5163) / 2 = 0.4975; of 51.3 billion
    that is 25.5. No backlog so large has ever been converted, and the answer says so."""
    row = outlook(carried, "Dell Technologies", "conversion")
    assert row["fiscal_quarter"] == "FY27 Q2" and row["measure"] == "revenue"
    rate = (Fraction(56, 117) + Fraction(95, 184)) / 2
    assert row["forecast_cents"] == round(513 * BILLION // 10 * rate)
    assert round(row["forecast_cents"] / BILLION, 1) == 25.5
    assert (row["beats_naive"], row["chosen"], row["tested"]) == ("yes", "yes", 8)
    said = notes(carried, "Dell Technologies")
    assert "larger than any that a quarter began with so far" in said
    assert "n = 8: too few quarters" in said
    assert "its error flatters" in said
    assert "own guidance, given for 3 of these quarters" in said


def test_the_page_on_outlooks_tells_what_is_measured(carried):
    """The table of docs/explanation/outlook.md has a row for each method that was tried and is not
    naive itself; each number in it is that of the answer."""
    page = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "outlook.md"
    told = re.findall(r"^\| (Dell|Super Micro|NVIDIA) \| ([a-z ]+) \| (\d+) \| ([\d.]+%) "
                      r"\| ([\d.]+%) \| (\d+) of \d+ \|$",
                      page.read_text(encoding="utf-8"), re.MULTILINE)
    rows = [(row["company"].split(" Tech")[0].split(" (")[0],
             "its own guidance" if row["method"] == "guidance" else row["method"],
             str(row["tested"]), f"{row['mean_error']:.1%}", f"{row['naive_error']:.1%}",
             str(row["nearer"]))
            for row in carried.outlook.to_dicts() if row["tested"] and row["method"] != "naive"]
    assert told == rows


def test_where_no_method_beats_naive_it_is_said(carried):
    """Super Micro's revenue jumps between platforms: growth misses by a third, the quarter before
    again by a quarter. So naive is the outlook."""
    assert outlook(carried, "Super Micro", "growth")["beats_naive"] == "no"
    assert outlook(carried, "Super Micro", "naive")["chosen"] == "yes"
    assert "no method beat the naive forecast" in notes(carried, "Super Micro")


def test_guidance_counts_only_for_its_own_measure(tmp_path):
    """Guidance of 60 of revenue is no forecast of shipments; the 70 of shipments is. 80 came:
    10 too little, an eighth; naive, 50, was 30 too little."""
    answer = own(tmp_path, "40,40,,60,revenue", "50,45,,70,shipments", "80,75,,,")
    rows = answer.backtest.filter(pl.col("method") == "guidance").to_dicts()
    million = 10**8
    assert [(row["fiscal_quarter"], row["forecast_cents"]) for row in rows] == [
        ("FY25 Q3", 70 * million)]
    assert "missed by 12.5%; naive in them by 37.5%" in notes(answer, "Acme")
    dell = read_history().of("Dell Technologies").quarters
    told = dell.filter(pl.col("guidance_of") == "revenue")
    assert told["fiscal_quarter"].to_list() == ["FY26 Q4"]


def test_guidance_for_the_coming_quarter_is_told(tmp_path):
    answer = own(tmp_path, "40,,,,", "50,,,60,shipments")
    assert outlook(answer, "Acme", "guidance")["forecast_cents"] == 60 * 10**8
    assert "guides $60.0M of shipments for FY25 Q3" in notes(answer, "Acme")


def test_an_interval_is_made_of_the_errors_so_far():
    """Four ratios of what came to what was foreseen: 0.5, 0.8, 1.25 and 2. With so few the least
    and the largest are the ends: of 100 foreseen from 50 to 200, which holds 3 of 5 quarters. Three
    would hold one in two, so there is none."""
    trials = [Trial(k, "", "shipments", "naive", 100, actual)
              for k, actual in enumerate((80, 200, 50, 125))]
    found = interval_of(100, trials)
    assert found is not None
    assert (found.low, found.high, found.share) == (50, 200, Fraction(3, 5))
    assert interval_of(100, trials[:3]) is None


def test_with_many_errors_the_ends_are_cut():
    """Of nineteen ratios 0.01 to 0.19 four fifths leave a tenth at each end: of 20 ranks, two. The
    interval goes from the second to the eighteenth: 17 - 1 ranks of 20 are 4/5."""
    trials = [Trial(k, "", "shipments", "naive", 100, k) for k in range(1, 20)]
    found = interval_of(100, trials)
    assert found is not None
    assert (found.low, found.high, found.share) == (2, 18, Fraction(4, 5))


def test_intervals_are_tried_out_too():
    """After four errors of none at all the interval is a point: the fifth quarter, 10% off, lies
    outside, and the sixth, as large, inside what the fifth has widened."""
    trials = [Trial(k, "", "shipments", "naive", 100, actual)
              for k, actual in enumerate((100, 100, 100, 100, 110, 110))]
    assert kept(trials) == (2, 1)


@pytest.mark.parametrize(("company", "said"), [
    ("CoreWeave (buyer)", "no order of servers"), ("Penguin Solutions", "only years are published"),
    ("Lenovo ISG", "neither shipments nor AI revenue are published for FY26 Q4")])
def test_what_has_no_outlook_says_why(carried, company, said):
    """Obligations of a buyer are never converted, years are no quarters, no figure has no next."""
    assert carried.outlook.filter(pl.col("company") == company).is_empty()
    assert said in notes(carried, company)


def test_one_quarter_is_no_history(tmp_path):
    """Of a single quarter only the naive forecast can be made, and nothing says how good it is."""
    answer = own(tmp_path, "40,,,,")
    row = outlook(answer, "Acme", "naive")
    assert (row["forecast_cents"], row["tested"], row["mean_error"]) == (40 * 10**8, 0, None)
    assert "too few quarters for any method" in notes(answer, "Acme")


def test_a_company_is_found_by_a_part_of_its_name(carried):
    assert carried.of("nvidia").companies == ("NVIDIA (supplier)",)
    assert company_named(("Dell", "Dell EMC"), "Dell") == "Dell"
    with pytest.raises(ValueError, match="Dell or Dell EMC"):
        company_named(("Dell", "Dell EMC"), "del")
    with pytest.raises(ValueError, match='did you mean "Lenovo ISG"'):
        company_named(("Dell", "Lenovo ISG"), "Lenvo ISG")
