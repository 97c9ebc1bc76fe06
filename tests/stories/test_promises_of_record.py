"""Re-planning against promises of record: what was published, else the order's date."""

from __future__ import annotations

from datetime import date

import pytest

import headgate as hg
from headgate.base.issue import IssuesError
from headgate.book import build_book
from headgate.promising.record import Publication
from headgate.session import Plan
from tests.stories.book_builder import Row, Story, book, week
from tests.stories.plans import arrivals, planned
from tests.stories.test_publishing import published
from tests.stories.test_replan import OPEN_FENCE


def replanned(story: Story, old: Plan, record: Publication | None = None) -> Plan:
    """A story re-planned, and proven."""
    loaded = build_book(story.tables())
    made = hg.replan(loaded, old, {"replan": OPEN_FENCE}, record=record)
    assert hg.check(loaded, made).issues == ()
    return made


def moves(made: Plan) -> list[tuple[str, date | None, int | None, str]]:
    """Order, promise before, days and reason of each move."""
    return made.moves.select("order_id", "old_promised_on", "days", "reason").rows()


def gpus(on: int, *more: Row, **orders: object) -> Story:
    """SO-1 wants two GPUs in week 1; they come in week `on`."""
    return book([("gpu", 2, 1, orders)], [("gpu", 2, on), *more], objective="value")


def test_a_draft_in_between_promised_nothing():
    """Published for week 1; a draft moved it to week 3; now the GPUs come in week 2. Against what
    was published that is seven days later. Taken at its word, the draft would be seven days late
    made good."""
    record, draft = published(planned(gpus(1))), planned(gpus(3))
    made = replanned(gpus(2), draft, record)
    assert arrivals(made, "SO-1") == [(2, 2)]
    assert moves(made) == [("SO-1", week(1, 4), 7, "freed")]
    assert moves(replanned(gpus(2), draft)) == [("SO-1", week(3, 4), -7, "freed")]


def test_what_an_older_plan_had_moved_already_is_not_moved_again():
    """Published for week 1, a draft says week 3, and a book with a spare part more says the same:
    this re-plan moves nothing."""
    made = replanned(gpus(3, ("fan", 1, 0)), planned(gpus(3)), published(planned(gpus(1))))
    assert arrivals(made, "SO-1") == [(3, 2)]
    assert moves(made) == []


def test_the_orders_own_date_counts_where_nothing_was_published():
    """The ERP says that week 1 was promised; the draft had week 3, and week 2 is possible now."""
    promised = {"promised_on": 1}
    made = replanned(gpus(2, **promised), planned(gpus(3, **promised)))
    assert moves(made) == [("SO-1", week(1, 4), 7, "freed")]


@pytest.mark.parametrize(("there", "given"), [(2, 2), (1, 1)])
def test_a_new_order_that_was_promised_a_date_keeps_it_as_far_as_it_can(there: int, given: int):
    """SO-2 is new and was promised week 2, say by a hold. SO-3 is new and pays more, but has no
    promise: SO-2 gets its GPUs first. Where only one came, one of its two has no date."""
    old = planned(book([("gpu", 2, 1)], [("gpu", 2, 1)], objective="value"))
    made = replanned(book(
        [("gpu", 2, 1), ("gpu", 2, 2, {"promised_on": 2}), ("gpu", 2, 2, {"unit_price": 900})],
        [("gpu", 2, 1), ("gpu", there, 2)], objective="value"), old)
    assert arrivals(made, "SO-2") == [(2, given)] and arrivals(made, "SO-3") == []
    assert moves(made) == ([] if there == 2 else [("SO-2", week(2, 4), None, "order")])


def test_a_draft_cannot_be_the_record(tmp_path):
    """The plan named as the record was never published: told, and nothing is planned."""
    story = gpus(1)
    made = planned(story)
    made.write(tmp_path / "draft", excel=False)
    with pytest.raises(IssuesError, match=r"is a draft; name a plan that was published"):
        hg.replan(build_book(gpus(2).tables()), made, record=tmp_path / "draft")


def test_a_line_that_wins_nothing_is_told_without_days():
    """Published for week 1, moved to week 3 by a draft, and of class win: it is told as an
    exception, but nothing moved, so it has no days."""
    record, draft = published(planned(gpus(1))), planned(gpus(3))
    loaded = build_book(gpus(3, ("fan", 1, 0)).tables())
    made = hg.replan(loaded, draft, {"replan": {**OPEN_FENCE, "class": "win"}}, record=record)
    assert hg.check(loaded, made).issues == ()
    assert moves(made) == [("SO-1", week(3, 4), 0, "kept")]
