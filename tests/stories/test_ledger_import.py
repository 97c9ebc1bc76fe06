"""A book becomes events, and a changed book exactly what changed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from headgate.base.issue import IssuesError
from headgate.files.book_reader import read_raw
from headgate.ledger.book_tables import book_tables
from headgate.ledger.events import Event
from headgate.ledger.fold import State
from headgate.ledger.importing import Missing, events_of
from headgate.tables.check import check_tables
from headgate.tables.frames import Tables
from tests.stories.tables_book import FILES

DAY = date(2026, 2, 2)
NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
ORDERS = FILES["orders.csv"]


def book(tmp_path: Path, **files: str) -> Tables:
    """The tiny book with other texts for some of its files, named without their ending."""
    folder = tmp_path / str(len(list(tmp_path.iterdir()))) / "book"
    folder.mkdir(parents=True)
    for name, text in {**FILES, **{f"{name}.csv": text for name, text in files.items()}}.items():
        (folder / name).write_text(text)
    return check_tables(read_raw(folder))


def imported(tables: Tables) -> State:
    return recorded(State(), events_of(tables, None, DAY, "test"))


def recorded(state: State, events: list[Event]) -> State:
    for event in events:
        assert state.judge(event, NOW) is None
        state.apply(state.next_recorded(event, NOW))
    return state


def told(events: list[Event]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(event.kind, event.key, dict(event.data)) for event in events]


def changes(tmp_path: Path, missing: Missing = "error", **files: str) -> list[Event]:
    """What importing a changed book says, after the tiny one; its state is then that book."""
    state = imported(book(tmp_path))
    after = book(tmp_path, **files)
    events = events_of(after, state, DAY, "test", missing)
    assert check_tables(book_tables(recorded(state, events))).digest == after.digest
    assert events_of(after, state, DAY, "test", missing) == []
    return events


def test_a_new_line_counts_from_its_booking(tmp_path: Path):
    """SO-1/1 was booked on 2025-12-01: its event counts from that day, and says what the file
    says, without columns that are at their defaults."""
    events = events_of(book(tmp_path), None, DAY, "test")
    first = next(event for event in events if event.key == "SO-1/1")
    assert first.kind == "order_booked" and first.effective_on == date(2025, 12, 1)
    assert first.data == {
        "order_id": "SO-1", "line_no": 1, "customer_id": "acme", "segment": "cloud",
        "region": "AMER", "item_id": "server", "quantity": 8, "unit_price_cents": 15000,
        "booked_on": "2025-12-01", "requested_on": "2026-02-06"}


def test_a_booking_that_is_dated_ahead_counts_from_the_import(tmp_path: Path):
    """A line says that it was booked on 2026-03-01, and the book is imported on 2026-02-02. It is
    in the book, so it counts from the import."""
    orders = ORDERS.replace("2025-12-15", "2026-03-01")
    events = events_of(book(tmp_path, orders=orders), None, DAY, "test")
    assert next(event.effective_on for event in events if event.key == "SO-2/1") == DAY


def test_pieces_that_were_shipped_before_leave_on_the_day_of_the_import(tmp_path: Path):
    """Of 8 pieces the book says that 3 are shipped: 8 are booked, 3 are shipped, 5 stay open."""
    lines = ORDERS.splitlines()
    orders = "\n".join([lines[0] + ",shipped_quantity", lines[1] + ",3",
                        *(f"{line},0" for line in lines[2:])]) + "\n"
    tables = book(tmp_path, orders=orders)
    events = [event for event in events_of(tables, None, DAY, "test") if event.key == "SO-1/1"]
    assert [(event.kind, event.effective_on, event.data["quantity"]) for event in events] == [
        ("order_booked", date(2025, 12, 1), 8), ("order_shipped", DAY, 3)]
    line = imported(tables).lines.get("SO-1/1")
    assert line is not None and line.open_quantity == 5


def test_a_changed_price_and_date_are_one_amendment(tmp_path: Path):
    """Two cells of one line are others: one event that says these two, and nothing else."""
    orders = ORDERS.replace("8,150.00,2025-12-01,2026-02-06", "8,140.00,2025-12-01,2026-02-13")
    assert told(changes(tmp_path, orders=orders)) == [("order_amended", "SO-1/1", {
        "unit_price_cents": 14000, "requested_on": "2026-02-13"})]


def test_a_line_that_is_missing_is_a_fault_unless_it_is_said_what_became_of_it(tmp_path: Path):
    """SO-2/1 with 4 open pieces is not in the second book. Nothing is guessed: it is a fault that
    names the line; cancelled or shipped takes it out, and keep leaves it alone."""
    orders = "\n".join(ORDERS.splitlines()[:-1]) + "\n"
    with pytest.raises(IssuesError) as raised:
        changes(tmp_path, orders=orders)
    assert [(issue.code, issue.value) for issue in raised.value.issues] == [
        ("import.orders.missing", "SO-2/1")]
    assert told(changes(tmp_path, "cancelled", orders=orders)) == [
        ("order_cancelled", "SO-2/1", {"quantity": 4})]
    assert told(changes(tmp_path, "shipped", orders=orders)) == [
        ("order_shipped", "SO-2/1", {"quantity": 4}), ("order_closed", "SO-2/1", {})]
    state = imported(book(tmp_path))
    assert events_of(book(tmp_path, orders=orders), state, DAY, "test", "keep") == []


@pytest.mark.parametrize(("missing", "kinds"), [
    ("cancelled", ["service_cancelled", "order_cancelled"]),
    ("shipped", ["service_closed", "order_shipped", "order_closed"])])
def test_a_line_leaves_after_the_service_that_hangs_on_it(tmp_path: Path, missing: Missing,
                                                          kinds: list[str]):
    """SO-2/1 and its support are in the second book no more: the support ends first, as nobody
    may take a line away from under a service, and the book of the ledger is that of the file."""
    items = FILES["items.csv"] + "support,service,1,\n"
    services = ("order_id,line_no,item_id,amount,starts,term_months\n"
                "SO-2,2,support,36.00,1,36\n")
    state = imported(book(tmp_path, items=items, service_lines=services))
    after = book(tmp_path, items=items, service_lines=services.splitlines()[0] + "\n",
                 orders="\n".join(ORDERS.splitlines()[:-1]) + "\n")
    events = events_of(after, state, DAY, "test", missing)
    assert [event.kind for event in events] == kinds
    assert check_tables(book_tables(recorded(state, events))).digest == after.digest


def test_a_line_with_nothing_open_may_leave_the_book(tmp_path: Path):
    """All 4 pieces of SO-2/1 were shipped, and the next extract of open orders does not have the
    line any more. That is how such extracts are: it is closed without being asked about."""
    state = imported(book(tmp_path))
    recorded(state, [Event("order_shipped", "SO-2/1", DAY, {"quantity": 4}, "test", "", "ship")])
    orders = "\n".join(ORDERS.splitlines()[:-1]) + "\n"
    assert told(events_of(book(tmp_path, orders=orders), state, DAY, "test")) == [
        ("order_closed", "SO-2/1", {})]


def test_supply_is_moved_cut_and_amended_by_its_reference(tmp_path: Path):
    """PO-1 comes a week later, of PO-2 come 60 instead of 100, PO-3 costs more, PO-4 is new, and
    the stock of dimm-b is used up."""
    head = "item_id,site_id,available_on,quantity,reference,unit_cost\n"
    stock = "dimm,austin,2026-01-30,1600,,\n"
    before = (f"{head}gpu,austin,2026-02-02,400,PO-1,\ngpu,austin,2026-02-02,100,PO-2,\n"
              f"gpu,austin,2026-02-02,300,PO-3,30\n{stock}dimm-b,austin,2026-01-30,100,,\n")
    after = (f"{head}gpu,austin,2026-02-09,400,PO-1,\ngpu,austin,2026-02-02,60,PO-2,\n"
             f"gpu,austin,2026-02-02,300,PO-3,32\n{stock}gpu,lodz,2026-02-02,10,PO-4,\n")
    state = imported(book(tmp_path, supply=before))
    assert told(events_of(book(tmp_path, supply=after), state, DAY, "test")) == [
        ("supply_moved", "PO-1", {"available_on": "2026-02-09"}),
        ("supply_cut", "PO-2", {"quantity": 40}),
        ("supply_amended", "PO-3", {"unit_cost_cents": 3200}),
        ("supply_cut", "dimm-b@austin@2026-01-30", {"quantity": 100}),
        ("supply_committed", "PO-4", {"item_id": "gpu", "site_id": "lodz", "quantity": 10,
                                      "available_on": "2026-02-02", "reference": "PO-4"})]


def test_rows_of_other_tables_are_set_and_removed(tmp_path: Path):
    """Transit to EMEA takes 4 days instead of 3, and a substitute is no more allowed."""
    assert told(changes(tmp_path, lanes=FILES["lanes.csv"].replace("EMEA,3", "EMEA,4"),
                        substitutes="item_id,substitute_id,preference\n")) == [
        ("row_removed", "substitutes:dimm/dimm-b/", {}),
        ("row_set", "lanes:lodz/EMEA", {"site_id": "lodz", "region": "EMEA", "transit_days": 4})]


def test_unknown_columns_come_along(tmp_path: Path):
    """headgate does not know `sales_rep`. It is kept with the line, comes out again, and a change
    of it is an amendment like any other."""
    lines = ORDERS.splitlines()
    rows = [lines[0] + ",sales_rep", *(f"{line},ann" for line in lines[1:])]
    orders = "\n".join(rows) + "\n"
    state = imported(book(tmp_path, orders=orders))
    out = check_tables(book_tables(state)).frames["orders"]
    assert out["sales_rep"].to_list() == ["ann"] * 3
    other = orders.replace("2026-02-06,ann", "2026-02-06,bob")
    assert told(events_of(book(tmp_path, orders=other), state, DAY, "test")) == [
        ("order_amended", "SO-1/1", {"extra": {"sales_rep": "bob"}})]


def test_the_same_change_twice_has_two_keys(tmp_path: Path):
    """A price goes from 150 to 140, back to 150, and to 140 once more, all on one day. The first
    and the third import say the same of the line, and still are two events: their keys differ,
    while the very same import has the same key."""
    cheap = ORDERS.replace("8,150.00", "8,140.00")
    state = imported(book(tmp_path))
    keys = []
    for orders in (cheap, ORDERS, cheap):
        events = events_of(book(tmp_path, orders=orders), state, DAY, "test")
        assert [event.idempotency_key for event in events] == [
            event.idempotency_key
            for event in events_of(book(tmp_path, orders=orders), state, DAY, "test")]
        keys += [event.idempotency_key for event in events]
        recorded(state, events)
    assert len(set(keys)) == 3
