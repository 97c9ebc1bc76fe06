"""
From order backlog to RPO and deferred revenue once more, in plain Python, line by line.

It reads checked tables and a plan's own tables; the split of contracts is that of `SlowRevenue`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import polars as pl

from tests.oracles.slow_pieces import Piece, groups_of, pieces_of
from tests.oracles.slow_revenue import SlowRevenue, _months_later

Key = tuple[str, int]


class SlowRpo:
    """
    `rows` by (order, line, kind): cents of each step, as the table `obligations` has them.

    progress : rows of `headgate.tables.progress_schema.PROGRESS`, or None
    held     : of lines the days on which pieces came to be held with all criteria, and how many
    kept     : contracts with a deposit that is not refundable
    """

    def __init__(self, slow: SlowRevenue, progress: list[dict[str, Any]] | None,
                 held: dict[Key, list[tuple[date, int]]], kept: set[str], with_plan: bool) -> None:
        self.slow, self.progress, self.held, self.kept = slow, progress, held, kept
        self.as_of = slow.settings.as_of
        self.rows: dict[tuple[str, int, str], Counter[str]] = {}
        self.earned: dict[tuple[str, str], int] = defaultdict(int)
        for key in slow.orders:
            self._line(key, with_plan)
        for key in slow.services:
            self._service(key)
        self._year()

    def contract(self, key: Key) -> str:
        row = self.slow.orders[key]
        return str(row["contract_id"] or row["order_id"])

    def out(self, key: Key) -> bool:
        """Whether the open pieces of a line bind nobody."""
        return self.slow.orders[key]["cancellable"] and self.contract(key) not in self.kept

    def value(self, kind: str, key: Key, first: int, last: int) -> int:
        return sum(self.slow.at(cents, currency, self.as_of)
                   for currency, cents in self.slow.part(kind, key, first, last).items())

    def pieces(self, key: Key) -> tuple[list[Piece], list[Piece]]:
        """The pieces of a line of which the ledger tells, and those that are held or came back."""
        row = self.slow.orders[key]
        gone, back = pieces_of(row, self.progress or [], self.as_of, self.held.get(key, []))
        return gone[:row["shipped_quantity"]], back

    def known(self, key: Key) -> tuple[int, int, int]:
        """Pieces of unknown delivery, recognised ones that have left, and pieces that are held."""
        row = self.slow.orders[key]
        gone, back = self.pieces(key)
        unknown = row["shipped_quantity"] - len(gone)
        step = {"ship": "shipped", "deliver": "delivered"}.get(row["recognise_on"], "accepted")
        return unknown, unknown + sum("held" in one or one[step] is not None for one in gone), sum(
            "held" in one for one in back)

    def _line(self, key: Key, with_plan: bool) -> None:
        row = self.slow.orders[key]
        shipped, whole = row["shipped_quantity"], row["quantity"]
        _, recognised, held = self.known(key)
        backlog = self.slow.at((whole - shipped) * row["unit_price_cents"],
                               self.slow.currency_of(row), self.as_of)
        out, secured = self.out(key), self.contract(key) in self.kept
        # What is recognised comes first, then what is under way, then what is open.
        kept = self.value("hardware", key, recognised, recognised + held)
        left = self.value("hardware", key, recognised + held, shipped + held)
        opens = kept + self.value("hardware", key, shipped + held, whole)
        told = Counter({
            "backlog": backlog, "cancellable": -backlog if row["cancellable"] else 0,
            "deposit": backlog if row["cancellable"] and secured else 0,
            "split": 0 if out else opens - backlog, "bill_and_hold": 0 if out else -kept,
            "acceptance" if row["recognise_on"] == "accept" else "in_transit": left})
        if with_plan and not out:
            told["late_penalty"] = -sum(found["penalty_cents"] for (sold, *_), found
                                        in self.slow.hardware.items() if sold == key)
        self.rows[*key, "hardware"] = told
        for currency, cents in self.slow.part("hardware", key, 0, recognised + held).items():
            self.earned[self.contract(key), currency] += cents

    def _service(self, key: Key) -> None:
        line, hung = self.slow.line_of(key)
        row = self.slow.orders[line]
        unknown, _, _ = self.known(line)
        months = self.slow.services[key]["term_months"]
        if hung:
            served = groups_of(row, self.progress or [], self.as_of,
                               self.slow.book.tables.frames["lanes"].to_dicts(),
                               self.held.get(line, []))
        else:
            begin = date.fromisoformat(self.slow.services[key]["starts"])
            served = [(1, [(begin, max(begin, self.as_of))], begin, False)]
            unknown = 0
        bound, first = not hung or not self.out(line), unknown
        until = (row["quantity"] if hung else 1) if bound else first + sum(
            count for count, *_ in served)
        told = self.value("service", key, first, until)
        begun: dict[date, int] = {}
        for count, stretches, start, away in served:
            # What began on one day is rounded together, be it that some came back since.
            base = begun.setdefault(start, first)
            term = (_months_later(start, months) - start).days
            days = min(term, sum((until - since).days for since, until in stretches))
            if not bound and away:
                told -= self.value("service", key, first, first + count)
            before = self.slow.part("service", key, base, first)
            for currency, cents in self.slow.part("service", key, base, first + count).items():
                own = cents * days // term - before[currency] * days // term
                self.earned[self.contract(line), currency] += own
                told -= self.slow.at(own, currency, self.as_of) if bound or not away else 0
            first += count
        self.rows[*key, "service"] = Counter({
            "services": told, "unknown": self.value("service", key, 0, unknown)})

    def _year(self) -> None:
        """Which contracts end within a year of their first booking."""
        members: dict[str, list[tuple[date, date]]] = defaultdict(list)
        for key, row in self.slow.orders.items():
            wait = (row["acceptance_days"] or 0) if row["recognise_on"] == "accept" else 0
            if not self.out(key) or row["shipped_quantity"]:
                members[self.contract(key)].append(
                    (row["booked_on"], row["requested_on"] + timedelta(days=wait)))
        for key, row in self.slow.services.items():
            line, hung = self.slow.line_of(key)
            order = self.slow.orders[line]
            if hung and self.out(line) and not order["shipped_quantity"]:
                continue
            begin = order["requested_on"] if hung else date.fromisoformat(row["starts"])
            members[self.contract(line)].append(
                (order["booked_on"], _months_later(begin, row["term_months"])))
        short = {name for name, own in members.items()
                 if max(end for _, end in own) <= _months_later(min(on for on, _ in own), 12)}
        for (order, line, kind), told in self.rows.items():
            of = (order, line) if kind == "hardware" else self.slow.line_of((order, line))[0]
            told["rpo"] = sum(told[name] for name in (
                "backlog", "cancellable", "deposit", "split", "bill_and_hold", "in_transit",
                "acceptance", "services", "late_penalty"))
            name = self.contract(of)
            told["one_year"] = -told["rpo"] if name in short or name not in members else 0

    def deferred(self, billings: pl.DataFrame) -> dict[str, int]:
        """Cents of the book's currency by contract, above 0 alone."""
        contract_of = {key[0]: self.contract(min(
            other for other in self.slow.orders if other[0] == key[0]))
            for key in self.slow.orders}
        piles: dict[tuple[str, str], Pile] = defaultdict(Pile)
        for row in sorted(billings.to_dicts(), key=lambda row: row["posted_on"]):
            if row["posted_on"] <= self.as_of:
                name = row["contract_id"] or contract_of.get(row["order_id"], row["order_id"])
                currency = row["currency"] or self.slow.settings.currency
                piles[name, currency].take(row["amount_cents"], lambda cents, row=row,
                                           currency=currency: self.slow.at(
                                               cents, currency, row["posted_on"]))
        found: Counter[str] = Counter()
        for (name, currency), pile in piles.items():
            left = pile.cents - self.earned.get((name, currency), 0)
            if left > 0 and pile.cents > 0:
                found[name] += left * pile.worth // pile.of
        return dict(found)


class Pile:
    """Money of one currency: what comes in makes an average rate, what goes out leaves it."""

    def __init__(self) -> None:
        self.cents, self.worth, self.of = 0, 0, 1

    def take(self, cents: int, at: Callable[[int], int]) -> None:
        """One billing, or one refund; `at` converts at the rate of its day."""
        held, self.cents = self.cents, self.cents + cents
        if cents > 0 and self.cents > 0:
            # What a debt swallows never comes in; halves of a cent are rounded up.
            held = max(held, 0)
            kept = (2 * held * self.worth + self.of) // (2 * self.of)
            self.worth, self.of = kept + at(self.cents - held), self.cents
