"""Deposits that were set off against invoices: these stay as long as they are set off."""

from __future__ import annotations

from typing import Any, NamedTuple

from headgate.base.money import text_of_cents
from headgate.ledger.accounts import Entry, amendment_of
from headgate.ledger.corrections import Found, corrected, find
from headgate.ledger.deposits import Deposit
from headgate.ledger.events import Event
from headgate.ledger.parts import Parts
from headgate.ledger.register import Register
from headgate.ledger.rejections import Rejection, refused

CREDIT = "deposit_credited"
LOWERING = ("order_invoiced", "correction", "order_amended", "override")
"""Events that may lower what is invoiced under a contract."""


class Invoiced(NamedTuple):
    """
    What a line or a service has been invoiced once an event counts, and where that is counted.

    register, row : of the line or the service
    contract, currency : of a line; blank for a service, and for a line that is not there then
    """

    register: Register[Any]
    row: int
    contract: str
    currency: str
    cents: int


def set_off(state: Parts, event: Event) -> Rejection | None:
    """
    Why an invoice cannot be lowered, voided or moved away; None when it can.

    No more of a deposit is set off than was invoiced (`more_than_invoiced`), and that stays so,
    whatever lowers it: a credit note, another contract or currency of the line, a correction of
    what said either. A customer whose invoice is void has the deposit again. Which part of it
    nobody can tell but who keeps the books, so setting it off is corrected first, and the deposit
    is owed again.

    source : derived here; docs/explanation/ledger.md, Deposits and invoices
    """
    found = find(state, event.key, event.data["corrects"]) if event.kind == "correction" else None
    if found is not None and found.entry.kind == CREDIT:
        return _more(state, event, found.entry)
    credited = [(contract, deposit) for contract in _contracts(state, event.key)
                for deposit in (state.deposits.get(contract),)
                if deposit is not None and deposit.alive and deposit.credited]
    after = _after(state, event, found) if credited else None
    if after is None:
        return None
    for contract, deposit in credited:
        currency = _currency(state, contract, deposit)
        left = _invoiced(state, contract, currency, after)
        if left < deposit.credited and left < state.sold.invoiced(
                contract, currency, state.currency):
            return refused("set_off", f"{text_of_cents(deposit.credited)} of {contract} are "
                           f"set off and {text_of_cents(left)} would be invoiced; see event "
                           f"{_named(state, deposit)}")
    return None


def _more(state: Parts, event: Event, entry: Entry) -> Rejection | None:
    """Why a correction cannot set more off than was invoiced."""
    deposit = state.deposits.get(event.key)
    if deposit is None or event.data.get("void"):
        return None
    cents = deposit.credited + event.data["data"]["amount_cents"] - _cents(entry)
    invoiced = state.sold.invoiced(
        event.key, _currency(state, event.key, deposit), state.currency)
    return None if cents <= invoiced else refused(
        "more_than_invoiced", f"{cents} cents set off in all, {invoiced} invoiced")


def _contracts(state: Parts, key: str) -> list[str]:
    """The contracts under which what is invoiced for a line or a service counts as it stands."""
    line, sold = state.lines.get(key), state.sold
    if line is not None and line.alive:
        return [sold.contract(line.row)]
    return sorted({sold.contract(row) for row in sold.of_order(key.rpartition("/")[0])})


def _after(state: Parts, event: Event, found: Found | None) -> Invoiced | None:
    """What an event makes of its line or service; None where it lowers nothing."""
    key, kind, data = event.key, event.kind, event.data
    line = state.lines.get(key)
    entry = Entry(state.sequence + 1, event.effective_on, kind, data)
    register: Register[Any] = state.lines
    if found is not None:
        if found.register is not state.lines and found.register is not state.services:
            return None
        register, entry = found.register, corrected(event, found.entry)
    elif kind == "order_invoiced":
        register = state.services if line is None or not line.alive else state.lines
    elif not {"contract_id", "currency"} & (amendment_of(kind, data) or {}).keys():
        return None
    account = register.get(key)
    if account is None or not account.alive:
        return None
    made = register.replay(account, entry)
    if made.account is None:
        return Invoiced(register, account.row, "", "", 0)
    if register is not state.lines:
        return Invoiced(register, account.row, "", "", made.account.invoiced)
    return Invoiced(register, account.row,
                    made.terms.get("contract_id") or key.rpartition("/")[0],
                    made.terms.get("currency") or state.currency, made.account.invoiced)


def _invoiced(state: Parts, contract: str, currency: str, after: Invoiced) -> int:
    """Cents invoiced under a contract in a currency once an event counts."""
    sold, own, terms = state.sold, state.currency, state.lines.terms
    rows, cents = set(sold.lines(contract)), 0
    if after.register is state.lines:
        rows.discard(after.row)
        if after.contract == contract:
            cents = after.cents if after.currency == currency else 0
    cents += sum(state.lines.at(row).invoiced for row in rows
                 if (terms["currency"][row] or own) == currency)
    if currency != own:
        return cents
    if after.register is state.lines and after.contract == contract:
        rows.add(after.row)
    served = {row for order_id in {terms["order_id"][row] for row in rows}
              for row in sold.services(order_id)}
    return cents + sum(after.cents if after.register is state.services and row == after.row
                       else state.services.at(row).invoiced for row in served)


def _currency(state: Parts, contract: str, deposit: Deposit) -> str:
    """The currency of a deposit: its own, or that in which its contract is sold."""
    known = state.sold.currencies(contract, None, state.currency)
    return deposit.currency or (known[0] if known else state.currency)


def _cents(entry: Entry) -> int:
    """The amount that an entry counts now: 0 once it was voided."""
    return 0 if entry.data is None else int(entry.data["amount_cents"])


def _named(state: Parts, deposit: Deposit) -> str:
    """The events that set a deposit off."""
    return ", ".join(str(entry.sequence) for entry in state.deposits.entries(deposit)
                     if entry.kind == CREDIT and entry.data is not None)
