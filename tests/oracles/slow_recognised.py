"""What was recognised once more, in plain Python: day by day, line by line, piece by piece."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from tests.oracles.slow_pieces import groups_of, pieces_of
from tests.oracles.slow_revenue import SlowRevenue, _months_later

Key = tuple[str, int]
STEP = {"ship": "shipped", "deliver": "delivered", "accept": "accepted"}
UNDOES = {"ship": ("transit", "delivered", "accepted"), "deliver": ("delivered", "accepted"),
          "accept": ("accepted",)}


class SlowRecognised:
    """
    `rows` by (order, line, kind, day): pieces, price, penalty, the price at as_of's rates, and the
    standard cost. What is recognised since it is held has the kind `held`.

    held : of lines the days on which pieces came to be held with all criteria, and how many
    The day of a service is the last one in its fiscal quarter that has passed; None stands for
    pieces of which nobody says when they left.
    """

    def __init__(self, slow: SlowRevenue, progress: list[dict[str, Any]],
                 held: dict[Key, list[tuple[date, int]]] | None = None) -> None:
        self.slow, self.as_of, self.held = slow, slow.settings.as_of, held or {}
        self.steps: dict[Key, list[dict[str, Any]]] = defaultdict(list)
        for row in progress:
            if row["effective_on"] <= self.as_of:
                self.steps[row["order_id"], row["line_no"]].append(row)
        self.rows: dict[tuple[str, int, str, date | None], Counter[str]] = {}
        for key in slow.orders:
            self._line(key)
        for key in slow.services:
            self._service(key)

    def count(self, key: Key, rule: str, day: date | None = None) -> int:
        """Pieces of a line that had come as far as a rule asks, on a day or over all."""
        own = [row for row in self.steps[key] if day is None or row["effective_on"] == day]
        there = sum(row["quantity"] for row in own if row["step"] == STEP[rule])
        return there - sum(row["quantity"] for row in own if row["step"] == "returned"
                           and (row["stage"] or "transit") in UNDOES[rule])

    def unknown(self, key: Key) -> int:
        return max(0, int(self.slow.orders[key]["shipped_quantity"]) - self.count(key, "ship"))

    def _line(self, key: Key) -> None:
        row, done = self.slow.orders[key], 0
        if self.held.get(key):
            self._held(key)
            return
        days: list[date | None] = [None, *sorted({
            step["effective_on"] for step in self.steps[key]})]
        for day in days:
            more = self.unknown(key) if day is None else self.count(key, row["recognise_on"], day)
            if more:
                self.rows[*key, "hardware", day] = self._worth(key, done, done + more, day)
            done += more

    def _held(self, key: Key) -> None:
        """A line of which pieces were held: piece by piece at the end of every day."""
        row, held, steps = self.slow.orders[key], self.held[key], self.steps[key]
        step, unknown = STEP[row["recognise_on"]], self.unknown(key)
        arrived: list[tuple[date, dict[str, Any]]] = []
        pieces_of(row, steps, self.as_of, held, arrived)
        late = sorted(day for day, one in arrived if "held" not in one)
        counts = [0, 0]
        for day in [None, *sorted({*(one["effective_on"] for one in steps),
                                   *(one for one, _ in held)})]:
            gone, rest = ([], []) if day is None else pieces_of(row, steps, day, held)
            now = [unknown + sum("held" not in one and one[step] is not None for one in gone),
                   sum("held" in one for one in (*gone, *rest))]
            for which, kind in enumerate(("hardware", "held")):
                done, more = sum(counts), now[which] - counts[which]
                if more:
                    numbers = (counts[0], counts[0] + more, late) if which == 0 else (0, 0, late)
                    self.rows[*key, kind, day] = self._worth(key, done, done + more, day, numbers)
                counts[which] = now[which]

    def _worth(self, key: Key, first: int, last: int, day: date | None,
               own: tuple[int, int, list[date]] | None = None) -> Counter[str]:
        """What the pieces from one to another are worth; below 0 where they came back.

        own : of a line of which pieces were held the others: their numbers and deliveries"""
        on, row = day or self.as_of, self.slow.orders[key]
        low, high, sign = min(first, last), max(first, last), 1 if last > first else -1
        price = sum(self.slow.at(sign * cents, currency, on) for currency, cents
                    in self.slow.part("hardware", key, low, high).items())
        at_once = sum(sign * (self.slow.at(self._part(key, currency, high), currency, self.as_of)
                              - self.slow.at(self._part(key, currency, low), currency, self.as_of))
                      for currency in self.slow.part("hardware", key, low, high))
        arrived = sorted(step["effective_on"] for step in self.steps[key]
                         if step["step"] == "delivered" for _ in range(step["quantity"]))
        if own is not None:
            first_own, last_own, arrived = own
            low, high = min(first_own, last_own), max(first_own, last_own)
        owed = sum(row["late_penalty_per_unit_week_cents"] * self._weeks(
            arrived[piece - self.unknown(key)], row["requested_on"])
            for piece in range(low, high)
            if 0 <= piece - self.unknown(key) < len(arrived))
        penalty = self.slow.at(sign * owed, self.slow.currency_of(row), on)
        penalty = max(min(penalty, max(price, 0)), min(price, 0))
        return Counter({"pieces": last - first, "price": price, "penalty": penalty,
                        "at_once": at_once, "cost": (last - first) * self._unit(row)})

    def _unit(self, row: dict[str, Any]) -> int:
        return int(self.slow.book.unit_cents[row["item_id"]])

    def _part(self, key: Key, currency: str, pieces: int) -> int:
        return self.slow.part("hardware", key, 0, pieces)[currency]

    @staticmethod
    def _weeks(day: date, requested: date) -> int:
        mondays = [one - timedelta(days=one.weekday()) for one in (day, requested)]
        return max(0, (mondays[0] - mondays[1]).days // 7)

    def _service(self, key: Key) -> None:
        line, hung = self.slow.line_of(key)
        if hung:
            first = self.unknown(line)
            served = groups_of(self.slow.orders[line], self.steps[line], self.as_of,
                               self.slow.book.tables.frames["lanes"].to_dicts(),
                               self.held.get(line, []))
        else:
            begin, first = date.fromisoformat(self.slow.services[key]["starts"]), 0
            served = [(1, [(begin, max(begin, self.as_of))], begin, False)]
        begun: dict[date, int] = {}
        for count, stretches, start, _ in served:
            base = begun.setdefault(start, first)
            self._term(key, (base, first, first + count), start, stretches)
            first += count

    def _term(self, key: Key, pieces_of: tuple[int, int, int], start: date,
              served: list[tuple[date, date]]) -> None:
        """Every day of a term that has passed, at its own rate, by fiscal quarter.

        What began on one day is rounded together, be it that some came back since: of the pieces
        the first that began on the day, then the first and the last of these here."""
        base, first, last = pieces_of
        term = (_months_later(start, self.slow.services[key]["term_months"]) - start).days
        days = [(place, since + timedelta(days=number))
                for place, (since, until) in enumerate(served)
                for number in range((min(until, self.as_of) - since).days)][:term]
        parts, pieces = self.slow.part("service", key, base, last), last - first
        before = self.slow.part("service", key, base, first)
        first_currency = next(iter(parts))
        for currency, cents in parts.items():
            lower = before[currency]
            stretches: dict[tuple[Any, ...], list[int]] = {}
            for number, (place, day) in enumerate(days):
                rate = self.slow.at(1_000_000, currency, day)
                quarter = self.slow.year.quarter_of(day)
                stretch = stretches.setdefault((place, quarter, rate), [number, number, 0])
                stretch[1] = number + 1
                stretch[2] = (day - date(1970, 1, 1)).days
            if currency == first_currency:
                # The cost goes with the days, however many currencies the price has.
                unit = self._unit(self.slow.services[key])
                costs_of = [(piece - base) * unit for piece in (first, last)]
                costs: dict[Any, list[int]] = {}
                for number, (_, day) in enumerate(days):
                    whole = costs.setdefault(self.slow.year.quarter_of(day), [0, 0])
                    low, high = (cost * (number + 1) // term - cost * number // term
                                 for cost in costs_of)
                    whole[0] += high - low
                    whole[1] = (day - date(1970, 1, 1)).days
                for spent, number in costs.values():
                    self._add(key, date(1970, 1, 1) + timedelta(days=number), 0, {"cost": spent})
            for passed, until, number in stretches.values():
                day = date(1970, 1, 1) + timedelta(days=number)
                self._add(key, day, pieces, {name: sum(
                    sign * (self.slow.at(own * until // term, currency, on)
                            - self.slow.at(own * passed // term, currency, on))
                    for own, sign in ((cents, 1), (lower, -1)))
                    for name, on in (("price", day), ("at_once", self.as_of))})
                pieces = 0

    def _add(self, key: Key, day: date, pieces: int, cents: dict[str, int]) -> None:
        """Add to the row of the service's quarter, whose day is the last that has passed in it."""
        quarter = self.slow.year.quarter_of(day)
        for row in list(self.rows):
            if row[:3] == (*key, "service") and row[3] is not None and (
                    self.slow.year.quarter_of(row[3]) == quarter):
                told = self.rows.pop(row)
                day = max(day, row[3])
                break
        else:
            told = Counter({"pieces": 0, "price": 0, "penalty": 0, "at_once": 0, "cost": 0})
        told.update({**cents, "pieces": pieces})
        self.rows[*key, "service", day] = told
