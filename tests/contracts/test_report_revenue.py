"""The part of the report about revenue and margin: its numbers, its charts, its gaps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import pytest

import headgate as hg
from headgate import session
from headgate.finance.statement import SCOPE
from headgate.reports.finance_figures import Step, waterfall
from headgate.reports.numbers import exact_money
from headgate.session import Plan
from tests.conftest import chromium_path
from tests.stories.book_builder import book
from tests.stories.money_book import money_billings, money_plan
from tests.stories.plans import planned
from tests.stories.report_book import TAG

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = {"desk": (1280, 800), "phone": (390, 844)}
CHARTS = ("revenue-quarters", "margin-segment", "margin-product", "quarter-ends",
          "value-to-margin", "price-to-revenue", "system-pieces", "system-contents")


@cache
def made() -> Plan:
    return money_plan()


@cache
def statement() -> hg.RevenueStatement:
    """Of the story's plan, against the plan of a book whose support costs as much alone as asked:
    its split gives the servers less. With the deposit."""
    other = money_plan("20.00")
    return hg.revenue(made().book, made(), other, other.book, billings=money_billings())


@cache
def page(full: bool = False) -> str:
    return made().report(revenue=statement() if full else None)


def figures(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', text)
    assert found
    return json.loads(found.group(1))


def panel(key: str, text: str) -> str:
    """A panel as words: tags away, one space between cells."""
    found = re.search(rf'<article class="panel[^>]*id="{key}">.*?</article>', text, re.DOTALL)
    assert found, key
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found.group(0))).split())


def test_every_chart_has_its_numbers_and_plotly_knows_it():
    """Eight charts of every plan, two more where another plan and billings were given."""
    drawn = figures(page(full=True))
    for key in (*CHARTS, "plan-bridge", "deferred"):
        layout = {name: value for name, value in drawn[key]["layout"].items() if name != "meta"}
        assert go.Figure(data=drawn[key]["data"], layout=layout).data
        assert "The numbers as a table" in panel(key, page(full=True))
    assert not {"plan-bridge", "deferred"} & set(figures(page()))


def test_quarters_add_up_to_the_statement():
    """The first quarter has 950 + 19.38 + 140 + 140 + 70.05 + 3990 = 5309.43, the second 4100 and
    20.76; what is later than the sixth stands in one column, and quarter by quarter in the
    table."""
    words = panel("revenue-quarters", page())
    assert "FY27 Q1 brings most, $5.31k; in all $9.64k of revenue at 16.4% margin" in words
    assert "FY27 Q1 $5,290.05 $19.38 $5,309.43" in words and "FY27 Q2 $4,100.00 $20.76" in words
    assert "All $9,390.05 $250.00 $9,640.05 $8,063.00 $1,577.05 16.4% $10.00" in words
    cost, margin, loss, _ = figures(page())["revenue-quarters"]["data"]
    assert len(cost["x"]) == 7 and len(re.findall(r"FY\d\d Q\d \$", words)) == 13
    assert round(sum(cost["y"]) + sum(margin["y"]), 2) == 9640.05
    assert set(loss["y"]) == {0}


def test_a_loss_stands_beyond_zero_and_is_named():
    """The CPU servers cost 80 and bring 70: the bar of their segment is as long as its revenue,
    350.05, and 49.95 of loss go the other way."""
    words = panel("margin-segment", page())
    assert "public 5 $350.05 $400.00 -$49.95 -14.3%" in words
    assert "Loss" in words and "public earns least, -14.3%" in words
    cost, margin, loss, _ = figures(page())["margin-segment"]["data"]
    assert (cost["x"][-1], margin["x"][-1], loss["x"][-1]) == (350.05, 0, -49.95)


def test_the_end_of_a_quarter_names_its_lines():
    """The rack of SO-4 is all that sits there, 3990 of 5290.05; it waits for PO-2 without a week
    to spare. Its customer is a script, and stays a text."""
    assert "$3.99k of FY27 Q1 sits in its last two weeks, 75.4% of its hardware" in panel(
        "quarter-ends", page())
    words = panel("at-risk", page())
    assert "1 line is the risk of FY27 Q1: $3.99k, 100% of what sits at its end; 1 without" in words
    assert f"SO-4 / 1 FY27 Q1 $3,990.00 100% {TAG} 1 × rack PO-2 2026-04-27 0 2026-05-01" in words
    assert TAG not in page()


def test_a_quarter_without_an_end_says_so():
    """One server in the second week of the quarter: nothing sits in its last two."""
    quiet = planned(book([("server", 1, 1)], [("server", 1, 1)])).report()
    assert "No hardware is recognised in the last two weeks" in panel("quarter-ends", quiet)


def test_the_walks_begin_and_end_with_the_statement():
    """Each bar begins where the one before ended. From value 1388.05: the split takes 50, late_rate
    and the late cost of the missing rack give 8 + 41, dear GPUs take 50, support brings 240; the
    margin is 1577.05. All contracts, 13750.05, less the missing 4100 and the penalty 10."""
    for key, column, start, end in (
            ("value-to-margin", [-50, 8, 41, -50, 240], 1388.05, 1577.05),
            ("price-to-revenue", [-4100, -10], 13750.05, 9640.05)):
        bars = figures(page())[key]["data"][1]
        assert (bars["base"][0], bars["x"][0]) == (0, start)
        assert [round(x, 2) for x in bars["x"][1:-1]] == column
        assert (bars["base"][-1], bars["x"][-1]) == (0, end)
        ends = [round(a + b, 2) for a, b in zip(bars["base"], bars["x"], strict=True)]
        assert [round(base, 2) for base in bars["base"][1:-1]] == ends[:-2]
        assert ends[-2] == end


def test_a_walk_may_cross_zero():
    """From 10 down by 25 to -15: the step's bar reaches below zero, and so does the axis."""
    drawn = waterfall([Step("a", 1000, True), Step("b", -2500), Step("c", -1500, True)], "USD")
    bars = drawn["data"][1]
    assert (bars["base"], bars["x"]) == ([0, 10, 0], [10, -25, -15])
    assert drawn["layout"]["xaxis"]["range"] == [-15, 10]
    assert go.Figure(data=drawn["data"]).data


def test_systems_stand_beside_each_other():
    """Two racks bring 8090, a GPU server 95 with 40 of 60 in its GPU, a CPU server 70.01. All ten
    GPU servers have support."""
    words = panel("system-pieces", page())
    assert ", a GPU server $95.00, a CPU server $70.01 Hardware revenue" in words
    assert "Rack 2 $8,090.00 $1,087.00 $4,045.00 $543.50 13.4% 0.0% $0.00" in words
    words = panel("system-contents", page())
    assert "GPUs are 66.7% of a GPU server's standard cost" in words
    assert "GPU server 66.7% 0.0% 0.0% 0.0% 33.3% 100.0%" in words
    bars = figures(page())["system-contents"]["data"]
    assert [round(sum(part["x"][row] for part in bars[:5]), 6) for row in range(3)] == [1, 1, 1]


def test_what_was_given_is_told_too():
    """Against a book in which support alone costs 20: servers had 1200 x 950 / 1150 = 991.30, so
    that this plan has 41.30 less of hardware and as much more of support. Of a deposit of 5000 the
    second quarter releases 4100."""
    words = panel("plan-bridge", page(full=True))
    assert "no change of revenue, no change of margin" in words
    assert "Price -$41.30 $0.00 -$41.30" in words and "Services $41.30 $0.00 $41.30" in words
    words = panel("deferred", page(full=True))
    assert "$5.00k is billed or paid and not recognised" in words
    assert "FY27 Q2 USD $5,000.00 $4,100.00 $900.00 $900.00" in words


def test_a_missing_price_is_told_in_place_of_the_numbers(run, tmp_path):
    """Without the price of support alone the page has its other parts, and says what to do; with
    --stated-prices it has the numbers."""
    words = panel("revenue-missing", money_plan(None).report())
    assert "No revenue yet: the standalone price of 1 item is missing" in words
    assert "--stated-prices" in words and "items 6 standalone_price must be given for" in words
    assert "by-segment" in figures(money_plan(None).report())
    session.write_sample(tmp_path / "book")
    items = (tmp_path / "book" / "items.csv").read_text()
    (tmp_path / "book" / "items.csv").write_text(items.replace("1500.00", ""))
    session.plan(session.read_book(tmp_path / "book")).write(tmp_path / "plan")
    for name, options in (("a.html", ()), ("b.html", ("--stated-prices",))):
        said = run("report", tmp_path / "book", tmp_path / "plan", "-o", tmp_path / name, *options)
        assert said.code == 0
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert ('id="revenue-missing"' in text) == (not options)
        assert ('id="revenue-quarters"' in text) == bool(options)


def test_a_plan_without_revenue_says_so():
    """One server of two GPUs, of which only one comes: no chart, one sentence."""
    empty = planned(book([("server", 1, 1)], [("gpu", 1, 0)], [("server", "gpu", 2)])).report()
    assert "The plan recognises no revenue" in panel("revenue-none", empty)
    assert not set(CHARTS) & set(figures(empty))


def test_the_page_says_what_revenue_leaves_out():
    """The scope of the statement stands among the words that the page explains."""
    assert SCOPE in unescape(page())
    assert exact_money(made().summary["value"]["value_cents"], "USD") in panel("value-to-margin",
                                                                                page())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path(),
                                             args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("size", SIZES)
def test_a_browser_shows_it_on_desk_and_phone(browser: Browser, size: str, tmp_path: Path) -> None:
    """Every chart is drawn, nothing complains, the page is as wide as the screen with every table
    folded out, the words at the bars stay in their charts, and Enter folds out a table."""
    file = tmp_path / "report.html"
    file.write_text(page(full=True), encoding="utf-8")
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: complaints.append(dialog.message))
    opened.goto(file.as_uri())
    opened.wait_for_selector("#lead-times .main-svg")
    opened.focus("#value-to-margin summary")
    opened.keyboard.press("Enter")
    assert opened.is_visible("#value-to-margin table")
    opened.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    for key in (*CHARTS, "plan-bridge", "deferred"):
        box = opened.locator(f"#{key} .chart").bounding_box()
        assert box, key
        for words in opened.locator(f"#{key} .textpoint").all():
            found = words.bounding_box()
            assert found and found["x"] + found["width"] <= box["x"] + box["width"] + 1, key
    context.close()
    assert complaints == []
