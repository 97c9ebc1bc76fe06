"""Published history: what headgate carries with it, calendars, and files of the same form."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from headgate.base.calendar import fiscal_year
from headgate.base.issue import IssuesError
from headgate.base.periods import period_named
from headgate.files.published import (
    FOLDER,
    HISTORY_FILE,
    read_history,
    read_lead_times,
    read_market,
)
from headgate.history.record import Stretch, stretch_of
from headgate.tables.history_schema import HISTORY, LEAD_TIMES, MARKET, TOPICS

BILLION = 10**11
"""A billion dollars in cents."""
CALENDARS = {
    "Dell Technologies": "FRI nearest 01-31", "HPE": "10-31", "Super Micro": "06-30",
    "NVIDIA (supplier)": "SUN last 01", "Lenovo ISG": "03-31", "Penguin Solutions": "FRI last 08",
    "Cisco (AI networking, hyperscalers)": "SAT last 07", "CoreWeave (buyer)": "12-31",
    "Nebius (buyer)": "12-31",
}
HEADER = "company,fiscal_quarter,period_end,ai_orders_usd_m,ai_shipments_usd_m"


def carried() -> pl.DataFrame:
    """The rows of the package's file as they stand there."""
    return pl.read_csv(FOLDER / HISTORY_FILE, infer_schema=False)


def own(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    """A history of one's own."""
    file = tmp_path / "own.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def faults(file: Path) -> list[tuple[str, int | None, str | None]]:
    """Code, row and column of each fault of a history."""
    with pytest.raises(IssuesError) as refused:
        read_history(file)
    assert refused.value.consequence == "no history was worked out"
    return [(issue.code, issue.row, issue.column) for issue in refused.value.issues]


@pytest.mark.parametrize("row", carried().to_dicts(), ids=lambda row: (
    f"{row['company']} {row['fiscal_quarter']}"))
def test_every_published_quarter_ends_where_its_calendar_says(row):
    """Each row of the package names a quarter or a year and its last day: Dell's years end on the
    Friday nearest to January 31, NVIDIA's on the last Sunday of January, HPE's on October 31, Super
    Micro's on June 30. The calendar must give that very day, with nothing of the reader's check."""
    rule = CALENDARS[row["company"]]
    assert row["fiscal_year_end"] == rule
    words = row["fiscal_quarter"].replace(" total", "").replace("FY25/26", "FY26").split()
    name = " ".join(word if word.startswith(("FY", "Q")) else f"FY{word}" for word in words)
    assert period_named(fiscal_year(rule), name).ends_on == date.fromisoformat(row["period_end"])


def test_the_package_says_of_each_row_where_it_comes_from():
    """A figure without source or quality is a rumour: every row of the three tables has both."""
    for frame in (carried(), read_market(), read_lead_times()):
        assert frame.height > 40
        for name in ("source_url", "quality"):
            assert frame[name].null_count() == 0
        assert frame["source_url"].str.starts_with("http").all()
        assert frame["quality"].str.contains("^(primary|secondary|derived|low)").all()
    assert set(read_market()["topic"]) == set(TOPICS)
    assert (FOLDER / "README.md").exists()


def test_columns_of_the_package_are_those_that_are_declared():
    """The reference is made from the declaration, so the files must have its columns."""
    assert tuple(carried().columns) == HISTORY.names
    for table, file in ((MARKET, "market.csv"), (LEAD_TIMES, "lead_times.csv")):
        assert tuple(pl.read_csv(FOLDER / file, infer_schema=False).columns) == table.names


def test_quarters_years_and_obligations_are_kept_apart():
    """Dell published 12 quarters and two years. Its orders of FY26 are 12.1 + 5.6 + 12.3 + 34.1 =
    64.1 billion, the same as in the row of the year: added to the quarters it would count twice.
    What CoreWeave calls backlog is what it owes to its customers, no order of servers."""
    history = read_history()
    dell = history.of("Dell Technologies")
    assert dell.quarters.height == 12 and dell.obligations.is_empty()
    assert dell.years["fiscal_quarter"].to_list() == ["FY25", "FY26"]
    fy26 = dell.quarters.filter(pl.col("fiscal_quarter").str.starts_with("FY26"))
    year = dell.years.filter(pl.col("fiscal_quarter") == "FY26")
    assert fy26["orders_cents"].sum() == year["orders_cents"].item() == 641 * BILLION // 10
    core = history.of("CoreWeave (buyer)")
    assert core.quarters.is_empty()
    assert core.obligations["backlog_cents"].to_list()[-1] == 994 * BILLION // 10
    assert len(history.companies) == 9


def test_shipments_are_not_revenue():
    """In FY26 Q4 Dell shipped 9.5 billion and recognised 9.0: both are kept, neither fills the
    other. For FY27 Q1 only the revenue of 16.1 was told."""
    rows = {row["fiscal_quarter"]: row for row in read_history().quarters.filter(
        pl.col("company") == "Dell Technologies").iter_rows(named=True)}
    assert rows["FY26 Q4"]["shipments_cents"] == 95 * BILLION // 10
    assert rows["FY26 Q4"]["revenue_cents"] == 9 * BILLION
    assert rows["FY26 Q4"]["guidance_of"] == "revenue"
    assert rows["FY27 Q1"]["shipments_cents"] is None
    assert rows["FY27 Q1"]["revenue_cents"] == 161 * BILLION // 10


@pytest.mark.parametrize(("text", "stretch"), [
    ("Q4 FY26", Stretch(2026, 4)), ("fy26 q4", Stretch(2026, 4)), ("Q1 2025", Stretch(2025, 1)),
    ("Q4 FY25/26", Stretch(2026, 4)), ("FY26 total", Stretch(2026, 0)),
    ("2025 total", Stretch(2025, 0)), ("FY2026  Q4", Stretch(2026, 4))])
def test_a_quarter_may_be_written_in_several_ways(text, stretch):
    assert stretch_of(text) == stretch


@pytest.mark.parametrize("text", ["FY26", "Q5 FY26", "Q1", "26", "Q1 26", "Q1 FY26 Q1", "FY25/27",
                                  "Q1 FY26 total", "total", ""])
def test_what_names_no_quarter_is_refused(text):
    """A year without "total" may be meant as either, and two digits without FY as anything."""
    with pytest.raises(ValueError, match="neither"):
        stretch_of(text)


def test_a_history_of_ones_own_needs_three_columns_and_a_figure(tmp_path):
    """Two quarters of a company without a calendar: read in time whatever their order, 12.5
    million are 1,250,000,000 cents, and its own figures need no source."""
    history = read_history(own(tmp_path, "Acme,Q2 2026,2026-06-30,,12.5",
                               "Acme,Q1 2026,2026-03-31,20,"))
    frame = history.quarters
    assert frame["fiscal_quarter"].to_list() == ["FY26 Q1", "FY26 Q2"]
    assert frame["shipments_cents"].to_list() == [None, 1_250_000_000]
    assert frame["quality"].to_list() == ["own", "own"]
    assert frame["place"].to_list() == [2026 * 4, 2026 * 4 + 1]


def test_the_form_in_which_it_was_collected_is_read_too(tmp_path):
    """Without the columns of calendar, quality and meaning the package's own rows still read."""
    kept = carried().drop("fiscal_year_end", "quality", "revenue_is", "guidance_of")
    kept.write_csv(tmp_path / "as-collected.csv")
    again = read_history(tmp_path / "as-collected.csv")
    names = ["company", "fiscal_quarter", "ends_on", "orders_cents", "shipments_cents"]
    assert again.quarters.select(names).equals(read_history().quarters.select(names))


def test_every_fault_of_ones_own_history_is_told_at_once(tmp_path):
    """Row 2 names no quarter, row 3 stands twice in row 4 in another spelling, row 5 has a negative
    amount and no day, row 6 an amount in dollars where millions are asked for."""
    file = own(tmp_path, "Acme,summer,2026-03-31,1,", "Acme,Q1 FY26,2026-03-31,1,",
               "Acme,FY26 Q1,2026-03-31,1,", "Acme,Q2 FY26,30.6.2026,-4,",
               "Acme,Q3 FY26,2026-09-30,12500000000,")
    assert sorted(faults(file)) == [
        ("history.ai_orders_usd_m.range", 5, "ai_orders_usd_m"),
        ("history.ai_orders_usd_m.range", 6, "ai_orders_usd_m"),
        ("history.fiscal_quarter.duplicate", 4, "fiscal_quarter"),
        ("history.fiscal_quarter.form", 2, "fiscal_quarter"),
        ("history.period_end.date", 5, "period_end")]


def test_a_day_that_the_calendar_does_not_have_is_named(tmp_path):
    """By the Friday nearest to January 31 FY26 Q4 ends on 2026-01-30, not on the 31st."""
    header = f"{HEADER},fiscal_year_end"
    file = own(tmp_path, "Acme,Q4 FY26,2026-01-31,1,,FRI nearest 01-31",
               "Acme,Q1 FY27,2026-05-01,1,,SUN last 01", "Acme,Q2 FY27,2026-07-31,1,,January",
               header=header)
    with pytest.raises(IssuesError) as refused:
        read_history(file)
    told = {issue.code: (issue.row, issue.expected) for issue in refused.value.issues}
    assert told["history.period_end.calendar"][0] in (2, 3)
    assert "2026-01-30" in str(refused.value)
    assert told["history.fiscal_year_end.mixed"] == (
        3, 'must be "FRI nearest 01-31" as in row 2: a company has one calendar')
    assert told["history.fiscal_year_end.rule"][0] == 4


def test_quarters_that_run_backwards_are_refused(tmp_path):
    """Q2 cannot end before Q1: one of the two days is wrong, whatever the calendar is."""
    assert faults(own(tmp_path, "Acme,Q1 FY26,2026-06-30,1,", "Acme,Q2 FY26,2026-03-31,1,")) == [
        ("history.period_end.order", 3, "period_end")]


@pytest.mark.parametrize(("text", "code"), [
    ("", "history.file.empty"), (f"{HEADER}\n", "history.file.empty"),
    ("a,b\n1,2\n", "history.header.missing"),
    ("company,fiscal_quarter\nAcme,Q1 FY26\n", "history.period_end.missing"),
    (f"{HEADER}\nAcme,Q1 FY26,2026-03-31,\"1,200\",\n", "history.ai_orders_usd_m.separator"),
    (f"{HEADER}\nAcme,Q1 FY26,2026-03-31,1\n", "history.file.cut"),
])
def test_what_is_no_history_is_refused(tmp_path, text, code):
    file = tmp_path / "own.csv"
    file.write_text(text.rstrip("\n") if code.endswith("cut") else text, encoding="utf-8")
    assert code in [found for found, _, _ in faults(file)]
