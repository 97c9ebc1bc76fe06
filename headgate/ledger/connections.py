"""What changes of contracts belong together, as lines share orders and contracts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import polars as pl

from headgate.ledger.accounts import Entry, amendment_of
from headgate.ledger.item_history import ItemHistory
from headgate.ledger.modifications import Change, Known, Modified
from headgate.ledger.parts import Parts
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
BOOKING, REMOVAL = "booking", "removal"
OPENS: frozenset[str] = frozenset(("order_booked", "service_booked"))
"""Events with which a line or a service begins."""
BEGINS: frozenset[str] = frozenset(("order_shipped", "service_started"))
"""Events before which nothing of a contract is recognised, unless a service has a day."""


class Connections:
    """
    Finds what belongs together with what changed: contracts that share an order, orders that share
    a contract.
    """

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
