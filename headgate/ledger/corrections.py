"""Corrections: an event counts with other data, on another day, or not at all."""

from __future__ import annotations

from typing import Any, NamedTuple

from headgate.ledger.accounts import Entry
from headgate.ledger.events import Event
from headgate.ledger.kinds import fault_of
from headgate.ledger.parts import Assertion, Parts
from headgate.ledger.register import Register
from headgate.ledger.rejections import Rejection, refused
from headgate.ledger.rows import line_key


class Found(NamedTuple):
    """An event that can be corrected: the register it is in (None: an assertion), and its entry."""

    register: Register[Any] | None
    entry: Entry


def find(state: Parts, key: str, sequence: int) -> Found | None:
    """The event of a sequence about a key; None when no account of that key has it."""
    registers: tuple[Register[Any], ...] = (state.lines, state.services, state.supplies,
                                            state.deposits, state.promises)
    for register in registers:
        entry = register.find(key, sequence)
        if entry is not None:
            return Found(register, entry)
    for assertion in state.assertions:
        if assertion.sequence == sequence and assertion.name == key:
            return Found(None, Entry(sequence, assertion.effective_on, "balance_asserted",
                                     assertion.data))
    return None


def corrected(event: Event, entry: Entry) -> Entry:
    """An entry as a correction makes it."""
    void = bool(event.data.get("void"))
    return Entry(entry.sequence, entry.effective_on if void else event.effective_on, entry.kind,
                 None if void else event.data["data"])


def wrong_correction(state: Parts, event: Event) -> Rejection | None:
    """Why a correction cannot be recorded; None when it can."""
    data = event.data
    void = bool(data.get("void"))
    if void == ("data" in data):
        return refused("malformed", "either void is true, or data are given")
    found = find(state, event.key, data["corrects"])
    if found is None:
        if _kept_otherwise(state, event.key):
            return refused("not_correctable", event.key)
        return refused("corrects_unknown", f"event {data['corrects']} about {event.key}")
    register, entry = found
    if not void:
        if register is None:
            return refused("not_correctable", "assert the balance again, and void this one")
        fault = fault_of(entry.kind, event.key, data["data"])
        if fault is not None:
            return refused(*fault)
        if entry.kind in ("order_booked", "service_booked") and event.key != line_key(
                data["data"]["order_id"], data["data"]["line_no"]):
            return refused("malformed", f"order_id and line_no must be those of {event.key}")
    elif event.effective_on != entry.effective_on:
        return refused("correction_day", f"{entry.effective_on}")
    if register is None:
        return None
    account = register.get(event.key)
    assert account is not None
    broken = register.replay(account, corrected(event, entry)).broken
    if broken is None:
        return None
    return refused("correction_breaks", f"event {broken.entry.sequence} ({broken.entry.kind}, "
                   f"effective on {broken.entry.effective_on}): {broken.rejection.text}")


def _kept_otherwise(state: Parts, key: str) -> bool:
    """Whether a key is one of a hold, a row, a period or a plan, which have no history."""
    return (key in state.holds or key in state.rows
            or any(period.name == key for period in state.closed.periods)
            or any(plan.data["plan_digest"] == key for plan in state.published))


def correct(state: Parts, event: Event, entry: Entry, register: Register[Any] | None) -> None:
    """Let a correction, which was judged, take its effect."""
    if register is None:
        state.assertions = [Assertion(one.sequence, one.name, one.effective_on, one.data, True)
                            if one.sequence == entry.sequence else one
                            for one in state.assertions]
        return
    register.put(event.key, corrected(event, entry))
