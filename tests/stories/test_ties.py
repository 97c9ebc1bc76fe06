"""The checks of a backlog: each holds, and each breaks when what it holds together is spoilt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from headgate.finance import backlog as telling
from headgate.finance import recognition, remaining, schedule
from headgate.finance.backlog import Backlog
from headgate.session import Plan
from tests.stories.backlog_told import told
from tests.stories.book_builder import Story, book, week
from tests.stories.test_revenue import planned

FIRM = {"cancellable": "no"}


def ten_of_which_seven_come(rates: bool = False, **order: Any) -> tuple[Story, Plan]:
    """Ten firm servers at 100 and five that may be cancelled; four come early, three later."""
    lines = [("server", 10, 1, {**FIRM, **order}), ("server", 5, 1)]
    story = book(lines, [("server", 4, 1), ("server", 3, 14)], horizon=20,
                 **({"rates": [("EUR", "1.13777", {"on": week(-9)})]} if rates else {}))
    return story, planned(story)


def broken(made: Backlog) -> list[str]:
    """The names of checks that do not hold."""
    return made.ties.filter(pl.col("holds") == "no")["check"].to_list()


def other_prices(changed: Callable[[Any], Any]) -> Callable[..., recognition.Hardware]:
    """What shipments bring, at other prices."""
    right = recognition.hardware_of

    def wrong(*given: Any) -> recognition.Hardware:
        made = right(*given)
        return replace(made, price_as_of=changed(made.price_as_of))

    return wrong


@pytest.mark.parametrize("rates", [False, True])
def test_every_check_is_a_statement(rates):
    """In dollars, and with euros that are rounded: 15 servers. Each name says that one thing equals
    another, or differs by nothing from it, which is so or is not."""
    story, plan = ten_of_which_seven_come(rates, **({"currency": "EUR"} if rates else {}))
    names = told(story, plan).ties["check"].to_list()
    assert len(names) >= 15
    assert [name for name in names if " equals " not in name
            and " differ by nothing " not in name] == []
    assert any(name.endswith("beyond rounding") for name in names) == rates


def test_a_schedule_of_other_prices_does_not_come_to_rpo(monkeypatch):
    """RPO is 1,000: 700 by quarter and 300 without a date. With prices seven times as high in the
    quarters it would be 4,900 and 300: the difference is shown as rounding, and the check says
    that 5,200 is not 1,000. The row without a date does not give way."""
    story, plan = ten_of_which_seven_come()
    made = told(story, plan)
    assert not broken(made)
    rows = made.parts["rpo_schedule"].select("kind", "rpo_cents").rows()
    assert rows[-1] == ("undated", 300_00) and sum(cents for _, cents in rows) == 1000_00
    monkeypatch.setattr(schedule, "hardware_of", other_prices(lambda cents: 7 * cents))
    spoilt = told(story, plan)
    assert broken(spoilt) == ["RPO by quarter and without a date equals RPO of the walk"]
    assert spoilt.parts["rpo_schedule"].select("kind", "rpo_cents").rows()[-2:] == [
        ("undated", 300_00), ("rounding", -4200_00)]
    assert not spoilt.figures["ties_hold"]


def test_rpo_that_forgets_what_was_shipped_is_not_what_prices_leave(monkeypatch):
    """Four of ten are shipped and recognised: RPO is 600, and 1,000 of prices less 400. A walk that
    takes a cent too much per line is found out, and so is one whose firm backlog is another."""
    story = book([("server", 10, 1, {**FIRM, "shipped_quantity": 4})], [("server", 6, 1)])
    made = told(story)
    assert not broken(made) and made.figures["rpo_cents"] == 600_00
    right = remaining.remaining
    for column, check in (
            ("rpo_cents", "RPO of the walk equals prices of contracts less what is recognised"),
            ("firm_cents", "firm backlog of the walk equals open lines that may not be cancelled")):
        monkeypatch.setattr(telling, "remaining", lambda *given, column=column: right(
            *given).with_columns(pl.col(column) + 1))
        assert check in broken(told(story))


def test_foreign_amounts_may_differ_by_what_rounding_can_make_and_no_more(monkeypatch):
    """Servers at 33.33 euros, a euro is 1.13777. Cut into quarters they round otherwise than in one
    piece: a row of a cent or two, at most as many as amounts are rounded. A dollar more is no
    rounding, and the check says by how much."""
    story, plan = ten_of_which_seven_come(True, currency="EUR", unit_price="33.33")
    made = told(story, plan)
    assert not broken(made)
    gap = made.parts["rpo_schedule"].filter(pl.col("kind") == "rounding")["rpo_cents"].sum()
    assert abs(gap) <= 9
    monkeypatch.setattr(schedule, "hardware_of", other_prices(lambda cents: cents + 100_00))
    (name,) = broken(told(story, plan))
    assert name.startswith("RPO by quarter") and name.endswith("beyond rounding")


def test_the_first_row_of_the_walk_to_revenue_is_no_plug(monkeypatch):
    """Fifteen servers at 100 are 1,500 by their prices, whatever the other rows say. Where what
    was shipped is worked out wrongly, 123,456.78 stand as rounding, and the statement says that its
    walk does not hold; the price of the contracts stays."""
    from headgate.finance import revenue

    _, plan = ten_of_which_seven_come()

    def walk() -> tuple[dict[str, int], bool]:
        made = revenue.revenue_of(plan.book, plan.policy, plan.allocation, plan.summary["value"])
        return dict(made.price_walk.select("step", "cents").iter_rows()), made.walk_holds

    right, holds = walk()
    assert holds and right["contracts"] == 1500_00 and right["rounding"] == 0
    elsewhere = recognition.elsewhere_of
    monkeypatch.setattr(revenue, "elsewhere_of", lambda *given: replace(
        elsewhere(*given), shipped=elsewhere(*given).shipped + 12_345_678))
    wrong, holds = walk()
    assert not holds and wrong["contracts"] == 1500_00 and wrong["rounding"] == 12_345_678
