"""Why a book is not imported: each rejected event at its row of the book, with the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from headgate.base.issue import Issue
from headgate.ledger.accounts import Entry
from headgate.ledger.events import Event
from headgate.ledger.fold import State
from headgate.ledger.kinds import KINDS
from headgate.ledger.register import Register
from headgate.ledger.rejections import Rejection
from headgate.tables.raw import RawBook, RawTable

TABLES = {"line": "orders", "service": "service_lines", "supply": "supply"}
"""The table in which a row of the book stands that an event is about."""
SHOWN = 3
"""Events that one fault names."""


def import_fault(event: Event, rejection: Rejection, book: RawBook, state: State | None,
                 shown: str) -> Issue:
    """
    Why an event of an import is rejected.

    state : what the ledger held before the import; None: nothing
    shown : the store, for events that are about no row
    """
    subject = KINDS[event.kind].subject
    table = book.tables.get(TABLES.get(subject, ""))
    told = rejection.text
    later = [] if state is None else list(_later(state, subject, event))
    if later:
        told = _told(told, later, event.effective_on, shown)
    return Issue(f"ledger.{rejection.code}", "error", shown if table is None else table.file, told,
                 None if table is None else row_of(table, event.key), event.kind, event.key)


def _told(told: str, later: list[Entry], day: date, shown: str) -> str:
    """A rejection with what the ledger knows of later days, and what to do."""
    known = ", ".join(f"{entry.kind} on {entry.effective_on} (event {entry.sequence})"
                      for entry in later[:SHOWN])
    more = f" and {len(later) - SHOWN} more" if len(later) > SHOWN else ""
    last = max(entry.effective_on for entry in later)
    return (f"{told}; the book is taken as of {day}, and {shown} knows of {known}{more}: import a "
            f"book of {last} or later, or say on which day its changes count (--on {last})")


def _later(state: State, subject: str, event: Event) -> Iterator[Entry]:
    """What a ledger knows about the same thing on later days."""
    registers: dict[str, Register[Any]] = {
        "line": state.lines, "service": state.services, "supply": state.supplies}
    register = registers.get(subject)
    account = None if register is None else register.get(event.key)
    if register is None or account is None:
        return
    for entry in register.entries(account):
        if entry.data is not None and entry.effective_on > event.effective_on:
            yield entry


def row_of(table: RawTable, key: str) -> int | None:
    """The line of a file at which an order or service line stands; None where it is not found."""
    order_id, _, line_no = key.rpartition("/")
    if not {"order_id", "line_no"} <= set(table.frame.columns):
        return None
    for place, (order, line) in enumerate(table.frame.select("order_id", "line_no").iter_rows()):
        if str(order or "").strip() == order_id and str(line or "").strip() == line_no:
            return table.first_row + place if table.lines is None else int(table.lines[place])
    return None
