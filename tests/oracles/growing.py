"""Ledgers that grow day by day, and a record of goods billed and held that grows with them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl

from headgate.finance.bill_and_hold import CRITERIA, HELD
from headgate.ledger.events import Event
from tests.stories.book_builder import AS_OF
from tests.stories.lived import LATER_ON, Lived, line, support

DAYS = 330
ENDS = (date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31))
KINDS: dict[str, int] = {
    "order_shipped": 8, "order_delivered": 5, "order_accepted": 4, "order_returned": 3,
    "order_amended": 4, "override": 1, "order_cancelled": 4, "order_closed": 3, "order_booked": 1,
    "order_invoiced": 4, "deposit_received": 1, "deposit_refunded": 1, "service_booked": 1,
    "service_amended": 1, "service_started": 3, "service_cancelled": 1, "service_closed": 1,
    "row_set": 1, "row_removed": 2}
"""How often each kind is tried; what the ledger refuses is not recorded."""
CORRECTED = ("order_shipped", "order_delivered", "order_returned", "order_accepted",
             "order_cancelled", "order_amended")
"""Kinds of which some are corrected."""
STEPS = ("order_shipped", "order_delivered", "order_accepted", "order_returned", "order_invoiced")
"""All that happens to the line Y/1: with its service, of which at most a start is recorded, it is a
contract that nothing else changes, so that no later change tells its quarters by itself."""


class Growing:
    """
    A ledger that somebody writes day by day, in order, and the record that he keeps beside it.

    foreign : some of it is sold in euros; asks : on how many of the days somebody asks
    late    : how much comes late, after its quarter was closed, and then nothing is held, for what
              comes late may have left before; 0: nothing, and no quarter is closed

    What he holds are pieces that were open in the morning and that he does not hold yet. When some
    ship he holds so many less, the first ones; when some are cancelled those go first which he does
    not hold.
    """

    def __init__(self, seed: int | str, foreign: bool = False, asks: float = 0.3,
                 late: float = 0.0) -> None:
        self.dice = dice = random.Random(f"growing/{seed}")
        self.asks, self.late = asks, late
        self.foreign, self.seen, self.sold = foreign, Counter[str](), ["server", "box"]
        orders, services = [], []
        for order in "ABC":
            count = dice.randint(1, 3)
            orders += [self.new_line(order, number) for number in range(1, count + 1)]
            if dice.random() < 0.6:
                services.append(self.new_service(order, 9, count))
        orders.append(line("Y", 1, 6, "700.00",
                           recognise_on=dice.choice(["ship", "deliver", "accept"])))
        services.append(support("Y", 9, "1440.77", "1", 12))
        orders.append(line("Z", 1, 1, "1.00", currency="EUR" if foreign else "USD"))
        self.lived = Lived(orders, services)
        self.waiting: Counter[str] = Counter()
        self.rows: list[tuple[Any, ...]] = []
        self.number = 0

    def new_line(self, order: str, number: int) -> dict[str, Any]:
        """A line; some stand in a contract with lines of other orders."""
        dice = self.dice
        more: dict[str, Any] = {}
        if dice.random() < 0.5:
            more["contract_id"] = "K1" if dice.random() < 0.6 else "K2"
        if dice.random() < 0.4:
            more["late_penalty_per_unit_week"] = "1.37"
        if number == 1 and dice.random() < 0.2 and not self.seen:
            more["shipped_quantity"] = 1
        if self.foreign:
            more["currency"] = dice.choice(["EUR", "USD"])
        rule, late = dice.choice(["ship", "deliver", "accept"]), dice.choice([1, 3, 10])
        price = f"{dice.randint(1, 999)}.{dice.randint(10, 99)}"
        return line(order, number, dice.randint(1, 12), price,
                    item_id=dice.choice(self.sold), recognise_on=rule, requested_on=late,
                    cancellable=dice.choice(["yes", "no"]), **more)

    def new_service(self, order: str, number: int, count: int) -> dict[str, Any]:
        """A service on a line of its order, or on a day."""
        dice = self.dice
        return support(order, number, f"{dice.randint(1, 999)}.77", dice.choice(
            [str(dice.randint(1, count)), "2026-02-10"]), dice.choice([3, 12]))

    def grow(self) -> Iterator[date]:
        """Write day by day; each day on whose evening somebody asks."""
        dice, day = self.dice, AS_OF
        last = AS_OF + timedelta(days=DAYS)
        while day < last:
            day += timedelta(days=dice.randint(1, 16))
            if not self.late and dice.random() < 0.5:
                self.hold(day)
            if self.late:
                self.close(day)
                if dice.random() < 0.4:
                    self.correct(day)
            for _ in range(dice.randint(0, 4)):
                self.write(day - timedelta(days=dice.randint(1, 40))
                           if self.late and dice.random() < self.late else day)
            if dice.random() < self.asks:
                yield day

    def close(self, day: date) -> None:
        """Close the quarter that is over; from then on what comes late is posted later."""
        for number, ends_on in enumerate(ENDS, start=1):
            name = f"FY26 Q{number}"
            closed = {period.name for period in self.lived.live.closed.periods}
            if ends_on < day and name not in closed:
                self.lived.close(name, date(2026, 3 * number - 2, 1).isoformat(),
                                 ends_on.isoformat())

    @property
    def first_open(self) -> date:
        """The first day that is not closed."""
        return self.lived.live.closed.first_open or AS_OF

    def correct(self, day: date) -> None:
        """Correct or void something that was recorded before."""
        key = self.dice.choice([key for key, _ in self.lines()])
        own = [row for row in self.lived.rows if row.event.key == key
               and row.event.kind in CORRECTED]
        if not own:
            return
        row = self.dice.choice(own)
        data: dict[str, Any] = {"corrects": row.sequence}
        on = row.event.effective_on
        if self.dice.random() < 0.5:
            data["void"] = True
        else:
            on += timedelta(days=self.dice.choice([0, 0, self.dice.randint(-20, 60)]))
            name = "quantity" if "quantity" in row.event.data else "unit_price_cents"
            data["data"] = {**row.event.data, name: self.dice.randint(1, 12) * (
                1 if name == "quantity" else 5000)}
        self.number += 1
        event = Event("correction", key, min(on, day), data, "ann", "", f"g{self.number}")
        if self.lived.live.judge(event, LATER_ON) is None:
            self.lived.take(event, LATER_ON)
            self.seen["correction"] += 1

    def hold(self, day: date) -> None:
        """Hold some pieces of a line in the morning, mostly with all four criteria."""
        keys = [key for key, line in self.lines() if line.listed and line.opened_on < day]
        if not keys:
            return
        key = self.dice.choice(keys)
        found = self.lived.live.lines.get(key)
        counts = self.dice.random() < 0.85
        free = found.quantity - found.shipped - (self.waiting[key] if counts else 0)
        if free < 1:
            return
        pieces = self.dice.randint(1, free)
        order, _, number = key.rpartition("/")
        lacks = "" if counts else self.dice.choice(list(CRITERIA))
        self.rows.append((order, int(number), pieces, day, *(name != lacks for name in CRITERIA)))
        if counts:
            self.waiting[key] += pieces
            self.seen["held"] += 1

    def lines(self) -> list[tuple[str, Any]]:
        """Every line that was ever booked, by its key."""
        live = self.lived.live.lines
        return [(key, live.get(key)) for key in live.rows]

    def record(self) -> pl.DataFrame:
        """What is held, as he has written it so far."""
        return pl.DataFrame(self.rows, schema=HELD, orient="row")

    def write(self, day: date) -> None:
        """Try to write an event."""
        dice = self.dice
        kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
        items = self.lived.live.lines.terms["item_id"]
        keys = [key for key, line in self.lines()
                if items[line.row] in self.sold and key != "Z/1" and self.can(line, kind)
                and (key != "Y/1" or kind in STEPS)]
        if not keys:
            return
        if kind == "order_returned" and dice.random() < 0.5:
            keys = [key for key in keys if self.begun(key)] or keys
        key = dice.choice(keys)
        event = self.event(kind, key, day)
        if event is None or self.lived.live.judge(event, LATER_ON) is not None:
            return
        key = event.key if event.key in self.lived.live.lines.rows else key
        shipped = self.lived.live.lines.get(key).shipped
        self.lived.take(event, LATER_ON)
        self.seen[kind] += 1
        if kind == "row_removed":
            self.sold = ["server"]
        after = self.lived.live.lines.get(key)
        sent = min(self.waiting[key], max(0, after.shipped - shipped))
        self.seen["held and shipped"] += sent
        left = min(self.waiting[key] - sent, max(0, after.quantity - after.shipped))
        self.seen["held and cancelled"] += self.waiting[key] - sent - left
        self.waiting[key] = left

    def can(self, line: Any, kind: str) -> bool:
        """Whether a line has pieces that can take a step."""
        return bool({"order_shipped": line.open_quantity, "order_cancelled": line.open_quantity,
                     "order_delivered": line.shipped - line.delivered,
                     "order_accepted": line.delivered - line.accepted,
                     "order_returned": line.shipped}.get(kind, 1))

    def event(self, kind: str, key: str, day: date) -> Event | None:
        """An event that may be possible."""
        self.number += 1
        dice, live = self.dice, self.lived.live
        pieces = dice.randint(1, 6)
        data: dict[str, Any] = {}
        services = sorted(live.services.rows)
        if kind in ("order_shipped", "order_delivered", "order_accepted", "order_cancelled"):
            line = live.lines.get(key)
            data = {"quantity": min(pieces, {
                "order_delivered": line.shipped - line.delivered,
                "order_accepted": line.delivered - line.accepted}.get(kind, line.open_quantity))}
            if kind == "order_cancelled" and dice.random() < 0.3:
                data = {"quantity": line.open_quantity}
            if kind == "order_cancelled" and data["quantity"] == line.quantity and (
                    self.served(key)):
                return None
        elif kind == "order_closed" and self.served(key):
            return None
        elif kind == "order_returned":
            line = live.lines.get(key)
            there = {"transit": line.shipped - line.delivered, "accepted": line.accepted,
                     "delivered": line.delivered - line.accepted}
            stage = dice.choice([stage for stage, count in there.items() if count])
            data = {"quantity": min(there[stage], pieces), "stage": stage}
        elif kind == "order_amended":
            data = dice.choice([{"unit_price_cents": dice.randint(100, 99999)},
                                {"unit_price_cents": dice.randint(100, 99999)},
                                {"quantity": dice.randint(1, 14)}, self.terms()])
        elif kind == "override":
            data = {"table": "orders", "column": "unit_price_cents",
                    "old": live.lines.get(key).price, "new": dice.randint(100, 99999)}
        elif kind == "order_booked":
            order = dice.choice("ABCD")
            number = 1 + max((int(one.rpartition("/")[2]) for one, _ in self.lines()
                              if one.startswith(f"{order}/")), default=0)
            return self.booked("order_booked", self.new_line(order, number), day)
        elif kind == "service_booked":
            order, _, number = dice.choice([
                one for one, line in self.lines() if line.listed and one != "Y/1"]).rpartition("/")
            return self.booked("service_booked", support(
                order, 100 + self.number, f"{dice.randint(1, 999)}.77", number,
                dice.choice([3, 12])), day)
        elif kind == "order_invoiced":
            key = dice.choice([key, key, *services])
            data = {"amount_cents": dice.choice([-1, 1, 1, 1]) * dice.randint(1, 3000_00)}
        elif kind.startswith("deposit"):
            key = dice.choice(["A", "B", "C", "K1", "K2"])
            data = {"amount_cents": dice.randint(1, 2000_00), "currency": "USD"}
        elif kind.startswith("service"):
            if not services:
                return None
            key = dice.choice(services)
            if key == "Y/9" and kind != "service_started":
                return None
            if kind == "service_amended":
                if not all(line.listed for one, line in self.lines()
                           if one.rpartition("/")[0] == key.rpartition("/")[0]):
                    return None
                data = {"amount_cents": dice.randint(1, 999_00)}
        elif kind == "row_set":
            key, data = self.row(day)
        elif kind == "row_removed":
            return self.gone(day)
        return Event(kind, key, day, data, "ann", "", f"g{self.number}")

    def begun(self, key: str) -> bool:
        """Whether a service that starts with the line is known to have started on some day."""
        live = self.lived.live.services
        order, _, number = key.rpartition("/")
        return any(live.get(one).started_on is not None and one.rpartition("/")[0] == order
                   and live.terms["starts"][row] == number for one, row in live.rows.items())

    def served(self, key: str) -> bool:
        """Whether a service of the line's order stands in the book: it needs its lines."""
        live = self.lived.live.services
        return any(live.get(one).listed for one in live.rows
                   if one.rpartition("/")[0] == key.rpartition("/")[0])

    def gone(self, day: date) -> Event | None:
        """Boxes leave the tables: what is open of them is cancelled, their lines are closed, and
        their supply is used up."""
        live, lived = self.lived.live, self.lived
        boxes = [(key, line) for key, line in self.lines()
                 if line.listed and live.lines.terms["item_id"][line.row] == "box"]
        if self.late or live.row("items:box") is None or any(self.served(key) for key, _ in boxes):
            return None
        for key, one in boxes:
            if one.open_quantity:
                lived.record("order_cancelled", key, day, quantity=one.open_quantity)
                self.seen["held and cancelled"] += self.waiting.pop(key, 0)
            if one.quantity:
                lived.record("order_closed", key, day)
        for key, supply in live.supplies:
            if live.supplies.terms["item_id"][supply.row] == "box" and supply.quantity:
                lived.record("supply_cut", key, day, quantity=supply.quantity)
        return Event("row_removed", "items:box", day, {}, "ann", "", f"g{self.number}")

    def terms(self) -> dict[str, Any]:
        """Another term of a line than quantity and price."""
        return self.dice.choice([
            {"recognise_on": self.dice.choice(["ship", "deliver", "accept"])},
            {"contract_id": self.dice.choice(["K1", "K2", None])},
            {"requested_on": (AS_OF + timedelta(days=self.dice.randint(0, 90))).isoformat()}])

    def row(self, day: date) -> tuple[str, dict[str, Any]]:
        """A new rate, or another standalone price."""
        if self.foreign and self.dice.random() < 0.7:
            data = {"currency": "EUR", "on": day.isoformat(),
                    "rate_micro": self.dice.randint(900_000, 1_300_000)}
            return f"rates:EUR/{day.isoformat()}", data
        name = self.dice.choice(self.sold)
        kind = {"server": "server", "box": "component"}[name]
        return f"items:{name}", {"item_id": name, "kind": kind, "unit_cost_cents": 10_00,
                                 "standalone_price_cents": self.dice.randint(100_00, 1500_00)}

    def booked(self, kind: str, row: dict[str, Any], day: date) -> Event:
        """The event that books a row as it would stand in a file."""
        data = dict(row)
        for name in ("unit_price", "amount", "late_penalty_per_unit_week"):
            if name in data:
                data[f"{name}_cents"] = int(data.pop(name).replace(".", ""))
        if "cancellable" in data:
            data["cancellable"] = data["cancellable"] == "yes"
            data |= {"customer_id": "acme", "segment": "enterprise", "region": "AMER",
                     "booked_on": day.isoformat(),
                     "requested_on": (day + timedelta(days=30)).isoformat()}
        return Event(kind, f"{data['order_id']}/{data['line_no']}", day, data, "ann", "",
                     f"g{self.number}")
