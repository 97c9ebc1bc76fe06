"""
A book as the exact referee reads it: ids as text, days as weeks, money in one currency.

Everything comes straight from the checked tables, by the words of
docs/explanation/planning-rules.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of, first_bucket_from, friday_of_bucket
from headgate.oracle import held as before
from headgate.oracle.policy import Policy
from headgate.oracle.quotas import Quotas, read_quotas
from headgate.tables.frames import Tables
from headgate.tables.schema import UNLIMITED_MICRO

Longs = NDArray[np.int64]

EVER = 2**40
"""A bucket beyond all others: the end of a period or window that has none."""
ANYBODY = ""
Pool = tuple[str, str, str]
"""Item, site and the customer that it is reserved for, or ANYBODY."""


@dataclass(frozen=True, slots=True)
class Held:
    """A BOM row or substitute: the other item, its pieces or extra cents, first and last bucket."""

    item: str
    amount: int
    start: int
    end: int

    def holds(self, bucket: int) -> bool:
        """Whether the Monday of the bucket lies in its period."""
        return self.start <= bucket <= self.end


@dataclass(frozen=True, slots=True)
class Step:
    """A step of making an item: millionths of an hour, and the lead days of the later steps."""

    resource: str
    micro: int
    later_days: int


@dataclass(frozen=True, slots=True)
class Line:
    """
    An order line with pieces open.

    gain          : each item that may be sent, and what a piece of it brings before freight and
                    lateness, weighted
    late, lost    : cents for a week late, for never being delivered, weighted
    bonuses       : last ship bucket (`by_ship`) or arrival bucket that earns it, and cents
    first, last   : arrival buckets that are allowed
    banned        : items that must not be drawn for it
    ship_set      : its lines arrive in one bucket, None without
    claim         : the quotas that hold for it
    """

    open: int
    lot: int
    complete: bool
    region: str
    site: str | None
    customer: str
    gain: dict[str, int]
    late: int
    lost: int
    bonuses: tuple[tuple[int, int], ...]
    by_ship: bool
    requested: int
    first: int
    last: int
    banned: frozenset[str]
    ship_set: str | None
    claim: frozenset[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """
    One book.

    lanes  : region -> (site, transit weeks, cents)
    pools  : pieces that start in each bucket, (horizon,) for each pool that has any
    hours  : (resource, site, bucket) -> millionths, None without limit; absent is none
    """

    horizon: int
    lines: list[Line]
    lanes: dict[str, list[tuple[str, int, int]]]
    pools: dict[Pool, Longs]
    hours: dict[tuple[str, str, int], int | None]
    bom: dict[str, list[Held]]
    substitutes: dict[str, list[Held]]
    steps: dict[str, list[Step]]
    lead_days: dict[str, int]
    quotas: Quotas
    held_cents: int


def read_facts(tables: Tables, policy: Policy, held: before.Held = before.NOTHING) -> Facts:
    """The facts of a checked book under a policy, beside what is held."""
    frames, settings = tables.frames, tables.settings
    lanes: dict[str, list[tuple[str, int, int]]] = {}
    for row in frames["lanes"].iter_rows(named=True):
        lanes.setdefault(row["region"], []).append(
            (row["site_id"], -(-row["transit_days"] // 7), row["cost_per_unit_cents"]))
    bom = _held(frames["bom"], "parent_id", "component_id", "quantity", settings.as_of)
    substitutes = _held(frames["substitutes"], "item_id", "substitute_id", "extra_cost_cents",
                        settings.as_of)
    steps, lead_days = _steps(frames["routing"], bom)
    pools = _pools(tables, policy)
    quotas = read_quotas(tables, pools, policy.release_weeks)
    lines = _Lines(tables, policy, lanes, quotas).read(held)
    return Facts(settings.horizon_weeks, lines, lanes, held.pools(pools),
                 held.hours_left(_hours(tables)), bom, substitutes, steps, lead_days,
                 held.quotas(quotas), held.value_cents)


def _held(frame: pl.DataFrame, owner: str, other: str, amount: str,
          as_of: date) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = {}
    for row in frame.iter_rows(named=True):
        start, end = row["effective_from"], row["effective_to"]
        found.setdefault(row[owner], []).append(Held(
            row[other], row[amount],
            -EVER if start is None else first_bucket_from(start, as_of),
            EVER if end is None else bucket_of(end, as_of)))
    return found


def _steps(routing: pl.DataFrame,
           made: dict[str, list[Held]]) -> tuple[dict[str, list[Step]], dict[str, int]]:
    """Steps in file order and the lead days of all of them, of the items that can be made."""
    rows: dict[str, list[tuple[str, int, int]]] = {}
    for item, *row in routing.select(
            "item_id", "resource_id", "hours_per_unit_micro", "lead_days").iter_rows():
        if item in made:
            rows.setdefault(item, []).append((row[0], row[1], row[2]))
    steps: dict[str, list[Step]] = {}
    lead_days = {item: sum(days for _, _, days in own) for item, own in rows.items()}
    for item, own in rows.items():
        later = lead_days[item]
        for resource, micro, days in own:
            later -= days
            steps.setdefault(item, []).append(Step(resource, micro, later))
    return steps, lead_days


def _pools(tables: Tables, policy: Policy) -> dict[Pool, Longs]:
    as_of, horizon = tables.settings.as_of, tables.settings.horizon_weeks
    pools: dict[Pool, Longs] = {}
    columns = ("item_id", "site_id", "reserved_for", "available_on", "quantity", "status")
    for item, site, owner, day, pieces, status in (
            tables.frames["supply"].select(columns).iter_rows()):
        status = status or ("on_hand" if day <= as_of else "committed")
        if status == "on_hand":
            start = 0
        else:
            start = 1 if day < as_of else max(0, first_bucket_from(day, as_of))
        if start < horizon and (status != "forecast" or policy.use_forecast):
            pool = (item, site, owner or ANYBODY)
            if pool not in pools:
                pools[pool] = np.zeros(horizon, dtype=np.int64)
            pools[pool][start] += pieces
    return pools


def _hours(tables: Tables) -> dict[tuple[str, str, int], int | None]:
    as_of = tables.settings.as_of
    return {(resource, site, bucket_of(monday, as_of)):
            None if micro >= UNLIMITED_MICRO else micro
            for resource, site, monday, micro in tables.frames["capacity"].select(
                "resource_id", "site_id", "starts_on", "hours_micro").iter_rows()}


class _Lines:
    """Reads the order lines."""

    def __init__(self, tables: Tables, policy: Policy,
                 lanes: dict[str, list[tuple[str, int, int]]], quotas: Quotas) -> None:
        self.quotas = quotas
        settings = tables.settings
        self.orders, self.policy, self.lanes = tables.frames["orders"], policy, lanes
        self.as_of, self.horizon = settings.as_of, settings.horizon_weeks
        self.rates: dict[str | None, Fraction] = {
            currency: Fraction(micro, 1_000_000) for currency, micro in tables.frames["rates"]
            .filter(pl.col("on") <= settings.as_of).sort("on")
            .select("currency", "rate_micro").iter_rows()}
        self.rates[None] = self.rates[settings.currency] = Fraction(1)
        items = tables.frames["items"]
        self.unit_cost = {item: self._money(cents, currency) for item, cents, currency in
                          items.select("item_id", "unit_cost_cents", "currency").iter_rows()}
        self.banned = _Banned(tables)

    def read(self, held: before.Held) -> list[Line]:
        """The lines with pieces open beside what is held, in file order."""
        open_ = self.orders.filter(pl.col("quantity") > pl.col("shipped_quantity"))
        lines = [(self._line(row), held.placed.get((row["order_id"], row["line_no"]), 0))
                 for row in open_.iter_rows(named=True)]
        return [replace(line, open=line.open - placed) for line, placed in lines
                if line.open > placed]

    def _money(self, cents: int, currency: str | None) -> int:
        """An amount in the book's currency."""
        rate = self.rates[currency]
        return cents if rate == 1 else round(Fraction(cents) * rate)

    def _line(self, row: dict[str, Any]) -> Line:
        policy = self.policy
        weight = policy.weight(row["segment"], row["customer_id"], row["priority"])
        price = self._money(row["unit_price_cents"], row["currency"])
        penalty = self._money(row["late_penalty_per_unit_week_cents"], row["currency"])
        late = round(weight * (penalty + round(policy.late_rate * price)))
        requested = bucket_of(row["requested_on"], self.as_of)
        latest = None if row["latest_on"] is None else bucket_of(row["latest_on"], self.as_of)
        earliest = (requested - 2 if row["earliest_on"] is None
                    else bucket_of(row["earliest_on"], self.as_of))
        transit = max((weeks for _, weeks, _ in self.lanes.get(row["region"], ())), default=0)
        end = self.horizon - 1 + transit if latest is None else latest
        banned = self.banned.of(row["segment"], row["region"], row["customer_id"])
        sent = dict.fromkeys((row["item_id"], *(row["accepts"] or ())))
        return Line(
            row["quantity"] - row["shipped_quantity"], row["lot_size"],
            row["ship_complete"] or row["ship_set"] is not None,
            row["region"], row["site_id"], row["customer_id"],
            {item: round(weight * (price - self.unit_cost[item])) for item in sent
             if item not in banned},
            late, late * max(0, end - requested) if policy.undelivered_costs else 0,
            tuple((self._last_bucket(by, row), round(share * price))
                  for by, share in policy.bonuses),
            row["recognise_on"] == "ship", requested, max(0, earliest),
            EVER if latest is None else latest, banned, row["ship_set"],
            self.quotas.claim((row["segment"], row["region"], row["customer_id"])))

    def _last_bucket(self, by: date, row: dict[str, Any]) -> int:
        """The last bucket whose Friday, and the days to acceptance after it, is not after `by`."""
        wait = row["acceptance_days"] or 0 if row["recognise_on"] == "accept" else 0
        days: int = (by - friday_of_bucket(0, self.as_of)).days - wait
        return days // 7


class _Banned:
    """What must not be drawn, by segment, region and customer."""

    def __init__(self, tables: Tables) -> None:
        family: dict[str, set[str]] = {}
        for item, name in tables.frames["items"].select("item_id", "family").iter_rows():
            family.setdefault(name, set()).add(item)
        self.rows: list[tuple[tuple[str | None, ...], Iterable[str]]] = [
            ((row["segment"], row["region"], row["customer_id"]),
             {row["item_id"]} if row["item_id"] is not None else family.get(row["family"], set()))
            for row in tables.frames["restrictions"].iter_rows(named=True)]
        self.known: dict[tuple[str, ...], frozenset[str]] = {}

    def of(self, *scope: str) -> frozenset[str]:
        """The items that a line of this segment, region and customer must not be given."""
        if scope not in self.known:
            self.known[scope] = frozenset().union(*(
                items for asked, items in self.rows
                if all(want in (None, have) for want, have in zip(asked, scope, strict=True))))
        return self.known[scope]
