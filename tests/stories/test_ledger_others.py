"""Supply, services, promises, holds, rows and plans in the ledger, and what is refused of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from headgate.ledger.book_tables import book_tables, supply_frame, typed_frames
from headgate.ledger.fold import State, fold
from headgate.ledger.journals import promises
from tests.stories.ledger_desk import LINE, LedgerDesk, desk_with_line

PO = "PO-4711-10"


def desk_with_supply() -> LedgerDesk:
    """A desk with a purchase order: 256 GPUs for austin on 2026-03-09."""
    desk = LedgerDesk()
    desk.must("supply_committed", PO, "2026-01-05", item_id="gpu", site_id="austin", quantity=256,
              available_on="2026-03-09", reference=PO, unit_cost_cents=4_120_000,
              status="committed")
    return desk


def supply(desk: LedgerDesk) -> list[tuple[Any, ...]]:
    return supply_frame(desk.state).select(
        "available_on", "quantity", "status", "reference").rows()


def test_a_purchase_order_is_moved_cut_and_received_in_parts():
    """256 are promised for 9 March, moved to 6 April, cut by 56. 128 come in on 30 March: 72 are to
    come, 128 on hand since that day, both with the reference. 8 of those on hand are scrapped."""
    desk = desk_with_supply()
    desk.must("supply_moved", PO, "2026-02-02", available_on="2026-04-06")
    desk.must("supply_cut", PO, "2026-02-03", quantity=56)
    desk.must("supply_received", PO, "2026-03-30", quantity=128)
    desk.must("supply_cut", PO, "2026-03-31", quantity=8, received=True)
    assert supply(desk) == [(date(2026, 4, 6), 72, "committed", PO),
                            (date(2026, 3, 30), 120, "on_hand", PO)]
    assert desk.send("supply_received", PO, "2026-03-31", quantity=73) == "more_than_there"
    assert desk.send("supply_cut", PO, "2026-03-31", quantity=121, received=True) == \
        "more_than_there"
    desk.must("supply_received", PO, "2026-03-31", quantity=72)
    assert supply(desk) == [(date(2026, 3, 30), 192, "on_hand", PO)]


def test_supply_is_committed_once_and_amended_by_key():
    """The same key is there already; another quantity and site are an amendment; an unknown key
    is none. A correction makes the 256 of the first event 265."""
    desk = desk_with_supply()
    data = dict(desk.rows[0].event.data)
    assert desk.send("supply_committed", PO, "2026-01-06", **data) == "already_there"
    assert desk.send("supply_moved", "PO-1", "2026-01-06", available_on="2026-04-06") == \
        "unknown_key"
    desk.must("supply_cut", PO, "2026-02-03", quantity=6)
    desk.must("correction", PO, "2026-01-05", corrects=1, data={**data, "quantity": 265})
    assert supply(desk)[0][1] == 259
    desk.must("supply_amended", PO, "2026-02-04", quantity=320, site_id="lodz")
    desk.must("override", PO, "2026-02-05", table="supply", column="quantity", old=320, new=300)
    frame = typed_frames(desk.state)["supply"]
    assert frame.select("site_id", "quantity").rows() == [("lodz", 300)]


def test_a_service_is_booked_starts_once_and_ends():
    """Support for three years is sold, starts on 1 March and not a second time. It is closed and
    leaves the book; an amendment brings it back; cancelled, it cannot start again."""
    desk = desk_with_line()
    key = "SO-4711/2"
    data = {"order_id": "SO-4711", "line_no": 2, "item_id": "support-3y", "starts": "1",
            "amount_cents": 9_600_000, "term_months": 36}
    assert desk.send("service_booked", LINE, "2026-01-05", **data) == "malformed"
    desk.must("service_booked", key, "2026-01-05", **data)
    assert desk.send("service_booked", key, "2026-01-05", **data) == "already_there"
    desk.must("service_started", key, "2026-03-01")
    assert desk.send("service_started", key, "2026-03-02") == "wrong_status"
    desk.must("order_invoiced", key, "2026-03-02", amount_cents=9_600_000)
    desk.must("service_closed", key, "2026-03-02")
    assert desk.send("service_closed", key, "2026-03-02") == "wrong_status"
    assert typed_frames(desk.state)["service_lines"].is_empty()
    desk.must("service_amended", key, "2026-03-03", amount_cents=9_000_000)
    assert typed_frames(desk.state)["service_lines"]["amount_cents"].to_list() == [9_000_000]
    desk.must("service_cancelled", key, "2026-03-04")
    assert typed_frames(desk.state)["service_lines"].is_empty()
    assert desk.send("service_cancelled", key, "2026-03-04") == "wrong_status"
    service = desk.state.services.get(key)
    assert service is not None and service.started_on == date(2026, 3, 1)
    assert service.invoiced == 9_600_000


def test_the_promise_of_record_is_made_moved_and_withdrawn():
    """40 pieces are promised for 27 March, then for 10 April: the promise of record is 10 April,
    given on 2 February, and the first date ever was 27 March. Withdrawn, nothing is promised; made
    again, the first date stays the first."""
    desk = desk_with_line()
    assert desk.send("promise_made", "SO-9/1", "2026-01-12", promised_on="2026-03-27",
                     quantity=40) == "unknown_key"
    assert desk.send("promise_moved", LINE, "2026-01-12", promised_on="2026-03-27",
                     quantity=40) == "unknown_key"
    desk.must("promise_made", LINE, "2026-01-12", promised_on="2026-03-27", quantity=40,
              plan_digest="9f2c")
    assert desk.send("promise_made", LINE, "2026-01-13", promised_on="2026-03-27",
                     quantity=40) == "already_there"
    desk.must("promise_moved", LINE, "2026-02-02", promised_on="2026-04-10", quantity=38,
              shipped_quantity=2)
    assert promises(desk.state).rows() == [
        ("SO-4711", 1, date(2026, 4, 10), 38, date(2026, 2, 2), date(2026, 3, 27), 2, "9f2c")]
    desk.must("promise_withdrawn", LINE, "2026-02-09")
    assert promises(desk.state).is_empty()
    assert desk.send("promise_withdrawn", LINE, "2026-02-10") == "wrong_status"
    desk.must("promise_made", LINE, "2026-02-16", promised_on="2026-05-01", quantity=38)
    assert promises(desk.state)["first_promised_on"].to_list() == [date(2026, 3, 27)]
    assert promises(fold(desk.rows, date(2026, 1, 20)))["promised_on"].to_list() == [
        date(2026, 3, 27)]


def test_a_promise_before_its_line_is_refused():
    """The line was booked on 5 January; on the 4th nothing could be promised of it."""
    desk = desk_with_line()
    assert desk.send("promise_made", LINE, "2026-01-04", promised_on="2026-03-27",
                     quantity=40) == "effective_before_booking"


def placed(desk: LedgerDesk, hold_id: str, until: str = "2026-02-04T09:00:00+00:00",
           **more: Any) -> str:
    return desk.send("hold_placed", hold_id, "2026-02-02", plan="plan-a", until=until,
                     hold={"hold_id": hold_id}, **more)


def test_two_who_saw_the_same_cannot_both_hold_it():
    """Ann and Bob both work out a hold while none is placed. Ann's is placed first, as event 1;
    Bob's, worked out without seeing it, is refused as stale. He asks again, sees event 1, and may
    hold what is left. Who does not say what was seen takes the risk."""
    desk = LedgerDesk()
    assert placed(desk, "hold-1", seen=0) == "recorded"
    assert placed(desk, "hold-2", seen=0) == "stale"
    assert placed(desk, "hold-2", seen=1) == "recorded"
    assert placed(desk, "hold-2", seen=2) == "already_there"
    assert placed(desk, "hold-3") == "recorded"
    assert desk.state.marks == {"plan-a": 3}


def test_a_hold_is_committed_released_or_expires_and_only_one_of_them():
    """Three holds until 4 February, 9:00. One is committed, one released, one expires after its
    time, not before; what was committed does not expire, and is released only with a reason."""
    desk = LedgerDesk()
    for hold_id in ("hold-1", "hold-2", "hold-3", "hold-4"):
        placed(desk, hold_id)
    desk.must("hold_committed", "hold-1", "2026-02-02")
    desk.must("hold_released", "hold-2", "2026-02-02")
    assert desk.send("hold_released", "hold-1", "2026-02-02") == "wrong_status"
    assert desk.send("hold_expired", "hold-3", "2026-02-02") == "wrong_status"
    in_error = replace(desk.event("hold_released", "hold-1", "2026-02-02"), reason="another order")
    assert desk.state.judge(in_error, None) is None
    blank = replace(in_error, reason=" ")
    assert desk.state.judge(blank, None) is not None
    assert desk.state.judge(replace(in_error, key="hold-2"), None) is not None
    assert desk.send("hold_committed", "hold-9", "2026-02-02") == "unknown_key"
    assert desk.send("hold_committed", "hold-3", "2026-02-01") == "effective_before_booking"
    late = datetime(2026, 2, 4, 9, tzinfo=UTC)
    assert desk.state.due(late) == ["hold-3", "hold-4"]
    event = desk.event("hold_committed", "hold-3", "2026-02-04")
    rejection = desk.state.judge(event, late)
    assert rejection is not None and rejection.code == "expired"
    assert desk.state.judge(replace(event, kind="hold_expired"), late) is None
    assert placed(desk, "hold-5", until="2026-02-02T08:00:00+00:00") == "expired"
    assert placed(desk, "hold-5", until="2026-02-04T08:00:00") == "malformed"
    assert {key: hold.status for key, hold in desk.state.holds.items()} == {
        "hold-1": "committed", "hold-2": "released", "hold-3": "held", "hold-4": "held"}
    assert State.restore(desk.state.frames()).holds == desk.state.holds


def test_rows_of_other_tables_have_the_key_of_their_table():
    """A lane is known by site and region, a step by its item and number. A row whose key says
    something else is refused, and what is not there cannot be removed."""
    desk = LedgerDesk()
    lane = {"site_id": "austin", "region": "EMEA", "transit_days": 9}
    desk.must("row_set", "lanes:austin/EMEA", "2026-01-05", **lane)
    assert desk.send("row_set", "lanes:austin/APJ", "2026-01-05", **lane) == "malformed"
    assert desk.send("row_set", "lane:austin/EMEA", "2026-01-05", **lane) == "malformed"
    assert desk.send("row_set", "routing:xe-b300", "2026-01-05", item_id="xe-b300",
                     resource_id="test", hours_per_unit_micro=1, lead_days=3) == "malformed"
    assert desk.send("row_set", "settings:", "2026-01-05", as_of="2 February") == "malformed"
    desk.must("override", "lanes:austin/EMEA", "2026-01-06", table="lanes",
              column="transit_days", old=9, new=5)
    assert desk.send("override", "lanes:austin/EMEA", "2026-01-06", table="lanes",
                     column="transit_days", old=9, new=4) == "old_value_other"
    # Of rows only the last content counts: an override of a day before it would do nothing.
    assert desk.send("override", "lanes:austin/EMEA", "2026-01-05", table="lanes",
                     column="transit_days", old=5, new=4) == "row_later"
    assert desk.send("override", "lanes:lodz/EMEA", "2026-01-06", table="sites", column="name",
                     old=None, new="x") == "malformed"
    row = desk.state.row("lanes:austin/EMEA")
    assert row is not None and row["transit_days"] == 5
    assert desk.send("row_removed", "lanes:lodz/EMEA", "2026-01-06") == "unknown_key"
    desk.must("row_removed", "lanes:austin/EMEA", "2026-01-06")
    assert desk.state.row("lanes:austin/EMEA") is None
    assert desk.send("row_removed", "settings:", "2026-01-06") == "wrong_status"


def test_a_row_that_becomes_known_late_does_not_undo_a_later_one():
    """Transit is 5 days from 1 February. On the 3rd it becomes known that it had been 7 since 12
    January: since then 7, since February 5, as if it had been known in time."""
    desk = LedgerDesk()
    lane = {"site_id": "austin", "region": "EMEA"}
    desk.must("row_set", "lanes:austin/EMEA", "2026-02-01", **lane, transit_days=5)
    desk.must("row_set", "lanes:austin/EMEA", "2026-01-12", **lane, transit_days=7)

    def days(on: str) -> int:
        row = fold(desk.rows, date.fromisoformat(on)).row("lanes:austin/EMEA")
        assert row is not None
        return int(row["transit_days"])

    assert (days("2026-01-12"), days("2026-02-01")) == (7, 5)


def test_a_published_plan_is_of_record():
    """The digest of the plan is its key; who published and why stands with it."""
    desk = LedgerDesk()
    assert desk.send("plan_published", "other", "2026-02-02", plan_digest="9f2c",
                     book_digest="77ab") == "malformed"
    desk.must("plan_published", "9f2c", "2026-02-02", plan_digest="9f2c", book_digest="77ab",
              figures={"promised": 12})
    plan = desk.state.published[0]
    assert (plan.actor, plan.published_on, plan.data["figures"]) == (
        "ann", date(2026, 2, 2), {"promised": 12})


def test_who_what_and_when_must_be_said():
    """An event needs a kind that there is, an actor, an idempotency key and a day that can be one;
    and nothing that JSON or a database cannot keep."""
    desk = LedgerDesk()
    event = desk.event("order_shipped", LINE, "2026-01-12", quantity=1)

    def code(**changes: Any) -> str:
        rejection = desk.state.judge(replace(event, **changes))
        assert rejection is not None
        return rejection.code

    assert code(kind="order_eaten", actor="") == "unknown_kind"
    for changes in ({"actor": ""}, {"actor": "a\nb"}, {"idempotency_key": ""}, {"key": ""},
                    {"key": "SO-\x00/1"}, {"effective_on": date(1066, 10, 14)},
                    {"effective_on": datetime(2026, 1, 12, tzinfo=UTC)}, {"reason": "\ud800"},
                    {"data": {"quantity": 1.0}}, {"data": {"quantity": True}}, {"data": {}},
                    {"data": {"quantity": 1, "quantty": 2}}):
        assert code(**changes) == "malformed"
    assert code() == "unknown_key"
    rejection = desk.state.judge(replace(event, data={"quantty": 2}))
    assert rejection is not None and 'did you mean "quantity"?' in rejection.text


def test_a_ledger_without_settings_says_what_its_book_lacks():
    """Only an order line was recorded: there is no book without settings, items, sites and lanes,
    and the check says so as of any folder."""
    raw = book_tables(desk_with_line().state)
    assert raw.settings == {} and raw.tables["orders"].frame.height == 1
    assert raw.tables["items"].frame.is_empty()
    assert isinstance(raw.tables["orders"].frame["unit_price"].dtype, pl.String)
