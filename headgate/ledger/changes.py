"""What changes contracts after they were booked: found in one pass over the events."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from headgate.ledger.accounts import amendment_of, in_order
from headgate.ledger.events import Recorded
from headgate.ledger.modifications import STANDALONE, Change, Late, Modifications, Modified
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
    *KINDS, "order_amended", "service_amended", "override", "correction", "row_set",
    "row_removed"))
"""Every event that may change a contract."""
ALONE: frozenset[str] = frozenset((
    "quantity", "price", "cancellation", "return", "shipment", "standalone price"))
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
LATE: dict[str, str] = {
    "order_booked": "booking", "order_amended": "amendment", "order_cancelled": "cancellation",
    "order_shipped": "shipment", "order_delivered": "delivery", "order_accepted": "acceptance",
    "order_returned": "return", "service_booked": "booking", "service_amended": "amendment",
    "service_started": "start", "service_cancelled": "cancellation", "override": "amendment",
    "correction": "correction"}
"""Events about lines and services that, recorded late, say something else of a closed period."""


class Changes:
    """Collects what changes contracts, one recorded event after another."""

    def __init__(self) -> None:
        self._found: dict[str, dict[int, Change]] = {}
        self._kinds: dict[int, str] = {}
        self._items: dict[str, list[tuple[date, int, Mapping[str, Any] | None]]] = {}
        self._openings: set[str] = set()
        self._late: list[Late] = []
        self._booked = ""

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        event, sequence = recorded.event, recorded.sequence
        kind, key, data = event.kind, event.key, event.data
        if recorded.prior_period is not None and kind in LATE:
            self._late.append(Late(key, recorded.prior_period, Change(
                event.effective_on, (LATE[kind],), key)))
        booked, self._booked = self._booked, key if kind == "order_booked" else ""
        if is_opening(event, booked):
            self._openings.add(key)
        elif kind not in LOOKED_AT:
            return
        elif key.startswith("items:"):
            self._set_item(sequence, recorded)
        elif kind == "correction":
            corrects = data["corrects"]
            if corrects in self._kinds:
                self._found[key].pop(corrects, None)
                if not data.get("void"):
                    self._put(corrects, key, event.effective_on, data["data"])
        elif not kind.startswith("row_") and (
                kind != "override" or data["table"] in ("orders", "service_lines")):
            self._kinds[sequence] = kind
            self._put(sequence, key, event.effective_on, data)

    def _put(self, sequence: int, key: str, on: date, data: Mapping[str, Any]) -> None:
        """Keep an event that changes what finance counts of a line or a service."""
        kind, what = self._kinds[sequence], []
        if kind in KINDS:
            what = [KINDS[kind]]
        else:
            what = [WORDS[name] for name in amendment_of(kind, data) or () if name in WORDS]
        found = self._found.setdefault(key, {})
        if what:
            found[sequence] = Change(on, tuple(what), key)

    def _set_item(self, sequence: int, recorded: Recorded) -> None:
        event, history = recorded.event, self._items.setdefault(recorded.event.key, [])
        data = None if event.kind == "row_removed" else event.data
        if event.kind == "override":
            data = {**((history and history[-1][2]) or {}), event.data["column"]: event.data["new"]}
        history.append((event.effective_on, sequence, data))

    def modifications(self, state: Parts, day: date,
                      ends: Sequence[date]) -> Modifications | None:
        """
        What changed up to a day, after a quarter in which it was sold; None where nothing did.

        state : of the day; ends : the last days of quarters before it, in order
        """
        finder = _Finder(state, {key: [change for change in found.values() if change.on <= day]
                                 for key, found in self._found.items()}, ends)
        modified = finder.modified(self._item_changes(day), self._openings)
        late = tuple(one for one in self._late if one.change.on <= day
                     and (one.key in state.lines.rows or one.key in state.services.rows))
        return Modifications(tuple(modified), self._items, late) if modified or late else None

    def _item_changes(self, day: date) -> dict[str, list[Change]]:
        """Of items the days on which their standalone price changed, or they left the tables."""
        found: dict[str, list[Change]] = {}
        for key, history in self._items.items():
            before: Any = None
            for place, (on, _, data) in enumerate(sorted(history, key=lambda one: one[:2])):
                now = None if data is None else (data.get(STANDALONE), data.get("currency"))
                if place and now != before and on <= day:
                    name = key.partition(":")[2]
                    found.setdefault(name, []).append(
                        Change(on, ("removal",), f"item {name}") if data is None else
                        Change(on, ("standalone price",), name))
                before = now
        return found


class _Finder:
    """Finds what belongs together with what changed."""

    def __init__(self, state: Parts, found: Mapping[str, list[Change]],
                 ends: Sequence[date]) -> None:
        self.state, self.ends = state, ends
        self.found = {key: changes for key, changes in found.items() if changes}
        contract = pl.coalesce("contract_id", "order_id")
        self.lines = register_frame(state.lines, "lines", (
            "order_id", "contract_id", "item_id", "opened_on", PENALTY, "alive")).filter(
            "alive").with_columns(contract=contract)
        self.services = register_frame(state.services, "services", (
            "order_id", "item_id", "opened_on", "alive")).filter("alive")

    def modified(self, items: Mapping[str, list[Change]], openings: set[str]) -> list[Modified]:
        """Every group of orders and contracts that changed."""
        self._of_items(items)
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

    def _of_steps(self, openings: set[str]) -> None:
        """Lines whose steps say something else of earlier quarters."""
        priced = {key for key, changes in self.found.items()
                  if any(WORDS[PRICE] in change.words for change in changes)}
        concerned = self.lines.filter((pl.col(PENALTY) > 0) | pl.col("key").is_in(
            pl.Series(sorted(openings | priced), dtype=pl.String).implode()))
        for key in concerned["key"]:
            entries = in_order(self.state.lines.entries(
                self.state.lines.at(self.state.lines.rows[key])))
            back = next((entry.effective_on for entry in entries
                         if entry.kind == "order_returned"), date.max)
            self._add(key, (
                Change(on, (STEPS.get(kind, "requested date"),), key)
                for _, on, kind, data in entries
                if (kind in STEPS and (kind != "order_shipped" or on >= back))
                or REQUESTED in (amendment_of(kind, data or {}) or ())))

    def _of_bookings(self) -> None:
        """Lines and services that came into a contract or an order that was there before."""
        contracts = self.lines.select("key", "opened_on", name="contract")
        orders = pl.concat([frame.select("key", "opened_on", name="order_id")
                            for frame in (self.lines, self.services)])
        for frame in (contracts, orders):
            later = frame.filter(pl.col("opened_on") > pl.col("opened_on").min().over("name"))
            for key, opened in later.select("key", "opened_on").iter_rows():
                self._add(key, [Change(opened, ("booking",), key)])

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
            if not told or (alone and words <= ALONE and line.quantity > 0):
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
            for entry in self.state.lines.entries(line) if entry.data is not None)
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
        own = {key: state.lines.entries(state.lines.at(state.lines.rows[key])) for key in lines}
        served = {key: state.services.entries(state.services.at(state.services.rows[key]))
                  for key in services}
        changes = sorted(change for key in (*lines, *services)
                         for change in self.found.get(key, ()))
        since = min(entries[0].effective_on for entries in (*own.values(), *served.values()))
        return Modified(frozenset(names & orders), frozenset(names), since, tuple(changes), own,
                        served)
