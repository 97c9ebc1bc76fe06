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
from headgate.ledger.parts import Parts

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
    The order backlog at the end of a day: open pieces at their price, of lines in one currency.

    It is what the ledger says of that day now, late events and corrections included.

    scope    : columns of SCOPE_COLUMNS with the value that a line must have; empty: all lines
    currency : None is the book's
    """
    own = state.currency
    wanted = currency or own
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
                     for name in ("currency", "item_id", *scope) if name != "family"}
        if (terms.get("currency") or own) == wanted and _within(state, terms, scope):
            total += cents
    return total


def _within(state: Parts, terms: Mapping[str, Any], scope: Mapping[str, Any]) -> bool:
    for name, wanted in scope.items():
        if name == "family":
            item = state.row(f"items:{terms['item_id']}") or {}
            if item.get("family") != wanted:
                return False
        elif terms.get(name) != wanted:
            return False
    return True


def broken_assertions(state: Parts, file: str = "ledger") -> Iterator[Issue]:
    """Every balance that was asserted and is another one by now, because of later events."""
    for assertion in state.assertions:
        if assertion.void:
            continue
        data = assertion.data
        found = backlog_cents(state, day_of(data["on"]), data.get("scope") or {},
                              data.get("currency"))
        if found != data["amount_cents"]:
            yield Issue("ledger.assertion.broken", "error", file, "was asserted, and later events "
                        f"made it {text_of_cents(found)}; correct them, or void the assertion",
                        assertion.sequence, assertion.name, text_of_cents(data["amount_cents"]))
