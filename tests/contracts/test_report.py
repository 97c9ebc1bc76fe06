"""What every report keeps: it stands alone, it escapes, and its numbers are the plan's."""

from __future__ import annotations

import json
import re
from functools import cache
from html import unescape
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest

from headgate.reports.html import report_html
from headgate.reports.markup import json_for_script
from headgate.reports.order_lines import DOLLARS, breakdown, by_quarter, order_lines
from headgate.session import Plan
from tests.stories.report_book import FORMULA, TAG, report_plan


@cache
def made() -> Plan:
    return report_plan()


@cache
def page() -> str:
    return made().report()


def without_scripts() -> str:
    return re.sub(r"<script\b.*?</script>", "", page(), flags=re.DOTALL)


def data(key: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{key}">(.*?)</script>', page())
    assert found
    return json.loads(found.group(1))


def test_nothing_is_fetched_from_anywhere() -> None:
    """No address in any attribute but anchors of the page itself and the icon, which is data."""
    addresses = re.findall(r'(?:src|href|action|data|poster)="([^"]*)"', without_scripts())
    assert addresses
    assert all(address.startswith(("#", "data:image/svg+xml;base64,")) for address in addresses)
    assert "@import" not in page()[:page().index('id="chart-library"')]
    assert "url(" not in without_scripts()


def test_the_page_forbids_the_browser_to_fetch_and_to_run_foreign_scripts() -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page())
    assert policy
    assert "default-src 'none'" in policy.group(1)
    assert re.search(r"script-src 'sha256-\S+' 'sha256-\S+';", policy.group(1))
    assert "unsafe-eval" not in policy.group(1)
    assert not re.search(r"<[^>]*\son[a-z]+=", without_scripts())


def test_ids_that_look_like_markup_stay_texts() -> None:
    """A customer named <script>alert("x")</script> is shown, not run: three scripts with code or
    data of ours, two of plain data, and no fourth of the customer's."""
    assert TAG not in page()
    assert page().count("<script") == 4
    assert TAG in unescape(without_scripts())
    assert "A &lt;small&gt; book" in page()


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "\u2028", "a&b"])
def test_json_in_a_script_can_close_nothing(text: str) -> None:
    written = json_for_script({"id": text})
    assert not set(written) & set("<>&\u2028")
    assert json.loads(written) == {"id": text}


def test_every_chart_is_one_that_plotly_knows() -> None:
    """Plotly's Python classes refuse a property that does not exist or cannot have its value."""
    figures = data("figures")
    assert set(figures) == {"by-segment", "by-quarter", "by-region", "by-item", "reasons",
                            "binders", "shortages", "load", "stranded", "lead-times",
                            "revenue-quarters", "margin-segment", "margin-product",
                            "value-to-margin", "price-to-revenue", "system-pieces",
                            "system-contents", "roll-forward", "backlog-reconciliation",
                            "ages-booked", "ages-requested", "ages-promised"}
    for key, figure in figures.items():
        assert go.Figure(figure).data, key


def test_every_chart_has_its_numbers_as_a_table_and_a_name() -> None:
    for key in data("figures"):
        panel = re.search(rf'<article class="panel[^>]*id="{key}">.*?</article>', page(), re.DOTALL)
        assert panel
        assert 'role="img" aria-label="Chart: ' in panel.group(0)
        assert "<table><caption>" in panel.group(0)


def test_it_says_what_was_planned_and_that_it_is_a_draft() -> None:
    text = unescape(re.sub(r"<[^>]+>", " ", without_scripts()))
    summary = made().summary
    for words in ("A <small> book", "2026-02-02", "rank", summary["version"],
                  summary["book_digest"], "Every date here is a draft"):
        assert words in text, words


def test_parts_of_the_backlog_add_up_to_the_summary() -> None:
    """800,000 + 700,001 + 9,000,000 + 3,100,000 = 13,600,001 dollars are open, by every cut."""
    plan = made()
    lines = order_lines(plan.book, plan.frames)
    backlog = plan.summary["backlog_cents"]
    assert backlog["total"] == 1_360_000_100
    for key, column in (("by_segment", "segment"), ("by_region", "region"),
                        ("by_item", "item_id")):
        cut = breakdown(lines, column)
        assert dict(cut.select("name", "total_cents").iter_rows()) == backlog[key]
        assert cut.select(pl.sum_horizontal(DOLLARS)).to_series().equals(cut["total_cents"])
    quarters = by_quarter(lines, plan.book, plan.frames)
    assert dict(quarters.select("name", "total_cents").iter_rows()) == backlog["by_quarter"]
    dollars = plan.summary["dollars_cents"]
    assert lines["on_time_cents"].sum() == dollars["on_time"]
    assert lines["late_cents"].sum() == dollars["promised"] - dollars["on_time"]
    assert lines["undated_cents"].sum() == dollars["open"] - dollars["promised"]


def test_headlines_are_exact_under_the_pointer() -> None:
    """The card says $13.6M, its tooltip every cent."""
    assert '<p class="figure" title="$13,600,001.00">$13.6M</p>' in page()
    assert '<p class="figure" title="$3,800,000.00">27.9%</p>' in page()


def test_order_table_holds_the_open_lines_the_largest_first() -> None:
    orders = data("orders-data")
    assert orders["total"] == 4
    assert [row[0] for row in orders["rows"]] == [FORMULA, "007", "SO-1", "SO-2"]
    assert [len(sent) for sent in orders["shipments"]] == [1, 0, 1, 1]


def test_a_cut_order_table_says_so() -> None:
    """Two lines are asked for and four are open: the two with 9.0 and 3.1 million, and plain
    words."""
    plan = made()
    cut = report_html(plan.book, plan.frames, top=2)
    assert "Showing the 2 lines with the largest open amounts of 4" in unescape(cut)
    assert "Search order, customer, item or status among the 2 largest lines" in cut
    assert "among the" not in page()
    told = json.loads(re.findall(r'id="orders-data">(.*?)</script>', cut)[0])
    assert [row[0] for row in told["rows"]] == [FORMULA, "007"]
    assert sum(told["by_status"].values()) == told["total"] == 4
