"""The report of one small book, word for word."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from headgate.reports.html import report_html
from headgate.session import backlog, revenue
from headgate.tables.plan_schema import PlanFrames
from tests.stories.report_book import report_plan

BUNDLE = re.compile(r'(<script id="chart-library">).*?(</script>)', re.DOTALL)
HASH = re.compile(r"'sha256-[^']+'")


def test_report_of_the_small_book_is_word_for_word_the_golden(
        golden: Callable[[str, str], None]) -> None:
    """Plotly's bundle and the scripts' hashes change with its releases, the version with ours: they
    are cut out. Nothing else may change without the golden."""
    made = report_plan()
    frames = PlanFrames(made.frames.frames, {**made.frames.summary, "version": "0.0.0"})
    page = report_html(made.book, frames, revenue=revenue(made.book, made),
                       accounting=backlog(made.book, made))
    assert len(BUNDLE.findall(page)) == 1
    golden("report.html", HASH.sub("'sha256-…'", BUNDLE.sub(r"\1…\2", page)))


def test_the_same_plan_gives_the_same_report() -> None:
    """Seconds and memory of a run are in the summary and not in the report: two runs, one page."""
    made = report_plan()
    slower = {**made.frames.summary, "seconds": {"total": 99.0}, "peak_memory_mb": 9}
    again = replace(made.frames, summary=slower)
    assert report_html(made.book, made.frames) == report_html(made.book, again)
