"""A basket: what can be promised of several items together, with the arithmetic in words."""

from __future__ import annotations

import pytest

import headgate as hg
from headgate.session import Plan
from tests.stories.book_builder import book, week
from tests.stories.plans import planned

BOMS = [("server", "gpu", 1), ("rack", "gpu", 2)]


def wish(item: str, pieces: int, by: int | None = None, **more: object) -> hg.Request:
    """So many of an item to AMER, wanted by the Friday of a week."""
    return hg.Request(item, pieces, "AMER", requested_on=None if by is None else week(by, 4),
                      **more)  # type: ignore[arg-type]


def asked(plan: Plan, *wishes: hg.Request, **more: object) -> hg.Basket:
    return hg.quote_basket(plan.book, plan, wishes, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def gpus() -> Plan:
    """Three GPUs now and four in week 3; the plan takes one. A server takes one, a rack two."""
    return planned(book([("server", 1, 0)], [("gpu", 3, 0), ("gpu", 4, 3)], BOMS))


def test_each_takes_from_what_those_before_it_leave(gpus):
    """Two GPUs are free now. A server takes one, and the rack after it has one too few until week
    3; alone it would come at once, so the server before it is what binds. Asked the other way
    round, the server is the one that waits."""
    basket = asked(gpus, wish("server", 1), wish("rack", 1))
    assert [one.promised_on for one in basket.quotes] == [week(0, 4), week(3, 4)]
    assert basket.promised_on == week(3, 4)
    assert (basket.binds, basket.reason, basket.binding_id) == (1, "basket", "gpu")
    assert "all of it is there by" in basket.text()
    assert "What binds is rack. The items before it in the basket take what it lacks" in (
        basket.text())
    turned = asked(gpus, wish("rack", 1), wish("server", 1))
    assert [one.promised_on for one in turned.quotes] == [week(0, 4), week(3, 4)]
    # Each alone, as `quote` answers, has its GPUs at once.
    alone = hg.quote(gpus.book, gpus, [wish("server", 1), wish("rack", 1)])
    assert {one.promised_on for one in alone} == {week(0, 4)}


def test_complete_is_the_first_week_that_all_can_come_in(gpus):
    """A server and a rack take three GPUs, which are there in week 3: everything comes then, the
    server too. By week 2 it cannot, though the server alone could come."""
    basket = asked(gpus, wish("server", 1), wish("rack", 1), complete=True)
    assert {part.promised_on for one in basket.quotes for part in one.shipments} == {week(3, 4)}
    assert (basket.promised_on, basket.binds, basket.reason) == (week(3, 4), 1, "basket")
    assert f"all of it arrives in the week of {week(3, 4)}" in basket.text()
    never = asked(gpus, wish("server", 1, latest_on=week(2, 4)),
                  wish("rack", 1, latest_on=week(2, 4)), complete=True)
    assert (never.promised_on, never.binds, never.reason) == (None, 1, "basket")
    assert "not all of it can be promised in one week" in never.text()


def test_all_in_time_binds_nothing(gpus):
    """Wanted by week 4, both are there by then and nothing binds. Two racks and four servers are
    eight GPUs, of which six are free: of the servers only two can be had."""
    basket = asked(gpus, wish("server", 1, 4), wish("rack", 1, 4))
    assert (basket.binds, basket.reason) == (None, None)
    short = asked(gpus, wish("rack", 2), wish("server", 4))
    assert [one.quantity for one in short.quotes] == [2, 2]
    assert (short.promised_on, short.binds, short.reason) == (None, 1, "basket")
    assert short.as_dict()["binds"] == "server"


def test_an_item_that_is_late_by_itself_says_its_own_reason(gpus):
    """Five servers need five GPUs, and two are free until week 3: nobody before them is to blame,
    but that the GPUs come late."""
    basket = asked(gpus, wish("server", 5))
    assert (basket.promised_on, basket.binds, basket.reason) == (week(3, 4), 0, "part")


def test_what_a_basket_cannot_be(gpus):
    """A basket displaces nobody and holds something; every fault of it is told at once."""
    with pytest.raises(ValueError, match="displaces no order line"):
        asked(gpus, wish("server", 1), mode="ptp")
    with pytest.raises(ValueError, match="must have a request"):
        asked(gpus)
    with pytest.raises(hg.IssuesError) as raised:
        asked(gpus, wish("servr", 1), wish("rack", 0))
    assert [(issue.row, issue.column) for issue in raised.value.issues] == [
        (1, "item_id"), (2, "quantity")]
