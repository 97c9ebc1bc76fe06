"""Promises of record: what publishing a plan makes of the promises before, with the arithmetic."""

from __future__ import annotations

from datetime import date
from typing import Any

from headgate.promising.record import Publication, publication_of
from headgate.session import Plan
from headgate.tables.plan_schema import PlanFrames
from tests.stories.book_builder import AS_OF, book, week
from tests.stories.plans import planned

GPU_LATER = ("gpu", 4, 3)


def published(plan: Plan, before: Publication | None = None, on: date = AS_OF,
              name: str = "plan") -> Publication:
    """The publication of a plan, as if its folder's digest were its name."""
    frames = PlanFrames(plan.frames.frames, {**plan.summary, "digest": name})
    return publication_of(plan.book.tables.frames["orders"], frames, on, before)


def record(made: Publication, order: str) -> dict[str, Any]:
    """The promise of record of an order's first line."""
    return made.promises.filter(made.promises["order_id"] == order).row(0, named=True)


def moves(made: Publication) -> list[tuple[Any, ...]]:
    """(order, change, pieces, of them still promised, days) of each moved promise."""
    return list(made.moved.select("order_id", "change", "quantity", "still_promised",
                                  "days").iter_rows())


def two_orders(supply: list[Any], **more: Any) -> Plan:
    """SO-1 wants four GPUs in week 1, SO-2 two in week 2."""
    return planned(book([("gpu", 4, 1, more), ("gpu", 2, 2)], supply))


def test_the_first_publication_promises_what_the_plan_delivers():
    """Five GPUs lie there: four for SO-1 in full by the Friday of week 0 (it may come early), one
    of two for SO-2. Both are new promises, SO-2's of one piece."""
    made = published(two_orders([("gpu", 5, 0)]))
    first, second = record(made, "SO-1"), record(made, "SO-2")
    assert (first["promised_on"], first["quantity"]) == (week(0, 4), 4)
    assert first["first_promised_on"] == first["promised_on"]
    assert second["quantity"] == 1
    assert (made.number, made.after) == (1, None)
    assert made.figures["new"] == made.figures["promised"] == 2
    assert moves(made) == []


def test_a_slip_moves_promises_and_the_first_promise_stays():
    """First all six GPUs lie there. Then they slip to week 3, then to week 4: SO-1, promised for
    week 0, is 3 weeks = 21 days later, then 1 week more; its first promise stays week 0, and no
    first promise is kept."""
    now = published(two_orders([("gpu", 6, 0)]))
    then = published(two_orders([("gpu", 6, 3)]), now, week(1), "then")
    last = published(two_orders([("gpu", 6, 4)]), then, week(2), "last")
    assert moves(then) == [("SO-1", "later", 4, 4, 21), ("SO-2", "later", 2, 2, 21)]
    assert [row[4] for row in moves(last)] == [7, 7]
    found = record(last, "SO-1")
    assert (found["promised_on"], found["first_promised_on"]) == (week(4, 4), week(0, 4))
    assert found["published_on"] == week(2)
    assert (last.number, last.after) == (3, "then")
    assert (last.figures["first_promises"], last.figures["first_promises_kept"]) == (2, 0)


def test_a_repeated_promise_keeps_its_day():
    """The same plan under another name a week later: nothing moves, and the promises stand since
    the first day. SO-2's GPUs come a week earlier then, which is a promise of that day."""
    supply = [("gpu", 4, 0), ("gpu", 2, 2)]
    first = published(two_orders(supply))
    again = published(two_orders(supply), first, week(1), "again")
    assert moves(again) == []
    assert again.figures["kept"] == 2
    assert record(again, "SO-1")["published_on"] == AS_OF
    better = published(two_orders([("gpu", 4, 0), ("gpu", 2, 1)]), again, week(1), "better")
    assert moves(better) == [("SO-2", "earlier", 2, 2, -7)]
    assert record(better, "SO-2")["published_on"] == week(1)
    assert record(better, "SO-1")["published_on"] == AS_OF
    assert better.figures["first_promises_kept"] == 2


def test_more_pieces_later_break_no_promise():
    """SO-2 was promised one of its two GPUs for week 0. Now the other one comes in week 5: the
    promised one still comes in week 0, so it is kept, though the record's date is week 5 now."""
    before = published(two_orders([("gpu", 5, 0)]))
    after = published(two_orders([("gpu", 5, 0), ("gpu", 1, 5)]), before, week(1), "more")
    assert moves(after) == []
    found = record(after, "SO-2")
    assert (found["quantity"], found["promised_on"]) == (2, week(5, 4))


def test_fewer_and_nothing():
    """Six GPUs were promised, then three come: SO-1 gets three of its four, SO-2 none of its two.
    What is left of SO-1 keeps its date, which is told without days, as a part of it has none.
    The withdrawn promise stays on record without a date; promised again, it is a new one, and its
    first promise is still the first."""
    before = published(two_orders([("gpu", 6, 0)]))
    short = published(two_orders([("gpu", 3, 0)]), before, week(1), "short")
    assert moves(short) == [("SO-1", "fewer", 4, 3, None), ("SO-2", "withdrawn", 2, 0, None)]
    assert short.moved["promised_on"].to_list() == [week(0, 4), None]
    gone = record(short, "SO-2")
    assert (gone["promised_on"], gone["quantity"]) == (None, 0)
    again = published(two_orders([("gpu", 3, 0), ("gpu", 3, 3)]), short, week(2), "again")
    assert (again.figures["new"], again.figures["withdrawn"]) == (1, 0)
    back = record(again, "SO-2")
    assert (back["promised_on"], back["first_promised_on"]) == (week(3, 4), week(0, 4))


def test_what_was_shipped_is_told_as_shipped():
    """SO-1 was promised four GPUs for week 0, SO-2 two. Three of SO-1's are shipped and its last
    one slips to week 3: one piece is late, not four. SO-2 is shipped whole, which is neither kept
    nor moved."""
    before = published(two_orders([("gpu", 6, 0)]))
    plan = planned(book([("gpu", 4, 1, {"shipped_quantity": 3}),
                         ("gpu", 2, 2, {"shipped_quantity": 2})], [GPU_LATER]))
    after = published(plan, before, week(1), "after")
    assert moves(after) == [("SO-1", "later", 1, 1, 21)]
    assert (after.figures["kept"], after.figures["shipped"]) == (0, 1)
    shipped = record(after, "SO-2")
    assert (shipped["quantity"], shipped["promised_on"]) == (0, week(0, 4))
    assert shipped["published_on"] == AS_OF


def test_an_order_brings_its_promise():
    """SO-1's order says that week 0 was promised, on its Wednesday. All four in the same week keep
    it; in week 3 they are 23 days later, from Wednesday to Friday. Week 0 is its first promise."""
    kept, late = (published(two_orders([("gpu", 6, start)], promised_on=week(0, 2)))
                  for start in (0, 3))
    assert moves(kept) == []
    assert moves(late) == [("SO-1", "later", 4, 4, 23)]
    assert record(late, "SO-1")["first_promised_on"] == week(0, 2)


def test_the_record_goes_before_the_order():
    """The publication before says week 0, the order says week 3: in week 3 it is later."""
    before = published(two_orders([("gpu", 6, 0)]))
    after = published(two_orders([("gpu", 6, 3)], promised_on=week(3, 4)), before, AS_OF, "after")
    assert ("SO-1", "later", 4, 4, 21) in moves(after)


def test_an_order_that_is_smaller_now_is_promised_less():
    """SO-1 was promised four GPUs and is changed to two, which come: kept, not fewer. A line that
    has left the book is counted as gone."""
    before = published(two_orders([("gpu", 6, 0)]))
    after = published(planned(book([("gpu", 2, 1)], [("gpu", 2, 0)])), before, AS_OF, "after")
    assert moves(after) == []
    assert (after.figures["kept"], after.figures["gone"]) == (1, 1)
