"""Stories of quotas under `rank`: caps of what is sent and drawn, and reservations of supply."""

from __future__ import annotations

from tests.stories.book_builder import book
from tests.stories.plans import arrivals, drawn, planned, promise, week_of

BANK, CLOUD = {"segment": "bank"}, {"segment": "cloud"}
NOW = {"earliest_on": 0}
SERVER = {"bom": [("server", "gpu", 8)]}


def test_a_cap_holds_in_its_weeks_only():
    """8 pieces are on hand, and no more than 5 may ship in weeks 0 and 1: 5 arrive in week 0, the
    other 3 in week 2."""
    made = planned(book([("part", 8, 2)], [("part", 8, 0)],
                        quotas=[("part", 0, 1, {"max_quantity": 5})]))
    assert arrivals(made, "SO-1") == [(0, 5), (2, 3)]


def test_a_week_belongs_to_the_period_that_its_monday_lies_in():
    """From Tuesday of week 0 to Monday of week 1 is week 1 alone: week 0 may ship all that there
    is, 2 pieces, week 1 nothing, and week 2 what came since."""
    made = planned(book([("part", 6, 2)], [("part", 2, 0), ("part", 4, 1)],
                        quotas=[{"item_id": "part", "from_on": "2026-02-03",
                                 "to_on": "2026-02-09", "max_quantity": 0}]))
    assert arrivals(made, "SO-1") == [(0, 2), (2, 4)]


def test_a_cap_of_a_part_counts_what_is_drawn_for_the_server():
    """A server takes 8 GPUs. No more than 20 GPUs in weeks 0 to 3 make 2 servers, 16 GPUs; the
    third would need 24. It follows in week 4."""
    made = planned(book([("server", 3, 2)], [("gpu", 24, 0)], **SERVER,
                        quotas=[("gpu", 0, 3, {"max_quantity": 20})]))
    assert arrivals(made, "SO-1") == [(0, 2), (4, 1)]


def test_a_piece_from_stock_counts_once():
    """The part is sold as it lies on the shelf. A cap of 4 lets 4 leave: each is sent, and not
    drawn for itself once more, which would let 2."""
    made = planned(book([("part", 6, 0)], [("part", 6, 0)], quotas=[("part", 0, 7, {
        "max_quantity": 4})]))
    assert arrivals(made, "SO-1") == [(0, 4)]


def test_a_family_counts_what_is_sent_and_what_is_drawn():
    """Server and GPU are of one family of which 20 may go: a server is 1 sent and 8 drawn, so 2
    servers count 18; a third makes 27."""
    made = planned(book([("server", 3, 2)], [("gpu", 24, 0)], **SERVER,
                        items=[("server", 10, {"family": "F"}), ("gpu", 10, {"family": "F"})],
                        quotas=[{"family": "F", "max_quantity": 20}]))
    assert arrivals(made, "SO-1") == [(0, 2)]


def test_what_is_made_on_the_way_does_not_count():
    """A rack takes 2 servers. One of four is in stock, and the cap lets no server go. Sent is the
    rack, drawn are GPUs: the stocked server is left, and both racks are built from GPUs, 4 servers
    of 8 each."""
    made = planned(book([("rack", 2, 0)], [("gpu", 40, 0), ("server", 1, 0)],
                        bom=[("rack", "server", 2), ("server", "gpu", 8)],
                        quotas=[("server", 0, 7, {"max_quantity": 0})]))
    assert arrivals(made, "SO-1") == [(0, 2)]
    assert drawn(made) == [("gpu", "austin", 0, 32)]


def test_a_cap_counts_the_week_of_shipping_and_not_of_drawing():
    """Building takes 7 days: for week 1 GPUs are drawn in week 0. The cap is of week 0; nothing
    ships then, so it does not bind, though the GPUs are drawn in it."""
    made = planned(book([("server", 1, 1)], [("gpu", 8, 0)], **SERVER,
                        routing=[("server", "line", 0, 7)], capacity=[("line", "inf")],
                        quotas=[("gpu", 0, 0, {"max_quantity": 0})]))
    assert arrivals(made, "SO-1") == [(1, 1)]


def test_a_substitute_counts_on_its_own_cap():
    """5 GPUs wanted, 3 in stock; 2 could be of kind B, of which 1 may go. 4 leave."""
    made = planned(book([("box", 5, 0)], [("gpu", 3, 0), ("gpu-b", 2, 0)], bom=[("box", "gpu")],
                        substitutes=[("gpu", "gpu-b")],
                        quotas=[("gpu-b", 0, 7, {"max_quantity": 1})]))
    assert arrivals(made, "SO-1") == [(0, 4)]
    assert drawn(made) == [("gpu", "austin", 0, 3), ("gpu-b", "austin", 0, 1)]


def test_what_a_cap_keeps_in_stock_is_built():
    """3 boards lie in stock, of which 1 may be drawn; the others are built from chips."""
    made = planned(book([("box", 3, 0)], [("board", 3, 0), ("chip", 9, 0)],
                        bom=[("box", "board"), ("board", "chip", 2)],
                        quotas=[("board", 0, 7, {"max_quantity": 1})]))
    assert drawn(made) == [("board", "austin", 0, 1), ("chip", "austin", 0, 4)]


def test_every_cap_that_matches_holds():
    """AMER may have 6 in all weeks, banks 4. The bank's 5 get 4. Of the cloud's 5, 6 - 4 = 2 are
    left for AMER. EMEA is not capped and gets its 3."""
    made = planned(book(
        [("part", 5, 0, {**BANK, "priority": 1}), ("part", 5, 0, CLOUD),
         ("part", 3, 0, {"region": "EMEA"})], [("part", 20, 0)],
        lanes=[("austin", "AMER"), ("austin", "EMEA")],
        quotas=[("part", 0, 7, {"region": "AMER", "max_quantity": 6}),
                ("part", 0, 7, {**BANK, "max_quantity": 4})]))
    assert [arrivals(made, f"SO-{k}") for k in (1, 2, 3)] == [[(0, 4)], [(0, 2)], [(0, 3)]]


def test_lots_are_whole_under_a_cap():
    """Lots of 4 under a cap of 7: one lot."""
    made = planned(book([("part", 8, 0, {"lot_size": 4})], [("part", 8, 0)],
                        quotas=[("part", 0, 7, {"max_quantity": 7})]))
    assert arrivals(made, "SO-1") == [(0, 4)]


def test_an_accepted_item_goes_when_the_own_one_is_capped():
    """4 ordered, of which 1 may be sent; the customer takes the other kind instead."""
    made = planned(book([("part", 4, 0, {"accepts": "other"})], [("part", 4, 0), ("other", 9, 0)],
                        quotas=[("part", 0, 7, {"max_quantity": 1})]))
    assert made.allocations.select("item_id", "quantity").rows() == [("other", 3), ("part", 1)]


# Reservations.


def two(first: int, second: int, requested: int = 0) -> list[tuple[object, ...]]:
    """The cloud asks first, then the bank; from week 0 on."""
    return [("part", first, requested, {**CLOUD, **NOW, "priority": 1}),
            ("part", second, requested, {**BANK, **NOW})]


def test_reserved_pieces_wait_for_their_scope():
    """10 pieces, 6 of them for banks. The cloud, served first, gets 4 of its 8, the bank 6."""
    made = planned(book(two(8, 8), [("part", 10, 0)],
                        quotas=[("part", 0, 7, {**BANK, "reserved_quantity": 6})]))
    assert arrivals(made, "SO-1") == [(0, 4)]
    assert arrivals(made, "SO-2") == [(0, 6)]


def test_who_needs_more_than_is_reserved_takes_from_the_rest_like_anybody():
    """The bank comes first: 6 of its own and 2 of the common 4. The cloud gets the other 2."""
    made = planned(book([("part", 8, 0, {**BANK, "priority": 1}), ("part", 8, 0, CLOUD)],
                        [("part", 10, 0)],
                        quotas=[("part", 0, 7, {**BANK, "reserved_quantity": 6})]))
    assert arrivals(made, "SO-1") == [(0, 8)]
    assert arrivals(made, "SO-2") == [(0, 2)]


def test_after_the_period_what_is_left_is_anybodys():
    """6 of 10 are kept in weeks 0 to 2, and the bank takes 1 of them in week 0. The cloud gets 4 in
    week 0 and, of the 5 that nobody took, 4 in week 3."""
    orders = [("part", 8, 5, {**CLOUD, **NOW, "priority": 1}), ("part", 1, 0, BANK)]
    quota = ("part", 0, 2, {**BANK, "reserved_quantity": 6})
    made = planned(book(orders, [("part", 10, 0)], quotas=[quota]))
    assert arrivals(made, "SO-1") == [(0, 4), (3, 4)]
    assert arrivals(made, "SO-2") == [(0, 1)]


def test_the_last_weeks_of_a_reservation_can_be_released():
    """The same under release_weeks = 1: week 2, the last of the period, is free for all."""
    orders = [("part", 8, 5, {**CLOUD, **NOW, "priority": 1}), ("part", 1, 0, BANK)]
    quota = ("part", 0, 2, {**BANK, "reserved_quantity": 6})
    made = planned(book(orders, [("part", 10, 0)], quotas=[quota], release_weeks=1))
    assert arrivals(made, "SO-1") == [(0, 4), (2, 4)]


def test_what_ends_beyond_the_planned_weeks_is_not_released_in_them():
    """The period ends 2 weeks after the 4 that are planned. Under release_weeks = 2 it is released
    then, and not in the last 2 planned weeks: the cloud gets 4 of its 8."""
    made = planned(book(two(8, 1, 3), [("part", 10, 0)], horizon=4, release_weeks=2,
                        quotas=[("part", 0, 5, {**BANK, "reserved_quantity": 6})]))
    assert arrivals(made, "SO-1") == [(0, 4)]


def test_nobody_draws_today_what_is_reserved_from_next_week_on():
    """10 pieces now and no more; from week 2 on 6 are for banks. The cloud may have 4 in week 0."""
    made = planned(book(two(8, 6, 2), [("part", 10, 0)],
                        quotas=[("part", 2, 7, {**BANK, "reserved_quantity": 6})]))
    assert arrivals(made, "SO-1") == [(0, 4)]
    assert arrivals(made, "SO-2") == [(2, 6)]


def test_before_its_period_a_reservation_serves_nobody():
    """6 of 10 are for banks from week 2 on. The bank asks first, from week 0: 4 are common then;
    the others count on its own in week 2, and nothing common is left for the cloud."""
    made = planned(book([("part", 10, 2, {**BANK, **NOW, "priority": 1}),
                         ("part", 4, 2, {**CLOUD, **NOW})], [("part", 10, 0)],
                        quotas=[("part", 2, 7, {**BANK, "reserved_quantity": 6})]))
    assert arrivals(made, "SO-1") == [(0, 4), (2, 6)]
    assert arrivals(made, "SO-2") == []


def test_more_reserved_than_there_is_leaves_nothing():
    """5 pieces, 9 reserved: the cloud gets none of 3, the bank 5 of 8. 4 more come in week 3, which
    makes 9: nothing is left for others, and 6 in week 5 are."""
    made = planned(book(two(3, 8, 5), [("part", 5, 0), ("part", 4, 3), ("part", 6, 5)],
                        quotas=[("part", 0, 7, {**BANK, "reserved_quantity": 9})]))
    assert arrivals(made, "SO-1") == [(5, 3)]
    assert arrivals(made, "SO-2") == [(0, 5), (3, 3)]


def test_a_reservation_counts_all_sites_together():
    """5 in Austin and 5 in Lodz, 6 reserved somewhere. The cloud may take 4, all of them in Austin;
    the bank takes the last one there and 5 in Lodz."""
    made = planned(book(two(8, 6), [("part", 5, 0), ("part", 5, 0, {"site_id": "lodz"})],
                        lanes=[("austin", "AMER", 0, 1), ("lodz", "AMER", 0, 2)],
                        quotas=[("part", 0, 7, {**BANK, "reserved_quantity": 6})]))
    assert drawn(made) == [("part", "austin", 0, 5), ("part", "lodz", 0, 5)]
    assert arrivals(made, "SO-1") == [(0, 4)]


def test_a_reserved_gpu_is_kept_from_the_server_that_others_ordered():
    """20 GPUs, 8 for banks: the cloud's servers take 8 each, so one (8 of 12), the bank's one."""
    made = planned(book([("server", 2, 0, {**CLOUD, "priority": 1}), ("server", 1, 0, BANK)],
                        [("gpu", 20, 0)], **SERVER,
                        quotas=[("gpu", 0, 7, {**BANK, "reserved_quantity": 8})]))
    assert arrivals(made, "SO-1") == [(0, 1)]
    assert arrivals(made, "SO-2") == [(0, 1)]


def test_supply_of_a_customer_counts_as_supply():
    """4 pieces are acme's and 4 anybody's, 6 reserved for banks. All is 8, so 2 are common: acme,
    of the cloud, takes 2 of its own 4."""
    made = planned(book([("part", 8, 0, CLOUD)],
                        [("part", 4, 0, {"reserved_for": "acme"}), ("part", 4, 0)],
                        quotas=[("part", 0, 7, {**BANK, "reserved_quantity": 6})]))
    assert arrivals(made, "SO-1") == [(0, 2)]


def test_the_most_specific_reservation_is_the_own_one():
    """All 10 are reserved: 3 for banks, 7 for the bank acme. Acme draws on its 7 only, and bolt,
    another bank, on the 3 of all banks, though they came first in the table."""
    made = planned(book(
        [("part", 9, 0, {**BANK, "priority": 1}),
         ("part", 9, 0, {**BANK, "customer_id": "bolt"})], [("part", 10, 0)],
        quotas=[("part", 0, 7, {**BANK, "reserved_quantity": 3}),
                ("part", 0, 7, {**BANK, "customer_id": "acme", "reserved_quantity": 7})]))
    assert arrivals(made, "SO-1") == [(0, 7)]
    assert arrivals(made, "SO-2") == [(0, 3)]


def test_of_two_kinds_of_item_sets_each_is_looked_at_alone():
    """10 GPUs of kind A, none of B; 2 of A are kept for banks, and 7 of the family of both for the
    edge segment. The cloud may draw 10 - 2 = 8 by the first and 10 - 7 = 3 by the second: 3."""
    made = planned(book([("a", 9, 0, CLOUD)], [("a", 10, 0)],
                        items=[("a", 10, {"family": "F"}), ("b", 10, {"family": "F"})],
                        quotas=[("a", 0, 7, {**BANK, "reserved_quantity": 2}),
                                {"family": "F", "segment": "edge", "reserved_quantity": 7}]))
    assert arrivals(made, "SO-1") == [(0, 3)]


# Why a line waits.


def test_a_line_that_a_cap_keeps_back_is_told_so():
    """8 asked for by week 1, of which 5 may ship by then; 3 follow in week 2. Alone it would be on
    time: the quota binds, in week 1."""
    made = planned(book([("part", 8, 1)], [("part", 8, 0)],
                        quotas=[("part", 0, 1, {"max_quantity": 5})]))
    row = promise(made, "SO-1")
    assert (row["status"], row["reason"]) == ("late", "quota")
    assert (row["binding_kind"], row["binding_id"], row["binding_site_id"]) == (
        "quota", "Q-1", None)
    assert week_of(row["binding_on"]) == 1


def test_a_line_that_others_take_the_permits_of_is_told_so():
    """A cap of 5 for two lines of 4: the first takes 4, the second gets 1. Pieces there are, so it
    is the quota: of its 5 the other line leaves 1."""
    made = planned(book([("part", 4, 0), ("part", 4, 0)], [("part", 8, 0)],
                        quotas=[("part", 0, 7, {"max_quantity": 5})]))
    assert promise(made, "SO-1")["status"] == "on_time"
    row = promise(made, "SO-2")
    assert (row["status"], row["reason"], row["binding_id"]) == ("short", "quota", "Q-1")


def test_a_line_that_waits_for_others_pieces_is_outbid_and_not_short_of_a_quota():
    """6 pieces for two lines of 4 under a cap of 8, which reaches for both."""
    made = planned(book([("part", 4, 0), ("part", 4, 0)], [("part", 6, 0)],
                        quotas=[("part", 0, 7, {"max_quantity": 8})]))
    assert promise(made, "SO-2")["reason"] == "outbid"


def test_a_line_that_a_reservation_keeps_back_is_told_so():
    """6 of 10 are for banks, who ask for none. The cloud's 8 get 4, and the reservation binds."""
    made = planned(book([("part", 8, 0, CLOUD)], [("part", 10, 0)],
                        quotas=[("part", 0, 7, {**BANK, "reserved_quantity": 6})]))
    row = promise(made, "SO-1")
    assert (row["status"], row["reason"], row["binding_id"]) == ("short", "quota", "Q-1")
