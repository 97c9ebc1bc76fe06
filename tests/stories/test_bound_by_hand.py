"""
The certified bound of tiny books, each computed by hand.

A piece costs 10 dollars and sells for 100 unless a story says otherwise, so it brings 9,000 cents;
nothing costs anything for being late unless a story says so. Weeks are 0 to 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from headgate.verify import bound_of
from tests.stories.book_builder import SITE, Story, book, week

SCHEMA = {"kind": pl.String, "id": pl.String, "site_id": pl.String, "reserved_for": pl.String,
          "week": pl.Date, "price_cents": pl.Int64}
TWO_ORDERS: tuple[tuple[Any, ...], ...] = (("gpu", 1, 1), ("gpu", 1, 1))


def policy(**changes: Any) -> dict[str, Any]:
    """A whole policy, as a summary states it: lateness is free unless changed."""
    weights = {"segment": {}, "customer": {}, "priority": {}, **changes.pop("weights", {})}
    return {"objective": "value", "late_rate": "0", "undelivered": "late_cost",
            "use_forecast": False, "weights": weights, "bonus": [], "release_weeks": 0,
            "gap": None,
            "time_limit": None, "work": None, "seed": 0, **changes}


def prices(parts: Sequence[tuple[Any, ...]] = (),
           hours: Sequence[tuple[Any, ...]] = ()) -> pl.DataFrame:
    """Prices from (id, week, cents), parts with the customer that they are reserved for, if any."""
    rows = [("part", row[0], SITE, row[3] if len(row) > 3 else None, week(row[1]), row[2])
            for row in parts]
    rows += [("resource", name, SITE, None, week(bucket), cents) for name, bucket, cents in hours]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def bound(told: Story, parts: Sequence[tuple[Any, ...]] = (),
          hours: Sequence[tuple[Any, ...]] = (), **changes: Any) -> int:
    """The bound of a story at prices, under a policy."""
    return bound_of(told.tables(), policy(**changes), prices(parts, hours))


def test_without_prices_every_piece_counts_in_full() -> None:
    """Two orders want a GPU each and 1 is there. Without prices the bound lets both have it:
    2 x 9,000. At a price of 4,000 the GPU itself counts 4,000 and each order gains 5,000: 14,000.
    At 9,000 it counts 9,000 and nobody gains more: the true 9,000. At 10,000 no order wants it
    and the bound is too high again."""
    told = book(orders=TWO_ORDERS, supply=[("gpu", 1, 0)])
    assert bound(told) == 18_000
    assert bound(told, [("gpu", 7, 4_000)]) == 14_000
    assert bound(told, [("gpu", 7, 9_000)]) == 9_000
    assert bound(told, [("gpu", 7, 10_000)]) == 10_000


def test_nothing_open_nothing_gained() -> None:
    """The one piece ordered is shipped; a GPU nobody wants still counts at its price."""
    told = book(orders=[("gpu", 1, 1, {"shipped_quantity": 1})], supply=[("gpu", 3, 0)])
    assert bound(told) == 0
    assert bound(told, [("gpu", 0, 100)]) == 300


def test_a_price_holds_up_to_its_week() -> None:
    """One GPU comes in week 0, one in week 3. The row (week 2, 5,000) prices what is there by
    week 2, the row (week 6, 1,000) what is there by week 6; in week 7 a GPU costs nothing. The
    two count 5,000 + 1,000. The order may arrive from week 0 on, late for free: it waits for
    week 7 and gains all 9,000. One that must have it by week 2 pays 5,000, one by week 4 pays
    1,000."""
    supply = [("gpu", 1, 0), ("gpu", 1, 3)]
    rows = [("gpu", 2, 5_000), ("gpu", 6, 1_000)]
    for latest, gain in ((None, 9_000), (2, 4_000), (4, 8_000)):
        told = book(orders=[("gpu", 1, 1, {"latest_on": latest})], supply=supply)
        assert bound(told, rows) == 6_000 + gain


def test_nothing_is_drawn_before_it_is_there() -> None:
    """The only GPU comes in week 3 and the order must have it by week 2: it gains nothing, though
    nothing has a price. By week 3 it gains 9,000."""
    for latest, due in ((2, 0), (3, 9_000)):
        told = book(orders=[("gpu", 1, 1, {"latest_on": latest})], supply=[("gpu", 1, 3)])
        assert bound(told) == due


def test_waiting_for_a_lower_price_costs_lateness() -> None:
    """At 1 % of 100 dollars each late week costs 100 cents. The GPU costs 5,000 up to week 3, then
    nothing. Wanted in week 1, the order waits 3 weeks to week 4: 9,000 - 300. Undelivered for
    good it would count late up to week 7, 6 weeks or 600 cents: that is gained by delivering (the
    worth is 9,000 + 600 - 300) and taken off the bound again. In all 5,000 for the GPU + 9,300 -
    600 = 13,700; where undelivered pieces cost nothing the same 5,000 + 8,700."""
    told = book(orders=[("gpu", 1, 1)], supply=[("gpu", 1, 0)])
    rows = [("gpu", 3, 5_000)]
    assert bound(told, rows, late_rate="0.01") == 13_700
    assert bound(told, rows, late_rate="0.01", undelivered="zero") == 13_700


def test_an_order_that_nobody_can_serve_keeps_its_loss() -> None:
    """No GPU is ever there in time. 100 cents a week over the 6 weeks from week 1 to week 7 are
    lost for each of 2 pieces, whatever is planned; under `zero` nothing is."""
    told = book(orders=[("gpu", 2, 1, {"latest_on": 7})], supply=[("gpu", 1, 1, {
        "status": "forecast"})])
    assert bound(told, late_rate="0.01") == -1_200
    assert bound(told, late_rate="0.01", undelivered="zero") == 0


def test_making_costs_its_parts_and_its_hours() -> None:
    """A server takes 2 GPUs at 1,000 and 1.5 of the 10 test hours of a week at 333 cents an hour:
    1.5 x 333 = 499.5, for the server rounded down to 499. It sells for 100 and its standard cost
    is 10: it gains 9,000 - 2,499 = 6,501. There are 4 GPUs (4,000) and 8 weeks of 10 hours
    (26,640): together 37,141."""
    told = book(orders=[("server", 1, 1)], bom=[("server", "gpu", 2)], supply=[("gpu", 4, 0)],
                routing=[("server", "test", 1.5)], capacity=[("test", 10)])
    hours = [("test", k, 333) for k in range(8)]
    assert bound(told, [("gpu", 7, 1_000)], hours) == 4_000 + 26_640 + 6_501


def test_hours_are_rounded_up_in_the_sum_and_down_in_a_piece() -> None:
    """0.333 hours at 10 cents are 3.33: 4 for the hours there, 3 for those of a server, which
    needs all of them in week 0."""
    told = book(orders=[("server", 1, 0, {"latest_on": 0})], bom=[("server", "gpu")],
                supply=[("gpu", 1, 0)], routing=[("server", "test", "0.333")],
                capacity=[("test", "0.333", {"week": 0})])
    assert bound(told, hours=[("test", 0, 10)]) == 4 + 9_000 - 3


def test_hours_without_limit_have_no_price_and_no_hours_cannot_be_had() -> None:
    """The price of `inf` hours is passed over. In a week of 0 hours the server cannot be made, at
    any price; in the one before it can."""
    def told(hours: object, at: int, wanted: int) -> Story:
        return book(orders=[("server", 1, wanted, {"earliest_on": wanted, "latest_on": wanted})],
                    bom=[("server", "gpu")], supply=[("gpu", 1, 0)],
                    routing=[("server", "test", 1)],
                    capacity=[("test", hours, {"week": at}), ("test", 0, {"week": at + 1})])
    assert bound(told("inf", 2, 2), hours=[("test", 2, 700)]) == 9_000
    assert bound(told(1, 2, 2), hours=[("test", 2, 700)]) == 700 + 9_000 - 700
    assert bound(told(1, 2, 3), hours=[("test", 2, 700)]) == 700


def test_a_server_in_stock_is_taken_where_that_is_cheaper() -> None:
    """A finished server costs 3,000, its parts 2 x 1,000. 2,000 is the less: the order gains 7,000.
    At 1,600 a GPU the server itself is: 6,000."""
    told = book(orders=[("server", 1, 1)], bom=[("server", "gpu", 2)],
                supply=[("gpu", 2, 0), ("server", 1, 0)])
    assert bound(told, [("gpu", 7, 1_000), ("server", 7, 3_000)]) == 5_000 + 7_000
    assert bound(told, [("gpu", 7, 1_600), ("server", 7, 3_000)]) == 6_200 + 6_000


def test_parts_are_drawn_weeks_before_the_shipment() -> None:
    """Testing takes 8 days, so the GPU is drawn 2 weeks before the server ships, and it ships a
    week (5 days) before it arrives. Wanted in week 4 and not later: drawn in week 1, where it
    costs 2,000, not 500 as from week 2 on. Arriving by week 2 it would be drawn before week 0."""
    for latest, due in ((4, 2_000 + 9_000 - 2_000), (5, 2_000 + 9_000 - 500), (2, 2_000)):
        told = book(orders=[("server", 1, 3, {"latest_on": latest, "earliest_on": 0})],
                    bom=[("server", "gpu")], supply=[("gpu", 1, 0)],
                    routing=[("server", "test", 0, 8)], capacity=[("test", 1)],
                    lanes=[(SITE, "AMER", 5)])
        assert bound(told, [("gpu", 1, 2_000), ("gpu", 7, 500)]) == due


def test_freight_and_a_second_site() -> None:
    """From austin a piece costs 20 dollars of freight and the GPU 3,000; from reno 50 dollars and
    the GPU nothing: 4,000 and 4,000. With 10 cents less on austin's price the order picks austin
    and gains 4,010; bound to reno it gains 4,000."""
    for pin, gain in ((None, 4_010), ("reno", 4_000)):
        told = book(orders=[("gpu", 1, 1, {"site_id": pin})],
                    supply=[("gpu", 1, 0), ("gpu", 1, 0, {"site_id": "reno"})],
                    lanes=[(SITE, "AMER", 0, 20), ("reno", "AMER", 0, 50)])
        assert bound(told, [("gpu", 7, 2_990)]) == 2_990 + gain


def test_a_substitute_costs_its_extra() -> None:
    """A server takes a GPU at 4,000, or an older one at 1,000 and 5 dollars extra: 1,500. Where
    the row of the substitute holds up to week 1 only, a server of week 3 pays the 4,000; and who
    must not be sent the older one pays them too. Both GPUs count in the sum: 5,000."""
    def told(wanted: int, **more: Any) -> Story:
        return book(
            orders=[("server", 1, wanted, {"earliest_on": wanted, "latest_on": wanted})],
            bom=[("server", "gpu")], supply=[("gpu", 1, 0), ("old", 1, 0)],
            substitutes=[("gpu", "old", 1, {"extra_cost": 5, "effective_to": 1})], **more)
    rows = [("gpu", 7, 4_000), ("old", 7, 1_000)]
    assert bound(told(1), rows) == 5_000 + 7_500
    assert bound(told(3), rows) == 5_000 + 5_000
    assert bound(told(1, restrictions=[("old",)]), rows) == 5_000 + 5_000


def test_a_restriction_counts_for_its_own_lines_only() -> None:
    """The older GPU, at 1,000, may not go to banks, who pay the 4,000 of the new one; the
    enterprise next to them takes it: 5,000 + 8,000. Both GPUs count 5,000."""
    told = book(orders=[("server", 1, 1, {"segment": "bank"}), ("server", 1, 1)],
                bom=[("server", "gpu")], supply=[("gpu", 1, 0), ("old", 1, 0)],
                substitutes=[("gpu", "old")], restrictions=[("old", {"segment": "bank"})])
    assert bound(told, [("gpu", 7, 4_000), ("old", 7, 1_000)]) == 5_000 + 5_000 + 8_000


def test_no_substitute_for_the_piece_that_is_sold() -> None:
    """The order is for the GPU itself: the older one must not stand in, and no GPU is there."""
    told = book(orders=[("gpu", 1, 1)], supply=[("old", 1, 0), ("gpu", 1, 1, {
        "status": "forecast"})], substitutes=[("gpu", "old")])
    assert bound(told) == 0
    assert bound(told, use_forecast=True) == 9_000


def test_accepted_items_are_options_with_their_own_margin() -> None:
    """The GPU brings 9,000 and is priced 8,000. The customer also accepts one whose standard cost
    is 60 dollars: 4,000 less its price of 500 are 3,500, more than 1,000. If it is restricted,
    1,000 is left."""
    def told(**more: Any) -> Story:
        return book(orders=[("gpu", 1, 1, {"accepts": "dear"})], items=[("dear", 60)],
                    supply=[("gpu", 1, 0), ("dear", 1, 0)], **more)
    rows = [("dear", 7, 500), ("gpu", 7, 8_000)]
    assert bound(told(), rows) == 8_500 + 3_500
    assert bound(told(restrictions=[("dear",)]), rows) == 8_500 + 1_000


def test_reserved_pieces_are_for_their_customer() -> None:
    """A GPU at 2,000 is reserved for globex, one at 6,000 is for anybody. globex gains 7,000,
    acme 3,000."""
    told = book(orders=[("gpu", 1, 1), ("gpu", 1, 1, {"customer_id": "globex"})],
                supply=[("gpu", 1, 0), ("gpu", 1, 0, {"reserved_for": "globex"})])
    rows = [("gpu", 7, 6_000), ("gpu", 7, 2_000, "globex")]
    assert bound(told, rows) == 8_000 + 7_000 + 3_000


@pytest.mark.parametrize(("weights", "due"), [
    ({"segment": {"enterprise": "1.5"}}, 13_500),
    ({"segment": {"enterprise": "1.5"}, "customer": {"acme": "0.1"}}, 1_350),
    ({"priority": {"3": "2", "1": "5"}}, 18_000),
    ({"customer": {"globex": "7"}}, 9_000)], ids=str)
def test_weights_multiply_what_a_piece_brings(weights: dict[str, Any], due: int) -> None:
    """9,000 times the weights of the line's segment, customer and priority, 3 by default. The
    weights of others do not count."""
    assert bound(book(orders=[("gpu", 1, 1)], supply=[("gpu", 1, 0)]), weights=weights) == due


def test_a_weighted_amount_is_rounded_half_to_even() -> None:
    """0.05 dollars at a weight of 0.5 are 2.5 cents: 2, the even one. 0.07 are 3.5: 4. A loss of
    0.05 gains nothing at all."""
    for price, due in (("10.05", 2), ("10.07", 4), ("9.95", 0)):
        told = book(orders=[("gpu", 1, 1, {"unit_price": price})], supply=[("gpu", 1, 0)])
        assert bound(told, weights={"segment": {"enterprise": "0.5"}}) == due


def test_a_weight_counts_lateness_too() -> None:
    """1 % of 100 dollars a week are 100 cents, 250 at a weight of 2.5. The GPU comes in week 3, two
    weeks late: 22,500 - 500."""
    told = book(orders=[("gpu", 1, 1)], supply=[("gpu", 1, 3)])
    assert bound(told, late_rate="0.01", weights={"priority": {"3": "2.5"}}) == 22_000


@pytest.mark.parametrize(("cells", "due"), [
    ({"recognise_on": "ship"}, 11_000), ({"recognise_on": "deliver"}, 9_000),
    ({"recognise_on": "deliver", "earliest_on": 2}, 11_000),
    ({"recognise_on": "deliver", "earliest_on": 2, "acceptance_days": 30}, 11_000),
    ({"recognise_on": "accept", "earliest_on": 2}, 11_000),
    ({"recognise_on": "accept", "earliest_on": 2, "acceptance_days": 1}, 9_000)], ids=str)
def test_a_bonus_for_revenue_by_a_day(cells: dict[str, Any], due: int) -> None:
    """20 % of 100 dollars for revenue by the Friday of week 2: 2,000 cents. The GPU comes in
    week 2 and is 5 days on its way, so it arrives in week 3. Shipping it recognises the
    revenue in time, delivering does not. Where the lane takes no time (the rows with earliest_on
    2) it arrives in week 2: in time, unless it is accepted a day later. Days of acceptance mean
    nothing where delivering recognises."""
    days = 0 if "earliest_on" in cells else 5
    told = book(orders=[("gpu", 1, 3, cells)], supply=[("gpu", 1, 2)],
                lanes=[(SITE, "AMER", days)])
    bonus = [{"by": week(2, 4).isoformat(), "share": "0.2"}]
    assert bound(told, bonus=bonus) == due
    assert bound(told, bonus=[{"by": week(2, 3).isoformat(), "share": "0.2"}]) == 9_000


def test_two_bonuses_add_up() -> None:
    """5 % by week 1 and 1 % by week 4: in week 1 both (600 cents), in week 2 one (100). The GPU
    costs 700 up to week 1, so the order takes it in week 2: 9,100 against 8,900."""
    told = book(orders=[("gpu", 1, 2)], supply=[("gpu", 1, 0)])
    bonus = [{"by": week(1, 4).isoformat(), "share": "0.05"},
             {"by": week(4, 4).isoformat(), "share": "0.01"}]
    assert bound(told, [("gpu", 1, 700)], bonus=bonus) == 700 + 9_100
    assert bound(told, [("gpu", 1, 400)], bonus=bonus) == 400 + 9_200


def test_the_largest_prices_do_not_overflow() -> None:
    """A server of 10^9 GPUs at 10^15 cents each cannot be paid for by anybody: the order gains
    nothing, and 4 GPUs count 4 x 10^15. With GPUs at 1 cent in week 0 and the million hours of a
    server at 10^15 cents each in that week, the order waits for week 1, where both are free."""
    told = book(orders=[("server", 1, 1)], bom=[("server", "gpu", 10**9)],
                supply=[("gpu", 4, 0)], routing=[("server", "test", 1_000_000)],
                capacity=[("test", 1)])
    dear = 10**15
    assert bound(told, [("gpu", 7, dear)]) == 4 * dear
    assert bound(told, [("gpu", 0, 1)], [("test", 0, dear)]) == 4 + 9_000 + dear


def test_rows_that_rise_prove_no_less_than_they_may() -> None:
    """Prices that rise with the weeks (0 up to week 2, 5,000 after) would count the GPU that is
    there from week 0 for nothing and still ask 5,000 of the order of week 4. A piece is worth
    the highest price from its week on, so both pay 5,000."""
    told = book(orders=[("gpu", 1, 4, {"earliest_on": 4})], supply=[("gpu", 1, 0)])
    assert bound(told, [("gpu", 2, 10), ("gpu", 7, 5_000)]) == 5_000 + 4_000
