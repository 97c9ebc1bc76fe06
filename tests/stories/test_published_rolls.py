"""Roll-forwards and ratios of published quarters, with the arithmetic in words."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from headgate.files.published import read_history
from headgate.history.roll_forward import (
    growth,
    obligations_of,
    over,
    quarters_of,
    ratios_of,
    residual,
    rounding,
    years_of,
)

BILLION = 10**11
HEADER = ("company,fiscal_quarter,period_end,ai_orders_usd_m,ai_shipments_usd_m,ai_revenue_usd_m,"
          "ai_backlog_end_usd_m")


def own(tmp_path: Path, *rows: str):
    """A history of one's own."""
    file = tmp_path / "own.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return read_history(file)


def row_of(frame: pl.DataFrame, company: str, quarter: str) -> dict:
    """One row of a table."""
    return frame.filter((pl.col("company") == company)
                        & (pl.col("fiscal_quarter") == quarter)).to_dicts()[0]


@pytest.fixture(scope="module")
def carried():
    return read_history()


@pytest.mark.parametrize(("quarter", "opening", "orders", "outflow", "closing", "left"), [
    ("FY25 Q1", 29, 26, 17, 38, 0), ("FY25 Q2", 38, 32, 31, 38, 1),
    ("FY25 Q3", 38, 36, 29, 45, 0), ("FY25 Q4", 45, 17, 21, 41, 0),
    ("FY26 Q1", 41, 121, 18, 144, 0), ("FY26 Q2", 144, 56, 82, 117, 1),
    ("FY26 Q3", 117, 123, 56, 184, 0), ("FY26 Q4", 184, 341, 95, 430, 0),
    ("FY27 Q1", 430, 244, 161, 513, 0)])
def test_dells_published_backlog_rolls_forward_within_rounding(carried, quarter, opening, orders,
                                                               outflow, closing, left):
    """In tenths of a billion: opening + orders - shipments = closing, but for a tenth in two
    quarters: 3.8 + 3.2 - 3.1 = 3.9 where 3.8 was told, and 14.4 + 5.6 - 8.2 = 11.8 where 11.7 was.
    Each of the four figures may be off by half a tenth, so up to two tenths need no other cause."""
    row = row_of(quarters_of(carried), "Dell Technologies", quarter)
    tenth = BILLION // 10
    assert [row[name] // tenth for name in (
        "opening_cents", "orders_cents", "outflow_cents", "backlog_cents", "residual_cents")] == [
        opening, orders, outflow, closing, left]
    assert row["rounding_cents"] == 2 * tenth
    assert row["outflow_is"] == ("revenue" if quarter == "FY27 Q1" else "shipments")
    assert abs(row["residual_cents"]) <= tenth


def test_a_roll_forward_with_revenue_for_shipments_does_not_close(carried):
    """Dell's FY26 Q4: 18.4 + 34.1 - 9.5 shipped = 43.0, as told. With the 9.0 of revenue 43.5
    would be left: half a billion was shipped and not yet recognised, so shipments count."""
    row = row_of(quarters_of(carried), "Dell Technologies", "FY26 Q4")
    assert residual(row["opening_cents"], row["orders_cents"], row["revenue_cents"],
                    row["backlog_cents"]) == BILLION // 2


def test_ratios_of_one_quarter_by_hand(carried):
    """Dell's FY26 Q3, 13 weeks: orders 12.3 over shipments 5.6 is 2.196; 5.6 of the 11.7 that it
    began with is 0.479; four such quarters over the mean backlog, (11.7 + 18.4) / 2 = 15.05, are
    1.488 turns a year; 18.4 left at 5.6 / 13 = 0.4308 a week are 42.7 weeks. Shipments fell from
    8.2 to 5.6, by 31.7%, and were 2.9 a year before: 93.1% more."""
    row = row_of(ratios_of(carried), "Dell Technologies", "FY26 Q3")
    assert {name: round(row[name], 3) for name in (
        "book_to_bill", "conversion", "turns", "coverage_weeks", "shipments_qoq",
        "shipments_yoy")} == {
        "book_to_bill": 2.196, "conversion": 0.479, "turns": 1.488, "coverage_weeks": 42.714,
        "shipments_qoq": -0.317, "shipments_yoy": 0.931}
    assert row["revenue_qoq"] is None


def test_growth_never_compares_revenue_with_shipments(carried):
    """Dell's FY27 Q1 has revenue alone: 16.1 over 9.0 of the quarter before is 78.9% more, over
    1.879 of a year before 756.8% more, as the company told. Growth of shipments is not known."""
    row = row_of(ratios_of(carried), "Dell Technologies", "FY27 Q1")
    assert round(row["revenue_qoq"], 3) == 0.789 and round(row["revenue_yoy"], 2) == 7.57
    assert row["shipments_qoq"] is None and row["shipments_yoy"] is None


def test_a_gap_is_no_neighbour(tmp_path):
    """Q2 is missing: Q3 has no opening backlog, no conversion and no growth, though Q1 is there.
    Its book-to-bill needs nothing else: 30 / 20 = 1.5."""
    history = own(tmp_path, "Acme,Q1 2026,2026-03-31,10,10,,50",
                  "Acme,Q3 2026,2026-09-30,30,20,,60")
    row = row_of(quarters_of(history), "Acme", "FY26 Q3")
    assert (row["opening_cents"], row["residual_cents"], row["rounding_cents"]) == (None,) * 3
    ratios = row_of(ratios_of(history), "Acme", "FY26 Q3")
    assert ratios["book_to_bill"] == 1.5
    assert [ratios[name] for name in ("conversion", "turns", "shipments_qoq")] == [None] * 3
    assert ratios["coverage_weeks"] == 60 / 20 * 13


def test_weeks_are_those_of_the_quarter(tmp_path):
    """From 2026-03-31 to 2026-06-30 are 91 days, 13 weeks: a backlog of 26 at 13 a quarter lasts
    26 weeks. In a quarter of 98 days, as a 53-week year has one, it lasts 28."""
    history = own(tmp_path, "Acme,Q1 2026,2026-03-31,,,,", "Acme,Q2 2026,2026-06-30,,13,,26",
                  "Acme,Q3 2026,2026-10-06,,13,,26")
    ratios = ratios_of(history)
    assert ratios["coverage_weeks"].to_list() == [None, 26.0, 28.0]


def test_nothing_shipped_has_no_ratio(tmp_path):
    """Orders of 10 over shipments of 0 are no number, and neither is growth from 0."""
    history = own(tmp_path, "Acme,Q1 2026,2026-03-31,10,0,,5", "Acme,Q2 2026,2026-06-30,10,4,,11")
    first, second = ratios_of(history).to_dicts()
    assert first["book_to_bill"] is None and first["coverage_weeks"] is None
    assert second["shipments_qoq"] is None and second["conversion"] == 4 / 5


def test_rounding_follows_the_figures():
    """Figures in whole millions are off by half a million each, 4 x 0.5 = 2, round ones among them
    included: 40, 10, 10 and 35 are no tens. One of 0.1 million makes it 4 x 0.05 = 0.2. With one
    missing nothing is explained."""
    million = 10**8
    assert rounding(7 * million, 3 * million, 9 * million, million) == 2 * million
    assert rounding(40 * million, 10 * million, 10 * million, 35 * million) == 2 * million
    assert rounding(7 * million, 3 * million, 9 * million, million // 10) == million // 5
    assert rounding(7 * million, None, 9 * million, million) is None
    assert residual(7, None, 9, 1) is None


def test_what_is_not_published_has_no_ratio():
    assert over(None, 3) is None and over(3, None) is None and over(3, 0) is None
    assert growth(3, 2) == 0.5 and growth(None, 2) is None


def test_years_and_buyers_have_tables_of_their_own(carried):
    """CoreWeave's obligations grew from 66.8 to 99.4 billion, by 48.8%; Dell's FY26 stands as told,
    25.2 billion shipped, though its quarters sum to 25.1."""
    core = row_of(obligations_of(carried), "CoreWeave (buyer)", "FY26 Q1")
    assert round(core["obligations_qoq"], 3) == 0.488
    year = years_of(carried).filter(pl.col("fiscal_year") == "FY26").to_dicts()[0]
    assert year["shipments_cents"] == 252 * BILLION // 10
    assert year["guidance_of"] == "revenue"
    quarters = quarters_of(carried.of("Dell Technologies")).filter(
        pl.col("fiscal_quarter").str.starts_with("FY26"))
    assert quarters["shipments_cents"].sum() == 251 * BILLION // 10
