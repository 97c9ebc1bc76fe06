"""The order backlog worked out day by day and line by line, in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tests.oracles.movement_streams import CHANGES, ITEMS, Stream

Key = tuple[Any, ...]
PLACE = {"line": ("order_id", "line_no"), "customer": ("customer_id",), "segment": ("segment",),
         "region": ("region",), "item": ("item_id",), "family": ("family",),
         "site": ("site_id",)}
FAMILY = dict(ITEMS.iter_rows())


def rounded(cents: int, millionths: int) -> int:
    """Cents at a rate, half to even."""
    exact = Decimal(cents) * Decimal(millionths) / Decimal(1_000_000)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def rate_on(stream: Stream, currency: str | None, day: date) -> int:
    """Millionths on a day: the last rate up to it, before all of them the first."""
    if currency in (None, "USD"):
        return 1_000_000
    own = sorted((on, micro) for name, on, micro in stream.rates if name == currency)
    held = [micro for on, micro in own if on <= day]
    return held[-1] if held else own[0][1]


def key_of(row: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What a line's pieces stand under, with their family."""
    names = ("order_id", "line_no", *CHANGES, "currency")
    return (*((name, row[name]) for name in names), ("family", FAMILY[row["item_id"]]))


def diary(stream: Stream, until: date) -> list[tuple[date, dict[str, Any], dict[str, Any], int]]:
    """
    Every change of the backlog: its day, what it stands under, the movement, cents.

    In the morning of each day what is open takes the day's rate; then the day's movements come in
    the order of their numbers.
    """
    moves = defaultdict(list)
    for row in sorted(stream.movements.to_dicts(), key=lambda row: row["sequence"]):
        moves[row["posted_on"]].append(row)
    open_cents: dict[Key, int] = defaultdict(int)
    told = []
    day = min(moves, default=until)
    while day <= until:
        for key, cents in list(open_cents.items()):
            currency = dict(key)["currency"]
            change = (rounded(cents, rate_on(stream, currency, day))
                      - rounded(cents, rate_on(stream, currency, day - timedelta(days=1))))
            if change:
                told.append((day, dict(key), {"kind": "fx", "quantity": 0}, change))
        for row in moves.get(day, []):
            key = key_of(row)
            rate = rate_on(stream, row["currency"], day)
            before = rounded(open_cents[key], rate)
            open_cents[key] += row["amount_cents"]
            told.append((day, dict(key), row, rounded(open_cents[key], rate) - before))
        day += timedelta(days=1)
    return told


def slow_closing(stream: Stream, day: date, cut: Sequence[str]) -> dict[Key, int]:
    """The backlog on a day: every line's open cents at that day's rate, summed by a cut."""
    open_cents: dict[Key, int] = defaultdict(int)
    for row in stream.movements.to_dicts():
        if row["posted_on"] <= day:
            open_cents[key_of(row)] += row["amount_cents"]
    sums: dict[Key, int] = defaultdict(int)
    for key, cents in open_cents.items():
        under = dict(key)
        name = tuple(under[column] for level in cut for column in PLACE[level])
        sums[name] += rounded(cents, rate_on(stream, under["currency"], day))
    return {name: cents for name, cents in sums.items() if cents}


def slow_steps(stream: Stream, periods: Sequence[tuple[date, date]],
               cut: Sequence[str]) -> dict[tuple[Key, date, str], int]:
    """What each step counts: by what the cut tells apart, first day of the period, and step."""
    sums: dict[tuple[Key, date, str], int] = defaultdict(int)
    for day, under, row, cents in diary(stream, periods[-1][1]):
        first = next((start for start, end in periods if start <= day <= end), None)
        if first is None:
            continue
        late = row.get("prior_period") is not None and row["effective_on"] < first
        name = tuple(under[column] for level in cut for column in PLACE[level])
        sums[name, first, "prior_period" if late else row["kind"]] += cents
    return {key: cents for key, cents in sums.items() if cents}
