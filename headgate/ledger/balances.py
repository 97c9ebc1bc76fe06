"""Balances at the end of a day, and whether those that were asserted still hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from headgate.base.issue import Issue, near_miss
from headgate.base.money import text_of_cents
from headgate.ledger.accounts import replayed
from headgate.ledger.fields import day_of
from headgate.ledger.lines import Line
from headgate.ledger.parts import Assertion, Parts

MILLION = 1_000_000
SCOPE_COLUMNS = ("order_id", "customer_id", "segment", "region", "item_id", "site_id",
                 "contract_id", "family")
"""Columns by which a balance may be narrowed down; `family` is that of the line's item."""


def wrong_scope(scope: Mapping[str, Any]) -> str | None:
    """What is wrong with the scope of an assertion, in words; None when nothing is."""
    for name, value in scope.items():
        if name not in SCOPE_COLUMNS:
            return f"scope: {name} must be one of {', '.join(SCOPE_COLUMNS)}" + near_miss(
                name, SCOPE_COLUMNS)
        if value is not None and type(value) is not str:
            return f"scope: {name} = {value!r} must be a text"
    return None


def backlog_cents(state: Parts, on: date, scope: Mapping[str, Any],
                  currency: str | None = None) -> int:
    """
    The order backlog at the end of a day: open pieces at their price, rounded line by line.

    It is what the ledger says of that day now, late events and corrections included: of a day in
    a closed period it is not what was reported, to which later events were posted afterwards.

    scope    : columns of SCOPE_COLUMNS with the value that a line must have; empty: all lines
    currency : of lines sold in it alone, in it; None: of all lines, in the book's currency at the
               last rate on or before the day, or the first rate
    raises LookupError : there is no rate of a line's currency; its text names it
    """
    own = state.currency
    rates = _rates(state, on) | {own: MILLION}
    total = 0
    for _, line in state.lines:
        if not line.alive or on < line.opened_on:
            continue
        if on >= line.last_on:
            cents, terms = line.open_cents, None
        else:
            past = replayed(Line, (entry for entry in state.lines.entries(line)
                                   if entry.effective_on <= on))
            if past.account is None:
                continue
            cents, terms = past.account.open_cents, past.terms
        if cents == 0:
            continue
        if terms is None:
            terms = {name: state.lines.term(line.row, name)
                     for name in ("currency", "item_id", "order_id", *scope) if name != "family"}
        sold = terms.get("currency") or own
        if (currency or sold) != sold or not _within(state, terms, scope):
            continue
        if currency is None and sold not in rates:
            raise LookupError(f"there is no rate of {sold}")
        total += cents if currency is not None else _half_even(cents * rates[sold])
    return total


def _rates(state: Parts, on: date) -> dict[str, int]:
    """Millionths of the book's currency for one unit of each, at the last rate up to a day."""
    found: dict[str, tuple[bool, date, int]] = {}
    for key, row in state.rows.items():
        data = row.fields() if key.startswith("rates:") else None
        if data is None:
            continue
        day = day_of(data["on"])
        # The last rate up to the day counts; before the first rate the first one does.
        rank = (day <= on, day if day <= on else date.max - (day - date.min), data["rate_micro"])
        if data["currency"] not in found or rank[:2] > found[data["currency"]][:2]:
            found[data["currency"]] = rank
    return {name: rank[2] for name, rank in found.items()}


def _half_even(millionths: int) -> int:
    whole, rest = divmod(millionths, MILLION)
    return whole + (rest > MILLION // 2 or (rest == MILLION // 2 and whole % 2 == 1))


def _within(state: Parts, terms: Mapping[str, Any], scope: Mapping[str, Any]) -> bool:
    for name, wanted in scope.items():
        if name == "family":
            item = state.row(f"items:{terms['item_id']}") or {}
            if item.get("family") != wanted:
                return False
        elif name == "contract_id" and wanted is not None:
            # An order without a contract is one by itself, under its own id.
            if (terms.get(name) or terms["order_id"]) != wanted:
                return False
        elif terms.get(name) != wanted:
            return False
    return True


def broken_assertions(state: Parts, file: str = "ledger") -> Iterator[Issue]:
    """
    Every balance that was asserted and is another one by now, because of later events.

    One of a closed period is what it was when that was closed: later events are posted after it.
    """
    for assertion, found in changed_assertions(state, date.max):
        yield Issue("ledger.assertion.broken", "error", file, "was asserted, and later events "
                    f"made it {text_of_cents(found)}; correct them, or void the assertion",
                    assertion.sequence, assertion.name,
                    text_of_cents(assertion.data["amount_cents"]))


def changed_assertions(state: Parts, until: date) -> Iterator[tuple[Assertion, int]]:
    """Asserted balances of open days up to a day that are not so any more, and what they are."""
    last = state.closed.last_on
    for assertion in state.assertions:
        data = assertion.data
        on = day_of(data["on"])
        if assertion.void or on > until or (last is not None and on <= last):
            continue
        found = backlog_cents(state, on, data.get("scope") or {}, data.get("currency"))
        if found != data["amount_cents"]:
            yield assertion, found
