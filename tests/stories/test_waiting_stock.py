"""Stock that waits, and hours followed from the tables of a plan."""

from __future__ import annotations

from headgate.book import build_book
from headgate.explain.load import resource_load
from headgate.explain.stranded import stranded_parts
from headgate.planner.usage import hours_used
from headgate.session import plan
from headgate.tables.schema import MICRO
from tests.stories.book_builder import book, week
from tests.stories.report_book import report_plan


def test_memory_waits_for_the_gpus_that_come_in_week_four() -> None:
    """40 modules lie there. SO-1 draws 2 x 4 = 8 of them at once; SO-2 draws 8 in week 4, when its
    GPUs come, which is not within 4 weeks. So 32 wait, 24 are never drawn, and at 1,500.25 each
    32 are 48,008.00. The one waiting line that is built with modules waits for GPUs."""
    made = report_plan()
    row, = stranded_parts(made.book, made.frames).to_dicts()
    assert (row["item_id"], row["on_hand"], row["drawn_soon"]) == ("dimm", 40, 8)
    assert (row["waiting"], row["never_drawn"]) == (32, 24)
    assert row["waiting_cents"] == 4_800_800
    assert (row["waits_for_id"], row["waits_for_lines"], row["waits_for_share"]) == ("gpu", 1, 1.0)


def test_stock_drawn_a_week_later_no_longer_waits_when_five_weeks_are_soon() -> None:
    """Week 4 lies within 5 weeks: 8 + 8 = 16 are drawn soon, 24 wait."""
    made = report_plan()
    row, = stranded_parts(made.book, made.frames, weeks=5).to_dicts()
    assert (row["drawn_soon"], row["waiting"], row["never_drawn"]) == (16, 24, 24)


def test_a_receipt_of_next_week_is_not_stock() -> None:
    """10 pieces lie there and 10 come in week 1; nobody wants any: 10 wait, not 20, and no line
    waits for anything."""
    made = plan(build_book(book([("other", 1, 0)], [("part", 10, 0), ("part", 10, 1),
                                                    ("other", 1, 0)]).tables()))
    row, = stranded_parts(made.book, made.frames).to_dicts()
    assert (row["item_id"], row["waiting"], row["waits_for_id"]) == ("part", 10, None)


def test_hours_are_those_of_the_weeks_in_which_the_steps_end() -> None:
    """A rack is integrated (5 h, 7 days) and then tested (3 h, 7 days); its tray is assembled
    (2 h) before. Two racks for week 4, one tray of four on the shelf: the test ends in the ship
    week 4 and takes 6 h, integration ends 7 days earlier in week 3 and takes 10 h, and trays are
    needed 14 days before the shipment, in week 2: 2 x 2 - 1 = 3 are made in 6 h."""
    made = plan(build_book(book(
        [("rack", 2, 4, {"earliest_on": 4})], [("tray", 1, 0), ("board", 9, 0)],
        [("rack", "tray", 2), ("tray", "board", 1)],
        routing=[("rack", "integrate", 5, 7), ("rack", "test", 3, 7), ("tray", "assemble", 2, 0)],
        capacity=[("integrate", 40), ("test", 40), ("assemble", "inf")]).tables()))
    load = resource_load(made.book, made.frames)
    used = {(name, day): hours for name, _, day, hours, _ in load.iter_rows() if hours}
    assert used == {("test", week(4)): 6.0, ("integrate", week(3)): 10.0,
                    ("assemble", week(2)): 6.0}
    there = dict(load.select("resource_id", "there").unique().iter_rows())
    assert there == {"integrate": 40.0, "test": 40.0, "assemble": None}


def test_hours_followed_from_the_tables_are_those_that_the_planner_booked() -> None:
    """Two routes to one number: the tables' shipments less their draws, and the planner's log."""
    made = report_plan()
    booked = int(hours_used(made.book, made.allocation).sum())
    load = resource_load(made.book, made.frames)
    assert round(load["used"].sum() * MICRO) == booked == 4 * MICRO
