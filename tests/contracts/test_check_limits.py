"""The check under limits: plans that obey them are proven, and each broken one is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.tables.frames import Tables
from headgate.tables.plan_schema import PlanFrames
from headgate.verify import check_plan
from headgate.verify.bound import bound_of
from headgate.verify.rules import RULES
from tests.oracles.limited_books import LIMITS, limited_book
from tests.oracles.slow_bound import slow_bound
from tests.stories.book_builder import book, week

BANK, CLOUD = {"segment": "bank"}, {"segment": "cloud"}
VALUE = {"objective": "value", "late_rate": "0", "undelivered": "zero"}


@pytest.mark.parametrize("family", LIMITS)
@pytest.mark.parametrize("objective", ["rank", "value"])
def test_plans_under_limits_are_proven(family: str, objective: str) -> None:
    """Twenty books of each family of limits: allocations, what is held and broken, quotas, sets,
    reasons, and under `value` the bound with the prices of permits."""
    for seed in range(20):
        read = hg.read_book(*limited_book(seed, family))
        policy = {**read.settings.policy, "objective": objective}
        plan = hg.plan(read, policy | ({"work": 12} if objective == "value" else {}))
        assert hg.check(read, plan).issues == (), f"limited_book({seed}, {family!r})"


@pytest.mark.parametrize("family", LIMITS)
def test_the_bound_at_any_prices_is_the_slow_one(family: str) -> None:
    """Eight books of each family at the plan's prices, and at prices cut in half or doubled: the
    bound is, to the cent, the one that is summed up option by option."""
    for seed in range(8):
        read = hg.read_book(*limited_book(seed, family))
        plan = hg.plan(read, {**read.settings.policy, "objective": "value", "work": 6})
        for times in (1, 2, 7):
            prices = plan.prices.with_columns(price_cents=pl.col("price_cents") * times // 2)
            found = bound_of(read.tables, plan.summary["policy"], prices)
            due = slow_bound(read.tables, plan.summary["policy"], prices)
            assert found == due, f"limited_book({seed}, {family!r}) times {times} / 2"


def story() -> tuple[Tables, PlanFrames]:
    """
    A book without limits and its plan. Six parts in week 0, four in week 2; SO-1 takes 6 and SO-2
    4, both whole, by weeks 0 and 2; SO-3 of 1 gets nothing. Each part is a chip drawn.
    """
    made = book([("part", 6, 0, {**CLOUD, "priority": 1}), ("part", 4, 2, {**BANK, "priority": 2}),
                 ("part", 1, 2, CLOUD)],
                [("chip", 6, 0), ("chip", 4, 2)], bom=[("part", "chip")])
    read = hg.read_book(*made)
    return read.tables, hg.plan(read).frames


def with_rows(tables: Tables, name: str, *rows: dict[str, Any]) -> Tables:
    """The book with rows of one table, blank where they say nothing."""
    schema = tables.frames[name].schema
    frame = pl.DataFrame([{column: row.get(column) for column in schema} for row in rows],
                         schema=schema)
    return replace(tables, frames={**tables.frames, name: frame})


def quota(tables: Tables, item: str, **cells: Any) -> Tables:
    """The book with one quota of weeks 0 and 1."""
    return with_rows(tables, "quotas", {"quota_id": "Q", "item_id": item, "from_on": week(0),
                                        "to_on": week(1), **cells})


def lines(tables: Tables, **cells: list[Any]) -> Tables:
    """The book with cells of its three order lines."""
    orders = tables.frames["orders"]
    changed = orders.with_columns(**{name: pl.Series(values, dtype=orders.schema[name])
                                     for name, values in cells.items()})
    return replace(tables, frames={**tables.frames, "orders": changed})


def pinned(tables: Tables, line: str, ship: int, pieces: int) -> Tables:
    """The book with a pin."""
    return with_rows(tables, "pins", {"order_id": line, "line_no": 1, "site_id": "austin",
                                      "ship_on": week(ship), "quantity": pieces, "reason": "so"})


BREAKS: dict[str, tuple[Callable[[Tables], Tables], str]] = {
    "a cap of what is sent": (lambda t: quota(t, "part", max_quantity=5), "check.quotas.cap"),
    "a cap of what is drawn": (lambda t: quota(t, "chip", max_quantity=5), "check.quotas.cap"),
    "a reservation": (lambda t: quota(t, "chip", reserved_quantity=1, **BANK),
                      "check.quotas.reserved"),
    "a set in two weeks": (lambda t: lines(t, ship_set=["S", "S", None]),
                           "check.allocations.ship_set"),
    "half a set": (lambda t: lines(t, ship_set=["S", None, "S"]), "check.allocations.ship_set"),
    "a promise that is not kept": (lambda t: lines(
        t, frozen=[False, False, True], promised_on=[None, None, week(1)]),
        "check.held.allocation"),
    "a pin that is not there": (lambda t: pinned(t, "SO-3", 1, 1), "check.held.allocation"),
    "a pin in another week": (lambda t: pinned(t, "SO-2", 3, 4), "check.held.allocation"),
    "a pin that does not fit": (lambda t: pinned(t, "SO-2", 0, 4), "check.held.allocation"),
    "a broken pin": (lambda t: pinned(t, "SO-3", 9, 1), "check.promises.value"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_limit_is_proven(name: str) -> None:
    """A plan that was good without the limit breaks it: the rule is named."""
    tables, plan = story()
    assert check_plan(tables, plan).issues == ()
    change, code = BREAKS[name]
    found = {issue.code for issue in check_plan(change(tables), plan).issues}
    assert code in found
    assert found <= set(RULES)


FITS: dict[str, Callable[[Tables], Tables]] = {
    "a cap that reaches": lambda t: quota(t, "chip", max_quantity=6),
    "a cap of the part from stock counts no chip": lambda t: quota(t, "part", max_quantity=6),
    "a cap of others": lambda t: quota(t, "part", max_quantity=0, region="EMEA"),
    "a reservation for who drew": lambda t: quota(t, "chip", reserved_quantity=6, **CLOUD),
    "a pin that the plan has": lambda t: pinned(t, "SO-2", 2, 4),
    "a promise that the plan keeps": lambda t: lines(
        t, frozen=[True, False, False], promised_on=[week(0), None, None]),
}


@pytest.mark.parametrize("name", FITS)
def test_limits_that_a_plan_obeys_are_none_of_its_faults(name: str) -> None:
    """Only the digest of the book, what was promised before and reasons differ."""
    tables, plan = story()
    found = {issue.code for issue in check_plan(FITS[name](tables), plan).issues}
    assert found <= {"check.summary.value", "check.promises.reason", "check.promises.text"}


def test_the_bound_of_a_cap_by_hand() -> None:
    """Ten parts, worth 90 each to one order of 8, of which a cap lets 5 go: the plan is worth 450.
    With parts at 0 and the permit at 90 the bound is 5 x 90 + 8 x 0 = 450; with the permit at 30
    it is 5 x 30 + 8 x 60 = 630; without prices 8 x 90 = 720."""
    made = book([("part", 8, 0)], [("part", 10, 0)], items=[("part", 10)],
                quotas=[("part", 0, 7, {"max_quantity": 5})], **VALUE)
    read = hg.read_book(*made)
    plan = hg.plan(read)
    assert plan.summary["value"]["weighted_cents"] == 450_00
    # The search for prices ends a cent or two beside the best one.
    assert 450_00 <= plan.summary["certificate"]["bound_cents"] <= 450_10
    assert plan.prices.select("kind", "id", "site_id").rows() == [("quota", "Q-1", None)]
    for cents, expected in ((90_00, 450_00), (30_00, 630_00), (0, 720_00)):
        prices = plan.prices.with_columns(price_cents=pl.lit(cents, dtype=pl.Int64))
        assert bound_of(read.tables, plan.summary["policy"], prices) == expected


def test_the_bound_of_a_reservation_by_hand() -> None:
    """Ten parts, 6 for banks, who ask for 2 at 60 a piece; the cloud asks for 8 at 90. Best: 2 x 60
    and 4 x 90 = 480. A common permit at 90 for 4, and one of the banks' at 0: 4 x 90 + 2 x 60."""
    made = book([("part", 8, 0, {**CLOUD, "unit_price": 100}),
                 ("part", 2, 0, {**BANK, "unit_price": 70})], [("part", 10, 0)],
                items=[("part", 10)],
                quotas=[("part", 0, 7, {**BANK, "reserved_quantity": 6})], **VALUE)
    plan = hg.plan(hg.read_book(*made))
    assert plan.summary["value"]["weighted_cents"] == 480_00
    assert 480_00 <= plan.summary["certificate"]["bound_cents"] <= 480_10
    assert plan.prices.select("kind", "id").rows() == [("quota", "common:Q-1")]


def test_the_bound_of_what_is_held_is_its_value() -> None:
    """A pin gives 3 of 4 parts to the order that brings 10 less a piece. Held: 3 x 80; the fourth
    part brings 90. The bound is 240 + 90 = 330, and not the 360 that 4 x 90 would make."""
    made = book([("part", 4, 0, {"unit_price": 100}), ("part", 3, 0, {"unit_price": 90})],
                [("part", 4, 0)], items=[("part", 10)], pins=[("SO-2", 0, 3)], **VALUE)
    plan = hg.plan(hg.read_book(*made))
    assert plan.summary["value"]["weighted_cents"] == 330_00
    assert 330_00 <= plan.summary["certificate"]["bound_cents"] <= 330_10


def test_the_bound_of_a_set_looks_for_one_week_for_all() -> None:
    """Box and cable of a set, the box worth 90 in week 0 and 40 from week 1 on, when it is late;
    the cable comes in week 2. Alone the box would bring 90 and the cable 90; together, in week 2,
    90 - 2 x 50 + 90 = 80."""
    lateness = {"late_penalty_per_unit_week": 50, "ship_set": "S"}
    made = book([("box", 1, 0, lateness), ("cable", 1, 2, lateness)],
                [("box", 1, 0), ("cable", 1, 2)], items=[("box", 10), ("cable", 10)], **VALUE)
    plan = hg.plan(hg.read_book(*made))
    assert plan.summary["value"]["weighted_cents"] == 80_00
    assert 80_00 <= plan.summary["certificate"]["bound_cents"] <= 80_10
