"""Prices that change, pieces that come back and services that begin otherwise, in a ledger."""

from __future__ import annotations

from datetime import date

import pytest

from headgate.session.recognising import recognised
from tests.stories.lived import Lived, line, support


def test_what_has_shipped_keeps_the_price_at_which_it_left():
    """Ten servers at 100.00, all 1,000.00 paid, four shipped: 400.00 recognised, 600.00 deferred.
    The price of the six others becomes 50.00 (ASC 606-10-25-13): 300.00 are open, 400.00 stay
    recognised, 600.00 stay deferred, and 300.00 of them are beyond what is still to be done."""
    lived = Lived([line("A", 1, 10, "100.00")])
    lived.record("deposit_received", "A", "2026-02-02", amount_cents=1000_00)
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=4)
    assert lived.walk()["deferred_revenue"] == 600_00
    lived.record("order_amended", "A/1", "2026-02-02", unit_price_cents=50_00)
    walk = lived.walk()
    assert (walk["rpo"], walk["deferred_revenue"], walk["beyond"]) == (300_00, 600_00, 300_00)


def test_one_piece_at_one_hundred_and_one_at_fifty():
    """Two servers, 200.00 invoiced, one shipped at 100.00; a credit note of 50.00 for the other,
    which leaves at 50.00: 150.00 are billed and recognised, nothing is deferred or remains."""
    lived = Lived([line("A", 1, 2, "100.00"), line("B", 1, 1, "5.00")])
    lived.record("order_invoiced", "A/1", "2026-02-02", amount_cents=200_00)
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    lived.record("order_invoiced", "A/1", "2026-02-02", amount_cents=-50_00)
    lived.record("order_amended", "A/1", "2026-02-02", unit_price_cents=50_00)
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    walk = lived.walk()
    assert walk["rpo"] == 5_00 and "deferred_revenue" not in walk


def test_a_price_that_becomes_known_late_counts_from_its_day():
    """Four of ten ship at 100.00 on the 9th. On the 20th it becomes known that the price was 80.00
    from the 5th: 320.00 are recognised, 680.00 of the 1,000.00 paid are deferred."""
    lived = Lived([line("A", 1, 10, "100.00")])
    lived.record("deposit_received", "A", "2026-02-02", amount_cents=1000_00)
    lived.record("order_shipped", "A/1", "2026-02-09", quantity=4)
    assert lived.walk("2026-02-20")["deferred_revenue"] == 600_00
    lived.record("order_amended", "A/1", "2026-02-05", unit_price_cents=80_00)
    assert lived.walk("2026-02-20")["deferred_revenue"] == 680_00


def test_a_service_that_began_later_than_the_delivery():
    """A server at 1,000.00 and 36 months of support at 360.00, delivered on 3 February 2026. The
    support began on 3 August, says the ledger: on 3 February 2027, 184 of its 1,096 days are
    over, 60.43 are earned (rounded down) and 299.57 remain; from the delivery it were 239.91."""
    lived = Lived([line("A", 1, 1, "1000.00")], [support("A", 2, "360.00", "1", 36)])
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    lived.record("order_delivered", "A/1", "2026-02-03", quantity=1)
    assert lived.walk("2027-02-03")["services"] == 360_00 - 360_00 * 365 // 1096
    lived.record("service_started", "A/2", "2026-08-03")
    assert lived.walk("2027-02-03")["services"] == 360_00 - 360_00 * 184 // 1096 == 299_57


def test_a_service_of_openings_begins_when_it_is_said():
    """Two of four servers had shipped before the ledger: of their half of the support, 720.00 of
    1,440.00, nobody knows the begin, and 720.00 of the open ones remain. It began on 2 March 2026
    for twelve months: a year later the openings' half is earned, and nothing is unknown."""
    lived = Lived([line("A", 1, 4, "1000.00", shipped_quantity=2)],
                  [support("A", 2, "1440.00", "1", 12)])
    made = lived.told("2027-03-02")
    assert made.figures["unknown_services_cents"] == 720_00
    assert lived.walk("2027-03-02")["services"] == 720_00
    lived.record("service_started", "A/2", "2026-03-02")
    assert lived.told("2027-03-02").figures["unknown_services_cents"] == 0
    assert lived.walk("2027-03-02")["services"] == 720_00
    assert lived.walk("2026-09-01")["services"] == 1440_00 - 720_00 * 183 // 365


def test_a_return_keeps_what_its_service_has_earned():
    """A server and a year of support at 360.00, delivered on 2 February 2026. On 3 August it comes
    back: 182 of 365 days are earned, 179.50 (rounded down), and 180.50 remain however long it is
    away. It arrives again on 3 October: three months later 92 more days are earned."""
    lived = Lived([line("A", 1, 1, "1000.00")], [support("A", 2, "360.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    lived.record("order_delivered", "A/1", "2026-02-02", quantity=1)
    assert lived.walk("2026-08-03")["services"] == 180_50
    lived.record("order_returned", "A/1", "2026-08-03", quantity=1, stage="delivered")
    assert lived.walk("2026-08-03")["services"] == lived.walk("2026-09-20")["services"] == 180_50
    lived.record("order_shipped", "A/1", "2026-10-01", quantity=1)
    lived.record("order_delivered", "A/1", "2026-10-03", quantity=1)
    assert lived.walk("2026-10-03")["services"] == 180_50
    assert lived.walk("2027-01-03")["services"] == 360_00 - 360_00 * (182 + 92) // 365


def test_a_return_leaves_the_day_on_which_a_term_began():
    """A server and a year of support at 360.00, delivered on 13 February: by the end of June 138 of
    365 days are told, 136.10. In July it is recorded that the term began on the 12th. The third
    quarter takes 136.10 back and has 81 days, 79.89: -56.21. On 28 October the server comes back:
    the third quarter says what it said, with its note, and in all 108 days are earned, 106.52."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("Z", 1, 1, "1.00")],
                  [support("A", 2, "360.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2026-02-09", quantity=1)
    lived.record("order_delivered", "A/1", "2026-02-13", quantity=1)
    lived.record("service_started", "A/2", "2026-07-12")
    for day, earned in (("2026-10-15", 360_00 * 95 // 365), ("2026-11-14", 106_52)):
        if day > "2026-10-28":
            lived.record("order_returned", "A/1", "2026-10-28", quantity=1, stage="delivered")
        known = lived.journals(day)
        made = recognised(lived.book(day), known.progress, known.left, past=known.past)
        told = dict(made.by_quarter.filter(by="all").select(
            "quarter", "services_cents").iter_rows())
        assert told["FY26 Q3"] == 79_89 - 136_10 == -56_21
        assert sum(told.values()) == earned
        assert [note.partition(" of revenue")[0] for note in made.figures["notes"]] == [
            "FY26 Q3, contract A: -136.10 USD"]


def test_what_comes_back_was_served_since_the_day_that_was_said():
    """A server and a year of support at 360.00, delivered on 13 February; it began on 1 March.
    On 11 March it comes back: ten of 365 days are earned, 9.86, not the 26 since the delivery. It
    arrives again on 1 April, and ten days later twenty are earned, 19.72."""
    lived = Lived([line("A", 1, 1, "1000.00")], [support("A", 2, "360.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2026-02-09", quantity=1)
    lived.record("order_delivered", "A/1", "2026-02-13", quantity=1)
    lived.record("service_started", "A/2", "2026-03-01")
    assert lived.walk("2026-03-11")["services"] == 360_00 - 9_86
    lived.record("order_returned", "A/1", "2026-03-11", quantity=1, stage="delivered")
    assert lived.walk("2026-03-11")["services"] == lived.walk("2026-03-31")["services"] == 350_14
    lived.record("order_shipped", "A/1", "2026-03-30", quantity=1)
    lived.record("order_delivered", "A/1", "2026-04-01", quantity=1)
    assert lived.walk("2026-04-11")["services"] == 360_00 - 360_00 * 20 // 365 == 360_00 - 19_72


def test_what_was_back_before_a_term_began_was_not_served():
    """The same server comes back on 20 February, before the term began on 1 March, and arrives
    again on 10 March: nothing of February is earned, and by 20 March the ten days since then."""
    lived = Lived([line("A", 1, 1, "1000.00")], [support("A", 2, "360.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2026-02-09", quantity=1)
    lived.record("order_delivered", "A/1", "2026-02-13", quantity=1)
    lived.record("order_returned", "A/1", "2026-02-20", quantity=1, stage="delivered")
    assert lived.walk("2026-02-25")["services"] == 360_00 - 360_00 * 7 // 365
    lived.record("service_started", "A/2", "2026-03-01")
    assert lived.walk("2026-03-05")["services"] == 360_00
    lived.record("order_shipped", "A/1", "2026-03-09", quantity=1)
    lived.record("order_delivered", "A/1", "2026-03-10", quantity=1)
    assert lived.walk("2026-03-20")["services"] == 360_00 - 9_86


@pytest.mark.parametrize("opening", [0, 1])
def test_each_service_of_what_never_arrived_says_itself_when_it_began(opening):
    """A server with two supports at 360.00; it is under way, or had left before the ledger, and no
    delivery is known. The term of one began on 1 March, of the other nothing is said. On 11 March
    the server comes back: ten days of the one are earned, 9.86, and nothing of the other."""
    lived = Lived([line("A", 1, 1, "1000.00", shipped_quantity=opening)],
                  [support("A", 2, "360.00", "1", 12), support("A", 3, "360.00", "1", 12)])
    if not opening:
        lived.record("order_shipped", "A/1", "2026-02-09", quantity=1)
    lived.record("service_started", "A/2", "2026-03-01")
    lived.record("order_returned", "A/1", "2026-03-11", quantity=1, stage="transit")
    for day in ("2026-03-11", "2026-03-31"):
        assert lived.walk(day)["services"] == 720_00 - 9_86


def test_a_return_of_a_line_that_may_be_cancelled_leaves_nothing_that_binds():
    """The same server, but the customer may cancel what is open. Once it has come back nothing of
    it binds, nor of its support: RPO is 0. Of 360.00 invoiced for the support 179.50 were earned,
    and 180.50 are billed beyond."""
    lived = Lived([line("A", 1, 1, "1000.00", cancellable="yes")],
                  [support("A", 2, "360.00", "1", 12)])
    lived.record("order_invoiced", "A/2", "2026-02-02", amount_cents=360_00)
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=1)
    lived.record("order_delivered", "A/1", "2026-02-02", quantity=1)
    lived.record("order_returned", "A/1", "2026-08-03", quantity=1, stage="delivered")
    walk = lived.walk("2026-09-20")
    assert "rpo" not in walk and "services" not in walk
    assert walk["beyond"] == walk["deferred_revenue"] == 180_50


def test_later_deliveries_leave_openings_alone():
    """Twenty servers at 100.00; five had shipped before the ledger and count as recognised. Three
    more ship: 300.00 are in transit. These three are delivered: nothing is in transit. Two more
    deliveries can only be of the five, and change nothing."""
    lived = Lived([line("A", 1, 20, "100.00", shipped_quantity=5, recognise_on="deliver")])
    lived.record("order_shipped", "A/1", "2026-02-02", quantity=3)
    assert lived.walk()["in_transit"] == 300_00
    lived.record("order_delivered", "A/1", "2026-02-02", quantity=3)
    assert "in_transit" not in lived.walk() and lived.walk()["rpo"] == 1200_00
    lived.record("order_delivered", "A/1", "2026-02-02", quantity=2)
    assert "in_transit" not in lived.walk() and lived.walk()["rpo"] == 1200_00
    known = lived.journals()
    told = recognised(lived.book(), known.progress, known.left, past=known.past)
    assert told.ties_hold and told.figures["recognised_cents"] == 800_00


def test_what_ships_again_left_on_the_day_of_the_second_shipment():
    """Two servers under way since 5 February come back on the 12th and leave again on the 20th, at
    90.00, the price since the 16th: what is recognised on the 20th is 180.00 and not 200.00."""
    lived = Lived([line("A", 1, 2, "100.00")])
    lived.record("order_invoiced", "A/1", "2026-02-05", amount_cents=200_00)
    lived.record("order_shipped", "A/1", "2026-02-05", quantity=2)
    lived.record("order_returned", "A/1", "2026-02-12", quantity=2)
    lived.record("order_amended", "A/1", "2026-02-16", unit_price_cents=90_00)
    lived.record("order_shipped", "A/1", "2026-02-20", quantity=2)
    assert "deferred_revenue" not in lived.walk("2026-02-05")
    assert lived.walk("2026-02-12")["deferred_revenue"] == 200_00
    assert lived.walk(date(2026, 2, 20))["deferred_revenue"] == 20_00


def test_a_contract_of_several_things_whose_price_changed_is_named():
    """A server shipped at 1,000.00 of two that are sold with a box; a quarter later the price is
    900.00. Of 1,000 + 900 + 500 the two servers have 2,400 x 2,000 / 2,500 = 1,920.00, and the one
    that left 1,000 / 1,900 of these, 1,010.52: 10.52 more, which the note names. The same two
    servers alone keep what was recognised: nothing is said."""
    box, alone = line("A", 3, 1, "500.00", item_id="box"), line("B", 1, 1, "5.00")
    for more, named in ((box, ["FY26 Q2, contract A: +10.52 USD"]), (alone, [])):
        lived = Lived([line("A", 1, 2, "1000.00"), more])
        lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
        lived.record("order_amended", "A/1", "2026-04-20", unit_price_cents=900_00)
        known = lived.journals("2026-05-01")
        made = recognised(lived.book("2026-05-01"), known.progress, known.left, past=known.past)
        assert [note.partition(" of revenue")[0] for note in made.figures["notes"]] == named
