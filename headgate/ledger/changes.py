"""What changes contracts after they were booked: found in one pass over the events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from headgate.ledger.accounts import Entry, amendment_of
from headgate.ledger.closings import Closings
from headgate.ledger.connections import BOOKING, REMOVAL, WORDS, Connections
from headgate.ledger.corrections import corrected
from headgate.ledger.events import Recorded
from headgate.ledger.item_history import ItemHistory, Items
from headgate.ledger.modifications import Change, Known, Modifications
from headgate.ledger.parts import Parts
from headgate.ledger.progress import is_opening

KINDS: dict[str, str] = {
    "order_cancelled": "cancellation", "service_cancelled": "cancellation",
    "service_started": "start"}
"""Events that change a contract and give no column a new value."""
LOOKED_AT: frozenset[str] = frozenset((
    *KINDS, "order_amended", "service_amended", "override", "correction"))
"""Every event about a line or service that may change its contract."""
CORRECTION = "correction"
LATE: dict[str, str] = {
    "order_booked": BOOKING, "order_shipped": "shipment", "order_delivered": "delivery",
    "order_accepted": "acceptance", "order_returned": "return", "service_booked": BOOKING,
    "correction": CORRECTION}
"""Events about lines and services that change no terms and, recorded late, say something else of a
closed period."""


class Changes:
    """Collects what changes contracts, one recorded event after another."""

    def __init__(self) -> None:
        self._found: dict[str, dict[int, Change]] = {}
        self._kinds: dict[int, str] = {}
        self._items = Items()
        self._closings = Closings()
        self._late: dict[str, list[Change]] = {}
        self._late_items: list[Change] = []
        self._openings: dict[int, str] = {}
        self._corrections: dict[str, dict[int, list[Recorded]]] = {}
        self._told: set[int] = set()
        self._booked = ""

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        event, sequence = recorded.event, recorded.sequence
        kind, key = event.kind, event.key
        booked, self._booked = self._booked, key if kind == "order_booked" else ""
        if recorded.prior_period is not None or kind == "correction":
            self._take_late(recorded)
        if is_opening(event, booked):
            self._openings[sequence] = key
        elif kind == "correction":
            self._correct(recorded)
        elif kind in LOOKED_AT and (
                kind != "override" or event.data["table"] in ("orders", "service_lines")):
            self._kinds[sequence] = kind
            self._put(sequence, recorded, event.data)
        elif kind == "period_closed":
            self._closings.take(recorded)
        self._items.take(recorded)

    def _take_late(self, recorded: Recorded) -> None:
        """Keep what was recorded of a day that was closed, but for what changes terms anyway."""
        event, period = recorded.event, recorded.prior_period
        if event.kind == "correction":
            if event.data["corrects"] > self._closings.last:
                return
            # It may move something out of the period, to a day that is open.
            period = self._closings.after(event.data["corrects"])
        if event.kind in LATE:
            self._late.setdefault(event.key, []).append(Change(
                recorded.posted_on, (LATE[event.kind],), event.key, event.effective_on, period))
        elif event.key.startswith("items:"):
            removed = event.kind == "row_removed"
            if removed or self._items.sold_otherwise(event):
                self._late_items.append(Change(
                    recorded.posted_on, (REMOVAL if removed else "standalone price",),
                    event.key.partition(":")[2], event.effective_on, period))

    def _correct(self, recorded: Recorded) -> None:
        event, corrects = recorded.event, recorded.event.data["corrects"]
        self._corrections.setdefault(event.key, {}).setdefault(corrects, []).append(recorded)
        if corrects < self._closings.last:
            self._told.add(corrects)
        if corrects in self._kinds:
            found = self._found[event.key]
            before = found.pop(corrects, None)
            # What a day that was closed had been told with goes on to be a change of it.
            if before is not None and corrects < self._closings.last:
                found[-recorded.sequence] = before
            if not event.data.get("void"):
                self._put(corrects, recorded, event.data["data"])

    def _put(self, sequence: int, recorded: Recorded, data: Mapping[str, Any]) -> None:
        """Keep an event that changes what finance counts of a line or a service."""
        event, kind, what = recorded.event, self._kinds[sequence], []
        if kind in KINDS:
            what = [KINDS[kind]]
        else:
            what = [WORDS[name] for name in amendment_of(kind, data) or () if name in WORDS]
        found = self._found.setdefault(event.key, {})
        if what:
            late = None if recorded.prior_period is None else event.effective_on
            found[sequence] = Change(recorded.posted_on, tuple(what), event.key, late,
                                     recorded.prior_period)

    def items(self, day: date) -> ItemHistory:
        """What was set of items by a day."""
        return self._items.history(self._closings, day)

    def modifications(self, state: Parts, items: ItemHistory, day: date, ends: Sequence[date],
                      recorded: Callable[[int], Recorded]) -> Modifications | None:
        """
        What changed up to a day, after a quarter in which it was sold; None where nothing did.

        state    : of the day; items : what `items` gives of it
        ends     : the last days of quarters before it, in order
        recorded : gives the event of a sequence
        """
        found: dict[str, list[Change]] = {}
        for source in ({key: own.values() for key, own in self._found.items()}, self._late):
            for key, changes in source.items():
                # What was corrected may have been told, wherever it was moved.
                own = [change for change in changes if change.words == (CORRECTION,)
                       or (change.effective or change.on) <= day]
                if own and (key in state.lines.rows or key in state.services.rows):
                    found.setdefault(key, []).extend(own)
        later = sorted((change for own in found.values() for change in own
                        if change.late and change.on > day), key=lambda change: change[:3])
        connections = Connections(state, found, ends, {
            key: [_versions(recorded(sequence), more) for sequence, more in own.items()
                  if sequence in self._told]
            for key, own in self._corrections.items()
            if key in state.lines.rows or key in state.services.rows}, items)
        modified = connections.modified(self._removals(items), self._late_items,
                                   set(self._openings.values()))
        return Modifications(tuple(modified), items, frozenset(self._openings), tuple(later)) if (
            modified or later) else None

    @staticmethod
    def _removals(items: ItemHistory) -> dict[str, list[Change]]:
        """Of items the days on which they left the tables, or came back into them."""
        found: dict[str, list[Change]] = {}
        for name, steps in items.steps.items():
            for before, step in pairwise(steps):
                if (before.data is None) != (step.data is None):
                    word = REMOVAL if step.data is None else "return"
                    found.setdefault(name, []).append(Change(step.on, (word,), f"item {name}"))
        return found


def _versions(recorded: Recorded, corrections: Sequence[Recorded]) -> list[Known]:
    """An event as it was recorded, then as each correction made it."""
    event = recorded.event
    entry, since, found = Entry(recorded.sequence, event.effective_on, event.kind,
                                event.data), recorded.sequence, []
    for one in corrections:
        found.append(Known(entry, since, one.sequence))
        entry, since = corrected(one.event, entry), one.sequence
    return [*found, Known(entry, since)]
