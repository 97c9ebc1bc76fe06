"""What a customer asks for, and whether the book knows it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from headgate.base.calendar import monday_of
from headgate.base.issue import Issue, IssuesError, near_miss
from headgate.book import Book
from headgate.planner.replan_policy import scaled_number

MOST_PIECES = 1_000_000_000
MOST_CENTS = 10**13
NEEDED = ("item_id", "quantity", "region")
"""Columns that a table of requests must have."""
YES, NO = ("yes", "true", "1"), ("no", "false", "0", "")


@dataclass(frozen=True, slots=True)
class Request:
    """
    What is asked for: one item, to one region.

    name         : what the answer calls it, such as a quote's number
    requested_on : day in the week in which it is wanted; None: as soon as it can be
    latest_on    : no piece may arrive after this day's week; None: no limit
    segment, customer_id : whom restrictions and reserved supply are for; None: anybody
    complete     : all pieces arrive in one week, or none
    accepts      : items that may be sent instead
    site_id      : the only site that may ship; None: any
    unit_price   : what a piece is sold at, in the book's currency, which counts under "ptp" only;
                   None: not said
    """

    item_id: str
    quantity: int
    region: str
    name: str = ""
    requested_on: date | None = None
    latest_on: date | None = None
    segment: str | None = None
    customer_id: str | None = None
    complete: bool = False
    lot_size: int = 1
    accepts: tuple[str, ...] = ()
    site_id: str | None = None
    unit_price: Decimal | float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        plain = {part.name: getattr(self, part.name) for part in fields(self)}
        for key in ("requested_on", "latest_on"):
            plain[key] = None if plain[key] is None else plain[key].isoformat()
        price = None if self.unit_price is None else str(self.unit_price)
        return plain | {"accepts": list(self.accepts), "unit_price": price}


def services_of(book: Book) -> frozenset[str]:
    """The items of a book that are services."""
    items = book.tables.frames["items"]
    return frozenset(items["item_id"].filter(items["kind"] == "service").to_list())


def faults_of(request: Request, book: Book, services: Container[str], file: str = "quote",
              row: int | None = None) -> list[Issue]:
    """
    What of a request this book does not know or cannot promise; empty when nothing.

    services : the items of the book that are services
    """
    found: list[Issue] = []

    def refuse(column: str, value: object, expected: str) -> None:
        found.append(Issue(f"quote.{column}", "error", file, expected, row, column, str(value)))

    for column, names in (("item_id", (request.item_id,)), ("accepts", request.accepts)):
        for name in names:
            if name not in book.items:
                refuse(column, name, f"not in items{near_miss(name, book.items.ids)}")
            elif name in services:
                refuse(column, name, "is a service, which is sold with an order in service_lines "
                       "and waits for no part; ask for what it is sold with")
    if request.region not in book.regions:
        refuse("region", request.region,
               "no lane leads to it" + (near_miss(request.region, book.regions.ids) or
                                        f"; there is {' or '.join(book.regions.ids)}"))
    if request.site_id is not None and request.site_id not in book.sites:
        refuse("site_id", request.site_id,
               f"not in sites{near_miss(request.site_id, book.sites.ids)}")
    for column, number in (("quantity", request.quantity), ("lot_size", request.lot_size)):
        if not 1 <= number <= MOST_PIECES:
            refuse(column, number, f"must be a whole number from 1 to {MOST_PIECES:,}")
    if request.unit_price is not None:
        cents = scaled_number(request.unit_price, 2)
        if cents is None or not 0 <= cents <= MOST_CENTS:
            refuse("unit_price", request.unit_price,
                   "must be an amount of at least 0 with at most two decimals")
    if request.lot_size > 0 and request.quantity % request.lot_size:
        refuse("quantity", request.quantity,
               f"must be a multiple of the lot size, {request.lot_size:,}")
    if None not in (request.latest_on, request.requested_on) and (
            request.latest_on < request.requested_on):  # type: ignore[operator]
        refuse("latest_on", request.latest_on,
               f"must not be before the requested day, {request.requested_on}; give a later one "
               "(--latest), or none")
    return found


def past_days(request: Request, as_of: date) -> tuple[Issue, ...]:
    """
    A warning for each day of a request whose week was over on the day of the book.

    What is wanted by such a day can still come, later; what may not come after it, not at all.
    """
    return tuple(
        Issue("quote.day.past", "warning", "quote", f"lies before the week of {as_of}, the day of "
              f"the book, so nothing can arrive by then; give a later day ({option}), or none",
              None, column, str(day))
        for column, option, day in (("requested_on", "--by", request.requested_on),
                                    ("latest_on", "--latest", request.latest_on))
        if day is not None and day < monday_of(as_of))


def price_cents(request: Request, book: Book) -> int:
    """
    What a piece of a request counts at under "ptp": its price; without one the lowest of the
    item's open lines, 0 when it has none.
    """
    if request.unit_price is not None:
        return scaled_number(request.unit_price, 2) or 0
    lines = book.lines
    prices = lines.price_cents[(lines.item == book.items.index(request.item_id))
                               & (lines.open > 0)]
    return int(prices.min()) if len(prices) else 0


def last_arrival(request: Request, book: Book) -> int:
    """The last week, counted from that of `as_of`, in which pieces of a request can arrive."""
    region, lanes = book.regions.index(request.region), book.lanes
    ways = slice(lanes.ptr[region], lanes.ptr[region + 1])
    weeks = lanes.weeks[ways]
    if request.site_id is not None:
        weeks = weeks[lanes.site[ways] == book.sites.index(request.site_id)]
    return book.horizon - 1 + int(weeks.max(initial=0))


def check_requests(requests: Sequence[Request], book: Book) -> None:
    """Raises IssuesError with every fault of every request; rows count from 1."""
    one, services = len(requests) == 1, services_of(book)
    issues = [issue for place, request in enumerate(requests, start=1)
              for issue in faults_of(request, book, services, "quote",
                                               None if one else place)]
    if issues:
        raise IssuesError(issues, "nothing was quoted")


def read_requests(rows: Sequence[Mapping[str, str | None]], book: Book,
                  file: str) -> list[Request]:
    """
    Requests from the cells of a table, a mapping of column to text for each row.

    raises IssuesError : unknown columns, cells of another kind, and what the book does not know;
                         all of them, with file, row as an editor numbers it, column and value
    """
    names = [part.name for part in fields(Request)]
    known = [column for column in (rows[0] if rows else {}) if column in names]
    issues = [Issue("quote.column.unknown", "error", file, "is not a column of a request"
                    + (near_miss(column, names) or f"; take it out, or give it the name of one: "
                       f"{', '.join(names)}"), 1, column)
              for column in (rows[0] if rows else {}) if column not in names]
    issues += [Issue(f"quote.{column}.missing", "error", file, "must be there: a column of this "
                     "name, filled in every row", 1, column)
               for column in NEEDED if rows and column not in known]
    requests, services = [], services_of(book)
    for number, cells in enumerate(rows, start=2):
        told = {column: cells[column] for column in known}
        request, faults = _request(told, file, number)
        # What other columns hold is looked at although one is not there or cannot be read.
        unread = {fault.column for fault in faults}
        issues += faults + [fault for fault in faults_of(request, book, services, file, number)
                            if fault.column in known and fault.column not in unread]
        requests.append(request)
    if issues:
        raise IssuesError(issues, "nothing was quoted")
    return requests


def _request(cells: Mapping[str, str | None], file: str, row: int) -> tuple[Request, list[Issue]]:
    """One request of cells, with what could not be read."""
    faults: list[Issue] = []
    values: dict[str, Any] = {}
    for column, cell in cells.items():
        text = (cell or "").strip()
        if not text:
            continue
        expected = _KINDS.get(column, "")
        try:
            values[column] = _value(column, text)
        except ValueError:
            faults.append(Issue(f"quote.{column}", "error", file, expected, row, column, text))
    for column in NEEDED:
        if column in cells and column not in values and not any(
                fault.column == column for fault in faults):
            faults.append(Issue(f"quote.{column}", "error", file, "must not be blank", row, column))
    return Request(**{**_NOTHING, **values}), faults


_NOTHING: dict[str, Any] = {"item_id": "", "quantity": 1, "region": ""}
"""What stands for a needed column that the table has not, or whose cell cannot be read."""
_KINDS = {"quantity": "must be a whole number", "lot_size": "must be a whole number",
          "requested_on": "must be a day such as 2026-02-02",
          "latest_on": "must be a day such as 2026-02-02", "complete": "must be yes or no",
          "unit_price": "must be an amount such as 1250.00"}


def _value(column: str, text: str) -> object:
    """A cell as what its column holds; raises ValueError when it is none."""
    if column in ("quantity", "lot_size"):
        return int(text)
    if column in ("requested_on", "latest_on"):
        return date.fromisoformat(text)
    if column == "unit_price":
        try:
            return Decimal(text)
        except InvalidOperation:
            raise ValueError(text) from None
    if column == "complete":
        if text.lower() not in YES + NO:
            raise ValueError(text)
        return text.lower() in YES
    if column == "accepts":
        return tuple(part.strip() for part in text.split(";") if part.strip())
    return text

