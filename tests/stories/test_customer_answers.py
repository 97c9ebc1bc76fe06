"""Stories of what a customer is told: dates, what is awaited, what is theirs to decide."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from headgate.explain.customer import CustomerAnswer
from headgate.explain.why_all import why_all
from headgate.planner.placing import copied
from headgate.planner.world import log_of
from headgate.session import Plan
from tests.stories.book_builder import Story, book, week
from tests.stories.plans import planned


def told(story: Story, order: str = "SO-1") -> CustomerAnswer:
    """What the customer of an order's first line is told."""
    return planned(story).tell_customer(order, 1)


def without_its_rows(made: Plan) -> Plan:
    """The same plan with nothing given to anybody, as if its search had ended before it began."""
    plan = made.allocation
    return replace(made, allocation=replace(plan, log=copied(log_of(1, 1)), ptr=plan.ptr * 0))


def options(answer: CustomerAnswer) -> list[tuple[object, ...]]:
    """Kind, name, pieces and date of each option."""
    return [(one.kind, one.name, one.quantity, one.promised_on) for one in answer.options]


def test_a_date_and_what_is_awaited_in_the_customers_words():
    """GPUs come in week 3, for a server asked for in week 1. Their description is told, not their
    number; nothing is the customer's to decide."""
    answer = told(book([("server", 1, 1)], [("gpu", 8, 3)], [("server", "gpu", 8)], items=[
        ("gpu", 10, "component", {"description": "the newest accelerator"})]))
    assert answer.text() == (
        "Order SO-1, line 1: 1 x server, requested for 2026-02-13. All of it is promised for "
        "2026-02-27. It waits for the newest accelerator, which is scarce.")


def test_a_description_that_says_too_much_is_not_told():
    """The description names the supplier, the family the other customer, umbrella: the part is a
    component. An item's own number in its description is left out, too."""
    for cells in ({"description": "GPU by Nowidia", "family": "for-umbrella"},
                  {"description": "gpu rev. 2"}, {"description": "a $30,000 part"}):
        text = told(book([("server", 1, 1), ("server", 1, 9, {"customer_id": "umbrella"})],
                         [("gpu", 8, 3, {"supplier": "nowidia"})], [("server", "gpu", 8)],
                         items=[("gpu", 10, "component", cells)])).text()
        assert text.endswith("It waits for a component, which is scarce.")


def test_what_comes_in_several_weeks_is_told_week_by_week():
    """Two pieces now, three in week 2, and the sixth has no date."""
    answer = told(book([("part", 6, 0)], [("part", 2, 0), ("part", 3, 2)]))
    assert "We promise 2 by 2026-02-06, 3 by 2026-02-20; 1 of it has no date yet." in answer.text()
    assert "supply of the item itself" in answer.text()


def test_a_complete_line_is_offered_in_parts():
    """Four of six are there in time; all six in week 3 only. Without waiting for the last two the
    customer could have four in the week asked for."""
    answer = told(book([("part", 6, 1, {"ship_complete": "yes"})], [("part", 4, 0),
                                                                  ("part", 2, 3)]))
    assert options(answer) == [("partial", None, 4, week(0, 4))]
    assert answer.text().endswith(
        "What could be sooner, if it suits you: 4 by 2026-02-06, if not all have to arrive "
        "together.")


def test_another_item_of_the_family_that_is_there():
    """SO-1 waits for a b300; b200 of the same family is there, and is not what others ordered:
    SO-2 takes one of three."""
    family = {"family": "gpu servers"}
    answer = told(book([("b300", 2, 0), ("b200", 1, 0, {"customer_id": "umbrella"})],
                       [("b300", 2, 4), ("b200", 3, 0)],
                       items=[("b300", 10, "server", family), ("b200", 10, "server", family)]))
    assert options(answer) == [("item", "b200", 2, week(0, 4))]


def test_its_own_dates_and_another_region():
    """Austin ships to AMER in two weeks and to EMEA at once. Nothing may arrive before week 4, and
    the order is for week 1: without its own dates it could be there in week 2, in EMEA not before
    week 4 either."""
    answer = told(book([("part", 1, 1, {"earliest_on": 4})], [("part", 1, 0)],
                       lanes=[("austin", "AMER", 14), ("austin", "EMEA", 0)]))
    assert answer.awaited is not None and answer.awaited.startswith("Building and shipping take")
    assert options(answer) == [("dates", None, 1, week(2, 4))]
    answer = told(book([("part", 1, 1)], [("part", 1, 0)],
                       lanes=[("austin", "AMER", 14), ("austin", "EMEA", 0)]))
    assert options(answer) == [("region", "EMEA", 1, week(0, 4))]


def test_a_region_with_a_restriction_is_not_offered():
    """The same, but the part must not go to EMEA."""
    answer = told(book([("part", 1, 1)], [("part", 1, 0)],
                       lanes=[("austin", "AMER", 14), ("austin", "EMEA", 0)],
                       restrictions=[("part", {"region": "EMEA"})]))
    assert options(answer) == []


def test_on_time_is_all_that_needs_to_be_said():
    """A line that is on time waits for nothing."""
    assert told(book([("part", 1, 1)], [("part", 1, 0)])).text() == (
        "Order SO-1, line 1: 1 x part, requested for 2026-02-13. All of it is promised for "
        "2026-02-06.")


def test_nothing_is_offered_that_the_plan_would_not_do():
    """Two servers that ship complete sell for 70 and cost 20 each. The second would take dimm-b at
    120 more: both bring 100 - 120, so a value plan leaves them, and no part of them is offered, as
    it would be the same two. With a single dimm-b one server could go by itself: it brings 50 and
    is offered; at a price of 15, below its cost, it is not."""
    def asked(price: int, dear: int) -> CustomerAnswer:
        return told(book([("server", 2, 1, {"ship_complete": "yes", "unit_price": price})],
                         [("dimm-a", 2, 0), ("dimm-b", dear, 0)], [("server", "dimm-a", 2)],
                         substitutes=[("dimm-a", "dimm-b", 1, {"extra_cost": 60})],
                         items=[("server", 20)], objective="value", late_rate=0))

    answer = asked(70, 2)
    assert (answer.awaited, answer.options) == ("It is not in the plan at present.", ())
    assert options(asked(70, 1)) == [("partial", None, 1, week(0, 4))]
    assert asked(15, 1).options == ()


def test_a_line_that_has_some_is_not_told_that_it_is_not_in_the_plan():
    """The same, not complete: one server is promised, the other would cost more than it brings. A
    line whose parts are late and cheap, or in time and dear, is told of its date alone."""
    answer = told(book([("server", 2, 1, {"unit_price": 70})], [("dimm-a", 2, 0), ("dimm-b", 2, 0)],
                       [("server", "dimm-a", 2)], items=[("server", 20)], objective="value",
                       substitutes=[("dimm-a", "dimm-b", 1, {"extra_cost": 60})], late_rate=0))
    assert answer.awaited == "The rest of it is not in the plan at present."
    late = told(book([("server", 1, 1)], [("dimm-a", 2, 3), ("dimm-a", 2, 0, {
        "reserved_for": "umbrella"}), ("dimm-b", 2, 0)], [("server", "dimm-a", 2)],
        items=[("server", 20)], objective="value", late_rate="0.001",
        substitutes=[("dimm-a", "dimm-b", 1, {"extra_cost": 60})]))
    assert late.awaited == "An earlier date is not in the plan at present."


def test_what_the_plan_passed_over_needs_nothing_of_the_customer():
    """The part lies there for SO-1, of week 4, which may not arrive before week 2, and the plan
    gives it nothing. All of it could be there in week 2 as it was ordered: no other date, region or
    item, nor a part of one piece, is the customer's to decide, and the line does not wait for
    supply. The planner is told that no other order holds what it lacks, and what serving it would
    bring: a price of 100 less the cost of 10, and 10 weeks of late cost of 1 % that are spared."""
    made = without_its_rows(planned(book(
        [("part", 1, 4, {"ship_complete": "yes", "earliest_on": 2, "unit_price": 100})],
        [("part", 1, 0), ("other", 1, 0)], lanes=[("austin", "AMER", 0), ("austin", "EMEA", 0)],
        items=[("part", 10, "server", {"family": "f"}), ("other", 10, "server", {"family": "f"})],
        objective="value")))
    answer = made.tell_customer("SO-1", 1)
    assert answer.text() == (
        "Order SO-1, line 1: 1 x part, requested for 2026-03-06. We cannot promise a date yet. "
        f"Nothing that it needs is missing: all of it could be there by {week(2, 4)}, once it is "
        "planned anew.")
    why = made.why("SO-1", 1)
    assert why.relief is not None and why.relief.relief is not None
    assert (why.reason, why.relief.relief.kind) == ("outbid", "unchanged")
    gain = why.relief.relief.gain_cents
    assert gain is not None and gain > 9_000
    assert "other orders hold" not in why.text()
    assert ("Alone it would be on time, and other orders leave it what it needs. What the plan "
            f"leaves is enough for all of it by {week(2, 4)}, and it would bring ") in why.text()
    table = made.promises.with_columns(reason=pl.lit("outbid"), text=pl.lit(
        "Alone it would be on time: other orders hold what it lacks."))
    row = why_all(made.book, made.policy, made.allocation, table).row(0, named=True)
    assert row["relief_kind"] == "unchanged"
    assert row["text"] in why.text()


def test_what_comes_as_soon_without_a_change_is_no_option():
    """A part of week 0 that can arrive in week 1 at the earliest, and the plan passed it over. To
    order it for EMEA brings it no sooner, to which it is as far; to LATAM, next door, it does."""
    answer = without_its_rows(planned(book(
        [("part", 1, 0)], [("part", 1, 0)],
        lanes=[("austin", "AMER", 7), ("austin", "EMEA", 7), ("austin", "LATAM", 0)]))
    ).tell_customer("SO-1", 1)
    assert answer.awaited == (
        "Building and shipping take longer than there was time until the requested date. All of it "
        f"could be there by {week(1, 4)}, once it is planned anew.")
    assert options(answer) == [("region", "LATAM", 1, week(0, 4))]


def test_one_piece_has_no_part_that_could_come_ahead():
    """One piece that ships complete comes in week 3, asked for in week 1. It cannot come in
    parts."""
    answer = told(book([("part", 1, 1, {"ship_complete": "yes"})], [("part", 1, 3)]))
    assert answer.options == ()
