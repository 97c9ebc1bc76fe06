"""The page of scenarios: it stands alone, its numbers are the plans', and a browser shows it."""

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
from headgate.reports.numbers import exact_money
from tests.conftest import chromium_path
from tests.stories.report_book import TAG, report_plan

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = {"desk": (1280, 800), "phone": (390, 844)}
LATER = {"name": TAG, "description": "The second lot <b>slips</b>.", "change": [
    {"kind": "supply_slip", "item_id": "gpu", "weeks": 2}]}
FEWER = {"name": "fewer", "change": [{"kind": "order_cancel", "order_id": "SO-1"}]}


@cache
def made() -> hg.Scenarios:
    """Two scenarios of the small book of reports, one with a name that is a script."""
    return hg.scenario(report_plan().book, [LATER, FEWER, [LATER, FEWER]])


@cache
def page() -> str:
    return made().report()


def without_scripts() -> str:
    return re.sub(r"<script\b.*?</script>", "", page(), flags=re.DOTALL)


def figures() -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page())
    assert found
    return json.loads(found.group(1))


def test_the_page_stands_alone() -> None:
    """Nothing is fetched: addresses lead into the page itself, and the icon is data."""
    addresses = re.findall(r'(?:src|href|action|data|poster)="([^"]*)"', without_scripts())
    assert addresses
    assert all(address.startswith(("#", "data:image/svg+xml;base64,")) for address in addresses)
    assert "default-src 'none'" in page()


def test_names_that_look_like_markup_stay_texts() -> None:
    """The name of a scenario is a script, and its description has a tag: both are shown as such."""
    assert TAG not in without_scripts() and "<b>slips</b>" not in page()
    assert TAG in unescape(without_scripts())


def test_ids_are_each_there_once() -> None:
    """A chart's data and a panel must not share an id, or the script reads the panel."""
    ids = re.findall(r'\bid="([^"]+)"', re.sub(r'<script id="chart.*?</script>', "", page(),
                                             flags=re.DOTALL))
    assert len(ids) == len(set(ids))


def test_the_numbers_are_those_of_the_plans() -> None:
    """Each column's change of the value, to the cent, and the amounts of the tables."""
    text = unescape(without_scripts())
    for name in made().beside.names[1:]:
        cents = made().beside.difference("money", name, "weighted_value")
        assert f">{exact_money(cents, 'USD')}<" in text
    bars = figures()["value-change"]["data"][0]["x"]
    assert bars == [made().beside.difference("money", name, "weighted_value") / 100
                    for name in made().beside.names[1:]]
    columns = figures()["quarters"]["data"]
    assert len(columns) == len(made().beside.names)
    assert sum(columns[0]["y"]) == made().base.summary["backlog_cents"]["total"] / 100


def test_every_chart_is_one_that_plotly_takes() -> None:
    """An unknown setting would be dropped in silence by the browser."""
    assert set(figures()) == {"value-change", "standing", "quarters"}
    for figure in figures().values():
        go.Figure(data=figure["data"], layout={key: value for key, value in figure[
            "layout"].items() if key != "meta"})


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
def test_a_browser_shows_it_without_a_complaint(browser: Browser, size: str,
                                                tmp_path: Path) -> None:
    """Offline, every chart drawn, no word on the console, and never wider than the screen, not
    even with every table folded out; no script of a name runs."""
    file = tmp_path / "scenarios.html"
    file.write_text(page(), encoding="utf-8")
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: complaints.append(dialog.message))
    opened.goto(file.as_uri())
    opened.wait_for_selector("#quarters .main-svg")
    opened.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    charts = opened.query_selector_all(".chart")
    assert len(charts) == 3 and all(chart.query_selector(".main-svg") for chart in charts)
    context.close()
    assert complaints == []
