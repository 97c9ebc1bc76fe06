"""Open pieces and cents of order lines, worked out from the events by a list and nothing clever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from headgate.ledger.events import Recorded

LINE_KINDS = ("order_booked", "order_amended", "order_cancelled", "order_shipped",
              "order_returned")


def effective_events(rows: Sequence[Recorded]) -> list[tuple[date, int, str, str, dict[str, Any]]]:
    """Day, sequence, kind, key and data of what counts, corrections put in, in order of days."""
    found: dict[int, tuple[date, int, str, str, dict[str, Any]]] = {}
    voided: dict[int, tuple[str, str]] = {}
    for row in rows:
        event, data = row.event, dict(row.event.data)
        if event.kind != "correction":
            found[row.sequence] = (event.effective_on, row.sequence, event.kind, event.key, data)
            continue
        corrects = data["corrects"]
        if corrects in found:
            kind, key = found[corrects][2:4]
        else:
            kind, key = voided[corrects]
        if data.get("void"):
            voided[corrects] = (kind, key)
            found.pop(corrects, None)
        else:
            found[corrects] = (event.effective_on, corrects, kind, key, dict(data["data"]))
    return sorted(found.values(), key=lambda one: one[:2])


def slow_lines(rows: Sequence[Recorded], on: date) -> dict[str, dict[str, Any]]:
    """The columns of every line at the end of a day, with `shipped_quantity`."""
    lines: dict[str, dict[str, Any]] = {}
    for day, _, kind, key, data in effective_events(rows):
        if day > on:
            break
        if kind == "order_booked":
            lines[key] = {**data, "shipped_quantity": 0}
        elif kind == "order_amended":
            lines[key].update(data)
        elif kind == "override" and data["table"] == "orders":
            lines[key][data["column"]] = data["new"]
        elif kind == "order_cancelled":
            lines[key]["quantity"] -= data["quantity"]
        elif kind == "order_shipped":
            lines[key]["shipped_quantity"] += data["quantity"]
        elif kind == "order_returned":
            lines[key]["shipped_quantity"] -= data["quantity"]
    return lines


def open_of(line: dict[str, Any]) -> tuple[int, int]:
    """Open pieces of a line, and what they are worth."""
    pieces = line["quantity"] - line["shipped_quantity"]
    return pieces, pieces * line["unit_price_cents"]
