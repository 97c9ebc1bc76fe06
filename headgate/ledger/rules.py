"""Which events a state takes: the rules of each subject, in the order of precedence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from headgate.base.money import MAX_CENTS, text_of_cents
from headgate.ledger.accounts import Account, Entry, amendment_of, replayed
from headgate.ledger.balances import backlog_cents, changed_assertions, wrong_scope
from headgate.ledger.corrections import corrected, wrong_correction
from headgate.ledger.events import Event, in_utc
from headgate.ledger.fields import day_of, moment_of
from headgate.ledger.hanging import LEAVING, hanging, service_hung
from headgate.ledger.kinds import KINDS, Subject, fault_of
from headgate.ledger.parts import COMMITTED, HELD, Parts
from headgate.ledger.register import Register
from headgate.ledger.rejections import Rejection, first_of, refused
from headgate.ledger.rows import NUMBERED, SETTINGS, line_key, row_key

Rule = Callable[[Parts, Event, datetime | None], Rejection | None]


def wrong_event(register: Register[Any], event: Event, sequence: int) -> Rejection | None:
    """Why an account cannot take an event; None when it can."""
    account: Account | None = register.get(event.key)
    kind, on = event.kind, event.effective_on
    opens = register.make.OPENS
    if account is None or not account.alive:
        if kind == opens or not opens:
            return None if account is None and opens else _after(
                register, account, event, sequence)
        return refused("unknown_key", event.key)
    if kind != opens and on < account.opened_on and opens:
        return refused("effective_before_booking", f"{on} is before {account.opened_on}")
    if on >= account.last_on:
        return account.refusal(kind, event.data)
    return _after(register, account, event, sequence)


def _after(register: Register[Any], account: Account | None, event: Event,
           sequence: int) -> Rejection | None:
    """Why an event does not fit into its place in a history; None when it does."""
    entry = Entry(sequence, event.effective_on, event.kind, event.data)
    if account is None:
        empty: Account = register.make.opened(sequence, event.effective_on, event.data)
        return empty.refusal(event.kind, event.data)
    broken = register.replay(account, entry).broken
    if broken is None:
        return None
    if broken.entry.sequence == sequence:
        return broken.rejection
    return refused("breaks_later", f"event {broken.entry.sequence} ({broken.entry.kind}, effective "
                   f"on {broken.entry.effective_on}): {broken.rejection.text}")


def _line(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    data = event.data
    if event.kind == "order_booked":
        key = line_key(data["order_id"], data["line_no"])
        if key != event.key:
            return refused("malformed", f"key = {event.key} must be {key}")
        account = state.lines.get(key)
        if account is not None and account.alive:
            return refused("already_there", key)
        if data["quantity"] * data["unit_price_cents"] > MAX_CENTS:
            return refused("amount_range", f"{data['quantity']} pieces at "
                           f"{text_of_cents(data['unit_price_cents'])}")
    found = wrong_event(state.lines, event, state.sequence + 1)
    return first_of(found, _sold_otherwise(state, event)) or (
        _leaves(state, event) if event.kind in LEAVING else None)


def _sold_otherwise(state: Parts, event: Event) -> Rejection | None:
    """Why a line cannot get another currency by an event; None when it can, or does not."""
    line, amendment = state.lines.get(event.key), amendment_of(event.kind, event.data) or {}
    if line is None or "currency" not in amendment or not line.shipped:
        return None
    sold = state.lines.term(line.row, "currency") or state.currency
    asked = amendment["currency"] or state.currency
    return None if asked == sold else refused(
        "currency_other", f"{asked} instead of {sold}, in which pieces of {event.key} have left; "
        "correct the event that booked it, if that was wrong")


def _leaves(state: Parts, event: Event) -> Rejection | None:
    """Why a line cannot leave the book by an event that it can take as such."""
    line = state.lines.get(event.key)
    if line is None or not line.alive:
        return None
    on, kind, data = event.effective_on, event.kind, event.data
    if on >= line.last_on and kind != "order_closed" and not (
            kind == "order_cancelled" and data["quantity"] == line.quantity):
        return None
    return hanging(state, event.key, Entry(state.sequence + 1, on, kind, data))


def _service(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    if event.kind == "service_booked":
        key = line_key(event.data["order_id"], event.data["line_no"])
        if key != event.key:
            return refused("malformed", f"key = {event.key} must be {key}")
    return wrong_event(state.services, event, state.sequence + 1)


def _supply(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    return wrong_event(state.supplies, event, state.sequence + 1)


def _invoice(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    line = state.lines.get(event.key)
    if line is None or not line.alive:
        # The table service_lines knows no currency: its amounts are in the book's.
        found = wrong_event(state.services, event, state.sequence + 1)
        sold = state.currency
    else:
        found = wrong_event(state.lines, event, state.sequence + 1)
        sold = state.lines.term(line.row, "currency") or state.currency
    asked = event.data.get("currency") or sold
    return found if asked == sold else first_of(
        found, refused("currency_other", f"{asked} instead of {sold}"))


def _deposit(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    found = wrong_event(state.deposits, event, state.sequence + 1)
    data, contract = event.data, event.key
    sold = state.sold.currencies(contract, data.get("order_id"), state.currency)
    asked = data.get("currency") or (sold[0] if len(sold) == 1 else None)
    if sold and asked not in sold:
        return first_of(found, refused("currency_other", f"{asked or 'none'} instead of "
                                       f"{' or '.join(sold)}"))
    if event.kind != "deposit_credited":
        return found
    before = state.deposits.get(contract)
    credited = data["amount_cents"] + (0 if before is None else before.credited)
    invoiced = state.sold.invoiced(contract, asked or state.currency, state.currency)
    return found if credited <= invoiced else first_of(found, refused(
        "more_than_invoiced", f"{text_of_cents(credited)} set off in all, "
        f"{text_of_cents(invoiced)} invoiced"))


def _promise(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    line = state.lines.get(event.key)
    if line is None or not line.alive:
        return refused("unknown_key", event.key)
    if event.effective_on < line.opened_on:
        return refused("effective_before_booking", f"{event.effective_on} is before "
                       f"{line.opened_on}")
    return wrong_event(state.promises, event, state.sequence + 1)


def _hold(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    hold = state.holds.get(event.key)
    if event.kind == "hold_placed":
        data = event.data
        if hold is not None:
            return refused("already_there", event.key)
        if at is not None and moment_of(data["until"]) <= at:
            return refused("expired", f"until {data['until']}")
        mark = state.marks.get(data["plan"], 0)
        if "seen" in data and data["seen"] < mark:
            return refused("stale", f"event {mark}")
        return None
    if hold is None:
        return refused("unknown_key", event.key)
    if event.effective_on < hold.placed_on:
        return refused("effective_before_booking", f"{event.effective_on} is before "
                       f"{hold.placed_on}")
    in_error = (event.kind == "hold_released" and hold.status == COMMITTED
                and bool(event.reason.strip()))
    if hold.status != HELD and not in_error:
        return refused("wrong_status", f"it is {hold.status}")
    if event.kind == "hold_expired" and at is not None and at < hold.until:
        return refused("wrong_status", f"it is held until {hold.until}")
    if event.kind == "hold_committed" and at is not None and hold.until <= at:
        return refused("expired", f"until {hold.until}")
    return None


def _row(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    table, _, rest = event.key.partition(":")
    if event.kind == "row_removed":
        if table == SETTINGS:
            return refused("wrong_status", "a book has settings")
        return None if state.row(event.key) is not None else refused("unknown_key", event.key)
    number = rest.rpartition("/")[2]
    if table in NUMBERED and not (number.isdecimal() and number.isascii() and number[0] != "0"):
        return refused("malformed", f"key = {event.key} must end with a number from 1")
    key = row_key(table, event.data, int(number) if table in NUMBERED else 1)
    return None if key == event.key else refused("malformed", f"key = {event.key} must be {key}")


def _override(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    table, column, new = (event.data[name] for name in ("table", "column", "new"))
    registers: dict[str, tuple[Register[Any], str]] = {
        "orders": (state.lines, "order_amended"), "supply": (state.supplies, "supply_amended"),
        "service_lines": (state.services, "service_amended")}
    if table not in registers:
        before = state.row(event.key)
        if event.key.partition(":")[0] != table:
            return refused("malformed", f"key = {event.key} must begin with {table}:")
        fault = fault_of("row_set", event.key, {**(before or {}), column: new})
        if fault is not None:
            return refused(*fault)
        if before is None:
            return refused("unknown_key", event.key)
        since = state.rows[event.key].set_on
        return first_of(_other_value(event.data["old"], before.get(column)), refused(
            "row_later", f"since {since}; override it on that day or later")
            if event.effective_on < since else None)
    register, kind = registers[table]
    fault = fault_of(kind, event.key, {column: new})
    if fault is not None:
        return refused(*fault)
    found = wrong_event(register, event, state.sequence + 1)
    account = register.get(event.key)
    if account is None:
        return found
    sold = _sold_otherwise(state, event) if table == "orders" else None
    found = first_of(found, sold, _other_value(
        event.data["old"], _value_on(register, account, event, column)))
    return found or (_leaves(state, event) if table == "orders" else None)


def _value_on(register: Register[Any], account: Account, event: Event, column: str) -> Any:
    """What stands in a column where an event about it takes its place: on its day, as its last."""
    if event.effective_on >= account.last_on:
        return register.value(account, column)
    past = replayed(register.make, (entry for entry in register.entries(account)
                                    if entry.effective_on <= event.effective_on))
    counter = register.make.COUNTED.get(column)
    if past.account is None or counter is None:
        return past.terms.get(column, register.make.DEFAULTS[column])
    return getattr(past.account, counter)


def _other_value(old: Any, stands: Any) -> Rejection | None:
    if old == stands or (stands == () and old == []):
        return None
    return refused("old_value_other", f"{old!r} instead of {stands!r}")


def _plan(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    if event.key != event.data["plan_digest"]:
        return refused("malformed", f"key = {event.key} must be {event.data['plan_digest']}")
    return None


def _period(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    data: Mapping[str, Any] = event.data
    starts_on, ends_on = day_of(data["starts_on"]), day_of(data["ends_on"])
    last: date | None = state.closed.last_on
    if event.key != data["name"]:
        return refused("malformed", f"key = {event.key} must be {data['name']}")
    if ends_on < starts_on or event.effective_on < ends_on:
        return refused("malformed", f"ends_on = {ends_on} must not be before starts_on, nor after "
                       "the day on which it is closed")
    if last is not None and ends_on <= last:
        return refused("period_closed", f"all is closed up to {last}")
    if last is not None and starts_on > last + timedelta(days=1):
        return refused("period_gap", f"the last one ended on {last}")
    if at is not None and (ends_on > in_utc(at).date() or event.effective_on > _latest(at)):
        return refused("not_over", f"{data['name']} ends on {ends_on} and would be closed on "
                       f"{event.effective_on}; it is {in_utc(at).date()}")
    for assertion, found in changed_assertions(state, ends_on):
        return refused("assertion_fails", f"{assertion.name}: "
                       f"{text_of_cents(assertion.data['amount_cents'])} asserted, the ledger says "
                       f"{text_of_cents(found)}")
    return None


def _latest(at: datetime) -> date:
    """The latest day that is today anywhere at a time: clocks are up to 14 hours ahead of UTC."""
    return (in_utc(at) + timedelta(hours=14)).date()


def _assertion(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    scope: Mapping[str, Any] = event.data.get("scope") or {}
    wrong = wrong_scope(scope)
    if wrong is not None:
        return refused("malformed", wrong)
    on, last = day_of(event.data["on"]), state.closed.last_on
    if last is not None and on <= last:
        return refused("period_closed", f"a balance is asserted before its period is closed; all "
                       f"is closed up to {last}")
    if at is not None and on > in_utc(at).date():
        return refused("not_over", f"the balance is that of the end of {on}; it is "
                       f"{in_utc(at).date()}")
    try:
        found = backlog_cents(state, on, scope, event.data.get("currency"))
    except LookupError as missing:
        return refused("assertion_fails", str(missing.args[0]))
    asserted = event.data["amount_cents"]
    return None if found == asserted else refused(
        "assertion_fails", f"{text_of_cents(asserted)} asserted, the ledger says "
        f"{text_of_cents(found)}")


def _correction(state: Parts, event: Event, at: datetime | None) -> Rejection | None:
    wrong = wrong_correction(state, event)
    if wrong is not None:
        return wrong
    corrects = event.data["corrects"]
    entry = state.lines.find(event.key, corrects)
    if entry is not None:
        return hanging(state, event.key, corrected(event, entry))
    entry = state.services.find(event.key, corrects)
    return None if entry is None else service_hung(state, event.key, corrected(event, entry))


_OF_SUBJECT: dict[Subject, Rule] = {
    "line": _line, "service": _service, "supply": _supply, "invoice": _invoice,
    "deposit": _deposit, "promise": _promise, "hold": _hold, "row": _row, "override": _override,
    "plan": _plan, "period": _period, "assertion": _assertion, "correction": _correction}

RULES: dict[str, Rule] = {kind.name: _OF_SUBJECT[kind.subject] for kind in KINDS.values()}
"""The rules of each kind, looked at when its data are well formed."""
