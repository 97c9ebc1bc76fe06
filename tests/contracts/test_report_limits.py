"""The report and the workbook tell of limits, of held promises and of moved ones."""

from __future__ import annotations

import json
import re
from functools import cache
from html import unescape
from io import BytesIO
from typing import Any

import openpyxl
import pytest

import headgate as hg
from headgate.book import build_book
from headgate.cli.showing import limit_words
from headgate.explain.quota_table import used_up
from headgate.reports.workbook import workbook_bytes
from headgate.session import Plan
from tests.stories.book_builder import Story, book
from tests.stories.plans import planned

pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported")


@cache
def limited(objective: str = "rank") -> Plan:
    """
    8 parts lie there. Q-1 lets at most 3 go to the bank, Q-2 keeps 2 for the cloud, Q-3 lets
    everybody have 90. SO-1 of the bank wants 4 and gets 3; SO-2 of the cloud wants 1. SO-3 has a
    promise of 9 for week 1 that must hold: 8 less the 2 kept are 6, so 3 are broken. It goes
    before the others, who wait for the 8 that come in week 4.
    """
    return planned(book(
        [("part", 4, 0, {"segment": "bank"}), ("part", 1, 0, {"segment": "cloud"}),
         ("part", 9, 1, {"segment": "rest", "frozen": "yes", "promised_on": 1})],
        [("part", 8, 0), ("part", 8, 4)], objective=objective,
        quotas=[("part", 0, 7, {"segment": "bank", "max_quantity": 3}),
                ("part", 0, 3, {"segment": "cloud", "reserved_quantity": 2}),
                ("part", 0, 7, {"max_quantity": 90})]))


@cache
def moved() -> Plan:
    """Four GPUs that were due in week 1 come in week 3: SO-1's four servers move by two weeks."""
    def story(due: int) -> Story:
        return book([("server", 4, 1)], [("gpu", 4, due)], [("server", "gpu", 1)])

    return hg.replan(build_book(story(3).tables()), planned(story(1)))


def words_of(page: str) -> str:
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def orders_of(page: str) -> dict[str, dict[str, Any]]:
    """The rows of the order table by order, words in place of their numbers."""
    found = re.search(r'<script type="application/json" id="orders-data">(.*?)</script>', page)
    assert found
    data = json.loads(found.group(1))
    rows = [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]
    return {row["order_id"]: {name: data["words"][name][value] if name in data["words"] else value
                              for name, value in row.items()} for row in rows}


def test_what_a_plan_takes_of_each_quota_is_counted():
    """Of the bank's 3 all are used, of the cloud's 2 its one piece, of everybody's 90 what ships:
    9 for SO-3, 3 and 1."""
    use = limited().quota_use()
    assert use.select("quota_id", "kind", "limit_quantity", "used_quantity").rows() == [
        ("Q-1", "cap", 3, 3), ("Q-2", "reserved", 2, 1), ("Q-3", "cap", 90, 13)]
    assert used_up(use)["quota_id"].to_list() == ["Q-1"]
    assert use["price_cents"].to_list() == [None, None, None]


def test_a_price_says_what_one_piece_more_of_a_cap_is_worth():
    """Under `value` the bank's fourth piece would bring 100 less 10, and what its lateness costs:
    the cap has a price, the one of 90, of which much is left, has none."""
    prices = dict(limited("value").quota_use().select("quota_id", "price_cents").rows())
    assert prices["Q-1"] > 0
    assert prices["Q-2"] is None
    assert prices["Q-3"] == 0


def test_a_book_without_quotas_has_none_to_count():
    assert moved().quota_use().is_empty()
    assert "Quota" not in words_of(moved().report())


def test_the_report_says_which_quota_is_used_up_and_what_is_broken():
    """One of two caps is used up; SO-3's 3 broken pieces cost 100 each."""
    words = words_of(limited().report())
    assert "1 of 2 caps is used up" in words
    assert "Q-1 At most part bank 2026-02-02" in words
    assert "1 held line is broken: 3 pieces could not be placed as held" in words
    assert "$300.00" in words


def test_a_quota_that_binds_is_named_without_a_site():
    """8 parts, and the bank may have 3 of the 4 that it wants: the fourth waits for the quota,
    which binds at all sites."""
    made = planned(book([("part", 4, 0, {"segment": "bank"})], [("part", 8, 0)],
                        quotas=[("part", {"segment": "bank", "max_quantity": 3})]))
    page = made.report()
    assert orders_of(page)["SO-1"]["note"] == "A quota holds it back: Q-1"
    assert "Q-1 holds back $100" in words_of(page)
    assert "None" not in page[:page.index('id="chart-library"')]


def test_the_report_tells_each_line_what_would_help():
    """SO-1 of the re-plan is late for want of GPUs: those that come in week 3 would have to come
    in week 1."""
    relief = orders_of(moved().report())["SO-1"]["relief"]
    assert relief.startswith("What would help: 4 gpu of gpu@austin@2026-02-23#1 at austin")
    assert orders_of(limited().report())["SO-2"]["relief"] == ""


def test_the_report_of_a_replan_shows_the_moves():
    """4 servers at 100 move from week 1 to week 3: 14 days, 4 pieces, 400 dollars."""
    words = words_of(moved().report())
    assert "1 later, 0 earlier, 0 with fewer pieces, 0 withdrawn; 100.0% of 1 promise" in words
    assert "2026-02-13 2026-02-27 +14 4 4 $400.00 gain, exception A part ran short" in words
    assert "Moved promises" not in words_of(limited().report())


def test_a_replan_that_moved_nothing_says_so():
    """The same book again."""
    older = planned(book([("part", 1, 1)], [("part", 1, 0)]))
    words = words_of(hg.replan(older.book, older).report())
    assert "Every promise of the plan before stands." in words


def test_the_workbook_has_a_sheet_of_moves_when_there_are_any():
    """Behind the promises, with amounts in dollars; a plan that is no re-plan has no such sheet."""
    made = openpyxl.load_workbook(BytesIO(workbook_bytes(moved().book, moved().frames)))
    assert made.sheetnames[:3] == ["Summary", "Promises", "Moves"]
    heads, row = made["Moves"].iter_rows(values_only=True)
    cells = dict(zip(heads, row, strict=True))
    assert (cells["order_id"], cells["days"], cells["moved"]) == ("SO-1", 14, 400)
    plain = openpyxl.load_workbook(BytesIO(workbook_bytes(limited().book, limited().frames)))
    assert "Moves" not in plain.sheetnames


def test_the_terminal_tells_broken_promises_and_quotas_used_up():
    """Only where there are any."""
    made = limited()
    assert [text.strip() for text in limit_words(made.promises, used_up(made.quota_use()))] == [
        "Held but broken: 1 line, 3 pieces; broken_quantity in promises says which.",
        "Quotas used up: Q-1."]
    assert limit_words(moved().promises, used_up(moved().quota_use())) == []
