"""What is said beside figures that are not those which were once reported."""

from __future__ import annotations

from datetime import date
from io import BytesIO, StringIO

import openpyxl
import polars as pl
import pytest
from rich.console import Console

from headgate.base.issue import IssuesError
from headgate.cli.recognised_tables import recognised_tables
from headgate.finance.bill_and_hold import HELD
from headgate.finance.recognised_walk import SoFar
from headgate.reports.pack_recognised import recognised_pack_bytes
from headgate.session.recognising import recognised
from tests.stories.lived import Lived, line, support


def told(lived: Lived, on: str) -> SoFar:
    """What was recognised by a day, of which everything ties."""
    known = lived.journals(on)
    made = recognised(lived.book(on), known.progress, known.left, past=known.past,
                      billings=known.billings)
    assert made.ties_hold, made.ties.filter(pl.col("holds") != "yes")
    return made


def notes(lived: Lived, on: str) -> list[str]:
    """The notes of a day."""
    return list(told(lived, on).figures["notes"])


def revenue(lived: Lived, on: str) -> dict[str, int]:
    """Revenue by quarter, as told on a day."""
    return dict(told(lived, on).by_quarter.filter(pl.col("by") == "all").select(
        "quarter", "revenue_cents").iter_rows())


def sold() -> Lived:
    """A server at 1,000.00 with a year of support at 100.00 in A, of which the server has
    1,100 x 1,000 / 1,360 = 808.82; it left in March."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("B", 1, 2, "1000.00")],
                  [support("A", 9, "100.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    assert notes(lived, "2026-04-10") == []
    assert revenue(lived, "2026-04-10") == {"FY26 Q1": 808_82}
    return lived


def test_a_service_whose_price_changes_is_caught_up_in_its_quarter():
    """The support of A becomes 300.00 in April: of 1,300.00 the server has 955.88. It had 808.82
    when the first quarter was over, and that stays; the 147.06 more are of the second, and the
    answer names quarter, contract, amount and what changed. RPO is what is left: 344.12."""
    lived = sold()
    lived.record("service_amended", "A/9", "2026-04-01", amount_cents=300_00)
    for on in ("2026-04-10", "2026-12-10"):
        assert revenue(lived, on) == {"FY26 Q1": 808_82, "FY26 Q2": 147_06}
    (note,) = notes(lived, "2026-04-10")
    assert note == (
        "FY26 Q2, contract A: +147.06 USD of revenue that belongs to earlier quarters stands here, "
        "since changes of it came after they were over (price of A/9 on 2026-04-01). They stay "
        "as they were told.")
    made = told(lived, "2026-04-10")
    assert made.figures["rpo_cents"] == 344_12 + 2000_00
    rows = made.made.entries.select("recognised_on", "rule", "quantity", "price_cents").rows()
    assert rows == [(date(2026, 3, 10), "ship", 1, 808_82),
                    (date(2026, 4, 1), "catch_up", 0, 147_06)]
    walk = dict(made.walk.select("step", "cents").iter_rows())
    assert (walk["hardware"], walk["catch_up"]) == (-808_82, -147_06)


def test_notes_are_of_the_quarters_that_are_told():
    """A's support costs 300.00 from April on and 100.00 again from July on: a note for each of the
    two quarters. From the third quarter on there is one."""
    lived = sold()
    lived.record("service_amended", "A/9", "2026-04-01", amount_cents=300_00)
    lived.record("service_amended", "A/9", "2026-07-01", amount_cents=100_00)
    assert [note[:7] for note in notes(lived, "2026-07-10")] == ["FY26 Q2", "FY26 Q3"]
    known = lived.journals("2026-07-10")
    made = recognised(lived.book("2026-07-10"), known.progress, known.left, past=known.past,
                      first="2026-08-10")
    assert [note[:29] for note in made.figures["notes"]] == ["FY26 Q3, contract A: -147.06 "]


def test_what_changes_in_the_quarter_itself_is_told_with_it():
    """The same amendment on 20 March: the first quarter is not over yet, and has 955.88."""
    lived = sold()
    lived.record("service_amended", "A/9", "2026-03-20", amount_cents=300_00)
    assert revenue(lived, "2026-04-10") == {"FY26 Q1": 955_88}
    assert notes(lived, "2026-04-10") == []


def test_a_line_that_comes_into_a_contract_is_caught_up_in_its_quarter():
    """Another server comes into order A in April, at 700.00: all three share the discount. Of
    1,800.00 the first server has 1,800 x 1,000 / 2,360 = 762.71, that is 46.11 less."""
    lived = sold()
    lived.load([line("A", 1, 1, "1000.00", shipped_quantity=1),
                line("A", 2, 1, "700.00", booked_on="2026-04-01"),
                line("B", 1, 2, "1000.00")], [support("A", 9, "100.00", "1", 12)],
               date(2026, 4, 1))
    assert revenue(lived, "2026-04-10") == {"FY26 Q1": 808_82, "FY26 Q2": -46_11}
    (note,) = notes(lived, "2026-04-10")
    assert "FY26 Q2, contract A: -46.11 USD" in note and "(booking of A/2 on 2026-04-01)" in note


def test_a_price_of_what_has_not_left_is_caught_up_in_its_quarter():
    """Another line of A, two boxes at 400.00 of which none has left, is amended to 300.00 in April:
    200.00 less are split, and the server that left in March has half of them. The price of B, whose
    servers share nothing with anything, concerns those that are still to leave."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("A", 2, 2, "400.00", item_id="box"),
                   line("B", 1, 2, "1000.00")])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.record("order_shipped", "B/1", "2026-03-10", quantity=1)
    lived.record("order_amended", "B/1", "2026-04-01", unit_price_cents=900_00)
    assert notes(lived, "2026-04-10") == []
    lived.record("order_amended", "A/2", "2026-04-01", unit_price_cents=300_00)
    assert revenue(lived, "2026-04-10") == {"FY26 Q1": 1900_00, "FY26 Q2": -100_00}
    (note,) = notes(lived, "2026-04-10")
    assert "FY26 Q2, contract A: -100.00 USD" in note and "(price of A/2 on 2026-04-01)" in note


def test_of_many_contracts_that_changed_the_largest_amounts_are_named():
    """Twenty-two orders of a server with support left in March, and their supports cost 1.00, 2.00
    ... 22.00 more in April: the twenty largest are named, and that there are two more."""
    lived = Lived([line(f"A{number:02d}", 1, 1, "1000.00") for number in range(1, 23)],
                  [support(f"A{number:02d}", 9, "100.00", "1", 12) for number in range(1, 23)])
    for number in range(1, 23):
        lived.record("order_shipped", f"A{number:02d}/1", "2026-03-10", quantity=1)
        lived.record("service_amended", f"A{number:02d}/9", "2026-04-01",
                     amount_cents=100_00 + 100 * number)
    *named, more = notes(lived, "2026-04-10")
    assert [note[:21] for note in named] == [f"FY26 Q2, contract A{number:02d}"
                                             for number in range(3, 23)]
    assert more.startswith("2 more such amounts: each is a row")


def test_a_standalone_price_that_was_missing_is_the_first_that_was_given():
    """A server and a box are sold together, and nobody says what the box costs alone: nothing can
    be told. In May the 500.00 are set down, as they were when the server left in March: of 1,200.00
    it had 800.00, then as now. A price of the box that changes later makes its catch-up."""
    lived = Lived([line("A", 1, 1, "900.00"), line("A", 2, 1, "300.00", item_id="box")])
    box = {"item_id": "box", "kind": "component", "unit_cost_cents": 10_00}
    lived.record("row_set", "items:box", "2026-02-02", **box)
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    with pytest.raises(IssuesError, match=r"items\.standalone_price\.needed"):
        told(lived, "2026-04-30")
    lived.record("row_set", "items:box", "2026-05-01", **box, standalone_price_cents=500_00)
    assert revenue(lived, "2026-05-31") == {"FY26 Q1": 800_00}
    lived.record("order_amended", "A/2", "2026-06-01", unit_price_cents=600_00)
    assert revenue(lived, "2026-06-30") == {"FY26 Q1": 800_00, "FY26 Q2": 200_00}


def test_a_standalone_price_that_is_needed_no_more_refuses_nothing():
    """A server and a box, of which nobody ever says what it costs alone: nothing can be told. In
    April the box is cancelled, and the server stands alone: 1,000.00 of the quarter in which it
    left, as its stated price had of both, and nothing is refused."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("A", 2, 1, "500.00", item_id="box"),
                   line("Z", 1, 1, "1.00")])
    lived.record("row_set", "items:box", "2026-02-02", item_id="box", kind="component",
                 unit_cost_cents=10_00)
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    with pytest.raises(IssuesError, match=r"items\.standalone_price\.needed"):
        told(lived, "2026-04-01")
    lived.record("order_cancelled", "A/2", "2026-04-02", quantity=1)
    assert revenue(lived, "2026-04-10") == {"FY26 Q1": 1000_00}


def test_a_late_penalty_that_comes_to_light_later_is_of_its_quarter():
    """A server is recognised when it ships, in March, and owes 2.00 for each week that it arrives
    late. It does in April, nine weeks after the week of 13 February: 18.00 less in the second
    quarter, and the first stays."""
    lived = Lived([line("A", 1, 1, "100.00", requested_on=1, recognise_on="ship",
                        late_penalty_per_unit_week="2.00"), line("Z", 1, 1, "1.00")])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.record("order_delivered", "A/1", "2026-04-14", quantity=1)
    assert revenue(lived, "2026-06-30") == {"FY26 Q1": 100_00, "FY26 Q2": -18_00}
    (note,) = notes(lived, "2026-06-30")
    assert "FY26 Q2, contract A: -18.00 USD" in note and "(delivery of A/1 on 2026-04-14)" in note


def test_a_held_line_that_is_cancelled_as_a_whole_goes_back_in_its_quarter():
    """Four servers at 100.00 are billed and held since 10 March, and the line is cancelled as a
    whole in April: 400.00 of the first quarter, 400.00 less in the second, and no refusal."""
    lived = Lived([line("A", 1, 4, "100.00"), line("Z", 1, 1, "1.00")])
    log = pl.DataFrame([("A", 1, 4, date(2026, 3, 10), True, True, True, True)], schema=HELD,
                       orient="row")
    lived.record("order_cancelled", "A/1", "2026-04-10", quantity=4)
    known = lived.journals("2026-06-30")
    made = recognised(lived.book("2026-06-30"), known.progress, known.left, past=known.past,
                      bill_and_hold=log)
    assert made.ties_hold
    assert dict(made.by_quarter.filter(pl.col("by") == "all").select(
        "quarter", "revenue_cents").iter_rows()) == {"FY26 Q1": 400_00, "FY26 Q2": -400_00}
    notes = "".join(made.figures["notes"])
    assert "FY26 Q2, contract A: -400.00 USD" in notes
    assert "4 of the 4 pieces of A/1 that row 2 of the record holds since 2026-03-10" in notes


def test_an_item_that_leaves_the_tables_gives_no_margin():
    """A box at 500.00 that cost 10.00 left in March, and in April boxes leave the tables, and their
    cost with them. The first quarter keeps its cost of 10.00 and its margin of 490.00; the second
    has no row of the line: no cost comes back, and there is nothing to note."""
    lived = Lived([line("A", 1, 1, "500.00", item_id="box"), line("Z", 1, 1, "1.00")])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.record("order_closed", "A/1", "2026-03-11")
    for key, supply in lived.live.supplies:
        if lived.live.supplies.terms["item_id"][supply.row] == "box":
            lived.record("supply_cut", key, "2026-04-12", quantity=supply.quantity)
    lived.record("row_removed", "items:box", "2026-04-12")
    rows = told(lived, "2026-07-10").made.entries.select(
        "quarter", "rule", "revenue_cents", "standard_cents", "standard_margin_cents").rows()
    assert rows == [("FY26 Q1", "ship", 500_00, 10_00, 490_00)]
    assert notes(lived, "2026-07-10") == []


def test_lines_that_share_their_price_otherwise_are_told_so():
    """A server at 1,000.00 and a box at 500.00 left in March. In April it turns out that the second
    line had been a server, too: each has half of 1,500.00, that is 250.00 less of the first and
    250.00 more of the second. The contract has the same in all, and the note does not call that
    revenue."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("A", 2, 1, "500.00", item_id="box")])
    for number in (1, 2):
        lived.record("order_shipped", f"A/{number}", "2026-03-10", quantity=1)
    lived.record("order_amended", "A/2", "2026-04-02", item_id="server")
    rows = told(lived, "2026-04-10").made.entries.filter(pl.col("rule") == "catch_up")
    assert rows["revenue_cents"].to_list() == [-250_00, 250_00]
    (note,) = notes(lived, "2026-04-10")
    assert note == (
        "FY26 Q2, contract A: 0.00 USD of revenue in all. Its lines and services have more or less "
        "of earlier quarters here, since changes of it came after they were over (item of A/2 on "
        "2026-04-02). They stay as they were told.")


def test_a_standalone_price_that_changes_shares_nothing_anew():
    """A server and a box at 1,000.00 and 500.00 left in March. From April on a box alone costs
    900.00 instead of 500.00: what was sold before keeps its proportion (ASC 606-10-32-43), and so
    does what of it is still open. An order of May is split by the new price: of 1,900.00 its box
    has 900.00."""
    lived = Lived([line("A", 1, 2, "1000.00"), line("A", 2, 1, "500.00", item_id="box")])
    for number in (1, 2):
        lived.record("order_shipped", f"A/{number}", "2026-03-10", quantity=1)
    lived.record("row_set", "items:box", "2026-04-02", item_id="box", kind="component",
                 unit_cost_cents=10_00, standalone_price_cents=900_00)
    lived.load([line("A", 1, 2, "1000.00", shipped_quantity=1),
                line("A", 2, 1, "500.00", item_id="box", shipped_quantity=1),
                line("B", 1, 1, "1200.00", booked_on="2026-05-04"),
                line("B", 2, 1, "700.00", item_id="box", booked_on="2026-05-04")],
               on=date(2026, 5, 4))
    lived.record("row_set", "items:box", "2026-05-04", item_id="box", kind="component",
                 unit_cost_cents=10_00, standalone_price_cents=900_00)
    lived.record("order_shipped", "B/2", "2026-05-05", quantity=1)
    assert revenue(lived, "2026-07-10") == {"FY26 Q1": 1500_00, "FY26 Q2": 900_00}
    assert notes(lived, "2026-07-10") == []
    made = told(lived, "2026-07-10")
    assert made.figures["rpo_cents"] == 1000_00 + 1000_00


def test_revenue_that_is_taken_off_has_no_margin_rate():
    """In April two boxes that were sold with a server cost 100.00 less each: the second quarter has
    100.00 less of revenue, no cost, and 100.00 less of margin. That is no margin of 100%, neither
    in the terminal nor in the workbook."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("A", 2, 2, "400.00", item_id="box")])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.record("order_amended", "A/2", "2026-04-01", unit_price_cents=300_00)
    made = told(lived, "2026-07-10")
    _, row = made.by_quarter.filter(pl.col("by") == "all").to_dicts()
    assert (row["revenue_cents"], row["standard_margin_cents"]) == (-100_00, -100_00)
    shown = StringIO()
    console = Console(width=160, file=shown)
    for part in recognised_tables(made, "quarter", 5):
        console.print(part)
    (found,) = (one for one in shown.getvalue().splitlines() if "FY26 Q2" in one[:12]
                and "contract" not in one)
    assert "%" not in found
    pack = openpyxl.load_workbook(BytesIO(recognised_pack_bytes(made)), data_only=True)
    (cells,) = ([cell.value for cell in row] for row in pack["Recognised"].iter_rows()
                if row[0].value == "FY26 Q2")
    assert cells[6] == -100 and not cells[7]


def test_prices_that_nothing_shares_move_nothing():
    """B sells two servers at what one costs alone, and one has left when a third comes into the
    order at the same price: each is worth its own price, then as before."""
    lived = sold()
    lived.record("order_shipped", "B/1", "2026-03-10", quantity=1)
    lived.load([line("A", 1, 1, "1000.00", shipped_quantity=1),
                line("B", 1, 2, "1000.00", shipped_quantity=1),
                line("B", 2, 1, "1000.00", booked_on="2026-04-01")],
               [support("A", 9, "100.00", "1", 12)])
    assert notes(lived, "2026-04-10") == []


def test_what_comes_after_a_closing_is_of_the_open_quarter():
    """The first quarter is closed with the 808.82 of the server of A. In April it becomes known
    that a server of B, at 1,000.00, left on 20 March: the ledger posts that on 1 April, and so
    does revenue, with a note. Whoever asks for what was known before gets that."""
    lived = sold()
    lived.close("FY26 Q1", "2026-01-01", "2026-03-31")
    known = len(lived.rows)
    lived.record("order_shipped", "B/1", "2026-03-20", quantity=1)
    assert revenue(lived, "2026-04-10") == {"FY26 Q1": 808_82, "FY26 Q2": 1000_00}
    made = told(lived, "2026-04-10")
    assert made.made.entries.filter(pl.col("rule") == "catch_up").select(
        "recognised_on", "quantity", "price_cents").rows() == [(date(2026, 4, 1), 1, 1000_00)]
    assert made.figures["notes"] == [
        "FY26 Q2, contract B: +1000.00 USD of revenue that belongs to earlier quarters stands "
        "here, since changes of it came after they were over (shipment of B/1 on 2026-03-20, "
        "recorded after FY26 Q1 was closed). They stay as they were told."]
    journals = lived.journals("2026-04-10", known)
    before = recognised(lived.book("2026-04-10", known), journals.progress, journals.left,
                        past=journals.past)
    assert before.figures["recognised_cents"] == 808_82


def test_what_comes_late_of_an_open_quarter_counts_on_its_day():
    """January is closed. That a server left on the 30th becomes known in February: the quarter is
    not over, and has its 1,000.00 on the 30th, without a word."""
    lived = sold()
    lived.close("2026-01", "2026-01-01", "2026-01-31")
    lived.record("order_shipped", "B/1", "2026-01-30", quantity=1)
    for on in ("2026-03-10", "2026-04-10"):
        assert revenue(lived, on) == {"FY26 Q1": 1808_82}
        assert notes(lived, on) == []


def test_a_correction_after_a_closing_is_of_the_open_quarter():
    """Two servers of B were said to have left on 20 March. After the closing it turns out that one
    did, and that the other left on 9 April: the first quarter keeps its 2,000.00. The second has
    1,000.00 less on 1 April, where the correction is posted, and 1,000.00 on the 9th. Voided as a
    whole, it has 2,000.00 less instead."""
    for void in (False, True):
        lived = sold()
        there = lived.record("order_shipped", "B/1", "2026-03-20", quantity=2)
        lived.close("FY26 Q1", "2026-01-01", "2026-03-31")
        if void:
            lived.record("correction", "B/1", "2026-03-20", corrects=there, void=True)
        else:
            lived.record("correction", "B/1", "2026-03-20", corrects=there, data={"quantity": 1})
            lived.record("order_shipped", "B/1", "2026-04-09", quantity=1)
        assert revenue(lived, "2026-04-10") == {
            "FY26 Q1": 2808_82, "FY26 Q2": -2000_00 if void else 0}
        rows = told(lived, "2026-04-10").made.entries.filter(pl.col("quarter") == "FY26 Q2")
        assert rows.select("recognised_on", "price_cents").rows() == (
            [(date(2026, 4, 1), -2000_00)] if void else
            [(date(2026, 4, 1), -1000_00), (date(2026, 4, 9), 1000_00)])
        (note,) = notes(lived, "2026-04-10")
        assert "(correction of B/1 on 2026-03-20, recorded after FY26 Q1 was closed)" in note


def test_a_standalone_price_that_comes_late_is_of_the_open_quarter():
    """A server and a box were sold together on 10 March for 1,000.00 and 500.00, and the server
    left. After the closing it is set down that a box alone had cost 900.00 since 1 March: of
    1,500.00 the server had 1,000.00, and has 789.47. The 210.53 less are of the second quarter."""
    lived = Lived([line("A", 1, 1, "1000.00", booked_on="2026-03-10"),
                   line("A", 2, 1, "500.00", item_id="box", booked_on="2026-03-10")])
    lived.record("order_shipped", "A/1", "2026-03-20", quantity=1)
    lived.close("FY26 Q1", "2026-01-01", "2026-03-31")
    lived.record("row_set", "items:box", "2026-03-01", item_id="box", kind="component",
                 unit_cost_cents=10_00, standalone_price_cents=900_00)
    assert revenue(lived, "2026-04-10") == {"FY26 Q1": 1000_00, "FY26 Q2": -210_53}
    (note,) = notes(lived, "2026-04-10")
    assert ("(standalone price of box on 2026-03-01, recorded after FY26 Q1 was closed)") in note


def test_a_booking_that_is_moved_leaves_its_closed_quarter_as_it_was():
    """A server of B, at 1,000.00, left in March and the quarter was closed. Then shipment and
    booking turn out to be of 25 and 20 April: the first quarter keeps its 1,000.00, and they are
    taken off in the second, which has them on 25 April as well."""
    lived = Lived([line("B", 1, 1, "1000.00", booked_on="2026-02-02"), line("Z", 1, 1, "1.00")])
    booked = next(row for row in lived.rows if row.event.key == "B/1")
    left = lived.record("order_shipped", "B/1", "2026-03-20", quantity=1)
    lived.close("FY26 Q1", "2026-01-01", "2026-03-31")
    lived.record("correction", "B/1", "2026-04-25", corrects=left, data={"quantity": 1})
    lived.record("correction", "B/1", "2026-04-20", corrects=booked.sequence,
                 data=dict(booked.event.data))
    assert revenue(lived, "2026-04-22") == {"FY26 Q1": 1000_00, "FY26 Q2": -1000_00}
    assert revenue(lived, "2026-07-05") == {"FY26 Q1": 1000_00, "FY26 Q2": 0}
    (note,) = notes(lived, "2026-07-05")
    assert "correction of B/1 on 2026-04-25, recorded after FY26 Q1 was closed" in note


def test_a_day_that_is_closed_is_told_as_it_is_known_with_a_note():
    """The first quarter is closed with 808.82, and later it becomes known that a server of B left
    on 20 March. As of 31 March itself there are both, and a note says what came later."""
    lived = sold()
    lived.close("FY26 Q1", "2026-01-01", "2026-03-31")
    lived.record("order_shipped", "B/1", "2026-03-20", quantity=1)
    assert revenue(lived, "2026-03-31") == {"FY26 Q1": 1808_82}
    assert notes(lived, "2026-03-31") == [
        "2026-03-31 was closed before this was recorded, which counts here: shipment of B/1 on "
        "2026-03-20, recorded after FY26 Q1 was closed. Later days have it where it is posted; "
        "--recorded-by tells this day as it was closed."]


def test_what_comes_late_twice_is_named_in_its_own_quarter():
    """The box of A is amended in April, and after the second quarter was closed, to another price
    as of 20 June. The note of the second quarter names April alone, that of the third June."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("A", 2, 2, "400.00", item_id="box")])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.close("FY26 Q1", "2026-01-01", "2026-03-31")
    lived.record("order_amended", "A/2", "2026-04-03", unit_price_cents=300_00)
    lived.close("FY26 Q2", "2026-04-01", "2026-06-30")
    lived.record("order_amended", "A/2", "2026-06-20", unit_price_cents=200_00)
    second, third = notes(lived, "2026-07-10")
    assert second.startswith("FY26 Q2") and "(price of A/2 on 2026-04-03)" in second
    assert third.startswith("FY26 Q3") and (
        "(price of A/2 on 2026-06-20, recorded after FY26 Q2 was closed)") in third


def test_a_price_that_comes_late_and_before_all_others_is_caught_up():
    """A server and a box were booked before the ledger began, and the server left in March at two
    thirds of 1,500.00. After the closing somebody sets down that a box had cost 900.00 alone since
    1 January, before the first price that the ledger had: 210.53 less, in the second quarter."""
    lived = Lived([line("A", 1, 1, "1000.00"), line("A", 2, 1, "500.00", item_id="box")])
    lived.record("order_shipped", "A/1", "2026-03-10", quantity=1)
    lived.close("FY26 Q1", "2026-01-01", "2026-03-31")
    lived.record("row_set", "items:box", "2026-01-01", item_id="box", kind="component",
                 unit_cost_cents=10_00, standalone_price_cents=900_00)
    assert revenue(lived, "2026-04-10") == {"FY26 Q1": 1000_00, "FY26 Q2": -210_53}
