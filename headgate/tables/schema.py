"""
Every table and column of a book, declared once as data.

The reader, the checker, the reference page and the sample files all come from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "choice", "flag", "quantity", "days", "rank", "money", "hours",
               "ratio", "date", "ids"]

KIND_WORDS: dict[str, str] = {
    "id": "a text of 1 to 200 characters without line breaks",
    "text": "any text",
    "choice": "one of the listed words",
    "flag": "yes or no",
    "quantity": "a whole number",
    "days": "a whole number of days",
    "rank": "a whole number >= 1",
    "money": "an amount with at most two decimals",
    "hours": "a number of hours",
    "ratio": "a number above 0",
    "date": "a date as YYYY-MM-DD",
    "ids": "item ids with ; between them",
}
MAX_QUANTITY = 10**9
"""Largest piece count in one cell; it keeps every product of two cells inside 64 bits."""
MAX_DAYS = 36_500
MICRO = 1_000_000
"""Hours are kept as whole millionths of an hour, so that sums are exact."""
UNLIMITED_MICRO = 2**62
"""What `inf` hours become."""


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column of one table.

    default : what a blank or a missing column means, as file text; None with `required` False
              means "no value" (the meaning says what then holds)
    low, high : the range of a number, in the file's own unit
    refers  : the table whose key a value must be in
    """

    name: str
    kind: Kind
    meaning: str
    example: str
    required: bool = False
    default: str | None = None
    unit: str = ""
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    refers: str | None = None

    @property
    def field(self) -> str:
        """The column's name inside, which carries the unit: cents, millionths of an hour."""
        if self.kind == "money":
            return f"{self.name}_cents"
        if self.kind in ("hours", "ratio"):
            return f"{self.name}_micro"
        return self.name


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a book."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = False

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the table declares none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} declares no column {name!r}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the declared columns, in their order in the file."""
        return tuple(column.name for column in self.columns)


def _id(name: str, meaning: str, example: str, refers: str | None = None,
        required: bool = True) -> Column:
    return Column(name, "id", meaning, example, required=required, refers=refers)


def _pieces(name: str, meaning: str, example: str, low: int = 1,
            default: str | None = None) -> Column:
    return Column(name, "quantity", meaning, example, required=default is None, default=default,
                  unit="pieces", low=low, high=MAX_QUANTITY)


def _date(name: str, meaning: str, example: str, required: bool = False) -> Column:
    return Column(name, "date", meaning, example, required=required)


def _days(name: str, meaning: str, example: str, required: bool = True) -> Column:
    return Column(name, "days", meaning, example, required=required, default=None if required
                  else "0", unit="days", low=0, high=MAX_DAYS)


def _money(name: str, meaning: str, example: str, required: bool = False,
           default: str | None = None, low: int | None = 0) -> Column:
    return Column(name, "money", meaning, example, required=required, default=default,
                  unit="money", low=low)


def _flag(name: str, meaning: str, default: str) -> Column:
    return Column(name, "flag", meaning, "yes", default=default)


_FROM = _date("effective_from", "first day it holds; blank: from the start; tested on the Monday "
              "of the week in which the piece is drawn", "2026-02-02")
_TO = _date("effective_to", "last day it holds; blank: without end", "2026-08-31")

ITEMS = Table("items", "Everything that is bought, built, stocked or sold.", ("item_id",), (
    _id("item_id", "the item's own id", "xe-b300"),
    Column("kind", "choice", "component (a leaf, never built), server, rack, service or other",
           "server", required=True,
           choices=("component", "server", "rack", "service", "other")),
    _money("unit_cost", "standard cost of one piece", "312000.00", required=True),
    Column("description", "text", "words for people", "8-GPU air-cooled server"),
    Column("family", "id", "product family, for reports and restrictions", "XE-8GPU"),
    Column("currency", "id", "currency of the item's money; blank: the book's", "USD"),
    _money("standalone_price", "price of one piece when sold alone, which the price of a contract "
           "is split by; of a service that of its whole term, for one piece of the line that it "
           "starts with", "415000.00"),
    Column("term_months", "rank", "term of a service", "36", unit="months", low=1, high=1200),
), required=True)

BOM = Table("bom", "What one piece of a parent is built from.",
            ("parent_id", "component_id", "effective_from"), (
    _id("parent_id", "the item that is built", "xe-b300", "items"),
    _id("component_id", "the item that goes into it", "gpu-b300", "items"),
    _pieces("quantity", "pieces of the component in one piece of the parent", "8"),
    _FROM, _TO,
))

SUBSTITUTES = Table("substitutes", "Which component may stand in for which, one for one.",
                    ("item_id", "substitute_id", "effective_from"), (
    _id("item_id", "the component that is called for", "dimm-64-a", "items"),
    _id("substitute_id", "the component that may be drawn instead", "dimm-64-b", "items"),
    Column("preference", "rank", "1 is tried first after the item itself", "1", required=True,
           low=1, high=1_000_000),
    _FROM, _TO,
    _money("extra_cost", "what one substituted piece costs more", "35.00", default="0"),
))

SITES = Table("sites", "Where things are stocked, built and shipped from.", ("site_id",), (
    _id("site_id", "the site's own id", "austin"),
    Column("name", "text", "words for people", "Austin, Texas"),
    Column("region", "id", "region the site lies in", "AMER"),
), required=True)

SUPPLY = Table("supply", "Stock on hand and receipts that are to come.", (), (
    _id("item_id", "what arrives", "gpu-b300", "items"),
    _id("site_id", "where it arrives", "austin", "sites"),
    _date("available_on", "the day it can be used", "2026-03-09", required=True),
    _pieces("quantity", "pieces", "256"),
    Column("reference", "id", "purchase order or lot; blank: named item@site@date#n",
           "PO-4711-10"),
    Column("supplier", "id", "who sends it", "nvidia"),
    _money("unit_cost", "what one piece of this very row costs, in the book's currency; "
           "blank: standard cost", "41200.00"),
    Column("status", "choice", "on_hand, committed or forecast; blank: on_hand when available_on "
           "is not after as_of, else committed", "committed",
           choices=("on_hand", "committed", "forecast")),
    Column("reserved_for", "id", "the only customer_id that may use it; blank: anybody",
           "cust-001"),
))

CAPACITY = Table("capacity", "Hours of each resource in each week.",
                 ("resource_id", "site_id", "starts_on"), (
    _id("resource_id", "test cell, burn-in rack, assembly line", "burn-in"),
    _id("site_id", "where it stands", "austin", "sites"),
    _date("starts_on", "the Monday of the week", "2026-02-02", required=True),
    Column("hours", "hours", "hours there are in that week; inf: no limit", "1680", required=True,
           unit="hours", low=0, high=MAX_QUANTITY),
))

ROUTING = Table("routing", "The steps of building an item, one after another, in file order.", (),
                (
    _id("item_id", "the item that is built", "xe-b300", "items"),
    _id("resource_id", "the resource that a step uses", "burn-in"),
    Column("hours_per_unit", "hours", "hours of the resource for one piece", "24", required=True,
           unit="hours", low=0, high=1_000_000),
    _days("lead_days", "days that the step takes", "3"),
))

LANES = Table("lanes", "Which site ships to which region.", ("site_id", "region"), (
    _id("site_id", "from", "austin", "sites"),
    _id("region", "to", "EMEA"),
    _days("transit_days", "days from shipping to arriving", "9"),
    _money("cost_per_unit", "freight for one piece", "1800.00", default="0"),
), required=True)

ORDERS = Table("orders", "The backlog: one row for each order line.", ("order_id", "line_no"), (
    _id("order_id", "the order's own id", "SO-4711"),
    Column("line_no", "rank", "number of the line in its order", "1", required=True, low=1,
           high=1_000_000_000),
    _id("customer_id", "who ordered", "cust-001"),
    _id("segment", "hyperscaler, neocloud, enterprise, ...", "enterprise"),
    _id("region", "where it goes", "EMEA"),
    _id("item_id", "what was sold", "xe-b300", "items"),
    _pieces("quantity", "pieces ordered", "64"),
    _money("unit_price", "price of one piece", "415000.00", required=True),
    _date("booked_on", "the day the order was booked", "2025-11-17", required=True),
    _date("requested_on", "the day the customer wants it", "2026-03-20", required=True),
    _pieces("shipped_quantity", "pieces shipped already; open = quantity - shipped", "0", 0, "0"),
    _date("earliest_on", "no arrival before this day's week; blank: two weeks before the "
          "requested week", "2026-03-09"),
    _date("latest_on", "no arrival after this day's week; blank: no limit", "2026-06-30"),
    Column("priority", "rank", "1 is served first", "3", default="3", low=1, high=1_000_000),
    _flag("ship_complete", "all open pieces arrive in one week, or none do", "no"),
    Column("ship_set", "id", "lines of one set arrive in one week, each whole, or none does",
           "SET-12"),
    _pieces("lot_size", "every allocation is a multiple of it", "1", 1, "1"),
    _money("late_penalty_per_unit_week", "contract penalty for one piece and week late",
           "900.00", default="0"),
    Column("accepts", "ids", "items that the customer takes instead, first choice first",
           "xe-b200;xe-h200", refers="items"),
    _date("promised_on", "the promise given so far", "2026-03-27"),
    _flag("frozen", "keep the promise: placed in the week of promised_on before all others", "no"),
    _flag("cancellable", "the customer may cancel without penalty", "yes"),
    Column("recognise_on", "choice", "when revenue is recognised", "deliver", default="ship",
           choices=("ship", "deliver", "accept")),
    _days("acceptance_days", "days from delivery to acceptance", "14", required=False),
    Column("currency", "id", "currency of the line's money; blank: the book's", "USD"),
    Column("site_id", "id", "the only site it may ship from; blank: any", "austin",
           refers="sites"),
    Column("contract_id", "id", "contract whose price is split over all its lines and services; "
           "blank: the order_id", "C-0012"),
), required=True)

_SCOPE = (
    Column("item_id", "id", "the item sent, or any item drawn for it; this or family",
           "gpu-b300", refers="items"),
    Column("family", "id", "every item of the family; this or item_id", "XE-8GPU"),
    Column("segment", "id", "only this segment; blank: all", "enterprise"),
    Column("region", "id", "only this region; blank: all", "EMEA"),
    Column("customer_id", "id", "only this customer; blank: all", "cust-001"),
)

QUOTAS = Table("quotas", "Caps and reservations of pieces by scope and period.", ("quota_id",), (
    _id("quota_id", "the quota's own id", "Q-EMEA-B300"),
    _date("from_on", "first day", "2026-02-02", required=True),
    _date("to_on", "last day", "2026-05-01", required=True),
    *_SCOPE,
    Column("max_quantity", "quantity", "no more pieces than this, sent or drawn, in shipments of "
           "the period", "512",
           unit="pieces", low=0, high=MAX_QUANTITY),
    Column("reserved_quantity", "quantity", "pieces of supply kept for this scope in the period",
           "128", unit="pieces", low=0, high=MAX_QUANTITY),
))

PINS = Table("pins", "Allocations that a planner holds: placed before all others.",
             ("order_id", "line_no", "ship_on", "site_id"), (
    _id("order_id", "the order", "SO-4711"),
    Column("line_no", "rank", "the order line", "1", required=True, low=1, high=1_000_000_000),
    _id("site_id", "where it ships from", "austin", "sites"),
    _date("ship_on", "a day of the week in which it ships", "2026-03-09", required=True),
    Column("quantity", "quantity", "pieces; blank: all that are open", "64", unit="pieces", low=1,
           high=MAX_QUANTITY),
    Column("reason", "text", "why it is held, for people", "customer's truck is booked",
           required=True),
))

RESTRICTIONS = Table("restrictions", "What must not be sent to whom.", (), (
    *_SCOPE,
    Column("reason", "text", "export control, licence, ...", "export control", required=True),
))

SERVICE_LINES = Table("service_lines", "Services sold with an order.", ("order_id", "line_no"), (
    _id("order_id", "the order", "SO-4711"),
    Column("line_no", "rank", "number of the service line in its order", "2", required=True,
           low=1, high=1_000_000_000),
    _id("item_id", "the service", "support-3y", "items"),
    _money("amount", "price of the whole term, in the book's currency", "96000.00",
           required=True),
    _id("starts", "the line_no of the order with whose delivery it starts, piece by piece; or a "
        "date", "1"),
    Column("term_months", "rank", "length of the term", "36", required=True, unit="months",
           low=1, high=1200),
))

RATES = Table("rates", "Exchange rates to the book's currency.", ("currency", "on"), (
    _id("currency", "the foreign currency", "EUR"),
    _date("on", "the day from which it holds", "2026-02-02", required=True),
    Column("rate", "ratio", "book currency for one unit of it", "1.17", required=True,
           low=0, high=1_000_000),
))

TABLES: tuple[Table, ...] = (ITEMS, BOM, SUBSTITUTES, SITES, SUPPLY, CAPACITY, ROUTING, LANES,
                             ORDERS, PINS, QUOTAS, RESTRICTIONS, SERVICE_LINES, RATES)
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
