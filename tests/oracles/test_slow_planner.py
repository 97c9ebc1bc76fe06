"""The slow planner itself, held to cases that were worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from headgate.tables.check import RawBook, RawTable, check_tables
from headgate.tables.frames import Tables
from tests.oracles.random_books import SHAPES, random_book
from tests.oracles.slow_figures import pegging_rows, promise_rows, summary
from tests.oracles.slow_planner import SlowPlan, Walk, slow_plan
from tests.oracles.slow_reasons import slow_reason
from tests.oracles.slow_shortages import shortage_rows
from tests.oracles.slow_world import World
from tests.stories.book_builder import Story, book, week


def checked(seed: int, shape: str) -> Tables:
    """A random book after the check."""
    frames, settings = random_book(seed, shape)
    return check_tables(RawBook({name: RawTable(frame, f"{name}.csv", 2)
                                 for name, frame in frames.items()}, settings, ()))


def planned(story: Story) -> SlowPlan:
    """The slow plan of a story."""
    return slow_plan(story.tables())


def shipped(plan: SlowPlan) -> list[tuple[str, str, int, int]]:
    """Order, item sent, arrival bucket and pieces of each allocation, in rank order."""
    return [(row.line.order_id, row.item, row.arrive, row.pieces)
            for rows in plan.allocations for row in rows]


def drawn(plan: SlowPlan) -> list[tuple[str, int, int, str, int]]:
    """Item, bucket, pieces, component called for and lead days of each draw, sorted."""
    return sorted((draw.item, draw.bucket, draw.pieces, draw.stood_in_for, draw.lead_days)
                  for draw in plan.world.all_draws())


def reason(plan: SlowPlan, rank: int = 0) -> tuple[Any, ...]:
    """Reason, and kind, id and bucket of what binds, of the line of that rank."""
    found = slow_reason(plan, plan.book.lines[rank])
    assert found is not None
    bound = found.binding
    return (found.reason,) if bound is None else (found.reason, bound.kind, bound.id, bound.bucket)


# What one piece needs.


def test_stock_is_taken_first_and_the_rest_is_made() -> None:
    """Five servers are wanted, two stand in stock: three are made, 3 x 2 = 6 GPUs."""
    plan = planned(book([("server", 5, 0)], [("server", 2), ("gpu", 7)], [("server", "gpu", 2)]))
    assert shipped(plan) == [("SO-1", "server", 0, 5)]
    assert drawn(plan) == [("gpu", 0, 6, "", 0), ("server", 0, 2, "", 0)]


def test_days_are_added_along_the_path_and_rounded_up_once() -> None:
    """A rack takes 4 days and its server 4 more: the GPU is needed 8 days before, which is
    two weeks, and not ceil(4/7) + ceil(4/7) with something between. The rack's own step ends
    at the shipment, the server's 4 days earlier: bucket t - 1. GPUs are on hand, so the rack
    leaves in bucket 2 at the earliest."""
    plan = planned(book(
        [("rack", 1, 2)], [("gpu", 1)], [("rack", "server"), ("server", "gpu")],
        routing=[("rack", "line", 1, 4), ("server", "cell", 2, 4)],
        capacity=[("line", 10), ("cell", 10)]))
    assert shipped(plan) == [("SO-1", "rack", 2, 1)]
    assert drawn(plan) == [("gpu", 0, 1, "", 8)]
    assert sorted((use.resource, use.bucket, use.micro) for use in plan.world.all_uses()) == [
        ("cell", 1, 2_000_000), ("line", 2, 1_000_000)]


def test_each_step_uses_its_hours_in_the_week_in_which_it_ends() -> None:
    """Assembly (3 days), then burn-in (7 days): the assembly ends 7 days before the shipment of
    bucket 2, in bucket 1; the parts are needed 10 days before it, in bucket 0."""
    plan = planned(book([("server", 1, 2)], [("gpu", 1)], [("server", "gpu")],
                        routing=[("server", "assembly", 5, 3), ("server", "burn-in", 24, 7)],
                        capacity=[("assembly", 5), ("burn-in", 24)]))
    assert sorted((use.resource, use.bucket) for use in plan.world.all_uses()) == [
        ("assembly", 1), ("burn-in", 2)]
    assert drawn(plan) == [("gpu", 0, 1, "", 10)]


def test_hours_of_a_week_are_a_limit_and_inf_is_none() -> None:
    """Ten hours a week and 4 for a server make two servers a week; with inf all five go."""
    def story(hours: object) -> Story:
        return book([("server", 5, 0)], [("gpu", 9)], [("server", "gpu")],
                    routing=[("server", "cell", 4)], capacity=[("cell", hours)])

    assert [row[2:] for row in shipped(planned(story(10)))] == [(0, 2), (1, 2), (2, 1)]
    assert [row[2:] for row in shipped(planned(story("inf")))] == [(0, 5)]


def test_bom_rows_hold_by_the_monday_of_the_draw() -> None:
    """Until Sunday of bucket 1 a server takes one gpu-a, from then on two gpu-b. Leaving in
    bucket 1 draws gpu-a; the line of bucket 2 draws 2 x 1 gpu-b."""
    change = {"effective_from": 2}
    plan = planned(book(
        [("server", 1, 1, {"earliest_on": 1}), ("server", 1, 2, {"earliest_on": 2})],
        [("gpu-a", 5), ("gpu-b", 5)],
        [("server", "gpu-a", 1, {"effective_to": week(1, 6)}), ("server", "gpu-b", 2, change)]))
    assert drawn(plan) == [("gpu-a", 1, 1, "", 0), ("gpu-b", 2, 2, "", 0)]


def test_a_leaf_with_one_source_is_served_before_one_that_can_choose() -> None:
    """cpu-a may be replaced by cpu-b; board needs both. One cpu-a and three cpu-b: for two
    boards cpu-b is served first (2 of 3), then cpu-a takes its one and one cpu-b."""
    plan = planned(book([("board", 2, 0)], [("cpu-a", 1), ("cpu-b", 3)],
                        [("board", "cpu-a"), ("board", "cpu-b")], [("cpu-a", "cpu-b")]))
    assert drawn(plan) == [("cpu-a", 0, 1, "", 0), ("cpu-b", 0, 1, "cpu-a", 0),
                           ("cpu-b", 0, 2, "", 0)]


def test_substitutes_go_by_preference_then_by_id() -> None:
    """Four dimms: one of its own, then d-z (preference 1) 1 piece, then d-b before d-c."""
    plan = planned(book([("board", 4, 0)], [("dimm", 1), ("d-z", 1), ("d-c", 9), ("d-b", 1)],
                        [("board", "dimm")],
                        [("dimm", "d-z", 1), ("dimm", "d-c", 2), ("dimm", "d-b", 2)]))
    assert drawn(plan) == [("d-b", 0, 1, "dimm", 0), ("d-c", 0, 1, "dimm", 0),
                           ("d-z", 0, 1, "dimm", 0), ("dimm", 0, 1, "", 0)]


def test_the_item_sent_has_no_substitutes() -> None:
    """Spare dimms are sold as themselves: the substitute on hand does not serve them."""
    plan = planned(book([("dimm", 1, 0)], [("dimm", 1, 3), ("d-b", 5)],
                        substitutes=[("dimm", "d-b")]))
    assert shipped(plan) == [("SO-1", "dimm", 3, 1)]


# Supply.


def test_supply_starts_on_the_first_monday_from_its_day_on() -> None:
    """Committed for Tuesday of bucket 1: usable in bucket 2."""
    plan = planned(book([("gpu", 1, 0)], [("gpu", 1, week(1, 1))]))
    assert shipped(plan) == [("SO-1", "gpu", 2, 1)]


def test_overdue_supply_is_usable_from_bucket_1() -> None:
    """Committed for two weeks ago and not here yet: bucket 1."""
    plan = planned(book([("gpu", 1, 0)], [("gpu", 1, -2, {"status": "committed"})]))
    assert shipped(plan) == [("SO-1", "gpu", 1, 1)]
    assert pegging_rows(plan)[0][5] == "gpu@austin@2026-01-19#1"


@pytest.mark.parametrize(("use", "pieces"), [(True, 5), (False, 2)])
def test_forecast_counts_only_under_its_policy(use: bool, pieces: int) -> None:
    """Two on hand and three forecast for bucket 1; five are wanted."""
    plan = planned(book([("gpu", 5, 1)], [("gpu", 2), ("gpu", 3, 1, {"status": "forecast"})],
                        use_forecast=use))
    assert sum(row[3] for row in shipped(plan)) == pieces


def test_no_draw_takes_what_a_better_line_was_given_later() -> None:
    """Six on hand, six in bucket 3. The first line wants 8 in one week: bucket 3. Four are left
    for the second line, 6 + 6 - 8, and these already in bucket 0."""
    plan = planned(book([("gpu", 8, 0, {"ship_complete": "yes"}), ("gpu", 6, 0)],
                        [("gpu", 6), ("gpu", 6, 3)]))
    assert shipped(plan) == [("SO-1", "gpu", 3, 8), ("SO-2", "gpu", 0, 4)]


def test_own_reserved_pieces_go_first_and_nobody_else_gets_them() -> None:
    """Three are kept for acme, three for anybody. Zeta ranks first and gets three of five; acme
    draws its own three."""
    plan = planned(book([("gpu", 5, 0, {"customer_id": "zeta", "priority": 1}), ("gpu", 4, 0)],
                        [("gpu", 3, 0, {"reserved_for": "acme"}), ("gpu", 3)]))
    assert shipped(plan) == [("SO-1", "gpu", 0, 3), ("SO-2", "gpu", 0, 3)]


# Options of a line.


def test_lots_round_down() -> None:
    """Lots of 4: of 7 pieces on hand 4 go; of the 3 + 2 in bucket 2 another 4."""
    plan = planned(book([("gpu", 12, 0, {"lot_size": 4})], [("gpu", 7), ("gpu", 2, 2)]))
    assert shipped(plan) == [("SO-1", "gpu", 0, 4), ("SO-1", "gpu", 2, 4)]


def test_sites_and_items_take_part_in_one_arrival_week() -> None:
    """Ten by bucket 1. Brno is a week away and ships in bucket 0, austin is near and ships in
    bucket 1: own item from austin (3) and Brno (2), then the accepted one from austin (4): 9
    of 10, so a complete line waits for bucket 2, when austin's next gpu is there."""
    lanes = [("austin", "AMER", 0), ("brno", "AMER", 7)]
    supply = [("gpu", 3), ("gpu", 1, 2), ("gpu", 2, 0, {"site_id": "brno"}), ("old", 4)]
    cells = {"accepts": "old", "earliest_on": 1}
    plan = planned(book([("gpu", 10, 1, cells)], supply, lanes=lanes))
    assert shipped(plan) == [("SO-1", "gpu", 1, 3), ("SO-1", "gpu", 1, 2), ("SO-1", "old", 1, 4),
                             ("SO-1", "gpu", 2, 1)]
    whole = planned(book([("gpu", 10, 1, {**cells, "ship_complete": "yes"})], supply, lanes=lanes))
    assert [row[2:] for row in shipped(whole)] == [(2, 4), (2, 2), (2, 4)]


def test_restrictions_meet_pieces_and_not_what_is_made() -> None:
    """Neither stocked trays nor gpu-a may go to acme. The tray is made, its gpu-a replaced."""
    plan = planned(book([("tray", 1, 0)], [("rack-tray", 1), ("gpu-a", 3), ("gpu-b", 3)],
                        [("tray", "rack-tray"), ("rack-tray", "gpu-a")], [("gpu-a", "gpu-b")],
                        restrictions=[("rack-tray", {"customer_id": "acme"}), ("gpu-a",)]))
    assert drawn(plan) == [("gpu-b", 0, 1, "gpu-a", 0)]


# Value, pegging, shortages.


def test_value_of_late_and_undelivered_pieces() -> None:
    """Price 1000, cost 10: late cost = 3 + 0.002 x 1000 = 5 a week. Two of five arrive a week
    late: 2 x 990 - 2 x 5. Three never do: the last week is 3, requested 0, so 3 x 5 x 3 = 45."""
    line = {"unit_price": 1000, "late_penalty_per_unit_week": 3}
    plan = planned(book([("gpu", 5, 0, line)], [("gpu", 2, 1)], horizon=4))
    assert summary(plan)["value"] == {"value_cents": 192_500, "delivered_cents": 198_000,
                                      "late_cents": 1_000, "undelivered_cents": 4_500,
                                      "weighted_cents": 192_500}


def test_foreign_money_is_rounded_half_to_even_once() -> None:
    """EUR 0.50 and 1.50 at 1.01: 50.5 and 151.5 cents become 50 and 152."""
    plan = planned(book([("gpu", 1, 0, {"currency": "EUR", "unit_price": "1.50"})], [("gpu", 1)],
                        items=[("gpu", "0.50", {"currency": "EUR"})], rates=[("EUR", "1.01")]))
    assert plan.book.lines[0].price_cents == 152
    assert plan.book.unit_cents["gpu"] == 50


def test_pegging_is_fifo_with_own_rows_first() -> None:
    """Acme (rank 2) draws 3 in bucket 0, its own 2 first; bolt (rank 1) draws 4 in bucket 1. The
    rows for anybody: acme, drawing first, takes 1 of the 2 on hand; bolt the other and the
    three of bucket 1. Two rows of one day are named by size."""
    plan = planned(book(
        [("gpu", 4, 1, {"customer_id": "bolt", "priority": 1, "earliest_on": 1}), ("gpu", 3, 0)],
        [("gpu", 2, 0, {"reserved_for": "acme"}), ("gpu", 1), ("gpu", 1), ("gpu", 3, 1)]))
    assert [(row[0], row[5], row[6]) for row in pegging_rows(plan)] == [
        ("SO-1", "gpu@austin@2026-02-02#3", 1), ("SO-1", "gpu@austin@2026-02-09#1", 3),
        ("SO-2", "gpu@austin@2026-02-02#1", 2), ("SO-2", "gpu@austin@2026-02-02#2", 1)]


def test_shortages_show_what_everybody_would_draw_in_the_requested_week() -> None:
    """Two lines of 3 servers with 2 GPUs each, bucket 0 and 1: 6 and 6 are wanted. One server
    is in stock, so the first wants 4 GPUs only. There are 5 and 2: by bucket 0 none is missing,
    by bucket 1 4 + 6 - 7 = 3. Hours: 2 x 1 and 3 x 1 of 2.5 a week, half an hour is missing."""
    plan = planned(book(
        [("server", 3, 0), ("server", 3, 1)], [("server", 1), ("gpu", 5), ("gpu", 2, 1)],
        [("server", "gpu", 2)], routing=[("server", "cell", 1)], capacity=[("cell", "2.5")],
        horizon=2))
    assert shortage_rows(plan) == [
        ("part", "gpu", "austin", date(2026, 2, 2), 5.0, 4.0, 4.0, 0.0, None),
        ("part", "gpu", "austin", date(2026, 2, 9), 2.0, 2.0, 6.0, 3.0, None),
        ("resource", "cell", "austin", date(2026, 2, 2), 2.5, 2.0, 2.0, 0.0, None),
        ("resource", "cell", "austin", date(2026, 2, 9), 2.5, 1.0, 3.0, 0.5, None)]


# Why a line is not on time.


def test_reason_restriction() -> None:
    """The only GPU of the server must not go to acme."""
    plan = planned(book([("server", 1, 2)], [("gpu", 5)], [("server", "gpu")],
                        restrictions=[("gpu",)]))
    assert reason(plan) == ("restriction",)


def test_reason_lane() -> None:
    """Only brno may send it, and only austin ships to AMER."""
    plan = planned(book([("gpu", 1, 2, {"site_id": "brno"})], [("gpu", 5)],
                        lanes=[("austin",), ("brno", "EMEA")]))
    assert reason(plan) == ("lane",)


def test_reason_lead_time_names_the_longest_path() -> None:
    """Ten days of building: parts of bucket 0 leave in bucket 2, bucket 1 was asked for. Both
    leaves are there; the GPU, below the tray, is needed earliest, in bucket 0."""
    plan = planned(book([("server", 1, 1)], [("gpu", 5), ("can", 5)],
                        [("server", "tray"), ("server", "can"), ("tray", "gpu")],
                        routing=[("server", "cell", 0, 7), ("tray", "cell", 0, 3)],
                        capacity=[("cell", "inf")]))
    assert reason(plan) == ("lead_time", "part", "gpu", 0)


def test_reason_window() -> None:
    """Wanted in bucket 1, but not before bucket 3."""
    plan = planned(book([("gpu", 1, 1, {"earliest_on": 3})], [("gpu", 5)]))
    assert reason(plan) == ("window", "part", "gpu", 3)


def test_reason_horizon() -> None:
    """Wanted in bucket 9 and planned are 4 weeks: arrival from bucket 7 on lies beyond."""
    assert reason(planned(book([("gpu", 1, 9)], [("gpu", 5)], horizon=4))) == ("horizon",)


def test_reason_part_is_the_one_that_comes_last() -> None:
    """Bucket 1 was asked for; cpu comes in bucket 2, gpu in bucket 3: the gpu binds."""
    plan = planned(book([("server", 1, 1)], [("gpu", 1, 3), ("cpu", 1, 2)],
                        [("server", "gpu"), ("server", "cpu")]))
    assert reason(plan) == ("part", "part", "gpu", 1)


def test_reason_capacity() -> None:
    """Four servers of 5 hours need 20; 6 a week from bucket 0 on sum to 12 in bucket 1, 24 in
    bucket 3. Every part is there."""
    plan = planned(book([("server", 4, 1)], [("gpu", 9)], [("server", "gpu")],
                        routing=[("server", "cell", 5)], capacity=[("cell", 6)]))
    assert reason(plan) == ("capacity", "resource", "cell", 1)


def test_reason_outbid() -> None:
    """One GPU, two lines: the second is on time alone."""
    plan = planned(book([("gpu", 1, 0), ("gpu", 1, 0)], [("gpu", 1)]))
    assert reason(plan, 1) == ("outbid", "part", "gpu", 0)
    assert [row[8] for row in promise_rows(plan)] == ["on_time", "unplanned"]


# Laws that hold in every book.


@pytest.mark.parametrize("seed", range(24))
def test_fewer_pieces_succeed_wherever_more_do(seed: int) -> None:
    """The search for the most that a site can ship rests on it: tried for each number."""
    plan = slow_plan(checked(seed, SHAPES[seed % len(SHAPES)]))
    for line in plan.book.lines[:4]:
        for lane in plan.book.lanes_of(line)[:2]:
            for ship in range(0, plan.book.horizon, 2):
                done = [Walk(World(plan.book), line, lane.site, ship).run(line.item, pieces)
                        .succeeded for pieces in range(1, min(line.pieces, 20) + 1)]
                assert done == sorted(done, reverse=True)


@pytest.mark.parametrize("seed", range(24))
def test_no_week_draws_more_than_there_is(seed: int) -> None:
    """Pieces drawn up to a week of each item, site and pool, and hours of each week."""
    plan = slow_plan(checked(seed, SHAPES[seed % len(SHAPES)]))
    for key, draws in plan.world.draws.items():
        for bucket in range(plan.book.horizon):
            there = sum(row.pieces for row in plan.book.supply[key] if row.start <= bucket)
            assert sum(draw.pieces for draw in draws if draw.bucket <= bucket) <= there
    for place, uses in plan.world.uses.items():
        hours = plan.book.hours.get(place, 0)
        assert hours is None or sum(use.micro for use in uses) <= hours


def test_random_books_are_scarce_and_of_every_shape() -> None:
    """About half of the lines are not on time, and every reason and state occurs."""
    plans = [slow_plan(checked(seed, "mixed")) for seed in range(80)]
    rows = [row for plan in plans for row in promise_rows(plan)]
    states = [row[8] for row in rows]
    assert 0.3 < states.count("on_time") / len(states) < 0.7
    assert {"on_time", "late", "short", "unplanned", "shipped"} == set(states)
    assert {row[10] for row in rows} == {None, "restriction", "lane", "lead_time", "window",
                                        "horizon", "part", "capacity", "outbid"}
    assert any(draw.stood_in_for for plan in plans for draw in plan.world.all_draws())
