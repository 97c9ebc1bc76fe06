"""What was invoiced and paid so far, from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from headgate.base.issue import Issue, IssuesError, near_miss
from headgate.base.money import MAX_CENTS, cents_of_text
from headgate.files.csv_rows import csv_rows
from headgate.finance.billed import refuse_billings
from headgate.finance.exchange import exchange_of
from headgate.tables.frames import Tables

COLUMNS = ("order_id", "contract_id", "on", "amount", "currency", "refundable", "gone")
"""
The columns of the file; `contract_id`, or else `order_id`, `currency`, `refundable` and `gone` may
be left out. `refundable` is yes or no, and says of a deposit whether the customer may have it back;
`gone` says with yes that the order has left the book, and that what was paid is still there.
"""
Row = tuple[str | None, str | None, date | None, int | None, str | None, bool | None]
CONSEQUENCE = "no deferred revenue was worked out"


@dataclass(frozen=True, slots=True)
class Sold:
    """
    What a book says of orders and contracts.

    orders     : the contract of each order, which is the order itself where it has none
    currencies : of each contract, in which it is sold
    """

    orders: Mapping[str, str]
    currencies: Mapping[str, frozenset[str]]


def sold_of(tables: Tables) -> Sold:
    """The orders and contracts of a book."""
    own, orders = tables.settings.currency, dict[str, str]()
    currencies: dict[str, set[str]] = {}
    for order_id, contract_id, currency in tables.frames["orders"].select(
            "order_id", "contract_id", "currency").iter_rows():
        contract = orders[order_id] = contract_id or order_id
        currencies.setdefault(contract, set()).add(currency or own)
    for (order_id,) in tables.frames["service_lines"].select("order_id").iter_rows():
        contract = orders.setdefault(order_id, order_id)
        currencies.setdefault(contract, set())
    return Sold(orders, {name: frozenset(found) for name, found in currencies.items()})


def read_billings(path: Path, tables: Tables) -> pl.DataFrame:
    """
    Billings with the columns that `headgate.finance.billed.BILLINGS` names.

    tables : of the book, which must have every order and contract that is not said to be gone
    raises IssuesError : every fault of the file, and currencies of it without a rate in the book
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise IssuesError([Issue("billings.file.unreadable", "error", str(path), "must be a CSV "
                                 f"file with the columns {', '.join(COLUMNS)}",
                                 value=str(error)[:200])], CONSEQUENCE) from None
    table = csv_rows(content, COLUMNS, str(path), "billings", CONSEQUENCE)
    needed = ["on", "amount"]
    if not {"order_id", "contract_id"} & set(table.header):
        needed.append("order_id")
    wrong = table.header_faults(needed)
    if wrong:
        raise IssuesError(wrong, CONSEQUENCE)
    issues: list[Issue] = []
    sold, own = sold_of(tables), tables.settings.currency
    rows = [(number, *_row(path, number, tuple(given.get(name) for name in COLUMNS), (sold, own),
                           issues)) for number, given in table.each(issues)]
    found = pl.DataFrame(rows, orient="row", schema={"line": pl.Int64,
        "order_id": pl.String, "contract_id": pl.String, "posted_on": pl.Date,
        "amount_cents": pl.Int64, "currency": pl.String, "refundable": pl.Boolean})
    try:
        refuse_billings(found, exchange_of(tables), str(path))
    except IssuesError as refused:
        # Of a currency in which the order is not sold that was said already.
        said = {issue.value for issue in issues if issue.column == "currency"}
        issues += [issue for issue in refused.issues if issue.value not in said]
    if issues:
        raise IssuesError(issues, CONSEQUENCE)
    return found.drop("line")


def _row(path: Path, number: int, row: tuple[str | None, ...], sold: tuple[Sold, str],
         issues: list[Issue]) -> Row:
    """One row of the file; what is wrong with it is added to the issues."""
    order_id, contract_id, on, amount, currency, refundable, gone = row
    day = cents = None

    def fault(column: str, value: str | None, expected: str) -> None:
        issues.append(Issue(f"billings.{column}.range" if value else f"billings.{column}.blank",
                            "error", str(path), expected, number, column, value))

    if not order_id and not contract_id:
        fault("order_id", None, "must be given, or else contract_id")
    try:
        day = date.fromisoformat(on or "")
    except ValueError:
        fault("on", on, "must be a date as YYYY-MM-DD")
    try:
        cents = cents_of_text(amount or "")
        if abs(cents) > MAX_CENTS:
            raise ValueError
    except ValueError:
        fault("amount", amount, "must be an amount with at most two decimals, below 0 for a refund "
              "or a credit")
    words = {}
    for name, given in (("refundable", refundable), ("gone", gone)):
        words[name] = given.strip().casefold() if given else None
        if words[name] not in (None, "yes", "no"):
            fault(name, given, "must be yes or no")
    if words["gone"] != "yes":
        issues += _not_sold(str(path), number, (order_id, contract_id, currency), *sold)
    word = words["refundable"]
    return order_id, contract_id, day, cents, currency, None if word is None else word == "yes"


def _not_sold(file: str, number: int, row: tuple[str | None, str | None, str | None], sold: Sold,
              own: str) -> list[Issue]:
    """What a row says of orders, contracts and currencies that the book says otherwise."""
    order_id, contract_id, currency = row
    gone = ("; leave out what was invoiced of orders that are done; what was paid and is still "
            "there of one that has left the book has yes in a column gone")
    issues = []
    if order_id and order_id not in sold.orders:
        issues.append(Issue("billings.order_id.unknown", "error", file, "is no order of the "
                            f"book{gone}{near_miss(order_id, list(sold.orders))}", number,
                            "order_id", order_id))
    if contract_id and contract_id not in sold.currencies:
        issues.append(Issue("billings.contract_id.unknown", "error", file, "is no contract of the "
                            f"book{gone}{near_miss(contract_id, list(sold.currencies))}", number,
                            "contract_id", contract_id))
    if issues:
        return issues
    contract = sold.orders[order_id] if order_id else contract_id
    if contract is None:
        return []
    if contract_id and contract_id != contract:
        issues.append(Issue("billings.contract_id.other", "error", file, f"must be {contract}, the "
                            f"contract of the order {order_id}", number, "contract_id",
                            contract_id))
    known = sold.currencies[contract]
    if known and (currency or own) not in known:
        issues.append(Issue(
            f"billings.currency.{'other' if currency else 'blank'}", "error", file,
            f"must be {' or '.join(sorted(known))}, in which {contract} is sold; blank is {own}",
            number, "currency", currency))
    return issues
