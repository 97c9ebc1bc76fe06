"""Services that hang on an order line: they are ended before the line leaves the book."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from headgate.ledger.accounts import Entry
from headgate.ledger.parts import Parts
from headgate.ledger.rejections import Rejection, refused
from headgate.ledger.rows import line_key
from headgate.ledger.services import Service

ENDS = ("service_cancelled", "service_closed")


def hanging(state: Parts, key: str, entry: Entry, on: date) -> Rejection | None:
    """
    Why a line cannot leave the book by an event; None when it stays, or nothing hangs on it.

    A service hangs on the line with whose delivery it starts. One that starts on a day hangs on its
    order, and so on the last line of that.

    entry : the event, as it would stand in the history of the line
    on    : the day on which the line leaves
    """
    order_id = key.rpartition("/")[0]
    services = list(_services(state, order_id, on))
    line = state.lines.get(key)
    if not services or line is None or not line.listed:
        return None
    after = state.lines.replay(line, entry).account
    if after is not None and after.listed:
        return None
    alone = not any(row != line.row and state.lines.at(row).listed
                    for row in state.sold.of_order(order_id))
    for name, service, ended in services:
        starts = state.services.term(service.row, "starts")
        if alone or (starts.isdecimal() and line_key(order_id, int(starts)) == key):
            return refused("service_hangs", f"{name}" + (
                "" if ended is None else f", which ends on {ended}; end it on {on} or before"))
    return None


def _services(state: Parts, order_id: str, on: date
              ) -> Iterator[tuple[str, Service, date | None]]:
    """Services of an order that stand in the book after a day, with the day on which they end."""
    for row in state.sold.services(order_id):
        service = state.services.at(row)
        key = line_key(order_id, state.services.term(row, "line_no"))
        if service.listed:
            yield key, service, None
            continue
        ended = max(entry.effective_on for entry in state.services.entries(service)
                    if entry.kind in ENDS and entry.data is not None)
        if ended > on:
            yield key, service, ended
