"""Every kind of event: what it says, what its key names, and the fields of its data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from headgate.base.issue import near_miss
from headgate.ledger.fields import Check, Field, FieldKind, check_of, field_of
from headgate.ledger.rows import ROW_TABLES, fields_of_row
from headgate.tables.schema import ORDERS, SERVICE_LINES, SUPPLY, Table

Subject = Literal["line", "service", "supply", "invoice", "deposit", "promise", "hold", "row",
                  "override", "plan", "period", "assertion", "correction"]


@dataclass(frozen=True, slots=True)
class EventKind:
    """
    One kind of event.

    subject : what it is about, and with that which part of a state it changes
    key     : what its key names
    some_of : at least one of its fields must be given
    example : data as a JSON text
    """

    name: str
    subject: Subject
    key: str
    meaning: str
    fields: tuple[Field, ...] = ()
    some_of: bool = False
    example: str = "{}"


LINE_KEY = "the order line, order_id/line_no, such as `SO-4711/1`"
SERVICE_KEY = "the service line, order_id/line_no, such as `SO-4711/2`"
SUPPLY_KEY = "the supply, by its reference, such as `PO-4711-10`"
EXTRA = Field("extra", "object", "columns that headgate does not know, kept as they came")

_AMOUNT = Field("amount_cents", "cents", "the amount, above 0", "41500000", True, False, 1)
_CURRENCY = Field("currency", "id", "currency of the amount; left out: that of the order, of a "
                  "service the book's", "EUR", blank=True)
_PAID_IN = Field("currency", "id", "currency of the amount, one in which the contract is sold; "
                 "left out: that of the order, or of the contract where it has but one", "EUR",
                 blank=True)
_BACK = Field("refundable", "flag", "false: the customer does not have it back when the order is "
              "cancelled, so that lines which may be cancelled bind; left out: true", "false")
_ORDER = Field("order_id", "id", "the order, where the contract has several", "SO-4711", blank=True)


def _pieces(meaning: str) -> Field:
    return Field("quantity", "whole", meaning, "8", True, False, 1, 10**9)


def _columns(table: Table, without: tuple[str, ...] = (),
             required: bool | None = None) -> tuple[Field, ...]:
    """The columns of a book's table as fields, and what headgate does not know of the row."""
    return (*(field_of(column, required) for column in table.columns
              if column.name not in without), EXTRA)


_PROMISED = (
    Field("promised_on", "date", "all of quantity is there by then", "2026-03-27", True),
    _pieces("pieces promised, beside those that are shipped"),
    Field("shipped_quantity", "whole", "pieces that were shipped before", "0", low=0, high=10**9),
    Field("plan_digest", "id", "digest of the plan that promises it", "9f2c...", blank=True),
)

_ALL: tuple[EventKind, ...] = (
    EventKind("order_booked", "line", LINE_KEY,
              "An order line was booked. A column that is left out has its default.",
              _columns(ORDERS, ("shipped_quantity",)),
              example='{"order_id": "SO-4711", "line_no": 1, "customer_id": "cust-001", '
              '"segment": "enterprise", "region": "EMEA", "item_id": "xe-b300", "quantity": 64, '
              '"unit_price_cents": 41500000, "booked_on": "2025-11-17", '
              '"requested_on": "2026-03-20"}'),
    EventKind("order_amended", "line", LINE_KEY,
              "Columns of an order line have new values: quantity (what stays ordered, shipped "
              "pieces included), price, dates, region, item and all others.",
              _columns(ORDERS, ("order_id", "line_no", "shipped_quantity"), False), True,
              '{"quantity": 48, "unit_price_cents": 40900000}'),
    EventKind("order_cancelled", "line", LINE_KEY, "Open pieces were cancelled, all or a part.",
              (_pieces("pieces cancelled"),), example='{"quantity": 16}'),
    EventKind("order_shipped", "line", LINE_KEY, "Pieces left: they are backlog no more.",
              (_pieces("pieces shipped"),
               Field("site_id", "id", "from where", "austin", blank=True),
               Field("item_id", "id", "what was sent, where it is not the item ordered", "xe-b200",
                     blank=True)), example='{"quantity": 24, "site_id": "austin"}'),
    EventKind("order_delivered", "line", LINE_KEY, "Shipped pieces arrived.",
              (_pieces("pieces delivered"),), example='{"quantity": 24}'),
    EventKind("order_accepted", "line", LINE_KEY, "The customer accepted delivered pieces.",
              (_pieces("pieces accepted"),), example='{"quantity": 24}'),
    EventKind("order_returned", "line", LINE_KEY,
              "Pieces came back to be shipped again: they are backlog once more.",
              (_pieces("pieces returned"),
               Field("stage", "choice", "how far they had come; left out: transit", "delivered",
                     choices=("transit", "delivered", "accepted"))),
              example='{"quantity": 2, "stage": "delivered"}'),
    EventKind("order_closed", "line", LINE_KEY,
              "Nothing is open of a line, and it leaves the book. An amendment or a return brings "
              "it back."),
    EventKind("order_invoiced", "invoice",
              "the order line or service line, such as `SO-4711/1`",
              "An amount was invoiced, without what was paid in advance taken off; below 0: a "
              "credit note.",
              (Field("amount_cents", "cents", "the amount, not 0", "41500000", True), _CURRENCY),
              example='{"amount_cents": 996000000}'),
    EventKind("deposit_received", "deposit", "the contract; of an order without one, the order",
              "A customer paid in advance.", (
                  _AMOUNT, _PAID_IN, _ORDER, _BACK,
                  Field("before_order", "flag", "true: the contract or order is booked later; the "
                        "currency must be given then", "true")),
              example='{"amount_cents": 500000000}'),
    EventKind("deposit_refunded", "deposit", "the contract",
              "A part of a deposit was paid back.", (_AMOUNT, _PAID_IN, _ORDER),
              example='{"amount_cents": 100000000}'),
    EventKind("deposit_credited", "deposit", "the contract",
              "A part of a deposit was set off against an invoice, which was counted in full and "
              "stands in the ledger already. Before that is voided or lowered, this is corrected.",
              (_AMOUNT, _PAID_IN, _ORDER), example='{"amount_cents": 400000000}'),
    EventKind("service_booked", "service", SERVICE_KEY, "A service was sold with an order.",
              _columns(SERVICE_LINES),
              example='{"order_id": "SO-4711", "line_no": 2, "item_id": "support-3y", '
              '"amount_cents": 9600000, "starts": "1", "term_months": 36}'),
    EventKind("service_amended", "service", SERVICE_KEY,
              "Columns of a service line have new values.",
              _columns(SERVICE_LINES, ("order_id", "line_no"), False), True,
              '{"amount_cents": 9000000}'),
    EventKind("service_started", "service", SERVICE_KEY,
              "The term of a service began on the event's day."),
    EventKind("service_cancelled", "service", SERVICE_KEY,
              "A service is sold no more: its line leaves the book."),
    EventKind("service_closed", "service", SERVICE_KEY,
              "A service that was sold leaves the book. An amendment brings it back."),
    EventKind("supply_committed", "supply", SUPPLY_KEY,
              "Supply is there, or is promised by a supplier.", _columns(SUPPLY),
              example='{"item_id": "gpu-b300", "site_id": "austin", '
              '"available_on": "2026-03-09", "quantity": 256, "reference": "PO-4711-10"}'),
    EventKind("supply_moved", "supply", SUPPLY_KEY, "It comes on another day.",
              (Field("available_on", "date", "the day it can be used", "2026-04-06", True),),
              example='{"available_on": "2026-04-06"}'),
    EventKind("supply_amended", "supply", SUPPLY_KEY,
              "Columns of a supply have new values: its quantity, cost, site and all others.",
              _columns(SUPPLY, (), False), True, '{"quantity": 320}'),
    EventKind("supply_received", "supply", SUPPLY_KEY,
              "Pieces came in: they are on hand, in a row of their own.",
              (_pieces("pieces received"),),
              example='{"quantity": 128}'),
    EventKind("supply_cut", "supply", SUPPLY_KEY,
              "Pieces will not come, or are there no more (used, scrapped, counted).",
              (_pieces("pieces fewer"),
               Field("received", "flag", "true: of those that were received", "true")),
              example='{"quantity": 64}'),
    EventKind("promise_made", "promise", LINE_KEY, "A line is promised.", _PROMISED,
              example='{"promised_on": "2026-03-27", "quantity": 40}'),
    EventKind("promise_moved", "promise", LINE_KEY,
              "What was promised of a line is promised otherwise now.", _PROMISED,
              example='{"promised_on": "2026-04-10", "quantity": 40}'),
    EventKind("promise_withdrawn", "promise", LINE_KEY, "Nothing is promised of a line any more.",
              (Field("plan_digest", "id", "digest of the plan that delivers nothing", "9f2c...",
                     blank=True),)),
    EventKind("hold_placed", "hold", "the hold, such as `hold-1`",
              "Pieces and hours of a plan are kept for somebody, until a time.",
              (Field("plan", "id", "fingerprint of the plan that it is on", "9f2c...", True),
               Field("until", "moment", "when it expires", "2026-02-03T17:00:00+00:00", True),
               Field("hold", "object", "the hold, as `headgate.promising.plain` writes it",
                     required=True),
               Field("seen", "whole", "sequence of the last event about a hold that was known "
                     "when it was worked out; refused as stale when there is a later one on this "
                     "plan", "41", low=0)),
              example='{"plan": "9f2c", "until": "2026-02-03T17:00:00+00:00", "hold": {}}'),
    EventKind("hold_committed", "hold", "the hold", "What it keeps is kept for good.",
              (Field("order_line", "id", "the order line that it becomes", "SO-4711/1"),)),
    EventKind("hold_released", "hold", "the hold", "What it kept was given back; of a commit "
              "only with a reason."),
    EventKind("hold_expired", "hold", "the hold", "Its time passed: what it kept was given back."),
    EventKind("override", "override", "the row: an order or service line, a supply, or `table:key`",
              "A planner replaced the value of one column.",
              (Field("table", "choice", "the table of the row", "orders", True, choices=(
                  "orders", "service_lines", "supply", *ROW_TABLES)),
               Field("column", "id", "the column, under its name inside", "priority", True),
               Field("old", "any", "what stands there", "3", True, True),
               Field("new", "any", "what stands there from now on", "1", True, True)),
              example='{"table": "orders", "column": "priority", "old": 3, "new": 1}'),
    EventKind("row_set", "row", "`table:key`, such as `items:xe-b300` or `settings:`",
              "A row of one of the other tables of a book, or its settings, has this content. The "
              "fields are the columns of the table under their names inside.",
              example='{"item_id": "xe-b300", "kind": "server", "unit_cost_cents": 31200000}'),
    EventKind("row_removed", "row", "`table:key`", "A row of one of the other tables is no more."),
    EventKind("plan_published", "plan", "digest of the plan",
              "A plan was published: its promises are of record.",
              (Field("plan_digest", "id", "digest of the plan", "9f2c...", True),
               Field("book_digest", "id", "digest of the book that was planned", "77ab...", True),
               Field("book_name", "text", "name of the book", "Backlog"),
               Field("as_of", "date", "the day for which the plan was made", "2026-02-02"),
               Field("number", "whole", "1 for the first publication", "1", low=1),
               Field("after", "id", "digest of the plan published before", "", blank=True),
               Field("figures", "object", "counts of lines, and whatever else was published")),
              example='{"plan_digest": "9f2c", "book_digest": "77ab"}'),
    EventKind("period_closed", "period", "name of the period, such as `FY26 Q4`",
              "Nothing is posted any more on days up to its end.",
              (Field("name", "id", "name of the period", "FY26 Q4", True),
               Field("starts_on", "date", "its first day", "2025-11-01", True),
               Field("ends_on", "date", "its last day", "2026-01-30", True)),
              example='{"name": "FY26 Q4", "starts_on": "2025-11-01", "ends_on": "2026-01-30"}'),
    EventKind("balance_asserted", "assertion", "a name for it, such as `AI backlog FY26 Q4`",
              "A balance was compared with what the ledger says, and was the same.",
              (Field("measure", "choice", "what was compared", "order_backlog", True,
                     choices=("order_backlog",)),
               Field("on", "date", "at the end of which day", "2026-01-30", True),
               Field("amount_cents", "cents", "the balance", "4300000000000", True, low=0),
               Field("scope", "object", "of which lines: columns with their values; left out: all",
                     '{"segment": "enterprise"}'),
               Field("currency", "id", "of lines sold in it alone; left out: of all, in the "
                     "book's currency at the rates of the day", "EUR",
                     blank=True)),
              example='{"measure": "order_backlog", "on": "2026-01-30", '
              '"amount_cents": 4300000000000, "scope": {"segment": "enterprise"}}'),
    EventKind("correction", "correction", "the key of what is corrected",
              "An event was wrong. It counts with these data and on this day instead, or not at "
              "all.",
              (Field("corrects", "whole", "sequence of the event", "17", True, low=1),
               Field("void", "flag", "true: it counts not at all", "true"),
               Field("data", "object", "its whole data as they should have been")),
              example='{"corrects": 17, "data": {"quantity": 46}}'),
)

STORE_KINDS = ("hold_placed", "hold_committed", "hold_released", "hold_expired", "plan_published")
"""Kinds that only a store records, together with what it keeps beside its events."""

KINDS: dict[str, EventKind] = {kind.name: kind for kind in _ALL}
"""Every kind by name."""

Checks = dict[str, tuple[Check, FieldKind]]


def _compiled(fields: tuple[Field, ...]) -> tuple[Checks, tuple[str, ...]]:
    return ({field.name: (check_of(field), field.kind) for field in fields},
            tuple(field.name for field in fields if field.required))


_CHECKS = {name: _compiled(kind.fields) for name, kind in KINDS.items()}
_ROW_CHECKS = {table: _compiled(fields_of_row(table)) for table in ROW_TABLES}


def fault_of(kind: str, key: str, data: Mapping[str, Any]) -> tuple[str, str] | None:
    """
    The first thing wrong with an event's data: a code of REJECTIONS and the fault in words.

    None when nothing is. Whether the data fit what is in the ledger is not looked at.

    >>> fault_of("order_shipped", "SO-4711/1", {"quantity": 0})
    ('malformed', 'quantity = 0 must be a whole number from 1 to 1,000,000,000')
    """
    found = _checks_of(kind, key)
    if found is None:
        return "malformed", f"key = {key} must begin with a table: {', '.join(ROW_TABLES)}"
    checks, required = found
    too_much: str | None = None
    for name, value in data.items():
        check = checks.get(name)
        if check is None:
            return "malformed", f"{name} is no field of {kind}{near_miss(name, list(checks))}"
        told = check[0](value)
        if told is not None:
            said = f"{name} = {value!r} {told}"
            if check[1] != "cents" or type(value) is not int:
                return "malformed", said
            too_much = too_much or said
    for name in required:
        if name not in data:
            return "malformed", f"{name} must be given"
    if KINDS[kind].some_of and not data:
        return "malformed", f"at least one field must be given: {', '.join(list(checks)[:4])}, ..."
    return None if too_much is None else ("amount_range", too_much)


def field_faults(kind: str, key: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """
    Every field of an event's data that is not as it must be, with what must stand there.

    Amounts that are out of their range are left to `fault_of`: other rejections come before that.

    >>> list(field_faults("order_shipped", "SO-4711/1", {"quantity": 0}))
    [('quantity', 'must be a whole number from 1 to 1,000,000,000')]
    """
    found = _checks_of(kind, key)
    if found is None:
        return
    checks, required = found
    for name, value in data.items():
        check = checks.get(name)
        if check is None:
            yield name, f"is no field of {kind}{near_miss(name, list(checks))}"
        elif (check[1] != "cents" or type(value) is not int) and (told := check[0](value)):
            yield name, told
    for name in required:
        if name not in data:
            yield name, "must be given"


def _checks_of(kind: str, key: str) -> tuple[Checks, tuple[str, ...]] | None:
    """The checks of an event's fields, and those that it must have; None for no table's row."""
    return _ROW_CHECKS.get(key.partition(":")[0]) if kind == "row_set" else _CHECKS[kind]
