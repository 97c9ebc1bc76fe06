"""Stories of what would help a line that is not on time."""

from __future__ import annotations

from typing import Any

from headgate.explain.line_relief import LineRelief
from tests.stories.book_builder import Story, book, week
from tests.stories.plans import planned, promise


def reliefs(story: Story, order: str = "SO-1") -> dict[str, LineRelief]:
    """What would help an order's first line, by kind, the smallest first."""
    answer = planned(story).why(order, 1).relief
    assert answer is not None
    return {relief.kind: relief for relief in answer.reliefs}


def parts(relief: LineRelief) -> list[tuple[Any, ...]]:
    """Kind, what, where, by when and how many of each part."""
    return [(part.kind, part.item_id or part.resource_id, part.site_id, part.by_on, part.quantity)
            for part in relief.parts]


def test_as_many_more_as_are_missing_and_not_one_more():
    """A server takes 8 GPUs, 6 are there, asked for in week 1: 2 more by week 1, at 10 each."""
    found = reliefs(book([("server", 1, 1)], [("gpu", 6, 0)], [("server", "gpu", 8)]))
    assert list(found) == ["more"]
    relief = found["more"]
    assert parts(relief) == [("more", "gpu", "austin", week(1), 2)]
    assert (relief.promised_on, relief.on_time, relief.cost_cents) == (week(1, 4), True, 2_000)
    assert relief.text() == (
        "2 more gpu at austin, there by the week of 2026-02-09 ($20.00 at standard cost): then all "
        "of it arrives by 2026-02-13.")


def test_a_receipt_that_is_bought_already_comes_before_buying_more():
    """Six GPUs are there and PO-7 brings 9 in week 4. Two of its pieces by week 1 are enough, and
    cost nothing that the book knows; two more bought would do as well."""
    found = reliefs(book([("server", 1, 1)], [("gpu", 6, 0), ("gpu", 9, 4, {"reference": "PO-7"})],
                         [("server", "gpu", 8)]))
    assert list(found) == ["pulled_in", "more"]
    part = found["pulled_in"].parts[0]
    assert (part.reference, part.due_on, part.by_on, part.quantity) == ("PO-7", week(4), week(1), 2)
    assert found["pulled_in"].cost_cents is None


def test_several_receipts_can_be_pulled_in_together():
    """Four GPUs are missing, PO-1 and PO-2 bring 3 each: 3 of the first and 1 of the second."""
    found = reliefs(book([("gpu", 4, 0)], [("gpu", 3, 2, {"reference": "PO-1"}),
                                           ("gpu", 3, 3, {"reference": "PO-2"})]))
    assert [(part.reference, part.quantity) for part in found["pulled_in"].parts] == [
        ("PO-1", 3), ("PO-2", 1)]


def test_pieces_of_another_site_are_moved_if_nobody_needs_them_there():
    """Lodz has 5 GPUs and no lane to AMER; SO-2 takes 3 of them to EMEA. Two are free: enough for
    one server of 2, too few for two servers of 2."""
    def story(servers: int) -> Story:
        return book([("server", servers, 1), ("gpu", 3, 1, {"region": "EMEA"})],
                    [("gpu", 5, 0, {"site_id": "lodz"})], [("server", "gpu", 2)],
                    lanes=[("austin", "AMER", 0), ("lodz", "EMEA", 0)])

    moved = reliefs(story(1))["transfer"].parts[0]
    assert (moved.item_id, moved.from_site_id, moved.site_id, moved.quantity) == (
        "gpu", "lodz", "austin", 2)
    assert "transfer" not in reliefs(story(2))


def test_another_part_of_the_family_stands_in():
    """There is no ssd-a, but 4 ssd-b of its family, at 15 instead of 10: 2 of them cost 10 more.
    The fan is of no family and cannot."""
    found = reliefs(book([("server", 1, 1)], [("ssd-b", 4, 0), ("fan", 9, 0)],
                         [("server", "ssd-a", 2), ("server", "fan")],
                         items=[("ssd-a", 10, "component", {"family": "ssd"}),
                                ("ssd-b", 15, "component", {"family": "ssd"})]))
    relief = found["substitute"]
    assert parts(relief) == [("substitute", "ssd-a", "austin", week(1), 2)]
    assert (relief.parts[0].from_item_id, relief.cost_cents) == ("ssd-b", 1_000)


def test_hours_are_told_whole():
    """Three servers at 2.5 hours are 7.5, all in one week, which has 4: 3.5 are missing, 4 more."""
    found = reliefs(book([("server", 3, 0, {"ship_complete": "yes"})], [("gpu", 3, 0)],
                         [("server", "gpu")], routing=[("server", "test", 2.5, 0)],
                         capacity=[("test", 4)]))
    assert parts(found["hours"]) == [("hours", "test", "austin", week(0), 4)]


def test_an_order_is_displaced_at_what_it_then_brings_less():
    """One part now, one in week 2, SO-1 before SO-2. If SO-1 gives its part up it waits until
    week 2: two weeks late at 0.2% of 100 are 40 cents. Pulling the receipt in, or buying, hurts
    nobody and comes first."""
    found = reliefs(book([("part", 1, 0, {"priority": 1}), ("part", 1, 0)],
                         [("part", 1, 0), ("part", 1, 2)]), "SO-2")
    assert list(found) == ["pulled_in", "more", "displaced"]
    part = found["displaced"].parts[0]
    assert (part.order_id, part.line_no, part.was_on, part.then_on, part.cost_cents) == (
        "SO-1", 1, week(0, 4), week(2, 4), 40)
    assert "arrives by 2026-02-20 instead of 2026-02-06, and brings $0.40 less" in part.text()


def test_a_frozen_order_is_not_displaced():
    """The same, but SO-1 may not be moved."""
    kept = {"priority": 1, "frozen": "yes", "promised_on": week(0, 4).isoformat()}
    found = reliefs(book([("part", 1, 0, kept), ("part", 1, 0)],
                         [("part", 1, 0), ("part", 1, 2)]), "SO-2")
    assert list(found) == ["pulled_in", "more"]


def test_two_parts_together_where_one_is_not_enough():
    """GPUs and DIMMs are both missing: a relief of two parts, 8 and 4."""
    found = reliefs(book([("server", 1, 1)], (), [("server", "gpu", 8), ("server", "dimm", 4)],
                         items=[("gpu", 100)]))
    assert parts(found["more"]) == [("more", "gpu", "austin", week(1), 8),
                                    ("more", "dimm", "austin", week(1), 4)]


def test_of_two_sites_the_one_that_lacks_less():
    """Austin lacks GPUs and chassis, Lodz a chassis only: one chassis at Lodz."""
    found = reliefs(book([("server", 1, 1)], [("gpu", 8, 0, {"site_id": "lodz"})],
                         [("server", "gpu", 8), ("server", "chassis")],
                         lanes=[("austin", "AMER", 0), ("lodz", "AMER", 1)]))
    assert parts(found["more"]) == [("more", "chassis", "lodz", week(0), 1)]


def test_none_exists_where_lead_time_alone_is_too_long():
    """Fourteen days of building: nothing leaves before week 2, asked for in week 1. GPUs are there,
    so week 2 is planned, and no supply brings it sooner."""
    made = planned(book([("server", 1, 1)], [("gpu", 1, 0)], [("server", "gpu")],
                        routing=[("server", "test", 1, 14)], capacity=[("test", "inf")]))
    answer = made.why("SO-1", 1).relief
    assert answer is not None
    assert (answer.state, answer.reliefs, answer.earliest_on) == ("none_exists", (), week(2, 4))
    assert answer.text() == ("No supply brings it sooner: even with parts and hours without limit, "
                             "and no other order, 2026-02-20 is the earliest.")


def test_earlier_where_on_time_is_out_of_reach():
    """The same, but the GPU comes in week 3 only, for a shipment in week 5: pulled in to week 0 it
    arrives in week 2, which is late and the earliest there is."""
    answer = planned(book([("server", 1, 1)], [("gpu", 1, 3)], [("server", "gpu")],
                          routing=[("server", "test", 1, 14)],
                          capacity=[("test", "inf")])).why("SO-1", 1).relief
    assert answer is not None and answer.relief is not None
    assert (answer.relief.kind, answer.relief.promised_on, answer.relief.on_time) == (
        "pulled_in", week(2, 4), False)
    assert answer.text().startswith("On time is out of reach: with parts and hours without limit "
                                    "2026-02-20 is the earliest. ")


def test_a_restricted_line_cannot_be_helped():
    """What must not be sent cannot be sent, however much there is of it."""
    answer = planned(book([("part", 1, 1)], [("part", 5, 0)], restrictions=[
        ("part", {"region": "AMER"})])).why("SO-1", 1).relief
    assert answer is not None
    assert (answer.state, answer.earliest_on) == ("none_exists", None)
    assert "cannot arrive whole" in answer.text()


def test_built_already_where_no_part_is_in_time():
    """A server takes two weeks to build, and SO-1 has the one that stands there. SO-2 wants one in
    week 0 too: another server, built already. That nobody can buy; SO-1's is told first."""
    found = reliefs(book([("server", 1, 0, {"priority": 1}), ("server", 1, 0)],
                         [("server", 1, 0), ("gpu", 1, 0)], [("server", "gpu")],
                         routing=[("server", "test", 1, 14)], capacity=[("test", "inf")]), "SO-2")
    assert list(found) == ["displaced", "more"]
    assert found["more"].parts[0].built
    assert found["more"].text().startswith("1 more server at austin, built already and there by")


def test_a_line_that_is_left_for_its_price_is_told_what_serving_it_would_cost():
    """At a price of 5 and a cost of 10 a value plan does not deliver. The part lies there, but
    nothing that could change is told: to serve it would bring 5 less than to leave it."""
    made = planned(book([("part", 1, 1, {"unit_price": 5})], [("part", 1, 0)], objective="value",
                        late_rate=0))
    answer = made.why("SO-1", 1)
    assert answer.reason == "unprofitable" and answer.relief is not None
    told = answer.relief
    assert (told.state, told.reliefs) == ("at_a_loss", ())
    assert (told.loss_cents, told.extra_cents) == (500, 0)
    assert (told.today_quantity, told.today_on) == (1, week(0, 4))
    assert told.text() == ("What the plan leaves would be enough for all of it by 2026-02-06, but "
                           "it would bring $5.00 less than it does as planned: the policy leaves "
                           "it.")


DEAR = {"extra_cost": 60}
DIMMS = {"bom": [("server", "dimm-a", 2)], "substitutes": [("dimm-a", "dimm-b", 1, DEAR)],
         "items": [("server", 20)], "objective": "value", "late_rate": 0}


def test_a_line_whose_only_parts_left_are_too_dear_is_unprofitable():
    """A server sells for 100 and costs 20: 80. SO-1 takes both dimm-a; what is left for SO-2 are
    two dimm-b at 60 more each, 120: to serve it would bring 40 less than to leave it. By rank it
    is served."""
    told = book([("server", 1, 1, {"unit_price": 101}), ("server", 1, 1)],
                [("dimm-a", 2, 0), ("dimm-b", 2, 0)], **DIMMS)
    answer = planned(told).why("SO-2", 1)
    assert (answer.reason, answer.binding_id) == ("unprofitable", None)
    assert answer.relief is not None
    assert (answer.relief.state, answer.relief.loss_cents, answer.relief.extra_cents) == (
        "at_a_loss", 4_000, 12_000)
    assert answer.relief.text().endswith("it would bring $40.00 less than it does as planned "
                                         "(substitutes would cost $120.00 extra): the policy "
                                         "leaves it.")
    row = planned(told).why_all().row(0, named=True)
    assert (row["relief"], row["relief_kind"], row["cost_cents"]) == ("at_a_loss", None, 4_000)
    by_rank = planned(book([("server", 1, 1), ("server", 1, 1)], [("dimm-a", 2, 0),
                                                                   ("dimm-b", 2, 0)],
                           **DIMMS | {"objective": "rank"}))
    assert promise(by_rank, "SO-2")["status"] == "on_time"


def test_a_relief_that_does_not_pay_says_so():
    """A server would bring 80. One dimm-b is left for SO-2, at some more, and one dimm is missing:
    with one more dimm-a and the dimm-b at 90 it brings 10 less than if it is left, at 80 the same,
    at 70 it brings more, which is what a relief is for."""
    def told(extra: int) -> LineRelief:
        dear = {"substitutes": [("dimm-a", "dimm-b", 1, {"extra_cost": extra})]}
        return reliefs(book([("server", 1, 1, {"unit_price": 101}), ("server", 1, 1)],
                            [("dimm-a", 2, 0), ("dimm-b", 1, 0)], **DIMMS | dear), "SO-2")["more"]

    assert [told(extra).loss_cents for extra in (90, 80, 70)] == [1_000, 0, None]
    assert told(90).text().endswith(
        "then all of it arrives by 2026-02-13, but brings $10.00 less than it does as planned.")
    assert told(80).text().endswith(", but brings no more than it does as planned.")
    assert told(70).text().endswith("then all of it arrives by 2026-02-13.")


def test_the_rest_of_a_line_can_be_what_does_not_pay():
    """Two servers, one pair of dimm-a: the first server brings 80, the second with its dimm-b
    would take 40 off again. The line is short: whole it would bring 160 - 120, which is 40 less
    than the 80 of now."""
    answer = planned(book([("server", 2, 1)], [("dimm-a", 2, 0), ("dimm-b", 2, 0)],
                          **DIMMS)).why("SO-1", 1)
    assert (answer.status, answer.promised_quantity, answer.reason) == ("short", 1, "unprofitable")
    assert answer.relief is not None and answer.relief.loss_cents == 4_000


def test_a_ship_set_is_weighed_together():
    """SO-2 alone would bring 80 with the dimm-a that are left; its mate, which pays 10 for what
    costs 20 and takes dimm-b at 120, brings 130 less. Together they lose 50."""
    one = {"ship_set": "S-1"}
    answer = planned(book([("server", 1, 1, one), ("server", 1, 1, {**one, "unit_price": 10})],
                          [("dimm-a", 2, 0), ("dimm-b", 2, 0)], **DIMMS)).why("SO-1", 1)
    assert answer.reason == "unprofitable" and answer.relief is not None
    assert (answer.relief.state, answer.relief.loss_cents) == ("at_a_loss", 5_000)


def test_the_table_of_all_lines_says_what_each_answer_says():
    """Three lines, two of them late: two rows, with the words of `why`."""
    made = planned(book([("part", 1, 0, {"priority": 1}), ("part", 1, 0), ("other", 1, 0)],
                        [("part", 1, 0), ("part", 1, 2)], [("other", "chip")]))
    table = made.why_all()
    assert table.select("order_id", "relief", "relief_kind", "relief_id", "relief_quantity",
                        "relief_by", "relieved_on", "on_time", "other_kinds").rows() == [
        ("SO-2", "found", "pulled_in", "part", 1, week(0), week(0, 4), "yes", "more;displaced"),
        ("SO-3", "found", "more", "chip", 1, week(0), week(0, 4), "yes", None)]
    for row in table.iter_rows(named=True):
        answer = made.why(row["order_id"], row["line_no"])
        assert answer.relief is not None
        assert row["text"].endswith(answer.relief.text())
        assert row["text"].startswith("Alone it would" if row["order_id"] == "SO-2" else "Even")


def test_a_cap_is_raised_by_as_much_as_is_lacking():
    """Twenty GPUs, a cap of 6, of which SO-1 takes 4: SO-2 gets 2 of 5, and 3 more may be sent. Or
    SO-1 gives its four up and is left with one."""
    found = reliefs(book([("gpu", 4, 0), ("gpu", 5, 0)], [("gpu", 20, 0)],
                         quotas=[("gpu", 0, 7, {"region": "AMER", "max_quantity": 6})]), "SO-2")
    assert list(found) == ["quota", "displaced"]
    part = found["quota"].parts[0]
    assert (part.quota_id, part.quantity, part.reserved) == ("Q-1", 3, False)
    assert found["quota"].text() == "Quota Q-1 raised by 3 pieces: then all of it arrives by " \
                                    "2026-02-06."
    assert found["displaced"].parts[0].quantity == 1


def test_a_part_and_a_quota_that_are_both_too_few():
    """Five GPUs asked for, four there and a cap of 3: one more GPU, and 2 more that may be sent."""
    found = reliefs(book([("gpu", 5, 0)], [("gpu", 4, 0)],
                         quotas=[("gpu", 0, 7, {"region": "AMER", "max_quantity": 3})]))
    assert list(found) == ["more+quota"]
    assert [(part.kind, part.quantity) for part in found["more+quota"].parts] == [
        ("more", 1), ("quota", 2)]


def test_fewer_pieces_are_reserved_for_others():
    """Eight GPUs, 5 of them reserved for the bank, which orders none: three are left to everybody,
    and for an order of five the bank must give 2 back."""
    found = reliefs(book([("gpu", 5, 0)], [("gpu", 8, 0)], quotas=[
        ("gpu", 0, 7, {"customer_id": "bank", "reserved_quantity": 5})]))
    part = found["quota"].parts[0]
    assert (part.quota_id, part.quantity, part.reserved) == ("Q-1", 2, True)
    assert found["quota"].text().startswith("2 pieces fewer reserved by quota Q-1: ")


def test_a_promise_that_is_held_late_can_be_lifted():
    """Two GPUs are there, but the promise is frozen in week 2: nothing else has to change."""
    found = reliefs(book([("gpu", 2, 0, {"frozen": "yes", "promised_on": week(2, 4).isoformat()})],
                         [("gpu", 4, 0)]))
    assert list(found) == ["unfrozen"]
    assert found["unfrozen"].promised_on == week(0, 4)
    assert found["unfrozen"].text().startswith(
        "Its promise of 2026-02-20, which is frozen, lifted: ")


def test_a_pin_that_holds_a_line_late_is_named():
    """Two GPUs are there, but a planner pinned them to week 1: the pin is what has to go."""
    found = reliefs(book([("gpu", 2, 0)], [("gpu", 4, 0)], pins=[("SO-1", 1, 2)]))
    assert found["unfrozen"].text().startswith(
        "Its pin to ship from austin in the week of 2026-02-09 lifted: ")


def test_a_pin_that_is_broken_whole_holds_nothing():
    """Five are pinned to week 0, none is there: the pin is broken. Five by week 1 bring the order,
    and the pin stands in nobody's way. Pinned to week 3 it would hold the new pieces until then,
    so it has to go; and of two pins the one that is kept is named, not the broken one."""
    def told(*pins: tuple[Any, ...], in_week_1: int = 0) -> LineRelief:
        supply = [("gpu", 9, 5), *([("gpu", in_week_1, 1)] if in_week_1 else [])]
        return next(iter(reliefs(book([("gpu", 5, 1)], supply, pins=pins)).values()))

    assert told(("SO-1", 0, 5)).kind == "pulled_in"
    assert told(("SO-1", 3, 5)).kind == "pulled_in+unfrozen"
    both = told(("SO-1", 0, 3), ("SO-1", 2, 2), in_week_1=2)
    assert both.kind == "pulled_in+unfrozen" and both.parts[1].due_on == week(2)


def test_a_receipt_kept_for_the_customer_is_pulled_in_whatever_else_is_reserved():
    """PO-9 brings 2 GPUs in week 3 that only acme may use. That another customer without an order
    has a receipt of its own, or that a quota caps servers, changes nothing."""
    own = ("gpu", 2, 3, {"reference": "PO-9", "reserved_for": "acme"})
    other = ("gpu", 5, 0, {"reserved_for": "aaa"})
    asked, fan = [("gpu", 2, 0), ("fan", 1, 0)], ("fan", 1, 0)
    stories = [book(asked, [own, fan]), book(asked, [own, fan, other]),
               book(asked, [own, fan], quotas=[("fan", 0, 7, {"max_quantity": 9})])]
    for story in stories:
        part = reliefs(story)["pulled_in"].parts[0]
        assert (part.reference, part.quantity, part.by_on) == ("PO-9", 2, week(0))


def test_a_ship_set_needs_what_all_its_lines_need():
    """SO-1's GPUs are there, its mate's network cards come in week 2: two of them by week 0 bring
    both. For SO-1 alone nothing would be missing."""
    found = reliefs(book([("gpu", 2, 0, {"ship_set": "S"}), ("nic", 2, 0, {"ship_set": "S"})],
                         [("gpu", 2, 0), ("nic", 2, 2)]))
    assert parts(found["more"]) == [("more", "nic", "austin", week(0), 2)]
    assert list(found) == ["pulled_in", "more"]


def test_of_a_ship_set_no_order_is_displaced():
    """One part is there, SO-1 has it for its set: SO-2 is told to wait for the next one, not that
    SO-1 alone could give it up."""
    found = reliefs(book([("part", 1, 0, {"priority": 1, "ship_set": "S"}), ("part", 1, 0)],
                         [("part", 1, 0), ("part", 1, 2)]), "SO-2")
    assert list(found) == ["pulled_in", "more"]
