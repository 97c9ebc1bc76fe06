"""What changes contracts after they were booked: found in one pass over the events."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl

from headgate.ledger.accounts import Entry, amendment_of
from headgate.ledger.closings import Closings
from headgate.ledger.corrections import corrected
from headgate.ledger.events import Recorded
from headgate.ledger.item_history import ItemHistory, Items
from headgate.ledger.modifications import Change, Known, Modifications, Modified
from headgate.ledger.parts import Parts
from headgate.ledger.progress import is_opening
from headgate.ledger.snapshots import register_frame

WORDS: dict[str, str] = {
    "quantity": "quantity", "unit_price_cents": "price", "contract_id": "contract",
    "item_id": "item", "recognise_on": "rule of recognition", "currency": "currency",
    "customer_id": "customer", "segment": "segment", "region": "region", "booked_on": "booking day",
    "late_penalty_per_unit_week_cents": "late penalty",
    "amount_cents": "price", "term_months": "term", "starts": "start"}
"""Columns of orders and services whose change says something else of what was recognised."""
PRICE = "unit_price_cents"
PENALTY = "late_penalty_per_unit_week_cents"
KINDS: dict[str, str] = {
    "order_cancelled": "cancellation", "service_cancelled": "cancellation",
    "service_started": "start"}
"""Events that change a contract and give no column a new value."""
LOOKED_AT: frozenset[str] = frozenset((
    *KINDS, "order_amended", "service_amended", "override", "correction"))
"""Every event about a line or service that may change its contract."""
ALONE: frozenset[str] = frozenset(("quantity", "price", "cancellation", "return", "shipment"))
"""What changes nothing of earlier quarters where a line is all that its contract sells: what has
left keeps its price, and there is nothing to share it with."""
STEPS: dict[str, str] = {
    "order_delivered": "delivery", "order_returned": "return", "order_shipped": "shipment"}
"""
Steps of pieces that say something else of earlier quarters: of lines with a late penalty, of those
of which pieces had left before anybody took down more of them, and of those that had several
prices: what comes back and leaves again is sold at that of then. A shipment does after a return.
"""
REQUESTED = "requested_on"
"""The column of a line with a late penalty whose change says something else of them, too."""
OPENS: frozenset[str] = frozenset(("order_booked", "service_booked"))
"""Events with which a line or a service begins."""
CORRECTION, REMOVAL, BOOKING = "correction", "removal", "booking"
LATE: dict[str, str] = {
    "order_booked": BOOKING, "order_shipped": "shipment", "order_delivered": "delivery",
    "order_accepted": "acceptance", "order_returned": "return", "service_booked": BOOKING,
    "correction": CORRECTION}
"""Events about lines and services that change no terms and, recorded late, say something else of a
closed period."""
BEGINS: frozenset[str] = frozenset(("order_shipped", "service_started"))
"""Events before which nothing of a contract is recognised, unless a service has a day."""


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
        finder = _Finder(state, found, ends, {
            key: [_versions(recorded(sequence), more) for sequence, more in own.items()
                  if sequence in self._told]
            for key, own in self._corrections.items()
            if key in state.lines.rows or key in state.services.rows}, items)
        modified = finder.modified(self._removals(items), self._late_items,
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


class _Finder:
    """Finds what belongs together with what changed."""

    def __init__(self, state: Parts, found: Mapping[str, list[Change]], ends: Sequence[date],
                 versions: Mapping[str, list[list[Known]]], items: ItemHistory) -> None:
        self.state, self.ends, self.versions, self.items = state, ends, versions, items
        self.found = {key: changes for key, changes in found.items() if changes}
        columns = ("order_id", "item_id", "opened_on", "sequence")
        self.lines = register_frame(state.lines, "lines", (
            *columns, "contract_id", "booked_on", PENALTY)).with_columns(
            contract=pl.coalesce("contract_id", "order_id"))
        self.services = register_frame(state.services, "services", columns)
        # A booking that was moved had been told on its first day.
        first = {key: min(one.entry.effective_on for one in own) for key, versions in
                 self.versions.items() for own in versions if own[0].entry.kind in OPENS}
        self.lines, self.services = (frame.with_columns(pl.min_horizontal(
            "opened_on", pl.col("key").replace_strict(first, default=None, return_dtype=pl.Date)))
            for frame in (self.lines, self.services))

    def modified(self, removals: Mapping[str, list[Change]], late_items: Sequence[Change],
                 openings: set[str]) -> list[Modified]:
        """Every group of orders and contracts that changed."""
        self._of_items(removals)
        self._of_late_items(late_items)
        self._of_steps(openings)
        self._of_bookings()
        self._leave_out()
        edges = self._edges()
        orders = {key.rpartition("/")[0] for key in self.found}
        while True:
            names = edges.filter(pl.col("order_id").is_in(orders))["contract"]
            more = set(edges.filter(pl.col("contract").is_in(names.implode()))["order_id"])
            if more <= orders:
                break
            orders |= more
        return self._groups(edges.filter(pl.col("order_id").is_in(orders)), orders)

    def _of_items(self, items: Mapping[str, list[Change]]) -> None:
        """Lines and services of items that changed."""
        if not items:
            return
        names = pl.Series(list(items), dtype=pl.String).implode()
        for frame in (self.lines, self.services):
            for key, item, opened in frame.filter(pl.col("item_id").is_in(names)).select(
                    "key", "item_id", "opened_on").iter_rows():
                self._add(key, (one for one in items[item] if one.on > opened))

    def _of_late_items(self, late: Sequence[Change]) -> None:
        """What was sold since the day of a standalone price that came after that was closed."""
        for change in late:
            # What was sold before an item had a price was sold at its first.
            steps = self.items.steps.get(change.of, ())
            all_of_it = change.words == (REMOVAL,) or (
                bool(steps) and change.effective is not None and change.effective <= steps[0].on)
            since = pl.lit(all_of_it) | (
                pl.col("booked_on").fill_null(pl.col("opened_on")) >= change.effective)
            keys = [*self.lines.filter((pl.col("item_id") == change.of) & since)["key"],
                    *self.services.filter(pl.col("item_id") == change.of)["key"]]
            for key in keys:
                self._add(key, [change])

    def _of_steps(self, openings: set[str]) -> None:
        """Lines whose steps say something else of earlier quarters."""
        priced = {key for key, changes in self.found.items()
                  if any(WORDS[PRICE] in change.words for change in changes)}
        concerned = self.lines.filter((pl.col(PENALTY) > 0) | pl.col("key").is_in(
            pl.Series(sorted(openings | priced), dtype=pl.String).implode()))
        for key in concerned["key"]:
            known = self._known(key, self.state.lines.entries(
                self.state.lines.at(self.state.lines.rows[key])))
            back = min((one.entry.effective_on for one in known
                        if one.entry.kind == "order_returned"), default=date.max)
            self._add(key, (
                self._change(STEPS.get(kind, "requested date"), key, on, since)
                for (_, on, kind, data), since, _ in known
                if data is not None and ((kind in STEPS and (kind != "order_shipped" or on >= back))
                                         or REQUESTED in (amendment_of(kind, data) or ()))))

    def _of_bookings(self) -> None:
        """Lines and services that came into a contract or an order that was there before."""
        columns = ("key", "opened_on", "sequence")
        contracts = self.lines.select(*columns, name="contract")
        orders = pl.concat([frame.select(*columns, name="order_id")
                            for frame in (self.lines, self.services)])
        for frame in (contracts, orders):
            later = frame.filter(pl.col("opened_on") > pl.col("opened_on").min().over("name"))
            for key, opened, sequence in later.select(columns).iter_rows():
                self._add(key, [self._change(BOOKING, key, opened, sequence)])

    def _change(self, word: str, key: str, on: date, sequence: int) -> Change:
        """A change of a line or service by an event, with the day on which that was posted."""
        posted, period = self.items.closings.posted(on, sequence)
        return Change(posted, (word,), key, None if period is None else on, period)

    def _leave_out(self) -> None:
        """Leave out what changed in the quarter in which it was sold, and what changes nothing."""
        keys = pl.DataFrame({"key": list(self.found)}, schema={"key": pl.String})
        served = self.services.group_by("order_id").agg(served=pl.col("opened_on").min())
        own = self.lines.join(served, on="order_id", how="left").select(
            "key", since=pl.min_horizontal(pl.col("opened_on").min().over("contract"),
                                           pl.col("opened_on").min().over("order_id"), "served"),
            alone=(pl.len().over("contract") == 1) & (pl.len().over("order_id") == 1)
            & pl.col("served").is_null())
        for key, since, alone in keys.join(own, on="key").iter_rows():
            changes = self.found[key]
            words = {word for change in changes for word in change.words}
            if WORDS["contract_id"] in words:
                continue
            place = bisect_left(self.ends, since)
            told = place < len(self.ends) and self.ends[place] < max(one.on for one in changes)
            line = self.state.lines.at(self.state.lines.rows[key])
            late = any(one.late for one in changes)
            if not told or (alone and words <= ALONE and line.quantity > 0 and not late):
                del self.found[key]

    def _add(self, key: str, changes: Iterable[Change]) -> None:
        more = list(changes)
        if more:
            self.found[key] = [*self.found.get(key, []), *more]

    def _edges(self) -> pl.DataFrame:
        """order_id and contract: every contract that a line of an order is of, or ever was."""
        past = [(key.rpartition("/")[0], str(name)) for key in self.found
                for name in self._contracts(key)]
        return pl.concat([
            self.lines.select("order_id", "contract"),
            self.lines.select("order_id", contract="order_id"),
            self.services.select("order_id", contract="order_id"),
            pl.DataFrame(past, schema={"order_id": pl.String, "contract": pl.String},
                         orient="row")]).unique()

    def _contracts(self, key: str) -> list[str]:
        """The contracts that a line was ever said to be of."""
        line = self.state.lines.get(key)
        if line is None:
            return []
        return [data["contract_id"] for data in (
            (entry.data if entry.kind == "order_booked" else amendment_of(entry.kind, entry.data))
            for entry, *_ in self._known(key, self.state.lines.entries(line))
            if entry.data is not None)
            if data and data.get("contract_id")]

    def _groups(self, edges: pl.DataFrame, orders: set[str]) -> list[Modified]:
        """The orders by what connects them."""
        root: dict[str, str] = {}

        def top(name: str) -> str:
            while root.setdefault(name, name) != name:
                name = root[name]
            return name

        # An order may have the name of a contract and is then one with it: so it is counted.
        for order, contract in edges.sort("order_id", "contract").iter_rows():
            root[top(order)] = top(contract)
        names: dict[str, set[str]] = {}
        for name in root:
            names.setdefault(top(name), set()).add(name)
        keys: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
        for frame, found in zip((self.lines, self.services), keys, strict=True):
            for key, order in frame.filter(pl.col("order_id").is_in(orders)).select(
                    "key", "order_id").iter_rows():
                found.setdefault(top(order), []).append(key)
        return [self._modified(own, orders, *(found.get(name, []) for found in keys))
                for name, own in sorted(names.items())]

    def _modified(self, names: set[str], orders: set[str], lines: list[str],
                  services: list[str]) -> Modified:
        state = self.state
        own = {key: self._known(key, state.lines.entries(state.lines.at(state.lines.rows[key])))
               for key in lines}
        served = {key: self._known(key, state.services.entries(state.services.at(
            state.services.rows[key]))) for key in services}
        changes = sorted((change for key in (*lines, *services)
                          for change in self.found.get(key, ())), key=lambda one: one[:3])
        entries = [one.entry for known in (*own.values(), *served.values()) for one in known
                   if one.entry.data is not None]
        since = min(entry.effective_on for entry in entries)
        return Modified(frozenset(names & orders), frozenset(names), since,
                        _begun(entries), tuple(changes), own, served)

    def _known(self, key: str, entries: Sequence[Entry]) -> list[Known]:
        """Entries of a line or service, also as they were before they were corrected."""
        versions = self.versions.get(key, [])
        sequences = {own[0].entry.sequence for own in versions}
        return [*(Known(entry, entry.sequence) for entry in entries
                  if entry.sequence not in sequences), *(one for own in versions for one in own)]


def _begun(entries: Iterable[Entry]) -> date | None:
    """The first day on which anything may have been recognised."""
    days = []
    for entry in entries:
        starts = str((entry.data or {}).get("starts", ""))
        if entry.kind in BEGINS:
            days.append(entry.effective_on)
        elif "-" in starts:
            days.append(date.fromisoformat(starts))
    return min(days, default=None)
