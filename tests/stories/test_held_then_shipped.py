"""Goods that were billed and held ship, come back and are closed: what was told stays told."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.finance.bill_and_hold import CRITERIA, HELD, fitting
from headgate.finance.held_pieces import EMPTY, GONE
from headgate.session.backlog import backlog
from headgate.session.recognising import recognised, revenue
from tests.stories.lived import Lived, line, support

RULES = ("ship", "deliver", "accept")
TENTH = date(2026, 3, 10)


def record(*rows: tuple[int, date], order: str = "A", **no: bool) -> pl.DataFrame:
    """A record of line 1 of an order: pieces and since when; all criteria but those given."""
    return pl.DataFrame([(order, 1, pieces, on, *(no.get(name, True) for name in CRITERIA))
                         for pieces, on in rows], schema=HELD, orient="row")


def told(lived: Lived, on: str, held: pl.DataFrame) -> dict[str | None, int]:
    """Revenue by quarter as told on a day; all of it ties, and to the backlog of that day."""
    read, known = lived.book(on), lived.journals(on)
    made = recognised(read, known.progress, known.left, past=known.past, billings=known.billings,
                      bill_and_hold=held)
    assert made.ties_hold, made.ties.filter(pl.col("holds") != "yes")
    other = backlog(read, movements=known.movements, progress=known.progress, past=known.past,
                    billings=known.billings, bill_and_hold=held)
    assert other.figures["ties_hold"], other.ties.filter(pl.col("holds") != "yes")
    assert made.figures["rpo_cents"] == other.figures["rpo_cents"]
    return dict(made.by_quarter.filter(pl.col("by") == "all").select(
        "quarter", "revenue_cents").iter_rows())


def steps(lived: Lived, on: str, held: pl.DataFrame) -> dict[str, int]:
    """The steps from order backlog to RPO of a day that are not 0."""
    known = lived.journals(on)
    made = hg.backlog(lived.book(on), movements=known.movements, progress=known.progress,
                      past=known.past, bill_and_hold=held)
    return {step: cents for step, cents in made.rpo_walk.select("step", "cents").iter_rows()
            if cents and step in ("bill_and_hold", "in_transit", "acceptance", "rpo")}


def shipped(lived: Lived, on: str, held: pl.DataFrame) -> list[int | None]:
    """How many pieces of each row have shipped, as told on a day."""
    known = lived.journals(on)
    made = recognised(lived.book(on), known.progress, known.left, past=known.past,
                      bill_and_hold=held)
    assert made.held is not None
    return made.held["shipped_since"].to_list()


@pytest.mark.parametrize("rule", RULES)
def test_a_quarter_that_was_closed_with_it_stays(rule: str):
    """Four of ten at 100 are held since 10 March with all criteria: 400 of the first quarter, on
    31 March as in August. Two ship in May, then five in June, of which the first two are the last
    that were held: by the rule `ship` the other three are 300 of the second quarter, else they are
    not yet recognised. Nothing of the four is on its way or awaits acceptance."""
    lived, held = Lived([line("A", 1, 10, "100.00", recognise_on=rule)]), record((4, TENTH))
    assert told(lived, "2026-03-31", held) == {"FY26 Q1": 400_00}
    assert steps(lived, "2026-03-31", held) == {"bill_and_hold": -400_00, "rpo": 600_00}
    lived.record("order_shipped", "A/1", "2026-05-10", quantity=2)
    assert told(lived, "2026-05-31", held) == {"FY26 Q1": 400_00}
    assert steps(lived, "2026-05-31", held) == {"bill_and_hold": -200_00, "rpo": 600_00}
    assert shipped(lived, "2026-05-31", held) == [2]
    lived.record("order_shipped", "A/1", "2026-06-10", quantity=5)
    later = {"FY26 Q2": 300_00} if rule == "ship" else {}
    assert told(lived, "2026-08-31", held) == {"FY26 Q1": 400_00, **later}
    away = {"deliver": {"in_transit": 300_00}, "accept": {"acceptance": 300_00}}.get(rule, {})
    assert steps(lived, "2026-08-31", held) == {**away, "rpo": 300_00 + sum(away.values())}
    assert shipped(lived, "2026-08-31", held) == [4]


@pytest.mark.parametrize("rule", RULES)
def test_what_was_held_and_comes_back_ceases_to_be_recognised_that_day(rule: str):
    """The four are shipped in May; one of them comes back in July: 100 less in the third quarter.
    It is an ordinary open piece then. It leaves again in November and is delivered and accepted on
    the next day: 100 of the fourth quarter, by the rule of its line."""
    lived, held = Lived([line("A", 1, 10, "100.00", recognise_on=rule)]), record((4, TENTH))
    lived.record("order_shipped", "A/1", "2026-05-10", quantity=4)
    lived.record("order_returned", "A/1", "2026-07-10", quantity=1, stage="transit")
    assert told(lived, "2026-08-31", held) == {"FY26 Q1": 400_00, "FY26 Q3": -100_00}
    assert steps(lived, "2026-08-31", held) == {"rpo": 700_00}
    lived.record("order_shipped", "A/1", "2026-11-10", quantity=1)
    lived.record("order_delivered", "A/1", "2026-11-11", quantity=4)
    lived.record("order_accepted", "A/1", "2026-11-11", quantity=4)
    assert told(lived, "2026-12-31", held) == {
        "FY26 Q1": 400_00, "FY26 Q3": -100_00, "FY26 Q4": 100_00}


def test_a_line_that_is_closed_since_is_known():
    """All ten ship, are closed and leave the book: the row stays, and so does the first quarter. A
    line that nobody ever heard of stays a fault."""
    lived, held = Lived([line("A", 1, 10, "100.00"), line("B", 1, 1, "1.00")]), record((4, TENTH))
    lived.record("order_shipped", "A/1", "2026-05-10", quantity=10)
    lived.record("order_closed", "A/1", "2026-05-11")
    assert lived.book("2026-08-31").tables.frames["orders"]["order_id"].to_list() == ["B"]
    assert told(lived, "2026-08-31", held) == {"FY26 Q1": 400_00, "FY26 Q2": 600_00}
    assert shipped(lived, "2026-08-31", held) == [4]
    with pytest.raises(hg.IssuesError, match=r"bill_and_hold\.line\.unknown"):
        told(lived, "2026-08-31", record((1, TENTH), order="Z"))


def test_rows_are_added_and_none_is_taken_out():
    """Six were held in March and not ready: no revenue, and the row holds nothing. In April they
    are ready: a second row holds the same six. Of ten, four are left for a third row, and not
    five."""
    lived = Lived([line("A", 1, 10, "100.00")])
    log = pl.concat([record((6, TENTH), ready=False), record((6, date(2026, 4, 10)))])
    assert told(lived, "2026-06-30", log) == {"FY26 Q2": 600_00}
    lived.record("order_shipped", "A/1", "2026-05-10", quantity=6)
    assert shipped(lived, "2026-06-30", log) == [None, 6]
    third = record((4, date(2026, 6, 1)))
    assert told(lived, "2026-06-30", pl.concat([log, third])) == {"FY26 Q2": 1000_00}
    with pytest.raises(hg.IssuesError) as fault:
        told(lived, "2026-06-30", pl.concat([log, record((5, date(2026, 6, 1)))]))
    assert [(issue.code, issue.row, issue.value) for issue in fault.value.issues] == [
        ("bill_and_hold.quantity.range", 4, "5")]
    assert "4 pieces of A/1 that were open as 2026-06-01 began" in str(fault.value)


def test_what_had_left_by_then_cannot_be_held():
    """Seven of ten left on 1 March and one came back on the 5th: on the 10th four are open, so that
    five cannot be held, though eight are open again in June."""
    lived = Lived([line("A", 1, 10, "100.00")])
    lived.record("order_shipped", "A/1", "2026-03-01", quantity=7)
    lived.record("order_returned", "A/1", "2026-03-05", quantity=1, stage="transit")
    lived.record("order_returned", "A/1", "2026-06-01", quantity=4, stage="transit")
    assert told(lived, "2026-06-30", record((4, TENTH))) == {
        "FY26 Q1": 1000_00, "FY26 Q2": -400_00}
    with pytest.raises(hg.IssuesError, match="the 4 pieces of A/1"):
        told(lived, "2026-06-30", record((5, TENTH)))


def test_what_was_held_and_is_cancelled_goes_back_in_its_quarter():
    """Four of ten at 100 are held since 10 March: 400 of the first quarter. In April eight of the
    ten are cancelled: the six that nobody held go first, then the two that were held last, 200 less
    in the second quarter. One ships in May, in July five more are ordered, and the row does not get
    back what it lost. The answer names line and row, and how many were cancelled when."""
    lived, held = Lived([line("A", 1, 10, "100.00")]), record((4, TENTH))
    assert told(lived, "2026-03-31", held) == {"FY26 Q1": 400_00}
    lived.record("order_cancelled", "A/1", "2026-04-10", quantity=8)
    assert told(lived, "2026-06-30", held) == {"FY26 Q1": 400_00, "FY26 Q2": -200_00}
    assert steps(lived, "2026-06-30", held) == {"bill_and_hold": -200_00}
    lived.record("order_shipped", "A/1", "2026-05-10", quantity=1)
    lived.record("order_amended", "A/1", "2026-07-10", quantity=7)
    assert told(lived, "2026-08-31", held) == {"FY26 Q1": 400_00, "FY26 Q2": -200_00}
    assert steps(lived, "2026-08-31", held) == {"bill_and_hold": -100_00, "rpo": 500_00}
    known = lived.journals("2026-08-31")
    made = hg.backlog(lived.book("2026-08-31"), progress=known.progress, bill_and_hold=held)
    row = made.parts["bill_and_hold"].select(
        "quantity", "shipped_since", "cancelled_since", "amount_cents").row(0)
    assert row == (4, 1, 2, 400_00)
    assert ("2 of the 4 pieces of A/1 that row 2 of the record holds since 2026-03-10 were "
            "cancelled, the last of them on 2026-04-10: ") in "".join(made.figures["notes"])


def test_a_row_holds_nothing_that_was_ordered_only_later():
    """Two servers are ordered, and in April six. On 10 March there were two to hold and not five,
    neither then nor as told in June; on 11 April a row of four more can hold the others."""
    lived = Lived([line("A", 1, 2, "100.00")])
    lived.record("order_amended", "A/1", "2026-04-10", quantity=6)
    for on in ("2026-03-31", "2026-06-30"):
        with pytest.raises(hg.IssuesError, match="2 pieces of A/1 that were open as 2026-03-10"):
            told(lived, on, record((5, TENTH)))
    assert told(lived, "2026-06-30", record((2, TENTH), (4, date(2026, 4, 11)))) == {
        "FY26 Q1": 200_00, "FY26 Q2": 400_00}


def test_a_row_whose_line_has_left_the_tables_is_not_an_empty_record():
    """The held server ships and its line is closed in May; then its item leaves the tables, too.
    What was held in March is told by the contract of then: 100. Of what was held in May the quarter
    was not over yet: nothing is told, and nobody hears that the record had no row by the day."""
    lived = Lived([line("A", 1, 1, "100.00", item_id="box"), line("B", 1, 1, "1.00")])
    lived.record("order_shipped", "A/1", "2026-05-10", quantity=1)
    lived.record("order_closed", "A/1", "2026-05-11")
    supply = next(key for key, one in lived.live.supplies
                  if lived.live.supplies.terms["item_id"][one.row] == "box")
    lived.record("supply_cut", supply, "2026-05-12", quantity=1)
    lived.record("row_removed", "items:box", "2026-05-12")
    known, read = lived.journals("2026-06-30"), lived.book("2026-06-30")
    for on, amounts, note in ((TENTH, [100_00], None), (date(2026, 5, 9), [], GONE),
                              (date(2026, 9, 1), [], EMPTY)):
        made = backlog(read, movements=known.movements, progress=known.progress, past=known.past,
                       bill_and_hold=record((1, on)))
        assert made.parts["bill_and_hold"]["amount_cents"].to_list() == amounts
        assert [note for note in made.figures["notes"] if note in (GONE, EMPTY)] == (
            [] if note is None else [note])


def test_without_a_ledger_a_row_is_taken_out_when_its_pieces_have_left():
    """Three of ten are open: a row of four cannot be held, and is told to be lessened, or to be
    taken out when its pieces have left, for nobody says when they did."""
    lived = Lived([line("A", 1, 10, "100.00", shipped_quantity=7)])
    with pytest.raises(hg.IssuesError) as fault:
        backlog(lived.book("2026-06-30"), bill_and_hold=record((4, TENTH)))
    assert ("no more than the 3 pieces of A/1 that are open, and that no earlier row holds; lessen "
            "it, or take the row out when its pieces have left  [") in str(fault.value)


def test_a_price_that_changes_later_moves_nothing_of_it():
    """Four of ten at 100 are held. In April the price is amended to 70, in May all ten ship: what
    was recognised stays 400, and the six others bring 420, not 6 x 100 and not 10 x 70 - 400."""
    lived, held = Lived([line("A", 1, 10, "100.00")]), record((4, TENTH))
    lived.record("order_amended", "A/1", "2026-04-10", unit_price_cents=70_00)
    assert told(lived, "2026-04-30", held) == {"FY26 Q1": 400_00}
    lived.record("order_shipped", "A/1", "2026-05-10", quantity=10)
    assert told(lived, "2026-06-30", held) == {"FY26 Q1": 400_00, "FY26 Q2": 420_00}


def test_what_was_held_is_late_to_nobody():
    """Two servers at 100, requested in week 1, with a penalty of 2 a week: one is held since
    10 March, both are delivered 20 weeks late, in June. The other one owes 40."""
    lived = Lived([line("A", 1, 2, "100.00", requested_on=1, recognise_on="deliver",
                        late_penalty_per_unit_week="2.00")])
    lived.record("order_shipped", "A/1", "2026-06-28", quantity=2)
    lived.record("order_delivered", "A/1", "2026-06-29", quantity=2)
    assert told(lived, "2026-08-31", record((1, TENTH))) == {
        "FY26 Q1": 100_00, "FY26 Q2": 100_00 - 40_00}


def test_a_split_price_ties_to_the_cent_before_and_after():
    """Three servers at 100.00 with a support of 50.01 for a year, split by 1000 and 360 each:
    350.01 x 3000 / 4080 = 257.36 for the three. One is held in March: 85.78. Two ship in May, of
    which the first is that one: 85.79 for the other, and the cents stand where they stood, in the
    table of what is billed and held, too."""
    lived = Lived([line("A", 1, 3, "100.00")], [support("A", 9, "50.01", "1", 12)])
    held = record((1, TENTH))
    assert told(lived, "2026-03-31", held) == {"FY26 Q1": 85_78}
    lived.record("order_shipped", "A/1", "2026-05-10", quantity=2)
    assert told(lived, "2026-05-31", held) == {"FY26 Q1": 85_78, "FY26 Q2": 85_79}
    for on in ("2026-03-31", "2026-05-31"):
        made = hg.backlog(lived.book(on), progress=lived.journals(on).progress, bill_and_hold=held)
        assert made.parts["bill_and_hold"]["amount_cents"].to_list() == [85_78]


def test_another_plan_is_told_of_the_record_what_its_book_can_know():
    """Ten of A at 100 were planned on 2 February; on the 5th B came into the book, four at 50,
    booked on 15 January, and eight of A left. Held are four of A since the 2nd and two of B since
    20 January. The plan of the 9th sends two of each: of A's ten eight have left, four of which
    were held, and of B two were: 2 x 100 + 2 x 50 = 300. The older book has no B, and of A's ten
    four are held: 600. Either way round the bridge leads from the one to the other. The book of the
    plan is held against the record as strictly as ever."""
    lived = Lived([line("A", 1, 10, "100.00", requested_on=1)])
    lived.record("supply_committed", "PO-1", "2026-02-02", item_id="server", site_id="austin",
                 available_on="2026-02-09", quantity=20, reference="PO-1")
    old = lived.book("2026-02-02")
    first = hg.plan(old)
    lived.record("order_booked", "B/1", "2026-02-05", order_id="B", line_no=1, customer_id="acme",
                 segment="enterprise", region="AMER", item_id="server", quantity=4,
                 unit_price_cents=50_00, booked_on="2026-01-15", requested_on="2026-02-20")
    lived.record("order_shipped", "A/1", "2026-02-05", quantity=8)
    new, known = lived.book("2026-02-09"), lived.journals("2026-02-09")
    second = hg.plan(new)
    held = pl.concat([record((4, date(2026, 2, 2))), record((2, date(2026, 1, 20)), order="B")])
    beside: dict[str, Any] = {"progress": known.progress, "past": known.past}
    made = revenue(new, second, first, old, bill_and_hold=held, **beside)
    assert made.revenue.totals["revenue_cents"] == 300_00
    assert made.bridge is not None and made.bridge["revenue_cents"].sum() == 300_00 - 600_00
    with pytest.raises(hg.IssuesError, match=r"bill_and_hold\.line\.unknown"):
        revenue(old, first, second, new, bill_and_hold=held, **beside)
    back = revenue(old, first, second, new, bill_and_hold=held.head(1), **beside)
    assert back.revenue.totals["revenue_cents"] == 600_00
    assert back.bridge is not None and back.bridge["revenue_cents"].sum() == 600_00 - 400_00


def test_another_book_without_a_ledger_is_told_up_to_what_it_has_open():
    """Six of ten at 100 are held. The book that the plan is compared with has three open pieces
    left: all of them are held there, and its plan brings nothing; four are left of this one."""
    plans = []
    for pieces in (0, 7):
        lived = Lived([line("A", 1, 10, "100.00", requested_on=1, shipped_quantity=pieces)])
        lived.record("supply_committed", "PO-1", "2026-02-02", item_id="server", site_id="austin",
                     available_on="2026-02-09", quantity=20, reference="PO-1")
        plans.append(hg.plan(lived.book("2026-02-09")))
    now, other = plans
    held = record((6, date(2026, 2, 2)))
    made = revenue(now.book, now, other, other.book, bill_and_hold=held)
    assert made.revenue.totals["revenue_cents"] == 400_00
    assert made.bridge is not None and made.bridge["revenue_cents"].sum() == 400_00


def test_another_book_that_is_not_of_the_ledger_holds_no_more_than_it_ordered():
    """Of twenty servers fifteen are held since 10 March, and seven shipped on the 20th. A book from
    elsewhere knows ten of them, all open: ten were there to hold, and not ten and the seven that
    the ledger says have left."""
    lived = Lived([line("A", 1, 20, "100.00")])
    lived.record("order_shipped", "A/1", "2026-03-20", quantity=7)
    other = Lived([line("A", 1, 10, "100.00")]).book("2026-04-30")
    rows = fitting(other, lived.journals("2026-04-30").progress, record((15, TENTH)))
    assert rows["quantity"].to_list() == [10]
