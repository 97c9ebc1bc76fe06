"""What a report, a workbook and the terminal say of prices, reliefs and the proof of a plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import plotly.graph_objects as go
import polars as pl
import pytest
from rich.console import Console

from headgate.book import build_book
from headgate.cli.comparing import comparison_tables
from headgate.cli.showing import relief_tables, value_words
from headgate.explain.compare import compare_plans
from headgate.planner import reliefs as tried
from headgate.reports import reliefs
from headgate.reports.html import report_html
from headgate.reports.numbers import policy_words
from headgate.reports.reliefs import relief_panel
from headgate.reports.supply import shortage_panel
from headgate.reports.workbook import workbook_bytes
from headgate.session import Plan, plan
from headgate.tables.plan_schema import RELIEFS, PlanFrames
from tests.conftest import chromium_path
from tests.stories.book_builder import book, week
from tests.stories.report_book import TAG, report_plan

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported")
"""openpyxl does not read data bars, which is no matter here."""

BOARDS = (1, "part", "gpu", "austin", week(4), 216, 1_222_222, 263_999_952, 201_000_000)
HOURS = (2, "resource", TAG, "lodz", week(2), 1, 40_000, 40_000, 45_000)
"""Rows of `reliefs`: one that gains less than its price says, and one that gains more."""


@cache
def ranked() -> Plan:
    return report_plan()


def valued(*reliefs: tuple[Any, ...], value: int = 56_380_100, bound: int = 57_000_000,
           gap: float | None = 0.010876, **policy: Any) -> PlanFrames:
    """The small plan's tables as a value plan would have them, with these reliefs and figures."""
    frames = ranked().frames
    table = pl.DataFrame(reliefs, schema=RELIEFS.types, orient="row")
    prices = frames.frames["prices"].clear(1).with_columns(
        kind=pl.lit("part"), id=pl.lit("gpu"), site_id=pl.lit("austin"), week=week(4),
        price_cents=1_222_222)
    # GPUs are short in weeks 0 to 3; in the first the price was 41,200.49, later none is proven.
    shortages = frames.frames["shortages"].with_columns(price_cents=pl.when(
        (pl.col("id") == "gpu") & (pl.col("week") == week(0))).then(4_120_049))
    summary = {**frames.summary, "certificate": {"bound_cents": bound, "gap": gap},
               "value": {**frames.summary["value"], "weighted_cents": value},
               "policy": {**frames.summary["policy"], "objective": "value", **policy}}
    return PlanFrames({**frames.frames, "reliefs": table, "prices": prices,
                       "shortages": shortages}, summary)


def words_of(page: str) -> str:
    plain = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def printed(shown: list[Any]) -> str:
    console = Console(file=StringIO(), width=120)
    for part in shown:
        console.print(part)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


# ------------------------------------------------------------------ the panel of the reliefs


def test_the_finding_says_how_much_of_what_by_when_adds_what():
    """216 boards at 12,222.22 are 2,639,999.52 at most; the plan gained 2.01 million with them."""
    found = relief_panel(valued(BOARDS, HOURS), "USD")
    assert found.finding == ("216 more gpu at austin by 2026-03-02 would add $2.01M (at most "
                             "$2.64M)")
    assert found.grid is not None
    assert found.grid.rows[0] == ("gpu", "austin", "216 pieces", "2026-03-02", "$12,222.22",
                                  "$2,639,999.52", "$2,010,000.00")
    assert found.grid.rows[1][2] == "1 hour"


def test_a_gain_above_its_price_is_never_called_at_most():
    """One hour at 400 gained 450: the plan was not the best, and 400 is no limit of what it
    gains. The note says so, and only then."""
    found = relief_panel(valued((1, *HOURS[1:])), "USD")
    assert found.finding == (f"1 more hour of {TAG} at lodz in the week of 2026-02-16 would add "
                             "$450.00 (its price alone says $400.00)")
    assert "above the price" in found.note
    assert "above the price" not in relief_panel(valued(BOARDS), "USD").note


def test_measured_and_predicted_stand_in_pairs():
    """Two bars to a row, drawn by plotly as they are, with every id as plain text."""
    found = relief_panel(valued(BOARDS, HOURS), "USD")
    assert found.figure is not None
    measured, predicted, ends = go.Figure(found.figure).data
    assert list(measured.x) == [2_010_000.0, 450.0]
    assert list(predicted.x) == [2_639_999.52, 400.0]
    assert list(ends.x) == [2_639_999.52, 450.0]
    assert TAG not in json.dumps(found.figure)
    assert [words for _, words in found.legend] == [measured.name, predicted.name]


def test_at_most_ten_reliefs_are_drawn_and_all_are_told():
    rows = [(place, *BOARDS[1:]) for place in range(1, 13)]
    found = relief_panel(valued(*rows), "USD")
    assert found.figure is not None
    assert found.grid is not None
    assert len(found.figure["data"][0]["x"]) == 10
    assert len(found.grid.rows) == 12


def test_a_plan_without_reliefs_says_why():
    """By rank nothing is known; by value either nothing is scarce, or nothing tried out helped."""
    by_rank = relief_panel(ranked().frames, "USD")
    assert by_rank.figure is by_rank.grid is None
    assert "not known" in by_rank.finding
    assert "Policy rank" in by_rank.note
    nothing = valued()
    assert "No relief was found" in relief_panel(nothing, "USD").finding
    free = {**nothing.frames, "prices": nothing.frames["prices"].clear()}
    assert "Nothing is scarce" in relief_panel(replace(nothing, frames=free), "USD").finding


def test_a_plan_that_tried_no_relief_does_not_say_that_none_helps():
    """A repair of an older plan tries none out, a re-plan that searches does. In a book of 200,001
    lines none are tried either: it is said so, and never that none was found."""
    nothing = valued()
    lines = {**nothing.summary["lines"], "total": 200_001}
    for more in ({"replan": {"mode": "repair"}}, {"lines": lines}):
        found = relief_panel(replace(nothing, summary={**nothing.summary, **more}), "USD")
        assert found.finding == "What more supply would add was not tried"
        assert "one by one" not in found.note
    searched = replace(nothing, summary={**nothing.summary, "replan": {"mode": "full"}})
    assert "No relief was found" in relief_panel(searched, "USD").finding


def test_the_most_lines_of_a_book_whose_reliefs_are_tried_are_those_of_the_planner():
    """The report says the limit that the planner keeps."""
    assert reliefs.MOST_LINES == tried.MOST_LINES


# ------------------------------------------------------------------ prices of shortages


def test_shortages_tell_what_one_more_is_worth_and_nothing_unproven():
    """The price is 41,200.49 in the first week and not proven in the others. The most is missing
    in the first week, so its price stands in the table."""
    made = ranked()
    found = shortage_panel(made.book, valued(), "USD")
    assert found.figure is not None
    assert found.grid is not None
    place = found.grid.heads.index("One more by then, worth at most")
    assert {row[0]: row[place] for row in found.grid.rows} == {"gpu": "$41,200.49", "rack": ""}
    gpu = next(line for line in found.figure["data"][0]["text"] if line[0].startswith("gpu"))
    assert gpu[0].endswith("One more by then: worth at most about $41,200 each")
    assert "One more" not in gpu[1]
    assert found.grid.numeric >= {place}
    by_rank = shortage_panel(made.book, made.frames, "USD")
    assert by_rank.grid is not None
    assert "One more by then, worth at most" not in by_rank.grid.heads


# ------------------------------------------------------------------ the proof


def test_the_overview_tells_value_bound_and_distance():
    """563,801.00 of at most 570,000.00: 1.0876% short, told as 1.1%; 6,199.00 to the cent."""
    page = report_html(ranked().book, valued())
    assert '<p class="figure" title="$563,801.00">$564k</p>' in page
    assert '<p class="figure" title="$570,000.00">$570k</p>' in page
    assert '<p class="figure" title="$6,199.00 below the bound">At most 1.1%</p>' in page
    assert "at most 1.1% below the best possible under these rules, by proof" in words_of(page)
    assert "best possible" not in words_of(report_html(ranked().book, ranked().frames))


@pytest.mark.parametrize(("value", "bound", "gap", "words"), [
    (-1_200_000_000, 1_170_000_100, 2.025641, "at most $23.8M below the best possible"),
    (-1_200_000_000, -1_190_000_000, None, "at most $100k below the best possible"),
    (1_158_299_999, 1_170_000_000, 0.010001, "at most 1.1% below the best possible"),
    (5_00, 5_00, 0.0, "the best possible"), (-5_00, -5_00, None, "the best possible"),
])
def test_a_share_is_told_only_of_a_value_not_below_zero(value, bound, gap, words):
    """A plan of -12.0 million is no 203% below 11.7 million: it is 23.7 million and a dollar
    below, told as 23.8. The page, `headgate plan` and `headgate compare` say the same."""
    frames = valued(value=value, bound=bound, gap=gap)
    assert f"{words} under these rules, by proof" in words_of(report_html(ranked().book, frames))
    assert f": {words} under these rules, by proof." in value_words(frames.summary)[0]
    told = printed(comparison_tables(compare_plans(frames, frames, None), Path("a"), Path("b"), 1))
    assert f"A is {words}, by proof." in told
    assert f"B is {words}, by proof." in told


def test_weights_and_bonuses_make_the_value_a_weighted_one():
    """Without any, the two are the same number, and the card says so."""
    weights = {"segment": {"hyperscale": "1.5"}, "customer": {}, "priority": {}}
    bonus = [{"by": "2026-05-01", "share": "0.02"}]
    weighed = report_html(ranked().book, valued(weights=weights, bonus=bonus))
    assert "Value with the weights and bonuses of the policy" in words_of(weighed)
    assert "weight of segment hyperscale = 1.5, bonus by 2026-05-01 = 0.02" in words_of(weighed)
    assert "The same as the value" in words_of(report_html(ranked().book, valued()))
    assert "None" not in policy_words(ranked().frames.summary["policy"])


# ------------------------------------------------------------------ workbook and terminal


def test_the_workbook_has_reliefs_and_prices_in_the_books_currency():
    """Sheets hold amounts, not cents: 216 boards at 12,222.22."""
    read = openpyxl.load_workbook(BytesIO(workbook_bytes(ranked().book, valued(BOARDS, HOURS))))
    assert read.sheetnames[-3:] == ["Shortages", "Reliefs", "Prices"]
    heads, first, second = read["Reliefs"].iter_rows(values_only=True)
    assert heads == ("place", "kind", "id", "site_id", "week", "quantity", "price", "predicted",
                     "measured")
    assert first[5:] == (216, 12_222.22, 2_639_999.52, 2_010_000)
    assert second[2] == TAG
    notes = {cell.value: cell.comment.text for cell in read["Prices"][1]}
    assert "cents" not in notes["price"]
    assert "in the book's currency" in notes["price"]
    heads, *rows = read["Shortages"].iter_rows(values_only=True)
    assert {row[heads.index("price")] for row in rows} == {None, 41_200.49}
    figures = {row[0]: row[1] for row in read["Summary"].iter_rows(values_only=True)}
    assert figures["No plan is worth more, weighted"] == 570_000
    assert figures["Below the best possible, at most"] == 0.010876


def test_the_workbook_of_a_plan_by_rank_claims_nothing():
    read = openpyxl.load_workbook(BytesIO(workbook_bytes(ranked().book, ranked().frames)))
    assert [read[name].max_row for name in ("Reliefs", "Prices")] == [1, 1]
    figures = {row[0]: row[1] for row in read["Summary"].iter_rows(values_only=True)}
    assert figures["Below the best possible, at most"] is None


def test_the_terminal_shows_the_three_best_reliefs():
    """Of four, in the order of their places; of none, nothing."""
    rows = [(place, "part", f"p{place}", "austin", date(2026, 3, 2), place, 100, 100 * place,
             100 * place) for place in (4, 2, 1, 3)]
    frames = valued(*rows)
    told = printed(relief_tables(frames.frames["reliefs"], "USD"))
    assert [name for name in ("p1", "p2", "p3", "p4") if name in told] == ["p1", "p2", "p3"]
    assert "2 pieces by 2026-03-02" in told
    assert relief_tables(valued().frames["reliefs"], "USD") == []


def test_a_planned_relief_reads_as_it_was_measured():
    """16 GPUs build two servers of 8, and four are ordered; one more brings 800 less 500 for the
    rest. 8 more GPUs add these 300: the page says so of a plan made by the planner."""
    story = book(
        orders=[("server", 1, 1, {"unit_price": 1000}), ("server", 1, 1, {"unit_price": 900}),
                ("server", 2, 2, {"unit_price": 800})],
        supply=[("gpu", 16, 0)], bom=[("server", "gpu", 8)],
        items=[("gpu", 50), ("server", 500)], objective="value")
    made = plan(build_book(story.tables()))
    text = words_of(made.report())
    assert re.search(r"8 more gpu at austin by \d{4}-\d\d-\d\d would add \$300\.00 \(", text)


# ------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path(),
                                             args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_the_page_of_a_value_plan_fits_desk_and_phone(browser: Browser, tmp_path: Path,
                                                      size: tuple[int, int]) -> None:
    """Eleven charts, the pairs of bars among them; no sideways scrolling, no complaint."""
    file = tmp_path / "report.html"
    file.write_text(report_html(ranked().book, valued(BOARDS, HOURS)), encoding="utf-8")
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector("#lead-times .main-svg")
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert len(page.query_selector_all(".chart .main-svg:first-child")) == 11
    assert page.locator("#reliefs .bars .point").count() == 4
    ends = page.locator("#reliefs .textpoint").all_text_contents()
    assert [end.split()[0] for end in ends] == ["$2.01M", "$450.00"]
    box, words = (page.locator(f"#reliefs {name}").first.bounding_box()
                  for name in (".chart", ".textpoint"))
    assert box
    assert words
    assert words["x"] + words["width"] <= box["x"] + box["width"] + 1
    context.close()
    assert complaints == []
