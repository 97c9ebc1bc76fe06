"""Stories of what to do about a plan, with the arithmetic of each effect."""

from __future__ import annotations

from typing import Any

import headgate as hg
from tests.stories.book_builder import Story, book, week
from tests.stories.plans import planned


def told(story: Story, action: str) -> list[dict[str, Any]]:
    """The rows of one kind of action."""
    made = planned(story)
    table = hg.actions(made.book, made)
    assert table["place"].to_list() == list(range(1, table.height + 1))
    return [row for row in table.iter_rows(named=True) if row["action"] == action]


def test_a_receipt_to_expedite_and_what_that_gains():
    """PO-7 brings 3 parts in week 3. SO-1 and SO-2 want one each in week 0, at 100 and 0.2% a week:
    3 weeks late are 0.60 each. By week 0 both are on time: 1.20 in all."""
    rows = told(book([("part", 1, 0), ("part", 1, 0)], [("part", 3, 3, {"reference": "PO-7"})]),
                "expedite")
    assert [(row["reference"], row["quantity"], row["was_on"], row["then_on"], row["lines"],
             row["gain_cents"]) for row in rows] == [("PO-7", 3, week(3), week(0), 2, 120)]


def test_a_later_line_finds_what_the_first_one_left():
    """One piece in week 3 and two lines: only one of them can have it sooner, which gains 0.60. The
    second line is never delivered either way."""
    rows = told(book([("part", 1, 0), ("part", 1, 0)], [("part", 1, 3, {"reference": "PO-7"})]),
                "expedite")
    assert [(row["lines"], row["gain_cents"]) for row in rows] == [(1, 60)]


def test_pieces_to_move_between_sites():
    """Lodz has two parts and no lane to AMER, where SO-1 wants one in week 1, at 100, cost 10.
    Undelivered up to week 7 it costs 6 weeks of 0.20; moved by week 1 it brings 90: 91.20 more."""
    rows = told(book([("part", 1, 1)], [("part", 2, 0, {"site_id": "lodz"})],
                     lanes=[("austin", "AMER", 0), ("lodz", "EMEA", 0)]), "transfer")
    assert [(row["item_id"], row["from_site_id"], row["site_id"], row["quantity"], row["then_on"],
             row["gain_cents"]) for row in rows] == [
        ("part", "lodz", "austin", 1, week(1), 9_120)]


def test_what_could_come_later_together():
    """Five parts in week 1, five in week 2, and one line for five in week 6. Either receipt alone
    serves it: with the first one not needed at all, the second is needed by week 6."""
    rows = told(book([("part", 5, 6, {"earliest_on": 6})], [
        ("part", 5, 1, {"reference": "PO-1"}), ("part", 5, 2, {"reference": "PO-2"})]), "postpone")
    assert [(row["reference"], row["then_on"], row["held_cents"]) for row in rows] == [
        ("PO-1", None, 5_000), ("PO-2", week(6), 5_000)]


def test_stock_that_waits_for_something_else():
    """Ten fans at 10 wait for the GPU that does not come."""
    rows = told(book([("server", 1, 1)], [("fan", 10, 0)], [("server", "gpu"), ("server", "fan")]),
                "use_up")
    assert [(row["item_id"], row["quantity"], row["waits_for"], row["held_cents"])
            for row in rows] == [("fan", 10, "gpu", 10_000)]


def test_whom_to_call():
    """SO-1 was promised for week 1 and comes in week 3; SO-2 was promised for week 4 and is there
    before. Against a plan that had promised the same, nobody has to be called."""
    story = book([("part", 1, 1, {"promised_on": 1}), ("part", 1, 1, {"promised_on": 4})],
                 [("part", 2, 3)])
    rows = told(story, "call")
    assert [(row["order_id"], row["customer_id"], row["was_on"], row["then_on"], row["held_cents"])
            for row in rows] == [("SO-1", "acme", week(1, 4), week(3, 4), 10_000)]
    made = planned(story)
    assert hg.actions(made.book, made, earlier=made).filter(action="call").is_empty()


def test_nobody_is_called_about_pieces_that_never_had_a_date():
    """SO-1 asks for three and two come, as in the plan before: its promise stands. With one fewer
    in a new book it does not: one of two pieces."""
    story = book([("part", 3, 1)], [("part", 2, 0)])
    made = planned(story)
    assert hg.actions(made.book, made, earlier=made).filter(action="call").is_empty()
    fewer = planned(book([("part", 3, 1)], [("part", 1, 0)]))
    rows = hg.actions(fewer.book, fewer, earlier=made).filter(action="call").to_dicts()
    assert [row["order_id"] for row in rows] == ["SO-1"]
    assert "it now has a date for only 1 of 3 pieces" in rows[0]["text"]
