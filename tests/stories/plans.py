"""Plan a story and read the plan tersely."""

from __future__ import annotations

from datetime import date
from typing import Any

from headgate.book import build_book
from headgate.session import Plan, plan
from tests.stories.book_builder import AS_OF, Story


def planned(story: Story) -> Plan:
    """The plan of a story, by the story's own policy."""
    return plan(build_book(story.tables()))


def week_of(day: date) -> int:
    """The bucket that a day lies in."""
    return (day - AS_OF).days // 7


def arrivals(made: Plan, order: str, line: int = 1) -> list[tuple[int, int]]:
    """What arrives for a line: (arrival week, pieces), by week."""
    rows = made.allocations.filter((made.allocations["order_id"] == order)
                                   & (made.allocations["line_no"] == line))
    found: dict[int, int] = {}
    for day, pieces in rows.select("arrive_on", "quantity").iter_rows():
        found[week_of(day)] = found.get(week_of(day), 0) + pieces
    return sorted(found.items())


def promise(made: Plan, order: str, line: int = 1) -> dict[str, Any]:
    """The promise of one line as a dictionary."""
    rows = made.promises.filter((made.promises["order_id"] == order)
                                & (made.promises["line_no"] == line))
    return rows.row(0, named=True)


def drawn(made: Plan) -> list[tuple[str, str, int, int]]:
    """What is drawn: (item, site, week, pieces), substitutes and lead times left out."""
    found: dict[tuple[str, str, int], int] = {}
    for row in made.consumption.iter_rows(named=True):
        key = (row["item_id"], row["site_id"], week_of(row["drawn_on"]))
        found[key] = found.get(key, 0) + row["quantity"]
    return sorted((*key, pieces) for key, pieces in found.items())
