"""Deposits that were set off against invoices: these stay as long as they are set off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from headgate.base.money import text_of_cents
from headgate.ledger.accounts import Entry, amendment_of
from headgate.ledger.corrections import find
from headgate.ledger.deposits import Deposit
from headgate.ledger.events import Event
from headgate.ledger.parts import Parts
from headgate.ledger.rejections import Rejection, refused

CREDIT = "deposit_credited"
LOWERING = ("order_invoiced", "correction", "order_amended", "override")
"""Events that may lower what is invoiced under a contract."""


class Less(NamedTuple):
    """Cents by which an event lowers what is invoiced under a contract, in a currency."""

    contract: str
    currency: str
    cents: int


def set_off(state: Parts, event: Event) -> Rejection | None:
    """
    Why an invoice cannot be lowered, voided or moved away; None when it can.

    No more of a deposit is set off than was invoiced (`more_than_invoiced`), and that stays so: a
    customer whose invoice is void has the deposit again. Which part of it nobody can tell but who
    keeps the books, so setting it off is corrected first, and the deposit is owed again.

    source : derived here; docs/explanation/ledger.md, Deposits and invoices
    """
    if event.kind == "correction":
        found = find(state, event.key, event.data["corrects"])
        if found is not None and found.entry.kind == CREDIT:
            return _more(state, event, found.entry)
    for less in _lessened(state, event):
        deposit = state.deposits.get(less.contract)
        if deposit is None or not deposit.alive or not deposit.credited or (
                (deposit.currency or less.currency) != less.currency):
            continue
        left = state.sold.invoiced(less.contract, less.currency, state.currency) - less.cents
        if deposit.credited > left:
            return refused("set_off", f"{text_of_cents(deposit.credited)} of {less.contract} are "
                           f"set off and {text_of_cents(left)} would be invoiced; see event "
                           f"{_named(state, deposit)}")
    return None


def _more(state: Parts, event: Event, entry: Entry) -> Rejection | None:
    """Why a correction cannot set more off than was invoiced."""
    deposit = state.deposits.get(event.key)
    if deposit is None or event.data.get("void"):
        return None
    cents = deposit.credited + event.data["data"]["amount_cents"] - _cents(entry)
    known = state.sold.currencies(event.key, None, state.currency)
    currency = deposit.currency or (known[0] if known else state.currency)
    invoiced = state.sold.invoiced(event.key, currency, state.currency)
    return None if cents <= invoiced else refused(
        "more_than_invoiced", f"{cents} cents set off in all, {invoiced} invoiced")


def _lessened(state: Parts, event: Event) -> Iterable[Less]:
    """What an event lowers: a credit note, a correction of an invoice, a line that moves away."""
    key, data, sold = event.key, event.data, state.sold
    line = state.lines.get(key)
    if event.kind == "order_invoiced":
        cents = -data["amount_cents"]
    elif event.kind == "correction":
        found = find(state, key, data["corrects"])
        if found is None or found.entry.kind != "order_invoiced":
            return []
        cents = _cents(found.entry) - (0 if data.get("void") else data["data"]["amount_cents"])
    else:
        amended = amendment_of(event.kind, data) or {}
        order_id = key.rpartition("/")[0]
        if line is None or "contract_id" not in amended or (
                amended["contract_id"] or order_id) == sold.contract(line.row):
            return []
        cents = line.invoiced
    if cents <= 0:
        return []
    if line is not None and line.alive:
        terms = state.lines.terms
        return [Less(sold.contract(line.row), terms["currency"][line.row] or state.currency, cents)]
    order_id = key.rpartition("/")[0]
    return [Less(contract, state.currency, cents) for contract in sorted(
        {sold.contract(row) for row in sold.of_order(order_id)})]


def _cents(entry: Entry) -> int:
    """The amount that an entry counts now: 0 once it was voided."""
    return 0 if entry.data is None else int(entry.data["amount_cents"])


def _named(state: Parts, deposit: Deposit) -> str:
    """The events that set a deposit off."""
    return ", ".join(str(entry.sequence) for entry in state.deposits.entries(deposit)
                     if entry.kind == CREDIT and entry.data is not None)
