"""The part of the report about the backlog's accounting: roll-forward, ages, RPO, what ties."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import polars as pl
import pytest

import headgate as hg
from headgate.finance.backlog import ALL_RECOGNISED, OF_A_BOOK
from headgate.reports.accounting import accounting_panels
from headgate.session import Plan
from tests.conftest import chromium_path
from tests.stories.lived import Lived, line
from tests.stories.money_book import money_billings, money_movements, money_plan
from tests.stories.report_book import TAG
from tests.stories.test_held_then_shipped import record

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = {"desk": (1280, 800), "phone": (390, 844)}
CHARTS = ("roll-forward", "backlog-reconciliation", "book-to-bill", "ages-booked",
          "ages-requested", "rpo-schedule")


@cache
def made() -> Plan:
    return money_plan()


@cache
def backlog() -> hg.Backlog:
    """Of the story's book and plan, with the movements of a ledger and a deposit."""
    return hg.backlog(made().book, made(), movements=money_movements(), billings=money_billings())


@cache
def page(ledger: bool = True) -> str:
    return made().report(backlog=backlog() if ledger else None)


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
    """Six charts with a ledger; a book alone has no book-to-bill, which would mislead. A book
    without a promise has nothing to be late by."""
    for key in CHARTS:
        drawn = figures(page())[key]
        layout = {name: value for name, value in drawn["layout"].items() if name != "meta"}
        assert go.Figure(data=drawn["data"], layout=layout).data
        assert "The numbers as a table" in panel(key, page())
    assert "book-to-bill" not in figures(page(ledger=False))
    assert "ages-promised" not in figures(page())


def test_what_lacked_a_criterion_is_not_told_as_missing_when_it_counts_later():
    """Six at 100 were held in March and not ready, and are since April: 600 was recognised, and of
    the row of March, which stays, nobody says that another 600 was not."""
    lived = Lived([line("A", 1, 10, "100.00")])
    log = pl.concat([record((6, date(2026, 3, 10)), ready=False), record((6, date(2026, 4, 10)))])
    for on, words in (("2026-03-31", "Nothing was recognised as billed and held; 1 row lacks a "
                                     "criterion"),
                      ("2026-06-30", "$600.00 was recognised as billed and held; 1 row lacks a "
                                     "criterion")):
        told = hg.backlog(lived.book(on), progress=lived.journals(on).progress, bill_and_hold=log)
        found = [one for one in accounting_panels(told) if one.key == "bill-and-hold"]
        assert [one.finding for one in found] == [words]


def test_the_roll_forward_walks_from_quarter_to_quarter():
    """FY26 Q3: 0 + 1200 - 100 = 1100. Q4: + 12550.05 - 200 + 100 = 13550.05. FY27 Q1: nothing yet.
    Each bar begins where the one before it ended, and totals begin at zero."""
    bars = figures(page())["roll-forward"]["data"][1]
    assert [round(x, 2) for x in bars["x"]] == [
        0, 1200, -100, 1100, 12550.05, -200, 100, 13550.05, 13550.05]
    assert [round(base, 2) for base in bars["base"]] == [
        0, 0, 1200, 0, 1100, 13650.05, 13450.05, 0, 0]
    words = panel("roll-forward", page())
    assert ("The backlog is $13.6k on 2026-02-02; FY27 Q1 opened with $13.6k, booked nothing and "
            "shipped nothing") in words
    assert ("FY26 Q4 2025-11-01 2026-01-30 $1,100.00 $12,550.05 $0.00 $0.00 $0.00 $200.00 $100.00 "
            "$0.00 $13,550.05 18") in words
    assert OF_A_BOOK not in words and OF_A_BOOK in panel("roll-forward", page(ledger=False))


def test_bookings_stand_beside_shipments():
    """In Q4 12550.05 booked for 200 - 100 shipped: 125.50. In Q3 nothing shipped: no ratio."""
    words = panel("book-to-bill", page())
    assert "FY26 Q4 $12,550.05 $100.00 125.50" in words
    assert "FY26 Q3 $1,100.00 $0.00 –" in words
    booked, shipped = figures(page())["book-to-bill"]["data"]
    assert (booked["y"], shipped["y"]) == ([1100, 12550.05, 0], [0, 100, 0])


def test_more_cancelled_than_booked_stands_below_zero():
    """A quarter in which 500 are cancelled and nothing is booked: a column of -500, and an axis
    that reaches below it."""
    measures = backlog().roll_forward.measures
    falling = measures.with_columns(net_booked_cents=pl.when(
        pl.col("period") == "FY27 Q1").then(-50_000).otherwise("net_booked_cents"))
    told = replace(backlog(), roll_forward=replace(backlog().roll_forward, measures=falling))
    drawn = next(part for part in accounting_panels(told) if part.key == "book-to-bill").figure
    assert drawn is not None
    assert drawn["data"][0]["y"][-1] == -500 and drawn["layout"]["yaxis"]["range"][0] < -500


def test_ages_sum_to_the_backlog():
    """All was booked 42 days ago and nothing is due: one age each, of 13550.05."""
    assert "31 to 60 6 18 $13,550.05 100.0%" in panel("ages-booked", page())
    words = panel("ages-requested", page())
    assert "Nothing is past its requested date" in words and "Not due 6 18 $13,550.05" in words


def test_the_reconciliation_leads_to_deferred_revenue():
    """13550.05 less 350.05 that may be cancelled are 13200 firm. Less 50 of the split, plus 250 of
    support, less a penalty of 10: RPO 13390. Contracts of up to a year, 12190, off: 1200. They come
    back, and less 8390 for which nothing is paid 5000 are deferred."""
    bars = figures(page())["backlog-reconciliation"]["data"][1]
    assert [round(x, 2) for x in bars["x"]] == [
        13550.05, -350.05, 13200, -50, 250, -10, 13390, -12190, 1200, 12190, -8390, 5000]
    words = panel("backlog-reconciliation", page())
    assert ("Of $13.6k of order backlog $13.2k is firm; RPO is $13.4k, deferred revenue $5.00k"
            in words)
    assert "Services $250.00 ASC 606-10-25-27(a), 50-13" in words and ALL_RECOGNISED in words


def test_rpo_becomes_revenue_quarter_by_quarter():
    """FY27 Q1: 950 + 3990 of hardware and 19.38 of support; 4100 has no date."""
    words = panel("rpo-schedule", page())
    assert "FY27 Q1 $4,940.00 $19.38 $4,959.38 $4,959.38 37.0%" in words
    assert "Without a date $4,100.00 $0.00 $4,100.00 $13,390.00 100.0%" in words


def test_what_does_not_tie_is_told():
    """Every check says yes; where one says no, it comes first, and its title says which."""
    assert "All 18 checks tie to the cent" in panel("backlog-ties", page())
    broken = backlog().ties.with_columns(
        holds=pl.when(pl.int_range(pl.len()) < 1).then(pl.lit("no")).otherwise("holds"),
        other_cents=pl.col("other_cents") + 1)
    told = replace(backlog(), parts={**backlog().parts, "ties": broken})
    first, *_, last = accounting_panels(told)
    assert first.finding == ("DOES NOT TIE: 1 check of 18: closing of the roll-forward equals "
                             "open lines of the book")
    assert last.key != "backlog-ties"


def test_a_missing_price_is_told_in_place_of_the_numbers():
    """Without the price of support alone neither revenue nor RPO is known: both parts say so."""
    text = money_plan(None).report()
    assert "No RPO yet: the standalone price of 1 item is missing" in panel(
        "accounting-missing", text)
    ids = re.findall(r'<article class="panel[^"]*" id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


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
    """Every chart is drawn with its words inside, nothing complains, nothing scrolls sideways; the
    names of all parts fit on a desk."""
    file = tmp_path / "report.html"
    file.write_text(page(), encoding="utf-8")
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(file.as_uri())
    opened.wait_for_selector("#lead-times .main-svg")
    opened.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    for key in CHARTS:
        box = opened.locator(f"#{key} .chart").bounding_box()
        assert box, key
        for words in opened.locator(f"#{key} .textpoint").all():
            found = words.bounding_box()
            assert found and found["x"] + found["width"] <= box["x"] + box["width"] + 1, key
    if size == "desk":
        bar = "document.querySelector('nav.sections ul')"
        assert opened.evaluate(f"{bar}.scrollWidth <= {bar}.clientWidth")
    context.close()
    assert complaints == [] and TAG not in page()
